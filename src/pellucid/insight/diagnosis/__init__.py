"""Diagnosis: what is wrong with a network on some examples, the most likely cause first.

`DETECTORS` is a table: each row names a kind of finding and the function that looks for it, in the order from causes
to consequences. What comes early explains what comes later: unscaled inputs saturate units, saturated units let no
gradient through, and the output stays constant. Those marked `experiment` train copies, and are asked only when the
network falls short of a small reference network and nothing before them says why.

A symptom that does no harm is a note: many a good network has some dead or saturated units. Harm is judged by the loss,
where there are targets: a trained network that does about as well as the reference is well.

>>> from pellucid import Dense, Network
>>> net = Network(2, Dense(4, "tanh", weights="zeros"), Dense(1, "sigmoid", weights="zeros"))
>>> net.diagnose([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]).kinds
('symmetric_units', 'vanishing_signals')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...model.model import Model
from . import capacity, examples, learning, signals
from .evidence import Evidence
from .experiments import Experiments
from .findings import NOTE, PROBLEM, Diagnosis, Finding

__all__ = ["DETECTORS", "Detector", "Diagnosis", "Finding", "diagnose"]


HARMLESS = "The network does well all the same."


@dataclass(frozen=True)
class Detector:
    """One row of the table: a kind of finding and who looks for it.

    `harmless_below`: where the network does as well as the reference, a finding is only a note; a "problem" only if, in
    addition, the network leaves less than this unexplained (the reference may find the data hard too). 0: never a note.
    `experiment`: it trains copies, and is asked only where the network falls short. `only_trained`: not before a fit.
    """

    kind: str
    look: Callable[..., Finding | None]
    harmless_below: float = 0.95
    experiment: bool = False
    only_trained: bool = False


DETECTORS: tuple[Detector, ...] = (
    Detector("targets_out_of_reach", examples.targets_out_of_reach, harmless_below=0.0),
    Detector("untrainable_activation", examples.untrainable_activation, harmless_below=0.0),
    Detector("symmetric_units", signals.symmetric_units, harmless_below=0.0),
    Detector("unscaled_inputs", examples.unscaled_inputs, harmless_below=0.3),
    Detector("unscaled_targets", examples.unscaled_targets, harmless_below=0.3),
    Detector("exploding_signals", signals.exploding_signals),
    Detector("dead_units", signals.dead_from_the_start),
    Detector("saturated_units", signals.saturated_from_the_start),
    Detector("vanishing_signals", signals.vanishing_signals),
    Detector("linear_network", capacity.linear_network, experiment=True),
    Detector("penalty_too_strong", capacity.penalty_too_strong, experiment=True, only_trained=True),
    Detector("dropout_too_strong", capacity.dropout_too_strong, experiment=True, only_trained=True),
    Detector("too_few_hidden_units", capacity.too_few_hidden_units, experiment=True, only_trained=True),
    Detector("learning_rate_too_high", learning.learning_rate_too_high, experiment=True, only_trained=True),
    Detector("stopped_too_early", learning.stopped_too_early, experiment=True, only_trained=True),
    Detector("learning_rate_too_low", learning.learning_rate_too_low, experiment=True, only_trained=True),
    Detector("local_minimum", learning.local_minimum, experiment=True, only_trained=True),
    Detector("plateau", learning.plateau, experiment=True, only_trained=True),
    Detector("contradicting_labels", examples.contradicting_labels, harmless_below=0.0),
    Detector("rare_class_ignored", examples.rare_class_ignored, harmless_below=0.0),
    Detector("overfitting", learning.overfitting, harmless_below=0.0),
    Detector("dead_units", signals.dead_units, only_trained=True),
    Detector("saturated_units", signals.saturated_units, only_trained=True),
    Detector("constant_output", learning.constant_output, only_trained=True),
    Detector("constant_columns", examples.constant_columns),
)


def diagnose(model: Model, X: Any, y: Any = None) -> Diagnosis:
    """Look for everything in `DETECTORS`, on at most 2 000 rows; the network is not changed.

    Without `y` only the signals inside and the inputs can be judged. Raises InputError for X that does not suit the
    network, and for y that no loss could take; targets out of the output's reach are a finding instead.
    """
    with np.errstate(all="ignore"):
        evidence = Evidence(model, X, y)
        experiments = Experiments(evidence) if evidence.judged else None
        findings = _look(evidence, experiments)
        return Diagnosis(
            findings=tuple(sorted(findings, key=lambda finding: finding.severity == NOTE)),
            rows=len(evidence.x),
            rows_given=evidence.rows_given,
            trained=evidence.trained,
            unexplained=evidence.unexplained,
            reachable=experiments.reference if experiments is not None and experiments.was_compared else None,
        )


def _look(evidence: Evidence, experiments: Experiments | None) -> list[Finding]:
    well = _does_well(evidence, experiments)
    found: list[Finding] = []
    for detector in DETECTORS:
        if detector.only_trained and not evidence.trained:
            continue
        if any(finding.kind == detector.kind for finding in found):
            continue
        if detector.experiment:
            explained = any(finding.severity != NOTE for finding in found)
            if well or explained or experiments is None or evidence.raw_targets is not None:
                continue
            finding = detector.look(evidence, experiments)
        else:
            finding = detector.look(evidence)
        if finding is None:
            continue
        if well and _harmless(detector, finding, evidence):
            finding = replace(finding, severity=NOTE, why=f"{finding.why} {HARMLESS}")
        found.append(finding)
    return found


def _harmless(detector: Detector, finding: Finding, evidence: Evidence) -> bool:
    """Whether a finding in a network that does well is only a note."""
    if detector.harmless_below == 0.0:
        return False
    return finding.severity != PROBLEM or evidence.unexplained is None or evidence.unexplained < detector.harmless_below


def _does_well(evidence: Evidence, experiments: Experiments | None) -> bool:
    """Whether a trained network is about as good as the reference; without targets, whether its loss fell by half."""
    if not evidence.trained:
        return False
    if experiments is not None:
        return not experiments.falls_short
    losses = evidence.history.loss
    return len(losses) > 1 and losses[-1] < 0.5 * losses[0]
