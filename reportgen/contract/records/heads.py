"""One output of a model: what it is, how that was decided, and what was gathered of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from reportgen.contract.numbers import Status


@dataclass(frozen=True)
class Decision:
    """What an ordered list of rules decided, and which rule it was."""

    value: str
    rule: str


class HeadOutputs:
    """Base of what a task gathers of a head in the pass; each task has its own record.

    ``labeled`` says whether the record was compared with labels.
    """

    labeled: ClassVar[bool] = False


@dataclass(frozen=True)
class HeadEvaluation:
    """One output of a model: what it is, how that was decided, and what was gathered of it.

    ``outputs`` is None for a task that is not measured; without labels it holds the predictions alone. ``status`` and
    ``reason`` say why numbers are missing.
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
