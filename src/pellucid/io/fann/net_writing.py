"""A net as the text of a `.net` file, version FLO_2.1."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .net_layout import (
    CONNECTIONS_KEY,
    EXTRAS,
    FUNCTIONS,
    GIVEN_SOURCES,
    HEADER,
    NEURONS_KEY,
    SCALING,
    STEEPNESSES,
    Field,
)
from .numbers import fixed_text, float32_of, float32_text, long_text, to_float
from .structure import Settings, Structure, full_sources

TEXT_OF = {"whole": lambda value: str(int(value)), "float32": float32_text, "float64": long_text}
COMPAT = {"float32": fixed_text}
APART = str.maketrans("(,)", "   ")


def to_text(net: Structure, compat: bool = False) -> str:
    """The whole file; see `net_file.write`."""
    kept = {} if compat else net.kept
    lines = ["FANN_FLO_2.1", f"num_layers={len(net.layer_sizes)}"]
    lines += [f"{field.key}={_scalar_text(net, field, kept, compat)}" for field in HEADER]
    lines += _candidates(net.settings, kept)
    lines.append("layer_sizes=" + "".join(f"{size} " for size in net.layer_sizes))
    lines += _scaling_lines(net, kept, compat)
    lines.append(f"{NEURONS_KEY}={_neurons(net, kept)}")
    lines.append(f"{CONNECTIONS_KEY}={_connections(net, kept)}")
    return "\n".join(lines + ([] if compat else _extras(net, kept))) + "\n"


def value_of(net: Structure, key: str) -> float:
    """What a line of the header says: of the net itself, or of its settings."""
    holder = net if key in ("connection_rate", "network_type") else net.settings
    return float(getattr(holder, key))


def header_text(net: Structure, field: Field, text_of: Callable[[float], str] | None = None) -> str:
    """A line of the header as FANN writes it, or with a text of one's own for the number."""
    own = text_of or COMPAT.get(field.kind, TEXT_OF[field.kind])
    return f"{field.key}={own(value_of(net, field.key))}"


def _scalar_text(net: Structure, field: Field, kept: dict[str, Any], compat: bool) -> str:
    value = value_of(net, field.key)
    text_of: Callable[[float], str] = (COMPAT if compat else {}).get(field.kind, TEXT_OF[field.kind])
    return _one(kept.get(field.key), value, text_of, field.kind == "float32")


def _one(kept: str | None, value: float, text_of: Callable[[float], str], single: bool) -> str:
    """The file's own word for a value if it still says it, else a new one."""
    words = kept.split() if isinstance(kept, str) else []
    return _words(words, [value], text_of, single)[0]


def _words(
    words: Sequence[str], values: Sequence[float], text_of: Callable[[float], str], single: bool = False
) -> list[str]:
    """A word for each value: the file's where it still says it (as float32 if `single`), else a new one."""
    if len(words) != len(values):
        return [text_of(value) for value in values]
    return [word if _says(word, value, single) else text_of(value) for word, value in zip(words, values, strict=True)]


def _says(word: str, value: float, single: bool) -> bool:
    read = to_float(word.encode("utf-8", "replace"))
    if read is None:
        return False
    read = float32_of(read) if single else read
    same_sign = math.copysign(1.0, read) == math.copysign(1.0, value)
    return (read == value and same_sign) or (math.isnan(read) and math.isnan(value))


def _list(
    kept: dict[str, Any], key: str, values: Sequence[float], text_of: Callable[[float], str], single: bool
) -> str:
    words = _words(str(kept.get(key, "")).split(), values, text_of, single)
    return f"{key}=" + "".join(f"{word} " for word in words)


def _candidates(settings: Settings, kept: dict[str, Any]) -> list[str]:
    functions, steepnesses = settings.cascade_activation_functions, settings.cascade_activation_steepnesses
    return [
        f"{FUNCTIONS}_count={len(functions)}",
        f"{FUNCTIONS}=" + "".join(f"{number} " for number in functions),
        f"{STEEPNESSES}_count={len(steepnesses)}",
        _list(kept, STEEPNESSES, steepnesses, long_text, False),
    ]


def _scaling_lines(net: Structure, kept: dict[str, Any], compat: bool) -> list[str]:
    if net.scaling is None:
        return ["scale_included=0"]
    text_of = fixed_text if compat else float32_text
    columns = {key: getattr(net.scaling, key).tolist() for key in SCALING}
    return ["scale_included=1"] + [
        _list(kept, f"scale_{key}", values, text_of, True) for key, values in columns.items()
    ]


def _neurons(net: Structure, kept: dict[str, Any]) -> str:
    words = _words(_column(kept.get("neurons"), 3), net.steepness.tolist(), long_text)
    rows = zip(net.n_inputs.tolist(), net.activation.tolist(), words, strict=True)
    return "".join(f"({count}, {function}, {steepness}) " for count, function, steepness in rows)


def _connections(net: Structure, kept: dict[str, Any]) -> str:
    words = _words(_column(kept.get("connections"), 2), net.weights.tolist(), long_text)
    rows = zip(_written_sources(net).tolist(), words, strict=True)
    return "".join(f"({source}, {weight}) " for source, weight in rows)


def _written_sources(net: Structure) -> np.ndarray:
    """The sources; those that a file gave a full net in vain are written back as long as its wiring is the same."""
    given = net.kept.get(GIVEN_SOURCES)
    if given is None or len(given) != len(net.sources):
        return net.sources
    full = full_sources(net.network_type, net.layer_sizes, net.n_inputs)
    return np.asarray(given) if np.array_equal(full, net.sources) else net.sources


def _column(kept: str | None, size: int) -> list[str]:
    """The last word of each group of a kept list."""
    if not isinstance(kept, str):
        return []
    return kept.translate(APART).split()[size - 1 :: size]


def _extras(net: Structure, kept: dict[str, Any]) -> list[str]:
    """SARPROP's settings, where they are not the defaults or the file had them."""
    usual = Settings()
    lines = []
    for key in EXTRAS:
        value = float(getattr(net.settings, key))
        if key in kept or value != getattr(usual, key):
            lines.append(f"{key}={_one(kept.get(key), value, float32_text, True)}")
    return lines
