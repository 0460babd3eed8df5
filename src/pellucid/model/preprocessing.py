"""What was done to each column before it reached the network: frozen records, no computation.

A network that has been given raw columns (numbers with gaps, words, yes and no) keeps, in
`net.preprocessing`, how each of them became numbers. The rules that fill these records in, and the arithmetic
that applies them, are in `pellucid.data.prepare`.

Every original column is turned into one or more *prepared* columns, side by side:

* a number v becomes (t(v) - mean) / scale, where t(v) = v, or sign(v) ln(1 + |v| / unit) for the transform "log1p";
* a boolean becomes (0 or 1 - mean) / scale;
* a category becomes one 0/1 column for each of `categories` (one-hot);
* a number or boolean that had gaps in training gets one more 0/1 column that says "was missing".

>>> age = Column("age", "numeric", mean=30.0, scale=10.0, fill=28.0, missing_indicator=True)
>>> island = Column("island", "category", fill="Biscoe", categories=("Biscoe", "Dream"))
>>> record = Preprocessing(names=("age", "island"), columns=(age, island))
>>> record.width, record.groups
(4, [('age', slice(0, 2, None)), ('island', slice(2, 4, None))])
>>> record.prepared_names
['age', 'age is missing', 'island = Biscoe', 'island = Dream']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from ..errors import InputError

KINDS = ("numeric", "boolean", "category")
TRANSFORMS = ("none", "log1p")


@dataclass(frozen=True)
class Column:
    """How one original column becomes prepared numbers: the transform "none" or "log1p" (with its `unit`), mean, scale.

    `fill` is what a missing value becomes before anything else: the median for a number, the more frequent of 0 and
    1 for a boolean, a category for a category. A category that had gaps in training has a category of its own for them.
    A category that was not seen in training, or is too rare to be in `categories`, becomes all zeros.

    `low` and `high` are the extremes of the training values (None for a category), `missing` the number of gaps
    among them, `rare` the number of training rows whose category is not in `categories`.
    """

    name: str
    kind: str
    transform: str = "none"
    unit: float = 1.0
    mean: float = 0.0
    scale: float = 1.0
    fill: float | str | None = None
    missing_indicator: bool = False
    categories: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    missing: int = 0
    rare: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"kind={self.kind!r} of column {self.name!r}", "one of " + ", ".join(KINDS))
        if self.transform not in TRANSFORMS:
            raise InputError(f"transform={self.transform!r} of column {self.name!r}", "one of " + ", ".join(TRANSFORMS))

    @property
    def prepared_names(self) -> list[str]:
        """The name of each prepared column that this column becomes, in order."""
        if self.kind == "category":
            return [f"{self.name} = {category}" for category in self.categories]
        return [self.name] + [f"{self.name} is missing"] * self.missing_indicator

    @property
    def width(self) -> int:
        """The number of prepared columns."""
        return len(self.categories) if self.kind == "category" else 1 + self.missing_indicator

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; `from_dict` gives an equal record back."""
        return _plain(asdict(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record that `to_dict` was taken from."""
        return cls(**_tuples(_known(cls, values), "categories"))


@dataclass(frozen=True)
class TargetInfo:
    """What the network was trained to give: the target column's name, its units or its classes.

    A regression target is trained on as (y - mean) / scale, one mean and scale for each output column; `classes`
    is None. For classification `classes` holds the labels in the order of the outputs, and mean and scale are 0 and 1.
    Many labels (yes or no in several columns) have neither: no classes, mean 0 and scale 1.
    """

    name: str = "y"
    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    classes: tuple[Any, ...] | None = None
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; `from_dict` gives an equal record back."""
        return _plain(asdict(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record that `to_dict` was taken from."""
        return cls(**_tuples(_known(cls, values), "mean", "scale", "classes", "low", "high"))


@dataclass(frozen=True)
class Preprocessing:
    """How a table becomes the matrix that the first layer sees.

    `names` are all original columns in their order; each is either in `columns` (used) or in `dropped` (name and
    reason). `named` says whether the names are the user's own (a frame, a table), so that columns are looked up by
    name; without it they are column_1, column_2, ... and go by position.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    dropped: tuple[tuple[str, str], ...] = ()
    target: TargetInfo = TargetInfo()
    named: bool = True

    @property
    def width(self) -> int:
        """The number of prepared columns: the network's n_in."""
        return sum(column.width for column in self.columns)

    @property
    def groups(self) -> list[tuple[str, slice]]:
        """The slice of prepared columns that each used original column became."""
        groups, start = [], 0
        for column in self.columns:
            groups.append((column.name, slice(start, start + column.width)))
            start += column.width
        return groups

    @property
    def prepared_names(self) -> list[str]:
        """The name of each prepared column, in order."""
        return [name for column in self.columns for name in column.prepared_names]

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold (floats exactly); `from_dict` gives an equal record back."""
        return {
            "names": list(self.names),
            "columns": [column.to_dict() for column in self.columns],
            "dropped": [list(pair) for pair in self.dropped],
            "target": self.target.to_dict(),
            "named": self.named,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record that `to_dict` was taken from.

        Raises InputError where a field is missing, unknown or of the wrong form.
        """
        given = _known(cls, values)
        try:
            columns = tuple(Column.from_dict(column) for column in given.get("columns", ()))
            dropped = tuple((str(name), str(reason)) for name, reason in given.get("dropped", ()))
            target = TargetInfo.from_dict(given.get("target", {}))
            return cls(tuple(given["names"]), columns, dropped, target, bool(given.get("named", True)))
        except (TypeError, ValueError, KeyError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("this description of a preprocessing is incomplete", "what to_dict() returns") from None


def _known(record: type, values: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise InputError(f"{record.__name__} described by {type(values).__name__}", "what to_dict() returns")
    unknown = sorted(set(values) - {field.name for field in fields(record)})
    if unknown:
        raise InputError(f"{record.__name__} has no field {unknown[0]!r}", "what to_dict() returns")
    required = [f.name for f in fields(record) if f.name in ("name", "kind", "names") and f.name not in values]
    if required and record is not TargetInfo:
        raise InputError(f"{record.__name__} lacks its {required[0]!r}", "what to_dict() returns")
    return dict(values)


def _tuples(values: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        if isinstance(values.get(name), list):
            values[name] = tuple(values[name])
    return values


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
