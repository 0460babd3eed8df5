"""FANN's training settings as the optimizer of a plan, and back.

    INCREMENTAL  sgd, one row at a time (fit with batch_size=1, shuffle=False)
    BATCH        sgd on all rows (batch_size=None)
    RPROP        rprop, QUICKPROP quickprop, SARPROP sarprop, on all rows

FANN's gradient is that of half the squared error, so that is the loss, with its learning rates as they are. What
pellucid has no name for (the tanh error function, stop function, the cascade's numbers) is not kept.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import PellucidError
from ...maths.losses import losses
from ...maths.optimizers import Optimizer, optimizers
from ...maths.passes import start_slots
from ...maths.schedules import schedules
from ...model.model import Model
from ...model.plan import Plan
from ...model.state import TrainingState
from .structure import BATCH, INCREMENTAL, QUICKPROP, RPROP, SARPROP, Settings, float32

# Options of rprop and sarprop, and of sarprop, by the names of FANN's settings; the last are powers of two.
STEP_SIZES = {
    "initial_step": "rprop_delta_zero",
    "grow": "rprop_increase_factor",
    "shrink": "rprop_decrease_factor",
    "smallest": "rprop_delta_min",
    "largest": "rprop_delta_max",
}
ANNEALING = {"temperature": "sarprop_temperature", "threshold": "sarprop_step_error_threshold_factor"}
SHIFTS = {"weight_decay": "sarprop_weight_decay_shift", "noise_scale": "sarprop_step_error_shift"}
NO_SHIFT = -1000.0  # 2 to this is nothing


def training_of(settings: Settings, model: Model) -> TrainingState | None:
    """A training state that has not begun: fit goes on with this loss and optimizer unless told otherwise.

    None where the numbers are none that an optimizer here takes.
    """
    try:
        optimizer = _optimizer(settings)
    except (PellucidError, OverflowError):
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
    if model.training is None:
        return Settings()
    plan = model.training.plan
    options, name = plan.optimizer.options, plan.optimizer.name
    chosen: dict[str, Any] = {}
    if name == "sgd":
        chosen["training_algorithm"] = INCREMENTAL if plan.batch_size == 1 else BATCH
        chosen |= {"learning_rate": options["learning_rate"], "learning_momentum": options["momentum"]}
    elif name == "quickprop":
        chosen["training_algorithm"] = QUICKPROP
        chosen |= {"learning_rate": options["learning_rate"], "quickprop_mu": options["growth"]}
        chosen["quickprop_decay"] = -options["weight_decay"]
    elif name in ("rprop", "sarprop"):
        chosen["training_algorithm"] = RPROP if name == "rprop" else SARPROP
        chosen |= {key: options[option] for option, key in STEP_SIZES.items()}
    if name == "sarprop":
        chosen |= {key: options[option] for option, key in ANNEALING.items()}
        chosen |= {key: _shift(options[option]) for option, key in SHIFTS.items()}
    rounded: dict[str, Any] = {k: float32(value) if isinstance(value, float) else value for k, value in chosen.items()}
    return Settings(**rounded)


def _shift(factor: float) -> float:
    """The power of two that a factor is."""
    return max(math.log2(factor), NO_SHIFT) if factor > 0 else NO_SHIFT


def _optimizer(settings: Settings) -> Optimizer:
    algorithm, rate = settings.training_algorithm, _decimal(settings.learning_rate)
    if algorithm == INCREMENTAL:
        return optimizers.sgd(learning_rate=rate, momentum=_decimal(settings.learning_momentum))
    if algorithm == BATCH:
        return optimizers.sgd(learning_rate=rate)
    if algorithm == QUICKPROP:
        growth, decay = _decimal(settings.quickprop_mu), -_decimal(settings.quickprop_decay)
        return optimizers.quickprop(learning_rate=rate, growth=growth, weight_decay=decay)
    steps = {option: _decimal(getattr(settings, key)) for option, key in STEP_SIZES.items()}
    if algorithm == RPROP:
        return optimizers.rprop(**steps)
    steps |= {option: _decimal(getattr(settings, key)) for option, key in ANNEALING.items()}
    return optimizers.sarprop(**steps, **{option: 2.0 ** getattr(settings, key) for option, key in SHIFTS.items()})


def _decimal(value: float) -> float:
    """The shortest decimal that C's float holds as `value`: what somebody wrote, and what is shown.

    >>> _decimal(float32(0.7))
    0.7
    """
    return float(str(np.float32(value)))
