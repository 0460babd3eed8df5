"""Curves in whole numbers: a table of values and slopes with a cubic between two neighbours (Hermite's).

A curve is a function g of u >= 0 that sinks to 0. Its table holds, for u = 0, h, 2h ..., the value and h times the
slope, as whole numbers of 2^-point. With f = u/h - k, the part of the way from place k to the next, d = v1 - v0 and
slopes m0, m1:

    g(u) = v0 + f (m0 + f (3d - 2 m0 - m1 + f (m0 + m1 - 2d)))

The error is h^4/384 times the fourth derivative: h is halved until the largest one measured is below `FINE`. Python
computes here exactly what the C does, whole number by whole number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]

FINE = 2.0**-20  # what a table may be off by, if the point allows it
MOST = 512  # places of the finest table

TABLE = """static int64_t NAME_round(int64_t v, int n)
{
    int64_t half = n > 0 ? (int64_t)1 << (n - 1) : 0;
    return v < 0 ? -((half - v) >> n) : (v + half) >> n;
}"""

CURVE = """static int64_t NAME_curve(int64_t u, const int32_t *t, int n, int shift)
{
    int64_t k = u >> shift, f = u - k * ((int64_t)1 << shift), d, square, cube;
    if (k >= n)
        return 0;
    t += 2 * k;
    d = (int64_t)t[2] - t[0];
    square = 3 * d - 2 * (int64_t)t[1] - t[3];
    cube = (int64_t)t[1] + t[3] - 2 * d;
    f = NAME_round((t[1] + NAME_round((square + NAME_round(cube * f, shift)) * f, shift)) * f, shift);
    return t[0] + f;
}"""


def rounded(v: np.ndarray, n: int) -> np.ndarray:
    """v / 2^n to the nearest whole number, halves away from 0: what the C function NAME_round does.

    >>> rounded(np.array([5, -5, 6]), 1).tolist()
    [3, -3, 3]
    """
    half = 1 << (n - 1) if n > 0 else 0
    return np.where(v < 0, -((half - v) >> n), (v + half) >> n)


def divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b to the nearest whole number, halves away from 0; b > 0."""
    return np.where(a < 0, -((b // 2 - a) // b), (a + b // 2) // b)


@dataclass(frozen=True, eq=False)
class CurveTable:
    """Values and slopes in turn, one place more than there are steps; u has `shift` binary digits between two places.

    What lies behind the last place is 0.
    """

    numbers: np.ndarray
    shift: int

    @property
    def steps(self) -> int:
        """How many cubics there are."""
        return len(self.numbers) // 2 - 1

    def at(self, u: np.ndarray) -> np.ndarray:
        """The curve at whole numbers u >= 0: what the C function NAME_curve does."""
        k = u >> self.shift
        f = u - (k << self.shift)
        place = 2 * np.minimum(k, self.steps - 1)
        v0, m0, v1, m1 = (self.numbers[place + i] for i in range(4))
        d = v1 - v0
        square, cube = 3 * d - 2 * m0 - m1, m0 + m1 - 2 * d
        inner = rounded((square + rounded(cube * f, self.shift)) * f, self.shift)
        return np.where(k >= self.steps, 0, v0 + rounded((m0 + inner) * f, self.shift))


def curve_table(curve: Curve, slope: Curve, point: int, unit: int, end: float | None = None) -> CurveTable:
    """The coarsest table that is fine enough; u is in 2^-unit, the values in 2^-point.

    It goes to `end`, or to where the curve is too small to be seen.
    """
    end = end or _end(curve, max(FINE, 2.0 ** -(point + 1)))
    for halvings in range(min(unit, 9) + 1):
        table = _table(curve, slope, point, unit, halvings, end)
        u = np.unique(np.linspace(0, end * 2.0**unit, 8 * MOST).astype(np.int64))
        off = np.abs(table.at(u) * 2.0**-point - curve(u * 2.0**-unit)).max()
        if off <= max(FINE, 2.0 ** (0.6 - point)) or 2 * table.steps > MOST:
            break
    return table


def _end(curve: Curve, small: float) -> float:
    """The first of the places 1, 2 ... from which on the curve is small."""
    places = np.arange(1.0, 64.0)
    return float(places[np.abs(curve(places)) <= small / 2][0])


def _table(curve: Curve, slope: Curve, point: int, unit: int, halvings: int, end: float) -> CurveTable:
    h = 2.0**-halvings
    u = np.arange(int(np.ceil(end / h)) + 1) * h
    pairs = np.stack([curve(u), h * slope(u)], axis=1)
    return CurveTable(np.rint(pairs * 2.0**point).astype(np.int64).ravel(), unit - halvings)
