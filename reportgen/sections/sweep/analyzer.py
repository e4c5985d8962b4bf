"""Fits the additive model of a sweep, output by output, and records its effects at addresses of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.needs import Need
from reportgen.contract.numbers import required
from reportgen.contract.section import BaseAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import effects
from reportgen.metrics.design import FEWEST_GROUPS
from reportgen.metrics.effects import Fit, Scores
from reportgen.metrics.spans import average
from reportgen.sections.sweep import choice, factors, failures, runs, schema
from reportgen.sections.sweep.factors import label
from reportgen.sections.sweep.schema import (
    HeadSweep,
    Interaction,
    LostTrial,
    Parameter,
    Point,
    SweepOptions,
    SweepResult,
    SweptModel,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.numbers import Measurement, Metric, MetricSpec
    from reportgen.contract.params import FailedTrial, Value
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.metrics.effects import Crossed, Effect, Main
    from reportgen.sections.sweep.factors import Varied
    from reportgen.sections.sweep.runs import Group, Run
    from reportgen.sections.sweep.schema import Verdict

_ORDER: tuple[Verdict, ...] = ("matters", "negligible", "not shown", "not separable", "not compared")
_METHOD = {
    "repeats": "runs of repeated settings and rows crossed, Student's t",
    "residuals": "runs about the model and rows crossed, Student's t",
}


class SweepAnalyzer(BaseAnalyzer[SweepOptions, SweepResult]):
    """Finds which parameters matter, which settings fail, and which model to take."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTIONS, Need.LABELS, Need.SEVERAL_MODELS, Need.PARAMS})

    def analyze(self, evaluation: Evaluation) -> SweepResult:
        """Compare the models with parameters, output by output."""
        data = evaluation.data
        if data is None:
            message = "the plan admits no section without the data that it needs"
            raise ValueError(message)
        models, left_out = runs.swept(evaluation)
        settings = [evaluation.params.values[model.name] for model in models]
        names = list(dict.fromkeys(name for setting in settings for name in setting))
        measured = [
            _Sweep(group, names, data, models[0].name, self.options, evaluation.params.failed).measured()
            for group in runs.groups(evaluation, data, models, self.options)
        ]
        values = {name: factors.distinct(settings, name) for name in names if all(name in one for one in settings)}
        return SweepResult(
            measurements=tuple(one for _, measurements in measured for one in measurements),
            split=data.split,
            n=data.n,
            first=models[0].name,
            heads=tuple(head for head, _ in measured),
            constant={name: found[0] for name, found in values.items() if len(found) == 1},
            left_out=tuple(left_out),
            without=sum(not evaluation.params.values.get(model.name) for model in evaluation.models),
            readings=evaluation.params.readings,
            unused=evaluation.params.unused,
            pruned=evaluation.params.pruned,
            trials=tuple(
                LostTrial(name=one.name, params=dict(one.params), file=one.file, sha256=one.sha256)
                for one in evaluation.params.failed
            ),
            options=self.options,
        )


@dataclass
class _Sweep:
    """The sweep of one output; collects its measurements."""

    group: Group
    names: list[str]
    data: DataEvaluation
    first: str
    options: SweepOptions
    trials: tuple[FailedTrial, ...]

    def __post_init__(self) -> None:
        self.measurements: list[Measurement] = []
        self.sound = [run for run in self.group.runs if run.failed is None]
        self.names = [name for name in self.names if name != self.options.seed]

    def measured(self) -> tuple[HeadSweep, list[Measurement]]:
        """Return the result of the output, and its measurements."""
        settings = [run.params for run in self.sound]
        known = factors.varied(settings, self.names, self.options)
        usable = [one for one in known if one.reason is None]
        fit, reason = self._fit(usable)
        mains = {} if fit is None else fit.mains()
        if fit is not None and not mains:
            reason = (
                f"{len(self.sound)} models leave {fit.freedom} degree{'' if fit.freedom == 1 else 's'} of freedom for how much training runs vary, and "
                f"{effects.FEWEST_FREEDOM} are needed: repeat settings with other seeds, or train more of them"
            )
        parameters = sorted(
            (self._parameter(one, fit, mains.get(one.name), reason) for one in known), key=self._by_evidence
        )
        interactions = [] if fit is None or not mains else self._interactions(fit, {one.name: one for one in usable})
        failed = failures.failures(self.group, self.trials, self.names, self.options)
        for item in failed:
            self._record(schema.FAILED, item.at.subject, item.at.failed / item.at.models, n=item.at.models)
            self._record(schema.FAILED_P, item.at.subject, item.p_value, n=item.at.models + item.at.others)
        chosen = choice.choice(self.sound, self.group.score)
        head = HeadSweep(
            subject=self.group.subject,
            score=self.group.score.name,
            models=tuple(self._model(run) for run in self.group.runs),
            mean=None if fit is None else fit.mean,
            reason=reason,
            error=None if fit is None or not mains else fit.source,
            additive=fit is None or fit.additive,
            freedom=0 if fit is None else fit.freedom,
            family=sum(len(one.compared) for one in mains.values()),
            parameters=tuple(parameters),
            interactions=tuple(interactions),
            failures=tuple(item.at for item in failed),
            choice=chosen,
            next=choice.where_next(parameters, {one.name: one for one in usable}, self.sound),
        )
        return head, self.measurements

    # -------------------------------------------------------------------------------------- the fit

    def _fit(self, usable: Sequence[Varied]) -> tuple[Fit | None, str | None]:
        """Return the additive model of the models that did not fail; None and the reason where there is none."""
        if not usable:
            return None, f"no parameter has several values among the {len(self.sound)} models that did not fail"
        design = self.data.design
        units = [design.units(run.rows) for run in self.sound if run.rows is not None]
        if not design.plain and len(units[0]) < FEWEST_GROUPS:
            return None, design.too_few
        settings = [run.params for run in self.sound]
        scores = Scores(
            np.array([one.mean() for one in units]),
            effects.covariance(units),
            len(units[0]),
            factors.codes(settings, self.names),
        )
        return Fit({one.name: one.factor(settings) for one in usable}, scores), None

    def _parameter(self, varied: Varied, fit: Fit | None, main: Main | None, reason: str | None) -> Parameter:
        """Record the effect of a parameter."""
        plain = Parameter(
            name=varied.name,
            form=varied.form,
            logarithmic=varied.logarithmic,
            points=tuple(self._point(varied, value) for value in varied.points),
            verdict="not compared",
            reason=varied.reason or reason,
        )
        if fit is None or main is None or varied.reason is not None:
            return plain
        if not main.compared:
            with_others = ", ".join(main.aliases) or "several others together"
            return plain.model_copy(
                update={
                    "verdict": "not separable",
                    "reason": f"it varies together with {with_others} in these models",
                    "aliases": main.aliases,
                }
            )
        for place, effect in enumerate(main.levels):
            self._effect(self.group.score.level, self._at(varied, place), effect, fit, plus=fit.mean)
        for compared in main.compared:
            a, b = self._ordered(compared.first, compared.second, compared.effect)
            subject = self._versus(varied, a, b)
            effect = compared.effect if a == compared.first else _turned(compared.effect)
            inflated = main.inflation > effects.INFLATED
            caveat = "hardly separable from other parameters in these models" if inflated else None
            self._effect(self.group.score.effect, subject, effect, fit, caveat=caveat)
            if effect.p_value is not None:
                self._record(schema.EFFECT_P, subject, effect.p_value, n=self.data.n)
        strongest = main.strongest
        if strongest is None:
            return plain
        a, b = self._ordered(strongest.first, strongest.second, strongest.effect)
        sign = 1 if self.group.score.higher_is_better else -1
        best = max(varied.candidates(), key=lambda one: sign * fit.predicted(varied.name, *one[1:]))[0]
        return plain.model_copy(
            update={
                "points": tuple(
                    self._point(varied, value, self._at(varied, place)) for place, value in enumerate(varied.points)
                ),
                "verdict": self._verdict(main),
                "reason": None,
                "strongest": self._versus(varied, a, b),
                "better": varied.points[a],
                "worse": varied.points[b],
                "inflation": main.inflation,
                "best": best,
            }
        )

    def _verdict(self, main: Main) -> Verdict:
        if any(one.effect.shown for one in main.compared):
            return "matters"
        ends = [end for one in main.compared for end in (one.effect.low, one.effect.high) if end is not None]
        limit = self.options.negligible
        known = len(ends) == 2 * len(main.compared)
        return "negligible" if limit is not None and known and max(map(abs, ends)) <= limit else "not shown"

    def _ordered(self, first: int, second: int, effect: Effect) -> tuple[int, int]:
        """Return two points, the better one first."""
        better = effect.value >= 0 if self.group.score.higher_is_better else effect.value <= 0
        return (first, second) if better else (second, first)

    def _interactions(self, fit: Fit, known: dict[str, Varied]) -> list[Interaction]:
        """Record every interaction, and return the one with the most evidence of each pair."""
        found = []
        for (one, other), crossed in fit.interactions().items():
            for item in crossed:
                subject = self._crossed(known[one], known[other], item)
                self._effect(self.group.score.interaction, subject, item.effect, fit)
                if item.effect.p_value is not None:
                    self._record(schema.INTERACTION_P, subject, item.effect.p_value, n=self.data.n)
            best = min(crossed, key=lambda item: _evidence(item.effect))
            found.append(
                (
                    _evidence(best.effect),
                    Interaction(
                        one=one,
                        other=other,
                        subject=self._crossed(known[one], known[other], best),
                        shown=best.effect.shown,
                        one_values=self._corner(known[one], best.one),
                        other_values=self._corner(known[other], best.other),
                    ),
                )
            )
        return [item for _, item in sorted(found, key=lambda one: one[0])]

    def _by_evidence(self, one: Parameter) -> tuple[int, float]:
        """Order parameters by verdict; those that matter by the size of their strongest difference, others by its p-value."""
        if one.verdict == "matters" and one.strongest is not None:
            found = self._found(self.group.score.effect, one.strongest)
            return 0, -abs(required(None if found is None else found.value))
        chance = self._found(schema.EFFECT_P, one.strongest) if one.strongest is not None else None
        return _ORDER.index(one.verdict), 1.0 if chance is None or chance.value is None else chance.value

    # -------------------------------------------------------------------------------------- addresses

    def _subject(self, text: str) -> Subject:
        return Subject.of("param", text).within(self.group.subject)

    def _at(self, varied: Varied, place: int) -> Subject:
        return self._subject(f"{varied.name} = {label(varied.points[place], varied.form)}")

    def _versus(self, varied: Varied, first: int, second: int) -> Subject:
        return self._subject(f"{varied.name} = {self._both(varied, varied.points[first], varied.points[second])}")

    @staticmethod
    def _both(varied: Varied, first: Value, second: Value) -> str:
        return f"{label(first, varied.form)} vs {label(second, varied.form)}"

    @staticmethod
    def _corner(varied: Varied, places: tuple[int, int]) -> tuple[Value, Value]:
        return varied.points[places[0]], varied.points[places[1]]

    def _crossed(self, one: Varied, other: Varied, item: Crossed) -> Subject:
        first, second = (
            f"{varied.name} = {self._both(varied, a, b)}"
            for varied, (a, b) in ((one, self._corner(one, item.one)), (other, self._corner(other, item.other)))
        )
        return self._subject(f"{first}, {second}")

    def _point(self, varied: Varied, value: Value, subject: Subject | None = None) -> Point:
        own = factors.key(value)
        count = sum(varied.name in run.params and factors.key(run.params[varied.name]) == own for run in self.sound)
        return Point(value=value, models=count, subject=subject)

    # -------------------------------------------------------------------------------------- recording

    def _effect(
        self, spec: MetricSpec, subject: Subject, effect: Effect, fit: Fit, *, plus: float = 0.0, **details: Any
    ) -> None:
        if effect.low is not None and effect.high is not None and fit.source is not None:
            method = self.data.design.said(_METHOD[fit.source])
            details |= {
                "ci_low": effect.low + plus,
                "ci_high": effect.high + plus,
                "ci_method": f"{method}, Bonferroni",
            }
        self._record(spec, subject, effect.value + plus, n=self.data.n, **details)

    def _record(self, spec: MetricSpec, subject: Subject, value: float, **details: Any) -> None:
        self.measurements.append(spec.measure(self.first, value, subject=subject, **details))

    def _found(self, spec: MetricSpec, subject: Subject) -> Metric | None:
        named = (one.metric for one in self.measurements if (one.name, one.subject) == (spec.name, subject))
        return next(named, None)

    def _model(self, run: Run) -> SweptModel:
        """Return the entry of a model."""
        spec = self.group.score.level
        score = None
        if run.rows is not None:
            mean = average(run.rows, self.data.design.weights)
            score = spec.measure(run.model.name, mean, n=self.data.n).metric
        cost = run.model.cost
        return SweptModel(
            model=run.model.name,
            params=dict(run.params),
            score=score,
            parameters=choice.weights(run),
            multiply_adds=None if cost is None else cost.multiply_adds,
            size_bytes=None if cost is None else run.model.size_bytes,
            failed=run.failed,
        )


def _evidence(effect: Effect) -> tuple[float, float]:
    return (1.0 if effect.p_value is None else effect.p_value), -abs(effect.value)


def _turned(effect: Effect) -> Effect:
    """Return the effect with its two points exchanged."""
    if effect.low is None:
        return effects.Effect(-effect.value, None, None, effect.p_value)
    return effects.Effect(-effect.value, -required(effect.high), -effect.low, effect.p_value)
