"""The pareto section: fronts of the table of metrics, clear differences, exclusions, rules, figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from factory import draw_all, produced
from pydantic import ValidationError

from reportgen.contract.decision import COMPARISON, Baseline, Decision
from reportgen.contract.focus import View
from reportgen.contract.metric_table import Headline, MetricTable, TableRow
from reportgen.contract.numbers import MetricSpec
from reportgen.figures import style
from reportgen.sections.pareto import SECTION, words
from reportgen.sections.pareto.analyzer import ParetoAnalyzer
from reportgen.sections.pareto.schema import ParetoOptions, ParetoResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD = MetricSpec("good", "Good", "fraction", True, "More.", "test", difference="good_difference")
DIFFERENCE = MetricSpec("good_difference", "Difference", "fraction", None, "Apart.", "test", "pair")
BAD = MetricSpec("bad", "Bad", "nats", False, "Less.", "test")
SIZE = MetricSpec("size", "Sizes", "count", None, "How large.", "test")
PEAK = MetricSpec("peak", "Peak", "", None, "Either way.", "test", direction_by_model=True)
SPECS = (GOOD, DIFFERENCE, BAD, SIZE, PEAK)
TWO = ("s.good", "s.bad")


def row(spec: MetricSpec, model: str, value: float | None, half: float | None = None, **details: Any) -> TableRow:
    """Make a row of the table; with an interval of a half width."""
    if value is None:
        made = spec.missing(model, "insufficient_data", "it was not measured", **details)
    elif half is None:
        made = spec.measure(model, value, **details)
    else:
        ends = {"ci_low": value - half, "ci_high": value + half, "ci_method": "made"}
        made = spec.measure(model, value, **ends, **details)
    return TableRow(section="s", measurement=made)


def table(*rows: TableRow, models: str = "") -> MetricTable:
    """Make a table of one section."""
    names = tuple(models) or tuple(dict.fromkeys(one.measurement.model for one in rows))
    return MetricTable(names, rows, (), {f"s.{spec.name}": spec for spec in SPECS})


def points(
    halves: tuple[float | None, float | None] = (None, None), **values: tuple[float | None, float | None]
) -> MetricTable:
    """Make a table of models by (good, bad)."""
    rows = [
        row(spec, model, value, half)
        for model, pair in values.items()
        for spec, value, half in zip((GOOD, BAD), pair, halves, strict=True)
    ]
    return table(*rows)


def compare(made: MetricTable, **options: Any) -> ParetoResult:
    """Compare the models of a table."""
    return ParetoAnalyzer(ParetoOptions(**{"objectives": TWO, **options})).compare(made)


def codes(result: ParetoResult) -> set[str]:
    """Return the rules that fire."""
    return {rule.code for rule in SECTION.rules for _ in rule.find(result)}


FRONT = points(a=(0.9, 0.5), b=(0.8, 0.2), c=(0.5, 0.1), d=(0.7, 0.6), e=(0.4, 0.7))


def test_ranks_and_front() -> None:
    """Higher is better in one, lower in the other; ranks are numbers at an address."""
    result = compare(FRONT)
    assert {one.model: one.rank for one in result.models} == {"a": 1, "b": 1, "c": 1, "d": 2, "e": 3}
    assert [one.model for one in result.models] == list("abcde")
    assert result.find("pareto_rank", "d").value == 2
    assert produced(result) == {one.name for one in SECTION.metrics}


def test_the_line_of_the_front_goes_from_left_to_right() -> None:
    """By rising x, which is the second objective."""
    (line,) = compare(FRONT).fronts
    assert (line.across, line.up, line.models) == (1, 0, ("c", "b", "a"))


def test_knee_and_hypervolume() -> None:
    """The reference point lies a tenth of the range beyond the worst; the share is of the box up to the ideal."""
    result = compare(FRONT)
    assert result.knee == "b"
    good, bad = result.objectives
    assert (good.ideal, bad.ideal) == (0.9, 0.1)
    assert (good.reference, bad.reference) == pytest.approx((0.35, 0.76))
    expected = 0.55 * 0.26 + 0.45 * 0.3 + 0.15 * 0.1
    assert result.hypervolume is not None
    assert result.hypervolume.value == pytest.approx(expected)
    assert result.hypervolume.share == pytest.approx(expected / (0.55 * 0.66))


def test_a_declared_reference_point() -> None:
    """Recorded as declared; the other objective keeps its default."""
    result = compare(FRONT, reference_point={"s.good": 0.0})
    assert [one.reference for one in result.objectives] == pytest.approx([0.0, 0.76])
    assert result.objectives[0].reference_rule == "declared in the spec"


def test_no_box_no_hypervolume() -> None:
    """Models that are equal in an objective span none; it is null with the reason, not 0."""
    result = compare(points(a=(0.9, 0.5), b=(0.9, 0.2)))
    assert result.hypervolume is not None
    assert result.hypervolume.value is None
    assert result.hypervolume.reason == "the reference point is not worse than the best Good"


@pytest.mark.parametrize(("half", "tied"), [(0.01, False), (0.2, True)])
def test_intervals_that_overlap_do_not_dominate(half: float, *, tied: bool) -> None:
    """Worse in both by less than the intervals is indistinguishable from the front."""
    result = compare(points((half, half), a=(0.9, 0.1), b=(0.8, 0.2)))
    one = result.models[1]
    assert (one.rank, one.indistinguishable) == (2, tied)
    assert one.clearly_dominated_by == (() if tied else ("a",))
    assert result.objectives[0].compared_by == ("intervals",)


def test_a_number_without_an_interval_is_not_tested() -> None:
    """No difference counts, however large; result, table, caption and finding say so."""
    result = compare(points((0.01, None), a=(0.9, 0.1), b=(0.4, 9.0)))
    one = result.models[1]
    assert (one.rank, one.clearly_dominated_by, one.behind, one.indistinguishable) == (2, (), ("a",), False)
    assert [one.compared_by for one in result.objectives] == [("intervals",), ("value alone",)]
    assert "Bad are not tested" in draw_all(SECTION, result)[0].caption
    assert SECTION.tables(result, View())[0].rows[1][-1] == "behind a by value; bad not tested"
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PAR104").find(result)
    assert hit.message == (
        f"a is better by value: good +50.0 points, bad −8.90{formatting.THIN}nats. The difference in bad is not tested, that in good is beyond "
        "uncertainty: b may still be ahead in bad."
    )


def test_what_was_tested_and_came_out_undecided_is_not_called_untested() -> None:
    """Only the objective without an interval is; an objective with equal exact values is no part of it."""
    exact = replace(SIZE, higher_is_better=False, exact=True)
    made = points((0.1, None), a=(0.9, 0.1), b=(0.87, 0.2))
    rows = [row(exact, model, 5) for model in "ab"]
    three = replace(made, rows=(*made.rows, *rows), specs={**made.specs, "s.size": exact})
    result = compare(three, objectives=(*TWO, "s.size"))
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PAR104").find(result)
    assert hit.message == (
        f"a is better by value: good +3.0 points, bad −0.100{formatting.THIN}nats. The difference in bad is not tested, that in good is within "
        "uncertainty, so this alone is no reason to reject b."
    )


def test_an_exact_number_needs_no_interval() -> None:
    """A number of parameters has no uncertainty: together with a tested difference it dominates."""
    exact = replace(SIZE, higher_is_better=False, exact=True)
    rows = [row(exact, model, value) for model, value in (("a", 5), ("b", 6))]
    made = points((0.01, 0.01), a=(0.9, 0.1), b=(0.8, 0.1))
    result = compare(
        replace(made, rows=(*made.rows, *rows), specs={**made.specs, "s.size": exact}), objectives=("s.good", "s.size")
    )
    assert result.objectives[1].compared_by == ("exact value",)
    assert result.models[1].clearly_dominated_by == ("a",)
    assert result.models[1].lead == pytest.approx(0.1 / (0.01 * 2**0.5))


def test_dominance_is_corrected_for_the_number_of_pairs() -> None:
    """An edge that two models show at 5 % is not enough among six: all pairs are tested together."""
    values = {"a": (0.9, 0.1), "b": (0.86, 0.1)}
    more = dict.fromkeys("cdef", (0.88, 0.1))
    half = 0.02
    assert compare(points((half, half), **values)).models[1].clearly_dominated_by == ("a",)
    assert not any(one.clearly_dominated_by for one in compare(points((half, half), **values, **more)).models)


@pytest.mark.parametrize(("low", "high", "clear"), [(0.03, 0.17, True), (0.01, 0.19, False), (-0.01, 0.21, False)])
def test_the_paired_difference_decides(low: float, high: float, *, clear: bool) -> None:
    """Where it is declared, the intervals of the numbers themselves do not matter; two objectives are two looks."""
    ends = {"ci_low": low, "ci_high": high, "ci_method": "paired"}
    back = {"ci_low": -high, "ci_high": -low, "ci_method": "paired"}
    result = compare(
        table(
            *(row(GOOD, model, value, 0.5) for model, value in (("a", 0.9), ("b", 0.8))),
            *(row(BAD, model, 0.1, 0.01) for model in "ab"),
            row(DIFFERENCE, "a", 0.1, subject="vs b", **ends),
            row(DIFFERENCE, "b", -0.1, subject="vs a", **back),
        )
    )
    assert result.objectives[0].compared_by == ("paired difference",)
    assert result.models[1].indistinguishable is not clear


def test_a_place_on_the_front_may_be_in_doubt() -> None:
    """A nominal edge within the interval does not save a model that is clearly worse elsewhere."""
    result = compare(points((0.1, 0.01), a=(0.90, 0.1), b=(0.91, 0.5)))
    one = next(one for one in result.models if one.model == "b")
    assert one.on_front
    assert (one.clearly_dominated_by, one.rivals) == ((), ("a",))
    assert codes(result) == {"PAR102"}
    assert SECTION.tables(result, View())[0].rows[1][-1] == "on the front; a: lower bad; good not distinguishable"
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PAR102").find(result)
    assert hit.message == (
        f"a has lower bad (−0.400{formatting.THIN}nats) than b; good (−1.0 points) not distinguishable. b is on the front only by a difference that "
        "may be chance: prefer it if that is worth the cost, or evaluate on more rows."
    )


def sized(half: float, **values: tuple[float, int]) -> ParetoResult:
    """Compare models by (good, size), the size being exact; "good" with an interval of a half width."""
    exact = replace(SIZE, higher_is_better=False, exact=True)
    rows = [
        one for model, (good, size) in values.items() for one in (row(GOOD, model, good, half), row(exact, model, size))
    ]
    made = table(*rows)
    return compare(replace(made, specs={**made.specs, "s.size": exact}), objectives=("s.good", "s.size"))


def test_fewer_parameters_do_not_make_up_for_a_lower_value_that_may_be_chance() -> None:
    """Not distinguishable is not as good: nothing dominates a model that is ahead of it by value in an objective."""
    result = sized(0.01, mlp=(0.968, 11_386), cnn=(0.957, 6_586))
    models = {one.model: one for one in result.models}
    assert (models["mlp"].clearly_dominated_by, models["mlp"].rivals) == ((), ("cnn",))
    assert (models["cnn"].clearly_dominated_by, models["cnn"].rivals) == ((), ())
    assert "offers no advantage" not in " ".join(hit.message for rule in SECTION.rules for hit in rule.find(result))
    assert SECTION.tables(result, View())[0].rows[0][-1] == "on the front; cnn: fewer sizes; good not distinguishable"


def test_a_model_that_is_no_worse_by_value_and_smaller_dominates() -> None:
    """Whether or not its lead in the other objective is distinguishable; the finding says which is which."""
    result = sized(0.01, mlp=(0.968, 11_386), cnn=(0.957, 6_586), drop=(0.975, 10_074))
    models = {one.model: one for one in result.models}
    assert models["mlp"].clearly_dominated_by == ("drop",)
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PAR101").find(result)
    assert hit.model == "mlp"
    assert hit.message == (
        "drop has fewer sizes (−1,312) than mlp; good (+0.7 points) not distinguishable. By value drop is at least as good in every "
        "objective, so mlp offers no advantage over it."
    )


def test_a_pair_reads_the_same_from_either_side() -> None:
    """Of many models only the pairs that texts are about are recorded."""
    result = sized(0.01, mlp=(0.968, 11_386), cnn=(0.957, 6_586))
    first, second = words.parts(result, "mlp", "cnn"), words.parts(result, "cnn", "mlp")
    assert [one.value for one in first] == [-one.value for one in second] == pytest.approx([0.011, 4_800])
    assert first[0].metric.ci_low == -(second[0].metric.ci_high or 0)
    many = {f"m{place:02}": (0.5 + place / 100, 100 - place) for place in range(20)}
    few = sized(0.001, **many)
    assert len(few.pairs) == 19
    assert words.parts(few, "m03", "m10") == []
    for one in few.models:
        assert all(words.parts(few, other, one.model) for other in one.clearly_dominated_by[:1])


def test_a_missing_objective_excludes() -> None:
    """With the reason, never as best or worst."""
    result = compare(points(a=(0.9, 0.5), b=(0.8, 0.2), c=(None, 0.0)))
    assert [(one.model, one.reason) for one in result.excluded] == [("c", "Good: it was not measured")]
    found = result.find("pareto_rank", "c")
    assert (found.value, found.status, found.reason) == (None, "not_applicable", "Good: it was not measured")
    assert {one.model for one in result.models} == {"a", "b"}
    assert "PAR201" in codes(result)
    assert "Not compared: c." in draw_all(SECTION, result)[0].caption


def test_a_model_without_any_number_says_what_there_is() -> None:
    """Heads are not the model as a whole."""
    rows = [row(spec, model, 0.5) for model in "ab" for spec in (GOOD, BAD)]
    made = table(*rows, row(GOOD, "c", 0.9, subject="head:x"), row(BAD, "c", 0.1))
    (found,) = compare(made).excluded
    assert found.reason == "Good: no value for the model as a whole, only for head:x"


def test_a_part_of_the_models_can_be_compared() -> None:
    """By its subject, with the differences of that part."""
    rows = [
        row(spec, model, value, subject="head:x") for model, value in (("a", 0.5), ("b", 0.6)) for spec in (GOOD, BAD)
    ]
    ends = {"ci_low": -0.2, "ci_high": 0.1, "ci_method": "paired"}
    rows.append(row(DIFFERENCE, "a", -0.1, subject="head:x/vs b", **ends))
    objectives = [{"metric": address, "subject": "head:x"} for address in TWO]
    result = compare(table(*rows), objectives=objectives)
    assert [one.rank for one in result.models] == [1, 1]
    assert result.objectives[0].title == "Good (head:x)"
    assert "paired difference" in result.objectives[0].compared_by


def test_models_that_count_the_other_way_round_are_excluded() -> None:
    """A peak may be an accuracy or a loss: most models decide."""
    up, down = replace(PEAK, higher_is_better=True), replace(PEAK, higher_is_better=False)
    peaks = [row(up, "a", 0.9, estimator="val_accuracy"), row(up, "b", 0.8, estimator="val_accuracy")]
    bads = [row(BAD, model, 0.5) for model in "abc"]
    result = compare(table(*peaks, row(down, "c", 0.1, estimator="val_loss"), *bads), objectives=("s.peak", "s.bad"))
    assert [one.model for one in result.models] == ["a", "b"]
    assert result.excluded[0].reason == "Peak: lower is better for val_loss, but higher is better for the other models"
    assert result.objectives[0].direction_rule == "direction in most models"
    assert result.objectives[0].title == "Peak (val_accuracy)"


def test_numbers_measured_in_different_ways_are_told() -> None:
    """Both rise, and yet they are not one thing."""
    up = replace(PEAK, higher_is_better=True)
    ways = {"a": "val_accuracy", "b": "val_accuracy", "c": "val_auc"}
    peaks = [row(up, model, 0.9, estimator=way) for model, way in ways.items()]
    result = compare(table(*peaks, *(row(BAD, model, 0.5) for model in "abc")), objectives=("s.peak", "s.bad"))
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PAR202").find(result)
    assert hit.model == "c"
    assert "val_auc" in hit.message


def test_a_direction_is_declared_or_an_error() -> None:
    """Nothing is guessed."""
    made = table(*(row(spec, model, value) for model, value in (("a", 1), ("b", 2)) for spec in (BAD, SIZE)))
    declared = {"metric": "s.size", "direction": "min"}
    result = compare(made, objectives=("s.bad", declared))
    assert [one.rank for one in result.models] == [1, 2]
    assert result.objectives[1].direction_rule == "declared in the spec"
    with pytest.raises(ValueError, match="no preferred direction"):
        compare(made, objectives=("s.bad", "s.size"))


def test_too_few_models_make_no_front() -> None:
    """The result says so, and shows who is missing."""
    result = compare(points(a=(0.9, 0.5), b=(None, 0.2)))
    assert result.reason == "a front needs 2 models with all objectives (found 1)"
    assert result.find("pareto_rank", "a").reason == result.reason
    assert draw_all(SECTION, result) == []
    (only,) = SECTION.tables(result, View())
    assert result.reason in only.note
    assert compare(FRONT, min_models=6).reason is not None


def test_a_section_that_was_left_out_is_named() -> None:
    """Its numbers are not there to be compared."""
    result = compare(FRONT, objectives=("other.x", "s.bad"))
    assert result.excluded[0].reason == "other.x: its section is not part of this run"


def test_the_heatmap_scales_to_the_best() -> None:
    """1 is the best whichever end that is; what is missing stays missing; the numbers are the raw ones."""
    rows = [row(SIZE, "a", 7), row(SIZE, "b", None), row(SIZE, "c", 7), row(SIZE, "d", 7), row(SIZE, "e", 7)]
    made = replace(FRONT, rows=(*FRONT.rows, *rows))
    result = compare(made, heatmap=("s.bad", {"metric": "s.size", "direction": "max"}))
    assert [one.normalised[0] for one in result.rows] == pytest.approx([1 / 3, 5 / 6, 1, 1 / 6, 0])
    assert [one.normalised[1] for one in result.rows] == [1, None, 1, 1, 1]
    assert result.rows[0].values[0] is not None
    assert result.rows[0].values[0].value == 0.5


def test_one_model_may_be_best_in_everything() -> None:
    """Then there is nothing to trade off."""
    clear = compare(points((0.01, 0.01), a=(0.9, 0.1), b=(0.8, 0.2)))
    assert codes(clear) == {"PAR101", "PAR103"}
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PAR101").find(clear)
    assert hit.effect == pytest.approx(0.1 / (0.01 * 2**0.5))
    untested = compare(points(a=(0.9, 0.1), b=(0.8, 0.2)))
    assert codes(untested) == {"PAR103", "PAR104"}
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PAR103").find(untested)
    assert "not tested or within uncertainty" in hit.message
    assert "PAR103" not in codes(compare(FRONT))


@pytest.mark.parametrize("count", [2, 3, 50])
def test_figures_of_few_and_of_many(count: int) -> None:
    """All points are drawn; how many names and rows are left out is said."""
    made = {f"m{i:02}": ((i * 37 % 101) / 101, (i * 53 % 103) / 103) for i in range(count)}
    figures = draw_all(SECTION, compare(points((0.05, None), **made)))
    assert [figure.name for figure in figures] == (["front", "heatmap"] if count == 50 else ["front"])
    assert ("At most 12 points are named" in figures[0].caption) == (count == 50)
    assert ("38 more are in the table" in figures[-1].caption) == (count == 50)


def test_more_objectives_have_a_panel_each() -> None:
    """The first against each other one; the exact one stands first, for its cost."""
    sizes = [row(SIZE, model, 10**place) for place, model in enumerate("abcde")]
    made = replace(FRONT, rows=(*FRONT.rows, *sizes))
    result = compare(made, objectives=(*TWO, {"metric": "s.size", "direction": "min"}))
    assert result.knee is None
    assert [(one.across, one.up) for one in result.fronts] == [(1, 0), (2, 0)]
    front, pairs = draw_all(SECTION, result)
    assert [panel.title for panel in front.panels] == ["Good and Bad"]
    assert (pairs.title, [panel.title for panel in pairs.panels]) == ("Good against Sizes", ["Good and Sizes"])
    sized = replace(made, specs={**made.specs, "s.size": replace(SIZE, exact=True)})
    front, pairs = draw_all(SECTION, compare(sized, objectives=(*TWO, {"metric": "s.size", "direction": "min"})))
    assert [panel.title for panel in (*front.panels, *pairs.panels)] == ["Good and Sizes", "Good and Bad"]


def test_titles_say_what_there_is_to_choose() -> None:
    """Candidate and baseline by their numbers; else the front; one model that is ahead in all has no line."""
    result = compare(FRONT)

    def title(made: ParetoResult, decision: Decision = COMPARISON) -> str:
        looks = style.theme("publication", [one.model for one in made.models])
        assert SECTION.visualizer is not None
        return next(iter(SECTION.visualizer(looks, View(decision=decision)).figures(made))).title

    assert title(result) == "3 of 5 models are on the front by value: a, b, c"
    pair = Decision(candidate="a", baseline=Baseline(model="b"))
    assert (
        title(result, pair).replace(formatting.THIN, " ")
        == "a is not shown to differ from b; good (+10.0 points) and bad (+0.300 nats) not tested"
    )
    alone = compare(points(a=(0.9, 0.1), b=(0.8, 0.2)))
    assert title(alone) == "By value, no model is better than a in any objective"
    assert "there is no front to draw" in draw_all(SECTION, alone)[0].caption


def test_a_model_that_would_squeeze_the_others_is_named_instead() -> None:
    """Of many; few are all drawn."""
    near = {f"m{place}": (0.9 + place / 1000, 0.1 + place / 1000) for place in range(8)}
    caption = draw_all(SECTION, compare(points(far=(0.05, 0.1), **near)))[0].caption
    assert "Not drawn, because far worse than all others: far." in caption
    assert (
        "Not drawn" not in draw_all(SECTION, compare(points(far=(0.05, 0.1), m0=(0.9, 0.1), m1=(0.91, 0.2))))[0].caption
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objectives": ("s.good",)}, "at least 2"),
        ({"objectives": ("s.good", {"metric": "s.good", "direction": "min"})}, "duplicate metric 's.good'"),
        ({"reference_point": {"s.size": 1.0}}, "'s.size' is not an objective"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    """Told before anything is computed."""
    with pytest.raises(ValidationError, match=message):
        ParetoOptions(**{"objectives": TWO, **options})


def test_what_it_reads_is_told_to_the_plan() -> None:
    """With the place of what is written; what is a default has none."""
    by_default = ParetoAnalyzer(ParetoOptions()).reads()
    assert [one.address.partition(".")[2] for one in by_default] == [
        "accuracy",
        "parameters",
    ]
    assert {one.option for one in by_default} == {()}
    written = ParetoAnalyzer(ParetoOptions(objectives=("s.good", {"metric": "s.size", "direction": "min"}))).reads()
    assert [one.option for one in written] == [("objectives", 0), ("objectives", 1, "metric")]
    assert written[1].direction == "min"


# ------------------------------------------------------------------------------------------------ default objectives

ACCURACY = MetricSpec("accuracy", "Accuracy", "fraction", True, "Right.", "test")
IOU = MetricSpec("mean_iou", "Mean IoU", "fraction", True, "Areas.", "test")
ERROR = MetricSpec("mae", "MAE", "", False, "Off.", "test")
COUNTED = MetricSpec("parameters", "Parameters", "count", None, "How large.", "test", exact=True)


MULTIPLIED = MetricSpec("multiply_adds", "Multiply-adds", "count", False, "What one example takes.", "test", exact=True)


def measured(
    values: dict[str, list[tuple[MetricSpec, str | None]]], *, costs: Sequence[TableRow] = (), **options: Any
) -> ParetoResult:
    """Compare models by default, each with some of the headlines of performance, by output; ``costs`` are what section cost says."""
    made = [
        TableRow(section="performance", measurement=spec.measure(model, 0.5, subject=subject))
        for model, found in values.items()
        for spec, subject in found
    ]
    made += [TableRow(section="overview", measurement=COUNTED.measure(model, 10)) for model in values]
    missing = ACCURACY.missing("a", "not_applicable", "the task is segmentation")
    made += [TableRow(section="performance", measurement=missing), *costs]
    headlines = tuple(Headline("performance", spec) for spec in (ACCURACY, IOU, ERROR))
    specs = {f"performance.{spec.name}": spec for spec in (ACCURACY, IOU, ERROR)}
    specs["overview.parameters"] = COUNTED
    specs |= {f"cost.{spec.name}": spec for spec in (COUNTED, MULTIPLIED) if costs}
    made_table = MetricTable(tuple(values), tuple(made), headlines, specs)
    return ParetoAnalyzer(ParetoOptions(**options)).compare(made_table)


def chosen(result: ParetoResult) -> list[tuple[str, str | None]]:
    """Return the objectives but for the cost, which is the last one."""
    assert result.objectives[-1].address == "overview.parameters"
    return [(one.address.partition(".")[2], one.subject) for one in result.objectives[:-1]]


@pytest.mark.parametrize("spec", [ACCURACY, IOU, ERROR])
def test_by_default_the_quality_is_that_of_the_task(spec: MetricSpec) -> None:
    """Whatever the task; the report says how it was chosen, and nothing is left out."""
    result = measured({"b": [(spec, None)], "c": [(spec, None), (ERROR, None)]})
    assert chosen(result) == [(spec.name, None)]
    assert result.excluded == ()
    assert "Chosen by default: the first key number" in SECTION.tables(result, View())[1].note
    assert "Chosen" not in SECTION.tables(compare(FRONT), View())[1].note


def test_by_default_each_output_is_an_objective() -> None:
    """At most three; an output that fewer models have is none, and a metric that fewer models have neither."""
    heads = [f"head:{name}" for name in "wxyz"]
    both = {model: [(IOU, heads[0]), (ERROR, heads[1])] for model in "ab"}
    assert chosen(measured(both)) == [("mean_iou", "head:w"), ("mae", "head:x")]
    many = {model: [(ERROR, one) for one in heads] for model in "ab"}
    assert chosen(measured(many)) == [("mae", one) for one in heads[:3]]
    result = measured({"a": [(IOU, None)], "b": [(IOU, None)], "c": [(ERROR, None)], "d": [(ERROR, heads[0])]})
    assert chosen(result) == [("mean_iou", None)]
    assert [one.model for one in result.excluded] == ["c", "d"]


def test_by_default_the_cost_is_that_of_the_section_cost() -> None:
    """The multiply-adds, unless those of a model are not known; the rule is recorded, and a model that was not evaluated decides nothing."""
    values = {model: [(ACCURACY, None)] for model in "ab"}
    found = measured(values)
    assert found.objectives[-1].address == "overview.parameters"
    assert found.objectives_rule.endswith("and the number of parameters, because the report has no section cost")
    parameters = [TableRow(section="cost", measurement=COUNTED.measure(model, 10)) for model in "ab"]
    counts = [TableRow(section="cost", measurement=MULTIPLIED.measure(model, 100)) for model in "ab"]
    failed = [
        TableRow(section="cost", measurement=spec.missing("c", "failed", "no file")) for spec in (COUNTED, MULTIPLIED)
    ]
    found = measured(values, costs=[*parameters, *counts, *failed])
    assert found.objectives[-1].address == "cost.multiply_adds"
    assert found.objectives_rule.endswith("and the multiply-adds of one example")
    unknown = MULTIPLIED.missing("b", "not_applicable", "layers FFT are not counted")
    found = measured(values, costs=[*parameters, counts[0], TableRow(section="cost", measurement=unknown)])
    assert found.objectives[-1].address == "cost.parameters"
    assert found.objectives_rule.endswith("because the multiply-adds of some models are not known")
    assert not found.excluded


def test_no_quality_at_all_is_said() -> None:
    """Of the metric that there is none of."""
    result = measured({"a": [], "b": []})
    assert result.reason == "a front needs 2 models with all objectives (found 0)"
    assert [one.reason for one in result.excluded] == [
        "Accuracy: the task is segmentation",
        "Accuracy: no value for the model as a whole",
    ]


def test_a_reference_point_of_another_metric_than_the_default() -> None:
    """Is never ignored: it is known only when the objectives are."""
    values = {model: [(IOU, None)] for model in "ab"}
    result = measured(values, reference_point={"performance.mean_iou": 0.1})
    assert result.objectives[0].reference == 0.1
    message = r"reference_point: 'performance.accuracy' is not an objective \(these are performance.mean_iou, "
    with pytest.raises(ValueError, match=message):
        measured(values, reference_point={"performance.accuracy": 0.1})
