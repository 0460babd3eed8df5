"""Schedules: how the learning rate changes while a network trains.

A schedule gives a factor that multiplies the optimizer's learning rate. `epoch` counts from the start of this fit and
has a fraction inside an epoch (step / steps per epoch); `epochs` is how many the fit was asked for. `plateau` looks at
the loss instead: it keeps a small memory, a plain dictionary that is saved with the training state.

>>> import numpy as np
>>> from pellucid.maths.schedules import schedules
>>> float(schedules.step(every=10, factor=0.5).run(np, 25.0, 100))
0.25
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from .record import Parameter, Record, Table


@dataclass(frozen=True, kw_only=True, repr=False)
class Schedule(Record):
    """One schedule: `factor(xp, epoch, epochs, **options)`, and for `plateau` also `observe`.

    `observe(memory, loss, **options)` returns the new memory after an epoch's loss; `memory["factor"]` then multiplies
    the learning rate too. An empty memory is the start.
    """

    factor: Callable[..., Any]
    observe: Callable[..., dict[str, Any]] | None = None

    functions: ClassVar[tuple[str, ...]] = ("factor", "observe")

    def run(self, xp: Any, epoch: Any, epochs: int, memory: dict[str, Any] | None = None) -> Any:
        """The factor at this (fractional) epoch, the memory's part included."""
        return self.factor(xp, epoch, epochs, **self.options) * (memory or {}).get("factor", 1.0)

    def remember(self, memory: dict[str, Any], loss: float) -> dict[str, Any]:
        """The memory after one more epoch with this loss; schedules that look at no loss keep it as it is."""
        return self.observe(memory, loss, **self.options) if self.observe else memory


def constant(xp: Any, epoch: Any, epochs: int) -> Any:
    """The learning rate stays as it is."""
    return 1.0


def step(xp: Any, epoch: Any, epochs: int, every: float, factor: float) -> Any:
    """Multiply by `factor` once `every` so many epochs."""
    return factor ** xp.floor(epoch / every)


def cosine(xp: Any, epoch: Any, epochs: int, final: float) -> Any:
    """Half a cosine from 1 down to `final` (Loshchilov and Hutter, SGDR, 2017, one cycle without restarts)."""
    return final + (1.0 - final) * 0.5 * (1.0 + xp.cos(math.pi * xp.clip(epoch / epochs, 0.0, 1.0)))


def warm_up(xp: Any, epoch: Any, epochs: int, length: float, start: float) -> Any:
    """A straight line from `start` up to 1 over the first `length` epochs, then 1."""
    return start + (1.0 - start) * xp.clip(epoch / length, 0.0, 1.0)


def one_cycle(xp: Any, epoch: Any, epochs: int, peak: float, start: float, final: float) -> Any:
    """Up from `start` to 1 at the fraction `peak` of the fit, then down to `final`, both by half a cosine.

    Smith and Topin, Super-convergence, 2018, in torch's form (cosine instead of straight lines, two phases).
    """
    progress = xp.clip(epoch / epochs, 0.0, 1.0)
    rise = 0.5 * (1.0 - xp.cos(math.pi * xp.clip(progress / peak, 0.0, 1.0)))
    fall = 0.5 * (1.0 + xp.cos(math.pi * xp.clip((progress - peak) / (1.0 - peak), 0.0, 1.0)))
    return xp.where(progress < peak, start + (1.0 - start) * rise, final + (1.0 - final) * fall)


def flat(xp: Any, epoch: Any, epochs: int, factor: float, patience: int, threshold: float, minimum: float) -> Any:
    """`plateau` does not look at the epoch: its factor comes from the memory alone."""
    return 1.0


def observe_plateau(
    memory: dict[str, Any], loss: float, factor: float, patience: int, threshold: float, minimum: float
) -> dict[str, Any]:
    """Multiply by `factor` when more than `patience` epochs in a row brought no new best loss.

    A new best is below the old one by the part `threshold` of it. This is torch's ReduceLROnPlateau, except that a
    negative best loss must also be improved on (torch's best * (1 - threshold) would accept a worse one).
    """
    best, waited, now = memory.get("best"), memory.get("waited", 0), memory.get("factor", 1.0)
    if best is None or loss < best - threshold * abs(best):
        return {"factor": now, "best": float(loss), "waited": 0}
    if waited < patience:
        return {"factor": now, "best": best, "waited": waited + 1}
    return {"factor": max(now * factor, minimum), "best": best, "waited": 0}


_SHRINK = Parameter(name="factor", default=0.1, low=0.0, high=1.0, open="low", meaning="what the rate is multiplied by")

schedules: Table[Schedule] = Table(
    "schedule",
    [
        Schedule(name="constant", formula=r"f = 1", factor=constant),
        Schedule(
            name="step",
            formula=r"f = \gamma^{\lfloor e / n \rfloor}",
            factor=step,
            parameters=(
                Parameter(name="every", default=10.0, low=0.0, open="low", meaning="epochs from drop to drop"),
                _SHRINK,
            ),
        ),
        Schedule(
            name="cosine",
            formula=r"f = f_1 + (1 - f_1) \tfrac{1}{2} (1 + \cos(\pi e / E))",
            factor=cosine,
            parameters=(Parameter(name="final", default=0.0, low=0.0, high=1.0, meaning="the factor at the end"),),
        ),
        Schedule(
            name="warm_up",
            formula=r"f = f_0 + (1 - f_0) \min(1, e / n)",
            factor=warm_up,
            parameters=(
                Parameter(name="length", default=5.0, low=0.0, open="low", meaning="epochs until the full rate"),
                Parameter(name="start", default=0.1, low=0.0, high=1.0, meaning="the factor at the start"),
            ),
        ),
        Schedule(
            name="one_cycle",
            formula=r"f = f_0 + (1 - f_0) \tfrac{1}{2} (1 - \cos(\pi p / q)) \text{ for } p = e / E < q, "
            r"\text{ then } f_1 + (1 - f_1) \tfrac{1}{2} (1 + \cos(\pi (p - q) / (1 - q)))",
            factor=one_cycle,
            parameters=(
                Parameter(name="peak", default=0.3, low=0.0, high=1.0, open="both", meaning="where the rate is full"),
                Parameter(name="start", default=0.04, low=0.0, high=1.0, meaning="the factor at the start"),
                Parameter(name="final", default=4e-6, low=0.0, high=1.0, meaning="the factor at the end"),
            ),
        ),
        Schedule(
            name="plateau",
            formula=r"f \leftarrow \gamma f \text{ after more than } n \text{ epochs without a new best loss}",
            factor=flat,
            observe=observe_plateau,
            parameters=(
                _SHRINK,
                Parameter(name="patience", default=10, low=0, meaning="epochs without a new best that are forgiven"),
                Parameter(name="threshold", default=1e-4, low=0.0, high=1.0, meaning="the least improvement, relative"),
                Parameter(name="minimum", default=0.0, low=0.0, high=1.0, meaning="the factor never falls below it"),
            ),
        ),
    ],
)
