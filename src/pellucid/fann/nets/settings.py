"""How a network is trained: FANN's sixty getters and setters, made of a table; and each neuron's function."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ...errors import InputError
from ...io.fann.structure import Structure
from ..arguments import choice, count, finite, numbers, place, real, real32, sequence, whole
from ..messages import BAD_INDEX
from ..quirks import on
from .base import Base

Check = Callable[[Any, str, bool], Any]


class Setting(NamedTuple):
    """One getter and setter pair: the field of the settings, what the setter takes, what it is for.

    `check(value, name, exact)` is the value as it is kept.
    """

    name: str
    check: Check
    empty: int | float
    text: str

    @property
    def returns(self) -> type:
        """The type of the value."""
        return type(self.empty)


def _number(name: str, text: str, endless: bool = False) -> Setting:
    return Setting(name, lambda value, name, exact: real32(value, name, exact, endless), 0.0, text)


def _double(name: str, text: str, endless: bool = False) -> Setting:
    return Setting(name, lambda value, name, exact: real(value, name, exact, endless), 0.0, text)


def _count(name: str, text: str) -> Setting:
    return Setting(name, lambda value, name, exact: count(value, name), 0, text)


def _constant(name: str, kind: str, text: str) -> Setting:
    return Setting(name, lambda value, name, exact: choice(value, kind), 0, text)


SETTINGS = (
    _constant("training_algorithm", "training algorithm", "the algorithm, one of libfann.TRAIN_*"),
    _constant("train_error_function", "error function", "how an output's error is weighed, ERRORFUNC_LINEAR or _TANH"),
    _constant("train_stop_function", "stop function", "what ends training, STOPFUNC_MSE or STOPFUNC_BIT"),
    _number("learning_rate", "the rate of INCREMENTAL, BATCH and QUICKPROP; RPROP and SARPROP do not use it"),
    _number("learning_momentum", "the part of the last step that INCREMENTAL training makes again"),
    _double("bit_fail_limit", "from which error on an output counts as a bit fail", endless=True),
    _number("quickprop_decay", "by how much of itself a weight is drawn to 0, a negative number"),
    _number("quickprop_mu", "by how much a step may grow"),
    _number("rprop_increase_factor", "by how much a step grows where the slope keeps its sign"),
    _number("rprop_decrease_factor", "by how much a step shrinks where the slope changes its sign"),
    _number("rprop_delta_min", "the smallest step"),
    _number("rprop_delta_max", "the largest step", endless=True),
    _number("rprop_delta_zero", "the first step"),
    _number("sarprop_weight_decay_shift", "SARPROP's weight decay, a power of 2"),
    _number("sarprop_step_error_threshold_factor", "below which part of the error SARPROP adds noise to a step"),
    _number("sarprop_step_error_shift", "the size of SARPROP's noise, a power of 2"),
    _number("sarprop_temperature", "how fast SARPROP's noise and decay fade"),
    _number("cascade_output_change_fraction", "the change of the error that still counts as one, for outputs"),
    _count("cascade_output_stagnation_epochs", "how long outputs train without such a change"),
    _number("cascade_candidate_change_fraction", "the change of the score that still counts as one, for candidates"),
    _count("cascade_candidate_stagnation_epochs", "how long candidates train without such a change"),
    _double("cascade_weight_multiplier", "by what a candidate's output weights are multiplied when it is installed"),
    _double("cascade_candidate_limit", "a score, over the error, that ends the training of candidates", endless=True),
    _count("cascade_max_out_epochs", "the most epochs that outputs train in a round"),
    _count("cascade_min_out_epochs", "the fewest epochs that outputs train in a round (FANN: only in .net files)"),
    _count("cascade_max_cand_epochs", "the most epochs that candidates train in a round"),
    _count("cascade_min_cand_epochs", "the fewest epochs that candidates train in a round (FANN: only in .net files)"),
    _count("cascade_num_candidate_groups", "how many candidates there are of each function and steepness"),
)


class Settings(Base):
    """The accessors of the table, and those that a table cannot hold."""

    def get_cascade_num_candidates(self) -> int:
        """Candidates a round: functions x steepnesses x groups; 0 if empty."""
        groups = self._net.settings.cascade_num_candidate_groups if self._net else 0
        return groups * self.get_cascade_activation_functions_count() * self.get_cascade_activation_steepnesses_count()

    def get_cascade_activation_functions_count(self) -> int:
        """How many functions candidates have; 0 if empty."""
        return len(self.get_cascade_activation_functions())

    def get_cascade_activation_functions(self) -> list[int]:
        """The functions that candidates have, by number; [] if empty. Broken in FANN's own module."""
        return list(self._net.settings.cascade_activation_functions) if self._net else []

    def set_cascade_activation_functions(
        self, cascade_activation_functions: Any, cascade_activation_functions_count: int | None = None
    ) -> None:
        """Set the functions that candidates have; the count may be left out. Broken in FANN's own module."""
        given = sequence(cascade_activation_functions, "cascade_activation_functions", "[libfann.SIGMOID]")
        functions = tuple(choice(item, "activation function") for item in given)
        if not self._is_empty("set_cascade_activation_functions"):
            limit = _least_one(cascade_activation_functions_count, len(functions))
            self._structure().settings.cascade_activation_functions = functions[:limit]

    def get_cascade_activation_steepnesses_count(self) -> int:
        """How many steepnesses candidates have; 0 if empty."""
        return len(self.get_cascade_activation_steepnesses())

    def get_cascade_activation_steepnesses(self) -> list[float]:
        """The steepnesses that candidates have; [] if empty. FANN's own takes the process down."""
        return list(self._net.settings.cascade_activation_steepnesses) if self._net else []

    def set_cascade_activation_steepnesses(
        self, cascade_activation_steepnesses: Any, cascade_activation_steepnesses_count: int | None = None
    ) -> None:
        """Set the steepnesses that candidates have; the count may be left out."""
        name = "cascade_activation_steepnesses"
        given = numbers(cascade_activation_steepnesses, name, "[0.25, 0.5]")
        steepnesses = tuple((finite(given, name) if self._exact else given).tolist())
        if not self._is_empty("set_cascade_activation_steepnesses"):
            limit = _least_one(cascade_activation_steepnesses_count, len(steepnesses))
            self._structure().settings.cascade_activation_steepnesses = steepnesses[:limit]

    # --- each neuron's function -----------------------------------------------------------------------------------

    def get_activation_function(self, layer: int, neuron: int) -> int:
        """The function of a neuron, layers counted from 0 (the inputs, which have none: -1 and errno 17)."""
        if self._net is None:
            return 0
        at = self._neuron(self._net, place(layer, "layer"), place(neuron, "neuron"))
        return -1 if at is None else int(self._net.activation[at])

    def set_activation_function(self, activation_function: int, layer: int, neuron: int) -> None:
        """Set the function of one neuron."""
        self._set_one("activation", choice(activation_function, "activation function"), layer, neuron)

    def set_activation_function_layer(self, activation_function: int, layer: int) -> None:
        """Set the function of a layer, counted from 0 (the inputs, which have none: errno 17)."""
        self._set_layer("activation", choice(activation_function, "activation function"), layer)

    def set_activation_function_hidden(self, activation_function: int) -> None:
        """Set the function of all hidden neurons."""
        self._set_layers("activation", choice(activation_function, "activation function"), 1, -1)

    def set_activation_function_output(self, activation_function: int) -> None:
        """Set the function of the outputs."""
        self._set_layers("activation", choice(activation_function, "activation function"), -1, None)

    def get_activation_steepness(self, layer: int, neuron: int) -> float:
        """The steepness of a neuron, layers counted from 0 (the inputs, which have none: -1.0 and errno 17)."""
        if self._net is None:
            return 0.0
        at = self._neuron(self._net, place(layer, "layer"), place(neuron, "neuron"))
        return -1.0 if at is None else float(self._net.steepness[at])

    def set_activation_steepness(self, steepness: float, layer: int, neuron: int) -> None:
        """Set the steepness of one neuron."""
        self._set_one("steepness", real(steepness, "steepness", self._exact), layer, neuron)

    def set_activation_steepness_layer(self, steepness: float, layer: int) -> None:
        """Set the steepness of a layer, counted from 0 (the inputs, which have none: errno 17)."""
        self._set_layer("steepness", real(steepness, "steepness", self._exact), layer)

    def set_activation_steepness_hidden(self, steepness: float) -> None:
        """Set the steepness of all hidden neurons."""
        self._set_layers("steepness", real(steepness, "steepness", self._exact), 1, -1)

    def set_activation_steepness_output(self, steepness: float) -> None:
        """Set the steepness of the outputs."""
        self._set_layers("steepness", real(steepness, "steepness", self._exact), -1, None)

    def _neuron(self, net: Structure, layer: int, neuron: int) -> int | None:
        """The neuron's number in the whole net; None, and errno 17, where there is none with a function."""
        if not 0 < layer < len(net.layer_sizes):
            self._error.tell(BAD_INDEX, layer)
            return None
        if neuron >= net.layer_sizes[layer]:
            self._error.tell(BAD_INDEX, neuron)
            return None
        return net.starts[layer] + neuron

    def _set_one(self, array: str, value: float, layer: Any, neuron: Any) -> None:
        at_layer, at_neuron = place(layer, "layer"), place(neuron, "neuron")
        if self._is_empty(_setter(array), depth=2):
            return
        net = self._structure()
        at = self._neuron(net, at_layer, at_neuron)
        if at is not None:
            getattr(net, array)[at] = value
            self._changed()

    def _set_layer(self, array: str, value: float, layer: Any) -> None:
        at_layer = place(layer, "layer")
        if self._is_empty(f"{_setter(array)}_layer", depth=2):
            return
        if 0 < at_layer < len(self._structure().layer_sizes):
            self._set_layers(array, value, at_layer, at_layer + 1)
        else:
            self._error.tell(BAD_INDEX, at_layer)

    def _set_layers(self, array: str, value: float, first: int, last: int | None) -> None:
        """Set all neurons of these layers, bias neurons too: they do not use it, but files show it."""
        if self._is_empty(f"{_setter(array)}_{'hidden' if last else 'output'}", depth=2):
            return
        net = self._structure()
        for neurons in _layers(net)[first:last]:
            getattr(net, array)[neurons] = value
        self._changed()


def _setter(array: str) -> str:
    """What sets this array of the net."""
    return "set_activation_function" if array == "activation" else f"set_activation_{array}"


def _layers(net: Structure) -> list[np.ndarray]:
    return [np.arange(a, b) for a, b in pairwise(net.starts)]


def _least_one(given: Any, length: int) -> int:
    """How many of a list's items count."""
    limit = length if given is None else whole(given, "count")
    if not 0 < limit <= length:
        raise InputError(f"a count of {limit} for {length} items", f"1 to {length}, or no count", "")
    return limit


def _accessors(setting: Setting) -> tuple[Callable[[Any], Any], Callable[..., None]]:
    """The getter and the setter of one row of the table, as if they were written out."""
    name, check, empty, text = setting.name, setting.check, setting.empty, setting.text
    wrong = name.startswith("sarprop_")
    given_value = Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=setting.returns)
    signature = Signature([_SELF, given_value], return_annotation=None)

    def get(self: Settings) -> Any:
        if self._net is None:
            return empty
        field = "rprop_delta_max" if wrong and on("sarprop_carry", self._exact) else name
        return getattr(self._net.settings, field)

    def set_(*given: Any, **named: Any) -> None:
        if len(given) != 2 or named:
            try:
                given = signature.bind(*given, **named).args
            except TypeError as error:
                raise TypeError(f"{set_.__qualname__}(): {error}") from None
        self, value = given
        checked = check(value, name, self._exact)
        if not self._is_empty(f"set_{name}"):
            setattr(self._structure().settings, name, checked)

    get.__doc__, set_.__doc__ = f"Return {text}; {empty} if empty.", f"Set {text}."
    _name(get, f"get_{name}", Signature([_SELF], return_annotation=setting.returns))
    _name(set_, f"set_{name}", signature)
    return get, set_


_SELF = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)


def _name(function: Any, name: str, signature: Signature) -> None:
    function.__name__, function.__qualname__, function.__signature__ = name, f"Settings.{name}", signature


for _setting in SETTINGS:
    _get, _set = _accessors(_setting)
    setattr(Settings, f"get_{_setting.name}", _get)
    setattr(Settings, f"set_{_setting.name}", _set)
