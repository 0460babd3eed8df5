"""One neuron with its numbers: inputs times weights, their sum, the activation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from ...maths.activations import Activation, activations
from ..render.numbers import number, size
from ..render.text import cut, strength
from .nets import short
from .scale import Scale, linear
from .svg import Drawing, Svg, widest

_MOST_INPUTS = 10


def neuron(
    inputs: Any, weights: Any, bias: float = 0.0, activation: Activation | str = "sigmoid", *,
    names: Sequence[str] = (), title: str = "One neuron",
) -> Svg:  # fmt: skip
    """A neuron at work: a = activation(x · w + b), each product, the sum and the output written where they arise.

    >>> neuron([0.5, 1.0], [2.0, -1.0], 0.5, "sigmoid").count("<circle")
    5
    """
    x, w = (np.asarray(v, dtype=float).ravel() for v in (inputs, weights))
    if len(x) != len(w) or not len(x):
        raise InputError(f"{len(x)} inputs and {len(w)} weights", "a weight for every input, and at least one")
    if len(names) and len(names) != len(x):
        raise InputError(f"{len(names)} names for {len(x)} inputs", f"{len(x)}")
    record = activations.resolve(activation)
    if record.slope is None:
        raise InputError(f"{record.name} for one neuron", "an activation that acts on each unit by itself")
    labels = list(names) or [f"x{i + 1}" for i in range(len(x))]
    with np.errstate(all="ignore"):  # numbers that are not finite are shown as such
        products = x * w
        z = float(products.sum() + bias)
        a = float(np.asarray(record.run(np, np.array([z])))[0])
    return _draw(x, w, float(bias), products, z, a, record, labels, title)


def _draw(
    x: np.ndarray, w: np.ndarray, bias: float, products: np.ndarray, z: float, a: float,
    record: Activation, labels: list[str], title: str,
) -> Svg:  # fmt: skip
    rows = cut(len(x), _MOST_INPUTS)
    label = widest(labels, 12, 120)
    left, gap = 44 + label, 54.0
    height = max(68 + gap * len(rows) + 40, 200)
    drawing = Drawing(left + 620, height, title, _told(products, bias, z, a, record))
    drawing.heading()
    centre = max(68 + gap * len(rows) / 2, 104)
    total, box = left + 330.0, left + 440.0
    scale = size([*w, bias])
    for k, i in enumerate(rows):
        y = 68 + gap * k
        if i < 0:
            drawing.text(left, y + 5, "⋮", 16, "middle", "soft")
            continue
        _arrow(drawing, left, y, total, centre, float(w[i]), scale, f"× {short(w[i])}", f"= {short(products[i])}")
        drawing.text(left - 28, y + 4, labels[i], 12, "end", room=label + 1)
        _circle(drawing, left, y, 21, short(x[i]), f"{labels[i]} = {number(x[i])}")
    y = 68 + gap * len(rows)
    _arrow(drawing, left, y, total, centre, bias, scale, "", f"{short(bias)}")
    drawing.text(left - 28, y + 4, "bias", 12, "end", "soft")
    _circle(drawing, left, y, 21, "1", f"bias = {number(bias)}")
    _outputs(drawing, total, box, centre, z, a, record)
    return drawing.svg()


def _arrow(
    drawing: Drawing, x1: float, y1: float, x2: float, y2: float, weight: float, scale: float, times: str, product: str
) -> None:
    force = strength(weight, scale)
    paint = "problem" if not np.isfinite(weight) else "neg" if weight < 0 else "pos"
    drawing.line(x1 + 21, y1, x2, y2, paint, 1 + 4 * force, 0.35 + 0.6 * force, note=number(weight))
    for share, text in ((0.2, times), (0.54, product))[0 if times else 1 :]:
        drawing.text(x1 + share * (x2 - x1), y1 + share * (y2 - y1) + 4, text, 12, "middle", plate=True)


def _circle(drawing: Drawing, x: float, y: float, r: float, text: str, note: str) -> None:
    drawing.circle(x, y, r, "paper", "ink", 1.4, note=note)
    drawing.text(x, y + 4, text, 12, "middle", room=2 * r)


def _outputs(drawing: Drawing, total: float, box: float, y: float, z: float, a: float, record: Activation) -> None:
    drawing.line(total + 30, y, box, y, "soft", 1.6)
    drawing.line(box + 96, y, box + 120, y, "soft", 1.6)
    drawing.circle(total, y, 30, "paper", "ink", 1.6, note=f"z = {number(z)}")
    drawing.text(total, y - 2, "Σ", 18, "middle")
    drawing.text(total, y + 17, short(z), 12, "middle", bold=True)
    drawing.text(total, y + 50, "z = x · w + b", 12, "middle", "soft")
    drawing.rect(box, y - 36, 96, 72, "paper", stroke="ink", radius=8)
    _little_curve(drawing, box, y, z, a, record)
    drawing.text(box + 48, y + 54, repr(record), 12, "middle", "soft", 140)
    drawing.text(box + 126, y - 4, "a", 12, paint="soft")
    drawing.text(box + 126, y + 13, short(a), 15, bold=True)


def _little_curve(drawing: Drawing, box: float, y: float, z: float, a: float, record: Activation) -> None:
    reach = max(5.0, min(abs(z) * 1.2, 50.0)) if np.isfinite(z) else 5.0
    zs = np.linspace(-reach, reach, 81)
    values = np.asarray(record.run(np, zs), dtype=float)
    across, up = Scale(-reach, reach, box + 8, box + 88), linear([*values, 0.0], y + 28, y - 28, 0.02)
    drawing.line(across.at(0), y - 30, across.at(0), y + 30, "line")
    drawing.line(box + 6, up.at(0), box + 90, up.at(0), "line")
    drawing.polyline([(across.at(t), up.at(v)) for t, v in zip(zs, values, strict=True)], "s1", 2.2)
    if np.isfinite(z) and np.isfinite(a):
        drawing.circle(across.at(z), up.at(a), 4.5, "s2", "paper", 1.5)


def _told(products: np.ndarray, bias: float, z: float, a: float, record: Activation) -> str:
    terms = " + ".join(number(float(p), 4) for p in products[:_MOST_INPUTS])
    more = " + ..." if len(products) > _MOST_INPUTS else ""
    return f"z = {terms}{more} + {number(bias, 4)} = {number(z)}; a = {record!r} of z = {number(a)}."
