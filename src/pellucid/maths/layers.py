"""Layer rules: how a layer turns what comes in into `z`, and an error signal into gradients.

A layer of a network is a rule followed by an activation: `z = rule(x)`, `a = activation(z)`. A rule is a record
with three functions, forward and backward side by side; `p` holds the layer's parameters by name, `noise` is an
array of uniform numbers in [0, 1) shaped like `x` while training (None when predicting, and for rules without noise):

    forward(xp, x, p, noise, **options)             -> z        (n, n_out)
    gradients(xp, x, p, noise, dz, **options)       -> {name: gradient, shaped like the parameter}
    input_gradient(xp, x, p, noise, dz, **options)  -> dx       (n, n_in)

>>> import numpy as np
>>> p = {"W": np.array([[7.0], [3.0]]), "b": np.array([-5.0])}
>>> layer_rules.dense.run(np, np.array([[1.0, 1.0]]), p, None)
array([[5.]])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from .record import Parameter, Record, Table

Array = Any
Parameters = dict[str, Array]


@dataclass(frozen=True, kw_only=True, repr=False)
class LayerRule(Record):
    """One kind of layer. `shapes(n_in, n_out, **options)` names its parameters and their shapes.

    `initial` names, for each parameter, the initializer that it gets where the user names none ("" = the one that
    suits the layer's activation); `penalised` the parameters that L1, L2 and max-norm act on; `resizes` says
    whether the number of units is the user's choice; `noisy` whether it draws random numbers while training.
    """

    shapes: Callable[..., dict[str, tuple[int, ...]]]
    forward: Callable[..., Array]
    gradients: Callable[..., Parameters]
    input_gradient: Callable[..., Array]
    initial: tuple[tuple[str, str], ...] = ()
    penalised: tuple[str, ...] = ()
    resizes: bool = True
    noisy: bool = False
    gradient_formulas: tuple[tuple[str, str], ...] = ()

    functions: ClassVar[tuple[str, ...]] = ("shapes", "forward", "gradients", "input_gradient")

    def run(self, xp: Any, x: Array, p: Parameters, noise: Array | None) -> Array:
        """`forward` with this record's own values."""
        return self.forward(xp, x, p, noise, **self.options)


def dense_shapes(n_in: int, n_out: int, bias: bool) -> dict[str, tuple[int, ...]]:
    """W is (n_in, n_out), b is (n_out,)."""
    return {"W": (n_in, n_out), "b": (n_out,)} if bias else {"W": (n_in, n_out)}


def dense_forward(xp: Any, x: Array, p: Parameters, noise: Array | None, bias: bool) -> Array:
    """Every unit sums its inputs, each times its weight, and adds its offset: z = x W + b."""
    z = x @ p["W"]
    return z + p["b"] if bias else z


def dense_gradients(xp: Any, x: Array, p: Parameters, noise: Array | None, dz: Array, bias: bool) -> Parameters:
    """Each weight's gradient is the sum over the examples of its input times its unit's error signal: dW = xᵀ dz."""
    dW = x.T @ dz
    return {"W": dW, "b": xp.sum(dz, axis=0)} if bias else {"W": dW}


def dense_input_gradient(xp: Any, x: Array, p: Parameters, noise: Array | None, dz: Array, bias: bool) -> Array:
    """The error signal carried back through the same weights: dx = dz Wᵀ."""
    return dz @ p["W"].T


def dropout_shapes(n_in: int, n_out: int, rate: float) -> dict[str, tuple[int, ...]]:
    """Dropout has no parameters."""
    return {}


def dropout_forward(xp: Any, x: Array, p: Parameters, noise: Array | None, rate: float) -> Array:
    """Silence each value with probability `rate` and scale the others up, so that the mean stays ("inverted")."""
    return x if noise is None else x * dropout_mask(xp, x, noise, rate)


def dropout_gradients(xp: Any, x: Array, p: Parameters, noise: Array | None, dz: Array, rate: float) -> Parameters:
    """Nothing to learn."""
    return {}


def dropout_input_gradient(xp: Any, x: Array, p: Parameters, noise: Array | None, dz: Array, rate: float) -> Array:
    """What was silenced sends no error back; the rest is scaled as it was on the way forward."""
    return dz if noise is None else dz * dropout_mask(xp, x, noise, rate)


def dropout_mask(xp: Any, x: Array, noise: Array, rate: float) -> Array:
    """1 / (1 - rate) where the noise is at least `rate`, else 0; in the dtype of x."""
    return xp.where(noise >= rate, 1.0 / (1.0 - rate), 0.0).astype(x.dtype)


DENSE = LayerRule(
    name="dense",
    formula=r"z = x W + b",
    parameters=(Parameter(name="bias", default=True, meaning="whether each unit adds an offset b"),),
    shapes=dense_shapes,
    forward=dense_forward,
    gradients=dense_gradients,
    input_gradient=dense_input_gradient,
    initial=(("W", ""), ("b", "zeros")),
    penalised=("W",),
    gradient_formulas=(("W", r"\sum_i x_i \, \delta_i"), ("b", r"\sum_i \delta_i")),
)

DROPOUT = LayerRule(
    name="dropout",
    formula=r"z = x \odot m / (1 - r)",
    parameters=(
        Parameter(name="rate", default=0.5, low=0.0, high=1.0, open="high", meaning="share of values silenced"),
    ),
    shapes=dropout_shapes,
    forward=dropout_forward,
    gradients=dropout_gradients,
    input_gradient=dropout_input_gradient,
    resizes=False,
    noisy=True,
)

layer_rules: Table[LayerRule] = Table("layer", [DENSE, DROPOUT])
