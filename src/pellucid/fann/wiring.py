"""How a net computes: its layers as blocks of neurons, with the neurons that each block sees.

A block multiplies as one matrix where all its neurons see all of a range of neurons (standard and shortcut nets, and
what cascade training grew), else by a matrix in which what is not connected is 0 (sparse nets).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..io.fann.structure import Structure, full_sources


def used_sources(net: Structure) -> np.ndarray:
    """The neuron from which each connection comes when the net runs: (connections,) int64.

    FANN uses the source numbers of a file only where the connection rate is below 1; else their order counts.
    """
    if net.sparse:
        return net.sources
    return full_sources(net.network_type, net.layer_sizes, net.n_inputs)


def bias_neurons(net: Structure) -> list[int]:
    """The bias neurons, each the last of its layer."""
    return [net.starts[k + 1] - 1 for k, bias in enumerate(net.biases) if bias]


@dataclass(frozen=True)
class Block:
    """One layer's neurons that compute, `units` (all its neurons but a bias), and what they see.

    `first`, `last`: the range of neurons seen. `connections`: theirs, in order; each comes from one of `sources` and
    leads to the unit `rows` counted in the block. `full`: every unit sees the whole range, in order.
    """

    units: np.ndarray
    first: int
    last: int
    connections: slice
    sources: np.ndarray
    rows: np.ndarray
    full: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Of the block's matrix: units, neurons seen."""
        return len(self.units), self.last - self.first

    @cached_property
    def span(self) -> slice | np.ndarray:
        """The units as an index: a slice where they stand side by side."""
        first, last = int(self.units[0]), int(self.units[-1]) + 1
        return slice(first, last) if last - first == len(self.units) else self.units

    @cached_property
    def place(self) -> np.ndarray:
        """Where each connection stands in the block's matrix, counted along its rows."""
        return self.rows * self.shape[1] + self.sources - self.first

    @cached_property
    def begins(self) -> np.ndarray:
        """Where each unit's connections begin among the block's, and one past the last."""
        return np.searchsorted(self.rows, np.arange(len(self.units) + 1))

    @cached_property
    def by_fan_in(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each number n of connections: the units that have so many, and where these stand, (units, n)."""
        counts = np.diff(self.begins)
        groups = []
        for n in np.unique(counts):
            columns = np.flatnonzero(counts == n)
            groups.append((columns, self.begins[columns][:, None] + np.arange(n)))
        return groups

    def matrix(self, weights: np.ndarray) -> np.ndarray:
        """The block's weights as (units, neurons seen); a view where everything is connected."""
        own = weights[self.connections]
        if self.full:
            return own.reshape(self.shape)
        return np.bincount(self.place, own, minlength=int(np.prod(self.shape))).reshape(self.shape)

    def connected(self, matrix: np.ndarray) -> np.ndarray:
        """The numbers of a (units, neurons seen) matrix that stand at connections, in their order."""
        return matrix.reshape(-1) if self.full else matrix.reshape(-1)[self.place]


def blocks(net: Structure) -> list[Block]:
    """The blocks in the order in which they compute."""
    sources, begins, starts = used_sources(net), net.first_connection, net.starts
    made = []
    for k in range(1, len(net.layer_sizes)):
        units = np.arange(starts[k], starts[k + 1])
        units = units[net.n_inputs[units] > 0]
        if len(units):
            connections = slice(int(begins[starts[k]]), int(begins[starts[k + 1]]))
            made.append(_block(units, net.n_inputs[units], sources[connections], connections))
    return made


def _block(units: np.ndarray, counts: np.ndarray, sources: np.ndarray, connections: slice) -> Block:
    first, last = int(sources.min()), int(sources.max()) + 1
    width = last - first
    full = bool((counts == width).all() and (sources.reshape(-1, width) == np.arange(first, last)).all())
    return Block(units, first, last, connections, sources, np.repeat(np.arange(len(units)), counts), full)
