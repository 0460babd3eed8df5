"""Drawing: shapes and text in, one self-contained SVG out.

Colours are names of the render tree's palette. On a page they follow the page (light, dark, print) through CSS
variables; alone in a file they follow the reader's system; and every shape also carries its light colour as an
attribute, for programs that know no CSS variables. There are no ids, so that pictures can share a page.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from ..render.escape import escape, visible
from ..render.style import COLOURS

SERIES = tuple(f"s{i}" for i in range(1, 9))
_FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_CLASS = re.compile(r' class="([^"]*)"')
_NARROW, _WIDE = set("ijlt.,:;|'!fr()[]I "), set("mwMW@%—…")


class Svg(str):
    """An SVG picture: a str that notebooks draw and that can be saved."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        """In a few words what it shows: a terminal can draw none of it, and all of it fills the screen."""
        found = re.search(r'width="([\d.]+)" height="([\d.]+)".*?<title>(.*?)</title>', self, re.DOTALL)
        words = f" {float(found[1]):.0f} x {float(found[2]):.0f}: {unescape(found[3])}" if found else ""
        return f"<Svg{words}; save(path) writes it>"

    def save(self, path: str | Path) -> None:
        """Write the picture to `path`; any browser opens it."""
        Path(path).write_text(str(self), encoding="utf-8")


class Drawing:
    """A sheet of `width` x `height` pixels that grows shape by shape; `svg()` is the result.

    `title` stands at the top and names the picture for those who cannot see it, `description` says more to them.
    """

    def __init__(self, width: float, height: float, title: str, description: str = "") -> None:
        self.width, self.height = width, height
        self.title, self.description = title, description
        self.parts: list[str] = []

    def line(
        self, x1: float, y1: float, x2: float, y2: float, paint: str = "line", width: float = 1, opacity: float = 1,
        dash: str = "", note: str = "",
    ) -> None:  # fmt: skip
        """A straight line; `note` is shown when the pointer rests on it."""
        place = f'x1="{px(x1)}" y1="{px(y1)}" x2="{px(x2)}" y2="{px(y2)}"'
        self._shape("line", place, "", paint, width, opacity, dash, note)

    def curve(
        self, path: str, paint: str, width: float = 1, opacity: float = 1, dash: str = "", note: str = ""
    ) -> None:
        """An open curve along an SVG path."""
        self._shape("path", f'd="{path}" fill="none"', "", paint, width, opacity, dash, note)

    def rect(
        self, x: float, y: float, width: float, height: float, paint: str = "faint", opacity: float = 1,
        stroke: str = "", radius: float = 0, note: str = "",
    ) -> None:  # fmt: skip
        """A filled rectangle, with an outline where `stroke` names a colour."""
        place = f'x="{px(x)}" y="{px(y)}" width="{px(max(width, 0))}" height="{px(max(height, 0))}"'
        place += f' rx="{px(radius)}"' if radius else ""
        self._shape("rect", place, paint, stroke, 1, opacity, note=note)

    def tiles(self, tiles: Iterable[tuple[float, float, float, float]], paint: str, opacity: float) -> None:
        """Many rectangles (x, y, width, height) of one colour as one shape: large grids stay small files."""
        path = "".join(f"M{px(x)} {px(y)}h{px(w)}v{px(h)}h{px(-w)}z" for x, y, w, h in tiles)
        self._shape("path", f'd="{path}" shape-rendering="crispEdges"', paint, opacity=opacity)

    def circle(
        self, x: float, y: float, r: float, paint: str = "paper", stroke: str = "", width: float = 1,
        opacity: float = 1, note: str = "",
    ) -> None:  # fmt: skip
        """A filled circle, with an outline where `stroke` names a colour."""
        self._shape("circle", f'cx="{px(x)}" cy="{px(y)}" r="{px(r)}"', paint, stroke, width, opacity, note=note)

    def marker(self, x: float, y: float, r: float, shape: int, paint: str, note: str = "") -> None:
        """A point of a scatter plot; the shape tells the series apart where colours cannot."""
        if shape % 4 == 0:
            self.circle(x, y, r, paint, "paper", 0.8, note=note)
            return
        corners, turn = {1: (4, 45), 2: (3, 90), 3: (4, 0)}[shape % 4]
        angles = [math.radians(turn + 360 * i / corners) for i in range(corners)]
        points = (f"{px(x + 1.25 * r * math.cos(t))} {px(y - 1.25 * r * math.sin(t))}" for t in angles)
        self._shape("path", f'd="M{"L".join(points)}Z"', paint, "paper", 0.8, note=note)

    def polyline(self, points: Iterable[tuple[float, float]], paint: str, width: float = 2, dash: str = "") -> None:
        """An open line through `points`."""
        self.polylines([points], paint, width, dash)

    def polylines(
        self, lines: Iterable[Iterable[tuple[float, float]]], paint: str, width: float = 2, dash: str = ""
    ) -> None:
        """Several open lines of one colour as one shape."""
        paths = ["M" + "L".join(f"{px(x)} {px(y)}" for x, y in line) for line in lines]
        path = "".join(p for p in paths if p != "M")
        if path:
            self._shape("path", f'd="{path}" fill="none" stroke-linejoin="round"', "", paint, width, 1, dash)

    def text(
        self, x: float, y: float, text: object, size: float = 12, anchor: str = "start", paint: str = "ink",
        room: float = math.inf, bold: bool = False, turn: float = 0, plate: bool = False,
    ) -> None:  # fmt: skip
        """A line of text at its baseline, cut with an ellipsis to `room` pixels (the pointer then shows all of it)."""
        shown = fit(text, room, size)
        place = f'x="{px(x)}" y="{px(y)}" font-size="{px(size)}" fill="{COLOURS[paint][0]}"'
        place += f' text-anchor="{anchor}"' if anchor != "start" else ""
        place += ' font-weight="600"' if bold else ""
        place += f' transform="rotate({px(turn)} {px(x)} {px(y)})"' if turn else ""
        if plate:  # keeps a number readable on top of lines
            wide = text_width(shown, size) + 6
            left = {"start": 3.0, "middle": wide / 2, "end": wide - 3}[anchor]
            self.rect(x - left, y - 0.95 * size, wide, 1.3 * size, "paper", 0.88, radius=4)
        whole = f"<title>{escape(text)}</title>" if shown != visible(text) else ""
        self.parts.append(f'<text {place} class="f{paint}">{whole}{escape(shown)}</text>')

    def heading(self) -> float:
        """Draw the title at the top left; returns the height that it takes."""
        if not self.title:
            return 8
        self.text(16, 26, self.title, 15, bold=True, room=self.width - 32)
        return 38

    def svg(self) -> Svg:
        """The finished picture."""
        width, height = px(self.width), px(self.height)
        name = escape(self.title or "picture")
        more = f"<desc>{escape(self.description)}</desc>" if self.description else ""
        return Svg(
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pel-svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-label="{name}" font-family="{_FONT}">'
            f"<title>{name}</title>{more}<style>{_style(self.parts)}</style>"
            f'<rect width="{width}" height="{height}" class="fpaper" fill="{COLOURS["paper"][0]}"/>'
            + "".join(self.parts)
            + "</svg>"
        )

    def _shape(
        self, element: str, place: str, fill: str = "", stroke: str = "", width: float = 1, opacity: float = 1,
        dash: str = "", note: str = "",
    ) -> None:  # fmt: skip
        """Add an element; the opacity is the fill's, or the stroke's where nothing is filled."""
        classes = " ".join(kind + name for kind, name in (("f", fill), ("k", stroke)) if name)
        look = f' class="{classes}"'
        if fill:
            look += f' fill="{COLOURS[fill][0]}"'
        if stroke:
            look += f' stroke="{COLOURS[stroke][0]}" stroke-width="{px(width)}"'
        if opacity < 1:
            look += f' {"fill" if fill else "stroke"}-opacity="{px(opacity)}"'
        if dash:
            look += f' stroke-dasharray="{dash}"'
        end = f"><title>{escape(note)}</title></{element}>" if note else "/>"
        self.parts.append(f"<{element} {place}{look}{end}")


def px(value: float) -> str:
    """A coordinate with at most two decimals; a number that is not finite is a mistake of the caller.

    >>> px(12.0), px(0.12345), px(-0.001)
    ('12', '0.12', '0')
    """
    if not math.isfinite(value):
        raise ValueError(f"a coordinate that is {value}")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def text_width(text: str, size: float = 12) -> float:
    """About how many pixels `text` takes in a sans-serif font, rather too many than too few."""
    return size * sum(map(_character_width, text))


def fit(text: object, room: float, size: float = 12) -> str:
    """`text` made visible, with an ellipsis in its middle so that it takes at most `room` pixels.

    Names of columns and classes often differ at their ends, which therefore stay.
    """
    string = visible(text)
    if text_width(string, size) <= room:
        return string
    room -= text_width("…", size)
    head = _fitting(string, 0.6 * room, size)
    tail = _fitting(string[:head:-1], room - text_width(string[:head], size), size)
    return string[:head].rstrip() + "…" + (string[-tail:].lstrip() if tail else "")


def widest(texts: Sequence[Any], size: float, most: float) -> float:
    """The room that the longest of `texts` needs, at most `most`."""
    return min(most, max((text_width(visible(t), size) for t in texts), default=0.0))


def series(i: int) -> str:
    """The colour of the i-th series or class; they repeat after eight, where the marker's shape has changed."""
    return SERIES[i % len(SERIES)]


def _fitting(text: str, room: float, size: float) -> int:
    """How many characters of `text` fit."""
    for i, character in enumerate(text):
        room -= size * _character_width(character)
        if room < 0:
            return i
    return len(text)


def _character_width(character: str) -> float:
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.92
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    return 0.7 if character.isupper() else 0.58


def _style(parts: list[str]) -> str:
    """Rules for the colours that the picture uses."""
    classes = {"fpaper", *(name for part in parts for group in _CLASS.findall(part) for name in group.split())}
    used = [name for name in COLOURS if f"f{name}" in classes or f"k{name}" in classes]
    light, dark = ("".join(f"--p-{n}:var(--pel-{n},{COLOURS[n][i]});" for n in used) for i in (0, 1))
    rules = [f".pel-svg .f{n}{{fill:var(--p-{n})}}" for n in used if f"f{n}" in classes]
    rules += [f".pel-svg .k{n}{{stroke:var(--p-{n})}}" for n in used if f"k{n}" in classes]
    return f".pel-svg{{{light}}}@media (prefers-color-scheme:dark){{.pel-svg{{{dark}}}}}" + "".join(rules)
