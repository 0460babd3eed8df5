"""`explain`: how each original column pushed one prediction away from that for the average row.

f is what is explained: for numbers the prediction, in the target's units; for classes a logit, the output layer's z,
because there pushes add up, while probabilities crowd together near 0 and 1. The baseline is the mean of the
training inputs.

* A linear network: f(x) - f(baseline) is exactly the sum over the columns of (x - baseline) times the weight.
* Any other: two views, neither the whole truth. *Gradient × input*, (x - baseline) times df/dx, is how f would go if it
  went on as straight as it is at x. *Occlusion* is what f loses when the column is replaced by the baseline, the others
  kept. How far each sum is from f(x) - f(baseline) is shown.

Sources: Shrikumar, Greenside, Shcherbina and Kundaje, "Not just a black box", arXiv:1605.01713 (2016); Zeiler and
Fergus, "Visualizing and understanding convolutional networks" (2014).

>>> from pellucid import Dense, Network
>>> net = Network(2, Dense(1, weights=[[2.0], [-1.0]], biases=[5.0]))
>>> found = net.explain([3.0, 1.0])
>>> [(column.name, column.gradient_input) for column in found.columns]
[('input 0', 6.0), ('input 1', -1.0)]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..data.columns import as_columns
from ..data.prepare import prepare
from ..data.targets import middle
from ..errors import InputError, unknown_name
from ..maths import passes
from ..maths.by_unit import shared_name
from ..maths.layers import dense_forward, dropout_forward
from ..model.model import Model
from ..training.answers import is_classifier
from ..training.examples import prepared_inputs
from .names import by_index, input_names
from .pictures import bars
from .render import (
    Group,
    Heading,
    Node,
    Note,
    Paragraph,
    Picture,
    Shown,
    Signed,
    Table,
    number,
    shorten,
    text_bars,
    visible,
)
from .tracing.document import plain

MOST = 12  # columns that the table shows


@dataclass(frozen=True)
class ColumnEffect:
    """One original column: what it held, and how far it pushed f by either view (equal where f is linear)."""

    name: str
    value: Any
    gradient_input: float
    occlusion: float


@dataclass(frozen=True, repr=False)
class Explanation(Shown):
    """How each original column pushed one prediction.

    `columns` are in the order of the data. `output` names what is explained (a class, a column), `measure` what f is,
    in words. `value` is f(x), `baseline` f(baseline). `exact` says that f is linear, so that both views are the same
    and add up; `notes` what else a reader must know.
    """

    output: str
    measure: str
    value: float
    baseline: float
    columns: tuple[ColumnEffect, ...]
    exact: bool
    notes: tuple[str, ...] = ()

    @property
    def difference(self) -> float:
        """f(x) - f(baseline): what there is to explain."""
        return self.value - self.baseline

    @property
    def gradient_input_sum(self) -> float:
        """What gradient × input (exact: the contributions) adds up to."""
        return sum(column.gradient_input for column in self.columns)

    @property
    def occlusion_sum(self) -> float:
        """What occlusion adds up to; nothing says that this is the difference."""
        return sum(column.occlusion for column in self.columns)

    @property
    def far(self) -> bool:
        """Whether both sums miss the difference by more than half of it: f bends too much for such views."""
        sums = (self.gradient_input_sum, self.occlusion_sum)
        return not self.exact and min(abs(s - self.difference) for s in sums) > 0.5 * abs(self.difference)

    @property
    def largest(self) -> tuple[ColumnEffect, ...]:
        """The columns, those that pushed most first (by occlusion where the two views differ)."""
        size = (lambda c: abs(c.gradient_input)) if self.exact else (lambda c: abs(c.occlusion))
        return tuple(sorted(self.columns, key=lambda c: -size(c)))

    def tree(self) -> Node:
        """A picture of the pushes, a table of them, and how far their sums are from the whole."""
        name = self.output if len(self.output) < 40 else shorten(visible(self.output), 40)
        return Group(
            [
                Heading(f"Why {name}", 2),
                Paragraph(f"f is {self.measure}. {PUSHES}"),
                self._picture(),
                self._table(),
                self._sums(),
                *([Note(FAR)] if self.far else []),
                *map(Note, self.notes),
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        names = ("output", "measure", "value", "baseline", "difference", "exact", "notes")
        return plain(
            {
                **{name: getattr(self, name) for name in names},
                "columns": [asdict(column) for column in self.columns],
                "sums": {"gradient_input": self.gradient_input_sum, "occlusion": self.occlusion_sum},
            }
        )

    def _picture(self) -> Node:
        found = self.largest
        values = [c.gradient_input if self.exact else c.occlusion for c in found]
        title, names = f"{EXACT if self.exact else OCCLUSION} of each column", [c.name for c in found]
        drawn = bars(names, values, title=title, most=MOST)
        return Picture(drawn, text=text_bars(names[:MOST], values[:MOST], title))

    def _table(self) -> Node:
        found = self.largest
        shown, rest = (found, ()) if len(found) <= MOST + 1 else (found[:MOST], found[MOST:])
        rows: list[list[Any]] = [[c.name, _told(c.value), *map(Signed, self._pushes((c,)))] for c in shown]
        if rest:
            rows.append([f"and {len(rest)} more", None, *map(Signed, self._pushes(rest))])
        rows.append(["sum", None, *map(Signed, self._pushes(found))])
        views = [EXACT.lower()] if self.exact else [OCCLUSION.lower(), GRADIENT_INPUT.lower()]
        return Table(["column", "value", *views], rows, align="ll" + "r" * len(views))

    def _pushes(self, columns: Sequence[ColumnEffect]) -> list[float]:
        gradient = sum(c.gradient_input for c in columns)
        return [gradient] if self.exact else [sum(c.occlusion for c in columns), gradient]

    def _sums(self) -> Node:
        rows: list[tuple[str, Any]] = [
            ("f for this row", self.value),
            ("f for the average row", self.baseline),
            ("difference", self.difference),
        ]
        if self.exact:
            rows.append(("sum of the contributions", f"{number(self.gradient_input_sum)}: exact, as f is linear"))
        else:
            rows.append(("sum by occlusion", self._off(self.occlusion_sum)))
            rows.append(("sum by gradient × input", self._off(self.gradient_input_sum)))
        return Table((), rows, align="ll")

    def _off(self, total: float) -> str:
        return f"{number(total)}: {number(abs(total - self.difference), 3)} off"


FAR = (
    "Both sums are far from the difference: between this row and the average one f bends a lot (units are saturated, "
    "or columns stand in for each other), so these numbers are hints for the neighbourhood of this row only."
)
PUSHES = "A number above 0 (orange) pushes it up, one below 0 (blue) down, away from f for the average row."
EXACT, OCCLUSION, GRADIENT_INPUT = "Contribution", "Occlusion", "Gradient × input"


def _told(value: Any) -> str:
    if value is None or value != value:
        return "(missing)"
    return shorten(visible(value), 40) if isinstance(value, str) else number(value)


def explain(model: Model, x: Any, output: Any = None) -> Explanation:
    """Explain one row of x.

    `output` is a class or the place of an output column; left out, the predicted class or column 0.

    f by kind of output: one unit that tells two classes apart: its z, or -z for the first class; softmax: z of the
    class minus the mean of all classes' z (softmax does not change when all z move together, and this is linear); any
    other classifier: z of the output; numbers: the output in the target's units.
    """
    prepared, _ = prepared_inputs(model, x)
    if len(prepared) != 1:
        raise InputError(f"{len(prepared)} rows", "one row: a prediction is explained at a time", "net.explain(X[0])")
    probe = _Probe(model, _chosen(model, prepared, output))
    row = prepared[0].astype(np.float64)
    start = np.zeros(model.n_in) if model.baseline is None else np.asarray(model.baseline, dtype=np.float64)
    groups, values = _groups(model, x)
    occluded = np.repeat(row[None], len(groups), axis=0)
    for k, (_, part) in enumerate(groups):
        occluded[k, part] = start[part]
    f = probe.value(np.vstack([row, start, occluded])).tolist()
    with np.errstate(all="ignore"):
        pushes = (row - start) * probe.gradient(row)
        summed = [float(pushes[part].sum()) for _, part in groups]
    effects = [
        ColumnEffect(name, value, summed[k], f[0] - f[2 + k])
        for k, ((name, _), value) in enumerate(zip(groups, values, strict=True))
    ]
    notes = [*_notes(model, x), *probe.notes]
    return Explanation(probe.name, probe.measure, f[0], f[1], tuple(effects), probe.exact, tuple(notes))


class _Probe:
    """f and its derivative for one output of a network, in float64."""

    def __init__(self, model: Model, place: int) -> None:
        self.model, last = model, model.layers[-1].activation
        self.parameters = [{n: w.astype(np.float64) for n, w in p.items()} for p in model.parameters.by_layer]
        self.direction, self.scale, self.shift = np.zeros(model.n_out), 1.0, 0.0
        self.direction[min(place, model.n_out - 1)] = 1.0
        self.by_logit, self.notes = is_classifier(model), _kinks(model)
        self.name = output_labels(model)[place]
        if not self.by_logit:
            self.measure = f"the prediction of {self.name}"
            if model.preprocessing is not None:
                info = model.preprocessing.target
                self.scale, self.shift = info.scale[place], info.mean[place]
                self.measure += ", in its own units"
        elif model.n_out == 1:
            self.direction = self.direction if place == 1 else -self.direction
            odds = " (its log-odds)" if last.name == "sigmoid" else ""
            self.measure = f"the logit of {self.name}{odds}: {'' if place == 1 else 'minus '}z of the output unit"
        else:
            self.measure = f"the logit of {self.name}: z of its unit"
            if last.name == "softmax":
                self.direction = self.direction - 1.0 / model.n_out
                self.measure += " minus the mean z of all classes"
        self.exact = _linear(model, self.by_logit)

    def value(self, x: np.ndarray) -> np.ndarray:
        """f of each row."""
        with np.errstate(all="ignore"):
            last = passes.forward(np, self.model.layers, self.parameters, x)[-1]
            return (last.z if self.by_logit else last.a) @ self.direction * self.scale + self.shift

    def gradient(self, row: np.ndarray) -> np.ndarray:
        """df/dx at one row, carried back through the layers as an error signal is."""
        layers = self.model.layers
        with np.errstate(all="ignore"):
            went = passes.forward(np, layers, self.parameters, row[None])
            dz = (self.direction * self.scale)[None]
            if not self.by_logit:
                dz = layers[-1].activation.backward(np, went[-1].z, went[-1].a, dz)
            signals = passes.carried_back(np, layers, self.parameters, went, None, dz)
            return passes.input_signal(np, layers, self.parameters, went, signals)[0]


def _linear(model: Model, by_logit: bool) -> bool:
    """Whether f is known to be linear: dense layers (and dropout, which does nothing here) without a bend."""
    rules = all(layer.rule.forward in (dense_forward, dropout_forward) for layer in model.layers)
    bends = model.layers[:-1] if by_logit else model.layers
    return rules and all(shared_name(layer.activation) == "linear" for layer in bends)


def _chosen(model: Model, prepared: np.ndarray, output: Any) -> int:
    """The place of the class or column that is to be explained; of two classes on one unit, 0 or 1."""
    labels = output_labels(model)
    if output is None:
        if not is_classifier(model):
            return 0
        with np.errstate(all="ignore"):
            a = passes.output(np, model.layers, model.parameters.by_layer, prepared.astype(model.dtype))[0]
        if model.n_out > 1:
            return int(a.argmax())
        return int(a[0] > middle(model.layers[-1].activation.bounds()))
    for place, name in enumerate(labels):
        if str(output) == name:
            return place
    by_place = model.classes is None and isinstance(output, (int, np.integer)) and not isinstance(output, bool)
    if by_place and 0 <= output < len(labels):
        return int(output)
    raise unknown_name("class" if model.classes is not None else "output", output, labels)


def output_labels(model: Model) -> list[str]:
    """What can be explained: the classes (two for one unit), or the output columns."""
    count = max(2, model.n_out) if is_classifier(model) else model.n_out
    if model.classes is not None and len(model.classes) == count:
        return [str(label) for label in model.classes]
    if is_classifier(model) and model.n_out == 1:
        return ["0", "1"]
    if model.preprocessing is not None and count == 1:
        return [model.preprocessing.target.name]
    return by_index("output", count)


def _groups(model: Model, x: Any) -> tuple[list[tuple[str, slice]], list[Any]]:
    """Each original column with its part of the prepared ones, and what it holds."""
    table = as_columns(x)
    info = model.preprocessing
    if info is None:
        names = table.columns if table.named else input_names(model)
        return [(name, slice(i, i + 1)) for i, name in enumerate(names)], [array[0] for array in table.arrays]
    order = table.columns if info.named and table.named else info.names
    return info.groups, [table.arrays[order.index(name)][0] for name, _ in info.groups]


def _notes(model: Model, x: Any) -> list[str]:
    notes = prepare(model.preprocessing, x)[1] if model.preprocessing is not None else []
    if model.baseline is None:
        why = "was never trained" if model.training is None else "does not hold what it was trained on"
        notes.append(f"This network {why}, so the average row is unknown: the baseline is all zeros.")
    if any(layer.rule.noisy for layer in model.layers):
        notes.append("Dropout is left out, as in any prediction.")
    return notes


def _kinks(model: Model) -> list[str]:
    flat = [name for name, layer in zip(model.names, model.layers, strict=True) if layer.activation.refused()]
    said = f"No gradient comes through {', '.join(flat)}, so gradient × input is 0: only occlusion tells something."
    return [said] if flat else []
