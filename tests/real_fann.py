"""The real FANN, for tests that compare with it: Debian's python3-fann2, run by the system's own Python."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PYTHON = "/usr/bin/python3"
BEGIN = "import json, sys\nfrom fann2 import libfann\ngiven = json.loads(sys.stdin.read())\n"
END = "\nprint('\\n===' + json.dumps(answer))\n"


@cache
def present() -> bool:
    """Whether this machine has the real library."""
    try:
        return (
            subprocess.run([PYTHON, "-c", "from fann2 import libfann"], capture_output=True, check=False).returncode
            == 0
        )
    except OSError:
        return False


def ask(script: str, folder: Path, given: Any = None) -> Any:
    """What `script` leaves in `answer`, run in `folder` beside `libfann` and `given`; the test skips without FANN.

    Files are to have short names: the library keeps its messages, names included, in 128 bytes.
    """
    if not present():
        pytest.skip("needs the real FANN (Debian: python3-fann2)")
    run = subprocess.run(
        [PYTHON, "-c", BEGIN + script + END],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.rpartition("\n===")[2])
