"""The tutorials' printed digits, exactly as printed, on NumPy and on the native core in every instruction set."""

import numpy as np
import pytest

from native_cases import LEVELS, needs_native
from pellucid import Dense, Network

ROWS = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
FIRST_COLUMN = np.array([0, 0, 1, 1])
EXCLUSIVE_OR = np.array([0, 1, 1, 0])
UNIFORM = "uniform(low=-1, high=1)"
ELEVEN_LINES = {
    "loss": "half_squared_error",
    "optimizer": "sgd(learning_rate=1)",
    "reduction": "sum",
    "batch_size": None,
}


@pytest.fixture(params=["numpy", *(pytest.param(level, marks=needs_native) for level in LEVELS or ["native"])])
def engine(request, monkeypatch):
    if request.param == "numpy":
        return "numpy"
    monkeypatch.setenv("PELLUCID_INSTRUCTION_SET", request.param)
    return "native"


def test_one_neuron():
    neuron = Network(2, Dense(1, "sigmoid", weights=[[7], [3]], biases=[-5]))
    assert neuron.trace([[1, 1]]).layers[0].z.tolist() == [[5.0]]
    assert f"{neuron.predict([1, 1])[0]:.8f}" == "0.99330715"


def test_two_layers_print_the_outputs_before_the_last_update_and_after(engine):
    net = Network(3, Dense(1, "sigmoid", bias=False, weights=UNIFORM), seed=np.random.RandomState(1))
    net.fit(ROWS, FIRST_COLUMN, epochs=10_000, record=[9_999], engine=engine, **ELEVEN_LINES)
    assert digits(net.at(9_999).predict(ROWS)) == ["0.00966449", "0.00786506", "0.99358898", "0.99211957"]
    assert digits(net.predict(ROWS)) == ["0.00966400", "0.00786466", "0.99358931", "0.99211997"]


def test_two_layers_by_hand_are_the_same_up_to_rounding(engine):
    weights = 2 * np.random.RandomState(1).random((3, 1)) - 1
    target = FIRST_COLUMN[:, None]
    for _ in range(100):
        a = 1 / (1 + np.exp(-(ROWS @ weights)))
        weights += ROWS.T @ ((target - a) * (a * (1 - a)))
    net = Network(3, Dense(1, "sigmoid", bias=False, weights=UNIFORM), seed=np.random.RandomState(1))
    net.fit(ROWS, FIRST_COLUMN, epochs=100, engine=engine, **ELEVEN_LINES)
    np.testing.assert_allclose(net.parameters["dense_1.W"], weights, rtol=1e-13)


def test_three_layers_print_the_mean_absolute_error_in_twelve_digits(engine):
    net = Network(
        3,
        Dense(4, "sigmoid", bias=False, weights=UNIFORM),
        Dense(1, "sigmoid", bias=False, weights=UNIFORM),
        seed=np.random.RandomState(1),
    )
    moments = list(range(0, 60_000, 10_000))
    net.fit(ROWS, EXCLUSIVE_OR, epochs=60_000, record=moments, engine=engine, **ELEVEN_LINES)
    errors = [np.abs(net.at(epoch).predict(ROWS)[:, 0] - EXCLUSIVE_OR).mean() for epoch in moments]
    assert [f"{error:.12g}" for error in errors] == [
        "0.496410031903",
        "0.00858452565325",
        "0.00578945986251",
        "0.00462917677677",
        "0.00395876528027",
        "0.00351012256786",
    ]


def test_the_class_falls_monotonically_and_seed_0_comes_within_005(engine):
    zero_to_one = {"bias": False, "weights": "uniform(low=0, high=1)"}
    net = Network(3, Dense(4, "sigmoid", **zero_to_one), Dense(1, "sigmoid", **zero_to_one), seed=0)
    history = net.fit(ROWS, EXCLUSIVE_OR, epochs=1_500, engine=engine, **{**ELEVEN_LINES, "loss": "squared_error"})
    assert (np.diff(history.loss) < 0).all()
    assert [f"{value:.2f}" for value in net.predict(ROWS)[:, 0]] == ["0.02", "0.98", "0.98", "0.02"]
    assert np.abs(net.predict(ROWS)[:, 0] - EXCLUSIVE_OR).max() < 0.05


def digits(outputs: np.ndarray) -> list[str]:
    return [f"{value:.8f}" for value in outputs.ravel()]
