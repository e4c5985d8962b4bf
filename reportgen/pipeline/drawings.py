"""The figures of a report: which there are, and how they are drawn; by several processes, and never twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from reportgen.contract.figures import BLANK, Figure
from reportgen.contract.foreign import ForeignError, foreign, require_instances
from reportgen.contract.section import BaseVisualizer
from reportgen.document.dashboard import dashboard
from reportgen.document.tree import Drawing
from reportgen.errors import SectionError
from reportgen.figures import engine
from reportgen.pipeline import ahead
from reportgen.pipeline.files import named
from reportgen.pipeline.stored import KeptFigures
from reportgen.plan.registry import folder_of, is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from reportgen.analysis.results import Results, SectionRecord
    from reportgen.contract.figures import Drawn, Part
    from reportgen.contract.focus import View
    from reportgen.contract.places import Place
    from reportgen.contract.theme import Theme
    from reportgen.pipeline.ahead import Drawers
    from reportgen.pipeline.store import Store
    from reportgen.plan.plan import PlannedSection


def theme_of(results: Results) -> Theme:
    """Return the theme of a report: its style, and a look for each of its models."""
    from reportgen.figures.style import theme

    focus = () if results.focus is None else results.focus.models
    return theme(results.output.style, [model.name for model in results.models], focus)


def figures_of(record: SectionRecord, results: Results, theme: Theme) -> list[Figure]:
    """Return the figures of a section; for page one the dashboard with the panels of the other sections."""
    if record.manifest.on_front_page:
        offered = [
            figure
            for other in results.sections
            for figure in _drawn(other, theme, results.view_of(other.id), BaseVisualizer.dashboard)
        ]
        found = dashboard(offered)
        return [] if found is None else [found]
    return _drawn(record, theme, results.view_of(record.id), BaseVisualizer.figures)


def further_figures_of(record: SectionRecord, results: Results, theme: Theme) -> list[Figure]:
    """Return the figures of a section that the report may leave out: those of sheets, and those of the dashboard."""
    view = results.view_of(record.id)
    return [
        figure
        for which in (BaseVisualizer.further, BaseVisualizer.dashboard)
        for figure in _drawn(record, theme, view, which)
    ]


def shown_of(record: SectionRecord, results: Results, theme: Theme) -> list[Figure]:
    """Return the figures of a section in the document, which has a dashboard only as a comparison of many models."""
    hidden = record.manifest.on_front_page and not results.compares_many
    return [] if hidden else figures_of(record, results, theme)


def _drawn(record: SectionRecord, theme: Theme, view: View, which: Callable[..., Iterable[Figure]]) -> list[Figure]:
    section = record.manifest
    if section.visualizer is None or record.result is None:
        return []
    if not is_own(section):
        engine.start()
    drawn = require_instances(
        getattr(section.visualizer(theme, view), which.__name__)(record.result), Figure, "its visualizer"
    )
    declared = tuple(spec.name for spec in section.figures)
    for figure in drawn:
        if figure.name not in declared and not figure.name.startswith(tuple(f"{name}-" for name in declared)):
            raise SectionError(f"its visualizer draws an undeclared figure: {figure.name}")
    return list(drawn)


def _place(record: SectionRecord, figure: Figure) -> Place:
    """Return the declared place of a figure; figures drawn several times share it."""
    specs = sorted(record.manifest.figures, key=lambda spec: -len(spec.name))
    return next(
        (spec.place for spec in specs if figure.name == spec.name or figure.name.startswith(f"{spec.name}-")), "body"
    )


# ------------------------------------------------------------------------------------------------ drawing them


@dataclass(frozen=True)
class _Pending:
    """A figure of a section that is to be drawn: for the page, or what is too wide of it for a phone."""

    record: SectionRecord
    name: str
    figure: Figure
    theme: Theme
    key: str | None
    """Of what is kept of it; None if nothing is."""
    again: Figure | None = None
    """The figure for phones; None for the page."""
    parts: tuple[Part, ...] = ()
    """Those of the page, if it is for phones."""

    @property
    def what(self) -> str:
        """What it is, unlike all others."""
        return self.name if self.again is None else f"{self.name}, for phones"

    def draw(self) -> tuple[Drawn, ...]:
        """Draw it."""
        from reportgen.figures import svg

        if self.again is None:
            return (svg.to_svg(self.figure, self.theme, self.name),)
        return svg.for_phone(self.figure, self.again, self.theme, self.name, self.parts)


class Drawings:
    """The drawn figures of a report.

    Parameters
    ----------
    results
        What is drawn.
    store
        What earlier runs drew, and where this one leaves what it draws; None for nothing of the kind.
    drawers
        What draws, and notes how long that took; None for blank drawings.
    phone
        Whether phones show them too.
    """

    def __init__(self, results: Results, store: Store | None, drawers: Drawers | None, *, phone: bool) -> None:
        self._results, self._store, self._drawers = results, store, drawers
        self._phone = phone and drawers is not None
        self._theme, self._kept = theme_of(results), KeptFigures(results, store)
        self._pending: dict[str, list[tuple[_Pending, Figure | None]]] = {}
        self._waiting: list[_Pending] = []
        """Those for phones, which are drawn when the first one is asked for: a PDF is made meanwhile."""
        self._drawn: dict[str, tuple[Drawn, ...]] = {}

    def draw_ahead(self) -> None:
        """Draw what no earlier run drew of the program's own sections, in several processes.

        What fails is told when it is asked for. No code of others runs here, which could end the program before a temporary
        store is removed.
        """
        for record in self._results.sections:
            if is_own(record.manifest):
                with suppress(ForeignError), foreign(f"section {record.id}", folder_of(record.manifest)):
                    self._pending[record.id] = list(self._figures(record))
        self._draw_together([one for pending in self._pending.values() for one, _ in pending])

    def _draw_together(self, wanted: Sequence[_Pending]) -> None:
        if self._drawers is None or not wanted:
            return
        with ahead.store_for(self._store, self._drawers.processes) as store:
            self._draw_into(KeptFigures(self._results, store), wanted, self._drawers)

    def _draw_into(self, kept: KeptFigures, wanted: Sequence[_Pending], drawers: Drawers) -> None:
        missing = []
        for one in wanted:
            look = kept.made if one.again is None and drawers.was_begun(one.record.id) else kept.found
            found = None if one.key is None else look(one.key)
            if found is not None:
                self._drawn[one.what] = found
            elif one.key is not None:
                missing.append((one, one.key))
        if missing:
            engine.start()  # once, before the processes part
        busy = {one.record.id: drawers.is_at_work(one.record.id) for one, _ in missing}
        left = [both for both in missing if not busy[both[0].record.id]]
        begun = [both for both in missing if busy[both[0].record.id]]  # by processes that draw them in their order
        drawers.run([partial(self._keep, kept, *both) for both in (*left, *reversed(begun))])
        for one, key in missing:
            drawn = kept.made(key)
            if drawn is not None:
                self._drawn[one.what] = drawn

    def of(self, record: SectionRecord) -> Iterator[Drawing]:
        """Yield those of a section."""
        pending = self._pending.get(record.id)
        for one, again in self._figures(record) if pending is None else pending:
            (whole,) = self._now(one)
            yield Drawing(
                id=one.name,
                title=one.figure.title,
                caption=one.figure.caption,
                alt=one.figure.alt,
                drawn=whole,
                narrow=tuple if again is None else self._for_phone(one, again, whole.parts),
                tables=one.figure.tables,
                place=_place(record, one.figure),
            )

    def _for_phone(self, one: _Pending, again: Figure, parts: tuple[Part, ...]) -> Callable[[], tuple[Drawn, ...]]:
        """Return what draws a figure for phones later; one of others is drawn now, while their section can still fail."""
        key = self._kept.key_of(one.record, one.name, phone=True)
        small = replace(one, again=again, parts=parts, key=key)
        if is_own(one.record.manifest):
            self._waiting.append(small)
        else:
            self._now(small)
        return partial(self._later, small)

    def _later(self, one: _Pending) -> tuple[Drawn, ...]:
        """Return what was put off, after all that was is drawn."""
        waiting, self._waiting = self._waiting, []
        self._draw_together(waiting)
        with foreign(f"section {one.record.id}", folder_of(one.record.manifest)):
            return self._now(one)

    def _now(self, one: _Pending) -> tuple[Drawn, ...]:
        if self._drawers is None:
            return (BLANK,)
        if one.what not in self._drawn:
            self._drawn[one.what] = self._keep(self._kept, one, one.key)
        return self._drawn[one.what]

    def _keep(self, kept: KeptFigures, one: _Pending, key: str | None) -> tuple[Drawn, ...]:
        """Draw a figure, unless another process has, and keep it under a key."""
        made = None if key is None else kept.made(key)
        if made is not None:
            return made
        start = perf_counter()
        drawn = one.draw()
        if self._drawers is not None:
            self._drawers.note(one.what, perf_counter() - start)
        if key is not None:
            kept.keep(key, drawn)
        return drawn

    def _figures(self, record: SectionRecord) -> Iterator[tuple[_Pending, Figure | None]]:
        """Yield those of a section, each with the one for phones, if there is one."""
        from reportgen.figures import svg

        figures = shown_of(record, self._results, self._theme)
        again: list[Figure] | list[None] = [None] * len(figures)
        if self._phone:
            again = shown_of(record, self._results, svg.narrowed(self._theme))
        names = named(f"{record.id}-{figure.name}" for figure in figures)
        for name, figure, small in zip(names, figures, again, strict=True):
            key = self._kept.key_of(record, name, phone=False)
            yield _Pending(record, name, figure, self._theme, key), small


PATIENCE = 0.5
"""Seconds of analysis before another process draws: what takes less is done before that pays off, because numpy has all cores. Measured."""


class EarlyDrawings:
    """Draws the figures of sections while further ones are analyzed, if that takes long.

    They are kept like all others, under the key of all that they show: where that is not what it was so far, they are drawn again.

    Parameters
    ----------
    drawers, store
        What draws, and where it leaves what it draws.
    """

    def __init__(self, drawers: Drawers, store: Store) -> None:
        self._drawers, self._store = drawers, store
        self._waiting: list[str] = []
        self._since: float | None = None

    def add(self, item: PlannedSection, so_far: Callable[[], Results]) -> None:
        """Draw what a section has, as soon as there is a process for it."""
        if item.section.visualizer is None or item.section.on_front_page or not is_own(item.section):
            return
        self._waiting.append(item.address)
        self._since = perf_counter() if self._since is None else self._since
        if self._drawers.has_room and perf_counter() - self._since >= PATIENCE:
            sections, self._waiting = self._waiting, []
            self._drawers.start(partial(self._draw, sections, so_far), sections)

    def _draw(self, sections: Collection[str], so_far: Callable[[], Results]) -> None:
        results = so_far()
        drawings = Drawings(results, self._store, self._drawers, phone=False)
        for record in results.sections:
            if record.id in sections:
                for _ in drawings.of(record):
                    pass
