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

from ..errors import InputError, during
from ..maths.activations import Activation, activations
from ..maths.initializers import Initializer, initializers
from ..maths.layers import LayerRule, layer_rules


@dataclass(frozen=True, repr=False)
class Layer:
    """One layer: `z = rule(x)`, `a = activation(z)`.

    `units` is None where the rule keeps the width it is given. `init` lists the initializers the user chose, by
    parameter; the others follow from the rule and the activation. `l1`, `l2` and `max_norm` act on weights only.
    """

    rule: LayerRule
    units: int | None
    activation: Activation
    init: tuple[tuple[str, Initializer], ...] = ()
    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None

    def __post_init__(self) -> None:
        _check_units(self.rule, self.units)
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
        return initializers.resolve(dict(self.rule.initial).get(name, "zeros") or self.activation.weights)

    def __repr__(self) -> str:
        if self.rule.name == "dropout":
            return f"Dropout({self.rule.options['rate']!r})"
        dense = self.rule.name == "dense"
        words = ["" if dense else self.rule.name, str(self.units) if self.units is not None else ""]
        if self.activation.name != "linear" or dense:
            words.append(f'"{self.activation!r}"')
        if dense and not self.rule.options["bias"]:
            words.append("bias=False")
        short = {"W": "weights", "b": "biases"} if dense else {}
        words += [f'{short.get(name, name)}="{initializer!r}"' for name, initializer in self.init]
        words += [f"{name}={value!r}" for name in ("l1", "l2", "max_norm") if (value := getattr(self, name))]
        return f"{'Dense' if dense else 'Custom'}({', '.join(w for w in words if w)})"


def Dense(
    units: int,
    activation: str | Activation = "linear",
    *,
    bias: bool = True,
    weights: Any = None,
    biases: Any = None,
    l1: float = 0.0,
    l2: float = 0.0,
    max_norm: float | None = None,
) -> Layer:
    """A fully connected layer: `a = activation(x @ W + b)`, W is (n_in, units), b is (units,).

    `weights` and `biases` take an initializer's name ("he_normal", "uniform(low=-1, high=1)"), a record, or an array.
    Without them W starts glorot uniform (he uniform for the relu family) and b at zero. `l1` and `l2` add
    λ‖W‖₁ and λ/2‖W‖² to the loss; `max_norm` bounds the length of each unit's incoming weights.

    >>> Dense(2, "tanh", weights=[[1.0, 2.0], [3.0, 4.0]], biases=[0.0, 0.5]).shapes(2)
    {'W': (2, 2), 'b': (2,)}
    """
    with during("Dense"):
        rule = layer_rules.dense(bias=bias)
        if biases is not None and not bias:
            raise InputError("biases= together with bias=False", "one of the two", "bias=True")
        init = {name: spec for name, spec in (("W", weights), ("b", biases)) if spec is not None}
        return _layer(rule, units, activation, init, l1, l2, max_norm)


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
) -> Layer:
    """A layer of any rule, your own included (see `pellucid.maths.layers.LayerRule` and docs/extending.md)."""
    with during("Custom"):
        return _layer(rule, units, activation, init, l1, l2, max_norm)


def _layer(
    rule: str | LayerRule,
    units: int | None = None,
    activation: str | Activation = "linear",
    init: Mapping[str, Any] | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    max_norm: float | None = None,
) -> Layer:
    chosen = tuple((name, as_initializer(spec)) for name, spec in (init or {}).items())
    return Layer(layer_rules.resolve(rule), units, activations.resolve(activation), chosen, l1, l2, max_norm)


def as_initializer(spec: Any) -> Initializer:
    """An initializer from its name, a record, or an array (which then is what the parameter starts from)."""
    if isinstance(spec, (str, Initializer)):
        return initializers.resolve(spec)
    return initializers.given(array=_nested(spec))


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """Rule and position, counted from 1: dense_1, dropout_2, dense_3."""
    return [f"{layer.rule.name}_{k}" for k, layer in enumerate(layers, start=1)]


def widths(n_in: int, layers: Sequence[Layer]) -> list[int]:
    """How many values flow at each place: the inputs, then the output of each layer."""
    flow = [n_in]
    for layer in layers:
        flow.append(layer.width(flow[-1]))
    return flow


def whole_number(name: str, value: Any, least: int, example: str) -> int:
    """`value` as an int of at least `least`, or a taught error."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least:
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
    """`value` as a float if it is a finite number (True and "3" are none), else None."""
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    return None


def _nested(array: Any) -> Any:
    rows = array.tolist() if hasattr(array, "tolist") else array
    return tuple(_nested(row) for row in rows) if isinstance(rows, (list, tuple)) else rows
