"""Hooks that measure: metrics and validation each epoch, early stopping, and the plateau schedule's memory."""

from __future__ import annotations

import math

import numpy as np

from ..engines.protocol import Data
from ..maths import passes
from ..model.parameters import copy_arrays
from ..model.plan import EarlyStopping, Plan
from .hooks import Hook, View


class EveryEpoch(Hook):
    """A hook that looks after each epoch."""

    def next(self, done: int) -> int:
        """The next one."""
        return done + 1


def measure(view: View, data: Data) -> tuple[float, dict[str, float]]:
    """The data loss and the plan's metrics on some data, with the parameters as they are now."""
    plan, layers = view.state.plan, view.model.layers
    with np.errstate(all="ignore"):
        went = passes.forward(np, layers, view.model.parameters.by_layer, data.X)
        z, a = went[-1].z, went[-1].a
        losses = passes.sample_losses(np, plan.loss, layers[-1].activation, z, a, data.Y)
        share = passes.shares(np, len(data), data.weights, plan.reduction)
        loss = float(passes.total_loss(np, losses, share))
        metrics = {metric.name: float(metric.run(np, a, data.Y, data.weights)) for metric in plan.metrics}
    return loss, metrics


class Measuring(EveryEpoch):
    """Writes the training metrics and the validation loss and metrics into the history, after each epoch."""

    def __init__(self, data: Data, validation: Data | None) -> None:
        self.data, self.validation = data, validation

    def look(self, view: View) -> None:
        """Measure what was asked for."""
        history = view.history
        if view.state.plan.metrics:
            for name, value in measure(view, self.data)[1].items():
                history.metrics.setdefault(name, []).append(value)
        if self.validation is not None:
            loss, metrics = measure(view, self.validation)
            history.validation_loss.append(loss)
            for name, value in metrics.items():
                history.validation_metrics.setdefault(name, []).append(value)


def watched_loss(view: View) -> float:
    """The validation loss where there is one, else the training loss."""
    history = view.history
    return (history.validation_loss or history.loss)[-1]


class Plateau(EveryEpoch):
    """Lets a schedule with a memory ("plateau") see the watched loss."""

    def look(self, view: View) -> None:
        """Pass the loss on."""
        view.state.schedule = view.state.plan.schedule.remember(view.state.schedule, watched_loss(view))


class Stopper(EveryEpoch):
    """Early stopping: remembers the best epoch, and stops when it is too long ago."""

    def __init__(self, rule: EarlyStopping) -> None:
        self.rule = rule

    def look(self, view: View) -> None:
        """Compare this epoch with the best one."""
        stopping, value = view.state.stopping, watched_loss(view)
        if math.isfinite(value) and value < stopping.best - self.rule.min_delta:
            stopping.best, stopping.epoch = value, view.state.epoch
            if self.rule.restore_best:
                stopping.parameters = copy_arrays(view.model.parameters.by_layer)
        elif view.state.epoch - max(stopping.epoch, view.state.fit_start) >= self.rule.patience:
            view.stop("early stopping")


class BestEpoch(Hook):
    """At the end of a training with early stopping: says which epoch was best and puts its parameters back."""

    def end(self, view: View) -> None:
        """Put the best parameters back, unless the training broke off."""
        stopping = view.state.stopping
        if stopping.epoch >= 0:
            view.history.best_epoch = stopping.epoch - view.state.fit_start - 1
        if stopping.parameters is not None and view.finished:
            view.model.parameters.replace(copy_arrays(stopping.parameters))


def watching_hooks(plan: Plan, data: Data, validation: Data | None) -> list[Hook]:
    """The hooks that this plan needs, in the order in which they must look."""
    hooks: list[Hook] = []
    if plan.metrics or validation is not None:
        hooks.append(Measuring(data, validation))
    if plan.schedule.observe is not None:
        hooks.append(Plateau())
    if plan.early_stopping is not None:
        hooks.append(Stopper(plan.early_stopping))
    return hooks
