"""What an activation is: the record that holds its functions, their formulas, and what others must know of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError
from .record import Record

INFINITY = math.inf


@dataclass(frozen=True, kw_only=True, repr=False)
class Activation(Record):
    """An activation: its functions, their formulas, and what others must know of it.

    An elementwise one has `slope`; any other (softmax) has `vector_backward`, and may have `jacobian`, the same as a
    matrix written out. `weights` names the initializer that suits the weights before it. `refusal`, if not empty, says
    why a network cannot be trained through it and what to use instead. `range`, `kinks`, `weights` and `refusal` may be
    functions of the options; `bounds()`, `kink_points()`, `suited()` and `refused()` give what they say.
    """

    forward: Callable[..., Any]
    slope: Callable[..., Any] | None = None
    vector_backward: Callable[..., Any] | None = None
    jacobian: Callable[..., Any] | None = None
    slope_formula: str = ""
    range: tuple[float, float] | Callable[..., tuple[float, float]] = (-INFINITY, INFINITY)
    kinks: tuple[tuple[float, float], ...] | Callable[..., tuple[tuple[float, float], ...]] = ()
    weights: str | Callable[..., str] = "glorot_uniform"
    refusal: str | Callable[..., str] = ""

    functions: ClassVar[tuple[str, ...]] = ("forward", "slope", "vector_backward", "jacobian")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slope is None and self.vector_backward is None and not self.refusal:
            raise InputError(
                f"activation {self.name!r} has neither slope nor vector_backward",
                "slope(xp, z, a), which is da/dz element by element, or vector_backward(xp, z, a, da), which is dz",
                'Activation(..., slope=my_slope), or refusal="why it cannot be trained through"',
            )
        if not callable(self.range) and not _is_interval(self.range):
            raise InputError(
                f"activation {self.name!r} has range={self.range!r}",
                "the least and the largest value that it gives",
                "range=(0.0, 1.0)",
            )

    def run(self, xp: Any, z: np.ndarray) -> np.ndarray:
        """The activation a of the weighted sums z, with this record's options."""
        return self.forward(xp, z, **self.options)

    def slope_at(self, xp: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        """da/dz, element by element; only for an elementwise activation (`slope` is not None)."""
        if self.slope is None:
            raise TypeError(f"{self.name} has a Jacobian, not a slope: each output depends on every z of its row")
        return self.slope(xp, z, a, **self.options)

    def backward(self, xp: Any, z: np.ndarray, a: np.ndarray, da: np.ndarray) -> np.ndarray:
        """The error signal dz = dL/dz from da = dL/da: da times the slope, or the Jacobian's product with da."""
        if self.vector_backward is not None:
            return self.vector_backward(xp, z, a, da, **self.options)
        return da * self.slope_at(xp, z, a)

    def jacobian_at(self, xp: Any, z_row: np.ndarray, a_row: np.ndarray) -> np.ndarray:
        """The matrix of da_i/dz_j for one row, `(units, units)`; diagonal for an elementwise activation."""
        if self.jacobian is not None:
            return self.jacobian(xp, z_row, a_row, **self.options)
        if self.slope is None:
            # vector_backward gives da times the Jacobian: with da = (.., 1, ..) that is one row of it.
            units = len(z_row)
            z, a = (xp.broadcast_to(row, (units, units)) for row in (z_row, a_row))
            return self.backward(xp, z, a, xp.eye(units, dtype=z_row.dtype))
        return xp.diag(self.slope_at(xp, z_row, a_row))

    def bounds(self) -> tuple[float, float]:
        """The closed interval of the values that a can take (limits included)."""
        return self.range(**self.options) if callable(self.range) else self.range

    def kink_points(self) -> tuple[tuple[float, float], ...]:
        """Each z at which the derivative jumps, with the slope taken there."""
        return self.kinks(**self.options) if callable(self.kinks) else self.kinks

    def suited(self) -> str:
        """The name of the initializer that the weights before it start from, unless told otherwise."""
        return self.weights(**self.options) if callable(self.weights) else self.weights

    def refused(self) -> str:
        """Why no network can be trained through it; "" if one can."""
        return self.refusal(**self.options) if callable(self.refusal) else self.refusal


def _is_interval(pair: Any) -> bool:
    try:
        low, high = map(float, pair)
    except (TypeError, ValueError):
        return False
    return low < high
