"""A formula as MathML, which browsers draw without any library or font from the network."""

from __future__ import annotations

from . import formula as tree
from .escape import escape
from .formula import Part
from .latex import parse
from .plain import plain

_SPACED = {"binary": "0.22em", "relation": "0.28em"}
_LIMITED = ("large", "limit")


def mathml(latex: str, display: bool = True) -> str:
    """`latex` as a <math> element; the LaTeX goes with it as an annotation, and the plain form as its label.

    >>> mathml("x^2", display=False)[:50]
    '<math display="inline" aria-label="x²"><semantics>'
    """
    body = _lower(parse(latex))
    kind = "block" if display else "inline"
    note = f'<annotation encoding="application/x-tex">{escape(latex)}</annotation>'
    label = escape(" ".join(plain(latex).split()))
    return f'<math display="{kind}" aria-label="{label}"><semantics>{body}{note}</semantics></math>'


def _lower(part: Part) -> str:
    match part:
        case tree.Atom():
            return _atom(part)
        case tree.Row(items):
            return f"<mrow>{_row(items)}</mrow>"
        case tree.Fraction(above, below):
            return f"<mfrac>{_lower(above)}{_lower(below)}</mfrac>"
        case tree.Root(inside, degree):
            body = _lower(inside)
            return f"<msqrt>{body}</msqrt>" if degree is None else f"<mroot>{body}{_lower(degree)}</mroot>"
        case tree.Scripts():
            return _scripts(part)
        case tree.Accent(base, mark):
            element = "munder" if mark == "_" else "mover"
            return f'<{element} accent="true">{_lower(base)}<mo stretchy="false">{escape(mark)}</mo></{element}>'
        case tree.Stacked(base, under, over):
            return _around("munder", "mover", "munderover", base, under, over)
        case tree.Fenced(left, inside, right):
            return f"<mrow>{_fence(left, 'prefix')}{_lower(inside)}{_fence(right, 'postfix')}</mrow>"
        case tree.Grid():
            return _grid(part)
        case tree.Space(em, _):
            return f'<mspace width="{em}em"></mspace>'
    raise TypeError(part)


def _row(items: tuple[Part, ...]) -> str:
    pieces = []
    for part, after in zip(items, [*items[1:], None][: len(items)], strict=True):
        pieces.append(_lower(part))
        if _name(part) in ("function", "limit") and not _brackets(after):
            pieces.append('<mspace width="0.17em"></mspace>')  # exp x, but exp(x)
    return "".join(pieces)


def _name(part: Part) -> str:
    while isinstance(part, tree.Scripts):
        part = part.base
    return part.kind if isinstance(part, tree.Atom) else ""


def _brackets(part: Part | None) -> bool:
    return part is None or isinstance(part, tree.Fenced) or _name(part) in ("open", "close", "comma", "fence")


def _atom(atom: tree.Atom) -> str:
    text = escape(atom.text)
    match atom.kind:
        case "number":
            return f"<mn>{text}</mn>"
        case "letter":
            return f"<mi>{text}</mi>"
        case "upright" | "function" | "limit":
            return f'<mi mathvariant="normal">{text}</mi>'
        case "bold" | "italic" | "code":
            return f'<mi mathvariant="normal" class="{atom.kind}">{text}</mi>'
        case "binary" | "relation":
            space = _SPACED[atom.kind]
            return f'<mo lspace="{space}" rspace="{space}">{text}</mo>'
        case "prefix":
            return f'<mo form="prefix" lspace="0" rspace="0">{text}</mo>'
        case "open" | "close" | "fence":
            return f'<mo stretchy="false" lspace="0" rspace="0">{text}</mo>'
        case "comma":
            return f'<mo separator="true">{text}</mo>'
        case "large":
            return f'<mo largeop="true" movablelimits="true">{text}</mo>'
        case "mark":
            return f'<mo stretchy="true">{text}</mo>'
        case "unknown":
            return f'<mtext class="unknown">{text}</mtext>'
    return f"<mtext>{_hard_spaces(text)}</mtext>"


def _hard_spaces(text: str) -> str:
    # Leading and trailing spaces of a text are meant; MathML would drop them.
    body = text.strip(" ")
    start = len(text) - len(text.lstrip(" "))
    return "\u00a0" * start + body + "\u00a0" * (len(text) - start - len(body))


def _scripts(part: tree.Scripts) -> str:
    base = part.base
    if isinstance(base, tree.Atom) and base.kind in _LIMITED and base.text != "∫":
        return _around("munder", "mover", "munderover", base, part.sub, part.sup)
    return _around("msub", "msup", "msubsup", base, part.sub, part.sup)


def _around(low: str, high: str, both: str, base: Part, sub: Part | None, sup: Part | None) -> str:
    inside = _lower(base) if not isinstance(base, tree.Row) or base.items else "<mrow></mrow>"
    if sub is not None and sup is not None:
        return f"<{both}>{inside}{_lower(sub)}{_lower(sup)}</{both}>"
    if sub is not None:
        return f"<{low}>{inside}{_lower(sub)}</{low}>"
    return f"<{high}>{inside}{_lower(sup)}</{high}>" if sup is not None else inside


def _fence(sign: str, form: str) -> str:
    return f'<mo form="{form}" fence="true" stretchy="true">{escape(sign)}</mo>' if sign else ""


def _grid(grid: tree.Grid) -> str:
    rows = []
    for row in grid.rows:
        cells = [f'<mtd class="{grid.align[i % len(grid.align)]}">{_lower(cell)}</mtd>' for i, cell in enumerate(row)]
        rows.append(f"<mtr>{''.join(cells)}</mtr>")
    table = f'<mtable class="{escape(grid.name.rstrip("*"))}">{"".join(rows)}</mtable>'
    return f"<mrow>{_fence(grid.left, 'prefix')}{table}{_fence(grid.right, 'postfix')}</mrow>"
