"""The one switch between right and as FANN: `fann_compat`, of a network or of training data."""

from __future__ import annotations

from typing import Any

from .arguments import flag


class Switched:
    """What has the switch. The class's is the one that a new object begins with; from then on it has its own.

    So a script that sets `libfann.neural_net.fann_compat = True` says it of the networks to come, and a network keeps
    its switch in copies and pickles, whatever the class says where they are loaded.
    """

    fann_compat: bool = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _of_class(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, flag(value, name) if name == "fann_compat" else value)

    def __dir__(self) -> list[str]:
        """What is for everybody: from these names Python chooses the one that it suggests for a slip."""
        return [name for name in super().__dir__() if not name.startswith("_") or name.startswith("__")]

    def _switch(self, given: Any, source: Any) -> None:
        """Begin as was given; else as what this is a copy of; else as the class says."""
        if given is not None:
            self.fann_compat = given
        else:
            self.fann_compat = source.fann_compat if isinstance(source, Switched) else _of_class(type(self))

    @property
    def _exact(self) -> bool:
        return not self.fann_compat


def _of_class(kind: type[Switched]) -> bool:
    return flag(kind.fann_compat, f"{kind.__name__}.fann_compat")
