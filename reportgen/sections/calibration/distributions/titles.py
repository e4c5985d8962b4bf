"""What the figures of predicted distributions say: titles and alt texts, computed from the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.subjects import about
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.sections.calibration.distributions.findings import DistributionEvidence
    from reportgen.sections.calibration.distributions.schema import DistributionCalibration

_CROWDED = 1.25
"""How many times the expected share the labels at both ends are if they make the title. Convention."""


def name(one: DistributionCalibration) -> str:
    """Return the model, and which of its outputs."""
    return about(one.model, one.subject)


def coverage(found: DistributionEvidence) -> str:
    """Return whether the intervals of the first model contain what they state, or its quantiles are where they should be."""
    who = name(found.one)
    if found.worst is not None:
        wide = "too narrow" if found.worst.off < 0 else "too wide"
        share = formatting.metric(found.worst.share).text
        return f"Intervals of {who} are {wide}: those of {formatting.percent(found.worst.level)} contain {share} of the labels"
    if found.farthest_quantile is not None:
        side = "too low" if found.farthest_quantile.off < 0 else "too high"
        return f"The quantile of {formatting.percent(found.farthest_quantile.level)} of {who} is {side}"
    if not found.tested:
        return f"Labels in the intervals of {who}; too few groups of rows for a test"
    return f"No level of {who} is measurably off"


def coverage_alt(found: DistributionEvidence) -> str:
    """Return the share of the labels at every level."""
    levels = found.quantiles or found.intervals
    shares = ", ".join(
        f"{formatting.percent(one.level)}: {formatting.fraction(required(one.share.value))}" for one in levels
    )
    what = "labels at or below the quantiles" if found.quantiles else "labels in the intervals"
    return f"{name(found.one)}, {what}: {shares}."


def pit(found: DistributionEvidence) -> str:
    """Return whether the labels are spread evenly over the predicted distributions."""
    who = name(found.one)
    if found.pit_p.value is None:
        return f"Where the labels are in the distributions of {who}; not tested: {found.pit_p.reason}"
    if not found.misshapen:
        return f"The labels are where the distributions of {who} expect them, as far as {found.one.n:,} rows show"
    ends = _share_of_ends(found.one)
    if ends is not None and ends[0] > _CROWDED * ends[1]:
        return f"{formatting.fraction(ends[0])} of the labels are in the outer {formatting.percent(ends[1])} of the distributions of {who}"
    return f"The labels are not where the distributions of {who} expect them"


def pit_alt(found: DistributionEvidence) -> str:
    """Return the share of the labels in the outer bars, and how many bars are outside of the range of a calibrated model."""
    ends = _share_of_ends(found.one)
    if ends is None:
        return f"{name(found.one)}: too few rows for bars."
    outside = sum(
        bar.range_low is not None and bar.range_high is not None and not bar.range_low <= bar.share <= bar.range_high
        for bar in found.one.bars
    )
    share, expected = ends
    return (
        f"{name(found.one)}: {formatting.fraction(share)} of the labels are in the outer {formatting.percent(expected)}; {outside} of "
        f"{len(found.one.bars)} bars are outside of the range of a calibrated model."
    )


def _share_of_ends(one: DistributionCalibration) -> tuple[float, float] | None:
    """Return the share of the labels in the bars at both ends, a tenth of all, and the share expected; None without bars."""
    if not one.bars:
        return None
    each = max(len(one.bars) // 20, 1)
    ends: Sequence[float] = [bar.share for bar in (*one.bars[:each], *one.bars[-each:])]
    return sum(ends), 2 * each / len(one.bars)
