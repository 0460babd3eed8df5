"""kill -9 at any moment, many times over: a resumed training ends bit for bit where an uninterrupted one does.

Real processes are killed. Most are forked from a helper that has pellucid loaded, so that kills fall into the training
and not into the start of Python; a few are fresh interpreters.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import Checkpoints, Dense, Dropout, Network, Notice

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

ROWS = np.random.default_rng(11).normal(size=(60, 4))
LABELS = np.where(np.sin(2 * ROWS[:, 0]) + ROWS[:, 1] > 0, "yes", "no")
KILLS = 12
# A process that is to be killed trains at most so many epochs more than those before it, and then waits for its end:
# however quick the engine is, no training is over before its last kill.
EACH = 12

# Everything that has a memory: batches in random order, dropout, momentum, a schedule and a stopping rule that watch
# rows held out.
HOW = {
    "adam, plateau, early stopping": {
        "optimizer": "adam", "learning_rate": 0.005, "batch_size": 16, "validation": 0.25, "epochs": 300,
        "early_stopping": pellucid.EarlyStopping(160), "schedule": "plateau(patience=10)", "metrics": "accuracy",
    },
    "momentum, one cycle, clipping": {
        "optimizer": "sgd(momentum=0.9)", "learning_rate": 0.02, "batch_size": 25, "epochs": 160,
        "schedule": "one_cycle", "clip": 1.0,
    },
    "rprop, all rows at once": {"optimizer": "rprop", "batch_size": None, "epochs": 160, "validation": 0.25},
}  # fmt: skip


def network() -> Network:
    return Network(4, Dense(6, "tanh", l2=0.001), Dropout(0.1), Dense(4, "silu"), Dense(1, "sigmoid"), seed=8)


def train(path: str, kind: str, wait: float = 0.0, last: int | None = None) -> None:
    """What a killed process was doing: begin the training, or go on with it, as far as to its epoch `last`."""
    warnings.simplefilter("ignore", Notice)

    def pause(report: pellucid.EpochReport) -> None:
        time.sleep(60.0 if report.epoch == last else wait)

    if Path(path).exists() or Path(f"{path}.1").exists():
        pellucid.resume(path, ROWS, LABELS, progress=False, callbacks=pause)
    else:
        checkpoint = Checkpoints(path, epochs=1)
        network().fit(ROWS, LABELS, checkpoint=checkpoint, progress=False, callbacks=pause, **HOW[kind])


def child(path: Path, kind: str, last: int | None) -> int:
    """A process that trains; returns its number. It never comes back into pytest."""
    number = os.fork()
    if number == 0:
        try:
            train(str(path), kind, last=last)
            os._exit(0)
        except BaseException:
            import traceback

            Path(f"{path}.error").write_text(traceback.format_exc())
            os._exit(1)
    return number


def helper(path: Path, kind: str, seed: int) -> dict[str, int]:
    """Start the training, kill it after a random while, start it again, `KILLS` times; then let it end."""
    chance, kills, epochs = random.Random(seed), 0, []
    pace = warm_up(path.with_name("warm"), kind)
    while True:
        before = stamp(path)
        number = child(path, kind, EACH * (kills + 1) if kills < KILLS else None)
        if kills < KILLS:
            if kills % 3:  # else it may fall into the start, and into number 0
                wait_until(lambda before=before: stamp(path) != before)
            time.sleep(chance.choice([0.2, 2, EACH]) * pace * chance.random())
            os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
        killed = os.WIFSIGNALED(status)
        assert killed or os.waitstatus_to_exitcode(status) == 0, Path(f"{path}.error").read_text()
        kills += killed
        if path.exists():
            epochs.append(pellucid.load(path).training.epoch)
        if not killed:
            return {"kills": kills, "places": len(set(epochs))}


def stamp(path: Path) -> tuple[int, int]:
    """Changes with every checkpoint."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_ino, status.st_mtime_ns


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.0005)


def warm_up(path: Path, kind: str) -> float:
    """Load every module that training, saving and resuming load, so that the children need not; returns the seconds
    that an epoch and its checkpoint take."""
    network().fit(ROWS, LABELS, checkpoint=path, progress=False, **{**HOW[kind], "epochs": 2})
    pellucid.resume(path, ROWS, LABELS, progress=False)
    began = time.perf_counter()
    network().fit(ROWS, LABELS, checkpoint=Checkpoints(path, epochs=1), progress=False, **{**HOW[kind], "epochs": EACH})
    pace = (time.perf_counter() - began) / EACH
    for file in (path, Path(f"{path}.1")):
        file.unlink()
    return pace


def same_end(whole: Network, again: Network) -> None:
    assert again == whole
    assert again.training.finished
    state, other = whole.training, again.training
    assert (state.step, state.epoch, state.schedule) == (other.step, other.epoch, other.schedule)
    assert (state.stopping.best, state.stopping.epoch) == (other.stopping.best, other.stopping.epoch)
    first, second = asdict(whole.history), asdict(again.history)
    assert len(first.pop("seconds")) == len(second.pop("seconds"))
    assert first == second


def uninterrupted(kind: str) -> Network:
    net = network()
    net.fit(ROWS, LABELS, progress=False, **HOW[kind])
    return net


@pytest.mark.parametrize("kind", HOW)
def test_the_end_is_bit_for_bit_the_same(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "run"
    run = [sys.executable, __file__, str(path), kind, str(len(kind))]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] == KILLS
    assert found["places"] >= KILLS // 3
    again = pellucid.load(path)
    same_end(uninterrupted(kind), again)
    # Nothing lies about but the checkpoints, and what the last killed writer left is gone.
    assert sorted(os.listdir(tmp_path)) == ["run", "run.1"]


def test_fresh_interpreters(tmp_path: Path) -> None:
    path, kind = tmp_path / "run", "adam, plateau, early stopping"
    train_only = [sys.executable, __file__, "train", str(path), kind]
    for seed in range(4):
        with subprocess.Popen(train_only, stderr=subprocess.PIPE) as process:
            wait_until(path.exists)
            time.sleep(random.Random(seed).random() * 0.6)
            process.kill()
    warnings.simplefilter("ignore", Notice)
    same_end(uninterrupted(kind), pellucid.resume(path, ROWS, LABELS, progress=False))


if __name__ == "__main__":
    if sys.argv[1] == "train":
        train(*sys.argv[2:4], wait=0.004)
    else:
        print(json.dumps(helper(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
