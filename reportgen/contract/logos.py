"""Judges the content of a logo: SVG that only draws, PNG or JPEG. It becomes part of every report."""

from __future__ import annotations

import re
from typing import Literal
from xml.parsers import expat

from reportgen.contract.svg import ELEMENTS, IMAGE, SVG

MediaType = Literal["image/svg+xml", "image/png", "image/jpeg"]

MOST_BYTES = 200_000
_MOST_ELEMENTS = 2000
"""The PDF engine takes a millisecond for each."""
_SIGNATURES: dict[bytes, MediaType] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_TAKEN = ELEMENTS | {"title", "desc", "metadata", "style"}
_NOT_DRAWN = (
    "http://www.inkscape.org/namespaces/inkscape",
    "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://creativecommons.org/ns#",
    "http://purl.org/dc/elements/1.1/",
)
"""Namespaces of what drawing programs note for themselves."""
_LOADS = re.compile(r"@import|@font-face|\b(?:image-set|image|src)\s*\(", re.IGNORECASE)
_URL = re.compile(r"""url\(\s*['"]?\s*([^'")\s]*)""", re.IGNORECASE)
_GRADIENTS = {"linearGradient", "radialGradient"}


def media_type(content: bytes) -> MediaType:
    """Return what an image is, by its first bytes.

    Raises
    ------
    ValueError
        It is too large, or no SVG, PNG or JPEG; or an SVG that has scripts, loads something, declares entities, or cannot be
        scaled. One sentence, without the name of the file.

    Examples
    --------
    >>> media_type(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><path d="M0 0h2v1z"/></svg>')
    'image/svg+xml'
    """
    if len(content) > MOST_BYTES:
        message = f"is larger than {MOST_BYTES // 1000} kB, and would be in every file of the report"
        raise ValueError(message)
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            return kind
    if not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        message = "is no SVG, PNG or JPEG image"
        raise ValueError(message)
    _Judge().judge(content)
    return "image/svg+xml"


class _Judge:
    """Reads an SVG once, and raises ValueError at the first thing that a logo must not have."""

    def __init__(self) -> None:
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._element
        parser.CharacterDataHandler = self._text
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = self._entity
        parser.ProcessingInstructionHandler = self._instruction
        self._count = 0
        self._style: list[str] | None = None
        self._painted: set[str] = set()
        self._loose: set[str] = set()

    def judge(self, content: bytes) -> None:
        """Raise ValueError if the content is not an SVG that only draws."""
        try:
            self._parser.Parse(content, True)  # noqa: FBT003 the library takes no keyword
        except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that nobody knows
            message = f"is not a well-formed SVG ({error})"
            raise ValueError(message) from error
        if self._painted & self._loose:  # Poppler leaves these away at some sizes, as WeasyPrint writes them
            message = (
                'has a gradient that not every PDF reader draws: give it gradientUnits="userSpaceOnUse", or use a PNG'
            )
            raise ValueError(message)

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        if not self._count and (namespace, name) != (SVG, "svg"):
            message = f"is XML, but no SVG (its first element is <{name}>)"
            raise ValueError(message)
        if not self._count and len(attributes.get("viewBox", "").replace(",", " ").split()) != len("xywh"):
            message = "has no viewBox, so it cannot be scaled"
            raise ValueError(message)
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            message = f"has more than {_MOST_ELEMENTS:,} elements; export it as PNG"
            raise ValueError(message)
        if namespace not in _NOT_DRAWN and (namespace != SVG or name not in _TAKEN):
            message = f"has a <{name}> element; a logo may only have what draws"
            raise ValueError(message)
        for key, value in attributes.items():
            self._attribute(key.rpartition(" ")[2].lower(), value)
        if name == "style":
            self._style = []
        if name in _GRADIENTS and attributes.get("gradientUnits") != "userSpaceOnUse":
            self._loose.add(attributes.get("id", ""))

    def _attribute(self, name: str, value: str) -> None:
        if name.startswith("on"):
            message = f"has a script ({name})"
            raise ValueError(message)
        if name in {"href", "src", "base"} and not value.startswith("#") and not IMAGE.fullmatch(value):
            message = f"refers to something outside of it ({value[:60]!r})"
            raise ValueError(message)
        self._css(value, escapes=name != "style")

    def _css(self, text: str, *, escapes: bool = False) -> None:
        """Judge a style; a backslash could hide the name of a function."""
        self._painted |= {found[1:] for found in _URL.findall(text)}
        if any(not found.startswith("#") for found in _URL.findall(text)) or _LOADS.search(text):
            message = "refers to something outside of it (in a style)"
            raise ValueError(message)
        if "\\" in text and not escapes:
            message = "has a backslash in a style, which can hide a reference"
            raise ValueError(message)

    def _text(self, text: str) -> None:
        if self._style is not None:
            self._style.append(text)

    def _end(self, tag: str) -> None:
        if self._style is not None and tag == f"{SVG} style":
            self._css("".join(self._style))
            self._style = None

    def _entity(self, *_: object) -> None:
        message = "declares entities"
        raise ValueError(message)

    def _instruction(self, target: str, _data: str) -> None:
        message = f"has an instruction to load something (<?{target}>)"
        raise ValueError(message)
