"""A rehearsal: one step on a few rows before the first real one, for a network with parts of the user's own.

Every function of a record answers once, on read-only copies, and its answer's names, shape and dtype are checked. So
a slip in a record is an error that names the record and says what it should return, and never a spoiled network.
A network made of pellucid's own parts needs no rehearsal and has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, PellucidError, during
from .activations import Activation, built_in
from .by_unit import by_unit
from .layers import LayerRule, layer_rules
from .losses import Loss, losses
from .optimizers import Optimizer, optimizers
from .passes import LayerArrays, Pass, seen, shared_out, takes_logits
from .record import Record

Array = np.ndarray
Shape = tuple[int, ...]


def rehearse(
    layers: Sequence[Any],
    names: Sequence[str],
    parameters: Sequence[LayerArrays],
    loss: Loss,
    optimizer: Optimizer,
    x: Array,
    y: Array,
) -> None:
    """Raise InputError if a record of the user's own would not do in training; x and y are in the network's dtype."""
    if _all_built_in(layers, loss, optimizer):
        return
    rows = np.arange(_examples(layers, x, y)) % len(x)
    x, y = _held(x[rows]), _held(y[rows])
    kept = [{name: _held(w.astype(x.dtype)) for name, w in p.items()} for p in parameters]
    with np.errstate(all="ignore"):
        went: list[Pass] = []
        for name, layer, p in zip(names, layers, kept, strict=True):
            here = _held(seen(np, layer, [x, *(before.a for before in went)]))
            with during(f"layer {name}"):
                went.append(Pass(here, None, *_forward(layer, p, here)))
        dz = _loss(loss, layers[-1].activation, went[-1].z, went[-1].a, y)
        das: list[Array] = [np.zeros_like(here.a) for here in went]
        for k in reversed(range(len(layers))):
            with during(f"layer {names[k]}"):
                gradients = _gradients(layers[k].rule, kept[k], went[k].x, dz)
            for name, g in gradients.items():
                _update(optimizer, kept[k][name], g)
            if k > 0:
                with during(f"layer {names[k]}"):
                    dx = _input_gradient(layers[k].rule, kept[k], went[k].x, dz)
                for j, part in shared_out(layers[k], k, dx, went):
                    das[j] = das[j] + part
                with during(f"layer {names[k - 1]}"):
                    dz = _through(layers[k - 1].activation, went[k - 1].z, went[k - 1].a, _held(das[k - 1]))


def _all_built_in(layers: Sequence[Any], loss: Loss, optimizer: Optimizer) -> bool:
    own = all(layer_rules.holds(layer.rule) and built_in(layer.activation) for layer in layers)
    return own and losses.holds(loss) and optimizers.holds(optimizer)


def _examples(layers: Sequence[Any], x: Array, y: Array) -> int:
    """A number of examples that is no layer's number of units, so that a sum over the wrong axis shows."""
    widths = {x.shape[1], y.shape[1], *(layer.units for layer in layers)}
    return next(n for n in range(3, len(widths) + 4) if n not in widths)


def _forward(layer: Any, p: LayerArrays, x: Array) -> tuple[Array, Array]:
    rule, activation = layer.rule, layer.activation
    strangers = [name for name in rule.penalised if name not in p]
    if strangers:
        names = ", ".join(p) or "no parameters"
        raise InputError(f"the layer rule {rule.name!r} penalises {strangers[0]!r}", f"names from its shapes: {names}")
    z = _answer(rule, "forward", ("x", "p", "noise"), lambda: rule.run(np, x, p, _noise(rule, x)))
    z = _array(
        rule, "forward", z, (len(x), layer.width(x.shape[1])), x.dtype, "z, one number for each example and unit"
    )
    for unit in _units(activation):
        _activated(unit, z)
    return z, _activated(activation, z)


def _units(activation: Activation) -> tuple[Activation, ...]:
    """The units' own activations, where there are such: each is asked by itself, so that a slip in one is its own."""
    return activation.options["units"] if activation.forward is by_unit else ()


def _activated(activation: Activation, z: Array) -> Array:
    a = _answer(activation, "forward", ("z",), lambda: activation.run(np, z))
    return _array(activation, "forward", a, z.shape, z.dtype, "a, as many numbers as z")


def _noise(rule: LayerRule, x: Array) -> Array | None:
    return _held(np.full(x.shape, 0.5, dtype=np.float32)) if rule.noisy else None


def _loss(loss: Loss, activation: Activation, z: Array, a: Array, y: Array) -> Array:
    """The last layer's dz, after a look at the loss of each example."""
    linked = takes_logits(loss, activation)
    by_logit, slope_by_logit = linked and loss.logit_forward is not None, linked and loss.logit_slope is not None
    field, symbol, given = ("logit_forward", "z", z) if by_logit else ("forward", "a", a)
    forward = getattr(loss, field)
    each = _answer(loss, field, (symbol, "y"), lambda: forward(np, given, y, **loss.options))
    meaning = "one number for each example, summed over its outputs"
    _array(loss, field, each, (len(a),), a.dtype, meaning, "xp.sum(..., axis=-1)")
    field, symbol, at = ("logit_slope", "z", z) if slope_by_logit else ("slope", "a", a)
    slope_at = getattr(loss, field)
    slope = _answer(loss, field, (symbol, "y"), lambda: slope_at(np, at, y, **loss.options))
    slope = _array(loss, field, slope, a.shape, a.dtype, f"dL/d{symbol}, one number for each example and output")
    return slope if slope_by_logit else _through(activation, z, a, slope)


def _through(activation: Activation, z: Array, a: Array, da: Array) -> Array:
    """dz from da."""
    for unit in _units(activation):
        _through(unit, z, _activated(unit, z), da)
    options = activation.options
    backward, slope = activation.vector_backward, activation.slope
    if backward is not None:
        dz = _answer(activation, "vector_backward", ("z", "a", "da"), lambda: backward(np, z, a, da, **options))
        return _array(activation, "vector_backward", dz, z.shape, z.dtype, "dz, as many numbers as z")
    if slope is None:  # with a refusal: it is no longer here to be trained through
        return da
    steep = _answer(activation, "slope", ("z", "a"), lambda: slope(np, z, a, **options))
    hint = "xp.ones_like(z)" if np.ndim(steep) == 0 else ""
    return da * _array(activation, "slope", steep, z.shape, z.dtype, "da/dz, as many numbers as z", hint)


def _gradients(rule: LayerRule, p: LayerArrays, x: Array, dz: Array) -> LayerArrays:
    arguments = ("x", "p", "noise", "dz")
    compute = lambda: rule.gradients(np, x, p, _noise(rule, x), dz, **rule.options)  # noqa: E731
    found = _answer(rule, "gradients", arguments, compute)
    wanted = "{" + ", ".join(f'"{name}": d{name}' for name in p) + "}"
    if not isinstance(found, Mapping) or set(found) != set(p):
        given = f"a dict of {', '.join(map(repr, found)) or 'nothing'}" if isinstance(found, Mapping) else _said(found)
        raise _wrong(rule, "gradients", given, "a gradient for each parameter, by its name", wanted)
    return {
        name: _array(rule, "gradients", found[name], w.shape, w.dtype, f"d{name}, shaped like {name}", part=name)
        for name, w in p.items()
    }


def _input_gradient(rule: LayerRule, p: LayerArrays, x: Array, dz: Array) -> Array:
    arguments = ("x", "p", "noise", "dz")
    compute = lambda: rule.input_gradient(np, x, p, _noise(rule, x), dz, **rule.options)  # noqa: E731
    return _array(rule, "input_gradient", _answer(rule, "input_gradient", arguments, compute), x.shape, x.dtype, "dx")


def _update(optimizer: Optimizer, w: Array, g: Array) -> None:
    slots = {name: _held(value) for name, value in optimizer.start(np, w).items()}
    found = _answer(optimizer, "update", ("w", "g", *slots, "t"), lambda: optimizer.step(np, w, g, slots, 1))
    needed = [*slots, "w"]
    wanted = "{" + ", ".join(f'"{name}": {name}' for name in needed) + "}"
    missing = [name for name in needed if not isinstance(found, Mapping) or name not in found]
    if missing:
        given = f"a dict without {missing[0]!r}" if isinstance(found, Mapping) else _said(found)
        raise _wrong(optimizer, "update", given, "the new weight and every slot by name", wanted)
    for name in needed:
        meaning = "the new weight" if name == "w" else f"the slot {name}"
        value = found[name]
        _array(optimizer, "update", value, w.shape, w.dtype, f"{meaning}, shaped like the weight", part=name)
        if value.dtype != w.dtype:
            raise _wrong(optimizer, "update", f"{_said(value)} as {name!r}", f"{w.dtype}, as the weight's")


# --- asking, and judging what comes back ----------------------------------------------------------


def _answer(record: Record, field: str, arguments: tuple[str, ...], compute: Callable[[], Any]) -> Any:
    """What a function of the record returns; what it raises becomes an error that names it."""
    try:
        return compute()
    except PellucidError:
        raise
    except Exception as error:
        if "read-only" in str(error):
            given = f"{field} of {_title(record)} writes into what it was given"
            new = "w = w + change" if field == "update" else "z = xp.where(z > 0, z, 0.0)"
            raise InputError(given, "a new array", new) from error
        signature = f"{field}({', '.join(('xp', *arguments, *record.options))})"
        given = f"{_title(record)} failed in a trial: {field} raised {type(error).__name__}: {error}"
        raise InputError(given, f"a function that can be called as {signature}") from error


def _array(
    record: Record, field: str, value: Any, shape: Shape, dtype: Any, meaning: str, hint: str = "", part: str = ""
) -> Array:
    """`value` as a read-only copy if it is an array of this shape whose numbers do not widen the network's dtype."""
    named = f" as {part!r}" if part else ""
    if not isinstance(value, np.ndarray) or value.shape != shape:
        raise _wrong(record, field, _said(value) + named, f"shape {shape}: {meaning}", hint)
    if value.dtype.kind not in "biuf" or np.result_type(value.dtype, dtype) != dtype:
        hint = "plain numbers (2.0 ** 0.5, math.sqrt(2.0)) keep the dtype; np.sqrt(2.0), a np.float64, does not"
        raise _wrong(record, field, _said(value) + named, f"{dtype}, as the network's", hint)
    return _held(value.astype(dtype))


def _wrong(record: Record, field: str, given: str, expected: str, instead: str = "") -> InputError:
    return InputError(f"{field} of {_title(record)} returns {given}", expected, instead)


def _title(record: Record) -> str:
    kind = "layer rule" if isinstance(record, LayerRule) else type(record).__name__.lower()
    return f"the {kind} {record.name!r}"


def _said(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    if value is None:
        return "None"
    return f"a single number ({type(value).__name__})" if np.isscalar(value) else f"a {type(value).__name__}"


def _held(array: Array) -> Array:
    """A copy that cannot be written into."""
    copy = np.array(array)
    copy.setflags(write=False)
    return copy
