"""Labels and numbers as targets, outputs as labels; the text of every refusal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Dense, Network
from pellucid.data.targets import decode, encode
from pellucid.errors import InputError
from pellucid.maths.losses import losses

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

bce, ce, hinge = losses.binary_cross_entropy, losses.cross_entropy, losses.hinge
squared, poisson = losses.squared_error, losses.poisson
nan = float("nan")


def text_of(*args, **options) -> str:
    with pytest.raises(InputError) as caught:
        encode(*args, **options)
    return str(caught.value)


labels = st.one_of(
    st.lists(st.text(max_size=3), min_size=2, max_size=20),
    st.lists(st.integers(-5, 5), min_size=2, max_size=20),
    st.lists(st.booleans(), min_size=2, max_size=20),
)


@given(labels, st.sampled_from([ce, bce, hinge]))
def test_labels_come_back(y, loss):
    found = sorted(set(y))
    n_out = 1 if loss is not ce and len(found) == 2 else len(found)
    if len(found) < 2:
        assert "y holds one class only" in text_of(y, loss, 2)
        return
    encoded = encode(y, loss, n_out)
    assert encoded.matrix.shape == (len(y), n_out) and encoded.matrix.dtype == np.float64
    bounds = (-1.0, 1.0) if loss is hinge else (0.0, 1.0)
    back = decode(encoded.matrix, encoded.classes, bounds)
    assert back.tolist() == y
    assert encode(y, loss, n_out, encoded.classes).matrix.tolist() == encoded.matrix.tolist()
    assert set(np.unique(encoded.matrix)) <= ({-1.0, 1.0} if loss is hinge else {0.0, 1.0})


@pytest.mark.parametrize(
    ("y", "loss", "n_out", "matrix", "classes"),
    [
        (["b", "a"], bce, 1, [[1], [0]], ("a", "b")),
        ([0, 1], bce, 1, [[0], [1]], (0, 1)),
        ([0.0, 1.0], bce, 1, [[0], [1]], (0, 1)),
        ([False, True], bce, 1, [[0], [1]], (False, True)),
        ([1, 2], bce, 1, [[0], [1]], (1, 2)),
        ([-1, 1], bce, 1, [[0], [1]], (-1, 1)),
        ([0.2, 0.9], bce, 1, [[0.2], [0.9]], (0, 1)),
        ([[1], [0]], bce, 1, [[1], [0]], (0, 1)),
        ([[1, 0], [1, 1]], bce, 2, [[1, 0], [1, 1]], None),
        (["x", "z", "y"], bce, 3, [[1, 0, 0], [0, 0, 1], [0, 1, 0]], ("x", "y", "z")),
        ([0, 2], ce, 3, [[1, 0, 0], [0, 0, 1]], (0, 1, 2)),
        ([2, 3, 4], ce, 3, [[1, 0, 0], [0, 1, 0], [0, 0, 1]], (2, 3, 4)),
        ([[0, 1], [1, 0]], ce, 2, [[0, 1], [1, 0]], (0, 1)),
        ([[0.25, 0.75], [1, 0]], ce, 2, [[0.25, 0.75], [1, 0]], (0, 1)),
        ([-1, 1], hinge, 1, [[-1], [1]], (-1, 1)),
        ([0, 1], hinge, 1, [[-1], [1]], (0, 1)),
        (["n", "y"], hinge, 1, [[-1], [1]], ("n", "y")),
        ([0, 1], hinge, 2, [[1, -1], [-1, 1]], (0, 1)),
        ([[1, -1], [-1, -1]], hinge, 2, [[1, -1], [-1, -1]], None),
        ([1, 2.5], squared, 1, [[1], [2.5]], None),
        ([[1, 2], [3, 4]], squared, 2, [[1, 2], [3, 4]], None),
        ([True, False], squared, 1, [[1], [0]], None),
        ([0, 3], poisson, 1, [[0], [3]], None),
        (pd.Series(["u", "v"]), bce, 1, [[0], [1]], ("u", "v")),
        (pl.Series([1.5, 2.5]), squared, 1, [[1.5], [2.5]], None),
    ],
)
def test_encodings(y, loss, n_out, matrix, classes):
    encoded = encode(y, loss, n_out)
    assert encoded.matrix.tolist() == matrix and encoded.classes == classes
    assert encoded.matrix.flags.c_contiguous
    if classes is not None:
        assert [type(c) for c in encoded.classes] == [type(c) for c in classes]


@pytest.mark.parametrize(
    ("y", "loss", "n_out", "expected"),
    [
        ([0, 1, 2], bce, 1, "y has 3 classes: 0, 1, 2.\n  Expected: 2, as the network has 1 output."),
        ([0, 1, 2], bce, 1, 'Instead:  a last layer Dense(3, "softmax")'),
        ([0.5, 1.7], bce, 1, "y holds 1.7 in row 1.\n  Expected: numbers from 0 to 1, or labels."),
        (
            [[0, 1], [0, 2]],
            bce,
            2,
            "y holds 2.0 in row 1, column 1.\n  Expected: numbers from 0 to 1, as the loss binary",
        ),
        (["a", "b"], ce, 3, "y has 2 classes: 'a', 'b'.\n  Expected: 3, as the network has 3 outputs."),
        (
            ["a", "b"],
            ce,
            3,
            'Instead:  Dense(1, "sigmoid") or Dense(2, "softmax"); or y as class indices from 0 to 2, of which some '
            "may be missing",
        ),
        (list("abcdefghijkl"), ce, 3, "'i', 'j', ... (12 in all)"),
        ([0, 3], ce, 3, "y has 2 classes: 0, 3"),
        ([0, 1], ce, 1, "the loss cross_entropy with 1 output, whose probability would always be 1"),
        (
            [0.5, 1],
            ce,
            2,
            "y holds 0.5 in row 0.\n  Expected: labels, class indices from 0 to 1, or a row of 2 numbers",
        ),
        ([[0, 1], [1, 1]], ce, 2, "row 1 of y sums to 2.\n  Expected: 1: one class, or probabilities"),
        ([[0, 1], [1, 0]], ce, 3, "y has 2 columns.\n  Expected: 3, as the network has 3 outputs."),
        ([["a", "b"], ["b", "a"]], ce, 2, "y has 2 columns of text.\n  Expected: one label for each row"),
        ([[0, 1], [1, 0]], hinge, 2, "y holds 0.0 in row 0, column 0.\n  Expected: -1 or +1"),
        ([[0, 1], [1, 0]], hinge, 2, "Instead:  2 * y - 1"),
        ([0.5, 1], hinge, 1, "y holds 0.5 in row 0.\n  Expected: two labels."),
        (["a", "b"], squared, 1, "y holds the text 'a'.\n  Expected: numbers, as the loss squared_error takes."),
        ([0, 1, 2], squared, 3, "y has 1 column.\n  Expected: 3, as the network has 3 outputs."),
        ([0, 1, 2], squared, 3, 'Instead:  Dense(3, "softmax") as the last layer and loss="cross_entropy", if'),
        (["a", "b"], squared, 1, 'Instead:  Dense(1, "sigmoid") as the last layer and loss="binary_cross_entropy"'),
        (["a", "b"], squared, 2, 'Instead:  Dense(2, "softmax") as the last layer and loss="cross_entropy"'),
        ([1, -2], poisson, 1, "y holds -2.0 in row 1.\n  Expected: counts of at least 0, as the loss poisson takes."),
        ([1, nan], squared, 1, "y holds nan in row 1"),
        (["a", None], bce, 1, "y holds None in row 1"),
        ([], squared, 1, "y has no rows"),
    ],
)
def test_refused(y, loss, n_out, expected):
    assert expected in text_of(y, loss, n_out)


@pytest.mark.parametrize(
    ("y", "loss", "n_out"),
    [
        ([0, 0], bce, 1),
        (["a", "a"], bce, 1),
        ([2, 2], ce, 3),
        ([[1, 0], [1, 0]], ce, 2),
        ([1, 1], hinge, 1),
        (["a"], ce, 2),
    ],
)
def test_one_class_only(y, loss, n_out):
    text = text_of(y, loss, n_out)
    assert "y holds one class only" in text and "Expected: at least two classes to tell apart." in text
    assert "partial_fit" in text


@pytest.mark.parametrize(
    ("output", "n_out", "loss"),
    [("sigmoid", 1, "binary_cross_entropy"), ("sigmoid", 2, "binary_cross_entropy"), ("softmax", 2, "cross_entropy")],
)
def test_words_and_the_squared_error_suggest_a_loss_that_will_do(output, n_out, loss):
    text = text_of(["a", "b"], squared, n_out, output=output)
    assert text.endswith(f'Instead:  loss="{loss}"')
    net = Network(1, Dense(n_out, output), seed=0)
    net.fit([[0.0], [1.0]], ["a", "b"], loss=loss, epochs=1)
    assert net.classes == ("a", "b")


def test_words_with_numbers_are_in_their_order():
    y = [f"c{i}" for i in range(12)][::-1]
    assert encode(y, losses["cross_entropy"], 12).classes == tuple(y[::-1])


def test_a_batch_with_some_labels_only():
    text = text_of(["a", "b"], ce, 3, allow_one_class=True)
    assert "Instead:  classes=[...] in partial_fit, with all of them" in text


def test_one_class_is_not_called_classes():
    text = text_of(["a", "b"], bce, 1, classes=["a"])
    assert text == "1 class.\n  Expected: 2, as the network has 1 output."
    assert "3 classes.\n" in text_of(["a", "b"], bce, 1, classes=["a", "b", "c"])


def test_one_class_is_enough_where_it_is_allowed():
    assert encode([0, 0], bce, 1, allow_one_class=True).matrix.tolist() == [[0], [0]]
    assert encode(["b"], bce, 1, ("a", "b"), allow_one_class=True).matrix.tolist() == [[1]]
    assert encode([2], ce, 3, allow_one_class=True).matrix.tolist() == [[0, 0, 1]]
    assert "y holds one class only, 'a'" in text_of(["a"], bce, 1, allow_one_class=True)


def test_known_classes():
    text = text_of(["a", "z"], ce, 3, classes=("a", "b", "c"))
    assert text == ("y holds 'z' in row 1, a class that the network does not know.\n  Expected: one of 'a', 'b', 'c'.")
    assert "a class that the network does not know" in text_of([0, 2], bce, 1, classes=(0, 1))
    assert "a class that the network does not know" in text_of([0.5], bce, 1, classes=("a", "b"), allow_one_class=True)
    assert encode(["c", "a"], ce, 3, classes=np.array(["c", "b", "a"])).matrix.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert "4 classes.\n  Expected: 3, as the network has 3 outputs." in text_of([0], ce, 3, classes=range(4))
    assert "names a class twice" in text_of([0], ce, 3, classes=(1, 1, 2))


def test_the_range_of_the_output_is_closed():
    assert encode([0.0, 1.0], squared, 1, bounds=(0, 1)).matrix.tolist() == [[0], [1]]
    text = text_of([0.5, 3.0], squared, 1, bounds=(0, 1), output="sigmoid")
    assert text == (
        "y holds 3.0 in row 1.\n"
        "  Expected: at least 0 and at most 1: the output activation sigmoid gives nothing else.\n"
        "  Instead:  a linear output, or y scaled into this range"
    )
    assert "Expected: at least 0: the output activation gives" in text_of([[1, -1]], squared, 2, bounds=(0, np.inf))
    assert "y holds -1.0 in row 0, column 1" in text_of([[1, -1]], squared, 2, bounds=(0, np.inf))
    assert "y holds -1.0 in row 0" in text_of([0, 1], hinge, 1, bounds=(0, np.inf))


def test_one_row():
    def one(y, loss, n_out, classes=None):
        return encode(y, loss, n_out, classes, allow_one_class=True, single=True).matrix.tolist()

    assert one(1, squared, 1) == [[1]] and one([1], squared, 1) == [[1]] and one([[1]], squared, 1) == [[1]]
    assert one([1, 2, 3], squared, 3) == [[1, 2, 3]] and one(np.float32(2), squared, 1) == [[2]]
    assert (
        one([1, 0, 0], ce, 3) == [[1, 0, 0]] and one(2, ce, 3) == [[0, 0, 1]] and one("b", bce, 1, ("a", "b")) == [[1]]
    )


def test_decoding():
    assert decode(np.array([0.5, 0.51]), ("n", "y")).tolist() == ["n", "y"]
    assert decode(np.array([[0.0], [0.1]]), (-1, 1), (-1, 1)).tolist() == [-1, 1]
    assert decode(np.array([[0.0], [0.1]]), (-1, 1), (-np.inf, np.inf)).tolist() == [-1, 1]
    assert decode(np.array([[0.4, 0.4, 0.2]]), ("a", "b", "c")).tolist() == ["a"]
    assert decode(np.array([[0.4, 0.6]]), None).tolist() == [1]
    assert decode(np.array([[0.4, 0.6]]), (False, True)).dtype == bool
    assert decode(np.array([[0.4, 0.6]]), (1, 2)).dtype.kind == "i"
    assert decode(np.array([[0.4, 0.6]]), ("a\0", "b\0")).tolist() == ["b\0"]
