"""Random networks, training plans and data for the tests of traces, and a user's own parts."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pellucid import Activation, Custom, Dense, LayerRule, Loss, Network, Optimizer, Parameter, activations, optimizers
from pellucid.data.prepare import fit_preprocessing

HIDDEN = [name for name, record in activations.items() if not record.refusal]
# For each loss the output activations it may follow, and how its targets are drawn.
LOSSES = {
    "squared_error": (HIDDEN, "normal"),
    "half_squared_error": (HIDDEN, "normal"),
    "absolute_error": (HIDDEN, "normal"),
    "huber(delta=0.5)": (HIDDEN, "normal"),
    "binary_cross_entropy": (["sigmoid"], "unit"),
    "cross_entropy": (["softmax"], "one_hot"),
    "hinge": (["linear", "tanh"], "signs"),
    "poisson": (["softplus"], "counts"),
}
OPTIMIZERS = [*optimizers, "sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=True)", "rmsprop(momentum=0.5)"]


@st.composite
def cases(draw, dtype=None):
    """(network, X, y, what fit is told)."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    loss = draw(st.sampled_from(list(LOSSES)))
    outputs, target = LOSSES[loss]
    n_in, n = draw(st.integers(1, 4)), draw(st.integers(2, 6))
    n_out = draw(st.integers(2, 4) if target == "one_hot" else st.integers(1, 3))
    extras = st.sampled_from([0.0, 0.01])
    layers = [
        Dense(
            draw(st.integers(1, 5)),
            draw(st.sampled_from(HIDDEN)),
            bias=draw(st.booleans()),
            l1=draw(extras),
            l2=draw(extras),
            max_norm=draw(st.sampled_from([None, 0.8])),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    layers.append(Dense(n_out, draw(st.sampled_from(outputs)), l2=draw(extras)))
    net = Network(
        n_in, *layers, seed=draw(st.integers(0, 1000)), dtype=dtype or draw(st.sampled_from(["float64", "float32"]))
    )
    X = random.normal(size=(n, n_in))
    y = targets(random, target, n, n_out, net)
    told = {
        "loss": loss,
        "optimizer": draw(st.sampled_from(OPTIMIZERS)),
        "clip": draw(st.sampled_from([None, 0.1, 100.0])),
        "reduction": draw(st.sampled_from(["mean", "sum"])),
        "schedule": "constant",
        "sample_weight": draw(st.sampled_from([None, random.uniform(0.1, 2.0, size=n)])),
    }
    if "rprop" not in told["optimizer"]:
        told["schedule"] = draw(st.sampled_from(["constant", "cosine", "warm_up(length=3)", "step(every=2)"]))
    return net, X, y, told


def targets(random, kind, n, n_out, net):
    if kind == "one_hot":
        return np.eye(n_out)[(random.integers(0, n_out) + np.arange(n)) % n_out]
    if kind == "unit":
        return random.uniform(size=(n, n_out))
    if kind == "signs":
        return np.where((random.integers(0, 2) + np.arange(n))[:, None] % 2 * np.ones(n_out) > 0, -1.0, 1.0)
    if kind == "counts":
        return random.poisson(2.0, size=(n, n_out)).astype(float)
    low, high = net.layers[-1].activation.bounds()
    return np.clip(random.normal(size=(n, n_out)), max(low, -3), min(high, 3))


# --- a user's own parts ---------------------------------------------------------------------------


def bent_line(xp, z, steepness):
    return z + steepness * xp.tanh(z)


def bent_line_slope(xp, z, a, steepness):
    return 1 + steepness * (1 - xp.tanh(z) ** 2)


bent = Activation(
    name="bent_line",
    formula=r"z + k \tanh(z)",
    slope_formula=r"1 + k (1 - \tanh(z)^2)",
    parameters=(Parameter(name="k", default=0.5),),
    forward=lambda xp, z, k: bent_line(xp, z, k),
    slope=lambda xp, z, a, k: bent_line_slope(xp, z, a, k),
)
nameless = Activation(name="my_square", forward=lambda xp, z: z * z, slope=lambda xp, z, a: 2 * z)
quartic = Loss(
    name="quartic",
    formula=r"\sum_k (a_k - y_k)^4",
    slope_formula="4 (a_k - y_k)^3",
    forward=lambda xp, a, y: xp.sum((a - y) ** 4, axis=-1),
    slope=lambda xp, a, y: 4 * (a - y) ** 3,
)


def scaling_shapes(n_in, n_out):
    return {"scale": (n_in,), "shift": (n_in,)}


def scaling_forward(xp, x, p, noise):
    return x * p["scale"] + p["shift"]


def scaling_gradients(xp, x, p, noise, dz):
    return {"scale": xp.sum(x * dz, axis=0), "shift": xp.sum(dz, axis=0)}


def scaling_input_gradient(xp, x, p, noise, dz):
    return dz * p["scale"]


scaling = LayerRule(
    name="scaling",
    formula=r"z = x \odot s + t",
    shapes=scaling_shapes,
    forward=scaling_forward,
    gradients=scaling_gradients,
    input_gradient=scaling_input_gradient,
    initial=(("scale", "uniform(low=0.5, high=1.5)"), ("shift", "zeros")),
    penalised=("scale",),
    resizes=False,
)


def sign_descent_update(xp, w, g, count, t, learning_rate):
    length = xp.sqrt(xp.sum(g * g))
    return {"length": length, "count": count + 1, "w": w - learning_rate * xp.sign(g)}


sign_descent = Optimizer(
    name="sign_descent",
    update=sign_descent_update,
    slots=(("count", 0.0),),
    parameters=(Parameter(name="learning_rate", default=0.1),),
)


def own_network():
    """A network in which everything is the user's own."""
    return Network(3, Custom(scaling, l2=0.1), Dense(4, bent(k=0.25)), Dense(2, nameless), seed=3)


def prepared_network():
    """A small regression with a column of numbers that has a gap, and one of words."""
    table = {"age": [20.0, None, 40.0, 60.0], "island": ["Dream", "Biscoe", "Dream", "Biscoe"]}
    record = fit_preprocessing(table, [10.0, 20.0, 35.0, 50.0], "regression")
    net = Network(record.width, Dense(3, "tanh"), Dense(1), seed=2)
    net.model.preprocessing = record
    return net


def same(a, b):
    """Deep equality of models: arrays bit for bit."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dict__") and type(a).__module__.startswith("pellucid"):
        return same(vars(a), vars(b))
    return a == b
