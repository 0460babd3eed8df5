"""The loop of one training, written out: the order of the rows, the learning rate, the loss of each epoch."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..maths import passes
from ..maths.random import MASK, PURPOSES, fold, permutation, uniform32
from ..maths.schedules import constant, flat
from ..model.model import Model
from ..model.state import TrainingState
from .python_network import loss_code, noisy, options, penalised, section
from .python_sources import Sources, literal

if TYPE_CHECKING:
    from .python_code import Training


def loop_code(model: Model, training: Training, sources: Sources) -> str:
    """The whole training: in its plain form where an epoch is one step, else batch by batch."""
    state, data = training.state, training.data
    whole = state.plan.batch_size is None or state.plan.batch_size >= len(data)
    watched = state.plan.schedule.observe is not None and training.rates is None
    lines = (
        _plain_loop(model, training, sources) if whole and not watched else _batch_loop(model, training, sources, whole)
    )
    return section("Training", "\n".join(lines))


def rate_code(training: Training, fraction: str, sources: Sources) -> str:
    """The learning rate at `epoch` and the share of it that is done, as an expression."""
    plan, state = training.state.plan, training.state
    if not plan.optimizer.has_learning_rate:
        return "1.0"
    base, schedule = literal(float(plan.optimizer.options["learning_rate"])), plan.schedule
    if schedule.factor is constant and schedule.observe is None:
        return str(base)
    if training.rates is not None:
        return f"RATES[epoch - {training.origin.epoch}]"
    words = []
    if schedule.factor is not flat:
        name = sources.add(schedule.factor, f"the schedule {schedule.name!r}")
        words.append(f"{name}(np, epoch - {state.fit_start} + {fraction}, {plan.epochs}{options(schedule)})")
    if schedule.observe is not None:
        words.append('memory.get("factor", 1.0)')
    return f"{base} * float({' * '.join(words)})"


def rates_code(training: Training) -> list[str]:
    """The learning rates on record, run by run, where they cannot be computed again."""
    if training.rates is None:
        return []
    runs = [(rate, len(list(same))) for rate, same in groupby(training.rates[: training.epochs])]
    words = " + ".join(f"[{rate!r}] * {count}" for rate, count in runs)
    return [
        "# The schedule looked at validation data, which are not here: these are the rates that it gave.",
        f"RATES = {words or '[]'}",
    ]


def _plain_loop(model: Model, training: Training, sources: Sources) -> list[str]:
    state, origin = training.state, training.origin
    loss = loss_code(model, state.plan, sources, "Y")
    total = sources.add(passes.total_loss, "the total loss")
    weights = "None" if training.data.weights is None else "SAMPLE_WEIGHTS"
    share = f'{sources.add(passes.shares, "shares")}(np, len(X), {weights}, "{state.plan.reduction}")'
    noise = _noise(model, state, "0", "len(X)", sources)
    also = ", noise" if noise else ""
    penalty = " + float(penalties(parameters))" if penalised(model) else ""
    rate = rate_code(training, "0.0", sources)
    annealed = ", loss" if state.plan.optimizer.anneals else ""
    return [
        *rates_code(training),
        f"share = {share}",
        "losses = []",
        f"for epoch in range({origin.epoch}, {origin.epoch + training.epochs}):",
        *(f"    {line}" for line in noise),
        f"    z, a = forward(parameters, X{also})",
        f"    loss = float({total}(np, {loss}, share))",
        f"    losses.append(loss{penalty})",
        f"    g = backward(parameters, z, a, Y, share{also})",
        f"    update(parameters, g, slots, epoch + {origin.step - origin.epoch + 1}, {rate}{annealed})",
    ]


def _batch_loop(model: Model, training: Training, sources: Sources, whole: bool) -> list[str]:
    state, origin = training.state, training.origin
    plan = state.plan
    mean = plan.reduction == "mean"
    end = " / weight_total" if mean else ""
    penalty = f" + penalty_total{end}" if penalised(model) else ""
    size = "len(X)" if whole else str(plan.batch_size)
    return [
        *rates_code(training),
        f"step_number = {origin.step}",
        *(["memory = {}"] if plan.schedule.observe is not None and training.rates is None else []),
        "losses = []",
        f"for epoch in range({origin.epoch}, {origin.epoch + training.epochs}):",
        f"    order = {_order(state, whole, sources)}",
        "    loss_total, penalty_total, weight_total = 0.0, 0.0, 0.0",
        f"    for first in range(0, len(X), {size}):",
        *(f"        {line}" for line in _batch(model, training, size, sources)),
        f"    losses.append(loss_total{end}{penalty})",
        *_remember(training, sources),
    ]


def _batch(model: Model, training: Training, size: str, sources: Sources) -> list[str]:
    """One step of the loop over batches."""
    state, weighted = training.state, training.data.weights is not None
    plan = state.plan
    noise = _noise(model, state, "first", "len(rows)", sources)
    also = ", noise" if noise else ""
    total = sources.add(passes.total_loss, "the total loss")
    weights = "SAMPLE_WEIGHTS[rows]" if weighted else "None"
    weight = "1.0" if plan.reduction == "sum" else "float(SAMPLE_WEIGHTS[rows].sum())" if weighted else "len(rows)"
    annealed = ", loss" if plan.optimizer.anneals else ""
    penalty = ["penalty_total += float(penalties(parameters)) * weight"] if penalised(model) else []
    return [
        f"rows = order[first : first + {size}]",
        "x, y = X[rows], Y[rows]",
        *noise,
        f'share = {sources.add(passes.shares, "shares")}(np, len(rows), {weights}, "{plan.reduction}")',
        f"weight = {weight}",
        f"z, a = forward(parameters, x{also})",
        f"loss = float({total}(np, {loss_code(model, plan, sources, 'y')}, share))",
        "loss_total += loss * weight",
        *penalty,
        "weight_total += weight",
        f"g = backward(parameters, z, a, y, share{also})",
        "step_number += 1",
        f"update(parameters, g, slots, step_number, {rate_code(training, 'first / len(X)', sources)}{annealed})",
    ]


def _order(state: TrainingState, whole: bool, sources: Sources) -> str:
    if whole or not state.plan.shuffle:
        return "np.arange(len(X))"
    shuffle, key = sources.add(permutation, "shuffling"), sources.add(fold, "shuffling")
    return f"{shuffle}(np, {key}({_key(state.seed, 'shuffle', 0)}, epoch), len(X))  # drawn from the seed {state.seed}"


def _noise(model: Model, state: TrainingState, first: str, rows: str, sources: Sources) -> list[str]:
    """The random numbers of each layer that draws some, from the seed, the layer and the epoch."""
    if not noisy(model):
        return []
    words = []
    for k, (name, layer) in enumerate(zip(model.names, model.layers, strict=True), start=1):
        if layer.rule.noisy:
            draw, key = sources.add(uniform32, "random numbers"), sources.add(fold, "random numbers")
            width = model.inputs[k - 1]
            stream = f"{key}({_key(state.seed, 'dropout', k)}, epoch)"
            words.append(
                f'"{name}": {draw}(np, {stream}, {first} * {width}, {rows} * {width}).reshape({rows}, {width})'
            )
    return ["noise = {", *(f"    {word}," for word in words), "}"]


def _key(seed: int, purpose: str, layer: int) -> tuple[int, int]:
    return fold(fold((seed & MASK, seed >> 32), PURPOSES[purpose]), layer)


def _remember(training: Training, sources: Sources) -> list[str]:
    schedule: Any = training.state.plan.schedule
    if schedule.observe is None or training.rates is not None:
        return []
    observe = sources.add(schedule.observe, f"the schedule {schedule.name!r}")
    return [f"    memory = {observe}(memory, losses[-1]{options(schedule)})"]
