"""Which rows are for training and which for the test: drawn at random, the same for the same seed.

Two things make a test honest: each class has its share on both sides (strata), and rows that are copies of each other
stay on one side (groups), as a network would otherwise be tested on what it was shown.

>>> train, test = split(8, test=0.25, strata=["a", "b"] * 4, seed=1)
>>> len(train), len(test), sorted(["a", "b"][i % 2] for i in test.tolist())
(6, 2, ['a', 'b'])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..maths.random import key_of, permutation
from .arrays import as_columns, as_labels, same_length


def split(
    n: int,
    test: float = 0.25,
    strata: Any = None,
    groups: Any = None,
    seed: int = 0,
    purpose: str = "split",
) -> tuple[np.ndarray, np.ndarray]:
    """The rows for training and those for the test, both ascending: two arrays of int64.

    `test` is a share of the rows, or a whole number of them. `strata` (labels, (n,)) divides each class in this
    proportion, `groups` (numbers or labels, (n,)) keeps the rows of a group on one side; a group counts for the class
    that most of its rows have. Sizes are the nearest that whole groups allow: each class gets its share rounded down
    or up so that the total is right, takes groups in a random order while they fit, and keeps at least one group for
    training. `purpose` names the stream of random numbers.

    Raises InputError for fewer than 2 rows, a test part of nothing or of everything, lengths that differ, and rows that
    all belong to one group.
    """
    wanted = _test_size(n, test)
    group, n_groups = _numbered(groups, n, "groups")
    if n_groups == 1:
        raise InputError(f"all {n} rows belong together as one group", "at least two groups, one for each side")
    stratum, n_strata = _numbered(strata, n, "strata") if strata is not None else (np.zeros(n, dtype=np.int64), 1)
    sizes = np.bincount(group, minlength=n_groups)
    stratum_of = _majority(group, stratum, n_groups, n_strata)
    quotas = _quotas(np.bincount(stratum_of, weights=sizes, minlength=n_strata), wanted)
    order = np.asarray(permutation(np, key_of(seed, purpose), n_groups))
    chosen = np.zeros(n_groups, dtype=bool)
    for number, quota in enumerate(quotas):
        mine = order[stratum_of[order] == number]
        chosen[_fill(mine, sizes, int(quota))] = True
    _settle(chosen, order, sizes)
    on_test = chosen[group]
    return np.flatnonzero(~on_test), np.flatnonzero(on_test)


def same_rows(X: Any) -> np.ndarray:
    """A number for each row (n,), equal exactly for rows that are copies of each other, ascending with the first one.

    Missing equals missing, and 0 equals -0.

    >>> same_rows([[1, 2], [3, 4], [1, 2]]).tolist()
    [0, 1, 0]
    """
    table = as_columns(X)
    codes = [array + 0.0 if array.dtype != object else _codes(array.tolist()) for array in table.arrays]
    matrix = np.stack(codes, axis=1)
    matrix[np.isnan(matrix)] = np.nan  # one bit pattern for all of them
    width = matrix.dtype.itemsize * matrix.shape[1]
    raw = np.ascontiguousarray(matrix).tobytes()
    return _numbers([raw[start : start + width] for start in range(0, len(raw), width)])


def _codes(values: list[Any]) -> np.ndarray:
    return np.where([value is None for value in values], np.nan, _numbers(values).astype(np.float64))


def _numbers(values: list[Any]) -> np.ndarray:
    seen: dict[Any, int] = {}
    return np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.int64)


def _numbered(values: Any, n: int, what: str) -> tuple[np.ndarray, int]:
    """Numbers 0, 1, ... in the sorted order of the values (n,), and how many there are; each row its own for None."""
    if values is None:
        return np.arange(n), n
    labels = as_labels(values, what).ravel()
    same_length(n, len(labels), "the table", what)
    found, inverse = np.unique(labels, return_inverse=True)
    return inverse, len(found)


def _test_size(n: int, test: Any) -> int:
    if n < 2:
        raise InputError(f"{n} row{'s' * (n != 1)} to split", "at least 2, one for training and one for the test")
    number = isinstance(test, (int, float, np.integer, np.floating)) and not isinstance(test, bool)
    whole = number and test >= 1 and test == int(test)
    if not number or not (0 < test < 1 or (whole and test < n)):
        expected = f"a share between 0 and 1, or a number of rows from 1 to {n - 1}"
        raise InputError(f"test={test!r} of {n} rows", expected, "test=0.25")
    return int(test) if whole else min(max(round(n * test), 1), n - 1)


def _majority(group: np.ndarray, stratum: np.ndarray, n_groups: int, n_strata: int) -> np.ndarray:
    """The stratum that most rows of each group have (the first one of equals)."""
    pair, counts = np.unique(group * n_strata + stratum, return_counts=True)
    best = np.lexsort((pair, -counts, pair // n_strata))
    _, first = np.unique((pair // n_strata)[best], return_index=True)
    return (pair % n_strata)[best][first]


def _quotas(rows: np.ndarray, wanted: int) -> np.ndarray:
    """Rows of each stratum for the test: its share rounded down, and one more for the largest remainders."""
    share = rows * (wanted / rows.sum())
    quotas = np.floor(share + 1e-9).astype(np.int64)
    for number in np.argsort(quotas - share, kind="stable"):
        if quotas.sum() >= wanted:
            break
        quotas[number] += quotas[number] + 1 < rows[number]
    return quotas


def _fill(groups: np.ndarray, sizes: np.ndarray, quota: int) -> list[int]:
    """Groups in the given order while they fit into `quota`; one more where that comes nearer. One always stays out."""
    taken: list[int] = []
    filled = 0
    for number in groups.tolist():
        if filled + sizes[number] <= quota and len(taken) < len(groups) - 1:
            taken.append(number)
            filled += int(sizes[number])
    rest = sorted(set(groups.tolist()) - set(taken), key=lambda number: int(sizes[number]))
    if len(rest) > 1 and filled + sizes[rest[0]] - quota < quota - filled:
        taken.append(rest[0])
    return taken


def _settle(chosen: np.ndarray, order: np.ndarray, sizes: np.ndarray) -> None:
    """Neither side may be empty: without any test group, the smallest group becomes one."""
    if not chosen.any():
        chosen[order[np.argmin(sizes[order])]] = True
