"""What is found of each model, and the p-values that are adjusted for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from reportgen.contract.base import Strict
from reportgen.contract.distributions import DistributionHead
from reportgen.contract.heads import MultilabelHead
from reportgen.contract.numbers import Measurement
from reportgen.contract.positions import DenseHead
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.dense import DenseOutputs
from reportgen.contract.records.distributional import DistributionalOutputs
from reportgen.contract.records.multilabel import MultilabelOutputs
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.binned import Binned
from reportgen.sections.calibration.distributions.analyzer import TestedDistribution
from reportgen.sections.calibration.multilabel import TestedClasses
from reportgen.sections.calibration.positions.analyzer import TestedPositions
from reportgen.sections.calibration.schema import HeadCalibration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation


class TestedHead(Strict):
    """What was found of a head: its numbers, and its p-values before they are adjusted; null where there is no test for its rows."""

    measurements: tuple[Measurement, ...]
    whole: float | None
    """Of calibration as such."""
    classes: tuple[float | None, ...]
    shown: HeadCalibration


class CalibratedModel(Strict):
    """What was found of a model, by the kind of its heads."""

    heads: tuple[TestedHead, ...]
    multilabel: tuple[TestedClasses, ...]
    positions: tuple[TestedPositions, ...]
    distributions: tuple[TestedDistribution, ...]


@dataclass(frozen=True)
class Heads:
    """The heads of an evaluation that are measured, and the rows."""

    data: DataEvaluation
    classified: tuple[Binned, ...]
    multilabel: tuple[MultilabelHead, ...]
    positions: tuple[DenseHead, ...]
    distributions: tuple[DistributionHead, ...]

    @classmethod
    def of(cls, evaluation: Evaluation, bins: int) -> Self:
        """Return the heads in the order of the models."""
        data = evaluation.data
        if data is None:
            message = "calibration needs data"
            raise ValueError(message)
        return cls(
            data,
            tuple(Binned(*one, data, bins) for one in evaluation.heads(ClassificationOutputs)),
            tuple(MultilabelHead(*one, data) for one in evaluation.heads(MultilabelOutputs)),
            tuple(DenseHead.of(*one, data) for one in evaluation.heads(DenseOutputs)),
            tuple(DistributionHead(*one, data) for one in evaluation.heads(DistributionalOutputs)),
        )


def adjusted(
    classified: Sequence[tuple[Binned, TestedHead]],
    several: Sequence[tuple[MultilabelHead, TestedClasses]],
    of_positions: Sequence[tuple[DenseHead, TestedPositions]],
) -> Iterator[Measurement]:
    """Yield the p-values that are adjusted for all heads: the verdict on each, and those of the classes."""
    every = [found.whole for _, found in classified] + [found.whole for _, found in several]
    every += [found.whole for _, found in of_positions]
    whole = iter(_known(comparison.holm, every))
    biases = [p for _, found in classified for p in found.classes] + [p for _, found in several for p in found.biases]
    classes = iter(_known(comparison.benjamini_hochberg, biases))
    for subject, found in classified:
        yield subject.tested(schema.CALIBRATION_P, next(whole))
        of_classes = [next(classes) for _ in found.classes]
        if subject.binary:
            of_classes *= 2
        for name, p_value in zip(subject.head.class_names, of_classes, strict=True):
            yield subject.tested(schema.CLASS_BIAS_P, p_value, Subject.of("class", name))
    own = iter(_known(comparison.benjamini_hochberg, [p for _, found in several for p in found.classes]))
    for head, of_labels in several:
        yield head.tested(schema.CALIBRATION_P, next(whole))
        for name in of_labels.names:
            yield head.tested(schema.CLASS_BIAS_P, next(classes), Subject.of("class", name))
            yield head.tested(schema.CLASS_CALIBRATION_P, next(own), Subject.of("class", name))
    for dense, _ in of_positions:
        yield dense.tested(schema.CALIBRATION_P, next(whole))


def _known(adjust: Callable[[list[float]], list[float]], p_values: list[float | None]) -> list[float | None]:
    """Return p-values adjusted for those that are known."""
    adjusted = iter(adjust([p for p in p_values if p is not None]))
    return [None if p is None else next(adjusted) for p in p_values]
