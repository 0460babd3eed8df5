"""What `fit`, `partial_fit`, `reset` and the answers refuse, before anything is changed."""

import numpy as np
import pandas as pd
import pytest

from pellucid import Dense, InputError, Network, optimizers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
NUMBERS = X @ [[1.0], [-2.0], [0.5]] + 0.1


def network() -> Network:
    return Network(3, Dense(5, "tanh"), Dense(1, "sigmoid"), seed=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": -1}, "epochs = -1"),
        ({"epochs": 2.5}, "epochs = 2.5"),
        ({"batch_size": 0}, r"batch_size = 0(.|\n)*None for all rows"),
        ({"clip": 0}, r"clip=0(.|\n)*above 0"),
        ({"reduction": "average"}, r"reduction='average'(.|\n)*\"mean\" or \"sum\""),
        ({"validation": 1.5}, r"validation=1.5(.|\n)*share between 0 and 1"),
        ({"validation": (X, Y, Y, Y)}, r"validation(.|\n)*\(X_val, y_val\)"),
        ({"early_stopping": -3}, "early_stopping = -3"),
        ({"callbacks": 5}, r"callbacks contains 5(.|\n)*EpochReport"),
        ({"metrics": 5}, r"metrics=5(.|\n)*metrics="),
        ({"shuffle": "no"}, r"shuffle='no'(.|\n)*True or False"),
        ({"callbacks": [3]}, r"callbacks contains 3(.|\n)*EpochReport"),
        ({"callbacks": [(0, print)]}, "every = 0"),
        ({"record": "everything"}, r"record='everything'(.|\n)*\"parameters\""),
        ({"record": True, "record_memory": 0}, "record_memory = 0"),
        ({"record": True, "record_memory": 10}, r"record_memory=10 bytes for moments of \d+ bytes(.|\n)*two moments"),
        ({"optimizer": "rprop", "schedule": "cosine"}, "rprop has no learning rate"),
        ({"optimizer": "rprop", "learning_rate": 0.1}, "rprop was given learning_rate"),
        ({"engine": "cuda"}, "no engine named 'cuda'"),
        ({"optimizer": "adma"}, r"no optimizer named 'adma'(.|\n)*adam"),
        ({"loss": "cross_entropy"}, "cross_entropy"),
        ({"sample_weight": [1.0]}, "sample_weight"),
    ],
)
def test_bad_options_are_refused_before_training(options, message):
    net = network()
    with pytest.raises(Exception, match=message) as caught:
        net.fit(X, Y, **options)
    assert str(caught.value).startswith("fit: ")
    assert net == network()
    assert net.training is None
    assert net.classes is None


def test_each_unit_of_the_output_has_a_range_of_its_own():
    """A target that another unit could give is refused, and its column named; so diagnose finds it."""
    net = Network(3, Dense(5, "tanh"), Dense(3, ["sigmoid", "tanh", "linear"], steepness=0.5), seed=3)
    y = np.hstack([Y, 2 * Y - 1, 9 * NUMBERS])
    net.fit(X, y, loss="squared_error", epochs=1)
    for column, value, allowed in ((0, -0.5, "at least 0 and at most 1"), (1, -1.5, "at least -1 and at most 1")):
        wrong = y.copy()
        wrong[7, column] = value
        with pytest.raises(InputError) as error:
            net.fit(X, wrong, loss="squared_error")
        assert str(error.value).startswith(
            f"fit: y holds {value} in row 7, column {column}.\n"
            f"  Expected: {allowed}: the output activation gives nothing else."
        )
        found = net.diagnose(X, wrong)
        assert found.kinds[0] == "targets_out_of_reach"
        assert f"row 7, column {column}" in found.cause.where
        assert f"1 of 50 rows have a target outside of {-column} to 1" in found.cause.seen
    alike = Network(3, Dense(2, "tanh", steepness=2.0))
    with pytest.raises(InputError, match="the output activation tanh, steepness 2 gives nothing else"):
        alike.fit(X, np.hstack([Y, 2 * Y]), loss="squared_error")


def test_the_perceptron_is_refused_with_an_explanation():
    net = Network(3, Dense(2, "threshold"), Dense(1, "sigmoid"))
    with pytest.raises(InputError, match="dense_1 cannot be trained through its activation threshold"):
        net.fit(X, Y)


def test_answers_that_a_network_cannot_give():
    regression = Network([3, 1], activation="linear", seed=0)
    with pytest.raises(InputError, match=r"predict_proba of a network that ends in 1 linear"):
        regression.predict_proba(X)
    with pytest.raises(InputError, match=r"classify of a network that was trained on numbers"):
        regression.classify(X)
    regression.fit(X, NUMBERS, epochs=200, learning_rate=0.1, optimizer=optimizers.adam())
    assert regression.score(X, NUMBERS) > 0.99


def test_reset_needs_a_seed_where_a_generator_drew():
    net = Network([3, 1], activation="sigmoid", seed=np.random.RandomState(1))
    with pytest.raises(InputError, match=r"reset: the initial parameters came from a NumPy generator(.|\n)*reset\(1\)"):
        net.reset()
    assert net.reset(1) == Network([3, 1], activation="sigmoid", seed=1)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ("ab", r"classes='ab'(.|\n)*a list of all labels"),
        (5, "classes=5"),
        (["a", 1], "classes"),
        (["a", None], "classes"),
    ],
)
def test_classes_that_are_none(classes, message):
    net = Network(3, Dense(2, "softmax"), seed=0)
    with pytest.raises(InputError, match=message):
        net.partial_fit(X, ["a"] * 50, classes=classes)
    assert net.classes is None


def test_a_failed_partial_fit_learns_no_labels():
    net = Network(3, Dense(2, "softmax"), seed=0)
    with pytest.raises(InputError, match="nan"):
        net.partial_fit(X * np.nan, ["a"] * 50, classes=["a", "b"])
    assert net.classes is None
    net.partial_fit(X, ["a"] * 50, classes=np.array(["b", "a"]))
    assert net.classes == ("a", "b")
    assert type(net.classes[0]) is str
    with pytest.raises(InputError, match=r"classes=\['x', 'y'\](.|\n)*which it has learnt"):
        net.partial_fit(X, ["x"] * 50, classes=["x", "y"])


def test_columns_of_a_frame_keep_their_order():
    table = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]}
    frame = pd.DataFrame(table)
    net = network()
    net.fit(frame, Y, epochs=1)
    np.testing.assert_array_equal(net.predict(frame), net.predict(X))
    with pytest.raises(InputError, match=r"columns c, b, a(.|\n)*as in training: a, b, c(.|\n)*X\[\['a', 'b', 'c'\]\]"):
        net.predict(frame[["c", "b", "a"]])
    with pytest.raises(InputError, match=r"net.reset\(\)"):
        net.fit(frame.rename(columns={"a": "z"}), Y)


def test_answers_that_overflow_say_where():
    net = Network(3, Dense(2, "linear"), Dense(2, "softmax"), seed=1)
    with pytest.raises(InputError, match=r"predict_proba: row 1 makes the sum z of dense_1\[\d\] -?(inf|nan)"):
        net.predict_proba([[0.0, 0.0, 0.0], [1.7e308, 1.7e308, -1.7e308]])
    with pytest.raises(InputError, match=r"r2 overflows(.|\n)*squares are finite"):
        Network(3, Dense(1), seed=1).score(X, X[:, 0] * 1e300)


def test_numbers_too_large_for_float32_are_refused():
    net = Network(3, Dense(1), seed=1, dtype="float32")
    for x, y, name in (([[1e40, 0, 0], [0, 1, 2]], [0.0, 1.0], "X"), ([[1.0, 0, 0], [0, 1, 2]], [0.0, 1e40], "y")):
        with pytest.raises(InputError, match=rf"{name} holds 1e\+40 in row \d, and the network is float32"):
            net.fit(x, y)
    with pytest.raises(InputError, match="X holds 1e"):
        net.predict([1e40, 0, 0])
    with pytest.raises(InputError, match="was set to inf"):
        net.parameters["dense_1.W"] = [[1e300], [0], [0]]
    assert net.training is None


def test_training_does_not_start_from_nan():
    net = network()
    net.parameters["dense_1.W"][0, 2] = np.nan
    with pytest.raises(InputError, match=r"dense_1.W\[0, 2\] is nan(.|\n)*finite parameters"):
        net.fit(X, Y)
