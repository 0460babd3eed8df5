"""Two layers, learnt from four examples: the outputs before and after the last update, and one update taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import Dense, Network, activations
from ...insight import pictures
from ...insight.render import Formula, Heading, Note, Signed, Table
from .lesson import ELEVEN_LINES, ROWS, Lesson, fixed

TARGET = np.array([0, 0, 1, 1])
UPDATES = 10_000
SLOPES_AT = (2.0, 0.0, -1.0)


def lesson() -> Lesson:
    """10000 updates from RandomState(1)."""
    net = Network(3, Dense(1, "sigmoid", bias=False, weights="uniform(low=-1, high=1)"), seed=np.random.RandomState(1))
    net.fit(ROWS, TARGET, epochs=UPDATES, record=[0, 1, UPDATES - 1], **ELEVEN_LINES)
    outputs = {epoch: net.at(epoch).predict(ROWS)[:, 0] for epoch in (0, UPDATES - 1, UPDATES)}
    update = _first_update(net.at(0))
    slopes = {z: _slope(z) for z in SLOPES_AT}
    numbers = {
        "first_iteration": outputs[0],
        "last_iteration_before_its_update": outputs[UPDATES - 1],
        "after_all_updates": outputs[UPDATES],
        "printed": [fixed(y) for y in outputs[UPDATES - 1]],
        "slopes": [{"x": z, "slope": slope} for z, slope in slopes.items()],
        "weights": net.parameters["dense_1.W"][:, 0],
        "update": update,
    }
    return Lesson.of(
        "Two layers, learnt from four examples",
        [*_outputs(outputs), *_slopes(slopes), *_update(update)],
        numbers,
        pictures.loss_curve(net.history, title="Half the summed squared error"),
    )


def _outputs(outputs: dict[int, np.ndarray]) -> list[Any]:
    before, after = outputs[UPDATES - 1], outputs[UPDATES]
    rows = [
        (" ".join(map(str, x)), int(y), fixed(outputs[0][i]), fixed(before[i]), fixed(after[i]))
        for i, (x, y) in enumerate(zip(ROWS.tolist(), TARGET, strict=True))
    ]
    return [
        "Four examples; their first column is the answer. Three weights (no bias), a sigmoid, and 10000 updates with "
        "all four examples at once. The network finds out by itself which column matters:",
        Table(("input", "true", "first iteration", "iteration 10000", "after it"), rows, align="lrrrr"),
        "The page prints the column iteration 10000: " + " ".join(fixed(y) for y in before) + ".",
        Note(
            "Why two columns? In each iteration the outputs are computed first and the weights are changed afterwards. "
            "What is printed at the end are the outputs that iteration 10000 began with, after 9999 updates; its own "
            "update moves them once more, to " + " ".join(fixed(y) for y in after) + "."
        ),
    ]


def _slope(z: float) -> float:
    record = activations["sigmoid"]
    point = np.array([z])
    return float(record.slope_at(np, point, record.run(np, point))[0])


def _slopes(slopes: dict[float, float]) -> list[Any]:
    rows = [(f"{z:g}", fixed(1 / (1 + np.exp(-z)), 4), fixed(slope, 4)) for z, slope in slopes.items()]
    return [
        Heading("How steep the sigmoid is", 3),
        Formula(r"\sigma'(x) = \sigma(x) (1 - \sigma(x))"),
        Table(("x", "σ(x)", "slope"), rows, align="rrr"),
        "It is steepest at 0, where the network is undecided, and flat far out, where it is sure. The error of each "
        "example is multiplied by this slope: what the network is sure of is hardly changed, what it is unsure of is.",
    ]


def _first_update(net: Network) -> dict[str, Any]:
    """The first update of the leftmost weight: input times delta of each example, and their sum."""
    a = net.predict(ROWS)[:, 0]
    error = TARGET - a
    delta = error * a * (1 - a)
    terms = ROWS[:, 0] * delta
    weight = float(net.parameters["dense_1.W"][0, 0])
    traced = net.trace(ROWS, TARGET).updated["dense_1.W"][0, 0]
    return {
        "weight": "dense_1.W[0, 0]",
        "before": weight,
        "examples": [
            {"input": float(x), "error": float(e), "slope": float(s), "delta": float(d), "term": float(t)}
            for x, e, s, d, t in zip(ROWS[:, 0], error, a * (1 - a), delta, terms, strict=True)
        ],
        "sum": float(terms.sum()),
        "after": float(traced),
    }


def _update(update: dict[str, Any]) -> list[Any]:
    rows = [
        (
            str(i),
            e["input"],
            fixed(e["error"], 6),
            fixed(e["slope"], 6),
            fixed(e["delta"], 6),
            Signed(round(e["term"], 8)),
        )
        for i, e in enumerate(update["examples"], 1)
    ]
    return [
        Heading("One update of one weight", 3),
        "The first update of the leftmost weight. Delta is the error times the slope; each example adds its input "
        "times its delta. Where the input is 0, the example says nothing about this weight; where it is 1, it adds "
        "its delta:",
        Table(("example", "input", "error", "slope", "delta", "input × delta"), rows, align="rrrrrr", digits=8),
        f"The sum is {fixed(update['sum'])}: the weight goes from {fixed(update['before'])} to "
        f"{fixed(update['after'])}.",
        Formula(r"W_1 \leftarrow W_1 + \sum_{i=1}^{4} x_{i1} \delta_i"),
    ]
