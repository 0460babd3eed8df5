"""Running the command line: inside this process (quick), or as a process of its own."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

QUICK = ("--epochs", "8", "--hidden", "4")
WIDE = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}


def run(*arguments: Any, code: int = 0) -> Any:
    """Run `pellucid ...` here; its exit code must be `code`."""
    from pellucid.cli.app import app

    result = CliRunner().invoke(app, [str(a) for a in arguments], env=WIDE, prog_name="pellucid")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def said(result: Any) -> str:
    """What was printed on both streams, with runs of blanks as one."""
    return " ".join(result.output.split())


def answer(*arguments: Any, code: int = 0) -> Any:
    """The JSON value that `pellucid ... --json` printed: exactly one, and nothing else."""
    return json.loads(run(*arguments, "--json", code=code).stdout)


def process(*arguments: Any, cwd: Path, **more: Any) -> subprocess.Popen[str]:
    """`python -m pellucid ...` as a process of its own."""
    command = [sys.executable, "-m", "pellucid", *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen(command, cwd=cwd, text=True, env={**os.environ, **WIDE}, **streams)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> Path:
    """A table as a file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def fruit(path: Path, n: int = 120) -> Path:
    """Fruit by weight, colour and ripeness, with gaps: `kind` follows from the weight and the colour."""
    random_ = random.Random(1)
    rows = []
    for i in range(n):
        kind = ("apple", "melon", "plum")[i % 3]
        weight = {"apple": 150, "melon": 2000, "plum": 40}[kind] * random_.uniform(0.8, 1.2)
        colour = random_.choice({"apple": ["red", "green"], "melon": ["green"], "plum": ["blue", "red"]}[kind])
        ripe = random_.choice(["yes", "no"])
        rows.append([f"{weight:.1f}" if i % 10 else "", colour, ripe, "here", kind, f"{weight / 100 + i % 2:.2f}"])
    return write_csv(path, ["weight", "colour", "ripe", "place", "kind", "price"], rows)
