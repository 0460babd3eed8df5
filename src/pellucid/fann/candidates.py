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

import numpy as np

from ..io.fann.structure import Structure
from .engine import Candidate, Engine, Field, OutputPhase, Task
from .quirks import on
from .randomness import LIMIT

WAVES = frozenset((7, 8, 9, 14, 15, 16, 17))


def best_candidate(engine: Engine, task: Task, phase: OutputPhase) -> Candidate | None:
    """Draw and train candidates for what `phase` left lacking; None where none scored a finite number."""
    enough = task.net.settings.cascade_candidate_change_fraction * task.memory.errors.square_sum
    best, epochs = None, 0
    for heat in _heats(_drawn(task), task.exact):
        found = engine.train_candidates(task, phase, heat)
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
