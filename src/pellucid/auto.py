"""The helpful door: `pellucid.fit(X, y)` chooses task, output, loss, preprocessing and training, and says what it chose.

What comes back is an ordinary `Network`: it can be traced, explained, edited and fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError, during
from .maths.random import check_seed
from .model.layers import Dense, Layer, whole_number
from .model.model import Model
from .network import Network
from .training.initial import draw_parameters

if TYPE_CHECKING:
    from .model.preprocessing import Preprocessing


@dataclass(frozen=True)
class Choices:
    """What was chosen for one data set: the network's layers, its loss, how to train it, and why, in sentences."""

    task: str
    preprocessing: Preprocessing
    layers: tuple[Layer, ...]
    loss: str
    training: dict[str, Any]
    said: list[str] = field(default_factory=list)


def fit(
    X: Any,
    y: Any,
    *,
    task: str | None = None,
    hidden: int | Sequence[int] | None = None,
    target: str = "y",
    seed: int = 0,
    epochs: int | None = None,
    learning_rate: float | None = None,
    sample_weight: Any = None,
    class_weight: str | Mapping[Any, float] | None = None,
    callbacks: Any = None,
    record: Any = None,
    checkpoint: Any = None,
    progress: bool | None = None,
    quiet: bool = False,
) -> Network:
    """Train a network on a table and return it, fitted; prints what it chose unless `quiet`.

    X may hold numbers, words, booleans and gaps; y words, numbers or booleans. Words, booleans and few different whole
    numbers are a classification (sigmoid or softmax output, cross entropy), other numbers a regression (linear output,
    squared error, y standardised); `task` overrides that, `hidden` the hidden layers' sizes, `epochs` and
    `learning_rate` the training; `target` is what y is called in texts. All choices stand in `net.history.notes`.

    >>> net = fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], quiet=True)
    >>> net.classify([[0, 1], [1, 1]]).tolist()
    [1, 0]
    """
    with during("pellucid.fit"):
        choices = choose(X, y, task=task, hidden=hidden, target=target)
        net = untrained(choices, seed)
        if not quiet:
            print("\n".join(choices.said))
        training = dict(choices.training)
        if epochs is not None:
            training["epochs"] = epochs
        if learning_rate is not None:
            training["learning_rate"] = learning_rate
        net.fit(
            X,
            y,
            loss=choices.loss,
            sample_weight=sample_weight,
            class_weight=class_weight,
            callbacks=callbacks,
            record=record,
            checkpoint=checkpoint,
            progress=progress,
            **training,
        )
        net.history.notes = [*choices.said, *net.history.notes]
    return net


def choose(
    X: Any, y: Any, *, task: str | None = None, hidden: int | Sequence[int] | None = None, target: str = "y"
) -> Choices:
    """Everything that `fit` decides from the data, before anything is trained."""
    from .data.prepare import describe, fit_preprocessing
    from .data.rules import guess_task

    guessed, reason = guess_task(y) if task is None else (task, "as asked")
    preprocessing = fit_preprocessing(X, y, guessed, target=target)
    sizes = _hidden(hidden)
    output, loss, outputs = _output(preprocessing)
    layers = (*(Dense(n, "tanh", l2=1e-4) for n in sizes), output)
    n = len(y)
    training = _training(n)
    said = [
        f"Task: {guessed} ({reason}); {outputs}.",
        *describe(preprocessing),
        f"Network: {preprocessing.width} prepared inputs, hidden layers of {', '.join(map(str, sizes)) or 'no'} tanh units.",
        f"Training: loss {loss}, {training['optimizer']}, at most {training['epochs']} epochs.",
    ]
    return Choices(guessed, preprocessing, layers, loss, training, said)


def untrained(choices: Choices, seed: int) -> Network:
    """The network that was chosen, with its initial parameters."""
    check_seed(seed)
    dtype = np.dtype(np.float64)
    n_in = choices.preprocessing.width
    parameters = draw_parameters(n_in, choices.layers, seed, dtype)
    classes = choices.preprocessing.target.classes
    return Network.of(
        Model(n_in, choices.layers, parameters, seed, dtype, preprocessing=choices.preprocessing, classes=classes)
    )


def _output(preprocessing: Preprocessing) -> tuple[Layer, str, str]:
    """The output layer, its loss, and both in words."""
    target = preprocessing.target
    if target.classes is None:
        columns = len(target.mean)
        return Dense(columns), "squared_error", f"{columns} linear output(s), squared error"
    if len(target.classes) < 2:
        raise InputError(f"y holds one class only, {target.classes[0]!r}", "at least two classes")
    if len(target.classes) == 2:
        return Dense(1, "sigmoid"), "binary_cross_entropy", "one sigmoid output, binary cross entropy"
    count = len(target.classes)
    return Dense(count, "softmax"), "cross_entropy", f"{count} softmax outputs, cross entropy"


def _hidden(hidden: int | Sequence[int] | None) -> tuple[int, ...]:
    if hidden is None:
        return (64,)
    sizes = hidden if isinstance(hidden, (list, tuple)) else [hidden]
    return tuple(whole_number("a hidden layer's size", size, 1, "hidden=(32, 16)") for size in sizes)


def _training(n: int) -> dict[str, Any]:
    """How long and in what steps, from the number of rows."""
    batch = int(min(max(8, 2 ** round(math.log2(max(n, 1) / 30))), 128))
    steps_per_epoch = max(1, math.ceil(n / batch))
    return {
        "optimizer": "adam(learning_rate=0.005)",
        "schedule": "cosine",
        "batch_size": batch,
        "epochs": int(min(max(20, 3000 // steps_per_epoch), 500)),
    }
