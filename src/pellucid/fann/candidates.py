"""The candidates of cascade training: neurons that compete for the next place in the net.

Candidate c sees every neuron before the outputs, and has a weight v_co to each output o, to give what is lacking there:

    u_c = sum_k w_ck x_k,  y_c = f_c(s_c u_c),    score_c = sum_rows sum_o (e_o^2 - (y_c v_co - e_o)^2)

e_o is target - output, halved for symmetric outputs; the score is by how much the candidate would lessen the sum of
squared errors. All candidates are trained at once, as one layer.

By default the candidates whose function is monotone compete first; those that wave or peak (GAUSSIAN, SIN, COS and
kin) only where no monotone one lessens the error by the change fraction. FANN lets all compete at once: there a fast
wave fits the rows soonest and so wins, and says little about rows in between. On sixteen
pairs of spirals other than that of FANN's benchmark the share of right answers on unseen points was 0.64 in the median
with all of them at once, 0.85 this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..io.fann.structure import Structure
from .activations import CLIP, clipped
from .cascade_outputs import OutputPhase, Patience, Task
from .numpy_engine import stepped
from .passes import Manner
from .quirks import on
from .randomness import LIMIT
from .rules import Updated, first_step
from .sums import IN_ORDER
from .wiring import Block

WAVES = frozenset((7, 8, 9, 14, 15, 16, 17))


class Candidate(NamedTuple):
    """The best one: its weights from the neurons that it sees and to the outputs, and how many epochs it all took."""

    function: int
    steepness: float
    inputs: np.ndarray
    outputs: np.ndarray
    score: float
    epochs: int


class Field(NamedTuple):
    """Candidates that compete: each one's function, steepness and weights, (candidates, neurons seen + outputs)."""

    functions: np.ndarray
    steepness: np.ndarray
    weights: np.ndarray

    def some(self, at: np.ndarray) -> Field:
        """The candidates at these places."""
        return Field(self.functions[at], self.steepness[at], self.weights[at])


def best_candidate(task: Task, phase: OutputPhase) -> Candidate | None:
    """Draw and train candidates for what `phase` left lacking; None where none scored a finite number."""
    enough = task.net.settings.cascade_candidate_change_fraction * task.memory.errors.square_sum
    best, epochs = None, 0
    for heat in _heats(_drawn(task), task.exact):
        found = _trained(task, phase, heat)
        epochs += found.epochs
        if np.isfinite(found.score) and (best is None or found.score > best.score):
            best = found
        if best is not None and best.score >= enough:
            break
    return best and best._replace(epochs=epochs)


def _drawn(task: Task) -> Field:
    """One candidate for each function, steepness and group, in this nesting, with random weights.

    A weight from the bias is uniform in +-scale, all others in 0..scale; scale = 2 (0.7 h)^(1/n_in), within 0.5..8, h
    the neurons that are neither inputs nor outputs.
    """
    net, settings = task.net, task.net.settings
    groups, steepnesses = settings.cascade_num_candidate_groups, settings.cascade_activation_steepnesses
    functions = np.repeat(settings.cascade_activation_functions, len(steepnesses) * groups)
    steepness = np.tile(np.repeat(steepnesses, groups), len(settings.cascade_activation_functions))
    seen = net.outputs.start
    scale = np.float32(_scale(net))
    count = len(functions) * (seen + net.n_out)
    shares = np.array([task.memory.draw() for _ in range(count)]).astype(np.float32) / np.float32(LIMIT)
    weights = (scale * shares).reshape(len(functions), seen + net.n_out)
    bias = net.n_in
    weights[:, bias] = -scale + (scale + scale) * shares.reshape(weights.shape)[:, bias]
    return Field(functions, steepness, weights.astype(np.float64))


def _scale(net: Structure) -> float:
    """All in float32 but the power, as in FANN: its rounding decides the last bit of every weight drawn."""
    inner = np.float32(0.7) * np.float32(net.n_neurons - net.n_in - net.n_out)
    return float(np.clip(2.0 * float(inner) ** float(np.float32(1.0) / np.float32(net.n_in)), 0.5, 8.0))


def _heats(field: Field, exact: bool) -> Iterator[Field]:
    """The candidates that compete together: first the monotone ones, then the others; in FANN all at once."""
    waves = np.isin(field.functions, list(WAVES))
    if on("waves_compete", exact) or waves.all() or not waves.any():
        yield field
        return
    yield field.some(np.flatnonzero(~waves))
    yield field.some(np.flatnonzero(waves))


def _trained(task: Task, phase: OutputPhase, field: Field) -> Candidate:
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
    manner, seen, count = phase.ready.manner, phase.seen.shape[1], len(field.functions)
    block = _block(count, seen)
    y, slope = _values(manner, field, manner.sums.forward(block, phase.seen, weights[:, :seen].ravel()), task.exact)
    v = weights[:, seen:].T
    miss = y[:, None, :] * v - phase.lacking[:, :, None]  # (n, n_out, candidates)
    g = np.zeros(count * seen)
    manner.sums.slopes(block, -(miss * v).sum(axis=1) * slope, phase.seen, g)
    terms = -(2.0 * miss * y[:, None, :])
    squares = -(miss * miss)
    if manner.sums is IN_ORDER:
        to_outputs = np.add.accumulate(terms, axis=0)[-1]
        rows = np.vstack((np.full((1, count), total), squares.reshape(-1, count)))
        scores = np.add.accumulate(rows, axis=0)[-1]
    else:
        to_outputs, scores = terms.sum(axis=0), total + squares.sum(axis=(0, 1))
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
