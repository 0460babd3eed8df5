"""What a trace keeps: step 0, each layer, each parameter, the loss and the terms of the update. Plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...maths.optimizers import Optimizer
from ...model.layers import Layer
from ...model.plan import Plan

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Preparation:
    """Step 0: what each original column held, and what became of it.

    `values[c][row]` is what column c held, `prepared[row, parts[c]]` the numbers that the first layer sees in its
    stead.
    """

    columns: tuple[str, ...]
    values: tuple[Array, ...]
    prepared_names: tuple[str, ...]
    parts: tuple[slice, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ParameterTrace:
    """One parameter on its way through a step; all arrays have its shape.

    `data` is the gradient of the data loss, `penalty` what L1 and L2 add to it (None: nothing), `gradient` their
    sum, `clipped` what the optimizer was given. `slots` is the optimizer's memory before the step, `lines` every
    value it computed by name, `updated` the parameter after the step, the max-norm rule included. Without targets
    only `value` is there.
    """

    value: Array
    data: Array | None = None
    penalty: Array | None = None
    gradient: Array | None = None
    clipped: Array | None = None
    slots: dict[str, Array] = field(default_factory=dict)
    lines: dict[str, Any] = field(default_factory=dict)
    updated: Array | None = None


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One layer: x -> z -> a on the way forward; on the way back `da`, `dz` and its parameters' gradients.

    Arrays are (n, units), x is (n, inputs). `da` and `dz` are derivatives of the batch's data loss, each example's
    share in it included; both are None without targets, and `da` is None too where the loss gives dz itself
    (cross-entropies).
    """

    name: str
    layer: Layer
    x: Array
    z: Array
    a: Array
    da: Array | None
    dz: Array | None
    parameters: dict[str, ParameterTrace]

    @property
    def slope(self) -> Array | None:
        """da/dz, element by element; None for an activation with a Jacobian (softmax)."""
        if self.layer.activation.slope is None:
            return None
        with np.errstate(all="ignore"):
            return self.layer.activation.slope_at(np, self.z, self.a)

    @property
    def jacobian(self) -> Array | None:
        """Each row's matrix of da_i/dz_j (n, units, units); None for an elementwise activation, which has a slope."""
        if self.layer.activation.slope is not None:
            return None
        return np.stack([self.jacobian_of(row) for row in range(len(self.z))])

    def jacobian_of(self, row: int) -> Array:
        """One row's matrix of da_i/dz_j (units, units); diagonal for an elementwise activation."""
        with np.errstate(all="ignore"):
            return self.layer.activation.jacobian_at(np, self.z[row], self.a[row])

    @property
    def dW(self) -> Array | None:
        """The weights' gradient, penalties included, before clipping; None for a layer without weights."""
        return self.parameters["W"].gradient if "W" in self.parameters else None

    @property
    def db(self) -> Array | None:
        """The biases' gradient, before clipping; None for a layer without biases."""
        return self.parameters["b"].gradient if "b" in self.parameters else None


@dataclass(frozen=True, eq=False)
class LossTrace:
    """The loss of each example, how much each counts, and the sum of all, penalties apart.

    `total = sum(shares * each) + penalty`. `from_logits` says that it was computed from the last layer's z, because
    the output's activation is the one that the loss belongs to.
    """

    each: Array
    shares: Array
    data: float
    penalty: float
    from_logits: bool

    @property
    def total(self) -> float:
        """The number that training brings down."""
        return self.data + self.penalty


@dataclass(frozen=True, eq=False)
class Terms:
    """On what terms the update is made: the plan, the step's number t, its epoch, learning rate and gradient norm.

    `norm` is the length of the whole gradient before clipping (None where the plan does not clip).
    """

    plan: Plan
    step: int
    epoch: int
    learning_rate: float
    norm: float | None

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer with its options."""
        return self.plan.optimizer

    @property
    def options(self) -> dict[str, Any]:
        """The optimizer's options as this step used them: the learning rate is the schedule's."""
        options = self.optimizer.options
        if self.optimizer.has_learning_rate:
            options["learning_rate"] = self.learning_rate
        return options
