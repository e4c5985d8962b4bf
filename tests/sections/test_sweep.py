"""The sweep section: which parameters matter, which do not, what cannot be told, what fails, what to take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, draw_all, model, multilabel_head, regression_head
from sweeps import ROWS, SWEEP, grid, made, swept

from reportgen.contract.decision import Decision
from reportgen.contract.focus import View
from reportgen.contract.params import FailedTrial, Params
from reportgen.contract.records.architecture import Architecture
from reportgen.contract.records.cost import Cost
from reportgen.metrics.effects import FEWEST_FREEDOM
from reportgen.sections.sweep import factors
from reportgen.sections.sweep.schema import SweepOptions, SweepResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.sections.sweep.schema import HeadSweep, Parameter

SETTINGS = grid(kind=("cnn", "mlp"), width=(8, 24), drop=(0.0, 0.4), lr=(0.0003, 0.003, 0.03))


def by_kind(setting: dict[str, Any]) -> float:
    """Make one parameter matter, by 20 points."""
    return 0.9 if setting["kind"] == "cnn" else 0.7


def parameters(head: HeadSweep) -> dict[str, Parameter]:
    """Return the parameters of an output by name."""
    return {one.name: one for one in head.parameters}


def said(result: SweepResult) -> list[str]:
    """Return the statements as text."""
    return [one.text for one in SWEEP.statements(result, View())]


# ------------------------------------------------------------------------------------------------ effects


def test_the_parameter_that_matters_is_found() -> None:
    """Its effect is the difference of the mean scores in a balanced grid; the others have none."""
    result = swept(SETTINGS, by_kind)
    (head,) = result.heads
    found = parameters(head)
    assert {name: one.verdict for name, one in found.items()} == {
        "kind": "matters",
        "width": "not shown",
        "drop": "not shown",
        "lr": "not shown",
    }
    assert (found["kind"].better, found["kind"].worse, found["kind"].best) == ("cnn", "mlp", "cnn")
    assert (head.reason, head.error, head.additive, head.family) == (None, "residuals", False, 1 + 1 + 1 + 3)
    scores = [(one.params["kind"], one.score.value) for one in head.models if one.score is not None]
    expected = np.mean([value for kind, value in scores if kind == "cnn"]) - np.mean(
        [value for kind, value in scores if kind == "mlp"]
    )
    metric = result.find("accuracy_effect", "m0", "param:kind = cnn vs mlp")
    assert metric.value == pytest.approx(expected)
    assert metric.ci_low is not None
    assert metric.ci_low > 0.1
    assert metric.ci_method is not None
    assert "runs about the model and rows crossed" in metric.ci_method


def test_the_statements_answer_the_sweep() -> None:
    """What matters, what does not with how large it could be, and where to look."""
    last, first, second, *_ = said(swept(SETTINGS, by_kind))
    assert first.startswith("kind matters: +")
    assert first.endswith(" from mlp to cnn.")
    assert second.startswith("No effect shown of ")
    assert second.count("(if any, up to ") == 3
    assert last == "A linear fit to the parameters predicts the best accuracy with kind = cnn (12 models)."


def test_with_a_candidate_the_sweep_is_what_its_choice_rests_on() -> None:
    """Page one is then about the candidate."""
    result = swept(SETTINGS, by_kind)
    view = View(decision=Decision(candidate="m0"))
    assert {one.topic for one in SWEEP.statements(result, view)} == {"data"}
    assert {one.topic for one in SWEEP.statements(result, View())} == {"parameters"}


def test_nothing_is_negligible_unless_the_spec_says_what_is() -> None:
    """Then an effect whose interval stays within it is."""
    (head,) = swept(SETTINGS, by_kind, negligible=0.2).heads
    assert parameters(head)["drop"].verdict == "negligible"
    (head,) = swept(SETTINGS, by_kind, negligible=0.001).heads
    assert parameters(head)["drop"].verdict == "not shown"


def test_seeds_are_repeats() -> None:
    """A parameter that numbers trainings is none: the variance between runs is that of repeated settings."""
    settings = grid(kind=("cnn", "mlp"), seed=(1, 2, 3, 4))
    (head,) = swept(settings, by_kind).heads
    assert (head.error, head.freedom) == ("repeats", 6)
    assert list(parameters(head)) == ["kind"]
    (head,) = swept([{**one, "repeat": one["seed"]} for one in settings], by_kind, seed="repeat").heads
    assert set(parameters(head)) == {"kind", "seed"}


def test_an_interaction_is_found() -> None:
    """The width matters for one kind only."""
    settings = grid(kind=("cnn", "mlp"), width=(8, 24), seed=(1, 2, 3))
    result = swept(settings, lambda one: 0.9 if one["kind"] == "cnn" or one["width"] == 24 else 0.6)
    (interaction,) = result.heads[0].interactions
    assert interaction.shown
    assert (interaction.one_values, interaction.other_values) == (("cnn", "mlp"), (8, 24))
    metric = result.find("accuracy_interaction", "m0", interaction.subject)
    assert metric.value == pytest.approx(0.3, abs=0.06)
    (sentence,) = (one for one in said(result) if "interact" in one)
    gain = "kind and width interact: the gain from kind = mlp to cnn is 28.4 points larger at width = 8 than at 24."
    assert sentence == gain
    lower = swept(settings, lambda one: 0.9 if one["kind"] == "cnn" or one["width"] == 24 else 0.6, score="nll")
    (sentence,) = (one for one in said(lower) if "interact" in one)
    assert sentence.startswith("kind and width interact: the gain from kind = mlp to cnn is ")
    assert sentence.endswith(" larger at width = 8 than at 24.")


def test_too_few_models_are_too_few() -> None:
    """Rather than effects without degrees of freedom."""
    (head,) = swept(grid(kind=("cnn", "mlp"), width=(8, 24)), by_kind).heads
    assert head.reason is not None
    assert head.reason.startswith(
        f"4 models leave 1 degree of freedom for how much training runs vary, and {FEWEST_FREEDOM}"
    )
    assert {one.verdict for one in head.parameters} == {"not compared"}
    assert said(swept(grid(kind=("cnn", "mlp"), width=(8, 24)), by_kind))[0].startswith("Too few to tell which")


def test_parameters_that_vary_together_have_no_effect() -> None:
    """Both say so, and a rule fires; the third one is estimated."""
    settings = [{**one, "drop": 0.4 if one["kind"] == "cnn" else 0.0} for one in SETTINGS]
    result = swept(settings, by_kind)
    found = parameters(result.heads[0])
    assert found["kind"].verdict == found["drop"].verdict == "not separable"
    assert (found["kind"].aliases, found["kind"].reason) == (("drop",), "it varies together with drop in these models")
    assert found["lr"].verdict == "not shown"
    assert result.find_or_none("accuracy_effect", "m0", "param:kind = cnn vs mlp") is None
    assert "not separable, because they vary together: " in " ".join(said(result))


def test_the_order_of_models_and_parameters_changes_nothing() -> None:
    """The same verdicts and numbers."""
    evaluated = made(SETTINGS, by_kind)
    order = np.random.default_rng(2).permutation(len(SETTINGS))
    models = tuple(evaluated.models[place] for place in order)
    values = {one.name: dict(reversed(evaluated.params.values[one.name].items())) for one in models}
    shuffled = replace(evaluated, models=models, params=Params(values))
    first, second = (analyzed(SWEEP, one).heads[0] for one in (evaluated, shuffled))
    assert {one.name: (one.verdict, one.better) for one in first.parameters} == {
        one.name: (one.verdict, one.better) for one in second.parameters
    }
    one, other = (
        analyzed(SWEEP, each).find("accuracy_effect", each.models[0].name, "param:kind = cnn vs mlp")
        for each in (evaluated, shuffled)
    )
    assert (one.value, one.ci_low) == (pytest.approx(other.value), pytest.approx(other.ci_low))


# ------------------------------------------------------------------------------------------------ the parameters


def test_numbers_with_many_values_are_curves() -> None:
    """Over the logarithm where they span a factor of ten; compared at the ends and in the middle."""
    settings = [{"lr": 10 ** (-4 + 3 * place / 29), "width": 8 + place % 7} for place in range(30)]
    (head,) = swept(settings, lambda one: 0.9 - 0.15 * abs(np.log10(one["lr"]) + 2.5)).heads
    found = parameters(head)
    assert (found["lr"].form, found["lr"].logarithmic) == ("curve", True)
    assert [point.value for point in found["lr"].points] == [pytest.approx(1e-4), 0.00316, pytest.approx(0.1)]
    assert (found["width"].form, found["width"].logarithmic) == ("curve", False)
    assert found["lr"].verdict == "matters"
    assert isinstance(found["lr"].best, float)
    assert 0.001 < found["lr"].best < 0.01
    assert head.next is not None
    assert head.next.models == ()


def test_the_scale_of_a_curve_follows_from_its_values() -> None:
    """Dropout rates that happen to span a factor of ten are not rates of learning."""
    options, generator = SweepOptions(), np.random.default_rng(4)
    settings = [
        {"drop": float(drop), "lr": float(10**power)}
        for drop, power in zip(generator.uniform(0.01, 0.5, 40), generator.uniform(-5, -1, 40), strict=True)
    ]
    drop, lr = factors.varied(settings, ["drop", "lr"], options)
    assert (drop.form, drop.logarithmic, lr.form, lr.logarithmic) == ("curve", False, "curve", True)
    assert drop.points[1] == pytest.approx((min(drop.values) + max(drop.values)) / 2, rel=0.01)  # type: ignore[type-var,operator]


def test_values_are_told_apart_as_they_are_written() -> None:
    """1, true and "1" are three values, 1 and 1.0 are one."""
    settings: list[dict[str, Any]] = [{"a": 1}, {"a": True}, {"a": "1"}, {"a": 1.0}]
    assert factors.distinct(settings, "a") == (True, 1.0, "1")
    assert list(factors.codes(settings, ["a"])) == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([0.1, 0.2, None, 0.1, 0.2, 0.1, 0.2, 0.1], "it is not set for 1 of 8 models"),
        ([f"run {place}" for place in range(8)], "its 8 values for 8 models name models rather than settings"),
    ],
)
def test_parameters_that_cannot_be_compared(values: list[Any], reason: str) -> None:
    """They have a reason, and take nothing from the others."""
    settings = [
        {"kind": "cnn" if place % 2 else "mlp"} | ({} if value is None else {"other": value})
        for place, value in enumerate(values)
    ]
    found = parameters(swept(settings, by_kind).heads[0])
    assert (found["other"].verdict, found["other"].reason) == ("not compared", reason)
    assert found["kind"].strongest is not None


def test_what_all_models_share_is_said() -> None:
    """And models without parameters, or earlier checkpoints of a run, are no part of the sweep."""
    evaluated = made([*({**one, "epochs": 12} for one in SETTINGS), {}], lambda one: by_kind(one) if one else 0.5)
    models = [replace(one, series="run" if one.name in {"m0", "m1"} else None) for one in evaluated.models]
    result = analyzed(SWEEP, replace(evaluated, models=tuple(models)))
    assert result.constant == {"epochs": 12}
    assert (result.left_out, result.without) == (("m0",), 1)
    assert len(result.heads[0].models) == len(SETTINGS) - 1
    note = next(table.note for table in SWEEP.tables(result, View()) if table.name == "models")
    assert note == (
        "Parameters: lr from the test. 1 model has no parameters and is no part of the sweep. Left out as earlier checkpoints of a run: m0."
    )


# ------------------------------------------------------------------------------------------------ failures, choice


def half_fails(setting: dict[str, Any]) -> float | None:
    """Let a learning rate fail."""
    return None if setting["lr"] == 0.03 else by_kind(setting)


def test_failures_are_found_and_left_out() -> None:
    """Models no better than the most frequent class, all with one learning rate: Fisher's test, adjusted for the values."""
    result = swept(SETTINGS, half_fails)
    (head,) = result.heads
    assert {one.failed for one in head.models if one.params["lr"] == 0.03} == {
        "not measurably better than always predicting 0"
    }
    first = head.failures[0]
    assert (first.words, first.failed, first.models, first.others_failed, first.others) == ("lr = 0.03", 8, 8, 0, 16)
    assert result.find("failed", "m0", first.subject).value == 1
    chance = result.find("failed_p", "m0", first.subject).value
    assert chance is not None
    assert chance < 1e-4
    assert [point.value for point in parameters(head)["lr"].points] == [0.0003, 0.003]
    (sentence,) = [one for one in said(result) if "fail" in one]
    assert sentence.startswith(
        "8 of 24 models fail (not measurably better than always predicting 0), all with lr = 0.03: 8 of 8, of the others 0 of 16 (p < 0.001)"
    )


def test_a_model_that_was_not_evaluated_failed() -> None:
    """With its reason."""
    evaluated = made(SETTINGS, by_kind)
    broken = model("m0", reason="it cannot be loaded")
    result = analyzed(SWEEP, replace(evaluated, models=(broken, *evaluated.models[1:])))
    assert result.heads[0].models[0].failed == "not evaluated: it cannot be loaded"
    assert result.heads[0].models[0].score is None
    assert result.first == "m0"


def with_trials(*lost: dict[str, Any], **more: Any) -> SweepResult:
    """Return the result of a sweep in which no model fails, with trials that left none and that the tuner marks as failed."""
    trials = tuple(
        FailedTrial(f"study.csv, trial {place}", one, "study.csv", "0" * 64) for place, one in enumerate(lost)
    )
    evaluated = made(SETTINGS, by_kind)
    result: SweepResult = analyzed(SWEEP, replace(evaluated, params=replace(evaluated.params, failed=trials, **more)))
    return result


def test_a_trial_that_left_no_model_fails_if_the_tuner_says_so() -> None:
    """With a learning rate that no model has: 8 of 8 with it, none of the others; effects are those of the models alone."""
    setting = {"kind": "cnn", "width": 8, "drop": 0.0, "lr": 1.0}
    result = with_trials(*[setting] * 8)
    (head,), (alone,) = result.heads, swept(SETTINGS, by_kind).heads
    assert (head.models, head.parameters, head.choice) == (alone.models, alone.parameters, alone.choice)
    first = head.failures[0]
    assert (first.words, first.failed, first.models, first.others_failed, first.others) == ("lr = 1", 8, 8, 0, 24)
    assert result.find("failed", "m0", first.subject).n == 8
    chance = result.find("failed_p", "m0", first.subject)
    assert chance.value is not None
    assert (chance.n, chance.value < 1e-5) == (32, True)
    (sentence,) = [one for one in said(result) if "fail" in one]
    assert sentence == (
        "8 of 32 trainings fail (the tuner says they failed, and left no model), all with lr = 1: 8 of 8, of the others 0 of 24 (p < 0.001)."
    )
    hits = [one.message for rule in SWEEP.rules if rule.code == "SWP101" for one in rule.find(result)]
    assert hits[0].startswith("8 of 8 trainings with lr = 1 fail, and 0 of 24 others (p < 0.001, adjusted)")
    tables = {table.name: table for table in SWEEP.tables(result, View())}
    standing = "failed: the tuner says it failed, and left no model"
    assert tables["trials"].rows[0] == ("study.csv, trial 0", "cnn", "8", "0", "1", standing)
    assert tables["failures"].note.endswith("With 8 trials: the tuner says they failed, and left no model.")


def test_a_trial_counts_for_the_parameters_that_are_known_of_it() -> None:
    """A parameter that it lacks is tested with the models alone; failures of models and of trials are told apart."""
    evaluated = made(SETTINGS, half_fails)
    lost = FailedTrial("tuner/trial_7/trial.json", {"kind": "mlp"}, "tuner/trial_7/trial.json", "0" * 64)
    result = analyzed(SWEEP, replace(evaluated, params=replace(evaluated.params, failed=(lost,))))
    found = {one.words: (one.failed, one.models, one.others_failed, one.others) for one in result.heads[0].failures}
    assert found["lr = 0.03"] == (8, 8, 0, 16)
    assert found["kind = mlp"] == (5, 13, 4, 12)
    (sentence,) = [one for one in said(result) if "fail" in one]
    assert sentence.startswith(
        "9 of 25 trainings fail (8 models: not measurably better than always predicting 0; 1 trial: the tuner says it failed, and left no model): lr = 0.03 in 8 of 8"
    )


def test_what_the_tuner_stopped_early_did_not_fail() -> None:
    """It is a row without a model, and both the note and the finding say so."""
    result = with_trials(unused=(("study.csv", 5),), pruned=(("study.csv", 3),))
    assert not result.heads[0].failures
    assert not [one for one in said(result) if "fail" in one]
    note = next(table.note for table in SWEEP.tables(result, View()) if table.name == "models")
    assert note.endswith(
        "study.csv: 3 trials of it were stopped early by the tuner (pruned) and left no model, which does not count as failed."
    )
    (hit,) = [one.message for rule in SWEEP.rules if rule.code == "SWP203" for one in rule.find(result)]
    assert hit.startswith(
        "study.csv has 5 rows about no model of this report. The tuner stopped 3 of them early (pruned): these do not count as failed. If models"
    )


def test_no_model_works() -> None:
    """Nothing is compared, nothing chosen."""
    result = swept(SETTINGS, lambda _: None)
    (head,) = result.heads
    assert head.reason == "no parameter has several values among the 0 models that did not fail"
    assert (head.choice, head.next, head.parameters, head.failures) == (None, None, (), ())
    assert len(SWEEP.tables(result, View())) == 1


def test_the_smallest_of_the_ties_is_named() -> None:
    """The best by value is not told from its equals, of which one has the fewest weights."""
    evaluated = made(SETTINGS, by_kind)
    models = tuple(replace(one, architecture=architecture(1000 + place)) for place, one in enumerate(evaluated.models))
    result = analyzed(SWEEP, replace(evaluated, models=models))
    found = result.heads[0].choice
    kinds = {one.model: one.params["kind"] for one in result.heads[0].models}
    assert found is not None
    assert {kinds[name] for name in (found.best, *found.tied)} == {"cnn"}
    assert found.smallest == min((found.best, *found.tied), key=lambda name: int(name[1:]))
    (take,) = (one for one in said(result) if one.startswith("Take "))
    assert take.startswith(f"Take {found.smallest}, the smallest that is not measurably worse than the best: ")
    assert any(one.endswith("; none of them is smaller.") for one in said(result))
    right = {one.name: one.heads[0].outputs.correct.mean() for one in evaluated.models}
    assert found.behind is not None
    assert found.behind.value == pytest.approx(right[found.smallest] - right[found.best])
    assert f"; the difference, {formatting.with_interval(found.behind)}, could be luck." in take
    view = View(decision=Decision(candidate="m0"))
    assert SWEEP.statements(result, view)[0].text.startswith(f"The sweep favors {found.smallest}, the smallest ")


@pytest.mark.parametrize("extra", [0, 3])
def test_of_several_as_small_the_sentence_says_so(extra: int) -> None:
    """And that the one to take is right more often; where the report has other models, of how many swept ones it speaks."""
    evaluated = made(SETTINGS, by_kind)
    right = {one.name: float(one.heads[0].outputs.correct.mean()) for one in evaluated.models}
    kinds = {f"m{place}": one["kind"] for place, one in enumerate(SETTINGS)}
    *_, third, second, best = sorted((name for name in right if kinds[name] == "cnn"), key=lambda name: right[name])
    assert right[third] < right[second] < right[best]
    sizes = {name: 1000 if name in {third, second} else 2000 for name in right}
    models = tuple(replace(one, architecture=architecture(sizes[one.name])) for one in evaluated.models)
    result = analyzed(SWEEP, replace(evaluated, models=models)).model_copy(update={"without": extra})
    found = result.heads[0].choice
    assert found is not None
    assert (found.best, found.smallest) == (best, second)
    among = f" of {len(right)} swept models" if extra else ""
    rest = "none of them is smaller, 1 is as small but right less often."
    assert f"{len(found.tied) - 1} more{among} are not measurably worse than the best; {rest}" in said(result)


def test_other_costs_stand_beside_quality_where_they_were_asked_for() -> None:
    """Multiply-adds and bytes have columns only with the section that counts them, and a tied model that has fewer multiply-adds is named."""
    evaluated = made(SETTINGS, by_kind)
    names = [one.name for one in evaluated.models]
    sized = [replace(one, architecture=architecture(1000 + place)) for place, one in enumerate(evaluated.models)]
    plain = analyzed(SWEEP, replace(evaluated, models=tuple(sized)))
    columns = [
        column.title for table in SWEEP.tables(plain, View()) if table.name == "models" for column in table.columns
    ]
    assert columns[-3:] == ["Accuracy", "Weights", "Standing"]
    operations = {name: 5_000_000 - 1000 * place for place, name in enumerate(names)}
    models = tuple(replace(one, cost=Cost((), operations[one.name], 1, 1), size_bytes=20_000) for one in sized)
    result = analyzed(SWEEP, replace(evaluated, models=models))
    (table,) = (table for table in SWEEP.tables(result, View()) if table.name == "models")
    assert [column.title for column in table.columns][-4:] == ["Weights", "Multiply-adds", "File size", "Standing"]
    assert table.rows[1][-4:-1] == (1001, 4_999_000, 20_000)
    found = result.heads[0].choice
    assert found is not None
    least = max((found.best, *found.tied), key=names.index)
    taken = found.smallest
    assert taken is not None
    sentence = f" {least} has fewer multiply-adds, {operations[least]:,} against {operations[taken]:,} of {taken}."
    assert [one for one in said(result) if one.endswith(sentence)]
    assert not [one for one in said(plain) if "multiply-adds" in one]


def architecture(count: int) -> Architecture:
    """Make an architecture of which only the number of weights counts."""
    made_of = dict.fromkeys(Architecture.__dataclass_fields__)
    return Architecture(**{**made_of, "parameters": count, "layers": ()})  # type: ignore[arg-type]


def test_the_next_step_is_within_the_ranges_tried() -> None:
    """Between the neighbors of the best number; one at an end is held there, and what lies beyond it is said not to be known."""
    settings = grid(lr=(0.0003, 0.003, 0.03), width=(8, 24), seed=(1, 2, 3))
    result = swept(settings, lambda one: 0.6 + 0.2 * (one["lr"] == 0.003) + 0.15 * (one["width"] == 24))
    found = result.heads[0].next
    assert found is not None
    assert found.settings == {"lr": 0.003, "width": 24}
    assert (found.between, found.ends, len(found.models)) == ({"lr": (0.0003, 0.03)}, ("width",), 3)
    wanted = (
        "To improve on it, try lr near 0.003 (between 0.0003 and 0.03), with width = 24: a linear fit to the parameters predicts the best accuracy there. "
        "The best width, 24, is the largest tried, so a larger one may be better; it was not tried and is not predicted."
    )
    assert wanted in said(result)


def test_values_beyond_the_ranges_tried_are_not_proposed() -> None:
    """Where every number is best at an end of its range, the sentence names the models there, and what was not tried."""
    settings = grid(lr=(0.0003, 0.003), width=(8, 24), seed=(1, 2, 3))
    result = swept(settings, lambda one: 0.6 + 0.2 * (one["lr"] == 0.0003) + 0.15 * (one["width"] == 24))
    found = result.heads[0].next
    assert found is not None
    assert set(found.ends) == {"lr", "width"}
    (sentence,) = [one for one in said(result) if one.startswith("A linear fit")]
    first, second = found.settings
    ends = {"lr": "the best lr, 0.0003, is the smallest tried", "width": "the best width, 24, is the largest tried"}
    there = f"{first} = {found.settings[first]}, {second} = {found.settings[second]} (3 models)"
    assert sentence == (
        f"A linear fit to the parameters predicts the best accuracy with {there}. T{ends[first][1:]} and {ends[second]}: "
        "values beyond may be better; they were not tried and are not predicted."
    )


# ------------------------------------------------------------------------------------------------ scores, rows


def test_nll_on_request() -> None:
    """Lower is better: the better value comes first, with a negative effect."""
    result = swept(SETTINGS, by_kind, score="nll")
    (head,) = result.heads
    assert head.score == "nll"
    assert parameters(head)["kind"].better == "cnn"
    metric = result.find("nll_effect", "m0", "param:kind = cnn vs mlp")
    assert metric.value is not None
    assert metric.value < 0
    assert metric.unit == "nats"


def test_regression_and_multilabel_have_their_scores() -> None:
    """The MAE, and the exact match."""
    generator = np.random.default_rng(3)
    labels = generator.normal(size=ROWS)
    settings = grid(kind=("cnn", "mlp"), seed=(1, 2, 3, 4))
    values = [
        regression_head(labels + generator.normal(size=ROWS) * (0.2 if one["kind"] == "cnn" else 0.4), labels)
        for one in settings
    ]
    evaluated = made(settings, by_kind)
    models = tuple(replace(one, heads=(value,)) for one, value in zip(evaluated.models, values, strict=True))
    result = analyzed(SWEEP, replace(evaluated, models=models))
    assert result.heads[0].score == "mae"
    metric = result.find("mae_effect", "m0", "param:kind = cnn vs mlp")
    assert metric.value == pytest.approx(-0.2 * np.sqrt(2 / np.pi), rel=0.1)
    several = generator.integers(0, 2, (ROWS, 3))
    logits = [(2 * several - 1) * np.where(generator.random((ROWS, 1)) < by_kind(one), 1.0, -1.0) for one in settings]
    models = tuple(
        replace(one, heads=(multilabel_head(value, several),))
        for one, value in zip(evaluated.models, logits, strict=True)
    )
    result = analyzed(SWEEP, replace(evaluated, models=models))
    assert result.heads[0].score == "exact_match"
    assert parameters(result.heads[0])["kind"].verdict == "matters"


def test_groups_of_rows_are_units() -> None:
    """Duplicated rows in groups tell no more than the rows alone; fewer than ten groups tell nothing."""
    evaluated = made(SETTINGS, by_kind)
    data = evaluated.data
    assert data is not None
    alone = analyzed(SWEEP, evaluated).find("accuracy_effect", "m0", "param:kind = cnn vs mlp")
    paired = replace(data, by="patient", groups=np.arange(ROWS) // 8)
    found = analyzed(SWEEP, replace(evaluated, data=paired)).find("accuracy_effect", "m0", "param:kind = cnn vs mlp")
    assert found.value == pytest.approx(alone.value)
    assert found.ci_method is not None
    assert "clustered by patient, 50 groups" in found.ci_method
    few = replace(data, by="patient", groups=np.arange(ROWS) // 80)
    (head,) = analyzed(SWEEP, replace(evaluated, data=few)).heads
    assert head.reason == "it rests on fewer than 10 groups (patient)"


def test_rows_of_equal_weight_are_rows() -> None:
    """Weights of 1 change no number."""
    evaluated = made(SETTINGS, by_kind)
    assert evaluated.data is not None
    weighted = replace(evaluated, data=replace(evaluated.data, weights=np.ones(ROWS)))
    one, other = (
        analyzed(SWEEP, each).find("accuracy_effect", "m0", "param:kind = cnn vs mlp") for each in (evaluated, weighted)
    )
    assert (one.value, one.ci_low) == (pytest.approx(other.value), pytest.approx(other.ci_low))


# ------------------------------------------------------------------------------------------------ what is shown


def test_everything_is_drawn_from_the_results() -> None:
    """Levels, curves, and an output without effects."""
    figures = draw_all(SWEEP, swept(SETTINGS, half_fails))
    assert [figure.name for figure in figures] == ["effects"]
    assert figures[0].title.startswith("kind matters, by ")
    assert "Without the 8 that failed." in figures[0].caption
    settings = [{"lr": 10 ** (-4 + 3 * place / 29)} for place in range(30)]
    assert draw_all(SWEEP, swept(settings, lambda _: 0.8))[0].title.startswith("No effect shown of the parameter")
    assert draw_all(SWEEP, swept(grid(kind=("cnn", "mlp"), width=(8, 24)), by_kind)) == []


def test_options_are_validated() -> None:
    """The unit of what is negligible is that of the score."""
    assert SweepOptions(negligible=0.01).negligible == 0.01
    with pytest.raises(ValueError, match="greater than 0"):
        SweepOptions(negligible=0)
