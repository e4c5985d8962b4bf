"""The content of ``results.json``: every metric, finding and check of a run, and everything that a renderer needs.

But for measured times of predictions, where a spec asks for them, it contains no durations, absolute paths or output folders, so that the same input produces the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, SerializeAsAny

from reportgen.contract.base import Strict
from reportgen.contract.changes import FlippedCheck
from reportgen.contract.decision import Decision
from reportgen.contract.findings import Finding, Severity
from reportgen.contract.focus import Focus, Limits, View
from reportgen.contract.forms import Form
from reportgen.contract.metric_table import TableRow
from reportgen.contract.numbers import Metric
from reportgen.contract.page import PLAIN, PageTheme
from reportgen.contract.params import Value
from reportgen.contract.result import SectionResult
from reportgen.contract.section import Section
from reportgen.contract.statements import Statement
from reportgen.contract.subjects import Subject, about
from reportgen.plan.registry import Registry
from reportgen.spec.tables.output import DocsUrl, LimitsSpec
from reportgen.spec.tables.release import CardSpec
from reportgen.spec.tables.sections import Change, Compared
from reportgen.text import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pandas import DataFrame


SCHEMA_VERSION = 2
MANY_MODELS = 6

CheckState = Literal["PASS", "WARN", "FAIL", "ERROR", "SKIPPED"]
_SERIOUS: tuple[CheckState, ...] = ("FAIL", "WARN", "ERROR", "PASS", "SKIPPED")
"""Outcomes of checks, the most serious first."""
Standing = Literal["clear", "within the interval", "no interval"]
"""Whether the 95 % interval is on one side of the limits, as the value is, or includes a limit."""


def _is_a_time(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        message = f"must be a time like 2026-01-31T12:00:00+00:00 (found {value!r})"
        raise ValueError(message) from None
    return value


Time = Annotated[str, AfterValidator(_is_a_time)]
"""UTC, ISO 8601."""


class FileRecord(Strict):
    """A file as named in the spec, and the SHA-256 digest of its bytes."""

    file: str
    sha256: str


class CodeRecord(Strict):
    """Code that a run executed: a file as named in the spec, or a package, and its SHA-256 digest."""

    what: Literal["program", "section", "custom objects", "model function", "data", "template"]
    file: str
    sha256: str
    """For a file of its bytes; for a package of the lines ``<sha256>  <path>`` of its code and templates, sorted by path."""


class HeadRecord(Strict):
    """One output of a model, with the rule that decided each of its properties."""

    name: str
    task: str
    task_rule: str
    outputs: str
    outputs_rule: str
    labels: str
    labels_rule: str
    class_names: tuple[str, ...]
    n: int
    status: str
    reason: str | None
    positions: str | None = None
    """Which positions of a row count, of segmentation and sequence labeling; null for one answer per row."""
    positions_rule: str | None = None


class ModelRecord(Strict):
    """A model under review."""

    name: str
    file: str
    sha256: str | None
    """Null if the file could not be read; ``reason`` says why."""
    size_bytes: int | None
    history: FileRecord | None
    heads: tuple[HeadRecord, ...]
    recipe: str | None = None
    """The recipe that it is a seed of; null if the spec names none."""
    params: dict[str, Value] = Field(default_factory=dict)
    """Its training parameters, as the spec, its path and a table tell them."""
    params_file: FileRecord | None = None
    """The table that parameters come from; null without one."""
    form: Form = "keras"
    """What it was loaded from."""
    reason: str | None = None
    """Why it was not evaluated; null if it was."""
    role: str | None = None
    """What it is in this report, as the spec says."""
    note: str | None = None
    """Author's note, Markdown."""


def params_files(models: Iterable[ModelRecord]) -> Iterator[tuple[str, FileRecord]]:
    """Yield each table that parameters of the models come from once, with what it is."""
    users: dict[FileRecord, list[str]] = {}
    for model in models:
        if model.params_file is not None:
            users.setdefault(model.params_file, []).append(model.name)
    for file, names in users.items():
        yield f"parameters of {names[0]}" if len(names) == 1 else "parameters", file


class TrainingRecord(Strict):
    """The training data, in which the evaluated rows were looked for."""

    files: tuple[FileRecord, ...]
    n: int
    """Number of its rows."""
    leaked: int
    """Evaluated rows whose inputs are also those of a row of the training data."""
    compared: str
    """How rows were compared, such as `bit by bit`."""
    near: int | None = None
    """Evaluated rows that are nearly, and not bit by bit, equal to a row of the training data; null where they were not looked for."""
    near_compared: str | None = None
    """How nearly, or why they were not looked for; null in files of earlier versions."""
    reading: str | None = None
    """How its rows were found in the files; null where nothing had to be decided."""


class DataRecord(Strict):
    """The data set that the models were evaluated on."""

    files: tuple[FileRecord, ...]
    split: str
    n_total: int
    n: int
    seed: int
    sampling: str
    reading: str | None = None
    """How the rows were found in the files, such as the rule that took the elements of a `tf.data` data set for batches; null where nothing had to be decided."""
    duplicates: int | None = None
    """Rows whose inputs equal those of an earlier row bit for bit; null if the file does not record it."""
    used_for: tuple[str, ...] | None = None
    """What these rows were used for before; null if the spec does not state it."""
    grouped_by: str | None = None
    """What the rows are grouped by; null if they are taken as independent."""
    groups: int | None = None
    """Number of groups; null without groups."""
    effective_n: float | None = None
    """Number of rows of equal weight that say as much, (sum of w)² / sum of w²; null if all rows weigh the same."""
    training: TrainingRecord | None = None
    """The training data; null if the spec does not name it."""


class SpecRecord(Strict):
    """The spec of the run."""

    file: str
    text: str
    sha256: str
    overrides: tuple[str, ...]


class OriginRecord(Strict):
    """Where the results were made."""

    platform: str
    """Operating system and processor architecture."""
    command: str
    """The command that has these results, without output folder and absolute paths."""
    commit: str | None
    """Git commit of the repository that holds the spec; null with the reason."""
    dirty: bool | None
    """Whether files that git tracks differed from the commit; null without one."""
    reason: str | None = None
    """Why there is no commit."""


class ReportRecord(Strict):
    """Title, version, authors and description of the report."""

    title: str
    version: str | None
    authors: tuple[str, ...]
    description: str | None


class SectionRecord(Strict):
    """One section of the report: its result, or why there is none."""

    id: str
    kind: str
    title: str
    text: str | None
    """Author's note, Markdown."""
    split: str | None = None
    """The split that it is measured on; null for that of `data`, and for a section that is not measured on rows."""
    options: dict[str, Any]
    status: Literal["ok", "skipped", "failed"]
    reason: str | None
    result: SerializeAsAny[SectionResult] | None
    findings: tuple[Finding, ...]
    statements: tuple[Statement, ...] = ()
    """Offered for page one."""
    recommended: tuple[Statement, ...] = ()
    """Of a comparison whose sweep recommends a model: the same about this model alone."""
    _manifest: Section[Any, Any] | None = PrivateAttr(None)

    @property
    def manifest(self) -> Section[Any, Any]:
        """The section that produced it; not saved to a file, and restored from a pickle only if it is installed."""
        return self._manifest or Registry().find(self.kind)

    def bound_to(self, section: Section[Any, Any]) -> Self:
        """Return the record after assigning the section that produced it."""
        self._manifest = section
        return self

    def __getstate__(self) -> dict[Any, Any]:
        return super().__getstate__() | {"__pydantic_private__": {"_manifest": None}}


class CheckOutcome(Strict):
    """The outcome of one check on one metric."""

    address: str
    """``<section>.<metric>``."""
    title: str
    """Title of the metric."""
    unit: str
    """Unit of the metric and the limits."""
    model: str
    subject: Subject | None
    low: float | None
    """The value must not be below it."""
    high: float | None
    """The value must not be above it."""
    on: Compared = "value"
    """What must be within the limits: the value, an end of its interval, or both ends."""
    change: Change | None = None
    """Whether the number is the change against the baseline, in the metric's unit or as a share of its value."""
    severity: Literal["fail", "warn"]
    state: CheckState
    metric: Metric | None
    """The metric that was checked; null if it does not exist."""
    reason: str | None
    """Why the state is ERROR or SKIPPED."""
    standing: Standing | None = None
    """How sure the state is: ``clear`` if the whole interval is on the value's side of the limits; null without a value."""

    margin: float | None = None
    """Distance of the value from the nearest limit, in its unit; below 0 outside the limits."""
    margin_count: int | None = None
    """The same in examples, for a share of examples: how many more errors it may make, or fewer it must make."""
    n_to_settle: int | None = None
    """Where the interval includes a limit: examples from which on it would not, if today's rates were true; null above ten
    times today's."""

    @property
    def section(self) -> str:
        """Id of the section that produces the metric."""
        return self.address.partition(".")[0]


class OutputRecord(Strict):
    """Output settings that renderers need."""

    style: Literal["publication", "presentation", "draft"]
    fail_on: Severity | None
    detail: Literal["brief", "standard", "full"] = "standard"
    order: Literal["decision", "spec"] = "decision"
    docs_url: DocsUrl | None = None
    """Address of the published documentation, which the codes of findings link to; null for the entries in the report."""
    theme: PageTheme = PLAIN
    """The look of the pages, the logo included."""
    limits: LimitsSpec = LimitsSpec()
    """What the run could take, and what rendering it again may take."""


class Results(Strict):
    """The complete results of a run."""

    schema_version: Literal[2]
    reportgen: str
    created: Time
    report: ReportRecord
    spec: SpecRecord
    output: OutputRecord
    decision: Decision = Decision()
    """The roles of the models."""
    predictions: FileRecord | None = None
    """The answers on every row, a file beside this one; null if they were not stored."""
    models: tuple[ModelRecord, ...]
    data: DataRecord | None
    splits: tuple[DataRecord, ...] = ()
    """The further splits of the data that models were evaluated on; for the generalization gap a sample of the training data."""
    card: CardSpec = CardSpec()
    """What the author states about the model, as in the spec; null where it is not stated."""
    code: tuple[CodeRecord, ...] = ()
    """The code that was executed: the program, sections, custom objects, functions of the data, templates."""
    versions: dict[str, str]
    """Versions of the software that produced the results."""
    origin: OriginRecord | None = None
    """Platform, command and commit; null if the results were not made from a spec file."""
    focus: Focus | None = None
    """Which of many models are shown individually; null for all."""
    sections: tuple[SectionRecord, ...]
    left_out: tuple[str, ...] = ()
    """Ids of the sections that were not run (``--only``, ``--skip``)."""
    checks: tuple[CheckOutcome, ...]
    flipped: tuple[FlippedCheck, ...] = ()
    """The checks whose outcome differs from that of the earlier release, and those that only one of the two has."""
    _answers: memoryview | None = PrivateAttr(None)

    @property
    def answers(self) -> memoryview | None:
        """The content of the file of predictions, to be written beside this one; None if read from a file."""
        return self._answers

    def with_answers(self, content: memoryview, file: str) -> Self:
        """Return the results with the content of the file of predictions, and its digest."""
        record = FileRecord(file=file, sha256=hashlib.sha256(content).hexdigest())
        made = self.model_copy(update={"predictions": record})
        made.__pydantic_private__ = {"_answers": content}
        return made

    def rows(self) -> tuple[TableRow, ...]:
        """Return the table of metrics of all sections, in the order of the report."""
        return tuple(
            TableRow(section=section.id, measurement=measurement)
            for section in self.sections
            if section.result is not None
            for measurement in section.result.measurements
        )

    @property
    def compares_many(self) -> bool:
        """Whether it is a comparison of six models or more: such a document summarizes instead of showing each. Convention."""
        return self.decision.candidate is None and len(self.models) >= MANY_MODELS

    def view_of(self, section: str) -> View:
        """Return what the tables and figures of a section show.

        Of several checks on a metric, the limits are those of the one that failed, else of one that warned, else of one that could
        not be decided; among equals, of one on the candidate, then of the first.
        """
        own = [check for check in self.checks if check.section == section and check.change is None]
        own.sort(key=lambda check: (_SERIOUS.index(check.state), not self.decision.concerns(check.model)))
        limits = {
            check.address.partition(".")[2]: Limits(check.low, check.high, outcomes.condition(check))
            for check in reversed(own)
        }
        return View(self.focus, self.decision, limits, self.flipped)

    def concerns(self, finding: Finding) -> bool:
        """Return whether a finding counts for the decision: it is about the candidate or the data; in a comparison every one does."""
        return self.decision.concerns(finding.model) or all(model.name != finding.model for model in self.models)

    def findings(self) -> tuple[tuple[str, Finding], ...]:
        """Return (section id, finding) for every finding, in the order of the report."""
        return tuple((section.id, finding) for section in self.sections for finding in section.findings)

    def to_frame(self) -> DataFrame:
        """Return the table of metrics as a tidy pandas DataFrame: one row per metric.

        Columns: section, metric, model, subject, value, ci_low, ci_high, n, unit, status, reason; missing values are NaN.
        """
        import pandas as pd

        fields = ("value", "ci_low", "ci_high", "n", "unit", "status", "reason")
        rows = [
            {
                "section": row.section,
                "metric": row.measurement.name,
                "model": row.measurement.model,
                "subject": row.measurement.subject,
                **{name: getattr(row.measurement.metric, name) for name in fields},
            }
            for row in self.rows()
        ]
        return pd.DataFrame(rows, columns=["section", "metric", "model", "subject", *fields])

    def _repr_html_(self) -> str:
        """Return the metrics of whole models and their outputs as an HTML table, for notebooks."""
        import pandas as pd

        names = [model.name for model in self.models]
        shown = names if self.focus is None else list(self.focus.models)
        whole = [
            (row.section, row.measurement)
            for row in self.rows()
            if row.measurement.model in shown and (row.measurement.subject is None or row.measurement.subject.whole)
        ]
        columns: dict[str, dict[str, str]] = {}
        for section, one in sorted(whole, key=lambda item: shown.index(item[1].model)):
            column = columns.setdefault(about(one.model, one.subject), {})
            column[f"{section}.{one.name}"] = _cell(one.metric)
        addresses = dict.fromkeys(f"{section}.{one.name}" for section, one in whole)
        with pd.option_context("display.max_colwidth", None):
            table: str = pd.DataFrame(columns, index=list(addresses)).to_html(na_rep="")
        return table if shown == names else f"{table}<p>{len(shown)} of {len(names)} models; to_frame() has all.</p>"

    def __getitem__(self, section: str) -> Any:
        """Return the result of a section by its id; a KeyError gives the reason if there is none."""
        for one in self.sections:
            if one.id == section:
                if one.result is not None:
                    return one.result
                raise KeyError(f"{section} was {one.status}: {one.reason}")
        raise KeyError(f"unknown section {section!r}; available: {', '.join(one.id for one in self.sections)}")

    def to_json(self) -> str:
        """Return the text of the file: fields in declaration order, indented by one space, without NaN."""
        return self._json

    @cached_property
    def _json(self) -> str:
        """Written once, because the file, the page and the PDF have it in them."""
        return _text(self.model_dump(mode="json"))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the results; the text of the copy is its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_json", None)
        return copied

    @property
    def digest(self) -> str:
        """SHA-256 of the text of the file, without fields that differ in every run, such as measured times."""
        if not any(record.result.outside_digest for record in self.sections if record.result is not None):
            return hashlib.sha256(self._json.encode()).hexdigest()
        data = self.model_dump(mode="json")
        for section, record in zip(data["sections"], self.sections, strict=True):
            for name in () if record.result is None else record.result.outside_digest:
                del section["result"][name]
        return hashlib.sha256(_text(data).encode()).hexdigest()


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def _cell(metric: Metric) -> str:
    """Return a metric with its interval, or a dash with the reason."""
    from reportgen.text.formatting import metric as formatted

    shown = formatted(metric)
    reason = f"({metric.reason})" if metric.reason else ""
    return " ".join(part for part in (shown.text, shown.interval, reason) if part)
