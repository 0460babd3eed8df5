"""The gradient checker: right on every layer, activation and loss, and not fooled by a wrong derivative."""

import dataclasses
import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Dense, Dropout, Network
from pellucid.errors import InputError, Notice
from pellucid.maths.activations import activations
from pellucid.maths.layers import LayerRule, layer_rules
from pellucid.maths.losses import check_pair, losses
from pellucid.model.layers import Custom

TRAINABLE = [a.name for a in activations.values() if not a.refusal]


def fits(loss, activation):
    try:
        check_pair(losses[loss], activations[activation])
    except InputError:
        return False
    return True


PAIRS = [(loss, activation) for loss in losses for activation in TRAINABLE if fits(loss, activation)]


def examples(loss, output, n, n_in, n_out, random):
    """Inputs, and targets that the loss takes and the output reaches."""
    X = random.normal(size=(n, n_in))
    target, (low, high) = losses[loss].target, activations[output].bounds()
    if target == "one_hot":
        return X, np.eye(n_out)[random.integers(n_out, size=n)]
    if target == "signs":
        return X, random.choice([-1.0, 1.0], size=(n, n_out))
    if target == "counts":
        return X, random.poisson(2.0, size=(n, n_out)).astype(float)
    if target == "probabilities":
        return X, random.integers(2, size=(n, n_out)).astype(float)
    return X, np.clip(random.normal(size=(n, n_out)), max(low, -5), min(high, 5))


def network(hidden, output, n_in, n_out, seed, random, **penalties):
    """A network with hidden layers of these activations, and biases that are not 0."""
    layers = [Dense(int(random.integers(1, 5)), name, **penalties) for name in hidden]
    net = Network(n_in, *layers, Dense(n_out, output), seed=seed)
    for name in net.parameters:
        net.parameters[name] += 0.1 * random.normal(size=net.parameters[name].shape)
    return net


def failures(check):
    return [c for c in (*check.parameters, *check.formulas) if not c.passed]


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_every_activation_and_loss(loss, output):
    random = np.random.default_rng(3)
    n_out = 3 if output == "softmax" else 2
    for hidden in TRAINABLE:
        net = network([hidden], output, 3, n_out, 5, random)
        X, y = examples(loss, output, 6, 3, n_out, random)
        assert failures(net.check_gradients(X, y, loss=loss)) == [], hidden


@settings(max_examples=60)
@given(
    pair=st.sampled_from(PAIRS),
    hidden=st.lists(st.sampled_from(TRAINABLE), max_size=3),
    sizes=st.tuples(st.integers(1, 8), st.integers(1, 4), st.integers(2, 3)),
    penalties=st.sampled_from([{}, {"l1": 0.01}, {"l2": 0.1}, {"l1": 0.02, "l2": 0.05}]),
    dropout=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_random_architectures(pair, hidden, sizes, penalties, dropout, seed):
    loss, output = pair
    n, n_in, n_out = sizes
    random = np.random.default_rng(seed)
    net = network(hidden, output, n_in, n_out, seed, random, **penalties)
    if dropout:
        net = Network(n_in, Dropout(0.3), *net.layers, seed=seed)
    X, y = examples(loss, output, n, n_in, n_out, random)
    check = net.check_gradients(X, y, loss=loss)
    assert failures(check) == []
    assert check.passed and bool(check) and not check.suspects


def wrong_slope(xp, z, a):
    return a * (1 - a) * 1.001


def wrong_dense_gradients(xp, x, p, noise, dz, bias):
    return {"W": x.T @ dz, "b": xp.mean(dz, axis=0)}


def wrong_dense_input_gradient(xp, x, p, noise, dz, bias):
    return dz @ p["W"].T + 1e-3


def wrong_huber_slope(xp, a, y, delta):
    return xp.clip(a - y, -delta, delta) * 0.5


def wrong_softmax_backward(xp, z, a, da):
    return a * da


def wrong_logit_slope(xp, z, y):
    return activations.sigmoid.run(xp, z) - y + 1e-4


SIGMOID = dataclasses.replace(activations.sigmoid, name="my_sigmoid", slope=wrong_slope)
SOFTMAX = dataclasses.replace(activations.softmax, name="my_softmax", vector_backward=wrong_softmax_backward)
SUMS = dataclasses.replace(layer_rules.dense, name="sums", gradients=wrong_dense_gradients)
CARRIES = dataclasses.replace(layer_rules.dense, name="carries", input_gradient=wrong_dense_input_gradient)
HUBER = dataclasses.replace(losses.huber, name="my_huber", slope=wrong_huber_slope)
ENTROPY = dataclasses.replace(losses.binary_cross_entropy, name="my_entropy", logit_slope=wrong_logit_slope)
X, Y = np.random.default_rng(0).normal(size=(8, 2)), np.random.default_rng(1).normal(size=(8, 1))


@pytest.mark.parametrize(
    ("layers", "loss", "y", "blamed", "where"),
    [
        ([Dense(3, SIGMOID), Dense(1)], None, Y, "activation my_sigmoid: slope", ("dense_1",)),
        ([Dense(3, SOFTMAX), Dense(1)], None, Y, "activation my_softmax: vector_backward", ("dense_1",)),
        ([Dense(3, "tanh"), Custom(SUMS, 1)], None, Y, "layer sums: gradients['b']", ("sums_2",)),
        ([Dense(3, "tanh"), Custom(CARRIES, 1)], None, Y, "layer carries: input_gradient", ("carries_2",)),
        ([Dense(3, "tanh"), Dense(1)], HUBER, Y, "loss my_huber: slope", ("dense_2",)),
        ([Dense(3, "tanh"), Dense(1, "sigmoid")], ENTROPY, Y > 0, "loss my_entropy: logit_slope", ("dense_2",)),
    ],
)
def test_a_wrong_derivative_of_each_kind_of_record_is_found_and_named(layers, loss, y, blamed, where):
    check = Network(2, *layers, seed=1).check_gradients(X, y, loss=loss)
    assert not check.passed and not bool(check)
    assert [(suspect.title, suspect.where) for suspect in check.suspects] == [(blamed, where)]
    assert check.worst.error > check.tolerance
    assert not all(parameter.passed for parameter in check.parameters)
    assert "Gradient check: failed" in str(check) and blamed in " ".join(str(check).split())


def test_right_formulas_that_do_not_fit_together_are_told_from_wrong_ones():
    # A kink that the record does not name is no fault of its formulas, away from it.
    folded = dataclasses.replace(activations.relu, name="folded", kinks=())
    net = Network(1, Dense(1, folded, weights=[[1.0]], biases=[0.0]), Dense(1, weights=[[1.0]]))
    check = net.check_gradients([[0.0]], [[1.0]])
    assert not check.passed
    assert check.worst.name == "dense_1.b[0]"


def test_what_stands_on_a_kink_is_left_out_and_counted():
    net = Network(2, Dense(2, "relu", weights=[[1.0, 1.0], [1.0, 2.0]]), Dense(1, weights=[[1.0], [1.0]]))
    check = net.check_gradients([[0.0, 0.0], [1.0, 1.0]], [[0.0], [1.0]])
    by_name = {parameter.name: parameter for parameter in check.parameters}
    assert check.passed
    assert by_name["dense_1.b"].skipped == 2 and by_name["dense_1.b"].worst is None
    assert by_name["dense_1.W"].checked == 4 and check.skipped == 2
    assert "2 numbers stand on a kink, or where the loss is cut off: there is no derivative" in " ".join(
        str(check).split()
    )


def test_a_weight_beside_a_kink_is_measured_with_a_smaller_step():
    net = Network(1, Dense(1, "relu", weights=[[1.0]], biases=[1e-6]), Dense(1, weights=[[1.0]]))
    check = net.check_gradients([[0.0]], [[1.0]])
    assert check.passed and check.skipped == 0


@pytest.mark.parametrize(("loss", "y"), [("absolute_error", [[2.0]]), ("hinge", [[1.0]])])
def test_the_kinks_of_losses(loss, y):
    weight = 2.0 if loss == "absolute_error" else 1.0
    check = Network(1, Dense(1, weights=[[weight]])).check_gradients([[1.0], [3.0]], [*y, [1.0]], loss=loss)
    assert check.passed and check.skipped == 2


def test_l1_has_a_kink_at_zero():
    net = Network(1, Dense(2, weights=[[0.0, 1e-7]], l1=0.5))
    assert net.check_gradients([[1.0]], [[1.0, 2.0]]).passed


def test_a_float32_network_is_checked_in_float64_and_stays_as_it_is():
    net = Network(2, Dense(3, "tanh"), Dense(1), seed=1, dtype="float32")
    before = net.copy()
    check = net.check_gradients(X.astype(np.float32), Y)
    assert check.passed and check.worst.error < 1e-6
    assert net == before and net.training is None and net.classes is None
    assert "float32; the check computed with them in float64" in str(check)


def test_penalties_and_the_plan_count():
    net = Network(2, Dense(3, "tanh", l2=0.3), Dense(1), seed=1)
    net.fit(X, Y, loss="huber", reduction="sum", epochs=1, batch_size=None)
    check = net.check_gradients(X, Y)
    error = net.predict(X) - Y
    data_loss = np.where(np.abs(error) <= 1, 0.5 * error**2, np.abs(error) - 0.5).sum()
    np.testing.assert_allclose(check.loss, data_loss + 0.15 * (net.parameters["dense_1.W"] ** 2).sum(), rtol=1e-12)
    assert check.passed


def test_unscaled_inputs_do_not_raise_a_false_alarm():
    net = Network(2, Dense(3, "tanh"), Dense(1), seed=1)
    assert net.check_gradients(X * 100, Y * 1000).passed


def test_many_rows_are_sampled_and_labels_are_learnt_by_nobody():
    net = Network(2, Dense(2, "relu"), Dense(2, "softmax"), seed=1)
    rows = np.random.default_rng(0).normal(size=(1000, 2))
    check = net.check_gradients(rows, np.where(rows[:, 0] > 0, "yes", "no"))
    assert (check.rows, check.rows_given) == (200, 1000)
    assert "200 of the 1000 rows were used" in str(check)
    assert net.classes is None


def test_a_network_without_parameters_of_its_own():
    check = Network(2, Dropout(0.5)).check_gradients(X, X)
    assert check.passed and check.worst is None and check.parameters == ()
    assert "Dropout and other noise is off" in str(check)


def test_what_it_says():
    net = Network(2, Dense(1, "sigmoid", weights=[[7.0], [3.0]], biases=[-5.0]))
    check = net.check_gradients([[1, 1], [0, 1]], [1, 1])
    text = str(check)
    assert "All 3 gradients agree with central differences within 1e-06" in text
    assert check.worst.name in text and check.worst.name.startswith("dense_1.")
    worst = next(p.worst for p in check.parameters if p.name == "dense_1.W")
    assert worst.name in ("dense_1.W[0, 0]", "dense_1.W[1, 0]")
    assert "<table" in check._repr_html_()


def test_as_data():
    check = Network(2, Dense(2, SIGMOID), Dense(1), seed=1).check_gradients(X, Y)
    data = json.loads(json.dumps(check.to_dict(), allow_nan=False))
    assert data["passed"] is False and data["rows"] == 8
    assert [p["name"] for p in data["parameters"]] == ["dense_1.W", "dense_1.b", "dense_2.W", "dense_2.b"]
    assert data["parameters"][0]["worst"]["name"].startswith("dense_1.W[")
    blamed = [f for f in data["formulas"] if not f["passed"]]
    assert [(f["kind"], f["record"], f["derivative"]) for f in blamed] == [("activation", "my_sigmoid", "slope")]


def test_a_derivative_that_is_not_finite_fails():
    broken = dataclasses.replace(activations.tanh, name="broken", slope=lambda xp, z, a: a / 0.0)
    check = Network(2, Dense(2, broken), Dense(1), seed=1).check_gradients(X, Y)
    assert not check.passed and check.worst.error == np.inf
    assert json.loads(json.dumps(check.to_dict(), allow_nan=False))["passed"] is False


def nameless_gradients(xp, x, p, noise, dz, bias):
    return {"W": x.T @ dz}


def turned_input_gradient(xp, x, p, noise, dz, bias):
    return (dz @ p["W"].T).T


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"gradients": nameless_gradients},
            "check_gradients: mine's gradients gave nothing for the gradient of b in mine_1.\n"
            "  Expected: an array of shape (3,).",
        ),
        (
            {"input_gradient": turned_input_gradient},
            "check_gradients: mine's input_gradient gave shape (2, 8) for dx in mine_1.\n"
            "  Expected: an array of shape (8, 2).",
        ),
    ],
)
def test_a_rule_that_gives_the_wrong_shapes_is_refused(changes, text):
    mine: LayerRule = dataclasses.replace(layer_rules.dense, name="mine", **changes)
    with pytest.raises(InputError) as caught:
        Network(2, Custom(mine, 3), Dense(1), seed=1).check_gradients(X, Y)
    assert str(caught.value) == text


def test_errors():
    from pellucid.insight.gradient_check import check_gradients

    net = Network(2, Dense(2, "threshold"), Dense(1), seed=1)
    with pytest.raises(
        InputError, match=r"^check_gradients: dense_1 cannot be trained through its activation threshold"
    ):
        net.check_gradients(X, Y)
    net = Network(2, Dense(1), seed=1)
    with pytest.raises(InputError, match=r"^check_gradients: X has 3 columns"):
        net.check_gradients(np.ones((2, 3)), Y[:2])
    with pytest.raises(
        InputError, match=r"tolerance=2\.\n  Expected: a number between 0 and 1\.\n  Instead:  tolerance=1e-06"
    ):
        check_gradients(net.model, X, Y, tolerance=2)
    with pytest.raises(InputError, match="max_rows = 0"):
        check_gradients(net.model, X, Y, max_rows=0)


def test_nothing_is_warned_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("error", Notice)
        Network(2, Dense(3, "relu"), Dense(1), seed=1).check_gradients(X * 1e200, Y)
