"""What a trained model answers: outputs in the target's units, probabilities, labels, a score."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.arrays import as_weights, same_length
from ..data.prepare import prepare_target, restore_target
from ..data.targets import decode, decode_many, encode, many_labels, middle
from ..errors import InputError
from ..maths import passes
from ..maths.by_unit import shared_name
from ..maths.losses import Loss, default_loss
from ..maths.metrics import metrics
from ..model.model import Model
from .examples import narrowed, prepared_inputs


def output(model: Model, X: Any) -> tuple[np.ndarray, bool]:
    """The last layer's activations (n, n_out), and whether X was a single row in 1-D."""
    x, single = prepared_inputs(model, X, say=True)
    x = narrowed(x, model.dtype, "X")
    with np.errstate(all="ignore"):
        a = passes.output(np, model.layers, model.parameters.by_layer, x)
    if not np.isfinite(a).all():
        raise not_finite(model, x)
    return a, single


def not_finite(model: Model, x: np.ndarray) -> InputError:
    """The error for an answer that is not finite: where it began."""
    with np.errstate(all="ignore"):
        went = passes.forward(np, model.layers, model.parameters.by_layer, x)
    for name, here in zip(model.names, went, strict=True):
        for what, array in (("the sum z", here.z), ("the activation a", here.a)):
            if not np.isfinite(array).all():
                row, unit = (int(i) for i in np.argwhere(~np.isfinite(array))[0])
                given = f"row {row} makes {what} of {name}[{unit}] {array[row, unit]}"
                return InputError(given, f"inputs and parameters whose sums {model.dtype} can hold", "net.diagnose(X)")
    raise AssertionError("unreachable: the last activation is the answer")


def predict(model: Model, X: Any) -> np.ndarray:
    """Outputs in the target's units: (n, n_out), or (n_out,) for a single row."""
    a, single = output(model, X)
    if model.preprocessing is not None and not is_classifier(model):
        a = restore_target(model.preprocessing, a)
    return a[0] if single else a


def predict_proba(model: Model, X: Any) -> np.ndarray:
    """Probabilities (n, n_classes); their rows sum to 1. A single sigmoid output answers in two columns."""
    last = shared_name(model.layers[-1].activation)
    if last == "sigmoid" and model.n_out == 1:
        a, single = output(model, X)
        a = np.concatenate([1.0 - a, a], axis=1)
    elif last == "softmax":
        a, single = output(model, X)
    else:
        raise InputError(
            f"predict_proba of a network that ends in {model.n_out} {last} unit(s)",
            "an output that is a probability: one sigmoid unit, or softmax",
            "net.predict(X)",
        )
    return a[0] if single else a


def classify(model: Model, X: Any) -> Any:
    """Labels (n,), one label for a single row: the largest output, or the side of the middle a single one is on.

    Many labels: 0 and 1 (n, k), in the order of the columns of y; -1 and +1 for a loss of signs.
    """
    if not is_classifier(model):
        raise InputError("classify of a network that was trained on numbers", "", "net.predict(X)")
    a, single = output(model, X)
    loss, bounds = loss_of(model), model.layers[-1].activation.bounds()
    if many_labels(loss, model.n_out, model.classes):
        labels = decode_many(a, bounds, loss.target == "signs")
    else:
        labels = decode(a, model.classes, bounds)
    return labels[0] if single else labels


def score(model: Model, X: Any, y: Any, sample_weight: Any = None) -> float:
    """The share of right labels for a classifier (over rows and columns, where a row has many), R² else."""
    a, single = output(model, X)
    raw = y if model.preprocessing is None else prepare_target(model.preprocessing, y)
    loss, last = loss_of(model), model.layers[-1].activation
    targets = encode(raw, loss, model.n_out, model.classes, output=last.name, allow_one_class=True, single=single)
    same_length(len(a), len(targets.matrix))
    many = many_labels(loss, model.n_out, targets.classes)
    accuracy = metrics.accuracy(threshold=middle(last.bounds()), many_labels=many)
    metric = accuracy if is_classifier(model) else metrics.r2
    with np.errstate(all="ignore"):
        value = float(metric.run(np, a, targets.matrix, as_weights(sample_weight, len(a))))
    if not np.isfinite(value):
        largest = max(float(np.abs(a).max()), float(np.abs(targets.matrix).max()))
        given = f"{metric.name} overflows: the largest number in it is {largest:.3g}"
        raise InputError(given, "numbers whose squares are finite", "y / y.std()")
    return value


def loss_of(model: Model) -> Loss:
    """The loss of the last fit, or the one that suits the output."""
    return model.training.plan.loss if model.training is not None else default_loss(model.layers[-1].activation)


def is_classifier(model: Model) -> bool:
    """Whether the model's last fit, or its output layer, says that it tells classes apart."""
    if model.training is not None:
        return model.training.plan.loss.classification
    if model.classes is not None:
        return True
    return shared_name(model.layers[-1].activation) in ("sigmoid", "softmax")
