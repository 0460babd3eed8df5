"""Version 1.1 of `.net`, which is only read: numbers in a fixed order, without keys.

    FANN_FLO_1.1
    num_layers learning_rate connection_rate network_type act_hidden act_output steep_hidden steep_output
    the size of each layer, bias included
    how many connections lead to each neuron
    (source weight) for each connection

A fixed point file, FANN_FIX_1.1, has its decimal point first. All other settings are the defaults.
"""

from __future__ import annotations

import re

import numpy as np

from .faults import KEY, counted, fault
from .fixed import LARGEST_POINT, unscaled
from .net_checks import check_neurons, checked_sizes, with_connections
from .net_layout import LARGEST_FUNCTION
from .net_text import Text, Value, Values
from .net_tuples import OLD_PAIRS
from .numbers import float32_of
from .structure import Settings, Structure

HEADER = (
    "num_layers",
    "learning_rate",
    "connection_rate",
    "network_type",
    "activation_function_hidden",
    "activation_function_output",
    "activation_steepness_hidden",
    "activation_steepness_output",
)
WORD = re.compile(rb"[^\s(]+")


def parse(text: Text, version: str, start: int) -> Structure:
    """The net in a text of version 1.1; FannFileError where it is none."""
    fixed = version.startswith("FANN_FIX")
    values = _values(text, start, ("decimal_point", *HEADER) if fixed else HEADER)
    network_type = values.whole("network_type", 1)
    sizes = checked_sizes(values, network_type)
    n_inputs = np.array(values.wholes("neurons", sum(sizes)), np.int64)
    functions, steepness = _by_neuron(values, sizes)
    settings = Settings(learning_rate=float32_of(values.number("learning_rate")))
    rate, none = float32_of(values.number("connection_rate")), np.zeros(0)
    net = Structure(network_type, rate, sizes, n_inputs, functions, steepness, none, none, settings)
    check_neurons(values, net, len(n_inputs))
    net = with_connections(values, net, OLD_PAIRS)
    return unscaled(net, values.whole("decimal_point", LARGEST_POINT)) if fixed else net


def _values(text: Text, start: int, keys: tuple[str, ...]) -> Values:
    """The numbers under the names that later versions give them."""
    opening = text.content.find(b"(", start)
    end = len(text.content) if opening < 0 else opening
    words = list(WORD.finditer(text.content, start, end))
    if len(words) < len(keys):
        line = text.line(words[-1].end() if words else start)
        given = f"the header has {counted(len(words), 'number')}"
        raise fault(KEY, given, f"{len(keys)}", line=line, key=keys[len(words)])
    values = {key: Value(key, found.group(), found.start()) for key, found in zip(keys, words, strict=False)}
    bare = Values(text, values)
    first = len(keys)
    for key, count in (("layer_sizes", bare.whole("num_layers")), ("neurons", len(words))):
        part = words[first : first + count]
        place = part[0].start() if part else end
        values[key] = Value(key, b" ".join(found.group() for found in part), place)
        first += count
    values["connections"] = Value("connections", text.content[end:], end)
    return bare


def _by_neuron(values: Values, sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Function and steepness of each neuron: version 1.1 has one for all hidden, one for all output neurons."""
    functions, steepness = np.zeros(sum(sizes), np.int64), np.zeros(sum(sizes))
    hidden, output = slice(sizes[0], -sizes[-1]), slice(-sizes[-1], None)
    for place, kind in ((hidden, "hidden"), (output, "output")):
        functions[place] = values.whole(f"activation_function_{kind}", LARGEST_FUNCTION)
        steepness[place] = values.number(f"activation_steepness_{kind}")
    return functions, steepness
