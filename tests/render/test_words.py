"""Fixed words: catalogs are whole, templates say nothing past them, and a page marks where its language changes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, get_args

import pytest
from fixed_words import fixed_words, templates
from handmade import full_results, results

from reportgen.contract.formats import FILES
from reportgen.contract.page import Language
from reportgen.pipeline.present import page_one, present
from reportgen.render import mail
from reportgen.render.words import ENGLISH, Words, catalog
from reportgen.resources import share

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results

LANGUAGES = [language for language in get_args(Language) if language != ENGLISH]
_FILLED = re.compile(r"\{\w+\}")
_FILE = re.compile(r"[a-z]+(\.[a-z]+)+")
"""The name of a file, the same in every language."""
_VOID = {"meta", "img", "br", "link"}
_READ_ALOUD = ("alt", "title", "aria-label", "data-label", "data-title")


class Spoken(HTMLParser):
    """Collects what a page says, with the language that it says it in."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = [("", "")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        language = given.get("lang") or self._open[-1][1]
        self.said += [(language, value) for name in _READ_ALOUD if (value := given.get(name))]
        if tag not in _VOID:
            self._open.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, (name, _) in enumerate(self._open) if name == tag]
        if places:
            del self._open[places[-1]]

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open[-1][0] not in {"style", "code"}:
            self.said.append((self._open[-1][1], data.strip()))


def spoken(page: str) -> list[tuple[str, str]]:
    """Return (language, text) of a page."""
    parser = Spoken()
    parser.feed(page)
    parser.close()
    return parser.said


def in_language(language: Language, made: Results) -> Results:
    """Return results whose pages are in a language."""
    theme = made.output.theme.model_copy(update={"language": language})
    return made.model_copy(update={"output": made.output.model_copy(update={"theme": theme})})


def test_every_language_has_a_catalog() -> None:
    """The schema offers those that are there."""
    assert {path.stem for path in (share("templates") / "languages").iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalog_has_every_fixed_word_and_no_other(language: Language) -> None:
    """A word that is added or changed anywhere needs its translation."""
    asked, there = set(fixed_words()), set(catalog(language))
    assert asked - there == set()
    assert there - asked == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fit_where_they_stand(language: Language) -> None:
    """The same values are filled in; no character needs escaping, in text or in an attribute."""
    for text, translation in catalog(language).items():
        assert sorted(_FILLED.findall(translation)) == sorted(_FILLED.findall(text))
        assert not set('<>&"') & set(translation)
        assert translation == translation.strip()
        assert translation


@pytest.mark.parametrize("name", templates())
def test_templates_say_nothing_past_the_catalog(name: str) -> None:
    """Every word of a template is in the catalog, or in an element that is marked as English; ways of reading are such an element."""
    text = (share("templates") / name).read_text("utf-8")
    if name.startswith("sections/") and "_default" not in name:
        text = re.sub(r"\{% block reading %\}.*?\{% endblock %\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    text = text.replace("{{ english }}", ' lang="en"').replace("{{ own }}", ' lang="own"')
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    words = [said for language, said in spoken(text) if language != "en" and re.search("[A-Za-z]", said)]
    assert [said for said in words if not _FILE.fullmatch(said)] == []


def test_style_sheets_say_nothing() -> None:
    """Words that CSS writes come from the catalog too."""
    for path in sorted((share("templates") / "css").iterdir()):
        for written in re.findall(r"content: ([^;}]*)", path.read_text("utf-8")):
            assert not re.search(r'"[^"]*[A-Za-z][^"]*"', written), (path.name, written)


def test_an_english_page_has_no_marks() -> None:
    """Neither languages of parts nor spans around words."""
    words = Words("en", str)
    assert words.term("anything") == "anything" == words.in_own("anything") == words.in_english("anything")
    page = present(results(), ("html",)).files[FILES["html"]].decode()
    assert re.findall(r'lang="\w+"', page) == ['lang="en"']


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_marks_what_is_in_english(language: Language, tmp_path: Path) -> None:
    """WCAG 3.1.2: fixed words are in the language of the page; sentences, explanations and figures are marked."""
    made = in_language(language, full_results(tmp_path, ("mlp", "cnn")))
    page = present(made, ("html",)).files[FILES["html"]].decode()
    said = spoken(re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    assert f'<html lang="{language}"' in page
    own = {text for where, text in said if where == language}
    english = {text for where, text in said if where == "en"}
    translated = {text: word for text, word in catalog(language).items() if text != word}
    assert not own & (set(translated) - set(catalog(language).values()))
    for text in ("Contents", "Decision", "Glossary", "Numbers", "Model", "How to read this", "Author’s note"):
        assert translated[text] in own
    front = page_one(made)
    assert front.verdict.sentence.replace(" %", "\N{NARROW NO-BREAK SPACE}%") in english
    assert any("Shared layers and their parameters are counted once" in text for text in english)
    assert any("higher is better" in text for text in english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_is_in_the_language_too(language: Language) -> None:
    """Both of its bodies; sentences are marked in the one that can."""
    made = in_language(language, results())
    front, attachment = page_one(made), mail.Attachment("report.pdf", 1000, "0" * 64)
    text, page = mail.text(made, front, attachment), mail.html(made, front, attachment)
    words = catalog(language)
    assert words["Checks"] in text.splitlines()
    assert words["The whole report is attached:"] in text
    said = spoken(page)
    assert (language, words["Checks"]) in said
    assert ("en", front.verdict.sentence) in said
