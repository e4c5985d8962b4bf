"""Where the numbers of statements stand in the tables of a document, and which metrics it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reportgen.contract.statements import Quantity
    from reportgen.contract.tables import Address, Table
    from reportgen.document.tree import Chapter, Document, Term


@dataclass(frozen=True)
class Links:
    """The rows of tables that hold the numbers of statements.

    Attributes
    ----------
    rows
        The name of a row as a target, by the identity of the row.
    targets
        The same by the address of a number.
    """

    rows: dict[int, str]
    targets: dict[Address, str]

    def target(self, chapter: str, one: Quantity) -> str | None:
        """Return the name of the row that holds a number of a statement; None where no table has it."""
        return self.targets.get(_address(chapter, one))


def links(document: Document, most_rows: int | None) -> Links:
    """Find the first row of its own chapter that holds each number of a statement, or that of the key numbers; tables are cut after ``most_rows``."""
    found = Links({}, {})
    wanted = set(_said(document))

    def look(tables: Iterable[Table], addresses: Mapping[int, Address]) -> None:
        for row in (row for table in tables for row in table.rows[:most_rows]):
            for cell in row:
                address = addresses.get(id(cell))
                if address in wanted and address not in found.targets:
                    found.targets[address] = found.rows.setdefault(id(row), f"row-{len(found.rows) + 1}")

    for chapter in document.chapters:
        look(chapter.tables, _addresses(document, chapter))
    numbers = document.key_numbers
    if numbers is not None and document.front.ranking is None:  # whose rows the ranking repeats
        look([numbers], {id(numbers.rows[y][x]): address for (y, x), address in numbers.addresses.items()})
    return found


def _said(document: Document) -> Iterator[Address]:
    """Yield the addresses of the numbers in statements."""
    said = [(chapter.id, chapter.statements) for chapter in document.chapters]
    said += [(record.id, record.recommended) for record in document.results.sections]
    for section, statements in said:
        for one in statements:
            yield from (_address(section, part) for part in one.parts if not isinstance(part, str))


def _address(chapter: str, one: Quantity) -> Address:
    return one.section or chapter, one.metric, one.model, one.subject


def used_terms(document: Document) -> tuple[Term, ...]:
    """Return the metrics that stand in a table, a check or a statement of a document; headlines stand on its first pages."""
    used = {check.address for check in document.results.checks}
    if document.key_numbers is not None or document.front.ranking is not None:
        records = document.results.sections
        used |= {
            f"{record.id}.{name}"
            for record in records
            for name in record.manifest.headlines
            if record.result is not None and any(True for _ in record.result.named(name))
        }
    for chapter in document.chapters:
        addresses = _addresses(document, chapter)
        found = (addresses.get(id(cell)) for table in chapter.tables for row in table.rows for cell in row)
        used |= {f"{one[0]}.{one[1]}" for one in found if one is not None}
    used |= {f"{one[0]}.{one[1]}" for one in _said(document)}
    return tuple(term for term in document.terms if term.address in used)


def _addresses(document: Document, chapter: Chapter) -> dict[int, Address]:
    """Return the address of every metric of a chapter's section, by identity: its tables hold the same objects."""
    record = next((one for one in document.results.sections if one.id == chapter.id), None)
    if record is None or record.result is None:
        return {}
    return {id(one.metric): (chapter.id, one.name, one.model, one.subject) for one in record.result.measurements}
