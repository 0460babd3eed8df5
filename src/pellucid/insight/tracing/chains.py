"""The links of a chain of formulas, one function for each kind of number in a trace.

Symbols are those of the house: x, z, a, w, b, y; delta is dz, the error signal at a sum; s is an example's share of
the loss.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ...maths.layers import dense_forward, dense_input_gradient, dropout_forward, dropout_input_gradient
from ...model.preprocessing import Column
from .derivation import Step, Term, summed
from .parts import LayerTrace
from .substitute import MOST, latex_number, put_in, symbols_of, unroll
from .wiring import Unit, column_names, exists, origin, readers, unit_formulas

if TYPE_CHECKING:
    from ..trace import Trace


class Chains:
    """Builds the steps for one trace, at a given number of digits."""

    def __init__(self, trace: Trace, digits: int = 6, folded: bool = False) -> None:
        self.trace, self.digits, self.folded = trace, digits, folded

    def step(self, name: str, meaning: str, symbol: str, latex: str, numbers: str, value: Any, **more: Any) -> Step:
        """A step with the house's settings."""
        return Step(name, meaning, symbol, latex, numbers, float(value), folded=self.folded, digits=self.digits, **more)

    def number(self, value: Any) -> str:
        """A value as LaTeX."""
        return latex_number(float(value), self.digits)

    # --- forward ----------------------------------------------------------------------------------

    def x(self, k: int, row: int, i: int) -> list[Step]:
        """What comes into a layer: the input, or what a layer before gave."""
        layer, info = self.trace.layers[k], self.trace.preprocessing
        name, value = f"{layer.name}.x[{row}, {i}]", layer.x[row, i]
        place, i = origin(self.trace, k, i)
        if place > 0:
            step = self.step(name, f"what {self.trace.layers[place - 1].name} gives", "x", "a", "", value)
            return [*self.a(place - 1, row, i), step]
        if info is None or self.trace.preparation is None:
            return [self.step(name, "the input as it was given", "x", "", "", value)]
        c, (_, part) = next((c, group) for c, group in enumerate(info.groups) if group[1].start <= i < group[1].stop)
        raw = self.trace.preparation.values[c][row]
        formula, numbers = prepared(info.columns[c], raw, i - part.start, self.digits)
        return [self.step(name, f"prepared from {info.columns[c].name}", "x", formula, numbers, value)]

    def z(self, k: int, row: int, unit: int) -> Step:
        """The sum of a unit: its inputs, each times its weight."""
        layer = self.trace.layers[k]
        name, value, rule = f"{layer.name}.z[{row}, {unit}]", float(layer.z[row, unit]), layer.layer.rule
        if rule.forward is dropout_forward:
            meaning = "dropout hands its input on while predicting"
            return self.step(name, meaning, "z", "x", self.number(layer.x[row, unit]), value)
        if rule.forward is not dense_forward:
            formula = right_side(rule.formula) or f"{named(rule.name)}(x)"
            return self.step(name, f"by the rule {rule.name}", "z", formula, "", value)
        W = layer.parameters["W"].value[:, unit]
        names = column_names(self.trace, k) if k == 0 or layer.layer.sees == "all" else []
        terms = [
            Term(names[i] if names else f"input {i}", (("x", float(x)), ("w", float(w))), float(x) * float(w))
            for i, (x, w) in enumerate(zip(layer.x[row], W, strict=True))
            if exists(layer, "W", (i, unit))
        ]
        numbers, formula, absent = self.products(terms) or "0", r"\sum_i x_i w_i", len(W) - len(terms)
        meaning = "each input times its weight, summed" + (f"; {absent} of {len(W)} are masked" if absent else "")
        if "b" in layer.parameters:
            bias = float(layer.parameters["b"].value[unit])
            terms.append(Term("bias", (("x", 1.0), ("w", bias)), bias))
            numbers, formula = f"{numbers} + {held(self.number(bias))}", formula + " + b"
        found = summed(terms, value) if len(terms) > MOST else None
        return self.step(name, meaning, "z", formula, numbers, value, sum=found)

    def a(self, k: int, row: int, unit: int) -> list[Step]:
        """The sum, and the activation of it."""
        layer = self.trace.layers[k]
        activation = layer.layer.activation
        name, symbol = f"{layer.name}.a[{row}, {unit}]", "a" if activation.slope is not None else "a_i"
        own = unit_formulas(layer, unit, named(activation.name))
        put = self.activated(layer, own, own.formula, row, unit)
        step = self.step(name, repr(own.activation), symbol, own.formula, put, layer.a[row, unit])
        return [self.z(k, row, unit), *self.steepened(layer, own, row, unit), step]

    def steepened(self, layer: LayerTrace, own: Unit, row: int, unit: int) -> list[Step]:
        """The sum times the unit's steepness, where that is not 1."""
        if own.steepness == 1.0:
            return []
        z = float(layer.z[row, unit])
        put = rf"{self.number(own.steepness)} \cdot {held(self.number(z))}"
        name = f"{layer.name}.v[{row}, {unit}]"
        return [self.step(name, "the sum times the unit's steepness", "v", "s_u z", put, own.steepness * z)]

    def slope(self, k: int, row: int, unit: int) -> list[Step]:
        """How steep the activation is where the unit is."""
        layer = self.trace.layers[k]
        activation, slope = layer.layer.activation, layer.slope
        assert slope is not None
        own = unit_formulas(layer, unit, named(activation.name))
        formula, meaning = own.slope_formula, f"how steep {own.activation!r} is there"
        put, name = self.activated(layer, own, formula, row, unit), f"{layer.name}.slope[{row}, {unit}]"
        step = self.step(name, meaning, r"\frac{da}{dz}", formula, put, slope[row, unit])
        return [*self.a(k, row, unit), step]

    def jacobian(self, k: int, row: int, i: int, j: int) -> list[Step]:
        """How output i of a unit-mixing activation answers to z_j."""
        layer = self.trace.layers[k]
        activation, value = layer.layer.activation, layer.jacobian_of(row)[i, j]
        formula = right_side(activation.slope_formula) or f"{named(activation.name)}'(z)"
        values = {"a_i": layer.a[row, i], "a_j": layer.a[row, j], r"\delta_{ij}": float(i == j)}
        put = put_in(formula, {**values, **symbols_of(activation.options)}, self.digits)
        name, symbol = f"{layer.name}.slope[{row}, {i}, {j}]", r"\frac{\partial a_i}{\partial z_j}"
        meaning = f"output {i} of {activation!r} by z of unit {j}"
        return [*self.a(k, row, i), self.step(name, meaning, symbol, formula, put, value)]

    def activated(self, layer: LayerTrace, own: Unit, formula: str, row: int, unit: int) -> str:
        """An activation's formula with one unit's numbers in it."""
        z, a = layer.z[row], layer.a[row]
        values = {"z": z[unit], "a": a[unit], "z_i": z[unit], "a_i": a[unit], **indexed(z=z, a=a)}
        if own.steepness != 1.0:
            values |= {"v": own.steepness * float(z[unit]), "s_u": own.steepness}
        options = symbols_of(own.activation.options)
        return put_in(unroll(formula, {"j": len(z), "k": len(z)}), {**values, **options}, self.digits)

    # --- loss -------------------------------------------------------------------------------------

    def example_loss(self, row: int) -> Step:
        """The loss of one example."""
        trace, last = self.trace, self.trace.layers[-1]
        assert trace.loss is not None and trace.terms is not None and trace.y is not None
        record = trace.terms.plan.loss
        formula = record.logit_formula if trace.loss.from_logits else record.formula
        formula = formula or f"{named(record.name)}(a, y)"
        wide = last.a.shape[1]
        values = {**indexed(a=last.a[row], z=last.z[row], y=trace.y[row]), **symbols_of(record.options)}
        if wide == 1:
            values.update({"a": last.a[row, 0], "z": last.z[row, 0], "y": trace.y[row, 0]})
        put = put_in(unroll(formula, {"k": wide, "j": wide}), values, self.digits)
        return self.step(f"loss[{row}]", f"{record!r} of example {row}", r"\ell", formula, put, trace.loss.each[row])

    def loss_slope(self, row: int, unit: int, by_logit: bool) -> Step:
        """How the loss answers to one output (or, where the two cancel, to its z): the start of the way back."""
        trace, last = self.trace, self.trace.layers[-1]
        assert trace.loss is not None and trace.terms is not None and trace.y is not None
        record = trace.terms.plan.loss
        formula = record.logit_slope_formula if by_logit else record.slope_formula
        formula = formula or f"{named(record.name)}'(a, y)"
        share = float(trace.loss.shares[row])
        seen = {"a": last.a[row, unit], "z": last.z[row, unit], "y": trace.y[row, unit]}
        values = {**indexed(a=last.a[row], z=last.z[row], y=trace.y[row]), **symbols_of(record.options)}
        values.update({f"{name}_k": value for name, value in seen.items()})
        values.update(seen)
        put = put_in(unroll(formula, {"j": last.a.shape[1]}), values, self.digits)
        what, array = ("dz", last.dz) if by_logit else ("da", last.da)
        assert array is not None
        return self.step(
            f"{last.name}.{what}[{row}, {unit}]",
            f"the slope of {record!r}, times the example's share s",
            r"\delta" if by_logit else r"\frac{\partial L}{\partial a}",
            rf"s \, \left({formula}\right)",
            rf"{self.number(share)} \cdot \left({put}\right)",
            array[row, unit],
        )

    # --- backward ---------------------------------------------------------------------------------

    def da(self, k: int, row: int, unit: int) -> list[Step]:
        """How much the loss changes with one unit's output: what comes back from every layer that saw it."""
        layer = self.trace.layers[k]
        assert layer.da is not None
        if k == len(self.trace.layers) - 1:
            return [self.loss_slope(row, unit, by_logit=False)]
        name, value = f"{layer.name}.da[{row}, {unit}]", float(layer.da[row, unit])
        symbol, found = r"\frac{\partial L}{\partial a}", readers(self.trace, k, unit)
        after = [self.trace.layers[m] for m, _ in found]
        if len(found) == 1 and after[0].layer.rule.forward is dropout_forward:
            terms = self.sent_back(*found[0], row)
            return [
                self.step(
                    name, "handed back by the dropout layer", symbol, r"\delta", self.number(terms[0].value), value
                )
            ]
        terms = [term for m, i in found for term in self.sent_back(m, i, row)]
        said = " and ".join(seen.name for seen in after)
        if all(seen.layer.rule.input_gradient in (dense_input_gradient, dropout_input_gradient) for seen in after):
            meaning = f"the error signals of {said}, each carried back through its weight"
            formula, numbers = r"\sum_j \delta_j w_j", self.products(terms) or "0"
        else:
            meaning = f"carried back by the rule {after[0].layer.rule.name}" if len(after) == 1 else f"from {said}"
            formula, numbers = r"\sum_j d_j", ""
        return [self.step(name, meaning, symbol, formula, numbers, value, sum=summed(terms, value))]

    def sent_back(self, m: int, i: int, row: int) -> list[Term]:
        """What each unit of layer m sends back to its input column i."""
        layer = self.trace.layers[m]
        assert layer.dz is not None
        rule = layer.layer.rule
        if rule.forward is dropout_forward:
            delta = float(layer.dz[row, i])
            return [Term(f"unit {i} of {layer.name}", (("dz", delta),), delta)]
        if rule.input_gradient is not dense_input_gradient:
            return self.carried_back(m, row, i)
        W = layer.parameters["W"].value[i]
        return [
            Term(f"unit {j} of {layer.name}", (("dz", float(d)), ("w", float(w))), float(d) * float(w))
            for j, (d, w) in enumerate(zip(layer.dz[row], W, strict=True))
            if exists(layer, "W", (i, j))
        ]

    def carried_back(self, k: int, row: int, unit: int) -> list[Term]:
        """How much of each unit's error signal a rule of the user's own carries back: it is run on one at a time."""
        layer = self.trace.layers[k]
        assert layer.dz is not None
        rule, p = layer.layer.rule, {name: seen.value for name, seen in layer.parameters.items()}
        terms = []
        for j, delta in enumerate(layer.dz[row]):
            alone = np.zeros_like(layer.dz[row : row + 1])
            alone[0, j] = delta
            with np.errstate(all="ignore"):
                back = rule.input_gradient(np, layer.x[row : row + 1], p, None, alone, **rule.options)
            terms.append(Term(f"unit {j} of {layer.name}", (("dz", float(delta)),), float(back[0, unit])))
        return terms

    def dz(self, k: int, row: int, unit: int) -> list[Step]:
        """The error signal of a unit: da through the activation."""
        layer = self.trace.layers[k]
        assert layer.dz is not None
        name, value = f"{layer.name}.dz[{row}, {unit}]", float(layer.dz[row, unit])
        if layer.da is None:
            return [*self.a(k, row, unit), self.loss_slope(row, unit, by_logit=True)]
        if layer.slope is not None:
            slope, da = self.slope(k, row, unit), self.da(k, row, unit)
            numbers = rf"{self.number(layer.da[row, unit])} \cdot {held(self.number(slope[-1].value))}"
            formula = r"\frac{\partial L}{\partial a} \cdot \frac{da}{dz}"
            return [*slope, *da, self.step(name, "the error signal", r"\delta", formula, numbers, value)]
        column = layer.jacobian_of(row)[:, unit]
        terms = [
            Term(f"output {i}", (("da", float(d)), ("da/dz", float(s))), float(d) * float(s))
            for i, (d, s) in enumerate(zip(layer.da[row], column, strict=True))
        ]
        formula = r"\sum_i \frac{\partial L}{\partial a_i} \frac{\partial a_i}{\partial z_j}"
        meaning = f"every output of {layer.layer.activation!r} depends on this z"
        step = self.step(name, meaning, r"\delta_j", formula, self.products(terms), value, sum=summed(terms, value))
        return [*self.a(k, row, unit), *self.da(k, row, unit), step]

    # --- numbers in formulas ----------------------------------------------------------------------

    def products(self, terms: list[Term]) -> str:
        """The sum of products with its numbers; of many terms the largest ones."""
        shown = terms if len(terms) <= MOST else sorted(terms, key=lambda t: -abs(t.value))[: MOST - 1]
        written = []
        for i, term in enumerate(shown):
            factors = [self.number(value) for _, value in term.factors or (("", term.value),)]
            first = held(factors[0]) if i else factors[0]
            written.append(r" \cdot ".join([first, *map(held, factors[1:])]))
        return " + ".join(written + [r"\cdots"] * (len(shown) < len(terms)))


def prepared(column: Column, raw: Any, place: int, digits: int) -> tuple[str, str]:
    """How an original value becomes one prepared number: the formula with symbols, and with numbers."""
    if column.kind == "category":
        return rf"1 \text{{ if the value is {_text(column.categories[place])}, else }} 0", rf"\text{{{_text(raw)}}}"
    if place > 0:
        return r"1 \text{ if the value is missing, else } 0", ""
    missing = raw is None or raw != raw
    value = column.fill if missing else raw
    inner = r"\operatorname{sign}(v) \ln(1 + |v| / u)" if column.transform == "log1p" else "v"
    formula = rf"\frac{{{inner} - m}}{{s}}"
    if not isinstance(value, (int, float, np.number)):
        return formula, ""
    numbers = put_in(formula, {"v": float(value), "u": column.unit, "m": column.mean, "s": column.scale}, digits)
    return formula, numbers + (r" \text{ (missing, so filled in)}" if missing else "")


def _text(value: Any) -> str:
    return re.sub(r"[\\{}$]", " ", str(value))


def named(name: str) -> str:
    """A record's name as a function in LaTeX."""
    safe = _text(name).replace("_", r"\_")
    return rf"\operatorname{{{safe}}}"


def held(text: str) -> str:
    """A negative number in brackets, for the middle of a formula."""
    return f"({text})" if text.startswith("-") else text


def indexed(**arrays: np.ndarray) -> dict[str, Any]:
    r"""Each array's entries under the names that `unroll` gives them: a_{0}, a_{1}, ..."""
    return {f"{name}_{{{i}}}": value for name, array in arrays.items() for i, value in enumerate(array)}


def right_side(formula: str) -> str:
    """What stands right of the first "=" that is outside all brackets; the whole formula where there is none."""
    depth = 0
    for i, c in enumerate(formula):
        depth += (c in "{(") - (c in "})")
        if c == "=" and depth == 0:
            return formula[i + 1 :].strip()
    return formula.strip()
