"""One neuron, the sigmoid, and what they are good for: to tell spam, by weights first guessed and then learnt."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import Dense, Network
from ...insight import pictures
from ...insight.render import Formula, Heading, Note, Picture, Table, text_bars
from . import spam_filter
from .lesson import Lesson, fixed

INPUTS, WEIGHTS, BIAS = (1.0, 1.0), (7.0, 3.0), -5.0
ELSEWHERE = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
CURVE_AT = tuple(float(z) for z in range(-6, 7))
MESSAGES = (
    "Lunch at noon?",
    "Notes on Viagra, for the biology class",
    "BUY NOW: Viagra at half the price",
    "Minutes of the NATO meeting",
)


def lesson() -> Lesson:
    """The neuron with weights 7 and 3 and bias -5, and a neuron with 57 inputs that learns from real e-mails."""
    net = Network(2, Dense(1, "sigmoid", weights=[[w] for w in WEIGHTS], biases=[BIAS]))
    layer = net.trace([INPUTS]).layers[0]
    assert layer.z is not None
    z, a = float(layer.z[0, 0]), float(layer.a[0, 0])
    told = [(text, *capitals_and_viagra(text)) for text in MESSAGES]
    sorted_ = list(zip(told, answers(net, [row[1:] for row in told]), strict=True))
    learnt = spam_filter.learn()
    return Lesson.of(
        "One neuron",
        [
            "A neuron multiplies each input by a weight, adds a bias, and passes the sum through an activation. This "
            "one has the weights 7 and 3 and the bias -5. With both inputs 1:",
            Formula(r"z = x_1 W_1 + x_2 W_2 + b = 1 \cdot 7 + 1 \cdot 3 - 5 = " + f"{z:g}"),
            Formula(r"a = \sigma(z) = \frac{1}{1 + e^{-z}} = \frac{1}{1 + e^{-" + f"{z:g}" + "}} = " + fixed(a)),
            f"{fixed(a)}, so nearly 1 that a reader would round it: the neuron says yes.",
            *_sigmoid(net),
            *_messages(sorted_),
            *spam_filter.told(learnt),
            "Try: `pellucid tutorial neuron --picture neuron.svg` draws the first neuron, and `--page neuron.html` "
            "shows all of this with pictures.",
        ],
        {
            "inputs": INPUTS,
            "weights": WEIGHTS,
            "bias": BIAS,
            "z": z,
            "a": a,
            "printed": fixed(a),
            "sigmoid": [{"z": at, "a": sigmoid(at)} for at in CURVE_AT],
            "messages": [
                {"text": text, "capitals": capitals, "viagra": viagra, "a": answer}
                for (text, capitals, viagra), answer in sorted_
            ],
            "spam": learnt.numbers(),
        },
        pictures.neuron(INPUTS, WEIGHTS, BIAS, "sigmoid"),
        "The neuron at work: each product, their sum, and where the sum lies on the sigmoid.",
    )


def sigmoid(z: float) -> float:
    """The sigmoid of one number."""
    return float(1 / (1 + np.exp(-z)))


def capitals_and_viagra(message: str) -> tuple[float, float]:
    """What the filter reads off a message: how many words stand in capitals, and whether "Viagra" occurs (1) or not.

    >>> capitals_and_viagra("BUY NOW: Viagra")
    (2.0, 1.0)
    """
    words = [word.strip(".,:;!?") for word in message.split()]
    capitals = sum(word.isupper() and len(word) > 1 for word in words)
    return float(capitals), float(any(word.lower() == "viagra" for word in words))


def answers(net: Network, rows: Any) -> list[float]:
    """What the neuron says to each row."""
    return [float(y) for y in net.predict(np.array(rows))[:, 0]]


def _sigmoid(net: Network) -> list[Any]:
    others = [
        (x1, x2, x1 * 7 + x2 * 3 - 5, fixed(y)) for (x1, x2), y in zip(ELSEWHERE, answers(net, ELSEWHERE), strict=True)
    ]
    curve = text_bars([f"{z:g}" for z in CURVE_AT], [sigmoid(z) for z in CURVE_AT], "σ(z)")
    return [
        Heading("The sigmoid", 3),
        "It turns any sum into a number between 0 and 1: far below 0 it is nearly 0, at 0 it is a half, far above "
        "nearly 1. It has no corner and no jump, so that a small change of a weight is a small change of the answer:",
        Picture(pictures.activation_curve("sigmoid"), text=curve),
        "This neuron says yes where the first input is 1:",
        Table(("x1", "x2", "z", "a"), others, align="rrrr"),
    ]


def _messages(found: list[tuple[tuple[str, float, float], float]]) -> list[Any]:
    rows = [
        (text, capitals, viagra, fixed(a, 6), "spam" if a > 0.5 else "no spam") for (text, capitals, viagra), a in found
    ]
    return [
        Heading("A spam filter", 3),
        "Let the first input be how many words of a message stand in CAPITALS, the second whether the word Viagra "
        "occurs, and the answer 1 mean spam. The same neuron then sorts mail:",
        Table(("message", "CAPITALS", "Viagra", "a", "says"), rows, align="lrrrl"),
        Note(
            "The last one is wrong: somebody guessed 7, 3 and -5. Better weights are learnt from mail that was sorted."
        ),
    ]
