"""A section of one's own: it asks how often a model is all but certain."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from reportgen.section import (
    BaseAnalyzer,
    BaseVisualizer,
    Figure,
    FigureSpec,
    Hit,
    Measurement,
    MetricSpec,
    Need,
    Panel,
    Rule,
    Section,
    SectionResult,
    Strict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from reportgen.evaluation.records import Evaluation

_MOST = 0.95
"""Share of certain examples from which on the report says so. Convention."""

MY_SCORE = MetricSpec(
    name="my_score",
    title="Certain",
    unit="fraction",
    higher_is_better=None,
    definition="Share of examples whose highest probability is at least the threshold.",
    source="convention",
)


class MyOptions(Strict):
    """The keys that the section has in a spec."""

    threshold: float = Field(default=0.99, gt=0.5, lt=1)
    """Highest probability from which on an example counts as certain."""


class MyResult(SectionResult):
    """What stands in ``results.json``: the measurements, and what else the figures show."""

    threshold: float


class MyCustomAnalyzer(BaseAnalyzer[MyOptions, MyResult]):
    """Counts the examples of which a model is certain."""

    needs = frozenset({Need.PREDICTIONS})  # this analyzer needs data

    def analyze(self, evaluation: Evaluation) -> MyResult:
        """Compute the metrics of every model."""
        custom_metrics = []
        for model in evaluation.models:
            for head in model.heads:
                subject = model.subject(head)
                if head.classification is None:
                    custom_metrics.append(MY_SCORE.missing(model.name, head.status, head.reason or "", subject=subject))
                else:
                    certain = head.classification.confidence >= self.options.threshold
                    score = float(certain.mean())
                    custom_metrics.append(MY_SCORE.measure(model.name, score, subject=subject, n=len(certain)))
        return MyResult(measurements=tuple(custom_metrics), threshold=self.options.threshold)


class MyCustomVisualizer(BaseVisualizer[MyResult]):
    """Draws a bar for each model."""

    def figures(self, result: MyResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        shares = [one for one in result.named("my_score") if one.metric.value is not None]
        if not shares:
            return
        yield Figure(
            name="my-custom-plot",
            title="How often a model is certain",
            caption=f"Share of examples with a probability of at least {result.threshold:g}.",
            alt=", ".join(f"{one.model}: {one.metric.value:.0%}" for one in shares) + ".",
            panels=(Panel("Certain", partial(self._draw, shares)),),
        )

    def _draw(self, shares: list[Measurement], ax: Axes) -> None:
        looks = [self.theme.look(one.model) for one in shares]
        names = [" ".join(filter(None, (look.label, one.subject))) for look, one in zip(looks, shares, strict=True)]
        ax.barh(names, [one.metric.value or 0.0 for one in shares], color=[look.color for look in looks])
        ax.invert_yaxis()
        ax.set_xlim(0, 1)
        ax.set_xlabel("share of examples")


def too_certain(result: MyResult) -> Iterator[Hit]:
    """Yield models that are certain of nearly everything."""
    for one in result.named("my_score"):
        if one.metric.value is not None and one.metric.value > _MOST:
            yield Hit(one.model, f"{one.metric.value:.0%} of the examples are above {result.threshold:g}.", one.subject)


SECTION = Section(
    name="my_section",
    title="Certainty",
    question="How often is a model all but certain?",
    options=MyOptions,
    result=MyResult,
    analyzer=MyCustomAnalyzer,
    metrics=(MY_SCORE,),
    visualizer=MyCustomVisualizer,
    figures=(FigureSpec("my-custom-plot", "The share of certain examples, one bar for each model."),),
    rules=(Rule("MYS101", "note", "Certain of nearly everything", "convention", too_certain),),
)
