"""From an evaluation to results: analyzers, then comparing sections, then rules and checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reportgen.analysis import checks
from reportgen.analysis.code import code
from reportgen.analysis.memory import Memory
from reportgen.analysis.releases import predictions, run, trend
from reportgen.analysis.releases.compare import compare
from reportgen.analysis.releases.structure import flipped
from reportgen.analysis.results import (
    SCHEMA_VERSION,
    DataRecord,
    FileRecord,
    HeadRecord,
    ModelRecord,
    OutputRecord,
    ReportRecord,
    Results,
    SectionRecord,
    SpecRecord,
    TrainingRecord,
)
from reportgen.analysis.unmeasured import unmeasured
from reportgen.contract.decision import Decision
from reportgen.contract.focus import Focus, View
from reportgen.contract.foreign import ForeignError, foreign, require_instances
from reportgen.contract.formats import ANSWERS
from reportgen.contract.metric_table import Headline, MetricTable, TableRow
from reportgen.contract.page import PageTheme
from reportgen.contract.section import BaseAnalyzer, BaseComparer, PerModelAnalyzer
from reportgen.contract.statements import Statement
from reportgen.errors import SectionError
from reportgen.inputs import logo
from reportgen.plan.registry import folder_of
from reportgen.plan.splits import split_of
from reportgen.resources import __version__
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reportgen.analysis.releases.release import Release
    from reportgen.analysis.results import CheckOutcome
    from reportgen.contract.base import Strict
    from reportgen.contract.findings import Finding
    from reportgen.contract.records.data import DataEvaluation, TrainingRows
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.result import SectionResult
    from reportgen.plan.plan import Plan, PlannedSection


@dataclass(frozen=True)
class SectionOutcome:
    """The outcome of a section: a result, or the reason why there is none."""

    result: SectionResult | None
    findings: tuple[Finding, ...] = ()
    statements: tuple[Statement, ...] = ()
    recommended: tuple[Statement, ...] = ()
    failure: str | None = None


def unnoticed(_item: PlannedSection, _so_far: Callable[[], Results]) -> None:
    """Do nothing when a section has arrived."""


def analyze(
    plan: Plan,
    evaluation: Evaluation,
    created: str,
    *,
    keep_going: bool,
    memory: Memory = Memory(),  # noqa: B008 no state
    arrived: Callable[[PlannedSection, Callable[[], Results]], None] = unnoticed,
) -> Results:
    """Compute every section of a plan.

    Parameters
    ----------
    plan, evaluation
        The plan, and the evaluation to analyze.
    created
        UTC time for the report, ISO 8601.
    keep_going
        If a section fails, add a failed entry instead of raising an error.
    memory
        What is remembered of earlier runs.
    arrived
        Called with every section that has a result, and a function that returns the results so far.

    Raises
    ------
    SectionError
        A section failed and ``keep_going`` is False.
    """

    def guarded(item: PlannedSection, compute: Callable[[], SectionResult]) -> None:
        try:
            with foreign(f"section {item.address}", folder_of(item.section)):
                result = memory.result(item, compute)
                split = split_of(item, plan.spec)
                found = _findings(item, result, split), _statements(item, result, evaluation.decision, split)
        except ForeignError as error:
            if not keep_going:
                raise SectionError(f"section {item.address}: {error}") from error
            outcomes[item.address] = SectionOutcome(None, failure=str(error))
            return
        outcomes[item.address] = SectionOutcome(result, *found)
        arrived(item, so_far)

    def so_far() -> Results:
        table = table_of(plan, evaluation, outcomes)
        return results_of(plan, evaluation, outcomes, created, focus_of(plan, table), checks.run(plan, table), old)

    old, before = run.baseline(plan), run.trend(plan)
    evaluation = replace(evaluation, decision=run.with_baseline(plan.decision, old), params=plan.params)
    outcomes: dict[str, SectionOutcome] = {}
    for item in plan.sections:
        if item.skip is None and issubclass(item.section.analyzer, BaseAnalyzer):
            rows = evaluation.on(split_of(item, plan.spec))
            guarded(item, lambda item=item, rows=rows: _analyzed(item, rows, memory))  # type: ignore[misc]
    first_stage = _with_releases(plan, evaluation, table_of(plan, evaluation, outcomes), outcomes, created, old, before)
    focus = focus_of(plan, first_stage)
    for item in plan.sections:
        if item.skip is None and issubclass(item.section.analyzer, BaseComparer):
            guarded(item, lambda item=item: _compared(item, first_stage))  # type: ignore[misc]
    model = _recommended(plan, outcomes)
    if model is not None:
        outcomes = _with_recommended(plan, outcomes, model, keep_going=keep_going)
        focus = focus and (focus if _names_focus(plan) else focus.led_by(model))
    table = table_of(plan, evaluation, outcomes)
    table = replace(table, changes=first_stage.changes, deltas=first_stage.deltas)
    results = results_of(plan, evaluation, outcomes, created, focus, checks.run(plan, table), old)
    answers = predictions.of_evaluation(evaluation) if plan.spec.output.predictions else None
    return results if answers is None else results.with_answers(predictions.to_bytes(answers), ANSWERS)


def _with_releases(
    plan: Plan,
    evaluation: Evaluation,
    table: MetricTable,
    outcomes: Mapping[str, SectionOutcome],
    created: str,
    old: Release | None,
    before: Sequence[Release],
) -> MetricTable:
    """Return the table of metrics with what has changed since the earlier releases of the spec, if it names some."""
    candidate = next((model for model in evaluation.models if model.name == plan.decision.candidate), None)
    if candidate is None or (old is None and not before):
        return table
    parts = (
        (item.section.name, result.model_dump(mode="json", include={"models"}))
        for item in plan.sections
        if item.address in outcomes and (result := outcomes[item.address].result) is not None
    )
    data = None if evaluation.data is None else _data(evaluation.data)
    elsewhere = {item.address for item in plan.sections if split_of(item, plan.spec) is not None}
    rows = [row for row in table.rows if row.section not in elsewhere]
    new = run.own(plan, evaluation, created, _model(candidate, plan), data, rows, parts)
    table = replace(table, trend=tuple(trend.lines(before, new, table.headlines)))
    if old is None:
        return table
    changes, deltas = compare(old, new)
    return replace(table, changes=changes, deltas=deltas)


def _analyzed(item: PlannedSection, evaluation: Evaluation, memory: Memory) -> SectionResult:
    analyzer = item.section.analyzer(item.options)
    if isinstance(analyzer, PerModelAnalyzer) and type(analyzer).analyze is PerModelAnalyzer.analyze:
        found = _joined(item, analyzer, evaluation, memory)
    elif isinstance(analyzer, BaseAnalyzer):
        found = analyzer.analyze(evaluation)
    else:
        raise TypeError("a comparing section has no evaluation to analyze")
    result = _kept(item, found, [model.name for model in evaluation.models])
    missing = tuple(unmeasured(item.section, evaluation))
    return result.model_copy(update={"measurements": (*missing, *result.measurements)}) if missing else result


def _joined(
    item: PlannedSection, analyzer: PerModelAnalyzer[Any, Any, Any], evaluation: Evaluation, memory: Memory
) -> Any:
    """Compute the result of a section from what it finds of each model."""

    def of(model: ModelEvaluation) -> Strict:
        return memory.part(item, model.name, analyzer.part, lambda: analyzer.of_model(evaluation.alone(model)))

    return analyzer.joined(evaluation, [of(model) for model in evaluation.models])


def _compared(item: PlannedSection, table: MetricTable) -> SectionResult:
    comparer = item.section.analyzer(item.options)
    if not isinstance(comparer, BaseComparer):
        raise TypeError("only a comparing section compares")
    return _kept(item, comparer.compare(table), table.models)


def _kept(item: PlannedSection, result: SectionResult, models: Iterable[str]) -> SectionResult:
    """Validate a result against the declarations of its section and the models of the run."""
    if not isinstance(result, item.section.result):
        raise SectionError(f"it returned {type(result).__name__}, but declares {item.section.result.__name__}")
    declared = {spec.name for spec in item.section.metrics}
    foreign = sorted({one.name for one in result.measurements} - declared)
    if foreign:
        raise SectionError(f"it returned undeclared metrics: {', '.join(foreign)}")
    unknown = sorted({one.model for one in result.measurements} - set(models))
    if unknown:
        raise SectionError(f"it returned metrics for unknown models: {', '.join(unknown)}")
    counts = Counter((one.name, one.model, one.subject) for one in result.measurements)
    (name, model, subject), most = counts.most_common(1)[0] if counts else (("", "", None), 0)
    if most > 1:
        part = f" ({subject})" if subject else ""
        raise SectionError(f"it returned {name} of {model}{part} {most} times")
    return result


def _findings(item: PlannedSection, result: SectionResult, split: str | None) -> tuple[Finding, ...]:
    """Return the findings of a section; those on another split than the default one begin with its name."""
    found = (
        finding for rule in item.section.rules if rule.code not in item.spec.ignore for finding in rule.apply(result)
    )
    if split is None:
        return tuple(found)
    return tuple(one.model_copy(update={"message": f"{_on(split)}{one.message}"}) for one in found)


def _statements(
    item: PlannedSection, result: SectionResult, decision: Decision, split: str | None
) -> tuple[Statement, ...]:
    """Return the statements of a section; those on another split than the default one begin with its name."""
    offered = item.section.statements(result, View(decision=decision))
    found = require_instances(offered, Statement, "its statements function")
    if split is None:
        return found
    return tuple(one.model_copy(update={"parts": (_on(split), *one.parts)}) for one in found)


def _recommended(plan: Plan, outcomes: Mapping[str, SectionOutcome]) -> str | None:
    """Return the model that a section of a comparison says to take."""
    if plan.decision.candidate is not None:
        return None
    said = (one for outcome in outcomes.values() for one in outcome.statements)
    return next((one.model for one in said if one.topic == "choice" and one.model is not None), None)


def _with_recommended(
    plan: Plan, outcomes: dict[str, SectionOutcome], model: str, *, keep_going: bool
) -> dict[str, SectionOutcome]:
    """Add what the sections say of the recommended model, as if it were the candidate."""
    found = dict(outcomes)
    for item in plan.sections:
        outcome = outcomes.get(item.address)
        if outcome is None or outcome.result is None or any(one.topic == "choice" for one in outcome.statements):
            continue
        try:
            with foreign(f"section {item.address}", folder_of(item.section)):
                own = _statements(item, outcome.result, Decision(candidate=model), split_of(item, plan.spec))
        except ForeignError as error:
            if not keep_going:
                raise SectionError(f"section {item.address}: {error}") from error
            continue
        found[item.address] = replace(outcome, recommended=own)
    return found


def _on(split: str) -> str:
    return f"On the {split} split: "


def _names_focus(plan: Plan) -> bool:
    """Return whether the spec names the models that are shown individually: no other one is added."""
    return isinstance(plan.spec.output.focus, tuple)


def focus_of(plan: Plan, table: MetricTable) -> Focus | None:
    """Choose the models that are shown individually: the best ones by the first headline with a direction."""
    wanted, models, first = plan.spec.output.focus, tuple(plan.spec.models), plan.decision.models
    if isinstance(wanted, tuple):
        return Focus(models=wanted, order=_first(wanted, models), by=None)
    if len(models) <= wanted:
        return None
    for line in table.headlines:
        if line.spec.higher_is_better is None:
            continue
        values: dict[str, float] = {}
        for one in table.find(line.section, line.spec.name):
            if one.metric.value is not None:
                values.setdefault(one.model, one.metric.value)
        if len(values) > 1:
            sign = -1 if line.spec.higher_is_better else 1
            ranked = _first(first, sorted(values, key=lambda model: sign * values[model]))
            return Focus(models=ranked[:wanted], order=_first(ranked, models), by=in_a_sentence(line.spec.title))
    ranked = _first(first, models)
    return Focus(models=ranked[:wanted], order=ranked, by=None)


def _first(some: Iterable[str], models: Iterable[str]) -> tuple[str, ...]:
    """Put some of the models first."""
    return tuple(dict.fromkeys((*some, *models)))


def table_of(plan: Plan, evaluation: Evaluation, outcomes: dict[str, SectionOutcome]) -> MetricTable:
    """Return the metrics of the sections that have a result; headlines are those on the default split."""
    rows = tuple(
        TableRow(section=item.address, measurement=measurement)
        for item in plan.sections
        if item.address in outcomes and (result := outcomes[item.address].result) is not None
        for measurement in result.measurements
    )
    headlines = tuple(
        Headline(item.address, item.section.metric(name))
        for item in plan.sections
        if item.address in outcomes and outcomes[item.address].result is not None
        if split_of(item, plan.spec) is None
        for name in item.section.headlines
    )
    specs = {f"{item.address}.{spec.name}": spec for item in plan.sections for spec in item.section.metrics}
    reasons = {model.name: model.reason for model in evaluation.models if model.reason is not None}
    return MetricTable(tuple(plan.spec.models), rows, headlines, specs, reasons)


# ------------------------------------------------------------------------------------------------ records


def results_of(
    plan: Plan,
    evaluation: Evaluation,
    outcomes: dict[str, SectionOutcome],
    created: str,
    focus: Focus | None,
    checked: tuple[CheckOutcome, ...],
    old: Release | None,
) -> Results:
    """Return the results of a run: what the spec says, what was evaluated, and the outcomes of its sections by address."""
    info, output = plan.spec.report, plan.spec.output
    return Results(
        schema_version=SCHEMA_VERSION,
        reportgen=__version__,
        created=created,
        report=ReportRecord(title=info.title, version=info.version, authors=info.authors, description=info.description),
        spec=SpecRecord(
            file=plan.source.name.replace("\\", "/").rpartition("/")[2],
            text=plan.source.text,
            sha256=plan.source.sha256,
            overrides=plan.overrides,
        ),
        output=OutputRecord(
            style=output.style,
            fail_on=output.fail_on,
            detail=output.detail,
            order=output.order,
            docs_url=output.docs_url,
            theme=_theme(plan),
            limits=plan.spec.limits,
        ),
        card=plan.spec.card,
        decision=evaluation.decision,
        models=tuple(_model(model, plan) for model in evaluation.models),
        data=None if evaluation.data is None else _data(evaluation.data),
        splits=tuple(_data(one) for one in evaluation.splits.values()),
        code=code(plan, evaluation.models, evaluation.data, evaluation.splits.values()),
        versions=evaluation.versions,
        focus=focus,
        sections=tuple(_section(item, outcomes.get(item.address), plan) for item in plan.sections),
        left_out=tuple(item.address for item in plan.left_out),
        checks=checked,
        flipped=() if old is None else tuple(flipped(old.checks, _of_candidate(checked, plan))),
    )


def _theme(plan: Plan) -> PageTheme:
    asked = plan.spec.output.theme
    return PageTheme(
        accent=asked.accent,
        logo=None if asked.logo is None else logo.load(asked.logo, plan.folder),
        organization=asked.organization,
        paper=asked.paper,
        language=asked.language,
    )


def _of_candidate(checked: Iterable[CheckOutcome], plan: Plan) -> Iterable[CheckOutcome]:
    return (check for check in checked if check.model == plan.decision.candidate)


def _section(item: PlannedSection, outcome: SectionOutcome | None, plan: Plan) -> SectionRecord:
    reason = item.skip if outcome is None else outcome.failure
    status = "skipped" if outcome is None else "ok" if outcome.failure is None else "failed"
    return SectionRecord(
        id=item.address,
        kind=item.spec.kind,
        title=item.spec.title or item.section.title,
        text=item.spec.text,
        split=split_of(item, plan.spec),
        options=item.options.model_dump(mode="json"),
        status=status,
        reason=reason,
        result=outcome.result if outcome else None,
        findings=outcome.findings if outcome else (),
        statements=outcome.statements if outcome else (),
        recommended=outcome.recommended if outcome else (),
    ).bound_to(item.section)


def _model(model: ModelEvaluation, plan: Plan) -> ModelRecord:
    history, spec = model.history, plan.spec.models[model.name]
    table = plan.params.files.get(model.name)
    return ModelRecord(
        name=model.name,
        file=model.file,
        sha256=model.sha256,
        size_bytes=model.size_bytes,
        history=None if history is None else FileRecord(file=history.file, sha256=history.sha256),
        heads=tuple(_head(head) for head in model.heads),
        recipe=model.recipe,
        params=dict(plan.params.values.get(model.name, {})),
        params_file=None if table is None else FileRecord(file=table[0], sha256=table[1]),
        form=model.form,
        reason=model.reason,
        role=spec.role,
        note=spec.note,
    )


def _head(head: HeadEvaluation) -> HeadRecord:
    return HeadRecord(
        name=head.name,
        task=head.task.value,
        task_rule=head.task.rule,
        outputs=head.output_type.value,
        outputs_rule=head.output_type.rule,
        labels=head.labels.value,
        labels_rule=head.labels.rule,
        class_names=head.class_names,
        n=head.n,
        status=head.status,
        reason=head.reason,
        positions=None if head.positions is None else head.positions.value,
        positions_rule=None if head.positions is None else head.positions.rule,
    )


def _data(data: DataEvaluation) -> DataRecord:
    return DataRecord(
        files=tuple(FileRecord(file=file, sha256=sha256) for file, sha256 in data.files),
        split=data.split,
        n_total=data.n_total,
        n=data.n,
        seed=data.seed,
        sampling=data.sampling,
        reading=data.reading,
        duplicates=data.described.duplicates,
        used_for=data.used_for,
        grouped_by=data.by,
        groups=None if data.groups is None else data.design.count,
        effective_n=None if data.weights is None else data.design.effective,
        training=None if data.training is None else _training(data.training),
    )


def _training(found: TrainingRows) -> TrainingRecord:
    return TrainingRecord(
        files=tuple(FileRecord(file=file, sha256=sha256) for file, sha256 in found.files),
        n=found.n,
        leaked=found.count,
        compared=found.compared,
        near=None if found.near is None or found.near.reason is not None else found.near.count,
        near_compared=None if found.near is None else found.near.reason or found.near.compared,
        reading=found.reading,
    )
