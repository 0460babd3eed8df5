"""What a diagnosis consists of: findings, the likely cause first, each with what was seen, where, and what to try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ..render import Finding as Shown_
from ..render import Group, Heading, Node, Note, Paragraph, Shown, number

PROBLEM, WARNING, NOTE = "problem", "warning", "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed.

    `kind` is its name in the table of detectors ("dead_units"); `severity` "problem", "warning" or "note" (nothing to
    worry about); `seen` the evidence with its numbers; `where` the layer, units or columns; `why` what it means;
    `instead` what to try.
    """

    kind: str
    severity: str
    seen: str
    where: str
    why: str
    instead: str

    @property
    def title(self) -> str:
        """The kind in words."""
        return self.kind.replace("_", " ")

    def tree(self) -> Node:
        """As the render tree shows findings."""
        return Shown_(self.severity, self.title, f"{self.seen} {self.why}".strip(), self.where, self.instead)


@dataclass(frozen=True, repr=False)
class Diagnosis(Shown):
    """The findings, the likely cause first, notes last; iterating gives them one by one.

    `rows` of the `rows_given` were looked at. `unexplained` says how good the network is on them: its loss on a scale
    where the best constant answer has 1 and the truth 0 (None without y). `reachable` is the same for a small reference
    network trained for comparison, on rows it was not trained on (None where nothing had to be compared).
    """

    findings: tuple[Finding, ...]
    rows: int
    rows_given: int
    trained: bool
    unexplained: float | None = None
    reachable: float | None = None

    @property
    def cause(self) -> Finding | None:
        """The most likely cause of trouble: the first finding that is not a note; None for a healthy network."""
        return next((finding for finding in self.findings if finding.severity != NOTE), None)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of all findings in their order."""
        return tuple(finding.kind for finding in self.findings)

    @property
    def healthy(self) -> bool:
        """Whether there is nothing but notes."""
        return self.cause is None

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data for JSON."""
        return {
            "healthy": self.healthy,
            "cause": self.cause.kind if self.cause is not None else None,
            "findings": [dict(vars(finding)) for finding in self.findings],
            "rows": self.rows,
            "rows_given": self.rows_given,
            "trained": self.trained,
            "unexplained": _finite(self.unexplained),
            "reachable": _finite(self.reachable),
        }

    def tree(self) -> Node:
        """The verdict, how well the network does, and the findings."""
        children: list[Node] = [Heading(self._title()), *map(Paragraph, self._state())]
        children += [finding.tree() for finding in self.findings]
        if self.rows < self.rows_given:
            children.append(Note(f"{self.rows} of the {self.rows_given} rows were looked at, always the same ones."))
        return Group(children)

    def _title(self) -> str:
        if self.cause is not None:
            return f"Diagnosis: {self.cause.title}"
        return "Diagnosis: nothing wrong was found"

    def _state(self) -> list[str]:
        if not self.trained:
            known = "This network has not been trained yet, as far as is known"
            return [f"{known}; only what shows before training was looked at."]
        if self.unexplained is None:
            return ["Without y only the signals inside could be looked at."]
        sentences = [f"Its loss is {part(self.unexplained)} of what the best constant answer has."]
        if self.reachable is not None:
            sentences.append(
                f"A small reference network reaches {part(self.reachable)} on rows that it was not trained on."
            )
        return [" ".join(sentences)]


def part(share: float | None) -> str:
    """A share of the best constant answer's loss in words: "12.5 %"."""
    if share is None:
        return "an unknown part"
    return f"{number(100 * share, 3)} %" if isfinite(share) and share < 10 else "many times all"


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
