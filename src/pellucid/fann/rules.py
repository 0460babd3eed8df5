"""FANN's five rules of learning, as functions of flat arrays in the order of connections.

g is the slope of each weight, summed over all rows, pointing downhill: adding a little of g lessens the error. Numbers
that FANN keeps as float32 are promoted to float64 where they meet weights, as in C. Weights of RPROP and Quickprop
stay within +-1500.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from ..io.fann.structure import ALGORITHMS, RPROP, Settings
from .activations import LIBM
from .quirks import on

BOUND = 1500.0
LEAST_RPROP_STEP = 0.0001
LEAST_SARPROP_STEP = 0.000001
MOVING = 0.001  # Quickprop: a last step beyond this is an ongoing descent
LARGEST_RANDOM = np.float32(2**31)  # RAND_MAX as a float32


class Updated(NamedTuple):
    """What a rule leaves: weights, and for each its step and slope, to be remembered until the next epoch."""

    weights: np.ndarray
    steps: np.ndarray
    slopes: np.ndarray


def known_algorithm(number: int) -> int:
    """The number, if it is that of an algorithm; else InputError."""
    if not 0 <= number < len(ALGORITHMS):
        known = ", ".join(f"{place} {name}" for place, name in enumerate(ALGORITHMS))
        raise InputError(f"there is no training algorithm {number}", f"one of {known}", "libfann.TRAIN_RPROP")
    return number


def rate_per_row(learning_rate: float, rows: int) -> float:
    """FANN's epsilon of BATCH and Quickprop, a float32: the learning rate over the number of rows.

    >>> rate_per_row(0.5, 4)
    0.125
    """
    return float(np.float32(learning_rate) / np.float32(rows))


def incremental(delta_x: np.ndarray, last: np.ndarray, momentum: float) -> np.ndarray:
    """The change of each weight after one row: `delta_x` is rate * delta * x; plus momentum times the last change."""
    return delta_x + momentum * last


def batch(w: np.ndarray, g: np.ndarray, epsilon: float) -> np.ndarray:
    """w + epsilon g. There is no momentum."""
    return w + g * epsilon


def rprop(w: np.ndarray, g: np.ndarray, p: np.ndarray, q: np.ndarray, settings: Settings, exact: bool) -> Updated:
    """iRPROP-: each weight goes by its own step p in the direction of its slope; q is the slope before.

        q g > 0: p grows;  q g < 0: p shrinks and the slope is forgotten, so that the weight rests
        w += sign(g) p

    FANN lets p grow and the weight rise also where a slope is 0 (quirk D2).
    """
    p = np.maximum(p, LEAST_RPROP_STEP)
    product = q * g
    zero_moves = on("rprop_zero", exact)
    agree = product >= 0.0 if zero_moves else product > 0.0
    grown = np.minimum(p * settings.rprop_increase_factor, settings.rprop_delta_max)
    shrunk = np.maximum(p * settings.rprop_decrease_factor, settings.rprop_delta_min)
    apart = ~agree if zero_moves else product < 0.0
    p = np.where(agree, grown, np.where(apart, shrunk, p))
    g = np.where(apart, 0.0, g)
    # Each way has its own limit: a weight beyond the other one comes back by its step, not at once.
    moved = np.where(g < 0.0, np.maximum(w - p, -BOUND), np.minimum(w + p, BOUND))
    return Updated(moved if zero_moves else np.where(g == 0.0, w, moved), p, g)


def quickprop(
    w: np.ndarray, g: np.ndarray, p: np.ndarray, q: np.ndarray, settings: Settings, epsilon: float
) -> Updated:
    """Quickprop: a jump to the minimum of the parabola through two slopes, at most mu times the last step p.

    g' = g + decay w. Where the weight moves (|p| > 0.001) towards p's side: the jump p g'/(q - g'), or mu p where
    g' > mu/(1 + mu) q, plus epsilon g' where g' still points that way. Elsewhere epsilon g'.
    """
    mu = settings.quickprop_mu
    shrink = float(np.float32(mu) / (np.float32(1.0) + np.float32(mu)))
    g = g + settings.quickprop_decay * w
    up, down = p > MOVING, p < -MOVING
    onwards = np.where(up, g > 0.0, g < 0.0)
    far = np.where(up, g > shrink * q, g < shrink * q)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        jump = np.where(far, mu * p, p * g / (q - g))
    step = np.where(up | down, np.where(onwards, epsilon * g, 0.0) + jump, epsilon * g)
    return Updated(bounded(w + step), step, g)


def sarprop(
    w: np.ndarray,
    g: np.ndarray,
    p: np.ndarray,
    q: np.ndarray,
    settings: Settings,
    mse: float,
    epoch: int,
    draw: Callable[[], int],
    exact: bool,
) -> Updated:
    """SARPROP: RPROP with a weight decay and, where a small step meets a change of sign, noise; both fade as 2^(-T k).

    h = -g - w 2^(shift - T k) points uphill, k is the epoch. q h > 0: the step grows and the weight goes; q h < 0:
    the step shrinks (with noise where it is below threshold x MSE) and the weight rests; q h = 0: the weight goes by
    its old step. There FANN stores the step of the weight before it (quirk D6), and moves the weight also where h = 0.
    """
    error = np.float32(mse)
    cooling = np.float32(-settings.sarprop_temperature) * np.float32(epoch)
    p = np.maximum(p, LEAST_SARPROP_STEP)
    h = -g - w * _power_of_two(cooling + np.float32(settings.sarprop_weight_decay_shift))
    product = q * h
    same, opposite = product > 0.0, product < 0.0
    step = np.where(same, np.minimum(p * settings.rprop_increase_factor, settings.rprop_delta_max), p)
    shrunk = p * settings.rprop_decrease_factor
    noisy = opposite & (p < float(np.float32(settings.sarprop_step_error_threshold_factor) * error))
    step = np.where(opposite, np.maximum(shrunk, LEAST_SARPROP_STEP), step)
    if noisy.any():
        drawn = np.array([draw() for _ in range(int(noisy.sum()))]).astype(np.float32) / LARGEST_RANDOM
        size = _power_of_two(cooling + np.float32(settings.sarprop_step_error_shift))
        step[noisy] = shrunk[noisy] + (drawn * np.sqrt(error)).astype(np.float64) * size
    carries = on("sarprop_carry", exact)
    direction = np.where(h < 0.0, 1.0, -1.0) if carries else -np.sign(h)
    w = np.where(opposite, w, w + direction * step)
    h = np.where(opposite, 0.0, h)
    return Updated(w, _carried(step, same | opposite) if carries else step, h)


def _power_of_two(exponent: np.float32) -> float:
    """2^exponent as FANN computes it, e^(exponent ln 2): it differs in the last bit."""
    return float(LIBM.exp(math.log(2.0) * float(exponent)))


def _carried(steps: np.ndarray, computed: np.ndarray) -> np.ndarray:
    """The steps where they were computed; elsewhere that of the nearest computed one before, or 0."""
    latest = np.maximum.accumulate(np.where(computed, np.arange(len(steps)), -1))
    return np.where(latest < 0, 0.0, steps[latest])


def first_step(settings: Settings) -> float:
    """What steps begin with: delta_zero if the algorithm is RPROP when they are made, else 0."""
    return settings.rprop_delta_zero if settings.training_algorithm == RPROP else 0.0


def bounded(w: np.ndarray) -> np.ndarray:
    """Weights within +-1500."""
    return np.clip(w, -BOUND, BOUND)
