"""`fit` and `resume` on a model: check and prepare the data, set up the state and the hooks, run the loop."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data.arrays import as_matrix, as_weights, class_weights, same_length
from ..data.columns import as_columns
from ..data.prepare import prepare, prepare_target
from ..data.split import split
from ..data.targets import encode
from ..engines import choose
from ..engines.protocol import Data
from ..errors import InputError, Notice, StateError, during
from ..maths.losses import Loss
from ..maths.passes import start_slots
from ..model.history import History
from ..model.model import Model
from ..model.plan import Plan
from ..model.state import Stopping, TrainingState, array_bytes, take_snapshot
from .callbacks import callback_hooks
from .hooks import Hook
from .loop import train
from .planning import Options, make_plan, same_optimizer
from .progress import progress_hooks
from .recording import DEFAULT_BUDGET, Recording, recorder
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
    classes = model.classes
    try:
        data, validation = training_data(model, examples, plan)
        hooks = looks_hooks(plan, looks, data, validation)
    except Exception:
        model.classes = classes
        raise
    notes = adopt_dtype(model, data)
    data, validation = as_dtype(data, model.dtype), validation and as_dtype(validation, model.dtype)
    notes += begin(model, plan)
    model.history = History(notes=notes)
    assert model.training is not None
    if looks.fingerprint or looks.record:
        model.training.fingerprint = fingerprint(data, validation, plan)
    remember_data(model, data)
    train(model, data, choice, hooks)
    return next((hook.recording for hook in hooks if hasattr(hook, "recording")), None)


def resume(model: Model, examples: Examples, looks: Looks) -> Recording | None:
    """Go on with the plan of the model's training state to its planned end, exactly as if it had never stopped."""
    state = model.training
    if state is None:
        raise StateError("this network was never trained, so there is nothing to resume", "", "net.fit(X, y)")
    choice = choose(looks.engine)
    data, validation = training_data(model, examples, state.plan)
    data, validation = as_dtype(data, model.dtype), validation and as_dtype(validation, model.dtype)
    if state.fingerprint and state.fingerprint != fingerprint(data, validation, state.plan):
        raise InputError(
            "this is not the data that the training began with (its fingerprint differs)",
            "the same X, y, sample_weight and validation, in the same order",
            "fit(X, y) to train on other data",
        )
    remember_data(model, data)
    hooks = looks_hooks(state.plan, looks, data, validation)
    if not state.finished:
        train(model, data, choice, hooks)
    return next((hook.recording for hook in hooks if hasattr(hook, "recording")), None)


def partial_fit(model: Model, examples: Examples, options: Options) -> None:
    """One update on one batch: all rows at once, going on from where training is."""
    plan = make_plan(model, options)
    data, _ = training_data(model, examples, plan, one_batch=True)
    model.history = History(notes=adopt_dtype(model, data) + begin(model, plan))
    data = as_dtype(data, model.dtype)
    model.data = data if array_bytes([data.X, data.Y]) <= SMALL else None
    train(model, data, choose("auto"), [])


def training_data(model: Model, examples: Examples, plan: Plan, one_batch: bool = False) -> tuple[Data, Data | None]:
    """Checked and prepared training data, and validation data if there is to be any. Learns `model.classes`."""
    data = encoded(model, examples.X, examples.y, examples.sample_weight, plan.loss, one_batch)
    if examples.class_weight is not None:
        by_class = class_weights(examples.class_weight, examples.y)
        data = replace(data, weights=by_class if data.weights is None else data.weights * by_class)
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
    """X and y as an engine takes them. Remembers the labels in `model.classes` where it had none."""
    x, single = prepared_inputs(model, X)
    last = model.layers[-1].activation
    raw = y if model.preprocessing is None else prepare_target(model.preprocessing, y)
    targets = encode(raw, loss, model.n_out, model.classes, last.bounds(), last.name, one_batch, single)
    same_length(len(x), len(targets.matrix))
    model.classes = targets.classes if model.classes is None else model.classes
    return Data(x, targets.matrix, as_weights(sample_weight, len(x)))


def prepared_inputs(model: Model, X: Any, say: bool = False) -> tuple[np.ndarray, bool]:
    """X as the first layer sees it (n, n_in), and whether it was one row in 1-D.

    With `say`, what preprocessing had to decide (an unseen category, a gap) is said as a `Notice`.
    """
    if model.preprocessing is None:
        return as_matrix(X, model.n_in)
    table = as_columns(X)
    matrix, notes = prepare(model.preprocessing, table)
    for note in notes if say else ():
        notice(note)
    return matrix, table.single


def adopt_dtype(model: Model, data: Data) -> list[str]:
    """With dtype=None a first fit on float32 data makes the network float32, and says so."""
    if model.dtype_chosen:
        return []
    model.dtype_chosen = True
    if data.X.dtype != np.float32:
        return []
    model.dtype = np.dtype(np.float32)
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


def looks_hooks(plan: Plan, looks: Looks, data: Data, validation: Data | None) -> list[Hook]:
    """All hooks in the order in which they look: measure, judge, record, tell, draw, save."""
    hooks = watching_hooks(plan, data, validation)
    recording = recorder(looks.record, plan.epochs, looks.record_memory)
    hooks += [recording] if recording is not None else []
    hooks += [BestEpoch()] if plan.early_stopping is not None else []
    return [*hooks, *callback_hooks(looks.callbacks), *progress_hooks(looks.progress), *looks.hooks]


def as_dtype(data: Data, dtype: np.dtype[Any]) -> Data:
    """The same data in the network's dtype; no copy where it already is."""
    weights = None if data.weights is None else np.ascontiguousarray(data.weights, dtype=dtype)
    return Data(np.ascontiguousarray(data.X, dtype=dtype), np.ascontiguousarray(data.Y, dtype=dtype), weights)


def remember_data(model: Model, data: Data) -> None:
    """Keep the mean of the inputs for explanations, and the data itself if it is small enough for a script."""
    model.baseline = data.X.mean(axis=0, dtype=np.float64)
    model.data = data if array_bytes([data.X, data.Y]) <= SMALL else None


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
