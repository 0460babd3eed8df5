"""`pellucid train`: from a table to a tested model and a report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from ..errors import InputError
from ..insight.render import counted, visible
from . import INTERRUPTED, checkpointing, train_data
from .examples import holds_examples
from .order import (
    Checkpoint,
    CheckpointEvery,
    Epochs,
    Hidden,
    LearningRate,
    Order,
    Output,
    Quiet,
    Report,
    Resume,
    Seed,
    Target,
    Task,
    Test,
    check_paths,
    known_task,
    share,
    sizes,
    step,
    target_column,
)
from .places import stem
from .shared import (
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
    say,
    split_rows,
    verb,
    without_notices,
)
from .wording import about, slower, spoken

if TYPE_CHECKING:
    from ..data.table import Table
    from ..network import Network
    from ..report import Run


@verb
def train(
    file: DataFile,
    target: Target = None,
    hidden: Hidden = None,
    task: Task = None,
    epochs: Epochs = None,
    learning_rate: LearningRate = None,
    seed: Seed = 0,
    test: Test = 0.25,
    output: Output = None,
    report: Report = None,
    checkpoint: Checkpoint = None,
    checkpoint_every: CheckpointEvery = 10.0,
    resume: Resume = False,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a network on a table, test it on rows it never saw, and write the model and a report.

    Everything is chosen from the data and said: how the file is read, what each column becomes, the network, the
    training. A quarter of the rows is kept for the test and used for nothing else.

    A file of examples in FANN's format (.data: a line `rows inputs outputs`, then numbers) needs no --target and gives
    a plain network and no report; --output FILE.net writes it for FANN.
    """
    path = find_table(file)
    if holds_examples(path):
        train_data.check_unused(target=target, task=task, report=report, checkpoint=checkpoint, resume=resume,
                                delimiter=delimiter, encoding=encoding, decimal=decimal)  # fmt: skip
        asked = train_data.Asked(path, sizes(hidden), epochs, step(learning_rate), seed, share(test), output)
        train_data.train(asked, as_json, quiet)
        return
    name = stem(path)
    order = Order(
        file=file,
        target=target_column(file, target, path),
        hidden=sizes(hidden),
        task=known_task(task),
        epochs=epochs,
        learning_rate=step(learning_rate),
        seed=seed,
        test=share(test),
        output=output or Path(f"{name}.safetensors"),
        report=report or Path(f"{name}.html"),
        checkpoint=checkpoint,
        every=checkpoint_every,
        resume=resume,
        reading=Reading(delimiter, encoding, decimal),
        as_json=as_json,
        quiet=quiet,
    )
    check_paths(order, path)
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
    if not X.columns:
        given = f"{visible(path.name)} has no other column than {visible(order.target)}"
        raise InputError(given, "at least one column to learn from")
    task = order.task or guess_task(y)[0]
    train_rows, test_rows = split_rows(table, order.target, task, order.test, order.seed)
    say(speak, "", f"{counted(len(train_rows), 'row')} for training, {len(test_rows)} for the test and nothing else.")
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
        net=net,
        evaluation=evaluation,
        seconds=seconds,
        command=shlex.join(["pellucid", *sys.argv[1:]]),
        model=str(order.output),
    )


def _fit(order: Order, X: Table, y: np.ndarray, speak: bool, fingerprint: str) -> tuple[Network, list[str]]:
    """The trained network and what was chosen; from the checkpoint, if asked to go on."""
    from .. import auto

    asked: dict[str, Any] = {
        name: getattr(order, name) for name in ("task", "hidden", "target", "epochs", "learning_rate")
    }
    with about(X, order.target):
        choices = auto.choose(X, y, **asked)
    say(speak, "Choices", *choices.said)
    progress = False if order.quiet else None
    folder, saved = order.checkpoint, None
    with about(X, order.target), slower(choices.training["optimizer"].options["learning_rate"]):
        if folder is not None and order.resume:
            checkpointing.check_same(folder, fingerprint, order.settings)
            done, planned = checkpointing.progress_in(folder) or (0, 0)
            say(speak and planned > 0, "", f"Resumed after {done} of {counted(planned, 'epoch')}.")
            return checkpointing.resumed(folder, X, y, progress), choices.said
        if folder is not None:
            saved = checkpointing.begin(folder, fingerprint, order.settings, order.every)
        net = auto.fit(X, y, **asked, seed=order.seed, checkpoint=saved, progress=progress, quiet=True)
    return net, choices.said


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


# --- What is said -----------------------------------------------------------------------------------------------------


def _ended(speak: bool, net: Network, seconds: float) -> None:
    history = net.history
    if history.loss:
        course = f"loss {history.loss[0]:.4g} to {history.loss[-1]:.4g}"
        epochs = counted(history.epochs, "epoch")
        say(speak, "Training", f"{epochs} in {seconds:.1f} s: {course} ({history.stopped}).")


def _metric(metric: str) -> str:
    return "accuracy" if metric == "accuracy" else "score"


def _counts(found: Any) -> str:
    if found.task == "classification":
        return f"({found.right} of {counted(found.n, 'row')} that it never saw)"
    _, ours, theirs = found.errors[0]
    return (
        f"on {counted(found.n, 'row')} that it never saw (off by {ours:.4g} on average, the baseline by {theirs:.4g})"
    )
