"""The numbers of a slice of a multilabel head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract.heads import MultilabelHead
from reportgen.metrics import intervals, pooled
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import each
from reportgen.sections.slices import pooled_schema, ratios, schema
from reportgen.sections.slices.scores import SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.pooled import Parts
    from reportgen.sections.slices.scores import Score


@dataclass(frozen=True)
class Labels(MultilabelHead):
    """A multilabel head on all rows, or on those of a slice."""

    score: ClassVar[Score] = SCORES["micro_f1"]
    nothing: ClassVar[str] = "no class applies or is predicted on any row"

    @property
    def main(self) -> list[Parts]:
        """The parts of the score: micro F1."""
        return [self.counts.f1]

    @property
    def estimate(self) -> Estimate | None:
        """The score."""
        return pooled.micro(self.counts.f1, self.design.weights)

    def difference(self, other: Labels) -> Estimate | None:
        """Return the score minus that of another model on the same rows."""
        found = self.f1_apart(other)
        return None if found is None else found[0]

    @property
    def losses(self) -> NDArray[np.float64]:
        """(N,) what slices are searched by: the share of the known labels that are wrong."""
        wrong = self.counts.wrong
        return stored(each(lambda labels, known: labels / np.maximum(known, 1.0), wrong.numerators, wrong.denominators))

    def measured(self, part: Subject) -> Iterator[Measurement]:
        """Yield every number of the slice that this is."""
        weights, threshold = self.design.weights, f"threshold {self.outputs.threshold:g}"
        f1 = [self.of_class(index).f1 for index in range(self.outputs.n_classes)]
        for spec, found in (
            (pooled_schema.MICRO_F1, self.estimate),
            (pooled_schema.EXACT_MATCH, intervals.proportion(self.exact, weights)),
            (pooled_schema.HAMMING_LOSS, pooled.micro(self.counts.wrong, weights)),
            (schema.MACRO_F1, pooled.macro(f1, weights)),
        ):
            if found is None:
                yield self.insufficient(spec, self.nothing, part)
            else:
                yield self.estimated(spec, found, part, estimator=threshold)
        yield from ratios.losses(self, part, "rows", "mean over the classes")

    def confidence_p(self) -> None:
        """Return None: the confidence of a set of labels is not tested here."""

    def against(self, inside: NDArray[np.bool_]) -> NDArray[np.float64] | str:
        """Return values (N,) whose means in a slice and outside are the scores of both, or why there are none."""
        found = pooled.linear_apart(self.main, inside, self.design.weight)
        return f"in the slice or outside of it {self.nothing}" if found is None else found

    def paired(self, other: Labels, part: Subject) -> Iterator[Measurement]:
        """Yield the differences from another model on the same rows."""
        yield from ratios.paired(self, other, part, "rows")

    def paired_p(self, other: Labels) -> float | None:
        """Return the p-value of equal micro F1; None in too few groups, or without an F1."""
        return self.f1_p(other)

    def no_paired_p(self, other: Labels) -> str:
        """Return why there is no p-value."""
        return self.nothing if self.f1_apart(other) is None else self.design.too_few
