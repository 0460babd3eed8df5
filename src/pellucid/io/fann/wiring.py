"""Which neurons of a FANN net are which columns of a layer's input.

A layer of pellucid takes the values of the layer before it or, with `sees="all"`, [X, a_1, ..., a_{k-1}] side by side;
its bias is apart. In FANN a bias is a neuron: the last of each layer, or in a shortcut net the last of the inputs only.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np


def columns(layer_sizes: list[int], layered: bool, k: int, sees_all: bool) -> np.ndarray:
    """The neurons that are the columns of layer k's input, in order; layer 0 are FANN's inputs.

    >>> columns([3, 2, 1], False, 2, True)  # two inputs, a bias, two hidden neurons
    array([0, 1, 3, 4])
    """
    starts = np.concatenate(([0], np.cumsum(layer_sizes))).tolist()
    places = [np.arange(first, last - (layered or j == 0)) for j, (first, last) in enumerate(pairwise(starts))]
    return np.concatenate(places[:k] if sees_all else places[k - 1 : k])


def bias_of(layer_sizes: list[int], layered: bool, k: int) -> int:
    """The bias neuron that layer k uses."""
    return sum(layer_sizes[:k] if layered else layer_sizes[:1]) - 1
