"""Tables of named records: the form in which every formula of `maths/` is kept.

A `Record` is a name, a formula and the functions that compute it; its `parameters` are the numbers a
user may choose (with defaults and bounds) and `values` the ones that were chosen. A `Table` maps names to
records, is read-only, and answers an unknown name with the nearest known one.

>>> from pellucid.maths.activations import activations
>>> activations.leaky_relu(alpha=0.2)
leaky_relu(alpha=0.2)
>>> activations.resolve("leaky_relu(alpha=0.2)") == activations.leaky_relu(alpha=0.2)
True
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, Self, TypeVar

from ..errors import InputError, UnknownNameError, unknown_name

INFINITY = math.inf
RATE_ELSEWHERE = ("lr", "eta", "rate", "step_size", "alpha")  # what others call learning_rate


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A number that the user may choose: its default, its bounds and what it means.

    Bounds are closed unless `open` says otherwise ("low", "high" or "both"). A default that is a bool
    makes it a yes/no choice; a default that is an int makes it a whole number; a default of None takes
    anything and leaves the check to the record's own functions. Where the choice is no number, `convert` checks it
    and gives what the record keeps, which must be hashable.
    """

    name: str
    default: Any
    low: float = -INFINITY
    high: float = INFINITY
    open: str = ""
    meaning: str = ""
    convert: Callable[[Any], Any] | None = None

    def check(self, value: Any) -> Any:
        """Return `value` as a plain Python number (or as `convert` makes it), or say why it will not do."""
        if self.convert is not None:
            return self.convert(value)
        if self.default is None:
            return value
        kind = type(self.default)
        try:
            number = kind(value)
            # True is 1 in Python, but alpha=True is a slip.
            right = math.isfinite(number) and number == value and (kind is bool or not isinstance(value, bool))
        except (TypeError, ValueError, OverflowError):
            right = False
        if not right:
            wanted = {bool: "True or False", int: "a whole number"}.get(kind, "a finite number")
            raise InputError(f"{self.name}={value!r}", wanted, f"{self.name}={self.default!r}")
        too_low = number < self.low or (number == self.low and self.open in ("low", "both"))
        too_high = number > self.high or (number == self.high and self.open in ("high", "both"))
        if too_low or too_high:
            raise InputError(f"{self.name}={value!r}", self.bounds(), f"{self.name}={self.default!r}")
        return number

    def bounds(self) -> str:
        """The allowed interval in words: "at least 0 and below 1"."""
        low = f"{'above' if self.open in ('low', 'both') else 'at least'} {self.low:g}"
        high = f"{'below' if self.open in ('high', 'both') else 'at most'} {self.high:g}"
        parts = [p for p, b in ((low, self.low), (high, self.high)) if math.isfinite(b)]
        return " and ".join(parts) or "any finite number"


@dataclass(frozen=True, kw_only=True, repr=False)
class Record:
    """What every record has: a name, a formula in LaTeX, its parameters and the values chosen for them.

    `values` lists every parameter in the table's order, so that two records are equal exactly when they compute
    the same. Calling a record returns a copy with other values. `functions` names the fields that compute.
    """

    functions: ClassVar[tuple[str, ...]] = ()

    name: str
    formula: str = ""
    parameters: tuple[Parameter, ...] = ()
    values: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        name: Any = self.name
        if not isinstance(name, str) or not name.strip():
            kind = type(self).__name__
            raise InputError(f"{kind}(name={name!r})", "a name, as a text", f'{kind}(name="mine", ...)')
        self._check_functions()
        given = dict(self.values)
        known = {p.name for p in self.parameters}
        for name in given:
            if name not in known:
                raise self._unknown(name, given[name])
        checked = tuple((p.name, p.check(given.get(p.name, p.default))) for p in self.parameters)
        object.__setattr__(self, "values", checked)

    @property
    def options(self) -> dict[str, Any]:
        """The chosen values as keyword arguments for the record's functions."""
        return dict(self.values)

    def __call__(self, *unnamed: Any, **values: Any) -> Self:
        """A copy of this record with other values: `activations.elu(alpha=0.5)`."""
        if unnamed:
            example = f"{self.name}({self.parameters[0].name}={unnamed[0]!r})" if self.parameters else repr(self)
            raise InputError(f"{self.name} was given {unnamed[0]!r} without a name", self._knows(), example)
        return replace(self, values=tuple({**self.options, **values}.items()))

    def __repr__(self) -> str:
        default = {p.name: p.default for p in self.parameters}
        chosen = [f"{k}={v!r}" for k, v in self.values if v != default[k]]
        return f"{self.name}({', '.join(chosen)})" if chosen else self.name

    def _check_functions(self) -> None:
        """A field without a default has to hold a function; one with a default of None may."""
        for name in self.functions:
            value, needed = getattr(self, name), not hasattr(type(self), name)
            if callable(value) or (value is None and not needed):
                continue
            kind = type(self).__name__
            wanted = "a function" if needed else "a function, or None"
            raise InputError(f"{kind} {self.name!r} has {name}={value!r}", wanted, f"{kind}(..., {name}=my_{name})")

    def _knows(self) -> str:
        return "values by name; " + f"{self.name} has " + (", ".join(p.name for p in self.parameters) or "none")

    def _unknown(self, name: str, value: Any) -> InputError:
        import difflib

        known = [p.name for p in self.parameters]
        meant = ["learning_rate"] if name in RATE_ELSEWHERE and "learning_rate" in known else []
        near = meant or difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
        instead = f"{self.name}({near[0]}={value!r})" if near else ""
        return InputError(f"{self.name} was given {name}={value!r}", self._knows(), instead)


R = TypeVar("R", bound=Record)


class Table(Mapping[str, R], Generic[R]):
    """A read-only mapping from name to record; `table.name` and `table["name"]` are the same.

    >>> from pellucid.maths.activations import activations
    >>> activations["sigmoid"] is activations.sigmoid
    True
    >>> activations["sigmiod"]  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    pellucid.errors.UnknownNameError: there is no activation named 'sigmiod'.
      Expected: one of by_unit, cosine, ..., threshold_symmetric.
      Instead:  'sigmoid'
    """

    def __init__(self, kind: str, records: Iterable[R], elsewhere: Mapping[str, str] | None = None) -> None:
        """`elsewhere` maps what other libraries call a record to its name here; errors suggest it."""
        self._kind = kind
        self._records = {record.name: record for record in records}
        self._elsewhere = dict(elsewhere or {})

    def __getitem__(self, name: str) -> R:
        try:
            return self._records[name]
        except (KeyError, TypeError):
            raise unknown_name(self._kind, name, self._records, self._elsewhere) from None

    def get(self, name: str, default: Any = None) -> Any:
        """The record of this name, or `default`; Mapping's own would expect a KeyError."""
        return self._records.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._records

    def __getattr__(self, name: str) -> R:
        # Copying and pickling ask for dunders, and for _records before it exists.
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownNameError as error:
            raise AttributeError(str(error)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._records]

    def __repr__(self) -> str:
        return f"<table of {_plural(self._kind)}: {', '.join(self._records)}>"

    def holds(self, record: Record) -> bool:
        """Whether `record` is one of this table's own, with whatever values: by its functions, not by its name."""
        own = self._records.get(record.name)
        return own is not None and all(getattr(record, f) is getattr(own, f) for f in own.functions)

    def resolve(self, spec: str | R, custom: Iterable[R] = ()) -> R:
        """The record that `spec` means: itself, a name, or a name with values ("elu(alpha=0.5)").

        `custom` holds the user's own records of this kind, looked up after the table.
        """
        if not isinstance(spec, str):
            return self._checked(spec)
        name, values = parse(spec)
        known: dict[str, R] = {**{record.name: record for record in custom}, **self._records}
        if name not in known:
            raise unknown_name(self._kind, name, known, self._elsewhere)
        record = self._checked(known[name])
        return record(**values) if values else record  # type: ignore[return-value] # mypy forgets what Self was

    def _checked(self, record: R) -> R:
        """`record`, if it is one of this table's kind."""
        self._check_kind(record, type(next(iter(self._records.values()))))
        return record

    def _check_kind(self, given: object, wanted: type) -> None:
        if isinstance(given, wanted):
            return
        if isinstance(given, Record):
            raise InputError(f"{given.name!r} is {_article(type(given).__name__)}", _article(wanted.__name__))
        expected = f"the name of {_article(self._kind)}, or {_article(wanted.__name__)}"
        raise InputError(f"{given!r} as {self._kind}", expected, repr(next(iter(self._records))))


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """Split "name(key=number, ...)" into the name and its values; plain "name" has none.

    >>> parse("elu(alpha=0.5)")
    ('elu', {'alpha': 0.5})
    """
    text = text.strip()
    if "(" not in text:
        return text, {}
    wrong = InputError(f"{text!r}", "a name with its values", '"leaky_relu(alpha=0.2)"')
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            raise wrong
        values = {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg}
    # What ast may raise for text from a file that somebody else wrote, deep nesting included.
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise wrong from None
    if len(values) != len(call.keywords):  # a name given twice, or **{...}
        raise wrong
    return call.func.id, values


def _plural(noun: str) -> str:
    return noun + ("es" if noun.endswith("s") else "s")


def _article(noun: str) -> str:
    return ("an " if noun[0].lower() in "aeiou" else "a ") + noun
