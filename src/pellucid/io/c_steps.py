"""A model as the steps that C code takes: plain arrays, one activation for each unit. What C cannot say is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from ..errors import InputError
from ..maths.activation import Activation
from ..maths.by_unit import unit_of
from ..maths.layers import layer_rules
from ..model.layers import Layer
from ..model.model import Model

Unit = tuple[Activation, float]


@dataclass(frozen=True, eq=False)
class Step:
    """One layer. `W` is (n_in, units), None where the values go on as they came in (dropout); `exists` is its mask."""

    name: str
    n_in: int
    width: int
    sees_all: bool
    W: np.ndarray | None
    b: np.ndarray | None
    exists: np.ndarray | None
    units: tuple[Unit, ...]

    @property
    def idle(self) -> bool:
        """Whether nothing is computed at all."""
        return self.W is None and all(f.name == "linear" and s == 1.0 for f, s in self.units)

    @property
    def runs(self) -> list[tuple[int, int, Unit]]:
        """(first unit, one past the last, what they do), wherever neighbours do the same."""
        found, start = [], 0
        for unit, same in groupby(self.units):
            end = start + len(list(same))
            found.append((start, end, unit))
            start = end
        return found


def steps_of(model: Model, known: dict[Callable[..., Any], Any]) -> list[Step]:
    """All steps of a model; `known` has the activations that can be written, by their forward function.

    Layers that do nothing are left out, unless a later layer looks back at what every layer gave.
    """
    parts = zip(model.names, model.layers, model.parameters.by_layer, model.inputs, strict=True)
    steps = [_step(name, layer, p, n_in, known) for name, layer, p, n_in in parts]
    if any(step.sees_all for step in steps):
        return steps
    return [step for step in steps if not step.idle] or steps[-1:]


def _step(name: str, layer: Layer, p: dict[str, np.ndarray], n_in: int, known: dict[Any, Any]) -> Step:
    rule, width = layer.rule, layer.width(n_in)
    dense = rule.forward is layer_rules.dense.forward
    if not dense and rule.forward is not layer_rules.dropout.forward:
        raise InputError(f"{name} is a layer of your own rule {rule.name!r}", "dense and dropout layers, which C knows")
    units = tuple(unit_of(layer.activation, u) for u in range(width))
    for activation in dict.fromkeys(f for f, _ in units):
        if activation.forward not in known:
            expected = "one of pellucid's own activations: C knows no others"
            raise InputError(f"{name} has the activation {activation.name!r}", expected, "net.to_python()")
    if not dense:
        return Step(name, n_in, width, layer.sees == "all", None, None, None, units)
    mask = rule.options.get("mask")
    W = p["W"].astype(np.float64) if mask is None else np.where(mask.array, p["W"], 0).astype(np.float64)
    b = p["b"].astype(np.float64) if rule.options["bias"] else None
    if not all(np.isfinite(array).all() for array in (W, b) if array is not None):
        raise InputError(f"{name} has a weight that is not finite", "finite numbers", "net.diagnose(X, y)")
    return Step(name, n_in, width, layer.sees == "all", W, b, None if mask is None else mask.array, units)


@dataclass(frozen=True)
class Places:
    """Where values lie while the network runs: what each step reads and writes, and the arrays that this needs."""

    reads: list[str]
    writes: list[str]
    arrays: dict[str, int]
    first: str  # where the first layer's inputs must stand


def places_of(steps: list[Step], n_in: int, prepared: bool) -> Places:
    """Two arrays in turn; a single one for everything where a layer looks back at all that came before it.

    Without preprocessing the first step reads the caller's x itself; the last one always writes to the caller's y.
    """
    if any(step.sees_all for step in steps):
        starts = [0, *np.cumsum([n_in, *(step.width for step in steps)]).tolist()]
        at = [f"v + {start}" if start else "v" for start in starts]
        reads = ["v" if step.sees_all else at[k] for k, step in enumerate(steps)]
        return Places(reads, [*at[1 : len(steps)], "y"], {"v": starts[len(steps)]}, "v")
    first = "u" if prepared else "x"
    writes = [("v", "u")[k % 2] for k in range(len(steps) - 1)] + ["y"]
    arrays = {"u": n_in} if prepared else {}
    for place, step in zip(writes[:-1], steps, strict=False):
        arrays[place] = max(arrays.get(place, 0), step.width)
    return Places([first, *writes[:-1]], writes, dict(sorted(arrays.items())), first)
