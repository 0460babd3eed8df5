"""jax.numpy in NumPy's place, under jax.jit in 64 bits: random words, initializers, optimizers, schedules, the rest."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

from pellucid.maths import random as rng  # noqa: E402
from pellucid.maths.initializers import initializers  # noqa: E402
from pellucid.maths.metrics import metrics  # noqa: E402
from pellucid.maths.optimizers import optimizers  # noqa: E402
from pellucid.maths.penalties import clip_by_norm, max_norm, penalty, penalty_slope  # noqa: E402
from pellucid.maths.schedules import schedules  # noqa: E402

pytestmark = [pytest.mark.peers, pytest.mark.usefixtures("jax_in_64_bits")]

W = np.array([[0.5, -1.25, 3.0], [-0.75, 2.5, 0.125]])
G = np.array([[0.3, -2.0, 0.0], [1e-3, 40.0, -0.7]])


def same(ours, theirs):
    assert np.asarray(theirs).dtype == np.asarray(ours).dtype
    assert np.asarray(theirs) == pytest.approx(np.asarray(ours), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("draw", [rng.words, rng.uniform, rng.uniform32])
def test_random_numbers_are_the_same_bit_for_bit(draw):
    key = rng.key_of(2**63 + 5, "dropout", 3, 7)
    for start, n in [(0, 1000), (5, 8), (2**33 - 3, 6), (0, 0)]:
        ours, theirs = draw(np, key, start, n), jax.jit(lambda k, s=start, m=n: draw(jnp, k, s, m))(key)
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, np.asarray(theirs))


def test_permutations_are_the_same():
    key = rng.key_of(1, "shuffle", epoch=2)
    assert np.array_equal(rng.permutation(np, key, 999), jax.jit(lambda k: rng.permutation(jnp, k, 999))(key))


@pytest.mark.parametrize("name", initializers)
@pytest.mark.parametrize("shape", [(4, 3), (3,)])
def test_initializers(name, shape):
    record = initializers[name]
    if name == "given":
        record = record(array=np.arange(float(np.prod(shape))).reshape(shape))

    def draw(xp):
        return record.run(xp, rng.Stream(4, "weights", 1), shape, 4, 3)

    same(draw(np), jax.jit(lambda: draw(jnp))())


VARIANTS = [
    *optimizers,
    "sgd(momentum=0.9)",
    "sgd(momentum=0.9, nesterov=True)",
    "rmsprop(momentum=0.5)",
    "quickprop(weight_decay=0.01)",
]


@pytest.mark.parametrize("spec", VARIANTS)
def test_optimizers_take_the_same_steps(spec):
    optimizer = optimizers.resolve(spec)
    step = jax.jit(lambda w, g, slots, t: optimizer.step(jnp, w, g, slots, t, 0.02))
    w, g, slots = W, G, optimizer.start(np, W)
    for name, value in optimizer.start(jnp, jnp.asarray(W)).items():
        same(slots[name], value)
    for t in range(1, 4):
        ours, theirs = optimizer.step(np, w, g, slots, t, 0.02), step(w, g, slots, t)
        assert set(ours) == set(theirs)
        for name, value in ours.items():
            same(value, theirs[name])
        w, g, slots = ours["w"], g * [[1.0, 0.5, 1.0], [-0.3, 1.0, 1.1]], {n: ours[n] for n, _ in optimizer.slots}


@pytest.mark.parametrize("name", schedules)
def test_schedules(name):
    factor = jax.jit(lambda epoch: jnp.asarray(schedules[name].run(jnp, epoch, 20)))
    for epoch in (0.0, 0.5, 6.0, 13.25, 20.0):
        same(np.asarray(schedules[name].run(np, epoch, 20)), factor(epoch))


def test_penalty_and_its_slope_are_jaxs():
    same(np.asarray(penalty(np, W, 0.3, 0.2)), jax.jit(lambda w: penalty(jnp, w, 0.3, 0.2))(W))
    slope = jax.jit(jax.grad(lambda w: penalty(jnp, w, 0.3, 0.2)))(W)
    same(penalty_slope(np, W, 0.3, 0.2), slope)
    same(penalty_slope(np, W, 0.3, 0.2), jax.jit(lambda w: penalty_slope(jnp, w, 0.3, 0.2))(W))


@pytest.mark.parametrize("limit", [0.5, 2.0, 1000.0])
def test_clipping_and_max_norm(limit):
    ours, norm = clip_by_norm(np, [G, W, np.zeros(2)], limit)
    theirs, their_norm = jax.jit(lambda gs: clip_by_norm(jnp, gs, limit))([G, W, np.zeros(2)])
    same(norm, their_norm)
    for a, b in zip(ours, theirs, strict=True):
        same(a, b)
    same(max_norm(np, W, limit), jax.jit(lambda w: max_norm(jnp, w, limit))(W))


@pytest.mark.parametrize("name", metrics)
@pytest.mark.parametrize("columns", [1, 3])
def test_metrics(name, columns):
    generator = np.random.default_rng(int(columns))
    prediction, target, weight = generator.random((9, columns)), generator.random((9, columns)), generator.random(9)
    run = jax.jit(lambda p, y, s: metrics[name].run(jnp, p, y, s))
    same(np.asarray(metrics[name].run(np, prediction, target, weight)), run(prediction, target, weight))
