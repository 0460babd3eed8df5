"""The report as one HTML file that works from disk: no script, no link, nothing that is loaded."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from ..insight.render import Group, Node, counted, page
from ..io.writing import write_whole
from . import sections
from .run import Run

ORDER = (
    sections.result,
    sections.data,
    sections.chosen,
    sections.network,
    sections.training,
    sections.inputs,
    sections.predictions,
    sections.diagnosis,
    sections.use,
)


def report(run: Run) -> str:
    """The page as text."""
    from .. import __version__

    found = run.evaluation
    nodes: list[Node] = [Group(section(run)) for section in ORDER]
    lead = (
        f"{run.target}, learnt from {counted(len(run.train), 'row')} of {run.source}: {found.score_text} on "
        f"{counted(found.n, 'row')} that the network never saw, against {found.baseline_text} for the baseline "
        f"({found.baseline_says})."
    )
    footer = f"Written by pellucid {__version__} on {date.today().isoformat()}. This page loads nothing from anywhere."
    return page(f"Predicting {run.target}", nodes, lead, footer)


def write_report(run: Run, path: str | os.PathLike[str]) -> Path:
    """Write the report to `path`, whole or not at all."""
    write_whole(Path(path), report(run).encode())
    return Path(path)
