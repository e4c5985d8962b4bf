"""The headlines over several earlier releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from releases.made import classified, only, release, run, spec

from reportgen.contract.theme import Theme
from reportgen.pipeline import drawings
from reportgen.plan.make import make
from reportgen.spec import source
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results

TREND = '[decision]\ncandidate = "b"\n[trend]\nresults = "old-*/results.json"\n'


def trend(folder: Path) -> Results:
    """Analyze b with two earlier releases, the later one first by name and on other rows."""
    made = classified(["a", "b", "c"])
    late = release(folder, classified(["a"], rows=200), version="1.1")
    late.parent.rename(folder / "old-1")
    late = folder / "old-1" / "results.json"
    late.write_text(late.read_text("utf-8").replace("2026-01-02T", "2026-01-09T"), "utf-8")
    early = release(folder, made, version="1.0")
    early.parent.rename(folder / "old-2")
    return run(folder, spec(["b"], TREND), only(made, "b"))


def test_releases_are_in_the_order_of_their_time_and_this_report_is_last(tmp_path: Path) -> None:
    """Each with its own value, and whether it was measured on the same rows."""
    results = trend(tmp_path)
    lines = {line.address: line for line in results["changes"].trend}
    assert {"performance.accuracy", "performance.nll"} <= set(lines)
    points = lines["performance.accuracy"].points
    assert [one.release and one.release.version for one in points] == ["1.0", "1.1", None]
    assert [one.same_rows for one in points] == [True, False, True]
    assert points[-1].metric == results["performance"].find("accuracy", "b")
    assert points[0].metric is not None
    assert points[0].metric.value == pytest.approx(0.7)
    assert results["changes"].changes is None


def test_it_is_one_small_chart_for_each_headline(tmp_path: Path) -> None:
    """With hollow marks where the rows are others, and a mark of every release."""
    results = trend(tmp_path)
    theme = drawings.theme_of(results)
    assert isinstance(theme, Theme)
    record = results.sections[-1]
    (figure,) = drawings.figures_of(record, results, theme)
    assert [panel.title for panel in figure.panels] == [line.title for line in results["changes"].trend]
    assert "Hollow" in figure.caption
    assert figure.title.replace("\N{NARROW NO-BREAK SPACE}", " ").startswith(
        "Accuracy 70.0 % to 80.0 % over 3 releases"
    )
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    figure.panels[0].draw(ax)
    faces = [line.get_markerfacecolor() for line in ax.get_lines()]
    assert faces == [theme.ink, theme.paper, theme.ink]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('[trend]\nresults = "old-*/results.json"\n', "no file matches"),
        ('[trend]\nresults = "old.json"\n', "no file matches"),
        ('[trend]\nresults = ""\n', "must not be empty"),
    ],
)
def test_a_trend_of_nothing_is_a_mistake(tmp_path: Path, lines: str, says: str) -> None:
    """At its line."""
    for name in ("b.keras", "test.npz"):
        (tmp_path / name).touch()
    with pytest.raises(SpecError) as error:
        make(source.parse(spec(["b"], lines), "new.toml", "toml"), tmp_path)
    assert says in str(error.value)


def test_a_trend_needs_a_candidate(tmp_path: Path) -> None:
    """Of several models none is the last point."""
    for name in ("a.keras", "b.keras", "test.npz"):
        (tmp_path / name).touch()
    release(tmp_path, classified(["a"]))
    with pytest.raises(SpecError, match="needs a candidate"):
        make(source.parse(spec(["a", "b"], '[trend]\nresults = "old-*/results.json"\n'), "new.toml", "toml"), tmp_path)
