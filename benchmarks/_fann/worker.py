"""One process with one library: `worker.py fann2|pellucid|compat`, lines of JSON in, lines of JSON out.

{"do": "speed", "work": NAME, "algorithm": NAME, "data": FILE, "net": FILE}   prepares trainings from that start
{"do": "run", "net": FILE}                                                   prepares single calls of run
{"do": "turn"}                                                               measures once what was prepared last
{"do": "start", "layers": [...], "net": FILE, ...}                            makes and saves a start
{"do": "quality", "task": NAME, "seed": 1, "train": FILE, "test": FILE}       trains to the end, tells the errors

It runs in the system's Python too, which has FANN's bindings but need not have NumPy.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import sys
import timeit
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))
from _fann.works import QUALITY, RATES, SPEED

LIBRARY = sys.argv[1]
if LIBRARY == "fann2":
    from fann2 import libfann
else:
    from pellucid.fann import libfann

ENOUGH = 0.15  # seconds: a turn trains again until it has taken so long
RUN_SECONDS, RUN_REPEATS = 0.02, 15


def new_net():
    return libfann.neural_net(fann_compat=True) if LIBRARY == "compat" else libfann.neural_net()


def loaded(file):
    net = new_net()
    assert net.create_from_file(file), file
    return net


def read(file):
    data = libfann.training_data()
    assert data.read_train_from_file(file), file
    return data


def seed(net, number):
    """The real library draws from C's rand(); pellucid's nets have a stream of their own."""
    if LIBRARY == "fann2":
        ctypes.CDLL(None).srand(number)
    else:
        net.seed(number)


def activations(net, hidden, output):
    net.set_activation_function_hidden(getattr(libfann, hidden))
    net.set_activation_function_output(getattr(libfann, output))


def make_start(request):
    net = new_net()
    net.create_standard_array(request["layers"])
    activations(net, request["hidden"], request["output"])
    seed(net, 1)
    net.randomize_weights(-0.1, 0.1)
    assert net.save(request["net"])


def speed(request):
    work = next(work for work in SPEED if work.name == request["work"])
    data, algorithm = read(request["data"]), request["algorithm"]

    def turn():
        seconds = []
        while sum(seconds) * work.epochs < ENOUGH:
            net = loaded(request["net"])
            net.set_training_algorithm(getattr(libfann, "TRAIN_" + algorithm))
            net.set_learning_rate(RATES.get(algorithm, 0.7))
            began = perf_counter()
            net.train_on_data(data, work.epochs, 0, 0.0)
            seconds.append((perf_counter() - began) / work.epochs)
        return {"seconds": sorted(seconds)[len(seconds) // 2], "mse": net.get_MSE()}

    turn()
    return turn


def run_calls(request):
    net = loaded(request["net"])
    x = [random.Random(1).uniform(-1, 1) for _ in range(net.get_num_input())]
    timer = timeit.Timer("net.run(x)", globals={"net": net, "x": x})
    calls = 1
    while timer.timeit(calls) < RUN_SECONDS:
        calls *= 2
    return lambda: {"seconds": min(timer.repeat(RUN_REPEATS, calls)) / calls, "answer": net.run(x)}


def judged(net, data, classes):
    """MSE, and the share of rows whose largest output (or sign) is right."""
    found = {"mse": net.test_data(data)}
    if classes:
        rows = list(zip(data.get_input(), data.get_output(), strict=True))
        found["accuracy"] = sum(same_class(net.run(x), y) for x, y in rows) / len(rows)
    return found


def same_class(answer, target):
    if len(target) == 1:
        return (answer[0] > 0) == (target[0] > 0)
    return answer.index(max(answer)) == target.index(max(target))


def quality(request):
    task = next(task for task in QUALITY if task.name == request["task"])
    train, test = read(request["train"]), read(request["test"])
    net = new_net()
    (net.create_shortcut_array if task.kind == "cascade" else net.create_standard_array)(list(task.layers))
    seed(net, request["seed"])
    net.randomize_weights(-0.1, 0.1)
    activations(net, task.hidden, task.output)
    net.set_training_algorithm(getattr(libfann, "TRAIN_" + task.algorithm))
    for name, value in task.extra:
        getattr(net, "set_" + name)(value)
    if task.kind == "scaling":
        net.set_scaling_params(train, -1.0, 1.0, -1.0, 1.0)
        net.scale_train(train)
    if task.kind == "cascade":
        for data in (train, test):
            data.scale_train_data(-1.0, 1.0)
        net.set_train_error_function(libfann.ERRORFUNC_LINEAR)
        net.set_train_stop_function(libfann.STOPFUNC_BIT)
        net.set_bit_fail_limit(0.35)
    seed(net, request["seed"])
    began = perf_counter()
    if task.kind == "cascade":
        net.cascadetrain_on_data(train, task.epochs, 0, 0.0)
    else:
        net.train_on_data(train, task.epochs, 0, task.goal)
    seconds = perf_counter() - began
    net.set_bit_fail_limit(0.35)
    return {
        "seconds": seconds,
        "train": judged(net, train, task.classes),
        "test": judged(net, test, task.classes) if task.kind != "scaling" else None,
        "neurons": net.get_total_neurons(),
    }


def main():
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints goes to standard error
    turn = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = {}
            if request["do"] == "turn":
                reply = turn()
            elif request["do"] == "start":
                make_start(request)
            elif request["do"] == "quality":
                reply = quality(request)
            else:
                turn = {"speed": speed, "run": run_calls}[request["do"]](request)
        except Exception as error:  # told to the parent, which goes on without this work
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
