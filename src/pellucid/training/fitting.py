"""`fit` and `resume` on a model: check and prepare the data, set up the state and the hooks, run the loop."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data.arrays import as_labels, as_matrix, as_weights, class_weights, multiplied_weights, same_length
from ..data.columns import as_columns, column_names
from ..data.prepare import prepare, prepare_target
from ..data.split import split
from ..data.targets import encode, many_labels, sorted_labels
from ..engines import choose
from ..engines.protocol import Data
from ..errors import InputError, Notice, StateError, during
from ..maths.losses import Loss
from ..maths.passes import start_slots
from ..maths.rehearsal import rehearse
from ..model.history import History
from ..model.model import Model
from ..model.plan import Plan
from ..model.state import Stopping, TrainingState, array_bytes, take_snapshot
from .callbacks import callback_hooks
from .hooks import Hook
from .loop import train
from .planning import Options, make_plan, same_optimizer, with_labels
from .progress import progress_hooks
from .recording import DEFAULT_BUDGET, Recorder, Recording, recorder
from .watching import BestEpoch, watching_hooks

SMALL = 2**20


@dataclass(frozen=True)
class Looks:
    """What a user may tell `fit` about looking at the training; it changes nothing in the result."""

    callbacks: Any = None
    record: Any = None
    record_memory: int = DEFAULT_BUDGET
    progress: bool | None = None
    engine: str = "auto"
    hooks: Sequence[Hook] = ()
    fingerprint: bool = False


@dataclass(frozen=True)
class Examples:
    """What the user passed as data, before anything was checked."""

    X: Any
    y: Any
    sample_weight: Any = None
    validation: Any = None
    class_weight: Any = None


def fit(model: Model, examples: Examples, options: Options, looks: Looks) -> Recording | None:
    """Train the model in place; `model.history` is that of this fit. Returns the recording if one was asked for."""
    choice = choose(looks.engine)
    plan = make_plan(model, options)
    check_parameters(model)
    with nothing_learnt(model):
        data, validation = training_data(model, examples, plan)
        plan = with_labels(model, plan)
        hooks = looks_hooks(model, plan, looks, data, validation)
        dtype = fitting_dtype(model, data)
        data, validation = as_dtype(data, dtype), validation and as_dtype(validation, dtype)
        rehearse_own_parts(model, plan, data)
    model.history = History(notes=adopt_dtype(model, dtype) + begin(model, plan))
    assert model.training is not None
    recording = recording_of(hooks)
    if looks.fingerprint or recording is not None:
        model.training.fingerprint = fingerprint(data, validation, plan)
    remember_data(model, data)
    train(model, data, choice, hooks)
    return recording


def resume(model: Model, examples: Examples, looks: Looks) -> Recording | None:
    """Go on with the plan of the model's training state to its planned end, exactly as if it had never stopped."""
    state = model.training
    if state is None:
        raise StateError("this network was never trained, so there is nothing to resume", "", "net.fit(X, y)")
    choice = choose(looks.engine)
    check_parameters(model)
    data, validation = training_data(model, examples, state.plan)
    data, validation = as_dtype(data, model.dtype), validation and as_dtype(validation, model.dtype)
    if state.fingerprint and state.fingerprint != fingerprint(data, validation, state.plan):
        raise InputError(
            "this is not the data that the training began with (its fingerprint differs)",
            "the same X, y, sample_weight and validation, in the same order",
            "fit(X, y) to train on other data",
        )
    rehearse_own_parts(model, state.plan, data)
    remember_data(model, data)
    hooks = looks_hooks(model, state.plan, looks, data, validation)
    if not state.finished:
        train(model, data, choice, hooks)
    return recording_of(hooks)


def rehearse_own_parts(model: Model, plan: Plan, data: Data) -> None:
    """Let a user's own records answer once on a few rows, so that a slip in one is refused and spoils nothing."""
    rehearse(model.layers, model.names, model.parameters.by_layer, plan.loss, plan.optimizer, data.X, data.Y)


def recording_of(hooks: Sequence[Hook]) -> Recording | None:
    """The recording that one of the hooks makes, if any does."""
    return next((hook.recording for hook in hooks if isinstance(hook, Recorder)), None)


def partial_fit(model: Model, examples: Examples, options: Options, classes: Any = None) -> None:
    """One update on one batch: all rows at once, going on from where training is; `classes` are all labels."""
    plan = make_plan(model, options)
    check_parameters(model)
    with nothing_learnt(model):
        if classes is not None:
            model.classes = known_classes(model, classes)
        data, _ = training_data(model, examples, plan, one_batch=True)
        dtype = fitting_dtype(model, data)
        data = as_dtype(data, dtype)
        rehearse_own_parts(model, plan, data)
    model.history = History(notes=adopt_dtype(model, dtype) + begin(model, plan))
    model.data = small(data)
    train(model, data, choose("auto"), [])


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


def check_parameters(model: Model) -> None:
    """Refuse to train on from a number that is not finite (edited in place, say)."""
    for name, array in model.parameters.items():
        if not np.isfinite(array).all():
            place = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
            instead = f"parameters[{name!r}]{place} = 0.0"
            raise InputError(f"{name}{place} is {array[tuple(place)]}", "finite parameters", instead)


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
    targets = encode(raw, loss, model.n_out, known, last.bounds(), last.name, one_batch, single)
    same_length(len(x), len(targets.matrix))
    if model.preprocessing is None:
        model.classes = targets.classes if known is None else known
        model.columns = column_names(X) if model.columns is None else model.columns
    return Data(x, targets.matrix, as_weights(sample_weight, len(x)))


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


def fitting_dtype(model: Model, data: Data) -> np.dtype[Any]:
    """What a fit computes in: the network's dtype; with dtype=None a first fit on float32 data makes it float32."""
    free = not model.dtype_given and model.training is None
    return np.dtype(np.float32) if free and data.X.dtype == np.float32 else model.dtype


def adopt_dtype(model: Model, dtype: np.dtype[Any]) -> list[str]:
    """Make the network one of this dtype, and say so if it was not."""
    if model.dtype == dtype:
        return []
    model.dtype = dtype
    model.parameters.replace(
        [{name: w.astype(np.float32) for name, w in arrays.items()} for arrays in model.parameters.by_layer]
    )
    return [notice("X is float32, so this network is float32 from now on; Network(..., dtype='float64') keeps 64 bits")]


def begin(model: Model, plan: Plan) -> list[str]:
    """Set the training state up: on from the last fit if the optimizer is the same, else afresh."""
    old, parameters = model.training, model.parameters.by_layer
    notes = []
    if old is not None and same_optimizer(old.plan.optimizer, plan.optimizer):
        state = replace(old, plan=plan, fit_start=old.epoch, schedule={}, stopping=Stopping())
        state.fingerprint, state.finished = "", False
    else:
        if old is not None:
            names = f"{old.plan.optimizer!r} to {plan.optimizer!r}"
            notes = [notice(f"the optimizer changed from {names}: its memory starts afresh, the parameters stay")]
        state = TrainingState(plan, model.seed, start_slots(np, plan.optimizer, parameters))
    state.origin = None
    state.origin = take_snapshot(state, parameters)
    model.training = state
    return notes


def looks_hooks(model: Model, plan: Plan, looks: Looks, data: Data, validation: Data | None) -> list[Hook]:
    """All hooks in the order in which they look: measure, judge, record, tell, draw, save."""
    hooks = watching_hooks(plan, data, validation)
    light = array_bytes(model.parameters.by_layer)
    full = light * (1 + len(plan.optimizer.slots))
    recording = recorder(looks.record, plan.epochs, looks.record_memory, full, light)
    hooks += [recording] if recording is not None else []
    hooks += [BestEpoch()] if plan.early_stopping is not None else []
    return [*hooks, *callback_hooks(looks.callbacks), *progress_hooks(looks.progress), *looks.hooks]


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


def remember_data(model: Model, data: Data) -> None:
    """Keep the mean of the inputs for explanations, and the data itself if it is small enough for a script."""
    model.baseline = data.X.mean(axis=0, dtype=np.float64)
    model.data = small(data)


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
