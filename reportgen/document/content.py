"""The input of every renderer: results, and the document, which is composed on first use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.document.tree import Document


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
    """

    results: Results
    compose: Callable[[], Document]
    templates: tuple[Path, ...] = ()

    @cached_property
    def document(self) -> Document:
        """The document; drawn once, and only if a renderer needs it."""
        return self.compose()
