"""Files of examples in FANN's format (`.data`): which files are such, their rows, how well these are answered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..data.table import Table

HEADER = re.compile(rb"\s*(\d{1,9})[ \t]+(\d{1,9})[ \t]+(\d{1,9})[ \t]*\r?\n")
FEW = 20  # rows from which on some are kept for a test
SLASHED = re.compile(rb"\s*\d+\s+\d+\s+\d+\s*/")  # for line breaks, in text copied from FANN's documentation


def holds_examples(path: Path) -> bool:
    """Whether a file is FANN's: three whole numbers in its first line, and after it as many numbers as they say.

    A file that is called .data and has such a first line, but no other line of three, is meant to be one.
    """
    try:
        with path.open("rb") as file:
            content = file.read()
    except OSError:
        return False
    named = path.suffix.lower() == ".data"
    header = HEADER.match(content)
    if header is None:
        return named and SLASHED.match(content) is not None
    rows, inputs, outputs = map(int, header.groups())
    rest = content[header.end() :]
    if len(rest.split()) == rows * (inputs + outputs):
        return True
    return named and HEADER.match(rest) is None


def read_examples(path: Path) -> tuple[Table, np.ndarray]:
    """The inputs as columns without names of their own, and the outputs (rows, n_out)."""
    from ..data.columns import Table
    from ..io.fann.data_file import read

    X, Y = read(path)
    names = tuple(f"column_{i + 1}" for i in range(X.shape[1]))
    return Table(names, tuple(X.T.copy()), ("numeric",) * len(names), named=False), Y


def divided(X: np.ndarray, Y: np.ndarray, test: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The places of the rows for training and for the test (none of few); exact copies of a row on one side."""
    from ..data.split import same_rows, split

    if len(X) < FEW:
        return np.arange(len(X)), np.arange(0)
    return split(len(X), test, None, same_rows(np.hstack([X, Y])), seed)


def measured(answers: np.ndarray, targets: np.ndarray, all_targets: np.ndarray) -> dict[str, Any]:
    """The mean squared error (`mse`) and, where all targets are one of two values, how many rows are `right`.

    A row of several outputs, one of which is the larger value in every row, is right if that is its largest answer.
    """
    found: dict[str, Any] = {"mse": float(((answers - targets) ** 2).mean())}
    values = np.unique(all_targets)
    if len(values) == 2:
        one_of = targets.shape[1] > 1 and bool(np.all((values[1] == all_targets).sum(axis=1) == 1))
        sides = ((answers > values.mean()) == (targets > values.mean())).all(axis=1)
        found["right"] = int((answers.argmax(axis=1) == targets.argmax(axis=1) if one_of else sides).sum())
    return found
