"""The numbers of a slice of a predicted distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.distributions import NO_CROSSING, QUANTILES, SPREAD
from reportgen.metrics import comparison
from reportgen.sections.slices import distribution_schema as schema, skill_schema as skill
from reportgen.sections.slices.parts import Tested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.distributions import DistributionHead, Interval
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.subjects import Subject

_NO_INTERVAL = "the levels of the quantiles make no central interval"


def measured(one: DistributionHead, part: Subject) -> Iterator[Measurement]:
    """Yield the numbers of the slice that this is; those of the other kind of distributions do not apply."""
    score, of_skill, others, reason = _kind(one)
    yield one.estimated(score, one.score, part, estimator=one.how)
    yield one.if_any(of_skill, one.skill, "all labels are the same", part, estimator=one.how)
    for spec in others:
        yield one.not_applicable(spec, reason, part)
    if one.levels:
        yield one.estimated(schema.CROSSING, one.crossing, part)
        for spec in (schema.SCALE, schema.SHARPNESS, schema.PIT):
            yield one.not_applicable(spec, QUANTILES, part)
    else:
        yield one.estimated(schema.SCALE, one.scale, part)
        yield one.estimated(schema.SHARPNESS, one.sharpness, part)
        yield one.measure(schema.PIT, one.pit_distance, part)
        yield one.not_applicable(schema.CROSSING, NO_CROSSING, part)
    yield from _interval(one, part)


def _kind(one: DistributionHead) -> tuple[MetricSpec, MetricSpec, tuple[MetricSpec, ...], str]:
    """Return score and skill of the kind of distributions, those of the other kind, and why these do not apply."""
    normal, quantiles = (schema.CRPS, skill.CRPS_SKILL), (schema.PINBALL, skill.PINBALL_SKILL)
    return (*quantiles, normal, QUANTILES) if one.levels else (*normal, quantiles, SPREAD)


def central(one: DistributionHead) -> Interval | None:
    """Return the central interval whose nominal coverage is nearest to 90 %, of two the wider one; None where quantiles make none."""
    return min(one.central, key=lambda each: (abs(each.level - schema.NOMINAL), -each.level), default=None)


def _interval(one: DistributionHead, part: Subject) -> Iterator[Measurement]:
    found = central(one)
    if found is None:
        for spec in (schema.COVERAGE, schema.WIDTH):
            yield one.not_applicable(spec, _NO_INTERVAL, part)
        return
    nominal = f"nominal coverage {found.level:g}"
    yield one.estimated(schema.COVERAGE, one.coverage(found), part, estimator=nominal)
    yield one.estimated(schema.WIDTH, one.width(found), part, estimator=nominal)


def tests(one: DistributionHead) -> Iterator[Tested]:
    """Yield the tests of the slice that this is."""
    if one.levels:
        yield Tested(schema.PIT_P, None, QUANTILES, fits=False)
    else:
        yield Tested(schema.PIT_P, one.pit_p, one.design.no_test)
    found = central(one)
    if found is None:
        yield Tested(schema.COVERAGE_P, None, _NO_INTERVAL, fits=False)
    else:
        how = one.design.test("the deviation from the level")
        yield Tested(schema.COVERAGE_P, one.coverage_p(found), one.design.too_few, how)


def paired(one: DistributionHead, other: DistributionHead, part: Subject) -> Iterator[Measurement]:
    """Yield the difference in the score from another model on the same rows, whose distributions are of the same kind and levels."""
    specs = (schema.CRPS_DIFFERENCE, schema.PINBALL_DIFFERENCE)
    own, fits = specs[bool(one.levels)], (type(one.outputs), one.levels) == (type(other.outputs), other.levels)
    found = comparison.mean_difference(one.losses, other.losses, weights=one.design.weights) if fits else None
    for spec in specs:
        if not fits:
            yield one.not_applicable(spec, "the distributions of both models are of different kinds or levels", part)
        elif spec is not own:
            yield one.not_applicable(spec, QUANTILES if one.levels else SPREAD, part)
        elif found is not None:
            yield one.estimated(spec, found, part)
