"""The command as real processes: help, version, speed, pipes, Ctrl-C, kill and resume."""

import json
import shlex
import signal
import subprocess
import sys
import time

import pytest

import pellucid
from pellucid.engines.native import core
from terminal import fruit, process, run

VERBS = ("train", "predict", "explain", "trace", "check", "code", "tutorial")
# Seconds of work, on whichever engine there is.
EPOCHS = 80_000 if core().module else 1500
LONG = (
    *("--target", "kind", "--epochs", str(EPOCHS), "--hidden", "16"),
    *("--checkpoint", "saved", "--checkpoint-every", "0.1"),
)


def finish(started, timeout=120):
    out, err = started.communicate(timeout=timeout)
    return started.returncode, out, err


def test_help_version_and_no_verb(tmp_path):
    code, out, _ = finish(process("--help", cwd=tmp_path))
    assert code == 0
    for verb in VERBS:
        assert verb in out
    assert finish(process("--version", cwd=tmp_path))[:2] == (0, f"pellucid {pellucid.__version__}\n")
    code, out, _ = finish(process(cwd=tmp_path))
    assert code == 0
    assert "Usage: pellucid" in out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(verb):
    text = run(verb, "--help").stdout
    assert "Examples" in text
    assert f"pellucid {verb}" in text
    assert "--json" in text


def test_an_unknown_verb_teaches_the_nearest(tmp_path):
    code, out, err = finish(process("trian", cwd=tmp_path))
    assert code == 2
    assert out == ""
    assert "train" in err


def test_help_loads_no_room_that_computes(tmp_path):
    script = (
        "import sys; sys.argv = ['pellucid', '--help']\n"
        "from pellucid.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "found = {'safetensors', 'narwhals', 'matplotlib', 'pellucid.report', 'pellucid.auto', 'pellucid.data.table'}\n"
        "print(sorted(found & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr.strip() == "[]"


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    fruit(tmp_path / "fruit.csv", n=6000)
    training = ("train", "fruit.csv", "-t", "kind", "--epochs", "1", "--hidden", "2", "-q", "--test", "0.01")
    assert finish(process(*training, cwd=tmp_path))[0] == 0
    with process("predict", "fruit.safetensors", "fruit.csv", cwd=tmp_path) as started:
        assert started.stdout.readline().startswith("row,prediction")
        started.stdout.close()
        error = started.stderr.read()
    assert started.returncode == 0
    assert "Traceback" not in error
    assert "Broken" not in error


def shell(command, folder):
    """A line of bash, in which `pellucid` is this one."""
    line = command.replace("pellucid", f"{shlex.quote(sys.executable)} -m pellucid")
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_help_that_nobody_reads_to_its_end_is_no_error(tmp_path):
    code, out, err = shell("pellucid train --help | true; echo ${PIPESTATUS[0]}", tmp_path)
    assert (code, out, err) == (0, "0\n", "")


def test_closed_streams_are_no_error(tmp_path):
    fruit(tmp_path / "fruit.csv")
    assert shell("pellucid train fruit.csv -t kind --epochs 1 --hidden 2 >&-", tmp_path)[0] == 0
    code, _, err = shell("pellucid predict fruit.safetensors fruit.csv >&-", tmp_path)
    assert (code, "Traceback" in err) == (0, False)
    assert shell("pellucid predict fruit.safetensors nothing.csv 2>&- >&-", tmp_path)[0] == 2


def test_ctrl_c_while_it_is_loaded_is_no_traceback(tmp_path):
    script = (
        "import sys; sys.argv = ['pellucid', 'tutorial']\n"
        "class Late:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Late())\n"
        "from pellucid.cli import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (130, "Stopped by Ctrl-C.\n")


def wait_for(path, before=None, seconds=60):
    """Wait until there is such a file, other than the one `before`; returns what tells it from others."""
    end = time.monotonic() + seconds
    while (found := stamp(path)) in (None, before):
        assert time.monotonic() < end, f"{path} did not come"
        time.sleep(0.005)
    return found


def stamp(path):
    try:
        status = path.stat()
    except FileNotFoundError:  # as it is between two renames
        return None
    return status.st_ino, status.st_mtime_ns


def test_ctrl_c_keeps_what_was_learnt(tmp_path):
    fruit(tmp_path / "fruit.csv")
    order = ("train", "fruit.csv", *LONG[:3], "10000000", *LONG[4:], "--json")
    started = process(*order, cwd=tmp_path)
    wait_for(tmp_path / "saved" / "training.safetensors")
    time.sleep(1)
    started.send_signal(signal.SIGINT)
    code, out, err = finish(started)
    assert code == 130
    assert "training was ended by Ctrl-C" in err
    assert "Traceback" not in err
    found = json.loads(out)
    assert found["training"]["stopped"] == "interrupted by Ctrl-C"
    assert found["training"]["epochs"] > 0
    assert pellucid.load(tmp_path / "fruit.safetensors").history.epochs == found["training"]["epochs"]
    assert (tmp_path / "fruit.html").exists()


@pytest.mark.slow
def test_a_killed_training_is_resumed_to_the_same_bits(tmp_path):
    fruit(tmp_path / "fruit.csv")
    order = ("train", "fruit.csv", *LONG, "--json")
    code, _, err = finish(process(*order, "--output", "whole.safetensors", cwd=tmp_path))
    assert code == 0, err
    (tmp_path / "saved").rename(tmp_path / "of the whole one")
    started, checkpoint = process(*order, cwd=tmp_path), None
    for _ in range(2):
        for _ in range(2):  # the very first is of epoch 0
            checkpoint = wait_for(tmp_path / "saved" / "training.safetensors", checkpoint)
        started.kill()
        started.communicate()
        assert not (tmp_path / "fruit.safetensors").exists()
        started = process(*order, "--resume", cwd=tmp_path)
    code, out, err = finish(started)
    assert code == 0, err
    assert json.loads(out)["training"]["epochs"] == EPOCHS
    assert pellucid.load(tmp_path / "fruit.safetensors") == pellucid.load(tmp_path / "whole.safetensors")
