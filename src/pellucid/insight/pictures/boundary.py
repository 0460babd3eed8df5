"""The plane of two inputs, coloured by what a network answers, with the examples on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ...errors import InputError
from .grids import in_order
from .scale import Frame, Scale, axes, span, tick_room
from .svg import Drawing, Svg, series, text_width

_MOST_POINTS = 1200
_SHADES = 7


def decision_boundary(
    predict: Callable[[np.ndarray], Any] | Any,
    X: Any,
    y: Any = None,
    *,
    classes: Sequence[Any] = (),
    names: tuple[str, str] = ("input 0", "input 1"),
    extent: tuple[float, float, float, float] | None = None,
    threshold: float | None = None,
    resolution: int = 72,
    title: str = "Decision boundary",
) -> Svg:
    """What a network answers over the plane of its two inputs, and the examples X (n, 2) with their classes y.

    `predict` maps (m, 2) to (m,) or (m, 1), one number that is above `threshold` for the second class (None: 0.5
    where all lie between 0 and 1, else 0), or to (m, k), one number for each class. It may also be the grid of these
    values, (rows, columns) or (rows, columns, k), over `extent` (x low, x high, y low, y high), rows from y low up.
    Strong colour means a sure answer.
    """
    plan = planned(predict, X, y, classes, extent, resolution)
    drawing = Drawing(520, 452, title, f"Two inputs, {names[0]} and {names[1]}, and {len(plan.kinds)} classes.")
    top = drawing.heading() + 34
    y_scale = Scale(*plan.ys, top + 320, top)
    left = 28 + tick_room(y_scale)
    frame = Frame(left, top, 520 - 24, top + 320)
    x_scale = Scale(*plan.xs, frame.left, frame.right)
    _cells(drawing, frame, *answers(plan.grid, threshold))
    axes(drawing, frame, x_scale, y_scale, (names[0], names[1]))
    _border(drawing, frame, plan.grid, threshold)
    _points(drawing, x_scale, y_scale, plan)
    _key(drawing, frame, plan.kinds)
    return drawing.svg()


@dataclass(frozen=True)
class Plan:
    """What there is to draw: the answers at the middles of cells, over which ranges, and the examples."""

    grid: np.ndarray
    xs: tuple[float, float]
    ys: tuple[float, float]
    points: np.ndarray
    labels: list[Any] | None
    kinds: list[Any]


def planned(
    predict: Any,
    X: Any,
    y: Any,
    classes: Sequence[Any],
    extent: tuple[float, float, float, float] | None,
    resolution: int,
) -> Plan:
    """The arguments of `decision_boundary`, checked and computed."""
    points = np.asarray(X, dtype=float) if np.size(X) else np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise InputError(f"X of shape {points.shape}", "two columns: the plane has two inputs")
    xs, ys = (span(points[:, k], 0.12) for k in (0, 1)) if extent is None else (extent[:2], extent[2:])
    grid = _grid(predict, xs, ys, resolution)
    labels = None if y is None else np.asarray(y).ravel().tolist()
    if labels is not None and len(labels) != len(points):
        raise InputError(f"{len(points)} points and {len(labels)} classes", "as many of one as of the other")
    kinds = [c.item() if isinstance(c, np.generic) else c for c in classes]
    kinds = kinds or (in_order(set(labels)) if labels else list(range(max(2, grid.shape[2]))))
    for label in labels or ():
        if label not in kinds:
            raise InputError(f"the class {label!r}", "one of " + ", ".join(map(repr, kinds)))
    return Plan(grid, xs, ys, points, labels, kinds)


def _grid(predict: Any, xs: tuple[float, float], ys: tuple[float, float], resolution: int) -> np.ndarray:
    """The answers as (rows, columns, k), at the middles of the cells."""
    if not callable(predict):
        grid = np.asarray(predict, dtype=float)
        if grid.ndim not in (2, 3) or not grid.size:
            raise InputError(f"a grid of shape {grid.shape}", "(rows, columns) or (rows, columns, k), or a function")
        return grid.reshape(*grid.shape[:2], -1)
    middle = (np.arange(resolution) + 0.5) / resolution
    across, up = (low * (1 - middle) + high * middle for low, high in (xs, ys))
    mesh = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    answers = np.asarray(predict(mesh), dtype=float)
    if answers.shape[:1] != (len(mesh),) or answers.ndim > 2:
        raise InputError(f"predict answers {len(mesh)} points with shape {answers.shape}", "(m,) or (m, k)")
    return answers.reshape(resolution, resolution, -1)


def _level(grid: np.ndarray, threshold: float | None) -> float:
    if threshold is not None:
        return threshold
    good = grid[np.isfinite(grid)]
    return 0.5 if not good.size or (good.min() >= 0 and good.max() <= 1) else 0.0


def answers(grid: np.ndarray, threshold: float | None) -> tuple[np.ndarray, np.ndarray]:
    """The class of each cell (-1: not finite) and how sure it is, in whole shades."""
    bad = ~np.isfinite(grid).all(axis=2)
    filled = np.where(np.isfinite(grid), grid, 0.0)
    if grid.shape[2] == 1:
        side = filled[..., 0] - _level(grid, threshold)
        kind, sure = (side > 0).astype(int), np.abs(side) / (float(np.abs(side).max()) or 1.0)
    else:
        kind = filled.argmax(axis=2)
        ranked = np.sort(filled, axis=2)
        lead = ranked[..., -1] / 2 - ranked[..., -2] / 2
        sure = lead / (float(lead.max()) or 1.0)
    return np.where(bad, -1, kind), np.round(sure * _SHADES).astype(int)


def _cells(drawing: Drawing, frame: Frame, kind: np.ndarray, shade: np.ndarray) -> None:
    """The cells of one colour as one shape, those beside each other as one rectangle."""
    rows, columns = kind.shape
    wide, high = (frame.right - frame.left) / columns, (frame.bottom - frame.top) / rows
    shades: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}
    for r in range(rows):
        y = frame.bottom - (r + 1) * high
        code = kind[r] * (_SHADES + 1) + shade[r]
        starts = [0, *(np.flatnonzero(np.diff(code)) + 1).tolist(), columns]
        for a, b in pairwise(starts):
            if kind[r, a] < 0:
                continue
            tile = (frame.left + a * wide, y, (b - a) * wide, high)
            shades.setdefault((int(kind[r, a]), int(shade[r, a])), []).append(tile)
    for (i, level), tiles in sorted(shades.items()):
        drawing.tiles(tiles, series(i), 0.08 + 0.34 * level / _SHADES)


def _border(drawing: Drawing, frame: Frame, grid: np.ndarray, threshold: float | None) -> None:
    """The line where a single output crosses its threshold (marching squares over the middles of the cells)."""
    if grid.shape[2] != 1:
        return
    side = grid[..., 0] - _level(grid, threshold)
    rows, columns = side.shape
    wide, high = (frame.right - frame.left) / columns, (frame.bottom - frame.top) / rows

    lines = []
    for r in range(rows - 1):
        for c in range(columns - 1):
            cuts = _crossings(side[r : r + 2, c : c + 2])
            ends = [(frame.left + (c + u + 0.5) * wide, frame.bottom - (r + v + 0.5) * high) for u, v in cuts]
            lines += list(zip(ends[::2], ends[1::2], strict=True))
    drawing.polylines(lines, "ink", 1.6)


def _crossings(square: np.ndarray) -> list[tuple[float, float]]:
    """Where the sign changes on the edges of a unit square with these values at its corners: 0, 2 or 4 points."""
    if not np.isfinite(square).all():
        return []
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
    cuts = []
    for (u1, v1), (u2, v2) in zip(corners, corners[1:] + corners[:1], strict=True):
        a, b = float(square[v1, u1]), float(square[v2, u2])
        if (a > 0) != (b > 0):
            share = (a / 2) / (a / 2 - b / 2)
            cuts.append((u1 + share * (u2 - u1), v1 + share * (v2 - v1)))
    return cuts


def _points(drawing: Drawing, x: Scale, y: Scale, plan: Plan) -> None:
    at = {kind: i for i, kind in enumerate(plan.kinds)}
    n = len(plan.points)
    r = 5.0 if n <= 60 else 4.0 if n <= 300 else 3.0
    for i in range(0, n, max(1, -(-n // _MOST_POINTS))):
        if not np.isfinite(plan.points[i]).all():
            continue
        place = x.at(plan.points[i, 0]), y.at(plan.points[i, 1])
        if plan.labels is None:
            drawing.circle(*place, r, "soft", "paper")
        else:
            kind = at[plan.labels[i]]
            drawing.marker(*place, r, kind, series(kind))


def _key(drawing: Drawing, frame: Frame, kinds: list[Any]) -> None:
    x, y = frame.right, frame.top - 10
    for i in range(min(len(kinds), 12) - 1, -1, -1):
        text = str(kinds[i])
        wide = min(text_width(text, 12), 110.0)
        if x - wide - 18 < frame.left + 120:
            drawing.text(x, y, "…", 12, "end", "soft")
            break
        drawing.text(x - wide, y, text, 12, room=wide + 1)
        drawing.marker(x - wide - 9, y - 4, 4.5, i, series(i))
        x -= wide + 28
