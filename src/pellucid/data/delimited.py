"""From the text of a file to rows of cells: delimiter, quotes, comments, header. What was found is said."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from ..errors import FileFormatError, InputError
from .cells import MISSING, is_number
from .encodings import decode, read_bytes
from .frames import bare

# In the order in which they are tried where several fit equally well: ";" comes with decimal commas.
DELIMITERS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
SAMPLE = 1 << 16  # characters that the delimiter is judged by
HEADER_ROWS = 200  # rows that the header is judged by
# Text in quotation marks, blanks at either end of a line, and blanks elsewhere.
_BLANKS = re.compile(r'("[^"]*")|^ +| +(?=[\r\n]*$)|( ) *')


@dataclass(frozen=True, eq=False)
class Rows:
    """The cells of a file as text: names, rows of as many cells, the line that each row starts in, and findings.

    `hint` is what to type where the cells may be separated by blanks, which are no delimiter unless one says so.
    """

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    delimiter: str
    findings: list[str]
    hint: str = ""


def read_rows(
    path: str | os.PathLike[str],
    target: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
) -> Rows:
    """The rows of a delimited text file (which may be compressed with gzip)."""
    path = Path(path)
    text, encoding_name, findings = decode(read_bytes(path), path.name, encoding)
    text = text.removeprefix("\ufeff")
    declared = re.match(r"sep=(.)\r?\n", text)
    if declared:
        text, delimiter = text[declared.end() :], delimiter or declared[1]
    if not text.strip():
        raise FileFormatError(f"{bare(path.name)} holds nothing but blanks", "a header and rows")
    delimiter = _check_delimiter(delimiter) if delimiter else None
    text, n_comments = _without_comments(text, delimiter)
    delimiter = delimiter or _find_delimiter(text)
    above = bool(declared) + n_comments
    rows, lines = _parse(text, delimiter)
    _check_quotes(text, delimiter, lines[-1], above, path.name)
    rows, lines, empty = _without_empty(rows, [line + above for line in lines])
    named = _has_header(rows, target) if header is None else header
    names, said = _names(rows[0], named)
    hint = _hint(rows, delimiter)
    rows, lines = (rows[1:], lines[1:]) if named else (rows, lines)
    if not rows:
        raise FileFormatError(f"{bare(path.name)} holds a header and no rows", "at least one row below the header")
    _even_out(rows, lines, len(names), path.name)
    separated = f"separated by {DELIMITERS.get(delimiter, repr(delimiter))}" if len(names) > 1 else "one in a line"
    size = f"{_count(len(rows), 'row')} and {_count(len(names), 'column')}"
    place = f", names in {f'line {above + 1}' if n_comments else 'the first line'}" * named
    findings = [f"{bare(path.name)}: {size}, {separated}, {encoding_name}{place}.", *findings, *said]
    return Rows(names, rows, lines, delimiter, findings + _left_out(n_comments, empty, hint), hint)


def _left_out(n_comments: int, n_empty: int, hint: str) -> list[str]:
    comments = f"{_count(n_comments, 'line')} of comment (#) at the top left out."
    empty = f"{_count(n_empty, 'empty line')} left out."
    words = f"Each line is words with blanks between: if these are cells, {hint} takes them apart."
    return [text for text, there in ((comments, n_comments), (empty, n_empty), (words, hint)) if there]


def _check_delimiter(delimiter: str) -> str:
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InputError(f"delimiter={delimiter!r}", "a single character", 'delimiter=";"')
    return delimiter


def _without_comments(text: str, delimiter: str | None) -> tuple[str, int]:
    """Without the lines at the top that begin with #, and how many they were.

    The last of them stays if it may be the line of names: it has as many cells as the first row below it, and that one
    is none.
    """
    lines = io.StringIO(text[:SAMPLE], newline="").readlines()
    n = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    below = "".join(lines[n:])
    if n == 0 or not below.strip():
        return text, 0
    delimiter = delimiter or _find_delimiter(below)
    rows = _whole_rows(below, delimiter, len(text) > SAMPLE)
    last, _ = _parse(lines[n - 1], delimiter)
    if len(last[0]) == len(rows[0]) and not _starts_with_words(rows[0], rows[1:]):
        n -= 1
    return text[len("".join(lines[:n])) :], n


def _find_delimiter(text: str) -> str:
    """The delimiter that divides most rows into as many cells as the first one, of the candidates that divide it."""
    best, best_share = ",", 0.0
    for delimiter in DELIMITERS:
        rows = _whole_rows(text.lstrip("\r\n")[:SAMPLE], delimiter, len(text) > SAMPLE)
        width = len(rows[0])
        share = sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0.0
        if share > best_share:
            best, best_share = delimiter, share
    return best


def _whole_rows(sample: str, delimiter: str, cut: bool) -> list[list[str]]:
    """The rows of a sample, without blank lines and without the last one if the sample was cut there."""
    rows = [row for row in _parse(sample, delimiter)[0] if row]
    return rows[:-1] if cut and len(rows) > 1 else rows


def _hint(rows: list[list[str]], delimiter: str) -> str:
    """What to type where each row is one cell of as many words, and a column of those would be numbers."""
    words = [row[0].split() for row in rows[:HEADER_ROWS] if len(row) == 1]
    width = len(words[0]) if words else 0
    if width < 2 or delimiter == " " or len(words) < min(len(rows), HEADER_ROWS) or {*map(len, words)} != {width}:
        return ""
    columns = list(zip(*words[1:], strict=True))
    return 'delimiter=" "' if any(all(map(is_number, column)) for column in columns) else ""


def _parse(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Rows of cells, of which a blank line has none, and the line in which each row starts."""
    limit = csv.field_size_limit(max(len(text) + 1, 131072))
    try:
        rows, lines, line = [], [], 1
        reader = _reader(io.StringIO(text, newline=""), delimiter)
        for row in reader:
            rows.append(row)
            lines.append(line)
            line = reader.line_num + 1
    finally:
        csv.field_size_limit(limit)
    return rows, lines


def _reader(lines: Iterable[str], delimiter: str, strict: bool = False) -> Any:
    """The csv module's reader. Blanks after a delimiter are skipped; as a delimiter, several count as one."""
    if delimiter == " ":
        lines = (_BLANKS.sub(lambda found: found[1] or found[2] or "", line) for line in lines)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=strict)


def _check_quotes(text: str, delimiter: str, last: int, above: int, name: str) -> None:
    """Refuse a quotation mark that is never closed: it would swallow every row to the end of the file."""
    tail = io.StringIO(text, newline="").readlines()[last - 1 :]
    limit = csv.field_size_limit(max(len(text) + 1, 131072))
    try:
        list(_reader(tail, delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            given = f"line {last + above} of {bare(name)} opens a quotation mark that is never closed"
            raise FileFormatError(given, 'as many " as are opened, or none') from None
    finally:
        csv.field_size_limit(limit)


def _has_header(rows: list[list[str]], target: str | None) -> bool:
    """Whether the first row holds names.

    It does if the target's name is in it, or if a column of numbers starts with a word. It does not if it holds a
    number otherwise, or if it names two columns alike and every one of its words comes again below.
    """
    first = [cell.strip() for cell in rows[0]]
    below = [row for row in rows[1 : HEADER_ROWS + 1] if len(row) == len(first)]
    if target is not None and target in first:
        return True
    if _starts_with_words(first, below):
        return True
    if any(map(is_number, first)):
        return False
    repeated = len(set(first)) < len(first)
    columns = [[cell.strip() for cell in column] for column in zip(*below, strict=True)]
    return not (repeated and columns and all(cell in column for cell, column in zip(first, columns, strict=True)))


def _starts_with_words(first: list[str], below: list[list[str]]) -> bool:
    """Whether a word stands above a column of numbers."""
    rows = [row for row in below[:HEADER_ROWS] if len(row) == len(first)]
    for cell, column in zip(first, zip(*rows, strict=True), strict=False):
        present = [value.strip() for value in column if value.strip().lower() not in MISSING]
        word = cell.strip().lower() not in MISSING and not is_number(cell.strip())
        if word and present and all(map(is_number, present)):
            return True
    return False


def _names(first: list[str], named: bool) -> tuple[list[str], list[str]]:
    """The columns' names, each different, and what is to be said about them."""
    if not named:
        numbered = [f"column_{i + 1}" for i in range(len(first))]
        return numbered, [f"The first line holds no names: the columns are called column_1 to {numbered[-1]}."]
    cells = [cell.strip() for cell in first]
    # A name that another column has from the start is never given away.
    taken, names, said = set(cells), [], []
    own: set[str] = set()
    for i, cell in enumerate(cells):
        stem = cell or f"column_{i + 1}"
        candidates = chain([stem], (f"{stem}_{number}" for number in count(2)))
        name = cell if cell and cell not in own else next(name for name in candidates if name not in taken)
        if name != cell:
            called = f"has the name {bare(cell)} again" if cell else "has no name"
            said.append(f"Column {i + 1} {called}: it is called {bare(name)}.")
        names.append(name)
        own.add(cell)
        taken.add(name)
    return names, said


def _without_empty(rows: list[list[str]], lines: list[int]) -> tuple[list[list[str]], list[int], int]:
    """Without blank lines and without the rows of blank cells at the end that spreadsheets leave; how many they were.

    A row of blank cells further up is a row whose values are all missing: the rows below it keep their numbers. In a
    table of a single column a blank line is such a row.
    """
    single = all(len(row) < 2 for row in rows)
    lone = [not row or (not single and len(row) == 1 and not row[0].strip()) for row in rows]
    first, last = lone.index(False), len(rows) - 1 - lone[::-1].index(False)
    end = last
    while not single and end > first and not any(cell.strip() for cell in rows[end]):
        end -= 1
    end = last if end == first else end
    keep = [i for i in range(first, end + 1) if single or not lone[i]]
    n_empty = last - first + 1 - len(keep)
    return [rows[i] or [""] for i in keep], [lines[i] for i in keep], n_empty


def _even_out(rows: list[list[str]], lines: list[int], width: int, name: str) -> None:
    """Refuse rows of different lengths.

    A delimiter at the end of every row, but not of the header, is let pass; a row of blank cells has the right length.
    """
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    longer = bool(filled) and all(len(row) == width + 1 for row in filled)
    trailing = longer and not any(row[-1].strip() for row in filled)
    for i, row in enumerate(rows):
        if not any(cell.strip() for cell in row):
            rows[i] = [""] * width
        elif trailing:
            row.pop()
        elif len(row) != width:
            more = "a name for the first column too, as every row has one cell more than the header"
            given = f"line {lines[i]} of {bare(name)} has {_count(len(row), 'cell')}"
            raise FileFormatError(given, f"{width}, as in the first line", more if longer else "")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"
