"""`pellucid code`: the network as a Python script that needs NumPy only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from ..errors import InputError
from .examples import divided
from .shared import (
    AsJson,
    Decimal,
    Delimiter,
    Encoding,
    ModelFile,
    Reading,
    emit,
    inputs_of,
    known_outputs,
    known_rows,
    open_model,
    open_table,
    remark,
    split_rows,
    target_of,
    verb,
)
from .wording import about

if TYPE_CHECKING:
    from ..data.table import Table
    from ..network import Network


@verb
def code(
    model: ModelFile,
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="The file it was trained on: the script trains it then, too.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", help="The column with the truth [dim]\\[default: that of training][/dim]"),
    ] = None,
    test: Annotated[float, typer.Option(help="The share of the rows that was kept for the test; 0 for none.")] = 0.25,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
) -> None:
    """Print a short Python script that is this network, and prints the same numbers.

    With --data it also trains it, from the same initial weights on the same rows; without, it only predicts. The rows
    are split as in training, so name the same --test share.
    """
    net = open_model(model)
    if data is None:
        script = net.to_python()
        if net.training is not None and net.training.origin is not None:
            remark("this script only predicts; --data FILE, what it was trained on, gives the training as well")
    else:
        if not 0 <= test < 1:
            raise InputError(f"--test {test:g}", "the share of the rows that was kept for the test; 0 for none")
        script = _trained(net, *_rows(net, data, Reading(delimiter, encoding, decimal), target, test))
    if as_json:
        emit({"language": "python", "code": script})
    else:
        print(script, end="" if script.endswith("\n") else "\n")


def _rows(net: Network, data: str, reading: Reading, target: str | None, test: float) -> tuple[Table, Any, str]:
    """The rows that it was trained on, as `train` takes them of a file: inputs, targets, and what these are called."""
    table, outputs = open_table(data, reading, net=net), known_outputs(data, target)
    if outputs is not None:
        rows = np.arange(len(outputs))
        if test:
            rows = divided(np.stack(table.arrays, axis=1), outputs, test, net.seed)[0]
        return table.take(rows), outputs[rows], "outputs"
    name = target_of(net, table, target)
    if name is None:
        raise InputError("the file does not hold the truth", "a column with it", "--target COLUMN")
    rows = known_rows(table, name)
    if test:
        known, task = table.take(rows), "regression" if net.classes is None else "classification"
        rows = rows[split_rows(known, name, task, test, net.seed)[0]]
    return inputs_of(net, table, name).take(rows), table[name][rows], name


def _trained(net: Network, X: Table, y: Any, target: str) -> str:
    """The script that trains on these rows; where they cannot be those of the training, what to type."""
    try:
        with about(X, target):
            return net.to_python(X, y)
    except InputError as error:
        if error.instead.startswith("net.to_python()"):
            same = "the rows that the model was trained on, and the share that was kept for the test"
            error.expected = error.expected if "MB" in error.expected else same
            again = "" if "MB" in error.expected else "--test SHARE, as in training; or "
            error.instead = again + "the same without --data, for a script that only predicts"
        raise
