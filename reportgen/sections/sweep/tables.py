"""Tables of the sweep section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.focus import MOST_ROWS
from reportgen.contract.subjects import Subject
from reportgen.contract.tables import Column, Table
from reportgen.sections.sweep import words
from reportgen.sections.sweep.factors import label
from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.contract.tables import Cell
    from reportgen.sections.sweep.schema import HeadSweep, Parameter, SweepResult, SweptModel


_COSTS = (Column("Multiply-adds", unit="count"), Column("File size", unit="bytes"))


def tables(result: SweepResult, view: View) -> tuple[Table, ...]:
    """Return the tables of every output: the parameters, their interactions, the failures, the models; then the failed trials without a model."""
    found = []
    for index, head in enumerate(result.heads):
        end = "" if index == 0 else f"-{index + 1}"
        of = "" if head.subject is None else f" of output {Subject(head.subject).name}"
        if head.parameters:
            found.append(_parameters(result, head, f"parameters{end}", f"Parameters{of}"))
        if head.interactions:
            found.append(_interactions(result, head, f"interactions{end}", f"Interactions{of}"))
        if head.failures:
            found.append(_failures(result, head, f"failures{end}", f"Failures{of} by value"))
        found.append(_models(result, head, view, f"models{end}", f"Models{of} and their parameters"))
    if result.trials:
        found.append(_trials(result))
    return tuple(found)


def _parameters(result: SweepResult, head: HeadSweep, name: str, title: str) -> Table:
    score = words.score(head)
    columns = (
        Column("Parameter", numeric=False),
        Column("Values", numeric=False),
        Column("Compared", numeric=False),
        Column(score.effect.title),
        Column("p-value"),
        Column("Verdict", numeric=False),
    )
    rows = tuple(_parameter(result, head, one) for one in head.parameters)
    constant = f" The same for all: {words.setting(result.constant)}." if result.constant else ""
    note = (
        f"The two values of each parameter whose difference has the most evidence, the better one first, by {words.model(head)}. {words.error(head)}"
        if head.reason is None
        else f"No effects: {head.reason}."
    )
    return Table(name, title, columns, rows, f"{note}{constant}", place="body")


def _parameter(result: SweepResult, head: HeadSweep, one: Parameter) -> tuple[Cell, ...]:
    if one.strongest is None:
        return one.name, words.tried(one) if one.points else None, None, None, None, f"{one.verdict}: {one.reason}"
    return (
        one.name,
        words.tried(one),
        f"{words.value(one, one.better)} vs {words.value(one, one.worse)}",
        words.effect(result, head, one),
        result.find_or_none("effect_p", result.first, one.strongest),
        "no effect shown" if one.verdict == "not shown" else one.verdict,
    )


def _interactions(result: SweepResult, head: HeadSweep, name: str, title: str) -> Table:
    spec = words.score(head).interaction
    rows = tuple(
        (
            f"{one.one} and {one.other}",
            Subject(one.subject).name,
            result.find(spec.name, result.first, one.subject),
            result.find_or_none("interaction_p", result.first, one.subject),
            "act together" if one.shown else "none shown",
        )
        for one in head.interactions
    )
    columns = (
        Column("Parameters", numeric=False),
        Column("Compared", numeric=False),
        Column(spec.title),
        Column("p-value"),
        Column("Verdict", numeric=False),
    )
    how = "each was added to the additive model by itself" if head.additive else "all are in one model"
    note = f"Of each pair the interaction with the most evidence; {how}, and all are tested together."
    return Table(name, title, columns, rows, note)


def _failures(result: SweepResult, head: HeadSweep, name: str, title: str) -> Table:
    rows = tuple(
        (
            one.words,
            f"{one.failed} of {one.models}",
            f"{one.others_failed} of {one.others}",
            result.find("failed_p", result.first, one.subject),
        )
        for one in head.failures
    )
    columns = (
        Column("Value", numeric=False),
        Column("Failed"),
        Column("Of the others"),
        Column("p-value"),
    )
    note = "Fisher's exact test, adjusted for all values (Bonferroni)."
    if result.trials:
        count = len(result.trials)
        lost = words.LOST if count == 1 else words.ALL_LOST
        note += f" With {count} trial{'' if count == 1 else 's'}: {lost}."
    return Table(name, title, columns, rows, note)


def _models(result: SweepResult, head: HeadSweep, view: View, name: str, title: str) -> Table:
    """List the models with their parameters, the score, the number of weights, what else they cost where it was asked for, and why they failed."""
    names = list(dict.fromkeys(param for one in head.models for param in one.params))
    shown = view.listed(head.models)
    costs = [column for column in _COSTS if any(_cost(one, column) is not None for one in head.models)]
    rows = tuple(
        (
            one.model,
            *(label(one.params[param]) if param in one.params else None for param in names),
            one.score,
            one.parameters,
            *(_cost(one, column) for column in costs),
            _standing(head, one.model, one.failed),
        )
        for one in shown
    )
    columns = (
        Column("Model", numeric=False),
        *(Column(param) for param in names),
        Column(words.score(head).level.title),
        Column("Weights", unit="count"),
        *costs,
        Column("Standing", numeric=False),
    )
    note = f"{_origins(result)}{view.rest(head.models, shown)}"
    return Table(name, title, columns, rows, note)


def _cost(one: SweptModel, column: Column) -> int | None:
    return one.multiply_adds if column.unit == "count" else one.size_bytes


def _trials(result: SweepResult) -> Table:
    """List the trials that count as failed and left no model, with their parameters."""
    shown = result.trials[:MOST_ROWS]
    names = list(dict.fromkeys(param for one in shown for param in one.params))
    rows = tuple(
        (
            one.name,
            *(label(one.params[param]) if param in one.params else None for param in names),
            f"failed: {words.LOST}",
        )
        for one in shown
    )
    columns = (Column("Trial", numeric=False), *(Column(param) for param in names), Column("Standing", numeric=False))
    left = len(result.trials) - len(shown)
    note = "" if not left else f"The first {len(shown)} of {len(result.trials)}; the others are in results.json."
    return Table("trials", "Failed trials without a model", columns, rows, note)


def _origins(result: SweepResult) -> str:
    """Return where the parameters come from, and which models are no part of the sweep."""
    found = f"Parameters: {'; '.join(result.readings)}." if result.readings else ""
    if result.without:
        models = "1 model has" if result.without == 1 else f"{result.without} models have"
        found += f" {models} no parameters and {'is' if result.without == 1 else 'are'} no part of the sweep."
    for file, count in result.pruned:
        early = "1 trial of it was" if count == 1 else f"{count:,} trials of it were"
        found += (
            f" {file}: {early} stopped early by the tuner (pruned) and left no model, which does not count as failed."
        )
    if result.left_out:
        found += f" Left out as earlier checkpoints of a run: {formatting.listed(result.left_out)}."
    return found.strip()


def _standing(head: HeadSweep, model: str, failed: str | None) -> str:
    found = head.choice
    if failed is not None:
        return f"failed: {failed}"
    if found is None:
        return formatting.MISSING
    scores = {one.model: one.score.value for one in head.models if one.score is not None}
    if model == found.best or scores.get(model) == scores[found.best]:
        return "best"
    if model in found.untested:
        return "difference from the best not tested"
    return "not distinguishable from the best" if model in found.tied else "behind the best"
