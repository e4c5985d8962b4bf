"""The fixed words of the program: what a catalog translates, collected from templates and from the code that declares it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2.ext import extract_from_ast

from reportgen.contract.card import ITEMS
from reportgen.plan.registry import Registry
from reportgen.render.environment import MARKS, SEVERITIES, STATES, environment, printable
from reportgen.render.look import PAGE_NUMBER
from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[1] / "reportgen"
TRANSLATED = ("report.html.j2", "macros.html.j2", "mail.html.j2", "mail.txt.j2")
"""The templates whose words are said in the language of the report, beside those of the chapters."""


def templates() -> list[str]:
    """Return the names of the templates of pages and mails."""
    return [*TRANSLATED, *(f"sections/{path.name}" for path in sorted((share("templates") / "sections").iterdir()))]


def of_templates() -> Iterator[str]:
    """Yield what templates say through the catalog."""
    made = environment((), printable)
    for name in templates():
        tree = made.parse((share("templates") / name).read_text("utf-8"))
        yield from (
            found if isinstance(found, str) else str(found[0]) for _, _, found in extract_from_ast(tree, ("_",))
        )


def of_declarations() -> Iterator[str]:
    """Yield what core and sections declare: symbols, items of the card, chapters with their questions."""
    yield PAGE_NUMBER
    yield from SEVERITIES
    yield from (meaning for marks in (STATES, SEVERITIES, MARKS) for _, meaning in marks.values() if meaning)
    yield from ITEMS.values()
    registry = Registry()
    for name in registry.names:
        section = registry.find(name)
        if not section.on_front_page:
            yield from (section.title, section.question)


def of_tables() -> Iterator[str]:
    """Yield the titles of tables and the heads of columns that are written as literals in the code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name("Column"), args=[ast.Constant(str(title)), *_]):
                    yield title
                case ast.Call(func=ast.Name("Table"), args=[_, ast.Constant(str(title)), *_]):
                    yield title
                case ast.Call(func=ast.Attribute(attr="table"), args=[_, _, _, ast.Constant(str(title)), *_]):
                    yield title
                case ast.keyword(arg="table_title", value=ast.Constant(str(title))):
                    yield title
                case ast.GeneratorExp(
                    elt=ast.Call(func=ast.Name("Column")), generators=[ast.comprehension(iter=ast.Tuple(elts))]
                ):
                    yield from (
                        one.value for one in elts if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    )


def fixed_words() -> list[str]:
    """Return all of them, each once."""
    return list(dict.fromkeys((*of_templates(), *of_declarations(), *of_tables())))
