"""A subset of LaTeX, read into a small tree that `mathml` and `plain` lower.

It covers what pellucid's formulas use; a command that it does not know stands there as it was written, and a formula
that cannot be read (a missing brace) becomes literal text as a whole: showing a formula never fails.

>>> parse(r"a^2")
Row(items=(Scripts(base=Atom(text='a', kind='letter'), sub=None, sup=Atom(text='2', kind='number')),))
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from . import symbols
from .formula import Accent, Atom, Fenced, Fraction, Grid, Part, Root, Row, Scripts, Space, Stacked

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)|(?P<command>\\(?:[A-Za-z]+\*?|.))|(?P<sign>.)",
    re.DOTALL,
)
_BEFORE_A_SIGN = ("open", "binary", "relation", "comma", "prefix", "large", "function", "text")
_DEEPEST = 40  # of braces in braces: beyond it the formula is shown as it was written


class _UnreadableError(Exception):
    """A formula outside the subset, or with a brace missing."""


@lru_cache(maxsize=4096)
def parse(latex: str) -> Row:
    """The tree of `latex`; one literal text where it cannot be read."""
    try:
        reader = _Reader(latex)
        return reader.row(lambda: reader.peek() == "")
    except _UnreadableError:
        return Row((Atom(latex, "unknown"),))


class _Reader:
    """A position in the tokens of one formula."""

    def __init__(self, latex: str) -> None:
        self.tokens = [m.group() for m in _TOKEN.finditer(latex.strip().strip("$"))]
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        """The next token that is not space; "" at the end."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def spaced_bracket(self) -> bool:
        """Whether a bracket follows after a space: a (1 - a) is a product, f(x) is not, and both shall look so."""
        return self.peek() in ("(", "[", "\\left") and self.at > 0 and self.tokens[self.at - 1].isspace()

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if token == "" or (expected and token != expected):
            raise _UnreadableError
        self.at += 1
        return token

    def row(self, ends: Callable[[], bool]) -> Row:
        """Everything up to the token at which `ends` is true, which stays untaken."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _UnreadableError
        items: list[Part] = []
        while not ends():
            if self.peek() in ("", "}"):
                raise _UnreadableError
            if self.spaced_bracket() and items:
                items.append(_THIN)
            part = self.scripted(items)
            if part is not None:
                items.append(part)
        self.depth -= 1
        return Row(tuple(items))

    def scripted(self, before: list[Part]) -> Part | None:
        """One part with the sub- and superscripts that follow it."""
        base = Row(()) if self.peek() in ("^", "_", "'") else self.part(before)
        sub = sup = None
        while base is not None and self.peek() in ("^", "_", "'"):
            sign = self.take()
            if sign == "_" and sub is None:
                sub = self.argument()
            elif sign == "^" and sup is None:
                sup = self.argument()
            elif sign == "'":
                sup = _PRIME if sup is None else Row((sup, _PRIME))
            else:
                raise _UnreadableError
        if base is None or (sub is None and sup is None):
            return base
        if isinstance(base, Stacked):
            return Stacked(base.base, sub or base.under, sup or base.over)
        return Scripts(base, sub, sup)

    def argument(self) -> Part:
        """What a command or a script takes: a group in braces, or the next single part."""
        token = self.peek()
        if token == "{":
            return _unwrapped(self.group())
        if token[:1].isdigit():  # x^23 raises the 2 only, as LaTeX does
            self.tokens[self.at : self.at + 1] = list(token)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _UnreadableError
        part = self.part([])
        self.depth -= 1
        return Row(()) if part is None else part

    def group(self) -> Row:
        self.take("{")
        row = self.row(lambda: self.peek() == "}")
        self.take("}")
        return row

    def part(self, before: list[Part]) -> Part | None:
        if self.peek() == "{":
            return self.group()
        token = self.take()
        if token.startswith("\\") and len(token) > 1:
            return self.command(token[1:], before)
        return _sign(token, before)

    def command(self, name: str, before: list[Part]) -> Part | None:
        plain = name.rstrip("*")
        if plain in _COMMANDS:
            return _COMMANDS[plain](self)
        if plain in symbols.ACCENTS:
            return Accent(self.argument(), symbols.ACCENTS[plain])
        if plain in symbols.TEXTS:
            return Atom(self.literal(), symbols.TEXTS[plain] or "text")
        if plain in symbols.FONTS:
            return _font(plain, name, self.argument())
        if name in symbols.SPACES:
            return Space(*symbols.SPACES[name])
        return None if name in symbols.IGNORED else _symbol(name)

    def literal(self) -> str:
        """The text between the braces that follow, its spaces kept."""
        self.take("{")
        start, depth = self.at, 1
        while depth:
            if self.at >= len(self.tokens):
                raise _UnreadableError
            depth += {"{": 1, "}": -1}.get(self.tokens[self.at], 0)
            self.at += 1
        words = self.tokens[start : self.at - 1]
        return "".join(w[1:] if w[:1] == "\\" and w[1:] in symbols.ESCAPED else w for w in words)

    def fence(self) -> str:
        """The sign after \\left or \\right; "." is none."""
        token = self.take()
        name = token[1:] if token.startswith("\\") else token
        return "" if token == "." else symbols.FENCES.get(name, name) if token.startswith("\\") else token


def _fraction(reader: _Reader) -> Part:
    above = reader.argument()
    return Fraction(above, reader.argument())


def _root(reader: _Reader) -> Part:
    degree = None
    if reader.peek() == "[":
        reader.take("[")
        degree = _unwrapped(reader.row(lambda: reader.peek() == "]"))
        reader.take("]")
    return Root(reader.argument(), degree)


def _fenced(reader: _Reader) -> Part:
    left = reader.fence()
    inside = reader.row(lambda: reader.peek() == "\\right")
    reader.take("\\right")
    return Fenced(left, inside, reader.fence())


def _grid(reader: _Reader) -> Part:
    name = reader.literal()
    if name not in symbols.ENVIRONMENTS:
        raise _UnreadableError
    if name == "array":
        reader.literal()
    rows: list[list[Row]] = [[]]
    while True:
        rows[-1].append(reader.row(lambda: reader.peek() in ("&", "\\\\", "\\end")))
        token = reader.take()
        if token == "\\\\":
            rows.append([])
        elif token == "\\end":
            break
    if reader.literal() != name:
        raise _UnreadableError
    if len(rows) > 1 and len(rows[-1]) == 1 and not rows[-1][0].items:  # a line break after the last row
        rows.pop()
    left, right, align = symbols.ENVIRONMENTS[name]
    return Grid(name, tuple(map(tuple, rows)), left, right, align)


def _braced(mark: str, over: bool) -> Callable[[_Reader], Part]:
    def read(reader: _Reader) -> Part:
        base = Stacked(reader.argument(), over=Atom(mark, "mark")) if over else None
        return Stacked(base) if base else Stacked(Stacked(reader.argument(), under=Atom(mark, "mark")))

    return read


def _set_over(reader: _Reader) -> Part:
    over = reader.argument()
    return Stacked(reader.argument(), over=over)


def _set_under(reader: _Reader) -> Part:
    under = reader.argument()
    return Stacked(reader.argument(), under=under)


_THIN = Space(0.1, " ")
_PRIME = Atom("′", "letter")
_COMMANDS: dict[str, Callable[[_Reader], Part]] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), _fraction),
    "sqrt": _root,
    "left": _fenced,
    "begin": _grid,
    "underbrace": _braced("⏟", False),
    "overbrace": _braced("⏞", True),
    "overset": _set_over,
    "stackrel": _set_over,
    "underset": _set_under,
}


def _unwrapped(row: Row) -> Part:
    return row.items[0] if len(row.items) == 1 else row


def _font(command: str, written: str, inside: Part) -> Part:
    style = symbols.FONTS[command]
    text = "".join(_letters(inside))
    if style == "function":
        return Atom(text, "limit" if written.endswith("*") else "function")
    if style == "double":
        return Atom("".join(symbols.DOUBLE.get(c, c) for c in text), "letter")
    if style == "script":
        return Atom("".join(symbols.SCRIPT.get(c, c) for c in text), "letter")
    return Atom(text, style)


def _letters(part: Part) -> list[str]:
    if isinstance(part, Row):
        return [text for item in part.items for text in _letters(item)]
    if isinstance(part, Space):
        return [part.text]
    return [part.text] if isinstance(part, Atom) else []


def _symbol(name: str) -> Part:
    for table, kind in (
        (symbols.LETTERS, "letter"),
        (symbols.BINARY, "binary"),
        (symbols.RELATIONS, "relation"),
        (symbols.LARGE, "large"),
        (symbols.FUNCTIONS, "function"),
        (symbols.LIMITS, "limit"),
        (symbols.ESCAPED, "letter"),
    ):
        if name in table:
            return Atom(table[name], kind)
    if name in symbols.FENCES:
        return _bracket(symbols.FENCES[name])
    return Atom("\\" + name, "unknown")


def _sign(token: str, before: list[Part]) -> Part:
    if token[0].isdigit() or (token[0] == "." and len(token) > 1):
        return Atom(token, "number")
    if token in "+-−":
        return Atom("−" if token == "-" else token, "prefix" if _starts(before) else "binary")
    if token in "*/":
        return Atom("∗" if token == "*" else token, "binary")
    if token in "=<>:":
        return Atom(token, "relation")
    if token in ",;":
        return Atom(token, "comma")
    if token == "~":
        return Space(0.28, " ")
    if token in "&\\":
        raise _UnreadableError
    return _bracket(token) if token in "()[]|" else Atom(token, "letter")


def _bracket(sign: str) -> Atom:
    kind = "open" if sign in symbols.OPENING else "close" if sign in symbols.CLOSING else "fence"
    return Atom(sign, kind)


def _starts(before: list[Part]) -> bool:
    """True where a minus that comes next belongs to what follows it, not between two things."""
    signs = [part for part in before if not isinstance(part, Space)]
    if not signs:
        return True
    last = signs[-1]
    if isinstance(last, Atom) and last.kind == "fence":  # |-x|: an odd bar opens
        return sum(isinstance(p, Atom) and p.kind == "fence" for p in signs) % 2 == 1
    return isinstance(last, Atom) and last.kind in (
        "open",
        "binary",
        "relation",
        "comma",
        "prefix",
        "large",
        "function",
    )
