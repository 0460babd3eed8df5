r"""Losses: how wrong the outputs a are for the targets y, with the derivative beside each.

Shapes: a, z and y are `(n, k)`, `forward` gives one number for each sample, `(n,)`, summed over the k output columns;
`slope` gives dL/da for each sample, `(n, k)`. Batches are averaged or summed by the caller. `formula` is what stands
right of "L =" for one sample, `slope_formula` right of "dL/da_k =", `logit_slope_formula` right of "dL/dz_k =".

Three losses end in a logarithm that a saturated output would ruin. They name the activation that they belong to
(`link`) and are then computed from its input z, the logits, where nothing is lost: `logit_forward`, `logit_slope`.

To add one, write its two functions and one record:

>>> def quartic(xp, a, y):
...     return xp.sum((a - y) ** 4, axis=-1)
>>> def quartic_slope(xp, a, y):
...     return 4 * (a - y) ** 3
>>> mine = Loss(name="quartic", formula=r"\sum_k (a_k - y_k)^4", forward=quartic, slope=quartic_slope)
>>> mine.run(np, np.array([[3.0]]), np.array([[1.0]])).tolist()
[16.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError
from .activations import Activation, sigmoid, softmax, softplus
from .by_unit import in_words, shared_name
from .record import Parameter, Record, Table
from .special import log_softmax, magnitude

INFINITY = math.inf
SOFTPLUS_IS_EXP_BELOW = -40.0  # there ln(1 + e^z) is e^z to the last digit


# What the range of the output activation must hold, and must not leave, for each kind of target.
REACHED = {"probabilities": (0.0, 1.0), "one_hot": (0.0, 1.0), "signs": (-1.0, 1.0), "counts": (0.0, INFINITY)}
ALLOWED = {"probabilities": (0.0, 1.0), "one_hot": (0.0, 1.0), "counts": (0.0, INFINITY)}
MEANING = {
    "numbers": "the numbers that it compares with the targets",
    "probabilities": "a probability in each column",
    "one_hot": "probabilities that sum to 1",
    "signs": "at least every number from -1 to 1",
    "counts": "rates: any number from 0 up, and none below",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Loss(Record):
    """A loss: its functions, their formulas, and what it needs of targets and outputs.

    `target` is what y holds: "numbers", "probabilities" (0 to 1), "one_hot" (rows that sum to 1), "signs" (-1 or +1) or
    "counts" (at least 0). `outputs` names the activations it may follow; empty means any whose range suits the target.
    `kinks` are the points, in words, where its slope jumps, with the slope taken there.
    """

    forward: Callable[..., Any]
    slope: Callable[..., Any]
    slope_formula: str = ""
    link: str = ""
    logit_forward: Callable[..., Any] | None = None
    logit_slope: Callable[..., Any] | None = None
    logit_formula: str = ""
    logit_slope_formula: str = ""
    outputs: tuple[str, ...] = ()
    target: str = "numbers"
    classification: bool = False
    kinks: tuple[tuple[str, float], ...] = ()

    functions: ClassVar[tuple[str, ...]] = ("forward", "slope", "logit_forward", "logit_slope")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.target not in MEANING:
            raise InputError(f"{self.name} has target={self.target!r}", "one of " + ", ".join(MEANING))

    def run(self, xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Each sample's loss, `(n,)`, from the outputs."""
        return self.forward(xp, a, y, **self.options)

    def slope_at(self, xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
        """dL/da of each sample, `(n, k)`."""
        return self.slope(xp, a, y, **self.options)


def squared_error(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The squared distance from the target: large errors count most. Source: Gauss and Legendre's least squares.

    >>> squared_error(np, np.array([[3.0]]), np.array([[1.0]])).tolist()
    [4.0]
    """
    error = a - y
    return xp.sum(error * error, axis=-1)


def squared_error_slope(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Twice the error."""
    return 2 * (a - y)


def half_squared_error(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Half the squared distance, whose slope is simply the error.

    >>> half_squared_error(np, np.array([[3.0]]), np.array([[1.0]])).tolist()
    [2.0]
    """
    error = a - y
    return 0.5 * xp.sum(error * error, axis=-1)


def half_squared_error_slope(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The error itself."""
    return a - y


def absolute_error(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The distance from the target: outliers count no more than their distance; the best constant is the median.

    >>> absolute_error(np, np.array([[3.0]]), np.array([[1.0]])).tolist()
    [2.0]
    """
    return xp.sum(xp.abs(a - y), axis=-1)


def absolute_error_slope(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The error's sign; 0 is taken at the kink, where the error is 0."""
    return xp.sign(a - y)


def huber(xp: Any, a: np.ndarray, y: np.ndarray, delta: float) -> np.ndarray:
    """Half the squared error near the target, a straight line beyond delta: outliers do not take over.

    With c the error cut off at -delta and delta, both cases are c (error - c/2), whose square cannot overflow.
    Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964).

    >>> huber(np, np.array([[4.0]]), np.array([[1.0]]), delta=1.0).tolist()
    [2.5]
    """
    error = a - y
    cut = xp.clip(error, -delta, delta)
    return xp.sum(cut * (error - 0.5 * cut), axis=-1)


def huber_slope(xp: Any, a: np.ndarray, y: np.ndarray, delta: float) -> np.ndarray:
    """The error, cut off at -delta and delta."""
    return xp.clip(a - y, -delta, delta)


def binary_cross_entropy(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The surprise at the truth y (0 or 1, or between) when a was its probability; several columns are added up.

    0 ln 0 is 0. A certain output that is wrong (infinite surprise) counts as one that is off by the dtype's smallest
    normal number. Source: Good, "Rational decisions" (1952); in networks Solla, Levin and Fleisher (1988).

    >>> binary_cross_entropy(np, np.array([[0.25]]), np.array([[1.0]])).round(8).tolist()
    [1.38629436]
    """
    tiny = xp.finfo(a.dtype).tiny
    terms = y * xp.log(xp.maximum(a, tiny)) + (1 - y) * xp.log(xp.maximum(1 - a, tiny))
    return -xp.sum(terms, axis=-1)


def binary_cross_entropy_slope(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Steep without limit where the output is wrong and certain; cut off at the dtype's smallest normal number."""
    tiny = xp.finfo(a.dtype).tiny
    return (1 - y) / xp.maximum(1 - a, tiny) - y / xp.maximum(a, tiny)


def binary_cross_entropy_logits(xp: Any, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same from the logits z of a sigmoid: ln(1 + e^z) - y z, in an order in which nothing overflows or is lost.

    >>> binary_cross_entropy_logits(np, np.array([[-1000.0]]), np.array([[1.0]])).tolist()
    [1000.0]
    """
    return xp.sum(xp.where(z >= 0, z, 0) - y * z + xp.log1p(xp.exp(-magnitude(xp, z))), axis=-1)


def binary_cross_entropy_logit_slope(xp: Any, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The output minus the target: the sigmoid's slope cancels."""
    return sigmoid(xp, z) - y


def cross_entropy(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The surprise at the true class when each column of a was the probability of one class.

    The rows of y sum to 1: one 1 among zeros (one-hot), or probabilities. 0 ln 0 is 0; a true class given probability
    0 counts as one given the dtype's smallest normal number. Source: Bridle (1990), with softmax.

    >>> cross_entropy(np, np.array([[0.25, 0.75]]), np.array([[1.0, 0.0]])).round(8).tolist()
    [1.38629436]
    """
    return -xp.sum(y * xp.log(xp.maximum(a, xp.finfo(a.dtype).tiny)), axis=-1)


def cross_entropy_slope(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Only the true class's column has a slope; cut off at the dtype's smallest normal number."""
    return -y / xp.maximum(a, xp.finfo(a.dtype).tiny)


def cross_entropy_logits(xp: Any, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same from the logits z of a softmax, through its logarithm.

    >>> cross_entropy_logits(np, np.array([[0.0, 1000.0]]), np.array([[1.0, 0.0]])).tolist()
    [1000.0]
    """
    return -xp.sum(y * log_softmax(xp, z), axis=-1)


def cross_entropy_logit_slope(xp: Any, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The output minus the target: the softmax's Jacobian cancels. The factor is 1, up to the rounding of y."""
    return softmax(xp, z) * xp.sum(y, axis=-1, keepdims=True) - y


def hinge(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How far the output falls short of 1 on the target's side (y is -1 or +1); beyond 1 nothing is lost.

    Source: Cortes and Vapnik, "Support-vector networks", Machine Learning 20 (1995).

    >>> hinge(np, np.array([[0.25]]), np.array([[1.0]])).tolist()
    [0.75]
    """
    return xp.sum(xp.maximum(1 - y * a, 0), axis=-1)


def hinge_slope(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """-y while the output falls short, else 0; 0 is taken at the kink, where y a = 1."""
    return xp.where(y * a < 1, -y, xp.zeros_like(y))


def poisson(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """For counts y with the expected count a: the Poisson law's negative log-likelihood, without its constant ln y!.

    0 ln 0 is 0; a rate of 0 for a count above 0 (impossible) counts as the dtype's smallest normal number. Source:
    Nelder and Wedderburn, "Generalized linear models" (1972).

    >>> poisson(np, np.array([[2.0]]), np.array([[3.0]])).round(8).tolist()
    [-0.07944154]
    """
    return xp.sum(a - y * xp.log(xp.maximum(a, xp.finfo(a.dtype).tiny)), axis=-1)


def poisson_slope(xp: Any, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rates below the square root of the dtype's smallest normal number are taken as that, so that y/a stays finite."""
    return 1 - y / xp.maximum(a, xp.finfo(a.dtype).tiny ** 0.5)


def poisson_logits(xp: Any, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same from the input z of a softplus, whose logarithm is z itself where it would round to 0.

    >>> poisson_logits(np, np.array([[-1000.0]]), np.array([[2.0]])).tolist()
    [2000.0]
    """
    is_exp = z < SOFTPLUS_IS_EXP_BELOW
    log_a = xp.where(is_exp, z, xp.log(softplus(xp, xp.where(is_exp, SOFTPLUS_IS_EXP_BELOW, z))))
    return xp.sum(softplus(xp, z) - y * log_a, axis=-1)


def poisson_logit_slope(xp: Any, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The softplus's slope s times 1 - y/a; s/a is 1 where both would round to 0."""
    near = xp.maximum(z, SOFTPLUS_IS_EXP_BELOW)
    return sigmoid(xp, z) - y * (sigmoid(xp, near) / softplus(xp, near))


DELTA = Parameter(name="delta", default=1.0, low=0.0, open="low", meaning="from this error on the loss is a line")

losses = Table(
    "loss",
    [
        Loss(
            name="squared_error",
            forward=squared_error,
            slope=squared_error_slope,
            formula=r"\sum_k (a_k - y_k)^2",
            slope_formula="2 (a_k - y_k)",
        ),
        Loss(
            name="half_squared_error",
            forward=half_squared_error,
            slope=half_squared_error_slope,
            formula=r"\frac{1}{2} \sum_k (a_k - y_k)^2",
            slope_formula="a_k - y_k",
        ),
        Loss(
            name="absolute_error",
            forward=absolute_error,
            slope=absolute_error_slope,
            formula=r"\sum_k |a_k - y_k|",
            slope_formula=r"\operatorname{sgn}(a_k - y_k)",
            kinks=(("a = y", 0.0),),
        ),
        Loss(
            name="huber",
            forward=huber,
            slope=huber_slope,
            formula=r"\sum_k \begin{cases} \frac{1}{2} (a_k - y_k)^2 & |a_k - y_k| \le \delta \\"
            r" \delta \left(|a_k - y_k| - \frac{\delta}{2}\right) & |a_k - y_k| > \delta \end{cases}",
            slope_formula=r"\min(\max(a_k - y_k, -\delta), \delta)",
            parameters=(DELTA,),
        ),
        Loss(
            name="binary_cross_entropy",
            forward=binary_cross_entropy,
            slope=binary_cross_entropy_slope,
            formula=r"-\sum_k \left(y_k \ln a_k + (1 - y_k) \ln(1 - a_k)\right)",
            slope_formula=r"\frac{1 - y_k}{1 - a_k} - \frac{y_k}{a_k}",
            link="sigmoid",
            logit_forward=binary_cross_entropy_logits,
            logit_slope=binary_cross_entropy_logit_slope,
            logit_formula=r"\sum_k \left(\ln(1 + e^{z_k}) - y_k z_k\right)",
            logit_slope_formula="a_k - y_k",
            outputs=("sigmoid",),
            target="probabilities",
            classification=True,
        ),
        Loss(
            name="cross_entropy",
            forward=cross_entropy,
            slope=cross_entropy_slope,
            formula=r"-\sum_k y_k \ln a_k",
            slope_formula=r"-\frac{y_k}{a_k}",
            link="softmax",
            logit_forward=cross_entropy_logits,
            logit_slope=cross_entropy_logit_slope,
            logit_formula=r"-\sum_k y_k \left(z_k - \ln \sum_j e^{z_j}\right)",
            logit_slope_formula="a_k - y_k",
            outputs=("softmax",),
            target="one_hot",
            classification=True,
        ),
        Loss(
            name="hinge",
            forward=hinge,
            slope=hinge_slope,
            formula=r"\sum_k \max(1 - y_k a_k, 0)",
            slope_formula=r"\begin{cases} -y_k & y_k a_k < 1 \\ 0 & y_k a_k \ge 1 \end{cases}",
            target="signs",
            classification=True,
            kinks=(("y a = 1", 0.0),),
        ),
        Loss(
            name="poisson",
            forward=poisson,
            slope=poisson_slope,
            formula=r"\sum_k (a_k - y_k \ln a_k)",
            slope_formula=r"1 - \frac{y_k}{a_k}",
            link="softplus",
            logit_forward=poisson_logits,
            logit_slope=poisson_logit_slope,
            logit_formula=r"\sum_k \left(\ln(1 + e^{z_k}) - y_k \ln \ln(1 + e^{z_k})\right)",
            logit_slope_formula=r"\frac{1}{1 + e^{-z_k}} \left(1 - \frac{y_k}{a_k}\right)",
            target="counts",
        ),
    ],
    elsewhere={
        "mse": "squared_error",
        "l2": "squared_error",
        "meansquarederror": "squared_error",
        "mae": "absolute_error",
        "l1": "absolute_error",
        "meanabsoluteerror": "absolute_error",
        "bce": "binary_cross_entropy",
        "logloss": "binary_cross_entropy",
        "binarycrossentropy": "binary_cross_entropy",
        "crossentropy": "cross_entropy",
        "categoricalcrossentropy": "cross_entropy",
        "nll": "cross_entropy",
        "softmaxcrossentropy": "cross_entropy",
    },
)

BETTER_OUTPUT = {"probabilities": "sigmoid", "one_hot": "softmax", "signs": "tanh", "counts": "softplus"}
# A layer that means something else than the loss: then the loss is what should change.
BETTER_LOSS = {
    ("binary_cross_entropy", "softmax"): "cross_entropy",
    ("cross_entropy", "sigmoid"): "binary_cross_entropy",
    ("hinge", "sigmoid"): "binary_cross_entropy",
    ("hinge", "softmax"): "cross_entropy",
}


def default_loss(activation: Activation) -> Loss:
    """The loss that suits an output activation: the cross-entropy that belongs to it, else the squared error.

    >>> from pellucid.maths.activations import activations
    >>> default_loss(activations.softmax)
    cross_entropy
    """
    return losses[{"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}.get(activation.name, "squared_error")]


def check_pair(loss: Loss, activation: Activation) -> None:
    """Raise InputError if `loss` cannot follow an output layer with `activation`, and say which layer or loss does.

    It must be one of the loss's `outputs`, if it lists any; else its range must reach every target and hold nothing
    that the loss cannot take (the logarithm of a negative rate).
    """
    if loss.outputs:
        if activation.name not in loss.outputs:
            names = " or ".join(loss.outputs)
            own = " without a steepness of its own" if shared_name(activation) in loss.outputs else ""
            raise _mismatch(loss, activation, f"an output layer with {names}{own}, which gives {MEANING[loss.target]}")
        return
    low, high = activation.bounds()
    reach_low, reach_high = REACHED.get(loss.target, (INFINITY, -INFINITY))
    allow_low, allow_high = ALLOWED.get(loss.target, (-INFINITY, INFINITY))
    if not (allow_low <= low <= reach_low and reach_high <= high <= allow_high):
        raise _mismatch(
            loss, activation, f"an output that gives {MEANING[loss.target]}; {activation} gives {low:g} to {high:g}"
        )


def _mismatch(loss: Loss, activation: Activation, expected: str) -> InputError:
    output = loss.outputs[0] if loss.outputs else BETTER_OUTPUT[loss.target]
    layer = 'Dense(3, "softmax"), with one unit for each class' if output == "softmax" else f'Dense(1, "{output}")'
    other = BETTER_LOSS.get((loss.name, activation.name))
    name = activation.name
    if "units" in activation.options:
        name, other = in_words(activation), "squared_error" if shared_name(activation) in loss.outputs else None
    instead = f'{layer}, or loss="{other}" for {name}' if other else layer
    return InputError(f"the loss {loss.name} after the output activation {name}", expected, instead)
