"""Faults in the choice of layers, in the data and in how a network is trained."""

from __future__ import annotations

from itertools import count

import numpy as np

from pellucid import Dense, Dropout, Network
from planted_data import (
    Recipe,
    blobs,
    bowl,
    checkers,
    circles,
    first_that_gets_stuck,
    friedman,
    moons,
    plane,
    sine,
    ten_classes,
    trained,
    xor_cloud,
    xor_table,
)

FAULTS: list[Recipe] = []


def fault(cause: str):
    def register(make):
        FAULTS.append(Recipe(cause, make))
        return make

    return register


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


@fault("linear_network")
def no_hidden_layer_for_checkers(seed):
    return trained(Network([2, 1], activation="sigmoid", seed=seed), *checkers(seed), epochs=50, learning_rate=0.03)


@fault("linear_network")
def no_hidden_layer_for_a_saddle(seed):
    X, _ = friedman(seed)
    net = Network([5, 1], activation="linear", seed=seed)
    return trained(net, X, np.abs(X[:, 0]) - np.abs(X[:, 1]), epochs=80, learning_rate=0.03)


@fault("penalty_too_strong")
def a_large_l2(seed):
    layers = [Dense(10, "tanh", l2=3.0), Dense(1, "sigmoid", l2=3.0)]
    return trained(Network(2, *layers, seed=seed), *circles(seed), epochs=80, learning_rate=0.01)


@fault("penalty_too_strong")
def a_large_l1(seed):
    layers = [Dense(10, "tanh", l1=0.5), Dense(1, l1=0.5)]
    return trained(Network(1, *layers, seed=seed), *sine(seed), epochs=80, learning_rate=0.01)


@fault("penalty_too_strong")
def a_large_l2_for_ten_classes(seed):
    layers = [Dense(20, "relu", l2=2.0), Dense(10, "softmax", l2=2.0)]
    return trained(Network(30, *layers, seed=seed), *ten_classes(seed), epochs=40, learning_rate=0.01)


@fault("dropout_too_strong")
def nearly_all_dropped(seed):
    net = Network(2, Dense(10, "relu"), Dropout(0.95), Dense(1), seed=seed)
    return trained(net, *bowl(seed), epochs=80, learning_rate=0.01)


@fault("dropout_too_strong")
def dropout_twice(seed):
    net = Network(2, Dense(8, "tanh"), Dropout(0.9), Dense(8, "tanh"), Dropout(0.9), Dense(1, "sigmoid"), seed=seed)
    return trained(net, *circles(seed), epochs=80, learning_rate=0.01)


@fault("dropout_too_strong")
def dropout_of_the_inputs(seed):
    layers = [Dropout(0.97), Dense(20, "relu"), Dropout(0.9), Dense(10, "softmax")]
    return trained(Network(30, *layers, seed=seed), *ten_classes(seed), epochs=40, learning_rate=0.01)


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


@fault("too_few_hidden_units")
def one_unit_for_ten_classes(seed):
    net = Network([30, 1, 10], activation="tanh", output_activation="softmax", seed=seed)
    return trained(net, *ten_classes(seed), epochs=60, learning_rate=0.02)


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


@fault("learning_rate_too_high")
def rmsprop_with_huge_steps(seed):
    net = Network([5, 20, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, *friedman(seed), epochs=40, optimizer="rmsprop", learning_rate=2)


@fault("learning_rate_too_high")
def huge_steps_in_two_hidden_layers(seed):
    net = Network([2, 16, 16, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *moons(seed), epochs=40, learning_rate=2)


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


@fault("learning_rate_too_low")
def tiny_steps_for_ten_classes(seed):
    net = Network([30, 20, 10], activation="relu", output_activation="softmax", seed=seed)
    return trained(net, *ten_classes(seed), epochs=30, optimizer="sgd", learning_rate=1e-4)


@fault("learning_rate_too_low")
def tiny_steps_in_a_regression(seed):
    net = Network([5, 20, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, *friedman(seed), epochs=50, learning_rate=1e-6)


@fault("stopped_too_early")
def three_epochs(seed):
    net = Network([2, 8, 3], activation="tanh", output_activation="softmax", seed=seed)
    return trained(net, *blobs(seed), epochs=3, learning_rate=0.01)


@fault("stopped_too_early")
def ten_steps(seed):
    net = Network([4, 8, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, *plane(seed), epochs=4, batch_size=None, learning_rate=0.02)


@fault("stopped_too_early")
def two_epochs_for_ten_classes(seed):
    net = Network([30, 20, 10], activation="relu", output_activation="softmax", seed=seed)
    return trained(net, *ten_classes(seed), epochs=2, learning_rate=0.003)


@fault("contradicting_labels")
def half_of_the_copies_relabelled(seed):
    X, y = blobs(seed, n=60, classes=2, spread=0.4)
    flipped = np.random.default_rng(seed).random(60) < 0.4
    X, y = np.concatenate([X, X]), np.concatenate([y, np.where(flipped, 1 - y, y)])
    return trained(
        Network([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed),
        X,
        y,
        epochs=60,
        learning_rate=0.03,
    )


@fault("contradicting_labels")
def a_column_was_lost(seed):
    """The third column of a truth table decides, and it is missing."""
    table = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)] * 8, dtype=float)
    y = np.where(table[:, 0] > 0, table[:, 2], table[:, 1]).astype(int)
    net = Network([2, 6, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, table[:, :2], y, epochs=60, learning_rate=0.03)


@fault("contradicting_labels")
def labels_by_lot(seed):
    random = np.random.default_rng(seed)
    X, y = random.integers(0, 3, (200, 3)).astype(float), random.integers(2, size=200)
    net = Network([3, 8, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, X, y, epochs=40, learning_rate=0.02)


@fault("rare_class_ignored")
def one_in_twenty(seed):
    random = np.random.default_rng(seed)
    y = (np.arange(400) % 20 == 0).astype(int)
    X = random.normal(size=(400, 2)) + 0.5 * y[:, None]
    return trained(
        Network([2, 4, 1], activation="tanh", output_activation="sigmoid", seed=seed),
        X,
        y,
        epochs=20,
        learning_rate=0.01,
    )


@fault("rare_class_ignored")
def a_third_class_that_hardly_occurs(seed):
    random = np.random.default_rng(seed)
    y = np.where(np.arange(500) % 25 == 0, 2, np.arange(500) % 2)
    X = random.normal(size=(500, 3)) + np.array([[1.5, 0, 0], [-1.5, 0, 0], [0, 0.4, 0]])[y]
    net = Network([3, 8, 3], activation="relu", output_activation="softmax", seed=seed)
    return trained(net, X, y, epochs=15, learning_rate=0.01)


@fault("overfitting")
def by_heart(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(60, 10))
    y = (X[:, 0] + 1.5 * random.normal(size=60) > 0).astype(int)
    net = Network([10, 40, 1], activation="relu", output_activation="sigmoid", seed=seed)
    return trained(net, X, y, epochs=120, learning_rate=0.01, validation=0.4)


@fault("overfitting")
def a_regression_by_heart(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(80, 15))
    y = X[:, 0] + 1.5 * random.normal(size=80)
    net = Network([15, 60, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, X, y, epochs=150, learning_rate=0.01, validation=0.4)


@fault("local_minimum")
def xor_that_got_stuck(seed):
    """Plain 2-2-1 networks get stuck for some seeds."""

    def train(tried):
        net = Network([2, 2, 1], activation="tanh", output_activation="sigmoid", seed=tried)
        return trained(net, *xor_table(seed), epochs=500, learning_rate=0.1, batch_size=None)

    return first_that_gets_stuck(count(1000 * seed), train)


@fault("local_minimum")
def squared_errors_that_got_stuck(seed):
    plan = {"epochs": 700, "learning_rate": 0.1, "batch_size": None, "loss": "squared_error"}

    def train(tried):
        return trained(Network([2, 2, 1], activation="sigmoid", seed=tried), *xor_table(seed), **plan)

    return first_that_gets_stuck(count(1000 * seed), train)


@fault("local_minimum")
def three_units_that_got_stuck(seed):
    plan = {"epochs": 600, "learning_rate": 0.05, "batch_size": None, "loss": "squared_error"}

    def train(tried):
        return trained(Network([2, 3, 1], activation="sigmoid", seed=tried), *xor_table(seed), **plan)

    return first_that_gets_stuck(count(500 * seed), train)
