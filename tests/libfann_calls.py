"""Runs a list of libfann calls and prints their answers: `python libfann_calls.py real|pellucid FILE`.

The real library's interpreter runs this file too, so it imports nothing of pellucid or pytest at its top.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any


def library(which: str) -> tuple[Any, Any]:
    """The module, and what `srand` does for all the things given."""
    libc = ctypes.CDLL(None)
    if which == "real":
        from fann2 import libfann

        return libfann, lambda seed, *things: libc.srand(seed)
    from pellucid.fann import libfann

    libfann.neural_net_parent.fann_compat = libfann.training_data_parent.fann_compat = True
    return libfann, lambda seed, *things: [thing.seed(seed) for thing in things]


def answers(libfann: Any, srand: Any, program: list[Any]) -> list[Any]:
    """What each call answered; files are answered by their content."""
    net, data, other = libfann.neural_net(), libfann.training_data(), libfann.training_data()
    things = {"net": net, "data": data, "other": other}
    found: list[Any] = []
    for seed, thing, method, arguments in program:
        srand(seed, net, data, other)
        given = [things[a[1:]] if isinstance(a, str) and a.startswith("@") else a for a in arguments]
        try:
            answer = getattr(things[thing], method)(*given)
        except ValueError as error:  # where the real library gives nonsense; the two cannot be compared any further
            return [*found, f"raised {error}"]
        sys.stdout.flush()
        ctypes.CDLL(None).fflush(None)
        if method.startswith("save"):
            with open(given[0]) as file:
                answer = [answer, file.read()]
        found.append(answer)
    return found


if __name__ == "__main__":
    module, seeding = library(sys.argv[1])
    with open(sys.argv[2]) as text:
        programs = json.load(text)
    for number, calls in enumerate(programs):
        print("program", number, flush=True)
        print("answers", json.dumps(answers(module, seeding, calls)), flush=True)
    os._exit(0)  # the real module's objects are left to the system
