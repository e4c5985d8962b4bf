"""The document as one HTML page: self-contained for the browser, or for the PDF engine."""

from __future__ import annotations

import base64
import re
from functools import cache, partial
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from reportgen.document.detail import SHORT_TABLE, WHOLE_TABLE, printed
from reportgen.document.links import links, used_terms
from reportgen.render import carried, look, tables
from reportgen.render.environment import environment, fill, packages, printable, signed
from reportgen.render.inline_svg import Inliner
from reportgen.resources import share
from reportgen.text.formatting import THIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markdown_it.token import Token
    from markupsafe import Markup

    from reportgen.document.content import Content
    from reportgen.document.tree import Document, Drawing

Target = Literal["html", "pdf"]

PDF_ROWS = 100
"""Maximum number of table rows in the PDF: each cell costs the engine 1.6 ms."""
LINKS = ("http://", "https://", "mailto:")
"""Allowed prefixes of links by the author."""
_BREAKING = re.compile(" %(?<=[0-9] %)")
"""A space at which a number would be parted from its percent sign."""
_CODE = re.compile(r"(<code\b.*?</code>|<script\b.*?</script>)", re.DOTALL)
_P_VALUE = re.compile(r"p(?<=\bp) (=|&lt;|&gt;) (?=[01])")
_INTERVAL = re.compile(r"\[([\u2212+0-9.,]+,) (?=[\u2212+0-9.,]+\])")
"""The space within an interval. All of these begin with a fixed character, which is found many times faster than what may stand before it."""
_NO_BREAK = "\N{NO-BREAK SPACE}"
_FACES = (
    ("IBM Plex Sans", 400, "IBMPlexSans-Regular.woff2"),
    ("IBM Plex Sans", 600, "IBMPlexSans-SemiBold.woff2"),
    ("IBM Plex Mono", 400, "IBMPlexMono-Regular.woff2"),
)


def to_bytes(content: Content) -> bytes:
    """Return the content of ``report.html``."""
    return signed(render(content.document, "html", content.templates)).encode()


def render(document: Document, target: Target, template_folders: Sequence[Path] = ()) -> str:
    """Render the page.

    Parameters
    ----------
    document
        What to show.
    target
        ``html``: figures, styles and fonts inside the page; ``pdf``: figures by URL, print styles only.
    template_folders
        Folders with custom templates.

    Raises
    ------
    RenderError
        A figure cannot be embedded in the page.
    """
    from markupsafe import Markup

    shown = printed(document) if target == "pdf" else document
    rows = PDF_ROWS if target == "pdf" else None
    found = links(shown, rows)
    theme = document.results.output.theme
    made = environment(template_folders, printable, packages(document), theme.language)
    inliner = Inliner()
    embed = inliner.inline if target == "html" else _image_of
    drawn = {drawing.id: Markup(embed(drawing)) for drawing in shown.drawings}  # noqa: S704 cleaned or escaped
    made.filters |= {"markdown": markdown, "drawing": lambda drawing: drawn[drawing.id]}
    made.globals |= {
        "short_table": SHORT_TABLE,
        "whole_table": WHOLE_TABLE,
        "table_rows": rows,
        "target": target,
    }
    made.globals |= {"show": partial(tables.show, anchors=found.rows), "link": found.target}
    if target == "html":
        made.globals |= {"results_address": carried.address(document.results.to_json().encode())}
    page = fill(
        made,
        "report.html.j2",
        template_folders,
        shown.results,
        document=shown,
        glossary=used_terms(shown),
        titles={chapter.id: chapter.title for chapter in shown.chapters},
        styles=Markup("\n".join((*_styles(target), *look.sheets(theme), inliner.sheet()))),  # noqa: S704 our own files
    )
    return unbroken(page)


def unbroken(page: str) -> str:
    """Return a page in which no percent sign is parted from its number at the end of a line, and no p-value from its "p".

    >>> unbroken("p = 0.020, <code>p = 0.5</code>").replace("\N{NO-BREAK SPACE}", "_")
    'p_=_0.020, <code>p = 0.5</code>'
    """
    page = _INTERVAL.sub(rf"[\1{_NO_BREAK}", _BREAKING.sub(f"{THIN}%", page))
    parts = _CODE.split(page)  # every other one is code, of which no p-value is changed
    parts[::2] = [_P_VALUE.sub(rf"p{_NO_BREAK}\1{_NO_BREAK}", part) for part in parts[::2]]
    return "".join(parts)


def markdown(text: str, level: int) -> Markup:
    r"""Return the author's Markdown as HTML: no raw HTML, no images, only http, https and mailto links.

    Parameters
    ----------
    text
        CommonMark with tables.
    level
        The highest heading level in the output; the author's headings start there without gaps.

    >>> str(markdown("# A\n### B\n![c](d.png) <b>", 3))
    '<h3>A</h3>\n<h4>B</h4>\n<p>![c](d.png) &lt;b&gt;</p>\n'
    """
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    class Restrained(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: N802 the library's name
            return url.lower().startswith(LINKS)

    parser = Restrained("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("image", _image)
    tokens = parser.parse(text)
    last = level - 1
    for token in tokens:
        if token.type == "heading_open":
            last = min(level - 1 + int(token.tag[1]), last + 1, 6)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{last}"
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 escaped by the parser


def _image(_renderer: Any, tokens: Sequence[Token], index: int, *_: Any) -> str:
    """Show an image as its Markdown source."""
    image = tokens[index]
    return escape(f"![{image.content}]({image.attrs['src']})")


def _image_of(drawing: Drawing) -> str:
    """Return a drawing as an image that the PDF engine takes from memory."""
    width, height = drawing.drawn.width, drawing.drawn.height
    address = f"reportgen:/figure/{drawing.id}.svg"
    return f'<img src="{address}" alt="{escape(drawing.alt)}" width="{width:.0f}" height="{height:.0f}">'


@cache
def _styles(target: Target) -> tuple[str, ...]:
    folder = share("templates")
    names = ["base", "screen", "print"] if target == "html" else ["base", "print"]
    faces = [_face(folder / "fonts" / file, family, weight) for family, weight, file in _FACES]
    sheets = [(folder / "css" / f"{name}.css").read_text("utf-8") for name in names]
    return (*(faces if target == "html" else []), *sheets)


def _face(path: Path, family: str, weight: int) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    source = f"url(data:font/woff2;base64,{data}) format('woff2')"
    return f"@font-face{{font-family:'{family}';font-weight:{weight};font-display:swap;src:{source}}}"
