"""The pictures of the README and the pages are what their networks draw (the code is run by tests/test_docs.py)."""

import re
import xml.etree.ElementTree as ET

from pages import ROOT
from pellucid import Dense, Network
from pellucid.fann import libfann
from pellucid.insight.pictures import Svg

PICTURES = ROOT / "docs/pictures"


def test_the_picture_is_drawn_by_the_readmes_network():
    assert "docs/pictures/xor.svg" in (ROOT / "README.md").read_text()
    net = Network(2, Dense(3, "tanh"), Dense(1, "sigmoid"), seed=0)
    net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], optimizer="adam(learning_rate=0.1)", epochs=200)
    compare(net.draw([0, 1]), "xor.svg")


def test_the_cascade_is_drawn_by_the_network_of_its_page():
    assert "pictures/cascade.svg" in (ROOT / "docs/wiring.md").read_text()
    hidden = [Dense(1, "tanh", sees="all") for _ in range(6)]
    compare(Network(2, *hidden, Dense(1, "sigmoid", sees="all"), seed=0).draw(), "cascade.svg")


def test_the_gate_is_drawn_by_the_network_of_its_page():
    assert "pictures/and.svg" in (ROOT / "docs/and_gate.md").read_text()
    gate, rows = libfann.neural_net(seed=1), libfann.training_data()
    rows.set_train_data([[-1, -1], [-1, 1], [1, -1], [1, 1]], [[-1], [-1], [-1], [1]])
    gate.create_standard_array((2, 4, 1))
    gate.set_activation_function_output(libfann.SIGMOID_SYMMETRIC_STEPWISE)
    gate.train_on_data(rows, 10000, 0, 0.00001)
    compare(gate.network.draw([1, 1]), "and.svg")


def compare(drawn: Svg, name: str) -> None:
    # To accept a new drawing: drawn.save(PICTURES / name)
    assert shape(drawn) == shape((PICTURES / name).read_text())


def shape(svg: str) -> list[tuple[str, str]]:
    """Tags and texts in order, numbers to two digits: what a person sees, without the last bits."""
    rounded = [
        (node.tag, re.sub(r"\d+\.\d+", lambda m: f"{float(m[0]):.2f}", node.text or ""))
        for node in ET.fromstring(svg).iter()
    ]
    return [pair for pair in rounded if not pair[0].endswith("style")]
