"""A FANN net as a pellucid model, and back: the same numbers, to be traced, explained and trained like any other.

    FANN                                  pellucid
    a standard net                        dense layers
    a shortcut net, cascade-grown or not  layers with sees="all"
    a sparse net                          masks
    function and steepness by neuron      activation and steepness by unit (see `functions.py`)
    scaling parameters                    preprocessing that standardises columns (see `scaling.py`)
    algorithm and its numbers             the optimizer of the plan (see `algorithms.py`)

Weights are the same to the last bit both ways. FANN computes with z = s * sum held within +-150/s, which pellucid does
not: answers differ where a sum is larger, and that shows for functions that do not saturate (LINEAR, SIN and COS).
"""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import InputError
from ...model.model import Model
from ..writing import path_of
from . import net_file
from .from_pellucid import from_model
from .to_pellucid import to_model

__all__ = ["from_model", "load", "save", "to_model"]


def save(model: Model, path: str | os.PathLike[str]) -> Path:
    """Write a model as a `.net` file, and return its path. A FANN net's file is replaced, any other is refused.

    Raises InputError that says what FANN cannot express.
    """
    target = path_of(path)
    _check_replaceable(target)
    net_file.write(from_model(model), target)
    return target


def load(path: str | os.PathLike[str]) -> Model:
    """The model that a `.net` file describes."""
    return to_model(net_file.read(path))


def _check_replaceable(path: Path) -> None:
    try:
        with open(path, "rb") as file:
            start = file.read(16)
    except OSError:
        return  # nothing there, or the writing will say what is wrong
    if start and not start.lstrip(b"\xef\xbb\xbf").lstrip().startswith(b"FANN_"):
        raise InputError(
            f"{str(path)!r} exists and is not a FANN net's file", "a new name, or a FANN net's file, which is replaced"
        )
