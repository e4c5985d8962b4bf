"""The training_dynamics section: the guide's numbers, those beside them, rules, figures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factory import draw_all, history, inside, model, produced
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from oracle import ORACLES
from pydantic import ValidationError

from reportgen.contract.decision import Decision
from reportgen.contract.focus import View
from reportgen.figures import svg
from reportgen.figures.style import theme
from reportgen.sections.training_dynamics import SECTION
from reportgen.sections.training_dynamics.analyzer import TrainingDynamicsAnalyzer
from reportgen.sections.training_dynamics.schema import TrainingDynamicsOptions, TrainingDynamicsResult
from reportgen.sections.training_dynamics.visualizer import _above_zero, _fences, _Line, _needs_log

REPOSITORY = Path(__file__).parents[2]
HISTORIES = json.loads((ORACLES / "histories.json").read_text("utf-8"))


def analyze(options: dict[str, Any] | None = None, /, **curves: Any) -> TrainingDynamicsResult:
    """Analyze the history of a model a."""
    made = inside(model(history=history(**curves)))
    return TrainingDynamicsAnalyzer(TrainingDynamicsOptions(**(options or {}))).analyze(made)


def frozen(name: str) -> TrainingDynamicsResult:
    """Analyze one of the frozen histories."""
    curves = {
        key: [
            [np.nan if part is None else part for part in (value if isinstance(value, list) else [value])]
            for value in values
        ]
        for key, values in HISTORIES[name].items()
    }
    return analyze(
        **{
            key: np.array(values, float).squeeze(axis=1) if len(values[0]) == 1 else values
            for key, values in curves.items()
        }
    )


def codes(result: TrainingDynamicsResult) -> set[str]:
    """Return the rules that fire."""
    return {rule.code for rule in SECTION.rules for _ in rule.find(result)}


@pytest.mark.parametrize("name", [name for name in HISTORIES if name != "empty"])
def test_every_history_has_every_metric_and_figures(name: str) -> None:
    """Whatever is in a history, each declared metric has a value or a reason, and what there is is drawn."""
    result = frozen(name)
    assert produced(result) == {one.name for one in SECTION.metrics}
    assert draw_all(SECTION, result)


def test_without_a_history_nothing_is_claimed() -> None:
    """Every number is missing with the reason, none is 0."""
    result = TrainingDynamicsAnalyzer(TrainingDynamicsOptions()).analyze(inside(model()))
    assert {one.metric.status for one in result.measurements} == {"not_applicable"}
    assert result.runs[0].status == "no history"
    assert draw_all(SECTION, result) == []


def test_the_numbers_of_the_guide() -> None:
    """By their definitions, counted by hand."""
    result = analyze(
        loss=[1.0, 0.8, 0.6, 0.4, 0.2, 0.1],
        val_loss=[1.1, 0.9, 0.7, 0.6, 0.7, 0.8],
        accuracy=[0.5, 0.6, 0.7, 0.8, 0.9, 0.95],
        val_accuracy=[0.4, 0.6, 0.78, 0.79, 0.8, 0.7],
    )
    found = {one.name: one.metric.value for one in result.measurements}
    assert found["epochs_to_convergence"] == 3  # 0.76 is 95 % of 0.8
    assert (found["peak_performance"], found["peak_epoch"]) == (0.8, 5)
    assert found["overfitting_index"] == pytest.approx((0.5 + 0.7) / 2)
    assert found["final_gap"] == pytest.approx(0.7)
    assert found["training_stability"] == pytest.approx(np.std([1.1, 0.9, 0.7, 0.6, 0.7, 0.8]))
    assert found["best_epoch"] == 4
    assert found["generalization_loss"] == pytest.approx(0.8 / 0.6 - 1)


def test_the_validation_curve_is_never_taken_for_the_training_curve() -> None:
    """A history of val_ keys alone has no gap."""
    result = analyze(val_loss=[1.0, 0.8, 0.6, 0.5, 0.5])
    assert result.find("final_gap", "a").reason == "the history has no training loss"
    assert result.find("best_epoch", "a").value == 4


def test_too_few_epochs_are_no_zero() -> None:
    """One epoch has a final gap and a peak, and nothing that needs a course."""
    result = frozen("one_epoch")
    missing = {one.name for one in result.measurements if one.metric.status == "insufficient_data"}
    assert missing >= {
        "overfitting_index",
        "training_stability",
        "epochs_to_convergence",
        "deterioration",
        "best_epoch_robust",
    }
    assert "TRN301" in codes(result)


def test_a_diverged_run_has_no_gap() -> None:
    """NaN at the end makes the numbers missing and the finding a problem."""
    result = frozen("diverged_nan")
    assert result.runs[0].status == "diverged"
    assert "TRN101" in codes(result)
    assert result.find("overfitting_index", "a").value is None
    assert result.find("validation_noise", "a").value is None


FALL = 0.3 + 2 * np.exp(-np.arange(30) / 4) + 0.01 * np.random.default_rng(0).normal(size=30)


@pytest.mark.parametrize(
    ("loss", "val_loss", "reason"),
    [
        (FALL, np.where(np.arange(30) < 22, FALL, np.inf), "diverged: the loss is not finite from epoch 23"),
        (FALL, np.where(np.arange(30) == 9, np.inf, FALL), "not finite in 1 epochs, first in epoch 10"),
        (np.where(np.arange(30) == 9, np.inf, FALL), FALL, "the training loss is not finite in 1 epochs"),
        (np.full(30, 2.31), 2.3 + 0.01 * np.random.default_rng(0).normal(size=30), "no measurable learning"),
    ],
)
def test_a_failed_run_has_no_index(loss: Any, val_loss: Any, reason: str) -> None:
    """What diverged or did not learn cannot be best in overfitting or in speed."""
    accuracy = np.full(30, 0.1)
    result = analyze(loss=loss, val_loss=val_loss, accuracy=accuracy, val_accuracy=accuracy)
    for name in ("overfitting_index", "epochs_to_convergence"):
        found = result.find(name, "a")
        assert (found.value, found.status) == (None, "not_applicable")
        assert reason in (found.reason or "")


def test_a_resumed_run_at_its_plateau_keeps_its_index() -> None:
    """What it learned is in another file."""
    flat = 0.3 + 0.01 * np.random.default_rng(0).normal(size=30)
    made = replace(history(loss=flat - 0.1, val_loss=flat), epochs=tuple(range(30, 60)))
    result = TrainingDynamicsAnalyzer(TrainingDynamicsOptions()).analyze(inside(model(history=made)))
    assert result.find("overfitting_index", "a").value == pytest.approx(0.1)
    assert result.runs[0].status == "converged"


def test_dropout_makes_the_index_negative_and_says_so() -> None:
    """The value is the guide's; its caveat says what it does not mean."""
    found = analyze(loss=1.3 * FALL, val_loss=FALL).find("overfitting_index", "a")
    assert found.value == pytest.approx(-0.3 * FALL[20:].mean())
    assert "dropout" in (found.caveat or "")
    assert analyze(loss=FALL, val_loss=1.3 * FALL).find("overfitting_index", "a").caveat is None


def test_a_resumed_run_has_the_epochs_of_its_file() -> None:
    """Thirty rows numbered from 30 are 30 epochs, 31 to 60; the final third is epochs 51 to 60."""
    curves = {"loss": FALL, "val_loss": FALL + np.arange(30) / 100, "val_accuracy": np.linspace(0.5, 0.9, 10)}
    made = replace(history(**curves), epochs=tuple(range(30, 60)))
    result = TrainingDynamicsAnalyzer(TrainingDynamicsOptions()).analyze(inside(model(history=made)))
    assert result.runs[0].n_epochs == result.find("epochs_trained", "a").value == 30
    assert result.find("best_epoch", "a").value == 31 + int((FALL + np.arange(30) / 100).argmin())
    assert result.find("overfitting_index", "a").value == pytest.approx(np.arange(20, 30).mean() / 100)
    every_third = result.curve("a", "val_accuracy")
    assert every_third is not None
    assert every_third.epochs == tuple(range(33, 61, 3))
    assert draw_all(SECTION, result)


@pytest.mark.parametrize(("last", "fires"), [(0.32, False), (0.9, True)])
def test_the_last_epoch(last: float, fires: bool) -> None:
    """TRN202 minds the noise and names the best level; with fewer than ten epochs it says nothing."""
    curve = np.append(FALL, last)
    assert ("TRN202" in codes(analyze(loss=FALL, val_loss=curve))) is fires
    assert "TRN202" not in codes(analyze(loss=FALL[:9], val_loss=[2.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.9]))


def test_the_shipped_mlp_overfits() -> None:
    """It rises from 0.076 to 0.084 over 28 epochs while its training loss is 0.001."""
    curves = json.loads((REPOSITORY / "specs/digits/mlp_history.json").read_text("utf-8"))
    result = analyze(**curves)
    assert result.runs[0].status == "overfitting"
    assert "from 0.0762 around epoch 32 to 0.0837" in result.runs[0].evidence
    assert codes(result) == {"TRN102", "TRN202"}
    effects = [one.effect for rule in SECTION.rules for one in rule.apply(result)]
    assert all(effect is not None and effect > 1 for effect in effects)


@pytest.mark.parametrize(
    ("curve", "code", "effect"),
    [
        ([1.0, 0.9], "TRN301", 2),
        (np.linspace(2, 1, 20), "TRN201", 100 * 5 / 17),
        ([1.0, np.nan, 1.0, 1.0, 1.0], "TRN104", None),
        ([1.0, 1.0, np.nan, np.nan], "TRN101", None),
    ],
)
def test_effects_are_multiples_of_the_threshold(curve: Any, code: str, effect: float | None) -> None:
    """Epochs of those needed, recent improvement of 1 %; what is not finite has no size. Epochs are no examples."""
    rule = next(rule for rule in SECTION.rules if rule.code == code)
    (found,) = rule.apply(analyze(loss=curve, val_loss=curve))
    assert (found.effect if effect is None else pytest.approx(found.effect), found.n) == (effect, None)


def test_a_validation_frequency_is_recognized() -> None:
    """Three values for six epochs belong to epochs 2, 4 and 6; nine for sixty belong nowhere."""
    result = analyze(loss=[6.0, 5, 4, 3, 2, 1], val_loss=[5.5, 3.5, 1.5])
    curve = result.curve("a", "val_loss")
    assert curve is not None
    assert curve.epochs == (2, 4, 6)
    assert result.find("final_gap", "a").value == pytest.approx(0.5)
    assert "TRN304" in codes(result)
    lost = analyze(loss=np.linspace(2, 1, 60), val_loss=np.linspace(2, 1, 9))
    assert "do not fit" in (lost.find("final_gap", "a").reason or "")
    assert lost.find("best_epoch", "a").value is None
    assert lost.find("epochs_trained", "a").value == 60


def test_missing_epochs_are_no_divergence() -> None:
    """NaN in the validation loss where the training loss is a number was not measured."""
    result = analyze(loss=np.linspace(2, 1, 12), val_loss=[np.nan, 1.9] * 6)
    assert result.runs[0].status != "diverged"
    assert result.find("validation_noise", "a").value is not None


def test_unknown_keys_are_drawn_and_named() -> None:
    """A metric without a direction is no peak; a declaration makes it one."""
    curves = {
        "loss": [3.0, 2, 1, 1, 1],
        "val_loss": [3.0, 2, 1, 1, 1],
        "wobble": [1.0, 2, 3, 4, 5],
        "val_wobble": [1.0, 2, 3, 4, 5],
    }
    result = analyze(**curves)
    assert result.runs[0].unknown_keys == ("wobble", "val_wobble")
    assert result.runs[0].primary == "val_loss"
    assert "TRN303" in codes(result)
    assert "other" in {figure.name for figure in draw_all(SECTION, result)}
    assert analyze({"keys": {"wobble": "higher"}}, **curves).runs[0].primary == "val_wobble"


def test_a_meaning_that_there_is_not_is_refused() -> None:
    """A typo in the spec is an error, not an ignored key."""
    with pytest.raises(ValidationError, match="'higher', 'lower' or 'ignore'"):
        TrainingDynamicsOptions(keys={"wobble": "upwards"})


def test_learning_rate_drops_are_told() -> None:
    """From either of Keras' names."""
    for key in ("lr", "learning_rate"):
        result = analyze(loss=np.linspace(2, 1, 6), val_loss=np.linspace(2, 1, 6), **{key: [1e-3] * 3 + [1e-4] * 3})
        assert result.runs[0].rate_drops == (4,)


@pytest.mark.parametrize("n_models", [1, 3, 9])
def test_figures_of_few_and_many(n_models: int) -> None:
    """Up to six runs have a panel, the others are said to be left out."""
    curves = HISTORIES["overfit"]
    made = inside(*(model(f"m{index}", history=history(**curves)) for index in range(n_models)))
    result = TrainingDynamicsAnalyzer(TrainingDynamicsOptions()).analyze(made)
    figures = {figure.name: figure for figure in draw_all(SECTION, result)}
    assert list(figures) == ["loss", "metric", "gap", *(["best-epoch"] if n_models > 5 else [])]
    assert figures["loss"].title.endswith(
        "runs overfit" if n_models > 3 else "overfits from epoch 20 on" if n_models == 1 else "overfit"
    )
    assert ("6 of 9 models" in figures["loss"].caption) == (n_models > 6)
    assert "TRN102" in codes(result)
    assert "TRN202" in codes(result)


DECISION = View(decision=Decision(candidate="a"))


@pytest.mark.parametrize(
    ("curves", "text", "settled"),
    [
        ({"loss": FALL, "val_loss": FALL}, "is not measurably better.", True),
        ({"loss": FALL, "val_loss": np.append(FALL[:-1], 0.4)}, "but the last is measurably worse than epoch", True),
        (
            {"loss": FALL[:9], "val_loss": FALL[:9]},
            "Training stops while still improving (9 epochs): longer training may help.",
            True,
        ),
        ({"loss": FALL}, "without a validation loss, overfitting cannot be judged", False),
        ({"loss": FALL[:3], "val_loss": FALL[:3]}, "Training has too few epochs to judge (3 epochs).", False),
        (
            {"loss": FALL, "val_loss": np.where(np.arange(30) < 22, FALL, np.inf)},
            "Training diverges (30 epochs).",
            True,
        ),
    ],
)
def test_the_statement_on_a_run(curves: dict[str, Any], text: str, settled: bool) -> None:
    """One sentence of under 25 words, whose numbers are at their addresses."""
    result = analyze(**curves)
    (found,) = SECTION.statements(result, DECISION)
    assert text in found.text
    assert (found.topic, found.settled) == ("inside", settled)
    assert len(found.text.split()) < 25
    for part in found.parts:
        if not isinstance(part, str):
            assert part.text == str(result.find(part.metric, part.model, part.subject).value)


def test_the_statement_on_the_shipped_mlp() -> None:
    """Where the loss begins to rise, as in the title of the figure."""
    result = analyze(**json.loads((REPOSITORY / "specs/digits/mlp_history.json").read_text("utf-8")))
    (found,) = SECTION.statements(result, DECISION)
    assert found.text == "Training overfits: the loss rises from epoch 32 on, of 60."
    assert draw_all(SECTION, result)[0].title == "a overfits from epoch 32 on"


def test_a_comparison_counts_its_runs() -> None:
    """The most serious outcome first; models without a history are no runs, and one run among others is named."""
    made = inside(
        model("good", history=history(loss=FALL, val_loss=FALL)),
        model("bad", history=history(**HISTORIES["overfit"])),
        model("worse", history=history(**HISTORIES["overfit"])),
        model("none"),
    )
    result = TrainingDynamicsAnalyzer(TrainingDynamicsOptions()).analyze(made)
    assert [one.text for one in SECTION.statements(result, View())] == ["Of 3 training runs, 2 overfit; 1 converges."]
    assert SECTION.statements(result, View(decision=Decision(candidate="none"))) == ()
    alone = TrainingDynamicsAnalyzer(TrainingDynamicsOptions()).analyze(inside(made.models[0], made.models[3]))
    assert SECTION.statements(alone, View())[0].text.startswith("Training of good converged")


def test_accuracies_are_drawn_as_errors() -> None:
    """On a log scale, with errors of 0 at half the smallest other one; a metric beyond 1 is drawn as it is."""
    curves = {
        "loss": FALL,
        "val_loss": FALL,
        "accuracy": np.linspace(0.5, 1, 30),
        "val_accuracy": np.linspace(0.5, 0.98, 30),
    }
    result = analyze(**curves)
    line = _Line.of(result, result.runs[0], "accuracy", "training", error=True)
    assert line.values == pytest.approx(1 - np.linspace(0.5, 1, 30))
    assert not line.higher_is_better
    (raised,) = _above_zero({"a": [line]})["a"]
    assert raised.values[:-1] == pytest.approx(line.values[:-1])
    assert raised.values[-1] == pytest.approx(line.values[-2] / 2)
    figures = {figure.name: figure for figure in draw_all(SECTION, result)}
    assert figures["metric"].title == "Best val_accuracy: a 98.0\N{NARROW NO-BREAK SPACE}%"
    assert "An error of 0 is drawn at the lower edge" in figures["metric"].caption
    beyond = {**curves, "val_accuracy": np.linspace(0.5, 98, 30)}
    other = {figure.name: figure for figure in draw_all(SECTION, analyze(**beyond))}
    assert "An error of 0" not in other["metric"].caption


def test_a_spike_of_the_gap_is_said_and_clipped() -> None:
    """The axis ends at Tukey's fences; what is beyond them has its number and epoch in the caption."""
    gap = np.where(np.arange(30) == 2, 9.0, 0.1 + 0.01 * np.arange(30))
    result = analyze(loss=FALL, val_loss=FALL + gap)
    figure = next(figure for figure in draw_all(SECTION, result) if figure.name == "gap")
    assert "Beyond the axis: a 9.00 in epoch 3." in figure.caption
    assert figure.title.endswith("at the end: a 0.390")
    low, high = _fences([(np.arange(30), gap)])
    assert low < 0
    assert 0.39 < high < 1


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e6, 1e6)))
def test_the_axis_of_the_gap_holds_its_middle_and_its_end(values: np.ndarray) -> None:
    """The quartiles, 0 and the final gap are never clipped, and the axis has a length."""
    low, high = _fences([(np.arange(len(values)), values)])
    inside_of_it = [*np.quantile(values, [0.25, 0.75]), 0.0, values[-1]]
    assert low < high
    assert all(low <= one <= high for one in inside_of_it)


def test_short_curves_join_their_raw_values() -> None:
    """From 30 values on the line is a moving average; the ring is on the line either way, and the caption says which it is."""
    for n, words in ((12, "Lines join the raw values."), (40, "Lines: moving average over 5 epochs, for display only")):
        falling = np.concatenate([np.linspace(2, 0.5, n - 4), [0.45, 0.3, 0.5, 0.55]])
        result = analyze(loss=falling, val_loss=falling)
        figure = next(one for one in draw_all(SECTION, result) if one.name == "loss")
        assert words in figure.caption
        (ax,) = svg.draw(figure, theme("publication", ["a"]), "f").axes
        (line,) = (one for one in ax.lines if one.get_label() == "validation")
        (ring,) = (one for one in ax.lines if one.get_markerfacecolor() == "none")
        assert ring.get_xdata()[0] == n - 2
        assert ring.get_ydata()[0] == line.get_ydata()[n - 3]
        assert bool(line.get_ydata()[n - 3] == 0.3) is (n < 30)


def test_a_curve_on_the_floor_has_a_log_axis() -> None:
    """One with three quarters of its values in the lowest tenth; not one that spreads, nor values that hardly differ."""
    floor = np.array([0.32, 0.06, 0.05, 0.04, 0.035, 0.03, 0.03, 0.03])
    assert _needs_log([floor], 0.03, 0.32)
    assert not _needs_log([np.linspace(0.03, 0.32, 8)], 0.03, 0.32)
    assert not _needs_log([floor + 1], 1.03, 1.32)
    assert _needs_log([np.linspace(0.001, 1, 8)], 0.001, 1)
    assert not _needs_log([floor - 0.03], 0.0, 0.29)


def test_errors_are_in_percent() -> None:
    """As the titles are."""
    values = np.linspace(0.5, 0.98, 12)
    figures = {
        one.name: one
        for one in draw_all(
            SECTION, analyze(accuracy=values, val_accuracy=values, loss=1 - values, val_loss=1 - values)
        )
    }
    (ax,) = svg.draw(figures["metric"], theme("publication", ["a"]), "f").axes
    assert ax.get_ylabel() == "error"
    assert all(one.endswith("%") for one in ax.yaxis.get_major_formatter().format_ticks(ax.get_yticks()))
