"""Arrays as Python text that gives back every bit: short ones as numbers to read, long ones packed."""

from __future__ import annotations

import base64
import textwrap
from typing import Any

import numpy as np

READABLE = 600  # arrays of more numbers than this are packed
WIDTH = 96


class Numbers:
    """Writes arrays for one script and remembers what it must import for that."""

    def __init__(self) -> None:
        self.imports: list[str] = []

    def array(self, array: np.ndarray) -> str:
        """An expression that gives an equal array."""
        if array.size > READABLE or not np.isfinite(array).all():
            return self._packed(array)
        kind = "" if array.dtype == np.float64 else f", dtype=np.{array.dtype.name}"
        return f"np.array({_nested(array.tolist())}{kind})"

    def arrays(self, tree: Any, indent: str = "") -> str:
        """Nested dictionaries of arrays, one line or more for each."""
        if isinstance(tree, np.ndarray):
            return self.array(tree).replace("\n", "\n" + indent)
        if not tree:
            return "{}"
        inner = indent + "    "
        inside = "".join(f'{inner}"{name}": {self.arrays(value, inner)},\n' for name, value in tree.items())
        return "{\n" + inside + indent + "}"

    def _packed(self, array: np.ndarray) -> str:
        self.imports = ["from base64 import b64decode"]
        kind = array.dtype.newbyteorder("<").str
        text = base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode()
        lines = "\n".join(textwrap.wrap(text, WIDTH))
        return f'np.frombuffer(b64decode("""\n{lines}\n"""), dtype="{kind}").reshape({array.shape}).copy()'


def _nested(values: Any) -> str:
    if values and isinstance(values[0], list):
        rows = [_nested(row) for row in values]
        line = "[" + ", ".join(rows) + "]"
        if len(line) <= WIDTH - 20 and "\n" not in line:
            return line
        return "[\n" + "".join(textwrap.indent(row, "    ") + ",\n" for row in rows) + "]"
    line = ", ".join(repr(value) for value in values)
    if len(line) <= WIDTH:
        return f"[{line}]"
    return "[\n" + "\n".join(textwrap.wrap(line, WIDTH, initial_indent="    ", subsequent_indent="    ")) + ",\n]"
