"""Whole documents from hand-made results, compared with files that a person has read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from factory import SHA
from handmade import WITH_ERRORS, results

from reportgen.contract.formats import FILES
from reportgen.pipeline.present import Rendered, add_figure_files, present
from reportgen.spec.tables.output import FiguresSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Render HTML and Markdown; the program's own digest, which every change of its code changes, is fixed."""
    made = results(WITH_ERRORS)
    fixed = made.model_copy(update={"code": tuple(one.model_copy(update={"sha256": SHA}) for one in made.code)})
    return present(fixed, ("html", "markdown", "json")).files


def test_markdown(files: dict[str, bytes], golden: Callable[[str, str], None]) -> None:
    """The model card, hostile strings and all; its metadata has the last digits of numbers, which differ between machines."""
    card = files[FILES["markdown"]].decode()
    golden("model_card.md", re.sub(r"\d+\.\d{7,}", lambda found: f"{float(found[0]):.5g}", card))


def test_html(files: dict[str, bytes], golden: Callable[[str, str], None]) -> None:
    """The page without its drawings, styles and results, which have tests of their own."""
    page = re.sub(r"data:application/gzip;base64,[^\"]*", "data:…", files[FILES["html"]].decode())
    page = re.sub(r"<svg.*?</svg>", "<svg/>", page, flags=re.DOTALL)
    golden("report.html", re.sub(r"<style>.*?</style>", "<style/>", page, flags=re.DOTALL))


def test_nothing_acts_and_nothing_is_fetched(files: dict[str, bytes]) -> None:
    """No script, no handler, no foreign address, whatever the spec holds."""
    page = files[FILES["html"]].decode()
    assert "<script" not in page
    assert "javascript:" not in page.replace("javascript:alert(1))", "")
    assert not re.search(r'(?:src|href|xlink:href)="(?:https?:)?//', page)
    assert not re.search(r"<[^>]* on[a-z]+=", page)
    assert "default-src 'none'" in page


def test_ids_are_unique(files: dict[str, bytes]) -> None:
    """Inline drawings share no id with each other or with the page."""
    ids = re.findall(r'\sid="([^"]+)"', files[FILES["html"]].decode())
    assert len(ids) == len(set(ids))


def test_nothing_is_shown_as_none_or_nan(files: dict[str, bytes]) -> None:
    """What is missing is a dash with its reason."""
    for name in ("html", "markdown"):
        text = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", files[FILES[name]].decode(), flags=re.DOTALL)
        assert not re.search(r"\b(None|nan|NaN|inf)\b", text.replace("default-src 'none'", ""))


def test_a_users_template_is_searched_first(tmp_path: Path) -> None:
    """It may extend the one that it replaces; a mistake in it is one sentence."""
    (tmp_path / "sections").mkdir()
    mine = tmp_path / "sections" / "performance.html.j2"
    mine.write_text(
        '{% extends "reportgen/sections/performance.html.j2" %}{% block reading %}Read it as {{ 6 * 7 }}.{% endblock %}',
        "utf-8",
    )
    page = present(results(), ("html",), templates=tmp_path).files[FILES["html"]].decode()
    assert "Read it as 42." in page
    mine.write_text("{{ chapter.nothing }}", "utf-8")
    (failure,) = present(results(), ("html",), templates=tmp_path).failures
    assert (
        "report.html was not written: a template cannot be rendered: sections/performance.html.j2, line 1: " in failure
    )
    mine.write_text('{{ "".__class__.__mro__ }}', "utf-8")
    (failure,) = present(results(), ("html",), templates=tmp_path).failures
    assert (
        "report.html was not written: a template cannot be rendered: sections/performance.html.j2, line 1: " in failure
    )


@pytest.fixture(scope="module")
def shown() -> int:
    """Count the figures of the page."""
    return len(re.findall("<figure", present(results(), ("html",)).files[FILES["html"]].decode()))


@pytest.mark.parametrize(("file_format", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_figures_as_files(file_format: Any, magic: bytes, shown: int) -> None:
    """Every figure of the document, in the chosen format, twice the same bytes."""
    made, again = Rendered(), Rendered()
    for one in (made, again):
        add_figure_files(one, results(), FiguresSpec(format=file_format, dpi=80))
    assert len(made.files) == shown
    assert all(content.startswith(magic) for content in made.files.values())
    assert made == again


def test_every_label_of_a_figure_is_found_as_text(files: dict[str, bytes]) -> None:
    """Text stays text: class names can be searched in the page's drawings."""
    drawings = " ".join(re.findall(r"<svg.*?</svg>", files[FILES["html"]].decode(), flags=re.DOTALL))
    for name in ("ant", "&lt;b&gt;bee&lt;/b&gt;", "cat|dog"):
        assert name in drawings
