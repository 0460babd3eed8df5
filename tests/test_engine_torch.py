"""The NumPy engine beside torch: the same network, the same batches, the same weights after twenty steps."""

import numpy as np
import pytest

from pellucid import Dense, Network

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

RANDOM = np.random.default_rng(6)
X = RANDOM.normal(size=(24, 3))
NUMBERS = RANDOM.normal(size=(24, 2))
LABELS = RANDOM.integers(0, 3, 24)
WEIGHTS = RANDOM.uniform(0.5, 2.0, 24)
F = torch.nn.functional

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu(alpha=0.2)": lambda z: F.leaky_relu(z, 0.2),
    "elu": F.elu,
    "gelu": F.gelu,
    "gelu_tanh": lambda z: F.gelu(z, approximate="tanh"),
    "silu": F.silu,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "hard_sigmoid": lambda z: torch.clamp(z / 6 + 0.5, 0, 1),  # F.hardsigmoid has its 1/6 in 32 bits
}
# Ours, the output activation and units that go with it, the targets, and torch's loss of each row from z.
LOSSES = {
    "squared_error": ("linear", 2, NUMBERS, lambda z, y: ((z - y) ** 2).sum(1)),
    "half_squared_error": ("linear", 2, NUMBERS, lambda z, y: 0.5 * ((z - y) ** 2).sum(1)),
    "absolute_error": ("linear", 2, NUMBERS, lambda z, y: (z - y).abs().sum(1)),
    "huber(delta=0.7)": ("linear", 2, NUMBERS, lambda z, y: F.huber_loss(z, y, reduction="none", delta=0.7).sum(1)),
    "binary_cross_entropy": (
        "sigmoid", 1, LABELS % 2, lambda z, y: F.binary_cross_entropy_with_logits(z[:, 0], y, reduction="none"),
    ),
    "cross_entropy": ("softmax", 3, LABELS, lambda z, y: F.cross_entropy(z, y.long(), reduction="none")),
    "hinge": ("linear", 1, LABELS % 2, lambda z, y: F.relu(1 - z[:, 0] * (2 * y - 1))),
    "poisson": (
        "softplus", 2, np.abs(NUMBERS), lambda z, y: (F.softplus(z) - y * torch.log(F.softplus(z))).sum(1),
    ),
}  # fmt: skip


def both(activation: str, loss: str, batch_size: int | None, weights: np.ndarray | None = None) -> tuple[Network, list]:
    """Our network, trained, and torch's parameters after the same steps in the same order."""
    last, units, y, each = LOSSES[loss]
    net = Network(3, Dense(5, activation), Dense(4, activation), Dense(units, last), seed=3)
    theirs = [torch.tensor(w.copy(), requires_grad=True) for w in net.parameters.values()]
    net.fit(
        X, y, loss=loss, optimizer="sgd(learning_rate=0.05, momentum=0.9)", epochs=20, batch_size=batch_size,
        shuffle=False, sample_weight=weights,
    )  # fmt: skip
    optimizer = torch.optim.SGD(theirs, lr=0.05, momentum=0.9)
    x, targets = torch.tensor(X), torch.tensor(y, dtype=torch.float64)
    share = torch.ones(24, dtype=torch.float64) if weights is None else torch.tensor(weights)
    act = ACTIVATIONS[activation]
    for _ in range(20):
        for rows in torch.arange(24).split(batch_size or 24):
            W1, b1, W2, b2, W3, b3 = theirs
            z = act(act(x[rows] @ W1 + b1) @ W2 + b2) @ W3 + b3
            optimizer.zero_grad()
            ((each(z, targets[rows]) * share[rows]).sum() / share[rows].sum()).backward()
            optimizer.step()
    return net, theirs


def same(net: Network, theirs: list) -> None:
    for name, other in zip(net.parameters, theirs, strict=True):
        np.testing.assert_allclose(net.parameters[name], other.detach().numpy(), rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_trains_as_in_torch(activation):
    same(*both(activation, "cross_entropy", None))


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_as_in_torch(loss):
    same(*both("tanh", loss, 7, WEIGHTS))
