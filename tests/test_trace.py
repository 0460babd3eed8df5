"""A trace is the NumPy engine's own step, bit for bit, and changes nothing.

How near the native engine comes to a trace: tests/test_native_agrees.py.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings

import pellucid
from pellucid import Dense, Dropout, InputError, Network, Notice, StateError, UnknownNameError
from pellucid.insight.trace import trace
from pellucid.insight.tracing.document import schema
from tracing import cases, own_network, prepared_network, quartic, same, sign_descent

X = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
XOR = [0, 1, 1, 0]


def fitted(net, X, y, told, epochs):
    net.fit(X, y, batch_size=None, epochs=epochs, engine="numpy", **told)


@given(cases())
@settings(max_examples=150)
def test_the_engine_does_exactly_what_a_fresh_networks_trace_says(case):
    net, X, y, told = case
    fitted(net, X, y, told, epochs=0)  # the plan is made, nothing is trained
    before = copy.deepcopy(net.model)
    traced = trace(net.model, X, y, sample_weight=told["sample_weight"])
    assert same(vars(before), vars(net.model))
    fitted(net, X, y, told, epochs=1)
    for name, array in net.parameters.items():
        assert array.tobytes() == traced.updated[name].tobytes(), name
    # The epoch's figure is multiplied and divided by the weights' sum once more.
    assert net.history.data_loss == [pytest.approx(traced.loss.data, rel=1e-12)]
    assert net.history.penalty == [pytest.approx(traced.loss.penalty, rel=1e-12)]


@given(cases())
@settings(max_examples=60)
def test_it_does_so_after_some_training_too(case):
    net, X, y, told = case
    with np.errstate(all="ignore"):
        try:
            fitted(net, X, y, told, epochs=3)
        except pellucid.DivergenceError:
            return
        traced = trace(net.model, X, y, sample_weight=told["sample_weight"])
        assert traced.terms.step == 4
        try:
            fitted(net, X, y, told, epochs=1)
        except pellucid.DivergenceError:
            return
    for name, array in net.parameters.items():
        assert array.tobytes() == traced.updated[name].tobytes(), name


@given(cases())
@settings(max_examples=20)
def test_every_trace_obeys_the_schema_and_reads_back(case):
    net, X, y, told = case
    fitted(net, X, y, told, epochs=0)
    traced = net.trace(X, y)
    found = json.loads(traced.to_json(), parse_constant=lambda name: pytest.fail(name))
    jsonschema.validate(found, schema())
    assert np.array(found["layers"][0]["parameters"]["W"]["updated"], dtype=float).tolist() == (
        traced.updated["dense_1.W"].astype(float).tolist()
    )
    assert str(traced)
    assert traced._repr_html_()


def test_a_moment_in_the_middle_of_a_fit_has_the_schedules_rate():
    net = Network([3, 4, 1], activation="sigmoid", seed=1)
    how = {"schedule": "cosine", "optimizer": "adam", "learning_rate": 0.5, "engine": "numpy"}
    net.fit(X, XOR, epochs=10, batch_size=None, record=1, **how)
    for epoch in range(9):
        traced = net.at(epoch).trace(X, XOR)
        assert traced.terms.epoch == epoch
        assert traced.terms.learning_rate == net.history.learning_rate[epoch]
        for name, array in net.at(epoch + 1).parameters.items():
            assert array.tobytes() == traced.updated[name].tobytes()


def test_plateau_keeps_its_memory_in_the_middle_of_a_fit():
    net = Network([3, 4, 1], activation="sigmoid", seed=1)
    plateau = "plateau(patience=0, threshold=0.5)"
    net.fit(X, XOR, epochs=8, batch_size=None, schedule=plateau, record=1, optimizer="sgd(learning_rate=1.0)")
    traced = net.at(5).trace(X, XOR)
    assert traced.terms.learning_rate == net.history.learning_rate[5] < 1.0


def test_the_users_own_parts_are_traced_bit_for_bit():
    net = own_network()
    y = np.array([[0.0, 1.0], [1.0, 0.5], [0.25, 0.0], [1.0, 1.0]])
    traced = net.trace(X, y, loss=quartic, optimizer=sign_descent)
    jsonschema.validate(json.loads(traced.to_json()), schema())
    assert "scaling_1" in str(traced)
    net.fit(X, y, loss=quartic, optimizer=sign_descent, epochs=1, batch_size=None)
    for name, array in net.parameters.items():
        assert array.tobytes() == traced.updated[name].tobytes()


def test_another_optimizer_starts_afresh_in_the_trace_too():
    net = Network([3, 4, 1], activation="sigmoid", seed=1)
    net.fit(X, XOR, epochs=5, optimizer="adam")
    traced = net.trace(X, XOR, optimizer="sgd(learning_rate=2.0)")
    assert (traced.terms.step, traced.terms.learning_rate) == (1, 2.0)
    assert net.training.plan.optimizer.name == "adam"


def test_forward_only_without_targets():
    traced = Network([3, 4, 1], activation="sigmoid", seed=1).trace(X)
    assert traced.updated == {}
    assert traced.loss is traced.terms is traced.layers[0].dz is traced.layers[0].dW is None
    jsonschema.validate(json.loads(traced.to_json()), schema())
    assert "Without targets there is no loss" in str(traced)


def test_the_output_is_what_predict_says():
    net = Network(3, Dense(4, "relu"), Dropout(0.5), Dense(2, "softmax"), seed=1)
    traced = net.trace(X)
    assert np.array_equal(traced.output, net.predict(X))
    assert any("dropout" in note for note in traced.notes)


def test_one_row_and_one_target():
    net = Network([3, 2], activation="sigmoid", seed=1)
    assert net.trace([0, 0, 1], [0.0, 1.0], loss="squared_error").y.tolist() == [[0.0, 1.0]]
    assert Network([3, 1], activation="sigmoid", seed=1).trace([0, 0, 1], 1).y.tolist() == [[1.0]]


def test_labels_stay_out_of_a_network_that_was_only_traced():
    net = Network([3, 1], activation="sigmoid", seed=1)
    assert net.trace(X, ["a", "b", "b", "a"]).classes == ("a", "b")
    assert net.classes is None


def test_a_preprocessed_network_shows_step_0():
    net = prepared_network()
    table = {"age": [20.0, None, 40.0], "island": ["Dream", "Biscoe", "Mars"]}
    traced = net.trace(table, [1.0, 2.0, 3.0], loss="squared_error")
    with pytest.warns(Notice):
        assert np.array_equal(traced.prediction, net.predict(table))
    assert traced.preparation.columns == ("age", "island")
    assert traced.preparation.parts[1] == slice(2, 4)
    assert traced.preparation.values[1].tolist() == ["Dream", "Biscoe", "Mars"]
    text = str(traced)
    assert "Step 0" in text
    assert "(missing)" in text
    assert "island = Biscoe" in text
    found = json.loads(traced.to_json())
    jsonschema.validate(found, schema())
    assert found["preparation"]["values"] == [[20.0, "nan", 40.0], ["Dream", "Biscoe", "Mars"]]
    assert any("Mars" in note for note in found["preparation"]["notes"])


def test_columns_of_a_frame_are_traced_by_name_in_any_order():
    net = prepared_network()
    traced = net.trace({"island": ["Dream"], "age": [20.0]})
    assert [values.tolist() for values in traced.preparation.values] == [[20.0], ["Dream"]]


def test_numbers_that_are_not_finite_become_text_in_json():
    net = Network([1, 1], activation="linear", seed=1)
    net.parameters["dense_1.W"][:] = 1e308
    traced = net.trace([[1e5]], [0.0], loss="squared_error")
    found = json.loads(traced.to_json(), parse_constant=lambda name: pytest.fail(name))
    jsonschema.validate(found, schema())
    assert found["layers"][0]["z"] == [["inf"]]
    assert "infinity" in str(traced)


def test_json_of_the_first_rows_and_to_a_file(tmp_path):
    traced = Network([3, 1], activation="sigmoid", seed=1).trace(X, XOR)
    found = traced.to_dict(rows=2)
    assert (found["examples"], found["shown"], len(found["layers"][0]["z"]), len(found["loss"]["each"])) == (4, 2, 2, 2)
    text = traced.to_json(tmp_path / "trace.json")
    assert (tmp_path / "trace.json").read_text(encoding="utf-8") == text + "\n"


def test_the_schema_in_the_docs_is_the_one_in_the_package():
    docs = Path(__file__).parents[1] / "docs" / "trace.schema.json"
    assert json.loads(docs.read_text(encoding="utf-8")) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_refuses_what_is_wrong():
    found = Network([3, 1], activation="sigmoid", seed=1).trace(X, XOR).to_dict()
    for key, value in (("version", 2), ("layers", "none"), ("loss", 3), ("more", 1)):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**found, key: value}, schema())
    del found["output"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


def test_many_rows_are_abbreviated_and_the_trace_says_so():
    random = np.random.default_rng(0)
    net = Network([3, 2, 1], activation="tanh", output_activation="linear", seed=1)
    text = str(net.trace(random.normal(size=(500, 3)), random.normal(size=500)))
    assert "Tables show the first 10 of 500 examples" in text
    assert "row 9" in text
    assert "row 10" not in text


def test_a_batch_larger_than_the_plans_is_told():
    net = Network([3, 1], activation="sigmoid", seed=1)
    net.fit(X, XOR, batch_size=2, epochs=1)
    assert "All 4 rows are one batch here; the plan trains on 2 rows at a time." in net.trace(X, XOR).notes


def test_layers_by_name_and_their_gradients():
    traced = Network([3, 4, 1], activation="sigmoid", seed=1).trace(X, XOR)
    assert traced["dense_2"].dW.shape == (4, 1)
    assert traced["dense_1"].db.shape == (4,)
    assert traced["dense_1"].jacobian is None
    with pytest.raises(UnknownNameError, match="there is no layer named 'dense_3'"):
        traced["dense_3"]


def test_a_softmax_has_jacobians_instead_of_slopes():
    traced = Network(3, Dense(3, "softmax"), Dense(2, "softmax"), seed=1).trace(X, [0, 1, 1, 0])
    layer = traced.layers[0]
    assert layer.slope is None
    assert layer.jacobian.shape == (4, 3, 3)
    products = np.einsum("ni,nij->nj", layer.da, layer.jacobian)
    assert np.allclose(products, layer.dz, rtol=1e-12, atol=1e-15)
    assert traced.layers[1].da is None
    assert "Jacobian da/dz" in str(traced)


def test_clipping_and_penalty_are_shown_apart():
    net = Network(3, Dense(2, "tanh", l2=0.5), Dense(1), seed=1)
    net.fit(X, XOR, loss="squared_error", clip=0.01, epochs=0)
    traced = net.trace(X, XOR)
    w = traced["dense_1"].parameters["W"]
    assert np.array_equal(w.penalty, 0.5 * net.parameters["dense_1.W"])
    assert np.array_equal(w.gradient, w.data + w.penalty)
    flat = np.concatenate([p.clipped.ravel() for layer in traced.layers for p in layer.parameters.values()])
    assert np.isclose(np.linalg.norm(flat), 0.01)
    text = str(traced)
    for word in ("dW, of the data", "dW, of the penalty", "dW, clipped", "gradient norm"):
        assert word in text


def test_the_perceptron_can_be_traced_forward_but_not_back():
    net = Network(3, Dense(1, "threshold"), seed=1)
    assert net.trace(X).output.shape == (4, 1)
    with pytest.raises(InputError, match="cannot be trained through its activation threshold"):
        net.trace(X, XOR)


def test_errors_name_what_is_wrong():
    net = Network([3, 1], activation="sigmoid", seed=1)
    with pytest.raises(InputError, match="trace: X has 2 columns"):
        net.trace([[0, 1]])
    with pytest.raises(InputError, match="trace: X has 4 rows and y has 3 rows"):
        net.trace(X, [0, 1, 1])
    with pytest.raises(UnknownNameError, match="there is no loss named 'squared'"):
        net.trace(X, XOR, loss="squared")
    with pytest.raises(StateError, match="this trace went forward only and does not know the loss"):
        net.trace(X).explain("loss")


def test_the_text_of_a_small_trace():
    """To accept a change: write the new text into the golden file and look at it."""
    net = Network(2, Dense(2, "sigmoid", weights=[[1, -1], [0.5, 2]], biases=[0, -1]), Dense(1, weights=[[1], [-2]]))
    traced = net.trace([[1, 0], [0, 1]], [1, 0], loss="half_squared_error", optimizer="sgd(learning_rate=0.5)")
    golden = Path(__file__).parent / "golden" / "trace.txt"
    assert str(traced) + "\n" == golden.read_text(encoding="utf-8")


def test_a_trace_without_the_weights_of_the_last_fit_says_so():
    net = Network([2, 3, 1], activation="sigmoid", seed=0)
    x, y, weights = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], [1.0, 2.0, 3.0, 4.0]
    net.fit(x, y, sample_weight=weights, epochs=1)
    assert "The last fit weighted its examples" in " ".join(net.trace(x, y).notes)
    assert net.trace(x).notes == net.trace(x, y, sample_weight=weights).notes == ()
    net.fit(x, y, class_weight="balanced", epochs=1)
    assert "The last fit weighted its examples" in " ".join(net.trace(x, y).notes)
    net.fit(x, y, epochs=1)
    assert net.trace(x, y).notes == ()


def test_columns_of_classes_are_headed_by_them():
    x, y = [[0.0], [1.0], [2.0]], ["Adelie", "Chinstrap", "Gentoo"]
    net = Network(1, Dense(3, "softmax"), seed=0)
    net.fit(x, y, epochs=1)
    shown = str(net.trace(x, y))
    assert re.search(r"target +Adelie +Chinstrap +Gentoo +loss +share", shown)
    assert re.search(r"row 1 +Chinstrap +0\.", shown)
    assert re.search("Adelie +Chinstrap +Gentoo", str(net.trace(x)))
    two = Network(1, Dense(1, "sigmoid"), seed=0)
    two.fit(x, ["no", "yes", "yes"], epochs=1)
    assert re.search("target yes +output yes", str(two.trace(x, ["no", "yes", "yes"])))
    numbers = Network(1, Dense(2), seed=0)
    assert re.search("target 0 +target 1 +output 0 +output 1", str(numbers.trace(x, np.zeros((3, 2)))))


def test_prepared_columns_have_their_names():
    net = prepared_network()
    table = {"age": [20.0, None], "island": ["Dream", "Biscoe"]}
    seen = net.trace(table, [10.0, 20.0])
    assert seen.inputs == tuple(net.preprocessing.prepared_names)
    assert all(name in str(seen).split("dense_1: ")[1].split("dense_1.W")[0] for name in seen.inputs)
