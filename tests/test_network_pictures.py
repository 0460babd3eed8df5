"""Pictures of networks with shortcuts, masks and units of their own: every weight has a place that is its own."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid import Dense, InputError, Network
from pellucid.insight.pictures import matplotlib_versions, network_diagram
from pellucid.insight.pictures.svg import text_width
from wired_networks import MASK, example, wired

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SVG = "{http://www.w3.org/2000/svg}"


def lines_of(svg: str) -> list[str]:
    root = ET.fromstring(svg)
    return [
        e.find(f"{SVG}title").text
        for kind in ("line", "path")
        for e in root.iter(f"{SVG}{kind}")
        if e.find(f"{SVG}title") is not None
    ]


def test_the_picture_has_a_line_for_every_weight_that_exists() -> None:
    net = example()
    drawn = lines_of(net.draw())
    assert len(drawn) == 4 + 4
    W = net.parameters["dense_2.W"]
    assert f"input 0 to unit 0: {float(f'{W[0, 0]:.6g}'):g}" in drawn
    assert not any(line.startswith("input 1 to unit 0:") and line in drawn[7:] for line in drawn)
    assert "·" in net.plot_weights("dense_2.W") and "dense_1[2]" in net.plot_weights("dense_2.W")
    assert net.draw([1.0, 2.0])


@given(net=wired(dropout=True))
@FEW
def test_any_such_network_can_be_drawn(net: Network) -> None:
    ET.fromstring(net.draw())
    assert repr(net)


def paths_of(svg: str) -> list[str]:
    return [e.attrib["d"] for e in ET.fromstring(svg).iter(f"{SVG}path")]


def test_curves_go_round_the_layers_between() -> None:
    svg = network_diagram([2, 3, 1], shortcuts=[(0, 2, [[1.0], [2.0]])])
    circles = [float(e.attrib["cy"]) for e in ET.fromstring(svg).iter(f"{SVG}circle")]
    levels = [float(re.search(r" ([\d.]+)H", path)[1]) for path in paths_of(svg)]
    assert min(levels) < min(circles) - 15 and max(levels) > max(circles) + 15


def test_every_shortcut_has_a_lane_of_its_own() -> None:
    """Between any two lanes there is room for the widest lines, so that no colour hides or tints another."""
    svg = network_diagram([2, 3, 2, 1], shortcuts=[(0, 2, np.ones((2, 2))), (0, 3, -np.ones((2, 1))),
                                                   (1, 3, np.ones((3, 1)))])  # fmt: skip
    paths = paths_of(svg)
    levels = sorted(float(re.search(r" ([\d.]+)H", path)[1]) for path in paths)
    assert len(paths) == len(set(levels)) == 9
    widest = max(float(e.attrib["stroke-width"]) for e in ET.fromstring(svg).iter(f"{SVG}path"))
    assert min(b - a for a, b in pairwise(levels)) > widest


def cascade(units: int, seed: int = 0) -> Network:
    hidden = [Dense(1, "tanh", steepness=0.5, sees="all") for _ in range(units)]
    return Network(2, *hidden, Dense(1, "sigmoid", sees="all"), seed=seed)


def squares(svg: str) -> dict[str, tuple[float, float, float]]:
    """The middle and the side of every weight's square, by its note."""
    found = {}
    for rect in ET.fromstring(svg).iter(f"{SVG}rect"):
        note = rect.find(f"{SVG}title")
        if note is not None:
            x, y, side = (float(rect.attrib[key]) for key in ("x", "y", "width"))
            assert "pos" in rect.attrib["class"] or "neg" in rect.attrib["class"]
            assert ("neg" in rect.attrib["class"]) == (": -" in note.text)
            found[note.text] = (x + side / 2, y + side / 2, side)
    return found


@pytest.mark.parametrize("units", [5, 20])
def test_a_cascade_is_a_grid_with_a_square_for_every_weight(units: int) -> None:
    net = cascade(units)
    svg = net.draw()
    found = squares(svg)
    assert len(found) == sum(W.size for W in (net.parameters[f"dense_{k + 1}.W"] for k in range(units + 1)))
    places = sorted((x, y, side) for x, y, side in found.values())
    for i, (x, y, side) in enumerate(places):
        for other in places[i + 1 :]:  # apart in one direction at least
            assert max(abs(x - other[0]), abs(y - other[1])) > (side + other[2]) / 2
    strongest = max(abs(float(note.rpartition(": ")[2])) for note in found)
    most = max(side for _, _, side in found.values())
    for note, (_, _, side) in found.items():
        weight = float(note.rpartition(": ")[2])
        assert side == pytest.approx(max(3.0, most * (abs(weight) / strongest) ** 0.5), abs=0.02)
    assert "dense_1 to dense_2: " in " ".join(found)
    assert "tanh, steepness 0.5" in svg


def test_the_grid_has_no_square_where_a_mask_leaves_a_weight_out() -> None:
    mask = np.ones((16, 2))
    mask[3, 1] = mask[0, 0] = 0
    net = Network(2, Dense(8, "tanh"), Dense(6, sees="all"), Dense(2, sees="all", mask=mask), seed=0)
    found = squares(net.draw())
    assert len(found) == 2 * 8 + 10 * 6 + 16 * 2 - 2
    assert not any(note.startswith(("input 0 to output 0:", "dense_1[1] to output 1:")) for note in found)


def test_the_grid_holds_the_numbers_of_one_row() -> None:
    net = cascade(8)
    shown = " ".join(ET.fromstring(net.draw([0.25, -1.0])).itertext())
    assert "input 0: 0.25" in shown and f"{net.predict([0.25, -1.0])[0]:.3f}" in shown


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (cascade(60), "37 more layers"),
        (Network(3, *(Dense(4, "relu") for _ in range(15)), Dense(2), seed=0), "8 more layers"),
        (Network(40, Dense(30, "relu"), Dense(20, "relu", sees="all"), Dense(10, sees="all"), seed=0), "28 more"),
    ],
)
def test_large_networks_are_cut_to_what_can_be_read(net: Network, words: str) -> None:
    svg = net.draw()
    root = ET.fromstring(svg)
    assert float(root.attrib["width"]) < 1750 and float(root.attrib["height"]) < 1000
    assert words in " ".join(root.itertext())
    assert_all_inside(root)


@given(net=wired(dropout=True), with_values=st.booleans())
@FEW
def test_nothing_lies_outside_the_picture(net: Network, with_values: bool) -> None:
    assert_all_inside(ET.fromstring(net.draw(np.ones(net.model.n_in) if with_values else None)))


def assert_all_inside(root: ET.Element) -> None:
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for e in root.iter(f"{SVG}text"):
        wide = 0.9 * text_width("".join(e.itertext()), float(e.attrib["font-size"])) * (not len(e))
        left = float(e.attrib["x"]) - wide * {"start": 0, "middle": 0.5, "end": 1}[e.get("text-anchor", "start")]
        assert left >= 0 and left + wide <= width and 0 < float(e.attrib["y"]) < height
    for e in root.iter(f"{SVG}circle"):
        x, y, r = (float(e.attrib[key]) for key in ("cx", "cy", "r"))
        assert r <= x <= width - r and r <= y <= height - r
    for path in (e.attrib["d"] for e in root.iter(f"{SVG}path")):
        for x, y in re.findall(r"([\d.]+) ([\d.]+)", path):
            assert 0 <= float(x) <= width and 0 <= float(y) <= height


@pytest.mark.parametrize(
    "name", ["<script>\x1b[2J & 'x' \ud800 a name much too long for its place" * 3, "表" * 60, "x"]
)
def test_names_in_the_grid_are_escaped_and_fit(name: str) -> None:
    values = [[1e-9] * 9, [np.nan] * 3, [1, -1e99]]
    svg = network_diagram(
        [9, 3, 2], [np.ones((9, 3)), np.ones((3, 2))], shortcuts=[(0, 2, np.ones((9, 2)))], layers=[name, name],
        inputs=[name] * 9, outputs=[name] * 2, activations=[[name] * 3, name], values=values, title=name,
    )  # fmt: skip
    assert "A row carries a value" in svg
    assert not re.search("<script|\x1b", svg)
    assert_all_inside(ET.fromstring(svg))


def test_weights_that_are_not_finite_can_be_drawn() -> None:
    W = np.array([[np.nan, np.inf, -np.inf, 0.0]] * 5)
    svg = network_diagram([5, 1, 4], [np.zeros((5, 1)), np.zeros((1, 4))], shortcuts=[(0, 2, W)])
    ET.fromstring(svg)
    assert "to output" not in svg and "layer 2[1]: infinity" in svg


def test_units_of_their_own_are_told_one_by_one() -> None:
    svg = example().draw()
    shown = [text for e in ET.fromstring(svg).iter(f"{SVG}text") for text in e.itertext()]
    assert [text for text in shown if text[:2] in ("0:", "1:", "2:")] == [
        "0: tanh, steepness 0.5", "1: silu", "2: sigmoid, steepness 2",
    ]  # fmt: skip
    assert "unit 2, sigmoid, steepness 2" in svg


@pytest.mark.parametrize(
    ("shortcut", "words"),
    [((0, 1, [[1.0]]), "a shortcut from layer 0 to layer 1"), ((0, 2, [[1.0]]), "shape (1, 1)")],
)
def test_shortcuts_that_are_none(shortcut, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        network_diagram([2, 3, 1], shortcuts=[shortcut])


def test_the_same_with_matplotlib() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    W = np.ma.array(np.ones((2, 3)), mask=MASK == 0)
    few = [2, 3, 1], [W, np.ones((3, 1))]
    shortcuts = [(0, 2, np.ones((2, 1)))]
    many = [2, 3, 9], [W, np.ones((3, 9))]
    for args, more in ((few, shortcuts), (many, [(0, 2, np.ones((2, 9)))])):
        figure = matplotlib_versions.network_diagram(*args, shortcuts=more, values=[np.ones(n) for n in args[0]])
        figure.canvas.draw()
        axes, svg = figure.axes[0], network_diagram(*args, shortcuts=more)
        notes = [shape.get_gid() for shape in (*axes.lines, *axes.patches) if shape.get_gid()]
        weights = [note for note in notes if " to " in note]
        assert sorted(weights) == sorted([*lines_of(svg), *squares(svg)])
        assert len(weights) == 4 + args[1][1].size + more[0][2].size
        matplotlib.pyplot.close(figure)


def test_a_caption_keeps_the_function_s_name_whole():
    words = "sigmoid_stepwise, steepness 0.5"
    svg = str(network_diagram([2, 4, 1], layers=["dense_1", "dense_2"], activations=[words, words]))
    shown = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    assert [text for text in shown if "…" in text] == []
    assert shown.count("steepness 0.5") == 2
    assert sum("sigmoid_stepwise" in text for text in shown) == 2
    lowest = max(float(y) for y in re.findall(r'<text x="[^"]*" y="([^"]*)"', svg))
    assert lowest < float(re.search(r'height="([0-9.]+)"', svg)[1])
