"""Every activation in the table: its slope, its range, its extremes, its dtype, its copies."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.errors import InputError
from pellucid.maths.activations import Activation, activations
from pellucid.maths.record import Parameter

VARIANTS = [
    *activations.values(),
    activations.leaky_relu(alpha=0.0),
    activations.leaky_relu(alpha=0.3),
    activations.leaky_relu(alpha=1.0),
    activations.elu(alpha=0.0),
    activations.elu(alpha=2.5),
    activations.by_unit(units="tanh", steepness=-0.5),
]
ELEMENTWISE = [a for a in VARIANTS if a.slope is not None]
OTHERS = [a for a in VARIANTS if a.slope is None]
DTYPES = [np.float32, np.float64]

KNOWN = {  # at z = 1, with 12 digits, from the definitions
    "linear": 1.0,
    "sigmoid": 0.731058578630,
    "tanh": 0.761594155956,
    "relu": 1.0,
    "leaky_relu": 1.0,
    "elu": 1.0,
    "gelu": 0.841344746069,
    "gelu_tanh": 0.841191990608,
    "silu": 0.731058578630,
    "softplus": 1.313261687518,
    "softsign": 0.5,
    "softmax": 1.0,
    "hard_sigmoid": 2 / 3,
    "threshold": 1.0,
    "threshold_symmetric": 1.0,
    "gaussian": 0.367879441171,
    "gaussian_symmetric": -0.264241117657,
    "elliot": 0.75,
    "linear_piece": 1.0,
    "linear_piece_symmetric": 1.0,
    "sine": 0.841470984808,
    "cosine": 0.540302305868,
    "sine_positive": 0.920735492404,
    "cosine_positive": 0.770151152934,
    "sigmoid_stepwise": 0.847667651077,
    "tanh_stepwise": 0.695335302154,
    "by_unit": 1.0,
}
KNOWN_BELOW = {  # at z = -1
    "linear": -1.0,
    "sigmoid": 0.268941421370,
    "tanh": -0.761594155956,
    "relu": 0.0,
    "leaky_relu": -0.01,
    "elu": -0.632120558829,
    "gelu": -0.158655253931,
    "gelu_tanh": -0.158808009392,
    "silu": -0.268941421370,
    "softplus": 0.313261687518,
    "softsign": -0.5,
    "softmax": 1.0,
    "hard_sigmoid": 1 / 3,
    "threshold": 0.0,
    "threshold_symmetric": -1.0,
    "gaussian": 0.367879441171,
    "gaussian_symmetric": -0.264241117657,
    "elliot": 0.25,
    "linear_piece": 0.0,
    "linear_piece_symmetric": -1.0,
    "sine": -0.841470984808,
    "cosine": 0.540302305868,
    "sine_positive": 0.079264507596,
    "cosine_positive": 0.770151152934,
    "sigmoid_stepwise": 0.152332356081,
    "tanh_stepwise": -0.695335302154,
    "by_unit": -1.0,
}


def test_the_table_is_complete() -> None:
    assert list(activations) == list(KNOWN) == list(KNOWN_BELOW)


@pytest.mark.parametrize("activation", activations.values(), ids=repr)
def test_known_values(activation: Activation) -> None:
    for z, known in ((1.0, KNOWN), (-1.0, KNOWN_BELOW)):
        assert activation.run(np, np.array([[z]]))[0, 0] == pytest.approx(known[activation.name], abs=1e-12)


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=repr)
@given(z=st.floats(-50, 50))
def test_the_slope_is_that_of_central_differences(activation: Activation, z: float) -> None:
    if any(abs(z - kink) < 1e-3 for kink, _ in activation.kink_points()):
        return
    h = 1e-6
    at = np.array([z - h, z, z + h])
    a = activation.run(np, at)
    rise = (a[2] - a[0]) / (at[2] - at[0])
    # softsign's slope has a corner at 0, which costs as much as h; tests/test_maths_jax.py compares to 1e-12
    assert activation.slope_at(np, at, a)[1] == pytest.approx(rise, rel=1e-6, abs=2 * h)


@pytest.mark.parametrize("activation", [a for a in ELEMENTWISE if a.kink_points()], ids=repr)
def test_kinks_are_where_the_slope_jumps_and_take_the_slope_they_say(activation: Activation) -> None:
    for kink, slope in activation.kink_points():
        z = np.array([kink])
        assert activation.slope_at(np, z, activation.run(np, z))[0] == slope
        step = 1e-6
        at = np.array([kink - 2 * step, kink - step, kink + step, kink + 2 * step])
        a = activation.run(np, at)
        jump = abs((a[1] - a[0]) - (a[3] - a[2])) / step + abs(a[2] - a[1])
        assert jump > 0.03


def test_a_kink_that_an_option_removes_is_not_listed() -> None:
    assert activations.leaky_relu(alpha=0.3).kink_points() == ((0.0, 0.3),)
    assert activations.leaky_relu(alpha=1).kink_points() == ()
    assert activations.elu.kink_points() == ()
    assert activations.elu(alpha=2).kink_points() == ((0.0, 2.0),)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", VARIANTS, ids=repr)
def test_extremes_are_finite_silent_and_keep_the_dtype(activation: Activation, dtype: type) -> None:
    facts = np.finfo(dtype)
    sizes = [
        0,
        facts.smallest_subnormal,
        facts.tiny,
        facts.eps,
        0.65,
        3,
        27,
        40,
        90,
        800,
        1e19,
        facts.max / 2,
        facts.max,
    ]
    z = np.array([[s, -s] for s in sizes], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        a = activation.run(np, z)
        dz = activation.backward(np, z, a, np.ones_like(z))
    for found in (a, dz):
        assert found.dtype == dtype and found.shape == z.shape and np.isfinite(found).all()
    if activation.slope is not None:
        slope = activation.slope_at(np, z, a)
        assert slope.dtype == dtype and np.isfinite(slope).all()


@pytest.mark.parametrize("activation", VARIANTS, ids=repr)
@given(z=arrays(np.float64, (2, 3), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_outputs_stay_within_the_closed_range(activation: Activation, z: np.ndarray) -> None:
    low, high = activation.bounds()
    a = activation.run(np, z)
    assert (a >= low - 1e-16).all() and (a <= high).all()


@pytest.mark.parametrize("activation", VARIANTS, ids=repr)
def test_the_range_is_reached_or_approached(activation: Activation) -> None:
    low, high = activation.bounds()
    side = np.linspace(-50, 50, 200001)
    z = np.stack([side, -side], axis=-1)
    a = activation.run(np, z)
    assert a.min() == pytest.approx(low, abs=0.021) if np.isfinite(low) else a.min() < -0.4
    assert a.max() == pytest.approx(high, abs=0.021) if np.isfinite(high) else a.max() == pytest.approx(50)


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu"])
def test_the_dip_below_zero_is_the_lower_bound(name: str) -> None:
    z = np.linspace(-2, 0, 200001)
    assert activations[name].run(np, z).min() == pytest.approx(activations[name].bounds()[0], abs=1e-10)


@pytest.mark.parametrize("activation", VARIANTS, ids=repr)
def test_what_is_no_number_stays_visible(activation: Activation) -> None:
    a = activation.run(np, np.array([[np.nan, np.nan]]))
    assert np.isnan(a).all() or activation.name.startswith("threshold")


@pytest.mark.parametrize("activation", VARIANTS, ids=repr)
def test_copies_are_equal(activation: Activation) -> None:
    for twin in (pickle.loads(pickle.dumps(activation)), copy.deepcopy(activation)):
        assert twin == activation and hash(twin) == hash(activation) and repr(twin) == repr(activation)
    assert sum(activation == other for other in VARIANTS) == 1


@pytest.mark.parametrize("activation", VARIANTS, ids=repr)
def test_backward_is_the_jacobian_times_the_signal(activation: Activation) -> None:
    random = np.random.default_rng(3)
    z, da = random.normal(size=(2, 4)), random.normal(size=(2, 4))
    a = activation.run(np, z)
    dz = activation.backward(np, z, a, da)
    for row in range(2):
        jacobian = activation.jacobian_at(np, z[row], a[row])
        np.testing.assert_allclose(dz[row], da[row] @ jacobian, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("activation", OTHERS, ids=repr)
def test_a_jacobian_is_that_of_central_differences(activation: Activation) -> None:
    z = np.random.default_rng(4).normal(size=5)
    h = 1e-6
    columns = [(activation.run(np, z + h * e) - activation.run(np, z - h * e)) / (2 * h) for e in np.eye(5)]
    found = activation.jacobian_at(np, z, activation.run(np, z))
    np.testing.assert_allclose(found, np.stack(columns, axis=1), atol=1e-9)
    with pytest.raises(TypeError, match="has a Jacobian, not a slope"):
        activation.slope_at(np, z, z)


@given(arrays(np.float64, (3, 4), elements=st.floats(-1e308, 1e308)))
def test_softmax_gives_probabilities_and_does_not_mind_a_shift(z: np.ndarray) -> None:
    a = activations.softmax.run(np, z)
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-15)
    assert (a.argmax(axis=1) == z.argmax(axis=1)).all() or (np.diff(np.sort(z, axis=1)) < 1e-10).any()
    small = np.clip(z, -100, 100)
    np.testing.assert_allclose(activations.softmax.run(np, small), activations.softmax.run(np, small + 3), rtol=1e-12)


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu", "sigmoid", "softplus"])
def test_small_tails_keep_their_digits(name: str) -> None:
    z = -20.0
    known = {  # from 400-digit arithmetic
        "gelu": -5.5072482372124674e-88,
        "gelu_tanh": -3.3754509563110619e-261,
        "silu": -4.1223072363804072e-8,
        "sigmoid": 2.0611536181902036e-9,
        "softplus": 2.0611536203143807e-9,
    }
    assert activations[name].run(np, np.array([z]))[0] == pytest.approx(known[name], rel=1e-12, abs=0)


@pytest.mark.parametrize("activation", activations.values(), ids=repr)
def test_every_record_says_what_it_is(activation: Activation) -> None:
    assert activation.formula and activation.slope_formula
    straight = activation.name in ("linear", "by_unit")  # by_unit is linear until told otherwise
    assert activation.suited() == (
        "he_uniform" if activation.bounds()[1] == np.inf and not straight else "glorot_uniform"
    )
    assert all(p.meaning for p in activation.parameters)


def test_only_the_thresholds_refuse_to_be_trained_through() -> None:
    assert [a.name for a in activations.values() if a.refused()] == ["threshold", "threshold_symmetric"]
    assert activations.by_unit(units=["tanh", "threshold"]).refused() == f"unit 1: {activations.threshold.refused()}"
    text = activations.threshold.refused()
    assert "its slope is 0 everywhere" in text and "train with sigmoid" in text


@pytest.mark.parametrize(
    ("name", "values", "text"),
    [
        ("leaky_relu", {"alpha": -0.1}, "alpha=-0.1.\n  Expected: at least 0 and at most 1.\n  Instead:  alpha=0.01"),
        ("leaky_relu", {"alpha": 1.5}, "alpha=1.5.\n  Expected: at least 0 and at most 1.\n  Instead:  alpha=0.01"),
        ("elu", {"alpha": -1}, "alpha=-1.\n  Expected: at least 0.\n  Instead:  alpha=1.0"),
    ],
)
def test_bounds_of_the_options(name: str, values: dict[str, float], text: str) -> None:
    with pytest.raises(InputError) as error:
        activations[name](**values)
    assert str(error.value) == text


def bump(xp, z, width):
    return xp.exp(-0.5 * (z / width) ** 2)


def bump_slope(xp, z, a, width):
    return -a * z / width**2


def test_a_users_own_activation_works_like_a_built_in_one() -> None:
    width = Parameter(name="width", default=1.0, low=0.0, open="low", meaning="of the bell")
    mine = Activation(name="bump", forward=bump, slope=bump_slope, formula="...", range=(0.0, 1.0), parameters=(width,))
    assert mine.bounds() == (0.0, 1.0) and mine.kink_points() == ()
    assert activations.resolve(mine) is mine
    wide = activations.resolve("bump(width=2)", custom=[mine])
    assert repr(wide) == "bump(width=2.0)" and pickle.loads(pickle.dumps(wide)) == wide != mine
    z = np.array([1.0])
    assert wide.backward(np, z, wide.run(np, z), np.ones(1))[0] == pytest.approx(-np.exp(-0.125) / 4)
