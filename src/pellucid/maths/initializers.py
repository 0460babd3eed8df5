"""Initializers: the numbers that weights and biases start from.

Each draws one array: `draw(xp, random, shape, fan_in, fan_out, **options)`, in float64. `random` has
`.random(shape)` in [0, 1) and `.standard_normal(shape)`: our `Stream`, NumPy's `Generator` and `RandomState` all do,
and are asked at most once per array. `fan_in` and `fan_out` are how many numbers enter and leave the layer.

>>> import numpy as np
>>> from pellucid.maths.initializers import initializers
>>> from pellucid.maths.random import Stream
>>> W = initializers.glorot_uniform.run(np, Stream(0, "weights", 1), (3, 4), 3, 4)
>>> W.shape, bool(abs(W).max() <= (6 / 7) ** 0.5)
((3, 4), True)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError
from .record import Parameter, Record, Table

Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class Initializer(Record):
    """One initializer: `draw(xp, random, shape, fan_in, fan_out, **options)` gives an array of `shape`."""

    draw: Callable[..., Any]

    functions: ClassVar[tuple[str, ...]] = ("draw",)

    def __post_init__(self) -> None:
        # Arrays become nested tuples, so that records can be compared, hashed and written to a file.
        object.__setattr__(self, "values", tuple((name, _nested(value)) for name, value in self.values))
        super().__post_init__()

    def run(self, xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
        """Draw with the chosen values."""
        return self.draw(xp, random, shape, fan_in, fan_out, **self.options)


def uniform(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int, low: float, high: float) -> Any:
    """Uniform on [low, high): low + (high - low) u."""
    if low > high:
        raise InputError(f"uniform(low={low!r}, high={high!r})", "low at most high", f"uniform(low={high}, high={low})")
    return low + (high - low) * random.random(shape)


def normal(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int, mean: float, std: float) -> Any:
    """Normal with this mean and standard deviation: mean + std n."""
    return mean + std * random.standard_normal(shape)


def glorot_uniform(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """Uniform on [-r, r), r = sqrt(6 / (fan_in + fan_out)): Glorot and Bengio 2010, eq. 16. For sigmoid and tanh."""
    return math.sqrt(6.0 / (fan_in + fan_out)) * (2.0 * random.random(shape) - 1.0)


def glorot_normal(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """Normal with variance 2 / (fan_in + fan_out): Glorot and Bengio 2010, eq. 12. Not truncated, like torch's."""
    return math.sqrt(2.0 / (fan_in + fan_out)) * random.standard_normal(shape)


def he_uniform(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """Uniform on [-r, r), r = sqrt(6 / fan_in): the variance of He et al. 2015, eq. 10. For relu and its family."""
    return math.sqrt(6.0 / fan_in) * (2.0 * random.random(shape) - 1.0)


def he_normal(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """Normal with variance 2 / fan_in: He et al. 2015, eq. 10. Not truncated, like torch's."""
    return math.sqrt(2.0 / fan_in) * random.standard_normal(shape)


def lecun_uniform(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """Uniform on [-r, r), r = sqrt(3 / fan_in): the variance 1 / fan_in of LeCun et al. 1998, eq. 16."""
    return math.sqrt(3.0 / fan_in) * (2.0 * random.random(shape) - 1.0)


def lecun_normal(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """Normal with variance 1 / fan_in: LeCun et al., Efficient BackProp, 1998, eq. 16. Not truncated."""
    return math.sqrt(1.0 / fan_in) * random.standard_normal(shape)


def nguyen_widrow(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """Spread the units' active regions over inputs in [-1, 1]: Nguyen and Widrow, IJCNN 1990.

    Form used, with H = fan_out units, N = fan_in inputs and s = 0.7 H^(1/N). A weight matrix (N, H): each column
    uniform on [-1, 1), then scaled to the length s. Biases (H,): uniform on [-s, s). The paper writes it for one hidden
    layer of tanh units; for inputs in another range, scale them first.
    """
    spread = 0.7 * fan_out ** (1.0 / fan_in)
    direction = 2.0 * random.random(shape) - 1.0
    if len(shape) == 1:
        return spread * direction
    length = xp.sqrt(xp.sum(direction * direction, axis=0))
    return spread * direction / xp.where(length > 0.0, length, 1.0)


def zeros(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int) -> Any:
    """All zero; nothing is drawn. For biases: equal weights would leave the hidden units alike for ever."""
    return xp.zeros(shape, dtype=xp.float64)


def constant(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int, value: float) -> Any:
    """All the same value; nothing is drawn."""
    return xp.full(shape, value, dtype=xp.float64)


def given(xp: Any, random: Any, shape: Shape, fan_in: int, fan_out: int, array: Any) -> Any:
    """Exactly these numbers, `given(array=[[1.0, 2.0]])`; nothing is drawn. The shape must be the layer's."""
    try:
        numbers = np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.asarray(np.nan)
    if not np.all(np.isfinite(numbers)):
        expected = f"finite numbers of shape {tuple(shape)}, in rows of equal length"
        raise InputError(f"the array of given() is {_short(array)}", expected, "given(array=[[0.5, -0.5], [1.0, 0.0]])")
    if numbers.shape != tuple(shape):
        expected = f"{tuple(shape)}, the shape of this layer's array"
        instead = "given(array=W.T)" if numbers.shape == tuple(shape)[::-1] else ""
        raise InputError(f"the array of given() has shape {numbers.shape}", expected, instead)
    return xp.asarray(numbers)


def _nested(value: Any) -> Any:
    """Lists, tuples and arrays as tuples of tuples; anything else as it is."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(_nested(v) for v in value) if isinstance(value, (list, tuple)) else value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


initializers: Table[Initializer] = Table(
    "initializer",
    [
        Initializer(
            name="uniform",
            formula=r"l + (h - l)\,u, \quad u \sim U[0, 1)",
            draw=uniform,
            parameters=(
                Parameter(name="low", default=-1.0, meaning="the smallest value"),
                Parameter(name="high", default=1.0, meaning="the values stay below it"),
            ),
        ),
        Initializer(
            name="normal",
            formula=r"\mu + \sigma\,n, \quad n \sim N(0, 1)",
            draw=normal,
            parameters=(
                Parameter(name="mean", default=0.0, meaning="the mean"),
                Parameter(name="std", default=1.0, low=0.0, meaning="the standard deviation"),
            ),
        ),
        Initializer(
            name="glorot_uniform",
            formula=r"\sqrt{6 / (n_{in} + n_{out})}\,(2u - 1)",
            draw=glorot_uniform,
        ),
        Initializer(
            name="glorot_normal",
            formula=r"\sqrt{2 / (n_{in} + n_{out})}\,n",
            draw=glorot_normal,
        ),
        Initializer(name="he_uniform", formula=r"\sqrt{6 / n_{in}}\,(2u - 1)", draw=he_uniform),
        Initializer(name="he_normal", formula=r"\sqrt{2 / n_{in}}\,n", draw=he_normal),
        Initializer(name="lecun_uniform", formula=r"\sqrt{3 / n_{in}}\,(2u - 1)", draw=lecun_uniform),
        Initializer(name="lecun_normal", formula=r"\sqrt{1 / n_{in}}\,n", draw=lecun_normal),
        Initializer(
            name="nguyen_widrow",
            formula=r"0.7\, n_{out}^{1 / n_{in}}\, v / \lVert v \rVert, \quad v = 2u - 1",
            draw=nguyen_widrow,
        ),
        Initializer(name="zeros", formula=r"0", draw=zeros),
        Initializer(
            name="constant",
            formula=r"c",
            draw=constant,
            parameters=(Parameter(name="value", default=0.0, meaning="the value"),),
        ),
        Initializer(
            name="given",
            formula=r"A",
            draw=given,
            parameters=(Parameter(name="array", default=None, meaning="the numbers, of the array's shape"),),
        ),
    ],
)
