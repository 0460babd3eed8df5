"""Callbacks: any function of one `EpochReport`, called after each epoch (or every so many).

>>> def stop_at_01(report):
...     if report.loss < 0.1:
...         report.stop("the loss is below 0.1")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError
from ..model.layers import whole_number
from ..model.parameters import Parameters
from .hooks import Hook, View


@dataclass(frozen=True)
class EpochReport:
    """What a callback receives. `epoch` counts the epochs of this fit from 1; losses and metrics are of that epoch.

    `validation_loss` is None and `metrics` are empty where none were asked for. `parameters` are the live ones, to be
    read. `stop(reason)` ends the training after this epoch; the reason stands in `history.stopped`.
    """

    epoch: int
    epochs: int
    loss: float
    data_loss: float
    penalty: float
    validation_loss: float | None
    metrics: dict[str, float]
    validation_metrics: dict[str, float]
    learning_rate: float
    seconds: float
    parameters: Parameters = field(repr=False)
    stop: Callable[[str], None] = field(repr=False)


def report_of(view: View) -> EpochReport:
    """The report of the epoch that was just trained."""
    history = view.history
    return EpochReport(
        epoch=view.done,
        epochs=view.state.plan.epochs,
        loss=history.loss[-1],
        data_loss=history.data_loss[-1],
        penalty=history.penalty[-1],
        validation_loss=history.validation_loss[-1] if history.validation_loss else None,
        metrics={name: values[-1] for name, values in history.metrics.items()},
        validation_metrics={name: values[-1] for name, values in history.validation_metrics.items()},
        learning_rate=history.learning_rate[-1],
        seconds=history.seconds[-1],
        parameters=view.model.parameters,
        stop=view.stop,
    )


class CallbackHook(Hook):
    """Calls the user's function every `every` epochs, and after the last one."""

    def __init__(self, function: Callable[[EpochReport], Any], every: int) -> None:
        self.function, self.every = function, every
        self._seen = -1

    def next(self, done: int) -> int:
        """The next multiple of `every`."""
        return (done // self.every + 1) * self.every

    def look(self, view: View) -> None:
        """Hand over the report."""
        self._seen = view.done
        self.function(report_of(view))

    def end(self, view: View) -> None:
        """The last epoch is always seen, unless the training broke off."""
        if view.finished and view.done > 0 and self._seen != view.done:
            self.look(view)


def callback_hooks(callbacks: Any) -> list[Hook]:
    """Hooks for what the user passed: a function, a pair (every, function), or a list of these."""
    pair = isinstance(callbacks, tuple) and len(callbacks) == 2 and not callable(callbacks[0])
    if callable(callbacks) or pair or not np.iterable(callbacks):
        callbacks = [] if callbacks is None else [callbacks]
    hooks: list[Hook] = []
    for item in callbacks:
        every, function = item if isinstance(item, tuple) and len(item) == 2 else (1, item)
        if not callable(function):
            raise InputError(
                f"callbacks contains {item!r}",
                "functions of one EpochReport, or pairs (every, function)",
                "callbacks=[lambda report: print(report.epoch, report.loss)]",
            )
        hooks.append(CallbackHook(function, whole_number("every", every, 1, "callbacks=[(100, function)]")))
    return hooks
