"""Whole programs: from the start of the process until an accuracy on a test part, and the memory it took at most.

Each is written as its library's documentation would: a hidden layer of relu units, Adam with its usual rate, batches of
32 in random order, the test accuracy after every epoch. Each round has a seed of its own. The programs start from
weights of their own, so their epochs differ; they stand in the table.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from _results import progress, table

from pellucid.data.datasets import TARGETS, load_dataset
from pellucid.data.split import same_rows, split

from . import tables
from .peers import CORES
from .racing import spread
from .sections import Options, Section, joined
from .workers import environment

PROGRAMS = Path(__file__).with_name("programs")
LIBRARIES = {"pellucid": "pellucid", "sklearn": "scikit-learn", "torch": "PyTorch", "jax": "JAX"}
SETTINGS = (1, 0) if CORES > 1 else (1,)
"""Thread settings that are tried: one, and the library's own choice."""


@dataclass(frozen=True)
class Goal:
    """A data set, the accuracy that counts as learnt, and the width of the hidden layer."""

    data: str
    accuracy: float
    hidden: int


GOALS = (Goal("digits", 0.97, 64), Goal("spambase", 0.93, 32))


@dataclass
class Runs:
    """One library's rounds. `epochs` and `accuracy` are what its program said at its end."""

    library: str
    threads: int
    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)


def write(goal: Goal, folder: Path) -> Path:
    """One split for all: a quarter as the test part, copies of a row on one side, columns standardised by the rest."""
    data = load_dataset(goal.data)
    X = np.column_stack(data.without(TARGETS[goal.data]).arrays).astype(float)
    y = np.unique(data[TARGETS[goal.data]].astype(str), return_inverse=True)[1].astype(np.int64)
    train, test = split(len(y), test=0.25, strata=y, groups=same_rows(data), seed=0)
    scale = X[train].std(axis=0)
    X = ((X - X[train].mean(axis=0)) / np.where(scale > 0, scale, 1)).astype(np.float32)
    path = folder / f"{goal.data}_split.npz"
    np.savez(path, X=X[train], y=y[train], X_test=X[test], y_test=y[test])
    return path


def once(runs: Runs, goal: Goal, file: Path, seed: int) -> None:
    """One process, from its start to its end; RuntimeError if it failed or did not learn enough."""
    program = str(PROGRAMS / f"until_{runs.library}.py")
    command = [sys.executable, program, str(file), str(goal.accuracy), str(goal.hidden), str(seed)]
    clock = [sys.executable, "-I", "-S", str(PROGRAMS / "clock.py"), *command]
    done = subprocess.run(clock, capture_output=True, text=True, check=True, env=environment(runs.threads))
    report = json.loads(done.stdout)
    if report["code"]:
        raise RuntimeError((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    epochs, accuracy = report["said"].split() or (0, 0.0)
    if float(accuracy) < goal.accuracy:
        raise RuntimeError(f"it did not get to {goal.accuracy:.0%} with seed {seed}")
    runs.seconds.append(report["seconds"])
    runs.megabytes.append(report["kilobytes"] / 1024)
    runs.epochs.append(int(epochs))
    runs.accuracy.append(float(accuracy))


def best_setting(library: str, goal: Goal, file: Path) -> Runs:
    """With the thread setting that takes less time for seed 0; that round also fills the disk's cache."""
    tried = {}
    for threads in SETTINGS:
        trial = Runs(library, threads)
        for _ in range(2):
            once(trial, goal, file, seed=0)
        tried[threads] = min(trial.seconds)
    return Runs(library, min(tried, key=lambda threads: tried[threads]))


def section(options: Options) -> Section:
    """Every goal: the time to it, and the memory."""
    libraries = [name for name in LIBRARIES if options.peers is None or name in options.peers]
    texts, figures, behind = [], {}, []
    for goal in GOALS:
        entries, absent = compete(goal, libraries, options.rounds, options.folder)
        ours = next((runs for runs in entries if runs.library == "pellucid"), None)
        head = f"### {goal.data}: {goal.accuracy:.0%} on a test part, 1 hidden layer of {goal.hidden}"
        texts.append(joined([head, process_table(entries, ours), tables.left_out(absent, LIBRARIES)]))
        figures[goal.data] = {runs.library: vars(runs) for runs in entries}
        behind += slower(goal, entries, ours)
    text = joined(
        [
            "## From the start of the process until it has learnt",
            "Whole programs, import and compilation included (`benchmarks/_peers/programs/`). Each round has a seed"
            " of its own, and every library draws its own weights, so the number of epochs differs. Memory is the peak"
            " of the process.",
            *texts,
        ]
    )
    return Section(text, figures, behind=behind)


def process_table(entries: list[Runs], ours: Runs | None) -> str:
    rows = []
    for runs in sorted(entries, key=lambda runs: spread(runs.seconds).median):
        found, memory, epochs = spread(runs.seconds), spread(runs.megabytes), spread(runs.epochs)
        rows.append(
            [
                f"**{LIBRARIES[runs.library]}**" if runs is ours else LIBRARIES[runs.library],
                tables.threads(runs.threads),
                tables.time(found.median),
                tables.between(found, tables.time),
                tables.digits(over(runs, ours)) if ours else "",
                f"{epochs.median:g} ({epochs.low} to {epochs.high})",
                f"{memory.median:.0f} MB",
            ]
        )
    return table(["", "threads", "time", "rounds", "times pellucid's", "epochs", "peak memory"], rows)


def over(runs: Runs, ours: Runs) -> float:
    """How many times as long as pellucid's, the median of the rounds."""
    return spread([theirs / mine for theirs, mine in zip(runs.seconds, ours.seconds, strict=True)]).median


def slower(goal: Goal, entries: list[Runs], ours: Runs | None) -> list[str]:
    """A sentence for each library that took less time or memory than pellucid."""
    if ours is None:
        return []
    sentences = []
    for runs in entries:
        name = LIBRARIES[runs.library]
        if over(runs, ours) < 1:
            sentences.append(
                f"{goal.data} from the start of the process: {name} is {1 / over(runs, ours):.2f} times as fast."
            )
        if spread(runs.megabytes).median < spread(ours.megabytes).median:
            sentences.append(f"{goal.data} from the start of the process: {name} needs less memory.")
    return sentences


def compete(goal: Goal, libraries: list[str], rounds: int, folder: Path) -> tuple[list[Runs], dict[str, str]]:
    """Interleaved rounds, a seed for each; and why some libraries are missing."""
    file = write(goal, folder)
    entries: list[Runs] = []
    absent: dict[str, str] = {}
    for library in libraries:
        try:
            entries.append(best_setting(library, goal, file))
        except RuntimeError as error:
            absent[library] = str(error)
    for seed in range(1, rounds + 1):
        for runs in list(entries) if seed % 2 else entries[::-1]:
            try:
                once(runs, goal, file, seed)
            except RuntimeError as error:
                absent[runs.library] = str(error)
                entries.remove(runs)
            else:
                progress(f"  {goal.data}, {runs.library}, seed {seed}: {runs.seconds[-1]:.2f} s")
    return entries, absent
