"""What a lesson is, and the data that three of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...insight.render import Group, Heading, Node, Picture
from ...insight.render.nodes import nodes

if TYPE_CHECKING:
    from ...insight.pictures import Svg

ROWS = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
EXCLUSIVE_OR = np.array([0, 1, 1, 0])
# W += x.T @ (error * slope): the gradient of half the summed squared error, all rows at once, learning rate 1.
ELEVEN_LINES: dict[str, Any] = {
    "loss": "half_squared_error",
    "optimizer": "sgd(learning_rate=1)",
    "reduction": "sum",
    "batch_size": None,
    "progress": False,
}


@dataclass(frozen=True)
class Lesson:
    """A page in our own words: what there is to show, its numbers for programs, a picture, the files it leaves."""

    title: str
    children: tuple[Node, ...]
    numbers: dict[str, Any]
    picture: Svg
    caption: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        title: str,
        children: Iterable[Any],
        numbers: dict[str, Any],
        picture: Svg,
        caption: str = "",
        files: Mapping[str, str] | None = None,
    ) -> Lesson:
        """A lesson from nodes and texts."""
        return cls(title, nodes(children), numbers, picture, caption, files or {})

    def tree(self) -> Node:
        """The lesson as text."""
        return Group([Heading(self.title, 1), *self.children])

    def page(self) -> str:
        """The lesson as an HTML page, with its picture."""
        from ... import __version__
        from ...insight.render import page

        content = [Picture(self.picture, self.caption), *self.children]
        return page(self.title, content, footer=f"Computed by pellucid {__version__}.")


def fixed(value: float, digits: int = 8) -> str:
    """A number with so many digits after the point."""
    return f"{float(value):.{digits}f}"
