"""Figures that several processes draw: the same ones, whatever becomes of the processes."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from handmade import made_evaluation, made_plan, results

from reportgen.analysis.analyze import analyze
from reportgen.pipeline import ahead, drawings
from reportgen.pipeline.present import present
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.pipeline.present import Rendered
    from reportgen.plan.plan import PlannedSection

if sys.platform != "linux":
    pytest.skip("figures are drawn in forks on Linux alone", allow_module_level=True)


@pytest.fixture(scope="module")
def found() -> Results:
    """Analyze."""
    return results()


@pytest.fixture(scope="module")
def alone(found: Results) -> Rendered:
    """Draw by one process."""
    return present(found, ("html",), Run())


@pytest.mark.parametrize("stored", [True, False])
def test_the_page_is_the_same(
    stored: bool, found: Results, alone: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn by one process or by three, with a store or without; the program draws its share alone."""
    drawn, real = [], drawings._Pending.draw
    monkeypatch.setattr(drawings._Pending, "draw", lambda one: (drawn.append(one.what), real(one))[1])
    store = Store(tmp_path / "store") if stored else None
    run = Run(store=store, drawers=3)
    several = present(found, ("html",), run)
    assert several.files == alone.files
    timed = [part for step, part in run.parts if step == "figures"]
    assert len(timed) > len(drawn), "those of the other processes too"
    assert set(drawn) <= set(timed)
    figures = {drawing.name for record in found.sections for drawing in record.manifest.figures}
    assert 0 < len(drawn) < len(figures)
    if store is not None:
        assert not store.found
        again = Store(tmp_path / "store")
        assert present(found, ("html",), Run(store=again, drawers=3)).files == alone.files
        assert not again.missed


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail() -> None:
    raise ValueError


@pytest.mark.parametrize("broken", [_end, _fail])
def test_what_a_process_does_not_draw_is_drawn_by_the_program(
    broken: Callable[[], None], found: Results, alone: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is killed, or fails."""
    program, real = os.getpid(), drawings._Pending.draw
    monkeypatch.setattr(
        drawings._Pending, "draw", lambda one: real(one) if os.getpid() == program else broken() or real(one)
    )
    report = present(found, ("html",), Run(store=Store(tmp_path / "store"), drawers=2))
    assert report.files == alone.files
    assert not report.failures


def drawn_early(
    found: Results,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    others: Callable[[], None],
    begun: list[str],
    *,
    wait: bool,
) -> tuple[Rendered, list[str]]:
    """Analyze while a process draws, which does something before each figure; return the report, and the section of each figure that the program drew for the page.

    ``begun`` gets the sections that a process was started for; with ``wait`` the analysis goes on when it has ended.
    """
    program, real, drawn = os.getpid(), drawings._Pending.draw, []

    def draw(one: drawings._Pending) -> object:
        if os.getpid() != program:
            others()
        elif one.again is None:
            drawn.append(one.record.id)
            if one.record.id in begun:
                (folder / "helped").touch()
        return real(one)

    monkeypatch.setattr(drawings._Pending, "draw", draw)
    monkeypatch.setattr(drawings, "PATIENCE", 0)
    store = Store(folder / "store")
    with ahead.Drawers(2) as drawers:
        early = drawings.EarlyDrawings(drawers, store)

        def arrived(item: PlannedSection, so_far: Callable[[], Results]) -> None:
            room = drawers.has_room
            early.add(item, so_far)
            if room and drawers.was_begun(item.address):
                begun.append(item.address)
                while wait and drawers.is_at_work(item.address):
                    time.sleep(0.01)

        analyze(made_plan(folder), made_evaluation(), found.created, keep_going=False, arrived=arrived)
        return present(found, ("html",), Run(store=store, drawers=2), drawers=drawers), drawn


@pytest.mark.parametrize("broken", [None, _end, _fail])
def test_figures_are_drawn_while_further_sections_are_analyzed(
    broken: Callable[[], None] | None,
    found: Results,
    alone: Rendered,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For the page, by a process of their own, and not again by the program, unless it is killed, or fails."""
    begun: list[str] = []
    report, drawn = drawn_early(found, tmp_path, monkeypatch, broken or (lambda: None), begun, wait=True)
    assert report.files == alone.files
    assert begun
    assert set(begun).isdisjoint(drawn) == (broken is None)


def test_the_program_draws_from_the_other_end(
    found: Results, alone: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process that draws while sections are analyzed has not come to when they are."""
    until = time.monotonic() + 30

    def others() -> None:
        while not (tmp_path / "helped").exists() and time.monotonic() < until:
            time.sleep(0.01)

    begun: list[str] = []
    report, drawn = drawn_early(found, tmp_path, monkeypatch, others, begun, wait=False)
    assert report.files == alone.files
    assert set(begun) & set(drawn)


def test_each_task_runs_once(tmp_path: Path) -> None:
    """In one of the processes, none of which is left."""

    def task(name: str) -> None:
        (tmp_path / name).write_text(str(os.getpid()), "ascii")

    with ahead.Drawers(3) as drawers:
        drawers.run([partial(task, str(number)) for number in range(7)])
    workers = {path.name: int(path.read_text("ascii")) for path in tmp_path.iterdir()}
    assert len(workers) == 7
    assert len(set(workers.values())) == 3
    assert os.getpid() in workers.values()
    for pid in {*workers.values()} - {os.getpid()}:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
