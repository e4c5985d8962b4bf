"""Tables of the pareto section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.tables import Column, Table
from reportgen.sections.pareto import words
from reportgen.sections.pareto.schema import DECLARED
from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.contract.tables import Cell
    from reportgen.sections.pareto.schema import ComparedModel, ParetoResult


def tables(result: ParetoResult, _view: View) -> tuple[Table, ...]:
    """Return the compared models, how they were compared, and which are excluded."""
    found = []
    if result.reason is None:
        found += [_models(result), _objectives(result)]
    if result.reason is not None or result.excluded:
        found.append(_excluded(result))
    return tuple(found)


def _models(result: ParetoResult) -> Table:
    """List all compared models, by rank."""
    rows: list[tuple[Cell, ...]] = [(one.model, *one.values, one.rank, _state(one, result)) for one in result.models]
    columns = (
        Column("Model", numeric=False),
        *(Column(one.title) for one in result.objectives),
        Column("Rank", unit="count"),
        Column("Standing", numeric=False),
    )
    note = (
        "Ranks are by values alone. Dominated: another model is at least as good by value in every objective and better beyond uncertainty "
        "in at least one (exact, or tested and corrected for all pairs and objectives: Holm, 5 %)."
    )
    return Table("models", "All compared models", columns, tuple(rows), f"{note} {_volume(result)}")


def _state(one: ComparedModel, result: ParetoResult) -> str:
    """Return the standing of a model once uncertainty is accounted for."""
    if one.on_front:
        found = words.parts(result, one.rivals[0], one.model) if one.rivals else []
        return f"on the front; {one.rivals[0]}: {words.standing(found)}" if found else "on the front"
    if one.clearly_dominated_by:
        return f"dominated by {formatting.listed(one.clearly_dominated_by, most=2)}"
    if one.behind:
        found = words.parts(result, one.behind[0], one.model)
        untested = formatting.joined([part.title for part in found if part.certainty == "not tested"])
        return f"behind {formatting.listed(one.behind, most=2)} by value; {untested} not tested"
    return "not distinguishable from the front"


def _volume(result: ParetoResult) -> str:
    found = result.hypervolume
    if found is None or found.value is None or found.share is None:
        return f"No hypervolume: {found.reason}." if found is not None else ""
    share = formatting.fraction(found.share)
    return f"Hypervolume: {found.value:.4g}, or {share} of the box between the ideal and the reference point."


def _objectives(result: ParetoResult) -> Table:
    """List the objectives, their direction, and how differences were judged."""
    rows = tuple(
        (
            one.title,
            one.address,
            f"{'higher' if one.higher_is_better else 'lower'} ({one.direction_rule})",
            " or ".join("value alone, not tested" if by == "value alone" else by for by in one.compared_by),
            formatting.number(one.ideal, one.unit),
            formatting.number(one.reference, one.unit),
        )
        for one in result.objectives
    )
    columns = (
        *(Column(title, numeric=False) for title in ("Objective", "Address", "Better", "Differences judged by")),
        Column("Ideal"),
        Column("Reference"),
    )
    rules = dict.fromkeys(one.reference_rule for one in result.objectives)
    note = "Ideal: best value among the compared models. Reference point of the hypervolume: " + "; ".join(
        f"{rule} ({', '.join(one.title for one in result.objectives if one.reference_rule == rule)})" for rule in rules
    )
    chosen = f" Chosen {result.objectives_rule}." if result.objectives_rule not in (None, DECLARED) else ""
    return Table("objectives", "Objectives", columns, rows, f"{note}.{chosen}", place="full")


def _excluded(result: ParetoResult) -> Table:
    """List the models that are not compared, with the reason."""
    rows = tuple((one.model, one.reason) for one in result.excluded)
    columns = (Column("Model", numeric=False), Column("Reason", numeric=False))
    note = "" if result.reason is None else f"There is no front: {result.reason}."
    return Table("excluded", "Models not compared", columns, rows, note)
