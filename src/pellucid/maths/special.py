"""Special functions over any array namespace: the error function, and exponentials that cannot overflow.

NumPy has no error function, and `exp` of a large number overflows long before a softmax or a cross-entropy
does. These are the few helpers that `activations.py` and `losses.py` share. `xp` is the array namespace.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Rational minimax approximations of W. J. Cody, "Rational Chebyshev approximations for the error function",
# Mathematics of Computation 23 (1969) 631-637; numerator and denominator, highest power first.
ERF_SPLIT = 0.46875  # below: erf itself; above: erfc, so that neither is the difference of two near numbers
ERF_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
ERFC_MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
ERFC_FAR_FROM = 4.0
ERFC_FAR = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242,
        1.87295284992346725,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)
ERFC_ZERO_FROM = 30.0  # erfc is below the least positive number from 27.3 on
ONE_OVER_SQRT_PI = 0.56418958354775628695


def erf(xp: Any, z: np.ndarray) -> np.ndarray:
    r"""The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to z; within 4 ulp.

    >>> print(f"{erf(np, 0.5):.8f}")
    0.52049988
    """
    size = magnitude(xp, z)
    tail = 1 - _erfc_tail(xp, size)
    return xp.where(size <= ERF_SPLIT, _erf_near(xp, z, size), xp.where(z >= 0, tail, -tail))


def erfc(xp: Any, z: np.ndarray) -> np.ndarray:
    r"""1 - erf(z), within 4 ulp also where erf(z) is so near 1 that the difference would be lost.

    >>> print(f"{erfc(np, 5.0):.7e}")
    1.5374597e-12
    """
    size = magnitude(xp, z)
    tail = _erfc_tail(xp, size)
    return xp.where(size <= ERF_SPLIT, 1 - _erf_near(xp, z, size), xp.where(z >= 0, tail, 2 - tail))


def magnitude(xp: Any, z: np.ndarray) -> np.ndarray:
    """|z|, written so that a machine that differentiates it gets 1 at z = 0, not the sign's 0."""
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
    return safe * _ratio(ERF_NEAR, safe * safe)


def _erfc_tail(xp: Any, size: np.ndarray) -> np.ndarray:
    """erfc where size = |z| > ERF_SPLIT; both branches are given numbers that they can bear."""
    x = xp.where(size < ERF_SPLIT, ERF_SPLIT, xp.minimum(size, ERFC_ZERO_FROM))
    # exp(-x^2) loses digits as x^2 is rounded: split off a part whose square is exact.
    coarse = xp.floor(x * 16) / 16
    bell = xp.exp(-coarse * coarse) * xp.exp(-(x - coarse) * (x + coarse))
    middle = _ratio(ERFC_MIDDLE, xp.minimum(x, ERFC_FAR_FROM))
    far_x = xp.maximum(x, ERFC_FAR_FROM)
    y = 1 / (far_x * far_x)
    far = (ONE_OVER_SQRT_PI - y * _ratio(ERFC_FAR, y)) / far_x
    return bell * xp.where(x <= ERFC_FAR_FROM, middle, far)


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], x: np.ndarray) -> np.ndarray:
    """Numerator over denominator at x, both by Horner's rule."""
    values = []
    for coefficients in polynomials:
        value = coefficients[0] * x + coefficients[1]
        for c in coefficients[2:]:
            value = value * x + c
        values.append(value)
    return values[0] / values[1]
