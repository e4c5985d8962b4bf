"""The information_flow section: numbers of layers, scores, rules, figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from factory import draw_all, evaluation, head, inside, layer, model, noisy, outputs, probed, produced

from reportgen.contract.decision import Decision
from reportgen.contract.focus import Focus, View
from reportgen.contract.records.activations import AttentionStatistics
from reportgen.figures import svg
from reportgen.figures.style import theme
from reportgen.sections.information_flow import SECTION
from reportgen.sections.information_flow.analyzer import InformationFlowAnalyzer
from reportgen.sections.information_flow.schema import InformationFlowOptions, InformationFlowResult
from reportgen.text.formatting import THIN

GENERATOR = np.random.default_rng(0)
N = 200
RECTIFIED = np.maximum(GENERATOR.normal(size=(N, 16)), 0)


def analyze(*layers: Any, **changes: Any) -> InformationFlowResult:
    """Analyze a model a of some layers, without labels."""
    made = inside(model(activations=probed(*layers, **changes)), n=N)
    return InformationFlowAnalyzer(InformationFlowOptions()).analyze(made)


def labelled() -> InformationFlowResult:
    """Analyze two layers of a model with labels: noise, then the classes."""
    logits, labels = noisy(N, 4)
    told = np.eye(4)[labels] + 0.01 * GENERATOR.normal(size=(N, 4))
    made = evaluation(head(outputs(logits, labels)))
    layers = probed(layer(GENERATOR.normal(size=(N, 8)), "noise", None), layer(told, "told", None))
    made = replace(made, models=(replace(made.models[0], activations=layers),))
    return InformationFlowAnalyzer(InformationFlowOptions()).analyze(made)


def codes(result: InformationFlowResult) -> set[str]:
    """Return the rules that fire."""
    return {rule.code for rule in SECTION.rules for _ in rule.find(result)}


def test_what_is_declared_is_produced() -> None:
    """With labels, without, and with NaN every metric has a value or a reason."""
    declared = {one.name for one in SECTION.metrics}
    assert produced(labelled()) == declared
    assert produced(analyze(layer(RECTIFIED))) == declared
    assert produced(analyze(replace(layer(RECTIFIED), not_finite=3))) == declared


def test_plain_numbers_of_a_layer() -> None:
    """Mean, standard deviation, sparsity and positive ratio are numpy's."""
    result = analyze(layer(RECTIFIED))
    names = ("activation_mean", "activation_std", "sparsity", "positive_ratio")
    found = [result.find(name, "a", "layer:dense").value for name in names]
    assert found == pytest.approx([RECTIFIED.mean(), RECTIFIED.std(), (RECTIFIED == 0).mean(), (RECTIFIED > 0).mean()])
    assert result.rows == tuple(range(N))


def test_sparsity_of_smooth_activations_is_near_zero() -> None:
    """A GELU has no exact zeros: values near 0 relative to the layer are counted, and it is said."""
    values = GENERATOR.normal(size=(N, 4))
    values[:, 0] = 1e-9
    found = analyze(layer(values, activation="gelu")).find("sparsity", "a", "layer:dense")
    assert found.value == pytest.approx(0.25, abs=0.01)
    assert "RMS" in (found.estimator or "")


def test_dead_units_are_counted_with_their_bound() -> None:
    """Two of sixteen are silent; the rule says how often they may still fire."""
    values = RECTIFIED.copy()
    values[:, :2] = 0
    result = analyze(layer(values))
    assert result.find("dead_fraction", "a").value == pytest.approx(2 / 16)
    rule = next(rule for rule in SECTION.rules if rule.code == "INF102")
    message = next(iter(rule.find(result))).message
    assert "2 of 16" in message
    assert "1.5" in message


def test_units_that_are_not_rectified_are_never_dead() -> None:
    """A linear layer has no dead units, not 0 % of them."""
    result = analyze(layer(GENERATOR.normal(size=(N, 4)), activation=None))
    assert result.find("dead_fraction", "a").status == "not_applicable"


def test_the_effective_rank_says_when_the_sample_is_small() -> None:
    """200 rows are enough for 8 units and too few for 16."""
    few, enough = (analyze(layer(RECTIFIED[:, :size])).find("effective_rank", "a", "layer:dense") for size in (16, 8))
    assert few.caveat is not None
    assert enough.caveat is None


def test_classes_part_between_the_layers() -> None:
    """Noise is at chance and the labels at 1; separability and the score follow."""
    result = labelled()
    noise, told = result.layers
    assert noise.centre_accuracy == pytest.approx(0.25, abs=0.12)
    assert told.centre_accuracy == 1
    assert (noise.omega_squared_median or 0) < 0.05
    assert (told.omega_squared_median or 0) > 0.9
    assert told.separability == 1
    expected = ((told.utilisation or 0) * (told.diversity or 0) * 1) ** (1 / 3)
    assert told.specialization_score == pytest.approx(expected)


def test_without_labels_the_score_has_two_parts() -> None:
    """What was not measured is neither 0 nor guessed."""
    result = analyze(layer(RECTIFIED))
    one = result.layers[0]
    assert one.separability is None
    assert one.specialization_score == pytest.approx(((one.utilisation or 0) * (one.diversity or 0)) ** 0.5)
    assert result.models[0].score_parts == "utilization and diversity"
    assert result.find("nearest_centre_accuracy", "a", "layer:dense").status == "insufficient_data"


def with_labels(labels: Any, *layers: Any, **changes: Any) -> InformationFlowResult:
    """Analyze a model a of some layers, with labels."""
    logits = GENERATOR.normal(size=(len(labels), int(np.max(labels)) + 1))
    made = evaluation(head(outputs(logits, labels)))
    made = replace(made, models=(replace(made.models[0], activations=probed(*layers, **changes)),))
    return InformationFlowAnalyzer(InformationFlowOptions()).analyze(made)


def test_chance_and_accuracy_rest_on_the_same_rows() -> None:
    """98 classes of three rows are left out; of the rest one has 300 of 306, and chance is that share."""
    labels = np.concatenate([np.zeros(300), np.ones(6), 2 + np.arange(294) // 3]).astype(int)
    result = with_labels(labels, layer(GENERATOR.normal(size=(600, 8)), "noise", None))
    assert result.models[0].chance == pytest.approx(300 / 306)
    assert result.models[0].n_classified == 306
    assert result.find("nearest_centre_accuracy", "a", "layer:noise").n == 306
    assert result.layers[0].separability is None


def test_without_five_rows_of_two_classes_there_is_no_chance() -> None:
    """The reason is the rows, not the model."""
    result = with_labels(np.arange(60) // 3, layer(GENERATOR.normal(size=(60, 4))))
    assert result.models[0].chance is None
    assert "fewer than two classes have 5 rows" in result.models[0].score_parts


def test_the_layer_that_the_head_ends_in_is_the_output() -> None:
    """A second head, run last and without information about these labels, is not the model's end."""
    labels = GENERATOR.integers(0, 3, N)
    told = layer(np.eye(3)[labels] + 0.01 * GENERATOR.normal(size=(N, 3)), "kind", None)
    other = layer(GENERATOR.normal(size=(N, 4)), "size", None)
    result = with_labels(labels, told, other, ends=("kind", "size"))
    assert result.models[0].output == "kind"
    assert result.layers[0].separability == 1
    assert "INF301" not in codes(result)


def test_a_fall_is_measured_on_the_same_rows() -> None:
    """Every row that noise gets wrong is lost; the p-value is that of the sign test, for the one other layer."""
    labels = np.arange(N) % 2
    told, noise = layer(np.eye(2)[labels], "told", None), layer(GENERATOR.normal(size=(N, 4)), "noise", None)
    result = with_labels(labels, told, noise)
    fall = result.models[0].fall
    assert fall is not None
    right = round(result.layers[1].centre_accuracy * N)
    assert (fall.layer, fall.lost, fall.gained) == ("told", N - right, 0)
    assert fall.p_value == pytest.approx(2 * 0.5**fall.lost)
    assert "INF301" in codes(result)


def test_noise_alone_is_no_fall() -> None:
    """On 40 rows the best of many layers of noise is far above the last by chance; at most one in twenty is told."""
    fired = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        layers = (layer(generator.normal(size=(40, 4)), f"noise_{index}", None) for index in range(15))
        fired += "INF301" in codes(with_labels(generator.integers(0, 2, 40), *layers))
    assert fired <= 2


def test_masked_everywhere_is_not_nan() -> None:
    """A layer without a value says so."""
    result = analyze(replace(layer(RECTIFIED), n_values=0))
    found = result.find("activation_mean", "a", "layer:dense")
    assert found.status == "insufficient_data"
    assert "masked" in (found.reason or "")
    assert "masked" in (result.find("dead_fraction", "a").reason or "")
    assert "INF001" not in codes(result)


def test_what_the_score_joins_is_a_column_where_it_differs() -> None:
    """Else it is said once."""
    result = analyze(layer(RECTIFIED))
    one = result.models[0]
    alike = SECTION.tables(result, View())[0]
    assert "Score of" not in [column.title for column in alike.columns]
    assert "Specialization combines utilization and diversity." in alike.note
    other = one.model_copy(update={"score_parts": "utilization, diversity and separability"})
    differing = SECTION.tables(result.model_copy(update={"models": (one, other)}), View())[0]
    assert [row[-1] for row in differing.rows] == [one.score_parts, other.score_parts]
    assert "The score joins" not in differing.note


def test_tables_place_the_layers_as_the_axes_do() -> None:
    """Where layers are left out, the others keep their depth."""
    result = analyze(*(layer(RECTIFIED, f"block_{index}") for index in range(50)))
    rows = SECTION.tables(result, View())[1].rows
    assert [row[:2] for row in rows[:2]] == [("0.00", "block_0"), ("0.06", "block_3")]


def test_attention_says_what_is_left_out() -> None:
    """Twelve of thirty layers, four of six models."""
    even = AttentionStatistics(np.ones(2), np.array([0.5, 0.6]), 100)
    layers = probed(*(layer(RECTIFIED, f"block_{index}", attention=even) for index in range(30)))
    made = inside(*(model(f"m{index}", activations=layers) for index in range(6)), n=N)
    figures = draw_all(SECTION, InformationFlowAnalyzer(InformationFlowOptions()).analyze(made))
    caption = next(figure.caption for figure in figures if figure.name == "attention")
    assert "72 are left out" in caption
    assert "4 of 6 models" in caption


def test_nan_is_a_problem_and_no_number() -> None:
    """The first layer with NaN is named."""
    result = analyze(layer(RECTIFIED, "sound"), replace(layer(RECTIFIED, "broken"), not_finite=7))
    assert codes(result) >= {"INF001"}
    assert result.layers[1].mean is None
    assert result.find("activation_mean", "a", "layer:broken").status == "failed"


def test_rules_of_health() -> None:
    """Half dead, saturated, constant and unseen layers are told."""
    assert "INF101" in codes(analyze(layer(RECTIFIED * (np.arange(16) < 6))))
    assert "INF103" in codes(analyze(layer(RECTIFIED * (np.arange(16) < 15))))
    flat = layer(np.ones((N, 4)) * 0.999, activation="tanh", saturated=np.full(4, float(N)))
    assert "INF105" in codes(analyze(flat, layer(RECTIFIED, "next")))
    assert "INF105" not in codes(analyze(layer(RECTIFIED, "before"), flat)), "an output may be sure of itself"
    assert "INF106" in codes(analyze(flat))
    assert "INF201" in codes(analyze(layer(np.outer(RECTIFIED[:, 0], np.ones(16)) + 1e-3 * RECTIFIED)))
    assert "INF901" in codes(analyze(layer(RECTIFIED), not_probed=(("loop", "it runs inside a loop"),)))
    nothing = analyze(reason="the model cannot be run")
    assert "INF901" in codes(nothing)
    assert nothing.find("dead_fraction", "a").status == "not_applicable"
    assert draw_all(SECTION, nothing) == []


def test_effects_are_multiples_of_the_threshold() -> None:
    """Ten of sixteen units dead where half are a problem; one collapsed and one uniform head."""
    attention = AttentionStatistics(np.array([0.01, 1.0, 1.79]), np.array([0.005, 0.5, 0.999]), 100)
    result = analyze(layer(RECTIFIED * (np.arange(16) < 6), attention=attention))
    found = {one.code: (one.effect, one.n) for rule in SECTION.rules for one in rule.apply(result)}
    assert found["INF101"] == (pytest.approx(10 / 16 / 0.5), N)
    assert found["INF202"] == (2, N)


def test_attention_that_looks_at_one_key() -> None:
    """Collapsed and uniform heads are counted."""
    attention = AttentionStatistics(np.array([0.01, 1.0, 1.79]), np.array([0.005, 0.5, 0.999]), 100)
    result = analyze(layer(RECTIFIED, attention=attention))
    assert result.find("collapsed_heads", "a").value == pytest.approx(1 / 3)
    assert "INF202" in codes(result)
    assert "attention" in {figure.name for figure in draw_all(SECTION, result)}


@pytest.mark.parametrize(("n_models", "n_layers"), [(1, 1), (3, 3), (2, 150), (12, 4)])
def test_figures_of_few_and_many(n_models: int, n_layers: int) -> None:
    """Every figure is drawn from the stored result; what is left out is said."""
    layers = probed(*(layer(RECTIFIED * 2.0**i if i < 20 else RECTIFIED, f"block_{i}") for i in range(n_layers)))
    made = inside(*(model(f"m{index}", activations=layers) for index in range(n_models)), n=N)
    result = InformationFlowAnalyzer(InformationFlowOptions()).analyze(made)
    figures = {figure.name: figure for figure in draw_all(SECTION, result)}
    assert list(figures) == (["activation-flow", "effective-rank", "specialization"] if n_layers > 1 else [])
    (sheet,) = SECTION.visualizer(theme("publication", [one.model for one in result.models])).further(result)
    assert sheet.title == f"No layer of {min(n_models, 12) * n_layers} is beyond a limit"
    if n_layers > 12:
        assert "left out" in sheet.caption
        assert len(SECTION.tables(result, View())[1].rows) <= 24
    if n_models > 4:
        assert "4 of 12 models" in figures["specialization"].caption


def test_only_layers_beyond_a_limit_are_drawn() -> None:
    """A layer with a tenth of dead units is within it; a saturated output is too."""
    within, beyond = (layer(RECTIFIED * (np.arange(16) < alive), f"alive_{alive}") for alive in (15, 8))
    flat = layer(np.ones((N, 4)) * 0.999, "flat", activation="tanh", saturated=np.full(4, float(N)))
    noise = layer(GENERATOR.normal(size=(N, 4)), "out", activation="tanh", saturated=np.full(4, float(N)))
    result = analyze(within, beyond, noise)
    figure = draw_all(SECTION, result)[0]
    assert (figure.name, figure.title) == ("activation-health", "1 of 3 layers of a is beyond a limit")
    assert draw_all(SECTION, analyze(flat, layer(RECTIFIED, "next")))[0].name == "activation-health"
    assert "activation-health" not in {one.name for one in draw_all(SECTION, analyze(within, noise))}
    (row,) = SECTION.tables(result, View())[0].rows
    assert "alive_8: 8 of 16" in row


def test_statements_count_dead_units() -> None:
    """Of the candidate, or of all models; layers without a rectified activation have none to count."""
    dead, sound = layer(RECTIFIED * (np.arange(16) < 8), "half"), layer(RECTIFIED, "whole")
    smooth = layer(RECTIFIED, "smooth", None)

    def said(made: InformationFlowResult, candidate: str | None = None) -> str:
        (one,) = SECTION.statements(made, View(decision=Decision(candidate=candidate)))
        assert all(isinstance(part, str) or made.find(part.metric, part.model).value is not None for part in one.parts)
        assert one.n == N
        return one.text

    assert said(analyze(sound, replace(sound, name="second"))) == "No dead units in 2 layers."
    assert said(analyze(dead, sound)) == "8 of 32 units are dead; largest share in half: 8 of 16."
    assert SECTION.statements(analyze(smooth), View()) == ()
    assert said(analyze(sound, replace(sound, not_finite=3))) == "1 of 2 layers output NaN or infinite values."
    made = inside(model("a", activations=probed(sound)), model("b", activations=probed(dead, sound)), n=N)
    both = InformationFlowAnalyzer(InformationFlowOptions()).analyze(made)
    assert said(both) == f"Up to 25.0{THIN}% of a model's units are dead over all its layers, in b."
    assert said(both, "a") == "No dead units in whole."


def test_the_model_that_the_statement_names_is_drawn() -> None:
    """Of many models those in focus are, and first the one with most dead units, which page one and the chapter name."""
    dead, sound = layer(RECTIFIED * (np.arange(16) < 4), "dead"), layer(RECTIFIED, "sound")
    half = layer(RECTIFIED * (np.arange(16) < 8), "half")
    layers = {"a": (half, sound), "b": (sound,), "c": (dead, sound)}
    made = inside(*(model(name, activations=probed(*some)) for name, some in layers.items()), n=N)
    result = InformationFlowAnalyzer(InformationFlowOptions()).analyze(made)
    view = View(focus=Focus(models=("a", "b"), order=("a", "b", "c"), by="Accuracy"))
    (statement,) = SECTION.statements(result, view)
    assert statement.text.endswith("in c.")
    health = next(iter(SECTION.visualizer(theme("publication", "abc"), view).figures(result)))
    assert [panel.title for panel in health.panels] == ["c", "a"]
    assert "c: most dead units of all models." in health.caption
    assert "The 2 with the best Accuracy of 3 models" in health.caption
    alone = View(focus=view.focus, decision=Decision(candidate="a"))
    only = next(iter(SECTION.visualizer(theme("publication", "abc"), alone).figures(result)))
    assert [panel.title for panel in only.panels] == ["a"]


def test_shares_in_cells_are_written_as_in_text() -> None:
    """With a thin space, and never as 0 where they are not."""
    figure = draw_all(SECTION, analyze(layer(RECTIFIED * (np.arange(16) < 8), "half"), layer(RECTIFIED, "sound")))[0]
    drawn = svg.to_svg(figure, theme("publication", ["a"]), "f").svg
    assert f"50{THIN}%" in drawn
    assert "50%" not in drawn
