"""What surrounds a training works on the native engine as on NumPy: Ctrl-C, stopping, recording, checkpoints."""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from native_cases import near, needs_native, same_bits
from pellucid import Checkpoints, Dense, Dropout, EarlyStopping, Network, Schedule
from pellucid.engines import native_engine
from pellucid.engines.native_engine import NativeSession

pytestmark = needs_native
RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
NATIVE: dict[str, Any] = {"engine": "native", "batch_size": 8}  # 7 batches an epoch


def network() -> Network:
    return Network(3, Dense(5, "tanh"), Dropout(0.1), Dense(1, "sigmoid"), seed=3)


def trained(epochs: int, **how: Any) -> Network:
    net = network()
    net.fit(X, Y, epochs=epochs, **{**NATIVE, **how})
    return net


# --- Ctrl-C -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`press(at, steps)`: Ctrl-C arrives while the core runs for the at-th time; each time it runs so many batches."""
    run, real = NativeSession._run, time.perf_counter

    def wanted(at: int, steps: int, how: str = "once") -> None:
        calls, clocks = [0], [0]

        def pressing(self: NativeSession, *given: Any) -> Any:
            calls[0] += 1
            if calls[0] == at and how == "once":
                os.kill(os.getpid(), signal.SIGINT)
            return run(self, *given)

        def clock() -> float:
            clocks[0] += 1
            if clocks[0] == at and how == "twice":  # the second press breaks off at once, wherever it comes
                raise KeyboardInterrupt
            return real()

        monkeypatch.setattr(native_engine, "MOST_STEPS", steps)
        monkeypatch.setattr(NativeSession, "_run", pressing)
        monkeypatch.setattr(native_engine, "perf_counter", clock)

    yield wanted
    monkeypatch.undo()


def usable(net: Network, size: int | None = 8) -> None:
    """It stands after a whole epoch, and its history and memory say the same; resumed, it ends as if unbroken."""
    state, history = net.training, net.history
    assert state is not None
    assert history.stopped == "interrupted by Ctrl-C"
    assert history.epochs == state.epoch < 10
    assert state.step == state.epoch * (7 if size else 1)
    columns = (history.loss, history.data_loss, history.penalty, history.learning_rate, history.seconds)
    assert {len(column) for column in columns} == {state.epoch}
    assert net.parameters == trained(state.epoch, batch_size=size).parameters
    net.resume(X, Y, engine="native")
    same_bits(net, trained(10, batch_size=size))


@pytest.mark.parametrize("steps", [1, 3, 7, 10, 14])
@pytest.mark.parametrize("at", [1, 2, 4])
def test_ctrl_c_in_the_midst_of_an_epoch_leaves_the_last_whole_one(at: int, steps: int, press: Any) -> None:
    press(at, steps)
    net = trained(10)
    assert net.history.epochs == at * steps // 7
    usable(net)


@pytest.mark.parametrize(
    ("size", "steps"),
    [(8, 3), (8, 7), (8, 10), (8, 20), (None, 1), (None, 3)],
)
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_second_ctrl_c_breaks_off_between_any_two_lines(size: int | None, at: int, steps: int, press: Any) -> None:
    press(at, steps, "twice")
    usable(trained(10, batch_size=size), size)


def test_a_callback_may_press_it() -> None:
    def pressed(report: Any) -> None:
        if report.epoch == 4:
            os.kill(os.getpid(), signal.SIGINT)

    usable(trained(10, callbacks=pressed))


def test_it_does_not_wait_for_thousands_of_epochs() -> None:
    """The core looks up often: every 0.03 s."""
    timer = threading.Timer(0.3, _thread.interrupt_main)
    began = time.monotonic()
    timer.start()
    history = network().fit(X, Y, epochs=10**8, engine="native")
    assert time.monotonic() - began < 10
    timer.join()
    assert history.stopped == "interrupted by Ctrl-C"
    assert history.epochs > 0


# --- Stopping and looking ---------------------------------------------------------------------------------------------


def both(**how: Any) -> tuple[Network, Network]:
    nets = []
    for engine in ("native", "numpy"):
        net = network()
        net.fit(X, Y, **{"batch_size": 8, "engine": engine, **how})
        nets.append(net)
    return nets[0], nets[1]


def test_early_stopping_stops_at_the_same_epoch_and_restores_the_same_weights() -> None:
    noise = RNG.integers(0, 2, (50, 1)).astype(float)
    how = {"epochs": 300, "learning_rate": 0.02, "early_stopping": 20, "validation": (X, noise)}
    here, there = both(**how)
    assert here.history.stopped == there.history.stopped == "early stopping"
    assert (here.history.epochs, here.history.best_epoch) == (there.history.epochs, there.history.best_epoch)
    near(here.parameters, there.parameters, 1e-9)
    kept, _ = both(**{**how, "early_stopping": EarlyStopping(20, restore_best=False)})
    assert kept.parameters != here.parameters


def test_metrics_and_validation_are_measured_after_each_epoch() -> None:
    here, there = both(epochs=6, validation=0.3, metrics=["accuracy", "mean_absolute_error"])
    for name in ("accuracy", "mean_absolute_error"):
        assert here.history.metrics[name] == pytest.approx(there.history.metrics[name], rel=1e-10)
        assert here.history.validation_metrics[name] == pytest.approx(there.history.validation_metrics[name], rel=1e-10)
    assert here.history.validation_loss == pytest.approx(there.history.validation_loss, rel=1e-10)


def test_a_plateau_lowers_the_rate_at_the_same_epochs() -> None:
    here, there = both(epochs=80, schedule="plateau(patience=1, threshold=0.05)", learning_rate=0.05)
    assert here.history.learning_rate == there.history.learning_rate
    assert here.history.learning_rate[-1] < 0.05


def test_a_callback_sees_the_live_parameters_and_may_stop() -> None:
    seen: list[bytes] = []

    def look(report: Any) -> None:
        seen.append(report.parameters["dense_1.W"].tobytes())
        if report.epoch == 9:
            report.stop("nine is enough")

    net = trained(100, callbacks=(3, look))
    assert (net.history.stopped, net.history.epochs) == ("nine is enough", 9)
    assert seen == [trained(epochs).parameters["dense_1.W"].tobytes() for epochs in (3, 6, 9)]


def test_a_callback_that_fails_leaves_a_usable_network() -> None:
    def fail(report: Any) -> None:
        if report.epoch == 3:
            raise RuntimeError("mine")

    net = network()
    with pytest.raises(RuntimeError, match="mine"):
        net.fit(X, Y, epochs=10, callbacks=fail, **NATIVE)
    assert (net.history.stopped, net.history.epochs) == ("an error", 3)
    assert net.parameters == trained(3).parameters


@pytest.mark.parametrize("engine", ["native", "numpy"])
def test_a_schedule_that_fails_leaves_a_usable_network(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_engine, "MOST_STEPS", 2)

    def fail(xp: Any, epoch: float, epochs: int) -> float:
        return 1.0 if epoch < 5 else 1 / 0

    net, how = network(), {"batch_size": None, "optimizer": "sgd", "engine": engine}
    with pytest.raises(ZeroDivisionError):
        net.fit(X, Y, epochs=10, schedule=Schedule(name="fail", factor=fail), **how)
    assert net.training is not None
    assert net.history.epochs == net.training.epoch
    reference = network()
    reference.fit(X, Y, epochs=net.training.epoch, **how)
    assert net.parameters == reference.parameters


def test_what_is_recorded_stays_and_can_be_resumed() -> None:
    net, whole = trained(12, record=4), trained(12)
    assert net.recording is not None
    assert net.recording.epochs == [0, 4, 8, 12]
    for epoch in (0, 4, 8):
        then = net.at(epoch)
        assert then.parameters == trained(epoch).parameters
        then.resume(X, Y, engine="native")
        same_bits(then, whole)
    assert net.at(12).parameters == whole.parameters


@pytest.mark.parametrize("most", [1, 5, 65536])
def test_a_checkpoint_resumes_to_the_same_bits(most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_engine, "MOST_STEPS", most)

    def fall(report: Any) -> None:
        if report.epoch == 6:
            raise RuntimeError("the process died")

    how = {"schedule": "cosine", "clip": 1.0, "optimizer": "adam", "callbacks": fall}
    with pytest.raises(RuntimeError):
        trained(12, checkpoint=Checkpoints(tmp_path / "run", epochs=2), **how)
    again = pellucid.resume(tmp_path / "run", X, Y, progress=False)
    same_bits(again, trained(12, **{**how, "callbacks": None}))


def test_a_saved_network_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    net, whole = trained(5), trained(5)
    net.save(tmp_path / "net")
    again = pellucid.load(tmp_path / "net")
    for each in (whole, again):
        each.fit(X, Y, epochs=5, **NATIVE)
    same_bits(again, whole)


def test_partial_fit_is_one_update() -> None:
    nets = [Network(3, Dense(5, "tanh"), Dense(1, "sigmoid"), seed=3) for _ in range(2)]
    for rows in (slice(0, 20), slice(20, 50), slice(49, 50)):
        nets[0].partial_fit(X[rows], Y[rows], classes=[0, 1])
    assert nets[0].history.engine.startswith("native: ")
    assert nets[0].training is not None
    assert nets[0].training.step == 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_NO_NATIVE", "1")
        for rows in (slice(0, 20), slice(20, 50), slice(49, 50)):
            nets[1].partial_fit(X[rows], Y[rows], classes=[0, 1])
    near(nets[0].parameters, nets[1].parameters, 1e-12)


def test_what_was_edited_in_place_is_what_is_trained() -> None:
    """Parameters and memory are read anew by every fit: in any order of memory, from any slice."""
    net, other = network(), network()
    net.parameters["dense_1.W"][:] = 0.25
    other.parameters["dense_1.W"] = np.asfortranarray(np.full((3, 5), 0.25))
    for each in (net, other):
        each.fit(X, Y, epochs=2, **NATIVE)
        assert each.training is not None
        each.training.slots[0]["W"]["mean"][:] = 0.5
        each.fit(np.asfortranarray(X), Y[::-1][::-1], epochs=2, **NATIVE)
    same_bits(net, other)
    assert net.parameters != trained(4).parameters


def test_the_users_data_are_not_written() -> None:
    x, y, weights = X.copy(), Y.copy(), np.linspace(0.1, 1, 50)
    for array in (x, y, weights):
        array.flags.writeable = False
    net = network()
    net.fit(x, y, epochs=3, sample_weight=weights, **NATIVE)
    np.testing.assert_array_equal(x, X)


def test_zero_epochs_train_nothing() -> None:
    net = network()
    assert net.fit(X, Y, epochs=0, engine="native").epochs == 0
    assert net == network()
