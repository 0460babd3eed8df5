"""The pictures beside the tables: every work's peers as bars, and the cost of a multiply-add as curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
mpl.rcParams["svg.hashsalt"] = "pellucid"  # the same figures make the same file
mpl.rcParams["svg.fonttype"] = "none"
mpl.rcParams["font.size"] = 8

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

from . import tables  # noqa: E402
from .growth import Curve  # noqa: E402
from .peers import PEERS  # noqa: E402
from .racing import Race, spread  # noqa: E402
from .works import GROWTH  # noqa: E402

OURS, THEIRS = "#1f6feb", "#b8bec6"
MARKS = {"pellucid": ("o-", OURS), "jax": ("s--", "#c2410c"), "torch": ("^:", "#57606a")}


def bars(races: dict[str, Race], path: Path) -> None:
    """A panel for each work, a bar for each peer; the time axes are logarithmic."""
    columns = 2
    lines = -(-len(races) // columns)
    figure, panels = plt.subplots(lines, columns, figsize=(10, 2.6 * lines), squeeze=False)
    for panel in panels.ravel()[len(races) :]:
        panel.set_visible(False)
    for panel, (title, race) in zip(panels.ravel(), races.items(), strict=False):
        bar_panel(panel, title, race)
    save(figure, path)


def bar_panel(panel: Axes, title: str, race: Race) -> None:
    entries = sorted(race.entries, key=lambda entry: -spread(entry.seconds).median)
    found = [spread(entry.seconds) for entry in entries]
    widths = [each.median for each in found]
    errors = [[each.median - each.low for each in found], [each.high - each.median for each in found]]
    colours = [OURS if entry.peer.name in ("pellucid", "pellucid_row", "pellucid_out") else THEIRS for entry in entries]
    panel.barh([entry.peer.label for entry in entries], widths, xerr=errors, color=colours, ecolor="#57606a")
    for place, each in enumerate(found):
        panel.text(each.high * 1.15, place, tables.time(each.median), va="center")
    panel.set_xscale("log")
    panel.set_xlim(min(widths) / 2, max(each.high for each in found) * 6)
    panel.set_xticks([])
    panel.minorticks_off()
    panel.set_title(title, loc="left", fontsize=8, fontweight="bold")
    panel.spines[["top", "right", "bottom"]].set_visible(False)


def curves(found: dict[str, dict[str, Curve]], path: Path) -> None:
    """A panel for each series: picoseconds of a multiply-add, for each peer."""
    figure, panels = plt.subplots(1, len(found), figsize=(3 * len(found), 2.8), squeeze=False, sharey=True)
    for panel, (name, by_peer) in zip(panels.ravel(), found.items(), strict=True):
        for peer, curve in by_peer.items():
            mark, colour = MARKS[peer]
            values = [point.per_multiply_add * 1e12 for point in curve.values()]
            panel.plot(list(curve), values, mark, color=colour, label=PEERS[peer].label, markersize=4)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_formatter("{x:g}")
        panel.set_title(GROWTH[name].title, loc="left", fontsize=8, fontweight="bold")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0, 0].set_ylabel("picoseconds for each multiply-add")
    panels[0, -1].legend(frameon=False)
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")
    plt.close(figure)
