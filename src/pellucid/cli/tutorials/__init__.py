"""The pages that pellucid starts from, worked through with their numbers: one file each.

Every file has a function `lesson() -> Lesson` that trains afresh and says what came out, to the page's last digit.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from .lesson import Lesson

ABOUT = {
    "neuron": "one neuron: a weighted sum, the sigmoid, and a spam filter that learns",
    "two-layer": "inputs and an output, learnt from four examples: why an update is what it is",
    "three-layer": "a hidden layer for what no single column tells: the exclusive or",
    "class": "a network with a loss that falls at every step",
    "and-gate": "the logical and, with FANN's Python module and its files",
}
_FILES = {
    "neuron": "neuron",
    "two-layer": "two_layer",
    "three-layer": "three_layer",
    "class": "network_class",
    "and-gate": "and_gate",
}


def find(name: str) -> Callable[[], Lesson]:
    """The lesson of this name; raises UnknownNameError with the nearest one."""
    from ...errors import unknown_name

    if name not in ABOUT:
        raise unknown_name("tutorial", name, ABOUT)
    return import_module(f".{_FILES[name]}", __package__).lesson
