"""The same calls on the real libfann and on pellucid's, each in a process of its own, and where they differ."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from real_fann import PYTHON, present

LONGEST = 600  # characters of an answer that are shown
BEYOND = r"\?|\bnan\b|\binf\b|\de\+(09|[1-9]\d)|(?<![\d.])\d{10}\d*\."
HERE = Path(__file__).parent


class Compared(NamedTuple):
    """The programs that went another way, each with its first difference; how many calls were compared.

    `refused` are those that ended with an error of pellucid's, where the real library goes on with nonsense, or down.
    From the first NaN or number of ten digits on nothing is compared (of `lost` programs): FANN takes NaN for 1 in
    functions of steps, and what it prints for a number that no C int holds is any letter.
    """

    wrong: dict[int, str]
    calls: int
    refused: dict[int, str]
    lost: list[int]


def beside(folder: Path, programs: list[Any]) -> Compared:
    """Run programs (see `libfann_programs.py`) on both libraries; the test skips without the real one."""
    if not present():
        pytest.skip("needs the real FANN (Debian: python3-fann2)")
    real = _outcome(PYTHON, "real", folder / "r", programs)
    ours = _outcome(sys.executable, "pellucid", folder / "o", programs)
    assert len(real) == len(ours) == len(programs)
    found = Compared({}, 0, {}, [])
    for number, (calls, theirs, mine) in enumerate(zip(programs, real, ours, strict=True)):
        refused = mine[-1].answer.startswith("raised") if isinstance(mine[-1].answer, str) else False
        if refused:
            found.refused[number] = f"{calls[len(mine) - 1]} {mine.pop().answer}"
        whole = min(_whole(theirs), _whole(mine))
        if whole < len(mine):
            found.lost.append(number)
        wrong = _first_difference(calls[:whole], theirs, mine)
        if wrong or (whole == len(theirs) < len(calls) and not refused):
            found.wrong[number] = wrong or f"the real library went down at {calls[whole]}"
        found = found._replace(calls=found.calls + whole)
    return found


class Step(NamedTuple):
    """What a call printed, and its answer."""

    printed: str
    answer: Any


def _outcome(python: str, which: str, folder: Path, programs: list[Any]) -> list[list[Step]]:
    folder.mkdir()
    (folder / "programs.json").write_text(json.dumps(programs))
    command = [python, str(HERE / "libfann_calls.py"), which, "programs.json"]
    run = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, timeout=600, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:]
    parts = run.stdout.split("\x1eprogram ")[1:]
    by_number = {int(part.partition("\n")[0]): _steps(part) for part in parts}  # one that hung is there again
    return [by_number[number] for number in sorted(by_number)]


def _steps(text: str) -> list[Step]:
    """The steps of a program: what was printed before each answer is its call's."""
    printed, *answered = text.partition("\n")[2].split("\x1eanswer ")
    found = []
    for part in answered:
        line, _, rest = part.partition("\n")
        found.append(Step(printed, json.loads(line)))
        printed = rest
    return found


def _whole(steps: list[Step]) -> int:
    """How many steps there are before the first NaN or very large number."""
    return next((i for i, step in enumerate(steps) if re.search(BEYOND, str(step))), len(steps))


def _first_difference(calls: list[Any], real: list[Step], ours: list[Step]) -> str:
    """The first call that went differently; "" if none."""
    for call, step, step_here in zip(calls, real, ours, strict=False):
        if step != step_here:
            return f"{call}:\n{_end(step)}\nand\n{_end(step_here)}"
    return ""


def _end(step: Step) -> str:
    return f"{step.printed[-LONGEST:]!r} {str(step.answer)[-LONGEST:]}"
