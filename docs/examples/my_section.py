"""A custom section that measures how often a model is almost certain."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field
from reportgen import (
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
from reportgen.section import ClassPredictions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from reportgen.section import Evaluation

_MOST = 0.95
"""Share of certain examples above which the rule fires. Convention."""

# --8<-- [start:metric]
MY_SCORE = MetricSpec(
    name="my_score",
    title="Certain",
    unit="fraction",
    higher_is_better=None,
    definition="Share of examples whose highest probability is at least the threshold.",
    source="convention",
)
# --8<-- [end:metric]


# --8<-- [start:schema]
class MyOptions(Strict):
    """The keys of the section in a spec."""

    threshold: float = Field(default=0.99, gt=0.5, lt=1)
    """An example counts as certain if its highest probability is at least this."""


class MyResult(SectionResult):
    """Saved in ``results.json``: the measurements, and what else the figures show."""

    threshold: float


# --8<-- [end:schema]


# --8<-- [start:analyzer]
class MyCustomAnalyzer(BaseAnalyzer[MyOptions, MyResult]):
    """Counts the examples on which a model is certain."""

    needs = frozenset({Need.PREDICTIONS})  # this analyzer needs data

    def analyze(self, evaluation: Evaluation) -> MyResult:
        """Compute the metrics of every model."""
        custom_metrics: list[Measurement] = []
        threshold = self.options.threshold
        for model, head, outputs in evaluation.heads(ClassPredictions):
            name, subject = model.name, model.subject(head)
            certain = outputs.confidence >= threshold
            score, n = float(certain.mean()), len(certain)
            custom_metrics += [MY_SCORE.measure(name, score, subject=subject, n=n)]
        return MyResult(measurements=tuple(custom_metrics), threshold=threshold)


# --8<-- [end:analyzer]


# --8<-- [start:visualizer]
class MyCustomVisualizer(BaseVisualizer[MyResult]):
    """Draws a bar for each model."""

    def figures(self, result: MyResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        found = result.named("my_score")
        shares = [
            (one, one.metric.value) for one in found if one.metric.value is not None
        ]
        if not shares:
            return
        words = ", ".join(f"{one.model} {share:.0%}" for one, share in shares)
        yield Figure(
            name="my-custom-plot",
            title="How often a model is certain",
            caption=f"Examples with a probability of at least {result.threshold:g}.",
            alt=f"Share of certain examples: {words}.",
            panels=(Panel("Certain", partial(self._draw, shares)),),
        )

    def _draw(self, shares: list[tuple[Measurement, float]], ax: Axes) -> None:
        for place, (one, share) in enumerate(shares):
            look = self.theme.look(one.model)
            ax.barh(place, share, color=look.color)
        names = [f"{one.model} {one.subject or ''}".strip() for one, _ in shares]
        ax.set_yticks(range(len(shares)), names)
        ax.invert_yaxis()
        ax.set_xlim(0, 1)
        ax.set_xlabel("share of examples")


# --8<-- [end:visualizer]


# --8<-- [start:rule]
def too_certain(result: MyResult) -> Iterator[Hit]:
    """Yield models that are certain on nearly all examples."""
    for one in result.named("my_score"):
        share = one.metric.value
        if share is not None and share > _MOST:
            certain = f"{one.model} is at least {result.threshold:.1%} sure"
            message = (
                f"{certain} on {share:.0%} of the examples: check its calibration."
            )
            yield Hit(one.model, message, one.subject)


SECTION = Section(
    name="my_section",
    title="Certainty",
    question="How often is a model almost certain?",
    options=MyOptions,
    result=MyResult,
    analyzer=MyCustomAnalyzer,
    metrics=(MY_SCORE,),
    tasks={"multiclass": (MY_SCORE,), "binary": (MY_SCORE,)},
    visualizer=MyCustomVisualizer,
    figures=(FigureSpec("my-custom-plot", "The share of certain examples."),),
    rules=(Rule("MYS101", "note", "Too certain", "convention", too_certain),),
)
# --8<-- [end:rule]
