"""What `trace.explain` answers: a chain of steps, each a formula with symbols and with numbers, up to one value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Any
from unicodedata import combining

from ...errors import unknown_name
from ..render import Details, Formula, Group, Heading, Node, Note, Paragraph, Shown, Signed, Table
from ..render.plain import plain
from .document import plain as plain_value
from .substitute import latex_number

SHOWN = 10  # terms of a sum in a table
WIDE = 72  # characters after which a long sum goes on in the next line
EXACT = 15  # digits at which terms are shown, so that they add up as shown


@dataclass(frozen=True)
class Term:
    """One term of a sum: what it belongs to ("row 2", "input 0"), its factors by name, and its value."""

    label: str
    factors: tuple[tuple[str, float], ...]
    value: float


@dataclass(frozen=True)
class Sum:
    """A sum as it is shown: the largest terms first, the others in one number, and what rounding makes of it.

    `sum(term.value for term in terms) + rest + rounding` is `value`, which is the one that the engine used.
    `rounding` is what the engine's own order of adding and its dtype make of it; 0 where that is below 1e-13 of the
    largest term.
    """

    terms: tuple[Term, ...]
    value: float
    count: int = 0
    rest: float = 0.0
    rounding: float = 0.0
    mixes: bool = False

    def tree(self) -> Node:
        """The terms as a table."""
        names = [name for name, _ in self.terms[0].factors] if self.terms else []
        blank = [None] * len(names)
        rows: list[list[Any]] = [[t.label, *(f for _, f in t.factors), Signed(t.value)] for t in self.terms]
        if self.count:
            rows.append([f"and {self.count} more", *blank, Signed(self.rest)])
        if self.rounding:
            reason = "not of single examples" if self.mixes else "rounding"
            rows.append([reason, *blank, Signed(self.rounding)])
        rows.append(["sum", *blank, Signed(self.value)])
        product = " × ".join(names) if len(names) > 1 else "term"
        return Table(["", *names, product], rows, digits=EXACT)

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        terms = [{"of": t.label, "factors": dict(t.factors), "value": t.value} for t in self.terms]
        return plain_value({"terms": terms, "more": self.count, "rest": self.rest, "rounding": self.rounding})


@dataclass(frozen=True)
class Step:
    """One link of the chain: `symbol = latex = numbers = value`.

    `name` says which number it is ("dense_1.z[0, 2]", "gradient", "velocity"), `meaning` what it is in a few words.
    `symbol`, `latex` and `numbers` are LaTeX: the left side, the right side with symbols and with values ("" where
    a formula has no form with numbers of use). `sum` are the terms, where it is a sum over many. `folded` steps lie
    before the main line.
    """

    name: str
    meaning: str
    symbol: str
    latex: str
    numbers: str
    value: float
    sum: Sum | None = None
    note: str = ""
    folded: bool = False
    digits: int = 6

    @property
    def equation(self) -> str:
        """The whole line as LaTeX."""
        sides = (self.latex, in_lines(self.numbers), latex_number(self.value, self.digits))
        parts = list(dict.fromkeys(side for side in sides if side))
        return rf"\begin{{aligned}} {self.symbol} &= " + r" \\ &= ".join(parts) + r" \end{aligned}"

    @property
    def text(self) -> str:
        """The same as plain text, every = below the first."""
        return indented(plain(self.equation))

    def nodes(self) -> Iterator[Node]:
        """How the step is shown."""
        yield Heading(f"{self.name}: {self.meaning}" if self.meaning else self.name, 4)
        yield Formula(self.equation, self.text)
        if self.sum is not None and len(self.sum.terms) > 1:
            yield self.sum.tree()
        if self.note:
            yield Note(self.note)


def indented(text: str) -> str:
    """Lines that start with = stand below the first one's =, those that go on a sum a little further in."""
    first, *rest = text.split("\n")
    before = sum(not combining(c) for c in first[: first.find("=")])
    return "\n".join([first, *(" " * (before + 2 * (line[:1] != "=")) + line for line in rest)])


def in_lines(latex: str) -> str:
    """A long sum on several lines of an `aligned` formula, broken before a plus that is outside all brackets."""
    lines, terms = [], top_terms(latex)
    line = terms[0]
    for term in terms[1:]:
        if len(plain(f"{line} + {term}")) > WIDE:
            lines.append(line)
            line = term
        else:
            line = f"{line} + {term}"
    return r" \\ &\quad {} + ".join([*lines, line])


def top_terms(latex: str) -> list[str]:
    """The terms of a sum, split at each plus outside all brackets."""
    depth, start, terms = 0, 0, []
    for i, c in enumerate(latex):
        depth += (c in "({") - (c in ")}")
        if depth == 0 and latex.startswith(" + ", i):
            terms.append(latex[start:i])
            start = i + 3
    return [*terms, latex[start:]]


@dataclass(frozen=True, repr=False)
class Derivation(Shown):
    """Where one number of a trace comes from: `steps` in order, the last one ending in `value`.

    For a parameter `value` is the one after the step, and `before` the one that it has now.
    """

    target: str
    value: float
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    before: float | None = None

    def __getitem__(self, name: str) -> Step:
        found = {step.name: step for step in self.steps}
        if name not in found:
            raise unknown_name("step", name, found)
        return found[name]

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms of the last step that is a sum: a weight's gradient by example, a unit's sum by input."""
        sums = [step.sum for step in self.steps if step.sum is not None and not step.folded]
        return sums[-1].terms if sums else ()

    def tree(self) -> Node:
        """The chain, formula by formula."""
        children: list[Node] = [Heading(f"Where {self.target} comes from", 2), *map(Note, self.notes)]
        folded = [step for step in self.steps if step.folded]
        if folded:
            children.append(Details("What comes before", [node for step in folded for node in step.nodes()]))
        for step in self.steps:
            children += [] if step.folded else step.nodes()
        was = "=" if self.before is None else f"goes from {self.before!r} to"
        children.append(Paragraph(f"`{self.target}` {was} {self.value!r}"))
        return Group(children)

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        steps = []
        for step in self.steps:
            fields = ("name", "meaning", "symbol", "latex", "numbers", "text", "value", "note")
            terms = None if step.sum is None else step.sum.to_dict()
            steps.append({**{name: getattr(step, name) for name in fields}, "sum": terms})
        found = {"target": self.target, "value": self.value, "before": self.before, "notes": self.notes, "steps": steps}
        return plain_value(found)


def summed(terms: Sequence[Term], value: float, most: int = SHOWN) -> Sum:
    """The sum of `terms`, largest first and the tail in one, against the engine's `value`."""
    ordered = sorted(terms, key=lambda term: -abs(term.value) if term.value == term.value else -float("inf"))
    # One term more takes no more room than the line that would stand for it.
    shown, tail = (ordered, []) if len(ordered) <= most + 1 else (ordered[:most], ordered[most:])
    if not all(isfinite(term.value) for term in ordered) or not isfinite(value):
        return Sum(tuple(shown), value, len(tail), sum(term.value for term in tail))
    rest = fsum(term.value for term in tail)
    largest = max((abs(term.value) for term in ordered), default=0.0)
    rounding = value - fsum([*(term.value for term in shown), rest])
    small = abs(rounding) <= 1e-13 * largest
    mixes = abs(rounding) > 1e-3 * max(largest, abs(value))
    return Sum(tuple(shown), value, len(tail), rest, 0.0 if small else rounding, mixes)
