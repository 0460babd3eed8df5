"""A network with many shortcuts as a grid: each value a row, each unit a column, each weight a square at a crossing.

Fahlman and Lebiere drew their cascades so. A unit's column takes from the rows above it and ends in the unit, whose own
row begins there: the squares form a staircase, and no two of them share a place, however many weights there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..render.numbers import number, size
from ..render.text import cut, strength
from .nets import Net, described, look, short
from .svg import Drawing, text_width

_MOST_LAYERS = 25  # of more the first and the last are drawn
_MOST_LABEL = 290
_HOW_TO_READ = (
    "A row carries a value to the right, a column leads down into a unit. A square",
    "where they cross is the weight with which the unit takes the value; its area is",
    "the weight's size. No square: no connection.",
)


@dataclass(frozen=True)
class _Row:
    """A shown unit of a layer, or dots for those that are left out: unit -1, and layer -1 for whole layers."""

    layer: int
    unit: int
    label: str
    x: float
    y: float


def draw_crossings(net: Net, sheet: Callable[[float, float, str, str], Any], title: str) -> Any:
    """The grid of a network's weights on a `sheet(width, height, title, description)`."""
    shown = [(i, unit) for i in cut(len(net.sizes), _MOST_LAYERS) for unit in _units(net, i)]
    step = max(16.0, min(30.0, 620.0 / len(shown)))
    rows = _placed(net, shown, step)
    width = max(rows[-1].x + step + 12, 44 + max(text_width(line) for line in _HOW_TO_READ))
    foot = rows[-1].y + step / 2
    drawing: Drawing = sheet(width, foot + 105, title, described(net))
    drawing.heading()
    weights = _weights(net, rows)
    _wires(drawing, rows, weights)
    for source, target, w in weights:
        _square(drawing, net, source, target, w, step)
    for row in rows:
        _unit(drawing, net, row, step)
    _explained(drawing, net, foot + 28)
    return drawing


def _units(net: Net, layer: int) -> list[int]:
    return cut(net.sizes[layer], net.max_units) if layer >= 0 else [-1]


def _placed(net: Net, shown: list[tuple[int, int]], step: float) -> list[_Row]:
    """The inputs below one another in the first column, then the units down the diagonal, a column for each."""
    first = sum(layer == 0 for layer, _ in shown)
    columns = [max(0, k - first + 1) for k in range(len(shown))]
    labels = [_label(net, layer, unit) for layer, unit in shown]
    away = 0.36 * step + 6
    left = max(min(text_width(t), _MOST_LABEL) + away + 16 - step * c for t, c in zip(labels, columns, strict=True))
    return [
        _Row(layer, unit, label, left + step * column, 62 + step * k)
        for k, ((layer, unit), label, column) in enumerate(zip(shown, labels, columns, strict=True))
    ]


def _label(net: Net, layer: int, unit: int) -> str:
    """What stands beside a row: the unit's name, its activation, and its value."""
    if layer < 0:
        return f"{len(net.sizes) - _MOST_LAYERS} more layers"
    if unit < 0:
        return f"{net.sizes[layer] - len(_units(net, layer)) + 1} more"
    text = ", ".join(filter(None, (net.unit(layer, unit), net.function(layer, unit))))
    return text if net.values is None else f"{text}: {short(float(net.values[layer][unit]))}"


def _weights(net: Net, rows: list[_Row]) -> list[tuple[_Row, _Row, float | None]]:
    """Every weight between two units that are shown."""
    at = {(row.layer, row.unit): row for row in rows if row.unit >= 0}
    units: dict[int, list[int]] = {}
    for layer, unit in at:
        units.setdefault(layer, []).append(unit)
    return [
        (at[i, a], at[j, b], w)
        for i, left in units.items()
        for j, right in units.items()
        if i < j
        for a, b, w in net.lines(i, j, left, right)
    ]


def _wires(drawing: Drawing, rows: list[_Row], weights: list[tuple[_Row, _Row, float | None]]) -> None:
    """Each value's row as far as it is taken, and each unit's column from the first value that it takes."""
    right, top = {row: row.x for row in rows}, {row: row.y for row in rows}
    for source, target, _ in weights:
        right[source], top[target] = max(right[source], target.x), min(top[target], source.y)
    for row in rows:
        if right[row] > row.x:
            drawing.line(row.x, row.y, right[row], row.y, "line")
        if top[row] < row.y:
            drawing.line(row.x, top[row], row.x, row.y, "line")


def _square(drawing: Drawing, net: Net, source: _Row, target: _Row, w: float | None, step: float) -> None:
    paint = look(w, net.scale, 0)[0]
    side = 0.25 * step if w is None or w - w != 0 else max(3.0, 0.86 * step * strength(w, net.scale) ** 0.5)
    note = "" if w is None else f"{net.unit(source.layer, source.unit)} to {net.unit(target.layer, target.unit)}: "
    x, y = target.x - side / 2, source.y - side / 2
    drawing.rect(x, y, side, side, paint, note=note + (number(w) if w is not None else ""))


def _unit(drawing: Drawing, net: Net, row: _Row, step: float) -> None:
    """A circle with its name to the left; three dots where units or layers are left out."""
    radius = 0.36 * step
    end = row.x - radius - 6
    drawing.text(end, row.y + 4, row.label, 12, "end", "ink" if row.unit >= 0 else "soft", end - 8)
    if row.unit < 0:
        for shift in (-0.25, 0.0, 0.25):
            down = shift * step
            drawing.circle(row.x + (down if row.layer else 0), row.y + down, 1.7, "soft")
        return
    drawing.circle(row.x, row.y, radius, "paper", "ink", 1.3, note=net.told(row.layer, row.unit))
    if net.values is not None:
        value = float(net.values[row.layer][row.unit])
        force = strength(value, size(net.values[row.layer]))
        note = net.told(row.layer, row.unit)
        drawing.circle(row.x, row.y, radius - 1, "neg" if value < 0 else "pos", opacity=0.6 * force, note=note)


def _explained(drawing: Drawing, net: Net, y: float) -> None:
    """What the squares' colours and sizes mean, and how to read the grid."""
    x, side, texts = 20.0, 12.0, ("negative weight", "positive weight")
    if net.scale:
        texts = (f"negative, to -{number(net.scale, 3)}", f"positive, to {number(net.scale, 3)}")
    for text, paint in zip(texts, ("neg", "pos"), strict=True):
        drawing.rect(x, y - side / 2, side, side, paint)
        drawing.text(x + 19, y + 4, text, 12, paint="soft")
        x += 19 + text_width(text, 12) + 22
    for k, line in enumerate(_HOW_TO_READ):
        drawing.text(20, y + 27 + 17 * k, line, 12, paint="soft")
