"""What one training on a table was: all that the report tells of, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .evaluation import Evaluation

if TYPE_CHECKING:
    from ..data.table import Table
    from ..network import Network


@dataclass(frozen=True, eq=False)
class Run:
    """A training on a table and its test.

    `source` names the file, `findings` say what was noticed in it, `choices` what was decided. `table` holds all rows
    and columns, and knows their numbers in the file; `train` and `test` are places in it, from 0. `command` is what was
    typed, `model` the path under which the network was saved.
    """

    source: str
    findings: tuple[str, ...]
    choices: tuple[str, ...]
    table: Table
    target: str
    train: np.ndarray
    test: np.ndarray
    net: Network
    evaluation: Evaluation
    seconds: float
    command: str
    model: str

    @property
    def inputs(self) -> Table:
        """All columns but the target."""
        return self.table.without(self.target)

    @property
    def truth(self) -> np.ndarray:
        """The target of every row."""
        return self.table[self.target]
