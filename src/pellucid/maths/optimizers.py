r"""Optimizers: how a weight follows its gradient. Each algorithm is written out in full, one line per step of thought.

`update(xp, w, g, <slots by name>, t, **options)` returns every intermediate value by name, in the order computed: the
new slots under their own names, `change` (what is added to the weight) and `w`, the new weight. All arrays have the
weight's shape; t counts updates from 1. `lines` holds the same steps as LaTeX. Where a paper and torch differ, the form
here is torch's, and the docstring gives the paper's equation and the difference.

Symbols in `lines`: w weight, g gradient, \eta learning rate, \Delta change; an index t - 1 marks the value from before.

>>> import numpy as np
>>> from pellucid.maths.optimizers import optimizers
>>> sgd, w = optimizers.sgd(learning_rate=0.1, momentum=0.9), np.array([1.0])
>>> step = sgd.step(np, w, np.array([2.0]), sgd.start(np, w), t=1)
>>> [(name, float(value[0])) for name, value in step.items()]
[('velocity', 2.0), ('direction', 2.0), ('change', -0.2), ('w', 0.8)]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..errors import InputError
from .annealing import SARPROP_LINES, SARPROP_PARAMETERS, sarprop
from .record import RATE_ELSEWHERE, Parameter, Record, Table

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True, repr=False)
class Optimizer(Record):
    """One optimizer: `update`, its slots (arrays that it keeps beside each weight array) and its formulas line by line.

    A slot is a name and the number it starts from, or the name of the option that says so. A line of `lines` whose name
    is not among the returned values does not apply to the chosen options. `anneals`: the update takes two more
    arguments, `loss`, the batch's data loss before it, and `noise`, random numbers in [0, 1) of the weight's shape.
    """

    update: Callable[..., Values]
    slots: tuple[tuple[str, float | str], ...] = ()
    anneals: bool = False
    lines: tuple[tuple[str, str], ...] = ()

    functions: ClassVar[tuple[str, ...]] = ("update",)

    def __post_init__(self) -> None:
        super().__post_init__()
        for slot in self.slots:
            if not _is_slot(slot, self.options):
                raise InputError(
                    f"optimizer {self.name!r} has the slot {slot!r}",
                    "pairs of a name and what it starts from: a number, or the name of one of its parameters",
                    'slots=(("velocity", 0.0),)',
                )

    @property
    def has_learning_rate(self) -> bool:
        """Whether a schedule has something to act on."""
        return "learning_rate" in self.options

    def start(self, xp: Any, w: Any) -> Values:
        """The slots before the first update, each of the shape and dtype of w."""
        return {
            name: xp.full_like(w, self.options[value] if isinstance(value, str) else value)
            for name, value in self.slots
        }

    def step(
        self,
        xp: Any,
        w: Any,
        g: Any,
        slots: Mapping[str, Any],
        t: Any,
        learning_rate: Any = None,
        loss: Any = 0.0,
        noise: Any = 0.0,
    ) -> Values:
        """One update with the chosen values; `learning_rate` (from a schedule) takes the place of the record's own.

        `loss` and `noise` matter to a rule that anneals only; without them it adds no noise.
        """
        options = self.options
        if self.anneals:
            options |= {"loss": _plain(loss), "noise": noise}
        if learning_rate is not None and self.has_learning_rate:
            options["learning_rate"] = _plain(learning_rate)
        return self.update(xp, w, g, **{name: slots[name] for name, _ in self.slots}, t=_plain(t), **options)

    def shown(self, values: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
        """The lines that apply to what `step` returned: name, formula, value."""
        return [(name, formula, values[name]) for name, formula in self.lines if name in values]

    def _unknown(self, name: str, value: Any) -> InputError:
        if "learning_rate" not in {p.name for p in self.parameters} and name in ("learning_rate", *RATE_ELSEWHERE):
            why = ": it adapts a step for each weight" if "step_size" in dict(self.slots) else ""
            having = ", ".join(other.name for other in optimizers.values() if other.has_learning_rate)
            given = f"{self.name} was given {name}={value!r}"
            return InputError(given, f"{self.name} has no learning rate{why}", f"leave it out, or take one of {having}")
        return super()._unknown(name, value)


def _is_slot(slot: Any, options: Mapping[str, Any]) -> bool:
    if not isinstance(slot, tuple) or len(slot) != 2 or not isinstance(slot[0], str):
        return False
    start = slot[1]
    return start in options if isinstance(start, str) else isinstance(start, (int, float))


def sgd(
    xp: Any, w: Any, g: Any, velocity: Any, t: Any, learning_rate: float, momentum: float, nesterov: bool
) -> Values:
    """Stochastic gradient descent with (Nesterov) momentum, torch's form: the learning rate is outside the velocity.

    Classical momentum (Polyak 1964; Sutskever et al. 2013, eq. 1-2) keeps the rate inside: v' = mu v' - eta g, w += v'.
    With a constant rate v' = -eta v and both are the same; after a change of the rate torch's form takes it up at once.
    Nesterov's: Sutskever's eq. 3-4 evaluate the gradient at w + mu v'; here, as in torch, the weights held are those
    looked-ahead ones, and the step is g + mu v.
    """
    velocity = momentum * velocity + g
    values = {"velocity": velocity}
    if nesterov:
        direction = g + momentum * velocity
        values["nesterov_direction"] = direction
    else:
        direction = velocity
        values["direction"] = direction
    change = -learning_rate * direction
    return {**values, "change": change, "w": w + change}


def rmsprop(
    xp: Any,
    w: Any,
    g: Any,
    mean_square: Any,
    velocity: Any,
    t: Any,
    learning_rate: float,
    alpha: float,
    epsilon: float,
    momentum: float,
) -> Values:
    """RMSprop: divide by a running root mean square of the gradient; torch's form, epsilon outside the root.

    Tieleman and Hinton, lecture 6e, 2012: r = 0.9 r + 0.1 g^2, w -= eta g / sqrt(r). No epsilon there; TensorFlow has
    it inside the root, sqrt(r + epsilon). torch's alpha is 0.99 where the lecture has 0.9.
    """
    mean_square = alpha * mean_square + (1.0 - alpha) * g * g
    root = xp.sqrt(mean_square) + epsilon
    scaled = g / root
    velocity = momentum * velocity + scaled
    change = -learning_rate * velocity
    return {
        "mean_square": mean_square,
        "root": root,
        "scaled": scaled,
        "velocity": velocity,
        "change": change,
        "w": w + change,
    }


def adagrad(xp: Any, w: Any, g: Any, square_sum: Any, t: Any, learning_rate: float, epsilon: float) -> Values:
    """AdaGrad: divide by the root of the sum of all squared gradients so far.

    Duchi, Hazan and Singer 2011, diagonal form: H = delta I + diag(s)^(1/2), w -= eta g / H. torch's is the same with
    delta = epsilon = 1e-10; its option lr_decay, 0 by default, is a schedule here.
    """
    square_sum = square_sum + g * g
    root = xp.sqrt(square_sum) + epsilon
    change = -learning_rate * (g / root)
    return {"square_sum": square_sum, "root": root, "change": change, "w": w + change}


def adam(
    xp: Any,
    w: Any,
    g: Any,
    mean: Any,
    mean_square: Any,
    t: Any,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> Values:
    """Adam: momentum divided by a running root mean square, both corrected for starting at zero.

    Kingma and Ba 2015, algorithm 1, which torch follows: epsilon is added to the corrected root. (The shorter form at
    the end of the paper's section 2, TensorFlow's, adds it to the uncorrected one: an epsilon that shrinks with t.)
    """
    mean = beta1 * mean + (1.0 - beta1) * g
    mean_square = beta2 * mean_square + (1.0 - beta2) * g * g
    mean_corrected = mean / (1.0 - beta1**t)
    mean_square_corrected = mean_square / (1.0 - beta2**t)
    root = xp.sqrt(mean_square_corrected) + epsilon
    change = -learning_rate * (mean_corrected / root)
    return {
        "mean": mean,
        "mean_square": mean_square,
        "mean_corrected": mean_corrected,
        "mean_square_corrected": mean_square_corrected,
        "root": root,
        "change": change,
        "w": w + change,
    }


def adamw(
    xp: Any,
    w: Any,
    g: Any,
    mean: Any,
    mean_square: Any,
    t: Any,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: float,
) -> Values:
    """Adam with decoupled weight decay, torch's form: the decay is multiplied by the learning rate.

    Loshchilov and Hutter 2019, algorithm 2, line 12: w -= f_t (alpha m / (sqrt(v) + epsilon) + lambda w), with a
    schedule's factor f_t but without the rate alpha before lambda. torch's lambda is thus the paper's divided by alpha.
    As in torch the decay acts on every array, biases too.
    """
    decay = learning_rate * weight_decay * w
    mean = beta1 * mean + (1.0 - beta1) * g
    mean_square = beta2 * mean_square + (1.0 - beta2) * g * g
    mean_corrected = mean / (1.0 - beta1**t)
    mean_square_corrected = mean_square / (1.0 - beta2**t)
    root = xp.sqrt(mean_square_corrected) + epsilon
    change = -decay - learning_rate * (mean_corrected / root)
    return {
        "decay": decay,
        "mean": mean,
        "mean_square": mean_square,
        "mean_corrected": mean_corrected,
        "mean_square_corrected": mean_square_corrected,
        "root": root,
        "change": change,
        "w": w + change,
    }


def rprop(
    xp: Any,
    w: Any,
    g: Any,
    step_size: Any,
    previous_gradient: Any,
    t: Any,
    initial_step: float,
    grow: float,
    shrink: float,
    smallest: float,
    largest: float,
) -> Values:
    """iRPROP-: only the sign of the gradient counts; each weight has its own step size. For full batches.

    Igel and Huesken 2000, "Improving the Rprop learning algorithm": where the gradient changed its sign the step size
    shrinks and the gradient is forgotten, so that the weight rests for one update. torch's Rprop is this variant, with
    a first step of 0.01 (the paper: 0.0125) and limits 1e-6 and 50 (the paper: 0 and 50); it multiplies the two
    gradients where this multiplies their signs, which differs only where the product would underflow or overflow.
    """
    agreement = xp.sign(g) * xp.sign(previous_gradient)
    factor = xp.where(agreement > 0.0, grow, xp.where(agreement < 0.0, shrink, 1.0)).astype(w.dtype)
    step_size = xp.clip(step_size * factor, smallest, largest)
    previous_gradient = xp.where(agreement < 0.0, xp.zeros_like(g), g)
    change = -xp.sign(previous_gradient) * step_size
    return {
        "agreement": agreement,
        "factor": factor,
        "step_size": step_size,
        "previous_gradient": previous_gradient,
        "change": change,
        "w": w + change,
    }


def quickprop(
    xp: Any,
    w: Any,
    g: Any,
    previous_slope: Any,
    previous_change: Any,
    t: Any,
    learning_rate: float,
    growth: float,
    weight_decay: float,
) -> Values:
    """Quickprop: jump to the minimum of the parabola through the last two slopes of each weight. For full batches.

    Fahlman 1988, "An empirical study of learning speed in back-propagation networks", the rules of his section 3.3:
    the jump is s / (p - s) times the last change (s, p: slope now and before); where slopes of the same sign make that
    too large (more than `growth`), infinite or uphill, `growth` times the last change is taken instead; and the plain
    step -eta s is added except where the slope has changed its sign. The slope includes the weight decay.

    What the paper leaves open: where both slopes are 0 the jump is 0 (a weight without influence rests). Fahlman's
    program and FANN ask for the direction of the last change instead of the sign of p, which is the same thing along an
    ordinary descent.
    """
    slope = g + weight_decay * w
    agreement = xp.sign(slope) * xp.sign(previous_slope)
    too_large = (agreement > 0.0) & (xp.abs(slope) >= growth / (1.0 + growth) * xp.abs(previous_slope))
    # Where the jump is not used, or both slopes are 0, the difference may be 0: divide by 1 there.
    difference = previous_slope - slope
    difference = xp.where(too_large | (difference == 0.0), xp.ones_like(w), difference)
    jump = xp.where(too_large, growth * previous_change, slope / difference * previous_change)
    plain = xp.where(agreement >= 0.0, -learning_rate * slope, xp.zeros_like(w))
    change = jump + plain
    return {
        "slope": slope,
        "agreement": agreement,
        "jump": jump,
        "plain": plain,
        "previous_slope": slope,
        "previous_change": change,
        "change": change,
        "w": w + change,
    }


def _plain(value: Any) -> Any:
    """A NumPy number as Python's own, so that float32 weights stay float32; anything else as it is."""
    return value.item() if hasattr(value, "item") and type(value).__module__ == "numpy" else value


def _rate(default: float) -> Parameter:
    return Parameter(name="learning_rate", default=default, low=0.0, meaning="length of a step")


_MOMENTUM = Parameter(
    name="momentum", default=0.0, low=0.0, high=1.0, open="high", meaning="how much of the last velocity is kept"
)
_EPSILON = Parameter(name="epsilon", default=1e-8, low=0.0, open="low", meaning="keeps the division finite")
_BETAS = (
    Parameter(name="beta1", default=0.9, low=0.0, high=1.0, open="high", meaning="memory of the mean"),
    Parameter(name="beta2", default=0.999, low=0.0, high=1.0, open="high", meaning="memory of the mean square"),
)
_STEP_SIZES = (
    Parameter(name="initial_step", default=0.01, low=0.0, open="low", meaning="the first step size"),
    Parameter(name="grow", default=1.2, low=1.0, meaning="factor where the gradient keeps its sign"),
    Parameter(name="shrink", default=0.5, low=0.0, high=1.0, open="low", meaning="factor where it changes it"),
    Parameter(name="smallest", default=1e-6, low=0.0, meaning="the smallest step size"),
    Parameter(name="largest", default=50.0, low=0.0, open="low", meaning="the largest step size"),
)
_W = ("w", r"w_t = w_{t-1} + \Delta_t")
_MOMENTS = (
    ("mean", r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t"),
    ("mean_square", r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2"),
    ("mean_corrected", r"\hat m_t = m_t / (1 - \beta_1^t)"),
    ("mean_square_corrected", r"\hat v_t = v_t / (1 - \beta_2^t)"),
    ("root", r"r_t = \sqrt{\hat v_t} + \epsilon"),
)

optimizers: Table[Optimizer] = Table(
    "optimizer",
    [
        Optimizer(
            name="sgd",
            formula=r"v_t = \mu v_{t-1} + g_t, \quad w_t = w_{t-1} - \eta v_t",
            update=sgd,
            slots=(("velocity", 0.0),),
            lines=(
                ("velocity", r"v_t = \mu v_{t-1} + g_t"),
                ("direction", r"d_t = v_t"),
                ("nesterov_direction", r"d_t = g_t + \mu v_t"),
                ("change", r"\Delta_t = -\eta d_t"),
                _W,
            ),
            parameters=(
                _rate(0.1),
                _MOMENTUM,
                Parameter(name="nesterov", default=False, meaning="look ahead along the velocity"),
            ),
        ),
        Optimizer(
            name="rmsprop",
            formula=r"s_t = \alpha s_{t-1} + (1 - \alpha) g_t^2, \quad "
            r"w_t = w_{t-1} - \eta g_t / (\sqrt{s_t} + \epsilon)",
            update=rmsprop,
            slots=(("mean_square", 0.0), ("velocity", 0.0)),
            lines=(
                ("mean_square", r"s_t = \alpha s_{t-1} + (1 - \alpha) g_t^2"),
                ("root", r"r_t = \sqrt{s_t} + \epsilon"),
                ("scaled", r"h_t = g_t / r_t"),
                ("velocity", r"v_t = \mu v_{t-1} + h_t"),
                ("change", r"\Delta_t = -\eta v_t"),
                _W,
            ),
            parameters=(
                _rate(0.01),
                Parameter(
                    name="alpha", default=0.99, low=0.0, high=1.0, open="high", meaning="memory of the mean square"
                ),
                _EPSILON,
                _MOMENTUM,
            ),
        ),
        Optimizer(
            name="adagrad",
            formula=r"s_t = s_{t-1} + g_t^2, \quad w_t = w_{t-1} - \eta g_t / (\sqrt{s_t} + \epsilon)",
            update=adagrad,
            slots=(("square_sum", 0.0),),
            lines=(
                ("square_sum", r"s_t = s_{t-1} + g_t^2"),
                ("root", r"r_t = \sqrt{s_t} + \epsilon"),
                ("change", r"\Delta_t = -\eta (g_t / r_t)"),
                _W,
            ),
            parameters=(
                _rate(0.01),
                Parameter(name="epsilon", default=1e-10, low=0.0, open="low", meaning="keeps the division finite"),
            ),
        ),
        Optimizer(
            name="adam",
            formula=r"w_t = w_{t-1} - \eta \hat m_t / (\sqrt{\hat v_t} + \epsilon)",
            update=adam,
            slots=(("mean", 0.0), ("mean_square", 0.0)),
            lines=(*_MOMENTS, ("change", r"\Delta_t = -\eta (\hat m_t / r_t)"), _W),
            parameters=(_rate(0.001), *_BETAS, _EPSILON),
        ),
        Optimizer(
            name="adamw",
            formula=r"w_t = w_{t-1} - \eta \lambda w_{t-1} - \eta \hat m_t / (\sqrt{\hat v_t} + \epsilon)",
            update=adamw,
            slots=(("mean", 0.0), ("mean_square", 0.0)),
            lines=(
                ("decay", r"c_t = \eta \lambda w_{t-1}"),
                *_MOMENTS,
                ("change", r"\Delta_t = -c_t - \eta (\hat m_t / r_t)"),
                _W,
            ),
            parameters=(
                _rate(0.001),
                *_BETAS,
                _EPSILON,
                Parameter(name="weight_decay", default=0.01, low=0.0, meaning="pull of every weight towards 0"),
            ),
        ),
        Optimizer(
            name="rprop",
            formula=r"w_t = w_{t-1} - \mathrm{sign}(g_t)\, s_t",
            update=rprop,
            slots=(("step_size", "initial_step"), ("previous_gradient", 0.0)),
            lines=(
                ("agreement", r"a_t = \mathrm{sign}(g_t)\, \mathrm{sign}(p_{t-1})"),
                ("factor", r"f_t = \eta^+ \text{ if } a_t > 0, \; \eta^- \text{ if } a_t < 0, \; \text{else } 1"),
                ("step_size", r"s_t = \min(\max(s_{t-1} f_t, s_{min}), s_{max})"),
                ("previous_gradient", r"p_t = 0 \text{ if } a_t < 0, \; \text{else } g_t"),
                ("change", r"\Delta_t = -\mathrm{sign}(p_t)\, s_t"),
                _W,
            ),
            parameters=_STEP_SIZES,
        ),
        Optimizer(
            name="quickprop",
            formula=r"\Delta_t = \frac{s_t}{s_{t-1} - s_t} \Delta_{t-1} - \eta s_t",
            update=quickprop,
            slots=(("previous_slope", 0.0), ("previous_change", 0.0)),
            lines=(
                ("slope", r"s_t = g_t + \lambda w_{t-1}"),
                ("agreement", r"a_t = \mathrm{sign}(s_t)\, \mathrm{sign}(s_{t-1})"),
                (
                    "jump",
                    r"j_t = \mu \Delta_{t-1} \text{ if } a_t > 0 \text{ and } "
                    r"|s_t| \ge \tfrac{\mu}{1 + \mu} |s_{t-1}|, \; \text{else } s_t / (s_{t-1} - s_t)\, \Delta_{t-1}",
                ),
                ("plain", r"q_t = 0 \text{ if } a_t < 0, \; \text{else } -\eta s_t"),
                ("change", r"\Delta_t = j_t + q_t"),
                _W,
            ),
            parameters=(
                _rate(0.1),
                Parameter(name="growth", default=1.75, low=0.0, open="low", meaning="the largest growth of a step"),
                Parameter(name="weight_decay", default=0.0, low=0.0, meaning="pull of every weight towards 0"),
            ),
        ),
        Optimizer(
            name="sarprop",
            formula=r"w_t = w_{t-1} - \mathrm{sign}(h_t)\, s_t, \quad h_t = g_t + \lambda 2^{-T (t - 1)} w_{t-1}",
            update=sarprop,
            slots=(("step_size", "initial_step"), ("previous_gradient", 0.0)),
            anneals=True,
            lines=(*SARPROP_LINES, _W),
            parameters=(*_STEP_SIZES, *SARPROP_PARAMETERS),
        ),
    ],
    elsewhere={
        "gd": "sgd",
        "gradientdescent": "sgd",
        "stochasticgradientdescent": "sgd",
        "backprop": "sgd",
        "momentum": "sgd(momentum=0.9)",
        "nesterov": "sgd(momentum=0.9, nesterov=True)",
        "nag": "sgd(momentum=0.9, nesterov=True)",
    },
)
