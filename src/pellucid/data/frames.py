"""What a user may hand over besides arrays and lists: frames and series of any library that narwhals knows.

narwhals is imported only when something is neither an array nor a list; the frame's own library is never imported
here, as whoever holds a frame has imported it already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError

LONGEST = 40  # characters of a value that an error text shows


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame taken apart: names and 1-D arrays, one for each column; `typed[i]` says that column i is text by type."""

    names: tuple[str, ...]
    arrays: tuple[np.ndarray, ...]
    typed: tuple[bool, ...]


def unwrap(X: Any, what: str) -> np.ndarray | Frame:
    """A frame as `Frame`, a series or anything with `__array__` as an array.

    Raises InputError for text, a single number, a sparse matrix, a lazy frame and other things that are not data.
    """
    if isinstance(X, (str, bytes)):
        raise InputError(f"{what} is the text {show(X)}", "numbers: an array, a list or a frame")
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise InputError(f"{what} is a sparse matrix", "a dense one", f"{what}.toarray()")
    if isinstance(X, (bool, int, float, complex, np.generic)) or X is None:
        raise InputError(f"{what} is {show(X)}", "rows and columns of numbers")
    if hasattr(X, "collect") and hasattr(X, "collect_schema"):
        raise InputError(f"{what} is a lazy frame", "one that has been computed", f"{what}.collect()")
    if isinstance(X, Sequence):
        return np.asarray(list(X))
    frame = _frame(X, what)
    if frame is not None:
        return frame
    if not hasattr(X, "__array__") and not hasattr(X, "__array_interface__"):
        raise InputError(f"{what} is of type {type(X).__name__}", "an array, a list, or a pandas or polars frame")
    return np.asarray(X)


def _frame(X: Any, what: str) -> np.ndarray | Frame | None:
    import narwhals as nw

    try:
        frame = nw.from_native(X, eager_only=True, allow_series=True, pass_through=True)
    except nw.exceptions.DuplicateError:
        raise InputError(f"{what} has several columns of one name", "a name of its own for each column") from None
    except nw.exceptions.NarwhalsError as error:
        raise InputError(f"{what} is a frame that cannot be read: {error}") from None
    if isinstance(frame, nw.Series):
        return _array(frame)
    if not isinstance(frame, nw.DataFrame):
        return None
    series = _series_of(frame, what)
    names = tuple(str(s.name) for s in series)
    typed = tuple(s.dtype in (nw.String, nw.Categorical, nw.Enum) for s in series)
    return Frame(names, tuple(_array(s) for s in series), typed)


def _series_of(frame: Any, what: str) -> list[Any]:
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InputError(f"{what} has several columns named {show(twice[0])}", "a name of its own for each column")
    return list(frame.iter_columns())


def _array(series: Any) -> np.ndarray:
    """The values: numbers with NaN for null, or an object array with None (or the library's own mark) for null."""
    import narwhals as nw

    if series.dtype.is_decimal():
        series = series.cast(nw.Float64)
    if series.dtype.is_numeric():
        return np.asarray(series.to_numpy())
    if series.dtype == nw.Boolean and not series.is_null().any():
        return np.asarray(series.to_numpy(), dtype=bool)
    if series.dtype.is_temporal():
        return np.asarray(series.to_numpy())
    values = np.empty(len(series), dtype=object)
    values[:] = series.to_list()
    return values


def is_missing(value: Any) -> bool:
    """Whether one value stands for "not known": None, NaN, pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and value != value


def show(value: Any) -> str:
    """`value` as an error text shows it: text in quotation marks, the rest as its repr; cut short, and what cannot be
    printed escaped.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        mark = '"' if "'" in value and '"' not in value else "'"
        return f"{mark}{_printable(value[:LONGEST])}{mark}{_cut(value)}"
    text = ascii(value) if not isinstance(value, (int, float, complex)) else repr(value)
    return text if len(text) <= 2 * LONGEST else text[: 2 * LONGEST] + "..."


def bare(name: Any) -> str:
    """A name as a sentence shows it: like `show`, without the quotation marks."""
    return _printable(str(name)[:LONGEST]) + _cut(str(name))


def _printable(text: str) -> str:
    """The text as it is, but for characters that cannot be printed: they become \\n, \\x1b, \\u200b."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _cut(text: str) -> str:
    return f"... ({len(text)} characters)" if len(text) > LONGEST else ""
