"""Beside the real libfann, live: the same calls on both; and a public user of fann2, unchanged."""

from __future__ import annotations

import importlib.util
import inspect
import json
import random
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pellucid.fann import libfann

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
REAL = "/usr/bin/python3"
LEARNING = [0, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17]  # THRESHOLD prints at every visit


@cache
def real_is_there() -> bool:
    try:
        run = subprocess.run([REAL, "-c", "from fann2 import libfann"], capture_output=True, check=False)
        return run.returncode == 0
    except OSError:
        return False


def draw_rows(rng: random.Random, n: int, n_in: int, n_out: int) -> list[Any]:
    inputs = [[round(rng.uniform(-1, 1), 3) for _ in range(n_in)] for _ in range(n)]
    return [inputs, [[round(rng.uniform(0, 1), 3) for _ in range(n_out)] for _ in range(n)]]


def start(rng: random.Random) -> tuple[list[Any], list[int], int]:
    """A network with drawn weights, data, and how both look."""
    layers = [rng.randint(1, 4) for _ in range(rng.choice([2, 3, 3, 4]))]
    rows = rng.randint(2, 6)
    return (
        [
            ["net", rng.choice(["create_standard_array", "create_shortcut_array"]), [layers]],
            ["net", "randomize_weights", [-1.0, 1.0]],
            ["data", "set_train_data", draw_rows(rng, rows, layers[0], layers[-1])],
            ["other", "set_train_data", draw_rows(rng, 3, layers[0], layers[-1])],
        ],
        layers,
        rows,
    )


def settings(rng: random.Random, layers: list[int]) -> list[Any]:
    unit = [rng.randint(0, len(layers)), rng.randint(0, 4)]
    return rng.choice(
        [
            ["net", "set_training_algorithm", [rng.randint(0, 4)]],
            ["net", "set_learning_rate", [rng.choice([0.01, 0.1, 0.7])]],
            ["net", "set_learning_momentum", [rng.choice([0.0, 0.3])]],
            ["net", "set_activation_function_hidden", [rng.choice(LEARNING)]],
            ["net", "set_activation_function_output", [rng.choice(LEARNING)]],
            ["net", "set_activation_function", [rng.choice(LEARNING), *unit]],
            ["net", "set_activation_function_layer", [rng.choice(LEARNING), unit[0]]],
            ["net", "set_activation_steepness_hidden", [rng.choice([0.25, 0.5, 1.0])]],
            ["net", "set_activation_steepness", [0.3, *unit]],
            ["net", "set_train_error_function", [rng.randint(0, 1)]],
            ["net", "set_train_stop_function", [rng.randint(0, 1)]],
            ["net", "set_bit_fail_limit", [rng.choice([0.1, 0.35])]],
            ["net", "set_quickprop_mu", [1.5]],
            ["net", "set_rprop_increase_factor", [1.1]],
            ["net", "set_sarprop_temperature", [0.01]],
            ["net", "set_weight", [rng.randint(0, 9), rng.randint(0, 9), rng.uniform(-2, 2)]],
            ["net", "set_input_scaling_params", ["@data", -1.0, 1.0]],
            ["net", "set_scaling_params", ["@data", 0.0, 1.0, -1.0, 1.0]],
            ["net", "clear_scaling_params", []],
        ]
    )


def action(rng: random.Random, layers: list[int]) -> list[Any]:
    one = draw_rows(rng, 1, layers[0], layers[-1])
    unit = [rng.randint(0, len(layers)), rng.randint(0, 4)]
    return rng.choice(
        [
            ["net", "train_epoch", ["@data"]],
            ["net", "train_on_data", ["@data", rng.randint(0, 8), rng.choice([0, 1, 3]), rng.choice([0.0, 0.1, 2.0])]],
            ["net", "test_data", ["@other"]],
            ["net", "run", [one[0][0]]],
            ["net", "train", [one[0][0], one[1][0]]],
            ["net", "test", [one[0][0], one[1][0]]],
            ["net", "reset_MSE", []],
            ["net", "print_connections", []],
            ["net", "print_parameters", []],
            ["net", "get_activation_function", unit],
            ["net", "get_activation_steepness", unit],
            ["net", "get_errno", []],
            ["net", "reset_errno", []],
            ["net", "save", ["a.net"]],
            ["net", "create_from_file", ["a.net"]],
            ["net", "save_to_fixed", ["fixed.net"]],
            ["net", "scale_train", ["@other"]],
            ["net", "descale_train", ["@other"]],
            ["net", "randomize_weights", [-0.5, 0.5]],
            ["net", "init_weights", ["@data"]],
            ["data", "shuffle_train_data", []],
            ["data", "merge_train_data", ["@other"]],
            ["other", "subset_train_data", [0, 2]],
            ["other", "scale_train_data", [-1.0, 2.0]],
            ["data", "save_train", ["a.data"]],
            ["data", "save_train_to_fixed", ["fixed.data", rng.randint(0, 12)]],
            ["data", "get_input", []],
            ["other", "get_output", []],
        ]
    )


def program(seed: int) -> list[Any]:
    """Forty calls in a row, with the numbers of `srand` before each."""
    rng = random.Random(seed)
    calls, layers, _ = start(rng)
    calls.append(["net", "save", ["a.net"]])
    for _ in range(15):
        calls += [settings(rng, layers), action(rng, layers), action(rng, layers)]
        calls += [["net", "get_MSE", []], ["net", "get_bit_fail", []]]
    calls += [["net", "save", ["end.net"]], ["other", "save_train", ["end.data"]]]
    return [[i + 1, *call] for i, call in enumerate(calls)]


def outcome(python: str, which: str, folder: Path, programs: list[Any]) -> list[str]:
    folder.mkdir()
    (folder / "programs.json").write_text(json.dumps(programs))
    command = [python, str(HERE / "libfann_calls.py"), which, "programs.json"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.split("program ")[1:]


def differs(real: Any, ours: Any) -> bool:
    """Whether two answers differ by more than rounding."""
    if isinstance(real, list) and isinstance(ours, list):
        return len(real) != len(ours) or any(differs(*pair) for pair in zip(real, ours, strict=True))
    if isinstance(real, float) and isinstance(ours, float):
        both_nan = real != real and ours != ours
        return not (real == ours or both_nan or abs(real - ours) <= 1e-9 * max(1.0, abs(real)))
    return real != ours


def first_difference(calls: list[Any], real: list[Any], ours: list[Any]) -> str:
    """The first call that was answered differently; "" if none. An error ends the comparison."""
    for call, answer, answer_here in zip(calls, real, ours, strict=False):
        if isinstance(answer_here, str) and answer_here.startswith("raised"):
            return ""
        if differs(answer, answer_here):
            return f"{call}: {str(answer)[-600:]} and {str(answer_here)[-600:]}"
    return ""


def test_the_same_calls_on_both_libraries(tmp_path: Path) -> None:
    if not real_is_there():
        pytest.skip("needs the real fann2 (Debian: python3-fann2)")
    programs = [program(seed) for seed in range(60)]
    real = outcome(REAL, "real", tmp_path / "real", programs)
    ours = outcome(sys.executable, "pellucid", tmp_path / "ours", programs)
    assert len(real) == len(ours) == 60
    wrong, compared = {}, 0
    for number, (theirs, mine) in enumerate(zip(real, ours, strict=True)):
        (printed, answered), (printed_here, answered_here) = theirs.split("answers "), mine.split("answers ")
        answers, answers_here = json.loads(answered), json.loads(answered_here)
        found = first_difference(programs[number], answers, answers_here)
        ended = len(answers_here) < len(answers)
        if found:
            wrong[number] = found
        elif printed != printed_here and not (ended and printed.startswith(printed_here)):
            wrong[number] = f"printed {printed!r} and {printed_here!r}"
        compared += len(answers_here)
    assert not wrong, "\n".join(f"{k}: {v}" for k, v in wrong.items())
    assert compared > 4000


NAMES = """
import inspect, json
from fann2 import libfann

def public(thing):
    return [name for name in dir(thing) if not name.startswith("_")]

def calls(kind):
    methods = {name: getattr(kind, name) for name in public(kind)}
    return {name: list(inspect.signature(m).parameters) for name, m in methods.items() if inspect.isfunction(m)}

kinds = {kind.__name__: calls(kind) for kind in (libfann.neural_net, libfann.training_data)}
print(json.dumps({"names": public(libfann), "calls": kinds}))
"""


def test_every_name_and_parameter_is_there() -> None:
    """Each public name of the real module, and each method's parameters by name."""
    if not real_is_there():
        pytest.skip("needs the real fann2 (Debian: python3-fann2)")
    run = subprocess.run([REAL, "-c", NAMES], capture_output=True, text=True, check=True)
    real = json.loads(run.stdout)
    assert set(real["names"]) - set(dir(libfann)) == {"SwigPyIterator"}
    for kind, calls in real["calls"].items():
        for name, parameters in calls.items():
            ours = inspect.signature(getattr(getattr(libfann, kind), name)).parameters
            assert list(ours)[: len(parameters)] == parameters, (kind, name)


PADATIOUS = """
import json, sys, tempfile
from pellucid.fann import install
install()
from padatious import IntentContainer
if __name__ == "__main__":
    box = IntentContainer(tempfile.mkdtemp())
    box.add_intent("hello", ["Hi there!", "Hello.", "Hey you"])
    box.add_intent("goodbye", ["See you!", "Goodbye!", "Bye then"])
    box.add_entity("engine", ["google", "duck duck go", "the web"])
    box.add_intent("search", ["Search for {query} (using|on) {engine}.", "Find {query} on {engine}"])
    assert box.train(debug=False)
    says = [box.calc_intent(s) for s in ("Hello there!", "bye bye", "Search for cats on google")]
    print(json.dumps([[s.name, s.conf, s.matches] for s in says]))
"""


def test_padatious_runs_unchanged(tmp_path: Path) -> None:
    if importlib.util.find_spec("padatious") is None:
        pytest.skip("needs padatious (make test-peers installs it)")
    (tmp_path / "box.py").write_text(PADATIOUS)
    run = subprocess.run(
        [sys.executable, "box.py"], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    (hello, bye, search) = json.loads(run.stdout.splitlines()[-1])
    assert (hello[0], bye[0], search[0]) == ("hello", "goodbye", "search")
    assert search[1:] == [1.0, {"query": "cats", "engine": "google"}]
    assert 0.3 < hello[1] < 1.0
