"""Detectors of training that got no further than it did: the learning rate, its end, hollows, learning by heart.

Those that take experiments compare the network with one on a copy (see `experiments`); they are asked only when the
network falls short and nothing before them explains it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..render import number
from .evidence import Evidence, spread
from .experiments import MATTERS, RESTARTS, Experiments, planned_rate
from .findings import NOTE, Finding, part
from .signals import dead_units, saturated_units

FACTORS_UP = (10.0, 100.0, 1e3, 1e4, 1e5)
FACTORS_DOWN = (0.1, 0.01, 1e-3, 1e-4)
ROUGH = 0.1  # the part of the later epochs in which the loss rose, from which a training counts as jumpy
OVERFIT = 1.2
ALIKE = 0.05
FEW_EPOCHS = 10  # fewer show no trend


class Rate(NamedTuple):
    """The best of the rates that were tried: its factor, and what it left unexplained."""

    factor: float
    unexplained: float


def learning_rate_too_high(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Steps that jump over the valley: a smaller rate from the same start gets much further."""
    diverged = evidence.history.stopped == "diverged"
    if not _has_rate(evidence) or not (diverged or _thrown(evidence)):
        return None
    best = _best_rate(experiments, FACTORS_DOWN)
    if not experiments.helps(best.unexplained) and not diverged:
        return None
    better = f"{best.factor * planned_rate(evidence):g}"
    return Finding(
        "learning_rate_too_high",
        "problem",
        f"With {_rate(evidence)} {'training diverged' if diverged else _course(evidence)}. "
        f"{_other_rate(evidence, best)}",
        f"fit(learning_rate={planned_rate(evidence):g})",
        "Each step is longer than the valley is wide: it lands on the other side, often higher up, or far out where "
        "the activations are flat.",
        f"net.reset(), then fit with learning_rate={better}",
    )


def learning_rate_too_low(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Steps so short that the weights are nearly where they started: a larger rate gets much further."""
    if not _has_rate(evidence) or evidence.moved > 1.0:
        return None
    best = _best_rate(experiments, FACTORS_UP)
    if not experiments.helps(best.unexplained) or best.unexplained > experiments.with_rate(1.0) - MATTERS:
        return None
    return Finding(
        "learning_rate_too_low",
        "problem",
        f"With {_rate(evidence)} the weights moved by {evidence.moved:.2g} of their size, and {_course(evidence)}. "
        f"{_other_rate(evidence, best)}",
        f"fit(learning_rate={planned_rate(evidence):g})",
        "The direction is right, and the steps are too short to get anywhere.",
        f"fit with learning_rate={best.factor * planned_rate(evidence):g}",
    )


def stopped_too_early(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Training that was still getting better: going on as planned gets much further."""
    if not _has_rate(evidence) or evidence.plan is None:
        return None
    further = experiments.with_rate(1.0, go_on=True)
    if not experiments.reaches(further):
        return None
    return Finding(
        "stopped_too_early",
        "warning",
        f"After {evidence.history.epochs} epochs the network leaves {part(evidence.unexplained)} of the best constant "
        f"answer's loss, a few hundred updates later {part(further)}.",
        f"fit(epochs={evidence.plan.epochs})",
        "The loss was still falling when training ended.",
        f"fit again, with epochs={10 * max(evidence.plan.epochs, 1)}: it goes on from here",
    )


def local_minimum(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Stuck where every small step is uphill, while other starting weights get through."""
    good = [left for left in experiments.restarts if experiments.reaches(left)]
    if not good:
        return None
    return Finding(
        "local_minimum",
        "problem",
        f"The network leaves {part(evidence.unexplained)} of the best constant answer's loss; from {len(good)} of "
        f"{RESTARTS} other starting points the same layers got to {part(max(good))} or better. {_cancelling(evidence)}",
        ", ".join(evidence.names),
        "Training stands in a hollow or on a plain: what one row asks of the weights, others take back.",
        "net.reset(seed=1) or another seed; a few more hidden units make such hollows rare",
    )


def plateau(evidence: Evidence, experiments: Experiments) -> Finding | None:
    """Falls short, and no experiment says why."""
    return Finding(
        "plateau",
        "warning",
        f"The network leaves {part(evidence.unexplained)} of the best constant answer's loss, a small reference "
        f"network {part(experiments.reference)}. Neither other rates nor starting weights nor more units explained it. "
        f"{_cancelling(evidence)}",
        ", ".join(evidence.names),
        "The data hold more than this network has found.",
        'what the reference does: inputs scaled, one hidden layer Dense(16, "tanh"), Adam with a rate of 0.03',
    )


def constant_output(evidence: Evidence) -> Finding | None:
    """Nearly the same answer for every row, although the targets differ."""
    if not evidence.judged or evidence.y is None:
        return None
    answers, targets = spread(evidence.now[-1].a), spread(evidence.y)
    if not answers < ALIKE * targets:
        return None
    mean = ", ".join(number(float(m), 3) for m in evidence.now[-1].a.mean(axis=0)[:4])
    return Finding(
        "constant_output",
        "warning",
        f"The answers vary by {number(answers, 3)} from row to row, the targets by {number(targets, 3)}; every "
        f"answer is about {mean}. {_cancelling(evidence)}",
        evidence.names[-1],
        "A network that cannot tell the rows apart does best with the mean of the targets, and has found it.",
        "what the findings before this one say",
    )


def overfitting(evidence: Evidence) -> Finding | None:
    """A validation loss that rose again while the training loss went on falling."""
    losses, training = evidence.history.validation_loss, evidence.history.data_loss
    if len(losses) < FEW_EPOCHS or evidence.history.best_epoch is not None:
        return None
    best, last = int(np.argmin(losses)), float(losses[-1])
    rose = last - losses[best] > (OVERFIT - 1.0) * abs(losses[best])
    if not rose or not last > OVERFIT * training[-1] or not training[-1] < training[best]:
        return None
    return Finding(
        "overfitting",
        "warning",
        f"The validation loss was lowest, {number(losses[best], 3)}, after epoch {best + 1} and is {number(last, 3)} "
        f"at the end, while the training loss fell from {number(training[best], 3)} to {number(training[-1], 3)}.",
        f"epochs {best + 2} to {len(losses)}",
        "From there on the network learnt its training rows by heart.",
        "early_stopping=True in fit, fewer units, an l2 penalty, dropout, or more rows",
    )


def _best_rate(experiments: Experiments, factors: tuple[float, ...]) -> Rate:
    """Go along the factors while they help; a rate that changes next to nothing is passed over."""
    best = Rate(1.0, float("inf"))
    for factor in factors:
        left = experiments.with_rate(factor)
        if left < best.unexplained:
            best = Rate(factor, left)
            if experiments.reaches(left):
                break
        elif best.unexplained < 0.9 and left > best.unexplained + MATTERS:
            break
    return best


def _has_rate(evidence: Evidence) -> bool:
    plan = evidence.plan
    if evidence.start is None or plan is None or not plan.optimizer.has_learning_rate:
        return False
    return planned_rate(evidence) > 0


def _rises(evidence: Evidence) -> float:
    """In which part of the later half of the epochs the loss rose."""
    losses = np.asarray(evidence.history.loss)
    late = losses[len(losses) // 2 :]
    return float(np.mean(np.diff(late) > 1e-9 * np.abs(late[:-1]))) if len(late) > 1 else 0.0


def _thrown(evidence: Evidence) -> bool:
    """Whether steps look too long: the loss goes up and down to the end, ended above its start, or units were "
    "killed.
    """
    losses = evidence.history.loss
    if _rises(evidence) >= ROUGH or (len(losses) > 1 and losses[-1] > losses[0]):
        return True
    return any(
        found is not None and found.severity != NOTE for found in (dead_units(evidence), saturated_units(evidence))
    )


def _rate(evidence: Evidence) -> str:
    assert evidence.plan is not None
    schedule = evidence.plan.schedule
    mean = f" (the mean over the schedule {schedule!r})" if schedule.name != "constant" else ""
    return f"the learning rate {planned_rate(evidence):g}{mean}"


def _course(evidence: Evidence) -> str:
    losses = evidence.history.loss
    if not losses:
        return "the loss was not recorded"
    course = f"the loss went from {number(losses[0], 3)} to {number(losses[-1], 3)} in {len(losses)} epochs"
    return f"{course} and rose in {_rises(evidence):.0%} of the later ones"


def _other_rate(evidence: Evidence, best: Rate) -> str:
    return (
        f"From the same start, a few hundred updates with {best.factor * planned_rate(evidence):g} leave "
        f"{part(best.unexplained)} of the best constant answer's loss, where the network now leaves "
        f"{part(evidence.unexplained)}."
    )


def _cancelling(evidence: Evidence) -> str:
    return f"Added up over the rows, {evidence.cancelling:.1%} of their gradients is left: the rest cancels."
