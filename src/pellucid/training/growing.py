"""Cascade growth: a network gets one hidden unit after the other, each of which sees everything before it.

    1. train the output layer on X and all hidden units' values, which rest;
    2. stop if the loss, or that on validation data, is good enough or gains no more;
    3. train many candidate units at once, each to give what is still lacking at the outputs;
    4. put the best one before the output layer, and begin again.

Fahlman and Lebiere 1990, "The cascade-correlation learning architecture"; candidates fit the error themselves, as in
Fahlman's later Cascade2. Both trainings are done by the ordinary engines (`garden.py`): the output layer is a network
of one layer on fixed inputs, and candidates are networks of two (`candidates.py`).

What is open: the paper's candidates are sigmoids only. Waves (sine, gaussian) are allowed here but no default: they
soonest fit the rows of a training set and say little about rows in between.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..engines.protocol import Data
from ..maths import passes
from ..maths.optimizers import optimizers
from ..maths.random import Stream
from ..model.history import History
from ..model.layers import Layer, layer_names
from ..model.model import Model
from ..model.parameters import LayerArrays, Parameters
from ..model.plan import Plan
from .candidates import Candidate, beds_of, best_candidate
from .examples import Examples, as_dtype, nothing_learnt, training_data
from .fitting import adopt_dtype, begin, check_parameters, fitting_dtype, rehearse_own_parts, remember_data
from .garden import WORTH, Garden, sizes
from .growth import GrownUnit, Growth, Wishes, check_growth
from .interrupt import interruptible
from .planning import Options, make_plan, with_labels


def grow(model: Model, examples: Examples, options: Options, wishes: Wishes) -> Growth:
    """Grow the model in place; it is left as it was after its best round."""
    plan = make_plan(model, options)
    check_parameters(model)
    kinds = check_growth(model, wishes, plan)
    with nothing_learnt(model):
        data, validation = training_data(model, examples, plan)
        plan = with_labels(model, plan)
        dtype = fitting_dtype(model, data)
        data, validation = as_dtype(data, dtype), validation and as_dtype(validation, dtype)
        rehearse_own_parts(model, plan, data)
    notes = adopt_dtype(model, dtype)
    _let_output_see_all(model)
    with interruptible() as pressed:
        garden = Garden(model, plan, wishes, kinds, data, validation, pressed)
        growth = _rounds(garden)
    model.training = None
    model.history = History(notes=[*notes, growth.stopped], engine="; ".join(garden.engines))
    remember_data(model, data)
    _begin_again(model, plan)
    return growth


def _begin_again(model: Model, plan: Plan) -> None:
    """Set up what a next fit goes on from; nothing from which a script could grow again."""
    # RPROP and the like want all rows at once, which `fit` gives only if asked.
    begin(model, replace(plan, optimizer=optimizers.adam, epochs=0))
    assert model.training is not None
    model.training.origin = model.data = None


def _rounds(garden: Garden) -> Growth:
    model, wishes, beds = garden.model, garden.wishes, beds_of(garden)
    growth, best, kept, last = Growth(), np.inf, None, 0
    chosen: tuple[str, float, float] = ("", np.nan, np.nan)
    while not growth.stopped:
        here = GrownUnit(len(growth.rounds), *chosen, _train_output(garden), _validated(garden))
        growth.rounds.append(here)
        watched = here.loss if garden.validation is None else here.validation_loss
        if kept is None or watched < best * (1.0 - WORTH):
            last = here.units
        if kept is None or watched < best:
            best, growth.kept, kept = watched, here.units, (model.layers, model.parameters.copy())
        growth.stopped = wishes.why_stop(here, here.units - last) or ("Ctrl-C" if garden.interrupted() else "")
        if not growth.stopped:
            chosen = _plant(garden, best_candidate(garden, beds))
    assert kept is not None
    model.layers, model.parameters = kept
    return growth


def _plant(garden: Garden, unit: Candidate) -> tuple[str, float, float]:
    """Put a unit before the output layer, whose new weights begin at 0: the answers stay what they are."""
    model = garden.model
    out = model.parameters.by_layer[-1]
    below = np.zeros((1, out["W"].shape[1]), out["W"].dtype)
    new = {**out, "W": np.vstack((out["W"], below))}
    layers = (*model.layers[:-1], unit.layer, model.layers[-1])
    _exchange(model, layers, [*model.parameters.by_layer[:-1], unit.arrays, new])
    garden.add(unit.layer, unit.arrays)
    activation, steepness = unit.kind
    return activation.name, steepness, unit.score


def _exchange(model: Model, layers: tuple[Layer, ...], arrays: list[LayerArrays]) -> None:
    model.layers, model.parameters = layers, Parameters(layer_names(layers), arrays)


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


def _train_output(garden: Garden) -> float:
    """Train the output layer on what it sees, which rests: from its weights, and from small random ones.

    The better is kept, and its loss returned. (Outputs of a saturated tanh or sigmoid have no slope left, and would
    never learn again.)
    """
    model, seen = garden.model, garden.data.X
    p = model.parameters.by_layer[-1]
    if not garden.plan.epochs:
        return _loss(garden, p, garden.data)
    layer = replace(model.layers[-1], sees="previous")
    draws = Stream(model.seed, "growth", layer=len(model.layers), epoch=1).random(p["W"].shape)
    small = ((draws - 0.5) / sizes(seen)).astype(p["W"].dtype)
    fresh = {name: small if name == "W" else np.zeros_like(w) for name, w in p.items()}
    engine = garden.engine((layer,), garden.plan, len(garden.data))
    found = [garden.trained(engine, (layer,), [start], garden.plan, garden.data)[-1] for start in (p, fresh)]
    losses = [_loss(garden, arrays, garden.data) for arrays in found]
    best = int(np.argmin([loss if np.isfinite(loss) else np.inf for loss in losses]))
    model.parameters.by_layer[-1] = found[best]
    return losses[best]


def _loss(garden: Garden, p: LayerArrays, data: Data) -> float:
    """The loss with these parameters of the output layer."""
    plan, layer = garden.plan, replace(garden.model.layers[-1], sees="previous")
    last = passes.forward(np, [layer], [p], data.X)[-1]
    each = passes.sample_losses(np, plan.loss, layer.activation, last.z, last.a, data.Y)
    return float(passes.total_loss(np, each, passes.shares(np, len(data), data.weights, plan.reduction)))


def _validated(garden: Garden) -> float:
    return np.nan if garden.validation is None else _loss(garden, garden.model.used[-1], garden.validation)
