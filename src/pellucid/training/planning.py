"""From what `fit` was told to a `Plan`: names become records, open choices are made, impossible ones refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data.targets import many_labels, middle
from ..errors import InputError
from ..maths.losses import Loss, check_pair, default_loss, losses
from ..maths.metrics import Metric, accuracy
from ..maths.metrics import metrics as metric_table
from ..maths.optimizers import Optimizer, optimizers
from ..maths.schedules import Schedule, schedules
from ..model.layers import layer_names, real_number, whole_number
from ..model.model import Model
from ..model.plan import EarlyStopping, Plan


@dataclass(frozen=True)
class Options:
    """What a user may tell `fit` about the plan; see `Network.fit`."""

    loss: str | Loss | None = None
    optimizer: str | Optimizer | None = None
    learning_rate: float | None = None
    schedule: str | Schedule = "constant"
    epochs: int = 100
    batch_size: int | None = 32
    shuffle: bool = True
    reduction: str = "mean"
    clip: float | None = None
    metrics: str | Metric | Iterable[str | Metric] = ()
    early_stopping: bool | int | EarlyStopping | None = None
    validation: Any = None


def make_plan(model: Model, options: Options) -> Plan:
    """The plan for this network; every refusal is before the first step.

    A loss or optimizer that is not named is that of the last fit; the first time, the loss that suits the output's
    activation, and Adam.
    """
    last = model.training.plan if model.training is not None else None
    usual = last.loss if last else default_loss(model.layers[-1].activation)
    loss = losses.resolve(usual if options.loss is None else options.loss)
    check_trainable(model, loss)
    optimizer = _optimizer(options, last)
    schedule = schedules.resolve(options.schedule)
    if schedule.name != "constant" and not optimizer.has_learning_rate:
        raise InputError(f"a {schedule.name} schedule for {optimizer.name}", f"{optimizer.name} has no learning rate")
    if options.reduction not in ("mean", "sum"):
        raise InputError(f"reduction={options.reduction!r}", '"mean" or "sum"', 'reduction="mean"')
    return Plan(
        loss=loss,
        optimizer=optimizer,
        schedule=schedule,
        epochs=whole_number("epochs", options.epochs, 0, "epochs=100"),
        batch_size=None
        if options.batch_size is None
        else whole_number("batch_size", options.batch_size, 1, "batch_size=32, or None for all rows at once"),
        shuffle=_yes_or_no("shuffle", options.shuffle),
        reduction=options.reduction,
        clip=_positive("clip", options.clip),
        metrics=_metrics(model, options.metrics),
        early_stopping=_early_stopping(options.early_stopping),
        validation=_share(options.validation),
    )


def check_trainable(model: Model, loss: Loss) -> None:
    """Refuse activations that send no gradient back, and a loss that does not go with the output."""
    for name, layer in zip(layer_names(model.layers), model.layers, strict=True):
        if why := layer.activation.refused():
            raise InputError(
                f"{name} cannot be trained through its activation {layer.activation.name}: {why}",
                "an activation with a slope",
                'activation="sigmoid"',
            )
    check_pair(loss, model.layers[-1].activation)


def same_optimizer(a: Optimizer, b: Optimizer) -> bool:
    """Whether the second can go on from the first's memory: all but the learning rate is equal."""
    without = [{k: v for k, v in o.values if k != "learning_rate"} for o in (a, b)]
    return a.name == b.name and a.update is b.update and without[0] == without[1]


def _optimizer(options: Options, last: Plan | None) -> Optimizer:
    chosen = options.optimizer if options.optimizer is not None else (last.optimizer if last else "adam")
    optimizer = optimizers.resolve(chosen)
    return optimizer if options.learning_rate is None else optimizer(learning_rate=options.learning_rate)


def _metrics(model: Model, chosen: Any) -> tuple[Metric, ...]:
    listed = [chosen] if isinstance(chosen, (str, Metric)) else chosen
    if not isinstance(listed, (list, tuple, set)):
        raise InputError(f"metrics={chosen!r}", "a metric's name, or a list of them", 'metrics=["accuracy"]')
    return tuple(_metric(model, metric) for metric in listed)


def _yes_or_no(name: str, value: Any) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise InputError(f"{name}={value!r}", "True or False", f"{name}=True")


def with_labels(model: Model, plan: Plan) -> Plan:
    """The plan once the data are known: accuracy counts each label where the rows of y may have many."""
    if not many_labels(plan.loss, model.n_out, model.classes):
        return plan
    counted = tuple(m(many_labels=True) if m.forward is accuracy else m for m in plan.metrics)
    return replace(plan, metrics=counted)


def _metric(model: Model, chosen: str | Metric) -> Metric:
    """A metric by name; plain "accuracy" divides an output column where `classify` does."""
    if chosen == "accuracy":
        return metric_table.accuracy(threshold=middle(model.layers[-1].activation.bounds()))
    return metric_table.resolve(chosen)


def _early_stopping(choice: Any) -> EarlyStopping | None:
    if choice is None or choice is False:
        return None
    if choice is True:
        return EarlyStopping()
    if isinstance(choice, EarlyStopping):
        return choice
    return EarlyStopping(patience=whole_number("early_stopping", choice, 1, "early_stopping=20"))


def _positive(name: str, value: Any) -> float | None:
    if value is None:
        return None
    number = real_number(value)
    if number is not None and number > 0:
        return number
    raise InputError(f"{name}={value!r}", "a finite number above 0, or None", f"{name}=1.0")


def _share(validation: Any) -> float:
    """The share of rows to hold out; 0 where the user gave the validation data, or none."""
    if validation is None or isinstance(validation, (tuple, list)):
        return 0.0
    share = real_number(validation)
    if share is not None and 0 < share < 1:
        return share
    raise InputError(f"validation={validation!r}", "a share between 0 and 1, or a pair (X, y)", "validation=0.2")
