"""Cascade training: a net grows one neuron at a time (Fahlman and Lebiere 1990; FANN's variant, Cascade2).

Each round trains the outputs on what the net has so far, then trains many candidate neurons at once, each of which
sees all inputs and all earlier neurons and tries to give what is still missing in the outputs; the best is installed
before the outputs, and its input weights rest from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .engine import Goal, Memory
from .structure import Structure


class Round(NamedTuple):
    """One trained output phase: what FANN reports after it. `function` and `steepness` are None without hidden neurons."""

    neurons: int
    mse: float
    square_sum: float
    epochs: int
    bit_fails: int
    function: int | None
    steepness: float | None


def train(
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
) -> list[Round]:
    """Grow the net, a shortcut net, in place by up to `max_neurons` neurons; stop where `goal` is met.

    X is (n, n_in), Y is (n, n_out), float64, C-contiguous. `report` is given FANN's lines, without their line end:
    none where `neurons_between_reports` is 0. `watch` is asked at each round that is reported (True ends the growth).
    `interrupted` is asked between epochs; True leaves a net that is whole. `memory.errors` is left at the last epoch's.
    The rounds are returned, the final training of the outputs last.

    Errors (InputError): a net that is layered or sparse, data of another width or without rows, no candidates, a
    training algorithm other than RPROP, QUICKPROP and SARPROP.
    """
    raise NotImplementedError
