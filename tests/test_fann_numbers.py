"""FANN's functions, random numbers, construction and scaling, against the real library's recorded answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fann_vectors import COMMITTED, NEAR, ROOTS, answers, distance, net_of, root
from pellucid import InputError
from pellucid.errors import UnknownNameError
from pellucid.fann import build, scaling
from pellucid.fann.activations import ACTIVATIONS, LIBM, by_name, by_number, clipped, table
from pellucid.fann.randomness import Rand
from pellucid.fann.wiring import bias_neurons, blocks
from pellucid.io.fann.structure import SHORTCUT

TABLES = {"numpy": ACTIVATIONS, "libm": table(LIBM)}


@pytest.fixture(params=ROOTS)
def folder(request: pytest.FixtureRequest, outside_data: Callable[[str], Path]) -> Path:
    return root(request.param, outside_data)


# Functions


@pytest.mark.parametrize("name", TABLES)
def test_every_function_has_fanns_values(name: str, folder: Path) -> None:
    for case in answers(folder, "activations/forward.json"):
        activation = TABLES[name][case["activation"]]
        assert activation.name == case["name"]
        y = activation.forward(clipped(np.array(case["x"]), case["steepness"]))
        assert distance(y, case["y"]) <= 1e-15, (case["name"], case["steepness"])


@pytest.mark.parametrize("name", TABLES)
def test_every_function_trains_with_fanns_slope(name: str, folder: Path) -> None:
    for case in answers(folder, "activations/derivative_updates.json"):
        activation, s = TABLES[name][case["activation"]], case["steepness"]
        z = clipped(np.array([case["net_input"]]), s)
        error = 0.25 if activation.symmetric else 0.5
        change = activation.fann_slope(z, activation.forward(z), s) * error
        assert distance(change, [case["delta_weight"]]) <= 1e-15, (case["name"], s)


# Sigmoids are clipped near their ends; what is piecewise linear along a sigmoid trains with the sigmoid's slope.
CLIPPED = {"SIGMOID": 1.9, "SIGMOID_SYMMETRIC": 1.9}
OTHER = {"SIGMOID_STEPWISE", "SIGMOID_SYMMETRIC_STEPWISE", "THRESHOLD", "THRESHOLD_SYMMETRIC"}


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a.name not in OTHER], ids=lambda a: a.name)
@pytest.mark.parametrize("steepness", [0.3, 0.5, 1.0, 2.0])
def test_slopes_are_the_derivatives(activation: object, steepness: float) -> None:
    sums = np.array([-3.1, -1.3, -0.4, 0.21, 0.83, 1.7, 4.0])
    sums = sums[np.abs(sums * steepness) < CLIPPED.get(activation.name, np.inf)]
    step = 1e-6
    ahead, behind = (activation.forward(clipped(sums + d, steepness)) for d in (step, -step))
    z = clipped(sums, steepness)
    slope = activation.slope(z, activation.forward(z), steepness)
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * step), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["SIGMOID", "SIGMOID_STEPWISE", "SIGMOID_SYMMETRIC", "SIGMOID_SYMMETRIC_STEPWISE"])
def test_a_saturated_sigmoid_keeps_a_slope(name: str) -> None:
    activation = by_name(name)
    z = clipped(np.array([-100.0, 100.0]), 0.5)
    low, high = np.float32(0.98), np.float32(0.01)
    least = 0.5 * (1.0 - float(low) ** 2) if activation.symmetric else float(high) * (1.0 - float(high))
    np.testing.assert_allclose(activation.slope(z, activation.forward(z), 0.5), least, rtol=1e-6)


def test_functions_that_fann_trains_otherwise_are_those_of_d4() -> None:
    z = np.array([-1.7, 0.4, 1.3])
    differ = {
        a.name for a in ACTIVATIONS if not np.array_equal(*(f(z, a.forward(z), 0.5) for f in (a.slope, a.fann_slope)))
    }
    pieces = {"LINEAR_PIECE", "LINEAR_PIECE_SYMMETRIC"}
    assert differ == pieces | {"GAUSSIAN", "GAUSSIAN_SYMMETRIC", "SIN_SYMMETRIC", "COS_SYMMETRIC", "SIN", "COS"}


def test_sums_are_clipped_over_the_steepness() -> None:
    assert clipped(np.array([1e3, -1e3]), 0.5).tolist() == [300.0, -300.0]
    assert clipped(np.array([1e6]), 0.0).tolist() == [0.0]
    assert clipped(np.array([5.0, -5.0]), -0.5).tolist() == [-300.0, -300.0]
    assert np.isnan(clipped(np.array([np.nan]), 0.5)).all()


@pytest.mark.parametrize("number", [-1, 18, 99])
def test_an_unknown_number_is_refused(number: int) -> None:
    with pytest.raises(InputError, match=f"there is no activation function {number}"):
        by_number(number)


def test_names_are_known_with_and_without_their_prefix() -> None:
    assert [by_name(a.name) for a in ACTIVATIONS] == list(ACTIVATIONS)
    assert by_name("fann_cos").number == 17
    with pytest.raises(UnknownNameError, match="SIGMOID_SYMMETRIC"):
        by_name("SIGMOID_SYMETRIC")


# Random numbers


def test_rand_is_glibcs(folder: Path) -> None:
    for seed, expected in answers(folder, "init/glibc_rand.json").items():
        rand = Rand(int(seed))
        assert [*(rand() for _ in range(7)), *rand.take(64), *(rand() for _ in range(3))] == expected[:74], seed
        assert Rand(int(seed)).take(len(expected)).tolist() == expected, seed


@given(st.lists(st.integers(0, 100), max_size=8), st.integers(0, 2**32 - 1))
def test_taking_many_is_calling_often(counts: list[int], seed: int) -> None:
    one, other = Rand(seed), Rand(seed)
    for count in counts:
        assert one.take(count).tolist() == [other() for _ in range(count)]


def test_without_a_seed_streams_differ() -> None:
    assert Rand().take(4).tolist() != Rand().take(4).tolist()


# Construction


def test_sparse_nets_have_fanns_counts(folder: Path) -> None:
    for case in answers(folder, "init/sparse_counts.json"):
        net = build.sparse(case["connection_rate"], case["layers"], Rand(1))
        assert len(net.weights) == case["total_connections"], case
        assert net.n_neurons - net.layered == case["total_neurons"], case


def test_sparse_nets_of_a_seed_are_fanns() -> None:
    """The real library's, where what it takes from the system was a seed: wiring and weights."""
    for case in json.loads((COMMITTED / "sparse_seeded.json").read_text(encoding="utf-8")):
        net = build.sparse(case["connection_rate"], case["layers"], Rand(case["seed"]))
        assert net.n_inputs.tolist() == case["n_inputs"]
        assert net.sources.tolist() == case["sources"]
        assert net.weights.tolist() == case["weights"]


@pytest.mark.parametrize(
    ("net", "neurons", "connections"),
    [
        (build.standard((2, 3, 4), Rand(1)), 12, 25),
        (build.standard((2, 3, 4, 5), Rand(1)), 18, 50),
        (build.sparse(0.5, (2, 3, 4, 5), Rand(1)), 18, 31),
        (build.sparse(0.01, (2, 2, 2), Rand(1)), 9, 8),
        (build.shortcut((2, 3, 4, 5), Rand(1)), 15, 83),
    ],
)
def test_fanns_own_examples_of_counts(net: object, neurons: int, connections: int) -> None:
    assert (net.n_neurons, len(net.weights), len(net.sources)) == (neurons, connections, connections)
    assert np.abs(net.weights).max() <= 0.1


@given(st.floats(0.0, 1.0), st.lists(st.integers(1, 12), min_size=2, max_size=4), st.integers(0, 100))
def test_a_sparse_net_uses_every_neuron_once_a_target_and_each_bias(rate: float, sizes: list[int], seed: int) -> None:
    net = build.sparse(rate, sizes, Rand(seed))
    ends = net.first_connection
    for k in range(1, len(sizes)):
        layer, before = range(net.starts[k], net.starts[k] + sizes[k]), range(net.starts[k - 1], net.starts[k])
        sources = [net.sources[ends[j] : ends[j + 1]].tolist() for j in layer]
        assert all(len(set(own)) == len(own) and before[-1] in own for own in sources)
        assert set().union(*sources) == set(before)


def test_a_new_net_is_as_fann_saves_it() -> None:
    net = build.standard((2, 3, 1), Rand(1))
    assert net.activation.tolist() == [0, 0, 0, 4, 4, 4, 0, 4, 0]
    assert net.steepness.tolist() == [0, 0, 0, 0.5, 0.5, 0.5, 0, 0.5, 0]
    assert net.sources.tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 4, 5, 6]
    assert build.sparse(2, (2, 3, 1), Rand(1)).connection_rate == 1.0


@pytest.mark.parametrize("layers", [(2.0, 4, 1), [2, 4.0, 1], np.array([2, 4, 1]), range(3, 0, -2)])
def test_layers_may_be_any_whole_numbers(layers: object) -> None:
    assert build.standard(layers, Rand(1)).sizes == [int(n) for n in layers]


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ((2,), "1 layer sizes"),
        ((), "0 layer sizes"),
        ((2.5, 4, 1), "layer 0 has the size 2.5"),
        ((2, "4", 1), "layer 1 has the size '4'"),
        ((2, None), "layer 1 has the size None"),
        ((2, float("nan"), 1), "layer 1 has the size nan"),
        ((-1, 4, 1), "layer 0 has -1 neurons"),
        ((2, 0, 1), "layer 1 has 0 neurons"),
        ((2, 4, 0), "layer 2 has 0 neurons"),
        ((100000, 100000, 10), "connections"),
        ((3, 10**13), "connections"),
        ("241", "layers = '241'"),
        (7, "layers = 7"),
    ],
)
def test_layers_that_make_no_net_are_refused(layers: object, text: str) -> None:
    for make in (build.standard, build.shortcut, lambda sizes, rand: build.sparse(0.9, sizes, rand)):
        with pytest.raises(InputError, match=text):
            make(layers, Rand(1))


@pytest.mark.parametrize("rate", [-0.1, float("nan"), "half", None])
def test_a_connection_rate_that_is_none_is_refused(rate: object) -> None:
    with pytest.raises(InputError, match="connection_rate = "):
        build.sparse(rate, (2, 3, 1), Rand(1))


def test_a_net_without_inputs_computes_from_its_bias_but_cannot_be_sparse() -> None:
    assert build.standard((0, 2, 1), Rand(1)).n_in == 0
    with pytest.raises(InputError, match="layer 0 has 0 neurons"):
        build.sparse(0.5, (0, 2, 1), Rand(1))


# First weights


def test_first_weights_are_fanns(folder: Path) -> None:
    for case in answers(folder, "init/init.json"):
        net = net_of(folder, case["before"])
        build.init_weights(net, np.array(case["X"]), Rand(3), exact=False)
        assert distance(net.weights, case["init_weights_srand3"]) == 0.0, case["before"]
        build.randomize_weights(net, -0.7, 1.3, Rand(4))
        assert distance(net.weights, case["randomize_m0_7_1_3_srand4"]) == 0.0, case["before"]


def test_shuffled_rows_follow_from_the_stream(folder: Path) -> None:
    case = answers(folder, "init/shuffle.json")
    rand, order = Rand(case["seed"]), list(range(case["rows"]))
    for i in range(case["rows"]):
        j = rand() % case["rows"]
        order[i], order[j] = order[j], order[i]
    assert order == case["order_after"]


@pytest.mark.parametrize("layers", [(3, 4, 2), (3, 4, 5, 2), (3, 2)])
def test_hidden_neurons_of_a_shortcut_net_are_counted(layers: tuple[int, ...]) -> None:
    """D10: FANN counts one too few for each layer but the first, and below none makes huge weights."""
    X, hidden = np.array([[0.0, 1.0, 2.0]]), max(1, sum(layers[1:-1]))
    net = build.shortcut(layers, Rand(1))
    build.init_weights(net, X, Rand(1), exact=True)
    scale = (0.7 * hidden) ** (1 / 3) / 2.0
    assert scale * 0.5 < np.abs(net.weights).max() <= scale
    right = net.weights.copy()
    build.init_weights(net, X, Rand(1), exact=False)
    assert np.abs(net.weights).max() > 100 if len(layers) == 2 else not np.array_equal(net.weights, right)


def test_constant_inputs_make_finite_weights() -> None:
    net = build.standard((2, 3, 1), Rand(1))
    build.init_weights(net, np.ones((4, 2)), Rand(1), exact=True)
    assert np.abs(net.weights).max() <= (0.7 * 3) ** 0.5
    build.init_weights(net, np.ones((4, 2)), Rand(1), exact=False)
    assert not np.isfinite(net.weights).any()


def test_only_biases_may_begin_negative() -> None:
    net = build.sparse(0.4, (6, 9, 2), Rand(1))
    build.init_weights(net, np.array([[0.0, 1.0]]), Rand(1), exact=True)
    from_bias = np.isin(net.sources, bias_neurons(net))
    assert (net.weights[~from_bias] >= 0).all()
    assert (net.weights[from_bias] < 0).any()


@pytest.mark.parametrize("X", [np.empty((0, 2)), np.array([[np.nan, 1.0]])])
def test_data_that_tell_no_range_are_refused(X: np.ndarray) -> None:
    with pytest.raises(InputError):
        build.init_weights(build.standard((2, 3, 1), Rand(1)), X, Rand(1), exact=True)


def test_blocks_are_full_matrices_where_they_can_be() -> None:
    assert all(block.full for net in (build.standard((3, 4, 2), Rand(1)), build.shortcut((3, 4, 2), Rand(1)))
               for block in blocks(net))  # fmt: skip
    assert build.shortcut((3, 4, 2), Rand(1)).network_type == SHORTCUT
    net = build.sparse(0.3, (5, 6, 2), Rand(1))
    block = blocks(net)[0]
    assert not block.full
    assert np.array_equal(block.connected(block.matrix(net.weights)), net.weights[block.connections])


# Scaling


def test_columns_are_scaled_as_fann_does(folder: Path) -> None:
    for case in answers(folder, "scaling/scaling.json"):
        X, Y = np.array(case["X"]), np.array(case["Y"])
        found = scaling.unscaled(X.shape[1], Y.shape[1])
        found = scaling.with_inputs(found, X, case["new_input_min"], case["new_input_max"], exact=False)
        found = scaling.with_outputs(found, Y, case["new_output_min"], case["new_output_max"], exact=False)
        for exact in (False, True):
            scaled_X, scaled_Y = scaling.scale_inputs(found, X, exact), scaling.scale_outputs(found, Y, exact)
            assert distance(scaled_X, case["scaled_X"]) == distance(scaled_Y, case["scaled_Y"]) == 0.0
            assert distance(scaling.descale_inputs(found, scaled_X, exact), case["descaled_X"]) <= NEAR
            assert distance(scaling.descale_outputs(found, scaled_Y, exact), case["descaled_Y"]) <= NEAR
            assert np.array_equal(scaling.scale_inputs(found, X[0], exact), scaled_X[0])


def test_parameters_of_a_file_scale_as_fann_does_with_them(folder: Path) -> None:
    for case in answers(folder, "scaling/scaling.json"):
        if (folder / case["net"]).exists():
            found = net_of(folder, case["net"]).scaling
            assert (
                distance(scaling.scale_inputs(found, np.array(case["X"]), False), case["scaled_X_after_reload"]) < NEAR
            )


def test_data_are_scaled_as_a_whole_as_fann_does(folder: Path) -> None:
    for case in answers(folder, "scaling/scale_train_data.json"):
        for side in ("X", "Y"):
            for exact in (False, True):
                found = scaling.scaled_to_range(np.array(case[side]), case["new_min"], case["new_max"], exact)
                assert distance(found, case[f"scaled_{side}"]) <= NEAR


def test_one_side_alone_leaves_the_other_as_it_is() -> None:
    found = scaling.with_inputs(scaling.unscaled(2, 1), np.array([[1.0, 2.0], [3.0, 5.0]]), 0.0, 1.0, exact=True)
    assert scaling.scale_outputs(found, np.array([[7.5]]), exact=True).tolist() == [[7.5]]
    same = scaling.with_inputs(scaling.unscaled(2, 1), np.empty((0, 2)), 0.0, 1.0, exact=True)
    assert scaling.scale_inputs(same, np.array([7.5, -2.0]), exact=True).tolist() == [7.5, -2.0]


def test_what_is_constant_stays() -> None:
    """D8: FANN makes NaN of it. 0.1 ten times over has a mean that is not 0.1, and must count as constant too."""
    X = np.column_stack((np.full(10, 0.1), np.arange(10.0)))
    right = scaling.with_inputs(scaling.unscaled(2, 1), X, -1.0, 1.0, exact=True)
    scaled = scaling.scale_inputs(right, X, exact=True)
    assert scaled[:, 0].tolist() == X[:, 0].tolist()
    assert scaled[:, 1].std() == pytest.approx(1.0)
    np.testing.assert_allclose(scaling.descale_inputs(right, scaled, exact=True), X)
    halves = np.full((4, 1), 0.5)
    fanns = scaling.with_inputs(scaling.unscaled(1, 1), halves, -1.0, 1.0, exact=False)
    assert np.isnan(scaling.scale_inputs(fanns, halves, exact=False)).all()
    assert scaling.scaled_to_range(halves, 0.0, 1.0, exact=True).tolist() == halves.tolist()
    assert np.isnan(scaling.scaled_to_range(halves, 0.0, 1.0, exact=False)).all()


def test_a_reversed_range_reverses() -> None:
    """D9: FANN's clamp undoes it, and leaves ±1 as 0 and 1 in their order."""
    X = np.array([[-1.0], [1.0], [0.0]])
    assert scaling.scaled_to_range(X, 1.0, 0.0, exact=True).tolist() == [[1.0], [0.0], [0.5]]
    assert scaling.scaled_to_range(X, 1.0, 0.0, exact=False).tolist() == [[0.0], [1.0], [1.0]]


def test_no_data_have_no_range() -> None:
    with pytest.raises(InputError, match="at least one number"):
        scaling.scaled_to_range(np.empty((0, 2)), 0.0, 1.0, exact=True)
