"""Beside the real libfann, live: the same calls on both; and a public user of fann2, unchanged."""

from __future__ import annotations

import importlib.util
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from libfann_beside import Compared, beside
from libfann_programs import growth, program
from pellucid.fann import libfann
from real_fann import PYTHON, present

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_the_same_calls_on_both_libraries(first: int, tmp_path: Path) -> None:
    """Four hundred programs: what each call answers, prints and writes, to the last bit."""
    found = beside(tmp_path, [program(seed) for seed in range(first, first + 100)])
    assert not found.wrong, report(found)
    assert found.calls > 8000 and len(found.lost) < 15
    assert all("subset_train_data" in text or "finite" in text for text in found.refused.values()), found.refused


def test_nets_grow_alike(tmp_path: Path) -> None:
    """Two hundred cascades, of 1 to 5 inputs and 1 to 3 outputs: reports, structure and weights to the last bit."""
    found = beside(tmp_path, [growth(seed) for seed in range(200)])
    assert not found.wrong, report(found)
    assert found.calls > 6500 and not found.refused


def report(found: Compared) -> str:
    return "\n".join(f"{number}: {text}" for number, text in found.wrong.items())


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
    if not present():
        pytest.skip("needs the real fann2 (Debian: python3-fann2)")
    run = subprocess.run([PYTHON, "-c", NAMES], capture_output=True, text=True, check=True)
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
