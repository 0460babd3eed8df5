"""The native engine: the same training as the NumPy engine's, many epochs a call, in the C++ core.

The core knows nothing of Python: it is given the learning rate of each step, trains a bounded number of steps with the
interpreter let go, and says how many epochs ended. Between two calls there is time for Ctrl-C and for other threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np

from ..maths.schedules import constant, schedules
from ..model.layers import Layer
from ..model.parameters import LayerArrays
from ..model.state import Slots, TrainingState
from .native import PARAMETERS, Core, layer_records, multiplications, plan_record
from .numpy_engine import rate_at
from .protocol import Advance, Data, EpochFigures, Moment, Session

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
        self._begun = 0  # epochs that were begun
        self._taken_back = False
        self._seconds = 0.0  # that the epoch under way has taken so far
        # A first guess of how many steps fill the time; each call measures.
        work = 6 * multiplications(X.shape[1], layers, record.batch) + 1000
        self._steps_a_call = max(1, min(MOST_STEPS, int(SECONDS_A_CALL * 1e9 / work)))
        self._write(parameters, state.slots)

    def advance(self, epochs: int) -> Advance:
        """See `Session.advance`."""
        figures: list[EpochFigures] = []
        outcome = "done"
        try:
            while len(figures) < epochs and outcome == "done":
                outcome = "interrupted" if self.interrupted() else self._run(epochs - len(figures), figures)
        except KeyboardInterrupt:
            outcome = "interrupted"
        if outcome == "interrupted" and self._place:
            self._core.take_back()
            self._place, self._taken_back = 0, True
        moment = self._moment(0, self.state.step, self.state.epoch)
        self.parameters, self.state.slots = moment.parameters, moment.slots
        return Advance(figures, outcome)

    def _run(self, epochs: int, figures: list[EpochFigures]) -> str:
        """Some steps, of at most so many epochs."""
        most = epochs * self._batches - self._place
        steps = min(self._steps_a_call, most)
        numbers = self._numbers(steps)
        losses, penalties = np.empty(epochs), np.empty(epochs)
        began, start, place = perf_counter(), self.state.epoch, self._place
        done, ended, diverged = self._core.run(steps, epochs, numbers, losses, penalties, start)
        seconds = perf_counter() - began
        self._begun += -(-(place + done) // self._batches) - (place > 0)
        self._place = 0 if diverged else (place + done) % self._batches
        self._taken_back = diverged
        self.state.epoch += ended
        self.state.step += ended * self._batches
        share, self._seconds = self._time_shares(seconds, done, ended)
        firsts = numbers[[0] * ended, 0] if len(numbers) == 1 else self._firsts(start, ended)
        columns = (losses[:ended].tolist(), penalties[:ended].tolist(), firsts.tolist())
        figures += [EpochFigures(*figure) for figure in zip(*columns, share, strict=True)]
        self._pace(done, steps, seconds)
        return "diverged" if diverged else "done"

    def _time_shares(self, seconds: float, steps: int, ended: int) -> tuple[list[float], float]:
        """A call's time, divided by steps: what each epoch that ended took in all, and the one under way so far."""
        step = seconds / max(1, steps)
        under_way = step * self._place
        if ended == 0:
            return [], self._seconds + seconds
        whole = step * self._batches
        first = self._seconds + seconds - under_way - whole * (ended - 1)
        return [first] + [whole] * (ended - 1), under_way

    def _pace(self, done: int, steps: int, seconds: float) -> None:
        """Take as many steps in the next call as fill its time, but grow by no more than ten times."""
        if done == steps and seconds > 0:
            fitting = done * SECONDS_A_CALL / seconds
            self._steps_a_call = int(max(1, min(fitting, 10 * steps, MOST_STEPS)))

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

    def _firsts(self, start: int, epochs: int) -> np.ndarray:
        return self._rates(start + np.arange(epochs), np.zeros(epochs))

    def _rates(self, epochs: np.ndarray, fractions: np.ndarray) -> np.ndarray:
        """The learning rate at each of these places; `rate_at` for many at once."""
        state, plan = self.state, self.state.plan
        if not schedules.holds(plan.schedule):  # a user's own may not take arrays
            pairs = zip(epochs.tolist(), fractions.tolist(), strict=True)
            return np.array([rate_at(state, epoch, fraction) for epoch, fraction in pairs])
        base = float(plan.optimizer.options.get("learning_rate", 1.0))
        factors = plan.schedule.run(np, epochs - state.fit_start + fractions, plan.epochs, state.schedule)
        return base * np.broadcast_to(factors, epochs.shape)

    @property
    def kept(self) -> Sequence[Moment]:
        """The starts of the last two epochs, the latest last."""
        # An epoch that was taken back is not among those that are counted.
        back = 0 if self._taken_back or self._place else 1
        step, epoch = self.state.step - back * self._batches, self.state.epoch - back
        moments = [self._moment(1, step, epoch)] if self._begun > 0 else []
        if self._begun > 1:
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

