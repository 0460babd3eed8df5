"""The metrics: scikit-learn as oracle, and the cases that it leaves to the user."""

import numpy as np
import pytest

from pellucid.maths.metrics import metrics

RNG = np.random.default_rng(0)


def measure(spec, prediction, target, weight=None):
    return float(metrics.resolve(spec).run(np, prediction, target, weight))


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_regression_metrics_are_scikit_learns(columns, weighted):
    sklearn = pytest.importorskip("sklearn.metrics")
    oracle = {
        "r2": sklearn.r2_score,
        "mean_absolute_error": sklearn.mean_absolute_error,
        "root_mean_squared_error": sklearn.root_mean_squared_error,
    }
    for _ in range(20):
        target, prediction = RNG.normal(3.0, 2.0, (30, columns)), RNG.normal(3.0, 2.0, (30, columns))
        weight = RNG.integers(0, 4, 30) * 0.7 + (RNG.random(30) < 0.5) if weighted else None
        for name, function in oracle.items():
            expected = function(target, prediction, sample_weight=weight)
            assert measure(name, prediction, target, weight) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_accuracy_is_scikit_learns(weighted):
    sklearn = pytest.importorskip("sklearn.metrics")
    classes, scores = RNG.integers(0, 4, 50), RNG.random((50, 4))
    weight = RNG.random(50) if weighted else None
    expected = sklearn.accuracy_score(classes, scores.argmax(axis=1), sample_weight=weight)
    assert measure("accuracy", scores, np.eye(4)[classes], weight) == pytest.approx(expected)
    binary, scores = RNG.integers(0, 2, (50, 1)), RNG.random((50, 1))
    expected = sklearn.accuracy_score(binary[:, 0], scores[:, 0] > 0.5, sample_weight=weight)
    assert measure("accuracy", scores, binary, weight) == pytest.approx(expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_accuracy_of_many_labels_is_the_share_of_right_labels(weighted):
    truth, scores = RNG.integers(0, 2, (40, 3)).astype(float), RNG.random((40, 3))
    weight = RNG.random(40) if weighted else None
    right = np.average((scores > 0.5) == (truth == 1), axis=0, weights=weight).mean()
    assert measure("accuracy(many_labels=True)", scores, truth, weight) == pytest.approx(right)
    assert measure("accuracy(many_labels=True)", truth, truth, weight) == pytest.approx(1.0)
    signs = 2 * truth - 1
    found = measure("accuracy(threshold=0.0, many_labels=True)", scores - 0.5, signs, weight)
    assert found == pytest.approx(right)


def test_a_row_without_any_label_is_no_class():
    said, truth = np.array([[0.1, 0.2], [0.9, 0.8]]), np.array([[0.0, 0.0], [1.0, 1.0]])
    assert measure("accuracy(many_labels=True)", said, truth) == 1.0
    assert measure("accuracy", said, truth) == 0.5  # what one class for each row makes of it


def test_accuracy_of_signs_takes_the_threshold_zero():
    scores, signs = np.array([[0.3], [-0.1], [2.0], [-3.0]]), np.array([[1.0], [1.0], [1.0], [-1.0]])
    assert measure("accuracy(threshold=0.0)", scores, signs) == 0.75
    assert measure("accuracy", scores, signs) == 0.5


def test_accuracy_at_the_threshold_is_the_first_class():
    assert measure("accuracy", [[0.5]], [[0.0]]) == 1.0
    assert measure("accuracy", [[0.5]], [[1.0]]) == 0.0
    assert measure("accuracy", [[0.5, 0.5]], [[1.0, 0.0]]) == 1.0


def test_r2_of_a_constant_target():
    constant = np.full((7, 1), 0.1)
    assert measure("r2", constant, constant) == 1.0
    assert measure("r2", constant + 1, constant) == 0.0
    assert measure("r2", [[2.0]], [[2.0]]) == 1.0
    assert measure("r2", [[1.0]], [[2.0]]) == 0.0
    # A sample that does not count does not make the target vary.
    assert measure("r2", [[1.0], [1.0], [9.0]], [[1.0], [1.0], [5.0]], [2.0, 1.0, 0.0]) == 1.0
    assert measure("r2", [[1.0], [1.1], [9.0]], [[1.0], [1.0], [5.0]], [2.0, 1.0, 0.0]) == 0.0
    # For some n the mean of n times 0.1 is not 0.1 (n = 3: 0.10000000000000002).
    for n in range(2, 40):
        assert measure("r2", np.full((n, 1), 0.2), np.full((n, 1), 0.1)) == 0.0
        for outlier in (-5.0, 5.0):
            target, weight = np.append(np.full(n, 0.1), outlier)[:, None], np.append(np.ones(n), 0.0)
            assert measure("r2", target + 0.1, target, weight) == 0.0
    # Differences whose squares are below the smallest number count as none.
    assert measure("r2", [[1.0], [1.0]], [[0.0], [1e-200]]) == 0.0
    # Two columns, one of them constant: (1 + 0) / 2.
    assert measure("r2", [[1.0, 5.0], [2.0, 5.0]], [[1.0, 4.0], [2.0, 4.0]]) == 0.5


def test_weights_count_samples():
    prediction, target = RNG.random((6, 2)), RNG.random((6, 2))
    counts = np.array([1, 3, 0, 2, 1, 1])
    for name in metrics:
        repeated = measure(name, np.repeat(prediction, counts, axis=0), np.repeat(target, counts, axis=0))
        assert measure(name, prediction, target, counts) == pytest.approx(repeated, rel=1e-12)
        assert measure(name, prediction, target) == pytest.approx(
            measure(name, prediction, target, np.full(6, 2.5)), rel=1e-12
        )


def test_float32_is_summed_in_float64():
    prediction = np.full((100_000, 1), 0.1, dtype=np.float32)
    target = np.zeros((100_000, 1), dtype=np.float32)
    assert measure("mean_absolute_error", prediction, target) == pytest.approx(float(np.float32(0.1)), rel=1e-12)


def test_what_the_records_say():
    assert [m.name for m in metrics.values() if m.classification] == ["accuracy"]
    assert {m.name for m in metrics.values() if m.larger_is_better} == {"accuracy", "r2"}
    assert all(m.formula for m in metrics.values())
