"""Sessions of the native core for a FANN net: begun, and kept for a next call with the same rows.

A script may train a small net epoch by epoch, and making a session anew takes many times as long as such an epoch. One
that was kept serves again only where the wiring, the functions and all arrays are the very same; weights, settings and
what training remembers are read anew at each beginning. So nothing but the time tells that it was kept.
"""

from __future__ import annotations

from operator import attrgetter, is_
from typing import Any, NamedTuple

import numpy as np

from ..io.fann.structure import Structure

# Weights and inputs up to which a session is kept: it holds the rows, and some numbers for each weight.
FEW = 1 << 16

# The kernels' names of the settings.
_NAMES = {
    "learning_rate": "learning_rate",
    "momentum": "learning_momentum",
    "bit_fail_limit": "bit_fail_limit",
    "quickprop_decay": "quickprop_decay",
    "quickprop_mu": "quickprop_mu",
    "increase": "rprop_increase_factor",
    "decrease": "rprop_decrease_factor",
    "delta_min": "rprop_delta_min",
    "delta_max": "rprop_delta_max",
    "delta_zero": "rprop_delta_zero",
    "weight_decay_shift": "sarprop_weight_decay_shift",
    "step_error_threshold_factor": "sarprop_step_error_threshold_factor",
    "step_error_shift": "sarprop_step_error_shift",
    "temperature": "sarprop_temperature",
}
_SETTINGS = attrgetter("train_error_function", *_NAMES.values())


class Order(NamedTuple):
    """How a session computes. `strict`: every sum in FANN's order; `right`: by pellucid's rules, not FANN's."""

    algorithm: int
    strict: bool
    right: bool
    threads: int


class Session(NamedTuple):
    """One of the core's sessions, and what it was begun with. `arrays`: X, Y, and four with a number a connection."""

    core: Any
    order: Order
    wiring: tuple[Any, ...]
    arrays: tuple[np.ndarray | None, ...]
    settings: tuple[float, ...]
    rules: Any


class Sessions:
    """Begins sessions of `module`, the extension."""

    def __init__(self, module: Any, level: str) -> None:
        self.module, self.level = module, level
        self._kept: dict[Order, Session] = {}

    def begin(self, net: Structure, order: Order, *arrays: np.ndarray | None) -> Session:
        """The session that was kept, if it is of the same net, rows and arrays, else a new one."""
        wiring, settings = _wiring(net), _SETTINGS(net.settings)
        # Taken out while it is in use: another thread makes one of its own.
        kept = self._kept.pop(order, None)
        if kept is None or kept.wiring != wiring or not all(map(is_, kept.arrays, arrays)):
            rules = self.rules(net, order)
            return Session(self.new(net, order, rules, *arrays), order, wiring, arrays, settings, rules)
        if settings != kept.settings:
            kept = kept._replace(settings=settings, rules=self.rules(net, order))
        kept.core.begin_again(kept.rules)
        return kept

    def keep(self, session: Session) -> None:
        """For a next call, where it is small."""
        X, _, weights, *_ = session.arrays
        if X is not None and weights is not None and X.size + weights.size <= FEW:
            self._kept[session.order] = session

    def new(
        self,
        net: Structure,
        order: Order,
        rules: Any,
        *arrays: np.ndarray | None,
        patience: tuple[float, int, int] | None = None,
    ) -> Any:
        """A session of the core's; with a `patience`, of an output phase."""
        given = self.net(net)
        return self.module.FannSession(self.level, order.strict, given, rules, *arrays, order.threads, patience)

    def rules(self, net: Structure, order: Order) -> Any:
        """How to train, as the core takes it."""
        rules, settings = self.module.FannRules(), net.settings
        rules.algorithm, rules.right = order.algorithm, int(order.right)
        rules.error_tanh = int(settings.train_error_function != 0)
        for name, setting in _NAMES.items():
            setattr(rules, name, getattr(settings, setting))
        return rules

    def net(self, net: Structure) -> Any:
        """The net as the core takes it: all but its weights."""
        arrays = (net.n_inputs, net.activation, net.steepness, net.sources)
        return self.module.FannNet(net.layer_sizes, net.layered, net.sparse, *arrays)


def _wiring(net: Structure) -> tuple[Any, ...]:
    """What the core's net is made of, by content: each of these arrays may be changed in place."""
    arrays = (net.n_inputs, net.activation, net.steepness, net.sources)
    return (net.layered, net.sparse, *net.layer_sizes, *(array.tobytes() for array in arrays))
