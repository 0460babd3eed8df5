"""A FANN net as a `Network`, and back: the same answers, the same weights to the last bit; what FANN cannot express."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from fann_nets import structures
from pellucid import Dense, Dropout, Network
from pellucid.errors import InputError, Notice
from pellucid.fann.numpy_engine import NumpyEngine
from pellucid.io.fann import convert, net_file
from pellucid.io.fann.functions import FUNCTIONS, NUMBERS
from pellucid.io.fann.structure import BATCH, INCREMENTAL, QUICKPROP, RPROP, SARPROP, SHORTCUT, Structure
from real_fann import ask

Find = Callable[[str], Path]
JUMPING = (1, 2, 4, 6)  # thresholds, and the stepwise sigmoids at their ends
SMOOTH = sorted(name for name, (number, _) in NUMBERS.items() if number not in JUMPING)
X_AND, Y_AND = [[-1, -1], [-1, 1], [1, -1], [1, 1]], [-1, -1, -1, 1]


def run(net: Structure, X: np.ndarray) -> np.ndarray:
    return NumpyEngine().outputs(net, np.ascontiguousarray(X, float))


def test_a_fann_net_answers_as_the_real_library(outside_data: Find) -> None:
    folder = outside_data("oracle/forward/forward.json").parents[1]
    for case in json.loads((folder / "forward/forward.json").read_text()):
        net = pellucid.load(folder / case["net"])
        assert np.abs(net.predict(case["X"]) - case["Y"]).max() < 1e-15, case["net"]


def test_every_net_of_the_oracle_comes_back_with_its_weights(outside_data: Find) -> None:
    folder = outside_data("oracle/training/index.json").parents[1]
    for path in sorted(folder.rglob("*.net")):
        if "io" in path.parts or path.read_bytes().startswith(b"FANN_FIX"):
            continue
        net = net_file.read(path)
        model = convert.to_model(net)
        back = convert.from_model(model)
        assert (back.network_type, back.layer_sizes, back.sparse) == (net.network_type, net.layer_sizes, net.sparse)
        assert convert.to_model(back).parameters == model.parameters, path
        if not net.sparse:
            assert np.array_equal(back.weights, net.weights), path


def test_each_activation_function_is_the_same(outside_data: Find) -> None:
    """The real answers of a net of one neuron, x -> y, where FANN does not clip; a negative steepness is refused."""
    cases = json.loads(outside_data("oracle/activations/forward.json").read_text())
    assert {case["activation"] for case in cases} == set(range(len(FUNCTIONS)))
    for case in cases:
        steepness = case["steepness"]
        if steepness >= 0:
            x, y = np.array(case["x"]), np.array(case["y"])
            inside = np.abs(x * steepness) < 150 / steepness if steepness else np.full(len(x), True)
            net = Network.of(convert.to_model(one_neuron(case["activation"], steepness)))
            found = net.predict(x[inside, None])[:, 0]
            assert np.allclose(found, y[inside], rtol=1e-13, atol=1e-14), (case["name"], steepness)


def one_neuron(number: int, steepness: float) -> Structure:
    net = convert.from_model(Network(1, Dense(1, weights=[[1.0]])).model)
    net.activation[2], net.steepness[2] = number, steepness
    return net


@given(structures(anything=False), st.integers(0, 2**32))
def test_any_net_answers_the_same_and_comes_back(net: Structure, seed: int) -> None:
    net.weights = np.clip(net.weights, -3.0, 3.0)  # within FANN's clip of the sums
    net.activation[np.isin(net.activation, JUMPING)] = 5  # a sum that is rounded otherwise may be on another side
    X = np.random.default_rng(seed).normal(size=(4, net.n_in))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        model = convert.to_model(net)
    model.preprocessing = None
    expected = run(net, X)
    assert np.allclose(Network.of(model).predict(X), expected, rtol=1e-9, atol=1e-9)
    back = convert.from_model(model)
    assert np.allclose(run(back, X), expected, rtol=1e-9, atol=1e-9)
    # A layer in which only some units have a bias gives the others one of weight 0.
    assert np.array_equal(np.sort(back.weights[back.weights != 0]), np.sort(net.weights[net.weights != 0]))
    again = convert.to_model(back)
    assert again.layers == model.layers
    assert again.parameters == model.parameters


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Networks that FANN can express."""
    n_in = draw(st.integers(1, 3))
    layers, taken = [], [n_in]
    for _ in range(draw(st.integers(1, 3))):
        units = draw(st.integers(1, 3))
        sees = draw(st.sampled_from(["previous", "all"]))
        width = sum(taken) if sees == "all" else taken[-1]
        names = draw(st.lists(st.sampled_from(SMOOTH), min_size=units, max_size=units))
        steepness = draw(st.lists(st.floats(-1.5, 1.5), min_size=units, max_size=units))
        mask = draw(
            st.none()
            | st.lists(st.lists(st.booleans(), min_size=units, max_size=units), min_size=width, max_size=width)
        )
        layers.append(Dense(units, names, steepness=steepness, bias=draw(st.booleans()), sees=sees, mask=mask))
        taken.append(units)
    return Network(n_in, *layers, seed=draw(st.integers(0, 99)))


@given(networks())
def test_any_network_that_fann_can_express_answers_the_same_there(net: Network) -> None:
    X = np.random.default_rng(0).normal(size=(5, net.model.n_in))
    saved = net_file.parse(net_file.to_text(convert.from_model(net.model)))
    assert np.allclose(run(saved, X), net.predict(X), rtol=1e-12, atol=1e-12)


def test_the_tutorials_net_can_be_seen_through_and_trained_on(tmp_path: Path, outside_data: Find) -> None:
    net = pellucid.load(outside_data("oracle/tutorial/and.net"))
    assert net.training.plan.optimizer.name == "rprop"
    assert net.trace(X_AND, Y_AND).layers
    assert net.explain(X_AND[0]) is not None
    assert net.copy().fit(X_AND, Y_AND, optimizer="adam", epochs=3).epochs == 3  # and no notice of a changed optimizer
    assert net.fit(X_AND, Y_AND, epochs=2, batch_size=None).epochs == 2
    written = net.save(tmp_path / "and.net")
    assert pellucid.load(written) == net
    net.save(tmp_path / "and.safetensors")
    assert pellucid.load(tmp_path / "and.safetensors") == net


def test_scaling_becomes_preprocessing_and_comes_back(outside_data: Find, tmp_path: Path) -> None:
    folder = outside_data("oracle/scaling/scaling.json").parents[1]
    for case in json.loads((folder / "scaling/scaling.json").read_text()):
        net = pellucid.load(folder / case["net"])
        raw = net_file.read(folder / case["net"])
        scaled = run(raw, np.array(case["scaled_X_after_reload"]))
        s = raw.scaling
        descaled = ((scaled - s.new_min_out) / s.factor_out - 1) * s.deviation_out + s.mean_out
        assert np.allclose(net.predict(case["X"]), descaled, rtol=1e-6, atol=1e-6)
        back = pellucid.load(net.save(tmp_path / "scaled.net"))
        assert np.allclose(back.predict(case["X"]), descaled, rtol=1e-5, atol=1e-5)


def test_constant_columns_scale_nothing() -> None:
    net = one_neuron(0, 1.0)
    scaled = pellucid.fit(np.arange(20.0)[:, None], np.arange(20.0) * 3, hidden=(), epochs=1, progress=False)
    scaling = convert.from_model(scaled.model).scaling
    assert scaling is not None
    scaling.deviation_in[0] = 0.0
    net.scaling = scaling
    with pytest.warns(Notice, match="scale nothing"):
        assert convert.to_model(net).preprocessing is None


@pytest.mark.parametrize(
    ("optimizer", "batch", "algorithm"),
    [
        ("sgd(learning_rate=0.25, momentum=0.5)", 1, INCREMENTAL),
        ("sgd(learning_rate=0.25)", None, BATCH),
        ("rprop(initial_step=0.25, grow=1.5)", None, RPROP),
        ("quickprop(learning_rate=0.25, growth=2, weight_decay=0.125)", None, QUICKPROP),
        ("sarprop(temperature=0.25, weight_decay=0.125, noise_scale=0.5)", None, SARPROP),
        ("adam", None, RPROP),
    ],
)
def test_the_algorithm_and_its_numbers_are_kept(optimizer: str, batch: int | None, algorithm: int) -> None:
    net = Network([2, 1], activation="tanh", seed=0)
    net.fit(X_AND, Y_AND, optimizer=optimizer, batch_size=batch, epochs=1, loss="squared_error")
    saved = net_file.parse(net_file.to_text(convert.from_model(net.model)))
    assert saved.settings.training_algorithm == algorithm
    if optimizer != "adam":
        plan = convert.to_model(saved).training.plan
        known = dict(pellucid.optimizers.resolve(optimizer).options)
        found = {key: plan.optimizer.options[key] for key in known}
        assert found == pytest.approx(known, rel=1e-6, abs=1e-9)
        powers = {"weight_decay", "noise_scale"} if optimizer == "sarprop" else set()  # the file has their logarithms
        assert [found[key] for key in known if key not in powers] == [known[key] for key in known if key not in powers]
        assert plan.batch_size == batch


@pytest.mark.parametrize(
    ("net", "text"),
    [
        (Network([2, 3, 1], activation="relu"), "layer dense_1: FANN has no activation function like relu"),
        (Network([2, 3], activation="softmax"), "layer dense_1: FANN has no activation function like softmax"),
        (Network(2, Dense(3), Dropout(0.5), Dense(1)), "dropout_2 is a dropout layer, which FANN cannot express"),
    ],
)
def test_an_error_says_what_fann_cannot_express(net: Network, text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        net.save(tmp_path / "a.net")
    assert str(caught.value).startswith("save: " + text)
    assert not list(tmp_path.iterdir())


def test_preprocessing_beyond_scaling_is_refused(tmp_path: Path) -> None:
    colours = [[float(k), "red" if k % 2 else "blue"] for k in range(20)]
    net = pellucid.fit(colours, [float(k) for k in range(20)], hidden=(), epochs=1, progress=False)
    with pytest.raises(InputError, match="turns words into columns"):
        net.save(tmp_path / "a.net")


def test_only_a_fann_net_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "notes.net"
    path.write_text("my notes")
    net = Network([2, 1], activation="tanh", seed=0)
    with pytest.raises(InputError, match="exists and is not a FANN net"):
        net.save(path)
    path.write_text("")
    net.save(path)
    net.save(path)
    assert pellucid.load(path).parameters == net.parameters


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("steepness", "has the steepness -1.0"),
        ("weights", "is nan"),
        ("inputs", "has no inputs"),
    ],
)
def test_what_a_network_cannot_be(change: str, text: str) -> None:
    net = one_neuron(3, 1.0)
    if change == "steepness":
        net.steepness[2] = -1.0
    elif change == "weights":
        net.weights[0] = np.nan
    else:
        net.layer_sizes, net.n_inputs = [1, 2], np.array([0, 1, 0])
        net.activation, net.steepness, net.sources, net.weights = (
            net.activation[1:],
            net.steepness[1:],
            net.sources[:1],
            net.weights[:1],
        )
    with pytest.raises(InputError, match=text):
        convert.to_model(net)


def test_a_bias_free_and_a_mixed_network_keep_their_shape() -> None:
    plain = convert.from_model(Network(2, Dense(2, "tanh", bias=False), Dense(1)).model)
    assert (plain.connection_rate, plain.sources.tolist()) == (1.0, [0, 1, 0, 1, 3, 4, 5])
    mixed = convert.from_model(Network(2, Dense(2, "tanh"), Dense(1, sees="all", bias=False)).model)
    assert mixed.network_type == SHORTCUT
    assert mixed.sparse


@pytest.mark.peers
def test_the_real_library_answers_as_the_network(tmp_path: Path) -> None:
    nets = [
        Network([2, 3, 2], activation="tanh", seed=1),
        Network(
            3,
            Dense(4, ["tanh", "sigmoid", "gaussian", "sine"], steepness=[0.5, 1, 2, -0.5]),
            Dense(2, "elliot"),
            seed=2,
        ),
        Network(3, Dense(2, "tanh", sees="all"), Dense(1, "sigmoid", sees="all"), Dense(2, sees="all"), seed=3),
        Network(3, Dense(2, "tanh", mask=[[1, 0], [1, 1], [0, 1]]), Dense(1, "softsign"), seed=4),
        Network(2, Dense(3, "tanh", bias=False), Dense(1, "tanh", bias=False), seed=5),
        Network(2, Dense(3, "tanh", bias=False), Dense(1, "tanh", sees="all"), seed=6),
    ]
    X = [np.random.default_rng(k).normal(size=(5, net.model.n_in)) for k, net in enumerate(nets)]
    for k, net in enumerate(nets):
        net.save(tmp_path / f"{k}.net")
    answers = ask(
        """
answer = []
for k, rows in enumerate(given):
    net = libfann.neural_net()
    assert net.create_from_file(f"{k}.net")
    answer.append([net.run(row) for row in rows])
""",
        tmp_path,
        [x.tolist() for x in X],
    )
    for k, net in enumerate(nets):
        assert np.allclose(net.predict(X[k]), answers[k], rtol=1e-13, atol=1e-13), k
