"""Random programs of libfann calls, for tests that run each on the real library and on pellucid's.

A call is [thing, method, arguments]; "@data" stands for that thing. `libfann_calls.py` says what runs them.
"""

from __future__ import annotations

import random
from typing import Any

from pellucid.fann import build
from pellucid.fann.randomness import Rand
from pellucid.io.fann.net_writing import to_text

LEARNING = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]  # THRESHOLD prints at every visit
STEEPNESSES = [0.25, 0.5, 1.0, 0.3, 3.0, 0.0, -0.5]
Calls = list[list[Any]]


def draw_rows(rng: random.Random, n: int, n_in: int, n_out: int, reach: float = 1.0) -> list[Any]:
    """Inputs and targets, one row each."""

    def row(length: int, low: float) -> list[float]:
        return [round(rng.uniform(low, reach), 3) for _ in range(length)]

    return [[row(n_in, -reach) for _ in range(n)], [row(n_out, rng.choice([0.0, -reach])) for _ in range(n)]]


def numbered(calls: Calls) -> Calls:
    """With the seed of the random numbers before each call."""
    return [[i + 1, *call] for i, call in enumerate(calls)]


def program(seed: int, length: int = 18) -> Calls:
    """A net of any kind, and about five times `length` calls on it and on two sets of data."""
    rng = random.Random(seed)
    layers = [rng.randint(1, 5) for _ in range(rng.choice([2, 3, 3, 4, 5]))]
    calls = _created(rng, layers)
    calls += [
        ["data", "set_train_data", draw_rows(rng, rng.randint(3, 8), layers[0], layers[-1], rng.choice([1.0, 5.0]))],
        ["other", "set_train_data", draw_rows(rng, 3, layers[0], layers[-1])],
        ["net", "save", ["a.net"]],
        ["file", "write", ["rows.data", data_text(rng, 3, layers[0], layers[-1])]],
    ]
    for _ in range(length):
        calls += [_setting(rng, layers), _action(rng, layers), ["net", "save", ["now.net"]], _action(rng, layers)]
        calls += [["net", "get_MSE", []], ["net", "get_bit_fail", []]]
    return numbered([*calls, ["net", "save", ["end.net"]], ["other", "save_train", ["end.data"]]])


def _created(rng: random.Random, layers: list[int]) -> Calls:
    """A net of a random kind. The real library takes its first weights, and what is sparse, from the system."""
    kind = rng.choice(["standard", "shortcut", "sparse"])
    if kind == "sparse":
        rate = rng.choice([0.01, 0.3, 0.5, 0.8, 0.99])
        text = to_text(build.sparse(rate, layers, Rand(rng.randint(1, 10**6))))
        return [
            ["net", "create_sparse_array", [rate, layers]],
            ["net", "get_total_connections", []],
            ["file", "write", ["sparse.net", text]],
            ["net", "create_from_file", ["sparse.net"]],
        ]
    return [["net", f"create_{kind}_array", [layers]], ["net", "randomize_weights", [-1.0, 1.0]]]


def _setting(rng: random.Random, layers: list[int]) -> list[Any]:
    unit = [rng.randint(0, len(layers)), rng.randint(0, 6)]
    return rng.choice(
        [
            *[["net", "set_training_algorithm", [algorithm]] for algorithm in range(5)],
            ["net", "set_learning_rate", [rng.choice([0.01, 0.1, 0.7])]],
            ["net", "set_learning_momentum", [rng.choice([0.0, 0.3, 0.9])]],
            ["net", "set_activation_function_hidden", [rng.choice(LEARNING)]],
            ["net", "set_activation_function_output", [rng.choice(LEARNING)]],
            ["net", "set_activation_function", [rng.choice(LEARNING), *unit]],
            ["net", "set_activation_function_layer", [rng.choice(LEARNING), unit[0]]],
            ["net", "set_activation_steepness_hidden", [rng.choice(STEEPNESSES)]],
            ["net", "set_activation_steepness_output", [rng.choice(STEEPNESSES)]],
            ["net", "set_activation_steepness_layer", [rng.choice(STEEPNESSES), unit[0]]],
            ["net", "set_activation_steepness", [rng.choice(STEEPNESSES), *unit]],
            ["net", "set_train_error_function", [rng.randint(0, 1)]],
            ["net", "set_train_stop_function", [rng.randint(0, 1)]],
            ["net", "set_bit_fail_limit", [rng.choice([0.1, 0.35, 0.0])]],
            ["net", "set_quickprop_decay", [rng.choice([-0.0001, -0.01, 0.0])]],
            ["net", "set_quickprop_mu", [rng.choice([1.75, 1.5, 2.25])]],
            ["net", "set_rprop_increase_factor", [rng.choice([1.1, 1.2, 2.0])]],
            ["net", "set_rprop_decrease_factor", [rng.choice([0.5, 0.3])]],
            ["net", "set_rprop_delta_min", [rng.choice([0.0, 0.001])]],
            ["net", "set_rprop_delta_max", [rng.choice([50.0, 1.0])]],
            ["net", "set_rprop_delta_zero", [rng.choice([0.1, 0.01, 1.0])]],
            ["net", "set_sarprop_weight_decay_shift", [rng.choice([-6.644, -3.0])]],
            ["net", "set_sarprop_step_error_threshold_factor", [rng.choice([0.1, 10.0])]],
            ["net", "set_sarprop_step_error_shift", [rng.choice([1.385, 0.5])]],
            ["net", "set_sarprop_temperature", [rng.choice([0.015, 0.1])]],
            ["net", "set_weight", [rng.randint(0, 12), rng.randint(0, 12), rng.choice([rng.uniform(-2, 2), 1e3])]],
            ["net", "set_weight_array", [[[rng.randint(0, 9), rng.randint(0, 9), 0.5] for _ in range(4)]]],
            ["net", "set_input_scaling_params", ["@data", -1.0, 1.0]],
            ["net", "set_output_scaling_params", ["@other", 0.0, 1.0]],
            ["net", "set_scaling_params", ["@data", 0.0, 1.0, -1.0, 1.0]],
            ["net", "clear_scaling_params", []],
        ]
    )


def _action(rng: random.Random, layers: list[int]) -> list[Any]:
    [[x], [y]] = draw_rows(rng, 1, layers[0], layers[-1], rng.choice([1.0, 100.0]))
    unit = [rng.randint(0, len(layers)), rng.randint(0, 6)]
    train = ["@data", rng.randint(0, 30), rng.choice([0, 1, 3, 7]), rng.choice([0.0, 0.1, 2.0])]
    low, high = rng.choice([-1.0, 0.0]), rng.choice([2.0, 2.0, 2.0, -2.0])
    return rng.choice(
        [
            *[["net", "train_epoch", [data]] for data in ("@data", "@data", "@other")],
            *[["net", "train_on_data", train]] * 3,
            ["file", "write", ["rows.data", data_text(rng, 3, layers[0], layers[-1])]],
            ["net", "train_on_file", ["rows.data", *train[1:]]],
            ["net", "test_data", ["@other"]],
            ["net", "run", [x]],
            *[["net", "train", [x, y]]] * 2,
            ["net", "test", [x, y]],
            ["net", "reset_MSE", []],
            ["net", "print_connections", []],
            ["net", "print_parameters", []],
            ["net", "get_activation_function", unit],
            ["net", "get_activation_steepness", unit],
            ["net", "get_layer_array", []],
            ["net", "get_bias_array", []],
            ["net", "get_errno", []],
            ["net", "reset_errno", []],
            *[["net", "save", ["a.net"]]] * 2,
            ["net", "create_from_file", ["a.net"]],
            ["net", "save_to_fixed", ["fixed.net"]],
            ["net", "scale_train", ["@other"]],
            ["net", "descale_train", ["@other"]],
            ["net", "randomize_weights", [-0.5, rng.choice([0.5, -1.0])]],
            ["net", "init_weights", ["@data"]],
            ["data", "shuffle_train_data", []],
            ["data", "merge_train_data", [rng.choice(["@other", "@data"])]],
            ["data", "subset_train_data", [rng.randint(0, 1), rng.choice([2, 2, 2, 8])]],
            ["data", "set_train_data", draw_rows(rng, 4, layers[0], layers[-1])],
            ["other", "subset_train_data", [0, 2]],
            ["other", f"scale_{rng.choice(['', 'input_', 'output_'])}train_data", [low, high]],
            ["other", "read_train_from_file", ["rows.data"]],
            ["data", "save_train", ["a.data"]],
            ["data", "save_train_to_fixed", ["fixed.data", rng.randint(0, 12)]],
            ["data", "get_input", []],
            ["other", "get_output", []],
            ["data", "length_train_data", []],
        ]
    )


def data_text(rng: random.Random, n: int, n_in: int, n_out: int) -> str:
    """A `.data` file."""
    pairs = zip(*draw_rows(rng, n, n_in, n_out), strict=True)
    return f"{n} {n_in} {n_out}\n" + "\n".join(" ".join(map(str, row)) for pair in pairs for row in pair) + "\n"


def growth(seed: int) -> Calls:
    """A shortcut net with settings of cascade training, grown once or twice."""
    rng = random.Random(seed)
    n_in, n_out, reach = rng.choice([1, 2, 3, 5]), rng.choice([1, 1, 2, 3]), rng.choice([1.0, 3.0])
    hidden = rng.choice([[], [], [1], [2], [2, 1]])
    rows = draw_rows(rng, rng.randint(2, 12), n_in, n_out, reach)
    grow = ["net", "cascadetrain_on_data", ["@data", rng.randint(1, 4), rng.choice([0, 1, 2])]]
    desired = rng.choice([0.0, 0.01, 1.0, 0.2, -1.0])
    return numbered(
        [
            ["net", "create_shortcut_array", [[n_in, *hidden, n_out]]],
            ["net", "randomize_weights", [-1.0, rng.choice([1.0, 5.0])]],
            *_growth_settings(rng),
            ["net", "save", ["a.net"]],
            *_growth_in_file(rng),
            ["net", "create_from_file", ["a.net"]],
            ["data", "set_train_data", rows],
            *[[*grow[:2], [*grow[2], desired]] for _ in range(rng.choice([1, 1, 2]))],
            ["net", "get_MSE", []],
            ["net", "get_bit_fail", []],
            ["net", "get_layer_array", []],
            ["net", "save", ["end.net"]],
            ["net", "run", [rows[0][0]]],
            ["net", "train_epoch", ["@data"]],
            ["net", "save", ["end.net"]],
        ]
    )


def _growth_settings(rng: random.Random) -> Calls:
    values = {
        "training_algorithm": [2, 3, 4],
        "train_error_function": [0, 1],
        "train_stop_function": [0, 1],
        "bit_fail_limit": [0.35, 0.1, 0.9],
        "rprop_delta_zero": [0.1, 0.1, 10.0],
        "activation_function_hidden": LEARNING,
        "activation_function_output": LEARNING,
        "activation_steepness_output": [0.25, 0.5, 1.0, 3.0],
        "cascade_activation_steepnesses": [[0.25, 0.5, 0.75, 1.0], [0.5], [1.0, 0.1], [0.3, 2.0, 5.0]],
        "cascade_num_candidate_groups": [1, 2, 3],
        "cascade_output_change_fraction": [0.01, 0.1, 0.001],
        "cascade_candidate_change_fraction": [0.01, 0.1, 0.001],
        "cascade_output_stagnation_epochs": [12, 3, 30],
        "cascade_candidate_stagnation_epochs": [12, 3, 30],
        "cascade_weight_multiplier": [0.4, 1.0, 0.1],
        "cascade_candidate_limit": [1000.0, 0.5, 10.0],
        "cascade_max_out_epochs": [150, 80, 20, 2, 1, 0],
        "cascade_max_cand_epochs": [150, 80, 20, 2, 1],
    }
    return [["net", f"set_{name}", [rng.choice(those)]] for name, those in values.items()]


def _growth_in_file(rng: random.Random) -> Calls:
    """What the real module sets by way of a file only: the candidates' functions, and the least numbers of epochs."""
    functions = rng.choice([rng.sample(LEARNING, rng.choice([1, 2, 4, 10])), [9], [2]])
    return [
        ["file", "edit", ["a.net", key, value]]
        for key, value in (
            ("cascade_min_out_epochs", str(rng.choice([50, 0, 10]))),
            ("cascade_min_cand_epochs", str(rng.choice([50, 0, 10]))),
            ("cascade_activation_functions_count", str(len(functions))),
            ("cascade_activation_functions", "".join(f"{number} " for number in functions)),
        )
    ]
