"""An update of a net's weights once an epoch, by the algorithm that its settings name; and whether a goal is met."""

from __future__ import annotations

import numpy as np

from ..io.fann.structure import BATCH, QUICKPROP, RPROP, SARPROP, Settings, Structure
from . import rules
from .engine import Errors, Goal, Memory


def met(goal: Goal, errors: Errors) -> bool:
    """Whether these errors meet the goal; a mean that is not a number never does."""
    by_mse = goal.mse is not None and errors.mse <= goal.mse
    return by_mse or (goal.bit_fails is not None and errors.bit_fails <= goal.bit_fails)


def update(net: Structure, memory: Memory, g: np.ndarray, rows: int, exact: bool, part: slice = slice(None)) -> None:
    """One update of the weights by the net's algorithm (not INCREMENTAL); of a part of them, if one is given.

    `g` are the slopes of that part. Makes the memory of steps where there is none.
    """
    settings = net.settings
    w = net.weights[part]
    if settings.training_algorithm == BATCH:
        net.weights[part] = rules.batch(w, g, rules.rate_per_row(settings.learning_rate, rows))
        return
    steps, before = remembered(net, memory)
    net.weights[part], steps[part], before[part] = stepped(
        settings, memory, w, g, steps[part], before[part], rows, exact
    )
    if settings.training_algorithm == SARPROP:
        memory.sarprop_epoch += 1


def stepped(
    settings: Settings,
    memory: Memory,
    w: np.ndarray,
    g: np.ndarray,
    p: np.ndarray,
    q: np.ndarray,
    rows: int,
    exact: bool,
) -> rules.Updated:
    """What RPROP, Quickprop or SARPROP make of weights w with slopes g, steps p and slopes q from before."""
    if settings.training_algorithm == RPROP:
        return rules.rprop(w, g, p, q, settings, exact)
    if settings.training_algorithm == QUICKPROP:
        return rules.quickprop(w, g, p, q, settings, rules.rate_per_row(settings.learning_rate, rows))
    return rules.sarprop(w, g, p, q, settings, memory.errors.mse, memory.sarprop_epoch, memory.draw, exact)


def remembered(net: Structure, memory: Memory) -> tuple[np.ndarray, np.ndarray]:
    """The memory's steps and slopes, made anew where they are not there."""
    if memory.steps is None or memory.slopes is None:
        memory.steps = np.full(len(net.weights), rules.first_step(net.settings))
        memory.slopes = np.zeros(len(net.weights))
    return memory.steps, memory.slopes
