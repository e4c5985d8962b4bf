"""Page one as the body of a mail: as text, and as HTML that mail clients show (tables and inline styles, no picture)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.render.environment import environment, fill, printable
from reportgen.render.html import unbroken

if TYPE_CHECKING:
    from markupsafe import Markup

    from reportgen.analysis.results import Results
    from reportgen.document.tree import FrontPage

_BREAKS = re.compile(r"[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")
"""Blanks, and everything that is the end of a line somewhere."""


@dataclass(frozen=True)
class Attachment:
    """What the mail says about the file that it carries: its name, its size in bytes, and the SHA-256 digest of its results."""

    name: str
    size: int
    digest: str


def subject(results: Results, front: FrontPage) -> str:
    """Return the title, the version and the verdict in one line."""
    report = results.report
    name = f"{report.title} {report.version}" if report.version else report.title
    return _line(f"{name}: {front.verdict.headline}")


def text(results: Results, front: FrontPage, attachment: Attachment) -> str:
    """Return the body as plain text, one statement, check or finding to a line."""
    made = environment((), _write, language=results.output.theme.language)
    return fill(made, "mail.txt.j2", (), results, front=front, attachment=attachment).strip() + "\n"


def html(results: Results, front: FrontPage, attachment: Attachment) -> str:
    """Return the body as HTML."""
    made = environment((), printable, language=results.output.theme.language)
    page = fill(made, "mail.html.j2", (), results, front=front, attachment=attachment)
    return unbroken(page).strip() + "\n"


def _line(words: str) -> str:
    """Return words in one line, without control characters; spaces that hold a number and its unit together stay."""
    return str(printable(_BREAKS.sub(" ", words).strip()))


def _write(value: Any) -> Markup:
    """Write every value in one line, so that none can look like another part of the mail."""
    from markupsafe import Markup

    return value if isinstance(value, Markup) else Markup(_line(str(printable(value))))  # noqa: S704 plain text
