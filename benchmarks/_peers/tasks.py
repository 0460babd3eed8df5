"""What a peer's module hands to the worker: how to train once, or how to answer one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """One training, from the same weights as often as it is started.

    `start` prepares a fresh state with the given weights. `train` is what the clock is held to; it returns when all is
    done, not when all is queued. `weights` reads [W1, b1, W2, b2, ...] from the state, or [W1, W2, ...] where there are
    no biases; None if nothing was learnt.
    """

    start: Callable[[], Any]
    train: Callable[[Any], Any]
    weights: Callable[[Any], list[Any]] | None


@dataclass(frozen=True)
class Answer:
    """One row: a `statement` over `names`, timed as it stands; its value is the answer, a sequence of numbers."""

    statement: str
    names: Mapping[str, Any]
