"""The bill of materials: models, data and software as a CycloneDX 1.6 ML-BOM."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reportgen.analysis.results import params_files
from reportgen.contract.card import ITEMS
from reportgen.contract.formats import BOM_MARK
from reportgen.contract.records.data import TRAIN
from reportgen.document.headlines import headlines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.analysis.results import DataRecord, FileRecord, HeadRecord, ModelRecord, Results
    from reportgen.contract.numbers import Metric, MetricSpec
    from reportgen.document.content import Content
    from reportgen.document.headlines import Headlines
    from reportgen.spec.tables.release import CardSpec

_CONSIDERED = ("intended_use", "out_of_scope", "limitations", "ethical_considerations", "license")
"""Items of ``[card]`` that CycloneDX has a field for."""


def to_bytes(content: Content) -> bytes:
    """Return the content of ``bom.cdx.json``."""
    return (json.dumps(bom(content.results), ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def bom(results: Results) -> dict[str, Any]:
    """Return the bill of materials as plain data; its serial number follows from the results."""
    digest = hashlib.sha256(results.to_json().encode()).hexdigest()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"reportgen:results:{digest}").urn,
        "version": 1,
        "metadata": _metadata(results, digest),
        "components": [*_models(results), *_data(results), *_software(results)],
    }


def _metadata(results: Results, digest: str) -> dict[str, Any]:
    report, created = results.report, datetime.fromisoformat(results.created)
    release = {"type": "application", "bom-ref": "release", "name": report.title, "version": report.version}
    authors = [{"name": author} for author in report.authors]
    code = {f"reportgen:code:{one.file}": one.sha256 for one in results.code}
    return _known(
        {
            "timestamp": (created if created.tzinfo else created.replace(tzinfo=UTC)).isoformat(),
            "tools": {"components": [{"type": "application", "name": "reportgen", "version": results.reportgen}]},
            "authors": authors,
            "component": _known(release),
            "properties": _properties({BOM_MARK: digest, "reportgen:spec": results.spec.sha256, **code}),
        }
    )


def _models(results: Results) -> Iterator[dict[str, Any]]:
    measured = headlines(results)
    evaluated = [] if results.data is None else _data_set(results.data, "data")
    data = [{"ref": one["bom-ref"]} for one in evaluated]
    for model in results.models:
        reviewed = results.decision.concerns(model.name)
        yield _known(
            {
                "type": "machine-learning-model",
                "bom-ref": f"model:{model.name}",
                "name": model.name,
                "version": results.report.version if reviewed else None,
                "description": model.role,
                "hashes": _hashes(model.sha256),
                "licenses": _licenses(results.card) if reviewed else None,
                "modelCard": _known(
                    {
                        "modelParameters": _known({"task": _tasks(model), "datasets": data}),
                        "quantitativeAnalysis": _known({"performanceMetrics": _performance(measured[model.name])}),
                        "considerations": _considerations(results.card) if reviewed else None,
                        "properties": _stated(results.card) if reviewed else None,
                    }
                ),
                "properties": _properties({"reportgen:file": model.file, "reportgen:not_evaluated": model.reason}),
            }
        )


def _tasks(model: ModelRecord) -> str:
    return ", ".join(dict.fromkeys(head.task for head in model.heads))


def _performance(measured: Sequence[tuple[HeadRecord, Headlines]]) -> list[dict[str, Any]]:
    several = len(measured) > 1
    return [_metric(spec, metric, head.name if several else None) for head, found in measured for spec, metric in found]


def _metric(spec: MetricSpec, metric: Metric, part: str | None) -> dict[str, Any]:
    interval = {"lowerBound": str(metric.ci_low), "upperBound": str(metric.ci_high)}
    return _known(
        {
            "type": spec.name,
            "value": str(metric.value),
            "slice": part,
            "confidenceInterval": None if metric.ci_method is None else interval,
        }
    )


def _considerations(card: CardSpec) -> dict[str, Any]:
    ethical = [{"name": card.ethical_considerations}] if card.states("ethical_considerations") else None
    outside = [f"{ITEMS['out_of_scope']}: {card.out_of_scope}"] if card.states("out_of_scope") else []
    return _known(
        {
            "useCases": [card.intended_use] if card.states("intended_use") else None,
            "technicalLimitations": [*([card.limitations] if card.states("limitations") else []), *outside],
            "ethicalConsiderations": ethical,
        }
    )


def _stated(card: CardSpec) -> list[dict[str, str]]:
    """Return the items that CycloneDX has no field for."""
    items = (item for item in ITEMS if item not in _CONSIDERED and card.states(item))
    return _properties({f"reportgen:card:{item}": getattr(card, item) for item in items})


def _licenses(card: CardSpec) -> list[dict[str, Any]] | None:
    return [{"license": {"name": card.license}}] if card.states("license") else None


def _data(results: Results) -> Iterator[dict[str, Any]]:
    """Yield the evaluation data, its further splits, the training data and the training histories."""
    evaluated = [] if results.data is None else [results.data]
    for data in (*evaluated, *(split for split in results.splits if split.split != TRAIN)):
        yield from _data_set(data, "data" if data is results.data else f"data-{data.split}")
    if results.data is not None and results.data.training is not None:
        for file in results.data.training.files:
            yield {
                "type": "data",
                "bom-ref": f"training-data:{file.file}",
                **_file(file),
                "data": [{"type": "dataset"}],
            }
    for model in results.models:
        if model.history is not None:
            yield {"type": "file", "bom-ref": f"history:{model.name}", **_file(model.history)}
    for what, file in params_files(results.models):
        yield {"type": "file", "bom-ref": f"{what}: {file.file}", **_file(file)}


def _data_set(data: DataRecord, kind: str) -> list[dict[str, Any]]:
    rows = {"split": data.split, "rows": str(data.n), "rows in all": str(data.n_total), "sampling": data.sampling}
    contents = {"contents": {"properties": _properties(rows)}}
    return [
        {"type": "data", "bom-ref": f"{kind}:{file.file}", **_file(file), "data": [{"type": "dataset", **contents}]}
        for file in data.files
    ]


def _software(results: Results) -> Iterator[dict[str, Any]]:
    """Yield what produced the results; packages with their address on PyPI."""
    for name, version in results.versions.items():
        package = {"type": "library", "purl": f"pkg:pypi/{name}@{version}"}
        kind = {"type": "platform"} if name == "python" else package
        yield {"bom-ref": f"software:{name}", "name": name, "version": version, **kind}


def _file(file: FileRecord) -> dict[str, Any]:
    return {"name": file.file, "hashes": _hashes(file.sha256)}


def _hashes(sha256: str | None) -> list[dict[str, str]]:
    return [] if sha256 is None else [{"alg": "SHA-256", "content": sha256}]


def _properties(values: Mapping[str, str | None]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items() if value is not None]


def _known(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not known: the schema has no null."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
