"""NumPy by hand: the loops that a careful reader of a tutorial would write."""

from __future__ import annotations

from typing import Any

import numpy as np

from .given import Given
from .tasks import Answer, Task
from .works import Training

RATE, FIRST, SECOND, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def tutorial(work: Training, given: Given, threads: int) -> Task:
    X, y = given.X, given.y

    def train(weights: list[np.ndarray]) -> list[np.ndarray]:
        W1, W2 = weights
        for _ in range(work.epochs):
            a1 = 1 / (1 + np.exp(-(X @ W1)))
            a2 = 1 / (1 + np.exp(-(a1 @ W2)))
            dz2 = (y - a2) * a2 * (1 - a2)
            dz1 = (dz2 @ W2.T) * a1 * (1 - a1)
            W2 += a1.T @ dz2
            W1 += X.T @ dz1
        return weights

    return Task(lambda: [W.copy() for W in given.weights], train, lambda weights: weights)


def views(vector: np.ndarray, like: list[np.ndarray]) -> list[np.ndarray]:
    """A vector's parts in the shapes of the given arrays; they share its memory."""
    ends = np.cumsum([array.size for array in like])
    return [part.reshape(array.shape) for part, array in zip(np.split(vector, ends[:-1]), like, strict=True)]


def softmax(work: Training, given: Given, threads: int) -> Task:
    """All parameters are views of one vector, so that Adam is a dozen operations however many layers there are."""
    X, Y, size = given.X, given.one_hot(), work.batch
    batches = [(X[i : i + size], Y[i : i + size]) for i in range(0, len(X), size)]

    def start() -> np.ndarray:
        return np.concatenate([array.ravel() for array in given.weights])

    def train(vector: np.ndarray) -> np.ndarray:
        gradient, root = np.empty_like(vector), np.empty_like(vector)
        mean, square = np.zeros_like(vector), np.zeros_like(vector)
        weights, gradients = views(vector, given.weights), views(gradient, given.weights)
        step = 0
        for _ in range(work.epochs):
            for x, y in batches:
                step += 1
                backward(weights, gradients, x, y)
                mean += (1 - FIRST) * (gradient - mean)
                np.multiply(gradient, gradient, out=gradient)
                square += (1 - SECOND) * (gradient - square)
                np.sqrt(square, out=root)
                root /= np.sqrt(1 - SECOND**step)
                root += EPSILON
                np.divide(mean, root, out=root)
                root *= RATE / (1 - FIRST**step)
                vector -= root
        return vector

    return Task(start, train, lambda vector: views(vector, given.weights))


def backward(weights: list[np.ndarray], gradients: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> None:
    """The gradients of the mean cross-entropy over a batch, into the given arrays."""
    inputs = [x]
    for W, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        z = inputs[-1] @ W
        z += b
        inputs.append(np.maximum(z, 0, out=z))
    dz = inputs[-1] @ weights[-2]
    dz += weights[-1]
    dz -= dz.max(axis=1, keepdims=True)
    np.exp(dz, out=dz)
    dz /= dz.sum(axis=1, keepdims=True)
    dz -= y
    dz /= len(x)
    for layer in range(len(inputs) - 1, -1, -1):
        np.matmul(inputs[layer].T, dz, out=gradients[2 * layer])
        dz.sum(axis=0, out=gradients[2 * layer + 1])
        if layer:
            dz = dz @ weights[2 * layer].T
            dz *= inputs[layer] > 0


def one_row(given: dict[str, Any], threads: int) -> Answer:
    weights = zip(("W1", "b1", "W2", "b2", "W3", "b3"), map(np.array, given["weights"]), strict=True)
    statement = "tanh(tanh(tanh(x.dot(W1) + b1).dot(W2) + b2).dot(W3) + b3)"
    return Answer(statement, {"tanh": np.tanh, "x": np.array(given["x"]), **dict(weights)})


TASKS = {("numpy", "sigmoid"): tutorial, ("numpy", "softmax"): softmax, ("numpy", "row"): one_row}
