"""What a user passes as X, y and weights, as arrays and tables; the text of every refusal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid import Dense, Network
from pellucid.data.arrays import (
    as_columns,
    as_labels,
    as_matrix,
    as_vector,
    as_weights,
    class_weights,
    multiplied_weights,
    same_length,
)
from pellucid.data.columns import Table
from pellucid.errors import InputError, UnknownNameError
from pellucid.maths.losses import losses

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
FRAMES = [pd.DataFrame, pl.DataFrame]

finite = st.floats(allow_nan=False, allow_infinity=False)
matrices = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=finite)


def text_of(call, *args, **options) -> str:
    with pytest.raises((InputError, UnknownNameError)) as caught:
        call(*args, **options)
    return str(caught.value)


@given(matrices)
def test_arrays_lists_and_frames_give_the_same_matrix(X):
    expected, single = as_matrix(X, X.shape[1])
    assert expected.flags.c_contiguous and expected.dtype == np.float64 and not single
    names = [f"c{i}" for i in range(X.shape[1])]
    columns = {name: X[:, i].tolist() for i, name in enumerate(names)}
    table = as_columns(columns)
    for form in (X, np.asfortranarray(X), X.tolist(), tuple(map(tuple, X.tolist())), X.astype(object), table):
        assert np.array_equal(as_matrix(form, X.shape[1])[0], expected)
    for frame in FRAMES:
        assert np.array_equal(as_matrix(frame(columns), X.shape[1])[0], expected)


def test_one_row_in_one_dimension():
    for row in ([1, 2, 3], np.array([1, 2, 3]), pd.Series([1, 2, 3]), pl.Series([1, 2, 3]), range(1, 4)):
        matrix, single = as_matrix(row, 3)
        assert single and matrix.tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize(
    ("given_as", "dtype", "expected"),
    [
        (np.float32, None, np.float32),
        (np.float64, None, np.float64),
        (np.float16, None, np.float64),
        (np.longdouble, None, np.float64),
        (np.int8, None, np.float64),
        (bool, None, np.float64),
        (np.float64, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
    ],
)
def test_dtypes(given_as, dtype, expected):
    assert as_matrix(np.ones((2, 2), dtype=given_as), 2, dtype)[0].dtype == expected
    assert as_matrix(pl.DataFrame(np.ones((2, 2), dtype=np.float32)), 2)[0].dtype == np.float32


def test_numbers_in_objects_are_numbers():
    row = [Decimal("0.5"), Fraction(1, 4), np.float32(2), True]
    assert as_matrix(np.array([row], dtype=object), 4)[0].tolist() == [[0.5, 0.25, 2.0, 1.0]]
    frame = pd.DataFrame({"a": pd.array([1, 2], dtype="Int64"), "b": pd.Series([True, False], dtype=object)})
    assert as_matrix(frame, 2)[0].tolist() == [[1, 1], [2, 0]]
    assert as_matrix(pl.DataFrame({"a": [Decimal("1.5")]}), 1)[0].tolist() == [[1.5]]


nan, inf = float("nan"), float("inf")
REFUSED = [
    ([[1, 2], [3]], "row 1 of X has 1 value.\n  Expected: 2, as in row 0 (rows counted from 0)."),
    ([[1, 2], 3], "row 1 of X is not a row.\n  Expected: 2, as in row 0"),
    ([1, [2, 3]], "row 1 of X has 2 values.\n  Expected: a single value, as in row 0"),
    ([[[1], [2]], [[3], [4, 5]]], "the rows of X hold lists of different lengths"),
    (
        [[1, 2], [3, nan]],
        "X holds nan in row 1, column 1.\n  Expected: finite numbers (rows and columns counted from 0)",
    ),
    ([[1, 2], [-inf, 4]], "X holds -inf in row 1, column 0.\n  Expected: finite numbers"),
    ([[1, "a"], [2, 3]], "X holds the text 'a' in row 0, column 1.\n  Expected: numbers"),
    (np.array([["1", "2"]]), "X holds the text '1' in row 0, column 0"),
    ([[1, 2], [None, 3]], "X holds None in row 1, column 0.\n  Expected: a number in every place"),
    (np.ones((4, 3)), "X has 3 columns.\n  Expected: 2, as the network has 2 inputs."),
    (np.ones((4, 1)), "X has 1 column.\n"),
    ([1, 2, 3, 4], "X has one dimension and 4 values.\n  Expected: one row of 2, or a matrix of shape (n, 2)."),
    ([1, 2, 3, 4], "Instead:  np.reshape(X, (-1, 2))"),
    (np.ones((5, 2, 2)), "X has 3 dimensions, shape (5, 2, 2).\n  Expected: a matrix of shape (n, 2)."),
    (np.ones((5, 2, 2)), "Instead:  X.reshape(len(X), -1)"),
    (np.array(3.0), "X has 0 dimensions"),
    (np.empty((0, 2)), "X has no rows"),
    ([], "X has no rows"),
    ([[], []], "X has no columns"),
    (np.ones((2, 2), dtype=complex), "X holds complex numbers.\n  Expected: real numbers.\n  Instead:  X.real"),
    ([[1, 2j], [1, "a"]], "X holds 2j (a complex number) in row 0, column 1"),
    ([[1, {}]], "X holds {} (dict) in row 0, column 1.\n  Expected: real numbers."),
    ([[1, 10**400]], "X holds a number too large for float64 in row 0, column 1"),
    (np.array([["2020-01-01", "2020-01-02"]], dtype="datetime64[D]"), "X holds dates"),
    (3.0, "X is 3.0.\n  Expected: rows and columns of numbers."),
    (None, "X is None"),
    ("1, 2", "X is the text '1, 2'"),
    (object(), "X is of type object.\n  Expected: an array, a list, or a pandas or polars frame."),
    (np.ma.array([[1, 2]], mask=[[False, True]]), "X is masked at (0, 1)"),
    (
        pl.LazyFrame({"a": [1], "b": [2]}),
        "X is a lazy frame.\n  Expected: one that has been computed.\n  Instead:  X.collect()",
    ),
    (pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]), "X has several columns of one name"),
]


@pytest.mark.parametrize(("X", "expected"), REFUSED)
def test_refused(X, expected):
    assert expected in text_of(as_matrix, X, 2)


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_are_refused_by_column_name(frame):
    missing = frame({"a": [1.0, 2.0], "b": [1.0, None]})
    assert "in row 1, column 'b'" in text_of(as_matrix, missing, 2)
    words = frame({"a": [1.0, 2.0], "b": ["x", "y"]})
    assert "X holds the text 'x' in row 0, column 'b'" in text_of(as_matrix, words, 2)
    dates = frame({"a": [1.0], "b": [dt.datetime(2020, 1, 1)]})
    assert "column 'b' of X holds dates" in text_of(as_matrix, dates, 2)
    assert "column 'b' of X holds dates" in text_of(as_columns, dates)


def test_columns_of_one_name():
    twice = pd.DataFrame(np.ones((2, 2)), columns=["a", "a"])
    assert text_of(as_columns, twice) == (
        "X has several columns of one name.\n  Expected: a name of its own for each column."
    )
    alike = pd.DataFrame(np.ones((2, 2)), columns=[1, "1"])
    assert "X has several columns named '1'" in text_of(as_columns, alike)


def test_too_large_for_float32():
    text = text_of(as_matrix, [[1, 1e300]], 2, np.float32)
    assert text == "X holds 1e+300 in row 0, column 1.\n  Expected: numbers that float32 can hold."


def test_sparse_matrices_are_refused():
    sparse = pytest.importorskip("scipy.sparse")
    assert "X is a sparse matrix.\n  Expected: a dense one.\n  Instead:  X.toarray()" in text_of(
        as_matrix, sparse.eye(3).tocsr(), 3
    )


def test_hint_and_what():
    assert "data has 3 columns.\n  Expected: 2, since I say so." in text_of(
        as_matrix, np.ones((1, 3)), 2, what="data", hint="since I say so"
    )


def test_long_and_hostile_text_is_cut_and_escaped():
    text = text_of(as_matrix, [["\x1b[31m" + "x" * 1000]], 1)
    assert "\x1b" not in text and "\\x1b" in text and len(text) < 300


# --- tables -----------------------------------------------------------------------------------------------------


def mixed(frame):
    return frame({"n": [1, 2, 3], "f": [0.5, None, 1.5], "w": ["x", None, "y"], "b": [True, False, None]})


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_as_tables(frame):
    table = as_columns(mixed(frame))
    assert table.columns == ("n", "f", "w", "b") and table.named and not table.single
    assert table.kinds == ("numeric", "numeric", "category", "boolean")
    assert table["n"].dtype == np.float64 and np.isnan(table["f"][1])
    assert table["w"].tolist() == ["x", None, "y"] and table["b"].tolist() == ["True", "False", None]


def test_the_same_data_in_any_form_is_the_same_table():
    rows = [[1, 0.5, "x", True], [2, None, None, False], [3, 1.5, "y", None]]
    prints = {as_columns(mixed(frame)).fingerprint() for frame in FRAMES}
    prints.add(
        as_columns({"n": [1, 2, 3], "f": [0.5, nan, 1.5], "w": ["x", "", "y"], "b": [True, False, None]}).fingerprint()
    )
    assert len(prints) == 1
    unnamed = as_columns(rows)
    assert unnamed.columns == ("column_1", "column_2", "column_3", "column_4") and not unnamed.named
    assert unnamed.fingerprint() == as_columns(np.array(rows, dtype=object)).fingerprint()


def test_categorical_frames():
    frame = pd.DataFrame({"c": pd.Categorical([3, 1, None]), "s": pd.array(["1", "2", pd.NA], dtype="string")})
    table = as_columns(frame)
    assert table.kinds == ("category", "category")
    assert table["c"].tolist() == ["3", "1", None] and table["s"].tolist() == ["1", "2", None]
    table = as_columns(pl.DataFrame({"c": pl.Series(["u", "v"], dtype=pl.Categorical), "e": pl.Series(["1", "2"])}))
    assert table.kinds == ("category", "category")


def test_text_arrays_with_numbers_in_them():
    table = as_columns(np.array([["1.5", "red", "yes"], ["", "blue", "no"]]))
    assert table.kinds == ("numeric", "category", "boolean")
    assert np.isnan(table["column_1"][1])
    assert as_columns([["01"], ["02"]]).kinds == ("category",)
    assert as_columns([[b"a"], [b"b"]])["column_1"].tolist() == ["a", "b"]


def test_single_rows_as_tables():
    frame = pd.DataFrame({"a": [1, 2], "w": ["x", "y"]})
    for row in (frame.iloc[1], {"a": 2, "w": "y"}, {"a": np.float64(2), "w": "y"}):
        table = as_columns(row)
        assert (
            table.single and table.columns == ("a", "w") and table["w"].tolist() == ["y"] and table["a"].tolist() == [2]
        )
    table = as_columns([2, "y"])
    assert table.single and not table.named and table.kinds == ("numeric", "category")


def test_masked_values_are_missing():
    table = as_columns(np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, True], [False, False]]))
    assert np.isnan(table["column_2"][0]) and table["column_2"][1] == 4


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (
            [[1, "a"], [2, 3]],
            "X holds the number 3 in row 1, column 'column_2'.\n  Expected: one kind in a column, like the text",
        ),
        ([["a"], [True]], "X holds the boolean True in row 1, column 'column_1'"),
        (
            [[1.0], [inf]],
            "X holds inf in row 1, column 'column_1'.\n  Expected: finite numbers, or nan for a missing one",
        ),
        ([[{}]], "X holds {} (dict) in row 0, column 'column_1'"),
        ([[1j]], "X holds 1j (complex) in row 0"),
        (np.ones((1, 1), dtype=complex), "column 'column_1' of X holds complex numbers"),
        ([[10**400]], "column 'column_1' of X holds a number too large for float64"),
        (np.ones((2, 2, 2)), "X has 3 dimensions, shape (2, 2, 2)"),
        ([], "X has no"),
        ({}, "X has no columns"),
        ({"a": [1, 2], "b": [1]}, "column 'b' of X has 1 values.\n  Expected: 2 as in the first column."),
        ({"a": [1, 2], "b": 1}, "column 'b' of X is 1.\n  Expected: rows and columns"),
        ([[1, 2], [3]], "row 1 of X has 1 value"),
        (pd.DataFrame(), "X has no columns"),
        (pl.DataFrame({"a": []}), "X has no rows"),
        (5, "X is 5"),
    ],
)
def test_tables_refused(X, expected):
    assert expected in text_of(as_columns, X)


def test_parts_of_a_table():
    table = as_columns({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    assert as_columns(table) is table and len(table) == 3 and "a" in table and "c" not in table
    assert table.without("a").columns == ("b",) and table.select(["b", "a"]).columns == ("b", "a")
    assert table.take([2, 0])["b"].tolist() == ["z", "x"] and len(table.take(slice(1, 3))) == 2
    assert table.take(np.array([True, False, False]))["a"].tolist() == [1]
    assert table.kind("b") == "category"
    assert repr(table) == "<table of 3 rows and 2 columns: a, b>"
    text = text_of(table.__getitem__, "A")
    assert text == "there is no column named 'A'.\n  Expected: one of a, b.\n  Instead:  'a'"


@given(st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=3)), finite), min_size=1, max_size=8))
def test_fingerprints_differ_exactly_where_the_data_does(rows):
    def table(values):
        words = np.empty(len(values), dtype=object)
        words[:] = [w for w, _ in values]
        return Table(("w", "n"), (words, np.array([n for _, n in values])), ("category", "numeric"))

    assert table(rows).fingerprint() == table(list(rows)).fingerprint()
    changed = [(None if rows[0][0] is not None else "", rows[0][1]), *rows[1:]]
    assert table(rows).fingerprint() != table(changed).fingerprint()
    renamed = Table(("w2", "n"), table(rows).arrays, ("category", "numeric"))
    assert table(rows).fingerprint() != renamed.fingerprint()


# --- labels and weights -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "kind", "values"),
    [
        (["a", "b"], "O", ["a", "b"]),
        (np.array(["a", "b"]), "O", ["a", "b"]),
        (pd.Series(["a", "b"]), "O", ["a", "b"]),
        (pl.Series(["a", "b"], dtype=pl.Categorical), "O", ["a", "b"]),
        (pd.Series(["a", "b"], dtype="category"), "O", ["a", "b"]),
        ([b"a", b"b"], "O", ["a", "b"]),
        ([1, 2], "i", [1, 2]),
        (range(2), "i", [0, 1]),
        (pd.Series([1, 2], dtype="Int64"), "i", [1, 2]),
        (pl.DataFrame({"y": [1, 2]}), "i", [1, 2]),
        ([True, False], "b", [True, False]),
        (np.array([True, False], dtype=object), "b", [True, False]),
        ([1, 2.5], "f", [1, 2.5]),
        ([Decimal("1.5"), 1], "f", [1.5, 1.0]),
        ([[1, 0], [0, 1]], "i", [[1, 0], [0, 1]]),
        (pl.DataFrame({"a": [1, 0], "b": [0, 1]}), "i", [[1, 0], [0, 1]]),
    ],
)
def test_labels(y, kind, values):
    found = as_labels(y)
    assert found.dtype.kind == kind and found.tolist() == values


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (["a", 1], "y holds 1 in row 1.\n  Expected: one kind only; row 0 holds 'a'."),
        (["a", None], "y holds None in row 1.\n  Expected: a label or number for every row."),
        ([1.0, nan], "y holds nan in row 1.\n  Expected: a value for every row."),
        ([[1, 2], [3, inf]], "y holds inf in row 1"),
        ([], "y has no rows"),
        (np.ones((2, 2, 2)), "y has 3 dimensions, shape (2, 2, 2)"),
        (np.array(1.0), "y is one value"),
        ([1j], "y holds 1j in row 0"),
        (np.array([1j]), "y holds complex numbers"),
        ([[1], [1, 2]], "row 1 of y has 2 values"),
        (pd.Series([dt.datetime(2020, 1, 1)]), "y holds dates"),
        (3, "y is 3"),
    ],
)
def test_labels_refused(y, expected):
    assert expected in text_of(as_labels, y)


def test_weights():
    assert as_weights(None, 3) is None
    assert as_weights([1, 0, 2], 3).tolist() == [1, 0, 2]
    assert as_weights(pd.Series([1, 2]), 2).dtype == np.float64
    assert as_weights([[1], [2]], 2).tolist() == [1, 2]
    assert "sample_weight holds -1.0 in row 1.\n  Expected: numbers that are at least 0." in text_of(
        as_weights, [1, -1], 2
    )
    assert "sample_weight is 0 for every row" in text_of(as_weights, [0, 0], 2)
    assert "X has 2 rows and sample_weight has 1 row" in text_of(as_weights, [1], 2)
    assert "sample_weight holds nan in row 0" in text_of(as_weights, [nan, 1], 2)
    assert "sample_weight has 2 dimensions, shape (1, 2)" in text_of(as_weights, [[1, 2]], 2)
    assert "w holds the text 'a' in position 0" in text_of(as_vector, ["a"], "w")
    assert as_vector(3, "w").tolist() == [3.0]


BCE = losses.binary_cross_entropy


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
def test_balanced_classes_weigh_the_same(labels):
    weights = class_weights("balanced", labels, BCE)
    totals = [weights[[label == c for label in labels]].sum() for c in sorted(set(labels))]
    assert np.allclose(totals, len(labels) / len(totals)) and np.isclose(weights.sum(), len(labels))


def test_class_weights():
    assert class_weights(None, ["a"], BCE) is None
    assert class_weights({"b": 3}, ["a", "b"], BCE).tolist() == [1, 3]
    assert class_weights({1: 0.5}, [0.0, 1.0], BCE).tolist() == [1, 0.5]
    assert class_weights("balanced", [[1, 0], [1, 0], [0, 1]], BCE).tolist() == [0.75, 0.75, 1.5]
    assert (
        "class_weight names the class 'c', which y does not have.\n  Expected: the labels in y: 'a', 'b'."
        in text_of(class_weights, {"c": 1}, ["a", "b"], BCE)
    )
    assert "class_weight gives 'a' the weight -1" in text_of(class_weights, {"a": -1}, ["a", "b"], BCE)
    assert "class_weight gives 'a' the weight 'x'" in text_of(class_weights, {"a": "x"}, ["a", "b"], BCE)
    assert "class_weight='even'" in text_of(class_weights, "even", ["a", "b"], BCE)


@pytest.mark.parametrize("loss", ["squared_error", "huber", "poisson"])
def test_class_weights_need_classes(loss):
    assert text_of(class_weights, "balanced", [0.0, 1.0], losses[loss]) == (
        f"class_weight for the loss {loss}, which tells no classes apart.\n"
        "  Expected: a loss for classes, like binary_cross_entropy.\n"
        "  Instead:  sample_weight=[...], one for each row"
    )
    assert text_of(class_weights, "balanced", [[0, 1], [1, 1]], BCE, many=True) == (
        "class_weight for rows that may have many labels, so no one class.\n"
        "  Expected: one label for each row.\n  Instead:  sample_weight=[...], one for each row"
    )


@pytest.mark.parametrize("fit", [Network(2, Dense(1), seed=0).fit, pellucid.fit])
def test_class_weight_of_a_regression_is_refused(fit):
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.linspace(0.1, 1, 30)
    with pytest.raises(InputError, match="class_weight for the loss squared_error"):
        fit(X, y, class_weight="balanced", epochs=1)


def test_weights_whose_sum_overflows():
    assert text_of(as_weights, [1e308] * 4, 4) == (
        "the sum of sample_weight overflows; its largest number is 1e+308.\n"
        "  Expected: weights whose sum is a finite number.\n"
        "  Instead:  sample_weight / np.max(sample_weight)"
    )
    assert as_weights([1e307] * 4, 4).tolist() == [1e307] * 4
    with pytest.raises(InputError, match=r"the sum of sample_weight overflows"):
        Network(1, Dense(1), seed=0).fit([[1.0]] * 4, [0.5] * 4, sample_weight=[1e308] * 4, epochs=1)


def test_weights_of_rows_and_classes_multiply():
    rows, classes = np.array([1.0, 2.0]), np.array([3.0, 0.5])
    assert multiplied_weights(rows, classes).tolist() == [3.0, 1.0]
    assert multiplied_weights(rows, None) is rows and multiplied_weights(None, classes) is classes
    assert text_of(multiplied_weights, rows * 1e200, classes * 1e200) == (
        "sample_weight times class_weight overflows in row 0.\n  Expected: smaller weights."
    )
    text = text_of(multiplied_weights, np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert "sample_weight times class_weight is 0 for every row" in text


def test_a_column_given_as_one_row():
    X, y = np.linspace(0, 1, 40), [0, 1] * 20
    with pytest.raises(InputError) as caught:
        pellucid.fit(X, y, quiet=True)
    assert str(caught.value) == (
        "pellucid.fit: X is 1-D, which is one row, and y has 40 rows.\n  Expected: as many of the one as of the "
        "other.\n  Instead:  X.reshape(-1, 1), if it is one column"
    )


def test_lengths():
    same_length(2, 2)
    assert (
        text_of(same_length, 3, 1) == "X has 3 rows and y has 1 row.\n  Expected: as many of the one as of the other."
    )
