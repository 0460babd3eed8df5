"""Three predictions worth looking at: for classes one that is right and sure, one that is wrong, one that is unsure;
for numbers the nearest, one in the middle and the furthest off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..insight.render import number
from .evaluation import Evaluation, percent


@dataclass(frozen=True)
class Example:
    """One test row: its place in the test part (from 0), why it was chosen, and what was answered and true."""

    place: int
    title: str
    said: str


def choose_examples(evaluation: Evaluation) -> list[Example]:
    """At most three rows, all different."""
    if evaluation.n == 0:
        return []
    found = _of_classes(evaluation) if evaluation.task == "classification" else _of_numbers(evaluation)
    seen: dict[int, Example] = {}
    for example in found:
        seen.setdefault(example.place, example)
    return list(seen.values())


def _of_classes(evaluation: Evaluation) -> list[Example]:
    assert evaluation.probability is not None
    ranked = np.sort(evaluation.probability, axis=1)
    sure, margin = ranked[:, -1], ranked[:, -1] - ranked[:, -2]
    right = evaluation.truth == evaluation.predicted
    found = []
    if right.any():
        found.append(_labelled(evaluation, int(np.where(right, sure, -1.0).argmax()), "Right, and sure"))
    if not right.all():
        found.append(_labelled(evaluation, int(np.where(right, -1.0, sure).argmax()), "Wrong, and sure"))
    else:
        least = int(np.where(right, -sure, -2.0).argmax())
        found.append(_labelled(evaluation, least, "Right, but the least sure (none was wrong)"))
    found.append(_labelled(evaluation, int(margin.argmin()), "Unsure"))
    return found


def _labelled(evaluation: Evaluation, place: int, title: str) -> Example:
    assert evaluation.probability is not None
    answer, truth = evaluation.predicted[place], evaluation.truth[place]
    share = percent(float(evaluation.probability[place].max()))
    verdict = "and so it is" if answer == truth else f"but it is {truth}"
    return Example(place, title, f"The network says {answer} with {share}, {verdict}.")


def _of_numbers(evaluation: Evaluation) -> list[Example]:
    off = np.abs(evaluation.predicted - evaluation.truth)
    order = np.argsort(off, kind="stable")
    places = (int(order[0]), int(order[len(order) // 2]), int(order[-1]))
    titles = ("The nearest", "In the middle: half of the rows are nearer", "The furthest off")
    return [_valued(evaluation, place, title) for place, title in zip(places, titles, strict=True)]


def _valued(evaluation: Evaluation, place: int, title: str) -> Example:
    answer, truth = float(evaluation.predicted[place]), float(evaluation.truth[place])
    difference = number(answer - truth, 4)
    return Example(
        place, title, f"The network says {number(answer)}, it is {number(truth)}: a difference of {difference}."
    )
