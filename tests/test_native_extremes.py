"""Losses and gradients at the ends of what numbers can be: saturated, underflown, nearly overflowing outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from native_cases import LOSSES, differences, needs_native, slots
from pellucid import Dense, DivergenceError, Network, activations

pytestmark = needs_native
# What goes into the last activation, for either sign: denormal, small, on both sides of where e^z, ln(1 + e^z) and
# tanh change their formulas, large, and as large as a number can be.
PLACES = (0.0, 1e-320, 1e-300, 1e-8, 0.5, 3.0, 17.0, 36.5, 40.0, 88.5, 104.0, 709.5, 746.5, 1e5, 1e150, 1e200, 1e300)
TARGETS: dict[str, Any] = {
    "classes": lambda k: np.eye(k)[[0, 1, k - 1]],
    "shares": lambda k: np.repeat([[0.0], [1.0], [0.5]], k, axis=1),
    "signs": lambda k: np.repeat([[1.0], [-1.0], [1.0]], k, axis=1),
    "counts": lambda k: np.repeat([[0.0], [2.0], [5.0]], k, axis=1),
}
PAIRS = [(loss, output) for loss, (outputs, _) in LOSSES.items() for output in outputs]


def measured(engine: str, loss: str, output: str, k: int, place: float) -> Any:
    """(loss, gradient), or what diverged; nothing is changed."""
    x = np.array([[place], [-place], [place / 3]])
    net = Network(1, Dense(k, output, weights=np.linspace(1, -0.5, k)[None], biases=np.zeros(k)), seed=0)
    low, high = activations.resolve(output).bounds()
    inside = np.clip(np.repeat([[0.25], [0.5], [0.75]], k, axis=1), low, high)
    Y = TARGETS[LOSSES[loss][1]](k) if LOSSES[loss][1] in TARGETS else inside
    try:
        how: dict[str, Any] = {"batch_size": None, "optimizer": "sgd(learning_rate=0)", "engine": engine}
        history = net.fit(x, Y, loss=loss, epochs=1, **how)
    except DivergenceError as error:
        return error.layer, error.quantity
    return history.loss[0], slots(net, "velocity")


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_the_ends_of_every_loss_and_output(loss: str, output: str) -> None:
    for k in (1, 3, 9):
        for place in PLACES if (loss, k) != ("cross_entropy", 1) else ():
            here, there = (measured(engine, loss, output, k, place) for engine in ("native", "numpy"))
            if isinstance(there[0], str) or isinstance(here[0], str):
                assert here == there, (k, place)
                continue
            assert here[0] == pytest.approx(there[0], rel=1e-12, abs=1e-15), (k, place)
            for name, gap, size in differences(here[1], there[1]):
                # 1 - a and 1 - a² are rounded near a = 1, and a row's input multiplies that.
                assert gap <= max(1e-12 * size, 1e-15 * (1 + min(place, 100))), (k, place, name)
