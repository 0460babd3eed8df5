"""A pellucid model as a FANN net."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...errors import InputError, during
from ...maths.layers import layer_rules
from ...model.layers import Layer
from ...model.model import Model
from ...model.parameters import LayerArrays
from .algorithms import settings_of
from .functions import theirs
from .scaling import scaling_of
from .structure import LAYER, SHORTCUT, Structure, float32
from .wiring import bias_of, columns

DENSE = layer_rules.dense.forward
ALMOST_ONE = float(np.nextafter(np.float32(1), np.float32(0)))  # the largest connection rate of a sparse net


class Neurons(NamedTuple):
    """Neurons one after the other: connections, function and steepness of each; sources and weights of all."""

    counts: list[int]
    functions: list[int]
    steepness: list[float]
    sources: list[int]
    weights: list[float]

    def add(self, function: int, steepness: float, sources: list[int], weights: list[float]) -> None:
        """One more, with its connections."""
        self.counts.append(len(sources))
        self.functions.append(function)
        self.steepness.append(steepness)
        self.sources.extend(sources)
        self.weights.extend(weights)

    def add_plain(self, count: int) -> None:
        """Inputs and biases, to which nothing leads."""
        for _ in range(count):
            self.add(0, 0.0, [], [])


def from_model(model: Model) -> Structure:
    """The FANN net that computes what the model computes; see `convert.py`.

    Raises InputError that says what FANN cannot express: a layer that is not dense, an activation that it lacks,
    preprocessing other than scaling by column.
    """
    for name, layer in zip(model.names, model.layers, strict=True):
        _check_layer(name, layer)
    layered = not any(layer.sees == "all" for layer in model.layers[1:] or model.layers)
    full = all(_is_full(layer, k, layered) for k, layer in enumerate(model.layers))
    sizes = [model.n_in + 1] + [width + layered for width in model.widths[1:]]
    neurons = Neurons([], [], [], [], [])
    neurons.add_plain(sizes[0])
    for k, (name, layer) in enumerate(zip(model.names, model.layers, strict=True), start=1):
        seen = columns(sizes, layered, k, layer.sees == "all")
        with during(f"layer {name}"):
            _add_units(neurons, layer, model.parameters.by_layer[k - 1], seen, bias_of(sizes, layered, k), full)
        neurons.add_plain(int(layered))
    return Structure(
        network_type=LAYER if layered else SHORTCUT,
        connection_rate=1.0 if full else _rate(model, layered, len(neurons.weights)),
        layer_sizes=sizes,
        n_inputs=np.array(neurons.counts, np.int64),
        activation=np.array(neurons.functions, np.int64),
        steepness=np.array(neurons.steepness, np.float64),
        sources=np.array(neurons.sources, np.int64),
        weights=np.array(neurons.weights, np.float64),
        settings=settings_of(model),
        scaling=scaling_of(model),
    )


def _check_layer(name: str, layer: Layer) -> None:
    if layer.rule.forward is not DENSE:
        what = "which FANN cannot express: its layers are dense"
        raise InputError(f"{name} is a {layer.rule.name} layer, {what}", "dense layers", 'net.save("net.safetensors")')


def _is_full(layer: Layer, k: int, layered: bool) -> bool:
    """Whether FANN knows the layer's sources without being told: all that it may see, in order."""
    options = layer.rule.options
    if options.get("mask") is not None and not options["mask"].array.all():
        return False
    return layered or ((layer.sees == "all" or k == 0) and options["bias"])


def _add_units(neurons: Neurons, layer: Layer, arrays: LayerArrays, seen: np.ndarray, bias: int, full: bool) -> None:
    """A layer's units. A full net has its sources in the order of the neurons, any other the bias first, as FANN has.

    f(-s z) is f(s z) of the negative weights: FANN has no use for a negative steepness. A unit without any connection
    would answer 1 in FANN, so it gets one to the bias, of weight 0.
    """
    W = arrays["W"].astype(np.float64)
    mask = layer.rule.options.get("mask")
    exists = np.ones(W.shape, bool) if mask is None else mask.array
    b = arrays["b"].astype(np.float64) if "b" in arrays else None
    for unit, (number, steepness) in enumerate(theirs(layer, W.shape[1])):
        chosen = exists[:, unit]
        sources, weights = seen[chosen], W[chosen, unit]
        if b is not None or not len(sources):
            sources, weights = np.append(bias, sources), np.append(0.0 if b is None else b[unit], weights)
        if full:
            order = np.argsort(sources)
            sources, weights = sources[order], weights[order]
        weights = -weights if steepness < 0 else weights
        neurons.add(number, abs(steepness), sources.tolist(), weights.tolist())


def _rate(model: Model, layered: bool, connections: int) -> float:
    """The share of connections that there are, below 1: then FANN takes the sources as they are written."""
    inputs = [sum(model.widths[: k + 1]) if not layered else model.widths[k] for k in range(len(model.layers))]
    every = sum((n + 1) * width for n, width in zip(inputs, model.widths[1:], strict=True))
    return min(float32(connections / every), ALMOST_ONE)
