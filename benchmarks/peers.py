"""pellucid beside NumPy, scikit-learn, PyTorch, JAX, Keras/TensorFlow, FANN and ONNX Runtime, doing the same work.

Every peer has a process of its own, with the thread setting that suits it better (one, or all cores). In each round all
of them train once, from the same weights on the same batches; ratios are taken within a round. Their final losses are
compared with pellucid's. Peers that are not installed are named and left out. MNIST is found through PELLUCID_DATA.
Prints Markdown; a whole run also writes JSON and pictures.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from _peers import growth, processes, sections, tables
from _peers.peers import CORES, PEERS
from _peers.sections import Options, Section
from _peers.versions import installed
from _peers.works import ROW, TRAININGS
from _results import RESULTS, progress, publish, versions

from pellucid.engines import info

ROUNDS, QUICK_ROUNDS, QUICK_SHARE = 9, 2, 0.1
WORKS: dict[str, Callable[[Options], Section]] = {
    **{name: partial(sections.training, work) for name, work in TRAININGS.items()},
    "row": sections.row,
    "threads": sections.threads,
    "growth": growth.section,
    "processes": processes.section,
}
TITLES = {name: work.short for name, work in TRAININGS.items()} | {"row": ROW.short}
CHOICES = {name for name, peer in PEERS.items() if peer.kinds}
NAMES = sorted(CHOICES | {name.split("_")[0] for name in CHOICES})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", nargs="+", choices=WORKS, help="only these works")
    parser.add_argument("--peers", nargs="+", choices=NAMES, metavar="PEER", help=f"only these: {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of each work (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="a tenth of the epochs and two rounds: does it run?")
    parser.add_argument(
        "--trial", action="store_true", help="print only, keep no results (so too with the other options)"
    )
    return parser.parse_args()


def machine() -> dict[str, Any]:
    """The processor, its cores, and how busy they were before the first work."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    return {"processor": model, "cores": CORES, "load_at_start": round(os.getloadavg()[0], 2), "core": info()}


def head(found: dict[str, Section], about: dict[str, Any], rounds: int) -> list[str]:
    """How it was measured, the goals, and where pellucid is behind."""
    verdicts = [verdict for section in found.values() for verdict in section.verdicts]
    behind = [sentence for section in found.values() for sentence in section.behind]
    parts = [
        "# Beside other libraries",
        f"Medians of {rounds} interleaved rounds on {about['processor']}, {about['cores']} cores, of which others kept"
        f" {about['load_at_start']:.1f} busy at the start. Each peer has its own process and the better of its thread"
        ' settings. Ratios are taken within a round; "rounds" gives their lowest and highest. pellucid\'s core used'
        f" {about['core']['instruction_set'] or 'nothing: it is not there'}.",
    ]
    if verdicts:
        parts += ["## Goals", tables.verdict_table(verdicts)]
    parts += ["## Where pellucid is behind"]
    parts += ["\n".join(f"- {sentence}" for sentence in behind) if behind else "Nowhere among these works."]
    return parts


def tail(found: dict[str, Section], numbers: dict[str, str]) -> list[str]:
    """How each peer is used, and what was measured with which version."""
    raced = {entry.peer.name for section in found.values() if section.race for entry in section.race.entries}
    raced |= {name for section in found.values() for name in section.figures.get("products", ())}
    used = [f"- {peer.label}: {peer.use}." for name, peer in PEERS.items() if name in raced]
    said = ", ".join(f"{name} {number}" for name, number in sorted(numbers.items()))
    return ["## How each is used", "\n".join(used), f"Versions: {said}."]


def main() -> None:
    asked = arguments()
    keep = not (asked.quick or asked.trial or asked.work or asked.peers)
    about, found = machine(), {}
    with tempfile.TemporaryDirectory() as folder:
        rounds, share = (QUICK_ROUNDS, QUICK_SHARE) if asked.quick else (asked.rounds, 1.0)
        options = Options(Path(folder), rounds, share, tuple(asked.peers) if asked.peers else None)
        for name in asked.work or WORKS:
            progress(name)
            found[name] = WORKS[name](options)
    numbers = versions() | installed()
    texts = [*head(found, about, rounds), *(section.text for section in found.values()), *tail(found, numbers)]
    figures = {"versions": numbers, "machine": about, "rounds": rounds}
    figures |= {name: section.figures for name, section in found.items()}
    if keep:
        draw(found, texts)
    publish("peers", "\n\n".join(texts), figures, keep)


def draw(found: dict[str, Section], texts: list[str]) -> None:
    """Write the pictures and put them into the text."""
    from _peers import picture

    RESULTS.mkdir(exist_ok=True)
    races = {name: section.race for name, section in found.items() if section.race}
    picture.bars({TITLES[name]: race for name, race in races.items()}, RESULTS / "peers.svg")
    picture.curves(found["growth"].curves, RESULTS / "peers_growth.svg")
    texts.insert(2, "![Every work's peers as bars on a logarithmic axis; pellucid's are blue](peers.svg)")
    place = texts.index(found["growth"].text) + 1
    texts.insert(place, "![The time of a multiply-add against width, depth, batch and rows](peers_growth.svg)")


if __name__ == "__main__":
    main()
