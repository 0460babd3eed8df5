"""Lines over an axis: the course of a training, and an activation with its slope."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import InputError
from ...maths.activations import Activation, activations
from ..render.numbers import number
from .scale import Frame, Scale, axes, finite, legend, linear, span, tick_room
from .svg import Drawing, Svg, text_width

_MOST_POINTS = 1200
_DECADES = 100.0  # the ratio from which a logarithmic scale shows more


def loss_curve(history: Any, *, log: bool | None = None, title: str = "Loss", width: float = 640) -> Svg:
    """The loss over the epochs, with the validation loss and the best epoch where there are any.

    `history` is a training's History, a mapping with the same names (`loss`, `validation_loss` or `validation`,
    `best_epoch`), or just the losses. A loss was measured before its epoch's updates, a validation loss after them: the
    curves stand at the number of epochs that were done. `log` None chooses a logarithmic scale where the values
    span two decades. What is not finite is left out, and the first such epoch is named.
    """
    train, valid, best = read_history(history)
    every = finite([*train, *valid])
    positive = every[every > 0]
    if log is None:
        log = wants_log(train, valid)
    drawing = Drawing(width, 340, title, _told(train, valid, best))
    frame = Frame(0, drawing.heading() + 34, width - 24, 290)
    y = _log_scale(positive, frame) if log and positive.size else linear(every, frame.bottom, frame.top)
    frame = Frame(28 + tick_room(y), frame.top, frame.right, frame.bottom)
    x = Scale(0, max(len(train) - 1, len(valid), 1), frame.left, frame.right, whole=True)
    axes(drawing, frame, x, y, ("epochs done", "logarithmic scale" if y.log else ""))
    for values, start, paint, dash in ((train, 0, "s1", ""), (valid, 1, "s2", "7 4")):
        _curve(drawing, x, y, values, start, paint, dash)
    _best(drawing, frame, x, y, train, valid, best)
    entries = [("training", "s1", "")] + ([("validation", "s2", "7 4")] if valid else [])
    legend(drawing, frame.right, frame.top - 10, entries, frame.right - frame.left - 130)
    if not every.size:
        middle = (frame.left + frame.right) / 2
        drawing.text(middle, 180, "no finite loss" if train else "no epochs yet", 13, "middle", "soft")
    _broken(drawing, frame, x, train)
    return drawing.svg()


def activation_curve(
    activation: Activation | str, low: float = -6.0, high: float = 6.0, *, title: str = "", width: float = 520
) -> Svg:
    """An activation and its slope between `low` and `high`, with the range of its values and its kinks.

    One that looks at the whole layer (softmax) is drawn for two units, the other one held at 0.
    """
    record = activations.resolve(activation)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"from {low} to {high}", "two finite numbers, the smaller one first", "low=-6, high=6")
    z = np.linspace(low, high, 481)
    a, slope = _values(record, z)
    whole = record.slope is None
    name = title or f"{record!r}" + (" of (z, 0)" if whole else "")
    drawing = Drawing(width, 340, name, f"The curve of {record.name} with its slope.")
    top = drawing.heading() + 34
    y = linear([*a, *slope, 0.0], 290, top)
    frame = Frame(28 + tick_room(y), top, width - 24, 290)
    x = Scale(low, high, frame.left, frame.right)
    axes(drawing, frame, x, y, ("z", ""))
    if low < 0 < high:
        drawing.line(x.at(0), frame.top, x.at(0), frame.bottom, "soft", 1, 0.6)
    drawing.line(frame.left, y.at(0), frame.right, y.at(0), "soft", 1, 0.6)
    _pieces(drawing, x, y, z, a, "s1", "")
    _pieces(drawing, x, y, z, slope, "s2", "7 4")
    for kink, taken in record.kink_points():
        if low <= kink <= high:
            drawing.circle(x.at(kink), y.at(taken), 4, "paper", "s2", 2, note=f"slope taken at {kink:g}: {taken:g}")
    legend(drawing, frame.right, top - 10, [("a", "s1", ""), ("slope da/dz", "s2", "7 4")], frame.right - frame.left)
    return drawing.svg()


def _values(record: Activation, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if record.slope is not None:
        a = np.asarray(record.run(np, z), dtype=float)
        return a, np.asarray(record.slope_at(np, z, a), dtype=float)
    rows = np.stack([z, np.zeros_like(z)], axis=1)
    outputs = np.asarray(record.run(np, rows), dtype=float)
    # The slope of the first unit by its own z, by the rule for a whole row: the error signal (1, 0) taken back.
    error = np.zeros_like(outputs)
    error[:, 0] = 1.0
    return outputs[:, 0], np.asarray(record.backward(np, rows, outputs, error), dtype=float)[:, 0]


def _pieces(drawing: Drawing, x: Scale, y: Scale, z: np.ndarray, values: np.ndarray, paint: str, dash: str) -> None:
    """The curve, broken where it jumps (a threshold, the slope of relu)."""
    jumps = np.flatnonzero(np.abs(np.diff(values)) > 0.2 * max(float(np.ptp(values)), 1e-12)) + 1
    for part in np.split(np.arange(len(z)), jumps):
        drawing.polyline([(x.at(z[i]), y.at(values[i])) for i in part if np.isfinite(values[i])], paint, 2.4, dash)


def read_history(history: Any) -> tuple[list[float], list[float], int | None]:
    """The training losses, the validation losses and the best epoch (from 0) of what `loss_curve` takes."""
    if isinstance(history, Mapping):
        get = history.get
    elif hasattr(history, "loss"):

        def get(name: str, default: Any = None) -> Any:
            return getattr(history, name, default)
    else:
        return [float(v) for v in history], [], None
    valid = get("validation_loss")
    valid = get("validation") if valid is None or not len(valid) else valid
    best = get("best_epoch")
    train = get("loss")
    return (
        [math.nan if v is None else float(v) for v in (() if train is None else train)],
        [math.nan if v is None else float(v) for v in (() if valid is None else valid)],
        None if best is None else int(best),
    )


def wants_log(train: list[float], valid: list[float]) -> bool:
    """Whether all losses are positive and span at least two decades."""
    every = finite([*train, *valid])
    return bool(every.size and every.min() > 0 and every.max() / _DECADES >= every.min())


def _log_scale(positive: np.ndarray, frame: Frame) -> Scale:
    low, high = span(np.log10(positive))
    return Scale(10.0 ** max(low, -300.0), 10.0 ** min(high, 300.0), frame.bottom, frame.top, log=True)


def _curve(drawing: Drawing, x: Scale, y: Scale, values: list[float], start: int, paint: str, dash: str) -> None:
    shown = [(k + start, v) for k, v in enumerate(values)]
    piece: list[tuple[float, float]] = []
    for epoch, value in [*_thinned(shown), (0, math.nan)]:
        if math.isfinite(value) and (value > 0 or not y.log):
            piece.append((x.at(epoch), y.at(value)))
            continue
        drawing.polyline(piece, paint, 2.2, dash)
        if len(piece) == 1:
            drawing.circle(*piece[0], 3.5, paint)
        piece = []


def _thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most about 1200 points: of each stretch the smallest and the largest, so that no spike is lost."""
    if len(points) <= _MOST_POINTS:
        return points
    kept: list[tuple[int, float]] = []
    for part in np.array_split(np.arange(len(points)), _MOST_POINTS // 2):
        stretch = [points[i] for i in part]
        good = [p for p in stretch if math.isfinite(p[1])]
        chosen = {min(good, key=_value), max(good, key=_value)} if good else set()
        chosen.update(p for p in stretch if not math.isfinite(p[1]))
        kept.extend(sorted(chosen, key=lambda p: p[0]))
    return [points[0], *kept, points[-1]] if kept and kept[0] != points[0] else kept


def _value(point: tuple[int, float]) -> float:
    return point[1]


def _best(
    drawing: Drawing, frame: Frame, x: Scale, y: Scale, train: list[float], valid: list[float], best: int | None
) -> None:
    if best is None or best < 0:
        return
    values, start = (valid, 1) if valid else (train, 0)
    if best >= len(values) or not math.isfinite(values[best]) or (y.log and values[best] <= 0):
        return
    at, height = x.at(best + start), y.at(values[best])
    drawing.line(at, frame.top, at, frame.bottom, "good", 1.4, dash="3 4")
    drawing.circle(at, height, 5, "paper", "good", 2)
    text = f"best after epoch {best + 1}: {number(values[best], 4)}" if valid else f"best: {number(values[best], 4)}"
    wide = text_width(text, 12)
    left = at + 8 + wide > frame.right
    above = height - 12 > frame.top + 14
    drawing.text(
        min(max(at - 8 if left else at + 8, frame.left + (wide if left else 0)), frame.right),
        height - 12 if above else height + 22,
        text, 12, "end" if left else "start", "good", frame.right - frame.left, plate=True,
    )  # fmt: skip


def _broken(drawing: Drawing, frame: Frame, x: Scale, train: list[float]) -> None:
    bad = next((k for k, v in enumerate(train) if not math.isfinite(v)), None)
    if bad is None:
        return
    at = x.at(bad)
    drawing.line(at, frame.top, at, frame.bottom, "problem", 1.4, dash="2 3")
    end = at > (frame.left + frame.right) / 2
    text = f"not finite in epoch {bad + 1}"
    drawing.text(at - 7 if end else at + 7, frame.top + 14, text, 12, "end" if end else "start", "problem", plate=True)


def _told(train: list[float], valid: list[float], best: int | None) -> str:
    if not train:
        return "No epochs yet."
    text = f"Training loss over {len(train)} epochs, from {number(train[0], 4)} to {number(train[-1], 4)}."
    if valid:
        text += f" Validation loss from {number(valid[0], 4)} to {number(valid[-1], 4)}."
    return text + (f" Best after epoch {best + 1}." if best is not None and valid else "")
