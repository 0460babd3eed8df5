"""A network at a glance: layers, shapes, activations, parameter counts. What `print(net)` shows.

The text is made of plain strings, so that printing a network loads nothing and is quick.
"""

from __future__ import annotations

from math import prod

from ..maths.by_unit import in_words
from ..maths.masks import Mask
from ..model.layers import Layer
from ..model.model import Model
from .render import Group, Heading, Paragraph, Table, notebook, shorten, visible

HEADER = ("layer", "from", "to", "activation", "parameters", "numbers")
SHOWN = 10  # labels that the text lists


def summary(model: Model) -> str:
    """The network as plain text.

    >>> from pellucid import Network
    >>> print(Network([3, 4, 1], activation="sigmoid", seed=1))
    Network: 3 inputs, 2 layers, 1 output, 21 parameters
      layer    from  to  activation  parameters        numbers
      dense_1     3   4  sigmoid     W (3, 4), b (4,)       16
      dense_2     4   1  sigmoid     W (4, 1), b (1,)        5
      float64, seed 1, not trained yet
    """
    rows = [HEADER, *([str(cell) for cell in row] for row in _rows(model))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    right = {HEADER.index(name) for name in ("from", "to", "numbers")}
    lines = []
    for row in rows:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([_title(model), *("  " + line for line in [*lines, *_facts(model)])])


def summary_html(model: Model) -> str:
    """The same as HTML, for notebooks."""
    table = Table(HEADER, _rows(model), align="lrrllr")
    head, _, rest = _title(model).partition(": ")
    return notebook(Group([Heading(head, 3), Paragraph(rest), table, *map(Paragraph, _facts(model))]))


def _title(model: Model) -> str:
    counts = (
        _count(model.n_in, "input"),
        _count(len(model.layers), "layer"),
        _count(model.n_out, "output"),
        _count(sum(row[-1] for row in _rows(model)), "parameter"),
    )
    return "Network: " + ", ".join(counts)


def _rows(model: Model) -> list[tuple[str, int, int, str, str, int]]:
    rows = []
    for name, layer, n in zip(model.names, model.layers, model.inputs, strict=True):
        shapes = layer.shapes(n)
        inside = ", ".join(f"{p} {shape}" for p, shape in shapes.items())
        rows.append(
            (name, n, layer.width(n), _settings(layer), inside, sum(_numbers(layer, p) for p in shapes.items()))
        )
    return rows


def _numbers(layer: Layer, parameter: tuple[str, tuple[int, ...]]) -> int:
    """How many numbers a parameter has, without those that a mask says do not exist."""
    present = layer.rule.present(parameter[0])
    return prod(parameter[1]) if present is None else int(present.sum())


def _settings(layer: Layer) -> str:
    """The activation, with what else was chosen: what it sees, a mask, a dropout rate, penalties, limits."""
    words = [in_words(layer.activation)] if layer.activation.name != "linear" or layer.rule.resizes else []
    default = {p.name: p.default for p in layer.rule.parameters}
    words += ["sees all"] if layer.sees == "all" else []
    words += [
        f"{value.array.size - value.count} of {value.array.size} weights masked"
        if isinstance(value, Mask)
        else f"{name}={value!r}"
        for name, value in layer.rule.values
        if value != default[name] or not layer.rule.resizes
    ]
    words += [f"{name}={value:g}" for name in ("l1", "l2", "max_norm") if (value := getattr(layer, name))]
    return ", ".join(words)


def _facts(model: Model) -> list[str]:
    state, facts = model.training, []
    if model.preprocessing is not None:
        facts.append(f"prepares {_count(len(model.preprocessing.names), 'column')} into {_count(model.n_in, 'input')}")
    if model.classes is not None:
        more = f", ... ({len(model.classes)} in all)" if len(model.classes) > SHOWN else ""
        facts.append("classes: " + ", ".join(shorten(visible(str(c)), 40) for c in model.classes[:SHOWN]) + more)
    trained = "not trained yet"
    if state is not None:
        done = f"trained for {_count(state.epoch, 'epoch')}" if state.epoch else "to be trained"
        trained = f"{done} with {state.plan.optimizer!r} on {state.plan.loss!r}"
    return [*facts, f"{model.dtype.name}, seed {model.seed}, {trained}"]


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
