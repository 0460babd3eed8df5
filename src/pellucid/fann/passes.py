"""One pass through a net for many rows at once: values forwards, errors, deltas backwards, slopes of all weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import InputError
from ..io.fann.structure import ERROR_LINEAR, Structure
from .activations import (
    ACTIVATIONS,
    LIBM,
    LINEAR,
    NUMPY,
    SYMMETRIC,
    THRESHOLD,
    Activation,
    Functions,
    by_number,
    clipped,
    table,
)
from .engine import Errors
from .quirks import on
from .sums import IN_ORDER, PRODUCTS, Sums
from .wiring import Block, blocks

SMALL = 2_000_000  # rows times connections up to which `fann_compat=True` adds in FANN's order
BEYOND = 0.9999999  # errors from here on count as FANN's largest, 17
LARGEST_ERROR = 17.0


class Part(NamedTuple):
    """Units of a block that share a function: their columns in it, the function, and each one's steepness."""

    columns: slice | np.ndarray
    activation: Activation
    steepness: np.ndarray


class Manner(NamedTuple):
    """How to compute: the order of sums, whose exp and log, and the activations that use these."""

    sums: Sums
    functions: Functions
    activations: tuple[Activation, ...]


FAST = Manner(PRODUCTS, NUMPY, ACTIVATIONS)
AS_FANN = Manner(IN_ORDER, LIBM, table(LIBM))  # every bit of every number


class Wired(NamedTuple):
    """A net made ready to compute; of each output, whether its error is `halved`, and `bent` by the TANH function."""

    net: Structure
    manner: Manner
    blocks: list[Block]
    parts: list[list[Part]]
    halved: np.ndarray
    bent: np.ndarray
    outputs: slice


class Values(NamedTuple):
    """What every neuron holds after a forward pass, each (n, neurons): its value y, and z of which y = f(z)."""

    y: np.ndarray
    z: np.ndarray


def wired(net: Structure, rows: int = 1, exact: bool = True) -> Wired:
    """The net made ready for so many rows at once. Raises InputError for an unknown activation function."""
    how, found = manner(len(net.weights), rows, exact), blocks(net)
    outputs = slice(net.outputs.start, net.outputs.stop)
    functions = net.activation[outputs]
    halved = np.isin(functions, list(SYMMETRIC))
    bent = (functions != LINEAR) | on("linear_tanh", exact)
    return Wired(net, how, found, [_parts(net, block, how) for block in found], halved, bent, outputs)


def manner(connections: int, rows: int, exact: bool) -> Manner:
    """FANN's manner where its very numbers are asked for and the work is small, else the fast one."""
    return AS_FANN if not exact and rows * connections <= SMALL else FAST


def _parts(net: Structure, block: Block, manner: Manner) -> list[Part]:
    numbers, steepness = net.activation[block.units], net.steepness[block.units]
    found = []
    for number in np.unique(numbers):
        known = manner.activations[by_number(int(number)).number]
        at = np.flatnonzero(numbers == number)
        found.append(Part(slice(None) if len(at) == len(numbers) else at, known, steepness[at]))
    return found


def refuse_untrainable(net: Structure, exact: bool) -> None:
    """Raise InputError for a net with a THRESHOLD neuron; not where FANN's message stands for it (quirk D11)."""
    found = net.activation == THRESHOLD
    if not np.count_nonzero(found):  # in half the time of any()
        return
    at = np.flatnonzero(found & (net.n_inputs > 0))
    if len(at) and not on("threshold_message", exact):
        raise InputError(
            f"neuron {at[0]} has the activation function THRESHOLD, whose slope is 0, so nothing learns",
            "a function with a slope for training; THRESHOLD may be set afterwards",
            "libfann.SIGMOID",
        )


def forward(wired: Wired, X: np.ndarray) -> Values:
    """The values of all neurons; those without connections hold 1, inputs their column of X."""
    net = wired.net
    y = np.ones((len(X), net.n_neurons))
    z = np.zeros_like(y)
    y[:, : net.n_in] = X
    values = Values(y, z)
    fill(wired, values)
    return values


def fill(wired: Wired, values: Values) -> None:
    """Compute the blocks' neurons in place, from what the neurons that they see hold."""
    y, z = values
    for block, parts in zip(wired.blocks, wired.parts, strict=True):
        totals = wired.manner.sums.forward(block, y, wired.net.weights)
        for part in parts:
            own = clipped(totals[:, part.columns], part.steepness)
            where = _columns(block, part)
            z[:, where] = own
            y[:, where] = part.activation.forward(own)


def _columns(block: Block, part: Part) -> slice | np.ndarray:
    return block.span if isinstance(part.columns, slice) else block.units[part.columns]


def measured(wired: Wired, answers: np.ndarray, Y: np.ndarray, errors: Errors) -> np.ndarray:
    """What is lacking, Y - answers, halved for symmetric outputs (n, n_out); squares and bit fails go to `errors`."""
    lacking = Y - answers
    lacking[:, wired.halved] /= 2.0
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (lacking * lacking).astype(np.float32).ravel()
        running = np.concatenate(([np.float32(errors.square_sum)], squares))
        errors.square_sum = float(np.add.accumulate(running, dtype=np.float32)[-1])
    errors.count += lacking.size
    errors.bit_fails += int((np.abs(lacking) >= wired.net.settings.bit_fail_limit).sum())
    return lacking


def training_error(wired: Wired, lacking: np.ndarray) -> np.ndarray:
    """The error that is propagated: as it is (LINEAR), or 2 artanh of it, at most 17 (TANH; but see quirk D13)."""
    if wired.net.settings.train_error_function == ERROR_LINEAR:
        return lacking
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = wired.manner.functions.log((1.0 + lacking) / (1.0 - lacking))
    bent = np.where(lacking > BEYOND, LARGEST_ERROR, np.where(lacking < -BEYOND, -LARGEST_ERROR, inner))
    return np.where(wired.bent, bent, lacking)


def deltas(wired: Wired, values: Values, error: np.ndarray, exact: bool) -> list[np.ndarray]:
    """For each block its units' deltas, (n, units): slope times what comes back from later blocks, or `error`."""
    net, own = wired.net, on("own_slopes", exact)
    reaching = np.zeros_like(values.y)
    reaching[:, wired.outputs] = error
    found: list[np.ndarray] = []
    for k in range(len(wired.blocks) - 1, -1, -1):
        block, parts = wired.blocks[k], wired.parts[k]
        delta = np.empty((len(error), len(block.units)))
        for part in parts:
            slope = part.activation.fann_slope if own else part.activation.slope
            at = _columns(block, part)
            delta[:, part.columns] = slope(values.z[:, at], values.y[:, at], part.steepness) * reaching[:, at]
        if k and block.last > wired.blocks[0].units[0]:
            wired.manner.sums.back(block, delta, net.weights, reaching)
        found.append(delta)
    return found[::-1]


def slopes(wired: Wired, values: Values, found: list[np.ndarray], g: np.ndarray) -> None:
    """Add to g (connections,) what these rows give: sum over rows of delta of the target times value of the source."""
    for block, delta in zip(wired.blocks, found, strict=True):
        wired.manner.sums.slopes(block, delta, values.y, g)
