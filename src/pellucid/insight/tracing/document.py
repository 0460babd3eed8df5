"""A trace as plain values and as JSON, in the form that `trace.schema.json` (beside `trace.py`) writes down.

Numbers stand as they are and read back exactly. JSON has none for "not a number" and the infinities: they are the texts
"nan", "inf" and "-inf".
"""

from __future__ import annotations

import json
import math
import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...maths.masks import Mask
from .parts import LayerTrace, LossTrace, ParameterTrace, Preparation, Terms

if TYPE_CHECKING:
    from ..trace import Trace

VERSION = 1


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) that every trace's `to_dict()` obeys."""
    text = resources.files("pellucid.insight").joinpath("trace.schema.json").read_text(encoding="utf-8")
    return json.loads(text)


def document(trace: Trace, rows: int | None = None) -> dict[str, Any]:
    """See `Trace.to_dict`."""
    first = slice(0, rows)
    return {
        "format": "pellucid.trace",
        "version": VERSION,
        "dtype": trace.x.dtype.name,
        "examples": len(trace),
        "shown": len(trace.x[first]),
        "notes": list(trace.notes),
        "classes": None if trace.classes is None else [plain(c) for c in trace.classes],
        "preparation": None if trace.preparation is None else _preparation(trace.preparation, first),
        "input": plain(trace.x[first]),
        "target": None if trace.y is None else plain(trace.y[first]),
        "layers": [_layer(layer, first) for layer in trace.layers],
        "output": plain(trace.output[first]),
        "prediction": plain(trace.prediction[first]),
        "loss": None if trace.loss is None or trace.terms is None else _loss(trace.loss, trace.terms, first),
        "update": None if trace.terms is None else _terms(trace.terms),
    }


def write(trace: Trace, path: str | os.PathLike[str] | None, rows: int | None) -> str:
    """See `Trace.to_json`."""
    text = json.dumps(document(trace, rows), allow_nan=False, ensure_ascii=False)
    if path is not None:
        Path(path).write_text(text + "\n", encoding="utf-8", newline="\n")
    return text


def plain(value: Any) -> Any:
    """Arrays and NumPy numbers as lists and Python's own numbers, what is not finite as text; the rest as JSON or
    as text.
    """
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mask):
        return list(value.rows())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _preparation(step: Preparation, first: slice) -> dict[str, Any]:
    return {
        "columns": list(step.columns),
        "values": [plain(values[first]) for values in step.values],
        "prepared": [list(step.prepared_names[part]) for part in step.parts],
        "notes": list(step.notes),
    }


def _layer(layer: LayerTrace, first: slice) -> dict[str, Any]:
    rule, activation = layer.layer.rule, layer.layer.activation
    return {
        "name": layer.name,
        "sees": layer.layer.sees,
        "rule": {"name": rule.name, "formula": rule.formula, "options": plain(rule.options)},
        "activation": {
            "name": activation.name,
            "formula": activation.formula,
            "slope_formula": activation.slope_formula,
            "options": plain(activation.options),
        },
        "penalties": {"l1": layer.layer.l1, "l2": layer.layer.l2, "max_norm": layer.layer.max_norm},
        **{name: _rows(getattr(layer, name), first) for name in ("x", "z", "a", "slope", "jacobian", "da", "dz")},
        "parameters": {name: _parameter(layer, p) for name, p in layer.parameters.items()},
    }


def _rows(array: np.ndarray | None, first: slice) -> Any:
    return None if array is None else plain(array[first])


def _parameter(layer: LayerTrace, p: ParameterTrace) -> dict[str, Any]:
    found = {"shape": list(p.value.shape), "value": plain(p.value)}
    if p.gradient is None:
        return {**found, "gradient": None, "slots": {}, "lines": [], "updated": None}
    gradient = {"data": p.data, "penalty": p.penalty, "total": p.gradient, "clipped": p.clipped}
    return {
        **found,
        "gradient": plain(gradient),
        "slots": plain(p.slots),
        "lines": [{"name": name, "value": plain(value)} for name, value in p.lines.items()],
        "updated": plain(p.updated),
    }


def _loss(loss: LossTrace, terms: Terms, first: slice) -> dict[str, Any]:
    record = terms.plan.loss
    return {
        "name": record.name,
        "formula": record.logit_formula if loss.from_logits else record.formula,
        "options": plain(record.options),
        "from_logits": loss.from_logits,
        "reduction": terms.plan.reduction,
        "each": plain(loss.each[first]),
        "shares": plain(loss.shares[first]),
        "data": plain(loss.data),
        "penalty": plain(loss.penalty),
        "total": plain(loss.total),
    }


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "optimizer": terms.optimizer.name,
        "options": plain(terms.options),
        "formulas": [{"name": name, "formula": formula} for name, formula in terms.optimizer.lines],
        "step": terms.step,
        "epoch": terms.epoch,
        "learning_rate": plain(terms.learning_rate) if terms.optimizer.has_learning_rate else None,
        "schedule": repr(terms.plan.schedule),
        "clip": terms.plan.clip,
        "gradient_norm": plain(terms.norm),
    }
