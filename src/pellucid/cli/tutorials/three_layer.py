"""Three layers: what no single column tells, and the error that shrinks every ten thousand iterations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import Dense, Network
from ...insight.render import Heading, Note, Table
from .lesson import ELEVEN_LINES, EXCLUSIVE_OR, ROWS, Lesson, fixed

EPOCHS, EVERY = 60_000, 10_000


def lesson() -> Lesson:
    """60000 updates of a 3-4-1 network from RandomState(1)."""
    uniform: dict[str, Any] = {"bias": False, "weights": "uniform(low=-1, high=1)"}
    net = Network(3, Dense(4, "sigmoid", **uniform), Dense(1, "sigmoid", **uniform), seed=np.random.RandomState(1))
    moments = list(range(0, EPOCHS, EVERY))
    net.fit(ROWS, EXCLUSIVE_OR, epochs=EPOCHS, record=moments, **ELEVEN_LINES)
    errors = [_error(net.at(epoch)) for epoch in moments]
    correlations = [_correlations(net.at(0)), _correlations(net)]
    answers = net.predict(ROWS)[:, 0]
    return Lesson.of(
        "Three layers, for what no single column tells",
        [*_errors(moments, errors), *_answers(answers), *_hidden(correlations)],
        {
            "iterations": moments,
            "mean_absolute_error": errors,
            "printed": [f"{error:.12g}" for error in errors],
            "predictions": answers,
            "targets": EXCLUSIVE_OR,
            "hidden_correlation_first": correlations[0],
            "hidden_correlation_last": correlations[1],
        },
        net.draw([1, 0, 1]),
        "The trained network with the numbers of the example 1 0 1.",
    )


def _error(net: Network) -> float:
    return float(np.abs(net.predict(ROWS)[:, 0] - EXCLUSIVE_OR).mean())


def _correlations(net: Network) -> list[float]:
    """How each hidden unit's output goes along with the answer, over the four examples."""
    hidden = net.trace(ROWS).layers[0].a
    return [float(np.corrcoef(column, EXCLUSIVE_OR)[0, 1]) for column in hidden.T]


def _errors(moments: list[int], errors: list[float]) -> list[Any]:
    rows = [(f"{epoch}", f"{error:.12g}") for epoch, error in zip(moments, errors, strict=True)]
    return [
        "The answer is now the exclusive or of the first two columns: 0 1 1 0. Each column alone is right as often as "
        "wrong, so a layer in between has to combine them: 3 inputs, 4 hidden units, 1 output. The mean absolute error "
        "in some iterations, before their update:",
        Table(("iteration", "mean absolute error"), rows, align="rr"),
    ]


def _answers(answers: np.ndarray) -> list[Any]:
    rows = [
        (" ".join(map(str, x)), int(y), fixed(a, 6))
        for x, y, a in zip(ROWS.tolist(), EXCLUSIVE_OR, answers, strict=True)
    ]
    return [Heading("After 60000 updates", 3), Table(("input", "true", "predicted"), rows, align="lrr")]


def _hidden(correlations: list[list[float]]) -> list[Any]:
    rows = [(f"hidden unit {i}", *pair) for i, pair in enumerate(zip(*correlations, strict=True))]
    return [
        Heading("What the hidden layer is for", 3),
        "Its error is the output's delta carried back through the weights: a hidden unit that pushed a wrong answer "
        "gets the blame in proportion to its weight. A unit that happens to go along with the answer is made stronger. "
        "How each one's output correlates with the answer:",
        Table(("", "at the start", "at the end"), rows, digits=3),
        Note("A unit need not tell the answer alone; the output layer adds them up with its weights."),
    ]
