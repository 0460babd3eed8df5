"""From what a user passes as data to checked, prepared arrays; and what a model learns about them on the way."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data.arrays import as_labels, as_matrix, as_weights, class_weights, multiplied_weights, same_length
from ..data.columns import as_columns, column_names
from ..data.prepare import prepare, prepare_target
from ..data.split import split
from ..data.targets import encode, many_labels, sorted_labels
from ..engines.protocol import Data
from ..errors import InputError, Notice, during
from ..maths.activation import Activation
from ..maths.by_unit import each_in_words, unit_bounds
from ..maths.losses import Loss
from ..model.model import Model
from ..model.plan import Plan
from ..model.state import array_bytes

SMALL = 2**20  # bytes of data that are kept for a script


@dataclass(frozen=True)
class Examples:
    """What the user passed as data, before anything was checked."""

    X: Any
    y: Any
    sample_weight: Any = None
    validation: Any = None
    class_weight: Any = None


def training_data(model: Model, examples: Examples, plan: Plan, one_batch: bool = False) -> tuple[Data, Data | None]:
    """Checked and prepared training data, and validation data if there is to be any. Learns `model.classes`."""
    data = encoded(model, examples.X, examples.y, examples.sample_weight, plan.loss, one_batch)
    if examples.class_weight is not None:
        many = many_labels(plan.loss, model.n_out, model.classes)
        by_class = class_weights(examples.class_weight, examples.y, plan.loss, many)
        data = replace(data, weights=multiplied_weights(data.weights, by_class))
    if plan.validation:
        strata = data.Y.argmax(axis=1) if data.Y.shape[1] > 1 else data.Y[:, 0]
        rows = split(len(data), plan.validation, strata if plan.loss.classification else None, seed=model.seed)
        return data.take(rows[0]), data.take(rows[1])
    if examples.validation is None or isinstance(examples.validation, float):
        return data, None
    return data, validation_data(model, examples.validation, plan.loss)


def validation_data(model: Model, given: Any, loss: Loss) -> Data:
    """The user's own validation data: (X, y) or (X, y, sample_weight)."""
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise InputError(f"validation={type(given).__name__}", "a share, or (X, y)", "validation=(X_val, y_val)")
    with during("validation"):
        return encoded(model, given[0], given[1], given[2] if len(given) == 3 else None, loss, one_batch=True)


def encoded(model: Model, X: Any, y: Any, sample_weight: Any, loss: Loss, one_batch: bool = False) -> Data:
    """X and y as an engine takes them. The model remembers labels and column names where it had none."""
    x, single = prepared_inputs(model, X)
    last = model.layers[-1].activation
    raw = y if model.preprocessing is None else prepare_target(model.preprocessing, y)
    known = model.classes if loss.classification else None
    targets = encode(raw, loss, model.n_out, known, unit_bounds(last), _output(last), one_batch, single)
    same_length(len(x), len(targets.matrix), single=single)
    if model.preprocessing is None:
        model.classes = targets.classes if known is None else known
        model.columns = column_names(X) if model.columns is None else model.columns
    return Data(x, targets.matrix, as_weights(sample_weight, len(x)))


def _output(activation: Activation) -> str:
    """What messages call the output's activation; "" where its units have several."""
    words = each_in_words(activation)
    if "units" in activation.options:
        return words[0] if len(words) == 1 else ""
    return activation.name


def prepared_inputs(model: Model, X: Any, say: bool = False) -> tuple[np.ndarray, bool]:
    """X as the first layer sees it (n, n_in), and whether it was one row in 1-D.

    With `say`, what preprocessing had to decide (an unseen category, a gap) is said as a `Notice`.
    """
    if model.preprocessing is None:
        check_columns(model, X)
        return as_matrix(X, model.n_in)
    table = as_columns(X)
    matrix, notes = prepare(model.preprocessing, table)
    for note in notes if say else ():
        notice(note)
    return matrix, table.single


def check_columns(model: Model, X: Any) -> None:
    """Refuse a frame whose columns are not those of the training, in their order: a bare network goes by position."""
    names = column_names(X) if model.columns is not None else None
    if names is None or names == model.columns:
        return
    known = list(model.columns or ())
    instead = f"X[{known}]" if set(known) <= set(names) else "net.reset() to start again with other columns"
    raise InputError("X has the columns " + ", ".join(names), "as in training: " + ", ".join(known), instead)


def known_classes(model: Model, classes: Any) -> tuple[Any, ...]:
    """The labels that the user named, sorted; refused where the network knows others already."""
    if isinstance(classes, (str, bytes)) or not np.iterable(classes):
        raise InputError(f"classes={classes!r}", "a list of all labels", 'classes=["no", "yes"]')
    found = sorted_labels(as_labels(list(classes), "classes").ravel())
    if model.classes is not None and model.classes != found:
        raise InputError(f"classes={list(found)}", f"{list(model.classes)}, which it has learnt", "net.reset() before")
    return found


@contextmanager
def nothing_learnt(model: Model) -> Iterator[None]:
    """Inside, the model may learn labels and column names; an error takes them back."""
    classes, columns = model.classes, model.columns
    try:
        yield
    except Exception:
        model.classes, model.columns = classes, columns
        raise


def as_dtype(data: Data, dtype: np.dtype[Any]) -> Data:
    """The same data in the network's dtype; no copy where it already is. Numbers that it cannot hold are refused."""
    weights = None if data.weights is None else narrowed(data.weights, dtype, "sample_weight")
    return Data(narrowed(data.X, dtype, "X"), narrowed(data.Y, dtype, "y"), weights)


def narrowed(array: np.ndarray, dtype: np.dtype[Any], what: str) -> np.ndarray:
    """A finite array in another dtype, or the first number that it cannot hold."""
    with np.errstate(over="ignore"):
        found = np.ascontiguousarray(array, dtype=dtype)
    if found is not array and not np.isfinite(found).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(found))[0])
        given = f"{what} holds {array[place]:g} in row {place[0]}, and the network is {dtype}"
        raise InputError(given, f"numbers that {dtype} can hold", 'Network(..., dtype="float64")')
    return found


def small(data: Data) -> Data | None:
    """A copy (the user may change the original) of data that is small enough to be kept, else None."""
    return data.copy() if array_bytes([data.X, data.Y]) <= SMALL else None


def fingerprint(data: Data, validation: Data | None, plan: Plan) -> str:
    """SHA-256 of the prepared data and the plan: equal exactly when resuming goes on with the same training."""
    digest = hashlib.sha256(repr(plan).encode())
    for part in (data, validation):
        for array in (part.X, part.Y, part.weights) if part is not None else ():
            if array is not None:
                digest.update(f"{array.dtype}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def notice(text: str) -> str:
    """Warn with a `Notice` and return the text for the history's notes."""
    warnings.warn(text, Notice, stacklevel=2)
    return text
