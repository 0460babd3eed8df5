"""The opt-in that lets scripts keep their `import fann2`: it resolves to pellucid's `libfann`."""

from __future__ import annotations

import sys
from types import ModuleType

from ..errors import StateError

PACKAGES = ("fann2", "pyfann")


def install(*, fann_compat: bool | None = None) -> None:
    """From now on, `from fann2 import libfann`, `from pyfann import libfann` and `import libfann` give pellucid's.

    `fann_compat=True` makes every network and all data that the script creates compute FANN's very numbers. Nothing
    is written anywhere: it holds for this process. Raises StateError if the real module was imported already.

    >>> install()
    >>> from fann2 import libfann
    >>> libfann.neural_net()
    <pellucid.fann.libfann.neural_net: empty>
    """
    from . import libfann  # here, so that `pellucid.fann` itself is light
    from .arguments import flag

    compat = None if fann_compat is None else flag(fann_compat, "fann_compat")

    for name in (*PACKAGES, "libfann"):
        _refuse_another(name, libfann)
    for name in PACKAGES:
        package = ModuleType(name, f"{name}, as pellucid.fann.install() made it: see pellucid.fann.libfann.")
        package.__path__, package.__all__ = [], ["libfann"]  # type: ignore[attr-defined]
        package.libfann = libfann  # type: ignore[attr-defined]
        sys.modules[name] = package
        sys.modules[f"{name}.libfann"] = libfann
    sys.modules["libfann"] = libfann
    if compat is not None:
        libfann.neural_net_parent.fann_compat = libfann.training_data_parent.fann_compat = compat


def _refuse_another(name: str, ours: ModuleType) -> None:
    there = sys.modules.get(name)
    if there is not None and there is not ours and getattr(there, "libfann", None) is not ours:
        raise StateError(
            f"{name} was imported already, from {getattr(there, '__file__', 'elsewhere')}",
            "a call of install() before anything imports it",
            f"pellucid.fann.install()  # then: from {name} import libfann",
        )
