"""The spam data set with pellucid's defaults: accuracy on a test part of 25 %, for seeds 0 to 4.

The split is stratified and keeps exact copies of an e-mail on one side, as `pellucid train` does it. scikit-learn's
network and its logistic regression, both behind a StandardScaler, get the same splits. Prints Markdown.
"""

from __future__ import annotations

import argparse
from statistics import mean
from time import perf_counter
from typing import Any

import numpy as np
from _results import progress, publish, said_versions, table

import pellucid
from pellucid.data.datasets import load_dataset
from pellucid.data.split import same_rows, split

PROMISE = 0.935
OURS, NETWORK, LOGISTIC = "pellucid.fit(X, y)", "MLPClassifier(max_iter=500)", "LogisticRegression(max_iter=1000)"


def score(name: str, seed: int, train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> float:
    """The accuracy of one of the three on one split."""
    if name == OURS:
        return float(pellucid.fit(*train, seed=seed, quiet=True, progress=False).score(*test))
    return float(peer(name, seed).fit(*train).score(*test))


def peer(name: str, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    network = MLPClassifier(max_iter=500, random_state=seed)
    return make_pipeline(StandardScaler(), network if name == NETWORK else LogisticRegression(max_iter=1000))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 to this one, exclusive (default 5)")
    parser.add_argument("--trial", action="store_true", help="print only, keep no results")
    arguments = parser.parse_args()
    data = load_dataset("spambase")
    X, y = np.column_stack(data.without("type").arrays), data["type"].astype(str)
    copies = same_rows(data)  # whole rows, label included: the split of `pellucid train`
    scores: dict[str, list[float]] = {name: [] for name in (OURS, NETWORK, LOGISTIC)}
    seconds = dict.fromkeys(scores, 0.0)
    for seed in range(arguments.seeds):
        train, test = split(len(y), test=0.25, strata=y, groups=copies, seed=seed)
        for name, found in scores.items():
            began = perf_counter()
            found.append(score(name, seed, (X[train], y[train]), (X[test], y[test])))
            seconds[name] += (perf_counter() - began) / arguments.seeds
            progress(f"seed {seed}, {name}: {found[-1]:.4f}")
    head = ["", "mean", *[f"seed {seed}" for seed in range(arguments.seeds)], "seconds"]
    rows = [
        [f"`{name}`", f"**{mean(found):.2%}**", *[f"{value:.2%}" for value in found], f"{seconds[name]:.1f}"]
        for name, found in scores.items()
    ]
    verdict = "kept" if mean(scores[OURS]) >= PROMISE else "broken"
    text = "\n\n".join(
        [
            "# Spam",
            f"{len(y)} e-mails, 57 numbers each; accuracy on the 25 % that were not trained on. {said_versions()}",
            table(head, rows),
            f"Promise: at least {PROMISE:.1%} with the defaults, on average: {verdict}.",
        ]
    )
    publish("spam", text, {"scores": scores, "seconds": seconds}, not arguments.trial)


if __name__ == "__main__":
    main()
