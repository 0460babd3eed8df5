"""`pellucid train FILE.data`: examples in FANN's format, whose header says what is input and what is output.

The network is exactly what FANN's user would write down: nothing is scaled. Hidden layers are tanh; the output is
tanh, sigmoid or linear, by what the targets are. RPROP, all rows at once, as FANN does it; it ends where the mean
squared error is small enough, and keeps the weights of the best epoch, not those of a step further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..insight.render import counted
from .examples import FEW, divided, measured
from .places import check_model, check_place, stem
from .shared import emit, say
from .wording import slower

if TYPE_CHECKING:
    from ..network import Network
    from ..training.callbacks import EpochReport

HIDDEN = (8,)
EPOCHS, ENOUGH, PATIENCE = 2000, 1e-5, 200
_SHAPE = "none: the file's first line says how many rows, inputs and outputs there are"
UNUSED = {
    "task": "none: every output is learnt as a number, classes too",
    "report": "none: a report is about a table's columns, and these have no names",
    "checkpoint": "none: only trainings on tables save themselves as they go",
    "resume": "none: only trainings on tables save themselves as they go",
    "delimiter": "none: the numbers are apart by blanks",
    "encoding": "none: the file is plain ASCII",
    "decimal": "none: its numbers have decimal points",
}


@dataclass(frozen=True)
class Asked:
    """What was asked for; None where it is to be chosen."""

    path: Path
    hidden: tuple[int, ...] | None
    epochs: int | None
    learning_rate: float | None
    seed: int
    test: float
    output: Path | None


@dataclass(frozen=True, eq=False)
class Rows:
    """Inputs and outputs, and the places of the rows for training and for the test (none of few)."""

    X: np.ndarray
    Y: np.ndarray
    train: np.ndarray
    test: np.ndarray


def check_unused(**given: Any) -> None:
    """Refuse options that mean nothing for such a file."""
    for option, value in given.items():
        if value:
            raise InputError(f"--{option} for a file of examples in FANN's format", UNUSED.get(option, _SHAPE))


def train(asked: Asked, as_json: bool, quiet: bool) -> None:
    """Read, train, test, write, and say all of it."""
    speak = not (as_json or quiet)
    output = asked.output or Path(f"{stem(asked.path)}.safetensors")
    check_place("--output", output, {"the file of examples": asked.path})
    check_model(output)
    rows = _read(asked)
    n_in, n_out = rows.X.shape[1], rows.Y.shape[1]
    shape = f"{counted(len(rows.X), 'row')}, {counted(n_in, 'input')}, {counted(n_out, 'output')}"
    split = f"{len(rows.train)} for training, {len(rows.test)} for the test and nothing else"
    few = f"all of them for training: fewer than {FEW} leave none for a test"
    say(speak, "Data", f"{asked.path.name}: {shape} (FANN's format).", (split if len(rows.test) else few) + ".")
    net, choices = _network(asked, rows)
    say(speak, "Choices", *choices)
    began = perf_counter()
    _fit(net, asked, rows, quiet or as_json)
    seconds, history = perf_counter() - began, net.history
    say(speak, "Training", f"{counted(history.epochs, 'epoch')} in {seconds:.1f} s ({history.stopped}).")
    found = _tested(net, rows)
    net.save(output)
    say(not as_json, "" if quiet else found["rows_are"].capitalize(), *_said(found))
    say(not as_json, "" if quiet else "Written", f"model   {output}")
    if as_json:
        emit({
            "file": str(asked.path), "rows": len(rows.X), "inputs": n_in, "outputs": n_out, "result": found,
            "choices": choices, "model": str(output), "seconds": seconds,
            "training": {"epochs": history.epochs, "stopped": history.stopped, "engine": history.engine,
                         "seed": asked.seed},
        })  # fmt: skip


def _read(asked: Asked) -> Rows:
    from ..io.fann.data_file import read

    X, Y = read(asked.path)
    if not len(X) or not X.shape[1] or not Y.shape[1]:
        given = f"{asked.path} has {len(X)} rows, {X.shape[1]} inputs, {Y.shape[1]} outputs"
        raise InputError(given, "at least 1 of each")
    return Rows(X, Y, *divided(X, Y, asked.test, asked.seed))


def _network(asked: Asked, rows: Rows) -> tuple[Network, list[str]]:
    from .. import Dense, Network

    hidden = HIDDEN if asked.hidden is None else asked.hidden
    low, high = float(rows.Y.min()), float(rows.Y.max())
    output = "sigmoid" if low >= 0 and high <= 1 else "tanh" if low >= -1 and high <= 1 else "linear"
    layers = [*(Dense(units, "tanh") for units in hidden), Dense(rows.Y.shape[1], output)]
    net = Network(rows.X.shape[1], *layers, seed=asked.seed)
    widest = float(np.abs(rows.X).max())
    return net, [
        f"Network: {' -> '.join(map(str, net.model.widths))}, hidden units tanh, output {output} "
        f"(the targets lie in {low:g} to {high:g}); {counted(net.parameters.count, 'parameter')}.",
        f"Training: {_optimizer(asked)}, all rows at once, at most {counted(asked.epochs or EPOCHS, 'epoch')}, until "
        f"the mean squared error is {ENOUGH:g}; the best epoch is kept.",
        *[f"Inputs as they are, though they reach {widest:g}: -1 to 1 would suit tanh better."] * (widest > 10),
    ]


def _optimizer(asked: Asked) -> str:
    return "rprop" if asked.learning_rate is None else f"sgd(learning_rate={asked.learning_rate:g})"


def _fit(net: Network, asked: Asked, rows: Rows, silent: bool) -> None:
    from ..model.plan import EarlyStopping

    def good_enough(report: EpochReport) -> None:
        if report.loss <= ENOUGH:
            report.stop(f"the mean squared error is at most {ENOUGH:g}")

    epochs, enough_rows = asked.epochs or EPOCHS, len(rows.train) >= 5 * FEW
    with slower(asked.learning_rate or 0.1):
        net.fit(
            rows.X[rows.train], rows.Y[rows.train], loss="squared_error", optimizer=_optimizer(asked), epochs=epochs,
            batch_size=None, callbacks=good_enough, progress=False if silent else None,
            validation=0.2 if enough_rows else None,
            early_stopping=EarlyStopping(PATIENCE if enough_rows else epochs),
        )  # fmt: skip


def _tested(net: Network, rows: Rows) -> dict[str, Any]:
    """The errors on the test rows, or on all rows where there are too few to keep some back."""
    kept = rows.test if len(rows.test) else rows.train
    answers, targets = net.predict(rows.X[kept]), rows.Y[kept]
    mean = rows.Y[rows.train].mean(axis=0)
    return {
        "rows_are": "test" if len(rows.test) else "result",
        "rows": len(kept),
        "baseline_mse": float(((mean - targets) ** 2).mean()),
        **measured(answers, targets, rows.Y),
    }


def _said(found: Mapping[str, Any]) -> list[str]:
    seen = "that it never saw" if found["rows_are"] == "test" else "that it learnt from"
    lines = [f"mean squared error {found['mse']:.4g} on {counted(found['rows'], 'row')} {seen}",
             f"baseline {found['baseline_mse']:.4g} (always the mean)"]  # fmt: skip
    return [f"{found['right']} of {counted(found['rows'], 'row')} right", *lines] if "right" in found else lines
