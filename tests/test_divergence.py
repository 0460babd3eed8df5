"""Divergence: training stops, names where and why, and the network keeps its last finite state."""

import numpy as np
import pytest

from pellucid import Activation, Dense, DivergenceError, Loss, Network, losses

RNG = np.random.default_rng(1)
X = RNG.normal(size=(40, 2))
Y = X[:, :1] - 2 * X[:, 1:]


def diverge(net: Network, x=X, y=Y, **options) -> DivergenceError:
    options = {"optimizer": "sgd(learning_rate=10)", "loss": "squared_error", "epochs": 5000, **options}
    with pytest.raises(DivergenceError) as caught:
        net.fit(x, y, **options)
    return caught.value


@pytest.mark.parametrize("batch_size", [None, 8])
def test_a_high_rate_is_named_with_its_evidence(batch_size):
    net = Network(2, Dense(3, "relu"), Dense(1), seed=0)
    error = diverge(net, batch_size=batch_size)
    assert "learning rate 10 is too high" in error.cause
    assert "the largest parameter went from" in error.cause
    assert error.instead == "learning_rate=1, or clip=1.0"
    assert error.layer in ("dense_1", "dense_2")
    assert error.epoch == net.history.epochs
    assert str(error).startswith(f"fit: training diverged in epoch {error.epoch}")
    assert error.history is net.history
    assert net.history.stopped == "diverged"


@pytest.mark.parametrize("batch_size", [None, 8])
def test_the_network_keeps_its_last_state_with_a_finite_loss(batch_size):
    net = Network(2, Dense(3, "relu"), Dense(1), seed=0)
    diverge(net, batch_size=batch_size)
    assert all(np.isfinite(array).all() for array in net.parameters.values())
    assert np.isfinite(net.trace(X[:8], Y[:8], loss="squared_error").loss.total)
    kept = net.training.epoch
    again = Network(2, Dense(3, "relu"), Dense(1), seed=0)
    again.fit(X, Y, optimizer="sgd(learning_rate=10)", loss="squared_error", epochs=kept, batch_size=batch_size)
    assert again == net


def test_training_can_go_on_with_a_smaller_rate():
    net = Network(2, Dense(1), seed=0)
    diverge(net)
    net.reset().fit(X, Y, optimizer="sgd", learning_rate=0.05, epochs=100)
    assert net.score(X, Y) > 0.99


def test_unscaled_inputs_are_named():
    net = Network(2, Dense(3, "relu"), Dense(1), seed=0)
    error = diverge(net, x=X * 1e6, optimizer="sgd(learning_rate=0.1)")
    assert "the inputs are not scaled (the largest is" in error.cause
    assert "pellucid.fit(X, y)" in error.instead


def test_a_rule_without_a_rate_is_told_to_clip():
    net = Network(2, Dense(1), seed=0)
    error = diverge(net, optimizer="rprop(initial_step=1e308, largest=1e308, smallest=1e300)", epochs=50)
    assert "the steps are too long" in error.cause
    assert error.instead == 'clip=1.0, or optimizer="adam"'


def holed(xp, z):
    """Undefined below -1."""
    return xp.where(z < -1, xp.nan, z)


def one(xp, z, a):
    return xp.ones_like(z)


def test_an_activation_with_a_hole_is_named():
    net = Network(2, Dense(4, Activation(name="holed", forward=holed, slope=one)), Dense(1), seed=0)
    error = diverge(net, optimizer="sgd(learning_rate=0.01)")
    assert (error.layer, error.quantity) == ("dense_1", "the activation a")
    assert "the activation 'holed' gave a value that is not finite" in error.cause


def no_slope(xp, z, a):
    return xp.full_like(z, xp.nan)


def linear(xp, z):
    return z


def test_a_slope_with_a_hole_is_named():
    net = Network(2, Dense(4, Activation(name="sloped", forward=linear, slope=no_slope)), Dense(1), seed=0)
    error = diverge(net, optimizer="sgd(learning_rate=0.01)")
    assert (error.layer, error.quantity) == ("dense_1", "the error signal dz")
    assert "gave a slope that is not finite" in error.cause
    assert net.history.epochs == 0


def test_targets_out_of_reach_overflow_the_loss():
    net = Network(2, Dense(1), seed=0)
    error = diverge(net, y=Y * 1e200, optimizer="sgd(learning_rate=0.01)")
    assert (error.layer, error.quantity) == ("dense_1", "the loss")
    assert "the targets are not scaled (the largest is" in error.cause
    assert error.instead.startswith("scale y first")


def bad_loss_slope(xp, a, y):
    return xp.full_like(a, xp.inf)


def test_a_loss_of_ones_own_is_located():
    wrong = Loss(name="wrong", forward=losses.squared_error.forward, slope=bad_loss_slope, target="numbers")
    net = Network(2, Dense(1), seed=0)
    error = diverge(net, loss=wrong)
    assert (error.layer, error.quantity) == ("dense_1", "the error signal dz")


def test_no_numpy_warning_escapes():
    net = Network(2, Dense(8, "elu"), Dense(8, "softplus"), Dense(1), seed=0)
    with np.errstate(all="warn"):
        diverge(net, optimizer="sgd(learning_rate=1e30)")


def test_an_optimizers_memory_that_overflows_is_found():
    net = Network(2, Dense(1), seed=0)
    error = diverge(net, x=X * 1e200, loss="huber", optimizer="adam", epochs=20)
    assert "what adam remembers (mean_square of W)" in error.quantity
    assert "the inputs are not scaled" in error.cause
