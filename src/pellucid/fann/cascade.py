"""Cascade training: a net grows one neuron at a time (Fahlman and Lebiere 1990; FANN's variant, Cascade2).

Each round trains the outputs on what the net has so far, then trains many candidate neurons at once (see
`candidates.py`), each of which sees all inputs and all earlier neurons and tries to give what is still missing in the
outputs; the best is installed before the outputs, and its input weights rest from then on.

By default (`exact`) an output phase leaves the best weights that it measured; FANN leaves those of its last update,
unmeasured (quirk D1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from ..io.fann.faults import counted
from ..io.fann.structure import ALGORITHMS, QUICKPROP, RPROP, SARPROP, SHORTCUT, STOP_BIT, Structure
from .activations import by_number
from .candidates import best_candidate
from .engine import Candidate, Engine, Goal, Memory, Task
from .passes import refuse_untrainable
from .quirks import on
from .updates import met

STEPPING = (RPROP, QUICKPROP, SARPROP)  # the algorithms that remember steps: only these train a cascade


class Round(NamedTuple):
    """One trained output phase. `function` (FANN's number) and `steepness` are the last hidden neuron's, if any.

    `epochs` counts all epochs so far, of outputs and of candidates.
    """

    neurons: int
    mse: float
    square_sum: float
    epochs: int
    bit_fails: int
    function: int | None
    steepness: float | None

    @property
    def text(self) -> str:
        """FANN's line.

        >>> Round(0, 0.25, 1.0, 51, 4, None, None).text
        'Neurons       0. Current error: 0.250000. Total error:  1.0000. Epochs    51. Bit fail   4'
        """
        line = f"Neurons     {self.neurons:3d}. Current error: {self.mse:.6f}. Total error:{self.square_sum:8.4f}."
        line += f" Epochs {self.epochs:5d}. Bit fail {self.bit_fails:3d}"
        if self.function is None:
            return line
        return f"{line}. candidate steepness {self.steepness:.2f}. function FANN_{by_number(self.function).name}"

    @property
    def last_text(self) -> str:
        """FANN's line for the last training of the outputs."""
        return f"Train outputs    Current error: {self.mse:.6f}. Epochs {self.epochs:6d}"


def first_text(max_neurons: int, desired_error: float) -> str:
    """FANN's line before all others.

    >>> first_text(5, 0.001)
    'Max neurons   5. Desired error: 0.001000'
    """
    return f"Max neurons {max_neurons:3d}. Desired error: {desired_error:.6f}"


def train(
    engine: Engine,
    net: Structure,
    memory: Memory,
    X: np.ndarray,
    Y: np.ndarray,
    max_neurons: int,
    neurons_between_reports: int,
    goal: Goal,
    exact: bool,
    report: Callable[[str], None],
    watch: Callable[[Round], bool],
    interrupted: Callable[[], bool],
    desired_error: float | None = None,
) -> list[Round]:
    """Grow the net, a shortcut net, in place by up to `max_neurons` neurons; stop where `goal` is met.

    X is (n, n_in), Y is (n, n_out), float64, C-contiguous. `report` is given FANN's lines without their line end, none
    where `neurons_between_reports` is 0; `desired_error` is what the first line says (else it says the goal). `watch`
    is asked at each round that is reported (True ends the growth). `interrupted` is asked between epochs; True leaves a
    net that is whole. `memory.errors` is left at the last epoch's (`exact`: at those of the weights that are left).
    Returns the rounds, the final training of the outputs last.

    Errors (InputError): a net that is layered or sparse, data of another width or without rows, no candidates, a
    training algorithm other than RPROP, QUICKPROP and SARPROP, a THRESHOLD neuron.
    """
    _check(net, X, Y, exact)
    if neurons_between_reports:
        report(first_text(max_neurons, _desired(goal) if desired_error is None else desired_error))
    # Weights that run away give numbers that are not finite: such candidates are never the best.
    with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
        task = Task(net, memory, X, Y, exact, interrupted)
        rounds, epochs = _grown(engine, task, max_neurons, neurons_between_reports, goal, report, watch)
        epochs += engine.train_outputs(task, _zero(net)).epochs
    rounds.append(_round(net, memory, len(net.layer_sizes) - 2, epochs))
    if neurons_between_reports:
        report(rounds[-1].last_text)
    return rounds


def _grown(
    engine: Engine,
    task: Task,
    most: int,
    between: int,
    goal: Goal,
    report: Callable[[str], None],
    watch: Callable[[Round], bool],
) -> tuple[list[Round], int]:
    """The rounds of growth, and how many epochs it all took."""
    net, memory = task.net, task.memory
    rounds: list[Round] = []
    epochs = 0
    for i in range(1, most + 1):
        phase = engine.train_outputs(task, goal)
        epochs += phase.epochs
        rounds.append(_round(net, memory, i - 1, epochs))
        reached = met(goal, memory.errors)
        stop = False
        if between and (i == 1 or i % between == 0 or i == most or reached):
            report(rounds[-1].text)
            stop = watch(rounds[-1])
        if stop or reached or task.interrupted():
            break
        best = best_candidate(engine, task, phase)
        if best is None:
            break
        epochs += best.epochs
        install(net, best, task.exact)
        memory.deltas = None  # one a connection, and there are more now
    return rounds, epochs


def install(net: Structure, best: Candidate, exact: bool) -> None:
    """Make the candidate a layer of its own before the outputs, each of which sees it by one more, last connection.

    FANN gives several outputs the candidate's weights to them in reverse order (quirk D5).
    """
    first, seen, n_out = net.outputs.start, len(best.inputs), net.n_out
    to_outputs = best.outputs[::-1] if on("reversed_outputs", exact) else best.outputs
    begin = int(net.first_connection[first])
    rows = net.weights[begin:].reshape(n_out, seen)
    grown = np.column_stack((rows, to_outputs * net.settings.cascade_weight_multiplier))
    net.weights = np.concatenate((net.weights[:begin], best.inputs, grown.ravel()))
    to = np.concatenate((np.arange(seen), np.tile(np.arange(seen + 1), n_out)))
    net.sources = np.concatenate((net.sources[:begin], to))
    net.n_inputs = np.insert(net.n_inputs, first, seen)
    net.n_inputs[first + 1 :] += 1
    net.activation = np.insert(net.activation, first, best.function)
    net.steepness = np.insert(net.steepness, first, best.steepness)
    net.layer_sizes.insert(-1, 1)


def _desired(goal: Goal) -> float:
    return float(goal.bit_fails or 0) if goal.mse is None else goal.mse


def _zero(net: Structure) -> Goal:
    """The goal of the last training of the outputs: no error at all."""
    return Goal(bit_fails=0) if net.settings.train_stop_function == STOP_BIT else Goal(mse=0.0)


def _round(net: Structure, memory: Memory, neurons: int, epochs: int) -> Round:
    function = steepness = None
    if len(net.layer_sizes) > 2:
        last = net.outputs.start - 1
        function, steepness = int(net.activation[last]), float(net.steepness[last])
    errors = memory.errors
    return Round(neurons, errors.mse, errors.square_sum, epochs, errors.bit_fails, function, steepness)


def _check(net: Structure, X: np.ndarray, Y: np.ndarray, exact: bool) -> None:
    """Refuse what the growth cannot begin with: FANN crashes on it, or goes on without learning."""
    settings, shortcut = net.settings, "create_shortcut_array((2, 1))"
    if net.network_type != SHORTCUT or net.sparse:
        kind = "sparse" if net.sparse else "layered"
        raise InputError(f"a {kind} net cannot grow by a cascade", "a shortcut net", shortcut)
    if X.shape[1:] != (net.n_in,) or Y.shape[1:] != (net.n_out,) or len(X) != len(Y):
        sizes = f"{counted(net.n_in, 'input')} and {counted(net.n_out, 'output')}"
        raise InputError(f"data of shapes {X.shape} and {Y.shape} for a net of {sizes}", f"{sizes} a row", shortcut)
    if not len(X) or not net.n_in:
        raise InputError("training data without rows, or rows without inputs", "at least one row and one input")
    if settings.training_algorithm not in STEPPING:
        given = f"the training algorithm {settings.training_algorithm} cannot train a cascade"
        known = ", ".join(ALGORITHMS[number] for number in STEPPING)
        raise InputError(given, f"one of {known}", "set_training_algorithm(libfann.TRAIN_RPROP)")
    candidates = settings.cascade_activation_functions, settings.cascade_activation_steepnesses
    if not settings.cascade_num_candidate_groups or not all(map(len, candidates)):
        raise InputError("there are no candidates", "a function, a steepness and a group of candidates at least")
    if (net.n_inputs[net.outputs.start :] != net.outputs.start).any():
        raise InputError("an output that does not see every neuron before it", "a full shortcut net", shortcut)
    for number in settings.cascade_activation_functions:
        by_number(number)
    refuse_untrainable(net, exact)
