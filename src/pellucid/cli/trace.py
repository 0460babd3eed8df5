"""`pellucid trace`: every number of one row's way through the network, and back."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import InputError
from ..insight.render import Heading, Paragraph
from .shared import (
    AsJson,
    DataFile,
    Decimal,
    Delimiter,
    Encoding,
    ModelFile,
    Reading,
    RowNumber,
    emit,
    inputs_of,
    known_outputs,
    known_rows,
    open_model,
    open_table,
    pick_row,
    show,
    target_of,
    verb,
)
from .wording import about

ALONE = (
    'It is traced alone, so it is row 0 of what follows, and --explain "output[0, 0]" says where its first output '
    "comes from."
)


@verb
def trace(
    model: ModelFile,
    file: DataFile,
    row: RowNumber,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", help="The column with the truth [dim]\\[default: that of training][/dim]"),
    ] = None,
    explain: Annotated[
        str | None, typer.Option(help='Where one number comes from: "dense_1.W\\[0, 2]", "dense_2.z\\[0, 1]", "loss".')
    ] = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
) -> None:
    """Trace one row: its prepared numbers, every layer's sums and activations and, where the file holds the truth, the
    way back: error signals, gradients, and the update that training would make.
    """
    net = open_model(model)
    table = open_table(file, Reading(delimiter, encoding, decimal), net=net)
    one = pick_row(table, row)
    outputs = known_outputs(file, target)
    name = target_of(net, one, target) if outputs is None else None
    if name is not None and not len(known_rows(one, name)):
        if target is not None:
            raise InputError(f"row {row} has no value in the column {name!r}", "a row that has one")
        name = None
    with about(one, name):
        if outputs is not None:
            seen = net.trace(one, outputs[row - 1 : row])
        else:
            seen = net.trace(one) if name is None else net.trace(inputs_of(net, one, name), one[name])
    if explain is not None:
        derivation = seen.explain(explain)
        if as_json:
            emit(derivation.to_dict())
        else:
            show(derivation)
    elif as_json:
        emit(seen.to_dict())
    else:
        show([Heading(f"Row {row}"), Paragraph(ALONE), seen])
