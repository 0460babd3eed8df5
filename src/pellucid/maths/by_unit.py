"""Activation and steepness by unit: a layer whose units each have an activation f_u and a steepness s_u of their own.

    a_u = f_u(s_u z_u),    da_u/dz_u = s_u f_u'(s_u z_u)

These are the functions of the record `by_unit` in the table of activations. `units` holds each unit's activation,
`steepness` its factor; either may have a single member, which then is every unit's.

>>> from pellucid.maths.activations import activations
>>> mixed = activations.by_unit(units=("tanh", "linear"), steepness=(0.5, 3.0))
>>> mixed.run(np, np.array([[1.0, 1.0]])).round(8).tolist()
[[0.46211716, 3.0]]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import InputError
from .activation import Activation

Units = tuple[Activation, ...]
Steepness = tuple[float, ...]


def as_steepness(value: Any) -> Steepness:
    """Finite numbers, one for each unit, from a number or several.

    >>> as_steepness(2)
    (2.0,)
    """
    wrong = InputError(f"steepness={value!r}", "a finite number, or one for each unit", "steepness=0.5")
    numbers = value.tolist() if hasattr(value, "tolist") else value
    numbers = list(numbers) if isinstance(numbers, (list, tuple)) else [numbers]
    if not numbers or any(isinstance(n, (bool, str)) for n in numbers):
        raise wrong
    try:
        found = tuple(map(float, numbers))
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    if not all(map(math.isfinite, found)):
        raise wrong
    return found


def by_unit(xp: Any, z: np.ndarray, units: Units, steepness: Steepness) -> np.ndarray:
    """Each unit's own activation of its z times its own steepness.

    >>> from pellucid.maths.activations import activations
    >>> by_unit(np, np.array([[2.0, 2.0]]), (activations.relu, activations.threshold), (-1.0, 1.0)).tolist()
    [[0.0, 1.0]]
    """
    return _each(xp, units, lambda f, s: f.run(xp, s), _scaled(xp, z, steepness))


def by_unit_slope(xp: Any, z: np.ndarray, a: np.ndarray, units: Units, steepness: Steepness) -> np.ndarray:
    """The chain rule: the slope of the unit's activation where its scaled z lies, times the steepness."""
    slope = _each(xp, units, lambda f, s, at: f.slope_at(xp, s, at), _scaled(xp, z, steepness), a)
    return _scaled(xp, slope, steepness)


def by_unit_range(units: Units, steepness: Steepness) -> tuple[float, float]:
    """From the lowest value that any unit can take to the highest."""
    bounds = [f.bounds() for f in units]
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def by_unit_kinks(units: Units, steepness: Steepness) -> tuple[tuple[float, float], ...]:
    """The kinks of every unit: one of f_u at v is at z = v / s_u, with s_u times the slope; a unit may have fewer."""
    pairs = {pair for pair in paired(units, steepness) if pair[1] != 0.0}
    return tuple(sorted({(z / s, slope * s) for f, s in pairs for z, slope in f.kink_points()}))


def by_unit_weights(units: Units, steepness: Steepness) -> str:
    """What suits the units if they agree, else glorot_uniform."""
    suited = {f.suited() for f in units}
    return suited.pop() if len(suited) == 1 else "glorot_uniform"


def by_unit_refusal(units: Units, steepness: Steepness) -> str:
    """The reason of the first unit that cannot be trained through."""
    found = [(u, f.refused()) for u, f in enumerate(units) if f.refused()]
    return f"unit {found[0][0]}: {found[0][1]}" if found else ""


def paired(units: Units, steepness: Steepness) -> list[tuple[Activation, float]]:
    """Each unit's activation with its steepness; a single one is repeated."""
    n = max(len(units), len(steepness))
    if {len(units), len(steepness)} - {1, n}:
        given = f"{len(units)} activations and {len(steepness)} values of steepness"
        raise InputError(given, "as many of one as of the other, or one for all units")
    return list(zip(units * (n // len(units)), steepness * (n // len(steepness)), strict=True))


def unit_of(activation: Activation, unit: int) -> tuple[Activation, float]:
    """The activation and the steepness of one unit of a layer; of most layers, the layer's own and 1.

    >>> from pellucid.maths.activations import activations
    >>> unit_of(activations.by_unit(units=("tanh", "linear"), steepness=(0.5, 3.0)), 1), unit_of(activations.tanh, 1)
    ((linear, 3.0), (tanh, 1.0))
    """
    if activation.forward is not by_unit:
        return activation, 1.0
    pairs = paired(**activation.options)
    return pairs[unit if len(pairs) > 1 else 0]


def unit_bounds(activation: Activation) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest values that the units can take: (units,) each, or (1,) where all can take the same.

    >>> from pellucid.maths.activations import activations
    >>> unit_bounds(activations.by_unit(units=("tanh", "sigmoid"), steepness=0.5))
    (array([-1.,  0.]), array([1., 1.]))
    """
    units = activation.options["units"] if activation.forward is by_unit else (activation,)
    low, high = np.array([unit.bounds() for unit in units], np.float64).T
    return low, high


def kinks_by_unit(activation: Activation) -> list[tuple[float, Any]]:
    """Each z at which a derivative jumps, with the units (a slice or a list of columns) for which it does."""
    if activation.forward is not by_unit:
        return [(z, slice(None)) for z, _ in activation.kink_points()]
    units, found = paired(**activation.options), []
    for f, s in dict.fromkeys(units):
        at = slice(None) if len(units) == 1 else [u for u, pair in enumerate(units) if pair == (f, s)]
        found += [(z / s, at) for z, _ in f.kink_points() if s != 0.0]
    return found


def shared_name(activation: Activation) -> str:
    """The name of the activation that all units have, whatever their steepness; "by_unit" where they differ.

    >>> from pellucid.maths.activations import activations
    >>> shared_name(activations.by_unit(units="linear", steepness=0.5))
    'linear'
    """
    names = {f.name for f in activation.options["units"]} if activation.forward is by_unit else set()
    return names.pop() if len(names) == 1 else activation.name


def each_in_words(activation: Activation) -> list[str]:
    """The activation of each unit in a few words; one text where all units have the same.

    >>> from pellucid.maths.activations import activations
    >>> each_in_words(activations.by_unit(units=("tanh", "linear"), steepness=(0.5, 1.0)))
    ['tanh, steepness 0.5', 'linear']
    """
    if activation.forward is not by_unit:
        return [repr(activation)]
    pairs = paired(**activation.options)
    texts = [f"{f!r}" + (f", steepness {s:g}" if s != 1.0 else "") for f, s in pairs]
    return texts[:1] if len(set(pairs)) == 1 else texts


def in_words(activation: Activation) -> str:
    """An activation in a few words, however many units it has.

    >>> from pellucid.maths.activations import activations
    >>> in_words(activations.by_unit(units=("tanh", "tanh"), steepness=(0.5, 0.5)))
    'tanh, steepness 0.5'
    >>> in_words(activations.by_unit(units=("tanh", "linear", "linear"), steepness=(0.5, 1.0, 1.0)))
    'by unit: tanh, steepness 0.5 (1), linear (2)'
    """
    if activation.forward is not by_unit:
        return repr(activation)
    pairs = paired(**activation.options)
    counts = {pair: pairs.count(pair) for pair in dict.fromkeys(pairs)}
    each = each_in_words(activation)
    if len(each) == 1:
        return each[0]
    if len(counts) > KINDS:
        return f"by unit: {len({f for f, _ in pairs})} activations, {len({s for _, s in pairs})} values of steepness"
    words = dict(zip(pairs, each, strict=True))
    return "by unit: " + ", ".join(f"{words[pair]} ({count})" for pair, count in counts.items())


KINDS = 3  # kinds of units that are named


def _scaled(xp: Any, z: np.ndarray, steepness: Steepness) -> np.ndarray:
    """Every column times its unit's steepness, in the dtype of z."""
    if len(steepness) == 1:
        return z if steepness[0] == 1.0 else z * steepness[0]
    return z * xp.asarray(steepness, dtype=z.dtype)


def _each(xp: Any, units: Units, compute: Callable[..., np.ndarray], *arrays: np.ndarray) -> np.ndarray:
    """`compute(f, columns, ...)` for each distinct activation f and the columns of its units, put back in order."""
    distinct = list(dict.fromkeys(units))
    if len(distinct) == 1:
        return compute(distinct[0], *arrays)
    places = [[u for u, f in enumerate(units) if f == one] for one in distinct]
    found = [
        compute(f, *(xp.take(array, xp.asarray(at), axis=-1) for array in arrays))
        for f, at in zip(distinct, places, strict=True)
    ]
    order = [u for at in places for u in at]
    back = xp.asarray([order.index(u) for u in range(len(units))])
    return xp.take(xp.concatenate(found, axis=-1), back, axis=-1)
