"""Fills in templates before anything is computed, with a sample of the report that the plan will give: custom ones, to try them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.analysis.sample import sample
from reportgen.contract.figures import BLANK
from reportgen.contract.galleries import Card, CardAnswer, Gallery
from reportgen.contract.tables import Column, Table
from reportgen.document.compose import compose
from reportgen.document.content import Content
from reportgen.document.tree import Drawing
from reportgen.errors import InputError
from reportgen.render import html, markdown
from reportgen.render.environment import TemplateFailedError
from reportgen.render.limits import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.contract.formats import Format
    from reportgen.document.tree import Document
    from reportgen.plan.plan import Plan

_FILLED: dict[Format, Callable[[Content], object]] = {
    "html": html.to_bytes,
    "pdf": lambda content: html.render(content.document, "pdf", content.templates),
    "archive": lambda content: html.render(content.document, "pdf", content.templates),
    "markdown": markdown.to_bytes,
    "summary": markdown.summary,
}
"""The formats that are made with templates."""


def rehearse(planned: Plan, folder: Path, formats: Collection[Format], created: str) -> None:
    """Fill in the templates of a folder for some formats.

    A failure is only reported if no document could be filled in. A template may rest on what the sample cannot know, such as
    the number of classes; if that fails with the real document, it costs its format, as ever.

    Raises
    ------
    InputError
        A template fails whatever the document holds; names it and the line.
    """
    results = sample(planned, created)
    content = Content(results, lambda: _document(results), (folder,))
    limits = planned.spec.limits
    for name in formats:
        if name not in _FILLED:
            continue
        try:
            _FILLED[name](content)
        except TemplateFailedError as error:
            with limited(limits.template_seconds, limits.template_memory):
                certain = error.is_certain()
            if certain:
                raise InputError(("output", "templates"), "", str(error)) from error


def prepare(planned: Plan, formats: Collection[Format], created: str) -> None:
    """Fill in the program's own templates for some formats, which are compiled then."""
    results = sample(planned, created)
    content = Content(results, lambda: _document(results), ())
    for name in formats:
        if name in _FILLED:
            _FILLED[name](content)


def _document(results: Results) -> Document:
    """Return the document with figures, a table and a gallery in every chapter.

    The tables have no rows: the types of their cells are those of the numbers, which a sample cannot know.
    """
    shown = [record.id for record in results.sections if record.status == "ok"]
    drawn = [one.id for one in results.sections if one.id in shown and not one.manifest.on_front_page]
    table = Table("sample", "Sample", (Column("Model", numeric=False), Column("Value")), ())
    answer = CardAnswer(results.models[0].name, "0", "wrong")
    gallery = Gallery("sample", "Sample", "A sample.", (Card("row 0", "1", (answer,), "A sample.", text="A sample."),))
    return compose(
        results,
        {
            name: tuple(
                Drawing(f"{name}-sample-{number}", "Sample", "A sample.", "A sample.", BLANK, (table,))
                for number in range(2)  # page one takes the first of a single model
            )
            for name in drawn
        },
        dict.fromkeys(shown, (table,)),
        dict.fromkeys(shown, (gallery,)),
        {},
    )
