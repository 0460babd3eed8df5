"""`Shown`: what makes a result print well everywhere, from its `tree()` alone."""

from __future__ import annotations

from typing import Any

from .html import notebook
from .nodes import Node
from .text import renderable, to_text


class Shown:
    """Mix into a result and write `tree()`: it then prints in a terminal, in rich and in a notebook.

    A dataclass that mixes it in says `@dataclass(repr=False)`, or its own `__repr__` hides this one.

    >>> from pellucid.insight.render import Paragraph
    >>> class Answer(Shown):
    ...     def tree(self):
    ...         return Paragraph("42")
    >>> Answer()
    42
    """

    __slots__ = ()

    def tree(self) -> Node:
        """What there is to show."""
        raise NotImplementedError(f"{type(self).__name__} has no tree()")

    def __str__(self) -> str:
        return to_text(self.tree(), colour=False)

    def __repr__(self) -> str:
        return str(self)

    def __rich__(self) -> Any:
        return renderable(self.tree())

    def _repr_html_(self) -> str:
        return notebook(self.tree())
