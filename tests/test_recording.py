"""Recording and rewinding: any recorded moment can be seen, compared and resumed from exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Dense, Dropout, InputError, Network, Notice, StateError
from pellucid.training.recording import Recording, log_spaced, recorder

RNG = np.random.default_rng(2)
X = RNG.normal(size=(30, 3))
Y = (X.sum(axis=1) > 0).astype(int)
SETTINGS = {
    "plain": {},
    "mini-batches": {"batch_size": 7},
    "validation and early stopping": {"batch_size": 7, "validation": 0.2, "early_stopping": 8, "epochs": 60},
    "cosine": {"schedule": "cosine"},
    "plateau": {"schedule": "plateau(patience=1)", "learning_rate": 0.5},
    "momentum": {"optimizer": "sgd(momentum=0.9)"},
    "rprop": {"optimizer": "rprop", "batch_size": None},
}


def network() -> Network:
    return Network(3, Dense(5, "tanh"), Dropout(0.2), Dense(1, "sigmoid", l2=0.01), seed=8)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_resuming_from_any_moment_ends_in_the_same_bits(settings):
    net = network()
    net.fit(X, Y, record=True, **{"epochs": 20, **settings})
    for epoch in net.recording.epochs:
        then = net.at(epoch)
        assert then.training.epoch == epoch
        then.resume(X, Y)
        assert then == net
        assert then.history.loss == net.history.loss
        assert then.history.validation_loss == net.history.validation_loss
        assert then.history.best_epoch == net.history.best_epoch


def test_a_second_fit_is_recorded_from_its_own_start():
    net = network()
    net.fit(X, Y, epochs=10)
    net.fit(X, Y, epochs=10, record=5)
    assert net.recording.epochs == [0, 5, 10]
    then = net.at(5)
    then.resume(X, Y)
    assert then == net


def test_moments_are_the_network_as_it_was():
    net, short = network(), network()
    net.fit(X, Y, epochs=10, record=[0, 3])
    short.fit(X, Y, epochs=3)
    assert net.recording.epochs == [0, 3, 10]
    assert net.at(0) == network()
    assert net.at(3) == short
    assert net.at(-1) == net
    net.at(3).parameters["dense_1.W"][:] = 0.0
    assert net.at(3) == short


def test_parameters_only_is_lighter_and_restarts_the_optimizer():
    net, light = network(), network()
    net.fit(X, Y, epochs=10, record=True)
    light.fit(X, Y, epochs=10, record="parameters")
    assert light.recording.nbytes < net.recording.nbytes
    assert "resuming restarts the optimizer" in repr(light.recording)
    with pytest.warns(Notice, match="resuming restarts the optimizer"):
        then = light.at(5)
    assert then.parameters == net.at(5).parameters
    assert then.training.step == 0
    assert "resuming restarts the optimizer" in repr(then.resume(X, Y))


def test_the_budget_is_kept_by_thinning_evenly():
    net = network()
    net.fit(X, Y, epochs=2, record=1)
    room = 10 * net.recording.moments[0].nbytes + 1
    net = network()
    net.fit(X, Y, epochs=100, record=1, record_memory=room)
    assert net.recording.nbytes <= room
    assert net.recording.epochs == [0, 16, 32, 48, 64, 80, 96, 100]
    assert "thinned" in repr(net.recording)
    then = net.at(48)
    then.resume(X, Y)
    assert then == net


def test_epochs_may_come_as_an_array():
    net = network()
    net.fit(X, Y, epochs=4, record=np.array([1, 3]))
    assert net.recording.epochs == [1, 3, 4]


@given(st.integers(0, 10**7))
def test_log_spacing_begins_at_zero_and_ends_with_the_last(epochs):
    moments = list(log_spaced(epochs))
    assert moments == sorted(set(moments))
    assert moments[0] == 0
    assert moments[-1] == epochs
    assert len(moments) <= 3 * len(str(epochs)) + 2


def test_nothing_is_recorded_unless_asked():
    net = network()
    net.fit(X, Y, epochs=2)
    assert net.recording is None
    assert recorder(False, 10) is None
    with pytest.raises(StateError, match=r"not recorded(.|\n)*record=True"):
        net.at(0)


def test_unrecorded_epochs_name_the_recorded():
    net = network()
    net.fit(X, Y, epochs=10, record=[2])
    with pytest.raises(InputError, match=r"epoch 4 was not recorded.*\n.*one of 2, 10"):
        net.at(4)
    with pytest.raises(StateError, match="the recording is empty"):
        Recording().at(0)


def test_resuming_needs_the_same_data():
    net = network()
    net.fit(X, Y, epochs=10, record=[2])
    with pytest.raises(InputError, match=r"not the data that the training began with(.|\n)*same X, y"):
        net.at(2).resume(X + 1e-9, Y)
    with pytest.raises(StateError, match="never trained"):
        network().resume(X, Y)


def test_resuming_a_finished_fit_changes_nothing():
    net = network()
    net.fit(X, Y, epochs=5)
    before = net.copy()
    net.resume(X, Y)
    assert net == before


def test_a_recording_survives_being_broken_off_and_resumed():
    def press(report):
        if report.epoch == 5:
            raise KeyboardInterrupt

    net, whole = network(), network()
    net.fit(X, Y, epochs=9, record=1, callbacks=press)
    net.resume(X, Y, record=1)
    whole.fit(X, Y, epochs=9, record=1)
    assert net.recording.epochs == whole.recording.epochs
    assert all(net.at(epoch) == whole.at(epoch) for epoch in range(10))
    net.fit(X, Y, epochs=9, record=[2, 4], callbacks=lambda report: press(report))
    net.resume(X, Y)
    assert net.recording.epochs == [2, 4, 5]


def test_the_history_of_a_moment_prints_without_an_end():
    net = network()
    net.fit(X, Y, epochs=4, record=True)
    assert "()" not in repr(net.at(2).history)
