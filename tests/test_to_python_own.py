"""`net.to_python()` with the user's own functions, and the pieces that copy them."""

from __future__ import annotations

import ast
import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid import Custom, Dense, Network
from pellucid.errors import InputError
from pellucid.io.python_sources import Sources, literal
from pellucid.maths.random import fold
from scripts import check, run

ROWS = np.random.default_rng(5).normal(size=(23, 3))


# --- The user's own functions ---------------------------------------------------------------------


CUBE = 1 / 3
SPREAD = np.array([1.0, 2.0])


def helper(xp, z):
    return xp.abs(z)


def bent(xp, z, power: float = CUBE):
    """Grow slowly.

    More text, which the script leaves out.
    """

    # a comment that stays
    def inner(v: float) -> float:
        return v + 0.0 * float(SPREAD.sum())

    return xp.sign(z) * inner(helper(xp, z)) ** power


def bent_slope(xp, z, a):
    return 1 / (3 * a * a + 1e-9)


@functools.cache
def sigmoid(count: int) -> float:  # named as one of pellucid's functions is
    return 2.0 * count


def scaled(xp, a, y):
    return sigmoid(1) * xp.sum((a - y) ** 2, axis=-1)


def scaled_slope(xp, a, y):
    return 2 * sigmoid(1) * (a - y)


BENT = pellucid.Activation(name='"""bent\\', formula="", forward=bent, slope=bent_slope)
SCALED = pellucid.Loss(name="scaled", formula="", forward=scaled, slope=scaled_slope)


def test_own_functions_are_copied_with_what_they_use() -> None:
    net = Network(3, Dense(2, BENT), Dense(1, "sigmoid"), seed=1)
    net.fit(ROWS, (ROWS[:, :1] > 0) * 1.0, loss=SCALED, epochs=5, batch_size=8, progress=False)
    script = net.to_python()
    assert "# a comment that stays" in script
    assert "More text" not in script
    assert "def sigmoid_2(" in script
    check(net, run(script), ROWS)


def test_a_closure_brings_its_numbers_along() -> None:
    def make(factor: float):
        def stretched(xp, z):
            return factor * z

        def slope(xp, z, a):
            return factor * xp.ones_like(z)

        return pellucid.Activation(name="stretched", formula="", forward=stretched, slope=slope)

    net = Network(3, Dense(2, make(2.0)), Dense(1, make(3.0)), seed=1)
    net.fit(ROWS, np.tanh(ROWS[:, :1]), epochs=3, progress=False)
    script = net.to_python()
    assert "def stretched(" in script
    assert "def stretched_2(" in script
    check(net, run(script), ROWS)


class Callable:
    def __call__(self, xp, z):
        return z


def uses_a_package(xp, z):
    return pytest.approx(z)


def uses_nothing_known(xp, z):
    return not_there(z)  # noqa: F821


def uses_a_class(xp, z):
    return Callable()(xp, z)


def made_at_a_prompt() -> object:
    space: dict[str, object] = {}
    exec("def typed(xp, z):\n    return z", space)
    return space["typed"]


@pytest.mark.parametrize(
    ("forward", "text"),
    [
        (lambda xp, z: z, "the activation 'mine' is computed by a lambda, whose source cannot be copied"),
        (Callable(), "whose source cannot be copied"),
        (np.tanh, "the activation 'mine' is computed by <ufunc 'tanh'>, whose source cannot be copied"),
        (made_at_a_prompt(), "the source of typed (the activation 'mine') cannot be read"),
        (uses_a_package, "the activation 'mine' uses the package pytest"),
        (uses_nothing_known, "the activation 'mine' uses not_there, which is not defined"),
        (
            uses_a_class,
            "the activation 'mine' uses Callable, which cannot be written into a script that needs nothing but",
        ),
    ],
)
def test_functions_that_cannot_be_copied_are_refused(forward: object, text: str) -> None:
    net = Network(3, Dense(2, pellucid.Activation(name="mine", formula="", forward=forward, slope=bent_slope)), seed=1)
    with pytest.raises(InputError) as error:
        net.to_python()
    assert text in str(error.value)


def test_an_own_layer_and_optimizer() -> None:
    dense = pellucid.layer_rules.dense
    rule = pellucid.LayerRule(
        name="twice", shapes=dense.shapes, forward=twice_forward, gradients=twice_gradients,
        input_gradient=twice_input, parameters=dense.parameters, penalised=("W",),
    )  # fmt: skip
    slow = pellucid.Optimizer(name="slow", update=slow_update, parameters=pellucid.optimizers.adagrad.parameters)
    net = Network(3, Custom(rule, 4, "tanh", init={"W": "normal"}, l2=0.01), Dense(1), seed=1)
    net.fit(ROWS, np.tanh(ROWS[:, :1]), optimizer=slow, epochs=4, batch_size=6, progress=False)
    check(net, run(net.to_python()), ROWS)


def twice_forward(xp, x, p, noise, bias):
    return 2 * (x @ p["W"]) + (p["b"] if bias else 0)


def twice_gradients(xp, x, p, noise, dz, bias):
    return {"W": 2 * x.T @ dz, "b": xp.sum(dz, axis=0)}


def twice_input(xp, x, p, noise, dz, bias):
    return 2 * dz @ p["W"].T


def slow_update(xp, w, g, t, learning_rate, epsilon):
    return {"w": w - learning_rate * g / (1 + t)}


# --- The pieces -----------------------------------------------------------------------------------


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
@settings(max_examples=100)
def test_constants_are_written_exactly(value: object) -> None:
    text = literal(value)
    assert text is not None
    assert repr(ast.literal_eval(text)) == repr(value)


def test_constants_that_are_no_literals() -> None:
    assert literal(float("inf")) == 'float("inf")'
    assert literal(np.float32(0.5)) == "0.5"
    assert literal(np.array([1, 2])) == "np.array([1, 2], dtype=np.int64)"
    assert literal(object()) is None
    assert literal([object()]) is None


def test_a_function_is_copied_once_and_after_what_it_uses() -> None:
    sources = Sources()
    assert sources.add(fold, "keys") == sources.add(fold, "keys") == "fold"
    text = "\n".join(sources.parts)
    assert text.count("def threefry(") == 1
    assert text.index("ROTATIONS =") < text.index("def threefry(") < text.index("def fold(key, data):")
