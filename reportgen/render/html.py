"""The document as one HTML page: for the browser with everything inside, or for the PDF engine."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from reportgen.render.environment import environment
from reportgen.render.inline_svg import inline
from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.document import Document, Drawing

Target = Literal["html", "pdf"]

PDF_ROWS = 100
"""Table rows beyond which the PDF says where the rest is: each cell costs the engine 1.6 ms."""
SHORT_TABLE = 12
"""Rows of a figure's table up to which it is printed."""
_FACES = (
    ("IBM Plex Sans", 400, "IBMPlexSans-Regular.woff2"),
    ("IBM Plex Sans", 600, "IBMPlexSans-SemiBold.woff2"),
    ("IBM Plex Mono", 400, "IBMPlexMono-Regular.woff2"),
)


def render(document: Document, target: Target, template_folders: Sequence[Path] = ()) -> str:
    """Render the page.

    Parameters
    ----------
    document
        What to show.
    target
        ``html``: figures, styles and fonts inside the page; ``pdf``: figures by address, print styles only.
    template_folders
        Searched before reportgen's own.
    """
    from markupsafe import Markup

    made = environment(template_folders, autoescape=True)
    made.filters |= {"markdown": markdown, "figure": lambda drawing: _figure(drawing, target)}
    made.globals |= {"pdf_rows": PDF_ROWS, "short_table": SHORT_TABLE}
    return made.get_template("report.html.j2").render(
        document=document,
        results=document.results,
        target=target,
        styles=Markup(_styles(target)),  # noqa: S704 our own files
        templates={chapter.id: chapter.template or "sections/_default.html.j2" for chapter in document.chapters},
    )


def markdown(text: str) -> Any:
    """Return the author's Markdown as HTML: no raw HTML, no images, headings below those of the report."""
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image"])
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 3, 6)}"
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 escaped by the parser


def _figure(drawing: Drawing, target: Target) -> Any:
    from markupsafe import Markup

    if target == "html":
        return Markup(inline(drawing))  # noqa: S704 cleaned
    address = f"reportgen:/figure/{drawing.id}.svg"
    return Markup('<img src="{}" alt="{}" width="{:.0f}" height="{:.0f}">').format(
        address, drawing.alt, drawing.width, drawing.height
    )


@cache
def _styles(target: Target) -> str:
    folder = share("templates")
    names = ["base", "screen"] if target == "html" else ["base"]
    sheets = [(folder / "css" / f"{name}.css").read_text("utf-8") for name in [*names, "print"]]
    faces = (
        [_face(folder / "fonts" / file, family, weight) for family, weight, file in _FACES] if target == "html" else []
    )
    return "\n".join([*faces, *sheets])


def _face(path: Path, family: str, weight: int) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    source = f"url(data:font/woff2;base64,{data}) format('woff2')"
    return f"@font-face{{font-family:'{family}';font-weight:{weight};font-display:swap;src:{source}}}"
