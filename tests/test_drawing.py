"""The doors to the pictures: a network's own numbers arrive in them, and what cannot be drawn is explained."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

import pellucid
from pellucid import Custom, Dense, Dropout, InputError, LayerRule, Network, StateError
from pellucid.insight.pictures import Svg

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = [0, 1, 1, 0]


@pytest.fixture(scope="module")
def net() -> Network:
    net = Network(2, Dense(3, "tanh"), Dropout(0.1), Dense(1, "sigmoid"), seed=0)
    net.fit(X, Y, epochs=20, learning_rate=0.05, validation=(X, Y))
    return net


def texts(svg) -> str:
    return " ".join(ET.fromstring(svg).itertext())


def test_the_diagram_names_layers_and_leaves_dropout_out(net):
    words = texts(net.draw())
    assert "dense_1" in words
    assert "dense_3" in words
    assert "tanh" in words


def test_ends_are_named_as_traces_and_explanations_name_them(net):
    words = texts(Network([2, 2], activation="linear").draw())
    for name in ("input 0", "input 1", "output 0", "output 1"):
        assert name in words
    assert "input 1" in texts(net.plot_weights("dense_1.W"))
    assert "input 1" in str(net.trace(X, Y))
    assert "input 1" in str(net.explain(X[1]))
    table = pd.DataFrame({"length": X[:, 0], "depth": X[:, 1]})
    framed = Network([2, 1], activation="linear", seed=0)
    framed.fit(table, [0.0, 1.0, 2.0, 3.0], epochs=1)
    for shown in (texts(framed.draw()), str(framed.trace(table)), str(framed.explain(table[:1]))):
        assert "depth" in shown
        assert "input 1" not in shown


def test_a_picture_is_short_in_a_terminal(net):
    picture = net.draw()
    assert re.fullmatch(r"<Svg \d+ x \d+: The network; save\(path\) writes it>", repr(picture))
    assert str(picture).startswith("<svg ")
    assert str(picture).endswith("</svg>")
    assert repr(Svg("<svg/>")) == "<Svg; save(path) writes it>"


def test_the_diagram_holds_the_numbers_of_one_row(net):
    assert f"{net.predict(X[1])[0]:.3f}" in texts(net.draw(X[1]))
    with pytest.raises(InputError, match=r"draw: 4 rows to write into the picture(.|\n)*net.draw\(X\[0\]\)"):
        net.draw(X)


def test_the_diagram_draws_a_rule_without_weights():
    def shapes(n_in, n_out):
        return {}

    def add(xp, x, p, noise):
        return xp.sum(x, axis=1, keepdims=True)

    def nothing(xp, x, p, noise, dz):
        return {}

    def back(xp, x, p, noise, dz):
        return dz * xp.ones_like(x)

    rule = LayerRule(name="add", shapes=shapes, forward=add, gradients=nothing, input_gradient=back)
    assert "add_1" in texts(Network(2, Custom(rule, 1)).draw())


def test_the_loss_needs_a_training(net):
    assert "validation" in texts(net.plot_loss())
    with pytest.raises(StateError, match=r"plot_loss: there is no loss to draw(.|\n)*net.fit\(X, y\)"):
        Network([2, 1], activation="tanh").plot_loss()


def test_weights_and_biases_are_grids(net):
    assert "dense_1.W" in texts(net.plot_weights("dense_1.W"))
    assert "dense_1.b" in texts(net.plot_weights("dense_1.b"))
    with pytest.raises(pellucid.UnknownNameError, match=r"dense_1\.W"):
        net.plot_weights("dense_1.w")


def test_activations_have_a_histogram_for_each_layer(net):
    words = texts(net.plot_activations(X))
    assert all(name in words for name in ("dense_1", "dropout_2", "dense_3"))


def test_the_boundary_takes_two_columns_of_numbers(net):
    assert "input 1" in texts(net.plot_boundary(X, Y))
    table = {"length": [0.0, 0.0, 1.0, 1.0] * 5, "depth": [0.0, 1.0, 0.0, 1.0] * 5}
    labels = ["a", "b", "b", "a"] * 5
    words = texts(pellucid.fit(table, labels, quiet=True).plot_boundary(table, labels))
    assert "length" in words
    assert "depth" in words
    with pytest.raises(InputError, match="a boundary over 3 columns"):
        Network([3, 1], activation="sigmoid").plot_boundary([[1, 2, 3]], [0])


def test_the_confusion_matrix_counts(net):
    assert "4" in texts(net.plot_confusion(np.repeat(X, 4, axis=0), np.repeat(Y, 4)))
    with pytest.raises(InputError, match="trained on numbers"):
        Network([2, 1], activation="linear").plot_confusion(X, Y)
