"""What a FANN call was given, as the numbers it needs: more is accepted than by FANN, and what is not is explained.

Whole floats pass for whole numbers, NumPy's numbers for Python's, any sequence for a list, `pathlib` for a file name.
Where FANN's module raises, the same kind of exception comes from here; each is a ValueError besides.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from types import FunctionType
from typing import Any

import numpy as np

from ..errors import InputError
from ..io.fann.faults import counted
from ..io.fann.structure import float32
from .constants import checked, nearest

LARGEST_COUNT = 2**32 - 1
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
_TAKEN = "FANN computes with it, and so does fann_compat=True"


class ArgumentTypeError(InputError, TypeError):
    """An argument of a type that cannot be used."""


class ArgumentRangeError(InputError, OverflowError):
    """A number beyond what the argument can hold."""


class OutOfRangeError(InputError, IndexError):
    """A place (a row, a layer, a neuron) that is not there."""


def count(value: Any, name: str) -> int:
    """A whole number 0 .. 2^32 - 1: epochs, rows, neurons.

    >>> count(5.0, "max_epochs")
    5
    """
    number = whole(value, name)
    if not 0 <= number <= LARGEST_COUNT:
        raise ArgumentRangeError(f"{name} = {number}", f"a whole number from 0 to {LARGEST_COUNT}", "")
    return number


def whole(value: Any, name: str) -> int:
    """A whole number of either sign; a float passes if it is whole."""
    if isinstance(value, int | np.integer | np.bool_):
        return int(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return int(value)
    raise ArgumentTypeError(f"{name} = {value!r}", "a whole number", "")


def choice(value: Any, kind: str) -> int:
    """The number of one of FANN's constants of a kind, say "activation function"."""
    if isinstance(value, str):
        raise ArgumentTypeError(f"{kind} = {value!r}", "one of libfann's constants, a number", nearest(kind, value))
    return checked(kind, whole(value, kind))


def place(value: Any, name: str) -> int:
    """A layer's or a neuron's number, counted from 0; FANN writes out of bounds for a negative one."""
    number = whole(value, name)
    if number < 0:
        raise OutOfRangeError(f"{name} = {number}", f"a {name} counted from 0", "")
    return number


def real(value: Any, name: str, exact: bool = True, endless: bool = False) -> float:
    """A number. If `exact` it is not NaN, and infinite only where that means "no limit" (`endless`).

    >>> real(float("nan"), "learning_rate")
    Traceback (most recent call last):
    pellucid.errors.InputError: learning_rate = nan.
      Expected: a finite number; FANN computes with it, and so does fann_compat=True.
    """
    if not isinstance(value, bool | int | float | np.number | np.bool_) or isinstance(value, np.complexfloating):
        raise ArgumentTypeError(f"{name} = {value!r}", "a number", "")
    try:
        number = float(value)
    except OverflowError:
        raise ArgumentRangeError(f"{name} = {value!r}", "a number that a float holds", "") from None
    if exact and not math.isfinite(number) and not (endless and math.isinf(number)):
        raise InputError(f"{name} = {number!r}", f"a {'' if endless else 'finite '}number; {_TAKEN}")
    return number


def real32(value: Any, name: str, exact: bool = True, endless: bool = False) -> float:
    """A number as C's float holds it: rounded to about 7 digits, and no larger than 3.4e38 unless infinite.

    >>> real32(0.1, "learning_rate")
    0.10000000149011612
    """
    number = real(value, name, exact, endless)
    if math.isfinite(number) and abs(number) > _LARGEST_FLOAT32:
        raise ArgumentRangeError(f"{name} = {number!r}", f"a number within ±{_LARGEST_FLOAT32:.7g}", "")
    return float32(number)


def flag(value: Any, name: str) -> bool:
    """True or False, and nothing that merely counts as one."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ArgumentTypeError(f"{name} = {value!r}", "True or False", f"{name}=True")


def file_name(value: Any, name: str) -> str:
    """A path as text; a `pathlib.Path` passes. FANN calls a `.net` file `configuration_file`, a `.data` file not."""
    example = '"and.net"' if name == "configuration_file" else '"and.data"'
    if value is None:
        raise InputError(f"{name} = None", "the name of a file", example)
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if isinstance(text, str) and (not text or "\0" in text):
        raise InputError(f"{name} = {text!r}", "the name of a file", example)
    if not isinstance(text, str):
        raise ArgumentTypeError(f"{name} = {value!r}", "the name of a file, a str or a pathlib.Path", example)
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise InputError(f"{name} = {text!r}", "a name of characters that a file's name can have", example) from None
    return text


def is_sequence(value: Any) -> bool:
    """Whether it has items in an order: a list, a tuple, a range, an array; no dict, set or generator."""
    has_items = hasattr(value, "__len__") and hasattr(value, "__getitem__")
    return has_items and not isinstance(value, Mapping) and getattr(value, "ndim", 1) > 0


def sequence(value: Any, name: str, example: str) -> Any:
    """`value`, if it is a sequence that is not empty."""
    if not is_sequence(value):
        raise InputError(f"{name} is {_kind(value)}", "a sequence, such as a list", example)
    if len(value) == 0:
        raise InputError(f"{name} is empty", "at least one item", example)
    return value


def numbers(value: Any, name: str, example: str = "[1, -1]", empty: bool = False) -> np.ndarray:
    """A sequence of numbers as a new array (n,) float64.

    >>> numbers((True, 2, 0.5), "input")
    array([1. , 2. , 0.5])
    """
    if not (empty and is_sequence(value)):
        sequence(value, name, example)
    array = _as_numbers(value)
    if array is None:
        return np.array([_item(item, f"{name}[{i}]", example) for i, item in enumerate(value)], np.float64)
    return array


def vector(value: Any, name: str, length: int, of: str, example: str = "[1, -1]") -> np.ndarray:
    """A sequence of exactly that many numbers; `of` says what they stand for ("the network has 2 inputs")."""
    array = numbers(value, name, example, empty=length == 0)
    if len(array) != length:
        raise InputError(f"{name} has {counted(len(array), 'number')}", f"{length}, as {of}", "")
    return array


def finite(array: np.ndarray, name: str) -> np.ndarray:
    """`array`, if NaN and infinity are not in it: one of them in training makes NaN of every weight.

    >>> finite(np.array([[1, np.nan]]), "input")
    Traceback (most recent call last):
    pellucid.errors.InputError: input[0][1] = nan.
      Expected: a finite number; FANN computes with it, and so does fann_compat=True.
    """
    known = np.isfinite(array)
    if not known.all():
        place = tuple(np.argwhere(~known)[0].tolist())
        item = name + "".join(f"[{i}]" for i in place)
        raise InputError(f"{item} = {float(array[place])!r}", f"a finite number; {_TAKEN}")
    return array


def matrix(value: Any, name: str) -> np.ndarray:
    """A sequence of rows of equal length as a new array (rows, columns) float64; rows may be empty.

    >>> matrix([[1, 2], (3, 4)], "input").shape
    (2, 2)
    """
    example = "[[-1, 1], [1, 1]]"
    sequence(value, name, example)
    array = _as_numbers(value, ndim=2)
    if array is not None:
        return array
    rows = []
    for i, row in enumerate(np.asarray(value) if hasattr(value, "iloc") else value):
        if isinstance(row, str):
            _item(row, f"{name}[{i}]", example)
        if not is_sequence(row):
            raise InputError(f"{name}[{i}] is {_kind(row)}, not a row of numbers", "a sequence of rows", example)
        rows.append(numbers(row, f"{name}[{i}]", empty=True))
        if len(rows[-1]) != len(rows[0]):
            given = f"{name}[{i}] has {counted(len(rows[-1]), 'number')} and {name}[0] {len(rows[0])}"
            raise InputError(given, "rows of equal length", example)
    return np.array(rows, np.float64).reshape(len(rows), len(rows[0]))


def speak_as(kind: type, name: str) -> None:
    """Let Python's own complaints of a call ("... missing 1 required positional argument") name what the user called.

    The methods are written in classes by family, which nobody outside knows.
    """
    for base in kind.__mro__[:-1]:
        for thing in vars(base).values():
            function = getattr(thing, "__func__", thing)
            if isinstance(function, FunctionType):
                function.__qualname__ = f"{name}.{function.__name__}"
                function.__module__ = kind.__module__  # where pickle finds it by that name


def _as_numbers(value: Any, ndim: int = 1) -> np.ndarray | None:
    """The whole of it at once, where NumPy sees nothing but real numbers in it."""
    if isinstance(value, str | bytes | bytearray):
        return None
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if array.ndim != ndim or array.dtype.kind not in "buif":
        return None
    return np.array(array, np.float64, order="C")


def _item(item: Any, name: str, example: str) -> float:
    if isinstance(item, complex | np.complexfloating | np.ndarray):
        raise ArgumentTypeError(f"{name} is {_kind(item)}", "a real number", example)
    if isinstance(item, str | bytes) or (not hasattr(item, "__float__") and not hasattr(item, "__index__")):
        raise InputError(f"{name} = {item!r}", "a number", example)
    try:
        return float(item)
    except Exception as error:
        raise ArgumentTypeError(f"{name} is {_kind(item)}, which gives no number: {error}", "a number", "") from error


def _kind(value: Any) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
