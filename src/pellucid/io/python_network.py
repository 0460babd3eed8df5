"""The passes of one network, written out layer by layer: forward, backward, update, predict.

What `maths/passes.py` does for any chain of layers stands here for this one, with the same operations in the same
order; every equation is a call of a function that `Sources` copies from the library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..data.targets import middle
from ..errors import InputError
from ..maths import passes
from ..maths.activations import Activation
from ..maths.annealing import annealing_noise
from ..maths.by_unit import by_unit
from ..maths.layers import dense_constrain
from ..maths.masks import Mask
from ..maths.penalties import clip_by_norm, max_norm, penalty, penalty_slope
from ..maths.random import PURPOSES, fold, key_of_purpose
from ..maths.record import Record
from ..model.layers import Layer
from ..model.layers import sources as parts_of
from ..model.model import Model
from ..model.plan import Plan
from ..training.answers import is_classifier
from .python_sources import Sources, literal


def section(title: str, *parts: str) -> str:
    """A part of the script under its heading."""
    return f"# ---- {title} " + "-" * max(3, 92 - len(title)) + "\n\n" + "\n\n\n".join(parts)


def options(record: Record, without: str = "", layer: str = "") -> str:
    """The record's values as keyword arguments, each with a comma before it; `layer` names the layer of a rule."""
    words = []
    for name, value in record.options.items():
        text = mask_name(layer) if isinstance(value, Mask) else literal(value)
        if text is None:
            kind = type(value).__name__
            raise InputError(f"{name} of {record.name} is a {kind}, which cannot be written into a script")
        words += [f", {name}={text}"] if name != without else []
    return "".join(words)


def mask_name(layer: str) -> str:
    """What a script calls a layer's mask."""
    return f"MASK_{layer}"


def masks_code(model: Model) -> list[str]:
    """The masks that the layers have, as arrays of True and False."""
    pairs = zip(model.names, model.layers, strict=True)
    masks = [(name, mask) for name, layer in pairs if isinstance(mask := layer.rule.options.get("mask"), Mask)]
    return [f"{mask_name(name)} = {_mask_array(mask)}" for name, mask in masks]


def _mask_array(mask: Mask) -> str:
    """Rows of 0 and 1 as an expression."""
    rows = "".join(f'\n    "{row}",' for row in mask.rows())
    return f'np.array([list(row) for row in [{rows}\n]]) == "1"'


def came_in(model: Model, k: int) -> str:
    """The expression for what comes into layer k, counted from 1."""
    if model.layers[k - 1].sees != "all" or k == 1:
        return f"a[{k - 1}]"
    return f"np.concatenate([{', '.join(f'a[{j}]' for j in range(k))}], axis=-1)"


def noisy(model: Model) -> bool:
    """Whether any layer draws random numbers while training."""
    return any(layer.rule.noisy for layer in model.layers)


def forward_code(model: Model, sources: Sources) -> str:
    """`forward(p, x)`, or `forward(p, x, noise)` where a layer draws random numbers."""
    lines = []
    for k, (name, layer) in enumerate(zip(model.names, model.layers, strict=True), start=1):
        rule, activation = layer.rule, layer.activation
        run = sources.add(rule.forward, f"the layer {rule.name!r}")
        noise = f'noise.get("{name}")' if rule.noisy else "None"
        lines.append(f'    z[{k}] = {run}(np, {came_in(model, k)}, p["{name}"], {noise}{options(rule, layer=name)})')
        lines.append(f"    a[{k}] = {activation_code(activation, k, sources)}")
    text = [
        f"def forward(p, x{', noise' if noisy(model) else ''}):",
        '    """From the inputs to the output: z is what a layer makes of them, a what its activation makes of z."""',
        "    z, a = {}, {0: x}",
        *lines,
        "    return z, a",
    ]
    return section("Forward", "\n".join(text))


def loss_code(model: Model, plan: Plan, sources: Sources, targets: str) -> str:
    """The expression for each sample's loss from z, a and the script's name for the targets."""
    last, loss = len(model.layers), plan.loss
    what = f"the loss {loss.name!r}"
    if passes.takes_logits(loss, model.layers[-1].activation) and loss.logit_forward is not None:
        return f"{sources.add(loss.logit_forward, what)}(np, z[{last}], {targets}{options(loss)})"
    return f"{sources.add(loss.forward, what)}(np, a[{last}], {targets}{options(loss)})"


def backward_code(model: Model, plan: Plan, sources: Sources) -> str:
    """`backward(p, z, a, y, share[, noise])`, the gradients by layer and name; and `penalties(p)` if there are any."""
    lines, reached = _first_error(model, plan, sources), set[int]()
    for k in range(len(model.layers), 0, -1):
        lines += _layer_back(model, k, reached, sources)
    lines += _penalty_slopes(model, sources)
    if plan.clip is not None:
        clip = sources.add(clip_by_norm, "clipping")
        lines += [
            "    names = [(layer, name) for layer in p for name in g[layer]]",
            f"    clipped, _ = {clip}(np, [g[layer][name] for layer, name in names], {plan.clip!r})",
            "    for (layer, name), gradient in zip(names, clipped):",
            "        g[layer][name] = gradient",
        ]
    text = [
        f"def backward(p, z, a, y, share{', noise' if noisy(model) else ''}):",
        '    """From the loss back to every weight: da and dz are its slopes at a and z, g its gradients."""',
        "    da, dz, g = {}, {}, {}",
        *lines,
        "    return g",
    ]
    return section("Backward: the chain rule, last layer first", "\n".join(text), *_penalties_code(model, sources))


def update_code(model: Model, plan: Plan, sources: Sources) -> str:
    """`update(p, g, slots, step_number, learning_rate)`: one step of the optimizer on every weight, in place."""
    optimizer = plan.optimizer
    step = sources.add(optimizer.update, f"the optimizer {optimizer.name!r}")
    rate = ", learning_rate=learning_rate" if optimizer.has_learning_rate else ""
    more, noise = _annealing(model, plan, sources)
    given = ", loss=loss, noise=noise[name]" if noise else ""
    rest = f"t=step_number{rate}{given}{options(optimizer, without='learning_rate')}"
    limits = []
    for name, layer in zip(model.names, model.layers, strict=True):
        if layer.rule.constrain is not None and (held := _constrained(name, layer, sources)) != f'p["{name}"]':
            limits.append(f'    p["{name}"] = {held}')
        for weight in layer.rule.penalised if layer.max_norm is not None else ():
            limit = sources.add(max_norm, "max-norm")
            place = f'p["{name}"]["{weight}"]'
            limits.append(f"    {place} = {limit}(np, {place}, {layer.max_norm!r})")
    text = [
        *more,
        f"def update(p, g, slots, step_number, learning_rate{', loss' if noise else ''}):",
        f'    """One step of {optimizer.name} on every weight; slots is what it remembers of each."""',
        "    for layer in p:",
        *noise,
        "        for name in p[layer]:",
        "            w, memory = p[layer][name], slots[layer][name]",
        f"            new = {step}(np, w, g[layer][name], **memory, {rest})",
        '            p[layer][name] = new["w"]',
        "            slots[layer][name] = {slot: new[slot] for slot in memory}",
        *limits,
    ]
    return section("Update", "\n".join(text))


def _annealing(model: Model, plan: Plan, sources: Sources) -> tuple[list[str], list[str]]:
    """For a rule that anneals: each layer's key of random numbers, and how its noise is drawn; else nothing."""
    if not plan.optimizer.anneals or model.training is None:
        return [], []
    draw, fresh = sources.add(annealing_noise, "noise"), sources.add(fold, "random numbers")
    seed = model.training.seed
    keys = {name: key_of_purpose(seed, PURPOSES["noise"], k) for k, name in enumerate(model.names, start=1)}
    return (
        [f"NOISE_KEYS = {keys!r}  # from the seed {seed}", "", ""],
        [f"        noise = {draw}(np, {fresh}(NOISE_KEYS[layer], step_number), p[layer])"],
    )


def predict_code(model: Model, sources: Sources) -> str:
    """`network(x)` for prepared rows, `predict(rows)` for raw ones, `classify(rows)` for their labels."""
    restored = model.preprocessing is not None and not is_classifier(model)
    answer = f"forward(parameters, x{', {}' if noisy(model) else ''})[1][{len(model.layers)}]"
    prepared = "prepare(rows)" if model.preprocessing is not None else "rows"
    what = "raw rows" if model.preprocessing is not None else f"rows of {model.n_in} number{'s' * (model.n_in != 1)}"
    kind = f"dtype=np.{model.dtype.name}"
    if restored:
        answer += ".astype(np.float64) * TARGET_SCALE + TARGET_MEAN"
    units = ", in the target's units" if restored else ""
    parts = [
        f'def network(x):\n    """The outputs for rows as the first layer sees them{units}."""\n    return {answer}',
        f'def predict(rows):\n    """The outputs for {what}."""\n'
        f"    return network(np.asarray({prepared}, {kind}).reshape(-1, {model.n_in}))",
    ]
    if model.classes is not None and is_classifier(model):
        parts.append(_classify_code(model))
    return section("Predict", *parts)


def _classify_code(model: Model) -> str:
    if model.n_out == 1:
        limit = middle(model.layers[-1].activation.bounds())
        chosen = f"[CLASSES[int(value > {limit!r})] for value in predict(rows)[:, 0]]"
    else:
        chosen = "[CLASSES[k] for k in predict(rows).argmax(axis=1)]"
    return f'def classify(rows):\n    """The label of each row."""\n    return {chosen}'


def _first_error(model: Model, plan: Plan, sources: Sources) -> list[str]:
    last, loss, activation = len(model.layers), plan.loss, model.layers[-1].activation
    what = f"the loss {loss.name!r}"
    if passes.takes_logits(loss, activation) and loss.logit_slope is not None:
        slope = sources.add(loss.logit_slope, what)
        return [f"    dz[{last}] = {slope}(np, z[{last}], y{options(loss)}) * share"]
    slope = sources.add(loss.slope, what)
    return [
        f"    da[{last}] = {slope}(np, a[{last}], y{options(loss)}) * share",
        _through(activation, last, sources),
    ]


def _constrained(name: str, layer: Layer, sources: Sources) -> str:
    """A layer's parameters as its rule uses them: an expression."""
    rule = layer.rule
    if rule.constrain is None or (rule.constrain is dense_constrain and rule.present("W") is None):
        return f'p["{name}"]'
    return f'{sources.add(rule.constrain, f"the layer {rule.name!r}")}(np, p["{name}"]{options(rule, layer=name)})'


def _layer_back(model: Model, k: int, reached: set[int], sources: Sources) -> list[str]:
    """The gradients of layer k, and the error signals of the layers that it saw; `reached` are those that have one."""
    name, rule = model.names[k - 1], model.layers[k - 1].rule
    what = f"the layer {rule.name!r}"
    noise = f'noise.get("{name}")' if rule.noisy else "None"
    rest = f'np, {came_in(model, k)}, p["{name}"], {noise}, dz[{k}]{options(rule, layer=name)}'
    lines = [f'    g["{name}"] = {sources.add(rule.gradients, what)}({rest})']
    if k > 1:
        dx = f"{sources.add(rule.input_gradient, what)}({rest})"
        whole = model.layers[k - 1].sees != "all"
        lines += [] if whole else [f"    dx = {dx}"]
        for place, first, end in reversed(parts_of(model.n_in, model.layers, k - 1)):
            if place == 0:
                continue
            part = dx if whole else f"dx[..., {first}:{end}]"
            lines.append(f"    da[{place}] = " + (f"da[{place}] + {part}" if place in reached else part))
            reached.add(place)
        lines.append(_through(model.layers[k - 2].activation, k - 1, sources))
    return lines


def activation_code(activation: Activation, k: int, sources: Sources) -> str:
    """a of layer k from its z: an expression."""
    if activation.forward is not by_unit:
        return f"{sources.add(activation.forward, _what(activation))}(np, z[{k}]{options(activation)})"
    return _each_unit(activation, f"z[{k}]", [], lambda f: sources.add(f.forward, _what(f)))


def _slope_code(activation: Activation, k: int, sources: Sources) -> str:
    """da/dz of layer k: an expression."""
    assert activation.slope is not None
    if activation.forward is not by_unit:
        return f"{sources.add(activation.slope, _what(activation))}(np, z[{k}], a[{k}]{options(activation)})"
    slope = _each_unit(activation, f"z[{k}]", [f"a[{k}]"], lambda f: sources.add(_slope_of(f), _what(f)))
    return f"{slope}{_times(activation, f'z[{k}]')}"


def _slope_of(activation: Activation) -> Callable[..., Any]:
    assert activation.slope is not None  # by_unit takes no other
    return activation.slope


def _each_unit(activation: Activation, z: str, more: list[str], named: Callable[[Activation], str]) -> str:
    """A function of each unit's activation, on its columns, put back in order as `by_unit` does it."""
    units = activation.options["units"]
    distinct, scaled = list(dict.fromkeys(units)), f"{z}{_times(activation, z)}"
    if len(distinct) == 1:
        return f"{named(distinct[0])}(np, {', '.join([scaled, *more])}{options(distinct[0])})"
    found, order = [], []
    for one in distinct:
        at = [u for u, f in enumerate(units) if f == one]
        taken = ", ".join(f"np.take({array}, {at}, axis=-1)" for array in (scaled, *more))
        found.append(f"        {named(one)}(np, {taken}{options(one)}),\n")
        order += at
    back = [order.index(u) for u in range(len(units))]
    return f"np.take(np.concatenate([\n{''.join(found)}    ], axis=-1), {back}, axis=-1)"


def _times(activation: Activation, z: str) -> str:
    """Times the steepness, as `by_unit` multiplies: not at all by a single 1."""
    steepness = activation.options["steepness"]
    if len(steepness) == 1:
        return "" if steepness[0] == 1.0 else f" * {steepness[0]!r}"
    return f" * np.asarray({literal(steepness)}, dtype={z}.dtype)"


def _through(activation: Activation, k: int, sources: Sources) -> str:
    """From the slope at a to the slope at z, as `Activation.backward` does it."""
    if activation.vector_backward is not None:
        back = sources.add(activation.vector_backward, _what(activation))
        return f"    dz[{k}] = {back}(np, z[{k}], a[{k}], da[{k}]{options(activation)})"
    slope = _slope_code(activation, k, sources)
    return f"    dz[{k}] = da[{k}] * " + (f"({slope})" if activation.forward is by_unit else slope)


def _penalised(model: Model) -> list[tuple[str, Layer, str]]:
    """(layer's name, layer, parameter) wherever there is an L1 or L2 penalty."""
    return [
        (name, layer, weight)
        for name, layer in zip(model.names, model.layers, strict=True)
        if layer.l1 or layer.l2
        for weight in layer.rule.penalised
    ]


def penalised(model: Model) -> bool:
    """Whether there is any penalty at all."""
    return bool(_penalised(model))


def _penalty_slopes(model: Model, sources: Sources) -> list[str]:
    lines = []
    for name, layer, weight in _penalised(model):
        slope = sources.add(penalty_slope, "a penalty")
        place, used = f'["{name}"]["{weight}"]', f'{_constrained(name, layer, sources)}["{weight}"]'
        lines.append(f"    g{place} = g{place} + {slope}(np, {used}, {layer.l1!r}, {layer.l2!r})")
    return lines


def _penalties_code(model: Model, sources: Sources) -> list[str]:
    if not penalised(model):
        return []
    lines = ["def penalties(p):", '    """What large weights add to the loss."""', "    total = 0.0"]
    for name, layer, weight in _penalised(model):
        add = sources.add(penalty, "a penalty")
        used = f'{_constrained(name, layer, sources)}["{weight}"]'
        lines.append(f"    total = total + {add}(np, {used}, {layer.l1!r}, {layer.l2!r})")
    return ["\n".join([*lines, "    return total"])]


def _what(record: Any) -> str:
    return f"the activation {record.name!r}"
