"""How a net computes: its layers as blocks of neurons, with the neurons that each block sees.

A block multiplies as one matrix where all its neurons see all of a range of neurons (standard and shortcut nets, and
what cascade training grew), else by a matrix in which what is not connected is 0 (sparse nets).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .structure import Structure


def used_sources(net: Structure) -> np.ndarray:
    """The neuron from which each connection comes when the net runs: (connections,) int64.

    FANN uses the source numbers of a file only where the connection rate is below 1; else their order counts.
    """
    if net.sparse:
        return net.sources
    starts, n_inputs = net.starts, net.n_inputs
    firsts = np.zeros(net.n_neurons, np.int64)
    if net.layered:
        for k in range(1, len(net.layer_sizes)):
            firsts[starts[k] : starts[k + 1]] = starts[k - 1]
    place = np.arange(len(net.weights)) - np.repeat(net.first_connection[:-1], n_inputs)
    return np.repeat(firsts, n_inputs) + place


def bias_neurons(net: Structure) -> list[int]:
    """The bias neurons, each the last of its layer."""
    return [net.starts[k + 1] - 1 for k, bias in enumerate(net.biases) if bias]


@dataclass(frozen=True)
class Block:
    """One layer's neurons that compute, `units`, and what they see.

    `first`, `last`: the range of neurons seen. `connections`: theirs, in order. `place` is None where every unit sees
    the whole range; else it says where each connection stands in the (units, range) matrix, counted along rows.
    """

    units: np.ndarray
    first: int
    last: int
    connections: slice
    place: np.ndarray | None

    @property
    def shape(self) -> tuple[int, int]:
        """Of the block's matrix: units, neurons seen."""
        return len(self.units), self.last - self.first

    def matrix(self, weights: np.ndarray) -> np.ndarray:
        """The block's weights as (units, neurons seen); a view where everything is connected."""
        own = weights[self.connections]
        if self.place is None:
            return own.reshape(self.shape)
        return np.bincount(self.place, own, minlength=int(np.prod(self.shape))).reshape(self.shape)

    def connected(self, matrix: np.ndarray) -> np.ndarray:
        """The numbers of a (units, neurons seen) matrix that stand at connections, in their order."""
        flat = matrix.reshape(-1)
        return flat if self.place is None else flat[self.place]


def blocks(net: Structure) -> list[Block]:
    """The blocks in the order in which they compute."""
    sources, begins, starts = used_sources(net), net.first_connection, net.starts
    made = []
    for k in range(1, len(net.layer_sizes)):
        units = np.arange(starts[k], starts[k + 1])
        units = units[net.n_inputs[units] > 0]
        if len(units):
            made.append(_block(net, units, sources, slice(int(begins[starts[k]]), int(begins[starts[k + 1]]))))
    return made


def _block(net: Structure, units: np.ndarray, sources: np.ndarray, connections: slice) -> Block:
    own = sources[connections]
    first, last = int(own.min()), int(own.max()) + 1
    width = last - first
    if (net.n_inputs[units] == width).all() and (own.reshape(-1, width) == np.arange(first, last)).all():
        return Block(units, first, last, connections, None)
    rows = np.repeat(np.arange(len(units)), net.n_inputs[units])
    return Block(units, first, last, connections, rows * width + own - first)
