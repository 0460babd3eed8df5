"""`trace.explain`: the formulas behind one number of a trace, with symbols and with this network's values.

>>> from pellucid import Dense, Network
>>> net = Network(2, Dense(1, "sigmoid", weights=[[7.0], [3.0]], biases=[-5.0]))
>>> found = net.trace([[1, 1]]).explain("dense_1[0]")
>>> print(found.steps[0].text)
z = ∑ᵢ xᵢ wᵢ + b
  = 1 · 7 + 1 · 3 + (-5)
  = 5
>>> found.value
0.9933071490757153
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, StateError, unknown_name
from .tracing.chains import Chains
from .tracing.derivation import Derivation, Step, Sum, Term, summed
from .tracing.parameters import gradient_steps, parameter_steps
from .tracing.parts import LayerTrace
from .tracing.wiring import exists

if TYPE_CHECKING:
    from .trace import Trace

__all__ = ["Derivation", "Step", "Sum", "Term", "derive"]

FORWARD = ("x", "z", "a", "slope")
BACKWARD = ("da", "dz")
Index = tuple[int, ...]


def derive(trace: Trace, target: str, row: int = 0, digits: int = 6) -> Derivation:
    """See `Trace.explain`."""
    with np.errstate(all="ignore"):  # numbers that overflow are shown as such
        return _derive(trace, target, row, digits)


def _derive(trace: Trace, target: str, row: int, digits: int) -> Derivation:
    head, index = parse(target)
    chains, names = Chains(trace, digits), [layer.name for layer in trace.layers]
    if head == "loss":
        return _loss(chains, index)
    if head == "output":
        return _output(chains, _checked("output", index, trace.output.shape))
    if head in names:
        k = names.index(head)
        (unit,) = _checked(head, index, (trace.layers[k].z.shape[1],))
        (row,) = _checked("row", (row,), (len(trace),))
        return _unit(chains, k, "a" if trace.y is None else "dz", (row, unit), f"{head}[{unit}] in row {row}")
    layer_name, _, what = head.rpartition(".")
    if layer_name not in names:
        raise unknown_name("number in this trace", target, [*names, "loss", "output"])
    return _of_layer(chains, names.index(layer_name), what, index)


def parse(target: str) -> tuple[str, Index]:
    """Split "dense_1.W[0, 2]" into "dense_1.W" and (0, 2).

    >>> parse("dense_1.W[0, 2]"), parse("loss")
    (('dense_1.W', (0, 2)), ('loss', ()))
    """
    wrong = InputError(f"{target!r}", "a name with its place in brackets", '"dense_1.W[0, 2]" or "loss"')
    if not isinstance(target, str):
        raise wrong
    match = re.fullmatch(r"\s*([^\[\]]+?)\s*(?:\[([^\[\]]*)\])?\s*", target)
    if match is None:
        raise wrong
    places = [place.strip() for place in (match[2] or "").split(",") if place.strip()]
    if not all(re.fullmatch(r"-?\d+", place) for place in places):
        raise wrong
    return match[1], tuple(map(int, places))


def _of_layer(chains: Chains, k: int, what: str, index: Index) -> Derivation:
    layer = chains.trace.layers[k]
    name = f"{layer.name}.{what}"
    if what in layer.parameters:
        index = _checked(name, index, layer.parameters[what].value.shape)
        return _parameter(chains, k, what, index)
    if what.startswith("d") and what[1:] in layer.parameters and what not in BACKWARD:
        return _gradient(chains, k, what[1:], _checked(name, index, layer.parameters[what[1:]].value.shape))
    if what not in (*FORWARD, *BACKWARD):
        gradients = [f"d{parameter}" for parameter in layer.parameters]
        raise unknown_name(f"part of {layer.name}", what, [*layer.parameters, *gradients, *FORWARD, *BACKWARD])
    if what in BACKWARD and layer.dz is None:
        raise _forward_only(name)
    if what == "da" and layer.da is None:
        raise _no_da(chains, layer)
    n, units = layer.z.shape
    shape: tuple[int, ...] = (n, layer.x.shape[1] if what == "x" else units)
    if what == "slope" and layer.slope is None:
        shape = (n, units, units)
    return _unit(chains, k, what, _checked(name, index, shape))


def _unit(chains: Chains, k: int, what: str, index: Index, target: str = "") -> Derivation:
    layer = chains.trace.layers[k]
    if what == "slope" and layer.slope is None:
        steps = chains.jacobian(k, *index)
    elif what == "z":
        steps = [chains.z(k, *index)]
    else:
        steps = getattr(chains, what)(k, *index)
    if not target:
        return _finished(chains, f"{layer.name}.{what}[{', '.join(map(str, index))}]", steps)
    a = next(step for step in steps if step.name == f"{layer.name}.a[{index[0]}, {index[1]}]")
    return Derivation(target, a.value, tuple(steps), _notes(chains))


def _parameter(chains: Chains, k: int, name: str, index: Index) -> Derivation:
    layer = chains.trace.layers[k]
    target = f"{layer.name}.{name}[{', '.join(map(str, index))}]"
    if layer.dz is None:
        raise _forward_only(f"the update of {target}")
    if not exists(layer, name, index):
        return _absent(chains, target, 0.0)
    steps = parameter_steps(chains, k, name, index)
    before = float(layer.parameters[name].value[index])
    return Derivation(target, steps[-1].value, tuple(steps), _notes(chains), before)


def _gradient(chains: Chains, k: int, name: str, index: Index) -> Derivation:
    layer = chains.trace.layers[k]
    target = f"{layer.name}.d{name}[{', '.join(map(str, index))}]"
    if layer.dz is None:
        raise _forward_only(target)
    if not exists(layer, name, index):
        return _absent(chains, target)
    return _finished(chains, target, gradient_steps(chains, k, name, index))


def _absent(chains: Chains, target: str, before: float | None = None) -> Derivation:
    """A weight that a mask says does not exist."""
    meaning = "the layer's mask says that there is no such weight: it is 0 and stays 0"
    step = chains.step(target, meaning, "w" if before is not None else "g", "", "", 0.0)
    return Derivation(target, 0.0, (step,), _notes(chains), before)


def _loss(chains: Chains, index: Index) -> Derivation:
    trace = chains.trace
    if trace.loss is None or trace.terms is None:
        raise _forward_only("the loss")
    loss, reduction = trace.loss, trace.terms.plan.reduction
    if index:
        (row,) = _checked("loss", index, (len(trace),))
        return _finished(chains, f"loss[{row}]", [chains.example_loss(row)])
    terms = [
        Term(f"row {r}", (("share", float(s)), ("loss", float(e))), float(s) * float(e))
        for r, (s, e) in enumerate(zip(loss.shares, loss.each, strict=True))
    ]
    found = summed(terms, loss.data)
    worst = int(found.terms[0].label.removeprefix("row "))
    counted = "a sum of weight 1 each" if reduction == "sum" else "their shares add up to 1"
    steps = [
        Chains(trace, chains.digits, folded=True).example_loss(worst),
        chains.step(
            "data loss",
            f"every example's loss, times its share ({counted})",
            "L",
            r"\sum_r s_r \ell_r",
            chains.products(terms),
            loss.data,
            sum=found,
        ),
    ]
    if any(layer.layer.l1 or layer.layer.l2 for layer in trace.layers):
        formula = r"\lambda_1 \sum |w| + \frac{\lambda_2}{2} \sum w^2"
        steps.append(chains.step("penalty", "of the weights of all layers", "P", formula, "", loss.penalty))
        put = f"{chains.number(loss.data)} + {chains.number(loss.penalty)}"
        steps.append(chains.step("loss", "with the penalty", "", "L + P", put, loss.total))
    return _finished(chains, "loss", steps)


def _output(chains: Chains, index: Index) -> Derivation:
    trace, last = chains.trace, len(chains.trace.layers) - 1
    row, unit = index
    early = Chains(trace, chains.digits, folded=True)
    notes, steps = [], []
    for k, layer in enumerate(trace.layers[:-1]):
        units = layer.z.shape[1]
        for u in range(min(units, UNITS)):
            steps += early.a(k, row, u)
        if units > UNITS:
            notes.append(f"The first {UNITS} of {units} units of {layer.name} are shown; ask for any by its name.")
    steps += chains.a(last, row, unit)
    info = trace.preprocessing.target if trace.preprocessing is not None else None
    if info is not None and info.classes is None:
        mean, scale = info.mean[unit], info.scale[unit]
        put = rf"{chains.number(trace.output[row, unit])} \cdot {chains.number(scale)} + {chains.number(mean)}"
        name, value = f"prediction[{row}, {unit}]", trace.prediction[row, unit]
        steps.append(chains.step(name, f"in the units of {info.name}", r"\hat y", r"a \, s + m", put, value))
    found = _finished(chains, f"output[{row}, {unit}]", steps)
    return Derivation(found.target, found.value, found.steps, (*notes, *found.notes))


UNITS = 8  # units of a hidden layer whose formulas an output's chain shows


def _finished(chains: Chains, target: str, steps: list[Step]) -> Derivation:
    return Derivation(target, steps[-1].value, tuple(steps), _notes(chains))


def _notes(chains: Chains) -> tuple[str, ...]:
    return tuple(note for note in chains.trace.notes if "random numbers" in note)


def _checked(name: str, index: Index, shape: tuple[int, ...]) -> Index:
    """The index if it is inside the shape; else say the shape."""
    example = f'"{name}[{", ".join(str(max(0, size - 1)) for size in shape)}]"'
    if len(index) != len(shape):
        expected = f"{len(shape)}, as its shape is {shape}"
        raise InputError(f"{name} was asked for with {len(index)} index(es)", expected, example)
    if any(not 0 <= i < size for i, size in zip(index, shape, strict=True)):
        raise InputError(f"{name}[{', '.join(map(str, index))}] is outside", f"indices from 0 within {shape}", example)
    return index


def _forward_only(what: str) -> StateError:
    return StateError(f"this trace went forward only and does not know {what}", "targets", "net.trace(X, y)")


def _no_da(chains: Chains, layer: LayerTrace) -> InputError:
    assert chains.trace.terms is not None
    loss = chains.trace.terms.plan.loss.name
    given = f"{layer.name}.da does not exist: {loss} after {layer.layer.activation.name} gives dz itself"
    return InputError(given, "the error signal at z", f'"{layer.name}.dz[0, 0]"')
