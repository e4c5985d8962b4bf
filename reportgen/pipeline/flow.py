"""The pipeline on one page: from a spec to a plan, an evaluation, results and files."""

from __future__ import annotations

import gc
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.contract.findings import SEVERITIES
from reportgen.contract.formats import ANSWERS, DRAWN, FILES, PDFS
from reportgen.errors import RenderError, ResultsError
from reportgen.pipeline import files
from reportgen.pipeline.ahead import Drawers
from reportgen.pipeline.run import now
from reportgen.plan.files import named_files
from reportgen.plan.make import make
from reportgen.spec import source
from reportgen.spec.tables.release import BaselineSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from reportgen.analysis.results import Results
    from reportgen.contract.formats import Format
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.pipeline.files import Written
    from reportgen.pipeline.present import Rendered
    from reportgen.pipeline.run import Run
    from reportgen.plan.plan import Plan
    from reportgen.render.pdf import PdfProcess
    from reportgen.spec.source import Source
    from reportgen.spec.tables.output import LimitsSpec


@dataclass(frozen=True)
class Outcome:
    """The outcome of a build or a rendering: results, written files, failures, exit code."""

    results: Results
    files: tuple[Path, ...]
    failures: tuple[str, ...]
    exit_code: int


def read_plan(path: Path, overrides: Sequence[str] = (), only: Sequence[str] = (), skip: Sequence[str] = ()) -> Plan:
    """Read a spec and validate everything that can be validated without computing.

    Raises
    ------
    SpecError
        Lists all errors.
    """
    text = source.read(path, str(path))
    for override in overrides:
        text = text.with_override(override)
    return plan_of(text, path.parent, overrides, only, skip)


def plan_of(
    text: Source, folder: Path, overrides: Sequence[str] = (), only: Sequence[str] = (), skip: Sequence[str] = ()
) -> Plan:
    """Return the plan of a spec that was read from a folder, with overrides applied; SpecError as :func:`read_plan`."""
    planned = make(text, folder, overrides, only, skip)
    templates = templates_of(planned)
    if templates is not None:
        _require_sound(planned, templates)
    _require_releases(planned)
    return planned


def _require_releases(planned: Plan) -> None:
    """Read the results files of earlier releases, which must be right before hours are spent on models."""
    from reportgen.spec.problems import Problem

    if not planned.trend and not isinstance(planned.spec.decision.baseline, BaselineSpec):
        return
    from reportgen.analysis.releases import run

    for location, read in ((("decision", "baseline", "results"), run.baseline), (("trend", "results"), run.trend)):
        try:
            read(planned)
        except ResultsError as error:
            raise planned.source.error([Problem(location, str(error))]) from error


def _require_sound(planned: Plan, folder: Path) -> None:
    from reportgen.render.environment import require_sound
    from reportgen.spec.problems import Problem

    try:
        require_sound(folder, planned.spec.limits)
    except RenderError as error:
        raise planned.source.error([Problem(("output", "templates"), str(error))]) from error


def build(planned: Plan, output: Path, formats: Sequence[Format], run: Run) -> Outcome:
    """Evaluate, analyze, render and write a report.

    Parameters
    ----------
    planned
        The plan.
    output
        Output folder; created if it does not exist.
    formats
        Which files to write.
    run
        The context.

    Raises
    ------
    ReportgenError
        In this case nothing is written, except that a section's figures or tables that fail cost only the files that show them.
    """
    inputs = inputs_of(planned)
    files.require_writable(output, _names(formats), inputs)
    if templates_of(planned) is not None:
        with run.step("templates"):
            rehearse(planned, formats)
    with _typesetter(planned.spec.limits, formats) as typesetter, Drawers(run.drawers) as drawers:
        results = compute(planned, run, typesetter, formats=formats, drawers=drawers)
        from reportgen.pipeline import present

        run.progress("rendering", 0, 1)
        report = present.present(
            results, formats, run, templates=templates_of(planned), typesetter=typesetter, drawers=drawers
        )
    if planned.spec.output.figures.save:
        present.add_figure_files(report, results, planned.spec.output.figures)
    contents: dict[str, bytes | memoryview] = {**report.files}
    if FILES["json"] in contents and results.answers is not None:
        contents[ANSWERS] = results.answers
    with run.step("writing files"):
        written = files.write(contents, output, _names(formats), inputs)
    return _written(results, report, written, run)


def rehearse(planned: Plan, formats: Sequence[Format]) -> None:
    """Try the custom templates of some formats, before anything is computed.

    Raises
    ------
    InputError
        One fails whatever the document holds.
    """
    folder = templates_of(planned)
    if folder is not None:
        from reportgen.pipeline import rehearsal

        rehearsal.rehearse(planned, folder, formats, now())


def _typesetter(limits: LimitsSpec, formats: Sequence[Format]) -> AbstractContextManager[PdfProcess | None]:
    """Start the PDF engine, which loads while the worker does, while figures are drawn, or while the page is made; none without a PDF."""
    if not set(PDFS) & set(formats):
        return nullcontext()
    from reportgen.render.pdf import PdfProcess

    return PdfProcess.within(limits)


def compute(
    planned: Plan,
    run: Run,
    typesetter: PdfProcess | None = None,
    *,
    created: str | None = None,
    formats: Sequence[Format] = (),
    drawers: Drawers | None = None,
) -> Results:
    """Evaluate and analyze, without writing a report; while the worker starts, say whether the PDF engine does.

    Parameters
    ----------
    planned, run
        The plan, and the context.
    typesetter
        The PDF engine; None without a PDF.
    created
        The time of the report; None for now.
    formats
        Which files are made of the results: what this takes is prepared while the worker starts.
    drawers
        What draws the figures of sections while further ones are analyzed; None if nothing does.
    """
    from reportgen.analysis.analyze import analyze, unnoticed
    from reportgen.analysis.origin import origin
    from reportgen.pipeline import stored, warm
    from reportgen.pipeline.drawings import EarlyDrawings
    from reportgen.pipeline.memory import KeptResults

    created = created or now()
    made_in = origin(planned, keep_going=run.keep_going)

    early = None

    def meanwhile() -> None:
        nonlocal early
        warm.up(planned, formats, created)
        if drawers is not None and run.store is not None and not set(DRAWN).isdisjoint(formats):
            early = EarlyDrawings(drawers, run.store)
        if typesetter is not None:
            _try(typesetter, run)

    with run.step("evaluation"):
        evaluation, keys = stored.evaluate(planned, run, meanwhile)
        evaluation = _with_keys(evaluation, planned.source)
    run.progress("analyzing", 0, 1)
    with run.step("analysis"), _no_garbage():
        memory = KeptResults(planned, run, keys)
        arrived = unnoticed if early is None else early.add
        results = analyze(planned, evaluation, created, keep_going=run.keep_going, memory=memory, arrived=arrived)
    return results.model_copy(update={"origin": made_in})


def _with_keys(evaluation: Evaluation, source: Source) -> Evaluation:
    """Return an evaluation in which the reasons of models that do not fit the data name the key and the file of the data."""
    from reportgen.spec.problems import Problem

    def told(model: ModelEvaluation) -> ModelEvaluation:
        if model.failure is None or model.failure[0][:1] != ("data",):
            return model
        location, file, message = model.failure
        return replace(model, reason=source.told(Problem(location, f"{file}: {message}" if file else message)))

    return replace(evaluation, models=tuple(map(told, evaluation.models)))


def _try(typesetter: PdfProcess, run: Run) -> None:
    """Say it now if the PDF engine cannot be loaded; rendering the PDF fails for the same reason."""
    try:
        typesetter.require_loaded()
    except RenderError as error:
        run.warn(f"no PDF will be written: {error}")


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Pause the search for circular garbage: an analysis leaves none, and looking through millions of numbers takes half as long again."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def render(
    results: Results,
    output: Path,
    formats: Sequence[Format],
    run: Run,
    *,
    inputs: Sequence[Path] = (),
    templates: Path | None = None,
) -> Outcome:
    """Render results again and write the files.

    ``inputs`` are never replaced. A file that could not be rendered is among the failures, and an earlier one stays; after a
    build, which has other results, it is removed.
    """
    from reportgen.pipeline import present

    files.require_writable(output, [FILES[name] for name in formats], inputs)
    run.progress("rendering", 0, 1)
    with _typesetter(results.output.limits, formats) as typesetter:
        report = present.present(results, formats, run, templates=templates, typesetter=typesetter)
    with run.step("writing files"):
        written = files.write(report.files, output, inputs=inputs)
    return _written(results, report, written, run)


def _written(results: Results, report: Rendered, written: Written, run: Run) -> Outcome:
    """Return the outcome of a report whose files were written."""
    if run.store is not None:
        run.store.trim()
    failures = [f"section {item.id}: {item.reason}" for item in results.sections if item.status == "failed"]
    failures += [f"model {model.name}: {model.reason}" for model in results.models if model.reason is not None]
    failures += [
        f"model {model.name}: {head.reason}"
        for model in results.models
        for head in model.heads
        if head.status == "failed"
    ]
    failures += [*report.failures, *written.failures]
    return Outcome(results, written.files, tuple(failures), 3 if failures else verdict_code(results))


def _names(formats: Sequence[Format]) -> list[str]:
    """Return the files of a build: of its formats, and the predictions beside the results, which replace those of other results."""
    beside = [ANSWERS] if "json" in formats else []
    return [*(FILES[name] for name in formats), *beside]


def verdict_code(results: Results) -> int:
    """Return 1 if a check failed or could not be decided, or a finding is too severe; otherwise 0."""
    limit = results.output.fail_on
    if any(check.state in {"FAIL", "ERROR"} for check in results.checks):
        return 1
    if limit is not None:
        severe = SEVERITIES[SEVERITIES.index(limit) :]
        if any(finding.severity in severe for _, finding in results.findings()):
            return 1
    return 0


def inputs_of(planned: Plan) -> list[Path]:
    """Return the files that a plan reads."""
    named = (planned.folder / file for _, file in named_files(planned.spec))
    return [Path(planned.source.name), *named, *(planned.folder / file for file in planned.trend)]


def templates_of(planned: Plan) -> Path | None:
    """Return the folder of custom templates of the spec; None if there is none."""
    named = planned.spec.output.templates
    return None if named is None else planned.folder / named


def default_output(planned: Plan) -> Path:
    """Return the output folder of the spec, otherwise ``build/<spec-name>`` in the working directory."""
    directory = planned.spec.output.directory
    return Path("build") / Path(planned.source.name).stem if directory is None else planned.folder / directory
