"""Coverage of the intervals of scores, and false alarms of the rules of the performance section."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from reportgen.metrics import (
    agreement,
    classification,
    comparison,
    confidence,
    intervals,
    ranking,
    scores,
    selective,
)
from scripts.simulate.tally import covered, print_coverage, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate
    from scripts.simulate.tally import Covered

    Floats = NDArray[np.float64]
    Labels = NDArray[np.int64]

RUNS = 2000
TRUTH_ROWS = 300_000


class Design(NamedTuple):
    """A model that is calibrated at ``sharpness`` 1, over-confident above it."""

    classes: int
    kind: Literal["even", "skewed"]
    accuracy: float
    sharpness: float

    def __str__(self) -> str:
        """Return the design in words."""
        return f"{self.classes} {self.kind} classes, accuracy {self.accuracy:g}, logits times {self.sharpness:g}"


BINARY = (
    Design(2, "even", 0.6, 3),
    Design(2, "even", 0.8, 0.5),
    Design(2, "even", 0.95, 3),
    Design(2, "even", 0.99, 1),
    Design(2, "skewed", 0.92, 1),
    Design(2, "skewed", 0.95, 3),
    Design(2, "skewed", 0.99, 3),
)
TEN = (
    Design(10, "even", 0.6, 3),
    Design(10, "even", 0.9, 0.5),
    Design(10, "even", 0.99, 3),
    Design(10, "skewed", 0.6, 1),
    Design(10, "skewed", 0.95, 3),
)
DESIGNS = {100: (*BINARY, *TEN), 600: (*BINARY, *TEN), 5000: (*BINARY[2:], TEN[1], TEN[4])}


class Sample(NamedTuple):
    """Labels (N,) and the logits (N, K) of two models whose errors are related."""

    labels: Labels
    first: Floats
    second: Floats


def prior(design: Design) -> Floats:
    """Return the class frequencies (K,): equal, 90 % and 10 %, or each 35 % rarer than the one before."""
    if design.kind == "even":
        return np.full(design.classes, 1 / design.classes)
    if design.classes == 2:  # noqa: PLR2004
        return np.array([0.9, 0.1])
    falling = 0.65 ** np.arange(design.classes)
    return falling / falling.sum()


def draw(generator: np.random.Generator, design: Design, distance: float, n: int) -> Sample:
    """Draw rows: Gaussian evidence for every class, and Bayes' rule."""
    frequencies = prior(design)
    labels = generator.choice(design.classes, p=frequencies, size=n)
    noise = generator.normal(size=(n, design.classes))
    other = 0.8 * noise + 0.6 * generator.normal(size=noise.shape)
    shift = np.eye(design.classes)[labels] * distance
    first, second = ((shift + one) * distance + np.log(frequencies) for one in (noise, other))
    return Sample(labels, first * design.sharpness, second * design.sharpness)


@cache
def distance(design: Design) -> float:
    """Return the distance of the classes at which the model has its accuracy."""
    low, high = 0.05, 9.0
    for _ in range(20):
        middle = (low + high) / 2
        sample = draw(np.random.default_rng(0), design, middle, 40_000)
        if (sample.first.argmax(axis=1) == sample.labels).mean() < design.accuracy:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def numbers(design: Design, sample: Sample) -> Iterator[tuple[str, Estimate]]:
    """Yield the numbers of the report, with the rules by which it withholds their intervals."""
    labels, n, classes = sample.labels, len(sample.labels), design.classes
    log_p = scores.log_softmax(sample.first)
    p, other = np.exp(log_p), scores.log_softmax(sample.second)
    predictions = log_p.argmax(axis=1)
    correct, also = predictions == labels, other.argmax(axis=1) == labels
    errors = int((~correct).sum())
    nll, second = scores.nll(log_p, labels), scores.nll(other, labels)
    brier, second_brier = scores.brier(p, labels), scores.brier(np.exp(other), labels)
    confusion = classification.confusion_matrix(labels, predictions, classes)
    frequencies = confusion.sum(axis=1) / n
    always = labels == frequencies.argmax()

    def supported(found: Estimate | None) -> Estimate | None:
        return None if found is None else found.supported(errors, intervals.FEWEST_ERRORS, "errors")

    table = comparison.discordance(correct, also)
    wrong = n - table.both
    if classes == 2:  # noqa: PLR2004
        points = p[:, 1], (labels == 1).astype(float), (labels == 0).astype(float)
        auc, precision = ranking.roc_auc(*points), ranking.average_precision(*points)
    else:
        auc, precision = (
            macro(lambda index: p[:, index], labels, range(classes))
            for macro in (ranking.macro_roc_auc, ranking.macro_average_precision)
        )
    with np.errstate(divide="ignore"):
        reference = np.broadcast_to(np.log(frequencies), p.shape)
    hits, support, predicted = int(confusion[1, 1]), int(confusion[1].sum()), int(confusion[:, 1].sum())
    rank, ties = scores.true_class_rank(sample.first, labels)
    found = {
        "accuracy": intervals.wilson(int(correct.sum()), n),
        "top-3 accuracy": intervals.wilson(float(scores.top_k_credit(rank, ties, 3).sum()), n) if classes > 3 else None,  # noqa: PLR2004
        "recall of a class": intervals.wilson(hits, support),
        "F1 of a class": classification.f1_estimate(hits, support - hits, predicted - hits),
        "accuracy difference": comparison.accuracy_difference(table),
        "balanced accuracy": supported(classification.balanced_accuracy_estimate(confusion)),
        "macro F1": supported(classification.macro_f1_estimate(confusion)),
        "NLL": supported(intervals.mean(nll, low=0.0)),
        "Brier score": supported(intervals.mean(brier, low=0.0, high=2.0)),
        "ROC AUC": supported(auc),
        "average precision": supported(precision),
        "AURC": supported(selective.Refusals.of(p.max(axis=1), correct).area()),
        "accuracy skill": supported(classification.skill((~correct).astype(float), (~always).astype(float))),
        "NLL skill": supported(classification.skill(nll, scores.nll(reference, labels))),
        "Brier skill": supported(classification.skill(brier, scores.brier(np.exp(reference), labels))),
        "error consistency": agreement.error_consistency(table),
    }
    for name, difference in (
        ("NLL difference", comparison.mean_difference(nll, second)),
        ("Brier difference", comparison.mean_difference(brier, second_brier, 2.0)),
    ):
        found[name] = (
            None if difference is None else difference.supported(wrong, intervals.FEWEST_PAIRED, "rows with an error")
        )
    yield from ((name, estimate) for name, estimate in found.items() if estimate is not None)


@cache
def truth(design: Design) -> dict[str, float]:
    """Return the numbers of a sample so large that its own error does not matter."""
    sample = draw(np.random.default_rng(99), design, distance(design), TRUTH_ROWS)
    return values(numbers(design, sample))


def coverage(design: Design, n: int, runs: int, seed: int = 1) -> dict[str, Covered]:
    """Simulate a design; return the coverage of each number."""
    apart = distance(design)
    return covered(
        design, runs, truth(design), lambda generator: numbers(design, draw(generator, design, apart, n)), seed
    )


def confident_alarms(design: Design, n: int, runs: int, seed: int = 2) -> float:
    """Return the share of runs in which PRF301 warns about a model."""
    apart, generator, fired = distance(design), np.random.default_rng(seed), 0
    for _ in range(runs):
        sample = draw(generator, design, apart, n)
        log_p = scores.log_softmax(sample.first)
        correct = log_p.argmax(axis=1) == sample.labels
        found = confidence.confident_errors(np.exp(log_p.max(axis=1)), correct, confidence.SURE)
        fired += found.p_value <= 0.05  # noqa: PLR2004
    return fired / runs


def majority_alarms(accuracy: float, majority: float, n: int, runs: int, seed: int = 3) -> tuple[float, float]:
    """Return the shares of runs in which PRF101 calls a better model worse, and PRF102 says that the rows are too few."""
    generator = np.random.default_rng(seed)
    worse = undecided = 0
    for _ in range(runs):
        labels = (generator.random(n) >= majority).astype(int)
        correct = generator.random(n) < accuracy
        always = labels == np.bincount(labels, minlength=2).argmax()
        found = comparison.accuracy_difference(comparison.discordance(correct, always))
        if found.low is not None and found.high is not None and not always.all():
            worse += found.high < 0
            undecided += found.low <= 0 <= found.high
    return worse / runs, undecided / runs


def main(runs: int = RUNS) -> None:
    """Print the tables."""
    print(f"### Intervals of scores\n\n{runs:,} runs of every design.\n")
    print_coverage(DESIGNS, coverage, runs)
    print(f"\n### Rules of the performance section\n\n{runs:,} runs of every row.\n")
    print("| rule | model | n | fires |")
    print("| --- | --- | --- | --- |")
    for design in (Design(2, "even", 0.9, 1), Design(10, "even", 0.9, 1), Design(2, "even", 0.9, 2)):
        kind = "calibrated" if design.sharpness == 1 else "over-confident"
        for n in (600, 5000):
            fired = confident_alarms(design, n, runs)
            print(f"| PRF301 | {kind}: {design} | {n:,} | {100 * fired:.1f} % |")
    for accuracy, majority, n in ((0.9, 0.8, 30), (0.9, 0.8, 100), (0.75, 0.6, 30), (0.75, 0.6, 100)):
        worse, undecided = majority_alarms(accuracy, majority, n, runs)
        model = f"truly better: accuracy {100 * accuracy:.0f} %, majority {100 * majority:.0f} %"
        print(f"| PRF101 | {model} | {n} | {100 * worse:.1f} % |")
        print(f"| PRF102 (note) | {model} | {n} | {100 * undecided:.1f} % |")
