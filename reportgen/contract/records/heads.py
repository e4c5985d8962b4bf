"""One output of a model: what it is, and how that was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.contract.numbers import Status
    from reportgen.contract.records.classification import ClassificationOutputs


@dataclass(frozen=True)
class Decision:
    """What an ordered list of rules decided, and which rule it was."""

    value: str
    rule: str


@dataclass(frozen=True)
class HeadEvaluation:
    """One output of a model: what it is, how that was decided, and its predictions.

    ``classification`` is None for a task that is not measured; ``status`` and ``reason`` then say why.
    """

    name: str
    task: Decision
    outputs: Decision
    labels: Decision
    class_names: tuple[str, ...]
    n: int
    classification: ClassificationOutputs | None
    status: Status = "ok"
    reason: str | None = None
