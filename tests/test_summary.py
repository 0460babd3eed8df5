from __future__ import annotations

import subprocess
import sys

import numpy as np

import pellucid
from pellucid import Custom, Dense, Dropout, LayerRule, Network

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def test_a_network_prints_layers_shapes_and_counts():
    net = Network(3, Dense(4, "leaky_relu(alpha=0.2)", l2=0.01), Dropout(0.2), Dense(1, "sigmoid", bias=False), seed=1)
    assert str(net) == (
        "Network: 3 inputs, 3 layers, 1 output, 20 parameters\n"
        "  layer      from  to  activation                      parameters        numbers\n"
        "  dense_1       3   4  leaky_relu(alpha=0.2), l2=0.01  W (3, 4), b (4,)       16\n"
        "  dropout_2     4   4  rate=0.2                                                0\n"
        "  dense_3       4   1  sigmoid, bias=False             W (4, 1)                4\n"
        "  float64, seed 1, not trained yet"
    )


def test_a_trained_network_says_what_it_was_trained_with():
    net = Network(2, Dense(1, "sigmoid"), seed=7, dtype="float32")
    net.fit(XOR, ["no", "yes", "no", "yes"], epochs=3, optimizer="sgd(learning_rate=0.5)")
    assert str(net).splitlines()[-2:] == [
        "  classes: no, yes",
        "  float32, seed 7, trained for 3 epochs with sgd(learning_rate=0.5) on binary_cross_entropy",
    ]


def test_of_a_network_from_a_net_file_no_epochs_are_told(tmp_path):
    Network(2, Dense(1, "sigmoid"), seed=7).save(tmp_path / "a.net")
    text = str(pellucid.load(tmp_path / "a.net"))
    assert "epoch" not in text
    assert "to be trained with" in text


def test_many_classes_are_abbreviated_and_control_characters_shown():
    net = Network(2, Dense(12, "softmax"), seed=0)
    labels = [f"label\x1b{i:02d}" for i in range(12)]
    net.fit(np.arange(24.0).reshape(12, 2), labels, epochs=1)
    text = str(net)
    assert "... (12 in all)" in text
    assert "\x1b" not in text


def test_a_users_own_layer_prints_too():
    def shapes(n_in, n_out):
        return {"scale": (n_in,)}

    rule = LayerRule(
        name="scaling",
        shapes=shapes,
        forward=lambda xp, x, p, noise: x * p["scale"],
        gradients=lambda xp, x, p, noise, dz: {"scale": (x * dz).sum(axis=0)},
        input_gradient=lambda xp, x, p, noise, dz: dz * p["scale"],
        resizes=False,
    )
    assert "scaling_1     2   2              scale (2,)" in str(Network(2, Custom(rule), Dense(1), seed=0))


def test_html_says_the_same_and_escapes():
    net = Network(2, Dense(1, "sigmoid"), seed=7)
    net.fit(XOR, ["<script>", "b", "<script>", "b"], epochs=1)
    html = net._repr_html_()
    assert "dense_1" in html
    assert "<script>" not in html


def test_printing_a_network_loads_nothing_heavy():
    script = (
        "import sys; from pellucid import Network; str(Network([2, 1], activation='sigmoid', seed=0));"
        "assert 'rich' not in sys.modules and 'narwhals' not in sys.modules, 'heavy'"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
