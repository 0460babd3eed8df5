"""Metrics: how good predictions are, in units that people read.

Each takes matrices (n, k), one row per sample, one column per output, and the samples' weights (n,), which must not
all be zero. Several columns are averaged as scikit-learn's "uniform_average" does.

>>> import numpy as np
>>> from pellucid.maths.metrics import metrics
>>> float(metrics.accuracy.run(np, np.array([[0.9], [0.2], [0.6]]), np.array([[1.0], [0.0], [0.0]])))
0.6666666666666666
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .record import Parameter, Record, Table


@dataclass(frozen=True, kw_only=True, repr=False)
class Metric(Record):
    """One metric: `forward(xp, prediction, target, weight, **options)` gives a scalar.

    `larger_is_better` says which way to read it; `classification` for which tasks it is meant.
    """

    forward: Callable[..., Any]
    larger_is_better: bool
    classification: bool = False

    def run(self, xp: Any, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The metric, computed in float64; `weight=None` counts every sample once."""
        prediction, target = xp.asarray(prediction, dtype=xp.float64), xp.asarray(target, dtype=xp.float64)
        weight = xp.ones(len(target)) if weight is None else xp.asarray(weight, dtype=xp.float64)
        return self.forward(xp, prediction, target, weight, **self.options)


def accuracy(xp: Any, prediction: Any, target: Any, weight: Any, threshold: float, many_labels: bool) -> Any:
    """The share of samples put into the right class, or of labels that are right.

    One column: the class is whether the value is above `threshold`: 0.5 for probabilities and targets 0 and 1, 0 for
    scores and targets -1 and +1 (hinge), so `accuracy(threshold=0.0)` there.

    Several columns are one class each: the sample's class is the column with the largest value (the first of equals),
    in prediction and target alike. With `many_labels` they are questions of their own, each answered yes above
    `threshold`; what counts is the share of right answers, over all samples and columns. (scikit-learn's
    accuracy_score counts a row of many labels as right only if all of it is.) Targets cannot tell the two apart, as
    rows of many labels may all happen to hold a single 1: whoever calls says it.

    >>> import numpy as np
    >>> said, truth = np.array([[0.9, 0.8, 0.1], [0.2, 0.1, 0.3]]), np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> metrics.accuracy(many_labels=True).run(np, said, truth).round(3).tolist()
    0.833
    """
    if many_labels or target.shape[1] == 1:
        right = (prediction > threshold) == (target > threshold)
    else:
        right = (xp.argmax(prediction, axis=1) == xp.argmax(target, axis=1))[:, None]
    return xp.mean(_mean(xp, right.astype(xp.float64), weight))


def r2(xp: Any, prediction: Any, target: Any, weight: Any) -> Any:
    """The coefficient of determination, 1 - residual / total sum of squares, averaged over columns.

    1 is perfect, 0 is as good as always saying the mean. Where the target of a column is one constant (among samples
    of positive weight), the total is 0 and the value is defined as 1 for a perfect prediction, else 0.
    """
    residual = _mean(xp, (target - prediction) ** 2, weight)
    total = _mean(xp, (target - _mean(xp, target, weight)) ** 2, weight)
    # The mean of equal numbers is not always that number: constancy is asked of the numbers themselves.
    counted = weight[:, None] > 0.0
    lowest = xp.min(xp.where(counted, target, xp.inf), axis=0)
    highest = xp.max(xp.where(counted, target, -xp.inf), axis=0)
    constant = (lowest == highest) | (total == 0.0)
    explained = 1.0 - residual / xp.where(constant, 1.0, total)
    return xp.mean(xp.where(constant, xp.where(residual == 0.0, 1.0, 0.0), explained))


def mean_absolute_error(xp: Any, prediction: Any, target: Any, weight: Any) -> Any:
    """The mean distance between prediction and target, in the target's units."""
    return xp.mean(_mean(xp, xp.abs(target - prediction), weight))


def root_mean_squared_error(xp: Any, prediction: Any, target: Any, weight: Any) -> Any:
    """The root of the mean squared distance, in the target's units; columns are averaged after the root."""
    return xp.mean(xp.sqrt(_mean(xp, (target - prediction) ** 2, weight)))


def _mean(xp: Any, values: Any, weight: Any) -> Any:
    """Weighted mean over the rows of (n, k): (k,)."""
    return xp.sum(values * weight[:, None], axis=0) / xp.sum(weight)


metrics: Table[Metric] = Table(
    "metric",
    [
        Metric(
            name="accuracy",
            formula=r"\sum_i s_i [\hat c_i = c_i] / \sum_i s_i",
            forward=accuracy,
            larger_is_better=True,
            classification=True,
            parameters=(
                Parameter(name="threshold", default=0.5, meaning="one column, many labels: values above it say yes"),
                Parameter(name="many_labels", default=False, meaning="each column is a question of its own"),
            ),
        ),
        Metric(
            name="r2",
            formula=r"1 - \sum_i s_i (y_i - a_i)^2 / \sum_i s_i (y_i - \bar y)^2",
            forward=r2,
            larger_is_better=True,
        ),
        Metric(
            name="mean_absolute_error",
            formula=r"\sum_i s_i |y_i - a_i| / \sum_i s_i",
            forward=mean_absolute_error,
            larger_is_better=False,
        ),
        Metric(
            name="root_mean_squared_error",
            formula=r"\sqrt{\sum_i s_i (y_i - a_i)^2 / \sum_i s_i}",
            forward=root_mean_squared_error,
            larger_is_better=False,
        ),
    ],
)
