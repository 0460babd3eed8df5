"""Penalties on weights, and the two ways of keeping numbers small: clipping gradients, limiting weights.

    penalty    l1 * sum |w| + l2 / 2 * sum w^2        slope    l1 * sign(w) + l2 * w      (sign(0) = 0)

>>> import numpy as np
>>> w = np.array([[3.0, -4.0]])
>>> float(penalty(np, w, 0.5, 0.25)), penalty_slope(np, w, 0.5, 0.25).tolist()
(6.625, [[1.25, -1.5]])
>>> gradients, norm = clip_by_norm(np, [w], 2.5)
>>> float(norm), gradients[0].tolist()
(5.0, [[1.5, -2.0]])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def penalty(xp: Any, w: Any, l1: float, l2: float) -> Any:
    """What the weights of one array add to the loss: l1 * sum |w| + l2 / 2 * sum w^2, a scalar."""
    return l1 * xp.sum(xp.abs(w)) + 0.5 * l2 * xp.sum(w * w)


def penalty_slope(xp: Any, w: Any, l1: float, l2: float) -> Any:
    """What the penalty adds to the gradient: l1 * sign(w) + l2 * w, the shape of w. At 0 the slope taken is 0."""
    return l1 * xp.sign(w) + l2 * w


def clip_by_norm(xp: Any, gradients: Sequence[Any], limit: float) -> tuple[list[Any], Any]:
    """Shrink all gradients by one factor so that their common norm is at most `limit` (Pascanu et al. 2013).

    norm = sqrt(sum over all arrays of g^2); g stays as it is where norm <= limit, else g * limit / norm. Returns the
    new arrays (same shapes and dtypes) and the norm before. The largest entry is divided out before squaring, so that
    the norm overflows only where it is itself too large. torch divides by norm + 1e-6 instead, and so ends a
    little below the limit.
    """
    if not gradients:
        return [], xp.asarray(0.0)
    largest = xp.max(xp.stack([xp.max(xp.abs(g), initial=0.0) for g in gradients]))
    unit = xp.where(largest > 0.0, largest, xp.ones_like(largest))
    norm = largest * xp.sqrt(sum(xp.sum((g / unit) * (g / unit)) for g in gradients))
    scale = _shrink(xp, norm, limit)
    return [(g * scale).astype(g.dtype) for g in gradients], norm


def max_norm(xp: Any, W: Any, limit: float) -> Any:
    """Shrink each unit's incoming weights, the columns of W (n_in, n_out), to a norm of at most `limit`.

    Srivastava et al., Dropout, 2014. Columns within the limit are returned bit for bit.
    """
    largest = xp.max(xp.abs(W), axis=0, initial=0.0)
    unit = xp.where(largest > 0.0, largest, xp.ones_like(largest))
    norm = largest * xp.sqrt(xp.sum((W / unit) * (W / unit), axis=0))
    return (W * _shrink(xp, norm, limit)).astype(W.dtype)


def _shrink(xp: Any, norm: Any, limit: float) -> Any:
    """The factor that brings `norm` down to `limit`, 1 where it is there already."""
    over = norm > limit
    return xp.where(over, limit / xp.where(over, norm, xp.ones_like(norm)), xp.ones_like(norm))
