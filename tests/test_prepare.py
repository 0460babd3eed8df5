"""Columns become prepared numbers by stated rules, are applied by name, and targets come back in their units."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.prepare import (
    describe,
    fit_preprocessing,
    guess_task,
    prepare,
    prepare_target,
    restore_target,
)
from pellucid.data.rules import centre_and_scale, identifier, skewness
from pellucid.errors import InputError
from pellucid.model.preprocessing import Column, Preprocessing, TargetInfo

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

nan = float("nan")
TRAINING = {
    "age": [20.0, 30.0, None, 40.0, 30.0],
    "island": ["Dream", "Biscoe", "Dream", None, "Dream"],
    "tame": ["yes", "no", "no", "yes", "no"],
    "same": [7, 7, 7, 7, 7],
    "year": [1, 2, 3, 4, 6],
}
TARGET = ["a", "b", "a", "b", "a"]


def text_of(call, *args, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    return str(caught.value)


def fitted() -> Preprocessing:
    return fit_preprocessing(TRAINING, TARGET, target="kind")


# --- the records ------------------------------------------------------------------------------------------------


def test_what_each_column_becomes():
    record = fitted()
    age, island, tame, year = record.columns
    assert (age.kind, age.fill, age.missing_indicator, age.missing, age.low, age.high) == (
        "numeric",
        30,
        True,
        1,
        20,
        40,
    )
    assert island.categories == ("Biscoe", "Dream", "(missing)") and island.fill == "(missing)" and island.missing == 1
    assert tame.kind == "boolean" and tame.categories == ("no", "yes") and (tame.mean, tame.fill) == (0.4, 0.0)
    assert year.transform == "none" and not year.missing_indicator
    assert record.dropped == (("same", "it is 7 in every row"),)
    assert record.names == tuple(TRAINING) and record.width == 7
    assert record.groups == [
        ("age", slice(0, 2)),
        ("island", slice(2, 5)),
        ("tame", slice(5, 6)),
        ("year", slice(6, 7)),
    ]
    assert record.prepared_names == [
        *("age", "age is missing", "island = Biscoe", "island = Dream", "island = (missing)", "tame", "year")
    ]
    assert record.target == TargetInfo("kind", classes=("a", "b"))


def test_the_description_in_words():
    assert describe(fitted()) == [
        "2 columns of numbers, standardised.",
        "tame: no and yes as 0 and 1.",
        "island: one 0/1 column for each of 3 categories.",
        "age: 1 missing value filled with 30, the median in training, and a column says where.",
        "island: 1 missing value as a category of its own.",
        "same is left out: it is 7 in every row.",
    ]
    assert "y is standardised for training; answers are in its own units." in describe(
        fit_preprocessing([[1], [2]], [0.5, 1])
    )


def test_records_travel_through_json_and_pickle():
    for record in (fitted(), fit_preprocessing([[0.1], [0.7], [1e-300]], [[0.1, 2], [0.3, 3], [1, 4]])):
        assert Preprocessing.from_dict(json.loads(json.dumps(record.to_dict(), allow_nan=False))) == record
        assert pickle.loads(pickle.dumps(record)) == record and hash(record) == hash(pickle.loads(pickle.dumps(record)))
        for column in record.columns:
            assert Column.from_dict(column.to_dict()) == column
        assert TargetInfo.from_dict(record.target.to_dict()) == record.target


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "Preprocessing lacks its 'names'"),
        ({"names": [], "colour": 1}, "Preprocessing has no field 'colour'"),
        ({"names": ["a"], "columns": [{"name": "a"}]}, "Column lacks its 'kind'"),
        (
            {"names": ["a"], "columns": [{"name": "a", "kind": "date"}]},
            "kind='date' of column 'a'.\n  Expected: one of numeric",
        ),
        (
            {"names": ["a"], "columns": [{"name": "a", "kind": "numeric", "transform": "exp"}]},
            "transform='exp' of column 'a'",
        ),
        ({"names": ["a"], "columns": [3]}, "Column described by int"),
        ({"names": ["a"], "columns": 3}, "this description of a preprocessing is incomplete"),
        ({"names": ["a"], "target": {"mien": 1}}, "TargetInfo has no field 'mien'"),
        ([], "Preprocessing described by list.\n  Expected: what to_dict() returns."),
    ],
)
def test_foreign_descriptions(values, expected):
    assert expected in text_of(Preprocessing.from_dict, values)


# --- applying them ----------------------------------------------------------------------------------------------


def test_prepared_training_data():
    matrix, notes = prepare(fitted(), TRAINING)
    assert matrix.flags.c_contiguous and matrix.dtype == np.float64
    assert np.allclose(matrix[:, [0, 5, 6]].mean(axis=0), 0) and np.allclose(matrix[:, [0, 5, 6]].std(axis=0), 1)
    assert matrix[:, 1].tolist() == [0, 0, 1, 0, 0]
    assert matrix[:, 2:5].tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]
    assert len(notes) == 2


def test_columns_go_by_name_in_any_form_and_order():
    expected, _ = prepare(fitted(), TRAINING)
    backwards = dict(reversed(TRAINING.items()))
    for X in (
        backwards,
        pd.DataFrame(backwards),
        pl.DataFrame(backwards),
        {k: v for k, v in TRAINING.items() if k != "same"},
    ):
        assert np.array_equal(prepare(fitted(), X)[0], expected)
    rows = np.array(list(zip(*TRAINING.values(), strict=True)), dtype=object)
    assert np.array_equal(prepare(fitted(), rows)[0], expected)
    assert np.array_equal(prepare(fitted(), rows[1])[0], expected[1:2])
    assert np.array_equal(prepare(fitted(), pd.DataFrame(TRAINING).iloc[1])[0], expected[1:2])


def test_rows_are_prepared_one_by_one():
    whole, _ = prepare(fitted(), TRAINING)
    for i in range(5):
        assert np.array_equal(prepare(fitted(), {k: [v[i]] for k, v in TRAINING.items()})[0], whole[i : i + 1])


def test_notes_on_new_data():
    new = {
        "age": [25, None, None],
        "island": ["Mars", "Venus", None],
        "tame": ["yes", "maybe", None],
        "year": [None, 2, 3],
        "extra": [1, 2, 3],
        "kind": ["a", "b", "a"],
    }
    matrix, notes = prepare(fitted(), new)
    assert notes == [
        "1 column not used, as training did not have it: extra.",
        "island: 1 missing value as a category of its own.",
        "island: 2 values are none of its categories ('Mars', 'Venus').",
        "tame: 1 value is neither no nor yes ('maybe'), taken as missing.",
        "age: 2 missing values filled with 30, the median in training, and a column says where.",
        "tame: 2 missing values taken as no, the more frequent in training.",
        "year: 1 missing value filled with 3, the median in training.",
    ]
    assert matrix[:, 2:5].tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert np.isfinite(matrix).all()


def test_a_category_without_gaps_in_training():
    record = fit_preprocessing({"w": ["x", "y", "y"]}, TARGET[:3])
    matrix, notes = prepare(record, {"w": [None]})
    assert matrix.tolist() == [[0, 1]] and notes == ["w: 1 missing value taken as y, the most frequent in training."]


def test_kinds_that_changed():
    record = fit_preprocessing({"n": [1.0, 2.0, 4.0], "w": ["1", "2", "x"], "b": [True, False, True]}, TARGET[:3])
    matrix, notes = prepare(record, {"n": ["1", "2"], "w": [1.0, 2], "b": [1, 0]})
    expected, _ = prepare(record, {"n": [1, 2], "w": ["1", "2"], "b": [True, False]})
    assert np.array_equal(matrix, expected) and not notes
    assert prepare(record, {"n": [1], "w": ["x"], "b": [2]})[1][0] == (
        "b: 1 value is neither False nor True ('2'), taken as missing."
    )
    text = text_of(prepare, record, {"n": ["1", "two"], "w": ["x", "x"], "b": [True, True]})
    assert (
        text
        == "X holds the text 'two' in row 1, column 'n'.\n  Expected: numbers, as in training (rows counted from 0)."
    )
    numbers = fit_preprocessing({"n": [0, 1, 2]}, TARGET[:3])
    assert np.array_equal(prepare(numbers, {"n": [True, False]})[0], prepare(numbers, {"n": [1, 0]})[0])
    assert prepare(numbers, {"n": [None]})[1] == ["n: 1 missing value filled with 1, the median in training."]


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (
            {"age": [1], "iland": ["x"], "yaer": [1]},
            "X lacks 3 columns that the network was trained on: island, tame, year.\n"
            "  Expected: the columns age, island, tame, year.\n"
            "  Instead:  iland renamed to island, yaer renamed to year",
        ),
        ([[1, "a"]], "X has 2 columns.\n  Expected: 5, as in training: age, island, tame, same, year."),
        ({**TRAINING, "age": [1e308] * 5}, "X holds 1e+308 in row 0, column 'age'"),
    ],
)
def test_refused_by_prepare(X, expected):
    record = fitted()
    if "1e+308" in expected:
        record = fit_preprocessing({**TRAINING, "age": [0.1, 0.2, 0.1, 0.2, 0.1]}, TARGET)
    assert expected in text_of(prepare, record, X)


@pytest.mark.parametrize(
    ("X", "y", "options", "expected"),
    [
        ([[1], [2]], [1.5], {}, "X has 2 rows and y has 1 row"),
        (
            {"a": [1, 1], "b": [None, None]},
            [0, 1],
            {},
            "no column of X can be learnt from (a: it is 1 in every row; b: it has no",
        ),
        ([[1], [2]], ["a", "b"], {"task": "regression"}, "y holds words, like 'a', and the task is regression"),
        (
            [[1], [2]],
            ["a", "b"],
            {"task": "clustering"},
            'task=\'clustering\'.\n  Expected: "classification" or "regression"',
        ),
    ],
)
def test_refused_by_fit(X, y, options, expected):
    assert expected in text_of(fit_preprocessing, X, y, **options)


numbers = st.floats(-1e150, 1e150)
columns = st.lists(st.one_of(st.none(), numbers), min_size=3, max_size=30)


@given(columns)
def test_any_numbers_become_finite_standard_numbers(values):
    present = [v for v in values if v is not None]
    if not present or (len(present) == len(values) and len(set(present)) == 1):
        assert "no column of X can be learnt from" in text_of(fit_preprocessing, {"v": values}, [0.5] * len(values))
        return
    record = fit_preprocessing({"v": values}, np.arange(len(values)) + 0.5)
    matrix, _ = prepare(record, {"v": values})
    assert np.isfinite(matrix).all() and matrix.shape == (len(values), 1 + (len(present) < len(values)))
    assert abs(matrix[:, 0].mean()) < 1e-6 and matrix[:, 0].std() < 1 + 1e-6
    assert (record.columns[0].low, record.columns[0].high) == (min(present), max(present))


@given(st.lists(numbers, min_size=2, max_size=30), st.integers(1, 3))
def test_regression_targets_come_back(values, columns):
    y = np.array([[v * (c + 1) for c in range(columns)] for v in values])
    record = fit_preprocessing({"v": range(len(values))}, y, task="regression")
    inside = prepare_target(record, y)
    assert np.isfinite(inside).all()
    assert np.allclose(restore_target(record, inside), y, rtol=1e-12, atol=1e-12 * np.abs(y).max())
    assert record.target.low == tuple(y.min(axis=0)) and record.target.classes is None


def test_targets_of_a_classifier_are_left_alone():
    record = fitted()
    assert prepare_target(record, TARGET) is TARGET
    outputs = np.ones((2, 2))
    assert restore_target(record, outputs) is outputs
    text = text_of(prepare_target, fit_preprocessing([[1], [2]], [0.5, 1.0]), [[1, 2]])
    assert text == "y has 2 columns.\n  Expected: 1, as in training."


# --- the rules --------------------------------------------------------------------------------------------------


def test_skewed_columns_go_through_a_logarithm():
    random = np.random.default_rng(1)
    heavy = random.lognormal(0, 2, 500)
    table = {"heavy": heavy, "flat": random.random(500), "below": heavy - 1, "rare": (random.random(500) < 0.05) * 1.0}
    heavy_column, *others = fit_preprocessing(table, random.random(500)).columns
    assert heavy_column.transform == "log1p" and np.isclose(heavy_column.unit, np.median(heavy) / 10)
    assert [column.transform for column in others] == ["none"] * 3
    prepared = prepare(fit_preprocessing(table, random.random(500)), table)[0][:, 0]
    assert abs(skewness(prepared)) < 1 < 2 < skewness(heavy)
    # The choice is the same in any units, and so are the prepared numbers.
    scaled = prepare(fit_preprocessing({"heavy": heavy * 1000}, heavy), {"heavy": heavy * 1000})[0][:, 0]
    assert np.allclose(scaled, prepared)


def test_a_logarithm_takes_numbers_below_zero_too():
    values = np.random.default_rng(1).lognormal(0, 2, 100)
    record = fit_preprocessing({"v": values}, values)
    below, above = prepare(record, {"v": [-3.0, 3.0]})[0][:, 0] * record.columns[0].scale + record.columns[0].mean
    assert np.isclose(below, -above)


def test_centre_and_scale():
    assert centre_and_scale(np.array([1.0, 3.0])) == (2.0, 1.0)
    assert centre_and_scale(np.array([0.1] * 7))[1] == 1.0
    mean, scale = centre_and_scale(np.array([1e308, -1e308]))
    assert mean == 0 and np.isclose(scale, 1e308)
    assert np.isclose(centre_and_scale(np.array([1.7e308] + [-1.7e308] * 99))[0], -1.666e308)
    assert centre_and_scale(np.array([1e300, 1e300])) == (1e300, 1.0)
    assert centre_and_scale(np.array([1e15, 1e15 + 2])) == (1e15 + 1, 1.0)
    assert centre_and_scale(np.array([0.0, 2e-200]))[1] == pytest.approx(1e-200)
    assert skewness(np.array([2.0, 2.0])) == 0


def test_identifiers():
    n = np.arange(30.0)
    assert identifier("n", n, "numeric") == "its whole numbers, all different, look like a row number"
    assert identifier("customer_id", n * 1000 + 77, "numeric") == (
        "its name and its whole numbers, all different, look like an identifier"
    )
    assert identifier("PassengerId", n * 1000, "numeric") and identifier("Unnamed: 0", n * 1000, "numeric")
    for name in ("grid", "solid", "paid", "width", "humid"):
        assert not identifier(name, n * 1000 + 50, "numeric"), name
    words = np.array([f"w{i}" for i in range(30)], dtype=object)
    assert identifier("name", words, "category") == "its words are all different, like names or identifiers"
    assert not identifier("name", words[:19], "category")
    assert not identifier("year", n + 1990, "numeric") and not identifier("v", n + 0.5, "numeric")
    # After a random part was taken away for the test it still looks like one.
    kept = np.sort(np.random.default_rng(0).permutation(400)[:300]).astype(float)
    assert identifier("n", kept, "numeric")


def test_identifiers_are_dropped_but_never_an_only_column():
    n = list(range(30))
    other = np.random.default_rng(0).random(30)
    record = fit_preprocessing({"n": n, "x": other}, other)
    assert record.dropped == (("n", "its whole numbers, all different, look like a row number"),)
    assert fit_preprocessing({"n": n, "x": other}, other, keep=["n"]).dropped == ()
    assert fit_preprocessing({"n": n}, other).dropped == ()
    assert fit_preprocessing(np.column_stack([n, other]), other).dropped == ()


def test_many_categories():
    words = ["often"] * 60 + ["seldom"] * 40 + [f"w{i}" for i in range(60)]
    column = fit_preprocessing({"w": words}, list(range(160))).columns[0]
    assert len(column.categories) == 50 and column.rare == 12 and {"often", "seldom"} < set(column.categories)
    record = fit_preprocessing({"w": words, "x": range(160)}, range(160), keep=["x"])
    assert "w: 12 rows of rarer categories as none of them." in describe(record)
    free = [f"w{i % 100}" for i in range(160)]
    record = fit_preprocessing({"w": free, "x": range(160)}, range(160), keep=["x"])
    assert record.dropped == (("w", "it has 100 different words in 160 rows, too many to learn from"),)


def test_a_category_that_is_called_missing():
    column = fit_preprocessing({"w": ["(missing)", "x", None]}, TARGET[:3]).columns[0]
    assert column.categories == ("(missing)", "x", "((missing))") and column.fill == "((missing))"


@pytest.mark.parametrize(
    ("y", "task", "reason"),
    [
        ([0, 1, 1, 0], "classification", "y holds 2 different whole numbers"),
        ([-1, 1, 1, -1], "classification", "y holds 2 different whole numbers"),
        ([0.0, 1.0, 1.0, 0.0], "classification", "y holds 2 different whole numbers"),
        (["a", "b"], "classification", "y holds words"),
        ([True, False], "classification", "y holds booleans"),
        ([0.5, 1], "regression", "y holds numbers with a fraction"),
        (list(range(10)), "regression", "y holds 10 different whole numbers in 10 rows"),
        (list(range(10)) * 2, "classification", "y holds 10 different whole numbers"),
        (list(range(20)) * 2, "classification", "y holds 20 different whole numbers"),
        (list(range(1, 13)) * 2, "classification", "y holds 12 different whole numbers"),
        ([v for v in range(20) if v != 3] * 5, "regression", "y holds 19 different whole numbers in 95 rows"),
        (list(range(21)) * 9, "regression", "y holds 21 different whole numbers in 189 rows"),
        ([[1, 0], [0, 1]], "classification", "each row of y holds a single 1 in 2 columns"),
        ([[1, 1], [0, 1]], "classification", "y holds yes or no in 2 columns"),
        ([[True, True], [False, False]], "classification", "y holds yes or no in 2 columns"),
        ([[True, False], [False, True]], "classification", "each row of y holds a single 1 in 2 columns"),
        ([[1, 2], [0, 1]], "regression", "y has 2 columns"),
        ([[0], [1], [1], [0]], "classification", "y holds 2 different whole numbers"),
    ],
)
def test_tasks(y, task, reason):
    assert guess_task(y) == (task, reason)
    assert guess_task(np.array(y)) == (task, reason)


def test_hostile_names_are_escaped_in_sentences():
    record = fit_preprocessing({"\x1b[31m": [1, None, 3], "w": ["\x1b", "x", "x"]}, [0.5, 1, 2])
    said = [*describe(record), *prepare(record, {"\x1b[31m": [None], "w": ["\x1b[2J"]})[1]]
    assert not any("\x1b" in sentence for sentence in said) and any("\\x1b" in sentence for sentence in said)
