"""Twenty steps of every optimizer that torch has too, in float64, step for step.

torch's Rprop is the iRPROP- written here. Quickprop has no counterpart in torch.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from pellucid.maths.optimizers import optimizers  # noqa: E402
from pellucid.maths.penalties import clip_by_norm  # noqa: E402
from pellucid.maths.schedules import schedules  # noqa: E402

pytestmark = pytest.mark.peers

PAIRS = [
    ("sgd(learning_rate=0.05)", "SGD", {"lr": 0.05}),
    ("sgd(learning_rate=0.05, momentum=0.9)", "SGD", {"lr": 0.05, "momentum": 0.9}),
    ("sgd(learning_rate=0.05, momentum=0.9, nesterov=True)", "SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("rmsprop", "RMSprop", {}),
    ("rmsprop(alpha=0.9, momentum=0.8, epsilon=1e-3)", "RMSprop", {"alpha": 0.9, "momentum": 0.8, "eps": 1e-3}),
    ("adagrad", "Adagrad", {}),
    ("adagrad(learning_rate=0.3, epsilon=1e-3)", "Adagrad", {"lr": 0.3, "eps": 1e-3}),
    ("adam", "Adam", {}),
    ("adam(learning_rate=0.1, beta1=0.7, beta2=0.9)", "Adam", {"lr": 0.1, "betas": (0.7, 0.9)}),
    ("adamw", "AdamW", {}),
    ("adamw(learning_rate=0.1, weight_decay=0.3)", "AdamW", {"lr": 0.1, "weight_decay": 0.3}),
    ("rprop", "Rprop", {}),
    ("rprop(initial_step=0.5, largest=0.6)", "Rprop", {"lr": 0.5, "step_sizes": (1e-6, 0.6)}),
]


@pytest.mark.parametrize(("spec", "name", "options"), PAIRS)
def test_twenty_steps(spec, name, options):
    generator = np.random.default_rng(3)
    w = generator.normal(size=(4, 3))
    theirs = torch.tensor(w, requires_grad=True)
    peer = getattr(torch.optim, name)([theirs], **options)
    optimizer = optimizers.resolve(spec)
    slots = optimizer.start(np, w)
    for t in range(1, 21):
        g = generator.normal(size=w.shape) * (generator.random(w.shape) > 0.1)
        theirs.grad = torch.tensor(g)
        peer.step()
        values = optimizer.step(np, w, g, slots, t)
        w, slots = values["w"], {n: values[n] for n, _ in optimizer.slots}
        assert w == pytest.approx(theirs.detach().numpy(), rel=1e-12, abs=1e-12)


def test_defaults_are_torchs():
    for name, peer in [("rmsprop", "RMSprop"), ("adagrad", "Adagrad"), ("adam", "Adam"), ("adamw", "AdamW")]:
        default, ours = getattr(torch.optim, peer)([torch.zeros(1)]).defaults, optimizers[name].options
        assert (ours["learning_rate"], ours["epsilon"]) == (default["lr"], default["eps"])


def test_plateau_is_torchs():
    losses = np.abs(np.cumsum(np.random.default_rng(1).normal(size=60))) + 1.0
    peer_optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(peer_optimizer, factor=0.5, patience=3, min_lr=0.01)
    schedule, memory = schedules.plateau(factor=0.5, patience=3, minimum=0.01), {}
    for epoch, loss in enumerate(losses.tolist(), start=1):
        peer.step(loss)
        memory = schedule.remember(memory, loss)
        assert schedule.run(np, epoch, 60, memory) == pytest.approx(peer_optimizer.param_groups[0]["lr"], rel=1e-12)
    assert memory["factor"] == 0.01


def test_clipping_is_torchs_but_for_its_margin():
    g = np.random.default_rng(2).normal(size=(5, 2))
    theirs = torch.zeros(5, 2, dtype=torch.float64, requires_grad=True)
    theirs.grad = torch.tensor(g)
    norm = torch.nn.utils.clip_grad_norm_([theirs], 1.0)
    clipped, our_norm = clip_by_norm(np, [g], 1.0)
    assert float(our_norm) == pytest.approx(float(norm), rel=1e-12)
    assert clipped[0] == pytest.approx(theirs.grad.numpy() * (our_norm + 1e-6) / our_norm, rel=1e-12)
