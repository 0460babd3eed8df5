"""Scaling, FANN's two kinds: a net's parameters, one set a column, and training data as a whole.

A net scales column by column: x -> ((x - mean)/deviation + 1) factor + low, with factor = (high - low)/2, so that one
standard deviation to either side fills the range [low, high]. Its parameters are float32. Training data scale by one
least and one largest value over all columns: x -> (x - least) (b - a)/(largest - least) + a, kept within [a, b].
"""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..io.fann.structure import Scaling
from .quirks import on


def unscaled(n_in: int, n_out: int) -> Scaling:
    """Parameters that change nothing: mean 0, deviation 1, low -1, factor 1."""
    return Scaling(*_identity(n_in), *_identity(n_out))


def with_inputs(scaling: Scaling, X: np.ndarray, low: float, high: float, exact: bool) -> Scaling:
    """The parameters with those of the inputs taken from X (n, n_in), for the range [low, high]."""
    return Scaling(*_parameters(X, low, high, exact), *_output_side(scaling))


def with_outputs(scaling: Scaling, Y: np.ndarray, low: float, high: float, exact: bool) -> Scaling:
    """The parameters with those of the outputs taken from Y (n, n_out), for the range [low, high]."""
    return Scaling(*_input_side(scaling), *_parameters(Y, low, high, exact))


def scale_inputs(scaling: Scaling, X: np.ndarray, exact: bool) -> np.ndarray:
    """X scaled: rows (n, n_in), or one row (n_in,)."""
    return _scaled(X, *_input_side(scaling), exact)


def scale_outputs(scaling: Scaling, Y: np.ndarray, exact: bool) -> np.ndarray:
    """Y scaled: rows (n, n_out), or one row (n_out,)."""
    return _scaled(Y, *_output_side(scaling), exact)


def descale_inputs(scaling: Scaling, X: np.ndarray, exact: bool) -> np.ndarray:
    """What `scale_inputs` was given, up to rounding."""
    return _descaled(X, *_input_side(scaling), exact)


def descale_outputs(scaling: Scaling, Y: np.ndarray, exact: bool) -> np.ndarray:
    """What `scale_outputs` was given, up to rounding."""
    return _descaled(Y, *_output_side(scaling), exact)


def scaled_to_range(X: np.ndarray, a: float, b: float, exact: bool) -> np.ndarray:
    """Training data as a whole scaled to [a, b]. `exact`: a reversed range reverses, constant data stay.

    >>> scaled_to_range(np.array([[0.0, 5.0], [10.0, 5.0]]), -1.0, 1.0, exact=True)
    array([[-1.,  0.],
           [ 1.,  0.]])
    """
    if X.size == 0:
        raise InputError(f"data of shape {X.shape}", "at least one number", "")
    least, largest = X.min(), X.max()
    if least == largest and not on("zero_deviation", exact):
        return X.copy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scaled = (X - least) * (np.float64(b - a) / (largest - least)) + a
    if on("reversed_range", exact):
        return np.where(scaled < a, a, np.where(scaled > b, b, scaled))
    return np.clip(scaled, min(a, b), max(a, b))


Side = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # mean, deviation, low, factor


def _identity(columns: int) -> Side:
    ones = np.ones(columns, np.float32)
    return 0.0 * ones, ones, -ones, ones.copy()


def _input_side(scaling: Scaling) -> Side:
    return scaling.mean_in, scaling.deviation_in, scaling.new_min_in, scaling.factor_in


def _output_side(scaling: Scaling) -> Side:
    return scaling.mean_out, scaling.deviation_out, scaling.new_min_out, scaling.factor_out


def _parameters(X: np.ndarray, low: float, high: float, exact: bool) -> Side:
    """Mean and deviation of each column, added up row after row, all in float32; a constant column has deviation 0."""
    if len(X) == 0:
        return _identity(X.shape[1])
    rows, own = np.float32(len(X)), X.astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = _running_sum(own) / rows
        deviation = np.sqrt(_running_sum((own - mean) ** 2) / rows)
    if not on("zero_deviation", exact):
        constant = (X[0] == X).all(axis=0)
        mean[constant], deviation[constant] = X[0, constant], 0.0
    lows = np.full(X.shape[1], low, np.float32)
    return mean, deviation, lows, np.full(X.shape[1], (np.float32(high) - np.float32(low)) / 2, np.float32)


def _running_sum(own: np.ndarray) -> np.ndarray:
    """Each column's sum, float32, added row after row."""
    return np.add.accumulate(own, axis=0, dtype=np.float32)[-1]


def _scaled(
    X: np.ndarray, mean: np.ndarray, deviation: np.ndarray, low: np.ndarray, factor: np.ndarray, exact: bool
) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scaled = ((X - mean) / deviation + 1.0) * factor + low
    return _where_scaled(X, scaled, deviation, exact)


def _descaled(
    X: np.ndarray, mean: np.ndarray, deviation: np.ndarray, low: np.ndarray, factor: np.ndarray, exact: bool
) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        back = ((X - low) / factor - 1.0) * deviation + mean
    return _where_scaled(X, back, deviation, exact)


def _where_scaled(X: np.ndarray, other: np.ndarray, deviation: np.ndarray, exact: bool) -> np.ndarray:
    """`other`, but X in columns without deviation (quirk D8)."""
    return other if on("zero_deviation", exact) else np.where(deviation == 0.0, X, other)
