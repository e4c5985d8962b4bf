"""Tables of the overview section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.tables import Column, Table
from reportgen.sections.overview import schema
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric
    from reportgen.contract.tables import Cell
    from reportgen.sections.overview.schema import (
        DataOverview,
        LayerRow,
        ModelOverview,
        NearOverview,
        OverviewResult,
        TensorRow,
    )

Shape = tuple[int | None, ...] | None
Rows = tuple[tuple["Cell", ...], ...]


def tables(result: OverviewResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    shares = tuple(next((one.metric for one in result.named(spec.name)), None) for spec in (schema.LEAKED, schema.NEAR))
    data = () if result.data is None else (_data(result.data, *shares), *_pairs(result.data))
    return (_models(result, view), _training(result), *data, *_layers(result, view))


def _models(result: OverviewResult, view: View) -> Table:
    rows: Rows = tuple(
        (one.model, one.kind, *(result.find(spec.name, one.model) for spec in schema.OF_MODELS), one.dtype_policy)
        for one in view.listed(result.models)
    )
    columns = (
        Column("Model", numeric=False),
        Column("Type", numeric=False),
        *(Column(spec.title) for spec in schema.OF_MODELS),
        Column("Dtype policy", numeric=False),
    )
    rest = view.rest(result.models, view.listed(result.models)).strip()
    return Table("models", "Models", columns, rows, rest)


def _training(result: OverviewResult) -> Table:
    columns = tuple(
        Column(title, numeric=False) for title in ("Model", "Inputs", "Outputs", "Loss", "Optimizer", "Metrics")
    )
    groups: dict[tuple[Cell, ...], list[str]] = {}
    for one in result.models:
        compiled = ", ".join(one.compiled_metrics) if one.compiled_metrics else None
        cells = (_tensors(one.inputs), _tensors(one.outputs), one.loss, one.optimizer, compiled)
        groups.setdefault(cells, []).append(one.model)
    rows: Rows = tuple((formatting.listed(models), *cells) for cells, models in groups.items())
    note = "Shapes omit the batch axis; * is a variable size. Loss, optimizer and metrics are as compiled."
    return Table("interfaces", "Inputs, outputs and compilation", columns, rows, note)


def _tensors(tensors: Sequence[TensorRow]) -> str | None:
    return "; ".join(f"{one.name} {shape_text(one.shape)} {one.dtype}" for one in tensors) or None


def shape_text(shape: Shape) -> str | None:
    """Return a shape as it is shown.

    >>> shape_text((None, 64)), shape_text((10,)), shape_text(None)
    ('(* × 64)', '(10)', None)
    """
    if shape is None:
        return None
    return f"({' × '.join('*' if size is None else str(size) for size in shape)})"


def _data(data: DataOverview, leaked: Metric | None, near: Metric | None) -> Table:
    rows: list[tuple[Cell, ...]] = [
        ("split", data.split),
        ("rows evaluated", f"{data.n:,} of {data.n_total:,} ({data.sampling})"),
        ("inputs", _tensors(data.inputs)),
        ("duplicate rows", f"{data.duplicates:,}"),
        ("duplicates with a different label", None if data.conflicting is None else f"{data.conflicting:,}"),
    ]
    if data.training is not None:
        rows.append(("training data", f"{data.training.n:,} rows, compared {data.training.compared}"))
        rows.append(("rows also in the training data", _share(data.training.leaked, leaked)))
        rows += _near(data.training.near, near)
    if data.group_sizes is not None:
        found = data.group_sizes
        sizes = f"{found.smallest:,} to {found.largest:,} rows, median {found.median:,.4g}"
        rows.append(("groups", f"{found.groups:,} by {data.grouped_by}, {sizes}"))
    if data.effective_n is not None:
        rows.append(("effective number of rows", f"{data.effective_n:,.0f}, by the weights"))
    rows += [(f"labels{_of(one.head)}", _balance(one.classes, one.counts)) for one in data.balance]
    rows += [("file", _file(*one)) for one in data.files]
    rows += [("file of the training data", _file(*one)) for one in (data.training.files if data.training else ())]
    columns = (Column("Property", numeric=False), Column("Value", numeric=False))
    return Table(
        "data",
        "Data",
        columns,
        tuple(rows),
        "A duplicate row has inputs that are bit-identical to those of an earlier row.",
        place="body",
    )


def _near(found: NearOverview | None, share: Metric | None) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows about near duplicates in the training data."""
    if found is not None and found.rows is None:
        yield "near duplicates in the training data", f"not looked for: {found.reason}"
    elif found is not None and found.rows is not None:
        yield "near duplicates in the training data", f"{_share(found.rows, share)}: {found.compared}"
        yield "near duplicates among these rows", f"{found.own or 0:,}, by the same method"


def _pairs(data: DataOverview) -> Iterator[Table]:
    """Yield the pairs of near duplicates that have no pictures; a gallery shows the others."""
    near = None if data.training is None else data.training.near
    rows: Rows = (
        ()
        if near is None
        else tuple((pair.row, pair.training_row, pair.likeness) for pair in near.pairs if not pair.pictures)
    )
    if rows:
        columns = (
            Column("Row", unit="index"),
            Column("Training row", unit="index"),
            Column("How alike", numeric=False),
        )
        note = "Those that are least alike first. Rows are numbered from 0 in their data sets."
        yield Table("near-duplicates", "Near duplicates in the training data", columns, rows, note)


def _share(count: int, share: Metric | None) -> str:
    """Return a number of rows, with its share and interval."""
    shown = None if share is None else formatting.metric(share)
    return f"{count:,}" if shown is None else f"{count:,} ({shown.text} {shown.interval})".replace(" )", ")")


def _file(file: str, sha256: str) -> str:
    return f"{file}, SHA-256 {formatting.digest(sha256)}…"


def _of(head: str | None) -> str:
    return "" if head is None else f" of {head}"


def _balance(classes: Sequence[str], counts: Sequence[int]) -> str:
    if len(classes) == 1:
        return f"1 class, {counts[0]:,} rows"
    return f"{len(classes):,} classes, {min(counts):,} to {max(counts):,} rows per class"


# ------------------------------------------------------------------------------------------------ layers


def _layers(result: OverviewResult, view: View) -> Iterator[Table]:
    """Yield one layer table per architecture; models with the same architecture share it."""
    groups: dict[tuple[LayerRow, ...], list[ModelOverview]] = {}
    for one in view.shown(result.models):
        groups.setdefault(one.layers, []).append(one)
    for layers, models in groups.items():
        names = formatting.listed([one.model for one in models])
        shown = most_parameters(layers, result.options.max_layers)
        yield Table(
            f"layers-{models[0].model}",
            f"Layers of {names}",
            _LAYER_COLUMNS,
            _layer_rows(shown),
            _left_out(layers, shown),
            place="full",
        )


_LAYER_COLUMNS = (
    Column("Layer", numeric=False),
    Column("Type", numeric=False),
    Column("Output shape", numeric=False),
    Column("Parameters", unit="count"),
    Column("Trainable", unit="count"),
)


def most_parameters(layers: Sequence[LayerRow], most: int) -> tuple[LayerRow, ...]:
    """Return the layers with the most parameters, in model order; the first of equals."""
    order = sorted(range(len(layers)), key=lambda place: (-layers[place].parameters, place))[:most]
    return tuple(layers[place] for place in sorted(order))


def _layer_rows(layers: Sequence[LayerRow]) -> Rows:
    return tuple(
        (one.name, _kind(one), shape_text(one.output_shape), one.parameters, one.trainable_parameters) for one in layers
    )


def _kind(layer: LayerRow) -> str:
    if layer.shared_with is not None:
        return f"{layer.layer_type}, shared with {layer.shared_with}"
    return f"{layer.layer_type} ({layer.n_inner} nested layers)" if layer.n_inner else layer.layer_type


def _left_out(layers: Sequence[LayerRow], shown: Sequence[LayerRow]) -> str:
    missing = len(layers) - len(shown)
    if not missing:
        return ""
    rest = sum(one.parameters for one in layers) - sum(one.parameters for one in shown)
    return f"Only the {len(shown)} layers with the most parameters; {missing} more, with {rest:,} parameters, are in results.json."
