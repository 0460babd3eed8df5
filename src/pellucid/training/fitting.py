"""`fit` and `resume` on a model: check and prepare the data, set up the state and the hooks, run the loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engines import Wish, choose, wish
from ..engines.protocol import Data
from ..errors import InputError, StateError
from ..maths.passes import start_slots
from ..maths.rehearsal import rehearse
from ..model.history import History
from ..model.model import Model
from ..model.plan import Plan
from ..model.state import Stopping, TrainingState, array_bytes, take_snapshot
from .callbacks import callback_hooks
from .examples import (
    Examples,
    as_dtype,
    fingerprint,
    known_classes,
    nothing_learnt,
    notice,
    small,
    training_data,
)
from .hooks import Hook
from .loop import train
from .planning import Options, make_plan, same_optimizer, with_labels
from .progress import progress_hooks
from .recording import DEFAULT_BUDGET, Recorder, Recording, recorder
from .watching import BestEpoch, watching_hooks


@dataclass(frozen=True)
class Looks:
    """What a user may tell `fit` about looking at the training; it changes nothing in the result."""

    callbacks: Any = None
    record: Any = None
    record_memory: int = DEFAULT_BUDGET
    progress: bool | None = None
    engine: Any = "auto"
    threads: Any = None
    hooks: Sequence[Hook] = ()
    fingerprint: bool = False


def fit(model: Model, examples: Examples, options: Options, looks: Looks) -> Recording | None:
    """Train the model in place; `model.history` is that of this fit. Returns the recording if one was asked for."""
    wanted = wish(looks.engine, looks.threads)
    plan = make_plan(model, options)
    check_parameters(model)
    with nothing_learnt(model):
        data, validation = training_data(model, examples, plan)
        plan = with_labels(model, plan)
        hooks = looks_hooks(model, plan, looks, data, validation)
        dtype = fitting_dtype(model, data)
        data, validation = as_dtype(data, dtype), validation and as_dtype(validation, dtype)
        rehearse_own_parts(model, plan, data)
        choice = choose(wanted, model.n_in, model.layers, plan, len(data))
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
    wanted = wish(looks.engine, looks.threads)
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
    choice = choose(wanted, model.n_in, model.layers, state.plan, len(data))
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
        choice = choose(Wish(), model.n_in, model.layers, plan, len(data))
    model.history = History(notes=adopt_dtype(model, dtype) + begin(model, plan))
    model.data = small(data)
    train(model, data, choice, [])


def check_parameters(model: Model) -> None:
    """Refuse to train on from a number that is not finite (edited in place, say)."""
    for name, array in model.parameters.items():
        if not np.isfinite(array).all():
            place = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
            instead = f"parameters[{name!r}]{place} = 0.0"
            raise InputError(f"{name}{place} is {array[tuple(place)]}", "finite parameters", instead)


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
        if old is not None and old.step:
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


def remember_data(model: Model, data: Data) -> None:
    """Keep the mean of the inputs for explanations, and the data itself if it is small enough for a script."""
    model.baseline = data.X.mean(axis=0, dtype=np.float64)
    model.data = small(data)
