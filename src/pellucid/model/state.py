"""Training state: all that training must remember between two epochs, in one visible record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .parameters import LayerArrays, copy_arrays
from .plan import Plan

Slots = list[dict[str, dict[str, np.ndarray]]]


@dataclass
class Stopping:
    """What early stopping remembers: the best value so far, when it was, and the parameters of that epoch."""

    best: float = float("inf")
    epoch: int = -1
    parameters: list[LayerArrays] | None = None


@dataclass(repr=False)
class TrainingState:
    """The plan, the optimizer's slots, and how far training has come.

    `epoch` and `step` count from the last fresh start of the optimizer; `fit_start` is the epoch at which the current
    fit began (schedules count from there). `schedule` is the memory of "plateau". The generator needs no memory: its
    numbers follow from `seed`, the purpose, the layer and the epoch. `origin` is where the last fit started,
    `fingerprint` that of the data it was given ("" where nobody asked for it); `finished` says that the fit ended by
    itself, so that there is nothing to resume.
    """

    plan: Plan
    seed: int
    slots: Slots
    step: int = 0
    epoch: int = 0
    fit_start: int = 0
    schedule: dict[str, float] = field(default_factory=dict)
    stopping: Stopping = field(default_factory=Stopping)
    origin: Snapshot | None = None
    fingerprint: str = ""
    finished: bool = False

    def __repr__(self) -> str:
        how = f"{self.plan.optimizer!r} on {self.plan.loss!r}"
        return f"TrainingState: epoch {self.epoch}, step {self.step}, {how}, seed {self.seed}"

    @property
    def epochs_left(self) -> int:
        """How many epochs of the plan have not been trained yet."""
        return max(0, self.fit_start + self.plan.epochs - self.epoch)


@dataclass(frozen=True)
class Snapshot:
    """Parameters and training state at one moment, as copies. `slots` is None in a parameters-only recording."""

    epoch: int
    step: int
    parameters: list[LayerArrays]
    slots: Slots | None
    schedule: dict[str, float]
    stopping: Stopping

    @property
    def nbytes(self) -> int:
        """The memory that its arrays take."""
        return array_bytes([self.parameters, self.slots, self.stopping.parameters])


def take_snapshot(state: TrainingState, parameters: list[LayerArrays], slots: bool = True) -> Snapshot:
    """Copy the present moment; without `slots` it can be looked at but training cannot go on from it exactly."""
    stopping = Stopping(state.stopping.best, state.stopping.epoch, copy_arrays(state.stopping.parameters))
    return Snapshot(
        epoch=state.epoch,
        step=state.step,
        parameters=copy_arrays(parameters),
        slots=copy_arrays(state.slots) if slots else None,
        schedule=dict(state.schedule),
        stopping=stopping,
    )


def array_bytes(tree: Any) -> int:
    """The bytes of all arrays in nested lists and dicts."""
    if isinstance(tree, np.ndarray):
        return tree.nbytes
    if isinstance(tree, dict):
        return sum(array_bytes(value) for value in tree.values())
    return sum(array_bytes(value) for value in tree) if isinstance(tree, list) else 0
