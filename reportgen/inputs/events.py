"""TensorBoard's event files as columns of scalars; they are read with TensorFlow, in the worker."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reportgen.inputs.code import load_libraries
from reportgen.inputs.digest import of_path
from reportgen.inputs.folders import files_below
from reportgen.inputs.sources.records import require_frames
from reportgen.spec.files import MEGABYTE, is_folder, unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reportgen.inputs.curves import Columns

_MARK = "tfevents"
_MOST = 1024 * MEGABYTE
"""Bytes of all event files of a history."""
_OF_KERAS = re.compile(r"(train|validation)/epoch_(.+)")


def is_log(path: Path) -> bool:
    """Return whether a history is an event file, or a folder of them."""
    return _MARK in path.name or is_folder(path)


def digest_of(path: Path, file: str) -> tuple[str, str]:
    """Return the name of an event file, or of a folder with a slash at its end, and its digest."""
    return f"{file.rstrip('/')}/" if is_folder(path) else file, of_path(path)


def columns_of(path: Path) -> Columns:
    """Return the scalars of an event file, or of all event files below a folder, by ``folder/tag``, and their steps.

    Of several values of a tag at a step the last one counts, in the order of the names of the files; None is missing.

    Raises
    ------
    ValueError
        There is none, a link leaves the folder, or a file is damaged or too large.
    """
    values: dict[str, dict[int, float]] = {}
    for file, run in _files(path):
        for tag, step, value in _scalars(file):
            values.setdefault(f"{run}/{tag}" if run else tag, {})[step] = value
    steps = sorted({step for curve in values.values() for step in curve})
    return {"step": list(steps), **{name: [curve.get(step) for step in steps] for name, curve in values.items()}}


def keras_names(columns: Columns) -> dict[str, str]:
    """Return the keys of ``fit``'s history for the columns that Keras' TensorBoard callback wrote.

    >>> keras_names({"step": [], "train/epoch_loss": [], "validation/epoch_loss": [], "train/batch_loss": []})
    {'loss': 'train/epoch_loss', 'val_loss': 'validation/epoch_loss'}

    Raises
    ------
    ValueError
        There are none.
    """
    found = {name: match for name in columns if (match := _OF_KERAS.fullmatch(name))}
    if not found:
        names = ", ".join(name for name in columns if name != "step") or "none"
        raise ValueError(
            f"it has no curves of Keras' TensorBoard callback: name some in history_columns (there are {names})"
        )
    return {("val_" if match[1] == "validation" else "") + match[2]: name for name, match in found.items()}


def _files(path: Path) -> list[tuple[Path, str]]:
    """Return the event files in the order of their names, each with the folder that it is in, relative to the path."""
    if is_folder(path):
        names = [name for name in files_below(path) if _MARK in name.rpartition("/")[2]]
        found = [(path / name, name.rpartition("/")[0]) for name in names]
    else:
        reason = unusable(path)
        if reason is not None:
            raise ValueError(reason)
        found = [(path, "")]
    if not found:
        message = "the folder has no event files"
        raise ValueError(message)
    if sum(file.stat().st_size for file, _ in found) > _MOST:
        raise ValueError(f"the event files are larger than {_MOST // MEGABYTE:,} MB")
    return found


def _scalars(file: Path) -> Iterator[tuple[str, int, float]]:
    """Yield (tag, step, value) of every scalar in a file; TensorBoard leaves out a last record that is cut off, this does not."""
    require_frames(file)
    load_libraries()
    import tensorflow as tf

    for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
        event = tf.compat.v1.Event.FromString(record)
        for value in event.summary.value:
            number = _number(value, tf)
            if number is not None:
                yield value.tag, event.step, number


def _number(value: Any, tf: Any) -> float | None:
    """Return a scalar; None for anything else, such as a histogram."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if value.HasField("tensor") and not value.tensor.tensor_shape.dim and not value.tensor.tensor_shape.unknown_rank:
        array = tf.make_ndarray(value.tensor)
        return float(array) if array.dtype.kind in "fiu" else None
    return None
