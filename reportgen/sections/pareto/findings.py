"""Rules of the pareto section."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.sections.pareto import words
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.sections.pareto.schema import ComparedModel, ParetoResult
    from reportgen.sections.pareto.words import Part


def clearly_dominated(result: ParetoResult) -> Iterator[Hit]:
    """Yield models behind the front that another dominates beyond uncertainty.

    The effect is the largest tested lead over it as a multiple of its interval's reach; exact values have no such scale.
    """
    for one in result.models:
        if one.clearly_dominated_by:
            ahead, *others = one.clearly_dominated_by
            too = f" It is also dominated by {words.named(others)}." if others else ""
            yield Hit(
                one.model,
                f"{_compared(ahead, one, result)}. By value {ahead} is at least as good in every objective, so {one.model} offers no advantage "
                f"over it.{too}",
                effect=one.lead,
            )


def behind(result: ParetoResult) -> Iterator[Hit]:
    """Yield models behind the front by value, where differences were not tested: their size has no scale, so no effect."""
    for one in result.models:
        if one.behind and not one.clearly_dominated_by:
            ahead = one.behind[0]
            found = words.parts(result, ahead, one.model)
            differ = ", ".join(part.changed for part in found if part.value)
            yield Hit(one.model, f"{ahead} is better by value: {differ}. {_untested(one.model, found)}")


def _untested(model: str, found: Sequence[Part]) -> str:
    """Return which differences were not tested, which are within uncertainty, and what that leaves open."""
    untested = [part for part in found if part.certainty == "not tested"]
    within = [part for part in found if part.certainty == "within uncertainty"]
    sure = [part for part in found if part.sure]
    what = [f"{_the(untested)} not tested"]
    if within:
        what.append(f"{_the(within, again=True)} within uncertainty")
    if sure:
        what.append(f"{_the(sure, again=True)} beyond uncertainty")
    start = ", ".join(what)
    if sure:
        return f"{start}: {model} may still be ahead in {formatting.joined([part.title for part in untested])}."
    return f"{start}, so this alone is no reason to reject {model}."


def _the(found: Sequence[Part], *, again: bool = False) -> str:
    """Return the subject and the verb of a sentence about differences; of a second one, without its noun."""
    noun = ("that", "those") if again else ("The difference", "The differences")
    titles = formatting.joined([part.title for part in found])
    return f"{noun[len(found) > 1]} in {titles} {'is' if len(found) == 1 else 'are'}"


def front_in_doubt(result: ParetoResult) -> Iterator[Hit]:
    """Yield models on the front that are ahead of a rival only within uncertainty; how far has no scale, so no effect."""
    for one in result.models:
        if one.on_front and one.rivals:
            rival, *others = one.rivals
            too = f" The same holds against {words.named(others)}." if others else ""
            yield Hit(
                one.model,
                f"{_compared(rival, one, result)}. {one.model} is on the front only by a difference that may be chance: prefer it if that is "
                f"worth the cost, or evaluate on more rows.{too}",
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
            f"No other model {among} is better by value in any objective ({_names(result)}), but its lead over {unsure} of them is not "
            "tested or within uncertainty: keep them as candidates.",
        )
    else:
        yield Hit(
            best,
            f"It dominates every other model {among} ({_names(result)}): at least as good by value in every objective and better beyond "
            "uncertainty in at least one, so there is no trade-off to decide.",
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


def _compared(ahead: str, one: ComparedModel, result: ParetoResult) -> str:
    found = words.parts(result, ahead, one.model)
    if not found:
        return f"{ahead} is better in at least one objective ({_names(result)}) and worse in none beyond uncertainty"
    return words.compared(ahead, one.model, found)


CONVENTION = "convention"

RULES: tuple[Rule[ParetoResult], ...] = (
    Rule("PAR101", "note", "Dominated", "Holm (1979)", clearly_dominated),
    Rule("PAR102", "note", "On the front within uncertainty", "Holm (1979)", front_in_doubt),
    Rule("PAR103", "note", "No trade-off", "definition", no_trade_off),
    Rule("PAR104", "note", "Behind by value, not tested", "definition", behind),
    Rule("PAR201", "warning", "Not compared", CONVENTION, excluded),
    Rule("PAR202", "warning", "Objective measured in different ways", CONVENTION, measured_differently),
)
