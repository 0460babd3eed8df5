"""Which format a file's name asks for: FANN's `.net`, else pellucid's own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..model.model import Model
from .writing import path_of


def save(model: Model, path: str | os.PathLike[str]) -> Path:
    """Write the model in the format of the name's ending, and return its path."""
    if _is_fann(path):
        from .fann import convert

        return convert.save(model, path)
    from . import safetensors_file

    return safetensors_file.save(model, path)


def load(path: str | os.PathLike[str], custom: Iterable[Any] = ()) -> Model:
    """The model in a file; `custom` holds the user's own records, which only pellucid's own format can name."""
    if _is_fann(path):
        from .fann import convert

        return convert.load(path)
    from . import safetensors_file

    return safetensors_file.load(path, custom)


def _is_fann(path: Any) -> bool:
    return path_of(path).suffix.lower() == ".net"
