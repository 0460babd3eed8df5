"""Cascade growth: a network gets one hidden unit after the other, each of which sees everything before it.

    1. train the output layer on X and all hidden units' values, which rest;
    2. stop if the loss, or that on validation data, is good enough or gains no more;
    3. train many candidate units at once, each to give what is still lacking at the outputs;
    4. put the best one before the output layer, and begin again.

Fahlman and Lebiere 1990, "The cascade-correlation learning architecture"; candidates fit the error themselves, as in
Fahlman's later Cascade2. Both trainings are done by the ordinary engines: the output layer is a network of one layer on
fixed inputs, and all candidates together are a layer of many activations before a linear layer with a mask that gives
each candidate outputs of its own.

What is open: the paper's candidates are sigmoids only. Waves (sine, gaussian) are allowed here but no default: they
soonest fit the rows of a training set and say little about rows in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ..engines import Wish, choose
from ..engines.protocol import Data
from ..errors import InputError
from ..maths import passes
from ..maths.activations import Activation, activations
from ..maths.losses import losses
from ..maths.optimizers import optimizers
from ..maths.random import Stream
from ..model.history import History
from ..model.layers import Dense, Layer, layer_names, real_number, whole_number
from ..model.model import Model, used
from ..model.parameters import LayerArrays, Parameters
from ..model.plan import Plan
from ..model.state import TrainingState
from .examples import Examples, as_dtype, nothing_learnt, training_data
from .fitting import adopt_dtype, begin, check_parameters, fitting_dtype, rehearse_own_parts, remember_data
from .interrupt import interruptible
from .planning import Options, make_plan, with_labels

CHUNK = 25  # epochs between two looks at the loss
WORTH = 0.01  # a gain of the loss by less than this share is none


class GrownUnit(NamedTuple):
    """One round: the unit that was put in (none in round 0) and the losses after the output layer was trained.

    `score` is the share of what was lacking that the unit alone could give, on the training rows.
    """

    units: int
    activation: str
    steepness: float
    score: float
    loss: float
    validation_loss: float

    def __str__(self) -> str:
        unit = f"{self.activation} (steepness {self.steepness:g}), score {self.score:.3f}" if self.activation else "-"
        told = "" if np.isnan(self.validation_loss) else f", on validation rows {self.validation_loss:.6g}"
        return f"{self.units:3d} units: loss {self.loss:.6g}{told}; {unit}"


@dataclass
class Growth:
    """What `Network.grow` did: its rounds, why it stopped, and which round's network was kept."""

    rounds: list[GrownUnit] = field(default_factory=list)
    stopped: str = ""
    kept: int = 0

    def __str__(self) -> str:
        return "\n".join([*map(str, self.rounds), f"stopped: {self.stopped}; kept {self.kept} units"])


@dataclass(frozen=True)
class Wishes:
    """What a user may tell `grow` beside the plan; see `Network.grow`."""

    units: int = 10
    candidates: int = 8
    activations: Any = ("tanh", "sigmoid", "softsign")
    steepness: Any = (0.5, 1.0)
    candidate_epochs: int = 150
    goal: float = 0.0
    patience: int = 3
    callback: Callable[[GrownUnit], Any] | None = None
    wish: Wish = field(default_factory=Wish)


class _Garden(NamedTuple):
    """What all rounds share. `seen` grows by a column with each unit: what the output layer sees."""

    model: Model
    plan: Plan
    wishes: Wishes
    kinds: list[tuple[Activation, float]]
    data: Data
    validation: Data | None
    interrupted: Callable[[], bool]


def grow(model: Model, examples: Examples, options: Options, wishes: Wishes) -> Growth:
    """Grow the model in place; it is left as it was after its best round."""
    plan = make_plan(model, options)
    check_parameters(model)
    _check(model, wishes, plan)
    kinds = _kinds(wishes)
    with nothing_learnt(model):
        data, validation = training_data(model, examples, plan)
        plan = with_labels(model, plan)
        dtype = fitting_dtype(model, data)
        data, validation = as_dtype(data, dtype), validation and as_dtype(validation, dtype)
        rehearse_own_parts(model, plan, data)
    notes = adopt_dtype(model, dtype)
    _let_output_see_all(model)
    with interruptible() as pressed:
        garden = _Garden(model, plan, wishes, kinds, data, validation, pressed)
        growth = _rounds(garden)
    model.training, model.history = None, History(notes=[*notes, growth.stopped])
    # What a next fit goes on from: RPROP and the like want all rows at once, which `fit` gives only if asked.
    begin(model, replace(plan, optimizer=optimizers.adam, epochs=0))
    remember_data(model, data)
    model.data = None  # a script cannot grow again, only predict
    return growth


def _rounds(garden: _Garden) -> Growth:
    model, wishes = garden.model, garden.wishes
    growth, best, kept, last = Growth(), np.inf, None, 0
    chosen: tuple[str, float, float] = ("", np.nan, np.nan)
    while not growth.stopped:
        _train_output(garden)
        here = GrownUnit(len(growth.rounds), *chosen, _loss(model, garden.plan, garden.data), _validated(garden))
        growth.rounds.append(here)
        watched = here.loss if garden.validation is None else here.validation_loss
        if kept is None or watched < best * (1.0 - WORTH):
            last = here.units
        if kept is None or watched < best:
            best, growth.kept, kept = watched, here.units, (model.layers, model.parameters.copy())
        told = wishes.callback is not None and wishes.callback(here) is True
        growth.stopped = _why_stop(wishes, here, told, here.units - last) or ("Ctrl-C" if garden.interrupted() else "")
        if not growth.stopped:
            chosen = _plant(garden)
    assert kept is not None
    model.layers, model.parameters = kept
    return growth


def _why_stop(wishes: Wishes, here: GrownUnit, told: bool, waited: int) -> str:
    if told:
        return "the callback said so"
    if here.loss <= wishes.goal:
        return "the goal is met"
    if waited >= wishes.patience:
        return f"no gain in {waited} units"
    return "all units" if here.units >= wishes.units else ""


# --- The output layer ---------------------------------------------------------------------------------------------


def _let_output_see_all(model: Model) -> None:
    """Make the output layer see everything; what it did not see gets weights of 0, so that answers stay the same."""
    layer, arrays = model.layers[-1], model.parameters.by_layer[-1]
    if layer.sees == "all":
        return
    more = sum(model.widths[: len(model.layers) - 1])
    above = np.zeros((more, arrays["W"].shape[1]), arrays["W"].dtype)
    new = {**arrays, "W": np.vstack((above, arrays["W"]))}
    _exchange(model, (*model.layers[:-1], replace(layer, sees="all", init=())), [*model.parameters.by_layer[:-1], new])


def _train_output(garden: _Garden) -> None:
    """Train the output layer on what it sees, which rests: from its weights, and from small random ones.

    The better is kept. (Outputs of a saturated tanh or sigmoid have no slope left, and would never learn again.)
    """
    model, p = garden.model, garden.model.parameters.by_layer[-1]
    if not garden.plan.epochs:
        return
    layer = replace(model.layers[-1], sees="previous")
    data = replace(garden.data, X=_seen(model, garden.data.X))
    draws = Stream(model.seed, "growth", layer=len(model.layers), epoch=1).random(p["W"].shape)
    small = ((draws - 0.5) / _sizes(data.X)[:, None]).astype(p["W"].dtype)
    fresh = {name: small if name == "W" else np.zeros_like(w) for name, w in p.items()}
    found = []
    for start in (p, fresh):
        model.parameters.by_layer[-1] = _trained(garden, (layer,), [start], garden.plan, data)[-1]
        found.append((_loss(model, garden.plan, garden.data), model.parameters.by_layer[-1]))
    model.parameters.by_layer[-1] = min(found, key=lambda pair: pair[0] if np.isfinite(pair[0]) else np.inf)[1]


def _sizes(seen: np.ndarray) -> np.ndarray:
    """By what to divide weights from each column, so that sums are about 1 in size whatever the columns' sizes are."""
    sizes = np.sqrt(np.mean(seen * seen, axis=0) * seen.shape[1] / 3.0)
    return np.where(sizes > 0.0, sizes, 1.0)


def _trained(
    garden: _Garden, layers: Sequence[Layer], start: list[LayerArrays], plan: Plan, data: Data
) -> list[LayerArrays]:
    """The parameters after up to `plan.epochs` epochs; earlier once 25 epochs gained less than a hundredth."""
    state = TrainingState(plan, garden.model.seed, passes.start_slots(np, plan.optimizer, start))
    engine = choose(garden.wishes.wish, data.X.shape[1], layers, plan, len(data)).engine
    session = engine.start(layers, start, state, data, garden.interrupted)
    before = np.inf
    while state.epoch < plan.epochs:
        advance = session.advance(min(CHUNK, plan.epochs - state.epoch))
        if advance.error is not None:
            raise advance.error
        now = advance.figures.data_loss[-1] if advance.figures.epochs else np.nan
        if advance.outcome != "done" or not now < before * (1.0 - WORTH):
            break
        before = now
    return session.parameters


def _seen(model: Model, X: np.ndarray) -> np.ndarray:
    """What the output layer sees: X and the values of all hidden units."""
    went = passes.forward(np, model.layers[:-1], model.used[:-1], X)
    return np.ascontiguousarray(np.concatenate([X, *(here.a for here in went)], axis=1))


def _loss(model: Model, plan: Plan, data: Data) -> float:
    last = passes.forward(np, model.layers, model.used, data.X)[-1]
    each = passes.sample_losses(np, plan.loss, model.layers[-1].activation, last.z, last.a, data.Y)
    return float(passes.total_loss(np, each, passes.shares(np, len(data), data.weights, plan.reduction)))


def _validated(garden: _Garden) -> float:
    return np.nan if garden.validation is None else _loss(garden.model, garden.plan, garden.validation)


# --- The candidates -----------------------------------------------------------------------------------------------


def _plant(garden: _Garden) -> tuple[str, float, float]:
    """Train candidates and put the best before the output layer: its activation, steepness and score."""
    model, kinds = garden.model, garden.kinds
    seen = _seen(model, garden.data.X)
    lacking = _lacking(garden, seen)
    layers, start = _candidates(garden, seen, lacking.shape[1])
    target = np.ascontiguousarray(np.tile(lacking, len(kinds)))
    plan = replace(garden.plan, loss=losses.squared_error, epochs=garden.wishes.candidate_epochs, clip=None)
    found = _trained(garden, layers, start, plan, Data(seen, target, garden.data.weights))
    scores = _scores(layers, used(layers, found), seen, target, garden.data.weights)
    best = int(np.argmax(scores))
    activation, steepness = kinds[best]
    unit = {"W": found[0]["W"][:, best : best + 1], "b": found[0]["b"][best : best + 1]}
    _install(model, Dense(1, activation, steepness=steepness, sees="all"), unit)
    return activation.name, steepness, float(scores[best])


def _lacking(garden: _Garden, seen: np.ndarray) -> np.ndarray:
    """-dLoss/da of the output for each row, (n, n_out), scaled to a mean square of 1.

    It is -dLoss/dz where the loss is computed from the logits z. Elsewhere the activation's slope is left out, or a
    saturated wrong answer would not be seen.
    """
    layer, p = replace(garden.model.layers[-1], sees="previous"), garden.model.used[-1]
    went = passes.forward(np, [layer], [p], seen)
    back = passes.backward(np, [layer], [p], went, garden.plan.loss, garden.data.Y, 1.0)[-1]
    slope = back.dz if back.da is None else back.da
    size = float(np.sqrt(np.average((slope * slope).mean(axis=1), weights=garden.data.weights)))
    return -slope / size if size > 0.0 else -slope


def _candidates(garden: _Garden, seen: np.ndarray, n_out: int) -> tuple[tuple[Layer, ...], list[LayerArrays]]:
    """All candidates as a network: a layer with a unit for each, and a linear one that keeps their outputs apart."""
    kinds, k, n_in = garden.kinds, len(garden.model.layers), seen.shape[1]
    mask = np.kron(np.eye(len(kinds)), np.ones(n_out))
    layers = (
        Dense(len(kinds), [kind for kind, _ in kinds], steepness=[steepness for _, steepness in kinds]),
        Dense(len(kinds) * n_out, bias=False, mask=mask),
    )
    random = Stream(garden.model.seed, "growth", layer=k)
    # Sums of about 2 in size: enough for a bend, too little for many.
    W = (2.0 * random.random((n_in, len(kinds))) - 1.0) * 2.0 / _sizes(seen)[:, None]
    b = 2.0 * random.random(len(kinds)) - 1.0
    V = (random.random(mask.shape) - 0.5) * mask
    arrays = [{"W": W, "b": b}, {"W": V}]
    return layers, [{name: w.astype(seen.dtype) for name, w in layer.items()} for layer in arrays]


def _scores(
    layers: Sequence[Layer], p: list[LayerArrays], seen: np.ndarray, target: np.ndarray, weights: np.ndarray | None
) -> np.ndarray:
    """For each candidate the share of what is lacking that it gives: 1 - sum of squared misses / sum of squares."""
    miss = (passes.output(np, layers, p, seen) - target) ** 2
    n = layers[0].width(0)
    w = np.ones(len(seen)) if weights is None else weights
    left, there = (w @ squares.reshape(len(seen), n, -1).sum(axis=2) for squares in (miss, target**2))
    scores = 1.0 - left / np.where(there > 0.0, there, 1.0)
    return np.where(np.isfinite(scores), scores, -np.inf)


def _install(model: Model, unit: Layer, arrays: LayerArrays) -> None:
    """Put the unit before the output layer, whose new weights begin at 0: the answers stay what they are."""
    out = model.parameters.by_layer[-1]
    below = np.zeros((1, out["W"].shape[1]), out["W"].dtype)
    new = {**out, "W": np.vstack((out["W"], below))}
    _exchange(model, (*model.layers[:-1], unit, model.layers[-1]), [*model.parameters.by_layer[:-1], arrays, new])


def _exchange(model: Model, layers: tuple[Layer, ...], arrays: list[LayerArrays]) -> None:
    model.layers, model.parameters = layers, Parameters(layer_names(layers), arrays)


# --- What was asked for -------------------------------------------------------------------------------------------


def _kinds(wishes: Wishes) -> list[tuple[Activation, float]]:
    """Each candidate's activation and steepness: every pair, over and over until there are enough."""
    found = [activations.resolve(one) for one in _listed(wishes.activations)]
    pairs = [(activation, s) for activation in found for s in _steepnesses(wishes.steepness)]
    if not pairs:
        raise InputError("no activations, or no steepness, for candidates", "at least one", 'activations=["tanh"]')
    for activation, _ in pairs:
        if activation.refusal or not activation.slope:
            why = activation.refusal or "it has no slope by itself"
            raise InputError(
                f"candidates of {activation.name}: {why}", "an activation with a slope", 'activations="tanh"'
            )
    return pairs * wishes.candidates


def _listed(chosen: Any) -> list[Any]:
    return list(chosen) if isinstance(chosen, Iterable) and not isinstance(chosen, (str, Activation)) else [chosen]


def _steepnesses(chosen: Any) -> list[float]:
    found = [s for s in map(real_number, _listed(chosen)) if s is not None]
    if len(found) < len(_listed(chosen)):
        raise InputError(f"steepness={chosen!r}", "a finite number, or a list of them", "steepness=[0.5, 1.0]")
    return found


def _check(model: Model, wishes: Wishes, plan: Plan) -> None:
    for name in ("units", "candidates", "candidate_epochs", "patience"):
        whole_number(name, getattr(wishes, name), 0 if name == "units" else 1, f"{name}=10")
    whole_number("epochs", plan.epochs, min(wishes.units, 1), "epochs=200")
    if real_number(wishes.goal) is None:
        raise InputError(f"goal={wishes.goal!r}", "the loss to reach, a finite number", "goal=0.01")
    if wishes.callback is not None and not callable(wishes.callback):
        raise InputError(f"callback={wishes.callback!r}", "a function of a round, or None", "callback=print")
    layer = model.layers[-1]
    if layer.rule.name != "dense" or layer.rule.options.get("mask") is not None:
        raise InputError(f"the output layer {layer!r} cannot grow", "a dense layer without a mask", "Dense(1)")
    for name, hidden in zip(model.names, model.layers, strict=True):
        if hidden.rule.noisy:
            raise InputError(f"{name} drops units, and what rests while a network grows must rest", "no dropout")
