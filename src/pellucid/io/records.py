"""Records by name: how a file names an activation, a loss or any other record, and how it is found again.

A file holds a record's name and values, never its functions. One of pellucid's own is found in its table; the
user's own (also one that took a table's name for itself) is supplied by `load(path, custom=[...])`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InputError
from ..maths.activations import activations
from ..maths.initializers import initializers
from ..maths.layers import layer_rules
from ..maths.losses import losses
from ..maths.masks import Mask
from ..maths.metrics import metrics
from ..maths.optimizers import optimizers
from ..maths.record import Record, Table
from ..maths.schedules import schedules

TABLES: dict[str, Table[Any]] = {
    "layer": layer_rules,
    "activation": activations,
    "initializer": initializers,
    "loss": losses,
    "optimizer": optimizers,
    "schedule": schedules,
    "metric": metrics,
}


def describe_record(kind: str, record: Record) -> dict[str, Any]:
    """A record as plain values: its name, the values chosen for it, and whether it is the user's own."""
    table = TABLES[kind]
    values = {name: plain(value, f"{name} of {record.name}") for name, value in record.values}
    own = record.name not in table or table[record.name](**record.options) != record
    return {"kind": kind, "name": record.name, "own": own, "values": values}


class Records:
    """The records that a description may name: the tables' and those in `custom`."""

    def __init__(self, custom: Iterable[Any] = ()) -> None:
        listed = [custom] if isinstance(custom, Record) else list(custom)
        self.own: dict[tuple[str, str], Record] = {}
        for record in listed:
            key = (_kind_of(record), record.name)
            if key in self.own:
                raise InputError(f"custom holds two records named {record.name!r}", f"one {key[0]} of each name")
            self.own[key] = record

    def check(self, wanted: Iterable[Mapping[str, Any]]) -> None:
        """Name everything at once that a description needs and nobody supplied."""
        missing = sorted({(str(d["kind"]), str(d["name"])) for d in wanted if self._find(d) is None})
        if missing:
            names = ", ".join(f"the {kind} {name!r}" for kind, name in missing)
            raise InputError(
                f"the network uses {names}, which pellucid does not have",
                "the user's own records in custom, as they were when the network was saved",
                f"load(path, custom=[{', '.join(name for _, name in missing)}])",
            )

    def get(self, description: Mapping[str, Any]) -> Any:
        """The record that was described, with its values."""
        record = self._find(description)
        assert record is not None
        return record(**{name: value_of(value, self) for name, value in description["values"].items()})

    def _find(self, description: Mapping[str, Any]) -> Record | None:
        kind, name = description["kind"], description["name"]
        if description["own"]:
            return self.own.get((kind, name))
        table = TABLES[kind]
        return table[name] if name in table else self.own.get((kind, name))


def plain(value: Any, what: str) -> Any:
    """A value as JSON can hold it, so that `value_of` gives back an equal one of the same type.

    Tuples become JSON's lists; the rest that JSON lacks becomes an object of one key ("list", "dict", "float", "mask",
    "record").

    >>> plain((1, 2.5, "a"), "x"), plain(float("inf"), "x")
    ([1, 2.5, 'a'], {'float': 'inf'})
    """
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": repr(float(value))}
    if isinstance(value, Mask):
        return {"mask": list(value.rows())}
    if isinstance(value, Record):
        return {"record": describe_record(_kind_of(value), value)}
    if isinstance(value, tuple):
        return [plain(v, what) for v in value]
    if isinstance(value, list):
        return {"list": [plain(v, what) for v in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": [[key, plain(v, what)] for key, v in value.items()]}
    raise InputError(
        f"{what} is {_article(type(value).__name__)}, which a file cannot hold",
        "numbers, texts, True, False or None, and tuples, lists and dictionaries of them",
    )


def value_of(value: Any, records: Records | None = None) -> Any:
    """What `plain` was given; `records` finds those that are named in it."""
    if isinstance(value, list):
        return tuple(value_of(v, records) for v in value)
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind == "float":
        return float(inner)
    if kind == "mask":
        return Mask(inner)
    if kind == "record" and records is not None:
        return records.get(inner)
    if kind == "list":
        return [value_of(v, records) for v in inner]
    return {key: value_of(v, records) for key, v in inner}


def _kind_of(record: Any) -> str:
    for kind, table in TABLES.items():
        if isinstance(record, type(next(iter(table.values())))):
            return kind
    raise InputError(
        f"custom holds {record!r}",
        "records: activations, losses, layer rules, initializers, optimizers, schedules, metrics",
        "custom=[my_activation]",
    )


def _article(noun: str) -> str:
    return ("an " if noun[0].lower() in "aeiou" else "a ") + noun
