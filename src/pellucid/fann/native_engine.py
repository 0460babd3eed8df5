"""FANN's engine in the native core: whole epochs with the interpreter let go, on as many threads as pay.

Two builds of the same kernels: with `exact` as fast as they go; without, every sum in FANN's order, with FANN's
roundings and the C library's functions, so that weights come out to the last bit as FANN's. Answers always take the
second one: they are FANN's then, whoever trained the net. See cpp/README.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engines.native import core, threads_for
from ..io.fann.structure import BATCH, INCREMENTAL, Structure
from .engine import Candidate, Epochs, Field, Goal, Memory, OutputPhase, Task
from .passes import refuse_untrainable
from .rules import first_step, known_algorithm
from .sessions import Order, Session, Sessions

# How long one call of the kernels takes, in seconds: after that, somebody may interrupt.
SLICE = 0.03
# And how many epochs it makes at most: so many figures are made room for.
MOST_EPOCHS = 10_000
# The running error before an epoch.
NONE = (0.0, 0, 0)
# An epoch is divided among threads from so many multiplications of its way forward on: a millisecond's work.
MUCH = 4_000_000


class NativeEngine:
    """The engine of `module`, the extension; see `engine.Engine` for what it does."""

    name = "native"

    def __init__(self, module: Any, level: str) -> None:
        self.module, self.level = module, level
        self.sessions = Sessions(module, level)

    def outputs(self, net: Structure, X: np.ndarray) -> np.ndarray:
        """The answers (n, n_out)."""
        out = np.empty((len(X), net.n_out))
        if len(X):
            self._measure(net, X, None, out, NONE)
        return out

    def test(self, net: Structure, memory: Memory, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        """The answers, whose errors are added to the running error; no weight changes."""
        out = np.empty((len(X), net.n_out))
        if len(X):
            self._note(memory, self._measure(net, X, Y, out, _running(memory)))
        return out

    def train_rows(self, net: Structure, memory: Memory, X: np.ndarray, Y: np.ndarray, exact: bool) -> None:
        """One incremental step for each row in order, whatever the algorithm; adds to the running error."""
        refuse_untrainable(net, exact)
        if not len(X):
            return
        before = _running(memory)
        session = self._training(net, memory, X, Y, exact, INCREMENTAL).core
        *_, after, _ = session.train(1, None, None, np.empty(1), np.empty(1, np.int64), 0, memory.draw, SLICE, before)
        session.finish()
        self._note(memory, after)

    def advance(
        self,
        net: Structure,
        memory: Memory,
        X: np.ndarray,
        Y: np.ndarray,
        epochs: int,
        goal: Goal,
        exact: bool,
        interrupted: Callable[[], bool],
    ) -> Epochs:
        """Train up to that many epochs with `net.settings`' algorithm; stop after the epoch that meets the goal."""
        refuse_untrainable(net, exact)
        begun = self._training(net, memory, X, Y, exact, known_algorithm(net.settings.training_algorithm))
        session = begun.core
        mse: list[np.ndarray] = []
        bit_fails: list[np.ndarray] = []

        def some(epochs: int) -> tuple[int, bool]:
            room = min(epochs, MOST_EPOCHS)
            errors, fails = np.empty(room), np.empty(room, np.int64)
            made, reached, running, memory.sarprop_epoch = session.train(
                room, goal.mse, goal.bit_fails, errors, fails, memory.sarprop_epoch, memory.draw, SLICE, NONE
            )
            self._note(memory, running)
            mse.append(errors[:made])
            bit_fails.append(fails[:made])
            return made, reached

        try:
            _, reached = _epochs(epochs, interrupted, some)
        finally:
            session.finish()
        self.sessions.keep(begun)
        return Epochs(_joined(mse, float), _joined(bit_fails, np.int64), reached)

    def train_outputs(self, task: Task, goal: Goal) -> OutputPhase:
        """The output phase of cascade training."""
        net, memory, settings = task.net, task.memory, task.net.settings
        memory.forget_steps()
        before, most = _running(memory), settings.cascade_max_out_epochs
        session = self._output_phase(task)
        seen, lacking = np.empty((len(task.X), net.outputs.start)), np.empty((len(task.X), net.n_out))

        def some(epochs: int) -> tuple[int, bool]:
            made, over, running, memory.sarprop_epoch = session.train(
                epochs, goal.mse, goal.bit_fails, None, None, memory.sarprop_epoch, memory.draw, SLICE, NONE
            )
            self._note(memory, running)
            return made, over

        try:
            done, over = _epochs(max(1, most), task.interrupted, some)
            left = session.leave(seen, lacking, before)
        finally:
            session.finish()
        if task.exact:
            self._note(memory, left)
        if task.exact and over and done == 1:
            memory.forget_steps()  # the goal was met before they were needed
        return OutputPhase(done if over else min(done, most), seen, lacking)

    def train_candidates(self, task: Task, phase: OutputPhase, field: Field) -> Candidate:
        """The candidate phase."""
        memory, settings = task.memory, task.net.settings
        session = self._candidates(task, phase, field)

        def some(epochs: int) -> tuple[int, bool]:
            made, over = session.train(epochs, memory.sarprop_epoch, memory.draw, SLICE, _running(memory))
            return made, over

        done, _ = _epochs(max(1, settings.cascade_max_cand_epochs), task.interrupted, some)
        weights, n_seen = np.empty(field.weights.shape[1]), phase.seen.shape[1]
        best, score = session.best(weights)
        function, steepness = int(field.functions[best]), float(field.steepness[best])
        return Candidate(function, steepness, weights[:n_seen], weights[n_seen:], score, done)

    def fast_run(self, net: Structure, slow: Callable[..., Any]) -> Callable[..., Any]:
        """`run(x)` of this net as a C callable: n_in numbers in, a list of n_out floats out.

        x is a list, tuple or float64 array of finite numbers; anything else goes to `slow` with the same arguments,
        whose answer or exception is the caller's. Weights are read where they are: it sees what is changed in place in
        `net.weights`. Make it anew where that array, or anything else of the net but its settings, is replaced.
        """
        return self._call(0, net, None, None, slow, exact=False)

    def fast_test(self, net: Structure, memory: Memory, slow: Callable[..., Any]) -> Callable[..., Any]:
        """`test(x, y)` likewise: the answer, whose error is added to `memory.errors`."""
        return self._call(1, net, memory, None, slow, exact=False)

    def fast_train(self, net: Structure, memory: Memory, slow: Callable[..., Any], exact: bool) -> Callable[..., Any]:
        """`train(x, y)` likewise: one incremental step by the settings of the moment; None."""
        refuse_untrainable(net, exact)
        _make_room(memory, net, INCREMENTAL)
        return self._call(2, net, memory, memory.deltas, slow, exact)

    def _call(
        self,
        kind: int,
        net: Structure,
        memory: Memory | None,
        deltas: np.ndarray | None,
        slow: Callable[..., Any],
        exact: bool,
    ) -> Callable[..., Any]:
        arrays = (net.weights, deltas, net.settings, memory)
        made: Callable[..., Any] = self.module.fann_call(
            kind, self.level, not exact, self.sessions.net(net), *arrays, slow
        )
        return made

    def _measure(
        self, net: Structure, X: np.ndarray, Y: np.ndarray | None, out: np.ndarray, before: tuple[float, int, int]
    ) -> tuple[float, int, int]:
        order = Order(BATCH, True, True, _threads(len(X) * len(net.weights)))
        begun = self.sessions.begin(net, order, X, Y, net.weights, None, None, None)
        running: tuple[float, int, int] = begun.core.measure(out, before)
        self.sessions.keep(begun)
        return running

    def _training(
        self, net: Structure, memory: Memory, X: np.ndarray, Y: np.ndarray, exact: bool, algorithm: int
    ) -> Session:
        _make_room(memory, net, algorithm)
        steps, slopes = (memory.steps, memory.slopes) if algorithm > BATCH else (None, None)
        deltas = memory.deltas if algorithm == INCREMENTAL else None
        threads = 1 if algorithm == INCREMENTAL else _threads(len(X) * len(net.weights))
        order = Order(algorithm, not exact, exact, threads)
        return self.sessions.begin(net, order, X, Y, net.weights, steps, slopes, deltas)

    def _output_phase(self, task: Task) -> Any:
        net, memory, settings = task.net, task.memory, task.net.settings
        algorithm = settings.training_algorithm
        _make_room(memory, net, algorithm)
        fraction, stagnation = settings.cascade_output_change_fraction, settings.cascade_output_stagnation_epochs
        patience = fraction, stagnation, settings.cascade_min_out_epochs
        order = Order(algorithm, not task.exact, task.exact, _threads(len(task.X) * len(net.weights)))
        arrays = (task.X, task.Y, net.weights, memory.steps, memory.slopes, None)
        return self.sessions.new(net, order, self.sessions.rules(net, order), *arrays, patience=patience)

    def _candidates(self, task: Task, phase: OutputPhase, field: Field) -> Any:
        settings = task.net.settings
        fraction, stagnation = settings.cascade_candidate_change_fraction, settings.cascade_candidate_stagnation_epochs
        patience = fraction, stagnation, settings.cascade_min_cand_epochs
        threads = _threads(len(phase.seen) * field.weights.size)
        order = Order(settings.training_algorithm, not task.exact, task.exact, threads)
        rules, limit = self.sessions.rules(task.net, order), settings.cascade_candidate_limit
        arrays = (*field, phase.seen, phase.lacking)
        return self.module.FannCandidates(self.level, order.strict, rules, *arrays, limit, patience, threads)

    @staticmethod
    def _note(memory: Memory, running: tuple[float, int, int]) -> None:
        memory.errors.square_sum, memory.errors.count, memory.errors.bit_fails = running


def _epochs(most: int, interrupted: Callable[[], bool], some: Callable[[int], tuple[int, bool]]) -> tuple[int, bool]:
    """Train by `some`, which is told how many epochs at most, and tells how many it made and whether it is over."""
    done, over = 0, False
    while done < most and not over and not (done and interrupted()):
        made, over = some(most - done)
        done += made
    return done, over


def _joined(parts: list[np.ndarray], dtype: type) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype), *parts])


def _running(memory: Memory) -> tuple[float, int, int]:
    return memory.errors.square_sum, memory.errors.count, memory.errors.bit_fails


def _make_room(memory: Memory, net: Structure, algorithm: int) -> None:
    """The arrays that an algorithm remembers by, where they are not there yet; see `Memory`."""
    n = len(net.weights)
    if algorithm == INCREMENTAL and memory.deltas is None:
        memory.deltas = np.zeros(n)
    if algorithm > BATCH and memory.steps is None:
        memory.steps = np.full(n, first_step(net.settings))
        memory.slopes = np.zeros(n)


def _threads(work: int) -> int:
    """For an epoch of so many multiplications."""
    return threads_for(None, work if work >= MUCH else 0)[0]


def native_engine() -> NativeEngine | None:
    """The native core's engine where the core is there and may be used, else None."""
    found = core()
    return None if found.module is None else NativeEngine(found.module, found.level)
