"""`[output.theme]` on the page, in the PDF and in the mail."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from browser import CHROMIUM, MISSING, Browser
from handmade import WITH_ERRORS, results

from reportgen.contract.colors import accent_in_the_dark
from reportgen.contract.formats import FILES
from reportgen.contract.page import Logo, PageTheme
from reportgen.pipeline.present import page_one, present
from reportgen.render import mail
from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reportgen.analysis.results import Results

pytestmark = pytest.mark.usefixtures("warm_processes")
ACCENT = "#7a1f5c"
NAME = "Nord & Licht <Labs>"
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 60"><rect width="400" height="60" fill="#7a1f5c"/></svg>'
)
LETTER = (612, 792)


def with_theme(made: Results, **theme: Any) -> Results:
    """Return results whose pages have a look."""
    return made.model_copy(update={"output": made.output.model_copy(update={"theme": PageTheme(**theme)})})


def page_of(made: Results, *, draw: bool = False) -> str:
    """Render the page, with its figures or without."""
    return present(made, ("html",), draw=draw).files[FILES["html"]].decode()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a PDF with everything that a theme can ask for."""
    logo = Logo.of(LOGO, "logo.svg")
    made = with_theme(results(), accent=ACCENT, logo=logo, organization=NAME, paper="letter", language="de")
    found = present(made, ("pdf",))
    assert not found.failures
    path = tmp_path_factory.mktemp("look") / FILES["pdf"]
    path.write_bytes(found.files[FILES["pdf"]])
    return path


@pytest.fixture(scope="module")
def pdf(written: Path) -> pypdf.PdfReader:
    """Read it."""
    return pypdf.PdfReader(written)


def test_a_report_without_a_theme_has_nothing_of_it() -> None:
    """English, A4, no masthead, no rule."""
    page = page_of(results())
    assert '<html lang="en">' in page
    assert 'class="masthead"' not in page
    assert 'name="publisher"' not in page
    assert "size: letter" not in page


def test_the_page_has_accent_logo_and_organization() -> None:
    """The accent by day and by night; the logo is part of the page, and its text is the name of the organization."""
    logo = Logo.of(LOGO, "logo.svg")
    page = page_of(with_theme(results(), accent=ACCENT, logo=logo, organization=NAME))
    name = "Nord &amp; Licht &lt;Labs&gt;"
    assert f":root{{--accent:{ACCENT}}}" in page
    assert f"(prefers-color-scheme:dark){{:root{{--accent:{accent_in_the_dark(ACCENT)}}}}}" in page
    assert f'<p class="masthead"><img src="{logo.address}" alt="{name}"></p>' in page
    assert f'<meta name="publisher" content="{name}">' in page
    without = page_of(with_theme(results(), organization=NAME))
    assert f'<p class="masthead">{name}</p>' in without


def test_the_accent_replaces_every_use_of_the_default() -> None:
    """No style has the default accent but the variable, which the theme sets again later."""
    for sheet in ("base", "screen", "print"):
        css = (share("templates") / "css" / f"{sheet}.css").read_text("utf-8")
        for default in ("#1f4e8c", "#7fb2ff"):
            assert re.findall(rf"[^;{{]*{default}", css) == [f" --accent: {default}"] * css.count(default)
    page = page_of(with_theme(results(), accent=ACCENT))
    assert page.index(f"--accent:{ACCENT}") > page.index("--accent: #7fb2ff") > page.index("--accent: #1f4e8c")


def test_letter_is_the_paper_of_every_page(pdf: pypdf.PdfReader) -> None:
    """A4 otherwise; the text is as wide, so figures keep their size."""
    assert {tuple(map(round, page.mediabox[2:])) for page in pdf.pages} == {LETTER}
    assert "size: A4; margin: 19mm 18mm 17mm" in (share("templates") / "css" / "print.css").read_text("utf-8")
    css = (share("templates") / "css" / "letter.css").read_text("utf-8")
    (sides,) = re.findall(r"margin: \S+ ([\d.]+)mm", css)
    assert 215.9 - 2 * float(sides) == pytest.approx(210 - 2 * 18)


def test_the_furniture_of_the_pdf(pdf: pypdf.PdfReader) -> None:
    """The organization in the running header, page numbers and bookmarks in the language, metadata."""
    second = pdf.pages[1].extract_text()
    assert f"Seite 2 von {len(pdf.pages)}" in second
    assert NAME in second
    assert "Inhalt" in second
    assert pdf.metadata is not None
    assert pdf.metadata["/publisher"] == NAME
    assert pdf.root_object["/Lang"] == "de"
    titles = [one.title for one in pdf.outline if not isinstance(one, list)]
    assert {"Daten und Grenzen", "Anhang"} <= set(titles)


def test_the_logo_is_a_figure_of_the_pdf_with_its_text(pdf: pypdf.PdfReader) -> None:
    """Tagged, for who cannot see it."""
    assert NAME in [one["/Alt"] for one in _tags(pdf.root_object["/StructTreeRoot"]) if "/Alt" in one]


def test_the_tags_of_the_pdf_have_the_language_of_parts(pdf: pypdf.PdfReader) -> None:
    """WCAG 3.1.2: what is marked on the page is marked for who has the PDF read aloud."""
    found = [(one["/S"], one["/Lang"]) for one in _tags(pdf.root_object["/StructTreeRoot"]) if "/Lang" in one]
    assert {language for _, language in found} == {"de", "en"}
    assert ("/TBody", "en") in found
    assert ("/P", "en") in found


def test_the_pdf_is_accessible(written: Path) -> None:
    """Every rule of PDF/UA-1 that a machine can check holds."""
    import page

    report = page.validate_pdf(written, profile=page.ValidationProfile.PDF_UA_1)
    assert [failure.message for failure in report.failures] == []
    assert report.is_compliant


def _tags(element: Any) -> Iterator[dict[str, Any]]:
    """Yield the elements of a PDF's structure."""
    if not isinstance(element, dict):
        return
    yield element
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        yield from _tags(kid.get_object() if hasattr(kid, "get_object") else kid)


def test_the_mail_names_the_organization() -> None:
    """In both bodies, and no picture."""
    logo = Logo.of(LOGO, "logo.svg")
    made = with_theme(results(), organization=NAME, logo=logo)
    front, attachment = page_one(made), mail.Attachment("report.pdf", 1000, "0" * 64)
    assert mail.text(made, front, attachment).startswith(f"{NAME}\n")
    page = mail.html(made, front, attachment)
    assert "Nord &amp; Licht &lt;Labs&gt;" in page
    assert "<img" not in page


@pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
def test_a_browser_reads_it(tmp_path: Path) -> None:
    """No rule of axe-core is violated in light and dark, nothing is wider than a phone, and the logo has a light ground in the dark."""
    logo = Logo.of(LOGO, "logo.svg")
    made = with_theme(results(WITH_ERRORS), accent=ACCENT, logo=logo, organization=NAME, language="de")
    path = tmp_path / "report.html"
    path.write_text(page_of(made, draw=True), "utf-8")
    script = (
        "axe.run({resultTypes: ['violations']}).then(found => found.violations.map(one => "
        "[one.id, one.nodes.map(node => node.html.slice(0, 200))]))"
    )
    ground = "getComputedStyle(document.querySelector('.masthead img')).backgroundColor"
    rule = "getComputedStyle(document.querySelector('.front')).borderTopColor"
    with Browser(tmp_path / "profile") as browser:
        for dark in (False, True):
            browser.show(path, 380, dark=dark)
            assert browser.value("document.documentElement.scrollWidth") == 380
            assert browser.value("document.querySelector('.masthead img').naturalWidth") > 0
            assert browser.value(ground) == ("rgb(255, 255, 255)" if dark else "rgba(0, 0, 0, 0)")
            color = accent_in_the_dark(ACCENT) if dark else ACCENT
            channels = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
            assert browser.value(rule) == f"rgb({', '.join(map(str, channels))})"
            browser.value("document.querySelectorAll('details').forEach(one => one.open = true)")
            browser.value((files("axe_core_python") / "axe.min.js").read_text("utf-8") + "; null")
            assert browser.value(script) == []
