"""The PDF for archives: a validator of PDF/A-3a says so; what is in it, that it repeats, that it is a format like the others."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import page
import pypdf
import pytest
from handmade import WITH_ERRORS, results

from reportgen.contract.formats import FILES
from reportgen.errors import InputError
from reportgen.pipeline import files
from reportgen.pipeline.present import Rendered, present
from reportgen.pipeline.verify import verify
from reportgen.render import pdf
from reportgen.spec.tables.output import OutputSpec

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results

pytestmark = pytest.mark.usefixtures("warm_processes")
NAME = "report.archive.pdf"
CREATED = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def failures(content: bytes) -> list[str]:
    """Return what the validator finds against PDF/A-3a."""
    report = page.validate_pdf_bytes(content, profile=page.ValidationProfile.PDF_A_3A)
    assert report.is_compliant == (not report.failures)
    return [failure.message for failure in report.failures]


def make(body: str, *, attached: tuple[bytes, ...] = (), variant: str = pdf.ARCHIVE) -> bytes:
    """Render a small page."""
    text = f'<html lang="en"><head><title>T</title></head><body><h1>One</h1>{body}</body></html>'
    more = [pdf.Attachment(f"{place}.json", one, "A file", "Data") for place, one in enumerate(attached)]
    return pdf.render(text, {}, attachments=more, created=CREATED, identifier="a", variant=variant)


def picture() -> str:
    """Return an image with colors and transparency, of which nothing says that it must not be smoothed."""
    from PIL import Image

    made = io.BytesIO()
    Image.linear_gradient("L").resize((9, 9)).convert("RGBA").save(made, "PNG")
    return f'<img alt="a" src="data:image/png;base64,{base64.b64encode(made.getvalue()).decode()}">'


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    """Render a report with figures, pictures, a gallery and hostile names as both PDFs, by an engine that one of them is made with."""
    found = results(WITH_ERRORS)
    with pdf.PdfProcess.within(found.output.limits) as typesetter:
        rendered = present(found, ("pdf", "archive", "json"), typesetter=typesetter)
        assert typesetter.used
    assert not rendered.failures
    return rendered.files


def test_a_whole_report_is_for_archives(made: dict[str, bytes], tmp_path: Path) -> None:
    """No rule of PDF/A-3a is broken; the validator does find what is wrong with the other PDF."""
    assert failures(made[NAME]) == []
    assert failures(made[FILES["pdf"]])
    if shutil.which("qpdf"):
        (tmp_path / NAME).write_bytes(made[NAME])
        checked = subprocess.run(["qpdf", "--check", tmp_path / NAME], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_an_archive_needs_is_in_it(made: dict[str, bytes]) -> None:
    """Read by another library: the claim, a color profile, tags, the language, the files with what they are to the document."""
    reader = pypdf.PdfReader(io.BytesIO(made[NAME]))
    root: Any = reader.root_object
    assert b'pdfaid:part="3" pdfaid:conformance="A"' in root["/Metadata"].get_data()
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/OutputIntents"][0]["/DestOutputProfile"].get_data()[36:40] == b"acsp"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en"
    relations = {one.get_object()["/UF"]: one.get_object()["/AFRelationship"] for one in root["/AF"]}
    assert relations == {"results.json": "/Data", "handmade.toml": "/Source"}
    assert reader.attachments["results.json"][0] == made["results.json"]
    assert not reader.is_encrypted
    assert all(not missing for _, missing in (one._get_fonts() for one in reader.pages))


def test_it_says_what_the_other_pdf_says(made: dict[str, bytes]) -> None:
    """On its first pages, with the same number of them."""
    both = [pypdf.PdfReader(io.BytesIO(made[name])).pages for name in (NAME, FILES["pdf"])]
    assert len(both[0]) == len(both[1])
    for one, other in zip(both[0][:3], both[1][:3], strict=True):
        assert one.extract_text() == other.extract_text()


def test_pictures_are_not_smoothed() -> None:
    """PDF/A forbids it, whatever a style says."""
    assert failures(make(picture())) == []
    assert b"/Interpolate true" not in make(picture())
    assert b"/Interpolate true" in make(picture(), variant=pdf.ACCESSIBLE)


def test_data_that_ends_with_a_carriage_return() -> None:
    """Compressed, one attachment in 256 does; the line break behind it is no part of it."""
    content = b"\x0c"
    assert zlib.compress(content, 9).endswith(b"\r")
    found = make("<p>x</p>", attached=(content, b"\r", b"\n", b""))
    assert failures(found) == []
    reader = pypdf.PdfReader(io.BytesIO(found))
    assert [reader.attachments[f"{place}.json"][0] for place in range(4)] == [content, b"\r", b"\n", b""]


def test_same_input_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From another folder, in another time zone and with another hash seed."""
    first = make(picture(), attached=(b"{}",))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert make(picture(), attached=(b"{}",)) == first


def test_it_is_verified_like_a_report(made: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under any name: what it is stands in it, and so it is compared with the same kind of PDF."""
    asked: list[Any] = []

    def again(_results: Results, formats: Any, *, draw: bool) -> Rendered:
        asked.append((formats, draw))
        return Rendered({NAME: made[NAME]})

    monkeypatch.setattr("reportgen.pipeline.present.present", again)
    (tmp_path / "mailed.pdf").write_bytes(made[NAME])
    rows = {row.what: row.state for row in verify(tmp_path / "mailed.pdf", tmp_path, render=True)}
    own = ["results in the report", "spec in the report", "sentences of page one", "document, rendered again"]
    assert [rows[what] for what in own] == ["unchanged"] * 4
    assert asked == [(("archive",), True)]


def test_it_is_a_file_of_the_program(made: dict[str, bytes], tmp_path: Path) -> None:
    """It may be replaced, and is removed by a build without it; a file of somebody else's is neither."""
    files.write({NAME: made[NAME]}, tmp_path)
    files.require_writable(tmp_path, [NAME])
    files.write({"report.pdf": made["report.pdf"]}, tmp_path, [NAME])
    assert not (tmp_path / NAME).exists()
    (tmp_path / NAME).write_bytes(b"%PDF-1.7 somebody else's")
    with pytest.raises(InputError, match="was not written by reportgen"):
        files.require_writable(tmp_path, [NAME])


def test_the_spec_asks_for_it_in_one_word() -> None:
    """Beside the formats that are written anyway."""
    assert OutputSpec().wanted == ("html", "pdf", "json", "markdown")
    assert OutputSpec(archive=True).wanted == ("html", "pdf", "archive", "json", "markdown")
    assert OutputSpec(archive=True, formats=("json",)).wanted == ("archive", "json")
    assert OutputSpec(formats=("json", "archive")).wanted == ("archive", "json")
