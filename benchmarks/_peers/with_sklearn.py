"""scikit-learn: one `fit` for all epochs, which checks its arguments and prepares the labels once."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from .given import Given
from .tasks import Answer, Task
from .works import Training

warnings.simplefilter("ignore", ConvergenceWarning)  # it stops after max_iter, as it is told
sklearn.set_config(assume_finite=True, skip_parameter_validation=True)


def softmax(work: Training, given: Given, threads: int) -> Task:
    """With `warm_start` a second fit keeps the weights that are set here and begins with a fresh Adam."""
    options: dict[str, Any] = {"alpha": 0, "shuffle": False, "warm_start": True, "tol": 0, "n_iter_no_change": 10**9}
    network = MLPClassifier(work.sizes[1:-1], batch_size=work.batch, max_iter=1, **options)
    network.fit(given.X, given.y)
    network.set_params(max_iter=work.epochs)

    def start() -> MLPClassifier:
        network.coefs_ = [W.copy() for W in given.weights[::2]]
        network.intercepts_ = [b.copy() for b in given.weights[1::2]]
        return network

    def train(network: MLPClassifier) -> MLPClassifier:
        return network.fit(given.X, given.y)

    def weights(network: MLPClassifier) -> list[np.ndarray]:
        pairs = zip(network.coefs_, network.intercepts_, strict=True)
        return [array for pair in pairs for array in pair]

    return Task(start, train, weights)


def one_row(given: dict[str, Any], threads: int) -> Answer:
    weights = [np.array(array) for array in given["weights"]]
    widths = tuple(len(b) for b in weights[1:-2:2])
    network = MLPRegressor(hidden_layer_sizes=widths, activation="tanh", max_iter=1)
    x = np.array([given["x"]])
    network.fit(np.repeat(x, 2, axis=0), np.zeros((2, len(weights[-1]))))
    network.coefs_, network.intercepts_ = weights[::2], weights[1::2]
    network.out_activation_ = "tanh"
    return Answer("predict(x)[0]", {"predict": network.predict, "x": x})


TASKS = {("sklearn", "softmax"): softmax, ("sklearn", "row"): one_row}
