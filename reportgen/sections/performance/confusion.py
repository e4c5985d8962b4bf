"""Confusion matrices: counts of rows, or shares of the positions of each class."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import heatmap
from reportgen.sections.performance.by_class import WithClasses
from reportgen.sections.performance.dense_schema import KINDS, DensePerformance
from reportgen.sections.performance.schema import HeadPerformance, PerformanceResult
from reportgen.sections.performance.scores import MOST_COMPARED
from reportgen.sections.performance.scoring import CLASSES, POSITIONS
from reportgen.sections.performance.tables import confused
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from reportgen.contract.tables import Table

    Floats = NDArray[np.float64]

_COLUMNS = 2
_SMALL = 12
"""Maximum number of classes for which matrices are placed side by side. Convention."""
_MOST_PAIRS = 3
"""Maximum number of equally frequent confusions that a title names. Convention."""
_CROWDED = 20
"""Classes beyond which there is no matrix. Convention."""


class Confused(WithClasses, Protocol):
    """A head with a confusion matrix."""

    @property
    def task(self) -> str:
        """The kind of head."""

    @property
    def confusion(self) -> tuple[tuple[int, ...], ...]:
        """Rows are true classes, columns are predicted classes."""


ConfusedT = TypeVar("ConfusedT", bound=Confused)


class ConfusionVisualizer(BaseVisualizer[PerformanceResult], Generic[ConfusedT]):
    """A matrix for each of a few models, side by side where they are small."""

    name: ClassVar[str]
    least: ClassVar[float]
    """What is as dark as possible at least, in the unit of the cells."""

    def figures(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the figures of each set of classes; none beyond 20 classes."""
        groups: dict[object, list[ConfusedT]] = {}
        for one in self.heads(result):
            if len(one.class_names) <= _CROWDED:
                groups.setdefault((one.subject, one.task, one.class_names), []).append(one)
        compared = [(heads, self.view.compared(heads, MOST_COMPARED)) for heads in groups.values()]
        parts = [
            (part, max(map(self._most, shown)), self.view.rest(heads, shown))
            for heads, shown in compared
            if shown
            for part in ([shown] if len(shown[0].class_names) <= _SMALL else [(one,) for one in shown])
        ]
        for index, (part, most, omitted) in enumerate(parts):
            yield self._figure(part, most, naming.numbered(self.name, index), omitted)

    def _most(self, one: ConfusedT) -> float:
        """Return what is black in the matrix of a head by itself: the largest cell off the diagonal."""
        return max(float(np.nanmax(self._wrong(one), initial=0.0)), self.least)

    def _wrong(self, one: ConfusedT) -> Floats:
        values, _ = self.cells(np.array(one.confusion, dtype=np.float64))
        np.fill_diagonal(values, np.nan)
        return values

    def _figure(self, heads: Sequence[ConfusedT], most: float, name: str, omitted: str) -> Figure:
        """Show the matrices of some heads; cells with ``most`` are black, in the other matrices of the comparison too."""
        alone = len(heads) == 1
        return Figure(
            name=name,
            title=self.title(heads),
            caption=f"{self.caption(heads[0])}, from white (none) to black ({self.black(most)}).{omitted}",
            alt=" ".join(map(self.alt, heads)),
            panels=tuple(Panel(figure_label(self.theme, one), partial(self._draw, one, most)) for one in heads),
            columns=min(_COLUMNS, len(heads)),
            panel_height=min(2.0 + 0.2 * len(heads[0].class_names), 6.5) if alone else 3.0,
            tables=tuple(table for one in heads for table in self.tables(one)),
        )

    def _draw(self, one: ConfusedT, most: float, ax: Axes) -> None:
        values, text = self.cells(np.array(one.confusion, dtype=np.float64))
        heatmap.heatmap(
            ax,
            self.theme,
            self._wrong(one),
            rows=one.class_names,
            columns=one.class_names,
            limits=(0.0, most),
            text=[[text(value) for value in row] for row in values.tolist()],
            palette="Greys",
        )
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")

    @abstractmethod
    def heads(self, result: PerformanceResult) -> Sequence[ConfusedT]:
        """Return all heads."""

    @abstractmethod
    def title(self, heads: Sequence[ConfusedT]) -> str:
        """Return which classes are confused most often."""

    @abstractmethod
    def caption(self, first: ConfusedT) -> str:
        """Return what the cells and their color show."""

    @abstractmethod
    def alt(self, one: ConfusedT) -> str:
        """Return the matrix in words."""

    @abstractmethod
    def cells(self, counts: Floats) -> tuple[Floats, Callable[[float], str]]:
        """Return what the cells show of the counts (K, K), and how a cell is written."""

    @abstractmethod
    def black(self, most: float) -> str:
        """Return the darkest cell in words."""

    def tables(self, _one: ConfusedT) -> tuple[Table, ...]:
        """Return the tables behind the matrix of a head."""
        return ()


class CountVisualizer(ConfusionVisualizer[HeadPerformance]):
    """Counts of the rows."""

    name = "confusion"
    least = 1.0

    def heads(self, result: PerformanceResult) -> Sequence[HeadPerformance]:
        """Return all heads whose classes exclude each other."""
        return CLASSES.heads(result)

    def title(self, heads: Sequence[HeadPerformance]) -> str:
        """Return which classes the candidate, or else a model, confuses most often; all of those that tie."""
        own = [one for one in heads if one.model == self.view.decision.candidate]
        found = {one: _most_frequent(one) for one in own or heads}
        most = max(count for count, _ in found.values())
        if not most:
            return f"{own[0].model} predicts no class as another" if own else "No class is predicted as another"
        tied = {one: pairs for one, (count, pairs) in found.items() if count == most}
        said = [f"{about(one.model, one.subject)} predicts {_listed(pairs)}" for one, pairs in tied.items()]
        if sum(map(len, tied.values())) > 1:
            return f"Most frequent confusions: {'; '.join(said)}, {_times(most)} each"
        ((one, ((true, _),)),) = tied.items()
        return (
            f"Most frequent confusion: {said[0]}, {most:,} of {sum(one.confusion[one.class_names.index(true)]):,} times"
        )

    def caption(self, _first: HeadPerformance) -> str:
        """Return what the cells and their color show."""
        return "Counts; gray off the diagonal is the number of errors"

    def alt(self, one: HeadPerformance) -> str:
        """Return the number of errors, and the most frequent confusions."""
        errors = one.n - sum(row[index] for index, row in enumerate(one.confusion))
        text = f"{about(one.model, one.subject)}: {errors:,} of {one.n:,} examples are off the diagonal"
        most, pairs = _most_frequent(one)
        if not most:
            return f"{text}."
        if len(pairs) > 1:
            return f"{text}; the most frequent confusions are {_listed(pairs)}, {_times(most)} each."
        return f"{text}; the most frequent confusion is {pairs[0][0]} predicted as {pairs[0][1]}, {_times(most)}."

    def black(self, most: float) -> str:
        """Return the largest count."""
        return f"{most:,.0f}"

    def cells(self, counts: Floats) -> tuple[Floats, Callable[[float], str]]:
        """Return the counts; none is not written, so that errors stand out."""
        return counts, lambda count: f"{count:,.0f}" if count else ""

    def tables(self, one: HeadPerformance) -> tuple[Table, ...]:
        """Return the most confused pairs."""
        return (confused(one),) if one.pairs else ()


def _most_frequent(one: HeadPerformance) -> tuple[int, list[tuple[str, str]]]:
    """Return how often the most confused classes of a head are confused, and all (true, predicted) that are so often; 0 without errors."""
    counts = {
        (true, predicted): count
        for true, row in zip(one.class_names, one.confusion, strict=True)
        for predicted, count in zip(one.class_names, row, strict=True)
        if true != predicted
    }
    most = max(counts.values(), default=0)
    return most, [pair for pair, count in counts.items() if count == most] if most else []


def _listed(pairs: Sequence[tuple[str, str]]) -> str:
    """Return confused classes in a sentence, three of them at most."""
    said = [f"{true} as {predicted}" for true, predicted in pairs]
    if len(said) > _MOST_PAIRS:
        return formatting.listed(said, _MOST_PAIRS)
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))


def _times(count: int) -> str:
    """Return how often in words.

    >>> _times(1), _times(2)
    ('once', '2 times')
    """
    return "once" if count == 1 else f"{count:,} times"


class ShareVisualizer(ConfusionVisualizer[DensePerformance]):
    """Shares of the pixels or tokens of each class."""

    name = "dense-confusion"
    least = 0.01

    def heads(self, result: PerformanceResult) -> Sequence[DensePerformance]:
        """Return all segmentation and sequence labeling heads."""
        return POSITIONS.heads(result)

    def title(self, heads: Sequence[DensePerformance]) -> str:
        """Return which classes the first model that has errors confuses most often."""
        found = next(((pair, one) for one in heads if (pair := _largest(one)) is not None), None)
        if found is None:
            return "No class is predicted as another"
        (share, true, predicted), one = found
        positions = KINDS[one.task].positions
        return f"{about(one.model, one.subject)} predicts {formatting.fraction(share)} of the {positions} of {true} as {predicted}"

    def caption(self, first: DensePerformance) -> str:
        """Return what the cells and their color show."""
        positions = KINDS[first.task].positions
        return f"Percent of the {positions} of each class, by row; gray off the diagonal is the share that is wrong"

    def alt(self, one: DensePerformance) -> str:
        """Return the share of right positions, and the most frequent confusion."""
        right, positions = sum(row[index] for index, row in enumerate(one.confusion)), KINDS[one.task].positions
        text = f"{about(one.model, one.subject)}: {formatting.fraction(right / one.positions)} of {one.positions:,} {positions} are on the diagonal"
        found = _largest(one)
        if found is None:
            return f"{text}."
        share, true, predicted = found
        return f"{text}; {formatting.fraction(share)} of {true} are predicted as {predicted}."

    def black(self, most: float) -> str:
        """Return the largest share."""
        return formatting.fraction(most)

    def cells(self, counts: Floats) -> tuple[Floats, Callable[[float], str]]:
        """Return the shares by row; NaN where a class has no positions."""
        total = counts.sum(axis=1, keepdims=True)
        return np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0), _percent


def _largest(one: DensePerformance) -> tuple[float, str, str] | None:
    """Return the largest share of a class's positions that are predicted as another, with the two classes; None without errors."""
    found = [
        (count / sum(row), true, predicted)
        for true, row in zip(one.class_names, one.confusion, strict=True)
        for predicted, count in zip(one.class_names, row, strict=True)
        if predicted != true and count
    ]
    return max(found, default=None)


def _percent(share: float) -> str:
    """Return a share in percent for a cell; nothing for none, so that errors stand out."""
    if share == 0 or np.isnan(share):
        return ""
    return "<0.1" if share < 0.001 else f"{100 * share:.1f}"  # noqa: PLR2004 one decimal
