"""The network in C with floating-point numbers: its arrays, its functions, and the passes layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .c_activations import C_FUNCTIONS
from .c_steps import Places, Step
from .c_text import Real, array, inline

DENSE = """static void NAME_dense(const T *x, int n_in, const T *w, const T *b, T *z, int units)
{
    int i, j;
    for (j = 0; j < units; j++) {
        T sum = 0;
        for (i = 0; i < n_in; i++)
            sum += *w++ * x[i];
        z[j] = b ? sum + b[j] : sum;
    }
}"""

SPARSE = """static void NAME_sparse(const T *x, const INDEX *count, const INDEX *from,
                        const T *w, const T *b, T *z, int units)
{
    int i, j;
    for (j = 0; j < units; j++) {
        T sum = 0;
        for (i = 0; i < (int)count[j]; i++)
            sum += *w++ * x[*from++];
        z[j] = b ? sum + b[j] : sum;
    }
}"""


@dataclass(frozen=True)
class Written:
    """What a network needs: constants, functions, the statements of `NAME_run`."""

    constants: list[str]
    functions: list[str]
    statements: list[str]


def network_code(name: str, real: Real, steps: list[Step], places: Places) -> Written:
    """All layers, from `places.first` to y."""
    constants, statements = [], []
    index = index_type(steps)
    for k, step in enumerate(steps, start=1):
        constants += _constants(f"{name}_", k, step, real, index)
        statements += _layer(name, k, step, places.reads[k - 1], places.writes[k - 1])
        statements += activation_code(name, real, step, places.writes[k - 1])
    return Written(constants, _functions(name, real, steps), statements)


def index_type(steps: list[Step]) -> str:
    """The smallest type that can say from which input a weight comes."""
    most = max((step.n_in for step in steps if step.exists is not None), default=0)
    return "unsigned char" if most < 2**8 else "unsigned short" if most < 2**16 else "unsigned long"


def wiring(prefix: str, k: int, step: Step, index: str) -> list[str]:
    """Of a layer whose weights do not all exist: how many each unit has, and from which inputs."""
    assert step.exists is not None
    places = [np.flatnonzero(column) for column in step.exists.T]
    counts = [str(len(place)) for place in places]
    sources = [str(i) for place in places for i in place.tolist()]
    return [
        array(index, f"{prefix}count{k}", counts),
        array(index, f"{prefix}from{k}", sources or ["0"]),
    ]


def by_unit_order(step: Step, W: np.ndarray) -> np.ndarray:
    """The weights that exist, unit after unit; a single 0 where there is none, as C has no empty arrays."""
    columns = W.T if step.exists is None else W.T[step.exists.T]
    return columns.ravel() if columns.size else np.zeros(1, W.dtype)


def _constants(prefix: str, k: int, step: Step, real: Real, index: str) -> list[str]:
    if step.W is None:
        return []
    weights = [real.number(w) for w in by_unit_order(step, step.W)]
    parts = [] if step.exists is None else wiring(prefix, k, step, index)
    parts.append(array(real.name, f"{prefix}w{k}", weights, row=step.n_in if step.exists is None else 0))
    if step.b is not None:
        parts.append(array(real.name, f"{prefix}b{k}", [real.number(b) for b in step.b]))
    parts[0] = f"{inline(described(step))}\n{parts[0]}"
    return parts


def described(step: Step) -> str:
    """A layer in words."""
    kinds = [f"{s!r} * " * (s != 1.0) + repr(f) for f, s in dict.fromkeys(step.units)]
    does = ", ".join(kinds) if len(kinds) <= 3 else f"{len(kinds)} kinds of activations"
    seen = "all values before it" if step.sees_all else f"{step.n_in} values"
    return f"{step.name}: {seen} -> {step.width} ({does})"


def _layer(name: str, k: int, step: Step, source: str, target: str) -> list[str]:
    lines = [inline(step.name)]
    if step.W is None:
        return [*lines, *copy(source, target, step.width)]
    b = f"{name}_b{k}" if step.b is not None else "0"
    if step.exists is None:
        return [*lines, f"{name}_dense({source}, {step.n_in}, {name}_w{k}, {b}, {target}, {step.width});"]
    inputs = f"{name}_count{k}, {name}_from{k}, {name}_w{k}"
    return [*lines, f"{name}_sparse({source}, {inputs}, {b}, {target}, {step.width});"]


def copy(source: str, target: str, n: int) -> list[str]:
    """Statements that copy n values from one place to another."""
    return [f"for (i = 0; i < {n}; i++)", f"    {item(target)} = {item(source)};"]


def item(place: str, at: str = "i") -> str:
    """One value of a place: x[i], or v[12 + i]."""
    base, _, offset = place.partition(" + ")
    if not offset:
        return f"{base}[{at}]"
    return f"{base}[{int(offset) + int(at)}]" if at.isdecimal() else f"{base}[{offset} + {at}]"


def activation_code(name: str, real: Real, step: Step, place: str) -> list[str]:
    """Statements that put a layer's activations in the place of its sums."""
    lines = []
    for start, end, (activation, steepness) in step.runs:
        function = C_FUNCTIONS[activation.forward]
        if function.whole:
            lines.append(f"{name}_softmax({place}, {step.width});")
            continue
        at = str(start) if end == start + 1 else "i"
        value = item(place, at)
        scaled = value if steepness == 1.0 else f"{real.number(steepness)} * {value}"
        result = function.call(real, name, activation, scaled) if function.pattern else scaled
        if result == value:
            continue
        loop = [f"for (i = {start}; i < {end}; i++)", "    "] if at == "i" else ["", ""]
        lines += [*filter(None, loop[:1]), f"{loop[1]}{value} = {result};"]
    return lines


def _functions(name: str, real: Real, steps: list[Step]) -> list[str]:
    wired = [step.exists is not None for step in steps if step.W is not None]
    parts = []
    if not all(wired):
        parts.append(real.code(DENSE.replace("NAME", name)))
    if any(wired):
        parts.append(real.code(SPARSE.replace("INDEX", index_type(steps)).replace("NAME", name)))
    records = dict.fromkeys(f.forward for step in steps for f, _ in step.units)
    sources = [C_FUNCTIONS[forward].source(real, name) for forward in records]
    return parts + [text for text in sources if text]
