"""What an engine is: it starts a session on a network and its data, and the session trains whole epochs.

    session = engine.start(layers, parameters, state, data, interrupted)
    session.advance(1000)          # trains 1000 epochs, fewer if something happens
    session.parameters, state      # readable between two calls

An engine changes nothing but the `state` it was given and its own parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from ..model.layers import Layer
from ..model.parameters import LayerArrays
from ..model.state import Slots, TrainingState


@dataclass(frozen=True)
class Data:
    """Prepared examples: X (n, n_in), Y (n, n_out), both of the network's dtype; weights (n,) or None for all 1."""

    X: np.ndarray
    Y: np.ndarray
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.X)

    def copy(self) -> Data:
        """The same examples in arrays of their own."""
        return Data(self.X.copy(), self.Y.copy(), None if self.weights is None else self.weights.copy())

    def take(self, rows: np.ndarray) -> Data:
        """Some of the rows, in the given order."""
        weights = None if self.weights is None else self.weights[rows]
        return Data(np.ascontiguousarray(self.X[rows]), np.ascontiguousarray(self.Y[rows]), weights)


class Figures(NamedTuple):
    """What epochs report, column by column: arrays with one entry an epoch.

    Losses are measured before the updates, the rate is that of the first update; `seconds` is what the epoch took.
    """

    data_loss: np.ndarray
    penalty: np.ndarray
    learning_rate: np.ndarray
    seconds: np.ndarray

    @property
    def epochs(self) -> int:
        """How many epochs these are."""
        return len(self.data_loss)


class Moment(NamedTuple):
    """The state at the start of an epoch, by reference: what training goes back to when the epoch goes wrong."""

    parameters: list[LayerArrays]
    slots: Slots
    step: int
    epoch: int


class Advance(NamedTuple):
    """The epochs that were finished, and "done", "interrupted", "diverged" or "failed".

    In all but the first the last epoch is not among them, and training stands at its start. "failed": something of the
    user's, a schedule or a function of their own, raised `error`.
    """

    figures: Figures
    outcome: str
    error: Exception | None = None


class Session(Protocol):
    """A training under way."""

    parameters: list[LayerArrays]

    @property
    def kept(self) -> Sequence[Moment]:
        """The starts of the last two epochs, the latest last."""

    def advance(self, epochs: int) -> Advance:
        """Train up to that many epochs; stop early, at the start of an epoch, when interrupted or diverged."""


class Engine(Protocol):
    """Who computes. `name` is what `fit(engine=...)` takes."""

    name: str

    def start(
        self,
        layers: Sequence[Layer],
        parameters: list[LayerArrays],
        state: TrainingState,
        data: Data,
        interrupted: Callable[[], bool],
    ) -> Session:
        """Begin (or go on) training from `state`; `interrupted` is asked before every batch."""
