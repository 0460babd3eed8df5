"""Scaling data column by column to what suits a network, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import InputError
from ...io.fann.faults import counted
from ...io.fann.structure import Scaling as Parameters
from .. import scaling
from ..arguments import finite, numbers, real32
from ..messages import INPUT_MISMATCH, MISMATCH, NO_SCALING, OUTPUT_MISMATCH, mismatch
from ..training_rows import holder, rows_of
from .base import Base

Change = Callable[[Parameters, np.ndarray, bool], np.ndarray]


class Scaling(Base):
    """Parameters by column: one standard deviation to either side of the mean fills the wanted range.

    `run` never scales: `scale_input` before it and `descale_output` after it do.
    """

    def set_scaling_params(
        self, data: Any, new_input_min: float, new_input_max: float, new_output_min: float, new_output_max: float
    ) -> bool:
        """Take the parameters of inputs and outputs from the data; False (errno 14) where its columns are others."""
        inputs = self._range(new_input_min, new_input_max, "input")
        return self._take(data, inputs, self._range(new_output_min, new_output_max, "output"))

    def set_input_scaling_params(self, data: Any, new_input_min: float, new_input_max: float) -> bool:
        """Take the parameters of the inputs from the data; False (errno 14) where its columns are others."""
        return self._take(data, self._range(new_input_min, new_input_max, "input"), None)

    def set_output_scaling_params(self, data: Any, new_output_min: float, new_output_max: float) -> bool:
        """Take the parameters of the outputs from the data; False (errno 14) where its columns are others."""
        return self._take(data, None, self._range(new_output_min, new_output_max, "output"))

    def clear_scaling_params(self) -> bool:
        """Parameters that change nothing; False if empty."""
        if self._net is None:
            return False
        self._net.scaling = scaling.unscaled(self._net.n_in, self._net.n_out)
        return True

    def scale_train(self, data: Any) -> None:
        """Scale training data, in place; errno 18 and nothing else where there are no parameters."""
        self._change_rows(data, scaling.scale_inputs, scaling.scale_outputs)

    def descale_train(self, data: Any) -> None:
        """Undo `scale_train`, in place."""
        self._change_rows(data, scaling.descale_inputs, scaling.descale_outputs)

    def scale_input(self, input_vector: Any) -> Any:
        """Scale one row of inputs: a list or an array in place; the scaled numbers are returned too."""
        return self._change(input_vector, scaling.scale_inputs, self._structure().n_in, "input_vector")

    def scale_output(self, output_vector: Any) -> Any:
        """Scale one row of outputs: a list or an array in place; the scaled numbers are returned too."""
        return self._change(output_vector, scaling.scale_outputs, self._structure().n_out, "output_vector")

    def descale_input(self, input_vector: Any) -> Any:
        """Undo `scale_input`: a list or an array in place; the numbers are returned too."""
        return self._change(input_vector, scaling.descale_inputs, self._structure().n_in, "input_vector")

    def descale_output(self, output_vector: Any) -> Any:
        """Undo `scale_output`, say of what `run` answered: a list or array in place; the numbers are returned too."""
        return self._change(output_vector, scaling.descale_outputs, self._structure().n_out, "output_vector")

    def _range(self, least: Any, largest: Any, of: str) -> tuple[float, float]:
        return real32(least, f"new_{of}_min", self._exact), real32(largest, f"new_{of}_max", self._exact)

    def _take(self, data: Any, inputs: tuple[float, float] | None, outputs: tuple[float, float] | None) -> bool:
        net = self._structure()
        X, Y = rows_of(data, self._exact, least=0)
        if X.shape[1] != net.n_in or Y.shape[1] != net.n_out:
            self._error.tell(MISMATCH)
            return False
        made = net.scaling or scaling.unscaled(net.n_in, net.n_out)
        if inputs is not None:
            made = scaling.with_inputs(made, X, *inputs, self._exact)
        if outputs is not None:
            made = scaling.with_outputs(made, Y, *outputs, self._exact)
        net.scaling = made
        return True

    def _change_rows(self, data: Any, of_inputs: Change, of_outputs: Change) -> None:
        net, found = self._structure(), holder(data)
        if net.scaling is None:
            self._error.tell(NO_SCALING)
            return
        X, Y = rows_of(data, self._exact)
        if X.shape[1] != net.n_in:
            raise mismatch(self._error, INPUT_MISMATCH, net.n_in, X.shape[1])
        if Y.shape[1] != net.n_out:
            raise mismatch(self._error, OUTPUT_MISMATCH, net.n_out, Y.shape[1])
        found._X = np.ascontiguousarray(of_inputs(net.scaling, X, self._exact))
        found._Y = np.ascontiguousarray(of_outputs(net.scaling, Y, self._exact))

    def _change(self, vector: Any, change: Change, length: int, name: str) -> Any:
        row = numbers(vector, name)
        if self._exact:
            finite(row, name)
        parameters = self._structure().scaling
        if parameters is None:
            self._error.tell(NO_SCALING)
            return None
        if len(row) != length:
            raise InputError(f"{name} has {counted(len(row), 'number')}", f"{length}, as the network has", "")
        changed = change(parameters, row, self._exact)
        if isinstance(vector, np.ndarray) and vector.dtype.kind == "f":
            vector[:] = changed
            return vector
        values = changed.tolist()
        if hasattr(vector, "__setitem__") and not isinstance(vector, bytearray | np.ndarray):
            for i, value in enumerate(values):
                vector[i] = value
        return values
