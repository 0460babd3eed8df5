"""`.data`: examples as text. A header `rows inputs outputs`, then each row's inputs and its outputs.

FANN reads the numbers one after the other wherever lines end, and ignores what follows the last. So does this; a byte
order mark and comments (`# ...`) are accepted too, which FANN refuses.
"""

from __future__ import annotations

import os
import re
import warnings
from typing import NoReturn, cast

import numpy as np

from ...errors import Notice, during
from ..reading import read_whole
from ..writing import path_of, write_whole
from .data_text import to_text
from .faults import DATA, counted, fault, shown
from .numbers import floats, number_at, to_whole

__all__ = ["parse", "read", "to_text", "write"]

WANTED = "a .data file: a line `rows inputs outputs`, then the numbers of each row"
LARGEST = 2**32 - 1
SLASH = "a line break there: / stands for one in the text that the file was copied from"
BOM = b"\xef\xbb\xbf"
HEADER = re.compile(rb"\s*([+-]?[0-9]+)\s+([+-]?[0-9]+)\s+([+-]?[0-9]+)(?![^\s+-])")
SLASHED = re.compile(rb"\s*([0-9]+\s+){2}[0-9]+/")
COMMENT = re.compile(rb"#[^\r\n]*")
SPACE = re.compile(rb"[ \t\n\r\v\f]+")


def read(path: str | os.PathLike[str]) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (rows, n_in) and outputs (rows, n_out) of a `.data` file, float64.

    Raises FannFileError (a FileFormatError) that names file, line and what was found there.
    """
    target = path_of(path)
    content = read_whole(target, WANTED)
    with during(repr(str(target))):
        return parse(content)


def parse(content: bytes | str) -> tuple[np.ndarray, np.ndarray]:
    """What a `.data` text holds.

    >>> parse("2 2 1   1 2   3   4 5   6")
    (array([[1., 2.],
           [4., 5.]]), array([[3.],
           [6.]]))
    """
    raw = content.encode() if isinstance(content, str) else content
    text = _without_comments(raw.removeprefix(BOM))
    shape, start = _header(text)
    rows, n_in, n_out = shape
    count = rows * (n_in + n_out)
    numbers = floats(text[start:])
    if numbers is None:
        numbers = _one_by_one(text, start, shape)
    elif len(numbers) < count:
        _too_few(text, len(numbers), shape)
    elif len(numbers) > count:
        _tell_of_more(counted(len(numbers) - count, "more number"), shape)
    table = numbers[:count].reshape(rows, n_in + n_out)
    return np.ascontiguousarray(table[:, :n_in]), np.ascontiguousarray(table[:, n_in:])


def write(path: str | os.PathLike[str], X: np.ndarray, Y: np.ndarray, compat: bool = False) -> None:
    """Write examples to a `.data` file; it is there whole or not at all.

    Every number gets the fewest digits from which it is read back exactly; with `compat`, FANN's at most six decimals,
    byte for byte (quirk D7).
    """
    write_whole(path_of(path), to_text(X, Y, compat).encode("ascii"))


def _without_comments(text: bytes) -> bytes:
    """Comments as spaces, so that every place stays where it was."""
    return COMMENT.sub(lambda found: b" " * len(found.group()), text) if b"#" in text else text


def _header(text: bytes) -> tuple[tuple[int, int, int], int]:
    """Rows, inputs and outputs, and where the header ends."""
    found = HEADER.match(text)
    if not found:
        first = " ".join(text[:200].decode(errors="replace").split("\n")[0].split())
        what = f"it begins with {shown(first)}" if text.strip() else "the file is empty"
        if text.startswith(b"FANN_"):
            raise fault(DATA, f"{what}, as a network's", WANTED, "neural_net.create_from_file, for a .net file", line=1)
        raise fault(DATA, what, SLASH if SLASHED.match(text) else WANTED, "4 2 1", line=1)
    values = tuple(to_whole(token) for token in found.groups())
    for name, value, token in zip(("rows", "inputs", "outputs"), values, found.groups(), strict=True):
        if value is None or not 0 <= value <= LARGEST:
            line = _line(text, found.start(1))
            raise fault(DATA, f"the header says {shown(token.decode())} {name}", "a number from 0 up", line=line)
    if values[1] == values[2] == 0:
        line = _line(text, found.start(1))
        raise fault(DATA, "the header says 0 inputs and 0 outputs", "at least one number in a row", line=line)
    return cast("tuple[int, int, int]", values), found.end()


def _one_by_one(text: bytes, start: int, shape: tuple[int, int, int]) -> np.ndarray:
    """The numbers as C cuts them out of the text, as many as are needed; the error where one is none."""
    count = shape[0] * (shape[1] + shape[2])
    numbers: list[float] = []
    place = _skip(text, start)
    while len(numbers) < count:
        found = number_at(text, place)
        if found is None:
            _no_number(text, place, len(numbers), shape)
        value, end = found
        numbers.append(value)
        place = _skip(text, end)
    if place < len(text):
        _tell_of_more(shown(text[place : place + 100].decode(errors="replace")), shape)
    return np.array(numbers, float)


def _skip(text: bytes, place: int) -> int:
    blank = SPACE.match(text, place)
    return blank.end() if blank else place


def _no_number(text: bytes, place: int, found: int, shape: tuple[int, int, int]) -> NoReturn:
    if place >= len(text):
        _too_few(text, found, shape)
    token = text[place : place + 100].split()[0].decode(errors="replace")
    row = found // (shape[1] + shape[2]) + 1
    hints = {",": "decimals with a point, numbers apart by spaces", "/": SLASH}
    expected = hints.get(token[:1], "a number such as 0.5, -1 or 1e-3")
    raise fault(DATA, f"{shown(token)} is no number (row {row} of {shape[0]})", expected, line=_line(text, place))


def _too_few(text: bytes, found: int, shape: tuple[int, int, int]) -> NoReturn:
    rows, n_in, n_out = shape
    shape_text = f"{counted(rows, 'row')} of {counted(n_in, 'input')} and {counted(n_out, 'output')}"
    raise fault(
        DATA,
        f"the file ends after {counted(found, 'number')}",
        f"{rows * (n_in + n_out)}, as its header says {shape_text}",
        line=_line(text, len(text.rstrip())),
    )


def _tell_of_more(what: str, shape: tuple[int, int, int]) -> None:
    rows, n_in, n_out = shape
    announced = f"{counted(rows, 'row')} of {counted(n_in + n_out, 'number')}"
    message = f"after the {announced} that the header announces comes {what}: ignored"
    warnings.warn(Notice(message), stacklevel=3)


def _line(text: bytes, place: int) -> int:
    return text.replace(b"\r\n", b" \n").replace(b"\r", b"\n").count(b"\n", 0, place) + 1
