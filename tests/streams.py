"""Data sets that can only be read in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.inputs.dataset import Batch, Dataset


class Stream:
    """A data set that can only be read in order, a few rows at a time."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def __getattr__(self, name: str) -> Any:
        if name == "take":
            raise AttributeError(name)
        return getattr(self._dataset, name)

    def batches(self, _size: int) -> Iterator[Batch]:
        """Yield three rows at a time."""
        return self._dataset.batches(3)
