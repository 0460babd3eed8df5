"""The native engine: the same training as the NumPy engine's, many epochs a call, in the C++ core.

The core knows nothing of Python: it is given the learning rate of each step, trains a bounded number of steps with the
interpreter let go, and says how many epochs ended. Between two calls there is time for Ctrl-C and for other threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter

import numpy as np

from ..errors import StateError
from ..maths.schedules import constant, schedules
from ..model.layers import Layer
from ..model.parameters import LayerArrays
from ..model.state import Slots, TrainingState
from .native import PARAMETERS, Core, layer_records, multiplications, plan_record
from .numpy_engine import rate_at
from .protocol import Advance, Data, Figures, Moment, Session

SECONDS_A_CALL = 0.03  # how long the core runs before Python may look around
MOST_STEPS = 65536  # in one call, which bounds the memory that learning rates take


class NativeEngine:
    """`fit(engine="native")`."""

    name = "native"

    def __init__(self, core: Core, threads: int) -> None:
        self.core, self.threads = core, threads

    def start(
        self,
        layers: Sequence[Layer],
        parameters: list[LayerArrays],
        state: TrainingState,
        data: Data,
        interrupted: Callable[[], bool],
    ) -> Session:
        """See `Engine.start`."""
        try:
            return NativeSession(self.core, self.threads, layers, parameters, state, data, interrupted)
        except self.core.module.Fault as fault:
            raise StateError(f"the native core cannot start: {fault}", "", 'threads=1, or engine="numpy"') from None


@dataclass
class Call:
    """One call of the core: what it writes, and what is kept of it.

    `losses` holds NaN for an epoch that has not ended: so the number of those that did is known even where Ctrl-C
    comes between the call and whatever Python does next. `rates` are the learning rates with which epochs began.
    """

    losses: np.ndarray
    penalties: np.ndarray
    rates: np.ndarray
    steps: int = 0
    seconds: float = 0.0

    @cached_property
    def epochs(self) -> int:
        """How many epochs ended in it; to be asked after the call."""
        return int(np.count_nonzero(np.isfinite(self.losses)))


class NativeSession:
    """A training under way in the core; see `Session`."""

    def __init__(
        self,
        core: Core,
        threads: int,
        layers: Sequence[Layer],
        parameters: list[LayerArrays],
        state: TrainingState,
        data: Data,
        interrupted: Callable[[], bool],
    ) -> None:
        self.parameters, self.state, self.interrupted = parameters, state, interrupted
        plan, n = state.plan, len(data)
        X, Y = np.ascontiguousarray(data.X), np.ascontiguousarray(data.Y)
        weights = None if data.weights is None else np.ascontiguousarray(data.weights, dtype=X.dtype)
        records = layer_records(core.module, X.shape[1], layers, state.seed, plan.optimizer.anneals)
        record = plan_record(core.module, plan, n, state.seed, threads)
        self._core = core.module.Session(core.level, X.dtype == np.float64, records, record, X, Y, weights)
        self._slots = [name for name, _ in plan.optimizer.slots]
        self._n, self._batch_size = n, record.batch
        self._batches = -(-n // record.batch)
        self._place = 0  # batches of the epoch under way that are done
        self._ended = 0  # epochs of this session that ended
        self._given_up = False  # whether the last epoch that was begun was taken back
        # A first guess of how many steps fill the time; each call measures.
        work = 6 * multiplications(X.shape[1], layers, record.batch) + 1000
        self._steps_a_call = max(1, min(MOST_STEPS, int(SECONDS_A_CALL * 1e9 / work)))
        self._write(parameters, state.slots)

    def advance(self, epochs: int) -> Advance:
        """See `Session.advance`."""
        calls: list[Call] = []
        first_step, first_epoch = self.state.step, self.state.epoch
        left, outcome, error = epochs, "done", None
        try:
            while left > 0 and outcome == "done":
                if self.interrupted():
                    outcome = "interrupted"
                    break
                outcome = self._run(left, calls)
                left -= calls[-1].epochs
                self.state.epoch = first_epoch + epochs - left
                self.state.step = first_step + (epochs - left) * self._batches
        except KeyboardInterrupt:
            outcome = "interrupted"
        except Exception as failure:  # a user's own schedule: what was trained before it failed stays
            outcome, error = "failed", failure
        if outcome in ("interrupted", "failed"):
            self._given_up = self._core.take_back()
            self._place = 0
        figures = self._figures(calls)
        self._ended += figures.epochs
        self.state.step = first_step + figures.epochs * self._batches
        self.state.epoch = first_epoch + figures.epochs
        moment = self._moment(0, self.state.step, self.state.epoch)
        self.parameters, self.state.slots = moment.parameters, moment.slots
        return Advance(figures, outcome, error)

    def _run(self, epochs: int, calls: list[Call]) -> str:
        """Some steps, of at most so many epochs; adds what comes of them to `calls`."""
        steps = min(self._steps_a_call, epochs * self._batches - self._place)
        most = (self._place + steps) // self._batches + 1  # so that the core stops after the steps, not before
        numbers = self._numbers(steps)
        # Copies: the table of all steps is not kept.
        begun = numbers[0, :1] if self._fixed else numbers[-self._place % self._batches :: self._batches, 0].copy()
        call = Call(np.full(most, np.nan), np.zeros(most), begun)
        calls.append(call)
        began = perf_counter()
        done, _, diverged = self._core.run(steps, most, numbers, call.losses, call.penalties, self.state.epoch)
        call.steps, call.seconds = done, perf_counter() - began
        self._place = 0 if diverged else (self._place + done) % self._batches
        self._given_up = diverged
        self._pace(call, steps)
        return "diverged" if diverged else "done"

    def _pace(self, call: Call, steps: int) -> None:
        """Take as many steps in the next call as fill its time, but grow by no more than ten times."""
        if call.steps == steps and call.seconds > 0:
            fitting = steps * SECONDS_A_CALL / call.seconds
            self._steps_a_call = int(max(1, min(fitting, 10 * steps, MOST_STEPS)))

    def _figures(self, calls: Sequence[Call]) -> Figures:
        """The figures of all epochs that ended; their times are shares of those of the calls."""
        if not calls:
            return Figures(*np.empty((4, 0)))
        losses = np.concatenate([call.losses[: call.epochs] for call in calls])
        penalties = np.concatenate([call.penalties[: call.epochs] for call in calls])
        if self._fixed:
            rates = np.broadcast_to(calls[0].rates, losses.shape)
        else:
            rates = np.concatenate([call.rates for call in calls])[: len(losses)]
        return Figures(losses, penalties, rates, self._seconds(calls, len(losses)))

    def _seconds(self, calls: Sequence[Call], epochs: int) -> np.ndarray:
        """What each epoch took: its share of the steps of the calls that it was trained in."""
        if self._batches == 1:
            return np.concatenate([np.full(c.epochs, c.seconds / max(1, c.epochs)) for c in calls])
        # The time at the end of each epoch, on the line from call to call: steps against seconds.
        ends = np.arange(epochs + 1) * self._batches
        steps = np.cumsum([0, *(call.steps for call in calls)])
        return np.diff(np.interp(ends, steps, np.cumsum([0.0, *(call.seconds for call in calls)])))

    @property
    def _fixed(self) -> bool:
        """Whether every step is made with the same numbers."""
        plan = self.state.plan
        steady = "beta1" not in plan.optimizer.options and not plan.optimizer.anneals
        return steady and plan.schedule.factor is constant

    def _numbers(self, steps: int) -> np.ndarray:
        """(steps, 3): what `PellucidRun` asks for each step; (1, 3) where that is the same for every step."""
        state, options = self.state, self.state.plan.optimizer.options
        if self._fixed:
            return np.array([[rate_at(state, state.epoch, 0.0), 1.0, 1.0]])
        numbers = np.ones((steps, 3))
        batch = self._place + np.arange(steps)
        fractions = batch % self._batches * self._batch_size / self._n  # as `batches` of the NumPy engine has them
        numbers[:, 0] = self._rates(state.epoch + batch // self._batches, fractions)
        for column, beta in enumerate(("beta1", "beta2"), start=1):
            if beta in options:
                numbers[:, column] = 1.0 - options[beta] ** (state.step + batch + 1.0)
        if state.plan.optimizer.anneals:
            numbers[:, 1] = 2.0 ** (-options["temperature"] * (state.step + batch))
            numbers[:, 2] = state.step + batch + 1.0
        return numbers

    def _rates(self, epochs: np.ndarray, fractions: np.ndarray) -> np.ndarray:
        """The learning rate at each of these places; `rate_at` for many at once."""
        state, plan = self.state, self.state.plan
        if not schedules.holds(plan.schedule):  # a user's own may not take arrays
            pairs = zip(epochs.tolist(), fractions.tolist(), strict=True)
            return np.array([rate_at(state, epoch, fraction) for epoch, fraction in pairs])
        base = float(plan.optimizer.options.get("learning_rate", 1.0))
        return base * plan.schedule.run(np, epochs - state.fit_start + fractions, plan.epochs, state.schedule)

    @property
    def kept(self) -> Sequence[Moment]:
        """The starts of the last two epochs, the latest last."""
        # An epoch that was given up is not among those that ended.
        back = 0 if self._given_up else 1
        step, epoch = self.state.step - back * self._batches, self.state.epoch - back
        begun = self._ended + self._given_up
        moments = [self._moment(1, step, epoch)] if begun > 0 else []
        if begun > 1:
            moments.insert(0, self._moment(2, step - self._batches, epoch - 1))
        return moments

    def _moment(self, back: int, step: int, epoch: int) -> Moment:
        """The present (back = 0), or the start of the last epoch or of the one before, in new arrays."""
        parameters: list[LayerArrays] = []
        slots: Slots = []
        for k, arrays in enumerate(self.parameters):
            parameters.append({name: self._read(back, k, name, -1, array) for name, array in arrays.items()})
            slots.append(
                {name: {slot: self._read(back, k, name, place, array) for place, slot in enumerate(self._slots)}
                 for name, array in arrays.items()}
            )  # fmt: skip
        return Moment(parameters, slots, step, epoch)

    def _read(self, back: int, layer: int, name: str, slot: int, like: np.ndarray) -> np.ndarray:
        array = np.empty_like(like, order="C")
        self._core.read(back, layer, PARAMETERS.index(name), slot, array)
        return array

    def _write(self, parameters: list[LayerArrays], slots: Slots) -> None:
        for k, arrays in enumerate(parameters):
            for name, array in arrays.items():
                which = PARAMETERS.index(name)
                self._core.write(k, which, -1, np.ascontiguousarray(array))
                for place, slot in enumerate(self._slots):
                    self._core.write(k, which, place, np.ascontiguousarray(slots[k][name][slot]))
