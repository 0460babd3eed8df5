"""pellucid: neural networks that you can see through.

>>> from pellucid import Network, Dense
>>> net = Network(2, Dense(1, "sigmoid", weights=[[7.0], [3.0]], biases=[-5.0]))
>>> net.predict([1, 1])
array([0.99330715])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .model.layers import Custom, Dense, Dropout, Layer
from .network import Network, load, resume

if TYPE_CHECKING:
    from .auto import fit
    from .errors import (
        DivergenceError,
        FileFormatError,
        InputError,
        MissingExtraError,
        MissingFileError,
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
    from .model.plan import EarlyStopping

__version__ = "0.1.0"

# What a first network does not need is imported when it is first asked for (PEP 562), so that the door stays light.
_WHERE = {
    "auto": ("fit",),
    "errors": (
        "DivergenceError",
        "FileFormatError",
        "InputError",
        "MissingExtraError",
        "MissingFileError",
        "Notice",
        "PellucidError",
        "StateError",
        "UnknownNameError",
    ),
    "io.checkpoints": ("Checkpoints",),
    "maths.activations": ("Activation", "activations"),
    "maths.initializers": ("Initializer", "initializers"),
    "maths.layers": ("LayerRule", "layer_rules"),
    "maths.losses": ("Loss", "losses"),
    "maths.metrics": ("Metric", "metrics"),
    "maths.optimizers": ("Optimizer", "optimizers"),
    "maths.record": ("Parameter",),
    "maths.schedules": ("Schedule", "schedules"),
    "model.plan": ("EarlyStopping",),
}
_MODULE = {name: module for module, names in _WHERE.items() for name in names}

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
    "MissingFileError",
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


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'pellucid' has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
