"""The slices section: numbers of a slice are those of its rows alone; tests, roles, small slices, discovery."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import (
    analyzed,
    distributional_head,
    draw_all,
    evaluation,
    head,
    noisy,
    outputs,
    regression_head,
    two_heads,
)
from scipy import stats
from scipy.stats import norm
from sklearn import metrics as sk
from sklearn.tree import DecisionTreeRegressor

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.distributional import NormalOutputs, QuantileOutputs
from reportgen.contract.records.slices import SearchedColumn, Slicing
from reportgen.metrics import comparison, slices
from reportgen.metrics.design import Design
from reportgen.metrics.spans import each
from reportgen.sections.calibration import SECTION as CALIBRATION
from reportgen.sections.performance import SECTION as PERFORMANCE
from reportgen.sections.slices import SECTION, discovery, schema, scores
from reportgen.sections.slices.discovery import discover
from reportgen.text.formatting import THIN

if TYPE_CHECKING:
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.records.heads import HeadEvaluation

N = 300
ROLES = Decision(candidate="a", baseline=Baseline(model="b"))
REGIONS = np.arange(N) % 3
SCORES = ("accuracy", "balanced_accuracy", "macro_f1", "nll", "brier_score", "roc_auc", "average_precision")
CONFIDENCE = ("ece", "ece_null", "debiased_calibration_error", "calibration_gap", "calibration_gap_p")
SHIFT = np.array([0.0, 0.5, 0.0, 0.0])
ROOT = Path(__file__).parents[2]


def sliced(made: Evaluation, codes: Any = REGIONS, names: Any = ("east", "north", "west"), **data: Any) -> Evaluation:
    """Give the rows of an evaluation slices."""
    assert made.data is not None
    slicing = Slicing(tuple(names), np.asarray(codes, np.int16), 0)
    return replace(made, data=replace(made.data, slicings=(slicing,), **data))


def alone(one: HeadEvaluation, rows: Any) -> HeadEvaluation:
    """Make the head again from its logits or values, on some rows only: another way than the section's."""
    found: Any = one.outputs
    if isinstance(found, NormalOutputs):
        values = np.stack([found.predictions, found.deviations], axis=1)
        return distributional_head(values[rows], found.labels[rows])
    if isinstance(found, QuantileOutputs):
        return distributional_head(found.quantiles[rows], found.labels[rows], levels=found.levels)
    if not one.class_names:
        return regression_head(found.predictions[rows], found.labels[rows])
    soft = None if found.soft_labels is None else found.soft_labels[rows]
    return head(outputs(found.logits[rows], found.labels[rows], soft=soft), one.class_names, one.task.value)


def same(first: Any, second: Any) -> bool:
    """Return whether two metrics have equal numbers of as many rows, and are missing for the same cause."""
    pairs = ((first.value, second.value), (first.ci_low, second.ci_low), (first.ci_high, second.ci_high))
    return (
        first.status == second.status
        and first.n == second.n
        and all(
            one == other if one is None or other is None else one == pytest.approx(other, rel=1e-9, abs=1e-12)
            for one, other in pairs
        )
    )


def classified(classes: int, *, soft: bool = False) -> list[HeadEvaluation]:
    """Make two heads of the same labels, one over-confident."""
    logits, labels = noisy(N, classes)
    given = None
    if soft:
        given = np.full((N, classes), 0.1 / (classes - 1))
        given[np.arange(N), labels] = 0.9
    return [head(outputs(logits * scale, labels, soft=given)) for scale in (1.0, 2.5)]


def regressed() -> list[HeadEvaluation]:
    """Make two heads of the same values."""
    generator = np.random.default_rng(0)
    labels = generator.gamma(2, size=N)
    return [regression_head(labels + scale * generator.normal(size=N), labels) for scale in (0.5, 1.0)]


def ordered() -> list[HeadEvaluation]:
    """Make two heads of classes in an order."""
    logits, labels = noisy(N, 4)
    names = ("none", "mild", "marked", "severe")
    return [
        head(outputs(np.float32(logits * scale + shift), labels), names, "ordinal")
        for scale, shift in ((1.0, 0), (1.0, SHIFT))
    ]


def distributed(levels: tuple[float, ...] = ()) -> list[HeadEvaluation]:
    """Make two heads of distributions: normal ones, or quantiles, some of which cross."""
    generator = np.random.default_rng(0)
    labels = generator.gamma(2, size=N)
    made = []
    for scale in (0.5, 1.0):
        center = labels + scale * generator.normal(size=N)
        spread = scale * generator.uniform(0.6, 1.2, N)
        z = norm.ppf(levels) + 0.3 * generator.normal(size=(N, len(levels)))
        values = center[:, None] + spread[:, None] * z if levels else np.stack([center, spread], axis=1)
        made.append(distributional_head(values, labels, levels=levels))
    return made


KINDS: dict[str, tuple[str, Any]] = {
    "binary": ("binary", lambda: classified(2)),
    "classes": ("multiclass", lambda: classified(4)),
    "soft": ("multiclass", lambda: classified(4, soft=True)),
    "order": ("ordinal", ordered),
    "values": ("regression", regressed),
    "normal": ("distributional", distributed),
    "quantiles": ("distributional", lambda: distributed((0.05, 0.25, 0.5, 0.75, 0.95))),
}


def designed(kind: str, n: int, size: int) -> dict[str, Any]:
    """Return groups of so many rows, weights, or nothing."""
    if kind == "groups":
        return {"by": "patient", "groups": np.arange(n) // size}
    weights = 0.5 + np.random.default_rng(1).random(n)
    return {"weights": weights / weights.mean()} if kind == "weights" else {}


def on_rows(own: Evaluation, rows: dict[str, Any], n: int, inside: Any) -> Evaluation:
    """Give an evaluation of some rows their groups and weights."""
    assert own.data is not None
    of_slice = Design(n, groups=rows.get("groups"), weights=rows.get("weights")).take(inside)
    data = replace(own.data, by=rows.get("by"), groups=of_slice.groups, weights=of_slice.weights)
    return replace(own, data=data, decision=ROLES)


ADJUSTED_THERE = {"pit_p", "interval_coverage_p"}
"""p-values that the calibration section has only as they are adjusted for each other."""


def assert_as_alone(result: Any, own: Evaluation, task: str, subject: str, p_value: str) -> None:
    """Every number of a slice, for itself and against the baseline, is that of a report that has only its rows."""
    measured, performance = scores.MEASURED[task], analyzed(PERFORMANCE, own)
    for model in own.models:
        calibration = analyzed(CALIBRATION, own.alone(model))
        for spec in (*measured.alone, *measured.tests):
            if spec.name in {*ADJUSTED_THERE, "mean_class_ece_null"}:
                continue
            part = "level:0.9" if spec.name.startswith("interval_") else None
            found = (one.find_or_none(spec.name, model.name, part) for one in (performance, calibration))
            theirs = next(one for one in found if one is not None)
            assert same(result.find(spec.name, model.name, subject), theirs), spec.name
    for spec in (measured.score.difference, *measured.paired):
        theirs = performance.find_or_none(spec.name, "a", "vs b")
        one = result.find(spec.name, "a", subject)
        assert same(one, theirs) if theirs is not None else one.status == "not_applicable", spec.name
    assert same(result.find("difference_p", "a", subject), performance.find(p_value, "a", "vs b"))


@pytest.mark.parametrize("design", ["plain", "groups", "weights"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_of_a_slice_are_those_of_its_rows_alone(kind: str, design: str) -> None:
    """Scores, confidence, skill and differences equal those of a report that has only these rows, intervals and n included."""
    task, make = KINDS[kind]
    heads, rows = make(), designed(design, N, 6)
    made = replace(sliced(evaluation(*heads), **rows), decision=ROLES)
    result = analyzed(SECTION, made)
    for code, name in enumerate(("east", "north", "west")):
        inside = np.flatnonzero(code == REGIONS)
        own = on_rows(evaluation(*(alone(one, inside) for one in heads)), rows, N, inside)
        p_value = "mcnemar_p" if heads[0].class_names else "mae_p"
        assert_as_alone(result, own, task, f"slice:{name}", p_value)


def test_the_distributions_of_a_slice_are_tested() -> None:
    """As SciPy tests its rows: a Kolmogorov-Smirnov test of the transform, and a binomial one of the interval nearest to 90 %."""
    (one, _), rows = distributed(), np.arange(N) % 3 == 1
    result, found = analyzed(SECTION, sliced(evaluation(one))), one.outputs
    assert isinstance(found, NormalOutputs)
    mean, spread, labels = (column[rows] for column in (found.predictions, found.deviations, found.labels))
    test = stats.kstest(norm.cdf(labels, mean, spread), "uniform")
    assert result.find("pit_distance", "a", "slice:north").value == pytest.approx(test.statistic)
    assert result.find("pit_p", "a", "slice:north").value == pytest.approx(test.pvalue, abs=0.025)
    inside = np.abs(labels - mean) <= norm.ppf(0.95) * spread
    covered = result.find("interval_coverage", "a", "slice:north")
    assert (covered.value, covered.n, covered.estimator) == (inside.mean(), 100, "nominal coverage 0.9")
    tails = [stats.binomtest(int(inside.sum()), 100, 0.9, side).pvalue for side in ("less", "greater")]
    assert result.find("interval_coverage_p", "a", "slice:north").value == pytest.approx(min(1, 2 * min(tails)))
    family = comparison.holm([result.find("pit_p", "a", f"slice:{name}").value for name in ("east", "north", "west")])
    assert result.find("pit_p_holm", "a", "slice:north").value == pytest.approx(family[1])


def test_quantiles_without_a_central_interval() -> None:
    """They have a score; the interval and its test are missing, with the reason."""
    made = sliced(evaluation(*distributed((0.1, 0.5)), *distributed((0.5, 0.9))[:1]))
    result = analyzed(SECTION, replace(made, decision=ROLES))
    assert result.find("pinball_loss", "a", "slice:east").value > 0
    for name in ("interval_coverage", "interval_width", "interval_coverage_p"):
        found = result.find(name, "a", "slice:east")
        assert (found.status, found.reason) == (
            "not_applicable",
            "the levels of the quantiles make no central interval",
        )
    titles = [table.title for table in SECTION.tables(result, View(decision=ROLES))]
    assert not [title for title in titles if title.startswith("Spread of distributions")]
    other = replace(made, decision=Decision(candidate="a", baseline=Baseline(model="c")))
    found = analyzed(SECTION, other).find("pinball_difference", "a", "slice:east")
    assert found.reason == "the distributions of both models are of different kinds or levels"


def test_the_order_and_the_ranks_of_classes_as_scikit_learn_has_them() -> None:
    """Quadratic kappa, MAE in classes and top-k accuracy of the rows of a slice."""
    one, rows = ordered()[0], REGIONS == 1
    result, found = analyzed(SECTION, sliced(evaluation(one))), one.outputs
    assert isinstance(found, ClassificationOutputs)
    assert found.logits is not None
    labels, predicted = found.labels[rows], found.predictions[rows]
    for name, value in (
        ("quadratic_kappa", sk.cohen_kappa_score(labels, predicted, weights="quadratic")),
        ("class_mae", sk.mean_absolute_error(labels, predicted)),
        ("top_k_accuracy", sk.top_k_accuracy_score(labels, found.logits[rows], k=3, labels=range(4))),
    ):
        metric = result.find(name, "a", "slice:north")
        assert metric.value == pytest.approx(value), name
        assert metric.n == 100


def test_a_metric_is_measured_by_slice_or_the_docs_say_why_not() -> None:
    """Every metric about a head as a whole or a pair of models of performance and calibration; no reason for one that is measured."""
    page = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
    table = page.split("| not by slice | why |")[1].split("\n\n")[0]
    patterns = [pattern for row in table.splitlines()[2:] for pattern in re.findall("`([^`]+)`", row.split("|")[1])]
    declared = {metric.name for metric in SECTION.metrics}
    addresses = {
        f"{section.name}.{metric.name}": metric.name in declared
        for section in (PERFORMANCE, CALIBRATION)
        for metric in section.metrics
        if metric.per in {"model", "pair"}
    }
    for address, is_measured in addresses.items():
        assert is_measured != any(fnmatch(address, pattern) for pattern in patterns), address
    for pattern in patterns:
        assert any(fnmatch(address, pattern) for address in addresses), pattern


@pytest.mark.parametrize("section", [PERFORMANCE, CALIBRATION], ids=lambda section: section.name)
def test_every_task_has_the_numbers_that_its_heads_have(section: Any) -> None:
    """What performance and calibration measure of the heads of a task is measured of their slices, unless it is of no slice."""
    declared = {metric.name for metric in SECTION.metrics}
    for task, metrics in section.tasks.items():
        measured = scores.MEASURED[task]
        own = {metric.name for metric in (*measured.alone, *measured.tests)}
        assert {metric.name for metric in metrics if metric.name in declared} <= own, task


def test_all_slices_of_a_model_are_one_family() -> None:
    """The p-values are those of the rest, adjusted by Holm over the outputs of the model, whatever other models there are."""
    logits, labels = noisy(N, 3)
    made = outputs(logits, labels)
    result = analyzed(SECTION, sliced(two_heads(made)))
    masks = [code == REGIONS for code in range(3)]
    raw = [slices.from_rest_p(made.correct, mask, Design(N)) for mask in masks]
    family = comparison.holm([p for p in raw * 2 if p is not None])
    for place, name in enumerate(("east", "north", "west")):
        for output in ("kind", "size"):
            subject = f"head:{output}/slice:{name}"
            assert result.find("rest_p", "a", subject).value == raw[place]
            assert result.find("rest_p_holm", "a", subject).value == pytest.approx(family[place])
    one, two = (analyzed(SECTION, sliced(evaluation(*heads))) for heads in (classified(3)[:1], classified(3)))
    assert [item for item in two.measurements if item.model == "a"] == list(one.measurements)


def weak(n: int = 200, slice_rows: int = 40, *, right: tuple[int, int] = (20, 152), other: int = 38) -> Evaluation:
    """Make a candidate and a baseline that are right on so many rows of a slice, and as often as each other on the rest."""
    labels = np.arange(n) % 2

    def says(in_slice: int) -> HeadEvaluation:
        correct = np.zeros(n, bool)
        correct[:in_slice] = True
        correct[slice_rows : slice_rows + right[1]] = True
        predictions = np.where(correct, labels, 1 - labels)
        return head(outputs(np.eye(2, dtype=np.float32)[predictions] * 2.0, labels))

    codes = np.where(np.arange(n) < slice_rows, 0, 1)
    made = sliced(evaluation(says(right[0]), says(other)), codes, ("north", "south"))
    return replace(made, decision=ROLES)


def sentences(result: Any, decision: Decision = ROLES) -> list[str]:
    """Return the statements as plain text."""
    return [one.text.replace(THIN, " ") for one in SECTION.statements(result, View(decision=decision))]


def codes(result: Any) -> list[tuple[str, str, str | None]]:
    """Return code, model and subject of every finding."""
    return [(one.code, one.model, one.subject) for rule in SECTION.rules for one in rule.apply(result)]


def test_a_weak_slice_is_named() -> None:
    """On page one, as a finding, and in the title of the figure."""
    result = analyzed(SECTION, weak())
    first, second = sentences(result)
    assert first.startswith("Worst of 2 slices, north: 20 of 40 right (50.0 %), −45.0 points [")
    assert first.endswith("] from the rest, unlikely to be luck (p < 0.001).")
    assert second.startswith("Worse than b on 1 of 2 slices, north: −45.0 points [")
    settled = SECTION.statements(result, View(decision=ROLES))
    assert [one.settled for one in settled] == [True, True]
    assert {one.topic for one in settled} == {"weakness"}
    found = codes(result)
    assert ("SLC101", "a", "slice:north") in found
    assert ("SLC102", "a", "slice:north") in found
    assert not [one for one in found if one[:2] == ("SLC101", "b") or one[0] == "SLC301"]
    figure = draw_all(SECTION, result)[0]
    assert figure.title == "a is right less often on north"
    assert figure.alt.startswith("The worst slice of a is north, 20 of 40 right")
    assert [panel.title for panel in figure.panels] == ["Accuracy by slice", "a minus b, same rows"]


def test_no_weak_slice_is_said_too() -> None:
    """With the lowest one, and that the candidate is nowhere measurably worse than its baseline."""
    result = analyzed(SECTION, weak(right=(36, 152)))
    (text,) = sentences(result)
    assert text == (
        "None of 2 slices is measurably worse than the rest; lowest, north: 36 of 40 right (90.0 %) (p = 0.80); "
        "on none measurably worse than b."
    )
    assert not SECTION.statements(result, View(decision=ROLES))[0].settled
    assert not [one for one in codes(result) if one[0] in {"SLC101", "SLC102"}]
    assert draw_all(SECTION, result)[0].title == "No slice of a is measurably worse than the rest"


def test_a_comparison() -> None:
    """Without a candidate one sentence counts the models with a weak slice."""
    made = replace(weak(), decision=Decision())
    result = analyzed(SECTION, made)
    (text,) = sentences(result, Decision())
    assert text.startswith(
        "1 of 2 models have a slice that is measurably worse than the rest; north of a: −45.0 points ["
    )
    even = analyzed(SECTION, replace(weak(right=(36, 152)), decision=Decision()))
    assert sentences(even, Decision()) == ["No slice of any of 2 models is measurably worse than the rest."]
    assert draw_all(SECTION, result)
    assert result.find_or_none("accuracy_difference", "a", "slice:north") is None


def test_too_few_to_tell() -> None:
    """Below the minimum a slice has its number of rows and nothing else, and is in no family."""
    few = np.where(np.arange(N) < 29, 0, 1)
    made = replace(sliced(evaluation(*classified(3)), few, ("few", "many")), decision=ROLES)
    result = analyzed(SECTION, made)
    assert result.find("rows", "a", "slice:few").value == 29
    missing = [one for one in result.measurements if one.subject == "slice:few" and one.name != "rows"]
    assert {one.metric.reason for one in missing} == {"29 rows, fewer than 30: too few to tell"}
    own = scores.MEASURED["multiclass"]
    declared = {one.name for one in (*own.alone, own.score.from_rest, own.score.difference, *own.paired)}
    tests = (schema.REST_P, schema.DIFFERENCE_P, *own.tests)
    declared |= {one.name for test in tests for one in (test, dict(scores.ADJUSTED)[test])}
    assert {one.name for one in missing if one.model == "a"} == declared
    assert result.find("rest_p_holm", "a", "slice:many").estimator == "Holm, 1 slice"
    assert [one for one in codes(result) if one[0] == "SLC301"] == [("SLC301", "a", None), ("SLC301", "b", None)]
    lower = analyzed(SECTION, made, minimum=29)
    assert lower.find("accuracy", "a", "slice:few").value is not None


def test_a_slice_of_all_rows_has_no_rest() -> None:
    """It has its numbers, and the reason why it is not tested."""
    result = analyzed(SECTION, sliced(evaluation(*classified(3)[:1]), np.zeros(N), ("all",)))
    assert result.find("accuracy", "a", "slice:all").value is not None
    for name in ("accuracy_from_rest", "rest_p", "rest_p_holm"):
        assert result.find(name, "a", "slice:all").reason == "every row is in the slice"
    assert sentences(result, Decision(candidate="a"))[0].startswith("None of 1 slice is measurably worse")
    assert draw_all(SECTION, result)


def test_logits_that_were_not_kept() -> None:
    """Ranking needs them; all other numbers are those with them."""
    logits, labels = noisy(N, 2)
    kept, dropped = (
        analyzed(SECTION, sliced(evaluation(head(outputs(logits, labels, keep_limit=limit))))) for limit in (10**9, 10)
    )
    for name in (*SCORES, *CONFIDENCE):
        one, other = (found.find(name, "a", "slice:east") for found in (kept, dropped))
        if name in {"roc_auc", "average_precision"}:
            assert other.status == "not_applicable"
        else:
            assert one.value == pytest.approx(other.value, rel=1e-6), name


def test_tables_have_every_slice() -> None:
    """The worst first, the small ones last; both models, and how many rows are in none."""
    few = np.where(np.arange(N) < 20, 0, 1 + np.arange(N) % 2)
    made = sliced(evaluation(*classified(3)), few, ("few", "odd", "even"))
    assert made.data is not None
    missing = replace(made.data.slicings[0], missing=7)
    made = replace(made, decision=ROLES, data=replace(made.data, slicings=(missing,)))
    found = {table.name: table for table in SECTION.tables(analyzed(SECTION, made), View(decision=ROLES))}
    parts = ("", "-scores", "-ranks", "-confidence", "-errors", "-direction", "-refusing", "-skill")
    names = [f"slices{part}-{model}" for model in "ab" for part in parts]
    assert list(found) == [*names[:8], "slices-differences-a", *names[8:]]
    assert {table.place for name, table in found.items() if name in names[4:8]} == {"appendix"}
    assert {table.place for name, table in found.items() if name in names[12:]} == {"full"}
    assert [column.title for column in found["slices-differences-a"].columns[2:]] == [
        "NLL difference",
        "Brier score difference",
    ]
    assert max(len(table.columns) for table in found.values()) <= 8
    table = found["slices-a"]
    assert table.rows[-1][0] == "few"
    first, second = (row[2].value for row in table.rows[:2])  # type: ignore[union-attr]
    assert first <= second
    assert [column.title for column in table.columns][-3:] == ["Accuracy of b", "Minus b", "p (Holm)"]
    assert (
        "p-values are adjusted for 2 slices (Holm). Slices with fewer than 30 rows are too few to tell." in table.note
    )
    assert "Up to 7 rows have no value in a column" in table.note


def test_a_table_says_which_interval_it_is_about() -> None:
    """The central one that is nearest to 90 %, and that normal distributions have no quantiles that cross."""
    result = analyzed(SECTION, sliced(evaluation(*distributed()[:1])))
    found = {table.name: table for table in SECTION.tables(result, View())}
    assert found["slices-coverage-a"].note == "Interval coverage: nominal coverage 0.9."
    titles = [column.title for column in found["slices-coverage-a"].columns]
    assert titles == ["Slice", "Rows", "Interval coverage", "Interval width", "Interval coverage p (Holm)"]
    assert {table.place for name, table in found.items() if name != "slices-a"} == {"appendix"}


# ------------------------------------------------------------------------------------------------ discovery


def planted(n: int = 2000, seed: int = 0, *, gap: float = 0.4) -> tuple[Any, tuple[SearchedColumn, ...], Any]:
    """Make losses that are higher for old people of the north, and columns of which one says nothing."""
    generator = np.random.default_rng(seed)
    age, region, noise = generator.uniform(0, 100, n), generator.integers(0, 3, n), generator.normal(size=n)
    weakness = (age > 60) & (region == 1)
    losses = (generator.random(n) < 0.1 + gap * weakness).astype(float)
    columns = (
        SearchedColumn("age", age, None),
        SearchedColumn("region", region.astype(float), ("east", "north", "west")),
        SearchedColumn("some noise", noise, None),
    )
    return losses, columns, weakness


def test_a_planted_slice_is_found() -> None:
    """Its name is a condition of the language, which holds on just its rows among those of the other half."""
    losses, columns, weakness = planted()
    search = np.arange(len(losses)) % 2 == 0
    first = discover(columns, losses, search, np.ones(len(losses), bool), 2, 30, 0)[0]
    assert 'region == "north"' in first.name
    assert "age > " in first.name
    assert not (first.rows & search).any()
    threshold = float(first.name.partition("age > ")[2].split()[0])
    np.testing.assert_array_equal(first.rows, ~search & (columns[0].values > threshold) & (columns[1].values == 1))
    assert (first.rows & weakness).sum() > 0.9 * first.rows.sum()


def test_leaves_are_those_of_the_tree() -> None:
    """On the searched half, the mean loss of a found slice is a prediction of the tree."""
    losses, columns, _ = planted()
    everything = np.zeros(len(losses), bool)
    search = ~everything
    (first, *_) = discover(columns, losses, search, np.ones(len(losses), bool), 2, 30, 0)
    assert not first.rows.any()
    matrix = np.stack([columns[0].values, *((columns[1].values == code) for code in range(3)), columns[2].values], 1)
    tree = DecisionTreeRegressor(max_depth=2, min_samples_leaf=100, random_state=0).fit(matrix, losses)
    age = float(first.name.partition("age > ")[2].split()[0])
    inside = (columns[0].values > age) & (columns[1].values == 1)
    assert losses[inside].mean() == pytest.approx(tree.predict(matrix).max(), abs=1e-9)


def test_of_many_rows_a_draw_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the other half are judged; each seed draws other rows, the same ones again."""
    monkeypatch.setattr(discovery, "MOST_ROWS", 3000)
    losses, columns, weakness = planted(20_000)
    search, measured = np.arange(len(losses)) % 2 == 0, np.ones(len(losses), bool)
    first = discover(columns, losses, search, measured, 2, 30, 0)[0]
    assert 'region == "north"' in first.name
    assert (first.rows & weakness).sum() > 0.9 * first.rows.sum()
    assert first.rows.sum() > 0.9 * (weakness & ~search).sum()
    assert discover(columns, losses, search, measured, 2, 30, 0)[0].name == first.name
    rows = discovery._drawn(each(np.logical_and, search, measured), 1)
    assert len(np.unique(rows)) == len(rows) == 3000
    assert search[rows].all()
    assert not np.array_equal(rows, discovery._drawn(each(np.logical_and, search, measured), 2))


def test_nothing_to_find() -> None:
    """Equal losses, or too few rows, have no slices; a row without a value is in none that names its column."""
    losses, columns, _ = planted()
    search = np.arange(len(losses)) % 2 == 0
    assert discover(columns, np.zeros(len(losses)), search, np.ones(len(losses), bool), 2, 30, 0) == ()
    assert discover(columns, losses, np.arange(len(losses)) < 50, np.ones(len(losses), bool), 2, 30, 0) == ()
    blank = (
        replace(columns[0], values=np.where(np.arange(len(losses)) < 500, np.nan, columns[0].values)),
        *columns[1:],
    )
    for part in discover(blank, losses, search, np.ones(len(losses), bool), 2, 30, 0):
        assert "age" not in part.name or not part.rows[:500].any()


def of_losses(losses: Any, columns: Any, **data: Any) -> Evaluation:
    """Make a model with these errors."""
    labels = np.arange(len(losses)) % 2
    predictions = np.where(losses > 0, 1 - labels, labels)
    made = evaluation(head(outputs(np.eye(2, dtype=np.float32)[predictions] * 2.0, labels)))
    assert made.data is not None
    decision = Decision(candidate="a")
    return replace(made, decision=decision, data=replace(made.data, searched=columns, **data))


def test_discovered_slices_are_judged_on_the_other_half() -> None:
    """Groups stay whole, numbers are of the other half, and the sentence says how the slice came about."""
    losses, columns, _ = planted()
    groups = np.arange(len(losses)) // 4
    result = analyzed(SECTION, of_losses(losses, columns, by="patient", groups=groups))
    (search,) = result.searches
    assert (search.model, search.columns) == ("a", ("age", "region", "some noise"))
    assert search.searched + search.judged == len(losses)
    (shown,) = result.heads
    found = [one for one in shown.slices if one.found]
    assert tuple(one.name for one in found) == search.found
    assert 0 < len(found) <= 3
    assert all(one.n < search.judged for one in found)
    (text,) = sentences(result, Decision(candidate="a"))
    assert "(discovered): " in text
    assert "unlikely to be luck" in text
    note = next(iter(SECTION.tables(result, View()))).note
    assert "A tree on age, region, some noise found" in note
    assert f"judged on {search.judged:,} other rows only" in note


def test_discovery_raises_no_false_alarm() -> None:
    """Where no column matters, at most one search in twenty calls a slice that it found worse."""
    alarms = 0
    for seed in range(60):
        losses, columns, _ = planted(600, seed, gap=0.0)
        result = analyzed(SECTION, of_losses(losses, columns))
        alarms += any(code == "SLC101" for code, _, _ in codes(result))
    assert alarms / 60 <= 0.05


def test_two_searches_of_one_spec_are_the_same() -> None:
    """The halves and the tree are seeded."""
    losses, columns, _ = planted()
    first, second = (analyzed(SECTION, of_losses(losses, columns)) for _ in range(2))
    assert first == second
