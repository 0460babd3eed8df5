"""A whole program with JAX: trains until the accuracy on the test part reaches the target, and prints it.

Each epoch is one jitted scan over its batches. Arguments: FILE.npz TARGET HIDDEN SEED
"""

import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

file, target, hidden, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
data = np.load(file)
X, y, X_test, y_test = (jnp.asarray(data[name]) for name in ("X", "y", "X_test", "y_test"))
classes, batches = int(y.max()) + 1, len(X) // 32
tree = jax.tree_util


def logits(weights, x):
    (W1, b1), (W2, b2) = weights
    return jax.nn.relu(x @ W1 + b1) @ W2 + b2


def loss(weights, x, y):
    return -jnp.mean(jnp.sum(jax.nn.one_hot(y, classes) * jax.nn.log_softmax(logits(weights, x)), axis=1))


def adam(w, m, v, t):
    return w - 0.001 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)


def step(state, rows):
    weights, means, squares, t = state
    gradients = jax.grad(loss)(weights, X[rows], y[rows])
    means = tree.tree_map(lambda m, g: 0.9 * m + 0.1 * g, means, gradients)
    squares = tree.tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, squares, gradients)
    weights = tree.tree_map(lambda w, m, v: adam(w, m, v, t + 1), weights, means, squares)
    return (weights, means, squares, t + 1), None


@partial(jax.jit, donate_argnums=0)
def epoch_of(state, key):
    rows = jax.random.permutation(key, len(X))[: 32 * batches].reshape(batches, 32)
    return jax.lax.scan(step, state, rows)[0]


@jax.jit
def accuracy_of(weights):
    return jnp.mean(logits(weights, X_test).argmax(axis=1) == y_test)


keys = jax.random.split(jax.random.key(seed), 203)
sizes = [(X.shape[1], hidden), (hidden, classes)]
weights = [
    (jax.random.normal(key, size) * (2 / size[0]) ** 0.5, jnp.zeros(size[1]))
    for key, size in zip(keys[:2], sizes, strict=True)
]
state = (weights, tree.tree_map(jnp.zeros_like, weights), tree.tree_map(jnp.zeros_like, weights), jnp.float32(0))
for epoch in range(1, 201):
    state = epoch_of(state, keys[epoch + 1])
    accuracy = float(accuracy_of(state[0]))
    if accuracy >= target:
        print(epoch, accuracy)
        break
