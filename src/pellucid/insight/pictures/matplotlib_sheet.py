"""A sheet that draws into matplotlib's axes: a picture's lines, shapes and texts become artists to restyle."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from ..render.escape import visible
from ..render.style import COLOURS
from .svg import Drawing, fit

_POINTS = 0.72  # of a pixel, where an inch has 100
_PIECES = re.compile(r"([MCH])([^MCH]*)")


def safe(text: object) -> str:
    """Text from data for matplotlib, which would read what stands between dollar signs as a formula."""
    return visible(text).replace("$", r"\$")


class AxesSheet(Drawing):
    """A `Drawing` whose shapes go into axes, in pixels as in the SVG; a shape's note is its `gid`."""

    def __init__(self, axes: Callable[[tuple[float, float]], Any], width: float, height: float, title: str) -> None:
        """`axes` is given the size in inches that suits the picture, and makes or finds the axes."""
        super().__init__(width, height, title)
        self.axes = axes((width / 100, height / 100))
        self.axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
        self.axes.axis("off")
        self._order = 0

    def line(
        self, x1: float, y1: float, x2: float, y2: float, paint: str = "line", width: float = 1, opacity: float = 1,
        dash: str = "", note: str = "",
    ) -> None:  # fmt: skip
        """A Line2D."""
        self.axes.plot([x1, x2], [y1, y2], **self._stroke(paint, width, opacity, dash, note))

    def curve(
        self, path: str, paint: str, width: float = 1, opacity: float = 1, dash: str = "", note: str = ""
    ) -> None:
        """A PathPatch, from a path of absolute M, C and H."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        points: list[tuple[float, float]] = []
        codes: list[int] = []
        for letter, numbers in _PIECES.findall(path):
            values = [float(v) for v in numbers.split()]
            values += [points[-1][1]] if letter == "H" else []
            pairs = list(zip(values[::2], values[1::2], strict=True))
            codes += [int({"M": Path.MOVETO, "C": Path.CURVE4, "H": Path.LINETO}[letter])] * len(pairs)
            points += pairs
        stroke = self._stroke(paint, width, opacity, dash, note)
        self.axes.add_patch(PathPatch(Path(points, codes), fill=False, **stroke))

    def rect(
        self, x: float, y: float, width: float, height: float, paint: str = "faint", opacity: float = 1,
        stroke: str = "", radius: float = 0, note: str = "",
    ) -> None:  # fmt: skip
        """A Rectangle."""
        from matplotlib.patches import Rectangle

        self.axes.add_patch(Rectangle((x, y), width, height, **self._fill(paint, opacity, stroke, 1, note)))

    def circle(
        self, x: float, y: float, r: float, paint: str = "paper", stroke: str = "", width: float = 1,
        opacity: float = 1, note: str = "",
    ) -> None:  # fmt: skip
        """A Circle."""
        from matplotlib.patches import Circle

        self.axes.add_patch(Circle((x, y), r, **self._fill(paint, opacity, stroke, width, note)))

    def text(
        self, x: float, y: float, text: object, size: float = 12, anchor: str = "start", paint: str = "ink",
        room: float = math.inf, bold: bool = False, turn: float = 0, plate: bool = False,
    ) -> None:  # fmt: skip
        """A Text at its baseline."""
        align = {"start": "left", "middle": "center", "end": "right"}[anchor]
        self.axes.text(
            x, y, safe(fit(text, room, size)), fontsize=size * _POINTS, ha=align, va="baseline", zorder=self._next(),
            color=COLOURS[paint][0], fontweight="bold" if bold else "normal", rotation=-turn,
            in_layout=False,
        )  # fmt: skip

    def _stroke(self, paint: str, width: float, opacity: float, dash: str, note: str) -> dict[str, Any]:
        style = (0, tuple(map(float, dash.split()))) if dash else "-"
        return {"color": COLOURS[paint][0], "linewidth": width * _POINTS, "alpha": opacity,
                "linestyle": style, "gid": note or None, "zorder": self._next()}  # fmt: skip

    def _fill(self, paint: str, opacity: float, stroke: str, width: float, note: str) -> dict[str, Any]:
        edge = COLOURS[stroke][0] if stroke else "none"
        return {"facecolor": COLOURS[paint][0], "edgecolor": edge, "linewidth": width * _POINTS, "alpha": opacity,
                "gid": note or None, "zorder": self._next()}  # fmt: skip

    def _next(self) -> int:
        """What is drawn later lies on top, whatever kind of artist it is."""
        self._order += 1
        return self._order
