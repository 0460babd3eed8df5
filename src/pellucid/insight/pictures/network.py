"""A network as circles and lines: every weight a line, its colour the sign, its width the size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ...errors import InputError
from ..render.numbers import number, size
from ..render.text import cut, strength
from .svg import Drawing, Svg, px, text_width, widest

_BETWEEN = 190  # pixels between two layers
_MOST_LABEL = 150
_LINE = 17  # from one line of a caption to the next


@dataclass(frozen=True)
class _Layout:
    """Where the shown units stand: for each layer, (index, y) with index -1 for the ellipsis."""

    x: list[float]
    units: list[list[tuple[int, float]]]
    radius: float
    bottom: float
    lanes: dict[tuple[int, int], float]  # the height at which the shortcuts of (layer, unit) pass other layers


Shortcut = tuple[int, int, Any]


def network_diagram(
    layer_sizes: Sequence[int],
    weights: Sequence[Any] = (),
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    activations: Sequence[str] = (),
    layers: Sequence[str] = (),
    values: Sequence[Any] | None = None,
    shortcuts: Sequence[Shortcut] = (),
    max_units: int = 12,
    title: str = "The network",
) -> Svg:
    """The network with `layer_sizes` units from the inputs to the outputs.

    `weights` are the matrices (n_in, n_out) between them; without them all lines are plain. `shortcuts` are further
    ones, (from, to, matrix), that pass layers by (the inputs are layer 0). Of a NumPy masked array the weights that are
    masked have no line. `inputs` and `outputs` name
    the units at the ends, `layers` and `activations` the layers after the inputs. `values` has an array for every
    layer, inputs included: the activations of one row, written into the circles. Of a layer with more than
    `max_units` units the first and the last are drawn.
    """
    sizes = [int(n) for n in layer_sizes]
    matrices = _checked(sizes, weights)
    further = [(i, j, _shortcut(sizes, i, j, matrix)) for i, j, matrix in shortcuts]
    if values is not None:
        values = [np.asarray(v, dtype=float).ravel() for v in values]
    _check_labels(sizes, inputs, outputs, values)
    left = 28 + widest(inputs, 12, _MOST_LABEL)
    below = activations[-1].split(", ") if len(activations) >= len(sizes) - 1 else []
    right = max(28 + widest(outputs, 12, _MOST_LABEL), widest(below, 12, _BETWEEN - 16) / 2)
    layout = _place(sizes, left, max_units, values is not None, further)
    width = max(layout.x[-1] + layout.radius + right + 12, 420)
    scale = size(w for matrix in [*matrices, *(m for _, _, m in further)] for w in matrix.compressed())
    captions = [_caption(layout, width, i, sizes, activations) for i in range(len(sizes))]
    foot = layout.bottom + _LINE * (max(map(len, captions)) - 1)
    drawing = Drawing(width, foot + (96 if matrices else 66), title, _described(sizes, layers, activations))
    drawing.heading()
    for i, j, matrix in further:
        _pass_by(drawing, layout, i, j, matrix, scale, inputs)
    for i in range(len(sizes) - 1):
        _connect(drawing, layout, i, matrices[i] if matrices else None, scale, inputs)
    for i in range(len(sizes)):
        _units(drawing, layout, i, None if values is None else values[i])
        _name_layer(drawing, layout, i, layers, captions[i])
    _name_ends(drawing, layout, inputs, outputs)
    if matrices:
        _legend(drawing, scale, foot + 74)
    return drawing.svg()


def _checked(sizes: list[int], weights: Sequence[Any]) -> list[np.ma.MaskedArray[Any, Any]]:
    if len(sizes) < 2 or min(sizes) < 1:
        raise InputError(f"layer_sizes={sizes}", "at least two sizes of at least 1 unit", "[3, 4, 1]")
    matrices: list[Any] = [np.ma.asarray(w, dtype=float) for w in weights]
    wanted = list(pairwise(sizes))
    if matrices and [m.shape for m in matrices] != wanted:
        raise InputError(f"weights of shapes {[m.shape for m in matrices]}", f"{wanted}, (n_in, n_out) of each layer")
    return matrices


def _shortcut(sizes: list[int], i: int, j: int, weights: Any) -> np.ma.MaskedArray[Any, Any]:
    matrix: np.ma.MaskedArray[Any, Any] = np.ma.asarray(weights, dtype=float)
    if not (0 <= i < j - 1 < len(sizes) - 1):
        raise InputError(f"a shortcut from layer {i} to layer {j}", "one that passes a layer by", "(0, 2, W)")
    if matrix.shape != (sizes[i], sizes[j]):
        raise InputError(f"a shortcut's weights of shape {matrix.shape}", f"{(sizes[i], sizes[j])}")
    return matrix


def _check_labels(
    sizes: list[int], inputs: Sequence[str], outputs: Sequence[str], values: Sequence[Any] | None
) -> None:
    for name, given, count in (("inputs", inputs, sizes[0]), ("outputs", outputs, sizes[-1])):
        if len(given) and len(given) != count:
            raise InputError(f"{len(given)} names for the {name}", f"{count}")
    if values is not None and [len(v) for v in values] != sizes:
        raise InputError(f"values of lengths {[len(v) for v in values]}", f"{sizes}, one array for every layer")


def _place(sizes: list[int], left: float, max_units: int, with_values: bool, shortcuts: Sequence[Shortcut]) -> _Layout:
    rows = [cut(n, max_units) for n in sizes]
    tallest = max(map(len, rows))
    radius = 20.0 if with_values else 15.0 if tallest <= 8 else 11.0
    gap = max(2 * radius + 10, min(64.0, 330.0 / max(tallest, 1)))
    upper, lower = _sides(rows, shortcuts)
    lane = min(9.0, 90.0 / max(len(upper), len(lower), 1))
    above, below = ((12 + lane * len(side)) * bool(side) for side in (upper, lower))
    top, height = 62 + radius + above, gap * (tallest - 1)
    lanes = {key: top - radius - 12 - lane * n for n, key in enumerate(upper)}
    lanes |= {key: top + height + radius + 12 + lane * n for n, key in enumerate(lower)}
    units = [[(r, top + height / 2 + gap * (i - (len(row) - 1) / 2)) for i, r in enumerate(row)] for row in rows]
    x = [left + radius + _BETWEEN * i for i in range(len(sizes))]
    return _Layout(x, units, radius, top + height + radius + below, lanes)


def _sides(rows: list[list[int]], shortcuts: Sequence[Shortcut]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The units (layer, unit) whose shortcuts go above the others and those whose go below, the innermost first."""
    upper, lower = [], []
    starts = {i: np.any([~np.ma.getmaskarray(m).all(axis=1) for k, _, m in shortcuts if k == i], axis=0)
              for i in sorted({i for i, _, _ in shortcuts}, reverse=True)}  # fmt: skip
    for i, used in starts.items():
        half = (len(rows[i]) + 1) // 2
        upper += [(i, unit) for unit in reversed(rows[i][:half]) if unit >= 0 and used[unit]]
        lower += [(i, unit) for unit in rows[i][half:] if unit >= 0 and used[unit]]
    return upper, lower


def _pass_by(
    drawing: Drawing, layout: _Layout, i: int, j: int, matrix: np.ma.MaskedArray[Any, Any], scale: float,
    inputs: Sequence[str],
) -> None:  # fmt: skip
    """Shortcuts as curves that go round the layers between, all of one unit along one lane."""
    start, end = layout.x[i] + layout.radius, layout.x[j] - layout.radius
    first, last = layout.x[i + 1] - layout.radius - 4, layout.x[j - 1] + layout.radius + 4
    bend, there = (first - start) / 2, ~np.ma.getmaskarray(matrix)
    for a, ya in layout.units[i]:
        for b, yb in layout.units[j]:
            if a < 0 or b < 0 or not there[a, b]:
                continue
            y, w = layout.lanes[i, a], float(matrix[a, b])
            path = (
                f"M{px(start)} {px(ya)}C{px(start + bend)} {px(ya)} {px(first - bend)} {px(y)} {px(first)} {px(y)}"
                f"H{px(last)}C{px(last + bend)} {px(y)} {px(end - bend)} {px(yb)} {px(end)} {px(yb)}"
            )
            drawing.curve(path, *_look(w, scale), note=_said(i, a, b, w, inputs))


def _look(w: float, scale: float) -> tuple[str, float, float, str]:
    """Colour, width, opacity and dashes of a weight's line."""
    if not np.isfinite(w):
        return "problem", 1.5, 1, "3 3"
    force = strength(w, scale)
    return "neg" if w < 0 else "pos", 0.5 + 4 * force, 0.22 + 0.7 * force, ""


def _said(i: int, a: int, b: int, w: float, inputs: Sequence[str]) -> str:
    source = inputs[a] if i == 0 and len(inputs) else f"unit {a}"
    return f"{source} to unit {b}: {number(w)}"


def _connect(
    drawing: Drawing, layout: _Layout, i: int, matrix: np.ma.MaskedArray[Any, Any] | None, scale: float,
    inputs: Sequence[str],
) -> None:  # fmt: skip
    lines = [(a, ya, b, yb) for a, ya in layout.units[i] for b, yb in layout.units[i + 1] if a >= 0 and b >= 0]
    if matrix is not None:  # the strong ones last, on top
        there = ~np.ma.getmaskarray(matrix)
        lines = [line for line in lines if there[line[0], line[2]]]
        lines.sort(key=lambda line: strength(matrix[line[0], line[2]], scale))
    for a, ya, b, yb in lines:
        ends = layout.x[i] + layout.radius, ya, layout.x[i + 1] - layout.radius, yb
        if matrix is None:
            drawing.line(*ends, "soft", 0.8, 0.5)
            continue
        w = float(matrix[a, b])
        drawing.line(*ends, *_look(w, scale), note=_said(i, a, b, w, inputs))


def _units(drawing: Drawing, layout: _Layout, i: int, values: np.ndarray | None) -> None:
    x, scale = layout.x[i], 0.0 if values is None else size(values)
    for unit, y in layout.units[i]:
        if unit < 0:
            for shift in (-7, 0, 7):
                drawing.circle(x, y + shift, 1.8, "soft")
            continue
        drawing.circle(x, y, layout.radius, "paper", "ink", 1.3)
        if values is None:
            continue
        value = float(values[unit])
        paint = "neg" if value < 0 else "pos"
        force = strength(value, scale)
        drawing.circle(x, y, layout.radius - 1, paint, opacity=0.5 * force, note=f"unit {unit}: {number(value)}")
        drawing.text(x, y + 4, short(value), 11, "middle")


def short(value: float) -> str:
    """A number in at most six signs, for where there is little room; its note has all the digits."""
    if not np.isfinite(value):
        return "?" if np.isnan(value) else "∞" if value > 0 else "-∞"
    for digits in (3, 2, 1):
        text = number(value, digits)
        if len(text) <= 6:
            return text
    return f"{value:.0e}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-")


def _room(layout: _Layout, width: float, i: int) -> float:
    """The width for what stands below a layer."""
    return min(_BETWEEN - 16, 2 * min(layout.x[i], width - layout.x[i]) - 8)


def _caption(layout: _Layout, width: float, i: int, sizes: list[int], activations: Sequence[str]) -> list[str]:
    """How many units a layer has and their activation; what does not fit in a line goes into the next at a comma."""
    parts = [f"{sizes[i]}" if i == 0 else f"{sizes[i]} unit{'s' if sizes[i] != 1 else ''}"]
    if i and i - 1 < len(activations):
        parts += activations[i - 1].split(", ")
    lines = parts[:1]
    for part in parts[1:]:
        longer = f"{lines[-1]}, {part}"
        if text_width(longer) <= _room(layout, width, i):
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _name_layer(drawing: Drawing, layout: _Layout, i: int, layers: Sequence[str], caption: Sequence[str]) -> None:
    x, y, room = layout.x[i], layout.bottom + 24, _room(layout, drawing.width, i)
    name = "inputs" if i == 0 else layers[i - 1] if i - 1 < len(layers) else f"layer {i}"
    drawing.text(x, y, name, 12, "middle", bold=True, room=room)
    for k, line in enumerate(caption, start=1):
        drawing.text(x, y + _LINE * k, line, 12, "middle", "soft", room)


def _name_ends(drawing: Drawing, layout: _Layout, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    away = layout.radius + 8
    for unit, y in layout.units[0]:
        if len(inputs) and unit >= 0:
            drawing.text(layout.x[0] - away, y + 4, inputs[unit], 12, "end", room=_MOST_LABEL)
    for unit, y in layout.units[-1]:
        if len(outputs) and unit >= 0:
            drawing.text(layout.x[-1] + away, y + 4, outputs[unit], 12, room=_MOST_LABEL)


def _legend(drawing: Drawing, scale: float, y: float) -> None:
    texts = (f"negative, to -{number(scale, 3)}", f"positive, to {number(scale, 3)}")
    if not scale:
        texts = ("negative weight", "positive weight")
    x = 20.0
    for text, paint in zip(texts, ("neg", "pos"), strict=True):
        drawing.line(x, y, x + 26, y, paint, 4, 0.92)
        drawing.text(x + 33, y + 4, text, 12, paint="soft")
        x += 33 + text_width(text, 12) + 22


def _described(sizes: list[int], layers: Sequence[str], activations: Sequence[str]) -> str:
    parts = [f"{sizes[0]} inputs"]
    for i, n in enumerate(sizes[1:]):
        name = layers[i] if i < len(layers) else f"layer {i + 1}"
        parts.append(f"{name} with {n} units" + (f" ({activations[i]})" if i < len(activations) else ""))
    return "A network: " + ", then ".join(parts) + "."
