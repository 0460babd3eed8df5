"""Detectors of layers that cannot do it: each compares the network with an experiment on a copy (see `experiments`).

They are asked only when the network falls short and nothing before them explains it.
"""

from __future__ import annotations

import numpy as np

from ..render import number
from .evidence import Evidence, is_linear
from .experiments import MATTERS, REFERENCE_UNITS, RESTARTS, Experiments, wider_units
from .findings import Finding, part


def linear_network(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """No hidden layer (or linear ones only) on data that no linear network can tell apart."""
    if not is_linear(evidence.layers) or experiments.reference is None:
        return None
    best = min(experiments.probe(evidence.layers, seed) for seed in (1, 2))
    if best < experiments.reference + MATTERS:
        return None
    has = "There is no hidden layer" if not evidence.hidden else "All hidden layers are linear"
    return Finding(
        "linear_network",
        "problem",
        f"{has}. Trained with care such a network leaves {part(best)} of the best constant answer's loss, one "
        f"with {REFERENCE_UNITS} tanh units in a hidden layer {part(experiments.reference)}.",
        ", ".join(evidence.names),
        "It draws one straight line (or plane) through the inputs; XOR is the smallest case that none separates.",
        'a hidden layer with a curved activation: Dense(8, "tanh") before the last layer',
    )


def penalty_too_strong(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """L1 or L2 that keeps the weights so small that the network cannot answer differently for different rows."""
    layers = [k for k, layer in enumerate(evidence.layers) if layer.l1 or layer.l2]
    if not layers or experiments.layers_suffice or not experiments.reaches(experiments.unpenalised):
        return None
    worst = max(layers, key=lambda k: evidence.layers[k].l1 + evidence.layers[k].l2)
    layer, p = evidence.layers[worst], evidence.parameters[worst]
    largest = max(float(np.abs(p[name]).max()) for name in layer.rule.penalised)
    return Finding(
        "penalty_too_strong",
        "problem",
        f"{evidence.names[worst]} has l1={layer.l1:g} and l2={layer.l2:g}, and its largest weight is "
        f"{number(largest, 3)}. With the penalties the same layers leave {part(min(experiments.restarts))} of the "
        f"best constant answer's loss, without them {part(experiments.unpenalised)}.",
        ", ".join(evidence.names[k] for k in layers),
        "The penalty pulls every weight to 0 more strongly than the data pull it away.",
        "a hundredth of it, such as l2=0.001, or none",
    )


def dropout_too_strong(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Dropout that silences so much that nothing can be learnt."""
    layers = [k for k, layer in enumerate(evidence.layers) if layer.rule.noisy]
    if not layers or experiments.layers_suffice or not experiments.reaches(experiments.undropped):
        return None
    rates = ", ".join(f"{evidence.names[k]} {evidence.layers[k].rule.options.get('rate', 0.0):g}" for k in layers)
    return Finding(
        "dropout_too_strong",
        "problem",
        f"The rates are {rates}. With dropout the same layers leave {part(min(experiments.restarts))} of the best "
        f"constant answer's loss, without it {part(experiments.undropped)}.",
        ", ".join(evidence.names[k] for k in layers),
        "Too few values get through in each step for the units to learn anything together.",
        "Dropout(0.2), or none for a network this small",
    )


def too_few_hidden_units(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """A hidden layer so narrow that no starting weights help, while more units do."""
    if not evidence.hidden or experiments.layers_suffice or not experiments.reaches(experiments.wider):
        return None
    if min(experiments.restarts) < experiments.wider + MATTERS:
        return None
    narrow = min(evidence.hidden, key=lambda k: evidence.layers[k].width(0))
    units = evidence.layers[narrow].width(0)
    return Finding(
        "too_few_hidden_units",
        "problem",
        f"{evidence.names[narrow]} has {units} unit{'s' * (units > 1)}. From {RESTARTS} other starting points the same "
        f"layers leave at best {part(min(experiments.restarts))} of the best constant answer's loss, with "
        f"{wider_units(units)} units there {part(experiments.wider)}.",
        evidence.names[narrow],
        "Each hidden unit draws one line (or plane), and the shape in these data needs more of them.",
        f"Dense({max(4 * units, 8)}, ...) in its place",
    )
