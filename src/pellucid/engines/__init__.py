"""Who computes: the native core where it is there and can, else NumPy. `choose` decides, and says why.

The rule of `engine="auto"`: the native core trains unless it is missing (see `info()`), or the network or the plan
holds a record of the user's own (a layer rule, an activation, a loss, an optimizer), which only NumPy can run. The
choice and its reason stand in `history.engine`; where the core is missing altogether, a notice says so once.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ..errors import Notice, StateError, unknown_name
from ..model.layers import Layer
from ..model.plan import Plan
from .native import checked_threads, core, info, lacking, multiplications, threads_for
from .native_engine import NativeEngine
from .numpy_engine import NumpyEngine
from .protocol import Engine

__all__ = ["Choice", "Wish", "choose", "info", "wish"]

ENGINES = ("auto", "native", "numpy")


class Choice(NamedTuple):
    """An engine and the reason for it, in words."""

    engine: Engine
    reason: str


class Wish(NamedTuple):
    """What a user asked for: an engine by name, and a number of threads or None."""

    engine: str = "auto"
    threads: int | None = None


def wish(engine: Any = "auto", threads: Any = None) -> Wish:
    """The wish, if there is such an engine and such a number of threads."""
    if not isinstance(engine, str) or engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    return Wish(engine, checked_threads(threads))


def choose(wanted: Wish, n_in: int, layers: Sequence[Layer], plan: Plan, rows: int) -> Choice:
    """The engine for a training on so many rows, by the rule above.

    Raises StateError where the native core was asked for by name and cannot do it.
    """
    if wanted.engine == "numpy":
        return Choice(NumpyEngine(), "numpy: asked for")
    found, missing = core(), lacking(layers, plan)
    if found.module is not None and not missing:
        batch = rows if plan.batch_size is None else min(plan.batch_size, rows)
        threads, why = threads_for(wanted.threads, multiplications(n_in, layers, batch))
        number = f"{threads} thread{'s' if threads > 1 else ''}"
        return Choice(NativeEngine(found, threads), f"native: {found.level}, {number} ({why})")
    reason = missing or f"there is no native core: {found.why}"
    if wanted.engine == "native":
        raise StateError(f'engine="native", but {reason}', "what the native core has", 'engine="auto", or "numpy"')
    if not missing:
        say_once(reason)
    return Choice(NumpyEngine(), f"numpy: {reason}")


@lru_cache(maxsize=8)
def say_once(reason: str) -> None:
    """Warn that everything runs on NumPy; once for each reason, and not where the user asked for it."""
    if not reason.endswith("PELLUCID_NO_NATIVE is set"):
        warnings.warn(f"pellucid runs on NumPy, which is slower: {reason}", Notice, stacklevel=2)
