"""Hooks: whoever wants to look at a training says at which epoch, and the loop trains on to the next such epoch.

A hook is an object with four methods (see `Hook`). Because the loop knows beforehand when anyone wants to look, an
engine can run thousands of epochs in one call when nobody does.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from ..model.history import History
from ..model.model import Model
from ..model.state import TrainingState

NEVER = 2**62


@dataclass
class View:
    """What hooks see: the model as it is now, its history so far, and how many epochs of this fit are done.

    `stopped` says why training ended; `finished` whether it ended by itself (not by Ctrl-C, an error or divergence);
    `torn` that a second Ctrl-C came while hooks were looking, so that some have not seen the last epoch.
    """

    model: Model
    stopped: str = ""
    finished: bool = False
    torn: bool = False

    @property
    def state(self) -> TrainingState:
        """The training state (there is one while training)."""
        assert self.model.training is not None
        return self.model.training

    @property
    def history(self) -> History:
        """The history of this fit so far."""
        return self.model.history

    @property
    def done(self) -> int:
        """Epochs trained since this fit began."""
        return self.state.epoch - self.state.fit_start

    def stop(self, reason: str = "a callback asked") -> None:
        """Ask for training to end after this epoch; the first reason given counts."""
        self.stopped = self.stopped or reason


class Hook:
    """Does nothing, at no epoch; a hook overrides what it needs."""

    def begin(self, view: View) -> None:
        """Before the first epoch (also of a resumed training)."""

    def next(self, done: int) -> int:
        """The number of epochs done at which `look` is wanted next; more than `done`."""
        return NEVER

    def look(self, view: View) -> None:
        """Called at the epoch that `next` named."""

    def end(self, view: View) -> None:
        """After the last epoch, however training ended; `view.stopped` says how."""


class Pacer:
    """Turns "every so many seconds" into epochs, from how long the last ones took.

    >>> Pacer(1.0).next(0)
    1
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._last = (0, perf_counter())
        self._epoch_seconds = 0.0

    def start(self, done: int) -> None:
        """Begin to measure now, after `done` epochs (not 0 where a training is resumed)."""
        self._last = (done, perf_counter())

    def looked(self, done: int) -> None:
        """Tell the pacer that somebody looked now, after `done` epochs."""
        now, before = perf_counter(), self._last
        if done > before[0]:
            self._epoch_seconds = (now - before[1]) / (done - before[0])
        self._last = (done, now)

    def next(self, done: int) -> int:
        """The epoch that should be reached when the time is up; at most ten times as far ahead as yet measured."""
        # Others may look in between, so this is asked again and again: the target must not move away with `done`.
        last, then = self._last
        if self._epoch_seconds <= 0.0 or perf_counter() - then >= self.seconds:
            return done + 1
        ahead = int(self.seconds / self._epoch_seconds)
        return max(done + 1, last + max(1, min(ahead, 10 * max(last, 1))))
