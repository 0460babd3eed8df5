"""`training_data`: the rows that a network learns from."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import FileFormatError, InputError
from ..io.fann import data_file, fixed
from ..io.fann.faults import counted
from . import scaling
from .arguments import ArgumentTypeError, OutOfRangeError, count, file_name, matrix, real, speak_as, vector, whole
from .messages import CANNOT_READ, CANNOT_WRITE_DATA, MISMATCH, LastError
from .randomness import Rand
from .switch import Switched
from .training_rows import Rows, holder, rows_of


class training_data_parent(Rows, Switched):  # noqa: N801 (FANN's name)
    """Rows of inputs and outputs, empty until they are set or read."""

    thisown = True  # FANN's module says of each object that Python owns it

    def __init__(self, source: Any = None, *, seed: int | None = None, fann_compat: bool | None = None) -> None:
        """Empty; or the rows of a `.data` file; or a copy of other training data. `seed` is for shuffling."""
        self._switch(fann_compat, source)
        self._rand = Rand(None if seed is None else whole(seed, "seed"))
        if isinstance(source, str | os.PathLike):
            self._set(*data_file.read(file_name(source, "filename")))
        elif isinstance(source, Rows):
            self._X, self._Y = (None if part is None else part.copy() for part in (source._X, source._Y))
        elif source is not None:
            raise ArgumentTypeError(f"training_data({source!r})", "nothing, a .data file or training data", "")

    def seed(self, n: int) -> None:
        """Begin the random numbers of `srand(n)`, which `shuffle_train_data` draws from."""
        self._rand.reseed(whole(n, "n"))

    def _set(self, X: np.ndarray, Y: np.ndarray) -> None:
        self._X, self._Y = np.ascontiguousarray(X), np.ascontiguousarray(Y)

    def __repr__(self) -> str:
        name = f"pellucid.fann.libfann.{type(self).__name__}"
        if self._X is None:
            return f"<{name}: empty>"
        sizes = (self.length_train_data(), self.num_input_train_data(), self.num_output_train_data())
        return f"<{name}: {', '.join(map(counted, sizes, ('row', 'input', 'output')))}>"

    # --- files ----------------------------------------------------------------------------------------------------

    def read_train_from_file(self, filename: Any) -> bool:
        """Read a `.data` file. False, and no change, where it cannot be opened.

        A file that is there but holds no training data raises FileFormatError, which says the line. Either way the rows
        stay; with fann_compat they are gone then, as in FANN.
        """
        path = file_name(filename, "filename")
        try:
            self._set(*data_file.read(path))
        except FileFormatError as error:
            if self.fann_compat:
                self.destroy_train()
            if not isinstance(error.__cause__, OSError):
                raise
            LastError().tell(CANNOT_READ, path)
            return False
        return True

    def save_train(self, filename: Any) -> bool:
        """Write a `.data` file, which FANN reads too. False where it cannot be written.

        Empty data are an error; with fann_compat False, as in FANN.
        """
        path = file_name(filename, "filename")
        return self._written(path, lambda X, Y: data_file.write(path, X, Y, compat=self.fann_compat))

    def save_train_to_fixed(self, filename: Any, decimal_point: int) -> bool:
        """Write the numbers times 2^decimal_point as whole numbers, cut toward zero."""
        path, point = file_name(filename, "filename"), count(decimal_point, "decimal_point")
        return self._written(path, lambda X, Y: fixed.save_rows(path, X, Y, point))

    def _written(self, path: str, write: Callable[[np.ndarray, np.ndarray], object]) -> bool:
        if self._X is None and self.fann_compat:
            return False
        X, Y = rows_of(self, exact=False, least=0)
        try:
            write(X, Y)
        except InputError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            LastError().tell(CANNOT_WRITE_DATA, path)
            return False
        return True

    # --- rows -----------------------------------------------------------------------------------------------------

    def set_train_data(self, input: Any, output: Any, *more: Any) -> None:
        """Set all rows: a list of rows of inputs, and one of rows of outputs, of the same length."""
        if more:
            given = (input, output, *more)
            if len(given) != 5:
                raise ArgumentTypeError(f"set_train_data with {len(given)} arguments", "two: inputs and outputs", "")
            input, output = given[2], given[4]  # C's form: num_data, num_input, input, num_output, output
        X, Y = matrix(input, "input"), matrix(output, "output")
        if len(X) != len(Y):
            sizes = f"{counted(len(X), 'row')} of inputs and {len(Y)} of outputs"
            raise InputError(sizes, "the same number of both", f"output[:{len(X)}]")
        self._set(X, Y)

    def create_train_from_callback(self, num_data: int, num_input: int, num_output: int, user_function: Any) -> None:
        """Make rows by `user_function(number, num_input, num_output, input, output)`, as in C: it fills two arrays.

        Or it returns the pair (inputs, outputs). FANN's module takes no Python function.
        """
        rows, n_in, n_out = count(num_data, "num_data"), count(num_input, "num_input"), count(num_output, "num_output")
        if not callable(user_function):
            example = "lambda i, num_input, num_output, input, output: ([i], [i * i])"
            raise InputError(f"user_function = {user_function!r}", "a function", example)
        X, Y = np.zeros((rows, n_in)), np.zeros((rows, n_out))
        for i in range(rows):
            made = user_function(i, n_in, n_out, X[i], Y[i])
            if isinstance(made, tuple) and len(made) == 2:
                X[i] = vector(made[0], "inputs", n_in, "num_input says so")
                Y[i] = vector(made[1], "outputs", n_out, "num_output says so")
        self._set(X.copy(), Y.copy())  # the function may have kept what it filled

    def get_input(self) -> list[list[float]]:
        """The inputs, a new list of rows; [] if empty."""
        return [] if self._X is None else self._X.tolist()

    def get_output(self) -> list[list[float]]:
        """The outputs, a new list of rows; [] if empty."""
        return [] if self._Y is None else self._Y.tolist()

    def length_train_data(self) -> int:
        """How many rows; 0 if empty."""
        return 0 if self._X is None else len(self._X)

    def num_input_train_data(self) -> int:
        """How many inputs a row; 0 if empty."""
        return 0 if self._X is None else self._X.shape[1]

    def num_output_train_data(self) -> int:
        """How many outputs a row; 0 if empty."""
        return 0 if self._Y is None else self._Y.shape[1]

    def merge_train_data(self, data: Any) -> None:
        """Append the rows of other training data; FANN's error 14, and no change, where its columns are others."""
        other = holder(data)
        if self._X is None or self._Y is None or other._X is None or other._Y is None:
            raise InputError("training data that is empty", "rows on both sides", "training_data(other) copies them")
        if self._X.shape[1] != other._X.shape[1] or self._Y.shape[1] != other._Y.shape[1]:
            LastError().tell(MISMATCH)
            return
        self._set(np.concatenate((self._X, other._X)), np.concatenate((self._Y, other._Y)))

    def subset_train_data(self, pos: int, length: int) -> None:
        """Keep `length` rows from row `pos` on; IndexError, and no change, where they are not all there."""
        first, rows, there = count(pos, "pos"), count(length, "length"), self.length_train_data()
        if first + rows > there:
            raise OutOfRangeError(f"rows {first} to {first + rows} of {there}", f"pos + length <= {there}", "")
        if self._X is not None and self._Y is not None:
            self._set(self._X[first : first + rows].copy(), self._Y[first : first + rows].copy())

    def shuffle_train_data(self) -> None:
        """Swap row after row with a random one, as FANN does."""
        order = np.arange(self.length_train_data())
        for i, j in enumerate((self._rand.take(len(order)) % max(len(order), 1)).tolist()):
            order[i], order[j] = order[j], order[i]
        if self._X is not None and self._Y is not None:
            self._set(self._X[order], self._Y[order])

    def destroy_train(self) -> None:
        """Empty the data."""
        self._X = self._Y = None

    # --- scaling --------------------------------------------------------------------------------------------------

    def scale_train_data(self, new_min: float, new_max: float) -> None:
        """Scale all inputs by one least and one largest value to a range, all outputs likewise."""
        self._scale(new_min, new_max, inputs=True, outputs=True)

    def scale_input_train_data(self, new_min: float, new_max: float) -> None:
        """Scale all inputs by one least and one largest value to a range."""
        self._scale(new_min, new_max, inputs=True)

    def scale_output_train_data(self, new_min: float, new_max: float) -> None:
        """Scale all outputs by one least and one largest value to a range."""
        self._scale(new_min, new_max, outputs=True)

    def _scale(self, new_min: Any, new_max: Any, inputs: bool = False, outputs: bool = False) -> None:
        low, high = real(new_min, "new_min", self._exact), real(new_max, "new_max", self._exact)
        X, Y = rows_of(self, self._exact)
        self._set(
            scaling.scaled_to_range(X, low, high, self._exact) if inputs else X,
            scaling.scaled_to_range(Y, low, high, self._exact) if outputs else Y,
        )


class training_data(training_data_parent):  # noqa: N801 (FANN's name)
    """Rows of inputs and outputs, as FANN's Python module has them.

    >>> data = training_data()
    >>> data.set_train_data([[-1, 1], [1, 1]], [[-1], [1]])
    >>> data
    <pellucid.fann.libfann.training_data: 2 rows, 2 inputs, 1 output>
    """


speak_as(training_data, training_data.__name__)


def from_file(filename: Any) -> training_data:
    """The rows of a `.data` file; FileNotFoundError where there is none."""
    return training_data(file_name(filename, "filename"))
