"""Special functions over any array namespace: the error function, and exponentials that cannot overflow.

NumPy has no error function, and `exp` of a large number overflows long before a softmax or a cross-entropy
does. These are the few helpers that `activations.py` and `losses.py` share. `xp` is the array namespace.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Polynomials that this project fitted itself: interpolation in Chebyshev's points with 60 digits, then written by
# powers, highest first. Both are a large constant and a small rest, so that the rest's rounding hardly counts.
# erf(z)/z - 1 in y = z^2, for |z| <= 0.65 (error of the fit 4e-18):
ERF_NEAR = (
    1.2220982889794602e-08,
    -1.6114976987186543e-07,
    1.644812562737759e-06,
    -1.4925162650006643e-05,
    0.0001205532202098794,
    -0.0008548326864938173,
    0.005223977624011282,
    -0.026866170645055833,
    0.11283791670954922,
    -0.3761263890318375,
    0.1283791670955126,
)
# erfc(x) exp(x^2) (1 + 2x) - 1.25 in t = (x - 4)/(x + 4), for 0.4 <= x <= 40 (error of the fit 3e-18):
ERFC_TAIL = (
    1.293522475376894e-09,
    2.17485181040151e-09,
    -1.3967313669479248e-08,
    -1.8977049543598234e-08,
    1.0952843180977038e-07,
    7.608338578383575e-08,
    -8.247160697236828e-07,
    2.926869462346139e-07,
    5.709216152049955e-06,
    -1.1221494209778027e-05,
    -2.43989869258144e-05,
    0.00015062151413937678,
    -0.00019925675683854315,
    -0.0007577732576476683,
    0.005031969988386877,
    -0.016197734061481138,
    0.03716751553646888,
    -0.06633036581195915,
    0.09373283499840224,
    -0.10103906603631384,
    0.06809705425469147,
    0.015379652102619882,
    -0.1396211168405625,
    -0.01700488137444749,
)
ERF_SPLIT = 0.65  # below it erf is computed and erfc = 1 - erf, above it erfc and erf = 1 - erfc
ERFC_ZERO_FROM = 30.0  # erfc is below the least positive number from 27.3 on


def erf(xp: Any, z: np.ndarray) -> np.ndarray:
    """The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to z.

    Within 4 units in the last place (5 in float32, where NumPy rounds `exp` itself by up to 2.5).

    >>> print(f"{erf(np, 0.5):.8f}")
    0.52049988
    """
    size = magnitude(xp, z)
    tail = 1 - _erfc_tail(xp, size)
    return xp.where(size <= ERF_SPLIT, _erf_near(xp, z, size), xp.where(z >= 0, tail, -tail))


def erfc(xp: Any, z: np.ndarray) -> np.ndarray:
    """1 - erf(z), as exact as `erf` also where erf(z) is so near 1 that the difference would be lost.

    >>> print(f"{erfc(np, 5.0):.7e}")
    1.5374598e-12
    """
    size = magnitude(xp, z)
    tail = _erfc_tail(xp, size)
    return xp.where(size <= ERF_SPLIT, 1 - _erf_near(xp, z, size), xp.where(z >= 0, tail, 2 - tail))


def magnitude(xp: Any, z: np.ndarray) -> np.ndarray:
    """|z|, with the derivative 1 at z = 0 for whoever differentiates it by machine.

    `xp.abs` has another one there (0, say), and a smooth function that is written with |z| would come out wrong.
    """
    return xp.where(z >= 0, z, -z)


def shift_to_max(xp: Any, z: np.ndarray) -> np.ndarray:
    """z minus the largest of its row: never above 0, so `exp` cannot overflow.

    Halves are subtracted, since the difference of two numbers near the dtype's maximum would overflow;
    a difference that the dtype cannot hold becomes its lowest finite number.

    >>> shift_to_max(np, np.array([1.0, 3.0])).tolist()
    [-2.0, 0.0]
    """
    half = 0.5 * z
    largest = xp.max(half, axis=-1, keepdims=True)
    return 2 * xp.maximum(half - largest, -0.5 * xp.finfo(half.dtype).max)


def log_softmax(xp: Any, z: np.ndarray) -> np.ndarray:
    """The logarithm of softmax(z) along the last axis, exact where softmax itself would round to 0 or 1.

    >>> log_softmax(np, np.array([0.0, 1000.0])).tolist()
    [-1000.0, 0.0]
    """
    shifted = shift_to_max(xp, z)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def log_sum_exp(xp: Any, z: np.ndarray) -> np.ndarray:
    """log(sum(exp(z))) along the last axis, which is kept; finite wherever the true value is.

    >>> log_sum_exp(np, np.array([1000.0, 1000.0])).tolist()
    [1000.6931471805599]
    """
    shifted = shift_to_max(xp, z)
    return xp.max(z, axis=-1, keepdims=True) + xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def _erf_near(xp: Any, z: np.ndarray, size: np.ndarray) -> np.ndarray:
    """erf where |z| <= ERF_SPLIT; elsewhere some finite number that `where` throws away."""
    safe = xp.where(size > ERF_SPLIT, ERF_SPLIT, z)
    return safe + safe * _polynomial(ERF_NEAR, safe * safe)


def _erfc_tail(xp: Any, size: np.ndarray) -> np.ndarray:
    """erfc where size = |z| >= ERF_SPLIT; elsewhere some finite number that `where` throws away."""
    x = xp.where(size < ERF_SPLIT, ERF_SPLIT, xp.minimum(size, ERFC_ZERO_FROM))
    # exp(-x^2) loses digits when x^2 is rounded: split off a part whose square is exact, and correct for the rest.
    coarse = xp.floor(x * 128) / 128
    bell = xp.exp(-coarse * coarse)
    bell = bell + bell * xp.expm1(-(x - coarse) * (x + coarse))
    return bell * ((1.25 + _polynomial(ERFC_TAIL, (x - 4) / (x + 4))) / (1 + 2 * x))


def _polynomial(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    """Horner's rule, the highest power's coefficient first."""
    value = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        value = value * x + c
    return value
