"""`net.to_python()`: the script runs with nothing but NumPy and prints the network's own numbers, to 12 digits."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import Dense, Dropout, Network
from pellucid.errors import InputError
from scripts import check, losses, outputs, run, run_all, same

XOR = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
ROWS = np.random.default_rng(5).normal(size=(23, 3))


def target(loss: str, n_out: int) -> np.ndarray:
    if loss == "cross_entropy":
        return np.arange(len(ROWS)) % n_out
    if loss == "poisson":
        return np.floor(np.abs(ROWS[:, :1] * 3)) * np.ones(n_out)
    if loss == "hinge":
        return np.where(ROWS[:, :1] > 0, 1, -1) * np.ones((1, n_out))
    if loss == "binary_cross_entropy":
        return (ROWS[:, :1] > 0) * np.ones((1, n_out))
    return np.tanh(ROWS[:, :1]) * np.ones((1, n_out))


OUTPUT = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax", "poisson": "softplus"}
HIDDEN = [name for name, record in pellucid.activations.items() if not record.refusal]


def one_network(random: np.random.Generator) -> Network:
    """A network of any kind, trained in any way, on `ROWS`."""
    loss = str(random.choice(list(pellucid.losses)))
    n_out = int(random.integers(2, 4)) if loss == "cross_entropy" else int(random.integers(1, 3))
    layers = []
    for _ in range(random.integers(0, 3)):
        extra = {"l1": 0.01} if random.random() < 0.2 else {"l2": 0.05} if random.random() < 0.3 else {}
        limit = 1.5 if random.random() < 0.2 else None
        wide = int(random.integers(1, 6))
        layers.append(Dense(wide, str(random.choice(HIDDEN)), bias=random.random() < 0.8, max_norm=limit, **extra))
        layers += [Dropout(0.3)] if random.random() < 0.3 else []
    net = Network(3, *layers, Dense(n_out, OUTPUT.get(loss, "linear")), seed=int(random.integers(2**32)))
    optimizer = str(random.choice(list(pellucid.optimizers)))
    schedules = ["constant"] if optimizer in ("rprop", "sarprop") else list(pellucid.schedules)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(
            ROWS,
            target(loss, n_out),
            loss=loss,
            optimizer=optimizer,
            learning_rate=None if optimizer in ("rprop", "sarprop") else 0.003,
            schedule=str(random.choice(schedules)),
            epochs=int(random.integers(1, 12)),
            batch_size=random.choice([None, 1, 7, 23, 100]),
            shuffle=bool(random.random() < 0.7),
            reduction=str(random.choice(["mean", "sum"])),
            clip=random.choice([None, 0.5]),
            sample_weight=random.random(len(ROWS)) + 0.1 if random.random() < 0.3 else None,
            early_stopping=random.choice([None, 2]),
            progress=False,
        )
    return net


def test_any_network_and_training_prints_its_own_numbers() -> None:
    nets = [one_network(np.random.default_rng(seed)) for seed in range(70)]
    texts = run_all([(net.to_python(), "") for net in nets])
    for net, text in zip(nets, texts, strict=True):
        check(net, text, ROWS)


@pytest.mark.parametrize("optimizer", list(pellucid.optimizers))
def test_a_second_fit_starts_from_what_the_optimizer_remembers(optimizer: str) -> None:
    net = Network([3, 3, 1], activation="tanh", seed=2)
    for epochs in (3, 4):
        net.fit(ROWS, target("", 1), optimizer=optimizer, batch_size=8, epochs=epochs, progress=False)
    script = net.to_python()
    assert ("np.full_like" in script) == (not net.training.plan.optimizer.slots)
    text = run(script)
    assert max(losses(text)) == 4
    check(net, text, ROWS)


def test_float32_stays_float32() -> None:
    net = Network([3, 5, 1], activation="tanh", seed=2, dtype="float32")
    net.fit(ROWS, target("", 1), batch_size=8, epochs=6, progress=False, engine="numpy")
    text = run(net.to_python(), "print(network(X).dtype, parameters['dense_1']['W'].dtype)")
    assert text.splitlines()[-1] == "float32 float32"
    same(outputs("\n".join(text.splitlines()[:-1])), net.predict(ROWS))


def test_two_layers_of_the_tutorial() -> None:
    rule = Dense(1, "sigmoid", bias=False, weights="uniform(low=-1, high=1)")
    net = Network(3, rule, seed=np.random.RandomState(1))
    net.fit(
        XOR, [0, 0, 1, 1], loss="half_squared_error", optimizer="sgd", learning_rate=1.0, epochs=9999,
        batch_size=None, reduction="sum", progress=False,
    )  # fmt: skip
    found = outputs(run(net.to_python())).ravel()
    assert [f"{value:.8f}" for value in found] == ["0.00966449", "0.00786506", "0.99358898", "0.99211957"]


def test_three_layers_of_the_tutorial() -> None:
    draw = {"bias": False, "weights": "uniform(low=-1, high=1)"}
    net = Network(3, Dense(4, "sigmoid", **draw), Dense(1, "sigmoid", **draw), seed=np.random.RandomState(1))
    net.fit(
        XOR, [0, 1, 1, 0], loss="half_squared_error", optimizer="sgd", learning_rate=1.0, epochs=2000,
        batch_size=None, reduction="sum", progress=False,
    )  # fmt: skip
    more = """
print(len(losses))
"""
    text = run(net.to_python(), more)
    assert text.splitlines()[-1] == "2000"
    check(net, "\n".join(text.splitlines()[:-1]), XOR)


def test_the_class_of_the_tutorial() -> None:
    start = {"weights": "uniform(low=0, high=1)"}
    net = Network(3, Dense(4, "sigmoid", **start), Dense(1, "sigmoid", **start), seed=np.random.RandomState(3))
    net.fit(
        XOR, [0, 1, 1, 0], loss="squared_error", optimizer="sgd", learning_rate=1.0, epochs=1500, batch_size=None,
        reduction="sum", progress=False,
    )  # fmt: skip
    check(net, run(net.to_python()), XOR)


def trained(**how: object) -> Network:
    net = Network(3, Dense(4, "tanh"), Dropout(0.2), Dense(1, "sigmoid"), seed=3)
    net.fit(ROWS, ROWS[:, 0] > 0, batch_size=8, progress=False, **{"epochs": 12, **how})
    return net


def test_early_stopping_trains_to_the_best_epoch_and_says_so() -> None:
    net = trained(epochs=200, validation=0.3, early_stopping=3, learning_rate=0.05)
    script = net.to_python()
    assert "went back to its best one" in script
    assert "held out for validation are not in here" in script
    text = run(script, f"print(len(losses))\nfor row in predict({ROWS.tolist()!r}).tolist(): print(*row)")
    lines = text.splitlines()
    count = lines.index(str(net.history.best_epoch + 1))
    same([[float(v)] for v in lines[count + 1 :]], net.predict(ROWS))


def test_a_fit_that_was_broken_off_trains_as_far_as_it_came() -> None:
    net = trained(callbacks=lambda report: report.stop("enough") if report.epoch == 5 else None)
    script = net.to_python()
    assert "The fit was planned for 12 epochs, but ended there (enough)." in " ".join(script.split())
    check(net, run(script), ROWS)


def test_plateau_on_the_training_loss_is_run_and_on_validation_rates_are_written_out() -> None:
    plateau = "plateau(patience=0, threshold=0.5)"
    here = trained(schedule=plateau, learning_rate=0.01).to_python()
    assert "memory = observe_plateau(memory, losses[-1]" in here
    net = trained(schedule=plateau, validation=0.3, learning_rate=0.01)
    script = net.to_python()
    assert "RATES = [0.01] * 2 + [0.001]" in script
    text = run(script, f"for row in predict({ROWS.tolist()!r}).tolist(): print(*row)")
    same([[float(v)] for v in text.splitlines()[-len(ROWS) :]], net.predict(ROWS))


def test_a_recorded_moment_trains_as_far_as_that_moment() -> None:
    net = trained(record=[0, 4, 12])
    for epoch in (0, 4):
        then = net.at(epoch)
        check(then, run(then.to_python()), ROWS)


def test_labels_come_back() -> None:
    words = np.where(ROWS[:, 0] > 0, 'it\'s "yes"', "no\\n")
    net = Network(3, Dense(1, "sigmoid"), seed=1)
    net.fit(ROWS, words, epochs=5, progress=False)
    assert ast.literal_eval(run(net.to_python(), "print(classify(X))").splitlines()[-1]) == net.classify(ROWS).tolist()
    three = Network(3, Dense(3, "softmax"), seed=1)
    three.fit(ROWS, np.arange(23) % 3 + 5, epochs=5, progress=False)
    assert (
        ast.literal_eval(run(three.to_python(), "print(classify(X))").splitlines()[-1]) == three.classify(ROWS).tolist()
    )


def test_without_a_fit_it_only_predicts_and_says_so() -> None:
    net = Network(3, Dense(2, "softmax"), seed=1)
    for script, rows in ((net.to_python(), np.zeros((1, 3))), (net.to_python(ROWS), ROWS)):
        assert "It was never trained, so this script only predicts." in script
        assert "backward" not in script
        same(outputs(run(script)), net.predict(rows))


def test_a_loaded_network_needs_its_data_again(tmp_path: Path) -> None:
    net = trained()
    again = pellucid.load(net.save(tmp_path / "net"))
    script = again.to_python()
    assert "Its training data were not at hand (net.to_python(X, y)" in script.replace("\n", " ")
    assert "so this script only predicts." in " ".join(script.split())
    same(outputs(run(script)), net.predict(ROWS.mean(axis=0)[None, :]))
    assert again.to_python(ROWS, ROWS[:, 0] > 0) == net.to_python()


def test_other_data_are_refused() -> None:
    with pytest.raises(InputError) as error:
        trained().to_python(ROWS[::-1], ROWS[:, 1] > 0)
    assert "to_python: on these data the training would have started with the loss" in str(error.value)
    assert "the X and y of the last fit" in str(error.value)


def test_weights_that_were_changed_by_hand_are_not_trained_over() -> None:
    net = trained()
    net.parameters["dense_1.W"][0, 0] += 0.5
    script = net.to_python()
    assert "Its weights are not those that its training gave" in " ".join(script.split())
    assert "so this script only predicts." in " ".join(script.split())
    same(outputs(run(script)), net.predict(ROWS.mean(axis=0)[None, :]))


def test_partial_fit_is_one_update_from_where_it_was() -> None:
    net = trained()
    net.partial_fit(ROWS[:7], ROWS[:7, 0] > 0)
    check(net, run(net.to_python()), ROWS[:7])


def test_data_too_large_for_a_script_are_refused() -> None:
    X = np.random.default_rng(0).normal(size=(70_000, 3))
    net = Network(3, Dense(1), seed=1)
    net.fit(X, X[:, 0], epochs=1, batch_size=None, progress=False)
    assert "only predicts" in net.to_python()
    with pytest.raises(InputError, match=r"the training data take 2\.1 MB, too much to be written into a script"):
        net.to_python(X, X[:, 0])


def test_long_arrays_are_packed_bit_for_bit() -> None:
    X = np.random.default_rng(0).normal(size=(900, 3))
    net = Network([3, 300, 1], activation="tanh", seed=1)
    net.fit(X, X[:, :1] / 9, epochs=1, progress=False)
    script = net.to_python()
    assert "b64decode" in script
    check(net, run(script), X)


# --- Raw columns ----------------------------------------------------------------------------------


FRAME = {
    "size": [1.0, None, 30.0, 4.0, 500.0, 2.0, 1.0, 3.0, 80.0, 6.0, 7.0, 11.0],
    "island": [
        "Dream",
        "Biscoe",
        None,
        "Dream",
        "o'Neil",
        "Biscoe",
        "Dream",
        "Biscoe",
        "Dream",
        "o'Neil",
        None,
        "Dream",
    ],
    "wet": ["yes", "no", "no", None, "yes", "yes", "no", "no", "yes", "no", "yes", "no"],
    "always": [1.0] * 12,
}


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_raw_rows_are_prepared(task: str) -> None:
    y = [1.5 * k for k in range(12)] if task == "regression" else ["a", "b", "c"] * 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = pellucid.fit(FRAME, y, task=task, progress=False)
        expected = net.predict(FRAME)
    raw = [list(row) for row in zip(*FRAME.values(), strict=True)]
    script = net.to_python(FRAME, y)
    text = run(script, f"print('raw')\nfor row in predict({raw!r}).tolist(): print(*row)")
    found = text[text.index("\nraw\n") :].split("\n")[2:-1]
    np.testing.assert_allclose([[float(v) for v in line.split()] for line in found], expected, rtol=1e-10, atol=1e-12)
