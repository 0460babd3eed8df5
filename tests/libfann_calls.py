"""Runs a list of libfann calls and prints their answers: `python libfann_calls.py real|pellucid FILE`.

The real library's interpreter runs this file too, so it imports nothing of pellucid or pytest at its top.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

PATIENCE, TRIES = 30, 3  # seconds for a program that takes a fraction of one; how often one that hangs is begun anew


class Files:
    """What happens to files between two calls."""

    def write(self, name: str, text: str) -> None:
        Path(name).write_text(text)

    def edit(self, name: str, key: str, value: str) -> None:
        """Give a key of a `.net` file another value."""
        Path(name).write_text(re.sub(f"(?m)^{key}=.*$", f"{key}={value}", Path(name).read_text()))


def library(which: str) -> tuple[Any, Any]:
    """The module, and what `srand` does for all the things given."""
    libc = ctypes.CDLL(None)
    if which == "real":
        from fann2 import libfann

        return libfann, lambda seed, *things: libc.srand(seed)
    from pellucid.fann import libfann

    libfann.neural_net_parent.fann_compat = libfann.training_data_parent.fann_compat = True
    return libfann, lambda seed, *things: [thing.seed(seed) for thing in things]


def run(number: int, program: list[Any], libfann: Any, srand: Any) -> None:
    """Make the calls, each followed by its answer; files are answered by their content."""
    net, data, other = libfann.neural_net(), libfann.training_data(), libfann.training_data()
    things = {"net": net, "data": data, "other": other, "file": Files()}
    say(f"program {number}")
    for seed, thing, method, arguments in program:
        srand(seed, net, data, other)
        given = [things[a[1:]] if isinstance(a, str) and a.startswith("@") else a for a in arguments]
        try:
            answer = getattr(things[thing], method)(*given)
        except ValueError as error:  # where the real library gives nonsense; the two cannot be compared any further
            say(f"answer {json.dumps(f'raised {error}')}")
            return
        if method.startswith("save"):
            answer = [answer, Path(given[0]).read_text() if Path(given[0]).exists() else None]
        say(f"answer {json.dumps(answer)}")


def say(line: str) -> None:
    """Print a line, after what C has printed."""
    sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
    print(f"\x1e{line}", flush=True)


def tried(number: int, program: list[Any], libfann: Any, srand: Any) -> bool:
    """Run a program in a process of its own; False where it hung.

    The real library goes down now and then, and once in many thousand programs it waits for ever: that one is tried
    once more.
    """
    child = os.fork()
    if not child:
        signal.alarm(PATIENCE)
        run(number, program, libfann, srand)
        os._exit(0)  # the real module's objects are left to the system
    _, status = os.waitpid(child, 0)
    return not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM)


if __name__ == "__main__":
    module, seeding = library(sys.argv[1])
    with open(sys.argv[2]) as text:
        programs = json.load(text)
    for number, calls in enumerate(programs):
        any(tried(number, calls, module, seeding) for _ in range(TRIES))
