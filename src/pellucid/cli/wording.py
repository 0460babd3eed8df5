"""What the library says, in the words of the command line: options for arguments, the file's own row numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import DivergenceError, PellucidError

if TYPE_CHECKING:
    from ..data.table import Table

SLOWER = 0.001  # what a learning rate is to be tried at after divergence

_OPTIONS = "delimiter|encoding|decimal|hidden|task|epochs|learning_rate|seed|test|target|number|bounds"
_ARGUMENT = re.compile(rf"(?<![(\w])(?:({_OPTIONS})=(?=\S)|({_OPTIONS})=(?=\s))")
_DOOR = re.compile(r"[a-z_.]+")
_ROW = re.compile(r"(?<![\w'])row (\d+)\b")
_FROM_0 = re.compile(r" \(rows (?:and columns )?counted from 0\)")


def spoken(text: str) -> str:
    """A text about Python arguments as one about options.

    >>> spoken('Instead:  learning_rate=0.01, or decimal="," as encoding= says')
    'Instead:  --learning-rate 0.01, or --decimal "," as --encoding says'
    """

    def option(match: re.Match[str]) -> str:
        return f"--{(match[1] or match[2]).replace('_', '-')}" + (" " if match[1] else "")

    return _ARGUMENT.sub(option, text)


def told(error: PellucidError) -> str:
    """An error's text, without the names of the functions that it passed: they are none of the command line's."""
    error.where = tuple(place for place in error.where if not _DOOR.fullmatch(place))
    return spoken(str(error))


@contextmanager
def about(table: Table, target: str | None = None) -> Iterator[None]:
    """Errors raised inside speak of the file: its own row numbers, and its columns instead of X and y.

    `table` is what the library was given, as all the file's rows or some of them.
    """
    try:
        yield
    except PellucidError as error:
        rows = table.rows.tolist()

        def numbered(match: re.Match[str]) -> str:
            place = int(match[1])
            return f"row {rows[place]}" if place < len(rows) else match[0]

        for part in ("given", "expected"):
            text = _FROM_0.sub("", _ROW.sub(numbered, getattr(error, part)))
            text = re.sub(r"^X\b", "the file", text)
            setattr(error, part, text if target is None else re.sub(r"^y\b", lambda _: repr(target), text))
        raise


@contextmanager
def slower(learning_rate: float) -> Iterator[None]:
    """Where training diverges inside, say what can be typed; nothing has been written then."""
    try:
        yield
    except DivergenceError as error:
        error.expected = "finite numbers throughout; no model was written"
        error.instead = f"--learning-rate {min(SLOWER, learning_rate / 10):g}"
        raise
