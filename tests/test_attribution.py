"""Attributions: exact where f is linear, named as what they are where it is not, by original column."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Dense, Dropout, InputError, Network, UnknownNameError
from pellucid.data.prepare import fit_preprocessing
from pellucid.insight.attribution import explain
from tracing import own_network, prepared_network, same

HIDDEN = ["linear", "tanh", "relu", "sigmoid", "gelu", "softplus"]
OUTPUT = ["linear", "sigmoid", "softmax", "tanh", "softplus"]


def random_network(seed, hidden, output, n_out, depth=1):
    layers = [Dense(4, hidden) for _ in range(depth)]
    net = Network(3, *layers, Dense(n_out, output), seed=seed)
    net.model.baseline = np.random.default_rng(seed).normal(size=3)
    return net


def f(net, x, output):
    """What is explained, from the formula in the docstring, by other means."""
    last = net.trace(x).layers[-1]
    name = net.layers[-1].activation.name
    if name == "softmax":
        return last.z[:, output] - last.z.mean(axis=1)
    if name == "sigmoid" and last.z.shape[1] == 1:
        return last.z[:, 0] if output == 1 else -last.z[:, 0]
    return last.z[:, output] if name == "sigmoid" else last.a[:, output]


@given(st.integers(0, 10**6), st.sampled_from(HIDDEN), st.sampled_from(OUTPUT), st.integers(1, 3), st.integers(0, 2))
@settings(max_examples=80)
def test_both_views_are_what_they_say(seed, hidden, output, n_out, depth):
    n_out = max(n_out, 2) if output == "softmax" else n_out
    net = random_network(seed, hidden, output, n_out, depth)
    random = np.random.default_rng(seed + 1)
    x, start = random.normal(size=3), net.model.baseline
    place = random.integers(0, n_out)
    found = explain(net.model, x, output=int(place))
    assert found.value == pytest.approx(f(net, x[None], place)[0], rel=1e-12, abs=1e-12)
    assert found.baseline == pytest.approx(f(net, start[None], place)[0], rel=1e-12, abs=1e-12)
    for i, column in enumerate(found.columns):
        hidden_one = np.where(np.arange(3) == i, start, x)
        assert column.occlusion == pytest.approx(found.value - f(net, hidden_one[None], place)[0], rel=1e-9, abs=1e-12)
        h = 1e-5 * np.eye(3)[i]
        slope = (f(net, (x + h)[None], place)[0] - f(net, (x - h)[None], place)[0]) / 2e-5
        if hidden != "relu":
            assert column.gradient_input == pytest.approx((x[i] - start[i]) * slope, rel=1e-4, abs=1e-7)
    if found.exact:
        assert found.gradient_input_sum == pytest.approx(found.difference, rel=1e-10, abs=1e-10)
        assert found.occlusion_sum == pytest.approx(found.difference, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
def test_a_linear_model_is_exact_and_says_so(output):
    net = Network(3, Dense(4), Dropout(0.5), Dense(2, output), seed=1)
    net.model.baseline = np.array([1.0, 2.0, 3.0])
    found = net.explain([0.5, -1.0, 2.0])
    assert found.exact
    text = str(found)
    assert "exact, as f is linear" in text
    assert "occlusion" not in text.lower()
    product = net.parameters["dense_1.W"] @ net.parameters["dense_3.W"]
    if output == "linear":
        expected = (np.array([0.5, -1.0, 2.0]) - net.model.baseline) * product[:, 0]
        assert [c.gradient_input for c in found.columns] == pytest.approx(expected.tolist())


@pytest.mark.parametrize("hidden", ["tanh", "relu"])
def test_another_names_both_views_and_their_sums(hidden):
    found = random_network(0, hidden, "linear", 1).explain([3.0, -2.0, 1.0])
    assert not found.exact
    text = str(found)
    for word in ("occlusion", "gradient × input", "sum by occlusion", "sum by gradient × input", "difference", "off"):
        assert word in text


def test_a_users_own_rule_is_not_taken_for_linear():
    assert not own_network().explain([1.0, 2.0, 3.0]).exact


def test_an_output_that_bends_is_not_linear_for_numbers():
    net = Network(2, Dense(1, "softplus"), seed=0)
    assert not net.explain([1.0, 2.0]).exact
    assert Network(2, Dense(1, "sigmoid"), seed=0).explain([1.0, 2.0]).exact  # its logit is


def classifier():
    rows = np.array([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]])
    net = Network(2, Dense(1, "sigmoid"), seed=0)
    net.fit(rows, ["ham", "spam", "ham", "spam"], epochs=200, learning_rate=0.1)
    return net


def test_of_two_classes_the_predicted_one_is_explained():
    net = classifier()
    spam, ham = net.explain([0.0, 2.0]), net.explain([0.0, 0.0])
    assert (spam.output, ham.output) == ("spam", "ham")
    assert spam.value > 0 < ham.value
    assert spam.measure == "the logit of spam (its log-odds): z of the output unit"
    assert ham.measure == "the logit of ham (its log-odds): minus z of the output unit"
    other = net.explain([0.0, 2.0], output="ham")
    assert other.value == -spam.value
    assert [c.gradient_input for c in other.columns] == [-c.gradient_input for c in spam.columns]


def test_the_baseline_is_the_mean_of_the_training_inputs():
    net = classifier()
    found = net.explain([0.0, 2.0])
    assert found.baseline == pytest.approx(f(net, np.array([[1.0, 1.0]]), 1)[0])
    assert [c.gradient_input for c in found.columns] == pytest.approx(
        [-net.parameters["dense_1.W"][0, 0], net.parameters["dense_1.W"][1, 0]]
    )


def test_a_network_that_was_never_trained_says_that_its_baseline_is_zero():
    found = Network([2, 1], activation="sigmoid", seed=1).explain([1.0, 2.0])
    assert any("never trained" in note for note in found.notes)


def test_of_several_classes_any_can_be_asked_for():
    rows = np.eye(3)
    net = Network(3, Dense(3, "softmax"), seed=0)
    net.fit(rows, ["a", "b", "c"], epochs=100, learning_rate=0.1)
    assert net.explain(rows[2]).output == "c"
    assert net.explain(rows[2], output="a").output == "a"
    assert sum(net.explain(rows[1], output=c).value for c in "abc") == pytest.approx(0, abs=1e-12)
    assert "minus the mean z of all classes" in net.explain(rows[1]).measure


def test_prepared_columns_are_summed_by_original_column():
    net = prepared_network()
    net.model.baseline = np.array([0.1, 0.2, 0.5, 0.5])
    found = net.explain({"island": ["Dream"], "age": [20.0]})
    assert [c.name for c in found.columns] == ["age", "island"]
    assert [c.value for c in found.columns] == [20.0, "Dream"]
    assert found.value == pytest.approx(float(net.predict({"island": ["Dream"], "age": [20.0]})[0, 0]))
    assert found.measure == "the prediction of y, in its own units"


def test_in_a_linear_regression_contributions_are_in_the_targets_units():
    table = {"age": [20.0, 30.0, 40.0, 60.0], "island": ["Dream", "Biscoe", "Dream", "Biscoe"]}
    y = [10.0, 20.0, 35.0, 50.0]
    record = fit_preprocessing(table, y, "regression")
    net = Network(record.width, Dense(1), seed=2)
    net.model.preprocessing = record
    net.fit(table, y, epochs=50, learning_rate=0.1)
    found = net.explain({"age": [60.0], "island": ["Dream"]})
    assert found.exact
    assert found.value == pytest.approx(float(net.predict({"age": [60.0], "island": ["Dream"]})[0, 0]))
    assert found.gradient_input_sum == pytest.approx(found.difference)
    assert found.baseline == pytest.approx(float(net.predict(table).mean()))


def test_columns_of_a_frame_keep_their_names():
    import pandas as pd

    net = Network(2, Dense(1), seed=0)
    found = net.explain(pd.DataFrame({"height": [1.0], "<b>": [2.0]}))
    assert [c.name for c in found.columns] == ["height", "<b>"]
    assert "<b>" not in found._repr_html_()


def test_missing_values_and_unknown_categories_are_told():
    net = prepared_network()
    found = net.explain({"age": [None], "island": ["Mars"]})
    assert any("Mars" in note for note in found.notes)
    assert "(missing)" in str(found)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["columns"][0]["value"] == "nan"


def test_the_perceptron_says_that_no_gradient_comes_through():
    net = Network(2, Dense(3, "threshold"), Dense(1), seed=0)
    found = net.explain([1.0, 2.0])
    assert any("No gradient comes through dense_1" in note for note in found.notes)
    assert found.gradient_input_sum == 0


def test_where_both_sums_are_far_off_it_is_said():
    net = Network(1, Dense(1, "tanh", weights=[[50.0]]), Dense(1, weights=[[1.0]]))
    net.model.baseline = np.array([-1.0])
    assert not net.explain([1.0]).far  # occlusion of an only column is the whole
    two = Network(2, Dense(1, "tanh", weights=[[50.0], [50.0]]), Dense(1, weights=[[1.0]]))
    two.model.baseline = np.array([-1.0, -1.0])
    found = two.explain([2.0, 2.0])
    assert found.far
    assert "Both sums are far from the difference" in str(found)


def test_many_columns_are_summed_up_and_all_are_in_the_dict():
    net = Network(40, Dense(1), seed=0)
    found = net.explain(np.arange(40.0))
    text = str(found)
    assert "and 28 more" in text
    assert len(found.to_dict()["columns"]) == 40
    assert [abs(c.gradient_input) for c in found.largest] == sorted(abs(c.gradient_input) for c in found.columns)[::-1]


def test_float32_is_explained_in_full_precision():
    net = Network(2, Dense(3), Dense(1), seed=0, dtype="float32")
    found = net.explain([1.0, 2.0])
    assert found.gradient_input_sum == pytest.approx(found.difference, rel=1e-13)


def test_errors():
    net = classifier()
    with pytest.raises(InputError, match="explain: 2 rows"):
        net.explain([[0.0, 1.0], [1.0, 1.0]])
    with pytest.raises(UnknownNameError, match="there is no class named 'spum'") as caught:
        net.explain([0.0, 1.0], output="spum")
    assert "one of ham, spam" in str(caught.value)
    assert "'spam'" in str(caught.value)
    with pytest.raises(UnknownNameError, match="there is no output named 3"):
        Network(2, Dense(2), seed=0).explain([0.0, 1.0], output=3)
    with pytest.raises(UnknownNameError, match="there is no output named True"):
        Network(2, Dense(2), seed=0).explain([0.0, 1.0], output=True)
    with pytest.raises(InputError, match="explain: X has one dimension and 3 values"):
        net.explain([0.0, 1.0, 2.0])


def test_nothing_is_changed():
    import copy

    net = classifier()
    before = copy.deepcopy(net.model)
    net.explain([0.0, 1.0])
    assert same(vars(before), vars(net.model))
