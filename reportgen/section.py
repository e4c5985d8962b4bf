"""The contract: what a section of a report is, and the few types that sections and core exchange.

A section is a folder that measures something (analyzer), judges it (rules) and shows it (visualizer, tables,
template). Core knows sections only through the :class:`Section` manifest; sections know each other not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

from reportgen.errors import SectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.axes import Axes

    from reportgen.evaluation.records import Evaluation
    from reportgen.figures.style import Theme

Status = Literal["ok", "not_applicable", "insufficient_data", "failed"]
Severity = Literal["note", "warning", "problem"]
Direction = Literal["max", "min"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "problem")


class Strict(BaseModel):
    """Base of everything that is read from a spec or written to ``results.json``: frozen, closed, finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class Need(Enum):
    """What an analyzer must be given before it can start."""

    PREDICTIONS = "predictions"
    """What every model puts out for the rows of the data."""
    LABELS = "labels"
    """What it should put out."""
    ACTIVATIONS = "activations"
    """What its layers put out, as the analyzer's :class:`Probe` says."""
    WEIGHTS = "weights"
    """Its weights."""
    HISTORY = "history"
    """A training history of at least one model."""
    SEVERAL_MODELS = "several models"
    """Two models or more."""
    SERIES = "series"
    """Two models or more of the same series."""


class Probe(Strict):
    """Which activations an analyzer asks for."""

    samples: int
    """Most rows that are probed; a seeded, label-stratified sample of the evaluated ones. Of several sections the largest."""
    layers: Literal["units", "all"] | None = None
    """``units``: layers after their normalisation and activation; ``all``: every layer that transforms; null: as others ask."""


class Request(Strict):
    """What all sections of a report ask of the one pass."""

    needs: frozenset[Need]
    """Everything that a section needs."""
    probe: Probe | None = None
    """Which activations; null for none."""


# ------------------------------------------------------------------------------------------------ numbers


class Metric(Strict):
    """One number, with how sure it is and where it comes from; without a value, the reason why."""

    value: int | float | None
    """The number itself; null where it was not measured, never 0 in its place."""
    unit: str
    """``fraction`` (0 to 1), ``count``, ..., a word that stands behind the number (``nats``), or empty for a pure number."""
    n: int | None = None
    """How many examples it rests on."""
    ci_low: float | None = None
    """Lower end of the 95 % interval."""
    ci_high: float | None = None
    """Upper end of the 95 % interval."""
    ci_method: str | None = None
    """How the interval was computed."""
    estimator: str | None = None
    """How the value was computed, where there is more than one way."""
    higher_is_better: bool | None = None
    """Direction; null where neither end is better."""
    status: Status = "ok"
    """``ok``, or why there is no value."""
    reason: str | None = None
    """Why there is no value, in one sentence."""
    caveat: str | None = None
    """What to mind about a value that there is."""

    @model_validator(mode="after")
    def _missing_has_a_reason(self) -> Self:
        if (self.value is None) == (self.status == "ok"):
            message = f"a metric has a value exactly when its status is ok (value {self.value}, status {self.status})"
            raise ValueError(message)
        if (self.status == "ok") != (self.reason is None):
            message = "a metric has a reason exactly when its value is missing"
            raise ValueError(message)
        if (self.ci_low is None) != (self.ci_high is None) or (self.ci_low is None) != (self.ci_method is None):
            message = "an interval has two ends and a method"
            raise ValueError(message)
        return self


class Measurement(Strict):
    """A metric at its address: which number, of which model, about which part of it."""

    name: str
    """The metric's name within its section."""
    model: str
    """The model's name in the spec."""
    subject: str | None = None
    """A part of the model (``class:NAME``, ``head:NAME``, ``vs OTHER``, a layer); null for the model as a whole."""
    metric: Metric
    """The number."""


@dataclass(frozen=True)
class MetricSpec:
    """Declares a metric that a section can produce: its meaning, before anything is computed.

    Parameters
    ----------
    name
        Name within the section; ``<section>.<name>`` is the address.
    title
        Head of a table column.
    unit
        As in :class:`Metric`.
    higher_is_better
        Direction; None where neither end is better.
    definition
        One or two sentences that are always true, for the glossary.
    source
        Publication or "convention".
    per
        What one value is about: the ``model`` (or one of its output heads), a ``class``, a ``layer`` (or a weight
        of it), or a ``pair`` of models.
    difference
        Name of the pairwise metric that tells whether two models differ in this one.
    direction_by_model
        Which end is better depends on what the model was trained for: each number says it for itself.
    """

    name: str
    title: str
    unit: str
    higher_is_better: bool | None
    definition: str
    source: str
    per: Literal["model", "class", "layer", "pair"] = "model"
    difference: str | None = None
    direction_by_model: bool = False

    def measure(self, model: str, value: float | None, *, subject: str | None = None, **details: Any) -> Measurement:
        """Put a value at its address; ``details`` are the other fields of :class:`Metric`."""
        metric = Metric(value=value, unit=self.unit, higher_is_better=self.higher_is_better, **details)
        return Measurement(name=self.name, model=model, subject=subject, metric=metric)

    def missing(self, model: str, status: Status, reason: str, *, subject: str | None = None) -> Measurement:
        """Say at the metric's address why there is no value."""
        return self.measure(model, None, subject=subject, status=status, reason=reason)


class OfModel(Protocol):
    """Anything that speaks of a model."""

    @property
    def model(self) -> str:
        """Name of the model."""


OfModelT = TypeVar("OfModelT", bound=OfModel)


class Focus(Strict):
    """Which of many models are shown one by one: in figures with a panel for each, in tables about a single model."""

    models: tuple[str, ...]
    """The first matters most."""
    order: tuple[str, ...]
    """All models in that order: the first have rows where a table or figure has not enough for all."""
    by: str | None
    """Title of the metric that they are best in; null for the first models of the spec, or those that it names."""


MOST_ROWS = 30
"""Models in a table with a row for each. Convention."""


def _of_models(items: Iterable[OfModelT], ranked: Iterable[str] | None, most: int | None) -> tuple[OfModelT, ...]:
    """Return the items of the first of the ranked models that there are, in their own order."""
    items = tuple(items)
    there = dict.fromkeys(one.model for one in items)
    chosen = [name for name in (there if ranked is None else ranked) if name in there][:most]
    return tuple(one for one in items if one.model in chosen)


class SectionResult(Strict):
    """Base of every section's result: the numbers at their addresses; subclasses add what the figures show."""

    measurements: tuple[Measurement, ...]
    """Every scalar of the section."""
    focus: Focus | None = None
    """Which models are shown one by one; null for all."""

    def shown(self, items: Iterable[OfModelT], most: int | None = None) -> tuple[OfModelT, ...]:
        """Return the items of the models that are shown one by one, in their order; at most so many models."""
        return _of_models(items, None if self.focus is None else self.focus.models, most)

    def listed(self, items: Iterable[OfModelT], most: int = MOST_ROWS) -> tuple[OfModelT, ...]:
        """Return the items of the models that have a row each, in their order; at most so many models."""
        return tuple(items) if self.focus is None else _of_models(items, self.focus.order, most)

    def rest(self, items: Iterable[OfModel], shown: Iterable[OfModel], which: str | None = None) -> str:
        """Return the sentence of a caption or note about the models that are not shown; nothing where all are.

        ``which`` tells what those that are shown have, where it is not the best value of what all are ranked by.
        """
        total, kept = len({one.model for one in items}), len({one.model for one in shown})
        if kept == total:
            return ""
        by = which or (f"the best {self.focus.by}" if self.focus and self.focus.by else None)
        return f" {f'The {kept} with {by}' if by else kept} of {total} models; the others are in results.json."

    def find(self, name: str, model: str, subject: str | None = None) -> Metric:
        """Return the metric at an address; KeyError when the section did not produce it."""
        for one in self.measurements:
            if (one.name, one.model, one.subject) == (name, model, subject):
                return one.metric
        raise KeyError((name, model, subject))

    def named(self, name: str, model: str | None = None) -> Iterator[Measurement]:
        """Yield the measurements of one metric, of one model or of all."""
        return (one for one in self.measurements if one.name == name and model in (None, one.model))


class TableRow(Strict):
    """One row of the table of metrics: a measurement and the section that it stands in."""

    section: str
    """The section's id."""
    measurement: Measurement
    """The number at its address."""


@dataclass(frozen=True)
class Headline:
    """A metric that a section offers to the front page."""

    section: str
    spec: MetricSpec


@dataclass(frozen=True)
class MetricTable:
    """All numbers of the first stage: the only thing that comparing sections and checks read.

    Attributes
    ----------
    models
        Model names in the order of the spec.
    rows
        Every measurement of every section.
    headlines
        What the sections offer to the front page, in the order of the spec.
    specs
        The declaration of every metric that the sections of this run can produce, by its address.
    reasons
        Why the data did not go through a model, by its name, where they did not.
    """

    models: tuple[str, ...]
    rows: tuple[TableRow, ...]
    headlines: tuple[Headline, ...]
    specs: Mapping[str, MetricSpec]
    reasons: Mapping[str, str] = field(default_factory=dict)

    def find(self, section: str, name: str) -> tuple[Measurement, ...]:
        """Return the measurements at ``<section>.<name>``."""
        return tuple(row.measurement for row in self.rows if (row.section, row.measurement.name) == (section, name))


@dataclass(frozen=True)
class Reading:
    """A metric that a comparing section reads.

    Attributes
    ----------
    address
        ``<section>.<metric>``.
    option
        Keys that lead to it in the section's entry of the spec; empty for a default.
    subject
        The part of the models that is read; None for the models as a whole.
    direction
        Which end is better, where the spec says it.
    directed
        Whether one end must be better.
    """

    address: str
    option: tuple[str | int, ...] = ()
    subject: str | None = None
    direction: Direction | None = None
    directed: bool = False


# ------------------------------------------------------------------------------------------------ findings


class Finding(Strict):
    """A sentence that a rule made of a number."""

    code: str
    """The rule's code, e.g. ``CAL101``."""
    severity: Severity
    """``note``, ``warning`` or ``problem``."""
    title: str
    """What the rule is about, in a few words."""
    model: str
    """The model that it speaks of."""
    subject: str | None = None
    """The part of the model, where there is one."""
    message: str
    """The sentence: the number, what it is compared with, and what follows."""
    source: str
    """Citation of the threshold, or "convention"."""


ResultT = TypeVar("ResultT", bound=SectionResult)
OptionsT = TypeVar("OptionsT", bound=Strict)


@dataclass(frozen=True)
class Hit:
    """Where a rule fired, and the sentence for it."""

    model: str
    message: str
    subject: str | None = None


GivenT = TypeVar("GivenT")


def given(found: Any, kind: type[GivenT], who: str) -> tuple[GivenT, ...]:
    """Return what a section's own function yields; SectionError where that is something else."""
    if not isinstance(found, Iterable):
        raise SectionError(f"{who} gives {type(found).__name__} in place of several {kind.__name__} objects")
    items = tuple(found)
    wrong = sorted({type(one).__name__ for one in items if not isinstance(one, kind)})
    if wrong:
        raise SectionError(f"{who} gives {', '.join(wrong)} in place of {kind.__name__}")
    return items


@dataclass(frozen=True)
class Rule(Generic[ResultT]):
    """A threshold with a sentence and a source; ``find`` yields a hit wherever a result deserves it."""

    code: str
    severity: Severity
    title: str
    source: str
    find: Callable[[ResultT], Iterable[Hit]]

    def apply(self, result: ResultT) -> tuple[Finding, ...]:
        """Return the findings of this rule on a result.

        Raises
        ------
        SectionError
            ``find`` gives something else than hits.
        """
        return tuple(
            Finding(
                code=self.code,
                severity=self.severity,
                title=self.title,
                model=hit.model,
                subject=hit.subject,
                message=hit.message,
                source=self.source,
            )
            for hit in given(self.find(result), Hit, f"the rule {self.code}")
        )


# ------------------------------------------------------------------------------------------------ what is shown

Cell = str | int | float | Metric | None


@dataclass(frozen=True)
class Column:
    """Head of a table column; ``unit`` says how bare numbers in it are written, ``numeric`` aligns to the right."""

    title: str
    numeric: bool = True
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells; a cell is text, a bare number, a Metric (shown with its interval or its reason) or nothing.

    ``emphasis`` holds (row, column) indices of cells marked as best, ``ties`` those that cannot be told from the best;
    ``note`` stands beneath.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    emphasis: frozenset[tuple[int, int]] = frozenset()
    ties: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        """Refuse rows with more or fewer cells than there are columns."""
        if any(len(row) != len(self.columns) for row in self.rows):
            message = f"table {self.name!r} has {len(self.columns)} columns, but not every row has as many cells"
            raise ValueError(message)


@dataclass(frozen=True)
class Panel:
    """One set of axes: a title and a function that draws on the Axes that it is given; ``wide`` takes a whole row."""

    title: str
    draw: Callable[[Axes], None]
    wide: bool = False


@dataclass(frozen=True)
class Figure:
    """One panel or a few on a grid, with the words that go with them.

    Parameters
    ----------
    name
        Unique within the section; letters, digits and hyphens.
    title, caption
        The caption says what is shown, with n and split.
    alt
        What a person who cannot see it must know, made from the data; not the caption again.
    panels
        Drawn in reading order on a grid of ``columns`` columns.
    panel_height
        Inches.
    tables
        The numbers behind the picture.
    """

    name: str
    title: str
    caption: str
    alt: str
    panels: tuple[Panel, ...]
    columns: int = 1
    panel_height: float = 2.6
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class FigureSpec:
    """Declares a figure that a section can draw.

    Parameters
    ----------
    name
        Name within the section. A figure that is drawn once for each of several things (a run, an output head) is
        named ``<name>-<which>``.
    shows
        What can be read off it, and when it is drawn where that is not always; one or two sentences.
    """

    name: str
    shows: str


# ------------------------------------------------------------------------------------------------ the two classes of a section


class BaseAnalyzer(Generic[OptionsT, ResultT]):
    """Turns the evaluation into a result. Holds its options and nothing else."""

    needs: ClassVar[frozenset[Need]] = frozenset()

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def probe(self) -> Probe | None:
        """Say which activations it needs; None for an analyzer without ``Need.ACTIVATIONS``."""
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
    """Draws a result. Everything that a figure shows is a field of the result."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme

    def figures(self, result: ResultT) -> Iterable[Figure]:
        """Yield the section's figures in reading order."""
        raise NotImplementedError

    def dashboard(self, _result: ResultT) -> Iterable[Figure]:
        """Yield figures whose panels are offered to the dashboard of the front page; none by default."""
        return ()


def no_tables(_result: SectionResult) -> tuple[Table, ...]:
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
        Makes the tables of the chapter.
    headlines
        Names of the metrics offered to the front page.
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
    tables: Callable[[ResultT], tuple[Table, ...]] = no_tables
    headlines: tuple[str, ...] = ()
    template: str | None = None
    on_front_page: bool = False

    def metric(self, name: str) -> MetricSpec:
        """Return the declaration of a metric; KeyError when there is none."""
        for spec in self.metrics:
            if spec.name == name:
                return spec
        raise KeyError(name)
