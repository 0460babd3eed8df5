"""Runs the scripts that `to_python` writes, where nothing but NumPy can be imported, and compares what they print."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np

from pellucid import Network

# Runs scripts one after the other where only NumPy and Python itself can be imported; gives back what they print.
RUNNER = """
import builtins, contextlib, io, json, sys
real = builtins.__import__
import numpy
def only_numpy(name, globals=None, locals=None, fromlist=(), level=0):
    asked_by_script = (globals or {}).get("__name__") == "script"
    if asked_by_script and name.split(".")[0] not in {"numpy", *sys.stdlib_module_names}:
        raise ImportError(name)
    return real(name, globals, locals, fromlist, level)
builtins.__import__ = only_numpy
printed = []
for code, more in json.load(sys.stdin):
    out, space = io.StringIO(), {"__name__": "script"}
    with contextlib.redirect_stdout(out), numpy.errstate(all="ignore"):
        exec(compile(code, "script", "exec"), space)
        exec(more, space)
    assert not any(name.startswith("pellucid") for name in sys.modules)
    printed.append(out.getvalue())
print(json.dumps(printed))
"""


def run_all(scripts: list[tuple[str, str]]) -> list[str]:
    """What each script prints, and after it the lines of code that belong to it."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER], input=json.dumps(scripts), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run(script: str, more: str = "") -> str:
    return run_all([(script, more)])[0]


def outputs(text: str) -> np.ndarray:
    after = text[text.index("outputs") :].splitlines()[1:]
    return np.array([[float(word) for word in line.split()] for line in after])


def losses(text: str) -> dict[int, float]:
    lines = [line.split() for line in text.splitlines() if line.startswith("loss in epoch")]
    return {int(words[3]): float(words[-1]) for words in lines}


def same(a: object, b: object) -> None:
    """Equal in 12 significant digits."""
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-300)


def check(net: Network, text: str, X: np.ndarray) -> None:
    same(outputs(text), net.predict(X)[:200])
    for epoch, loss in losses(text).items():
        same(loss, net.history.loss[epoch - 1])
