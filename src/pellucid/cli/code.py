"""`pellucid code`: the network as a Python script that needs NumPy only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .shared import (
    AsJson,
    Decimal,
    Delimiter,
    Encoding,
    ModelFile,
    Reading,
    emit,
    inputs_of,
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
        str | None, typer.Option(metavar="FILE", help="The table it was trained on: the script trains it then, too.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", help="The column with the truth [dim]\\[default: that of training][/dim]"),
    ] = None,
    test: Annotated[float, typer.Option(help="The share of the table that was kept for the test; 0 for none.")] = 0.25,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
) -> None:
    """Print a short Python script that is this network, and prints the same numbers.

    With --data it also trains it, from the same initial weights on the same rows; without, it only predicts. The table
    is split as in training, so name the same --test share.
    """
    net = open_model(model)
    if data is None:
        script = net.to_python()
        remark("this script only predicts; --data FILE, the table it was trained on, gives the training as well")
    else:
        table = open_table(data, Reading(delimiter, encoding, decimal), net=net)
        name = target_of(net, table, target)
        if name is None:
            raise InputError("the file does not hold the truth", "a column with it", "--target COLUMN")
        rows = known_rows(table, name)
        if not 0 <= test < 1:
            raise InputError(f"--test {test:g}", "the share of the rows that was kept for the test; 0 for none")
        if test:
            known, task = table.take(rows), "regression" if net.classes is None else "classification"
            rows = rows[split_rows(known, name, task, test, net.seed)[0]]
        script = _trained(net, inputs_of(net, table, name).take(rows), table[name][rows], name)
    if as_json:
        emit({"language": "python", "code": script})
    else:
        print(script, end="" if script.endswith("\n") else "\n")


def _trained(net: Network, X: Table, y: Any, target: str) -> str:
    """The script that trains on these rows; where they cannot be those of the training, what to type."""
    try:
        with about(X, target):
            return net.to_python(X, y)
    except InputError as error:
        if error.instead.startswith("net.to_python()"):
            same = "the table that the model was trained on, and the share that was kept for the test"
            error.expected = error.expected if "MB" in error.expected else same
            again = "" if "MB" in error.expected else "--test SHARE, as in training; or "
            error.instead = again + "the same without --data, for a script that only predicts"
        raise
