"""What the columns that go into a network and come out of it are called, the same in every trace, table and picture.

Without names they go by their index: "input 0", "output 0".
"""

from __future__ import annotations

from ..model.layers import sources
from ..model.model import Model


def input_names(model: Model) -> list[str]:
    """The columns that the first layer sees: the prepared ones, those of the training's frame, or by index."""
    if model.preprocessing is not None:
        return model.preprocessing.prepared_names
    return list(model.columns or by_index("input", model.n_in))


def column_names(model: Model, k: int) -> list[str]:
    """The columns that layer k (from 0) takes: inputs by their names, units as dense_1[0], dense_1[1]."""
    names: list[str] = []
    for place, first, end in sources(model.n_in, model.layers, k):
        units = [f"{model.names[place - 1]}[{u}]" for u in range(end - first)]
        names += input_names(model) if place == 0 else units
    return names


def output_names(model: Model) -> list[str]:
    """The output units: their classes (one unit stands for the last of two), the target's name, or by index."""
    classes = model.classes
    if classes is not None and len(classes) == model.n_out:
        return [str(label) for label in classes]
    if classes is not None and model.n_out == 1:
        return [str(classes[-1])]
    name = model.preprocessing.target.name if model.preprocessing is not None else ""
    return [name] if name and model.n_out == 1 else by_index("output", model.n_out)


def by_index(kind: str, count: int) -> list[str]:
    """Names for what has none: "input 0", "input 1", ..."""
    return [f"{kind} {i}" for i in range(count)]
