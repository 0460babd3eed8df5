"""Every engine gives the real FANN's numbers: recorded answers, see fann_vectors.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fann_vectors import CHAOTIC, ENGINES, NEAR, ROOTS, SAME_LIBRARY, answers, distance, engine, net_of, root, train
from pellucid.fann.engine import Engine, Memory
from pellucid.fann.randomness import Rand


@pytest.fixture(params=ROOTS)
def folder(request: pytest.FixtureRequest, outside_data: Callable[[str], Path]) -> Path:
    return root(request.param, outside_data)


@pytest.fixture(params=ENGINES)
def calculator(request: pytest.FixtureRequest) -> Engine:
    return engine(request.param)


def test_nets_of_every_wiring_give_fanns_answers(calculator: Engine, folder: Path) -> None:
    for case in answers(folder, "forward/forward.json"):
        net = net_of(folder, case["net"])
        assert distance(calculator.outputs(net, np.array(case["X"])), case["Y"]) <= NEAR, case["net"]


def test_errors_and_bit_fails_are_fanns(calculator: Engine, folder: Path) -> None:
    for case in answers(folder, "forward/mse.json"):
        net, memory = net_of(folder, case["net"]), Memory(Rand(1))
        net.settings.bit_fail_limit = case["bit_fail_limit"]
        outputs = calculator.test(net, memory, np.array(case["X"]), np.array(case["Y"]))
        assert distance(outputs, case["outputs"]) <= NEAR
        assert (memory.errors.mse, memory.errors.bit_fails) == (case["mse"], case["bit_fail"]), case["net"]


def followed(calculator: Engine, folder: Path, tag: str) -> None:
    """Train as FANN did, and compare after every epoch, and at every checkpoint."""
    case = answers(folder, f"training/{tag}.json")
    net, memory = net_of(folder, case["start_net"]), Memory(Rand(case.get("glibc_srand_before_first_epoch", 1)))
    net.weights[:] = case["weights_start"]
    last = len(case["epoch_mse"]) if SAME_LIBRARY else CHAOTIC.get(case["algorithm_name"], len(case["epoch_mse"]))
    recorded = zip(case["epoch_mse"][:last], case["epoch_bit_fail"], strict=False)
    for epoch, (mse, bit_fails) in enumerate(recorded, 1):
        found = train(calculator, net, memory, case["X"], case["Y"])
        assert (found.mse[0], found.bit_fails[0]) == (mse, bit_fails), (tag, epoch)
        if str(epoch) in case["weights_after"]:
            assert distance(net.weights, case["weights_after"][str(epoch)]) <= NEAR, (tag, epoch)


def test_training_goes_fanns_way(calculator: Engine, folder: Path) -> None:
    for tag in answers(folder, "training/index.json"):
        followed(calculator, folder, tag)


def test_many_epochs_at_once_are_the_same_as_one_by_one(calculator: Engine, folder: Path) -> None:
    case = answers(folder, "training/xor_rprop.json")
    net = net_of(folder, case["start_net"])
    found = train(calculator, net, Memory(Rand(1)), case["X"], case["Y"], epochs=10)
    assert distance(net.weights, case["weights_after"]["10"]) <= NEAR
    assert found.mse.tolist() == case["epoch_mse"][:10]
    assert found.bit_fails.tolist() == case["epoch_bit_fail"][:10]
    assert not found.reached


def test_train_is_an_incremental_step_whatever_the_algorithm(calculator: Engine, folder: Path) -> None:
    case = answers(folder, "training/single_train_calls.json")
    net, memory = net_of(folder, case["start_net"]), Memory(Rand(1))
    for step in case["steps"]:
        calculator.train_rows(net, memory, np.array([step["x"]]), np.array([step["y"]]), exact=False)
        assert distance(net.weights, step["weights"]) <= NEAR
        assert (memory.errors.mse, memory.errors.bit_fails) == (step["mse_cumulative"], step["bit_fail"])


def test_steps_and_slopes_carry_over_when_the_algorithm_changes(calculator: Engine, folder: Path) -> None:
    case = answers(folder, "training/switch_algorithms.json")
    net, memory = net_of(folder, case["start_net"]), Memory(Rand(5))
    for step in case["steps"]:
        net.settings.training_algorithm = step["algorithm"]
        found = train(calculator, net, memory, case["X"], case["Y"])
        assert distance(net.weights, step["weights"]) <= NEAR
        assert found.mse[0] == step["mse"]


def test_a_goal_that_is_met_after_fanns_epochs_ends_training(calculator: Engine, folder: Path) -> None:
    case = answers(folder, "training/xor_rprop.json")
    goal = sorted(case["epoch_mse"])[3]
    first = next(epoch for epoch, mse in enumerate(case["epoch_mse"], 1) if mse <= goal)
    net = net_of(folder, case["start_net"])
    found = train(calculator, net, Memory(Rand(1)), case["X"], case["Y"], epochs=1000, mse=goal)
    assert (len(found.mse), found.reached) == (first, True)
    net = net_of(folder, case["start_net"])
    first = next(epoch for epoch, fails in enumerate(case["epoch_bit_fail"], 1) if fails <= 2)
    found = train(calculator, net, Memory(Rand(1)), case["X"], case["Y"], epochs=1000, bit_fails=2)
    assert (len(found.mse), found.reached) == (first, True)
