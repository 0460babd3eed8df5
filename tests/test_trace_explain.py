"""Every number that a trace explains ends in the value that the engine used, and sums add up as they are shown."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from pellucid import (
    Activation,
    Custom,
    Dense,
    Dropout,
    InputError,
    Network,
    StateError,
    UnknownNameError,
    activations,
)
from pellucid.insight.render import number, page
from pellucid.insight.trace import trace
from tracing import cases, nameless, own_network, prepared_network, quartic, scaling, sign_descent

X = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
XOR = [0, 1, 1, 0]


def tutorial():
    """The two-layer example: three inputs, one sigmoid, no bias, half the summed squared error, rate 1."""
    random = np.random.RandomState(1)
    net = Network(3, Dense(1, "sigmoid", bias=False, weights=2 * random.random((3, 1)) - 1))
    net.fit(X, [0, 0, 1, 1], loss="half_squared_error", optimizer="sgd(learning_rate=1.0)", reduction="sum", epochs=0)
    return net


def test_the_leftmost_weights_update_is_a_sum_of_input_times_delta():
    net = tutorial()
    traced = net.trace(X, [0, 0, 1, 1])
    found = traced.explain("dense_1.W[0, 0]")
    gradient = found["data gradient"]
    deltas = (traced.output - np.array([[0], [0], [1], [1]])) * traced.output * (1 - traced.output)
    by_row = {term.label: term for term in gradient.sum.terms}
    for row, inputs in enumerate(X):
        term = by_row[f"row {row}"]
        assert dict(term.factors)["input"] == inputs[0]
        assert dict(term.factors)["dz"] == pytest.approx(deltas[row, 0], rel=1e-14)
    assert [term.label for term in gradient.sum.terms[:2]] == ["row 3", "row 2"]  # largest first
    assert found.before == -0.165955990594852
    net.fit(X, [0, 0, 1, 1], epochs=1, batch_size=None, reduction="sum")
    assert net.parameters["dense_1.W"][0, 0] == found.value


def test_its_text():
    text = str(tutorial().trace(X, [0, 0, 1, 1]).explain("dense_1.W[0, 0]"))
    for line in (
        "Where dense_1.W[0, 0] comes from",
        "∂L/∂w = ∑ᵣ xᵣ δᵣ",
        "vₜ = μvₜ₋₁ + gₜ",
        "Δₜ = -ηdₜ",
        "wₜ = wₜ₋₁ + Δₜ",
        "`dense_1.W[0, 0]` goes from -0.165955990594852 to",
    ):
        assert line in text


def test_the_text_of_a_small_explanation():
    """To accept a change: write the new text into the golden file and look at it."""
    net = Network(
        2, Dense(2, "tanh", weights=[[1, -1], [0.5, 2]], biases=[0, -1], l2=0.1), Dense(1, weights=[[1], [-2]])
    )
    traced = net.trace([[1, 0], [0, 1]], [1, 0], loss="huber", optimizer="adam(learning_rate=0.5)")
    golden = Path(__file__).parent / "golden" / "explain.txt"
    assert str(traced.explain("dense_1.W[0, 1]")) + "\n" == golden.read_text(encoding="utf-8")


def shown_sum(text):
    """The terms of the last table of a text and their sum, read back from what is printed."""
    rows = [line.split() for line in text.splitlines() if re.match(r"\s*(row \d|and \d|rounding|not of|sum)", line)]
    values = [float(row[-1]) for row in rows]
    return values[:-1], values[-1]


@given(cases())
@settings(max_examples=60)
def test_gradients_add_up_by_example_as_they_are_shown(case):
    net, X, y, told = case
    net.fit(X, y, batch_size=None, epochs=0, **told)
    traced = trace(net.model, X, y, sample_weight=told["sample_weight"])
    for layer in traced.layers:
        for name, p in layer.parameters.items():
            index = tuple(size - 1 for size in p.value.shape)
            found = traced.explain(f"{layer.name}.{name}[{', '.join(map(str, index))}]")
            check_sum(found["data gradient"].sum, p.data[index])
            if net.dtype == np.float64:
                assert abs(found["data gradient"].sum.rounding) <= 1e-12 * abs(
                    found["data gradient"].sum.terms[0].value
                )
            assert found.value == float(p.updated[index])
            assert found.before == float(p.value[index])


def check_sum(sums, value):
    assert sums.value == float(value)
    terms = [term.value for term in sums.terms]
    largest = max(map(abs, terms))
    assert abs(math.fsum([*terms, sums.rest, sums.rounding]) - sums.value) <= 1e-12 * largest
    assert [abs(t) for t in terms] == sorted((abs(t) for t in terms), reverse=True)
    if largest > 0:
        printed = [float(number(t, 15)) for t in [*terms, sums.rest, sums.rounding]]
        assert abs(math.fsum(printed) - float(number(sums.value, 15))) <= 1e-12 * largest


@given(cases())
@settings(max_examples=40)
def test_every_number_of_the_chain_is_the_engines(case):
    net, X, y, told = case
    net.fit(X, y, batch_size=None, epochs=0, **told)
    traced = trace(net.model, X, y, sample_weight=told["sample_weight"])
    row = len(X) - 1
    for layer in traced.layers:
        unit = layer.z.shape[1] - 1
        for what in ("x", "z", "a", "slope", "da", "dz"):
            array = getattr(layer, what)
            if array is None:
                continue
            place = array.shape[1] - 1 if what == "x" else unit
            found = traced.explain(f"{layer.name}.{what}[{row}, {place}]")
            assert found.value == float(array[row, place])
            assert json.dumps(found.to_dict(), allow_nan=False)
        assert traced.explain(f"{layer.name}[{unit}]", row=row).value == float(layer.a[row, unit])
        if layer.slope is None:
            assert traced.explain(f"{layer.name}.slope[{row}, 0, {unit}]").value == layer.jacobian[row, 0, unit]
    assert traced.explain("loss").value == traced.loss.total
    assert traced.explain(f"loss[{row}]").value == float(traced.loss.each[row])
    assert traced.explain(f"output[{row}, 0]").value == float(traced.output[row, 0])


def test_a_long_tail_is_one_line_and_still_adds_up():
    random = np.random.default_rng(0)
    net = Network(2, Dense(1, "tanh"), Dense(1), seed=0)
    data = random.normal(size=(1000, 2))
    found = net.trace(data, random.normal(size=1000), loss="squared_error").explain("dense_1.W[1, 0]")
    text = str(found)
    assert "and 990 more" in text
    terms, total = shown_sum(text)
    assert len(terms) == 11
    assert abs(math.fsum(terms) - total) <= 1e-12 * max(map(abs, terms))


def test_in_float32_the_rounding_is_a_line_of_its_own():
    random = np.random.default_rng(0)
    net = Network(2, Dense(1), seed=0, dtype="float32")
    data = random.normal(size=(9, 2))
    found = net.trace(data, random.normal(size=9), loss="squared_error").explain("dense_1.W[1, 0]")
    assert "rounding" in str(found)
    terms, total = shown_sum(str(found))
    assert abs(math.fsum(terms) - total) <= 1e-12 * max(map(abs, terms))


@pytest.mark.parametrize(
    "optimizer",
    [
        "sgd(learning_rate=0.5)",
        "sgd(momentum=0.9, nesterov=True)",
        "rmsprop(momentum=0.5)",
        "adagrad",
        "adam",
        "adamw",
        "rprop",
        "quickprop",
    ],
)
def test_the_optimizers_lines_hold_this_weights_numbers(optimizer):
    net = Network([3, 4, 1], activation="sigmoid", seed=1)
    net.fit(X, XOR, loss="half_squared_error", optimizer=optimizer, epochs=4, batch_size=None)
    traced = net.trace(X, XOR)
    found = traced.explain("dense_1.W[1, 3]")
    told = [step.name for step in found.steps]
    p = traced["dense_1"].parameters["W"]
    for name, _, value in traced.terms.optimizer.shown(p.lines):
        assert found[name].value == float(value[1, 3])
        assert "_t" not in found[name].numbers, found[name].numbers  # every symbol has become a number
    assert told[-1] == "w"
    assert found.value == float(p.updated[1, 3])


def test_numbers_put_in_really_give_the_value():
    """The shown arithmetic of simple lines, evaluated as Python."""
    net = Network([3, 4, 1], activation="sigmoid", seed=1)
    net.fit(X, XOR, loss="half_squared_error", optimizer="adam", epochs=40, batch_size=None)
    found = net.trace(X, XOR).explain("dense_1.W[1, 3]", digits=17)
    for name in ("mean", "mean_square", "mean_corrected", "mean_square_corrected", "change", "w"):
        step = found[name]
        code = re.sub(r"\\times 10\^\{(-?\d+)\}", r"*1e\1", step.numbers).replace(r"\cdot", "*").replace("^", "**")
        code = code.replace("{", "(").replace("}", ")")
        assert eval(code) == pytest.approx(step.value, rel=1e-12), code


def test_penalty_clipping_and_max_norm_are_steps():
    net = Network(3, Dense(2, "tanh", l1=0.2, l2=0.5, max_norm=0.5), Dense(1), seed=1)
    net.fit(X, XOR, loss="squared_error", optimizer="sgd(learning_rate=0.01)", clip=0.01, epochs=0)
    found = net.trace(X, XOR).explain("dense_1.W[0, 1]")
    assert [step.name for step in found.steps if not step.folded] == [
        "data gradient", "penalty", "gradient", "clipped gradient", "velocity", "direction", "change", "w", "max-norm",
    ]  # fmt: skip
    assert found["penalty"].text.splitlines()[0] == "q = λ₁ sign(w) + λ₂ w"
    assert "λ" not in found["penalty"].numbers
    assert found["clipped gradient"].latex == r"g \cdot c / \|g\|"
    bias = net.trace(X, XOR).explain("dense_1.b[1]")
    assert "penalty" not in [step.name for step in bias.steps]
    assert bias["data gradient"].latex == r"\sum_r \delta_r"


def test_a_clip_that_does_not_bite_says_so():
    net = Network(3, Dense(1), seed=1)
    net.fit(X, XOR, loss="squared_error", clip=1e6, epochs=0)
    assert "is within the limit" in net.trace(X, XOR).explain("dense_1.W[0, 0]")["clipped gradient"].meaning


def test_what_users_add_is_explained_too():
    net = own_network()
    y = np.array([[0.0, 1.0], [1.0, 0.5], [0.25, 0.0], [1.0, 1.0]])
    traced = net.trace(X, y, loss=quartic, optimizer=sign_descent)
    found = traced.explain("scaling_1.scale[2]")
    layer = traced["scaling_1"]
    values = {term.label: term.value for term in found["data gradient"].sum.terms}
    assert values == {f"row {r}": layer.x[r, 2] * layer.dz[r, 2] for r in range(4)}
    assert found["penalty"].value == 0.1 * layer.parameters["scale"].value[2]
    assert found["length"].value == pytest.approx(np.sqrt(np.sum(layer.parameters["scale"].gradient ** 2)))
    assert found.value == layer.parameters["scale"].updated[2]
    assert traced.explain("dense_2.a[0, 1]")["dense_2.a[0, 1]"].latex == r"z + k \tanh(z)"
    assert "0.25" in traced.explain("dense_2.a[0, 1]")["dense_2.a[0, 1]"].numbers
    assert r"\operatorname{my\_square}" in traced.explain("dense_3[0]")["dense_3.a[0, 0]"].latex
    da = traced.explain("scaling_1.da[1, 0]")
    assert da.value == layer.da[1, 0]
    assert str(found)


def test_records_without_formulas_go_by_their_names():
    bare = replace(quartic, name="my_loss", formula="", slope_formula="")
    rule = replace(scaling, name="my_rule", formula="")
    net = Network(2, Custom(rule), Dense(2, nameless), seed=1)
    traced = net.trace([[1.0, 2.0], [2.0, 1.0]], [[0.2, 0.8], [1.0, 0.0]], loss=bare, optimizer=sign_descent)
    text = "\n".join(str(traced.explain(t)) for t in ("dense_2.da[0, 1]", "loss", "dense_2.dz[0, 0]", "my_rule_1[0]"))
    for word in ("my_loss′(a, y)", "ℓ = my_loss(a, y)", "da/dz = my_square′(z)", "z = my_rule(x)"):
        assert word in text
    assert "L = my_loss(a, y)" in str(traced)


def test_a_rule_after_another_layer_is_split_by_its_units():
    net = Network(3, Dense(2, "tanh"), Custom(scaling), Dense(1), seed=1)
    traced = net.trace(X, XOR, loss="squared_error")
    step = traced.explain("dense_1.da[1, 0]").steps[-1]
    assert [term.value for term in step.sum.terms if term.value] == [pytest.approx(traced["dense_1"].da[1, 0])]


def test_a_rule_that_mixes_examples_says_so():
    def centred_gradients(xp, x, p, noise, dz):
        return {"scale": xp.sum((x - x.mean(axis=0)) * dz, axis=0), "shift": xp.sum(dz, axis=0)}

    rule = replace(scaling, name="centring", gradients=centred_gradients)
    traced = Network(3, Custom(rule), Dense(1), seed=1).trace(X, XOR, loss="squared_error")
    found = traced.explain("centring_1.scale[0]")["data gradient"]
    assert "mixes examples" in found.note
    assert "not of single examples" in str(traced.explain("centring_1.scale[0]"))


def test_dropout_hands_values_on():
    net = Network(3, Dense(2, "tanh"), Dropout(0.5), Dense(1), seed=1)
    traced = net.trace(X, XOR, loss="squared_error")
    assert traced.explain("dropout_2.z[0, 1]").value == traced["dense_1"].a[0, 1]
    assert "handed back" in str(traced.explain("dense_1.da[0, 1]"))
    assert "dropout" in str(traced.explain("dense_1.W[0, 0]"))


def test_an_output_in_the_targets_units():
    net = prepared_network()
    table = {"age": [20.0, None], "island": ["Dream", "Biscoe"]}
    traced = net.trace(table)
    found = traced.explain("output[0, 0]")
    assert found.value == traced.prediction[0, 0]
    assert found.steps[-1].name == "prediction[0, 0]"
    for row, column in ((0, 0), (1, 0), (1, 1), (0, 2)):
        assert traced.explain(f"dense_1.x[{row}, {column}]").value == traced.x[row, column]
    assert "(missing, so filled in)" in str(traced.explain("dense_1.x[1, 0]"))
    assert "if the value is Biscoe" in str(traced.explain("dense_1.x[0, 2]"))


def test_wide_networks_show_the_first_units_of_an_outputs_chain():
    net = Network([3, 40, 1], activation="tanh", seed=1)
    found = net.trace(X).explain("output[0, 0]")
    assert any("The first 8 of 40 units of dense_1" in note for note in found.notes)
    assert len(found.steps) == 18


def test_a_page_of_it_is_valid_and_shows_formulas():
    traced = tutorial().trace(X, [0, 0, 1, 1])
    html = page("Explained", [traced.explain("dense_1.W[0, 0]"), traced.explain("loss")])
    assert html.count("<math") > 6
    assert traced.explain("loss")._repr_html_()


@pytest.mark.parametrize(
    ("target", "kind", "text"),
    [
        ("dense_1.W[3, 0]", InputError, r"dense_1.W[3, 0] is outside"),
        ("dense_1.W[3, 0]", InputError, r"indices from 0 within (3, 4)"),
        ("dense_1.W[-1, 0]", InputError, r"dense_1.W[-1, 0] is outside"),
        ("dense_1.W[0]", InputError, r"dense_1.W was asked for with 1 index(es)"),
        ("dense_1.W", InputError, r'"dense_1.W[2, 3]"'),
        ("dense_1.z[4, 0]", InputError, r"indices from 0 within (4, 4)"),
        ("dense_1[4]", InputError, r"dense_1[4] is outside"),
        ("loss[4]", InputError, r"indices from 0 within (4,)"),
        ("output[0, 1]", InputError, r"output[0, 1] is outside"),
        ("dense_3.W[0, 0]", UnknownNameError, "there is no number in this trace named 'dense_3.W[0, 0]'"),
        ("dense_1.V[0, 0]", UnknownNameError, "there is no part of dense_1 named 'V'"),
        ("hidden", UnknownNameError, "there is no number in this trace named 'hidden'"),
        ("dense_1.W[0; 2]", InputError, "a name with its place in brackets"),
        ("dense_1.W[a, 2]", InputError, "a name with its place in brackets"),
        ("", InputError, "a name with its place in brackets"),
        (7, InputError, "a name with its place in brackets"),
        ("dense_2.da[0, 0]", InputError, "dense_2.da does not exist: binary_cross_entropy after sigmoid gives dz"),
    ],
)  # fmt: skip
def test_errors_say_what_there_is(target, kind, text):
    traced = Network([3, 4, 1], activation="sigmoid", seed=1).trace(X, XOR)
    with pytest.raises(kind) as caught:
        traced.explain(target)
    assert text in str(caught.value)


def test_the_row_of_a_neuron_is_checked():
    traced = Network([3, 4, 1], activation="sigmoid", seed=1).trace(X, XOR)
    with pytest.raises(InputError, match=r"row\[9\] is outside"):
        traced.explain("dense_1[2]", row=9)


@pytest.mark.parametrize("target", ["dense_1.W[0, 0]", "dense_1.dz[0, 0]", "dense_1.da[0, 0]", "loss", "loss[0]"])
def test_what_lies_on_the_way_back_needs_targets(target):
    traced = Network([3, 4, 1], activation="sigmoid", seed=1).trace(X)
    with pytest.raises(StateError, match="this trace went forward only") as caught:
        traced.explain(target)
    assert "net.trace(X, y)" in str(caught.value)


def test_forward_numbers_need_none():
    traced = Network([3, 4, 1], activation="sigmoid", seed=1).trace(X)
    assert traced.explain("dense_1[2]", row=3).value == traced.layers[0].a[3, 2]
    assert traced.explain("dense_2.slope[0, 0]").value == traced.layers[1].slope[0, 0]


def test_numbers_that_overflow_are_explained_without_a_warning():
    net = Network(2, Dense(2, "relu", max_norm=1.0), Dense(1), seed=0)
    net.parameters["dense_1.W"][:] = 1e200
    net.parameters["dense_2.W"][:] = -1e200
    traced = net.trace([[1e150, -1e10], [1e200, 1e200]], [1e300, 0.0], loss="squared_error", optimizer="adam")
    for target in ("dense_1.W[0, 1]", "dense_1.b[0]", "dense_2.W[0, 0]", "loss", "loss[1]", "output[1, 0]"):
        found = traced.explain(target)
        assert str(found)
        assert json.dumps(found.to_dict(), allow_nan=False)
    assert net.explain([1e200, 1e200]).to_dict()["value"] in ("nan", "inf", "-inf")


def test_a_jacobian_that_the_user_did_not_write_comes_from_vector_backward():
    softmax = activations.softmax
    mine = Activation(name="mine", forward=softmax.forward, vector_backward=softmax.vector_backward)
    X, y = [[0.5, -1.0], [1.0, 2.0]], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    seen, known = (
        Network(2, Dense(3, activation), Dense(3), seed=0).trace(X, y, loss="squared_error")
        for activation in (mine, softmax)
    )
    assert seen["dense_1"].jacobian == pytest.approx(known["dense_1"].jacobian, abs=1e-15)
    assert "Jacobian" in str(seen)
    assert seen.to_dict()["layers"][0]["jacobian"] is not None
    assert seen.explain("dense_1.slope[1, 0, 2]").value == seen["dense_1"].jacobian[1, 0, 2]
    assert seen.explain("dense_1.dz[1, 0]").value == seen["dense_1"].dz[1, 0]


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_a_gradient_has_a_chain_of_its_own_that_ends_before_the_optimizer(l2):
    net = Network(3, Dense(2, "tanh", l2=l2), Dense(1, "sigmoid"), seed=0)
    seen = net.trace(X, XOR)
    for name in ("W", "b"):
        for index in np.ndindex(seen["dense_1"].parameters[name].value.shape):
            place = ", ".join(map(str, index))
            found = seen.explain(f"dense_1.d{name}[{place}]")
            assert found.target == f"dense_1.d{name}[{place}]"
            assert found.value == getattr(seen["dense_1"], f"d{name}")[index]
            assert found.before is None
            update = seen.explain(f"dense_1.{name}[{place}]")
            assert found.steps == update.steps[: len(found.steps)]
            assert {step.name for step in found.steps}.isdisjoint({"mean", "change", "w"})
    with pytest.raises(InputError, match="dense_1.dW was asked for with 1 index"):
        seen.explain("dense_1.dW[0]")
    with pytest.raises(StateError, match=r"does not know dense_1.dW\[0, 0\]"):
        net.trace(X).explain("dense_1.dW[0, 0]")
    with pytest.raises(UnknownNameError, match="W, a, b, dW, da, db, dz, slope, x, z"):
        seen.explain("dense_1.dV[0, 0]")
