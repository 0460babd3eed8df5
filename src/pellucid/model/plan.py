"""The training plan: everything `fit` was told about how to train, as one frozen record."""

from __future__ import annotations

from dataclasses import dataclass

from ..maths.losses import Loss
from ..maths.metrics import Metric
from ..maths.optimizers import Optimizer
from ..maths.schedules import Schedule


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the watched loss has not fallen by more than `min_delta` for `patience` epochs.

    It watches the validation loss where there is validation data, else the training loss; `restore_best` puts
    the parameters of the best epoch back at the end.
    """

    patience: int = 20
    min_delta: float = 0.0
    restore_best: bool = True


@dataclass(frozen=True)
class Plan:
    """How to train: the same plan, data, seed and starting point give the same network again.

    `batch_size` None means all rows at once. `reduction` "mean" divides a batch's loss by its weights' sum, "sum"
    does not. `clip` bounds the gradient's global norm. `validation` is the share of rows held out by fit, 0 where the
    user gave validation data or none. `epochs` counts from where this fit began.
    """

    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    epochs: int
    batch_size: int | None = 32
    shuffle: bool = True
    reduction: str = "mean"
    clip: float | None = None
    metrics: tuple[Metric, ...] = ()
    early_stopping: EarlyStopping | None = None
    validation: float = 0.0
