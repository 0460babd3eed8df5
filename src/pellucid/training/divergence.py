"""Divergence: find the first number that is not finite by running the failed epoch again, step by step, and say why.

The engine notices that an epoch went wrong; this module finds the step, the layer and the quantity, on the NumPy
engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engines.numpy_engine import batches, train_step
from ..engines.protocol import Data, Moment
from ..errors import DivergenceError
from ..maths import passes
from ..model.layers import Layer, layer_names
from ..model.parameters import LayerArrays
from ..model.state import TrainingState

LARGE = 1e3


class Finding(NamedTuple):
    """The first quantity that is not finite: of which layer, and what went in was finite or not."""

    layer: str
    quantity: str
    value: str
    cause: str
    instead: str


class Replay(NamedTuple):
    """Where the failed epoch went wrong, and whether the loss was finite when it began."""

    epoch: int
    step: int
    finding: Finding
    starts_finite: bool


def explain(layers: Sequence[Layer], state: TrainingState, data: Data, kept: Sequence[Moment]) -> DivergenceError:
    """The error for an epoch that diverged; puts nothing back (see `last_finite`)."""
    replay = replay_epoch(layers, state, data, kept[-1])
    found = replay.finding
    epoch = replay.epoch - state.fit_start
    error = DivergenceError(
        f"training diverged in epoch {epoch} (step {replay.step} of all): {found.quantity} of {found.layer} became "
        f"{found.value}. Likely cause: {found.cause}",
        "finite numbers throughout; the network keeps its last state with a finite loss",
        found.instead,
    )
    error.epoch, error.layer, error.quantity, error.cause = epoch, found.layer, found.quantity, found.cause
    return error


def last_finite(layers: Sequence[Layer], state: TrainingState, data: Data, kept: Sequence[Moment]) -> Moment:
    """The latest start of an epoch whose first loss is finite; the earliest that is kept if none is."""
    for moment in reversed(kept):
        if replay_epoch(layers, state, data, moment).starts_finite:
            return moment
    return kept[0]


def replay_epoch(layers: Sequence[Layer], state: TrainingState, data: Data, start: Moment) -> Replay:
    """Run one epoch again and stop at the first step with a number that is not finite."""
    now, starts_finite = start, True
    with np.errstate(all="ignore"):
        for batch, noise, rate in batches(layers, state, data, start.epoch):
            loss, penalty, after = train_step(layers, state, now, batch, noise, rate)
            if now is start:
                starts_finite = bool(np.isfinite(loss + penalty))
            finding = inspect_step(layers, state, start, now, after, batch, noise, loss + penalty)
            if finding is not None:
                return Replay(start.epoch, now.step, finding, starts_finite)
            now = after
    return Replay(start.epoch, now.step, _unknown(), starts_finite)


def inspect_step(
    layers: Sequence[Layer],
    state: TrainingState,
    start: Moment,
    now: Moment,
    after: Moment,
    batch: Data,
    noise: list[Any] | None,
    loss: float,
) -> Finding | None:
    """The first quantity of this step that is not finite, in the order of computation; None if all are."""
    plan, names = state.plan, layer_names(layers)
    went = passes.forward(np, layers, now.parameters, batch.X, noise)
    for name, layer, here in zip(names, layers, went, strict=True):
        if (bad := _bad(here.z)) is not None:
            return Finding(name, "the sum z", bad, *_grown(layers, state, now, batch))
        if (bad := _bad(here.a)) is not None:
            return Finding(name, "the activation a", bad, *_own_function(layer.activation.name))
    if not np.isfinite(loss):
        huge = float(np.abs(batch.Y).max(initial=0.0)) > LARGE
        why = _huge_targets(plan.loss.name, batch.Y) if huge else _grown(layers, state, now, batch)
        return Finding(names[-1], "the loss", str(loss), *why)
    share = passes.shares(np, len(batch), batch.weights, plan.reduction)
    back = passes.backward(np, layers, now.parameters, went, plan.loss, batch.Y, share)
    for name, layer, b in reversed(list(zip(names, layers, back, strict=True))):
        if (bad := _bad(b.dz)) is not None:
            finite_before = b.da is None or np.isfinite(b.da).all()
            why = _own_function(layer.activation.name, "slope") if finite_before else _grown(layers, state, now, batch)
            return Finding(name, "the error signal dz", bad, *why)
        for key, gradient in b.gradients.items():
            if (bad := _bad(gradient)) is not None:
                return Finding(name, f"the gradient d{key}", bad, *_grown(layers, state, now, batch))
    for name, arrays in zip(names, after.parameters, strict=True):
        for key, array in arrays.items():
            if (bad := _bad(array)) is not None:
                return Finding(name, f"the parameter {key}", bad, *_grown(layers, state, now, batch))
    for name, memory in zip(names, after.slots, strict=True):
        for key, slots in memory.items():
            for slot, array in slots.items():
                if (bad := _bad(array)) is not None:
                    why = _grown(layers, state, now, batch)
                    return Finding(name, f"what {plan.optimizer.name} remembers ({slot} of {key})", bad, *why)
    return None


def _bad(array: np.ndarray) -> str | None:
    finite = np.isfinite(array)
    return None if finite.all() else str(float(array[~finite].flat[0]))


def _grown(layers: Sequence[Layer], state: TrainingState, now: Moment, batch: Data) -> tuple[str, str]:
    """Why sums and gradients overflow: inputs too large to begin with, or steps too long."""
    largest = float(np.abs(batch.X).max(initial=0.0))
    rate = state.plan.optimizer.options.get("learning_rate")
    if largest > LARGE:
        return (
            f"the inputs are not scaled (the largest is {largest:.3g}), so sums and gradients are huge",
            "scale the columns of X first: (X - X.mean(axis=0)) / X.std(axis=0), or use pellucid.fit(X, y)",
        )
    weights = _largest(now.parameters)
    origin = _largest(state.origin.parameters) if state.origin is not None else weights
    evidence = f"the largest parameter went from {origin:.3g} to {weights:.3g}"
    if rate is not None:
        return (
            f"the learning rate {rate:g} is too high ({evidence})",
            f"learning_rate={rate / 10:g}, or clip=1.0",
        )
    return f"the steps are too long ({evidence})", 'clip=1.0, or optimizer="adam"'


def _own_function(name: str, what: str = "value") -> tuple[str, str]:
    return (
        f"the activation {name!r} gave a {what} that is not finite although what went in was finite",
        f"a formula for {name!r} that stays finite (net.check_gradients(X, y) shows where)",
    )


def _huge_targets(name: str, y: np.ndarray) -> tuple[str, str]:
    return (
        f"the targets are not scaled (the largest is {float(np.abs(y).max()):.3g}), so {name} and its slope are huge",
        "scale y first: (y - y.mean()) / y.std(), or use pellucid.fit(X, y)",
    )


def _unknown() -> Finding:
    return Finding(
        "the network",
        "a number",
        "not finite",
        "it did not show again when the epoch was run on NumPy, so it comes from rounding on the other engine",
        'engine="numpy"',
    )


def _largest(parameters: Sequence[LayerArrays]) -> float:
    with np.errstate(all="ignore"):
        return max((float(np.abs(array).max(initial=0.0)) for p in parameters for array in p.values()), default=0.0)
