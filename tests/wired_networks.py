"""Random networks with layers that see all earlier ones, masks, and units with activations of their own."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pellucid import Dense, Dropout, Network
from pellucid.model.layers import Layer, inputs

SMOOTH = ("linear", "sigmoid", "tanh", "softsign", "gaussian", "elliot", "sine", "cosine_positive", "softplus")
MASK = np.array([[1, 0, 1], [1, 1, 0]])


def example(**more: object) -> Network:
    """2-3-1 with a mask, mixed units and shortcuts."""
    mixed = Dense(3, ["tanh", "silu", "sigmoid"], steepness=[0.5, 1, 2], mask=MASK, **more)
    last = Dense(1, "tanh", steepness=0.5, sees="all", mask=[[1], [0], [1], [1], [1]])
    return Network(2, mixed, last, seed=1)


@st.composite
def wired(draw: st.DrawFn, last: tuple[str, ...] = SMOOTH, dropout: bool = False) -> Network:
    """A random network with shortcuts, masks and mixed units; in masked places stand numbers that must not count."""
    n_in, count = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    layers: list[Layer] = []
    for k in range(count):
        if dropout and k and draw(st.booleans()):
            layers.append(Dropout(0.3))
        sees = draw(st.sampled_from(["previous", "all"]))
        units = draw(st.integers(1, 3))
        names = last if k == count - 1 else SMOOTH
        chosen = [draw(st.sampled_from(names)) for _ in range(units)] if draw(st.booleans()) else names[0]
        steepness = random.uniform(0.3, 1.5, units).round(3) if draw(st.booleans()) else None
        mask = None
        if draw(st.booleans()):
            n = inputs(n_in, [*layers, Dense(units, sees=sees)])[-1]
            mask = random.random((n, units)) < 0.6
        layers.append(Dense(units, chosen, steepness=steepness, sees=sees, mask=mask, bias=draw(st.booleans())))
    net = Network(n_in, *layers, seed=draw(st.integers(0, 100)))
    for name in net.parameters:
        net.parameters[name] = random.normal(size=net.parameters[name].shape)  # masked places too
    return net
