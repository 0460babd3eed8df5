"""What a picture of a network is made from: checked sizes, weights and names, and how a weight looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ...errors import InputError
from ..render.numbers import number, size
from ..render.text import cut, strength

Shortcut = tuple[int, int, Any]
Matrix = np.ma.MaskedArray[Any, Any]


@dataclass(frozen=True)
class Net:
    """A network to draw; layer 0 are the inputs.

    `links` has the weights (units of i, units of j) of every two layers (i, j) that are joined; in a `plain` net those
    of neighbours are unknown. `functions` has for each layer after the inputs one text, or one for each unit, or none.
    """

    sizes: list[int]
    links: dict[tuple[int, int], Matrix]
    plain: bool
    inputs: Sequence[str]
    outputs: Sequence[str]
    layers: list[str]
    functions: list[list[str]]
    values: list[np.ndarray] | None
    scale: float
    max_units: int

    def lines(self, i: int, j: int, left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int, float | None]]:
        """The weights (from, to, value) between these units of two layers that there are; the value may be unknown."""
        matrix = self.links.get((i, j))
        pairs = [(a, b) for a in left for b in right if a >= 0 and b >= 0]
        if matrix is None:
            return [(a, b, None) for a, b in pairs if self.plain and j == i + 1]
        there = ~np.ma.getmaskarray(matrix)
        return [(a, b, float(matrix[a, b])) for a, b in pairs if there[a, b]]

    def function(self, layer: int, unit: int) -> str:
        """A unit's activation in words; "" for an input, and where none was given."""
        texts = self.functions[layer - 1] if layer else []
        return texts[unit if len(texts) > 1 else 0] if texts else ""

    def unit(self, layer: int, unit: int) -> str:
        """A unit's name: its column's, or its layer's with its place there."""
        ends: dict[int, Sequence[str]] = {0: self.inputs, len(self.sizes) - 1: self.outputs}
        if names := ends.get(layer, ()):
            return names[unit]
        if layer == 0:
            return f"input {unit}"
        return self.layers[layer - 1] + (f"[{unit}]" if self.sizes[layer] > 1 else "")

    def told(self, layer: int, unit: int) -> str:
        """What there is to say about a unit: its place, its activation, and its value."""
        text = f"unit {unit}" if layer else self.unit(layer, unit)
        text += f", {self.function(layer, unit)}" if self.function(layer, unit) else ""
        return text if self.values is None else f"{text}: {number(float(self.values[layer][unit]))}"

    def said(self, i: int, a: int, b: int, w: float | None) -> str:
        """What there is to say about a weight; "" where it is unknown."""
        if w is None:
            return ""
        source = self.inputs[a] if i == 0 and len(self.inputs) else f"unit {a}"
        return f"{source} to unit {b}: {number(w)}"


def checked_net(
    layer_sizes: Sequence[int], weights: Sequence[Any], shortcuts: Sequence[Shortcut], inputs: Sequence[str],
    outputs: Sequence[str], activations: Sequence[Any], layers: Sequence[str], values: Sequence[Any] | None,
    max_units: int,
) -> Net:  # fmt: skip
    """The arguments of `network_diagram` as a `Net`; raises InputError where they do not fit together."""
    sizes = [int(n) for n in layer_sizes]
    matrices = _neighbours(sizes, weights)
    links = dict(zip(pairwise(range(len(sizes))), matrices, strict=bool(matrices)))
    links |= {(i, j): _shortcut(sizes, i, j, matrix) for i, j, matrix in shortcuts}
    if values is not None:
        values = [np.asarray(v, dtype=float).ravel() for v in values]
    _check_labels(sizes, inputs, outputs, values)
    count = len(sizes) - 1
    functions = [[given] if isinstance(given, str) else list(given) for given in activations][:count]
    named = [*layers, *(f"layer {k + 1}" for k in range(len(layers), count))][:count]
    scale = size(w for matrix in links.values() for w in matrix.compressed())
    return Net(
        sizes, links, not matrices, inputs, outputs, named, [*functions, *([[]] * (count - len(functions)))], values,
        scale, max_units,
    )  # fmt: skip


def look(w: float | None, scale: float, most: float) -> tuple[str, float, float, str]:
    """Colour, width (to 0.7 + `most`), opacity and dashes of a weight's line: the weakest can still be seen."""
    if w is None:
        return "soft", 0.8, 0.5, ""
    if not np.isfinite(w):
        return "problem", 1.5, 1, "3 3"
    force = strength(w, scale)
    return "neg" if w < 0 else "pos", 0.7 + most * force, 0.4 + 0.52 * force, ""


def short(value: float) -> str:
    """A number in at most six signs, for where there is little room; its note has all the digits."""
    if not np.isfinite(value):
        return "?" if np.isnan(value) else "∞" if value > 0 else "-∞"
    for digits in (3, 2, 1):
        text = number(value, digits)
        if len(text) <= 6:
            return text
    return f"{value:.0e}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-")


def described(net: Net) -> str:
    """The network in words, for those who cannot see the picture; of many layers the first and the last."""
    parts = [f"{net.sizes[0]} inputs"]
    for k in cut(len(net.layers), 12):
        functions = net.functions[k] if k >= 0 else []
        more = f" ({', '.join(dict.fromkeys(functions))})" if functions else ""
        count = len(net.layers) - 12
        parts.append(f"{net.layers[k]} with {net.sizes[k + 1]} units{more}" if k >= 0 else f"{count} more layers")
    return "A network: " + ", then ".join(parts) + "."


def _neighbours(sizes: list[int], weights: Sequence[Any]) -> list[Matrix]:
    if len(sizes) < 2 or min(sizes) < 1:
        raise InputError(f"layer_sizes={sizes}", "at least two sizes of at least 1 unit", "[3, 4, 1]")
    matrices: list[Any] = [np.ma.asarray(w, dtype=float) for w in weights]
    wanted = list(pairwise(sizes))
    if matrices and [m.shape for m in matrices] != wanted:
        raise InputError(f"weights of shapes {[m.shape for m in matrices]}", f"{wanted}, (n_in, n_out) of each layer")
    return matrices


def _shortcut(sizes: list[int], i: int, j: int, weights: Any) -> Matrix:
    matrix: Matrix = np.ma.asarray(weights, dtype=float)
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
