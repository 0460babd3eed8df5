"""Random numbers that every engine draws alike: a counter-based generator, Threefry-2x32 with 20 rounds.

A counter-based generator has no state to carry along: number i of a stream is a function of a key and of i, so that
any part of a stream can be computed alone, in any order, on any machine. Everything up to the doubles is whole-number
arithmetic and therefore the same bit for bit under NumPy, JAX and C++.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (the Random123 library).

The whole specification; all words are 32 bits, + wraps around, <<< rotates, ^ is exclusive or:

1. Cipher (x0, x1) = threefry((k0, k1), (c0, c1)):
       k2 = k0 ^ k1 ^ 0x1BD11BDA
       x0 = c0 + k0;  x1 = c1 + k1
       for r = 0 .. 19:
           x0 = x0 + x1
           x1 = (x1 <<< R[r mod 8]) ^ x0        R = 13, 15, 26, 6, 17, 29, 16, 24
           if r mod 4 = 3:                      (after rounds 4, 8, 12, 16 and 20)
               s = (r + 1) / 4                  (s = 1 .. 5)
               x0 = x0 + k[s mod 3]
               x1 = x1 + k[(s + 1) mod 3] + s
2. Fold of a whole number d, 0 <= d < 2^64, into a key: fold(key, d) = threefry(key, (d mod 2^32, d div 2^32)).
3. Key of a stream: seed -> (seed mod 2^32, seed div 2^32), then fold the purpose's number (`PURPOSES`), then the
   layer's number (0 where there is none), then the epoch (0 where there is none).
4. Words: block j of a key is threefry(key, (j mod 2^32, j div 2^32)); word 2j is its x0, word 2j + 1 its x1.
5. Double i (`uniform`), in [0, 1), 53 bits, from block i: ((x0 >> 5) * 2^26 + (x1 >> 6)) * 2^-53.
6. Dropout number i (`uniform32`), in [0, 1), 32 bits: word i * 2^-32.
7. Permutation of n: the stable ascending order of the 64-bit numbers x0 * 2^32 + x1 of blocks 0 .. n - 1.
8. Normal numbers come in pairs, pair j from the next two doubles u, v of the stream (Box and Muller 1958):
       r = sqrt(-2 log(1 - u));  r cos(2 pi v), r sin(2 pi v)
   An odd count throws the last sine away. Logarithm, sine and cosine are those of the machine.

>>> from pellucid.maths.random import Stream
>>> Stream(seed=1, purpose="weights", layer=1).random(2).tolist()
[0.9659790258576787, 0.09430142559518762]
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import InputError, unknown_name

Key = tuple[int, int]

PURPOSES = {
    "weights": 1,
    "shuffle": 2,
    "dropout": 3,
    "split": 4,
    "validation": 5,
    "search": 6,
    "occlusion": 7,
    "noise": 8,
    "growth": 9,
}

ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
PARITY = 0x1BD11BDA
MASK = 0xFFFFFFFF


def check_seed(seed: Any) -> int:
    """Return `seed` as an int from 0 to 2**64 - 1, or say why it cannot be one."""
    wrong = InputError(f"seed={seed!r}", "a whole number from 0 to 2**64 - 1", "seed=0")
    if isinstance(seed, (bool, np.bool_)):
        raise wrong
    try:
        number = operator.index(seed)
    except TypeError:
        raise wrong from None
    if not 0 <= number < 2**64:
        raise wrong
    return number


def threefry(xp: Any, key: tuple[Any, Any], low: Any, high: Any) -> tuple[Any, Any]:
    """Encrypt the counters (low, high) under `key`: two arrays of uint32 of the counters' shape.

    `key` is two ints or two uint32 arrays of one element; `low` and `high` are uint32 arrays of one dimension (a NumPy
    scalar would warn where it wraps around). Steps: section 1 of the specification above.
    """
    k0 = xp.asarray(key[0], dtype=xp.uint32).reshape(1)
    k1 = xp.asarray(key[1], dtype=xp.uint32).reshape(1)
    keys = (k0, k1, k0 ^ k1 ^ PARITY)
    x0, x1 = low + k0, high + k1
    for r in range(20):
        turn = ROTATIONS[r % 8]
        x0 = x0 + x1
        x1 = ((x1 << turn) | (x1 >> (32 - turn))) ^ x0
        if r % 4 == 3:
            s = (r + 1) // 4
            x0 = x0 + keys[s % 3]
            x1 = x1 + (keys[(s + 1) % 3] + s)
    return x0, x1


@lru_cache(maxsize=4096)
def fold(key: Key, data: int) -> Key:
    """A new key from `key` and a whole number 0 <= data < 2**64: fold(key, d) = threefry(key, d)."""
    low, high = np.array([data & MASK], dtype=np.uint32), np.array([data >> 32], dtype=np.uint32)
    x0, x1 = threefry(np, key, low, high)
    return int(x0[0]), int(x1[0])


def key_of(seed: int, purpose: str | int, layer: int = 0, epoch: int = 0) -> Key:
    """The key of one stream: the seed, then purpose, layer (from 1) and epoch folded in, in this order."""
    seed = check_seed(seed)
    if isinstance(purpose, str):
        if purpose not in PURPOSES:
            raise unknown_name("purpose of random numbers", purpose, PURPOSES)
        purpose = PURPOSES[purpose]
    return fold(key_of_purpose(seed, purpose, layer), int(epoch))


def key_of_purpose(seed: int, purpose: int, layer: int) -> Key:
    """The key of one layer's streams for one purpose, into which the epoch is yet to be folded."""
    return fold(fold((seed & MASK, seed >> 32), purpose), int(layer))


def blocks(xp: Any, key: Key, start: int, n: int) -> tuple[Any, Any]:
    """The n blocks from block `start` on: arrays x0 and x1, (n,) each, uint32."""
    first = xp.asarray(start & MASK, dtype=xp.uint32).reshape(1)
    low = xp.arange(n, dtype=xp.uint32) + first
    # Where the low word wrapped around, the high word is one more.
    high = xp.asarray(start >> 32, dtype=xp.uint32).reshape(1) + (low < first).astype(xp.uint32)
    return threefry(xp, key, low, high)


def words(xp: Any, key: Key, start: int, n: int) -> Any:
    """Words `start` .. `start + n - 1` of the key's stream: (n,), uint32. `start` is a plain int."""
    first, skip = start // 2, start % 2
    x0, x1 = blocks(xp, key, first, (skip + n + 1) // 2)
    return xp.stack([x0, x1], axis=1).reshape(-1)[skip : skip + n]


def uniform(xp: Any, key: Key, start: int, n: int) -> Any:
    """Doubles `start` .. `start + n - 1`, each uniform on the multiples of 2**-53 in [0, 1): (n,), float64."""
    x0, x1 = blocks(xp, key, start, n)
    return ((x0 >> 5).astype(xp.float64) * 67108864.0 + (x1 >> 6).astype(xp.float64)) * 2.0**-53


def uniform32(xp: Any, key: Key, start: int, n: int) -> Any:
    """Numbers for dropout, one word each, uniform on the multiples of 2**-32 in [0, 1): (n,), float64."""
    return words(xp, key, start, n).astype(xp.float64) * 2.0**-32


def permutation(xp: Any, key: Key, n: int) -> Any:
    """A random order of 0 .. n - 1: (n,), int64. Sorting random 64-bit numbers makes every order equally likely.

    Two equal numbers would keep their order; the chance of a pair is below n**2 / 2**65.
    """
    x0, x1 = blocks(xp, key, 0, n)
    return xp.lexsort((x1, x0))


@dataclass
class Stream:
    """A stream of random numbers with a position, for the calls that NumPy's generators share with it.

    `position` counts the doubles that were drawn: `random(5)` then `random(3)` gives the same eight numbers as
    `random(8)`. It is used where numbers are drawn once (initial weights); training uses the functions above.

    >>> stream = Stream(seed=1, purpose="weights", layer=1)
    >>> stream.random((2, 3)).shape, stream.position
    ((2, 3), 6)
    """

    seed: int
    purpose: str | int
    layer: int = 0
    epoch: int = 0
    position: int = 0

    def __post_init__(self) -> None:
        self.seed = check_seed(self.seed)
        self._next(0)

    def random(self, shape: int | tuple[int, ...] = ()) -> np.ndarray:
        """Uniform doubles in [0, 1) of this shape."""
        return self._next(_size(shape)).reshape(shape)

    def standard_normal(self, shape: int | tuple[int, ...] = ()) -> np.ndarray:
        """Normal numbers of mean 0 and deviation 1 of this shape, by Box and Muller's pairs."""
        n = _size(shape)
        pairs = self._next(2 * ((n + 1) // 2)).reshape(-1, 2)
        radius = np.sqrt(-2.0 * np.log1p(-pairs[:, 0]))
        angle = 2.0 * math.pi * pairs[:, 1]
        normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return normal.reshape(-1)[:n].reshape(shape)

    def _next(self, n: int) -> np.ndarray:
        key = key_of(self.seed, self.purpose, self.layer, self.epoch)
        values = uniform(np, key, self.position, n)
        self.position += n
        return values


def _size(shape: int | tuple[int, ...]) -> int:
    return math.prod(shape) if isinstance(shape, tuple) else int(shape)
