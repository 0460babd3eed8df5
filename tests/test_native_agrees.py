"""The native engine computes what `maths/` says, on random architectures: gradients, updates, losses, order, noise."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
import tracing
from native_cases import (
    LOSSES,
    OPTIMIZERS,
    SMOOTH,
    Case,
    cases,
    differences,
    gradients,
    near,
    needs_native,
    slots,
)
from pellucid import Dense, Dropout, Network
from pellucid.insight.trace import trace
from pellucid.maths.optimizers import optimizers
from pellucid.maths.passes import update

pytestmark = needs_native
# Rounding, of numbers near 1 and of the whole of a calculation, in 64 bits and in 32.
NEAR = 1e-12
NEAR_32 = 2e-5


def same_gradients(a: dict[str, np.ndarray], b: dict[str, np.ndarray], bound: float, least: float) -> None:
    """max|Δ| <= bound * max|g| for each array; `least` is what is left where terms cancel to nothing."""
    wrong = {name: (gap, size) for name, gap, size in differences(a, b) if not gap <= max(bound * size, least)}
    assert wrong == {}


def largest(g: dict[str, np.ndarray]) -> float:
    return max(float(np.abs(array).max(initial=0.0)) for array in g.values())


def same_figures(a: Network, b: Network, bound: float) -> None:
    assert a.history.data_loss == pytest.approx(b.history.data_loss, rel=bound)
    assert a.history.penalty == pytest.approx(b.history.penalty, rel=bound)
    assert a.history.learning_rate == pytest.approx(b.history.learning_rate, rel=1e-14)


@given(cases())
@settings(max_examples=350)
def test_gradients_losses_and_weights_after_one_step(case: Case) -> None:
    there, numpy_net = gradients(case, "numpy")
    here, native_net = gradients(case, "native")
    assert native_net.history.engine.startswith("native: ")
    same_gradients(here, there, NEAR, 1e-15 * largest(there))
    same_figures(native_net, numpy_net, NEAR)
    near(native_net.parameters, numpy_net.parameters, NEAR)
    for layer, arrays, slopes in zip(case.layers, by_layer(native_net), by_layer_of(here, native_net), strict=True):
        if (mask := layer.rule.options.get("mask")) is not None:
            assert not arrays["W"][~mask.array].any()
            assert not slopes["W"][~mask.array].any()


def by_layer_of(arrays: dict[str, np.ndarray], net: Network) -> list[dict[str, np.ndarray]]:
    """Arrays named as parameters are, in one dict for each layer."""
    return [
        {key: arrays[f"{name}.{key}"] for key in given}
        for name, given in zip(net.model.names, by_layer(net), strict=True)
    ]


@given(cases(), st.sampled_from(["float64", "float32"]))
@settings(max_examples=150)
def test_a_compiled_network_answers_what_predict_does(case: Case, dtype: str) -> None:
    net = case.network(dtype)
    X = case.X.astype(dtype)
    answers, right = net.compile()(X), net.predict(X)
    bound = NEAR if dtype == "float64" else NEAR_32
    near({"a": answers}, {"a": right}, bound)
    for row in (0, len(X) - 1):
        near({"a": net.compile()(X[row])}, {"a": right[row]}, bound)


@given(cases(losses=tuple(loss for loss in LOSSES if loss != "poisson")))  # whose logarithm of 0 is the dtype's
@settings(max_examples=120)
def test_32_bits(case: Case) -> None:
    """Against NumPy in 64 bits, from the same rounded weights and data."""
    case = case._replace(X=rounded(case.X), Y=rounded(case.Y), told=dict(case.told))
    if case.told["sample_weight"] is not None:
        case.told["sample_weight"] = rounded(case.told["sample_weight"])
    narrow, wide = case.network("float32"), case.network("float64")
    for name, array in narrow.parameters.items():
        wide.parameters[name] = array.astype(np.float64)
    for net, engine in ((narrow, "native"), (wide, "numpy")):
        net.fit(case.X, case.Y, epochs=1, batch_size=None, optimizer="sgd", engine=engine, **case.told)
    assert narrow.dtype == np.float32
    here, there = slots(narrow, "velocity"), slots(wide, "velocity")
    same_gradients(here, there, NEAR_32, 1e-6 * max(1.0, largest(there)))
    same_figures_32(narrow, wide)
    near(narrow.parameters, wide.parameters, 1e-6 * max(1.0, largest(there)))


def rounded(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32).astype(np.float64)


def same_figures_32(a: Network, b: Network) -> None:
    assert a.history.data_loss == pytest.approx(b.history.data_loss, rel=NEAR_32, abs=1e-6)
    assert a.history.penalty == pytest.approx(b.history.penalty, rel=NEAR_32)


def no_dropout(case: Case) -> bool:
    return all(layer.rule.name == "dense" for layer in case.layers)


@given(cases().filter(no_dropout), st.sampled_from(OPTIMIZERS), st.sampled_from(["float64", "float32"]))
@settings(max_examples=150)
def test_each_update_is_the_rules_given_the_same_gradient(case: Case, optimizer: str, dtype: str) -> None:
    """Rules that look at signs or divide by the gradient's size turn its last digit into a whole step: so the native
    gradient is handed to the rule of `maths/`, step by step from the native engine's own state."""
    net = case.network(dtype)
    how: dict[str, Any] = {"batch_size": None, "engine": "native", **case.told}
    if optimizers.resolve(optimizer).has_learning_rate:
        how["learning_rate"] = 1e-3  # which leads nowhere far away
    bound = NEAR if dtype == "float64" else 1e-6
    for step in range(4):
        before = net.copy()
        g = gradient_at(net, case, how)
        net.fit(case.X, case.Y, epochs=1, optimizer=optimizer, **how)
        assert net.training is not None
        rule = net.training.plan.optimizer
        start = before.training.slots if step else [{n: rule.start(np, w) for n, w in p.items()} for p in by_layer(net)]
        rate = rule.options.get("learning_rate", 1.0)
        loss, seed = net.history.data_loss[-1], net.training.seed
        right = update(np, net.layers, by_layer(before), g, rule, start, step + 1, rate, loss, seed)
        for mine, theirs in zip(by_layer(net), right.parameters, strict=True):
            near(mine, theirs, bound)
        for mine_all, theirs_all in zip(net.training.slots, right.slots, strict=True):
            for name, mine in mine_all.items():
                near(mine, theirs_all[name], bound)


def by_layer(net: Network) -> list[dict[str, np.ndarray]]:
    return net.parameters.by_layer


def gradient_at(net: Network, case: Case, how: dict[str, Any]) -> list[dict[str, np.ndarray]]:
    """The native engine's gradient where the network stands, by layer."""
    other = case.network(str(net.dtype))
    for name, array in net.parameters.items():
        other.parameters[name] = array
    other.fit(case.X, case.Y, epochs=1, **how, optimizer="sgd")
    assert other.training is not None
    return [{name: memory["velocity"] for name, memory in layer.items()} for layer in other.training.slots]


@given(
    cases(losses=("half_squared_error", "cross_entropy", "binary_cross_entropy", "huber(delta=0.5)"), smooth=True),
    st.sampled_from([1, 2, 7, 16, 20, 33, 64, None]),
    st.booleans(),
    st.sampled_from(["adam", "sgd(momentum=0.5)"]),
)
@settings(max_examples=120)
def test_some_epochs_in_the_same_order_with_the_same_units_dropped(
    case: Case, size: int | None, shuffle: bool, optimizer: str
) -> None:
    """Another order or another dropped unit would show in the third digit."""
    told = {**case.told, "reduction": "mean", "batch_size": size, "shuffle": shuffle, "optimizer": optimizer}
    ends = []
    for engine in ("numpy", "native"):
        net = case.network()
        net.fit(case.X, case.Y, epochs=3, learning_rate=1e-3, engine=engine, **told)
        ends.append(net)
    near(ends[1].parameters, ends[0].parameters, 1e-9)
    same_figures(ends[1], ends[0], 1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 16, 100, 1000])
@pytest.mark.parametrize("size", [1, 3, 16])
def test_the_order_of_samples_is_the_same_for_any_number_of_rows(n: int, size: int) -> None:
    """A rate that halves with each batch writes the order into the weights."""
    X = np.random.default_rng(n).normal(size=(n, 3))
    ends = []
    for engine in ("numpy", "native"):
        net = Network(3, Dense(2, "tanh"), Dense(1), seed=n)
        net.fit(X, X[:, :1], epochs=2, batch_size=size, optimizer="sgd", schedule="warm_up", engine=engine)
        ends.append(net)
    near(ends[1].parameters, ends[0].parameters, NEAR)


@pytest.mark.parametrize("rate", [0.0, 0.1, 1 / 3, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("width", [1, 2, 3, 8, 33])
def test_the_same_units_are_dropped(rate: float, width: int) -> None:
    """The gradient of a layer without a bias is 0 for exactly those inputs that were dropped in every row."""
    for seed in range(3):
        seen = []
        for engine in ("numpy", "native"):
            net = Network(width, Dropout(rate), Dense(2, bias=False), seed=seed)
            net.fit(np.ones((3, width)), np.ones((3, 2)), epochs=2, batch_size=2, optimizer="sgd", engine=engine)
            seen.append(slots(net, "velocity")["dense_2.W"])
        np.testing.assert_array_equal(seen[0] == 0, seen[1] == 0)
        np.testing.assert_allclose(seen[1], seen[0], rtol=1e-12)


@pytest.mark.parametrize("width", [1, 2, 3, 8, 33])
@pytest.mark.parametrize("size", [2, None])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_same_noise_is_drawn(width: int, size: int | None, dtype: str) -> None:
    """Steps that would be tiny are almost nothing but noise, which is another one for every weight at every step."""
    X = np.random.default_rng(width).normal(size=(6, width))
    hot = "sarprop(initial_step=0.5, threshold=1e6, noise_scale=0.1, temperature=0.1)"
    ends = []
    for engine in ("numpy", "native"):
        hidden = Dense(9, "tanh", mask=np.arange(9 * width).reshape(width, 9) % 4 > 0)
        net = Network(width, hidden, Dense(width), seed=3, dtype=dtype)
        net.fit(X, X, epochs=4, batch_size=size, optimizer=hot, engine=engine)
        ends.append(net)
    steps = [slots(net, "step_size")["dense_1.W"] for net in ends]
    assert len(np.unique(steps[1])) > width
    near({"steps": steps[1]}, {"steps": steps[0]}, NEAR if dtype == "float64" else NEAR_32)
    near(ends[1].parameters, ends[0].parameters, NEAR if dtype == "float64" else NEAR_32)


@given(tracing.cases(dtype="float64"))
@settings(max_examples=80)
def test_the_next_step_is_the_traces_up_to_rounding(case: Any) -> None:
    """The NumPy engine does it to the bit (tests/test_trace.py); here all gradients of the trace are compared."""
    net, X, y, told = case
    told = {**told, "optimizer": "sgd"}
    net.fit(X, y, batch_size=None, epochs=0, engine="native", **told)
    before = copy.deepcopy(net.model)
    traced = trace(net.model, X, y, sample_weight=told["sample_weight"])
    assert tracing.same(vars(before), vars(net.model))
    net.fit(X, y, batch_size=None, epochs=1, engine="native", **told)
    near(net.parameters, traced.updated, NEAR)
    assert net.history.data_loss == [pytest.approx(traced.loss.data, rel=NEAR)]
    assert net.history.penalty == [pytest.approx(traced.loss.penalty, rel=NEAR)]


@pytest.mark.parametrize("weights", [[0.0] * 4 + [1.0] * 6, [1.0] + [0.0] * 9])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_batch_without_weight_changes_nothing(weights: list[float], reduction: str) -> None:
    X = np.random.default_rng(0).normal(size=(10, 3))
    ends = []
    for engine in ("numpy", "native"):
        net = Network(3, Dense(2, "tanh"), Dense(1), seed=0)
        told: dict[str, Any] = {"shuffle": False, "sample_weight": weights, "reduction": reduction}
        net.fit(X, X[:, :1], epochs=3, batch_size=2, optimizer="sgd(momentum=0.5)", engine=engine, **told)
        ends.append(net)
    near(ends[1].parameters, ends[0].parameters, NEAR)
    same_figures(ends[1], ends[0], NEAR)


@pytest.mark.parametrize("activation", SMOOTH)
def test_what_fills_a_vector_up_stays_out(activation: str) -> None:
    """Widths of one more than a vector, sums so large that a stray column would overflow."""
    X = np.random.default_rng(1).normal(size=(5, 9)) * 50
    case = Case(9, (Dense(9, activation), Dense(3, activation), Dense(1)), X, X[:, :1], {"loss": "huber"})
    there, here = gradients(case, "numpy")[0], gradients(case, "native")[0]
    same_gradients(here, there, NEAR, 1e-15 * largest(there))
    for layer in case.layers:
        case = case._replace(layers=(replace(layer, l2=0.1, max_norm=0.5), *case.layers[1:]))
    near(gradients(case, "native")[1].parameters, gradients(case, "numpy")[1].parameters, NEAR)


def test_a_network_with_nothing_to_train() -> None:
    net = Network(3, Dropout(0.5), seed=0)
    losses = []
    for engine in ("numpy", "native"):
        net = Network(3, Dropout(0.5), seed=0)
        X = np.random.default_rng(0).normal(size=(6, 3))
        losses.append(net.fit(X, X, epochs=3, batch_size=4, loss="squared_error", engine=engine).loss)
    assert losses[1] == pytest.approx(losses[0], rel=NEAR)
    assert isinstance(net, pellucid.Network)
