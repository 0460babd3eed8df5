"""Layer rules and whole passes on jax.numpy, under jit in 64 bits: equal to NumPy, gradients equal to jax.grad's."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

from pellucid import Dense, Dropout, Network, activations, losses, optimizers  # noqa: E402
from pellucid.maths import passes  # noqa: E402
from pellucid.maths.losses import default_loss  # noqa: E402

pytestmark = [pytest.mark.peers, pytest.mark.usefixtures("jax_in_64_bits")]

RANDOM = np.random.default_rng(4)
X = RANDOM.standard_normal((7, 3))
SMOOTH = [name for name, a in activations.items() if not a.kink_points()]


def targets(loss, n_out: int) -> np.ndarray:
    chosen = np.eye(n_out)[np.arange(len(X)) % n_out] if n_out > 1 else (np.arange(len(X)) % 2.0)[:, None]
    return 2 * chosen - 1 if loss.target == "signs" else chosen


def total(xp, net, parameters, loss, y, noise):
    went = passes.forward(xp, net.layers, parameters, X, noise)
    last = went[-1]
    each = passes.sample_losses(xp, loss, net.layers[-1].activation, last.z, last.a, y)
    share = passes.shares(xp, len(X), None, "mean")
    return passes.total_loss(xp, each, share) + passes.penalties(xp, net.layers, parameters)


@pytest.mark.parametrize("name", SMOOTH)
def test_a_whole_backward_pass_is_the_gradient(name):
    net = Network(3, Dense(4, name, l2=0.1), Dropout(0.4), Dense(4, "tanh", l1=0.01), Dense(3, name), seed=2)
    loss = default_loss(net.layers[-1].activation)
    y, noise = targets(loss, 3), [None, RANDOM.random((7, 4)), None, None]
    parameters = net.parameters.by_layer
    theirs = jax.jit(jax.grad(lambda p: total(jnp, net, p, loss, y, noise)))(parameters)

    went = passes.forward(np, net.layers, parameters, X, noise)
    back = passes.backward(np, net.layers, parameters, went, loss, y, passes.shares(np, len(X), None, "mean"))
    ours = passes.full_gradients(np, net.layers, parameters, back)
    for mine, other in zip(ours, theirs, strict=True):
        for key in mine:
            np.testing.assert_allclose(mine[key], other[key], rtol=0, atol=1e-12 * max(1, np.abs(mine[key]).max()))


@pytest.mark.parametrize("name", optimizers)
def test_a_whole_step_under_jit_equals_numpy(name):
    net = Network(3, Dense(4, "tanh", l2=0.1, max_norm=0.9), Dense(1, "sigmoid"), seed=2)
    loss, optimizer = losses.binary_cross_entropy, optimizers[name]
    y, share = targets(loss, 1), passes.shares(np, len(X), None, "mean")

    def step(xp, parameters):
        went = passes.forward(xp, net.layers, parameters, X)
        back = passes.backward(xp, net.layers, parameters, went, loss, y, share)
        gradients = passes.full_gradients(xp, net.layers, parameters, back, clip=0.1)
        slots = passes.start_slots(xp, optimizer, parameters)
        return passes.update(xp, net.layers, parameters, gradients, optimizer, slots, 1, None).parameters

    ours = step(np, net.parameters.by_layer)
    theirs = jax.jit(lambda p: step(jnp, p))(net.parameters.by_layer)
    for mine, other in zip(ours, theirs, strict=True):
        for key in mine:
            np.testing.assert_allclose(mine[key], other[key], rtol=1e-12, atol=1e-12)


def test_the_input_gradient_of_each_rule_is_jaxs():
    noise = RANDOM.random((7, 3))
    for layer in (Dense(2), Dense(2, bias=False), Dropout(0.3)):
        net = Network(3, layer, seed=1)
        rule, p = layer.rule, net.parameters.by_layer[0]
        dz = RANDOM.standard_normal((7, layer.width(3)))
        theirs = jax.grad(lambda x, rule=rule, p=p, dz=dz: jnp.sum(rule.run(jnp, x, p, noise) * dz))(X)
        np.testing.assert_allclose(rule.input_gradient(np, X, p, noise, dz, **rule.options), theirs, atol=1e-12)


def test_layers_that_see_all_with_masks_and_units_of_their_own():
    mask = RANDOM.random((7, 3)) < 0.6
    net = Network(
        3,
        Dense(4, ["tanh", "sine", "tanh", "gaussian"], steepness=[0.5, 1.0, 2.0, 1.5], l2=0.1),
        Dense(3, "elliot", sees="all", mask=mask, l1=0.01),
        Dense(1, sees="all"),
        seed=2,
    )
    loss, parameters = losses.squared_error, net.parameters.by_layer
    y = RANDOM.standard_normal((7, 1))
    theirs = jax.jit(jax.grad(lambda p: total(jnp, net, p, loss, y, None)))(parameters)
    went = passes.forward(np, net.layers, parameters, X)
    back = passes.backward(np, net.layers, parameters, went, loss, y, passes.shares(np, len(X), None, "mean"))
    ours = passes.full_gradients(np, net.layers, parameters, back)
    for mine, other in zip(ours, theirs, strict=True):
        for key in mine:
            np.testing.assert_allclose(mine[key], other[key], rtol=0, atol=1e-12)
    on_jax = jax.jit(lambda x: passes.output(jnp, net.layers, parameters, x))(X)
    np.testing.assert_allclose(on_jax, net.predict(X), rtol=0, atol=1e-14)
