"""Two releases on the same rows: differences row by row, errors fixed and new, other answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from reportgen.analysis.releases import counted, linearized
from reportgen.contract.changes import Delta, Flips
from reportgen.contract.numbers import OF_CALIBRATED, Metric
from reportgen.contract.positions import UNITS, of_units
from reportgen.metrics import comparison, intervals, pooled, recovered
from reportgen.metrics.design import Design

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from reportgen.analysis.releases.predictions import Columns
    from reportgen.analysis.releases.release import Release
    from reportgen.analysis.results import HeadRecord
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.intervals import Estimate, Values

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

_METHOD = "paired, from both intervals and the correlation of their rows (Zou 2007)"
_EITHER = "rows with an error of either model"
_EQUAL = 1e-5
"""Largest distance, relative above 1, of a reported value from that of the stored rows: they are float32."""


@dataclass(frozen=True)
class Output:
    """The answers of two models for the same output on the same rows, with what its rows weigh and how they belong together."""

    before: Columns
    now: Columns
    design: Design
    task: str
    class_names: tuple[str, ...]

    @classmethod
    def of(cls, before: Columns, now: Columns, design: Design, head: HeadRecord) -> Self | None:
        """Return the output of a head on the rows that it was measured on; None where its counts are incomplete.

        An image or a sequence of which no position counts was not measured.
        """
        if not (_complete(before, len(head.class_names)) and _complete(now, len(head.class_names))):
            return None
        if head.task in UNITS and "counted" in now:
            there = now["counted"] > 0
            before, now = ({name: one[there] for name, one in columns.items()} for columns in (before, now))
            design = design.take(there)
        return cls(before, now, of_units(design, head.task), head.task, head.class_names)

    @property
    def counts(self) -> bool:
        """Whether its rows are counts of labels, pixels or tokens, compared with labels: what has no interval then has none of its difference."""
        return "hits" in self.now

    @property
    def labeled(self) -> bool:
        """Whether answers of classes were compared with labels."""
        return "label" in self.now

    def difference(self, name: str, subject: Subject | None, then: float, value: float) -> tuple[Estimate, Any] | None:
        """Return the paired difference of a metric, and its p-value where it is one of correct rows; None if it is no mean of the stored rows.

        Both values must be the mean of their rows: a metric of this name that is something else is never paired.
        """
        rows, design = self._rows(subject)
        if rows is None:
            return None
        if self.counts and name != "exact_match":
            return self._of_counts(name, then, value)
        columns = [_values(name, one) for one in (self.now, self.before)]
        now, before = (None if one is None else one[rows] for one in columns)
        if now is None or before is None or not (_is_mean(now, design, value) and _is_mean(before, design, then)):
            return None
        if now.dtype == np.bool_:
            table = comparison.discordance(now, before, design.weights)
            p_value = design.p_value(now.astype(np.float64) - before, comparison.mcnemar(table))
            return design.estimate(comparison.accuracy_difference(table)), p_value
        found = comparison.mean_difference(now, before, weights=design.weights)
        if found is None:
            return None
        if self.labeled:
            wrong = int((~_right(self.now) | ~_right(self.before))[rows].sum())
            found = found.supported(wrong, intervals.FEWEST_PAIRED, _EITHER)
        return design.estimate(found), None

    def _of_counts(self, name: str, then: float, value: float) -> tuple[Estimate, Any] | None:
        """Return the paired difference of a ratio of counts, or of the mean of several over classes."""
        weights = self.design.weights
        now, before = (counted.of_output(name, one) for one in (self.now, self.before))
        if now is None or before is None:
            return None
        own, theirs = (counted.linear(parts, self.design.weight) for parts in (now, before))
        if own is None or theirs is None or not (_equals(own[0], value) and _equals(theirs[0], then)):
            return None
        found: tuple[Estimate, Values] | None
        if name in counted.UNBOUNDED:
            found = pooled.difference(now[0], before[0], weights, math.inf)
        elif len(now) == 1 and self.task not in UNITS:
            found = pooled.difference(now[0], before[0], weights)
        else:
            found = pooled.macro_difference(now, before, weights)
        if found is None:
            return None
        wrong = int((~counted.exact(self.now) | ~counted.exact(self.before)).sum())
        return self.design.estimate(found[0].supported(wrong, intervals.FEWEST_PAIRED, _EITHER)), None

    def correlation(self, name: str, subject: Subject | None, then: float, value: float) -> float | None:
        """Return the correlation of both values of a metric that is no mean of rows; None if the stored rows do not give them."""
        now, before = (self._parts(name, subject, one) for one in (self.now, self.before))
        if now is None or before is None or not (_equals(now[0], value) and _equals(before[0], then)):
            return None
        first, second = (self.design.sums(one[1])[:] for one in (now, before))
        return recovered.correlation(first, second)

    def _parts(self, name: str, subject: Subject | None, columns: Columns) -> linearized.Parts | None:
        if subject is None or subject.whole:
            sizes = self.design.weight, len(self.class_names)
            return linearized.of_output(name, columns, *sizes, binary=self.task == "binary")
        if subject.kind != "class" or subject.name not in self.class_names:
            return None
        return linearized.of_class(name, columns, self.design.weight, self.class_names.index(subject.name))

    def _rows(self, subject: Subject | None) -> tuple[Mask | None, Design]:
        """Return the rows that a subject is about, all of them for an output, those with its label for a class; None for any other part."""
        if subject is None or subject.whole:
            return np.ones(self.design.n, np.bool_), self.design
        if subject.kind != "class" or not self.labeled or subject.name not in self.class_names:
            return None, self.design
        rows = self.now["label"] == self.class_names.index(subject.name)
        return rows, self.design.take(rows)

    def flips(self, subject: Subject | None) -> Flips | None:
        """Return the rows that are answered differently; None for predicted values, pixels and tokens.

        A row of several labels is answered differently where one known label is, and is an error where one is wrong.
        """
        other = self._other_answers()
        if other is None:
            return None
        churn = self._share(other, None)
        right = _right if self.labeled else counted.exact
        if not self.labeled and not self.counts:
            return Flips(subject=subject, fixed=None, new=None, errors_before=None, churn=churn)
        now, before = right(self.now), right(self.before)
        return Flips(
            subject=subject,
            fixed=self._share(now & ~before, higher_is_better=True),
            new=self._share(before & ~now, higher_is_better=False),
            errors_before=None if self.design.weights is not None else int((~before).sum()),
            churn=churn,
        )

    def _other_answers(self) -> Mask | None:
        if "prediction" in self.now and "prediction" in self.before:
            return np.asarray(self.now["prediction"] != self.before["prediction"])
        if self.task not in UNITS and "predicted" in self.now:
            return np.asarray((self.now["predicted"] != self.before["predicted"]).any(axis=1))
        return None

    def _share(self, hits: Mask, higher_is_better: bool | None) -> Metric:  # noqa: FBT001 a direction
        found = intervals.proportion(hits, self.design.weights)
        if found is None:
            message = "a release was measured on at least one row"
            raise ValueError(message)
        found = self.design.estimate(found)
        return Metric(
            value=found.value,
            unit="fraction",
            n=found.n,
            ci_low=found.low,
            ci_high=found.high,
            ci_method=found.method,
            higher_is_better=higher_is_better,
            caveat=None if found.withheld is None else f"no interval: {found.withheld}",
        )


def outputs(old: Release, new: Release) -> tuple[dict[str | None, Output], str]:
    """Return the outputs whose rows can be paired, by head as in subjects (None for the only one), and why there are none."""
    if old.predictions is None or new.predictions is None:
        which = old.about.name if old.predictions is None else "this report"
        return {}, f"the answers on every row of {which} were not stored"
    before, now = old.predictions, new.predictions
    if any(not _equal(before.rows.get(name), now.rows.get(name)) for name in {*before.rows, *now.rows}):
        return {}, "the stored rows, their groups or weights differ"
    by = None if new.data is None else new.data.grouped_by
    design = Design(now.n, by, now.rows.get("group"), now.rows.get("weight"))
    found: dict[str | None, Output] = {}
    single = len(old.model.heads) == len(new.model.heads) == 1
    heads = {None if single else head.name: head for head in old.model.heads}
    for head in new.model.heads:
        other = heads.get(None if single else head.name)
        if other is None or other.class_names != head.class_names or other.task != head.task:
            continue
        own = now.heads.get((new.model.name, head.name))
        theirs = before.heads.get((old.model.name, other.name))
        if own is None or theirs is None or own.keys() != theirs.keys():
            continue
        if any(not _equal(own.get(name), theirs.get(name)) for name in _LABELS):
            return {}, "the labels differ"
        output = Output.of(theirs, own, design, head)
        if output is not None:
            found[None if single else head.name] = output
    return found, "" if found else "no output has the same classes and answers in both"


def delta(found: Mapping[str | None, Output], made: Delta) -> Delta:
    """Return a difference with the paired interval where its rows are known."""
    head = None if made.subject is None else made.subject.head
    output = found.get(head)
    if output is None or made.before is None or made.now is None or made.how == "not compared":
        return made
    then, value = made.before.value, made.now.value
    if then is None or value is None:
        return made
    if output.counts and (ends(made.before) is None or ends(made.now) is None):
        return made
    paired = output.difference(made.name, made.subject, then, value)
    if paired is None:
        return _recovered(output, made, then, value)
    estimate, p_value = paired
    metric = made.difference.model_copy(
        update={
            "n": estimate.n,
            "ci_low": estimate.low,
            "ci_high": estimate.high,
            "ci_method": estimate.method,
            "caveat": None if estimate.withheld is None else f"no interval: {estimate.withheld}",
        }
    )
    test = None if p_value is None else output.design.test("the paired difference")
    return made.model_copy(update={"difference": metric, "how": "paired", "p_value": p_value, "test": test})


def _recovered(output: Output, made: Delta, then: float, value: float) -> Delta:
    """Return a difference with the interval that its two intervals and the stored rows give, where they do."""
    now, before = (None if one is None else ends(one) for one in (made.now, made.before))
    correlation = None if now is None or before is None else output.correlation(made.name, made.subject, then, value)
    if now is None or before is None or correlation is None:
        return made
    low, high = recovered.difference(now, before, correlation)
    interval = {"ci_low": low, "ci_high": high, "ci_method": _METHOD}
    return made.model_copy(update={"difference": made.difference.model_copy(update=interval), "how": "paired"})


def ends(one: Metric) -> recovered.Ends | None:
    """Return a value with the ends of its interval; None where it has none, or only the range of calibrated models."""
    if (
        one.value is None
        or one.ci_low is None
        or one.ci_high is None
        or (one.ci_method or "").startswith(OF_CALIBRATED)
    ):
        return None
    return float(one.value), one.ci_low, one.ci_high


def _values(name: str, columns: Columns) -> NDArray[Any] | None:
    """Return what a metric is the mean of, (N,); None for any other metric, or where the rows do not have it."""
    try:
        return _MEAN_OF[name](columns)
    except KeyError:
        return None


def _right(columns: Columns) -> Mask:
    right: Mask = columns["prediction"] == columns["label"]
    return right


_LABELS = ("label", "target", "actual", "boundary_actual", "counted")
_MEAN_OF: Mapping[str, Callable[[Columns], NDArray[Any]]] = {
    "accuracy": _right,
    "exact_match": counted.exact,
    "recall": _right,
    "nll": lambda columns: columns["nll"].astype(np.float64),
    "brier_score": lambda columns: columns["brier"].astype(np.float64),
    "mean_confidence": lambda columns: columns["confidence"].astype(np.float64),
    "calibration_gap": lambda columns: columns["confidence"].astype(np.float64) - _right(columns),
    "mae": lambda columns: np.abs(columns["value"] - columns["target"]),
    "bias": lambda columns: columns["value"] - columns["target"],
}
"""What a row contributes to the metrics that are means of rows, by name."""


def _is_mean(values: NDArray[Any], design: Design, reported: float) -> bool:
    return len(values) > 0 and _equals(float(np.average(values, weights=design.weights)), reported)


def _complete(columns: Columns, n_classes: int) -> bool:
    """Return whether there are all counts if there are any, each of all classes."""
    stems = [stem for stem in ("", "boundary_") if f"{stem}hits" in columns]
    wanted = {f"{stem}{name}" for stem in stems for name in ("hits", "predicted", "actual")}
    if stems:
        wanted |= {"hits", "counted", "nll", "brier"}
    return columns.keys() >= wanted and all(one.shape[1:] in ((), (n_classes,)) for one in columns.values())


def _equals(found: float, reported: float) -> bool:
    return abs(found - reported) <= _EQUAL * max(1.0, abs(reported))


def _equal(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other))
