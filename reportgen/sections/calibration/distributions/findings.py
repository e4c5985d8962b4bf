"""Rules about predicted distributions: thresholds, messages, sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit
from reportgen.contract.numbers import required
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Metric
    from reportgen.contract.subjects import Subject
    from reportgen.sections.calibration.distributions.schema import DistributionCalibration, DistributionsResult

SIGNIFICANT = 0.05
USUAL = 0.9
"""Nominal coverage of the interval that sentences are about; of quantiles that make no such interval, the nearest one. Convention."""
POINTS = 0.05
"""Difference of coverage from its level that counts as one unit of an effect. Convention."""


@dataclass(frozen=True)
class LevelEvidence:
    """The share of labels in an interval, or at or below a quantile, where a calibrated model has the share of the level."""

    level: float
    subject: Subject
    share: Metric
    p: float | None
    """Of the level, adjusted for all levels of all models; None without a test."""

    @property
    def off(self) -> float:
        """Share minus level."""
        return required(self.share.value) - self.level

    @property
    def established(self) -> bool:
        """Whether the level is shown to be wrong."""
        return self.p is not None and self.p < SIGNIFICANT


@dataclass(frozen=True)
class DistributionEvidence:
    """What the numbers of a head say of its distributions."""

    one: DistributionCalibration
    intervals: tuple[LevelEvidence, ...]
    quantiles: tuple[LevelEvidence, ...]
    scale: Metric
    pit: Metric
    pit_p: Metric
    crossing: Metric

    @property
    def usual(self) -> LevelEvidence | None:
        """The interval of 90 %, or the nearest one; None where no quantiles make an interval."""
        return min(self.intervals, key=lambda found: abs(found.level - USUAL), default=None)

    @property
    def worst(self) -> LevelEvidence | None:
        """The interval that decides: the usual one where it is shown to be wrong, otherwise the one that is farthest off; None where none is."""
        if self.usual is not None and self.usual.established:
            return self.usual
        return max(
            (found for found in self.intervals if found.established), key=lambda found: abs(found.off), default=None
        )

    @property
    def farthest_quantile(self) -> LevelEvidence | None:
        """The quantile that is farthest off, of those shown to be wrong; None where none is."""
        return max(
            (found for found in self.quantiles if found.established), key=lambda found: abs(found.off), default=None
        )

    @property
    def rescaling(self) -> Metric | None:
        """The scale factor where it is shown to differ from 1; None otherwise."""
        low, high = self.scale.ci_low, self.scale.ci_high
        return None if low is None or high is None or low <= 1 <= high else self.scale

    @property
    def misshapen(self) -> bool:
        """Whether the probability integral transform is shown not to be uniform."""
        return self.pit_p.value is not None and self.pit_p.value < SIGNIFICANT

    @property
    def tested(self) -> bool:
        """Whether any of it was tested."""
        return any(found.p is not None for found in (*self.intervals, *self.quantiles)) or self.pit_p.value is not None

    @property
    def sound(self) -> bool:
        """Whether it was tested and nothing was shown to be wrong."""
        return self.tested and not (self.misshapen or self.worst or self.farthest_quantile)


def evidence(result: DistributionsResult) -> Iterator[DistributionEvidence]:
    """Yield the evidence on every predicted distribution."""
    for one in result.distributions:
        whole = {
            name: result.find(name, one.model, one.subject)
            for name in ("scale_factor", "pit_distance", "pit_p", "crossing_rows")
        }
        yield DistributionEvidence(
            one,
            tuple(_level(result, one, level, "interval_coverage") for level in one.intervals),
            tuple(_level(result, one, level, "quantile_coverage") for level in one.quantiles),
            *whole.values(),
        )


def _level(result: DistributionsResult, one: DistributionCalibration, level: float, name: str) -> LevelEvidence:
    at = one.at(level)
    p = result.find(f"{name}_p", one.model, at).value
    return LevelEvidence(level, at, result.find(name, one.model, at), None if p is None else float(p))


def too_narrow(result: DistributionsResult) -> Iterator[Hit]:
    """Yield models whose intervals contain fewer labels than they state; the effect is the difference as a multiple of 5 points."""
    yield from _wrong(result, narrow=True)


def too_wide(result: DistributionsResult) -> Iterator[Hit]:
    """Yield models whose intervals contain more labels than they state; the effect is the difference as a multiple of 5 points."""
    yield from _wrong(result, narrow=False)


def _wrong(result: DistributionsResult, *, narrow: bool) -> Iterator[Hit]:
    for one in evidence(result):
        worst = one.worst
        if worst is None or (worst.off < 0) != narrow:
            continue
        consequence = (
            "a limit taken from them is exceeded more often than it says"
            if narrow
            else "decisions that rest on them are too cautious"
        )
        yield Hit(
            one.one.model,
            f"Its {formatting.percent(worst.level)} intervals contain {formatting.metric(worst.share).text} {formatting.interval(worst.share)} of {worst.share.n:,} labels "
            f"(adjusted p {formatting.p_value(required(worst.p))}): {consequence}. {remedy(one)}",
            one.one.subject,
            effect=abs(worst.off) / POINTS,
            n=worst.share.n,
        )


def remedy(one: DistributionEvidence) -> str:
    """Return what would make the spread fit."""
    if one.rescaling is None:
        return "Recalibrate the distributions on other rows before release."
    shown = formatting.metric(one.rescaling)
    return f"Multiply the standard deviations by {shown.text} {shown.interval}, confirmed on other rows."


def crossing_quantiles(result: DistributionsResult) -> Iterator[Hit]:
    """Yield models with quantiles that decrease where the level increases; the effect is the share of such rows as a multiple of 1 %."""
    for one in evidence(result):
        share = one.crossing
        if share.value:
            rows = round(share.value * one.one.n)
            yield Hit(
                one.one.model,
                f"A quantile of a higher level is below one of a lower level in {formatting.metric(share).text} {formatting.interval(share)} of {one.one.n:,} rows"
                f"{f' ({rows:,} rows)' if abs(rows - share.value * one.one.n) < _WHOLE else ''}: these are quantiles of no distribution. Nothing was sorted "
                "before it was measured; sort them in the model, or build the head so that they cannot cross.",
                one.one.subject,
                effect=share.value / 0.01,
                n=one.one.n,
            )


_WHOLE = 1e-6
"""How close a rate times n is to a count if it is one; that of weighted rows is not."""


def wrong_shape(result: DistributionsResult) -> Iterator[Hit]:
    """Yield models with wrong quantiles, or normal distributions that do not fit, where no interval shows it.

    The effect is the difference as a multiple of 5 points.
    """
    for one in evidence(result):
        quantile = one.farthest_quantile
        if one.worst is not None:
            continue
        if quantile is not None:
            side = "too low" if quantile.off < 0 else "too high"
            yield Hit(
                one.one.model,
                f"{formatting.metric(quantile.share).text} {formatting.interval(quantile.share)} of {quantile.share.n:,} labels are at or below its quantile of "
                f"{formatting.percent(quantile.level)} (adjusted p {formatting.p_value(required(quantile.p))}): the quantile is {side}. Recalibrate it before a limit rests on it.",
                one.one.subject,
                effect=abs(quantile.off) / POINTS,
                n=quantile.share.n,
            )
        elif one.misshapen:
            yield Hit(
                one.one.model,
                f"The labels are not where its normal distributions expect them: the PIT distance is {formatting.metric(one.pit).text} on {one.one.n:,} rows (adjusted p "
                f"{formatting.p_value(required(one.pit_p.value))}), though its intervals contain as many as they state. Look at the bias and the histogram "
                "before you use probabilities of one side.",
                one.one.subject,
                effect=required(one.pit.value) / POINTS,
                n=one.one.n,
            )


def nothing_wrong(result: DistributionsResult) -> Iterator[Hit]:
    """Yield models whose distributions are not shown to be wrong: nothing was found, so there is no effect."""
    for one in evidence(result):
        usual = one.usual or next(iter(one.quantiles), None)
        if one.sound and usual is not None:
            what = (
                f"{formatting.percent(usual.level)} intervals contain"
                if one.usual
                else f"quantile of {formatting.percent(usual.level)} is at or above"
            )
            yield Hit(
                one.one.model,
                f"Its {what} {formatting.metric(usual.share).text} {formatting.interval(usual.share)} of {usual.share.n:,} labels, and no level is shown to be "
                "wrong: this gives no reason to recalibrate.",
                one.one.subject,
                n=one.one.n,
            )
