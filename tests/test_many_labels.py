"""Rows of y that answer several questions: accuracy, classify, score, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import Dense, InputError, Network
from pellucid.data.targets import decode_many, many_labels
from pellucid.maths.losses import losses

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
Y = np.stack([X[:, 0] > 0, X[:, 1] > 0, X.sum(axis=1) > 0], axis=1).astype(float)


def trained(y=Y, **options) -> Network:
    net = Network(2, Dense(8, "tanh"), Dense(3, "sigmoid"), seed=1)
    net.fit(X, y, epochs=6, learning_rate=0.03, **options)
    return net


def test_score_and_accuracy_count_each_label():
    net = trained(metrics="accuracy", validation=(X[:20], Y[:20]))
    said = net.predict(X) > 0.5
    share = float((said == Y).mean())
    assert 0.7 < share < 1
    assert net.score(X, Y) == pytest.approx(share)
    assert net.history.metrics["accuracy"][-1] == pytest.approx(share)
    assert net.history.validation_metrics["accuracy"][-1] == pytest.approx(net.score(X[:20], Y[:20]))
    assert share != pytest.approx(float((said.argmax(axis=1) == Y.argmax(axis=1)).mean()))  # what one class makes of it


def test_a_threshold_of_ones_own_counts_labels_too():
    net = trained(metrics="accuracy(threshold=0.3)")
    (metric,) = net.training.plan.metrics
    assert metric.options == {"threshold": 0.3, "many_labels": True}


def test_sample_weight_counts_rows():
    net, weight = trained(), RNG.random(60)
    right = (net.predict(X) > 0.5) == Y
    assert net.score(X, Y, sample_weight=weight) == pytest.approx(np.average(right.mean(axis=1), weights=weight))


def test_classify_answers_each_question():
    net = trained()
    said = net.classify(X)
    assert said.shape == (60, 3) and said.dtype.kind == "i"
    assert said.tolist() == (net.predict(X) > 0.5).astype(int).tolist()
    assert net.classify(X[0]).tolist() == said[0].tolist()


def test_classify_answers_in_signs_where_the_loss_takes_signs():
    net = Network(2, Dense(3, "tanh"), seed=1)
    net.fit(X, 2 * Y - 1, loss="hinge", epochs=50, learning_rate=0.1)
    said = net.classify(X)
    assert set(np.unique(said)) == {-1, 1}
    assert net.score(X, 2 * Y - 1) == pytest.approx(float((said == 2 * Y - 1).mean())) and net.score(X, 2 * Y - 1) > 0.9


def test_an_untrained_network_has_many_labels_too():
    net = Network(2, Dense(3, "sigmoid"), seed=1)
    assert net.classify(X).shape == (60, 3)
    assert net.score(X, Y) == pytest.approx(float((net.classify(X) == Y).mean()))


def test_sigmoids_trained_on_labels_tell_classes_apart():
    label = Y.sum(axis=1).clip(0, 2).astype(int)
    net = trained(label, metrics="accuracy")
    assert net.classes == (0, 1, 2) and net.classify(X).shape == (60,)
    assert net.score(X, label) == pytest.approx(float((net.classify(X) == label).mean()))
    assert net.history.metrics["accuracy"][-1] == pytest.approx(net.score(X, label))


def test_softmax_rows_are_one_class_each():
    one_hot = np.eye(3)[Y.sum(axis=1).clip(0, 2).astype(int)]
    net = Network(2, Dense(3, "softmax"), seed=1)
    net.fit(X, one_hot, epochs=3, metrics="accuracy")
    assert net.classify(X).shape == (60,)
    assert net.score(X, one_hot) == float((net.classify(X) == one_hot.argmax(axis=1)).mean())
    assert net.history.metrics["accuracy"][-1] == pytest.approx(net.score(X, one_hot))


def test_which_losses_may_have_many_labels():
    bce = losses.binary_cross_entropy
    assert many_labels(bce, 3, None) and many_labels(losses.hinge, 2, None)
    assert not many_labels(bce, 1, None) and not many_labels(bce, 3, (0, 1, 2))
    assert not many_labels(losses.cross_entropy, 3, None) and not many_labels(losses.squared_error, 3, None)


def test_halfway_is_no():
    assert decode_many(np.array([[0.5, 0.6]])).tolist() == [[0, 1]]
    assert decode_many(np.array([[0.0, 0.1]]), (-np.inf, np.inf), signs=True).tolist() == [[-1, 1]]


def test_what_is_refused():
    net = trained()
    with pytest.raises(InputError) as caught:
        net.plot_confusion(X, Y)
    assert str(caught.value) == (
        "plot_confusion: a confusion matrix of 3 labels, of which a row may have several.\n"
        "  Expected: one class for each row.\n  Instead:  net.classify(X) == y, column by column"
    )
    with pytest.raises(InputError, match=r"fit: class_weight for rows that may have many labels, so no one class"):
        net.fit(X, Y, class_weight="balanced")
    with pytest.raises(InputError, match=r"predict_proba of a network that ends in 3 sigmoid"):
        net.predict_proba(X)


def test_the_diagnosis_knows_no_rare_class_among_labels():
    rare = np.zeros((100, 2))
    rare[:5, 1] = 1
    net = Network(2, Dense(2, "sigmoid"), seed=1)
    x = np.random.default_rng(1).normal(size=(100, 2))
    net.fit(x, rare, epochs=20)
    assert "rare_class_ignored" not in {finding.kind for finding in net.diagnose(x, rare).findings}
