"""What a user can write down, read, set, copy and print; and what the errors say when it cannot be."""

import copy
import pickle

import numpy as np
import pytest

from pellucid import Activation, Custom, Dense, Dropout, InputError, Network, UnknownNameError, layer_rules
from pellucid.model.parameters import Parameters


def test_the_short_form_is_the_long_form():
    short = Network([3, 5, 4, 2], activation="tanh", output_activation="softmax", seed=7)
    long = Network(3, Dense(5, "tanh"), Dense(4, "tanh"), Dense(2, "softmax"), seed=7)
    assert short == long
    assert short != Network([3, 5, 4, 2], activation="tanh", output_activation="softmax", seed=8)


def test_weights_follow_the_activation_and_biases_are_zero():
    net = Network(100, Dense(50, "relu"), Dense(50, "tanh"), seed=0)
    he, glorot = np.sqrt(6 / 100), np.sqrt(6 / 100)
    assert np.abs(net.parameters["dense_1.W"]).max() <= he
    assert np.abs(net.parameters["dense_2.W"]).max() <= glorot
    assert not net.parameters["dense_1.b"].any()


def test_layers_are_numbered_by_place():
    net = Network(2, Dense(3), Dropout(0.1), Dense(1))
    assert list(net.parameters) == ["dense_1.W", "dense_1.b", "dense_3.W", "dense_3.b"]


def test_parameters_are_read_set_and_edited():
    net = Network([2, 1], activation="linear", seed=0)
    given = np.asfortranarray([[1.0], [2.0]])
    net.parameters["dense_1.W"] = given
    given[0, 0] = 99.0
    net.parameters["dense_1.W"][1, 0] = 3.0
    assert net.parameters["dense_1.W"].flags.c_contiguous
    assert net.predict([1.0, 1.0]).tolist() == [4.0]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((3, 1)), r"array of shape \(3, 1\).*\n.*shape \(2, 1\)"),
        ([[np.nan], [0.0]], r"dense_1.W\[0, 0\] was set to nan.*\n.*finite"),
        ("seven", r"set to 'seven'.*\n.*numbers in the shape \(2, 1\)"),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_lost(value, message):
    net = Network([2, 1], activation="linear", seed=0)
    before = net.parameters["dense_1.W"].copy()
    with pytest.raises(InputError, match=message):
        net.parameters["dense_1.W"] = value
    np.testing.assert_array_equal(net.parameters["dense_1.W"], before)


def test_unknown_parameters_name_the_nearest():
    net = Network([2, 1], activation="linear")
    with pytest.raises(UnknownNameError, match="dense_1.W"):
        net.parameters["dense_1.w"]
    with pytest.raises(InputError, match=r"keeps them all(.|\n)*\[:\] = 0"):
        del net.parameters["dense_1.W"]
    assert "dense_1.b" in net.parameters
    assert "dense_2.b" not in net.parameters


def test_parameters_know_their_size():
    net = Network([2, 3, 1], activation="tanh")
    assert net.parameters.count == 13
    assert repr(net.parameters) == "dense_1.W (2, 3), dense_1.b (3,), dense_2.W (3, 1), dense_2.b (1,): 13 numbers"
    assert net.parameters == net.parameters.copy()
    assert net.parameters != Parameters(["dense_1"], [{"W": np.zeros((2, 3))}])
    assert net.parameters.__eq__(3) is NotImplemented


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net)), Network.copy])
def test_copies_are_equal_and_independent(clone):
    net = Network([2, 3, 1], activation="tanh", seed=1)
    net.fit([[0.0, 1.0], [1.0, 0.0]], [[1.0], [0.5]], epochs=5, loss="squared_error", record=True)
    twin = clone(net)
    assert twin == net
    twin.fit([[0.0, 1.0], [1.0, 0.0]], [[1.0], [0.5]], epochs=5)
    net.fit([[0.0, 1.0], [1.0, 0.0]], [[1.0], [0.5]], epochs=5)
    assert twin == net
    twin.parameters["dense_1.b"][0] = 9.0
    assert twin != net


def test_one_row_in_is_one_row_out():
    net = Network([2, 3, 1], activation="tanh", seed=1)
    assert net.predict([0.5, 0.5]).shape == (1,)
    assert net.predict([[0.5, 0.5]]).shape == (1, 1)


def test_printing_shows_layers_shapes_and_counts():
    text = repr(Network(3, Dense(4, "relu"), Dropout(0.5), Dense(1, "sigmoid"), seed=5))
    for word in ("3 inputs", "dense_1", "dropout_2", "relu", "sigmoid", "21 parameters", "float64", "seed 5"):
        assert word in text


def test_a_fresh_seed_is_kept():
    net = Network([2, 2], activation="tanh")
    assert net == Network([2, 2], activation="tanh", seed=net.seed)
    assert Network([2, 2], activation="tanh") != net


def test_a_numpy_generator_is_consumed_in_order():
    ours = np.random.default_rng(3)
    net = Network(2, Dense(2, weights="uniform(low=0, high=1)", biases="uniform(low=0, high=1)"), Dense(1), seed=ours)
    theirs = np.random.default_rng(3)
    np.testing.assert_array_equal(net.parameters["dense_1.W"], theirs.random((2, 2)))
    np.testing.assert_array_equal(net.parameters["dense_1.b"], theirs.random(2))
    assert net.seed == 0


def test_given_arrays_are_the_start():
    net = Network(2, Dense(1, weights=np.array([[1.5], [2.5]]), biases=[0.5]))
    assert net.parameters["dense_1.W"].tolist() == [[1.5], [2.5]]
    assert net.reset().parameters["dense_1.b"].tolist() == [0.5]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network(), "no inputs and no layers"),
        (lambda: Network(3), "a network without layers"),
        (lambda: Network(3, 4, 1), r"4 as layer 1.*\n.*a layer.*\n.*Network\(3, Dense"),
        (lambda: Network(3, 4, 1, activation="tanh"), r"activation= beside layers(.|\n)*Network\(\[3, 4, 1\]"),
        (lambda: Network(0, Dense(1)), r"the number of inputs = 0.*\n.*at least 1"),
        (lambda: Network([3, 1]), r"sizes without an activation(.|\n)*activation="),
        (lambda: Network([3, 1], "sigmoid"), r"'sigmoid' after the sizes(.|\n)*activation="),
        (lambda: Network([3], activation="tanh"), r"the sizes \[3\]"),
        (lambda: Network([3, 2.5], activation="tanh"), r"a layer's size = 2.5"),
        (lambda: Network([3, 1], activation="tanh", dtype="int8"), r"dtype='int8'.*\n.*float64 or float32"),
        (lambda: Network([3, 1], activation="tanh", dtype="no such"), "dtype='no such'"),
        (lambda: Network([3, 1], activation="tanh", seed=-1), r"seed(.|\n)*Generator"),
        (lambda: Network([3, 1], activation="tanh", seed="one"), r"seed(.|\n)*Generator"),
        (lambda: Dense(0), r"the number of units = 0"),
        (lambda: Dense(True), r"the number of units = True"),
        (lambda: Dense(2, l2=-1), r"l2=-1.*\n.*at least 0"),
        (lambda: Dense(2, l1=float("inf")), r"l1=inf"),
        (lambda: Dense(2, max_norm=0), r"max_norm=0.*\n.*above 0"),
        (lambda: Dense(2, bias=False, biases="zeros"), r"biases= together with bias=False"),
        (lambda: Custom("dropout", units=3), r"3 units for a dropout layer"),
        (lambda: Dropout(1.0), r"rate=1.0.*\n.*below 1"),
        (lambda: Network(2, Dense(1, weights=[[1.0, 2.0]])), r"layer dense_1"),
    ],
)
def test_what_cannot_be_is_refused_with_a_lesson(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("name", ["sigmiod", "Tanh", "relu6"])
def test_unknown_activations_name_the_nearest(name):
    with pytest.raises(UnknownNameError, match=f"no activation named '{name}'"):
        Dense(2, name)


def test_layers_print_as_they_are_written():
    layers = [
        Dense(4, "sigmoid"),
        Dense(4, "leaky_relu(alpha=0.2)", bias=False, l2=0.001),
        Dense(2, weights="he_normal", biases="uniform(low=-1.0, high=1.0)", max_norm=3.0),
        Dropout(0.2),
    ]
    for layer in layers:
        assert eval(repr(layer), {"Dense": Dense, "Dropout": Dropout}) == layer
    assert repr(Custom(layer_rules.dropout(rate=0.1))) == "Dropout(0.1)"


def test_layers_are_values():
    assert Dense(4, "tanh") == Dense(4, "tanh")
    assert hash(Dense(4, "tanh")) == hash(Dense(4, "tanh"))
    assert Dense(4, "tanh") != Dense(4, "tanh", bias=False)
    assert isinstance(Dense(4, "tanh").activation, Activation)
