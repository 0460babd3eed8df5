"""Training a network: one row, one epoch, many epochs with reports, and by growth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import StateError
from ...io.fann.structure import STOP_BIT, Structure
from ...training.interrupt import interruptible
from .. import cascade
from ..activations import THRESHOLD
from ..arguments import LARGEST_COUNT, ArgumentTypeError, count, real32
from ..datasets import from_file
from ..engine import Goal
from ..messages import CANNOT_TRAIN, epoch_line, report, training_begins
from ..quirks import on
from .running import Running

NO_GOAL = Goal()
STOP = -1  # what a callback answers to end the training
MOST_EPOCHS_AT_ONCE = 2**20


def _never() -> bool:
    return False


class Training(Running):
    """Training in all its forms. Errors are measured before each update, as FANN reports them."""

    def train(self, input: Any, desired_output: Any) -> None:
        """One incremental step for one row, whatever the algorithm; its error is added to the running error."""
        net = self._structure()
        X, Y = self._row(net, input), self._wanted(net, desired_output)
        self._engine.train_rows(net, self._memory, X, Y, self._exact)
        self._tell_of_thresholds(net, 1)
        if not _visits(net):
            self._quicken("train", Training.train, self._memory)

    def train_epoch(self, data: Any) -> float:
        """One epoch of the chosen algorithm; the mean squared error before its last update."""
        X, Y = self._rows(data)
        self._advance(X, Y, 1, NO_GOAL, _never)
        return self.get_MSE()

    def train_on_data(self, data: Any, max_epochs: int, epochs_between_reports: int, desired_error: float) -> None:
        """Train until the error is at most `desired_error` (with STOPFUNC_BIT: so many bit fails), or `max_epochs`.

        The first epoch, every `epochs_between_reports`-th (0: none) and the last are reported: printed, or handed to
        the callback. Ctrl-C ends it after the epoch under way, with a KeyboardInterrupt.
        """
        most, between = count(max_epochs, "max_epochs"), count(epochs_between_reports, "epochs_between_reports")
        desired = real32(desired_error, "desired_error", self._exact, endless=True)
        X, Y = self._rows(data)
        if between and self._callback is None:
            report(training_begins(most, desired))
        goal = self._goal(self._structure(), desired)
        with interruptible() as interrupted:
            self._train_and_report(X, Y, most, between, goal, interrupted, (data, most, between, desired))
            if interrupted():
                raise KeyboardInterrupt

    def train_on_file(self, filename: Any, max_epochs: int, epochs_between_reports: int, desired_error: float) -> None:
        """`train_on_data` on the rows of a `.data` file; FileNotFoundError where there is none."""
        self._structure()
        self.train_on_data(from_file(filename), max_epochs, epochs_between_reports, desired_error)

    def cascadetrain_on_data(
        self, data: Any, max_neurons: int, neurons_between_reports: int, desired_error: float
    ) -> None:
        """Grow a shortcut net by up to `max_neurons` hidden neurons, until the error is at most `desired_error`."""
        most, between = count(max_neurons, "max_neurons"), count(neurons_between_reports, "neurons_between_reports")
        desired = real32(desired_error, "desired_error", self._exact, endless=True)
        X, Y = self._rows(data)
        net, before = self._structure(), (data, most, between, desired)
        silent = self._callback is not None
        with interruptible() as interrupted:
            try:
                cascade.train(
                    self._engine, net, self._memory, X, Y, most, between, self._goal(net, desired), self._exact,
                    report=_no_report if silent else report,
                    watch=lambda done: self._told(before, done.epochs) or self._still(net),
                    interrupted=interrupted, desired_error=desired,
                )  # fmt: skip
            finally:
                self._changed()
            if interrupted():
                raise KeyboardInterrupt

    def cascadetrain_on_file(
        self, filename: Any, max_neurons: int, neurons_between_reports: int, desired_error: float
    ) -> None:
        """`cascadetrain_on_data` on the rows of a `.data` file; FileNotFoundError where there is none."""
        self._structure()
        self.cascadetrain_on_data(from_file(filename), max_neurons, neurons_between_reports, desired_error)

    def set_callback(self, callback: Any, user_data: Any = None) -> None:
        """Call `callback(net, data, max_epochs, epochs_between_reports, desired_error, epochs)` at each report.

        It takes the place of the printed lines. If it returns -1, training ends. None prints again. `get_user_data`
        gives `user_data` back. FANN's module takes no Python function.
        """
        if callback is not None and not callable(callback):
            example = "nn.set_callback(lambda net, data, most, between, desired, epochs: 0, None)"
            raise ArgumentTypeError(f"callback = {callback!r}", "a function of six arguments, or None", example)
        self._callback, self._user_data = callback, user_data

    def get_user_data(self) -> Any:
        """What was given to `set_callback`."""
        return self._user_data

    # --- how ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _goal(net: Structure, desired: float) -> Goal:
        """When to stop; FANN takes a number of bit fails as an unsigned number, so a negative one is huge."""
        if net.settings.train_stop_function == STOP_BIT:
            return Goal(bit_fails=min(int(desired), LARGEST_COUNT) if -1 < desired < np.inf else LARGEST_COUNT)
        return Goal(mse=desired)

    def _train_and_report(
        self,
        X: np.ndarray,
        Y: np.ndarray,
        most: int,
        between: int,
        goal: Goal,
        interrupted: Callable[[], bool],
        told: tuple[Any, ...],
    ) -> None:
        done, net = 0, self._net
        while done < most and not interrupted():
            self._still(net)
            until = min(_next_report(done, between), most, done + MOST_EPOCHS_AT_ONCE)
            made, reached = self._advance(X, Y, until - done, goal, interrupted)
            done += made
            is_due = between and (done == 1 or done % between == 0 or done == most or reached)
            if is_due and self._report(done, told):
                return
            if reached:
                return

    def _advance(
        self, X: np.ndarray, Y: np.ndarray, epochs: int, goal: Goal, interrupted: Callable[[], bool]
    ) -> tuple[int, bool]:
        """Train so many epochs, or until the goal: how many were made, and whether it was met."""
        net = self._structure()
        made = self._engine.advance(net, self._memory, X, Y, epochs, goal, self._exact, interrupted)
        self._tell_of_thresholds(net, len(X) * len(made.mse))
        return len(made.mse), made.reached

    def _tell_of_thresholds(self, net: Structure, rows: int) -> None:
        """FANN's messages for rows trained by neurons that cannot be trained (quirk D11); else an error came before."""
        if on("threshold_message", self._exact):
            for _ in range(_visits(net) * rows):
                self._error.tell(CANNOT_TRAIN, keep=False)

    def _report(self, epoch: int, told: tuple[Any, ...]) -> bool:
        """Print the epoch, or hand it to the callback: True if that asks to stop."""
        if self._callback is not None:
            return self._told(told, epoch)
        report(epoch_line(epoch, self.get_MSE(), self.get_bit_fail()))
        return False

    def _told(self, told: tuple[Any, ...], epochs: int) -> bool:
        """Ask the callback, if there is one, whether to stop."""
        return self._callback is not None and self._callback(self, *told, epochs) == STOP

    def _still(self, net: Structure | None) -> bool:
        """False, as training goes on; an error where a callback emptied the network or put another one in its place."""
        if self._structure() is not net:
            raise StateError(
                "the callback made another network of the one that trains", "-1, to end training", "return -1"
            )
        return False


def _next_report(done: int, between: int) -> int:
    """The epoch, counted from 1, after which to report next."""
    if not between:
        return done + MOST_EPOCHS_AT_ONCE
    return 1 if done == 0 else (done // between + 1) * between


def _no_report(line: str) -> None:
    """A callback takes the place of the printed lines."""


def _visits(net: Structure) -> int:
    """At how many neurons with THRESHOLD FANN prints a message for each row; hidden layers' bias neurons too."""
    at = np.flatnonzero(net.activation == THRESHOLD)
    return int(((at >= net.layer_sizes[0]) & (at < net.outputs.stop)).sum())
