"""Faults in how a network is set up: output, starting weights, scales of the data."""

from __future__ import annotations

import numpy as np

from pellucid import Dense, Network
from planted_data import Recipe, blobs, bowl, circles, friedman, moons, plane, sine, ten_classes, trained, xor_cloud

FAULTS: list[Recipe] = []


def fault(cause: str):
    def register(make):
        FAULTS.append(Recipe(cause, make))
        return make

    return register


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


@fault("targets_out_of_reach")
def softsign_output_for_scaled_targets(seed):
    return Network([5, 6, 1], activation="sigmoid", output_activation="softsign", seed=seed), *friedman(seed)


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


@fault("symmetric_units")
def three_equal_layers(seed):
    same = "constant(value=0.1)"
    layers = [Dense(10, "relu", weights=same), Dense(10, "relu", weights=same), Dense(1, weights=same)]
    return trained(Network(5, *layers, seed=seed), *friedman(seed), epochs=30, learning_rate=0.01)


@fault("symmetric_units")
def zeros_for_ten_classes(seed):
    layers = [Dense(10, "tanh", weights="zeros"), Dense(10, "softmax", weights="zeros")]
    return trained(Network(30, *layers, seed=seed), *ten_classes(seed), epochs=20, learning_rate=0.01)


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


@fault("unscaled_inputs")
def columns_of_many_sizes(seed):
    X, y = friedman(seed)
    net = Network([5, 20, 1], activation="sigmoid", output_activation="linear", seed=seed)
    return trained(net, X * [1, 10, 100, 1000, 1] + [0, 0, 500, 0, 9], y, epochs=50, learning_rate=0.01)


@fault("unscaled_inputs")
def grey_values(seed):
    X, y = ten_classes(seed)
    net = Network([30, 20, 10], activation="sigmoid", output_activation="softmax", seed=seed)
    return trained(net, 255 * (X + 4), y, epochs=40, optimizer="sgd", learning_rate=0.01)


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


@fault("unscaled_targets")
def large_targets_in_a_deep_network(seed):
    X, y = friedman(seed)
    net = Network([5, 20, 20, 1], activation="relu", output_activation="linear", seed=seed)
    return trained(net, X, 5000 + 800 * y, epochs=20, learning_rate=0.001)


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


@fault("dead_units")
def biases_far_below_for_ten_classes(seed):
    layers = [Dense(20, "relu", biases="constant(value=-40)"), Dense(10, "softmax")]
    return trained(Network(30, *layers, seed=seed), *ten_classes(seed), epochs=20, learning_rate=0.01)


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


@fault("saturated_units")
def weights_of_a_hundred(seed):
    layers = [Dense(4, "tanh", weights="normal(std=100)"), Dense(1)]
    return trained(Network(5, *layers, seed=seed), *friedman(seed), epochs=50, learning_rate=0.01)


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


@fault("exploding_signals")
def deep_relu_with_standard_normal_weights(seed):
    wide = [Dense(20, "relu", weights="normal(std=1)") for _ in range(5)]
    return trained(Network(5, *wide, Dense(1), seed=seed), *friedman(seed), epochs=10, optimizer="sgd")


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


@fault("vanishing_signals")
def deep_sigmoid_for_ten_classes(seed):
    net = Network([30, *[15] * 7, 10], activation="sigmoid", output_activation="softmax", seed=seed)
    return trained(net, *ten_classes(seed), epochs=30, learning_rate=0.003)
