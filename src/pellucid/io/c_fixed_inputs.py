"""What goes into a fixed-point network and what comes out: bounds, gaps, preprocessing, the target's units.

An input is a whole number of 2^-x_point; a boolean (0 or 1) and a category (its place in a list) are plain whole
numbers. What lies outside the bounds is taken as the nearest bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..model.model import Model
from ..model.preprocessing import Column
from .c_fixed_plan import LARGEST, Affine, Spread, TooLargeError, affine, point_for
from .c_preparing import filling, n_raw, restoring
from .c_text import inline

Bounds = tuple[float, float]
USUAL = (-1.0, 1.0)

CLAMPED = """static int32_t NAME_clamped(int32_t v, int32_t low, int32_t high)
{
    return v < low ? low : v > high ? high : v;
}"""
SCALED = """static int32_t NAME_scaled(int32_t v, int32_t fill, int32_t low, int32_t high,
                           int32_t factor, int64_t offset, int shift)
{
    v = NAME_clamped(v == INT32_MIN ? fill : v, low, high);
    return (int32_t)NAME_round((int64_t)v * factor + offset, shift);
}"""
ONE_HOT = """static void NAME_one_hot(int32_t v, int32_t fill, int32_t *u, int n)
{
    int i;
    for (i = 0; i < n; i++)
        u[i] = (v == INT32_MIN ? fill : v) == i ? ONE : 0;
}"""


@dataclass(frozen=True, eq=False)
class Input:
    """One number of x: whole from `low` to `high`; the values it becomes, as C statements and as a function."""

    low: int
    high: int
    whole: bool
    spread: Spread
    statements: tuple[str, ...]
    prepare: Any  # whole numbers (n,) -> whole numbers (n, width)
    true: Any  # real numbers (n,) -> real numbers (n, width)


def bounds_of(model: Model, bounds: Any) -> list[Bounds]:
    """Lowest and highest real value of each input: as given, else the extremes in training, else -1 and 1."""
    n, given = n_raw(model), bounds
    if given is None:
        columns = model.preprocessing.columns if model.preprocessing is not None else ()
        found = [_usual(column) for column in columns] or [USUAL] * n
    elif _is_pair(given):
        found = [(float(given[0]), float(given[1]))] * n
    elif isinstance(given, (list, tuple)) and len(given) == n and all(map(_is_pair, given)):
        found = [(float(low), float(high)) for low, high in given]
    else:
        raise InputError(
            f"bounds={given!r}", f"the lowest and the highest input, or such a pair for each of {n}", "bounds=(-1, 1)"
        )
    return found


def _usual(column: Column) -> Bounds:
    if column.kind == "category":
        return 0.0, float(max(len(column.categories) - 1, 1))
    if column.low is None or column.high is None:
        raise InputError(
            f"nothing says between which values column {column.name!r} lies", "bounds for each input", "bounds=(-1, 1)"
        )
    return column.low, column.high if column.high > column.low else column.low + 1.0


def _is_pair(value: Any) -> bool:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return False
    numbers = all(isinstance(v, (int, float, np.number)) and math.isfinite(v) for v in value)
    return numbers and value[0] < value[1]


def x_point_of(model: Model, bounds: Sequence[Bounds], point: int) -> int:
    """Where the binary point of x stands: the network's own point, or as fine as the columns' bounds allow."""
    if model.preprocessing is None:
        return point
    pairs = zip(model.preprocessing.columns, bounds, strict=True)
    return point_for(*(value for column, pair in pairs if column.kind == "numeric" for value in pair))


def plain_inputs(bounds: Sequence[Bounds], point: int) -> Spread:
    """Inputs that the first layer sees as they are; each is rounded by the caller."""
    pairs = np.array(bounds) * 2.0**point
    low, high = np.rint(pairs[:, 0]).astype(np.int64), np.rint(pairs[:, 1]).astype(np.int64)
    return Spread(low, high, np.full(len(low), 2.0 ** -(point + 1)))


def inputs_of(model: Model, name: str, bounds: Sequence[Bounds], point: int, x_point: int, place: str) -> list[Input]:
    """Every column, prepared; raises TooLargeError where something does not fit at this point."""
    assert model.preprocessing is not None
    groups = zip(model.preprocessing.columns, model.preprocessing.groups, bounds, strict=True)
    found = []
    for k, (column, (_, part), pair) in enumerate(groups):
        make = {"numeric": _numeric, "boolean": _boolean, "category": _category}[column.kind]
        found.append(make(column, f"x[{k}]", part.start, pair, (name, place, point, x_point)))
    return found


def _numeric(column: Column, x: str, at: int, bounds: Bounds, where: tuple[str, str, int, int]) -> Input:
    name, place, point, x_point = where
    if column.transform != "none":
        raise InputError(
            f"column {column.name!r} goes through a logarithm, which fixed point does not have",
            "columns that are standardised only", 'number="float"',
        )  # fmt: skip
    raw = plain_inputs([bounds], x_point)
    low, high = int(raw.low[0]), int(raw.high[0])
    factor, offset = np.array([[1 / column.scale]]), np.array([-column.mean / column.scale])
    sums = affine(factor, offset, raw, x_point, point)
    fill = 0 if column.fill is None else int(np.clip(round(float(column.fill) * 2**x_point), low, high))
    numbers = f"{x}, {fill}, {low}, {high}, {sums.W[0, 0]}, {sums.b[0]}, {sums.shift}"
    lines = [inline(column.name), f"{place}[{at}] = {name}_scaled({numbers});"]

    def prepare(v: np.ndarray) -> np.ndarray:
        return sums.run(v[:, None])[:, 0]

    def true(v: np.ndarray) -> np.ndarray:
        return (v - column.mean) / column.scale

    made = Input(low, high, False, sums.z, tuple(lines), prepare, true)
    return _with_gaps(made, column, x, f"{place}[{at + 1}]", point)


def _boolean(column: Column, x: str, at: int, bounds: Bounds, where: tuple[str, str, int, int]) -> Input:
    _, place, point, _ = where
    values = [(v - column.mean) / column.scale for v in (0.0, 1.0)]
    no, yes = (round(v * 2**point) for v in values)
    if max(abs(no), abs(yes)) > LARGEST:
        raise TooLargeError
    fill = yes if column.fill else no
    gap = f"{x} == INT32_MIN ? {fill} : " if column.fill is not None else ""
    lines = [inline(column.name), f"{place}[{at}] = {gap}{x} ? {yes} : {no};"]
    spread = Spread(np.array([min(no, yes)]), np.array([max(no, yes)]), np.array([2.0 ** -(point + 1)]))

    def prepare(v: np.ndarray) -> np.ndarray:
        return np.where(v != 0, yes, no)

    def true(v: np.ndarray) -> np.ndarray:
        return np.where(v != 0, values[1], values[0])

    made = Input(0, 1, True, spread, tuple(lines), prepare, true)
    return _with_gaps(made, column, x, f"{place}[{at + 1}]", point)


def _with_gaps(made: Input, column: Column, x: str, place: str, point: int) -> Input:
    """The column alone, or with the one that says whether there was a gap (in the samples there is none)."""
    prepare, true, one = made.prepare, made.true, 1 << point
    if not column.missing_indicator:
        return Input(made.low, made.high, made.whole, made.spread, made.statements,
                     lambda v: prepare(v)[:, None], lambda v: true(v)[:, None])  # fmt: skip
    line = f"{place} = {x} == INT32_MIN ? {one} : 0;"
    gap = Spread(np.array([0]), np.array([one]), np.zeros(1))
    return Input(
        made.low, made.high, made.whole, Spread.joined([made.spread, gap]), (*made.statements, line),
        lambda v: np.stack([prepare(v), np.zeros_like(v)], axis=1),
        lambda v: np.stack([true(v), np.zeros(len(v))], axis=1),
    )  # fmt: skip


def _category(column: Column, x: str, at: int, bounds: Bounds, where: tuple[str, str, int, int]) -> Input:
    name, place, point, _ = where
    n, one = len(column.categories), 1 << point
    lines = [inline(column.name), f"{name}_one_hot({x}, {filling(column)}, {place} + {at}, {n});"]
    spread = Spread(np.zeros(n, np.int64), np.full(n, one), np.zeros(n))
    rows = np.eye(n + 1, n, dtype=np.int64)  # the last one is that of any other category
    return Input(
        0, n, True, spread, tuple(lines),
        lambda v: rows[v.astype(np.int64)] * one, lambda v: rows[v.astype(np.int64)].astype(np.float64),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Output:
    """How the last layer's values become y, whole numbers of 2^-point: as they are, or each in the target's units."""

    point: int
    off: np.ndarray
    columns: tuple[Affine, ...] = ()

    def run(self, a: np.ndarray) -> np.ndarray:
        """Rows of the last layer's whole numbers as rows of y."""
        parts = [sums.run(a[:, k : k + 1]) for k, sums in enumerate(self.columns)]
        return np.concatenate(parts, axis=1) if parts else a

    def statements(self, name: str) -> list[str]:
        """The same in C."""
        lines = [
            f"y[{k}] = (int32_t){name}_round((int64_t)y[{k}] * {sums.W[0, 0]} + {sums.b[0]}, {sums.shift});"
            for k, sums in enumerate(self.columns)
        ]
        return [inline("the target's units"), *lines] if lines else []


def output_of(model: Model, last: Spread, point: int) -> Output:
    """What brings the last layer's values into the target's units; raises TooLargeError."""
    found = restoring(model)
    if found is None:
        return Output(point, last.off)
    mean, scale = np.array(found[0]), np.array(found[1])
    most = (last.most * 2.0**-point * np.abs(scale) + np.abs(mean)).max()
    y_point = point_for(float(most) * (1 + 2**-20))
    columns = []
    for k in range(model.n_out):
        part = Spread(last.low[k : k + 1], last.high[k : k + 1], last.off[k : k + 1])
        columns.append(affine(scale[k : k + 1, None], mean[k : k + 1], part, point, y_point))
    return Output(y_point, np.concatenate([sums.z.off for sums in columns]), tuple(columns))
