"""`pellucid train`: from a table to a tested model and a report."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from ..errors import InputError
from ..insight.render import visible
from . import checkpointing
from .shared import (
    INTERRUPTED,
    AsJson,
    DataFile,
    Decimal,
    Delimiter,
    Encoding,
    Reading,
    emit,
    find_table,
    open_table,
    remark,
    split_rows,
    spoken,
    styled,
    verb,
    without_notices,
)

if TYPE_CHECKING:
    from ..data.table import Table
    from ..network import Network
    from ..report import Run

_FILES = "What is written"
_TASKS = ("classification", "regression")


@dataclass(frozen=True)
class Order:
    """What was asked for."""

    file: str
    target: str
    hidden: tuple[int, ...] | None
    task: str | None
    epochs: int | None
    learning_rate: float | None
    seed: int
    test: float
    output: Path
    report: Path
    checkpoint: Path | None
    every: float
    resume: bool
    reading: Reading
    as_json: bool
    quiet: bool

    @property
    def settings(self) -> dict[str, Any]:
        """What must be the same for a training to be gone on with."""
        return {
            "target": self.target,
            "hidden": None if self.hidden is None else list(self.hidden),
            "task": self.task,
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "seed": self.seed,
            "test": self.test,
        }


@verb
def train(
    file: DataFile,
    target: Annotated[str | None, typer.Option("--target", "-t", help="The column to be predicted.")] = None,
    hidden: Annotated[
        str | None, typer.Option(help="The hidden layers' sizes, as 32,16; none for no hidden layer.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classification or regression [dim]\\[default: by the target's values][/dim]")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="How often to go through the rows.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="How long the steps are.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same split and the same network.")] = 0,
    test: Annotated[float, typer.Option(help="The share of rows that is kept for the test.")] = 0.25,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The model [dim]\\[default: FILE.safetensors][/dim]", rich_help_panel=_FILES
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="The report [dim]\\[default: FILE.html][/dim]", rich_help_panel=_FILES)
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A folder in which training saves itself as it goes.", rich_help_panel=_FILES)
    ] = None,
    checkpoint_every: Annotated[
        float, typer.Option(min=0, help="Seconds between two checkpoints.", rich_help_panel=_FILES)
    ] = 10.0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder of --checkpoint.")] = False,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say only how good it is and where the files are.")
    ] = False,
) -> None:
    """Train a network on a table, test it on rows it never saw, and write the model and a report.

    Everything is chosen from the data and said: how the file is read, what each column becomes, the network, the
    training. A quarter of the rows is kept for the test and used for nothing else.
    """
    path = find_table(file)
    name = path.name.split(".")[0] or "model"
    order = Order(
        file=file,
        target=_target(file, target, path),
        hidden=_sizes(hidden),
        task=_task(task),
        epochs=epochs,
        learning_rate=learning_rate,
        seed=seed,
        test=test,
        output=output or Path(f"{name}.safetensors"),
        report=report or Path(f"{name}.html"),
        checkpoint=checkpoint,
        every=checkpoint_every,
        resume=resume,
        reading=Reading(delimiter, encoding, decimal),
        as_json=as_json,
        quiet=quiet,
    )
    _check_paths(order, path)
    run = _train(order, path)
    _conclude(order, run)


def _train(order: Order, path: Path) -> Run:
    """Read, split, train, test."""
    from ..data.prepare import guess_task
    from ..report import Run, evaluate

    speak = not (order.as_json or order.quiet)
    table = open_table(str(path), order.reading, order.target)
    say(speak, "Data", *map(spoken, table.findings))
    X, y = table.without(order.target), table[order.target]
    task = order.task or guess_task(y)[0]
    train_rows, test_rows = split_rows(table, order.target, task, order.test, order.seed)
    say(speak, "", f"{len(train_rows)} rows for training, {len(test_rows)} for the test and nothing else.")
    began = perf_counter()
    net, choices = _fit(order, X.take(train_rows), y[train_rows], speak, table.fingerprint())
    seconds = perf_counter() - began
    _ended(speak, net, seconds)
    with without_notices():  # what the file lacks was said when it was read
        evaluation = evaluate(net, X.take(test_rows), y[test_rows], y[train_rows])
    net.save(order.output)
    return Run(
        source=path.name,
        findings=tuple(map(spoken, table.findings)),
        choices=tuple(choices),
        table=table,
        target=order.target,
        train=train_rows,
        test=test_rows,
        rows=_row_numbers(path, table, order.reading),
        net=net,
        evaluation=evaluation,
        seconds=seconds,
        command=shlex.join(["pellucid", *sys.argv[1:]]),
        model=str(order.output),
    )


def _fit(order: Order, X: Table, y: np.ndarray, speak: bool, fingerprint: str) -> tuple[Network, list[str]]:
    """The trained network and what was chosen; from the checkpoint, if asked to go on."""
    from .. import auto

    said = auto.choose(X, y, task=order.task, hidden=order.hidden, target=order.target).said
    say(speak, "Choices", *said)
    progress = False if order.quiet else None
    folder, saved = order.checkpoint, None
    if folder is not None and order.resume:
        checkpointing.check_same(folder, fingerprint, order.settings)
        return checkpointing.resumed(folder, X, y, progress), said
    if folder is not None:
        saved = checkpointing.begin(folder, fingerprint, order.settings, order.every)
    net = auto.fit(
        X,
        y,
        task=order.task,
        hidden=order.hidden,
        seed=order.seed,
        epochs=order.epochs,
        learning_rate=order.learning_rate,
        target=order.target,
        checkpoint=saved,
        progress=progress,
        quiet=True,
    )
    return net, said


def _conclude(order: Order, run: Run) -> None:
    """Say the result, write the report, say where things are."""
    from ..report import write_report

    found = run.evaluation
    speak = not order.as_json
    say(speak, "Test" if not order.quiet else "", f"{_metric(found.metric)} {found.score_text} {_counts(found)}",
        f"baseline {found.baseline_text} ({found.baseline_says})")  # fmt: skip
    with without_notices():
        write_report(run, order.report)
    say(speak, "Written" if not order.quiet else "", f"model   {order.output}",
        f"report  {order.report}   (open it in a browser)")  # fmt: skip
    if order.as_json:
        emit(_document(order, run))
    if run.net.history.stopped.startswith("interrupted"):
        remark("training was ended by Ctrl-C; the model and the report are of what it had learnt until then")
        raise typer.Exit(INTERRUPTED)


def _document(order: Order, run: Run) -> dict[str, Any]:
    history = run.net.history
    return {
        "test": run.evaluation.to_dict(),
        "data": {
            "file": order.file,
            "target": order.target,
            "rows": len(run.table),
            "columns": list(run.table.columns),
            "training_rows": len(run.train),
            "test_rows": len(run.test),
            "fingerprint": run.table.fingerprint(),
        },
        "findings": run.findings,
        "task": run.evaluation.task,
        "choices": run.choices,
        "notes": history.notes,
        "training": {
            "epochs": history.epochs,
            "loss": history.loss[-1] if history.loss else None,
            "stopped": history.stopped,
            "engine": history.engine,
            "seed": order.seed,
        },
        "model": str(order.output),
        "report": str(order.report),
        "seconds": run.seconds,
    }


# --- What was asked for -----------------------------------------------------------------------------------------------


def _target(file: str, target: str | None, path: Path) -> str:
    """The column that was named; of a shipped data set, its own."""
    from ..data.datasets import TARGETS, dataset_path
    from ..data.table import read_table

    if target is not None:
        return target
    for name, column in TARGETS.items():
        if path == dataset_path(name):
            return column
    columns = ", ".join(visible(name) for name in read_table(path).columns[:20])
    raise InputError("no column to predict was named", f"one of {columns}", f"pellucid train {file} --target COLUMN")


def _sizes(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    if text.strip().lower() in ("none", ""):
        return ()
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) >= 1 for part in parts):
        raise InputError(f"--hidden {text}", "whole numbers of at least 1 with commas between", "--hidden 32,16")
    return tuple(int(part) for part in parts)


def _task(task: str | None) -> str | None:
    if task is not None and task not in _TASKS:
        raise InputError(f"--task {task}", "classification or regression", "--task classification")
    return task


def _check_paths(order: Order, path: Path) -> None:
    """Refuse before training what could not be written after it."""
    if order.resume and order.checkpoint is None:
        raise InputError("--resume without --checkpoint", "the folder to go on from", "--checkpoint FOLDER --resume")
    for option, place in (("--output", order.output), ("--report", order.report)):
        if place.is_dir() or not place.absolute().parent.is_dir():
            why = "is a folder" if place.is_dir() else "is in a folder that does not exist"
            raise InputError(f"{option} {place} {why}", "a file in a folder that exists")
        if place.absolute() == path.absolute():
            raise InputError(f"{option} {place} is the table itself", "another file")
    if order.output.absolute() == order.report.absolute():
        raise InputError(f"--output and --report are both {order.output}", "two files")


def _row_numbers(path: Path, table: Table, reading: Reading) -> np.ndarray:
    """The number of each row in the file, from 1: rows without a target were left out of the table."""
    assert table.target is not None
    if not any("left out" in finding for finding in table.findings):
        return np.arange(1, len(table) + 1)
    from ..data.table import read_table

    whole = read_table(path, None, reading.delimiter, reading.encoding, reading.decimal, header=True)
    values = whole[table.target] if table.target in whole else table[table.target]
    return np.flatnonzero([value is not None and value == value for value in values.tolist()]) + 1


# --- What is said -----------------------------------------------------------------------------------------------------


def say(speak: bool, title: str, *lines: str) -> None:
    """A title and lines below it, on standard output."""
    if not speak:
        return
    if title:
        styled(title, "bold")
    for line in lines:
        styled("  " + visible(line))


def _ended(speak: bool, net: Network, seconds: float) -> None:
    history = net.history
    if history.loss:
        course = f"loss {history.loss[0]:.4g} to {history.loss[-1]:.4g}"
        say(speak, "Training", f"{history.epochs} epochs in {seconds:.1f} s: {course} ({history.stopped}).")


def _metric(metric: str) -> str:
    return "accuracy" if metric == "accuracy" else "score"


def _counts(found: Any) -> str:
    if found.task == "classification":
        return f"({found.right} of {found.n} rows that it never saw)"
    _, ours, theirs = found.errors[0]
    return f"on {found.n} rows that it never saw (off by {ours:.4g} on average, the baseline by {theirs:.4g})"
