"""The gradient check: every analytic gradient against central differences of the loss, always in float64.

For each number w of each parameter the loss is computed twice, and

    numeric = (L(w + h) - L(w - h)) / 2h,    h = eps^(1/3) max(|w|, 1),    eps^(1/3) = 6.06e-6
    error   = |analytic - numeric| / max(|analytic|, |numeric|, rounding / tolerance)

h is where the two errors of a central difference meet: its curvature part grows like h², its rounding part like eps / h
(`rounding`: 8 eps times the sizes that went into the two losses, divided by 2h). A number that disagrees by more than
`tolerance` is measured again with 0.1 h, 10 h, 0.01 h and 100 h and judged by the best; a wrong formula stays wrong.

Kinks (relu at 0, the absolute error at a = y, L1 at w = 0) have no derivative to compare with. A step that moves any
sum z over a kink of its activation, an output over one of the loss, or the weight over 0 under L1, is not used; the
smaller steps then usually stay on one side. What stands on a kink itself is left out and counted as `skipped`.

The loss is that of the training plan with all its penalties (mean over the rows unless the plan says sum; clipping and
max-norm are no part of it; every row counts the same). Dropout is off: everything passes.

Each record's own derivative is checked too (see `formula_check`), so that a wrong formula of yours is named.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..maths import passes
from ..maths.losses import Loss, default_loss, losses
from ..maths.penalties import penalty
from ..maths.random import key_of, permutation
from ..model.layers import Layer, whole_number
from ..model.model import Model
from ..training.fitting import encoded
from ..training.planning import check_trainable
from .formula_check import EPSILON, LADDER, ROUNDING, STEP, FormulaCheck, check_formulas, jumps, relative_error
from .render import Badge, Group, Heading, Node, Note, Paragraph, Shown, Table, number

TOLERANCE = 1e-6
MAX_ROWS = 200
LayerArrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Entry:
    """One number of a parameter ("dense_1.W[0, 2]") with both gradients and their relative error."""

    name: str
    analytic: float
    numeric: float
    error: float


@dataclass(frozen=True)
class ParameterCheck:
    """One parameter: its worst entry (None if all stand on kinks), how many were compared and how many left out."""

    name: str
    worst: Entry | None
    checked: int
    skipped: int
    passed: bool


@dataclass(frozen=True, repr=False)
class GradientCheck(Shown):
    """What `check_gradients` found; true in an `if` exactly when everything agrees.

    `parameters` has one entry for each parameter, `formulas` one for each derivative of each record, `rows` is how many
    rows were used (of `rows_given`), `loss` the value whose gradient was checked, penalties included.
    """

    parameters: tuple[ParameterCheck, ...]
    formulas: tuple[FormulaCheck, ...]
    loss: float
    tolerance: float
    rows: int
    rows_given: int
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every parameter and every formula agrees within the tolerance."""
        return all(check.passed for check in self.parameters) and not self.suspects

    def __bool__(self) -> bool:
        return self.passed

    @property
    def worst(self) -> Entry | None:
        """The entry with the largest relative error; None if there is nothing to check."""
        entries = [check.worst for check in self.parameters if check.worst is not None]
        return max(entries, key=lambda entry: entry.error, default=None)

    @property
    def skipped(self) -> int:
        """How many numbers stand on a kink and were left out."""
        return sum(check.skipped for check in self.parameters)

    @property
    def suspects(self) -> tuple[FormulaCheck, ...]:
        """The formulas that disagree with their own `forward`."""
        return tuple(formula for formula in self.formulas if not formula.passed)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data for JSON (a value that is not finite as null)."""
        return {
            "passed": self.passed,
            "tolerance": self.tolerance,
            "loss": _finite(self.loss),
            "rows": self.rows,
            "rows_given": self.rows_given,
            "skipped": self.skipped,
            "parameters": [_parameter_dict(check) for check in self.parameters],
            "formulas": [_formula_dict(formula) for formula in self.formulas],
            "notes": list(self.notes),
        }

    def tree(self) -> Node:
        """The verdict, a table of the parameters, a table of the formulas, and what was left out."""
        count = sum(check.checked for check in self.parameters)
        title = "Gradient check: passed" if self.passed else "Gradient check: failed"
        children: list[Node] = [Heading(title), Paragraph(self._verdict(count))]
        if self.parameters:
            header = ("parameter", "compared", "worst", "analytic", "numeric", "relative error", "verdict")
            children.append(Table(header, [_parameter_row(check) for check in self.parameters]))
        rows = [_formula_row(formula) for formula in self.formulas]
        columns = ("formula", "in", "analytic", "numeric", "relative error", "verdict")
        children.append(Table(columns, rows, caption="Each formula alone"))
        return Group([*children, *map(Note, self.notes)])

    def _verdict(self, count: int) -> str:
        worst = self.worst
        if self.passed:
            largest = f"; the largest relative error is {number(worst.error, 3)}, at `{worst.name}`" if worst else ""
            return f"All {count} gradients agree with central differences within {self.tolerance:g}{largest}."
        if self.suspects:
            blamed = "; ".join(f"{formula.title} (in {', '.join(formula.where)})" for formula in self.suspects)
            return f"This does not agree with its own forward function: {blamed}."
        assert worst is not None
        return (
            f"The gradient of `{worst.name}` is {number(worst.analytic)}, central differences say "
            f"{number(worst.numeric)}, although each formula alone agrees: look at what the formulas take from each "
            "other (a kink that a record does not name, or an option that forward and backward read differently)."
        )


def check_gradients(
    model: Model,
    X: Any,
    y: Any,
    *,
    loss: str | Loss | None = None,
    tolerance: float = TOLERANCE,
    max_rows: int = MAX_ROWS,
) -> GradientCheck:
    """Compare every analytic gradient with central differences, in float64; see the top of this file for how.

    `loss` is that of the last fit, or the one that suits the output, unless named. At most `max_rows` rows are used,
    chosen at random but always the same. The network is not changed. Raises InputError for an activation that cannot be
    trained through, for data that do not suit the network, and for a layer whose gradients have wrong names or shapes.
    """
    tolerance = _tolerance(tolerance)
    plan = model.training.plan if model.training is not None else None
    chosen = losses.resolve(
        loss if loss is not None else plan.loss if plan else default_loss(model.layers[-1].activation)
    )
    check_trainable(model, chosen)
    data = encoded(copy.copy(model), X, y, None, chosen, one_batch=True)
    rows = sample_rows(len(data), whole_number("max_rows", max_rows, 1, f"max_rows={MAX_ROWS}"))
    x, targets = data.X[rows].astype(np.float64), data.Y[rows].astype(np.float64)
    with np.errstate(all="ignore"):
        measure = Measure(
            model.layers, model.parameters.by_layer, chosen, x, targets, plan.reduction if plan else "mean"
        )
        formulas = check_formulas(
            model.layers, model.names, measure.parameters, measure.passes, chosen, targets, tolerance
        )
        checks = [
            _check_parameter(measure, k, key, gradient, f"{name}.{key}", tolerance)
            for k, (name, gradients) in enumerate(zip(model.names, measure.gradients(), strict=True))
            for key, gradient in gradients.items()
        ]
    notes = _notes(model, len(rows), len(data), sum(check.skipped for check in checks))
    return GradientCheck(tuple(checks), formulas, measure.loss_value, tolerance, len(rows), len(data), notes)


class Measure:
    """The loss as a function of any one number: float64 copies of the parameters, a pass that starts at one layer."""

    def __init__(
        self,
        layers: Sequence[Layer],
        parameters: Sequence[LayerArrays],
        loss: Loss,
        x: np.ndarray,
        y: np.ndarray,
        reduction: str,
    ) -> None:
        self.layers, self.loss, self.y = layers, loss, y
        self.parameters = [{key: np.array(w, dtype=np.float64) for key, w in p.items()} for p in parameters]
        self.share = passes.shares(np, len(x), None, reduction)
        self.kinks = [[place for place, _ in layer.activation.kink_points()] for layer in layers]
        self.smooth = passes.takes_logits(loss, layers[-1].activation) or not loss.kinks
        self.passes = passes.forward(np, layers, self.parameters, x)
        last = self.passes[-1]
        per_sample = passes.sample_losses(np, loss, layers[-1].activation, last.z, last.a, y)
        total = passes.total_loss(np, per_sample, self.share) + passes.penalties(np, layers, self.parameters)
        self.loss_value = float(total)

    def gradients(self) -> list[LayerArrays]:
        """The analytic gradients of the same loss."""
        backs = passes.backward(np, self.layers, self.parameters, self.passes, self.loss, self.y, self.share)
        return passes.full_gradients(np, self.layers, self.parameters, backs)

    def slope(self, k: int, key: str, index: tuple[int, ...], factor: float) -> tuple[float, float] | None:
        """The central difference at one number and its rounding; None if the step crosses a kink."""
        array, layer = self.parameters[k][key], self.layers[k]
        w = float(array[index])
        step = STEP * factor * max(abs(w), 1.0)
        high, low = w + step, w - step
        l1 = layer.l1 if key in layer.rule.penalised else 0.0
        l2 = layer.l2 if key in layer.rule.penalised else 0.0
        if l1 and low < 0 < high and w != 0:
            return None
        above, below = self._moved(k, array, index, high), self._moved(k, array, index, low)
        if self._crosses(k, above, below):
            return None
        (losses_high, size_high), (losses_low, size_low) = self._losses(above), self._losses(below)
        change = float(np.sum((losses_high - losses_low) * self.share))
        if l1 or l2:
            ends = penalty(np, np.array([high]), l1, l2), penalty(np, np.array([low]), l1, l2)
            change, size_high = change + float(ends[0] - ends[1]), size_high + abs(float(ends[0]))
        return change / (high - low), ROUNDING * EPSILON * (size_high + size_low) / (high - low)

    def _moved(self, k: int, array: np.ndarray, index: tuple[int, ...], value: float) -> list[passes.Pass]:
        kept = array[index]
        array[index] = value
        try:
            return passes.forward(np, self.layers[k:], self.parameters[k:], self.passes[k].x)
        finally:
            array[index] = kept

    def _losses(self, went: list[passes.Pass]) -> tuple[np.ndarray, float]:
        """The samples' losses, and the size of what was added up in them."""
        z, a = went[-1].z, went[-1].a
        per_sample = passes.sample_losses(np, self.loss, self.layers[-1].activation, z, a, self.y)
        size = (np.abs(per_sample) + np.abs(z).sum(axis=1) + np.abs(a).sum(axis=1)) * self.share
        return per_sample, float(np.sum(size))

    def _crosses(self, k: int, above: list[passes.Pass], below: list[passes.Pass]) -> bool:
        for kinks, high, low in zip(self.kinks[k:], above, below, strict=True):
            if any(bool(((high.z > kink) != (low.z > kink)).any()) for kink in kinks):
                return True
        if self.smooth:
            return False
        slopes = [self.loss.slope_at(np, went[-1].a, self.y) for went in (above, below)]
        return bool(jumps(*slopes).any())


def _check_parameter(
    measure: Measure, k: int, key: str, gradient: np.ndarray, name: str, tolerance: float
) -> ParameterCheck:
    worst, checked = None, 0
    for index in np.ndindex(gradient.shape):
        found = _compare(measure, k, key, index, float(gradient[index]), tolerance)
        if found is None:
            continue
        checked += 1
        if worst is None or found[1] > worst.error:
            place = f"{name}[{', '.join(map(str, index))}]" if index else name
            worst = Entry(place, float(gradient[index]), *found)
    passed = worst is None or worst.error <= tolerance
    return ParameterCheck(name, worst, checked, gradient.size - checked, passed)


def _compare(
    measure: Measure, k: int, key: str, index: tuple[int, ...], analytic: float, tolerance: float
) -> tuple[float, float] | None:
    """The numeric gradient that agrees best, and its relative error; None on a kink."""
    best: tuple[float, float] | None = None
    for factor in LADDER:
        measured = measure.slope(k, key, index, factor)
        if measured is None:
            continue
        error = float(relative_error(analytic, measured[0], measured[1], tolerance))
        if best is None or error < best[1]:
            best = measured[0], error
        if error <= tolerance:
            break
    return best


def sample_rows(n: int, limit: int) -> np.ndarray:
    """At most `limit` of n rows in their order: all of them, or a random choice that is always the same.

    Every k-th row would be a trap: repeated tables have a period.
    """
    if n <= limit:
        return np.arange(n)
    return np.sort(permutation(np, key_of(0, "split"), n)[:limit])


def _tolerance(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1:
        return float(value)
    raise InputError(f"tolerance={value!r}", "a number between 0 and 1", f"tolerance={TOLERANCE:g}")


def _notes(model: Model, rows: int, given: int, skipped: int) -> tuple[str, ...]:
    notes = []
    if rows < given:
        notes.append(f"{rows} of the {given} rows were used, always the same ones.")
    if any(layer.rule.noisy for layer in model.layers):
        notes.append("Dropout and other noise is off here; training draws it anew for every batch.")
    if model.dtype != np.float64:
        notes.append(f"The network's parameters are {model.dtype}; the check computed with them in float64.")
    if skipped:
        notes.append(
            f"{skipped} numbers stand on a kink, where there is no derivative to compare with; they were left out."
        )
    return tuple(notes)


def _parameter_row(check: ParameterCheck) -> tuple[Any, ...]:
    worst = check.worst
    if worst is None:
        return check.name, check.checked, "", None, None, None, Badge("on a kink", "note")
    shown = (worst.name, worst.analytic, worst.numeric, worst.error)
    return check.name, check.checked, *shown, _badge(check.passed)


def _formula_row(formula: FormulaCheck) -> tuple[Any, ...]:
    places = ", ".join(formula.where)
    if formula.checked == 0 and formula.passed:
        return formula.title, places, None, None, None, Badge("on a kink", "note")
    return formula.title, places, formula.analytic, formula.numeric, formula.error, _badge(formula.passed)


def _badge(passed: bool) -> Badge:
    return Badge("agrees", "good") if passed else Badge("wrong", "problem")


def _parameter_dict(check: ParameterCheck) -> dict[str, Any]:
    worst = check.worst
    entry = None if worst is None else {
        "name": worst.name,
        "analytic": _finite(worst.analytic),
        "numeric": _finite(worst.numeric),
        "error": _finite(worst.error),
    }  # fmt: skip
    counts = {"checked": check.checked, "skipped": check.skipped, "passed": check.passed}
    return {"name": check.name, "worst": entry, **counts}


def _formula_dict(formula: FormulaCheck) -> dict[str, Any]:
    return {
        "kind": formula.kind,
        "record": formula.record,
        "derivative": formula.derivative,
        "where": list(formula.where),
        "analytic": _finite(formula.analytic),
        "numeric": _finite(formula.numeric),
        "error": _finite(formula.error),
        "checked": formula.checked,
        "passed": formula.passed,
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
