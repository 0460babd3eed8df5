"""The tutorial with the NeuralNetwork class: from how many of 1000 seeds does its training go as the page shows?

3-4-1 sigmoid units without biases, weights drawn uniformly from 0 to 1, squared errors summed, learning rate 1,
1500 iterations over all four rows. Prints Markdown.
"""

from __future__ import annotations

import argparse

import numpy as np
from _results import progress, publish, said_versions, table

from pellucid import Dense, Network

X, Y = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([0, 1, 1, 0])
ITERATIONS = 1500
CLOSE = 0.05


def train(seed: int) -> tuple[bool, float]:
    """Whether the loss fell at every single iteration, and the largest distance of an output from its target."""
    how = {"bias": False, "weights": "uniform(low=0, high=1)"}
    net = Network(3, Dense(4, "sigmoid", **how), Dense(1, "sigmoid", **how), seed=seed)
    history = net.fit(
        X,
        Y,
        loss="squared_error",
        optimizer="sgd(learning_rate=1)",
        reduction="sum",
        batch_size=None,
        epochs=ITERATIONS,
        progress=False,
    )
    return bool((np.diff(history.loss) < 0).all()), float(np.abs(net.predict(X)[:, 0] - Y).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds, from 0 (default 1000)")
    parser.add_argument("--trial", action="store_true", help="print only, keep no results")
    arguments = parser.parse_args()
    monotone, distances = [], []
    for seed in range(arguments.seeds):
        falls, distance = train(seed)
        monotone.append(falls)
        distances.append(distance)
        if (seed + 1) % 100 == 0:
            progress(f"{seed + 1} seeds")
    falling, close = np.array(monotone), np.array(distances) <= CLOSE
    rows = [
        ["the loss falls at every iteration", f"{falling.mean():.1%}"],
        [f"every output ends within {CLOSE} of its target", f"{close.mean():.1%}"],
        ["both", f"**{(falling & close).mean():.1%}**"],
    ]
    text = "\n\n".join(
        [
            "# The NeuralNetwork class, seed by seed",
            f"{ITERATIONS} iterations from each of seeds 0 to {arguments.seeds - 1}. {said_versions()}",
            table(["", "of the seeds"], rows),
            f"The largest distance of an output from its target is {np.median(distances):.3f} at the middle seed.",
        ]
    )
    figures = {
        "seeds": arguments.seeds,
        "monotone": float(falling.mean()),
        "close": float(close.mean()),
        "both": float((falling & close).mean()),
        "median_distance": float(np.median(distances)),
        "seeds_not_close": np.flatnonzero(~close).tolist(),
        "seeds_not_monotone": np.flatnonzero(~falling).tolist(),
    }
    publish("class_seeds", text, figures, not arguments.trial)


if __name__ == "__main__":
    main()
