"""Creating a network, and what it says of its shape and its weights."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ...errors import InputError, Notice
from ...io.fann.structure import Structure
from .. import build
from ..arguments import ArgumentTypeError, count, is_sequence, numbers, real, real32, sequence
from ..rules import first_step
from ..training_rows import rows_of
from ..wiring import used_sources
from .base import Base

_STANDARD = "nn.create_standard_array((2, 4, 1))"
_SPARSE = "nn.create_sparse_array(0.5, (2, 4, 1))"
_SHORTCUT = "nn.create_shortcut_array((2, 1))"


class Creation(Base):
    """Creating, asking, weights."""

    def create_standard_array(self, layers: Any, *more: Any) -> bool:
        """A net in which each layer sees the one before it, and a bias. `layers`: the sizes, biases not counted.

        True; FANN answers False for fewer than two layers, here that is an error, as are empty and negative layers.
        """
        self._set_net(build.standard(_layers((layers, *more), _STANDARD), self._rand))
        return True

    def create_sparse_array(self, connection_rate: float, layers: Any, *more: Any) -> bool:
        """A net that has only part of a standard one's connections: 0.5 is half, 1 and more are all."""
        rate = real32(connection_rate, "connection_rate", exact=False)  # what is no rate is told when the net is made
        self._set_net(build.sparse(rate, _layers((layers, *more), _SPARSE), self._rand))
        return True

    def create_shortcut_array(self, layers: Any, *more: Any) -> bool:
        """A net in which each layer sees all the layers before it; what `cascadetrain_on_data` grows from."""
        self._set_net(build.shortcut(_layers((layers, *more), _SHORTCUT), self._rand))
        return True

    def create_standard(self, *num_layers: Any) -> bool:
        """`create_standard_array`; FANN's own cannot be called from Python without taking it down."""
        return self.create_standard_array(_one_sequence("create_standard", num_layers))

    def create_sparse(self, connection_rate: float, *num_layers: Any) -> bool:
        """`create_sparse_array`; FANN's own cannot be called from Python without taking it down."""
        return self.create_sparse_array(connection_rate, _one_sequence("create_sparse", num_layers, connection_rate))

    def create_shortcut(self, *num_layers: Any) -> bool:
        """`create_shortcut_array`; FANN's own cannot be called from Python without taking it down."""
        return self.create_shortcut_array(_one_sequence("create_shortcut", num_layers))

    def copy_from_struct_fann(self, other: Any) -> None:
        """Become a copy of another network."""
        if not isinstance(other, Base):
            raise ArgumentTypeError(f"other = {other!r}", "a network", "")
        self.fann_compat = other.fann_compat
        self._become(other)

    def destroy(self) -> None:
        """Empty the network."""
        self._set_net(None)

    # --- its shape ------------------------------------------------------------------------------------------------

    def get_num_input(self) -> int:
        """How many inputs; 0 if empty."""
        return self._net.n_in if self._net else 0

    def get_num_output(self) -> int:
        """How many outputs; 0 if empty."""
        return self._net.n_out if self._net else 0

    def get_num_layers(self) -> int:
        """How many layers, the inputs too; 0 if empty."""
        return len(self._net.layer_sizes) if self._net else 0

    def get_total_neurons(self) -> int:
        """All neurons with their biases, but without the unused bias of a layered net's outputs; 0 if empty."""
        return self._net.n_neurons - int(self._net.layered) if self._net else 0

    def get_total_connections(self) -> int:
        """How many weights; 0 if empty."""
        return len(self._net.weights) if self._net else 0

    def get_network_type(self) -> int:
        """LAYER or SHORTCUT; 0 if empty."""
        return self._net.network_type if self._net else 0

    def get_connection_rate(self) -> float:
        """The part of the connections that a sparse net was made with, a float32; 0.0 if empty."""
        return self._net.connection_rate if self._net else 0.0

    def get_layer_array(self, layers: list[int] | None = None) -> list[int]:
        """The layers' sizes without biases. Old bindings took a list to fill: one that is given is filled too."""
        return _filled(layers, self._structure().sizes)

    def get_bias_array(self, bias: list[int] | None = None) -> list[int]:
        """Biases by layer: 1, ..., 1, 0 in a layered net; 1, 0, ..., 0 in a shortcut net."""
        net = self._structure()
        biases = net.biases
        biases[-1] = 0
        return _filled(bias, biases)

    # --- its weights ----------------------------------------------------------------------------------------------

    def get_connection_array(self, connections: list[Any] | None = None) -> list[tuple[int, int, float]]:
        """All connections in order, as (from_neuron, to_neuron, weight); [] if empty. Broken in FANN's own module."""
        if self._net is None:
            return _filled(connections, [])
        columns = (used_sources(self._net), self._net.targets, self._net.weights)
        return _filled(connections, list(zip(*(column.tolist() for column in columns), strict=True)))

    def set_weight_array(self, connections: Any, num_connections: int | None = None) -> None:
        """Set the weights of these (from_neuron, to_neuron, weight); a Notice if connections are not there."""
        sequence(connections, "connections", "[(0, 3, 0.5)]")
        wanted = [_connection(item, i, self._exact) for i, item in enumerate(connections)]
        if num_connections is not None:
            wanted = wanted[: count(num_connections, "num_connections")]
        if self._is_empty("set_weight_array"):
            return
        self._set_weights(self._structure(), wanted)

    def set_weight(self, from_neuron: int, to_neuron: int, weight: float) -> None:
        """Set one weight; a Notice, and no change, if there is no such connection."""
        wanted = count(from_neuron, "from_neuron"), count(to_neuron, "to_neuron")
        value = real(weight, "weight", self._exact)
        if not self._is_empty("set_weight"):
            self._set_weights(self._structure(), [(*wanted, value)])

    def _set_weights(self, net: Structure, wanted: list[tuple[int, int, float]]) -> None:
        if self._places is None:
            self._places = _places(net)
        keys, order = self._places
        n, absent = net.n_neurons, []
        for source, target, weight in wanted:
            key = target * n + source if source < n and target < n else -1
            at = int(keys.searchsorted(key))
            if at < len(keys) and keys[at] == key:
                net.weights[order[at]] = weight
            else:
                absent.append((source, target))
        if absent and self._exact:
            warnings.warn(Notice(_absent(absent)), stacklevel=3)

    def randomize_weights(self, min_weight: float, max_weight: float) -> None:
        """Draw all weights anew, uniformly between these; what RPROP, Quickprop and SARPROP remember is forgotten."""
        low, high = real32(min_weight, "min_weight", self._exact), real32(max_weight, "max_weight", self._exact)
        if self._is_empty("randomize_weights"):
            return
        build.randomize_weights(self._structure(), low, high, self._rand)
        self._memory.restart_steps(first_step(self._structure().settings))

    def init_weights(self, data: Any) -> None:
        """Draw all weights anew in the manner of Nguyen and Widrow, to suit the range of the data's inputs."""
        X, _ = rows_of(data, self._exact)
        build.init_weights(self._structure(), X, self._rand, self._exact)
        self._memory.restart_steps(first_step(self._structure().settings))


def _places(net: Structure) -> tuple[np.ndarray, np.ndarray]:
    """Target and source of every connection as one number, in rising order, and which connection each is."""
    keys = net.targets * net.n_neurons + used_sources(net)
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _absent(connections: list[tuple[int, int]]) -> str:
    """What is said of weights that no connection has; FANN says nothing."""
    first = "there is no connection from neuron {} to neuron {}".format(*connections[0])
    more = f", nor {len(connections) - 1} more" if len(connections) > 1 else ""
    return f"{first}{more}: nothing was set. get_connection_array() lists all"


def _filled(given: list[Any] | None, values: list[Any]) -> list[Any]:
    if given is None:
        return values
    if not isinstance(given, list):
        raise ArgumentTypeError(f"{given!r} to be filled", "nothing, or a list", "sizes = nn.get_layer_array()")
    given[:] = values
    return values


def _layers(given: tuple[Any, ...], example: str) -> list[float]:
    """The sizes from (sizes,), or as C's arrays come, (count, sizes)."""
    if len(given) == 2 and is_sequence(given[1]) and not is_sequence(given[0]):
        sizes = numbers(given[1], "layers", example).tolist()
        if count(given[0], "num_layers") != len(sizes):
            raise InputError(f"num_layers = {given[0]} and {len(sizes)} sizes", "the same count", example)
        return sizes
    if len(given) > 1:
        raise ArgumentTypeError(f"layers = {given!r}", "the sizes as one list or tuple", example)
    return numbers(given[0], "layers", example).tolist()


def _one_sequence(call: str, given: tuple[Any, ...], *rates: Any) -> Any:
    """The sizes in one sequence. C's list of arguments is not guessed at: (2, 4, 1) may mean 2-4-1, or 2 layers 4-1."""
    if len(given) == 1 and is_sequence(given[0]):
        return given[0]
    rate, wanted = "0.5, " if rates else "", "the sizes as one list or tuple"
    written = f"{call}({', '.join(map(repr, (*rates, *given)))})"
    if len(given) > 1 and all(isinstance(item, int) for item in given):
        sizes, rest = "-".join(map(str, given)), "-".join(map(str, given[1:]))
        example = f"nn.{call}_array({rate}{given}) or nn.{call}_array({rate}{given[1:]})"
        may = f"{written} may mean a {sizes} net or, as in C, {given[0]} layers {rest}"
        raise ArgumentTypeError(may, wanted, example)
    raise ArgumentTypeError(written, wanted, f"nn.{call}_array({rate}(2, 4, 1))")


def _connection(item: Any, i: int, exact: bool) -> tuple[int, int, float]:
    if not is_sequence(item) or len(item) != 3:
        raise InputError(f"connections[{i}] = {item!r}", "(from_neuron, to_neuron, weight)", "(0, 3, 0.5)")
    try:
        return count(item[0], "from_neuron"), count(item[1], "to_neuron"), real(item[2], "weight", exact)
    except InputError as error:
        raise InputError(f"connections[{i}]: {error.given}", error.expected, "(0, 3, 0.5)") from error
