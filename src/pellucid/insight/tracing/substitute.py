r"""A formula in LaTeX with numbers in the place of its symbols.

>>> put_in(r"\alpha z + b", {r"\alpha": 0.5, "z": -2.0, "b": 1.0})
'0.5 \\cdot (-2) + 1'
>>> put_in(r"1 - \beta^t", {r"\beta": 0.9, "t": 12})
'1 - 0.9^{12}'
>>> unroll(r"\sum_k (a_k - y_k)^2", {"k": 2})
'(a_{0} - y_{0})^2 + (a_{1} - y_{1})^2'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..render import number
from ..render.symbols import GREEK

MOST = 6  # terms of a sum that are written out

# What each option of a record is called in its formulas.
SYMBOLS = {
    "learning_rate": r"\eta",
    "momentum": r"\mu",
    "growth": r"\mu",
    "alpha": r"\alpha",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "delta": r"\delta",
    "epsilon": r"\epsilon",
    "weight_decay": r"\lambda",
    "grow": r"\eta^+",
    "shrink": r"\eta^-",
    "smallest": r"s_{min}",
    "largest": r"s_{max}",
    "rate": "r",
}
_LITERAL = re.compile(r"\\(?:text|textrm|mathrm|operatorname\*?|begin|end|mathtt|texttt|mathbf)\s*\{[^{}]*\}")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_GROUP = re.compile(r"\s*(?:\{[^{}]*\}|\\[A-Za-z]+|.)")
_SPACES = {r"\,", r"\;", r"\:", r"\!", r"\ ", r"\quad", r"\qquad"}
_FUNCTIONS = {rf"\{name}" for name in ("ln", "log", "exp", "sin", "cos", "tanh", "sinh", "cosh", "max", "min")}
_FUNCTIONS |= {r"\operatorname", r"\mathrm"}
_STARTS = {r"\frac", r"\tfrac", r"\sqrt", r"\left", r"\lfloor", *_FUNCTIONS}
_SIGNS = {r"\text", "+", "-", "/", "*", r"\cdot", r"\times", r"\odot"}


def latex_number(value: Any, digits: int = 6) -> str:
    r"""A number as LaTeX: 1.5e-7 becomes "1.5 \times 10^{-7}"."""
    text = number(value, digits)
    if text in ("infinity", "-infinity"):
        return text.replace("infinity", r"\infty")
    if not re.fullmatch(r"-?[\d.]+(?:e-?\d+)?", text):
        return rf"\text{{{text}}}"
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{exponent}}}" if exponent else mantissa


def symbols_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options' numbers under every symbol that a formula may use for them."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, (int, float)):
            names = [SYMBOLS.get(name), rf"\{name}" if name in GREEK else None, name if len(name) == 1 else None]
            names += [rf"\mathrm{{{name}}}", rf"\text{{{name}}}", rf"\operatorname{{{name}}}"]
            found.update({symbol: value for symbol in names if symbol})
    return found


def unroll(latex: str, counts: Mapping[str, int]) -> str:
    r"""Write sums out: `\sum_k` over an index that has a count, as far as its bracket reaches; long ones end in
    dots.
    """
    while True:
        found = [m for m in re.finditer(r"\\sum_(?:\{(\w)\}|(\w))\s*", latex) if (m[1] or m[2]) in counts]
        if not found:
            return latex
        last = found[-1]  # inner sums come last
        index, end = last[1] or last[2], _reach(latex, last.end())
        body = latex[last.end() : end].strip()
        count = counts[index]
        terms = [re.sub(rf"_(?:\{{{index}\}}|{index}(?!\w))", f"_{{{i}}}", body) for i in range(min(count, MOST))]
        if count > MOST:
            terms[-1] = r"\cdots"
        text = " + ".join(terms)
        before = latex[: last.start()].rstrip()
        alone = not before or before.endswith(("=", "(", "{", r"\right."))
        if not alone and (count > 1 or _loose(body)):
            text = rf"\left({text}\right)"
        latex = f"{latex[: last.start()]}{text}{latex[end:]}"


def put_in(latex: str, values: Mapping[str, Any], digits: int = 6) -> str:
    """`latex` with each symbol of `values` replaced by its number, and a dot where two factors are now numbers."""
    symbols = sorted(values, key=len, reverse=True)
    out: list[str] = []
    last, before = "start", ""  # the kind of the last piece, and the piece
    i = 0
    while i < len(latex):
        piece, kind, i = _next(latex, i, symbols)
        if kind == "space":
            out.append(piece)
            continue
        joined = _product(last, kind, piece)
        if joined:
            out.append(r"\cdot " if out and out[-1].endswith(" ") else r" \cdot ")
        if kind == "symbol":
            tight = joined or before.split("{")[0] in _SIGNS | _FUNCTIONS
            whole = before == "/" or latex[i:].lstrip().startswith("^")
            piece = _bracketed(latex_number(values[piece], digits), tight, whole)
            piece = f"{{{piece}}}" if before == "^" else piece  # x^3126 would raise to the 3 only
        out.append(piece)
        last, before = kind, piece
    return "".join(out)


def _next(latex: str, i: int, symbols: list[str]) -> tuple[str, str, int]:
    """The piece at `i`, its kind, and where the next one is."""
    if latex[i].isspace():
        return latex[i], "space", i + 1
    for symbol in symbols:
        if latex.startswith(symbol, i) and _ends(symbol, latex[i + len(symbol) :]):
            return symbol, "symbol", i + len(symbol)
    if latex[i] == "_":  # an index is a name, not a number
        group = _GROUP.match(latex, i + 1)
        end = group.end() if group else i + 1
        return latex[i:end], "end", end
    for pattern in (_LITERAL, _COMMAND, _NUMBER):
        if match := pattern.match(latex, i):
            return match[0], _kind(match[0]), match.end()
    return latex[i], _kind(latex[i]), i + 1


def _ends(symbol: str, rest: str) -> bool:
    """Whether the symbol really ends here: \\eta is not the start of \\etax, z not that of z_i."""
    if (
        symbol[-1].isalpha()
        and "\\" in symbol
        and not symbol.endswith("}")
        and rest[:1].isalpha()
        and "_" not in symbol
    ):
        return False
    return not rest.startswith("_")


def _kind(piece: str) -> str:
    if piece in _SPACES:
        return "space"
    if piece[0] == "\\":
        name = piece.split("{")[0]
        return "factor" if name in _STARTS else "other"
    if piece in ("(", "["):
        return "open"
    return "end" if piece[0].isalnum() or piece in (")", "]", "}") else "other"


def _product(last: str, kind: str, piece: str) -> bool:
    """Whether a dot belongs between the two: both are factors and at least one has become a number."""
    if last == "symbol":
        return kind in ("symbol", "factor", "open") or (kind == "end" and piece[0].isalnum())
    return last == "end" and kind == "symbol"


def _bracketed(text: str, tight: bool, whole: bool) -> str:
    """Brackets round a negative number behind a sign, and round 1.5 x 10^-7 where it must stay one thing."""
    if (text.startswith("-") and (tight or whole)) or ("times" in text and whole):
        return f"({text})"
    return text


def _reach(latex: str, start: int) -> int:
    r"""Where the bracket or group that holds `start` closes (\right, }, or the end)."""
    depth, i = 0, start
    while i < len(latex):
        if latex.startswith((r"\left", r"\begin"), i) or latex[i] in "{(":
            depth += 1
        closes = latex.startswith((r"\right", r"\end{"), i) or latex[i] in "})"
        if closes and depth == 0:
            return i
        depth -= closes
        # The sign after \left and \right belongs to it, and so does the name after \begin and \end.
        match = re.match(r"\\(?:left|right)(?:\\?.)|\\(?:begin|end)\{\w+\}", latex[i:])
        i += match.end() if match else 1
    return len(latex)


def _loose(body: str) -> bool:
    """Whether a body would fall apart beside a factor: it has a plus or minus outside all brackets."""
    depth = 0
    for i, c in enumerate(body):
        depth += (c in "({") - (c in ")}")
        if depth == 0 and i and c in "+-":
            return True
    return False
