"""The render tree: what there is to show, as plain frozen records with no idea of how it will look.

Trace, explain, diagnose, the report and the command line build these; `text` and `html` lower them.

>>> from pellucid.insight.render import Group, Heading, Table, to_text
>>> print(to_text(Table(("layer", "units"), [("dense_1", 4), ("dense_2", 1)])))
 layer     units
─────────────────
 dense_1       4
 dense_2       1
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from ...errors import InputError
from .safety import check_svg

SEVERITIES = ("problem", "warning", "note", "good")


@dataclass(frozen=True)
class Heading:
    """A title; `level` 1 is the page's own, 2 a section, 3 and 4 below it."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Running text; a line break in it stays a line break. Words between backquotes are shown as code."""

    text: str


@dataclass(frozen=True)
class Note:
    """A remark beside the main line: what a number means, a limit of a method."""

    text: str


@dataclass(frozen=True)
class Code:
    """Text to be typed or copied, shown as it stands and never wrapped."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Formula:
    """A formula in LaTeX (the subset of `latex.py`); `text` is its plain form, made from the LaTeX where empty.

    `inline` is for formulas in table cells; `label` stands in front ("dense_1.W[0, 2]").
    """

    latex: str
    text: str = ""
    label: str = ""
    inline: bool = False


@dataclass(frozen=True)
class Signed:
    """A number in a table cell, coloured by its sign and by its size relative to `scale` (None: its column's)."""

    value: float
    scale: float | None = None


@dataclass(frozen=True)
class Badge:
    """A word in a table cell that is coloured by severity ("good", "problem", ...)."""

    text: str
    severity: str = "note"

    def __post_init__(self) -> None:
        _check_severity(self.severity)


Cell: TypeAlias = str | float | int | bool | Formula | Signed | Badge | None


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header. Numbers are formatted by `number` and stand below each other.

    `align` has one letter of "lrc" for each column; where it is empty, columns of numbers go right and others left.
    An empty `header` gives a list of facts: the first column is then read as the names. None is an empty cell.
    """

    header: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    align: str = ""
    caption: str = ""
    digits: int = 6

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", tuple(map(str, self.header)))
        object.__setattr__(self, "rows", tuple(tuple(row) for row in self.rows))
        width = self.width
        for i, row in enumerate(self.rows):
            if len(row) != width:
                raise InputError(f"row {i} of the table has {len(row)} cells", f"{width}")
        if self.align and (len(self.align) != width or set(self.align) - set("lrc")):
            raise InputError(f"align={self.align!r}", f"one of the letters l, r, c for each of {width} columns")

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.header) or (len(self.rows[0]) if self.rows else 0)


@dataclass(frozen=True, eq=False)
class Matrix:
    """A numeric array with its labels, negative numbers blue and positive ones orange by magnitude.

    `values` is (m, n), or (n,), which is shown as one row. `scale` is the magnitude that gets the full colour (None:
    the largest in the array); give the same to matrices that are to be compared. More than `max_rows` x `max_columns`
    numbers are cut in the middle, and how many were left out is said. `present` says which numbers there are (None:
    all); a dot stands where there is none.
    """

    values: np.ndarray
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    caption: str = ""
    digits: int = 6
    scale: float | None = None
    max_rows: int = 20
    max_columns: int = 12
    present: np.ndarray | None = None

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=float, ndmin=2)
        if values.ndim != 2:
            raise InputError(f"a matrix of shape {values.shape}", "one or two dimensions")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        if self.present is not None and np.shape(self.present) != values.shape:
            raise InputError(f"present of shape {np.shape(self.present)}", f"{values.shape}, as the values")
        for axis, name in enumerate(("rows", "columns")):
            labels = tuple(map(str, getattr(self, name)))
            if labels and len(labels) != values.shape[axis]:
                raise InputError(f"{len(labels)} labels for the {name}", f"{values.shape[axis]}")
            object.__setattr__(self, name, labels)

    def is_there(self, row: int, column: int) -> bool:
        """Whether there is a number at this place."""
        return self.present is None or bool(self.present[row, column])


@dataclass(frozen=True)
class Finding:
    """Something noticed: how serious, what it is, what was seen, where, and what to try."""

    severity: str
    title: str
    seen: str = ""
    where: str = ""
    advice: str = ""

    def __post_init__(self) -> None:
        _check_severity(self.severity)


@dataclass(frozen=True)
class Picture:
    """An SVG picture (`insight.pictures` makes them). `alt` says in words what it shows; the SVG's own title serves
    where it is empty; `text` is what a terminal shows in its place. A picture that could run a script or load anything
    is refused.
    """

    svg: str
    caption: str = ""
    alt: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        title = check_svg(self.svg)
        if not self.alt:
            object.__setattr__(self, "alt", title)


@dataclass(frozen=True)
class Group:
    """Nodes one after the other; with `across`, side by side where there is room (pages only)."""

    children: Sequence[Node] = ()
    across: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", nodes(self.children))


@dataclass(frozen=True)
class Details:
    """Children that a page folds away under `summary` (unless `open`); a text, which cannot fold, shows them indented.

    Where that would be too long, `brief` is what the text says in their place.
    """

    summary: str
    children: Sequence[Node] = field(default=())
    open: bool = False
    brief: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", nodes(self.children))


Node: TypeAlias = Heading | Paragraph | Note | Code | Formula | Table | Matrix | Finding | Picture | Group | Details
KINDS = (Heading, Paragraph, Note, Code, Formula, Table, Matrix, Finding, Picture, Group, Details)


def nodes(children: Any) -> tuple[Node, ...]:
    """`children` as a tuple of nodes: a str becomes a Paragraph, an object with `tree()` its tree."""
    if isinstance(children, (str, *KINDS)) or hasattr(children, "tree"):
        children = (children,)
    if not isinstance(children, Iterable):
        raise InputError(f"{children!r} in a render tree", "nodes, texts, or objects with tree()")
    return tuple(map(node, children))


def node(child: Any) -> Node:
    """One node of a tree; see `nodes`."""
    if isinstance(child, str):
        return Paragraph(child)
    if isinstance(child, KINDS):
        return child
    if hasattr(child, "tree"):
        return node(child.tree())
    if isinstance(child, (list, tuple)):
        return Group(child)
    raise InputError(f"{child!r} in a render tree", "a node, a text, or an object with tree()")


def _check_severity(severity: str) -> None:
    if severity not in SEVERITIES:
        raise InputError(f"severity={severity!r}", "one of " + ", ".join(SEVERITIES))
