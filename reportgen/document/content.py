"""The input of every renderer: results, and the document, which is composed on first use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.document.tree import Document


class Typesetter(Protocol):
    """What makes one PDF of a page: :class:`reportgen.render.pdf.PdfProcess`."""

    @property
    def used(self) -> bool:
        """Whether it has made one."""

    def begin(
        self,
        html: str,
        figures: Mapping[str, str],
        *,
        attachments: Sequence[Any] = (),
        created: datetime,
        identifier: str,
        variant: str = ...,
    ) -> None:
        """Begin to make it."""

    def finish(self) -> bytes:
        """Return the PDF."""


@dataclass(frozen=True)
class Content:
    """The content of a report.

    Attributes
    ----------
    results
        The outcome of a run.
    compose
        Draws and composes the document.
    templates
        Folders with custom templates.
    typesetter
        What makes the first PDF, if it was started before; None to start it then.
    """

    results: Results
    compose: Callable[[], Document]
    templates: tuple[Path, ...] = ()
    typesetter: Typesetter | None = None

    @cached_property
    def document(self) -> Document:
        """The document; drawn once, and only if a renderer needs it."""
        return self.compose()
