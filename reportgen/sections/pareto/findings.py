"""Rules of the pareto section."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.pareto.schema import ComparedModel, ParetoResult


def clearly_dominated(result: ParetoResult) -> Iterator[Hit]:
    """Yield models behind the front that another dominates beyond uncertainty."""
    for one in result.models:
        if one.clearly_dominated_by and not one.on_front:
            words = f"{_beaten(one, result)}, so {one.model} offers no advantage.{_exact(result)}"
            yield Hit(one.model, words)


def front_in_doubt(result: ParetoResult) -> Iterator[Hit]:
    """Yield models on the front that another dominates beyond uncertainty."""
    for one in result.models:
        if one.on_front and one.clearly_dominated_by:
            yield Hit(
                one.model,
                f"{_beaten(one, result)}. Only differences within uncertainty keep it on the front: prefer "
                f"{formatting.listed(one.clearly_dominated_by)}.",
            )


def no_trade_off(result: ParetoResult) -> Iterator[Hit]:
    """Yield the model that is alone on the front."""
    front = [one for one in result.models if one.on_front]
    if len(front) == 1 and len(result.models) > 1:
        near = sum(one.indistinguishable for one in result.models)
        unsure = f" Not distinguishable from the front: {near} of the other models." if near else ""
        yield Hit(
            front[0].model,
            f"It has the best value in every objective ({_names(result)}) among {len(result.models)} models, so there is no "
            f"trade-off to decide.{unsure}",
        )


def excluded(result: ParetoResult) -> Iterator[Hit]:
    """Yield models that are not compared, grouped by reason."""
    for reason, count in Counter(one.reason for one in result.excluded).items():
        first = next(one.model for one in result.excluded if one.reason == reason)
        more = f" The same applies to {count - 1} more models, listed in the table." if count > 1 else ""
        yield Hit(first, f"It was not compared and may be better or worse than any other model: {reason}.{more}")


def measured_differently(result: ParetoResult) -> Iterator[Hit]:
    """Yield objectives that were measured in more than one way."""
    for place, objective in enumerate(result.objectives):
        if len(objective.measured_as) > 1:
            ways = Counter(one.values[place].estimator for one in result.models)
            usual = ways.most_common(1)[0][0]
            other = next(one for one in result.models if one.values[place].estimator != usual)
            yield Hit(
                other.model,
                f"Its {objective.title} was measured as {other.values[place].estimator}, that of {ways[usual]} models as "
                f"{usual}: the front compares different quantities. Measure all models alike before using it.",
            )


def _names(result: ParetoResult) -> str:
    return formatting.listed([one.title for one in result.objectives], most=6)


def _exact(result: ParetoResult) -> str:
    """Return a sentence about objectives without intervals, which are compared as exact."""
    exact = [one.title for one in result.objectives if "value alone" in one.compared_by]
    return f" Compared by value alone, for lack of intervals: {', '.join(exact)}." if exact else ""


def _beaten(one: ComparedModel, result: ParetoResult) -> str:
    by = one.clearly_dominated_by
    verb = "is" if len(by) == 1 else "are each"
    tested = any(way != "value alone" for objective in result.objectives for way in objective.compared_by)
    beyond = " beyond uncertainty" if tested else ""
    return (
        f"Judged by {_names(result)}: {formatting.listed(by)} {verb} better in at least one and worse in none{beyond}"
    )


CONVENTION = "convention"

RULES: tuple[Rule[ParetoResult], ...] = (
    Rule("PAR101", "note", "Dominated", CONVENTION, clearly_dominated),
    Rule("PAR102", "note", "On the front within uncertainty", CONVENTION, front_in_doubt),
    Rule("PAR103", "note", "No trade-off", "definition", no_trade_off),
    Rule("PAR201", "warning", "Not compared", CONVENTION, excluded),
    Rule("PAR202", "warning", "Objective measured in different ways", CONVENTION, measured_differently),
)
