"""Tables of the information_flow section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import Subject
from reportgen.contract.tables import Column, Table
from reportgen.sections.information_flow import schema

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
    parts = {one.score_parts for one in listed}
    differ = len(parts) > 1
    rows: list[tuple[Cell, ...]] = [
        (one.model, *(result.find(spec.name, one.model) for spec in schema.PER_MODEL), *[one.score_parts] * differ)
        for one in listed
    ]
    columns = (
        Column("Model", numeric=False),
        *(Column(spec.title) for spec in schema.PER_MODEL),
        *[Column("Score components", numeric=False)] * differ,
    )
    sampling = result.models[0].sampling if result.models else ""
    note = f"Probed on {len(result.rows):,} rows of the {result.split} split: {sampling}."
    note += "" if differ else "".join(f" Specialization combines {one}." for one in parts if one)
    note += view.rest(result.models, listed)
    return Table("models", "Activations by model", columns, tuple(rows), note)


def _layers(result: InformationFlowResult, model: str) -> tuple[Table, Table]:
    """List the layers twice: activation statistics, then dimensions and separability."""
    layers = result.of(model)
    step = -(-len(layers) // MOST_ROWS)
    missing = len(layers) - len(layers[::step])
    note = (
        f"In data flow order, every {_ordinal(step)} layer; {missing} more are in results.json." if missing else _NOTE
    )
    place = (Column("No.", unit="count"), Column("Layer", numeric=False))
    kind = (
        Column("Activation", numeric=False),
        Column("Units", unit="count"),
    )
    numbered = tuple(enumerate(layers, 1))[::step]
    return (
        _table(
            result,
            f"layers-{model}",
            f"Activations of the layers of {model}",
            ((*place, *kind), schema.LAYER_VALUES),
            numbered,
            note,
        ),
        _table(
            result,
            f"carried-{model}",
            f"Dimensions and separability of the layers of {model}",
            (place, schema.LAYER_CONTENT),
            numbered,
            note,
        ),
    )


_NOTE = "In data flow order. A layer with its normalization and activation is listed by the name of the first."


def _table(
    result: InformationFlowResult,
    name: str,
    title: str,
    columns: tuple[tuple[Column, ...], tuple[MetricSpec, ...]],
    numbered: Sequence[tuple[int, LayerFlow]],
    note: str,
) -> Table:
    first, specs = columns
    rows = tuple(
        (
            *(_described(number, one)[column.title] for column in first),
            *(result.find(spec.name, one.model, Subject.of("layer", one.name)) for spec in specs),
        )
        for number, one in numbered
    )
    return Table(name, title, (*first, *(Column(spec.title) for spec in specs)), rows, note)


def _ordinal(step: int) -> str:
    return {2: "second", 3: "third"}.get(step, f"{step}th")


def _described(number: int, one: LayerFlow) -> dict[str, Cell]:
    """Return the cells of a layer other than its metrics, by column title."""
    return {"No.": number, "Layer": one.name, "Activation": one.activation, "Units": one.channels}
