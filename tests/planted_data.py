"""What the planted faults and the healthy networks are made of: recipes and small data sets.

A fault is planted as people plant it: by what they type when they set a network up or train it, or by the data they
have. Every case is a recipe that takes a seed (for the data, the starting weights, the order of the rows); `cause` is
the kind of finding that should come first.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pellucid import Network
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


def trained(net: Network, X, y, **options) -> Case:
    """Train; where training diverges the user is left with what there was before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        with contextlib.suppress(DivergenceError):
            net.fit(X, y, **options)
    return net, X, y


def first_that_gets_stuck(seeds, train) -> Case:
    """The first of these seeds with which a network trained on XOR gets an answer wrong at its end."""
    for seed in seeds:
        net, X, y = train(seed)
        if np.abs(net.predict(X)[:, 0] - y).max() > 0.4:
            return net, X, y
    raise AssertionError("none got stuck")


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


def checkers(seed, n=200):
    X = np.random.default_rng(seed).uniform(-1.5, 1.5, (n, 2))
    return X, (np.floor(X).sum(axis=1) % 2).astype(int)


def friedman(seed, n=200):
    """Friedman's first benchmark (1991), inputs and targets scaled."""
    random = np.random.default_rng(seed)
    X = random.uniform(0, 1, (n, 5))
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2 + 10 * X[:, 3] + 5 * X[:, 4]
    return (X - 0.5) / 0.29, (y - y.mean()) / y.std() + 0.2 * random.normal(size=n)


def ten_classes(seed, n=300):
    random = np.random.default_rng(seed)
    y = np.arange(n) % 10
    return random.normal(size=(10, 30))[y] + 0.8 * random.normal(size=(n, 30)), y
