"""Any number of threads gives the same bits; sessions of several Python threads do not disturb each other."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native_cases import LEVELS, OPTIMIZERS, Case, cases, needs_native, same_bits
from pellucid import Dense, Dropout, Network
from pellucid.maths.optimizers import optimizers

pytestmark = needs_native


def trained(case: Case, threads: int | None, **how: Any) -> Network:
    net = case.network(how.pop("dtype", "float64"))
    net.fit(case.X, case.Y, engine="native", threads=threads, **{**case.told, **how})
    return net


@given(
    cases(), st.sampled_from(OPTIMIZERS), st.sampled_from([1, 7, 16, 40, None]), st.sampled_from(["float64", "float32"])
)
@settings(max_examples=60)
def test_the_same_bits_for_any_number_of_threads(case: Case, optimizer: str, size: int | None, dtype: str) -> None:
    case.told["reduction"] = "mean"  # sums of a hundred rows would diverge
    how: dict[str, Any] = {"optimizer": optimizer, "batch_size": size, "epochs": 2, "dtype": dtype}
    if optimizers.resolve(optimizer).has_learning_rate:
        how["learning_rate"] = 0.001
    alone = trained(case, 1, **how)
    for threads in (1, 2, 3, 5):
        same_bits(trained(case, threads, **how), alone)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("rows", "widths"), [(300, (40, 70, 10)), (1000, (3, 1)), (64, (130, 1, 5)), (5, (2, 200, 3))])
def test_large_and_lopsided_networks(
    rows: int, widths: tuple[int, ...], level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PELLUCID_INSTRUCTION_SET", level)
    layers = [Dense(width, "gelu", max_norm=0.7) for width in widths]
    X = np.random.default_rng(rows).normal(size=(rows, widths[0]))
    Y = np.random.default_rng(1).normal(size=(rows, widths[-1])) ** 2
    case = Case(widths[0], (*layers, Dropout(0.2), Dense(widths[-1], "softplus")), X, Y, {"loss": "huber", "clip": 0.3})
    how: dict[str, Any] = {"batch_size": 150, "epochs": 3, "optimizer": "adam"}
    alone = trained(case, 1, **how)
    for threads in (2, 3, 4, 8):
        same_bits(trained(case, threads, **how), alone)
    assert f"native: {level}, 1 thread (asked for)" == alone.history.engine


def test_more_threads_than_there_is_work() -> None:
    X = np.random.default_rng(0).normal(size=(3, 2))
    case = Case(2, (Dense(1),), X, X[:, :1], {"loss": "squared_error"})
    same_bits(trained(case, 16, epochs=50), trained(case, 1, epochs=50))


def together(works: list[Callable[[], Network]]) -> list[Network]:
    """What each gives when all run at the same time, each in a thread of its own."""
    ends: dict[int, Network] = {}
    gate = threading.Barrier(len(works))

    def run(k: int) -> None:
        gate.wait(30)
        ends[k] = works[k]()

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return [ends[k] for k in range(len(works))]


@pytest.mark.parametrize("threads", [1, 2])
def test_sessions_at_the_same_time_train_as_they_do_alone(threads: int) -> None:
    random = np.random.default_rng(5)
    X, Y = random.normal(size=(200, 6)), random.normal(size=(200, 2))

    def work(seed: int) -> Callable[[], Network]:
        def run() -> Network:
            net = Network(6, Dense(12 + seed, "tanh"), Dropout(0.3), Dense(2), seed=seed)
            net.fit(X, Y, epochs=60, batch_size=20, engine="native", threads=threads)
            return net

        return run

    works = [work(seed) for seed in range(4)]
    for at_once, alone in zip(together(works), [run() for run in works], strict=True):
        same_bits(at_once, alone)


def test_other_threads_run_while_the_core_does() -> None:
    """The interpreter's lock is let go: Python counts on while one long call of the core runs."""
    X = np.random.default_rng(0).normal(size=(60_000, 40))
    net = Network(40, Dense(150, "tanh"), Dense(1), seed=0)
    counted, over = [0], threading.Event()

    def count() -> None:
        while not over.is_set():
            counted[0] += 1
            over.wait(0.0002)

    counter = threading.Thread(target=count)
    counter.start()
    net.fit(X, X[:, :1], epochs=3, batch_size=None, engine="native", threads=1)
    over.set()
    counter.join()
    assert counted[0] > 20


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
def test_threads_that_the_system_does_not_grant_are_an_error() -> None:
    """In a process of its own, whose memory is not enough for the stacks of a thousand threads."""
    script = (
        "import resource\n"
        "from pathlib import Path\n"
        "from pellucid import Dense, Network\n"
        "net = Network(1, Dense(1), seed=0)\n"
        "net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1, engine='native', threads=2)\n"
        "used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))\n"
        "try: net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1, engine='native', threads=1024)\n"
        "except Exception as error: print('refused:', error)\n"
        "else: print('granted')\n"
        "net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1, engine='native', threads=1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("refused: ")
