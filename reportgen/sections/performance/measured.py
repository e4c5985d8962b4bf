"""The heads of an evaluation in the performance section, and what is measured of each model by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Measurement
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.dense import DenseOutputs
from reportgen.contract.records.distributional import DistributionalOutputs
from reportgen.contract.records.multilabel import MultilabelOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.sections.performance.classified import Classified
from reportgen.sections.performance.dense.analyzer import Positions
from reportgen.sections.performance.dense_schema import DensePerformance
from reportgen.sections.performance.multilabel.analyzer import Several
from reportgen.sections.performance.multilabel_schema import MultilabelPerformance
from reportgen.sections.performance.regression.analyzer import Values
from reportgen.sections.performance.regression.distributions import Scored
from reportgen.sections.performance.regression_schema import ValuePerformance
from reportgen.sections.performance.schema import HeadPerformance

if TYPE_CHECKING:
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation


class ShownHeads(Strict):
    """What figures show of the heads of a model, and what is said of them beside their metrics, by kind."""

    heads: tuple[HeadPerformance, ...]
    values: tuple[ValuePerformance, ...]
    multilabel: tuple[MultilabelPerformance, ...]
    dense: tuple[DensePerformance, ...]


class MeasuredModel(Strict):
    """The metrics of a model by what they are of, and what is shown of its heads."""

    classes: tuple[Measurement, ...]
    ordinal: tuple[Measurement, ...]
    gap: tuple[Measurement, ...]
    values: tuple[Measurement, ...]
    distributions: tuple[Measurement, ...]
    multilabel: tuple[Measurement, ...]
    dense: tuple[Measurement, ...]
    shown: ShownHeads


@dataclass(frozen=True)
class Heads:
    """The heads of an evaluation that are measured, by kind in the order of the models, and the rows."""

    data: DataEvaluation
    classified: tuple[Classified, ...]
    values: tuple[Values, ...]
    distributions: tuple[Scored, ...]
    multilabel: tuple[Several, ...]
    dense: tuple[Positions, ...]

    @classmethod
    def of(cls, evaluation: Evaluation) -> Self:
        """Return the heads of an evaluation."""
        data = evaluation.data
        if data is None:
            message = "performance needs data"
            raise ValueError(message)
        return cls(
            data,
            tuple(Classified(*one, data) for one in evaluation.heads(ClassificationOutputs)),
            tuple(Values(*one, data) for one in evaluation.heads(RegressionOutputs)),
            tuple(Scored(*one, data) for one in evaluation.heads(DistributionalOutputs)),
            tuple(Several(*one, data) for one in evaluation.heads(MultilabelOutputs)),
            tuple(Positions.of(*one, data) for one in evaluation.heads(DenseOutputs)),
        )
