"""The output of the command ``diff``: two releases as a table, as JSON, as Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reportgen.analysis.releases import report
from reportgen.cli.listing import aligned
from reportgen.plan.registry import Registry
from reportgen.render.tables import show
from reportgen.text.markdown import escape

if TYPE_CHECKING:
    from reportgen.analysis.releases.report import Difference
    from reportgen.render.tables import ShownCell, ShownTable


def as_json(found: Difference) -> str:
    """Return everything that was compared, with the differences of classes, as one JSON object."""
    data = {
        "changes": found.changes.model_dump(mode="json"),
        "checks": [check.model_dump(mode="json") for check in found.flipped],
    }
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_table(found: Difference) -> str:
    """Return the statements and tables of the chapter on changes as plain text; what only a full report prints is left out."""
    sentences, tables = _said(found)
    blocks = [f"{' '.join(sentences)}\n"]
    for table in tables:
        head = [column.title.lower() for column in table.columns]
        cells = aligned([head, *([_cell(one) for one in row] for row in table.rows)])
        blocks.append("\n".join((table.title, cells.rstrip("\n"), *map(_line, _notes(table)), "")))
    return "\n".join(blocks)


def as_markdown(found: Difference) -> str:
    """Return the same as Markdown."""
    sentences, tables = _said(found)
    blocks = ["".join(f"- {escape(one)}\n" for one in sentences)]
    for table in tables:
        lines = [[escape(column.title) for column in table.columns]]
        lines.append(["---:" if column.numeric else "---" for column in table.columns])
        lines += [[escape(_cell(one)) for one in row] for row in table.rows]
        body = "".join(f"| {' | '.join(line)} |\n" for line in lines) + "".join(
            f"\n{escape(note)}\n" for note in _notes(table)
        )
        blocks.append(f"**{escape(table.title)}**\n\n{body}")
    return "\n".join(blocks)


def _said(found: Difference) -> tuple[list[str], list[ShownTable]]:
    results = report.results(found, Registry())
    (record,) = results.sections
    tables = record.manifest.tables(record.result, results.view_of(record.id))
    return [one.text for one in record.statements], [show(one) for one in tables if one.place != "full"]


def _notes(table: ShownTable) -> list[str]:
    return [*(f"({letter}) {text}" for letter, text in table.footnotes), *([table.note] if table.note else [])]


def _cell(one: ShownCell) -> str:
    parts = (one.text, one.interval, f"({one.footnote})" if one.footnote else "")
    return _line(" ".join(part for part in parts if part))


def _line(text: str) -> str:
    return " ".join(text.split())
