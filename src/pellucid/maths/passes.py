"""A forward and a backward pass through a chain of layers, and one update: the whole of training, as pure functions.

Anything with a `rule`, an `activation`, `sees`, `l1`, `l2` and `max_norm` is a layer here. What comes into a layer is
what the one before it gave, or, where it sees all, X and everything that the layers before it gave, side by side:
x_k = [X, a_1, ..., a_(k-1)]. Each value's error signal is then the sum of those that come back from the layers which
saw it. Parameters are one dict of arrays for each layer. The passes return everything they computed: the engine uses
the gradients, `insight/` keeps the rest.

The loss of a batch is `sum_i share_i * loss_i`, where `share` is one number, or an (n, 1) column, chosen by `shares`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .annealing import annealing_noise
from .losses import Loss
from .optimizers import Optimizer
from .penalties import clip_by_norm, max_norm, penalty, penalty_slope
from .random import key_of

Array = Any
LayerArrays = dict[str, Array]


class Pass(NamedTuple):
    """What one layer computed on the way forward: its input, the noise it drew, z and a."""

    x: Array
    noise: Array | None
    z: Array
    a: Array


class Signal(NamedTuple):
    """The error signal of one layer: at a (None where the loss gives dz itself) and at z."""

    da: Array | None
    dz: Array


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
    """The network's answer; keeps nothing on the way that no later layer sees."""
    kept, whole = [x], any(layer.sees == "all" for layer in layers)
    for layer, p in zip(layers, parameters, strict=True):
        a = layer.activation.run(xp, layer.rule.run(xp, seen(xp, layer, kept), p, None))
        kept = [*kept, a] if whole else [a]
    return kept[-1]


def forward(
    xp: Any,
    layers: Sequence[Any],
    parameters: Sequence[LayerArrays],
    x: Array,
    noise: Sequence[Array | None] | None = None,
    done: Sequence[Pass] = (),
) -> list[Pass]:
    """Run x through the layers; `noise` has one entry for each layer (None: predicting, so nothing is dropped).

    `done` holds what the first layers are known to have computed: the passes go on from there, and start with these.
    """
    passes = list(done)
    kept = [x, *(here.a for here in done)]
    for k in range(len(done), len(layers)):
        layer, u = layers[k], noise[k] if noise is not None else None
        x = seen(xp, layer, kept)
        z = layer.rule.run(xp, x, parameters[k], u)
        a = layer.activation.run(xp, z)
        passes.append(Pass(x, u, z, a))
        kept.append(a)
    return passes


def seen(xp: Any, layer: Any, kept: Sequence[Array]) -> Array:
    """What comes into a layer, of X and what the layers before it gave."""
    return xp.concatenate(kept, axis=-1) if layer.sees == "all" and len(kept) > 1 else kept[-1]


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
    last, activation = passes[-1], layers[-1].activation
    da = None
    if takes_logits(loss, activation) and loss.logit_slope is not None:
        dz = loss.logit_slope(xp, last.z, y, **loss.options) * share
    else:
        da = loss.slope(xp, last.a, y, **loss.options) * share
        dz = activation.backward(xp, last.z, last.a, da)
    return [
        Back(*signal, layer.rule.gradients(xp, here.x, p, here.noise, signal.dz, **layer.rule.options))
        for layer, p, here, signal in zip(
            layers, parameters, passes, carried_back(xp, layers, parameters, passes, da, dz), strict=True
        )
    ]


def carried_back(
    xp: Any,
    layers: Sequence[Any],
    parameters: Sequence[LayerArrays],
    passes: Sequence[Pass],
    da: Array | None,
    dz: Array,
) -> list[Signal]:
    """The error signals of every layer, from those of the last: each a's is the sum over the layers that saw it."""
    das: list[Array | None] = [*[None] * (len(layers) - 1), da]
    signals = [Signal(da, dz)]
    for k in reversed(range(1, len(layers))):
        layer, here = layers[k], passes[k]
        dx = layer.rule.input_gradient(xp, here.x, parameters[k], here.noise, dz, **layer.rule.options)
        for j, part in shared_out(layer, k, dx, passes):
            old = das[j]
            das[j] = part if old is None else old + part
        da, before = das[k - 1], passes[k - 1]
        dz = layers[k - 1].activation.backward(xp, before.z, before.a, da)
        signals.append(Signal(da, dz))
    return signals[::-1]


def input_signal(
    xp: Any, layers: Sequence[Any], parameters: Sequence[LayerArrays], passes: Sequence[Pass], signals: Sequence[Signal]
) -> Array:
    """The error signal of X: what comes back to it from every layer that saw it."""
    n_in, total = passes[0].x.shape[-1], None
    for k, (layer, p, here, signal) in enumerate(zip(layers, parameters, passes, signals, strict=True)):
        if k == 0 or layer.sees == "all":
            dx = layer.rule.input_gradient(xp, here.x, p, here.noise, signal.dz, **layer.rule.options)[..., :n_in]
            total = dx if total is None else total + dx
    return total


def shared_out(layer: Any, k: int, dx: Array, passes: Sequence[Pass]) -> list[tuple[int, Array]]:
    """What of the error signal at the input of layer k belongs to which earlier layer's a: (layer, its columns)."""
    if layer.sees != "all":
        return [(k - 1, dx)]
    parts, end = [], dx.shape[-1]
    for j in reversed(range(k)):
        start = end - passes[j].a.shape[-1]
        parts.append((j, dx[..., start:end]))
        end = start
    return parts


def penalties(xp: Any, layers: Sequence[Any], parameters: Sequence[LayerArrays]) -> Array | float:
    """The sum of all layers' L1 and L2 penalties, which is shown apart from the data loss."""
    total: Array | float = 0.0
    for layer, p in zip(layers, parameters, strict=True):
        if layer.l1 or layer.l2:
            used = layer.rule.constrained(xp, p)
            for name in layer.rule.penalised:
                total = total + penalty(xp, used[name], layer.l1, layer.l2)
    return total


def penalty_slopes(xp: Any, layer: Any, p: LayerArrays) -> LayerArrays:
    """What a layer's L1 and L2 penalties add to its gradients, for the parameters they act on."""
    if not (layer.l1 or layer.l2):
        return {}
    used = layer.rule.constrained(xp, p)
    return {name: penalty_slope(xp, used[name], layer.l1, layer.l2) for name in layer.rule.penalised}


def full_gradients(
    xp: Any, layers: Sequence[Any], parameters: Sequence[LayerArrays], backs: Sequence[Back], clip: float | None = None
) -> list[LayerArrays]:
    """Gradients of the loss with its penalties, clipped to the global norm `clip` if there is one."""
    gradients = []
    for layer, p, back in zip(layers, parameters, backs, strict=True):
        slopes = penalty_slopes(xp, layer, p)
        gradients.append({name: g + slopes[name] if name in slopes else g for name, g in back.gradients.items()})
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
    loss: Array | float = 0.0,
    seed: int = 0,
) -> Update:
    """One step of the optimizer on every parameter, then masks and the max-norm rule; t counts steps from 1.

    `loss` is the batch's data loss, `seed` that of random numbers; both are for rules that anneal.
    """
    result = Update([], [], [])
    names = [name for name, _ in optimizer.slots]
    for k, (layer, p, g, s) in enumerate(zip(layers, parameters, gradients, slots, strict=True), start=1):
        noise = annealing_noise(xp, key_of(seed, "noise", k, int(t)), p) if optimizer.anneals else {}
        lines = {
            name: optimizer.step(xp, p[name], g[name], s[name], t, learning_rate, loss, noise.get(name, 0.0))
            for name in p
        }
        new = layer.rule.constrained(xp, {name: line["w"] for name, line in lines.items()})
        if layer.max_norm is not None:
            new = {**new, **{name: max_norm(xp, new[name], layer.max_norm) for name in layer.rule.penalised}}
        result.parameters.append(new)
        result.slots.append({name: {slot: line[slot] for slot in names} for name, line in lines.items()})
        result.lines.append(lines)
    return result
