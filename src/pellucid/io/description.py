"""A model as plain values and named arrays, and back: what every file of pellucid's own holds.

`describe` gives a description that JSON can hold (no NaN, no infinity, no functions: records are named, see `records`)
and the arrays by name:

    parameters.dense_1.W             the parameters
    slots.dense_1.W.mean             the optimizer's memory
    stopping.dense_1.W               the parameters of early stopping's best epoch
    origin.parameters.dense_1.W ...  the same three at the moment where the last fit started
    baseline                         the mean of the training inputs
    history.loss ...                 the course of the last fit, float64

`rebuild` puts the model together again; training goes on from it bit for bit as it would have from the first one. An
infinite `stopping.best` (nothing watched yet) is null in the description. The training data are no part of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import FileFormatError, PellucidError
from ..model.history import History
from ..model.layers import Layer, inputs, layer_names
from ..model.model import Model
from ..model.parameters import LayerArrays, Parameters
from ..model.plan import EarlyStopping, Plan
from ..model.preprocessing import Preprocessing
from ..model.state import Slots, Snapshot, Stopping, TrainingState
from .records import Records, describe_record, plain, value_of

Arrays = dict[str, np.ndarray]
Plain = dict[str, Any]

SERIES = ("loss", "data_loss", "penalty", "validation_loss", "learning_rate", "seconds")
SERIES_BY_METRIC = ("metrics", "validation_metrics")


def describe(model: Model) -> tuple[Plain, Arrays]:
    """The model's description and its arrays by name; the arrays are the model's own, not copies."""
    arrays: Arrays = {}
    _put(arrays, "parameters", model.names, model.parameters.by_layer)
    if model.baseline is not None:
        arrays["baseline"] = model.baseline
    description = {
        "n_in": model.n_in,
        "layers": [_describe_layer(layer) for layer in model.layers],
        "seed": model.seed,
        "dtype": model.dtype.name,
        "dtype_given": model.dtype_given,
        "seeded": model.seeded,
        "columns": None if model.columns is None else list(model.columns),
        "preprocessing": None if model.preprocessing is None else model.preprocessing.to_dict(),
        "classes": None if model.classes is None else plain(tuple(model.classes), "a class label"),
        "baseline": model.baseline is not None,
        "training": None if model.training is None else _describe_state(model.training, model.names, arrays),
        "history": _describe_history(model.history, arrays),
    }
    return description, arrays


def rebuild(description: Plain, arrays: Mapping[str, np.ndarray], custom: Iterable[Any] = ()) -> Model:
    """The model that was described. `custom` holds the user's own records.

    Raises InputError where a record is missing from `custom`, FileFormatError where description and arrays do not make
    a model.
    """
    records = Records(custom)
    try:
        records.check(_named_records(description))
        return _Rebuilding(description, arrays, records).model()
    except PellucidError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, AssertionError) as error:
        raise FileFormatError(
            f"the description of the network is incomplete or of the wrong form ({type(error).__name__}: {error})"
        ) from None


def _describe_layer(layer: Layer) -> Plain:
    return {
        "rule": describe_record("layer", layer.rule),
        "units": layer.units,
        "activation": describe_record("activation", layer.activation),
        "init": [[name, describe_record("initializer", initializer)] for name, initializer in layer.init],
        "l1": layer.l1,
        "l2": layer.l2,
        "max_norm": layer.max_norm,
        "sees": layer.sees,
    }


def _describe_plan(plan: Plan) -> Plain:
    stopping = plan.early_stopping
    return {
        "loss": describe_record("loss", plan.loss),
        "optimizer": describe_record("optimizer", plan.optimizer),
        "schedule": describe_record("schedule", plan.schedule),
        "epochs": plan.epochs,
        "batch_size": plan.batch_size,
        "shuffle": plan.shuffle,
        "reduction": plan.reduction,
        "clip": plan.clip,
        "metrics": [describe_record("metric", metric) for metric in plan.metrics],
        "early_stopping": None if stopping is None else dict(vars(stopping)),
        "validation": plan.validation,
    }


def _describe_state(state: TrainingState, names: list[str], arrays: Arrays) -> Plain:
    _put_slots(arrays, "slots", names, state.slots)
    origin = state.origin
    return {
        "plan": _describe_plan(state.plan),
        "seed": state.seed,
        "step": state.step,
        "epoch": state.epoch,
        "fit_start": state.fit_start,
        "schedule": plain(state.schedule, "the schedule's memory"),
        "stopping": _describe_stopping(state.stopping, "stopping", names, arrays),
        "origin": None if origin is None else _describe_snapshot(origin, names, arrays),
        "fingerprint": state.fingerprint,
        "finished": state.finished,
    }


def _describe_stopping(stopping: Stopping, prefix: str, names: list[str], arrays: Arrays) -> Plain:
    if stopping.parameters is not None:
        _put(arrays, prefix, names, stopping.parameters)
    return {
        "best": stopping.best if math.isfinite(stopping.best) else None,
        "epoch": stopping.epoch,
        "parameters": stopping.parameters is not None,
    }


def _describe_snapshot(moment: Snapshot, names: list[str], arrays: Arrays) -> Plain:
    _put(arrays, "origin.parameters", names, moment.parameters)
    if moment.slots is not None:
        _put_slots(arrays, "origin.slots", names, moment.slots)
    return {
        "epoch": moment.epoch,
        "step": moment.step,
        "slots": moment.slots is not None,
        "schedule": plain(moment.schedule, "the schedule's memory"),
        "stopping": _describe_stopping(moment.stopping, "origin.stopping", names, arrays),
    }


def _describe_history(history: History, arrays: Arrays) -> Plain:
    for name in SERIES:
        arrays[f"history.{name}"] = np.array(getattr(history, name), dtype=np.float64)
    for group in SERIES_BY_METRIC:
        for name, values in getattr(history, group).items():
            arrays[f"history.{group}.{name}"] = np.array(values, dtype=np.float64)
    return {
        **{group: list(getattr(history, group)) for group in SERIES_BY_METRIC},
        "best_epoch": history.best_epoch,
        "stopped": history.stopped,
        "engine": history.engine,
        "notes": list(history.notes),
    }


def _put(arrays: Arrays, prefix: str, names: list[str], by_layer: list[LayerArrays]) -> None:
    for layer, of_layer in zip(names, by_layer, strict=True):
        for name, array in of_layer.items():
            arrays[f"{prefix}.{layer}.{name}"] = array


def _put_slots(arrays: Arrays, prefix: str, names: list[str], slots: Slots) -> None:
    for layer, of_layer in zip(names, slots, strict=True):
        for name, of_parameter in of_layer.items():
            for slot, array in of_parameter.items():
                arrays[f"{prefix}.{layer}.{name}.{slot}"] = array


def _named_records(tree: Any) -> Iterator[Plain]:
    """Every record that is named anywhere in a description."""
    if isinstance(tree, dict) and {"kind", "name", "own", "values"} == set(tree):
        yield tree
        yield from _named_records(tree["values"])
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _named_records(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _named_records(value)


class _Rebuilding:
    """One model being put together; every array is taken out once, and none may be left over."""

    def __init__(self, description: Plain, arrays: Mapping[str, np.ndarray], records: Records) -> None:
        self.description, self.arrays, self.records = description, dict(arrays), records
        self.layers = tuple(self._layer(layer) for layer in description["layers"])
        self.names = layer_names(self.layers)
        taken = inputs(description["n_in"], self.layers)
        self.shapes = [layer.shapes(n) for layer, n in zip(self.layers, taken, strict=True)]

    def model(self) -> Model:
        given = self.description
        parameters = self._by_layer("parameters")
        classes, preprocessing = given["classes"], given["preprocessing"]
        model = Model(
            given["n_in"],
            self.layers,
            Parameters(self.names, parameters),
            given["seed"],
            np.dtype(given["dtype"]),
            dtype_given=given["dtype_given"],
            seeded=given["seeded"],
            columns=None if given["columns"] is None else tuple(given["columns"]),
            preprocessing=None if preprocessing is None else Preprocessing.from_dict(preprocessing),
            classes=None if classes is None else value_of(classes),
            baseline=self._take("baseline", (given["n_in"],)) if given["baseline"] else None,
            training=None if given["training"] is None else self._state(given["training"]),
            history=self._history(given["history"]),
        )
        if self.arrays:
            raise FileFormatError(f"the tensor {min(self.arrays)!r} belongs to nothing in this network")
        return model

    def _layer(self, given: Plain) -> Layer:
        get = self.records.get
        init = tuple((name, get(initializer)) for name, initializer in given["init"])
        return Layer(
            get(given["rule"]),
            given["units"],
            get(given["activation"]),
            init,
            given["l1"],
            given["l2"],
            given["max_norm"],
            given.get("sees", "previous"),  # files from before layers could see all have none
        )

    def _plan(self, given: Plain) -> Plan:
        get, stopping = self.records.get, given["early_stopping"]
        changed = {
            "loss": get(given["loss"]),
            "optimizer": get(given["optimizer"]),
            "schedule": get(given["schedule"]),
            "metrics": tuple(get(metric) for metric in given["metrics"]),
            "early_stopping": None if stopping is None else EarlyStopping(**stopping),
        }
        return Plan(**{**given, **changed})

    def _state(self, given: Plain) -> TrainingState:
        plan = self._plan(given["plan"])
        names = [name for name, _ in plan.optimizer.slots]
        origin = given["origin"]
        changed = {
            "plan": plan,
            "slots": self._slots("slots", names),
            "schedule": value_of(given["schedule"]),
            "stopping": self._stopping(given["stopping"], "stopping"),
            "origin": None if origin is None else self._snapshot(origin, names),
        }
        return TrainingState(**{**given, **changed})

    def _snapshot(self, given: Plain, names: list[str]) -> Snapshot:
        return Snapshot(
            epoch=given["epoch"],
            step=given["step"],
            parameters=self._by_layer("origin.parameters"),
            slots=self._slots("origin.slots", names) if given["slots"] else None,
            schedule=value_of(given["schedule"]),
            stopping=self._stopping(given["stopping"], "origin.stopping"),
        )

    def _stopping(self, given: Plain, prefix: str) -> Stopping:
        best = math.inf if given["best"] is None else given["best"]
        return Stopping(best, given["epoch"], self._by_layer(prefix) if given["parameters"] else None)

    def _history(self, given: Plain) -> History:
        series: dict[str, Any] = {name: self._series(f"history.{name}") for name in SERIES}
        for group in SERIES_BY_METRIC:
            series[group] = {name: self._series(f"history.{group}.{name}") for name in given[group]}
        return History(**{**given, **series})

    def _series(self, name: str) -> list[float]:
        return self._take(name, None).tolist()

    def _by_layer(self, prefix: str) -> list[LayerArrays]:
        return self._each(lambda layer, name, shape: self._take(f"{prefix}.{layer}.{name}", shape))

    def _slots(self, prefix: str, names: list[str]) -> Slots:
        return self._each(
            lambda layer, name, shape: {slot: self._take(f"{prefix}.{layer}.{name}.{slot}", shape) for slot in names}
        )

    def _each(self, of: Callable[[str, str, tuple[int, ...]], Any]) -> list[dict[str, Any]]:
        return [
            {name: of(layer, name, shape) for name, shape in shapes.items()}
            for layer, shapes in zip(self.names, self.shapes, strict=True)
        ]

    def _take(self, name: str, shape: tuple[int, ...] | None) -> np.ndarray:
        if name not in self.arrays:
            raise FileFormatError(f"the tensor {name!r} is missing")
        array = self.arrays.pop(name)
        if shape is not None and array.shape != tuple(shape):
            raise FileFormatError(f"the tensor {name!r} has shape {array.shape}", f"{tuple(shape)}, as the layers say")
        return np.array(array, order="C")
