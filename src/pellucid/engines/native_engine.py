"""The native engine: the same training as the NumPy engine's, many epochs a call, in the C++ core.

The core knows nothing of Python: it is given the learning rate of each step, trains a bounded number of steps with the
interpreter let go, and says how many epochs ended. Between two calls there is time for Ctrl-C and for other threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

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
        return NativeSession(self.core, self.threads, layers, parameters, state, data, interrupted)


@dataclass
class Call:
    """One call of the core: what it writes, and when it began and ended.

    `losses` holds NaN for an epoch that has not ended: so the number of those that did is known even where Ctrl-C
    comes between the call and whatever Python does next.
    """

    losses: np.ndarray
    penalties: np.ndarray
    numbers: np.ndarray
    steps: int = 0
    seconds: float = 0.0

    @property
    def epochs(self) -> int:
        """How many epochs ended in it."""
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
        records = layer_records(core.module, X.shape[1], layers, state.seed)
        record = plan_record(core.module, plan, n, state.seed, threads)
        self._core = core.module.Session(core.level, X.dtype == np.float64, records, record, X, Y, weights)
        self._slots = [name for name, _ in plan.optimizer.slots]
        self._share = record.batch / n
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
        first_step, first_epoch, ended = self.state.step, self.state.epoch, 0
        outcome = "done"
        try:
            while ended < epochs and outcome == "done":
                outcome = "interrupted" if self.interrupted() else self._run(epochs - ended, calls)
                ended = sum(call.epochs for call in calls)
                self.state.step, self.state.epoch = first_step + ended * self._batches, first_epoch + ended
        except KeyboardInterrupt:
            outcome = "interrupted"
        if outcome == "interrupted":
            self._given_up = self._core.take_back()
            self._place = 0
        figures = self._figures(calls, first_epoch)
        self._ended += figures.epochs
        step, epoch = first_step + figures.epochs * self._batches, first_epoch + figures.epochs
        moment = self._moment(0, step, epoch)
        self.parameters, self.state.slots = moment.parameters, moment.slots
        self.state.step, self.state.epoch = step, epoch
        return Advance(figures, outcome)

    def _run(self, epochs: int, calls: list[Call]) -> str:
        """Some steps, of at most so many epochs; adds what comes of them to `calls`."""
        steps = min(self._steps_a_call, epochs * self._batches - self._place)
        most = steps // self._batches + 1
        call = Call(np.full(most, np.nan), np.zeros(most), self._numbers(steps))
        calls.append(call)
        began = perf_counter()
        done, _, diverged = self._core.run(steps, most, call.numbers, call.losses, call.penalties, self.state.epoch)
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

    def _figures(self, calls: Sequence[Call], first_epoch: int) -> Figures:
        """The figures of all epochs that ended; their times are shares of those of the calls."""
        if not calls:
            return Figures(*np.empty((4, 0)))
        ended = [call.epochs for call in calls]
        n = sum(ended)
        losses = np.concatenate([call.losses[:k] for call, k in zip(calls, ended, strict=True)])
        penalties = np.concatenate([call.penalties[:k] for call, k in zip(calls, ended, strict=True)])
        rates = self._rates(first_epoch + np.arange(n), np.broadcast_to(0.0, n))
        return Figures(losses, penalties, rates, self._seconds(calls, n))

    def _seconds(self, calls: Sequence[Call], epochs: int) -> np.ndarray:
        """What each epoch took: its share of the steps of the calls that it was trained in."""
        steps, seconds = [call.steps for call in calls], [call.seconds for call in calls]
        if self._batches == 1:
            return np.repeat(np.divide(seconds, np.maximum(steps, 1)), steps)[:epochs]
        # The time at the end of each epoch, on the line from call to call: steps against seconds.
        ends = np.arange(epochs + 1) * self._batches
        return np.diff(np.interp(ends, np.cumsum([0, *steps]), np.cumsum([0.0, *seconds])))

    def _numbers(self, steps: int) -> np.ndarray:
        """(steps, 3): learning rate, 1 - beta1^t, 1 - beta2^t; (1, 3) where they are the same for every step."""
        state, options = self.state, self.state.plan.optimizer.options
        fixed = state.plan.schedule.factor is constant and "beta1" not in options
        numbers = np.ones((1 if fixed else steps, 3))
        if fixed:
            numbers[0, 0] = rate_at(state, state.epoch, 0.0)
            return numbers
        batch = self._place + np.arange(steps)
        numbers[:, 0] = self._rates(state.epoch + batch // self._batches, batch % self._batches * self._share)
        for column, beta in enumerate(("beta1", "beta2"), start=1):
            if beta in options:
                numbers[:, column] = 1.0 - options[beta] ** (state.step + batch + 1.0)
        return numbers

    def _rates(self, epochs: np.ndarray, fractions: np.ndarray) -> np.ndarray:
        """The learning rate at each of these places; `rate_at` for many at once."""
        state, plan = self.state, self.state.plan
        if not schedules.holds(plan.schedule):  # a user's own may not take arrays
            pairs = zip(epochs.tolist(), fractions.tolist(), strict=True)
            return np.array([rate_at(state, epoch, fraction) for epoch, fraction in pairs])
        if plan.schedule.factor is constant:
            return np.broadcast_to(rate_at(state, state.epoch, 0.0), epochs.shape)
        base = float(plan.optimizer.options.get("learning_rate", 1.0))
        factors = plan.schedule.run(np, epochs - state.fit_start + fractions, plan.epochs, state.schedule)
        return base * np.broadcast_to(factors, epochs.shape)

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
