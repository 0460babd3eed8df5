"""The text of a `.data` file: a line for each row's inputs and one for its outputs, a space after every number.

NumPy writes matrices whose numbers all have few decimals (in most files they do); else a row is written at once, by one
format for all its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import chain

import numpy as np

from .numbers import c_ints, fixed_text

UNITS = 1e6  # six decimals
LARGE = 2.0**25  # from here on ints wrap where FANN asks whether a value is one
LARGEST_INT = 2147  # which FANN takes for one: a million times more is beyond 32 bits
Column = tuple[np.ndarray, np.ndarray]  # a character for each number, and which numbers have it


def to_text(X: np.ndarray, Y: np.ndarray, compat: bool = False) -> str:
    """The whole text, each number with the fewest digits that are exact; with `compat`, FANN's at most six decimals.

    >>> to_text(np.array([[1.0, 1e-7]]), np.array([[0.1]]))
    '1 2 1\\n1 1e-07 \\n0.1 \\n'
    >>> to_text(np.array([[1.0, 1e-7]]), np.array([[0.1]]), compat=True)
    '1 2 1\\n1 0 \\n0.100000 \\n'
    """
    return rows_text(X, Y, _fann_lines if compat else _exact_lines)


def rows_text(X: np.ndarray, Y: np.ndarray, lines_of: Callable[[np.ndarray], list[str]]) -> str:
    """Header and rows; `lines_of` writes a matrix, one line a row."""
    lines = chain.from_iterable(zip(lines_of(X), lines_of(Y), strict=True))
    return "\n".join([f"{len(X)} {X.shape[1]} {Y.shape[1]}", *lines]) + "\n"


def int_lines(values: np.ndarray) -> list[str]:
    """A matrix of whole numbers.

    >>> int_lines(np.array([[1, -20], [3, 4]]))
    ['1 -20 ', '3 4 ']
    """
    form = "%d " * values.shape[1]
    return [form % tuple(row) for row in values.tolist()]


def _exact_lines(values: np.ndarray) -> list[str]:
    def others(values: np.ndarray) -> list[str]:
        form = "%r " * values.shape[1]
        return [(form % tuple(row)).replace(".0 ", " ") for row in values.tolist()]

    return _lines(values, True, others)


def _fann_lines(values: np.ndarray) -> list[str]:
    """An int where FANN takes the value for one (see `_same_as_int`), else six decimals."""

    def others(values: np.ndarray) -> list[str]:
        whole = _same_as_int(values)
        lines = [_format(places) % tuple(row) for places, row in zip(map(bytes, whole), values.tolist(), strict=True)]
        for i in np.flatnonzero((np.isnan(values) & np.signbit(values)).any(axis=1)).tolist():  # C writes -nan
            texts = (str(int(v)) if w else fixed_text(v) for v, w in zip(values[i].tolist(), whole[i], strict=True))
            lines[i] = "".join(f"{text} " for text in texts)
        return lines

    return _lines(values, False, others)


def _lines(values: np.ndarray, exact: bool, others: Callable[[np.ndarray], list[str]]) -> list[str]:
    """The rows of few decimals by NumPy, and `others`."""
    if not values.size:
        return [""] * len(values)
    few = _have_few_decimals(values)
    lines = np.empty(len(values), object)
    lines[few] = _decimal_lines(values[few], exact)
    lines[~few] = others(values[~few])
    return lines.tolist()


@lru_cache(1 << 12)  # rows of one file have few patterns
def _format(whole: bytes) -> str:
    return "".join("%d " if is_whole else "%f " for is_whole in whole)


def _same_as_int(values: np.ndarray) -> np.ndarray:
    """FANN's test, in 32-bit ints that wrap: floor(x + 0.5) * 1000000 == floor(x * 1000000 + 0.5)."""
    with np.errstate(over="ignore", invalid="ignore"):
        whole = c_ints(np.floor(values + 0.5)) * 1_000_000
        return (whole + 2**31) % 2**32 - 2**31 == c_ints(np.floor(values * 1e6 + 0.5))


def _have_few_decimals(values: np.ndarray) -> np.ndarray:
    """The rows (rows,) whose numbers all are k / 10^6 for a whole k; not those with any below 0.0001, or very large.

    No other decimal of so few digits is read as the same number.
    """
    size = np.abs(values)
    with np.errstate(over="ignore", invalid="ignore"):
        units = np.rint(size * UNITS)
        fits = (units / UNITS == size) & ((units == 0) | (units >= 100)) & (size < LARGE)
    return np.asarray(fits.all(axis=1))


def _decimal_lines(values: np.ndarray, exact: bool) -> list[str]:
    """Lines of numbers of few decimals.

    All characters that any number may need are computed, column by column, and those that a number has are kept.
    """
    if not len(values):
        return []
    size = np.abs(values)
    whole = size.astype(np.int32)
    rest = np.rint((size - whole) * UNITS).astype(np.int32)
    columns = _whole_columns(whole, np.signbit(values) & (exact | (size > 0)))
    pointed = (rest > 0) | ((whole > LARGEST_INT) & (not exact))
    if pointed.any():
        columns += _rest_columns(rest, pointed, exact)
    return _kept(columns, values.shape)


def _whole_columns(whole: np.ndarray, negative: np.ndarray) -> list[Column]:
    """The characters before the point."""
    always = np.ones(whole.shape, bool)
    columns: list[Column] = [(np.full(whole.shape, ord("-"), np.uint8), negative)] if negative.any() else []
    for place in range(len(str(whole.max())) - 1, 0, -1):
        columns.append((_digits(whole, 10**place), whole >= 10**place))
    return [*columns, (_digits(whole, 1), always)]


def _rest_columns(rest: np.ndarray, pointed: np.ndarray, exact: bool) -> list[Column]:
    """The point and the six digits after it, of those that are `pointed`; if `exact`, no zeros at the end."""
    columns = [(np.full(rest.shape, ord("."), np.uint8), pointed)]
    for place in range(5, -1, -1):
        columns.append((_digits(rest, 10**place), rest % 10 ** (place + 1) > 0 if exact else pointed))
    return columns


def _digits(numbers: np.ndarray, unit: int) -> np.ndarray:
    return (numbers // unit % 10 + ord("0")).astype(np.uint8)


def _kept(columns: list[Column], shape: tuple[int, ...]) -> list[str]:
    """The lines: of each number its characters that are kept, and a space."""
    rows, width, each = *shape, len(columns) + 1
    text = np.full((rows, width * each + 1), ord(" "), np.uint8)
    keep = np.ones(text.shape, bool)
    for place, (characters, kept) in enumerate(columns):
        text[:, place : width * each : each] = characters
        keep[:, place : width * each : each] = kept
    text[:, -1] = ord("\n")
    return text[keep].tobytes().decode("ascii").split("\n")[:-1]
