"""Rules of the slices section: slices that are worse than the rest or than the baseline, where confidence or coverage is off, and small ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.metrics import simultaneous
from reportgen.sections.slices import words
from reportgen.sections.slices.scores import SCORES
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Metric
    from reportgen.sections.slices.schema import HeadSlices, SliceEntry, SlicesResult

_NAMED = 3
"""Maximum number of slices that a sentence names."""


def worse_than_the_rest(result: SlicesResult) -> Iterator[Hit]:
    """Yield slices that are measurably worse than the other rows; the effect is the difference over the reach of its interval."""
    for head in result.heads:
        count = len(words.tested(head))
        for one in words.worse(result, head):
            own, difference, p = (
                words.number(result, name, head, one)
                for name in (head.score, SCORES[head.score].from_rest.name, "rest_p_holm")
            )
            score = words.score(own, head)
            yield Hit(
                head.model,
                f"{score[0].upper()}{score[1:]}, {words.difference(difference)} from the rest (p {formatting.p_value(p.value or 0.0)} "
                f"for {words.slices(count)}): the score of all {SCORES[head.score].rows} does not hold here. Look at these errors first, and state the limit or "
                f"collect more such {SCORES[head.score].rows}.",
                one.subject,
                effect=_effect(difference),
                n=one.n,
            )


def worse_than_the_baseline(result: SlicesResult) -> Iterator[Hit]:
    """Yield slices on which the candidate is measurably worse than its baseline; the effect as above."""
    for head in result.heads:
        baseline = words.compared(result, head)
        if baseline is None:
            continue
        for one in words.worse_than_baseline(result, head):
            difference, p = (
                words.number(result, name, head, one)
                for name in (SCORES[head.score].difference.name, "difference_p_holm")
            )
            yield Hit(
                head.model,
                f"{words.difference(difference)} against {baseline.model} on these {one.n:,} {SCORES[head.score].rows} (p {formatting.p_value(p.value or 0.0)}): "
                "whoever is in this slice is worse off after the release. Find out what changed here before it ships.",
                one.subject,
                effect=_effect(difference),
                n=one.n,
            )


def confidence_off(result: SlicesResult) -> Iterator[Hit]:
    """Yield heads with slices in which confidence and accuracy differ measurably; the effect is that of the largest difference, as above."""
    for head in result.heads:
        off, count = _off(result, head, "calibration_gap", "calibration_gap_p_holm")
        if not off:
            continue
        off.sort(key=lambda item: -abs(item[0].value or 0.0))
        named = [f"{one.name} {formatting.with_interval(gap)}" for gap, one in off]
        yield Hit(
            head.model,
            f"Confidence minus accuracy is measurably off on {len(off):,} of {words.slices(count)}: {formatting.listed(named, _NAMED)}. "
            "Do not use one threshold of confidence for all slices before this is calibrated.",
            head.subject,
            effect=_effect(off[0][0]),
            n=off[0][1].n,
        )


def coverage_off(result: SlicesResult) -> Iterator[Hit]:
    """Yield heads with slices in which a central interval measurably holds another share of the labels than it states."""
    for head in result.heads:
        off, count = _off(result, head, "interval_coverage", "interval_coverage_p_holm")
        if not off:
            continue
        off.sort(key=lambda item: item[0].value or 0.0)
        named = [f"{one.name} {formatting.with_interval(covered)}" for covered, one in off]
        yield Hit(
            head.model,
            f"The coverage of the central interval measurably differs from its {off[0][0].estimator} on {len(off):,} of {words.slices(count)}: "
            f"{formatting.listed(named, _NAMED)}. Do not rely on these intervals there before they are calibrated on such rows.",
            head.subject,
            n=off[0][1].n,
        )


def _off(result: SlicesResult, head: HeadSlices, name: str, p: str) -> tuple[list[tuple[Metric, SliceEntry]], int]:
    """Return the slices whose adjusted p-value is below 5 %, each with a number of it, and how many slices were tested."""
    tested = words.tested(head)
    found = [one for one in tested if _below(result.find_or_none(p, head.model, one.subject))]
    return [(words.number(result, name, head, one), one) for one in found], len(tested)


def _below(p_value: Metric | None) -> bool:
    return p_value is not None and p_value.value is not None and p_value.value < simultaneous.LEVEL


def too_small(result: SlicesResult) -> Iterator[Hit]:
    """Yield heads with slices that have too few rows; the effect is the number of such slices."""
    for head in result.heads:
        small = sorted((one for one in head.slices if one.n < result.options.minimum), key=lambda one: one.n)
        if small:
            listed = formatting.listed([f"{one.name} ({one.n:,})" for one in small], _NAMED)
            verb = "has" if len(small) == 1 else "have"
            yield Hit(
                head.model,
                f"{words.slices(len(small))} of {len(head.slices):,} {verb} fewer than {result.options.minimum:,} {SCORES[head.score].rows}: {listed}. "
                f"Nothing is known about them; collect more such {SCORES[head.score].rows}, or join slices.",
                head.subject,
                effect=float(len(small)),
            )


def _effect(metric: Metric) -> float | None:
    return simultaneous.times_its_reach(metric.value, metric.ci_low, metric.ci_high)


_HOLM = "Holm (1979), 5 % for all slices of a model"

RULES: tuple[Rule[SlicesResult], ...] = (
    Rule("SLC101", "warning", "Slice worse than the rest", _HOLM, worse_than_the_rest),
    Rule("SLC102", "warning", "Slice worse than with the baseline", _HOLM, worse_than_the_baseline),
    Rule("SLC201", "note", "Confidence off in slices", _HOLM, confidence_off),
    Rule("SLC202", "note", "Coverage off in slices", _HOLM, coverage_off),
    Rule("SLC301", "note", "Slices too small to tell", "convention", too_small),
)
