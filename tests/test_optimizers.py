"""The optimizers against their published rules, step by step, written again here on plain Python numbers."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Dense, Network
from pellucid.errors import InputError, UnknownNameError
from pellucid.maths.optimizers import optimizers
from pellucid.maths.record import Record

GRADIENT = st.one_of(st.just(0.0), st.floats(-100, 100).filter(lambda x: abs(x) > 1e-6))
GRADIENTS = st.lists(GRADIENT, min_size=1, max_size=12)
WEIGHT = st.floats(-10, 10)


def sign(x):
    return (x > 0) - (x < 0)


def run(spec, w, gradients):
    """The weight after each update, by the library, on an array of one element."""
    optimizer = optimizers.resolve(spec)
    w = np.array([w])
    slots, path = optimizer.start(np, w), []
    for t, g in enumerate(gradients, start=1):
        values = optimizer.step(np, w, np.array([g]), slots, t)
        w, slots = values["w"], {name: values[name] for name, _ in optimizer.slots}
        path.append(float(w[0]))
    return path


def close(path, expected):
    assert path == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(WEIGHT, GRADIENTS)
def test_sgd_is_torchs_momentum(w, gradients):
    expected, velocity, x = [], None, w
    for g in gradients:
        velocity = g if velocity is None else 0.9 * velocity + g
        x -= 0.05 * velocity
        expected.append(x)
    close(run("sgd(learning_rate=0.05, momentum=0.9)", w, gradients), expected)
    plain = [w - 0.1 * sum(gradients[: i + 1]) for i in range(len(gradients))]
    close(run("sgd", w, gradients), plain)


@given(WEIGHT, GRADIENTS)
def test_sgd_with_a_constant_rate_is_polyaks_momentum(w, gradients):
    expected, velocity, x = [], 0.0, w
    for g in gradients:
        velocity = 0.9 * velocity - 0.05 * g
        x += velocity
        expected.append(x)
    close(run("sgd(learning_rate=0.05, momentum=0.9)", w, gradients), expected)


def test_nesterov_is_sutskevers_look_ahead():
    """Sutskever's eq. 3-4 on a parabola; our weights are his looked-ahead ones, theta + mu v."""

    def slope(x):
        return 3.0 * (x - 2.0)

    rate, mu = 0.02, 0.8
    theta, v, expected = 5.0, 0.0, []
    for _ in range(15):
        v = mu * v - rate * slope(theta + mu * v)
        theta += v
        expected.append(theta + mu * v)
    optimizer = optimizers.sgd(learning_rate=rate, momentum=mu, nesterov=True)
    w, path = np.array([5.0]), []
    slots = optimizer.start(np, w)
    for t in range(1, 16):
        values = optimizer.step(np, w, slope(w), slots, t)
        w, slots = values["w"], values
        path.append(float(w[0]))
    close(path, expected)


@given(WEIGHT, GRADIENTS, st.sampled_from([0.0, 0.7]))
def test_rmsprop(w, gradients, momentum):
    expected, square, velocity = [], 0.0, 0.0
    x = w
    for g in gradients:
        square = 0.9 * square + 0.1 * g**2
        velocity = momentum * velocity + g / (math.sqrt(square) + 1e-8)
        x -= 0.01 * velocity
        expected.append(x)
    close(run(f"rmsprop(alpha=0.9, momentum={momentum})", w, gradients), expected)


@given(WEIGHT, GRADIENTS)
def test_adagrad(w, gradients):
    expected, x = [], w
    for i, g in enumerate(gradients):
        x -= 0.01 * g / (math.sqrt(math.fsum(h * h for h in gradients[: i + 1])) + 1e-10)
        expected.append(x)
    close(run("adagrad", w, gradients), expected)


def kingma_ba(gradients, rate):
    """Algorithm 1 with the moments as the sums they stand for: the change of each update."""
    for t in range(1, len(gradients) + 1):
        m = math.fsum(0.1 * 0.9 ** (t - i) * gradients[i - 1] for i in range(1, t + 1)) / (1 - 0.9**t)
        v = math.fsum(0.001 * 0.999 ** (t - i) * gradients[i - 1] ** 2 for i in range(1, t + 1)) / (1 - 0.999**t)
        yield -rate * m / (math.sqrt(v) + 1e-8)


@given(WEIGHT, GRADIENTS)
def test_adam(w, gradients):
    expected, x = [], w
    for change in kingma_ba(gradients, 0.01):
        x += change
        expected.append(x)
    path = run("adam(learning_rate=0.01)", w, gradients)
    assert path == pytest.approx(expected, rel=1e-9, abs=1e-9)  # the sums cancel less well than the running means


@given(WEIGHT, GRADIENTS)
def test_adamw(w, gradients):
    expected, x = [], w
    for change in kingma_ba(gradients, 0.01):
        x = x - 0.01 * 0.1 * x + change
        expected.append(x)
    path = run("adamw(learning_rate=0.01, weight_decay=0.1)", w, gradients)
    assert path == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(WEIGHT, GRADIENTS)
def test_rprop_is_irprop_minus(w, gradients):
    expected, x, step, previous = [], w, 0.3, 0.0
    for g in gradients:
        if g * previous > 0:
            step = min(step * 1.2, 0.5)
        elif g * previous < 0:
            step = max(step * 0.5, 0.1)
            g = 0.0
        x -= sign(g) * step
        previous = g
        expected.append(x)
    close(run("rprop(initial_step=0.3, smallest=0.1, largest=0.5)", w, gradients), expected)


@given(WEIGHT, GRADIENTS, st.sampled_from([0.0, 0.01]))
def test_quickprop_follows_fahlmans_rules(w, gradients, decay):
    """In the paper's words: quadratic jump, growth limit, plain step unless the slope changed its sign."""
    expected, x, p, d = [], w, 0.0, 0.0
    for g in gradients:
        s = g + decay * x
        if s * p > 0:
            infinite_or_uphill = abs(s) >= abs(p)
            jump = 1.75 * d if infinite_or_uphill or s / (p - s) >= 1.75 * (1 - 1e-14) else s / (p - s) * d
        else:
            jump = 0.0 if s == p else s / (p - s) * d
        plain = 0.0 if s * p < 0 else -0.1 * s
        p, d = s, jump + plain
        x += d
        expected.append(x)
    path = run(f"quickprop(weight_decay={decay})", w, gradients)
    assert path == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_quickprop_jumps_to_the_bottom_of_a_parabola():
    optimizer = optimizers.quickprop(learning_rate=0.1)
    w = np.array([4.0])
    slots = optimizer.start(np, w)
    values = optimizer.step(np, w, w - 1.0, slots, 1)  # E = (w - 1)^2 / 2; the plain step 4 -> 3.7
    values = optimizer.step(np, values["w"], values["w"] - 1.0, values, 2)
    assert values["jump"][0] == pytest.approx(1.75 * -0.3)  # slope 2.7 after 3: the jump 9 would be too large
    wide = optimizers.quickprop(learning_rate=0.1, growth=20.0)
    values = wide.step(np, w, w - 1.0, slots, 1)
    values = wide.step(np, values["w"], values["w"] - 1.0, values, 2)
    assert values["w"][0] - values["plain"][0] == pytest.approx(1.0)


@given(WEIGHT, GRADIENTS, st.floats(0, 4), st.integers(0, 2**32))
def test_sarprop_is_rprop_with_a_decay_and_noise_that_fade(w, gradients, loss, seed):
    draws = np.random.default_rng(seed).random(len(gradients)).tolist()
    optimizer = optimizers.sarprop(initial_step=0.3, smallest=0.01, largest=0.5, temperature=0.1, threshold=0.2)
    held, path, expected = np.array([w]), [], []
    slots = optimizer.start(np, held)
    x, step, previous = w, 0.3, 0.0
    for t, (g, u) in enumerate(zip(gradients, draws, strict=True), start=1):
        slots = optimizer.step(np, held, np.array([g]), slots, t, loss=loss, noise=np.array([u]))
        held = slots["w"]
        path.append(float(held[0]))
        fading = 2 ** (-0.1 * (t - 1))
        h = g + 0.01 * fading * x
        if h * previous > 0:
            step = min(step * 1.2, 0.5)
        elif h * previous < 0:
            kick = 2.6 * fading * math.sqrt(loss) * u if step < 0.2 * loss else 0.0
            step = min(max(step * 0.5 + kick, 0.01), 0.5)
            h = 0.0
        x -= sign(h) * step
        previous = h
        expected.append(x)
    close(path, expected)


def test_sarprop_without_heat_is_rprop():
    gradients = [1.0, 0.5, -0.2, -0.3, 0.0, 0.4]
    assert run("sarprop(weight_decay=0)", 0.7, gradients) == run("rprop", 0.7, gradients)


def test_sarprop_trains_a_network_and_goes_on_where_it_stopped():
    X = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
    y = np.array([-1.0, 1, 1, -1])
    nets = [Network([2, 3, 1], activation="tanh", seed=1) for _ in range(2)]
    nets[0].fit(X, y, optimizer="sarprop", epochs=300, batch_size=None)
    assert nets[0].history.loss[-1] < 1e-3
    for _ in range(3):
        nets[1].fit(X, y, optimizer="sarprop", epochs=100, batch_size=None)
    assert nets[0] == nets[1]


def test_sarprop_draws_other_noise_for_another_seed():
    X, y = np.array([[-1.0], [0.0], [1.0]]), np.array([1.0, 0.0, 1.0])
    hot = optimizers.sarprop(threshold=1e6)
    weights = [[1.0, -2.0]], [[0.5], [0.25]]
    nets = [Network(1, *(Dense(len(w[0]), "tanh", weights=w) for w in weights), seed=seed) for seed in (1, 1, 2)]
    for net in nets:
        net.fit(X, y, optimizer=hot, epochs=20, batch_size=None)
    assert nets[0] == nets[1]
    assert nets[0] != nets[2]


@pytest.mark.parametrize("name", optimizers)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_shape_dtype_and_purity(name, dtype):
    optimizer = optimizers[name]
    w, g = np.ones((2, 3), dtype=dtype), np.array([[1, 0, -1], [2, -2, 0.5]], dtype=dtype)
    slots = optimizer.start(np, w)
    assert [n for n, _ in optimizer.slots] == list(slots)
    for t in range(1, 5):
        before = {"w": w.copy(), "g": g.copy(), **{n: s.copy() for n, s in slots.items()}}
        rate = np.float64(0.01) if optimizer.has_learning_rate else None
        values = optimizer.step(np, w, g, slots, np.int64(t), rate)
        for value in values.values():
            assert value.shape == (2, 3)
            assert value.dtype == dtype
        now = {"w": w, "g": g, **slots}
        assert all(np.array_equal(now[n], before[n]) for n in before)
        w, g, slots = values["w"], -g, {n: values[n] for n, _ in optimizer.slots}


@pytest.mark.parametrize("name", optimizers)
def test_lines_name_the_returned_values_in_order(name):
    optimizer = optimizers[name]
    w = np.ones(2)
    values = optimizer.step(np, w, w, optimizer.start(np, w), 1)
    shown = [n for n, _, _ in optimizer.shown(values)]
    assert shown == [n for n in values if n in shown]
    missing = set(values) - set(shown)
    assert missing == ({"previous_slope", "previous_change"} if name == "quickprop" else set())
    assert list(values)[-2:] == ["change", "w"]
    assert np.array_equal(values["w"], w + values["change"])
    assert all(formula and formula.count("{") == formula.count("}") for _, formula in optimizer.lines)


def test_nesterov_shows_its_own_line():
    for nesterov, name in [(False, "direction"), (True, "nesterov_direction")]:
        optimizer = optimizers.sgd(momentum=0.5, nesterov=nesterov)
        w = np.ones(1)
        values = optimizer.step(np, w, w, optimizer.start(np, w), 1)
        assert [n for n, _, _ in optimizer.shown(values)] == ["velocity", name, "change", "w"]


@pytest.mark.parametrize("name", optimizers)
def test_no_gradient_no_movement(name):
    optimizer = optimizers[name](weight_decay=0.0) if name in ("adamw", "sarprop") else optimizers[name]
    w = np.array([1.5, -2.0, 0.0])
    slots = optimizer.start(np, w)
    for t in range(1, 4):
        values = optimizer.step(np, w, np.zeros(3), slots, t)
        assert np.array_equal(values["w"], w)
        slots = values


@pytest.mark.parametrize("name", optimizers)
def test_a_parabola_is_descended(name):
    optimizer = optimizers[name](learning_rate=0.05) if optimizers[name].has_learning_rate else optimizers[name]
    w = np.array([3.0, -4.0])
    slots = optimizer.start(np, w)
    for t in range(1, 1001):
        values = optimizer.step(np, w, w, slots, t)
        w, slots = values["w"], values
    assert np.all(abs(w) < (2.0 if name == "adagrad" else 0.06))


@pytest.mark.parametrize("name", optimizers)
def test_tiny_and_late_steps_are_silent(name):
    optimizer = optimizers[name]
    w = np.array([1.0, 1.0, 1.0])
    slots = optimizer.start(np, w)
    for t in (1, 2, 10**7):
        values = optimizer.step(np, w, np.array([5e-324, -1e-200, 1e100]), slots, t)
        assert all(np.all(np.isfinite(value)) for value in values.values())
        w, slots = values["w"], values


def test_the_schedules_rate_takes_the_records_place():
    w = np.array([1.0])
    for name in optimizers:
        optimizer = optimizers[name]
        slots = optimizer.start(np, w)
        scheduled = optimizer.step(np, w, w, slots, 1, 0.25)
        own = optimizer(learning_rate=0.25) if optimizer.has_learning_rate else optimizer
        assert scheduled["w"] == own.step(np, w, w, slots, 1)["w"]
    assert not optimizers.rprop.has_learning_rate


def test_records_and_their_errors():
    for name in optimizers:
        assert pickle.loads(pickle.dumps(optimizers[name])) == optimizers[name]
        assert isinstance(optimizers[name], Record)
    assert repr(optimizers.sgd(momentum=0.9)) == "sgd(momentum=0.9)"
    assert optimizers.rprop(initial_step=0.5).start(np, np.ones(2))["step_size"].tolist() == [0.5, 0.5]
    with pytest.raises(InputError, match="momentum=1.0") as error:
        optimizers.sgd(momentum=1.0)
    assert error.value.expected == "at least 0 and below 1"
    with pytest.raises(InputError, match="rprop was given learning_rate=0.1"):
        optimizers.rprop(learning_rate=0.1)
    with pytest.raises(UnknownNameError) as unknown:
        optimizers["adamm"]
    assert unknown.value.instead == "'adam'"
