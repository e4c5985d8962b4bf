"""Scores of several labels per row: against scikit-learn, with properties, and the coverage of their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn import metrics as sk

from reportgen.metrics import intervals, multilabel, pooled, ranking
from reportgen.metrics.design import Design
from reportgen.metrics.errors import most_wrong
from reportgen.metrics.pooled import Parts
from reportgen.metrics.ranking import Column
from scripts.simulate import multilabel as simulated

SEEDS = st.integers(0, 2**32 - 1)


def labels(seed: int, n: int = 40, classes: int = 4) -> tuple[Any, Any, Any]:
    """Draw labels, predictions and weights of mean 1."""
    generator = np.random.default_rng(seed)
    y, predicted = generator.random((2, n, classes)) < generator.random((2, 1, classes))
    weights = generator.random(n) + 0.5
    return y, predicted, weights / weights.mean()


@given(SEEDS)
def test_averages_agree_with_scikit_learn(seed: int) -> None:
    """Micro, macro and samples averages with weights; where a score does not exist it is left out, not 0."""
    y, predicted, w = labels(seed)
    known = np.ones_like(y)
    counts = multilabel.counts(predicted, y, known)
    by_class = [multilabel.counts(*one) for one in zip(predicted.T, y.T, known.T, strict=True)]
    for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        wanted = {
            average: score(y, predicted, average=average, sample_weight=w, zero_division=np.nan)
            for average in ("micro", "macro", "samples")
        }
        values, rows = pooled.per_row(getattr(counts, name))
        found = {
            "micro": pooled.micro(getattr(counts, name), w),
            "macro": pooled.macro([getattr(one, name) for one in by_class], w),
            "samples": pooled.mean_over_rows(values, w[rows]) if len(rows) else None,
        }
        for average, estimate in found.items():
            if estimate is None:
                assert np.isnan(wanted[average])
            else:
                assert estimate.value == pytest.approx(wanted[average])
    wrong = pooled.micro(counts.wrong, w)
    assert wrong is not None
    assert wrong.value == pytest.approx(sk.hamming_loss(y, predicted, sample_weight=w))


@given(SEEDS)
def test_unknown_labels_are_as_if_they_were_not_there(seed: int) -> None:
    """Micro scores of the known labels are those of scikit-learn on them; predictions of the others do not matter."""
    y, predicted, _ = labels(seed)
    known = np.random.default_rng(seed + 1).random(y.shape) < 0.7
    known[:, 0] = True
    counts = multilabel.counts(predicted, y & known, known)
    other = multilabel.counts(predicted ^ ~known, y & known, known)
    for part in ("hits", "false_alarms", "misses", "known"):
        assert np.array_equal(getattr(counts, part), getattr(other, part))
    f1, wrong = pooled.micro(counts.f1), pooled.micro(counts.wrong)
    assert wrong is not None
    assert wrong.value == pytest.approx(sk.zero_one_loss(y[known], predicted[known]))
    if f1 is not None:
        assert f1.value == pytest.approx(sk.f1_score(y[known], predicted[known]))


@given(SEEDS)
def test_the_row_is_the_unit(seed: int) -> None:
    """With every class twice no score and no interval changes: labels of a row add nothing by their number."""
    y, predicted, _ = labels(seed)
    known = np.ones_like(y)
    once = multilabel.counts(predicted, y, known)
    twice = multilabel.counts(np.hstack([predicted] * 2), np.hstack([y] * 2), np.hstack([known] * 2))
    for name in ("precision", "recall", "f1", "wrong"):
        first, second = (pooled.micro(getattr(one, name)) for one in (once, twice))
        if first is None or second is None:
            assert first is second
            continue
        assert second.value == pytest.approx(first.value)
        if first.low is not None:
            assert (second.low, second.high) == (pytest.approx(first.low), pytest.approx(first.high))


def test_independent_labels_have_the_interval_of_independent_trials() -> None:
    """Then the variance between rows is that of as many trials as labels; labels that are equal in a row have that of the rows."""
    generator = np.random.default_rng(0)
    wrong = generator.random((5000, 6)) < 0.2
    known = np.full(len(wrong), 6.0)
    apart, together = (
        pooled.micro(Parts(found.sum(axis=1).astype(float), known))
        for found in (wrong, np.repeat(wrong[:, :1], 6, axis=1))
    )
    trials, rows = intervals.wilson(wrong.sum(), wrong.size), intervals.wilson(wrong[:, 0].sum(), len(wrong))
    for found, wanted in ((apart, trials), (together, rows)):
        assert found is not None
        assert wanted is not None
        assert (found.low, found.high) == (pytest.approx(wanted.low, rel=0.01), pytest.approx(wanted.high, rel=0.01))


def test_few_rows_have_no_interval() -> None:
    """Fewer than five rows that count for the score or against it; fewer than ten for a class in a macro average."""
    rare = Parts(np.array([1.0] * 4 + [0.0] * 40), np.ones(44))
    found = pooled.micro(rare)
    assert found is not None
    assert found.low is None
    assert "at least 5 rows that count for the score" in str(found.withheld)
    mean = pooled.macro([Parts(np.arange(44) % 2 * 1.0, np.ones(44)), Parts(np.zeros(44), np.eye(44)[0])])
    assert mean is not None
    assert mean.value == 0.25
    assert "at least 10 rows of a class are needed (found 1)" in str(mean.withheld)
    nothing = Parts(np.zeros(4), np.zeros(4))
    assert pooled.micro(nothing) is pooled.macro([nothing]) is pooled.difference(nothing, rare) is None


@given(SEEDS)
def test_a_difference_is_that_of_the_scores(seed: int) -> None:
    """And the mean of its rows; it is the negative the other way round."""
    y, predicted, w = labels(seed)
    _, other, _ = labels(seed + 1)
    known = np.ones_like(y)
    first, second = (multilabel.counts(one, y, known).f1 for one in (predicted, other))
    found, back = pooled.difference(first, second, w), pooled.difference(second, first, w)
    if found is None or back is None:
        assert found is back
        return
    scores = [sk.f1_score(y, one, average="micro", sample_weight=w) for one in (predicted, other)]
    assert found[0].value == pytest.approx(scores[0] - scores[1])
    assert np.average(found[1], weights=w) == pytest.approx(found[0].value)
    if found[0].low is not None:
        assert (found[0].low, found[0].high) == (pytest.approx(-back[0].high), pytest.approx(-back[0].low))


def test_groups_of_equal_rows_count_once() -> None:
    """Rows four times over in a group have about the interval of the rows once: micro and macro scores, and differences."""
    y, predicted, _ = labels(3, 400)
    _, other, _ = labels(4, 400)

    def found(times: int) -> list[Any]:
        parts = [np.repeat(one, times, axis=0) for one in (predicted, other, y)]
        known = np.ones_like(parts[0])
        counts, second = (multilabel.counts(one, parts[2], known) for one in parts[:2])
        by_class = [multilabel.counts(*one).f1 for one in zip(parts[0].T, parts[2].T, known.T, strict=True)]
        difference = pooled.difference(counts.f1, second.f1)
        assert difference is not None
        return [pooled.micro(counts.f1), pooled.macro(by_class), difference[0]]

    groups = Design(1600, "patient", np.repeat(np.arange(400), 4))
    for once, four in zip(found(1), found(4), strict=True):
        clustered = groups.estimate(four)
        assert clustered.method.endswith("clustered by patient, 400 groups")
        assert four.high - four.low < 0.6 * (once.high - once.low)
        assert clustered.high - clustered.low == pytest.approx(once.high - once.low, rel=0.05)


def test_ranking_over_classes_agrees_with_scikit_learn_where_labels_are_known() -> None:
    """Macro AUC and average precision over classes of their own rows; a class without examples is left out."""
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(300, 4))
    y = generator.random((300, 4)) < 1 / (1 + np.exp(-scores))
    y[:, 3] = False
    known = generator.random((300, 4)) < 0.8
    columns = [Column(*one) for one in zip(scores.T, y.T, known.T, strict=True)]
    auc, precision = ranking.mean_roc_auc(columns, 300), ranking.mean_average_precision(columns, 300)
    for found, score in ((auc, sk.roc_auc_score), (precision, sk.average_precision_score)):
        assert found is not None
        wanted = np.mean([score(y[known[:, k], k], scores[known[:, k], k]) for k in range(3)])
        assert found.value == pytest.approx(wanted)
        assert found.low < found.value < found.high  # type: ignore[operator]
    assert ranking.mean_roc_auc(columns[3:], 300) is None


def test_the_constant_is_the_best_one() -> None:
    """No other constant answer has a smaller Hamming loss."""
    y, _, w = labels(5)
    known = np.ones_like(y)
    best = multilabel.constant(y, known, w)
    losses = {
        bits: sk.hamming_loss(y, np.broadcast_to([bits >> k & 1 for k in range(4)], y.shape), sample_weight=w)
        for bits in range(16)
    }
    assert losses[sum(1 << k for k in range(4) if best[k])] == min(losses.values())


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.integers(1, 25))
def test_rows_without_a_wrong_label_are_not_shown(counts: list[int], each: int) -> None:
    """The others come in the order of their numbers of wrong labels."""
    rows = most_wrong(np.array(counts), np.zeros(len(counts)), each)
    assert len(rows) == min(each, sum(one > 0 for one in counts))
    assert [counts[row] for row in rows] == sorted(counts, reverse=True)[: len(rows)]


@pytest.mark.parametrize("design", simulated.DESIGNS[1::4], ids=str)
def test_intervals_cover_the_truth(design: simulated.Design, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small version of ``make simulate``, seeded: no number falls short where most of its runs have an interval.

    The error of the truth from 40,000 rows is a tenth of that of 400.
    """
    monkeypatch.setattr(simulated, "TRUTH_ROWS", 40_000)
    for name, found in simulated.coverage(design, 400, 150).items():
        if found.reported >= 95:
            assert found.high >= 92, (name, found)
