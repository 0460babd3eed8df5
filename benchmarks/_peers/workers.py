"""The parent's end of a worker: start it with its threads, ask it, end it."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .peers import Peer

HERE = Path(__file__).parents[1]
SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE = 300.0  # seconds for one answer


class WorkerError(Exception):
    """A worker that could not do what it was asked; the text says why."""


def environment(threads: int) -> dict[str, str]:
    """This process's environment, with every library held to so many threads; 0 leaves the choice to the library."""
    names = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("_NUM_THREADS") and name not in ("XLA_FLAGS", "NPROC", "PELLUCID_THREADS")
    }
    names |= {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    if threads:
        libraries = ("OMP", "OPENBLAS", "MKL")
        names |= {f"{library}_NUM_THREADS": str(threads) for library in libraries}
        names |= {"NPROC": str(threads), "PELLUCID_THREADS": str(threads)}  # NPROC is XLA's
    if threads == 1:
        names["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return names


class Process:
    """A process that answers lines of JSON with lines of JSON; it lives until `stop`."""

    def __init__(self, command: list[str], threads: int) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by stop
        if not Path(command[0]).exists():
            raise WorkerError(f"there is no {command[0]}")
        self._process = subprocess.Popen(
            command,
            cwd=HERE, env=environment(threads), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request and wait for its answer; WorkerError if there is none."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(self._last_words()) from None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE):
                raise WorkerError(f"no answer for {PATIENCE:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(self._last_words())
        reply = json.loads(line)
        if "error" in reply:
            raise WorkerError(reply["error"])
        return reply

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return f"the process ended: {lines[-1] if lines else 'it said nothing'}"

    def stop(self) -> None:
        """End the process. A second call does nothing."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                pipe.close()


class Worker(Process):
    """A peer with a thread setting."""

    def __init__(self, peer: Peer, threads: int) -> None:
        self.peer, self.threads = peer, threads
        python = SYSTEM_PYTHON if peer.system else sys.executable
        super().__init__([python, "-m", "_peers.worker", peer.name, str(threads)], threads)
