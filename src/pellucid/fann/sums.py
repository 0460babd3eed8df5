"""The three sums over connections of which a pass consists, in two ways that differ in rounding only.

    forward   z_j = sum_k w_jk x_k      back   e_k = sum_j delta_j w_jk      slopes   g_jk = sum_rows delta_j x_k

`PRODUCTS` takes matrix products. `IN_ORDER` adds in FANN's own order, so that runs that double a difference every few
epochs (Quickprop, SARPROP, cascade training) still go FANN's way; it is slower, and for `fann_compat=True` only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .wiring import Block

ROWS_AT_ONCE = 64  # what IN_ORDER multiplies at once before it adds row by row


class Sums(NamedTuple):
    """One way of adding. V (n, neurons) are values, D (n, units of the block) deltas, w all weights.

    `forward(block, V, w)` is (n, units); `back(block, D, w, E)` adds to E (n, neurons) what reaches the neurons that
    the block sees; `slopes(block, D, V, g)` adds to g, the slopes of all weights.
    """

    forward: Callable[[Block, np.ndarray, np.ndarray], np.ndarray]
    back: Callable[[Block, np.ndarray, np.ndarray, np.ndarray], None]
    slopes: Callable[[Block, np.ndarray, np.ndarray, np.ndarray], None]


def _forward(block: Block, V: np.ndarray, w: np.ndarray) -> np.ndarray:
    return V[:, block.first : block.last] @ block.matrix(w).T


def _back(block: Block, D: np.ndarray, w: np.ndarray, E: np.ndarray) -> None:
    E[:, block.first : block.last] += D @ block.matrix(w)


def _slopes(block: Block, D: np.ndarray, V: np.ndarray, g: np.ndarray) -> None:
    g[block.connections] += block.connected(D.T @ V[:, block.first : block.last])


def _forward_in_order(block: Block, V: np.ndarray, w: np.ndarray) -> np.ndarray:
    """With r = n mod 4: the terms r-1 .. 0 one by one, then each following four as one number."""
    sums = np.zeros((len(V), len(block.units)))
    for columns, at in block.by_fan_in:
        sources, weights = block.sources[at], w[block.connections][at]
        rest = at.shape[1] % 4
        total = np.zeros((len(V), len(columns)))
        for k in range(rest - 1, -1, -1):
            total += V[:, sources[:, k]] * weights[:, k]
        for k in range(rest, at.shape[1], 4):
            four = V[:, sources[:, k]] * weights[:, k]
            for m in range(k + 1, k + 4):
                four += V[:, sources[:, m]] * weights[:, m]
            total += four
        sums[:, columns] = total
    return sums


def _back_in_order(block: Block, D: np.ndarray, w: np.ndarray, E: np.ndarray) -> None:
    own, begins = w[block.connections], block.begins
    for j in range(len(block.units)):
        part = slice(begins[j], begins[j + 1])
        E[:, block.sources[part]] += D[:, j : j + 1] * own[part]


def _slopes_in_order(block: Block, D: np.ndarray, V: np.ndarray, g: np.ndarray) -> None:
    """Row after row. (NumPy's own sum along an axis adds in an order of its own where there are eight rows or more.)"""
    own = g[block.connections]
    for start in range(0, len(V), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        terms = D[rows][:, block.rows] * V[rows][:, block.sources]
        for row in terms:
            own += row


PRODUCTS = Sums(_forward, _back, _slopes)
IN_ORDER = Sums(_forward_in_order, _back_in_order, _slopes_in_order)
