"""`pellucid explain`: how each column pushed the answer for one row."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..data.cells import text_of
from ..insight.render import Group, Heading, Paragraph, number
from .predict import answers
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
    open_model,
    open_table,
    pick_row,
    show,
    target_of,
    verb,
)
from .wording import about


@verb
def explain(
    model: ModelFile,
    file: DataFile,
    row: RowNumber,
    output: Annotated[
        str | None, typer.Option("--class", help="The class to be explained [dim]\\[default: the predicted one][/dim]")
    ] = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
) -> None:
    """Explain one prediction: how far each column pushed it away from the answer for the average row."""
    net = open_model(model)
    one = pick_row(open_table(file, Reading(delimiter, encoding, decimal), net=net), row)
    label = next((c for c in net.classes or () if text_of(c) == output), output)
    with about(one):
        explanation = net.explain(one, output=label)
        header, rows = answers(net, one)
    answer = dict(zip(header[1:], rows[0][1:], strict=True))
    target = target_of(net, one, None)
    truth = None if target is None else one[target][0]
    if as_json:
        emit({"row": row, **answer, "truth": truth, "explanation": explanation.to_dict()})
        return
    show(Group([Heading(f"Row {row}"), Paragraph(_told(answer, target, truth)), explanation.tree()]))


def _told(answer: dict[str, Any], target: str | None, truth: Any) -> str:
    """The answer, and the truth where the file holds it."""
    from ..report.evaluation import percent

    said = answer["prediction"]
    share = answer.get(f"probability_{said}")
    text = f"The network says {said if isinstance(said, str) else number(said)}"
    text += f" with {percent(share)}." if share is not None else "."
    if target is None or truth is None or truth != truth:
        return text
    return f"{text} In the file, {target} is {truth if isinstance(truth, str) else number(truth)}."
