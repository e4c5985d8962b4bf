"""Statements of the performance section: is the candidate better, and where is it weak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import excludes_zero, required
from reportgen.contract.statements import Quantity, Statement, counted, quantity
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison
from reportgen.sections.performance import multilabel_schema as labels, ordinal, schema, training_schema
from reportgen.sections.performance.dense import statements as dense
from reportgen.sections.performance.multilabel import statements as multilabel
from reportgen.sections.performance.regression import schema as values, statements as regression
from reportgen.sections.performance.tiers import not_told_from_the_best
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Measurement, Metric, MetricSpec
    from reportgen.sections.performance.schema import HeadPerformance, PerformanceResult
    from reportgen.sections.performance.tiers import Tier

LEVEL = 0.05
"""Of the test of a difference. Convention."""


def statements(result: PerformanceResult, view: View) -> tuple[Statement, ...]:
    """Return the statements of every head: about the candidate, or in a comparison about all models."""
    others = (ordinal.statements, multilabel.statements, regression.statements, dense.statements)
    of_others = tuple(one for statements_of in others for one in statements_of(result, view))
    candidate = view.decision.candidate
    if candidate is None:
        return (*(_ranking(result, tier) for tier in result.tiers), *of_others)
    found: list[Statement] = []
    for head in result.heads:
        if head.model == candidate:
            pair = view.decision.pair
            baseline = _baseline(result, head, pair[1]) if pair else None
            if baseline is None:
                found.append(_alone(result, head))
            else:
                found += [_against(result, head, baseline), *_no_better_than_trivial(result, head)]
            found += _weakest(result, head, baseline)
    return (*found, *of_others, *_without_leaked(result, candidate), *_gap(result, candidate))


def _gap(result: PerformanceResult, candidate: str) -> Iterator[Statement]:
    """Say how much better or worse each output of the candidate is on its training data, by its first score, where that is clear."""
    for one in (training_schema.ACCURACY_GAP, training_schema.MICRO_F1_GAP, training_schema.MAE_GAP):
        for gap in result.named(one.gap.name, candidate):
            low, high = gap.metric.ci_low, gap.metric.ci_high
            if low is None or high is None or low <= 0 <= high:
                continue
            score = next(item for item in result.named(one.score.name, candidate) if item.subject == gap.subject)
            shown = gap.metric.model_copy(update={"caveat": None})
            parts = (
                *(() if gap.subject is None else (f"Output {gap.subject.name}: ",)),
                f"On the training data {one.words} is ",
                quantity(score),
                f" {formatting.metric(score.metric).interval}".rstrip(),
                ", a gap of ",
                quantity(gap, formatting.change(shown)),
                f" to the {result.split} split.",
            )
            yield Statement(topic="data", parts=parts, test=gap.metric.ci_method, n=gap.metric.n)


def _without_leaked(result: PerformanceResult, candidate: str) -> Iterator[Statement]:
    """Say how good the candidate is on the rows that are not in the training data, where some are."""
    also, near = "also in the training data", "equal or nearly equal to a row of the training data"
    of_classes, of_labels, of_values = (
        training_schema.OF_CLASSES,
        training_schema.OF_LABELS,
        training_schema.OF_VALUES,
    )
    for spec, difference, of_some, score, where in (
        (schema.UNSEEN_ACCURACY, schema.UNSEEN_DIFFERENCE, schema.LEAKED_ACCURACY, "accuracy", also),
        (labels.UNSEEN_EXACT, labels.UNSEEN_DIFFERENCE, labels.LEAKED_EXACT, "exact match", also),
        (values.UNSEEN_MAE, values.UNSEEN_DIFFERENCE, values.LEAKED_MAE, "MAE", also),
        (*of_classes, "accuracy", near),
        (*of_labels, "exact match", near),
        (*of_values, "MAE", near),
    ):
        for one in result.named(spec.name, candidate):
            some = result.find(of_some.name, one.model, one.subject).n
            if some is None:
                continue
            left_out = some if where is also or one.metric.n is None else result.n - one.metric.n
            which = "row that is" if left_out == 1 else f"{left_out:,} rows that are"
            parts = (
                *(() if one.subject is None else (f"Output {one.subject.name}: ",)),
                f"Without the {which} {where}: {score} ",
                quantity(one),
                f" {formatting.metric(one.metric).interval}".rstrip(),
                *_from_baseline(result, one, difference),
                ".",
            )
            yield Statement(topic="difference", parts=parts, test=one.metric.ci_method, n=one.metric.n)


def _from_baseline(result: PerformanceResult, one: Measurement, spec: MetricSpec) -> Iterator[Quantity | str]:
    """Yield the difference of the candidate from its baseline on the same unseen rows, if there is one."""
    for other in result.named(spec.name, one.model):
        if other.subject == one.subject and other.metric.value is not None:
            yield from (", ", quantity(other, formatting.change(other.metric)), " from the baseline")


def _baseline(result: PerformanceResult, head: HeadPerformance, name: str) -> HeadPerformance | None:
    """Return the same head of the baseline; None if the two were not compared."""
    other = next((one for one in result.heads if (one.model, one.subject) == (name, head.subject)), None)
    compared = any(one.subject == _versus(head, name) for one in result.named("accuracy_difference", head.model))
    return other if compared else None


def _versus(head: HeadPerformance, name: str) -> Subject:
    return Subject.of("vs", name, within=head.subject)


def _alone(result: PerformanceResult, head: HeadPerformance) -> Statement:
    """Say how many rows are right, and how many would be without looking."""
    accuracy = result.find("accuracy", head.model, head.subject)
    trivial = result.find("majority_accuracy", head.model, head.subject)
    parts = (
        *_opening(head),
        _share("accuracy", head, accuracy),
        f"{_of(accuracy)} right{_rate(accuracy)}; always answering {head.majority_class} would be right on ",
        _share("majority_accuracy", head, trivial, percent=True),
        ".",
    )
    return Statement(topic="difference", parts=parts, test=accuracy.ci_method, n=accuracy.n)


def _against(result: PerformanceResult, head: HeadPerformance, baseline: HeadPerformance) -> Statement:
    """Say how many rows each model gets right, the difference, and whether it could be luck."""
    own = result.find("accuracy", head.model, head.subject)
    other = result.find("accuracy", baseline.model, baseline.subject)
    versus = _versus(head, baseline.model)
    difference, test = (result.find(name, head.model, versus) for name in ("accuracy_difference", "mcnemar_p"))
    sure = test.value is not None and test.value < LEVEL
    said = Quantity(text=formatting.points(difference), metric="accuracy_difference", model=head.model, subject=versus)
    end: tuple[Quantity | str, ...] = (f"; not tested: {test.reason}.",)
    if test.value is not None:
        words = "unlikely to be luck" if sure else f"too few to tell them apart{_needed(difference)}"
        chance = f"p {formatting.p_value(test.value)}"
        named = "McNemar " if test.estimator is None else ""
        p_value = Quantity(text=chance, metric="mcnemar_p", model=head.model, subject=versus)
        end = (f"{', ' if sure else ': '}{words} ({named}", p_value, ").")
    parts = (
        *_opening(head),
        _share("accuracy", head, own),
        " against ",
        _share("accuracy", baseline, other),
        f"{_of(own)} right: ",
        said,
        *end,
    )
    return Statement(
        topic="difference",
        parts=parts,
        settled=sure,
        test=test.estimator or "McNemar (1947), exact",
        p_value=test.value,
        n=difference.n,
    )


def _needed(difference: Metric) -> str:
    """Return how many rows would settle a difference."""
    value, low, high, n = difference.value, difference.ci_low, difference.ci_high, difference.n
    if value is None or low is None or high is None or not n:
        return ""
    rows = comparison.n_to_settle(value, value - low if value > 0 else high - value, n)
    return ", and so would 10 times as many be" if rows is None else f", about {rows:,} rows would"


def _no_better_than_trivial(result: PerformanceResult, head: HeadPerformance) -> Iterator[Statement]:
    """Say so where a model that always gives the most frequent class is right about as often: then accuracy shows nothing."""
    gain = result.find("accuracy_gain", head.model, head.subject)
    if gain.ci_low is None or gain.ci_low > 0:
        return
    trivial = result.find("majority_accuracy", head.model, head.subject)
    words = "worse" if required(gain.ci_high) < 0 else "not measurably better"
    parts = (
        *_opening(head),
        f"Always answering {head.majority_class} would be right on ",
        _share("majority_accuracy", head, trivial),
        f"{_of(trivial)}: ",
        Quantity(text=f"{head.model} is {words}", metric="accuracy_gain", model=head.model, subject=_whole(head)),
        ".",
    )
    yield Statement(topic="weakness", parts=parts, settled=words == "worse", test=gain.ci_method, n=gain.n)


def _whole(head: HeadPerformance) -> Subject | None:
    """Return the subject of the metrics of a whole head."""
    return None if head.subject is None else Subject(head.subject)


def _weakest(result: PerformanceResult, head: HeadPerformance, baseline: HeadPerformance | None) -> Iterator[Statement]:
    """Name the class with the lowest recall, and say whether the baseline differs there."""
    recalls = {
        name: metric
        for name in head.class_names
        if (metric := result.find("recall", head.model, _class(head, name))).value is not None
    }
    if len(recalls) < 2:  # noqa: PLR2004 the weakest of one says nothing
        return
    name = min(recalls, key=lambda one: required(recalls[one].value))
    own, part = recalls[name], _class(head, name)
    parts: list[Quantity | str] = [
        *_opening(head),
        f"Weakest class {name}: ",
        _share("recall", head, own, part),
        f"{_of(own)} found{_rate(own)}",
    ]
    settled = True
    if baseline is not None:
        other = result.find("recall", baseline.model, part)
        difference = result.find("recall_difference", head.model, part)
        settled = excludes_zero(difference)
        said = Quantity(text=formatting.points(difference), metric="recall_difference", model=head.model, subject=part)
        parts += [f"; {baseline.model} ", _share("recall", baseline, other, part), ", "]
        parts += [said] if settled else ["too few to tell apart"]
    parts.append(".")
    yield Statement(topic="weakness", parts=tuple(parts), settled=settled, test=own.ci_method, n=own.n)


def _ranking(result: PerformanceResult, tier: Tier) -> Statement:
    """Name the most accurate model, and those that are not told from it."""
    best = next(one for one in result.heads if (one.model, one.subject) == (tier.best, tier.subject))
    accuracy = result.find("accuracy", tier.best, tier.subject)
    others = sum(one.subject == tier.subject for one in result.heads) - 1
    if not others:
        return _alone(result, best)
    parts = (
        *_opening(best),
        f"{tier.best} is right most often: ",
        _share("accuracy", best, accuracy),
        f"{_of(accuracy)}{_rate(accuracy)}; {not_told_from_the_best(tier, others)}.",
    )
    return Statement(
        topic="difference",
        parts=parts,
        settled=not (tier.tied or tier.untested),
        test="Newcombe (1998), paired; Holm (1979)",
        n=accuracy.n,
    )


def _opening(head: HeadPerformance) -> tuple[str, ...]:
    """Return the beginning of a sentence about one of several heads."""
    return () if head.subject is None else (f"Output {Subject(head.subject).name}: ",)


def _share(
    name: str, head: HeadPerformance, metric: Metric, part: Subject | None = None, *, percent: bool = False
) -> Quantity:
    """Return a share as a count where it is one."""
    of = counted(metric)
    text = formatting.metric(metric).text if of is None or percent else f"{of[0]:,}"
    return Quantity(text=text, metric=name, model=head.model, subject=part or _whole(head))


def _of(metric: Metric) -> str:
    """Return what follows a count."""
    of = counted(metric)
    return "" if of is None else f" of {of[1]:,}"


def _rate(metric: Metric) -> str:
    """Return what follows a count: the share with its interval; after a share only the interval."""
    shown = formatting.metric(metric)
    if counted(metric) is None:
        return f" {shown.interval}".rstrip()
    return f" ({shown.text} {shown.interval})".replace(" )", ")")


def _class(head: HeadPerformance, name: str) -> Subject:
    return Subject.of("class", name, within=head.subject)
