"""The works: data sets with their networks and settings, as FANN's own examples and baselines have them."""

from __future__ import annotations

from typing import NamedTuple

ALGORITHMS = ("BATCH", "RPROP", "QUICKPROP", "SARPROP", "INCREMENTAL")


class Work(NamedTuple):
    """A data set and a network for it. `epochs` are those of a turn, `goal` the ratio for batch algorithms."""

    name: str
    layers: tuple[int, ...]
    hidden: str
    output: str
    epochs: int
    goal: float


SPEED = (
    Work("mushroom", (125, 32, 2), "SIGMOID_SYMMETRIC", "SIGMOID", 12, 6.0),
    Work("gene", (120, 16, 3), "SIGMOID_SYMMETRIC", "SIGMOID", 40, 6.0),
    Work("soybean", (82, 32, 19), "SIGMOID_SYMMETRIC", "SIGMOID", 100, 6.0),
    Work("kin32fm", (32, 20, 1), "SIGMOID_SYMMETRIC", "LINEAR", 80, 6.0),
    Work("thyroid", (21, 16, 3), "SIGMOID_SYMMETRIC", "SIGMOID", 60, 4.0),
    Work("building", (14, 16, 3), "SIGMOID_SYMMETRIC", "SIGMOID", 120, 4.0),
)
INCREMENTAL_GOAL, RUN_GOAL = 3.0, 1.5
RATES = {"BATCH": 0.7, "INCREMENTAL": 0.05}  # incremental training at 0.7 leaves some of these nets saturated


class Quality(NamedTuple):
    """A training to its end, judged on the test set. `kind` is "train", "cascade" or "scaling"."""

    name: str
    data: str
    layers: tuple[int, ...]
    hidden: str = "SIGMOID_SYMMETRIC"
    output: str = "SIGMOID"
    algorithm: str = "RPROP"
    epochs: int = 200
    goal: float = 0.0
    classes: bool = True
    kind: str = "train"
    extra: tuple[tuple[str, float], ...] = ()


QUALITY = (
    Quality("mushroom", "mushroom", (125, 32, 2), epochs=300, goal=1e-4),
    Quality("robot, INCREMENTAL", "robot", (48, 96, 3), "SIGMOID_STEPWISE", "SIGMOID_STEPWISE", "INCREMENTAL", 3000,
            1e-3, False, extra=(("learning_momentum", 0.4),)),
    Quality("diabetes", "diabetes", (8, 4, 2)),
    Quality("diabetes, BATCH", "diabetes", (8, 4, 2), algorithm="BATCH", epochs=500),
    Quality("diabetes, SARPROP", "diabetes", (8, 4, 2), algorithm="SARPROP"),
    Quality("thyroid", "thyroid", (21, 16, 3)),
    Quality("soybean", "soybean", (82, 32, 19)),
    Quality("gene", "gene", (120, 16, 3), epochs=100),
    Quality("kin32fm", "kin32fm", (32, 20, 1), output="LINEAR", classes=False),
    Quality("building", "building", (14, 16, 3), output="LINEAR", classes=False),
    Quality("building, QUICKPROP", "building", (14, 16, 3), algorithm="QUICKPROP", classes=False),
    Quality("two-spiral, cascade", "two-spiral", (2, 1), output="SIGMOID_SYMMETRIC", epochs=30, kind="cascade"),
    Quality("scaling example", "scaling", (3, 5, 5, 1), output="LINEAR", epochs=5000, goal=1e-4, classes=False,
            kind="scaling"),
)  # fmt: skip
SEEDS = tuple(range(1, 26))
