"""The chain of a parameter's entry: its gradient by example, penalty, clipping, the optimizer line by line, the new
value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...maths.layers import dense_gradients
from .chains import Chains, held, named, right_side
from .derivation import Step, Sum, Term, summed
from .parts import LayerTrace, ParameterTrace, Terms
from .substitute import put_in, symbols_of

Index = tuple[int, ...]


def parameter_steps(chains: Chains, k: int, name: str, index: Index) -> list[Step]:
    """All steps from the examples to the new value of one entry."""
    layer, terms = chains.trace.layers[k], chains.trace.terms
    p = layer.parameters[name]
    assert terms is not None
    return [
        *gradient_steps(chains, k, name, index),
        *clip_steps(chains, p, terms, index),
        *optimizer_steps(chains, p, terms, index),
        *limit_steps(chains, layer, p, index),
    ]


def gradient_steps(chains: Chains, k: int, name: str, index: Index) -> list[Step]:
    """All steps from the examples to the gradient of one entry, penalties included, before clipping."""
    layer = chains.trace.layers[k]
    p = layer.parameters[name]
    assert p.data is not None
    found = summed(gradient_terms(layer, name, index), float(p.data[index]))
    return [
        *largest(chains, k, name, index, found),
        data_step(chains, layer, name, index, found),
        *penalty_steps(chains, layer, p, index),
    ]


def gradient_terms(layer: LayerTrace, name: str, index: Index) -> list[Term]:
    """Each example's part in the gradient of one entry."""
    rule = layer.layer.rule
    assert layer.dz is not None
    if rule.gradients is dense_gradients:
        delta = layer.dz[:, index[-1]].astype(np.float64)
        x = layer.x[:, index[0]].astype(np.float64) if name == "W" else np.ones(len(delta))
        label = "input" if name == "W" else "1"
        return [
            Term(f"row {r}", ((label, float(x[r])), ("dz", float(delta[r]))), float(x[r] * delta[r]))
            for r in range(len(delta))
        ]
    p = {key: seen.value for key, seen in layer.parameters.items()}
    terms = []
    for r in range(len(layer.x)):
        with np.errstate(all="ignore"):
            alone = rule.gradients(np, layer.x[r : r + 1], p, None, layer.dz[r : r + 1], **rule.options)
        terms.append(Term(f"row {r}", (), float(alone[name][index])))
    return terms


def largest(chains: Chains, k: int, name: str, index: Index, found: Sum) -> list[Step]:
    """How the error signal of the example that counts most came about, for a dense layer."""
    layer = chains.trace.layers[k]
    if layer.layer.rule.gradients is not dense_gradients or not found.terms:
        return []
    row = int(found.terms[0].label.removeprefix("row "))
    return Chains(chains.trace, chains.digits, folded=True).dz(k, row, index[-1])


def data_step(chains: Chains, layer: LayerTrace, name: str, index: Index, found: Sum) -> Step:
    """The sum over the examples."""
    rule = layer.layer.rule
    dense = rule.gradients is dense_gradients
    formula = {"W": r"\sum_r x_r \, \delta_r", "b": r"\sum_r \delta_r"}[name] if dense else r"\sum_r g_r"
    meaning = "each example's input times its error signal" if name == "W" else "each example's error signal"
    meaning = meaning if dense else f"each example alone, by the rule {rule.name}"
    terms = [t if dense and name == "W" else Term(t.label, t.factors[-1:], t.value) for t in found.terms]
    numbers = chains.products(terms)
    if found.count and r"\cdots" not in numbers:
        numbers += r" + \cdots"
    symbol = r"\frac{\partial L}{\partial w}" if name != "b" else r"\frac{\partial L}{\partial b}"
    note = ""
    if found.mixes:
        note = f"The rule {rule.name} mixes examples: what they do alone does not add up to what they do together."
    return chains.step("data gradient", meaning, symbol, formula, numbers, found.value, sum=found, note=note)


def penalty_steps(chains: Chains, layer: LayerTrace, p: ParameterTrace, index: Index) -> Iterator[Step]:
    """What L1 and L2 add."""
    if p.penalty is None or p.gradient is None or p.data is None:
        return
    l1, l2, w = layer.layer.l1, layer.layer.l2, float(p.value[index])
    formula, numbers = [], []
    if l1:
        formula.append(r"\lambda_1 \operatorname{sign}(w)")
        numbers.append(rf"{chains.number(l1)} \cdot \operatorname{{sign}}({chains.number(w)})")
    if l2:
        formula.append(r"\lambda_2 w")
        numbers.append(rf"{chains.number(l2)} \cdot {held(chains.number(w))}")
    value = float(p.penalty[index])
    yield chains.step("penalty", "the slope of the penalty", "q", " + ".join(formula), " + ".join(numbers), value)
    put = f"{chains.number(p.data[index])} + {held(chains.number(value))}"
    formula_g = r"\frac{\partial L}{\partial w} + q"
    yield chains.step("gradient", "with the penalty", "g", formula_g, put, p.gradient[index])


def clip_steps(chains: Chains, p: ParameterTrace, terms: Terms, index: Index) -> Iterator[Step]:
    """The one factor that shortens all gradients, where their norm is over the limit."""
    if terms.norm is None or p.gradient is None or p.clipped is None:
        return
    limit, norm, g = chains.number(terms.plan.clip), chains.number(terms.norm), held(chains.number(p.gradient[index]))
    if terms.norm > (terms.plan.clip or 0.0):
        formula, put, meaning = r"g \cdot c / \|g\|", rf"{g} \cdot {limit} / {norm}", "the whole gradient is too long"
    else:
        formula, put, meaning = "g", "", f"the whole gradient's norm {norm} is within the limit {limit}"
    yield chains.step("clipped gradient", meaning, "g", formula, put, p.clipped[index])


def optimizer_steps(chains: Chains, p: ParameterTrace, terms: Terms, index: Index) -> Iterator[Step]:
    """The optimizer's formula, line by line."""
    optimizer, lines = terms.optimizer, terms.optimizer.shown(p.lines)
    assert p.clipped is not None
    known = {"g_t": p.clipped[index], "w_{t-1}": p.value[index], "t": terms.step, **symbols_of(terms.options)}
    symbols = {name: formula.split("=", 1)[0].strip() for name, formula in optimizer.lines if "=" in formula}
    for slot, array in p.slots.items():
        symbol = symbols.get(slot) or symbols.get(slot.removeprefix("previous_"), "")
        if symbol.endswith("_t"):
            known[f"{symbol[:-2]}_{{t-1}}"] = entry(array, index, p.value.shape)
    told = [name for name, _, _ in lines]
    lines += [(name, "", value) for name, value in p.lines.items() if not told or (name == "w" and "w" not in told)]
    for name, formula, array in lines:
        value = entry(array, index, p.value.shape)
        symbol = symbols.get(name, named(name))
        right = right_side(formula)
        put = put_in(right, known, chains.digits) if right else ""
        known[symbol] = value
        meaning = f"the new value, by {optimizer!r}, step {terms.step}" if name == "w" else ""
        yield chains.step(name, meaning, symbol, right, "" if put == right else put, value)


def limit_steps(chains: Chains, layer: LayerTrace, p: ParameterTrace, index: Index) -> Iterator[Step]:
    """The max-norm rule, where it shortens the unit's incoming weights."""
    assert p.updated is not None
    limit, w = layer.layer.max_norm, p.lines.get("w")
    if limit is None or w is None or w[index] == p.updated[index]:
        return
    norm = float(np.sqrt(np.sum(np.square(w, dtype=np.float64), axis=0))[index[1:]])
    put = rf"{held(chains.number(w[index]))} \cdot {chains.number(limit)} / {chains.number(norm)}"
    meaning = "the unit's incoming weights together are longer than the limit"
    yield chains.step("max-norm", meaning, "w", r"w \cdot c / \|w_{unit}\|", put, p.updated[index])


def entry(array: Any, index: Index, shape: Index) -> float:
    """One entry of what an optimizer computed; a number for the whole parameter counts for each entry."""
    try:
        return float(np.broadcast_to(np.asarray(array, dtype=np.float64), shape)[index])
    except (TypeError, ValueError):
        return float("nan")
