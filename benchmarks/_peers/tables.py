"""Numbers as people read them, and the tables of each kind of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from _results import table

from .racing import Entry, Race, Spread, ratios, spread


@dataclass(frozen=True)
class Verdict:
    """A goal of issue 3 beside what was measured. `at_least` says which side of it is good."""

    work: str
    what: str
    goal: float
    measured: Spread | None
    unit: str = "×"
    at_least: bool = True

    @property
    def reached(self) -> bool | None:
        """None where it was not measured."""
        if self.measured is None:
            return None
        return self.measured.median >= self.goal if self.at_least else self.measured.median <= self.goal


def time(seconds: float) -> str:
    """Three digits and the unit that suits: 0.257 µs, 18.6 µs, 7.90 ms, 17.1 s."""
    if seconds < 1e-3:
        number, unit = seconds * 1e6, "µs"
    elif seconds < 1:
        number, unit = seconds * 1e3, "ms"
    else:
        number, unit = seconds, "s"
    return f"{digits(number)} {unit}"


def digits(number: float) -> str:
    """Three digits, more before the point if need be: 0.257, 18.6, 2500."""
    if number == 0:
        return "0"
    places = 3 if number < 1 else 2 if number < 10 else 1 if number < 100 else 0
    return f"{number:.{places}f}"


def grouped(number: int) -> str:
    """Thousands apart: 16 384."""
    return f"{number:_}".replace("_", " ")


def between(found: Spread, show: Any = digits) -> str:
    return f"{show(found.low)} to {show(found.high)}"


def threads(number: int) -> str:
    return str(number) if number else "its own choice"


def race_table(race: Race, ours: Entry | None, learnt: str) -> str:
    """One line for each peer, the fastest first; `learnt` heads the column of what was learnt."""
    rows = []
    for entry in sorted(race.entries, key=lambda entry: spread(entry.seconds).median):
        found = spread(entry.seconds)
        longer = ratios(entry, ours) if ours is not None else None
        agrees = {None: "", True: "yes", False: "**no**"}[entry.agrees]
        name = f"**{entry.peer.label}**" if entry is ours else entry.peer.label
        rows.append(
            [
                name,
                threads(entry.worker.threads),
                time(found.median),
                between(found, time),
                f"{digits(longer.median)}" if longer else "",
                between(longer) if longer else "",
                "" if entry.loss is None else f"{entry.loss:.5g}",
                agrees,
            ]
        )
    head = ["", "threads", "time", "rounds", "times pellucid's", "rounds", "final loss", learnt]
    if all(not row[6] for row in rows):
        head, rows = [*head[:6], head[7]], [[*row[:6], row[7]] for row in rows]
    return table(head, rows)


def race_figures(race: Race, ours: Entry | None) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "absent": race.absent,
        "peers": {
            entry.peer.name: {
                "threads": entry.worker.threads,
                "seconds": entry.seconds,
                "with_other_threads": {
                    str(other.worker.threads): other.seconds for other in race.slower if other.peer is entry.peer
                },
                **spread(entry.seconds)._asdict(),
                "ratio": ratios(entry, ours)._asdict() if ours is not None else None,
                "cores_busy": entry.busy,
                "loss": entry.loss,
                "agrees": entry.agrees,
            }
            for entry in race.entries
        },
    }


def left_out(absent: dict[str, str], labels: dict[str, str]) -> str:
    """A sentence for each peer that is missing; "" if none is."""
    return " ".join(f"Left out: {labels[name]} ({why.splitlines()[0]})." for name, why in absent.items())


def verdict_table(verdicts: list[Verdict]) -> str:
    rows = []
    for each in verdicts:
        sign = "≥" if each.at_least else "≤"
        show = percent if each.unit == "%" else digits
        unit = "" if each.unit == "%" else f" {each.unit}"
        rows.append(
            [
                each.work,
                each.what,
                f"{sign} {show(each.goal)}{unit}",
                f"{show(each.measured.median)}{unit}" if each.measured else "",
                between(each.measured, show) if each.measured else "",
                {None: "not measured", True: "reached", False: "**not reached**"}[each.reached],
            ]
        )
    return table(["work", "", "goal", "measured", "rounds", ""], rows)


def percent(share: float) -> str:
    return f"{share:.0%}"
