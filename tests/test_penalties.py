"""Penalties against their slopes, clipping and max-norm against their promises."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.maths.penalties import clip_by_norm, max_norm, penalty, penalty_slope

ENTRY = st.floats(-50, 50)
MATRIX = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=ENTRY)
RATE = st.floats(0, 2)


@given(MATRIX, RATE, RATE)
def test_penalty_is_the_sum(w, l1, l2):
    expected = math.fsum(l1 * abs(x) + l2 / 2 * x * x for x in w.flat)
    assert float(penalty(np, w, l1, l2)) == pytest.approx(expected, rel=1e-13)


def test_slope_is_the_derivative():
    w, step = np.array([[0.3, -2.0], [5.0, -0.01]]), 1e-5
    slope = penalty_slope(np, w, 0.7, 0.2)
    for i in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[i] += step
        down[i] -= step
        difference = (penalty(np, up, 0.7, 0.2) - penalty(np, down, 0.7, 0.2)) / (2 * step)
        assert slope[i] == pytest.approx(difference, rel=1e-8)
    assert penalty_slope(np, np.zeros(3), 0.7, 0.2).tolist() == [0.0, 0.0, 0.0]


@given(st.lists(MATRIX, max_size=3), st.floats(0.01, 100))
def test_clipping(gradients, limit):
    clipped, norm = clip_by_norm(np, gradients, limit)
    expected = math.sqrt(math.fsum(float(x) ** 2 for g in gradients for x in g.flat))
    assert float(norm) == pytest.approx(expected, rel=1e-12)
    for old, new in zip(gradients, clipped, strict=True):
        if expected <= limit * (1 - 1e-12):
            assert np.array_equal(old, new)
        assert new == pytest.approx(old * min(1.0, limit / max(expected, 1e-300)), rel=1e-12)
    after = math.sqrt(math.fsum(float(x) ** 2 for g in clipped for x in g.flat))
    assert after <= limit * (1 + 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping_keeps_the_dtype_and_does_not_overflow(dtype):
    large = float(np.finfo(dtype).max) / 4
    gradients = [np.array([large, 0.0], dtype=dtype), np.array([[large]], dtype=dtype), np.zeros((0, 2), dtype=dtype)]
    clipped, norm = clip_by_norm(np, gradients, 1.0)
    assert float(norm) == pytest.approx(math.sqrt(2) * large, rel=1e-6)
    assert [g.dtype for g in clipped] == [dtype] * 3
    assert clipped[0][0] == pytest.approx(math.sqrt(0.5), rel=1e-6)
    small = clip_by_norm(np, [np.full(4, 1e-30, dtype=dtype)], 1.0)
    assert float(small[1]) == pytest.approx(2e-30, rel=1e-6)
    assert float(clip_by_norm(np, [np.zeros(2, dtype=dtype)], 1.0)[1]) == 0.0


def test_clipping_nothing():
    assert clip_by_norm(np, [], 1.0)[0] == []
    assert float(clip_by_norm(np, [], 1.0)[1]) == 0.0


@given(MATRIX, st.floats(0.01, 100))
def test_max_norm_limits_columns(W, limit):
    limited = max_norm(np, W, limit)
    for old, new in zip(W.T, limited.T, strict=True):
        norm = math.sqrt(math.fsum(float(x) ** 2 for x in old))
        if norm <= limit * (1 - 1e-12):
            assert np.array_equal(old, new)
        else:
            assert new == pytest.approx(old * min(1.0, limit / norm), rel=1e-12)


def test_max_norm_keeps_float32_and_zero_columns():
    W = np.array([[3.0, 0.0, 0.1], [4.0, 0.0, 0.0]], dtype=np.float32)
    limited = max_norm(np, W, 1.0)
    assert limited.dtype == np.float32
    assert limited == pytest.approx(np.array([[0.6, 0.0, 0.1], [0.8, 0.0, 0.0]]), rel=1e-6)
