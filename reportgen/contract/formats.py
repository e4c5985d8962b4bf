"""The files that a report can be written to: the one list of renderers.

It stands here, below every room, because a spec names formats; what renders is imported when it is used.
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
        As a spec and the command line name it.
    file
        The file that it writes.
    function
        ``module:name`` of the function that makes the file's bytes of a ``Content``.
    optional
        Where it fails, the other files are written all the same.
    """

    name: str
    file: str
    function: str
    optional: bool = False


RENDERERS = (
    Renderer("html", "report.html", "reportgen.render.html:to_bytes"),
    Renderer("pdf", "report.pdf", "reportgen.render.pdf:to_bytes", optional=True),
    Renderer("json", "results.json", "reportgen.render.results_json:to_bytes"),
    Renderer("markdown", "model_card.md", "reportgen.render.markdown:to_bytes"),
)
FORMATS = tuple(renderer.name for renderer in RENDERERS)
FILES = {renderer.name: renderer.file for renderer in RENDERERS}
"""The file of each format."""

if TYPE_CHECKING:
    Format = str
else:
    Format = Literal[FORMATS]
    """The name of a format; a spec with another is told which there are."""
