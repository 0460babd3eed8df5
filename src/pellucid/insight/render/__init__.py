"""One render tree for everything that pellucid shows, lowered to text and to HTML.

>>> from pellucid.insight.render import Finding, to_text
>>> print(to_text(Finding("warning", "dead unit", "its output is always 0", "dense_1[3]", "a smaller rate")))
! Warning: dead unit (dense_1[3])
  its output is always 0
  Try: a smaller rate
"""

from __future__ import annotations

from .bars import text_bars
from .escape import escape, shorten, visible
from .html import notebook, page, to_html
from .mathml import mathml
from .nodes import (
    Badge,
    Code,
    Details,
    Finding,
    Formula,
    Group,
    Heading,
    Matrix,
    Node,
    Note,
    Paragraph,
    Picture,
    Signed,
    Table,
)
from .numbers import aligned, counted, number
from .plain import plain
from .shown import Shown
from .text import to_text

__all__ = [
    "Badge",
    "Code",
    "Details",
    "Finding",
    "Formula",
    "Group",
    "Heading",
    "Matrix",
    "Node",
    "Note",
    "Paragraph",
    "Picture",
    "Shown",
    "Signed",
    "Table",
    "aligned",
    "counted",
    "escape",
    "mathml",
    "notebook",
    "number",
    "page",
    "plain",
    "text_bars",
    "shorten",
    "to_html",
    "to_text",
    "visible",
]
