"""`pellucid predict`: answers for the rows of a table, as CSV."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from ..data.cells import text_of
from ..insight.render import counted, visible
from .examples import measured
from .places import check_own, check_place, write
from .shared import (
    AsJson,
    DataFile,
    Decimal,
    Delimiter,
    Encoding,
    ModelFile,
    Reading,
    emit,
    find_table,
    known_outputs,
    known_rows,
    open_model,
    open_table,
    remark,
    target_of,
    verb,
)
from .wording import about

if TYPE_CHECKING:
    import numpy as np

    from ..data.table import Table
    from ..network import Network


@verb
def predict(
    model: ModelFile,
    file: DataFile,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")
    ] = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
) -> None:
    """Predict the target, or the outputs, for every row of a file.

    Columns go by their names, in any order; others are left alone. What becomes of missing values and of categories
    that training never saw was chosen in training, and is said on standard error. The answer has the row's number (from
    1), the prediction, and for classes the probability of each. Where the file holds the truth as well, how well it was
    met is said there too.
    """
    if output is not None:
        check_place("--output", output, {"the model": Path(model), "the table": find_table(file)})
        check_own("--output", output, b"row,prediction", "table of answers")
    net = open_model(model)
    table = open_table(file, Reading(delimiter, encoding, decimal), net=net)
    with about(table):
        header, rows = answers(net, table)
    if as_json:
        emit({"target": _target_name(net), "rows": [dict(zip(header, row, strict=True)) for row in rows]})
    elif output is None:
        _write(sys.stdout, header, rows, safe=sys.stdout.isatty())
    if output is not None:
        text = io.StringIO()
        _write(text, header, rows)
        write(output, text.getvalue())
        remark(f"{output} holds {counted(len(rows), 'answer')}")
    outputs = known_outputs(file, None)
    if outputs is None:
        _compare(net, table)
    else:
        remark(_met(net, table, outputs))


def answers(net: Network, table: Table) -> tuple[list[str], list[list[Any]]]:
    """The header and one row for each row of the table."""
    numbers = table.rows.tolist()
    if net.classes is None:
        outputs = net.predict(table)
        names = ["prediction"] if outputs.shape[1] == 1 else [f"prediction_{i + 1}" for i in range(outputs.shape[1])]
        return ["row", *names], [[i, *row] for i, row in zip(numbers, outputs.tolist(), strict=True)]
    found = [text_of(label) for label in net.classify(table).tolist()]
    probability = net.predict_proba(table).tolist()
    header = ["row", "prediction", *(f"probability_{text_of(label)}" for label in net.classes)]
    return header, [[i, label, *row] for i, label, row in zip(numbers, found, probability, strict=True)]


def _write(stream: TextIO, header: list[str], rows: list[list[Any]], safe: bool = False) -> None:
    """CSV; on a terminal with control characters made visible, in a file exactly as they are."""
    writer = csv.writer(stream, lineterminator="\n")
    for row in (header, *rows):
        writer.writerow([visible(cell) if safe and isinstance(cell, str) else cell for cell in row])


def _target_name(net: Network) -> str | None:
    return net.preprocessing.target.name if net.preprocessing is not None else None


def _met(net: Network, table: Table, outputs: np.ndarray) -> str:
    """How well the outputs of examples in FANN's format were met."""
    if net.classes is not None:
        return "the outputs in the file are not looked at: this network answers with classes"
    if outputs.shape[1] != net.model.n_out:
        given = f"the file has {counted(outputs.shape[1], 'output')} a row, the network {net.model.n_out}"
        return f"{given}: they are not compared"
    found = measured(net.predict(table), outputs, outputs)
    right = f"{found['right']} of {counted(len(outputs), 'row')} right, " if "right" in found else ""
    error = f"mean squared error {found['mse']:.4g}"
    return f"the file holds the outputs too: {right}{error}; rows that it was trained on would flatter it"


def _compare(net: Network, table: Table) -> None:
    """Where the table holds the truth as well, say how often it was met."""
    from ..report.evaluation import evaluate

    target = target_of(net, table, None)
    if target is None:
        return
    rows = known_rows(table, target)
    truth = table[target][rows]
    if not len(rows) or (net.classes is None and truth.dtype == object):
        return
    found = evaluate(net, table.take(rows), truth, truth)
    right = (
        f"{found.right} of {found.n} right ({found.score_text})" if found.probability is not None else found.score_text
    )
    remark(f"the file holds {target} too: {right}; rows that it was trained on would flatter it")
