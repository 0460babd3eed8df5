"""The versions of everything that takes part, as far as it is installed."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

from .peers import PEERS


def installed() -> dict[str, str]:
    """Each peer's packages, Python's and Debian's; those that are not there are left out."""
    names = {package for peer in PEERS.values() for package in peer.packages}
    found = {name.removeprefix("debian:"): _version(name) for name in sorted(names)}
    return {name: number for name, number in found.items() if number}


def _version(name: str) -> str:
    if name.startswith("debian:"):
        if shutil.which("dpkg-query") is None:
            return ""
        command = ["dpkg-query", "-W", "-f", "${Version}", name.removeprefix("debian:")]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
