"""The output formats of a report: the list of renderers.

The list is in the lowest layer because a spec names formats; renderers are imported on first use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal


@dataclass(frozen=True)
class Renderer:
    """A format of the report.

    Attributes
    ----------
    name
        Its name in a spec and on the command line.
    file
        The name of the file.
    function
        ``module:name`` of the function that renders a ``Content`` to bytes.
    by_default
        Whether it is written where no formats are named.
    draws
        Whether it needs the document, with its figures.
    begins
        Whether the function only begins, and returns one that returns the bytes: another process makes the file meanwhile.
    """

    name: str
    file: str
    function: str
    by_default: bool = True
    draws: bool = True
    begins: bool = False


RENDERERS = (
    Renderer("html", "report.html", "reportgen.render.html:to_bytes"),
    Renderer("pdf", "report.pdf", "reportgen.render.pdf:accessible", begins=True),
    Renderer("archive", "report.archive.pdf", "reportgen.render.pdf:archive", by_default=False, begins=True),
    Renderer("json", "results.json", "reportgen.render.results_json:to_bytes", draws=False),
    Renderer("markdown", "model_card.md", "reportgen.render.markdown:to_bytes"),
    Renderer("summary", "summary.md", "reportgen.render.markdown:summary", by_default=False),
    Renderer("bom", "bom.cdx.json", "reportgen.render.bom:to_bytes", by_default=False, draws=False),
    Renderer("junit", "junit.xml", "reportgen.render.junit:to_bytes", by_default=False, draws=False),
)
FORMATS = tuple(renderer.name for renderer in RENDERERS)
BY_DEFAULT = tuple(renderer.name for renderer in RENDERERS if renderer.by_default)
DRAWN = tuple(renderer.name for renderer in RENDERERS if renderer.draws)
"""The formats that are made of the document."""
PDFS = ("pdf", "archive")
"""The formats that the PDF engine makes."""
FILES = {renderer.name: renderer.file for renderer in RENDERERS}
"""The file of each format."""
ANSWERS = "predictions.parquet"
"""The answers of every model on every row, beside the results if the spec asks for it."""
PAGE_MARK = "<!-- reportgen "
ANSWERS_MARK = "reportgen predictions"
MAIL_MARK = "\r\nX-Mailer: reportgen "
BOM_MARK = "reportgen:results"
"""By what the program knows its own files, without importing what writes them: in pages and in Markdown, in the metadata of the predictions, in the head of a mail,
and the name of a property of the bill of materials."""

if TYPE_CHECKING:
    Format = str
else:
    Format = Literal[FORMATS]
    """The name of a format; others are rejected with the list of formats."""
