"""The parts of a section: its analyzer, its visualizer, and the manifest that combines them.

Core knows sections only through the :class:`Section` manifest, and sections do not know each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from reportgen.contract.base import Strict
from reportgen.contract.focus import View
from reportgen.contract.result import ResultT, SectionResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reportgen.contract.figures import Figure, FigureSpec
    from reportgen.contract.findings import Rule
    from reportgen.contract.galleries import Gallery
    from reportgen.contract.metric_table import MetricTable, Reading
    from reportgen.contract.needs import Need, Probe, Timing
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.statements import Statement, Topic
    from reportgen.contract.tables import Table
    from reportgen.contract.theme import Theme


OptionsT = TypeVar("OptionsT", bound=Strict)
PartT = TypeVar("PartT", bound=Strict)


class BaseAnalyzer(Generic[OptionsT, ResultT]):
    """Computes a result from the evaluation. Its options are its only state."""

    needs: ClassVar[frozenset[Need]] = frozenset()
    libraries: ClassVar[tuple[str, ...]] = ()
    """Modules that it imports when it analyzes and that take long: they are imported before, while the models are evaluated."""

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def probe(self) -> Probe | None:
        """Return the activations that it needs; None for an analyzer without ``Need.ACTIVATIONS``."""
        return None

    def threshold(self) -> float | None:
        """Return the threshold for the positive class of a binary head; None for no preference."""
        return None

    def timing(self) -> Timing | None:
        """Return the times to measure; None for none. A report with measured times is not reproducible byte for byte."""
        return None

    def names(self) -> dict[str, str]:
        """Return the models that the options name, by option; the plan rejects unknown models."""
        return {}

    def analyze(self, evaluation: Evaluation) -> ResultT:
        """Compute the section's result; must not modify the evaluation."""
        raise NotImplementedError


class PerModelAnalyzer(BaseAnalyzer[OptionsT, ResultT], Generic[OptionsT, ResultT, PartT]):
    """An analyzer that measures every model by itself first: what it finds of a model is kept from run to run.

    ``part`` is the type of what it finds of a model.
    """

    part: ClassVar[type[Strict]]

    def of_model(self, evaluation: Evaluation) -> PartT:
        """Measure the only model of an evaluation, which tells nothing of the other models, of roles and of parameters."""
        raise NotImplementedError

    def joined(self, evaluation: Evaluation, parts: Sequence[PartT]) -> ResultT:
        """Return the section's result, from what was found of each model, in their order; what takes several models is computed here."""
        raise NotImplementedError

    def analyze(self, evaluation: Evaluation) -> ResultT:
        """Measure every model, then compute what takes several; core does the same with what it remembers, unless a subclass has its own."""
        return self.joined(evaluation, [self.of_model(evaluation.alone(model)) for model in evaluation.models])


class BaseComparer(Generic[OptionsT, ResultT]):
    """The analyzer of a comparing section: it runs in the second stage, on the table of metrics."""

    needs: ClassVar[frozenset[Need]] = frozenset()
    libraries: ClassVar[tuple[str, ...]] = ()
    """As those of a :class:`BaseAnalyzer`."""

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def reads(self) -> tuple[Reading, ...]:
        """Return the metrics that the options name; the plan rejects those that no section of the spec produces."""
        return ()

    def compare(self, table: MetricTable) -> ResultT:
        """Compute the section's result from the metrics of the other sections."""
        raise NotImplementedError


class BaseVisualizer(Generic[ResultT]):
    """Draws a result. All data of a figure are fields of the result; ``view`` selects the models to show."""

    def __init__(self, theme: Theme, view: View = View()) -> None:  # noqa: B008 frozen
        self.theme = theme
        self.view = view

    def figures(self, result: ResultT) -> Iterable[Figure]:
        """Yield the section's figures in reading order."""
        raise NotImplementedError

    def further(self, _result: ResultT) -> Iterable[Figure]:
        """Yield figures that only the sheets of the Python interface show, not the report; none by default."""
        return ()

    def dashboard(self, _result: ResultT) -> Iterable[Figure]:
        """Yield figures whose panels are offered for the dashboard; none by default."""
        return ()


def no_tables(_result: SectionResult, _view: View) -> tuple[Table, ...]:
    """Return no tables: the default for a section."""
    return ()


def no_statements(_result: SectionResult, _view: View) -> tuple[Statement, ...]:
    """Return no statements: the default for a section."""
    return ()


def no_galleries(_result: SectionResult, _view: View) -> tuple[Gallery, ...]:
    """Return no galleries: the default for a section."""
    return ()


@dataclass(frozen=True)
class Section(Generic[OptionsT, ResultT]):
    """The manifest of a section: everything that core knows about it.

    Parameters
    ----------
    name
        The ``kind`` in a spec.
    title
        Chapter title.
    question
        The question that the section answers, as one sentence.
    options
        Pydantic model of its keys in the spec.
    result
        Pydantic model of its entry in ``results.json``.
    analyzer
        A :class:`BaseAnalyzer`, or a :class:`BaseComparer` for a section that runs in the second stage.
    metrics
        Every metric that it can produce.
    visualizer
        Draws the figures of the result.
    figures
        Every figure that the visualizer can draw, in reading order.
    rules
        The rules that generate findings from the result.
    tables
        Function that returns the tables of the chapter, given the result and the :class:`View`, which selects the models
        to show.
    statements
        Function that returns the statements offered for page one, given the result and the :class:`View`, which knows the
        roles of the models.
    topic
        What the chapter contributes to the decision: chapters are in this order, those without a topic last.
    galleries
        Function that returns the galleries of the chapter: single rows of the data as cards; arguments as for ``tables``.
    headlines
        Names of the metrics offered for page one.
    tasks
        The tasks that it measures, each with the metrics of every head of this task. For a head of another task, which
        has the metrics of the first one, or a head without outputs, core records why they are missing.
    template
        File below ``templates/``, or ``package:path`` for a template in a package; by default ``sections/<name>.html.j2``
        if it exists.
    on_front_page
        Whether the section fills page one instead of a chapter.
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
    statements: Callable[[ResultT, View], tuple[Statement, ...]] = no_statements
    topic: Topic | None = None
    galleries: Callable[[ResultT, View], tuple[Gallery, ...]] = no_galleries
    headlines: tuple[str, ...] = ()
    tasks: Mapping[str, tuple[MetricSpec, ...]] = field(default_factory=dict)
    template: str | None = None
    on_front_page: bool = False

    def metric(self, name: str) -> MetricSpec:
        """Return the declaration of a metric; KeyError if there is none."""
        for spec in self.metrics:
            if spec.name == name:
                return spec
        raise KeyError(name)
