"""The render tree as text, through rich: for terminals, logs and `str()`."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import nodes as n
from .escape import shorten, visible
from .numbers import aligned, number, size
from .plain import plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as RichTable
    from rich.text import Text

NEGATIVE, POSITIVE = "#4393c3", "#d97a28"
_STYLES = {"problem": "bold #d1495b", "warning": "bold #d97a28", "note": "bold #4393c3", "good": "bold #3a9d5d"}
_MARKS = {"problem": "✗", "warning": "!", "note": "i", "good": "✓"}
_WORDS = {"problem": "Problem", "warning": "Warning", "note": "Note", "good": "Good"}
_LONGEST_LABEL = 24
_LONGEST_WORD = 24  # a longer one may be broken; no number is longer
_JUSTIFY = {"l": "left", "r": "right", "c": "center"}


def to_text(node: Any, width: int | None = None, colour: bool | None = None) -> str:
    """`node` (or a list of nodes, or an object with `tree()`) as text of at most `width` columns.

    Without `width` it is the terminal's, or 100 where there is none. `colour` None means colour on a terminal that
    does not ask for NO_COLOR. Control characters from data are shown, never sent.
    """
    from rich.console import Console

    terminal = sys.stdout is not None and sys.stdout.isatty()
    if colour is None:
        colour = terminal and not os.environ.get("NO_COLOR")
    if width is None:
        width = shutil.get_terminal_size((100, 24)).columns if terminal else 100
    out = io.StringIO()
    console = Console(
        file=out,
        width=max(20, width),
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        force_jupyter=False,
        _environ={},
    )
    write = console.print  # into the string
    write(renderable(node), crop=False, highlight=False, markup=False, emoji=False)
    return "\n".join(line.rstrip(" ") for line in out.getvalue().rstrip("\n").split("\n"))


def renderable(node: Any) -> RenderableType:
    """`node` as something that rich can print: what `__rich__` returns."""
    tree = n.node(node)
    match tree:
        case n.Heading():
            return _heading(tree)
        case n.Paragraph(text):
            return _prose(text)
        case n.Note(text):
            return _marked("·", _prose(text), "dim")
        case n.Code(text):
            return _indented(_literal(text))
        case n.Formula():
            return _indented(_formula(tree))
        case n.Table():
            return _captioned(tree.caption, _TableText(tree))
        case n.Matrix():
            return _captioned(_matrix_caption(tree), _MatrixText(tree))
        case n.Finding():
            return _finding(tree)
        case n.Picture(text=text) if text:
            return _indented(_literal(text))
        case n.Picture():
            return _text(f"[picture: {visible(tree.caption or tree.alt or 'untitled')}]", "dim")
        case n.Group():
            return _stack(tree.children)
        case n.Details():
            from rich.console import Group as Lines

            if tree.brief:
                return Lines(_text("▸ " + visible(tree.summary), "bold"), _indented(_prose(tree.brief)))
            return Lines(_text("▾ " + visible(tree.summary), "bold"), _indented(_stack(tree.children)))
    raise TypeError(tree)


def _stack(children: Sequence[n.Node]) -> RenderableType:
    from rich.console import Group as Lines
    from rich.text import Text

    lines: list[Any] = []
    for i, child in enumerate(children):
        if i and not isinstance(children[i - 1], n.Heading):
            lines.append(Text(""))
        lines.append(renderable(child))
    return Lines(*lines)


def _heading(heading: n.Heading) -> RenderableType:
    from rich.console import Group as Lines

    title = _text(visible(heading.text), "bold")
    if heading.level > 2:
        return title
    rule = ("═" if heading.level == 1 else "─") * title.cell_len
    return Lines(title, _text(rule, "dim"))


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _prose(text: str) -> Text:
    return _text(visible(text, lines=True))


def _literal(text: str) -> Text:
    from rich.text import Text

    return Text(visible(text, lines=True), no_wrap=True, overflow="ignore")


def _formula(formula: n.Formula) -> Text:
    text = visible(formula.text or plain(formula.latex), lines=True)
    return _text(f"{visible(formula.label)}: {text}" if formula.label else text)


def _indented(inside: Any, by: int = 2) -> RenderableType:
    from rich.padding import Padding

    return Padding(inside, (0, 0, 0, by))


def _marked(mark: str, inside: Any, style: str) -> RenderableType:
    from rich.table import Table as RichTable

    grid = RichTable.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=len(mark))
    grid.add_column(overflow="fold")
    grid.add_row(_text(mark, style), inside)
    return grid


def _finding(finding: n.Finding) -> RenderableType:
    from rich.text import Text

    style = _STYLES[finding.severity]
    body = Text(f"{_WORDS[finding.severity]}: {visible(finding.title)}", style=style)
    if finding.where:
        body.append(f" ({visible(finding.where)})", "not bold default")
    if finding.seen:
        body.append("\n" + visible(finding.seen, lines=True), "not bold default")
    if finding.advice:
        body.append("\nTry: " + visible(finding.advice, lines=True), "not bold default")
    return _marked(_MARKS[finding.severity], body, style)


def _captioned(caption: str, inside: Any) -> RenderableType:
    from rich.console import Group as Lines

    return Lines(_text(visible(caption), "bold"), inside) if caption else inside


class _TableText:
    """A table that knows how it fits only when rich asks it to draw itself.

    A number is never broken across lines: long texts are folded first, then the columns go below each other in blocks
    that begin with the first column again.
    """

    def __init__(self, table: n.Table) -> None:
        columns = [list(column) for column in zip(*table.rows, strict=True)] or [[] for _ in table.header]
        self.header = [_text(visible(title)) for title in table.header] or [_text("") for _ in columns]
        self.titled = bool(table.header)
        self.aligns = [table.align[i] if table.align else "r" if numeric(c) else "l" for i, c in enumerate(columns)]
        self.cells = [_cells(c, table.digits, a) for c, a in zip(columns, self.aligns, strict=True)]
        self.wide = [self._width(i, cut=False) for i in range(len(columns))]
        self.least = [self._width(i, cut=True) for i in range(len(columns))]

    def __rich_console__(self, console: Any, options: Any) -> Any:
        for k, block in enumerate(self._blocks(options.max_width)):
            if k:
                yield _text("")
            yield self._grid(block, options.max_width)

    def _width(self, i: int, cut: bool) -> int:
        """How wide column `i` would like to be; with `cut`, how wide it has to be."""
        from rich.cells import cell_len

        texts = [line for cell in self.cells[i] for line in cell.plain.split("\n")]
        whole = not cut or self.aligns[i] == "r"
        pieces = texts if whole else [word[:_LONGEST_WORD] for text in texts for word in text.split()]
        titles = self.header[i].plain.split() if cut else [self.header[i].plain]
        return max(map(cell_len, [*pieces, *titles]), default=0)

    def _blocks(self, room: int) -> list[list[int]]:
        """The columns that stand beside each other, block by block."""
        blocks: list[list[int]] = [[]]
        for i in range(len(self.cells)):
            if len(blocks[-1]) > 1 and sum(self.least[c] + 3 for c in [*blocks[-1], i]) - 1 > room:
                blocks.append([0])
            blocks[-1].append(i)
        return blocks

    def _grid(self, block: list[int], room: int) -> RichTable:
        from rich import box
        from rich.table import Table as RichTable

        shown = RichTable(box=box.SIMPLE_HEAD, show_header=self.titled, pad_edge=True, show_edge=False)
        widths = self._fitted(block, room - 3 * len(block) + 1)
        for i, width in zip(block, widths, strict=True):
            justify: Any = _JUSTIFY[self.aligns[i]]
            shown.add_column(self.header[i], justify=justify, overflow="fold", width=max(1, width))
        for row in zip(*(self.cells[i] for i in block), strict=True):
            shown.add_row(*row)
        return shown

    def _fitted(self, block: list[int], room: int) -> list[int]:
        """Widths that fit: those that can give way do, the widest first; words are broken only where nothing else is
        left, and then rather than numbers.
        """
        widths = [self.wide[i] for i in block]
        broken = [self.least[i] if self.aligns[i] == "r" else min(self.least[i], 4) for i in block]
        for least in ([self.least[i] for i in block], broken):
            while sum(widths) > room:
                spare = [(width, k) for k, width in enumerate(widths) if width > least[k]]
                if not spare:
                    break
                widths[max(spare)[1]] -= 1
        return widths


def numeric(column: list[n.Cell]) -> bool:
    """Whether a column holds numbers only (and empty cells): then they stand below each other, at the right."""
    kinds = [
        isinstance(c, (int, float, np.number, n.Signed)) and not isinstance(c, bool) for c in column if c is not None
    ]
    return bool(kinds) and all(kinds)


def cell_texts(column: list[n.Cell], digits: int, align: str) -> list[str]:
    """The texts of one column's cells, numbers formatted and aligned; the same in a terminal and on a page."""
    texts = [_cell_text(cell, digits) for cell in column]
    return aligned(texts) if align == "r" and numeric(column) else texts


def _cell_text(cell: n.Cell, digits: int) -> str:
    match cell:
        case None:
            return ""
        case n.Formula():
            return visible(cell.text or plain(cell.latex))
        case n.Signed(value, _):
            return number(value, digits)
        case n.Badge(text, _):
            return visible(text)
        case str():
            return visible(cell)
    return visible(number(cell, digits))


def _cells(column: list[n.Cell], digits: int, align: str) -> list[Text]:
    scale = size([c.value for c in column if isinstance(c, n.Signed)])
    cells = []
    for cell, text in zip(column, cell_texts(column, digits, align), strict=True):
        style = ""
        if isinstance(cell, n.Signed):
            style = _signed_style(cell.value, cell.scale if cell.scale is not None else scale)
        elif isinstance(cell, n.Badge):
            style = _STYLES[cell.severity]
        cells.append(_text(text, style))
    return cells


def strength(value: float, scale: float) -> float:
    """How strongly a number is coloured, from 0 to 1; not finite ones and an all-zero scale are not coloured."""
    if not np.isfinite(value) or not scale > 0:
        return 0.0
    return min(1.0, abs(value / scale))


def _signed_style(value: float, scale: float) -> str:
    force = strength(value, scale)
    if force == 0:
        return "dim" if value == 0 else ""
    weight = "bold " if force > 0.6 else "dim " if force < 0.1 else ""
    return weight + (NEGATIVE if value < 0 else POSITIVE)


def _matrix_caption(matrix: n.Matrix) -> str:
    rows, columns = matrix.values.shape
    return f"{matrix.caption} ({rows} × {columns})" if matrix.caption else ""


def cut(total: int, most: int) -> list[int]:
    """Indices to show of `total`, at most `most`: first and last ones, with -1 where some are left out."""
    if total <= max(most, 2):
        return list(range(total))
    head = (max(most, 2) + 1) // 2
    return [*range(head), -1, *range(total - (max(most, 2) - head), total)]


class _MatrixText:
    """A matrix that knows how many columns fit only when rich asks it to draw itself."""

    def __init__(self, matrix: n.Matrix) -> None:
        self.matrix = matrix

    def __rich_console__(self, console: Any, options: Any) -> Any:
        m = self.matrix
        if 0 in m.values.shape:
            yield _text("(empty)", "dim")
            return
        rows = cut(m.values.shape[0], m.max_rows)
        most = m.max_columns
        grid, wide = self._grid(rows, most)
        while wide > options.max_width and most > 2:
            most -= 1
            grid, wide = self._grid(rows, most)
        yield grid
        left_out = [
            f"{total - shown} of {total} {what}"
            for total, shown, what in (
                (m.values.shape[0], min(m.values.shape[0], max(m.max_rows, 2)), "rows"),
                (m.values.shape[1], min(m.values.shape[1], max(most, 2)), "columns"),
            )
            if total > shown
        ]
        if left_out:
            yield _text("  not shown: " + ", ".join(left_out), "dim")

    def _grid(self, rows: list[int], most: int) -> tuple[RichTable, int]:
        from rich.table import Table as RichTable

        m = self.matrix
        columns = cut(m.values.shape[1], most)
        scale = m.scale if m.scale is not None else size(m.values.ravel())
        grid = RichTable(box=None, show_header=bool(m.columns), padding=(0, 1), pad_edge=False)
        labels = ["⋮" if r < 0 else shorten(m.rows[r], _LONGEST_LABEL) if m.rows else "" for r in rows]
        grid.add_column("")
        wide = max(map(len, labels)) + 2
        body = []
        for c in columns:
            title = "…" if c < 0 else shorten(m.columns[c], _LONGEST_LABEL) if m.columns else ""
            texts = self._column(rows, c)
            grid.add_column(_text(title, "dim"), justify="right", no_wrap=True)
            body.append(
                [
                    _text(t, _signed_style(float(m.values[r, c]), scale) if r >= 0 <= c and m.is_there(r, c) else "dim")
                    for r, t in zip(rows, texts, strict=True)
                ]
            )
            wide += max(len(title), *map(len, texts)) + 2
        for i, label in enumerate(labels):
            grid.add_row(_text(label, "dim"), *(column[i] for column in body))
        return grid, wide

    def _column(self, rows: list[int], c: int) -> list[str]:
        if c < 0:
            return ["…"] * len(rows)
        m = self.matrix
        shown = iter(aligned([number(m.values[r, c], m.digits) if m.is_there(r, c) else "·" for r in rows if r >= 0]))
        return ["⋮" if r < 0 else next(shown) for r in rows]
