"""pellucid: neural networks that you can see through.

>>> from pellucid import Network, Dense
>>> net = Network(2, Dense(1, "sigmoid", weights=[[7.0], [3.0]], biases=[-5.0]))
>>> net.predict([1, 1])
array([0.99330715])
"""

from __future__ import annotations

from .auto import fit
from .errors import (
    DivergenceError,
    FileFormatError,
    InputError,
    MissingExtraError,
    Notice,
    PellucidError,
    StateError,
    UnknownNameError,
)
from .io.checkpoints import Checkpoints
from .maths.activations import Activation, activations
from .maths.initializers import Initializer, initializers
from .maths.layers import LayerRule, layer_rules
from .maths.losses import Loss, losses
from .maths.metrics import Metric, metrics
from .maths.optimizers import Optimizer, optimizers
from .maths.record import Parameter
from .maths.schedules import Schedule, schedules
from .model.layers import Custom, Dense, Dropout, Layer
from .model.plan import EarlyStopping
from .network import Network, load, resume

__version__ = "0.1.0"

__all__ = [
    "Activation",
    "Checkpoints",
    "Custom",
    "Dense",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "FileFormatError",
    "Initializer",
    "InputError",
    "Layer",
    "LayerRule",
    "Loss",
    "Metric",
    "MissingExtraError",
    "Network",
    "Notice",
    "Optimizer",
    "Parameter",
    "PellucidError",
    "Schedule",
    "StateError",
    "UnknownNameError",
    "activations",
    "fit",
    "initializers",
    "layer_rules",
    "load",
    "losses",
    "metrics",
    "optimizers",
    "resume",
    "schedules",
]
