"""The rows of a `training_data`, as a network's methods take them: checked for what an engine cannot use."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..errors import InputError
from .arguments import ArgumentTypeError, finite

_EMPTY = "libfann.training_data()"


class Rows:
    """What holds training data: inputs X (n, n_in) and outputs Y (n, n_out), float64; None while it is empty."""

    _X: np.ndarray | None = None
    _Y: np.ndarray | None = None
    _finite: tuple[np.ndarray, np.ndarray] | None = None  # the arrays that were found to hold neither NaN nor infinity


def holder(data: Any) -> Rows:
    """`data`, if it is a `training_data`."""
    if data is None:
        raise InputError("data = None", "a training_data", _EMPTY)
    if not isinstance(data, Rows):
        example = f"libfann.training_data({os.fspath(data)!r})" if isinstance(data, str | os.PathLike) else _EMPTY
        raise ArgumentTypeError(f"data is of type {type(data).__name__}", "a training_data", example)
    return data


def rows_of(data: Any, exact: bool, least: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and outputs of a `training_data` that was filled, with at least so many rows; if `exact`, all finite."""
    found = holder(data)
    if found._X is None or found._Y is None:
        raise InputError("the training data is empty", "rows", 'data.read_train_from_file("and.data")')
    if len(found._X) < least:
        raise InputError("the training data has no rows", "at least one row", "")
    X, Y = found._X, found._Y
    if exact and (found._finite is None or found._finite[0] is not X or found._finite[1] is not Y):
        found._finite = finite(X, "input"), finite(Y, "output")
    return X, Y
