"""The metadata of a model card for the Hugging Face Hub: YAML between two lines of dashes."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from reportgen.document.headlines import headlines
from reportgen.render.environment import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.analysis.results import DataRecord, HeadRecord, ModelRecord, Results
    from reportgen.contract.numbers import Metric, MetricSpec
    from reportgen.document.headlines import Headlines

_TASKS = {
    **dict.fromkeys(("multiclass", "binary", "multilabel", "ordinal"), "classification"),
    "distributional": "regression",
    "segmentation": "image-segmentation",
    "sequence_labeling": "token-classification",
}
"""Tasks that the Hub has another name for."""


def front_matter(results: Results) -> str:
    """Return the metadata as a block of YAML: what the card states, and the measured headlines of the models as ``model-index``.

    Values are quoted, because the Hub reads an older YAML in which ``no`` is false.
    """
    from ruamel.yaml import YAML

    writer = YAML()
    writer.width = 2**20
    writer.allow_unicode = True
    text = StringIO()
    writer.dump(_quoted(_metadata(results)), text)
    return f"---\n{text.getvalue()}---\n"


def _metadata(results: Results) -> dict[str, Any]:
    card = results.card
    measured = headlines(results)
    index = [
        {"name": model.name, "results": found}
        for model in results.models
        if results.decision.concerns(model.name) and (found := list(_evaluated(model, results, measured[model.name])))
    ]
    stated = {
        "license": card.license,
        "language": card.language,
        "library_name": "keras",
        "pipeline_tag": card.pipeline_tag,
        "base_model": card.base_model,
        "tags": card.tags,
        "model-index": index,
    }
    return {key: value for key, value in stated.items() if value}


def _evaluated(
    model: ModelRecord, results: Results, measured: Sequence[tuple[HeadRecord, Headlines]]
) -> Iterator[dict[str, Any]]:
    """Yield a result for each output of a model that has numbers."""
    for head, found in measured:
        if found and results.data is not None:
            yield {
                "task": _task(head, results),
                "dataset": _data_set(head, results.data, several=len(model.heads) > 1),
                "metrics": [_metric(spec, metric) for spec, metric in found],
            }


def _task(head: HeadRecord, results: Results) -> dict[str, Any]:
    kind = results.card.pipeline_tag or _TASKS.get(head.task, head.task)
    return {"type": kind, "name": f"{head.task} {_TASKS.get(head.task, '')}".strip()}


def _data_set(head: HeadRecord, data: DataRecord, *, several: bool) -> dict[str, Any]:
    name = ", ".join(file.file.rstrip("/").rpartition("/")[2] for file in data.files)
    config = {"config": head.name} if several else {}
    args = {"rows": head.n, "sha256": [file.sha256 for file in data.files]}
    return {"type": name, "name": name, **config, "split": data.split, "args": args}


def _metric(spec: MetricSpec, metric: Metric) -> dict[str, Any]:
    args = {"ci_low": metric.ci_low, "ci_high": metric.ci_high, "ci_level": 0.95, "ci_method": metric.ci_method}
    known = {"args": args} if metric.ci_method is not None else {}
    return {"type": spec.name, "value": metric.value, "name": spec.title, **known}


def _quoted(value: Any) -> Any:
    """Return plain data with every text on one line, in quotes, and without what a page must not hold."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, dict):
        return {key: _quoted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_quoted(item) for item in value]
    return DoubleQuotedScalarString(" ".join(printable(value).split())) if isinstance(value, str) else value
