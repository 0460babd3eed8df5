"""A forward and a backward pass through a chain of layers, and one update: the whole of training, as pure functions.

Anything with a `rule`, an `activation`, `l1`, `l2` and `max_norm` is a layer here. Parameters are one dict of arrays
for each layer. The passes return everything they computed: the engine uses the gradients, `insight/` keeps the rest.

The loss of a batch is `sum_i share_i * loss_i`, where `share` is one number, or an (n, 1) column, chosen by `shares`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .losses import Loss
from .optimizers import Optimizer
from .penalties import clip_by_norm, max_norm, penalty, penalty_slope

Array = Any
LayerArrays = dict[str, Array]


class Pass(NamedTuple):
    """What one layer computed on the way forward: its input, the noise it drew, z and a."""

    x: Array
    noise: Array | None
    z: Array
    a: Array


class Back(NamedTuple):
    """What one layer computed on the way back: error at a (None where the loss gives dz itself) and at z, gradients."""

    da: Array | None
    dz: Array
    gradients: LayerArrays


class Update(NamedTuple):
    """The parameters and slots after one step, and for each parameter every line of the optimizer's formula."""

    parameters: list[LayerArrays]
    slots: list[dict[str, LayerArrays]]
    lines: list[dict[str, LayerArrays]]


def shares(xp: Any, n: int, weights: Array | None, reduction: str) -> Array | float:
    """How much each sample's loss counts: w / sum(w) for "mean", w for "sum"; w is 1 where no weights are given.

    A batch in which nothing has weight counts nothing, instead of dividing by zero.
    """
    if weights is None:
        return 1.0 / n if reduction == "mean" else 1.0
    column = weights[:, None]
    if reduction == "sum":
        return column
    total = xp.sum(weights)
    return column / xp.where(total == 0.0, 1.0, total)


def output(xp: Any, layers: Sequence[Any], parameters: Sequence[LayerArrays], x: Array) -> Array:
    """The network's answer; keeps nothing on the way."""
    for layer, p in zip(layers, parameters, strict=True):
        x = layer.activation.run(xp, layer.rule.run(xp, x, p, None))
    return x


def forward(
    xp: Any,
    layers: Sequence[Any],
    parameters: Sequence[LayerArrays],
    x: Array,
    noise: Sequence[Array | None] | None = None,
) -> list[Pass]:
    """Run x through the layers; `noise` has one entry for each layer (None: predicting, so nothing is dropped)."""
    passes = []
    for k, (layer, p) in enumerate(zip(layers, parameters, strict=True)):
        u = noise[k] if noise is not None else None
        z = layer.rule.run(xp, x, p, u)
        a = layer.activation.run(xp, z)
        passes.append(Pass(x, u, z, a))
        x = a
    return passes


def takes_logits(loss: Loss, activation: Any) -> bool:
    """Whether this loss is computed from z because the output's activation is the one it is linked to."""
    return bool(loss.link) and loss.link == activation.name


def sample_losses(xp: Any, loss: Loss, activation: Any, z: Array, a: Array, y: Array) -> Array:
    """Each sample's loss (n,), from the logits where loss and activation allow it."""
    if takes_logits(loss, activation) and loss.logit_forward is not None:
        return loss.logit_forward(xp, z, y, **loss.options)
    return loss.forward(xp, a, y, **loss.options)


def total_loss(xp: Any, per_sample: Array, share: Array | float) -> Array:
    """The batch's loss: the samples' losses, each times its share."""
    return xp.sum(per_sample * (share if isinstance(share, float) else share[:, 0]))


def backward(
    xp: Any,
    layers: Sequence[Any],
    parameters: Sequence[LayerArrays],
    passes: Sequence[Pass],
    loss: Loss,
    y: Array,
    share: Array | float,
) -> list[Back]:
    """Carry the loss's slope back through the layers, last to first; gradients are of the batch's data loss."""
    backs: list[Back] = []
    last, activation = passes[-1], layers[-1].activation
    if takes_logits(loss, activation) and loss.logit_slope is not None:
        da = None
        dz = loss.logit_slope(xp, last.z, y, **loss.options) * share
    else:
        da = loss.slope(xp, last.a, y, **loss.options) * share
        dz = activation.backward(xp, last.z, last.a, da)
    for k in reversed(range(len(layers))):
        rule, p, here = layers[k].rule, parameters[k], passes[k]
        backs.append(Back(da, dz, rule.gradients(xp, here.x, p, here.noise, dz, **rule.options)))
        if k > 0:
            da = rule.input_gradient(xp, here.x, p, here.noise, dz, **rule.options)
            dz = layers[k - 1].activation.backward(xp, passes[k - 1].z, passes[k - 1].a, da)
    return backs[::-1]


def penalties(xp: Any, layers: Sequence[Any], parameters: Sequence[LayerArrays]) -> Array | float:
    """The sum of all layers' L1 and L2 penalties, which is shown apart from the data loss."""
    total: Array | float = 0.0
    for layer, p in zip(layers, parameters, strict=True):
        if layer.l1 or layer.l2:
            for name in layer.rule.penalised:
                total = total + penalty(xp, p[name], layer.l1, layer.l2)
    return total


def full_gradients(
    xp: Any, layers: Sequence[Any], parameters: Sequence[LayerArrays], backs: Sequence[Back], clip: float | None = None
) -> list[LayerArrays]:
    """Gradients of the loss with its penalties, clipped to the global norm `clip` if there is one."""
    gradients = [
        {name: g + penalty_slope(xp, p[name], layer.l1, layer.l2) if _penalised(layer, name) else g
         for name, g in back.gradients.items()}
        for layer, p, back in zip(layers, parameters, backs, strict=True)
    ]  # fmt: skip
    if clip is None:
        return gradients
    flat, _ = clip_by_norm(xp, [g for layer in gradients for g in layer.values()], clip)
    clipped = iter(flat)
    return [{name: next(clipped) for name in layer} for layer in gradients]


def start_slots(xp: Any, optimizer: Optimizer, parameters: Sequence[LayerArrays]) -> list[dict[str, LayerArrays]]:
    """The optimizer's memory before the first step: for each layer and parameter its slots by name."""
    return [{name: optimizer.start(xp, w) for name, w in p.items()} for p in parameters]


def update(
    xp: Any,
    layers: Sequence[Any],
    parameters: Sequence[LayerArrays],
    gradients: Sequence[LayerArrays],
    optimizer: Optimizer,
    slots: Sequence[dict[str, LayerArrays]],
    t: int,
    learning_rate: float | None,
) -> Update:
    """One step of the optimizer on every parameter, then the max-norm rule; t counts steps from 1."""
    result = Update([], [], [])
    names = [name for name, _ in optimizer.slots]
    for layer, p, g, s in zip(layers, parameters, gradients, slots, strict=True):
        lines = {name: optimizer.step(xp, p[name], g[name], s[name], t, learning_rate) for name in p}
        new = {name: line["w"] for name, line in lines.items()}
        if layer.max_norm is not None:
            new.update({name: max_norm(xp, new[name], layer.max_norm) for name in layer.rule.penalised})
        result.parameters.append(new)
        result.slots.append({name: {slot: line[slot] for slot in names} for name, line in lines.items()})
        result.lines.append(lines)
    return result


def _penalised(layer: Any, name: str) -> bool:
    return bool(layer.l1 or layer.l2) and name in layer.rule.penalised
