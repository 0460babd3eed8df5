"""Numbers as C reads and writes them: FANN's files know no other grammar."""

from __future__ import annotations

import math
import re

import numpy as np

# One number of C's `strtod`, at the place where it stands: 1e3, .5, 5., 0x1A, 0x1p3, inf, nan.
NUMBER = re.compile(
    rb"[+-]?(?:0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?"
    rb"|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    rb"|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN](?:\([A-Za-z0-9_]*\))?)"
)
WHOLE = re.compile(rb"[+-]?[0-9]+")
LONGEST = 15  # digits of a whole number that a double holds whatever they are
SPACE = re.compile(rb"[ \t\n\r\v\f]")
PIECE = 1 << 16  # bytes
ZERO = np.uint8(ord("0"))
SPACES = np.zeros(256, bool)
SPACES[list(b" \t\n\r\v\f")] = True


def to_float(token: bytes) -> float | None:
    """The number that the whole of `token` is, or None.

    >>> to_float(b"0x1p3"), to_float(b"1e400"), to_float(b"1_000")
    (8.0, inf, None)
    """
    return _value(token) if NUMBER.fullmatch(token) else None


def to_whole(token: bytes) -> int | None:
    """The whole number that `token` is, or None; absurdly long ones are None too."""
    return int(token) if len(token) <= 25 and WHOLE.fullmatch(token) else None


def number_at(content: bytes, place: int) -> tuple[float, int] | None:
    """The number that begins at `place` and where it ends, as C's `scanf` cuts them: "1-2" is 1 and -2."""
    found = NUMBER.match(content, place)
    return (_value(found.group()), found.end()) if found else None


def floats(content: bytes) -> np.ndarray | None:
    """All numbers of a text, apart by white space; None where one of them is not plain.

    Short decimals (up to 15 characters) are computed for all tokens of one length together: their digits as a whole
    number, which a double holds, over a power of ten, which it holds too; so the quotient is rounded once, as C's is.
    """
    parts, start = [np.empty(0)], 0
    while start < len(content):  # piece by piece, so that what is made on the way stays small
        gap = SPACE.search(content, start + PIECE)
        end = gap.start() if gap else len(content)
        part = _floats(content[start:end])
        if part is None:
            return None
        parts.append(part)
        start = end
    return np.concatenate(parts)


def float32_of(value: float) -> float:
    """`value` as C's `float`; what is too large becomes infinite, without a warning."""
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def c_int(value: float) -> int:
    """`value` cut to a 32-bit int, toward zero; what does not fit becomes the smallest, as on x86.

    >>> c_int(-1.9), c_int(1e10)
    (-1, -2147483648)
    """
    return int(value) if -(2.0**31) - 1 < value < 2.0**31 else -(2**31)


def c_ints(values: np.ndarray) -> np.ndarray:
    """`c_int` of each, as int64.

    >>> c_ints(np.array([-1.9, 1e10, np.nan]))
    array([         -1, -2147483648, -2147483648])
    """
    fits = (values > -(2.0**31) - 1) & (values < 2.0**31)
    return np.where(fits, values, -(2.0**31)).astype(np.int64)


def fixed_text(value: float) -> str:
    """C's `%f`: six decimals.

    >>> fixed_text(0.5), fixed_text(float("nan"))
    ('0.500000', 'nan')
    """
    return _sign(value) + "nan" if math.isnan(value) else f"{value:f}"


def long_text(value: float) -> str:
    """C's `%.20e`, from which every double is read back exactly."""
    return _sign(value) + "nan" if math.isnan(value) else f"{value:.20e}"


def float32_text(value: float) -> str:
    """`%f` where that is read back as the same float32, else the shortest text that is.

    >>> float32_text(float32_of(0.7)), float32_text(float32_of(1e-7))
    ('0.700000', '1e-07')
    """
    text = fixed_text(value)
    same = float32_of(float(text)) == value or math.isnan(value)
    return text if same else str(np.float32(value))


def _sign(value: float) -> str:
    return "-" if math.copysign(1.0, value) < 0 else ""


def _value(token: bytes) -> float:
    plain = token.partition(b"(")[0]  # nan(0x1) is nan
    if b"x" not in plain and b"X" not in plain:
        return float(plain)
    try:
        return float.fromhex(plain.decode("ascii"))
    except OverflowError:
        return -math.inf if plain.startswith(b"-") else math.inf


def _floats(content: bytes) -> np.ndarray | None:
    text = np.frombuffer(content, np.uint8)
    edges = np.flatnonzero(np.diff(SPACES[text], prepend=True, append=True))
    starts, lengths = edges[::2], np.diff(edges)[::2]
    values = np.empty(len(starts))
    for length in np.flatnonzero(np.bincount(lengths)).tolist() if len(lengths) else []:
        chosen = np.flatnonzero(lengths == length)
        if not _computed(text, starts[chosen], length, chosen, values):
            for k in chosen.tolist():
                value = to_float(content[starts[k] : starts[k] + length])
                if value is None:
                    return None
                values[k] = value
    return values


def _computed(text: np.ndarray, starts: np.ndarray, length: int, chosen: np.ndarray, values: np.ndarray) -> bool:
    """Put the numbers of one length into `values`; False where that has to be done one by one."""
    if length == 1:
        return _digits(text, starts, chosen, values)
    return length <= LONGEST and _decimals(text, starts, length, chosen, values)


def _decimals(text: np.ndarray, starts: np.ndarray, length: int, chosen: np.ndarray, values: np.ndarray) -> bool:
    """Put the decimals of one length into `values`; False where one of them has another form."""
    first = text[starts]
    negative = first == ord("-")
    signed = negative | (first == ord("+"))
    total = np.zeros(len(starts), np.int64)
    places = np.full(len(starts), -1)  # digits after the point; -1 before one was met
    digits = np.zeros(len(starts), np.int64)
    for k in range(length):
        column = text[starts + k]
        digit = column - ZERO
        is_digit, point = digit < 10, column == ord(".")
        if not np.all(is_digit | (point & (places < 0)) | (signed if k == 0 else False)):
            return False
        total = np.where(is_digit, total * 10 + digit, total)
        digits += is_digit
        places += (is_digit & (places >= 0)) | point
    if not np.all(digits):
        return False
    size = total / 10.0 ** np.maximum(places, 0)
    values[chosen] = np.where(negative, -size, size)
    return True


def _digits(text: np.ndarray, starts: np.ndarray, chosen: np.ndarray, values: np.ndarray) -> bool:
    """The same for single characters: most numbers of most files are 0 or 1."""
    digit = text[starts] - ZERO
    if digit.max() > 9:
        return False
    values[chosen] = digit
    return True
