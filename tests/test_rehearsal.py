"""A slip in a record of the user's own: refused before the first step, by name; the network stays as it was."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid import (
    Activation,
    Custom,
    Dense,
    InputError,
    LayerRule,
    Loss,
    Network,
    Optimizer,
    Parameter,
    activations,
    layer_rules,
    losses,
    optimizers,
)
from pellucid.maths import rehearsal
from tracing import own_network, quartic, sign_descent

X = np.array([[0.0, 0.5], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def refused(net, **told) -> str:
    """The error of fit, the same as partial_fit's and trace's; nothing may have changed."""
    before = {name: w.copy() for name, w in net.parameters.items()}
    texts = []
    for door in (net.fit, net.partial_fit, net.trace):
        with pytest.raises(InputError) as error:
            door(X, Y, **told)
        texts.append(str(error.value).removeprefix(f"{door.__name__}: "))
        assert net.training is None
        for name, w in net.parameters.items():
            assert w.tobytes() == before[name].tobytes()
            assert w.dtype == net.dtype
    assert len(set(texts)) == 1
    return texts[0]


# --- activations ----------------------------------------------------------------------------------


def square(xp, z):
    return z * z


def square_slope(xp, z, a):
    return 2 * z


def with_activation(dtype="float64", **pieces) -> Network:
    mine = Activation(**{"name": "mine", "forward": square, "slope": square_slope, **pieces})
    return Network(2, Dense(3, mine), Dense(1), seed=0, dtype=dtype)


def clipped_in_place(xp, z):
    z[z < 0] = 0
    return z


WIDENED = (
    "float32, as the network's.\n"
    "  Instead:  plain numbers (2.0 ** 0.5, math.sqrt(2.0)) keep the dtype; np.sqrt(2.0), a np.float64, does not"
)


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (
            {"forward": lambda xp, z: z.sum(axis=1)},
            "layer dense_1: forward of the activation 'mine' returns float64 of shape (4,).\n"
            "  Expected: shape (4, 3): a, as many numbers as z.",
        ),
        (
            {"forward": lambda xp, z: None},
            "layer dense_1: forward of the activation 'mine' returns None.\n"
            "  Expected: shape (4, 3): a, as many numbers as z.",
        ),
        (
            {"slope": lambda xp, z, a: 1.0},
            "layer dense_1: slope of the activation 'mine' returns a single number (float).\n"
            "  Expected: shape (4, 3): da/dz, as many numbers as z.\n  Instead:  xp.ones_like(z)",
        ),
        (
            {"slope": None, "vector_backward": lambda xp, z, a, da: (da * a).sum(axis=1, keepdims=True)},
            "layer dense_1: vector_backward of the activation 'mine' returns float64 of shape (4, 1).\n"
            "  Expected: shape (4, 3): dz, as many numbers as z.",
        ),
        (
            {"forward": lambda z: z * z},
            "layer dense_1: the activation 'mine' failed in a trial: forward raised TypeError: "
            "<lambda>() takes 1 positional argument but 2 were given.\n"
            "  Expected: a function that can be called as forward(xp, z).",
        ),
        (
            {"forward": clipped_in_place},
            "layer dense_1: forward of the activation 'mine' writes into what it was given.\n"
            "  Expected: a new array.\n  Instead:  z = xp.where(z > 0, z, 0.0)",
        ),
    ],
)
def test_an_activation(pieces, text):
    assert refused(with_activation(**pieces)) == text


def test_an_activation_that_widens_a_narrow_network():
    net = with_activation("float32", forward=lambda xp, z: z * np.sqrt(2.0))
    text = "layer dense_1: forward of the activation 'mine' returns float64 of shape (4, 3).\n  Expected: " + WIDENED
    assert refused(net) == text


def test_whole_numbers_and_truths_do_not_widen():
    def steps(xp, z, a):
        return (z > 0) | (z < 0)

    with_activation("float32", slope=steps).fit(X, Y, epochs=1)
    with_activation(slope=lambda xp, z, a: xp.where(z > 0, 1, 0)).fit(X, Y, epochs=1)


# --- losses ---------------------------------------------------------------------------------------


def error_sum(xp, a, y):
    return xp.sum((a - y) ** 2, axis=-1)


def error_slope(xp, a, y):
    return 2 * (a - y)


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (
            {"forward": lambda xp, a, y: xp.sum((a - y) ** 2)},
            "forward of the loss 'mine' returns a single number (float64).\n"
            "  Expected: shape (4,): one number for each example, summed over its outputs.\n"
            "  Instead:  xp.sum(..., axis=-1)",
        ),
        (
            {"forward": lambda xp, a, y: (a - y) ** 2},
            "forward of the loss 'mine' returns float64 of shape (4, 1).\n"
            "  Expected: shape (4,): one number for each example, summed over its outputs.\n"
            "  Instead:  xp.sum(..., axis=-1)",
        ),
        (
            {"slope": lambda xp, a, y: xp.sum(a - y, axis=-1)},
            "slope of the loss 'mine' returns float64 of shape (4,).\n"
            "  Expected: shape (4, 1): dL/da, one number for each example and output.",
        ),
    ],
)
def test_a_loss(pieces, text):
    mine = Loss(**{"name": "mine", "forward": error_sum, "slope": error_slope, **pieces})
    assert refused(Network([2, 3, 1], activation="tanh", seed=0), loss=mine) == text


# --- layer rules ----------------------------------------------------------------------------------


def shapes(n_in, n_out):
    return {"V": (n_in, n_out)}


def product(xp, x, p, noise):
    return x @ p["V"]


def product_gradients(xp, x, p, noise, dz):
    return {"V": x.T @ dz}


def product_back(xp, x, p, noise, dz):
    return dz @ p["V"].T


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (
            {"forward": lambda xp, x, p, noise: (x @ p["V"])[:, :1]},
            "layer mine_2: forward of the layer rule 'mine' returns float64 of shape (4, 1).\n"
            "  Expected: shape (4, 3): z, one number for each example and unit.",
        ),
        (
            {"gradients": lambda xp, x, p, noise, dz: {"W": x.T @ dz}},
            "layer mine_2: gradients of the layer rule 'mine' returns a dict of 'W'.\n"
            '  Expected: a gradient for each parameter, by its name.\n  Instead:  {"V": dV}',
        ),
        (
            {"gradients": lambda xp, x, p, noise, dz: x.T @ dz},
            "layer mine_2: gradients of the layer rule 'mine' returns float64 of shape (2, 3).\n"
            '  Expected: a gradient for each parameter, by its name.\n  Instead:  {"V": dV}',
        ),
        (
            {"gradients": lambda xp, x, p, noise, dz: {"V": dz.T @ x}},
            "layer mine_2: gradients of the layer rule 'mine' returns float64 of shape (3, 2) as 'V'.\n"
            "  Expected: shape (2, 3): dV, shaped like V.",
        ),
        (
            {"input_gradient": lambda xp, x, p, noise, dz: dz},
            "layer mine_2: input_gradient of the layer rule 'mine' returns float64 of shape (4, 3).\n"
            "  Expected: shape (4, 2): dx.",
        ),
        (
            {"penalised": ("W",)},
            "layer mine_2: the layer rule 'mine' penalises 'W'.\n  Expected: names from its shapes: V.",
        ),
    ],
)
def test_a_layer_rule(pieces, text):
    rule = LayerRule(
        **{
            "name": "mine",
            "shapes": shapes,
            "forward": product,
            "gradients": product_gradients,
            "input_gradient": product_back,
            **pieces,
        }
    )
    assert refused(Network(2, Dense(2, "tanh"), Custom(rule, 3), Dense(1), seed=0)) == text


@pytest.mark.parametrize("found", [["V"], {"V": 3}, {"V": (2, 3.0)}, {"V": (2, 0)}])
def test_shapes_that_are_none(found):
    rule = LayerRule(
        name="mine",
        shapes=lambda n_in, n_out: found,
        forward=product,
        gradients=product_gradients,
        input_gradient=product_back,
    )
    with pytest.raises(InputError) as error:
        Network(2, Custom(rule, 3))
    assert str(error.value) == (
        f"Network: layer mine_1: shapes of the layer rule 'mine' returns {found!r}.\n"
        "  Expected: the shape of each parameter by its name, as whole numbers.\n"
        '  Instead:  {"W": (n_in, n_out)}'
    )


# --- optimizers -----------------------------------------------------------------------------------


def plain(xp, w, g, v, t, learning_rate):
    return {"v": v + g, "w": w - learning_rate * g}


def in_place(xp, w, g, v, t, learning_rate):
    w -= learning_rate * g
    return {"v": v, "w": w}


@pytest.mark.parametrize(
    ("update", "text"),
    [
        (
            lambda xp, w, g, v, t, learning_rate: {"v": v + g, "weight": w - g},
            "update of the optimizer 'mine' returns a dict without 'w'.\n"
            '  Expected: the new weight and every slot by name.\n  Instead:  {"v": v, "w": w}',
        ),
        (
            lambda xp, w, g, v, t, learning_rate: {"w": w - g},
            "update of the optimizer 'mine' returns a dict without 'v'.\n"
            '  Expected: the new weight and every slot by name.\n  Instead:  {"v": v, "w": w}',
        ),
        (
            lambda xp, w, g, v, t, learning_rate: w - g,
            "update of the optimizer 'mine' returns float64 of shape (2, 1).\n"
            '  Expected: the new weight and every slot by name.\n  Instead:  {"v": v, "w": w}',
        ),
        (
            lambda xp, w, g, v, t, learning_rate: {"v": v, "w": xp.sum(w - g)},
            "update of the optimizer 'mine' returns a single number (float64) as 'w'.\n"
            "  Expected: shape (2, 1): the new weight, shaped like the weight.",
        ),
        (
            lambda xp, w, g, v, t, learning_rate: {"v": t, "w": w - g},
            "update of the optimizer 'mine' returns a single number (int) as 'v'.\n"
            "  Expected: shape (2, 1): the slot v, shaped like the weight.",
        ),
        (
            lambda xp, w, g, v, t, learning_rate: {"v": g > 0, "w": w - g},
            "update of the optimizer 'mine' returns bool of shape (2, 1) as 'v'.\n"
            "  Expected: float64, as the weight's.",
        ),
        (
            lambda xp, w, g, t, learning_rate: {"w": w - g},
            "the optimizer 'mine' failed in a trial: update raised TypeError: "
            "<lambda>() got an unexpected keyword argument 'v'.\n"
            "  Expected: a function that can be called as update(xp, w, g, v, t, learning_rate).",
        ),
        (
            in_place,
            "update of the optimizer 'mine' writes into what it was given.\n"
            "  Expected: a new array.\n  Instead:  w = w + change",
        ),
    ],
)
def test_an_optimizer(update, text):
    mine = Optimizer(
        name="mine",
        update=update,
        slots=(("v", 0.0),),
        parameters=(Parameter(name="learning_rate", default=0.1),),
    )
    assert refused(Network([2, 1], activation="linear", seed=0), optimizer=mine) == text


def test_an_optimizer_that_widens_a_narrow_network():
    def update(xp, w, g, t):
        return {"w": w - np.float64(0.1) * g}

    net = Network([2, 1], activation="linear", seed=0, dtype="float32")
    text = "update of the optimizer 'mine' returns float64 of shape (2, 1) as 'w'.\n  Expected: " + WIDENED
    assert refused(net, optimizer=Optimizer(name="mine", update=update)) == text


# --- what passes, and what it costs ---------------------------------------------------------------


def test_what_is_right_trains_as_without_a_rehearsal(monkeypatch):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(6, 3)), random.normal(size=(6, 2))
    told = {"loss": quartic, "optimizer": sign_descent, "epochs": 3, "batch_size": 2}
    one, other = own_network(), own_network()
    one.fit(x, y, **told)
    monkeypatch.setattr(rehearsal, "_all_built_in", lambda *_: True)
    other.fit(x, y, **told)
    assert one == other


def test_pellucids_own_parts_have_no_rehearsal(monkeypatch):
    def never(*_):
        raise AssertionError

    monkeypatch.setattr(rehearsal, "_examples", never)
    net = Network(2, Dense(3, "leaky_relu(alpha=0.2)"), Dense(1, "sigmoid"), seed=0)
    net.fit(X, Y, epochs=1, loss="binary_cross_entropy", optimizer="sgd(momentum=0.5)")
    with pytest.raises(AssertionError):
        net.fit(X, Y, epochs=1, optimizer=sign_descent)


@pytest.mark.parametrize("table", [activations, layer_rules, losses, optimizers])
def test_a_table_holds_its_own_by_their_functions(table):
    for record in table.values():
        assert table.holds(record)
        changed = replace(record, **{record.functions[0]: lambda *_: None})
        assert not table.holds(changed)
        assert not table.holds(replace(record, name="other"))
