"""Rows in groups: coverage of the clustered intervals, and false alarms of the clustered tests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from reportgen.metrics import (
    agreement,
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
    from collections.abc import Iterator, Mapping, Sequence

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

    ``alike`` is the correlation of the latent variables of two rows of a group; ``sizes`` are 10 rows each, or lognormal around 8.
    """

    groups: int
    sizes: Literal["equal", "unequal"]
    alike: float
    accuracy: float

    def __str__(self) -> str:
        """Return the design in words."""
        return (
            f"{self.groups} groups of {self.sizes} size, correlation {self.alike:g}, accuracy {100 * self.accuracy:g} %"
        )


class Sample(NamedTuple):
    """Rows of one draw: groups (N,), labels (N,), and the probabilities (N,) of class 1 by two models, both calibrated."""

    groups: NDArray[np.int64]
    labels: NDArray[np.int64]
    first: Floats
    second: Floats


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
    sizes = np.full(count, 10)
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
    labels, n = sample.labels, len(sample.labels)
    p = np.stack([1 - sample.first, sample.first], axis=1)
    other = np.stack([1 - sample.second, sample.second], axis=1)
    predictions = p.argmax(axis=1)
    correct, also = predictions == labels, other.argmax(axis=1) == labels
    errors, wrong = int((~correct).sum()), int((~correct | ~also).sum())
    nll, second = scores.nll(np.log(p), labels), scores.nll(np.log(other), labels)
    brier = scores.brier(p, labels) / 2
    confusion = classification.confusion_matrix(labels, predictions, 2)
    parts = (confusion, labels, predictions, np.ones(n))
    always = labels == confusion.sum(axis=1).argmax()
    table = comparison.discordance(correct, also)
    points = sample.first, (labels == 1).astype(float), (labels == 0).astype(float)
    with np.errstate(divide="ignore"):
        reference = np.broadcast_to(np.log(confusion.sum(axis=1) / n), p.shape)
    own, called = labels == 1, predictions == 1

    def supported(found: Estimate | None) -> Estimate | None:
        return None if found is None else found.supported(errors, intervals.FEWEST_ERRORS, "errors")

    yield "accuracy", intervals.proportion(correct)
    yield "recall of a class", _share(called, own)
    yield "F1 of a class", _f1(own, called)
    yield "accuracy difference", comparison.accuracy_difference(table)
    balanced = classification.balanced_accuracy_estimate(confusion)
    yield "balanced accuracy", supported(balanced.of_rows(lambda: classification.of_mean_recall(*parts)))
    macro = classification.macro_f1_estimate(confusion)
    yield "macro F1", supported(macro.of_rows(lambda: classification.of_macro_f1(*parts)))
    yield "NLL", supported(intervals.mean(nll, low=0.0))
    yield "Brier score", supported(intervals.mean(brier, low=0.0, high=1.0))
    yield "ROC AUC", supported(ranking.roc_auc(*points))
    yield "average precision", supported(ranking.average_precision(*points))
    yield "accuracy skill", supported(classification.skill((~correct).astype(float), (~always).astype(float)))
    yield "NLL skill", supported(classification.skill(nll, scores.nll(reference, labels)))
    difference = comparison.mean_difference(nll, second)
    if difference is not None:
        difference = difference.supported(wrong, intervals.FEWEST_PAIRED, "rows with an error")
    yield "NLL difference", difference
    yield "churn", agreement.churn(predictions, other.argmax(axis=1))
    yield "negative flips", agreement.negative_flips(table)
    yield "error consistency", agreement.error_consistency(table)
    right = correct.astype(float)
    yield "confidence minus accuracy", calibration.gap(p.max(axis=1), right, 1 - right)
    try:
        logits = np.log(p)
        fitted = temperature.fit(logits, labels)
        yield "temperature", fitted.estimate
        gain = temperature.cross_fit(fitted, logits, labels, labels.astype(np.int32), seed, sample.groups).gain
        yield "NLL gain of a temperature", gain
    except NoTemperatureError:
        return


def _share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Estimate | None:
    found = intervals.wilson(int((hits & among).sum()), int(among.sum()))
    return None if found is None else found.of_rows(lambda: intervals.of_share(hits, among.astype(float)))


def _f1(own: NDArray[np.bool_], called: NDArray[np.bool_]) -> Estimate | None:
    found = classification.f1_estimate(
        int((own & called).sum()), int((own & ~called).sum()), int((called & ~own).sum())
    )
    return None if found is None else found.of_rows(lambda: intervals.of_share(own & called, (own | called) * 1.0))


def p_values(sample: Sample, design: Design, seed: int) -> Iterator[tuple[str, float | None, float]]:
    """Yield the tests of true hypotheses: their name, the p-value in groups, and that for independent rows."""
    labels, f = sample.labels, sample.first
    correct, also = (f > 0.5) == labels, (sample.second > 0.5) == labels  # noqa: PLR2004
    exact = comparison.mcnemar(comparison.discordance(correct, also))
    yield "equal accuracies", design.p_value(correct.astype(float) - also, exact), exact
    points = f, labels.astype(float), 1.0 - labels
    edges = calibration.equal_width_edges(BINS)
    bins = calibration.residual_bins(*points, edges)
    grouped = calibration.grouped_residuals(*points, edges, design.codes)
    alone = calibration.ece_null(bins, seed, DRAWS).p_value
    yield "ECE", calibration.ece_null(bins, seed, DRAWS, grouped).p_value, alone
    yield "class bias", *_in_the_large(f, labels == 1, design)
    sure = np.maximum(f, 1 - f)
    yield "confidence minus accuracy", *_in_the_large(sure, correct, design)
    found = confidence.confident_errors(sure, correct, SURE)
    excess = np.where(sure >= SURE, sure - correct, 0.0)
    least = float(np.where(sure >= SURE, sure * (1 - sure), 0.0).sum())
    yield "confident errors", design.p_value(excess, found.p_value, least, above=True), found.p_value


def _in_the_large(f: Floats, outcome: NDArray[np.bool_], design: Design) -> tuple[float | None, float]:
    true = outcome.astype(float)
    exact = calibration.in_the_large_p(f, true, 1 - true)
    return design.p_value(f - true, exact, float((f * (1 - f)).sum())), exact


@cache
def truth(sizes: Literal["equal", "unequal"], alike: float, accuracy: float) -> dict[str, float]:
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
        for name, estimate in numbers(sample, run):
            if estimate is None:
                continue
            clustered = rows.estimate(estimate)
            if clustered.low is None or clustered.high is None or estimate.low is None or estimate.high is None:
                continue
            shown, covered, alone = found[name]
            covered += clustered.low <= true[name] <= clustered.high
            found[name] = Counts(shown + 1, covered, alone + (estimate.low <= true[name] <= estimate.high))
    return found


def alarms(design: Clustered, runs: int, seed: int = 2) -> dict[str, tuple[float, float]]:
    """Simulate a design; return the share of runs in which each test of a true hypothesis rejects it, in groups and as if independent."""
    generator = np.random.default_rng(seed)
    found: dict[str, list[int]] = {}
    for run in range(runs):
        sample = draw(generator, design)
        rows = Design(len(sample.labels), "group", sample.groups)
        for name, p, alone in p_values(sample, rows, run):
            counts = found.setdefault(name, [0, 0])
            counts[0] += p is not None and p < LEVEL
            counts[1] += alone < LEVEL
    return {name: (one / runs, other / runs) for name, (one, other) in found.items()}


def print_coverage(found: Mapping[Clustered, Mapping[str, Counts]], runs: int) -> None:
    """Print the lowest and highest coverage of every number over the designs of which at least 95 % of the runs report."""
    counts = sorted({design.groups for design in found})
    print(f"| number | {' | '.join(f'{count} groups' for count in counts)} | as if independent |")
    print(f"| --- | {' | '.join('---' for _ in counts)} | --- |")
    for name in next(iter(found.values())):
        judged = [
            (design.groups, 100 * one[name].covered / one[name].shown, 100 * one[name].alone / one[name].shown)
            for design, one in found.items()
            if one[name].shown >= LEAST_REPORTED * runs
        ]
        cells = [_range([covered for groups, covered, _ in judged if groups == count]) for count in counts]
        print(f"| {name} | {' | '.join(cells)} | {_range([alone for *_, alone in judged])} |")


def print_alarms(found: Mapping[Clustered, Mapping[str, tuple[float, float]]]) -> None:
    """Print how seldom and how often every test of a true hypothesis rejects it, over the designs."""
    counts = sorted({design.groups for design in found})
    print(f"| test at 5 % | {' | '.join(f'{count} groups' for count in counts)} | as if independent |")
    print(f"| --- | {' | '.join('---' for _ in counts)} | --- |")
    for name in next(iter(found.values())):
        cells = [
            _range([100 * one[name][0] for design, one in found.items() if design.groups == count]) for count in counts
        ]
        print(f"| {name} | {' | '.join(cells)} | {_range([100 * one[name][1] for one in found.values()])} |")


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f} %" if values else "–"


def main(runs: int = RUNS) -> None:
    """Print the tables."""
    print(f"### Rows in groups\n\n{runs:,} runs of every design.\n")
    print_coverage({design: coverage(design, runs) for design in DESIGNS}, runs)
    print()
    print_alarms({design: alarms(design, runs) for design in DESIGNS})
