"""The slices section: numbers of a slice are those of its rows alone; tests, roles, small slices, discovery."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, draw_all, evaluation, head, noisy, outputs, regression_head, two_heads
from sklearn.tree import DecisionTreeRegressor

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
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
ERRORS = ("mae", "bias", "rmse", "median_absolute_error", "r_squared")


def sliced(made: Evaluation, codes: Any = REGIONS, names: Any = ("east", "north", "west"), **data: Any) -> Evaluation:
    """Give the rows of an evaluation slices."""
    assert made.data is not None
    slicing = Slicing(tuple(names), np.asarray(codes, np.int16), 0)
    return replace(made, data=replace(made.data, slicings=(slicing,), **data))


def alone(one: HeadEvaluation, rows: Any) -> HeadEvaluation:
    """Make the head again from its logits or values, on some rows only: another way than the section's."""
    found: Any = one.outputs
    if not one.class_names:
        return regression_head(found.predictions[rows], found.labels[rows])
    soft = None if found.soft_labels is None else found.soft_labels[rows]
    return head(outputs(found.logits[rows], found.labels[rows], soft=soft), one.class_names)


def same(first: Any, second: Any) -> bool:
    """Return whether two metrics have equal numbers, and are missing for the same cause."""
    pairs = ((first.value, second.value), (first.ci_low, second.ci_low), (first.ci_high, second.ci_high))
    return first.status == second.status and all(
        one == other if one is None or other is None else one == pytest.approx(other, rel=1e-9, abs=1e-12)
        for one, other in pairs
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


@pytest.mark.parametrize("design", ["plain", "groups", "weights"])
@pytest.mark.parametrize("kind", ["binary", "classes", "soft", "values"])
def test_the_numbers_of_a_slice_are_those_of_its_rows_alone(kind: str, design: str) -> None:
    """Scores, confidence and differences equal those of a report that has only these rows, intervals included."""
    heads = regressed() if kind == "values" else classified(2 if kind == "binary" else 4, soft=kind == "soft")
    rows: dict[str, Any] = {}
    if design == "groups":
        rows = {"by": "patient", "groups": np.arange(N) // 6}
    elif design == "weights":
        weights = 0.5 + np.random.default_rng(1).random(N)
        rows = {"weights": weights / weights.mean()}
    made = replace(sliced(evaluation(*heads), **rows), decision=ROLES)
    result = analyzed(SECTION, made)
    for code, name in enumerate(("east", "north", "west")):
        inside = np.flatnonzero(code == REGIONS)
        own = evaluation(*(alone(one, inside) for one in heads))
        assert own.data is not None
        of_slice = Design(N, groups=rows.get("groups"), weights=rows.get("weights")).take(inside)
        data = replace(own.data, by=rows.get("by"), groups=of_slice.groups, weights=of_slice.weights)
        own = replace(own, data=data)
        performance, subject = analyzed(PERFORMANCE, own), f"slice:{name}"
        for model in "ab":
            for metric in ERRORS if kind == "values" else SCORES:
                assert same(result.find(metric, model, subject), performance.find(metric, model)), metric
            if kind != "values":
                calibration = analyzed(CALIBRATION, own)
                for metric in CONFIDENCE:
                    assert same(result.find(metric, model, subject), calibration.find(metric, model)), metric
        pairs = (("mae_difference", "mae_difference"), ("difference_p", "mae_p"))
        if kind != "values":
            pairs = (("accuracy_difference",) * 2, ("nll_difference",) * 2, ("difference_p", "mcnemar_p"))  # type: ignore[assignment]
        for metric, theirs in pairs:
            assert same(result.find(metric, "a", subject), performance.find(theirs, "a", "vs b")), metric


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
    assert second.startswith("Worse than b on 1 of 2 slices; north: −45.0 points [")
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
    own = scores.SCORES["accuracy"]
    declared = {one.name for one in (*own.measured, own.from_rest, own.difference, *own.paired)}
    declared |= {one.name for pair in schema.ADJUSTED for one in pair}
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
    assert list(found) == [f"slices{part}-{model}" for model in "ab" for part in ("", "-scores", "-confidence")]
    table = found["slices-a"]
    assert table.rows[-1][0] == "few"
    first, second = (row[2].value for row in table.rows[:2])  # type: ignore[union-attr]
    assert first <= second
    assert [column.title for column in table.columns][-3:] == ["Accuracy of b", "Minus b", "p (Holm)"]
    assert (
        "p-values are adjusted for 2 slices (Holm). Slices with fewer than 30 rows are too few to tell." in table.note
    )
    assert "Up to 7 rows have no value in a column" in table.note


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
