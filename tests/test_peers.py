"""The peers are really there: a peer that is missing must fail `make test-peers`, not let it skip everything."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.peers
@pytest.mark.parametrize("name", ["torch", "jax", "jaxlib"])
def test_the_peer_is_installed(name: str) -> None:
    assert importlib.import_module(name).__version__
