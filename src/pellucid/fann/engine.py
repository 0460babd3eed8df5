"""Who computes for a FANN net: the native core where it is there, else NumPy. Both do what is written here.

An engine holds nothing of its own between two calls but what it can make anew from the net: weights are read from and
written to `net.weights`, all else that training remembers stands in a `Memory`, in connection order. So algorithms may
be changed between two epochs, and a Python edit of a weight is seen by the next call.

`exact` stands for `not fann_compat`; what it changes is listed in `quirks.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple, Protocol

import numpy as np

from ..engines import say_once
from ..engines.native import core
from ..io.fann.structure import Structure

FLOAT = Struct("f")
EXACT = 2**24  # whole numbers up to here are float32


@dataclass
class Errors:
    """FANN's running error; `count` and `bit_fails` count outputs, not rows.

    `square_sum` is a sum of float32, one output after the other, held as a float.
    """

    square_sum: float = 0.0
    count: int = 0
    bit_fails: int = 0

    @property
    def mse(self) -> float:
        """Mean squared error, a float32; 0 where nothing was measured."""
        if not self.count:
            return 0.0
        count = self.count if self.count <= EXACT else float(np.float32(self.count))
        mse: float = FLOAT.unpack(FLOAT.pack(self.square_sum / count))[0]  # rounding the double twice changes nothing
        return mse


@dataclass
class Memory:
    """What training remembers beside the weights, one number a connection. None: not there before the first epoch.

    `steps` and `slopes` belong to RPROP, Quickprop and SARPROP together (made at their first epoch: `steps` are
    delta_zero if the algorithm is RPROP then, else 0), `deltas` to the momentum of incremental training.
    `sarprop_epoch` counts SARPROP's epochs. `draw` gives the next random whole number, 0 .. 2^31 - 1.
    """

    draw: Callable[[], int]
    steps: np.ndarray | None = None
    slopes: np.ndarray | None = None
    deltas: np.ndarray | None = None
    sarprop_epoch: int = 0
    errors: Errors = field(default_factory=Errors)

    def forget_steps(self) -> None:
        """As before the first epoch; the deltas of momentum stay."""
        self.steps = self.slopes = None

    def restart_steps(self, first: float) -> None:
        """What FANN does when weights are drawn anew: steps that are there begin with the algorithm of that moment."""
        if self.steps is not None and self.slopes is not None:
            self.steps[:], self.slopes[:] = first, 0.0


class Epochs(NamedTuple):
    """Epochs that were trained: the error of each (measured before its last update), and whether the goal was met."""

    mse: np.ndarray  # float64 holding float32 values
    bit_fails: np.ndarray  # int64
    reached: bool


class Goal(NamedTuple):
    """When to stop: after an epoch whose MSE, or whose bit fails, are at most this (None: never)."""

    mse: float | None = None
    bit_fails: int | None = None


class Task(NamedTuple):
    """What a cascade grows, on what, and how; see `cascade.train`."""

    net: Structure
    memory: Memory
    X: np.ndarray
    Y: np.ndarray
    exact: bool
    interrupted: Callable[[], bool]


class OutputPhase(NamedTuple):
    """A trained output phase: its epochs, the values of the neurons that the outputs see, and what is still lacking.

    `seen` is (n, neurons before the outputs), `lacking` (n, n_out): target - output, halved for symmetric outputs.
    """

    epochs: int
    seen: np.ndarray
    lacking: np.ndarray


class Field(NamedTuple):
    """Candidates that compete: each one's function, steepness and weights, (candidates, neurons seen + outputs)."""

    functions: np.ndarray
    steepness: np.ndarray
    weights: np.ndarray

    def some(self, at: np.ndarray) -> Field:
        """The candidates at these places."""
        return Field(self.functions[at], self.steepness[at], self.weights[at])


class Candidate(NamedTuple):
    """The best one: its weights from the neurons that it sees and to the outputs, and how many epochs it all took."""

    function: int
    steepness: float
    inputs: np.ndarray
    outputs: np.ndarray
    score: float
    epochs: int


class Engine(Protocol):
    """Computes for one net. X is (n, n_in), Y is (n, n_out), float64 and C-contiguous, checked by the caller.

    X[i] goes in unscaled. `memory.errors` is the running error: `test` and `train_rows` add to it, `advance` begins
    each epoch with a new one and leaves the last epoch's.
    """

    name: str

    def outputs(self, net: Structure, X: np.ndarray) -> np.ndarray:
        """The answers (n, n_out)."""

    def test(self, net: Structure, memory: Memory, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        """The answers, whose errors are added to the running error; no weight changes."""

    def train_rows(self, net: Structure, memory: Memory, X: np.ndarray, Y: np.ndarray, exact: bool) -> None:
        """One incremental step for each row in order, whatever the algorithm; adds to the running error."""

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
        """Train up to that many epochs with `net.settings`' algorithm; stop after the epoch that meets the goal.

        With `exact`, an epoch that meets the goal leaves the weights that were measured (quirk D1): for the algorithms
        that change weights once an epoch, that update is not made; for incremental training, the error is measured
        once more on the weights that the epoch left, and the goal must hold there too. `interrupted` is asked between
        epochs; True ends the call.
        """

    def train_outputs(self, task: Task, goal: Goal) -> OutputPhase:
        """The output phase of a cascade: train the outputs' weights until the goal, or by the rule of `Patience`.

        Leaves the errors of the last epoch, and the weights of its update (quirk D1); with `exact` the weights that
        were measured as the best, and their errors.
        """

    def train_candidates(self, task: Task, phase: OutputPhase, field: Field) -> Candidate:
        """The candidate phase: train all candidates until the best score has stopped to rise; the best of them.

        It is the one that is the best in the last epoch, as its update left it; with `exact` the one that was the best
        in any epoch, as it was measured. Its score need not be finite.
        """


def choose() -> Engine:
    """The native core's engine where the core is there and may be used, else NumPy's, which a notice says once."""
    # Here, since the engines are made of what stands above.
    from .native_engine import native_engine
    from .numpy_engine import NumpyEngine

    found = native_engine()
    if found is not None:
        return found
    say_once(f"there is no native core: {core().why}")
    return NumpyEngine()
