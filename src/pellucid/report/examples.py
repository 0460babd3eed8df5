"""Three predictions worth looking at, each called what it is: for classes the surest that is right, the surest that is
wrong, and the least sure; for numbers the nearest, one in the middle and the furthest off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..insight.render import number
from .evaluation import Evaluation, percent

SURE = 0.9  # a probability from here on is called sure
UNSURE = 0.2  # the two likeliest classes are less than this apart where an answer is called unsure


@dataclass(frozen=True)
class Example:
    """One test row: its place in the test part (from 0), why it was chosen, and what was answered and true."""

    place: int
    title: str
    said: str


def choose_examples(evaluation: Evaluation) -> list[Example]:
    """Three rows, all different; fewer only where the test has no more."""
    if evaluation.n == 0:
        return []
    return _of_classes(evaluation) if evaluation.task == "classification" else _of_numbers(evaluation)


def _of_classes(evaluation: Evaluation) -> list[Example]:
    """The surest that is right, the surest that is wrong, the least sure; others where there is none of a kind."""
    assert evaluation.probability is not None
    ranked = np.sort(evaluation.probability, axis=1)
    sure, margin = ranked[:, -1], ranked[:, -1] - ranked[:, -2]
    right = evaluation.truth == evaluation.predicted
    found: dict[int, str] = {}
    if right.any():
        place = int(np.where(right, sure, -1.0).argmax())
        found[place] = "Right, and sure" if sure[place] >= SURE else "Right: the surest that is"
    if not right.all():
        place = int(np.where(right, -1.0, sure).argmax())
        found[place] = "Wrong, and sure" if sure[place] >= SURE else "Wrong: the surest that is"
    doubtful = np.argsort(margin, kind="stable").tolist()
    least = next((i for i in doubtful if i not in found), None)
    if least is not None:
        doubt = "The least sure" if least == doubtful[0] else "The least sure of the others"
        doubt = "Unsure" if margin[least] < UNSURE else doubt
        found[least] = f"{doubt} (none was wrong)" if right.all() else doubt
    between = [i for i in np.argsort(sure, kind="stable").tolist() if i not in found]
    if between and len(found) < 3:
        found[between[len(between) // 2]] = "In between: half of the others are surer"
    return [_labelled(evaluation, place, title) for place, title in found.items()]


def _labelled(evaluation: Evaluation, place: int, title: str) -> Example:
    assert evaluation.probability is not None
    answer, truth = evaluation.predicted[place], evaluation.truth[place]
    share = percent(float(evaluation.probability[place].max()))
    verdict = "and so it is" if answer == truth else f"but it is {truth}"
    return Example(place, title, f"The network says {answer} with {share}, {verdict}.")


def _of_numbers(evaluation: Evaluation) -> list[Example]:
    off = np.abs(evaluation.predicted - evaluation.truth)
    order = np.argsort(off, kind="stable").tolist()
    found = {order[0]: "The nearest"}
    if len(order) > 2:
        found[order[len(order) // 2]] = "In the middle: half of the rows are nearer"
    if len(order) > 1:
        found[order[-1]] = "The furthest off"
    return [_valued(evaluation, place, title) for place, title in found.items()]


def _valued(evaluation: Evaluation, place: int, title: str) -> Example:
    answer, truth = float(evaluation.predicted[place]), float(evaluation.truth[place])
    difference = number(answer - truth, 4)
    return Example(
        place, title, f"The network says {number(answer)}, it is {number(truth)}: a difference of {difference}."
    )
