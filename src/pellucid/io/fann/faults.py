"""What is wrong with one of FANN's files, where, and by which number FANN itself calls it."""

from __future__ import annotations

from ...errors import FileFormatError

# FANN's numbers; it prints them as "FANN Error 4: ...".
VERSION, KEY, NEURONS, CONNECTIONS, DATA = 3, 4, 5, 6, 10


class FannFileError(FileFormatError):
    """A `.net` or `.data` file that cannot be used: `line` (from 1), `key`, and FANN's `number` of the error."""

    number: int = 0
    line: int = 0
    key: str = ""


def fault(
    number: int, given: str, expected: str = "", instead: str = "", *, line: int = 0, key: str = ""
) -> FannFileError:
    """The error; its text names line and key where they are known.

    >>> print(fault(KEY, "'x' is no number", "a number such as 0.7", line=3, key="learning_rate"))
    line 3, learning_rate: 'x' is no number.
      Expected: a number such as 0.7.
    """
    place = ", ".join(part for part in (f"line {line}" if line else "", key) if part)
    error = FannFileError(f"{place}: {given}" if place else given, expected, instead)
    error.number, error.line, error.key = number, line, key
    return error


def shown(text: str, length: int = 40) -> str:
    """A piece of a file as an error shows it: quoted, and cut where it is long."""
    return repr(text if len(text) <= length else text[:length] + "...")


def counted(n: int, noun: str) -> str:
    """So many of something, with an s unless it is one.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
