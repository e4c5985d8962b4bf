"""Everything that the analyzers are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reportgen.contract.records.heads import HeadOutputs
from reportgen.contract.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.records.activations import Activations
    from reportgen.contract.records.architecture import Architecture
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.records.history import History
    from reportgen.contract.records.weights import WeightTensor


OutputsT = TypeVar("OutputsT", bound=HeadOutputs)


@dataclass(frozen=True)
class ModelEvaluation:
    """A model: its file, its architecture, its heads, its history; weights and activations where a section needs them.

    ``size_bytes`` is None for a model that was given in memory, ``sha256`` for one that could not be read; ``series`` is the
    run that it is a checkpoint of, where it is said to be one; ``code`` are the files and packages of its custom objects with
    their digests. ``reason`` tells why it could not be evaluated, where it could not: it has no heads then, and architecture
    and weights only where they could be had without data.
    """

    name: str
    file: str
    sha256: str | None
    size_bytes: int | None
    heads: tuple[HeadEvaluation, ...]
    history: History | None
    architecture: Architecture | None = None
    weights: tuple[WeightTensor, ...] | None = None
    activations: Activations | None = None
    series: str | None = None
    code: tuple[tuple[str, str], ...] = ()
    reason: str | None = None

    def subject(self, head: HeadEvaluation, part: Subject | None = None) -> Subject | None:
        """Return the subject of a number about a head, which has one where there are several, or about a part of it."""
        own = Subject.of("head", head.name) if len(self.heads) > 1 else None
        return own if part is None else part.within(own)


@dataclass(frozen=True)
class Evaluation:
    """Everything that the analyzers are given."""

    models: tuple[ModelEvaluation, ...]
    data: DataEvaluation | None
    versions: dict[str, str]

    def heads(self, kind: type[OutputsT]) -> Iterator[tuple[ModelEvaluation, HeadEvaluation, OutputsT]]:
        """Yield every head with what was gathered of it, where that is a record of this kind."""
        for model in self.models:
            for head in model.heads:
                if isinstance(head.outputs, kind):
                    yield model, head, head.outputs
