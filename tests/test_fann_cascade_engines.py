"""The two phases of cascade training on the native engine against NumPy's: to the last bit where FANN's numbers are
asked for, else within rounding."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fann_vectors import SAME_LIBRARY, engine
from pellucid.fann import native_engine
from pellucid.fann.build import shortcut
from pellucid.fann.candidates import _drawn
from pellucid.fann.cascade import train
from pellucid.fann.engine import Candidate, Engine, Field, Goal, Memory, OutputPhase, Task
from pellucid.fann.numpy_engine import NumpyEngine
from pellucid.fann.randomness import Rand
from pellucid.io.fann.structure import QUICKPROP, RPROP, SARPROP, Structure

THRESHOLD = 1
TRAINABLE = [number for number in range(18) if number != THRESHOLD]
WAVES = (14, 15, 16, 17)
ALGORITHMS = {"RPROP": RPROP, "QUICKPROP": QUICKPROP, "SARPROP": SARPROP}
NO_GOAL = Goal(mse=-1.0)
pytestmark = pytest.mark.skipif(not SAME_LIBRARY, reason="NumPy takes exp from another C library than the core")


def net_of(shape: tuple[int, ...], functions: list[int], scale: float = 1.0, **chosen: Any) -> Structure:
    net = shortcut(shape, Rand(5))
    computed = np.flatnonzero(net.n_inputs)
    net.activation[computed] = [functions[i % len(functions)] for i in range(len(computed))]
    net.steepness[computed] = [(0.5, 0.25, 1.0)[i % 3] for i in range(len(computed))]
    net.weights[:] = np.random.default_rng(len(net.weights)).normal(0.0, scale, len(net.weights))
    net.settings.cascade_max_out_epochs = net.settings.cascade_max_cand_epochs = 5
    for name, value in chosen.items():
        setattr(net.settings, name, value)
    return net


def rows_for(net: Structure, n: int, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(n)
    return random.normal(0.0, scale, (n, net.n_in)), random.uniform(-1.0, 1.0, (n, net.n_out))


def never() -> bool:
    return False


def task_for(net: Structure, X: np.ndarray, Y: np.ndarray, exact: bool) -> Task:
    return Task(net.copy(), Memory(Rand(9)), X, Y, exact, never)


def both(by: Engine, task: Task, goal: Goal = NO_GOAL) -> tuple[OutputPhase, Field, Candidate]:
    """An output phase, and the candidates for what it leaves."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        phase = by.train_outputs(task, goal)
        field = _drawn(task)
        return phase, field, by.train_candidates(task, phase, field)


def left(task: Task, phase: OutputPhase, best: Candidate) -> list[Any]:
    """All that the two phases leave."""
    memory, errors = task.memory, task.memory.errors
    arrays = [task.net.weights, phase.seen, phase.lacking, best.inputs, best.outputs]
    arrays += [np.empty(0) if kept is None else kept for kept in (memory.steps, memory.slopes)]
    numbers = [errors.square_sum, errors.count, errors.bit_fails, memory.sarprop_epoch, phase.epochs]
    return [*arrays, *numbers, best.function, best.steepness, best.score, best.epochs, memory.draw()]


def check_same(net: Structure, X: np.ndarray, Y: np.ndarray, goal: Goal = NO_GOAL) -> None:
    found = []
    for by in (engine("native"), NumpyEngine()):
        task = task_for(net, X, Y, exact=False)
        phase, _, best = both(by, task, goal)
        found.append(left(task, phase, best))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def check_near(net: Structure, X: np.ndarray, Y: np.ndarray, goal: Goal = NO_GOAL) -> None:
    """A candidate that is nearly as good as another may be the better one elsewhere: the score is what counts."""
    found = []
    for by in (engine("native"), NumpyEngine()):
        task = task_for(net, X, Y, exact=True)
        phase, _, best = both(by, task, goal)
        found.append((left(task, phase, best), best.score))
    (ours, score), (theirs, other) = found
    for i in (0, 1, 2, 5, 6, 7, 8, 9, 10, 11):
        np.testing.assert_allclose(ours[i], theirs[i], rtol=1e-6, atol=1e-9)
    assert score == pytest.approx(other, rel=1e-6, abs=1e-9)
    assert ours[-1] == theirs[-1]


@pytest.mark.parametrize("error_function", [0, 1], ids=["linear", "tanh"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("shape", [(2, 1), (3, 2, 1, 3), (1, 1, 1, 1, 9)], ids=str)
@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
def test_both_phases_are_the_same_on_both_engines(
    shape: tuple[int, ...], algorithm: str, error_function: int, exact: bool
) -> None:
    for functions in ([5, 3, 8], [0], [11, 6, 14, 4]):
        net = net_of(shape, functions, training_algorithm=ALGORITHMS[algorithm], train_error_function=error_function)
        for rows in (1, 40):
            X, Y = rows_for(net, rows)
            (check_near if exact else check_same)(net, X, Y)


@pytest.mark.parametrize("function", range(18))
@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
def test_every_function_has_the_same_candidates(function: int, exact: bool) -> None:
    net = net_of((2, 3), [5], cascade_activation_functions=(function,), cascade_num_candidate_groups=3)
    net.settings.cascade_activation_steepnesses = (0.25, 0.5, 1.0, 2.0)
    for algorithm in ALGORITHMS.values():
        net.settings.training_algorithm = algorithm
        (check_near if exact else check_same)(net, *rows_for(net, 30))


@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
def test_a_goal_ends_the_outputs_training(exact: bool) -> None:
    net = net_of((2, 1), [5])
    X, Y = rows_for(net, 20)
    for goal in (Goal(mse=1.0), Goal(bit_fails=20), Goal(mse=0.0), Goal(bit_fails=0)):
        (check_near if exact else check_same)(net, X, Y, goal)
    memory = Memory(Rand(1))
    before = net.weights.copy()
    phase = engine("native").train_outputs(Task(net, memory, X, Y, True, never), Goal(mse=1.0))
    assert phase.epochs == 1
    assert np.array_equal(net.weights, before)
    assert memory.steps is None


@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
def test_patience_ends_both_phases_at_the_same_epoch(exact: bool) -> None:
    for least, stagnation in ((0, 0), (3, 2), (10, 5), (0, 12)):
        chosen = {f"cascade_min_{kind}_epochs": least for kind in ("out", "cand")}
        chosen |= {f"cascade_max_{kind}_epochs": 40 for kind in ("out", "cand")}
        chosen |= {f"cascade_{kind}_stagnation_epochs": stagnation for kind in ("output", "candidate")}
        net = net_of((2, 1), [5], cascade_output_change_fraction=0.125, **chosen)
        X, Y = rows_for(net, 12)
        ended = []
        for by in (engine("native"), NumpyEngine()):
            phase, _, best = both(by, task_for(net, X, Y, exact))
            ended.append((phase.epochs, best.epochs))
        assert ended[0] == ended[1]
        assert ended[0][0] < 40
    net.settings.cascade_candidate_limit = 0.0
    net.settings.cascade_max_out_epochs = 0
    for by in (engine("native"), NumpyEngine()):
        phase, _, best = both(by, task_for(net, X, Y, exact))
        assert (phase.epochs, best.epochs) == (0, 1)


@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
def test_every_instruction_set_grows_alike(exact: bool) -> None:
    native: Any = engine("native")
    for algorithm in ALGORITHMS.values():
        net = net_of((3, 1, 2), [5], training_algorithm=algorithm, cascade_num_candidate_groups=3)
        X, Y = rows_for(net, 37)
        found = []
        for level in (native.level, *native.module.levels()):
            task = task_for(net, X, Y, exact)
            phase, _, best = both(native_engine.NativeEngine(native.module, level), task)
            found.append(left(task, phase, best))
        for other in found[1:]:
            for ours, theirs in zip(found[0], other, strict=True):
                if exact:
                    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)
                else:
                    assert np.array_equal(ours, theirs)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_phases_are_the_same_to_the_last_bit(data: st.DataObject) -> None:
    """Shapes, functions, odd steepnesses, and weights and inputs that run away."""
    shape = (data.draw(st.integers(1, 4)), *data.draw(st.lists(st.integers(1, 3), max_size=2)), data.draw(SIZES))
    functions = data.draw(st.lists(st.sampled_from(TRAINABLE), min_size=1, max_size=4))
    net = net_of(shape, functions, data.draw(SCALES), **data.draw(SETTINGS))
    X, Y = rows_for(net, data.draw(st.integers(1, 40)), data.draw(SCALES))
    check_same(net, X, Y)


SIZES = st.integers(1, 11)
SCALES = st.sampled_from([1.0, 0.0, 30.0, 1e4, 1e160, 1e300])
SETTINGS = st.fixed_dictionaries(
    {
        "training_algorithm": st.sampled_from(list(ALGORITHMS.values())),
        "train_error_function": st.integers(0, 1),
        "cascade_num_candidate_groups": st.integers(1, 3),
        "cascade_max_cand_epochs": st.integers(0, 8),
        "cascade_max_out_epochs": st.integers(0, 8),
        "cascade_activation_functions": st.lists(st.integers(0, 17), min_size=1, max_size=5).map(tuple),
        "cascade_activation_steepnesses": st.lists(
            st.sampled_from([0.5, 1.0, 0.25, 3.0, 0.0, -0.5]), min_size=1, max_size=4
        ).map(tuple),
        "rprop_delta_max": st.sampled_from([50.0, 1e30]),
        "rprop_increase_factor": st.sampled_from([1.25, 1e10]),
    }
)


@settings(max_examples=80, deadline=None)
@given(SETTINGS, st.integers(1, 3), SIZES, st.integers(1, 40), SCALES)
def test_any_first_epoch_scores_within_rounding(
    chosen: dict[str, Any], n_in: int, n_out: int, rows: int, scale: float
) -> None:
    net = net_of((n_in, n_out), [5, 3], **{**chosen, "cascade_max_cand_epochs": 1, "cascade_max_out_epochs": 1})
    X, Y = rows_for(net, rows, scale)
    if not set(chosen["cascade_activation_functions"]) & {1, 2, 4, 6}:  # which jump
        check_near(net, X, Y)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
def test_no_number_depends_on_the_threads(algorithm: str, exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    net = net_of((3, 1, 2), [5], training_algorithm=ALGORITHMS[algorithm])
    X, Y = rows_for(net, 70)
    monkeypatch.setattr(native_engine, "MUCH", 0)
    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("PELLUCID_THREADS", threads)
        task = task_for(net, X, Y, exact)
        phase, _, best = both(engine("native"), task)
        found.append(left(task, phase, best))
    for other in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_a_cascade_in_slices_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = []
    for slice_ in (native_engine.SLICE, 0.0):
        monkeypatch.setattr(native_engine, "SLICE", slice_)
        net = net_of((2, 1), [5], cascade_max_out_epochs=60, cascade_max_cand_epochs=60)
        X, Y = rows_for(net, 20)
        train(engine("native"), net, Memory(Rand(1)), X, Y, 3, 0, NO_GOAL, False, print, lambda done: False, never)
        weights.append(net.weights)
    assert np.array_equal(*weights)


def test_candidates_that_cannot_be_taken_are_refused() -> None:
    native: Any = engine("native")
    rules = native.module.FannRules()
    rules.algorithm = RPROP
    seen, lacking = np.zeros((4, 3)), np.zeros((4, 2))
    usual = {
        "level": "", "strict": True, "rules": rules, "activation": np.array([5, 3]), "steepness": np.ones(2),
        "weights": np.zeros((2, 5)), "seen": seen, "lacking": lacking, "limit": 1.0, "patience": (0.01, 12, 50),
        "members": 1,
    }  # fmt: skip
    made = native.module.FannCandidates(**usual)
    with pytest.raises(ValueError, match="wrong shape"):
        made.best(np.empty(4))
    wrong: list[dict[str, Any]] = [
        {"activation": np.array([5, 18])}, {"activation": np.array([-1, 3])}, {"activation": np.array([5])},
        {"steepness": np.ones(3)}, {"weights": np.zeros((3, 5))}, {"weights": np.zeros((2, 4))},
        {"seen": seen[1:]}, {"lacking": lacking[1:]}, {"seen": seen[:0], "lacking": lacking[:0]},
        {"weights": np.zeros((2, 3)), "lacking": lacking[:, :0].copy()}, {"members": 0}, {"level": "z80"},
        {"activation": np.empty(0, np.int64), "steepness": np.empty(0), "weights": np.empty((0, 5))},
    ]  # fmt: skip
    for changed in wrong:
        with pytest.raises(ValueError, match=r"\w"):
            native.module.FannCandidates(**{**usual, **changed})
    rules.algorithm = 1
    with pytest.raises(ValueError, match="trains no cascade"):
        native.module.FannCandidates(**usual)


def test_an_exception_of_draw_ends_the_cascade() -> None:
    net = net_of((2, 1), [5], training_algorithm=SARPROP, sarprop_step_error_threshold_factor=1e30)
    net.settings.cascade_max_out_epochs = net.settings.cascade_min_out_epochs = 400
    X, Y = rows_for(net, 20)

    def fail() -> int:
        raise LookupError("no more numbers")

    with pytest.raises(LookupError, match="no more numbers"):
        engine("native").train_outputs(Task(net, Memory(fail), X, Y, True, never), NO_GOAL)
    assert np.isfinite(net.weights).all()
