"""The native activations and slopes, over the whole range of both number types, in every instruction set."""

from __future__ import annotations

import numpy as np
import pytest

from native_cases import FOUND, LEVELS, needs_native
from pellucid.engines.native import ACTIVATIONS
from pellucid.maths.activations import Activation, activations

pytestmark = needs_native
SUMS = (
    "hard_sigmoid",
    "gaussian_symmetric",
    "elliot",
    "sine_positive",
    "cosine_positive",
    "sigmoid_stepwise",
    "tanh_stepwise",
)
ULPS = 8  # units in the last place that it may be away from `maths/`, which has a few of its own

VARIANTS = [
    a
    for a in (*activations.values(), activations.leaky_relu(alpha=0.3), activations.elu(alpha=2.5))
    if a.slope and a.name != "by_unit"
]


def places(dtype: type) -> np.ndarray:
    """Ordinary numbers, and all extraordinary ones, in a number that no vector divides."""
    facts = np.finfo(dtype)
    sizes = [0.0, facts.smallest_subnormal, 3 * facts.smallest_subnormal, facts.tiny / 2, facts.tiny, facts.eps, 1e-3]
    sizes += [0.65, 1.0, 3.0, 6.5, 20.0, 27.0, 38.0, 40.0, 88.0, 90.0, 104.0, 709.0, 746.0, 1e6, facts.max, np.inf]
    sizes += list(np.random.default_rng(0).uniform(0, 12, size=200)) + list(np.geomspace(facts.tiny, 1e3, 150))
    z = np.array([*sizes, *(-size for size in sizes), np.nan]).astype(dtype)
    return z if len(z) % 2 else np.append(z, dtype(0.5))


def applied(level: str, activation: Activation, slope: bool, z: np.ndarray) -> np.ndarray:
    out, number = np.full_like(z, 7.0), ACTIVATIONS.index(activation.name)
    FOUND.module.apply_activation(level, number, slope, activation.options.get("alpha", 0.0), z, out)
    return out


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("activation", VARIANTS, ids=repr)
def test_activations_and_slopes_over_the_whole_range(activation: Activation, dtype: type, level: str) -> None:
    """As near to `maths/` in 64 bits as that is to the truth itself, and the same at the ends: 0, ±inf and NaN.

    (How many units in the last place the native ones are away from longer arithmetic: cpp/tests/functions_test.cpp.)
    """
    z = places(dtype)
    with np.errstate(all="ignore"):
        wide = z.astype(np.float64)
        values = activation.run(np, wide)
        slopes = activation.slope_at(np, wide, values)
        # What one rounding of z does to the value. Those in SUMS and the slopes are sums of numbers near 1 that may
        # cancel, and `maths/` multiplies 1 - s by z or z^3; e^z is taken down to the smallest number only.
        eps, denormal = np.finfo(dtype).eps, np.finfo(dtype).smallest_subnormal
        size = np.minimum(np.abs(wide), np.finfo(dtype).max)
        shift = 4 * eps * size * np.abs(slopes) + (1 + size) * denormal + eps * (activation.name in SUMS)
        steep = 4 * eps * max(1.0, activation.options.get("alpha", 1.0)) * (1 + np.minimum(size, 40) ** 2)
    compare(z, applied(level, activation, False, z), values.astype(dtype), shift)
    compare(z, applied(level, activation, True, z), slopes.astype(dtype), steep)


def compare(z: np.ndarray, found: np.ndarray, right: np.ndarray, least: np.ndarray) -> None:
    np.testing.assert_array_equal(np.isnan(found), np.isnan(right))
    np.testing.assert_array_equal(found[np.isinf(right)], right[np.isinf(right)])
    with np.errstate(all="ignore"):
        away = np.abs(found.astype(np.float64) - right)
        far = np.isfinite(right) & (away > np.fmax(ULPS * np.spacing(np.abs(right)), least))
    assert [(z[i], found[i], right[i]) for i in np.flatnonzero(far)] == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 7, 8, 9, 15, 17, 33])
def test_a_last_vector_that_is_not_full(level: str, n: int) -> None:
    for dtype in (np.float64, np.float32):
        whole = np.linspace(-3, 3, 40).astype(dtype)
        right = applied(level, activations.gelu, False, whole)
        np.testing.assert_array_equal(applied(level, activations.gelu, False, whole[:n].copy()), right[:n])
