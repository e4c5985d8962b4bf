"""Tables of the information_flow section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.places import by_size
from reportgen.contract.subjects import Subject
from reportgen.contract.tables import Column, Table
from reportgen.figures.draw import relative_depths
from reportgen.sections.information_flow import schema
from reportgen.sections.information_flow.findings import DEAD_WARN, DORMANT_WARN
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.information_flow.schema import InformationFlowResult, LayerFlow

MOST_ROWS = 24
"""Maximum number of rows of a layer table. Convention."""


def tables(result: InformationFlowResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    shown = view.shown(one for one in result.models if one.n_layers)
    of_models = (table for one in shown for table in _layers(result, one.model))
    return (_models(result, view), *of_models)


def _models(result: InformationFlowResult, view: View) -> Table:
    """List the metrics of each model; the components of the score are in a column where they differ, else in the note."""
    listed = view.listed(result.models)
    parts = {one.score_parts for one in listed if one.score_parts}
    differ = len(parts) > 1
    attends = any(one.metric.value is not None for one in result.named("collapsed_heads"))
    specs = [spec for spec in schema.PER_MODEL if attends or spec is not schema.COLLAPSED]
    rows: list[tuple[Cell, ...]] = [
        (
            one.model,
            *(result.find(spec.name, one.model) for spec in specs),
            _most_dead(result.of(one.model)),
            *[one.score_parts or None] * differ,
        )
        for one in listed
    ]
    columns = (
        Column("Model", numeric=False),
        *(Column(spec.title) for spec in specs),
        Column("Most dead units in a layer", numeric=False),
        *[Column("Score components", numeric=False)] * differ,
    )
    sampling = result.models[0].sampling if result.models else ""
    note = f"Probed on {len(result.rows):,} rows of the {result.split} split: {sampling}. A layer needs attention from "
    note += f"{100 * DEAD_WARN:g}{formatting.THIN}% dead or {100 * DORMANT_WARN:g}{formatting.THIN}% dormant units on."
    note += "" if differ else "".join(f" Specialization combines {one}." for one in parts)
    note += view.rest(result.models, listed)
    return Table("models", "Activations by model", columns, tuple(rows), note, place=by_size(len(rows)))


def _most_dead(layers: Sequence[LayerFlow]) -> str | None:
    """Return the layer with the largest share of dead units; None where no layer can have any."""
    known = [(one.dead / one.channels, one) for one in layers if one.dead is not None]
    if not known:
        return None
    share, worst = max(known, key=lambda item: item[0])
    return f"{worst.name}: {worst.dead} of {worst.channels}" if share else "none"


def _layers(result: InformationFlowResult, model: str) -> tuple[Table, Table]:
    """List the layers twice: activation statistics, then dimensions and separability."""
    layers = result.of(model)
    step = -(-len(layers) // MOST_ROWS)
    missing = len(layers) - len(layers[::step])
    note = (
        f"In data flow order, every {_ordinal(step)} layer; {missing} more are in results.json." if missing else _NOTE
    )
    note += " Depth is that of the figures: 0 is the input, 1 the output."
    place = (Column("Depth"), Column("Layer", numeric=False))
    kind = (
        Column("Activation", numeric=False),
        Column("Units", unit="count"),
    )
    placed = tuple(zip(relative_depths(len(layers)), layers, strict=True))[::step]
    return (
        _table(
            result,
            f"layers-{model}",
            f"Activations of the layers of {model}",
            ((*place, *kind), schema.LAYER_VALUES),
            placed,
            note,
        ),
        _table(
            result,
            f"carried-{model}",
            f"Dimensions and separability of the layers of {model}",
            (place, schema.LAYER_CONTENT),
            placed,
            note,
        ),
    )


_NOTE = "In data flow order. A layer with its normalization and activation is listed by the name of the first."


def _table(
    result: InformationFlowResult,
    name: str,
    title: str,
    columns: tuple[tuple[Column, ...], tuple[MetricSpec, ...]],
    placed: Sequence[tuple[float, LayerFlow]],
    note: str,
) -> Table:
    first, specs = columns
    rows = tuple(
        (
            *(_described(depth, one)[column.title] for column in first),
            *(result.find(spec.name, one.model, Subject.of("layer", one.name)) for spec in specs),
        )
        for depth, one in placed
    )
    return Table(name, title, (*first, *(Column(spec.title) for spec in specs)), rows, note, place="full")


def _ordinal(step: int) -> str:
    return {2: "second", 3: "third"}.get(step, f"{step}th")


def _described(depth: float, one: LayerFlow) -> dict[str, Cell]:
    """Return the cells of a layer other than its metrics, by column title."""
    return {"Depth": f"{depth:.2f}", "Layer": one.name, "Activation": one.activation, "Units": one.channels}
