"""Two seconds of the public promise: create in three lines, train, ask."""

import numpy as np

import pellucid
from pellucid import Dense, Network

X = [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_three_lines_solve_xor():
    net = Network(2, Dense(4, "tanh"), Dense(1, "sigmoid"), seed=1)
    net.fit(X, [0, 1, 1, 0], optimizer="adam(learning_rate=0.1)", epochs=300)
    assert net.classify(X).tolist() == [0, 1, 1, 0]


def test_every_number_can_be_asked_for():
    net = Network(2, Dense(1, "sigmoid", weights=[[7.0], [3.0]], biases=[-5.0]))
    layer = net.trace([[1, 1]], [1]).layers[0]
    assert layer.z[0, 0] == 5.0
    assert f"{layer.a[0, 0]:.8f}" == "0.99330715"


def test_the_helpful_door_fits_words():
    net = pellucid.fit([["red", 1.0], ["blue", 2.0], ["red", 3.0], ["blue", 4.0]] * 5, ["no", "yes", "no", "yes"] * 5)
    assert net.classify([["blue", 2.5]]).tolist() == ["yes"]


def test_save_and_load(tmp_path):
    net = Network([2, 3, 1], activation="tanh", seed=4)
    assert pellucid.load(net.save(tmp_path / "net.safetensors")) == net


def test_predictions_are_plain_arrays():
    net = Network([2, 3, 2], activation="relu", output_activation="softmax", seed=4)
    assert isinstance(net.predict_proba(X), np.ndarray)
    np.testing.assert_allclose(net.predict_proba(X).sum(axis=1), 1.0)


def test_every_public_name_is_there():
    for name in pellucid.__all__:
        assert getattr(pellucid, name) is not None
    assert set(pellucid.__all__) <= set(dir(pellucid))
