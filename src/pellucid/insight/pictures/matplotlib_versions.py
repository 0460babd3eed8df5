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
from ..render.numbers import size
from ..render.style import COLOURS
from .boundary import answers, planned
from .curves import read_history, wants_log
from .grids import count_confusions
from .matplotlib_sheet import AxesSheet, safe
from .nets import Shortcut, checked_net
from .network import draw_net
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
        axes.set_xticks(range(len(columns)), [safe(c) for c in columns], rotation=60, ha="right")
    if len(rows):
        axes.set_yticks(range(len(rows)), [safe(r) for r in rows])
    return axes.figure


def activation_histograms(
    layers: Sequence[tuple[str, Any]], *, bins: int = 30, title: str = "Activations by layer"
) -> Any:
    """One histogram for each (name, array)."""
    figure = _pyplot().figure(figsize=(3.2 * max(len(layers), 1), 3), layout="constrained")
    figure.suptitle(safe(title))
    for k, (name, array) in enumerate(layers):
        axes = figure.add_subplot(1, len(layers), k + 1)
        axes.hist(finite(array), bins=bins, color=_colour("s1"))
        axes.set_title(safe(name), fontsize=10)
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
                     edgecolors="white", linewidths=0.6, label=safe(label))  # fmt: skip
    axes.set(xlabel=safe(names[0]), ylabel=safe(names[1]))
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
    labels = [safe(n) for n in names]
    axes.set_xticks(range(len(names)), labels, rotation=60, ha="right")
    axes.set_yticks(range(len(names)), labels)
    axes.set(xlabel="predicted", ylabel="true")
    return axes.figure


def network_diagram(
    layer_sizes: Sequence[int],
    weights: Sequence[Any] = (),
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    activations: Sequence[str | Sequence[str]] = (),
    layers: Sequence[str] = (),
    values: Sequence[Any] | None = None,
    shortcuts: Sequence[Shortcut] = (),
    max_units: int = 12,
    title: str = "The network",
    ax: Any = None,
) -> Any:
    """The network as circles and lines, or with many shortcuts as a grid of squares: what the SVG shows, as artists.

    The `gid` of a line, a curve or a square says which weight it is.
    """
    net = checked_net(layer_sizes, weights, shortcuts, inputs, outputs, activations, layers, values, max_units)

    def sheet(width: float, height: float, title: str, description: str) -> AxesSheet:
        return AxesSheet(lambda figsize: _axes(ax, figsize, ""), width, height, title)

    return draw_net(net, sheet, title).axes.figure


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
    ax.set_title(safe(title), loc="left")
    return ax


def _colour(name: str) -> str:
    return COLOURS[name][0]


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _signed_map() -> Any:
    _pyplot()
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [_colour("neg"), "#ffffff", _colour("pos")])
