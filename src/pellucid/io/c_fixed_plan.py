"""How a network is computed in whole numbers: where the binary point stands, what may come, how far off it may be.

Every value is an int32 in units of 2^-point, the same point for all layers; sums are int64. The point is the largest
for which nothing can overflow. Intervals are followed from the inputs' bounds through every weight, in whole numbers,
so there is no doubt; and with them the largest errors: those that come in, times the weights; the weights' own
rounding, times the values; the rounding of each sum; the slope of the activation and what its table is off by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..errors import InputError
from ..maths.activation import Activation
from ..maths.random import Stream
from .c_fixed_kernels import Kernel, kernel
from .c_fixed_tables import rounded
from .c_steps import Step

LARGEST = 2**31 - 1
FULL = 2.0**61  # sums stay below, with room for rounded weights
MOST_DIGITS = 45
FINEST = 28  # no point is beyond: what is left over keeps sums of small values exact


class TooLargeError(Exception):
    """Something does not fit at this point; the next smaller one is tried."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What values can be: lowest and highest whole number, and how far each may be from the true value (real)."""

    low: np.ndarray
    high: np.ndarray
    off: np.ndarray

    @property
    def most(self) -> np.ndarray:
        """The largest magnitude of each."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    @classmethod
    def joined(cls, parts: Sequence[Spread]) -> Spread:
        """Several side by side."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("low", "high", "off")))


@dataclass(frozen=True, eq=False)
class Affine:
    """z = x W + b in whole numbers: W of 2^-digits, b of the sums' unit, which is 2^shift units of z. What z can be."""

    W: np.ndarray
    b: np.ndarray
    shift: int
    z: Spread

    def run(self, x: np.ndarray) -> np.ndarray:
        """Rows of whole numbers: what the C does."""
        return rounded(x @ self.W + self.b, self.shift)


@dataclass(frozen=True, eq=False)
class FixedStep:
    """A layer: its sums (None where the values go on as they are), and the kernel of each run of units."""

    step: Step
    sums: Affine | None
    kernels: tuple[tuple[int, int, Kernel], ...]

    def run(self, x: np.ndarray) -> np.ndarray:
        """Rows of whole numbers through the layer: what the C does."""
        z = x if self.sums is None else self.sums.run(x)
        return np.concatenate([made.run(z[:, start:end]) for start, end, made in self.kernels], axis=1)


@lru_cache(maxsize=256)
def shared_kernel(activation: Activation, point: int) -> Kernel:
    """One kernel for each activation, whose table all layers look into."""
    return kernel(activation, point)


def fixed_steps(steps: Sequence[Step], inputs: Spread, point: int) -> tuple[list[FixedStep], Spread]:
    """All layers at one point, and what comes out; raises TooLargeError."""
    kept, made = [inputs], []
    for step in steps:
        x = Spread.joined(kept) if step.sees_all else kept[-1]
        fixed, out = _fixed(scaled(step), x, point)
        made.append(fixed)
        kept.append(out)
    return made, kept[-1]


def scaled(step: Step) -> Step:
    """The layer with steepness put into its weights; one without weights gets a diagonal of them, if it must."""
    steepness = np.array([s for _, s in step.units])
    if (steepness == 1.0).all():
        return step
    units = tuple((f, 1.0) for f, _ in step.units)
    if step.W is None:
        return replace(step, W=np.diag(steepness), exists=np.eye(step.width, dtype=bool), units=units)
    return replace(step, W=step.W * steepness, b=None if step.b is None else step.b * steepness, units=units)


def affine(W: np.ndarray, b: np.ndarray, x: Spread, point: int, out: int | None = None) -> Affine:
    """x is in 2^-point, z in 2^-out (left out: the same). Weights get as many digits as sums have room for."""
    digits = _digits(W, b, x, point)
    unit = point + digits
    shift = digits if out is None else unit - out
    if digits < 0 or shift < 0:
        raise TooLargeError
    whole = np.rint(W * 2.0**digits).astype(np.int64)
    bias = np.rint(b * 2.0**unit).astype(np.int64)
    up, down = np.maximum(whole, 0), np.minimum(whole, 0)
    low = rounded(x.low @ up + x.high @ down + bias, shift)
    high = rounded(x.high @ up + x.low @ down + bias, shift)
    off = x.off @ np.abs(W) + (x.most * 2.0**-point) @ np.abs(whole * 2.0**-digits - W)
    off = off + np.abs(bias * 2.0**-unit - b) + (2.0 ** (shift - unit - 1) if shift else 0.0)
    return Affine(whole, bias, shift, fitting(Spread(low, high, off)))


def _digits(W: np.ndarray, b: np.ndarray, x: Spread, point: int) -> int:
    sums = float((x.most @ np.abs(W) + np.abs(b) * 2.0**point).max(initial=0.0))
    largest = float(np.abs(W).max(initial=0.0))
    room = min(FULL / sums if sums else np.inf, LARGEST / largest if largest else np.inf)
    return MOST_DIGITS if room == np.inf else min(MOST_DIGITS, int(np.floor(np.log2(room))))


def fitting(spread: Spread) -> Spread:
    """The same, if it fits into int32."""
    if spread.most.max(initial=0) > LARGEST:
        raise TooLargeError
    return spread


def _fixed(step: Step, x: Spread, point: int) -> tuple[FixedStep, Spread]:
    b = np.zeros(step.width) if step.b is None else step.b
    sums = None if step.W is None else affine(step.W, b, x, point)
    z = x if sums is None else sums.z
    kernels = tuple((start, end, shared_kernel(f, point)) for start, end, (f, _) in step.runs)
    parts = []
    for (start, end, made), (_, _, (f, _)) in zip(kernels, step.runs, strict=True):
        part = Spread(z.low[start:end], z.high[start:end], z.off[start:end])
        parts.append(fitting(_through(made, f, part, point)))
    return FixedStep(step, sums, kernels), Spread.joined(parts)


def _through(made: Kernel, activation: Activation, z: Spread, point: int) -> Spread:
    """What an activation makes of what z can be."""
    low, high = _ends(made, activation, z, point)
    carried = made.steep * (np.full_like(z.off, z.off.max()) if made.whole else z.off)
    apart = np.minimum(carried + made.jump, _range(made, activation, z, point))
    return Spread(low, high, apart + _off_by(made, activation, z, point))


def _range(made: Kernel, activation: Activation, z: Spread, point: int) -> np.ndarray:
    """How far apart the activation's values can be, for all that z can be here and truly is; infinite if unknown."""
    reach = np.ceil(np.minimum(z.off, 2.0**32) * 2.0**point) + 1
    known = z.most + reach <= LARGEST
    reach = np.where(known, reach, 0).astype(np.int64)
    low, high = _ends(made, activation, Spread(z.low - reach, z.high + reach, z.off), point)
    return np.where(known, (high - low) * 2.0**-point, np.inf)


def _ends(made: Kernel, activation: Activation, z: Spread, point: int) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest whole number; tables may be two units off."""
    slack = 2 if made.table is not None else 0
    if made.rising:
        return made.run(z.low) - slack, made.run(z.high) + slack
    least, most = (np.clip(bound * 2.0**point, -(2.0**40), 2.0**40) for bound in activation.bounds())
    low, high = np.full_like(z.low, np.floor(least) - slack), np.full_like(z.high, np.ceil(most) + slack)
    # What is not bounded above (gelu and its kin) rises where z does, and gives nothing above 0 for z < 0.
    return low, np.minimum(high, np.maximum(z.high, 0) + slack) if most >= 2.0**40 else high


def _off_by(made: Kernel, activation: Activation, z: Spread, point: int) -> float:
    """How far the kernel is from the activation, measured where z can be."""
    low, high = int(z.low.min()), int(z.high.max())
    if made.whole:
        rows = Stream(seed=0, purpose="search").random((500, len(z.low)))
        samples = np.rint(z.low + rows * (z.high - z.low)).astype(np.int64)
    else:
        near = np.clip(np.linspace(-16.0, 16.0, 20_001) * 2.0**point, low, high)
        samples = np.unique(np.concatenate([np.linspace(low, high, 4_001), near]).astype(np.int64))
    true = activation.run(np, samples * 2.0**-point)
    return max(0.0, float(np.abs(made.run(samples) * 2.0**-point - true).max()) - made.jump)


def point_for(*sizes: float) -> int:
    """The largest point at which numbers of these sizes fit into int32, at most `FINEST`."""
    largest = max((abs(size) for size in sizes), default=0.0)
    if largest == 0.0:
        return FINEST
    point = int(np.floor(np.log2(LARGEST / largest)))
    if point < 0:
        raise InputError(f"a number of size {largest:.3g} in fixed point", "at most 2147483647", 'number="float"')
    return min(point, FINEST)
