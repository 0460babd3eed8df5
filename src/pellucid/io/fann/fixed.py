"""Fixed point: nets and examples as whole numbers, each v * 2^d, for machines without floating point."""

from __future__ import annotations

from .structure import Structure

LARGEST_POINT = 63
SETTINGS = ("bit_fail_limit", "cascade_candidate_limit", "cascade_weight_multiplier")


def unscaled(net: Structure, point: int) -> Structure:
    """The floating point net that a fixed point file stands for: its whole numbers over 2^point."""
    scale = 2.0**point
    net.steepness, net.weights = net.steepness / scale, net.weights / scale
    return net


def unscale_settings(net: Structure, point: int) -> None:
    """The same for the settings that later versions of these files hold."""
    settings = net.settings
    for name in SETTINGS:
        setattr(settings, name, getattr(settings, name) / 2.0**point)
    settings.cascade_activation_steepnesses = tuple(v / 2.0**point for v in settings.cascade_activation_steepnesses)
