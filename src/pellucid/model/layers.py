"""Layers as frozen records: a rule, a number of units, an activation, and how parameters start and are held back.

>>> Dense(4, "sigmoid")
Dense(4, "sigmoid")
>>> Dense(4, "leaky_relu(alpha=0.2)", bias=False, l2=0.001).activation
leaky_relu(alpha=0.2)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, during, unknown_name
from ..maths.activations import Activation, activations
from ..maths.by_unit import by_unit, paired
from ..maths.initializers import Initializer, initializers
from ..maths.layers import LayerRule, layer_rules

SEES = ("previous", "all")


@dataclass(frozen=True, repr=False)
class Layer:
    """One layer: `z = rule(x)`, `a = activation(z)`.

    What comes in, x, is what the layer before gave; with `sees="all"` it is the network's inputs and what every layer
    before gave, side by side in this order. An activation `by_unit` is kept with one member for each unit, and as the
    plain record where all units agree and their steepness is 1, so that equal layers are equal records. `units` is None
    where the rule keeps the width it is given. `init` lists the initializers the user chose, by
    parameter; the others follow from the rule and the activation. `l1`, `l2` and `max_norm` act on weights only.
    """

    rule: LayerRule
    units: int | None
    activation: Activation
    init: tuple[tuple[str, Initializer], ...] = ()
    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None
    sees: str = "previous"

    def __post_init__(self) -> None:
        _check_units(self.rule, self.units)
        if self.sees not in SEES:
            raise unknown_name("word for what a layer sees", self.sees, SEES)
        object.__setattr__(self, "activation", _fitted(self.activation, self.units))
        for name in ("l1", "l2"):
            object.__setattr__(self, name, _not_negative(name, getattr(self, name)))
        if self.max_norm is not None:
            limit = _not_negative("max_norm", self.max_norm)
            if limit == 0.0:
                raise InputError("max_norm=0", "a number above 0, or None", "max_norm=3.0")
            object.__setattr__(self, "max_norm", limit)

    def width(self, n_in: int) -> int:
        """How many values come out when `n_in` go in."""
        return n_in if self.units is None else self.units

    def shapes(self, n_in: int) -> dict[str, tuple[int, ...]]:
        """The layer's parameters and their shapes."""
        found: Any = self.rule.shapes(n_in, self.width(n_in), **self.rule.options)
        if not isinstance(found, dict) or not all(_is_shape(shape) for shape in found.values()):
            given = f"shapes of the layer rule {self.rule.name!r} returns {found!r}"
            raise InputError(given, "the shape of each parameter by its name, as whole numbers", '{"W": (n_in, n_out)}')
        return found

    def initializer(self, name: str) -> Initializer:
        """The initializer of one parameter: the user's, else the rule's, else the activation's."""
        chosen = dict(self.init)
        if name in chosen:
            return chosen[name]
        return initializers.resolve(dict(self.rule.initial).get(name, "zeros") or self.activation.suited())

    def __repr__(self) -> str:
        if self.rule.name == "dropout":
            return f"Dropout({self.rule.options['rate']!r})"
        dense = self.rule.name == "dense"
        words = ["" if dense else self.rule.name, str(self.units) if self.units is not None else ""]
        words += _activation_words(self.activation, dense)
        if dense and not self.rule.options["bias"]:
            words.append("bias=False")
        short = {"W": "weights", "b": "biases"} if dense else {}
        words += [f'{short.get(name, name)}="{initializer!r}"' for name, initializer in self.init]
        words += [f"{name}={value!r}" for name in ("l1", "l2", "max_norm") if (value := getattr(self, name))]
        if self.sees != "previous":
            words.append(f'sees="{self.sees}"')
        if dense and (mask := self.rule.options.get("mask")) is not None:
            words.append(f"mask={mask!r}")
        return f"{'Dense' if dense else 'Custom'}({', '.join(w for w in words if w)})"


def Dense(
    units: int,
    activation: str | Activation | Sequence[str | Activation] = "linear",
    *,
    steepness: float | Sequence[float] | None = None,
    bias: bool = True,
    sees: str = "previous",
    mask: Any = None,
    weights: Any = None,
    biases: Any = None,
    l1: float = 0.0,
    l2: float = 0.0,
    max_norm: float | None = None,
) -> Layer:
    """A fully connected layer: `a = activation(x @ W + b)`, W is (n_in, units), b is (units,).

    `activation` may be a list, one for each unit; `steepness`, a number or one for each unit, multiplies z before it:
    a = f(s z). With `sees="all"`, x is the network's inputs and what every layer before gave, side by side (shortcut
    connections). `mask`, zeros and ones of W's shape, says which weights exist: the others are 0 and stay 0, whatever
    is written into the parameters there.

    `weights` and `biases` take an initializer's name ("he_normal", "uniform(low=-1, high=1)"), a record, or an array.
    Without them W starts glorot uniform (he uniform for the relu family) and b at zero. They are drawn as if there were
    no mask, then masked: fan-in stays the number of inputs. `l1` and `l2` add λ‖W‖₁ and λ/2‖W‖² to the loss;
    `max_norm` bounds the length of each unit's incoming weights.

    >>> Dense(2, "tanh", weights=[[1.0, 2.0], [3.0, 4.0]], biases=[0.0, 0.5]).shapes(2)
    {'W': (2, 2), 'b': (2,)}
    >>> Dense(2, ["tanh", "linear"], steepness=[0.5, 1], sees="all", mask=[[1, 0], [1, 1]])
    Dense(2, ["tanh", "linear"], steepness=[0.5, 1.0], sees="all", mask=Mask(["10", "11"]))
    """
    with during("Dense"):
        rule = layer_rules.dense(bias=bias, mask=mask)
        if biases is not None and not bias:
            raise InputError("biases= together with bias=False", "one of the two", "bias=True")
        init = {name: spec for name, spec in (("W", weights), ("b", biases)) if spec is not None}
        return _layer(rule, units, as_activation(activation, steepness), init, l1, l2, max_norm, sees)


def Dropout(rate: float = 0.5) -> Layer:
    """While training, silences each value with probability `rate` and scales the others by 1/(1 - rate); else does
    nothing.

    >>> Dropout(0.2)
    Dropout(0.2)
    """
    with during("Dropout"):
        return _layer(layer_rules.dropout(rate=rate))


def Custom(
    rule: str | LayerRule,
    units: int | None = None,
    activation: str | Activation = "linear",
    *,
    init: Mapping[str, Any] | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    max_norm: float | None = None,
    sees: str = "previous",
) -> Layer:
    """A layer of any rule, your own included (see `pellucid.maths.layers.LayerRule` and docs/extending.md)."""
    with during("Custom"):
        return _layer(rule, units, activation, init, l1, l2, max_norm, sees)


def _layer(
    rule: str | LayerRule,
    units: int | None = None,
    activation: str | Activation = "linear",
    init: Mapping[str, Any] | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    max_norm: float | None = None,
    sees: str = "previous",
) -> Layer:
    chosen = tuple((name, as_initializer(spec)) for name, spec in (init or {}).items())
    return Layer(layer_rules.resolve(rule), units, activations.resolve(activation), chosen, l1, l2, max_norm, sees)


def as_activation(spec: Any, steepness: Any = None) -> Activation:
    """The record of an activation, from one for all units or a list with one for each, and the steepness before it.

    >>> as_activation(["tanh", "linear"]), as_activation("tanh")
    (by_unit(units=(tanh, linear)), tanh)
    """
    several = isinstance(spec, (list, tuple))
    if not several and steepness is None:
        return activations.resolve(spec)
    record = None if several else activations.resolve(spec)
    if record is not None and (record.slope is None or record.forward is by_unit):
        expected = "an activation that acts on one number at a time" if record.slope is None else "its own steepness"
        raise InputError(f"steepness={steepness!r} beside {record.name}", expected)
    return activations.by_unit(units=spec if several else record, steepness=1.0 if steepness is None else steepness)


def _fitted(activation: Activation, units: int | None) -> Activation:
    """`by_unit` with one member for each unit, or the plain record where all are the same and steepness is 1."""
    if activation.forward is not by_unit:
        return activation
    pairs = paired(**activation.options)
    if units is None and len(pairs) > 1:
        raise InputError(f"{len(pairs)} activations for a layer that keeps the width it is given", "one for all units")
    if units is not None and len(pairs) not in (1, units):
        given = f"{len(pairs)} activations (or values of steepness) for {units} unit{'s' * (units != 1)}"
        raise InputError(given, "one for each unit, or one for all")
    if len(set(pairs)) == 1 and pairs[0][1] == 1.0:
        return pairs[0][0]
    every = pairs * (1 if units is None else units // len(pairs))
    return activation(units=tuple(f for f, _ in every), steepness=tuple(s for _, s in every))


def _activation_words(activation: Activation, dense: bool) -> list[str]:
    """How an activation is written in a layer's text: one text for all units or a list, steepness apart."""
    if activation.forward is not by_unit:
        return [f'"{activation!r}"'] if dense or activation.name != "linear" else []
    if not dense:
        return [repr(activation)]
    pairs = paired(**activation.options)
    units, steepness = [f'"{f!r}"' for f, _ in pairs], [s for _, s in pairs]
    words = [units[0] if len(set(units)) == 1 else f"[{', '.join(units)}]"]
    if set(steepness) != {1.0}:
        words.append(f"steepness={steepness[0] if len(set(steepness)) == 1 else steepness!r}")
    return words


def as_initializer(spec: Any) -> Initializer:
    """An initializer from its name, a record, or an array (which then is what the parameter starts from)."""
    if isinstance(spec, (str, Initializer)):
        return initializers.resolve(spec)
    return initializers.given(array=_nested(spec))


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """Rule and position, counted from 1: dense_1, dropout_2, dense_3."""
    return [f"{layer.rule.name}_{k}" for k, layer in enumerate(layers, start=1)]


def inputs(n_in: int, layers: Sequence[Layer]) -> list[int]:
    """How many values each layer takes: what the one before gives or, where it sees all, everything before it.

    >>> inputs(2, [Dense(3), Dense(1, sees="all")])
    [2, 5]
    """
    taken, flow = [], [n_in]
    for layer in layers:
        taken.append(sum(flow) if layer.sees == "all" else flow[-1])
        flow.append(layer.width(taken[-1]))
    return taken


def sources(n_in: int, layers: Sequence[Layer], k: int) -> list[tuple[int, int, int]]:
    """Where the values that layer k (from 0) takes come from: (place, first column, the column after the last).

    Place 0 are the network's inputs, place j what layer j, counted from 1, gives.

    >>> sources(2, [Dense(3), Dense(1, sees="all")], 1)
    [(0, 0, 2), (1, 2, 5)]
    """
    flow = widths(n_in, layers[:k])
    if layers[k].sees != "all":
        return [(k, 0, flow[k])]
    found, start = [], 0
    for place, width in enumerate(flow):
        found.append((place, start, start + width))
        start += width
    return found


def widths(n_in: int, layers: Sequence[Layer]) -> list[int]:
    """How many values flow at each place: the inputs, then the output of each layer."""
    return [n_in, *(layer.width(n) for layer, n in zip(layers, inputs(n_in, layers), strict=True))]


def whole_number(name: str, value: Any, least: int, example: str) -> int:
    """`value` as an int of at least `least`, or a taught error."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64)) and value >= least:
        return int(value)
    raise InputError(f"{name} = {value!r}", f"a whole number of at least {least}", example)


def _check_units(rule: LayerRule, units: int | None) -> None:
    if rule.resizes:
        whole_number("the number of units", units, 1, 'Dense(4, "sigmoid")')
    elif units is not None:
        raise InputError(f"{units} units for a {rule.name} layer", f"none: {rule.name} keeps the width that comes in")


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, tuple) and all(isinstance(size, (int, np.integer)) and size > 0 for size in shape)


def _not_negative(name: str, value: Any) -> float:
    number = real_number(value)
    if number is not None and number >= 0:
        return number
    raise InputError(f"{name}={value!r}", "a finite number of at least 0", f"{name}=0.001")


def real_number(value: Any) -> float | None:
    """`value` as a float if it is a finite number (True, "3" and 10**400 are none), else None."""
    kinds = (int, float, np.integer, np.floating)
    if not isinstance(value, kinds) or isinstance(value, (bool, np.timedelta64)):  # NumPy counts durations as integers
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _nested(array: Any) -> Any:
    rows = array.tolist() if hasattr(array, "tolist") else array
    return tuple(_nested(row) for row in rows) if isinstance(rows, (list, tuple)) else rows
