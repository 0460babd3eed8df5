"""The report's sections, each a function from a `Run` to nodes of the render tree."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np

from ..insight import pictures
from ..insight.render import (
    Badge,
    Code,
    Details,
    Group,
    Heading,
    Node,
    Note,
    Paragraph,
    Picture,
    Table,
    counted,
    number,
)
from ..insight.render.nodes import node
from ..model.preprocessing import Column
from .evaluation import Evaluation, explained, share_text
from .examples import choose_examples
from .importance import importance
from .run import Run

MOST_BARS = 15
FEW_CLASSES = 12
COUNTED = ("No prediction", "One prediction", "Two predictions", "Three predictions")
RECALL = "Recall: how many of a class were found. Precision: how many that were called so are so."


def result(run: Run) -> list[Node]:
    """The test beside its baseline, and where the errors are."""
    found = run.evaluation
    numbers = [_scores(run)]
    if found.task == "classification" and len(found.classes) <= FEW_CLASSES:
        numbers.append(_by_class(found))
    nodes: list[Node] = [Heading("How good it is"), Group([Group(numbers), _errors(run)], across=True)]
    if len(found.classes) > FEW_CLASSES:
        nodes.append(Details("Class by class", [_by_class(found)]))
    if found.classes:
        nodes.append(Note(RECALL))
    verdict = _verdict(found)
    return [*nodes, *([Note(verdict)] if verdict else [])]


def data(run: Run) -> list[Node]:
    """What was read and noticed, and each column."""
    pieces = run.net.preprocessing
    assert pieces is not None
    rows = [_column_row(column, run) for column in pieces.columns]
    rows += [(name, "left out", reason, "", None) for name, reason in pieces.dropped]
    header = ("column", "read as", "values in training", "missing ones become", "missing in training")
    table = Table(header, rows, align="lllll" if not rows else "llllr")
    columns = f"The {len(rows)} columns, one by one" if len(rows) > 1 else "The column"
    return [
        Heading("The data"),
        *map(Paragraph, run.findings),
        Paragraph(_split(run)),
        Details(columns, [table], open=len(rows) <= 12) if rows else Paragraph("No columns."),
    ]


def chosen(run: Run) -> list[Node]:
    """What was decided, and by whom."""
    return [
        Heading("What was chosen"),
        Paragraph("From the training rows alone; options of `pellucid train` say otherwise."),
        Table((), [(str(i), text) for i, text in enumerate(run.choices, 1)], align="rl"),
    ]


def network(run: Run) -> list[Node]:
    """The network as a picture and as a table."""
    drawn = run.net.draw()
    caption = "Every line is a weight: its colour is the sign, its width the size. Inputs left, answer right."
    return [Heading("The network"), Picture(drawn, caption), Details("Its layers in numbers", [Code(repr(run.net))])]


def training(run: Run) -> list[Node]:
    """The loss curve and how training ended."""
    history = run.net.history
    facts: list[tuple[str, Any]] = [
        ("epochs", history.epochs),
        ("ended by", history.stopped),
        ("seconds", number(run.seconds, 3)),
    ]
    if history.loss:
        facts[1:1] = [("loss in the first epoch", history.loss[0]), ("loss in the last epoch", history.loss[-1])]
    facts += [("computed by", history.engine), ("seed", str(run.net.seed))]
    return [
        Heading("The training"),
        Group([Picture(run.net.plot_loss()), Table((), facts)], across=True),
        Note("This is the loss on the training rows. It falls even where a network only learns its rows by heart."),
    ]


def inputs(run: Run) -> list[Node]:
    """Permutation importance of the columns."""
    found = importance(run.net, run.inputs.take(run.test), run.evaluation)
    points = run.evaluation.metric == "accuracy"
    factor, unit = (100.0, "percentage points of accuracy lost") if points else (1.0, "R² lost")
    names = [found.names[i] for i in found.order]
    lost, deviation = found.loss[found.order] * factor, found.deviation[found.order] * factor
    picture = pictures.bars(names, lost, title="What the test score loses without a column", most=MOST_BARS, unit=unit)
    told = (
        "Permutation importance: the values of one column are shuffled among "
        f"{counted(found.rows, 'test row')} and the score is measured again, {found.shuffles} times. What it loses is "
        "what the network got from this column. Of two "
        "columns that say the same, each alone may look unimportant; and what matters to a network need not be a cause."
    )
    table = Table(
        ("column", unit, "± deviation"), list(zip(names, lost.tolist(), deviation.tolist(), strict=True)), digits=3
    )
    return [Heading("The inputs that matter"), Paragraph(told), Picture(picture), Details("All columns", [table])]


def predictions(run: Run) -> list[Node]:
    """Three test rows with what pushed each answer."""
    examples = choose_examples(run.evaluation)
    nodes: list[Node] = [
        Heading(f"{COUNTED[len(examples)]}, explained"),
        Paragraph("From the test part. How far each column pushed the answer away from that for the average row:"),
    ]
    for example in examples:
        row = run.test[example.place]
        explanation = run.net.explain(run.inputs.take(np.array([row])))
        nodes += [
            Heading(f"{example.title} (row {run.table.rows[row]})", 3),
            Paragraph(example.said),
            side_by_side(lowered(explanation, 2)),
        ]
    return nodes


def diagnosis(run: Run) -> list[Node]:
    """What is wrong with the network on its training rows, if anything."""
    found = run.net.diagnose(run.inputs.take(run.train), run.truth[run.train])
    return [Heading("The diagnosis"), lowered(found)]


def use(run: Run) -> list[Node]:
    """The commands and the Python lines that use the model."""
    model = shlex.quote(run.model)
    commands = (
        f"pellucid predict {model} new.csv --output answers.csv\n"
        f"pellucid explain {model} new.csv --row 1\n"
        f"pellucid trace   {model} new.csv --row 1\n"
        f"pellucid check   {model} new.csv --target {shlex.quote(run.target)}\n"
        f"pellucid code    {model} > network.py"
    )
    answers = "net.classify(table)" if run.evaluation.task == "classification" else "net.predict(table)"
    python = (
        "import pellucid\nfrom pellucid.data.table import read_table\n\n"
        f"net = pellucid.load({run.model!r})\n"
        'table = read_table("new.csv")\n'
        f"print({answers})\n"
        "print(net.explain(table.take([0])))  # the first row"
    )
    return [
        Heading("How to use it"),
        Paragraph("On the command line; `new.csv` has the same columns, in any order, with or without the target:"),
        Code(commands, "console"),
        Paragraph("In Python (frames of pandas and polars do as well):"),
        Code(python, "python"),
        Paragraph("This training was made by:"),
        Code(run.command, "console"),
    ]


def side_by_side(tree: Node) -> Node:
    """A group with the tables that follow each other beside each other, where there is room."""
    if not isinstance(tree, Group):
        return tree
    children: list[Node] = []
    for is_table, run in groupby(tree.children, key=lambda child: isinstance(child, Table)):
        found = list(run)
        children += [Group(found, across=True)] if is_table and len(found) > 1 else found
    return replace(tree, children=children)


def lowered(shown: Any, by: int = 1) -> Node:
    """A result's own tree as part of this page: its headings so many levels lower."""
    tree = node(shown)
    match tree:
        case Heading(text, level):
            return Heading(text, level + by)
        case Group():
            return replace(tree, children=[lowered(child, by) for child in tree.children])
    return tree


# --- Pieces -----------------------------------------------------------------------------------------------------------


def _scores(run: Run) -> Node:
    found = run.evaluation
    rows: list[tuple[Any, ...]] = [
        ("this network", Badge(found.score_text, "good" if found.score > found.baseline else "problem"), ""),
        ("baseline", found.baseline_text, found.baseline_says),
    ]
    if found.task == "classification":
        rows[0] = (*rows[0][:2], f"{found.right} of {counted(found.n, 'test row')} right")
        caption = "Accuracy on rows it never saw"
    else:
        rows[0] = (*rows[0][:2], f"{explained(found.score)} of the spread of {run.target} explained")
        caption = "R² on rows it never saw"
    nodes: list[Node] = [Table((), rows, caption=caption)]
    if found.errors:
        names = {"mean_absolute_error": "mean absolute error", "root_mean_squared_error": "root mean squared error"}
        errors = [(names[name], ours, theirs) for name, ours, theirs in found.errors]
        nodes.append(Table((f"off by, in units of {run.target}", "this network", "baseline"), errors, digits=4))
    return Group(nodes)


def _errors(run: Run) -> Node:
    found = run.evaluation
    if found.task == "classification":
        return Picture(pictures.confusion_matrix(found.truth, found.predicted, found.classes))
    return Picture(pictures.residuals(found.truth, found.predicted, name=run.target))


def _by_class(found: Evaluation) -> Node:
    rows = []
    for name in found.classes:
        true, said = found.truth == name, found.predicted == name
        both = int((true & said).sum())
        rows.append((name, int(true.sum()), _share(both, int(true.sum())), _share(both, int(said.sum()))))
    header = ("class", "rows", "recall", "precision")
    return Table(header, rows, align="lrrr")


def _share(part: int, whole: int) -> str:
    return share_text(part / whole) if whole else "-"


def _verdict(found: Evaluation) -> str:
    if found.n < 100:
        return f"The test has only {counted(found.n, 'row')}: another seed may well give a rather different score."
    if found.score <= found.baseline:
        return "It is no better than its baseline: these columns may not tell, or training failed (see the diagnosis)."
    return ""


def _split(run: Run) -> str:
    kept = "each class in its share, " if run.evaluation.task == "classification" else ""
    return (
        f"{counted(len(run.train), 'row')} for training; {counted(len(run.test), 'row')}, drawn at random "
        f"({kept}copies of a row on one side), for the test and nothing else."
    )


def _column_row(column: Column, run: Run) -> tuple[Any, ...]:
    fill = number(column.fill) if isinstance(column.fill, float) else str(column.fill)
    if column.kind == "category":
        read = f"words, {len(column.categories)} categories"
        return column.name, read, _listed(column.categories), fill if column.missing else "", column.missing
    bounds = f"{number(column.low)} to {number(column.high)}"
    if column.kind == "boolean":
        bounds = f"{column.categories[0]} or {column.categories[1]}"
        fill = column.categories[int(column.fill or 0)] if isinstance(column.fill, float) else ""
    read = "yes or no" if column.kind == "boolean" else "numbers" + ", logarithm taken" * (column.transform == "log1p")
    return column.name, read, bounds, fill, column.missing


def _listed(words: Sequence[str], most: int = 6) -> str:
    more = f", ... ({len(words)} in all)" if len(words) > most else ""
    return ", ".join(words[:most]) + more
