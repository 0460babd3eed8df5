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
    known_outputs,
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
        str | None,
        typer.Option(
            "--class", help="The class to be explained [dim]\\[default: the predicted one][/dim], or the output"
        ),
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
    outputs = known_outputs(file, None)
    target = target_of(net, one, None) if outputs is None else None
    truth: Any = None if target is None else one[target][0]
    if outputs is not None:
        truth = outputs[row - 1].tolist()
    if as_json:
        emit({"row": row, **answer, "truth": truth, "explanation": explanation.to_dict()})
        return
    text = f"{_said(answer)}{_true(target or 'the answer', truth)}"
    show(Group([Heading(f"Row {row}"), Paragraph(text), explanation.tree()]))


def _said(answer: dict[str, Any]) -> str:
    """What the network answers: a class with its probability, a number, or several."""
    from ..report.evaluation import percent

    said = answer.get("prediction")
    if said is None:
        return f"The network says {_listed(list(answer.values()))}."
    share = answer.get(f"probability_{said}")
    return f"The network says {_shown(said)}" + (f" with {percent(share)}." if share is not None else ".")


def _true(what: str, truth: Any) -> str:
    """What the file holds instead; "" where it holds nothing."""
    if truth is None or truth != truth or truth == []:
        return ""
    return f" In the file, {what} is {_listed(truth) if isinstance(truth, list) else _shown(truth)}."


def _listed(values: list[float]) -> str:
    return ", ".join(map(_shown, values))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else number(value)
