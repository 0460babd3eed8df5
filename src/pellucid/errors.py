"""Errors that teach: what was given, what was expected, what to write instead.

Inside the house a function raises the short facts. The public door that the user called adds, once,
the story: which call, which layer, which argument (`during`).

>>> raise InputError("X has 3 columns", "2, as the network has 2 inputs", "X[:, :2]")
Traceback (most recent call last):
pellucid.errors.InputError: X has 3 columns.
  Expected: 2, as the network has 2 inputs.
  Instead:  X[:, :2]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager


class PellucidError(Exception):
    """The root of every error that pellucid raises on purpose.

    `given` says what was found, `expected` what would have been right, `instead` what to type;
    `where` collects the places it passed on its way out, outermost first.
    """

    def __init__(self, given: str, expected: str = "", instead: str = "") -> None:
        super().__init__(given, expected, instead)
        self.given, self.expected, self.instead = given, expected, instead
        self.where: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = "".join(f"{w}: " for w in self.where)
        lines = [place + _sentence(self.given)]
        if self.expected:
            lines.append("  Expected: " + _sentence(self.expected))
        if self.instead:
            lines.append("  Instead:  " + self.instead)
        return "\n".join(lines)


class InputError(PellucidError, ValueError):
    """A value, shape or type that cannot be used as it was given."""


class UnknownNameError(PellucidError, LookupError):
    """A name that is in no table; the nearest known one is in the text."""


class StateError(PellucidError, RuntimeError):
    """A call that needs something to have happened first (a fit, a recording)."""


class FileFormatError(PellucidError, ValueError):
    """A file that is not what it should be: truncated, altered, foreign, too new."""


class MissingFileError(FileFormatError, FileNotFoundError):
    """There is no such file."""


class MissingExtraError(PellucidError, ImportError):
    """An optional package that is not installed; the text says what to install."""


class DivergenceError(PellucidError, FloatingPointError):
    """Training met a number that is not finite; the network keeps its last finite state.

    `epoch` (0-based), `layer`, `quantity` and `cause` say where; `history` holds the epochs before. `network` is, where
    `pellucid.fit` was making one, what it made until then, with its last finite state.
    """

    epoch: int = -1
    layer: str = ""
    quantity: str = ""
    cause: str = ""
    history: object = None
    network: object = None


class Notice(UserWarning):
    """Something that was decided on the user's behalf and that they should know of; nothing is wrong."""


@contextmanager
def during(place: str) -> Iterator[None]:
    """Add `place` ("fit", "layer dense_2") in front of any taught error raised inside.

    The story is told once: "pellucid.fit", which calls fit, takes the place of fit's own.
    """
    try:
        yield
    except PellucidError as error:
        inner = error.where[1:] if error.where[:1] in ((place,), (place.rpartition(".")[2],)) else error.where
        error.where = (place, *inner)
        raise


def unknown_name(
    kind: str, name: object, known: Iterable[str], elsewhere: Mapping[str, str] | None = None
) -> UnknownNameError:
    """The error for a name that no table holds, with the nearest name that one does.

    `elsewhere` maps names that the same thing has in other libraries ("mse") to its name here.
    """
    import difflib  # here, since a program that makes no mistake never needs it

    names = sorted(known)
    meant = (elsewhere or {}).get(_letters(name))
    near = [meant] if meant else difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.5)
    instead = repr(near[0]) if near else ""
    return UnknownNameError(f"there is no {kind} named {name!r}", "one of " + ", ".join(names), instead)


def missing_extra(package: str, extra: str, purpose: str) -> MissingExtraError:
    """The error for an optional package: what needs it and the command that installs it."""
    return MissingExtraError(
        f"{purpose} needs the package {package}, which is not installed",
        "",
        f'pip install "pellucid[{extra}]"',
    )


def _letters(name: object) -> str:
    """A name as it is compared with others: "Cross-Entropy" is crossentropy."""
    return "".join(c for c in str(name).lower() if c.isalnum())


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", ":")) else text + "."
