"""A FANN net as a pellucid model."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ...maths.masks import Mask
from ...model.layers import Dense, Layer, layer_names
from ...model.model import Model
from ...model.parameters import LayerArrays, Parameters
from .algorithms import training_of
from .functions import ours
from .scaling import preprocessing_of
from .structure import Structure
from .wiring import columns


def to_model(net: Structure) -> Model:
    """The model that computes what the net computes; see `convert.py`.

    Raises InputError for what only FANN's arithmetic can do: a negative steepness (all its sums count as too large), a
    weight that is not finite, a net without inputs.
    """
    _check(net)
    pairs = [_layer(net, k) for k in range(1, len(net.layer_sizes))]
    layers = tuple(layer for layer, _ in pairs)
    parameters = Parameters(layer_names(layers), [arrays for _, arrays in pairs])
    model = Model(net.n_in, layers, parameters, seed=0, dtype=np.dtype(np.float64))
    model.preprocessing = preprocessing_of(net.scaling)
    model.training = training_of(net.settings, model)
    return model


def _check(net: Structure) -> None:
    if net.n_in == 0:
        raise InputError("the FANN net has no inputs", "at least one")
    if not np.isfinite(net.weights).all():
        k = int(np.flatnonzero(~np.isfinite(net.weights))[0])
        raise InputError(f"the weight of the FANN net's connection {k} is {net.weights[k]}", "finite weights")
    computed = net.n_inputs > 0
    wrong = np.flatnonzero(computed & ~(np.isfinite(net.steepness) & (net.steepness >= 0)))
    if len(wrong):
        raise InputError(
            f"neuron {wrong[0]} of the FANN net has the steepness {net.steepness[wrong[0]]}",
            "a finite number from 0 up: FANN takes every sum of a neuron with a negative one for too large",
        )


def _layer(net: Structure, k: int) -> tuple[Layer, LayerArrays]:
    """Layer k of the net (0: the inputs) as a layer and its parameters."""
    first = net.starts[k]
    units = net.sizes[k]
    connections = slice(*net.first_connection[[first, first + units]].tolist())
    sources, targets = net.sources[connections], net.targets[connections] - first
    sees_all = not net.layered or bool(np.any(sources < net.starts[k - 1]))
    seen = columns(net.layer_sizes, net.layered, k, sees_all)
    place = np.full(net.n_neurons, -1)  # of a neuron among the columns; a bias has none
    place[seen] = np.arange(len(seen))
    column, weights = place[sources], net.weights[connections]
    inner = column >= 0
    W, b = np.zeros((len(seen), units)), np.zeros(units)
    exists = np.zeros(W.shape, bool)
    np.add.at(W, (column[inner], targets[inner]), weights[inner])
    np.add.at(b, targets[~inner], weights[~inner])
    exists[column[inner], targets[inner]] = True
    constant = net.n_inputs[first : first + units] == 0  # FANN's neurons without connections answer 1
    b[constant] = 1.0
    functions = [
        ("linear", 1.0) if constant[j] else ours(int(net.activation[first + j]), float(net.steepness[first + j]))
        for j in range(units)
    ]
    layer = Dense(
        units,
        [name for name, _ in functions],
        steepness=[steepness for _, steepness in functions],
        bias=bool(np.any(~inner) or np.any(constant)),
        sees="all" if sees_all else "previous",
        mask=None if exists.all() else Mask(exists),
    )
    return layer, {"W": W, "b": b} if layer.rule.options["bias"] else {"W": W}
