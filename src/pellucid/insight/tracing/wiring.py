"""Who sees whom: where a layer's input columns come from, which layers see a unit, and formulas of single units."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ...maths.activations import Activation
from ...maths.by_unit import unit_of
from ...model.layers import sources
from .parts import LayerTrace

if TYPE_CHECKING:
    from ..trace import Trace

_Z = re.compile(r"(?<![A-Za-z\\])z(?![A-Za-z_])")


class Unit(NamedTuple):
    """One unit's activation, its steepness s, and its formulas in terms of v = s z (of z where s is 1)."""

    activation: Activation
    steepness: float
    formula: str
    slope_formula: str


def origin(trace: Trace, k: int, i: int) -> tuple[int, int]:
    """Where column i of what layer k takes comes from: (place, unit), place 0 for the inputs, j for layer j - 1."""
    layers = [layer.layer for layer in trace.layers]
    parts = sources(trace.x.shape[1], layers, k)
    return next((place, i - first) for place, first, end in parts if first <= i < end)


def readers(trace: Trace, k: int, unit: int) -> list[tuple[int, int]]:
    """Every layer that sees what this unit gives, and in which of its input columns."""
    layers, found = [layer.layer for layer in trace.layers], []
    for m in range(k + 1, len(layers)):
        parts = sources(trace.x.shape[1], layers, m)
        found += [(m, first + unit) for place, first, _ in parts if place == k + 1]
    return found


def column_names(trace: Trace, k: int) -> list[str]:
    """What the columns that layer k takes are called: the network's inputs by name, units as dense_1[0]."""
    found: list[str] = []
    for place, first, end in sources(trace.x.shape[1], [layer.layer for layer in trace.layers], k):
        units = range(end - first)
        found += trace.inputs if place == 0 else [f"{trace.layers[place - 1].name}[{u}]" for u in units]
    return found


def exists(layer: LayerTrace, name: str, index: tuple[int, ...]) -> bool:
    """Whether a mask leaves this entry of a parameter."""
    present = layer.layer.rule.present(name)
    return present is None or bool(present[index])


def unit_formulas(layer: LayerTrace, unit: int, named: str) -> Unit:
    """The formulas of one unit; `named` stands for the activation where a record has none."""
    activation, s = unit_of(layer.layer.activation, unit)
    formula = activation.formula or f"{named}(z)"
    slope = activation.slope_formula or f"{named}'(z)"
    return Unit(activation, s, formula, slope) if s == 1.0 else Unit(activation, s, in_v(formula), steep(in_v(slope)))


def in_v(formula: str) -> str:
    r"""A formula in z as one in v.

    >>> in_v(r"\tanh(z) + z_i e^{-z^2}")
    '\\tanh(v) + z_i e^{-v^2}'
    """
    return _Z.sub("v", formula)


def steep(slope: str) -> str:
    r"""A slope times the steepness; what follows a comma says what its letters mean.

    >>> steep(r"1 - a^2")
    's_u \\left(1 - a^2\\right)'
    """
    main, comma, rest = slope.partition(r", \quad")
    return rf"s_u \left({main}\right){comma}{rest}"
