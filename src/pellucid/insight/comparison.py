"""`compare`: two moments of one network, or two networks of one shape, side by side on the same data.

>>> from pellucid import Network
>>> net = Network([2, 1], activation="sigmoid", seed=0)
>>> _ = net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], epochs=100, learning_rate=0.1, record=True)
>>> found = net.compare(1, 100, [[1, 1]], [1])
>>> found.first.loss.total > found.second.loss.total
True
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data.prepare import restore_target
from ..errors import InputError
from ..model.model import Model
from .render import Group, Heading, Matrix, Node, Note, Shown, Signed, Table
from .trace import Trace, trace
from .tracing.document import plain
from .tracing.parts import LossTrace
from .tracing.tables import ROWS, parameter

OUTPUTS = 4  # output columns that the table shows


@dataclass(frozen=True)
class Change:
    """One parameter at both moments, and what was added to it; `present` says which numbers a mask leaves."""

    before: np.ndarray
    after: np.ndarray
    present: np.ndarray | None = None

    @property
    def change(self) -> np.ndarray:
        """after - before."""
        with np.errstate(all="ignore"):
            return self.after - self.before


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """Two traces of the same data, `first` and `second`, what they are called, and every parameter in both."""

    names: tuple[str, str]
    first: Trace
    second: Trace
    parameters: dict[str, Change]

    @property
    def both(self) -> tuple[Trace, Trace]:
        """The two traces."""
        return self.first, self.second

    @property
    def target(self) -> np.ndarray | None:
        """The targets in the outputs' units; None without."""
        info, y = self.first.preprocessing, self.first.y
        return y if y is None or info is None else restore_target(info, y)

    def tree(self) -> Node:
        """Loss, outputs and parameters side by side."""
        children: list[Node] = [Heading(f"{self.names[0].capitalize()} and {self.names[1]}", 2)]
        if self.first.loss is not None and self.second.loss is not None:
            children += [Heading("Loss", 3), self._losses()]
        children += [Heading("Outputs", 3), *self._outputs(), Heading("Parameters", 3), self._sizes()]
        for name, change in self.parameters.items():
            children += [Heading(name, 4), Group(self._matrices(change), across=True)]
        return Group(children)

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        moments = [
            {"name": name, "loss": _parts(seen.loss), "output": seen.prediction}
            for name, seen in zip(self.names, self.both, strict=True)
        ]
        parameters = {
            name: {"before": c.before, "after": c.after, "change": c.change} for name, c in self.parameters.items()
        }
        return plain({"moments": moments, "target": self.target, "parameters": parameters})

    def _losses(self) -> Node:
        rows: list[list[Any]] = []
        for label, part in (("data loss", "data"), ("penalty", "penalty"), ("loss", "total")):
            before, after = (float(getattr(t.loss, part)) for t in self.both)
            rows.append([label, before, after, Signed(after - before)])
        return Table(["", *self.names, "change"], rows)

    def _outputs(self) -> list[Node]:
        before, after = (np.asarray(t.prediction, dtype=np.float64) for t in self.both)
        (n, wide), target = before.shape, self.target
        names = self.first.outputs
        rows: list[list[Any]] = []
        for r in range(min(n, ROWS)):
            for j in range(min(wide, OUTPUTS)):
                label = f"row {r}" if wide == 1 else f"row {r}, {names[j]}"
                known = [] if target is None else [float(target[r, j])]
                pair = float(before[r, j]), float(after[r, j])
                rows.append([label, *known, *pair, Signed(pair[1] - pair[0])])
        table = Table(["", *([] if target is None else ["target"]), *self.names, "change"], rows)
        left = [f"the first {ROWS} of {n} rows"] if n > ROWS else []
        left += [f"the first {OUTPUTS} of {wide} outputs"] if wide > OUTPUTS else []
        return [table, *([Note("Shown are " + " and ".join(left) + ".")] if left else [])]

    def _sizes(self) -> Node:
        rows: list[list[Any]] = []
        for name, c in self.parameters.items():
            moved = np.abs(c.change)
            place = np.unravel_index(int(moved.argmax()), moved.shape) if moved.size else ()
            where = f"{name}[{', '.join(str(int(i)) for i in place)}]"
            lengths = [float(np.linalg.norm(array.astype(np.float64))) for array in (c.before, c.change)]
            rows.append([name, *lengths, where, Signed(float(c.change[place]))])
        return Table(["parameter", f"length, {self.names[0]}", "length of the change", "moved most", "by"], rows)

    def _matrices(self, change: Change) -> list[Matrix]:
        pair = (change.before, change.after)
        scale = max(float(np.max(np.abs(array), initial=0.0)) for array in pair)
        present = change.present
        shown = [
            replace(parameter(array, name, present), scale=scale) for array, name in zip(pair, self.names, strict=True)
        ]
        return [*shown, parameter(change.change, "change", present)]


def compare(
    model_a: Model, model_b: Model, X: Any, y: Any = None, names: tuple[Any, Any] = ("first", "second")
) -> Comparison:
    """Both models on the same data. `names` are what they are called; whole numbers are epochs (-1: the end).

    The loss is that of the second model's training (of the first's, where the second has none). Raises InputError
    for two networks whose parameters differ in name or shape.
    """
    shapes = [{name: array.shape for name, array in model.parameters.items()} for model in (model_a, model_b)]
    if shapes[0] != shapes[1]:
        given = f"networks of different shapes: {model_a.parameters!r}, and {model_b.parameters!r}"
        raise InputError(given, "two networks whose parameters have the same names and shapes")
    state = model_b.training or model_a.training
    loss = None if state is None else state.plan.loss
    first, second = (trace(model, X, y, loss=loss) for model in (model_a, model_b))
    masks = [layer.rule.present for layer in model_b.layers]
    parameters = {
        f"{layer}.{name}": Change(before.copy(), q[name].copy(), present(name))
        for layer, p, q, present in zip(model_a.names, model_a.used, model_b.used, masks, strict=True)
        for name, before in p.items()
    }
    return Comparison((_called(names[0]), _called(names[1])), first, second, parameters)


def _parts(loss: LossTrace | None) -> dict[str, float] | None:
    return None if loss is None else {"data": loss.data, "penalty": loss.penalty, "total": loss.total}


def _called(name: Any) -> str:
    if isinstance(name, (int, np.integer)) and not isinstance(name, bool):
        return "at the end" if name == -1 else f"after {name} epoch{'s' * (name != 1)}"
    return str(name)
