"""Checkpoints: when they are written, what they hold, and going on from them to the same end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import Checkpoints, Dense, Dropout, Network
from pellucid.errors import FileFormatError, InputError, Notice
from pellucid.io import writing
from pellucid.io.checkpoints import checkpoint_hooks, load_checkpoint
from pellucid.training import hooks

ROWS = np.random.default_rng(7).normal(size=(40, 3))
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)
HOW = {"epochs": 20, "batch_size": 8, "validation": 0.2, "schedule": "plateau(patience=1)", "progress": False}


class PowerCutError(Exception):
    pass


def cut_at(epoch: int) -> object:
    def callback(report: object) -> None:
        if report.epoch == epoch:
            raise PowerCutError

    return callback


def network() -> Network:
    return Network(3, Dense(5, "tanh"), Dropout(0.2), Dense(1, "sigmoid"), seed=3)


def fit(net: Network, checkpoint: object = None, **how: object) -> Network:
    net.fit(ROWS, LABELS, checkpoint=checkpoint, **{**HOW, **how})
    return net


def broken_off(checkpoint: object, epoch: int, **how: object) -> None:
    with pytest.raises(PowerCutError):
        fit(network(), checkpoint, callbacks=cut_at(epoch), **how)


def done(path: Path) -> int:
    state = pellucid.load(path).training
    return state.epoch - state.fit_start


def same_end(a: Network, b: Network) -> None:
    assert a == b
    first, second = asdict(a.history), asdict(b.history)
    assert len(first.pop("seconds")) == len(second.pop("seconds"))
    assert first == second
    assert a.training.step == b.training.step
    assert a.training.finished
    assert b.training.finished
    for layer, other in zip(a.training.slots, b.training.slots, strict=True):
        for name in layer:
            for slot in layer[name]:
                assert layer[name][slot].tobytes() == other[name][slot].tobytes()


# --- When they are written ------------------------------------------------------------------------


def test_number_0_is_written_before_the_first_step(tmp_path: Path) -> None:
    net = network()
    broken_off(tmp_path / "run", 1)
    first = pellucid.load(tmp_path / "run")
    assert first == net
    assert first.training.epoch == first.training.step == first.history.epochs == 0


def test_every_so_many_epochs_and_at_the_end(tmp_path: Path) -> None:
    seen = []
    look = [lambda report: seen.append(done(tmp_path / "run"))]
    fit(network(), Checkpoints(tmp_path / "run", epochs=3), epochs=8, callbacks=look)
    assert seen == [0, 0, 0, 3, 3, 3, 6, 6]
    assert done(tmp_path / "run") == 8
    assert done(tmp_path / "run.1") == 6
    assert sorted(os.listdir(tmp_path)) == ["run", "run.1"]


def test_every_so_many_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, seen = [0.0], []
    monkeypatch.setattr(hooks, "perf_counter", lambda: now[0])

    def slow(report: object) -> None:
        seen.append(done(tmp_path / "run"))
        now[0] += 0.03

    fit(network(), Checkpoints(tmp_path / "run", seconds=0.1), epochs=14, callbacks=slow)
    assert seen == [0, 1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10, 13]
    assert done(tmp_path / "run") == 14


def test_whichever_comes_first(tmp_path: Path) -> None:
    hook = checkpoint_hooks(Checkpoints(tmp_path / "run", epochs=5, seconds=1e9))[0]
    hook.pacer.start(0)
    hook.pacer.looked(1)
    assert [hook.next(epoch) for epoch in (1, 4, 5)] == [5, 5, 10]
    hook = checkpoint_hooks(Checkpoints(tmp_path / "run", epochs=5, seconds=0))[0]
    assert hook.next(1) == 2


def test_how_many_are_kept(tmp_path: Path) -> None:
    fit(network(), Checkpoints(tmp_path / "run", epochs=2, keep=4), epochs=10)
    assert [done(Checkpoints(tmp_path / "run").file(back)) for back in range(4)] == [10, 8, 6, 4]
    fit(network(), Checkpoints(tmp_path / "run", epochs=2, keep=1), epochs=10)
    assert os.listdir(tmp_path) == ["run"]


def test_defaults() -> None:
    assert checkpoint_hooks(None) == []
    assert Checkpoints("run").seconds == 30.0
    assert Checkpoints("run", epochs=5) == Checkpoints("run", epochs=5, seconds=None, keep=2)
    assert checkpoint_hooks("run")[0].settings == Checkpoints("run")


def test_checkpoints_change_nothing_in_the_training(tmp_path: Path) -> None:
    same_end(fit(network()), fit(network(), Checkpoints(tmp_path / "run", epochs=1)))


# --- Going on -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"early_stopping": 9, "learning_rate": 0.1, "epochs": 60},
        {"optimizer": "sgd(momentum=0.9)", "schedule": "one_cycle", "metrics": "accuracy"},
        {"optimizer": "rprop", "schedule": "constant", "batch_size": None, "validation": None},
        {"class_weight": {0: 1.0, 1: 3.0}, "sample_weight": np.linspace(0.5, 1, 40)},
        {"validation": (ROWS[:9], LABELS[:9]), "early_stopping": 2},
    ],
)
@pytest.mark.parametrize("epoch", [1, 4, 9])
def test_the_end_is_the_same(epoch: int, how: dict[str, object], tmp_path: Path) -> None:
    broken_off(Checkpoints(tmp_path / "run", epochs=2), epoch, **how)
    data = {name: how[name] for name in ("class_weight", "sample_weight") if name in how}
    if isinstance(how.get("validation"), tuple):
        data["validation"] = how["validation"]
    again = pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False, **data)
    same_end(fit(network(), **how), again)
    assert pellucid.load(tmp_path / "run") == again
    assert pellucid.load(tmp_path / "run").training.finished


def test_a_second_fit_is_resumed_as_a_second_fit(tmp_path: Path) -> None:
    whole, part = fit(network()), fit(network())
    fit(whole, epochs=7)
    with pytest.raises(PowerCutError):
        fit(part, Checkpoints(tmp_path / "run", epochs=2), epochs=7, callbacks=cut_at(4))
    same_end(whole, pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False))


def test_the_end_of_early_stopping_is_never_written_as_an_epoch_to_go_on_from(tmp_path: Path) -> None:
    """Early stopping's last epoch is a checkpoint's epoch as well; a kill right after it must not train one more."""
    how = {"early_stopping": 3, "learning_rate": 0.1, "epochs": 60}
    whole = fit(network(), **how)
    assert whole.history.stopped == "early stopping"
    last = whole.history.epochs
    broken_off(Checkpoints(tmp_path / "run", epochs=1), last, **how)
    assert done(tmp_path / "run") == last - 1
    same_end(whole, pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False))


def test_a_finished_training_is_at_its_end_at_once(tmp_path: Path) -> None:
    net = fit(network(), tmp_path / "run", early_stopping=2)
    before = (tmp_path / "run").read_bytes()
    same_end(net, pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False))
    assert (tmp_path / "run").read_bytes() == before


def test_checkpoints_go_on_as_they_were_asked_for(tmp_path: Path) -> None:
    broken_off(Checkpoints(tmp_path / "run", epochs=3, keep=3), 7)
    model, settings = load_checkpoint(tmp_path / "run")
    assert settings == Checkpoints(tmp_path / "run", epochs=3, keep=3)
    assert model.training.epoch == 6
    seen = []
    pellucid.resume(
        tmp_path / "run", ROWS, LABELS, progress=False, callbacks=lambda report: seen.append(done(tmp_path / "run"))
    )
    assert seen == [6, 6, 6, 9, 9, 9, 12, 12, 12, 15, 15, 15, 18, 18]


def test_ctrl_c_leaves_the_epoch_it_came_to(tmp_path: Path) -> None:
    def press(report: object) -> None:
        if report.epoch == 7:
            os.kill(os.getpid(), signal.SIGINT)

    net = fit(network(), tmp_path / "run", callbacks=press)
    assert net.history.stopped == "interrupted by Ctrl-C"
    assert done(tmp_path / "run") == 7
    same_end(fit(network()), pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False))


def test_a_second_ctrl_c_writes_nothing_that_may_not_fit_together(tmp_path: Path) -> None:
    def press(report: object) -> None:
        if report.epoch == 7:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    fit(network(), Checkpoints(tmp_path / "run", epochs=3), callbacks=press)
    assert done(tmp_path / "run") == 6
    same_end(fit(network()), pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False))


def test_divergence_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    net = Network(1, Dense(1), seed=1)
    with pytest.raises(pellucid.DivergenceError):
        net.fit([[1.0], [2.0]], [0.0, 1.0], optimizer="sgd", learning_rate=50.0, epochs=10**4, progress=False,
                checkpoint=Checkpoints(tmp_path / "run", epochs=5))  # fmt: skip
    state = pellucid.load(tmp_path / "run").training
    assert state.epoch % 5 == 0
    assert not state.finished


# --- Refusals and fallbacks -----------------------------------------------------------------------


def test_other_data_or_settings_are_refused(tmp_path: Path) -> None:
    broken_off(tmp_path / "run", 3)
    other = ROWS.copy()
    other[3, 1] += 1e-15
    for X, y, more in (
        (other, LABELS, {}),
        (ROWS, 1 - LABELS, {}),
        (ROWS[::-1], LABELS[::-1], {}),
        (ROWS, LABELS, {"sample_weight": np.full(40, 0.5)}),
        (ROWS, LABELS, {"class_weight": {0: 1.0, 1: 2.0}}),
    ):
        with pytest.raises(InputError) as error:
            pellucid.resume(tmp_path / "run", X, y, progress=False, **more)
        assert "resume: this is not the data that the training began with (its fingerprint differs)" in str(error.value)


def test_a_damaged_checkpoint_gives_way_to_the_one_before_with_a_notice(tmp_path: Path) -> None:
    broken_off(Checkpoints(tmp_path / "run", epochs=3), 8)
    assert done(tmp_path / "run") == 6
    (tmp_path / "run").write_bytes((tmp_path / "run").read_bytes()[:-1])
    with pytest.warns(Notice) as notes:
        net = pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False)
    text = str(notes[0].message)
    assert text.startswith(
        "the latest checkpoint cannot be used (the file is damaged or was altered: it is truncated: 1 of"
    )
    assert text.endswith("are missing at its end); training goes on from the one before it, at epoch 3")
    same_end(fit(network()), net)


def test_a_checkpoint_that_is_missing_gives_way_too(tmp_path: Path) -> None:
    """As after a kill between the two renames."""
    broken_off(Checkpoints(tmp_path / "run", epochs=3), 8)
    (tmp_path / "run").unlink()
    with pytest.warns(Notice, match=r"cannot be used \(there is no file .*\); .* at epoch 3"):
        net = pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False)
    same_end(fit(network()), net)


def test_a_damaged_latest_never_takes_the_place_of_the_good_one_before(tmp_path: Path) -> None:
    broken_off(Checkpoints(tmp_path / "run", epochs=3), 8)
    (tmp_path / "run").write_bytes(b"broken")
    with pytest.warns(Notice), pytest.raises(PowerCutError):
        pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False, callbacks=cut_at(7))
    assert done(tmp_path / "run") == 6
    assert done(tmp_path / "run.1") == 3


def test_nothing_to_go_on_from(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="resume: there is no file"):
        pellucid.resume(tmp_path / "run", ROWS, LABELS)
    (tmp_path / "run").write_bytes(b"broken")
    (tmp_path / "run.1").write_bytes(b"broken too")
    with pytest.raises(FileFormatError, match="resume: .*run': this is no safetensors file"):
        pellucid.resume(tmp_path / "run", ROWS, LABELS)


def test_a_network_that_save_wrote_is_no_checkpoint(tmp_path: Path) -> None:
    fit(network()).save(tmp_path / "net")
    before = (tmp_path / "net").read_bytes()
    with pytest.raises(InputError) as error:
        pellucid.resume(tmp_path / "net", ROWS, LABELS)
    assert "was written by save, not by a checkpoint" in str(error.value)
    assert "net.resume(X, y)" in str(error.value)
    with pytest.raises(InputError) as error:
        fit(network(), tmp_path / "net")
    assert "fit: " in str(error.value)
    assert "net' holds a network that save wrote" in str(error.value)
    assert "checkpoint='net.checkpoint'" in str(error.value)
    assert (tmp_path / "net").read_bytes() == before


def test_a_fit_over_an_unfinished_training_moves_it_aside(tmp_path: Path) -> None:
    path = tmp_path / "run"
    broken_off(Checkpoints(path, epochs=3), 8)
    with pytest.warns(Notice, match=r"run' held a training that was broken off after 6 of 20 epochs: it is now at"):
        fit(network(), Checkpoints(path, epochs=3), epochs=7)
    assert sorted(os.listdir(tmp_path)) == ["run", "run.1", "run.unfinished"]
    assert done(path) == 7
    same_end(fit(network()), pellucid.resume(tmp_path / "run.unfinished", ROWS, LABELS, progress=False))


def test_a_fit_over_a_finished_training_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "run"
    fit(network(), Checkpoints(path, epochs=3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        broken_off(Checkpoints(path, epochs=30), 2)
    assert done(path) == 0
    assert os.listdir(tmp_path) == ["run"]


def test_leftovers_of_a_killed_writer_go(tmp_path: Path) -> None:
    part = writing.temporary(tmp_path / "run")
    other = writing.temporary(tmp_path / "other")
    part.write_bytes(b"part")
    other.write_bytes(b"part")
    fit(network(), tmp_path / "run", epochs=1)
    assert sorted(os.listdir(tmp_path)) == sorted([other.name, "run", "run.1"])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda p: Checkpoints(p, epochs=0), "epochs between checkpoints = 0"),
        (lambda p: Checkpoints(p, epochs=1.5), "epochs between checkpoints = 1.5"),
        (lambda p: Checkpoints(p, seconds=-1), "seconds=-1"),
        (lambda p: Checkpoints(p, seconds="1"), "seconds='1'"),
        (lambda p: Checkpoints(p, seconds=float("inf")), "seconds=inf"),
        (lambda p: Checkpoints(p, seconds=True), "seconds=True"),
        (lambda p: Checkpoints(p, keep=0), "keep = 0"),
        (lambda p: Checkpoints(5), "path=5"),
        (lambda p: fit(network(), 5), "fit: path=5"),
        (lambda p: fit(network(), p), "is a folder"),
        (lambda p: fit(network(), p / "nowhere" / "run"), "nowhere' does not exist"),
    ],
)
def test_wrong_settings(make: object, text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        make(tmp_path)
    assert text in str(error.value)


def test_somebody_elses_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="fit: .*exists and is not a network's file"):
        fit(network(), tmp_path / "data.csv")
    assert (tmp_path / "data.csv").read_text() == "a,b\n1,2\n"


def test_own_records_are_passed_on(tmp_path: Path) -> None:
    mine = pellucid.Activation(name="mine", formula="", forward=mine_forward, slope=mine_slope)
    net = Network(3, Dense(2, mine), Dense(1, "sigmoid"), seed=1)
    with pytest.raises(PowerCutError):
        fit(net, tmp_path / "run", callbacks=cut_at(3))
    with pytest.raises(InputError, match="resume: the network uses the activation 'mine'"):
        pellucid.resume(tmp_path / "run", ROWS, LABELS, progress=False)
    again = pellucid.resume(tmp_path / "run", ROWS, LABELS, custom=[mine], progress=False)
    same_end(fit(Network(3, Dense(2, mine), Dense(1, "sigmoid"), seed=1)), again)


def mine_forward(xp, z):
    return z * z


def mine_slope(xp, z, a):
    return 2 * z


def test_the_door_does_not_load_safetensors() -> None:
    code = "import sys, pellucid; pellucid.Checkpoints; print('safetensors' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
