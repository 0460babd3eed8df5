"""A FANN net as plain data. It stands with its file formats, in `pellucid.io.fann`; here it has its short name."""

from __future__ import annotations

from ..io.fann.structure import (
    ALGORITHMS,
    BATCH,
    CANDIDATE_FUNCTIONS,
    CANDIDATE_STEEPNESSES,
    ERROR_LINEAR,
    ERROR_TANH,
    INCREMENTAL,
    LAYER,
    QUICKPROP,
    RPROP,
    SARPROP,
    SHORTCUT,
    STOP_BIT,
    STOP_MSE,
    Scaling,
    Settings,
    Structure,
    float32,
    full_sources,
)

__all__ = [
    "ALGORITHMS",
    "BATCH",
    "CANDIDATE_FUNCTIONS",
    "CANDIDATE_STEEPNESSES",
    "ERROR_LINEAR",
    "ERROR_TANH",
    "INCREMENTAL",
    "LAYER",
    "QUICKPROP",
    "RPROP",
    "SARPROP",
    "SHORTCUT",
    "STOP_BIT",
    "STOP_MSE",
    "Scaling",
    "Settings",
    "Structure",
    "float32",
    "full_sources",
]
