"""pellucid as a user calls it: `fit` for trainings, `compile` for single rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid import Dense, Network

from .given import Given
from .tasks import Answer, Task
from .works import Training

RULES: dict[str, dict[str, Any]] = {
    "sigmoid": {"loss": "half_squared_error", "optimizer": "sgd(learning_rate=1)", "reduction": "sum"},
    "softmax": {"loss": "cross_entropy", "optimizer": "adam(learning_rate=0.001)"},
}


def network(work: Training, weights: list[np.ndarray]) -> Network:
    if work.kind == "sigmoid":
        layers = [Dense(W.shape[1], "sigmoid", bias=False, weights=W) for W in weights]
    else:
        activations = ["relu"] * (len(work.sizes) - 2) + ["softmax"]
        pairs = zip(weights[::2], weights[1::2], activations, strict=True)
        layers = [Dense(W.shape[1], activation, weights=W, biases=b) for W, b, activation in pairs]
    return Network(work.sizes[0], *layers, seed=0, dtype=work.dtype)


def native(work: Training, given: Given, threads: int) -> Task:
    return training(work, given, {"engine": "native", "threads": threads or None})


def numpy_engine(work: Training, given: Given, threads: int) -> Task:
    return training(work, given, {"engine": "numpy"})


def training(work: Training, given: Given, engine: dict[str, Any]) -> Task:
    options = {**RULES[work.kind], **engine, "batch_size": work.batch, "shuffle": False, "progress": False}

    def train(net: Network) -> Network:
        net.fit(given.X, given.y, epochs=work.epochs, **options)
        return net

    def weights(net: Network) -> list[np.ndarray]:
        return [np.asarray(array) for array in net.parameters.values()]

    return Task(lambda: network(work, given.weights), train, weights)


def row_network(given: dict[str, Any]) -> Network:
    pairs = zip(given["weights"][::2], given["weights"][1::2], strict=True)
    layers = [Dense(len(b), "tanh", weights=W, biases=b) for W, b in pairs]
    return Network(len(given["x"]), *layers, seed=0)


def one_row(given: dict[str, Any], threads: int) -> Answer:
    return Answer("fast(x)", {"fast": row_network(given).compile(), "x": np.array(given["x"])})


def one_row_out(given: dict[str, Any], threads: int) -> Answer:
    out = np.empty(len(given["weights"][-1]))
    return Answer("fast(x, out=y)", {"fast": row_network(given).compile(), "x": np.array(given["x"]), "y": out})


TASKS = {
    ("pellucid", "sigmoid"): native,
    ("pellucid", "softmax"): native,
    ("pellucid_numpy", "sigmoid"): numpy_engine,
    ("pellucid_numpy", "softmax"): numpy_engine,
    ("pellucid_row", "row"): one_row,
    ("pellucid_out", "row"): one_row_out,
}
