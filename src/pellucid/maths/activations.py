r"""Activations: the function a that a unit applies to its weighted sum z, with its derivative beside it.

Every function takes the array namespace `xp` first (NumPy, or anything that stands in for it), keeps the shape and
the dtype, and is finite for every finite z whose true value is. Shapes: z, a, da, dz are `(n, units)`. `formula` is
what stands right of "a =", `slope_formula` what stands right of "da/dz =", in LaTeX, in terms of z and a.

To add one, write its two functions and one record:

>>> def square(xp, z):
...     return z * z
>>> def square_slope(xp, z, a):
...     return 2 * z
>>> mine = Activation(name="square", formula="z^2", slope_formula="2 z", forward=square, slope=square_slope)
>>> mine.run(np, np.array([3.0])).tolist()
[9.0]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from .activation import INFINITY, Activation
from .by_unit import (
    as_steepness,
    by_unit,
    by_unit_kinks,
    by_unit_range,
    by_unit_refusal,
    by_unit_slope,
    by_unit_weights,
)
from .record import Parameter, Record, Table
from .special import erfc, magnitude, shift_to_max
from .waves_and_pieces import WAVES_AND_PIECES

__all__ = ["Activation", "activations", "built_in"]

SQRT_HALF = 0.7071067811865476
SQRT_TWO_OVER_PI = 0.7978845608028654
ONE_OVER_SQRT_TWO_PI = 0.3989422804014327
GELU_CUBIC = 0.044715  # Hendrycks and Gimpel's fit
GELU_FLAT_FROM = 40.0  # from here on the bell of gelu and the slope of gelu_tanh's tanh are 0 in every dtype


def linear(xp: Any, z: np.ndarray) -> np.ndarray:
    """Leave the sum as it is: for outputs that may be any number.

    >>> linear(np, -1.5)
    -1.5
    """
    return z


def linear_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """1 everywhere."""
    return xp.ones_like(z)


def sigmoid(xp: Any, z: np.ndarray) -> np.ndarray:
    """Squash any number into 0..1: the probability whose log-odds are z (the logistic function).

    Only e^-|z| is computed, which cannot overflow. Source: Verhulst 1845; in networks Rumelhart, Hinton and Williams,
    "Learning representations by back-propagating errors", Nature 323 (1986).

    >>> print(f"{sigmoid(np, 5.0):.8f}")
    0.99330715
    """
    e = xp.exp(-magnitude(xp, z))
    return xp.where(z >= 0, 1, e) / (1 + e)


def sigmoid_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Steepest (1/4) at z = 0, flat where the output is nearly 0 or 1."""
    return a * (1 - a)


def tanh(xp: Any, z: np.ndarray) -> np.ndarray:
    """Squash any number into -1..1, with outputs around 0: a sigmoid stretched to both sides.

    Source: LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.4.

    >>> print(f"{tanh(np, 0.5):.8f}")
    0.46211716
    """
    return xp.tanh(z)


def tanh_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """1 at z = 0, falling to 0 on both sides."""
    return 1 - a * a


def relu(xp: Any, z: np.ndarray) -> np.ndarray:
    """Let positive sums pass and stop the others: cheap, and its slope does not fade for large z.

    Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (ICML 2010).

    >>> print(relu(np, -2.0))
    0.0
    """
    return xp.maximum(z, 0)


def relu_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """1 for z > 0, else 0; 0 is taken at the kink z = 0."""
    return xp.where(z > 0, xp.ones_like(z), 0)


def leaky_relu(xp: Any, z: np.ndarray, alpha: float) -> np.ndarray:
    """A relu that lets a small part of negative sums through, so that no unit is ever dead for good.

    Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models" (2013).

    >>> print(leaky_relu(np, -2.0, alpha=0.01))
    -0.02
    """
    return xp.where(z > 0, z, alpha * z)


def leaky_relu_slope(xp: Any, z: np.ndarray, a: np.ndarray, alpha: float) -> np.ndarray:
    """1 for z > 0, else alpha; alpha is taken at the kink z = 0."""
    return xp.where(z > 0, xp.ones_like(z), alpha)


def leaky_relu_range(alpha: float) -> tuple[float, float]:
    """Nothing below 0 if nothing leaks."""
    return (-INFINITY if alpha > 0 else 0.0, INFINITY)


def kink_at_zero(alpha: float) -> tuple[tuple[float, float], ...]:
    """The slope jumps from alpha to 1 at z = 0, where alpha is taken; with alpha = 1 it does not."""
    return ((0.0, alpha),) if alpha != 1 else ()


def elu(xp: Any, z: np.ndarray, alpha: float) -> np.ndarray:
    """A relu whose negative side bends smoothly towards -alpha, so that outputs average nearer to 0.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear
    units" (ICLR 2016).

    >>> print(f"{elu(np, -1.0, alpha=1.0):.8f}")
    -0.63212056
    """
    return xp.where(z > 0, z, alpha * xp.expm1(xp.where(z > 0, 0, z)))


def elu_slope(xp: Any, z: np.ndarray, a: np.ndarray, alpha: float) -> np.ndarray:
    """1 for z > 0, else alpha e^z, which is a + alpha."""
    return xp.where(z > 0, xp.ones_like(z), a + alpha)


def elu_range(alpha: float) -> tuple[float, float]:
    """-alpha is the limit for very negative z."""
    return (0.0 - alpha, INFINITY)


def gelu(xp: Any, z: np.ndarray) -> np.ndarray:
    """z times the probability that a standard normal number lies below z: a smooth relu (exact form).

    Source: Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415 (2016).

    >>> print(f"{gelu(np, 1.0):.8f}")
    0.84134475
    """
    return 0.5 * z * erfc(xp, -SQRT_HALF * z)


def gelu_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The probability below z, plus z times the bell curve's height at z."""
    near = xp.clip(z, -GELU_FLAT_FROM, GELU_FLAT_FROM)
    return 0.5 * erfc(xp, -SQRT_HALF * z) + near * (ONE_OVER_SQRT_TWO_PI * xp.exp(-0.5 * near * near))


def gelu_tanh(xp: Any, z: np.ndarray) -> np.ndarray:
    """The gelu with its probability replaced by a fit with tanh, as many published networks have it.

    (1 + tanh u)/2 is computed as sigmoid(2u), the same function without the loss of digits where tanh is near -1.
    Source: Hendrycks and Gimpel, as for `gelu`.

    >>> print(f"{gelu_tanh(np, 1.0):.8f}")
    0.84119199
    """
    near = xp.clip(z, -GELU_FLAT_FROM, GELU_FLAT_FROM)
    return z * sigmoid(xp, 2 * SQRT_TWO_OVER_PI * (near + GELU_CUBIC * near * near * near))


def gelu_tanh_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The product rule, with s = (1 + tanh u)/2 and ds/du = 2 s (1 - s)."""
    near = xp.clip(z, -GELU_FLAT_FROM, GELU_FLAT_FROM)
    s = sigmoid(xp, 2 * SQRT_TWO_OVER_PI * (near + GELU_CUBIC * near * near * near))
    return s + a * (1 - s) * (2 * SQRT_TWO_OVER_PI * (1 + 3 * GELU_CUBIC * near * near))


def silu(xp: Any, z: np.ndarray) -> np.ndarray:
    """z times its own sigmoid: a smooth relu that dips a little below 0 (also called swish).

    Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", Neural Networks 107 (2018).

    >>> print(f"{silu(np, 1.0):.8f}")
    0.73105858
    """
    return z * sigmoid(xp, z)


def silu_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The product rule: the sigmoid itself, plus z times its slope."""
    s = sigmoid(xp, z)
    return s + a * (1 - s)


def softplus(xp: Any, z: np.ndarray) -> np.ndarray:
    """A smooth relu that is always positive: for outputs that are rates or spreads.

    ln(1 + e^z) is computed as max(z, 0) + ln(1 + e^-|z|), which cannot overflow. Source: Dugas, Bengio, Bélisle,
    Nadeau and Garcia, "Incorporating second-order functional knowledge" (NIPS 2000).

    >>> print(f"{softplus(np, 0.0):.8f}")
    0.69314718
    """
    return xp.where(z >= 0, z, 0) + xp.log1p(xp.exp(-magnitude(xp, z)))


def softplus_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The sigmoid of z."""
    return sigmoid(xp, z)


def softsign(xp: Any, z: np.ndarray) -> np.ndarray:
    """Squash any number into -1..1 like tanh, but approach the ends more slowly.

    Source: Bergstra, Desjardins, Lamblin and Bengio, "Quadratic polynomials learn better image features" (2009).

    >>> print(softsign(np, 3.0))
    0.75
    """
    return z / (1 + xp.abs(z))


def softsign_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """1 at z = 0, falling like 1/z^2; the square is taken last, as (1 + |z|)^2 could overflow."""
    share = 1 / (1 + xp.abs(z))
    return share * share


def softmax(xp: Any, z: np.ndarray) -> np.ndarray:
    """Turn each row into probabilities: positive, summing to 1, in the ratio of e^z.

    The row's largest z is subtracted first; the ratios stay and nothing overflows. Source: Bridle, "Probabilistic
    interpretation of feedforward classification network outputs" (1990).

    >>> softmax(np, np.array([0.0, np.log(3.0)])).round(8).tolist()
    [0.25, 0.75]
    """
    e = xp.exp(shift_to_max(xp, z))
    return e / xp.sum(e, axis=-1, keepdims=True)


def softmax_backward(xp: Any, z: np.ndarray, a: np.ndarray, da: np.ndarray) -> np.ndarray:
    """Each row's Jacobian times da, without building the matrix: a (da - sum(a da))."""
    return a * (da - xp.sum(a * da, axis=-1, keepdims=True))


def softmax_jacobian(xp: Any, z_row: np.ndarray, a_row: np.ndarray) -> np.ndarray:
    """da_i/dz_j = a_i (1 if i = j else 0) - a_i a_j, for one row."""
    return xp.diag(a_row) - xp.outer(a_row, a_row)


def hard_sigmoid(xp: Any, z: np.ndarray) -> np.ndarray:
    """A sigmoid made of three straight lines: cheap, and exactly 0 or 1 from |z| = 3 on.

    Source: Courbariaux, Bengio and David, "BinaryConnect" (2015); the slope 1/6 as in Howard et al., "Searching for
    MobileNetV3" (2019).

    >>> print(f"{hard_sigmoid(np, 1.0):.8f}")
    0.66666667
    """
    return xp.clip(z / 6 + 0.5, 0, 1)


def hard_sigmoid_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """1/6 between the kinks at -3 and 3, else 0; 0 is taken at the kinks."""
    return xp.where(xp.abs(z) < 3, xp.ones_like(z) / 6, 0)


def threshold(xp: Any, z: np.ndarray) -> np.ndarray:
    """Fire (1) if the sum reaches 0, else not (0): the perceptron's hard decision.

    Source: McCulloch and Pitts (1943); Rosenblatt, "The perceptron", Psychological Review 65 (1958).

    >>> print(threshold(np, -0.1))
    0.0
    """
    return xp.where(z >= 0, xp.ones_like(z), 0)


def threshold_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """0 everywhere: no error signal comes through, hence no training (see the record's `refusal`)."""
    return xp.zeros_like(z)


def built_in(activation: Activation) -> bool:
    """Whether an activation is one of the table's own, and so are those of its units."""
    return activations.holds(activation) and all(map(activations.holds, activation.options.get("units", ())))


def as_units(value: Any) -> tuple[Activation, ...]:
    """The activations of the units of `by_unit`, from their names or records; each must act on its own z alone.

    >>> as_units(["tanh", "linear"])
    (tanh, linear)
    """
    given: Any = [value] if isinstance(value, (str, Record)) else value
    wrong = InputError(f"units={value!r}", "the name of an activation for each unit", 'units=("tanh", "linear")')
    try:
        units: tuple[Any, ...] = tuple(activations.resolve(u) if isinstance(u, str) else u for u in given)
    except TypeError:
        raise wrong from None
    if not units or not all(isinstance(unit, Activation) for unit in units):
        raise wrong
    for unit in units:
        if unit.slope is None or unit.forward is by_unit:
            expected = f"activations that act on one number at a time, which {unit.name} does not"
            raise InputError(f"{unit.name} as the activation of one unit", expected, f'Dense(3, "{unit.name}")')
    return units


ALPHA_LEAK = Parameter(name="alpha", default=0.01, low=0.0, high=1.0, meaning="slope for negative z")
ALPHA_ELU = Parameter(name="alpha", default=1.0, low=0.0, meaning="the output sinks to -alpha for very negative z")

LINEAR = Activation(name="linear", forward=linear, slope=linear_slope, formula="z", slope_formula="1")

activations = Table(
    "activation",
    [
        LINEAR,
        Activation(
            name="sigmoid",
            forward=sigmoid,
            slope=sigmoid_slope,
            formula=r"\frac{1}{1 + e^{-z}}",
            slope_formula="a (1 - a)",
            range=(0.0, 1.0),
        ),
        Activation(
            name="tanh",
            forward=tanh,
            slope=tanh_slope,
            formula=r"\tanh(z)",
            slope_formula="1 - a^2",
            range=(-1.0, 1.0),
        ),
        Activation(
            name="relu",
            forward=relu,
            slope=relu_slope,
            formula=r"\max(z, 0)",
            slope_formula=r"\begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases}",
            range=(0.0, INFINITY),
            kinks=((0.0, 0.0),),
            weights="he_uniform",
        ),
        Activation(
            name="leaky_relu",
            forward=leaky_relu,
            slope=leaky_relu_slope,
            formula=r"\begin{cases} z & z > 0 \\ \alpha z & z \le 0 \end{cases}",
            slope_formula=r"\begin{cases} 1 & z > 0 \\ \alpha & z \le 0 \end{cases}",
            parameters=(ALPHA_LEAK,),
            range=leaky_relu_range,
            kinks=kink_at_zero,
            weights="he_uniform",
        ),
        Activation(
            name="elu",
            forward=elu,
            slope=elu_slope,
            formula=r"\begin{cases} z & z > 0 \\ \alpha (e^{z} - 1) & z \le 0 \end{cases}",
            slope_formula=r"\begin{cases} 1 & z > 0 \\ a + \alpha & z \le 0 \end{cases}",
            parameters=(ALPHA_ELU,),
            range=elu_range,
            kinks=kink_at_zero,
            weights="he_uniform",
        ),
        Activation(
            name="gelu",
            forward=gelu,
            slope=gelu_slope,
            formula=r"\frac{z}{2} \operatorname{erfc}\left(-\frac{z}{\sqrt{2}}\right)",
            slope_formula=r"\frac{1}{2} \operatorname{erfc}\left(-\frac{z}{\sqrt{2}}\right)"
            r" + \frac{z}{\sqrt{2 \pi}} e^{-z^2/2}",
            range=(-0.16997120747990369, INFINITY),
            weights="he_uniform",
        ),
        Activation(
            name="gelu_tanh",
            forward=gelu_tanh,
            slope=gelu_tanh_slope,
            formula=r"\frac{z}{2} \left(1 + \tanh\left(\sqrt{2/\pi} \, (z + 0.044715 \, z^3)\right)\right)",
            slope_formula=r"s + 2 a (1 - s) \sqrt{2/\pi} \, (1 + 0.134145 \, z^2), \quad"
            r" s = \frac{1}{2} \left(1 + \tanh\left(\sqrt{2/\pi} \, (z + 0.044715 \, z^3)\right)\right)",
            range=(-0.17004075057125406, INFINITY),
            weights="he_uniform",
        ),
        Activation(
            name="silu",
            forward=silu,
            slope=silu_slope,
            formula=r"\frac{z}{1 + e^{-z}}",
            slope_formula=r"s + a (1 - s), \quad s = \frac{1}{1 + e^{-z}}",
            range=(-0.27846454276107380, INFINITY),
            weights="he_uniform",
        ),
        Activation(
            name="softplus",
            forward=softplus,
            slope=softplus_slope,
            formula=r"\ln(1 + e^{z})",
            slope_formula=r"\frac{1}{1 + e^{-z}}",
            range=(0.0, INFINITY),
            weights="he_uniform",
        ),
        Activation(
            name="softsign",
            forward=softsign,
            slope=softsign_slope,
            formula=r"\frac{z}{1 + |z|}",
            slope_formula=r"\frac{1}{(1 + |z|)^2}",
            range=(-1.0, 1.0),
        ),
        Activation(
            name="softmax",
            forward=softmax,
            vector_backward=softmax_backward,
            jacobian=softmax_jacobian,
            formula=r"\frac{e^{z_i}}{\sum_j e^{z_j}}",
            slope_formula=r"a_i (\delta_{ij} - a_j)",
            range=(0.0, 1.0),
        ),
        Activation(
            name="hard_sigmoid",
            forward=hard_sigmoid,
            slope=hard_sigmoid_slope,
            formula=r"\min\left(\max\left(\frac{z}{6} + \frac{1}{2}, 0\right), 1\right)",
            slope_formula=r"\begin{cases} \frac{1}{6} & |z| < 3 \\ 0 & |z| \ge 3 \end{cases}",
            range=(0.0, 1.0),
            kinks=((-3.0, 0.0), (3.0, 0.0)),
        ),
        Activation(
            name="threshold",
            forward=threshold,
            slope=threshold_slope,
            formula=r"\begin{cases} 1 & z \ge 0 \\ 0 & z < 0 \end{cases}",
            slope_formula="0",
            range=(0.0, 1.0),
            kinks=((0.0, 0.0),),
            refusal="threshold is flat on both sides of its jump: its slope is 0 everywhere, so no error signal comes"
            " back through it and the weights before it would never change; train with sigmoid, its smooth form,"
            " and put threshold in its place afterwards",
        ),
        *WAVES_AND_PIECES,
        Activation(
            name="by_unit",
            forward=by_unit,
            slope=by_unit_slope,
            formula=r"f_u(s_u z)",
            slope_formula=r"s_u f_u'(s_u z)",
            parameters=(
                Parameter(name="units", default=(LINEAR,), convert=as_units, meaning="each unit's activation"),
                Parameter(name="steepness", default=(1.0,), convert=as_steepness, meaning="by what z is multiplied"),
            ),
            range=by_unit_range,
            kinks=by_unit_kinks,
            weights=by_unit_weights,
            refusal=by_unit_refusal,
        ),
    ],
    elsewhere={
        "logistic": "sigmoid",
        "expit": "sigmoid",
        "identity": "linear",
        "none": "linear",
        "swish": "silu",
        "heaviside": "threshold",
        "step": "threshold",
        "binarystep": "threshold",
        "hyperbolictangent": "tanh",
        "sin": "sine",
        "cos": "cosine",
        "gauss": "gaussian",
        "sign": "threshold_symmetric",
        "hardtanh": "linear_piece_symmetric",
        "elliotsymmetric": "softsign",
        "lrelu": "leaky_relu",
        "rectifier": "relu",
    },
)
