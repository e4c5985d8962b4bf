"""The document as GitHub-flavored Markdown, to be attached to a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.document.links import used_terms
from reportgen.render.environment import environment, fill, packages, printable, signed
from reportgen.render.front_matter import front_matter
from reportgen.render.html import LINKS
from reportgen.text.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markupsafe import Markup

    from reportgen.document.content import Content
    from reportgen.document.tree import Document

MOST_BYTES = 64_000
_CUT = "\n\nThe rest is in the report."
_PLAIN = frozenset({"image", "html_block", "html_inline"})


def to_bytes(content: Content) -> bytes:
    """Return the content of ``model_card.md``."""
    return signed(render(content.document, content.templates)).encode()


def render(document: Document, template_folders: Sequence[Path] = ()) -> str:
    """Render ``model_card.md``.

    Parameters
    ----------
    document
        What to show.
    template_folders
        Folders with custom templates.
    """
    from markupsafe import Markup

    metadata = Markup(front_matter(document.results))  # noqa: S704 YAML in quotes, not HTML
    return _filled("report.md.j2", document, template_folders, front_matter=metadata)


def summary(content: Content) -> bytes:
    """Return the content of ``summary.md``: the decision, of at most 64 kB, the limit of a comment or a step summary."""
    text = signed(_filled("summary.md.j2", content.document, content.templates))
    if len(text.encode()) <= MOST_BYTES:
        return text.encode()
    kept = text.encode()[: MOST_BYTES - len(_CUT)].decode("utf-8", "ignore").rpartition("\n")[0]
    return signed(kept + _CUT).encode()


def _filled(name: str, document: Document, template_folders: Sequence[Path], **more: Any) -> str:
    made = environment(template_folders, _write, packages(document))
    made.filters["author"] = author
    values = {"document": document, "glossary": used_terms(document), "stated": dict(document.card), **more}
    return fill(made, name, template_folders, document.results, **values)


def author(text: str) -> Markup:
    """Return the author's Markdown as a block quote; as plain text if it is not safe.

    It is not safe if it contains HTML, images, or links other than http, https and mailto.
    """
    from markupsafe import Markup

    lines = printable(text).strip().splitlines()
    shown = lines if _harmless(text) else [escape(line) for line in lines]
    return Markup("\n".join(f"> {line}".rstrip() for line in shown))  # noqa: S704 Markdown, not HTML


def _harmless(text: str) -> bool:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(text)
    inner = [token for block in tokens for token in (block, *(block.children or ()))]
    return not any(
        token.type in _PLAIN or (token.type == "link_open" and not str(token.attrs["href"]).lower().startswith(LINKS))
        for token in inner
    )


def _write(value: Any) -> Markup:
    """Escape every value that a template writes, except the output of macros."""
    from markupsafe import Markup

    return value if isinstance(value, Markup) else Markup(escape(str(printable(value))))  # noqa: S704 Markdown, not HTML
