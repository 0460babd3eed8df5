"""A whole network as data: what `Network` holds and every room below it works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .history import History
from .layers import Layer, inputs, layer_names, widths
from .parameters import LayerArrays, Parameters

if TYPE_CHECKING:
    from .preprocessing import Preprocessing
    from .state import TrainingState


@dataclass
class Model:
    """Layers, parameters, preprocessing, labels and training state, side by side.

    `classes` are the labels in the order of the output columns (None: numbers). `seed` keys every random draw of
    training; `seeded` says that it drew the initial parameters too (a NumPy generator may have). `dtype_given` is False
    where a first fit on float32 data may make the network float32. `columns` are the names of the inputs where the
    training data had any. `baseline` is the mean
    of the prepared training inputs, from which explanations measure. `data` is the last fit's prepared data if it is
    small (never saved); "give me the code" writes it into its script.
    """

    n_in: int
    layers: tuple[Layer, ...]
    parameters: Parameters
    seed: int
    dtype: np.dtype[Any]
    dtype_given: bool = True
    seeded: bool = True
    columns: tuple[str, ...] | None = None
    preprocessing: Preprocessing | None = None
    classes: tuple[Any, ...] | None = None
    baseline: np.ndarray | None = None
    training: TrainingState | None = None
    history: History = field(default_factory=History)
    data: Any = None

    @property
    def names(self) -> list[str]:
        """dense_1, dropout_2, ... in order."""
        return layer_names(self.layers)

    @property
    def widths(self) -> list[int]:
        """The number of values at each place, inputs first."""
        return widths(self.n_in, self.layers)

    @property
    def inputs(self) -> list[int]:
        """The number of values that each layer takes."""
        return inputs(self.n_in, self.layers)

    @property
    def used(self) -> list[LayerArrays]:
        """The parameters as the layers use them: 0 where a mask says that there is no weight, whatever stands there."""
        return used(self.layers, self.parameters.by_layer)

    @property
    def n_out(self) -> int:
        """The number of output columns."""
        return self.widths[-1]


def used(layers: Sequence[Layer], by_layer: Sequence[LayerArrays]) -> list[LayerArrays]:
    """Parameters as the layers use them: 0 where a mask says that there is no weight."""
    return [layer.rule.constrained(np, p) for layer, p in zip(layers, by_layer, strict=True)]
