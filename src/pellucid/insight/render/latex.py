"""A subset of LaTeX, read into a small tree that `mathml` and `plain` lower.

It covers what pellucid's formulas use; a command that it does not know stands there as it was written, and a formula
that cannot be read (a missing brace) becomes literal text as a whole: showing a formula never fails.

>>> parse(r"a^2")
Row(items=(Scripts(base=Atom(text='a', kind='letter'), sub=None, sup=Atom(text='2', kind='number')),))
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, Union

from . import symbols


@dataclass(frozen=True)
class Atom:
    """One sign: kind is letter, number, binary, relation, prefix, open, close, fence, comma, large, function, limit, text,
    unknown, bold, code, italic or upright."""

    text: str
    kind: str


@dataclass(frozen=True)
class Row:
    items: tuple[Part, ...]


@dataclass(frozen=True)
class Fraction:
    above: Part
    below: Part


@dataclass(frozen=True)
class Root:
    inside: Part
    degree: Part | None = None


@dataclass(frozen=True)
class Scripts:
    base: Part
    sub: Part | None = None
    sup: Part | None = None


@dataclass(frozen=True)
class Accent:
    base: Part
    mark: str


@dataclass(frozen=True)
class Stacked:
    """A base with something over it or under it: underbrace, overset."""

    base: Part
    under: Part | None = None
    over: Part | None = None


@dataclass(frozen=True)
class Fenced:
    left: str
    inside: Part
    right: str


@dataclass(frozen=True)
class Grid:
    """Rows of cells (cases, aligned, matrix) between `left` and `right`; `align` is repeated over the columns."""

    name: str
    rows: tuple[tuple[Row, ...], ...]
    left: str
    right: str
    align: str


@dataclass(frozen=True)
class Space:
    em: float
    text: str


Part: TypeAlias = Union[Atom, Row, Fraction, Root, Scripts, Accent, Stacked, Fenced, Grid, Space]

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)|(?P<command>\\(?:[A-Za-z]+\*?|.))|(?P<sign>.)", re.DOTALL
)
_DEEPEST = 40  # of braces in braces: beyond it the formula is shown as it was written


class _CannotRead(Exception):
    pass


@lru_cache(maxsize=4096)
def parse(latex: str) -> Row:
    """The tree of `latex`; one literal text where it cannot be read."""
    try:
        reader = _Reader(latex)
        row = reader.row(lambda: reader.peek() == "")
        return row
    except _CannotRead:
        return Row((Atom(latex, "unknown"),))


class _Reader:
    """A position in the tokens of one formula."""

    def __init__(self, latex: str) -> None:
        matches = [(m.lastgroup, m.group()) for m in _TOKEN.finditer(latex.strip().strip("$"))]
        self.tokens = [t for kind, t in matches if kind != "space"]
        self.raw = matches
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if token == "" or (expected and token != expected):
            raise _CannotRead
        self.at += 1
        return token

    def row(self, ends: Callable[[], bool]) -> Row:
        """Everything up to the token at which `ends` is true, which stays untaken."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _CannotRead
        items: list[Part] = []
        while not ends():
            if self.peek() in ("", "}"):
                raise _CannotRead
            part = self.scripted(items)
            if part is not None:
                items.append(part)
        self.depth -= 1
        return Row(tuple(items))

    def scripted(self, before: list[Part]) -> Part | None:
        """One part with the sub- and superscripts that follow it."""
        base = Row(()) if self.peek() in ("^", "_", "'") else self.part(before)
        sub = sup = None
        while self.peek() in ("^", "_", "'") and base is not None:
            sign = self.take()
            if sign == "_" and sub is None:
                sub = self.argument()
            elif sign == "^" and sup is None:
                sup = self.argument()
            elif sign == "'":
                sup = Atom("′", "letter") if sup is None else Row((sup, Atom("′", "letter")))
            else:
                raise _CannotRead
        if base is None or (sub is None and sup is None):
            return base
        if isinstance(base, Stacked):
            return Stacked(base.base, sub or base.under, sup or base.over)
        return Scripts(base, sub, sup)

    def argument(self) -> Part:
        """What a command or a script takes: a group in braces, or the next single part."""
        if self.peek() == "{":
            return _unwrapped(self.group())
        token = self.peek()
        if len(token) > 1 and token[0].isdigit():  # x^23 raises the 2 only, in LaTeX too
            self.tokens[self.at : self.at + 1] = list(token)
        part = self.part([])
        return Row(()) if part is None else part

    def group(self) -> Row:
        self.take("{")
        row = self.row(lambda: self.peek() == "}")
        self.take("}")
        return row

    def part(self, before: list[Part]) -> Part | None:
        token = self.peek()
        if token == "{":
            return self.group()
        self.take()
        if token.startswith("\\") and len(token) > 1:
            return self.command(token[1:], before)
        return _sign(token, before)

    def command(self, name: str, before: list[Part]) -> Part | None:
        if name in _COMMANDS:
            return _COMMANDS[name](self)
        if name in symbols.ACCENTS:
            return Accent(self.argument(), symbols.ACCENTS[name])
        if name in symbols.TEXTS:
            return Atom(self.literal(), symbols.TEXTS[name] or "text")
        if name.rstrip("*") in symbols.FONTS:
            return _font(symbols.FONTS[name.rstrip("*")], self.argument(), name)
        if name in symbols.SPACES:
            return Space(*symbols.SPACES[name])
        if name in symbols.IGNORED:
            return None
        return _symbol(name)

    def literal(self) -> str:
        """The text between the braces that follow, its spaces kept."""
        # Tokens without spaces and with them count differently: find this brace among the raw ones.
        index = [i for i, (kind, _) in enumerate(self.raw) if kind != "space"][self.at :]
        self.take("{")
        depth, last = 1, self.at
        while depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
            last += 1
        start, stop = index[0] + 1, index[last - self.at + len(index) - len(index)] if False else self._stop(index, last)
        return "".join(_unescaped(text) for _, text in self.raw[start:stop])
