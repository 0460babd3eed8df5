"""`trace`: one forward and one backward pass with every number kept, and the update that training would make.

It runs the same pure functions as the NumPy engine on the same numbers and keeps what they return: what is shown is not
an imitation of the step but the step itself, bit for bit (dropout apart, which is traced as in prediction).

>>> from pellucid import Dense, Network
>>> net = Network(2, Dense(1, "sigmoid", weights=[[7.0], [3.0]], biases=[-5.0]))
>>> seen = net.trace([[1, 1]], [1], loss="half_squared_error", optimizer="sgd(learning_rate=1.0)")
>>> print(f"{seen.layers[0].z[0, 0]:.0f} -> {seen.layers[0].a[0, 0]:.8f}")
5 -> 0.99330715
>>> print(f"{seen.updated['dense_1.W'][0, 0]:.8f}")
7.00004449
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns import as_columns
from ..data.prepare import prepare, restore_target
from ..engines.numpy_engine import rate_at
from ..engines.protocol import Data
from ..errors import unknown_name
from ..maths import passes
from ..maths.losses import Loss
from ..maths.optimizers import Optimizer
from ..maths.penalties import clip_by_norm
from ..model.model import Model
from ..model.parameters import LayerArrays, copy_arrays
from ..model.plan import Plan
from ..model.preprocessing import Preprocessing
from ..model.state import TrainingState
from ..training.examples import Examples, as_dtype, prepared_inputs, training_data
from ..training.fitting import rehearse_own_parts
from ..training.planning import Options, make_plan, same_optimizer
from .names import input_names, output_names
from .render import Node, Shown
from .tracing.parts import LayerTrace, LossTrace, ParameterTrace, Preparation, Terms

if TYPE_CHECKING:
    from .formulas import Derivation

Backs = Sequence[passes.Back]


@dataclass(frozen=True, eq=False, repr=False)
class Trace(Shown):
    """Every number of one pass: print it, look into `layers`, ask `explain`, or write it as JSON.

    `x` is the prepared input (n, n_in), `y` the targets as the loss takes them (n, n_out), `output` the last layer's a,
    `prediction` the same in the target's units. `loss`, `terms` and everything backward is None without targets.
    `preparation` is step 0, None for a network without preprocessing. `inputs` and `outputs` name the columns of x and
    of the output.
    """

    layers: tuple[LayerTrace, ...]
    x: np.ndarray
    y: np.ndarray | None
    prediction: np.ndarray
    loss: LossTrace | None = None
    terms: Terms | None = None
    preparation: Preparation | None = None
    preprocessing: Preprocessing | None = None
    classes: tuple[Any, ...] | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, name: str) -> LayerTrace:
        found = {layer.name: layer for layer in self.layers}
        if name not in found:
            raise unknown_name("layer", name, found)
        return found[name]

    @property
    def output(self) -> np.ndarray:
        """What the last layer gives, (n, n_out)."""
        return self.layers[-1].a

    @property
    def updated(self) -> dict[str, np.ndarray]:
        """Every parameter as it would be after the step, by name ("dense_1.W"); empty without targets."""
        named = [(f"{layer.name}.{name}", p.updated) for layer in self.layers for name, p in layer.parameters.items()]
        return {name: array for name, array in named if array is not None}

    def explain(self, target: str, row: int = 0, digits: int = 6) -> Derivation:
        """Where one number comes from: its formulas, with symbols and with this network's values.

        `target` is a parameter's entry ("dense_1.W[0, 2]", "dense_1.b[2]"), its gradient's ("dense_1.dW[0, 2]",
        penalties included, before clipping), a unit's "dense_1.z[row, unit]" (so too
        .x, .a, .slope, .da, .dz), "dense_1[unit]" for the unit in the example `row`, "output[row, column]", "loss",
        or "loss[row]". Raises InputError or UnknownNameError for what is not there.
        """
        from .formulas import derive

        return derive(self, target, row=row, digits=digits)

    def tree(self) -> Node:
        """Readable tables of all of it; of many rows the first ones."""
        from .tracing.tables import tables

        return tables(self)

    def to_dict(self, rows: int | None = None) -> dict[str, Any]:
        """Everything as plain values that JSON can hold (see trace.schema.json); `rows` keeps the first examples
        only.
        """
        from .tracing.document import document

        return document(self, rows)

    def to_json(self, path: str | os.PathLike[str] | None = None, rows: int | None = None) -> str:
        """The same as JSON text, written to `path` if there is one. Numbers read back exactly."""
        from .tracing.document import write

        return write(self, path, rows)


def trace(
    model: Model,
    X: Any,
    y: Any = None,
    *,
    loss: str | Loss | None = None,
    optimizer: str | Optimizer | None = None,
    sample_weight: Any = None,
) -> Trace:
    """Run X forward and, where there are targets, back again, and keep every number. Changes nothing.

    All rows are one batch. Loss, optimizer, its memory, the step's number, learning rate, clipping and the rest are
    those of the present training state; `loss` and `optimizer` stand in for the plan's. A network that was never
    trained has the defaults of `fit`.
    """
    model = replace(model)  # the labels that targets teach stay in this copy
    x, _ = prepared_inputs(model, X)
    parameters = copy_arrays(model.used)
    if y is None:
        data = as_dtype(Data(x, x), model.dtype)
        went = _forward(model, parameters, data.X)
        layers = _layers(model, parameters, went, None, None, None)
        return _finish(model, X, data.X, layers, notes=_notes(model, x, None))
    plan = _plan(model, loss, optimizer)
    examples = Examples(X, y, sample_weight)
    data = as_dtype(training_data(model, examples, plan, one_batch=True)[0], model.dtype)
    rehearse_own_parts(model, plan, data)
    state = _state(model, plan, parameters)
    with np.errstate(all="ignore"):
        went = _forward(model, parameters, data.X)
        share = passes.shares(np, len(data), data.weights, plan.reduction)
        backs = passes.backward(np, model.layers, parameters, went, plan.loss, data.Y, share)
        found = _loss(model, parameters, went[-1], data, plan, share)
        terms, clipped, update = _step(model, parameters, backs, plan, state, found.data)
    layers = _layers(model, parameters, went, backs, clipped, (update, state))
    notes = _notes(model, x, plan, weighted=data.weights is not None)
    return _finish(model, X, data.X, layers, y=data.Y, loss=found, terms=terms, notes=notes)


def _plan(model: Model, loss: str | Loss | None, optimizer: str | Optimizer | None) -> Plan:
    """The last fit's plan with another loss or optimizer in it, or that of a first fit."""
    plan = make_plan(model, Options(loss=loss, optimizer=optimizer))
    if model.training is not None:
        plan = replace(model.training.plan, loss=plan.loss, optimizer=plan.optimizer)
    # No part of the rows is held out here, and some schedules divide by the number of epochs.
    return replace(plan, validation=0.0, epochs=max(1, plan.epochs))


def _state(model: Model, plan: Plan, parameters: list[LayerArrays]) -> TrainingState:
    """Where training stands: in the middle of a fit, at the start of the next one, or at the very first step."""
    old = model.training
    if old is None or not same_optimizer(old.plan.optimizer, plan.optimizer):
        return TrainingState(plan, model.seed, passes.start_slots(np, plan.optimizer, parameters))
    if old.epochs_left and not old.finished:
        return replace(old, plan=plan)
    return replace(old, plan=plan, fit_start=old.epoch, schedule={})


def _forward(model: Model, parameters: list[LayerArrays], x: np.ndarray) -> list[passes.Pass]:
    with np.errstate(all="ignore"):
        return passes.forward(np, model.layers, parameters, x)


def _step(
    model: Model, parameters: list[LayerArrays], backs: Backs, plan: Plan, state: TrainingState, loss: float
) -> tuple[Terms, list[LayerArrays], passes.Update]:
    """What the optimizer is given, what it makes of it, and on what terms."""
    rate = rate_at(state, state.epoch, 0.0)
    clipped = passes.full_gradients(np, model.layers, parameters, backs, plan.clip)
    norm = None
    if plan.clip is not None:
        full = passes.full_gradients(np, model.layers, parameters, backs)
        norm = float(clip_by_norm(np, [g for layer in full for g in layer.values()], plan.clip)[1])
    t = state.step + 1
    update = passes.update(
        np, model.layers, parameters, clipped, plan.optimizer, state.slots, t, rate, loss, state.seed
    )
    return Terms(plan, t, state.epoch, rate, norm), clipped, update


def _loss(
    model: Model, parameters: list[LayerArrays], last: passes.Pass, data: Data, plan: Plan, share: Any
) -> LossTrace:
    activation = model.layers[-1].activation
    each = passes.sample_losses(np, plan.loss, activation, last.z, last.a, data.Y)
    column = np.broadcast_to(np.asarray(share, dtype=data.X.dtype).reshape(-1), each.shape)
    return LossTrace(
        each=each,
        shares=np.array(column),
        data=float(passes.total_loss(np, each, share)),
        penalty=float(passes.penalties(np, model.layers, parameters)),
        from_logits=passes.takes_logits(plan.loss, activation) and plan.loss.logit_slope is not None,
    )


def _layers(
    model: Model,
    parameters: list[LayerArrays],
    went: Sequence[passes.Pass],
    backs: Backs | None,
    clipped: list[LayerArrays] | None,
    after: tuple[passes.Update, TrainingState] | None,
) -> tuple[LayerTrace, ...]:
    traced = []
    for k, (name, layer) in enumerate(zip(model.names, model.layers, strict=True)):
        here, p = went[k], parameters[k]
        if backs is None or clipped is None or after is None:
            seen = {key: ParameterTrace(value) for key, value in p.items()}
            traced.append(LayerTrace(name, layer, here.x, here.z, here.a, None, None, seen))
            continue
        update, state = after
        seen = {}
        for key, value in p.items():
            data = backs[k].gradients[key]
            with np.errstate(all="ignore"):
                penalty = passes.penalty_slopes(np, layer, p).get(key)
                gradient = data if penalty is None else data + penalty
            seen[key] = ParameterTrace(
                value,
                data,
                penalty,
                gradient,
                clipped[k][key],
                copy_arrays(state.slots[k][key]),
                update.lines[k][key],
                update.parameters[k][key],
            )
        traced.append(LayerTrace(name, layer, here.x, here.z, here.a, backs[k].da, backs[k].dz, seen))
    return tuple(traced)


def _finish(model: Model, X: Any, x: np.ndarray, layers: tuple[LayerTrace, ...], **more: Any) -> Trace:
    prediction = layers[-1].a
    if model.preprocessing is not None:
        prediction = restore_target(model.preprocessing, prediction)
    return Trace(
        layers,
        x,
        more.pop("y", None),
        prediction,
        preparation=_preparation(model.preprocessing, X) if model.preprocessing is not None else None,
        preprocessing=model.preprocessing,
        classes=model.classes,
        inputs=tuple(input_names(model)),
        outputs=tuple(output_names(model)),
        **more,
    )


def _preparation(preprocessing: Preprocessing, X: Any) -> Preparation:
    table = as_columns(X)
    by_name = preprocessing.named and table.named
    order = table.columns if by_name else preprocessing.names
    names = tuple(column.name for column in preprocessing.columns)
    return Preparation(
        columns=names,
        values=tuple(table.arrays[order.index(name)] for name in names),
        prepared_names=tuple(preprocessing.prepared_names),
        parts=tuple(part for _, part in preprocessing.groups),
        notes=tuple(prepare(preprocessing, X)[1]),
    )


def _notes(model: Model, x: np.ndarray, plan: Plan | None, weighted: bool = False) -> tuple[str, ...]:
    """What a reader must know before taking this for the engine's next step."""
    notes = []
    if any(layer.rule.noisy for layer in model.layers):
        notes.append(
            "Layers that draw random numbers (dropout) are traced as in prediction: nothing is dropped. While training "
            "some values are, so the numbers of a real step differ."
        )
    if plan is not None and plan.batch_size is not None and model.training is not None and len(x) > plan.batch_size:
        notes.append(f"All {len(x)} rows are one batch here; the plan trains on {plan.batch_size} rows at a time.")
    if not model.dtype_given and model.training is None and plan is not None and x.dtype == np.float32:
        notes.append(
            "These data are float32: a first fit would make the network float32 too. This trace is in float64."
        )
    if plan is not None and model.data is not None and model.data.weights is not None and not weighted:
        notes.append(
            "The last fit weighted its examples (sample_weight or class_weight) and here all count the same, so the "
            "numbers of its steps differ: trace(X, y, sample_weight=...) takes the weights too."
        )
    return tuple(notes)
