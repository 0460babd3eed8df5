"""The native engine of FANN's nets against the NumPy one, and what only it has: threads, calls in C, levels."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fann_nets import structures
from fann_vectors import engine, train
from pellucid.fann.build import shortcut, sparse, standard
from pellucid.fann.engine import Goal, Memory
from pellucid.fann.native_engine import NativeEngine, native_engine
from pellucid.fann.numpy_engine import NumpyEngine
from pellucid.fann.randomness import Rand
from pellucid.io.fann.structure import ALGORITHMS, INCREMENTAL, SARPROP, Structure

NETS = {
    "standard": lambda rand: standard((5, 9, 7, 3), rand),
    "wide": lambda rand: standard((70, 33, 2), rand),
    "narrow": lambda rand: standard((1, 1, 1), rand),
    "shortcut": lambda rand: shortcut((5, 4, 9, 2), rand),
    "sparse": lambda rand: sparse(0.5, (9, 8, 6, 3), rand),
}
# Functions with neighbours of another one and of another steepness.
MIXED = (5, 3, 3, 10, 7, 0, 11, 8, 4, 6, 5, 5, 14, 16, 12)


@pytest.fixture(scope="module")
def native() -> NativeEngine:
    found = engine("native")
    assert isinstance(found, NativeEngine)
    return found


def net_of(kind: str, mixed: bool = False) -> Structure:
    net = NETS[kind](Rand(1))
    net.weights[:] *= 5.0
    computed = np.flatnonzero(net.n_inputs)
    net.activation[computed] = [MIXED[i % len(MIXED)] for i in range(len(computed))] if mixed else 5
    net.steepness[computed] = [0.25 + 0.25 * (i // 3 % 3) for i in range(len(computed))] if mixed else 0.5
    return net


def rows_for(net: Structure, n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(n)
    X = random.uniform(-1, 1, (n, net.n_in)) * (random.uniform(size=(n, net.n_in)) < 0.7)
    return X, random.uniform(-1, 1, (n, net.n_out))


def trained(calculator: Any, net: Structure, n: int, exact: bool, epochs: int = 3) -> tuple[Any, ...]:
    net, memory = net.copy(), Memory(Rand(3))
    X, Y = rows_for(net, n)
    found = train(calculator, net, memory, X, Y, epochs, exact)
    kept = [array for array in (memory.steps, memory.slopes, memory.deltas) if array is not None]
    return net.weights, found.mse, found.bit_fails, *kept, np.array(memory.sarprop_epoch)


@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
@pytest.mark.parametrize("algorithm", range(5), ids=ALGORITHMS)
@pytest.mark.parametrize("mixed", [False, True], ids=["tanh", "mixed"])
@pytest.mark.parametrize("kind", NETS)
def test_engines_train_alike(native: NativeEngine, kind: str, mixed: bool, algorithm: int, exact: bool) -> None:
    net = net_of(kind, mixed)
    net.settings.training_algorithm, net.settings.learning_momentum = algorithm, 0.25
    net.settings.learning_rate = 0.0625
    for n in (1, 40):
        found, expected = trained(native, net, n, exact), trained(NumpyEngine(), net, n, exact)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-7 if ours.dtype != np.float64 else 1e-9, atol=1e-10)


@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
@pytest.mark.parametrize("algorithm", range(5), ids=ALGORITHMS)
@pytest.mark.parametrize("kind", NETS)
def test_no_number_depends_on_the_threads(
    native: NativeEngine, kind: str, algorithm: int, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = net_of(kind)
    net.settings.training_algorithm = algorithm
    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("PELLUCID_THREADS", threads)
        found.append(trained(native, net, 300, exact))
    for other in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True))


@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
def test_every_instruction_set_trains_alike(native: NativeEngine, exact: bool) -> None:
    for kind in NETS:
        for algorithm in range(5):
            net = net_of(kind, mixed=True)
            net.settings.training_algorithm, net.settings.learning_rate = algorithm, 0.0625
            best = trained(native, net, 37, exact)
            for level in native.module.levels():
                found = trained(NativeEngine(native.module, level), net, 37, exact)
                for ours, theirs in zip(found, best, strict=True):
                    if exact:
                        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10, err_msg=f"{kind} {level}")
                    else:
                        assert np.array_equal(ours, theirs), (kind, level, ALGORITHMS[algorithm])


@pytest.mark.parametrize("momentum", [0.0, 0.5])
@pytest.mark.parametrize("n_out", range(1, 10))
def test_a_last_layer_of_few_outputs_learns_alike(native: NativeEngine, n_out: int, momentum: float) -> None:
    for level in native.module.levels():
        for output in set(range(18)) - {1, 2, 9}:
            net = standard((4, 6, n_out), Rand(1))
            net.activation[net.n_inputs > 0], net.activation[-1 - n_out :] = 5, output
            net.steepness[:], net.weights[:] = 0.75, 5 * net.weights
            net.settings.training_algorithm, net.settings.learning_momentum = INCREMENTAL, momentum
            net.settings.learning_rate = 0.0625
            found = trained(NativeEngine(native.module, level), net, 20, True, 2)
            for ours, theirs in zip(found, trained(NumpyEngine(), net, 20, True, 2), strict=True):
                rtol = 1e-7 if ours.dtype != np.float64 else 1e-9
                np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-10, err_msg=f"{level} {output}")


@pytest.mark.parametrize("share", [0.1, 0.4, 0.9])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_a_first_layer_learns_alike_however_many_rows_and_zeros(
    native: NativeEngine, momentum: float, share: float
) -> None:
    random = np.random.default_rng(1)
    for level in native.module.levels():
        for kind, n in product(NETS, (1, 2, 3, 4, 11)):
            net, other, memory, second = net_of(kind), net_of(kind), Memory(Rand(1)), Memory(Rand(1))
            for settings_of in (net.settings, other.settings):
                settings_of.training_algorithm, settings_of.learning_momentum = INCREMENTAL, momentum
            X, Y = rows_for(net, n)
            X[random.uniform(size=X.shape) > share] = 0
            found = train(NativeEngine(native.module, level), net, memory, X, Y, 3, True)
            expected = train(NumpyEngine(), other, second, X, Y, 3, True)
            np.testing.assert_allclose(net.weights, other.weights, rtol=1e-11, atol=1e-11, err_msg=f"{level} {kind}")
            np.testing.assert_allclose(memory.deltas, second.deltas, rtol=1e-11, atol=1e-11)
            np.testing.assert_allclose(found.mse, expected.mse, rtol=1e-6)


def test_inputs_whose_product_overflows_move_nothing_that_does_not_learn(native: NativeEngine) -> None:
    net = standard((2, 3, 1), Rand(1))
    net.activation[net.n_inputs > 0] = 13  # LINEAR_PIECE_SYMMETRIC: flat, and so without a slope, far from 0
    net.settings.training_algorithm = INCREMENTAL
    before = net.weights[:9].copy()
    X = np.full((5, 2), 1e200)
    train(native, net, Memory(Rand(1)), X, np.zeros((5, 1)), 2, True)
    assert net.weights[:9].tolist() == before.tolist()
    assert np.isfinite(net.weights).all()


@settings(max_examples=60, deadline=None)
@given(structures(anything=False), st.data())
def test_any_net_gets_the_same_answers(net: Structure, data: st.DataObject) -> None:
    native = engine("native")
    numbers = st.floats(-100, 100)
    rows = data.draw(st.lists(st.lists(numbers, min_size=net.n_in, max_size=net.n_in), min_size=1, max_size=3))
    X = np.array(rows, np.float64).reshape(len(rows), net.n_in)
    # Values of far-off sums are clipped, those of sums near a jump are not compared.
    ours, theirs = native.outputs(net, X), NumpyEngine().outputs(net, X)
    jumps = bool(np.isin(net.activation[net.n_inputs > 0], (1, 2, 4, 6, 14, 15, 16, 17)).any())
    if not jumps:
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    assert ours.shape == theirs.shape


@pytest.mark.parametrize("kind", NETS)
def test_rows_one_by_one_are_the_same_as_together(native: NativeEngine, kind: str) -> None:
    net = net_of(kind, mixed=True)
    X, Y = rows_for(net, 33)
    memory, together = Memory(Rand(1)), native.outputs(net, X)
    run, test = native.fast_run(net, refuse), native.fast_test(net, memory, refuse)
    assert [run(list(x)) for x in X] == together.tolist()
    assert [run(tuple(x.tolist())) for x in X] == together.tolist()
    assert [run(x) for x in X] == together.tolist()
    assert [test(x.tolist(), y.tolist()) for x, y in zip(X, Y, strict=True)] == together.tolist()
    other = Memory(Rand(1))
    assert np.array_equal(native.test(net, other, X, Y), together)
    assert memory.errors == other.errors


@pytest.mark.parametrize("exact", [True, False], ids=["default", "compat"])
@pytest.mark.parametrize("kind", NETS)
def test_fast_training_is_training(native: NativeEngine, kind: str, exact: bool) -> None:
    one, many = net_of(kind, mixed=True), net_of(kind, mixed=True)
    X, Y = rows_for(one, 20)
    memory, other = Memory(Rand(1)), Memory(Rand(1))
    fast = native.fast_train(one, memory, refuse, exact)
    one.settings.learning_rate = many.settings.learning_rate = 0.125  # seen, though it was set later
    one.settings.learning_momentum = many.settings.learning_momentum = 0.5
    for x, y in zip(X, Y, strict=True):
        assert fast(x.tolist(), y.tolist()) is None
    native.train_rows(many, other, X, Y, exact)
    assert memory.deltas is not None
    assert other.deltas is not None
    same = np.array_equal if not exact else lambda a, b: np.allclose(a, b, rtol=1e-12, atol=1e-13)
    assert same(one.weights, many.weights)
    assert same(memory.deltas, other.deltas)
    assert memory.errors.count == other.errors.count == 20 * one.n_out


def refuse(*given: Any, **named: Any) -> Any:
    raise LookupError(given, named)


def test_whatever_is_not_exactly_right_goes_the_slow_way(native: NativeEngine) -> None:
    net = net_of("standard")
    memory = Memory(Rand(1))
    run, learn = native.fast_run(net, refuse), native.fast_train(net, memory, refuse, True)
    right: list[Any] = [0.5, 1, -2.0, 0, 3.0]
    assert len(run(right)) == 3
    odd: list[Any] = [right[:4], [*right, 1.0], [], None, 7, "abcde", [*right[:4], "x"], [*right[:4], None]]
    odd += [[*right[:4], value] for value in (float("nan"), float("inf"), 10**400, True, 1j, np.float32(1))]
    odd += [np.zeros(4), np.zeros((5, 1)), np.zeros(5, np.float32), np.zeros(5, ">f8"), np.full(5, np.nan), {1: 2}]
    before = net.weights.copy()
    for given_ in odd:
        with pytest.raises(LookupError) as caught:
            run(given_)
        assert caught.value.args[0][0] is given_
        with pytest.raises(LookupError):
            learn(given_, [0.0, 0.0, 0.0])
        with pytest.raises(LookupError):
            learn(right, given_)
    with pytest.raises(LookupError):
        run()
    with pytest.raises(LookupError):
        run(right, right)
    with pytest.raises(LookupError):
        run(input=right)
    assert np.array_equal(net.weights, before)
    assert memory.errors.count == 0
    assert run(np.arange(10.0)[::2]) == run([0.0, 2.0, 4.0, 6.0, 8.0])


def test_a_call_sees_weights_that_were_changed_in_place(native: NativeEngine) -> None:
    net = net_of("wide")
    run = native.fast_run(net, refuse)
    x = [0.5] * 70
    before = run(x)
    net.weights *= 2.0
    assert run(x) == native.outputs(net, np.array([x])).tolist()[0] != before


def test_a_slow_call_may_use_the_fast_one(native: NativeEngine) -> None:
    net = net_of("wide")
    run = native.fast_run(net, lambda x: run([0.0] * 70))
    assert run([]) == run([0.0] * 70)


def test_an_exception_of_draw_ends_the_training(native: NativeEngine) -> None:
    net = net_of("standard")
    net.settings.training_algorithm = SARPROP
    X, Y = rows_for(net, 10)

    def fail() -> int:
        raise LookupError("no more numbers")

    with pytest.raises(LookupError, match="no more numbers"):
        train(native, net, Memory(fail), X, Y, 500)
    with pytest.raises(TypeError, match="whole numbers"):
        train(native, net_of_sarprop(), Memory(lambda: "x"), X, Y, 500)  # type: ignore[arg-type, return-value]


def net_of_sarprop() -> Structure:
    net = net_of("standard")
    net.settings.training_algorithm = SARPROP
    return net


def test_training_ends_when_it_is_interrupted(native: NativeEngine) -> None:
    net = net_of("wide")
    X, Y = rows_for(net, 200)
    asked: list[int] = []

    def after_two() -> bool:
        asked.append(1)
        return len(asked) == 2

    found = native.advance(net, Memory(Rand(1)), X, Y, 10**9, Goal(), True, after_two)
    assert len(asked) == 2
    assert not found.reached
    assert 2 <= len(found.mse) < 10**6


@pytest.mark.parametrize("algorithm", range(5), ids=ALGORITHMS)
def test_a_goal_ends_the_training_and_leaves_what_was_measured(native: NativeEngine, algorithm: int) -> None:
    net, memory = standard((2, 4, 1), Rand(1)), Memory(Rand(1))
    net.activation[net.n_inputs > 0] = 5
    net.settings.training_algorithm = algorithm
    X, Y = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1.0]]), np.array([[-1], [-1], [-1], [1.0]])
    found = train(native, net, memory, X, Y, 5000, True, mse=0.01)
    assert found.reached
    after = Memory(Rand(1))
    native.test(net, after, X, Y)
    assert after.errors.mse == pytest.approx(found.mse[-1], rel=1e-6)
    assert after.errors.mse <= 0.01
    assert (found.mse[:-1] > 0.01).all() or algorithm == INCREMENTAL


def test_what_kernels_cannot_take_is_refused(native: NativeEngine) -> None:
    net = net_of("standard")
    X, Y = rows_for(net, 4)
    make, session = native.module.FannNet, native.module.FannSession
    arrays = (net.n_inputs, net.activation, net.steepness, net.sources)
    ready, rules = make(net.layer_sizes, True, False, *arrays), native.module.FannRules()
    rules.algorithm = 1

    def begun(**changed: Any) -> Any:
        usual = {"level": "", "strict": True, "net": ready, "rules": rules, "X": X, "Y": Y, "weights": net.weights}
        return session(
            **{**usual, "steps": None, "slopes": None, "deltas": None, "members": 1, "patience": None, **changed}
        )

    refused: list[Any] = [
        lambda: make([6], True, False, *arrays),
        lambda: make([6, 10, 8, -4], True, False, *arrays),
        lambda: make([6, 10, 8, 5], True, False, *arrays),
        lambda: make(net.layer_sizes, True, True, *arrays[:3], net.sources + 20),
        lambda: make(net.layer_sizes, True, True, *arrays[:3], net.sources - 20),
        lambda: make(net.layer_sizes, True, False, net.n_inputs, net.activation + 18, *arrays[2:]),
        lambda: make(net.layer_sizes, True, False, net.n_inputs[::-1].copy(), *arrays[1:]),
        lambda: make(net.layer_sizes, True, False, *arrays[:3], net.sources[1:]),
        lambda: make(net.layer_sizes, True, False, net.n_inputs[1:], *arrays[1:]),
        lambda: make(net.layer_sizes, True, False, np.zeros_like(net.n_inputs), *arrays[1:3], net.sources[:0]),
        lambda: begun(level="z80"),
        lambda: begun(X=X[:, 1:].copy()),
        lambda: begun(Y=Y[1:]),
        lambda: begun(X=X[:0], Y=Y[:0]),
        lambda: begun(weights=net.weights[1:]),
        lambda: begun(members=0),
        lambda: native.module.fann_call(3, "", True, ready, net.weights, None, None, None, refuse),
        lambda: native.module.fann_call(0, "", True, ready, net.weights[1:], None, None, None, refuse),
        lambda: native.module.fann_call(2, "", True, ready, net.weights, None, None, None, refuse),
    ]
    for what in refused:
        with pytest.raises((ValueError, TypeError)):
            what()
    for algorithm, expected in ((5, "no such algorithm"), (2, "needs steps and slopes"), (0, "needs deltas")):
        rules.algorithm = algorithm
        with pytest.raises(ValueError, match=expected):
            begun(Y=Y if algorithm < 5 else None)


def test_without_a_core_there_is_no_native_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_NO_NATIVE", "1")
    assert native_engine() is None
