"""Text from data made safe to show: control characters become visible, markup becomes text.

A column named ``\\x1b[2J`` must not clear the reader's screen, and one named ``<script>`` must not run. Every
text that reaches a terminal, a page or a picture goes through `visible`; pages and pictures then `escape` it.
"""

from __future__ import annotations

import html

# Characters that change the direction or the identity of the text around them: shown as their code.
_TRICKY = {0x061C, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x2028, 0x202F), *range(0x2060, 0x206A), 0xFFFE, 0xFFFF}


def visible(text: object, lines: bool = False) -> str:
    """`text` with every control character replaced by a visible sign; line breaks stay if `lines`.

    >>> visible("a\\x1b[2Jb")
    'a␛[2Jb'
    >>> visible("\\u202eabc")
    '\\\\u202eabc'
    """
    string = str(text)
    if string.isprintable():
        return string
    return "".join(_sign(c, lines) for c in string)


def escape(text: object, lines: bool = False) -> str:
    """`visible(text)` as HTML or XML text, safe inside double-quoted attributes as well.

    >>> escape('<b>"&')
    '&lt;b&gt;&quot;&amp;'
    """
    return html.escape(visible(text, lines), quote=True)


def shorten(text: object, length: int) -> str:
    """`visible(text)` in at most `length` characters, with an ellipsis in the middle: names often differ at the end.

    >>> shorten("capital_run_length_total", 14)
    'capital_…total'
    """
    string = visible(text)
    if len(string) <= length:
        return string
    tail = max(length - 1, 0) * 2 // 5
    return string[: max(length - 1 - tail, 0)] + "…" + (string[-tail:] if tail else "")


def _sign(character: str, lines: bool) -> str:
    code = ord(character)
    if character == "\n" and lines:
        return character
    if character == "\t" and lines:
        return "    "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0x80 <= code <= 0x9F:
        return f"\\x{code:02x}"
    if code in _TRICKY or 0xD800 <= code <= 0xDFFF or code & 0xFFFE == 0xFFFE:
        return f"\\u{code:04x}"
    return character
