"""Each record's derivative by itself: the activation's slope, the loss's slope, the layer rule's two gradients.

The gradient check asks here which formula is to blame. Every derivative is compared with central differences of its own
`forward`, at the very numbers that the network met, so that a wrong one is found by name:

    activation    slope, vector_backward, jacobian
    loss          slope (logit_slope where the loss is computed from logits)
    layer         gradients of each parameter, input_gradient
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..maths.by_unit import in_words, kinks_by_unit
from ..maths.losses import Loss
from ..maths.passes import Pass, takes_logits
from ..maths.random import Stream
from ..model.layers import Layer
from .differences import EPSILON, LADDER, ROUNDING, STEP, Comparison, cut_off, jumps

JACOBIAN_ROWS = 3
NEAR_ZERO = (1.0, 0.1)


@dataclass(frozen=True)
class FormulaCheck:
    """One derivative of one record: `error` is its worst relative error, found in the layers `where`."""

    kind: str
    record: str
    derivative: str
    where: tuple[str, ...]
    analytic: float
    numeric: float
    error: float
    checked: int
    passed: bool

    @property
    def title(self) -> str:
        """The record's kind and name and which function of it: "activation sigmoid: slope"."""
        return f"{self.kind} {self.record}: {self.derivative}"


def check_formulas(
    layers: Sequence[Layer],
    names: Sequence[str],
    parameters: Sequence[dict[str, np.ndarray]],
    passes: Sequence[Pass],
    loss: Loss,
    y: np.ndarray,
    tolerance: float,
) -> tuple[FormulaCheck, ...]:
    """Check every record of the network at the numbers of this pass; the same record in several layers is one entry."""
    found: dict[tuple[str, str, str], FormulaCheck] = {}
    logits = takes_logits(loss, layers[-1].activation) and loss.logit_slope is not None
    for k, (layer, name, p, here) in enumerate(zip(layers, names, parameters, passes, strict=True)):
        used = not (logits and k == len(layers) - 1)  # the last activation's derivative is inside the loss's
        parts = list(_activation_parts(layer, here, tolerance)) if used else []
        for derivative, comparison in [*parts, *_rule_parts(layer, name, p, here, tolerance)]:
            kind = "activation" if derivative in ("slope", "vector_backward", "jacobian") else "layer"
            record = in_words(layer.activation) if kind == "activation" else layer.rule.name
            _merge(found, kind, record, derivative, name, comparison, tolerance)
    derivative, comparison = _loss_part(loss, passes[-1], y, logits, layers[-1].activation.bounds(), tolerance)
    _merge(found, "loss", repr(loss), derivative, names[-1], comparison, tolerance)
    return tuple(found.values())


def _merge(
    found: dict[tuple[str, str, str], FormulaCheck],
    kind: str,
    record: str,
    derivative: str,
    where: str,
    comparison: Comparison,
    tolerance: float,
) -> None:
    usable = comparison.error.ravel() < np.inf
    broken = ~np.isfinite(comparison.analytic.ravel())
    errors = np.where(usable | broken, comparison.error.ravel(), -1.0)
    if errors.size == 0:
        return
    worst = int(np.argmax(errors))
    error = max(float(errors[worst]), 0.0)
    new = FormulaCheck(
        kind,
        record,
        derivative,
        (where,),
        float(comparison.analytic.ravel()[worst]),
        float(comparison.numeric.ravel()[worst]),
        error,
        int(usable.sum()),
        error <= tolerance,
    )
    old = found.get((kind, record, derivative))
    if old is not None:
        kept = new if new.error > old.error else old
        new = FormulaCheck(
            kind, record, derivative, (*old.where, where), kept.analytic, kept.numeric, kept.error,
            old.checked + new.checked, old.passed and new.passed,
        )  # fmt: skip
    found[kind, record, derivative] = new


def _activation_parts(layer: Layer, here: Pass, tolerance: float) -> Iterator[tuple[str, Comparison]]:
    """The slope at every z; for one that acts on whole rows its product with some da, and its Jacobian."""
    activation, z = layer.activation, here.z
    if activation.slope is not None:
        yield "slope", _slope_part(layer, z, here.a, tolerance)
    if activation.vector_backward is not None:
        da = _pattern(here.a.shape)
        comparison = Comparison(activation.backward(np, z, here.a, da), tolerance)
        _by_column(comparison, z, lambda moved: np.asarray(activation.run(np, moved)) * da)
        yield "vector_backward", comparison
    if activation.jacobian is not None:
        yield "jacobian", _jacobian_part(layer, z[:JACOBIAN_ROWS], here.a[:JACOBIAN_ROWS], tolerance)


def _jacobian_part(layer: Layer, z: np.ndarray, a: np.ndarray, tolerance: float) -> Comparison:
    """Every da_i/dz_j of the first rows."""
    activation = layer.activation
    jacobians = [activation.jacobian_at(np, *row) for row in zip(z, a, strict=True)]
    comparison = Comparison(np.stack(jacobians), tolerance)
    for factor in LADDER:
        step = STEP * factor * np.maximum(np.abs(z), 1.0)
        numeric, rounding = np.empty_like(comparison.analytic), np.empty_like(comparison.analytic)
        for j in range(z.shape[1]):
            high, low = _moved(z, j, step), _moved(z, j, -step)
            width = (high - low)[:, [j]]
            a_high, a_low = activation.run(np, high), activation.run(np, low)
            numeric[:, :, j] = (a_high - a_low) / width
            rounding[:, :, j] = ROUNDING * EPSILON * (np.abs(a_high) + np.abs(a_low)) / width
        comparison.add(step.max(axis=1)[:, None, None], numeric, rounding)
    return comparison


def _slope_part(layer: Layer, z: np.ndarray, a: np.ndarray, tolerance: float) -> Comparison:
    activation = layer.activation
    comparison = Comparison(np.broadcast_to(activation.slope_at(np, z, a), z.shape).astype(np.float64), tolerance)
    kinks = kinks_by_unit(activation)
    # In proportion to z, and not: a wave bends as sharply far from 0 as near it.
    steps = [np.maximum(np.abs(z), 1.0), np.ones_like(z)] if np.abs(z).max(initial=0.0) > 1.0 else [np.ones_like(z)]
    for factor, size in ((factor, size) for size in steps for factor in LADDER):
        step = STEP * factor * size
        high, low = z + step, z - step
        a_high, a_low = activation.run(np, high), activation.run(np, low)
        rounding = ROUNDING * EPSILON * (np.abs(a_high) + np.abs(a_low)) / (high - low)
        away = np.full(z.shape, True)
        for kink, units in kinks:
            away[:, units] &= (high[:, units] < kink) | (low[:, units] > kink)
        comparison.add(step, (a_high - a_low) / (high - low), rounding, away)
    return comparison


def _rule_parts(
    layer: Layer, name: str, p: dict[str, np.ndarray], here: Pass, tolerance: float
) -> Iterator[tuple[str, Comparison]]:
    """Along one direction for each parameter and one for the input: a wrong derivative shows along almost any."""
    rule, dz = layer.rule, _pattern(here.z.shape)
    gradients = rule.gradients(np, here.x, p, None, dz, **rule.options)
    for key, value in p.items():
        gradient = _shaped(gradients.get(key), value, f"{rule.name}'s gradients", f"the gradient of {key}", name)

        def with_parameter(moved: np.ndarray, key: str = key) -> np.ndarray:
            return rule.run(np, here.x, {**p, key: moved}, None) * dz

        yield f"gradients[{key!r}]", _along(with_parameter, value, gradient, tolerance)
    dx = rule.input_gradient(np, here.x, p, None, dz, **rule.options)
    dx = _shaped(dx, here.x, f"{rule.name}'s input_gradient", "dx", name)
    yield "input_gradient", _along(lambda moved: rule.run(np, moved, p, None) * dz, here.x, dx, tolerance)


def _shaped(gradient: Any, like: np.ndarray, giver: str, what: str, name: str) -> np.ndarray:
    """The gradient as an array, which must have the shape of what it is the gradient of."""
    shape = None if gradient is None else np.shape(gradient)
    if shape != like.shape:
        given = "nothing" if shape is None else f"shape {shape}"
        raise InputError(f"{giver} gave {given} for {what} in {name}", f"an array of shape {like.shape}")
    return np.asarray(gradient, dtype=np.float64)


def _along(
    value_of: Callable[[np.ndarray], np.ndarray], at: np.ndarray, gradient: np.ndarray, tolerance: float
) -> Comparison:
    """The derivative of sum(value_of(at)) along a fixed direction, from the gradient and by differences."""
    direction = _pattern(at.shape) / np.sqrt(max(at.size, 1)) * max(float(np.abs(at).max(initial=0.0)), 1.0)
    comparison = Comparison(np.array([np.sum(gradient * direction)]), tolerance)
    for factor in LADDER:
        step = STEP * factor
        high, low = value_of(at + step * direction), value_of(at - step * direction)
        rounding = ROUNDING * EPSILON * (np.abs(high).sum() + np.abs(low).sum()) / (2 * step)
        comparison.add(step, np.array([np.sum(high - low) / (2 * step)]), np.array([rounding]))
    return comparison


def _loss_part(
    loss: Loss, last: Pass, y: np.ndarray, logits: bool, bounds: tuple[float, float], tolerance: float
) -> tuple[str, Comparison]:
    """The slope for each sample and output column, away from kinks and from the ends of the output's range."""
    if logits and loss.logit_slope is not None and loss.logit_forward is not None:
        forward, at, edges = loss.logit_forward, last.z, (-np.inf, np.inf)
        slope: Callable[[np.ndarray], np.ndarray] = lambda v: loss.logit_slope(np, v, y, **loss.options)  # type: ignore[misc] # noqa: E731
    else:
        forward, at, edges = loss.forward, last.a, bounds
        slope = lambda v: loss.slope_at(np, v, y)  # noqa: E731
    comparison = Comparison(np.broadcast_to(slope(at), at.shape).astype(np.float64), tolerance)
    kinked = slope if loss.kinks and not logits else None
    away = ~cut_off(at) if loss.link and not logits else np.full(at.shape, True)
    _by_column(comparison, at, lambda moved: forward(np, moved, y, **loss.options)[:, None], edges, kinked, away)
    return ("logit_slope" if logits else "slope"), comparison


def _by_column(
    comparison: Comparison,
    at: np.ndarray,
    values_of: Callable[[np.ndarray], np.ndarray],
    edges: tuple[float, float] = (-np.inf, np.inf),
    slope: Callable[[np.ndarray], np.ndarray] | None = None,
    away: np.ndarray | None = None,
) -> None:
    """Move one column at a time; the sum of each row's `values_of` is what the derivative is of."""
    # Near 0 steps in proportion to the value itself as well: a logarithm bends there.
    sizes = [factor * np.maximum(np.abs(at), 1.0) for factor in LADDER] + [factor * np.abs(at) for factor in NEAR_ZERO]
    for size in sizes:
        step = STEP * size
        numeric, rounding = np.zeros(at.shape), np.zeros(at.shape)
        usable = np.full(at.shape, True) if away is None else away.copy()
        for j in range(at.shape[1]):
            high, low = _moved(at, j, step), _moved(at, j, -step)
            width = (high - low)[:, j]
            above, below = values_of(high), values_of(low)
            numeric[:, j] = (above - below).sum(axis=1) / width
            spread = np.abs(above).sum(axis=1) + np.abs(below).sum(axis=1) + np.abs(at).sum(axis=1)
            rounding[:, j] = ROUNDING * EPSILON * spread / width
            usable[:, j] &= (low[:, j] >= edges[0]) & (high[:, j] <= edges[1])
            if slope is not None:
                usable[:, j] &= ~jumps(slope(high), slope(low)).any(axis=1)
        comparison.add(step, numeric, rounding, usable)


def _moved(at: np.ndarray, column: int, step: np.ndarray) -> np.ndarray:
    moved = at.copy()
    moved[:, column] += step[:, column]
    return moved


def _pattern(shape: tuple[int, ...]) -> np.ndarray:
    """Fixed numbers between -1 and 1 without regularity, so that no two errors cancel."""
    return 2.0 * Stream(0, "weights").random(shape) - 1.0
