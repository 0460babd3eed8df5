"""The AND gate with FANN's Python module: its script, its files, what it prints, and what that means.

The script runs as it stands, in a folder of its own; what it wrote and printed is the lesson.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from pathlib import Path
from typing import Any

from ...fann import libfann
from ...insight.render import Code, Heading, Note, Table
from .lesson import Lesson, fixed

SEED, WANTED = 1, 1e-5
DATA = "4 2 1\n-1 -1\n-1\n-1 1\n-1\n1 -1\n-1\n1 1\n1\n"
SCRIPT = f"""from pellucid.fann import libfann  # with FANN installed: from fann2 import libfann

gate = libfann.neural_net(seed={SEED})  # FANN itself takes no seed: every run is another one
gate.create_standard_array((2, 4, 1))
gate.set_learning_rate(0.7)
gate.set_activation_function_output(libfann.SIGMOID_SYMMETRIC_STEPWISE)
gate.train_on_file("and.data", 10000, 1000, 0.00001)
gate.save("and.net")

again = libfann.neural_net()
again.create_from_file("and.net")
for x in ([-1, -1], [-1, 1], [1, -1], [1, 1]):
    print(x, again.run(x))
"""
TARGETS = {(-1, -1): -1, (-1, 1): -1, (1, -1): -1, (1, 1): 1}


def lesson() -> Lesson:
    """Run the script and look at what came of it."""
    printed, saved = _ran()
    gate = _gate(saved)
    answers = {x: gate.run(list(x))[0] for x in TARGETS}
    errors = [(answers[x] - y) ** 2 for x, y in TARGETS.items()]
    epochs = int(re.findall(r"Epochs +(\d+)", printed)[-1])
    return Lesson.of(
        "The and gate, with FANN's Python module",
        [*_task(), *_printed(printed, epochs), *_answers(answers), *_file(saved), *_slips()],
        {
            "seed": SEED,
            "epochs": epochs,
            "error": sum(errors) / len(errors),
            "printed": printed.splitlines(),
            "predictions": list(answers.values()),
            "targets": list(TARGETS.values()),
            "files": ["and.data", "and_gate.py", "and.net"],
        },
        gate.network.draw([1, 1]),
        "The trained network with the numbers of the row 1 1.",
        {"and.data": DATA, "and_gate.py": SCRIPT, "and.net": saved},
    )


def _ran() -> tuple[str, str]:
    """What the script printed, and the `.net` file that it wrote."""
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(said):
        Path("and.data").write_text(DATA, encoding="ascii")
        exec(compile(SCRIPT, "and_gate.py", "exec"), {"__name__": "__main__"})
        return said.getvalue(), Path("and.net").read_text(encoding="ascii")


def _gate(saved: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "and.net"
        path.write_text(saved, encoding="ascii")
        return libfann.create_from_file(path)


def _task() -> list[Any]:
    return [
        "Both inputs must be true for the answer to be true; true is 1 here, false is -1. The four rows stand in a "
        "file of FANN's format, and.data: first how many rows, inputs and outputs, then inputs and outputs in turn.",
        Code(DATA.rstrip()),
        "The script makes a network of 2 inputs, 4 hidden units and 1 output, fully connected, trains it on the file, "
        "saves it, reads it back and asks it for all four rows:",
        Code(SCRIPT.rstrip()),
    ]


def _printed(printed: str, epochs: int) -> list[Any]:
    lines = printed.splitlines()
    meanings = [
        (lines[0], "the most epochs and the error to be reached, as train_on_file was told"),
        (
            lines[1],
            "the mean squared error of the first weights (of answers from -1 to 1 FANN takes half the error), and how "
            "many of the 4 are off so far that the half is 0.35 or more",
        ),
        (lines[2], f"the error is small enough: training ends after {epochs} epochs"),
    ]
    return [
        Heading("What it prints", 3),
        Code(printed.rstrip()),
        *(f"`{line}`: {meaning}." for line, meaning in meanings),
        Note(
            "FANN measures the error, and then moves the weights once more before it stops: of 200 runs of this script "
            "with FANN itself, 62 left a gate that is wrong in at least one row, though all reported success. Here the "
            "weights that were measured are kept. With neural_net(fann_compat=True) it does what FANN does."
        ),
    ]


def _answers(answers: dict[tuple[int, int], float]) -> list[Any]:
    rows = [(f"{x[0]}", f"{x[1]}", f"{TARGETS[x]}", fixed(a, 6)) for x, a in answers.items()]
    return [
        Heading("What it answers", 3),
        Table(("x1", "x2", "true", "answered"), rows, align="rrrr"),
        "The output's function, SIGMOID_SYMMETRIC_STEPWISE, is a tanh drawn with five straight lines: quicker to "
        "compute, less exact, and exactly -1 or 1 from |z| = 2.65 on, which a tanh is nowhere. A perceptron, whose "
        "unit jumps from -1 to 1, has only these two answers; but a small change of a weight then changes nothing, or "
        "everything, and there is no slope to learn from. That is why smooth activations are used.",
        Note(
            "The learning rate 0.7 does nothing here: FANN trains with RPROP unless told otherwise, which looks only "
            "at the sign of each slope and keeps a step length of its own for every weight."
        ),
    ]


def _file(saved: str) -> list[Any]:
    values = dict(line.split("=", 1) for line in saved.splitlines() if "=" in line)
    neurons = len(re.findall(r"\(", values["neurons (num_inputs, activation_function, activation_steepness)"]))
    connections = len(re.findall(r"\(", values["connections (connected_to_neuron, weight)"]))
    rows = [
        ("layer_sizes", values["layer_sizes"].strip(), "2, 4 and 1 units, and a bias unit in each layer"),
        ("training_algorithm", values["training_algorithm"], "RPROP"),
        ("learning_rate", values["learning_rate"], "kept, though RPROP takes none"),
        ("neurons ...", f"{neurons} neurons", "of each: how many inputs, function, steepness"),
        ("connections ...", f"{connections} weights", "of each: from which neuron, the weight with 20 digits"),
    ]
    return [
        Heading("What is in and.net", 3),
        "FANN's text format, which FANN reads as well, and which `pellucid convert and.net and.c` turns into C:",
        Table(("key", "value", ""), rows),
    ]


def _slips() -> list[Any]:
    return [
        Heading("As the tutorial has it", 3),
        "The page this comes from has slips. What it says, and what is meant: `libfann.neural_network()` is "
        "`libfann.neural_net()` (both work here); `create_standard((2, 4, 1))` is `create_standard_array((2, 4, 1))` "
        "(both work); `run()` needs the inputs: `run([1, 1])`; `print` needs brackets. It also tells of recurrent "
        "networks, whose units hear their own answers of a moment ago: neither FANN nor this library has them.",
        Note("`from pellucid.fann import libfann` is the only line that a script of FANN's has to change."),
    ]
