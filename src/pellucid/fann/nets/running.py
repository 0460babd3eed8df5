"""Running and testing a network, and the running error."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...io.fann.faults import counted
from ...io.fann.structure import Structure
from ..arguments import ArgumentTypeError, finite, vector
from ..messages import INPUT_MISMATCH, OUTPUT_MISMATCH, mismatch
from ..training_rows import rows_of
from .base import Base

_MISSING: Any = object()


class Running(Base):
    """Answers, and how wrong they are."""

    def run(self, input: Any = _MISSING, *more: float) -> list[float]:
        """The outputs for one row of inputs, a new list. `run(1, 1)` is understood too."""
        net = self._structure()
        if input is _MISSING:
            example = f"nn.run({[1] * net.n_in})"
            raise ArgumentTypeError("run() without inputs", f"the network's {counted(net.n_in, 'input')}", example)
        outputs = self._engine.outputs(net, self._row(net, (input, *more) if more else input))
        self._quicken("run", Running.run)
        return outputs[0].tolist()

    def test(self, input: Any, desired_output: Any) -> list[float]:
        """The outputs for one row; their errors are added to `get_MSE` and `get_bit_fail`. No weight changes."""
        net = self._structure()
        X, Y = self._row(net, input), self._wanted(net, desired_output)
        outputs = self._engine.test(net, self._memory, X, Y)
        self._quicken("test", Running.test, self._memory)
        return outputs[0].tolist()

    def test_data(self, data: Any) -> float:
        """The mean squared error over all rows; the running error is begun anew."""
        net = self._structure()
        X, Y = self._rows(data)
        self.reset_MSE()
        self._engine.test(net, self._memory, X, Y)
        return self.get_MSE()

    def get_MSE(self) -> float:
        """Mean squared error of what was trained or tested since the last reset: over outputs, a float32."""
        return self._memory.errors.mse

    def get_bit_fail(self) -> int:
        """How many outputs were wrong by `bit_fail_limit` or more since the last reset."""
        return self._memory.errors.bit_fails

    def reset_MSE(self) -> None:
        """Begin the running error and the bit fails anew."""
        self._memory.errors.square_sum, self._memory.errors.count, self._memory.errors.bit_fails = 0.0, 0, 0

    def _rows(self, data: Any) -> tuple[np.ndarray, np.ndarray]:
        """The data's rows, as wide as the net; FANN tells of a mismatch and goes on as if all were solved."""
        net = self._structure()
        X, Y = rows_of(data, self._exact)
        if X.shape[1] != net.n_in:
            raise mismatch(self._error, INPUT_MISMATCH, net.n_in, X.shape[1])
        if Y.shape[1] != net.n_out:
            raise mismatch(self._error, OUTPUT_MISMATCH, net.n_out, Y.shape[1])
        return X, Y

    def _row(self, net: Structure, value: Any) -> np.ndarray:
        """One row of inputs as (1, n_in)."""
        if net.n_in == 1 and isinstance(value, int | float | np.number):
            value = (value,)
        return self._one(vector(value, "input", net.n_in, f"the network has {counted(net.n_in, 'input')}"), "input")

    def _wanted(self, net: Structure, value: Any) -> np.ndarray:
        """One row of targets as (1, n_out)."""
        of = f"the network has {counted(net.n_out, 'output')}"
        return self._one(vector(value, "desired_output", net.n_out, of, "[1]"), "desired_output")

    def _one(self, row: np.ndarray, name: str) -> np.ndarray:
        return (finite(row, name) if self._exact else row).reshape(1, -1)
