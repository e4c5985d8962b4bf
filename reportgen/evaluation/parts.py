"""The parts of the rows that several workers evaluate for one model."""

from __future__ import annotations

from dataclasses import dataclass

BLOCKS = 256
"""Blocks of batches that the rows are divided into: the largest number of parts, and of sums that pieces of all rows hold. Never the number of workers: sums would differ in their last digits."""


@dataclass(frozen=True)
class RowsPart:
    """One of several parts of the rows that are evaluated apart, ``index`` from 0 of ``of``; the probed rows are in the first one."""

    index: int
    of: int

    def blocks(self, n: int, size: int) -> list[range]:
        """Return the blocks of this part, of n rows in batches of some size: whole batches each, but for the last one."""
        step = -(-n // (size * BLOCKS)) * size
        found = [range(start, min(start + step, n)) for start in range(0, n, step or 1)]
        return found[self.index * len(found) // self.of : (self.index + 1) * len(found) // self.of]


WHOLE = RowsPart(0, 1)
"""All rows at once."""
