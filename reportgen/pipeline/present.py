"""From results to the files of a report: draw, compose, render. Without models, data or TensorFlow."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from reportgen.contract.foreign import ForeignError, foreign, require_instances
from reportgen.contract.formats import FORMATS, RENDERERS
from reportgen.contract.galleries import Gallery
from reportgen.contract.tables import Table
from reportgen.document.compose import compose
from reportgen.document.content import Content
from reportgen.document.front import front_page
from reportgen.errors import ArgumentError, ReportgenError, SectionError, summary
from reportgen.pipeline.ahead import Drawers
from reportgen.pipeline.drawings import Drawings, shown_of, theme_of
from reportgen.pipeline.files import named
from reportgen.pipeline.run import Run
from reportgen.plan.registry import folder_of
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from reportgen.analysis.results import Results, SectionRecord
    from reportgen.contract.focus import View
    from reportgen.contract.formats import Format, Renderer
    from reportgen.document.content import Typesetter
    from reportgen.document.tree import Document, Drawing, FrontPage
    from reportgen.spec.tables.output import FiguresSpec


def known(formats: str | Iterable[str]) -> tuple[Format, ...]:
    """Return the formats in their standard order; an ArgumentError names unknown ones."""
    asked = (formats,) if isinstance(formats, str) else tuple(formats)
    unknown = [repr(name) for name in asked if name not in FORMATS]
    if unknown:
        raise ArgumentError(f"formats must be among {', '.join(FORMATS)} (found {', '.join(unknown)})")
    return tuple(name for name in FORMATS if name in asked)


@dataclass
class Rendered:
    """The files of a report, and the failures."""

    files: dict[str, bytes] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def fail(self, failure: str, error: Exception, *, keep_going: bool) -> None:
        """Add the failure of a section, once, or raise it."""
        if not keep_going:
            raise SectionError(failure) from error
        if failure not in self.failures:
            self.failures.append(failure)


def present(
    results: Results,
    wanted: Collection[Format],
    run: Run | None = None,
    *,
    templates: Path | None = None,
    typesetter: Typesetter | None = None,
    draw: bool = True,
    drawers: Drawers | None = None,
) -> Rendered:
    """Render results in the requested formats.

    Parameters
    ----------
    results
        The outcome of a run.
    wanted
        Which files to render.
    run
        The context; None for a run of its own. If a section's figures or tables fail and the run does not keep going, no file that would show them is
        rendered.
    templates
        Folder with custom templates.
    typesetter
        What makes the PDF, if it was started before.
    draw
        Whether figures are drawn; otherwise they are blank.
    drawers
        What draws, if it was started before.

    Returns
    -------
    Rendered
        A file that could not be rendered is missing from ``files`` and listed in ``failures``: the others do not depend on it.
    """
    report, run = Rendered(), run or Run()
    asked = [one for one in RENDERERS if one.name in wanted]
    with Drawers(run.drawers) if drawers is None else nullcontext(drawers) as drawing:
        content = Content(
            results,
            lambda: _document(results, report, run, drawing if draw else None, phone="html" in wanted),
            (templates,) if templates else (),
            typesetter,
        )
        _render(report, asked, content, run)
    run.parts.update({("figures", name): seconds for name, seconds in drawing.seconds.items()})
    return report


def _render(report: Rendered, asked: Sequence[Renderer], content: Content, run: Run) -> None:
    """Add the files of some renderers to a report, or why they could not be rendered."""
    steps: list[tuple[Renderer, Callable[[], bytes | Callable[[], bytes]]]] = [
        (one, partial(_rendered, one, content)) for one in sorted(asked, key=lambda one: not one.begins)
    ]
    made: dict[str, bytes] = {}
    failed: dict[str, str] = {}
    for one, step in steps:  # a list that grows: what was begun is finished last
        try:
            with run.step(one.file):
                found = step()
        except (ReportgenError, OSError, MemoryError) as error:
            failed[one.file] = _words(error)
            continue
        if isinstance(found, bytes):
            made[one.file] = found
        else:
            steps.append((one, found))
    report.files |= {one.file: made[one.file] for one in asked if one.file in made}
    missing: dict[str, list[str]] = {}
    for one in asked:
        if one.file in failed:
            missing.setdefault(failed[one.file], []).append(one.file)
    for reason, files in missing.items():
        report.failures.append(
            f"{formatting.listed(files)} {'was' if len(files) == 1 else 'were'} not written: {reason}"
        )


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, ReportgenError) else f"{type(error).__name__}: {summary(error)}"


def _rendered(one: Renderer, content: Content) -> bytes | Callable[[], bytes]:
    """Run a renderer; one that only begins returns what finishes."""
    module, _, function = one.function.partition(":")
    render: Callable[[Content], bytes | Callable[[], bytes]] = getattr(import_module(module), function)
    return render(content)


def add_figure_files(report: Rendered, results: Results, wanted: FiguresSpec) -> None:
    """Add every figure as a separate file; a section whose figures fail is among the failures."""
    from reportgen.figures import svg

    theme = theme_of(results)
    drawn: list[tuple[str, bytes]] = []
    for record in results.sections:
        try:
            with foreign(f"section {record.id}", folder_of(record.manifest)):
                drawn += [
                    (f"{record.id}-{figure.name}", svg.to_bytes(figure, theme, wanted.format, wanted.dpi))
                    for figure in shown_of(record, results, theme)
                ]
        except ForeignError as error:
            report.fail(f"section {record.id}: it could not be displayed ({error})", error, keep_going=True)
    names = named(name for name, _ in drawn)
    report.files |= {
        f"figures/{name}.{wanted.format}": content for name, (_, content) in zip(names, drawn, strict=True)
    }


def _document(results: Results, report: Rendered, run: Run, drawers: Drawers | None, *, phone: bool) -> Document:
    figures = Drawings(results, run.store, drawers, phone=phone)
    with run.step("figures"):
        figures.draw_ahead()
    return _composed(results, report, run, figures)


def _composed(results: Results, report: Rendered, run: Run, figures: Drawings) -> Document:
    drawings: dict[str, tuple[Drawing, ...]] = {}
    tables: dict[str, tuple[Table, ...]] = {}
    galleries: dict[str, tuple[Gallery, ...]] = {}
    failures: dict[str, str] = {}
    for record in results.sections:
        try:
            with run.step("figures"), foreign(f"section {record.id}", folder_of(record.manifest)):
                view = results.view_of(record.id)
                tables[record.id] = tables_of(record, view)
                galleries[record.id] = galleries_of(record, view)
                drawings[record.id] = tuple(figures.of(record))
        except ForeignError as error:
            failures[record.id] = f"it could not be displayed ({error})"
            report.fail(f"section {record.id}: {failures[record.id]}", error, keep_going=run.keep_going)
    return compose(results, drawings, tables, galleries, failures)


def page_one(results: Results) -> FrontPage:
    """Return page one without its picture: nothing is drawn.

    Raises
    ------
    SectionError
        The tables of a section failed.
    """
    tables: dict[str, tuple[Table, ...]] = {}
    for record in results.sections:
        try:
            with foreign(f"section {record.id}", folder_of(record.manifest)):
                tables[record.id] = tables_of(record, results.view_of(record.id))
        except ForeignError as error:
            raise SectionError(f"section {record.id}: it could not be displayed ({error})") from error
    return front_page(results, None, tables)


def tables_of(record: SectionRecord, view: View) -> tuple[Table, ...]:
    """Return the tables of a section; none if it has no result."""
    if record.result is None:
        return ()
    return require_instances(record.manifest.tables(record.result, view), Table, "its tables function")


def galleries_of(record: SectionRecord, view: View) -> tuple[Gallery, ...]:
    """Return the galleries of a section; none if it has no result."""
    if record.result is None:
        return ()
    return require_instances(record.manifest.galleries(record.result, view), Gallery, "its galleries function")
