"""Compares a report with what it was made from, as far as it can be reached: which files are unchanged, changed, missing.

Without a signature, and a key that the reader trusts, this finds inconsistency, not forgery.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from reportgen.analysis import results_file
from reportgen.contract.formats import FILES
from reportgen.document.front import sentences
from reportgen.errors import ReportgenError, ResultsError
from reportgen.inputs.digest import of_path, of_program
from reportgen.inputs.folders import FolderError
from reportgen.pipeline.report_file import ReportFile, read_page, read_pdf
from reportgen.pipeline.signatures import signatures
from reportgen.plan.registry import Registry
from reportgen.render.environment import printable
from reportgen.render.inline_svg import without_drawings
from reportgen.spec.files import is_folder, unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from reportgen.analysis.results import CodeRecord, Results, SpecRecord

BESIDE = "results beside the report"
"""The comparison of a report with another file, not with itself."""
SIGNATURE = "signature"
_SENTENCES = "sentences of page one"
_PAGE = "page but for its figures"
_DOCUMENT = "document, rendered again"
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x2060))
CODE = re.compile(r":\w+$")
"""How the name of a function ends."""


@dataclass(frozen=True)
class VerifiedFile:
    """A file of a report, and whether it has the digest that the report says; ``reason`` if that cannot be told."""

    what: str
    file: str
    state: Literal["unchanged", "changed", "missing"]
    reason: str = ""


@dataclass(frozen=True)
class Parts:
    """What a report consists of.

    Attributes
    ----------
    rows
        Their comparisons with each other.
    content
        The results.
    inputs
        What they say of their inputs.
    document
        The page or PDF; None of a results file.
    """

    rows: tuple[VerifiedFile, ...]
    content: bytes
    inputs: results_file.Inputs
    document: ReportFile | None = None


def verify(report: Path, folder: Path, *, render: bool = False, key: Path | None = None) -> tuple[VerifiedFile, ...]:
    """Compare a report with its own parts, the results beside it, and its inputs.

    Parameters
    ----------
    report
        ``report.pdf``, ``report.archive.pdf``, ``report.html`` or ``results.json``.
    folder
        What the names of the inputs are relative to: the folder of the spec. Nothing outside of it is opened.
    render
        Whether the document is rendered again from its results, figures included, and compared byte by byte. Without that
        a page is rendered again without its figures.
    key
        The public key that the report must be signed with; see :func:`reportgen.pipeline.signatures.signatures`.

    Raises
    ------
    ResultsError
        The report or the key cannot be read, or is none.
    """
    signed = [VerifiedFile(SIGNATURE, one.file, one.state, one.reason) for one in signatures(report, key)]
    found = parts(report)
    spec = found.inputs.spec
    named = [("spec", spec.file, spec.sha256), *((what, one.file, one.sha256) for what, one in found.inputs.files)]
    pages = () if found.document is None else tuple(_pages(report, found, found.document, render=render))
    return (*signed, *found.rows, *pages, *(_on_disk(what, file, digest, folder) for what, file, digest in named))


def parts(report: Path) -> Parts:
    """Return what a report consists of; ResultsError as :func:`verify`."""
    beside, name = report.parent / FILES["json"], FILES["json"]
    rows: list[VerifiedFile] = []
    document: ReportFile | None = None
    match report.suffix.lower():
        case ".json":
            content = results_file.content_of(report)
        case ".html" | ".pdf" as suffix:
            document = read_page(report) if suffix == ".html" else read_pdf(report)
            if name in document.attached:
                content = document.attached[name]
                rows.append(_of_document("results in the report", document.digest, content, report))
                if unusable(beside) is None:
                    digest = hashlib.sha256(content).hexdigest()
                    rows.append(_compared(BESIDE, name, results_file.content_of(beside), digest))
            else:
                content = results_file.content_of(beside)
                rows.append(_of_document("results of the page", document.digest, content, report))
        case _:
            raise ResultsError(f"{report}: must be {FILES['pdf']}, {FILES['html']} or {FILES['json']}")
    inputs = results_file.inputs(content, report)
    spec = inputs.spec
    if document is not None and document.form != "html":
        rows.append(_attached(spec, document.attached))
    rows.append(_compared("spec in the results", spec.file, spec.text.encode(), spec.sha256))
    return Parts(tuple(rows), content, inputs, document)


def _pages(report: Path, found: Parts, document: ReportFile, *, render: bool) -> Iterator[VerifiedFile]:
    """Compare the sentences of page one, a page but for its figures, and the whole document if it is rendered again."""
    is_page = document.form == "html"
    kinds = [_SENTENCES, *([_DOCUMENT] if render else [_PAGE] if is_page else [])]
    reason = _unknown_pages(found.inputs.code)
    try:
        results = results_file.read(found.content, report, Registry()) if reason is None else None
    except ReportgenError:
        results, reason = None, "needs a section that is not installed, or code, which is not run"
    if results is None:
        yield from (VerifiedFile(kind, report.name, "missing", reason or "") for kind in kinds)
        return
    printed = _flat(document.words)
    absent = next((one for one in sentences(results) if _flat(printable(one)) not in printed), None)
    said = "" if absent is None else f"does not say: {absent}"
    yield VerifiedFile(_SENTENCES, report.name, "unchanged" if absent is None else "changed", said)
    if render or is_page:
        yield _rendered(report, document, results, draw=render)


def _unknown_pages(code: Iterable[CodeRecord]) -> str | None:
    """Return why this program cannot tell what the pages should be; None if it can."""
    for one in code:
        if one.what == "template":
            return "was made with custom templates"
        if one.what == "program" and one.sha256 != of_program():
            return "was made by another version of reportgen"
    return None


def _rendered(report: Path, document: ReportFile, results: Results, *, draw: bool) -> VerifiedFile:
    """Render a document again and compare its bytes; of a page without drawing all but its figures."""
    from reportgen.pipeline.present import present

    what = _DOCUMENT if draw else _PAGE
    made = present(results, (document.form,), draw=draw)
    found, expected = document.content, made.files.get(FILES[document.form])
    if expected is None:
        return VerifiedFile(what, report.name, "missing", made.failures[0])
    if not draw:
        found, expected = _undrawn(found), _undrawn(expected)
    if found == expected:
        return VerifiedFile(what, report.name, "unchanged")
    made_by = "matplotlib or WeasyPrint" if draw else "the libraries that make it"
    return VerifiedFile(what, report.name, "changed", f"edited, or made by other versions of {made_by}")


def _undrawn(page: bytes) -> bytes:
    """Return a page without its figures; what is not UTF-8 stays as it is."""
    return without_drawings(page.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _flat(text: str) -> str:
    """Return a text without blanks, line breaks and invisible marks, where a PDF and a page differ."""
    return "".join(text.split()).translate(_INVISIBLE)


def _of_document(what: str, digest: str, content: bytes, report: Path) -> VerifiedFile:
    """Compare results with the digest that a document has of them, which leaves out measured times."""
    same = _compared(what, FILES["json"], content, digest)
    if same.state == "unchanged":
        return same
    try:
        found = results_file.read(content, report, Registry()).digest
    except ReportgenError:
        return same
    return VerifiedFile(what, FILES["json"], _state(found, digest))


def _attached(spec: SpecRecord, attached: Mapping[str, bytes]) -> VerifiedFile:
    what = "spec in the report"
    if spec.file not in attached:
        return VerifiedFile(what, spec.file, "missing", "is not attached")
    return _compared(what, spec.file, attached[spec.file], spec.sha256)


def _compared(what: str, file: str, content: bytes, digest: str) -> VerifiedFile:
    return VerifiedFile(what, file, _state(hashlib.sha256(content).hexdigest(), digest))


def _on_disk(what: str, file: str, digest: str, folder: Path) -> VerifiedFile:
    """Compare an input with its digest; a name that leads out of the folder is not followed."""
    named = PurePath(file)
    if named.is_absolute() or ".." in named.parts:
        return VerifiedFile(what, file, "missing", "is outside the folder of the inputs")
    of_folders = file.endswith("/") and is_folder(folder / file)
    reason = None if of_folders else unusable(folder / file)
    if reason is not None:
        return VerifiedFile(what, file, "missing", "made by code, which is not run" if CODE.search(file) else reason)
    if not (folder / file).resolve().is_relative_to(folder.resolve()):
        return VerifiedFile(what, file, "missing", "is a link out of the folder of the inputs")
    try:
        return VerifiedFile(what, file, _state(of_path(folder / file), digest))
    except OSError as error:
        return VerifiedFile(what, file, "missing", f"cannot be read ({error.strerror})")
    except FolderError as error:
        return VerifiedFile(what, file, "missing", str(error))


def _state(found: str, digest: str) -> Literal["unchanged", "changed"]:
    return "unchanged" if found == digest else "changed"
