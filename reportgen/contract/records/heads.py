"""One output of a model: its task and type, how they were decided, and its outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.numbers import Status


@dataclass(frozen=True)
class Decision:
    """The decision of an ordered list of rules, and the rule that applied."""

    value: str
    rule: str


class HeadOutputs:
    """Base of the record that a task collects from a head; each task has its own.

    ``labeled`` is whether the outputs were compared with labels.
    """

    labeled: ClassVar[bool] = False

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Return the outputs of some of the rows, given by a mask (N,)."""
        raise NotImplementedError


@dataclass(frozen=True)
class HeadEvaluation:
    """One output of a model: its task and type, how they were decided, and its outputs.

    ``outputs`` is None for a task that is not measured; without labels it contains only the predictions. ``status`` and
    ``reason`` explain why metrics are missing. ``positions`` is which positions of a row count, None for one answer per row.
    """

    name: str
    task: Decision
    output_type: Decision
    labels: Decision
    class_names: tuple[str, ...]
    n: int
    outputs: HeadOutputs | None
    status: Status = "ok"
    reason: str | None = None
    positions: Decision | None = None
