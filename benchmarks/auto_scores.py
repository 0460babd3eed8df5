"""`pellucid.fit(X, y)` beside scikit-learn's network, on data sets that no choice of pellucid's was tuned on.

Each data set is split five times (25 % for the test; classes in proportion, exact copies of a row on one side); both
libraries get the same rows. pellucid is told nothing but X and y; scikit-learn's network is
`make_pipeline(StandardScaler(), MLPClassifier(max_iter=500))`, or `MLPRegressor`. The latter does not scale y, which
costs it much where y is far from 0 or small; so it runs a second time inside a `TransformedTargetRegressor` that
standardises y. The score is accuracy, or R² (averaged over the outputs where there are several).

The rules in `src/pellucid/auto.py` were chosen on spambase, penguins and drawn data; none of those is here. Data sets
that are not shipped are found through PELLUCID_DATA, and named where they are missing. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

import numpy as np
from _results import progress, publish, said_versions, table

import pellucid
from pellucid.data.split import same_rows, split
from pellucid.maths.random import key_of, permutation

MOST_ROWS = 4000
OURS, THEIRS, SCALED = "pellucid", "scikit-learn", "scikit-learn, y scaled"
CONTENDERS = {"classification": (OURS, THEIRS), "regression": (OURS, THEIRS, SCALED)}


@dataclass(frozen=True)
class DataSet:
    """A data set that is loaded when its turn comes; None where it is absent."""

    name: str
    task: str
    load: Callable[[], tuple[np.ndarray, np.ndarray] | None]


def shipped(name: str, task: str) -> DataSet:
    """One that scikit-learn brings along."""

    def load() -> tuple[np.ndarray, np.ndarray]:
        from sklearn import datasets

        return getattr(datasets, f"load_{name}")(return_X_y=True)

    return DataSet(f"{name} (scikit-learn)", task, load)


def of_fann(name: str, task: str) -> DataSet:
    """One of FANN's benchmark files, its training and its test part pooled; classes are one-hot there."""

    def load() -> tuple[np.ndarray, np.ndarray] | None:
        parts = [find(f"{name}.{part}") for part in ("train", "test")]
        if None in parts:
            return None
        read = [read_fann(path) for path in parts if path is not None]
        X, Y = (np.concatenate(arrays) for arrays in zip(*read, strict=True))
        if task == "classification":
            return X, Y.argmax(axis=1)
        return X, Y[:, 0] if Y.shape[1] == 1 else Y

    return DataSet(f"{name} (FANN)", task, load)


def find(name: str) -> Path | None:
    """A file in a folder that PELLUCID_DATA names, or in its folder datasets or fann/datasets."""
    for folder in filter(None, os.environ.get("PELLUCID_DATA", "").split(os.pathsep)):
        for below in (".", "datasets", "fann/datasets"):
            path = Path(folder) / below / name
            if path.exists():
                return path
    return None


def read_fann(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """FANN's text format: rows, inputs, outputs; then in turn a line of inputs and a line of outputs."""
    numbers = np.array(path.read_text(encoding="ascii").split(), dtype=float)
    rows, inputs, outputs = (int(number) for number in numbers[:3])
    matrix = numbers[3:].reshape(rows, inputs + outputs)
    return matrix[:, :inputs], matrix[:, inputs:]


DATA_SETS = (
    *(shipped(name, "classification") for name in ("iris", "wine", "breast_cancer", "digits")),
    *(of_fann(name, "classification") for name in ("diabetes", "gene", "mushroom", "soybean", "thyroid")),
    shipped("diabetes", "regression"),
    *(of_fann(name, "regression") for name in ("bank32fm", "building", "kin32fm", "robot")),
)


def compare(data: DataSet, seeds: int) -> dict[str, Any] | None:
    """Each contender's scores, seed by seed, and how long one training took."""
    loaded = data.load()
    if loaded is None:
        return None
    X, y = loaded
    if len(X) > MOST_ROWS:
        rows = np.sort(np.asarray(permutation(np, key_of(0, "split"), len(X)))[:MOST_ROWS])
        X, y = X[rows], y[rows]
    copies, strata = same_rows(X), y if data.task == "classification" else None
    names = CONTENDERS[data.task]
    scores, seconds = {name: [] for name in names}, dict.fromkeys(names, 0.0)
    for seed in range(seeds):
        train, test = split(len(X), test=0.25, strata=strata, groups=copies, seed=seed)
        for name in names:
            began = perf_counter()
            model = trained(name, X[train], y[train], data.task, seed)
            seconds[name] += (perf_counter() - began) / seeds
            scores[name].append(score(model, X[test], y[test], data.task))
    return {"rows": len(X), "columns": X.shape[1], "scores": scores, "seconds": seconds}


def trained(name: str, X: np.ndarray, y: np.ndarray, task: str, seed: int) -> Any:
    """One contender's model, with all its defaults but the number of iterations."""
    if name == OURS:
        return pellucid.fit(X, y, seed=seed, quiet=True, progress=False)
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    network = MLPClassifier if task == "classification" else MLPRegressor
    model = make_pipeline(StandardScaler(), network(max_iter=500, random_state=seed))
    if name == SCALED:
        model = TransformedTargetRegressor(model, transformer=StandardScaler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that 500 iterations were not enough
        return model.fit(X, y)


def score(model: Any, X: np.ndarray, y: np.ndarray, task: str) -> float:
    """Accuracy, or R² averaged over the columns: the same code for both libraries."""
    if task == "classification":
        answers = model.classify(X) if isinstance(model, pellucid.Network) else model.predict(X)
        return float(np.mean(answers == y))
    truth = y.reshape(len(y), -1)
    wrong = ((truth - model.predict(X).reshape(truth.shape)) ** 2).sum(axis=0)
    return float(np.mean(1 - wrong / ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)))


def section(task: str, found: dict[str, dict[str, Any]]) -> str:
    """The table of one task: a row for each data set, and the means."""
    names, unit = CONTENDERS[task], "accuracy" if task == "classification" else "R²"
    rows, means = [], []
    for label, result in found.items():
        means.append([mean(result["scores"][name]) for name in names])
        size = f"{result['rows']} x {result['columns']}"
        times = " / ".join(f"{result['seconds'][name]:.1f}" for name in names)
        rows.append([label, size, *(f"{value:.4f}" for value in means[-1]), times])
    overall = [mean(column) for column in zip(*means, strict=True)]
    rows.append(["**mean**", "", *(f"**{value:.4f}**" for value in overall), ""])
    wins = [sum(values[0] >= values[k] for values in means) for k in range(1, len(names))]
    beside = ", ".join(f"{name} on {won} of {len(means)}" for name, won in zip(names[1:], wins, strict=True))
    promise = "kept" if overall[0] >= overall[1] else "broken"
    verdict = f"pellucid is at least as good as {beside}. Promise: a mean of at least {THEIRS}'s: {promise}."
    return f"## {task.capitalize()} ({unit})\n\n{table(['data set', 'size', *names, 'seconds'], rows)}\n\n{verdict}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many splits, from seed 0 (default 5)")
    parser.add_argument("--trial", action="store_true", help="print only, keep no results")
    arguments = parser.parse_args()
    results: dict[str, dict[str, dict[str, Any]]] = {task: {} for task in CONTENDERS}
    missing = []
    for data in DATA_SETS:
        found = compare(data, arguments.seeds)
        if found is None:
            missing.append(data.name)
            continue
        results[data.task][data.name] = found
        progress(f"{data.name}: " + ", ".join(f"{name} {mean(found['scores'][name]):.4f}" for name in found["scores"]))
    parts = [
        "# Scores with the defaults",
        f"Test scores of `pellucid.fit(X, y)` and of scikit-learn's network on the same {arguments.seeds} splits of"
        f" each data set. None was used to choose pellucid's defaults. {said_versions()}",
        *(section(task, found) for task, found in results.items() if found),
    ]
    if missing:
        parts.append(f"Skipped, as no folder in PELLUCID_DATA holds them: {', '.join(missing)}.")
    publish("auto_scores", "\n\n".join(parts), {"seeds": arguments.seeds, "results": results}, not arguments.trial)


if __name__ == "__main__":
    main()
