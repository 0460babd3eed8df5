"""Numbers, arrays and comments as C text: plain ASCII, the same for the same network."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError

WIDTH = 100


@dataclass(frozen=True)
class Real:
    """A floating-point type of C: what it is called, and what its numbers and the functions of <math.h> end in."""

    name: str
    suffix: str
    dtype: type[np.floating[Any]]

    def number(self, value: Any) -> str:
        """The shortest decimal that is read back as this number, rounded to the type.

        >>> REALS["double"].number(0.1), REALS["float"].number(0.1), REALS["float"].number(3)
        ('0.1', '0.1f', '3.0f')
        """
        with np.errstate(over="ignore"):
            rounded = self.dtype(value)
        if not np.isfinite(rounded):
            raise InputError(f"{float(value):g} as a {self.name}", "a number that it can hold", 'number="double"')
        text = np.format_float_positional(rounded, trim="0")
        scientific = np.format_float_scientific(rounded, trim="0")
        return (text if len(text) <= len(scientific) + 2 else scientific) + self.suffix

    def code(self, text: str) -> str:
        """C text for this type from a pattern: T is the type, `1.5R` a number of it, `exp$` its function exp.

        >>> print(REALS["float"].code("T half = 0.5R * exp$(z);"))
        float half = 0.5f * expf(z);
        """
        text = re.sub(r"\bT\b", self.name, text)
        return re.sub(r"(?<=[0-9])R\b|\$(?=\()", self.suffix, text)


REALS = {"double": Real("double", "", np.float64), "float": Real("float", "f", np.float32)}


def check_name(name: Any) -> str:
    """A name that C's functions can begin with."""
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", name):
        return name
    raise InputError(f"name={name!r}", "a letter, then letters, digits and _, at most 63 in all", 'name="network"')


def array(kind: str, name: str, texts: Sequence[str], row: int = 0) -> str:
    """A constant array; a line of the text begins after every `row` of its numbers.

    >>> print(array("double", "w", ["1.0", "2.0", "3.0", "4.0"], row=2))
    static const double w[4] = {
        1.0, 2.0,
        3.0, 4.0,
    };
    """
    step = row or len(texts)
    rows = [", ".join(texts[at : at + step]) + "," for at in range(0, len(texts), step)]
    lines = [line for text in rows for line in textwrap.wrap(text, WIDTH - 4)]
    inside = "".join(f"    {line}\n" for line in lines)
    return f"static const {kind} {name}[{len(texts)}] = {{\n{inside}}};"


def comment(lines: Iterable[str]) -> str:
    """A comment of several lines; nothing in them can end it, and what is not ASCII is escaped.

    >>> print(comment(["the end */", "naïve"]))
    /* the end * /
     * na\\xefve
     */
    """
    safe = [_safe(line) for line in lines]
    return "/* " + "\n * ".join(safe).replace(" * \n", " *\n") + "\n */"


def inline(text: str) -> str:
    """A comment in one line."""
    return f"/* {_safe(text)} */"


def wrapped(text: str, indent: str = "") -> list[str]:
    """A text in lines of a comment; those after the first are set back by `indent`."""
    return textwrap.wrap(text, WIDTH - 4, subsequent_indent=indent, break_long_words=False)


def _safe(text: str) -> str:
    text = text.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")
    shown = "".join(c if c.isprintable() or c == " " else " " for c in text)
    return shown.encode("ascii", "backslashreplace").decode().rstrip("\\ ")


def signature(kind: str, name: str) -> str:
    """The function that runs the network."""
    return f"void {name}_run(const {kind} *x, {kind} *y)"
