"""What sections declare of their figures is what they draw."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
import sweeps
from factory import declared
from handmade import full_results
from releases.made import BASELINE, classified, only, release, run, spec

from reportgen.contract.decision import COMPARISON, Baseline, Decision
from reportgen.contract.focus import View
from reportgen.figures.style import theme
from reportgen.plan.registry import Registry

if TYPE_CHECKING:
    from reportgen.analysis.results import Results

NAMES = tuple("abcdefgh")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, ...]:
    """Analyze them with every section that is installed: models of classes, of any number of classes, of values and their distributions, of images and of sequences, and one after two releases."""
    folder = tmp_path_factory.mktemp("figures")
    release(folder, classified())
    lines = f'{BASELINE}[trend]\nresults = "old-*/results.json"\n'
    after = run(folder, spec(["b"], lines), only(classified(), "b"))
    of_all = (
        full_results(tmp_path_factory.mktemp("figures"), NAMES, task=task)
        for task in ("classes", "labels", "values", "distributions", "images", "sequences")
    )
    return (*of_all, after, sweeps.results(tmp_path_factory.mktemp("figures")))


@pytest.mark.parametrize("name", Registry().names)
def test_what_is_declared_is_drawn(name: str, results: tuple[Results, ...]) -> None:
    """With everything that there can be, all declared figures are drawn, those of sheets included, and no other."""
    section = Registry().find(name)
    records = [one for found in results for one in found.sections if one.kind == name and one.result is not None]
    drawn: set[str | None] = set()
    roles = (Decision(candidate="b", baseline=Baseline(model="a")), COMPARISON)
    for record, decision in product(records, roles):
        drawer = (
            section.visualizer(theme("publication", NAMES), View(decision=decision)) if section.visualizer else None
        )
        figures = [*drawer.figures(record.result), *drawer.further(record.result)] if drawer else []
        drawn |= {declared(section, figure.name) for figure in figures}
    assert drawn == {spec.name for spec in section.figures}
