"""Fixed point: nets and examples as whole numbers, each v * 2^d, for machines without floating point."""

from __future__ import annotations

import math
import os

import numpy as np

from ...errors import InputError
from ..writing import path_of, write_whole
from .data_text import int_lines, rows_text
from .net_layout import CONNECTIONS_KEY, FUNCTIONS, HEADER, NEURONS_KEY, STEEPNESSES
from .net_writing import header_text
from .numbers import c_int, c_ints
from .structure import Structure

LARGEST_POINT = 63
BITS = 30  # of a product of two fixed point numbers
SETTINGS = ("bit_fail_limit", "cascade_candidate_limit", "cascade_weight_multiplier")


def unscaled(net: Structure, point: int) -> Structure:
    """The floating point net that a fixed point file stands for: its whole numbers over 2^point."""
    scale = 2.0**point
    net.steepness, net.weights = net.steepness / scale, net.weights / scale
    return net


def unscale_settings(net: Structure, point: int) -> None:
    """The same for the settings that later versions of these files hold; those above 2^31 stand for negative ones."""

    def value_of(number: float) -> float:
        return (number - 2.0**32 if number >= 2.0**31 else number) / 2.0**point

    settings = net.settings
    for name in SETTINGS:
        setattr(settings, name, value_of(getattr(settings, name)))
    settings.cascade_activation_steepnesses = tuple(map(value_of, settings.cascade_activation_steepnesses))


def decimal_point(net: Structure) -> int:
    """The bits after the point that leave room for the largest sum of a neuron's weights; negative where none is left.

    With M the largest sum of |w| over a neuron's connections, b halvings bring M below 1; (30 - b)/2, rounded down.
    """
    sums = np.bincount(net.targets, np.abs(net.weights), net.n_neurons)
    largest = float(sums.max(initial=0.0))
    if not math.isfinite(largest):
        raise InputError(f"a neuron's weights sum to {largest}", "finite weights: fixed point has no others")
    halvings = max(0, math.frexp(largest)[1]) if largest else 0
    return (BITS - halvings) // 2


def save_net(net: Structure, path: str | os.PathLike[str]) -> int:
    """Write a net as FANN_FIX_2.0 and return its decimal point; a negative one is 0 in the file.

    Every number is floor(v * 2^d + 0.5); what does not fit 32 bits becomes -2147483648. Scaling is left out.
    """
    point = decimal_point(net)
    write_whole(path_of(path), net_text(net, max(0, point)).encode("ascii"))
    return point


def net_text(net: Structure, point: int) -> str:
    """The whole file for a decimal point."""

    def whole(value: float) -> str:
        return str(c_int(math.floor(value * 2.0**point + 0.5)) if math.isfinite(value) else c_int(value))

    def unsigned(value: float) -> str:  # FANN writes the numbers of the settings so
        return str(int(whole(value)) % 2**32)

    settings = net.settings
    functions, steepnesses = settings.cascade_activation_functions, settings.cascade_activation_steepnesses
    neurons = zip(net.n_inputs.tolist(), net.activation.tolist(), net.steepness.tolist(), strict=True)
    connections = zip(net.sources.tolist(), net.weights.tolist(), strict=True)
    lines = ["FANN_FIX_2.0", f"decimal_point={point}", f"num_layers={len(net.layer_sizes)}"]
    lines += [header_text(net, field, unsigned if field.key in SETTINGS else None) for field in HEADER]
    lines += [
        f"{FUNCTIONS}_count={len(functions)}",
        f"{FUNCTIONS}=" + "".join(f"{number} " for number in functions),
        f"{STEEPNESSES}_count={len(steepnesses)}",
        f"{STEEPNESSES}=" + "".join(f"{unsigned(value)} " for value in steepnesses),
        "layer_sizes=" + "".join(f"{size} " for size in net.layer_sizes),
        f"{NEURONS_KEY}=" + "".join(f"({count}, {function}, {unsigned(s)}) " for count, function, s in neurons),
        f"{CONNECTIONS_KEY}=" + "".join(f"({source}, {whole(weight)}) " for source, weight in connections),
    ]
    return "\n".join(lines) + "\n"


def save_rows(path: str | os.PathLike[str], X: np.ndarray, Y: np.ndarray, point: int) -> None:
    """Write examples as whole numbers, each x * 2^point cut toward zero; `point` counts modulo 32, as in FANN."""
    factor = float(1 << point % 32)

    def lines_of(values: np.ndarray) -> list[str]:
        with np.errstate(over="ignore", invalid="ignore"):
            return int_lines(c_ints(values * factor))

    write_whole(path_of(path), rows_text(X, Y, lines_of).encode("ascii"))
