"""Pictures of a model: its numbers handed to `pictures/`, which draws them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.columns import as_columns
from ..data.targets import many_labels
from ..errors import InputError, StateError
from ..maths import passes
from ..model.model import Model
from ..training.answers import classify, is_classifier, loss_of, output, predict
from ..training.examples import prepared_inputs
from .names import by_index, input_names, output_names
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

    With one row `x` each unit holds its activation.
    """
    shown = [k for k, layer in enumerate(model.layers) if layer.rule.resizes]
    flow = model.widths
    sizes = [model.n_in, *(flow[k + 1] for k in shown)]
    weights = [_matrix(model, k) for k in shown]
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
        activations=[repr(model.layers[k].activation) for k in shown],
        layers=[model.names[k] for k in shown],
        values=values,
    )


def plot_loss(model: Model) -> Svg:
    """The curve of the last fit."""
    if not model.history.loss:
        raise StateError("there is no loss to draw: this network was not trained yet", "", "net.fit(X, y)")
    return loss_curve(model.history)


def plot_weights(model: Model, name: str) -> Svg:
    """One parameter as a grid; a bias is one row of it."""
    array = model.parameters[name]
    matrix = array.reshape(1, -1) if array.ndim == 1 else array
    if matrix.ndim != 2:
        raise InputError(f"{name} has {array.ndim} dimensions", "a vector or a matrix")
    first = name.startswith(f"{model.names[0]}.") and len(matrix) == model.n_in
    return weight_matrix(matrix, rows=input_names(model) if first else (), title=name)


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


def _matrix(model: Model, k: int) -> np.ndarray:
    """The layer's parameter that joins each input with each unit; zeros for a rule that has none such."""
    shape = (model.widths[k], model.widths[k + 1])
    arrays = model.parameters.by_layer[k].values()
    return next((array for array in arrays if array.shape == shape), np.zeros(shape))


def _forward(model: Model, X: Any) -> list[passes.Pass]:
    x, _ = prepared_inputs(model, X)
    with np.errstate(all="ignore"):
        return passes.forward(np, model.layers, model.parameters.by_layer, x.astype(model.dtype, copy=False))
