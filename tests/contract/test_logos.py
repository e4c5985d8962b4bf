"""Logos: what only draws is taken, everything else is refused in one sentence."""

from __future__ import annotations

import base64
import hashlib

import pytest
from pydantic import ValidationError

from reportgen.contract.logos import MOST_BYTES, media_type
from reportgen.contract.page import Logo, PageTheme

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 2 1"'
PNG = b"\x89PNG\r\n\x1a\n" + b"rest"


def svg(inside: str = "", more: str = "", before: str = "") -> bytes:
    """Return an SVG with something in it, in its first element, or before it."""
    return f"{before}{OPEN} {more}>{inside}</svg>".encode()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (svg('<path d="M0 0h2"/>'), "image/svg+xml"),
        (svg(before='\ufeff<?xml version="1.0"?>\n<!-- made by hand -->\n'), "image/svg+xml"),
        (svg(before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'), "image/svg+xml"),
        (svg('<style>.a{fill:url(#g)} @media print{.a{fill:red}}</style><use xlink:href="#a"/>'), "image/svg+xml"),
        (svg('<image href="data:image/png;base64,aGk="/>'), "image/svg+xml"),
        (svg('<linearGradient id="g"/><linearGradient id="h" href="#g" gradientUnits="userSpaceOnUse"/><path fill="url(#h)"/>'), "image/svg+xml"),
        (svg('<n:namedview xmlns:n="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"/>'), "image/svg+xml"),
    ],
)  # fmt: skip
def test_images_are_told_by_their_first_bytes(content: bytes, kind: str) -> None:
    """As drawing programs write them; the suffix of the file says nothing."""
    assert media_type(content) == kind


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no SVG, PNG or JPEG image"),
        (b"GIF89a", "is no SVG, PNG or JPEG image"),
        (PNG + bytes(MOST_BYTES), "is larger than 200 kB"),
        (b"<html><body/></html>", "no SVG"),
        (b"<svg viewBox='0 0 1 1'/>", "no SVG"),
        (b"<svg", "is not a well-formed SVG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "has no viewBox"),
        (svg("<script>alert(1)</script>"), "has a <script> element"),
        (svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml"/>'), "has a <script> element"),
        (svg("<foreignObject/>"), "has a <foreignObject> element"),
        (svg('<a href="#b"><set attributeName="href" to="javascript:x"/></a>'), "has a <a> element"),
        (svg("<animate/>"), "has a <animate> element"),
        (svg(more='onload="alert(1)"'), "has a script (onload)"),
        (svg(more='oNlOaD="alert(1)"'), "has a script (onload)"),
        (svg('<use href="http://evil.example/a.svg#b"/>'), "refers to something outside of it"),
        (svg('<image xlink:href="file:///etc/passwd"/>'), "refers to something outside of it"),
        (svg('<image href="data:image/svg+xml;base64,aGk="/>'), "refers to something outside of it"),
        (svg('<g xml:base="http://evil.example/"/>'), "refers to something outside of it"),
        (svg('<path fill="url(http://evil.example/#a)"/>'), "refers to something outside of it"),
        (svg("<path style=\"fill: URL( 'http://evil.example/#a' )\"/>"), "refers to something outside of it"),
        (svg('<path style="fill: u\\72l(http://evil.example/#a)"/>'), "has a backslash in a style"),
        (svg("<style>@import 'http://evil.example/a.css';</style>"), "refers to something outside of it"),
        (svg("<style>@font-face{src:url(http://evil.example/a)}</style>"), "refers to something outside of it"),
        (svg("<style>.a{fill:image-set('http://evil.example/a' 1x)}</style>"), "refers to something outside of it"),
        (svg("<style><![CDATA[.a{fill:url(//evil.example/a)}]]></style>"), "refers to something outside of it"),
        (svg(before='<?xml-stylesheet href="http://evil.example/a.css"?>'), "has an instruction to load something"),
        (svg("&a;", before='<!DOCTYPE svg [<!ENTITY a "b">]>'), "declares entities"),
        (svg(before='<!DOCTYPE svg [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>'), "declares entities"),
        (svg("<g/>" * 2001), "has more than 2,000 elements"),
        (svg('<linearGradient id="g"/><path fill="url(#g)"/>'), "has a gradient that not every PDF reader draws"),
    ],
)
def test_what_acts_or_loads_is_refused(content: bytes, said: str) -> None:
    """Scripts, handlers, addresses in every disguise, entities, and what cannot be shown."""
    with pytest.raises(ValueError, match=r"^(is|has|refers|declares) ") as refused:
        media_type(content)
    assert said in str(refused.value)


def test_a_results_file_is_judged_like_a_spec() -> None:
    """The record of a logo in a results file of somebody else holds what its digest says, and only draws."""
    logo = Logo.of(svg("<path/>"), "logo.svg")
    assert Logo.model_validate(logo.model_dump()) == logo
    assert base64.b64decode(logo.address.partition(",")[2]) == svg("<path/>")
    evil = svg("<script/>")
    changes = (
        {"data": base64.b64encode(evil).decode()},
        {"data": base64.b64encode(evil).decode(), "sha256": hashlib.sha256(evil).hexdigest()},
        {"media_type": "image/png"},
        {"data": 'x" onerror="alert(1)'},
    )
    for change in changes:
        with pytest.raises(ValidationError):
            Logo.model_validate(logo.model_dump() | change)
    with pytest.raises(ValidationError, match="must be a color"):
        PageTheme(accent="red;}</style><script>")
