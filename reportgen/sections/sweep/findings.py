"""Rules of the sweep section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import required
from reportgen.metrics.effects import INFLATED, LEVEL
from reportgen.sections.sweep import words
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.sweep.schema import SweepResult


def failed(result: SweepResult) -> Iterator[Hit]:
    """Yield values at which models fail more often than at others; the effect is the level of the test over the p-value."""
    for head in result.heads:
        for one in head.failures:
            chance = required(result.find("failed_p", result.first, one.subject).value)
            if chance < LEVEL and one.failed * one.others > one.others_failed * one.models:
                yield Hit(
                    result.first,
                    f"{one.failed} of {one.models} {words.trainings(result)} with {one.words} fail, and {one.others_failed} of {one.others} others (p {formatting.p_value(chance)}, "
                    "adjusted): leave this value out of the next sweep, or find out why training fails there.",
                    one.subject,
                    effect=LEVEL / max(chance, 1e-12),
                    n=one.models + one.others,
                )


def not_separable(result: SweepResult) -> Iterator[Hit]:
    """Yield outputs with parameters that vary together: they do or not, so no effect."""
    for head in result.heads:
        found = [one for one in head.parameters if one.verdict == "not separable"]
        if found:
            names = formatting.listed([one.name for one in found], 4)
            yield Hit(
                result.first,
                f"{names}: no effect is estimated, because these models vary them together. Train models that change one of them alone.",
                head.subject,
                n=len(head.models),
            )


def hardly_separable(result: SweepResult) -> Iterator[Hit]:
    """Yield parameters that nearly vary together; the effect is the inflation over its threshold."""
    for head in result.heads:
        for one in head.parameters:
            if one.inflation > INFLATED:
                yield Hit(
                    result.first,
                    f"The effect of {one.name} is hardly separable from that of other parameters: its variance is {one.inflation:.0f} times what it would be without "
                    f"them, and {INFLATED:g} is much. Train models that change {one.name} alone.",
                    head.subject,
                    effect=one.inflation / INFLATED,
                    n=len(head.models),
                )


def act_together(result: SweepResult) -> Iterator[Hit]:
    """Yield pairs of parameters whose effects do not add up; the effect is the level of the test over the p-value."""
    for head in result.heads:
        for one in head.interactions:
            if one.shown:
                metric = result.find(words.score(head).interaction.name, result.first, one.subject)
                chance = required(result.find("interaction_p", result.first, one.subject).value)
                yield Hit(
                    result.first,
                    f"What {one.one} is worth depends on {one.other}, by {formatting.size(required(metric.value), metric.unit)} (p {formatting.p_value(chance)}, adjusted): "
                    "choose the two together, their main effects are averages.",
                    one.subject,
                    effect=LEVEL / max(chance, 1e-12),
                    n=result.n,
                )


def rows_without_models(result: SweepResult) -> Iterator[Hit]:
    """Yield tables with rows about no model: there are some or none, so the effect is their number."""
    for file, count in result.unused:
        rows = "1 row" if count == 1 else f"{count:,} rows"
        early = dict(result.pruned).get(file, 0)
        pruned = f" The tuner stopped {early:,} of them early (pruned): these do not count as failed." if early else ""
        yield Hit(
            result.first,
            f"{file} has {rows} about no model of this report.{pruned} If models were kept by their score, effects are too small: compare all that were trained.",
            effect=count,
        )


RULES: tuple[Rule[SweepResult], ...] = (
    Rule("SWP101", "warning", "Failures at a value of a parameter", "Fisher (1922), exact; Bonferroni", failed),
    Rule("SWP102", "note", "Parameters that act together", "Cornfield & Tukey (1956); Bonferroni", act_together),
    Rule("SWP201", "warning", "Parameters that vary together", "definition", not_separable),
    Rule("SWP202", "note", "Parameters that are hardly separable", "Kutner et al. (2005)", hardly_separable),
    Rule("SWP203", "note", "Trials without a model", "convention", rows_without_models),
)
