"""`pellucid.fit`: what it chooses, what it says, and how it refuses."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest

import pellucid
from pellucid import auto
from pellucid.data.datasets import load_dataset
from pellucid.errors import DivergenceError, InputError, UnknownNameError

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
TABLE = {
    "age": [20, 30, None, 50, 25, 35, 45, 55] * 4,
    "colour": ["red", "blue", "red", None, "red", "blue", "green", "blue"] * 4,
    "member": [True, False, True, False, True, True, False, False] * 4,
    "since": ["2024-01-05", "2024-02-05"] * 16,
}
ANSWERS = ["yes", "no", "yes", "no", "yes", "yes", "no", "no"] * 4


def rows(n: int = 60, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 3))


def quick(X, y, **options) -> pellucid.Network:
    return pellucid.fit(X, y, quiet=True, **{"epochs": 3, **options})


def layers_of(choices: auto.Choices) -> list[tuple[int, str]]:
    return [(layer.units, layer.activation.name) for layer in choices.layers]


# --- What is chosen ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "task", "output", "loss"),
    [
        (["a", "b"] * 30, "classification", (1, "sigmoid"), "binary_cross_entropy"),
        ([True, False] * 30, "classification", (1, "sigmoid"), "binary_cross_entropy"),
        ([0, 1, 2] * 20, "classification", (3, "softmax"), "cross_entropy"),
        ([0.5, 1.5, 2.25] * 20, "regression", (1, "linear"), "squared_error"),
        (list(range(60)), "regression", (1, "linear"), "squared_error"),
        ([[0.5, 1.0], [1.5, 2.0]] * 30, "regression", (2, "linear"), "squared_error"),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 1]] * 20, "classification", (3, "softmax"), "cross_entropy"),
    ],
)
def test_the_target_decides_task_output_and_loss(y, task, output, loss):
    choices = auto.choose(rows(), y)
    assert (choices.task, layers_of(choices)[-1], choices.loss) == (task, output, loss)
    assert quick(rows(), y).predict(rows()).shape == (60, output[0])


def test_columns_of_booleans_are_many_labels():
    X = np.random.default_rng(0).normal(size=(200, 2))
    y = np.stack([X[:, 0] > 0, X.sum(axis=1) > 0.3], axis=1)
    net = pellucid.fit(X, y, quiet=True, epochs=30)
    assert net.layers[-1].activation.name == "sigmoid" and net.layers[-1].units == 2
    assert net.training.plan.loss.name == "binary_cross_entropy"
    assert net.history.notes[0] == "Task: classification (y holds yes or no in 2 columns)."
    assert not any("standardised for training" in note for note in net.history.notes)
    said = net.classify(X)
    assert said.tolist() == (net.predict(X) > 0.5).astype(int).tolist()
    assert net.score(X, y) == pytest.approx(float((said == y).mean())) and net.score(X, y) > 0.95
    numbers = pellucid.fit(X, y.astype(int), quiet=True, epochs=30)
    assert numbers == net
    asked = pellucid.fit(X, y, task="regression", quiet=True, epochs=2)
    assert asked.training.plan.loss.name == "squared_error"


def test_the_task_can_be_told():
    y = [0, 1, 2] * 20
    net = quick(rows(), y, task="regression")
    assert net.layers[-1].activation.name == "linear"
    assert net.classes is None
    assert net.history.notes[0] == "Task: regression (as asked)."
    assert quick(rows(), [1.5, 2.5] * 30, task="classification").classes == (1.5, 2.5)


def test_hidden_layers_can_be_told():
    assert layers_of(auto.choose(rows(), [0.5, 1.5] * 30))[:-1] == [(64, "relu"), (64, "relu")]
    for hidden in (32, np.int64(32), [32], (32,), np.array([32])):
        assert layers_of(auto.choose(rows(), [0.5, 1.5] * 30, hidden=hidden))[:-1] == [(32, "relu")]
    assert layers_of(auto.choose(rows(), [0.5, 1.5] * 30, hidden=(16, 15)))[:-1] == [(16, "relu"), (15, "silu")]
    assert layers_of(auto.choose(rows(), [0.5, 1.5] * 30, hidden=())) == [(1, "linear")]


def test_without_hidden_layers_it_is_linear_regression():
    X = rows(200)
    y = X @ [1.0, -2.0, 0.5] + 3.0
    net = pellucid.fit(X, y, hidden=(), quiet=True)
    assert net.score(X, y) > 0.99
    steps = np.diff(net.predict(np.outer(np.arange(4.0), [1.0, 1.0, 1.0]))[:, 0])
    np.testing.assert_allclose(steps, steps[0])


def test_the_penalty_follows_from_rows_and_task():
    for n in (20, 400):
        X = rows(n)
        assert [layer.l2 for layer in auto.choose(X, [0, 1] * (n // 2)).layers] == [
            pytest.approx(0.2 / n**0.5, 0.05)
        ] * 3
        assert auto.choose(X, X[:, 0]).layers[0].l2 == pytest.approx(0.4 / n**0.5, rel=0.05)
    assert [layer.l2 for layer in auto.choose(rows(18), [0, 1] * 9).layers] == [0.0] * 3


@pytest.mark.parametrize("n", [2, 7, 8, 100, 1_000, 5_000, 100_000])
def test_steps_stay_within_bounds(n):
    training = auto.choose(np.arange(2.0 * n).reshape(n, 2), np.arange(n) % 2).training
    batch, epochs = training["batch_size"], training["epochs"]
    assert auto.BATCH_SIZES[0] <= batch <= auto.BATCH_SIZES[1]
    assert auto.EPOCHS[0] <= epochs <= auto.EPOCHS[1]
    assert epochs * math.ceil(n / batch) <= max(auto.STEPS, auto.EPOCHS[0] * math.ceil(n / batch))


def test_epochs_and_learning_rate_can_be_told():
    net = pellucid.fit(rows(), [0, 1] * 30, epochs=7, learning_rate=0.25, quiet=True)
    assert net.history.epochs == 7
    assert net.history.learning_rate[0] == 0.25
    assert "7 epochs" in net.history.notes[-1]
    assert "0.25" in net.history.notes[-1]


# --- What is said -----------------------------------------------------------------------------------------------------


def test_it_says_what_it_chose(capsys):
    net = pellucid.fit(TABLE, ANSWERS, target="answer", epochs=2)
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "Task: classification (answer holds words): no and yes.",
        "1 column of numbers, standardised.",
        "member: False and True as 0 and 1.",
        "colour: one 0/1 column for each of 4 categories.",
        "since: one 0/1 column for each of 2 categories.",
        "age: 4 missing values filled with 35, the median in training, and a column says where.",
        "colour: 4 missing values as a category of its own.",
        "Network: 9 prepared inputs, 64 relu units, 64 relu units, 1 sigmoid output; 4,865 parameters."
        " Loss: binary cross entropy.",
        "Weights are held small by an L2 penalty of 0.035 (0.2 / sqrt(32 rows)).",
        "Training: Adam, 2 epochs in batches of 8 of the 32 rows; the learning rate falls from 0.01 to 0"
        " along a cosine.",
        auto.HINT,
    ]
    assert net.history.notes == printed[:-1]


def test_it_says_what_it_chose_for_numbers():
    said = auto.choose(rows(12), rows(12)[:, 0], hidden=()).said
    assert said == [
        "Task: regression (y holds numbers with a fraction).",
        "3 columns of numbers, standardised.",
        "y is standardised for training; answers are in its own units.",
        "Network: 3 prepared inputs, no hidden layer, 1 linear output; 4 parameters. Loss: squared error.",
        "Training: Adam, 1000 epochs in batches of 8 of the 12 rows; the learning rate falls from 0.01 to 0"
        " along a cosine.",
    ]


def test_the_parameters_are_counted_right():
    net = quick(rows(), [0, 1, 2] * 20, hidden=(5, 4))
    count = sum(array.size for array in net.parameters.values())
    assert any(f"; {count:,} parameters" in note for note in net.history.notes)


def test_many_classes_are_counted_not_listed():
    assert auto.choose(rows(), [f"kind {k % 12}" for k in range(60)]).said[0].endswith(": 12 classes.")


def test_quiet_is_silent(capsys):
    quick(rows(), [0, 1] * 30)
    assert capsys.readouterr().out == ""


def test_what_it_says_is_what_it_does():
    net = quick(rows(), [0, 1] * 30, epochs=None)
    plan = net.training.plan
    assert f"{plan.epochs} epochs in batches of {plan.batch_size}" in net.history.notes[-1]
    assert (plan.optimizer.name, plan.schedule.name, plan.loss.name) == ("adam", "cosine", "binary_cross_entropy")


# --- What comes of it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [None, (4,)])
@pytest.mark.parametrize("seed", range(5))
def test_xor(seed, hidden):
    net = pellucid.fit(XOR, [0, 1, 1, 0], hidden=hidden, seed=seed, quiet=True)
    np.testing.assert_allclose(net.predict(XOR)[:, 0], [0, 1, 1, 0], atol=0.1)


@pytest.mark.filterwarnings("ignore::pellucid.errors.Notice")  # gaps are said in every answer
def test_words_gaps_booleans_and_dates():
    net = pellucid.fit(TABLE, ANSWERS, quiet=True)
    assert net.classes == ("no", "yes")
    assert net.score(TABLE, ANSWERS) == 1.0
    asked = {"age": [None], "colour": ["red"], "member": [True], "since": ["2024-01-05"]}
    assert net.classify(asked).tolist() == ["yes"]


def test_numbers_come_back_in_the_targets_units():
    X = rows(120)
    y = 1e6 + 1e4 * X[:, 0]
    net = pellucid.fit(X, y, quiet=True)
    assert net.score(X, y) > 0.98
    assert abs(net.predict(X).mean() - 1e6) < 1e3


@pytest.mark.filterwarnings("ignore::pellucid.errors.Notice")  # gaps are said in every answer
def test_penguins_are_told_apart():
    table = load_dataset("penguins")
    X, y = table.without("species"), table["species"]
    net = pellucid.fit(X.take(np.arange(0, 344, 2)), y[::2], quiet=True, epochs=40)
    assert net.score(X.take(np.arange(1, 344, 2)), y[1::2]) > 0.97


@pytest.mark.filterwarnings("ignore::pellucid.errors.Notice")  # gaps are said in every answer
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames(frame):
    series = pd.Series if frame is pd.DataFrame else pl.Series
    net = quick(frame(TABLE), series(ANSWERS), epochs=20)
    assert net == quick(TABLE, ANSWERS, epochs=20)
    assert net.classify(frame(TABLE)).tolist() == net.classify(TABLE).tolist()


def test_the_seed_decides_everything():
    y = [0, 1, 2] * 20
    assert quick(rows(), y, seed=3) == quick(rows(), y, seed=3)
    assert quick(rows(), y, seed=3) != quick(rows(), y, seed=4)


def test_sample_and_class_weights_count():
    y = [0, 1] * 30
    plain = quick(rows(), y)
    assert quick(rows(), y, class_weight="balanced") == plain
    assert quick(rows(), y, class_weight={0: 5.0, 1: 1.0}) != plain
    assert quick(rows(), y, sample_weight=np.linspace(1, 2, 60)) != plain


def test_callbacks_and_recordings_reach_the_training():
    seen = []
    net = quick(rows(), [0, 1] * 30, callbacks=lambda report: seen.append(report.epoch), record=True)
    assert len(seen) == 3
    assert net.recording is not None


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [0, -3, (4, 0), True, (True,), 2.5, "32", (4, "a"), [[4, 4]], {4}])
def test_hidden_layers_that_are_none(hidden):
    with pytest.raises(InputError) as caught:
        quick(rows(), [0, 1] * 30, hidden=hidden)
    assert str(caught.value) == (
        f"pellucid.fit: hidden={hidden!r}.\n"
        "  Expected: the units of each hidden layer, whole numbers of at least 1; () for no hidden layer.\n"
        "  Instead:  hidden=(32, 16)"
    )


def test_a_task_that_is_none():
    with pytest.raises(UnknownNameError, match="there is no task named 'clasification'") as caught:
        quick(rows(), [0, 1] * 30, task="clasification")
    assert str(caught.value).endswith("Instead:  'classification'")
    with pytest.raises(InputError, match="task=1"):
        quick(rows(), [0, 1] * 30, task=1)


@pytest.mark.parametrize(
    ("y", "options", "text"),
    [
        (
            ["spam"] * 60,
            {"target": "type"},
            "pellucid.fit: type holds one class only, 'spam'.\n  Expected: at least",
        ),
        ([2.5] * 60, {}, "pellucid.fit: y is 2.5 in every row.\n  Expected: a target that differs between rows."),
        (["a", "b"] * 30, {"task": "regression"}, "y holds words, like 'a', and the task is regression"),
        ([["a", "b"]] * 60, {}, "y has 2 columns of words, like 'a'.\n  Expected: one column of words, or several of"),
        ([["a", "b"]] * 60, {"task": "classification"}, "Instead:  a network for each column of y"),
        ([["a", "b"]] * 60, {"task": "regression"}, "y has 2 columns of words, like 'a'"),
        (
            [1.0, 2.25, 3.0] * 20,
            {"task": "classification"},
            "y holds numbers with a fraction, like 2.25, and the task is classification.\n"
            '  Expected: words, whole numbers or booleans.\n  Instead:  task="regression"',
        ),
        (
            [[1.5, 2.0], [0.0, 1.0]] * 30,
            {"task": "classification"},
            "y has 2 columns of numbers, and the task is classification.\n"
            "  Expected: rows of 0 and 1, rows that sum to 1, or one column of labels.\n"
            '  Instead:  task="regression"',
        ),
        ([[True, True]] * 60, {}, "y is 1 in every row"),
        ([0, 1] * 20, {}, "X has 60 rows and y has 40"),
        ([0, 1] * 30, {"seed": -1}, "seed"),
        ([0, 1] * 30, {"epochs": 2.5}, "epochs = 2.5"),
        ([0, 1] * 30, {"learning_rate": -1}, "learning_rate"),
    ],
)
def test_what_cannot_be_learnt_is_refused(y, options, text):
    with pytest.raises(InputError) as caught:
        quick(rows(), y, **options)
    assert text in str(caught.value)
    assert str(caught.value).startswith("pellucid.fit: ")


@pytest.mark.parametrize(
    ("y", "options"), [([1] * 60, {}), ([0, 1] * 30, {"epochs": -1}), ([0, 1] * 30, {"seed": 0.5})]
)
def test_nothing_is_printed_before_a_refusal(capsys, y, options):
    with pytest.raises(InputError):
        pellucid.fit(rows(), y, **options)
    assert capsys.readouterr().out == ""


def test_divergence_tells_its_story_once_and_hands_the_network_over():
    X = rows(60)
    with pytest.raises(DivergenceError) as caught:
        pellucid.fit(X, X[:, 0], task="regression", learning_rate=1e200, epochs=20, quiet=True)
    assert str(caught.value).startswith("pellucid.fit: training diverged in epoch")
    net = caught.value.network
    assert net.history.stopped == "diverged"
    assert np.isfinite(net.predict(X)).all()
