"""FANN's Python binding from Debian, in the system's Python, which need not have NumPy."""

from __future__ import annotations

from typing import Any

from fann2 import libfann

from .tasks import Answer


def one_row(given: dict[str, Any], threads: int) -> Answer:
    """FANN's symmetric sigmoid is tanh(s z); s = 1 makes it tanh. A layer's bias is one more neuron at its end."""
    biases = given["weights"][1::2]
    net = libfann.neural_net()
    net.create_standard_array([len(given["x"]), *map(len, biases)])
    net.set_activation_function_hidden(libfann.SIGMOID_SYMMETRIC)
    net.set_activation_function_output(libfann.SIGMOID_SYMMETRIC)
    net.set_activation_steepness_hidden(1.0)
    net.set_activation_steepness_output(1.0)
    first = 0
    for W, b in zip(given["weights"][::2], biases, strict=True):
        following = first + len(W) + 1
        for j in range(len(b)):
            for i, row in enumerate([*W, b]):
                net.set_weight(first + i, following + j, row[j])
        first = following
    return Answer("run(x)", {"run": net.run, "x": given["x"]})


TASKS = {("fann2", "row"): one_row}
