"""Reading a table from a file: what its columns hold, which cells are missing, and what is odd about it.

Everything that was detected is said in the table's `findings`, and everything can be said by the caller instead.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, InputError
from .cells import MISSING, is_truth, numbers_of
from .columns import Table, no_column
from .delimited import Rows, read_rows
from .frames import bare, show
from .rules import constant, identifier
from .split import same_rows

__all__ = ["Table", "read_table"]

SHOWN = 8  # names that a finding lists
# A column that is numbers but for a few words is an error, unless its numbers may be codes.
MOSTLY_NUMBERS = 0.9
MORE_THAN_CODES = 20

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
# 1,234 may be a thousand; 12,34 and 0,123 and 1234,567 cannot.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


def read_table(
    path: str | os.PathLike[str],
    target: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
) -> Table:
    """The table in a delimited text file (comma, semicolon, tab or bar; gzip is unpacked).

    What is not given is detected: the delimiter; the encoding (byte order marks, UTF-8, UTF-16, else Windows-1252,
    which is said); a decimal comma; whether the first line is a header. A cell that is empty or one of NA, N/A, NaN,
    null, ?, - is missing. Thousands separators are not guessed: such a column is read as words, and that is said. Rows
    in which the `target` is missing are left out. The `findings` also name columns that are constant or like an
    identifier, and count rows that are exact copies of an earlier one.

    Raises InputError (no such file, a folder, an option of the wrong form, words in a column of numbers),
    FileFormatError (an empty or binary file, rows of different lengths) and UnknownNameError (no such target).
    """
    if decimal not in (None, ".", ","):
        raise InputError(f"decimal={decimal!r}", '"." or ","', 'decimal=","')
    found = read_rows(path, target, delimiter, encoding, header)
    if target is not None and target not in found.names:
        raise no_column(target, found.names)
    columns, marks = _columns(found)
    mark, said = (decimal, []) if decimal else _find_decimal(found.names, columns)
    arrays, kinds = [], []
    for name, column in zip(found.names, columns, strict=True):
        array, kind = _typed(column, mark or ".")
        if kind == "category":
            _refuse_words_among_numbers(name, column.texts, found.lines, Path(path).name, mark or ".")
            said += _dotted(name, column)
        arrays.append(array)
        kinds.append(kind)
    table = Table(tuple(found.names), tuple(arrays), tuple(kinds), target=target)
    table, left_out = _with_target(table)
    findings = [*found.findings, *said, _types(table), *left_out, *_missing(table, marks), *_oddities(table)]
    return replace(table, findings=tuple(findings))


@dataclass
class _Column:
    """The cells without the blanks around them, None for missing; as numbers too, if they all are with a point."""

    texts: list[str | None]
    numbers: np.ndarray | None


def _columns(found: Rows) -> tuple[list[_Column], Counter[str]]:
    """Each column, and how often each mark for missing came."""
    columns: list[_Column] = []
    marks: Counter[str] = Counter()
    for cells in zip(*found.rows, strict=True):
        texts: list[str | None] = list(cells)
        numbers = numbers_of(texts)
        if numbers is None:
            meaning = {cell: cell.strip() for cell in set(cells)}
            gaps = {cell for cell, text in meaning.items() if len(text) < 5 and text.lower() in MISSING}
            if gaps:
                marks.update(meaning[cell] for cell in cells if cell in gaps)
            texts = [None if cell in gaps else meaning[cell] for cell in cells]
            numbers = numbers_of(texts)
        columns.append(_Column(texts, numbers))
    return columns, marks


def _find_decimal(names: list[str], columns: list[_Column]) -> tuple[str | None, list[str]]:
    """A decimal comma, if a column is numbers with one and some of them can be nothing else."""
    found: list[tuple[str, str]] = []
    sure = False
    for name, column in zip(names, columns, strict=True):
        with_comma = (
            [text for text in column.texts if text is not None and "," in text] if column.numbers is None else []
        )
        if not with_comma:
            continue
        thousands = all(map(_THOUSANDS.fullmatch, with_comma))
        numbers = numbers_of(column.texts, ",") is not None
        if numbers or (thousands and all(t is None or t.isdecimal() or _THOUSANDS.fullmatch(t) for t in column.texts)):
            found.append((name, with_comma[0]))
            sure = sure or (numbers and not thousands)
    if sure:
        return ",", [f"Numbers have a decimal comma: {_some([name for name, _ in found])}."]
    return None, [_undecided(name, example, "comma") for name, example in found]


def _undecided(name: str, example: str, sign: str) -> str:
    choice = 'decimal="," says which' if sign == "comma" else f"without {sign}s it is clear"
    return f"{bare(name)}: read as words, as {example} may be in thousands or have a decimal {sign}; {choice}."


def _typed(column: _Column, decimal: str) -> tuple[np.ndarray, str]:
    numbers = column.numbers
    if decimal == ",":
        numbers = (
            numbers_of(column.texts, ",") if numbers is None else None if _thousands_with_points(column) else numbers
        )
    if numbers is not None:
        return numbers, "numeric"
    array = np.empty(len(column.texts), dtype=object)
    array[:] = column.texts
    return array, "boolean" if is_truth(column.texts) else "category"


def _thousands_with_points(column: _Column) -> str:
    """Where commas are decimal, 1.234 may be a thousand: the first such number of a column that has no other ones."""
    pointed = [text for text in column.texts if text is not None and "." in text]
    return pointed[0] if pointed and all(_THOUSANDS.fullmatch(text.replace(".", ",")) for text in pointed) else ""


def _dotted(name: str, column: _Column) -> list[str]:
    example = _thousands_with_points(column) if column.numbers is not None else ""
    return [_undecided(name, example, "point")] if example else []


def _refuse_words_among_numbers(name: str, column: list[str | None], lines: list[int], file: str, decimal: str) -> None:
    numbers, word = set(), -1
    count = gaps = 0
    for i, text in enumerate(column):
        if text is None:
            gaps += 1
        elif _NUMBER.fullmatch(text.replace(",", ".") if decimal == "," else text):
            count += 1
            numbers.add(text)
        elif word < 0:
            word = i
    if word < 0 or len(numbers) <= MORE_THAN_CODES or count < MOSTLY_NUMBERS * (len(column) - gaps):
        return
    others = len(column) - gaps - count
    given = f"line {lines[word]} of {bare(file)}, column {show(name)}, holds the text {show(column[word])}"
    expected = f"a number, as in {count} other rows ({others} row{'s' * (others > 1)} with text in this column)"
    raise InputError(given, expected, "an empty cell or NA, where a value is missing")


def _with_target(table: Table) -> tuple[Table, list[str]]:
    if table.target is None:
        return table, []
    known = np.array([value is not None and value == value for value in table[table.target].tolist()])
    if known.all():
        return table, []
    name = bare(table.target)
    if not known.any():
        raise FileFormatError(f"the column {name} has no values", "a target for each row that is to be learnt from")
    gaps = int((~known).sum())
    return table.take(known), [f"{gaps} row{'s' * (gaps > 1)} without a value for {name}: left out."]


def _types(table: Table) -> str:
    said = {"numeric": "numbers", "boolean": "yes or no", "category": "words"}
    parts = []
    for kind, word in said.items():
        names = [name for name, k in zip(table.columns, table.kinds, strict=True) if k == kind]
        if names:
            parts.append(f"{len(names)} of {word} ({_some(names)})")
    return "Columns: " + ", ".join(parts) + "."


def _missing(table: Table, marks: Counter[str]) -> list[str]:
    counts = {}
    for name, array in zip(table.columns, table.arrays, strict=True):
        gaps = int(np.isnan(array).sum()) if array.dtype != object else sum(v is None for v in array.tolist())
        if gaps:
            counts[f"{name} {gaps}"] = gaps
    if not counts:
        return []
    spelled = ", ".join("empty" if mark == "" else bare(mark) for mark, _ in marks.most_common())
    total = sum(counts.values())
    return [f"{total} missing value{'s' * (total > 1)} ({spelled}): {_some(list(counts))}."]


def _oddities(table: Table) -> list[str]:
    columns = zip(table.columns, table.arrays, table.kinds, strict=True)
    inputs = [column for column in columns if column[0] != table.target and len(table) > 1]
    same = [name for name, array, _ in inputs if constant(array)]
    found = [f"The same in every row: {_some(same)}."] if same else []
    for name, array, kind in inputs:
        reason = identifier(name, array, kind)
        if reason:
            found.append(f"{bare(name)}: {reason}.")
    copies = len(table) - int(same_rows(table).max()) - 1
    if copies:
        found.append(f"{copies} row{'s are exact copies' if copies > 1 else ' is an exact copy'} of an earlier row.")
    return found


def _some(names: list[str]) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > SHOWN else ""
    return ", ".join(bare(name) for name in names[:SHOWN]) + more
