"""What all families of a network's methods share: its data, its memory, its errors, what is said of an empty one."""

from __future__ import annotations

import copy
import os
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from ...errors import Notice, StateError
from ...io.fann.structure import Structure
from ..arguments import ArgumentTypeError, whole
from ..engine import Engine, Memory, choose
from ..messages import LastError, default_log
from ..randomness import Rand
from ..switch import Switched

FAST = ("run", "test", "train")  # the methods that an engine may give as C callables
CREATE = "nn.create_standard_array((2, 4, 1)), or nn.create_from_file(...)"


class Base(Switched):
    """A network, empty until it is created or loaded.

    `fann_compat` asks for FANN's very numbers, its defects with them (see docs/fann.md); it may be set at any time, on
    one network, or on the class for all networks that a script is going to make.
    """

    thisown = True  # FANN's module says of each object that Python owns it

    _places: tuple[Any, Any] | None = None  # see `set_weight`

    def __init__(self, source: Any = None, *, seed: int | None = None, fann_compat: bool | None = None) -> None:
        """An empty network; or that of a `.net` file; or a copy of another one.

        `seed`: weights are drawn, candidates made and SARPROP's noise added as FANN does after `srand(seed)`.
        """
        self._switch(fann_compat, source)
        self._net: Structure | None = None
        self._chosen: Engine | None = None
        self._rand = Rand(None if seed is None else whole(seed, "seed"))
        self._memory = Memory(self._rand)
        self._error = LastError()
        self._callback: Callable[..., Any] | None = None
        self._user_data: Any = None
        if isinstance(source, Base):
            self._become(source)
        elif isinstance(source, str | os.PathLike):
            self._load(source)
        elif source is not None:
            raise ArgumentTypeError(
                f"neural_net({source!r})", "nothing, a .net file or a network", 'neural_net("and.net")'
            )

    def seed(self, n: int) -> None:
        """Begin the random numbers of `srand(n)`: two networks with the same seed draw the same.

        >>> from pellucid.fann import libfann
        >>> nn = libfann.neural_net()
        >>> _ = nn.create_standard_array((1, 1))
        >>> nn.seed(1)
        >>> nn.randomize_weights(-1, 1)
        >>> [round(w, 3) for *_, w in nn.get_connection_array()]
        [0.68, -0.211]
        """
        self._rand.reseed(whole(n, "n"))

    @property
    def _engine(self) -> Engine:
        """Who computes for the net that is there: chosen once."""
        if self._chosen is None:
            self._chosen = choose()
        return self._chosen

    def _structure(self) -> Structure:
        """The net; an error where there is none yet, which takes the process down in FANN."""
        if self._net is None:
            raise StateError("the network is empty", "one that was created or loaded", CREATE)
        return self._net

    def _is_empty(self, call: str, depth: int = 1) -> bool:
        """Whether a setter has nothing to set: FANN passes over it without a word, here it is said.

        `depth`: how many calls below the script's line, which the warning names.
        """
        if self._net is not None:
            return False
        warnings.warn(Notice(f"{call} has no effect: the network is empty. First: {CREATE}"), stacklevel=2 + depth)
        return True

    def _set_net(self, net: Structure | None) -> None:
        """Another net, of which nothing was trained yet, and no error is known."""
        self._net, self._error, self._chosen = net, LastError(), None
        self._memory = Memory(self._rand)
        self._changed()

    def _changed(self) -> None:
        """Drop what holds the net as it was, where something else than weights and settings changed.

        That is where each connection stands, and the fast calls. A script may have kept one (`run = nn.run`): it goes
        on by the method.
        """
        self.__dict__["_places"] = None
        for name in FAST:
            call = self.__dict__.pop(name, None)
            if call is not None:
                call.retire()

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "fann_compat":
            self._changed()

    def _quicken(self, name: str, own: Callable[..., Any], *memory: Any) -> None:
        """Put the engine's C callable in front of a method: an attribute of this network, found before the class's.

        What it does not take it hands to the method, which has the errors. A subclass's own method stays in front.
        """
        make = getattr(self._engine, f"fast_{name}", None)
        if make is None or name in self.__dict__ or getattr(type(self), name) is not own:
            return
        this = weakref.ref(self)  # the callable must not keep alive what holds it

        def slow(*given: Any, **named: Any) -> Any:
            nn = this()
            if nn is None:
                raise StateError(f"the network of this {name} is gone", "a network that is still held", f"nn.{name}")
            return own(nn, *given, **named)

        slow.__name__ = name
        rest = (self._exact,) if name == "train" else ()
        self.__dict__[name] = make(self._structure(), *memory, slow, *rest)

    def _become(self, other: Base) -> None:
        self._set_net(None if other._net is None else other._net.copy())
        self._memory = copy.deepcopy(other._memory, {id(other._rand): self._rand})

    def _load(self, path: Any) -> None:
        raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what lives in one process only: the engine with its calls, the callback, the log."""
        state = dict(self.__dict__)
        for name in FAST:
            state.pop(name, None)
        state.update(_callback=None, _user_data=None, _error=LastError(), _chosen=None, _places=None)
        return state

    def __copy__(self) -> Any:
        """A network of its own, as `copy.deepcopy` makes it (in FANN's module, a second handle to the same one)."""
        return copy.deepcopy(self)

    def __repr__(self) -> str:
        name = f"pellucid.fann.libfann.{type(self).__name__}"
        if self._net is None:
            return f"<{name}: empty>"
        kind = "shortcut, " if not self._net.layered else "sparse, " if self._net.sparse else ""
        return f"<{name}: {kind}{'-'.join(map(str, self._net.sizes))}>"

    # --- the last error -------------------------------------------------------------------------------------------

    def get_errno(self) -> int:
        """The number of the last error, 0 if there was none."""
        return self._error.number

    def get_errstr(self) -> str:
        """The text of the last error; it is forgotten by being read, as in FANN."""
        text, self._error.number, self._error.text = self._error.text, 0, ""
        return text

    def reset_errno(self) -> None:
        """Forget the number of the last error."""
        self._error.number = 0

    def reset_errstr(self) -> None:
        """Forget the text of the last error."""
        self._error.text = ""

    def print_error(self) -> None:
        """Print the last error once more, if there is one."""
        self._error.again()

    def set_error_log(self, log_file: Any) -> None:
        """Where messages go: an open text file; None is nowhere. On an empty network: those of everything to come."""
        if self._net is None:
            default_log.direct(log_file)
        else:
            self._error.direct(log_file)
