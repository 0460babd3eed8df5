"""Recording: the full training state at chosen epochs, so that any of these moments can be seen, compared and resumed.

>>> list(log_spaced(100))
[0, 1, 2, 5, 10, 20, 50, 100]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError, StateError
from ..model.layers import whole_number
from ..model.state import Snapshot, take_snapshot
from .hooks import NEVER, Hook, View

DEFAULT_BUDGET = 256 * 2**20


@dataclass
class Recording:
    """Moments of one training, in order; `moments[k].epoch` counts from the optimizer's start, `start` is where this
    fit began.

    `complete` is False for record="parameters": such moments can be looked at, but resuming from one restarts the
    optimizer. `budget` bytes are never exceeded: when they would be, every second of the wanted moments, past and to
    come, is given up (never the first or the last), and `thinned` counts how often.
    """

    moments: list[Snapshot] = field(default_factory=list)
    complete: bool = True
    budget: int = DEFAULT_BUDGET
    start: int = 0
    thinned: int = 0

    @property
    def epochs(self) -> list[int]:
        """The epochs of this fit at which there is a moment: 0 is before the first update."""
        return [moment.epoch - self.start for moment in self.moments]

    @property
    def nbytes(self) -> int:
        """The memory that the moments take."""
        return sum(moment.nbytes for moment in self.moments)

    def at(self, epoch: int) -> Snapshot:
        """The moment after so many epochs; -1 is the last one."""
        if not self.moments:
            raise StateError("the recording is empty", "a fit with record=True before it", "net.fit(X, y, record=True)")
        if epoch == -1:
            return self.moments[-1]
        if epoch not in self.epochs:
            raise InputError(f"epoch {epoch} was not recorded", "one of " + ", ".join(map(str, self.epochs)))
        return self.moments[self.epochs.index(epoch)]

    def __repr__(self) -> str:
        kind = "full state" if self.complete else "parameters only: resuming restarts the optimizer"
        thinned = f"; thinned {self.thinned} times to stay within {self.budget} bytes" if self.thinned else ""
        return f"Recording of {len(self.moments)} moments ({kind}), {self.nbytes} bytes, epochs {self.epochs}{thinned}"


class Recorder(Hook):
    """Takes the moments at the wanted epochs, and one at the end."""

    def __init__(self, epochs: Iterable[int], recording: Recording) -> None:
        self.wanted, self.recording = sorted(set(epochs)), recording

    def begin(self, view: View) -> None:
        """The moment before the first update, unless this goes on from a later one."""
        self.recording.start = view.state.fit_start
        if view.done in self.wanted:
            self.look(view)

    def next(self, done: int) -> int:
        """The next wanted epoch."""
        return next((epoch for epoch in self.wanted if epoch > done), NEVER)

    def look(self, view: View) -> None:
        """Take the moment, if there is or can be made room for it."""
        moment = self._moment(view)
        self._make_room(moment)
        if view.done in self.wanted:
            self.recording.moments.append(moment)

    def end(self, view: View) -> None:
        """The last epoch is always recorded, as it was before early stopping put the best one back."""
        moments = self.recording.moments
        if not moments or moments[-1].epoch != view.state.epoch:
            moment = self._moment(view)
            self._make_room(moment)
            self.recording.moments.append(moment)

    def _moment(self, view: View) -> Snapshot:
        return take_snapshot(view.state, view.model.parameters.by_layer, slots=self.recording.complete)

    def _make_room(self, moment: Snapshot) -> None:
        recording = self.recording
        while len(self.wanted) > 1 and recording.nbytes + moment.nbytes > recording.budget:
            self.wanted = self.wanted[::2]
            recording.moments = [m for m in recording.moments if m.epoch - recording.start in self.wanted]
            recording.thinned += 1


def joined(before: Recording | None, after: Recording | None) -> Recording | None:
    """The recording of a fit that was broken off and resumed: what was recorded before, then what came after."""
    if before is None or after is None:
        return after or before
    first = after.moments[0].epoch if after.moments else 0
    after.moments = [moment for moment in before.moments if moment.epoch < first] + after.moments
    return after


def log_spaced(epochs: int) -> Iterator[int]:
    """0, 1, 2, 5, 10, 20, 50 ... and the last epoch."""
    yield 0
    unit = 1
    while unit <= epochs:
        yield from (unit * k for k in (1, 2, 5) if unit * k < epochs)
        unit *= 10
    if epochs > 0:
        yield epochs


def recorder(record: Any, epochs: int, budget: int = DEFAULT_BUDGET, full: int = 0, light: int = 0) -> Recorder | None:
    """The hook for `fit(record=...)`: True, "parameters", a step, or epochs; None for nothing.

    `full` and `light` are the bytes of a moment with and without the optimizer's memory: two must fit into the budget.
    """
    if hasattr(record, "tolist"):  # an array, or a NumPy number
        record = record.tolist()
    if record is None or record is False:
        return None
    wanted = _wanted(record, epochs)
    complete = record != "parameters"
    budget = whole_number("record_memory", budget, 1, "record_memory=256_000_000")
    moment = full if complete else light
    if budget < 2 * moment:
        given = f"record_memory={budget} bytes for moments of {moment} bytes"
        raise InputError(given, "room for two moments at least", f"record_memory={2 * moment}")
    return Recorder(wanted, Recording(complete=complete, budget=budget))


def _wanted(record: Any, epochs: int) -> Iterable[int]:
    if record is True or record == "parameters":
        return log_spaced(epochs)
    if isinstance(record, (list, tuple, range)):
        return [whole_number("a recorded epoch", epoch, 0, "record=[0, 1, 10]") for epoch in record]
    if isinstance(record, str):
        raise InputError(f"record={record!r}", 'True, "parameters", a step, or a list of epochs', "record=True")
    return range(0, epochs + 1, whole_number("record", record, 1, "record=True"))
