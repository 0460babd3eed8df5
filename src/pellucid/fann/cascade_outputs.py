"""The output phase of cascade training: only the outputs' weights learn, on neurons that hold what they hold.

The error of an epoch is measured before its update. A phase ends where the goal is met, and else where the error has
stopped to fall: `Patience` is FANN's rule for that, the same for outputs and for candidates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from ..io.fann.structure import float32
from .engine import Errors, Goal, OutputPhase, Task
from .passes import Values, Wired, deltas, fill, forward, measured, slopes, training_error, wired
from .quirks import on
from .updates import met, update


@dataclass
class Patience:
    """When to stop: `stagnation` epochs after the value has last moved by more than `fraction` of itself.

    Where it has not moved yet there is no end: such a phase is given all its epochs, as in FANN.
    """

    fraction: float
    stagnation: int
    target: float = 0.0
    back: float = -1e20
    until: float = inf

    def see(self, epoch: int, value: float, rising: bool = True) -> None:
        """Take note of an epoch's value. A fall below `back` counts as movement too; so it is in FANN."""
        up = value > self.target or value < self.back
        if up if rising else (value < self.target or value > self.back):
            self.target, self.back = value * (1.0 + self.fraction), value * (1.0 - self.fraction)
            self.until = epoch + self.stagnation


def train_outputs(task: Task, goal: Goal) -> OutputPhase:
    """Train the outputs; by default the best weights that were measured are left, in FANN those of the last update."""
    net, memory = task.net, task.memory
    memory.forget_steps()
    everything = wired(net, len(task.X), task.exact)
    values = forward(everything, task.X)
    ready = everything._replace(blocks=everything.blocks[-1:], parts=everything.parts[-1:])
    part = ready.blocks[0].connections
    best = _Best(net.weights[part].copy(), replace(memory.errors), float("inf"))
    epochs = _epochs(task, goal, ready, values, best)
    if not on("one_update_late", task.exact):
        net.weights[part], memory.errors = best.weights, best.errors
    fill(ready, values)
    lacking = measured(ready, values.y[:, ready.outputs], task.Y, Errors())
    return OutputPhase(epochs, values.y[:, : net.outputs.start], lacking)


@dataclass
class _Best:
    """The outputs' weights that were measured as the best so far."""

    weights: np.ndarray
    errors: Errors
    value: float

    def see(self, weights: np.ndarray, errors: Errors, reached: bool) -> None:
        value = -1.0 if reached else errors.square_sum
        if value < self.value:
            self.weights, self.errors, self.value = weights.copy(), errors, value


def _epochs(task: Task, goal: Goal, ready: Wired, values: Values, best: _Best) -> int:
    """Train until the goal, the patience or the epochs are at an end; returns how many epochs were trained.

    Where none are asked for there is one all the same, which measures, and which FANN does not count.
    """
    settings, errors = task.net.settings, task.memory
    patience = Patience(settings.cascade_output_change_fraction, settings.cascade_output_stagnation_epochs)
    initial = 0.0
    for j in range(max(1, settings.cascade_max_out_epochs)):
        _epoch(task, goal, ready, values, best)
        mse = errors.errors.mse
        if met(goal, errors.errors) or task.interrupted():
            return j + 1
        if j == 0:
            initial = mse
            continue
        gain = float32(initial - mse)
        patience.see(j, gain, rising=patience.target >= 0.0)
        patience.target, patience.back = float32(patience.target), float32(patience.back)
        if j >= patience.until and j >= settings.cascade_min_out_epochs:
            return j + 1
    return settings.cascade_max_out_epochs


def _epoch(task: Task, goal: Goal, ready: Wired, values: Values, best: _Best) -> None:
    """Measure, then one update of the outputs' weights; not where the goal is met (quirk D1)."""
    net, memory, part = task.net, task.memory, ready.blocks[0].connections
    fill(ready, values)
    memory.errors = Errors()
    lacking = measured(ready, values.y[:, ready.outputs], task.Y, memory.errors)
    reached = met(goal, memory.errors)
    best.see(net.weights[part], memory.errors, reached)
    if reached and not on("one_update_late", task.exact):
        return
    g = np.zeros(len(net.weights))
    slopes(ready, values, deltas(ready, values, training_error(ready, lacking), task.exact), g)
    update(net, memory, g[part], len(task.X), task.exact, part)
