"""Which settings of a sweep fail: the failures at every value of every parameter, against those at all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.subjects import Subject
from reportgen.metrics import effects
from reportgen.sections.sweep import factors
from reportgen.sections.sweep.factors import label
from reportgen.sections.sweep.schema import FailedAt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reportgen.contract.params import Value
    from reportgen.sections.sweep.factors import Varied
    from reportgen.sections.sweep.runs import Group
    from reportgen.sections.sweep.schema import SweepOptions


@dataclass(frozen=True)
class Tested:
    """The failures at a value, and their adjusted p-value."""

    at: FailedAt
    p_value: float


def failures(group: Group, names: Sequence[str], options: SweepOptions) -> list[Tested]:
    """Return the values at which a model failed, by evidence; none if no model failed or all did."""
    runs = group.runs
    failed = sum(run.failed is not None for run in runs)
    if failed in {0, len(runs)}:
        return []
    known = factors.varied([run.params for run in runs], names, options)
    parts = [list(_of(varied, group, failed)) for varied in known if varied.reason is None]
    family = sum(1 if len(of_one) == 2 else len(of_one) for of_one in parts)  # noqa: PLR2004 either of two says the same
    found = [
        Tested(at, min(1.0, family * effects.associated(at.failed, at.models, at.others_failed, at.others)))
        for of_one in parts
        for at in of_one
    ]
    return sorted((item for item in found if item.at.failed), key=lambda item: (item.p_value, -item.at.failed))


def _of(varied: Varied, group: Group, failed: int) -> Iterator[FailedAt]:
    for words, holds in _parts(varied):
        inside = [run for run in group.runs if holds(run.params[varied.name])]
        own = sum(run.failed is not None for run in inside)
        yield FailedAt(
            name=varied.name,
            words=words,
            subject=Subject.of("param", words).within(group.subject),
            failed=own,
            models=len(inside),
            others_failed=failed - own,
            others=len(group.runs) - len(inside),
        )


def _parts(varied: Varied) -> Iterator[tuple[str, Callable[[Value], bool]]]:
    """Yield the values of a parameter in words, and whether a value is among them; of a curve the halves of its range."""
    if varied.form == "curve":
        middle = float(varied.points[1])
        at = label(middle, varied.form)
        yield f"{varied.name} > {at}", lambda value: float(value) > middle
        yield f"{varied.name} ≤ {at}", lambda value: float(value) <= middle
        return
    for value in varied.values:
        own = factors.key(value)
        yield f"{varied.name} = {label(value)}", lambda other, own=own: factors.key(other) == own  # type: ignore[misc]
