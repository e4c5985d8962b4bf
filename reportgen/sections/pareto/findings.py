"""Rules of the pareto section."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import required
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.pareto.schema import ComparedModel, ParetoResult


def clearly_dominated(result: ParetoResult) -> Iterator[Hit]:
    """Yield models behind the front that another dominates beyond uncertainty.

    The effect is the largest tested lead over it as a multiple of its interval's reach; exact values have no such scale.
    """
    for one in result.models:
        if one.clearly_dominated_by and not one.on_front:
            yield Hit(one.model, f"{_beaten(one, result)}, so {one.model} offers no advantage.", effect=one.lead)


def behind(result: ParetoResult) -> Iterator[Hit]:
    """Yield models behind the front by value, where differences were not tested: their size has no scale, so no effect."""
    for one in result.models:
        if one.behind and not one.clearly_dominated_by:
            ahead = next(other for other in result.models if other.model == one.behind[0])
            yield Hit(
                one.model,
                f"{ahead.model} is {_lead(ahead, one, result)}; not tested, so this alone is no reason to reject {one.model}.",
            )


def front_in_doubt(result: ParetoResult) -> Iterator[Hit]:
    """Yield models on the front that another dominates beyond uncertainty; the effect is that of one behind the front."""
    for one in result.models:
        if one.on_front and one.clearly_dominated_by:
            yield Hit(
                one.model,
                f"{_beaten(one, result)}. Only differences within uncertainty keep it on the front: prefer "
                f"{formatting.listed(one.clearly_dominated_by)}.",
                effect=one.lead,
            )


def no_trade_off(result: ParetoResult) -> Iterator[Hit]:
    """Yield the model that is alone on the front: it is or not, so no effect."""
    front = [one for one in result.models if one.on_front]
    if len(front) != 1 or len(result.models) == 1:
        return
    best = front[0].model
    unsure = sum(best not in one.clearly_dominated_by for one in result.models if not one.on_front)
    among = f"among {len(result.models)} models"
    if unsure:
        yield Hit(
            best,
            f"It is ahead by value in every objective ({_names(result)}) {among}, but its lead over {unsure} of them is not "
            "tested or within uncertainty: keep them as candidates.",
        )
    else:
        yield Hit(
            best,
            f"It dominates every other model {among} ({_names(result)}): better in at least one objective and worse in none "
            "beyond uncertainty, so there is no trade-off to decide.",
        )


def excluded(result: ParetoResult) -> Iterator[Hit]:
    """Yield models that are not compared, grouped by reason; the effect is their number."""
    for reason, count in Counter(one.reason for one in result.excluded).items():
        first = next(one.model for one in result.excluded if one.reason == reason)
        more = f" The same applies to {count - 1} more models, listed in the table." if count > 1 else ""
        yield Hit(
            first, f"It was not compared and may be better or worse than any other model: {reason}.{more}", effect=count
        )


def measured_differently(result: ParetoResult) -> Iterator[Hit]:
    """Yield objectives that were measured in more than one way; the effect is the number of models unlike most."""
    for place, objective in enumerate(result.objectives):
        if len(objective.measured_as) > 1:
            ways = Counter(one.values[place].estimator for one in result.models)
            usual = ways.most_common(1)[0][0]
            other = next(one for one in result.models if one.values[place].estimator != usual)
            yield Hit(
                other.model,
                f"Its {objective.title} was measured as {other.values[place].estimator}, that of {ways[usual]} models as "
                f"{usual}: the front compares different quantities. Measure all models alike before using it.",
                effect=ways.total() - ways[usual],
            )


def _names(result: ParetoResult) -> str:
    return formatting.listed([one.title for one in result.objectives], most=6)


def _lead(ahead: ComparedModel, one: ComparedModel, result: ParetoResult) -> str:
    """Return by how much a model is ahead of another, objective by objective."""
    leads = []
    for objective, first, second in zip(result.objectives, ahead.values, one.values, strict=True):
        difference = required(first.value) - required(second.value)
        if difference:
            size = formatting.size(difference, objective.unit)
            leads.append(f"{'higher' if difference > 0 else 'lower'} by {size} in {objective.title}")
    return " and ".join(leads)


def _beaten(one: ComparedModel, result: ParetoResult) -> str:
    by = one.clearly_dominated_by
    verb = "is" if len(by) == 1 else "are each"
    return f"Judged by {_names(result)}: {formatting.listed(by)} {verb} better in at least one and worse in none beyond uncertainty"


CONVENTION = "convention"

RULES: tuple[Rule[ParetoResult], ...] = (
    Rule("PAR101", "note", "Dominated", "Holm (1979)", clearly_dominated),
    Rule("PAR102", "note", "On the front within uncertainty", "Holm (1979)", front_in_doubt),
    Rule("PAR103", "note", "No trade-off", "definition", no_trade_off),
    Rule("PAR104", "note", "Behind by value, not tested", "definition", behind),
    Rule("PAR201", "warning", "Not compared", CONVENTION, excluded),
    Rule("PAR202", "warning", "Objective measured in different ways", CONVENTION, measured_differently),
)
