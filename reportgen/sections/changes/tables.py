"""Tables of the changes section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.places import by_size
from reportgen.contract.tables import Column, Table
from reportgen.sections.changes import schema
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.changes import Changes, Delta, FlippedCheck
    from reportgen.contract.focus import View
    from reportgen.contract.tables import Cell
    from reportgen.sections.changes.schema import ChangesResult

_NAMED = 6
"""Maximum number of weight tensors that a row names."""
_SHA = 64
"""Digits of a digest, of which only the first are shown."""


def tables(result: ChangesResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    changes = result.changes
    if changes is None:
        return ()
    first = result.first(changes)
    rest = [one for one in changes.deltas if one not in first]
    whole = [one for one in rest if one.subject is None or one.subject.whole]
    parts = [one for one in rest if one not in whole]
    found = (
        _deltas(result, changes, first, "headlines", "Key numbers then and now", "body"),
        _flips(result, changes),
        _checks(result, view.flipped),
        _model(changes),
        _inputs(changes),
        _layers(result, changes),
        _deltas(
            result,
            changes,
            whole,
            "metrics",
            "Other metrics then and now",
            "appendix",
        ),
        _deltas(result, changes, parts, "parts", "Metrics by class then and now", "full"),
    )
    return tuple(table for table in found if table.rows)


def _deltas(
    result: ChangesResult, changes: Changes, deltas: Sequence[Delta], name: str, title: str, place: str
) -> Table:
    columns = (
        Column("Metric", numeric=False),
        Column("Then"),
        Column("Now"),
        Column("Difference"),
        Column("Judged", numeric=False),
    )
    rows = tuple(
        (
            result.title(one),
            one.before,
            one.now,
            result.find(schema.DIFFERENCE.name, changes.model_now, one.part),
            changes.judged(one),
        )
        for one in deltas
        if one.how != "not compared"
    )
    left_out = len(deltas) - len(rows)
    how = (
        "Differences are paired, row by row, where they say so." if changes.paired else f"Unpaired: {changes.pairing}."
    )
    if not changes.paired and changes.same_rows:
        how += " Both were measured on the same rows, so these intervals are too wide where the models mostly agree."
    then = f"Then: {changes.model_before} of {changes.earlier.name}; now: {changes.model_now}, on {changes.rows}."
    rest = (
        f" {left_out} more are not compared, most because only one of the two has them; results.json says why."
        if left_out
        else ""
    )
    return Table(name, title, columns, rows, f"{then} {how}{rest}", place=place)  # type: ignore[arg-type]


def _flips(result: ChangesResult, changes: Changes) -> Table:
    columns = (Column("Output", numeric=False), Column("Errors fixed"), Column("Errors new"), Column("Other answers"))
    rows = tuple(
        (
            "all rows" if one.subject is None else one.subject.words,
            *(
                result.find_or_none(name, changes.model_now, one.subject)
                for name in ("errors_fixed", "errors_new", "churn")
            ),
        )
        for one in changes.flips
    )
    return Table("flips", "Rows with another answer", columns, rows, place="body")


def _checks(result: ChangesResult, flipped: Sequence[FlippedCheck]) -> Table:
    columns = (
        Column("Check", numeric=False),
        Column("Part", numeric=False),
        Column("Then", numeric=False),
        Column("Now", numeric=False),
        Column("Value then"),
        Column("Value now"),
    )
    shown = flipped[: result.options.max_layers]
    rows = tuple(
        (
            one.title,
            "" if one.subject is None else one.subject.words,
            one.before or "no such check",
            one.now or "no such check",
            one.value_before,
            one.value_now,
        )
        for one in shown
    )
    note = f"Only {len(shown)} of {len(flipped)}; the others are in results.json." if len(shown) < len(flipped) else ""
    return Table("checks", "Checks that came out differently", columns, rows, note, place=by_size(len(rows)))


def _model(changes: Changes) -> Table:
    rows: list[tuple[Cell, ...]] = []
    if changes.structure is None:
        rows.append(("structure", f"not compared: {changes.structure_reason}", None))
    else:
        one = changes.structure
        rows += [
            ("layers", f"{one.layers_before:,}", f"{one.layers_now:,}"),
            ("parameters", f"{one.parameters_before:,}", f"{one.parameters_now:,}"),
            ("trainable parameters", f"{one.trainable_before:,}", f"{one.trainable_now:,}"),
        ]
    if changes.weights is None:
        rows.append(("weights", f"not compared: {changes.weights_reason}", None))
    else:
        weights = changes.weights
        for words, names in (
            ("weight tensors changed", weights.changed),
            ("weight tensors the same in every bit", weights.frozen),
            ("weight tensors of another shape", weights.reshaped),
            ("weight tensors added", weights.added),
        ):
            if names:
                rows.append((words, None, f"{len(names):,}: {formatting.listed(names, _NAMED)}"))
        if weights.removed:
            rows.append(
                (
                    "weight tensors removed",
                    f"{len(weights.removed):,}: {formatting.listed(weights.removed, _NAMED)}",
                    None,
                )
            )
    columns = (Column("Model", numeric=False), Column("Then", numeric=False), Column("Now", numeric=False))
    return Table("model", "The model then and now", columns, tuple(rows), place="body")


def _inputs(changes: Changes) -> Table:
    columns = (Column("What", numeric=False), Column("Then", numeric=False), Column("Now", numeric=False))
    rows = tuple((one.what, _short(one.before), _short(one.now)) for one in changes.inputs)
    note = "What is not listed is the same: data, spec, model file, program, packages. Digests are shortened."
    return Table("inputs", "What the two reports were made from", columns, rows, note, place="appendix")


def _short(text: str | None) -> str:
    if text is None:
        return "none"
    return ", ".join(formatting.digest(part) if len(part) == _SHA else part for part in text.split(", "))


def _layers(result: ChangesResult, changes: Changes) -> Table:
    found = () if changes.structure is None else changes.structure.changes
    shown = found[: result.options.max_layers]
    rows = tuple((one.before or "–", one.now or "–") for one in shown)
    note = f"Only {len(shown)} of {len(found)}; the others are in results.json." if len(shown) < len(found) else ""
    columns = (Column("Then", numeric=False), Column("Now", numeric=False))
    return Table("layers", "Layers added, removed or replaced", columns, rows, note, place="appendix")
