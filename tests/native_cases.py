"""What the tests of the native core share: when they are skipped, random networks, and how near is near."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from pellucid import Custom, Dense, Dropout, Network, Notice, activations
from pellucid.engines import say_once
from pellucid.engines.native import core, info
from pellucid.maths.by_unit import unit_bounds
from pellucid.model.layers import Layer, inputs

FOUND = core()
needs_native = pytest.mark.skipif(FOUND.module is None, reason=f"needs the native core: {info()['why']}")
LEVELS: list[str] = FOUND.module.levels() if FOUND.module else []


def tell_of_a_missing_core() -> None:
    """Say it, so that it has been said."""
    if FOUND.module is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Notice)
            say_once(f"there is no native core: {FOUND.why}")


# Around the borders of vectors (2, 4, 8 numbers of 64 bits, twice as many of 32) and of panels of two vectors.
WIDTHS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 65)
# Around those of vectors, of groups of 16 rows whose losses are added up together, and of 64 rows that go through the
# layers together.
ROWS = (1, 2, 3, 5, 8, 9, 15, 16, 17, 31, 33, 64, 65, 70, 130)

ALPHAS = {"leaky_relu": ("leaky_relu", "leaky_relu(alpha=0.2)"), "elu": ("elu", "elu(alpha=0.7)", "elu(alpha=0.0)")}
HIDDEN = [
    spec
    for name, a in activations.items()
    if name != "by_unit" and not a.refused()
    for spec in ALPHAS.get(name, (name,))
]
# For each loss the output activations that it may follow, and how its targets are drawn.
LOSSES = {
    "squared_error": (HIDDEN, "numbers"),
    "half_squared_error": (HIDDEN, "numbers"),
    "absolute_error": (HIDDEN, "numbers"),
    "huber(delta=0.5)": (HIDDEN, "numbers"),
    "binary_cross_entropy": (["sigmoid"], "shares"),
    "cross_entropy": (["softmax"], "classes"),
    "hinge": (["linear", "tanh"], "signs"),
    "poisson": (["softplus", "relu"], "counts"),
}
OPTIMIZERS = (
    "sgd", "sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=True)", "rmsprop", "rmsprop(momentum=0.5)", "adagrad",
    "adam", "adamw", "adamw(weight_decay=0.1, beta1=0.5)", "rprop", "quickprop", "quickprop(weight_decay=0.01)",
    "sarprop", "sarprop(threshold=100.0, noise_scale=0.1)",
)  # fmt: skip
SMOOTH = (
    "linear", "sigmoid", "tanh", "gelu", "gelu_tanh", "silu", "softplus", "softsign", "softmax", "elu", "gaussian",
    "gaussian_symmetric", "elliot", "sine", "cosine", "sine_positive", "cosine_positive",
)  # fmt: skip


class Case(NamedTuple):
    """A network's description, data, and what fit is told about the gradient (not about the optimizer)."""

    n_in: int
    layers: tuple[Layer, ...]
    X: np.ndarray
    Y: np.ndarray
    told: dict[str, Any]

    def network(self, dtype: str = "float64") -> Network:
        return Network(self.n_in, *self.layers, seed=5, dtype=dtype)

    def __repr__(self) -> str:  # what Hypothesis prints
        told = {key: value if np.ndim(value) == 0 else "given" for key, value in self.told.items()}
        return f"{len(self.X)} rows, {self.n_in} -> {list(self.layers)}, {told}"


@st.composite
def wired(
    draw: st.DrawFn, n_in: int, before: list[Layer], units: int, activation: Any, steep: bool = True, **how: Any
) -> Layer:
    """A dense layer, sometimes one that sees all before it, that lacks weights, or whose units have steepness."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sees = draw(st.sampled_from(["previous", "previous", "all"]))
    if draw(st.integers(0, 3)) == 0:
        n = inputs(n_in, [*before, Dense(units, sees=sees)])[-1]
        how["mask"] = random.random((n, units)) < draw(st.sampled_from([0.2, 0.7]))
    if steep and activation != "softmax" and draw(st.integers(0, 2)) == 0:
        how["steepness"] = random.choice([-0.5, 0.5, 1.0, 1.5], size=draw(st.sampled_from([1, units])))
    return Dense(units, activation, sees=sees, **how)


def mixed(draw: st.DrawFn, units: int, activation: str, choice: Sequence[str]) -> Any:
    """The activation, or a list with one for each unit."""
    if activation == "softmax" or draw(st.integers(0, 2)):
        return activation
    kinds = draw(st.lists(st.sampled_from([a for a in choice if a != "softmax"]), min_size=1, max_size=4))
    return [activation, *(kinds[u % len(kinds)] for u in range(1, units))]


@st.composite
def cases(draw: st.DrawFn, losses: tuple[str, ...] = tuple(LOSSES), smooth: bool = False) -> Case:
    """All kinds of layers, losses, penalties, limits and weights, on data of ordinary size."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    loss = draw(st.sampled_from(losses))
    outputs, kind = LOSSES[loss]
    hidden = SMOOTH if smooth else HIDDEN
    # One row alone has one class only, which fit refuses.
    n, n_in = draw(st.sampled_from(ROWS if kind == "numbers" else ROWS[1:])), draw(st.sampled_from(WIDTHS))
    width = st.sampled_from(WIDTHS if draw(st.booleans()) else WIDTHS[:8])
    extra = st.sampled_from([0.0, 0.0, 0.01])
    layers = []
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.integers(0, 3)) == 0:
            sees = draw(st.sampled_from(["previous", "all"]))
            other = Custom("dropout", None, draw(st.sampled_from(hidden)), sees=sees)
            layers.append(draw(st.sampled_from([Dropout(0.3), other])))
        else:
            limit = draw(st.sampled_from([None, None, 0.8]))
            activation, bias = draw(st.sampled_from(hidden)), draw(st.booleans())
            units, how = draw(width), {"bias": bias, "l1": draw(extra), "l2": draw(extra), "max_norm": limit}
            kinds = mixed(draw, units, activation, hidden)
            layers.append(draw(wired(n_in, layers, units, kinds, **how)))
    if kind == "classes" and draw(st.booleans()):
        kind = "probabilities"
    n_out = draw(width) + (loss == "cross_entropy")
    last = draw(st.sampled_from([a for a in outputs if not smooth or a in SMOOTH]))
    if (loss, last) == ("poisson", "relu"):  # rates that are not near 0, by which targets are divided
        layers.append(Dense(n_out, last, biases=[6.0] * n_out))
    else:
        how, free = {"bias": draw(st.booleans()), "l2": draw(extra)}, kind == "numbers"
        units = mixed(draw, n_out, last, outputs) if free and not smooth else last
        layers.append(draw(wired(n_in, layers, n_out, units, free, **how)))
    weights = draw(st.sampled_from([None, None, random.uniform(0.1, 2.0, size=n)]))
    told = {
        "loss": loss,
        "clip": draw(st.sampled_from([None, None, 0.1, 100.0])),
        "reduction": draw(st.sampled_from(["mean", "sum"])),
        "sample_weight": weights,
    }
    if layers[-1].activation.name == "softmax" and kind == "numbers":
        kind = "probabilities"  # errors of both signs: others cancel to nothing but rounding
    Y = targets(random, kind, n, n_out, unit_bounds(layers[-1].activation))
    return Case(n_in, tuple(layers), random.normal(size=(n, n_in)), Y, told)


def targets(
    random: np.random.Generator, kind: str, n: int, n_out: int, bounds: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """What the loss compares with; `bounds` are those of each output, or of all."""
    if kind == "classes":
        return np.eye(n_out)[np.arange(n) % n_out]
    if kind == "probabilities":
        return random.dirichlet(np.ones(n_out), size=n)
    if kind == "shares":
        return random.uniform(size=(n, n_out))
    if kind == "signs":
        return np.where((np.arange(n)[:, None] + np.arange(n_out)) % 2 == 0, 1.0, -1.0)
    if kind == "counts":
        return random.poisson(2.0, size=(n, n_out)).astype(float)
    low, high = np.maximum(bounds[0], -3), np.minimum(bounds[1], 3)
    return low + (high - low) * random.uniform(0.1, 0.9, size=(n, n_out))


def gradients(case: Case, engine: str, dtype: str = "float64", **more: Any) -> tuple[dict[str, np.ndarray], Network]:
    """The gradient of one batch of all rows, by name: what sgd without momentum has in its memory after one step."""
    net = case.network(dtype)
    net.fit(case.X, case.Y, epochs=1, batch_size=None, optimizer="sgd", engine=engine, **{**case.told, **more})
    return slots(net, "velocity"), net


def slots(net: Network, name: str) -> dict[str, np.ndarray]:
    """One of the optimizer's slots for every parameter, under the parameter's name."""
    assert net.training is not None
    found = zip(net.model.names, net.training.slots, strict=True)
    return {f"{layer}.{key}": memory[name] for layer, arrays in found for key, memory in arrays.items()}


def differences(a: Any, b: Any) -> Iterator[tuple[str, float, float]]:
    """For each array its name, the largest difference, and the largest size of b's numbers."""
    assert list(a) == list(b)
    for name in a:
        difference = np.abs(np.asarray(a[name], np.float64) - b[name])
        yield name, float(difference.max(initial=0.0)), float(np.abs(b[name]).max(initial=0.0))


def near(a: Any, b: Any, bound: float) -> None:
    """max|a - b| <= bound * max(1, max|b|) for each array: how near weights must be."""
    found = {name: gap / max(1.0, size) for name, gap, size in differences(a, b)}
    assert {name: gap for name, gap in found.items() if not gap <= bound} == {}


def same_bits(a: Network, b: Network) -> None:
    """Parameters, memory and figures are the same to the last bit."""
    assert {name: array.tobytes() for name, array in a.parameters.items()} == {
        name: array.tobytes() for name, array in b.parameters.items()
    }
    assert a.training is not None and b.training is not None
    for name, _ in a.training.plan.optimizer.slots:
        mine, theirs = slots(a, name), slots(b, name)
        assert {key: array.tobytes() for key, array in mine.items()} == {
            key: array.tobytes() for key, array in theirs.items()
        }
    assert (a.training.step, a.training.epoch) == (b.training.step, b.training.epoch)
    assert (a.history.data_loss, a.history.penalty) == (b.history.data_loss, b.history.penalty)
    assert a.history.learning_rate == b.history.learning_rate
