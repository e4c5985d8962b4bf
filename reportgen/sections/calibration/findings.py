"""Rules of the calibration section: thresholds, messages, sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import required
from reportgen.contract.positions import UNITS
from reportgen.contract.subjects import Subject
from reportgen.metrics import simultaneous
from reportgen.sections.calibration import bands
from reportgen.sections.calibration.distributions import findings as distributions
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Metric
    from reportgen.sections.calibration.schema import CalibrationResult, HeadCalibration, MultilabelCalibration

SIGNIFICANT = 0.05
STRONG = 0.10
TYPICAL = 0.04
SMALL = 0.01
FEW_ROWS = 200
_NAMED = 3
"""Maximum number of further classes that a finding names."""


@dataclass(frozen=True)
class Evidence:
    """What the numbers of a head say about its calibration, in the order in which they decide."""

    model: str
    subject: str | None
    ece: Metric
    null: Metric
    gap: Metric
    p: float
    """Of the hypothesis that the head is calibrated, adjusted for all that is tested."""
    directed: bool
    """Whether mean confidence and accuracy differ: by test and by interval."""
    unit: str = "row"
    """What was evaluated: rows, images or sequences."""

    @property
    def verdict(self) -> str | None:
        """Return the only verdict on the head; None where an error is established and too small to act on."""
        if self.p >= SIGNIFICANT:
            return "not detected"
        size = required(self.ece.value)
        if size > required(self.null.ci_high) and size > SMALL:
            return "strong" if size > STRONG else "miscalibrated"
        gap = required(self.gap.value)
        if self.directed and abs(gap) > SMALL:
            return "over-confident" if gap > 0 else "under-confident"
        return None

    @property
    def side(self) -> int:
        """Return 1 if it is established that the head is over-confident, -1 for under-confident, else 0."""
        if self.p >= SIGNIFICANT or not self.directed:
            return 0
        return 1 if required(self.gap.value) > 0 else -1

    @property
    def size(self) -> str:
        """Return the ECE with what it is compared with."""
        limit = formatting.fraction(required(self.null.ci_high))
        return (
            f"ECE is {formatting.fraction(required(self.ece.value))} on {self.ece.n:,} {self.unit}s, where 95 % of calibrated models are at or below "
            f"{limit} (calibration p {formatting.p_value(self.p)})"
        )

    @property
    def direction(self) -> str:
        """Return the direction of the error as a sentence; empty if it is not established."""
        if not self.directed:
            return ""
        word = "over-confident" if required(self.gap.value) > 0 else "under-confident"
        return f" It is {word}: mean confidence minus accuracy is {formatting.with_interval(self.gap)}."


def evidence(result: CalibrationResult) -> Iterator[Evidence]:
    """Yield the evidence on every head that was measured."""
    units = {(one.model, one.subject): UNITS[one.task] for one in result.positions}
    for one in result.named("calibration_p"):
        at = (one.model, one.subject)
        gap, gap_p = result.find_or_none("calibration_gap", *at), result.find_or_none("calibration_gap_p", *at)
        if one.metric.value is None or gap is None or gap_p is None or gap_p.value is None:
            continue
        directed = gap_p.value < SIGNIFICANT and gap.ci_low is not None and gap.ci_low * required(gap.ci_high) > 0
        null = result.find("ece_null", *at)
        yield Evidence(*at, result.find("ece", *at), null, gap, float(one.metric.value), directed, units.get(at, "row"))


@dataclass(frozen=True)
class ClassError:
    """A class of a multilabel head whose probability is off beyond chance."""

    name: str
    ece: Metric
    null: Metric
    p: float


@dataclass(frozen=True)
class ClassEvidence:
    """What the numbers of a multilabel head say: the classes that are off, the largest ECE first, of how many."""

    model: str
    subject: str | None
    wrong: tuple[ClassError, ...]
    total: int
    p: float | None
    """Of the hypothesis that the head is calibrated, adjusted for all that is tested; None without a test."""
    n: int


def class_evidence(result: CalibrationResult) -> Iterator[ClassEvidence]:
    """Yield the evidence on every multilabel head; a class counts by its adjusted p-value and an ECE above that of calibrated models.

    None counts where the head as such is not told from a calibrated one: with many classes of other models that are off, the adjusted p-values
    of single classes allow for some false ones.
    """
    for head in result.multilabel:
        whole = result.find("calibration_p", head.model, head.subject).value
        established = whole is not None and whole < SIGNIFICANT
        wrong = []
        for name in head.class_names:
            part = Subject.of("class", name, within=head.subject)
            ece, null, p = (
                result.find(metric, head.model, part)
                for metric in ("class_ece", "class_ece_null", "class_calibration_p")
            )
            beyond = null.ci_high is not None and required(ece.value) > max(null.ci_high, SMALL)
            if established and beyond and p.value is not None and p.value < SIGNIFICANT:
                wrong.append(ClassError(name, ece, null, float(p.value)))
        wrong.sort(key=lambda one: -required(one.ece.value))
        yield ClassEvidence(
            head.model,
            head.subject,
            tuple(wrong),
            len(head.class_names),
            None if whole is None else float(whole),
            head.n,
        )


def miscalibrated_classes(result: CalibrationResult) -> Iterator[Hit]:
    """Yield multilabel heads with classes whose probability is off; the effect is the largest ECE as a multiple of 1 %."""
    for one in class_evidence(result):
        if not one.wrong:
            continue
        worst = one.wrong[0]
        others = formatting.listed([found.name for found in one.wrong[1:]], _NAMED)
        more = f"; also {others}" if others else ""
        yield Hit(
            one.model,
            f"{len(one.wrong)} of {one.total} classes {'is' if len(one.wrong) == 1 else 'are'} miscalibrated, most of all {worst.name}: its ECE is "
            f"{formatting.fraction(required(worst.ece.value))}, where 95 % of calibrated models are at or below "
            f"{formatting.fraction(required(worst.null.ci_high))} (adjusted p {formatting.p_value(worst.p)}){more}. Recalibrate each class by itself "
            "before thresholds depend on its probability.",
            one.subject,
            effect=required(worst.ece.value) / SMALL,
            n=worst.ece.n,
        )


def _with_verdict(result: CalibrationResult, verdict: str) -> Iterator[Evidence]:
    """Yield the evidence on the heads that have this verdict."""
    return (one for one in evidence(result) if one.verdict == verdict)


def strongly_miscalibrated(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models with an ECE above 10 % that chance does not explain."""
    for one in _with_verdict(result, "strong"):
        text = f"{one.size}: do not use its probabilities before recalibrating them.{one.direction}"
        yield Hit(one.model, text, one.subject, effect=required(one.ece.value) / STRONG, n=one.ece.n)


def miscalibrated(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models with an ECE above 1 % and up to 10 % that chance does not explain."""
    for one in _with_verdict(result, "miscalibrated"):
        advice = (
            "as for typical uncalibrated deep networks, recalibrate before thresholds depend on its confidence"
            if required(one.ece.value) >= TYPICAL
            else "recalibrate if decisions depend on exact probabilities"
        )
        yield Hit(
            one.model,
            f"{one.size}: {advice}.{one.direction}",
            one.subject,
            effect=required(one.ece.value) / SMALL,
            n=one.ece.n,
        )


def not_detectable(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models that are not distinguishable from calibrated ones, in whole and class by class.

    Nothing was found, so there is no effect.
    """
    biased = {(hit.model, Subject(hit.subject or "").outer) for hit in biased_classes(result)}
    for one in _with_verdict(result, "not detected"):
        if (one.model, one.subject) not in biased:
            yield Hit(one.model, f"{one.size}: this gives no reason to recalibrate.", one.subject, n=one.ece.n)


def overconfident(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models that are right less often than they state, where the ECE alone does not establish it."""
    yield from _biased(result, "over-confident", "less often than it states, so discount its confidence")


def underconfident(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models that are right more often than they state, where the ECE alone does not establish it."""
    yield from _biased(result, "under-confident", "more often than it states, so its confidence is cautious")


def _biased(result: CalibrationResult, verdict: str, words: str) -> Iterator[Hit]:
    for one in _with_verdict(result, verdict):
        text = (
            f"Mean confidence minus accuracy is {formatting.with_interval(one.gap)} (calibration p {formatting.p_value(one.p)}): "
            f"it is right {words}."
        )
        yield Hit(one.model, text, one.subject, effect=abs(required(one.gap.value)) / SMALL, n=one.gap.n)


def recoverable(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models that are not calibrated and that temperature scaling improves on held-out folds, beyond the interval.

    The effect is the gain as a multiple of its interval's reach.
    """
    for one in result.named("temperature_nll_gain"):
        metric, p = one.metric, result.find("calibration_p", one.model, one.subject).value
        if metric.value is None or metric.ci_low is None or metric.ci_low <= 0 or p is None or p >= SIGNIFICANT:
            continue
        value = result.find("temperature", one.model, one.subject)
        before = result.find("ece", one.model, one.subject).value
        after = result.find("ece_after_temperature", one.model, one.subject).value
        limit = result.find("ece_after_temperature_null", one.model, one.subject).ci_high
        if value.value is None or before is None or after is None or limit is None:
            continue
        text = (
            f"Dividing the logits by T = {formatting.number(value.value, '')} lowers the NLL by "
            f"{formatting.metric(metric).text} {formatting.interval(metric)} on held-out folds; the ECE goes from "
            f"{formatting.fraction(before)} to {formatting.fraction(after)}, where 95 % of calibrated models are at or below {formatting.fraction(limit)}. "
            "Consider it before release: no prediction changes."
        )
        effect = simultaneous.times_its_reach(metric.value, metric.ci_low, metric.ci_high)
        yield Hit(one.model, text, one.subject, effect=effect, n=metric.n)


def biased_classes(result: CalibrationResult) -> Iterator[Hit]:
    """Yield classes whose probabilities are too high or too low on average, adjusted for all classes of all models, and beyond their interval.

    Of a binary head only the positive class: the bias of the other one is the same with the opposite sign. The effect is the
    bias as a multiple of 1 point, like that of a whole head.
    """
    mirrored = {
        (head.model, Subject.of("class", head.class_names[0], within=head.subject))
        for head in result.heads
        if head.task == "binary"
    }
    for one in result.named("class_bias_p"):
        bias = result.find("class_bias", one.model, one.subject)
        if one.metric.value is None or bias.value is None or not class_is_biased(one.metric, bias):
            continue
        if (one.model, one.subject) in mirrored:
            continue
        verb = "overstates" if bias.value > 0 else "understates"
        text = (
            f"Mean probability minus frequency of this class is {formatting.with_interval(bias)} "
            f"(adjusted p {formatting.p_value(float(one.metric.value))}): the model {verb} this class. Check thresholds on its probability."
        )
        yield Hit(one.model, text, one.subject, effect=abs(bias.value) / SMALL, n=bias.n)


def more_errors_in_a_band(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models that are not over-confident on the whole, but make more errors in a band of confidence than a calibrated model would."""
    heads = {(head.model, head.subject): head for head in result.heads}
    for found in evidence(result):
        head = heads.get((found.model, found.subject))
        if head is None or found.p >= SIGNIFICANT or found.side > 0:
            continue
        beyond = [band for band in head.bands if bands.side(band) > 0]
        if not beyond:
            continue
        where = formatting.listed(
            [
                f"{bands.placed(one)} on {one.errors:,} of {one.n:,} rows (expected {bands.expected(one.expected)})"
                for one in beyond
            ]
        )
        text = (
            f"Its confidence is not too high on the whole, but it is wrong more often than that implies {where}: "
            f"do not rely on its confidence there."
        )
        most = max(beyond, key=lambda one: one.errors / one.expected)
        yield Hit(head.model, text, head.subject, effect=most.errors / most.expected, n=most.n)


def class_is_biased(p: Metric, bias: Metric) -> bool:
    """Return whether the bias of a class is beyond chance, by its adjusted test and by its interval where it has one."""
    excluded = bias.ci_low is None or bias.ci_low * required(bias.ci_high) > 0
    return p.value is not None and p.value < SIGNIFICANT and excluded


def few_rows(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models evaluated on too few rows to measure calibration well; the effect is how many times they would be enough."""
    heads: tuple[HeadCalibration | MultilabelCalibration, ...] = (*result.heads, *result.multilabel)
    for head in heads:
        if head.n < FEW_ROWS:
            text = f"{head.n:,} rows measure calibration only roughly: compare the ECE with that expected of a calibrated model, and evaluate on more rows before relying on it."
            yield Hit(head.model, text, head.subject, effect=FEW_ROWS / head.n, n=head.n)


_BINOMIAL = "binomial distribution, Holm (1979); p-value threshold of 0.05, convention"
_GUO = "Guo et al. (2017), section 5"

RULES: tuple[Rule[CalibrationResult], ...] = (
    Rule("CAL101", "problem", "Strongly miscalibrated", _GUO, strongly_miscalibrated),
    Rule("CAL102", "warning", "Miscalibrated", _GUO, miscalibrated),
    Rule(
        "CAL103",
        "note",
        "No miscalibration detected",
        "Holm (1979); p-value threshold of 0.05, convention",
        not_detectable,
    ),
    Rule(
        "CAL111",
        "warning",
        "Classes miscalibrated",
        "Guo et al. (2017), section 5; Benjamini & Hochberg (1995)",
        miscalibrated_classes,
    ),
    Rule("CAL121", "warning", "Intervals too narrow", _BINOMIAL, distributions.too_narrow),
    Rule("CAL122", "note", "Intervals too wide", _BINOMIAL, distributions.too_wide),
    Rule("CAL123", "warning", "Quantiles cross", "Bassett & Koenker (1982)", distributions.crossing_quantiles),
    Rule(
        "CAL124",
        "warning",
        "Distributions off to one side",
        "binomial distribution; Stephens (1970); Holm (1979); p-value threshold of 0.05, convention",
        distributions.wrong_shape,
    ),
    Rule("CAL125", "note", "Distributions not shown to be wrong", _BINOMIAL, distributions.nothing_wrong),
    Rule("CAL201", "warning", "Over-confident", "Van Calster et al. (2016)", overconfident),
    Rule("CAL202", "note", "Under-confident", "Van Calster et al. (2016)", underconfident),
    Rule(
        "CAL203", "note", "Over-confident in a band", "binomial distribution, all bands together", more_errors_in_a_band
    ),
    Rule("CAL301", "note", "Temperature scaling would help", "Guo et al. (2017)", recoverable),
    Rule(
        "CAL401",
        "note",
        "Class probability biased",
        "Hong (2013), Benjamini & Hochberg (1995)",
        biased_classes,
    ),
    Rule(
        "CAL501",
        "note",
        "Few rows for calibration",
        "convention; in simulations intervals are wide below 200 rows",
        few_rows,
    ),
)
