"""What a section is: its analyzer, its visualizer, and the manifest that binds them.

Core knows sections only through the :class:`Section` manifest; sections know each other not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from reportgen.contract.base import Strict
from reportgen.contract.focus import View
from reportgen.contract.result import ResultT, SectionResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reportgen.contract.figures import Figure, FigureSpec
    from reportgen.contract.findings import Rule
    from reportgen.contract.metric_table import MetricTable, Reading
    from reportgen.contract.needs import Need, Probe
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.tables import Table
    from reportgen.contract.theme import Theme


OptionsT = TypeVar("OptionsT", bound=Strict)


class BaseAnalyzer(Generic[OptionsT, ResultT]):
    """Turns the evaluation into a result. Holds its options and nothing else."""

    needs: ClassVar[frozenset[Need]] = frozenset()

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def probe(self) -> Probe | None:
        """Say which activations it needs; None for an analyzer without ``Need.ACTIVATIONS``."""
        return None

    def threshold(self) -> float | None:
        """Return the probability above which the positive class of a binary head is to be predicted; None: as others ask."""
        return None

    def names(self) -> dict[str, str]:
        """Return the models that options name, by the option; the plan refuses those that the spec does not have."""
        return {}

    def analyze(self, evaluation: Evaluation) -> ResultT:
        """Compute the section's result; must not change the evaluation."""
        raise NotImplementedError


class BaseComparer(Generic[OptionsT, ResultT]):
    """The analyzer of a comparing section: it runs second, on the table of metrics instead of the evaluation."""

    needs: ClassVar[frozenset[Need]] = frozenset()

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def reads(self) -> tuple[Reading, ...]:
        """Return the metrics that the options name; the plan refuses those that no section of the spec produces."""
        return ()

    def compare(self, table: MetricTable) -> ResultT:
        """Compute the section's result from the numbers of the other sections."""
        raise NotImplementedError


class BaseVisualizer(Generic[ResultT]):
    """Draws a result. Everything that a figure shows is a field of the result; ``view`` says which of many models are shown."""

    def __init__(self, theme: Theme, view: View = View()) -> None:  # noqa: B008 frozen
        self.theme = theme
        self.view = view

    def figures(self, result: ResultT) -> Iterable[Figure]:
        """Yield the section's figures in reading order."""
        raise NotImplementedError

    def dashboard(self, _result: ResultT) -> Iterable[Figure]:
        """Yield figures whose panels are offered to the dashboard of the front page; none by default."""
        return ()


def no_tables(_result: SectionResult, _view: View) -> tuple[Table, ...]:
    """Return no tables: the default of a section."""
    return ()


@dataclass(frozen=True)
class Section(Generic[OptionsT, ResultT]):
    """The manifest: everything that core knows about a section.

    Parameters
    ----------
    name
        The ``kind`` in a spec.
    title
        Chapter title.
    question
        The question that the section answers, one sentence.
    options
        The pydantic model of its keys in the spec.
    result
        The pydantic model of its entry in ``results.json``.
    analyzer
        A :class:`BaseAnalyzer`, or a :class:`BaseComparer` for a section that runs in the second stage.
    metrics
        Every metric that it can produce.
    visualizer
        Draws the result.
    figures
        Every figure that the visualizer can draw, in reading order.
    rules
        Judge the result.
    tables
        Makes the tables of the chapter from the result and the :class:`View`, which says which of many models are shown.
    headlines
        Names of the metrics offered to the front page.
    tasks
        The tasks of output heads that it measures, each with the metrics that every head of it gets. For a head of another
        task, which gets the metrics of the first, or one without outputs the program writes why they are missing.
    template
        File below ``templates/``, or ``package:path`` of one that a package brings; by default ``sections/<name>.html.j2``
        where there is one.
    on_front_page
        The section is page one instead of a chapter.
    """

    name: str
    title: str
    question: str
    options: type[OptionsT]
    result: type[ResultT]
    analyzer: type[BaseAnalyzer[OptionsT, ResultT] | BaseComparer[OptionsT, ResultT]]
    metrics: tuple[MetricSpec, ...] = ()
    visualizer: type[BaseVisualizer[ResultT]] | None = None
    figures: tuple[FigureSpec, ...] = ()
    rules: tuple[Rule[ResultT], ...] = ()
    tables: Callable[[ResultT, View], tuple[Table, ...]] = no_tables
    headlines: tuple[str, ...] = ()
    tasks: Mapping[str, tuple[MetricSpec, ...]] = field(default_factory=dict)
    template: str | None = None
    on_front_page: bool = False

    def metric(self, name: str) -> MetricSpec:
        """Return the declaration of a metric; KeyError when there is none."""
        for spec in self.metrics:
            if spec.name == name:
                return spec
        raise KeyError(name)
