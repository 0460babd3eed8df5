"""A trace as a render tree: forward, loss, backward, update, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...maths.by_unit import by_unit, in_words, paired, shared_name, unit_of
from ..render import Details, Formula, Group, Heading, Matrix, Node, Note, Paragraph, Signed, Table, number
from .chains import named
from .parts import LayerTrace, LossTrace, ParameterTrace, Preparation, Terms
from .substitute import latex_number
from .wiring import column_names, in_v

if TYPE_CHECKING:
    from ..trace import Trace

ROWS = 10  # examples that tables show
UNITS = 12  # rows of a parameter that tables show


def tables(trace: Trace) -> Node:
    """See `Trace.tree`."""
    n = len(trace)
    children: list[Node] = [Heading(f"Trace of {n} example{'s' * (n != 1)}", 2), _facts(trace)]
    children += map(Note, trace.notes)
    if n > ROWS:
        children.append(Note(f"Tables show the first {ROWS} of {n} examples; gradients and totals are of all of them."))
    if trace.preparation is not None:
        children += _preparation(trace.preparation, trace)
    children.append(Heading("Forward", 3))
    for k, layer in enumerate(trace.layers):
        outputs = trace.outputs if trace.classes is not None and k == len(trace.layers) - 1 else ()
        children += _forward(layer, column_names(trace, k) if k == 0 or layer.layer.sees == "all" else None, outputs)
    if trace.loss is None or trace.terms is None:
        children.append(Note("Without targets there is no loss, and nothing goes back: `trace(X, y)` shows that too."))
        return Group(children)
    children += [*_loss(trace, trace.loss, trace.terms), Heading("Backward", 3), Paragraph(BACKWARD)]
    for layer in reversed(trace.layers):
        children += _backward(layer, trace.loss, layer is trace.layers[-1])
    children += _update(trace, trace.terms)
    return Group(children)


BACKWARD = (
    "From the last layer to the first. `da` is how much the loss changes with each activation, `dz` with each sum, "
    "and a weight's gradient is the sum over the examples of its input times its unit's `dz`."
)


def _facts(trace: Trace) -> Node:
    shape = " → ".join([str(trace.x.shape[1]), *(str(layer.a.shape[1]) for layer in trace.layers)])
    rows: list[tuple[str, Any]] = [("network", f"{shape} ({', '.join(layer.name for layer in trace.layers)})")]
    if trace.loss is not None and trace.terms is not None:
        loss, terms = trace.loss, trace.terms
        rows.append(("loss", f"{number(loss.total)} ({terms.plan.loss!r}, {terms.plan.reduction} over the examples)"))
        rows.append(("next step", f"{terms.step}, by {terms.optimizer!r}{_rate(terms)}"))
    return Table((), rows, align="ll")


def _rate(terms: Terms) -> str:
    return f" at learning rate {number(terms.learning_rate)}" if terms.optimizer.has_learning_rate else ""


def _preparation(step: Preparation, trace: Trace) -> list[Node]:
    count = min(len(trace), 3)
    rows = []
    for name, values, part in zip(step.columns, step.values, step.parts, strict=True):
        for place in range(part.start, part.stop):
            first = place == part.start
            shown = [_original(values[r]) if first else None for r in range(count)]
            becomes = [Signed(float(trace.x[r, place])) for r in range(count)]
            cells = [cell for pair in zip(shown, becomes, strict=True) for cell in pair]
            rows.append([name if first else None, step.prepared_names[place], *cells])
    header = ["column", "prepared as", *(text for r in range(count) for text in (f"row {r}", "→ x"))]
    said = [Note(note) for note in step.notes]
    table = Table(header, rows, caption="x, from the original columns")
    return [Heading("Step 0: preparing the input", 3), Paragraph(STEP_0), table, *said]


STEP_0 = "Layers see prepared numbers only: missing values filled, words as columns of 0 and 1, numbers standardised."


def _original(value: Any) -> Any:
    if value is None or value != value:
        return "(missing)"
    return value.item() if isinstance(value, np.generic) else value


def _forward(layer: LayerTrace, inputs: Sequence[str] | None, outputs: Sequence[str] = ()) -> Iterator[Node]:
    """One layer; `inputs` are the names of its input's columns, None where it is what the layer before gave; `outputs`
    those of its activations, where they stand for classes.
    """
    yield _title(layer)
    if layer.layer.rule.noisy and not layer.parameters:
        yield Paragraph("While predicting this layer hands its input on as it is.")
        return
    yield Group([_equation("z", layer.layer.rule), _equation("a", layer.layer.activation)], across=True)
    yield from _unit_table(layer)
    if inputs is not None:
        yield rows_of(layer.x, "x", "input", inputs)
    rule = layer.layer.rule
    shown = [parameter(p.value, f"{layer.name}.{name}", rule.present(name)) for name, p in layer.parameters.items()]
    if shown:
        yield Group(shown, across=True)
    found: list[Node] = [rows_of(layer.z, "z"), rows_of(layer.a, "a", names=outputs)]
    if layer.slope is not None:
        found.append(rows_of(layer.slope, "slope da/dz"))
    yield Group(found, across=True)
    if layer.slope is None:
        yield from _jacobians(layer)


def _jacobians(layer: LayerTrace) -> Iterator[Node]:
    count, units = min(len(layer.z), 3), layer.z.shape[1]
    a, z = _names("a ", units), _names("z ", units)
    matrices = [Matrix(layer.jacobian_of(r), a, z, f"row {r}") for r in range(count)]
    name = layer.layer.activation.name
    cut = f" (first {count} of {len(layer.z)} rows)" if count < len(layer.z) else ""
    title = f"Jacobian da/dz: each output of {name} depends on every z of its row{cut}"
    yield Details(title, [Group(matrices, across=True)])


def _equation(symbol: str, record: Any) -> Formula:
    formula = _formula_of(record, symbol)
    if record.options.get("bias") is False and formula.endswith(" + b"):
        formula = formula.removesuffix(" + b")
    if record.options.get("mask") is not None:
        formula = formula.replace("x W", r"x (W \odot m)")
    if getattr(record, "slope", True) is None:  # one output of several that depend on each other
        symbol = f"{symbol}_i"
    return Formula(formula if formula.lstrip().startswith(f"{symbol} =") else f"{symbol} = {formula}")


def _formula_of(record: Any, symbol: str) -> str:
    """A record's formula; that of by_unit where all units have one activation is this activation's, of s z."""
    if symbol == "a" and shared_name(record) != record.name:
        pairs = set(paired(**record.options))
        ((unit, steepness),) = pairs if len(pairs) == 1 else ((unit_of(record, 0)[0], None),)
        words = "v = s_u z" if steepness is None else f"v = {latex_number(steepness)} z"
        return rf"{in_v(unit.formula or f'{named(unit.name)}(z)')}, \quad {words}"
    return record.formula or f"{named(record.name)}({'x' if symbol == 'z' else 'z'})"


def _unit_table(layer: LayerTrace) -> Iterator[Node]:
    """Each unit's activation and steepness, where they differ."""
    activation = layer.layer.activation
    if activation.forward is not by_unit or len(pairs := paired(**activation.options)) == 1 or len(set(pairs)) == 1:
        return
    rows: list[list[Any]] = [
        [f"unit {u}", repr(f), s, Formula(f.formula if s == 1.0 else in_v(f.formula), inline=True)]
        for u, (f, s) in enumerate(pairs[:UNITS])
    ]
    yield Table(["", "activation f", "steepness s", "a ="], rows, align="llrl", caption="v = s z")
    if len(pairs) > UNITS:
        yield Note(f"The first {UNITS} of {len(pairs)} units are shown.")


def _title(layer: LayerTrace) -> Heading:
    units = f"{layer.x.shape[1]} → {layer.a.shape[1]}"
    activation = "" if layer.layer.activation.name == "linear" else f", {in_words(layer.layer.activation)}"
    seen = ", sees all before" if layer.layer.sees == "all" else ""
    return Heading(f"{layer.name}: {units}{activation}{seen}", 4)


def _loss(trace: Trace, loss: LossTrace, terms: Terms) -> list[Node]:
    record, count = terms.plan.loss, min(len(trace), ROWS)
    formula = record.logit_formula if loss.from_logits else record.formula
    assert trace.y is not None
    wide = trace.y.shape[1]
    header, targets = _targets(trace, trace.y)
    rows = []
    for r in range(count):
        each, share = float(loss.each[r]), float(loss.shares[r])
        rows.append([f"row {r}", *targets[r], *trace.output[r, :4].tolist(), each, share, Signed(each * share)])
    sums: list[tuple[str, Any]] = [("data loss", loss.data), ("penalty", loss.penalty), ("loss", loss.total)]
    cut = [Note(f"The first 4 of {wide} outputs are shown.")] if wide > 4 else []
    saved = f"Computed from z, so that nothing is lost to rounding where the {record.link}'s slope is nearly 0."
    hint = [Note(saved)] if loss.from_logits else []
    return [
        Heading(f"Loss: {record!r}", 3),
        Formula(f"L = {formula}" if formula else f"L = {named(record.name)}(a, y)"),
        *hint,
        Table(["", *header, "loss", "share", "share × loss"], rows),
        *cut,
        Table((), sums, align="lr"),
    ]


def _targets(trace: Trace, y: np.ndarray) -> tuple[list[str], list[list[Any]]]:
    """Heads for the first columns of targets and outputs, and each row's targets: one class, or a number a column."""
    wide = y.shape[1]
    places = [""] if wide == 1 else [f" {j}" for j in range(wide)]
    if trace.classes is not None:
        places = [f" {name}" for name in trace.outputs]
        if wide > 1 and ((y == 1).sum(axis=1) == 1).all() and ((y == 0).sum(axis=1) == wide - 1).all():
            named_rows = [[trace.outputs[k]] for k in y.argmax(axis=1)]
            return ["target", *(f"output{place}" for place in places[:4])], named_rows
    header = [f"{what}{place}" for what in ("target", "output") for place in places[:4]]
    return header, y[:, :4].tolist()


def _backward(layer: LayerTrace, loss: LossTrace, last: bool) -> Iterator[Node]:
    assert layer.dz is not None
    yield Heading(layer.name, 4)
    if layer.da is None:
        yield Note(f"The loss gives `dz` itself: the slope of {layer.layer.activation.name} cancels out.")
        yield rows_of(layer.dz, "dz")
    else:
        slope = [rows_of(layer.slope, "slope")] if layer.slope is not None else []
        yield Group([rows_of(layer.da, "da"), *slope, rows_of(layer.dz, "dz")], across=True)
    for name, p in layer.parameters.items():
        yield Group(_gradients(name, p, layer.layer.rule.present(name)), across=True)


def _gradients(name: str, p: ParameterTrace, present: np.ndarray | None) -> list[Matrix]:
    assert p.data is not None
    assert p.gradient is not None
    if p.penalty is None:
        shown = [parameter(p.data, f"d{name}", present)]
    else:
        shown = [
            parameter(p.data, f"d{name}, of the data", present),
            parameter(p.penalty, f"d{name}, of the penalty", present),
            parameter(p.gradient, f"d{name}", present),
        ]
    if p.clipped is not None and not np.array_equal(p.clipped, p.gradient, equal_nan=True):
        shown.append(parameter(p.clipped, f"d{name}, clipped", present))
    return shown


def _update(trace: Trace, terms: Terms) -> list[Node]:
    nodes: list[Node] = [Heading(f"Update: step {terms.step} of {terms.optimizer!r}", 3)]
    facts: list[tuple[str, Any]] = [(name, value) for name, value in terms.options.items()]
    if terms.plan.schedule.name != "constant":
        facts.append(("schedule", f"{terms.plan.schedule!r}, after {terms.epoch} epochs"))
    if terms.norm is not None:
        facts.append(("gradient norm", f"{number(terms.norm)}, clipped to at most {number(terms.plan.clip)}"))
    nodes.append(Table((), facts, align="ll"))
    for layer in trace.layers:
        for name, p in layer.parameters.items():
            nodes += _one_update(f"{layer.name}.{name}", p, terms, layer.layer.rule.present(name))
    return nodes


def _one_update(name: str, p: ParameterTrace, terms: Terms, present: np.ndarray | None) -> list[Node]:
    assert p.updated is not None
    with np.errstate(all="ignore"):
        change = p.updated - p.value
    moments = ((p.value, "before"), (change, "change"), (p.updated, "after"))
    shown = [parameter(values, what, present) for values, what in moments]
    lines: list[Node] = [parameter(slot, f"{key}, before", present) for key, slot in p.slots.items()]
    for key, formula, value in terms.optimizer.shown(p.lines):
        lines.append(Formula(formula))
        if np.shape(value) == p.value.shape:
            lines.append(parameter(value, key, present))
        elif np.ndim(value) == 0:
            lines.append(Table((), [(key, float(value))], align="lr"))
    kept = p.updated if present is None else np.where(present, p.updated, p.lines.get("w", p.updated))
    if "w" in p.lines and not np.array_equal(p.lines["w"], kept, equal_nan=True):
        lines.append(Note("The max-norm rule then shortens each unit's incoming weights: see `after`."))
    nodes: list[Node] = [Heading(name, 4), Group(shown, across=True)]
    first = ", ".join("0" for _ in p.value.shape)
    brief = f"Ask for one number: `trace.explain('{name}[{first}]')`."
    return [*nodes, Details(f"{name}, line by line", lines, brief=brief)] if lines else nodes


def rows_of(values: np.ndarray, caption: str, column: str = "unit", names: Sequence[str] = ()) -> Matrix:
    """The first examples of an (n, units) array, with their places (or `names`) as names."""
    shown = values[:ROWS]
    cut = f", first {len(shown)} of {len(values)} rows" if len(values) > len(shown) else ""
    columns = list(names) or _names(f"{column} ", values.shape[1])
    return Matrix(shown, _names("row ", len(shown)), columns, caption + cut, max_rows=ROWS)


def parameter(values: np.ndarray, caption: str, present: np.ndarray | None = None) -> Matrix:
    """A parameter, or anything shaped like one, with its places as names; more than two dimensions are laid flat.

    `present` says which of its numbers a mask leaves.
    """
    flat = values if values.ndim <= 2 else values.reshape(values.shape[0], -1)
    shown = np.atleast_2d(flat)
    cut = f", first {UNITS} of {len(shown)} rows" if len(shown) > UNITS else ""
    rows = _names("", min(len(shown), UNITS)) if values.ndim > 1 else ()
    there = None if present is None else present[:UNITS]
    return Matrix(shown[:UNITS], rows, _names("", shown.shape[1]), caption + cut, max_rows=UNITS, present=there)


def _names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]
