"""What training reports: one number an epoch for each thing that was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

# The lists that `add` makes longer.
COLUMNS = frozenset(("loss", "data_loss", "penalty", "learning_rate", "seconds"))


@dataclass
class History:
    """The course of a training, one entry an epoch; `loss[k]` is measured in epoch k before its updates.

    `loss` is `data_loss + penalty`. In an epoch of several batches each batch is measured before its own update, and
    the epoch's number is their mean (their sum with reduction="sum"). `validation_loss` and the metrics are measured
    after epoch k. `seconds` is the time since the start. `stopped` says why training ended ("all epochs", "early
    stopping", ...); `notes` what was decided on the way; `engine` who computed.
    """

    loss: list[float] = field(default_factory=list)
    data_loss: list[float] = field(default_factory=list)
    penalty: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    validation_metrics: dict[str, list[float]] = field(default_factory=dict)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    stopped: str = ""
    engine: str = ""
    notes: list[str] = field(default_factory=list)
    # Figures that nobody has looked at yet, as arrays: to make lists of them can take as long as a small training.
    _waiting: list[tuple[np.ndarray, ...]] = field(default_factory=list, repr=False, compare=False)

    def __getattribute__(self, name: str) -> Any:
        if name in COLUMNS and self.__dict__.get("_waiting"):
            self._take_in()
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in COLUMNS and self.__dict__.get("_waiting"):
            self._take_in()
        object.__setattr__(self, name, value)

    def add(self, data_loss: np.ndarray, penalty: np.ndarray, learning_rate: np.ndarray, seconds: np.ndarray) -> None:
        """More epochs, one number each; `seconds` is what each epoch took."""
        self._waiting.append((data_loss, penalty, learning_rate, seconds))

    def _take_in(self) -> None:
        """Put the waiting figures into the lists."""
        waiting, self._waiting = self._waiting, []
        data_loss, penalty, rate, took = (np.concatenate(column) for column in zip(*waiting, strict=True))
        losses = data_loss.tolist()
        before = self.seconds[-1] if self.seconds else 0.0
        self.data_loss += losses
        self.loss += (data_loss + penalty).tolist() if penalty.any() else losses
        self.penalty += _listed(penalty)
        self.learning_rate += _listed(rate)
        self.seconds += (before + took.cumsum()).tolist()

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return len(self.loss)

    def __repr__(self) -> str:
        if not self.loss:
            return "History: no epochs yet"
        ended = f" ({self.stopped})" if self.stopped else ""
        lines = [f"History: {self.epochs} epochs in {self.seconds[-1]:.2f} s{ended}"]
        lines.append(f"  loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}")
        if self.validation_loss:
            lines.append(f"  validation loss {self.validation_loss[0]:.6g} -> {self.validation_loss[-1]:.6g}")
        validated = {f"validation {name}": values for name, values in self.validation_metrics.items()}
        for name, values in {**self.metrics, **validated}.items():
            lines.append(f"  {name} {values[0]:.6g} -> {values[-1]:.6g}")
        if self.best_epoch is not None:
            lines.append(f"  best after epoch {self.best_epoch + 1}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _listed(figures: np.ndarray) -> list[float]:
    """The numbers as a list; where all are the same, one number many times, which is quicker."""
    same = len(figures) > 0 and bool((figures == figures[0]).all())
    return [float(figures[0])] * len(figures) if same else figures.tolist()
