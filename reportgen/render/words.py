"""The fixed words of templates in the language of a report, and marks where its language changes.

English is in the templates. Any other language is a catalog, ``templates/languages/CODE.toml``: English text to translation.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from markupsafe import Markup

    from reportgen.contract.page import Language

ENGLISH: Language = "en"


@cache
def catalog(language: Language) -> Mapping[str, str]:
    """Return the translations of a language by their English text; none for English."""
    if language == ENGLISH:
        return {}
    return tomllib.loads((share("templates") / "languages" / f"{language}.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Words:
    """Says fixed words in one language.

    Attributes
    ----------
    language
        That of the page.
    write
        Converts a value to the text to write, as in :func:`reportgen.render.environment.environment`.
    """

    language: Language
    write: Callable[[Any], Any]

    def say(self, text: str, **values: Any) -> Markup:
        """Return a text of a template, its ``{name}`` replaced by values."""
        from markupsafe import Markup

        said = Markup(self.label(text))  # noqa: S704 a text of a template or a catalog
        return said.format(**{name: self.write(value) for name, value in values.items()})

    def label(self, text: str) -> str:
        """Return a text of the program, such as the head of a column; as it is if the catalog does not have it."""
        return catalog(self.language).get(text, text)

    def term(self, text: str) -> str | Markup:
        """Return the same for a page: what the catalog does not have is marked as English."""
        return catalog(self.language).get(text) or self.in_english(text)

    def in_english(self, text: str) -> str | Markup:
        """Mark English text on a page in another language."""
        return _marked(text, self.english)

    def in_own(self, text: str) -> str | Markup:
        """Mark text in the language of the page where everything around it is in English."""
        return _marked(text, self.own)

    def in_a_sentence(self, text: str) -> str:
        """Return titles as they are inside a sentence: only English has them in lower case there."""
        return text.lower() if self.language == ENGLISH else text

    @property
    def english(self) -> Markup:
        """The attribute of an element with English text; nothing on an English page."""
        return self._attribute(ENGLISH)

    @property
    def own(self) -> Markup:
        """The attribute of an element in the language of the page, inside one with English text; nothing on an English page."""
        return self._attribute(self.language)

    def _attribute(self, language: Language) -> Markup:
        from markupsafe import Markup

        return Markup("" if self.language == ENGLISH else f' lang="{language}"')  # noqa: S704 a code of our own


def _marked(text: str, attribute: Markup) -> str | Markup:
    from markupsafe import Markup

    return Markup("<span{}>{}</span>").format(attribute, text) if attribute and text else text
