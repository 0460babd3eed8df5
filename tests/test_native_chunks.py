"""However a training is cut into calls of the core, it ends with the same bits, and its history tells the same."""

from __future__ import annotations

import _thread
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native_cases import OPTIMIZERS, Case, cases, needs_native, same_bits
from pellucid import Checkpoints, Dense, Dropout, Network, Schedule
from pellucid.engines import native_engine
from pellucid.maths.optimizers import optimizers
from pellucid.maths.schedules import schedules

pytestmark = needs_native
X = np.random.default_rng(0).normal(size=(45, 3))
Y = np.tanh(X[:, :1] * X[:, 1:2])


def network() -> Network:
    return Network(3, Dense(5, "tanh"), Dropout(0.2), Dense(4, "silu", l2=0.001), Dense(1), seed=4)


def trained(**how: Any) -> Network:
    net = network()
    net.fit(X, Y, **{"engine": "native", "epochs": 25, "batch_size": 8, "optimizer": "adam", **how})
    return net


@pytest.fixture
def one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many steps in a call as there are to do."""
    monkeypatch.setattr(native_engine, "MOST_STEPS", 10**9)
    monkeypatch.setattr(native_engine, "SECONDS_A_CALL", 1e9)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 6, 7, 13, 100])
@pytest.mark.parametrize("size", [1, 8, 45, None])
def test_calls_that_end_in_the_midst_of_an_epoch(
    most: int, size: int | None, one_call: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(batch_size=size)
    monkeypatch.setattr(native_engine, "MOST_STEPS", most)
    same_bits(trained(batch_size=size), whole)


def test_calls_as_short_as_the_clock_can_tell(one_call: None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained()
    monkeypatch.setattr(native_engine, "SECONDS_A_CALL", 1e-9)
    same_bits(trained(), whole)
    monkeypatch.setattr(native_engine, "SECONDS_A_CALL", 1e-4)
    same_bits(trained(), whole)


@given(
    cases(), st.sampled_from(OPTIMIZERS), st.sampled_from([1, 7, 16, 40, None]), st.integers(1, 12), st.integers(1, 4)
)
@settings(max_examples=60)
def test_any_network_in_any_chunks(case: Case, optimizer: str, size: int | None, most: int, every: int) -> None:
    case.told["reduction"] = "mean"
    ends = []
    for steps, callbacks in ((10**9, None), (most, (every, lambda report: None))):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(native_engine, "MOST_STEPS", steps)
            net = case.network()
            rate = {"learning_rate": 0.001} if optimizers.resolve(optimizer).has_learning_rate else {}
            told = {**case.told, **rate, "optimizer": optimizer, "batch_size": size, "callbacks": callbacks}
            net.fit(case.X, case.Y, epochs=4, engine="native", **told)
        ends.append(net)
    same_bits(*ends)


@pytest.mark.parametrize("most", [1, 4, 10**9])
@pytest.mark.parametrize("every", [1, 3, 7])
def test_whoever_looks_changes_nothing(
    every: int, most: int, one_call: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained()
    monkeypatch.setattr(native_engine, "MOST_STEPS", most)
    seen: list[int] = []
    same_bits(trained(callbacks=(every, lambda report: seen.append(report.epoch))), whole)
    assert seen == [*range(every, 26, every)] + ([] if 25 % every == 0 else [25])
    recorded = trained(record=every)
    same_bits(recorded, whole)
    assert recorded.recording is not None
    assert recorded.recording.epochs == sorted({*range(0, 26, every), 25})
    same_bits(trained(checkpoint=Checkpoints(tmp_path / "run", epochs=every)), whole)
    same_bits(trained(validation=(X, Y), metrics="mean_absolute_error", progress=False), whole)


def stairs(xp: Any, epoch: Any, epochs: int) -> Any:
    """A schedule of one's own that takes numbers only."""
    return 1.0 if epoch < epochs / 2 else 0.25


OWN = Schedule(name="stairs", factor=stairs)


@pytest.mark.parametrize(
    "schedule", [*schedules, "step(every=2.5, factor=0.5)", "plateau(patience=1, threshold=0.01)", OWN], ids=str
)
@pytest.mark.parametrize("size", [8, None])
def test_the_learning_rate_is_the_schedules_at_every_step(
    schedule: Any, size: int | None, one_call: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    how: dict[str, Any] = {"schedule": schedule, "batch_size": size, "learning_rate": 0.01}
    whole, there = trained(**how), trained(**how, engine="numpy")
    assert whole.history.engine.startswith("native")
    assert whole.history.learning_rate == pytest.approx(there.history.learning_rate, rel=1e-14)
    for name, array in whole.parameters.items():
        np.testing.assert_allclose(array, there.parameters[name], rtol=1e-9, atol=1e-10)
    monkeypatch.setattr(native_engine, "MOST_STEPS", 4)
    same_bits(trained(**how), whole)


@pytest.mark.parametrize(
    ("rows", "size", "every"),
    [(98, 1, 0.5), (49, 1, 1 / 7), (98, 2, 0.5), (30, 1, 0.1), (7, 3, 0.25)],
)
def test_a_step_that_falls_on_a_batch(rows: int, size: int, every: float) -> None:
    """The share of an epoch that is done is one division on both engines: 49/98 is a half, 49 times 1/98 is less."""
    data = np.random.default_rng(0).normal(size=(rows, 2))
    ends = []
    for engine in ("numpy", "native"):
        net = Network(2, Dense(3, "tanh"), Dense(1), seed=0)
        schedule = schedules.step(every=every, factor=0.5)
        net.fit(data, data[:, :1], epochs=2, batch_size=size, schedule=schedule, optimizer="sgd", engine=engine)
        ends.append(net)
    for name, array in ends[0].parameters.items():
        np.testing.assert_allclose(ends[1].parameters[name], array, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("most", [1, 4, 10**9])
@pytest.mark.parametrize("size", [8, None])
def test_seconds_grow_by_what_epochs_take(most: int, size: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_engine, "MOST_STEPS", most)
    began = time.perf_counter()
    seconds = trained(batch_size=size, epochs=200).history.seconds
    whole = time.perf_counter() - began
    assert len(seconds) == 200
    assert seconds[0] > 0
    assert (np.diff(seconds) > 0).all()
    assert seconds[-1] <= whole


def test_a_second_fit_goes_on_where_the_first_ended() -> None:
    once, twice = trained(epochs=24), trained(epochs=10)
    twice.fit(X, Y, epochs=14, batch_size=8, engine="native")
    assert twice.parameters == once.parameters
    assert twice.training is not None and once.training is not None
    assert (twice.training.step, twice.training.epoch) == (once.training.step, once.training.epoch)


def test_engines_may_take_turns() -> None:
    """The state is one record that either engine goes on with."""
    turns, whole = network(), trained(epochs=12, engine="numpy")
    for engine in ("native", "numpy", "native"):
        turns.fit(X, Y, epochs=4, batch_size=8, optimizer="adam", engine=engine)
    for name, array in whole.parameters.items():
        np.testing.assert_allclose(turns.parameters[name], array, rtol=1e-11, atol=1e-11)


def test_epochs_that_nobody_waits_for_take_no_memory() -> None:
    net = network()
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    history = net.fit(X, Y, epochs=10**13, batch_size=None, engine="native")
    timer.join()
    assert history.stopped == "interrupted by Ctrl-C"
    assert net.training is not None
    assert history.epochs == net.training.epoch > 0


def test_a_long_training_takes_the_memory_of_its_history_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_engine, "MOST_STEPS", 1000)
    net = network()
    tracemalloc.start()
    try:
        net.fit(X, Y, epochs=4000, batch_size=1, optimizer="adam", engine="native")  # 180 000 steps
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2_000_000
