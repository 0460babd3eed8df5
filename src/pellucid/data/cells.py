"""How one cell of text is read: as a number, as yes or no, as missing, or as a word.

A number is what people and programs write in tables: 3, -0.5, .5, 1e-3, with a hyphen or U+2212 for minus. "inf",
"1_000" and "0123" (a code, whose leading zero would be lost) are words. A text alone never has thousands separators:
whether a column's texts do is judged in `pellucid.data.table`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

# Compared without blanks around and in lower case.
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "<na>", "?", "-", "\u2212"})
TRUTH = {"false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0}
PAIRS = (frozenset({"false", "true"}), frozenset({"no", "yes"}))
OTHER_MARK = {".": ",", ",": "."}
LARGEST = "a number of at most 1.8e308, as float64 holds"
EXACT = 2**53  # up to here float64 holds every whole number

_MINUS = "\u2212"
_FOREIGN = re.compile(r"[^0-9eE+\-.\n]")
_CODE = re.compile(r"^[+-]?0[0-9]+$", re.MULTILINE)
_WHOLE = re.compile(r"[+-]?[0-9]+")
_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# By decimal mark: 1,234.5 and 1.234,5; but 12,34 and 0,123 and 1234,567 have no thousands separators.
_GROUPED = {
    ".": re.compile(r"[+\-\u2212]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?"),
    ",": re.compile(r"[+\-\u2212]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?"),
}


def numbers_of(texts: Sequence[str | None], decimal: str = ".") -> np.ndarray | None:
    """The numbers in `texts`, NaN for None, as float64 (n,); None if any text is not a finite number.

    >>> numbers_of(["1,5", None, "2"], decimal=",").tolist()
    [1.5, nan, 2.0]
    """
    present = [text for text in texts if text is not None]
    blob = "\n".join(present)
    if decimal == ",":
        if "." in blob:
            return None
        blob = blob.replace(",", ".")
    blob = blob.replace(_MINUS, "-")
    if _FOREIGN.search(blob) or _CODE.search(blob):
        return None
    try:
        values = np.array([float(text) for text in blob.split("\n")] if present else [], dtype=np.float64)
    except ValueError:
        return None
    if not np.isfinite(values).all() or len(values) != len(present):
        return None
    if len(present) == len(texts):
        return values
    found = np.full(len(texts), np.nan)
    found[[i for i, text in enumerate(texts) if text is not None]] = values
    return found


def grouped_numbers_of(texts: Sequence[str | None], decimal: str) -> np.ndarray | None:
    """As `numbers_of`, where the mark that is not decimal may separate thousands, in groups of three digits.

    >>> grouped_numbers_of(["1.764.052,35", "3"], decimal=",").tolist()
    [1764052.35, 3.0]
    """
    plain: list[str | None] = []
    for text in texts:
        if text is not None and OTHER_MARK[decimal] in text:
            if not _GROUPED[decimal].fullmatch(text):
                return None
            text = text.replace(OTHER_MARK[decimal], "")
        plain.append(text)
    return numbers_of(plain, decimal)


def value_of(text: str, decimal: str) -> float | None:
    """The number that one text spells, with thousands separators or without: infinity if too large, None if none."""
    if _GROUPED[decimal].fullmatch(text):
        text = text.replace(OTHER_MARK[decimal], "")
    if decimal == ",":
        text = "" if "." in text else text.replace(",", ".")
    text = text.replace(_MINUS, "-")
    return float(text) if _PLAIN.fullmatch(text) else None


def is_number(text: str) -> bool:
    """Whether one cell spells a number, with a decimal point or comma, however large; codes like 0123 are none."""
    return not _CODE.search(text) and any(value_of(text, mark) is not None for mark in OTHER_MARK)


def too_large(text: str) -> bool:
    """Whether one cell spells a number that float64 cannot hold."""
    return any(math.isinf(value_of(text, mark) or 0.0) for mark in OTHER_MARK)


def told_apart(numbers: Iterable[int]) -> bool:
    """Whether whole numbers stay what they are as float64, or at least as different as they are.

    >>> told_apart([10**18, 10**18 + 1]), told_apart([10**18 + 1, 2 * 10**18 + 1])
    (False, True)
    """
    different = set(numbers)
    if all(-EXACT <= number <= EXACT for number in different):
        return True
    rounded = {float(number) for number in different}
    if len(rounded) == 1:
        return all(int(float(number)) == number for number in different)
    return len(rounded) == len(different)


def alike(texts: Sequence[str | None], numbers: np.ndarray) -> bool:
    """Whether texts that spell different whole numbers are alike as these numbers, float64 (n,)."""
    large = np.flatnonzero(np.abs(numbers) > EXACT).tolist()
    words = {(texts[i] or "").replace(_MINUS, "-") for i in large}
    return not told_apart(int(word) for word in words if _WHOLE.fullmatch(word))


def is_truth(texts: Sequence[str | None]) -> bool:
    """Whether the texts are all true/false or all yes/no (in any case), both of them present."""
    found = {text if len(text) > 5 else text.lower() for text in set(texts) if text is not None}
    return found in PAIRS


def natural(text: str) -> tuple[list[tuple[int, str]], str]:
    """What to sort words by, so that numbers in them count as numbers.

    >>> sorted(["c10", "c1", "c9", "b"], key=natural)
    ['b', 'c1', 'c9', 'c10']
    """
    pieces = re.split("([0-9]+)", text)
    # Every second piece is digits, of which the longer number is the larger one. The text itself tells c1 from c01.
    key = [(len(piece.lstrip("0")), piece.lstrip("0")) if i % 2 else (0, piece) for i, piece in enumerate(pieces)]
    return key, text


def text_of(value: Any) -> str:
    """The word for a category that came as a number or boolean, the same from every source: 1 and 1.0 are "1"."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, np.generic):
        value = value.item()
    return repr(value) if isinstance(value, float) else str(value)
