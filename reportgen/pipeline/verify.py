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
from reportgen.errors import ResultsError
from reportgen.inputs.digest import of_path
from reportgen.inputs.folders import FolderError
from reportgen.pipeline.report_file import read_page, read_pdf
from reportgen.spec.files import is_folder, unusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CODE = re.compile(r":\w+$")
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
    own, content = _parts(report)
    spec, models, data, decision = results_file.inputs(content, report)
    named = [("spec", spec.file, spec.sha256)]
    for model in models:
        named += [] if model.sha256 is None else [(f"model {model.name}", model.file, model.sha256)]
        history = model.history
        named += [] if history is None else [(f"history of {model.name}", history.file, history.sha256)]
    named += [] if data is None else [(f"data ({data.split})", file.file, file.sha256) for file in data.files]
    release = None if decision.baseline is None else decision.baseline.release
    named += [] if release is None else [("earlier release", release.file, release.sha256)]
    text = _compared("spec in the results", spec.file, spec.text.encode(), spec.sha256)
    return (*own, text, *(_on_disk(what, file, digest, folder) for what, file, digest in named))


def _parts(report: Path) -> tuple[tuple[VerifiedFile, ...], bytes]:
    """Return the comparisons of a report with its own parts, and its results."""
    beside, name = report.parent / FILES["json"], FILES["json"]
    match report.suffix.lower():
        case ".json":
            return (), results_file.content_of(report)
        case ".html":
            digest, content = read_page(report).digest, results_file.content_of(beside)
            return (_compared("results beside the report", name, content, digest),), content
        case ".pdf":
            found = read_pdf(report)
            content = found.attached[name]
            rows = [_compared("results in the report", name, content, found.digest)]
            rows += _attached_spec(report, content, found.attached)
            if unusable(beside) is None:
                digest = hashlib.sha256(content).hexdigest()
                rows.append(_compared("results beside the report", name, results_file.content_of(beside), digest))
            return tuple(rows), content
    raise ResultsError(f"{report}: must be {FILES['pdf']}, {FILES['html']} or {FILES['json']}")


def _attached_spec(report: Path, content: bytes, attached: Mapping[str, bytes]) -> Iterator[VerifiedFile]:
    spec, *_ = results_file.inputs(content, report)
    what = "spec in the report"
    if spec.file in attached:
        yield _compared(what, spec.file, attached[spec.file], spec.sha256)
    else:
        yield VerifiedFile(what, spec.file, "missing", "is not attached")


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
        return VerifiedFile(what, file, "missing", "made by code, which is not run" if _CODE.search(file) else reason)
    try:
        return VerifiedFile(what, file, _state(of_path(folder / file), digest))
    except OSError as error:
        return VerifiedFile(what, file, "missing", f"cannot be read ({error.strerror})")
    except FolderError as error:
        return VerifiedFile(what, file, "missing", str(error))


def _state(found: str, digest: str) -> Literal["unchanged", "changed"]:
    return "unchanged" if found == digest else "changed"
