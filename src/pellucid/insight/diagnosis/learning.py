"""Detectors that ask why training got no further: each compares the network with an experiment on a copy.

They are asked only when the network falls short (see `Experiments.falls_short`) and nothing before them explains it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..render import number
from .evidence import Evidence, is_linear, spread
from .experiments import MATTERS, Experiments, planned_rate
from .findings import NOTE, Finding
from .signals import dead_units, saturated_units

FACTORS_UP = (10.0, 100.0, 1e3, 1e4, 1e5)
FACTORS_DOWN = (0.1, 0.01, 1e-3, 1e-4)
ROUGH = 0.1  # the part of the epochs in which the loss rose, from which a training counts as jumpy
OVERFIT = 1.3
ALIKE = 0.05


class Rate(NamedTuple):
    """The best of the rates that were tried: its factor, and what it left unexplained."""

    factor: float
    unexplained: float


def linear_network(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """No hidden layer (or linear ones only) on data that no linear network can tell apart."""
    if not is_linear(evidence.layers) or experiments.reference is None:
        return None
    best = min(experiments.probe(evidence.layers, seed) for seed in (1, 2))
    if best < experiments.reference + MATTERS:
        return None
    layers = "has no hidden layer" if not evidence.hidden else "has only linear hidden layers"
    return Finding(
        "linear_network",
        "problem",
        f"it {layers}; however it is trained, it leaves {_part(best)} of the best constant answer's loss, while "
        f"{16} tanh units in a hidden layer leave {_part(experiments.reference)}.",
        ", ".join(evidence.names),
        "Such a network draws one straight line (plane) through the inputs. XOR is the smallest case that no straight line "
        "separates.",
        'a hidden layer with a curved activation: Dense(8, "tanh") before the last layer',
    )


def penalty_too_strong(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """L1 or L2 that keeps the weights so small that the network cannot answer differently for different rows."""
    layers = [k for k, layer in enumerate(evidence.layers) if layer.l1 or layer.l2]
    if not layers or experiments.layers_suffice or not experiments.reaches(experiments.unpenalised):
        return None
    worst = max(layers, key=lambda k: evidence.layers[k].l1 + evidence.layers[k].l2)
    layer = evidence.layers[worst]
    size = number(float(np.abs(evidence.parameters[worst]["W"]).max()), 3) if "W" in evidence.parameters[worst] else "?"
    return Finding(
        "penalty_too_strong",
        "problem",
        f"{evidence.names[worst]} has l1={layer.l1:g} and l2={layer.l2:g}, and its largest weight is {size}; with the "
        f"penalties the same layers leave {_part(min(experiments.restarts))} unexplained, without them "
        f"{_part(experiments.unpenalised)}.",
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
        f"rates: {rates}; with dropout the same layers leave {_part(min(experiments.restarts))} unexplained, without it "
        f"{_part(experiments.undropped)}.",
        ", ".join(evidence.names[k] for k in layers),
        "Too few values get through in each step for the units to learn anything together.",
        "Dropout(0.2), or none for a network this small",
    )


def too_few_hidden_units(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """A hidden layer so narrow that no starting weights and no rate help, while more units do."""
    if not evidence.hidden or experiments.layers_suffice or not experiments.reaches(experiments.wider):
        return None
    if min(experiments.restarts) < experiments.wider + MATTERS:
        return None
    narrow = min(evidence.hidden, key=lambda k: evidence.layers[k].width(0))
    units = evidence.layers[narrow].width(0)
    return Finding(
        "too_few_hidden_units",
        "problem",
        f"{evidence.names[narrow]} has {units} unit{'s' * (units > 1)}; {len(experiments.restarts)} other starting points "
        f"leave at best {_part(min(experiments.restarts))} unexplained, with {max(8 * units, 16)} units it is "
        f"{_part(experiments.wider)}.",
        evidence.names[narrow],
        "Each hidden unit draws one line (or plane); the shape in these data needs more of them.",
        f"Dense({max(4 * units, 8)}, ...) in its place",
    )


def learning_rate_too_high(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Steps that jump over the valley: a smaller rate from the same start gets much further."""
    if not _has_rate(evidence):
        return None
    diverged = evidence.history.stopped == "diverged"
    if not diverged and not _thrown(evidence):
        return None
    best = _best_rate(experiments, FACTORS_DOWN)
    if not experiments.helps(best.unexplained) and not diverged:
        return None
    rate, history = planned_rate(evidence), evidence.history.loss
    seen = f"with the learning rate {rate:g} "
    if diverged:
        seen += "training diverged"
    else:
        rose = _rises(evidence)
        seen += f"the loss went from {number(history[0], 3)} to {number(history[-1], 3)} and rose in {rose:.0%} of the later epochs"
    seen += (
        f"; from the same start, {best.factor * rate:g} leaves {_part(best.unexplained)} of the best constant answer's loss "
        f"after a few hundred updates, where the network now has {_part(evidence.unexplained or 0.0)}."
    )
    return Finding(
        "learning_rate_too_high",
        "problem",
        seen,
        f"fit(learning_rate={rate:g})",
        "Each step is longer than the valley is wide: it lands on the other side, often higher up, or far out where the "
        "activations are flat.",
        f"net.reset(), then learning_rate={best.factor * rate:g}",
    )


def learning_rate_too_low(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Steps so short that the weights are nearly where they started: a larger rate gets much further."""
    if not _has_rate(evidence) or evidence.moved > 1.0:
        return None
    best = _best_rate(experiments, FACTORS_UP)
    if not experiments.helps(best.unexplained) or best.unexplained > experiments.with_rate(1.0) - MATTERS:
        return None
    rate, history = planned_rate(evidence), evidence.history.loss
    return Finding(
        "learning_rate_too_low",
        "problem",
        f"with the learning rate {rate:g} the weights moved by {evidence.moved:.2g} of their size in "
        f"{evidence.history.epochs} epochs, and the loss went from {number(history[0], 3)} to {number(history[-1], 3)}; from "
        f"the same start, {best.factor * rate:g} leaves {_part(best.unexplained)} of the best constant answer's loss after a "
        f"few hundred updates, where the network now has {_part(evidence.unexplained or 0.0)}.",
        f"fit(learning_rate={rate:g})",
        "The direction is right, and the steps are too short to get anywhere.",
        f"learning_rate={best.factor * rate:g}",
    )


def stopped_too_early(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Training that was still getting better: going on as planned gets much further."""
    if evidence.plan is None or evidence.start is None or not _has_rate(evidence):
        return None
    further = experiments.with_rate(1.0, go_on=True)
    if not experiments.reaches(further):
        return None
    return Finding(
        "stopped_too_early",
        "warning",
        f"after {evidence.history.epochs} epochs it leaves {_part(evidence.unexplained or 0.0)} of the best constant answer's "
        f"loss, after a few hundred updates more {_part(further)}.",
        f"fit(epochs={evidence.plan.epochs})",
        "The loss was still falling when training ended.",
        f"fit(..., epochs={10 * max(evidence.plan.epochs, 1)}): it goes on from here",
    )


def local_minimum(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Stuck where every small step is uphill, while other starting weights get through."""
    good = [left for left in experiments.restarts if experiments.reaches(left)]
    if not good:
        return None
    seen = (
        f"it leaves {_part(evidence.unexplained or 0.0)} of the best constant answer's loss; of {len(experiments.restarts)} other "
        f"starting points {len(good)} got to {_part(max(good))} or better with the same layers. {_cancelling(evidence)}"
    )
    return Finding(
        "local_minimum",
        "problem",
        seen,
        ", ".join(evidence.names),
        "Training stands in a hollow or on a plain: what one example asks of the weights, others take back.",
        "net.reset(seed=1) or another seed, and a few more hidden units, which make such hollows rare",
    )


def plateau(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Falls short, and no experiment says why."""
    if experiments.reference is None:
        return None
    return Finding(
        "plateau",
        "warning",
        f"it leaves {_part(evidence.unexplained or 0.0)} of the best constant answer's loss, a small reference network "
        f"{_part(experiments.reference)}; neither other rates, starting weights nor more units helped. {_cancelling(evidence)}",
        ", ".join(evidence.names),
        "The data hold more than this network has found.",
        'the reference: inputs scaled, Dense(16, "tanh"), then the last layer, Adam',
    )


def constant_output(evidence: Evidence) -> Finding | None:
    """Nearly the same answer for every row, although the targets differ."""
    if not evidence.judged or not evidence.trained or evidence.y is None:
        return None
    answers, targets = spread(evidence.now[-1].a), spread(evidence.y)
    if not answers < ALIKE * targets:
        return None
    mean = evidence.now[-1].a.mean(axis=0)
    return Finding(
        "constant_output",
        "warning",
        f"the answers vary by {number(answers, 3)} from row to row, the targets by {number(targets, 3)}; every answer is about "
        f"{', '.join(number(float(m), 3) for m in mean[:4])}. {_cancelling(evidence)}",
        evidence.names[-1],
        "Without telling the rows apart, the mean of the targets is the best that is left, and the network has found it.",
        "see the cause above",
    )


def overfitting(evidence: Evidence) -> Finding | None:
    """A validation loss that rose again while the training loss went on falling."""
    losses, training = evidence.history.validation_loss, evidence.history.data_loss
    if len(losses) < 10 or evidence.history.best_epoch is not None:
        return None
    best, last = int(np.argmin(losses)), float(losses[-1])
    rise = (last - losses[best]) / max(abs(losses[best]), 1e-300)
    if rise < OVERFIT - 1.0 or not last > OVERFIT * training[-1] or not training[-1] < training[best]:
        return None
    return Finding(
        "overfitting",
        "warning",
        f"the validation loss was lowest ({number(losses[best], 3)}) after epoch {best + 1} and is {number(last, 3)} at the "
        f"end, while the training loss fell from {number(training[best], 3)} to {number(training[-1], 3)}.",
        f"epochs {best + 2} to {len(losses)}",
        "From there on the network learnt its training rows by heart.",
        "early_stopping=True, fewer units, an l2 penalty, dropout, or more rows",
    )


def _best_rate(experiments: Experiments, factors: tuple[float, ...]) -> Rate:
    """Go along the factors while they help; a rate that changes next to nothing is passed over."""
    best = Rate(1.0, float("inf"))
    for factor in factors:
        left = experiments.with_rate(factor)
        if left < best.unexplained:
            best = Rate(factor, left)
        elif best.unexplained < 0.9 and left > best.unexplained + MATTERS:
            break
    return best


def _has_rate(evidence: Evidence) -> bool:
    plan = evidence.plan
    return (
        evidence.start is not None
        and plan is not None
        and plan.optimizer.has_learning_rate
        and planned_rate(evidence) > 0
    )


def _rises(evidence: Evidence) -> float:
    """In which part of the later half of the epochs the loss rose."""
    losses = np.asarray(evidence.history.loss)
    late = losses[len(losses) // 2 :]
    return float(np.mean(np.diff(late) > 1e-9 * np.abs(late[:-1]))) if len(late) > 1 else 0.0


def _thrown(evidence: Evidence) -> bool:
    """Whether steps look too long: the loss goes up and down to the end, ended above its start, or units were killed."""
    losses = evidence.history.loss
    if _rises(evidence) >= ROUGH or (len(losses) > 1 and losses[-1] > losses[0]):
        return True
    return any(found is not None and found.severity != NOTE for found in (dead_units(evidence), saturated_units(evidence)))


def _cancelling(evidence: Evidence) -> str:
    return (
        f"Summed over the rows, {evidence.cancelling:.1%} of the rows' gradients is left: the rest cancels."
        if evidence.y is not None
        else ""
    )


def _part(share: float) -> str:
    return f"{number(100 * share, 3)} %" if np.isfinite(share) and share < 10 else "many times all"
