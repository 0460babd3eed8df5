"""The matrix products of a training step alone, by OpenBLAS and by pellucid's kernel: the machine's sgemm rate.

The better of the two, on the same threads and in the same rounds, is what a step could take if all else were free.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pellucid import Dense, Network

from .given import Given
from .tasks import Task
from .works import Training


def shapes(work: Training) -> list[tuple[int, int, int]]:
    """(m, k, n) of each product (m, k) @ (k, n): x W and xᵀ dz for each layer, dz Wᵀ for all but the first."""
    found = []
    for layer, (n_in, n_out) in enumerate(zip(work.sizes, work.sizes[1:], strict=False)):
        found += [(work.batch, n_in, n_out), (n_in, work.batch, n_out)]
        if layer:
            found.append((work.batch, n_out, n_in))
    return found


def factors(shape: tuple[int, int, int], dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    m, k, n = shape
    generator = np.random.default_rng(0)
    a, b = generator.standard_normal((m, k)), generator.standard_normal((k, n))
    return a.astype(dtype), b.astype(dtype), np.empty((m, n), dtype)


def by_numpy(work: Training, given: Given, threads: int) -> Task:
    return repeated(work, [numpy_product(*factors(shape, work.dtype)) for shape in shapes(work)])


def numpy_product(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    return lambda: np.matmul(a, b, out=c)


def by_pellucid(work: Training, given: Given, threads: int) -> Task:
    return repeated(work, [pellucid_product(*factors(shape, work.dtype)) for shape in shapes(work)])


def pellucid_product(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable[[], object]:
    """A layer without bias or activation is the product a @ W."""
    layer = Dense(b.shape[1], "linear", bias=False, weights=b)
    fast = Network(b.shape[0], layer, dtype=a.dtype.name, seed=0).compile()
    return lambda: fast(a, out=c)


def repeated(work: Training, products: list[Callable[[], object]]) -> Task:
    """Each step's products, as many times as there are steps."""

    def train(_: None) -> None:
        for _ in range(work.steps):
            for product in products:
                product()

    return Task(lambda: None, train, None)


TASKS = {("products_numpy", "softmax"): by_numpy, ("products_pellucid", "softmax"): by_pellucid}
