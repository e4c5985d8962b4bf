"""Columns of a log as curves with one value per epoch: those that a mapping names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Columns = dict[str, list[Any]]

EPOCH = "epoch"
_EPOCHS = (EPOCH, "step")
_LONG = ("key", "value", "step")
"""Columns of a table with one row for each value, as MLflow's metric history has them."""


def mapped(columns: Columns, mapping: Mapping[str, str], is_missing: Callable[[Any], bool]) -> Columns:
    """Return the columns that a mapping names, by its keys, with one row per epoch.

    Parameters
    ----------
    columns
        All columns by name, equally long; or those of a table with one row for each value: ``key``, ``value`` and ``step``.
    mapping
        Key of the history to name of the column. The key ``epoch`` names the column with the epochs; by default ``epoch``, otherwise
        ``step``; without either, every row is an epoch.
    is_missing
        Whether a cell has no value.

    Returns
    -------
    dict
        The columns, and ``epoch`` if there are epochs, in order. Of several values in an epoch the last one counts; None is missing.

    Raises
    ------
    ValueError
        There is no such column, an epoch is no number, or a value has none.
    """
    if set(_LONG) <= set(columns) and not set(mapping.values()) & set(columns):
        columns = _spread(columns)
    missing = next((name for name in mapping.values() if name not in columns), None)
    if missing is not None:
        raise ValueError(f"it has no column {missing!r}, but {', '.join(columns) or 'none'}")
    epoch = mapping.get(EPOCH, next((name for name in _EPOCHS if name in columns), None))
    wanted = {key: columns[name] for key, name in mapping.items() if key != EPOCH}
    if epoch is None:
        return wanted
    other = next((key for key, values in wanted.items() if len(values) != len(columns[epoch])), None)
    if other is not None:
        raise ValueError(f"{mapping[other]!r} has {len(wanted[other]):,} values for {len(columns[epoch]):,} epochs")
    return _joined(columns[epoch], wanted, is_missing)


def _spread(columns: Columns) -> Columns:
    """Return a column for every key, with a row for each value, and the steps."""
    keys, values, steps = (columns[name] for name in _LONG)
    if len({len(keys), len(values), len(steps)}) > 1:
        raise ValueError(f"its columns {', '.join(_LONG)} have different numbers of rows")
    made: Columns = {key: [None] * len(keys) for key in dict.fromkeys(map(str, keys))}
    for row, (key, value) in enumerate(zip(keys, values, strict=True)):
        made[str(key)][row] = value
    return {"step": steps, **made}


def _joined(epochs: list[Any], columns: Columns, is_missing: Callable[[Any], bool]) -> Columns:
    """Return one row per epoch, in order: the last value of each column that is not missing."""
    rows: dict[float, dict[str, Any]] = {}
    for place, epoch in enumerate(epochs):
        found = {key: values[place] for key, values in columns.items() if not is_missing(values[place])}
        if not found:
            continue
        if is_missing(epoch):
            raise ValueError(f"row {place} has values, but no epoch")
        rows.setdefault(_at(epoch, place), {}).update(found)
    order = sorted(rows)
    return {EPOCH: order, **{key: [rows[epoch].get(key) for epoch in order] for key in columns}}


def _at(epoch: Any, row: int) -> float:
    try:
        if not isinstance(epoch, bool):
            return float(epoch)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"the epoch of row {row} is no number")
