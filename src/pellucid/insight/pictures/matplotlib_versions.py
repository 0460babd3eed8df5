"""The main pictures as matplotlib figures, for those who want to restyle them or put them into a paper.

The functions take what their namesakes in `insight.pictures` take, draw into `ax` where one is given and return
the figure. They need the extra "plot".

>>> figure = loss_curve({"loss": [0.9, 0.5, 0.4]})
>>> figure.axes[0].get_ylabel()
'loss'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import missing_extra
from ..render.escape import visible
from ..render.numbers import number, size
from ..render.style import COLOURS
from ..render.text import cut, strength
from .boundary import answers, planned
from .curves import read_history, wants_log
from .grids import count_confusions
from .scale import finite
from .svg import series

_MARKERS = "osv^DP*X"


def loss_curve(history: Any, *, log: bool | None = None, title: str = "Loss", ax: Any = None) -> Any:
    """The loss over the epochs, with the validation loss and the best epoch."""
    axes = _axes(ax, (7, 4), title)
    train, valid, best = read_history(history)
    axes.plot(range(len(train)), train, color=_colour("s1"), label="training")
    if valid:
        axes.plot(range(1, len(valid) + 1), valid, "--", color=_colour("s2"), label="validation")
    if best is not None:
        axes.axvline(best + bool(valid), color=_colour("good"), linestyle=":", label=f"best after epoch {best + 1}")
    if wants_log(train, valid) if log is None else log:
        axes.set_yscale("log")
    axes.set(xlabel="epochs done", ylabel="loss")
    axes.legend(frameon=False)
    return axes.figure


def weight_matrix(
    W: Any, *, rows: Sequence[str] = (), columns: Sequence[str] = (), title: str = "Weights", ax: Any = None
) -> Any:
    """The matrix W (n_in, n_out), blue for negative and orange for positive."""
    matrix = np.array(W, dtype=float, ndmin=2)
    axes = _axes(ax, (5, 5), title)
    scale = size(matrix.ravel()) or 1.0
    image = axes.imshow(matrix, cmap=_signed_map(), vmin=-scale, vmax=scale, aspect="auto")
    axes.figure.colorbar(image, ax=axes)
    if len(columns):
        axes.set_xticks(range(len(columns)), [_safe(c) for c in columns], rotation=60, ha="right")
    if len(rows):
        axes.set_yticks(range(len(rows)), [_safe(r) for r in rows])
    return axes.figure


def activation_histograms(
    layers: Sequence[tuple[str, Any]], *, bins: int = 30, title: str = "Activations by layer"
) -> Any:
    """One histogram for each (name, array)."""
    figure = _pyplot().figure(figsize=(3.2 * max(len(layers), 1), 3), layout="constrained")
    figure.suptitle(_safe(title))
    for k, (name, array) in enumerate(layers):
        axes = figure.add_subplot(1, len(layers), k + 1)
        axes.hist(finite(array), bins=bins, color=_colour("s1"))
        axes.set_title(_safe(name), fontsize=10)
    return figure


def decision_boundary(
    predict: Callable[[np.ndarray], Any] | Any,
    X: Any,
    y: Any = None,
    *,
    classes: Sequence[Any] = (),
    names: tuple[str, str] = ("input 0", "input 1"),
    extent: tuple[float, float, float, float] | None = None,
    threshold: float | None = None,
    resolution: int = 150,
    title: str = "Decision boundary",
    ax: Any = None,
) -> Any:
    """What a network answers over the plane of its two inputs, and the examples with their classes."""
    plan = planned(predict, X, y, classes, extent, resolution)
    axes = _axes(ax, (6, 5), title)
    kind, shade = answers(plan.grid, threshold)
    image = np.zeros((*kind.shape, 4))
    for i in range(int(kind.max()) + 1):
        image[kind == i, :3] = _rgb(_colour(series(i)))
    image[..., 3] = np.where(kind < 0, 0.0, 0.08 + 0.34 * shade / max(int(shade.max()), 1))
    axes.imshow(image, origin="lower", extent=(*plan.xs, *plan.ys), aspect="auto", interpolation="nearest")
    for i, label in enumerate(plan.kinds if plan.labels is not None else []):
        mask = np.array([one == label for one in plan.labels or []], dtype=bool)
        points = plan.points[mask]
        marker = _MARKERS[i % len(_MARKERS)]
        axes.scatter(points[:, 0], points[:, 1], s=22, marker=marker, color=_colour(series(i)),
                     edgecolors="white", linewidths=0.6, label=_safe(label))  # fmt: skip
    axes.set(xlabel=_safe(names[0]), ylabel=_safe(names[1]))
    if plan.labels:
        axes.legend(frameon=False)
    return axes.figure


def confusion_matrix(
    true: Any, predicted: Any, classes: Sequence[Any] = (), *, title: str = "Confusion matrix", ax: Any = None
) -> Any:
    """How many rows of each true class were predicted as each class."""
    names, counts = count_confusions(true, predicted, classes)
    axes = _axes(ax, (1.5 + 0.6 * max(len(names), 4),) * 2, title)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    signed = np.where(np.eye(len(names), dtype=bool), -shares, shares)
    axes.imshow(signed, cmap=_signed_map(), vmin=-1.2, vmax=1.2)
    for (i, j), count in np.ndenumerate(counts):
        axes.text(j, i, str(count), ha="center", va="center")
    labels = [_safe(n) for n in names]
    axes.set_xticks(range(len(names)), labels, rotation=60, ha="right")
    axes.set_yticks(range(len(names)), labels)
    axes.set(xlabel="predicted", ylabel="true")
    return axes.figure


def network_diagram(
    layer_sizes: Sequence[int], weights: Sequence[Any] = (), *, inputs: Sequence[str] = (), outputs: Sequence[str] = (),
    shortcuts: Sequence[tuple[int, int, Any]] = (), max_units: int = 12, title: str = "The network", ax: Any = None,
) -> Any:  # fmt: skip
    """The network as circles and lines; the weights' signs are the colours, their sizes the widths.

    `shortcuts` (from, to, matrix) are bent round the layers between; what a NumPy masked array masks has no line.
    """
    axes = _axes(ax, (2.2 * len(layer_sizes) + 1, 5), title)
    axes.axis("off")
    shown = [cut(int(n), max_units) for n in layer_sizes]
    places = [{unit: (i, (len(row) - 1) / 2 - k) for k, unit in enumerate(row)} for i, row in enumerate(shown)]
    matrices: list[Any] = [np.ma.asarray(w, dtype=float) for w in weights]
    further: list[tuple[int, int, Any]] = [(i, j, np.ma.asarray(w, dtype=float)) for i, j, w in shortcuts]
    scale = size(w for matrix in [*matrices, *(m for _, _, m in further)] for w in matrix.compressed())
    tallest = max(map(len, shown))
    for i, j, matrix in further:
        _lines(axes, places[i], places[j], matrix, scale, bend=tallest / 2 + 0.4)
    for i in range(len(shown) - 1):
        _lines(axes, places[i], places[i + 1], matrices[i] if matrices else None, scale)
    for row in places:
        for unit, (x, y) in row.items():
            if unit < 0:
                axes.text(x, y, "⋮", ha="center", va="center")
            else:
                axes.plot(x, y, "o", markersize=16, color="white", markeredgecolor=_colour("ink"))
    for row, names, shift, align in ((places[0], inputs, -0.14, "right"), (places[-1], outputs, 0.14, "left")):
        for unit, (x, y) in row.items():
            if len(names) and unit >= 0:
                axes.text(x + shift, y, _safe(names[unit]), ha=align, va="center", fontsize=9)
    return axes.figure


def _lines(
    axes: Any, left: dict[int, Any], right: dict[int, Any], matrix: Any, scale: float, bend: float = 0.0
) -> None:
    """A line for each weight; with `bend`, curves that reach so far up (or down, from a unit below the middle)."""
    absent = np.ma.getmaskarray(matrix) if matrix is not None else None
    for a, (x1, y1) in left.items():
        for b, (x2, y2) in right.items():
            if a < 0 or b < 0 or (absent is not None and absent[a, b]):
                continue
            if matrix is None:
                axes.plot([x1, x2], [y1, y2], color=_colour("soft"), linewidth=0.6, zorder=0)
                continue
            w = float(matrix[a, b])
            force = strength(w, scale)
            paint = "problem" if not np.isfinite(w) else "neg" if w < 0 else "pos"
            along = np.linspace(0.0, 1.0, 41 if bend else 2)
            up = bend * np.sin(np.pi * along) ** 0.5 * (1 if y1 >= 0 else -1)
            xs, ys = x1 + (x2 - x1) * along, (y1 + (y2 - y1) * along) * (1 - np.sin(np.pi * along) * bool(bend)) + up
            axes.plot(
                xs, ys, color=_colour(paint), linewidth=0.4 + 3.5 * force, alpha=0.25 + 0.7 * force,
                zorder=force, gid=number(w),
            )  # fmt: skip


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        raise missing_extra("matplotlib", "plot", "a matplotlib figure") from None
    return plt


def _axes(ax: Any, figsize: tuple[float, float], title: str) -> Any:
    if ax is None:
        figure = _pyplot().figure(figsize=figsize, layout="constrained")
        ax = figure.add_subplot()
    ax.set_title(_safe(title), loc="left")
    return ax


def _safe(text: object) -> str:
    """Text from data for matplotlib, which would read what stands between dollar signs as a formula."""
    return visible(text).replace("$", r"\$")


def _colour(name: str) -> str:
    return COLOURS[name][0]


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _signed_map() -> Any:
    _pyplot()
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [_colour("neg"), "#ffffff", _colour("pos")])
