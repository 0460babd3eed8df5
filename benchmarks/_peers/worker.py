"""The process of one peer: `python -m _peers.worker PEER THREADS`, lines of JSON in, lines of JSON out.

{"do": "training", "work": "digits", "file": ..., "epochs": 20}  prepares one work
{"do": "row", "given": {...}}                                    prepares the single row
{"do": "turn"}                                                   measures once what was prepared last
"""

from __future__ import annotations

import json
import os
import sys
import timeit
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from statistics import median
from time import perf_counter, process_time
from typing import Any

from .peers import PEERS, Peer
from .tasks import Answer, Task
from .works import WORKS, Training

ENOUGH = 0.25  # seconds: a turn trains again until it has taken so long; the first of many is not counted
ROW_SECONDS, ROW_REPEATS = 0.02, 5

Turn = Callable[[], dict[str, Any]]


def prepare(peer: Peer, threads: int, request: dict[str, Any]) -> Turn:
    """A function that measures once."""
    tasks = import_module(f"_peers.{peer.module}").TASKS
    if request["do"] == "row":
        answer = tasks[peer.name, "row"](request["given"], threads)
        return row_turn(answer)
    from . import given

    work = replace(WORKS[request["work"]], epochs=request["epochs"])
    data = given.read(request["file"])
    task = tasks[peer.name, work.kind](work, data, threads)
    return training_turn(task, work, data)


def training_turn(task: Task, work: Training, data: Any) -> Turn:
    """Train from the start until enough time has passed; the median counts, without the first where there are more.

    It is trained once before, which compiles whatever a library compiles, and is not counted at all.
    """
    from . import given

    task.train(task.start())

    def turn() -> dict[str, Any]:
        times, busy = [], []
        while sum(times) < ENOUGH:
            state = task.start()
            wall, cpu = perf_counter(), process_time()
            state = task.train(state)
            times.append(perf_counter() - wall)
            busy.append((process_time() - cpu) / times[-1])
        loss = given.loss(work, data, task.weights(state)) if task.weights else None
        return {"seconds": median(times[1:] or times), "loss": loss, "busy": median(busy[1:] or busy)}

    return turn


def row_turn(answer: Answer) -> Turn:
    """The fastest of some series of calls, as `timeit` does it; the statement stands inside its loop."""
    names = dict(answer.names)
    timer = timeit.Timer(answer.statement, globals=names)
    calls = 1
    while timer.timeit(calls) < ROW_SECONDS:
        calls *= 2

    def turn() -> dict[str, Any]:
        seconds = min(timer.repeat(ROW_REPEATS, calls)) / calls
        value = eval(answer.statement, names)
        return {"seconds": seconds, "answer": [float(number) for number in value], "busy": None}

    return turn


def main() -> None:
    peer, threads = PEERS[sys.argv[1]], int(sys.argv[2])
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints goes to standard error
    turn: Turn | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "turn":
                assert turn is not None
                reply = turn()
            else:
                turn, reply = prepare(peer, threads, request), {}
        except Exception as error:  # told to the parent, which goes on without this peer
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
