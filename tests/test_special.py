"""The error function against the standard library's and exact arithmetic; exponentials that cannot overflow."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.maths.special import erf, erfc, log_softmax, log_sum_exp, magnitude, shift_to_max

HUGE = float(np.finfo(np.float64).max)
LEAST = 5e-324
PI = (
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706"
    "7982148086513282306647093844609550582231725359408128481117450284102701938521105559644622948954930381"
    "9644288109756659334461284756482337867831652712019091456485669234603486104543266482133936072602491412"
    "7372458700660631558817488152092096282925409171536436789259036001133053054882046652138414695194151160"
)
SPLITS = [0.65, 4.0, 27.2, 27.3, 30.0]  # where the formulas change hands


def points() -> np.ndarray:
    """Numbers of every size and sign, denormal ones included, and both sides of each change of formula."""
    random = np.random.default_rng(1)
    sizes = 10 ** random.uniform(-323, 1.4, 5000) * random.choice([-1, 1], 5000)
    near = [np.nextafter(s, side) for s in SPLITS for side in (0, s, 100)]
    return np.concatenate(
        [
            random.uniform(-7, 7, 20000),
            random.uniform(-28, 28, 5000),
            sizes,
            near,
            np.negative(near),
            [0.0, -0.0, LEAST],
        ]
    )


def ulps(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    return np.abs(found.astype(np.float64) - true) / np.spacing(np.abs(true).astype(found.dtype))


@pytest.mark.parametrize(("ours", "true"), [(erf, math.erf), (erfc, math.erfc)])
def test_near_the_standard_library(ours, true) -> None:
    z = points()
    # The standard library's own erfc is up to 2.5 ulp off, so this can only ask for the sum; the next test is exact.
    assert ulps(ours(np, z), np.array([true(v) for v in z])).max() <= 6
    single = z.astype(np.float32)
    found = ours(np, single)
    assert found.dtype == np.float32
    assert ulps(found, np.array([true(float(v)) for v in single])).max() <= 5


def exact(z: float) -> tuple[Decimal, Decimal]:
    """erf and erfc from the series 2/sqrt(pi) e^(-z^2) sum(2^n z^(2n+1) / (2n+1)!!), with digits to spare."""
    with localcontext() as context:
        context.prec = 60 + int(z * z / math.log(10))
        x = abs(Decimal(z))
        term = total = x
        n = 0
        while term > total * Decimal(10) ** -context.prec:
            n += 1
            term *= 2 * x * x / (2 * n + 1)
            total += term
        pi = Decimal(PI)
        near = (2 / pi.sqrt() * (-x * x).exp() * total).copy_sign(Decimal(z))
        return near, 1 - near


def test_within_four_ulp_of_the_true_value() -> None:
    z = points()[::15]
    true = [exact(float(v)) for v in z]
    for function, values in ((erf, [t[0] for t in true]), (erfc, [t[1] for t in true])):
        found = function(np, z)
        off = [
            float(abs(Decimal(float(a)) - t) / Decimal(float(np.spacing(abs(float(t))))))
            for a, t in zip(found, values, strict=True)
        ]
        assert max(off) <= 4


def test_ends_and_what_is_no_number() -> None:
    z = np.array([np.inf, -np.inf, np.nan, HUGE, -HUGE, LEAST, -0.0])
    np.testing.assert_array_equal(erf(np, z), [1, -1, np.nan, 1, -1, LEAST, 0])
    np.testing.assert_array_equal(erfc(np, z), [0, 2, np.nan, 0, 2, 1, 1])
    assert np.signbit(erf(np, np.array([-0.0]))).all()


@given(st.floats(allow_nan=False))
def test_erf_is_odd_and_the_two_add_to_one(z: float) -> None:
    assert erf(np, -z) == -erf(np, z)
    assert abs(erf(np, z) + erfc(np, z) - 1) <= 2.3e-16
    assert magnitude(np, z) == abs(z)


rows = arrays(np.float64, (2, 3), elements=st.floats(-HUGE, HUGE))


@given(rows)
def test_shifted_rows_end_at_zero(z: np.ndarray) -> None:
    shifted = shift_to_max(np, z)
    assert np.isfinite(shifted).all() and (shifted.max(axis=-1) == 0).all()
    near = np.abs(z).max() < 1e300
    if near:
        np.testing.assert_allclose(shifted, z - z.max(axis=-1, keepdims=True), rtol=1e-15, atol=1e-300)


@given(arrays(np.float64, (2, 3), elements=st.floats(-600, 600)))
def test_logarithms_of_sums_against_the_plain_formula(z: np.ndarray) -> None:
    total = np.exp(z).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(log_sum_exp(np, z), np.log(total), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(log_softmax(np, z), z - np.log(total), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_stay_finite_and_keep_the_dtype(dtype: type) -> None:
    most = np.finfo(dtype).max
    z = np.array([[most, -most, 0], [-most, -most, -most]], dtype=dtype)
    for function in (shift_to_max, log_softmax, log_sum_exp):
        out = function(np, z)
        assert out.dtype == dtype and np.isfinite(out).all()
    assert log_sum_exp(np, z)[0, 0] == most
