"""Every activation in whole numbers of 2^-point: as a function of NumPy, and as a C function that does the same.

A kernel is one activation at one point. `run` maps whole numbers z (int64) to whole numbers; `source` is the C function
`NAME_x(int64_t z)`, `tables` what it looks up. `steep` is the largest slope, `jump` the largest jump: together they say
how far an error of z is carried on. `rising` says that larger z never gives less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..maths.activation import Activation
from ..maths.activations import activations
from ..maths.waves_and_pieces import SIGMOID_CORNERS, TANH_CORNERS, Corners
from .c_fixed_tables import CurveTable, curve_table, divided, rounded

Run = Callable[[np.ndarray], np.ndarray]
TURN = 30  # binary digits of an angle, whose unit is the whole turn
FACTOR = 30  # binary digits of a slope


@dataclass(frozen=True, eq=False)
class Kernel:
    """One activation at one point; `suffix` is the C function's name after NAME_, `body` its statements."""

    suffix: str
    run: Run
    body: str
    steep: float
    jump: float = 0.0
    rising: bool = True
    table: CurveTable | None = None
    whole: bool = False


def kernel(activation: Activation, point: int) -> Kernel:
    """The kernel of an activation."""
    return KERNELS[activation.forward](activation, point)


def _plain(run: Callable[[np.ndarray, int], np.ndarray], body: str, steep: float, jump: float = 0.0) -> Any:
    """A kernel without a table; ONE in its body is 2^point."""

    def make(activation: Activation, point: int) -> Kernel:
        text = body.replace("ONE", str(1 << point))
        return Kernel(activation.name, lambda z: run(z, 1 << point), text, steep, jump)

    return make


def _leaky(activation: Activation, point: int) -> Kernel:
    alpha = activation.options["alpha"]
    factor = round(alpha * 2**FACTOR)
    body = f"return z > 0 ? z : NAME_round(z * {factor}, {FACTOR});"
    return Kernel("leaky_relu", lambda z: np.where(z > 0, z, rounded(z * factor, FACTOR)), body, max(1.0, alpha))


def _curved(
    curve: Callable[[Activation, np.ndarray], np.ndarray],
    slope: Callable[[Activation, np.ndarray], np.ndarray],
    run: Callable[[np.ndarray, np.ndarray, int], np.ndarray],
    body: str,
    steep: float,
    rising: bool = True,
) -> Any:
    """A kernel with a table of |z|: `run` gets z, the curve g at |z|, and 2^point; the body calls them z, g and ONE."""

    def make(activation: Activation, point: int) -> Kernel:
        table = curve_table(lambda u: curve(activation, u), lambda u: slope(activation, u), point, point)
        look = "int64_t g = NAME_curve(z < 0 ? -z : z, TABLE, STEPS, SHIFT);\n    "
        text = (look + body).replace("ONE", str(1 << point))
        return Kernel(
            activation.name, lambda z: run(z, table.at(np.abs(z)), 1 << point), text, steep, 0.0, rising, table
        )

    return make


def _at(f: Activation, z: np.ndarray) -> np.ndarray:
    return f.run(np, z)


def _slope(f: Activation, z: np.ndarray) -> np.ndarray:
    return f.slope_at(np, z, f.run(np, z))


def _elu(activation: Activation, point: int) -> Kernel:
    """alpha e^-u from a table, minus alpha."""
    alpha = activation.options["alpha"]
    table = curve_table(lambda u: alpha * np.exp(-u), lambda u: -alpha * np.exp(-u), point, point)
    low = round(alpha * 2**point)
    body = f"return z > 0 ? z : NAME_curve(-z, TABLE, STEPS, SHIFT) - {low};"

    def run(z: np.ndarray) -> np.ndarray:
        return np.where(z > 0, z, table.at(np.maximum(-z, 0)) - low)

    return Kernel("elu", run, body, max(1.0, alpha), table=table)


def _wave(quarter: int, positive: bool) -> Any:
    """A sine, begun `quarter` quarters of a turn later; `positive` halves and lifts it."""

    def make(activation: Activation, point: int) -> Kernel:
        factor = round(2**31 / (2 * np.pi))  # z in turns, with point + 31 binary digits
        table = curve_table(
            lambda u: np.sin(2 * np.pi * u), lambda u: 2 * np.pi * np.cos(2 * np.pi * u), point, TURN, 1.0
        )
        start, mask, one = quarter << (TURN - 2), (1 << TURN) - 1, 1 << point

        def run(z: np.ndarray) -> np.ndarray:
            sine = table.at((((z * factor) >> (point + 1)) + start) & mask)
            return rounded(sine + one, 1) if positive else sine

        turn = f"int64_t turn = (int64_t)(((uint64_t)(z * {factor}) >> {point + 1}) + {start}u) & {mask};\n    "
        sine = "NAME_curve(turn, TABLE, STEPS, SHIFT)"
        body = turn + (f"return NAME_round({sine} + {one}, 1);" if positive else f"return {sine};")
        return Kernel(activation.name, run, body, 0.5 if positive else 1.0, rising=False, table=table)

    return make


def _stepwise(corners: Corners, low: int, steep: float) -> Any:
    """Straight lines between the corners; a jump at both ends."""

    def make(activation: Activation, point: int) -> Kernel:
        one = 1 << point
        places = [round(v * one) for v, _ in corners]
        values = [round(r * one) for _, r in corners]
        slopes = [round((b[1] - a[1]) / (b[0] - a[0]) * 2**FACTOR) for a, b in pairwise(corners)]

        def run(z: np.ndarray) -> np.ndarray:
            a = np.full_like(z, low * one)
            for v, r, slope in zip(places, values, slopes, strict=False):
                near = np.clip(z, places[0], places[-1])
                a = np.where(z >= v, r + rounded((near - v) * slope, FACTOR), a)
            return np.where(z >= places[-1], one, a)

        lines = [f"if (z < {places[0]})", f"    return {low * one};"]
        for v, r, slope, end in zip(places, values, slopes, places[1:], strict=False):
            offset = f"z + {-v}" if v < 0 else f"z - {v}"
            lines += [f"if (z < {end})", f"    return {r} + NAME_round(({offset}) * {slope}, {FACTOR});"]
        body = "\n    ".join([*lines, f"return {one};"])
        return Kernel(activation.name, run, body, steep, jump=0.005 * (1 - low))

    return make


SOFTMAX = """static void NAME_softmax(int32_t *a, int n)
{
    int i;
    int64_t most = a[0], sum = 0;
    for (i = 1; i < n; i++)
        most = a[i] > most ? a[i] : most;
    for (i = 0; i < n; i++) {
        a[i] = (int32_t)NAME_curve(most - a[i], TABLE, STEPS, SHIFT);
        sum += a[i];
    }
    for (i = 0; i < n; i++)
        a[i] = (int32_t)((a[i] * (int64_t)ONE + sum / 2) / sum);
}"""


def _softmax(activation: Activation, point: int) -> Kernel:
    """e^-u from a table, with u the distance to the largest sum; then a division."""
    table = curve_table(lambda u: np.exp(-u), lambda u: -np.exp(-u), point, point)

    def run(z: np.ndarray) -> np.ndarray:
        e = table.at(z.max(axis=-1, keepdims=True) - z)
        return divided(e << point, e.sum(axis=-1, keepdims=True))

    body = SOFTMAX.replace("ONE", str(1 << point))
    return Kernel("softmax", run, body, 0.5, rising=False, table=table, whole=True)


def _softsign(z: np.ndarray, one: int) -> np.ndarray:
    return divided(z * one, one + np.abs(z))


SOFTSIGN = "int64_t d = ONE + (z < 0 ? -z : z);\n    "
SOFTSIGN += "int64_t a = z < 0 ? -((d / 2 - z * ONE) / d) : (z * ONE + d / 2) / d;\n    "
SIXTH = round(2**FACTOR / 6)
RECTIFIED = "return (z > 0 ? z : 0) - g;"


def _rectified(steep: float) -> Any:
    """max(z, 0) minus a bump: gelu and its kin, whose two sides differ by z."""
    return _curved(
        lambda f, u: -_at(f, -u), lambda f, u: _slope(f, -u), lambda z, g, one: np.maximum(z, 0) - g, RECTIFIED, steep,
        rising=False,
    )  # fmt: skip


BY_NAME: dict[str, Any] = {
    "linear": _plain(lambda z, one: z, "", 1.0),
    "relu": _plain(lambda z, one: np.maximum(z, 0), "return z > 0 ? z : 0;", 1.0),
    "leaky_relu": _leaky,
    "elu": _elu,
    "hard_sigmoid": _plain(
        lambda z, one: np.clip(rounded(z * SIXTH, FACTOR) + one // 2, 0, one),
        f"int64_t a = NAME_round(z * {SIXTH}, {FACTOR}) + ONE / 2;\n    return a < 0 ? 0 : a > ONE ? ONE : a;",
        1 / 6,
    ),
    "linear_piece": _plain(
        lambda z, one: np.clip(z, 0, one), "return z < 0 ? 0 : z > ONE ? ONE : z;", 1.0
    ),
    "linear_piece_symmetric": _plain(
        lambda z, one: np.clip(z, -one, one), "return z < -ONE ? -ONE : z > ONE ? ONE : z;", 1.0
    ),
    "threshold": _plain(lambda z, one: np.where(z >= 0, one, 0), "return z < 0 ? 0 : ONE;", 0.0, 1.0),
    "threshold_symmetric": _plain(
        lambda z, one: np.where(z >= 0, one, -one), "return z < 0 ? -ONE : ONE;", 0.0, 2.0
    ),
    "softsign": _plain(_softsign, SOFTSIGN + "return a;", 1.0),
    "elliot": _plain(
        lambda z, one: rounded(_softsign(z, one) + one, 1), SOFTSIGN + "return NAME_round(a + ONE, 1);", 0.5
    ),
    "sigmoid": _curved(
        lambda f, u: _at(f, -u), lambda f, u: -_slope(f, -u),
        lambda z, g, one: np.where(z < 0, g, one - g), "return z < 0 ? g : ONE - g;", 0.25,
    ),
    "tanh": _curved(
        lambda f, u: 1 - _at(f, u), lambda f, u: -_slope(f, u),
        lambda z, g, one: np.where(z < 0, g - one, one - g), "return z < 0 ? g - ONE : ONE - g;", 1.0,
    ),
    "gaussian": _curved(_at, _slope, lambda z, g, one: g, "return g;", 0.86, rising=False),
    "gaussian_symmetric": _curved(
        lambda f, u: (1 + _at(f, u)) / 2, lambda f, u: _slope(f, u) / 2,
        lambda z, g, one: 2 * g - one, "return 2 * g - ONE;", 1.72, rising=False,
    ),
    "softplus": _curved(
        lambda f, u: _at(f, -u), lambda f, u: -_slope(f, -u),
        lambda z, g, one: np.maximum(z, 0) + g, "return (z > 0 ? z : 0) + g;", 1.0,
    ),
    "gelu": _rectified(1.13),
    "gelu_tanh": _rectified(1.13),
    "silu": _rectified(1.1),
    "sine": _wave(0, positive=False),
    "cosine": _wave(1, positive=False),
    "sine_positive": _wave(0, positive=True),
    "cosine_positive": _wave(1, positive=True),
    "sigmoid_stepwise": _stepwise(SIGMOID_CORNERS, 0, 0.456),
    "tanh_stepwise": _stepwise(TANH_CORNERS, -1, 0.911),
    "softmax": _softmax,
}  # fmt: skip

KERNELS: dict[Callable[..., Any], Any] = {activations[name].forward: make for name, make in BY_NAME.items()}
