"""Two moments, or two networks, side by side."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pellucid import Dense, InputError, Network
from pellucid.insight.comparison import compare
from pellucid.insight.render import to_html
from tracing import prepared_network, same

X = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
XOR = [0, 1, 1, 0]


def trained(engine):
    random = np.random.RandomState(1)
    net = Network(
        3,
        Dense(4, "sigmoid", bias=False, weights=2 * random.random((3, 4)) - 1),
        Dense(1, "sigmoid", bias=False, weights=2 * random.random((4, 1)) - 1),
    )
    told = {"loss": "half_squared_error", "optimizer": "sgd(learning_rate=1.0)", "reduction": "sum"}
    net.fit(X, XOR, epochs=2000, batch_size=None, record=True, engine=engine, **told)
    return net


@pytest.fixture(scope="module")
def net():
    """Trained on NumPy, whose figures are the trace's to the last bit."""
    return trained("numpy")


def test_after_the_first_iteration_and_after_the_last(net):
    found = net.compare(1, -1, X, XOR)
    assert found.names == ("after 1 epoch", "at the end")
    assert found.first.loss.data == net.history.loss[1]
    assert np.array_equal(found.second.output, net.predict(X))
    change = found.parameters["dense_1.W"]
    assert np.array_equal(change.before, net.at(1).parameters["dense_1.W"])
    assert np.array_equal(change.after, net.parameters["dense_1.W"])
    assert np.array_equal(change.change, change.after - change.before)


def test_the_figures_of_either_engine_are_the_traces_up_to_rounding():
    net = trained("auto")
    assert net.compare(1, -1, X, XOR).first.loss.data == pytest.approx(net.history.loss[1], rel=1e-12)


def test_its_text_holds_all_of_it(net):
    text = str(net.compare(1, 2000, X, XOR))
    for word in ("After 1 epoch and after 2000 epochs", "data loss", "target", "row 3", "dense_2.W", "moved most"):
        assert word in text
    assert f"{net.history.loss[1]:.6f}".rstrip("0") in text


def test_without_targets_there_is_no_loss(net):
    found = net.compare(0, 1, X)
    assert found.first.loss is None
    assert "Loss" not in str(found)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["target"] is None


def test_as_data(net):
    found = json.loads(json.dumps(net.compare(1, -1, X, XOR).to_dict(), allow_nan=False))
    assert [moment["name"] for moment in found["moments"]] == ["after 1 epoch", "at the end"]
    assert found["moments"][0]["loss"]["total"] == net.history.loss[1]
    assert found["target"] == [[0.0], [1.0], [1.0], [0.0]]
    assert np.shape(found["parameters"]["dense_1.W"]["change"]) == (3, 4)


def test_before_and_after_share_their_colours(net):
    html = to_html(net.compare(1, -1, X, XOR))
    assert "at the end" in html


def test_many_rows_and_outputs_are_abbreviated():
    random = np.random.default_rng(0)
    net = Network(3, Dense(6), seed=0)
    net.fit(random.normal(size=(30, 3)), random.normal(size=(30, 6)), epochs=2, record=True)
    text = str(net.compare(0, -1, random.normal(size=(30, 3))))
    assert "Shown are the first 10 of 30 rows and the first 4 of 6 outputs." in text


def test_two_networks_of_one_shape_and_the_losses_are_of_one_kind():
    a, b = (Network([3, 1], activation="sigmoid", seed=seed) for seed in (0, 1))
    b.fit(X, XOR, loss="squared_error", epochs=1)
    found = compare(a.model, b.model, X, XOR, names=("one", "two"))
    assert found.first.terms.plan.loss.name == found.second.terms.plan.loss.name == "squared_error"
    assert str(found).startswith("One and two")


def test_targets_are_shown_in_the_outputs_units():
    net = prepared_network()
    table = {"age": [20.0, 30.0, 40.0, 60.0], "island": ["Dream", "Biscoe", "Dream", "Biscoe"]}
    net.fit(table, [10.0, 20.0, 35.0, 50.0], epochs=5, record=True)
    found = net.compare(0, -1, table, [10.0, 20.0, 35.0, 50.0])
    assert found.target.ravel().tolist() == pytest.approx([10.0, 20.0, 35.0, 50.0])


def test_networks_of_different_shapes_are_refused():
    a, b = Network([3, 1], activation="sigmoid", seed=0), Network([3, 2, 1], activation="sigmoid", seed=0)
    with pytest.raises(InputError, match="networks of different shapes"):
        compare(a.model, b.model, X)


def test_neither_is_changed(net):
    import copy

    before = copy.deepcopy(net.model)
    net.compare(1, -1, X, XOR)
    assert same(vars(before), vars(net.model))
