"""A NeuralNetwork class: layers, a loss, the chain rule, and a loss that falls at every step."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import Dense, Network
from ...insight import pictures
from ...insight.render import Formula, Heading, Note, Table
from .lesson import ELEVEN_LINES, EXCLUSIVE_OR, ROWS, Lesson, fixed

EPOCHS, SEED = 1_500, 0


def lesson() -> Lesson:
    """1500 updates of a 3-4-1 network with weights from [0, 1), seed 0."""
    zero_to_one: dict[str, Any] = {"bias": False, "weights": "uniform(low=0, high=1)"}
    net = Network(3, Dense(4, "sigmoid", **zero_to_one), Dense(1, "sigmoid", **zero_to_one), seed=SEED)
    history = net.fit(ROWS, EXCLUSIVE_OR, epochs=EPOCHS, **{**ELEVEN_LINES, "loss": "squared_error"})
    monotone = bool((np.diff(history.loss) < 0).all())
    answers = net.predict(ROWS)[:, 0]
    rows = [
        (" ".join(map(str, x)), int(y), fixed(a, 6), fixed(a - y, 6))
        for x, y, a in zip(ROWS.tolist(), EXCLUSIVE_OR, answers, strict=True)
    ]
    falls = "falls in every single iteration" if monotone else "falls, but not in every iteration"
    return Lesson.of(
        "A network with a loss",
        [
            "A network is: inputs, any number of hidden layers, an output, weights and biases between them, an "
            "activation for each layer. Here 3 inputs, 4 hidden units and 1 output, all sigmoid, no biases; initial "
            f"weights uniform from 0 to 1, with the seed {SEED}.",
            "Weights and biases decide what it predicts; a loss says how bad that is. There are many, and the problem "
            "decides which one fits. This is the summed squared error:",
            Formula(r"L = \sum_i (y_i - \hat{y}_i)^2, \qquad \frac{dL}{d\hat{y}_i} = 2 (\hat{y}_i - y_i)"),
            "To learn, the network needs the slope of this loss by each weight. A weight acts on the loss only through "
            "what comes after it, so the slopes of all steps on the way are multiplied: the chain rule.",
            Formula(
                r"\frac{dL}{dW} = \frac{dL}{d\hat{y}} \cdot \frac{d\hat{y}}{dz} \cdot \frac{dz}{dW}"
                r" = 2 (\hat{y} - y) \cdot \sigma'(z) \cdot x"
            ),
            f"Over {EPOCHS} iterations the loss {falls}, from {history.loss[0]:.6g} to {history.loss[-1]:.6g}. Then:",
            Table(("input", "true", "predicted", "difference"), rows, align="lrrr"),
            Heading("Is that luck?", 3),
            "Close to the truth, but never equal: a sigmoid reaches 0 and 1 nowhere.",
            Note(
                "Other seeds do nearly always as well. A rare one gets stuck halfway between 0 and 1; "
                "`benchmarks/` counts how many of 1000 do."
            ),
        ],
        {
            "seed": SEED,
            "iterations": EPOCHS,
            "loss_first": history.loss[0],
            "loss_last": history.loss[-1],
            "monotone": monotone,
            "predictions": answers,
            "targets": EXCLUSIVE_OR,
        },
        pictures.loss_curve(history),
        "The loss by iteration.",
    )
