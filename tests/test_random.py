"""The random numbers: the published vectors, the written specification followed in plain Python, laws and errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.errors import InputError, UnknownNameError
from pellucid.maths import random as rng

SEEDS = st.integers(0, 2**64 - 1)
KEYS = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
M = 2**32 - 1


def plain_threefry(k0, k1, c0, c1):
    """Section 1 of the specification, on Python's whole numbers."""
    k = [k0, k1, k0 ^ k1 ^ 0x1BD11BDA]
    rotations = [13, 15, 26, 6, 17, 29, 16, 24]
    x0, x1 = (c0 + k0) & M, (c1 + k1) & M
    for r in range(20):
        x0 = (x0 + x1) & M
        n = rotations[r % 8]
        x1 = (((x1 << n) & M) | (x1 >> (32 - n))) ^ x0
        if r % 4 == 3:
            s = (r + 1) // 4
            x0 = (x0 + k[s % 3]) & M
            x1 = (x1 + k[(s + 1) % 3] + s) & M
    return x0, x1


def plain_block(key, j):
    return plain_threefry(*key, j & M, j >> 32)


def as_array(word):
    return np.array([word], dtype=np.uint32)


# Random123, kat_vectors: threefry2x32, 20 rounds; counter, key, result.
VECTORS = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("counter", "key", "result"), VECTORS)
def test_published_vectors(counter, key, result):
    x0, x1 = rng.threefry(np, key, as_array(counter[0]), as_array(counter[1]))
    assert (int(x0[0]), int(x1[0])) == result
    assert plain_threefry(*key, *counter) == result


@given(KEYS, st.integers(0, 2**64 - 1))
def test_fold_is_the_cipher(key, data):
    assert rng.fold(key, data) == plain_block(key, data)


@given(SEEDS, st.sampled_from(sorted(rng.PURPOSES)), st.integers(0, 99), st.integers(0, 10**6))
@settings(max_examples=30)
def test_key_follows_the_specification(seed, purpose, layer, epoch):
    key = (seed & M, seed >> 32)
    for data in (rng.PURPOSES[purpose], layer, epoch):
        key = plain_block(key, data)
    assert rng.key_of(seed, purpose, layer, epoch) == key
    assert rng.key_of(seed, rng.PURPOSES[purpose], layer, epoch) == key


@given(KEYS, st.integers(0, 2**34) | st.integers(2**33 - 40, 2**33 + 2), st.integers(0, 40))
@settings(max_examples=50)
def test_words_and_doubles_follow_the_specification(key, start, n):
    blocks = {j: plain_block(key, j) for j in range(start // 2, (start + n) // 2 + 1)}
    expected = [blocks[i // 2][i % 2] for i in range(start, start + n)]
    words = rng.words(np, key, start, n)
    assert words.dtype == np.uint32
    assert words.tolist() == expected
    assert rng.uniform32(np, key, start, n).tolist() == [w / 2**32 for w in expected]
    doubles = [((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in (plain_block(key, start + i) for i in range(n))]
    assert rng.uniform(np, key, start, n).tolist() == doubles


def test_the_counter_carries_into_its_high_word():
    start = 2**32 - 2
    x0, x1 = rng.blocks(np, (7, 8), start, 4)
    assert list(zip(x0.tolist(), x1.tolist(), strict=True)) == [plain_block((7, 8), start + i) for i in range(4)]


@given(KEYS, st.lists(st.integers(0, 30), max_size=6), st.integers(0, 9))
@settings(max_examples=30)
def test_words_do_not_depend_on_how_they_are_cut(key, sizes, start):
    pieces, position = [], start
    for size in sizes:
        pieces += rng.words(np, key, position, size).tolist()
        position += size
    assert pieces == rng.words(np, key, start, position - start).tolist()


@given(SEEDS, st.lists(st.integers(0, 12), min_size=1, max_size=5))
@settings(max_examples=30)
def test_stream_does_not_depend_on_how_it_is_cut(seed, sizes):
    stream, whole = rng.Stream(seed, "weights", 2), rng.Stream(seed, "weights", 2)
    pieces = [x for size in sizes for x in stream.random(size).tolist()]
    assert pieces == whole.random(sum(sizes)).tolist()
    assert stream == whole
    assert stream.position == sum(sizes)


def test_normal_pairs_follow_box_and_muller():
    doubles = rng.Stream(5, "weights").random(6)
    stream = rng.Stream(5, "weights")
    normal = stream.standard_normal((5, 1))
    assert normal.shape == (5, 1)
    assert stream.position == 6
    for i, value in enumerate(normal[:, 0]):
        u, v = doubles[i - i % 2], doubles[i - i % 2 + 1]
        turn = math.cos if i % 2 == 0 else math.sin
        assert value == pytest.approx(math.sqrt(-2 * math.log(1 - u)) * turn(2 * math.pi * v), rel=1e-14)


def test_shapes():
    stream = rng.Stream(0, "weights")
    assert stream.random().shape == stream.standard_normal(()).shape == ()
    assert stream.random(0).shape == stream.standard_normal(0).shape == (0,)
    assert stream.random((2, 0, 3)).shape == (2, 0, 3)
    assert stream.random((2, 3)).dtype == stream.standard_normal((2, 3)).dtype == np.float64


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 1000])
def test_permutation_is_one(n):
    order = rng.permutation(np, rng.key_of(3, "shuffle", epoch=n), n)
    assert sorted(order.tolist()) == list(range(n))


def test_permutation_follows_the_specification():
    key = rng.key_of(9, "shuffle", epoch=4)
    expected = sorted(range(100), key=lambda j: plain_block(key, j))
    assert rng.permutation(np, key, 100).tolist() == expected


def test_every_order_is_equally_likely():
    counts = {}
    for epoch in range(3000):
        order = tuple(rng.permutation(np, rng.key_of(1, "shuffle", epoch=epoch), 3).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert sum((c - 500) ** 2 / 500 for c in counts.values()) < 20.5  # chi-square, 5 degrees of freedom, p = 0.001


@pytest.mark.parametrize("draw", [rng.uniform, rng.uniform32])
def test_uniform_numbers_are_uniform(draw):
    n = 200_000
    x = draw(np, rng.key_of(11, "dropout", 2, 3), 0, n)
    assert x.min() >= 0.0
    assert x.max() < 1.0
    assert x.mean() == pytest.approx(0.5, abs=4 / math.sqrt(12 * n))
    assert x.var() == pytest.approx(1 / 12, abs=4 / math.sqrt(180 * n))
    counts = np.histogram(x, bins=100, range=(0, 1))[0]
    assert ((counts - n / 100) ** 2 / (n / 100)).sum() < 148.2  # 99 degrees of freedom, p = 0.001
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 4 / math.sqrt(n)


def test_normal_numbers_are_normal():
    n = 200_000
    x = rng.Stream(11, "weights", 1).standard_normal(n)
    assert np.all(np.isfinite(x))
    assert x.mean() == pytest.approx(0.0, abs=4 / math.sqrt(n))
    assert x.var() == pytest.approx(1.0, abs=4 * math.sqrt(2 / n))
    assert (x**3).mean() == pytest.approx(0.0, abs=4 * math.sqrt(15 / n))
    assert (x**4).mean() == pytest.approx(3.0, abs=4 * math.sqrt(96 / n))


def test_other_seed_purpose_layer_or_epoch_is_another_stream():
    keys = {rng.key_of(*k) for k in [(0, "weights", 1, 0), (1, "weights", 1, 0), (2**32, "weights", 1, 0)]}
    keys |= {rng.key_of(0, "dropout", 1, 0), rng.key_of(0, "weights", 2, 0), rng.key_of(0, "weights", 1, 1)}
    assert len(keys) == 6
    assert len(set(rng.PURPOSES.values())) == len(rng.PURPOSES)


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1, np.int64(5), np.uint64(2**64 - 1)])
def test_good_seeds(seed):
    assert rng.check_seed(seed) == int(seed)
    assert type(rng.check_seed(seed)) is int


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, "1", None, True, np.bool_(True)])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(InputError) as error:
        rng.Stream(seed, "weights")
    assert str(error.value) == (f"seed={seed!r}.\n  Expected: a whole number from 0 to 2**64 - 1.\n  Instead:  seed=0")


def test_unknown_purpose():
    with pytest.raises(UnknownNameError, match="there is no purpose of random numbers named 'weigths'") as error:
        rng.key_of(0, "weigths")
    assert error.value.instead == "'weights'"
