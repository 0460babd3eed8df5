"""Layers that see all earlier ones, weight masks, activation and steepness by unit: against a reference of their own.

The reference computes unit by unit, with Python floats and loops, and knows nothing of pellucid's passes.
"""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Dense, Dropout, InputError, Network, UnknownNameError, activations, losses
from pellucid.engines.native import lacking
from pellucid.maths import passes
from pellucid.maths.activations import built_in
from pellucid.maths.by_unit import paired, unit_of
from pellucid.maths.masks import Mask
from pellucid.model.layers import inputs, widths
from wired_networks import wired


def value(name: str, z: float) -> float:
    """An activation, from its definition."""
    return {
        "linear": lambda: z,
        "sigmoid": lambda: 1 / (1 + math.exp(-z)),
        "tanh": lambda: math.tanh(z),
        "softsign": lambda: z / (1 + abs(z)),
        "gaussian": lambda: math.exp(-z * z),
        "elliot": lambda: z / (2 * (1 + abs(z))) + 0.5,
        "sine": lambda: math.sin(z),
        "cosine_positive": lambda: math.cos(z) / 2 + 0.5,
        "softplus": lambda: math.log1p(math.exp(z)),
    }[name]()


def reference(net: Network, row: list[float]) -> list[float]:
    """The outputs for one row, every unit by itself."""
    known, before = list(row), list(row)
    for name, layer in zip(net.model.names, net.layers, strict=True):
        x = known if layer.sees == "all" else before
        W = net.parameters[f"{name}.W"]
        b = net.parameters[f"{name}.b"] if layer.rule.options["bias"] else None
        mask = layer.rule.options.get("mask")
        out = []
        for u in range(layer.units):
            z = sum(x[i] * float(W[i, u]) for i in range(len(x)) if mask is None or mask.array[i, u])
            z += 0.0 if b is None else float(b[u])
            record, steepness = unit_of(layer.activation, u)
            out.append(value(record.name, steepness * z))
        known, before = known + out, out
    return before


@given(net=wired(), seed=st.integers(0, 1000))
def test_outputs_are_those_of_single_units(net: Network, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(3, net.model.n_in))
    wanted = np.array([reference(net, row) for row in x.tolist()])
    np.testing.assert_allclose(net.predict(x), wanted, rtol=1e-12, atol=1e-12)


@given(net=wired(), seed=st.integers(0, 1000))
@settings(max_examples=60)
def test_gradients_are_those_of_finite_differences_of_the_reference(net: Network, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(3, net.model.n_in)), random.normal(size=(3, net.model.n_out))
    went = passes.forward(np, net.layers, net.parameters.by_layer, x)
    backs = passes.backward(np, net.layers, net.parameters.by_layer, went, losses.squared_error, y, 1.0)

    def loss() -> float:
        return sum(
            (a - t) ** 2
            for row, targets in zip(x.tolist(), y.tolist(), strict=True)
            for a, t in zip(reference(net, row), targets, strict=True)
        )

    h = 1e-5
    for name, back in zip(net.model.names, backs, strict=True):
        for key, gradient in back.gradients.items():
            array = net.parameters[f"{name}.{key}"]
            for place in np.ndindex(array.shape):
                before = array[place]
                array[place] = before + h
                above = loss()
                array[place] = before - h
                rise = (above - loss()) / (2 * h)
                array[place] = before
                assert gradient[place] == pytest.approx(rise, rel=1e-5, abs=1e-6)


@given(net=wired(last=("linear", "softplus")), seed=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_training_leaves_masked_weights_at_zero_and_lowers_the_loss(net: Network, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(5, net.model.n_in)), random.uniform(0, 1, (5, net.model.n_out))
    history = net.fit(x, y, loss="squared_error", optimizer="adamw", learning_rate=1e-4, epochs=3, batch_size=None)
    assert history.loss[-1] <= history.loss[0] or np.allclose(history.loss, history.loss[0], rtol=1e-3)
    for name, layer in zip(net.model.names, net.layers, strict=True):
        mask = layer.rule.options.get("mask")
        if mask is not None:
            assert (net.parameters[f"{name}.W"][~mask.array] == 0).all()


def test_what_each_layer_takes() -> None:
    layers = [Dense(3), Dropout(0.1), Dense(4, sees="all"), Dense(1, sees="all"), Dense(2)]
    assert inputs(2, layers) == [2, 3, 8, 12, 1]
    assert widths(2, layers) == [2, 3, 3, 4, 1, 2]


def test_the_first_layer_sees_the_inputs_either_way() -> None:
    one, other = Network(2, Dense(3, sees="all"), seed=1), Network(2, Dense(3), seed=1)
    assert one.parameters == other.parameters
    assert (one.predict([[1, 2]]) == other.predict([[1, 2]])).all()


def test_initial_weights_are_drawn_as_always_and_then_masked() -> None:
    mask = np.array([[1, 0, 1], [0, 0, 1]])
    plain, masked = Network(2, Dense(3), Dense(1), seed=3), Network(2, Dense(3, mask=mask), Dense(1), seed=3)
    assert (masked.parameters["dense_1.W"] == plain.parameters["dense_1.W"] * mask).all()
    assert (masked.parameters["dense_2.W"] == plain.parameters["dense_2.W"]).all()


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rprop", "quickprop", "rmsprop", "adagrad"])
def test_whatever_is_written_into_a_masked_place_counts_as_zero(optimizer: str) -> None:
    mask = [[1, 0], [1, 1]]
    nets = [Network(2, Dense(2, "tanh", mask=mask, l2=0.1, l1=0.1, max_norm=1.0), Dense(1), seed=3) for _ in range(2)]
    nets[1].parameters["dense_1.W"][0, 1] = 1000.0
    x, y = [[1.0, 2.0], [0.5, -1.0]], [1.0, 0.0]
    assert (nets[0].predict(x) == nets[1].predict(x)).all()
    for net in nets:
        net.fit(x, y, optimizer=optimizer, learning_rate=None if optimizer == "rprop" else 0.01, epochs=2, clip=0.5)
    assert nets[0].parameters == nets[1].parameters
    assert nets[0].history.loss == nets[1].history.loss


def test_equal_layers_are_equal_records() -> None:
    assert Dense(2, ["tanh", "tanh"]) == Dense(2, "tanh") == Dense(2, "tanh", steepness=1)
    assert Dense(2, "tanh", steepness=0.5) == Dense(2, ["tanh"] * 2, steepness=[0.5, 0.5])
    assert Dense(2, mask=[[1, 0]]) == Dense(2, mask=np.array([[True, False]]))
    assert Dense(2, mask=[[1, 0]]) != Dense(2, mask=[[1, 1]])
    layer = Dense(2, ["tanh", "relu"], steepness=[1, 2.5], sees="all", mask=[[1, 0]])
    assert hash(layer) == hash(pickle.loads(pickle.dumps(layer)))
    assert pickle.loads(pickle.dumps(layer)) == layer == eval(repr(layer), {"Dense": Dense, "Mask": Mask})


def test_each_unit_has_its_pair() -> None:
    layer = Dense(3, "sigmoid", steepness=0.5)
    assert layer.activation.options["steepness"] == (0.5, 0.5, 0.5)
    assert paired(**layer.activation.options) == [(activations.sigmoid, 0.5)] * 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Network(2, Dense(2, mask=[[1, 0]])), "a mask of shape (1, 2) for a layer with 2 inputs and 2 units"),
        (lambda: Dense(2, mask=[[1, 2]]), "a mask that holds 2 at [0, 1]"),
        (lambda: Dense(2, mask=[[1, 0], [1]]), "a mask with rows of different lengths"),
        (lambda: Dense(2, mask=[1, 0]), "a mask of shape (2,)"),
        (lambda: Dense(2, mask=[["a", "b"]]), "a mask that holds"),
        (lambda: Dense(2, mask=["1x", "11"]), "a mask that holds 2 at [0, 1]"),
        (lambda: Dense(2, ["tanh"] * 3), "3 activations (or values of steepness) for 2 units"),
        (lambda: Dense(2, "tanh", steepness=[1, 2, 3]), "3 activations (or values of steepness) for 2 units"),
        (lambda: Dense(2, ["tanh", "relu"], steepness=[1, 2, 3]), "2 activations and 3 values of steepness"),
        (lambda: Dense(2, "softmax", steepness=2), "steepness=2 beside softmax"),
        (lambda: Dense(2, ["softmax", "tanh"]), "softmax as the activation of one unit"),
        (lambda: Dense(2, []), "units=[]"),
        (lambda: Dense(2, "tanh", steepness=float("nan")), "steepness=nan"),
        (lambda: Dense(2, "tanh", steepness=True), "steepness=True"),
        (lambda: Dense(2, "tanh", steepness="steep"), "steepness='steep'"),
    ],
)
def test_slips_are_explained(make, words: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert words in str(caught.value)


def test_an_unknown_word_for_what_a_layer_sees() -> None:
    with pytest.raises(UnknownNameError, match="'everything'"):
        Dense(2, sees="everything")


def test_a_unit_of_the_users_own_trains_on_numpy_and_says_so() -> None:
    mine = replace(activations.tanh, name="mine", forward=lambda xp, z: xp.tanh(z))
    net = Network(1, Dense(2, ["tanh", mine]), Dense(1, sees="all"), seed=0)
    assert not built_in(net.layers[0].activation) and built_in(Dense(2, ["tanh", "sine"]).activation)
    assert "is your own" in lacking(net.layers)
    net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1)
    assert "numpy" in net.history.engine
