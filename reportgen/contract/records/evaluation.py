"""The input of the analyzers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reportgen.contract.decision import COMPARISON, Decision
from reportgen.contract.params import NO_PARAMS, Params
from reportgen.contract.records.heads import HeadOutputs
from reportgen.contract.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.forms import Form
    from reportgen.contract.records.activations import Activations
    from reportgen.contract.records.architecture import Architecture
    from reportgen.contract.records.cost import Cost, Times
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.examples import Examples
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.records.history import History
    from reportgen.contract.records.weights import WeightTensor


OutputsT = TypeVar("OutputsT", bound=HeadOutputs)


@dataclass(frozen=True)
class ModelEvaluation:
    """A model: file, architecture, heads and history; weights, activations, cost and times if a section needs them.

    ``size_bytes`` is None for a model in memory, ``sha256`` for one that could not be read; ``series`` is the run that it is a
    checkpoint of, and ``recipe`` the recipe that it is a seed of, if declared; ``code`` are the files and packages of its custom objects, or of the function that made it, with their digests; ``form`` is what it was
    loaded from. ``reason`` is why it was not evaluated, None otherwise: such a model has no heads, and architecture and weights only if it could be
    loaded.
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
    cost: Cost | None = None
    times: Times | None = None
    series: str | None = None
    recipe: str | None = None
    code: tuple[tuple[str, str], ...] = ()
    form: Form = "keras"
    reason: str | None = None

    def subject(self, head: HeadEvaluation, part: Subject | None = None) -> Subject | None:
        """Return the subject of a metric of a head or of a part of it; a single head is not named."""
        own = Subject.of("head", head.name) if len(self.heads) > 1 else None
        return own if part is None else part.within(own)


@dataclass(frozen=True)
class Evaluation:
    """The input of the analyzers; ``decision`` has the roles of the models, ``params`` their training parameters.

    ``examples`` are None unless a section needs them and the spec wants them.
    """

    models: tuple[ModelEvaluation, ...]
    data: DataEvaluation | None
    versions: dict[str, str]
    decision: Decision = COMPARISON
    examples: Examples | None = None
    params: Params = NO_PARAMS

    def heads(self, kind: type[OutputsT]) -> Iterator[tuple[ModelEvaluation, HeadEvaluation, OutputsT]]:
        """Yield every head whose outputs are a record of this kind, with its model and outputs."""
        for model in self.models:
            for head in model.heads:
                if isinstance(head.outputs, kind):
                    yield model, head, head.outputs
