"""Tables of the information_flow section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.section import Column, Table
from reportgen.sections.information_flow import schema

if TYPE_CHECKING:
    from reportgen.section import Cell
    from reportgen.sections.information_flow.schema import InformationFlowResult, LayerFlow

MOST_ROWS = 24
"""Rows of a layer table. Convention."""


def tables(result: InformationFlowResult) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    return (_models(result), *(_layers(result, one.model) for one in result.models if one.n_layers))


def _models(result: InformationFlowResult) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.model, *(result.find(spec.name, one.model) for spec in schema.PER_MODEL), one.score_parts)
        for one in result.models
    ]
    columns = (
        Column("Model", numeric=False),
        *(Column(spec.title) for spec in schema.PER_MODEL),
        Column("The score is made of", numeric=False),
    )
    sampling = result.models[0].sampling if result.models else ""
    note = f"Probed on {len(result.rows):,} rows of the {result.split} split: {sampling}."
    return Table("models", "Layers of each model as a whole", columns, tuple(rows), note)


def _layers(result: InformationFlowResult, model: str) -> Table:
    layers = result.of(model)
    step = -(-len(layers) // MOST_ROWS)
    shown = layers[::step]
    specs = schema.PER_LAYER
    columns = (
        Column("Layer", numeric=False),
        Column("Activation", numeric=False),
        Column("Units", unit="count"),
        *(Column(spec.title) for spec in specs),
    )
    rows = tuple(
        (*_head(one), *(result.find(spec.name, model, f"layer:{one.name}") for spec in specs)) for one in shown
    )
    missing = len(layers) - len(shown)
    note = (
        "In the order in which data flow; a unit of convolution, normalisation and activation goes by its first layer."
    )
    if missing:
        note += f" Every {_ordinal(step)} layer; {missing} more are in results.json."
    return Table(f"layers-{model}", f"Layers of {model}", columns, rows, note)


def _ordinal(step: int) -> str:
    return {2: "second", 3: "third"}.get(step, f"{step}th")


def _head(one: LayerFlow) -> tuple[Cell, ...]:
    return one.name, one.activation, one.channels
