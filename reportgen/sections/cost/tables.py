"""Tables of the cost section."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.cost import schema
from reportgen.sections.cost.words import duration
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.tables import Cell
    from reportgen.sections.cost.schema import CostResult, LayerRow, Measured, ModelCost

_SHOWN = (schema.PARAMETERS, schema.MULTIPLY_ADDS, schema.ACTIVATIONS, schema.WORKING, schema.SIZE)
Rows = tuple[tuple["Cell", ...], ...]


def tables(result: CostResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    costs = replace(metrics_by_head(result, view, "costs", "Cost of one example", _SHOWN), place="body")
    times = () if result.measured is None else (_times(result.measured, view),)
    return (costs, *times, *_layers(result, view))


def _times(measured: Measured, view: View) -> Table:
    listed = view.listed(measured.models)
    rows: list[tuple[Cell, ...]] = []
    for one in listed:
        if one.reason is not None:
            rows.append((one.model, None, f"not measured: {one.reason}", None, None))
        for batch in one.batches:
            quartiles = f"{duration(batch.low)} to {duration(batch.high)}"
            speed = formatting.number(round(batch.examples_per_second), "count")
            rows.append((one.model, batch.batch_size, duration(batch.median), quartiles, speed))
    columns = (
        Column("Model", numeric=False),
        Column("Batch size", unit="count"),
        Column("Median"),
        Column("Middle half"),
        Column("Examples per second"),
    )
    versions = ", ".join(f"{name} {version}" for name, version in measured.versions.items())
    note = (
        f"Time of a prediction, {measured.repetitions} repetitions after {measured.warm_up} to warm up, on {measured.processor}, "
        f"{measured.cores} cores, {measured.system}, device {measured.device}; {versions}. Other machines differ."
    )
    return Table(
        "times", "Measured times", columns, tuple(rows), f"{note}{view.rest(measured.models, listed)}", place="body"
    )


# ------------------------------------------------------------------------------------------------ layers


def _layers(result: CostResult, view: View) -> Iterator[Table]:
    """Yield one table of layers per structure; models with the same layers share it."""
    groups: dict[tuple[LayerRow, ...], list[ModelCost]] = {}
    for one in view.shown(result.models):
        if one.layers:
            groups.setdefault(one.layers, []).append(one)
    for layers, models in groups.items():
        shown = sorted(layers, key=lambda layer: -layer.multiply_adds)[: result.options.max_layers]
        yield Table(
            f"layers-{models[0].model}",
            f"Multiply-adds by layer of {formatting.listed([one.model for one in models])}",
            _LAYER_COLUMNS,
            _layer_rows(shown, sum(layer.multiply_adds for layer in layers)),
            _left_out(layers, shown),
            place="full",
        )


_LAYER_COLUMNS = (
    Column("Layer", numeric=False),
    Column("Type", numeric=False),
    Column("Calls", unit="count"),
    Column("Multiply-adds", unit="count"),
    Column("Share"),
)


def _layer_rows(layers: Sequence[LayerRow], total: int) -> Rows:
    return tuple(
        (one.name, one.layer_type, one.calls, one.multiply_adds, formatting.fraction(one.multiply_adds / total))
        for one in layers
    )


def _left_out(layers: Sequence[LayerRow], shown: Sequence[LayerRow]) -> str:
    missing = len(layers) - len(shown)
    if not missing:
        return ""
    rest = sum(one.multiply_adds for one in layers) - sum(one.multiply_adds for one in shown)
    return (
        f"Only the {len(shown)} layers with the most; {missing} more, with {rest:,} multiply-adds, are in results.json."
    )
