"""How good a network is on rows that it never saw, beside the simplest answer there is.

For classes the score is the accuracy and the baseline always says the class that is most frequent in training; for
numbers it is R² = 1 - Σ(y - ŷ)² / Σ(y - mean of y)², and the baseline, the mean, has 0 by definition.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.cells import text_of
from ..insight.render import number

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
    """A score with its unit."""
    return f"{100 * score:.1f} %" if metric == "accuracy" else f"R² = {number(score, 3)}"


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
    """1 - Σ(y - ŷ)² / Σ(y - mean of y)²; without any spread in y, 1 for a perfect answer and else 0."""
    spread = float(((truth - truth.mean()) ** 2).sum())
    missed = float(((truth - predicted) ** 2).sum())
    return 1.0 - missed / spread if spread > 0 else float(missed == 0)


def _evaluate_numbers(net: Network, X: Table, truth: np.ndarray, y_train: np.ndarray) -> Evaluation:
    predicted = net.predict(X)[:, 0].astype(float)
    mean = float(y_train.mean())
    errors = tuple(
        (name, measure(predicted - truth), measure(mean - truth))
        for name, measure in (
            ("mean_absolute_error", lambda e: float(np.abs(e).mean())),
            ("root_mean_squared_error", lambda e: float(np.sqrt((e**2).mean()))),
        )
    )
    return Evaluation("regression", "r2", r2(truth, predicted), 0.0, number(mean, 4), truth, predicted, errors=errors)
