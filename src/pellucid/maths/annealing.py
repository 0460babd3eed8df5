r"""Annealing: an update with noise that dies out. The function of the optimizer `sarprop` and its random numbers.

    k_t = \kappa 2^{-T (t - 1)} \sqrt{E_t} u_t    added to a step that shrinks and is small beside the loss E

The random numbers u are drawn from the training's seed, the layer and the number of the update, so that every engine
draws the same.
"""

from __future__ import annotations

from typing import Any

from .random import uniform
from .record import Parameter

SARPROP_LINES = (
    ("gradient", r"h_t = g_t + \lambda 2^{-T (t - 1)} w_{t-1}"),
    ("agreement", r"a_t = \mathrm{sign}(h_t)\, \mathrm{sign}(p_{t-1})"),
    ("factor", r"f_t = \eta^+ \text{ if } a_t > 0, \; \eta^- \text{ if } a_t < 0, \; \text{else } 1"),
    (
        "kick",
        r"k_t = \kappa 2^{-T (t - 1)} \sqrt{E_t}\, u_t \text{ if } a_t < 0 \text{ and } "
        r"s_{t-1} < \theta E_t, \; \text{else } 0",
    ),
    ("step_size", r"s_t = \min(\max(s_{t-1} f_t + k_t, s_{min}), s_{max})"),
    ("previous_gradient", r"p_t = 0 \text{ if } a_t < 0, \; \text{else } h_t"),
    ("change", r"\Delta_t = -\mathrm{sign}(p_t)\, s_t"),
)
SARPROP_PARAMETERS = (
    Parameter(name="temperature", default=0.015, low=0.0, meaning="how fast noise and decay fade"),
    Parameter(name="weight_decay", default=0.01, low=0.0, meaning="pull of every weight towards 0 at first"),
    Parameter(name="threshold", default=0.1, low=0.0, meaning="steps below this times the loss get noise"),
    Parameter(name="noise_scale", default=2.6, low=0.0, meaning="noise, in units of the root of the loss"),
)


def sarprop(
    xp: Any,
    w: Any,
    g: Any,
    step_size: Any,
    previous_gradient: Any,
    t: Any,
    loss: Any,
    noise: Any,
    initial_step: float,
    grow: float,
    shrink: float,
    smallest: float,
    largest: float,
    temperature: float,
    weight_decay: float,
    threshold: float,
    noise_scale: float,
) -> dict[str, Any]:
    """SARPROP: iRPROP- with simulated annealing; its noise and weight decay die out. For full batches.

    Treadgold and Gedeon 1998, "Simulated annealing and weight decay in adaptive learning: the SARPROP algorithm". The
    gradient includes a weight decay; where the gradient changed its sign and the step is small beside the loss, noise
    is added to the step that shrinks, so that a weight may leave a narrow valley. Both fade by 2^(-T (t - 1)).

    The abstract is what could be read of the paper; the rule and its constants are FANN's as its behaviour shows them,
    with E, its mean squared error, being the batch's data loss here (the same for squared error of one output). Left
    out are what FANN does where a product of slopes is 0 (see `pellucid.fann.quirks`, D6) and its first step, 0: steps
    start, rest and are limited as those of `rprop`.
    """
    annealing = 2.0 ** (-temperature * (t - 1.0))
    gradient = g + weight_decay * annealing * w
    agreement = xp.sign(gradient) * xp.sign(previous_gradient)
    factor = xp.where(agreement > 0.0, grow, xp.where(agreement < 0.0, shrink, 1.0)).astype(w.dtype)
    small = (agreement < 0.0) & (step_size < threshold * loss)
    spread = noise_scale * annealing * xp.sqrt(xp.maximum(loss, 0.0))
    kick = xp.where(small, spread * noise, 0.0).astype(w.dtype)
    step_size = xp.clip(step_size * factor + kick, smallest, largest)
    previous_gradient = xp.where(agreement < 0.0, xp.zeros_like(g), gradient)
    change = -xp.sign(previous_gradient) * step_size
    return {
        "gradient": gradient,
        "agreement": agreement,
        "factor": factor,
        "kick": kick,
        "step_size": step_size,
        "previous_gradient": previous_gradient,
        "change": change,
        "w": w + change,
    }


def annealing_noise(xp: Any, key: tuple[int, int], parameters: dict[str, Any]) -> dict[str, Any]:
    """Uniform numbers in [0, 1) for each of a layer's parameters, one after the other from the key's stream."""
    noise, first = {}, 0
    for name, w in parameters.items():
        noise[name] = uniform(xp, key, first, w.size).reshape(w.shape)
        first += w.size
    return noise
