"""Preprocessing in C with floating-point numbers: raw columns to prepared ones, outputs to the target's units.

A category goes in as a number: its place in a list that the file's comment shows. A gap is NaN.
"""

from __future__ import annotations

import math

from ..model.model import Model
from ..model.preprocessing import Column, Preprocessing
from ..training.answers import is_classifier
from .c_network import item
from .c_text import Real, inline

SCALED = """static T NAME_scaled(T v, T fill, T mean, T scale)
{
    return ((v != v ? fill : v) - mean) / scale;
}"""
LOGGED = """static T NAME_logged(T v, T fill, T unit, T mean, T scale)
{
    T size;
    v = v != v ? fill : v;
    size = log1p$(fabs$(v) / unit);
    return ((v < 0 ? -size : size) - mean) / scale;
}"""
ONE_HOT = """static void NAME_one_hot(T v, T fill, T *u, int n)
{
    int i;
    v = v != v ? fill : v;
    for (i = 0; i < n; i++)
        u[i] = v == (T)i;
}"""


def n_raw(model: Model) -> int:
    """How many numbers `NAME_run` takes."""
    return model.n_in if model.preprocessing is None else len(model.preprocessing.columns)


def preparing_functions(preprocessing: Preprocessing, name: str, real: Real) -> list[str]:
    """The functions that the columns need."""
    kinds = {_kind(column) for column in preprocessing.columns}
    patterns = (("scaled", SCALED), ("logged", LOGGED), ("one_hot", ONE_HOT))
    return [real.code(pattern.replace("NAME", name)) for kind, pattern in patterns if kind in kinds]


def preparing_code(preprocessing: Preprocessing, name: str, real: Real, place: str) -> list[str]:
    """Statements that fill `place` from x."""
    lines = []
    for k, (column, (_, part)) in enumerate(zip(preprocessing.columns, preprocessing.groups, strict=True)):
        lines.append(inline(column.name))
        target = item(place, str(part.start))
        if column.kind == "category":
            fill = real.number(filling(column))
            lines.append(f"{name}_one_hot(x[{k}], {fill}, &{target}, {column.width});")
            continue
        values = [column.unit] * (column.transform == "log1p") + [column.mean, column.scale]
        fill = f"x[{k}]" if column.fill is None else real.number(column.fill)
        numbers = ", ".join([fill, *map(real.number, values)])
        lines.append(f"{target} = {name}_{_kind(column)}(x[{k}], {numbers});")
        if column.missing_indicator:
            lines.append(f"{item(place, str(part.start + 1))} = x[{k}] != x[{k}];")
    return lines


def filling(column: Column) -> int:
    """The place of the category that stands for a gap; -1, which is none, where there is no such category."""
    return column.categories.index(str(column.fill)) if column.fill in column.categories else -1


def _kind(column: Column) -> str:
    if column.kind == "category":
        return "one_hot"
    return "logged" if column.transform == "log1p" else "scaled"


def restoring(model: Model) -> tuple[list[float], list[float]] | None:
    """Mean and scale of each output, where outputs are not in the target's units already."""
    if model.preprocessing is None or is_classifier(model):
        return None
    target = model.preprocessing.target
    mean, scale = list(target.mean), list(target.scale)
    plain = all(m == 0 for m in mean) and all(s == 1 for s in scale)
    return None if plain else (mean, scale)


def restoring_code(model: Model, real: Real) -> list[str]:
    """Statements that bring y into the target's units."""
    found = restoring(model)
    pairs = zip(*found, strict=True) if found is not None else ()
    lines = [f"y[{k}] = y[{k}] * {real.number(s)} + {real.number(m)};" for k, (m, s) in enumerate(pairs)]
    return [inline("the target's units"), *lines] if lines else []


def inputs_said(model: Model, gap: str) -> list[str]:
    """What each number of x is, one text for each; `gap` is how a missing value is written."""
    if model.preprocessing is None:
        names = model.columns or ()
        return [f"x[{k}]  {column}" for k, column in enumerate(names)]
    return [f"x[{k}]  {column.name}: {_said(column, gap)}" for k, column in enumerate(model.preprocessing.columns)]


def _said(column: Column, gap: str) -> str:
    missing = "" if column.fill is None else f"; {gap} for a gap"
    if column.kind == "category":
        places = ", ".join(f"{k} {category}" for k, category in enumerate(column.categories))
        return f"{places}; any other number for another one{missing}"
    if column.kind == "boolean":
        return f"0 or 1{missing}"
    low, high = column.low, column.high
    known = low is not None and high is not None and math.isfinite(low) and math.isfinite(high)
    return (f"a number, {low:g} to {high:g} in training" if known else "a number") + missing
