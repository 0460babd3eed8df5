"""A network's parameters: named arrays that can be read, set and edited in place.

>>> import numpy as np
>>> p = Parameters(["dense_1"], [{"W": np.zeros((2, 1)), "b": np.zeros(1)}])
>>> p["dense_1.W"] = [[7], [3]]
>>> p["dense_1.W"][0, 0] = 8.0
>>> p
dense_1.W (2, 1), dense_1.b (1,): 3 numbers
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, unknown_name

LayerArrays = dict[str, np.ndarray]


class Parameters(MutableMapping[str, np.ndarray]):
    """A mapping from "dense_1.W" to its array; the names are fixed, and so are shapes and dtype.

    What is set is copied (C-contiguous, in the network's dtype) and must be finite and of the same shape. A number set
    where a layer's mask says that there is no weight stands there but counts as 0 everywhere, and the next training
    step makes it 0.
    `by_layer` is the same as one dict for each layer, which is what the passes take.
    """

    def __init__(self, layer_names: Sequence[str], by_layer: Sequence[LayerArrays]) -> None:
        self._layers = list(layer_names)
        self.by_layer: list[LayerArrays] = [
            {name: np.array(array, order="C") for name, array in arrays.items()} for arrays in by_layer
        ]

    def replace(self, by_layer: Sequence[LayerArrays]) -> None:
        """Take over arrays that an engine computed, without a copy; they must be of the right shapes."""
        self.by_layer = [dict(arrays) for arrays in by_layer]

    def copy(self) -> Parameters:
        """The same names over copies of the arrays."""
        return Parameters(self._layers, self.by_layer)

    def _place(self, key: object) -> tuple[LayerArrays, str]:
        layer, _, name = str(key).rpartition(".")
        if layer in self._layers:
            arrays = self.by_layer[self._layers.index(layer)]
            if name in arrays:
                return arrays, name
        raise unknown_name("parameter", key, list(self))

    def __getitem__(self, key: str) -> np.ndarray:
        arrays, name = self._place(key)
        return arrays[name]

    def __setitem__(self, key: str, value: Any) -> None:
        arrays, name = self._place(key)
        old = arrays[name]
        try:
            with np.errstate(over="ignore"):  # what float32 cannot hold becomes inf, and is refused below
                new = np.array(value, dtype=old.dtype, order="C")
        except (TypeError, ValueError):
            raise InputError(f"{key} was set to {value!r}", f"numbers in the shape {old.shape}") from None
        if new.shape != old.shape:
            raise InputError(f"{key} was set to an array of shape {new.shape}", f"shape {old.shape}")
        if not np.isfinite(new).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(new))[0])
            raise InputError(f"{key}{list(where)} was set to {new[where]}", "finite numbers")
        arrays[name] = new

    def __delitem__(self, key: str) -> None:
        raise InputError(f"del parameters[{key!r}]", "a network keeps them all", f"parameters[{key!r}][:] = 0")

    def __iter__(self) -> Iterator[str]:
        for layer, arrays in zip(self._layers, self.by_layer, strict=True):
            for name in arrays:
                yield f"{layer}.{name}"

    def __len__(self) -> int:
        return sum(len(arrays) for arrays in self.by_layer)

    def __contains__(self, key: object) -> bool:
        return key in list(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Parameters):
            return NotImplemented
        return list(self) == list(other) and all(
            a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(self.values(), other.values(), strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def count(self) -> int:
        """How many numbers there are in all."""
        return sum(array.size for array in self.values())

    def __repr__(self) -> str:
        inside = ", ".join(f"{key} {array.shape}" for key, array in self.items())
        return f"{inside or 'no parameters'}: {self.count} numbers"


def copy_arrays(tree: Any) -> Any:
    """A copy of nested lists and dicts of arrays; whatever is not an array is kept as it is."""
    if isinstance(tree, np.ndarray):
        return tree.copy()
    if isinstance(tree, dict):
        return {key: copy_arrays(value) for key, value in tree.items()}
    return [copy_arrays(value) for value in tree] if isinstance(tree, list) else tree
