"""The AND gate: a 2-4-1 network of tanh units on the four rows, until the error is small enough."""

from __future__ import annotations

import numpy as np

from ... import Network
from ...insight.render import Note, Table
from ...training.callbacks import EpochReport
from .lesson import Lesson, fixed

ROWS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
TARGET = np.array([-1.0, -1.0, -1.0, 1.0])
MOST_EPOCHS, WANTED_ERROR, SEED = 10_000, 1e-5, 0


def lesson() -> Lesson:
    """At most 10000 epochs with RPROP, until the mean squared error is below 0.00001."""
    net = Network([2, 4, 1], activation="tanh", seed=SEED)

    def good_enough(report: EpochReport) -> None:
        if report.loss < WANTED_ERROR:
            report.stop(f"the error is below {WANTED_ERROR:g}")

    history = net.fit(
        ROWS,
        TARGET,
        loss="squared_error",
        optimizer="rprop",
        epochs=MOST_EPOCHS,
        batch_size=None,
        callbacks=good_enough,
        progress=False,
    )
    answers = net.predict(ROWS)[:, 0]
    rows = [(f"{x1:g}", f"{x2:g}", f"{y:g}", fixed(a, 6)) for (x1, x2), y, a in zip(ROWS, TARGET, answers, strict=True)]
    return Lesson.of(
        "The and gate",
        [
            "Both inputs must be 1 for the answer 1; false is -1 here. A network of 2 inputs, 4 hidden units and 1 "
            "output, fully connected, all of them tanh, whose values run from -1 to 1. It trains on all four rows at "
            f"once with RPROP, for at most {MOST_EPOCHS} epochs, until the mean squared error is below "
            f"{WANTED_ERROR:g}.",
            f"That took {history.epochs} epochs (seed {SEED}); the error is {history.loss[-1]:.3g}. What it answers:",
            Table(("x1", "x2", "true", "answered"), rows, align="rrrr"),
            "Close to -1 and 1, but not quite: tanh reaches them nowhere. A perceptron, whose unit jumps from -1 to 1, "
            "could give them exactly; but a small change of a weight then changes nothing, or everything, and there is "
            "no slope to learn from. That is why smooth activations are used.",
            Note("RPROP looks only at the sign of each slope and keeps a step length of its own for every weight, so "
                 "it takes no learning rate."),
        ],
        {
            "seed": SEED,
            "epochs": history.epochs,
            "error": history.loss[-1],
            "stopped": history.stopped,
            "predictions": answers,
            "targets": TARGET,
        },
        net.draw([1, 1]),
        "The trained network with the numbers of the row 1 1.",
    )  # fmt: skip
