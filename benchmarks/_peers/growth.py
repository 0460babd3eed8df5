"""How the cost of training grows with width, depth, batch and rows, for pellucid, JAX and PyTorch."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from _results import progress, table

from . import racing, tables
from .peers import PEERS
from .racing import Entry, Race, spread
from .sections import Options, Section, joined
from .workers import Worker, WorkerError
from .works import GROWTH, Series, Training

COMPARED = ("pellucid", "jax", "torch")
MOST_ROUNDS = 3


@dataclass(frozen=True)
class Point:
    """The best thread setting of one peer at one point: seconds per step or epoch, and per multiply-add."""

    threads: int
    seconds: float
    per_multiply_add: float


Curve = dict[int, Point]


def section(options: Options) -> Section:
    """All series; the workers live through all of them."""
    options = replace(options, rounds=min(options.rounds, MOST_ROUNDS))
    names = [name for name in COMPARED if options.peers is None or name in options.peers]
    texts: list[str] = []
    found: dict[str, dict[str, Curve]] = {}
    with ExitStack() as stack:
        workers = [Worker(PEERS[name], number) for name in names for number in PEERS[name].threads]
        for worker in workers:
            stack.callback(worker.stop)
        for series in map(ends, GROWTH.values()) if options.share < 1 else GROWTH.values():
            found[series.name] = curves_of(series, workers, options)
            texts.append(f"### {series.title}\n\n{curve_table(series, found[series.name])}")
    text = joined(
        [
            "## How the cost grows",
            f"Times of the faster thread setting, medians of {options.rounds} rounds, drawn numbers, float32, Adam. The"
            " exponent says how the time grows with the multiply-adds from the line above: 1 is in proportion, 0 not at"
            " all.",
            *texts,
        ]
    )
    return Section(text, figures(found), curves=found)


def ends(series: Series) -> Series:
    """Its first and its last point, for a trial."""
    first, *_, last = series.points
    return replace(series, points={at: series.points[at] for at in (first, last)})


def figures(found: dict[str, dict[str, Curve]]) -> dict[str, Any]:
    """The same for JSON."""
    return {
        series: {name: {str(at): vars(point) for at, point in curve.items()} for name, curve in curves.items()}
        for series, curves in found.items()
    }


def curves_of(series: Series, workers: list[Worker], options: Options) -> dict[str, Curve]:
    """Every point of a series for every peer."""
    curves: dict[str, Curve] = {name: {} for name in COMPARED if any(w.peer.name == name for w in workers)}
    for at, work in series.points.items():
        progress(f"  {work.name}")
        for entry in raced(work, workers, options):
            seconds = spread(entry.seconds).median
            per = seconds / work.multiply_adds
            if series.unit == "epoch":
                seconds *= work.steps_of_an_epoch
            curves[entry.peer.name][at] = Point(entry.worker.threads, seconds, per)
    return curves


def raced(work: Training, workers: list[Worker], options: Options) -> list[Entry]:
    """Each peer's rounds on one training, with the better of its thread settings."""
    prepare = racing.training(work, options.folder, options.share)
    race = Race([])
    for worker in workers:
        try:
            race.entries.append(Entry(worker, prepare(worker)))
        except WorkerError as error:
            progress(f"  {worker.peer.label}, {worker.threads} threads: {error}")
    racing.run(race, options.rounds)
    racing.keep_best_settings(race)
    return race.entries


def curve_table(series: Series, curves: dict[str, Curve]) -> str:
    """A line for each point: pellucid's time, per multiply-add, exponent; the others as multiples of it."""
    ours = curves.get("pellucid", {})
    others = [name for name in curves if name != "pellucid"]
    labels = [PEERS[name].label for name in others]
    head = [series.name, "multiply-adds", f"time of one {series.unit}", "threads", "for each multiply-add", "exponent"]
    rows: list[list[str]] = []
    previous: tuple[int, float] | None = None
    for at, work in series.points.items():
        amount = work.multiply_adds * (work.steps_of_an_epoch if series.unit == "epoch" else 1)
        cells: list[Any] = [tables.grouped(at), tables.grouped(amount)]
        if at in ours:
            here = ours[at]
            cells += [tables.time(here.seconds), str(here.threads), f"{here.per_multiply_add * 1e12:.1f} ps"]
            cells.append(exponent(previous, amount, here.seconds))
            previous = amount, here.seconds
        else:
            cells += [""] * 4
        cells += [multiple(curves[name], ours, at) for name in others]
        rows.append(cells)
    return table([*head, *[f"{label}, times as long" for label in labels]], rows)


def exponent(previous: tuple[int, float] | None, amount: int, seconds: float) -> str:
    """The slope between two points where both axes are logarithmic."""
    if previous is None:
        return ""
    return f"{math.log(seconds / previous[1]) / math.log(amount / previous[0]):.2f}"


def multiple(theirs: Curve, ours: Curve, at: int) -> str:
    if at not in theirs or at not in ours:
        return ""
    return f"{theirs[at].seconds / ours[at].seconds:.2f}"
