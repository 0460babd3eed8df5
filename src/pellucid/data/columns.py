"""A table: named columns of numbers, of yes and no, or of words, each with gaps allowed.

`as_columns` makes one of whatever the user has; `pellucid.data.table.read_table` makes one of a file. What the columns
then become is decided in `pellucid.data.prepare`.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np

from ..errors import InputError, UnknownNameError
from .cells import EXACT, LARGEST, alike, is_truth, numbers_of, text_of, told_apart, too_large
from .frames import Frame, bare, is_missing, show, unwrap

SHOWN = 20  # column names that an error text lists


@dataclass(frozen=True, eq=False)
class Table:
    """Columns side by side.

    `columns` are their names, `arrays` their values, (n,) each, `kinds` one of "numeric" (float64, NaN where missing),
    "boolean" and "category" (dtype object: str, None where missing; booleans in the spelling that they came in).
    `named` says whether the names are the user's own, `single` that the data was one row in 1-D. `findings` are
    sentences about how a file was read and what was noticed in it, `target` the column to learn, if it was named.
    `rows` are the rows' own numbers (n,), counted from 1 in the data that they came from: they stay with the rows that
    are taken.

    >>> table = as_columns({"age": [30, None, 25], "island": ["Dream", "Biscoe", None]})
    >>> table.kinds, table["age"].tolist(), table["island"].tolist()
    (('numeric', 'category'), [30.0, nan, 25.0], ['Dream', 'Biscoe', None])
    """

    columns: tuple[str, ...]
    arrays: tuple[np.ndarray, ...]
    kinds: tuple[str, ...]
    named: bool = True
    single: bool = False
    findings: tuple[str, ...] = ()
    target: str | None = None
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        if not len(self.rows):
            object.__setattr__(self, "rows", np.arange(1, len(self) + 1))

    def __len__(self) -> int:
        return len(self.arrays[0]) if self.arrays else 0

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[self._place(name)]

    def __repr__(self) -> str:
        return f"<table of {len(self)} rows and {len(self.columns)} columns: {_some(self.columns)}>"

    def kind(self, name: str) -> str:
        """Return "numeric", "boolean" or "category"."""
        return self.kinds[self._place(name)]

    def take(self, rows: Any) -> Table:
        """The table of these rows: their numbers, a slice, or a mask."""
        arrays = tuple(array[rows] for array in self.arrays)
        return replace(self, arrays=arrays, rows=self.rows[rows], single=False)

    def without(self, *names: str) -> Table:
        """The table without these columns."""
        leave = {self._place(name) for name in names}
        return self._select([i for i in range(len(self.columns)) if i not in leave])

    def select(self, names: Sequence[str]) -> Table:
        """The table of these columns, in this order."""
        return self._select([self._place(name) for name in names])

    def fingerprint(self) -> str:
        """SHA-256 over names, kinds and values, in hexadecimal: equal exactly when the data is the same."""
        digest = hashlib.sha256(f"{len(self)} {len(self.columns)} {list(self.kinds)}".encode())
        for name, array in zip(self.columns, self.arrays, strict=True):
            _feed(digest, name)
            if array.dtype != object:
                digest.update(np.ascontiguousarray(array).tobytes())
                continue
            for value in array.tolist():
                _feed(digest, value)
        return digest.hexdigest()

    def _place(self, name: str) -> int:
        if name not in self.columns:
            raise no_column(name, self.columns)
        return self.columns.index(name)

    def _select(self, places: Sequence[int]) -> Table:
        columns, arrays = tuple(self.columns[i] for i in places), tuple(self.arrays[i] for i in places)
        target = self.target if self.target in columns else None
        return replace(self, columns=columns, arrays=arrays, kinds=tuple(self.kinds[i] for i in places), target=target)


def column_names(X: Any) -> tuple[str, ...] | None:
    """The names of the columns of a table or frame; None for arrays, lists and whatever has none."""
    if isinstance(X, (np.ndarray, list, tuple)):
        return None
    if isinstance(X, Table):
        return X.columns if X.named else None
    found = unwrap(X, "X")
    return tuple(found.names) or None if isinstance(found, Frame) else None


def as_columns(X: Any, what: str = "X") -> Table:
    """`X` as a `Table`: an array, nested lists, a frame, a mapping of columns, or one row of any of them.

    Columns without names of their own are called column_1, column_2, ... A missing value is None, NaN, pandas' NA or an
    empty text. In an array or list that holds text, a column whose texts all read as numbers is numeric; in a frame
    text stays text. 1-D data is one row; a pandas series whose index is text is one row with these names.

    Raises InputError for ragged rows, infinity, dates, and for text and numbers in one column (row and column named).
    """
    if isinstance(X, Table):
        return X
    if isinstance(X, Mapping):
        return _from_mapping(X, what)
    if isinstance(X, (list, tuple)):
        return _from_array(_object_array(X, what), what)
    if isinstance(X, np.ndarray):
        return _from_array(_unmasked(X), what)
    found = unwrap(X, what)
    if isinstance(found, Frame):
        return _table(found.names, found.arrays, found.typed, what)
    index = getattr(X, "index", None)
    if index is not None and len(index) and all(isinstance(name, str) for name in index):
        return _from_mapping(dict(zip(index, found.tolist(), strict=True)), what)
    return _from_array(found, what)


def no_column(name: str, columns: Sequence[str]) -> UnknownNameError:
    """The error for a column that is not there, with the nearest name that is."""
    near = difflib.get_close_matches(str(name).lower(), sorted(columns), n=1, cutoff=0.5)
    given, instead = f"there is no column named {show(name)}", show(near[0]) if near else ""
    return UnknownNameError(given, "one of " + _some(columns), instead)


def _some(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > SHOWN else ""
    return ", ".join(bare(name) for name in names[:SHOWN]) + more


def _feed(digest: Any, value: str | None) -> None:
    text = b"" if value is None else value.encode("utf-8", "surrogatepass")
    digest.update(b"%d:" % (-1 if value is None else len(text)) + text)


def _from_mapping(X: Mapping[Any, Any], what: str) -> Table:
    if not X:
        raise InputError(f"{what} has no columns", "at least one")
    single = not any(map(_is_list, X.values()))
    arrays: list[np.ndarray] = []
    for name, values in X.items():
        array = _one_object(values) if single else _object_array(values, f"column {show(name)} of {what}")
        if array.ndim != 1 or (arrays and len(array) != len(arrays[0])):
            expected = f"{len(arrays[0])} as in the first column" if arrays else "one value for each row"
            raise InputError(f"column {show(name)} of {what} has {array.size} values", expected)
        arrays.append(array)
    table = _table([str(name) for name in X], arrays, [False] * len(X), what)
    return replace(table, single=single)


def _from_array(array: np.ndarray, what: str) -> Table:
    if array.ndim == 0 or array.ndim > 2:
        instead = f"{what}.reshape(len({what}), -1)" if array.ndim > 2 else ""
        raise InputError(f"{what} has {array.ndim} dimensions, shape {array.shape}", "rows and columns", instead)
    single = array.ndim == 1
    matrix = array.reshape(1, -1) if single else array
    names = [f"column_{i + 1}" for i in range(matrix.shape[1])]
    # One transposed copy: columns are read far faster where they lie side by side.
    columns = list(np.ascontiguousarray(matrix.T))
    table = _table(names, columns, [False] * len(names), what, parse=True)
    return replace(table, named=False, single=single)


def _table(
    names: Sequence[str], arrays: Sequence[np.ndarray], typed: Sequence[bool], what: str, parse: bool = False
) -> Table:
    if not names or len(arrays[0]) == 0:
        raise InputError(f"{what} has no {'rows' if names else 'columns'}", "at least one")
    found = [_column(array, name, text, what, parse) for name, array, text in zip(names, arrays, typed, strict=True)]
    return Table(tuple(names), tuple(array for array, _ in found), tuple(kind for _, kind in found))


def _column(array: np.ndarray, name: str, text: bool, what: str, parse: bool) -> tuple[np.ndarray, str]:
    """The values in the form that `Table` keeps them in, and their kind.

    Whole numbers that float64 cannot tell apart are words: identifiers, mostly.
    """
    large = array.dtype.kind in "iu" and max(int(array.max()), -int(array.min())) > EXACT
    if large and not told_apart(array.tolist()):
        return _objects([str(value) for value in array.tolist()]), "category"
    if array.dtype.kind in "fiu":
        return _finite(array, name, what), "numeric"
    if array.dtype.kind == "b":
        return _objects([str(value) for value in array.tolist()]), "boolean"
    if array.dtype.kind not in "OSU":
        _refuse_kind(array.dtype, name, what)
    items = [_item(value) for value in array.tolist()]
    kinds = {_kind(value) for value in items} - {"missing"}
    if text:
        return _objects([None if value is None else text_of(value) for value in items]), "category"
    if not kinds:
        return np.full(len(items), np.nan), "numeric"
    if len(kinds) > 1 or "other" in kinds:
        _refuse_mixture(items, name, what)
    return _of_one_kind(items, kinds.pop(), name, what, parse)


def _of_one_kind(items: list[Any], kind: str, name: str, what: str, parse: bool) -> tuple[np.ndarray, str]:
    if kind == "number":
        try:
            numbers = np.array([np.nan if value is None else float(value) for value in items])
        except OverflowError:
            raise InputError(f"column {show(name)} of {what} holds a number too large for float64") from None
        if not told_apart(int(value) for value in items if isinstance(value, (int, np.integer))):
            return _objects([None if value is None else text_of(value) for value in items]), "category"
        return _finite(numbers, name, what), "numeric"
    texts = [None if value is None else text_of(value) for value in items]
    if kind == "text" and parse:
        cells = [None if value is None else value.strip() for value in texts]
        found = numbers_of(cells)
        if found is not None and not alike(cells, found):
            return found, "numeric"
        _refuse_too_large(cells, name, what)
    return _objects(texts), "boolean" if kind == "boolean" or is_truth(texts) else "category"


def _item(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return None if is_missing(value) or (isinstance(value, str) and not value.strip()) else value


def _kind(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if isinstance(value, str):
        return "text"
    return "number" if hasattr(value, "__float__") and not isinstance(value, (complex, np.ndarray)) else "other"


def _finite(array: np.ndarray, name: str, what: str) -> np.ndarray:
    values = np.ascontiguousarray(array, dtype=np.float64)
    infinite = np.isinf(values)
    if infinite.any():
        row = int(np.argmax(infinite))
        expected = "finite numbers, or nan for a missing one (rows counted from 0)"
        raise InputError(f"{what} holds {show(values[row])} in row {row}, column {show(name)}", expected)
    return values


def _refuse_too_large(cells: list[str | None], name: str, what: str) -> None:
    """Refuse 1e999 among numbers: it must not make words of them."""
    row = next((row for row, cell in enumerate(cells) if cell is not None and too_large(cell)), None)
    if (
        row is not None
        and numbers_of([None if cell is None or too_large(cell) else cell for cell in cells]) is not None
    ):
        given = f"{what} holds {show(cells[row])} in row {row}, column {show(name)}"
        raise InputError(given, f"{LARGEST} (rows counted from 0)")


def _refuse_kind(dtype: np.dtype[Any], name: str, what: str) -> NoReturn:
    if dtype.kind == "c":
        raise InputError(f"column {show(name)} of {what} holds complex numbers", "real numbers")
    kind = {"M": "dates", "m": "spans of time"}.get(dtype.kind, f"values of type {dtype}")
    instead = "its year, month or number of days as a column of numbers"
    raise InputError(f"column {show(name)} of {what} holds {kind}", "numbers, booleans or words", instead)


def _refuse_mixture(items: list[Any], name: str, what: str) -> NoReturn:
    first = next(value for value in items if value is not None)
    for row, value in enumerate(items):
        kind = _kind(value)
        if kind == "other":
            given = f"{what} holds {show(value)} ({type(value).__name__}) in row {row}, column {show(name)}"
            raise InputError(given, "numbers, booleans or words (rows counted from 0)")
        if kind not in ("missing", _kind(first)):
            break
    expected = f"one kind in a column, like the {_kind(first)} {show(first)} before it (rows counted from 0)"
    raise InputError(f"{what} holds the {kind} {show(value)} in row {row}, column {show(name)}", expected)


def _objects(values: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _is_list(value: Any) -> bool:
    if isinstance(value, (str, bytes)):
        return False
    return isinstance(value, Sequence) or (hasattr(value, "__array__") and np.ndim(value) > 0)


def _one_object(value: Any) -> np.ndarray:
    return np.array([value]) if isinstance(value, (bool, int, float, np.generic)) else _objects([value])


def _unmasked(X: np.ndarray) -> np.ndarray:
    if not np.ma.is_masked(X):
        return np.asarray(X)
    values = np.asarray(X).astype(object)
    values[np.ma.getmaskarray(X)] = None
    return values


def _object_array(values: Any, what: str) -> np.ndarray:
    """Nested lists as an array, of dtype object where they hold anything but numbers."""
    if not isinstance(values, (list, tuple)):
        found = unwrap(values, what) if not isinstance(values, np.ndarray) else values
        return np.asarray(found) if not isinstance(found, Frame) else np.empty((0, 0, 0))
    try:
        array = np.asarray(values)
        # Among fractions, whole numbers have become float64, which may not tell large ones apart.
        rounded = array.dtype.kind == "f" and bool((np.abs(array) > EXACT).any())
        return array if array.dtype.kind in "fiub" and not rounded else np.array(values, dtype=object)
    except OverflowError:
        return np.array(values, dtype=object)
    except ValueError:
        refuse_ragged(values, what)


def refuse_ragged(X: Sequence[Any], what: str) -> NoReturn:
    """Say which row has another length than the first one."""
    lengths = [len(row) if hasattr(row, "__len__") and not isinstance(row, str) else None for row in X]
    for number, length in enumerate(lengths):
        if length != lengths[0]:
            found = "is not a row" if length is None else f"has {length} value{'s' * (length != 1)}"
            expected = "a single value" if lengths[0] is None else f"{lengths[0]}"
            raise InputError(f"row {number} of {what} {found}", f"{expected}, as in row 0 (rows counted from 0)")
    raise InputError(f"the rows of {what} hold lists of different lengths", "rows of numbers")
