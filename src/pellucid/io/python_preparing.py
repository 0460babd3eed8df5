"""The preprocessing as a table and one function that applies it to raw rows, for scripts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.cells import TRUTH, text_of
from ..data.rules import transformed
from ..model.preprocessing import Preprocessing
from .python_sources import Sources, literal


def prepare_rows(rows: Any, columns: list[dict[str, Any]]) -> np.ndarray:
    """Raw rows (numbers, words, None where there is a gap) as the numbers that the first layer sees."""
    prepared = []
    for row in rows:
        numbers = []
        for column in columns:
            value = row[column["place"]]
            if column["kind"] == "boolean" and value is not None:
                value = {"0": 0.0, "1": 1.0, **TRUTH}.get(text_of(value).lower())
            gap = value is None or value != value
            if column["kind"] == "category":
                word = column["fill"] if gap else text_of(value)
                numbers += [float(word == category) for category in column["categories"]]
                continue
            number = np.array(column["fill"] if gap else value, dtype=np.float64)
            number = transformed(number, column["transform"], column["unit"])
            numbers.append(float((number - column["mean"]) / column["scale"]))
            if column["missing_indicator"]:
                numbers.append(float(gap))
        prepared.append(numbers)
    return np.array(prepared)


def preparing_code(preprocessing: Preprocessing, sources: Sources) -> str:
    """`COLUMNS` and `prepare(rows)`."""
    lines = []
    for column in preprocessing.columns:
        values: dict[str, Any] = {"name": column.name, "place": preprocessing.names.index(column.name)}
        values |= {"kind": column.kind, "fill": column.fill}
        if column.kind == "category":
            values["categories"] = list(column.categories)
        else:
            names = ("transform", "unit", "mean", "scale", "missing_indicator")
            values |= {name: getattr(column, name) for name in names}
        inside = ", ".join(f"{name!r}: {literal(value)}" for name, value in values.items())
        lines.append(f"    {{{inside}}},\n")
    prepare = sources.add(prepare_rows, "the preprocessing")
    return (
        f"# A raw row holds, in this order: {len(preprocessing.names)} values; place counts them from 0.\n"
        "COLUMNS = [\n" + "".join(lines) + "]\n\n\n"
        "def prepare(rows):\n"
        '    """Raw rows as the first layer sees them; None stands for a gap."""\n'
        f"    return {prepare}(rows, COLUMNS)"
    )
