"""Detectors of trouble with the examples: scales, targets out of reach, contradictions, rare classes, constants."""

from __future__ import annotations

import numpy as np

from ...data.targets import many_labels
from ...maths.by_unit import unit_bounds, unit_of
from ...training.answers import is_classifier
from ..render import number
from .evidence import Evidence, rms
from .findings import Finding

LARGE, SMALL = 30.0, 0.02  # typical sizes of a column that starting weights do not suit
OFF_CENTRE = 10.0  # how many standard deviations its mean may be from 0
CENTRE_FROM = 3.0
LARGE_TARGETS = 30.0
EXTREME = 30.0  # so many times beyond these sizes, it is a problem wherever the network is not good anyway
CONTRADICTED = 0.05
RARE, MISSED = 0.15, 0.9
SHOWN = 6


def targets_out_of_reach(evidence: Evidence) -> Finding | None:
    """Targets outside of the (closed) range of the output activation."""
    y = evidence.raw_targets
    if y is None:
        return None
    lows, highs = unit_bounds(evidence.layers[-1].activation)
    outside = (y < lows) | (y > highs)
    row, column = (int(i) for i in np.argwhere(outside)[0])
    activation, _ = unit_of(evidence.layers[-1].activation, column)
    low, high = activation.bounds()
    outside = outside & (lows == low) & (highs == high)  # those of the same kind
    seen = (
        f"{int(outside.any(axis=1).sum())} of {len(y)} rows have a target outside of {number(low)} to {number(high)}, "
        f"which is all that {activation.name} can give; y goes from {number(float(y.min()))} to "
        f"{number(float(y.max()))}."
    )
    return Finding(
        "targets_out_of_reach",
        "problem",
        seen,
        f"y, first in row {row}" + (f", column {column}" if y.shape[1] > 1 else "") + f"; output {evidence.names[-1]}",
        "The network can never answer these, and training towards them only drives the output to its end.",
        "a linear output, Dense(n) as the last layer, or y scaled into this range",
    )


def untrainable_activation(evidence: Evidence) -> Finding | None:
    """An activation that sends no error signal back."""
    for name, layer in zip(evidence.names, evidence.layers, strict=True):
        if layer.activation.refused():
            return Finding(
                "untrainable_activation",
                "problem",
                f"{name} has the activation {layer.activation.name}, whose slope is 0 everywhere.",
                name,
                "No error signal comes back through it, so nothing before it can learn.",
                "sigmoid, its smooth form, while training",
            )
    return None


def unscaled_inputs(evidence: Evidence) -> Finding | None:
    """Columns of a size, or so far from 0, that ordinary starting weights and rates do not suit."""
    x = evidence.x
    size, mean, deviation = np.sqrt((x * x).mean(axis=0)), x.mean(axis=0), x.std(axis=0)
    varies = deviation > 1e-12 * np.maximum(np.abs(mean), 1e-300)
    centred = np.abs(mean) <= OFF_CENTRE * deviation
    wrong = varies & ((size > LARGE) | (~centred & (size > CENTRE_FROM)))
    if varies.any() and size[varies].max() < SMALL:
        wrong = varies
    if not wrong.any():
        return None
    worst = int(np.argmax(np.where(wrong, np.abs(np.log10(np.maximum(size, 1e-300))), -1.0)))
    columns = np.flatnonzero(wrong)
    seen = (
        f"Column {worst} has a mean of {number(float(mean[worst]), 3)} and a standard deviation of "
        f"{number(float(deviation[worst]), 3)}; {len(columns)} of {x.shape[1]} columns are far from a mean of 0 and a "
        "deviation of 1."
    )
    shown = ", ".join(map(str, columns[:SHOWN])) + (f", ... ({len(columns)} in all)" if len(columns) > SHOWN else "")
    extreme = size[wrong].max() > EXTREME * LARGE or size[wrong].max() < SMALL / EXTREME
    return Finding(
        "unscaled_inputs",
        "problem" if extreme else "warning",
        seen,
        f"X, column{'s' * (len(columns) > 1)} {shown}",
        "Sums become huge (or tiny), units sit at the flat ends of their activation, and one learning rate cannot suit "
        "weights whose inputs differ by orders of magnitude.",
        "(X - X.mean(axis=0)) / X.std(axis=0), with the training data's mean and deviation; pellucid.fit(X, y) does it",
    )


def unscaled_targets(evidence: Evidence) -> Finding | None:
    """Targets of a regression that are so large that the outputs need very many steps to get there."""
    y = evidence.y
    if y is None or is_classifier(evidence.model) or evidence.loss.target != "numbers":
        return None
    size = rms(y)
    if size < LARGE_TARGETS:
        return None
    return Finding(
        "unscaled_targets",
        "problem" if size > EXTREME * LARGE_TARGETS else "warning",
        f"y has a mean of {number(float(y.mean()), 3)} and a standard deviation of {number(float(y.std()), 3)}; the "
        f"network's outputs have {number(float(evidence.now[-1].a.mean()), 3)} and "
        f"{number(float(evidence.now[-1].a.std()), 3)}.",
        f"y; output {evidence.names[-1]}",
        "Weights start where outputs are about as large as 1, and each step moves them by about the learning rate: "
        "targets far away take very many steps, and squared errors make for huge gradients.",
        "(y - y.mean()) / y.std(), and predictions scaled back; pellucid.fit(X, y) does both",
    )


def contradicting_labels(evidence: Evidence) -> Finding | None:
    """Rows with equal inputs and different labels, of which a network can get only the most frequent right."""
    if evidence.y is None or not is_classifier(evidence.model):
        return None
    _, group = np.unique(evidence.x, axis=0, return_inverse=True)
    labels = np.unique(evidence.y, axis=0, return_inverse=True)[1].ravel()
    pairs, counts = np.unique(np.stack([group.ravel(), labels]), axis=1, return_counts=True)
    most = np.zeros(int(group.max()) + 1, dtype=int)
    np.maximum.at(most, pairs[0], counts)
    lost = len(evidence.x) - int(most.sum())
    if lost < max(1.0, CONTRADICTED * len(evidence.x)):
        return None
    repeated = np.flatnonzero(np.bincount(pairs[0]) > 1)
    first = int(np.flatnonzero(group.ravel() == repeated[0])[0])
    return Finding(
        "contradicting_labels",
        "warning",
        f"{len(repeated)} different inputs come with more than one label, so at least {lost} of {len(evidence.x)} rows "
        f"({lost / len(evidence.x):.0%}) must be answered wrongly; one of them is {_row(evidence.x[first])}.",
        "X and y",
        "No network can give two answers to the same input.",
        "correct the labels, or add a column that tells these rows apart",
    )


def rare_class_ignored(evidence: Evidence) -> Finding | None:
    """A rare class of which the trained network misses nearly every row."""
    if evidence.y is None or not evidence.trained or not is_classifier(evidence.model):
        return None
    if many_labels(evidence.loss, evidence.model.n_out, evidence.model.classes):
        return None
    truth, answer = _classes(evidence.y, evidence), _classes(evidence.now[-1].a, evidence)
    counts = np.bincount(truth, minlength=int(max(truth.max(), answer.max())) + 1)
    shares = counts / len(truth)
    for c in np.argsort(shares):
        missed = int(np.sum((truth == c) & (answer != c)))
        if 0 < shares[c] < RARE and counts[c] >= 3 and missed >= MISSED * counts[c]:
            label = evidence.model.classes[c] if evidence.model.classes is not None else c
            return Finding(
                "rare_class_ignored",
                "warning",
                f"Class {label!r} is {counts[c]} of {len(truth)} rows ({shares[c]:.1%}), and the network misses "
                f"{missed} of them; always answering the most frequent class would be right for {shares.max():.1%}.",
                f"y, class {label!r}",
                "Each row counts the same, so a rare class costs little when it is always missed.",
                'class_weight="balanced" in fit, and a look at the confusion matrix instead of the accuracy',
            )
    return None


def constant_columns(evidence: Evidence) -> Finding | None:
    """Columns that are the same in every row: harmless, and without information."""
    x = evidence.x
    if len(x) < 2:
        return None
    constant = np.flatnonzero((x == x[0]).all(axis=0))
    if not len(constant):
        return None
    return Finding(
        "constant_columns",
        "note",
        f"{len(constant)} of {x.shape[1]} columns are the same in every row.",
        "X, columns " + ", ".join(map(str, constant[:SHOWN])),
        "They tell nothing apart; beside a bias they are not needed.",
        "leave them out, unless they stand for a bias",
    )


def _classes(values: np.ndarray, evidence: Evidence) -> np.ndarray:
    """The index of each row's class."""
    if values.shape[1] > 1:
        return values.argmax(axis=1)
    low, high = evidence.layers[-1].activation.bounds()
    middle = 0.5 if (low, high) == (0.0, 1.0) else 0.0
    return (values[:, 0] > middle).astype(int)


def _row(x: np.ndarray) -> str:
    shown = ", ".join(number(float(value), 3) for value in x[:SHOWN])
    return f"({shown}{', ...' if len(x) > SHOWN else ''})"
