"""What a FANN network is, as plain data: what its files hold, its bindings change and its engines compute with.

Neurons are numbered from 0 in FANN's order: layer after layer, the bias last in its layer. Connections are grouped by
the neuron they lead to; `sources` says where each comes from. A layered net has a bias neuron in every layer (the one
of the output layer is never used), a shortcut net a single one in the input layer.

Every array is one entry a neuron or one a connection. Numbers that FANN keeps as float32 are Python floats that were
rounded to float32.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

LAYER, SHORTCUT = 0, 1

INCREMENTAL, BATCH, RPROP, QUICKPROP, SARPROP = range(5)
ALGORITHMS = ("INCREMENTAL", "BATCH", "RPROP", "QUICKPROP", "SARPROP")
ERROR_LINEAR, ERROR_TANH = range(2)
STOP_MSE, STOP_BIT = range(2)

# The cascade's candidates by default: functions by number, see `activations.py`.
CANDIDATE_FUNCTIONS = (3, 5, 7, 8, 10, 11, 14, 15, 16, 17)
CANDIDATE_STEEPNESSES = (0.25, 0.5, 0.75, 1.0)


def float32(value: float) -> float:
    """`value` as FANN's C `float` holds it.

    >>> float32(0.1)
    0.10000000149011612
    """
    return float(np.float32(value))


def full_sources(network_type: int, layer_sizes: list[int], n_inputs: np.ndarray) -> np.ndarray:
    """Where the connections of a full net come from, int64: for each neuron the first `n_inputs` it may see.

    These are the neurons of the layer before (a layered net) or of all layers before (a shortcut net), in order.

    >>> full_sources(LAYER, [3, 2], np.array([0, 0, 0, 3, 0]))
    array([0, 1, 2])
    """
    starts = np.concatenate(([0], np.cumsum(layer_sizes)))
    layer = np.repeat(np.arange(len(layer_sizes)), layer_sizes)
    first = starts[np.maximum(layer - 1, 0)] if network_type == LAYER else np.zeros_like(layer)
    ends = np.cumsum(n_inputs)
    within = np.arange(n_inputs.sum()) - np.repeat(ends - n_inputs, n_inputs)
    return np.repeat(first, n_inputs) + within


@dataclass
class Settings:
    """How a net is trained: the header of a `.net` file, and SARPROP's four numbers, which no file of FANN's holds."""

    learning_rate: float = float32(0.7)
    learning_momentum: float = 0.0
    training_algorithm: int = RPROP
    train_error_function: int = ERROR_TANH
    train_stop_function: int = STOP_MSE
    bit_fail_limit: float = 0.35  # kept as a double, like steepnesses and the cascade's limit and multiplier
    quickprop_decay: float = float32(-0.0001)
    quickprop_mu: float = float32(1.75)
    rprop_increase_factor: float = float32(1.2)
    rprop_decrease_factor: float = float32(0.5)
    rprop_delta_min: float = 0.0
    rprop_delta_max: float = 50.0
    rprop_delta_zero: float = float32(0.1)
    sarprop_weight_decay_shift: float = float32(-6.644)
    sarprop_step_error_threshold_factor: float = float32(0.1)
    sarprop_step_error_shift: float = float32(1.385)
    sarprop_temperature: float = float32(0.015)
    cascade_output_change_fraction: float = float32(0.01)
    cascade_output_stagnation_epochs: int = 12
    cascade_candidate_change_fraction: float = float32(0.01)
    cascade_candidate_stagnation_epochs: int = 12
    cascade_max_out_epochs: int = 150
    cascade_min_out_epochs: int = 50
    cascade_max_cand_epochs: int = 150
    cascade_min_cand_epochs: int = 50
    cascade_num_candidate_groups: int = 2
    cascade_candidate_limit: float = 1000.0
    cascade_weight_multiplier: float = 0.4
    cascade_activation_functions: tuple[int, ...] = CANDIDATE_FUNCTIONS
    cascade_activation_steepnesses: tuple[float, ...] = CANDIDATE_STEEPNESSES


@dataclass
class Scaling:
    """How columns are scaled, each array one float32 a column: x -> ((x - mean)/deviation + 1) * factor + new_min."""

    mean_in: np.ndarray
    deviation_in: np.ndarray
    new_min_in: np.ndarray
    factor_in: np.ndarray
    mean_out: np.ndarray
    deviation_out: np.ndarray
    new_min_out: np.ndarray
    factor_out: np.ndarray


@dataclass
class Structure:
    """One net.

    `layer_sizes` counts neurons as a `.net` file does, biases included: every layer's of a layered net, the first
    layer's of a shortcut net. `n_inputs[j]` connections lead to neuron j. `kept` holds texts of a file that was read,
    by key, so that what was not changed is written with the same digits (see `net_file.py`).
    """

    network_type: int
    connection_rate: float
    layer_sizes: list[int]
    n_inputs: np.ndarray  # int64, one a neuron
    activation: np.ndarray  # int64, one a neuron: FANN's number of its function
    steepness: np.ndarray  # float64, one a neuron
    sources: np.ndarray  # int64, one a connection
    weights: np.ndarray  # float64, one a connection
    settings: Settings = field(default_factory=Settings)
    scaling: Scaling | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def n_neurons(self) -> int:
        """All neurons, with every bias; the unused one of a layered net's output layer too."""
        return sum(self.layer_sizes)

    @property
    def layered(self) -> bool:
        """Whether each layer has a bias and sees only the layer before it."""
        return self.network_type == LAYER

    @property
    def sizes(self) -> list[int]:
        """Neurons of each layer without the biases."""
        return [size - self.biases[k] for k, size in enumerate(self.layer_sizes)]

    @property
    def biases(self) -> list[int]:
        """Bias neurons of each layer, as they lie in `layer_sizes` (the unused one of the output layer counts)."""
        rest = len(self.layer_sizes) - 1
        return [1] + [int(self.layered)] * rest

    @property
    def starts(self) -> list[int]:
        """The first neuron of each layer, and one past the last."""
        places = [0]
        for size in self.layer_sizes:
            places.append(places[-1] + size)
        return places

    @property
    def n_in(self) -> int:
        """Input columns."""
        return self.layer_sizes[0] - 1

    @property
    def n_out(self) -> int:
        """Output columns."""
        return self.layer_sizes[-1] - int(self.layered)

    @property
    def outputs(self) -> range:
        """The neurons whose values are the answer."""
        first = self.starts[-2]
        return range(first, first + self.n_out)

    @property
    def first_connection(self) -> np.ndarray:
        """Where each neuron's connections begin, and one past the last: int64, neurons + 1."""
        return np.concatenate(([0], np.cumsum(self.n_inputs)))

    @property
    def targets(self) -> np.ndarray:
        """The neuron to which each connection leads."""
        return np.repeat(np.arange(self.n_neurons), self.n_inputs)

    @property
    def sparse(self) -> bool:
        """Whether it was made with a connection rate below 1, so that `sources` are what counts, not their order."""
        return self.connection_rate < 1.0

    def copy(self) -> Structure:
        """The same net in arrays of its own."""
        names = ("n_inputs", "activation", "steepness", "sources", "weights")
        arrays = {name: getattr(self, name).copy() for name in names}
        scaling = None if self.scaling is None else Scaling(**{k: v.copy() for k, v in vars(self.scaling).items()})
        return replace(
            self,
            **arrays,
            layer_sizes=list(self.layer_sizes),
            settings=replace(self.settings),
            scaling=scaling,
            kept=dict(self.kept),
        )
