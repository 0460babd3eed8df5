"""`pellucid check`: are the gradients right, and is anything wrong with the network on these data?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from ..insight.render import counted
from .shared import (
    FOUND,
    AsJson,
    DataFile,
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
    show,
    target_of,
    verb,
)
from .wording import about

if TYPE_CHECKING:
    import numpy as np

    from ..data.table import Table
    from ..network import Network


@verb
def check(
    model: ModelFile,
    file: DataFile,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", help="The column with the truth [dim]\\[default: that of training][/dim]"),
    ] = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
) -> None:
    """Check the gradients against finite differences, and diagnose the network on these data.

    Ends with exit code 1 if a gradient is wrong or the diagnosis found more than notes.
    """
    net = open_model(model)
    table = open_table(file, Reading(delimiter, encoding, decimal), net=net)
    X, y, name = _with_truth(net, table, file, target)
    with about(X, name):
        gradients = net.check_gradients(X, y)
        diagnosis = net.diagnose(X, y)
    if as_json:
        emit({"passed": gradients.passed and diagnosis.healthy, "gradients": gradients.to_dict(),
              "diagnosis": diagnosis.to_dict()})  # fmt: skip
    else:
        show([gradients, diagnosis])
    if not (gradients.passed and diagnosis.healthy):
        raise typer.Exit(FOUND)


def _with_truth(net: Network, table: Table, file: str, target: str | None) -> tuple[Table, np.ndarray, str]:
    """The rows whose truth is known, the truth, and what it is called."""
    outputs = known_outputs(file, target)
    if outputs is not None:
        return table, outputs, "outputs"
    name = target_of(net, table, target)
    if name is None:
        raise InputError(
            "the file does not hold the truth, and no column was named", "a column of the file", "--target COLUMN"
        )
    rows = known_rows(table, name)
    if not len(rows):
        raise InputError(f"the column {name!r} has no values", "a value for at least one row")
    if len(rows) < len(table):
        remark(f"left out: {counted(len(table) - len(rows), 'row')} without a value for {name}")
    return inputs_of(net, table, name).take(rows), table[name][rows], name
