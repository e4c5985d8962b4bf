"""Prepares an SVG document for embedding in HTML: unique ids, an accessible name, no active or external content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from reportgen.errors import RenderError

if TYPE_CHECKING:
    from reportgen.document.tree import Drawing

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
_KEPT = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "image",
        "clipPath",
        "mask",
        "pattern",
        "marker",
        "linearGradient",
        "radialGradient",
        "stop",
    ]
)
"""Elements that draw. All others are removed: script, style, metadata, links, animations, foreign content."""
_IMAGE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_URL = re.compile(r"""url\(\s*(['"]?)([^)'"]*)\1\s*\)""", re.IGNORECASE)


def inline(drawing: Drawing) -> str:
    """Return the ``<svg role="img">`` of a drawing, with unique ids, its title and its alt text.

    Raises
    ------
    RenderError
        The drawing is not well-formed XML, or declares entities.
    """
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = _parse(drawing)
    prefix = f"f{drawing.number}."  # ends with a character that no id of the page contains
    _clean(root, prefix)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.attrib.setdefault("viewBox", f"0 0 {drawing.width:g} {drawing.height:g}")
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}title {prefix}desc")
    root.set("style", f"--width:{drawing.width:.0f}px")
    for place, (tag, text) in enumerate((("title", drawing.title), ("desc", drawing.alt))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{prefix}{tag}"})
        element.text = text
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode")


def _parse(drawing: Drawing) -> ET.Element:
    if "<!ENTITY" in drawing.svg:
        raise RenderError(f"figure {drawing.id}: the SVG declares entities")
    try:
        root = ET.fromstring(drawing.svg)  # noqa: S314 no entities
    except ET.ParseError as error:
        raise RenderError(f"figure {drawing.id}: the SVG is not well-formed ({error})") from error
    if root.tag != f"{{{SVG}}}svg":
        raise RenderError(f"figure {drawing.id}: not an SVG document (root element {root.tag!r})")
    return root


def _clean(element: ET.Element, prefix: str) -> None:
    for child in list(element):
        namespace, _, name = child.tag.rpartition("}") if isinstance(child.tag, str) else ("", "", "")
        if namespace == f"{{{SVG}" and name in _KEPT:
            _clean(child, prefix)
        else:
            _remove(element, child)
    if element.tag == f"{{{SVG}}}image":
        element.attrib.pop("id", None)  # the hash of its content: equal images of one figure share it
    for name, value in list(element.attrib.items()):
        kept = _attribute(name, value, prefix)
        if kept is None:
            del element.attrib[name]
        else:
            element.set(name, kept)


def _remove(parent: ET.Element, child: ET.Element) -> None:
    """Remove an element and keep the text that follows it."""
    place = list(parent).index(child)
    if child.tail and place:
        parent[place - 1].tail = (parent[place - 1].tail or "") + child.tail
    elif child.tail:
        parent.text = (parent.text or "") + child.tail
    parent.remove(child)


def _attribute(name: str, value: str, prefix: str) -> str | None:
    """Return an attribute's value with prefixed references; None for active or external content."""
    plain = name.rpartition("}")[2].lower()  # as HTML reads it
    if plain.startswith("on") or (name.startswith("{") and not name.startswith(f"{{{XLINK}}}href")):
        return None
    if plain == "id":
        return prefix + value
    if plain == "href":
        if value.startswith("#"):
            return f"#{prefix}{value[1:]}"
        return value if _IMAGE.fullmatch(value) else None
    if plain == "style" and "\\" in value:  # escapes can hide a function
        return None
    return _URL.sub(lambda match: _reference(match[2].strip(), prefix), value)


def _reference(address: str, prefix: str) -> str:
    return f"url(#{prefix}{address[1:]})" if address.startswith("#") else "none"
