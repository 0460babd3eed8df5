"""PyTorch: eager with fused optimizers, as one compiled graph for each step, and TorchScript for single rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch._inductor.config
from torch import Tensor, nn
from torch.nn import functional

from .given import Given
from .tasks import Answer, Task
from .works import Training

RATE, FIRST, SECOND, EPSILON = 1e-3, 0.9, 0.999, 1e-8
torch._inductor.config.cpp_wrapper = True


def linears(network: nn.Module) -> list[nn.Linear]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]


def loaded(network: nn.Module, weights: list[Any]) -> nn.Module:
    """The network with the given weights; torch keeps W transposed."""
    for parameter, array in zip(network.parameters(), weights, strict=True):
        with torch.no_grad():
            parameter.copy_(torch.as_tensor(array).T)
    return network


def read(parameters: list[Tensor]) -> list[Any]:
    return [parameter.detach().T.numpy() for parameter in parameters]


def sigmoid_network(work: Training) -> nn.Module:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(work.sizes, work.sizes[1:], strict=False):
        layers += [nn.Linear(n_in, n_out, bias=False, dtype=torch.float64), nn.Sigmoid()]
    return nn.Sequential(*layers)


def relu_network(work: Training) -> nn.Module:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(work.sizes, work.sizes[1:], strict=False):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def half_squared_error(output: Tensor, y: Tensor) -> Tensor:
    return 0.5 * ((output - y) ** 2).sum()


def eager(
    work: Training, given: Given, make: Callable[[Training], nn.Module], optimizer: Callable[..., Any], loss: Any
) -> Task:
    X, y = torch.as_tensor(given.X), torch.as_tensor(given.y)

    def start() -> tuple[nn.Module, Any]:
        network = loaded(make(work), given.weights)
        return network, optimizer(network.parameters(), fused=True)

    def train(state: tuple[nn.Module, Any]) -> nn.Module:
        network, update = state
        for _ in range(work.epochs):
            for x_batch, y_batch in zip(X.split(work.batch), y.split(work.batch), strict=True):
                update.zero_grad()
                loss(network(x_batch), y_batch).backward()
                update.step()
        return network

    return Task(start, train, lambda network: read(list(network.parameters())))


def eager_sigmoid(work: Training, given: Given, threads: int) -> Task:
    torch.set_num_threads(threads)
    return eager(
        work, given, sigmoid_network, lambda p, fused: torch.optim.SGD(p, lr=1.0, fused=fused), half_squared_error
    )


def eager_softmax(work: Training, given: Given, threads: int) -> Task:
    torch.set_num_threads(threads)
    return eager(work, given, relu_network, torch.optim.Adam, functional.cross_entropy)


def compiled(work: Training, given: Given, threads: int, step: Callable[..., None], slots: int) -> Task:
    """`step(weights, *slots, step number, x, y)` as one graph; it changes weights and slots in place."""
    torch.set_num_threads(threads)
    X, y = torch.as_tensor(given.X), torch.as_tensor(given.y)
    graph = torch.compile(step, fullgraph=True)

    def start() -> list[Any]:
        weights = [torch.as_tensor(array).T.clone(memory_format=torch.contiguous_format) for array in given.weights]
        return [weights, *([torch.zeros_like(w) for w in weights] for _ in range(slots)), torch.zeros(())]

    @torch.no_grad()
    def train(state: list[Any]) -> list[Any]:
        for _ in range(work.epochs):
            for x_batch, y_batch in zip(X.split(work.batch), y.split(work.batch), strict=True):
                graph(*state, x_batch, y_batch)
        return state

    return Task(start, train, lambda state: read(state[0]))


def compiled_sigmoid(work: Training, given: Given, threads: int) -> Task:
    def loss(weights: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        for W in weights:
            x = torch.sigmoid(functional.linear(x, W))
        return half_squared_error(x, y)

    def step(weights: list[Tensor], count: Tensor, x: Tensor, y: Tensor) -> None:
        for w, g in zip(weights, torch.func.grad(loss)(weights, x, y), strict=True):
            w.sub_(g)

    return compiled(work, given, threads, step, slots=0)


def compiled_softmax(work: Training, given: Given, threads: int) -> Task:
    def loss(weights: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        for W, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
            x = torch.relu(functional.linear(x, W, b))
        return functional.cross_entropy(functional.linear(x, weights[-2], weights[-1]), y)

    def step(
        weights: list[Tensor], means: list[Tensor], squares: list[Tensor], count: Tensor, x: Tensor, y: Tensor
    ) -> None:
        gradients = torch.func.grad(loss)(weights, x, y)
        count.add_(1)
        for w, m, v, g in zip(weights, means, squares, gradients, strict=True):
            m.mul_(FIRST).add_(g, alpha=1 - FIRST)
            v.mul_(SECOND).addcmul_(g, g, value=1 - SECOND)
            w.sub_(RATE * (m / (1 - FIRST**count)) / ((v / (1 - SECOND**count)).sqrt() + EPSILON))

    return compiled(work, given, threads, step, slots=2)


def one_row(given: dict[str, Any], threads: int) -> Answer:
    torch.set_num_threads(threads)
    torch.inference_mode().__enter__()  # for the rest of this process
    layers: list[nn.Module] = []
    for W, b in zip(given["weights"][::2], given["weights"][1::2], strict=True):
        layers += [nn.Linear(len(W), len(b)), nn.Tanh()]
    network = loaded(nn.Sequential(*layers).eval(), given["weights"])
    x = torch.tensor(given["x"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.freeze(torch.jit.trace(network, x))
    return Answer("script(x)", {"script": script, "x": x})


TASKS = {
    ("torch", "sigmoid"): eager_sigmoid,
    ("torch", "softmax"): eager_softmax,
    ("torch_compiled", "sigmoid"): compiled_sigmoid,
    ("torch_compiled", "softmax"): compiled_softmax,
    ("torchscript", "row"): one_row,
}
