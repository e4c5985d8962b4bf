"""Text tables: the columns of a ``.csv`` file by the names in its first line."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, ClassVar

from reportgen.inputs.sources import columns
from reportgen.inputs.sources.arrays import ArraySource, unreadable

if TYPE_CHECKING:
    from reportgen.inputs.sources.arrays import Read


class Csv(ArraySource):
    """A ``.csv`` file; only an empty cell is missing, ``NA`` is text."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)

    def names(self) -> tuple[str, ...] | None:
        """Return the names in the first line."""
        try:
            with self.path.open(newline="", encoding="utf-8-sig") as file:
                return tuple(next(csv.reader(file), []))
        except (OSError, ValueError, csv.Error):
            return None

    def reader(self) -> Read:
        """Read the table."""
        import pandas as pd

        try:
            table = pd.read_csv(self.path, keep_default_na=False, na_values=[""])
        except (OSError, ValueError) as error:
            raise unreadable(("data", "path"), self.file, "csv", error) from error
        return columns.reader(table, self.file)
