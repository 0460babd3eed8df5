"""FANN's numbers by name: what the module offers as constants, and how its reports spell them.

    CONSTANTS["SIGMOID"]  ->  3         name_of("activation", 3)  ->  "FANN_SIGMOID"

Every name is there with `FANN_` in front too, as C programs and FANN's manual write it. SIN and COS (16 and 17)
have no name in FANN's own Python module, but stand in its files.
"""

from __future__ import annotations

import difflib

from ..errors import InputError
from ..io.fann.structure import ALGORITHMS
from .activations import ACTIVATIONS

# One table a kind of number: what the values are called, in the order of their numbers.
KINDS: dict[str, tuple[str, ...]] = {
    "activation function": tuple(record.name for record in ACTIVATIONS),
    "training algorithm": tuple(f"TRAIN_{name}" for name in ALGORITHMS),
    "error function": ("ERRORFUNC_LINEAR", "ERRORFUNC_TANH"),
    "stop function": ("STOPFUNC_MSE", "STOPFUNC_BIT"),
    "network type": ("LAYER", "SHORTCUT"),
}

CONSTANTS: dict[str, int] = {name: number for names in KINDS.values() for number, name in enumerate(names)}

# C writes the network types with a prefix of their own.
_LONG = {"LAYER": "FANN_NETTYPE_LAYER", "SHORTCUT": "FANN_NETTYPE_SHORTCUT"}

LONG_NAMES: dict[str, int] = {_LONG.get(name, f"FANN_{name}"): number for name, number in CONSTANTS.items()}


def name_of(kind: str, number: int) -> str:
    """How reports spell a number of this kind.

    >>> name_of("training algorithm", 2)
    'FANN_TRAIN_RPROP'
    """
    name = KINDS[kind][number]
    return _LONG.get(name, f"FANN_{name}")


def nearest(kind: str, text: str) -> str:
    """How the constant of a kind is written that `text` comes next to.

    >>> nearest("activation function", "sigmoid-symetric")
    'libfann.SIGMOID_SYMMETRIC'
    """
    name = text.upper().removeprefix("FANN_").replace("-", "_").replace(" ", "_")
    near = difflib.get_close_matches(name, KINDS[kind], n=1, cutoff=0.0)
    return f"libfann.{near[0]}"


def checked(kind: str, number: int) -> int:
    """`number` if it names something of this kind; FANN itself stores any number and then reads random memory.

    >>> checked("stop function", 7)
    Traceback (most recent call last):
    pellucid.errors.InputError: there is no stop function with the number 7.
      Expected: 0 (STOPFUNC_MSE), 1 (STOPFUNC_BIT).
      Instead:  libfann.STOPFUNC_MSE
    """
    names = KINDS[kind]
    if 0 <= number < len(names):
        return number
    known = ", ".join(f"{i} ({name})" for i, name in enumerate(names))
    raise InputError(f"there is no {kind} with the number {number}", known, f"libfann.{names[0]}")
