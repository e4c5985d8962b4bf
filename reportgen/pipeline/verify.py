"""Compares a report with what it was made from, as far as it can be reached: which files are unchanged, changed, missing.

Nothing is signed, so this finds inconsistency, not forgery.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from reportgen.analysis import results_file
from reportgen.contract.formats import FILES
from reportgen.errors import ReportgenError, ResultsError
from reportgen.inputs.digest import of_path
from reportgen.inputs.folders import FolderError
from reportgen.pipeline.report_file import read_page, read_pdf
from reportgen.plan.registry import Registry
from reportgen.spec.files import is_folder, unusable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reportgen.analysis.results import SpecRecord

BESIDE = "results beside the report"
"""The comparison of a report with another file, not with itself."""
CODE = re.compile(r":\w+$")
"""How the name of a function ends."""


@dataclass(frozen=True)
class VerifiedFile:
    """A file of a report, and whether it has the digest that the report says; ``reason`` if that cannot be told."""

    what: str
    file: str
    state: Literal["unchanged", "changed", "missing"]
    reason: str = ""


def verify(report: Path, folder: Path) -> tuple[VerifiedFile, ...]:
    """Compare a report with its own parts, the results beside it, and its inputs.

    Parameters
    ----------
    report
        ``report.pdf``, ``report.html`` or ``results.json``.
    folder
        What the names of the inputs are relative to: the folder of the spec. Nothing outside of it is opened.

    Raises
    ------
    ResultsError
        The report cannot be read, or is none.
    """
    own, _, inputs = parts(report)
    spec = inputs.spec
    named = [("spec", spec.file, spec.sha256), *((what, one.file, one.sha256) for what, one in inputs.files)]
    return (*own, *(_on_disk(what, file, digest, folder) for what, file, digest in named))


def parts(report: Path) -> tuple[tuple[VerifiedFile, ...], bytes, results_file.Inputs]:
    """Return the comparisons of a report with its own parts, its results, and its inputs; ResultsError as :func:`verify`."""
    beside, name = report.parent / FILES["json"], FILES["json"]
    rows: list[VerifiedFile] = []
    attached: Mapping[str, bytes] | None = None
    match report.suffix.lower():
        case ".json":
            content = results_file.content_of(report)
        case ".html":
            digest, content = read_page(report).digest, results_file.content_of(beside)
            rows.append(_of_document(BESIDE, digest, content, report))
        case ".pdf":
            found = read_pdf(report)
            attached, content = found.attached, found.attached[name]
            rows.append(_of_document("results in the report", found.digest, content, report))
            if unusable(beside) is None:
                digest = hashlib.sha256(content).hexdigest()
                rows.append(_compared(BESIDE, name, results_file.content_of(beside), digest))
        case _:
            raise ResultsError(f"{report}: must be {FILES['pdf']}, {FILES['html']} or {FILES['json']}")
    inputs = results_file.inputs(content, report)
    spec = inputs.spec
    if attached is not None:
        rows.append(_attached(spec, attached))
    rows.append(_compared("spec in the results", spec.file, spec.text.encode(), spec.sha256))
    return tuple(rows), content, inputs


def _of_document(what: str, digest: str, content: bytes, report: Path) -> VerifiedFile:
    """Compare results with the digest that a document has of them, which leaves out measured times."""
    same = _compared(what, FILES["json"], content, digest)
    if same.state == "unchanged":
        return same
    try:
        found = results_file.loaded(content, report, Registry()).digest
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
    try:
        return VerifiedFile(what, file, _state(of_path(folder / file), digest))
    except OSError as error:
        return VerifiedFile(what, file, "missing", f"cannot be read ({error.strerror})")
    except FolderError as error:
        return VerifiedFile(what, file, "missing", str(error))


def _state(found: str, digest: str) -> Literal["unchanged", "changed"]:
    return "unchanged" if found == digest else "changed"
