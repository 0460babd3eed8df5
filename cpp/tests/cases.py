"""Write the cases: small trainings with what the NumPy engine makes of them, as JSON, for whoever runs the kernels.

    .venv/bin/python cpp/tests/cases.py build/native/cases.json

`cases_test.cpp` reads them on every instruction set and `cases_test.mjs` in WebAssembly. A case is what the native
engine would hand to the core: its functions write the records down. What is expected comes from the plain NumPy engine,
so that nothing of the core is compared with itself.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from pellucid.engines.native import PARAMETERS, layer_records, plan_record
from pellucid.engines.numpy_engine import NumpySession, rate_at
from pellucid.engines.protocol import Data
from pellucid.maths import passes
from pellucid.maths.losses import losses
from pellucid.maths.optimizers import optimizers
from pellucid.maths.schedules import schedules
from pellucid.model.layers import Dense, Dropout, inputs, widths
from pellucid.model.plan import Plan
from pellucid.model.state import TrainingState

# Differences allowed between the kernels and NumPy, relative to max(1, |value|), after all epochs of a case.
TOLERANCES = {"float64": 1e-12, "float32": 2e-5}


class Remembering(SimpleNamespace):
    """A layer's or a plan's record that keeps what it is told."""

    def set_key(self, low, high):
        """A layer's key."""
        self.key = [low, high]

    def set_units(self, units):
        """A layer's units: activation, alpha and steepness of each."""
        self.unit = [dict(zip(("activation", "alpha", "steepness"), unit, strict=True)) for unit in units]

    def set_mask(self, mask):
        """A layer's mask."""
        self.mask = mask.astype(int).ravel().tolist()

    def set_shuffle_key(self, low, high):
        """The plan's key."""
        self.shuffle_key = [low, high]

    def set_options(self, options):
        """The optimizer's options."""
        self.option = list(options)


MODULE = SimpleNamespace(Layer=Remembering, Plan=Remembering)  # stands in for the extension


def listed(array):
    """An array's numbers in C order, each as the shortest decimal that gives it back."""
    return None if array is None else [float(x) for x in array.ravel()]


def case(
    name, dtype, n_in, layers, optimizer, loss, *, rows=24, epochs=3, weighted=False, schedule="constant", **options
):  # fmt: skip
    """One training, as the kernels take it, with the losses and the state that NumPy ends with."""
    seed = len(name)
    random = np.random.default_rng(seed)
    flow, taken = widths(n_in, layers), inputs(n_in, layers)
    plan = Plan(losses.resolve(loss), optimizers.resolve(optimizer), schedules.resolve(schedule), epochs, **options)
    parameters = [
        layer.rule.constrained(
            np,
            {key: random.normal(size=shape, scale=0.7).astype(dtype) for key, shape in layer.shapes(taken[k]).items()},
        )
        for k, layer in enumerate(layers)
    ]
    weights = random.uniform(0, 2, size=rows).astype(dtype) if weighted else None
    Y = targets(random, plan, rows, flow[-1])
    data = Data(random.normal(size=(rows, n_in)).astype(dtype), Y.astype(dtype), weights)
    state = TrainingState(plan, seed, passes.start_slots(np, plan.optimizer, parameters))
    record = vars(plan_record(MODULE, plan, rows, seed, threads=1))
    written = entries(parameters, state.slots)
    numbers = step_numbers(state, rows, record["batch"])
    session = NumpySession(layers, parameters, state, data, lambda: False)
    advanced = session.advance(epochs)
    assert advanced.outcome == "done", name
    records = layer_records(MODULE, n_in, layers, seed, plan.optimizer.anneals)
    return {
        "name": name, "dtype": dtype, "tolerance": TOLERANCES[dtype],
        "layers": [vars(layer) for layer in records], "plan": record,
        "X": listed(data.X), "Y": listed(data.Y), "weights": listed(data.weights),
        "epochs": epochs, "numbers": numbers, "written": written,
        "losses": listed(advanced.figures.data_loss), "penalties": listed(advanced.figures.penalty),
        "final": entries(session.parameters, state.slots),
        "answers": listed(passes.output(np, layers, session.parameters, data.X)),
    }  # fmt: skip


def step_numbers(state, rows, batch):
    """For every step of the plan its three numbers, as cpp/kernels/plan.hpp has them."""
    options = state.plan.optimizer.options
    betas = [options.get(name, 0.0) for name in ("beta1", "beta2")]
    places = [(epoch, first / rows) for epoch in range(state.plan.epochs) for first in range(0, rows, batch)]
    anneals, temperature = state.plan.optimizer.anneals, options.get("temperature", 0.0)
    return [
        [
            rate_at(state, epoch, fraction),
            *((2.0 ** (-temperature * (t - 1)), t) if anneals else (1.0 - beta**t for beta in betas)),
        ]
        for t, (epoch, fraction) in enumerate(places, start=1)
    ]


def targets(random, plan, rows, n_out):
    """What the loss compares with: numbers, shares, one-hot rows, signs or counts."""
    kinds = {
        "numbers": lambda: random.normal(size=(rows, n_out)),
        "probabilities": lambda: random.integers(0, 2, size=(rows, n_out)),
        "one_hot": lambda: np.eye(n_out)[random.integers(0, n_out, size=rows)],
        "signs": lambda: random.choice([-1.0, 1.0], size=(rows, n_out)),
        "counts": lambda: random.integers(0, 5, size=(rows, n_out)),
    }
    return kinds[plan.loss.target]()


def entries(parameters, slots):
    """All parameters and slots, each with its place: layer, which (0 W, 1 b) and slot (-1: the parameter itself)."""
    made = []
    for k, arrays in enumerate(parameters):
        for name, array in arrays.items():
            for slot, values in enumerate([array, *slots[k][name].values()], start=-1):
                made.append({"layer": k, "which": PARAMETERS.index(name), "slot": slot, "values": listed(values)})
    return made


def cases():
    """A dozen networks: every activation, loss, optimizer and schedule that the core has, dropout, weights, limits."""
    mild = {"batch_size": None, "shuffle": False}
    return [
        case("tutorial", "float64", 3, [Dense(4, "sigmoid", bias=False), Dense(1, "sigmoid", bias=False)],
             "sgd(learning_rate=1.0)", "half_squared_error", rows=4, epochs=40, reduction="sum", **mild),
        case("shuffled", "float64", 5, [Dense(17, "tanh"), Dense(3, "linear")],
             "sgd(learning_rate=0.05, momentum=0.9, nesterov=True)", "squared_error", rows=45, batch_size=8, epochs=5),
        case("dropped", "float64", 6,
             [Dropout(0.2), Dense(20, "relu"), Dropout(0.5), Dense(9, "leaky_relu"), Dense(1, "sigmoid")],
             "adam(learning_rate=0.01)", "binary_cross_entropy", rows=40, batch_size=16, epochs=6, schedule="cosine"),
        case("classes", "float32", 7, [Dense(33, "relu"), Dense(10, "softmax")],
             "adam(learning_rate=0.01)", "cross_entropy", rows=50, batch_size=16, epochs=4, weighted=True),
        case("decayed", "float64", 4, [Dense(12, "gelu", l2=0.01), Dense(5, "silu"), Dense(2, "linear", l1=0.01)],
             "adamw(learning_rate=0.01, weight_decay=0.1)", "huber(delta=0.7)", batch_size=7, epochs=4),
        case("counts", "float64", 4, [Dense(6, "elu(alpha=0.8)"), Dense(2, "softplus")],
             "rmsprop(learning_rate=0.005, momentum=0.5)", "poisson", batch_size=10, epochs=4,
             schedule="step(every=1)"),
        case("plain rates", "float32", 4, [Dense(5, "gelu_tanh"), Dense(1, "softplus", bias=False)],
             "rmsprop(learning_rate=0.005)", "poisson", batch_size=10, epochs=3, weighted=True),
        case("signs", "float64", 5,
             [Dense(8, "softsign", max_norm=1.0), Dense(4, "softplus"), Dense(1, "tanh", max_norm=0.5)],
             "adagrad(learning_rate=0.05)", "hinge", batch_size=9, epochs=5, clip=0.5),
        case("distances", "float32", 3, [Dense(7, "hard_sigmoid"), Dense(18, "tanh"), Dense(2, "linear")],
             "adagrad(learning_rate=0.02)", "absolute_error", batch_size=6, epochs=3, clip=1.0),
        case("resilient", "float64", 3, [Dense(6, "tanh"), Dense(1, "linear")],
             "rprop", "half_squared_error", epochs=12, **mild),
        case("parabolas", "float64", 3, [Dense(5, "sigmoid"), Dense(2, "sigmoid")],
             "quickprop(learning_rate=0.05)", "half_squared_error", epochs=8, **mild),
        case("annealed", "float64", 5, [Dense(18, "tanh", mask=np.arange(90).reshape(5, 18) % 4 > 0), Dense(1, "tanh")],
             "sarprop(threshold=100.0, noise_scale=0.1)", "half_squared_error", epochs=8, **mild),
        case("annealed batches", "float32", 3, [Dense(6, "tanh"), Dense(3)],
             "sarprop(threshold=100.0, noise_scale=0.01)", "squared_error", batch_size=10, epochs=3, clip=1.0),
        case("hidden softmax", "float64", 4, [Dense(5, "softmax"), Dense(16, "softmax"), Dense(3, "sigmoid")],
             "sgd(learning_rate=0.1, momentum=0.5)", "binary_cross_entropy", batch_size=5, epochs=4, reduction="sum",
             weighted=True, schedule="warm_up(length=3)"),
        case("online", "float32", 8, [Dense(16, "tanh"), Dense(1, "sigmoid")],
             "sgd(learning_rate=0.1)", "binary_cross_entropy", rows=30, batch_size=1, epochs=3),
        case("waves", "float64", 4, [Dense(5, "sine"), Dense(9, "gaussian_symmetric"), Dense(3, "cosine_positive")],
             "sgd(learning_rate=0.1)", "half_squared_error", batch_size=6, epochs=4),
        case("pieces", "float32", 4, [Dense(5, "tanh_stepwise"), Dense(9, "linear_piece"), Dense(2, "elliot")],
             "sgd(learning_rate=0.1)", "half_squared_error", batch_size=6, epochs=4),
        case("kinds", "float64", 5,
             [Dense(19, ["tanh", "gaussian", "elu(alpha=0.3)", "relu", "sine"] * 3 + ["tanh"] * 4, steepness=0.5),
              Dense(1, "sigmoid", steepness=2.0)],
             "rprop", "half_squared_error", epochs=6, **mild),
        case("shortcuts", "float64", 6,
             [Dense(3, "tanh"), Dropout(0.2), Dense(1, "sigmoid", sees="all"), Dense(20, "tanh"), Dense(4, sees="all")],
             "adam(learning_rate=0.01)", "squared_error", batch_size=10, epochs=5),
        case("sparse", "float64", 6,
             [Dense(7, "tanh", mask=np.arange(42).reshape(6, 7) % 3 > 0, max_norm=1.0),
              Dense(1, "tanh", sees="all", mask=np.arange(13).reshape(13, 1) % 2 > 0, l2=0.01),
              Dense(2, sees="all", mask=np.arange(28).reshape(14, 2) % 5 > 0)],
             "adamw(learning_rate=0.01)", "squared_error", batch_size=10, epochs=5, clip=1.0),
        case("wide", "float32", 70, [Dense(40, "relu"), Dropout(0.25), Dense(35, "softsign"), Dense(6, "softmax")],
             "adam(learning_rate=0.003)", "cross_entropy", rows=33, batch_size=32, epochs=3),
    ]  # fmt: skip


def main() -> None:
    """Write all cases to the file that is named."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    made: list[dict[str, Any]] = cases()
    Path(sys.argv[1]).write_text(json.dumps({"cases": made}, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
