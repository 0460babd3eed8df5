"""The diagnosis: what each kind says, its evidence, how it shows, and that it changes nothing."""

import json

import numpy as np
import pytest

import pellucid
from healthy_networks import HEALTHY
from pellucid import Dense, Dropout, Network
from pellucid.errors import InputError
from pellucid.insight.diagnosis import DETECTORS, Diagnosis, Finding
from pellucid.insight.render import to_html
from planted_data import XOR, blobs, circles, moons, plane, sine, trained
from planted_faults import FAULTS as SET_UP
from planted_training_faults import FAULTS as TRAINING

RECIPES = {recipe.name: recipe for recipe in [*SET_UP, *TRAINING, *HEALTHY]}
PLAIN = {"activation": "tanh", "output_activation": "sigmoid"}


def finding(name: str, seed: int = 1) -> Finding:
    net, X, y = RECIPES[name].make(seed)
    cause = net.diagnose(X, y).cause
    assert cause is not None
    return cause


TEXTS = {
    "relu_output_for_negative_numbers": (
        "rows have a target outside of 0 to infinity, which is all that relu can give",
        "a linear output",
    ),
    "a_perceptron_in_the_middle": ("dense_1 has the activation threshold, whose slope is 0 everywhere", "sigmoid"),
    "all_zero": (
        "All 5 units of dense_1 have the same incoming and the same outgoing weights",
        "random starting weights",
    ),
    "millimetres": (
        "2 of 2 columns are far from a mean of 0 and a deviation of 1",
        "(X - X.mean(axis=0)) / X.std(axis=0)",
    ),
    "prices": ("y has a mean of", "(y - y.mean()) / y.std()"),
    "biases_far_below": ("8 of 8 units of dense_1 were dead", "biases left at 0"),
    "biases_far_out": (
        "8 of 8 units of dense_1 were at the flat ends of tanh for at least 90% of the rows",
        "glorot_uniform",
    ),
    "deep_relu_before_training": ("arrives at dense_", 'weights="he_uniform" in every layer'),
    "deep_sigmoid": ("An error signal of size 1 at the output arrives at dense_1 with the size", '"relu"'),
    "no_hidden_layer_for_xor": ("There is no hidden layer. Trained with care", 'Dense(8, "tanh")'),
    "linear_hidden_layers": ("All hidden layers are linear. Trained with care", 'Dense(8, "tanh")'),
    "a_large_l2": ("has l1=0 and l2=3, and its largest weight is", "l2=0.001"),
    "nearly_all_dropped": ("The rates are dropout_2 0.95", "Dropout(0.2)"),
    "one_unit_for_circles": ("dense_1 has 1 unit. From 6 other starting points", "Dense(8, ...)"),
    "sgd_with_huge_steps": (
        "With the learning rate 50 the loss went from",
        "net.reset(), then fit with learning_rate=",
    ),
    "divergence": ("With the learning rate 2 training diverged", "net.reset()"),
    "adam_with_tiny_steps": ("With the learning rate 1e-05 the weights moved by", "fit with learning_rate="),
    "a_schedule_that_ends_at_once": (
        "(the mean over the schedule step(every=1.0, factor=0.5))",
        "fit with learning_rate=",
    ),
    "three_epochs": ("After 3 epochs the network leaves", "epochs=30"),
    "xor_that_got_stuck": ("of 6 other starting points the same layers got to", "net.reset(seed=1)"),
    "half_of_the_copies_relabelled": (
        "different inputs come with more than one label, so at least",
        "correct the labels",
    ),
    "one_in_twenty": ("Class 1 is 20 of 400 rows (5.0%), and the network misses", 'class_weight="balanced"'),
    "by_heart": ("The validation loss was lowest", "early_stopping=True"),
}


@pytest.mark.parametrize(("name", "seen", "instead"), [(name, *texts) for name, texts in TEXTS.items()])
def test_what_each_kind_says(name, seen, instead):
    cause = finding(name)
    assert cause.kind == RECIPES[name].cause
    assert seen in cause.seen, cause.seen
    assert instead in cause.instead, cause.instead
    assert cause.where and cause.why
    assert any(character.isdigit() for character in cause.seen)


def test_every_kind_that_is_a_cause_has_its_text_tested():
    tested = {RECIPES[name].cause for name in TEXTS}
    assert {detector.kind for detector in DETECTORS} - tested == {"plateau", "constant_output", "constant_columns"}


def test_the_evidence_is_true():
    net, X, y = RECIPES["millimetres"].make(2)
    assert (
        f"{X[:, 0].std():.3g}" in finding("millimetres", 2).seen
        or f"{X[:, 1].std():.3g}" in finding("millimetres", 2).seen
    )
    diagnosis = net.diagnose(X, y)
    a = net.predict(X)[:, 0]
    share = y.mean()
    constant = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    loss = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    np.testing.assert_allclose(diagnosis.unexplained, loss / constant, rtol=1e-9)


def test_consequences_come_after_the_cause():
    net, X, y = RECIPES["adam_kills_relus"].make(1)
    diagnosis = net.diagnose(X, y)
    assert diagnosis.kinds == ("learning_rate_too_high", "dead_units", "constant_output")
    assert "They were alive when training began" in diagnosis.findings[1].why
    assert "of their gradients is left: the rest cancels" in diagnosis.findings[2].seen


def test_xor_that_stands_still_says_why():
    same = "constant(value=0.5)"
    net = Network(2, Dense(2, "sigmoid", weights=same), Dense(1, "sigmoid", weights=same))
    trained(net, XOR, [0, 1, 1, 0], epochs=200, learning_rate=0.1, batch_size=None)
    diagnosis = net.diagnose(XOR, [0, 1, 1, 0])
    assert diagnosis.cause.kind == "symmetric_units"
    assert diagnosis.kinds[-1] == "constant_output"
    assert diagnosis.findings[-1].seen.endswith("0.0% of their gradients is left: the rest cancels.")


def test_notes_are_no_alarm():
    net = Network([3, 4, 1], **PLAIN, seed=1)
    X = np.column_stack([XOR, np.ones(4)])
    trained(net, X, [0, 1, 1, 0], epochs=400, learning_rate=0.1, batch_size=None)
    diagnosis = net.diagnose(X, [0, 1, 1, 0])
    assert diagnosis.healthy and diagnosis.cause is None
    assert "constant_columns" in diagnosis.kinds
    assert {found.severity for found in diagnosis} == {"note"}
    assert all(found.why.endswith("The network does well all the same.") for found in diagnosis)
    assert "Diagnosis: nothing wrong was found" in str(diagnosis)


def test_before_training():
    net = Network([2, 8, 1], **PLAIN, seed=1)
    X, y = moons(1)
    diagnosis = net.diagnose(X, y)
    assert len(diagnosis) == 0 and list(diagnosis) == []
    assert not diagnosis.trained and "has not been trained yet" in str(diagnosis)
    assert net.training is None and net.classes is None


def test_a_linear_network_is_seen_before_training():
    X, y = circles(1)
    assert Network([2, 1], activation="sigmoid", seed=1).diagnose(X, y).kinds == ("linear_network",)


def test_without_targets():
    net, X, _ = RECIPES["biases_far_out"].make(1)
    diagnosis = net.diagnose(X)
    assert diagnosis.cause.kind == "saturated_units"
    assert diagnosis.unexplained is None and "Without y only the signals inside" in str(diagnosis)
    net, X, _ = RECIPES["circles_by_tanh"].make(1)
    assert net.diagnose(X).healthy


def test_labels_as_text_and_a_preprocessed_network():
    random = np.random.default_rng(0)
    X = random.normal(size=(80, 3)) * [1, 1000, 0.001] + [0, 5000, 0]
    labels = np.where(X[:, 1] > 5000, "high", "low")
    net = pellucid.fit(X, labels, seed=0, quiet=True)
    assert net.diagnose(X, labels).healthy


def test_a_rare_class_is_named_by_its_label():
    random = np.random.default_rng(1)
    X = random.normal(size=(300, 2))
    labels = np.where(np.arange(300) % 30 == 0, "fraud", "fine")
    net = Network([2, 3, 1], **PLAIN, seed=1)
    trained(net, X, labels, epochs=40, learning_rate=0.02)
    cause = net.diagnose(X, labels).cause
    assert cause.kind == "rare_class_ignored"
    assert cause.where == "y, class 'fraud'"


def test_many_rows_are_sampled_always_alike():
    X, y = np.tile(XOR, (1500, 1)), np.tile([0, 1, 1, 0], 1500)
    net = Network([2, 1], activation="sigmoid", seed=1)
    trained(net, X[:400], y[:400], epochs=5)
    first, second = net.diagnose(X, y), net.diagnose(X, y)
    assert (first.rows, first.rows_given) == (2000, 6000)
    assert first.findings == second.findings and first.cause.kind == "linear_network"
    assert "2000 of the 6000 rows were looked at" in str(first)


def test_nothing_is_changed():
    net, X, y = RECIPES["sgd_with_huge_steps"].make(1)
    history, step = list(net.history.loss), net.training.step
    slots = [{k: {s: a.copy() for s, a in v.items()} for k, v in layer.items()} for layer in net.training.slots]
    before = net.copy()
    X_before, y_before = X.copy(), y.copy()
    net.diagnose(X, y)
    assert net == before and net.history.loss == history and net.training.step == step
    assert net.training.plan == before.training.plan and net.classes == before.classes
    for layer, kept in zip(net.training.slots, slots, strict=True):
        for key, values in layer.items():
            assert all(np.array_equal(values[slot], kept[key][slot]) for slot in values)
    assert np.array_equal(X, X_before) and np.array_equal(y, y_before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_dtypes(dtype):
    X, y = circles(3)
    net = Network([2, 8, 1], **PLAIN, seed=1, dtype=dtype)
    trained(net, X, y, epochs=20, learning_rate=1e-5)
    assert net.diagnose(X, y).cause.kind == "learning_rate_too_low"


@pytest.mark.parametrize("optimizer", ["rprop", "quickprop", "adagrad"])
def test_optimizers_without_a_rate_or_with_an_unusual_one(optimizer):
    X, y = circles(3)
    net = Network([2, 1, 1], **PLAIN, seed=1)
    trained(net, X, y, epochs=30, optimizer=optimizer, batch_size=None)
    assert isinstance(net.diagnose(X, y), Diagnosis)


def test_small_and_odd_inputs():
    net = Network([2, 3, 1], **PLAIN, seed=1)
    assert isinstance(net.diagnose([0.5, 1.0]), Diagnosis)
    assert isinstance(net.diagnose([[0.5, 1.0]], [1]), Diagnosis)
    assert isinstance(net.diagnose(np.zeros((5, 2)), [1, 1, 1, 1, 1]), Diagnosis)
    assert isinstance(Network(2, Dropout(0.5)).diagnose(XOR, XOR), Diagnosis)
    assert isinstance(Network([2, 1], activation="linear").diagnose(1e200 * XOR, [0, 1, 1, 0]), Diagnosis)
    X, y = plane(1)
    assert Network([4, 3, 1], activation="tanh", output_activation="linear", seed=1).diagnose(X, y).healthy


def test_targets_out_of_reach_for_a_network_that_was_trained_on_others():
    X, y = sine(1)
    net = Network([1, 8, 1], activation="tanh", seed=1)
    trained(net, X, np.clip(y, -1, 1), epochs=50, learning_rate=0.02)
    cause = net.diagnose(X, 3 * y).cause
    assert cause.kind == "targets_out_of_reach" and cause.where.startswith("y, first in row ")


def test_closed_ranges():
    X, y = blobs(1, classes=2)
    for output, targets in [("sigmoid", y), ("tanh", 2 * y - 1), ("hard_sigmoid", y), ("relu", y)]:
        net = Network(2, Dense(4, "tanh"), Dense(1, output), seed=1)
        assert "targets_out_of_reach" not in net.diagnose(X, targets).kinds


def test_as_data_and_as_html():
    net, X, y = RECIPES["adam_kills_relus"].make(1)
    diagnosis = net.diagnose(X, y)
    data = json.loads(json.dumps(diagnosis.to_dict(), allow_nan=False))
    assert data["cause"] == "learning_rate_too_high" and not data["healthy"]
    assert set(data["findings"][0]) == {"kind", "severity", "seen", "where", "why", "instead"}
    assert (data["rows"], data["rows_given"], data["trained"]) == (120, 120, True)
    assert "learning rate too high" in to_html(diagnosis.tree())
    diverged, X, y = RECIPES["divergence"].make(1)
    json.dumps(diverged.diagnose(X, y).to_dict(), allow_nan=False)


def test_what_it_looks_like():
    X, y = circles(1)
    text = str(Network([2, 1], activation="sigmoid", seed=1).diagnose(X, y))
    lines = text.splitlines()
    assert lines[0] == "Diagnosis: linear network"
    assert "Problem: linear network (dense_1)" in text
    assert 'Try: a hidden layer with a curved activation: Dense(8, "tanh") before the last layer' in text
    assert max(map(len, lines)) <= 100


def test_errors():
    net = Network([2, 3, 1], **PLAIN, seed=1)
    with pytest.raises(InputError, match=r"^diagnose: X has 3 columns"):
        net.diagnose(np.ones((2, 3)), [0, 1])
    with pytest.raises(InputError, match=r"^diagnose: X has 4 rows and y has 2\.\n  Expected: as many"):
        net.diagnose(XOR, [0, 1])
    with pytest.raises(InputError, match=r"^diagnose: y has 3 classes: 'a', 'b', 'c'"):
        net.diagnose(XOR, ["a", "b", "c", "a"])
    linear = Network([2, 3, 1], activation="tanh", output_activation="linear")
    with pytest.raises(InputError, match=r"^diagnose: y holds the text"):
        linear.diagnose(XOR, ["a", "b", "c", "a"])
