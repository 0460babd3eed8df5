"""Faults written last, with other data and layers, to see how the diagnosis does on what it was not made with."""

from __future__ import annotations

import numpy as np

from pellucid import Dense, Network
from planted_data import Recipe, circles, moons, trained

FAULTS: list[Recipe] = []


def fault(cause: str):
    def register(make):
        FAULTS.append(Recipe(cause, make))
        return make

    return register


def energy(seed, n=250):
    """A bend, a product, a line and noise, in eight columns of which four say nothing."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 8))
    y = np.tanh(2 * X[:, 0]) + 0.5 * X[:, 1] * X[:, 2] + 0.3 * X[:, 3] + 0.1 * random.normal(size=n)
    return X, y


def regression(hidden, seed, activation="tanh"):
    return Network([8, *hidden, 1], activation=activation, output_activation="linear", seed=seed)


@fault("learning_rate_too_high")
def momentum_in_a_regression(seed):
    net = regression([16, 8], seed, "elu")
    return trained(net, *energy(seed), epochs=30, optimizer="sgd(momentum=0.9)", learning_rate=1)


@fault("learning_rate_too_high")
def adam_with_a_rate_of_one_and_huber(seed):
    return trained(regression([16], seed, "leaky_relu"), *energy(seed), epochs=40, learning_rate=1, loss="huber")


@fault("learning_rate_too_high")
def a_margin_with_huge_steps(seed):
    X, y = energy(seed)
    plan = {"loss": "hinge", "optimizer": "sgd", "learning_rate": 20}
    return trained(regression([12], seed), X, 2 * (y > 0) - 1, epochs=40, **plan)


@fault("learning_rate_too_low")
def adamw_with_tiny_steps(seed):
    net = Network([2, 16, 1], activation="gelu", output_activation="sigmoid", seed=seed)
    return trained(net, *moons(seed), epochs=60, optimizer="adamw", learning_rate=2e-6)


@fault("learning_rate_too_low")
def adagrad_with_tiny_steps(seed):
    net = regression([16], seed, "relu")
    return trained(net, *energy(seed), epochs=60, optimizer="adagrad", learning_rate=1e-4)


@fault("learning_rate_too_low")
def tiny_steps_with_the_whole_batch(seed):
    plan = {"optimizer": "sgd", "learning_rate": 1e-5, "batch_size": None, "reduction": "sum"}
    return trained(regression([16], seed, "sigmoid"), *energy(seed), epochs=40, **plan)


@fault("symmetric_units")
def equal_elus(seed):
    hidden = Dense(6, "elu", weights="constant(value=-0.2)", biases="constant(value=0.1)")
    net = Network(8, hidden, Dense(1, weights="constant(value=1)"), seed=seed)
    return trained(net, *energy(seed), epochs=40, learning_rate=0.01)


@fault("unscaled_inputs")
def columns_with_long_tails(seed):
    X, y = energy(seed)
    return trained(regression([16], seed), np.exp(3 * X), y, epochs=40, learning_rate=0.01)


@fault("unscaled_inputs")
def a_year_beside_a_share(seed):
    X, y = moons(seed)
    net = Network([2, 12, 1], activation="sigmoid", seed=seed)
    return trained(net, X * [0.5, 1] + [1990, 0], y, epochs=60, learning_rate=0.01)


@fault("unscaled_targets")
def two_targets_of_different_sizes(seed):
    X, y = energy(seed)
    net = Network([8, 16, 2], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, X, np.stack([400 * y, 1000 + 90 * y], axis=1), epochs=40, learning_rate=0.01)


@fault("dead_units")
def positive_inputs_and_negative_weights(seed):
    X, y = energy(seed)
    hidden = Dense(10, "relu", weights="constant(value=-0.5)", biases="uniform(low=-3, high=-1)")
    return trained(Network(8, hidden, Dense(1), seed=seed), np.abs(X) + 0.5, y, epochs=30, learning_rate=0.01)


@fault("saturated_units")
def hard_sigmoids_at_their_ends(seed):
    hidden = Dense(3, "hard_sigmoid", weights="normal(std=80)")
    return trained(Network(8, hidden, Dense(1), seed=seed), *energy(seed), epochs=40, learning_rate=0.01)


@fault("exploding_signals")
def deep_elu_with_normal_weights(seed):
    wide = [Dense(24, "elu", weights="normal(std=1.2)") for _ in range(4)]
    net = Network(8, *wide, Dense(1), seed=seed)
    return trained(net, *energy(seed), epochs=20, optimizer="sgd", learning_rate=0.01)


@fault("vanishing_signals")
def nine_sigmoid_layers(seed):
    return trained(regression([12] * 9, seed, "sigmoid"), *energy(seed), epochs=40, learning_rate=0.003)


@fault("too_few_hidden_units")
def one_relu_for_circles(seed):
    net = Network([2, 1, 1], activation="relu", output_activation="sigmoid", seed=seed)
    return trained(net, *circles(seed), epochs=100, learning_rate=0.02)


@fault("too_few_hidden_units")
def one_unit_for_a_product(seed):
    X, _ = energy(seed)
    return trained(regression([1], seed), X, X[:, 0] * X[:, 1], epochs=100, learning_rate=0.02)


@fault("penalty_too_strong")
def l2_in_a_regression(seed):
    net = Network(8, Dense(16, "relu", l2=1.5), Dense(1, l2=1.5), seed=seed)
    return trained(net, *energy(seed), epochs=60, learning_rate=0.01)


@fault("stopped_too_early")
def two_epochs_of_a_regression(seed):
    return trained(regression([16], seed), *energy(seed), epochs=2, learning_rate=0.005)


@fault("targets_out_of_reach")
def hard_sigmoid_for_any_number(seed):
    return Network([8, 6, 1], activation="relu", output_activation="hard_sigmoid", seed=seed), *energy(seed)


@fault("overfitting")
def three_classes_by_heart(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(100, 20))
    y = np.argmax(X[:, :3] + 2 * random.normal(size=(100, 3)), axis=1)
    net = Network([20, 50, 3], activation="relu", output_activation="softmax", seed=seed)
    return trained(net, X, y, epochs=100, learning_rate=0.01, validation=0.3)
