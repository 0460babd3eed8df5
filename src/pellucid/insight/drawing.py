"""Pictures of a model: its numbers handed to `pictures/`, which draws them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.columns import as_columns
from ..data.targets import many_labels
from ..errors import InputError, StateError
from ..maths import passes
from ..maths.by_unit import each_in_words
from ..model.layers import sources
from ..model.model import Model
from ..training.answers import classify, is_classifier, loss_of, output, predict
from ..training.examples import prepared_inputs
from .names import by_index, column_names, input_names, output_names
from .pictures import (
    Svg,
    activation_histograms,
    confusion_matrix,
    decision_boundary,
    loss_curve,
    network_diagram,
    weight_matrix,
)


def draw(model: Model, x: Any = None) -> Svg:
    """The network as a diagram; layers that keep the width (dropout) stand between two others and are left out.

    What a layer takes from further back than the one before goes round the layers between; where there is much of that,
    the picture is a grid with a square for each weight. A weight that a mask leaves out has no line and no square. With
    one row `x` each unit holds its activation.
    """
    shown = [k for k, layer in enumerate(model.layers) if layer.rule.resizes]
    flow = model.widths
    sizes = [model.n_in, *(flow[k + 1] for k in shown)]
    links = _links(model, shown)
    pairs = list(enumerate(range(1, len(sizes))))
    weights = [links.pop(pair, _no_weights(sizes, *pair)) for pair in pairs]
    values = None
    if x is not None:
        went = _forward(model, x)
        if len(went[0].x) != 1:
            raise InputError(f"{len(went[0].x)} rows to write into the picture", "one row", "net.draw(X[0])")
        values = [went[0].x[0], *(went[k].a[0] for k in shown)]
    return network_diagram(
        sizes,
        weights,
        inputs=input_names(model),
        outputs=output_names(model),
        activations=[each_in_words(model.layers[k].activation) for k in shown],
        layers=[model.names[k] for k in shown],
        values=values,
        shortcuts=[(i, j, matrix) for (i, j), matrix in sorted(links.items())],
    )


def plot_loss(model: Model) -> Svg:
    """The curve of the last fit."""
    if not model.history.loss:
        raise StateError("there is no loss to draw: this network was not trained yet", "", "net.fit(X, y)")
    return loss_curve(model.history)


def plot_weights(model: Model, name: str) -> Svg:
    """One parameter as a grid; a bias is one row of it."""
    model.parameters[name]  # says which names there are, if this is none
    layer, _, key = name.rpartition(".")
    k = model.names.index(layer)
    array, present = model.used[k][key], model.layers[k].rule.present(key)
    array = array if present is None else np.ma.array(array, mask=~present)
    matrix = array.reshape(1, -1) if array.ndim == 1 else array
    if matrix.ndim != 2:
        raise InputError(f"{name} has {array.ndim} dimensions", "a vector or a matrix")
    named = (k == 0 or model.layers[k].sees == "all") and len(matrix) == model.inputs[k] and key != "b"
    return weight_matrix(matrix, rows=column_names(model, k) if named else (), title=name)


def plot_activations(model: Model, X: Any) -> Svg:
    """A histogram of each layer's activations on X."""
    went = _forward(model, X)
    return activation_histograms([(name, here.a.ravel()) for name, here in zip(model.names, went, strict=True)])


def plot_boundary(model: Model, X: Any, y: Any) -> Svg:
    """What a network of two input columns answers over the plane, with the examples on it."""
    table = as_columns(X)
    if len(table.columns) != 2 or set(table.kinds) != {"numeric"}:
        raise InputError(
            f"a boundary over {len(table.columns)} columns", "two columns of numbers", "two columns, or plot_confusion"
        )
    points = np.stack(table.arrays, axis=1)

    def answers(grid: np.ndarray) -> np.ndarray:
        return output(model, grid)[0] if is_classifier(model) else predict(model, grid)

    first, second = table.columns if table.named else by_index("input", 2)
    return decision_boundary(answers, points, np.asarray(y), classes=tuple(model.classes or ()), names=(first, second))


def plot_confusion(model: Model, X: Any, y: Any) -> Svg:
    """How often each class was taken for each other."""
    if not is_classifier(model):
        raise InputError(
            "a confusion matrix of a network that was trained on numbers", "a classifier", "net.score(X, y)"
        )
    if many_labels(loss_of(model), model.n_out, model.classes):
        raise InputError(
            f"a confusion matrix of {model.n_out} labels, of which a row may have several",
            "one class for each row",
            "net.classify(X) == y, column by column",
        )
    return confusion_matrix(np.ravel(y), classify(model, X), tuple(model.classes or ()))


def _links(model: Model, shown: list[int]) -> dict[tuple[int, int], np.ma.MaskedArray[Any, Any]]:
    """The weights between every two places of the diagram that are joined; place 0 are the inputs.

    What a layer takes from one that is not shown comes from the place before that one: dropout hands it on as it is.
    """
    places = [0]
    for k in range(len(model.layers)):
        places.append(shown.index(k) + 1 if k in shown else places[-1])
    found: dict[tuple[int, int], np.ma.MaskedArray[Any, Any]] = {}
    for k in shown:
        matrix = _matrix(model, k)
        for source, first, end in sources(model.n_in, model.layers, k):
            pair, part = (places[source], places[k + 1]), matrix[first:end]
            old = found.get(pair)
            if old is not None and old.shape == part.shape:  # taken twice, before dropout and after it
                absent = np.ma.getmaskarray(old) & np.ma.getmaskarray(part)
                part = np.ma.array(old.filled(0.0) + part.filled(0.0), mask=absent)
            found[pair] = part
    return found


def _no_weights(sizes: list[int], i: int, j: int) -> np.ma.MaskedArray[Any, Any]:
    return np.ma.masked_all((sizes[i], sizes[j]), dtype=np.float64)


def _matrix(model: Model, k: int) -> np.ma.MaskedArray[Any, Any]:
    """The layer's parameter that joins each input with each unit, without what a mask leaves out; zeros for a rule that
    has none such.
    """
    shape = (model.inputs[k], model.widths[k + 1])
    arrays = model.used[k].items()
    name, array = next(((name, w) for name, w in arrays if w.shape == shape), ("", np.zeros(shape)))
    present = model.layers[k].rule.present(name)
    return np.ma.array(array, mask=np.zeros(shape, bool) if present is None else ~present)


def _forward(model: Model, X: Any) -> list[passes.Pass]:
    x, _ = prepared_inputs(model, X)
    with np.errstate(all="ignore"):
        return passes.forward(np, model.layers, model.parameters.by_layer, x.astype(model.dtype, copy=False))
