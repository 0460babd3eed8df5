"""The helpful door: `pellucid.fit(X, y)` chooses task, network, loss, preprocessing and training, and says so.

What comes back is an ordinary `Network`: it can be traced, explained, edited and fitted on. Every choice follows from
the number of rows, the columns and the task, by the numbers named at the top of this file. They were found on spambase,
penguins and drawn data; `benchmarks/auto_scores.py` measures them on data sets that had no part in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DivergenceError, InputError, during, unknown_name
from .maths.optimizers import optimizers
from .maths.random import check_seed
from .model.layers import Dense, Layer, whole_number
from .model.model import Model
from .network import Network
from .training.initial import draw_parameters
from .training.progress import say

if TYPE_CHECKING:
    from .model.preprocessing import Preprocessing

TASKS = ("classification", "regression")

HIDDEN = (64, 64)
ACTIVATION = "relu"
NARROW = 16  # a layer with fewer units can spare none, and relu units can die: it gets silu, a smooth relu
NARROW_ACTIVATION = "silu"
PENALTY = 0.2  # the L2 penalty is this / sqrt(rows); twice that under squared error, whose slope has a factor of 2
ROWS_PENALISED = 20  # fewer rows are taken as they are: a truth table is to be learnt exactly

LEARNING_RATE = 0.01
NARROW_LEARNING_RATE = 0.03
STEPS = 2000
EPOCHS = (20, 1000)
BATCHES_PER_EPOCH = 30
BATCH_SIZES = (8, 128)

HINT = "To choose otherwise: task=, hidden=, epochs=, learning_rate=. To hear nothing: quiet=True."


@dataclass(frozen=True)
class Choices:
    """What was chosen for one data set: layers, loss, how to train, and all of it in sentences."""

    task: str
    preprocessing: Preprocessing
    layers: tuple[Layer, ...]
    loss: str
    training: dict[str, Any]
    said: list[str]


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

    X is (n, columns) and may hold numbers, words, booleans and gaps, as an array, lists, or a pandas or polars frame;
    y (n,) holds words, numbers or booleans, or is (n, k).

    - Task: words, booleans and few different whole numbers are classes (sigmoid or softmax output, cross entropy);
      several columns of booleans are labels, of which a row may have many (a sigmoid for each); other numbers are
      quantities (linear output, squared error on standardised y). `task` overrides that.
    - Preprocessing: numbers are standardised, words become 0/1 columns, gaps are filled; see `net.preprocessing`.
    - Network: two hidden layers of 64 relu units. `hidden=32` or `hidden=(32, 16)` for others, `hidden=()` for none
      (logistic or linear regression). A layer of fewer than 16 units gets silu, as dead relu units would be missed.
    - Penalty: L2 of 0.2 / sqrt(n) on all weights, 0.4 / sqrt(n) in regression; none below 20 rows.
    - Training: Adam, some 2000 steps (20 to 1000 epochs) in about 30 batches an epoch (of 8 to 128
      rows); the learning rate falls from 0.01 (0.03 where a layer is narrow) to 0 along a cosine. `epochs` and
      `learning_rate` override these.

    `seed` decides initial weights and order of rows; `target` is what y is called in texts; the others are those of
    `Network.fit`. All choices stand in `net.history.notes`.

    Raises InputError for X and y of different lengths, a single class, values that cannot be learnt from;
    UnknownNameError for a task that is none; and DivergenceError, whose `network` is what was trained until then.

    >>> net = fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], quiet=True)
    >>> net.classify([[0, 1], [1, 1]]).tolist()
    [1, 0]
    >>> print(net.history.notes[0])
    Task: classification (y holds 2 different whole numbers): 0 and 1.
    """
    with during("pellucid.fit"):
        choices = choose(X, y, task=task, hidden=hidden, target=target, epochs=epochs, learning_rate=learning_rate)
        net = untrained(choices, seed)
        if not quiet:
            say([*choices.said, HINT])
        try:
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
                **choices.training,
            )
        except DivergenceError as error:
            error.network = net  # the caller has no other hold on it
            raise
        net.history.notes = [*choices.said, *net.history.notes]
    return net


def choose(
    X: Any,
    y: Any,
    *,
    task: str | None = None,
    hidden: int | Sequence[int] | None = None,
    target: str = "y",
    epochs: int | None = None,
    learning_rate: float | None = None,
) -> Choices:
    """Everything that `fit` decides from the data, before anything is trained."""
    from .data.arrays import as_labels
    from .data.frames import bare
    from .data.prepare import describe, fit_preprocessing

    sizes = _sizes(hidden)
    chosen, reason = _task(y, task, bare(target))
    preprocessing = fit_preprocessing(X, y, chosen, target=target)
    n = len(as_labels(y))
    l2 = _penalty(n, chosen)
    output, loss = _output(preprocessing, l2, chosen)
    layers = (*(Dense(size, ACTIVATION if size >= NARROW else NARROW_ACTIVATION, l2=l2) for size in sizes), output)
    training = _training(n, sizes, epochs, learning_rate)
    said = [
        f"Task: {chosen} ({reason}){_classes(preprocessing)}.",
        *describe(preprocessing),
        _network_in_words(preprocessing.width, layers, loss),
        *_penalty_in_words(n, chosen, l2),
        _training_in_words(n, training),
    ]
    return Choices(chosen, preprocessing, layers, loss, training, said)


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


# --- The rules --------------------------------------------------------------------------------------------------------


def _task(y: Any, task: str | None, target: str) -> tuple[str, str]:
    """The task and the reason for it, in which y goes by its name."""
    from .data.rules import guess_task

    if task is None:
        guessed, reason = guess_task(y)
        return guessed, re.sub(r"\by\b", lambda _: target, reason, count=1)
    if not isinstance(task, str):
        raise InputError(f"task={task!r}", '"classification" or "regression"', 'task="classification"')
    if task not in TASKS:
        raise unknown_name("task", task, TASKS)
    return task, "as asked"


def _sizes(hidden: Any) -> tuple[int, ...]:
    if hidden is None:
        return HIDDEN
    sizes = hidden.tolist() if hasattr(hidden, "tolist") else hidden
    listed = sizes if isinstance(sizes, (list, tuple)) else [sizes]
    if all(isinstance(size, (int, np.integer)) and not isinstance(size, bool) and size >= 1 for size in listed):
        return tuple(int(size) for size in listed)
    raise InputError(
        f"hidden={hidden!r}",
        "the units of each hidden layer, whole numbers of at least 1; () for no hidden layer",
        "hidden=(32, 16)",
    )


def _penalty(n: int, task: str) -> float:
    """The L2 penalty, in two digits, so that it can be said as it is."""
    if n < ROWS_PENALISED:
        return 0.0
    return float(f"{_strength(task) / math.sqrt(n):.2g}")


def _strength(task: str) -> float:
    return PENALTY if task == "classification" else 2 * PENALTY


def _output(preprocessing: Preprocessing, l2: float, task: str) -> tuple[Layer, str]:
    """The output layer and its loss; where a row may have many labels (no classes), a sigmoid for each."""
    target = preprocessing.target
    if target.classes is None:
        if target.low is not None and target.low == target.high:
            raise InputError(f"{target.name} is {target.low[0]:g} in every row", "a target that differs between rows")
        if task == "classification":
            return Dense(len(target.mean), "sigmoid", l2=l2), "binary_cross_entropy"
        return Dense(len(target.mean), l2=l2), "squared_error"
    if len(target.classes) < 2:
        raise InputError(f"{target.name} holds one class only, {target.classes[0]!r}", "at least two classes")
    if len(target.classes) == 2:
        return Dense(1, "sigmoid", l2=l2), "binary_cross_entropy"
    return Dense(len(target.classes), "softmax", l2=l2), "cross_entropy"


def _training(n: int, sizes: Sequence[int], epochs: int | None, learning_rate: float | None) -> dict[str, Any]:
    """How long and in what steps."""
    batch = _within(2 ** round(math.log2(max(n, 1) / BATCHES_PER_EPOCH)), BATCH_SIZES)
    chosen = _within(STEPS // math.ceil(n / batch), EPOCHS)
    rate = NARROW_LEARNING_RATE if any(size < NARROW for size in sizes) else LEARNING_RATE
    return {
        "optimizer": optimizers.adam(learning_rate=rate if learning_rate is None else learning_rate),
        "schedule": "cosine",
        "batch_size": batch,
        "epochs": chosen if epochs is None else whole_number("epochs", epochs, 0, "epochs=100"),
    }


def _within(value: float, limits: tuple[int, int]) -> int:
    return int(min(max(value, limits[0]), limits[1]))


# --- The same in words ------------------------------------------------------------------------------------------------

SHOWN = 10


def _classes(preprocessing: Preprocessing) -> str:
    """The classes' names after a colon, if there are few."""
    from .data.frames import bare

    classes = preprocessing.target.classes
    if classes is None:
        return ""
    if len(classes) > SHOWN:
        return f": {len(classes)} classes"
    return ": " + _listed([bare(name) for name in classes])


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _network_in_words(n_in: int, layers: Sequence[Layer], loss: str) -> str:
    """Inputs, hidden layers, outputs, loss, and how many numbers are to be learnt."""
    *hidden, output = layers
    widths = [n_in, *(layer.width(0) for layer in layers)]
    count = sum(m * k + k for m, k in pairwise(widths))
    middle = [f"{layer.units} {layer.activation.name} unit{'s' * (layer.units != 1)}" for layer in hidden]
    plural = "s" if output.units != 1 else ""
    parts = [
        f"{n_in} prepared input{'s' if n_in != 1 else ''}",
        *(middle or ["no hidden layer"]),
        f"{output.units} {output.activation.name} output{plural}",
    ]
    return f"Network: {', '.join(parts)}; {count:,} parameters. Loss: {loss.replace('_', ' ')}."


def _penalty_in_words(n: int, task: str, l2: float) -> list[str]:
    if not l2:
        return []
    return [f"Weights are held small by an L2 penalty of {l2:g} ({_strength(task):g} / sqrt({n} rows))."]


def _training_in_words(n: int, training: Mapping[str, Any]) -> str:
    batch, epochs = training["batch_size"], training["epochs"]
    rows = f"in batches of {batch} of the {n} rows" if batch < n else f"on all {n} rows at once"
    rate = training["optimizer"].options["learning_rate"]
    long = f"{epochs} epoch{'s' * (epochs != 1)}"
    return f"Training: Adam, {long} {rows}; the learning rate falls from {rate:g} to 0 along a cosine."
