"""What all tests share: Hypothesis' settings, data that is not shipped, and a core that may be missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# "steady" draws the same examples in every run, so that a red test is red for everybody;
# HYPOTHESIS_PROFILE=explore looks for new ones. No deadline: a shared machine is slow at times.
settings.register_profile("steady", derandomize=True, deadline=None, database=None, print_blob=False)
settings.register_profile(
    "explore", max_examples=1000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def outside_data() -> Callable[[str], Path]:
    """`outside_data("mnist.npz")`: the path of a file that is not shipped; where it is absent the test skips by name.

    The environment variable PELLUCID_DATA holds the folders to look in, separated as in PATH.
    """
    folders = [Path(p) for p in os.environ.get("PELLUCID_DATA", "").split(os.pathsep) if p]

    def find(name: str) -> Path:
        for folder in folders:
            if (folder / name).exists():
                return folder / name
        pytest.skip(f"needs {name}: PELLUCID_DATA names no folder that holds it")

    return find


@pytest.fixture(scope="session", autouse=True)
def missing_core_was_told() -> None:
    """Where there is no native core, every test runs on NumPy; the notice that says so once would be an error here."""
    from native_cases import tell_of_a_missing_core

    tell_of_a_missing_core()


@pytest.fixture
def jax_in_64_bits() -> Iterator[None]:
    """JAX computes in 64 bits inside the test, and as before after it."""
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
