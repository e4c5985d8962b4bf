"""The page: valid, sealed, accessible, and complete."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from tinyhtml5.parser import HTMLParser

from reportgen.contract.decision import Decision
from reportgen.contract.figures import Drawn, Part
from reportgen.contract.tables import Column, Table
from reportgen.errors import RenderError
from reportgen.figures.style import NEUTRALS, contrast
from reportgen.render import html
from reportgen.render.inline_svg import Inliner
from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reportgen.document.tree import Document, Drawing, RuleEntry

    MakeRule = Callable[..., RuleEntry]
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


@cache
def rendered(make: Make, target: Any, *words: str) -> str:
    """Render a document that is made with these words."""
    return html.render(make(*words), target)


@pytest.fixture(params=TARGETS)
def page(request: pytest.FixtureRequest, make_document: Make) -> str:
    """Give the hostile page for either target."""
    return rendered(make_document, request.param)


@pytest.fixture
def screen(make_document: Make) -> ET.Element:
    """Give the page for the browser, free of hostile strings."""
    return parse(rendered(make_document, "html", ""))


@pytest.fixture
def paper(make_document: Make) -> ET.Element:
    """Give the page for the PDF engine, free of hostile strings."""
    return parse(rendered(make_document, "pdf", ""))


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
            for meta in parse(rendered(make_document, target)).iter("meta")
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
    assert "× mlp does not pass its checks" in shown
    for state in ("✓ PASS", "! WARN", "× FAIL", "? ERROR", "– SKIPPED"):
        assert state in shown
    assert "94.99 %" in shown
    assert "97.0 %" in shown
    assert "[95.8, 98.0]" in shown
    assert "at least 95 %" in shown
    assert "class 8, worst of 10" in shown
    assert "not checked" in shown
    assert "Least certain" in shown
    assert "2 more checks are in results.json." in shown
    assert "6 more in the chapters." in shown
    assert make_document().digest[:12] in shown
    links = [link.get("href") for link in of_class(front, "findings")[0].iter("a")]
    assert links == ["#rule-CAL101", "#chapter-performance"] * 3


def test_numbers_of_statements_lead_to_their_rows(page: str) -> None:
    """Wherever a statement stands; the row holds the number."""
    root = parse(page)
    links = of_class(root, "number")
    targets = {link.get("href", "").removeprefix("#") for link in links}
    rows = [row for row in root.iter("tr") if row.get("id") in targets]
    assert len(links) >= 2
    assert len(rows) == len(targets) == 1
    assert text_of(links[0]) in text_of(rows[0])


def test_best_and_tied_are_marked_by_symbol(page: str) -> None:
    """Never by weight or colour alone."""
    marked = {text_of(mark) for mark in of_class(parse(page), "mark")}
    assert marked == {"★", "≈"}
    assert "≈ not distinguishable from the best" in text_of(of_class(parse(page), "glossary")[0])


def test_page_one_is_about_the_candidate(make_document: Make) -> None:
    """A line to sign and what could stop the release; a comparison has neither."""
    made = make_document("")
    results = made.results.model_copy(update={"decision": Decision(candidate="mlp")})
    for document, signed in ((made, False), (replace(made, results=results), True)):
        front = of_class(parse(html.render(document, "html")), "front")[0]
        assert bool(of_class(front, "sign-off")) == ("Findings about mlp" in text_of(front)) == signed


def test_page_one_without_a_picture(make_document: Make) -> None:
    """The verdict, the author's description, the checks and the digests are there all the same."""
    made = make_document("")
    bare = replace(made.front, ranking=None, picture=None, findings=(), n_findings=0)
    front = of_class(parse(html.render(replace(made, front=bare), "html")), "front")[0]
    for words in ("does not pass its checks", "Candidates for the 1.1 release", "at least 95", "0123456789ab"):
        assert words in text_of(front)
    assert "No warnings." in text_of(front)
    assert "Scores" not in text_of(front)


def test_chapters_that_are_missing_say_why(page: str) -> None:
    """A box for a failure, a line for what was skipped."""
    root = parse(page)
    assert [text_of(box)[:40] for box in of_class(root, "failed")] == ["× This chapter failed: needs a history <"]
    assert text_of(of_class(root, "skipped")[0]).startswith("– Skipped, because it needs a history")


def test_how_to_read_this_is_folded(make_document: Make) -> None:
    """On screen, also for a section that brings no template; printed in the full report only."""
    made = make_document("")
    odd = replace(made.chapters[0], id="own", kind="./mine.py:SECTION", statements=())
    document = make_document("", chapters=(odd, *made.chapters[:2]))
    texts = [text_of(box) for box in of_class(parse(html.render(document, "html")), "reading")]
    assert len(texts) == 3
    assert all(text.startswith("How to read this") for text in texts)
    assert "retraining with another seed" in texts[0]
    assert "They do not cover training: retraining" in texts[1]
    assert "has an ECE above 0" in texts[2]
    assert not of_class(parse(html.render(document, "pdf")), "reading")
    assert len(of_class(parse(html.render(detailed(document, "full"), "pdf")), "reading")) == 3


def detailed(document: Document, detail: str) -> Document:
    """Return a document that is printed in this detail."""
    output = document.results.output.model_copy(update={"detail": detail})
    return replace(document, results=document.results.model_copy(update={"output": output}))


def test_what_is_printed(make_document: Make) -> None:
    """``brief`` ends with the errors, ``standard`` leaves out what only the full report has; the page has everything."""
    made = make_document("")
    first, second, *rest = made.chapters
    more = replace(first.appendix, tables=(*first.appendix.tables, replace(measured_twice(), place="full")))
    chapters = (replace(first, topic="difference", appendix=more), second, *rest)
    document = replace(made, chapters=chapters)

    def captions(detail: str, target: str) -> set[str]:
        root = parse(html.render(detailed(document, detail), target))  # type: ignore[arg-type]
        return {text_of(caption) for caption in root.iter("caption")} | {text_of(head) for head in root.iter("h2")}

    assert {"Only in full", "Calibration"} <= captions("full", "pdf") & captions("brief", "html")
    assert "Calibration" in captions("standard", "pdf")
    assert "Only in full" not in captions("standard", "pdf")
    assert "Calibration" not in captions("brief", "pdf")
    assert "Performance" in captions("brief", "pdf")


def measured_twice() -> Table:
    """Make a table for the full report."""
    return Table("more", "Only in full", (Column("What", numeric=False),), (("a",),))


def test_glossary_says_all_of_a_metric(screen: ET.Element) -> None:
    """Address, title, unit, direction, definition, source, of the metrics that the document uses."""
    terms = [text_of(element) for element in of_class(screen, "glossary")[0].iter("li")]
    assert terms[-1] == "Recall performance.recall Share found. fraction; higher is better; convention"
    assert not any("calibration.ece" in term for term in terms)


def test_codes_link_to_the_entries_of_their_rules(page: str, screen: ET.Element) -> None:
    """Every code of a finding; the entry has every part with its heading."""
    codes = [
        link for source in of_class(parse(page), "source") for link in source.iter("a") if text_of(link) == "CAL101"
    ]
    assert len(codes) == len(of_class(parse(page), "finding"))
    assert {link.get("href") for link in codes} == {"#rule-CAL101"}
    entry = text_of(of_class(screen, "rules")[0])
    assert entry.startswith("CAL101 Miscalibrated")
    for words in ("× problem · convention", "What it finds: An ECE above 10 %.", "When to ignore it: Never."):
        assert words in entry


def test_codes_link_to_the_documentation(make_document: Make, make_rule: MakeRule) -> None:
    """If its address is known; the entries remain, for a reader of paper."""
    address = "https://example.org/docs/rules/CAL101/"
    root = parse(html.render(make_document("", rules=(make_rule("", address),)), "pdf"))
    links = [link.get("href") for link in root.iter("a") if text_of(link) == "CAL101"]
    assert len(links) == len(of_class(root, "finding"))
    assert set(links) == {address}
    assert text_of(of_class(root, "rules")[0]).startswith("CAL101 Miscalibrated")


def test_codes_without_an_entry_are_plain(make_document: Make) -> None:
    """Those of a plug-in that explains nothing; then there is no chapter."""
    root = parse(html.render(make_document("", rules=()), "html"))
    assert not [link for link in root.iter("a") if text_of(link) == "CAL101"]
    assert not of_class(root, "rules")
    assert "Rules that fired" not in text_of(root)


def test_figures_have_number_caption_and_alt(page: str) -> None:
    """The alt text is not the caption."""
    figures = list(parse(page).iter("figure"))
    assert len(figures) == 5
    for figure in figures:
        caption = text_of(next(figure.iter("figcaption")))
        assert re.match(r"Figure \d\. Accuracy", caption)
        assert "n = 600" in caption
        images = [image.get("alt", "") for image in figure.iter("img")]
        images += [one.get("aria-label", "") for one in figure.iter() if one.get("role") == "img"]
        assert [alt.count("The accuracy of mlp is highest") for alt in images] == [1]


def test_the_appendix_is_folded_on_screen(screen: ET.Element, paper: ET.Element) -> None:
    """So are the tables behind figures, which paper has in the appendix; the long ones are in the attached file, the coverage in a full one."""
    assert (len(of_class(screen, "part")), len(of_class(paper, "part"))) == (6, 5)
    assert all(part.tag == "details" for part in of_class(screen, "part"))
    assert not list(paper.iter("details"))
    assert not of_class(paper, "data")
    assert len(of_class(screen, "data")) == 4


def test_long_tables_are_cut_in_the_pdf_only(screen: ET.Element, paper: ET.Element) -> None:
    """With the number of rows that are left out."""
    assert max(len(table.findall("./tbody/tr")) for table in screen.iter("table")) == 130
    assert max(len(table.findall("./tbody/tr")) for table in paper.iter("table")) == html.PDF_ROWS
    assert "30 of 130 rows are omitted here: results.json" in text_of(paper)
    assert "rows are omitted" not in text_of(screen)


def test_pdf_has_contents_and_a_running_title(screen: ET.Element, paper: ET.Element) -> None:
    """Where the browser's page has a list beside the text."""
    assert "Appendix: Performance" in text_of(of_class(paper, "print-contents")[0])
    assert text_of(of_class(paper, "running-title")[0]) == "Digits 1.1.0 · test split, n = 600 · results fedcba987654"
    assert not of_class(paper, "side")
    assert not of_class(screen, "print-contents")
    assert "Calibration" in text_of(of_class(screen, "side")[0])


def test_what_the_author_states_and_does_not(page: str) -> None:
    """The prose of the card, and once what is missing."""
    shown = text_of(body_of(page))
    assert "Intended use" in shown
    assert "Reads digits." in shown
    assert "Not stated: limitations, owner." in shown


def test_page_carries_its_fonts_and_stays_small(make_document: Make) -> None:
    """The PDF takes the fonts from fontconfig; both fit into a mail."""
    screen, paper = (rendered(make_document, target, "") for target in TARGETS)
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
    assert len(notes) == 7
    labels = [text_of(label) for note in notes for label in of_class(note, "author-label")]
    assert sorted(labels) == ["Author’s note"] * 6 + ["Stated by the author"]


# ------------------------------------------------------------------------------------------------ drawings


def test_drawings_share_no_id(make_drawing: MakeDrawing) -> None:
    """Two drawings of the same SVG stand on one page."""
    one, two = (set(re.findall(r'id="([^"]+)"', Inliner().inline(make_drawing(number)))) for number in (1, 12))
    assert len(one) == len(two) == 2
    assert not one & two


def test_drawing_keeps_what_it_shows(make_drawing: MakeDrawing) -> None:
    """References follow their ids; text stays text; size comes from the page."""
    made = Inliner().inline(make_drawing(7))
    image = ET.fromstring(made)
    assert image.get("role") == "img"
    assert image.get("aria-label", "").endswith(make_drawing(7).alt)
    (root,) = image
    assert root.get("viewBox") == "0 0 300 60"
    assert root.get("width") is None
    assert 'clip-path="url(#f7w0.clip)"' in made
    assert 'href="#f7w0.mark"' in made
    assert "$x$ &lt;accuracy&gt;" in made
    assert "<style" not in made
    assert "metadata" not in made
    assert "<?xml" not in made
    assert "DOCTYPE" not in made


PARTS = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 300 60"><g id="figure_1">
<g id="patch_1"><path d="M 0 0 L 300 60" style="fill: #ffffff"/></g>
<g id="panel-0.0"><defs><path id="dot" d="M 0.123456 0 L 2 -0.000001"/></defs><use xlink:href="#dot" x="5" y="5" style="fill: #1f2328"/></g>
<g id="panel-1.0"><use xlink:href="#dot" x="205" y="5" style="fill: #fafafa"/></g>
<g id="panel-1.title"><text x="205" y="9">Two <tspan>words</tspan> here</text></g>
<g id="text_1"><text>of no panel</text></g></g></svg>"""


def test_panels_stand_alone(make_drawing: MakeDrawing) -> None:
    """Each is an SVG with all that it needs, below each other where there is no room."""
    parts = (Part("panel-0", 0, 0, 150, 60), Part("panel-1", 150, 0, 150, 60))
    whole, again = Drawn(PARTS, 400, 80, parts), Drawn(PARTS.replace("panel-1", "panel-0"), 200, 80, parts[:1])
    inliner = Inliner()
    image = ET.fromstring(inliner.inline(replace(make_drawing(3), drawn=whole, narrow=lambda: (again,))))
    assert [svg.get("viewBox") for svg in image] == ["0 0 150 60", "0 0 150 60", "150 0 150 60"]
    assert [svg.get("class") for svg in image] == ["for-wide", "for-phone", None]
    assert [svg.get("style") for svg in image] == ["--width:200px", "--width:100px", "--width:200px"]
    assert [text_of(svg) for svg in image] == ["of no panel", "Two words hereof no panel", "Two words here"]
    for svg in image:
        (used,) = {element.get("href") for element in svg.iter() if element.get("href")}
        (dot,) = (element for element in svg.iter() if element.get("id"))
        assert used == f"#{dot.get('id')}"
        assert dot.get("d") == "M0.12 0L2 -0"
    assert len({element.get("id") for element in image.iter()}) == 4, "three ids, and none"


def test_styles_are_classes_and_colors_variables(make_drawing: MakeDrawing) -> None:
    """Of all drawings of a page together; what stands on a heatmap keeps its color."""
    inliner = Inliner()
    made = [inliner.inline(replace(make_drawing(number), drawn=Drawn(PARTS, 400, 80))) for number in (1, 2)]
    sheet = inliner.sheet()
    assert [one.count('class="s') for one in made] == [3, 3]
    assert sheet.count("fill:var(--fig-ink)") == 1
    assert "fill:#fafafa" in sheet
    assert ":root{--fig-paper:#ffffff;--fig-ink:#1f2328;}" in sheet
    assert "@media screen and (prefers-color-scheme:dark){:root{--fig-paper:#0f1419;--fig-ink:#e6edf3;}}" in sheet


@pytest.mark.parametrize("style", ["fill: red} body {display: none", "fill: </style>", "fill: url(#dot)", "a: @import"])
def test_what_would_end_a_rule_stays_with_its_element(style: str, make_drawing: MakeDrawing) -> None:
    """A style sheet holds for the whole page."""
    inliner = Inliner()
    svg = PARTS.replace("fill: #fafafa", escape(style))
    made = inliner.inline(replace(make_drawing(1), drawn=Drawn(svg, 400, 80)))
    assert "display" not in inliner.sheet()
    assert "import" not in inliner.sheet()
    assert inliner.sheet().count("<") == 0
    assert [style.replace("#", "#f1w0.")] == [
        found for element in ET.fromstring(made).iter() if (found := element.get("style")) and "--" not in found
    ]


def test_a_drawing_has_no_class_of_the_page(make_drawing: MakeDrawing) -> None:
    """It might look like the verdict."""
    svg = PARTS.replace("<text>", '<text class="verdict">')
    assert "verdict" not in Inliner().inline(replace(make_drawing(1), drawn=Drawn(svg, 400, 80)))


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
    svg = make_drawing(1).drawn.svg.replace("</svg>", f"{hostile}</svg>")
    made = Inliner().inline(make_drawing(1, svg=svg, words=""))
    assert not re.search(r"script|evil|alert|import|iframe|foreign|animate|data:", made, re.IGNORECASE)


def test_drawing_keeps_its_raster_images(make_drawing: MakeDrawing) -> None:
    """Dense marks are drawn as PNG inside the SVG."""
    svg = make_drawing(1).drawn.svg.replace("</svg>", "<image xlink:href='data:image/png;base64,\nAAAA'/></svg>")
    assert "data:image/png;base64," in Inliner().inline(make_drawing(1, svg=svg))


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
        Inliner().inline(make_drawing(1, svg=svg))


def test_image_of_the_pdf_is_addressed(make_document: Make) -> None:
    """The PDF engine gets the drawing from memory, and the alt text."""
    images = parse(rendered(make_document, "pdf")).iter("img")
    image = next(one for one in images if one.get("src") == "reportgen:/figure/performance-figure-0.svg")
    assert image.get("alt", "").endswith("![j](http://evil.example/k.png)")


@pytest.mark.parametrize("target", ["html", "pdf"])
def test_galleries_have_their_pictures_and_words(make_document: Make, target: str) -> None:
    """Pictures as data, described by the first of a card; answers with a mark that is not only a color, the word "new" beside the row."""
    page = parse(rendered(make_document, target, "<b>words</b>"))
    cards = [one for one in page.iter("li") if one.get("class") == "card"]
    pictures = list(cards[0].iter("img"))
    assert [one.get("alt") for one in pictures] == ["row 7, labeled 8 <b>words</b>", "x"]
    assert all(one.get("src", "").startswith("data:image/png;base64,iVBOR") for one in pictures)
    answers = [(one.get("class"), "".join(one.itertext())) for one in cards[1].iter("li") if one is not cards[1]]
    assert answers[0] == ("answer-wrong", "× mlp: 3 (99.4\u202f%) <b>words</b>")
    (head,) = (one for one in cards[1].iter("p") if one.get("class") == "card-head")
    assert "".join(head.itertext()).startswith("row 9, new")
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
        "{{ chapter.body.findings.append(1) }}",
        "{{ document.drawings.fget }}",
        "{{ results.nothing }}",
    ],
)
def test_a_users_template_gets_data_only(text: str, tmp_path: Path, make_document: Make) -> None:
    """No method of the results, pydantic's read files; no way to Python."""
    with pytest.raises(RenderError, match=r"cannot be rendered: sections/performance.html\.j2, line 1: "):
        html.render(make_document(), "html", own(tmp_path, text))


# ------------------------------------------------------------------------------------------------ colours


def colours(sheet: str) -> dict[str, str]:
    """Return the colour variables of a style sheet."""
    text = (share("templates") / "css" / sheet).read_text("utf-8")
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", text))


@pytest.mark.parametrize("sheet", ["base.css", "screen.css"])
def test_contrast_suffices_in_light_and_dark(sheet: str) -> None:
    """WCAG AA: every colour of text on every ground at 4.5 to 1 at least."""
    scheme = colours(sheet)
    for name in ("ink", "muted", "accent", "pass", "warn", "fail", "error", "skipped"):
        for ground in ("paper", "faint"):
            assert contrast(scheme[name], scheme[ground]) >= 4.5, (name, ground)


@pytest.mark.parametrize("name", ["paper", "ink"])
def test_drawings_have_the_ground_and_the_ink_of_the_page(name: str) -> None:
    """In both modes."""
    pairs = {name: (light, dark) for light, (name, dark) in NEUTRALS.items()}
    assert pairs[name] == (colours("base.css")[name], colours("screen.css")[name])
