"""Figures of calibration by class: bias and ECE."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import dots, draw, scales
from reportgen.sections.calibration import titles
from reportgen.sections.calibration.schema import CalibrationResult, MultilabelCalibration
from reportgen.sections.calibration.tables import classes
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.calibration.titles import WithClasses

_MOST_TOGETHER = 3
"""Maximum number of models with points side by side in each row. Convention."""
_MOST_CLASSES = 12
"""Maximum number of classes with a row each. Convention."""
_MIRRORED = 2
"""Number of classes whose biases are each other's opposite."""


class ClassVisualizer(BaseVisualizer[CalibrationResult]):
    """Bias and ECE of every class, a figure for each set of classes."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the figures of the bias, then those of the ECE."""
        groups: dict[tuple[bool, tuple[str, ...]], list[WithClasses]] = {}
        every: tuple[WithClasses, ...] = (*self.view.shown(result.heads), *self.view.shown(result.multilabel))
        for one in every:
            groups.setdefault((isinstance(one, MultilabelCalibration), one.class_names), []).append(one)
        several = [heads for (labels, names), heads in groups.items() if labels or len(names) > _MIRRORED]
        for index, heads in enumerate(several):
            yield self._bias(result, self.view.compared(heads, _MOST_TOGETHER), index)
        for index, heads in enumerate(groups.values()):
            yield self._errors(result, heads, index)

    # -------------------------------------------------------------------------------------- bias

    def _bias(self, result: CalibrationResult, heads: Sequence[WithClasses], index: int) -> Figure:
        names, every = self._clearest(result, heads), len(heads[0].class_names)
        fewer = (
            f" The {len(names)} classes with the smallest p-values; the others are in the table."
            if len(names) < every
            else ""
        )
        return Figure(
            name=naming.numbered("class-bias", index),
            title=self._bias_title(result, heads),
            caption="Mean probability minus frequency of each class, in points: above 0 the model overstates the class. Lines: "
            f"95{formatting.THIN}% intervals, one class at a time. Filled: beyond chance, by the interval and by the test adjusted for all classes.{fewer}"
            + self.view.rest(_alike(result, heads), heads),
            alt=" ".join(self._bias_alt(result, head) for head in heads),
            panels=(Panel("Class bias", partial(self._draw_bias, result, heads, names)),),
            panel_height=draw.rows_height(self.theme, len(names), series=len(heads)),
            tables=tuple(classes(result, head) for head in heads),
        )

    def _clearest(self, result: CalibrationResult, heads: Sequence[WithClasses]) -> list[str]:
        """Return the classes that have a row, in their order."""
        names = heads[0].class_names
        p_values = {name: min(titles.class_p(result, head, name) for head in heads) for name in names}
        chosen = sorted(names, key=lambda name: p_values[name])[:_MOST_CLASSES]
        return [name for name in names if name in chosen]

    def _draw_bias(
        self, result: CalibrationResult, heads: Sequence[WithClasses], names: Sequence[str], ax: Axes
    ) -> None:
        series = []
        for head in heads:
            found = [titles.of_class(result, "class_bias", head, name) for name in names]
            hollow = [not titles.established(result, head, name) for name in names]
            label = figure_label(self.theme, head)
            series.append(dots.Dots.of(found, self.theme.look(head.model), label, hollow, scale=100))
        dots.rows(ax, self.theme, names, series)
        draw.reference_line(ax, self.theme, 0.0, "no bias", axis="x")
        ax.set_xlabel("class bias (points)")
        ax.set_ylabel("class")

    def _bias_title(self, result: CalibrationResult, heads: Sequence[WithClasses]) -> str:
        beyond = [
            (abs(float(required(titles.of_class(result, "class_bias", head, name).value))), head, name)
            for head in heads
            for name in head.class_names
            if titles.established(result, head, name)
        ]
        if not beyond:
            return "No bias of a class is established"
        _, head, name = max(beyond, key=lambda one: one[0])
        bias = titles.of_class(result, "class_bias", head, name)
        verb = "overstates" if required(bias.value) > 0 else "understates"
        size = (
            formatting.with_interval(bias.model_copy(update={"value": abs(required(bias.value))}))
            .lstrip("+")
            .partition(" [")[0]
        )
        more = f" (largest of {len(beyond)} established biases)" if len(beyond) > 1 else ""
        return f"{about(head.model, head.subject)} {verb} class {name} by {size}{more}"

    def _bias_alt(self, result: CalibrationResult, head: WithClasses) -> str:
        biases = {name: titles.of_class(result, "class_bias", head, name) for name in head.class_names}
        lowest, highest = (pick(biases, key=lambda name: required(biases[name].value)) for pick in (min, max))
        return (
            f"{about(head.model, head.subject)}: from {formatting.with_interval(biases[lowest])} for class {lowest} to "
            f"{formatting.with_interval(biases[highest])} for class {highest}."
        )

    # -------------------------------------------------------------------------------------- ECE

    def _errors(self, result: CalibrationResult, heads: Sequence[WithClasses], index: int) -> Figure:
        names = heads[0].class_names
        worst = max(
            ((self._ece(result, head, name), name, head) for head in heads for name in names), key=lambda item: item[0]
        )
        return Figure(
            name=naming.numbered("class-ece", index),
            title=f"The largest ECE of a class is {formatting.number(worst[0], 'fraction')}: {worst[1]} in "
            f"{about(worst[2].model, worst[2].subject)}",
            caption="One-vs-rest ECE of the probability of each class; above 0 for a calibrated model too."
            + self.view.rest(_alike(result, heads), self.view.shown(_alike(result, heads))),
            alt=(
                f"It is largest for class {worst[1]} in {about(worst[2].model, worst[2].subject)}: "
                f"{formatting.number(worst[0], 'fraction')}."
            ),
            panels=(Panel("Per-class ECE", partial(self._draw_errors, result, heads)),),
            panel_height=draw.rows_height(self.theme, len(names), series=len(heads)),
            tables=tuple(classes(result, head) for head in heads),
        )

    def _draw_errors(self, result: CalibrationResult, heads: Sequence[WithClasses], ax: Axes) -> None:
        names = heads[0].class_names
        series = [
            draw.Bars(
                values=[self._ece(result, head, name) for name in names],
                color=self.theme.look(head.model).color,
                label=self.theme.look(head.model).label,
            )
            for head in heads
        ]
        handles = draw.bars(ax, self.theme, names, series)
        scales.shares(ax.xaxis)
        ax.set_xlabel("one-vs-rest ECE")
        ax.set_ylabel("class")
        if len(heads) > 1:
            draw.legend_above(ax, self.theme, handles)

    def _ece(self, result: CalibrationResult, head: WithClasses, name: str) -> float:
        return float(required(titles.of_class(result, "class_ece", head, name).value))


def _alike(result: CalibrationResult, heads: Sequence[WithClasses]) -> Sequence[WithClasses]:
    """Return all heads of the kind of some of them."""
    return result.multilabel if isinstance(heads[0], MultilabelCalibration) else result.heads
