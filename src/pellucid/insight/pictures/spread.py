"""Distributions and comparisons: activations by layer, residuals, and which inputs matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from ..render.numbers import counted, number, size
from .scale import Frame, Scale, axes, finite, labels, span, tick_room
from .svg import Drawing, Svg, text_width, widest

_MOST_POINTS = 1500
_PANEL, _GAP = 200.0, 34.0


def activation_histograms(
    layers: Sequence[tuple[str, Any]], *, bins: int = 30, title: str = "Activations by layer", across: int = 3
) -> Svg:
    """One histogram for each (name, array): where the activations of a layer lie, and how many are exactly 0."""
    rows = max(1, -(-len(layers) // across))
    columns = max(1, min(across, len(layers)))
    drawing = Drawing(max(24 + columns * (_PANEL + _GAP), 300), 60 + rows * 190, title, f"{len(layers)} histograms.")
    drawing.heading()
    for k, (name, array) in enumerate(layers):
        left, top = 24 + (k % across) * (_PANEL + _GAP), 78 + (k // across) * 190
        _histogram(drawing, Frame(left, top, left + _PANEL, top + 90), np.asarray(array, dtype=float), name, bins)
    if not layers:
        drawing.text(24, 80, "no layers", 12, paint="soft")
    return drawing.svg()


def residuals(true: Any, predicted: Any, *, name: str = "target", title: str = "Residuals", width: float = 680) -> Svg:
    """Predicted against true values, and how the differences (predicted - true) are distributed.

    The points of a perfect model lie on the line. Of more than 1500 points every k-th is drawn.
    """
    t, p = (np.asarray(v, dtype=float).ravel() for v in (true, predicted))
    if len(t) != len(p):
        raise InputError(f"{len(t)} true and {len(p)} predicted values", "as many of one as of the other")
    good = np.isfinite(t) & np.isfinite(p)
    left_out = int((~good).sum())
    t, p = t[good], p[good]
    drawing = Drawing(width, 372, title, _error_told(t, p))
    top = drawing.heading() + 28
    low, high = span([*t, *p])
    y = Scale(low, high, 306, top)
    frame = Frame(28 + tick_room(y), top, width * 0.56, 306)
    x = Scale(low, high, frame.left, frame.right)
    axes(drawing, frame, x, y, (f"true {name}", f"predicted {name}"))
    drawing.line(x.at(low), y.at(low), x.at(high), y.at(high), "soft", 1.5, dash="5 4")
    step = max(1, -(-len(t) // _MOST_POINTS))
    for a, b in zip(t[::step], p[::step], strict=True):
        drawing.circle(x.at(a), y.at(b), 3, "s1", opacity=0.55)
    side = Frame(frame.right + 52, top, width - 24, 306)
    difference = p / 2 - t / 2  # halves, so that two huge numbers of opposite signs do not overflow
    _histogram(drawing, side, np.clip(difference, -5e299, 5e299) * 2, "predicted - true", 25, zero=True)
    notes = ([f"every {step}th row drawn"] if step > 1 else []) + ([f"{left_out} not finite"] if left_out else [])
    if notes:
        drawing.text(frame.left, 364, ", ".join(notes), 11, paint="soft")
    return drawing.svg()


def bars(
    names: Sequence[str], values: Any, *, title: str = "What matters", most: int = 15, ordered: bool = True,
    width: float = 640, unit: str = "",
) -> Svg:  # fmt: skip
    """A signed bar for each name, the largest first (unless not `ordered`); beyond `most` the others are summed up."""
    numbers = np.asarray(values, dtype=float).ravel()
    if len(names) != len(numbers):
        raise InputError(f"{len(names)} names and {len(numbers)} values", "as many of one as of the other")
    order = (
        sorted(range(len(numbers)), key=lambda i: -_rank(float(numbers[i]))) if ordered else list(range(len(numbers)))
    )
    shown, rest = order[:most], order[most:]
    drawing = Drawing(width, 70 + 26 * len(shown) + (24 if rest else 0), title, _bars_told(names, numbers, shown))
    top = drawing.heading() + 8
    label = widest([names[i] for i in shown], 12, 0.34 * width)
    texts = [number(numbers[i], 4) for i in shown]
    room = widest(texts, 12, 120) + 10
    kept = finite(numbers[shown])
    below, above = bool((kept < 0).any()), bool((kept > 0).any())
    left, right = 30 + label + (room if below else 0), width - 16 - (room if above or not below else 0)
    x = _bar_scale(kept, left, right)
    zero = x.at(0)
    for k, i in enumerate(shown):
        _bar(drawing, x, top + 26 * k, float(numbers[i]), names[i], texts[k], label)
    drawing.line(zero, top - 4, zero, top + 26 * len(shown), "soft", 1.2)
    if rest:
        total = number(sum(map(float, finite(numbers[rest]))), 4)
        text = f"and {len(rest)} more, {total} together"
        drawing.text(18, top + 26 * len(shown) + 16, text, 12, paint="soft")
    if unit:
        drawing.text(width - 16, drawing.height - 8, unit, 11, "end", "soft")
    if not shown:
        drawing.text(24, top + 10, "nothing to show", 12, paint="soft")
    return drawing.svg()


def _bar_scale(values: np.ndarray, left: float, right: float) -> Scale:
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    low, high = max(low, -1e300), min(high, 1e300)
    return Scale(low, high if high > low else low + 1.0, left, right)


def _bar(drawing: Drawing, x: Scale, y: float, value: float, name: str, text: str, label: float) -> None:
    drawing.text(18 + label, y + 14, name, 12, "end", room=label + 1)
    zero = x.at(0)
    if not math.isfinite(value):
        right = zero < drawing.width / 2
        drawing.text(zero + 6 if right else zero - 6, y + 14, text, 12, "start" if right else "end", "problem")
        return
    end = x.at(value)
    note = f"{name}: {number(value)}"
    drawing.rect(min(zero, end), y, abs(end - zero), 18, "neg" if value < 0 else "pos", 0.85, radius=2, note=note)
    drawing.text(end - 6 if value < 0 else end + 6, y + 14, text, 12, "end" if value < 0 else "start", "soft")


def _rank(value: float) -> float:
    return abs(value) if math.isfinite(value) else math.inf


def _histogram(drawing: Drawing, frame: Frame, array: np.ndarray, name: str, bins: int, zero: bool = False) -> None:
    values = finite(array)
    room = frame.right - frame.left
    drawing.text(frame.left, frame.top - 9, name, 12, "start", "soft" if zero else "ink", room, bold=not zero)
    if not values.size:
        drawing.text(frame.left, frame.top + 30, "no finite values", 12, paint="problem" if array.size else "soft")
        return
    low, high = span([*values, 0.0] if zero else values, 0.02)
    x = Scale(low, high, frame.left, frame.right)
    counts = _counted(values, low, high, bins)
    wide = room / bins
    tallest = int(counts.max())
    for k, count in enumerate(counts):
        high_ = (frame.bottom - frame.top) * count / tallest
        if count:
            at = frame.left + k * wide
            drawing.rect(at, frame.bottom - high_, wide - 1, high_, "s1", 0.85, note=f"{count} values")
    if low < 0 < high:
        drawing.line(x.at(0), frame.top, x.at(0), frame.bottom, "soft", 1.2, dash="3 3")
    _base(drawing, frame, x)
    for k, text in enumerate(_summary(array, values)):
        drawing.text(frame.left, frame.bottom + 37 + 15 * k, text, 11, paint="soft", room=room + 20)


def _base(drawing: Drawing, frame: Frame, x: Scale) -> None:
    drawing.line(frame.left, frame.bottom, frame.right, frame.bottom, "soft")
    values = x.ticks(4)
    edge = -math.inf
    for tick, text in zip(values, labels(values), strict=True):
        at, half = x.at(tick), text_width(text, 11) / 2
        if at - half > edge and at + half < frame.right + 24:
            drawing.line(at, frame.bottom, at, frame.bottom + 4, "soft")
            drawing.text(at, frame.bottom + 18, text, 11, "middle", "soft")
            edge = at + half + 4


def _counted(values: np.ndarray, low: float, high: float, bins: int) -> np.ndarray:
    # By hand: numpy's histogram refuses ranges that overflow or that are too small for its edges.
    share = (np.clip(values, low, high) / 2 - low / 2) / (high / 2 - low / 2)
    return np.bincount(np.clip((share * bins).astype(int), 0, bins - 1), minlength=bins)


def _summary(array: np.ndarray, values: np.ndarray) -> list[str]:
    """Mean and deviation, and on a second line what is special."""
    scale = size([float(np.abs(values).max())]) or 1.0
    mean, deviation = float((values / scale).mean()) * scale, float((values / scale).std()) * scale
    parts = []
    zeros, bad = int((values == 0).sum()), array.size - values.size
    if zeros:
        parts.append(f"{100 * zeros / values.size:.3g} % zero")
    if bad:
        parts.append(f"{bad} not finite")
    return [f"mean {number(mean, 3)}, deviation {number(deviation, 3)}", ", ".join(parts)][: 1 + bool(parts)]


def _error_told(true: np.ndarray, predicted: np.ndarray) -> str:
    if not len(true):
        return "No rows."
    return f"{counted(len(true), 'row')}, mean absolute error {number(size([_mean_error(true, predicted)]), 4)}."


def _mean_error(true: np.ndarray, predicted: np.ndarray) -> float:
    scale = size([*true, *predicted]) or 1.0
    return min(float(np.abs(predicted / scale - true / scale).mean()), 1.7e308 / scale) * scale


def _bars_told(names: Sequence[str], values: np.ndarray, shown: list[int]) -> str:
    return "; ".join(f"{names[i]}: {number(float(values[i]), 4)}" for i in shown[:8]) + "."
