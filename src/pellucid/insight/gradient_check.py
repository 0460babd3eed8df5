"""The gradient check: every analytic gradient against central differences of the loss, always in float64.

For each number w of each parameter the loss is computed twice for each of several steps h around

    h = eps^(1/3) max(|w|, 1) / max(1, how far z moves for each unit of w)

and the analytic gradient is compared with (L(w + h) - L(w - h)) / 2h as `differences` says; most numbers agree at the
first h, and need no other. (A weight of an input that is 1000 moves z by 1000 times as much as a bias does.) Of a
parameter with more than `max_entries` numbers a choice is checked that is random, but always the same: a wrong formula
shows in almost any of them.

Kinks (relu at 0, the absolute error at a = y, L1 at w = 0) have no derivative to compare with. A step that moves any
sum z over a kink of its activation, an output over one of the loss, or the weight over 0 under L1, is not used; the
smaller steps then usually stay on one side. What stands on a kink itself is left out and counted as `skipped`; so is
all of a network with an output so near 0 that the slope of a loss with a logarithm is cut off there.

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
from ..maths.by_unit import kinks_by_unit
from ..maths.losses import Loss, default_loss, losses
from ..maths.penalties import penalty
from ..maths.random import key_of, permutation
from ..model.layers import Layer, whole_number
from ..model.model import Model
from ..training.examples import encoded
from ..training.planning import check_trainable
from .differences import EPSILON, LADDER, ROUNDING, STEP, Comparison, cut_off, jumps
from .formula_check import FormulaCheck, check_formulas
from .render import Badge, Group, Heading, Node, Note, Paragraph, Shown, Table, number

TOLERANCE = 1e-6
MAX_ROWS = 200
MAX_ENTRIES = 200
FAR = 10.0  # z may move this many times as far as w before the step is made smaller
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
    """One parameter: its worst entry (None if all stand on kinks), how many of its numbers were compared and left out.

    `size` is how many numbers it has (of a masked one those that exist); where `checked` and `skipped` (on a kink) are
    fewer, the others were not chosen.
    """

    name: str
    worst: Entry | None
    checked: int
    skipped: int
    passed: bool
    size: int


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
    max_entries: int | None = MAX_ENTRIES,
) -> GradientCheck:
    """Compare every analytic gradient with central differences, in float64; see the top of this file for how.

    `loss` is that of the last fit, or the one that suits the output, unless named. At most `max_rows` rows and
    `max_entries` numbers of each parameter are used (None: all of them), chosen at random but always the same; the
    notes say so. The network is not changed. Raises InputError for an activation that cannot be trained through, for
    data that do not suit the network, and for a layer whose gradients have wrong names or shapes.
    """
    tolerance = _tolerance(tolerance)
    limit = None if max_entries is None else _limit("max_entries", max_entries, MAX_ENTRIES)
    plan = model.training.plan if model.training is not None else None
    chosen = losses.resolve(
        loss if loss is not None else plan.loss if plan else default_loss(model.layers[-1].activation)
    )
    check_trainable(model, chosen)
    data = encoded(copy.copy(model), X, y, None, chosen, one_batch=True)
    rows = sample_rows(len(data), _limit("max_rows", max_rows, MAX_ROWS))
    x, targets = data.X[rows].astype(np.float64), data.Y[rows].astype(np.float64)
    with np.errstate(all="ignore"):
        measure = Measure(
            model.layers, model.parameters.by_layer, chosen, x, targets, plan.reduction if plan else "mean"
        )
        formulas = check_formulas(
            model.layers, model.names, measure.parameters, measure.passes, chosen, targets, tolerance
        )
        checks = [
            _check_parameter(measure, k, key, gradient, f"{name}.{key}", tolerance, limit)
            for k, (name, gradients) in enumerate(zip(model.names, measure.gradients(), strict=True))
            for key, gradient in gradients.items()
        ]
    notes = _notes(model, len(rows), len(data), checks)
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
        self.kinks = [kinks_by_unit(layer.activation) for layer in layers]
        self.passes = passes.forward(np, layers, self.parameters, x)
        last = self.passes[-1]
        logits = passes.takes_logits(loss, layers[-1].activation)
        self.smooth = logits or not loss.kinks
        self.cut_off = bool(loss.link) and not logits and bool(cut_off(last.a).any())
        per_sample = passes.sample_losses(np, loss, layers[-1].activation, last.z, last.a, y)
        total = passes.total_loss(np, per_sample, self.share) + passes.penalties(np, layers, self.parameters)
        self.loss_value = float(total)
        # How far the loss moves, in units of rounding, when each sum z is rounded.
        backs = passes.backward(np, layers, self.parameters, self.passes, loss, y, self.share)
        moved = sum(float(np.nansum(np.abs(back.dz * here.z))) for back, here in zip(backs, self.passes, strict=True))
        self.unsure = moved if np.isfinite(moved) else 0.0

    def gradients(self) -> list[LayerArrays]:
        """The analytic gradients of the same loss."""
        backs = passes.backward(np, self.layers, self.parameters, self.passes, self.loss, self.y, self.share)
        return passes.full_gradients(np, self.layers, self.parameters, backs)

    def step(self, k: int, key: str, index: tuple[int, ...]) -> float:
        """The first step to try at one number: smaller where z moves much further than the number itself."""
        array, p, here = self.parameters[k][key], self.parameters[k], self.passes[k]
        kept = float(array[index])
        step = STEP * max(abs(kept), 1.0)
        array[index] = kept + step
        try:
            moved = self.layers[k].rule.run(np, here.x, p, None) - here.z
        finally:
            array[index] = kept
        reach = float(np.abs(moved).max(initial=0.0)) / step
        # Not so small that w + step is w.
        return max(step / reach, 1e3 * EPSILON * abs(kept)) if FAR < reach < np.inf else step

    def slope(self, k: int, key: str, index: tuple[int, ...], step: float) -> tuple[float, float] | None:
        """The central difference at one number and its rounding; None if the step crosses a kink or there is none."""
        array, layer = self.parameters[k][key], self.layers[k]
        w = float(array[index])
        high, low = w + step, w - step
        l1 = layer.l1 if key in layer.rule.penalised else 0.0
        l2 = layer.l2 if key in layer.rule.penalised else 0.0
        if (l1 and low < 0 < high and w != 0) or self.cut_off or high == low:
            return None
        above, below = self._moved(k, array, index, high), self._moved(k, array, index, low)
        if self._crosses(k, above, below):
            return None
        (losses_high, size_high), (losses_low, size_low) = self._losses(above), self._losses(below)
        change = float(np.sum((losses_high - losses_low) * self.share))
        if l1 or l2:
            ends = penalty(np, np.array([high]), l1, l2), penalty(np, np.array([low]), l1, l2)
            change, size_high = change + float(ends[0] - ends[1]), size_high + abs(float(ends[0]))
        return change / (high - low), ROUNDING * EPSILON * (size_high + size_low + 2 * self.unsure) / (high - low)

    def _moved(self, k: int, array: np.ndarray, index: tuple[int, ...], value: float) -> list[passes.Pass]:
        kept = array[index]
        array[index] = value
        try:
            x, done = self.passes[0].x, self.passes[:k]
            return passes.forward(np, self.layers, self.parameters, x, done=done)[k:]
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
            for kink, units in kinks:
                if bool(((high.z[:, units] > kink) != (low.z[:, units] > kink)).any()):
                    return True
        if self.smooth:
            return False
        slopes = [self.loss.slope_at(np, went[-1].a, self.y) for went in (above, below)]
        return bool(jumps(*slopes).any())


def _check_parameter(
    measure: Measure, k: int, key: str, gradient: np.ndarray, name: str, tolerance: float, limit: int | None
) -> ParameterCheck:
    worst, checked = None, 0
    present = measure.layers[k].rule.present(key)
    places = np.arange(gradient.size) if present is None else np.flatnonzero(present)
    chosen = places[sample_rows(len(places), len(places) if limit is None else limit)]
    for place in chosen.tolist():
        index = tuple(int(i) for i in np.unravel_index(place, gradient.shape))
        found = _compare(measure, k, key, index, float(gradient[index]), tolerance)
        if found is None:
            continue
        checked += 1
        if worst is None or found[1] > worst.error:
            where = f"{name}[{', '.join(map(str, index))}]" if index else name
            worst = Entry(where, float(gradient[index]), *found)
    passed = worst is None or worst.error <= tolerance
    return ParameterCheck(name, worst, checked, len(chosen) - checked, passed, len(places))


def _compare(
    measure: Measure, k: int, key: str, index: tuple[int, ...], analytic: float, tolerance: float
) -> tuple[float, float] | None:
    """The numeric gradient that decides, and its relative error; None on a kink."""
    comparison = Comparison(np.array(analytic), tolerance)
    first = measure.step(k, key, index)
    for factor in LADDER:
        measured = measure.slope(k, key, index, first * factor)
        if measured is None:
            continue
        comparison.add(first * factor, np.array(measured[0]), np.array(measured[1]))
        if comparison.agrees:
            break
    return (float(comparison.numeric), float(comparison.error)) if comparison.tried else None


def sample_rows(n: int, limit: int) -> np.ndarray:
    """At most `limit` of n rows in their order: all of them, or a random choice that is always the same.

    Every k-th row would be a trap: repeated tables have a period.
    """
    if n <= limit:
        return np.arange(n)
    return np.sort(permutation(np, key_of(0, "split"), n)[:limit])


def _limit(name: str, value: Any, usual: int) -> int:
    return whole_number(name, value, 1, f"{name}={usual}")


def _tolerance(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1:
        return float(value)
    raise InputError(f"tolerance={value!r}", "a number between 0 and 1", f"tolerance={TOLERANCE:g}")


def _notes(model: Model, rows: int, given: int, checks: Sequence[ParameterCheck]) -> tuple[str, ...]:
    notes, skipped = [], sum(check.skipped for check in checks)
    if rows < given:
        notes.append(f"{rows} of the {given} rows were used, always the same ones.")
    parts = [check for check in checks if check.checked + check.skipped < check.size]
    if parts:
        shares = ", ".join(f"{check.checked + check.skipped} of {check.size:,} of {check.name}" for check in parts)
        notes.append(f"Not every number was checked: {shares}, always the same ones; max_entries=None checks all.")
    if any(layer.rule.noisy for layer in model.layers):
        notes.append("Dropout and other noise is off here; training draws it anew for every batch.")
    if model.dtype != np.float64:
        notes.append(f"The network's parameters are {model.dtype}; the check computed with them in float64.")
    if skipped:
        stand = "1 number stands" if skipped == 1 else f"{skipped} numbers stand"
        notes.append(
            f"{stand} on a kink, or where the loss is cut off: there is no derivative to compare with. "
            f"{'It was' if skipped == 1 else 'They were'} left out."
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
    counts = {"checked": check.checked, "skipped": check.skipped, "size": check.size, "passed": check.passed}
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
