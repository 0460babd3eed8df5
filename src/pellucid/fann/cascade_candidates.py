"""The candidate phase of cascade training on NumPy: all candidates at once, as one layer; see `candidates.py`."""

from __future__ import annotations

import numpy as np

from .activations import CLIP, clipped
from .cascade_outputs import Patience
from .engine import Candidate, Field, OutputPhase, Task
from .passes import Manner, manner
from .quirks import on
from .rules import Updated, first_step
from .sums import IN_ORDER
from .updates import stepped
from .wiring import Block


def train_candidates(task: Task, phase: OutputPhase, field: Field) -> Candidate:
    """Train the candidates until their best score has stopped to rise."""
    settings, total = task.net.settings, task.memory.errors.square_sum
    count, seen = len(field.functions), phase.seen.shape[1]
    patience = Patience(settings.cascade_candidate_change_fraction, settings.cascade_candidate_stagnation_epochs)
    w = field.weights.ravel()
    now = Updated(w, np.full(len(w), first_step(settings)), np.zeros(len(w)))
    kept, top = w.reshape(count, -1).copy(), np.full(count, -np.inf)
    best, j = 0, 0
    for j in range(max(1, settings.cascade_max_cand_epochs)):
        scores, g = _scores_and_slopes(task, phase, field, now.weights.reshape(count, -1), total)
        better = scores > top
        kept[better], top = now.weights.reshape(count, -1)[better], np.where(better, scores, top)
        now = stepped(settings, task.memory, now.weights, g, now.steps, now.slopes, len(phase.seen), task.exact)
        best = int(np.argmax(np.where(np.isnan(scores), -np.inf, scores)))
        score = float(scores[best])
        if (total and score / total > settings.cascade_candidate_limit) or task.interrupted():
            break
        patience.see(j, score)
        if j >= patience.until and j >= settings.cascade_min_cand_epochs:
            break
    if on("one_update_late", task.exact):
        weights = now.weights.reshape(count, -1)[best]
    else:
        best = int(np.argmax(top))
        weights, score = kept[best], float(top[best])
    function, steepness = int(field.functions[best]), float(field.steepness[best])
    return Candidate(function, steepness, weights[:seen], weights[seen:], score, j + 1)


def _scores_and_slopes(
    task: Task, phase: OutputPhase, field: Field, weights: np.ndarray, total: float
) -> tuple[np.ndarray, np.ndarray]:
    """Each candidate's score (candidates,), and the downhill slopes of all weights, flat."""
    seen, count = phase.seen.shape[1], len(field.functions)
    how = manner(len(task.net.weights), len(phase.seen), task.exact)
    block = _block(count, seen)
    y, slope = _values(how, field, how.sums.forward(block, phase.seen, weights[:, :seen].ravel()), task.exact)
    v = weights[:, seen:].T
    miss = y[:, None, :] * v - phase.lacking[:, :, None]  # (n, n_out, candidates)
    pulls, terms, squares = miss * v, -(2.0 * miss * y[:, None, :]), -(miss * miss)
    if how.sums is IN_ORDER:
        reaching, to_outputs = np.add.accumulate(pulls, axis=1)[:, -1], np.add.accumulate(terms, axis=0)[-1]
        rows = np.vstack((np.full((1, count), total), squares.reshape(-1, count)))
        scores = np.add.accumulate(rows, axis=0)[-1]
    else:
        reaching, to_outputs, scores = pulls.sum(axis=1), terms.sum(axis=0), total + squares.sum(axis=(0, 1))
    g = np.zeros(count * seen)
    how.sums.slopes(block, -reaching * slope, phase.seen, g)
    return scores, np.column_stack((g.reshape(count, seen), to_outputs.T)).ravel()


def _block(count: int, seen: int) -> Block:
    """The candidates as a block whose every unit sees all neurons."""
    connections = slice(0, count * seen)
    rows = np.repeat(np.arange(count), seen)
    return Block(np.arange(count), 0, seen, connections, np.tile(np.arange(seen), count), rows, True)


def _values(manner: Manner, field: Field, sums: np.ndarray, exact: bool) -> tuple[np.ndarray, np.ndarray]:
    """y and its slope for every candidate, (n, candidates).

    FANN limits the sum instead of the sum times the steepness, and takes the slope at the sum (quirk D4).
    """
    y, slope, own = np.empty_like(sums), np.empty_like(sums), on("own_slopes", exact)
    for number in np.unique(field.functions):
        at = _together(np.flatnonzero(field.functions == number))
        f, s, own_sums = manner.activations[number], field.steepness[at], sums[:, at]
        u = np.clip(own_sums, -CLIP / s, CLIP / s) if own else own_sums
        z = u * s if own else clipped(u, s)
        values = f.forward(z)
        y[:, at] = values
        slope[:, at] = f.fann_slope(u, values, s) if own else f.slope(z, values, s)
    return y, slope


def _together(at: np.ndarray) -> slice | np.ndarray:
    """The places as a slice where they stand side by side: a view instead of a copy."""
    first, last = int(at[0]), int(at[-1]) + 1
    return slice(first, last) if last - first == len(at) else at
