"""`python -m pellucid.fann script.py args`: run a script that imports fann2 or pyfann, unchanged, on pellucid."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from .opt_in import install

USAGE = """usage: python -m pellucid.fann [--fann-compat] script.py [its arguments]
       python -m pellucid.fann [--fann-compat] -m module [its arguments]

Runs a script in which `import fann2` and `import pyfann` give pellucid's libfann.
  --fann-compat   FANN's very numbers, with its defects"""


def main(arguments: list[str]) -> None:
    """Run what the arguments name, as `python` itself would."""
    compat = arguments[:1] == ["--fann-compat"]
    rest = arguments[compat:]
    as_module = rest[:1] == ["-m"]
    given = rest[as_module:]
    if not given or given[0].startswith("-"):
        sys.exit(USAGE)
    install(fann_compat=compat or None)
    sys.argv = given
    if as_module:
        runpy.run_module(given[0], run_name="__main__", alter_sys=True)
        return
    if not Path(given[0]).exists():
        sys.exit(f"there is no script {given[0]!r}\n{USAGE}")
    sys.path[0] = str(Path(given[0]).resolve().parent)
    runpy.run_path(given[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
