"""Recorded answers of the real FANN, and the engines that are to give them.

A selection is committed (tests/golden/fann), laid out as the whole set is (PELLUCID_DATA's oracle/, see its README).
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.fann.engine import Engine, Goal, Memory
from pellucid.fann.native_engine import native_engine
from pellucid.fann.numpy_engine import NumpyEngine
from pellucid.io.fann import net_file
from pellucid.io.fann.structure import Structure

COMMITTED = Path(__file__).parent / "golden" / "fann"
ENGINES = ("numpy", "native")
ROOTS = ("committed", "all")
NEAR = 1e-12  # relative to max(1, |w|)
# Where another C library computes exp and log, runs that double a difference every few epochs go their own way.
CHAOTIC = {"QUICKPROP": 20, "SARPROP": 20}
SAME_LIBRARY = platform.libc_ver()[0] == "glibc" and platform.machine() == "x86_64"


def engine(name: str) -> Engine:
    """The engine of this name; without a native core the test skips."""
    if name == "numpy":
        return NumpyEngine()
    found = native_engine()
    if found is None:
        pytest.skip("needs the native core")
    return found


def root(name: str, outside_data: Callable[[str], Path]) -> Path:
    """The folder of the committed selection, or of all recorded answers, without which the test skips."""
    return COMMITTED if name == "committed" else outside_data("oracle/training/index.json").parents[1]


def answers(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def net_of(folder: Path, name: str) -> Structure:
    return net_file.read(folder / name)


def never() -> bool:
    return False


def train(
    engine: Engine, net: Structure, memory: Memory, X: Any, Y: Any, epochs: int = 1, exact: bool = False, **goal: Any
) -> Any:
    return engine.advance(net, memory, np.array(X), np.array(Y), epochs, Goal(**goal), exact, never)


def distance(weights: np.ndarray, expected: Any) -> float:
    """The largest difference, relative to max(1, |w|); NaN counts as far away."""
    expected = np.array(expected)
    found = np.abs(weights - expected) / np.maximum(1.0, np.abs(expected))
    return float(np.where(np.isnan(found), np.inf, found).max())
