"""The parts of a formula as records: what `latex` reads, and what `mathml` and `plain` write out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Atom:
    """One sign or word.

    Its kind is letter, number, binary, relation, prefix, open, close, fence, comma, large, function, limit, mark, text,
    unknown, bold, code, italic or upright.
    """

    text: str
    kind: str


@dataclass(frozen=True)
class Row:
    """Parts one after the other."""

    items: tuple[Part, ...]


@dataclass(frozen=True)
class Fraction:
    """One part over another."""

    above: Part
    below: Part


@dataclass(frozen=True)
class Root:
    """A square root, or one of another degree."""

    inside: Part
    degree: Part | None = None


@dataclass(frozen=True)
class Scripts:
    """A base with what is set low and high at its right."""

    base: Part
    sub: Part | None = None
    sup: Part | None = None


@dataclass(frozen=True)
class Accent:
    """A base with a mark on it: a hat, a bar, a dot."""

    base: Part
    mark: str


@dataclass(frozen=True)
class Stacked:
    """A base with something over it or under it: underbrace, overset."""

    base: Part
    under: Part | None = None
    over: Part | None = None


@dataclass(frozen=True)
class Fenced:
    """Something between brackets that grow with it."""

    left: str
    inside: Part
    right: str


@dataclass(frozen=True)
class Grid:
    """Rows of cells (cases, aligned, matrix) between `left` and `right`; `align` is repeated over the columns."""

    name: str
    rows: tuple[tuple[Row, ...], ...]
    left: str
    right: str
    align: str


@dataclass(frozen=True)
class Space:
    """A gap: its width in em, and the spaces that a text shows for it."""

    em: float
    text: str


Part: TypeAlias = Atom | Row | Fraction | Root | Scripts | Accent | Stacked | Fenced | Grid | Space
