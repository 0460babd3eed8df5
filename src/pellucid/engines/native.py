"""The native core as Python sees it: whether it is there, what it can run, and how a network is written down for it.

The core is the C++ extension `_native` (see `cpp/README.md`). It may be missing: a wheel built without a compiler has
none, and `PELLUCID_NO_NATIVE=1` leaves it alone. Everything then runs on NumPy, with the same results up to rounding.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError, unknown_name
from ..maths.activations import Activation, activations
from ..maths.by_unit import unit_of
from ..maths.layers import layer_rules
from ..maths.losses import losses
from ..maths.optimizers import optimizers
from ..maths.random import PURPOSES, key_of_purpose
from ..model.layers import Layer, inputs, layer_names
from ..model.plan import Plan

# The numbers by which the kernels know them: their places here, as in cpp/kernels.
ACTIVATIONS = (
    "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "softplus", "softsign",
    "softmax", "hard_sigmoid", "threshold", "threshold_symmetric", "gaussian", "gaussian_symmetric", "elliot",
    "linear_piece", "linear_piece_symmetric", "sine", "cosine", "sine_positive", "cosine_positive", "sigmoid_stepwise",
    "tanh_stepwise", "by_unit",
)  # fmt: skip
LOSSES = (
    "squared_error", "half_squared_error", "absolute_error", "huber", "binary_cross_entropy", "cross_entropy", "hinge",
    "poisson",
)  # fmt: skip
RULES = ("dense", "dropout")
# And the optimizers' options in the order in which the kernels take them.
OPTIMIZERS: dict[str, tuple[str, ...]] = {
    "sgd": ("momentum", "nesterov"),
    "rmsprop": ("alpha", "epsilon", "momentum"),
    "adagrad": ("epsilon",),
    "adam": ("beta1", "beta2", "epsilon"),
    "adamw": ("beta1", "beta2", "epsilon", "weight_decay"),
    "rprop": ("initial_step", "grow", "shrink", "smallest", "largest"),
    "quickprop": ("growth", "weight_decay"),
    "sarprop": (
        "initial_step", "grow", "shrink", "smallest", "largest", "temperature", "weight_decay", "threshold",
        "noise_scale",
    ),
}  # fmt: skip
# "W" and "b", by the number that the kernels give them.
PARAMETERS = ("W", "b")


class Core(NamedTuple):
    """The extension, or None and why it is not there; `level` is the instruction set that it will use."""

    module: Any
    why: str
    level: str = ""


def core() -> Core:
    """The native core as the environment lets it be used now.

    `PELLUCID_NO_NATIVE=1` leaves it alone; `PELLUCID_INSTRUCTION_SET` chooses a lower one than the best.
    """
    if os.environ.get("PELLUCID_NO_NATIVE", "0") not in ("", "0"):
        return Core(None, "PELLUCID_NO_NATIVE is set")
    module, why = _extension()
    if module is None:
        return Core(None, why)
    available: list[str] = module.levels()
    wanted = os.environ.get("PELLUCID_INSTRUCTION_SET", "")
    if not wanted:
        return Core(module, f"the best of {', '.join(available)} that this processor has", available[0])
    if wanted not in available:
        raise unknown_name("instruction set (PELLUCID_INSTRUCTION_SET)", wanted, available)
    return Core(module, "PELLUCID_INSTRUCTION_SET asks for it", wanted)


@lru_cache(maxsize=1)
def _extension() -> tuple[ModuleType | None, str]:
    try:
        from . import _native  # type: ignore[attr-defined, unused-ignore]
    except ModuleNotFoundError:
        return None, "this installation was built without it (no C++ compiler was found, or PELLUCID_NO_NATIVE was set)"
    except ImportError as error:
        return None, f"the extension does not load: {error}"
    return _native, ""


def lacking(layers: Sequence[Layer], plan: Plan | None = None) -> str:
    """What of this network or plan the native core does not have, in words; "" if it has all of it."""
    for name, layer in zip(layer_names(layers), layers, strict=True):
        if not layer_rules.holds(layer.rule):
            return f"the layer rule {layer.rule.name!r} of {name} is your own"
        for activation in (layer.activation, *layer.activation.options.get("units", ())):
            if not activations.holds(activation):
                return f"the activation {activation.name!r} of {name} is your own"
    if plan is None:
        return ""
    if not losses.holds(plan.loss):
        return f"the loss {plan.loss.name!r} is your own"
    if not optimizers.holds(plan.optimizer):
        return f"the optimizer {plan.optimizer.name!r} is your own"
    return ""


def layer_records(module: Any, n_in: int, layers: Sequence[Layer], seed: int = 0, anneals: bool = False) -> list[Any]:
    """The layers as the kernels take them; `anneals` says whether the optimizer draws noise for their weights."""
    records = []
    for k, (layer, n) in enumerate(zip(layers, inputs(n_in, layers), strict=True)):
        record = module.Layer()
        record.rule, record.activation = RULES.index(layer.rule.name), ACTIVATIONS.index(layer.activation.name)
        record.n_in, record.n_out, record.sees = n, layer.width(n), int(layer.sees == "all")
        record.alpha = layer.activation.options.get("alpha", 0.0)
        if layer.activation.name == "by_unit":
            record.set_units(unit_records(layer.activation, record.n_out))
        record.l1, record.l2, record.max_norm = layer.l1, layer.l2, layer.max_norm or 0.0
        if layer.rule.name == "dropout":
            record.rate = layer.rule.options["rate"]
            record.set_key(*key_of_purpose(seed, PURPOSES["dropout"], k + 1))
        else:
            record.bias = int(layer.rule.options["bias"])
            if (mask := layer.rule.options.get("mask")) is not None:
                record.set_mask(mask.array)
            if anneals:
                record.set_key(*key_of_purpose(seed, PURPOSES["noise"], k + 1))
        records.append(record)
    return records


def unit_records(activation: Activation, n: int) -> list[tuple[int, float, float]]:
    """For each of n units its activation's number, alpha and steepness."""
    pairs = (unit_of(activation, unit) for unit in range(n))
    return [(ACTIVATIONS.index(f.name), f.options.get("alpha", 0.0), steepness) for f, steepness in pairs]


def plan_record(module: Any, plan: Plan, n_rows: int, seed: int, threads: int) -> Any:
    """The plan as the kernels take it."""
    record = module.Plan()
    record.loss, record.optimizer = LOSSES.index(plan.loss.name), list(OPTIMIZERS).index(plan.optimizer.name)
    record.n_slots = len(plan.optimizer.slots)
    record.n_rows, record.batch = n_rows, n_rows if plan.batch_size is None else min(plan.batch_size, n_rows)
    record.shuffle, record.mean = int(plan.shuffle), int(plan.reduction == "mean")
    record.members = threads
    record.delta, record.clip = plan.loss.options.get("delta", 0.0), plan.clip or 0.0
    record.set_shuffle_key(*key_of_purpose(seed, PURPOSES["shuffle"], 0))
    record.set_options([float(plan.optimizer.options[name]) for name in OPTIMIZERS[plan.optimizer.name]])
    return record


def multiplications(n_in: int, layers: Sequence[Layer], rows: int) -> int:
    """How many multiplications one forward pass of so many rows takes."""
    taken = zip(inputs(n_in, layers), layers, strict=True)
    return rows * sum(n * layer.width(n) for n, layer in taken if layer.rule.name == "dense")


# From so many multiplications in one forward pass on, a second thread makes a step at least a fifth faster: "thread
# scaling" in docs/benchmarks.md.
PAYS_FROM = 300_000


def threads_for(wanted: int | None, work: int) -> tuple[int, str]:
    """How many threads a training uses, and why: what was asked for, else all cores where a batch is large."""
    if wanted is None and (text := os.environ.get("PELLUCID_THREADS", "")):
        number = int(text) if text.isdecimal() and len(text) < 9 else 0
        wanted = _threads(number, "PELLUCID_THREADS", text)
    if wanted is not None:
        return wanted, "asked for"
    if work < PAYS_FROM:
        return 1, "small batches are faster on one"
    available = cores()
    return (available, "the batches are large") if available > 1 else (1, "there is one core")


def checked_threads(threads: Any) -> int | None:
    """`threads=` as a whole number from 1 to 1024, or None for the rule."""
    return None if threads is None else _threads(threads, "threads")


def _threads(given: Any, name: str, text: str | None = None) -> int:
    whole = isinstance(given, (int, np.integer)) and not isinstance(given, bool)
    number = int(given) if whole else 0
    if 1 <= number <= 1024:
        return number
    raise InputError(f"{name}={(given if text is None else text)!r}", "a whole number from 1 to 1024", f"{name}=1")


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def info() -> Mapping[str, Any]:
    """Which engine trains, on which instruction set and with how many threads, and why.

    >>> sorted(info())
    ['engine', 'instruction_set', 'threads', 'why']
    """
    found = core()
    if found.module is None:
        return {"engine": "numpy", "instruction_set": "", "threads": 1, "why": f"no native core: {found.why}"}
    threads, reason = threads_for(None, PAYS_FROM)
    return {
        "engine": "native",
        "instruction_set": found.level,
        "threads": threads,
        "why": f"{found.level}: {found.why}; at most {threads} threads: {reason}",
    }
