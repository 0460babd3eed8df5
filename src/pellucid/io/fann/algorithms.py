"""FANN's training settings as the optimizer of a plan, and back.

    INCREMENTAL  sgd, one row at a time (fit with batch_size=1, shuffle=False)
    BATCH        sgd on all rows (batch_size=None)
    RPROP        rprop, QUICKPROP quickprop, SARPROP sarprop, on all rows

FANN's gradient is that of half the squared error, so that is the loss, with its learning rates as they are. What
pellucid has no name for (the tanh error function, stop function, the cascade's numbers) is not kept.
"""

from __future__ import annotations

import numpy as np

from ...errors import PellucidError
from ...maths.losses import losses
from ...maths.optimizers import Optimizer, optimizers
from ...maths.passes import start_slots
from ...maths.schedules import schedules
from ...model.model import Model
from ...model.plan import Plan
from ...model.state import TrainingState
from .structure import BATCH, INCREMENTAL, QUICKPROP, RPROP, Settings, float32

# An optimizer's options by the names of FANN's settings.
RPROP_OPTIONS = {
    "initial_step": "rprop_delta_zero",
    "grow": "rprop_increase_factor",
    "shrink": "rprop_decrease_factor",
    "smallest": "rprop_delta_min",
    "largest": "rprop_delta_max",
}


def training_of(settings: Settings, model: Model) -> TrainingState | None:
    """A training state that has not begun: fit goes on with this loss and optimizer unless told otherwise.

    None where the numbers are none that an optimizer here takes.
    """
    try:
        optimizer = _optimizer(settings)
    except PellucidError:
        return None
    incremental = settings.training_algorithm == INCREMENTAL
    plan = Plan(
        loss=losses.half_squared_error,
        optimizer=optimizer,
        schedule=schedules.constant,
        epochs=0,
        batch_size=1 if incremental else None,
        shuffle=False,
    )
    slots = start_slots(np, optimizer, model.parameters.by_layer)
    return TrainingState(plan, model.seed, slots, finished=True)


def settings_of(model: Model) -> Settings:
    """FANN's settings for the optimizer of the last fit; the defaults where FANN has no such algorithm."""
    settings = Settings()
    if model.training is None:
        return settings
    plan = model.training.plan
    options, name = plan.optimizer.options, plan.optimizer.name
    if name == "sgd":
        settings.training_algorithm = INCREMENTAL if plan.batch_size == 1 else BATCH
        settings.learning_rate = float32(options["learning_rate"])
        settings.learning_momentum = float32(options["momentum"])
    elif name == "quickprop":
        settings.training_algorithm = QUICKPROP
        settings.learning_rate = float32(options["learning_rate"])
        settings.quickprop_mu, settings.quickprop_decay = float32(options["growth"]), -float32(options["weight_decay"])
    elif name == "rprop":
        settings.training_algorithm = RPROP
        for option, key in RPROP_OPTIONS.items():
            setattr(settings, key, float32(options[option]))
    return settings


def _optimizer(settings: Settings) -> Optimizer:
    if settings.training_algorithm == INCREMENTAL:
        return optimizers.sgd(learning_rate=settings.learning_rate, momentum=settings.learning_momentum)
    if settings.training_algorithm == BATCH:
        return optimizers.sgd(learning_rate=settings.learning_rate)
    if settings.training_algorithm == QUICKPROP:
        decay = -settings.quickprop_decay
        return optimizers.quickprop(
            learning_rate=settings.learning_rate, growth=settings.quickprop_mu, weight_decay=decay
        )
    return optimizers.rprop(**{option: getattr(settings, key) for option, key in RPROP_OPTIONS.items()})
