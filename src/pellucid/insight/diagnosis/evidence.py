"""What detectors look at: the examples, the passes now and at the start of training, and how good the network is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ...data.prepare import prepare_target
from ...data.targets import encode
from ...errors import InputError
from ...maths import passes
from ...maths.by_unit import shared_name, unit_bounds
from ...maths.losses import Loss, default_loss
from ...maths.random import Stream
from ...model.layers import Layer
from ...model.model import Model, used
from ...training.examples import prepared_inputs
from ..gradient_check import sample_rows

MAX_ROWS = 2000
LayerArrays = dict[str, np.ndarray]


class Evidence:
    """The facts about one network on some examples, in float64; the costly ones are worked out when first asked for.

    `x` is (n, n_in) and prepared, `y` (n, n_out) or None; `raw_targets` are numbers that lie outside of what the output
    can give (then y is None). `start` holds the parameters before the last fit, None without one.
    """

    def __init__(self, model: Model, X: Any, y: Any) -> None:
        self.model, self.layers, self.names = model, model.layers, model.names
        self.plan = model.training.plan if model.training is not None else None
        last = model.layers[-1].activation
        self.loss: Loss = self.plan.loss if self.plan is not None else default_loss(last)
        x = prepared_inputs(model, X)[0].astype(np.float64)
        targets, self.raw_targets = _targets(model, y, self.loss, len(x))
        self.rows_given = len(x)
        rows = sample_rows(len(x), MAX_ROWS)
        self.x = x[rows]
        self.y = None if targets is None else targets[rows]
        self.parameters = as_float64(model.used)
        origin = model.training.origin if model.training is not None else None
        self.start = None if origin is None else as_float64(used(model.layers, origin.parameters))
        self.history = model.history

    @property
    def trained(self) -> bool:
        """Whether there was a fit: at least one update that was kept, or one that diverged and was taken back."""
        state = self.model.training
        return state is not None and (state.step > 0 or self.history.stopped == "diverged")

    @property
    def hidden(self) -> list[int]:
        """The positions of the layers before the last that have units of their own."""
        return [k for k, layer in enumerate(self.layers[:-1]) if layer.rule.resizes]

    @cached_property
    def now(self) -> list[passes.Pass]:
        """The pass with the present parameters."""
        return passes.forward(np, self.layers, self.parameters, self.x)

    @cached_property
    def then(self) -> list[passes.Pass]:
        """The pass with the parameters that the last fit started from; the present ones before any fit."""
        if self.start is None:
            return self.now
        return passes.forward(np, self.layers, self.start, self.x)

    @cached_property
    def floor(self) -> float:
        """The mean loss of the truth itself (0, except for probabilities between 0 and 1 and for counts)."""
        assert self.y is not None
        return float(np.mean(self.loss.run(np, self.y, self.y)))

    @cached_property
    def constant(self) -> float:
        """The mean loss of the best answer that is the same for all rows."""
        assert self.y is not None
        return best_constant(self.loss, self.y)

    def unexplained_by(self, last: passes.Pass, y: np.ndarray) -> float:
        """A pass's mean data loss `on_scale`."""
        per_sample = passes.sample_losses(np, self.loss, self.layers[-1].activation, last.z, last.a, y)
        return self.on_scale(float(np.mean(per_sample)))

    def on_scale(self, loss: float) -> float:
        """A mean loss on the scale from 0 (the truth) to 1 (the best constant answer); infinite if it is not finite."""
        span = self.constant - self.floor
        return (loss - self.floor) / span if np.isfinite(loss) else float("inf")

    @cached_property
    def judged(self) -> bool:
        """Whether the network can be judged by its answers: there are targets, and they are not all the same."""
        return self.y is not None and self.constant - self.floor > 1e-12 * max(1.0, abs(self.constant))

    @cached_property
    def unexplained(self) -> float | None:
        """How much of the best constant answer's loss the network leaves; None without targets."""
        return self.unexplained_by(self.now[-1], self.y) if self.judged and self.y is not None else None

    @cached_property
    def moved(self) -> float:
        """How far all parameters have moved from where the last fit started, relative to their size there."""
        if self.start is None:
            return 0.0
        pairs = [(p[key], q[key]) for p, q in zip(self.parameters, self.start, strict=True) for key in p]
        change = sum(float(np.sum((w - w0) ** 2)) for w, w0 in pairs)
        size = sum(float(np.sum(w0**2)) for _, w0 in pairs)
        return float(np.sqrt(change / size)) if size > 0 else float("inf")

    def carried_back(self, went: Sequence[passes.Pass], parameters: Sequence[LayerArrays]) -> list[float]:
        """The size (root mean square) of an error signal at each layer's z when one of size 1 starts at the output."""
        dz = Stream(0, "weights").standard_normal(went[-1].z.shape)
        signals = passes.carried_back(np, self.layers, parameters, went, None, dz)
        return [rms(signal.dz) for signal in signals]

    @cached_property
    def cancelling(self) -> float:
        """How much of the rows' gradients for the weights survives their sum: |sum| / sum of sizes, from 0 to 1."""
        assert self.y is not None
        share = passes.shares(np, len(self.x), None, "mean")
        backs = passes.backward(np, self.layers, self.parameters, self.now, self.loss, self.y, share)
        together = apart = 0.0
        for layer, here, back in zip(self.layers, self.now, backs, strict=True):
            if "W" in back.gradients and back.gradients["W"].shape == (here.x.shape[1], back.dz.shape[1]):
                present = layer.rule.present("W")
                exists = 1.0 if present is None else present
                together += float((np.abs(here.x.T @ back.dz) * exists).sum())
                apart += float((np.abs(here.x).T @ np.abs(back.dz) * exists).sum())
        return together / apart if apart > 0 else 0.0


def as_float64(parameters: Sequence[LayerArrays]) -> list[LayerArrays]:
    """Copies in float64."""
    return [{name: np.array(w, dtype=np.float64) for name, w in p.items()} for p in parameters]


def rms(values: np.ndarray) -> float:
    """The root mean square; 0 for nothing, infinite if it is not finite."""
    size = float(np.sqrt(np.mean(values * values))) if values.size else 0.0
    return size if np.isfinite(size) else float("inf")


def spread(values: np.ndarray) -> float:
    """How much the columns of (n, k) vary from row to row: the root mean square of their standard deviations."""
    return rms(values - values.mean(axis=0))


def best_constant(loss: Loss, y: np.ndarray) -> float:
    """The smallest mean loss among answers that are the same for all rows: mean, median or most frequent sign."""
    mean = y.mean(axis=0)
    candidates = [mean, np.median(y, axis=0), np.where(mean >= 0, 1.0, -1.0) if loss.target == "signs" else mean]
    values = [float(np.mean(loss.run(np, np.broadcast_to(c, y.shape).copy(), y))) for c in candidates]
    return min(values)


def is_linear(layers: Sequence[Layer]) -> bool:
    """Whether the sums of the last layer are a linear function of the inputs."""
    return all(
        shared_name(layer.activation) == "linear" and layer.rule.name in ("dense", "dropout") for layer in layers[:-1]
    )


def _targets(model: Model, y: Any, loss: Loss, n: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The targets as the loss takes them; or, second, numbers that are outside of what the output can give."""
    if y is None:
        return None, None
    low, high = unit_bounds(model.layers[-1].activation)
    raw = y if model.preprocessing is None else prepare_target(model.preprocessing, y)
    try:
        matrix = encode(raw, loss, model.n_out, model.classes, allow_one_class=True).matrix
    except InputError:
        numbers = _as_numbers(raw, model.n_out)
        if numbers is None or bool(((numbers >= low) & (numbers <= high)).all()):
            raise
        matrix = numbers
    if len(matrix) != n:
        raise InputError(f"X has {n} rows and y has {len(matrix)}", "as many of the one as of the other")
    matrix = matrix.astype(np.float64)
    outside = (matrix < low) | (matrix > high)
    return (None, matrix) if outside.any() else (matrix, None)


def _as_numbers(y: Any, n_out: int) -> np.ndarray | None:
    try:
        numbers = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    numbers = numbers.reshape(len(numbers), -1) if numbers.ndim in (1, 2) else numbers
    return numbers if numbers.ndim == 2 and numbers.shape[1] == n_out and np.isfinite(numbers).all() else None
