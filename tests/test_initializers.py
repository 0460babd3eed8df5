"""The initializers: bounds and variances of the papers, the generators they accept, given arrays, errors."""

import math
import pickle

import numpy as np
import pytest

from pellucid.errors import InputError, UnknownNameError
from pellucid.maths.initializers import initializers
from pellucid.maths.random import Stream

SHAPE, FAN_IN, FAN_OUT = (300, 200), 300, 200
UNIFORM_LIMIT = {
    "uniform": 1.0,
    "glorot_uniform": math.sqrt(6 / 500),
    "he_uniform": math.sqrt(6 / 300),
    "lecun_uniform": math.sqrt(3 / 300),
}
STD = {"normal": 1.0, "glorot_normal": math.sqrt(2 / 500), "he_normal": math.sqrt(2 / 300)}
STD["lecun_normal"] = math.sqrt(1 / 300)
DRAWING = [*UNIFORM_LIMIT, *STD, "nguyen_widrow"]


def draw(spec, random=None, shape=SHAPE, fan_in=FAN_IN, fan_out=FAN_OUT):
    return initializers.resolve(spec).run(np, random or Stream(3, "weights", 1), shape, fan_in, fan_out)


class Watched:
    """A generator that counts how often it is asked."""

    def __init__(self):
        self.stream, self.calls = Stream(0, "weights"), []

    def random(self, shape):
        self.calls.append(("random", shape))
        return self.stream.random(shape)

    def standard_normal(self, shape):
        self.calls.append(("standard_normal", shape))
        return self.stream.standard_normal(shape)


def test_the_table_is_complete():
    assert set(initializers) == {*DRAWING, "zeros", "constant", "given"}


@pytest.mark.parametrize(("name", "limit"), UNIFORM_LIMIT.items())
def test_uniform_ones(name, limit):
    W = draw(name)
    n = W.size
    assert W.min() >= -limit
    assert W.max() < limit
    assert W.max() > 0.999 * limit
    assert W.mean() == pytest.approx(0.0, abs=4 * limit / math.sqrt(3 * n))
    assert W.var() == pytest.approx(limit**2 / 3, rel=0.02)


@pytest.mark.parametrize(("name", "std"), STD.items())
def test_normal_ones(name, std):
    W = draw(name)
    assert W.mean() == pytest.approx(0.0, abs=4 * std / math.sqrt(W.size))
    assert W.std() == pytest.approx(std, rel=0.02)
    assert abs(W).max() > 3.5 * std  # not truncated


def test_ranges_can_be_chosen():
    W = draw("uniform(low=2.0, high=3.0)")
    assert W.min() >= 2.0
    assert W.max() < 3.0
    N = draw("normal(mean=5.0, std=0.1)")
    assert N.mean() == pytest.approx(5.0, abs=0.01)
    assert N.std() == pytest.approx(0.1, rel=0.02)
    assert np.all(draw("uniform(low=2.0, high=2.0)") == 2.0)
    assert np.all(draw("normal(mean=2.0, std=0.0)") == 2.0)


@pytest.mark.parametrize(("fan_in", "units"), [(2, 4), (1, 1), (5, 30)])
def test_nguyen_widrow(fan_in, units):
    spread = 0.7 * units ** (1 / fan_in)
    W = draw("nguyen_widrow", shape=(fan_in, units), fan_in=fan_in, fan_out=units)
    assert np.sqrt((W**2).sum(axis=0)) == pytest.approx([spread] * units, rel=1e-14)
    b = draw("nguyen_widrow", shape=(units,), fan_in=fan_in, fan_out=units)
    assert np.all(abs(b) <= spread)
    assert len(set(b.tolist())) == units


def test_nguyen_widrow_with_a_column_of_zeros():
    class Half:
        def random(self, shape):
            return np.full(shape, 0.5)

    W = draw("nguyen_widrow", random=Half(), shape=(2, 3), fan_in=2, fan_out=3)
    assert np.all(W == 0.0)


@pytest.mark.parametrize("name", DRAWING)
@pytest.mark.parametrize("random", [Stream(1, "weights"), np.random.default_rng(1), np.random.RandomState(1)])
def test_every_generator_fits(name, random):
    W = draw(name, random=random, shape=(3, 2), fan_in=3, fan_out=2)
    assert W.shape == (3, 2)
    assert W.dtype == np.float64
    assert W.flags.c_contiguous
    assert np.all(np.isfinite(W))


@pytest.mark.parametrize("name", DRAWING)
def test_one_draw_per_array(name):
    watched = Watched()
    draw(name, random=watched, shape=(3, 2))
    assert len(watched.calls) == 1
    assert watched.calls[0][1] == (3, 2)


def test_zeros_constant_and_given_draw_nothing():
    assert np.array_equal(draw("zeros", random=object(), shape=(2,)), [0.0, 0.0])
    assert np.array_equal(draw("constant(value=0.1)", random=object(), shape=(1, 2)), [[0.1, 0.1]])
    W = draw("given(array=[[1, 2], [3, 4], [5, 6]])", random=object(), shape=(3, 2))
    assert W.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert W.dtype == np.float64


def test_the_tutorials_weights():
    expected = 2 * np.random.RandomState(1).random((3, 1)) - 1
    W = draw("uniform(low=-1, high=1)", random=np.random.RandomState(1), shape=(3, 1))
    assert np.array_equal(W, expected)


def test_given_arrays_are_values_like_others():
    array = np.array([[1.0, 2.0]])
    record = initializers.given(array=array)
    array[:] = 0.0
    assert record == initializers.given(array=[[1.0, 2.0]]) == pickle.loads(pickle.dumps(record))
    assert hash(record) == hash(initializers.given(array=((1.0, 2.0),)))
    assert repr(record) == "given(array=((1.0, 2.0),))"
    assert initializers.resolve(repr(record)) == record
    first = record.run(np, None, (1, 2), 1, 2)
    first[:] = 7.0
    assert record.run(np, None, (1, 2), 1, 2).tolist() == [[1.0, 2.0]]


def test_given_of_the_wrong_shape():
    with pytest.raises(InputError) as error:
        draw("given(array=[[1, 2]])", shape=(2, 1))
    assert str(error.value) == (
        "the array of given() has shape (1, 2).\n"
        "  Expected: (2, 1), the shape of this layer's array.\n"
        "  Instead:  given(array=W.T)"
    )
    with pytest.raises(InputError) as error:
        draw("given(array=[1, 2])", shape=(3,))
    assert error.value.instead == ""


@pytest.mark.parametrize("array", [None, [[1.0], [2.0, 3.0]], [["a", "b"]], [[math.nan, 1.0]], [[math.inf, 1.0]]])
def test_given_what_is_no_array_of_finite_numbers(array):
    with pytest.raises(InputError, match="finite numbers of shape \\(1, 2\\), in rows of equal length") as error:
        initializers.given(array=array).run(np, None, (1, 2), 1, 2)
    assert str(error.value).startswith("the array of given() is ")


def test_wrong_ranges_and_names():
    with pytest.raises(InputError, match="uniform\\(low=1.0, high=0.0\\)") as error:
        draw("uniform(low=1, high=0)")
    assert error.value.instead == "uniform(low=0.0, high=1.0)"
    with pytest.raises(InputError, match="std=-1"):
        initializers.normal(std=-1)
    with pytest.raises(UnknownNameError) as unknown:
        initializers.resolve("glorot_unifrom")
    assert unknown.value.instead == "'glorot_uniform'"
