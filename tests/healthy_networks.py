"""Healthy networks: nothing in them deserves a warning."""

from __future__ import annotations

import numpy as np

from pellucid import Dense, Dropout, Network
from planted_data import (
    XOR,
    Recipe,
    blobs,
    bowl,
    checkers,
    circles,
    friedman,
    moons,
    plane,
    sine,
    ten_classes,
    trained,
    xor_table,
)

HEALTHY: list[Recipe] = []


def healthy(make):
    HEALTHY.append(Recipe("", make))
    return make


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
    layers = [
        Dense(4, "sigmoid", weights="uniform(low=0, high=1)"),
        Dense(1, "sigmoid", weights="uniform(low=0, high=1)"),
    ]
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
    return trained(
        Network([4, 4, 1], activation="tanh", output_activation="sigmoid", seed=seed),
        X,
        y,
        epochs=30,
        learning_rate=0.01,
    )


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
    return trained(
        Network([2, 6, 1], activation="tanh", output_activation="sigmoid", seed=seed),
        X - X.mean(axis=0),
        y,
        epochs=60,
        learning_rate=0.03,
    )


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


@healthy
def friedman_by_relu(seed):
    net = Network([5, 20, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, *friedman(seed), epochs=100, learning_rate=0.01)


@healthy
def friedman_by_rmsprop(seed):
    net = Network([5, 12, 1], activation="sigmoid", output_activation="linear", seed=seed)
    return trained(net, *friedman(seed), epochs=100, optimizer="rmsprop", learning_rate=0.01)


@healthy
def ten_classes_by_relu(seed):
    net = Network([30, 20, 10], activation="relu", output_activation="softmax", seed=seed)
    return trained(net, *ten_classes(seed), epochs=40, learning_rate=0.01)


@healthy
def ten_classes_without_hidden_layer(seed):
    net = Network([30, 10], activation="softmax", seed=seed)
    return trained(net, *ten_classes(seed), epochs=40, learning_rate=0.02)


@healthy
def two_silu_layers(seed):
    net = Network([30, 16, 16, 10], activation="silu", output_activation="softmax", seed=seed)
    return trained(net, *ten_classes(seed), epochs=40, optimizer="adamw", learning_rate=0.01)


@healthy
def checkers_by_two_layers(seed):
    net = Network([2, 24, 24, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, *checkers(seed), epochs=100, learning_rate=0.01)


@healthy
def yes_and_no_columns(seed):
    X = np.random.default_rng(seed).integers(0, 2, (150, 8)).astype(float)
    net = Network([8, 6, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    return trained(net, X, (X[:, :3].sum(axis=1) > 1).astype(int), epochs=60, learning_rate=0.02)


@healthy
def thirty_rows(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(30, 2))
    net = Network([2, 3, 1], activation="tanh", output_activation="linear", seed=seed)
    return trained(net, X, X[:, 0] + 0.5 * random.normal(size=30), epochs=80, learning_rate=0.02)


@healthy
def an_untrained_wide_one(seed):
    return Network([30, 20, 10], activation="relu", output_activation="softmax", seed=seed), *ten_classes(seed)
