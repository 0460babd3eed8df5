"""FANN's functions of a neuron, by number: y = f(z), where z is the weighted sum times the steepness s, clipped.

    z = s * sum(w x), within +-150/s;  y = f(z);  slope dy/dsum = s f'(z) = slope(z, y, s)

Constants that FANN holds as float32 are used to their full digits. `slope` is what trains by default; `fann_slope` is
what FANN trains with, which differs for some (quirk D4, see `quirks.py`). Both clip the sigmoids near their ends: a
saturated neuron keeps a slope of about 0.04 s (0.02 s for the unsymmetric ones), so that it can still learn. The
stepwise functions are straight lines along a sigmoid and train with the slope of that sigmoid.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError, unknown_name

Forward = Callable[[Any], Any]
Slope = Callable[[Any, Any, Any], Any]

LINEAR = 0
THRESHOLD = 1
SIGMOID_STEPWISE = 4
CLIP = 150.0  # |z| is at most this, over the steepness


class Functions(NamedTuple):
    """Whose exp, log, sin and cos: NumPy's, which are fast, or the C library's, as FANN's. They differ in a bit."""

    exp: Forward
    log: Forward
    sin: Forward
    cos: Forward


def _of_c(function: Callable[[float], float], beyond: float) -> Forward:
    """A function of Python's `math` for arrays; `beyond` where it overflows, NaN outside of its domain."""

    def one(z: float) -> float:
        try:
            return function(z)
        except OverflowError:
            return beyond
        except ValueError:
            return math.nan

    every = np.frompyfunc(one, 1, 1)
    return lambda z: np.asarray(every(z), np.float64)


NUMPY = Functions(np.exp, np.log, np.sin, np.cos)
LIBM = Functions(_of_c(math.exp, math.inf), _of_c(math.log, math.inf), _of_c(math.sin, 0.0), _of_c(math.cos, 0.0))


class Activation(NamedTuple):
    """One function: FANN's number and name, whether errors at it are halved, its value and its slopes."""

    number: int
    name: str
    symmetric: bool
    forward: Forward
    slope: Slope
    fann_slope: Slope


def clipped(sums: np.ndarray, steepness: np.ndarray | float) -> np.ndarray:
    """z of the weighted sums: times the steepness, within +-150/steepness (not +-150, as FANN has it).

    A steepness of 0 has no limit; a negative one has its limits the wrong way round, and then all z saturate.

    >>> clipped(np.array([1000.0]), 0.5)
    array([300.])
    """
    s = np.asarray(steepness, np.float64)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        z, limit = sums * s, CLIP / s
        if np.all(s > 0.0):
            return np.clip(z, -limit, limit)
        return np.where(z > limit, limit, np.where(z < -limit, -limit, z))


# The six points of each stepwise sigmoid.
_OUTER, _MIDDLE, _INNER = 2.64665293693542480469, 1.47221934795379638672, 0.549306154251098632812
SYMMETRIC_POINTS = (-_OUTER, -_MIDDLE, -_INNER, _INNER, _MIDDLE, _OUTER)
_FAR, _NEAR = 0.990000009536743164062, 0.899999976158142089844
SYMMETRIC_VALUES = (-_FAR, -_NEAR, -0.5, 0.5, _NEAR, _FAR)
STEP_POINTS = (-2.64665246009826660156, -1.47221946716308593750, -_INNER, _INNER, _MIDDLE, _OUTER)
_LEAST, _LITTLE, _MUCH, _MOST = (float(np.float32(value)) for value in (0.005, 0.05, 0.95, 0.995))
STEP_VALUES = (_LEAST, _LITTLE, 0.25, 0.75, _MUCH, _MOST)

# Outputs are held within these where a sigmoid's slope is taken: float32 0.01, 0.99 and 0.98.
_LOW, _HIGH, _SYMMETRIC_HIGH = (float(np.float32(value)) for value in (0.01, 0.99, 0.98))


def _stepwise(points: tuple[float, ...], values: tuple[float, ...], lowest: float) -> Forward:
    """Straight lines through the points; `lowest` below the first, 1 at and above the last."""
    v, r = np.array(points), np.array(values)

    def forward(z: Any) -> Any:
        line = np.clip(np.searchsorted(v, z, side="right") - 1, 0, len(points) - 2)
        rise = (r[line + 1] - r[line]) * (z - v[line]) / (v[line + 1] - v[line]) + r[line]
        return np.where(z < v[0], lowest, np.where(z >= v[-1], 1.0, rise))

    return forward


def _sigmoid_slope(z: Any, y: Any, s: Any) -> Any:
    c = np.clip(y, _LOW, _HIGH)
    return 2.0 * s * c * (1.0 - c)


def _tanh_slope(z: Any, y: Any, s: Any) -> Any:
    c = np.clip(y, -_SYMMETRIC_HIGH, _SYMMETRIC_HIGH)
    return s * (1.0 - c * c)


def _ones(z: Any, y: Any, s: Any) -> Any:
    return s + np.zeros_like(y)


def _zeros(z: Any, y: Any, s: Any) -> Any:
    return np.zeros_like(y)


def _elliot_slope(z: Any, y: Any, s: Any) -> Any:
    return s / (2.0 * (1.0 + np.abs(z)) * (1.0 + np.abs(z)))


def _ramp_slope(low: float) -> Slope:
    """s between `low` and 1, and 0 outside and at its ends."""
    return lambda z, y, s: np.where((z > low) & (z < 1.0), s, 0.0)


def _same(number: int, name: str, symmetric: bool, forward: Forward, slope: Slope) -> Activation:
    return Activation(number, name, symmetric, forward, slope, slope)


_STRAIGHT = (
    _same(0, "LINEAR", False, lambda z: z + 0.0, _ones),
    _same(1, "THRESHOLD", False, lambda z: np.where(z < 0.0, 0.0, 1.0), _zeros),
    _same(2, "THRESHOLD_SYMMETRIC", True, lambda z: np.where(z < 0.0, -1.0, 1.0), _zeros),
    _same(4, "SIGMOID_STEPWISE", False, _stepwise(STEP_POINTS, STEP_VALUES, 0.0), _sigmoid_slope),
    _same(6, "SIGMOID_SYMMETRIC_STEPWISE", True, _stepwise(SYMMETRIC_POINTS, SYMMETRIC_VALUES, -1.0), _tanh_slope),
    _same(9, "GAUSSIAN_STEPWISE", False, np.zeros_like, _zeros),
    _same(10, "ELLIOT", False, lambda z: z / 2.0 / (1.0 + np.abs(z)) + 0.5, _elliot_slope),
    _same(11, "ELLIOT_SYMMETRIC", True, lambda z: z / (1.0 + np.abs(z)), lambda z, y, s: s / (1.0 + np.abs(z)) ** 2),
    Activation(12, "LINEAR_PIECE", False, lambda z: np.clip(z, 0.0, 1.0), _ramp_slope(0.0), _ones),
    Activation(13, "LINEAR_PIECE_SYMMETRIC", True, lambda z: np.clip(z, -1.0, 1.0), _ramp_slope(-1.0), _ones),
)


def table(m: Functions) -> tuple[Activation, ...]:
    """FANN's functions in the order of their numbers, computing with the exp, sin and cos of `m`."""
    return tuple(sorted((*_STRAIGHT, *_bells(m), *_waves(m)), key=lambda record: record.number))


def _bells(m: Functions) -> tuple[Activation, ...]:
    """The functions made of exp: sigmoids and Gaussians."""

    def sigmoid(z: Any) -> Any:
        with np.errstate(over="ignore"):  # e^1000 is infinite, and 1/(1 + that) is 0, as it should be
            return 1.0 / (1.0 + m.exp(-2.0 * z))

    def tanh(z: Any) -> Any:
        with np.errstate(over="ignore"):
            return 2.0 / (1.0 + m.exp(-2.0 * z)) - 1.0

    def gaussian(z: Any) -> Any:
        with np.errstate(under="ignore"):
            return m.exp(-z * z)

    def bell(z: Any, y: Any, s: Any) -> Any:
        return -2.0 * z * y * s

    def symmetric_bell(z: Any, y: Any, s: Any) -> Any:
        return -2.0 * z * (y + 1.0) * s

    return (
        _same(3, "SIGMOID", False, sigmoid, _sigmoid_slope),
        _same(5, "SIGMOID_SYMMETRIC", True, tanh, _tanh_slope),
        Activation(7, "GAUSSIAN", False, gaussian, bell, lambda z, y, s: bell(z, y, s) * s),
        Activation(
            8,
            "GAUSSIAN_SYMMETRIC",
            True,
            lambda z: 2.0 * gaussian(z) - 1.0,
            symmetric_bell,
            lambda z, y, s: symmetric_bell(z, y, s) * s,
        ),
    )


def _waves(m: Functions) -> tuple[Activation, ...]:
    """Sine and cosine. FANN's slopes take the steepness twice: z holds it already."""

    def rise(z: Any, y: Any, s: Any) -> Any:
        return s * m.cos(z)

    def fall(z: Any, y: Any, s: Any) -> Any:
        return -s * m.sin(z)

    def half(slope: Slope) -> Slope:
        return lambda z, y, s: slope(z, y, s) / 2.0

    def twice(slope: Slope) -> Slope:
        return lambda z, y, s: slope(s * z, y, s)

    return (
        Activation(14, "SIN_SYMMETRIC", True, m.sin, rise, twice(rise)),
        Activation(15, "COS_SYMMETRIC", True, m.cos, fall, twice(fall)),
        Activation(16, "SIN", False, lambda z: m.sin(z) / 2.0 + 0.5, half(rise), half(twice(rise))),
        Activation(17, "COS", False, lambda z: m.cos(z) / 2.0 + 0.5, half(fall), half(twice(fall))),
    )


ACTIVATIONS = table(NUMPY)

SYMMETRIC = frozenset(record.number for record in ACTIVATIONS if record.symmetric)


def by_number(number: int) -> Activation:
    """The function of this number.

    >>> by_number(5).name
    'SIGMOID_SYMMETRIC'
    """
    if not 0 <= number < len(ACTIVATIONS):
        known = ", ".join(f"{record.number} {record.name}" for record in ACTIVATIONS)
        raise InputError(f"there is no activation function {number}", f"one of {known}", "libfann.SIGMOID_SYMMETRIC")
    return ACTIVATIONS[number]


def by_name(name: str) -> Activation:
    """The function of FANN's name, with or without its prefix FANN_.

    >>> by_name("FANN_ELLIOT").number
    10
    """
    short = name.upper().removeprefix("FANN_")
    for record in ACTIVATIONS:
        if record.name == short:
            return record
    raise unknown_name("activation function of FANN's", name, [record.name for record in ACTIVATIONS])
