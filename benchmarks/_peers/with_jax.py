"""JAX: a whole training inside one jitted loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .given import Given
from .tasks import Answer, Task
from .works import Training

RATE, FIRST, SECOND, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def looped(work: Training, epoch: Callable[[Any], Any], start: Callable[[], Any]) -> Task:
    """All epochs in one call; a state begins with its weights."""

    @jax.jit
    def run(state: Any) -> Any:
        return jax.lax.fori_loop(0, work.epochs, lambda _, state: epoch(state), state)

    def train(state: Any) -> Any:
        return jax.block_until_ready(run(state))

    return Task(start, train, lambda state: jax.tree_util.tree_leaves(state[0]))


def tutorial(work: Training, given: Given, threads: int) -> Task:
    jax.config.update("jax_enable_x64", True)
    X, y = jnp.asarray(given.X), jnp.asarray(given.y)

    def loss(weights: list[jax.Array]) -> jax.Array:
        a = X
        for W in weights:
            a = jax.nn.sigmoid(a @ W)
        return 0.5 * jnp.sum((a - y) ** 2)

    def epoch(state: tuple[list[jax.Array]]) -> tuple[list[jax.Array]]:
        (weights,) = state
        return ([W - dW for W, dW in zip(weights, jax.grad(loss)(weights), strict=True)],)

    return looped(work, epoch, lambda: ([jnp.asarray(W) for W in given.weights],))


def tutorial_in_sums(work: Training, given: Given, threads: int) -> Task:
    """A product of such small matrices is faster as a broadcast and a sum: XLA fuses it all into one loop."""
    jax.config.update("jax_enable_x64", True)
    X, y = jnp.asarray(given.X), jnp.asarray(given.y)[:, 0]

    def epoch(state: tuple[list[jax.Array]]) -> tuple[list[jax.Array]]:
        ((W1, W2),) = state
        a1 = jax.nn.sigmoid(sum(X[:, i, None] * W1[i] for i in range(X.shape[1])))
        a2 = jax.nn.sigmoid(jnp.sum(a1 * W2[:, 0], axis=1))
        dz2 = (a2 - y) * a2 * (1 - a2)
        dz1 = dz2[:, None] * W2[:, 0] * a1 * (1 - a1)
        dW1 = jnp.sum(X[:, :, None] * dz1[:, None, :], axis=0)
        return ([W1 - dW1, W2 - jnp.sum(a1 * dz2[:, None], axis=0)[:, None]],)

    return looped(work, epoch, lambda: ([jnp.asarray(W) for W in given.weights],))


def cross_entropy(weights: list[jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
    for W, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = jax.nn.relu(x @ W + b)
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(x @ weights[-2] + weights[-1]), axis=1))


def adam(w: jax.Array, g: jax.Array, m: jax.Array, v: jax.Array, step: jax.Array) -> tuple[jax.Array, ...]:
    m = FIRST * m + (1 - FIRST) * g
    v = SECOND * v + (1 - SECOND) * g * g
    change = (m / (1 - FIRST**step)) / (jnp.sqrt(v / (1 - SECOND**step)) + EPSILON)
    return w - RATE * change, m, v


def softmax(work: Training, given: Given, threads: int) -> Task:
    """Targets as rows of 0 and 1: gathering by class number is slower here."""
    count = given.batches(work.batch)
    X = jnp.asarray(given.X.reshape(count, work.batch, -1))
    Y = jnp.asarray(given.one_hot().reshape(count, work.batch, -1))

    def step(state: tuple[Any, ...], batch: tuple[jax.Array, jax.Array]) -> tuple[tuple[Any, ...], None]:
        weights, means, squares, number = state
        number = number + 1
        gradients = jax.grad(cross_entropy)(weights, *batch)
        moved = [adam(*each, number) for each in zip(weights, gradients, means, squares, strict=True)]
        weights, means, squares = (list(part) for part in zip(*moved, strict=True))
        return (weights, means, squares, number), None

    def start() -> tuple[Any, ...]:
        weights = [jnp.asarray(array) for array in given.weights]
        zeros = [jnp.zeros_like(array) for array in weights]
        return weights, zeros, zeros, jnp.float32(0)

    return looped(work, lambda state: jax.lax.scan(step, state, (X, Y))[0], start)


def one_row(given: dict[str, Any], threads: int) -> Answer:
    pairs = [(jnp.asarray(W), jnp.asarray(b)) for W, b in batched(given["weights"])]

    def output(x: jax.Array) -> jax.Array:
        for W, b in pairs:
            x = jnp.tanh(x @ W + b)
        return x

    x = jnp.asarray(np.array(given["x"], np.float32))
    return Answer("fast(x).block_until_ready()", {"fast": jax.jit(output).lower(x).compile(), "x": x})


def batched(weights: list[Any]) -> list[tuple[np.ndarray, np.ndarray]]:
    arrays = [np.array(array, np.float32) for array in weights]
    return list(zip(arrays[::2], arrays[1::2], strict=True))


TASKS = {
    ("jax", "sigmoid"): tutorial,
    ("jax", "softmax"): softmax,
    ("jax", "row"): one_row,
    ("jax_sums", "sigmoid"): tutorial_in_sums,
}
