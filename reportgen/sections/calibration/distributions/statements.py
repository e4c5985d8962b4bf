"""Statements about predicted distributions: do they contain the labels as often as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.statements import Quantity, Statement
from reportgen.contract.subjects import Subject, about
from reportgen.sections.calibration.distributions.findings import evidence
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.sections.calibration.distributions.findings import DistributionEvidence, LevelEvidence
    from reportgen.sections.calibration.distributions.schema import DistributionsResult

_MOST = 2
"""Statements about the outputs of a candidate. Convention."""
_TEST = "coverage of every level against that of calibrated models, adjusted for all levels of all models"


def statements(result: DistributionsResult, view: View) -> Iterator[Statement]:
    """Yield the coverage of the candidate's intervals, those that are farthest off first; in a comparison, of how many models it is wrong."""
    every = [one for one in evidence(result) if view.decision.concerns(one.one.model)]
    if len({one.one.model for one in every}) > 1:
        yield _of_all(every)
        return
    among_others = view.decision.candidate is None and len({one.model for one in result.distributions}) > 1
    for one in sorted(every, key=lambda one: -_size(one))[:_MOST]:
        found = one.worst or (one.farthest_quantile if one.farthest_quantile is not None else one.usual)
        if found is not None:
            yield _of_head(one, found, _name(one, among_others=among_others))


def _size(one: DistributionEvidence) -> float:
    return abs(one.worst.off) if one.worst is not None else 0.0


def _name(one: DistributionEvidence, *, among_others: bool) -> str:
    if among_others:
        return f"{about(one.one.model, one.one.subject)}: "
    return "" if one.one.subject is None else f"{Subject(one.one.subject).words.capitalize()}: "


def _of_head(one: DistributionEvidence, found: LevelEvidence, name: str) -> Statement:
    share = _share(one, found)
    parts: list[Quantity | str]
    if found in one.intervals:
        parts = [f"{name}{formatting.percent(found.level)} intervals contain ", share, f" of {found.share.n:,} labels"]
    else:
        parts = [
            f"{name}The quantile of {formatting.percent(found.level)} is at or above ",
            share,
            f" of {found.share.n:,} labels",
        ]
    settled = found.established
    if found.p is None:
        parts += ["; not tested"]
    elif not settled:
        parts += ["; not shown to be wrong (", _p(one, found), ")"]
    elif found in one.intervals:
        parts += [f": too {'narrow' if found.off < 0 else 'wide'}", *_scaling(one)]
    else:
        parts += [f": too {'low' if found.off < 0 else 'high'}"]
    return Statement(
        topic="confidence", parts=(*parts, "."), settled=settled, test=_TEST, p_value=found.p, n=found.share.n
    )


def _scaling(one: DistributionEvidence) -> list[Quantity | str]:
    """Return by how much the spread would have to be multiplied, where that is shown to help."""
    if one.rescaling is None:
        return []
    at = None if one.one.subject is None else Subject(one.one.subject)
    text = formatting.metric(one.rescaling).text
    return [
        "; standard deviations times ",
        Quantity(text=text, metric="scale_factor", model=one.one.model, subject=at),
        " would fit",
    ]


def _share(one: DistributionEvidence, found: LevelEvidence) -> Quantity:
    shown = formatting.metric(found.share)
    return Quantity(
        text=f"{shown.text} {shown.interval}".rstrip(),
        metric=_metric(one, found),
        model=one.one.model,
        subject=found.subject,
    )


def _p(one: DistributionEvidence, found: LevelEvidence) -> Quantity:
    text = f"p {formatting.p_value(required(found.p))}"
    return Quantity(text=text, metric=f"{_metric(one, found)}_p", model=one.one.model, subject=found.subject)


def _metric(one: DistributionEvidence, found: LevelEvidence) -> str:
    return "interval_coverage" if found in one.intervals else "quantile_coverage"


def _of_all(every: list[DistributionEvidence]) -> Statement:
    """Return of how many models the intervals are wrong, and the one that is farthest off."""
    wrong = [one for one in every if one.worst is not None]
    farthest = max(wrong or every, key=_size)
    found = farthest.worst or farthest.usual or farthest.quantiles[0]
    start = f"{len(wrong)} of {len(every)}" if wrong else f"None of {len(every)}"
    are = "has" if len(wrong) < len(every) and len(wrong) <= 1 else "have"
    what = (
        f"{formatting.percent(found.level)} intervals contain "
        if found in farthest.intervals
        else f"quantile of {formatting.percent(found.level)} is at or above "
    )
    parts = (
        f"{start} predicted distributions {are} intervals that are measurably off; those of {about(farthest.one.model, farthest.one.subject)}: {what}",
        _share(farthest, found),
        " of the labels.",
    )
    return Statement(topic="confidence", parts=parts, settled=bool(wrong), test=_TEST, p_value=found.p, n=found.share.n)
