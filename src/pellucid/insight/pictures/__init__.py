"""Pictures as our own SVG: pure functions of plain arrays, no library behind them.

Each returns an `Svg`, a str that notebooks draw, that `save(path)` writes to a file and that a render tree takes as
`Picture(svg)`. They follow a page's light and dark, and stand alone.
"""

from __future__ import annotations

from .boundary import decision_boundary
from .curves import activation_curve, loss_curve
from .grids import confusion_matrix, weight_matrix
from .network import network_diagram
from .neuron import neuron
from .spread import activation_histograms, bars, residuals
from .svg import Svg

__all__ = [
    "Svg",
    "activation_curve",
    "activation_histograms",
    "bars",
    "confusion_matrix",
    "decision_boundary",
    "loss_curve",
    "network_diagram",
    "neuron",
    "residuals",
    "weight_matrix",
]
