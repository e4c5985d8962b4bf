"""Makes an SVG document fit to stand inside an HTML page: own ids, a name, nothing that acts or fetches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from reportgen.document import Drawing

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
_DROPPED = {"script", "foreignObject", "metadata", "style", "title", "desc", "animate", "set"}
_URL = re.compile(r"url\(#([^)]+)\)")


def inline(drawing: Drawing) -> str:
    """Return the ``<svg role="img">`` of a drawing: every id prefixed with the drawing's own, alt text as ``<desc>``."""
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(drawing.svg)  # noqa: S314 our own drawing
    prefix = f"{drawing.id}-"
    _clean(root, prefix)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}title {prefix}desc")
    root.set("style", f"max-width:{drawing.width:.0f}px")
    for place, (tag, text) in enumerate((("title", drawing.title), ("desc", drawing.alt))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{prefix}{tag}"})
        element.text = text
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode")


def _clean(element: ET.Element, prefix: str) -> None:
    for child in list(element):
        if child.tag.rpartition("}")[2] in _DROPPED:
            element.remove(child)
        else:
            _clean(child, prefix)
    for name, value in list(element.attrib.items()):
        plain = name.rpartition("}")[2]
        if plain.startswith("on") or (plain == "href" and not value.startswith(("#", "data:image/png"))):
            del element.attrib[name]
        elif plain == "id":
            element.set(name, prefix + value)
        elif plain == "href" and value.startswith("#"):
            element.set(name, f"#{prefix}{value[1:]}")
        elif "url(#" in value:
            element.set(name, _URL.sub(rf"url(#{prefix}\1)", value))
