"""Every activation as a C function of floating-point numbers, by the function of `maths/` that it stands for.

The patterns are filled by `c_text.Real.code`; NAME is the network's name. An activation with a parameter takes it as a
second argument. `softmax` is a function of a whole layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..maths.activation import Activation
from ..maths.activations import activations
from ..maths.waves_and_pieces import SIGMOID_CORNERS, TANH_CORNERS, Corners
from .c_text import REALS, Real

BODIES = {
    "linear": "",
    "sigmoid": "T e = exp$(-fabs$(z));\n    return (z >= 0 ? 1 : e) / (1 + e);",
    "tanh": "return tanh$(z);",
    "relu": "return z < 0 ? 0 : z;",
    "leaky_relu": "return z > 0 ? z : alpha * z;",
    "elu": "return z > 0 ? z : alpha * expm1$(z);",
    "gelu": "return 0.5R * z * erfc$(-0.7071067811865476R * z);",
    "gelu_tanh": "T near = z < -40 ? -40 : z > 40 ? 40 : z;\n"
    "    T e = 1.5957691216057308R * (near + 0.044715R * near * near * near);\n"
    "    T s = exp$(-fabs$(e));\n"
    "    return z * ((e >= 0 ? 1 : s) / (1 + s));",
    "silu": "T e = exp$(-fabs$(z));\n    return z * ((z >= 0 ? 1 : e) / (1 + e));",
    "softplus": "return (z >= 0 ? z : 0) + log1p$(exp$(-fabs$(z)));",
    "softsign": "return z / (1 + fabs$(z));",
    "hard_sigmoid": "T a = z / 6 + 0.5R;\n    return a < 0 ? 0 : a > 1 ? 1 : a;",
    "threshold": "return z >= 0 ? 1 : 0;",
    "threshold_symmetric": "return z >= 0 ? 1 : -1;",
    "gaussian": "return exp$(-z * z);",
    "gaussian_symmetric": "return 2 * exp$(-z * z) - 1;",
    "elliot": "return 0.5R * (z / (1 + fabs$(z))) + 0.5R;",
    "linear_piece": "return z < 0 ? 0 : z > 1 ? 1 : z;",
    "linear_piece_symmetric": "return z < -1 ? -1 : z > 1 ? 1 : z;",
    "sine": "return sin$(z);",
    "cosine": "return cos$(z);",
    "sine_positive": "return 0.5R * sin$(z) + 0.5R;",
    "cosine_positive": "return 0.5R * cos$(z) + 0.5R;",
}

SOFTMAX = """static void NAME_softmax(T *a, int n)
{
    int i;
    T most = a[0], sum = 0;
    for (i = 1; i < n; i++)
        most = a[i] > most ? a[i] : most;
    for (i = 0; i < n; i++)
        sum += a[i] = exp$(a[i] - most);
    for (i = 0; i < n; i++)
        a[i] /= sum;
}"""


@dataclass(frozen=True)
class CFunction:
    """An activation in C; `pattern` is its whole text, empty where there is nothing to compute."""

    name: str
    pattern: str
    parameters: tuple[str, ...] = ()
    whole: bool = False

    def source(self, real: Real, name: str) -> str:
        """Its text for one type and one network."""
        return real.code(self.pattern.replace("NAME", name))

    def call(self, real: Real, name: str, activation: Activation, value: str) -> str:
        """An expression that applies it to `value`."""
        values = [real.number(activation.options[parameter]) for parameter in self.parameters]
        return f"{name}_{self.name}({', '.join([value, *values])})"


def _stepwise(corners: Corners, low: float, high: float) -> str:
    """Straight lines between the corners, as a row of questions."""
    number = REALS["double"].number
    lines = [f"if (z < {number(corners[0][0])}R)", f"    return {number(low)}R;"]
    for (v, r), (v_next, r_next) in pairwise(corners):
        lines.append(f"if (z < {number(v_next)}R)")
        offset = f"z + {number(-v)}R" if v < 0 else f"z - {number(v)}R"
        lines.append(f"    return ({offset}) * {number(r_next - r)}R / {number(v_next - v)}R + {number(r)}R;")
    return "\n    ".join([*lines, f"return {number(high)}R;"])


def _function(name: str, body: str) -> CFunction:
    parameters = tuple(parameter.name for parameter in activations[name].parameters)
    arguments = ", ".join(f"T {argument}" for argument in ("z", *parameters))
    pattern = f"static T NAME_{name}({arguments})\n{{\n    {body}\n}}" if body else ""
    return CFunction(name, pattern, parameters)


def _functions() -> dict[Callable[..., Any], CFunction]:
    bodies = {
        **BODIES,
        "sigmoid_stepwise": _stepwise(SIGMOID_CORNERS, 0.0, 1.0),
        "tanh_stepwise": _stepwise(TANH_CORNERS, -1.0, 1.0),
    }
    found = {activations[name].forward: _function(name, body) for name, body in bodies.items()}
    return {**found, activations["softmax"].forward: CFunction("softmax", SOFTMAX, whole=True)}


C_FUNCTIONS = _functions()
