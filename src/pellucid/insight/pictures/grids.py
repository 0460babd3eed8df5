"""Grids of coloured cells: a weight matrix, and who was taken for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from ..render.numbers import number, size
from ..render.text import strength
from .nets import short
from .svg import Drawing, Svg, text_width, widest

_MOST_LABEL = 140
_MOST_NOTES = 500  # cells of a matrix that each say their value to the pointer


def weight_matrix(
    W: Any, *, rows: Sequence[str] = (), columns: Sequence[str] = (), title: str = "Weights", most: int = 60
) -> Svg:
    """The matrix W (n_in, n_out): blue for negative, orange for positive, the stronger the larger.

    Up to some 14 columns the numbers stand in the cells. Of a matrix with more than `most` rows or columns each cell
    shows the weight of the largest size among several. Of a NumPy masked array the cells that are masked are empty.
    """
    absent = np.atleast_2d(np.ma.getmaskarray(W)) if np.ma.isMaskedArray(W) else None
    matrix = np.array(np.ma.filled(W, 0.0) if absent is not None else W, dtype=float, ndmin=2)
    if matrix.ndim != 2:
        raise InputError(f"a weight matrix of shape {matrix.shape}", "two dimensions, (n_in, n_out)")
    _check(matrix.shape, rows, columns)
    shown, block = _condensed(matrix, most)
    scale, m, n = size(matrix.ravel()), *shown.shape
    numbers = n <= 14 and m <= 40
    wide, high = (58.0, 26.0) if numbers else (max(5.0, min(22.0, 640 / max(n, 1))),) * 2
    row_names = list(rows) if block[0] == 1 and high >= 11 else []
    column_names = list(columns) if block[1] == 1 and wide >= 11 else []
    left = 24 + widest(row_names, 11, _MOST_LABEL)
    turned = any(text_width(c, 11) > wide - 6 for c in column_names)
    top = (38 if title else 8) + (14 + (widest(column_names, 11, 90) * 0.8 if turned else 10) if column_names else 8)
    spare = 70 if turned else 20
    width = max(left + n * wide + spare, 330)
    drawing = Drawing(width, top + m * high + 62, title, f"A matrix of {matrix.shape[0]} by {matrix.shape[1]} weights.")
    drawing.heading()
    if shown.size > _MOST_NOTES:
        _tiles(drawing, shown, left, top, wide, high, scale)
    else:
        for i in range(m):
            for j in range(n):
                value, x, y = float(shown[i, j]), left + j * wide, top + i * high
                if absent is not None and block == (1, 1) and absent[i, j]:
                    drawing.text(x + wide / 2, y + high / 2 + 4, "·", 12, "middle", "soft")
                    continue
                _cell(drawing, x, y, wide, high, value, scale, numbers, (i, j), block)
    _names(drawing, row_names, column_names, left, top, wide, high, turned)
    if not shown.size:
        drawing.text(left, top + 16, "empty", 12, paint="soft")
    _colour_bar(drawing, left, top + m * high + 18, scale, block)
    return drawing.svg()


def confusion_matrix(true: Any, predicted: Any, classes: Sequence[Any] = (), *, title: str = "Confusion matrix") -> Svg:
    """How many rows of each true class (down) were predicted as each class (across), and what share of the class.

    `true` and `predicted` are labels; `classes` their order, or all that occur.
    """
    names, counts = count_confusions(true, predicted, classes)
    n = len(names)
    numbers = n <= 24
    cell = 64.0 if n <= 8 else 40.0 if numbers else max(6.0, 640 / n)
    labels = [str(c) for c in names]
    left = 52 + widest(labels, 12, _MOST_LABEL)
    turned = any(text_width(c, 12) > cell - 6 for c in labels)
    top = (38 if title else 8) + 30 + (widest(labels, 12, 100) * 0.8 if turned else 10)
    right = int(counts.trace())
    told = f"{right} of {int(counts.sum())} right, in {n} classes." if n else "No rows."
    drawing = Drawing(
        max(left + n * cell + (76 if turned else 24), 330), top + n * cell + (48 if numbers else 100), title, told
    )
    drawing.heading()
    if cell >= 11:
        _names(drawing, labels, labels, left, top, cell, cell, turned, 12)
    sums = counts.sum(axis=1)
    for i in range(n):
        for j in range(n):
            note = f"{labels[i]} predicted as {labels[j]}: {counts[i, j]}"
            _count(drawing, left + j * cell, top + i * cell, cell, int(counts[i, j]), int(sums[i]), i == j, note, n)
    middle = top + n * cell / 2
    drawing.text(20, middle, "true", 12, "middle", "soft", turn=-90)
    drawing.text(left + n * cell / 2, (38 if title else 8) + 12, "predicted", 12, "middle", "soft")
    drawing.text(left, top + n * cell + 28, told, 12, paint="soft")
    if not numbers:
        _share_bars(drawing, left, top + n * cell + 44)
    return drawing.svg()


def _share_bars(drawing: Drawing, x: float, y: float) -> None:
    """What the colours of cells without numbers mean: the share of the true class, right ones and wrong ones."""
    steps = 12
    for row, (paint, name) in enumerate((("neg", "right"), ("pos", "wrong"))):
        for k in range(steps):
            drawing.rect(x + 40 + 9 * k, y + 16 * row, 9, 11, paint, _count_opacity(k / (steps - 1)))
        drawing.text(x, y + 16 * row + 10, name, 11, paint="soft")
    for share, anchor, text in ((0.0, "start", "few"), (1.0, "end", "all of the class")):
        drawing.text(x + 40 + 9 * steps * share, y + 45, text, 10, anchor, "soft")


def _count_opacity(share: float) -> float:
    return 0.14 + 0.56 * share


def count_confusions(true: Any, predicted: Any, classes: Sequence[Any] = ()) -> tuple[list[Any], np.ndarray]:
    """The classes, and counts[i, j]: rows of class i that were predicted as class j."""
    true, predicted = _labels(true), _labels(predicted)
    if len(true) != len(predicted):
        raise InputError(f"{len(true)} true and {len(predicted)} predicted labels", "as many of one as of the other")
    names = [c.item() if isinstance(c, np.generic) else c for c in classes] or in_order({*true, *predicted})
    at = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=int)
    for t, p in zip(true, predicted, strict=True):
        for label in (t, p):
            if label not in at:
                raise InputError(f"the label {label!r}", "one of the classes " + ", ".join(map(repr, names)))
        counts[at[t], at[p]] += 1
    return names, counts


def _labels(values: Any) -> list[Any]:
    return np.asarray(values).ravel().tolist()


def in_order(names: set[Any]) -> list[Any]:
    """Labels sorted, those of several types by how they are written."""
    try:
        return sorted(names)
    except TypeError:
        return sorted(names, key=repr)


def _check(shape: tuple[int, ...], rows: Sequence[str], columns: Sequence[str]) -> None:
    for name, given, count in (("rows", rows, shape[0]), ("columns", columns, shape[1])):
        if len(given) and len(given) != count:
            raise InputError(f"{len(given)} names for the {name}", f"{count}")


def _condensed(matrix: np.ndarray, most: int) -> tuple[np.ndarray, tuple[int, int]]:
    """The matrix with at most `most` rows and columns, and how many each cell stands for."""
    block = tuple(max(1, -(-n // most)) for n in matrix.shape)
    if block == (1, 1) or not matrix.size:
        return matrix, (1, 1)
    m, n = (-(-size_ // b) for size_, b in zip(matrix.shape, block, strict=True))
    out = np.empty((m, n))
    for i in range(m):
        for j in range(n):
            part = matrix[i * block[0] : (i + 1) * block[0], j * block[1] : (j + 1) * block[1]].ravel()
            bad = part[~np.isfinite(part)]
            out[i, j] = bad[0] if bad.size else part[np.abs(part).argmax()]
    return out, (block[0], block[1])


def _cell(
    drawing: Drawing, x: float, y: float, wide: float, high: float, value: float, scale: float,
    numbers: bool, place: tuple[int, int], block: tuple[int, int],
) -> None:  # fmt: skip
    where = "[" + ", ".join(f"{p}" if b == 1 else f"{p * b}..." for p, b in zip(place, block, strict=True)) + "]"
    note = f"{where} {number(value)}"
    gap = 1 if wide > 8 else 0
    paint, opacity = _shade(value, scale)
    if numbers:
        opacity *= 0.65  # the number on top stays readable
    drawing.rect(x, y, wide - gap, high - gap, paint, opacity, note=note)
    if numbers:
        drawing.text(x + wide / 2, y + high / 2 + 4, short(value), 11, "middle")


def _tiles(
    drawing: Drawing, shown: np.ndarray, left: float, top: float, wide: float, high: float, scale: float
) -> None:
    """A large matrix: the cells of one shade as one shape, without notes."""
    gap = 1 if wide > 8 else 0
    shades: dict[tuple[str, float], list[tuple[float, float, float, float]]] = {}
    for (i, j), value in np.ndenumerate(shown):
        tile = (left + j * wide, top + i * high, wide - gap, high - gap)
        shades.setdefault(_shade(float(value), scale), []).append(tile)
    for (paint, opacity), tiles in sorted(shades.items()):
        drawing.tiles(tiles, paint, opacity)


def _shade(value: float, scale: float) -> tuple[str, float]:
    if not np.isfinite(value):
        return "problem", 0.35
    return "neg" if value < 0 else "pos", round(0.04 + 0.81 * strength(value, scale), 2)


def _names(
    drawing: Drawing, rows: Sequence[str], columns: Sequence[str], left: float, top: float,
    wide: float, high: float, turned: bool, font: float = 11,
) -> None:  # fmt: skip
    for i, name in enumerate(rows):
        drawing.text(left - 8, top + (i + 0.5) * high + 4, name, font, "end", "soft", _MOST_LABEL)
    for j, name in enumerate(columns):
        x = left + (j + 0.5) * wide
        if turned:
            drawing.text(x - 2, top - 7, name, font, "start", "soft", 100, turn=-50)
        else:
            drawing.text(x, top - 7, name, font, "middle", "soft", wide)


def _count(
    drawing: Drawing, x: float, y: float, cell: float, count: int, total: int, right: bool, note: str, n: int
) -> None:
    share = count / total if total else 0.0
    paint, opacity = ("neg" if right else "pos", _count_opacity(share)) if count else ("faint", 1)
    drawing.rect(x, y, cell - 1.5, cell - 1.5, paint, opacity, radius=3 if n <= 8 else 0, note=note)
    if n > 24:
        return
    paint = "ink" if count else "soft"
    if n <= 8:
        drawing.text(x + cell / 2, y + cell / 2 + 1, count, 14, "middle", paint, cell - 4, bold=right)
        drawing.text(x + cell / 2, y + cell / 2 + 18, f"{100 * share:.3g} %", 10, "middle", paint)
    else:
        drawing.text(x + cell / 2, y + cell / 2 + 4, count, 11, "middle", paint, cell - 2, bold=right)


def _colour_bar(drawing: Drawing, x: float, y: float, scale: float, block: tuple[int, int]) -> None:
    steps = 21
    for k in range(steps):
        value = 2 * k / (steps - 1) - 1
        drawing.rect(x + 7 * k, y, 7, 10, "neg" if value < 0 else "pos", 0.04 + 0.81 * abs(value))
    for share, anchor, text in (
        (0.0, "start", "-" + number(scale, 3)),
        (0.5, "middle", "0"),
        (1.0, "end", number(scale, 3)),
    ):
        if scale or share == 0.5:
            drawing.text(x + 7 * steps * share, y + 24, text, 10, anchor, "soft")
    if block != (1, 1):
        text = f"each cell: the largest of {block[0]} × {block[1]}"
        drawing.text(x + 7 * steps + 14, y + 10, text, 11, paint="soft", room=drawing.width - x - 7 * steps - 20)
