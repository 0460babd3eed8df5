"""Every loss in the table: its slope, its logit form, its extremes, its copies, and the outputs it goes with."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.errors import InputError
from pellucid.maths.activations import Activation, activations
from pellucid.maths.by_unit import in_words
from pellucid.maths.losses import Loss, check_pair, default_loss, losses
from pellucid.maths.record import Parameter

VARIANTS = [*losses.values(), losses.huber(delta=0.25)]
LINKED = [loss for loss in VARIANTS if loss.link]
DTYPES = [np.float32, np.float64]


def targets(loss: Loss, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Targets of the kind that this loss takes."""
    drawn = random.random(shape)
    return {
        "numbers": 4 * drawn - 2,
        "probabilities": np.where(drawn < 0.2, 0, np.where(drawn > 0.8, 1, drawn)),
        "one_hot": drawn / drawn.sum(axis=-1, keepdims=True),
        "signs": np.where(drawn < 0.5, -1.0, 1.0),
        "counts": np.floor(5 * drawn),
    }[loss.target]


def outputs(loss: Loss, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Outputs inside the open range that this loss is for."""
    if loss.target in ("probabilities", "one_hot"):
        return random.uniform(0.05, 0.95, shape)
    return random.uniform(0.1, 6, shape) if loss.target == "counts" else random.normal(size=shape)


KNOWN = [  # loss, a, y, value from the definition
    (losses.squared_error, [[3.0, 1.0]], [[1.0, 2.0]], 5.0),
    (losses.half_squared_error, [[3.0, 1.0]], [[1.0, 2.0]], 2.5),
    (losses.absolute_error, [[3.0, 1.0]], [[1.0, 2.0]], 3.0),
    (losses.huber, [[3.0, 1.5]], [[1.0, 2.0]], 1.5 + 0.125),
    (losses.huber(delta=2), [[4.0, 1.0]], [[1.0, 2.0]], 4.0 + 0.5),
    (losses.binary_cross_entropy, [[0.8, 0.3]], [[1.0, 0.0]], -math.log(0.8) - math.log(0.7)),
    (losses.binary_cross_entropy, [[0.8]], [[0.25]], -0.25 * math.log(0.8) - 0.75 * math.log(0.2)),
    (losses.cross_entropy, [[0.7, 0.2, 0.1]], [[0.0, 1.0, 0.0]], -math.log(0.2)),
    (losses.cross_entropy, [[0.7, 0.3]], [[0.5, 0.5]], -0.5 * math.log(0.21)),
    (losses.hinge, [[0.5, -2.0, 3.0]], [[1.0, 1.0, 1.0]], 3.5),
    (losses.hinge, [[0.5]], [[-1.0]], 1.5),
    (losses.poisson, [[2.0, 0.5]], [[3.0, 0.0]], 2.5 - 3 * math.log(2)),
]


@pytest.mark.parametrize(("loss", "a", "y", "value"), KNOWN)
def test_known_values(loss: Loss, a: list, y: list, value: float) -> None:
    found = loss.run(np, np.array(a), np.array(y))
    assert found.shape == (1,) and found[0] == pytest.approx(value, rel=1e-14)


def test_every_loss_has_a_known_value() -> None:
    assert {k[0].name for k in KNOWN} == set(losses)


@pytest.mark.parametrize("loss", VARIANTS, ids=repr)
@given(seed=st.integers(0, 10**6))
def test_the_slope_is_that_of_central_differences(loss: Loss, seed: int) -> None:
    random = np.random.default_rng(seed)
    a, y = outputs(loss, random, (3, 4)), targets(loss, random, (3, 4))
    if loss.kinks and min(np.abs(a - y).min(), np.abs(1 - y * a).min()) < 1e-4:
        return
    h = 1e-6
    for k in range(4):
        step = h * np.eye(4)[k]
        rise = (loss.run(np, a + step, y) - loss.run(np, a - step, y)) / (2 * h)
        np.testing.assert_allclose(loss.slope_at(np, a, y)[:, k], rise, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", LINKED, ids=repr)
@given(seed=st.integers(0, 10**6))
def test_the_logit_form_is_the_loss_of_the_activation(loss: Loss, seed: int) -> None:
    random = np.random.default_rng(seed)
    activation = activations[loss.link]
    z, y = random.normal(scale=3, size=(3, 4)), targets(loss, random, (3, 4))
    a = activation.run(np, z)
    np.testing.assert_allclose(loss.logit_forward(np, z, y), loss.run(np, a, y), rtol=1e-11, atol=1e-11)
    through = activation.backward(np, z, a, loss.slope_at(np, a, y))
    np.testing.assert_allclose(loss.logit_slope(np, z, y), through, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LINKED, ids=repr)
def test_logit_forms_are_stable_at_any_size(loss: Loss, dtype: type) -> None:
    most = np.finfo(dtype).max
    sizes = [0.0, 1e-30, 1.0, 30.0, 40.0, 100.0, 800.0, 1e10, most / 4, most / 2]
    z = np.array([[s, -s] for s in sizes] + [[most, 0.0], [0.0, -most]], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        for row in ([1, 0], [0, 1], [0.5, 0.5]):
            y = np.broadcast_to(np.array(row, dtype=dtype), z.shape)
            value, slope = loss.logit_forward(np, z, y), loss.logit_slope(np, z, y)
            assert value.dtype == slope.dtype == dtype
            assert np.isfinite(value).all() and np.isfinite(slope).all()


@pytest.mark.parametrize(
    ("loss", "z", "y", "value"),
    [  # true values to the last digit, where the outputs themselves have rounded to 0 or 1
        (losses.binary_cross_entropy, [40.0], [1.0], math.exp(-40)),
        (losses.binary_cross_entropy, [-40.0], [0.0], math.exp(-40)),
        (losses.binary_cross_entropy, [1000.0], [0.0], 1000.0),
        (losses.binary_cross_entropy, [-1e308], [1.0], 1e308),
        (losses.cross_entropy, [0.0, 40.0], [0.0, 1.0], 0.0),
        (losses.cross_entropy, [0.0, 40.0], [1.0, 0.0], 40.0),
        (losses.cross_entropy, [5000.0, 0.0], [0.0, 1.0], 5000.0),
        (losses.cross_entropy, [1.7e308, -1.7e308], [1.0, 0.0], 0.0),
        (losses.poisson, [-1000.0], [3.0], 3000.0),
        (losses.poisson, [-1000.0], [0.0], 0.0),
        (losses.poisson, [1000.0], [2.0], 1000.0 - 2 * math.log(1000.0)),
    ],
)
def test_logit_forms_keep_their_digits(loss: Loss, z: list, y: list, value: float) -> None:
    assert loss.logit_forward(np, np.array([z]), np.array([y]))[0] == pytest.approx(value, rel=1e-15, abs=0)


@pytest.mark.parametrize("z", [-1000.0, -41.0, -40.0, -39.0])
def test_a_tiny_rate_still_learns(z: float) -> None:
    """Through a softplus that rounds to 0 the slope is -y, not 0."""
    slope = losses.poisson.logit_slope(np, np.array([[z]]), np.array([[3.0]]))
    assert slope[0, 0] == pytest.approx(-3.0, rel=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["binary_cross_entropy", "cross_entropy", "poisson"])
def test_certain_outputs_are_finite_and_silent(name: str, dtype: type) -> None:
    loss = losses[name]
    a = np.array([[0, 1], [1, 0], [0, 0]], dtype=dtype)
    y = np.array([[0, 1], [0, 1], [1, 0]], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        value, slope = loss.run(np, a, y), loss.slope_at(np, a, y)
    assert value.dtype == slope.dtype == dtype and np.isfinite(value).all() and np.isfinite(slope).all()
    assert value[0] == (1.0 if name == "poisson" else 0.0)  # right and certain; 0 ln 0 is 0
    assert (slope[1:] * (1 - 2 * y[1:]))[y[1:] == 1].min() > 0  # wrong ones are pushed towards the truth
    assert value[1] > 80


def test_the_poisson_slope_is_finite_for_large_counts_at_rate_zero() -> None:
    for dtype in DTYPES:
        slope = losses.poisson.slope_at(np, np.zeros((1, 1), dtype), np.full((1, 1), 1e6, dtype))
        assert np.isfinite(slope).all() and (slope < 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", VARIANTS, ids=repr)
def test_shapes_and_dtype_are_kept(loss: Loss, dtype: type) -> None:
    random = np.random.default_rng(5)
    a, y = outputs(loss, random, (3, 4)).astype(dtype), targets(loss, random, (3, 4)).astype(dtype)
    assert loss.run(np, a, y).shape == (3,) and loss.slope_at(np, a, y).shape == (3, 4)
    assert loss.run(np, a, y).dtype == loss.slope_at(np, a, y).dtype == dtype


@pytest.mark.parametrize("loss", VARIANTS, ids=repr)
def test_columns_are_added_up(loss: Loss) -> None:
    random = np.random.default_rng(6)
    a, y = outputs(loss, random, (3, 4)), targets(loss, random, (3, 4))
    alone = sum(loss.run(np, a[:, [k]], y[:, [k]]) for k in range(4))
    np.testing.assert_allclose(loss.run(np, a, y), alone, rtol=1e-14)


@given(arrays(np.float64, 2, elements=st.floats(-1e150, 1e150)), st.floats(1e-3, 1e3))
def test_huber_meets_its_two_cases(numbers: np.ndarray, delta: float) -> None:
    a, y = numbers
    error = abs(a - y)
    true = error * error / 2 if error <= delta else delta * (error - delta / 2)
    found = losses.huber(delta=delta).run(np, np.array([[a]]), np.array([[y]]))[0]
    assert found == pytest.approx(true, rel=1e-14, abs=1e-300)


def test_slopes_taken_at_the_kinks() -> None:
    one = np.ones((1, 1))
    assert losses.absolute_error.slope_at(np, one, one)[0, 0] == losses.absolute_error.kinks[0][1] == 0
    assert losses.hinge.slope_at(np, one, one)[0, 0] == losses.hinge.kinks[0][1] == 0
    assert losses.hinge.slope_at(np, 0.999 * one, one)[0, 0] == -1


@pytest.mark.parametrize("loss", VARIANTS, ids=repr)
def test_copies_are_equal(loss: Loss) -> None:
    for twin in (pickle.loads(pickle.dumps(loss)), copy.deepcopy(loss)):
        assert twin == loss and hash(twin) == hash(loss) and repr(twin) == repr(loss)
    assert sum(loss == other for other in VARIANTS) == 1


@pytest.mark.parametrize("loss", VARIANTS, ids=repr)
def test_every_record_says_what_it_is(loss: Loss) -> None:
    assert loss.formula and loss.slope_formula and all(p.meaning for p in loss.parameters)
    linked = [loss.logit_forward, loss.logit_slope, loss.logit_formula, loss.logit_slope_formula]
    assert all(linked) if loss.link else not any(linked)
    assert loss.classification == (loss.name in ("binary_cross_entropy", "cross_entropy", "hinge"))
    assert not loss.outputs or loss.link in loss.outputs


ANY = set(activations)
GOES_WITH = {
    "squared_error": ANY,
    "half_squared_error": ANY,
    "absolute_error": ANY,
    "huber": ANY,
    "binary_cross_entropy": {"sigmoid"},
    "cross_entropy": {"softmax"},
    "hinge": {"linear", "tanh", "leaky_relu", "elu", "softsign", "by_unit"}
    | {"threshold_symmetric", "gaussian_symmetric", "linear_piece_symmetric", "sine", "cosine", "tanh_stepwise"},
    "poisson": {"softplus", "relu"},
}


def test_a_steepness_of_its_own_is_what_a_loss_from_logits_cannot_take() -> None:
    steep = activations["by_unit"](units=("sigmoid",), steepness=(0.5,))
    with pytest.raises(InputError) as error:
        check_pair(losses["binary_cross_entropy"], steep)
    assert str(error.value) == (
        "the loss binary_cross_entropy after the output activation sigmoid, steepness 0.5.\n"
        "  Expected: an output layer with sigmoid without a steepness of its own, which gives a probability in each "
        "column.\n"
        '  Instead:  Dense(1, "sigmoid"), or loss="squared_error" for sigmoid, steepness 0.5'
    )


@pytest.mark.parametrize("loss", losses.values(), ids=repr)
@pytest.mark.parametrize("activation", activations.values(), ids=repr)
def test_which_output_a_loss_goes_with(loss: Loss, activation: Activation) -> None:
    if activation.name in GOES_WITH[loss.name]:
        check_pair(loss, activation)
        return
    with pytest.raises(InputError) as error:
        check_pair(loss, activation)
    name = in_words(activation) if "units" in activation.options else activation.name
    assert f"the loss {loss.name} after the output activation {name}." in str(error.value)
    assert error.value.instead.startswith("Dense(")


@pytest.mark.parametrize(
    ("loss", "activation", "text"),
    [
        (
            "binary_cross_entropy",
            "tanh",
            "the loss binary_cross_entropy after the output activation tanh.\n"
            "  Expected: an output layer with sigmoid, which gives a probability in each column.\n"
            '  Instead:  Dense(1, "sigmoid")',
        ),
        (
            "binary_cross_entropy",
            "softmax",
            "the loss binary_cross_entropy after the output activation softmax.\n"
            "  Expected: an output layer with sigmoid, which gives a probability in each column.\n"
            '  Instead:  Dense(1, "sigmoid"), or loss="cross_entropy" for softmax',
        ),
        (
            "cross_entropy",
            "sigmoid",
            "the loss cross_entropy after the output activation sigmoid.\n"
            "  Expected: an output layer with softmax, which gives probabilities that sum to 1.\n"
            '  Instead:  Dense(3, "softmax"), with one unit for each class, or loss="binary_cross_entropy" for sigmoid',
        ),
        (
            "hinge",
            "sigmoid",
            "the loss hinge after the output activation sigmoid.\n"
            "  Expected: an output that gives at least every number from -1 to 1; sigmoid gives 0 to 1.\n"
            '  Instead:  Dense(1, "tanh"), or loss="binary_cross_entropy" for sigmoid',
        ),
        (
            "poisson",
            "linear",
            "the loss poisson after the output activation linear.\n"
            "  Expected: an output that gives rates: any number from 0 up, and none below; linear gives -inf to inf.\n"
            '  Instead:  Dense(1, "softplus")',
        ),
    ],
)
def test_the_text_for_a_wrong_pair(loss: str, activation: str, text: str) -> None:
    with pytest.raises(InputError) as error:
        check_pair(losses[loss], activations[activation])
    assert str(error.value) == text


def test_options_decide_about_the_range() -> None:
    check_pair(losses.poisson, activations.leaky_relu(alpha=0))
    with pytest.raises(InputError, match="leaky_relu\\(alpha=0.2\\) gives -inf to inf"):
        check_pair(losses.poisson, activations.leaky_relu(alpha=0.2))
    with pytest.raises(InputError, match="elu\\(alpha=0.5\\) gives -0.5 to inf"):
        check_pair(losses.hinge, activations.elu(alpha=0.5))


def test_default_losses() -> None:
    special = {"softmax": losses.cross_entropy, "sigmoid": losses.binary_cross_entropy}
    for activation in activations.values():
        assert default_loss(activation) == special.get(activation.name, losses.squared_error)
        check_pair(default_loss(activation), activation)


def test_options_are_checked() -> None:
    with pytest.raises(InputError) as error:
        losses.huber(delta=0)
    assert str(error.value) == "delta=0.\n  Expected: above 0.\n  Instead:  delta=1.0"


def cosh_error(xp, a, y, scale):
    return xp.sum(xp.log(xp.cosh(scale * (a - y))), axis=-1)


def cosh_error_slope(xp, a, y, scale):
    return scale * xp.tanh(scale * (a - y))


def test_a_users_own_loss_works_like_a_built_in_one() -> None:
    scale = Parameter(name="scale", default=1.0, low=0.0, open="low", meaning="of the errors")
    mine = Loss(name="cosh_error", forward=cosh_error, slope=cosh_error_slope, parameters=(scale,))
    assert losses.resolve("cosh_error(scale=2)", custom=[mine]) == mine(scale=2.0)
    assert pickle.loads(pickle.dumps(mine)) == mine
    check_pair(mine, activations.tanh)
    picky = Loss(name="picky", forward=cosh_error, slope=cosh_error_slope, outputs=("tanh",), parameters=(scale,))
    with pytest.raises(InputError) as error:
        check_pair(picky, activations.relu)
    assert error.value.instead == 'Dense(1, "tanh")'


def test_an_unknown_kind_of_target_is_refused() -> None:
    with pytest.raises(InputError) as error:
        Loss(name="mine", forward=cosh_error, slope=cosh_error_slope, target="labels")
    expected = "one of numbers, probabilities, one_hot, signs, counts."
    assert str(error.value) == f"mine has target='labels'.\n  Expected: {expected}"
