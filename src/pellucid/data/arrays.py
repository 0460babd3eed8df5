"""From what a user passes as X, y or weights to checked arrays of numbers.

Nothing here fills, scales or guesses: a value that is not a finite number is refused, with its row and column
(counted from 0, as NumPy counts). Tables with gaps and words go through `as_columns` and `pellucid.data.prepare`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..errors import InputError
from .columns import Table, as_columns, refuse_ragged
from .frames import Frame, is_missing, show, unwrap

if TYPE_CHECKING:
    from ..maths.losses import Loss

__all__ = [
    "Table",
    "as_columns",
    "as_labels",
    "as_matrix",
    "as_vector",
    "as_weights",
    "class_weights",
    "multiplied_weights",
    "same_length",
]

FILL_FIRST = "fill or leave out missing values first, or use pellucid.fit(X, y), which fills them"
NUMBERS = (bool, int, float, np.number, np.bool_, Decimal, Fraction)


def as_matrix(
    X: Any, n_in: int | None = None, dtype: Any = None, what: str = "X", hint: str = ""
) -> tuple[np.ndarray, bool]:
    """`X` as a C-contiguous float matrix (n, n_in), and whether it was 1-D (a single row).

    float32 stays float32 and everything else becomes float64, unless `dtype` says otherwise. The result may share
    its memory with X. `hint` replaces the reason that the error for a wrong number of columns gives.

    Raises InputError for a wrong number of columns or dimensions, no rows, ragged rows (the row is named), and for NaN,
    infinity, text, complex numbers and other objects (row and column are named).

    >>> as_matrix([1, 2], n_in=2)
    (array([[1., 2.]]), True)
    """
    raw, names = _raw(X, what)
    single = raw.ndim == 1
    _check_shape(raw, n_in, what, hint)
    if single:
        raw = raw.reshape(1, -1)
    if dtype is None:
        dtype = np.float32 if raw.dtype == np.float32 else np.float64
    with np.errstate(all="ignore"):
        matrix = np.ascontiguousarray(raw, dtype=dtype)
    if not np.isfinite(matrix).all():
        _refuse_not_finite(raw, matrix, what, names)
    return matrix, single


def as_vector(values: Any, what: str) -> np.ndarray:
    """`values` as a 1-D float64 array of finite numbers; a matrix of one column counts as 1-D."""
    if isinstance(values, NUMBERS):
        values = [values]
    raw, _ = _raw(values, what)
    if raw.ndim == 2 and raw.shape[1] == 1:
        raw = raw[:, 0]
    if raw.ndim != 1:
        raise InputError(f"{what} has {_dimensions(raw)}", "one number for each row")
    with np.errstate(all="ignore"):
        vector = np.ascontiguousarray(raw, dtype=np.float64)
    if not np.isfinite(vector).all():
        row = int(np.argmin(np.isfinite(vector)))
        raise InputError(f"{what} holds {show(vector[row])} in row {row}", "finite numbers (rows counted from 0)")
    return vector


def as_weights(weights: Any, n: int, what: str = "sample_weight") -> np.ndarray | None:
    """`weights` as (n,) float64: finite (their sum too), none below 0, not all 0. None stays None."""
    if weights is None:
        return None
    vector = as_vector(weights, what)
    same_length(n, len(vector), what=what)
    low = int(np.argmin(vector))
    if vector[low] < 0:
        raise InputError(f"{what} holds {show(vector[low])} in row {low}", "numbers that are at least 0")
    if not vector.any():
        raise InputError(f"{what} is 0 for every row", "at least one weight above 0")
    with np.errstate(over="ignore"):
        total = vector.sum()
    if not np.isfinite(total):
        given = f"the sum of {what} overflows; its largest number is {vector.max():g}"
        raise InputError(given, "weights whose sum is a finite number", f"{what} / np.max({what})")
    return vector


def multiplied_weights(weights: np.ndarray | None, by_class: np.ndarray | None) -> np.ndarray | None:
    """Each row's own weight times that of its class; either may be None."""
    if weights is None or by_class is None:
        return by_class if weights is None else weights
    with np.errstate(over="ignore", under="ignore"):
        product = weights * by_class
    what = "sample_weight times class_weight"
    if not np.isfinite(product).all():
        raise InputError(f"{what} overflows in row {int(np.argmin(np.isfinite(product)))}", "smaller weights")
    return as_weights(product, len(product), what)


def class_weights(
    spec: str | Mapping[Any, float] | None, labels: Any, loss: Loss, many: bool = False
) -> np.ndarray | None:
    """The weight of each sample (n,) from weights for classes. None stays None.

    "balanced" gives class c the weight n / (k n_c), for k classes and n_c samples of it, so that every class weighs the
    same in total. A mapping gives label -> weight; a class that it does not name weighs 1.

    Raises InputError for a `loss` that does not classify, and where a row may have `many` labels, so no one class.

    >>> from pellucid.maths.losses import losses
    >>> class_weights("balanced", ["a", "a", "a", "b"], losses.binary_cross_entropy).tolist()
    [0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 2.0]
    """
    if spec is None:
        return None
    if not loss.classification:
        given = f"class_weight for the loss {loss.name}, which tells no classes apart"
        raise InputError(
            given, "a loss for classes, like binary_cross_entropy", "sample_weight=[...], one for each row"
        )
    if many:
        given = "class_weight for rows that may have many labels, so no one class"
        raise InputError(given, "one label for each row", "sample_weight=[...], one for each row")
    values = as_labels(labels)
    if values.ndim == 2 and values.shape[1] > 1:
        values = values.argmax(axis=1)
    found = values.ravel().tolist()
    counts = Counter(found)
    if isinstance(spec, Mapping):
        by_class = dict.fromkeys(counts, 1.0) | _weights_of(spec, counts)
    elif spec == "balanced":
        by_class = {label: len(found) / (len(counts) * count) for label, count in counts.items()}
    else:
        raise InputError(f"class_weight={spec!r}", '"balanced" or {label: weight}', 'class_weight="balanced"')
    return as_weights([by_class[label] for label in found], len(found), "class_weight")


def _weights_of(spec: Mapping[Any, float], counts: Iterable[Any]) -> dict[Any, float]:
    known = set(counts)
    for label, weight in spec.items():
        if label not in known:
            expected = "the labels in y: " + ", ".join(map(repr, sorted(known, key=str)[:20]))
            raise InputError(f"class_weight names the class {show(label)}, which y does not have", expected)
        if not isinstance(weight, NUMBERS) or not 0 <= float(weight) < np.inf:  # type: ignore[redundant-expr]
            raise InputError(f"class_weight gives {show(label)} the weight {show(weight)}", "a number of at least 0")
    return {label: float(weight) for label, weight in spec.items()}


def same_length(n: int, m: int, first: str = "X", what: str = "y", single: bool = False) -> None:
    """Refuse two things of different lengths; `single` says that the first was 1-D, hence taken as one row."""
    if n == m:
        return
    given, instead = f"{first} has {rows(n)}", ""
    if single:
        given, instead = f"{first} is 1-D, which is one row,", f"{first}.reshape(-1, 1), if it is one column"
    raise InputError(f"{given} and {what} has {rows(m)}", "as many of the one as of the other", instead)


def rows(n: int) -> str:
    """Return "1 row", "5 rows" and so on."""
    return f"{n} row" if n == 1 else f"{n} rows"


def as_labels(y: Any, what: str = "y") -> np.ndarray:
    """`y` as an array of numbers, of booleans, or (dtype object) of str; 1-D, or 2-D for several columns.

    Raises InputError for a missing value, infinity, a mixture of text and numbers, or no rows.
    """
    values = _unwrapped(y, what)
    if values.ndim == 0 or values.size == 0 or values.ndim > 2:
        shape = f"has {_dimensions(values)}" if values.ndim > 2 else "has no rows" if values.ndim else "is one value"
        raise InputError(f"{what} {shape}", "one label or number, or one row of numbers, for each row of X")
    if values.dtype.kind in "OSU":
        values = _same_kind(values, what)
    if values.dtype.kind not in "fiubO":
        _refuse_kind(values, what)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise InputError(
            f"{what} holds {show(values[place])} in row {place[0]}", "a value for every row", "leave it out"
        )
    return values


def _unwrapped(y: Any, what: str) -> np.ndarray:
    if isinstance(y, (list, tuple)):
        try:
            array = np.asarray(y)
        except ValueError:
            refuse_ragged(y, what)
        # Text swallows its neighbours: ["a", 1, None] would become all text.
        return array if array.dtype.kind in "fiub" else np.array(y, dtype=object)
    if isinstance(y, np.ndarray):
        return _plain(y, what)
    found = unwrap(y, what)
    if isinstance(found, Frame):
        return found.arrays[0] if len(found.arrays) == 1 else np.stack(found.arrays, axis=1)
    return found


def _same_kind(values: np.ndarray, what: str) -> np.ndarray:
    items = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values.ravel().tolist()]
    width = values.shape[1] if values.ndim == 2 else 1
    kinds = ["missing" if is_missing(v) else "text" if isinstance(v, str) else _number_kind(v) for v in items]
    for position, kind in enumerate(kinds):
        row = position // width
        if kind in ("missing", "other"):
            raise InputError(f"{what} holds {show(items[position])} in row {row}", "a label or number for every row")
        if kind != kinds[0]:
            expected = f"one kind only; row 0 holds {show(items[0])}"
            raise InputError(f"{what} holds {show(items[position])} in row {row}", expected)
    if kinds[0] == "text":
        found = np.empty(len(items), dtype=object)
        found[:] = [str(v) for v in items]
        return found.reshape(values.shape)
    numbers = np.array(items, dtype=bool if kinds[0] == "boolean" else None)
    return (numbers if numbers.dtype.kind in "fiub" else numbers.astype(np.float64)).reshape(values.shape)


def _number_kind(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    return "number" if isinstance(value, NUMBERS) and not isinstance(value, np.complexfloating) else "other"


def _raw(X: Any, what: str) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """An array of real numbers of any dimension, and the names of its columns where they have any."""
    if isinstance(X, np.ndarray):
        return _numbers(_plain(X, what), what), None
    if isinstance(X, (list, tuple)):
        return _from_list(X, what), None
    found = X if isinstance(X, Table) else unwrap(X, what)
    if isinstance(found, np.ndarray):
        return _numbers(found, what), None
    names = found.columns if isinstance(found, Table) else found.names
    if not names:
        raise InputError(f"{what} has no columns", "at least one")
    columns = [_numbers(array, what, name) for name, array in zip(names, found.arrays, strict=True)]
    return np.stack(columns, axis=1), names


def _plain(X: np.ndarray, what: str) -> np.ndarray:
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        place = tuple(int(i) for i in np.argwhere(np.ma.getmaskarray(X))[0])
        raise InputError(f"{what} is masked at {place}", "a number in every place", FILL_FIRST)
    return np.asarray(X)


def _from_list(X: list[Any] | tuple[Any, ...], what: str) -> np.ndarray:
    try:
        array = np.asarray(X)
    except OverflowError:
        array = np.array(X, dtype=object)
    except ValueError:
        refuse_ragged(X, what)
    if array.dtype.kind in "fiub":
        return array
    return _numbers(np.array(X, dtype=object), what)


def _numbers(array: np.ndarray, what: str, name: str | None = None) -> np.ndarray:
    """`array` if it holds real numbers, or converted from objects that all are real numbers."""
    if array.dtype.kind in "fiub":
        return array
    if array.dtype.kind not in "OSU":
        _refuse_kind(array, what if name is None else f"column {name!r} of {what}")
    found = np.empty(array.shape, dtype=np.float64)
    for place, value in np.ndenumerate(array):
        found[place] = _number(value, place, what, name)
    return found


def _number(value: Any, place: tuple[int, ...], what: str, name: str | None) -> float:
    where = _where(place, name)
    if is_missing(value):
        raise InputError(f"{what} holds {show(value)} in {where}", "a number in every place", FILL_FIRST)
    if isinstance(value, (str, bytes)):
        raise InputError(
            f"{what} holds the text {show(value)} in {where}",
            "numbers (rows and columns counted from 0)",
            "pellucid.fit(X, y), which turns words into columns of numbers",
        )
    if not isinstance(value, NUMBERS) or isinstance(value, np.complexfloating):
        kind = "a complex number" if isinstance(value, (complex, np.complexfloating)) else type(value).__name__
        raise InputError(f"{what} holds {show(value)} ({kind}) in {where}", "real numbers")
    try:
        return float(value)
    except OverflowError:
        raise InputError(f"{what} holds a number too large for float64 in {where}", "finite numbers") from None


def _where(place: tuple[int, ...], name: str | None) -> str:
    if name is not None:
        return f"row {place[0]}, column {show(name)}"
    return f"row {place[0]}, column {place[1]}" if len(place) > 1 else f"position {place[0]}" if place else "it"


def _check_shape(raw: np.ndarray, n_in: int | None, what: str, hint: str) -> None:
    shape = f"(n, {n_in})" if n_in else "(n, columns)"
    if raw.ndim == 0 or raw.ndim > 2:
        instead = f"{what}.reshape(len({what}), -1)" if raw.ndim > 2 else ""
        raise InputError(f"{what} has {_dimensions(raw)}", f"a matrix of shape {shape}", instead)
    if raw.shape[0] == 0 or raw.size == 0:
        raise InputError(f"{what} has no {'rows' if raw.shape[0] == 0 else 'columns'}", f"a matrix of shape {shape}")
    if n_in is None or raw.shape[-1] == n_in:
        return
    if raw.ndim == 1:
        instead = f"np.reshape({what}, (-1, {n_in}))" if len(raw) % n_in == 0 else ""
        given = f"{what} has one dimension and {raw.size} value{'s' * (raw.size != 1)}"
        raise InputError(given, f"one row of {n_in}, or a matrix of shape {shape}", instead)
    columns = f"{raw.shape[1]} column{'s' * (raw.shape[1] != 1)}"
    reason = hint or f"as the network has {n_in} input{'s' * (n_in != 1)}"
    raise InputError(f"{what} has {columns}", f"{n_in}, {reason}")


def _dimensions(raw: np.ndarray) -> str:
    return f"{raw.ndim} dimensions, shape {raw.shape}"


def _refuse_kind(array: np.ndarray, what: str) -> NoReturn:
    if array.dtype.kind == "c":
        raise InputError(f"{what} holds complex numbers", "real numbers", f"{what}.real")
    kind = {"M": "dates", "m": "spans of time"}.get(array.dtype.kind, f"values of type {array.dtype}")
    raise InputError(f"{what} holds {kind}", "numbers", "its year, month or number of days as a column of numbers")


def _refuse_not_finite(raw: np.ndarray, matrix: np.ndarray, what: str, names: tuple[str, ...] | None) -> NoReturn:
    row, column = (int(i) for i in np.argwhere(~np.isfinite(matrix))[0])
    where = _where((row, column), None if names is None else names[column])
    value = raw[row, column]
    if np.isfinite(value):
        raise InputError(f"{what} holds {value!s} in {where}", f"numbers that {matrix.dtype} can hold")
    instead = FILL_FIRST if value != value else ""
    raise InputError(
        f"{what} holds {show(value)} in {where}", "finite numbers (rows and columns counted from 0)", instead
    )
