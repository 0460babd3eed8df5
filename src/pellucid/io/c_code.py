"""A network as one C99 file: constant weights, no allocation, no library but <math.h>, and none for fixed point.

The file has a function `void NAME_run(const T *x, T *y)` that does what `net.predict` does with one row, and, where the
network knows labels, `int NAME_classify(const T *y)`. Several networks of different names may be put into one file.
Compiled with -DNAME_MAIN (NAME in capitals) it is a program that reads rows of numbers and prints what it answers.
"""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from ..model.model import Model
from .c_activations import C_FUNCTIONS
from .c_file import CFile, labels_said, real_program, to_label
from .c_fixed import fixed_code
from .c_network import copy, network_code
from .c_preparing import inputs_said, n_raw, preparing_code, preparing_functions, restoring_code
from .c_steps import places_of, steps_of
from .c_text import REALS, check_name

NUMBERS = (*REALS, "fixed")


def to_c(model: Model, number: str = "double", name: str = "network", bounds: Any = None) -> str:
    """The file as text, the same for the same network; `Network.to_c` says what can be asked for.

    Raises InputError for what C cannot say: a layer or an activation of one's own, a number that does not fit.
    """
    check_name(name)
    if number not in NUMBERS:
        raise InputError(f"number={number!r}", "one of " + ", ".join(NUMBERS), 'number="double"')
    if number == "fixed":
        return fixed_code(model, name, bounds)
    if bounds is not None:
        raise InputError(f"bounds= with number={number!r}", "bounds for fixed point only", 'number="fixed"')
    return _real_code(model, number, name)


def _real_code(model: Model, number: str, name: str) -> str:
    real, steps = REALS[number], steps_of(model, C_FUNCTIONS)
    places = places_of(steps, model.n_in, model.preprocessing is not None)
    written = network_code(name, real, steps, places)
    before, functions = [], []
    if model.preprocessing is not None:
        functions = preparing_functions(model.preprocessing, name, real)
        before = preparing_code(model.preprocessing, name, real, places.first)
    elif places.first != "x":
        before = ["/* the inputs, which later layers see as well */", *copy("x", "v", model.n_in)]
    said = ["x, the inputs:" if model.preprocessing is None else "x, a row of the table:", *inputs_said(model, "NaN")]
    file = CFile(
        name=name,
        kind=real.name,
        n_in=n_raw(model),
        n_out=model.n_out,
        about=[f"All numbers are {real.name}s; it answers what net.predict does, up to rounding."],
        said=[*(said if len(said) > 1 else []), *labels_said(model)],
        constants=written.constants,
        functions=[*functions, *written.functions, *to_label(model, name, real.name, real.number)],
        arrays=places.arrays,
        statements=[*before, *written.statements, *restoring_code(model, real)],
        program=real_program(real, name, n_raw(model), model.n_out),
    )
    return file.text()
