"""`.net`: FANN's networks as text. Reading them, with the error where one cannot be used, and `write`.

Versions FLO_2.1 and FLO_2.0 are read here, 1.1 in `old_net.py`, fixed point in `fixed.py`; FLO_2.1 is written.
FANN's reader takes no more than FANN's own writer makes; `net_text.py` says what else this one takes.
"""

from __future__ import annotations

import os
from typing import Any, cast

import numpy as np

from ...errors import during
from ..reading import read_whole
from ..writing import path_of, write_whole
from . import fixed, old_net
from .faults import NEURONS, VERSION, fault, shown
from .net_checks import check_neurons, checked_sizes, with_connections
from .net_layout import (
    EXTRAS,
    FIXED_VERSIONS,
    FUNCTIONS,
    HEADER,
    LARGEST_FUNCTION,
    OLD_VERSIONS,
    SCALING,
    STEEPNESSES,
    VERSIONS,
    Field,
)
from .net_text import Text, Values
from .net_tuples import PAIRS, TRIPLES, groups, number_column, whole_column
from .net_writing import to_text
from .numbers import float32_of
from .structure import LAYER, Scaling, Settings, Structure

WANTED = "a .net file, whose first line is FANN_FLO_2.1"


def read(path: str | os.PathLike[str]) -> Structure:
    """The net in a `.net` file, ready to run.

    Raises FannFileError (a FileFormatError) that names file, line and key; MissingFileError (a FileNotFoundError too)
    where there is no such file.
    """
    target = path_of(path)
    content = read_whole(target, WANTED)
    with during(repr(str(target))):
        return parse(content)


def parse(content: bytes | str) -> Structure:
    """The net that a `.net` text describes."""
    text = Text.of(content.encode() if isinstance(content, str) else content)
    version, start = text.head()
    if version in OLD_VERSIONS:
        return old_net.parse(text, version, start)
    if version not in VERSIONS + FIXED_VERSIONS:
        what = f"the first line begins with {shown(version)}" if version else "the file is empty"
        expected = "one of " + ", ".join(VERSIONS + FIXED_VERSIONS + OLD_VERSIONS)
        instead = "training_data.read_train_from_file, for a .data file" if version.isdecimal() else ""
        raise fault(VERSION, what, expected, instead, line=1)
    values = text.values(start)
    net = _net(values)
    if version in FIXED_VERSIONS:
        point = values.whole("decimal_point", fixed.LARGEST_POINT)
        net = fixed.unscaled(net, point)
        fixed.unscale_settings(net, point)
        net.kept = {}
    return net


def write(net: Structure, path: str | os.PathLike[str], compat: bool = False) -> None:
    """Write a net as FLO_2.1; the file is there whole or not at all.

    Numbers that a file held and that are still the same keep its digits, others get enough digits to be exact. Settings
    of SARPROP that are not the defaults follow as lines that FANN ignores. With `compat`: the very bytes of FANN,
    six decimals for most settings (quirk D7), and nothing that it does not write.
    """
    write_whole(path_of(path), to_text(net, compat).encode("ascii"))


def _net(values: Values) -> Structure:
    header = {field.key: _scalar(values, field) for field in HEADER}
    network_type, rate = int(header.pop("network_type")), header.pop("connection_rate")
    sizes = checked_sizes(values, network_type)
    triples = groups(values, "neurons", TRIPLES, 3, sum(sizes), NEURONS)
    n_inputs, functions = (whole_column(values, "neurons", column, NEURONS) for column in triples[:2])
    steepness = number_column(values, "neurons", triples[2], NEURONS)
    settings, scaling = _settings(values, header), _scaling(values, sizes)
    none = np.zeros(0)
    net = Structure(network_type, rate, sizes, n_inputs, functions, steepness, none, none, settings, scaling)
    check_neurons(values, net, len(n_inputs))
    net = with_connections(values, net, PAIRS)
    net.kept |= {key: value.content.decode("utf-8", "replace") for key, value in values.by_key.items()}
    return net


def _scalar(values: Values, field: Field) -> float:
    if field.kind == "whole":
        return values.whole(field.key, field.largest)
    value = values.number(field.key)
    return float32_of(value) if field.kind == "float32" else value


def _settings(values: Values, header: dict[str, float]) -> Settings:
    """The settings of training: what is left of the header, the cascade's candidates, and SARPROP's lines."""
    functions, steepnesses = (values.whole(f"{key}_count") for key in (FUNCTIONS, STEEPNESSES))
    for key, count in ((FUNCTIONS, functions), (STEEPNESSES, steepnesses)):
        if count == 0:
            raise values.fault(f"{key}_count", "it is 0", "at least 1")
    numbers = values.wholes(FUNCTIONS, functions)
    if max(numbers) > LARGEST_FUNCTION:
        raise values.fault(FUNCTIONS, f"there is no function number {max(numbers)}", f"0 to {LARGEST_FUNCTION}")
    extras = {key: float32_of(values.number(key)) for key in EXTRAS if key in values}
    return Settings(
        **cast("dict[str, Any]", header | extras),
        cascade_activation_functions=tuple(numbers),
        cascade_activation_steepnesses=tuple(values.numbers(STEEPNESSES, steepnesses)),
    )


def _scaling(values: Values, sizes: list[int]) -> Scaling | None:
    """The eight lines of scaling where `scale_included` is 1; FANN takes anything else for no."""
    if "scale_included" not in values and "scale_mean_in" not in values:
        return None
    if values.token("scale_included", "0 or 1") != b"1":
        return None
    widths = {"in": sizes[0] - 1, "out": sizes[-1] - int(values.whole("network_type") == LAYER)}
    arrays = {
        key: np.array([float32_of(v) for v in values.numbers(f"scale_{key}", widths[key.rpartition("_")[2]])])
        for key in SCALING
    }
    return Scaling(**arrays)
