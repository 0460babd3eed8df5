"""Reading a table from a file: what its columns hold, which cells are missing, and what is odd about it.

Everything that was detected is said in the table's `findings`, and everything can be said by the caller instead.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, InputError, UnknownNameError
from .cells import LARGEST, MISSING, OTHER_MARK, alike, grouped_numbers_of, is_truth, numbers_of, too_large, value_of
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
    null, ?, - is missing. Thousands separators are read where they can be nothing else (1,234,567; 1,234.5; 1,234 where
    the file has decimal points), which is said; else such a column is words, and that is said. Whole numbers so large
    that float64 cannot tell them apart are words too. Rows in which the `target` is missing are left out (the table's
    `rows` has the numbers of the others). The `findings` also name columns that are constant or like an identifier, and
    count rows that are exact copies of an earlier one.

    Raises InputError (no such file, a folder, an option of the wrong form, a word or 1e999 in a column of numbers),
    FileFormatError (an empty or binary file, rows of different lengths) and UnknownNameError (no such target).
    """
    if decimal not in (None, ".", ","):
        raise InputError(f"decimal={decimal!r}", '"." or ","', 'decimal=","')
    found = read_rows(path, target, delimiter, encoding, header)
    if target is not None and target not in found.names:
        raise _no_target(target, found)
    columns, marks = _columns(found)
    reading = _reading(columns, decimal)
    arrays, kinds = [], []
    for name, column in zip(found.names, columns, strict=True):
        array, kind = _typed(column, reading)
        if kind == "category":
            _refuse_too_large(name, column, found.lines, Path(path).name)
            _refuse_words_among_numbers(name, column.texts, found.lines, Path(path).name, reading)
        arrays.append(array)
        kinds.append(kind)
    said = _said(found.names, columns, reading)
    table = Table(tuple(found.names), tuple(arrays), tuple(kinds), target=target)
    table, left_out = _with_target(table)
    findings = [*found.findings, *said, _types(table), *left_out, *_missing(table, marks), *_oddities(table)]
    return replace(table, findings=tuple(findings))


def _no_target(target: str, found: Rows) -> UnknownNameError:
    error = no_column(target, found.names)
    apart = found.hint and target in found.names[0].split()
    return UnknownNameError(error.given, error.expected, found.hint) if apart else error


@dataclass
class _Column:
    """The cells without the blanks around them, None for missing, and the numbers that they are if all of them are.

    `numbers` has them by decimal mark, with the other mark between thousands; `marks` are the marks that are in them.
    """

    texts: list[str | None]
    numbers: dict[str, np.ndarray | None]
    marks: str

    def taken(self, reading: _Reading) -> str:
        """The decimal mark with which the column is numbers; "" where it is none, or where that is not clear."""
        possible = [mark for mark in OTHER_MARK if self.numbers[mark] is not None]
        if reading.given == ".":
            return "." if "." in possible else ""
        if len(possible) < 2 or not self.marks:
            return possible[0] if possible else ""
        # 1.234 is what it looks like to a program, as long as nothing in the file speaks for decimal commas.
        return reading.mark or ("." if self.marks == "." and not reading.mixed else "")


@dataclass
class _Reading:
    """The decimal mark of a file: as `given`; else the one that some column must have; `mixed` if columns differ."""

    given: str | None
    mark: str | None
    mixed: bool = False


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
        columns.append(_column(texts, numbers))
    return columns, marks


def _column(texts: list[str | None], numbers: np.ndarray | None) -> _Column:
    """The column, of which `numbers` are those with a decimal point and no thousands separators."""
    blob = "".join(text for text in texts if text is not None)
    marks = "".join(mark for mark in OTHER_MARK if mark in blob)
    point = grouped_numbers_of(texts, ".") if numbers is None and "," in marks else numbers
    comma = grouped_numbers_of(texts, ",") if marks else numbers
    return _Column(texts, {".": point, ",": comma}, marks)


def _reading(columns: list[_Column], given: str | None) -> _Reading:
    """The decimal mark: a column that is numbers with only one of the two has it for sure."""
    sure = {
        mark
        for column in columns
        for mark, other in OTHER_MARK.items()
        if column.numbers[mark] is not None and column.numbers[other] is None
    }
    return _Reading(given, given or (next(iter(sure)) if len(sure) == 1 else None), len(sure) == 2)


def _typed(column: _Column, reading: _Reading) -> tuple[np.ndarray, str]:
    numbers = column.numbers.get(column.taken(reading))
    if numbers is not None and not alike(column.texts, numbers):
        return numbers, "numeric"
    array = np.empty(len(column.texts), dtype=object)
    array[:] = column.texts
    return array, "boolean" if is_truth(column.texts) else "category"


def _said(names: list[str], columns: list[_Column], reading: _Reading) -> list[str]:
    """How the marks in numbers were taken, or that this is not clear."""
    lists: dict[str, list[str]] = {}
    unclear = []
    for name, column in zip(names, columns, strict=True):
        mark = column.taken(reading)
        numbers = column.numbers.get(mark)
        if numbers is not None and alike(column.texts, numbers):
            lists.setdefault("Whole numbers too large to be told apart as numbers, read as words", []).append(name)
            continue
        if mark == "," and "," in column.marks and reading.given is None:
            lists.setdefault("Numbers have a decimal comma", []).append(name)
        if mark and OTHER_MARK[mark] in column.marks:
            thousands = "Points" if mark == "," else "Commas"
            lists.setdefault(f"{thousands} separate thousands", []).append(name)
        if not mark and all(numbers is not None for numbers in column.numbers.values()):
            unclear.append(_undecided(name, column))
    return [f"{what}: {_some(found)}." for what, found in lists.items()] + unclear


def _undecided(name: str, column: _Column) -> str:
    sign = "," if "," in column.marks else "."
    example = next(text for text in column.texts if text is not None and sign in text)
    either = f"may be in thousands or have a decimal {'comma' if sign == ',' else 'point'}"
    return f'{bare(name)}: read as words, as {example} {either}; decimal="," or decimal="." says which.'


def _refuse_too_large(name: str, column: _Column, lines: list[int], file: str) -> None:
    """Refuse 1e999 among numbers: it must not make words of them."""
    large = {text for text in set(column.texts) if text is not None and too_large(text)}
    rest = [None if text in large else text for text in column.texts]
    if not large or (grouped_numbers_of(rest, ".") is None and grouped_numbers_of(rest, ",") is None):
        return
    row = next(row for row, text in enumerate(column.texts) if text in large)
    given = f"line {lines[row]} of {bare(file)}, column {show(name)}, holds {bare(column.texts[row])}"
    raise InputError(given, LARGEST, "an empty cell or NA, where a value is missing")


def _refuse_words_among_numbers(
    name: str, column: list[str | None], lines: list[int], file: str, reading: _Reading
) -> None:
    numbers, word = set(), -1
    count = gaps = 0
    marks = ".," if reading.mark == "," or reading.mixed else "."
    for i, text in enumerate(column):
        if text is None:
            gaps += 1
        elif any(value_of(text, mark) is not None for mark in marks):
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
