"""`net.compile()`: a callable for rows that costs little more than the arithmetic.

The callable is made once, from a copy of the parameters. It answers a plain array of the network's dtype without a
line of Python; anything else (a list, a frame, another dtype, a gap, a number too large) takes the way of `predict`,
which converts, prepares, or says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..data.prepare import restore_target
from ..engines import say_once
from ..engines.native import PARAMETERS, Core, core, lacking, layer_records
from ..errors import InputError, during
from ..maths import passes
from ..model.history import History
from ..model.model import Model
from .answers import is_classifier, not_finite
from .examples import narrowed, prepared_inputs

# Prepared rows (n, n_in) of the network's dtype to the last layer's activations (n, n_out); all finite.
Answer = Callable[[np.ndarray], np.ndarray]


def compiled(model: Model) -> Callable[..., np.ndarray]:
    """The callable: native where the core has the network, else in Python, which is said once."""
    model = frozen(model)
    found, missing = core(), lacking(model.layers)
    if found.module is None or missing:
        say_once(missing or f"there is no native core: {found.why}")
        return NumpyCompiled(model)
    plain = native(found, model, (), ((), ()), lambda compiled, x, out: refuse(model, x))
    slow = careful(model, plain)
    before, after = scaling(model)
    if model.preprocessing is not None and before is None:
        return native(found, model, (), ((), ()), slow, fast=False)
    return native(found, model, before or ((), ()), after, slow)


def frozen(model: Model) -> Model:
    """A copy that later training does not change; of the training state it keeps what answers need, the plan."""
    training = model.training and replace(model.training, slots=[], origin=None)
    return replace(model, parameters=model.parameters.copy(), training=training, history=History(), data=None)


def native(found: Core, model: Model, before: Any, after: Any, slow: Callable[..., Any], fast: bool = True) -> Any:
    """The core's callable. Where not even a plain array can go the fast way, none is let into it."""
    module = found.module
    arrays = [
        (k, PARAMETERS.index(name), np.ascontiguousarray(array))
        for k, layer in enumerate(model.parameters.by_layer)
        for name, array in layer.items()
    ]
    records = layer_records(module, model.n_in, model.layers)
    wide, text = model.dtype == np.float64, described(model, found.level)
    scales = [list(numbers) for pair in (before or ((), ()), after or ((), ())) for numbers in pair]
    return module.compile(found.level, wide, records, arrays, *scales, text, slow, fast)


def described(model: Model, level: str) -> str:
    """Its repr: "compiled network 4 -> 16 -> 2, float64 (x86-64-v4)"."""
    return f"compiled network {' -> '.join(map(str, model.widths))}, {model.dtype} ({level})"


def scaling(model: Model) -> tuple[Any, Any]:
    """(mean, scale) of each input and of each output, where preparing the columns is nothing but that; else None."""
    record, none = model.preprocessing, ((), ())
    if record is None:
        return none, none
    simple = all(c.kind == "numeric" and c.transform == "none" and not c.missing_indicator for c in record.columns)
    in_order = tuple(column.name for column in record.columns) == record.names
    if not (simple and in_order and model.dtype == np.float64):
        return None, none
    before = [c.mean for c in record.columns], [c.scale for c in record.columns]
    return before, none if is_classifier(model) else (record.target.mean, record.target.scale)


def refuse(model: Model, x: np.ndarray) -> None:
    """The error for prepared rows whose answer is not finite."""
    with during("a compiled network"):
        raise not_finite(model, np.atleast_2d(x))


def careful(model: Model, answer: Answer) -> Callable[..., np.ndarray]:
    """The slow way, as `slow(compiled, x, out)`: whatever `predict` takes, checked and converted as it does."""

    def slow(compiled: Any, x: Any, out: Any) -> np.ndarray:
        with during("a compiled network"):
            prepared, single = prepared_inputs(model, x, say=True)
            prepared = narrowed(prepared, model.dtype, "X")
            a = answer(prepared) if len(prepared) else np.empty((0, model.n_out), model.dtype)
            if model.preprocessing is not None and not is_classifier(model):
                a = restore_target(model.preprocessing, a)
            return placed(a[0] if single else a, out)

    return slow


def placed(answer: np.ndarray, out: Any) -> np.ndarray:
    """The answer itself, or `out` with the answer in it."""
    if out is None:
        return answer
    if not isinstance(out, np.ndarray) or out.shape != answer.shape or out.dtype != answer.dtype:
        form = f"an array of shape {out.shape}, {out.dtype}" if isinstance(out, np.ndarray) else repr(out)
        instead = f"out=np.empty({answer.shape}, dtype={str(answer.dtype)!r})"
        raise InputError(f"out= {form}", f"an array of shape {answer.shape}, {answer.dtype}", instead)
    if not out.flags.writeable:
        raise InputError("out= an array that cannot be written to", "one that can", "out=out.copy()")
    out[...] = answer
    return out


class NumpyCompiled:
    """The same callable without the core: what `predict` does, in NumPy's time."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._slow = careful(model, self._answer)

    def __call__(self, x: Any, out: Any = None) -> np.ndarray:
        """Answer one row (n_in,), or rows (n, n_in)."""
        return self._slow(self, x, out)

    def __repr__(self) -> str:
        return described(self._model, "numpy")

    def _answer(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            a = passes.output(np, self._model.layers, self._model.parameters.by_layer, x)
        if not np.isfinite(a).all():
            raise not_finite(self._model, x)
        return a
