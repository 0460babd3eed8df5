"""Files of examples in FANN's format (`.data`): which files are such, and their inputs as a table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ..data.table import Table

HEADER = re.compile(rb"\s*(\d{1,9})[ \t]+(\d{1,9})[ \t]+(\d{1,9})[ \t]*\r?\n")
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
