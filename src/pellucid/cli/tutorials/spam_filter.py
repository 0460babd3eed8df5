"""Logistic regression: one neuron, a network without a hidden layer, that learns from 4601 real e-mails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data.datasets import load_dataset
from ...insight import pictures
from ...insight.render import Formula, Heading, Note, Picture, Table, text_bars
from ...report.evaluation import Evaluation, evaluate, percent
from ..shared import split_rows, without_notices
from .lesson import fixed

SEED, TEST, SHOWN = 0, 0.25, 6


@dataclass(frozen=True, eq=False)
class Learnt:
    """What came out: the weights (of the standardised columns) by name, the bias, the test, and one test e-mail."""

    names: tuple[str, ...]
    weights: np.ndarray
    bias: float
    rows: int
    test: Evaluation
    row: int
    truth: str
    z: float
    probability: float

    @property
    def largest(self) -> list[int]:
        """The places of the weights that speak loudest, for spam and against it, the largest sum first."""
        order = np.argsort(self.weights).tolist()
        return [*order[::-1][:SHOWN], *order[:SHOWN][::-1]]

    def numbers(self) -> dict[str, Any]:
        """All of it for programs."""
        weights = {self.names[i]: float(self.weights[i]) for i in self.largest}
        facts = {"training_rows": self.rows, "test": self.test.to_dict(), "bias": self.bias, "largest_weights": weights}
        return {**facts, "email": {"row": self.row, "type": self.truth, "z": self.z, "spam": self.probability}}


def learn() -> Learnt:
    """Train on three quarters of the e-mails, test on the others, and put the first of these through by hand."""
    from ...auto import fit

    table = load_dataset("spambase")
    X, y = table.without("type"), table["type"]
    train, test = split_rows(table, "type", "classification", TEST, SEED)
    net = fit(X.take(train), y[train], hidden=(), target="type", seed=SEED, progress=False, quiet=True)
    with without_notices():
        found = evaluate(net, X.take(test), y[test], y[train])
        x = net.trace(X.take(test[:1])).x[0]
    W, b = net.parameters["dense_1.W"][:, 0], float(net.parameters["dense_1.b"][0])
    z = float(x @ W + b)  # the whole network, by hand
    assert net.preprocessing is not None
    assert net.classes == ("nonspam", "spam")
    return Learnt(
        tuple(net.preprocessing.prepared_names), W, b, len(train), found, int(table.rows[test[0]]), str(y[test[0]]), z,
        float(1 / (1 + np.exp(-z))),
    )  # fmt: skip


def told(learnt: Learnt) -> list[Any]:
    """The lesson's second half."""
    test, rows = learnt.test, learnt.rows
    names, weights = [learnt.names[i] for i in learnt.largest], [float(learnt.weights[i]) for i in learnt.largest]
    title = f"The {SHOWN} largest weights for spam, and the {SHOWN} against it"
    facts = [
        ("right on mail it never saw", f"{test.score_text} ({test.right} of {test.n})"),
        (f"always {test.baseline_answer}", test.baseline_text),
    ]
    return [
        Heading("Weights that are learnt", 3),
        "One neuron with a sigmoid that learns its weights is called logistic regression: a network without a hidden "
        f"layer. Here it has 57 inputs, read off {rows + test.n} real e-mails (how often free occurs, or $, how long "
        f"the runs of CAPITALS are ...), and learns from {rows} of them, which people have sorted:",
        Formula(r"a = \sigma\left(\sum_{i=1}^{57} x_i W_i + b\right)"),
        Table((), facts),
        "What it has learnt can be read. The inputs are standardised, so their weights can be compared:",
        Picture(
            pictures.bars(names, weights, title=title, most=2 * SHOWN, ordered=False),
            text=text_bars(names, weights, title),
        ),
        f"And it can be done by hand. The e-mail in row {learnt.row} of the table has the sum z = {fixed(learnt.z, 4)} "
        f"and σ(z) = {fixed(learnt.probability, 4)}: spam with {percent(learnt.probability)}. It is {learnt.truth}.",
        Note(
            "`pellucid train spambase --hidden none` does the same with a report. Hidden layers do little better on "
            "this mail, where each column speaks for itself; where no single one tells the answer a neuron alone must "
            "fail, and a network does not: `pellucid tutorial three-layer`. How all of them learn, by taking the error "
            "back through the layers: `pellucid tutorial two-layer` and `class`."
        ),
    ]
