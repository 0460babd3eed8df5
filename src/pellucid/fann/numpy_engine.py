"""The FANN engine on NumPy: many rows at once, layer by layer. See `engine.py` for what it promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..io.fann.structure import INCREMENTAL, Structure
from . import cascade_candidates, cascade_outputs, rules
from .engine import Candidate, Epochs, Errors, Field, Goal, Memory, OutputPhase, Task
from .passes import Wired, deltas, forward, measured, refuse_untrainable, slopes, training_error, wired
from .quirks import on
from .updates import met, update

NUMBERS_AT_ONCE = 4_000_000  # values of neurons held at a time, so that many rows do not fill the memory


class NumpyEngine:
    """FANN's training and answers on NumPy."""

    name = "numpy"

    def outputs(self, net: Structure, X: np.ndarray) -> np.ndarray:
        """The answers (n, n_out)."""
        ready = wired(net)
        parts = [forward(ready, X[rows]).y[:, ready.outputs] for rows in _parts(net, len(X))]
        return np.concatenate(parts) if parts else np.empty((0, net.n_out))

    def test(self, net: Structure, memory: Memory, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        """The answers; their errors are added to the running error."""
        answers = self.outputs(net, X)
        measured(wired(net), answers, Y, memory.errors)
        return answers

    def train_rows(self, net: Structure, memory: Memory, X: np.ndarray, Y: np.ndarray, exact: bool) -> None:
        """One incremental step for each row in order."""
        refuse_untrainable(net, exact)
        _incremental(wired(net, 1, exact), memory, X, Y, exact)

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
        """Train up to that many epochs, and stop after the one that meets the goal."""
        refuse_untrainable(net, exact)
        algorithm = net.settings.training_algorithm
        epoch = _epoch_of(algorithm)
        ready = wired(net, 1 if algorithm == INCREMENTAL else len(X), exact)
        mse: list[float] = []
        bit_fails: list[int] = []
        reached = False
        while len(mse) < epochs and not reached and not (mse and interrupted()):
            memory.errors = Errors()
            reached = epoch(ready, memory, X, Y, goal, exact)
            mse.append(memory.errors.mse)
            bit_fails.append(memory.errors.bit_fails)
        return Epochs(np.array(mse, np.float64), np.array(bit_fails, np.int64), reached)

    def train_outputs(self, task: Task, goal: Goal) -> OutputPhase:
        """The output phase of cascade training."""
        return cascade_outputs.train_outputs(task, goal)

    def train_candidates(self, task: Task, phase: OutputPhase, field: Field) -> Candidate:
        """The candidate phase."""
        return cascade_candidates.train_candidates(task, phase, field)


Epoch = Callable[[Wired, Memory, np.ndarray, np.ndarray, Goal, bool], bool]


def _epoch_of(algorithm: int) -> Epoch:
    return _incremental_epoch if rules.known_algorithm(algorithm) == INCREMENTAL else _batch_epoch


def _parts(net: Structure, rows: int) -> Iterator[slice]:
    """The rows in parts that fit the memory."""
    step = max(1, NUMBERS_AT_ONCE // max(1, net.n_neurons))
    return (slice(start, start + step) for start in range(0, rows, step))


def _batch_epoch(ready: Wired, memory: Memory, X: np.ndarray, Y: np.ndarray, goal: Goal, exact: bool) -> bool:
    """Slopes of all rows, then one update, unless the goal is met without it (quirk D1)."""
    net = ready.net
    g = np.zeros(len(net.weights))
    for rows in _parts(net, len(X)):
        _add_slopes(ready, memory, X[rows], Y[rows], exact, g)
    reached = met(goal, memory.errors)
    if not reached or on("one_update_late", exact):
        update(net, memory, g, len(X), exact)
    return reached


def _add_slopes(ready: Wired, memory: Memory, X: np.ndarray, Y: np.ndarray, exact: bool, g: np.ndarray) -> None:
    values = forward(ready, X)
    error = training_error(ready, measured(ready, values.y[:, ready.outputs], Y, memory.errors))
    slopes(ready, values, deltas(ready, values, error, exact), g)


def _incremental_epoch(ready: Wired, memory: Memory, X: np.ndarray, Y: np.ndarray, goal: Goal, exact: bool) -> bool:
    """A step for each row; a goal that is met on the way must hold for the weights that are left (quirk D1)."""
    _incremental(ready, memory, X, Y, exact)
    if not met(goal, memory.errors) or on("one_update_late", exact):
        return met(goal, memory.errors)
    after = Errors()
    for rows in _parts(ready.net, len(X)):
        measured(ready, forward(ready, X[rows]).y[:, ready.outputs], Y[rows], after)
    if met(goal, after):
        memory.errors = after
        return True
    return False


def _incremental(ready: Wired, memory: Memory, X: np.ndarray, Y: np.ndarray, exact: bool) -> None:
    """One step for each row in order."""
    net, settings = ready.net, ready.net.settings
    if memory.deltas is None:
        memory.deltas = np.zeros(len(net.weights))
    seen = _seen(ready, exact)
    for i in range(len(X)):
        values = forward(ready, X[i : i + 1])
        error = training_error(ready, measured(ready, values.y[:, ready.outputs], Y[i : i + 1], memory.errors))
        found = deltas(ready, values, error, exact)
        for block, delta, sources in zip(ready.blocks, found, seen, strict=True):
            pulled = (delta[0] * settings.learning_rate)[block.rows] * values.y[0, sources]
            part = block.connections
            memory.deltas[part] = rules.incremental(pulled, memory.deltas[part], settings.learning_momentum)
            net.weights[part] += memory.deltas[part]


def _seen(ready: Wired, exact: bool) -> list[np.ndarray]:
    """The neurons whose values each block's connections are taught with: their sources, or FANN's slip (quirk D3)."""
    if not (ready.net.sparse and on("sparse_sources", exact)):
        return [block.sources for block in ready.blocks]
    return [np.arange(len(block.rows)) - np.repeat(block.begins[:-1], np.diff(block.begins)) for block in ready.blocks]
