"""Prepares drawings for embedding in HTML: panels that a page can stack, colors that follow its mode, few bytes.

What a drawing has that acts or loads something is removed.
"""

from __future__ import annotations

import re
from copy import deepcopy
from html import escape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from reportgen.contract.figures import Part
from reportgen.contract.svg import ELEMENTS, IMAGE, SVG
from reportgen.errors import RenderError
from reportgen.figures.layout import LEGEND
from reportgen.figures.style import FAMILIES, on_dark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reportgen.contract.figures import Drawn
    from reportgen.document.tree import Drawing

XLINK = "http://www.w3.org/1999/xlink"
_TEXTS = frozenset(f"{{{SVG}}}{name}" for name in ("text", "tspan", "textPath"))
"""Elements whose blanks are shown."""
_GEOMETRY = frozenset(["d", "x", "y", "width", "height", "points", "cx", "cy", "r", "x1", "x2", "y1", "y2"])
_URL = re.compile(r"""url\(\s*(['"]?)([^)'"]*)\1\s*\)""", re.IGNORECASE)
_REFERENCE = re.compile(r"url\(#([^)]+)\)|^#(.+)$")
_PLAIN = re.compile(r"[\w\s:;#.,'%()-]*")
"""A style that can stand in a style sheet: nothing in it ends the rule."""
_FONT = "font-family: " + ", ".join(repr(name) for name in FAMILIES)
"""The font that the drawing has from the page."""
_COLOR = re.compile(r"#[0-9a-f]{6}\b")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_AROUND_A_COMMAND = re.compile(r"\s+(?=[MLHVCSQTAZ])|(?<=[MLHVCSQTAZ])\s+", re.IGNORECASE)
"""The blanks before or after a letter of a path."""
_NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")
_EMBEDDED = re.compile(
    r'(<div class="panels" role="img" aria-label="[^"]*") style="--width:\d+px">(?><svg\b[^>]*/>|<svg\b.*?</svg>)*+</div>',
    re.DOTALL,
)
_SHEET = re.compile(
    r"\n:root\{[^{}]*\}\n@media screen and \(prefers-color-scheme:dark\)\{:root\{[^{}]*\}\}"
    r"(?:\n\.panels \.s\d+\{[^{}]*\})*+(?=</style>)"
)


def without_drawings(page: str) -> str:
    """Return a page without what is drawn in it, and without the style sheet of that; titles and alt texts stay."""
    return _SHEET.sub("", _EMBEDDED.sub(r"\1>", page))


class Inliner:
    """Embeds the drawings of one page, which share a style sheet."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}
        self._colors: dict[str, tuple[str, str]] = {}

    def inline(self, drawing: Drawing) -> str:
        """Return the panels of a drawing, one ``<svg>`` each, as one image with its title and its alt text.

        A panel that is too wide for a phone is there twice, for the page to show one.

        Raises
        ------
        RenderError
            The drawing is not well-formed XML, or declares entities.
        """
        ET.register_namespace("", SVG)
        name = f"f{drawing.number}"
        again = {
            part.name: self._panel(svg, part, width, f"{name}p{place}-{index}.", "for-phone")
            for place, drawn in enumerate(drawing.narrow())
            for index, (part, svg, width) in enumerate(_cut(drawing.id, drawn))
        }
        panels = []
        for index, (part, svg, width) in enumerate(_cut(drawing.id, drawing.drawn)):
            twin = again.get(part.name, "")
            panels += [self._panel(svg, part, width, f"{name}w{index}.", "for-wide" if twin else ""), twin]
        words = escape(f"{drawing.title}. {drawing.alt}")
        style = f"--width:{drawing.drawn.width:.0f}px"
        return f'<div class="panels" role="img" aria-label="{words}" style="{style}">{"".join(panels)}</div>'

    def sheet(self) -> str:
        """Return the style sheet of the drawings: their classes, and their colors on light and on dark paper."""
        light = "".join(f"--fig-{name}:{color};" for color, (name, _) in self._colors.items())
        dark = "".join(f"--fig-{name}:{other};" for name, other in self._colors.values())
        return "\n".join(
            [
                f":root{{{light}}}",
                f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}",
                *(f".panels .{name}{{{style}}}" for style, name in self._classes.items()),
            ]
        )

    def _panel(self, svg: ET.Element, part: Part, width: float, prefix: str, which: str) -> str:
        """Return a panel as an element of the page; ids begin with a prefix whose last character no other id has."""
        self._tidy(svg, prefix, _referenced(svg))
        classes = " ".join(name for name in (which, part.name) if name in {"for-wide", "for-phone", LEGEND})
        if classes:
            svg.set("class", classes)
        svg.set("style", f"--width:{int(10 * width) / 10:g}px")  # rounded down: side by side they fit into the figure
        return ET.tostring(svg, encoding="unicode")

    def _tidy(self, element: ET.Element, prefix: str, referenced: Collection[str]) -> None:
        """Make ids unique in the page and styles classes; leave out what nobody needs."""
        for name, value in list(element.attrib.items()):
            if name == "id" and value not in referenced:
                del element.attrib[name]
            elif name == "id":
                element.set(name, prefix + value)
            elif name == "href" and value.startswith("#"):
                element.set(name, f"#{prefix}{value[1:]}")
            elif name == "style" and _PLAIN.fullmatch(value) and "url" not in value.lower():
                del element.attrib[name]
                element.set("class", self._class_of(value))
            else:
                element.set(name, _short(name, value.replace("url(#", f"url(#{prefix}")))
        if not element.get("transform", "none"):
            del element.attrib["transform"]
        children = []
        for child in element:
            self._tidy(child, prefix, referenced)
            bare = child.tag == f"{{{SVG}}}g" and not child.attrib
            children += list(child) if bare else [child]
        element[:] = children
        if element.tag not in _TEXTS:
            element.text = None
            for child in children:
                child.tail = None

    def _class_of(self, style: str) -> str:
        """Return the class of a style, in which colors are variables."""
        parts = [part.strip() for part in style.split(";")]
        kept = ";".join(part for part in parts if part and part != _FONT)
        made = _COLOR.sub(self._variable, _LONG_NUMBER.sub(_rounded, kept)).replace(": ", ":")
        return self._classes.setdefault(made, f"s{len(self._classes)}")

    def _variable(self, found: re.Match[str]) -> str:
        color = found[0]
        dark = on_dark(color)
        if dark is None:
            return color
        self._colors[color] = dark
        return f"var(--fig-{dark[0]})"


def _cut(name: str, drawn: Drawn) -> list[tuple[Part, ET.Element, float]]:
    """Return the parts of a drawing, each as an SVG element that needs no other one, with its width in CSS pixels."""
    root = _parse(name, drawn.svg)
    _clean(root)
    by_id = {key: element for element in root.iter() if (key := element.get("id"))}
    whole = Part("", 0.0, 0.0, *_size(root, drawn))
    groups = _groups(root, drawn.parts)
    scale = drawn.width / whole.width
    cut = []
    for part in drawn.parts or (whole,):
        box = (part.left, part.top, part.width, part.height)
        svg = ET.Element(f"{{{SVG}}}svg", {"viewBox": " ".join(f"{round(number, 2):g}" for number in box)})
        svg.extend(groups[part.name])
        _complete(svg, by_id)
        cut.append((part, svg, scale * part.width))
    return cut


def _groups(root: ET.Element, parts: Sequence[Part]) -> Mapping[str, list[ET.Element]]:
    """Return the elements of each part; what is of none is drawn with the first, but for the ground behind all."""
    if not parts:
        return {"": list(root)}
    groups: dict[str, list[ET.Element]] = {part.name: [] for part in parts}
    for element in (element for group in root for element in group if group.tag == f"{{{SVG}}}g"):
        key = element.get("id", "")
        if not key.startswith("patch"):
            groups.get(key.partition(".")[0], groups[parts[0].name]).append(element)
    return groups


def _complete(svg: ET.Element, by_id: Mapping[str, ET.Element]) -> None:
    """Add copies of the elements that are referenced and are elsewhere in the drawing."""
    inside = {element.get("id") for element in svg.iter()}
    absent = sorted(key for key in _referenced(svg) if key not in inside and key in by_id)
    if absent:
        ET.SubElement(svg, f"{{{SVG}}}defs").extend(deepcopy(by_id[key]) for key in absent)


def _referenced(svg: ET.Element) -> set[str]:
    return {
        found[1] or found[2]
        for element in svg.iter()
        for value in element.attrib.values()
        if "#" in value and (found := _REFERENCE.search(value))
    }


def _size(root: ET.Element, drawn: Drawn) -> tuple[float, float]:
    """Return the size of a drawing in its own units."""
    box = root.get("viewBox", "").split()
    return (float(box[2]), float(box[3])) if len(box) == len("xywh") else (drawn.width, drawn.height)


def _short(name: str, value: str) -> str:
    """Return an attribute with coordinates of two decimals, a fiftieth of a pixel."""
    if name in _GEOMETRY:
        value = _LONG_NUMBER.sub(_rounded, value)
    if name == "d":
        value = _AROUND_A_COMMAND.sub("", value)
    return _NO_TURN.sub("", value) if name == "transform" else value


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _parse(name: str, svg: str) -> ET.Element:
    if "<!ENTITY" in svg:
        raise RenderError(f"figure {name}: the SVG declares entities")
    try:
        root = ET.fromstring(svg)  # noqa: S314 no entities
    except ET.ParseError as error:
        raise RenderError(f"figure {name}: the SVG is not well-formed ({error})") from error
    if root.tag != f"{{{SVG}}}svg":
        raise RenderError(f"figure {name}: not an SVG document (root element {root.tag!r})")
    return root


def _clean(element: ET.Element) -> None:
    """Remove what acts, loads something or is not drawn."""
    for child in list(element):
        namespace, _, name = child.tag.rpartition("}") if isinstance(child.tag, str) else ("", "", "")
        if namespace == f"{{{SVG}" and name in ELEMENTS:
            _clean(child)
        else:
            _remove(element, child)
    if element.tag == f"{{{SVG}}}image":
        element.attrib.pop("id", None)  # the hash of its content: equal images of one figure share it
    for name, value in list(element.attrib.items()):
        del element.attrib[name]
        kept = _attribute(name, value)
        if kept is not None:
            element.set("href" if name == f"{{{XLINK}}}href" else name, kept)


def _remove(parent: ET.Element, child: ET.Element) -> None:
    """Remove an element and keep the text that follows it."""
    place = list(parent).index(child)
    if child.tail and place:
        parent[place - 1].tail = (parent[place - 1].tail or "") + child.tail
    elif child.tail:
        parent.text = (parent.text or "") + child.tail
    parent.remove(child)


def _attribute(name: str, value: str) -> str | None:
    """Return the value of an attribute; None for active or external content, and for classes, which are the page's."""
    plain = name.rpartition("}")[2].lower()  # as HTML reads it
    if plain.startswith("on") or (name.startswith("{") and name != f"{{{XLINK}}}href"):
        return None
    if plain in {"id", "href"} and name not in {plain, f"{{{XLINK}}}href"}:
        return None
    if plain == "href":
        return value if value.startswith("#") or IMAGE.fullmatch(value) else None
    if plain == "class" or (plain == "style" and "\\" in value):  # escapes can hide a function
        return None
    return _URL.sub(lambda match: _local(match[2].strip()), value) if "(" in value else value


def _local(address: str) -> str:
    return f"url({address})" if address.startswith("#") else "none"
