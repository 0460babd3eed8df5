"""The rules by which pellucid chooses: what a column becomes, which columns are left out, which task a target poses.

Every choice follows from a number named here, and every record or reason says what was chosen.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from ..errors import InputError
from ..model.preprocessing import Column
from .arrays import as_labels
from .cells import TRUTH
from .frames import show
from .targets import whole_numbers

MISSING_CATEGORY = "(missing)"
MOST_CATEGORIES = 50  # of one column; the less frequent ones become all zeros
IDENTIFIER_ROWS = 20  # with fewer rows, all different values say nothing
SEQUENCE_SPAN = 1.5  # a running number, of which a test part may have been taken away, fills 2/3 of its range
SKEWNESS = 2.0  # above it a column of positive numbers goes through a logarithm; the exponential distribution has 2
MOST_CLASSES = 20
MOST_CLASSES_WITH_GAPS = 10
ROWS_PER_CLASS = 2

_ID_NAME = re.compile(r"^(id|index|key|uuid|guid|row ?_?(id|number|nr|no)?|unnamed: 0|)$|[_ .-](id|uuid|guid)$", re.I)
_CAMEL_ID = re.compile(r"[a-z](Id|ID)$")


def column_rule(name: str, array: np.ndarray, kind: str) -> Column | str:
    """What a column becomes, or the reason for which it is left out."""
    present = ~np.isnan(array) if kind == "numeric" else np.array([value is not None for value in array.tolist()])
    if not present.any():
        return "it has no values"
    if kind == "numeric":
        return _numeric(name, array, present)
    return _boolean(name, array) if kind == "boolean" else _category(name, array)


def identifier(name: str, array: np.ndarray, kind: str) -> str:
    """Why a column looks like an identifier, which says nothing about a new row; "" if it does not.

    All values are different in at least 20 rows, and: they are words; or whole numbers that run on from 0 or 1 (filling
    at least two thirds of the range up to the largest); or whole numbers under a name like id, customer_id, index.
    """
    if len(array) < IDENTIFIER_ROWS or kind == "boolean":
        return ""
    if kind == "category":
        words = array.tolist()
        different = None not in words and len(set(words)) == len(words)
        return "its words are all different, like names or identifiers" if different else ""
    if np.isnan(array).any() or not whole_numbers(array):
        return ""
    named = _ID_NAME.search(name) or _CAMEL_ID.search(name)
    counted = array.min() >= 0 and array.max() < SEQUENCE_SPAN * len(array)
    if not (named or counted) or len(np.unique(array)) < len(array):
        return ""
    alike = "look like an identifier" if named else "look like a row number"
    return f"its {'name and its ' if named else ''}whole numbers, all different, {alike}"


def constant(array: np.ndarray) -> bool:
    """Whether every value is the same, with none missing."""
    first = array[0]
    return first is not None and bool((array == first).all())


def guess_task(y: Any) -> tuple[str, str]:
    """Return "classification" or "regression", and the reason in words.

    Words and booleans are classes, and so are rows of 0 and 1 with a single 1; other rows of booleans, or of 0 and 1,
    are labels, of which a row may have many. Numbers with a fraction are quantities. Whole numbers are classes if there
    are at most 10 different ones, or at most 20 that run from 0 or 1 without a gap, and on average at least 2 rows of
    each; quantities otherwise.

    >>> guess_task([0, 1, 1, 0])
    ('classification', 'y holds 2 different whole numbers')
    >>> guess_task([12.5, 14, 13.5])
    ('regression', 'y holds numbers with a fraction')
    >>> guess_task([[True, True], [False, True]])
    ('classification', 'y holds yes or no in 2 columns')

    Raises InputError for several columns of words.
    """
    values = as_labels(y)
    if values.ndim == 2 and values.shape[1] > 1:
        refuse_columns_of_words(values)
        if one_hot(values):
            return "classification", f"each row of y holds a single 1 in {values.shape[1]} columns"
        if yes_or_no(values):
            return "classification", f"y holds yes or no in {values.shape[1]} columns"
        return "regression", f"y has {values.shape[1]} columns"
    values = values.ravel()
    if values.dtype == object:
        return "classification", "y holds words"
    if values.dtype.kind == "b":
        return "classification", "y holds booleans"
    if not whole_numbers(values):
        return "regression", "y holds numbers with a fraction"
    found = np.unique(values)
    in_a_row = found[0] in (0, 1) and found[-1] - found[0] == len(found) - 1
    few = len(found) <= (MOST_CLASSES if in_a_row else MOST_CLASSES_WITH_GAPS)
    if few and len(values) >= ROWS_PER_CLASS * len(found):
        return "classification", f"y holds {len(found)} different whole numbers"
    return "regression", f"y holds {len(found)} different whole numbers in {len(values)} rows"


def one_hot(values: np.ndarray) -> bool:
    """Whether each row of these columns holds a single 1 (or True) among zeros."""
    return yes_or_no(values) and bool((values.sum(axis=1) == 1).all())


def yes_or_no(values: np.ndarray) -> bool:
    """Whether these are booleans, or numbers that are all 0 or 1."""
    return values.dtype != object and bool(((values == 0) | (values == 1)).all())


def refuse_columns_of_words(values: np.ndarray, name: str = "y") -> None:
    """Refuse a target of several columns of words: each would be a task of its own."""
    if values.dtype == object:
        given = f"{name} has {values.shape[1]} columns of words, like {show(values[0, 0])}"
        expected = "one column of words, or several of booleans or numbers"
        raise InputError(given, expected, f"a network for each column of {name}")


def centre_and_scale(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation (over n); a scale of 1 where all are equal. Right for huge and for close numbers."""
    first, largest = float(values[0]), float(np.abs(values).max())
    unit = largest if largest > 1e100 or 0 < largest < 1e-100 else 1.0
    distances = values / unit - first / unit
    spread = float(distances.std()) * unit
    if spread == 0:
        return first, 1.0
    return (first / unit + float(distances.mean())) * unit, spread


def skewness(values: np.ndarray) -> float:
    """The third standardised moment, mean(((v - mean) / std)^3); 0 where all are equal."""
    mean, scale = centre_and_scale(values)
    return float((((values - mean) / scale) ** 3).mean())


def transformed(values: np.ndarray, transform: str, unit: float) -> np.ndarray:
    """The values after a column's transform: "none", or sign(v) ln(1 + |v| / unit) for "log1p"."""
    if transform == "none":
        return values
    return np.sign(values) * np.log1p(np.abs(values) / unit)


def _numeric(name: str, array: np.ndarray, present: np.ndarray) -> Column | str:
    values = array[present]
    gaps = int((~present).sum())
    if not gaps and values.min() == values.max():
        return f"it is {values[0]:g} in every row"
    fill = float(np.median(values))
    transform, unit = _transform(values)
    mean, scale = centre_and_scale(transformed(np.where(present, array, fill), transform, unit))
    low, high = float(values.min()), float(values.max())
    return Column(name, "numeric", transform, unit, mean, scale, fill, gaps > 0, (), low, high, gaps)


def _transform(values: np.ndarray) -> tuple[str, float]:
    """log1p for numbers of at least 0 that are skewed to the right, where it lessens the skewness by a tenth or more.

    Its unit, a tenth of the median of the values above 0, makes the choice the same in any units: ratios count
    from there on, differences below.
    """
    before = skewness(values) if values.min() >= 0 else 0.0
    if before <= SKEWNESS:
        return "none", 1.0
    unit = float(np.median(values[values > 0])) / 10
    after = abs(skewness(transformed(values, "log1p", unit))) if unit > 0 and values.max() / unit < np.inf else np.inf
    return ("log1p", unit) if after < 0.9 * before else ("none", 1.0)


def _boolean(name: str, array: np.ndarray) -> Column | str:
    texts = [value for value in array.tolist() if value is not None]
    truth = np.array([TRUTH[text.lower()] for text in texts])
    gaps = len(array) - len(texts)
    if truth.min() == truth.max() and not gaps:
        return f"it is {show(texts[0])} in every row"
    fill = float(truth.mean() > 0.5)
    mean, scale = centre_and_scale(np.append(truth, np.full(gaps, fill)))
    spelling = tuple(next((t for t in texts if TRUTH[t.lower()] == bit), ("no", "yes")[bit]) for bit in (0, 1))
    low, high = float(truth.min()), float(truth.max())
    return Column(name, "boolean", "none", 1.0, mean, scale, fill, gaps > 0, spelling, low, high, gaps)


def _category(name: str, array: np.ndarray) -> Column | str:
    counts = Counter(value for value in array.tolist() if value is not None)
    n, gaps = counts.total(), len(array) - counts.total()
    if len(counts) == 1 and not gaps:
        return f"it is {show(next(iter(counts)))} in every row"
    if len(counts) > MOST_CATEGORIES and len(counts) > n / 2:
        return f"it has {len(counts)} different words in {n} rows, too many to learn from"
    frequent = sorted(counts, key=lambda word: (-counts[word], word))
    categories = tuple(sorted(frequent[:MOST_CATEGORIES]))
    fill = frequent[0]
    if gaps:
        fill = MISSING_CATEGORY
        while fill in counts:
            fill = f"({fill})"
        categories += (fill,)
    rare = n - sum(counts[word] for word in frequent[:MOST_CATEGORIES])
    return Column(name, "category", fill=fill, categories=categories, missing=gaps, rare=rare)
