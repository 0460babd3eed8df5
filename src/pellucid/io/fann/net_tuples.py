"""The long lists of a `.net` file: `(3, 4, 0.5) (3, 4, 0.5) ...` for neurons, `(0, 0.25) ...` for connections."""

from __future__ import annotations

import re

import numpy as np

from .faults import fault, shown
from .net_text import NUMBERS, Values
from .numbers import to_float, to_whole

PART = rb"[^\s,()]++\s*+"
COMMA, GAP = rb",\s*+", rb"(?<=\s)"  # version 1.1 writes no commas
APART = bytes.maketrans(b"(,)", b"   ")
LARGEST = 2**63 - 1


def block_of(size: int, between: bytes = COMMA) -> re.Pattern[bytes]:
    """As many groups of so many numbers as stand one after the other."""
    return re.compile(rb"(?:\(\s*+" + (between).join([PART] * size) + rb"\)\s*+)*+")


TRIPLES, PAIRS, OLD_PAIRS = block_of(3), block_of(2), block_of(2, GAP)


def groups(values: Values, key: str, form: re.Pattern[bytes], size: int, count: int, number: int) -> list[list[bytes]]:
    """The words of at least `count` groups, by column; `number` is FANN's for the error where there are fewer."""
    value = values.value(key)
    content = value.content.strip()
    block = form.match(content)
    end = block.end() if block else 0
    words = content[:end].translate(APART).split()
    found = len(words) // size
    if found < count:
        rest = content[end : end + 60].decode(errors="replace").strip()
        what = f"after {found} of them comes {shown(rest)}" if rest else f"there are {found} of them"
        wanted = f"{count} groups of {size} numbers, such as " + ("(0, 0.5)" if size == 2 else "(3, 4, 0.5)")
        place = value.place + value.content.find(content) + max(end - (not rest), 0)
        raise fault(number, what, wanted, line=values.text.line(place), key=key)
    return [words[k::size] for k in range(size)]


def whole_column(values: Values, key: str, words: list[bytes], number: int) -> np.ndarray:
    """Whole numbers, int64."""
    found = [to_whole(word) for word in words]
    for k, value in enumerate(found):
        if value is None or abs(value) > LARGEST:
            raise values.fault(key, f"{_shown(words[k])} stands in group {k}", "a whole number", number)
    return np.array(found, np.int64)


def number_column(values: Values, key: str, words: list[bytes], number: int) -> np.ndarray:
    """Real numbers, float64."""
    found = [to_float(word) for word in words]
    for k, value in enumerate(found):
        if value is None:
            raise values.fault(key, f"{_shown(words[k])} stands in group {k}", NUMBERS["number"], number)
    return np.array(found, float)


def _shown(word: bytes) -> str:
    return shown(word.decode(errors="replace"))
