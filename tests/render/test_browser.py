"""Pages in a browser: on a phone nothing but a wide table moves sideways, and the dark mode reaches into the figures."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from browser import CHROMIUM, MISSING, Browser
from handmade import full_results

from reportgen.contract.colors import contrast
from reportgen.contract.formats import FILES
from reportgen.figures.style import DARK_PAPER, NEUTRALS
from reportgen.pipeline.present import present
from reportgen.render import html, pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.document.tree import Document

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
TOP = Path(__file__).parents[2]
PHONE, DESK = 380, 1400
LURES = (
    "<img src=http://evil.example/a>",
    "![c](http://evil.example/c)",
    "<script src=//evil.example/b></script>",
    "url(http://evil.example/d)",
    "<link rel=icon href=//evil.example/e>",
)
SMALLEST = 6.5 * 96 / 72
SIDEWAYS = """[...document.querySelectorAll("main *")]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX == "auto")
    .map(one => [one.className, getComputedStyle(one).backgroundImage.split("linear-gradient").length - 1])"""
LETTERS = """[...document.querySelectorAll(".panels text")]
    .map(one => [one, one.closest("svg")])
    .filter(([one, svg]) => svg.getClientRects().length)
    .map(([one, svg]) => parseFloat(getComputedStyle(one).fontSize)
        * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)"""
TO_THE_END = """(async () => {
    for (let top = 0; top < document.documentElement.scrollHeight; top += 2000) {
        scrollTo(0, top);
        await new Promise(requestAnimationFrame);
    }
})()"""
"""What is fetched only where it is seen is seen."""
FILLS = """[...document.querySelectorAll(".panels text, .panels path, .panels rect, .panels use")]
    .map(one => [one.tagName, getComputedStyle(one).fill])"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start it once."""
    with Browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of three models and all sections, with long names of classes and layers."""
    folder = tmp_path_factory.mktemp("report")
    classes = [f"sulphur-crested cockatoo, Kakatoe galerita, {index}" for index in range(12)]
    layers = [f"block_{index}_depthwise_relu_activation" for index in range(4)]
    names = ("mlp", "cnn", "a_model_with_a_name_that_is_longer_than_what_a_phone_has_room_for_in_one_line")
    results = full_results(folder, names, classes, layers)
    page = folder / "report.html"
    page.write_bytes(present(results, ("html",)).files[FILES["html"]])
    return page


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of 27 models, with the sections of the example of a sweep."""
    folder = tmp_path_factory.mktemp("sweep")
    kinds = re.findall(r"- kind: (\w+)", (TOP / "specs/sweep.yaml").read_text("utf-8"))
    results = full_results(folder, tuple(f"cnn-w{width}" for width in range(8, 35)), kinds=kinds)
    assert {one.kind for one in results.sections} >= set(kinds)
    page = folder / "report.html"
    page.write_bytes(present(results, ("html",)).files[FILES["html"]])
    return page


@pytest.fixture
def hostile(tmp_path: Path, make_document: Callable[..., Document]) -> Path:
    """Write the page of hostile words."""
    page = tmp_path / "hostile.html"
    page.write_text(html.render(make_document("wordwithoutend" * 20), "html"), "utf-8")
    return page


@pytest.fixture
def luring(tmp_path: Path, make_document: Callable[..., Document]) -> Path:
    """Write the page of words that would load something."""
    page = tmp_path / "luring.html"
    page.write_text(html.render(make_document(" ".join(LURES)), "html"), "utf-8")
    return page


def test_the_phone_page_of_many_models_is_short(sweep: Path, browser: Browser) -> None:
    """About 20 screens with the appendix folded, as that of a few models in test_build.py."""
    browser.show(sweep, PHONE)
    assert browser.value("document.documentElement.scrollHeight") < 15_000


@pytest.mark.parametrize("page", ["report", "luring"])
def test_nothing_is_fetched(page: str, browser: Browser, request: pytest.FixtureRequest) -> None:
    """Whatever names, notes and labels say: the page itself, and what it carries; to its end, with all that is folded open."""
    path = request.getfixturevalue(page)
    browser.requested.clear()
    browser.show(path, DESK)
    browser.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.value(TO_THE_END)
    assert path.as_uri() in browser.requested
    assert {address for address in browser.requested if not address.startswith("data:")} == {path.as_uri()}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Pango")
def test_a_pdf_fetches_nothing(tmp_path: Path, make_document: Callable[..., Document]) -> None:
    """Chromium's viewer loads it to its last page, and asks the network for nothing; a page that does is in the log."""
    source = make_document(" ".join(LURES[:2]))
    drawn = {one.id: one.drawn.svg for one in source.drawings}
    made = pdf.render(html.render(source, "pdf"), drawn, created=datetime(2026, 1, 2, tzinfo=UTC), identifier="a")
    path, lure, log = tmp_path / "report.pdf", tmp_path / "lure.html", tmp_path / "log"
    path.write_bytes(made)
    lure.write_text(LURES[0], "utf-8")
    with Browser(tmp_path / "profile", log) as watched:
        watched.show(path, DESK)
        pages, title = watched.document()
        asked = watched.asked(log)
    assert pages == len(pypdf.PdfReader(path).pages) > 1
    assert title
    assert not asked
    with Browser(tmp_path / "profile", log) as watched:
        watched.show(lure, DESK)
        asked = watched.asked(log)
    assert "http://evil.example/a" in asked


@pytest.mark.parametrize("page", ["report", "hostile"])
def test_a_phone_scrolls_tables_only(page: str, browser: Browser, request: pytest.FixtureRequest) -> None:
    """And those have a shadow at the edge behind which they go on."""
    browser.show(request.getfixturevalue(page), PHONE)
    assert browser.value("document.documentElement.scrollWidth") <= PHONE
    moved = browser.value(SIDEWAYS)
    assert moved
    assert {tuple(one) for one in moved} == {("scroll", 4)}


@pytest.mark.parametrize("width", [PHONE, 700, 708, DESK])
def test_text_of_figures_can_be_read(width: int, browser: Browser, report: Path) -> None:
    """Wherever figures are laid out anew, and just before."""
    browser.show(report, width)
    sizes = browser.value(LETTERS)
    assert len(sizes) > 500
    assert min(sizes) >= SMALLEST - 0.01


def test_a_phone_has_every_panel_once(browser: Browser, report: Path) -> None:
    """As a wide screen has."""
    shown = []
    for width in (PHONE, DESK):
        browser.show(report, width)
        shown.append(
            browser.value(
                "[...document.querySelectorAll('.panels')].map(one => "
                "[...one.children].filter(svg => svg.getClientRects().length).length)"
            )
        )
    assert shown[0] == shown[1]
    assert min(shown[0]) >= 1


def test_figures_are_dark_where_the_page_is(browser: Browser, report: Path) -> None:
    """Nothing is white but what stands on a heatmap; text has the ink of the page."""
    browser.show(report, DESK, dark=True)
    fills = [(tag, _hex(fill)) for tag, fill in browser.value(FILLS) if fill.startswith("rgb(")]
    texts = [fill for tag, fill in fills if tag == "text"]
    dark = dict(NEUTRALS.values())
    assert texts.count(dark["ink"]) > 500
    assert "#ffffff" not in {fill for _, fill in fills}
    assert DARK_PAPER in {fill for _, fill in fills}
    assert all(contrast(fill, DARK_PAPER) >= 3 for fill in texts if fill != "#111111")


def test_a_dark_page_is_printed_on_white(browser: Browser, report: Path) -> None:
    """Dark mode is one of screens."""
    browser.show(report, DESK, dark=True, media="print")
    assert {_hex(fill) for tag, fill in browser.value(FILLS) if tag == "text"} >= {"#1f2328"}


def _hex(color: str) -> Any:
    red, green, blue = (int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))
    return f"#{red:02x}{green:02x}{blue:02x}"


@pytest.mark.parametrize(("width", "dark"), [(DESK, False), (PHONE, True)])
def test_no_rule_of_axe_is_violated(width: int, dark: bool, browser: Browser, report: Path) -> None:
    """WCAG 2.1 A and AA, and axe-core's best practices; appendix and folds open."""
    browser.show(report, width, dark=dark)
    browser.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.value((files("axe_core_python") / "axe.min.js").read_text("utf-8") + "; null")
    script = (
        "axe.run({resultTypes: ['violations']}).then(found => found.violations.map(one => "
        "[one.id, one.nodes.map(node => node.html.slice(0, 200))]))"
    )
    assert browser.value(script) == []
