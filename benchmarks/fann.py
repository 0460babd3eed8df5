"""pellucid's libfann beside the real one: speed per epoch and per call, and what is learnt.

One script (`_fann/worker.py`) runs with Debian's python3-fann2 in the system's Python and with pellucid.fann, each in a
process of its own and on one thread. In each round all of them train once from the same saved start; ratios are taken
within a round. The data sets are found through PELLUCID_DATA (the folder that holds `datasets/`); without them nothing
is measured. Prints Markdown; a whole run also writes JSON.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from _fann.works import ALGORITHMS, INCREMENTAL_GOAL, QUALITY, RUN_GOAL, SEEDS, SPEED, Quality, Work
from _peers import tables
from _peers.racing import PAUSE, Spread, spread
from _peers.tables import Verdict
from _peers.workers import SYSTEM_PYTHON, Process, WorkerError
from _results import progress, publish, table

LIBRARIES = {"fann2": SYSTEM_PYTHON, "pellucid": sys.executable, "compat": sys.executable}
LABELS = {"fann2": "FANN 2.2", "pellucid": "pellucid", "compat": "pellucid, fann_compat=True"}
SCRIPT = str(Path(__file__).with_name("_fann") / "worker.py")
ROUNDS = 5
PAIRED = (
    "Seeds differ far more than libraries, so the two are compared seed by seed: *less FANN's* is the median of "
    "pellucid's test MSE less FANN's from the same seed, the interval in which that median lies for 95 % of resampled "
    "seeds, and how often it is below 0. Where the interval holds 0, no difference was found."
)
Processes = dict[str, Process]
Times = dict[str, list[float]]


def data_folder() -> Path:
    for folder in os.environ.get("PELLUCID_DATA", "").split(os.pathsep):
        if folder and (Path(folder) / "datasets" / "mushroom.train").exists():
            return Path(folder) / "datasets"
    raise SystemExit("Nothing measured: PELLUCID_DATA names no folder with datasets/mushroom.train.")


def race(processes: Processes, rounds: int) -> tuple[Times, dict[str, Any]]:
    """The seconds of each library, round by round, and each one's last reply."""
    times: Times = {name: [] for name in processes}
    last: dict[str, Any] = {}
    for number in range(rounds):
        order = list(processes)
        for name in order if number % 2 == 0 else order[::-1]:
            time.sleep(PAUSE)
            last[name] = processes[name].ask(do="turn")
            times[name].append(last[name]["seconds"])
    return times, last


def ratio(times: Times, name: str) -> Spread:
    """How many times as long as this one the real library took."""
    return spread([theirs / mine for theirs, mine in zip(times["fann2"], times[name], strict=True)])


def start_of(processes: Processes, work: Work, folder: Path) -> str:
    file = str(folder / f"{work.name}.net")
    processes["fann2"].ask(do="start", layers=work.layers, hidden=work.hidden, output=work.output, net=file)
    return file


def speed(processes: Processes, data: Path, folder: Path, rounds: int) -> tuple[str, list[Verdict], dict[str, Any]]:
    rows, verdicts, figures = [], [], {}
    for work in SPEED:
        net = start_of(processes, work, folder)
        for algorithm in ALGORITHMS:
            progress(f"{work.name}, {algorithm}")
            for process in processes.values():
                process.ask(
                    do="speed", work=work.name, algorithm=algorithm, data=str(data / f"{work.name}.train"), net=net
                )
            times, last = race(processes, rounds)
            ours, compat = ratio(times, "pellucid"), ratio(times, "compat")
            goal = INCREMENTAL_GOAL if algorithm == "INCREMENTAL" else work.goal
            verdicts.append(Verdict(work.name, algorithm, goal, ours))
            sizes = "-".join(map(str, work.layers))
            rows.append(
                [f"{work.name} {sizes}", algorithm, *(tables.time(median(times[name])) for name in LIBRARIES)]
                + [f"{tables.digits(ours.median)} ({tables.between(ours)})"]
                + [f"{tables.digits(compat.median)} ({tables.between(compat)})"]
                + [f"{last[name]['mse']:.5g}" for name in LIBRARIES]
            )
            figures[f"{work.name} {algorithm}"] = {"seconds": times, "mse": {n: last[n]["mse"] for n in LIBRARIES}}
    head = ["an epoch", "", *LABELS.values(), "times pellucid's", "times compat's"]
    return table([*head, *(f"MSE, {name}" for name in LIBRARIES)], rows), verdicts, figures


def calls(processes: Processes, folder: Path, rounds: int) -> tuple[str, list[Verdict], dict[str, Any]]:
    rows, verdicts, figures = [], [], {}
    gate = Work("gate", (2, 4, 1), "SIGMOID_SYMMETRIC_STEPWISE", "SIGMOID_SYMMETRIC_STEPWISE", 1, 1.0)
    for work in (gate, SPEED[0]):
        net = start_of(processes, work, folder)
        for process in processes.values():
            process.ask(do="run", net=net)
        times, last = race(processes, rounds)
        answers = [last[name]["answer"] for name in LIBRARIES]
        assert all(abs(a - b) < 1e-9 for other in answers for a, b in zip(answers[0], other, strict=True))
        ours, sizes = ratio(times, "pellucid"), "-".join(map(str, work.layers))
        verdicts.append(Verdict(f"run, {sizes}", "", RUN_GOAL, ours))
        rows.append(
            [
                sizes,
                *(tables.time(median(times[name])) for name in LIBRARIES),
                f"{tables.digits(ours.median)} ({tables.between(ours)})",
            ]
        )
        figures[sizes] = {"seconds": times}
    return table(["a call of run", *LABELS.values(), "times pellucid's"], rows), verdicts, figures


def share(found: list[dict[str, Any]], part: str, what: str) -> str:
    values = [run[part][what] for run in found if run[part] is not None and what in run[part]]
    return f"{median(values):.4g} ({min(values):.4g} to {max(values):.4g})" if values else ""


def apart(theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> str:
    """The median of pellucid's test MSE less FANN's, seed by seed; where it lies for 95 % of resampled seeds."""
    if any(run["test"] is None for run in theirs):
        return ""
    found = [mine["test"]["mse"] - its["test"]["mse"] for its, mine in zip(theirs, ours, strict=True)]
    draw = random.Random(0)
    again = sorted(median(draw.choices(found, k=len(found))) for _ in range(2000))
    lower = sum(difference < 0 for difference in found)
    return f"{median(found):+.2g} ({again[50]:+.2g} to {again[-51]:+.2g}), less in {lower} of {len(found)}"


def quality(processes: Processes, data: Path) -> tuple[str, dict[str, Any]]:
    """Each task from every seed; a library whose run fails is told so in its row."""
    rows, figures = [], {}
    for task in QUALITY:
        for name, process in processes.items():
            progress(f"{task.name}, {name}")
            try:
                found = [process.ask(do="quality", task=task.name, seed=seed, **files(task, data)) for seed in SEEDS]
            except WorkerError as error:
                rows.append([task.name, LABELS[name], f"failed: {error}", "", "", "", "", "", ""])
                continue
            figures[f"{task.name}, {name}"] = found
            seconds, neurons = (median(run[key] for run in found) for key in ("seconds", "neurons"))
            parts = [share(found, part, what) for what in ("mse", "accuracy") for part in ("train", "test")]
            theirs = figures.get(f"{task.name}, fann2")
            parts.insert(2, apart(theirs, found) if theirs and name == "pellucid" else "")
            rows.append([task.name, LABELS[name], *parts, tables.time(seconds), f"{neurons:.0f}"])
    head = ["task", "", "train MSE", "test MSE", "less FANN's", "train accuracy", "test accuracy", "time", "neurons"]
    return table(head, rows) + f"\n\n{PAIRED}", figures


def files(task: Quality, data: Path) -> dict[str, str]:
    if task.kind == "scaling":
        return {"train": str(data / "scaling.data"), "test": str(data / "scaling.data")}
    return {part: str(data / f"{task.data}.{part}") for part in ("train", "test")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--part", nargs="+", choices=("speed", "run", "quality"), help="only these, and keep no results"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of each race (default {ROUNDS})")
    chosen = parser.parse_args()
    parts, data = chosen.part or ["speed", "run", "quality"], data_folder()
    text = ["# Beside FANN", __doc__.split("\n\n")[1].replace("\n", " ")]
    verdicts: list[Verdict] = []
    figures: dict[str, Any] = {}
    with ExitStack() as stack, tempfile.TemporaryDirectory() as temporary:
        processes = {name: Process([python, SCRIPT, name], 1) for name, python in LIBRARIES.items()}
        for process in processes.values():
            stack.callback(process.stop)
        if "speed" in parts:
            found, goals, figures["speed"] = speed(processes, data, Path(temporary), chosen.rounds)
            text += ["## An epoch of training", found]
            verdicts += goals
        if "run" in parts:
            found, goals, figures["run"] = calls(processes, Path(temporary), chosen.rounds)
            text += ["## A call of run", found]
            verdicts += goals
        if "quality" in parts:
            found, figures["quality"] = quality(processes, data)
            text += [f"## What is learnt: medians of {len(SEEDS)} seeds (lowest to highest)", found]
    if verdicts:
        text[2:2] = ["## Goals", tables.verdict_table(verdicts)]
    publish("fann", "\n\n".join(text), figures, keep=chosen.part is None)


if __name__ == "__main__":
    main()
