"""The model card: GitHub shows every string as it is."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

from reportgen.render import markdown
from reportgen.text.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

    from reportgen.document.tree import Document, RuleEntry

    Make = Callable[..., Document]

WORDS = st.text(st.sampled_from("ab1.)-+#=>|`*_~[]()!<>&\\$:/@ \n\t\"'w"), max_size=30).map(lambda text: f"x{text}x")


def parser() -> MarkdownIt:
    """Make a parser of GitHub's dialect."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(text: str) -> str:
    """Return what a reader of Markdown sees."""
    return html.unescape(re.sub(r"<[^>]+>", "", parser().render(text)))


def collapsed(text: str) -> str:
    """Return text with blanks collapsed, as HTML shows it."""
    return " ".join(text.split())


@pytest.fixture
def card(make_document: Make) -> str:
    """Give the hostile model card without its metadata, which has tests of its own."""
    return re.sub(r"\A---\n.*?\n---\n", "", markdown.render(make_document()), flags=re.DOTALL)


@given(
    st.one_of(WORDS, st.sampled_from(["1. a", "12) b", "- c", "+ d", "# e", "> f", "---", "===", "=", "~~~", "```"]))
)
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    """In a paragraph, a heading, a list and a table."""
    escaped = escape(text)
    wanted = html.escape(collapsed(text), quote=False).replace('"', "&quot;")
    assert parser().render(escaped) == f"<p>{wanted}</p>\n"
    assert parser().render(f"## {escaped}") == f"<h2>{wanted}</h2>\n"
    assert parser().render(f"- {escaped}") == f"<ul>\n<li>{wanted}</li>\n</ul>\n"
    table = parser().render(f"| a | b |\n| --- | --- |\n| {escaped} | c |\n")
    assert f"<td>{wanted}</td>\n<td>c</td>" in table


@pytest.mark.parametrize("address", ["https://evil.example", "www.evil.example", "a@evil.example"])
def test_addresses_do_not_become_links(address: str) -> None:
    """GitHub links them by themselves where nothing is escaped."""
    escaped = escape(address)
    assert address not in escaped
    assert shown(escaped).strip() == address


def test_numbers_are_not_taken_for_lists() -> None:
    """96.8 % is no list item, 96. April would be one."""
    assert escape("96.8 %") == "96.8 %"
    assert shown(escape("96. April")).strip() == "96. April"


def test_card_holds_no_html_and_no_image(card: str) -> None:
    """Whatever the strings hold."""
    tokens: list[Token] = []
    for block in parser().parse(card):
        tokens += [block, *(block.children or ())]
    assert not {"html_block", "html_inline", "image", "link_open", "fence", "code_block"} & {one.type for one in tokens}


def test_tables_are_tables(card: str) -> None:
    """Every row has as many cells as its head; nothing is blank."""
    widths: list[int] = []
    for token in parser().parse(card):
        if token.type == "tr_open":
            widths.append(0)
        elif token.type in {"th_open", "td_open"}:
            widths[-1] += 1
    assert len(widths) > 10
    assert "|  |" not in card
    assert set(widths) <= {2, 4, 5, 6}
    lines = [line for line in card.splitlines() if line.startswith("|")]
    assert len(widths) == sum(not set(line) <= set("|:- ") for line in lines)


def test_headings_are_in_order(card: str) -> None:
    """One title; the author's headings stand in quotations."""
    levels = [token.tag for token in parser().parse(card) if token.type == "heading_open" and token.level == 0]
    assert levels[0] == "h1"
    assert set(levels[1:]) == {"h2"}


def test_card_holds_the_decision(make_document: Make) -> None:
    """Verdict, statements, checks, findings, use and limits, key numbers, and where the figures are."""
    card = markdown.render(make_document("")).replace("\u202f", " ")
    for words in (
        "## Decision: mlp does not pass its checks",
        "- Recall 97.0 %.",
        "| Recall, at least 95 % | ✓ PASS 97.0 % \\[95.8, 98.0\\] |",
        "| not checked | 1 PASS |",
        "## Intended use\n\n> Reads **digits**.",
        "## Ethical considerations\n\nNot stated.",
        "94.99 %",
        "(a) there is only one class",
        "★ 99.96 %",
        "≈ 99.96 %",
        "× **problem: Miscalibrated** (mlp, class 8): ECE 3.0 %",
        "(3 of 9)",
        "Figures are in report.html and report.pdf",
        "the variation between training runs",
    ):
        assert words in card, words
    assert not re.search(r"\b(None|nan|NaN|Undefined)\b", card)


def test_codes_link_to_the_documentation(make_document: Make, make_rule: Callable[..., RuleEntry]) -> None:
    """If its address is known; otherwise they are plain."""
    address = "https://example.org/my_docs/rules/CAL101/"
    links = [
        [
            token.attrs["href"]
            for block in parser().parse(card)
            for token in block.children or ()
            if "href" in token.attrs
        ]
        for page in (None, address)
        for card in [markdown.render(make_document("", rules=(make_rule("", page),)))]
    ]
    assert address not in links[0]
    assert links[1].count(address) == 3


def test_harmless_words_of_the_author_keep_their_format() -> None:
    """Text, emphasis, lists, links to the web."""
    text = "# Title\n\n**bold** [a](https://x.org)\n\n- item"
    assert str(markdown.author(text)) == "> # Title\n>\n> **bold** [a](https://x.org)\n>\n> - item"


@pytest.mark.parametrize(
    "text",
    ["a <b>c</b>", "<div>\n</div>", "![a](b.png)", "[a](javascript:b)", "[a](c.md)", "![a][r]\n\n[r]: http://x.org"],
)
def test_harmful_words_of_the_author_are_plain(text: str) -> None:
    """HTML, images and odd links are shown as they were typed."""
    rendered = parser().render(str(markdown.author(text)))
    assert not re.search(r"<(b|div|img|a)\b", rendered)
    assert collapsed(html.unescape(re.sub(r"<[^>]+>", " ", rendered))) == collapsed(text)


def test_users_template_is_searched_first(tmp_path: Any, make_document: Make) -> None:
    """And escapes like the one that it replaces."""
    (tmp_path / "report.md.j2").write_text("{{ results.report.title }}", "utf-8")
    assert markdown.render(make_document("|"), [tmp_path]) == "Digits \\|"
