"""Networks with a planted fault and healthy ones, for measuring the diagnosis.

A fault is planted as people plant it: by what they type when they set a network up or train it, or by the data they have.
Every case is a recipe that takes a seed (for the data, the starting weights and the order of the rows); `cause` is the
kind of finding that should come first.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np

from pellucid import Dense, Dropout, Network
from pellucid.errors import DivergenceError, Notice

Case = tuple[Network, np.ndarray, np.ndarray]
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@dataclass(frozen=True)
class Recipe:
    """One kind of network; `cause` is "" for a healthy one."""

    cause: str
    make: Callable[[int], Case]

    @property
    def name(self) -> str:
        return self.make.__name__


FAULTS: list[Recipe] = []
HEALTHY: list[Recipe] = []


def fault(cause: str):
    def register(make):
        FAULTS.append(Recipe(cause, make))
        return make

    return register


def healthy(make):
    HEALTHY.append(Recipe("", make))
    return make


def trained(net: Network, X, y, **options) -> Case:
    """Train; where training diverges the user is left with what there was before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        try:
            net.fit(X, y, **options)
        except DivergenceError:
            pass
    return net, X, y


# --- Data -----------------------------------------------------------------------------------------


def xor_table(seed):
    return XOR, np.array([0, 1, 1, 0])


def xor_cloud(seed, n=120):
    X = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    return X * 1.5, (X[:, 0] * X[:, 1] > 0).astype(int)


def circles(seed, n=120):
    random = np.random.default_rng(seed)
    y = np.arange(n) % 2
    angle, radius = random.uniform(0, 2 * np.pi, n), np.where(y, 1.6, 0.6) + 0.1 * random.normal(size=n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), y


def moons(seed, n=120):
    random = np.random.default_rng(seed)
    y = np.arange(n) % 2
    angle = random.uniform(0, np.pi, n)
    X = np.stack([np.cos(angle) + y, np.sin(angle) * (1 - 2 * y) + 0.5 * y], axis=1)
    return (X + 0.1 * random.normal(size=X.shape) - [0.5, 0.25]) / [0.87, 0.5], y


def blobs(seed, n=120, classes=3, spread=0.5, d=2):
    random = np.random.default_rng(seed)
    y = np.arange(n) % classes
    angle = 2 * np.pi * np.arange(classes) / classes
    centres = np.zeros((classes, d))
    centres[:, 0], centres[:, 1] = 1.4 * np.cos(angle), 1.4 * np.sin(angle)
    return centres[y] + spread * random.normal(size=(n, d)), y


def sine(seed, n=120, noise=0.1):
    random = np.random.default_rng(seed)
    X = random.uniform(-1.7, 1.7, (n, 1))
    return X, np.sin(3 * X[:, 0]) + noise * random.normal(size=n)


def bowl(seed, n=120):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 2))
    y = (X**2).sum(axis=1) + 0.1 * random.normal(size=n)
    return X, (y - y.mean()) / y.std()


def plane(seed, n=120, noise=0.3):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 4))
    return X, X @ [1.0, -0.5, 0.3, 0.0] + 0.2 + noise * random.normal(size=n)


# --- Faults ---------------------------------------------------------------------------------------


@fault("targets_out_of_reach")
def relu_output_for_negative_numbers(seed):
    X, y = sine(seed)
    return Network([1, 8, 1], activation="relu", seed=seed), X, y


@fault("targets_out_of_reach")
def tanh_output_for_large_numbers(seed):
    X, y = plane(seed)
    return Network([4, 6, 1], activation="tanh", seed=seed), X, 3 * y


@fault("targets_out_of_reach")
def sigmoid_output_for_measured_values(seed):
    X, y = bowl(seed)
    return Network([2, 5, 1], activation="sigmoid", seed=seed), X, y


@fault("targets_out_of_reach")
def softplus_output_for_gains_and_losses(seed):
    X, y = plane(seed)
    return Network([4, 6, 1], activation="tanh", output_activation="softplus", seed=seed), X, y


@fault("untrainable_activation")
def a_perceptron_in_the_middle(seed):
    X, y = moons(seed)
    return Network(2, Dense(4, "threshold"), Dense(1, "sigmoid"), seed=seed), X, y


@fault("symmetric_units")
def all_zero(seed):
    layers = [Dense(5, "tanh", weights="zeros"), Dense(1, "sigmoid", weights="zeros")]
    return trained(Network(2, *layers, seed=seed), *circles(seed), epochs=50, learning_rate=0.05)


@fault("symmetric_units")
def all_the_same_number(seed):
    layers = [Dense(6, "sigmoid", weights="constant(value=0.5)"), Dense(1, "sigmoid", weights="constant(value=0.5)")]
    return trained(Network(2, *layers, seed=seed), *xor_cloud(seed), epochs=50, learning_rate=0.05)


@fault("symmetric_units")
def ones_in_a_relu_network(seed):
    layers = [Dense(6, "relu", weights="constant(value=1)"), Dense(3, "softmax", weights="constant(value=1)")]
    return trained(Network(2, *layers, seed=seed), *blobs(seed), epochs=40, learning_rate=0.02)


@fault("symmetric_units")
def zeros_before_training(seed):
    X, y = bowl(seed)
    layers = [Dense(8, "relu", weights="zeros"), Dense(8, "relu", weights="zeros"), Dense(1, weights="zeros")]
    return Network(2, *layers, seed=seed), X, y


@fault("symmetric_units")
def two_equal_hidden_layers(seed):
    same = "constant(value=0.3)"
    layers = [Dense(4, "tanh", weights=same), Dense(4, "tanh", weights=same), Dense(1, weights=same)]
    return trained(Network(2, *layers, seed=seed), *bowl(seed), epochs=50, learning_rate=0.02)


@fault("unscaled_inputs")
def millimetres(seed):
    X, y = circles(seed)
    net = Network([2, 8, 1], activation="sigmoid", seed=seed)
    return trained(net, X * 1000, y, epochs=50, learning_rate=0.01)


@fault("unscaled_inputs")
def years(seed):
    X, y = sine(seed)
    net = Network([1, 8, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, np.round(2000 + 15 * X), y, epochs=80, learning_rate=0.01)


@fault("unscaled_inputs")
def one_column_of_another_size(seed):
    X, y = xor_cloud(seed)
    net = Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, X * [1, 5000], y, epochs=60, learning_rate=0.01)


@fault("unscaled_inputs")
def kelvin(seed):
    X, y = moons(seed)
    net = Network([2, 6, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, 300 + 12 * X, y, epochs=60, optimizer="sgd", learning_rate=0.1)


@fault("unscaled_inputs")
def kilometres(seed):
    X, y = circles(seed)
    net = Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, X / 1000, y, epochs=60, optimizer="sgd", learning_rate=0.1)


@fault("unscaled_inputs")
def raw_before_training(seed):
    X, y = plane(seed)
    return Network([4, 8, 1], activation="relu", output_activation="linear", seed=seed), X * [1, 2000, 90, 1], y


@fault("unscaled_targets")
def prices(seed):
    X, y = plane(seed)
    net = Network([4, 8, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, X, 200_000 + 50_000 * y, epochs=60, learning_rate=0.01)


@fault("unscaled_targets")
def grams(seed):
    X, y = sine(seed)
    net = Network([1, 10, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, X, 1000 * y, epochs=80, learning_rate=0.003)


@fault("unscaled_targets")
def prices_before_training(seed):
    X, y = bowl(seed)
    return Network([2, 8, 1], activation="tanh", output_activation="linear", seed=seed), X, 3000 + 500 * y


@fault("dead_units")
def biases_far_below(seed):
    layers = [Dense(8, "relu", biases="constant(value=-15)"), Dense(1, "sigmoid")]
    return trained(Network(2, *layers, seed=seed), *circles(seed), epochs=50, learning_rate=0.01)


@fault("dead_units")
def negative_weights_on_positive_inputs(seed):
    X, y = moons(seed)
    layers = [Dense(8, "relu", weights="uniform(low=-1, high=0)"), Dense(1, "sigmoid")]
    return trained(Network(2, *layers, seed=seed), X - X.min(axis=0), y, epochs=50, learning_rate=0.01)


@fault("dead_units")
def dead_second_layer(seed):
    layers = [Dense(8, "relu"), Dense(6, "relu", biases="constant(value=-30)"), Dense(3, "softmax")]
    return Network(2, *layers, seed=seed), *blobs(seed)


@fault("saturated_units")
def biases_far_out(seed):
    layers = [Dense(8, "tanh", biases="constant(value=20)"), Dense(1, "sigmoid")]
    return trained(Network(2, *layers, seed=seed), *circles(seed), epochs=50, learning_rate=0.01)


@fault("saturated_units")
def weights_of_fifty(seed):
    layers = [Dense(3, "sigmoid", weights="normal(std=50)"), Dense(1)]
    return trained(Network(2, *layers, seed=seed), *bowl(seed), epochs=50, learning_rate=0.01)


@fault("saturated_units")
def large_weights_before_training(seed):
    X, y = blobs(seed)
    layers = [Dense(8, "tanh", weights="uniform(low=-60, high=60)"), Dense(3, "softmax")]
    return Network(2, *layers, seed=seed), X, y


@fault("exploding_signals")
def deep_relu_with_normal_weights(seed):
    wide = [Dense(16, "relu", weights="normal(std=2)") for _ in range(6)]
    return trained(Network(2, *wide, Dense(1), seed=seed), *bowl(seed), epochs=20, optimizer="sgd", learning_rate=0.01)


@fault("exploding_signals")
def deep_relu_before_training(seed):
    wide = [Dense(20, "relu", weights="uniform(low=-3, high=3)") for _ in range(5)]
    return Network(2, *wide, Dense(3, "softmax"), seed=seed), *blobs(seed)


@fault("exploding_signals")
def deep_linear_growth(seed):
    wide = [Dense(12, "leaky_relu", weights="normal(std=3)") for _ in range(5)]
    return trained(Network(2, *wide, Dense(1, "sigmoid"), seed=seed), *circles(seed), epochs=20, learning_rate=0.01)


@fault("vanishing_signals")
def deep_sigmoid(seed):
    net = Network([2, *[8] * 8, 1], activation="sigmoid", seed=seed)
    return trained(net, *circles(seed), epochs=60, learning_rate=0.01)


@fault("vanishing_signals")
def deep_sigmoid_before_training(seed):
    return Network([2, *[10] * 7, 3], activation="sigmoid", output_activation="softmax", seed=seed), *blobs(seed)


@fault("vanishing_signals")
def deep_tanh_with_tiny_weights(seed):
    layers = [Dense(8, "tanh", weights="normal(std=0.01)") for _ in range(5)]
    return trained(Network(2, *layers, Dense(1), seed=seed), *bowl(seed), epochs=40, learning_rate=0.003)


@fault("vanishing_signals")
def deep_relu_with_tiny_weights(seed):
    layers = [Dense(8, "relu", weights="normal(std=0.02)") for _ in range(4)]
    net = Network(2, *layers, Dense(1, "sigmoid"), seed=seed)
    return trained(net, *xor_cloud(seed), epochs=40, optimizer="sgd", learning_rate=0.1)


@fault("linear_network")
def no_hidden_layer_for_xor(seed):
    net = Network([2, 1], activation="sigmoid", seed=seed)
    return trained(net, *xor_table(seed), epochs=300, learning_rate=0.05, batch_size=None)


@fault("linear_network")
def no_hidden_layer_for_circles(seed):
    return trained(Network([2, 1], activation="sigmoid", seed=seed), *circles(seed), epochs=60, learning_rate=0.05)


@fault("linear_network")
def linear_hidden_layers(seed):
    net = Network([2, 16, 16, 1], activation="linear", seed=seed)
    return trained(net, *bowl(seed), epochs=60, learning_rate=0.01)


@fault("linear_network")
def linear_hidden_layer_for_classes(seed):
    net = Network([2, 12, 1], activation="linear", output_activation="sigmoid", seed=seed)
    return trained(net, *xor_cloud(seed), epochs=60, learning_rate=0.02)


@fault("penalty_too_strong")
def a_large_l2(seed):
    layers = [Dense(10, "tanh", l2=3.0), Dense(1, "sigmoid", l2=3.0)]
    return trained(Network(2, *layers, seed=seed), *circles(seed), epochs=80, learning_rate=0.01)


@fault("penalty_too_strong")
def a_large_l1(seed):
    layers = [Dense(10, "tanh", l1=0.5), Dense(1, l1=0.5)]
    return trained(Network(1, *layers, seed=seed), *sine(seed), epochs=80, learning_rate=0.01)


@fault("dropout_too_strong")
def nearly_all_dropped(seed):
    net = Network(2, Dense(10, "relu"), Dropout(0.95), Dense(1), seed=seed)
    return trained(net, *bowl(seed), epochs=80, learning_rate=0.01)


@fault("dropout_too_strong")
def dropout_twice(seed):
    net = Network(2, Dense(8, "tanh"), Dropout(0.9), Dense(8, "tanh"), Dropout(0.9), Dense(1, "sigmoid"), seed=seed)
    return trained(net, *circles(seed), epochs=80, learning_rate=0.01)


@fault("too_few_hidden_units")
def one_unit_for_xor(seed):
    net = Network([2, 1, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *xor_table(seed), epochs=500, learning_rate=0.05, batch_size=None)


@fault("too_few_hidden_units")
def one_unit_for_circles(seed):
    net = Network([2, 1, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *circles(seed), epochs=100, learning_rate=0.03)


@fault("too_few_hidden_units")
def a_bottleneck(seed):
    """Two independent numbers do not pass through one unit."""
    X, y = plane(seed)
    net = Network([4, 12, 1, 12, 2], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, X, np.stack([y, X[:, 3]], axis=1), epochs=80, learning_rate=0.01)


@fault("too_few_hidden_units")
def one_unit_for_a_wave(seed):
    X, y = sine(seed)
    net = Network([1, 1, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, X, y, epochs=150, learning_rate=0.03)


@fault("learning_rate_too_high")
def sgd_with_huge_steps(seed):
    net = Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *circles(seed), epochs=60, optimizer="sgd", learning_rate=50)


@fault("learning_rate_too_high")
def adam_with_huge_steps(seed):
    net = Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *xor_cloud(seed), epochs=60, learning_rate=5)


@fault("learning_rate_too_high")
def adam_kills_relus(seed):
    net = Network([1, 10, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, *sine(seed), epochs=60, learning_rate=3)


@fault("learning_rate_too_high")
def divergence(seed):
    net = Network([2, 8, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, *bowl(seed), epochs=60, optimizer="sgd", learning_rate=2)


@fault("learning_rate_too_high")
def momentum_and_large_steps(seed):
    net = Network([2, 8, 3], activation="tanh", output_activation="softmax", seed=seed)
    X, _ = circles(seed)
    y = (X[:, 0] * X[:, 1] > 0).astype(int) + (np.hypot(*X.T) > 1.1)
    return trained(net, X, y, epochs=60, optimizer="sgd(momentum=0.95)", learning_rate=10)


@fault("learning_rate_too_low")
def adam_with_tiny_steps(seed):
    net = Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *circles(seed), epochs=100, learning_rate=1e-5)


@fault("learning_rate_too_low")
def sgd_with_tiny_steps(seed):
    net = Network([1, 12, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, *sine(seed), epochs=100, optimizer="sgd", learning_rate=1e-5)


@fault("learning_rate_too_low")
def sgd_on_a_sigmoid_xor(seed):
    net = Network([2, 4, 1], activation="sigmoid", seed=seed)
    return trained(net, *xor_table(seed), epochs=300, optimizer="sgd", learning_rate=0.01, batch_size=None)


@fault("learning_rate_too_low")
def a_schedule_that_ends_at_once(seed):
    net = Network([2, 8, 3], activation="tanh", output_activation="softmax", seed=seed)
    return trained(net, *blobs(seed), epochs=80, learning_rate=0.003, schedule="step(every=1, factor=0.5)")


@fault("stopped_too_early")
def three_epochs(seed):
    net = Network([2, 8, 3], activation="tanh", output_activation="softmax", seed=seed)
    return trained(net, *blobs(seed), epochs=3, learning_rate=0.01)


@fault("stopped_too_early")
def ten_steps(seed):
    net = Network([4, 8, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, *plane(seed), epochs=4, batch_size=None, learning_rate=0.02)


@fault("local_minimum")
def xor_that_got_stuck(seed):
    """Plain 2-2-1 networks get stuck for some seeds: the first one from here on that does."""
    for tried in count(1000 * seed):
        net = Network([2, 2, 1], activation="tanh", output_activation="sigmoid", seed=tried)
        trained(net, *xor_table(seed), epochs=500, learning_rate=0.1, batch_size=None)
        if np.abs(net.predict(XOR)[:, 0] - [0, 1, 1, 0]).max() > 0.4:
            return net, *xor_table(seed)


@fault("local_minimum")
def squared_errors_that_got_stuck(seed):
    for tried in count(1000 * seed):
        net = Network([2, 2, 1], activation="sigmoid", seed=tried)
        trained(net, *xor_table(seed), epochs=700, learning_rate=0.1, batch_size=None, loss="squared_error")
        if np.abs(net.predict(XOR)[:, 0] - [0, 1, 1, 0]).max() > 0.4:
            return net, *xor_table(seed)


@fault("contradicting_labels")
def half_of_the_copies_relabelled(seed):
    X, y = blobs(seed, n=60, classes=2, spread=0.4)
    flipped = np.random.default_rng(seed).random(60) < 0.4
    X, y = np.concatenate([X, X]), np.concatenate([y, np.where(flipped, 1 - y, y)])
    return trained(Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed), X, y, epochs=60, learning_rate=0.03)


@fault("contradicting_labels")
def a_column_was_lost(seed):
    """The third column of a truth table decides, and it is missing."""
    table = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)] * 8, dtype=float)
    y = np.where(table[:, 0] > 0, table[:, 2], table[:, 1]).astype(int)
    net = Network([2, 6, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, table[:, :2], y, epochs=60, learning_rate=0.03)


@fault("rare_class_ignored")
def one_in_twenty(seed):
    random = np.random.default_rng(seed)
    y = (np.arange(400) % 20 == 0).astype(int)
    X = random.normal(size=(400, 2)) + 0.5 * y[:, None]
    return trained(Network([2, 4, 1], activation="tanh", output_activation="sigmoid", seed=seed), X, y, epochs=20, learning_rate=0.01)


@fault("overfitting")
def by_heart(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(60, 10))
    y = (X[:, 0] + 1.5 * random.normal(size=60) > 0).astype(int)
    net = Network([10, 40, 1], activation="relu", output_activation="sigmoid", seed=seed)
    return trained(net, X, y, epochs=120, learning_rate=0.01, validation=0.4)


# --- Healthy --------------------------------------------------------------------------------------


@healthy
def solved_xor(seed):
    net = Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *xor_table(seed), epochs=400, learning_rate=0.05, batch_size=None)


@healthy
def solved_xor_with_squared_errors(seed):
    net = Network([2, 8, 1], activation="sigmoid", seed=seed)
    return trained(net, *xor_table(seed), epochs=800, learning_rate=0.05, batch_size=None, loss="squared_error")


@healthy
def the_and_gate(seed):
    X, y = 2 * XOR - 1, np.array([-1.0, -1.0, -1.0, 1.0])
    net = Network([2, 4, 1], activation="sigmoid", output_activation="tanh", seed=seed)
    return trained(net, X, y, epochs=400, optimizer="sgd", learning_rate=0.7, batch_size=None)


@healthy
def the_two_layer_tutorial(seed):
    X, y = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([0, 0, 1, 1])
    net = Network(3, Dense(1, "sigmoid", bias=False, weights="uniform(low=-1, high=1)"), seed=seed)
    plan = {"loss": "half_squared_error", "optimizer": "sgd(learning_rate=1)", "reduction": "sum", "batch_size": None}
    return trained(net, X, y, epochs=2000, **plan)


@healthy
def the_three_layer_tutorial(seed):
    X, y = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([0, 1, 1, 0])
    uniform = "uniform(low=-1, high=1)"
    layers = [Dense(4, "sigmoid", bias=False, weights=uniform), Dense(1, "sigmoid", bias=False, weights=uniform)]
    plan = {"loss": "half_squared_error", "optimizer": "sgd(learning_rate=1)", "reduction": "sum", "batch_size": None}
    return trained(Network(3, *layers, seed=seed), X, y, epochs=6000, **plan)


@healthy
def the_class_tutorial(seed):
    X, y = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([0, 1, 1, 0])
    layers = [Dense(4, "sigmoid", weights="uniform(low=0, high=1)"), Dense(1, "sigmoid", weights="uniform(low=0, high=1)")]
    plan = {"loss": "squared_error", "optimizer": "sgd(learning_rate=1)", "reduction": "sum", "batch_size": None}
    return trained(Network(3, *layers, seed=seed), X, y, epochs=1500, **plan)


@healthy
def classes_by_softmax(seed):
    net = Network([2, 8, 3], activation="relu", output_activation="softmax", seed=seed)
    return trained(net, *blobs(seed), epochs=80, learning_rate=0.01)


@healthy
def overlapping_classes(seed):
    net = Network([2, 8, 3], activation="tanh", output_activation="softmax", seed=seed)
    return trained(net, *blobs(seed, spread=1.2), epochs=60, learning_rate=0.01)


@healthy
def logistic_regression(seed):
    net = Network([2, 1], activation="sigmoid", seed=seed)
    return trained(net, *blobs(seed, classes=2, spread=0.9), epochs=80, learning_rate=0.05)


@healthy
def circles_by_tanh(seed):
    net = Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *circles(seed), epochs=100, learning_rate=0.03)


@healthy
def circles_by_deep_relu(seed):
    net = Network([2, 16, 16, 16, 1], activation="relu", output_activation="sigmoid", seed=seed)
    return trained(net, *circles(seed), epochs=60, learning_rate=0.01)


@healthy
def moons_with_dropout(seed):
    net = Network(2, Dense(24, "relu"), Dropout(0.2), Dense(24, "relu"), Dense(1, "sigmoid"), seed=seed)
    return trained(net, *moons(seed), epochs=80, learning_rate=0.01)


@healthy
def moons_by_momentum(seed):
    net = Network([2, 10, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *moons(seed), epochs=150, optimizer="sgd(momentum=0.9)", learning_rate=0.1)


@healthy
def a_wave(seed):
    net = Network([1, 16, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, *sine(seed), epochs=200, learning_rate=0.02)


@healthy
def a_bowl_in_float32(seed):
    X, y = bowl(seed)
    net = Network([2, 16, 1], activation="softplus", output_activation="linear", seed=seed, dtype="float32")
    return trained(net, X, y, epochs=150, learning_rate=0.02)


@healthy
def linear_regression(seed):
    return trained(Network([4, 1], activation="linear", seed=seed), *plane(seed), epochs=80, learning_rate=0.05)


@healthy
def noisy_regression(seed):
    net = Network([4, 8, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, *plane(seed, noise=2.0), epochs=60, learning_rate=0.01)


@healthy
def nothing_to_be_learnt(seed):
    X, _ = plane(seed)
    y = np.random.default_rng(seed + 1).integers(2, size=len(X))
    return trained(Network([4, 4, 1], activation="tanh", output_activation="sigmoid", seed=seed), X, y, epochs=30, learning_rate=0.01)


@healthy
def counts(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(120, 2))
    y = random.poisson(np.exp(0.8 * X[:, 0] + 0.5)).astype(float)
    net = Network([2, 6, 1], activation="tanh", output_activation="softplus", seed=seed)
    return trained(net, X, y, loss="poisson", epochs=120, learning_rate=0.02)


@healthy
def a_margin(seed):
    X, y = moons(seed)
    net = Network([2, 10, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, X, 2 * y - 1, loss="hinge", epochs=100, learning_rate=0.02)


@healthy
def outliers_and_huber(seed):
    X, y = sine(seed)
    y = y + 5 * (np.random.default_rng(seed).random(len(y)) < 0.05)
    net = Network([1, 16, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, X, y, loss="huber", epochs=200, learning_rate=0.02)


@healthy
def a_little_l2(seed):
    net = Network(2, Dense(16, "tanh", l2=1e-3), Dense(3, "softmax", l2=1e-3), seed=seed)
    return trained(net, *blobs(seed), epochs=80, learning_rate=0.02)


@healthy
def rprop_on_the_whole(seed):
    net = Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *circles(seed), epochs=150, optimizer="rprop", batch_size=None)


@healthy
def rare_but_found(seed):
    random = np.random.default_rng(seed)
    y = (np.arange(300) % 12 == 0).astype(int)
    X = random.normal(size=(300, 2)) + 4.0 * y[:, None] * [1, 0]
    return trained(Network([2, 6, 1], activation="tanh", output_activation="sigmoid", seed=seed), X - X.mean(axis=0), y, epochs=60, learning_rate=0.03)


@healthy
def stopped_in_time(seed):
    X, y = blobs(seed, n=160, spread=1.0)
    net = Network([2, 20, 3], activation="relu", output_activation="softmax", seed=seed)
    return trained(net, X, y, epochs=200, learning_rate=0.01, validation=0.25, early_stopping=10)


@healthy
def many_columns(seed):
    net = Network([20, 16, 4], activation="relu", output_activation="softmax", seed=seed)
    return trained(net, *blobs(seed, n=200, classes=4, d=20), epochs=60, learning_rate=0.01)


@healthy
def cosine_and_clipping(seed):
    net = Network([2, 12, 1], activation="gelu", output_activation="linear", seed=seed)
    return trained(net, *bowl(seed), epochs=120, learning_rate=0.03, schedule="cosine", clip=1.0)


@healthy
def untrained_tanh(seed):
    return Network([2, 8, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed), *moons(seed)


@healthy
def untrained_relu(seed):
    return Network([4, 16, 16, 16, 1], activation="relu", output_activation="linear", seed=seed), *plane(seed)


@healthy
def untrained_sigmoid(seed):
    return Network([2, 6, 3], activation="sigmoid", output_activation="softmax", seed=seed), *blobs(seed)


@healthy
def raw_numbers_that_did_no_harm(seed):
    X, y = blobs(seed, classes=2)
    net = Network([2, 16, 1], activation="relu", output_activation="sigmoid", seed=seed)
    return trained(net, 40 * X, y, epochs=80, learning_rate=0.01)
