"""Whether the numbers of a `.net` file fit together. FANN does not ask: it runs past its arrays, or dies."""

from __future__ import annotations

import re
import warnings

import numpy as np

from ...errors import Notice
from .faults import CONNECTIONS, NEURONS
from .net_layout import GIVEN_SOURCES, LARGEST_FUNCTION
from .net_text import Values
from .net_tuples import groups, number_column, whole_column
from .structure import LAYER, Structure, full_sources


def checked_sizes(values: Values, network_type: int) -> list[int]:
    """The layer sizes, biases included, where every layer has the neurons that its kind of net needs."""
    layers = values.whole("num_layers")
    if layers < 2:
        raise values.fault("num_layers", f"it is {layers}", "at least 2, the inputs and the outputs")
    sizes = values.wholes("layer_sizes", layers)
    least = [1] + [1 + int(network_type == LAYER)] * (len(sizes) - 1)
    for k, (size, needed) in enumerate(zip(sizes, least, strict=True)):
        if size < needed:
            raise values.fault("layer_sizes", f"layer {k} has {size} neurons", f"at least {needed}, its bias included")
    return sizes


def check_neurons(values: Values, net: Structure, found: int) -> None:
    """Refuse neurons, of which the file has `found`, that do not fit the layers, whose functions nobody knows.

    Inputs and biases take no connections; nobody takes more than there are neurons before it. Connections are not
    looked at yet.
    """
    if found != net.n_neurons:
        expected = f"{net.n_neurons}, as the layers have {net.layer_sizes}"
        raise values.fault("neurons", f"there are {found} of them", expected, NEURONS)
    bad = net.activation[(net.activation < 0) | (net.activation > LARGEST_FUNCTION)]
    if len(bad):
        given = f"there is no activation function number {bad[0]}"
        raise values.fault("neurons", given, f"0 (LINEAR) to {LARGEST_FUNCTION} (COS)", NEURONS)
    before = _before(net)
    wrong = np.flatnonzero((net.n_inputs < 0) | (net.n_inputs > before))
    if len(wrong):
        j = int(wrong[0])
        kind = "none: it is an input or a bias" if before[j] == 0 else f"0 to {before[j]}, the neurons before it"
        raise values.fault("neurons", f"neuron {j} takes {net.n_inputs[j]} connections", kind, NEURONS)


def with_connections(values: Values, net: Structure, form: re.Pattern[bytes]) -> Structure:
    """The net with the connections that its neurons ask for, written in this form; refused where they do not fit.

    A full net gets the sources that FANN takes for granted.
    """
    if not np.isfinite(net.connection_rate):
        raise values.fault("connection_rate", f"it is {net.connection_rate}", "a finite number")
    wanted = sum(net.n_inputs.tolist())
    pairs = groups(values, "connections", form, 2, wanted, CONNECTIONS)
    net.sources = whole_column(values, "connections", pairs[0][:wanted], CONNECTIONS)
    net.weights = number_column(values, "connections", pairs[1][:wanted], CONNECTIONS)
    if len(pairs[0]) > wanted:
        _tell(f"the file has {len(pairs[0])} connections, of which its neurons take {wanted}; the rest is ignored")
    if net.sparse:
        _check_sources(values, net)
    else:
        _set_full_sources(net)
    return net


def _layer_of(net: Structure) -> np.ndarray:
    return np.repeat(np.arange(len(net.layer_sizes)), net.layer_sizes)


def _before(net: Structure) -> np.ndarray:
    """How many connections each neuron may have."""
    starts, layer = net.starts, _layer_of(net)
    before = np.array(starts)[layer]  # neurons of all earlier layers
    if net.layered and not net.sparse:
        before -= np.array([0, *starts])[layer]  # only those of the layer before
    before[: starts[1]] = 0
    if net.layered:
        before[np.array(starts[1:]) - 1] = 0
    return before


def _check_sources(values: Values, net: Structure) -> None:
    targets = net.targets
    limits = np.array(net.starts)[_layer_of(net)][targets]
    wrong = np.flatnonzero((net.sources < 0) | (net.sources >= limits))
    if len(wrong):
        k = int(wrong[0])
        given = f"connection {k}, to neuron {targets[k]}, comes from neuron {net.sources[k]}"
        raise values.fault("connections", given, f"0 to {limits[k] - 1}, the neurons before it", CONNECTIONS)


def _set_full_sources(net: Structure) -> None:
    """A full net's sources follow from its layers; what the file says instead is only written back."""
    real = full_sources(net.network_type, net.layer_sizes, net.n_inputs)
    if not np.array_equal(real, net.sources):
        net.kept[GIVEN_SOURCES], net.sources = net.sources, real
        _tell(
            "the file's connections do not come from the neurons of a full net (connection_rate 1), in whose order "
            "FANN, and so this, takes them"
        )


def _tell(what: str) -> None:
    warnings.warn(Notice(what), stacklevel=2)
