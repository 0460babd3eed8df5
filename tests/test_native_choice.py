"""Which engine trains and why: chosen by a rule, told in `history.engine`, refused in words, never silent."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

import pellucid
import tracing
from native_cases import FOUND, LEVELS, needs_native, tell_of_a_missing_core
from pellucid import Dense, InputError, Network, Notice, StateError, UnknownNameError
from pellucid.engines import choose, info, native, say_once, wish
from pellucid.engines.native import PAYS_FROM, core, cores, multiplications, threads_for

X = np.random.default_rng(0).normal(size=(20, 3))
Y = X[:, :1] * X[:, 1:2]


def network(*more: Any, seed: int = 0) -> Network:
    return Network(3, *more, Dense(4, "tanh"), Dense(1), seed=seed)


@pytest.fixture
def no_extension(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As after an installation without a compiler."""
    say_once.cache_clear()
    monkeypatch.delenv("PELLUCID_NO_NATIVE", raising=False)
    monkeypatch.setattr(native, "_extension", lambda: (None, "this installation was built without it"))
    yield
    say_once.cache_clear()
    tell_of_a_missing_core()


# --- The rule ---------------------------------------------------------------------------------------------------------


@needs_native
def test_the_core_trains_whatever_is_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PELLUCID_THREADS", raising=False)
    history = network().fit(X, Y, epochs=1)
    assert history.engine == f"native: {LEVELS[0]}, 1 thread (small batches are faster on one)" or cores() == 1
    assert network().fit(X, Y, epochs=1, engine="native", threads=3).engine.endswith(", 3 threads (asked for)")
    assert network().fit(X, Y, epochs=1, engine="numpy").engine == "numpy: asked for"


OWN = {
    "the layer rule 'scaling' of scaling_1 is your own": (network(pellucid.Custom(tracing.scaling)), {}),
    "the activation 'bent_line' of dense_1 is your own": (network(Dense(4, tracing.bent)), {}),
    "the loss 'quartic' is your own": (network(), {"loss": tracing.quartic}),
    "the optimizer 'sign_descent' is your own": (network(), {"optimizer": tracing.sign_descent}),
}


@needs_native
@pytest.mark.parametrize("why", OWN)
def test_what_is_the_users_own_runs_on_numpy_and_it_says_so(why: str) -> None:
    net, how = OWN[why]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a choice by the rule is reported, not warned of
        history = net.copy().fit(X, Y, epochs=1, **how)
    assert history.engine == f"numpy: {why}"
    before = net.copy()
    with pytest.raises(StateError) as caught:
        net.fit(X, Y, epochs=1, engine="native", **how)
    assert str(caught.value) == (
        f'fit: engine="native", but {why}.\n'
        '  Expected: what the native core has.\n  Instead:  engine="auto", or "numpy"'
    )
    assert net == before
    assert net.training is None
    assert net.history.epochs == 0


@needs_native
def test_an_own_record_by_a_built_in_name_is_not_taken_for_it() -> None:
    """The tables are asked for the functions, not for the name."""
    other = pellucid.Activation(name="tanh", forward=lambda xp, z: z, slope=lambda xp, z, a: xp.ones_like(z))
    history = Network(3, Dense(4, other), Dense(1), seed=0).fit(X, Y, epochs=1)
    assert history.engine == "numpy: the activation 'tanh' of dense_1 is your own"


def test_an_own_schedule_or_metric_keeps_the_core_where_there_is_one() -> None:
    schedule = pellucid.Schedule(name="own", factor=lambda xp, epoch, epochs: 0.5)
    metric = pellucid.Metric(name="mine", forward=lambda xp, a, y, weights: 0.25, larger_is_better=True)
    history = network().fit(X, Y, epochs=2, schedule=schedule, metrics=metric)
    assert history.engine.startswith("native" if FOUND.module else "numpy")
    assert history.metrics["mine"] == [0.25, 0.25]


def test_resuming_chooses_anew() -> None:
    net = network()
    net.fit(X, Y, epochs=6, callbacks=lambda report: report.stop("early"), engine="numpy")
    net.training.finished = False
    assert net.resume(X, Y).engine.startswith("native" if FOUND.module else "numpy")
    with pytest.raises(UnknownNameError, match="resume: there is no engine named 'nativ'"):
        net.resume(X, Y, engine="nativ")
    with pytest.raises(InputError, match="resume: threads=0"):
        net.resume(X, Y, threads=0)


# --- Wrong wishes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["nativ", "NumPy", "", None, 1, True, ["native"]])
def test_an_unknown_engine(engine: Any) -> None:
    net = network()
    with pytest.raises(UnknownNameError) as caught:
        net.fit(X, Y, engine=engine)
    assert str(caught.value).startswith(
        f"fit: there is no engine named {engine!r}.\n  Expected: one of auto, native, numpy."
    )
    assert net.training is None
    assert net == network()


@pytest.mark.parametrize("threads", [0, -1, True, False, 2.5, 2.0, "x", "", "2.5", 1025, 10**30, np.nan, [1], np.True_])
def test_a_number_of_threads_that_is_none(threads: Any) -> None:
    net = network()
    with pytest.raises(InputError) as caught:
        net.fit(X, Y, threads=threads)
    assert str(caught.value) == (
        f"fit: threads={threads!r}.\n  Expected: a whole number from 1 to 1024.\n  Instead:  threads=1"
    )
    assert net.training is None


@pytest.mark.parametrize("threads", [1, np.int64(2), np.uint8(3)])
def test_numbers_of_threads_that_are_some(threads: Any) -> None:
    assert wish("auto", threads).threads == int(threads)
    network().fit(X, Y, epochs=1, threads=threads)


@needs_native
@pytest.mark.parametrize("text", ["0", "x", "-3", "1.5", "2000", " ", "9" * 30])
def test_a_bad_number_of_threads_in_the_environment(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_THREADS", text)
    with pytest.raises(InputError) as caught:
        network().fit(X, Y, epochs=1)
    assert str(caught.value) == (
        f"fit: PELLUCID_THREADS={text!r}.\n  Expected: a whole number from 1 to 1024.\n  Instead:  PELLUCID_THREADS=1"
    )
    network().fit(X, Y, epochs=1, threads=2)  # what is said in the call counts more


@needs_native
def test_the_environments_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_THREADS", "3")
    assert network().fit(X, Y, epochs=1).engine.endswith(", 3 threads (asked for)")
    assert network().fit(X, Y, epochs=1, threads=1).engine.endswith(", 1 thread (asked for)")
    assert info()["threads"] == 3
    monkeypatch.setenv("PELLUCID_THREADS", "")
    assert network().fit(X, Y, epochs=1).engine.endswith(", 1 thread (small batches are faster on one)") or cores() == 1


def test_threads_are_all_cores_from_a_stated_size_of_batch_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PELLUCID_THREADS", raising=False)
    monkeypatch.setattr(native, "cores", lambda: 6)
    assert threads_for(None, PAYS_FROM - 1) == (1, "small batches are faster on one")
    assert threads_for(None, PAYS_FROM) == (6, "the batches are large")
    assert threads_for(2, PAYS_FROM) == (2, "asked for")
    monkeypatch.setattr(native, "cores", lambda: 1)
    assert threads_for(None, PAYS_FROM) == (1, "there is one core")
    net = Network(10, Dense(20), pellucid.Dropout(), Dense(5), seed=0)
    assert multiplications(10, net.layers, 32) == 32 * (10 * 20 + 20 * 5)


@needs_native
def test_an_unknown_instruction_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_INSTRUCTION_SET", "x86-64-v9")
    net = network()
    with pytest.raises(UnknownNameError) as caught:
        net.fit(X, Y, epochs=1)
    text = str(caught.value)
    assert text.startswith("fit: there is no instruction set (PELLUCID_INSTRUCTION_SET) named 'x86-64-v9'.\n")
    assert all(level in text for level in LEVELS)
    assert net.training is None
    with pytest.raises(UnknownNameError, match="no instruction set"):
        info()
    net.fit(X, Y, epochs=1, engine="numpy")


# --- Without the core -------------------------------------------------------------------------------------------------


def test_without_the_extension_everything_works_and_it_is_said_once(no_extension: None) -> None:
    net = network()
    with pytest.warns(Notice, match="^pellucid runs on NumPy, which is slower: there is no native core: this inst"):
        history = net.fit(X, Y, epochs=2)
    assert history.engine == "numpy: there is no native core: this installation was built without it"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.fit(X, Y, epochs=2)
        net.partial_fit(X, Y)
        network().fit(X, Y, epochs=2, engine="numpy")
    reference = network()
    for _ in range(2):
        reference.fit(X, Y, epochs=2, engine="numpy")
    reference.partial_fit(X, Y)
    assert net == reference
    with pytest.raises(StateError) as caught:
        net.fit(X, Y, engine="native")
    assert str(caught.value) == (
        'fit: engine="native", but there is no native core: this installation was built without it.\n'
        '  Expected: what the native core has.\n  Instead:  engine="auto", or "numpy"'
    )
    assert net == reference
    assert info() == {
        "engine": "numpy",
        "instruction_set": "",
        "threads": 1,
        "why": "no native core: this installation was built without it",
    }


def test_the_notice_does_not_come_where_numpy_would_train_anyway(no_extension: None) -> None:
    net, how = OWN["the loss 'quartic' is your own"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "your own" in net.copy().fit(X, Y, epochs=1, **how).engine
        assert network().fit(X, Y, epochs=1, engine="numpy").engine == "numpy: asked for"


@pytest.mark.parametrize("text", ["1", "yes"])
def test_the_environment_may_leave_the_core_alone(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_NO_NATIVE", text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it was asked for
        assert network().fit(X, Y, epochs=1).engine == "numpy: there is no native core: PELLUCID_NO_NATIVE is set"
    with pytest.raises(StateError, match='engine="native", but there is no native core: PELLUCID_NO_NATIVE is set'):
        network().fit(X, Y, engine="native")
    assert info()["why"] == "no native core: PELLUCID_NO_NATIVE is set"
    assert core().module is None


@needs_native
@pytest.mark.parametrize("text", ["", "0"])
def test_or_not(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_NO_NATIVE", text)
    assert core().module is not None


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("raise ImportError('wrong ELF class')", "the extension does not load: wrong ELF class"),
        ("raise ModuleNotFoundError('no _native')", "this installation was built without it"),
    ],
)
def test_an_extension_that_cannot_be_loaded(lines: str, why: str) -> None:
    """In a process of its own, where the import fails for real."""
    script = (
        "import sys, warnings\n"
        "class Broken:\n"
        "    def find_spec(self, name, *rest):\n"
        f"        if name == 'pellucid.engines._native': {lines}\n"
        "sys.meta_path.insert(0, Broken())\n"
        "from pellucid import Network, Dense, Notice\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    for _ in range(3): Network(2, Dense(1), seed=0).fit([[0, 1], [1, 0]], [0, 1], epochs=2)\n"
        "print(len(caught), caught[0].category.__name__, caught[0].message)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PELLUCID_NO_NATIVE"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(f"1 Notice pellucid runs on NumPy, which is slower: there is no native core: {why}")


# --- What is told -----------------------------------------------------------------------------------------------------


@needs_native
def test_info_tells_engine_instruction_set_threads_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PELLUCID_THREADS", raising=False)
    monkeypatch.delenv("PELLUCID_INSTRUCTION_SET", raising=False)
    found = info()
    assert (found["engine"], found["instruction_set"], found["threads"]) == ("native", LEVELS[0], cores())
    assert LEVELS[0] in found["why"]
    monkeypatch.setenv("PELLUCID_INSTRUCTION_SET", LEVELS[-1])
    assert info()["instruction_set"] == LEVELS[-1]
    assert "PELLUCID_INSTRUCTION_SET asks for it" in info()["why"]


@needs_native
def test_the_reason_travels_with_the_history(tmp_path: Any) -> None:
    net = network()
    net.fit(X, Y, epochs=2, engine="native", threads=2)
    net.save(tmp_path / "net")
    assert pellucid.load(tmp_path / "net").history.engine == net.history.engine
    assert net.copy().history.engine.startswith("native: ")


@needs_native
def test_the_choice_is_a_function_of_what_it_is_given() -> None:
    net = network()
    net.fit(X, Y, epochs=0)
    given = (wish(), 3, net.layers, net.training.plan, len(X))
    assert choose(*given).reason == choose(*given).reason
    assert choose(*given).engine.name == "native"


# --- A refused fit loses nothing --------------------------------------------------------------------------------------


@needs_native
@pytest.mark.parametrize(
    "wrong", [{"engine": "nativ"}, {"threads": 0}, {"engine": "native", "loss": tracing.quartic}, {"loss": "hinge"}]
)
def test_a_refused_fit_loses_nothing(wrong: dict[str, Any]) -> None:
    net = network()
    net.fit(X, Y, epochs=3, record=True)
    before = net.copy()
    with pytest.raises(pellucid.PellucidError):
        net.fit(X, np.full((20, 1), 5.0), **{"epochs": 3, **wrong})
    assert tracing.same(vars(net.model), vars(before.model))
    assert net.recording is not None
    net.resume(X, Y)
    net.fit(X, Y, epochs=1)
    assert net.training.epoch == 4
