"""The pictures: well-formed, safe, readable SVG for whatever the numbers are; and their matplotlib versions."""

import itertools
import math
import re
import sys
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.errors import InputError, MissingExtraError
from pellucid.insight import pictures
from pellucid.insight.pictures import (
    Svg,
    activation_curve,
    activation_histograms,
    bars,
    confusion_matrix,
    decision_boundary,
    loss_curve,
    matplotlib_versions,
    network_diagram,
    neuron,
    residuals,
    weight_matrix,
)
from pellucid.insight.pictures.scale import Scale, labels, span, ticks
from pellucid.insight.pictures.svg import fit, px, text_width
from pellucid.insight.render import Picture
from pellucid.maths.activations import activations
from pellucid.model.history import History

NS = "{http://www.w3.org/2000/svg}"
EVIL = (
    "<script>alert(\"1\")</script>\x1b[2J & 'x' url(http://a.b) \ud800 and a name that is much too long for any place"
)
NUMBERS = st.floats(width=64)


def check(svg: str) -> ET.Element:
    """Everything that every picture promises."""
    assert isinstance(svg, Svg)
    root = ET.fromstring(svg)
    assert root.find(NS + "title").text
    assert root.attrib["role"] == "img"
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in ("aria-label", "class", "font-family", "fill", "stroke", "role"):
                continue
            for text in re.findall(r"[A-Za-z]+|[-+.\d]+", value) if name == "d" else ():
                assert re.fullmatch(r"[MLZzhvN]+|-?\d+(\.\d+)?", text), value
            assert not re.search("nan|inf", value), (name, value)
        if element.tag == NS + "text" and "transform" not in element.attrib:
            assert -1 <= float(element.attrib["x"]) <= width + 1
            assert 0 <= float(element.attrib["y"]) <= height + 1
            assert_fits(element, width)
    assert not re.search(r"<script|\x1b", svg)
    Picture(svg)  # the render tree takes it
    svg.encode("utf-8")
    return root


def assert_fits(element: ET.Element, width: float) -> None:
    """The text stays inside the picture, as far as its width can be known without a font."""
    x, text = float(element.attrib["x"]), element.text or (element[0].tail if len(element) else "") or ""
    wide = 0.85 * text_width(text, float(element.attrib["font-size"]))
    left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[element.attrib.get("text-anchor", "start")]
    assert left >= -3, text
    assert left + wide <= width + 3, text


def texts(picture: str | ET.Element) -> str:
    root = ET.fromstring(picture) if isinstance(picture, str) else picture
    return " | ".join(t for e in root.iter(NS + "text") for t in e.itertext() if t)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def every_picture(name: str = "name") -> dict[str, Svg]:
    X = rng().normal(size=(30, 2))
    return {
        "network": network_diagram(
            [2, 3, 1], [np.ones((2, 3)), -np.ones((3, 1))], inputs=[name, "b"], outputs=[name], layers=[name, name],
            activations=[name, name], values=[[0, 1], [0.1, -2e-9, 3e7], [1]], title=name,
        ),
        "loss": loss_curve({"loss": [3, 2, 1], "validation": [2.5, 2, 2.2], "best_epoch": 1}, title=name),
        "matrix": weight_matrix(rng().normal(size=(3, 2)), rows=[name, "b", "c"], columns=[name, "e"], title=name),
        "histograms": activation_histograms([(name, X[:, 0]), ("b", X[:, 1])], title=name),
        "boundary": decision_boundary(
            lambda q: q[:, 0], X, [name if x > 0 else "b" for x in X[:, 0]], names=(name, name), title=name
        ),
        "confusion": confusion_matrix([name, "b", "b"], [name, name, "b"], title=name),
        "residuals": residuals(X[:, 0], X[:, 1], name=name, title=name),
        "curve": activation_curve("sigmoid", title=name),
        "neuron": neuron([1, 2], [0.5, -1], 0.25, names=[name, "b"], title=name),
        "bars": bars([name, "b"], [1.0, -2.0], title=name, unit=name),
    }  # fmt: skip


@pytest.mark.parametrize("kind", every_picture())
@pytest.mark.parametrize("name", ["name", EVIL, "ж" * 80, "表" * 60, "x"])
def test_names_are_escaped_and_fit(kind, name) -> None:
    check(every_picture(name)[kind])


def test_every_public_picture_is_tried_here() -> None:
    assert len(every_picture()) == len(pictures.__all__) - 1


def test_pictures_are_the_same_every_time() -> None:
    assert every_picture() == every_picture()


def test_a_picture_can_be_saved_and_shown(tmp_path) -> None:
    svg = bars(["a"], [1.0])
    svg.save(tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == svg == svg._repr_svg_()


def test_pictures_follow_light_and_dark_and_share_a_page() -> None:
    for svg in every_picture().values():
        assert "prefers-color-scheme:dark" in svg
        assert "var(--pel-ink" in svg
        assert ' id="' not in svg
        assert not re.search(r"url\(", svg)


# Scales


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300), st.integers(1, 12))
def test_ticks_are_round_ordered_and_few(a, b, about) -> None:
    low, high = span([a, b])
    found = Scale(low, high, 0, 100).ticks(about)
    assert len(found) <= 3 * about + 2
    assert found == sorted(set(found))
    assert len(set(labels(found))) == len(found)
    assert all(low <= t <= high for t in found)


def test_ticks_as_people_write_them() -> None:
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert labels(ticks(1e6, 1e6 + 1)) == ["1000000", "1000000.2", "1000000.4", "1000000.6", "1000000.8", "1000001"]
    assert labels(ticks(0, 2e-7)) == ["0", "5e-8", "1e-7", "1.5e-7", "2e-7"]
    assert Scale(1e-4, 2, 0, 1, log=True).ticks() == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1])


@given(st.lists(NUMBERS))
def test_a_span_has_a_length_and_holds_the_values(values) -> None:
    low, high = span(values)
    assert math.isfinite(low) and math.isfinite(high) and low < high
    for v in values:
        if abs(v) < 1e290:
            assert low <= v <= high
        assert 0 <= Scale(low, high, 0, 1).at(v if v == v else 0.0) <= 1


@given(st.text(), st.floats(0, 300))
def test_fitted_text_fits(text, room) -> None:
    shown = fit(text, room)
    assert text_width(shown) <= max(room, text_width("…")) + 1e-6


def test_a_coordinate_must_be_finite() -> None:
    with pytest.raises(ValueError, match="nan"):
        px(math.nan)


# Each picture


def test_the_network_shows_its_weights() -> None:
    svg = network_diagram([2, 1], [[[0.5], [-2.0]]], inputs=["age", "fare"], values=[[1, 2], [0.25]])
    root = check(svg)
    lines = [e for e in root.iter(NS + "line") if e.find(NS + "title") is not None]
    assert [e.find(NS + "title").text for e in lines] == ["age to unit 0: 0.5", "fare to unit 0: -2"]
    assert ["pos" in e.attrib["class"] for e in lines] == [True, False]
    assert float(lines[1].attrib["stroke-width"]) > float(lines[0].attrib["stroke-width"])
    assert "0.25" in texts(svg)
    assert "to -2" in texts(svg)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=5), st.integers(1, 14), st.booleans(), NUMBERS)
@settings(max_examples=40)
def test_networks_of_any_size(sizes, max_units, with_values, value) -> None:
    weights = [np.full((a, b), value) for a, b in itertools.pairwise(sizes)]
    values = [np.full(n, value) for n in sizes] if with_values else None
    root = check(network_diagram(sizes, weights, values=values, max_units=max_units))
    assert len(list(root.iter(NS + "circle"))) <= len(sizes) * 2 * (max(max_units, 2) + 3)


def test_the_loss_curve_chooses_its_scale_and_names_the_best() -> None:
    history = History(loss=[100.0, 1.0, 0.1], validation_loss=[50.0, 2.0, 3.0], best_epoch=1)
    assert "logarithmic scale" in texts(check(loss_curve(history)))
    assert "best after epoch 2: 2" in texts(loss_curve(history))
    assert "logarithmic" not in texts(check(loss_curve(history, log=False)))
    assert "logarithmic" not in texts(check(loss_curve([3, 2, 1])))
    assert "not finite in epoch 3" in texts(check(loss_curve([3, 2, math.nan])))
    assert "no epochs yet" in texts(check(loss_curve({})))
    assert "no finite loss" in texts(check(loss_curve([math.inf])))


@given(st.lists(NUMBERS, max_size=30), st.lists(NUMBERS, max_size=30), st.integers(-1, 40) | st.none(), st.booleans())
@settings(max_examples=60)
def test_any_history(train, valid, best, log) -> None:
    check(loss_curve({"loss": train, "validation_loss": valid, "best_epoch": best}, log=log or None))


def test_long_histories_stay_small_and_keep_their_spikes() -> None:
    losses = np.ones(100_000)
    losses[54_321] = 9.0
    svg = loss_curve(losses)
    assert len(svg) < 60_000
    heights = re.findall(r"[ML][\d.]+ ([\d.]+)", svg)
    assert min(map(float, heights)) < min(float(h) for h in heights if heights.count(h) > 1)


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (3, 4), (57, 32), (784, 300), (2, 100), (200, 2)])
def test_matrices_of_any_shape(shape) -> None:
    svg = weight_matrix(rng().normal(size=shape))
    check(svg)
    assert len(svg) < 150_000


@given(arrays(float, (2, 3), elements=NUMBERS))
def test_matrices_of_any_numbers(W) -> None:
    check(weight_matrix(W))


@given(st.lists(st.lists(NUMBERS, max_size=20), max_size=5))
def test_histograms_of_anything(layers) -> None:
    check(activation_histograms([(f"layer {i}", a) for i, a in enumerate(layers)]))


def test_a_histogram_says_what_is_special() -> None:
    shown = texts(activation_histograms([("a", [0, 0, 1, math.nan])]))
    assert "mean 0.333, deviation 0.471 | 66.7 % zero, 1 not finite" in shown


@pytest.mark.parametrize("outputs", [0, 1, 2, 3, 20])
def test_boundaries_of_one_to_twenty_classes(outputs) -> None:
    def predict(q):
        return q[:, 0] if not outputs else np.stack([np.sin((k + 1) * q[:, 0]) for k in range(outputs)], axis=1)

    X = rng().normal(size=(40, 2))
    check(decision_boundary(predict, X, np.arange(40) % max(outputs, 1), classes=range(max(outputs, 2))))


@pytest.mark.parametrize("value", [0.0, 1.0, math.nan, math.inf, -1e308, 1e308])
@pytest.mark.parametrize("X", [np.zeros((0, 2)), np.zeros((1, 2)), [[1e300, -1e300], [math.nan, 1]]])
def test_boundaries_of_difficult_numbers(value, X) -> None:
    check(decision_boundary(lambda q: np.where(q[:, 0] > 0, value, 0.25), X, np.zeros(len(X))))
    check(decision_boundary(np.full((3, 4), value), X, extent=(-1, 1, -1, 1)))


def test_the_border_lies_where_the_answer_changes() -> None:
    svg = decision_boundary(lambda q: q[:, 0], [[-1, -1], [1, 1]], extent=(-1, 1, -1, 1))
    border = re.search(r'<path d="([^"]*)" fill="none"', svg).group(1)
    xs = {round(float(x), 1) for x in re.findall(r"[ML]([\d.]+) ", border)}
    ticks_at_0 = [e for e in ET.fromstring(svg).iter(NS + "text") if e.text == "0" and "middle" in e.attrib.values()]
    assert len(xs) == 1
    assert xs.pop() == pytest.approx(float(ticks_at_0[0].attrib["x"]), abs=0.2)


@pytest.mark.parametrize("n", [0, 1, 2, 9, 20, 40])
def test_confusions_of_any_number_of_classes(n) -> None:
    names = [f"a class with a long name {i}" for i in range(n)]
    svg = confusion_matrix(names * 2, names + names[::-1], names)
    check(svg)
    assert ("No rows." if n == 0 else f"in {n} classes") in texts(svg)
    assert ("all of the class" in texts(svg)) == (n > 24)  # the colours are explained where there are no numbers


def test_confusions_are_counted() -> None:
    svg = confusion_matrix([0, 0, 1], [0, 1, 1])
    assert "2 of 3 right, in 2 classes." in texts(svg)
    assert "0 predicted as 1: 1" in svg
    assert "50 %" in texts(svg)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30))
def test_residuals_of_any_numbers(pairs) -> None:
    check(residuals([a for a, _ in pairs], [b for _, b in pairs]))


def test_many_residuals_are_thinned() -> None:
    t = rng().normal(size=10_000)
    svg = residuals(t, t)
    assert len(svg) < 250_000
    assert "every 7th row drawn" in texts(svg)


@pytest.mark.parametrize("name", list(activations))
def test_the_curve_of_every_activation(name) -> None:
    svg = activation_curve(name)
    assert len(list(check(svg).iter(NS + "path"))) >= 2


def test_a_curve_is_the_activation() -> None:
    svg = activation_curve(activations.sigmoid, -1, 1)
    assert "Sigmoid" not in svg
    assert "slope da/dz" in texts(svg)
    with pytest.raises(InputError, match="two finite numbers, the smaller one first"):
        activation_curve("relu", 1, -1)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=25), NUMBERS)
@settings(max_examples=60)
def test_neurons_of_any_numbers(pairs, bias) -> None:
    check(neuron([a for a, _ in pairs], [b for _, b in pairs], bias, "tanh"))


def test_a_neuron_shows_its_numbers() -> None:
    shown = texts(neuron([0.5, 1.0], [2.0, -1.0], 0.5))
    for text in ("× 2", "= 1", "× -1", "= -1", "0.5", "0.622"):
        assert text in shown.split(" | ")


@given(st.lists(NUMBERS, max_size=40), st.integers(1, 20), st.booleans())
def test_bars_of_any_numbers(values, most, ordered) -> None:
    check(bars([f"column {i}" for i in range(len(values))], values, most=most, ordered=ordered))


def test_bars_stand_in_order_and_sum_up_the_rest() -> None:
    shown = texts(bars(list("abcd"), [1, -3, 2, 0.5], most=2)).split(" | ")
    assert [t for t in shown if t in "abcd"] == ["b", "c"]
    assert "and 2 more, 1.5 together" in shown


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: network_diagram([3]), "layer_sizes=[3].\n  Expected: at least two sizes of at least 1 unit."),
        (
            lambda: network_diagram([2, 1], [np.ones((1, 2))]),
            "weights of shapes [(1, 2)].\n  Expected: [(2, 1)], (n_in,",
        ),
        (lambda: network_diagram([2, 1], inputs=["a"]), "1 names for the inputs.\n  Expected: 2."),
        (lambda: network_diagram([1, 1], values=[[1]]), "values of lengths [1].\n  Expected: [1, 1], one array"),
        (lambda: weight_matrix(np.ones((1, 1, 1))), "a weight matrix of shape (1, 1, 1).\n  Expected: two dimensions"),
        (lambda: weight_matrix([[1]], rows=["a", "b"]), "2 names for the rows.\n  Expected: 1."),
        (lambda: confusion_matrix([1], []), "1 true and 0 predicted labels.\n  Expected: as many of one as of"),
        (lambda: confusion_matrix([1], [2], [1]), "the label 2.\n  Expected: one of the classes 1."),
        (lambda: residuals([1], []), "1 true and 0 predicted values.\n  Expected: as many of one as of the other."),
        (lambda: bars(["a"], []), "1 names and 0 values.\n  Expected: as many of one as of the other."),
        (lambda: neuron([1], []), "1 inputs and 0 weights.\n  Expected: a weight for every input, and at least one."),
        (lambda: neuron([1], [1], names=["a", "b"]), "2 names for 1 inputs.\n  Expected: 1."),
        (
            lambda: neuron([1], [1], 0, "softmax"),
            "softmax for one neuron.\n  Expected: an activation that acts on each",
        ),
        (lambda: decision_boundary(lambda q: q, [[1, 2, 3]]), "X of shape (1, 3).\n  Expected: two columns: the plane"),
        (
            lambda: decision_boundary(lambda q: 1, [[1, 2]]),
            "predict answers 5184 points with shape ().\n  Expected: (m,)",
        ),
        (lambda: decision_boundary([1], [[1, 2]]), "a grid of shape (1,).\n  Expected: (rows, columns) or"),
        (lambda: decision_boundary([[1]], [[1, 2]], [1, 2]), "1 points and 2 classes.\n  Expected: as many of one"),
        (lambda: decision_boundary([[1]], [[1, 2]], [3], classes=[1]), "the class 3.\n  Expected: one of 1."),
    ],
)
def test_errors_say_what_was_expected(make, text) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value).startswith(text)


# matplotlib


def test_matplotlib_versions(monkeypatch) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    with warnings.catch_warnings():
        matplotlib.use("agg")
        from matplotlib import pyplot as plt
    X = rng().normal(size=(20, 2))
    figures = [
        matplotlib_versions.loss_curve({"loss": [100, 1, 0.1], "validation_loss": [3, 2, 4], "best_epoch": 1}),
        matplotlib_versions.weight_matrix(np.eye(3), rows=["$a$", "b", "c"], columns=["d", "e_{", "f"]),
        matplotlib_versions.activation_histograms([("a$", X), ("b", [math.nan])]),
        matplotlib_versions.decision_boundary(lambda q: q[:, 0], X, X[:, 0] > 0),
        matplotlib_versions.confusion_matrix(["a", "b$\\frac"], ["a", "a"]),
        matplotlib_versions.network_diagram([20, 3, 1], [X.T.repeat(10, 0)[:20, :3], X[:3, :1]], outputs=["y"]),
    ]
    assert figures[0].axes[0].get_yscale() == "log"
    for figure in figures:
        figure.canvas.draw()
        plt.close(figure)
    figure = plt.figure()
    axes = figure.add_subplot()
    assert matplotlib_versions.loss_curve([1, 2], ax=axes) is figure
    plt.close(figure)


def test_a_missing_matplotlib_is_named_with_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r'pip install "pellucid\[plot\]"'):
        matplotlib_versions.loss_curve([1, 2])
