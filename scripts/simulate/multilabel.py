"""Coverage of the intervals of multilabel heads, whose labels hang together within a row."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reportgen.metrics import classification, comparison, intervals, multilabel, pooled, ranking, scores
from reportgen.metrics.ranking import Column
from scripts.simulate.tally import covered, print_coverage, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate
    from scripts.simulate.tally import Covered

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

RUNS = 2000
TRUTH_ROWS = 300_000
ROWS = (100, 600)


class Design(NamedTuple):
    """A head with ``classes``, all of a ``prevalence``; a share ``together`` of the variance of evidence and noise is common to a row."""

    classes: int
    prevalence: float
    strength: float
    together: float

    def __str__(self) -> str:
        """Return the design in words."""
        return f"{self.classes} classes, prevalence {self.prevalence:g}, evidence {self.strength:g}, shared by a row {self.together:g}"


DESIGNS = tuple(
    Design(classes, prevalence, strength, together)
    for classes, prevalence in ((5, 0.5), (5, 0.15), (30, 0.15))
    for strength in (1.0, 2.5)
    for together in (0.0, 0.6)
)


class Sample(NamedTuple):
    """Labels (N, K), and the log-odds (N, K) of two models."""

    labels: Flags
    first: Floats
    second: Floats


def draw(generator: np.random.Generator, design: Design, n: int) -> Sample:
    """Draw log-odds that are calibrated for the first model; the second has noise added."""

    def mixed() -> Floats:
        common = generator.normal(size=(n, 1))
        own = generator.normal(size=(n, design.classes))
        return np.asarray(np.sqrt(design.together) * common + np.sqrt(1 - design.together) * own)

    first = design.strength * mixed() + np.log(design.prevalence / (1 - design.prevalence))
    labels = generator.random(first.shape) < np.exp(scores.log_sigmoid(first))
    return Sample(labels, first, first + 0.7 * mixed())


def numbers(sample: Sample) -> Iterator[tuple[str, Estimate]]:
    """Yield the numbers of the report, with the rules by which it withholds their intervals."""
    labels, known = sample.labels, np.ones_like(sample.labels)
    predicted, other = sample.first > 0, sample.second > 0
    counts, second = (multilabel.counts(one, labels, known) for one in (predicted, other))
    exact, also = ((one == labels).all(axis=1) for one in (predicted, other))
    wrong, either = int((~exact).sum()), int((~exact | ~also).sum())
    by_class = [multilabel.counts(*column) for column in zip(predicted.T, labels.T, known.T, strict=True)]
    p = np.exp(scores.log_sigmoid(sample.first))
    nll = -scores.log_sigmoid(np.where(labels, sample.first, -sample.first)).sum(axis=1)
    constant = (labels != multilabel.constant(labels, known)).sum(axis=1).astype(np.float64)
    columns = [Column(*pair) for pair in zip(sample.first.T, labels.T, strict=True)]

    def supported(found: Estimate | None) -> Estimate | None:
        return None if found is None else found.supported(wrong, intervals.FEWEST_ERRORS, "rows with an error")

    found = {
        "exact match": intervals.proportion(exact),
        "Hamming loss": pooled.micro(counts.wrong),
        "Hamming skill": supported(classification.skill(counts.wrong.numerators, constant)),
        "classes too many": intervals.mean(counts.surplus),
        "NLL": supported(pooled.pooled_loss(nll, counts.known)),
        "Brier score": supported(pooled.pooled_loss(((p - labels) ** 2).sum(axis=1), counts.known)),
        "macro ROC AUC": ranking.mean_roc_auc(columns, len(labels)),
        "macro average precision": multilabel.macro_average_precision(
            columns, labels.sum(axis=0).tolist(), len(labels)
        ),
        "exact match difference": comparison.accuracy_difference(comparison.discordance(exact, also)),
    }
    for name in ("precision", "recall", "f1"):
        title = name.replace("f1", "F1")
        parts = getattr(counts, name)
        found[f"micro {title}"] = pooled.micro(parts)
        found[f"macro {title}"] = pooled.macro([getattr(one, name) for one in by_class])
        found[f"samples {title}"] = pooled.mean_over_rows(pooled.per_row(parts)[0])
    own = (predicted[:, 0] != labels[:, 0]) | (other[:, 0] != labels[:, 0])
    of_class = multilabel.counts(other[:, 0], labels[:, 0], known[:, 0])
    for name, difference, rows in (
        ("micro F1 difference", pooled.difference(counts.f1, second.f1), either),
        ("Hamming difference", pooled.difference(counts.wrong, second.wrong), either),
        ("F1 difference of a class", multilabel.f1_difference(by_class[0], of_class), int(own.sum())),
    ):
        found[name] = (
            None if difference is None else difference[0].supported(rows, intervals.FEWEST_PAIRED, "rows with an error")
        )
    yield from ((name, estimate) for name, estimate in found.items() if estimate is not None)


@cache
def truth(design: Design) -> dict[str, float]:
    """Return the numbers of a sample so large that its own error does not matter."""
    sample = draw(np.random.default_rng(99), design, TRUTH_ROWS)
    return values(numbers(sample))


def coverage(design: Design, n: int, runs: int, seed: int = 1) -> dict[str, Covered]:
    """Simulate a design; return the coverage of each number."""
    return covered(design, runs, truth(design), lambda generator: numbers(draw(generator, design, n)), seed)


def main(runs: int = RUNS) -> None:
    """Print the table."""
    print(f"### Intervals of multilabel heads\n\n{runs:,} runs of every design.\n")
    print_coverage(dict.fromkeys(ROWS, DESIGNS), coverage, runs)
