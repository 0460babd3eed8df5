"""From labels or numbers to the matrix of targets that a loss takes, and from outputs back to labels.

A loss says what it takes (`loss.target`): "numbers"; "probabilities" (0 to 1, one column or several);
"one_hot" (rows that sum to 1); "signs" (-1 or +1); "counts" (at least 0). A classification loss also takes labels:

* one output column: two labels become 0 and 1 (-1 and +1 for signs), the smaller one first;
* k output columns: label number j becomes the row with 1 (+1) in column j and 0 (-1) elsewhere. Whole numbers from 0 to
  k - 1 are class indices, even where some of them do not occur; other labels are sorted and must be k different ones.

Rows (n, k) for k sigmoids are k questions of their own, of which a row may answer several, or none, with yes (many
labels; see `many_labels`), even where every row happens to hold a single 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from .arrays import as_labels
from .cells import natural
from .frames import show

if TYPE_CHECKING:
    from ..maths.losses import Loss

SUM_TOLERANCE = 1e-6  # float32 probabilities of a row sum to 1 within this
SHOWN = 10  # labels that an error text lists


@dataclass(frozen=True, eq=False)
class Encoded:
    """Targets as the loss takes them, (n, n_out) float64, and the labels in the order of the outputs (or None)."""

    matrix: np.ndarray
    classes: tuple[Any, ...] | None = None


def encode(
    y: Any,
    loss: Loss,
    n_out: int,
    classes: Sequence[Any] | None = None,
    bounds: tuple[Any, Any] = (-inf, inf),
    output: str = "",
    allow_one_class: bool = False,
    single: bool = False,
) -> Encoded:
    """Turn `y` into the targets of `loss` for a network with `n_out` output columns.

    `classes` are the labels that the network knows already, `bounds` the closed range of its output activation (two
    numbers, or two arrays with one for each column) and `output` that activation's name. `single` says that X was one
    row in 1-D: then y may be one value, or one row.

    Raises InputError, with the row counted from 0, for a missing value, an unknown label, a wrong number of classes or
    columns, a target that the loss or the output activation cannot take, and (unless `allow_one_class`) one class only.

    >>> from pellucid.maths.losses import losses
    >>> found = encode(["no", "yes", "no"], losses.binary_cross_entropy, n_out=1)
    >>> found.matrix.ravel().tolist(), found.classes
    ([0.0, 1.0, 0.0], ('no', 'yes'))
    """
    values = as_labels(_one_row(y, n_out) if single else y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    known = None if classes is None else _check_classes(classes, n_out)
    if not loss.classification:
        encoded = Encoded(_numbers(values, loss, n_out, output))
    elif values.ndim == 2:
        encoded = _rows(values, loss, n_out, known)
    elif n_out == 1:
        encoded = _two_classes(values, loss, known)
    else:
        encoded = _many_classes(values, loss, n_out, known, allow_one_class)
    _check_range(encoded.matrix, bounds, output)
    if loss.classification and not allow_one_class:
        _check_several(encoded)
    return encoded


def decode(
    prediction: np.ndarray, classes: Sequence[Any] | None, bounds: tuple[float, float] = (0.0, 1.0)
) -> np.ndarray:
    """The label of each row of outputs, (n, n_out) or (n,) to (n,): that of the largest column.

    A single column gives the second label where it is above the middle of the output's range `bounds` (0.5 for a
    probability, 0 for a range without an end). Ties go to the label that comes first. Without `classes` the labels are
    0, 1, 2, ...

    >>> decode(np.array([[0.2], [0.9]]), ("no", "yes")).tolist()
    ['no', 'yes']
    """
    outputs = np.asarray(prediction)
    if outputs.ndim == 1 or outputs.shape[1] == 1:
        index = (outputs.reshape(-1) > middle(bounds)).astype(np.int64)
    else:
        index = outputs.argmax(axis=1)
    return index if classes is None else _label_array(classes)[index]


def many_labels(loss: Loss, n_out: int, classes: Sequence[Any] | None) -> bool:
    """Whether the outputs are questions of their own, instead of classes of which each row has one.

    That is so where a classification loss takes its columns one by one (not "one_hot") and the network was given rows
    (n, k) instead of labels, so that it knows no `classes`.
    """
    return loss.classification and loss.target != "one_hot" and n_out > 1 and classes is None


def decode_many(prediction: np.ndarray, bounds: tuple[float, float] = (0.0, 1.0), signs: bool = False) -> np.ndarray:
    """The answer to each question, (n, k) int64: 1 where the output is above the middle of its range, else 0 (-1).

    >>> decode_many(np.array([[0.2, 0.9, 0.7]])).tolist()
    [[0, 1, 1]]
    """
    yes = (np.asarray(prediction) > middle(bounds)).astype(np.int64)
    return 2 * yes - 1 if signs else yes


def middle(bounds: tuple[float, float]) -> float:
    """Where a single output changes from the first label to the second: halfway, or 0 for a range without an end."""
    return (bounds[0] + bounds[1]) / 2 if isfinite(bounds[0]) and isfinite(bounds[1]) else 0.0


def whole_numbers(values: np.ndarray) -> bool:
    """Whether these are whole numbers, as integers or as floats without a fraction."""
    return values.dtype.kind in "iu" or (values.dtype.kind == "f" and bool((values == np.floor(values)).all()))


def sorted_labels(values: np.ndarray) -> tuple[Any, ...]:
    """The different labels, sorted (c9 before c10), as plain Python values: whole floats as int."""
    if values.dtype == object:
        return tuple(sorted(set(values.tolist()), key=natural))
    found = np.unique(values)
    return tuple((found.astype(np.int64) if found.dtype.kind == "f" and whole_numbers(found) else found).tolist())


def _one_row(y: Any, n_out: int) -> Any:
    if isinstance(y, (str, bytes, bool, int, float, np.generic)) or np.ndim(y) == 0:
        return [y]
    return [y] if n_out > 1 and np.ndim(y) == 1 and len(y) == n_out else y


def _check_classes(classes: Sequence[Any], n_out: int) -> tuple[Any, ...]:
    known = tuple(value.item() if isinstance(value, np.generic) else value for value in classes)
    if len(set(known)) < len(known):
        raise InputError(f"classes={_list(known)} names a class twice", "each class once")
    if len(known) != max(n_out, 2):
        instead = _better_layer(len(known)) if len(known) > 1 else ""
        raise InputError(_classes(len(known)), _wanted(n_out), instead)
    return known


def _numbers(values: np.ndarray, loss: Loss, n_out: int, output: str) -> np.ndarray:
    if values.dtype == object:
        given = f"y holds the text {show(values.ravel()[0])}"
        instead = _label_loss(n_out, output) if values.ndim == 1 else ""
        raise InputError(given, f"numbers, as the loss {loss.name} takes", instead)
    matrix = np.ascontiguousarray(values.reshape(len(values), -1), dtype=np.float64)
    if matrix.shape[1] != n_out:
        labels = matrix.shape[1] == 1 and whole_numbers(matrix)
        columns = f"{matrix.shape[1]} column{'s' * (matrix.shape[1] != 1)}"
        instead = f"{_label_loss(n_out, output)}, if these are labels" if labels else ""
        raise InputError(f"y has {columns}", f"{n_out}, as the network has {_outputs(n_out)}", instead)
    if loss.target == "counts":
        _refuse(matrix, matrix < 0, f"counts of at least 0, as the loss {loss.name} takes")
    return matrix


def _rows(values: np.ndarray, loss: Loss, n_out: int, known: tuple[Any, ...] | None) -> Encoded:
    """Targets that come as rows already: one-hot or probabilities, several yes-or-no questions, or signs."""
    if values.dtype == object:
        given = f"y has {values.shape[1]} columns of text"
        raise InputError(given, "one label for each row, or rows of numbers")
    if values.shape[1] != n_out:
        raise InputError(f"y has {values.shape[1]} columns", f"{n_out}, as the network has {_outputs(n_out)}")
    matrix = np.ascontiguousarray(values, dtype=np.float64)
    if loss.target == "signs":
        instead = "2 * y - 1" if bool(((matrix == 0) | (matrix == 1)).all()) else ""
        _refuse(matrix, np.abs(matrix) != 1, f"-1 or +1, as the loss {loss.name} takes", instead)
        return Encoded(matrix, known)
    _refuse(matrix, (matrix < 0) | (matrix > 1), f"numbers from 0 to 1, as the loss {loss.name} takes")
    if loss.target != "one_hot":
        return Encoded(matrix, known)
    sums = matrix.sum(axis=1)
    wrong = np.abs(sums - 1) > SUM_TOLERANCE
    if wrong.any():
        row = int(np.argmax(wrong))
        expected = f"1: one class, or probabilities, as the loss {loss.name} takes"
        raise InputError(
            f"row {row} of y sums to {sums[row]:.6g}", expected, 'loss="binary_cross_entropy" with sigmoid'
        )
    return Encoded(matrix, known or tuple(range(n_out)))


def _two_classes(values: np.ndarray, loss: Loss, known: tuple[Any, ...] | None) -> Encoded:
    if loss.target == "one_hot":
        given = f"the loss {loss.name} with 1 output, whose probability would always be 1"
        raise InputError(given, "an output for each class", 'Dense(2, "softmax"), or sigmoid and binary_cross_entropy')
    if loss.target == "probabilities" and known in (None, (0, 1)) and _fractions(values):
        matrix = values.reshape(-1, 1).astype(np.float64)
        _refuse(matrix, (matrix < 0) | (matrix > 1), "numbers from 0 to 1, or labels")
        return Encoded(matrix, (0, 1))
    if known is None:
        known = _found_pair(values, loss)
    places = _places(values, known).astype(np.float64).reshape(-1, 1)
    return Encoded(2 * places - 1 if loss.target == "signs" else places, known)


def _found_pair(values: np.ndarray, loss: Loss) -> tuple[Any, ...]:
    found = sorted_labels(values)
    natural: tuple[Any, ...] = (False, True) if values.dtype.kind == "b" else (0, 1)
    if loss.target == "signs" and set(found) <= {-1, 1} and -1 in found:
        natural = (-1, 1)
    if set(found) <= set(natural):
        return natural
    if _fractions(values):
        row = int(np.argmax(values != np.floor(values)))
        raise InputError(f"y holds {show(values[row])} in row {row}", "two labels")
    return _counted(found, 1)


def _many_classes(
    values: np.ndarray, loss: Loss, n_out: int, known: tuple[Any, ...] | None, one_batch: bool
) -> Encoded:
    if _fractions(values):
        row = int(np.argmax(values != np.floor(values)))
        expected = f"labels, class indices from 0 to {n_out - 1}, or a row of {n_out} numbers for each sample"
        raise InputError(f"y holds {show(values[row])} in row {row}", expected)
    if known is None:
        found = sorted_labels(values)
        indices = values.dtype.kind in "fiu" and found[0] >= 0 and found[-1] < n_out
        known = tuple(range(n_out)) if indices else _counted(found, n_out, one_batch)
    matrix = np.zeros((len(values), n_out))
    matrix[np.arange(len(values)), _places(values, known)] = 1.0
    return Encoded(2 * matrix - 1 if loss.target == "signs" else matrix, known)


def _counted(found: tuple[Any, ...], n_out: int, one_batch: bool = False) -> tuple[Any, ...]:
    """`found` if it holds as many labels as the outputs can tell apart."""
    if len(found) == 1:
        _refuse_one_class(found[0])
    if len(found) == max(n_out, 2):
        return found
    instead = _better_layer(len(found))
    if len(found) < n_out:
        indices = f"y as class indices from 0 to {n_out - 1}, of which some may be missing"
        instead = "classes=[...] in partial_fit, with all of them" if one_batch else f"{instead}; or {indices}"
    raise InputError(f"y has {_classes(len(found))}: {_list(found)}", _wanted(n_out), instead)


def _places(values: np.ndarray, known: tuple[Any, ...]) -> np.ndarray:
    """The position of each label in `known`, (n,) int64."""
    index = {label: place for place, label in enumerate(known)}
    found, inverse = _distinct(values)
    places = np.array([index.get(label, -1) for label in found], dtype=np.int64)[inverse]
    if places.min() < 0:
        row = int(np.argmin(places))
        given = f"y holds {show(values[row])} in row {row}, a class that the network does not know"
        raise InputError(given, "one of " + _list(known))
    return places


def _distinct(values: np.ndarray) -> tuple[list[Any], np.ndarray]:
    if values.dtype != object:
        found, inverse = np.unique(values, return_inverse=True)
        return found.tolist(), inverse
    order: dict[Any, int] = {}
    inverse = np.array([order.setdefault(value, len(order)) for value in values.tolist()], dtype=np.int64)
    return list(order), inverse


def _fractions(values: np.ndarray) -> bool:
    return values.dtype.kind == "f" and not whole_numbers(values)


def _check_range(matrix: np.ndarray, bounds: tuple[Any, Any], output: str) -> None:
    wrong = (matrix < bounds[0]) | (matrix > bounds[1])
    if not wrong.any():
        return
    low, high = (float(np.broadcast_to(bound, matrix.shape)[wrong][0]) for bound in bounds)  # of the first
    parts = [f"at least {low:g}" if isfinite(low) else "", f"at most {high:g}" if isfinite(high) else ""]
    allowed = " and ".join(part for part in parts if part)
    named = f"the output activation {output}" if output else "the output activation"
    instead = "a linear output, or y scaled into this range"
    _refuse(matrix, wrong, f"{allowed}: {named} gives nothing else", instead)


def _check_several(encoded: Encoded) -> None:
    matrix, classes = encoded.matrix, encoded.classes
    if classes is None or not (matrix == matrix[0]).all() or (matrix.shape[1] == 1 and _between(matrix[0, 0])):
        return
    place = int(matrix[0].argmax()) if matrix.shape[1] > 1 else int(matrix[0, 0] > 0)
    _refuse_one_class(classes[place])


def _between(value: float) -> bool:
    return 0 < value < 1


def _refuse_one_class(label: Any) -> None:
    instead = "classes=[...] in partial_fit, where a batch may hold one class only"
    raise InputError(f"y holds one class only, {show(label)}", "at least two classes to tell apart", instead)


def _refuse(matrix: np.ndarray, wrong: np.ndarray, expected: str, instead: str = "") -> None:
    if not wrong.any():
        return
    row, column = (int(i) for i in np.argwhere(wrong)[0])
    where = f"row {row}" + (f", column {column}" if matrix.shape[1] > 1 else "")
    raise InputError(f"y holds {show(matrix[row, column])} in {where}", expected, instead)


def _outputs(n_out: int) -> str:
    return f"{n_out} output{'s' * (n_out != 1)}"


def _wanted(n_out: int) -> str:
    return f"{max(n_out, 2)}, as the network has {_outputs(n_out)}"


def _classes(count: int) -> str:
    return f"{count} class" if count == 1 else f"{count} classes"


def _label_loss(n_out: int, output: str) -> str:
    """The loss for labels, and the output layer that it needs where the network has another."""
    if output == "softmax":
        return 'loss="cross_entropy"'
    if output == "sigmoid":
        return 'loss="binary_cross_entropy"'
    layer, loss = ('"sigmoid"', "binary_cross_entropy") if n_out == 1 else ('"softmax"', "cross_entropy")
    return f'Dense({n_out}, {layer}) as the last layer and loss="{loss}"'


def _better_layer(count: int) -> str:
    return f'a last layer Dense({count}, "softmax")' if count > 2 else 'Dense(1, "sigmoid") or Dense(2, "softmax")'


def _list(labels: Sequence[Any]) -> str:
    more = f", ... ({len(labels)} in all)" if len(labels) > SHOWN else ""
    return ", ".join(show(label) for label in labels[:SHOWN]) + more


def _label_array(classes: Sequence[Any]) -> np.ndarray:
    # NumPy's own text type drops NULs at the end.
    if any(isinstance(label, str) and label.endswith("\0") for label in classes):
        found = np.empty(len(classes), dtype=object)
        found[:] = classes
        return found
    return np.array(list(classes))
