"""FANN's scaling parameters as preprocessing, and back.

    FANN:      x' = ((x - mean)/deviation + 1) * factor + new_min
    pellucid:  x' = (x - m)/s      with  s = deviation/factor,  m = mean - s * (factor + new_min)

FANN never scales in `run`: a script calls `scale_input` and `descale_output`. A pellucid network with preprocessing
takes and gives numbers in their own units. FANN holds these parameters as float32, so m and s are rounded when they
are saved.
"""

from __future__ import annotations

import warnings

import numpy as np

from ...errors import InputError, Notice
from ...model.model import Model
from ...model.preprocessing import Column, Preprocessing, TargetInfo
from .numbers import float32_of
from .structure import Scaling


def preprocessing_of(scaling: Scaling | None) -> Preprocessing | None:
    """The preprocessing that scales as FANN would; None, with a Notice, where its numbers cannot be used."""
    if scaling is None or is_identity(scaling):
        return None
    with np.errstate(all="ignore"):
        s_in, m_in = _centre(scaling.mean_in, scaling.deviation_in, scaling.factor_in, scaling.new_min_in)
        s_out, m_out = _centre(scaling.mean_out, scaling.deviation_out, scaling.factor_out, scaling.new_min_out)
    numbers = np.concatenate([s_in, m_in, s_out, m_out])
    if not np.isfinite(numbers).all() or not np.all(np.concatenate([s_in, s_out])):
        warnings.warn(
            Notice("the file's scaling parameters scale nothing (a column was constant): they are left out"),
            stacklevel=2,
        )
        return None
    names = tuple(f"column_{k}" for k in range(1, len(s_in) + 1))
    columns = tuple(
        Column(name, "numeric", mean=m, scale=s) for name, m, s in zip(names, m_in.tolist(), s_in.tolist(), strict=True)
    )
    target = TargetInfo(mean=tuple(m_out.tolist()), scale=tuple(s_out.tolist()))
    return Preprocessing(names, columns, target=target, named=False)


def scaling_of(model: Model) -> Scaling | None:
    """Scaling parameters that do what the model's preprocessing does, as float32; None where it has none.

    Raises InputError where it does more than scale numbers column by column.
    """
    if model.classes is not None:
        labels = ", ".join(map(str, model.classes[:5]))
        warnings.warn(Notice(f"a .net file holds no labels: {labels} become the outputs' order"), stacklevel=2)
    preprocessing = model.preprocessing
    if preprocessing is None:
        return None
    for column in preprocessing.columns:
        _check_column(column)
    if preprocessing.dropped:
        name, reason = preprocessing.dropped[0]
        raise InputError(f"preprocessing leaves the column {name} out ({reason})", "all columns: FANN leaves none out")
    mean = np.array([column.mean for column in preprocessing.columns])
    scale = np.array([column.scale for column in preprocessing.columns])
    n_out, target = model.n_out, preprocessing.target
    return Scaling(
        *_rounded(mean, scale),
        *_rounded(np.resize(target.mean, n_out), np.resize(target.scale, n_out)),
    )


def is_identity(scaling: Scaling) -> bool:
    """Whether these are the parameters that FANN's `clear_scaling_params` sets, which leave numbers as they are."""
    wanted = {"mean": 0.0, "deviation": 1.0, "new_min": -1.0, "factor": 1.0}
    return all(np.all(values == wanted[name.rpartition("_")[0]]) for name, values in vars(scaling).items())


def _centre(mean: np.ndarray, deviation: np.ndarray, factor: np.ndarray, new_min: np.ndarray) -> tuple[np.ndarray, ...]:
    s = deviation / factor
    return s, mean - s * (factor + new_min)


def _rounded(mean: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, ...]:
    """Mean, deviation, new_min and factor: (x - mean)/scale is FANN's formula with new_min -1 and factor 1."""
    m, s = (np.array([float32_of(value) for value in values]) for values in (mean.tolist(), scale.tolist()))
    return m, s, np.full(len(m), -1.0), np.ones(len(m))


def _check_column(column: Column) -> None:
    problems = {
        "turns words into columns of 0 and 1": column.kind == "category",
        "takes the logarithm": column.transform != "none",
        "adds a column that says what was missing": column.missing_indicator,
    }
    for what, found in problems.items():
        if found:
            raise InputError(
                f"preprocessing of the column {column.name} {what}",
                "numbers that are only scaled: FANN has nothing else",
                'net.save("net.safetensors"), which keeps any network',
            )
