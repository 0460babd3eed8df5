"""The parts of the report: each runs its works and gives Markdown, figures and verdicts on goals."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _results import progress, table

from . import given, racing, tables
from .peers import CORES, EACH, PEERS
from .racing import Entry, Race, Spread, ratios, spread
from .tables import Verdict
from .works import ROW, TRAININGS, Training

LABELS = {name: peer.label for name, peer in PEERS.items()}
PRODUCTS = {"products_numpy": "OpenBLAS", "products_pellucid": "pellucid's kernel"}


@dataclass(frozen=True)
class Options:
    """What the command line asks for. `share` of the epochs are trained; `peers` None means all."""

    folder: Path
    rounds: int
    share: float = 1.0
    peers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Section:
    """A part of the report. `behind` are the sentences that say where pellucid is slower than a peer.

    `race` or `curves` are there to be drawn.
    """

    text: str
    figures: dict[str, Any]
    verdicts: list[Verdict] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    race: Race | None = None
    curves: dict[str, Any] = field(default_factory=dict)


def training(work: Training, options: Options) -> Section:
    """All peers on one training; for softmax networks the products alone run along."""
    with ExitStack() as stack:
        prepare = racing.training(work, options.folder, options.share)
        peers = racing.chosen(options.peers, work.kind)
        race = racing.enter(peers, prepare, stack)
        alone = [PEERS[name] for name in PRODUCTS] if work.kind == "softmax" and PEERS["pellucid"] in peers else []
        products = racing.enter(alone, prepare, stack, EACH)
        both = Race(race.entries + products.entries, race.absent | products.absent)
        racing.run(both, options.rounds)
        race = Race([entry for entry in both.entries if entry.peer.kinds], both.absent)
        racing.keep_best_settings(race)
        racing.check_losses(work, race, options.folder, options.share)
    ours = race.of("pellucid")
    products = [e for e in both.entries if not e.peer.kinds and ours and e.worker.threads == ours.worker.threads]
    share = share_of_products(ours, products) if ours and products else None
    verdicts = [goal_verdict(work.short, race, ours, name, goal) for name, goal in work.goals.items()]
    if work.products_goal is not None:
        verdicts.append(Verdict(work.short, "of the sgemm rate", work.products_goal, share, "%"))
    parts = [f"## {work.title}", unit_of(work, options.share), tables.race_table(race, ours, "same as pellucid's")]
    if share is not None and ours is not None:
        parts.append(products_sentence(work, ours, products, share))
    parts += [*work.notes, tables.left_out(race.absent, LABELS)]
    figures = tables.race_figures(race, ours)
    figures["products"] = {entry.peer.name: entry.seconds for entry in products}
    figures["share_of_products"] = share._asdict() if share else None
    return Section(joined(parts), figures, verdicts, behind(work.short, race, ours), race)


def joined(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def unit_of(work: Training, share: float) -> str:
    """What the times are of, and the tolerance."""
    epochs = max(1, round(work.epochs * share))
    unit = (
        "the whole run" if work.unit == "run" else f"one step, of {epochs * work.steps_of_an_epoch} ({epochs} epochs)"
    )
    drawn = " MNIST was not found in PELLUCID_DATA: drawn numbers in its shape." if no_mnist(work) else ""
    return (
        f"Times of {unit}; {tables.grouped(work.multiply_adds)} multiply-adds in a step.{drawn} Final losses count as "
        f"the same within {work.tolerance:g} of pellucid's, as a share of it."
    )


def no_mnist(work: Training) -> bool:
    return work.data == "mnist" and given.mnist_path() is None


def share_of_products(ours: Entry, products: list[Entry]) -> Spread:
    """Which part of pellucid's time its matrix products alone would take, done by the better of the two."""
    best = [min(times) for times in zip(*(entry.seconds for entry in products), strict=True)]
    return spread([alone / whole for alone, whole in zip(best, ours.seconds, strict=True)])


def products_sentence(work: Training, ours: Entry, products: list[Entry], share: Spread) -> str:
    """The sgemm rates, pellucid's rate of training, and the share."""
    flops, number = 2 * work.multiply_adds / 1e9, ours.worker.threads
    rate = flops / spread(ours.seconds).median
    rates = []
    for entry in products:
        alone = " (which answers rows on one thread)" if entry.peer.name == "products_pellucid" and number > 1 else ""
        rates.append(f"{flops / spread(entry.seconds).median:.0f} GFLOP/s by {PRODUCTS[entry.peer.name]}{alone}")
    return (
        f"The matrix products of a step alone, on {number} thread{'s' if number > 1 else ''}: {' and '.join(rates)}. "
        f"pellucid trains at {rate:.0f} GFLOP/s, **{share.median:.0%}** of the better one (rounds: "
        f"{tables.between(share, tables.percent)})."
    )


def goal_verdict(title: str, race: Race, ours: Entry | None, name: str, goal: float) -> Verdict:
    theirs = race.of(name)
    measured = ratios(theirs, ours) if theirs is not None and ours is not None else None
    return Verdict(title, f"times as fast as {LABELS[name]}", goal, measured)


def behind(title: str, race: Race, ours: Entry | None) -> list[str]:
    """A sentence for each peer that took less time."""
    if ours is None:
        return []
    sentences = []
    for entry in race.entries:
        found = ratios(entry, ours)
        if not entry.peer.name.startswith("pellucid") and found.median < 1:
            sentences.append(f"{title}: {entry.peer.label} is {1 / found.median:.2f} times as fast.")
    return sentences


def row(options: Options) -> Section:
    """One row per call."""
    with ExitStack() as stack:
        prepare = racing.single_row(given.row(ROW))
        race = racing.enter(racing.chosen(options.peers, "row"), prepare, stack)
        racing.run(race, options.rounds)
    racing.keep_best_settings(race)
    racing.check_answers(race)
    ours = race.of("pellucid_row")
    most = spread([seconds * 1e6 for seconds in ours.seconds]) if ours else None
    verdicts = [
        Verdict(ROW.short, "per call", ROW.most_microseconds, most, "µs", at_least=False),
        *(goal_verdict(ROW.short, race, ours, name, goal) for name, goal in ROW.goals.items()),
    ]
    text = joined(
        [
            f"## {ROW.title}",
            "Each peer gets the row as its own kind of array, on its device where it has one, and answers with its own."
            f" Answers count as the same within {ROW.tolerance:g}. pellucid, NumPy, scikit-learn and FANN compute in"
            " float64, the others in float32.",
            tables.race_table(race, ours, "same answer"),
            tables.left_out(race.absent, LABELS),
        ]
    )
    figures = tables.race_figures(race, ours)
    return Section(text, figures, verdicts, behind(ROW.short, race, ours), race)


def threads(options: Options) -> Section:
    """pellucid on one thread, on all cores, and left to choose, on each training."""
    rows, figures = [], {}
    for work in TRAININGS.values():
        progress(f"  {work.name}")
        with ExitStack() as stack:
            prepare = racing.training(work, options.folder, options.share)
            settings = sorted({1, CORES})
            entries = [racing.started(PEERS["pellucid"], number, prepare, stack) for number in (*settings, 0)]
            racing.run(Race(list(entries)), options.rounds)
        one, most, own = entries[0], entries[len(settings) - 1], entries[-1]
        gain, chosen = ratios(one, most), ratios(one, own)
        same = "yes" if len({entry.loss for entry in entries}) == 1 else "no"
        cells = [tables.time(spread(entry.seconds).median) for entry in (one, most, own)]
        faster = [f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})" for found in (gain, chosen)]
        rows.append([work.short, cells[0], cells[1], faster[0], cells[2], faster[1], same])
        figures[work.name] = {tables.threads(entry.worker.threads): entry.seconds for entry in entries}
    head = ["", "1 thread", f"{CORES} threads", "times as fast", "`threads=None`", "times as fast", "same final loss"]
    text = joined(["## Threads", "pellucid alone; medians, and the gain over one thread.", table(head, rows)])
    return Section(text, figures)
