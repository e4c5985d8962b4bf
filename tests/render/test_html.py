"""The page: valid, sealed, accessible, and complete."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from jinja2.exceptions import SecurityError, UndefinedError
from tinyhtml5.parser import HTMLParser

from reportgen.errors import RenderError
from reportgen.render import html
from reportgen.render.inline_svg import inline
from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reportgen.document.tree import Document, Drawing

    Make = Callable[..., Document]
    MakeDrawing = Callable[..., Drawing]

TARGETS = ("html", "pdf")
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)


@cache
def parse(page: str) -> ET.Element:
    """Parse a page (but its styles) as a browser does, and refuse what a browser would have to mend."""
    parser = HTMLParser(namespace_html_elements=False)
    tree = parser.parse(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    assert parser.errors == []
    root = tree.getroot() if hasattr(tree, "getroot") else tree
    assert isinstance(root, ET.Element)
    return root


def text_of(element: ET.Element) -> str:
    """Return the text of an element, blanks collapsed."""
    return " ".join("".join(element.itertext()).split())


def classes(element: ET.Element) -> list[str]:
    """Return the classes of an element."""
    return element.get("class", "").split()


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    """Return the elements of a class."""
    return [element for element in root.iter() if name in classes(element)]


def tags(root: ET.Element) -> Iterator[str]:
    """Yield the names of all elements, without namespaces."""
    return (element.tag.rpartition("}")[2] for element in root.iter() if isinstance(element.tag, str))


def body_of(page: str) -> ET.Element:
    """Return the body of a page."""
    body = parse(page).find("body")
    assert body is not None
    return body


@pytest.fixture(params=TARGETS)
def page(request: pytest.FixtureRequest, make_document: Make) -> str:
    """Give the hostile page for either target."""
    return html.render(make_document(), request.param)


@pytest.fixture
def screen(make_document: Make) -> ET.Element:
    """Give the page for the browser, free of hostile strings."""
    return parse(html.render(make_document(""), "html"))


@pytest.fixture
def paper(make_document: Make) -> ET.Element:
    """Give the page for the PDF engine, free of hostile strings."""
    return parse(html.render(make_document(""), "pdf"))


# ------------------------------------------------------------------------------------------------ sealed


def test_page_is_valid(page: str) -> None:
    """A browser has nothing to mend."""
    assert page.startswith("<!doctype html>")
    parse(page)


def test_nothing_acts(page: str) -> None:
    """No element and no attribute that runs, whatever the strings hold."""
    root = parse(page)
    assert not {"script", "iframe", "object", "embed", "form", "base", "foreignObject", "animate"} & set(tags(root))
    assert not [name for element in root.iter() for name in element.attrib if str(name).lower().startswith("on")]


def test_nothing_is_fetched(page: str) -> None:
    """Addresses are fragments, data, the report's own figures, or links that the author wrote."""
    root = parse(page)
    for element in root.iter():
        for name, value in element.attrib.items():
            if str(name).rpartition("}")[2] in {"src", "href", "srcset", "poster", "action"}:
                assert value.startswith(("#", "data:", "reportgen:/figure/")), (element.tag, value)
    assert not re.findall(r"url\((?!#|data:)[^)]*\)", page)
    assert "@import" not in page


def test_hostile_strings_are_shown_as_they_are(make_document: Make) -> None:
    """In every place where a person may put words."""
    words = "<b>&amp;\"'</b>"
    body = body_of(html.render(make_document(words), "html"))
    shown = text_of(body)
    assert "<b" not in {f"<{tag}" for tag in tags(body)}
    places = 40
    assert shown.count(words) > places
    assert [text_of(title) for title in parse(html.render(make_document(words), "html")).iter("title")] == [
        f"Digits {words} 1.1.0"
    ]


def test_control_characters_and_bidi_overrides_are_replaced(make_document: Make) -> None:
    """They are no characters of HTML, or turn the reading direction of what follows."""
    made = html.render(make_document("a\x00b\x1bc\u202ed"), "html")
    assert not re.search("[\x00\x1b\u202e]", made)
    assert "a�b�c�d" in made
    parse(made)


def test_policy_stands_in_the_browsers_page_only(make_document: Make) -> None:
    """WeasyPrint has its own seal."""
    metas = {
        target: [
            meta.get("content")
            for meta in parse(html.render(make_document(), target)).iter("meta")
            if meta.get("http-equiv") == "Content-Security-Policy"
        ]
        for target in ("html", "pdf")
    }
    assert metas == {"html": [POLICY], "pdf": []}


# ------------------------------------------------------------------------------------------------ structure


def test_ids_are_unique_and_references_lead_somewhere(page: str) -> None:
    """Also those inside of drawings that had the same ids; a chapter may be called glossary."""
    root = parse(page)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    wanted = [
        name
        for element in root.iter()
        for attribute in ("aria-labelledby", "aria-describedby")
        for name in element.get(attribute, "").split()
    ]
    wanted += [
        value[1:]
        for element in root.iter()
        for name, value in element.attrib.items()
        if str(name).rpartition("}")[2] == "href" and value.startswith("#")
    ]
    wanted += re.findall(r"url\(#([^)]+)\)", page)
    assert wanted
    assert set(wanted) <= set(ids)


def test_headings_are_in_order(page: str) -> None:
    """One h1, and no level is left out on the way down; the author's headings fit in."""
    levels = [int(tag[1]) for tag in tags(parse(page)) if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_scoped_heads(page: str) -> None:
    """For those who hear the page."""
    for table in parse(page).iter("table"):
        assert text_of(table[0])
        assert table[0].tag == "caption"
        assert all(head.get("scope") in {"col", "row"} for head in table.iter("th"))
        width = len(table.findall("./thead/tr/th"))
        assert {len(list(row)) for row in table.findall("./tbody/tr")} == {width}


def test_no_cell_is_blank_and_nothing_is_none_or_nan(page: str) -> None:
    """What is missing is a dash."""
    root = body_of(page)
    assert all(text_of(cell) for tag in ("td", "th", "dd") for cell in root.iter(tag))
    assert not re.search(r"\b(None|nan|NaN|inf|Undefined)\b", text_of(root))


def test_missing_number_has_its_reason_below_the_table(page: str) -> None:
    """Every letter in a cell is explained in the note of its table."""
    for table in of_class(parse(page), "table"):
        used = {text_of(mark) for cell in table.iter("td") for mark in of_class(cell, "letter")}
        explained = {text_of(mark) for note in of_class(table, "footnote") for mark in of_class(note, "letter")}
        assert used == explained
    notes = [text_of(note) for note in of_class(parse(page), "footnote")]
    assert "a there is only one class" in notes


# ------------------------------------------------------------------------------------------------ what the reader sees


def test_page_one_has_the_decision(page: str, make_document: Make) -> None:
    """Verdict, checks with value, interval, threshold and state, findings with links, short digests."""
    front = of_class(parse(page), "front")[0]
    shown = text_of(front).replace("\u202f", " ")
    assert "× Does not pass its checks" in shown
    for state in ("✓ PASS", "! WARN", "× FAIL", "? ERROR", "– SKIPPED"):
        assert state in shown
    assert "94.99 %" in shown
    assert "97.0 %" in shown
    assert "[95.8, 98.0]" in shown
    assert "at least 95 %" in shown
    assert "class 8, worst of 10" in shown
    assert "6 more findings in the chapters." in shown
    assert "0123456789ab 69.3 kB" in shown
    assert make_document().digest[:12] in shown
    assert [link.get("href") for link in of_class(front, "findings")[0].iter("a")] == ["#chapter-performance"] * 3


def test_best_and_tied_are_marked_by_symbol(page: str) -> None:
    """Never by weight or colour alone."""
    marked = {text_of(mark) for mark in of_class(parse(page), "mark")}
    assert marked == {"★", "≈"}
    assert "≈ not distinguishable from the best" in text_of(of_class(parse(page), "key")[0])


def test_page_one_without_a_performance_table(make_document: Make) -> None:
    """The verdict, the author's description, the checks and the digests are there all the same."""
    made = make_document("")
    bare = replace(made.front, performance=None, findings=())
    front = of_class(parse(html.render(replace(made, front=bare), "html")), "front")[0]
    for words in ("Does not pass its checks", "Candidates for the 1.1 release", "at least 95", "0123456789ab"):
        assert words in text_of(front)
    assert "Scores" not in text_of(front)


def test_chapters_that_are_missing_say_why(page: str) -> None:
    """A box for a failure, a line for what was skipped."""
    root = parse(page)
    assert [text_of(box)[:40] for box in of_class(root, "failed")] == ["× This chapter failed: needs a history <"]
    assert text_of(of_class(root, "skipped")[0]).startswith("– Skipped, because it needs a history")


def test_how_to_read_this_is_always_there(make_document: Make) -> None:
    """Also for a section that brings no template."""
    made = make_document("")
    odd = made.chapters[0].__class__(**{**vars(made.chapters[0]), "id": "own", "kind": "./mine.py:SECTION"})
    document = make_document("", chapters=(odd, *made.chapters[:2]))
    texts = [text_of(box) for box in of_class(parse(html.render(document, "html")), "reading")]
    assert len(texts) == 3
    assert all(text.startswith("How to read this") for text in texts)
    assert "retraining with another seed" in texts[0]
    assert "They do not cover training: retraining" in texts[1]
    assert "has an ECE above 0" in texts[2]


def test_glossary_says_all_of_a_metric(screen: ET.Element) -> None:
    """Address, title, unit, direction, definition, source."""
    terms = [text_of(element) for element in of_class(screen, "glossary")[0].iter() if element.tag in {"dt", "dd"}]
    assert terms[:2] == [
        "Recall performance.recall",
        "Share found. fraction; higher is better; convention",
    ]
    assert "no preferred direction" in terms[3]
    assert "preferred direction depends on the training objective" in terms[5]


def test_figures_have_number_caption_and_alt(page: str) -> None:
    """The alt text is not the caption."""
    figures = list(parse(page).iter("figure"))
    assert len(figures) == 4
    for number, figure in enumerate(figures, 1):
        caption = text_of(next(figure.iter("figcaption")))
        assert caption.startswith(f"Figure {number}. Accuracy")
        assert "n = 600" in caption
        images = [image.get("alt", "") for image in figure.iter("img")]
        images += [text_of(desc) for desc in figure.iter() if str(desc.tag).endswith("desc")]
        assert [alt[:28] for alt in images] == ["The accuracy of mlp is highe"]


def test_data_tables_fold_on_screen_and_print_where_short(screen: ET.Element, paper: ET.Element) -> None:
    """A long one is in results.json, and the PDF says so."""
    assert len(list(screen.iter("details"))) == 4
    assert not list(paper.iter("details"))
    assert len(of_class(paper, "data")) == 2
    assert [text_of(line) for line in of_class(paper, "print-only")] == [
        f"Figure {number} has too many numbers to print: results.json, attached to this file, contains all of them."
        for number in (2, 4)
    ]


def test_long_tables_are_cut_in_the_pdf_only(screen: ET.Element, paper: ET.Element) -> None:
    """With the number of rows that are left out."""
    assert max(len(table.findall("./tbody/tr")) for table in screen.iter("table")) == 130
    assert max(len(table.findall("./tbody/tr")) for table in paper.iter("table")) == html.PDF_ROWS
    assert "30 of 130 rows are omitted here: results.json" in text_of(paper)
    assert "rows are omitted" not in text_of(screen)


def test_pdf_has_contents_with_figures_and_a_running_title(screen: ET.Element, paper: ET.Element) -> None:
    """Where the browser's page has a list beside the text."""
    assert "Figure 4. Accuracy" in text_of(of_class(paper, "print-contents")[0])
    assert text_of(of_class(paper, "running-title")[0]) == "Digits 1.1.0 · results fedcba987654"
    assert not of_class(paper, "side")
    assert not of_class(screen, "print-contents")
    assert "Calibration" in text_of(of_class(screen, "side")[0])


def test_page_carries_its_fonts_and_stays_small(make_document: Make) -> None:
    """The PDF takes the fonts from fontconfig; both fit into a mail."""
    screen, paper = (html.render(make_document(""), target) for target in TARGETS)
    assert screen.count("@font-face") == 3
    assert screen.count("data:font/woff2;base64,") == 3
    assert "@font-face" not in paper
    assert len(screen) < 1_000_000


def test_same_document_gives_the_same_page(make_document: Make) -> None:
    """To the byte."""
    assert html.render(make_document(), "html") == html.render(make_document(), "html")


# ------------------------------------------------------------------------------------------------ author's words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** `code`", "<p><strong>bold</strong> <code>code</code></p>"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        ("![a](http://x.org/y.png)", "<p>![a](http://x.org/y.png)</p>"),
        ("![a][r]\n\n[r]: http://x.org/y.png", "<p>![a](http://x.org/y.png)</p>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>"),
        ("[a](//x.org)", "<p>[a](//x.org)</p>"),
        ("[a](https://x.org)", '<p><a href="https://x.org">a</a></p>'),
        ("[a](mailto:a@x.org)", '<p><a href="mailto:a@x.org">a</a></p>'),
        ("[![a](b)](https://x.org)", '<p><a href="https://x.org">![a](b)</a></p>'),
        ("# A\n#### B\n## C", "<h3>A</h3>\n<h4>B</h4>\n<h4>C</h4>"),
    ],
)
def test_markdown(text: str, shown: str) -> None:
    """Formatting yes; HTML, images and odd links are shown as they were typed."""
    assert str(html.markdown(text, 3)).strip() == shown


def test_authors_words_are_labelled(page: str) -> None:
    """Computed words and the author's own look different."""
    notes = of_class(parse(page), "author")
    assert len(notes) == 5
    assert all(text_of(note).startswith("Author’s note") for note in notes)


# ------------------------------------------------------------------------------------------------ drawings


def test_drawings_share_no_id(make_drawing: MakeDrawing) -> None:
    """Two drawings of the same SVG stand on one page."""
    one, two = (set(re.findall(r'id="([^"]+)"', inline(make_drawing(number)))) for number in (1, 12))
    assert len(one) == len(two) == 5
    assert not one & two


def test_drawing_keeps_what_it_shows(make_drawing: MakeDrawing) -> None:
    """References follow their ids; text stays text; size comes from the page."""
    made = inline(make_drawing(7))
    root = ET.fromstring(made)
    assert root.get("role") == "img"
    assert root.get("viewBox") == "0 0 300 60"
    assert root.get("width") is None
    assert 'clip-path="url(#f7.clip)"' in made
    assert 'xlink:href="#f7.mark"' in made
    assert "$x$ &lt;accuracy&gt;" in made
    assert "<style" not in made
    assert "metadata" not in made
    assert "<?xml" not in made
    assert "DOCTYPE" not in made


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<style>@import url(http://evil.example)</style>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>x</body></foreignObject>",
        "<g onclick='alert(1)'/>",
        "<g ONLOAD='alert(1)'/>",
        "<a href='javascript:alert(1)'><text>x</text></a>",
        "<image href='http://evil.example/x.png'/>",
        "<image xlink:href='data:image/svg+xml;base64,AAAA'/>",
        "<use xlink:href='http://evil.example/x.svg#a'/>",
        "<use HREF='http://evil.example/x.svg#a'/>",
        "<rect style='fill: u\\72l(http://evil.example/x.svg#a)'/>",
        "<rect style='fill: url(http://evil.example/x.svg#a)'/>",
        "<rect fill=\"url('http://evil.example')\"/>",
        "<rect style=\"fill: URL( 'http://evil.example' )\"/>",
        "<animate attributeName='href' to='javascript:alert(1)'/>",
        "<h:iframe xmlns:h='http://www.w3.org/1999/xhtml' src='http://evil.example'/>",
    ],
)
def test_drawing_loses_what_acts_or_fetches(hostile: str, make_drawing: MakeDrawing) -> None:
    """Whatever a plug-in's visualizer put into it."""
    svg = make_drawing(1).svg.replace("</svg>", f"{hostile}</svg>")
    made = inline(make_drawing(1, svg=svg, words=""))
    assert not re.search(r"script|evil|alert|import|iframe|foreign|animate|data:", made, re.IGNORECASE)


def test_drawing_keeps_its_raster_images(make_drawing: MakeDrawing) -> None:
    """Dense marks are drawn as PNG inside the SVG."""
    svg = make_drawing(1).svg.replace("</svg>", "<image xlink:href='data:image/png;base64,\nAAAA'/></svg>")
    assert "data:image/png;base64," in inline(make_drawing(1, svg=svg))


@pytest.mark.parametrize(
    ("svg", "match"),
    [
        ("<svg", "not well-formed"),
        ("<html/>", "not an SVG document"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>', "declares entities"),
    ],
)
def test_what_is_no_drawing_is_refused(svg: str, match: str, make_drawing: MakeDrawing) -> None:
    """With the figure's name."""
    with pytest.raises(RenderError, match=f"figure performance-figure-1: .*{match}"):
        inline(make_drawing(1, svg=svg))


def test_image_of_the_pdf_is_addressed(make_document: Make) -> None:
    """The PDF engine gets the drawing from memory, and the alt text."""
    images = parse(html.render(make_document(), "pdf")).iter("img")
    image = next(one for one in images if one.get("src") == "reportgen:/figure/performance-figure-1.svg")
    assert image.get("alt", "").endswith("![j](http://evil.example/k.png)")


@pytest.mark.parametrize("target", ["html", "pdf"])
def test_galleries_have_their_pictures_and_words(make_document: Make, target: str) -> None:
    """Pictures as data, described by the first of a card; answers with a mark that is not only a color."""
    page = parse(html.render(make_document("<b>words</b>"), target))  # type: ignore[arg-type]
    cards = [one for one in page.iter("li") if one.get("class") == "card"]
    pictures = list(cards[0].iter("img"))
    assert [one.get("alt") for one in pictures] == ["row 7, labeled 8 <b>words</b>", "x"]
    assert all(one.get("src", "").startswith("data:image/png;base64,iVBOR") for one in pictures)
    answers = [(one.get("class"), "".join(one.itertext())) for one in cards[1].iter("li") if one is not cards[1]]
    assert answers[0] == ("answer-wrong", "× mlp: 3 (99.4 %) <b>words</b>, new")
    assert answers[1][0] == "answer-right"
    assert not list(cards[1].iter("img"))


# ------------------------------------------------------------------------------------------------ user's templates


def own(folder: Path, text: str) -> list[Path]:
    """Put a template of the user's in the place of the default chapter."""
    (folder / "sections").mkdir()
    (folder / "sections" / "performance.html.j2").write_text(text, "utf-8")
    return [folder]


def test_a_users_template_may_extend_the_one_it_replaces(tmp_path: Path, make_document: Make) -> None:
    """And still escapes."""
    text = '{% extends "reportgen/sections/performance.html.j2" %}{% block reading %}Mine {{ chapter.question }}{% endblock %}'
    made = html.render(make_document("<i>"), "html", own(tmp_path, text))
    assert "Mine How good is it? &lt;i&gt;" in made
    assert "They do not cover training." not in made


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ results.parse_file('/etc/passwd', allow_pickle=True) }}",
        "{{ results.model_construct() }}",
        "{{ chapter.findings.append(1) }}",
        "{{ document.drawings.fget }}",
        "{{ results.nothing }}",
    ],
)
def test_a_users_template_gets_data_only(text: str, tmp_path: Path, make_document: Make) -> None:
    """No method of the results, pydantic's read files; no way to Python."""
    with pytest.raises((SecurityError, UndefinedError)):
        html.render(make_document(), "html", own(tmp_path, text))


# ------------------------------------------------------------------------------------------------ colours


def colours(sheet: str) -> dict[str, str]:
    """Return the colour variables of a style sheet."""
    text = (share("templates") / "css" / sheet).read_text("utf-8")
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("sheet", ["base.css", "screen.css"])
def test_contrast_suffices_in_light_and_dark(sheet: str) -> None:
    """WCAG AA: every colour of text on every ground at 4.5 to 1 at least."""
    scheme = colours(sheet)
    for name in ("ink", "muted", "accent", "pass", "warn", "fail", "error", "skipped"):
        for ground in ("paper", "faint"):
            light, dark = sorted((luminance(scheme[name]), luminance(scheme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)
