"""A formula as one line of plain text: what a terminal shows.

>>> plain(r"\\frac{\\partial L}{\\partial W_{ij}} = \\sum_n x_{ni}\\,\\delta_{nj}")
'∂L/∂Wᵢⱼ = ∑ₙ xₙᵢ δₙⱼ'
>>> plain(r"\\frac{1}{1 + e^{-z}}")
'1 / (1 + e⁻ᶻ)'
"""

from __future__ import annotations

from . import formula as tree
from .formula import Part
from .latex import parse
from .symbols import COMBINING, SUBSCRIPTS, SUPERSCRIPTS

_ASCII = {"−": "-", "∗": "*"}
_SPREAD = ("binary", "relation")
_CONDITION = ("if", "otherwise", "else", "where", "for", "when")


def plain(latex: str) -> str:
    """The text form of `latex`; several lines only where the formula has `aligned` ones."""
    return "\n".join(" ".join(line.split()) for line in _lower(parse(latex)).split("\n")).strip()


def _lower(part: Part) -> str:
    match part:
        case tree.Atom(text, _):
            return _ASCII.get(text, text)
        case tree.Row(items):
            return _row(items)
        case tree.Fraction(above, below):
            over, under = _held(above), _held(below)
            return f"{over} / {under}" if " " in over + under else f"{over}/{under}"
        case tree.Root(inside, degree):
            return (_script(degree, SUPERSCRIPTS, "") if degree else "") + "√" + _rooted(inside)
        case tree.Scripts(base, sub, sup):
            return _scripts(base, sub, sup)
        case tree.Accent(base, mark):
            text = _lower(base)
            return (text if len(text) == 1 else f"({text})") + COMBINING[mark]
        case tree.Stacked(base, under, over):
            marks = [m for m in (under, over) if m is not None and not (isinstance(m, tree.Atom) and m.kind == "mark")]
            return _lower(base) + "".join(f" [{_lower(m)}]" for m in marks)
        case tree.Fenced(left, inside, right):
            return f"{left}{_lower(inside).strip()}{right}"
        case tree.Grid():
            return _grid(part)
        case tree.Space(_, text):
            return text
    raise TypeError(part)


def _row(items: tuple[Part, ...]) -> str:
    kinds = _kinds(items)
    text, last = "", ""
    for i, (part, kind) in enumerate(zip(items, kinds, strict=True)):
        piece = _lower(part)
        if kind == "fraction" and " " in piece and _multiplied(kinds, i):
            piece = f"({piece})"
        if kind in _SPREAD:
            piece = f" {piece} "
        elif kind == "comma":
            piece += " "
        text += " " + piece if last and _gap(last, kind) else piece
        last = kind if kind != "space" else last
    return text


def _multiplied(kinds: list[str], i: int) -> bool:
    """Whether the fraction at `i` is followed by a factor without a sign: (a / b) x."""
    after = next((k for k in kinds[i + 1 :] if k != "space"), "")
    return after not in ("", "close", "comma", *_SPREAD)


def _gap(left: str, right: str) -> bool:
    """Whether a space stands between neighbours of these kinds (signs bring their own)."""
    if right in ("comma", "close", "space", *_SPREAD) or left in ("open", "bar", "prefix", "comma", *_SPREAD):
        return False
    if left in ("large", "fraction"):
        return True
    if left in ("function", "word", "long", "close", "fenced"):
        return right not in ("open", "fenced")
    return right in ("word", "function", "large", "fraction") or (left == right == "number")


def _kinds(items: tuple[Part, ...]) -> list[str]:
    kinds, opened = [], False
    for part in items:
        kind = _kind(part)
        if kind == "fence":
            opened = not opened
            kind = "bar" if opened else "close"
        kinds.append(kind)
    return kinds


def _kind(part: Part) -> str:
    match part:
        case tree.Atom(text, kind):
            if kind in ("function", "limit"):
                return "function"
            if kind in ("text", "upright", "bold", "italic", "code", "unknown"):
                return "word" if len(text) > 1 else "letter"
            return "open" if text in "∂∇" else kind
        case tree.Scripts(base, _, _):
            inner = _kind(base)
            return inner if inner in ("close", "fence", "function", "large") else "long"
        case tree.Fraction():
            return "fraction"
        case tree.Space():
            return "space"
        case tree.Accent(base, _):
            return "letter" if len(_lower(base)) == 1 else "long"
        case tree.Fenced():
            return "long" if part.left in ("", "|", "‖") else "fenced"
    return "long"


def _scripts(base: Part, sub: Part | None, sup: Part | None) -> str:
    text = _held(base) if isinstance(base, (tree.Row, tree.Fraction)) else _lower(base)
    if sub is not None:
        text += _script(sub, SUBSCRIPTS, "_")
    if sup is not None:
        text += _script(sup, SUPERSCRIPTS, "^")
    return text


def _script(part: Part, small: dict[str, str], sign: str) -> str:
    text = _lower(part).strip()
    signs = text.replace(" ", "").replace("-", "−" if "−" in small else "-")
    named = _kind(part) == "word"
    if signs and not named and all(c in small for c in signs):
        return "".join(small[c] for c in signs)
    return f"{sign}{text}" if text.isalnum() or len(text) == 1 or _enclosed(text) else f"{sign}({text})"


def _held(part: Part) -> str:
    """The text of `part`, in brackets where it would fall apart beside a / or a power."""
    text = _lower(part).strip()
    if _enclosed(text) or not _loose(text):
        return text
    return f"({text})"


def _rooted(part: Part) -> str:
    """The text of `part` after a root sign, in brackets unless it is one sign or name: √v but √(2π)."""
    text = _held(part)
    several = isinstance(part, tree.Row) and len(part.items) > 1
    raised = isinstance(part, tree.Scripts) and part.sup is not None
    return f"({text})" if (several or raised) and not _enclosed(text) else text


def _loose(text: str) -> bool:
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and (c in " /" or (c == "-" and i == 0 and len(text) > 2)):
            return True
    return False


def _enclosed(text: str) -> bool:
    """Whether the first bracket of `text` closes with its last sign: (a)(b) does not."""
    if text[:1] not in ("(", "[") or text[-1:] not in (")", "]"):
        return False
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if depth == 0:
            return i == len(text) - 1
    return False


def _grid(grid: tree.Grid) -> str:
    rows = [[_lower(cell).strip() for cell in row] for row in grid.rows]
    if grid.name == "cases":
        return "{" + "; ".join(_case(row) for row in rows) + "}"
    if grid.left:
        return grid.left + "; ".join(", ".join(row) for row in rows) + grid.right
    return "\n".join(" ".join(row) for row in rows)


def _case(row: list[str]) -> str:
    value, condition = row[0].rstrip(","), " ".join(row[1:])
    if not condition:
        return value
    return f"{value} {condition}" if condition.startswith(_CONDITION) else f"{value} if {condition}"
