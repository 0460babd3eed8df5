"""How one cell of text is read: as a number, as yes or no, as missing, or as a word.

A number is what people and programs write in tables: 3, -0.5, .5, 1e-3. "inf", "1_000" and "0123" (a code, whose
leading zero would be lost) are words; thousands separators are never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

# Compared without blanks around and in lower case.
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "<na>", "?", "-"})
TRUTH = {"false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0}
PAIRS = (frozenset({"false", "true"}), frozenset({"no", "yes"}))

_FOREIGN = re.compile(r"[^0-9eE+\-.\n]")
_CODE = re.compile(r"^[+-]?0[0-9]+$", re.MULTILINE)


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


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether one cell reads as a number."""
    return numbers_of([text], decimal) is not None


def is_truth(texts: Sequence[str | None]) -> bool:
    """Whether the texts are all true/false or all yes/no (in any case), both of them present."""
    found = {text if len(text) > 5 else text.lower() for text in set(texts) if text is not None}
    return found in PAIRS


def text_of(value: Any) -> str:
    """The word for a category that came as a number or boolean, the same from every source: 1 and 1.0 are "1"."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, np.generic):
        value = value.item()
    return repr(value) if isinstance(value, float) else str(value)
