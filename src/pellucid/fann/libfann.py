"""FANN's Python module, `fann2.libfann`, without FANN: the same names.

    from pellucid.fann import libfann

    nn = libfann.neural_net()
    nn.create_standard_array((2, 4, 1))

Beside FANN's own names: `neural_network`, `create_from_file`, every constant with FANN_ in front, SIN and COS.
"""

from __future__ import annotations

import difflib
from typing import Any

from .constants import CONSTANTS, LONG_NAMES
from .datasets import training_data, training_data_parent
from .networks import neural_net, neural_net_parent

neural_network = neural_net  # as the tutorial on the AND gate calls it


def create_from_file(configuration_file: Any) -> neural_net:
    """The network of a `.net` file; FileNotFoundError where there is none."""
    return neural_net.load(configuration_file)


def __getattr__(name: str) -> int:
    """A name that is not there, with the nearest that is (what is there are plain attributes)."""
    near = difflib.get_close_matches(name.upper(), CONSTANTS, n=1) or difflib.get_close_matches(name, __all__, n=1)
    instead = f" Did you mean: {near[0]!r}?" if near else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{instead}", name=name)


globals().update(LONG_NAMES)
globals().update(CONSTANTS)

__all__ = [
    "create_from_file",
    "neural_net",
    "neural_net_parent",
    "neural_network",
    "training_data",
    "training_data_parent",
]
__all__.extend((*CONSTANTS, *LONG_NAMES))
