"""Reads ``results.json``, also one that an older program wrote."""

from __future__ import annotations

import json
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from reportgen.analysis.results import (
    SCHEMA_VERSION,
    CheckOutcome,
    CodeRecord,
    DataRecord,
    FileRecord,
    ModelRecord,
    OutputRecord,
    ReportRecord,
    Results,
    SpecRecord,
    Time,
    params_files,
)
from reportgen.contract.base import Strict
from reportgen.contract.decision import Decision, Earlier
from reportgen.contract.foreign import section_code
from reportgen.contract.metric_table import TableRow
from reportgen.contract.numbers import Measurement
from reportgen.contract.records.data import TRAIN
from reportgen.errors import ResultsError, SectionError
from reportgen.plan.registry import PluginError, PluginFailedError, UnknownSectionError, folder_of
from reportgen.plan.releases import SECTION
from reportgen.spec.files import FileError, read_bytes
from reportgen.spec.plain import refusal
from reportgen.spec.problems import dotted
from reportgen.spec.tables.release import CardSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reportgen.contract.section import Section
    from reportgen.plan.registry import Registry

LOGO = "logo"
"""What the logo is called among the inputs."""
_MEGABYTES = 2048
"""Largest results file: 500 models that are compared in pairs take a quarter of it."""


def load(path: Path, registry: Registry) -> Results:
    """Read a results file.

    Parameters
    ----------
    path
        ``results.json``.
    registry
        Finds the sections that produced it.

    Raises
    ------
    ResultsError
        Missing, too large, not JSON, written by a newer version, or not a results file.
    """
    return read(content_of(path), path, registry)


def read(content: bytes, path: Path, registry: Registry) -> Results:
    """Read the content of a results file.

    Raises
    ------
    ResultsError
        As :func:`load`; ``path`` is what it names.
    """
    raw = _parsed(content, path)
    with refusals(path):
        found = [registry.find(_kind(section)) for section in _sections(raw)]
        typed = [_typed(*pair) for pair in zip(raw["sections"], found, strict=True)]
        results = Results.model_validate({**raw, "sections": typed})
    for record, section in zip(results.sections, found, strict=True):
        record.bound_to(section)
    return results


def rows(path: Path) -> tuple[TableRow, ...]:
    """Read the table of metrics of a results file: no section is needed for that, so none is imported.

    Raises
    ------
    ResultsError
        As :func:`load`.
    """
    raw = _content(path)
    with refusals(path):
        return tuple(
            TableRow(section=section["id"], measurement=Measurement.model_validate(one))
            for section in _sections(raw)
            if section["result"] is not None
            for one in section["result"]["measurements"]
        )


class Inputs(Strict):
    """What a results file says of the files that it was made from, read without importing a section."""

    spec: SpecRecord
    models: tuple[ModelRecord, ...]
    data: DataRecord | None
    splits: tuple[DataRecord, ...] = ()
    decision: Decision = Decision()
    code: tuple[CodeRecord, ...] = ()
    trend: tuple[Earlier, ...] = ()
    """The earlier releases of a trend."""
    logo: FileRecord | None = None

    @property
    def files(self) -> tuple[tuple[str, FileRecord], ...]:
        """What each file but the spec and code is, and its record; what could not be read has no digest and is left out."""
        found = []
        for model in self.models:
            if model.sha256 is not None:
                found.append((f"model {model.name}", FileRecord(file=model.file, sha256=model.sha256)))
            if model.history is not None:
                found.append((f"history of {model.name}", model.history))
        found += params_files(self.models)
        found += [] if self.data is None else [(f"data ({self.data.split})", file) for file in self.data.files]
        training = None if self.data is None else self.data.training
        found += [] if training is None else [("training data", file) for file in training.files]
        others = (split for split in self.splits if split.split != TRAIN)
        found += [(f"data ({split.split})", file) for split in others for file in split.files]
        baseline = None if self.decision.baseline is None else self.decision.baseline.release
        releases = [*self.trend] if baseline is None else [baseline, *self.trend]
        named = {one.file: FileRecord(file=one.file, sha256=one.sha256) for one in releases}
        found += [("earlier release", record) for record in named.values()]
        return (*found, *(() if self.logo is None else ((LOGO, self.logo),)))


def inputs(content: bytes, path: Path) -> Inputs:
    """Return what the content of a results file says of its inputs; no section is imported.

    Raises
    ------
    ResultsError
        As :func:`load`; ``path`` is what it names.
    """
    raw = _parsed(content, path)
    with refusals(path):
        whole = {name: raw[name] for name in Inputs.model_fields if name in raw}
        return Inputs.model_validate({**whole, "trend": [*_trend(raw)], "logo": _logo(raw)})


def _trend(raw: dict[str, Any]) -> Iterator[Any]:
    """Yield the earlier releases of the trend, each as often as it has a metric."""
    for section in _sections(raw):
        lines = section["result"].get("trend", ()) if _kind(section) == SECTION and section["result"] else ()
        for line in lines:
            yield from (point["release"] for point in line["points"] if point["release"] is not None)


def _logo(raw: dict[str, Any]) -> Any:
    """Return the record of the logo, without its content; None without one."""
    logo = raw.get("output", {}).get("theme", {}).get("logo")
    return None if logo is None else {key: logo[key] for key in FileRecord.model_fields}


class Facts(Strict):
    """What a results file says of a release, read without importing a section."""

    reportgen: str
    created: Time
    report: ReportRecord
    spec: SpecRecord
    output: OutputRecord
    decision: Decision = Decision()
    models: tuple[ModelRecord, ...] = Field(min_length=1)
    data: DataRecord | None
    card: CardSpec = CardSpec()
    code: tuple[CodeRecord, ...] = ()
    versions: dict[str, str]
    checks: tuple[CheckOutcome, ...]
    predictions: FileRecord | None = None
    rows: tuple[TableRow, ...]
    parts: tuple[tuple[str, str, dict[str, Any]], ...]
    """Id, kind and plain result of each section that has one."""
    elsewhere: frozenset[str] = frozenset()
    """Ids of the sections that are measured on another split than that of ``data``."""


def facts(content: bytes, path: Path) -> Facts:
    """Return what the content of a results file says of the release; no section is imported.

    Raises
    ------
    ResultsError
        As :func:`load`; ``path`` is what it names.
    """
    raw = _parsed(content, path)
    with refusals(path):
        parts = [(one["id"], _kind(one), one["result"]) for one in _sections(raw) if one["result"] is not None]
        rows = [
            {"section": section, "measurement": one} for section, _, result in parts for one in result["measurements"]
        ]
        whole = {name: raw[name] for name in Facts.model_fields if name in raw}
        elsewhere = frozenset(one["id"] for one in _sections(raw) if one.get("split") is not None)
        return Facts.model_validate({**whole, "rows": rows, "parts": parts, "elsewhere": elsewhere})


def content_of(path: Path) -> bytes:
    """Return the bytes of a results file.

    Raises
    ------
    ResultsError
        It is missing, not a regular file, or too large.
    """
    try:
        return read_bytes(path, _MEGABYTES)
    except FileError as error:
        raise ResultsError(f"{path}: {error}") from error


def _content(path: Path) -> dict[str, Any]:
    """Return the content of a file in the present schema."""
    return _parsed(content_of(path), path)


def _parsed(content: bytes, path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(content.decode(), parse_float=_finite, parse_constant=_finite)
    except RecursionError as error:
        raise ResultsError(f"{path}: is nested too deeply") from error
    except ValueError as error:
        raise ResultsError(f"{path}: is not JSON ({error})") from error
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ResultsError(f"{path}: is not a reportgen results file (no schema_version)")
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"{path}: was written by a newer version of reportgen (schema {version}; this version supports up to {SCHEMA_VERSION}); update reportgen"
        )
    refused = refusal(raw)
    if refused is not None:
        raise ResultsError(f"{path}: is not a valid results file ({dotted(refused[0])}: {refused[1]})")
    with refusals(path):
        return _upgraded(raw, version)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turn what a damaged or foreign file leads to into one sentence."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        more = f" and {error.error_count() - 1} more" if error.error_count() > 1 else ""
        raise ResultsError(f"{path}: is not a valid results file ({where}: {first['msg'].lower()}{more})") from error
    except PluginFailedError as error:
        raise SectionError(str(error)) from error
    except (UnknownSectionError, PluginError) as error:
        what = f"unknown section {error}" if isinstance(error, UnknownSectionError) else str(error)
        raise ResultsError(f"{path}: {what}") from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ResultsError(f"{path}: is not a valid results file ({type(error).__name__}: {error})") from error


def _sections(raw: dict[str, Any]) -> list[dict[str, Any]]:
    sections = raw["sections"]
    if not isinstance(sections, list):
        raise TypeError(f"sections must be a list, found {type(sections).__name__}")
    return sections


def _kind(record: dict[str, Any]) -> str:
    kind = record["kind"]
    if not isinstance(kind, str):
        raise TypeError(f"the kind of a section must be text, found {type(kind).__name__}")
    return kind


def _typed(record: dict[str, Any], section: Section[Any, Any]) -> dict[str, Any]:
    if record["result"] is None:
        return record
    with section_code(str(record["id"]), folder_of(section), passes=(ValidationError,)):
        return record | {"result": section.result.model_validate(record["result"])}


def _upgraded(raw: dict[str, Any], version: int) -> dict[str, Any]:
    """Bring the content of an older file to the present schema; what it did not record stays missing.

    1 to 2: the focus is at the root instead of in every section's result.
    """
    if version == SCHEMA_VERSION:
        return raw
    results = [section["result"] for section in _sections(raw)]
    focus = next((result["focus"] for result in results if result is not None and "focus" in result), None)
    sections = [
        section if result is None else section | {"result": {key: result[key] for key in result if key != "focus"}}
        for section, result in zip(raw["sections"], results, strict=True)
    ]
    return raw | {"schema_version": SCHEMA_VERSION, "focus": focus, "sections": sections}
