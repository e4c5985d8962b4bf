"""One release, as a results file tells it or as this run has it: the same facts of one model from either."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from reportgen.analysis import results_file
from reportgen.analysis.releases import predictions as sidecar
from reportgen.contract.decision import Earlier
from reportgen.contract.formats import ANSWERS
from reportgen.errors import ResultsError
from reportgen.plan.releases import SECTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from reportgen.analysis.releases.predictions import Predictions
    from reportgen.analysis.results import CheckOutcome, CodeRecord, DataRecord, FileRecord, ModelRecord
    from reportgen.analysis.results_file import Facts
    from reportgen.contract.metric_table import TableRow
    from reportgen.contract.numbers import Metric
    from reportgen.contract.subjects import Subject

Address = tuple[str, "Subject | None"]
"""``<section>.<metric>``, subject."""


class _Lenient(BaseModel):
    """A part of a section's result, of which only some fields are read."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=False, defer_build=True)


class Layer(_Lenient):
    """A layer, as the overview lists it."""

    name: str
    layer_type: str
    output_shape: tuple[int | None, ...] | None
    parameters: int
    trainable_parameters: int
    shared_with: str | None = None
    outer: bool = True
    """Whether it is not inside of another layer, whose parameters include its own."""

    @property
    def signature(self) -> tuple[object, ...]:
        """What two layers share that are the same but for their name."""
        return self.layer_type, self.output_shape, self.parameters, self.trainable_parameters


class Tensor(_Lenient):
    """A weight tensor, as the weights section digests it."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    sha256: str


@dataclass(frozen=True)
class Release:
    """What is known of a release and one of its models.

    Attributes
    ----------
    about
        The results file, title, version and time.
    model
        The model.
    metrics
        Every metric of the model by address; without those of sections on another split than that of ``data``.
    data
        What it was measured on; None without data.
    digests
        SHA-256 by what it is of: spec, model file, program, section files and the like; versions of packages.
    checks
        The outcomes of its checks of this model.
    layers, tensors
        None where the report has no overview, or no weights section.
    predictions
        The answers on every row; None where they were not stored.
    """

    about: Earlier
    model: ModelRecord
    metrics: Mapping[Address, Metric]
    data: DataRecord | None
    digests: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[CheckOutcome, ...] = ()
    layers: tuple[Layer, ...] | None = None
    tensors: tuple[Tensor, ...] | None = None
    predictions: Predictions | None = None


def read(path: Path, file: str, model: str | None, like: str | None = None, *, whole: bool = True) -> Release:
    """Read a release from a results file: :func:`of_file` without the rest of what it says."""
    return of_file(path, file, model, like, whole=whole)[0]


def of_file(
    path: Path, file: str, model: str | None, like: str | None = None, *, whole: bool = True
) -> tuple[Release, Facts]:
    """Read a release from a results file, and its predictions from beside it; no section is imported, and no path in it is followed.

    Parameters
    ----------
    path, file
        The file, and its name as the user wrote it.
    model
        The model; None for its candidate, or else its only one, or else the one named ``like``.
    whole
        Whether its predictions are read too.

    Raises
    ------
    ResultsError
        It is no results file, it has no such model, or the predictions beside it are not its own.
    """
    content = results_file.content_of(path)
    facts = results_file.facts(content, path)
    chosen = _chosen(facts, model, like, path)
    found = _predictions(facts, chosen, path) if whole else None
    about = Earlier(
        file=file,
        sha256=hashlib.sha256(content).hexdigest(),
        title=facts.report.title,
        version=facts.report.version,
        created=facts.created,
    )
    own = {section for section, kind, _ in facts.parts if kind == SECTION} | facts.elsewhere
    with results_file.refusals(path):
        layers, tensors = structure(((kind, result) for _, kind, result in facts.parts), chosen.name)
    release = Release(
        about=about,
        model=chosen,
        metrics=of_model((row for row in facts.rows if row.section not in own), chosen.name),
        data=facts.data,
        digests=digests(facts.spec.sha256, chosen, facts.code, {"reportgen": facts.reportgen, **facts.versions}),
        checks=tuple(check for check in facts.checks if check.model == chosen.name),
        layers=layers,
        tensors=tensors,
        predictions=found,
    )
    return release, facts


def _chosen(facts: Facts, model: str | None, like: str | None, path: Path) -> ModelRecord:
    named = {one.name: one for one in facts.models}
    if model is None:
        model = facts.decision.candidate or (next(iter(named)) if len(named) == 1 else like if like in named else None)
    if model is None:
        raise ResultsError(f"{path}: compares {len(named)} models without a candidate: name one of {', '.join(named)}")
    if model not in named:
        raise ResultsError(f"{path}: has no model {model!r} (it has {', '.join(named)})")
    return named[model]


def _predictions(facts: Facts, model: ModelRecord, path: Path) -> Predictions | None:
    record: FileRecord | None = facts.predictions
    if record is None or facts.data is None:
        return None
    wanted = [(model.name, head.name) for head in model.heads]
    return sidecar.read(path.with_name(ANSWERS), record.sha256, facts.data.n, wanted)


def of_model(rows: Iterable[TableRow], model: str) -> dict[Address, Metric]:
    """Return the metrics of a model by address; what compares it with others, or is about its recipe or its parameters, is left out."""
    return {
        (f"{row.section}.{one.name}", one.subject): one.metric
        for row in rows
        for one in (row.measurement,)
        if one.model == model and (one.subject is None or one.subject.kind not in {"vs", "recipe", "param"})
    }


def digests(spec: str, model: ModelRecord, code: Iterable[CodeRecord], versions: Mapping[str, str]) -> dict[str, str]:
    """Return what a report was made from, besides its data: digests, and versions of packages."""
    found = {"spec": spec}
    found |= {} if model.sha256 is None else {"model file": model.sha256}
    found |= {one.what if one.what == "program" else f"{one.what} {one.file}": one.sha256 for one in code}
    return found | dict(versions)


def structure(
    parts: Iterable[tuple[str, Mapping[str, Any]]], model: str
) -> tuple[tuple[Layer, ...] | None, tuple[Tensor, ...] | None]:
    """Return the layers and weight tensors of a model, from (kind, result) of sections as in a results file."""
    layers = tensors = None
    for kind, result in parts:
        for one in result.get("models", ()) if kind in {"overview", "weights"} else ():
            if one.get("model") != model:
                continue
            if kind == "overview" and one.get("layers"):
                inner = ({**layer, "outer": False} for layer in one.get("nested", ()))
                layers = tuple(Layer.model_validate(layer) for layer in (*one["layers"], *inner))
            if kind == "weights" and one.get("digests"):
                tensors = tuple(Tensor.model_validate(tensor) for tensor in one["digests"])
    return layers, tensors
