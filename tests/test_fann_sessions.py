"""Sessions of the native core that are kept between two calls: nothing but the time may tell that they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fann_vectors import engine
from pellucid.fann import sessions
from pellucid.fann.build import shortcut, standard
from pellucid.fann.engine import Goal, Memory
from pellucid.fann.native_engine import NativeEngine
from pellucid.fann.randomness import Rand
from pellucid.io.fann.structure import ALGORITHMS, BATCH, RPROP, Structure


class Script:
    """A net that is trained, tested and changed, always by engines of the same kind.

    `fresh` gives every call an engine of its own, which has kept nothing.
    """

    def __init__(self, kind: str, fresh: bool) -> None:
        self.net = standard((2, 3, 2), Rand(1)) if kind == "standard" else shortcut((2, 2, 2), Rand(1))
        computed = np.flatnonzero(self.net.n_inputs)
        self.net.activation[computed], self.net.steepness[computed] = 3, 0.5
        self.memory, self.fresh, self.own = Memory(Rand(2)), fresh, engine("native")
        random = np.random.default_rng(3)
        self.rows = [(random.normal(size=(n, 2)), random.uniform(size=(n, 2))) for n in (1, 5)]

    @property
    def engine(self) -> Any:
        return engine("native") if self.fresh else self.own

    def train(self, rows: int, algorithm: int, exact: bool) -> list[float]:
        self.net.settings.training_algorithm = algorithm
        X, Y = self.rows[rows]
        made = self.engine.advance(self.net, self.memory, X, Y, 2, Goal(mse=1e-9), exact, lambda: False)
        errors = self.memory.errors
        return [*made.mse, *made.bit_fails, errors.square_sum, errors.bit_fails]

    def ask(self, rows: int) -> list[float]:
        X, Y = self.rows[rows]
        return self.engine.test(self.net, self.memory, X, Y).ravel().tolist()

    def change(self, what: str, by: float) -> list[float]:
        CHANGES[what](self, by)
        return []

    def numbers(self) -> list[float]:
        arrays = (self.net.weights, self.memory.steps, self.memory.slopes, self.memory.deltas)
        return np.concatenate([np.zeros(0) if a is None else a for a in arrays]).tolist()


def _function(script: Script, by: float) -> None:
    script.net.activation[script.net.outputs.start] = 5 if by > 0 else 8


def _new_rows(script: Script, by: float) -> None:
    script.rows = [(X + by, Y.copy()) for X, Y in script.rows]


def _another_net(script: Script, by: float) -> None:
    """Other layers; what training remembers is of no use to them."""
    net = standard((2, 4, 2), Rand(5)) if by > 0 else shortcut((2, 1, 1, 2), Rand(5))
    net.activation[np.flatnonzero(net.n_inputs)], net.settings = 3, script.net.settings
    script.net = net
    script.memory.forget_steps()
    script.memory.deltas = None


CHANGES: dict[str, Callable[[Script, float], None]] = {
    "a weight": lambda script, by: script.net.weights.__setitem__(0, by),
    "all weights": lambda script, by: setattr(script.net, "weights", script.net.weights + by),
    "a step": lambda script, by: script.memory.steps is not None and script.memory.steps.__setitem__(1, abs(by)),
    "the steps": lambda script, by: script.memory.forget_steps(),
    "the rate": lambda script, by: setattr(script.net.settings, "learning_rate", abs(by)),
    "the error function": lambda script, by: setattr(script.net.settings, "train_error_function", int(by > 0)),
    "a steepness": lambda script, by: script.net.steepness.__setitem__(script.net.outputs.start, abs(by)),
    "a function": _function,
    "a row": lambda script, by: script.rows[1][0].__setitem__((0, 0), by),
    "the rows": _new_rows,
    "the net": _another_net,
}
STEPS = st.one_of(
    st.tuples(st.just("train"), st.integers(0, 1), st.integers(0, 4), st.booleans()),
    st.tuples(st.just("ask"), st.integers(0, 1)),
    st.tuples(st.just("change"), st.sampled_from(sorted(CHANGES)), st.sampled_from([-0.75, -0.125, 0.25, 0.5])),
)


@settings(max_examples=300)
@given(st.sampled_from(["standard", "shortcut"]), st.lists(STEPS, min_size=2, max_size=12))
def test_a_kept_session_is_as_a_new_one(kind: str, steps: list[tuple[Any, ...]]) -> None:
    kept, fresh = Script(kind, False), Script(kind, True)
    for name, *given_ in steps:
        assert getattr(kept, name)(*given_) == getattr(fresh, name)(*given_)
        assert kept.numbers() == fresh.numbers()


def begun(native: NativeEngine, net: Structure, X: np.ndarray) -> Any:
    order = sessions.Order(BATCH, False, True, 1)
    session = native.sessions.begin(net, order, X, np.zeros((len(X), 2)), net.weights, None, None, None)
    native.sessions.keep(session)
    return session


def test_the_same_call_gets_the_same_session() -> None:
    script = Script("standard", False)
    script.train(1, RPROP, True)
    before = dict(script.own.sessions._kept)
    script.train(1, RPROP, True)
    assert [a.core is b.core for a, b in zip(before.values(), script.own.sessions._kept.values(), strict=True)] == [
        True
    ]


def test_many_rows_are_not_held() -> None:
    native, net = engine("native"), Script("standard", True).net
    begun(native, net, np.zeros((sessions.FEW, 2)))
    assert not native.sessions._kept
    begun(native, net, np.zeros((10, 2)))
    assert len(native.sessions._kept) == 1


@pytest.mark.parametrize("algorithm", range(5), ids=ALGORITHMS)
def test_a_session_begins_again_only_by_rules_for_which_it_has_arrays(algorithm: int) -> None:
    native, net = engine("native"), Script("standard", True).net
    session = begun(native, net, np.zeros((1, 2)))
    rules = native.sessions.rules(net, sessions.Order(algorithm, False, True, 1))
    if algorithm == BATCH:
        session.core.begin_again(rules)
        return
    with pytest.raises(ValueError, match="needs"):
        session.core.begin_again(rules)
