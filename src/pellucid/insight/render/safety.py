"""The check that an SVG picture is only a picture: it is put into pages unescaped."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ...errors import InputError

_SVG = "{http://www.w3.org/2000/svg}"
_DRAWING = {
    *("svg", "g", "title", "desc", "style", "rect", "line", "path", "circle", "ellipse", "polyline", "polygon"),
    *("text", "tspan", "defs", "linearGradient", "radialGradient", "stop", "clipPath", "marker", "pattern", "symbol"),
}


def check_svg(svg: str) -> str:
    """The title of `svg`; raises InputError where it is not well-formed, not SVG, or more than a drawing."""
    if "<!" in svg or "<?" in svg:
        raise InputError("an SVG with a declaration", "the plain <svg> element, as pellucid.insight.pictures makes it")
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise InputError(f"an SVG that is not well-formed: {error}", "a complete <svg> element") from None
    if root.tag != _SVG + "svg":
        raise InputError(f"a picture whose outermost element is {root.tag!r}", "svg with its namespace")
    for element in root.iter():
        _check_element(element)
    title = root.find(_SVG + "title")
    return (title.text or "") if title is not None else ""


def _check_element(element: ET.Element) -> None:
    tag = element.tag.removeprefix(_SVG)
    if tag not in _DRAWING:
        raise InputError(f"an SVG with the element {tag!r}", "shapes and text only")
    for name, value in element.attrib.items():
        if name == "aria-label":  # text for people, that may say anything
            continue
        if name.rpartition("}")[2].lower().startswith(("on", "href", "src")) or _loads(value):
            raise InputError(f"an SVG whose {tag} has the attribute {name!r}", "shapes and text only")
    if tag == "style" and _loads(element.text or ""):
        raise InputError("an SVG whose style loads something", "plain style rules")


def _loads(style: str) -> bool:
    text = style.lower().replace(" ", "")
    return "@import" in text or "\\" in text or ("url(" in text and text.count("url(") != text.count("url(#"))
