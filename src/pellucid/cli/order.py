"""What `pellucid train` can be told: its options, and the order that they make."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from ..insight.render import visible
from .checkpointing import check_free
from .places import check_model, check_own, check_place, same_file
from .shared import Reading

_FILES = "What is written"
TASKS = ("classification", "regression")
MOST_LAYERS, MOST_UNITS = 100, 10_000

Target = Annotated[str | None, typer.Option("--target", "-t", help="The column to be predicted.")]
Hidden = Annotated[str | None, typer.Option(help="The hidden layers' sizes, as 32,16; none for no hidden layer.")]
Task = Annotated[
    str | None, typer.Option(help="classification or regression [dim]\\[default: by the target's values][/dim]")
]
Epochs = Annotated[int | None, typer.Option(min=1, help="How often to go through the rows.")]
LearningRate = Annotated[float | None, typer.Option(help="How long the steps are.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same split and the same network.")]
Test = Annotated[float, typer.Option(help="The share of rows that is kept for the test.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="The model [dim]\\[default: FILE.safetensors][/dim]", rich_help_panel=_FILES),
]
Report = Annotated[
    Path | None, typer.Option(help="The report [dim]\\[default: FILE.html][/dim]", rich_help_panel=_FILES)
]
Checkpoint = Annotated[
    Path | None, typer.Option(help="A folder in which training saves itself as it goes.", rich_help_panel=_FILES)
]
CheckpointEvery = Annotated[float, typer.Option(min=0, help="Seconds between two checkpoints.", rich_help_panel=_FILES)]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from the folder of --checkpoint.", rich_help_panel=_FILES)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only how good it is and where the files are.")]


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


def target_column(file: str, target: str | None, path: Path) -> str:
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


def sizes(text: str | None) -> tuple[int, ...] | None:
    """Hidden layers' sizes from "32,16"; none at all for "none"."""
    if text is None:
        return None
    if text.strip().lower() in ("none", ""):
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and part.strip("0") for part in parts):
        raise InputError(f"--hidden {text}", "whole numbers of at least 1 with commas between", "--hidden 32,16")
    if len(parts) > MOST_LAYERS or any(len(part) > 9 or int(part) > MOST_UNITS for part in parts):
        expected = f"at most {MOST_LAYERS} layers of at most {MOST_UNITS} units"
        raise InputError(f"--hidden {text[:60]}", expected, "--hidden 64,64")
    return tuple(map(int, parts))


def share(test: float) -> float:
    """The share of rows for the test, if it leaves some on either side."""
    if not 0 < test < 1:
        raise InputError(f"--test {test:g}", "a share of the rows, more than 0 and less than 1", "--test 0.25")
    return test


def step(learning_rate: float | None) -> float | None:
    """The learning rate, if anything can be learnt at it."""
    if learning_rate is not None and not 0 < learning_rate < math.inf:
        raise InputError(f"--learning-rate {learning_rate:g}", "a finite number above 0", "--learning-rate 0.01")
    return learning_rate


def known_task(task: str | None) -> str | None:
    """The task, if it is one."""
    if task is not None and task not in TASKS:
        raise InputError(f"--task {task}", "classification or regression", "--task classification")
    return task


def check_paths(order: Order, path: Path) -> None:
    """Refuse before training what could not be written after it, and what should not be overwritten."""
    from ..io.safetensors_file import check_replaceable

    if order.resume and order.checkpoint is None:
        raise InputError("--resume without --checkpoint", "the folder to go on from", "--checkpoint FOLDER --resume")
    if order.checkpoint is not None and not order.resume:
        check_free(order.checkpoint)
    check_place("--output", order.output, {"the table": path})
    check_place("--report", order.report, {"the table": path})
    if same_file(order.output, order.report):
        raise InputError(f"--output and --report are both {order.output}", "two files")
    check_replaceable(order.output)
    check_model(order.output)
    check_own("--report", order.report, b"pellucid", "report")
