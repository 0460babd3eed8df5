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

from ..errors import InputError
from .masks import Mask, as_mask
from .record import Parameter, Record, Table

Array = Any
Parameters = dict[str, Array]


@dataclass(frozen=True, kw_only=True, repr=False)
class LayerRule(Record):
    """One kind of layer. `shapes(n_in, n_out, **options)` names its parameters and their shapes.

    `initial` names, for each parameter, the initializer that it gets where the user names none ("" = the one that
    suits the layer's activation); `penalised` the parameters that L1, L2 and max-norm act on; `resizes` says
    whether the number of units is the user's choice; `noisy` whether it draws random numbers while training.
    `constrain(xp, p, **options)`, where there is one, gives parameters back as the rule uses them (a masked weight as
    0): initial parameters and those after every update go through it.
    """

    shapes: Callable[..., dict[str, tuple[int, ...]]]
    forward: Callable[..., Array]
    gradients: Callable[..., Parameters]
    input_gradient: Callable[..., Array]
    constrain: Callable[..., Parameters] | None = None
    initial: tuple[tuple[str, str], ...] = ()
    penalised: tuple[str, ...] = ()
    resizes: bool = True
    noisy: bool = False
    gradient_formulas: tuple[tuple[str, str], ...] = ()

    functions: ClassVar[tuple[str, ...]] = ("shapes", "forward", "gradients", "input_gradient", "constrain")

    @property
    def options(self) -> dict[str, Any]:
        """The chosen values as keyword arguments; one that is None (no mask) is left to the functions' own default."""
        return {name: value for name, value in self.values if value is not None}

    def run(self, xp: Any, x: Array, p: Parameters, noise: Array | None) -> Array:
        """`forward` with this record's own values."""
        return self.forward(xp, x, p, noise, **self.options)

    def constrained(self, xp: Any, p: Parameters) -> Parameters:
        """The parameters as the rule uses them: the same ones, unless it has a `constrain`."""
        return p if self.constrain is None else self.constrain(xp, p, **self.options)

    def present(self, name: str) -> Any:
        """Which numbers of the parameter `name` exist, as an array of True and False; None where all do."""
        mask = self.options.get("mask")
        return mask.array if name == "W" and isinstance(mask, Mask) else None


def dense_shapes(n_in: int, n_out: int, bias: bool, mask: Mask | None = None) -> dict[str, tuple[int, ...]]:
    """W is (n_in, n_out), b is (n_out,); a mask has the shape of W."""
    if mask is not None and mask.shape != (n_in, n_out):
        given = f"a mask of shape {mask.shape} for a layer with {n_in} inputs and {n_out} units"
        raise InputError(given, f"shape {(n_in, n_out)}: a row for each input, a column for each unit")
    return {"W": (n_in, n_out), "b": (n_out,)} if bias else {"W": (n_in, n_out)}


def dense_forward(xp: Any, x: Array, p: Parameters, noise: Array | None, bias: bool, mask: Mask | None = None) -> Array:
    """Every unit sums its inputs, each times its weight, and adds its offset: z = x W + b, or z = x (W o m) + b."""
    z = x @ masked(xp, p["W"], mask)
    return z + p["b"] if bias else z


def dense_gradients(
    xp: Any, x: Array, p: Parameters, noise: Array | None, dz: Array, bias: bool, mask: Mask | None = None
) -> Parameters:
    """Each weight's gradient is the sum over the examples of its input times its unit's error signal: dW = xᵀ dz.

    A masked weight has none: dW = (xᵀ dz) o m.
    """
    dW = masked(xp, x.T @ dz, mask)
    return {"W": dW, "b": xp.sum(dz, axis=0)} if bias else {"W": dW}


def dense_input_gradient(
    xp: Any, x: Array, p: Parameters, noise: Array | None, dz: Array, bias: bool, mask: Mask | None = None
) -> Array:
    """The error signal carried back through the same weights: dx = dz Wᵀ, or dx = dz (W o m)ᵀ."""
    return dz @ masked(xp, p["W"], mask).T


def dense_constrain(xp: Any, p: Parameters, bias: bool, mask: Mask | None = None) -> Parameters:
    """Masked weights are 0."""
    return p if mask is None else {**p, "W": masked(xp, p["W"], mask)}


def masked(xp: Any, W: Array, mask: Mask | None) -> Array:
    """W o m: W where the mask is True, else 0, whatever stands there."""
    return W if mask is None else xp.where(xp.asarray(mask), W, 0)


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
    parameters=(
        Parameter(name="bias", default=True, meaning="whether each unit adds an offset b"),
        Parameter(name="mask", default=None, convert=as_mask, meaning="which weights exist (None: all)"),
    ),
    shapes=dense_shapes,
    forward=dense_forward,
    gradients=dense_gradients,
    input_gradient=dense_input_gradient,
    constrain=dense_constrain,
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
