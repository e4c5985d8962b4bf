"""What the file of a report carries: its results and their digest, and in a PDF the spec as well."""

from __future__ import annotations

import io
import logging
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from reportgen.contract.formats import FILES
from reportgen.errors import ResultsError, summary
from reportgen.inputs.sources.arrays import ERRORS
from reportgen.render.carried import CarriedError, carried
from reportgen.render.limits import limited
from reportgen.render.pdf import ARCHIVE_MARK
from reportgen.spec.files import FileError, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reportgen.contract.formats import Format

MEGABYTES = 256
_SECONDS, _GIGABYTES = 20, 2
_MOST_RESULTS = 1024 * 2**20
"""Bytes of results that a page may carry: 500 models that are compared in pairs have half as many."""
_MOST_ATTACHMENTS = 20
_FRONT = 2
"""Pages of a PDF that page one may fill, where its author wrote much."""
_DIGEST = re.compile(rb'<code class="long">([0-9a-f]{64})</code>')


@dataclass(frozen=True)
class ReportFile:
    """What a page or a PDF says about itself.

    Attributes
    ----------
    form
        Which format of a report it is.
    content
        The file itself.
    digest
        The SHA-256 digest of its results.
    attached
        The files in it, by their names.
    words
        The text of page one.
    """

    form: Format
    content: bytes
    digest: str
    attached: Mapping[str, bytes] = field(default_factory=dict)
    words: str = ""


def read_page(path: Path) -> ReportFile:
    """Read ``report.html``, within limits of size, time and memory.

    Raises
    ------
    ResultsError
        It cannot be read, does not have the digest of its results, or has damaged results.
    """
    content = _content(path)
    found = _DIGEST.findall(content)
    if not found:
        raise ResultsError(f"{path}: is not a report of reportgen (it has no digest of its results)")
    try:
        results = carried(content, _MOST_RESULTS)
    except CarriedError as error:
        raise ResultsError(f"{path}: {error}") from error
    attached = {} if results is None else {FILES["json"]: results}
    try:
        with limited(_SECONDS, _GIGABYTES):
            words = _front(content.decode("utf-8", "replace"))
    except (AssertionError, *ERRORS) as error:
        raise ResultsError(f"{path}: cannot be read as a page ({summary(error)})") from error
    return ReportFile("html", content, found[-1].decode(), attached, words)


def _front(page: str) -> str:
    """Return the text of the section of a page that is page one; empty if there is none."""
    text = _Text()
    start = page.find('<section class="front"')
    text.feed(page[start : page.find("</section>", start)] if start >= 0 else "")
    text.close()
    return "".join(text.found)


class _Text(HTMLParser):
    """Collects text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.found.append(data)


def read_pdf(path: Path) -> ReportFile:
    """Read ``report.pdf``, within limits of size, time and memory.

    Raises
    ------
    ResultsError
        It cannot be read, or is not a report.
    """
    import pypdf
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    content = _content(path)
    try:
        with limited(_SECONDS, _GIGABYTES):
            pdf = pypdf.PdfReader(io.BytesIO(content))
            identifiers: Any = pdf.trailer["/ID"]
            digest = str(identifiers[0])
            attached: dict[str, bytes] = {}
            for number, one in enumerate(pdf.attachment_list):
                if number == _MOST_ATTACHMENTS:
                    raise ResultsError(f"{path}: has more than {_MOST_ATTACHMENTS} attachments")
                if one.name in attached:
                    raise ResultsError(f"{path}: has two attachments named {one.name!r}")
                attached[one.name] = one.content
            words = "\n".join(page.extract_text() for page in pdf.pages[:_FRONT])
    except (PyPdfError, AssertionError, AttributeError, *ERRORS) as error:
        raise ResultsError(f"{path}: cannot be read as a PDF ({summary(error)})") from error
    if FILES["json"] not in attached:
        raise ResultsError(f"{path}: is not a report of reportgen (no {FILES['json']} is attached)")
    form: Format = "archive" if ARCHIVE_MARK in content else "pdf"
    return ReportFile(form, content, digest, attached, words)


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path, MEGABYTES)
    except FileError as error:
        raise ResultsError(f"{path}: {error}") from error
