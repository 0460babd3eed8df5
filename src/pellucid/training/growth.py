"""What a user tells `Network.grow`, checked, and what they get back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..engines import Wish
from ..errors import InputError
from ..maths.activations import Activation, activations
from ..model.layers import real_number, whole_number
from ..model.model import Model
from ..model.plan import Plan

Kind = tuple[Activation, float]  # of candidates: activation and steepness
MOST_CANDIDATES = 1000


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

    units: int
    candidates: int
    activations: Any
    steepness: Any
    candidate_epochs: int
    goal: float
    patience: int
    callback: Callable[[GrownUnit], Any] | None
    wish: Wish

    def why_stop(self, here: GrownUnit, waited: int) -> str:
        """Why no unit follows this round, `waited` units after the last gain; "" if one does."""
        if self.callback is not None and self.callback(here) is True:
            return "the callback said so"
        if here.loss <= self.goal:
            return "the goal is met"
        if waited >= self.patience:
            return f"no gain in {waited} units"
        return "all units" if here.units >= self.units else ""


def check_growth(model: Model, wishes: Wishes, plan: Plan) -> list[Kind]:
    """The kinds of candidates; raises InputError for what cannot be wished for, or a network that cannot grow."""
    for name in ("units", "candidates", "candidate_epochs", "patience"):
        whole_number(name, getattr(wishes, name), 0 if name == "units" else 1, f"{name}=10")
    if wishes.candidates > MOST_CANDIDATES:
        raise InputError(
            f"candidates = {wishes.candidates!r}", f"at most {MOST_CANDIDATES} of each kind in a round", "candidates=8"
        )
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
    return _kinds(wishes)


def _kinds(wishes: Wishes) -> list[Kind]:
    """Every pair of an activation and a steepness."""
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
    return pairs


def _listed(chosen: Any) -> list[Any]:
    one = (
        isinstance(chosen, (str, bytes, Activation))
        or not isinstance(chosen, Iterable)
        or getattr(chosen, "ndim", 1) == 0
    )
    return [chosen] if one else list(chosen)


def _steepnesses(chosen: Any) -> list[float]:
    # An array without dimensions is a number.
    given = [one.item() if type(one) is np.ndarray and one.ndim == 0 else one for one in _listed(chosen)]
    found = [s for s in map(real_number, given) if s]
    if len(found) < len(given):
        raise InputError(
            f"steepness={chosen!r}", "a finite number other than 0, or a list of them", "steepness=[0.5, 1.0]"
        )
    return found
