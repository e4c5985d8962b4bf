"""The PDF: what is in it, that it repeats, that it is sealed, and that every failure is one clear sentence."""

from __future__ import annotations

import base64
import io
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import handmade
import pypdf
import pypdfium2
import pytest
from PIL import Image

from reportgen.document.content import Content
from reportgen.errors import RenderError
from reportgen.pipeline.ahead import Drawers
from reportgen.pipeline.present import Rendered, _document
from reportgen.pipeline.run import Run
from reportgen.render import html, pdf
from reportgen.resources import share

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("warm_processes")
CREATED = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><rect width="100" height="50" fill="red"/>'
    '<text x="5" y="20" style="font: 9px \'IBM Plex Sans\'">inside</text></svg>'
)
IMAGE = '<img src="reportgen:/figure/one.svg" alt="A red rectangle">'
FILES = (
    pdf.Attachment("results.json", b'{"a": 1}', "Every number"),
    pdf.Attachment("release.toml", b"schema_version = 1\n", "The spec"),
)


_IMAGE = 3
"""What PDFium calls an image (FPDF_PAGEOBJ_IMAGE)."""


def page(body: str, head: str = "") -> str:
    """Return a small page."""
    return f'<html lang="en"><head><title>Digits</title>{head}</head><body><h1>One</h1>{body}</body></html>'


def make(body: str = IMAGE, head: str = "", figures: dict[str, str] | None = None, **options: Any) -> bytes:
    """Render a small page with the figure ``one``."""
    settings: dict[str, Any] = {"attachments": FILES, "created": CREATED, "identifier": "abc"} | options
    return pdf.render(page(body, head), {"one": FIGURE} if figures is None else figures, **settings)


def own_styles() -> str:
    """Return the style sheets of paper."""
    sheets = "".join((share("templates") / "css" / f"{name}.css").read_text("utf-8") for name in ("base", "print"))
    return f"<style>{sheets}</style>"


@pytest.fixture(scope="module")
def made() -> bytes:
    """Return a PDF of two pages."""
    return make(IMAGE + '<h1 style="break-before: page">Two</h1><p>ünïcode ✓ <code>mono</code></p>')


@pytest.fixture(scope="module")
def reader(made: bytes) -> pypdf.PdfReader:
    """Return it opened by another library."""
    return pypdf.PdfReader(io.BytesIO(made))


def test_pages_and_text(reader: pypdf.PdfReader) -> None:
    """Text of the page and of the figure can be searched."""
    assert len(reader.pages) == 2
    assert "inside" in reader.pages[0].extract_text()
    assert "ünïcode" in reader.pages[1].extract_text()


def test_a_note_stands_with_the_last_rows_of_its_table() -> None:
    """Wherever a page ends: the note is never alone on the next one, nor with a single row."""
    sizes = range(40, 55)
    tables = [
        f'<section class="chapter"><div class="table"><div class="scroll"><table><thead><tr><th>Head</th></tr></thead><tbody>'
        f"{''.join(f'<tr><td>r{size}</td></tr>' for _ in range(size))}</tbody></table></div>"
        f'<p class="table-note">note{size}</p></div></section>'
        for size in sizes
    ]
    made = make("".join(tables), own_styles(), {})
    pages = [one.extract_text().split() for one in pypdf.PdfReader(io.BytesIO(made)).pages]
    rows = [words.count(f"r{size}") for size in sizes for words in pages if f"note{size}" in words]
    assert len(rows) == len(sizes)
    assert max(rows) >= 40, "some tables fit on one page"
    assert min(rows) == 3, "the first that does not goes over with three rows"


def test_a_sentence_on_other_findings_moves_no_figure() -> None:
    """A figure stands where it has room, whatever follows it."""
    heights = range(215, 250)
    parts = [
        f'<section class="part" style="break-before: page"><p>lead{height}</p><figure style="height: {height}mm">figure{height}</figure>'
        f'<p class="table-note">sentence{height}</p></section>'
        for height in heights
    ]
    pages = [
        one.extract_text().split() for one in pypdf.PdfReader(io.BytesIO(make("".join(parts), own_styles(), {}))).pages
    ]
    shown = [tuple(word.rstrip("0123456789") for word in words) for words in pages]
    assert shown.count(("lead", "figure", "sentence")) > 1, "some sentences fit"
    assert shown.count(("lead", "figure")) == shown.count(("sentence",)) > 1, "some do not"
    assert ("lead",) not in shown
    assert ("figure", "sentence") not in shown


CARD = """<li class="card"><div class="card-about"><img src="data:image/png;base64,{png}" alt="A picture" width="8" height="8">
<p class="card-head">row 1<br><span class="about">label</span> 2</p></div><ul class="answers"><li>m: 3</li></ul></li>"""


def test_pictures_stay_in_their_cards_when_a_page_is_laid_out_again() -> None:
    """As it is for the page numbers of the contents: WeasyPrint then moves the floats that it tried on this page before they went to the next one."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    card = CARD.format(png=base64.b64encode(buffer.getvalue()).decode())
    counter = "<style>.contents::after { content: target-counter(attr(href), page); }</style>"
    for filler in (204, 225):
        body = (
            f'<p><a class="contents" href="#end">End</a></p><div style="height: {filler}mm">.</div><section class="gallery">'
            f'<h3>Errors</h3><p class="table-note">All.</p><ul class="cards">{card * 12}</ul></section><h2 id="end">End</h2>'
        )
        with pypdfium2.PdfDocument(make(body, own_styles() + counter)) as document:
            pages = [[one.get_bounds() for one in page.get_objects() if one.type == _IMAGE] for page in document]
            height = document[0].get_height()
        assert sum(map(len, pages)) == 12
        assert pages[1]
        assert all(bottom > height / 2 for _, bottom, _, _ in pages[1])


def test_accessible(reader: pypdf.PdfReader) -> None:
    """Tagged, with a language, a title that is shown, and the claim of PDF/UA-1."""
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"] is not None
    assert "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_alternative_text_is_kept(made: bytes) -> None:
    """Of figures."""
    writer = pypdf.PdfWriter(io.BytesIO(made))
    words = [
        one["/Alt"] for one in writer._objects if isinstance(one, pypdf.generic.DictionaryObject) and "/Alt" in one
    ]
    assert words == ["A red rectangle"]


def test_attachments(reader: pypdf.PdfReader) -> None:
    """Are inside, byte by byte."""
    assert {name: data[0] for name, data in reader.attachments.items()} == {one.name: one.data for one in FILES}


def test_dates_and_title(reader: pypdf.PdfReader) -> None:
    """The date is the report's, not today's."""
    assert reader.metadata is not None
    assert reader.metadata.title == "Digits"
    assert reader.metadata.creation_date == reader.metadata.modification_date == CREATED


def test_bookmarks(reader: pypdf.PdfReader) -> None:
    """Headings make the outline."""
    assert [item.title for item in reader.outline] == ["One", "Two"]  # type: ignore[union-attr]


def test_fonts_are_ours_and_embedded(reader: pypdf.PdfReader) -> None:
    """The generic families too; what they lack comes from DejaVu."""
    html = page("<p style='font-family: sans-serif'>sans</p><p style='font-family: monospace'>mono ⊕ ⚕</p>")
    text = pdf.render(html, {}, created=CREATED, identifier="a")
    fonts: set[str] = set()
    for one in pypdf.PdfReader(io.BytesIO(text)).pages:
        embedded, missing = one._get_fonts()
        assert not missing
        fonts |= embedded
    names = {name.split("+")[1] for name in fonts}
    assert any("Plex-Mono" in name or "PlexMono" in name for name in names)
    assert all("Plex" in name or "DejaVu" in name for name in names)


def test_same_input_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A second later, by a new interpreter, from another folder, in another time zone and with another hash seed."""
    first = make()
    time.sleep(1.1)
    monkeypatch.setattr(pdf, "subprocess", subprocess)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert make() == first


def test_dates_in_other_zones_are_the_same_moment() -> None:
    """What counts is the moment; a naive date is UTC."""
    tokyo = CREATED.astimezone(timezone(timedelta(hours=9)))
    assert make(created=tokyo) == make(created=CREATED) == make(created=CREATED.replace(tzinfo=None))


def test_identifier_is_in_the_file() -> None:
    """The PDF's file identifier names the report."""
    assert make(identifier="abc") != make(identifier="abd")


@pytest.mark.parametrize(
    ("body", "head", "denied"),
    [
        ("", '<link rel="attachment" href="file:///etc/passwd">', "file:///etc/passwd"),
        ("", '<link rel="stylesheet" href="http://127.0.0.1:9/a.css">', "http://127.0.0.1:9/a.css"),
        ("", '<style>@import "https://example.org/b.css";</style>', "https://example.org/b.css"),
        ("", "<style>@font-face{font-family:x;src:url(file:///x.ttf)} h1{font-family:x}</style>", "file:///x.ttf"),
        ('<a rel="attachment" href="file:///etc/hosts">x</a>', "", "file:///etc/hosts"),
        ('<img src="http://127.0.0.1:9/a.png" alt="">', "", "http://127.0.0.1:9/a.png"),
        ('<img src="reportgen:/figure/other.svg" alt="">', "", "reportgen:/figure/other.svg"),
        ('<img src="FILE:///etc/passwd" alt="">', "", "///etc/passwd"),
        ('<object data="ftp://127.0.0.1:9/a.svg"></object>', "", "ftp://127.0.0.1:9/a.svg"),
        ('<svg><image href="file:///a.png" width="9" height="9"/></svg>', "", "file:///a.png"),
        ('<p style="background:url(file:///b.png)">x</p>', "", "file:///b.png"),
    ],
)
def test_nothing_else_can_be_fetched(body: str, head: str, denied: str) -> None:
    """And the message names what was asked for."""
    with pytest.raises(RenderError) as caught:
        make(body, head)
    assert denied in str(caught.value)


def test_links_within_a_figure_are_refused_too() -> None:
    """WeasyPrint swallows errors inside SVG."""
    figure = FIGURE.replace("</svg>", '<image href="file:///etc/passwd" width="5" height="5"/></svg>')
    with pytest.raises(RenderError, match="file:///etc/passwd"):
        make(figures={"one": figure})


def test_hyperlinks_are_allowed() -> None:
    """They fetch nothing."""
    assert make('<a href="https://example.org/paper">paper</a>').startswith(b"%PDF")


def test_data_urls_are_allowed() -> None:
    """They are part of the page."""
    assert make('<img alt="x" src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E">')


def test_a_broken_figure_is_an_error() -> None:
    """WeasyPrint would leave it out with a line in its log."""
    with pytest.raises(RenderError, match=r"one\.svg"):
        make(figures={"one": "<svg><unclosed"})


def test_time_limit() -> None:
    """A table without end."""
    rows = "<tr>" + "<td>x</td>" * 20 + "</tr>"
    with pytest.raises(RenderError, match="within 1 seconds"):
        make("<table>" + rows * 3000 + "</table>", time_limit=1)


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_memory_limit() -> None:
    """A table that takes far more than what the process may have."""
    rows = "<tr>" + "<td>x</td>" * 20 + "</tr>"
    with pytest.raises(RenderError, match="could not be rendered"):
        make("<table>" + rows * 2000 + "</table>", memory_limit=200 * 2**20)


def stub(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a module called weasyprint before the real one, for a new interpreter."""
    monkeypatch.setattr(pdf, "subprocess", subprocess)
    (folder / "weasyprint.py").write_text(code)
    path = os.pathsep.join([str(folder), *sys.path])
    monkeypatch.setattr(pdf, "_environment", lambda _fonts: {**os.environ, "PYTHONPATH": path})


def test_missing_pango_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint prints to its standard output and raises OSError."""
    stub(tmp_path, "print('-----')\nraise OSError(\"cannot load library 'libpango-1.0-0'\\nmore\")", monkeypatch)
    with pytest.raises(pdf.NativeLibraryMissing) as caught:
        make()
    assert "libpango-1.0-0'" in str(caught.value)
    assert "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_process_that_dies_leaves_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it wrote before is shown."""
    stub(tmp_path, "import os\nprint('goodbye', flush=True)\nos._exit(7)", monkeypatch)
    with pytest.raises(RenderError, match=r"(?s)code 7.*goodbye"):
        make()


def test_the_process_can_start_early() -> None:
    """Its imports overlap with other work; nothing stays behind."""
    with pdf.PdfProcess() as process:
        home = process._home
        process.begin(page("<p>early</p>"), {}, created=CREATED, identifier="a")
        made = process.finish()
    assert made.startswith(b"%PDF")
    assert not home.exists()


@pytest.fixture(scope="module")
def whole() -> tuple[bytes, str]:
    """Render a report with figures of several sections; return it, and what WeasyPrint said."""
    results = handmade.results()
    document = Content(results, lambda: _document(results, Rendered(), Run(), Drawers(1), phone=False)).document
    with pdf.PdfProcess() as process:
        process.begin(
            html.render(document, "pdf"),
            {drawing.id: pdf.plain(drawing.drawn.svg) for drawing in document.drawings},
            created=CREATED,
            identifier="a",
        )
        return process.finish(), process._last_words()


def test_attributes_look_like_styles() -> None:
    """Each drawing of a report is the same picture with attributes in place of styles."""
    results = handmade.results()
    document = Content(results, lambda: _document(results, Rendered(), Run(), Drawers(1), phone=False)).document
    styled = {drawing.id: drawing.drawn.svg for drawing in document.drawings}
    plain = {name: pdf.plain(svg) for name, svg in styled.items()}
    assert all("style=" in svg for svg in styled.values())
    assert all(svg.count("style=") == svg.count("<image") for svg in plain.values())
    body = "".join(f'<img src="reportgen:/figure/{name}.svg" alt="">' for name in styled)
    pictures = []
    for figures in (styled, plain):
        with pypdfium2.PdfDocument(make(body, figures=figures)) as drawn:
            pictures.append([sheet.render(scale=1).to_numpy() for sheet in drawn])
    assert len(pictures[0]) == len(pictures[1]) > 1
    assert all((one == other).all() for one, other in zip(*pictures, strict=True))


def test_the_report_has_no_warning(whole: tuple[bytes, str]) -> None:
    """Of a rule of its style sheets that WeasyPrint does not know, for example."""
    assert not whole[1]


def test_links_within_the_report_lead_somewhere(whole: tuple[bytes, str]) -> None:
    """Of contents, findings and bookmarks."""
    reader = pypdf.PdfReader(io.BytesIO(whole[0]))
    links = [link for page in reader.pages for one in page.get("/Annots", ()) if "/Dest" in (link := one.get_object())]
    assert len(links) > 10
    assert {str(link["/Dest"]) for link in links} <= set(reader.named_destinations)
    assert len(reader.outline) > 3


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_the_file_is_sound(whole: tuple[bytes, str], tmp_path: Path) -> None:
    """As another program reads it."""
    path = tmp_path / "report.pdf"
    path.write_bytes(whole[0])
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)


def test_a_process_that_was_not_needed_ends() -> None:
    """Without a page."""
    with pdf.PdfProcess() as process:
        home = process._home
    assert process._process.returncode is not None
    assert not home.exists()
