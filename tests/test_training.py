"""The loop: batches, order, randomness, stopping, callbacks, going on, Ctrl-C."""

import os
import signal

import numpy as np
import pytest

from pellucid import Activation, Dense, Dropout, EarlyStopping, InputError, Network, Notice, activations
from pellucid.engines.numpy_engine import batches
from pellucid.maths.random import key_of, permutation

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
NUMBERS = X @ [[1.0], [-2.0], [0.5]] + 0.1


def network(**options) -> Network:
    return Network(3, Dense(5, "tanh"), Dense(1, "sigmoid"), seed=3, **options)


def weights(net: Network) -> np.ndarray:
    return np.concatenate([array.ravel() for array in net.parameters.values()])


def test_loss_is_measured_before_its_update():
    net = network()
    before = net.trace(X, Y, loss="binary_cross_entropy").loss.total
    history = net.fit(X, Y, epochs=1, batch_size=None)
    assert history.loss[0] == pytest.approx(before, rel=1e-12)
    assert history.epochs == len(history.seconds) == len(history.learning_rate) == 1


@pytest.mark.parametrize("size", [1, 7, 50, 51, None])
def test_every_row_is_used_once_an_epoch(size):
    net = network()
    net.fit(X, Y, epochs=1, batch_size=size)
    state = net.training
    seen = np.concatenate([batch.X for batch, _, _ in batches(net.layers, state, net.model.data, epoch=4)])
    assert sorted(map(tuple, seen)) == sorted(map(tuple, X))
    assert state.step == (1 if size in (50, 51, None) else -(-50 // size))


def test_rows_are_shuffled_by_seed_and_epoch():
    net = network()
    net.fit(X, Y, epochs=1, batch_size=10)
    seen = np.concatenate([batch.X for batch, _, _ in batches(net.layers, net.training, net.model.data, epoch=2)])
    np.testing.assert_array_equal(seen, X[permutation(np, key_of(3, "shuffle", 0, 2), 50)])
    net.fit(X, Y, epochs=1, batch_size=10, shuffle=False)
    seen = np.concatenate([batch.X for batch, _, _ in batches(net.layers, net.training, net.model.data, epoch=2)])
    np.testing.assert_array_equal(seen, X)


def test_the_same_seed_is_the_same_network():
    nets = [Network(3, Dense(8, "relu"), Dropout(0.3), Dense(1, "sigmoid"), seed=5) for _ in range(2)]
    for net in nets:
        net.fit(X, Y, epochs=4, batch_size=8)
    assert nets[0] == nets[1]
    other = Network(3, Dense(8, "relu"), Dropout(0.3), Dense(1, "sigmoid"), seed=6)
    other.fit(X, Y, epochs=4, batch_size=8)
    assert other != nets[0]


def test_fitting_twice_is_fitting_once():
    once, twice = network(), network()
    once.fit(X, Y, epochs=6, batch_size=9)
    twice.fit(X, Y, epochs=2, batch_size=9)
    twice.fit(X, Y, epochs=4, batch_size=9)
    assert once == twice
    assert twice.training.epoch == 6
    assert twice.history.epochs == 4


def test_another_optimizer_starts_afresh_and_says_so():
    net = network()
    net.fit(X, Y, epochs=2, optimizer="adam")
    with pytest.warns(Notice, match="optimizer changed from adam to sgd: its memory starts afresh"):
        history = net.fit(X, Y, epochs=1, optimizer="sgd")
    assert net.training.epoch == 1
    assert "optimizer changed" in repr(history)
    net.fit(X, Y, epochs=1, learning_rate=0.01)
    assert net.training.epoch == 2


def test_sample_weights_count_like_repeated_rows():
    weighted, repeated = network(), network()
    count = np.arange(50) % 3
    options = {"epochs": 5, "batch_size": None, "optimizer": "sgd"}
    weighted.fit(X, Y, sample_weight=count, **options)
    repeated.fit(np.repeat(X, count, axis=0), np.repeat(Y, count, axis=0), **options)
    np.testing.assert_allclose(weights(weighted), weights(repeated), rtol=1e-12)


def test_class_weights_are_sample_weights():
    a, b = network(), network()
    label = Y[:, 0]
    balanced = np.where(label == 1, 50 / (2 * label.sum()), 50 / (2 * (50 - label.sum())))
    a.fit(X, label, epochs=3, class_weight="balanced")
    b.fit(X, label, epochs=3, sample_weight=balanced)
    assert a == b


def test_a_batch_without_weight_changes_nothing_but_memory():
    net = network()
    net.fit(X, Y, epochs=3, batch_size=10, shuffle=False, sample_weight=[0.0] * 10 + [1.0] * 40, optimizer="sgd")
    assert np.isfinite(weights(net)).all()


def test_penalties_are_shown_apart():
    net = Network(3, Dense(1, l1=0.1, l2=0.2), seed=0)
    w = net.parameters["dense_1.W"].copy()
    history = net.fit(X, NUMBERS, epochs=1, batch_size=None)
    assert history.penalty[0] == pytest.approx(0.1 * np.abs(w).sum() + 0.1 * (w**2).sum())
    assert history.loss[0] == pytest.approx(history.data_loss[0] + history.penalty[0])


def test_max_norm_bounds_incoming_weights():
    net = Network(3, Dense(4, "tanh", max_norm=0.5), Dense(1), seed=0)
    net.fit(X, NUMBERS, epochs=20, learning_rate=0.1)
    assert np.linalg.norm(net.parameters["dense_1.W"], axis=0).max() <= 0.5 * (1 + 1e-12)


def test_clipping_bounds_the_step():
    net = Network(3, Dense(1), seed=0)
    before = weights(net)
    net.fit(X, NUMBERS * 1e6, epochs=1, batch_size=None, optimizer="sgd(learning_rate=1)", clip=0.25)
    assert np.linalg.norm(weights(net) - before) == pytest.approx(0.25)


@pytest.mark.parametrize("schedule", ["step(every=2, factor=0.5)", "cosine", "warm_up(length=3)", "one_cycle"])
def test_schedules_move_the_rate(schedule):
    net = network()
    history = net.fit(X, Y, epochs=6, schedule=schedule, learning_rate=0.1, batch_size=None)
    rule = net.training.plan.schedule
    assert history.learning_rate == pytest.approx([0.1 * float(rule.run(np, float(k), 6)) for k in range(6)])
    assert len(set(history.learning_rate)) > 1


def test_a_plateau_lowers_the_rate():
    net = Network(3, Dense(1), seed=0)
    history = net.fit(X, NUMBERS, epochs=60, schedule="plateau(patience=2)", optimizer="sgd(learning_rate=0.9)")
    assert history.learning_rate[-1] < history.learning_rate[0]
    assert net.training.schedule["factor"] < 1


def test_validation_and_metrics_are_measured_after_each_epoch():
    net = network()
    history = net.fit(X, Y, epochs=3, validation=(X[:10], Y[:10]), metrics=["accuracy", "mean_absolute_error"])
    assert len(history.validation_loss) == len(history.metrics["accuracy"]) == 3
    assert history.metrics["accuracy"][-1] == net.score(X, Y)
    assert history.validation_metrics["accuracy"][-1] == net.score(X[:10], Y[:10])
    assert "validation accuracy" in repr(history)


def test_a_share_is_held_out_stratified():
    net = network()
    labels = np.array([0] * 40 + [1] * 10)
    net.fit(X, labels, epochs=1, validation=0.2)
    assert len(net.model.data) == 40
    assert net.model.data.Y.sum() == 8


def test_early_stopping_restores_the_best_epoch():
    net = network()
    noise = RNG.integers(0, 2, 50)
    history = net.fit(
        X[:25], noise[:25], epochs=2000, validation=(X[25:], noise[25:]), early_stopping=30, learning_rate=0.05
    )
    assert history.stopped == "early stopping"
    assert history.epochs == history.best_epoch + 1 + 30
    assert history.best_epoch == int(np.argmin(history.validation_loss))
    loss = net.trace(X[25:], noise[25:]).loss.data
    assert loss == pytest.approx(min(history.validation_loss), rel=1e-12)
    net.fit(X[:25], noise[:25], epochs=3, early_stopping=EarlyStopping(patience=1, restore_best=False))


def test_callbacks_receive_a_report_and_can_stop():
    seen, every_third = [], []

    def callback(report):
        seen.append((report.epoch, report.loss))
        if report.epoch == 7:
            report.stop("seven is enough")

    history = network().fit(X, Y, epochs=50, callbacks=[callback, (3, lambda r: every_third.append(r.epoch))])
    assert history.stopped == "seven is enough"
    assert [epoch for epoch, _ in seen] == list(range(1, 8))
    assert [loss for _, loss in seen] == history.loss
    assert every_third == [3, 6, 7]


def test_a_callback_that_fails_leaves_a_usable_network():
    def fail(report):
        if report.epoch == 3:
            raise RuntimeError("mine")

    net = network()
    with pytest.raises(RuntimeError, match="mine"):
        net.fit(X, Y, epochs=10, callbacks=fail)
    assert net.history.stopped == "an error"
    assert net.training.epoch == 3
    reference = network()
    reference.fit(X, Y, epochs=3)
    assert net == reference


def test_ctrl_c_keeps_what_was_learnt_and_can_be_resumed():
    net, whole = network(), network()

    def press(report):
        if report.epoch == 4:
            os.kill(os.getpid(), signal.SIGINT)

    history = net.fit(X, Y, epochs=10, batch_size=8, callbacks=press)
    assert history.stopped == "interrupted by Ctrl-C"
    assert history.epochs == net.training.epoch == 4
    net.resume(X, Y)
    whole.fit(X, Y, epochs=10, batch_size=8)
    assert net == whole
    assert net.history.loss == whole.history.loss
    assert net.history.stopped == "all epochs"


def test_an_interrupt_from_a_callback_counts_too():
    def press(report):
        raise KeyboardInterrupt

    assert network().fit(X, Y, epochs=10, callbacks=press).stopped == "interrupted by Ctrl-C"


def test_a_second_ctrl_c_in_the_midst_of_an_epoch_leaves_the_last_whole_one():
    calls = []

    def impatient(xp, z):
        calls.append(1)
        if len(calls) == 17:
            raise KeyboardInterrupt
        return xp.tanh(z)

    reference = network()
    slope = activations.tanh.slope
    net = Network(
        3, Dense(5, Activation(name="impatient", forward=impatient, slope=slope)), Dense(1, "sigmoid"), seed=3
    )
    history = net.fit(X, Y, epochs=10, batch_size=10)
    reference.fit(X, Y, epochs=3, batch_size=10, engine="numpy")  # which a function of one's own needs
    assert history.stopped == "interrupted by Ctrl-C"
    assert history.epochs == net.training.epoch == 3
    assert net.training.step == 15
    assert net.parameters == reference.parameters


def test_partial_fit_is_one_update():
    net, whole = network(), network()
    for rows in (slice(0, 25), slice(25, 50)):
        net.partial_fit(X[rows], Y[rows], optimizer="sgd", learning_rate=0.5)
    whole.fit(X, Y, epochs=1, batch_size=25, shuffle=False, optimizer="sgd", learning_rate=0.5)
    assert net == whole
    assert net.training.step == 2


def test_partial_fit_may_meet_one_class_first():
    net = Network(3, Dense(3, "softmax"), seed=0)
    net.partial_fit(X[:5], ["b"] * 5, classes=["a", "b", "c"])
    net.partial_fit(X[:5], ["c"] * 5)
    assert net.classes == ("a", "b", "c")


def test_labels_as_words():
    words = np.where(Y[:, 0] == 1, "same", "other")
    net = network()
    net.fit(X, words, epochs=400, learning_rate=0.05)
    assert set(net.classify(X)) == {"same", "other"}
    assert net.score(X, words) > 0.9
    assert net.predict_proba(X).shape == (50, 2)
    with pytest.raises(InputError, match="neither"):
        net.fit(X, ["neither"] * 50)


def test_float32_data_makes_a_fresh_network_float32_once():
    net = network()
    with pytest.warns(Notice, match="float32 from now on"):
        net.fit(X.astype(np.float32), Y, epochs=1)
    assert net.dtype == np.float32
    assert net.parameters["dense_1.W"].dtype == np.float32
    assert net.predict(X).dtype == np.float32
    net.fit(X, Y, epochs=1)
    assert net.dtype == np.float32
    assert network(dtype="float64").fit(X.astype(np.float32), Y, epochs=1).notes == []


def test_dropout_draws_by_place_in_the_epoch_and_is_off_when_predicting():
    net = Network(3, Dense(6, "tanh"), Dropout(0.5), Dense(1), seed=2)
    assert (net.predict(X) == net.predict(X)).all()
    net.fit(X, NUMBERS, epochs=1, batch_size=10, shuffle=False)
    whole = next(noise for _, noise, _ in batches(net.layers, _with_batch(net, None), net.model.data, 5))
    parts = [noise[1] for _, noise, _ in batches(net.layers, _with_batch(net, 7), net.model.data, 5)]
    np.testing.assert_array_equal(np.concatenate(parts), whole[1])


def _with_batch(net, size):
    from dataclasses import replace

    return replace(net.training, plan=replace(net.training.plan, batch_size=size, shuffle=False))


def test_reset_forgets_training():
    net, fresh = network(), network()
    net.fit(X, Y, epochs=3)
    assert net.reset() == fresh
    assert net.training is None
    assert net.history.epochs == 0
    assert "no epochs yet" in repr(net.history)
    assert net.reset(9) == Network(3, Dense(5, "tanh"), Dense(1, "sigmoid"), seed=9)


def test_zero_epochs_train_nothing():
    net = network()
    assert net.fit(X, Y, epochs=0).epochs == 0
    assert net == network()


def test_rprop_ignores_rates_and_trains():
    history = network().fit(X, Y, optimizer="rprop", batch_size=None, epochs=60)
    assert history.loss[-1] < 0.5 * history.loss[0]


def test_data_is_remembered_as_a_copy():
    net, x = network(), X.copy()
    net.fit(x, Y, epochs=1)
    x[:] = 0.0
    np.testing.assert_array_equal(net.model.data.X, X)


def test_one_pair_of_every_and_function_is_enough():
    seen = []
    network().fit(X, Y, epochs=4, callbacks=(2, lambda report: seen.append(report.epoch)))
    assert seen == [2, 4]


def test_reset_forgets_labels_columns_and_an_adopted_dtype():
    net = network()
    with pytest.warns(Notice, match="float32"):
        net.fit(X.astype(np.float32), np.where(Y[:, 0] == 1, "a", "b"), epochs=1)
    net.reset()
    assert (net.classes, net.dtype) == (None, np.float64)
    net.fit(X, np.where(Y[:, 0] == 1, "x", "y"), epochs=1)
    assert net.classes == ("x", "y")


def test_a_fit_on_numbers_forgets_labels():
    net = Network(3, Dense(1, "sigmoid"), seed=0)
    net.fit(X, ["a", "b"] * 25, epochs=1)
    net.fit(X, Y, loss="squared_error", epochs=1)
    assert net.classes is None
    assert net.score(X, Y) < 1


def test_the_state_prints_in_one_line():
    net = network()
    net.fit(X, Y, epochs=2)
    assert repr(net.training) == "TrainingState: epoch 2, step 4, adam on binary_cross_entropy, seed 3"
