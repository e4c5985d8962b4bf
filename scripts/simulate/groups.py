"""Rows in groups: coverage of the clustered intervals, and false alarms of the clustered tests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from reportgen.metrics import (
    agreement,
    calibrated,
    calibration,
    classification,
    comparison,
    confidence,
    intervals,
    ranking,
    scores,
    temperature,
)
from reportgen.metrics.design import Design
from reportgen.metrics.temperature import NoTemperatureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate

    Floats = NDArray[np.float64]

RUNS = 2000
TRUTH_GROUPS = 40_000
BINS = 15
DRAWS = 1000
LEAST_REPORTED = 0.95
"""Share of runs that must report an interval for its coverage to be judged."""
LEVEL = 0.05
SURE = 0.99


class Clustered(NamedTuple):
    """Rows in groups: how many, of which sizes, how alike the rows of a group are, and how good the models are.

    ``alike`` is the correlation of the latent variables of two rows of a group; ``sizes`` are 10 rows each, or lognormal around 8, or 1.
    """

    groups: int
    sizes: Literal["equal", "unequal", "single"]
    alike: float
    accuracy: float

    def __str__(self) -> str:
        """Return the design in words."""
        return (
            f"{self.groups} groups of {self.sizes} size, correlation {self.alike:g}, accuracy {100 * self.accuracy:g} %"
        )


class Sample(NamedTuple):
    """Rows of one draw: groups (N,), labels (N,), the probabilities (N,) of class 1 by two calibrated models, and weights (N,) of mean 1."""

    groups: NDArray[np.int64]
    labels: NDArray[np.int64]
    first: Floats
    second: Floats
    weights: Floats | None = None

    @property
    def weight(self) -> Floats:
        """The weights, or ones."""
        return np.ones(len(self.labels)) if self.weights is None else self.weights


DESIGNS = tuple(
    Clustered(groups, sizes, alike, accuracy)
    for sizes in ("equal", "unequal")
    for groups in (10, 20, 50, 200)
    for alike, accuracy in ((0.95, 0.75), (0.95, 0.95))
)
"""The correctness of two rows of a group has a correlation of 0.47 and of 0.22."""


def draw(generator: np.random.Generator, design: Clustered, groups: int | None = None) -> Sample:
    """Draw rows: evidence z is related within groups, and so is whether the label follows it; P(label 1 | z) = Φ(z).

    Each model sees the common part of the evidence and a part of its own, and states P(label 1 | what it sees): it is calibrated.
    """
    from scipy.special import ndtr

    count = groups or design.groups
    sizes = np.full(count, 1 if design.sizes == "single" else 10)
    if design.sizes == "unequal":
        sizes = np.maximum(np.round(np.exp(generator.normal(size=count)) * 8), 1).astype(int)
    member = np.repeat(np.arange(count), sizes)

    def latent() -> Floats:
        shared, own = generator.normal(size=count)[member], generator.normal(size=len(member))
        return np.sqrt(design.alike) * shared + np.sqrt(1 - design.alike) * own

    reach = np.tan(np.pi * (design.accuracy - 0.5)) ** 2
    apart = min(0.5, 0.5 / reach)
    scale = np.sqrt(reach / (1 - apart / 2 - reach * apart / 2))
    common, one, other = latent() * np.sqrt(1 - apart), latent() * np.sqrt(apart / 2), latent() * np.sqrt(apart / 2)
    z = scale * (common + one + other)
    follows = np.abs(z) + latent() > 0
    unseen = np.sqrt(1 + scale**2 * apart / 2)
    first, second = (np.clip(ndtr(scale * (common + own) / unseen), 1e-12, 1 - 1e-12) for own in (one, other))
    return Sample(member, ((z > 0) == follows).astype(np.int64), first, second)


def related(sample: Sample) -> float:
    """Return the correlation of the correctness of two rows of a group: the ANOVA estimator."""
    correct = ((sample.first > 0.5) == sample.labels).astype(float)  # noqa: PLR2004
    sizes = np.bincount(sample.groups).astype(float)
    means = np.bincount(sample.groups, correct) / sizes
    n, count = sizes.sum(), len(sizes)
    between = float((sizes * (means - correct.mean()) ** 2).sum()) / (count - 1)
    within = float(((correct - means[sample.groups]) ** 2).sum()) / (n - count)
    size = (n - (sizes**2).sum() / n) / (count - 1)
    return float((between - within) / (between + (size - 1) * within))


def numbers(sample: Sample, seed: int) -> Iterator[tuple[str, Estimate | None]]:
    """Yield the numbers of the report with the rules by which it withholds their intervals."""
    labels, weights, weight = sample.labels, sample.weights, sample.weight
    p = np.stack([1 - sample.first, sample.first], axis=1)
    other = np.stack([1 - sample.second, sample.second], axis=1)
    predictions = p.argmax(axis=1)
    correct, also = predictions == labels, other.argmax(axis=1) == labels
    errors, wrong = int((~correct).sum()), int((~correct | ~also).sum())
    nll, second = scores.nll(np.log(p), labels), scores.nll(np.log(other), labels)
    brier = scores.brier(p, labels) / 2
    confusion = classification.weighted_confusion(labels, predictions, 2, weight)
    examples = np.bincount(labels, minlength=2)
    parts = (confusion, labels, predictions, weight)
    always = labels == confusion.sum(axis=1).argmax()
    table = comparison.discordance(correct, also, weights)
    points = sample.first, weight * (labels == 1), weight * (labels == 0)
    with np.errstate(divide="ignore"):
        reference = np.broadcast_to(np.log(confusion.sum(axis=1) / confusion.sum()), p.shape)
    own, called = labels == 1, predictions == 1

    def supported(found: Estimate | None) -> Estimate | None:
        return None if found is None else found.supported(errors, intervals.FEWEST_ERRORS, "errors")

    yield "accuracy", intervals.proportion(correct, weights)
    yield "recall of a class", _share(called, own, weight)
    yield "F1 of a class", _f1(own, called, weight)
    yield "accuracy difference", comparison.accuracy_difference(table)
    balanced = classification.balanced_accuracy_estimate(confusion, examples)
    yield "balanced accuracy", supported(balanced.of_rows(lambda: classification.of_mean_recall(*parts)))
    macro = classification.macro_f1_estimate(confusion, examples)
    yield "macro F1", supported(macro.of_rows(lambda: classification.of_macro_f1(*parts)))
    yield "NLL", supported(intervals.mean(nll, low=0.0, weights=weights))
    yield "Brier score", supported(intervals.mean(brier, low=0.0, high=1.0, weights=weights))
    yield "ROC AUC", supported(ranking.roc_auc(*points))
    yield "average precision", supported(ranking.average_precision(*points))
    yield "accuracy skill", supported(classification.skill((~correct).astype(float), (~always).astype(float), weights))
    yield "NLL skill", supported(classification.skill(nll, scores.nll(reference, labels), weights))
    difference = comparison.mean_difference(nll, second, weights=weights)
    if difference is not None:
        difference = difference.supported(wrong, intervals.FEWEST_PAIRED, "rows with an error")
    yield "NLL difference", difference
    yield "churn", agreement.churn(predictions, other.argmax(axis=1), weights)
    yield "negative flips", agreement.negative_flips(table)
    yield "error consistency", agreement.error_consistency(table)
    yield "confidence minus accuracy", _gap(sample, p.max(axis=1), correct)
    try:
        logits = np.log(p)
        fitted = temperature.fit(logits, labels, weights=weights)
        yield "temperature", fitted.estimate
        groups = sample.groups if weights is None else None
        gain = temperature.cross_fit(fitted, logits, labels, labels.astype(np.int32), seed, groups).gain
        yield "NLL gain of a temperature", gain
    except NoTemperatureError:
        return


def _gap(sample: Sample, confidence: Floats, correct: NDArray[np.bool_]) -> Estimate:
    right = sample.weight * correct
    return calibration.gap(confidence, right, sample.weight - right)


def _share(hits: NDArray[np.bool_], among: NDArray[np.bool_], weight: Floats) -> Estimate | None:
    found = intervals.wilson(float(weight[hits & among].sum()), float(weight[among].sum()))
    return None if found is None else found.of_rows(lambda: intervals.of_share(hits, among * weight))


def _f1(own: NDArray[np.bool_], called: NDArray[np.bool_], weight: Floats) -> Estimate | None:
    found = classification.f1_estimate(
        *(float(weight[rows].sum()) for rows in (own & called, own & ~called, called & ~own))
    )
    return None if found is None else found.of_rows(lambda: intervals.of_share(own & called, (own | called) * weight))


def p_values(sample: Sample, design: Design, seed: int) -> Iterator[tuple[str, float | None, float]]:
    """Yield the tests of true hypotheses: their name, the p-value in these rows, and that for independent rows of equal weight."""
    labels, f = sample.labels, sample.first
    correct, also = (f > 0.5) == labels, (sample.second > 0.5) == labels  # noqa: PLR2004
    exact = comparison.mcnemar(comparison.discordance(correct, also))
    yield "equal accuracies", design.p_value(correct.astype(float) - also, exact), exact
    yield "ECE", *_ece(sample, design, seed)
    yield "class bias", *_in_the_large(f, labels == 1, design)
    sure = np.maximum(f, 1 - f)
    yield "confidence minus accuracy", *_in_the_large(sure, correct, design)
    found = confidence.confident_errors(sure, correct, SURE)
    excess = np.where(sure >= SURE, sure - correct, 0.0)
    least = float((design.weight**2 * np.where(sure >= SURE, sure * (1 - sure), 0.0)).sum())
    yield "confident errors", design.p_value(excess, found.p_value, least, above=True), found.p_value


def _ece(sample: Sample, design: Design, seed: int) -> tuple[float, float]:
    points = sample.first, sample.weight * sample.labels, sample.weight * (1 - sample.labels)
    edges = calibration.equal_width_edges(BINS)
    bins = calibration.residual_bins(*points, edges)
    if design.groups is None:
        rows = calibrated.weighted_residuals(*points, edges)
    else:
        rows = calibrated.grouped_residuals(*points, edges, design.codes)
    return calibrated.nulls(bins, seed, DRAWS, rows).ece.p_value, calibrated.nulls(bins, seed, DRAWS).ece.p_value


def _in_the_large(f: Floats, outcome: NDArray[np.bool_], design: Design) -> tuple[float | None, float]:
    true = outcome.astype(float)
    exact = calibration.in_the_large_p(f, true, 1 - true)
    least = float((design.weight**2 * f * (1 - f)).sum())
    return design.p_value(f - true, None if design.weights is not None else exact, least), exact


@cache
def truth(sizes: Literal["equal", "unequal", "single"], alike: float, accuracy: float) -> dict[str, float]:
    """Return the numbers of so many groups that their own error does not matter."""
    design = Clustered(0, sizes, alike, accuracy)
    sample = draw(np.random.default_rng(99), design, TRUTH_GROUPS)
    return {name: found.value for name, found in numbers(sample, 0) if found is not None}


class Counts(NamedTuple):
    """Of the runs of a design: those that report an interval, those covered in groups, and those covered as if independent."""

    shown: int
    covered: int
    alone: int


def coverage(design: Clustered, runs: int, seed: int = 1) -> dict[str, Counts]:
    """Simulate a design; count for each number."""
    true = truth(design.sizes, design.alike, design.accuracy)
    generator, found = np.random.default_rng(seed), dict.fromkeys(true, Counts(0, 0, 0))
    for run in range(runs):
        sample = draw(generator, design)
        rows = Design(len(sample.labels), "group", sample.groups)
        count_coverage(rows, numbers(sample, run), true, found)
    return found


def alarms(design: Clustered, runs: int, seed: int = 2) -> dict[str, tuple[float, float]]:
    """Simulate a design; return the share of runs in which each test of a true hypothesis rejects it, in groups and as if independent."""
    generator = np.random.default_rng(seed)

    def samples() -> Iterator[tuple[Sample, Design]]:
        for _ in range(runs):
            sample = draw(generator, design)
            yield sample, Design(len(sample.labels), "group", sample.groups)

    return rejected(samples())


def rejected(samples: Iterable[tuple[Sample, Design]]) -> dict[str, tuple[float, float]]:
    """Return the share of samples in which each test of a true hypothesis rejects it, in their rows and as if independent."""
    found: dict[str, list[int]] = {}
    runs = 0
    for sample, rows in samples:
        for name, p, alone in p_values(sample, rows, runs):
            counts = found.setdefault(name, [0, 0])
            counts[0] += p is not None and p < LEVEL
            counts[1] += alone < LEVEL
        runs += 1
    return {name: (one / runs, other / runs) for name, (one, other) in found.items()}


def count_coverage(
    rows: Design, found: Iterable[tuple[str, Estimate | None]], true: Mapping[str, float], counts: dict[str, Counts]
) -> None:
    """Add to ``counts`` which of the estimates of a sample report an interval in these rows, and which of these cover the truth."""
    for name, estimate in found:
        if estimate is None:
            continue
        here = rows.estimate(estimate)
        if here.low is None or here.high is None or estimate.low is None or estimate.high is None:
            continue
        shown, covered, alone = counts[name]
        covered += here.low <= true[name] <= here.high
        counts[name] = Counts(shown + 1, covered, alone + (estimate.low <= true[name] <= estimate.high))


def print_coverage(found: Sequence[tuple[str, Mapping[str, Counts]]], runs: int) -> None:
    """Print the lowest and highest coverage of every number over the designs, under their titles, of which at least 95 % of the runs report."""
    titles = list(dict.fromkeys(title for title, _ in found))
    print(f"| number | {' | '.join(titles)} | as if independent |")
    print(f"| --- | {' | '.join('---' for _ in titles)} | --- |")
    for name in found[0][1]:
        judged = [
            (title, 100 * one[name].covered / one[name].shown, 100 * one[name].alone / one[name].shown)
            for title, one in found
            if one[name].shown >= LEAST_REPORTED * runs
        ]
        cells = [_range([covered for title, covered, _ in judged if title == wanted]) for wanted in titles]
        print(f"| {name} | {' | '.join(cells)} | {_range([alone for *_, alone in judged])} |")


def print_alarms(found: Sequence[tuple[str, Mapping[str, tuple[float, float]]]]) -> None:
    """Print how seldom and how often every test of a true hypothesis rejects it, over the designs under their titles."""
    titles = list(dict.fromkeys(title for title, _ in found))
    print(f"| test at 5 % | {' | '.join(titles)} | as if independent |")
    print(f"| --- | {' | '.join('---' for _ in titles)} | --- |")
    for name in found[0][1]:
        cells = [_range([100 * one[name][0] for title, one in found if title == wanted]) for wanted in titles]
        print(f"| {name} | {' | '.join(cells)} | {_range([100 * one[name][1] for _, one in found])} |")


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f} %" if values else "–"


def main(runs: int = RUNS) -> None:
    """Print the tables."""
    print(f"### Rows in groups\n\n{runs:,} runs of every design.\n")
    print_coverage([(f"{design.groups} groups", coverage(design, runs)) for design in DESIGNS], runs)
    print()
    print_alarms([(f"{design.groups} groups", alarms(design, runs)) for design in DESIGNS])
