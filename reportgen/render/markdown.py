"""The document as Markdown, to be attached to a release."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.render.environment import environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.document import Document

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&$])")
_LEADING = re.compile(r"^(\s*)([#+=>-]|\d+[.)])", re.MULTILINE)


def render(document: Document, template_folders: Sequence[Path] = ()) -> str:
    """Render ``model_card.md``."""
    made = environment(template_folders, autoescape=False)
    made.filters["md"] = escape
    return made.get_template("report.md.j2").render(document=document, results=document.results)


def escape(text: object) -> str:
    r"""Return text so that GitHub shows it as it is, in a paragraph and in a table.

    >>> escape("a|b *c*")
    'a\\|b \\*c\\*'
    """
    line = " ".join(str(text).split())
    return _LEADING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", line))
