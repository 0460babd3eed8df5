"""Building a FANN net: standard, sparse and shortcut wiring, and its first weights.

Neurons of a new net use SIGMOID_STEPWISE with steepness 0.5; bias and input neurons carry function 0 and steepness 0,
until a setter for a whole layer writes into its bias neuron too (it has no effect but is saved). Weights are uniform
in [-0.1, 0.1), biases' too.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..errors import InputError
from ..io.fann.structure import LAYER, SHORTCUT, Structure, float32, full_sources
from .activations import SIGMOID_STEPWISE
from .quirks import on
from .randomness import LIMIT, Rand, uniform
from .wiring import bias_neurons, used_sources

STEEPNESS = 0.5
WEIGHT = 0.1
MOST_CONNECTIONS = 2**31 - 1
_STANDARD = "create_standard_array((2, 4, 1))"
_SPARSE = "create_sparse_array(0.5, (2, 4, 1))"
_SHORTCUT = "create_shortcut_array((2, 1))"


def checked_layers(layers: Iterable[Any], least_inputs: int = 0, example: str = _STANDARD) -> list[int]:
    """The layers' sizes without biases, as whole numbers; floats that are whole pass.

    Raises InputError for fewer than two layers, a size that is no whole number, a negative one, or an empty hidden or
    output layer; FANN itself allows 0 inputs.
    """
    if isinstance(layers, str | bytes) or not isinstance(layers, Iterable):
        raise InputError(f"layers = {layers!r}", "the sizes of the layers in order", example)
    sizes = [_whole(size, place, example) for place, size in enumerate(layers)]
    if len(sizes) < 2:
        raise InputError(f"{len(sizes)} layer sizes", "at least two: inputs and outputs", example)
    for place, size in enumerate(sizes):
        least = 1 if place else least_inputs
        if size < least:
            raise InputError(f"layer {place} has {size} neurons", f"at least {least}", example)
    return sizes


def _whole(size: Any, place: int, example: str) -> int:
    try:
        number = float(size)
    except OverflowError:
        number = float("inf")
    except (TypeError, ValueError):
        number = float("nan")
    if number > MOST_CONNECTIONS:
        raise InputError(f"layer {place} has over {MOST_CONNECTIONS} neurons", "fewer: each has connections", example)
    if isinstance(size, str | bytes) or not number.is_integer():
        raise InputError(f"layer {place} has the size {size!r}", "a whole number of neurons", example)
    return int(size)


def standard(layers: Iterable[Any], rand: Rand) -> Structure:
    """A net in which each layer sees all of the one before it and a bias.

    >>> net = standard((2, 3, 4), Rand(1))
    >>> len(net.weights), net.layer_sizes
    (25, [3, 4, 5])
    """
    sizes = checked_layers(layers)
    _check_count(sum((a + 1) * b for a, b in pairwise(sizes)))
    return _drawn(_net(LAYER, 1.0, sizes, [np.full(b, a + 1) for a, b in pairwise(sizes)]), rand)


def shortcut(layers: Iterable[Any], rand: Rand) -> Structure:
    """A net in which each layer sees all earlier layers; its one bias stands in the input layer.

    >>> len(shortcut((2, 3, 4, 5), Rand(1)).weights)
    83
    """
    sizes = checked_layers(layers, example=_SHORTCUT)
    before = [total + 1 for total in accumulate(sizes[:-1])]  # neurons in front of each layer but the first
    _check_count(sum(n * b for n, b in zip(before, sizes[1:], strict=True)))
    counts = [np.full(b, n) for n, b in zip(before, sizes[1:], strict=True)]
    return _drawn(_net(SHORTCUT, 1.0, sizes, counts), rand)


def sparse(connection_rate: float, layers: Iterable[Any], rand: Rand) -> Structure:
    """A standard net of which about that part of the connections is there: every neuron is used, and has its bias.

    Between a sources and b targets stand max(a, b, floor(1/2 + rate a b)) connections and b biases; a rate of 1 or
    more makes a standard net. The bias comes first, then sources in the order drawn.

    >>> len(sparse(0.5, (2, 3, 4, 5), Rand(1)).weights)
    31
    """
    rate = _checked_rate(connection_rate)
    if rate >= 1.0:
        return standard(layers, rand)
    sizes = checked_layers(layers, 1, _SPARSE)
    pairs = list(pairwise(sizes))
    _check_count(sum(_sparse_count(rate, a, b) + b for a, b in pairs))
    taken = [part for a, b in pairs for part in _sparse_part(rate, a, b, rand)]
    ends = np.cumsum(sizes[1:])
    net = _net(LAYER, rate, sizes, np.split(np.array([len(part) for part in taken]), ends[:-1]))
    first = np.repeat(np.cumsum([0, *(a + 1 for a, _ in pairs[:-1])]), sizes[1:])  # what each neuron's sources begin at
    net.sources = np.concatenate([np.array(list(part)) + begin for part, begin in zip(taken, first, strict=True)])
    net.weights = uniform(np.array([number for part in taken for number in part.values()]), -WEIGHT, WEIGHT)
    return net


def randomize_weights(net: Structure, low: float, high: float, rand: Rand) -> None:
    """Draw every weight uniformly in [low, high), in the order of connections."""
    net.weights[:] = rand.uniform(low, high, len(net.weights))


def init_weights(net: Structure, X: np.ndarray, rand: Rand, exact: bool) -> None:
    """Weights in the manner of Nguyen and Widrow, for inputs of the range of X (n, n_in).

        scale = (0.7 H)^(1/n_in) / (max X - min X)      H: hidden neurons, in the whole net

    Biases are uniform in [-scale, scale), other weights in [0, scale). `exact` counts H rightly (quirk D10).
    """
    if X.size == 0:
        raise InputError(f"data of shape {X.shape}", "at least one row and one input", "")
    if not np.isfinite(X).all():
        raise InputError("inputs that are not finite", "finite numbers", "")
    scale = _scale(net, X, exact)
    numbers = rand.take(len(net.weights))
    from_bias = np.isin(used_sources(net), bias_neurons(net))
    net.weights[:] = np.where(from_bias, uniform(numbers, -scale, scale), uniform(numbers, 0.0, scale))


def _scale(net: Structure, X: np.ndarray, exact: bool) -> float:
    """The scale of `init_weights`, a float32."""
    hidden, width = sum(net.sizes[1:-1]), float(X.max() - X.min())
    if on("hidden_count", exact):
        hidden = (sum(net.layer_sizes) - net.n_in - net.n_out - len(net.layer_sizes)) % 2**32
    else:
        hidden, width = max(hidden, 1), width or 1.0
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return float32(np.float64(float32(0.7) * hidden) ** (1.0 / net.n_in) / np.float64(width))


def _checked_rate(rate: Any) -> float:
    try:
        number = float(rate)
    except (TypeError, ValueError):
        number = float("nan")
    if not number >= 0.0:
        raise InputError(f"connection_rate = {rate!r}", "a number from 0 (fewest connections) to 1 (all)", "0.5")
    return float32(min(number, 1.0))


def _check_count(count: int) -> None:
    if count > MOST_CONNECTIONS:
        raise InputError(f"{count} connections", f"at most {MOST_CONNECTIONS}", "smaller layers")


def _drawn(net: Structure, rand: Rand) -> Structure:
    """The net with its first weights."""
    randomize_weights(net, -WEIGHT, WEIGHT, rand)
    return net


def _sparse_count(rate: float, a: int, b: int) -> int:
    """Connections between a sources and b targets, without the biases."""
    return max(a, b, int(0.5 + float(np.float32(rate) * np.float32(a * b))))


def _sparse_part(rate: float, a: int, b: int, rand: Rand) -> list[dict[int, int]]:
    """For each of b targets its sources, counted from 0, in order, each with the random number that makes its weight.

    The bias, a, comes first everywhere. Each source is given to a target that has room; what places are left are given
    sources at random. Numbers are drawn as FANN does, target by target, so that a seed makes its nets.
    """
    total = _sparse_count(rate, a, b) + b
    places = [total * (i + 1) // b - total * i // b for i in range(b)]
    chosen = [{a: rand()} for _ in range(b)]
    for source in range(a):
        target = _place(rand, b)
        while len(chosen[target]) == places[target]:
            target = _place(rand, b)
        chosen[target][source] = rand()
    for own, room in zip(chosen, places, strict=True):
        while len(own) < room:
            source = _place(rand, a)
            if source not in own:
                own[source] = rand()
    return chosen


def _place(rand: Rand, count: int) -> int:
    """A place 0 .. count - 1; FANN rounds a number up to count - 1, so the ends are half as likely as the others."""
    share = rand() / LIMIT
    place = 0.5 + share * (count - 1)
    if abs(place - round(place)) < 1e-6 * count:  # where FANN's float32 may round to the other side
        place = 0.5 + float32(float32(share) * (count - 1))
    return int(place)


def _net(kind: int, rate: float, sizes: list[int], counts: list[np.ndarray]) -> Structure:
    """The net of these layers, all weights 0; `counts` says how many connections each neuron takes."""
    biases = [1] + [int(kind == LAYER)] * len(counts)
    layer_sizes = [size + bias for size, bias in zip(sizes, biases, strict=True)]
    taken = [np.zeros(layer_sizes[0], np.int64)]
    taken += [np.append(part, [0] * bias) for part, bias in zip(counts, biases[1:], strict=True)]
    n_inputs = np.concatenate(taken).astype(np.int64)
    return Structure(
        network_type=kind,
        connection_rate=rate,
        layer_sizes=layer_sizes,
        n_inputs=n_inputs,
        activation=np.where(n_inputs > 0, SIGMOID_STEPWISE, 0),
        steepness=np.where(n_inputs > 0, STEEPNESS, 0.0),
        sources=full_sources(kind, layer_sizes, n_inputs),
        weights=np.zeros(int(n_inputs.sum())),
    )
