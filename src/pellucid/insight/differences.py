"""Central differences: the derivative of a function from its values, and how far that is to be trusted.

    numeric = (f(w + h) - f(w - h)) / 2h,    h = eps^(1/3) max(|w|, 1),    eps^(1/3) = 6.06e-6

h is where the two errors meet: curvature's grows like h², rounding's like eps / h. Where a function bends more sharply
or more gently than that, another h is better, so several are tried (`LADDER`). Nothing is assumed about which: each
difference is doubted by

    doubt = rounding + twice the largest gap between it and the differences of the next smaller and the next larger h

(`rounding`: 32 eps times the sizes that went into the two values, divided by 2h), and the least doubtful one decides:

    error = |analytic - numeric| / max(|analytic|, |numeric|, (doubt + floor) / tolerance)

so that a disagreement counts only as far as the differences agree among themselves. A derivative that agrees with the
difference of any one h within the tolerance, without any such allowance, is right. Numbers below `FLOOR` come from
values so near the smallest that a float can hold that they have no digits left.

>>> f, w = np.sin, np.array([1.0])
>>> found = Comparison(np.cos(w), tolerance=1e-6)
>>> for h in STEP * np.array(LADDER):
...     found.add(h, (f(w + h) - f(w - h)) / (2 * h), ROUNDING * EPSILON * np.abs(f(w)) / h)
>>> bool(found.error[0] < 1e-9)
True
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

EPSILON = float(np.finfo(np.float64).eps)
STEP = EPSILON ** (1 / 3)
LADDER = (1.0, 0.1, 10.0, 0.01, 100.0, 0.001)
ROUNDING = 32.0  # how many roundings a difference of two values is forgiven
FLOOR = float(np.finfo(np.float64).tiny) / EPSILON  # 1e-292: what is smaller may be made of denormal numbers
SMALLEST = float(np.finfo(np.float64).tiny) ** 0.5  # 1e-154: losses cut the slope of a logarithm off below it
KINK_JUMP = 1e-3  # a slope that changes by more than this part within one step jumps


@dataclass
class Comparison:
    """Analytic derivatives beside the differences of several steps, at many places at once.

    `add` takes one step's differences; `numeric` and `error` then are those that decide at each place (an error of
    infinity where no difference could be used, or the analytic derivative is not finite).
    """

    analytic: np.ndarray
    tolerance: float
    tried: list[tuple[np.ndarray, ...]] = field(default_factory=list)

    def add(self, step: Any, numeric: np.ndarray, rounding: np.ndarray, usable: np.ndarray | bool = True) -> None:
        """Take the differences of one step, but for those that cannot be used (across a kink, not finite)."""
        shape = self.analytic.shape
        used = np.broadcast_to(usable, shape) & np.isfinite(numeric) & np.isfinite(rounding)
        self.tried.append((np.broadcast_to(step, shape), numeric, rounding, used))

    @property
    def agrees(self) -> bool:
        """Whether the last step's differences agree everywhere without any allowance: no other need be tried."""
        _, numeric, _, usable = self.tried[-1]
        return bool(np.all(usable & (relative_error(self.analytic, numeric, 0.0, self.tolerance) <= self.tolerance)))

    @property
    def numeric(self) -> np.ndarray:
        """The difference that decides at each place."""
        return self._judged[0]

    @property
    def error(self) -> np.ndarray:
        """The relative error at each place."""
        return self._judged[1]

    @cached_property
    def _judged(self) -> tuple[np.ndarray, np.ndarray]:
        steps, numeric, rounding, usable = (np.stack(arrays) for arrays in zip(*self.tried, strict=True))
        order = np.argsort(steps, axis=0, kind="stable")
        numeric, rounding, usable = (np.take_along_axis(array, order, axis=0) for array in (numeric, rounding, usable))
        doubt = np.where(usable, rounding + 2 * _spread(numeric, usable), np.inf)
        allowed = relative_error(self.analytic, numeric, doubt, self.tolerance)
        strict = np.where(usable, relative_error(self.analytic, numeric, 0.0, self.tolerance), np.inf)
        least = np.argmin(doubt, axis=0)[None]
        closest = np.argmin(strict, axis=0)[None]
        agrees = np.take_along_axis(strict, closest, axis=0) <= self.tolerance
        best = np.where(agrees, closest, least)
        error = np.where(agrees, strict.min(axis=0), np.take_along_axis(allowed, best, axis=0))[0]
        error = np.where(usable.any(axis=0) & np.isfinite(self.analytic), error, np.inf)
        return np.take_along_axis(numeric, best, axis=0)[0], error


def _spread(numeric: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """The largest gap between each step's difference and its neighbours', steps along the first axis in order."""
    with np.errstate(all="ignore"):
        gaps = np.where(usable[1:] & usable[:-1], np.abs(numeric[1:] - numeric[:-1]), 0.0)
    none = np.zeros((1, *numeric.shape[1:]))
    return np.maximum(np.concatenate([none, gaps]), np.concatenate([gaps, none]))


def relative_error(analytic: Any, numeric: Any, doubt: Any, tolerance: float) -> Any:
    """|analytic - numeric| / max(|analytic|, |numeric|, (doubt + floor) / tolerance).

    A disagreement of up to `doubt` is within the tolerance. Not finite values disagree infinitely.
    """
    with np.errstate(all="ignore"):
        gap = np.abs(analytic - numeric)
        size = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), (doubt + FLOOR) / tolerance)
        return np.where(np.isfinite(analytic) & np.isfinite(numeric), gap / size, np.inf)


def cut_off(outputs: np.ndarray) -> np.ndarray:
    """Where an output is so near 0, but not 0, that the slope of its logarithm is cut off to stay finite."""
    return (outputs != 0) & (np.abs(outputs) < SMALLEST)


def jumps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether a slope differs so much between two neighbouring points that there is a kink between them."""
    return np.abs(first - second) > KINK_JUMP * (1.0 + np.minimum(np.abs(first), np.abs(second)))
