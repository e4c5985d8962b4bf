"""Tables of the similarity section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.places import by_size
from reportgen.contract.subjects import Subject, about
from reportgen.contract.tables import Column, Table
from reportgen.sections.similarity import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.similarity.schema import HeadAgreement, SimilarityResult


def tables(result: SimilarityResult, view: View) -> tuple[Table, ...]:
    """Return the comparisons with the reference by head, and which layers were compared."""
    found = [
        table
        for place, head in enumerate(result.heads)
        if result.reference in head.models
        for table in _against(result, view, head, place)
    ]
    if result.representation is not None:
        found.append(_layers(result))
    return tuple(found)


def others(result: SimilarityResult, view: View, head: HeadAgreement) -> list[str]:
    """Return the models other than the reference: those in focus, else all; most new errors first."""

    def most_errors_first(model: str) -> tuple[bool, float]:
        lost = result.find("negative_flips", model, versus(result, head)).value
        return (True, 0.0) if lost is None else (False, -lost)

    chosen = head.models if view.focus is None else [one for one in view.focus.models if one in head.models]
    return sorted((one for one in chosen if one != result.reference), key=most_errors_first)


def more(head: HeadAgreement, shown: Sequence[str]) -> str:
    """Return the sentence about the models that are not shown, without counting the reference."""
    left_out = len(head.models) - 1 - len(shown)
    return f" {left_out} more models are in results.json." if left_out > 0 else ""


def versus(result: SimilarityResult, head: HeadAgreement) -> str:
    """Return the subject of a metric that compares a model with the reference."""
    return Subject.of("vs", result.reference, within=head.subject)


_FLIPS = (schema.POSITIVE_FLIPS, schema.NEGATIVE_FLIPS, schema.SHARED_ERRORS, schema.CHURN)
_FORECASTS = (schema.ERROR_CONSISTENCY, schema.DIVERGENCE)


def _against(result: SimilarityResult, view: View, head: HeadAgreement, place: int) -> tuple[Table, Table]:
    """Compare every model with the reference: first the errors and the representation, then the forecasts."""
    models = others(result, view, head)
    shown = models[: result.options.max_models]
    reference = about(result.reference, head.subject)
    represented = {
        one.model: one.metric for one in result.named("cka") if one.subject == Subject.of("vs", result.reference)
    }
    note = f"Each model compared with {reference}; most new errors first.{more(head, shown)}"
    if place == 0:
        note += "".join(f" {sentence}" for sentence in _missing(result))
    suffix = "" if place == 0 else f"-{place + 1}"

    def rows(specs: Sequence[MetricSpec]) -> list[tuple[Cell, ...]]:
        return [(model, *(result.find(spec.name, model, versus(result, head)) for spec in specs)) for model in shown]

    flips = [spec for spec in _FLIPS if any(True for _ in result.named(spec.name))]
    errors = Table(
        f"reference{suffix}",
        f"Compared with {reference}",
        (Column("Model", numeric=False), *(Column(one.title) for one in (*flips, schema.CKA))),
        tuple((*row, represented.get(str(row[0]))) for row in rows(flips)),
        note,
        place=by_size(len(shown)),
    )
    forecasts = Table(
        f"forecasts{suffix}",
        f"Forecasts compared with {reference}",
        (Column("Model", numeric=False), *(Column(one.title) for one in _FORECASTS)),
        tuple(rows(_FORECASTS)),
        more(head, shown).strip(),
    )
    return errors, forecasts


def _missing(result: SimilarityResult) -> Iterator[str]:
    """Yield what could not be compared, and why."""
    yield from (f"The layers of {model} were not compared: {reason}." for model, reason in result.not_aligned)
    if result.representation_reason is not None:
        yield f"Last hidden layers were not compared: {result.representation_reason}."
    if result.weight_map_reason is not None:
        yield f"There is no map of the weights: {result.weight_map_reason}."


def _layers(result: SimilarityResult) -> Table:
    found = result.representation
    pairs = zip(found.models, found.layers, strict=True) if found else ()
    rows = tuple(pairs)[: result.options.max_models]
    total = len(found.models) if found else 0
    note = f"{total - len(rows)} more models are in results.json." if total > len(rows) else ""
    columns = (Column("Model", numeric=False), Column("Last hidden layer", numeric=False))
    return Table("hidden", "Layers compared between all models", columns, rows, note, place="full")
