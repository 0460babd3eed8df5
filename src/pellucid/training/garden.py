"""What all rounds of a growth share: the data with what hidden units made of them, and who trains on it.

What has grown rests, so its values are computed once: they are further columns of X.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..engines import choose
from ..engines.native_engine import NativeEngine
from ..engines.protocol import Data, Engine
from ..maths import passes
from ..model.layers import Layer
from ..model.model import Model
from ..model.parameters import LayerArrays
from ..model.plan import Plan
from ..model.state import TrainingState
from .growth import Kind, Wishes

CHUNK = 25  # epochs between two looks at the loss
WORTH = 0.01  # a gain of the loss by less than this share is none


@dataclass
class Garden:
    """A growth under way. `data` and `validation` hold what the output layer sees: X and all hidden units' values."""

    model: Model
    plan: Plan
    wishes: Wishes
    kinds: list[Kind]
    data: Data
    validation: Data | None
    interrupted: Callable[[], bool]
    engines: list[str] = field(default_factory=list)  # who trained, each once

    def __post_init__(self) -> None:
        hidden, arrays = self.model.layers[:-1], self.model.used[:-1]
        self._see(lambda X: [here.a for here in passes.forward(np, hidden, arrays, X)])

    def add(self, unit: Layer, arrays: LayerArrays) -> None:
        """One more column: the values of a unit that sees all others."""
        self._see(lambda X: [values(unit, arrays, X)])

    def _see(self, made: Callable[[np.ndarray], list[np.ndarray]]) -> None:
        self.data = replace(self.data, X=np.concatenate([self.data.X, *made(self.data.X)], axis=1))
        if self.validation is not None:
            self.validation = replace(
                self.validation, X=np.concatenate([self.validation.X, *made(self.validation.X)], axis=1)
            )

    def engine(self, layers: Sequence[Layer], plan: Plan, rows: int) -> Engine:
        """Who trains these layers on so many rows; says so in `engines`."""
        engine, reason = choose(self.wishes.wish, self.data.X.shape[1], layers, plan, rows)
        if reason not in self.engines:
            self.engines.append(reason)
        return engine

    def trained(
        self, engine: Engine, layers: Sequence[Layer], start: list[LayerArrays], plan: Plan, data: Data
    ) -> list[LayerArrays]:
        """The parameters after up to `plan.epochs` epochs; earlier once 25 epochs gained less than a hundredth.

        With an optimizer that anneals, whose loss grows before it shrinks, after all of them.
        """
        state = TrainingState(plan, self.model.seed, passes.start_slots(np, plan.optimizer, start))
        session = engine.start(layers, start, state, data, self.interrupted)
        before = np.inf
        while state.epoch < plan.epochs:
            advance = session.advance(min(CHUNK, plan.epochs - state.epoch))
            if advance.error is not None:
                raise advance.error
            now = advance.figures.data_loss[-1] if advance.figures.epochs else np.nan
            if advance.outcome != "done" or not (plan.optimizer.anneals or now < before * (1.0 - WORTH)):
                break
            before = now
        return session.parameters


def apart(engine: Engine, works: int) -> tuple[Engine, int]:
    """The engine for works that know nothing of each other, and how many of them to do at a time.

    Each has one thread of the core's then, which never waits for another.
    """
    if isinstance(engine, NativeEngine) and min(engine.threads, works) > 1:
        return NativeEngine(engine.core, 1), min(engine.threads, works)
    return engine, 1


def values(layer: Layer, arrays: LayerArrays, X: np.ndarray) -> np.ndarray:
    """What one layer makes of these columns: (n, width)."""
    return passes.forward(np, [replace(layer, sees="previous")], [arrays], X)[-1].a


def sizes(seen: np.ndarray) -> np.ndarray:
    """By what to divide weights from each column, (n_seen, 1), so that sums are about 1 whatever the columns' sizes."""
    found = np.sqrt(np.mean(seen * seen, axis=0) * seen.shape[1] / 3.0)
    return np.where(found > 0.0, found, 1.0)[:, None]
