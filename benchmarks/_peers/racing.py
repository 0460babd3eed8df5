"""Interleaved rounds: in each round every peer trains once, so that a busy machine slows all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from _results import progress

from . import given
from .peers import PEERS, Peer
from .workers import Worker, WorkerError
from .works import ROW, Training

PAUSE = 0.2  # seconds between two turns: threads of the last one that wait by spinning go to sleep
WORTH = 0.97  # more threads count as faster only if they take less than this share of the time


class Spread(NamedTuple):
    """The median of several rounds, and between what they were."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    return Spread(median(values), min(values), max(values))


@dataclass
class Entry:
    """A peer in the race. `per` turns the seconds of a turn into those of the work's unit."""

    worker: Worker
    per: float = 1.0
    seconds: list[float] = field(default_factory=list)
    busy: float | None = None
    loss: float | None = None
    answer: list[float] | None = None
    agrees: bool | None = None

    @property
    def peer(self) -> Peer:
        return self.worker.peer

    def turn(self) -> float:
        """One measurement; what was learnt is kept, the time is returned."""
        reply = self.worker.ask(do="turn")
        self.busy, self.loss, self.answer = reply["busy"], reply.get("loss"), reply.get("answer")
        return reply["seconds"] * self.per


@dataclass
class Race:
    """Who ran, and why others did not; `slower` are those with the worse thread setting."""

    entries: list[Entry]
    absent: dict[str, str] = field(default_factory=dict)
    slower: list[Entry] = field(default_factory=list)

    def of(self, name: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.peer.name == name), None)


def ratios(entry: Entry, ours: Entry) -> Spread:
    """How many times as long as ours it took, round by round."""
    return spread([theirs / mine for theirs, mine in zip(entry.seconds, ours.seconds, strict=True)])


Prepare = Callable[[Worker], float]
"""Gives a worker its work and says what its seconds are to be multiplied by."""


def enter(peers: Iterable[Peer], prepare: Prepare, stack: ExitStack, settings: Sequence[int] | None = None) -> Race:
    """Start every peer with each of its thread settings (or the given ones), as an entry each."""
    race = Race([])
    for peer in peers:
        progress(f"  {peer.label}")
        try:
            race.entries += [started(peer, threads, prepare, stack) for threads in settings or peer.threads]
        except WorkerError as error:
            race.absent[peer.name] = str(error)
            progress(f"  left out: {error}")
    return race


def started(peer: Peer, threads: int, prepare: Prepare, stack: ExitStack) -> Entry:
    worker = Worker(peer, threads)
    stack.callback(worker.stop)
    return Entry(worker, prepare(worker))


def run(race: Race, rounds: int) -> None:
    """The rounds; their order changes from one to the next. Who fails is taken out."""
    for number in range(rounds):
        shift = number % max(len(race.entries), 1)
        order = race.entries[shift:] + race.entries[:shift]
        for entry in order if number % 2 == 0 else order[::-1]:
            time.sleep(PAUSE)
            try:
                entry.seconds.append(entry.turn())
            except WorkerError as error:
                race.absent[entry.peer.name] = f"with threads {entry.worker.threads}, in round {number + 1}: {error}"
                race.entries.remove(entry)


def keep_best_settings(race: Race) -> None:
    """Of each peer only the entry whose thread setting was the faster one over all rounds."""
    best: dict[str, Entry] = {}
    for entry in sorted(race.entries, key=lambda entry: entry.worker.threads):
        other = best.get(entry.peer.name)
        if other is None or median(entry.seconds) < WORTH * median(other.seconds):
            best[entry.peer.name] = entry
    race.slower = [entry for entry in race.entries if entry is not best[entry.peer.name]]
    race.entries = list(best.values())


def training(work: Training, folder: Path, share: float = 1.0) -> Prepare:
    """Gives a worker this training, or a share of its epochs; a peer's own share comes on top."""
    file = str(given.write(work, folder))

    def prepare(worker: Worker) -> float:
        epochs = epochs_of(work, worker.peer.name, share)
        worker.ask(do="training", work=work.name, file=file, epochs=epochs)
        if work.unit == "run":
            return work.epochs / epochs
        return 1 / (epochs * work.steps_of_an_epoch)

    return prepare


def epochs_of(work: Training, peer: str, share: float) -> int:
    return max(1, round(work.epochs * share * work.shares.get(peer, 1.0)))


def single_row(row: dict[str, Any]) -> Prepare:
    def prepare(worker: Worker) -> float:
        worker.ask(do="row", given=row)
        return 1.0

    return prepare


def check_losses(work: Training, race: Race, folder: Path, share: float) -> None:
    """Whether each peer's final loss is within the tolerance of pellucid's after the same number of epochs."""
    ours = race.of("pellucid")
    if ours is None or ours.loss is None:
        return
    file = str(given.write(work, folder))
    known: dict[int, float] = {}

    def loss_after(entry: Entry, epochs: int) -> float:
        entry.worker.ask(do="training", work=work.name, file=file, epochs=epochs)
        return entry.worker.ask(do="turn")["loss"]

    for entry in race.entries:
        trained = epochs_of(work, entry.peer.name, share)
        epochs = min(work.checked.get(entry.peer.name, trained), trained)
        try:
            theirs = entry.loss if epochs == trained else loss_after(entry, epochs)
            if epochs not in known:
                known[epochs] = loss_after(ours, epochs)
        except WorkerError as error:
            race.absent[entry.peer.name] = f"its loss could not be compared: {error}"
        else:
            entry.agrees = theirs is not None and abs(theirs - known[epochs]) <= work.tolerance * abs(known[epochs])


def check_answers(race: Race) -> None:
    """Whether each peer's answer to the row is pellucid's, within the tolerance."""
    ours = race.of("pellucid_row")
    if ours is None or ours.answer is None:
        return
    for entry in race.entries:
        assert entry.answer is not None
        pairs = zip(entry.answer, ours.answer, strict=True)
        entry.agrees = all(abs(theirs - mine) <= ROW.tolerance for theirs, mine in pairs)


def chosen(names: Sequence[str] | None, kind: str) -> list[Peer]:
    """The peers for a kind of work; a name stands for all that begin with it and go on with "_"."""
    return [
        peer
        for peer in PEERS.values()
        if kind in peer.kinds and (names is None or peer.name in names or peer.name.split("_")[0] in names)
    ]
