"""What is trained, as frozen records. Only the standard library: the workers of every interpreter read this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Training:
    """One training, the same for all peers: weights, rows, order of the batches, number of epochs.

    * `kind` "sigmoid": sigmoid layers without bias, half squared error summed over the rows, gradient descent with
      learning rate 1. `kind` "softmax": relu layers, softmax and the mean cross-entropy, Adam with learning rate 0.001.
    * `unit` says what the table gives the time of: one "step" (a batch) or the whole "run".
    * `tolerance`: how far the final loss may be from pellucid's, as a share of it. `checked` holds the number of epochs
      after which a peer is compared instead, where its rule departs later on.
    * `shares`: peers too slow for all epochs train this share of them, and the time is scaled up.
    * `goals`: how many times as fast as a peer pellucid means to be; `products_goal`: which share of the sgemm rate.
    """

    name: str
    short: str
    title: str
    kind: str
    sizes: tuple[int, ...]
    data: str
    rows: int
    batch: int
    epochs: int
    dtype: str = "float32"
    unit: str = "step"
    tolerance: float = 0.01
    checked: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    goals: Mapping[str, float] = field(default_factory=dict)
    products_goal: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """Updates in the whole run."""
        return self.epochs * self.steps_of_an_epoch

    @property
    def steps_of_an_epoch(self) -> int:
        return self.rows // self.batch

    @property
    def multiply_adds(self) -> int:
        """Multiplications with an addition in the matrix products of one step, forward and backward.

        Each layer forms x W, and xᵀ dz; all but the first also dz Wᵀ.
        """
        each = [self.batch * a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]
        return 3 * sum(each) - each[0]


@dataclass(frozen=True)
class Row:
    """One row of numbers through a small network, per call from Python."""

    name: str
    short: str
    title: str
    sizes: tuple[int, ...]
    tolerance: float
    goals: Mapping[str, float]
    most_microseconds: float


EXCLUSIVE_OR = Training(
    name="three_layer",
    short="3-4-1 tutorial",
    title="Three-layer tutorial: 3-4-1, 4 rows, 60 000 full-batch epochs, float64",
    kind="sigmoid",
    sizes=(3, 4, 1),
    data="exclusive_or",
    rows=4,
    batch=4,
    epochs=60_000,
    dtype="float64",
    unit="run",
    tolerance=1e-6,
    checked={"fann": 100},
    shares={"torch": 1 / 60, "torch_compiled": 1 / 15},
    goals={"fann": 6, "jax": 15, "numpy": 150, "torch": 2500},
    notes=(
        "FANN has no network without biases: each neuron's bias input is cut off, which leaves the tutorial's 16"
        " weights and is a little faster than with them. It divides the rate by the number of rows, so it gets 4. It"
        " never takes a sigmoid's slope for less than 0.01 · 0.99, so after some hundred epochs it goes its own way"
        " (and ends lower); its loss is compared after 100 epochs.",
        "The two of PyTorch train a part of the epochs, and the time is scaled up; their losses are compared with"
        " pellucid's after the same number.",
        "JAX by hand is not how its documentation would have it written, but it shows what XLA can do.",
    ),
)
DIGITS = Training(
    name="digits",
    short="64-64-10, batch 32",
    title="Digits: 64-64-10, batch 32, float32",
    kind="softmax",
    sizes=(64, 64, 10),
    data="digits",
    rows=56 * 32,
    batch=32,
    epochs=50,
    goals={"jax": 2.2, "sklearn": 15, "torch": 30},
)
SMALL_BATCH = Training(
    name="mnist_32",
    short="784-128-10, batch 32",
    title="784-128-10, batch 32, float32",
    kind="softmax",
    sizes=(784, 128, 10),
    data="mnist",
    rows=6400,
    batch=32,
    epochs=3,
    goals={"jax": 1.5, "torch": 4.5},
)
LARGE_BATCH = Training(
    name="mnist_128",
    short="784-128-10, batch 128",
    title="784-128-10, batch 128, float32",
    kind="softmax",
    sizes=(784, 128, 10),
    data="mnist",
    rows=6400,
    batch=128,
    epochs=6,
    goals={"jax": 1.4, "torch": 2.8},
    products_goal=0.75,
)
WIDE = Training(
    name="wide",
    short="1024-1024-10, batch 256",
    title="1024-1024-10, batch 256, float32",
    kind="softmax",
    sizes=(1024, 1024, 10),
    data="drawn",
    rows=2560,
    batch=256,
    epochs=3,
    goals={"jax": 1.15},
    products_goal=0.75,
)
TRAININGS = {work.name: work for work in (EXCLUSIVE_OR, DIGITS, SMALL_BATCH, LARGE_BATCH, WIDE)}

ROW = Row(
    name="row",
    short="one row, 4-16-16-2",
    title="One row through 4-16-16-2 (tanh), per call from Python",
    sizes=(4, 16, 16, 2),
    tolerance=1e-5,
    goals={"fann2": 2, "numpy": 20, "torchscript": 40},
    most_microseconds=0.5,
)

WORK_OF_A_POINT = 1.5e9  # multiply-adds; small networks stop at this many steps instead:
STEPS_OF_A_POINT = 3000


def point(series: str, at: int, sizes: tuple[int, ...], batch: int, rows: int | None = None) -> Training:
    """One training of a series, with so many epochs that it takes tens of milliseconds."""
    rows = 16 * batch if rows is None else rows
    work = Training(f"{series}_{at}", f"{series} {at}", f"{series} {at}", "softmax", sizes, "drawn", rows, batch, 1)
    steps = min(WORK_OF_A_POINT / work.multiply_adds, STEPS_OF_A_POINT)
    epochs = max(1, round(steps / work.steps))
    return replace(work, epochs=epochs)


@dataclass(frozen=True)
class Series:
    """Trainings that differ in one number, by that number; `unit` says what the table gives the time of."""

    name: str
    title: str
    points: Mapping[int, Training]
    unit: str = "step"


def series(name: str, title: str, points: list[Training], unit: str = "step") -> Series:
    return Series(name, title, {int(work.name.rsplit("_", 1)[1]): work for work in points}, unit)


GROWTH = {
    each.name: each
    for each in (
        series(
            "width",
            "Width w: 64-w-w-10, batch 64",
            [point("width", w, (64, w, w, 10), 64) for w in (16, 32, 64, 128, 256, 512, 1024)],
        ),
        series(
            "depth",
            "Depth d: 64-(64, d times)-10, batch 64",
            [point("depth", d, (64, *[64] * d, 10), 64) for d in (1, 2, 4, 8, 16)],
        ),
        series(
            "batch",
            "Batch b: 256-256-10",
            [point("batch", b, (256, 256, 10), b) for b in (1, 4, 16, 64, 256, 1024)],
        ),
        series(
            "rows",
            "Rows n: 64-64-10, batch 32",
            [point("rows", n, (64, 64, 10), 32, n) for n in (1024, 4096, 16384, 65536)],
            "epoch",
        ),
    )
}

WORKS = TRAININGS | {work.name: work for each in GROWTH.values() for work in each.points.values()}
