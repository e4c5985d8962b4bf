"""The input of the analyzers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from reportgen.contract.decision import COMPARISON, Decision
from reportgen.contract.params import NO_PARAMS, Params
from reportgen.contract.records.heads import HeadOutputs
from reportgen.contract.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
class SplitOutputs:
    """What a model answers on a further split of the data: its heads, and its activations if a section needs them."""

    heads: tuple[HeadEvaluation, ...]
    activations: Activations | None = None


@dataclass(frozen=True)
class ModelEvaluation:
    """A model: file, architecture, heads and history; weights, activations, cost and times if a section needs them.

    ``size_bytes`` is None for a model in memory, ``sha256`` for one that could not be read; ``series`` is the run that it is a
    checkpoint of, and ``recipe`` the recipe that it is a seed of, if declared; ``code`` are the files and packages of its custom objects, or of the function that made it, with their digests; ``form`` is what it was
    loaded from. ``splits`` are its answers on the further splits of the data, by name. ``reason`` is why it was not evaluated, None otherwise: such a model has no heads, and architecture and weights only if it could be
    loaded. ``failure`` is the location in the spec, the file and the message of what went wrong; ``passing`` is whether that can be
    another time's success, because the machine had no memory or a problem with a file.
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
    splits: Mapping[str, SplitOutputs] = field(default_factory=dict)
    reason: str | None = None
    failure: tuple[tuple[str | int, ...], str, str] | None = None
    passing: bool = False

    def subject(self, head: HeadEvaluation, part: Subject | None = None) -> Subject | None:
        """Return the subject of a metric of a head or of a part of it; a single head is not named."""
        own = Subject.of("head", head.name) if len(self.heads) > 1 else None
        return own if part is None else part.within(own)


@dataclass(frozen=True)
class Evaluation:
    """The input of the analyzers; ``decision`` has the roles of the models, ``params`` their training parameters.

    ``examples`` are None unless a section needs them and the spec wants them. ``splits`` are the further splits of the data that were
    evaluated, by name, and ``split_examples`` the examples of those.
    """

    models: tuple[ModelEvaluation, ...]
    data: DataEvaluation | None
    versions: dict[str, str]
    decision: Decision = COMPARISON
    examples: Examples | None = None
    params: Params = NO_PARAMS
    splits: Mapping[str, DataEvaluation] = field(default_factory=dict)
    split_examples: Mapping[str, Examples | None] = field(default_factory=dict)

    def on(self, split: str | None) -> Evaluation:
        """Return the evaluation on a split of the data; itself for its own one, or None."""
        if split is None or (self.data is not None and split == self.data.split):
            return self
        found = {model.name: model.splits.get(split, SplitOutputs(())) for model in self.models}
        models = tuple(
            replace(model, heads=found[model.name].heads, activations=found[model.name].activations)
            for model in self.models
        )
        return replace(self, models=models, data=self.splits[split], examples=self.split_examples.get(split))

    def alone(self, model: ModelEvaluation) -> Evaluation:
        """Return the evaluation of one of the models, which tells nothing of the others, of roles and of parameters."""
        return replace(self, models=(model,), decision=COMPARISON, examples=None, params=NO_PARAMS, split_examples={})

    def heads(self, kind: type[OutputsT]) -> Iterator[tuple[ModelEvaluation, HeadEvaluation, OutputsT]]:
        """Yield every head whose outputs are a record of this kind, with its model and outputs."""
        for model in self.models:
            for head in model.heads:
                if isinstance(head.outputs, kind):
                    yield model, head, head.outputs
