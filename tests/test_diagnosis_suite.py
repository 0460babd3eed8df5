"""How often the diagnosis names the right cause, and how often it cries wolf.

The detectors' limits were chosen while looking at seed 1 (and a few others below 100) of the recipes; the seeds from
101 on were kept back, and their rate is measured apart. That is other data for known recipes: recipes that were new to
the detectors were named right in 71 of 78 and 50 of 63 cases before the limits were looked at once more. A warning
about a healthy network is a false alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from healthy_networks import HEALTHY
from pellucid.insight.diagnosis import DETECTORS
from planted_data import Recipe
from planted_faults import FAULTS as SET_UP
from planted_last_faults import FAULTS as LAST
from planted_training_faults import FAULTS as TRAINING

FAULTS = [*SET_UP, *TRAINING]
SEEN, KEPT_BACK = 1, 101
RIGHT, FALSE = 0.95, 0.05


class Outcome(NamedTuple):
    """One case: its name, the cause that was planted ("" for none) and the one that was named."""

    case: str
    planted: str
    named: str

    @property
    def right(self) -> bool:
        return self.planted == self.named


def outcomes(recipes: Sequence[Recipe], seed: int) -> list[Outcome]:
    found = []
    for recipe in recipes:
        net, X, y = recipe.make(seed)
        before = net.copy()
        cause = net.diagnose(X, y).cause
        found.append(Outcome(f"{recipe.name} (seed {seed})", recipe.cause, cause.kind if cause else ""))
        assert net == before, f"{recipe.name}: the diagnosis changed the network"
    return found


def tell(capsys: pytest.CaptureFixture[str], what: str, found: Sequence[Outcome]) -> float:
    """Print the share of right answers and each wrong one; return the share."""
    share = float(np.mean([outcome.right for outcome in found]))
    with capsys.disabled():
        print(f"\n{what}: {sum(o.right for o in found)} of {len(found)} right ({share:.1%})")
        for outcome in found:
            if not outcome.right:
                print(f"  {outcome.case}: planted {outcome.planted or 'nothing'}, named {outcome.named or 'nothing'}")
    return share


@pytest.mark.slow
def test_planted_faults_are_named(capsys):
    seen = outcomes(FAULTS, SEEN)
    kept_back = outcomes([*FAULTS[::2], *LAST], KEPT_BACK)
    assert len(seen) + len(kept_back) >= 100
    tell(capsys, "planted faults, seeds seen", seen)
    held_out = tell(capsys, "planted faults, seeds kept back", kept_back)
    assert held_out >= RIGHT
    assert np.mean([outcome.right for outcome in seen + kept_back]) >= RIGHT


@pytest.mark.slow
def test_healthy_networks_are_left_alone(capsys):
    seen = outcomes(HEALTHY, SEEN)
    kept_back = outcomes(HEALTHY[1::2], KEPT_BACK)
    assert len(seen) + len(kept_back) >= 60
    tell(capsys, "healthy networks, seeds seen", seen)
    held_out = tell(capsys, "healthy networks, seeds kept back", kept_back)
    assert held_out >= 1 - FALSE
    assert np.mean([outcome.right for outcome in seen + kept_back]) >= 1 - FALSE


def test_every_cause_is_planted_somewhere():
    """Those not planted are consequences, notes, and the answer for when nothing explains it."""
    planted = {recipe.cause for recipe in FAULTS}
    assert {detector.kind for detector in DETECTORS} - planted == {"plateau", "constant_output", "constant_columns"}
