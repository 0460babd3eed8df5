"""A network as C in whole numbers only, for processors without floating point: int32 values, int64 sums."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..maths import passes
from ..maths.random import Stream
from ..model.model import Model
from .c_file import CFile, labels_said, program, to_label
from .c_fixed_inputs import (
    CLAMPED,
    ONE_HOT,
    SCALED,
    Bounds,
    Input,
    Output,
    bounds_of,
    inputs_of,
    output_of,
    plain_inputs,
    x_point_of,
)
from .c_fixed_kernels import KERNELS, Kernel
from .c_fixed_plan import FINEST, FixedStep, Spread, TooLargeError, fixed_steps
from .c_fixed_tables import CURVE, TABLE
from .c_network import by_unit_order, copy, described, index_type, item, wiring
from .c_preparing import inputs_said, restoring
from .c_steps import Places, Step, places_of, steps_of
from .c_text import array, inline

ROWS = 1000  # drawn at random from the bounds, to measure how far off the answers are

DENSE = """static void NAME_dense(const int32_t *x, int n_in, const int32_t *w, const int64_t *b,
                       int32_t *z, int units, int shift)
{
    int i, j;
    for (j = 0; j < units; j++) {
        int64_t sum = b ? b[j] : 0;
        for (i = 0; i < n_in; i++)
            sum += (int64_t)*w++ * x[i];
        z[j] = (int32_t)NAME_round(sum, shift);
    }
}"""
SPARSE = """static void NAME_sparse(const int32_t *x, const INDEX *count, const INDEX *from, const int32_t *w,
                        const int64_t *b, int32_t *z, int units, int shift)
{
    int i, j;
    for (j = 0; j < units; j++) {
        int64_t sum = b ? b[j] : 0;
        for (i = 0; i < (int)count[j]; i++)
            sum += (int64_t)*w++ * x[*from++];
        z[j] = (int32_t)NAME_round(sum, shift);
    }
}"""
PROGRAM = """#ifdef FLAG
#include <stdio.h>

int main(void)
{
UNITS
    int32_t x[N_IN], y[N_OUT];
    int i;
    for (;;) {
        for (i = 0; i < N_IN; i++) {
            double v;
            if (scanf("%FORMAT", &v) != 1)
                return 0;
            v *= unit[i];
            v = v > 2147483647.0 ? 2147483647.0 : v < -2147483647.0 ? -2147483647.0 : v;
            x[i] = v != v ? INT32_MIN : (int32_t)(v < 0 ? v - 0.5 : v + 0.5);
        }
        NAME_run(x, y);
        for (i = 0; i < N_OUT; i++)
            printf("%.DIGITSg%c", y[i] / ONE, i + 1 < N_OUT ? ' ' : '\\n');
    }
}
#endif"""


@dataclass(frozen=True, eq=False)
class FixedNetwork:
    """Everything decided: points, bounds, whole weights. `inputs` is None where the first layer sees x as it is."""

    model: Model
    point: int
    x_point: int
    low: list[int]
    high: list[int]
    whole: list[bool]
    inputs: list[Input] | None
    steps: list[FixedStep]
    output: Output

    def run(self, x: np.ndarray) -> np.ndarray:
        """Rows of whole numbers as the C answers them, digit for digit."""
        kept = [np.clip(x, self.low, self.high)]
        if self.inputs is not None:
            kept = [np.concatenate([column.prepare(kept[0][:, k]) for k, column in enumerate(self.inputs)], axis=1)]
        for step in self.steps:
            kept.append(step.run(np.concatenate(kept, axis=1) if step.step.sees_all else kept[-1]))
        return self.output.run(kept[-1])

    def true(self, x: np.ndarray) -> np.ndarray:
        """What the network answers to these rows with real numbers."""
        rows = x * np.where(self.whole, 1.0, 2.0**-self.x_point)
        if self.inputs is not None:
            rows = np.concatenate([column.true(rows[:, k]) for k, column in enumerate(self.inputs)], axis=1)
        parameters = [
            {key: p.astype(np.float64) for key, p in layer.items()} for layer in self.model.parameters.by_layer
        ]
        found, a = restoring(self.model), passes.output(np, self.model.layers, parameters, rows)
        return a if found is None else a * np.array(found[1]) + np.array(found[0])

    def measured(self) -> float:
        """The largest difference between the two in rows drawn at random from the bounds."""
        u = Stream(seed=0, purpose="search").random((ROWS, len(self.low)))
        low, high = np.array(self.low), np.array(self.high)
        x = np.rint(low + u * (high - low)).astype(np.int64)
        return float(np.abs(self.run(x) * 2.0**-self.output.point - self.true(x)).max())


def fixed_network(model: Model, name: str, bounds: Any) -> FixedNetwork:
    """The network at the largest point that fits."""
    pairs, steps = bounds_of(model, bounds), steps_of(model, KERNELS)
    place = places_of(steps, model.n_in, prepared=True).first
    for point in range(FINEST, -1, -1):
        try:
            return _at_point(model, name, pairs, steps, place, point)
        except TooLargeError:
            continue
    raise InputError(
        "for some inputs a value in this network is too large for 32 bits",
        "smaller bounds or weights",
        'number="float"',
    )


def _at_point(
    model: Model, name: str, pairs: Sequence[Bounds], steps: list[Step], place: str, point: int
) -> FixedNetwork:
    x_point = x_point_of(model, pairs, point)
    inputs = None
    if model.preprocessing is None:
        spread = plain_inputs(pairs, point)
        low, high, whole = spread.low.tolist(), spread.high.tolist(), [False] * len(pairs)
    else:
        inputs = inputs_of(model, name, pairs, point, x_point, place)
        spread = Spread.joined([column.spread for column in inputs])
        low, high, whole = ([getattr(column, key) for column in inputs] for key in ("low", "high", "whole"))
    made, last = fixed_steps(steps, spread, point)
    return FixedNetwork(model, point, x_point, low, high, whole, inputs, made, output_of(model, last, point))


def fixed_code(model: Model, name: str, bounds: Any) -> str:
    """The whole file."""
    network = fixed_network(model, name, bounds)
    places = places_of([made.step for made in network.steps], model.n_in, prepared=True)
    names = _names(network)
    before = _before(network, name, places)
    constants, statements = _layers(network, name, places, names)
    y_point = network.output.point
    functions = _functions(network, name, names)
    functions += to_label(model, name, "int32_t", lambda value: str(round(value * 2**y_point)))
    n_in = len(network.low)
    file = CFile(
        name=name,
        kind="int32_t",
        n_in=n_in,
        n_out=model.n_out,
        about=_about(network, name),
        said=[*_inputs(network), *labels_said(model)],
        constants=[
            f"#define {name.upper()}_X_POINT {network.x_point}\n#define {name.upper()}_Y_POINT {y_point}",
            *constants,
        ],
        functions=functions,
        arrays=places.arrays,
        statements=[*before, *statements, *network.output.statements(name)],
        program=_program(network, name),
        includes=("stdint.h",),
    )
    return file.text()


def _about(network: FixedNetwork, name: str) -> list[str]:
    x, y = network.x_point, network.output.point
    upper = name.upper()
    largest, measured = float(network.output.off.max()), network.measured()
    jumps = sorted({made.suffix for step in network.steps for _, _, made in step.kernels if made.jump})
    why = f" The first is so much for the jumps of {' and '.join(jumps)}: close to one, a rounding decides."
    rest = why if jumps else ""
    return [
        f"Whole numbers only: x[i] is the input times 2^{x} ({upper}_X_POINT), y[i] / 2^{y} ({upper}_Y_POINT) is the "
        f"answer; in between the binary point stands at {network.point}. Inputs outside their bounds are taken as the "
        "nearest bound, so that nothing overflows.",
        f"How exact it is: within the bounds an answer is off by at most {largest:.1e}, summed up from every rounding "
        f"on the way; in {ROWS} random rows the largest error was {measured:.1e}.{rest}",
    ]


def _inputs(network: FixedNetwork) -> list[str]:
    """The bounds, and what each number of x is."""
    unit = 2.0**-network.x_point
    pairs = [f"{low * unit:.6g} to {high * unit:.6g}" for low, high in zip(network.low, network.high, strict=True)]
    said = inputs_said(network.model, "INT32_MIN")
    if not said:
        every = pairs[0] if len(set(pairs)) == 1 else ", ".join(pairs)
        return [f"bounds of the inputs: {every}"]
    limits = [
        " (a plain whole number)" if whole else f"; bounds {pair}"
        for whole, pair in zip(network.whole, pairs, strict=True)
    ]
    return [text + limit for text, limit in zip(said, limits, strict=True)]


def _program(network: FixedNetwork, name: str) -> str:
    units = ["1.0" if whole else f"{2.0**network.x_point!r}" for whole in network.whole]
    text = PROGRAM.replace("UNITS", textwrap.indent(array("double", "unit", units), " " * 4)).replace(
        "ONE", f"{2.0**network.output.point!r}"
    )
    return program(text, name, len(network.low), network.model.n_out, {"T": "int32_t", "FORMAT": "lf", "DIGITS": "17"})


# --- Arrays, functions, statements ------------------------------------------------------------------------------------


def _names(network: FixedNetwork) -> dict[Kernel, str]:
    """What each kernel's function is called; a second one of the same name gets a number."""
    kernels = dict.fromkeys(kernel for made in network.steps for _, _, kernel in made.kernels if kernel.body)
    names: dict[Kernel, str] = {}
    for kernel in kernels:
        same = sum(other.suffix == kernel.suffix for other in names)
        names[kernel] = kernel.suffix + (f"_{same + 1}" if same else "")
    return names


def _before(network: FixedNetwork, name: str, places: Places) -> list[str]:
    """Statements that fill the first place from x."""
    if network.inputs is not None:
        return [line for column in network.inputs for line in column.statements]
    pairs = set(zip(network.low, network.high, strict=True))
    if len(pairs) == 1:
        low, high = pairs.pop()
        return [
            f"for (i = 0; i < {len(network.low)}; i++)",
            f"    {places.first}[i] = {name}_clamped(x[i], {low}, {high});",
        ]
    return [
        f"{places.first}[{k}] = {name}_clamped(x[{k}], {low}, {high});"
        for k, (low, high) in enumerate(zip(network.low, network.high, strict=True))
    ]


def _layers(network: FixedNetwork, name: str, places: Places, names: dict[Kernel, str]) -> tuple[list[str], list[str]]:
    index = index_type([made.step for made in network.steps])
    constants = [
        array("int32_t", f"{name}_{suffix}_t", [str(v) for v in kernel.table.numbers.tolist()])
        for kernel, suffix in names.items()
        if kernel.table is not None
    ]
    statements: list[str] = []
    for k, made in enumerate(network.steps, start=1):
        constants += _constants(f"{name}_", k, made, index)
        statements += _sums(name, k, made, places.reads[k - 1], places.writes[k - 1])
        statements += _activations(name, made, places.writes[k - 1], names)
    return constants, statements


def _constants(prefix: str, k: int, made: FixedStep, index: str) -> list[str]:
    step = made.step
    if made.sums is None:
        return []
    parts = [] if step.exists is None else wiring(prefix, k, step, index)
    weights = [str(w) for w in by_unit_order(step, made.sums.W).tolist()]
    parts.append(array("int32_t", f"{prefix}w{k}", weights, row=step.n_in if step.exists is None else 0))
    if step.b is not None:
        parts.append(array("int64_t", f"{prefix}b{k}", [str(b) for b in made.sums.b.tolist()]))
    parts[0] = f"{inline(described(step))}\n{parts[0]}"
    return parts


def _sums(name: str, k: int, made: FixedStep, source: str, target: str) -> list[str]:
    step = made.step
    if made.sums is None:
        return [inline(step.name), *copy(source, target, step.width)]
    b = f"{name}_b{k}" if step.b is not None else "0"
    rest = f"{b}, {target}, {step.width}, {made.sums.shift});"
    if step.exists is None:
        return [inline(step.name), f"{name}_dense({source}, {step.n_in}, {name}_w{k}, {rest}"]
    return [inline(step.name), f"{name}_sparse({source}, {name}_count{k}, {name}_from{k}, {name}_w{k}, {rest}"]


def _activations(name: str, made: FixedStep, place: str, names: dict[Kernel, str]) -> list[str]:
    lines = []
    for start, end, kernel in made.kernels:
        if kernel.whole:
            lines.append(f"{name}_{names[kernel]}({place}, {made.step.width});")
        elif kernel.body:
            value = item(place, str(start) if end == start + 1 else "i")
            lines += [f"for (i = {start}; i < {end}; i++)"] if end > start + 1 else []
            indent = "    " if end > start + 1 else ""
            lines.append(f"{indent}{value} = (int32_t){name}_{names[kernel]}({value});")
    return lines


def _functions(network: FixedNetwork, name: str, names: dict[Kernel, str]) -> list[str]:
    """The functions that are called, each after those that it calls."""
    wired = [made.step.exists is not None for made in network.steps if made.sums is not None]
    index = index_type([made.step for made in network.steps])
    kernels = [_kernel(kernel, suffix) for kernel, suffix in names.items()]
    dense = [DENSE] * (not all(wired)) + [SPARSE.replace("INDEX", index)] * any(wired)
    columns = [column.kind for column in network.model.preprocessing.columns] if network.model.preprocessing else []
    prepare = [SCALED] * ("numeric" in columns) + [ONE_HOT.replace("ONE", str(1 << network.point))] * (
        "category" in columns
    )
    clamp = [CLAMPED] * (not columns or "numeric" in columns)
    rest = [*clamp, *prepare, *dense, *kernels]
    text = "\n".join([*rest, *network.output.statements("NAME")])
    helpers = [CURVE] * ("NAME_curve(" in text)
    helpers = [TABLE] * bool(helpers or "NAME_round(" in text) + helpers
    return [part.replace("NAME", name) for part in [*helpers, *rest]]


def _kernel(kernel: Kernel, suffix: str) -> str:
    text = kernel.body if kernel.whole else f"static int64_t NAME_{suffix}(int64_t z)\n{{\n    {kernel.body}\n}}"
    if kernel.table is None:
        return text
    text = text.replace("TABLE", f"NAME_{suffix}_t").replace("STEPS", str(kernel.table.steps))
    return text.replace("SHIFT", str(kernel.table.shift))
