"""Signed bars as text: what a terminal shows where a page has a picture of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .escape import shorten, visible
from .numbers import aligned, number, size

LONGEST = 24  # of a bar, and of a name
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def text_bars(names: Sequence[str], values: Sequence[float], title: str = "") -> str:
    """A bar for each name: negative ones to the left of the axis, positive ones to the right.

    >>> print(text_bars(["weight", "age"], [3.0, -1.5]))
    weight             │████████████████████████   3
       age ████████████│                          -1.5
    """
    texts = aligned([number(value, 4) for value in values])
    labels = [shorten(visible(name), LONGEST) for name in names]
    scale = size(values)
    left = max((_length(value, scale) for value in values if value < 0), default=0)
    right = max((_length(value, scale) for value in values if value > 0), default=0)
    label, before, after = max(map(len, labels), default=0), math.ceil(left / 8), math.ceil(right / 8)
    lines = [visible(title)] if title else []
    for name, value, text in zip(labels, values, texts, strict=True):
        length = _length(value, scale)
        negative = ("█" * math.ceil(length / 8) if value < 0 else "").rjust(before)
        positive = _bar(length if value > 0 else 0).ljust(after)
        lines.append(f"{name.rjust(label)} {negative}│{positive}  {text}".rstrip())
    return "\n".join(lines)


def _length(value: float, scale: float) -> int:
    """In eighths of a character; what is not finite has no bar."""
    return round(8 * LONGEST * abs(value / scale)) if scale > 0 and math.isfinite(value) else 0


def _bar(eighths: int) -> str:
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
