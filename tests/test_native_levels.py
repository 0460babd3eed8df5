"""Every instruction set that this processor has trains the same networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from native_cases import LEVELS, near, needs_native, same_bits
from pellucid import Dense, Dropout, Network
from pellucid.engines.native import ACTIVATIONS, LOSSES, OPTIMIZERS, info

pytestmark = needs_native
RNG = np.random.default_rng(3)
X = RNG.normal(size=(70, 11))
NUMBERS = np.stack([X[:, 0] * X[:, 1], X[:, 2] - X[:, 3], np.abs(X[:, 4])], axis=1)
CLASSES = np.eye(3)[NUMBERS.argmax(axis=1)]

# Together they hold every activation, loss and optimizer; widths around those of all vectors.
WORKS: dict[str, tuple[list[Any], np.ndarray, dict[str, Any]]] = {
    "one unit": ([Dense(1, "tanh")], np.tanh(NUMBERS[:, :1]), {"loss": "half_squared_error", "optimizer": "sgd"}),
    "classes": (
        [Dense(33, "gelu"), Dropout(0.2), Dense(9, "silu", l2=0.01), Dense(3, "softmax")],
        CLASSES,
        {"loss": "cross_entropy", "optimizer": "adam", "batch_size": 16},
    ),
    "many kinds": (
        [Dense(17, "sigmoid"), Dense(8, "softplus", l1=0.001), Dense(7, "softsign"), Dense(5, "elu"), Dense(3)],
        NUMBERS,
        {"loss": "huber", "optimizer": "rmsprop(momentum=0.5)", "batch_size": 32},
    ),
    "softmax inside": (
        [Dense(16, "gelu_tanh"), Dense(4, "softmax"), Dense(3, "linear", bias=False, max_norm=0.9)],
        NUMBERS,
        {"loss": "squared_error", "optimizer": "adamw", "batch_size": 7, "clip": 0.5},
    ),
    "corners": (
        [Dense(65, "relu"), Dense(15, "leaky_relu"), Dense(3, "hard_sigmoid")],
        CLASSES,
        {"loss": "squared_error", "optimizer": "adagrad", "reduction": "sum", "sample_weight": RNG.uniform(1, 2, 70)},
    ),
    "yes or no": (
        [Dense(32, "tanh"), Dense(3, "sigmoid")],
        CLASSES,
        {"loss": "binary_cross_entropy", "optimizer": "quickprop", "batch_size": None},
    ),
    "signs": ([Dense(8, "tanh"), Dense(3)], 2 * CLASSES - 1, {"loss": "hinge", "optimizer": "sgd(momentum=0.9)"}),
    "counts": (
        [Dense(4, "tanh"), Dense(3, "softplus")],
        np.round(NUMBERS**2),
        {"loss": "poisson", "optimizer": "sgd(momentum=0.5, nesterov=True)", "batch_size": 1},
    ),
    "full batch": (
        [Dense(9, "tanh"), Dense(3, "sigmoid")],
        CLASSES,
        {"loss": "half_squared_error", "optimizer": "rprop", "batch_size": None},
    ),
    "annealed": (
        [Dense(18, "tanh", mask=RNG.random((11, 18)) < 0.7), Dense(1, "tanh", sees="all"), Dense(3)],
        NUMBERS,
        {"loss": "squared_error", "optimizer": "sarprop(threshold=100.0, noise_scale=0.1)", "batch_size": 32},
    ),
    "all seen": (
        [Dense(9, ["tanh", "sine", "elu(alpha=0.5)"] * 3, steepness=0.5), Dense(17, "tanh", sees="all"), Dropout(0.2),
         Dense(1, "gaussian", sees="all"), Dense(3, sees="all", mask=RNG.random((55, 3)) < 0.5)],
        NUMBERS,
        {"loss": "squared_error", "optimizer": "adam", "batch_size": 16, "clip": 0.5},
    ),
    "waves": (
        [Dense(5, "gaussian_symmetric"), Dense(3, "elliot"), Dense(4, "linear_piece"),
         Dense(9, "linear_piece_symmetric"), Dense(33, "sine"), Dense(17, "cosine"), Dense(3, "sine_positive")],
        CLASSES,
        {"loss": "half_squared_error", "optimizer": "sgd", "batch_size": 16},
    ),
    "steps": (
        [Dense(7, "cosine_positive"), Dense(9, "sigmoid_stepwise"), Dense(3, "tanh_stepwise")],
        CLASSES,
        {"loss": "half_squared_error", "optimizer": "sgd", "batch_size": 16},
    ),
    "medians": ([Dense(5, "softsign"), Dense(3)], NUMBERS, {"loss": "absolute_error", "optimizer": "adam"}),
}  # fmt: skip


def trained(name: str, engine: str, dtype: str = "float64", epochs: int = 4) -> Network:
    layers, Y, told = WORKS[name]
    net = Network(11, *layers, seed=1, dtype=dtype)
    net.fit(X, Y, epochs=epochs, engine=engine, **told)
    return net


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", WORKS)
def test_every_instruction_set_trains_the_same_networks(name: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_INSTRUCTION_SET", level)
    assert info()["instruction_set"] == level
    here, there = trained(name, "native"), trained(name, "numpy")
    assert here.history.engine.startswith(f"native: {level}, ")
    near(here.parameters, there.parameters, 1e-11)  # four epochs of rounding
    assert here.history.loss == pytest.approx(there.history.loss, rel=1e-11)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", WORKS)
def test_in_32_bits_too(name: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_INSTRUCTION_SET", level)
    here, there = trained(name, "native", "float32", epochs=1), trained(name, "numpy", epochs=1)
    assert here.parameters["dense_1.W"].dtype == np.float32
    near(here.parameters, there.parameters, 1e-4)
    assert here.history.loss == pytest.approx(there.history.loss, rel=1e-5)


def test_the_works_hold_everything_there_is() -> None:
    plans = [net.training.plan for net in (trained(name, "native", epochs=0) for name in WORKS) if net.training]
    layers = [layer for name in WORKS for layer in WORKS[name][0]]
    assert {plan.optimizer.name for plan in plans} == set(OPTIMIZERS)
    assert {plan.loss.name for plan in plans} == set(LOSSES)
    assert {layer.activation.name for layer in layers} == set(ACTIVATIONS) - {"threshold", "threshold_symmetric"}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("widths", "rows", "size"),
    [((120, 600, 5), 700, None), ((17, 300, 300, 3), 520, 257), ((3, 2000, 1), 300, None), ((1500, 2, 1), 300, 100)],
    ids=str,
)
def test_weights_and_batches_that_fill_the_caches(
    widths: tuple[int, ...], rows: int, size: int | None, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows go through in chunks, and gradients are summed up some samples at a time."""
    monkeypatch.setenv("PELLUCID_INSTRUCTION_SET", level)
    random = np.random.default_rng(0)
    x, y = random.normal(size=(rows, widths[0])), random.normal(size=(rows, widths[-1]))
    ends = []
    for engine, threads in (("native", 1), ("native", 3), ("numpy", None)):
        net = Network(widths[0], *(Dense(n, "tanh") for n in widths[1:-1]), Dense(widths[-1]), seed=0)
        net.fit(x, y, epochs=2, batch_size=size, optimizer="sgd(momentum=0.5)", engine=engine, threads=threads)
        ends.append(net)
    same_bits(ends[0], ends[1])
    near(ends[0].parameters, ends[2].parameters, 1e-12)
