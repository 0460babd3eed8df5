"""From a recorded moment back to a model that stands there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import StateError
from ..maths.passes import start_slots
from ..model.history import History
from ..model.model import Model
from ..model.parameters import Parameters, copy_arrays
from ..model.state import Snapshot, Stopping
from .examples import notice


def rewound(model: Model, moment: Snapshot) -> Model:
    """A copy of `model` as it was at `moment`, its history cut to the epochs before.

    A moment without slots starts the optimizer afresh, at step 0, and says so.
    """
    state = model.training
    if state is None:
        raise StateError("this network has no training to rewind", "", "net.fit(X, y, record=True)")
    parameters = Parameters(model.names, moment.parameters)
    stopping = Stopping(moment.stopping.best, moment.stopping.epoch, copy_arrays(moment.stopping.parameters))
    slots, step = copy_arrays(moment.slots), moment.step
    notes = []
    if moment.slots is None:
        slots, step = start_slots(np, state.plan.optimizer, parameters.by_layer), 0
        notes = [notice("this moment was recorded without the optimizer's memory: resuming restarts the optimizer")]
    then = replace(
        state,
        slots=slots,
        step=step,
        epoch=moment.epoch,
        schedule=dict(moment.schedule),
        stopping=stopping,
        finished=False,
    )
    history = cut(model.history, moment.epoch - state.fit_start)
    history.notes += notes
    return replace(model, parameters=parameters, training=then, history=history)


def cut(history: History, epochs: int) -> History:
    """The first epochs of a history."""
    return History(
        loss=history.loss[:epochs],
        data_loss=history.data_loss[:epochs],
        penalty=history.penalty[:epochs],
        validation_loss=history.validation_loss[:epochs],
        metrics={name: values[:epochs] for name, values in history.metrics.items()},
        validation_metrics={name: values[:epochs] for name, values in history.validation_metrics.items()},
        learning_rate=history.learning_rate[:epochs],
        seconds=history.seconds[:epochs],
        engine=history.engine,
        notes=list(history.notes),
    )
