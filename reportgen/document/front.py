"""Page one: the verdict, what it rests on, one picture, the checks, and the findings that need action."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.statements import TOPICS
from reportgen.document import grid
from reportgen.document.choice import choice, severe, subjects
from reportgen.document.provenance import earlier_use
from reportgen.document.step import next_step
from reportgen.document.tree import FrontPage, LocatedFinding, LocatedStatement
from reportgen.document.verdict import verdict
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reportgen.analysis.results import DataRecord, Results, SectionRecord
    from reportgen.contract.statements import Statement, Topic
    from reportgen.contract.tables import Table
    from reportgen.document.tree import Drawing

MOST_SERIOUS = 3
"""Number of findings on page one; one less in a comparison of many models, and one less where it has a picture."""
MOST_TOPICS, EACH = 5, 4
"""Number of topics on page one, beside what it all rests on; and of statements of each."""
_OF_ONE: tuple[tuple[Topic, ...], ...] = (("weakness",), ("errors", "confidence", "inside"))
"""Topics about the model that a comparison recommends: its weakness stands alone."""
_OF_ALL: tuple[Topic, ...] = ("parameters", "weakness", "data")
"""Topics about all models beside it: which one to take answers the others."""
MOST_ROWS = 5
"""Maximum number of rows of a chapter's table that page one repeats."""


def front_page(results: Results, picture: Drawing | None, tables: Mapping[str, tuple[Table, ...]]) -> FrontPage:
    """Return page one: always the decision; a picture and a ranking where sections offer them."""
    record = next((record for record in results.sections if record.manifest.on_front_page), None)
    found = severe(results)
    offered = tables.get(record.id, ()) if record else ()
    return FrontPage(
        verdict=verdict(results),
        step=next_step(results, [item.finding for item in found]),
        points=_points(results),
        basis=_basis(results),
        picture=picture,
        grid=grid.check_grid(results),
        closest=grid.closest(results),
        findings=_different(found, by_model=not results.compares_many)[
            : MOST_SERIOUS - results.compares_many - explains(results)
        ],
        about=subjects(results),
        n_findings=len(found),
        ranking=None if explains(results) else _ranking(results, next(iter(offered), None)),
        text=record.text if record else None,
        more=tuple(_short(one) for found in tables.values() for one in found if one.on_front_page),
    )


def explains(results: Results) -> bool:
    """Return whether a comparison of many models says which parameters matter: then page one shows that, not a ranking."""
    return results.compares_many and any(one.topic == "parameters" for one in _said(results.sections))


def _said(records: Iterable[SectionRecord]) -> Iterator[Statement]:
    return (one for record in records for one in record.statements)


def sentences(results: Results) -> tuple[str, ...]:
    """Return the sentences of page one that are made of numbers, as plain text: the verdict, statements, what they rest on."""
    said = verdict(results)
    points = (item.statement.text for topic in _points(results) for item in topic)
    step = next_step(results, [item.finding for item in severe(results)])
    return tuple(filter(None, (said.headline, said.sentence, step, *points, _basis(results))))


def _points(results: Results) -> tuple[tuple[LocatedStatement, ...], ...]:
    """Return the statements of the most relevant topics; where a comparison recommends a model, first the choice, then what is known of this model."""
    offered = [LocatedStatement(record.id, one) for record in results.sections for one in record.statements]
    taken = choice(results)
    if taken is None:
        return _by_topic(offered, TOPICS)[:MOST_TOPICS]
    own = [LocatedStatement(record.id, one) for record in results.sections for one in record.recommended]
    known = [tuple(item for topic in _by_topic(own, topics) for item in topic) for topics in _OF_ONE]
    return ((taken,), *map(_suggested, filter(None, known)), *_by_topic(offered, _OF_ALL))[:MOST_TOPICS]


def _by_topic(offered: Sequence[LocatedStatement], topics: Iterable[Topic]) -> tuple[tuple[LocatedStatement, ...], ...]:
    """Return the statements of each topic that has some: settled ones first, then by p-value, then by n."""
    found = ([item for item in offered if item.statement.topic == topic] for topic in topics)
    return tuple(tuple(sorted(of, key=_evidence)[:EACH]) for of in found if of)


def _suggested(items: Sequence[LocatedStatement]) -> tuple[LocatedStatement, ...]:
    """Return statements about the recommended model, of which the first one says so."""
    first, *rest = items
    parts = ("Suggested model: ", *first.statement.parts)
    return replace(first, statement=first.statement.model_copy(update={"parts": parts})), *rest


def _evidence(item: LocatedStatement) -> tuple[bool, float, int]:
    one = item.statement
    return not one.settled, 1.0 if one.p_value is None else one.p_value, -(one.n or 0)


def _rows(data: DataRecord) -> str:
    """Return the number of rows, the groups that they are in, and the effective number of weighted rows."""
    words = f"{data.n:,} rows"
    if data.groups is not None:
        words += f" in {data.groups:,} groups ({data.grouped_by})"
    if data.effective_n is not None:
        words += f", effective n = {data.effective_n:,.0f},"
    return words


def _different(findings: tuple[LocatedFinding, ...], *, by_model: bool) -> tuple[LocatedFinding, ...]:
    """Return the first finding of each rule, or of each rule and model: the others say the same again."""
    first: dict[tuple[str, str], LocatedFinding] = {}
    for item in findings:
        first.setdefault((item.finding.code, item.finding.model if by_model else ""), item)
    return tuple(first.values())


def _ranking(results: Results, table: Table | None) -> Table | None:
    """Return the ranking of a comparison; of many models the first rows, the others are on the next page."""
    if results.decision.candidate is not None or table is None:
        return None
    left_out = len(table.rows) - MOST_ROWS
    if not results.compares_many or left_out <= 0:
        return table
    return replace(table, rows=table.rows[:MOST_ROWS], note=f"{table.note} {left_out} more rows are on the next page.")


def _short(table: Table) -> Table:
    """Return a table with at most as many rows as page one has room for."""
    left_out = len(table.rows) - MOST_ROWS
    if left_out <= 0:
        return replace(table, note="")
    return replace(table, rows=table.rows[:MOST_ROWS], note=f"{left_out} more rows are in the chapter.")


def _basis(results: Results) -> str:
    """Return what the numbers rest on: rows, their earlier use, training runs, and the number of models compared."""
    data = results.data
    if data is None:
        return ""
    sentences = [f"{_rows(data)} of the {data.split} split; {_use(data)}"]
    if data.used_for:
        sentences[0] += ", so every number on them is optimistic"
    if data.duplicates:
        sentences.append(
            f"{data.duplicates:,} of them {'repeats' if data.duplicates == 1 else 'repeat'} an earlier row"
        )
    if data.training is not None:
        near = data.training.near
        nearly = f", {near:,} more nearly" if near else ""
        sentences.append(
            f"{_in_training(data.training.leaked)} also in the training data ({data.training.n:,} rows){nearly}"
        )
    if data.groups is not None:
        sentences.append(f"Intervals and tests are clustered by {data.grouped_by}, {data.groups:,} groups")
    named = {record.split for record in results.sections}
    sentences += [
        f"Chapters that say so are measured on {_rows(split)} of the {split.split} split; {_use(split)}"
        for split in results.splits
        if split.split in named
    ]
    if any(head.status == "ok" for model in results.models for head in model.heads):
        sentences.append(_training_noise(results))
    return ". ".join(sentences) + "."


def _use(data: DataRecord) -> str:
    """Return what the author of the spec declares that the rows were used for before."""
    return (
        "earlier use unknown (not declared)" if data.used_for is None else f"declared earlier use: {earlier_use(data)}"
    )


def _in_training(count: int) -> str:
    match count:
        case 0:
            return "None of them is"
        case 1:
            return "1 of them is"
    return f"{count:,} of them are"


def _training_noise(results: Results) -> str:
    """Return whether an interval of the report covers retraining: only those of recipes with several seeds and of a sweep do."""
    seeds = Counter(
        model.recipe
        for model in results.models
        if model.recipe is not None and any(head.status == "ok" for head in model.heads)
    )
    several = [f"{recipe} ({count} seeds)" for recipe, count in seeds.items() if count > 1]
    inside = [f"recipe{'s' if len(several) > 1 else ''} {formatting.listed(several)}"] if several else []
    of_sweeps = (record for record in results.sections if record.manifest.topic == "parameters")
    if any(one.test is not None and one.topic in {"parameters", "data"} for one in _said(of_sweeps)):
        inside.insert(0, "parameter effects")
    if not inside:
        return "Intervals cover sampling, not retraining"
    return f"Intervals cover sampling only, those of {' and of '.join(inside)} retraining too"
