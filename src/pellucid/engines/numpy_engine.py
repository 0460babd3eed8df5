"""The NumPy engine: runs `maths/` as it stands, batch by batch.

Every step makes new arrays, so the state at the start of an epoch is kept for the price of a reference.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from ..maths import passes
from ..maths.random import PURPOSES, key_of, permutation, uniform32
from ..model.layers import Layer, inputs
from ..model.parameters import LayerArrays
from ..model.state import TrainingState
from .protocol import Advance, Data, Figures, Moment, Session


class NumpyEngine:
    """`fit(engine="numpy")`."""

    name = "numpy"

    def start(
        self,
        layers: Sequence[Layer],
        parameters: list[LayerArrays],
        state: TrainingState,
        data: Data,
        interrupted: Callable[[], bool],
    ) -> Session:
        """See `Engine.start`."""
        return NumpySession(layers, parameters, state, data, interrupted)


class NumpySession:
    """A training under way on NumPy; see `Session`."""

    def __init__(
        self,
        layers: Sequence[Layer],
        parameters: list[LayerArrays],
        state: TrainingState,
        data: Data,
        interrupted: Callable[[], bool],
    ) -> None:
        self.layers, self.parameters, self.state, self.data = layers, parameters, state, data
        self.interrupted = interrupted
        self.kept: deque[Moment] = deque(maxlen=2)

    def advance(self, epochs: int) -> Advance:
        """See `Session.advance`."""
        figures: list[tuple[float, ...]] = []
        began = self.state.epoch
        try:
            # A product or square that overflows is found as a loss that is not finite, and reported as such.
            with np.errstate(all="ignore"):
                outcome = self._epochs(epochs, figures)
        except KeyboardInterrupt:
            # It may have come between any two lines: the last start of an epoch is whole.
            self._stand_at(self.kept[-1])
            return Advance(as_figures(figures[: self.state.epoch - began]), "interrupted")
        except Exception as failure:
            self._stand_at(self.kept[-1])
            return Advance(as_figures(figures), "failed", failure)
        return Advance(as_figures(figures), outcome)

    def _epochs(self, epochs: int, figures: list[tuple[float, ...]]) -> str:
        for _ in range(epochs):
            start = Moment(self.parameters, self.state.slots, self.state.step, self.state.epoch)
            self.kept.append(start)
            epoch = self._epoch(start)
            if epoch is None:
                return "interrupted"
            end, figure = epoch
            if not (math.isfinite(figure[0] + figure[1]) and all_finite(end)):
                return "diverged"
            self._stand_at(end)
            figures.append(figure)
        return "done"

    def _stand_at(self, moment: Moment) -> None:
        self.parameters, self.state.slots = moment.parameters, moment.slots
        self.state.step, self.state.epoch = moment.step, moment.epoch

    def _epoch(self, start: Moment) -> tuple[Moment, tuple[float, ...]] | None:
        began = perf_counter()
        plan, now = self.state.plan, start
        loss = penalty = total = 0.0
        first_rate = math.nan
        for batch, noise, rate in batches(self.layers, self.state, self.data, start.epoch):
            if self.interrupted():
                return None
            first_rate = rate if math.isnan(first_rate) else first_rate
            step_loss, step_penalty, now = train_step(self.layers, self.state, now, batch, noise, rate)
            # A mean loss counts by its batch's weight; sums add up.
            weight = _weight(batch) if plan.reduction == "mean" else 1.0
            loss, penalty, total = loss + step_loss * weight, penalty + step_penalty * weight, total + weight
        divisor = total if plan.reduction == "mean" else 1.0
        figures = (loss / divisor, penalty / divisor, first_rate, perf_counter() - began)
        return now._replace(epoch=start.epoch + 1), figures


def as_figures(epochs: list[tuple[float, ...]]) -> Figures:
    """Figures from one tuple an epoch: data loss, penalty, learning rate, seconds."""
    return Figures(*np.array(epochs, dtype=np.float64).reshape(-1, 4).T)


def train_step(
    layers: Sequence[Layer], state: TrainingState, now: Moment, batch: Data, noise: list[Any] | None, rate: float
) -> tuple[float, float, Moment]:
    """One update on one batch: (data loss, penalty, the moment after)."""
    plan = state.plan
    share = passes.shares(np, len(batch), batch.weights, plan.reduction)
    went = passes.forward(np, layers, now.parameters, batch.X, noise)
    last = went[-1]
    losses = passes.sample_losses(np, plan.loss, layers[-1].activation, last.z, last.a, batch.Y)
    back = passes.backward(np, layers, now.parameters, went, plan.loss, batch.Y, share)
    gradients = passes.full_gradients(np, layers, now.parameters, back, plan.clip)
    data_loss = float(passes.total_loss(np, losses, share))
    new = passes.update(
        np, layers, now.parameters, gradients, plan.optimizer, now.slots, now.step + 1, rate, data_loss, state.seed
    )
    penalty = float(passes.penalties(np, layers, now.parameters))
    return data_loss, penalty, Moment(new.parameters, new.slots, now.step + 1, now.epoch)


def batches(
    layers: Sequence[Layer], state: TrainingState, data: Data, epoch: int
) -> Iterator[tuple[Data, list[np.ndarray | None] | None, float]]:
    """The batches of one epoch in order, each with its dropout noise and its learning rate.

    Rows are shuffled only where there is more than one batch. Noise is numbered by place in the epoch's order, so a
    row's dropped units do not depend on where batches are cut.
    """
    plan, n = state.plan, len(data)
    size = n if plan.batch_size is None else min(plan.batch_size, n)
    if size == n:
        yield data, dropout_noise(layers, data.X.shape[1], state.seed, epoch, 0, n), rate_at(state, epoch, 0.0)
        return
    order = permutation(np, key_of(state.seed, PURPOSES["shuffle"], 0, epoch), n) if plan.shuffle else np.arange(n)
    for first in range(0, n, size):
        rows = order[first : first + size]
        noise = dropout_noise(layers, data.X.shape[1], state.seed, epoch, first, len(rows))
        yield data.take(rows), noise, rate_at(state, epoch, first / n)


def dropout_noise(
    layers: Sequence[Layer], n_in: int, seed: int, epoch: int, first: int, rows: int
) -> list[np.ndarray | None] | None:
    """Uniform numbers for the layers that draw them, for `rows` rows from place `first` on; None if no layer does."""
    if not any(layer.rule.noisy for layer in layers):
        return None
    noise: list[np.ndarray | None] = []
    for k, (layer, width) in enumerate(zip(layers, inputs(n_in, layers), strict=True), start=1):
        if layer.rule.noisy:
            key = key_of(seed, PURPOSES["dropout"], k, epoch)
            noise.append(uniform32(np, key, first * width, rows * width).reshape(rows, width))
        else:
            noise.append(None)
    return noise


def rate_at(state: TrainingState, epoch: int, fraction: float) -> float:
    """The learning rate at an epoch and the share of it already done: the optimizer's times the schedule's factor.

    Rules without a learning rate (rprop) have 1 here, which they never see.
    """
    plan = state.plan
    base = float(plan.optimizer.options.get("learning_rate", 1.0))
    return base * float(plan.schedule.run(np, epoch - state.fit_start + fraction, plan.epochs, state.schedule))


def all_finite(moment: Moment) -> bool:
    """Whether every parameter and everything that the optimizer remembers is finite."""
    arrays = [w for layer in moment.parameters for w in layer.values()]
    arrays += [slot for layer in moment.slots for slots in layer.values() for slot in slots.values()]
    return all(map(_finite, arrays))


def _finite(array: np.ndarray) -> bool:
    """A dot product meets any inf or nan and is quick; where it overflows by itself, every number is looked at."""
    flat = array.ravel()
    return math.isfinite(flat @ flat) or bool(np.isfinite(flat).all())


def _weight(batch: Data) -> float:
    return float(len(batch)) if batch.weights is None else float(batch.weights.sum())
