r"""More activations: bells, waves, and curves made of straight lines; most of them known from FANN.

All are exact functions of z, with their true slopes; how `activations.py` describes them holds here too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .activation import Activation

BELL_FLAT_FROM = 40.0  # e^(-z^2) is 0 from here on in every dtype

# Where the straight lines of the two stepwise curves meet, (z, a), in FANN's own digits (they are float32 numbers).
SIGMOID_CORNERS = (
    (-2.64665246009826660156, 0.00499999988824129104614),
    (-1.47221946716308593750, 0.0500000007450580596924),
    (-0.549306154251098632812, 0.25),
    (0.549306154251098632812, 0.75),
    (1.47221934795379638672, 0.949999988079071044922),
    (2.64665293693542480469, 0.995000004768371582031),
)
TANH_CORNERS = (
    (-2.64665293693542480469, -0.990000009536743164062),
    (-1.47221934795379638672, -0.899999976158142089844),
    (-0.549306154251098632812, -0.5),
    (0.549306154251098632812, 0.5),
    (1.47221934795379638672, 0.899999976158142089844),
    (2.64665293693542480469, 0.990000009536743164062),
)
Corners = tuple[tuple[float, float], ...]


def threshold_symmetric(xp: Any, z: np.ndarray) -> np.ndarray:
    """1 if the sum reaches 0, else -1.

    >>> print(threshold_symmetric(np, -0.1))
    -1.0
    """
    return xp.where(z >= 0, xp.ones_like(z), -1)


def flat(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """0 everywhere: no error signal comes through."""
    return xp.zeros_like(z)


def gaussian(xp: Any, z: np.ndarray) -> np.ndarray:
    """A bell: 1 where the sum is 0, fading on both sides, so that a unit answers to one place only.

    Source: Broomhead and Lowe, "Multivariable functional interpolation and adaptive networks" (1988).

    >>> print(f"{gaussian(np, 1.0):.8f}")
    0.36787944
    """
    near = xp.clip(z, -BELL_FLAT_FROM, BELL_FLAT_FROM)
    return xp.exp(-near * near)


def gaussian_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """-2 z a: rising left of 0, falling right of it."""
    return -2 * xp.clip(z, -BELL_FLAT_FROM, BELL_FLAT_FROM) * a


def gaussian_symmetric(xp: Any, z: np.ndarray) -> np.ndarray:
    """The bell stretched to -1..1.

    >>> print(f"{gaussian_symmetric(np, 1.0):.8f}")
    -0.26424112
    """
    return 2 * gaussian(xp, z) - 1


def gaussian_symmetric_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """-2 z (a + 1); e^(-z^2) is computed again, as a + 1 has lost its digits where a is nearly -1."""
    return 2 * gaussian_slope(xp, z, gaussian(xp, z))


def elliot(xp: Any, z: np.ndarray) -> np.ndarray:
    """Squash any number into 0..1 with a division only, approaching the ends slowly: softsign, halved and lifted.

    Source: Elliott, "A better activation function for artificial neural networks", ISR technical report 93-8 (1993).

    >>> print(elliot(np, 1.0))
    0.75
    """
    return 0.5 * (z / (1 + xp.abs(z))) + 0.5


def elliot_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """1/2 at z = 0, falling like 1/z^2; the square is taken last, as (1 + |z|)^2 could overflow."""
    share = 1 / (1 + xp.abs(z))
    return 0.5 * share * share


def linear_piece(xp: Any, z: np.ndarray) -> np.ndarray:
    """The sum itself between 0 and 1, held at the ends.

    >>> print(linear_piece(np, 0.25), linear_piece(np, 7.0))
    0.25 1.0
    """
    return xp.clip(z, 0, 1)


def linear_piece_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """1 between the kinks at 0 and 1, else 0; 0 is taken at the kinks."""
    return xp.where((z > 0) & (z < 1), xp.ones_like(z), 0)


def linear_piece_symmetric(xp: Any, z: np.ndarray) -> np.ndarray:
    """The sum itself between -1 and 1, held at the ends.

    >>> print(linear_piece_symmetric(np, -7.0))
    -1.0
    """
    return xp.clip(z, -1, 1)


def linear_piece_symmetric_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """1 between the kinks at -1 and 1, else 0; 0 is taken at the kinks."""
    return xp.where(xp.abs(z) < 1, xp.ones_like(z), 0)


def sine(xp: Any, z: np.ndarray) -> np.ndarray:
    """A wave: for what comes back with every turn.

    >>> print(f"{sine(np, 1.0):.8f}")
    0.84147098
    """
    return xp.sin(z)


def sine_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The wave a quarter of a turn ahead."""
    return xp.cos(z)


def cosine(xp: Any, z: np.ndarray) -> np.ndarray:
    """A wave with its crest at z = 0.

    >>> print(f"{cosine(np, 1.0):.8f}")
    0.54030231
    """
    return xp.cos(z)


def cosine_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Flat at the crest, falling after it."""
    return -xp.sin(z)


def sine_positive(xp: Any, z: np.ndarray) -> np.ndarray:
    """The sine, halved and lifted into 0..1.

    >>> print(f"{sine_positive(np, 1.0):.8f}")
    0.92073549
    """
    return 0.5 * xp.sin(z) + 0.5


def sine_positive_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Half the cosine."""
    return 0.5 * xp.cos(z)


def cosine_positive(xp: Any, z: np.ndarray) -> np.ndarray:
    """The cosine, halved and lifted into 0..1.

    >>> print(f"{cosine_positive(np, 1.0):.8f}")
    0.77015115
    """
    return 0.5 * xp.cos(z) + 0.5


def cosine_positive_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Minus half the sine."""
    return -0.5 * xp.sin(z)


def sigmoid_stepwise(xp: Any, z: np.ndarray) -> np.ndarray:
    """A sigmoid of 2z made of five straight lines, with a small jump to 0 and to 1 at the ends.

    >>> print(sigmoid_stepwise(np, 0.0), sigmoid_stepwise(np, 3.0))
    0.5 1.0
    """
    return stepwise(xp, z, SIGMOID_CORNERS, 0.0, 1.0)


def sigmoid_stepwise_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The slope of the line on which z lies; at a corner that of the line right of it."""
    return stepwise_slope(xp, z, SIGMOID_CORNERS)


def tanh_stepwise(xp: Any, z: np.ndarray) -> np.ndarray:
    """A tanh made of five straight lines, with a small jump to -1 and to 1 at the ends.

    >>> print(tanh_stepwise(np, 0.0), tanh_stepwise(np, -3.0))
    0.0 -1.0
    """
    return stepwise(xp, z, TANH_CORNERS, -1.0, 1.0)


def tanh_stepwise_slope(xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The slope of the line on which z lies; at a corner that of the line right of it."""
    return stepwise_slope(xp, z, TANH_CORNERS)


def stepwise(xp: Any, z: np.ndarray, corners: Corners, low: float, high: float) -> np.ndarray:
    """Straight lines through the corners; `low` before the first and `high` from the last on."""
    near = xp.clip(z, corners[0][0], corners[-1][0])  # the lines are not followed to where they would overflow
    a = xp.where(z < corners[0][0], low, z)
    for (v, r), (v_next, r_next) in _lines(corners):
        a = xp.where(z >= v, (near - v) * (r_next - r) / (v_next - v) + r, a)
    return xp.where(z >= corners[-1][0], high, a)


def stepwise_slope(xp: Any, z: np.ndarray, corners: Corners) -> np.ndarray:
    """0 outside the corners, and between two of them the slope of their line."""
    slope = xp.zeros_like(z)
    for (v, r), (v_next, r_next) in _lines(corners):
        slope = xp.where(z >= v, (r_next - r) / (v_next - v), slope)
    return xp.where(z >= corners[-1][0], 0.0, slope)


def _lines(corners: Corners) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Each line by the two corners at its ends."""
    starts, ends = corners[:-1], corners[1:]
    return list(zip(starts, ends, strict=True))


def _slopes_at(corners: Corners) -> tuple[tuple[float, float], ...]:
    """The corners as kinks: (z, slope taken there)."""
    lines = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in _lines(corners)]
    return tuple(zip((v for v, _ in corners), (*lines, 0.0), strict=True))


def _stepwise_formula(corners: Corners, low: str) -> str:
    first, last = corners[0][0], corners[-1][0]
    middle = r"\text{the line between the corners around } z"
    return (
        rf"\begin{{cases}} {low} & z < {first:.4g} \\ {middle} & {first:.4g} \le z < {last:.4g}"
        rf" \\ 1 & z \ge {last:.4g} \end{{cases}}"
    )


LINE_SLOPE = (
    r"\begin{cases} \frac{a_2 - a_1}{z_2 - z_1} & \text{between the corners } (z_1, a_1), (z_2, a_2) \\"
    r" 0 & \text{outside} \end{cases}"
)

WAVES_AND_PIECES = (
    Activation(
        name="threshold_symmetric",
        forward=threshold_symmetric,
        slope=flat,
        formula=r"\begin{cases} 1 & z \ge 0 \\ -1 & z < 0 \end{cases}",
        slope_formula="0",
        range=(-1.0, 1.0),
        kinks=((0.0, 0.0),),
        refusal="threshold_symmetric is flat on both sides of its jump: its slope is 0 everywhere, so no error signal"
        " comes back through it and the weights before it would never change; train with tanh, its smooth form, and put"
        " threshold_symmetric in its place afterwards",
    ),
    Activation(
        name="gaussian",
        forward=gaussian,
        slope=gaussian_slope,
        formula="e^{-z^2}",
        slope_formula="-2 z a",
        range=(0.0, 1.0),
    ),
    Activation(
        name="gaussian_symmetric",
        forward=gaussian_symmetric,
        slope=gaussian_symmetric_slope,
        formula="2 e^{-z^2} - 1",
        slope_formula="-2 z (a + 1)",
        range=(-1.0, 1.0),
    ),
    Activation(
        name="elliot",
        forward=elliot,
        slope=elliot_slope,
        formula=r"\frac{z}{2 (1 + |z|)} + \frac{1}{2}",
        slope_formula=r"\frac{1}{2 (1 + |z|)^2}",
        range=(0.0, 1.0),
    ),
    Activation(
        name="linear_piece",
        forward=linear_piece,
        slope=linear_piece_slope,
        formula=r"\min(\max(z, 0), 1)",
        slope_formula=r"\begin{cases} 1 & 0 < z < 1 \\ 0 & \text{otherwise} \end{cases}",
        range=(0.0, 1.0),
        kinks=((0.0, 0.0), (1.0, 0.0)),
    ),
    Activation(
        name="linear_piece_symmetric",
        forward=linear_piece_symmetric,
        slope=linear_piece_symmetric_slope,
        formula=r"\min(\max(z, -1), 1)",
        slope_formula=r"\begin{cases} 1 & |z| < 1 \\ 0 & |z| \ge 1 \end{cases}",
        range=(-1.0, 1.0),
        kinks=((-1.0, 0.0), (1.0, 0.0)),
    ),
    Activation(
        name="sine",
        forward=sine,
        slope=sine_slope,
        formula=r"\sin(z)",
        slope_formula=r"\cos(z)",
        range=(-1.0, 1.0),
    ),
    Activation(
        name="cosine",
        forward=cosine,
        slope=cosine_slope,
        formula=r"\cos(z)",
        slope_formula=r"-\sin(z)",
        range=(-1.0, 1.0),
    ),
    Activation(
        name="sine_positive",
        forward=sine_positive,
        slope=sine_positive_slope,
        formula=r"\frac{1}{2} \sin(z) + \frac{1}{2}",
        slope_formula=r"\frac{1}{2} \cos(z)",
        range=(0.0, 1.0),
    ),
    Activation(
        name="cosine_positive",
        forward=cosine_positive,
        slope=cosine_positive_slope,
        formula=r"\frac{1}{2} \cos(z) + \frac{1}{2}",
        slope_formula=r"-\frac{1}{2} \sin(z)",
        range=(0.0, 1.0),
    ),
    Activation(
        name="sigmoid_stepwise",
        forward=sigmoid_stepwise,
        slope=sigmoid_stepwise_slope,
        formula=_stepwise_formula(SIGMOID_CORNERS, "0"),
        slope_formula=LINE_SLOPE,
        range=(0.0, 1.0),
        kinks=_slopes_at(SIGMOID_CORNERS),
    ),
    Activation(
        name="tanh_stepwise",
        forward=tanh_stepwise,
        slope=tanh_stepwise_slope,
        formula=_stepwise_formula(TANH_CORNERS, "-1"),
        slope_formula=LINE_SLOPE,
        range=(-1.0, 1.0),
        kinks=_slopes_at(TANH_CORNERS),
    ),
)
