"""Random numbers of a FANN net: glibc's rand(), so that a seed gives what the real library draws on Linux.

    r_0 = seed, r_i = 16807 r_{i-1} mod (2^31 - 1) for i = 1..30, r_31..r_33 = r_0..r_2, then
    r_i = r_{i-3} + r_{i-31} mod 2^32; the numbers are r_i >> 1 from i = 344 on.

It is what FANN draws with, not a generator for anything that must not be guessed. Everything else in pellucid draws
with `pellucid.maths.random`.
"""

from __future__ import annotations

import os

import numpy as np

LIMIT = 2**31  # one more than the largest number drawn
_MODULUS = 2**31 - 1
_KEPT = 31  # how far the recurrence looks back
_THREES = 10  # numbers are made 30 at a time: the recurrence reaches 31 back, and 3 back by running sums
_SKIPPED = 310


class Rand:
    """A stream of whole numbers 0 .. 2^31 - 1, glibc's for `seed`; without one, seeded from the system.

    >>> rand = Rand(1)
    >>> rand(), rand()
    (1804289383, 846930886)
    """

    def __init__(self, seed: int | None = None) -> None:
        self._ready: list[int] = []
        self._last: np.ndarray | None = None  # before the first draw: most networks are loaded, and draw nothing
        self.reseed(int.from_bytes(os.urandom(4), "little") if seed is None else seed)

    def reseed(self, seed: int) -> None:
        """Begin the stream of this seed; as in C only its last 32 bits count, and 0 is 1."""
        self._seed, self._last, self._ready = seed & 0xFFFFFFFF or 1, None, []

    def __call__(self) -> int:
        """The next number."""
        if not self._ready:
            self._ready = self._made(_THREES).tolist()[::-1]
        return self._ready.pop()

    def take(self, count: int) -> np.ndarray:
        """The next `count` numbers, (count,) int64: the same as that many calls."""
        kept = np.array(self._ready[::-1], np.int64)
        lacking = max(0, count - len(kept))
        blocks = [self._made(_THREES) for _ in range(-(-lacking // (3 * _THREES)))]
        numbers = np.concatenate([kept, *blocks])
        self._ready = numbers[count:].tolist()[::-1]
        return numbers[:count]

    def uniform(self, low: float, high: float, count: int) -> np.ndarray:
        """`count` numbers in [low, high), float32 values in a float64 array: low + (high - low) r / 2^31 in float32."""
        return uniform(self.take(count), low, high)

    def _begin(self) -> np.ndarray:
        """The words before r_34, then those before r_344, at which the numbers begin."""
        words = [self._seed - 2**32 if self._seed >= LIMIT else self._seed]
        for _ in range(_KEPT - 1):
            words.append(16807 * words[-1] % _MODULUS)
        # r_31..r_33 repeat r_0..r_2, so the last 31 words before r_34 begin with r_3.
        words = [word & 0xFFFFFFFF for word in words[3:] + words[:3]]
        for _ in range(_SKIPPED):
            words.append((words[-3] + words[-_KEPT]) & 0xFFFFFFFF)
        return np.array(words[-_KEPT:], np.uint32)

    def _made(self, threes: int) -> np.ndarray:
        """The next 3 x `threes` numbers of the recurrence (at most 30), int64."""
        last, count = self._begin() if self._last is None else self._last, 3 * threes
        # Each third number is the one three before it plus a known one: a running sum, here for three at once.
        sums = np.vstack((last[-3:], last[:count].reshape(threes, 3)))
        new = np.add.accumulate(sums, axis=0, dtype=np.uint32)[1:].ravel()
        self._last = np.concatenate((last[count:], new))
        return (new >> 1).astype(np.int64)


def uniform(numbers: np.ndarray, low: float, high: float) -> np.ndarray:
    """Drawn whole numbers as FANN makes numbers in [low, high) of them, in float32 arithmetic; float64 array.

    >>> uniform(np.array([2**30]), -1.0, 2.0)
    array([0.5])
    """
    first, last = np.float32(low), np.float32(high)
    with np.errstate(over="ignore", invalid="ignore"):
        return (first + (last - first) * numbers.astype(np.float32) / np.float32(LIMIT)).astype(np.float64)
