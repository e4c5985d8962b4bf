"""`reportgen verify`: unchanged, changed, missing; hostile reports."""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from handmade import full_results, results
from hypothesis import given, strategies as st
from pypdf.generic import NameObject
from reports import digest, rendered, replaced, rewritten, write

from reportgen.analysis.results import FileRecord, TrainingRecord
from reportgen.analysis.results_file import load
from reportgen.cli import commands
from reportgen.errors import ResultsError
from reportgen.pipeline.present import present
from reportgen.pipeline.report_file import read_page, read_pdf
from reportgen.pipeline.verify import verify
from reportgen.plan.registry import Registry
from reportgen.render.carried import CarriedError, address, carried

if TYPE_CHECKING:
    from pathlib import Path

    import pypdf

pytestmark = pytest.mark.usefixtures("warm_processes")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write the report, its spec and its inputs into a folder."""
    return write(tmp_path)


def states(report: Path, folder: Path) -> dict[str, str]:
    """Return what is not unchanged."""
    return {row.what: row.state for row in verify(report, folder) if row.state != "unchanged"}


@pytest.mark.parametrize("name", ["report.pdf", "report.html", "results.json"])
def test_what_is_unchanged(folder: Path, name: str) -> None:
    """Every input once, and the parts of the report."""
    rows = verify(folder / name, folder)
    assert {row.state for row in rows} == {"unchanged"}
    assert [row.what for row in rows][-5:] == ["spec", "model a", "model b", "model c", "data (test)"]


@pytest.mark.parametrize("name", ["report.pdf", "report.html", "results.json"])
def test_what_is_changed_or_missing(folder: Path, name: str) -> None:
    """Another byte of a model; no data any more."""
    (folder / "a.keras").write_text("other", "utf-8")
    (folder / "test.npz").unlink()
    assert states(folder / name, folder) == {"model a": "changed", "data (test)": "missing"}


def test_training_data_is_an_input(tmp_path: Path) -> None:
    """Its files are compared with their digests, too."""
    raw = results()
    assert raw.data is not None
    files = (FileRecord(file="train.npz", sha256=digest("train.npz")),)
    training = TrainingRecord(files=files, n=9, leaked=0, compared="bit by bit")
    found = raw.model_copy(update={"data": raw.data.model_copy(update={"training": training})})
    (tmp_path / "results.json").write_bytes(present(found, ("json",)).files["results.json"])
    (tmp_path / "train.npz").write_text("train.npz", "utf-8")
    assert "training data" not in states(tmp_path / "results.json", tmp_path)
    (tmp_path / "train.npz").write_text("other", "utf-8")
    assert states(tmp_path / "results.json", tmp_path)["training data"] == "changed"


def test_results_that_were_edited(folder: Path) -> None:
    """Do not agree with the page and the PDF; an edited spec in them not with its own digest."""
    text = (folder / "results.json").read_text("utf-8")
    raw = json.loads(text)
    raw["spec"]["text"] += "# more\n"
    (folder / "results.json").write_text(json.dumps(raw), "utf-8")
    for name in ("report.html", "report.pdf"):
        assert states(folder / name, folder) == {"results beside the report": "changed"}
    assert states(folder / "results.json", folder) == {"spec in the results": "changed"}


def test_attachments_that_were_edited(folder: Path) -> None:
    """Results that are not those of the document, or a spec that is not theirs."""
    text = (folder / "results.json").read_text("utf-8").replace("2026-01-02T", "2026-01-03T")
    assert states(rewritten(folder, replaced("results.json", text.encode())), folder) == {
        "results in the report": "changed",
        "results beside the report": "changed",
    }
    assert states(rewritten(folder, replaced("handmade.toml", b"x = 1")), folder) == {"spec in the report": "changed"}


def test_every_file_has_the_same_results(folder: Path) -> None:
    """To the byte: results.json, the attachment of the PDF, what the page carries; and so has the mail of a PDF."""
    beside = (folder / "results.json").read_bytes()
    assert read_pdf(folder / "report.pdf").attached["results.json"] == beside
    assert read_page(folder / "report.html").attached["results.json"] == beside


def edited(folder: Path, old: str, new: str) -> Path:
    """Write the page with other words."""
    page = (folder / "report.html").read_text("utf-8")
    assert old in page
    (folder / "report.html").write_text(page.replace(old, new), "utf-8")
    return folder / "report.html"


def carrying(folder: Path, content: bytes) -> Path:
    """Write the page with other results in it."""
    beside = (folder / "results.json").read_bytes()
    return edited(folder, address(beside), address(content))


def test_results_in_a_page_that_were_edited(folder: Path) -> None:
    """They are not those that the page names; nor is the page what they give."""
    text = (folder / "results.json").read_text("utf-8").replace("2026-01-02T", "2026-01-03T")
    assert states(carrying(folder, text.encode()), folder) == {
        "results in the report": "changed",
        "results beside the report": "changed",
        "page but for its figures": "changed",
    }


def test_a_page_needs_no_file_beside_it(folder: Path) -> None:
    """It carries its results, as long as it is not edited."""
    (folder / "results.json").unlink()
    rows = verify(folder / "report.html", folder)
    assert {row.state for row in rows} == {"unchanged"}
    assert "results beside the report" not in {row.what for row in rows}


def test_a_number_in_a_table_that_was_edited(folder: Path) -> None:
    """The page is rendered again; page one and its results agree all the same."""
    page = (folder / "report.html").read_text("utf-8")
    value = re.findall(r">0\.260<", page[page.index('id="numbers"') :])[0]
    path = edited(folder, value, value.replace("260", "259"))
    assert states(path, folder) == {"page but for its figures": "changed"}


def test_a_figure_that_was_edited(folder: Path) -> None:
    """It is found where figures are drawn again; what is outside of it never passes for a part of it."""
    page = (folder / "report.html").read_text("utf-8")
    (path,) = set(re.findall(r'<path d="M[^"]{40}', page)[:1])
    assert states(edited(folder, path, '<path d="M0 0'), folder) == {}
    rows = {row.what: row.state for row in verify(folder / "report.html", folder, render=True)}
    assert rows["document, rendered again"] == "changed"
    for old, new in (
        ("</svg></div></div>", "</svg><p>99 %</p></div></div>"),
        ("</style>", "body{display:none}</style>"),
    ):
        (folder / "report.html").write_text(page, "utf-8")
        assert states(edited(folder, old, new), folder) == {"page but for its figures": "changed"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"nothing", "has a damaged results.json.gz"),
        (b"!", "has a damaged results.json.gz"),
        (gzip.compress(bytes(100_000))[:-20], r"has a damaged results.json.gz \(it is cut\)"),
    ],
)
def test_hostile_results_in_a_page_get_one_sentence(folder: Path, content: bytes, says: str) -> None:
    """Neither base64 nor gzip, or an end that is missing."""
    text = content.decode() if content == b"!" else base64.b64encode(content).decode()
    edited(folder, address((folder / "results.json").read_bytes()), f"data:application/gzip;base64,{text}")
    if content == b"!":  # no such link: the page carries nothing
        assert "results of the page" in {row.what for row in verify(folder / "report.html", folder)}
        return
    with pytest.raises(ResultsError, match=says):
        verify(folder / "report.html", folder)


def test_results_in_a_page_are_limited() -> None:
    """In size before they are unpacked, and in number."""
    link = f'<a href="{address(bytes(10**6))}" download="results.json.gz">'.encode()
    assert carried(link, 10**6) == bytes(10**6)
    with pytest.raises(CarriedError, match="has results larger than 0 MB"):
        carried(link, 10**6 - 1)
    with pytest.raises(CarriedError, match=r"has results\.json\.gz 2 times"):
        carried(link + link, 10**6)


@given(st.binary(max_size=1000))
def test_what_a_page_carries_is_what_was_put_in(content: bytes) -> None:
    """Any bytes, and twice the same address."""
    assert carried(f'<a href="{address(content)}" download="results.json.gz">'.encode(), 1000) == content
    assert address(content) == address(content)


def test_a_sentence_that_was_edited(folder: Path) -> None:
    """It is named; a number in it that is a link is a part of it."""
    results = load(folder / "results.json", Registry())
    statement = next(one for record in results.sections for one in record.statements)
    number = next(part.text for part in statement.parts if not isinstance(part, str))
    path = edited(folder, f">{number}</a>", ">99.9 %</a>")
    row = next(row for row in verify(path, folder) if row.state != "unchanged")
    assert (row.what, row.state) == ("sentences of page one", "changed")
    assert row.reason == f"does not say: {statement.text}"


def test_a_pdf_with_the_pages_of_another(folder: Path) -> None:
    """Its attachments are right, its page one is not."""

    def change(writer: pypdf.PdfWriter) -> None:
        writer.pages[0][NameObject("/Contents")] = writer.pages[-1]["/Contents"]
        writer.pages[1][NameObject("/Contents")] = writer.pages[-1]["/Contents"]

    assert states(rewritten(folder, change), folder) == {"sentences of page one": "changed"}


@pytest.mark.parametrize("name", ["report.html", "report.pdf"])
def test_the_whole_document_is_compared_byte_by_byte(folder: Path, name: str) -> None:
    """A byte that is not in a sentence is only found by rendering again."""
    assert {row.state for row in verify(folder / name, folder, render=True)} == {"unchanged"}
    with (folder / name).open("ab") as file:
        file.write(b"\n")
    assert states(folder / name, folder) == ({"page but for its figures": "changed"} if name == "report.html" else {})
    rows = {row.what: row.state for row in verify(folder / name, folder, render=True) if row.state != "unchanged"}
    assert rows == {"document, rendered again": "changed"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ({"what": "program", "file": "reportgen", "sha256": "0" * 64}, "was made by another version of reportgen"),
        ({"what": "template", "file": "own/a.j2", "sha256": "0" * 64}, "was made with custom templates"),
    ],
)
def test_pages_that_this_program_cannot_know(folder: Path, code: dict[str, str], reason: str) -> None:
    """They are missing with the reason, not changed."""
    raw = json.loads((folder / "results.json").read_text("utf-8"))
    path = carrying(folder, json.dumps({**raw, "code": [code]}).encode())
    for render, kind in ((False, "page but for its figures"), (True, "document, rendered again")):
        rows = [row for row in verify(path, folder, render=render) if row.state == "missing"]
        assert [(row.what, row.reason) for row in rows] == [("sentences of page one", reason), (kind, reason)]


def test_measured_times_are_outside_of_the_digest(tmp_path: Path) -> None:
    """A report with times that differ in every run agrees with itself."""
    found = full_results(tmp_path, ["a", "b"])
    assert any(record.result and record.result.outside_digest for record in found.sections)
    assert found.digest != digest(found.to_json())
    for name, content in present(found, ("html", "json"), draw=False).files.items():
        (tmp_path / name).write_bytes(content)
    rows = {row.what: row.state for row in verify(tmp_path / "report.html", tmp_path)}
    for what in ("results in the report", "results beside the report", "page but for its figures"):
        assert rows[what] == "unchanged"


def test_a_missing_file_is_strictly_wrong(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is said in any case."""
    (folder / "a.keras").unlink()
    monkeypatch.chdir(folder)
    for more, code in ((), 0), (("--strict",), 1):
        monkeypatch.setattr("sys.argv", ["reportgen", "verify", "results.json", *more])
        assert commands.run() == code
        assert "0 changed, 1 missing" in capfd.readouterr().out


@pytest.mark.parametrize("file", ["/etc/passwd", "../secret", "a/../../secret", "/dev/zero", "."])
def test_nothing_outside_the_folder_is_opened(folder: Path, file: str) -> None:
    """Whatever a results file names."""
    raw = json.loads(rendered()["results.json"])
    raw["models"][0]["file"] = file
    (folder / "results.json").write_text(json.dumps(raw), "utf-8")
    assert states(folder / "results.json", folder) == {"model a": "missing"}


HOSTILE: dict[str, Any] = {
    "empty": (lambda _: b"", "cannot be read as a PDF"),
    "not a PDF": (lambda _: b"%PDF-1.7\nnothing", "cannot be read as a PDF"),
    "cut": (lambda pdf: pdf[: len(pdf) // 2], "cannot be read as a PDF"),
    "no identifier": (lambda pdf: pdf.replace(b"/ID", b"/XX"), "cannot be read as a PDF"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pdfs_get_one_sentence(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and no traceback."""
    change, says = HOSTILE[name]
    (folder / "report.pdf").write_bytes(change((folder / "report.pdf").read_bytes()))
    monkeypatch.setattr("sys.argv", ["reportgen", "verify", str(folder / "report.pdf"), "--inputs", str(folder)])
    code = commands.run()
    out, err = capfd.readouterr()
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("seed", range(4))
def test_damaged_pdfs_end_in_a_table_or_a_sentence(folder: Path, seed: int) -> None:
    """Wherever their bytes are wrong."""
    generator = np.random.default_rng(seed)
    content = bytearray((folder / "report.pdf").read_bytes())
    for place in generator.integers(0, len(content), 2000):
        content[place] = generator.integers(0, 256)
    content[-1500:] = bytes(content[-1500:][::-1]) if seed % 2 else content[-1500:]
    (folder / "report.pdf").write_bytes(content)
    with suppress(ResultsError):
        assert verify(folder / "report.pdf", folder)


def test_attachments_are_limited(folder: Path) -> None:
    """In number, in size, and each name once."""

    def many(writer: pypdf.PdfWriter) -> None:
        for number in range(30):
            writer.add_attachment(str(number), b"")

    with pytest.raises(ResultsError, match="more than 20 attachments"):
        verify(rewritten(folder, many), folder)
    with pytest.raises(ResultsError, match=r"two attachments named 'results\.json'"):
        verify(rewritten(folder, lambda writer: writer.add_attachment("results.json", b"{}")), folder)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("report.html", b"<html>", "has no digest of its results"),
        ("results.json", b"[", "is not JSON"),
        ("results.json", b'{"schema_version": 2, "models": 3, "data": null}', "is not a valid results file"),
        ("model_card.md", b"", "must be report.pdf, report.html or results.json"),
    ],
)
def test_what_is_no_report(folder: Path, name: str, content: bytes, says: str) -> None:
    """One sentence."""
    (folder / name).write_bytes(content)
    with pytest.raises(ResultsError, match=says):
        verify(folder / name, folder)


def test_a_page_of_a_custom_template(folder: Path) -> None:
    """It may carry nothing; then the file beside it has its results, and the numbers of a page alone tell nothing."""
    path = edited(folder, "results.json.gz", "")
    rows = {row.what: row.state for row in verify(path, folder)}
    assert rows["results of the page"] == "unchanged"
    (folder / "results.json").unlink()
    with pytest.raises(ResultsError, match=r"results\.json: no such file"):
        verify(path, folder)


def test_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """A table, the counts, and 0 only if nothing changed; in the working directory by default."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["reportgen", "verify", "report.pdf"])
    assert commands.run() == 0
    assert "10 unchanged, 0 changed, 0 missing" in capfd.readouterr().out
    (folder / "a.keras").write_text("other", "utf-8")
    assert commands.run() == 1
    assert "changed    model a " in capfd.readouterr().out


def test_names_cannot_forge_a_line(folder: Path) -> None:
    """A line break in a name is a blank."""
    from reportgen.cli.listing import verified

    raw = json.loads(rendered()["results.json"])
    raw["models"][0]["name"] = "a\nunchanged  model a"
    (folder / "results.json").write_text(json.dumps(raw), "utf-8")
    rows = verify(folder / "results.json", folder)
    assert len(verified(rows).splitlines()) == len(rows) + 1


@pytest.mark.parametrize("name", ["report.pdf", "report.html"])
def test_it_loads_no_model(folder: Path, name: str) -> None:
    """Without TensorFlow, what draws and what lays out pages."""
    program = (
        "import sys\nfrom reportgen.cli.commands import run\n"
        f"sys.argv = ['reportgen', 'verify', {str(folder / name)!r}, '--inputs', {str(folder)!r}]\n"
        "assert run() == 0\n"
        "print([name for name in ('keras', 'tensorflow', 'matplotlib', 'weasyprint', 'pandas') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
