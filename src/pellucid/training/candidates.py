"""Candidates: units that are trained to give what is lacking at the outputs, of which the best one is put in.

Units of one kind are trained side by side: a layer of them, and a linear layer with a mask that gives each of them
outputs of its own. No more than a vector of them, since the mask's weights grow with their square. Such beds know
nothing of each other: where there is much to do, several threads each train one of them at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..engines.protocol import Data
from ..maths import passes
from ..maths.losses import losses
from ..maths.random import Stream
from ..model.layers import Dense, Layer
from ..model.parameters import LayerArrays
from .garden import Garden, apart, sizes, values
from .growth import Kind

TOGETHER = 8  # candidates in one bed: as many as a vector holds


class Bed(NamedTuple):
    """Candidates of one kind: the layers that train them, and the one that the best of them becomes."""

    kind: Kind
    layers: tuple[Layer, Layer]
    unit: Layer


class Candidate(NamedTuple):
    """A trained unit, its parameters, and the share of what is lacking that it alone could give."""

    kind: Kind
    layer: Layer
    arrays: LayerArrays
    score: float


def beds_of(garden: Garden) -> list[Bed]:
    """The beds of every round."""
    return [bed for kind in garden.kinds for bed in _beds(kind, garden.wishes.candidates, garden.data.Y.shape[1])]


def _beds(kind: Kind, candidates: int, n_out: int) -> Iterator[Bed]:
    activation, steepness = kind
    for first in range(0, candidates, TOGETHER):
        n = min(TOGETHER, candidates - first)
        mask = np.kron(np.eye(n), np.ones(n_out))
        layers = Dense(n, activation, steepness=steepness), Dense(n * n_out, bias=False, mask=mask)
        yield Bed(kind, layers, Dense(1, activation, steepness=steepness, sees="all"))


def best_candidate(garden: Garden, beds: list[Bed]) -> Candidate:
    """Train all candidates on what the output layer sees, and choose."""
    lacking, starts = _lacking(garden), _starts(garden, beds)
    plan = replace(garden.plan, loss=losses.squared_error, epochs=garden.wishes.candidate_epochs, clip=None)
    engine, threads = apart(garden.engine(beds[0].layers, plan, len(beds) * len(lacking)), len(beds))

    def best_of(bed: Bed, start: list[LayerArrays]) -> Candidate:
        seen, weights = garden.data.X, garden.data.weights
        data = Data(seen, np.tile(lacking, bed.layers[0].width(0)), weights)
        hidden, _ = garden.trained(engine, bed.layers, start, plan, data)
        scores = _scores(values(bed.layers[0], hidden, seen), lacking, weights)
        best = int(np.argmax(scores))
        arrays = {"W": hidden["W"][:, best : best + 1], "b": hidden["b"][best : best + 1]}
        return Candidate(bed.kind, bed.unit, arrays, float(scores[best]))

    if threads == 1:
        return max(map(best_of, beds, starts), key=lambda candidate: candidate.score)
    with ThreadPoolExecutor(threads) as pool:
        return max(pool.map(best_of, beds, starts), key=lambda candidate: candidate.score)


def _starts(garden: Garden, beds: list[Bed]) -> list[list[LayerArrays]]:
    """Random parameters for each bed, all drawn at once."""
    seen, n_out = garden.data.X, garden.data.Y.shape[1]
    widths = [bed.layers[0].width(0) for bed in beds]
    random = Stream(garden.model.seed, "growth", layer=len(garden.model.layers))
    draws = random.random((seen.shape[1] + 1 + n_out, sum(widths)))
    inputs, starts = sizes(seen), []
    for bed, drawn in zip(beds, np.split(draws, np.cumsum(widths)[:-1], axis=1), strict=True):
        # Sums of about 2 in size: enough for a bend, too little for many.
        W, b = (2.0 * drawn[:-n_out] - 1.0)[:-1] * 2.0 / inputs, 2.0 * drawn[-n_out - 1] - 1.0
        V = (drawn[-n_out:] - 0.5).T.ravel() * bed.layers[1].rule.options["mask"].array
        arrays = [{"W": W, "b": b}, {"W": V}]
        starts.append([{name: w.astype(seen.dtype) for name, w in layer.items()} for layer in arrays])
    return starts


def _lacking(garden: Garden) -> np.ndarray:
    """-dLoss/da of the output for each row, (n, n_out), scaled to a mean square of 1.

    It is -dLoss/dz where the loss is computed from the logits z. Elsewhere the activation's slope is left out, or a
    saturated wrong answer would not be seen.
    """
    data, layer, p = garden.data, replace(garden.model.layers[-1], sees="previous"), garden.model.used[-1]
    went = passes.forward(np, [layer], [p], data.X)
    back = passes.backward(np, [layer], [p], went, garden.plan.loss, data.Y, 1.0)[-1]
    slope = back.dz if back.da is None else back.da
    size = float(np.sqrt(np.average((slope * slope).mean(axis=1), weights=data.weights)))
    return -slope / size if size > 0.0 else -slope


def _scores(a: np.ndarray, lacking: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """For each unit's values a the share of t, what is lacking, that the best multiple of them gives.

    sum over outputs of (sum w a t)^2 / (sum w a^2 * sum w t^2): 1 where a is all that is lacking.
    """
    w = np.ones((len(a), 1)) if weights is None else weights[:, None]
    given = (((w * a).T @ lacking) ** 2).sum(axis=1)
    most = (w * a * a).sum(axis=0) * float((w * lacking * lacking).sum())
    scores = given / np.where(most > 0.0, most, 1.0)
    return np.where(np.isfinite(scores), scores, -np.inf)
