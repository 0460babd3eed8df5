"""Small experiments on copies: what would have happened with another rate, other starting weights, more units?

Each trains a copy for a few hundred updates on at most `ROWS` rows and returns its loss on the scale of
`Evidence.unexplained`. Everything is drawn from fixed seeds, so the same diagnosis gives the same answer. The number of
updates is bounded by the work that one takes, not by time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from ...engines.numpy_engine import NumpyEngine
from ...engines.protocol import Data
from ...maths import passes
from ...maths.by_unit import by_unit, paired, shared_name
from ...maths.optimizers import optimizers
from ...maths.random import key_of, permutation
from ...maths.schedules import schedules
from ...model.layers import Dense, Layer, inputs
from ...model.plan import Plan
from ...model.state import TrainingState
from ...training.initial import draw_parameters
from ..gradient_check import sample_rows
from .evidence import Evidence, LayerArrays, as_float64

ROWS = 400
UPDATES, REFERENCE_UPDATES = 200, 300
WORK = 3e8  # numbers multiplied in one experiment, at most about
REFERENCE_UNITS = 16
RESTARTS = 6
TABLE = 3  # an input with at most so many different values may be a truth table's
SPLIT_FROM = 40  # with fewer rows a held-out half says nothing
RATE = 0.03
LOOKS = 12  # how often an experiment is measured on its way
MATTERS = 0.15  # a difference in unexplained loss that counts


class Experiments:
    """The experiments of one diagnosis; each is made when first asked for."""

    def __init__(self, evidence: Evidence) -> None:
        assert evidence.y is not None
        self.evidence = evidence
        rows = sample_rows(len(evidence.x), ROWS)
        self.x, self.y = evidence.x[rows], evidence.y[rows]
        self.scaled = standardised(evidence.x)[rows]
        self._restarted: dict[int, float] = {}
        # The optimum of a linear output moves with its targets: learn them on a scale of 1, measure in their own.
        self.shifts = shared_name(evidence.layers[-1].activation) == "linear" and not evidence.loss.classification

    @cached_property
    def reference(self) -> float | None:
        """What a plain network (inputs scaled, 16 tanh units, Adam) leaves unexplained on rows it was not trained on.

        Both halves of the rows take their turn. A small table of few different values (XOR) is learnt whole. None
        where there are too few rows to say.
        """
        n, d = self.scaled.shape
        last = replace(plainly_wired(self.evidence.layers[-1]), init=(), l1=0.0, l2=0.0, max_norm=None)
        layers = (Dense(REFERENCE_UNITS, "tanh"), last if last.rule.resizes else Dense(d, last.activation))
        everything = np.arange(n)
        if n < SPLIT_FROM:
            if any(len(np.unique(column)) > TABLE for column in self.scaled.T):
                return None
            return self._learn(layers, self.scaled, everything, everything, updates=REFERENCE_UPDATES)
        order = permutation(np, key_of(0, "split"), n)
        halves = np.sort(order[: n // 2]), np.sort(order[n // 2 :])
        turns = (halves, halves[::-1])
        left = [self._learn(layers, self.scaled, *turn, updates=REFERENCE_UPDATES) for turn in turns]
        return float(np.mean(left))

    @property
    def was_compared(self) -> bool:
        """Whether there was a reason to train the reference network."""
        return "reference" in vars(self)

    @cached_property
    def falls_short(self) -> bool:
        """Whether the network leaves clearly more unexplained than the reference network does on rows new to it."""
        left = self.evidence.unexplained
        if left is None or left < MATTERS or self.reference is None:
            return False
        return left > self.reference + MATTERS

    def reaches(self, unexplained: float) -> bool:
        """Whether an experiment's result is about as good as the reference and much better than the network."""
        left = self.evidence.unexplained
        assert left is not None and self.reference is not None
        return unexplained < left - MATTERS and unexplained < max(self.reference + MATTERS, left / 3)

    def helps(self, unexplained: float) -> bool:
        """Whether an experiment of a few hundred updates got clearly further than the network."""
        left = self.evidence.unexplained
        assert left is not None
        return unexplained < left - max(MATTERS, 0.2 * min(left, 10.0))

    @cached_property
    def restarts(self) -> list[float]:
        """The same layers from other starting weights, trained with Adam; penalties and dropout as they are."""
        return [self._restart(seed) for seed in range(1, RESTARTS + 1)]

    @cached_property
    def layers_suffice(self) -> bool:
        """Whether some restart gets about as far as the reference; stops at the first that does."""
        return any(self.reaches(self._restart(seed)) for seed in range(1, RESTARTS + 1))

    def _restart(self, seed: int) -> float:
        if seed not in self._restarted:
            self._restarted[seed] = self.probe(self.evidence.layers, seed)
        return self._restarted[seed]

    @cached_property
    def unpenalised(self) -> float:
        """The best of three restarts without L1 and L2."""
        layers = [replace(layer, l1=0.0, l2=0.0) for layer in self.evidence.layers]
        return min(self.probe(layers, seed) for seed in (1, 2, 3))

    @cached_property
    def undropped(self) -> float:
        """The best of three restarts without dropout or other noise."""
        layers = [layer for layer in self.evidence.layers if not layer.rule.noisy]
        layers = layers if fits(self.evidence.model.n_in, layers) else list(map(unmasked, layers))
        return min(self.probe(layers, seed) for seed in (1, 2, 3))

    @cached_property
    def wider(self) -> float:
        """The best of three restarts with eight times the hidden units, at least 16 in each layer; without masks."""
        hidden = self.evidence.hidden
        layers = [widened(layer) if k in hidden else unmasked(layer) for k, layer in enumerate(self.evidence.layers)]
        return min(self.probe(layers, seed) for seed in (1, 2, 3))

    def probe(self, layers: Sequence[Layer], seed: int) -> float:
        """Train layers like these from fresh standard weights with Adam on all of the experiment's rows."""
        fresh = [replace(layer, init=()) for layer in layers]
        everything = np.arange(len(self.x))
        return self._learn(fresh, self.scaled, everything, everything, seed)

    def with_rate(self, factor: float, updates: int = UPDATES, go_on: bool = False) -> float:
        """The planned training from where it started (or goes on from now), at a constant rate times `factor`."""
        evidence = self.evidence
        plan = evidence.plan
        assert plan is not None and evidence.start is not None
        n = len(self.x)
        scale = evidence.rows_given / n if plan.reduction == "sum" and plan.batch_size is None else 1.0
        rate = planned_rate(evidence) * factor * scale
        batch = min(plan.batch_size or n, n)
        epochs = max(1, self._updates(evidence.layers, batch, updates) * batch // n)
        changed = replace(
            plan, optimizer=plan.optimizer(learning_rate=rate), schedule=schedules.constant, epochs=epochs
        )
        begin = evidence.parameters if go_on else evidence.start
        trained = self._train(evidence.layers, begin, changed, Data(self.x, self.y), epochs)
        return self._measure(evidence.layers, trained, self.x, self.y)

    def _learn(
        self,
        layers: Sequence[Layer],
        x: np.ndarray,
        learn: np.ndarray,
        judge: np.ndarray,
        seed: int = 1,
        updates: int = UPDATES,
    ) -> float:
        """The smallest loss on the rows `judge` in the course of a training with Adam on the rows `learn`."""
        mean, scale = self._target_scale()
        y = (self.y - mean) / scale
        updates = self._updates(layers, len(learn), updates)
        plan = Plan(self.evidence.loss, optimizers.adam(learning_rate=RATE), schedules.constant, updates, None)
        parameters = draw_parameters(x.shape[1], layers, seed, np.dtype(np.float64)).by_layer
        state = TrainingState(plan, seed, passes.start_slots(np, plan.optimizer, parameters))
        session = NumpyEngine().start(layers, parameters, state, Data(x[learn], y[learn]), _never)
        best = float("inf")
        for _ in range(LOOKS):
            outcome = session.advance(max(1, updates // LOOKS)).outcome
            best = min(best, self._measure(layers, session.parameters, x[judge], self.y[judge], mean, scale))
            if outcome != "done":
                break
        return best

    def _train(
        self, layers: Sequence[Layer], parameters: list[LayerArrays], plan: Plan, data: Data, epochs: int
    ) -> list[LayerArrays] | None:
        """The parameters after so many epochs; None if training diverged."""
        start = as_float64(parameters)
        state = TrainingState(plan, self.evidence.model.seed, passes.start_slots(np, plan.optimizer, start))
        session = NumpyEngine().start(layers, start, state, data, _never)
        return session.parameters if session.advance(epochs).outcome == "done" else None

    def _measure(
        self,
        layers: Sequence[Layer],
        parameters: list[LayerArrays] | None,
        x: np.ndarray,
        y: np.ndarray,
        mean: np.ndarray | float = 0.0,
        scale: np.ndarray | float = 1.0,
    ) -> float:
        if parameters is None:
            return float("inf")
        last = passes.forward(np, layers, parameters, x)[-1]
        return self.evidence.unexplained_by(last._replace(z=last.z * scale + mean, a=last.a * scale + mean), y)

    def _target_scale(self) -> tuple[np.ndarray | float, np.ndarray | float]:
        if not self.shifts:
            return 0.0, 1.0
        deviation = self.y.std(axis=0)
        return self.y.mean(axis=0), np.where(deviation > 0, deviation, 1.0)

    def _updates(self, layers: Sequence[Layer], batch: int, wanted: int) -> int:
        """So many updates as the work allows, at least 20."""
        taken = zip(layers, inputs(self.evidence.model.n_in, layers), strict=True)
        size = sum(int(np.prod(shape)) for layer, n in taken for shape in layer.shapes(n).values())
        return int(min(wanted, max(20.0, WORK / (batch * max(size, 1)))))


def planned_rate(evidence: Evidence) -> float:
    """The rate that training ran at: the mean of the history where a schedule moved it."""
    assert evidence.plan is not None
    rates = evidence.history.learning_rate
    if evidence.plan.schedule.name != "constant" and rates:
        return float(np.mean(rates))
    return float(evidence.plan.optimizer.options["learning_rate"])


def wider_units(units: int) -> int:
    """How many units the experiment with wider layers gives to a layer of so many."""
    return max(8 * units, REFERENCE_UNITS)


def unmasked(layer: Layer) -> Layer:
    """The layer with all its weights."""
    return replace(layer, rule=layer.rule(mask=None)) if layer.rule.present("W") is not None else layer


def plainly_wired(layer: Layer) -> Layer:
    """The layer with all its weights, seeing the one before it only."""
    return replace(unmasked(layer), sees="previous")


def widened(layer: Layer) -> Layer:
    """The layer with many more units, which take turns in having the activations that its own have."""
    units, activation = wider_units(layer.units or 1), layer.activation
    if activation.forward is by_unit:
        pairs = (paired(**activation.options) * units)[:units]
        activation = activation(units=tuple(f for f, _ in pairs), steepness=tuple(s for _, s in pairs))
    return replace(unmasked(layer), units=units, activation=activation, init=())


def fits(n_in: int, layers: Sequence[Layer]) -> bool:
    """Whether every mask still has the shape of its layer's weights."""
    masks = [(layer.rule.present("W"), n) for layer, n in zip(layers, inputs(n_in, layers), strict=True)]
    return all(mask is None or len(mask) == n for mask, n in masks)


def standardised(x: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and standard deviation 1; constant ones become 1, as they may do a bias's work."""
    deviation = x.std(axis=0)
    varies = deviation > 1e-12 * np.abs(x).max(axis=0)
    return np.where(varies, (x - x.mean(axis=0)) / np.where(varies, deviation, 1.0), 1.0)


def _never() -> bool:
    return False
