"""The render tree as HTML: a fragment, a notebook's output, or a page that stands alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import nodes as n
from .escape import escape
from .mathml import mathml
from .numbers import aligned, number, size
from .style import fragment_style, page_style
from .text import cell_texts, cut, numeric, strength

_WORDS = {"problem": "Problem", "warning": "Warning", "note": "Note", "good": "Good"}
_CLASSES = {"l": "left", "r": "right", "c": "centre"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def to_html(node: Any) -> str:
    """`node` (or nodes, or an object with `tree()`) as an HTML fragment in <div class="pellucid">, without styles.

    Every text is escaped; there are no scripts, no links and no addresses in it.
    """
    return f'<div class="pellucid">{_lower(n.node(node))}</div>'


def notebook(node: Any) -> str:
    """`to_html` together with its styles, which reach nothing outside the fragment."""
    return f"<style>\n{fragment_style()}</style>{to_html(node)}"


def page(title: str, nodes: Iterable[Any], lead: str = "", footer: str = "") -> str:
    """A complete HTML page: works from disk, loads nothing, in light and dark, on paper and on a telephone.

    `nodes` are its content; from three headings of level 2 on, a list of them stands at the top. `lead` is a line
    under the title, `footer` one at the end.
    """
    tree = [
        c
        for node in n.nodes(nodes)
        for c in (node.children if isinstance(node, n.Group) and not node.across else (node,))
    ]
    parts, sections = [], []
    for node in tree:
        if isinstance(node, n.Heading) and node.level == 2:
            sections.append(node.text)
            parts.append(f'<h2 id="section-{len(sections)}">{escape(node.text)}</h2>')
        else:
            parts.append(_lower(node))
    links = [f'<li><a href="#section-{i}">{escape(text)}</a></li>' for i, text in enumerate(sections, 1)]
    contents = f'<nav aria-label="Contents"><ol>{"".join(links)}</ol></nav>' if len(sections) > 2 else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>\n{page_style()}</style>\n</head>\n<body>\n"
        f'<main class="pellucid page">\n<header><h1>{escape(title)}</h1>'
        + (f'<p class="lead">{escape(lead)}</p>' if lead else "")
        + f"</header>\n{contents}\n"
        + "\n".join(parts)
        + (f"\n<footer>{escape(footer)}</footer>" if footer else "")
        + "\n</main>\n</body>\n</html>\n"
    )


def _lower(node: n.Node) -> str:
    match node:
        case n.Heading(text, level):
            rank = min(max(level, 1), 6)
            return f"<h{rank}>{escape(text)}</h{rank}>"
        case n.Paragraph(text):
            return f"<p>{_prose(text)}</p>"
        case n.Note(text):
            return f'<p class="note" role="note">{_prose(text)}</p>'
        case n.Code(text, _):
            return f'<pre tabindex="0"><code>{escape(text, lines=True)}</code></pre>'
        case n.Formula():
            return _formula(node)
        case n.Table():
            return _table(node)
        case n.Matrix():
            return _matrix(node)
        case n.Finding():
            return _finding(node)
        case n.Picture():
            return _picture(node)
        case n.Group(children, across):
            inside = "".join(map(_lower, children))
            return f'<div class="across">{inside}</div>' if across else f'<div class="group">{inside}</div>'
        case n.Details(summary, children, opened):
            state = " open" if opened else ""
            inside = "".join(map(_lower, children))
            return f'<details{state}><summary>{escape(summary)}</summary><div class="inside">{inside}</div></details>'
    raise TypeError(node)


def _prose(text: str) -> str:
    parts = escape(text, lines=True).split("`")
    if len(parts) % 2 == 0:  # a backquote without its partner is itself
        parts[-2:] = ["`".join(parts[-2:])]
    marked = [part if i % 2 == 0 else f"<code>{part}</code>" for i, part in enumerate(parts)]
    return "".join(marked).replace("\n", "<br/>")


def _formula(formula: n.Formula) -> str:
    label = f'<span class="label">{escape(formula.label)}</span>' if formula.label else ""
    if formula.inline:
        return f'{label}<span class="formula">{mathml(formula.latex, display=False)}</span>'
    return f'<div class="formula" tabindex="0">{label}{mathml(formula.latex)}</div>'


def _finding(finding: n.Finding) -> str:
    where = f'<span class="where">{escape(finding.where)}</span>' if finding.where else ""
    seen = f"<p>{_prose(finding.seen)}</p>" if finding.seen else ""
    advice = f'<p class="advice"><b>Try:</b> {_prose(finding.advice)}</p>' if finding.advice else ""
    word = _WORDS[finding.severity]
    badge = f'<span class="badge {finding.severity}">{word}</span>'
    head = f'<p class="head">{badge} <b>{escape(finding.title)}</b> {where}</p>'
    return f'<section class="finding {finding.severity}">{head}{seen}{advice}</section>'


def _picture(picture: n.Picture) -> str:
    caption = f"<figcaption>{_prose(picture.caption)}</figcaption>" if picture.caption else ""
    name = escape(picture.alt or picture.caption)
    return f'<figure role="group" tabindex="0" aria-label="{name}">{picture.svg}{caption}</figure>'


def _table(table: n.Table) -> str:
    columns = [list(column) for column in zip(*table.rows, strict=True)] or [[] for _ in table.header]
    aligns = [table.align[i] if table.align else "r" if numeric(c) else "l" for i, c in enumerate(columns)]
    cells = [_column(c, a, table) for c, a in zip(columns, aligns, strict=True)]
    head = "".join(
        f'<th scope="col" class="{_CLASSES[a]}">{escape(h)}</th>' for h, a in zip(table.header, aligns, strict=False)
    )
    rows = []
    for row in zip(*cells, strict=True):
        first = row[0] if table.header else row[0].replace("<td", '<th scope="row"').replace("</td>", "</th>")
        rows.append(f"<tr>{first}{''.join(row[1:])}</tr>")
    kind = "data" if table.header else "facts"
    return _scrolled(
        table.caption,
        f'<table class="{kind}">{_caption(table.caption)}'
        + (f"<thead><tr>{head}</tr></thead>" if head else "")
        + f"<tbody>{''.join(rows)}</tbody></table>",
    )


def _column(column: list[n.Cell], align: str, table: n.Table) -> list[str]:
    scale = size([c.value for c in column if isinstance(c, n.Signed)])
    texts = cell_texts(column, table.digits, align)
    figures = " num" if numeric(column) else ""
    out = []
    for cell, text in zip(column, texts, strict=True):
        start = f'<td class="{_CLASSES[align]}{figures}'
        match cell:
            case n.Signed(value, own):
                out.append(f"{start} {_tint(value, own if own is not None else scale)}>{escape(text)}</td>")
            case n.Formula():
                out.append(f'{start}">{mathml(cell.latex, display=False)}</td>')
            case n.Badge(_, severity):
                out.append(f'{start}"><span class="badge {severity}">{escape(text)}</span></td>')
            case _:
                out.append(f'{start}">{escape(text)}</td>')
    return out


def _tint(value: float, scale: float) -> str:
    """The end of a cell's class attribute, and how strong its colour is."""
    force = strength(value, scale)
    if force == 0:
        return '"'
    return f'{"neg" if value < 0 else "pos"}" style="--m:{force:.3f}"'


def _caption(caption: str, shape: str = "") -> str:
    return f"<caption>{escape(caption)}{shape}</caption>" if caption else ""


def _scrolled(caption: str, table: str) -> str:
    name = f' role="region" aria-label="{escape(caption)}"' if caption else ""
    return f'<div class="scroll" tabindex="0"{name}>{table}</div>'


def _matrix(matrix: n.Matrix) -> str:
    values = matrix.values
    if 0 in values.shape:
        return _scrolled(
            matrix.caption, f'<table class="matrix">{_caption(matrix.caption)}<tr><td>(empty)</td></tr></table>'
        )
    rows, columns = cut(values.shape[0], matrix.max_rows), cut(values.shape[1], matrix.max_columns)
    shape = f' <span class="shape">{values.shape[0]} × {values.shape[1]}</span>'
    out = [f'<table class="matrix">{_caption(matrix.caption, shape)}']
    if matrix.columns:
        names = "".join(f'<th scope="col">{escape(matrix.columns[c]) if c >= 0 else "…"}</th>' for c in columns)
        out.append(f"<thead><tr>{'<td></td>' if matrix.rows else ''}{names}</tr></thead>")
    body = [_matrix_column(matrix, rows, c) for c in columns]
    for i, r in enumerate(rows):
        name = f'<th scope="row">{escape(matrix.rows[r]) if r >= 0 else "⋮"}</th>' if matrix.rows else ""
        out.append(f"<tr>{name}{''.join(column[i] for column in body)}</tr>")
    out.append("</table>")
    return _scrolled(matrix.caption, "".join(out))


def _matrix_column(matrix: n.Matrix, rows: list[int], c: int) -> list[str]:
    if c < 0:
        return ['<td class="cut">…</td>'] * len(rows)
    scale = matrix.scale if matrix.scale is not None else size(matrix.values.ravel())
    there = [r for r in rows if r >= 0 and matrix.is_there(r, c)]
    values = [float(matrix.values[r, c]) for r in there]
    texts = aligned([number(v, matrix.digits) for v in values])
    cells = iter(f'<td class="num {_tint(v, scale)}>{t}</td>' for v, t in zip(values, texts, strict=True))
    absent = '<td class="cut">·</td>'
    return ['<td class="cut">⋮</td>' if r < 0 else next(cells) if r in there else absent for r in rows]
