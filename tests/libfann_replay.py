"""Runs the probes that were once run on the real libfann, each as it stands, on pellucid's."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import io
import os
import re
import sys
import warnings
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.fann import libfann
from pellucid.fann.messages import default_log

XOR = "4 2 1\n-1 -1\n-1\n-1 1\n1\n1 -1\n1\n1 1\n-1\n"


@dataclass(frozen=True)
class Outcome:
    """What a probe printed, and how it ended."""

    stdout: str
    stderr: str
    error: BaseException | None


class Libc:
    """What the probes take from C: `srand` begins the numbers of all that is alive; the real library has one stream."""

    def __init__(self, alive: weakref.WeakSet) -> None:
        self.alive = alive

    def srand(self, seed: int) -> None:
        for thing in self.alive:
            thing.seed(seed)

    def rand(self) -> int:
        return ctypes.CDLL(None).rand()


@contextlib.contextmanager
def noted(alive: weakref.WeakSet) -> Iterator[None]:
    """Inside, whatever is made is noted, and its random numbers are the same each time."""
    classes = (libfann.neural_net_parent, libfann.training_data_parent)
    made = [cls.__init__ for cls in classes]

    def noting(init: Any) -> Any:
        def noted_init(self: Any, *args: Any, **named: Any) -> None:
            init(self, *args, **named)
            self.seed(len(alive) + 1)  # where the real library takes a seed from the system
            alive.add(self)

        return noted_init

    for cls, init in zip(classes, made, strict=True):
        cls.__init__ = noting(init)
    try:
        yield
    finally:
        for cls, init in zip(classes, made, strict=True):
            cls.__init__ = init


def names(libc: Libc) -> dict[str, Any]:
    """What a probe's text may use."""

    def xor(name: str = "xor.data") -> str:
        Path(name).write_text(XOR)
        return name

    def data(name: str = "xor.data") -> Any:
        made = libfann.training_data()
        made.read_train_from_file(xor(name))
        return made

    def net(*layers: int) -> Any:
        made = libfann.neural_net()
        made.create_standard_array(layers or (2, 3, 1))
        return made

    def show(value: Any) -> None:
        print("=>", repr(value))

    return {"L": libfann, "libc": libc, "xor": xor, "data": data, "net": net, "show": show, "os": os, "sys": sys}


def replay(code: str) -> Outcome:
    """Run a probe in the folder where we are, which should be an empty one."""
    default_log.to = "stderr"
    out, err, error = io.StringIO(), io.StringIO(), None
    alive: weakref.WeakSet = weakref.WeakSet()
    with warnings.catch_warnings(), noted(alive):
        warnings.simplefilter("ignore")
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                exec(code, names(Libc(alive)))
        except Exception as raised:
            error = raised.with_traceback(None)
        gc.collect(0)
    default_log.to = "stderr"
    return Outcome(out.getvalue(), err.getvalue(), error)


def masked(text: str) -> str:
    """A text in which what hangs on random first weights is hidden."""
    text = re.sub(r"^(L +\d+ / N +\d+ ).*$", lambda row: row[1] + "?" * (len(row[0]) - len(row[1])), text, flags=re.M)
    return re.sub(r"-?\d+\.\d{4,}(e-?\d+)?|Bit fail +\d+", "#", text)
