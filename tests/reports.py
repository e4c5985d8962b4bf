"""A report whose inputs are small files, the content of each of which is its name."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import pypdf
from handmade import results

from reportgen.pipeline.present import present

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INPUTS = ("a.keras", "b.keras", "c.keras", "test.npz")


@cache
def rendered() -> dict[str, bytes]:
    """Render the report: its spec, page, PDF and results."""
    raw = results()
    models = tuple(one.model_copy(update={"sha256": digest(one.file)}) for one in raw.models)
    assert raw.data is not None
    files = tuple(one.model_copy(update={"sha256": digest(one.file)}) for one in raw.data.files)
    data = raw.data.model_copy(update={"files": files})
    found = raw.model_copy(update={"models": models, "data": data})
    return {"handmade.toml": found.spec.text.encode(), **present(found, ("html", "pdf", "json")).files}


def write(folder: Path) -> Path:
    """Write the report, its spec and its inputs into a folder, and return it."""
    for name, content in rendered().items():
        (folder / name).write_bytes(content)
    for name in INPUTS:
        (folder / name).write_text(name, "utf-8")
    return folder


def digest(text: str) -> str:
    """Return the digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def rewritten(folder: Path, change: Callable[[pypdf.PdfWriter], object]) -> Path:
    """Change the PDF."""
    writer = pypdf.PdfWriter(clone_from=folder / "report.pdf")
    change(writer)
    writer.write(folder / "changed.pdf")
    return folder / "changed.pdf"


def replaced(name: str, content: bytes) -> Callable[[pypdf.PdfWriter], object]:
    """Return what replaces an attachment."""

    def change(writer: pypdf.PdfWriter) -> None:
        for one in writer.attachment_list:
            if one.name == name:
                one.content = content

    return change
