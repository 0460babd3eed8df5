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
from .svg import Drawing, Svg, text_width, widest

_BETWEEN = 190  # pixels between two layers
_MOST_LABEL = 150


@dataclass(frozen=True)
class _Layout:
    """Where the shown units stand: for each layer, (index, y) with index -1 for the ellipsis."""

    x: list[float]
    units: list[list[tuple[int, float]]]
    radius: float
    bottom: float


def network_diagram(
    layer_sizes: Sequence[int],
    weights: Sequence[Any] = (),
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    activations: Sequence[str] = (),
    layers: Sequence[str] = (),
    values: Sequence[Any] | None = None,
    max_units: int = 12,
    title: str = "The network",
) -> Svg:
    """The network with `layer_sizes` units from the inputs to the outputs.

    `weights` are the matrices (n_in, n_out) between them; without them all lines are plain. `inputs` and `outputs` name
    the units at the ends, `layers` and `activations` the layers after the inputs. `values` has an array for every
    layer, inputs included: the activations of one row, written into the circles. Of a layer with more than
    `max_units` units the first and the last are drawn.
    """
    sizes = [int(n) for n in layer_sizes]
    matrices = _checked(sizes, weights)
    if values is not None:
        values = [np.asarray(v, dtype=float).ravel() for v in values]
    _check_labels(sizes, inputs, outputs, values)
    left = 28 + widest(inputs, 12, _MOST_LABEL)
    right = 28 + widest(outputs, 12, _MOST_LABEL)
    layout = _place(sizes, left, max_units, values is not None)
    width = max(layout.x[-1] + layout.radius + right + 12, 420)
    scale = size(w for matrix in matrices for w in matrix.ravel())
    drawing = Drawing(width, layout.bottom + (96 if matrices else 66), title, _described(sizes, layers, activations))
    drawing.heading()
    for i in range(len(sizes) - 1):
        _connect(drawing, layout, i, matrices[i] if matrices else None, scale, inputs)
    for i in range(len(sizes)):
        _units(drawing, layout, i, None if values is None else values[i])
        _name_layer(drawing, layout, i, sizes, layers, activations)
    _name_ends(drawing, layout, inputs, outputs)
    if matrices:
        _legend(drawing, scale, layout.bottom + 74)
    return drawing.svg()


def _checked(sizes: list[int], weights: Sequence[Any]) -> list[np.ndarray]:
    if len(sizes) < 2 or min(sizes) < 1:
        raise InputError(f"layer_sizes={sizes}", "at least two sizes of at least 1 unit", "[3, 4, 1]")
    matrices = [np.asarray(w, dtype=float) for w in weights]
    wanted = list(pairwise(sizes))
    if matrices and [m.shape for m in matrices] != wanted:
        raise InputError(f"weights of shapes {[m.shape for m in matrices]}", f"{wanted}, (n_in, n_out) of each layer")
    return matrices


def _check_labels(
    sizes: list[int], inputs: Sequence[str], outputs: Sequence[str], values: Sequence[Any] | None
) -> None:
    for name, given, count in (("inputs", inputs, sizes[0]), ("outputs", outputs, sizes[-1])):
        if len(given) and len(given) != count:
            raise InputError(f"{len(given)} names for the {name}", f"{count}")
    if values is not None and [len(v) for v in values] != sizes:
        raise InputError(f"values of lengths {[len(v) for v in values]}", f"{sizes}, one array for every layer")


def _place(sizes: list[int], left: float, max_units: int, with_values: bool) -> _Layout:
    rows = [cut(n, max_units) for n in sizes]
    tallest = max(map(len, rows))
    radius = 20.0 if with_values else 15.0 if tallest <= 8 else 11.0
    gap = max(2 * radius + 10, min(64.0, 330.0 / max(tallest, 1)))
    top, height = 62 + radius, gap * (tallest - 1)
    units = [[(r, top + height / 2 + gap * (i - (len(row) - 1) / 2)) for i, r in enumerate(row)] for row in rows]
    x = [left + radius + _BETWEEN * i for i in range(len(sizes))]
    return _Layout(x, units, radius, top + height + radius)


def _connect(
    drawing: Drawing, layout: _Layout, i: int, matrix: np.ndarray | None, scale: float, inputs: Sequence[str]
) -> None:
    lines = [(a, ya, b, yb) for a, ya in layout.units[i] for b, yb in layout.units[i + 1] if a >= 0 and b >= 0]
    if matrix is not None:  # the strong ones last, on top
        lines.sort(key=lambda line: strength(matrix[line[0], line[2]], scale))
    for a, ya, b, yb in lines:
        ends = layout.x[i] + layout.radius, ya, layout.x[i + 1] - layout.radius, yb
        if matrix is None:
            drawing.line(*ends, "soft", 0.8, 0.5)
            continue
        w = float(matrix[a, b])
        source = inputs[a] if i == 0 and len(inputs) else f"unit {a}"
        note = f"{source} to unit {b}: {number(w)}"
        if not np.isfinite(w):
            drawing.line(*ends, "problem", 1.5, dash="3 3", note=note)
            continue
        force = strength(w, scale)
        drawing.line(*ends, "neg" if w < 0 else "pos", 0.5 + 4 * force, 0.22 + 0.7 * force, note=note)


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


def _name_layer(
    drawing: Drawing, layout: _Layout, i: int, sizes: list[int], layers: Sequence[str], activations: Sequence[str]
) -> None:
    x, y = layout.x[i], layout.bottom + 24
    name = "inputs" if i == 0 else layers[i - 1] if i - 1 < len(layers) else f"layer {i}"
    units = f"{sizes[i]}" if i == 0 else f"{sizes[i]} unit{'s' if sizes[i] != 1 else ''}"
    if i and i - 1 < len(activations):
        units += f", {activations[i - 1]}"
    room = min(_BETWEEN - 16, 2 * min(x, drawing.width - x) - 8)
    drawing.text(x, y, name, 12, "middle", bold=True, room=room)
    drawing.text(x, y + 17, units, 12, "middle", "soft", room)


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
