"""The README's picture is what the README's network draws (its code is run by tests/test_docs.py)."""

import re
import xml.etree.ElementTree as ET

from pages import ROOT
from pellucid import Dense, Network

PICTURE = ROOT / "docs/pictures/xor.svg"


def test_the_picture_is_drawn_by_the_readmes_network():
    assert "docs/pictures/xor.svg" in (ROOT / "README.md").read_text()
    net = Network(2, Dense(3, "tanh"), Dense(1, "sigmoid"), seed=0)
    net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], optimizer="adam(learning_rate=0.1)", epochs=200)
    # To accept a new drawing: net.draw([0, 1]).save(PICTURE)
    assert shape(net.draw([0, 1])) == shape(PICTURE.read_text())


def shape(svg: str) -> list[tuple[str, str]]:
    """Tags and texts in order, numbers to two digits: what a person sees, without the last bits."""
    rounded = [
        (node.tag, re.sub(r"\d+\.\d+", lambda m: f"{float(m[0]):.2f}", node.text or ""))
        for node in ET.fromstring(svg).iter()
    ]
    return [pair for pair in rounded if not pair[0].endswith("style")]
