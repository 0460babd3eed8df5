"""Detectors of trouble with the signals inside: symmetric, dead and saturated units, fading and growing signals.

Each takes the evidence and returns what it saw, or None. Those that look at the start of training say what was wrong
with the starting weights; those that look at the present say what training has led to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...maths.activations import Activation
from ...maths.by_unit import in_words, unit_of
from ...maths.passes import Pass
from ...model.layers import Layer, sources
from ..render import number
from .evidence import Evidence, spread
from .findings import Finding

FLAT = 1e-3  # a slope below this part of the steepest lets nothing through
SATURATED = 0.05  # a slope below this part of the one at z = 0: near the end of a bounded activation
MOST_ROWS = 0.9
HALF, MOST_UNITS = 0.5, 0.75
SAME = 1e-9
FADES, GROWS = 1e-3, 30.0  # signals whose size changes by more than these factors from one end to the other
SHOWN = 6


class Units(NamedTuple):
    """Which units of a layer are concerned, and what the unit is that shows it best."""

    layer: int
    units: np.ndarray
    of: int


def symmetric_units(evidence: Evidence) -> Finding | None:
    """Hidden units with the same incoming and the same outgoing weights: equal gradients keep them equal."""
    for k in evidence.hidden:
        groups = _twins(evidence, k)
        doubles = sum(len(group) - 1 for group in groups)
        units = evidence.layers[k].width(0)
        if not groups or doubles < HALF * (units - 1):
            continue
        all_same = doubles == units - 1
        who = f"All {units}" if all_same else f"{sum(map(len, groups))} of {units}"
        return Finding(
            "symmetric_units",
            "problem" if all_same else "warning",
            f"{who} units of {evidence.names[k]} have the same incoming and the same outgoing weights, "
            f"so they compute the same: the layer works like {units - doubles}.",
            f"{evidence.names[k]}, units {_listed(groups[0])}",
            "Equal units get equal gradients and can never become different.",
            f"random starting weights, which Dense uses unless told otherwise: Dense({units}, "
            f'"{evidence.layers[k].activation!r}"), then net.reset(seed=1)',
        )
    return None


def dead_from_the_start(evidence: Evidence) -> Finding | None:
    """Units that no row got through when training began."""
    return _dead(evidence, evidence.then, start=True)


def dead_units(evidence: Evidence) -> Finding | None:
    """Units that no row gets through now."""
    return _dead(evidence, evidence.now, start=False)


def _dead(evidence: Evidence, went: Sequence[Pass], start: bool) -> Finding | None:
    found = [_flat_units(evidence, went, k) for k in evidence.hidden if not _two_ended(evidence.layers[k].activation)]
    worst = _worst(found)
    if worst is None:
        return None
    name, z = evidence.names[worst.layer], went[worst.layer].z[:, worst.units]
    activation = evidence.layers[worst.layer].activation
    seen = (
        f"{len(worst.units)} of {worst.of} units of {name} {'were' if start else 'are'} dead: their sum z is at most "
        f"{number(float(z.max()), 3)} on all {len(z)} rows, where {in_words(activation)} is flat."
    )
    why = "No error signal comes through a flat activation, so the weights before it do not learn."
    if start:
        why += " They were so before the first update: the starting weights or biases, or inputs of one sign, did it."
        instead = _other_start(evidence.layers[worst.layer]) + ', or "leaky_relu", which is flat nowhere'
    else:
        why += " They were alive when training began: too long a step pushed them there."
        instead = 'a learning rate ten times smaller and net.reset(), or "leaky_relu", which is flat nowhere'
    return Finding("dead_units", _grade(worst, MOST_UNITS), seen, f"{name}, units {_listed(worst.units)}", why, instead)


def _other_start(layer: Layer) -> str:
    """The usual initial weights, or another seed where the layer has them already."""
    if not layer.init:
        return "another seed (net.reset(2)): the usual initial weights drew these by chance"
    return f'biases left at 0 and weights="{layer.activation.suited()}"'


def saturated_from_the_start(evidence: Evidence) -> Finding | None:
    """Units of a two-ended activation that were at its ends for nearly every row when training began."""
    return _saturated(evidence, evidence.then, start=True)


def saturated_units(evidence: Evidence) -> Finding | None:
    """Units of a two-ended activation that are at its ends for nearly every row now."""
    return _saturated(evidence, evidence.now, start=False)


def _saturated(evidence: Evidence, went: Sequence[Pass], start: bool) -> Finding | None:
    found = [_saturated_units(evidence, went, k) for k in evidence.hidden if _two_ended(evidence.layers[k].activation)]
    worst = _worst(found)
    if worst is None:
        return None
    name, z = evidence.names[worst.layer], went[worst.layer].z[:, worst.units]
    activation = evidence.layers[worst.layer].activation
    seen = (
        f"{len(worst.units)} of {worst.of} units of {name} {'were' if start else 'are'} at the flat ends of "
        f"{in_words(activation)} for at least {MOST_ROWS:.0%} of the rows; their sums z have a typical size of "
        f"{number(float(np.median(np.abs(z))), 3)}."
    )
    why = "There the slope is nearly 0, so hardly any error signal reaches the weights before them."
    if start:
        why += " They were so before the first update: the starting weights or biases are too large."
        instead = f'weights="{activation.suited()}" (the default) and biases at 0, or smaller ones'
    else:
        why += " Training made them so."
        instead = "a smaller learning rate and net.reset(), an l2 penalty, or scaled inputs"
    return Finding("saturated_units", _grade(worst, HALF), seen, f"{name}, units {_listed(worst.units)}", why, instead)


def vanishing_signals(evidence: Evidence) -> Finding | None:
    """Signals that fade from layer to layer, forwards or backwards, when training begins."""
    forwards, backwards = _gains(evidence)
    if forwards is None or not (forwards[-1] < FADES or backwards[0] < FADES):
        return None
    back = backwards[0] <= forwards[-1]
    sizes, last = (backwards, 0) if back else (forwards, -1)
    what = "An error signal of size 1 at the output arrives at" if back else "A variation of size 1 in the inputs is at"
    seen = f"{what} {evidence.names[last]} with the size {number(sizes[last], 3)} ({_course(evidence, sizes)})."
    activation = evidence.layers[0].activation.name
    deep = len(evidence.hidden) > 2
    instead = (
        'fewer layers, or "tanh" with weights="glorot_uniform", or "relu" with weights="he_uniform"'
        if deep
        else f'larger starting weights: weights="{evidence.layers[0].activation.suited()}", which suit {activation}'
    )
    why = "What is too faint by the time it arrives cannot teach the layer anything: the first layers hardly learn."
    return Finding("vanishing_signals", "problem", seen, evidence.names[last], why, instead)


def exploding_signals(evidence: Evidence) -> Finding | None:
    """Signals that grow from layer to layer, forwards or backwards, when training begins."""
    forwards, backwards = _gains(evidence)
    if forwards is None or not (max(forwards) > GROWS or max(backwards) > GROWS):
        return None
    back = max(backwards) > max(forwards)
    sizes = backwards if back else forwards
    place = int(np.argmax(sizes))
    what = "An error signal of size 1 at the output arrives" if back else "A variation of size 1 in the inputs arrives"
    seen = f"{what} at {evidence.names[place]} with the size {number(sizes[place], 3)} ({_course(evidence, sizes)})."
    suits = evidence.layers[0].activation.suited()
    return Finding(
        "exploding_signals",
        "problem",
        seen,
        evidence.names[place],
        "Each layer makes signals larger, so any step that is short enough for one layer is far too long for another.",
        f'smaller starting weights: weights="{suits}" in every layer (the default); clip=1.0 in fit helps too',
    )


def _gains(evidence: Evidence) -> tuple[list[float] | None, list[float]]:
    """The spread of each layer's output relative to the inputs', and the size of an error signal at each layer's z."""
    inputs = spread(evidence.x)
    if len(evidence.hidden) == 0 or inputs == 0.0:
        return None, []
    parameters = evidence.parameters if evidence.start is None else evidence.start
    outputs = [*(here.a for here in evidence.then[:-1]), evidence.then[-1].z]
    forwards = [spread(values) / inputs for values in outputs]
    return forwards, [
        size if np.isfinite(size) else float("inf") for size in evidence.carried_back(evidence.then, parameters)
    ]


def _course(evidence: Evidence, sizes: Sequence[float]) -> str:
    return ", ".join(f"{name} {number(size, 2)}" for name, size in zip(evidence.names, sizes, strict=True))


def _flat_units(evidence: Evidence, went: Sequence[Pass], k: int) -> Units | None:
    slope = _relative_slope(evidence.layers[k].activation, went[k])
    return None if slope is None else Units(k, np.flatnonzero((slope < FLAT).all(axis=0)), slope.shape[1])


def _saturated_units(evidence: Evidence, went: Sequence[Pass], k: int) -> Units | None:
    slope = _relative_slope(evidence.layers[k].activation, went[k])
    if slope is None:
        return None
    return Units(k, np.flatnonzero((slope < SATURATED).mean(axis=0) >= MOST_ROWS), slope.shape[1])


def _relative_slope(activation: Activation, here: Pass) -> np.ndarray | None:
    """|da/dz| relative to its size at z = 0 (just above it, for the kink of a relu); None where there is no slope."""
    if activation.slope is None or activation.refused():
        return None
    middle = np.full((1, here.z.shape[1]), 1e-6)
    steepest = np.abs(activation.slope_at(np, middle, activation.run(np, middle)))
    slope = np.abs(activation.slope_at(np, here.z, here.a)) / np.where(steepest > 0, steepest, 1.0)
    return np.where(np.isfinite(slope), slope, 1.0)


def _two_ended(activation: Activation) -> bool:
    return bool(np.isfinite(activation.bounds()).all())


def _worst(found: Sequence[Units | None]) -> Units | None:
    """The layer with the largest share of units concerned, if it has any."""
    some = [units for units in found if units is not None and len(units.units)]
    return max(some, key=lambda units: len(units.units) / units.of, default=None)


def _grade(found: Units, least: float) -> str:
    share = len(found.units) / found.of
    return "problem" if share == 1.0 else "warning" if share >= least else "note"


def _twins(evidence: Evidence, k: int) -> list[np.ndarray]:
    """Groups of at least two units of layer k whose incoming and outgoing weights are the same."""
    incoming, layer = evidence.parameters[k].get("W"), evidence.layers[k]
    outgoing = _outgoing(evidence, k)
    if not outgoing or incoming is None or incoming.ndim != 2 or incoming.shape[1] < 2:
        return []
    b = evidence.parameters[k].get("b", np.zeros(incoming.shape[1]))
    pairs = [unit_of(layer.activation, unit) for unit in range(incoming.shape[1])]
    kinds = np.array([pairs.index(pair) for pair in pairs], dtype=np.float64)
    signature = np.concatenate([incoming, b[None], kinds[None], *(W.T for W in outgoing)]).T
    size = np.maximum(np.abs(signature).max(axis=0), 1e-300)  # each weight beside the other units' same weight
    _, place, count = np.unique(np.round(signature / size / SAME), axis=0, return_inverse=True, return_counts=True)
    return [np.flatnonzero(place.ravel() == group) for group in np.flatnonzero(count > 1)]


def _outgoing(evidence: Evidence, k: int) -> list[np.ndarray]:
    """The weights (units of layer k, units) of each layer that sees what layer k gives, dropout between them or not."""
    layers, found = evidence.layers, []
    same, end = [k], k + 1  # dropout hands on what it is given
    while end < len(layers) and not layers[end].rule.resizes and layers[end].sees == "previous":
        same, end = [*same, end], end + 1
    for m in range(k + 1, len(layers)):
        W = evidence.parameters[m].get("W")
        for place, first, after in sources(evidence.model.n_in, layers, m):
            if place - 1 in same and m not in same:
                if W is None or W.ndim != 2 or len(W) < after:
                    return []
                found.append(W[first:after])
    return found


def _listed(units: Sequence[int] | np.ndarray) -> str:
    shown = ", ".join(str(int(unit)) for unit in units[:SHOWN])
    return shown + (f", ... ({len(units)} in all)" if len(units) > SHOWN else "")
