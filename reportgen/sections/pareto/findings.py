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
    """Yield models behind the front that another clearly beats."""
    for one in result.models:
        if one.clearly_dominated_by and not one.on_front:
            words = f"Of {_names(result)}: {_beaten(one)}. By these objectives nothing speaks for it.{_exact(result)}"
            yield Hit(one.model, words)


def front_in_doubt(result: ParetoResult) -> Iterator[Hit]:
    """Yield models on the front that another clearly beats."""
    for one in result.models:
        if one.on_front and one.clearly_dominated_by:
            yield Hit(
                one.model,
                f"Of {_names(result)}: {_beaten(one)}. What keeps it on the front are differences that the data cannot tell "
                "from none.",
            )


def no_trade_off(result: ParetoResult) -> Iterator[Hit]:
    """Yield the model that is alone on the front."""
    front = [one for one in result.models if one.on_front]
    if len(front) == 1 and len(result.models) > 1:
        near = sum(one.indistinguishable for one in result.models)
        unsure = f" {near} of the others cannot be told from the front." if near else ""
        yield Hit(
            front[0].model,
            f"It has the best value of each objective ({_names(result)}) among {len(result.models)} models: there is nothing "
            f"to trade off.{unsure}",
        )


def excluded(result: ParetoResult) -> Iterator[Hit]:
    """Yield models that are not compared; those with one reason together."""
    for reason, count in Counter(one.reason for one in result.excluded).items():
        first = next(one.model for one in result.excluded if one.reason == reason)
        more = f" The same holds for {count - 1} more models: see the table." if count > 1 else ""
        yield Hit(first, f"It is not compared, and may be better or worse than any other. {reason}.{more}")


def measured_differently(result: ParetoResult) -> Iterator[Hit]:
    """Yield objectives whose numbers were measured in more than one way."""
    for place, objective in enumerate(result.objectives):
        if len(objective.measured_as) > 1:
            ways = Counter(one.values[place].estimator for one in result.models)
            usual = ways.most_common(1)[0][0]
            other = next(one for one in result.models if one.values[place].estimator != usual)
            yield Hit(
                other.model,
                f"Its {objective.title} was measured as {other.values[place].estimator}, that of {ways[usual]} models as "
                f"{usual}: the numbers mean different things, and the front compares them all the same.",
            )


def _names(result: ParetoResult) -> str:
    return formatting.listed([one.title for one in result.objectives], most=6)


def _exact(result: ParetoResult) -> str:
    """Say which objectives are taken at their word."""
    exact = [one.title for one in result.objectives if "value alone" in one.compared_by]
    return f" Taken as exact, for want of an interval: {', '.join(exact)}." if exact else ""


def _beaten(one: ComparedModel) -> str:
    by = one.clearly_dominated_by
    verb = "is" if len(by) == 1 else "are each"
    return f"{formatting.listed(by)} {verb} clearly better in at least one and clearly worse in none"


CONVENTION = "convention"

RULES: tuple[Rule[ParetoResult], ...] = (
    Rule("PAR101", "note", "Clearly dominated", CONVENTION, clearly_dominated),
    Rule("PAR102", "note", "On the front by little", CONVENTION, front_in_doubt),
    Rule("PAR103", "note", "No trade-off", "definition", no_trade_off),
    Rule("PAR201", "warning", "Not compared", CONVENTION, excluded),
    Rule("PAR202", "warning", "Measured in different ways", CONVENTION, measured_differently),
)
