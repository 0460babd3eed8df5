"""From what a user writes down to inputs and layers: the long form and the short one.

>>> described((3, Dense(4, "tanh"), Dense(1)), None, None)
(3, (Dense(4, "tanh"), Dense(1, "linear")))
>>> described(([3, 4, 1],), "tanh", "linear")
(3, (Dense(4, "tanh"), Dense(1, "linear")))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..maths.activations import Activation
from .layers import Dense, Layer, whole_number

DTYPES = ("float64", "float32")
LONG = 'Network(3, Dense(4, "sigmoid"), Dense(1, "sigmoid"))'
SHORT = 'Network([3, 4, 1], activation="sigmoid")'


def described(
    spec: tuple[Any, ...], activation: str | Activation | None, output_activation: str | Activation | None
) -> tuple[int, tuple[Layer, ...]]:
    """The number of inputs and the layers, from the long form or the short one."""
    if spec and isinstance(spec[0], (list, tuple)):
        if len(spec) > 1:
            raise InputError(f"{spec[1]!r} after the sizes {spec[0]}", "activations by name", SHORT)
        return _short_form(list(spec[0]), activation, output_activation)
    if not spec:
        raise InputError("no inputs and no layers", "the number of inputs, then the layers", LONG)
    if activation is not None or output_activation is not None:
        sizes = [s for s in spec if isinstance(s, int)]
        instead = f'Network({sizes}, activation="sigmoid")' if len(sizes) == len(spec) else LONG
        raise InputError("activation= beside layers", "activations in the layers, or the sizes as one list", instead)
    n_in = whole_number("the number of inputs", spec[0], 1, LONG)
    layers = spec[1:]
    for position, layer in enumerate(layers, start=1):
        if not isinstance(layer, Layer):
            raise InputError(f"{layer!r} as layer {position}", "a layer", LONG)
    if not layers:
        raise InputError("a network without layers", "at least one layer", LONG)
    return n_in, tuple(layers)


def _short_form(
    sizes: list[Any], activation: str | Activation | None, output_activation: str | Activation | None
) -> tuple[int, tuple[Layer, ...]]:
    if len(sizes) < 2:
        raise InputError(f"the sizes {sizes}", "inputs, hidden layers, outputs", SHORT)
    if activation is None:
        raise InputError("sizes without an activation", "the activation of the layers", SHORT)
    numbers = [whole_number("a layer's size", size, 1, SHORT) for size in sizes]
    last = activation if output_activation is None else output_activation
    chosen = [activation] * (len(numbers) - 2) + [last]
    return numbers[0], tuple(Dense(n, a) for n, a in zip(numbers[1:], chosen, strict=True))


def float_dtype(dtype: Any) -> np.dtype[Any]:
    """float64 (also for None) or float32 as a NumPy dtype."""
    try:
        kind = np.dtype("float64" if dtype is None else dtype)
    except TypeError:
        kind = None
    if kind is None or kind.name not in DTYPES:
        raise InputError(f"dtype={dtype!r}", "float64 or float32", 'dtype="float32"')
    return kind
