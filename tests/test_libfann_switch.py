"""libfann: what `fann_compat` is of (an object, a class, a script), and numbers that only it takes."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from libfann_cases import X, Y, net, rows, shortcut
from pellucid.errors import InputError
from pellucid.fann import libfann
from pellucid.fann.nets.settings import SETTINGS

# --- numbers ----------------------------------------------------------------------------------------------------------

NUMBERS = [setting.name for setting in SETTINGS if setting.returns is float]
LIMITS = {"bit_fail_limit", "rprop_delta_max", "cascade_candidate_limit"}  # which may be endless


def scaled() -> Any:
    nn = net()
    nn.set_scaling_params(rows(), 0, 1, 0, 1)
    return nn


# What is called with a number that is none, on what, and the argument that the error names.
TAKERS: dict[str, tuple[Callable[[Any, float], Any], Callable[[], Any], str]] = {
    "set_weight": (lambda n, x: n.set_weight(0, 3, x), net, "weight"),
    "set_weight_array": (lambda n, x: n.set_weight_array([(0, 3, 1.0), (0, 4, x)]), net, "connections[1]: weight"),
    "randomize from": (lambda n, x: n.randomize_weights(x, 1), net, "min_weight"),
    "randomize to": (lambda n, x: n.randomize_weights(-1, x), net, "max_weight"),
    "steepness": (lambda n, x: n.set_activation_steepness(x, 1, 0), net, "steepness"),
    "steepness of a layer": (lambda n, x: n.set_activation_steepness_layer(x, 1), net, "steepness"),
    "steepness, hidden": (lambda n, x: n.set_activation_steepness_hidden(x), net, "steepness"),
    "steepness, output": (lambda n, x: n.set_activation_steepness_output(x), net, "steepness"),
    "candidates": (
        lambda n, x: n.set_cascade_activation_steepnesses([0.5, x]),
        shortcut,
        "cascade_activation_steepnesses[1]",
    ),
    "scaling": (lambda n, x: n.set_scaling_params(rows(), x, 1, 0, 1), net, "new_input_min"),
    "scaling inputs": (lambda n, x: n.set_input_scaling_params(rows(), 0, x), net, "new_input_max"),
    "scaling outputs": (lambda n, x: n.set_output_scaling_params(rows(), x, 1), net, "new_output_min"),
    "a row to scale": (lambda n, x: n.scale_input([1.0, x]), scaled, "input_vector[1]"),
    "a row to descale": (lambda n, x: n.descale_output([x]), scaled, "output_vector[0]"),
}
DATA_TAKERS: dict[str, Callable[[Any, float], Any]] = {
    "scale_train_data": lambda d, x: d.scale_train_data(x, 1),
    "scale_input_train_data": lambda d, x: d.scale_input_train_data(0, x),
    "scale_output_train_data": lambda d, x: d.scale_output_train_data(0, x),
}
TRAINERS: dict[str, tuple[Callable[[Any, float], Any], Callable[[], Any]]] = {
    "train_on_data": (lambda n, x: n.train_on_data(rows(), 2, 0, x), net),
    "cascadetrain_on_data": (lambda n, x: n.cascadetrain_on_data(rows(), 1, 0, x), shortcut),
}


def state(nn: Any) -> tuple[Any, ...]:
    return nn.get_connection_array(), nn.get_cascade_activation_steepnesses(), nn.run([1, 1]), nn.get_MSE()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", TAKERS)
def test_what_no_number_may_be_is_refused_and_changes_nothing(name: str, number: float) -> None:
    call, make, argument = TAKERS[name]
    nn = make()
    before = state(nn)
    with pytest.raises(InputError) as found:
        call(nn, number)
    assert str(found.value).startswith(f"{argument} = {number}.\n  Expected: a finite number; FANN computes with it")
    assert state(nn) == before
    nn.fann_compat = True
    call(nn, number)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", NUMBERS)
def test_settings_are_numbers(name: str, number: float) -> None:
    nn = net()
    get, set_ = getattr(nn, f"get_{name}"), getattr(nn, f"set_{name}")
    before = get()
    if name in LIMITS and math.isinf(number):
        set_(number)
        assert get() == number
        return
    with pytest.raises(InputError, match=f"^{name} = {number}"):
        set_(number)
    assert get() == before
    nn.fann_compat = True
    set_(number)
    assert repr(get()) == repr(number) or name.startswith("sarprop_")  # whose getters FANN has wrong


@pytest.mark.parametrize("name", TRAINERS)
def test_what_training_is_to_reach_is_a_number_or_a_bound_that_is_never_met(name: str) -> None:
    call, make = TRAINERS[name]
    nn = make()
    before = state(nn)
    with pytest.raises(InputError, match="^desired_error = nan"):
        call(nn, math.nan)
    assert state(nn) == before
    call(nn, -math.inf)
    assert state(nn) != before


@pytest.mark.parametrize("name", DATA_TAKERS)
def test_the_range_of_data_is_finite(name: str) -> None:
    data = rows()
    with pytest.raises(InputError, match="finite"):
        DATA_TAKERS[name](data, math.nan)
    assert (data.get_input(), data.get_output()) == (X, Y)


# --- the switch -------------------------------------------------------------------------------------------------------

KINDS = (libfann.neural_net, libfann.training_data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_says_what_its_new_objects_begin_with(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kind()
    monkeypatch.setattr(kind, "fann_compat", True)
    made, asked = kind(), kind(fann_compat=False)
    assert (before.fann_compat, made.fann_compat, asked.fann_compat) == (False, True, False)
    assert (kind(before).fann_compat, kind(made).fann_compat, kind(made, fann_compat=False).fann_compat) == (
        False,
        True,
        False,
    )
    kept = pickle.dumps(made), copy.deepcopy(made), copy.copy(made)
    monkeypatch.setattr(kind, "fann_compat", False)
    assert [twin.fann_compat for twin in (pickle.loads(kept[0]), *kept[1:])] == [True] * 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["no", 1, None, 0.0])
def test_what_is_no_switch_is_refused(kind: Any, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    thing = kind()
    with pytest.raises(TypeError, match=r"fann_compat = .*\n.*True or False"):
        thing.fann_compat = value
    assert thing.fann_compat is False
    monkeypatch.setattr(kind, "fann_compat", value)
    with pytest.raises(TypeError, match=rf"{kind.__name__}\.fann_compat = .*\n.*True or False"):
        kind()
    with pytest.raises(TypeError, match=r"Own\.fann_compat = .*\n.*True or False"):
        type("Own", (kind,), {})
    assert kind(fann_compat=True).fann_compat is True


@pytest.mark.parametrize("kind", KINDS)
def test_a_subclass_has_a_switch_of_its_own(kind: Any) -> None:
    class Faithful(kind):  # type: ignore[misc]
        fann_compat = True

    class Heir(Faithful):
        pass

    assert (Faithful().fann_compat, Heir().fann_compat, kind().fann_compat) == (True, True, False)
    with pytest.raises(TypeError, match=r"Wrong\.fann_compat = 'yes'"):
        type("Wrong", (kind,), {"fann_compat": "yes"})


def test_a_network_that_became_a_copy_has_the_others_switch() -> None:
    nn = net()
    nn.copy_from_struct_fann(net(fann_compat=True))
    assert nn.fann_compat is True


# --- what is kept between two calls -----------------------------------------------------------------------------------


def test_set_weight_knows_what_the_net_has_become() -> None:
    nn = shortcut(2, 1)
    nn.set_weight(0, 3, 0.25)
    nn.cascadetrain_on_data(rows(), 1, 0, 0.0)
    (last,) = [(a, b) for a, b, _ in nn.get_connection_array() if a == 3]
    nn.set_weight(*last, 0.75)
    assert (*last, 0.75) in nn.get_connection_array()
    nn.create_standard_array((1, 2, 1))
    nn.set_weight_array([(2, 5, 3.0), (1, 3, 4.0)])
    assert {(2, 5, 3.0), (1, 3, 4.0)} <= set(nn.get_connection_array())


def test_the_running_error_is_rounded_as_float32_is() -> None:
    nn = net()
    for square_sum, count in ((0.1, 3), (1e-30, 7), (3.0, 2**24 + 1), (math.inf, 2), (2.0**-149, 3)):
        errors = nn._memory.errors
        errors.square_sum, errors.count = float(np.float32(square_sum)), count
        assert nn.get_MSE() == float(np.float32(square_sum) / np.float32(count))


def test_training_data_are_looked_through_again_once_they_change() -> None:
    nn, data = net(), rows()
    nn.train_epoch(data)
    data.set_train_data([[math.nan, 0.0]], [[1.0]])
    with pytest.raises(InputError, match="nan"):
        nn.train_epoch(data)
    kept = []
    data.create_train_from_callback(1, 2, 1, lambda i, n, m, x, y: kept.append(x))
    nn.train_epoch(data)
    kept[0][:] = math.nan
    assert data.get_input() == [[0.0, 0.0]]
