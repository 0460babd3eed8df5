"""Splits: deterministic, nearly of the wanted size, classes in proportion, copies together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.split import same_rows, split
from pellucid.errors import InputError

shares = st.floats(0.05, 0.95)
seeds = st.integers(0, 2**64 - 1)


def text_of(*args, **options) -> str:
    with pytest.raises(InputError) as caught:
        split(*args, **options)
    return str(caught.value)


@given(st.integers(2, 200), shares, seeds)
def test_every_row_is_on_one_side(n, share, seed):
    train, test = split(n, share, seed=seed)
    assert sorted([*train, *test]) == list(range(n))
    assert len(test) == min(max(round(n * share), 1), n - 1)
    assert np.array_equal(train, np.sort(train)) and np.array_equal(test, np.sort(test))
    again = split(n, share, seed=seed)
    assert np.array_equal(again[0], train) and np.array_equal(again[1], test)


@given(st.lists(st.sampled_from("abcd"), min_size=4, max_size=200), shares, seeds)
def test_each_class_has_its_share(strata, share, seed):
    train, test = split(len(strata), share, strata=strata, seed=seed)
    labels = np.array(strata)
    wanted = min(max(round(len(strata) * share), 1), len(strata) - 1)
    counts = {c: int((labels == c).sum()) for c in set(strata)}
    for c, count in counts.items():
        on_test = int((labels[test] == c).sum())
        assert abs(on_test - count * wanted / len(strata)) <= 1 + 1e-9
        assert (labels[train] == c).any() or len(test) == 1
    # Each class keeps a row for training; apart from that the total is exact.
    assert len(test) <= wanted and wanted - len(test) <= len(counts)


def test_a_plentiful_table_is_split_exactly():
    strata = ["a"] * 60 + ["b"] * 25 + ["c"] * 15
    _, test = split(100, 0.25, strata=strata, seed=3)
    assert np.bincount([ord(strata[i]) - 97 for i in test]).tolist() in ([15, 6, 4], [15, 7, 3])


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1)), min_size=2, max_size=80), shares, seeds)
def test_groups_stay_together(rows, share, seed):
    groups = [group for group, _ in rows]
    if len(set(groups)) == 1:
        assert "rows belong together as one group" in text_of(len(rows), share, groups=groups, seed=seed)
        return
    for strata in (None, [stratum for _, stratum in rows]):
        train, test = split(len(rows), share, strata=strata, groups=groups, seed=seed)
        assert not {groups[i] for i in train} & {groups[i] for i in test}
        assert len(train) and len(test)
        assert sorted([*train, *test]) == list(range(len(rows)))


def test_pairs_of_copies_come_near_the_size():
    groups = np.repeat(np.arange(50), 2)
    _, test = split(100, 0.25, groups=groups, seed=1)
    assert len(test) in (24, 26)


def test_seeds_and_purposes_differ():
    first = split(50, seed=1)[1].tolist()
    assert first != split(50, seed=2)[1].tolist() != split(50, seed=1, purpose="validation")[1].tolist()
    # Written down: a release that draws other rows must say so.
    assert split(12, 0.25, seed=0)[1].tolist() == [4, 10, 11]


def test_numbers_of_rows():
    assert len(split(10, 3)[1]) == 3 and len(split(10, 3.0)[1]) == 3


@pytest.mark.parametrize(
    ("n", "options", "expected"),
    [
        (1, {}, "1 row to split.\n  Expected: at least 2, one for training and one for the test."),
        (0, {}, "0 rows to split"),
        (10, {"test": 0}, "test=0 of 10 rows.\n  Expected: a share between 0 and 1, or a number of rows from 1 to 9."),
        (10, {"test": 10}, "test=10 of 10 rows"),
        (10, {"test": 2.5}, "test=2.5 of 10 rows"),
        (10, {"test": float("nan")}, "test=nan of 10 rows"),
        (10, {"test": "a"}, "test='a' of 10 rows"),
        (10, {"test": True}, "test=True of 10 rows"),
        (10, {"test": -0.5}, "test=-0.5 of 10 rows"),
        (3, {"strata": ["a", "b"]}, "the table has 3 rows and strata has 2 rows"),
        (3, {"groups": [1, 2]}, "the table has 3 rows and groups has 2 rows"),
        (3, {"groups": [1, 1, 1]}, "all 3 rows belong together as one group.\n  Expected: at least two groups"),
        (3, {"seed": -1}, "seed=-1"),
    ],
)
def test_refused(n, options, expected):
    assert expected in text_of(n, **options)


def test_same_rows():
    nan = float("nan")
    assert same_rows([[1, nan], [2, 0.0], [1, nan], [2, -0.0], [nan, 1]]).tolist() == [0, 1, 0, 1, 2]
    assert same_rows({"w": ["a", None, "a", None], "b": [True, False, True, False]}).tolist() == [0, 1, 0, 1]
    assert same_rows({"w": ["a", "a"], "n": [1, 2]}).tolist() == [0, 1]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["x", "y", None])), min_size=1, max_size=30))
def test_same_rows_are_the_equal_ones(rows):
    numbers = same_rows({"n": [n for n, _ in rows], "w": [w for _, w in rows] or [None]})
    for i, row in enumerate(rows):
        for j, other in enumerate(rows):
            assert (numbers[i] == numbers[j]) == (row == other)
