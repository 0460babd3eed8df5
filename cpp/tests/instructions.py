"""Count the instructions of a few trainings and of an answer, and compare them with those in instructions.json.

    python3 cpp/tests/instructions.py build/native/plain/measure "GNU 12.2.0" [--renew]

Seconds move with the machine and its mood; what valgrind counts does not. Each work is counted at two step numbers,
so that the difference is the steps alone, without the process's start and the network's set-up. More than 5 % above the
committed number fails: either the change is not worth it, or it is, and `--renew` writes new numbers. They belong to
one major version of one compiler; under another one nothing is compared.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")
LEVEL = "x86-64-v3"  # valgrind knows no AVX-512
ALLOWED = 0.05
# Steps of the two runs of each work: enough that a step's share of the rest is small, few enough to take a second.
STEPS = {"tutorial": (500, 4500), "online": (500, 3500), "digits": (16, 96), "answers": (500, 4500)}


def skip(why: str) -> None:
    """End as a test that was not run."""
    sys.stdout.write(f"SKIPPED: {why}\n")
    sys.exit(0)


def counted(measure: str, work: str, steps: int) -> int:
    """The instructions of one process that runs so many steps."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", measure, work, str(steps), "1", LEVEL]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if "no such level here" in said.stdout:
        skip(f"under valgrind this processor does not run {LEVEL}")
    found = re.search(r"Collected : (\d+)", said.stderr)
    if said.returncode != 0 or not found:
        sys.exit(f"FAILED: {' '.join(command)}\n{said.stdout}{said.stderr}")
    return int(found.group(1))


def per_step(measure: str) -> dict[str, float]:
    """Instructions a step (or an answer) of each work."""
    counts = {}
    for work, (few, many) in STEPS.items():
        counts[work] = round((counted(measure, work, many) - counted(measure, work, few)) / (many - few), 1)
    return counts


def compare(counts: dict[str, float], committed: dict[str, float], renewing: str) -> bool:
    """Say where each number stands; False where one is too high."""
    fine = True
    for work, count in counts.items():
        change = count / committed[work] - 1
        sys.stdout.write(f"{work:10} {count:12.1f} instructions a step, {change:+.1%} against {committed[work]}\n")
        if change > ALLOWED:
            sys.stdout.write(f"FAILED: {work} takes more than {ALLOWED:.0%} more. If it is worth it: {renewing}\n")
            fine = False
        elif change < -ALLOWED:
            sys.stdout.write(f"{work} got faster. So that it stays so: {renewing}\n")
    return fine


def main() -> None:
    """Compare, or write the numbers down anew."""
    measure, compiler = sys.argv[1:3]
    if shutil.which("valgrind") is None:
        skip("valgrind is not installed (Debian: valgrind)")
    major = compiler.split(".")[0]
    known = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    renew = "--renew" in sys.argv
    if not renew and known.get("compiler") != major:
        skip(f"the numbers are for {known.get('compiler')}; this is {major}")
    counts = per_step(measure)
    if renew:
        kept = {"compiler": major, "level": LEVEL, "instructions": counts}
        FILE.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"{FILE} holds {counts}\n")
    elif not compare(counts, known["instructions"], f'python3 {sys.argv[0]} {measure} "{compiler}" --renew'):
        sys.exit(1)


if __name__ == "__main__":
    main()
