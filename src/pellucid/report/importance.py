"""Which columns a network leans on: permutation importance.

One column's values are shuffled among the rows of the test part, all else stays, and the score is measured again. What
the score loses is what the network got from this column (Breiman, "Random forests", Machine Learning 45, 2001). Of two
columns that say the same, each alone may look unimportant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.prepare import prepare
from ..data.targets import decode
from ..maths import passes
from ..maths.random import key_of, permutation
from .evaluation import Evaluation, labels, r2

if TYPE_CHECKING:
    from ..data.table import Table
    from ..network import Network

SHUFFLES = 5
MOST_ROWS = 2000


@dataclass(frozen=True)
class Importance:
    """What the score loses without each column: the mean over some shuffles and their standard deviation, (n,)."""

    names: tuple[str, ...]
    loss: np.ndarray
    deviation: np.ndarray
    shuffles: int
    rows: int

    @property
    def order(self) -> list[int]:
        """The columns, the most important first."""
        return sorted(range(len(self.names)), key=lambda i: (-self.loss[i], self.names[i]))


def importance(net: Network, X: Table, evaluation: Evaluation) -> Importance:
    """Permutation importance of each original column on the rows of X; of many rows, on 2000 of them."""
    assert net.preprocessing is not None
    rows = np.arange(len(X))
    if len(rows) > MOST_ROWS:
        rows = np.sort(permutation(np, key_of(net.seed, "occlusion"), len(rows))[:MOST_ROWS])
    matrix = prepare(net.preprocessing, X.take(rows))[0].astype(net.dtype)
    truth = evaluation.truth[rows]
    whole = _score(net, matrix, truth)
    groups = net.preprocessing.groups
    losses = np.zeros((SHUFFLES, len(groups)))
    for shuffle in range(SHUFFLES):
        for number, (_, part) in enumerate(groups):
            order = permutation(np, key_of(net.seed, "occlusion", number + 1, shuffle), len(rows))
            moved = matrix.copy()
            moved[:, part] = matrix[order, part]
            losses[shuffle, number] = whole - _score(net, moved, truth)
    names = tuple(name for name, _ in groups)
    return Importance(names, losses.mean(axis=0), losses.std(axis=0), SHUFFLES, len(rows))


def _score(net: Network, matrix: np.ndarray, truth: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        outputs = passes.output(np, net.layers, net.parameters.by_layer, matrix)
    if net.classes is not None:
        found = decode(outputs, net.classes, net.layers[-1].activation.bounds())
        return float((labels(found) == truth).mean())
    assert net.preprocessing is not None
    info = net.preprocessing.target
    return r2(truth, outputs[:, 0].astype(float) * info.scale[0] + info.mean[0])
