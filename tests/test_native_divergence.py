"""Divergence on the native engine: found in the same epoch, told in the same words, and the same state is kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from native_cases import near, needs_native, same_bits, slots
from pellucid import Dense, DivergenceError, Dropout, Network
from pellucid.engines import native_engine
from pellucid.engines.native import checked_threads, core
from pellucid.engines.native_engine import NativeEngine
from pellucid.engines.protocol import Data

pytestmark = needs_native
RNG = np.random.default_rng(1)
X = RNG.normal(size=(40, 2))
Y = X[:, :1] - 2 * X[:, 1:]


class Work(NamedTuple):
    layers: tuple[Any, ...]
    how: dict[str, Any]
    x: np.ndarray = X
    y: np.ndarray = Y


WORKS = {
    "a high rate": Work((Dense(3, "relu"), Dense(1)), {"optimizer": "sgd(learning_rate=10)"}),
    "a rate that grows": Work((Dense(3, "tanh"), Dense(1)), {"optimizer": "sgd(learning_rate=3, momentum=0.9)"}),
    "inputs that are not scaled": Work((Dense(3, "relu"), Dense(1)), {"optimizer": "sgd(learning_rate=0.1)"}, X * 1e6),
    "targets out of reach": Work((Dense(1),), {"optimizer": "sgd(learning_rate=0.01)"}, X, Y * 1e200),
    "steps that are too long": Work(
        (Dense(1),), {"optimizer": "rprop(initial_step=1e308, largest=1e308, smallest=1e300)"}
    ),
    "a memory that overflows": Work((Dense(1),), {"loss": "huber", "optimizer": "adam"}, X * 1e200),
    "many layers": Work(
        (Dense(8, "elu"), Dropout(0.2), Dense(8, "softplus"), Dense(1)), {"optimizer": "sgd(learning_rate=1e30)"}
    ),
    "a penalty": Work((Dense(1, l2=1.0),), {"optimizer": "sgd(learning_rate=1e10)"}),
}


def diverged(work: Work, engine: str, **more: Any) -> tuple[Network, DivergenceError]:
    net = Network(2, *work.layers, seed=0)
    how = {"loss": "squared_error", "epochs": 3000, **work.how, **more}
    with pytest.raises(DivergenceError) as caught:
        net.fit(work.x, work.y, engine=engine, **how)
    return net, caught.value


@pytest.mark.parametrize("size", [None, 8, 1])
@pytest.mark.parametrize("name", WORKS)
def test_it_is_named_as_on_numpy(name: str, size: int | None) -> None:
    (here, mine), (there, theirs) = (diverged(WORKS[name], engine, batch_size=size) for engine in ("native", "numpy"))
    assert here.history.engine.startswith("native: ")
    assert (mine.epoch, mine.layer, mine.quantity) == (theirs.epoch, theirs.layer, theirs.quantity)
    assert (mine.instead, str(mine).split("Likely cause")[0]) == (theirs.instead, str(theirs).split("Likely cause")[0])
    assert here.history.stopped == "diverged"
    assert here.history.epochs == there.history.epochs == mine.epoch
    assert here.training is not None and there.training is not None
    assert (here.training.epoch, here.training.step) == (there.training.epoch, there.training.step)
    memories = [slots(here, slot).values() for slot, _ in here.training.plan.optimizer.slots]
    assert all(np.isfinite(array).all() for arrays in (here.parameters.values(), *memories) for array in arrays)
    for name, array in here.parameters.items():  # as far as what grows without bound can be followed
        np.testing.assert_allclose(array, there.parameters[name], rtol=1e-3)


@pytest.mark.parametrize("most", [1, 3, 5, 65536])
@pytest.mark.parametrize("every", [1, 4, None])
def test_the_kept_state_is_that_of_an_epoch_however_calls_are_cut(
    every: int | None, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, error = diverged(WORKS["a high rate"], "native", batch_size=8)
    monkeypatch.setattr(native_engine, "MOST_STEPS", most)
    callbacks = None if every is None else (every, lambda report: None)
    cut, same = diverged(WORKS["a high rate"], "native", batch_size=8, callbacks=callbacks)
    assert str(error) == str(same)
    same_bits(cut, whole)
    assert whole.training is not None
    kept = whole.training.epoch
    assert kept in (error.epoch, error.epoch - 1)
    again = Network(2, *WORKS["a high rate"].layers, seed=0)
    how = {"optimizer": "sgd(learning_rate=10)", "loss": "squared_error", "batch_size": 8}
    again.fit(X, Y, epochs=kept, engine="native", **how)
    assert again.parameters == whole.parameters


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_find_the_same(threads: int) -> None:
    for name in ("many layers", "a high rate", "a memory that overflows"):
        alone, told = diverged(WORKS[name], "native", batch_size=16, threads=1)
        many, same = diverged(WORKS[name], "native", batch_size=16, threads=threads)
        assert str(told) == str(same)
        same_bits(many, alone)


def test_in_the_very_first_epoch_the_network_stays_as_it_was() -> None:
    work = WORKS["targets out of reach"]
    net, error = diverged(work, "native", batch_size=None)
    assert error.epoch == 0
    assert net.parameters == Network(2, *work.layers, seed=0).parameters


def test_training_can_go_on_afterwards() -> None:
    net, _ = diverged(WORKS["a high rate"], "native")
    net.reset().fit(X, Y, optimizer="sgd", learning_rate=0.05, epochs=300, loss="squared_error", engine="native")
    assert net.score(X, Y) > 0.9


def test_no_warning_of_numpys_escapes_and_none_is_hidden() -> None:
    with np.errstate(all="raise"):
        diverged(WORKS["many layers"], "native")


def test_the_session_keeps_the_starts_of_the_last_two_epochs() -> None:
    net = Network(2, Dense(3, "tanh"), Dense(1), seed=0)
    net.fit(X, Y, epochs=0, batch_size=8, optimizer="adam")
    assert net.training is not None
    engine = NativeEngine(core(), checked_threads(1) or 1)
    arrays = [dict(layer) for layer in net.parameters.by_layer]
    session = engine.start(net.layers, arrays, net.training, Data(X, Y), lambda: False)
    assert list(session.kept) == []
    starts = [session.parameters]
    for epoch in range(1, 5):
        session.advance(1)
        kept = session.kept
        assert [(moment.epoch, moment.step) for moment in kept] == [
            (past, past * 5) for past in range(max(0, epoch - 2), epoch)
        ]
        for moment, start in zip(kept, starts[-2:], strict=True):
            for mine, theirs in zip(moment.parameters, start, strict=True):
                near(mine, theirs, 0.0)
        starts.append(session.parameters)
