"""What all peers of a work are given: rows, targets and initial weights; and the loss by which all are judged."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .works import Row, Training

TUTORIAL = ([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0])


@dataclass(frozen=True)
class Given:
    """X (n, n_in); y (n,) class numbers, or (n, 1) numbers for kind "sigmoid"; weights [W1, b1, ...] or [W1, W2]."""

    X: np.ndarray
    y: np.ndarray
    weights: list[np.ndarray]

    def batches(self, size: int) -> int:
        return len(self.X) // size

    def one_hot(self) -> np.ndarray:
        """The classes as rows of 0 and 1, of X's dtype."""
        return np.eye(int(self.weights[-1].shape[-1]), dtype=self.X.dtype)[self.y]


def write(work: Training, folder: Path) -> Path:
    """Put a work's data and weights into a file, once for all workers."""
    path = folder / f"{work.name}.npz"
    if not path.exists():
        X, y = examples(work)
        weights = {f"weights_{i:02}": array for i, array in enumerate(initial_weights(work))}
        np.savez(path, X=np.ascontiguousarray(X[: work.rows], work.dtype), y=y[: work.rows], **weights)
    return path


def read(path: str) -> Given:
    with np.load(path) as file:
        weights = [file[name] for name in sorted(file.files) if name.startswith("weights_")]
        return Given(file["X"], file["y"], weights)


def examples(work: Training) -> tuple[np.ndarray, np.ndarray]:
    """The rows and targets that a work names; MNIST is drawn where PELLUCID_DATA has no mnist.npz."""
    if work.data == "exclusive_or":
        return np.array(TUTORIAL[0]), np.array(TUTORIAL[1], work.dtype)[:, None]
    if work.data == "digits":
        return digits()
    found = mnist_path()
    if work.data == "mnist" and found is not None:
        with np.load(found) as file:
            return file["x_train"].reshape(-1, 784) / 255, file["y_train"].astype(np.int64)
    return drawn(work)


def digits() -> tuple[np.ndarray, np.ndarray]:
    from pellucid.data.datasets import load_dataset

    data = load_dataset("digits")
    return np.column_stack(data.without("digit").arrays) / 16, data["digit"].astype(np.int64)


def mnist_path() -> Path | None:
    folders = os.environ.get("PELLUCID_DATA", "").split(os.pathsep)
    return next((path for folder in folders if folder and (path := Path(folder, "mnist.npz")).exists()), None)


def drawn(work: Training) -> tuple[np.ndarray, np.ndarray]:
    """Numbers from -1 to 1, and the largest of some random sums of them as the class: something that can be learnt."""
    generator = np.random.default_rng(0)
    X = 2 * generator.random((work.rows, work.sizes[0]), dtype=np.float32) - 1
    directions = generator.standard_normal((work.sizes[0], work.sizes[-1]), dtype=np.float32)
    return X, (X @ directions).argmax(axis=1)


def initial_weights(work: Training) -> list[np.ndarray]:
    """The tutorial's own draws for kind "sigmoid"; else normal with variance 2 / n_in, and biases of zero."""
    shapes = list(zip(work.sizes, work.sizes[1:], strict=False))
    if work.kind == "sigmoid":
        legacy = np.random.RandomState(1)
        return [2 * legacy.random_sample(shape) - 1 for shape in shapes]
    generator = np.random.default_rng(1)
    pairs = [(generator.standard_normal(shape) * np.sqrt(2 / shape[0]), np.zeros(shape[1])) for shape in shapes]
    return [array.astype(work.dtype) for pair in pairs for array in pair]


def loss(work: Training, given: Given, weights: Sequence[Any]) -> float:
    """The loss of a network with these weights over all rows, in float64: one measure for what every peer learnt."""
    arrays = [np.asarray(array, np.float64) for array in weights]
    x = given.X.astype(np.float64)
    if work.kind == "sigmoid":
        for W in arrays:
            x = 1 / (1 + np.exp(-(x @ W)))
        return float(0.5 * ((x - given.y) ** 2).sum())
    for W, b in zip(arrays[:-2:2], arrays[1:-2:2], strict=True):
        x = np.maximum(x @ W + b, 0)
    z = x @ arrays[-2] + arrays[-1]
    z -= z.max(axis=1, keepdims=True)
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), given.y]).mean())


def row(work: Row) -> dict[str, list[Any]]:
    """A row and the weights [W1, b1, ...] of its network as lists, for workers that may have no NumPy."""
    draw = random.Random(0)
    weights: list[Any] = []
    for n_in, n_out in zip(work.sizes, work.sizes[1:], strict=False):
        weights.append([[draw.gauss(0, n_in**-0.5) for _ in range(n_out)] for _ in range(n_in)])
        weights.append([draw.gauss(0, 0.1) for _ in range(n_out)])
    return {"x": [draw.gauss(0, 1) for _ in range(work.sizes[0])], "weights": weights}
