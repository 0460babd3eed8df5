"""Who computes. Today that is NumPy; `choose` is the one place that decides, and it says why."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import unknown_name
from .numpy_engine import NumpyEngine
from .protocol import Engine

_ENGINES: dict[str, Engine] = {"numpy": NumpyEngine()}


class Choice(NamedTuple):
    """An engine and the reason for it, in words."""

    engine: Engine
    reason: str


def choose(wanted: str = "auto") -> Choice:
    """The engine for a training: the one that was asked for, else the only one there is.

    >>> choose().engine.name
    'numpy'
    """
    if wanted == "auto":
        return Choice(_ENGINES["numpy"], "numpy: the only engine of this version")
    if wanted not in _ENGINES:
        raise unknown_name("engine", wanted, ["auto", *_ENGINES])
    return Choice(_ENGINES[wanted], f"{wanted}: asked for")
