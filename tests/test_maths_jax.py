"""`jax.numpy` stands in for NumPy: the same values under `jax.jit`; hand-written derivatives against JAX's own.

Run by `make test-peers`; skipped where JAX is absent.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from pellucid.maths.activations import Activation, activations
from pellucid.maths.losses import Loss, losses
from pellucid.maths.special import erf, erfc, log_softmax, log_sum_exp

jax = pytest.importorskip("jax")
jnp = jax.numpy

pytestmark = [pytest.mark.peers, pytest.mark.usefixtures("jax_in_64_bits")]

ACTIVATIONS = [
    *activations.values(),
    activations.leaky_relu(alpha=0.3),
    activations.elu(alpha=2.5),
]
LOSSES = [*losses.values(), losses.huber(delta=0.25)]
ELEMENTWISE = [a for a in ACTIVATIONS if a.slope is not None]
LINKED = [loss for loss in LOSSES if loss.link]
HUGE = float(np.finfo(np.float64).max)


def near(found, true, tolerance: float = 1e-12) -> None:
    """Equal to `tolerance`, relative to the true value or to 1, whichever is larger; both finite."""
    found, true = np.asarray(found), np.asarray(true)
    assert found.shape == true.shape and found.dtype == true.dtype == np.float64
    assert np.isfinite(true).all()
    off = np.abs(found - true) / np.maximum(1, np.abs(true))
    assert off.max() <= tolerance, f"off by {off.max():.3g} at {np.unravel_index(off.argmax(), off.shape)}"


def sums(extremes: bool = True) -> np.ndarray:
    """Sums z, (n, 3): ordinary ones, 0, each side of every change of formula, and very large ones."""
    random = np.random.default_rng(7)
    ordinary = random.normal(scale=3, size=300)
    special = [0.0, -0.0, 0.65, -0.65, 0.91923, -0.91925, 5.5, -5.5, 12.5, -12.5, 39.9, 40.1, -39.9, -40.1, 1e-9, -1e-9]
    large = [100.0, -100.0, 750.0, -750.0, 1e20, -1e20, HUGE / 2, -HUGE / 2] if extremes else [50.0, -50.0]
    numbers = np.concatenate([ordinary, special, large])
    return numbers[: len(numbers) // 3 * 3].reshape(-1, 3)


def batch(loss: Loss) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """z, a and y, (n, 3) each, that suit this loss."""
    random = np.random.default_rng(8)
    z = random.normal(scale=3, size=(100, 3))
    a = activations[loss.link].run(np, z) if loss.link else random.normal(scale=2, size=(100, 3))
    drawn = random.random((100, 3))
    y = {
        "numbers": 4 * drawn - 2,
        "probabilities": np.where(drawn < 0.3, 0, np.where(drawn > 0.7, 1, drawn)),
        "one_hot": drawn / drawn.sum(axis=-1, keepdims=True),
        "signs": np.where(drawn < 0.5, -1.0, 1.0),
        "counts": np.floor(5 * drawn),
    }[loss.target]
    return z, a, y


def derivative(function, *arrays: np.ndarray) -> np.ndarray:
    """d(sum of function)/d(first argument) by `jax.grad`, under `jax.jit`."""
    return jax.jit(jax.grad(lambda *args: jnp.sum(function(*args))))(*arrays)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
def test_an_activation_under_jit_equals_numpy(activation: Activation) -> None:
    z = sums()
    a = activation.run(np, z)
    da = np.random.default_rng(9).normal(size=z.shape)
    near(jax.jit(partial(activation.run, jnp))(z), a)
    near(jax.jit(partial(activation.backward, jnp))(z, a, da), activation.backward(np, z, a, da))
    near(jax.jit(partial(activation.jacobian_at, jnp))(z[0], a[0]), activation.jacobian_at(np, z[0], a[0]))
    if activation.slope is not None:
        near(jax.jit(partial(activation.slope_at, jnp))(z, a), activation.slope_at(np, z, a))


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=repr)
def test_a_slope_is_the_derivative(activation: Activation) -> None:
    z = sums(extremes=False)
    for kink, _ in activation.kink_points():
        z = np.where(np.abs(z - kink) < 1e-12, 0.1, z)
    near(derivative(partial(activation.run, jnp), z), activation.slope_at(np, z, activation.run(np, z)))


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
def test_backward_and_jacobian_are_the_derivatives(activation: Activation) -> None:
    z = np.random.default_rng(10).normal(scale=3, size=(50, 4))
    da = np.random.default_rng(11).normal(size=z.shape)
    a = activation.run(np, z)
    near(derivative(lambda z: activation.run(jnp, z) * da, z), activation.backward(np, z, a, da))
    jacobian = jax.jit(jax.jacobian(partial(activation.run, jnp)))
    for row in range(5):
        near(jacobian(z[row]), activation.jacobian_at(np, z[row], a[row]))


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_a_loss_under_jit_equals_numpy_and_its_slope_is_the_derivative(loss: Loss) -> None:
    _, a, y = batch(loss)
    near(jax.jit(partial(loss.run, jnp))(a, y), loss.run(np, a, y))
    slope = loss.slope_at(np, a, y)
    near(jax.jit(partial(loss.slope_at, jnp))(a, y), slope)
    near(derivative(partial(loss.run, jnp), a, y), slope)


@pytest.mark.parametrize("loss", LINKED, ids=repr)
def test_a_logit_form_under_jit_equals_numpy_and_its_slope_is_the_derivative(loss: Loss) -> None:
    z, _, y = batch(loss)
    z[:8] = [
        [0, 0, 0],
        [50, -50, 0],
        [40, -40, 1],
        [-60, 60, 2],
        [700, 0, -700],
        [1e5, -1e5, 0],
        [-41, -39, 0],
        [1, 1, 1],
    ]
    forward, slope = loss.logit_forward, loss.logit_slope
    near(jax.jit(partial(forward, jnp))(z, y), forward(np, z, y))
    near(jax.jit(partial(slope, jnp))(z, y), slope(np, z, y))
    near(derivative(partial(forward, jnp), z, y), slope(np, z, y))


@pytest.mark.parametrize("loss", LINKED, ids=repr)
def test_a_logit_slope_is_the_losses_slope_through_the_activation(loss: Loss) -> None:
    z, _, y = batch(loss)

    def whole(z, y):
        return loss.run(jnp, activations[loss.link].run(jnp, z), y)

    near(derivative(whole, z, y), loss.logit_slope(np, z, y), tolerance=1e-11)


@pytest.mark.parametrize("function", [erf, erfc, log_sum_exp, log_softmax])
def test_special_functions_under_jit_equal_numpy(function) -> None:
    z = sums()
    near(jax.jit(partial(function, jnp))(z), function(np, z))


@pytest.mark.parametrize(("function", "theirs"), [(erf, "erf"), (erfc, "erfc")])
def test_the_error_functions_derivative(function, theirs: str) -> None:
    z = sums(extremes=False)
    near(jax.jit(partial(function, jnp))(z), getattr(jax.scipy.special, theirs)(z))
    bell = 2 / np.sqrt(np.pi) * np.exp(-z * z)
    near(derivative(partial(function, jnp), z), bell if theirs == "erf" else -bell)
    huge = np.array([1e200, -1e200, np.inf, -np.inf])
    near(derivative(partial(function, jnp), huge), np.zeros(4))
