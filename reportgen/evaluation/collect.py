"""From a spec to an evaluation: load the data, then load, evaluate and release one model after the other."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.forms import NO_LAYERS
from reportgen.contract.needs import Need
from reportgen.contract.records.activations import Activations
from reportgen.contract.records.evaluation import ModelEvaluation, SplitOutputs
from reportgen.contract.records.pieces import ModelPiece
from reportgen.errors import InputError, Mistakes
from reportgen.evaluation.architecture import describe
from reportgen.evaluation.attempts import Attempts
from reportgen.evaluation.cost import cost, unknown
from reportgen.evaluation.examples import Errors
from reportgen.evaluation.run import Pass
from reportgen.evaluation.splits import read_splits
from reportgen.evaluation.times import times
from reportgen.evaluation.weights import weight_tensors
from reportgen.inputs.code import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reportgen.contract.needs import Request, Timing
    from reportgen.contract.records.cost import Times
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.examples import Examples
    from reportgen.contract.records.history import History
    from reportgen.contract.records.pieces import RowsPiece
    from reportgen.evaluation.parts import RowsPart
    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.evaluation.splits import Split
    from reportgen.inputs.given import Inputs
    from reportgen.inputs.models import LoadedModel
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.tables.models import ModelSpec


@dataclass(frozen=True)
class Collection:
    """An evaluation with lazy models: each is loaded, evaluated and released on request.

    ``evaluate`` takes the name of a model and returns it without the parts that failed, together with the first error; ``join`` does so
    with the pieces of its rows, each of which ``evaluate_part`` made in another worker.
    ``take`` counts in one that was evaluated in an earlier run. ``examples`` returns the errors to show of all models that were evaluated before; None if no section needs them.
    ``splits`` are the further splits of the data, and ``split_examples`` the errors to show on them. ``described`` is whether the rows are.
    """

    described: bool
    data: DataEvaluation | None
    versions: dict[str, str]
    models: tuple[str, ...]
    evaluate: Callable[[str], tuple[ModelEvaluation, InputError | None]]
    join: Callable[[str, Sequence[ModelPiece]], tuple[ModelEvaluation, InputError | None]]
    evaluate_part: Callable[[str, RowsPart], ModelPiece]
    take: Callable[[ModelEvaluation], None]
    examples: Callable[[], Examples | None]
    splits: dict[str, DataEvaluation]
    split_examples: Callable[[], dict[str, Examples | None]]


def collect(spec: ReportSpec, inputs: Inputs, request: Request, report: ProgressCallback) -> Collection:
    """Read the data and histories of a spec, and evaluate its models one by one.

    Parameters
    ----------
    spec, inputs
        The spec, and the origin of models, data and histories.
    request
        What the sections need; nothing else is computed.
    report
        Called with (current step, number done, total number).

    Raises
    ------
    InputError
        The data or a history cannot be used.
    """
    own: Split | None = None
    further: dict[str, Split] = {}
    mistakes, read = Mistakes(), {}
    with mistakes.noted():
        own, further = read_splits(spec, inputs, request, report)
    for name, model in spec.models.items():
        with mistakes.noted():
            read[name] = inputs.history(name, model)
    mistakes.require_none()
    collector = _Collector(own, further, request, report)
    errors = Errors(request.examples)
    others = {name: Errors(split.asked.examples) for name, split in further.items()}

    def take(model: ModelEvaluation) -> None:
        errors.add(model, None if own is None else own.data)
        for name, found in others.items():
            heads = model.splits[name].heads if name in model.splits else ()
            found.add(replace(model, heads=heads), further[name].data)

    def join(name: str, pieces: Sequence[ModelPiece]) -> tuple[ModelEvaluation, InputError | None]:
        report(f"loading {name}", 0, 1)
        model, failure = collector.model(name, spec.models[name], inputs, read[name], pieces)
        take(model)
        return model, failure

    def evaluate_part(name: str, part: RowsPart) -> ModelPiece:
        report(f"loading {name}", 0, 1)
        return collector.piece(name, spec.models[name], inputs, part)

    used = {"python": platform.python_version()} | versions() | {"numpy": np.__version__}
    return Collection(
        request.describe,
        None if own is None else own.data,
        used,
        tuple(spec.models),
        lambda name: join(name, ()),
        join,
        evaluate_part,
        take,
        lambda: None if own is None else errors.examples(own.dataset, own.spec, own.data),
        {name: split.data for name, split in further.items()},
        lambda: {
            name: found.examples(split.dataset, split.spec, split.data)
            for (name, found), split in zip(others.items(), further.values(), strict=True)
        },
    )


@dataclass(frozen=True)
class _Collector:
    """The shared state of all models."""

    own: Split | None
    further: dict[str, Split]
    request: Request
    report: ProgressCallback

    def model(
        self, name: str, spec: ModelSpec, inputs: Inputs, history: History | None, pieces: Sequence[ModelPiece]
    ) -> tuple[ModelEvaluation, InputError | None]:
        """Evaluate a model as far as possible; also return the first error."""
        attempts = Attempts(name, spec)
        loaded = attempts.attempt(lambda: inputs.model(name, spec))
        if loaded is None:
            file, sha256, size = inputs.identity(name, spec)
            found = ModelEvaluation(name, file, sha256, size, (), history, series=spec.series, recipe=spec.recipe)
        else:
            found = self._loaded(spec, loaded, history, attempts, pieces)
        failure = attempts.failure
        if failure is not None:
            told = (failure.location, failure.file, failure.message)
            found = replace(
                found,
                heads=(),
                activations=None,
                splits={},
                reason=failure.message,
                failure=told,
                passing=attempts.passing,
            )
        return found, failure

    def piece(self, name: str, spec: ModelSpec, inputs: Inputs, part: RowsPart) -> ModelPiece:
        """Evaluate a model on some of the rows."""
        attempts = Attempts(name, spec)
        loaded = attempts.attempt(lambda: inputs.model(name, spec))
        found = None if loaded is None else attempts.attempt(lambda: self._pieces(spec, loaded, part))
        failure = attempts.failure
        if loaded is None or found is None or failure is not None:
            told = None if failure is None else (failure.location, failure.file, failure.message)
            return ModelPiece(None if loaded is None else loaded.sha256, {}, told)
        return ModelPiece(loaded.sha256, found)

    def _pieces(self, spec: ModelSpec, loaded: LoadedModel, part: RowsPart) -> dict[str, RowsPiece]:
        found = {}
        for split in self._splits:
            with split.placed():
                found[split.data.split] = self._pass(spec, loaded, split).run_part(self._progress(loaded, split), part)
        return found

    @property
    def _splits(self) -> list[Split]:
        return [*([self.own] if self.own else []), *self.further.values()]

    def _loaded(
        self,
        spec: ModelSpec,
        loaded: LoadedModel,
        history: History | None,
        attempts: Attempts,
        pieces: Sequence[ModelPiece],
    ) -> ModelEvaluation:
        layered = loaded.form != "saved_model"
        own = self.own if self.request.passes else None
        answers = (attempts.attempt(lambda: self._answers(spec, loaded, own, pieces)) if own else None) or SplitOutputs(
            ()
        )
        further = {
            name: found
            for name, split in (self.further.items() if self.request.passes else ())
            if (found := attempts.attempt(lambda split=split: self._answers(spec, loaded, split, pieces))) is not None  # type: ignore[misc]
        }
        wants_weights, wants_cost = (need in self.request.needs for need in (Need.WEIGHTS, Need.COST))
        timing = self.request.timing
        return ModelEvaluation(
            name=loaded.name,
            file=loaded.file,
            sha256=loaded.sha256,
            size_bytes=loaded.size_bytes,
            heads=answers.heads,
            history=history,
            architecture=attempts.attempt(lambda: describe(loaded)),
            weights=attempts.attempt(lambda: weight_tensors(loaded.model)) if wants_weights and layered else None,
            activations=answers.activations,
            cost=None if not wants_cost else cost(loaded) if layered else unknown(NO_LAYERS),
            times=None if timing is None else self._times(loaded, timing),
            series=spec.series,
            recipe=spec.recipe,
            code=loaded.code,
            form=loaded.form,
            splits=further,
        )

    def _times(self, loaded: LoadedModel, timing: Timing) -> Times:
        self.report(f"timing {loaded.name}", 0, 1)
        return times(loaded, timing)

    def _answers(
        self, spec: ModelSpec, loaded: LoadedModel, split: Split, pieces: Sequence[ModelPiece]
    ) -> SplitOutputs:
        """Evaluate a model on the rows of a split, or put its pieces together."""
        for failure in (one.failure for one in pieces if one.failure is not None):
            raise InputError(*failure)
        with split.placed():
            its_pass = self._pass(spec, loaded, split)
            if pieces:
                found = its_pass.joined([one.splits[split.data.split] for one in pieces])
            else:
                found = its_pass.run(self._progress(loaded, split))
        probed = split.probed
        if probed is None or loaded.form != "saved_model":
            return found
        return replace(found, activations=Activations(probed.places, probed.sampling, (), reason=NO_LAYERS))

    def _pass(self, spec: ModelSpec, loaded: LoadedModel, split: Split) -> Pass:
        probed = None if loaded.form == "saved_model" else split.probed
        return Pass(loaded, spec, split.dataset, split.spec, split.data.rows, probed, self.request.threshold)

    def _progress(self, loaded: LoadedModel, split: Split) -> Callable[[int, int], None]:
        where = "" if split is self.own else f" on the {split.data.split} split"
        return lambda done, total: self.report(f"evaluating {loaded.name}{where}", done, total)
