"""How good a network is on rows that it never saw, beside the simplest answer there is.

For classes the score is the accuracy and the baseline always says the class that is most frequent in training; for
numbers it is R² = 1 - Σ(y - ŷ)² / Σ(y - mean of y)², and the baseline always says the mean of the training rows. On
other rows that is a little below 0: their own mean would have 0, but nobody knows it beforehand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.cells import text_of
from ..insight.render import number
from ..insight.render.numbers import size

HUGE = 1e300  # from here on a sum of a few numbers may overflow
MOST_DIGITS = 17  # of which a double has no more

if TYPE_CHECKING:
    from ..data.table import Table
    from ..network import Network


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The test of one network.

    `truth` and `predicted` are labels as text or numbers, (n,). For a classifier `probability` is (n, n_classes) in the
    order of `classes`; for a regression both are empty and `errors` has the mean absolute and the root mean squared
    error, each beside the baseline's. `baseline_answer` is the class or the number that the baseline always says.
    """

    task: str
    metric: str
    score: float
    baseline: float
    baseline_answer: str
    truth: np.ndarray
    predicted: np.ndarray
    classes: tuple[str, ...] = ()
    probability: np.ndarray | None = None
    errors: tuple[tuple[str, float, float], ...] = ()

    @property
    def n(self) -> int:
        """How many rows were tested."""
        return len(self.truth)

    @property
    def right(self) -> int:
        """How many labels were right."""
        return int((self.truth == self.predicted).sum())

    @property
    def score_text(self) -> str:
        """The score as people read it: "94.5 %", or "R² = 0.87"."""
        return shown(self.metric, self.score)

    @property
    def baseline_text(self) -> str:
        """The baseline's score, likewise."""
        return shown(self.metric, self.baseline)

    @property
    def baseline_says(self) -> str:
        """What the baseline does, in words."""
        if self.task == "classification":
            return f"always the most frequent class, {self.baseline_answer}"
        return f"always the mean of the training rows, {self.baseline_answer}"

    def to_dict(self) -> dict[str, Any]:
        """Score, metric and baseline, and how they came about, for JSON."""
        facts: dict[str, Any] = {"score": self.score, "metric": self.metric, "baseline": self.baseline, "rows": self.n}
        facts["baseline_answer"] = self.baseline_answer
        if self.task == "classification":
            return {**facts, "right": self.right}
        return {**facts, **{name: {"score": ours, "baseline": theirs} for name, ours, theirs in self.errors}}


def shown(metric: str, score: float) -> str:
    """A score with its unit; what is not perfect is never rounded up to it.

    >>> shown("accuracy", 0.945), shown("accuracy", 0.9996), shown("r2", 0.99961)
    ('94.5 %', '99.96 %', 'R² = 0.9996')
    """
    return share_text(score) if metric == "accuracy" else f"R² = {_short_of(score, '1', 3, number)}"


def share_text(share: float) -> str:
    """A share as a percentage with one decimal, with more of them only where it would seem to be all.

    >>> share_text(1.0), share_text(2 / 3), share_text(0.99999)
    ('100.0 %', '66.7 %', '99.999 %')
    """
    return _short_of(share, "100.0", 1, lambda value, digits: f"{100 * value:.{digits}f}") + " %"


def explained(score: float) -> str:
    """R² as the percentage of the spread that is explained.

    >>> explained(0.87654), explained(0.99999), explained(-0.2)
    ('87.7 %', '99.999 %', '0 %')
    """
    return _short_of(max(score, 0.0), "100", 3, lambda value, digits: number(100 * value, digits)) + " %"


def _short_of(value: float, whole: str, digits: int, write: Callable[[float, int], str]) -> str:
    """`value` written with so many digits; with more, as long as what is below 1 would be written as the whole."""
    text = write(value, digits)
    while value < 1 and float(text) >= float(whole) and digits < MOST_DIGITS:
        digits += 1
        text = write(value, digits)
    return text


def percent(share: float) -> str:
    """A probability as people read it; one that is nearly 1 is not called 100 %.

    >>> percent(0.9999), percent(0.5123), percent(1.0)
    ('over 99.9 %', '51.2 %', '100 %')
    """
    return "over 99.9 %" if 0.9995 <= share < 1 else f"{100 * share:.3g} %"


def evaluate(net: Network, X: Table, y: Any, y_train: Any) -> Evaluation:
    """Test `net` on the rows of X with the truth y; the baseline is taken from y_train."""
    if net.classes is None:
        return _evaluate_numbers(net, X, np.asarray(y, dtype=float), np.asarray(y_train, dtype=float))
    classes = tuple(map(text_of, net.classes))
    probability = net.predict_proba(X)
    truth, predicted = labels(y), labels(net.classify(X))
    counts = Counter(labels(y_train).tolist())
    answer = max(sorted(counts), key=lambda label: counts[label])
    score, baseline = float((truth == predicted).mean()), float((truth == answer).mean())
    return Evaluation("classification", "accuracy", score, baseline, answer, truth, predicted, classes, probability)


def labels(y: Any) -> np.ndarray:
    """Labels as text: the words themselves, whole numbers without a point."""
    return np.array([text_of(value) for value in np.asarray(y).tolist()], dtype=object)


def r2(truth: np.ndarray, predicted: np.ndarray) -> float:
    """1 - Σ(y - ŷ)² / Σ(y - mean of y)²; without any spread in y, 1 for a perfect answer and else 0.

    Both sums are taken in units of the largest distance from the mean, so that no square overflows that need not.
    """
    with np.errstate(over="ignore"):  # an answer beyond all measure has minus infinity
        off = truth - middle(truth)
        unit = size(off)
        if unit == 0:
            return float((truth == predicted).all())
        return float(1.0 - (((truth - predicted) / unit) ** 2).sum() / ((off / unit) ** 2).sum())


def middle(values: np.ndarray) -> float:
    """The mean, without a sum that overflows."""
    unit = size(values)
    return float((values / unit).mean() * unit) if unit >= HUGE else float(values.mean())


def root_mean_square(errors: np.ndarray) -> float:
    """√(mean of e²), without squares that overflow or vanish.

    >>> root_mean_square(np.array([1e200, -7e200]))
    5e+200
    """
    unit = size(errors)
    return unit * float(np.sqrt(((errors / unit) ** 2).mean())) if unit > 0 else 0.0


def mean_absolute(errors: np.ndarray) -> float:
    """The mean of |e|."""
    return middle(np.abs(errors))


def _evaluate_numbers(net: Network, X: Table, truth: np.ndarray, y_train: np.ndarray) -> Evaluation:
    predicted = net.predict(X)[:, 0].astype(float)
    mean = middle(y_train)
    always = np.full_like(truth, mean)
    errors = tuple(
        (name, measure(predicted - truth), measure(always - truth))
        for name, measure in (("mean_absolute_error", mean_absolute), ("root_mean_squared_error", root_mean_square))
    )
    return Evaluation(
        "regression", "r2", r2(truth, predicted), r2(truth, always), number(mean, 4), truth, predicted, errors=errors
    )
