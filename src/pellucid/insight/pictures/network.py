"""A network as circles and lines: every weight a line of its own, its colour the sign, its width the size.

Where many weights pass layers by, lines would run into one another: such a network is drawn as a grid (`crossings`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..render.numbers import number, size
from ..render.text import cut, strength
from .crossings import draw_crossings
from .nets import Net, Shortcut, checked_net, described, look, short
from .svg import Drawing, Svg, px, text_width, widest

_BETWEEN = 190  # pixels between two layers
_MOST_LABEL = 150
_LINE = 17  # from one line of a caption to the next
_MOST_LAYERS = 9  # of more the first and the last are drawn
_MOST_CURVES = 16  # shortcuts that can still be followed round the layers between
_MOST_FUNCTIONS = 6  # units whose activation stands below their layer
_LANE = 7.0  # between two shortcuts, more than the widest line

Lane = tuple[int, int, int, int]  # from (layer, unit) to (layer, unit)


@dataclass(frozen=True)
class _Layout:
    """Where the shown units stand: for each shown layer, (index, y) with index -1 for the ellipsis."""

    net: Net
    x: dict[int, float]
    units: dict[int, list[tuple[int, float]]]
    radius: float
    bottom: float
    lanes: dict[Lane, float]  # the height at which each shortcut passes other layers
    most: float  # the width of the strongest line

    def shown(self, layer: int) -> list[int]:
        return [unit for unit, _ in self.units[layer]]


def network_diagram(
    layer_sizes: Sequence[int],
    weights: Sequence[Any] = (),
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    activations: Sequence[str | Sequence[str]] = (),
    layers: Sequence[str] = (),
    values: Sequence[Any] | None = None,
    shortcuts: Sequence[Shortcut] = (),
    max_units: int = 12,
    title: str = "The network",
) -> Svg:
    """The network with `layer_sizes` units from the inputs to the outputs.

    `weights` are the matrices (n_in, n_out) between them; without them all lines are plain. `shortcuts` are further
    ones, (from, to, matrix), that pass layers by (the inputs are layer 0): a few are curves round the layers between,
    and with more of them the picture is a grid, in which each weight is a square where a value crosses the unit that
    takes it. Of a NumPy masked array the weights that are masked have no line.

    `inputs` and `outputs` name the units at the ends, `layers` and `activations` the layers after the inputs (one text,
    or one for each unit). `values` has an array for every layer, inputs included: the activations of one row, written
    into the circles. Of a layer with more than `max_units` units the first and the last are drawn, and of many layers
    too.
    """
    net = checked_net(
        layer_sizes, weights, shortcuts, inputs, outputs, activations, layers, values, max_units
    )  # fmt: skip
    return draw_net(net, Drawing, title).svg()


def draw_net(net: Net, sheet: Callable[[float, float, str, str], Any], title: str) -> Any:
    """The picture of a network on a `sheet(width, height, title, description)`, whatever it is that draws there."""
    if sum(len(lines) for lines in _curves(net).values()) > _MOST_CURVES or (
        len(net.sizes) > _MOST_LAYERS and any(j > i + 1 for i, j in net.links)
    ):
        return draw_crossings(net, sheet, title)
    layout = _place(net, 28 + widest(net.inputs, 12, _MOST_LABEL))
    captions = {i: _caption(net, i) for i in layout.units}
    right = max(28 + widest(net.outputs, 12, _MOST_LABEL), widest(captions[len(net.layers)], 12, _BETWEEN) / 2)
    width = max(max(layout.x.values()) + layout.radius + right + 12, 420)
    foot = layout.bottom + _LINE * (max(map(len, captions.values())) - 1)
    drawing: Drawing = sheet(width, foot + (66 if net.plain else 96), title, described(net))
    drawing.heading()
    _connect(drawing, layout)
    for i in layout.units:
        _units(drawing, layout, i)
        _name_layer(drawing, layout, i, captions[i])
    _name_gap(drawing, layout)
    _name_ends(drawing, layout)
    if not net.plain:
        _legend(drawing, net.scale, foot + 74)
    return drawing


def _curves(net: Net) -> dict[tuple[int, int], list[tuple[int, int, float | None]]]:
    """The shortcuts that have to be drawn."""
    rows = [cut(n, net.max_units) for n in net.sizes]
    return {(i, j): net.lines(i, j, rows[i], rows[j]) for i, j in sorted(net.links) if j > i + 1}


def _place(net: Net, left: float) -> _Layout:
    shown = [i for i in cut(len(net.sizes), _MOST_LAYERS) if i >= 0]
    rows = {i: cut(net.sizes[i], net.max_units) for i in shown}
    tallest = max(map(len, rows.values()))
    radius = 20.0 if net.values is not None else 15.0 if tallest <= 8 else 11.0
    gap = max(2 * radius + 10, min(64.0, 330.0 / tallest))
    upper, lower = _sides(net, rows)
    above, below = ((12 + _LANE * len(side)) * bool(side) for side in (upper, lower))
    top, height = 62 + radius + above, gap * (tallest - 1)
    lanes = {lane: top - radius - 12 - _LANE * n for n, lane in enumerate(upper)}
    lanes |= {lane: top + height + radius + 12 + _LANE * n for n, lane in enumerate(lower)}
    units = {
        i: [(unit, top + height / 2 + gap * (n - (len(row) - 1) / 2)) for n, unit in enumerate(row)]
        for i, row in rows.items()
    }
    x = {i: left + radius + _BETWEEN * n for n, i in enumerate(shown)}
    most = max(len(rows[i]) * len(rows[j]) for i, j in pairwise(shown))
    return _Layout(net, x, units, radius, top + height + radius + below, lanes, 4.0 if most <= 64 else 2.6)


def _sides(net: Net, rows: dict[int, list[int]]) -> tuple[list[Lane], list[Lane]]:
    """The shortcuts that go above the layers between and those that go below, the innermost and shortest first.

    A unit in the upper half sends its lines above, one in the lower half below, one in the middle where there is room.
    """
    sides: tuple[list[Lane], list[Lane]] = [], []
    for (i, j), lines in sorted(_curves(net).items(), key=lambda pair: (pair[0][1] - pair[0][0], -pair[0][0])):
        for a, b, _ in sorted(lines, key=lambda line: abs(2 * rows[i].index(line[0]) - len(rows[i]) + 1)):
            off_middle = 2 * rows[i].index(a) - len(rows[i]) + 1
            below = off_middle > 0 or (off_middle == 0 and len(sides[1]) < len(sides[0]))
            sides[below].append((i, a, j, b))
    return sides


def _connect(drawing: Drawing, layout: _Layout) -> None:
    """A line for every weight between layers that are shown, the strong ones on top."""
    net, found = layout.net, []
    shown = list(layout.units)
    for i, j in {*pairwise(shown), *net.links}:
        if i in layout.units and j in layout.units:
            found += [(i, a, j, b, w) for a, b, w in net.lines(i, j, layout.shown(i), layout.shown(j))]
    for i, a, j, b, w in sorted(found, key=lambda line: (strength(line[4] or 0.0, net.scale), line[:4])):
        y1, y2 = dict(layout.units[i])[a], dict(layout.units[j])[b]
        ends = layout.x[i] + layout.radius, y1, layout.x[j] - layout.radius, y2
        paint, width, opacity, dash = look(w, net.scale, layout.most)
        note = net.said(i, a, b, w)
        if j == i + 1:
            drawing.line(*ends, paint, width, opacity, dash, note)
        else:
            path = _round(*ends, layout.lanes[i, a, j, b], *_passed(layout, i, j))
            drawing.curve(path, paint, width, opacity, dash, note)


def _passed(layout: _Layout, i: int, j: int) -> tuple[float, float]:
    """Where the layers between two begin and end."""
    return layout.x[i + 1] - layout.radius - 4, layout.x[j - 1] + layout.radius + 4


def _round(x1: float, y1: float, x2: float, y2: float, lane: float, first: float, last: float) -> str:
    """The path from one unit to another that is in its lane from `first` to `last`."""
    bend = (first - x1) / 2
    return (
        f"M{px(x1)} {px(y1)}C{px(x1 + bend)} {px(y1)} {px(first - bend)} {px(lane)} {px(first)} {px(lane)}"
        f"H{px(last)}C{px(last + bend)} {px(lane)} {px(x2 - bend)} {px(y2)} {px(x2)} {px(y2)}"
    )


def _units(drawing: Drawing, layout: _Layout, i: int) -> None:
    net, x = layout.net, layout.x[i]
    for unit, y in layout.units[i]:
        if unit < 0:
            for shift in (-7, 0, 7):
                drawing.circle(x, y + shift, 1.8, "soft")
            continue
        drawing.circle(x, y, layout.radius, "paper", "ink", 1.3, note=net.told(i, unit))
        if net.values is None:
            continue
        value = float(net.values[i][unit])
        paint, force = "neg" if value < 0 else "pos", strength(value, size(net.values[i]))
        drawing.circle(x, y, layout.radius - 1, paint, opacity=0.5 * force, note=net.told(i, unit))
        drawing.text(x, y + 4, short(value), 11, "middle")


def _caption(net: Net, i: int) -> list[str]:
    """How many units a layer has and their activation; what does not fit in a line goes into the next at a comma."""
    n = net.sizes[i]
    functions = net.functions[i - 1] if i else []
    count = f"{n}" if i == 0 else f"{n} unit{'s' if n != 1 else ''}"
    if len(functions) <= 1:
        return _wrapped([count, *(part for text in functions for part in text.split(", "))])
    lines = [count]
    for unit in cut(n, _MOST_FUNCTIONS):
        lines += _wrapped(f"{unit}: {functions[unit]}".split(", ")) if unit >= 0 else ["…"]
    return lines


def _wrapped(parts: list[str]) -> list[str]:
    lines = parts[:1]
    for part in parts[1:]:
        longer = f"{lines[-1]}, {part}"
        if text_width(longer) <= _BETWEEN - 16:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _name_layer(drawing: Drawing, layout: _Layout, i: int, caption: Sequence[str]) -> None:
    x, y = layout.x[i], layout.bottom + 24
    room = min(_BETWEEN - 16, 2 * min(x, drawing.width - x) - 8)
    drawing.text(x, y, layout.net.layers[i - 1] if i else "inputs", 12, "middle", bold=True, room=room)
    for k, line in enumerate(caption, start=1):
        drawing.text(x, y + _LINE * k, line, 12, "middle", "soft", room)


def _name_gap(drawing: Drawing, layout: _Layout) -> None:
    """Three dots and a number where layers are left out."""
    y = sum(y for _, y in layout.units[0]) / len(layout.units[0])
    for i, j in pairwise(layout.units):
        if j > i + 1:
            x = (layout.x[i] + layout.x[j]) / 2
            for shift in (-9, 0, 9):
                drawing.circle(x + shift, y, 2.2, "soft")
            drawing.text(x, y + 24, f"{j - i - 1} more layers", 12, "middle", "soft")


def _name_ends(drawing: Drawing, layout: _Layout) -> None:
    net, away, last = layout.net, layout.radius + 8, len(layout.net.sizes) - 1
    for unit, y in layout.units[0]:
        if len(net.inputs) and unit >= 0:
            drawing.text(layout.x[0] - away, y + 4, net.inputs[unit], 12, "end", room=_MOST_LABEL)
    for unit, y in layout.units[last]:
        if len(net.outputs) and unit >= 0:
            drawing.text(layout.x[last] + away, y + 4, net.outputs[unit], 12, room=_MOST_LABEL)


def _legend(drawing: Drawing, scale: float, y: float) -> None:
    texts = (f"negative, to -{number(scale, 3)}", f"positive, to {number(scale, 3)}")
    if not scale:
        texts = ("negative weight", "positive weight")
    x = 20.0
    for text, paint in zip(texts, ("neg", "pos"), strict=True):
        drawing.line(x, y, x + 26, y, paint, 4, 0.92)
        drawing.text(x + 33, y + 4, text, 12, paint="soft")
        x += 33 + text_width(text, 12) + 22
