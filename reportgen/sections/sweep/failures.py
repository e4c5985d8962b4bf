"""Which settings of a sweep fail: the failures at every value of every parameter, against those at all others.

Trainings are the models, and the trials that left none and that their tuner marks as failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.subjects import Subject
from reportgen.metrics import effects
from reportgen.sections.sweep import factors
from reportgen.sections.sweep.factors import label
from reportgen.sections.sweep.schema import FailedAt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reportgen.contract.params import FailedTrial, Value
    from reportgen.sections.sweep.factors import Varied
    from reportgen.sections.sweep.runs import Group
    from reportgen.sections.sweep.schema import SweepOptions


@dataclass(frozen=True)
class Tested:
    """The failures at a value, and their adjusted p-value."""

    at: FailedAt
    p_value: float


@dataclass(frozen=True)
class _Training:
    params: Mapping[str, Value]
    failed: bool


def failures(group: Group, trials: Sequence[FailedTrial], names: Sequence[str], options: SweepOptions) -> list[Tested]:
    """Return the values at which a training failed, by evidence; none if none failed or all did.

    A trial counts for the parameters that are known of it.
    """
    models = [_Training(run.params, run.failed is not None) for run in group.runs]
    lost = [_Training(trial.params, failed=True) for trial in trials]
    if len({one.failed for one in (*models, *lost)}) == 1:
        return []
    parts = []
    for name in names:
        trainings = [*models, *(one for one in lost if name in one.params)]
        known = factors.varied([one.params for one in trainings], [name], options)
        parts += [list(_of(varied, group, trainings)) for varied in known if varied.reason is None]
    family = sum(1 if len(of_one) == 2 else len(of_one) for of_one in parts)  # noqa: PLR2004 either of two says the same
    found = [
        Tested(at, min(1.0, family * effects.associated(at.failed, at.models, at.others_failed, at.others)))
        for of_one in parts
        for at in of_one
    ]
    return sorted((item for item in found if item.at.failed), key=lambda item: (item.p_value, -item.at.failed))


def _of(varied: Varied, group: Group, trainings: Sequence[_Training]) -> Iterator[FailedAt]:
    failed = sum(one.failed for one in trainings)
    for words, holds in _parts(varied):
        inside = [one for one in trainings if holds(one.params[varied.name])]
        own = sum(one.failed for one in inside)
        yield FailedAt(
            name=varied.name,
            words=words,
            subject=Subject.of("param", words).within(group.subject),
            failed=own,
            models=len(inside),
            others_failed=failed - own,
            others=len(trainings) - len(inside),
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
