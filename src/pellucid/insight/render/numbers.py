"""How pellucid writes a number: one function, so that a terminal, a page and a picture agree.

>>> number(0.1 + 0.2), number(-0.0), number(1.5e-7), number(float("nan"))
('0.3', '0', '1.5e-7', 'not a number')
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Integral
from typing import Any


def number(value: Any, digits: int = 6) -> str:
    """The shortest clear text for `value`, with at most `digits` significant digits.

    Whole numbers below 1e15 are written out; other numbers turn to "1.5e-7" below 0.0001 and from 1e9 on. Zero has
    no sign, NaN and the infinities are words, True and False are "yes" and "no", None is "none". From 17
    digits on the text is the shortest that reads back as exactly the same double. Anything else is its `str`.
    """
    if value is None:
        return "none"
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return _whole(int(value), digits)
    try:
        return _real(float(value), max(1, digits))
    except (TypeError, ValueError):
        return str(value)


def aligned(texts: Sequence[str]) -> list[str]:
    """Number texts padded with spaces so that their decimal points stand below each other.

    >>> aligned(["0.25", "-3", "12.5"])
    [' 0.25', '-3   ', '12.5 ']
    """
    heads = [t.partition(".")[0] if _numeric(t) else t for t in texts]
    tails = [t[len(h) :] for t, h in zip(texts, heads, strict=True)]
    left = max(map(len, heads), default=0)
    right = max(map(len, tails), default=0)
    return [h.rjust(left) + t.ljust(right) for h, t in zip(heads, tails, strict=True)]


def counted(n: int, noun: str) -> str:
    """So many of something: the noun in the singular after 1, else in the plural.

    >>> counted(1, "row"), counted(3, "class"), counted(0, "entry")
    ('1 row', '3 classes', '0 entries')
    """
    if n == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{n} {noun[:-1]}ies"
    return f"{n} {noun}es" if noun.endswith("s") else f"{n} {noun}s"


def size(values: Iterable[float]) -> float:
    """The largest finite magnitude among `values`; 0.0 where there is none."""
    return max((abs(v) for v in map(float, values) if math.isfinite(v)), default=0.0)


def _whole(value: int, digits: int) -> str:
    if abs(value) < 10**15:
        return str(value)
    return _tidy(f"{Decimal(value):.{max(1, digits) - 1}e}")


def _real(value: float, digits: int) -> str:
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if value == 0:
        return "0"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    scientific = repr(value) if digits >= 17 else f"{value:.{digits - 1}e}"
    exponent = math.floor(math.log10(abs(value))) if digits >= 17 else int(scientific.partition("e")[2])
    if not -4 <= exponent < 9:
        return _tidy(scientific if "e" in scientific else f"{Decimal(scientific):e}")
    if digits >= 17:
        return scientific if "e" not in scientific else f"{Decimal(scientific):f}"
    text = f"{value:.{max(0, digits - 1 - exponent)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tidy(scientific: str) -> str:
    mantissa, _, exponent = scientific.lower().partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def _numeric(text: str) -> bool:
    return text[:1].isdigit() or text[1:2].isdigit()
