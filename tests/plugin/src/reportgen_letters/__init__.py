"""Counts the letters in the names of models: a section that needs nothing, from a package of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from reportgen import (
    BaseAnalyzer,
    BaseVisualizer,
    Column,
    Figure,
    FigureSpec,
    Hit,
    MetricSpec,
    Panel,
    Rule,
    Section,
    SectionResult,
    Strict,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from reportgen.section import Evaluation, View

LETTERS = MetricSpec("letters", "Letters", "count", None, "Letters in the name of the model.", "definition")


class Options(Strict):
    """Options of the section."""

    most: int = Field(default=3, ge=1)
    """Letters from which on a name is long."""


class Result(SectionResult):
    """Result of the section."""

    most: int


class Analyzer(BaseAnalyzer[Options, Result]):
    """Counts."""

    def analyze(self, evaluation: Evaluation) -> Result:
        """Count the letters of every name."""
        counted = tuple(LETTERS.measure(model.name, len(model.name)) for model in evaluation.models)
        return Result(measurements=counted, most=self.options.most)


class Visualizer(BaseVisualizer[Result]):
    """Draws a bar for each model."""

    def figures(self, result: Result) -> Iterator[Figure]:
        """Yield one figure."""

        def bars(ax: Axes) -> None:
            for place, one in enumerate(result.measurements):
                ax.barh(place, one.metric.value, color=self.theme.look(one.model).color)
            ax.set_yticks(range(len(result.measurements)), [one.model for one in result.measurements])
            ax.set_xlabel("letters")

        yield Figure("bars", "Letters", "Letters of each name.", "A bar for each model.", (Panel("Letters", bars),))


def long_names(result: Result) -> Iterator[Hit]:
    """Yield models with long names."""
    for one in result.measurements:
        if one.metric.value is not None and one.metric.value >= result.most:
            yield Hit(one.model, f"Its name has {one.metric.value} letters.")


def tables(result: Result, _view: View) -> tuple[Table, ...]:
    """Return one table."""
    rows = tuple((one.model, one.metric) for one in result.measurements)
    return (Table("letters", "Letters", (Column("Model", numeric=False), Column("Letters")), rows),)


SECTION = Section(
    name="letters",
    title="Letters",
    question="How long are the names?",
    options=Options,
    result=Result,
    analyzer=Analyzer,
    metrics=(LETTERS,),
    visualizer=Visualizer,
    figures=(FigureSpec("bars", "The letters of each name."),),
    rules=(Rule("LET101", "note", "A long name", "convention", long_names),),
    tables=tables,
    headlines=("letters",),
    template="reportgen_letters:templates/letters.html.j2",
)
