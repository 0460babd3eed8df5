"""Layers that see all, masks and units of their own in the rooms that show, save and write networks."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pellucid
from pellucid import Activation, Dense, DivergenceError, Dropout, InputError, Network, activations
from pellucid.engines.native import core
from pellucid.insight.diagnosis.evidence import Evidence
from pellucid.insight.diagnosis.experiments import Experiments
from pellucid.insight.tracing.document import schema
from pellucid.maths import passes
from scripts import run_all
from wired_networks import MASK, example, wired

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LAST = ("linear", "softplus")


def data(net: Network, seed: int, rows: int = 4) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, net.model.n_in)), random.uniform(0, 1, (rows, net.model.n_out))


@given(net=wired(last=LAST, dropout=True), seed=st.integers(0, 100))
@FEW
def test_a_trace_is_the_prediction_and_the_next_step_to_the_bit(net: Network, seed: int) -> None:
    x, y = data(net, seed)
    seen = net.trace(x, y, loss="squared_error", optimizer="sgd(learning_rate=0.01, momentum=0.5)")
    assert np.array_equal(seen.prediction, net.predict(x))
    jsonschema.validate(json.loads(seen.to_json()), schema())
    assert str(seen.tree())
    if not any(layer.rule.noisy for layer in net.layers):
        net.fit(x, y, loss="squared_error", optimizer="sgd(learning_rate=0.01, momentum=0.5)", epochs=1,
                batch_size=None, engine="numpy")  # fmt: skip
        assert all(np.array_equal(seen.updated[name], net.parameters[name]) for name in net.parameters)


@given(net=wired(last=LAST, dropout=True), seed=st.integers(0, 100))
@FEW
def test_every_number_of_a_trace_is_explained_by_terms_that_add_up(net: Network, seed: int) -> None:
    x, y = data(net, seed, rows=2)
    seen = net.trace(x, y, loss="squared_error")
    for layer in seen.layers:
        for what in ("x", "z", "a", "slope", "da", "dz"):
            array = getattr(layer, what)
            for place in np.ndindex(array.shape):
                found = seen.explain(f"{layer.name}.{what}[{', '.join(map(str, place))}]")
                assert found.value == array[place]
                for step in found.steps:
                    if step.sum is not None:
                        terms = sum(term.value for term in step.sum.terms) + step.sum.rest
                        assert terms == pytest.approx(step.value, rel=1e-9, abs=1e-12)
        for name, p in layer.parameters.items():
            for place in np.ndindex(p.value.shape):
                index = ", ".join(map(str, place))
                found = seen.explain(f"{layer.name}.{name}[{index}]")
                assert (found.before, found.value) == (p.value[place], p.updated[place])
                assert seen.explain(f"{layer.name}.d{name}[{index}]").value == p.gradient[place]


@given(net=wired(last=LAST, dropout=True), seed=st.integers(0, 100))
@FEW
def test_gradients_are_checked(net: Network, seed: int) -> None:
    x, y = data(net, seed)
    found = net.check_gradients(x, y, loss="squared_error", max_entries=None)
    assert found.passed, found
    sizes = {check.name: check.size for check in found.parameters}
    for name, layer in zip(net.model.names, net.layers, strict=True):
        present = layer.rule.present("W")
        if present is not None:
            assert sizes[f"{name}.W"] == present.sum()


def test_a_wrong_slope_of_one_unit_is_named() -> None:
    bad = Activation(name="bad", forward=lambda xp, z: xp.tanh(z), slope=lambda xp, z, a: 1 - a)
    net = Network(2, Dense(2, ["tanh", bad], steepness=[1, 2]), Dense(1, sees="all"), seed=0)
    found = net.check_gradients([[1.0, 2.0], [0.3, -1.0]], [1.0, 0.0])
    assert not found.passed and "bad" in found.suspects[0].title


def test_a_kink_of_one_unit_is_no_kink_of_another() -> None:
    net = Network(1, Dense(2, ["relu", "linear"], steepness=[2.0, 1.0]), Dense(1), seed=0)
    net.parameters["dense_1.W"] = [[1.0, 0.0]]
    net.parameters["dense_1.b"] = [5.0, 0.0]  # linear stands where relu has its kink
    assert net.check_gradients([[0.1]], [0.0]).skipped == 0


@given(net=wired(dropout=True))
@FEW
def test_files_give_back_the_same_network(net: Network, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    net.save(path)
    again = pellucid.load(path)
    assert again == net and again.layers == net.layers
    x = data(net, 0)[0]
    assert np.array_equal(again.predict(x), net.predict(x))


def test_a_users_own_activation_of_one_unit_goes_into_a_file_by_name(tmp_path: Path) -> None:
    net = Network(2, Dense(2, ["tanh", MINE]), Dense(1, sees="all"), seed=0)
    net.save(tmp_path / "a.safetensors")
    with pytest.raises(InputError, match="the activation 'mine'"):
        pellucid.load(tmp_path / "a.safetensors")
    assert pellucid.load(tmp_path / "a.safetensors", custom=[MINE]).layers == net.layers


def mine(xp, z):
    return z / (2 + z * z)


def mine_slope(xp, z, a):
    return (2 - z * z) / (2 + z * z) ** 2


MINE = Activation(name="mine", forward=mine, slope=mine_slope)


@pytest.mark.parametrize("engine", ["numpy", "auto"])
@pytest.mark.parametrize("batch", [None, 5])
def test_a_script_trains_to_the_same_numbers(engine: str, batch: int | None) -> None:
    mask = np.random.default_rng(1).random((10, 1)) < 0.7
    net = Network(
        2,
        Dense(3, ["tanh", "relu", MINE], steepness=[0.5, 1, 2], mask=MASK, l1=0.001, l2=0.01),
        Dropout(0.2),
        Dense(2, "elliot", steepness=0.5, sees="all", max_norm=2.0),
        Dense(1, sees="all", mask=mask),
        seed=1,
    )
    x = np.random.default_rng(0).normal(size=(12, 2))
    net.fit(x, x[:, 0] * x[:, 1], epochs=20, batch_size=batch, engine=engine, clip=1.0)
    (out,) = run_all([(net.to_python(), "")])
    printed = [float(line) for line in out.split("outputs:\n")[1].splitlines()]
    np.testing.assert_allclose(printed, net.predict(x).ravel(), rtol=1e-9)
    if "numpy" in net.history.engine:
        assert printed == net.predict(x).ravel().tolist()


def test_the_summary_counts_the_weights_that_there_are() -> None:
    text = repr(example())
    assert "2 layers, 1 output, 12 parameters" in text
    assert "by unit: tanh, steepness 0.5 (1), silu (1), sigmoid, steepness 2 (1), 2 of 6 weights masked" in text
    assert "tanh, steepness 0.5, sees all, 1 of 5 weights masked" in text


@given(net=wired(last=("linear",), dropout=True), seed=st.integers(0, 100))
@FEW
def test_an_explanation_follows_the_slope_of_the_whole_network(net: Network, seed: int) -> None:
    x = data(net, seed, rows=1)[0]
    found = net.explain(x)
    h = 1e-5
    for i, column in enumerate(found.columns):
        moved = np.eye(net.model.n_in)[i] * h
        rise = (net.predict(x + moved) - net.predict(x - moved))[0, 0] / (2 * h)
        assert column.gradient_input == pytest.approx(rise * x[0, i], rel=1e-4, abs=1e-6)


def test_steep_lines_are_still_linear() -> None:
    net = Network(2, Dense(3, "linear", steepness=0.5), Dense(1, sees="all"), seed=0)
    found = net.explain([1.0, 2.0])
    assert found.exact and found.gradient_input_sum == pytest.approx(found.difference)


def test_experiments_on_such_layers_can_be_made() -> None:
    x = np.random.default_rng(0).normal(size=(60, 2))
    y = (x[:, :1] * x[:, 1:] > 0).astype(float)
    mask = np.ones((6, 1))
    mask[1] = 0
    first = Dense(2, ["tanh", "sine"], mask=[[1, 1], [0, 1]], l2=0.1)
    net = Network(2, first, Dropout(0.1), Dense(1, sees="all", mask=mask), seed=0)
    net.fit(x, y, epochs=2, learning_rate=1e-6)
    assert net.diagnose(x, y).findings
    experiments = Experiments(Evidence(net.model, x, y))
    for left in (experiments.wider, experiments.undropped, experiments.unpenalised, experiments.reference):
        assert np.isfinite(left)
    assert len(experiments.evidence.carried_back(experiments.evidence.now, experiments.evidence.parameters)) == 3


def test_units_that_differ_in_their_activation_only_are_no_twins() -> None:
    x, y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]], [1.0, 1.0, 0.0, 0.0]

    def titles(*names: str) -> list[str]:
        net = Network(2, Dense(2, list(names)), Dense(1, sees="all"), seed=0)
        net.parameters["dense_1.W"] = [[0.5, 0.5], [0.3, 0.3]]
        net.parameters["dense_2.W"][2:] = 0.4
        return list(net.diagnose(x, y).kinds)

    assert "symmetric_units" in titles("tanh", "tanh")
    assert "symmetric_units" not in titles("tanh", "sine")


@pytest.mark.filterwarnings("ignore::pellucid.Notice")
def test_a_compiled_network_answers_as_predict_does() -> None:
    net = example()
    x = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_allclose(net.compile()(x), net.predict(x), rtol=1e-12)


def test_training_can_be_recorded_and_gone_back_to() -> None:
    net = example()
    x, y = data(net, 0, rows=8)
    net.fit(x, y, epochs=6, record=True, learning_rate=0.05)
    then = net.at(2)
    assert then.layers == net.layers and then.parameters != net.parameters


def test_divergence_is_found_where_it_began() -> None:
    net = Network(1, Dense(2, "linear", steepness=3.0), Dense(1, sees="all"), seed=0)
    with pytest.raises(DivergenceError, match="learning rate"):
        net.fit([[1.0], [2.0]], [1.0, 2.0], optimizer="sgd", learning_rate=1e3, epochs=500, engine="numpy")


def test_a_slip_in_a_units_own_activation_is_explained() -> None:
    wrong = Activation(name="wrong", forward=lambda xp, z: xp.sum(z), slope=mine_slope)
    net = Network(1, Dense(2, ["tanh", wrong]), Dense(1), seed=0)
    with pytest.raises(InputError, match="forward of the activation 'wrong'"):
        net.fit([[1.0], [2.0]], [1.0, 2.0])


def test_one_unit_that_cannot_be_trained_through_is_named() -> None:
    net = Network(1, Dense(2, ["tanh", "threshold"]), Dense(1), seed=0)
    with pytest.raises(InputError, match="unit 1: threshold is flat"):
        net.fit([[1.0], [2.0]], [1.0, 2.0])


def test_a_pass_can_go_on_from_where_it_is() -> None:
    net = example()
    x = data(net, 0)[0]
    whole = passes.forward(np, net.layers, net.parameters.by_layer, x)
    rest = passes.forward(np, net.layers, net.parameters.by_layer, x, done=whole[:1])
    assert np.array_equal(rest[-1].a, whole[-1].a)


@pytest.mark.skipif(core().module is None, reason="no native core")
def test_auto_says_which_engine_it_took() -> None:
    net = example()
    net.fit(*data(net, 0), epochs=1)
    assert net.history.engine.split(":")[0] in ("native", "numpy")


def test_probabilities_of_a_steep_sigmoid() -> None:
    net = Network(2, Dense(1, "sigmoid", steepness=0.5), seed=0)
    assert np.allclose(net.predict_proba([[1.0, 2.0]]).sum(), 1.0)
    assert activations.by_unit(units="sigmoid", steepness=0.5).bounds() == (0.0, 1.0)
