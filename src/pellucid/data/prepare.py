"""Original columns to the numbers that the first layer sees, and the network's numbers back to the target's units.

`fit_preprocessing` looks at training data and writes down, in a frozen record, what each column becomes; `prepare`
applies that record to any data, without ever looking at more than one row at a time to decide anything.

>>> record = fit_preprocessing({"age": [30, 20, 25], "island": ["Dream", "Biscoe", "Dream"]}, [1.0, 2.0, 4.0])
>>> matrix, notes = prepare(record, {"island": ["Mars"], "age": [25]})
>>> matrix.tolist(), notes
([[0.0, 0.0, 0.0]], ["island: 1 value is none of its categories ('Mars')."])
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import InputError
from ..model.preprocessing import Column, Preprocessing, TargetInfo
from .arrays import as_columns, as_labels, same_length
from .cells import TRUTH, numbers_of, text_of
from .columns import Table
from .frames import bare, show
from .rules import (
    centre_and_scale,
    column_rule,
    guess_task,
    identifier,
    one_hot,
    refuse_columns_of_words,
    transformed,
    yes_or_no,
)
from .targets import SUM_TOLERANCE, sorted_labels, whole_numbers

__all__ = ["describe", "fit_preprocessing", "guess_task", "prepare", "prepare_target", "restore_target"]

SHOWN = 5  # values or names that a sentence lists


def fit_preprocessing(
    X: Any, y: Any, task: str | None = None, target: str = "y", keep: Iterable[str] = ()
) -> Preprocessing:
    """How the columns of `X` and the target become numbers, chosen from this training data.

    Numbers are standardised, after a logarithm where they are at least 0 and skewed by more than 2; gaps get the median
    and a column that says so. Words become one 0/1 column each (the 50 most frequent). Columns that are constant or
    empty are dropped, and so are those that look like an identifier, but for an only column and those in `keep`.
    A regression target is standardised, many labels stay 0 and 1; `task` is guessed from y by `guess_task` if it is
    None.

    Raises InputError if X and y differ in length, no column is left, or y does not suit the task.
    """
    table = as_columns(X)
    values = as_labels(y)
    same_length(len(table), len(values), single=table.single)
    kept = set(keep)
    columns: list[Column] = []
    dropped: list[tuple[str, str]] = []
    for name, array, kind in zip(table.columns, table.arrays, table.kinds, strict=True):
        asked = name not in kept and len(table.columns) > 1 and (table.named or kind == "category")
        rule = (identifier(name, array, kind) if asked else "") or column_rule(name, array, kind)
        if isinstance(rule, Column):
            columns.append(rule)
        else:
            dropped.append((name, rule))
    if not columns:
        reasons = "; ".join(f"{bare(name)}: {reason}" for name, reason in dropped[:SHOWN])
        raise InputError(f"no column of X can be learnt from ({reasons})", "at least one that differs between rows")
    info = _fit_target(values, task or guess_task(values)[0], target)
    return Preprocessing(table.columns, tuple(columns), tuple(dropped), info, table.named)


def prepare(preprocessing: Preprocessing, X: Any) -> tuple[np.ndarray, list[str]]:
    """The matrix (n, width) of float64 that the first layer sees, and sentences on what had to be decided.

    Columns of a frame, table or mapping go by name, in any order; those of an array or list by position. The notes name
    missing values and what they became, unknown categories (all zeros), and columns that are not used.

    Raises InputError for a missing column, a wrong number of columns, and for words in a column of numbers.
    """
    table = as_columns(X)
    places, notes = _places(preprocessing, table)
    matrix = np.empty((len(table), preprocessing.width))
    numeric = []
    for column, place, (_, part) in zip(preprocessing.columns, places, preprocessing.groups, strict=True):
        array, kind = table.arrays[place], table.kinds[place]
        if column.kind == "category":
            matrix[:, part] = _one_hot(column, array, kind, notes)
        else:
            values = _numbers(column, array, kind) if column.kind == "numeric" else _bits(column, array, kind, notes)
            numeric.append((column, part.start, values))
    if numeric:
        _standardise(matrix, numeric, notes)
    return matrix, notes


def prepare_target(preprocessing: Preprocessing, y: Any) -> Any:
    """y in the network's units: (y - mean) / scale for numbers; labels are returned as they are."""
    info = preprocessing.target
    if info.classes is not None:
        return y
    values = as_labels(y)
    if values.dtype == object:
        return y
    matrix = values.reshape(len(values), -1).astype(np.float64)
    if matrix.shape[1] != len(info.mean):
        raise InputError(f"y has {matrix.shape[1]} columns", f"{len(info.mean)}, as in training")
    return (matrix - np.array(info.mean)) / np.array(info.scale)


def restore_target(preprocessing: Preprocessing, outputs: np.ndarray) -> np.ndarray:
    """The network's outputs (n, n_out) in the target's units: output * scale + mean; labels' outputs as they are."""
    info = preprocessing.target
    if info.classes is not None:
        return outputs
    return np.asarray(outputs, dtype=np.float64) * np.array(info.scale) + np.array(info.mean)


def describe(preprocessing: Preprocessing) -> list[str]:
    """What the record does, in sentences."""
    columns = preprocessing.columns
    numbers = [c for c in columns if c.kind == "numeric"]
    logs = [c.name for c in numbers if c.transform == "log1p"]
    words = [c for c in columns if c.kind == "category"]
    said = []
    if numbers:
        said.append(f"{_count(len(numbers), 'column')} of numbers, standardised.")
    if logs:
        said.append(f"{_count(len(logs), 'skewed column')} through ln(1 + v / unit) first: {_some(logs)}.")
    said += [
        f"{bare(c.name)}: {bare(c.categories[0])} and {bare(c.categories[1])} as 0 and 1."
        for c in columns
        if c.kind == "boolean"
    ]
    said += [f"{bare(c.name)}: one 0/1 column for each of {_count(len(c.categories), 'category')}." for c in words]
    said += [f"{bare(c.name)}: {_count(c.missing, 'missing value')} {_became(c)}." for c in columns if c.missing]
    said += [f"{bare(c.name)}: {_count(c.rare, 'row')} of rarer categories as none of them." for c in words if c.rare]
    said += [f"{bare(name)} is left out: {reason}." for name, reason in preprocessing.dropped]
    target = preprocessing.target
    if target.classes is None and (any(target.mean) or set(target.scale) != {1.0}):
        said.append(f"{bare(target.name)} is standardised for training; answers are in its own units.")
    return said


def _fit_target(values: np.ndarray, task: str, name: str) -> TargetInfo:
    if task not in ("classification", "regression"):
        raise InputError(f"task={task!r}", '"classification" or "regression"')
    if values.ndim == 2 and values.shape[1] > 1:
        refuse_columns_of_words(values, bare(name))
    if task == "classification":
        return _fit_classes(values, name)
    if values.dtype == object:
        given = f"{bare(name)} holds words, like {show(values.ravel()[0])}, and the task is regression"
        raise InputError(given, "numbers", 'task="classification"')
    columns = values.reshape(len(values), -1).astype(np.float64).T
    pairs = [centre_and_scale(column) for column in columns]
    low, high = (tuple(float(f(column)) for column in columns) for f in (np.min, np.max))
    return TargetInfo(name, tuple(mean for mean, _ in pairs), tuple(scale for _, scale in pairs), None, low, high)


def _fit_classes(values: np.ndarray, name: str) -> TargetInfo:
    """The labels; for rows, a class for each column if they sum to 1, and else many labels: 0 and 1 as they are."""
    if values.ndim == 1 or values.shape[1] == 1:
        return TargetInfo(name, classes=_labels(values.ravel(), name))
    k = values.shape[1]
    if yes_or_no(values) and not one_hot(values):
        low, high = (tuple(f(values, axis=0).astype(float).tolist()) for f in (np.min, np.max))
        return TargetInfo(name, (0.0,) * k, (1.0,) * k, None, low, high)
    if (values < 0).any() or (np.abs(values.sum(axis=1) - 1) > SUM_TOLERANCE).any():
        given = f"{bare(name)} has {k} columns of numbers, and the task is classification"
        raise InputError(given, "rows of 0 and 1, rows that sum to 1, or one column of labels", 'task="regression"')
    return TargetInfo(name, classes=tuple(range(k)))


def _labels(values: np.ndarray, name: str) -> tuple[Any, ...]:
    """The different labels; more than two numbers, of which some have a fraction, are none."""
    found = sorted_labels(values)
    if values.dtype.kind == "f" and not whole_numbers(values) and len(found) > 2:
        row = int(np.argmax(values != np.floor(values)))
        given = f"{bare(name)} holds numbers with a fraction, like {show(values[row])}, and the task is classification"
        raise InputError(given, "words, whole numbers or booleans", 'task="regression"')
    return found


def _places(preprocessing: Preprocessing, table: Table) -> tuple[list[int], list[str]]:
    """Where each used column is in the table, and what is to be said about the others."""
    names, used = preprocessing.names, [column.name for column in preprocessing.columns]
    if not (preprocessing.named and table.named):
        if len(table.columns) != len(names):
            expected = f"{len(names)}, as in training: {_some(names)}"
            raise InputError(f"X has {_count(len(table.columns), 'column')}", expected)
        return [names.index(name) for name in used], []
    index = {name: place for place, name in enumerate(table.columns)}
    lacking = [name for name in used if name not in index]
    extra = [name for name in table.columns if name not in names]
    if lacking:
        given = f"X lacks {_count(len(lacking), 'column')} that the network was trained on: {_some(lacking)}"
        near = [(name, difflib.get_close_matches(name, extra, n=1)) for name in lacking]
        renamed = [f"{bare(found[0])} renamed to {bare(name)}" for name, found in near if found]
        raise InputError(given, "the columns " + _some(used), ", ".join(renamed[:SHOWN]))
    others = [name for name in extra if name != preprocessing.target.name]
    notes = (
        [f"{_count(len(others), 'column')} not used, as training did not have it: {_some(others)}."] if others else []
    )
    return [index[name] for name in used], notes


def _numbers(column: Column, array: np.ndarray, kind: str) -> np.ndarray:
    if kind == "numeric":
        return array
    texts = [None if value is None else value.strip() for value in array.tolist()]
    found = numbers_of(texts)
    if found is not None:
        return found
    for row, text in enumerate(texts):
        bit = TRUTH.get(text.lower()) if text is not None and kind == "boolean" else None
        if text is not None and bit is None and numbers_of([text]) is None:
            given = f"X holds the text {show(text)} in row {row}, column {show(column.name)}"
            raise InputError(given, "numbers, as in training (rows counted from 0)")
    return np.array([np.nan if text is None else TRUTH.get(text.lower(), 0.0) for text in texts])


def _bits(column: Column, array: np.ndarray, kind: str, notes: list[str]) -> np.ndarray:
    """0 and 1 for a boolean column, NaN for what is neither."""
    if kind == "numeric":
        wrong = ~np.isnan(array) & (array != 0) & (array != 1)
        strange = [text_of(value) for value in array[wrong]]
        values = np.where(wrong, np.nan, array)
    else:
        lower = [None if text is None else text.lower() for text in array.tolist()]
        strange = [text for text in lower if text is not None and text not in TRUTH]
        values = np.array([np.nan if text is None else TRUTH.get(text, np.nan) for text in lower])
    if strange:
        what = f"{_values(len(strange))} neither {column.categories[0]} nor {column.categories[1]}"
        notes.append(f"{bare(column.name)}: {what} ({_quoted(strange)}), taken as missing.")
    return values


def _one_hot(column: Column, array: np.ndarray, kind: str, notes: list[str]) -> np.ndarray:
    words: list[Any] = array.tolist()
    if kind == "numeric":
        words = [None if value != value else text_of(value) for value in words]
    gaps = sum(word is None for word in words)
    if gaps:
        notes.append(f"{bare(column.name)}: {_count(gaps, 'missing value')} {_became(column)}.")
    index: dict[Any, int] = {category: place for place, category in enumerate(column.categories)}
    places = np.array([index.get(column.fill if word is None else word, -1) for word in words], dtype=np.int64)
    unknown = [words[row] for row in np.flatnonzero(places < 0)]
    if unknown:
        notes.append(f"{bare(column.name)}: {_values(len(unknown))} none of its categories ({_quoted(unknown)}).")
    return (places[:, None] == np.arange(len(index))).astype(np.float64)


def _standardise(matrix: np.ndarray, numeric: list[tuple[Column, int, np.ndarray]], notes: list[str]) -> None:
    """Fill, transform and scale all columns of numbers at once; write them, and the indicators, into `matrix`."""
    columns = [column for column, _, _ in numeric]
    places = np.array([place for _, place, _ in numeric])
    values = np.stack([array for _, _, array in numeric], axis=1)
    missing = np.isnan(values)
    if missing.any():
        values = np.where(missing, np.array([column.fill for column in columns], dtype=np.float64), values)
        for column, count in zip(columns, missing.sum(axis=0).tolist(), strict=True):
            if count:
                notes.append(f"{bare(column.name)}: {_count(count, 'missing value')} {_became(column)}.")
    for i, column in enumerate(columns):
        if column.transform != "none":
            values[:, i] = transformed(values[:, i], column.transform, column.unit)
        if column.missing_indicator:
            matrix[:, places[i] + 1] = missing[:, i]
    mean, scale = np.array([c.mean for c in columns]), np.array([c.scale for c in columns])
    with np.errstate(over="ignore"):
        prepared = (values - mean) / scale
    if not np.isfinite(prepared).all():
        row, i = (int(place) for place in np.argwhere(~np.isfinite(prepared))[0])
        given = f"X holds {show(numeric[i][2][row])} in row {row}, column {show(columns[i].name)}"
        raise InputError(given, f"numbers like those of training, {columns[i].low:g} to {columns[i].high:g}")
    matrix[:, places] = prepared


def _became(column: Column) -> str:
    if column.kind == "category":
        own = column.missing > 0
        return "as a category of its own" if own else f"taken as {bare(column.fill)}, the most frequent in training"
    if column.kind == "boolean":
        return f"taken as {column.categories[int(float(column.fill or 0))]}, the more frequent in training"
    indicator = ", and a column says where" if column.missing_indicator else ""
    return f"filled with {column.fill:g}, the median in training{indicator}"


def _count(n: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{n} {noun if n == 1 else plural}"


def _values(n: int) -> str:
    return "1 value is" if n == 1 else f"{n} values are"


def _quoted(values: Iterable[str]) -> str:
    found = list(dict.fromkeys(values))
    more = f", ... ({len(found)} in all)" if len(found) > SHOWN else ""
    return ", ".join(show(value) for value in found[:SHOWN]) + more


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    more = f", ... ({len(shown)} in all)" if len(shown) > SHOWN else ""
    return ", ".join(bare(name) for name in shown[:SHOWN]) + more
