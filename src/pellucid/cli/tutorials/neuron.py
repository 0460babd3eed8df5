"""One neuron, and the sigmoid."""

from __future__ import annotations

import numpy as np

from ... import Dense, Network
from ...insight import pictures
from ...insight.render import Formula, Heading, Table
from .lesson import Lesson, fixed

INPUTS, WEIGHTS, BIAS = (1.0, 1.0), (7.0, 3.0), -5.0
ELSEWHERE = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def lesson() -> Lesson:
    """The neuron with weights 7 and 3 and bias -5."""
    net = Network(2, Dense(1, "sigmoid", weights=[[w] for w in WEIGHTS], biases=[BIAS]))
    layer = net.trace([INPUTS]).layers[0]
    assert layer.z is not None
    z, a = float(layer.z[0, 0]), float(layer.a[0, 0])
    others = [(x1, x2, x1 * 7 + x2 * 3 - 5, fixed(y)) for (x1, x2), y in zip(ELSEWHERE, _answers(net), strict=True)]
    return Lesson.of(
        "One neuron",
        [
            "A neuron multiplies each input by a weight, adds a bias, and passes the sum through an activation. This "
            "one has the weights 7 and 3 and the bias -5. With both inputs 1:",
            Formula(r"z = x_1 W_1 + x_2 W_2 + b = 1 \cdot 7 + 1 \cdot 3 - 5 = " + f"{z:g}"),
            Formula(r"a = \sigma(z) = \frac{1}{1 + e^{-z}} = \frac{1}{1 + e^{-" + f"{z:g}" + "}} = " + fixed(a)),
            f"{fixed(a)}, so nearly 1 that a reader would round it: the neuron says yes.",
            Heading("What else it can say", 3),
            "The sigmoid turns any sum into a number between 0 and 1: far below 0 it is nearly 0, at 0 it is a half, "
            "far above nearly 1. This neuron says yes where the first input is 1:",
            Table(("x1", "x2", "z", "a"), others, align="rrrr"),
            "Try: `pellucid tutorial neuron --picture neuron.svg` draws it.",
        ],
        {"inputs": INPUTS, "weights": WEIGHTS, "bias": BIAS, "z": z, "a": a, "printed": fixed(a)},
        pictures.neuron(INPUTS, WEIGHTS, BIAS, "sigmoid"),
        "The neuron at work: each product, their sum, and where the sum lies on the sigmoid.",
    )


def _answers(net: Network) -> list[float]:
    return [float(y) for y in net.predict(np.array(ELSEWHERE))[:, 0]]
