"""Axes: from values to pixels, and round numbers for the ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..render.numbers import number
from .svg import Drawing, text_width, widest

_LARGEST = 1e300  # beyond it differences overflow; such values are drawn at the edge


def finite(values: Iterable[float] | np.ndarray) -> np.ndarray:
    """The finite ones among `values`, as floats in one dimension."""
    flat = np.asarray(values, dtype=float).ravel()
    return flat[np.isfinite(flat)]


def span(values: Iterable[float] | np.ndarray, margin: float = 0.05) -> tuple[float, float]:
    """An interval around `values` that has a length: 0..1 for none, one widened by 10 % around a constant."""
    flat = np.clip(finite(values), -_LARGEST, _LARGEST)
    if not flat.size:
        return 0.0, 1.0
    low, high = float(flat.min()), float(flat.max())
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size or high - low < 1e-300:
        pad = 0.1 * size if size > 1e-290 else 1.0
        return low - pad, high + pad
    return low - margin * (high - low), high + margin * (high - low)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between `low` and `high`, some `about` of them, with steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0, 1), ticks(-3.2, 7.9)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [-2.0, 0.0, 2.0, 4.0, 6.0])
    """
    rough = (high - low) / max(about, 1)
    if not (math.isfinite(rough) and rough > 0):
        return [low] if math.isfinite(low) else []
    exponent = math.floor(math.log10(rough))
    step = next(s for s in (1, 2, 5, 10) if s * 10.0**exponent >= 0.7 * rough)
    first, last = math.ceil(low / 10.0**exponent / step - 1e-9), math.floor(high / 10.0**exponent / step + 1e-9)
    # The product of whole numbers is divided by a whole power, so that 0.3 is 0.3.
    power = 10 ** abs(exponent)
    return [float(i * step * power) if exponent >= 0 else i * step / power for i in range(first, last + 1)]


def labels(values: list[float]) -> list[str]:
    """The texts of ticks: with as few digits as tell them apart."""
    for digits in range(3, 16):
        texts = [number(v, digits) for v in values]
        if len(set(texts)) == len(texts) and all(
            math.isclose(float(t), v, rel_tol=1e-9, abs_tol=1e-300) for t, v in zip(texts, values, strict=True)
        ):
            return texts
    return [number(v, 15) for v in values]


@dataclass(frozen=True)
class Scale:
    """Maps [low, high] to pixels [start, stop], evenly or by the logarithm; `whole` has ticks at whole numbers only."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = False
    whole: bool = False

    def at(self, value: float) -> float:
        """The pixel of `value`; values outside, infinities included, land on the edge."""
        value = min(max(float(value), self.low), self.high)
        if self.log:
            share = (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values inside the scale."""
        if not self.log:
            values = ticks(self.low, self.high, about)
            return [t for t in values if self.low <= t <= self.high and (t == int(t) or not self.whole)]
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        every = max(1, -(-(last - first) // (about + 2)))
        steps = (1, 2, 5) if last - first <= 3 else (1,)
        values = [s * 10.0**e for e in range(first, last + 1, every) for s in steps]
        return [t for t in values if self.low <= t <= self.high]


def linear(values: Iterable[float] | np.ndarray, start: float, stop: float, margin: float = 0.05) -> Scale:
    """An even scale over `values`."""
    return Scale(*span(values, margin), start, stop)


@dataclass(frozen=True)
class Frame:
    """The rectangle that a plot is drawn in."""

    left: float
    top: float
    right: float
    bottom: float


def tick_room(scale: Scale, about: int = 5, size: float = 11) -> float:
    """The width that the tick labels of a vertical scale need."""
    return widest(labels(scale.ticks(about)), size, 120)


def axes(drawing: Drawing, frame: Frame, x: Scale, y: Scale, names: tuple[str, str] = ("", ""), about: int = 5) -> None:
    """Grid lines, ticks with their numbers, and the names of both axes."""
    for tick, text in _labelled(y, about):
        at = y.at(tick)
        drawing.line(frame.left, at, frame.right, at, "line", 1, 0.7)
        drawing.text(frame.left - 8, at + 4, text, 11, "end", "soft")
    across = min(about + 2, max(2, int((frame.right - frame.left) / 80)))
    edge = -math.inf
    for tick, text in _labelled(x, across):
        at, wide = x.at(tick), text_width(text, 11)
        drawing.line(at, frame.bottom, at, frame.bottom + 4, "soft")
        if at - wide / 2 > edge:
            drawing.text(at, frame.bottom + 18, text, 11, "middle", "soft")
            edge = at + wide / 2 + 4
    drawing.line(frame.left, frame.bottom, frame.right, frame.bottom, "soft")
    if names[0]:
        middle = (frame.left + frame.right) / 2
        drawing.text(middle, frame.bottom + 37, names[0], 12, "middle", "soft", frame.right - frame.left)
    if names[1]:
        drawing.text(frame.left, frame.top - 9, names[1], 12, "start", "soft", frame.right - frame.left)


def legend(drawing: Drawing, x: float, y: float, entries: list[tuple[str, str, str]], room: float) -> None:
    """Short lines with their names, ending at `x`: (name, colour, dash)."""
    each = room / max(len(entries), 1)
    for name, paint, dash in reversed(entries):
        wide = min(text_width(name, 12), each - 36)
        drawing.text(x - wide, y, name, 12, "start", "ink", wide + 1)
        drawing.line(x - wide - 26, y - 4, x - wide - 6, y - 4, paint, 2.5, dash=dash)
        x -= wide + 44


def _labelled(scale: Scale, about: int) -> list[tuple[float, str]]:
    values = scale.ticks(about)
    return list(zip(values, labels(values), strict=True))
