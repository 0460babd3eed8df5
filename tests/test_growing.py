"""`Network.grow`: what it builds, what it leaves alone, when it stops, and what it refuses."""

from __future__ import annotations

import _thread
import pickle
import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import Activation, Dense, Dropout, Network
from pellucid.engines import Wish, choose
from pellucid.errors import InputError, PellucidError
from pellucid.training.growth import GrownUnit

XOR = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]]), np.array([-1.0, 1, 1, -1])


def waves(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    X = random.uniform(-2, 2, (n, 2))
    return X, np.sin(X[:, 0]) * X[:, 1] + 0.05 * random.standard_normal(n)


@pytest.mark.parametrize("seed", range(5))
def test_xor_needs_a_unit_or_two(seed: int) -> None:
    net = Network([2, 1], activation="tanh", seed=seed)
    growth = net.grow(*XOR, goal=0.01)
    assert growth.stopped == "the goal is met" and 1 <= growth.kept <= 3
    assert [layer.sees for layer in net.layers] == ["all"] * (growth.kept + 1)
    assert net.parameters[f"dense_{growth.kept + 1}.W"].shape == (2 + growth.kept, 1)
    assert np.array_equal(np.sign(net.predict(XOR[0])[:, 0]), XOR[1])


def test_regression_gets_better_with_each_unit_and_is_the_same_again() -> None:
    X, y = waves(200, 1)
    nets = [Network(2, Dense(1), seed=3) for _ in range(2)]
    growths = [net.grow(X, y, units=8, candidate_epochs=100) for net in nets]
    assert nets[0] == nets[1] and growths[0] == growths[1]
    losses = [done.loss for done in growths[0].rounds]
    assert len(losses) == 9 and all(b <= a * 1.05 for a, b in pairwise(losses))
    assert losses[-1] < losses[0] / 5
    assert nets[0].score(*waves(200, 2)) > 0.7
    assert losses[growths[0].kept] == min(losses)
    assert np.mean((nets[0].predict(X)[:, 0] - y) ** 2) == pytest.approx(min(losses))


def test_the_two_engines_grow_alike() -> None:
    X, y = waves(60, 1)
    grown = {}
    for engine in ("numpy", "auto"):
        net = Network(2, Dense(1), seed=3)
        grown[engine] = net.grow(X, y, units=2, candidate_epochs=40, epochs=40, engine=engine)
    a, b = grown["numpy"].rounds, grown["auto"].rounds
    assert [done.loss for done in a] == pytest.approx([done.loss for done in b], rel=1e-6)


def test_classes_with_labels() -> None:
    random = np.random.default_rng(0)
    X = random.uniform(-1, 1, (150, 2))
    y = np.where((X**2).sum(axis=1) < 0.4, "in", np.where(X[:, 0] > 0, "right", "left"))
    net = Network(2, Dense(3, "softmax"), seed=1)
    growth = net.grow(X, y, units=6, candidate_epochs=100)
    assert net.classes == ("in", "left", "right")
    assert net.score(X, y) > 0.95
    assert growth.rounds[-1].loss < growth.rounds[0].loss / 2
    assert net.classify(X[:2]).shape == (2,)


def test_validation_says_how_it_generalises_and_keeps_the_best() -> None:
    random = np.random.default_rng(5)
    X, y = random.standard_normal((60, 6)), random.standard_normal(60)  # nothing to be learnt
    net = Network(6, Dense(1), seed=1)
    growth = net.grow(X[:30], y[:30], units=12, patience=2, validation=(X[30:], y[30:]), candidate_epochs=60)
    told = [done.validation_loss for done in growth.rounds]
    assert growth.stopped == "no gain in 2 units" and len(growth.rounds) < 13
    assert growth.kept == int(np.argmin(told)) == len(net.layers) - 1
    assert np.mean((net.predict(X[30:])[:, 0] - y[30:]) ** 2) == pytest.approx(min(told))
    share = Network(6, Dense(1), seed=1).grow(X, y, units=1, validation=0.3)
    assert np.isfinite([done.validation_loss for done in share.rounds]).all()


def test_hidden_layers_stay_and_what_was_learnt_rests() -> None:
    X, y = waves(80, 1)
    net = Network([2, 3, 1], activation="tanh", output_activation="linear", seed=3)
    hidden = {name: net.parameters[name].copy() for name in ("dense_1.W", "dense_1.b")}
    answers = net.predict(X)
    net.grow(X, y, units=0, epochs=0)
    assert net.layers[-1].sees == "all" and net.parameters["dense_2.W"].shape == (5, 1)
    assert np.allclose(net.predict(X), answers)
    first = net.copy()
    net.grow(X, y, units=2, candidate_epochs=50)
    assert len(net.layers) == 4
    for name, array in hidden.items():
        assert np.array_equal(net.parameters[name], array) and np.array_equal(first.parameters[name], array)
    grown = net.copy()
    net.fit(X, y, epochs=30, batch_size=None, learning_rate=0.001)  # all weights together
    assert not np.array_equal(net.parameters["dense_3.W"], grown.parameters["dense_3.W"])


def test_a_grown_network_is_one_like_any_other(tmp_path: Any) -> None:
    X, y = waves(60, 1)
    net = Network(2, Dense(1), seed=3)
    net.grow(X, y, units=3, candidate_epochs=50)
    net.save(tmp_path / "grown.safetensors")
    assert pellucid.load(tmp_path / "grown.safetensors") == net == pickle.loads(pickle.dumps(net))
    assert net.check_gradients(X[:5], y[:5]).passed
    assert "dense_3" in str(net.trace(X[:1], y[:1]))
    assert net.reset(5).parameters["dense_3.W"].shape == net.parameters["dense_3.W"].shape


def test_activations_steepness_and_score_of_the_candidates() -> None:
    X, y = waves(60, 1)
    net = Network(2, Dense(1), seed=3)
    growth = net.grow(X, y, units=3, activations=["sine", "gaussian"], steepness=[0.5, 2.0], candidate_epochs=50)
    for done in growth.rounds[1:]:
        assert done.activation in ("sine", "gaussian") and done.steepness in (0.5, 2.0) and 0 < done.score <= 1
    assert growth.rounds[0].activation == ""
    lines = str(growth).splitlines()
    assert lines[0].startswith("  0 units: loss ") and lines[-1] == f"stopped: all units; kept {growth.kept} units"


def test_a_callback_sees_each_round_and_can_end_it() -> None:
    seen: list[GrownUnit] = []

    def watch(done: GrownUnit) -> bool:
        seen.append(done)
        return done.units == 2

    growth = Network(2, Dense(1), seed=3).grow(*waves(40, 1), callback=watch, candidate_epochs=30)
    assert growth.stopped == "the callback said so" and seen == growth.rounds and len(seen) == 3


@pytest.mark.parametrize("steepness", [np.array(0.5), np.float32(0.5), [np.array(0.5)], np.array([0.5])])
def test_one_steepness_however_it_is_given(steepness: Any) -> None:
    growth = Network(2, Dense(1), seed=3).grow(*waves(40, 1), units=1, steepness=steepness, candidate_epochs=30)
    assert growth.rounds[1].steepness == 0.5


ODD = [None, True, -1, 0.5, "x", b"x", np.nan, np.array(0.5), np.array("x"), np.ones((2, 2)), np.zeros(0), {}, {"a": 1},
       [None], ["tanh", 3], 1j, object(), np.timedelta64(1), 10**400, Dense(1)]  # fmt: skip


@pytest.mark.parametrize("name", [
    "units", "candidates", "activations", "steepness", "loss", "goal", "patience", "validation", "epochs",
    "candidate_epochs", "optimizer", "sample_weight", "class_weight", "engine", "threads",
])  # fmt: skip
def test_odd_arguments_are_taken_or_explained(name: str) -> None:
    usual = {"units": 1, "candidates": 1, "activations": "tanh", "steepness": 1.0, "epochs": 2, "candidate_epochs": 2}
    taken = 0
    for odd in ODD:
        net = Network(2, Dense(1), seed=3)
        before = net.copy()
        try:
            net.grow(*waves(10, 1), **{**usual, name: odd})
        except PellucidError as error:
            said = str(error)
        else:
            taken += 1
            continue
        assert said.startswith("grow: ") and "Expected:" in said, (name, odd)
        assert net == before
    assert taken < len(ODD) / 2


@pytest.mark.parametrize("candidates", [1, 3, 8, 11])
def test_candidates_in_several_threads_are_the_same(candidates: int) -> None:
    """Each bed is trained by one thread, whichever it is."""
    grown = []
    for threads in (1, 2, 5):
        net = Network([2, 2, 2], activation="tanh", output_activation="linear", seed=3)
        X, y = waves(90, 1)
        growth = net.grow(X, np.stack([y, y * y], axis=1), units=2, candidates=candidates, threads=threads,
                          candidate_epochs=60, validation=0.2)  # fmt: skip
        grown.append((growth, {name: array.tobytes() for name, array in net.parameters.items()}))
    assert grown[0] == grown[1] == grown[2]


@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c_keeps_what_has_grown(threads: int) -> None:
    net = Network(2, Dense(1), seed=3)

    def press(done: GrownUnit) -> None:
        if done.units == 1:
            _thread.interrupt_main()

    growth = net.grow(*waves(40, 1), units=50, patience=50, callback=press, threads=threads, candidate_epochs=30)
    assert growth.stopped == "Ctrl-C" and len(growth.rounds) == 2
    assert len(net.layers) == growth.kept + 1


@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c_in_the_midst_of_a_round(threads: int) -> None:
    net = Network(2, Dense(1), seed=3)
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    how: dict[str, Any] = {"units": 10**6, "patience": 10**6, "candidates": 200, "candidate_epochs": 10**4}
    growth = net.grow(*waves(400, 1), threads=threads, **how)
    timer.join()
    assert growth.stopped == "Ctrl-C" and len(net.layers) == growth.kept + 1


def test_more_candidates_begin_elsewhere() -> None:
    scores = [
        Network(2, Dense(1), seed=3).grow(*waves(60, 1), units=1, candidates=n, candidate_epochs=60).rounds[1].score
        for n in (1, 20)
    ]
    assert scores[0] < scores[1] <= 1.0


def test_who_computed_is_on_record() -> None:
    net = Network(2, Dense(1), seed=3)
    net.grow(*waves(20, 1), units=1, candidate_epochs=10, engine="numpy")
    assert net.history.engine == "numpy: asked for"
    net.grow(*waves(20, 1), units=1, candidate_epochs=10, threads=1)
    assert net.history.engine == choose(Wish(threads=1), 2, net.layers, net.training.plan, 20).reason


def test_an_activation_of_ones_own_can_grow() -> None:
    own = Activation(
        name="own", formula="x", forward=lambda xp, z: xp.tanh(z), slope=lambda xp, z, a: 1.0 - a * a, range=(-1.0, 1.0)
    )
    net = Network(2, Dense(1), seed=3)
    growth = net.grow(*waves(60, 1), units=2, activations=[own], candidate_epochs=60, threads=2)
    assert growth.rounds[-1].activation == "own" and growth.rounds[-1].loss < growth.rounds[0].loss
    assert "the activation 'own' of dense_1 is your own" in net.history.engine


def test_a_script_only_predicts_and_says_why() -> None:
    X, y = waves(20, 1)
    net = Network(2, Dense(1), seed=3)
    net.grow(X, y, units=1, candidate_epochs=10)
    for script in (net.to_python(), net.to_python(X, y)):
        said = " ".join(script.split())
        assert "or it grew (net.grow), which a script cannot do again, so this script only predicts." in said
    net.fit(X, y, epochs=2)
    assert "only predicts" not in net.to_python()


@pytest.mark.parametrize("optimizer", ["rprop", "quickprop", "sarprop", "adam(learning_rate=0.05)"])
def test_any_optimizer(optimizer: str) -> None:
    growth = Network(2, Dense(1), seed=3).grow(*waves(60, 1), units=3, optimizer=optimizer, candidate_epochs=100)
    assert growth.rounds[-1].loss < growth.rounds[0].loss


def test_a_row_without_weight_counts_for_nothing() -> None:
    X, y = waves(40, 1)
    spoilt, weight = y.copy(), np.ones(40)
    spoilt[:5], weight[:5] = 50.0, 0.0
    nets = [Network(2, Dense(1), seed=3) for _ in range(2)]
    for net, target in zip(nets, (y, spoilt), strict=True):
        net.grow(X, target, units=2, sample_weight=weight, candidate_epochs=40, epochs=40, engine="numpy")
    assert np.allclose(nets[0].predict(X), nets[1].predict(X), atol=1e-6)


@pytest.mark.parametrize(
    ("net", "options", "said"),
    [
        (Network(2, Dropout(0.5), Dense(1)), {}, "dropout_1 drops units"),
        (Network(2, Dense(1, mask=[[1], [0]])), {}, "cannot grow"),
        (Network(2, Dense(1)), {"units": -1}, "units = -1"),
        (Network(2, Dense(1)), {"candidates": 0}, "candidates = 0"),
        (Network(2, Dense(1)), {"epochs": 0}, "epochs = 0"),
        (Network(2, Dense(1)), {"goal": "a"}, "goal='a'"),
        (Network(2, Dense(1)), {"candidates": 1001}, "candidates = 1001"),
        (Network(2, Dense(1)), {"steepness": "x"}, "steepness='x'"),
        (Network(2, Dense(1)), {"steepness": np.array("x")}, "steepness=array"),
        (Network(2, Dense(1)), {"steepness": np.ones((2, 2))}, "steepness=array"),
        (Network(2, Dense(1)), {"steepness": [1.0, 0.0]}, "other than 0"),
        (Network(2, Dense(1)), {"steepness": [1.0, np.nan]}, "steepness="),
        (Network(2, Dense(1)), {"activations": 3}, "activation"),
        (Network(2, Dense(1)), {"callback": 3}, "callback=3"),
        (Network(2, Dense(1)), {"activations": []}, "no activations, or no steepness"),
        (Network(2, Dense(1)), {"activations": "softmax"}, "candidates of softmax"),
        (Network(2, Dense(1)), {"activations": "threshold"}, "candidates of threshold"),
        (Network(2, Dense(1)), {"activations": "tan"}, "no activation named 'tan'"),
        (Network(3, Dense(1)), {}, "2 columns"),
    ],
)
def test_what_cannot_grow_is_refused(net: Network, options: dict[str, Any], said: str) -> None:
    before = net.copy()
    with pytest.raises((InputError, PellucidError), match=said):
        net.grow(*XOR, **options)
    assert net == before
