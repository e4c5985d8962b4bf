"""The weights section: filters, scores, rules, figures."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from factory import draw_all, inside, model, produced, weight

from reportgen.contract.decision import Decision
from reportgen.contract.focus import View
from reportgen.figures.style import theme
from reportgen.sections.weights import SECTION, visualizer
from reportgen.sections.weights.analyzer import WeightsAnalyzer
from reportgen.sections.weights.schema import WeightsOptions, WeightsResult

GENERATOR = np.random.default_rng(0)
SOUND = weight(GENERATOR.normal(size=(64, 32)))
SPREAD = weight(
    GENERATOR.normal(size=(64, 32)) + 3 * np.outer(GENERATOR.normal(size=64), GENERATOR.normal(size=32)) / 4
)


def analyze(*tensors: Any, **options: Any) -> WeightsResult:
    """Analyze a model a of some weights."""
    return WeightsAnalyzer(WeightsOptions(**options)).analyze(inside(model(weights=tensors)))


def codes(result: WeightsResult) -> set[str]:
    """Return the rules that fire."""
    return {rule.code for rule in SECTION.rules for _ in rule.find(result)}


def test_what_is_declared_is_produced() -> None:
    """A sound model, one with NaN and one without weights all have every metric, with a value or a reason."""
    for tensors in ((SOUND,), (replace(SOUND, values=np.full((8, 8), np.nan, np.float32)),)):
        assert produced(analyze(*tensors)) == {one.name for one in SECTION.metrics}
    assert analyze().find("health_score", "a").status == "not_applicable"


def test_a_sound_tensor() -> None:
    """Its norms are numpy's and its health has no objection."""
    result = analyze(SOUND)
    values = SOUND.values.astype(float)
    assert result.find("l2_norm", "a", "tensor:dense/kernel").value == pytest.approx(np.linalg.norm(values))
    assert result.find("spectral_norm", "a", "tensor:dense/kernel").value == pytest.approx(np.linalg.norm(values, 2))
    assert result.find("l1_norm", "a", "tensor:dense/kernel").value == pytest.approx(np.abs(values).sum())
    assert (result.find("health_score", "a").value or 0) > 0.99
    assert result.tensors[0].rms_ratio == pytest.approx(1, abs=0.05)


def test_biases_and_other_layers_are_left_out_on_request() -> None:
    """Biases by default, layer types by pattern; what is left out is counted."""
    bias = weight(np.ones(8), "dense/bias", kind="bias", inputs=(), outputs=())
    conv = replace(SOUND, name="conv/kernel", layer_type="Conv2D")
    assert [one.name for one in analyze(SOUND, bias).tensors] == ["dense/kernel"]
    assert [one.name for one in analyze(SOUND, bias, include_biases=True).tensors] == ["dense/kernel", "dense/bias"]
    chosen = analyze(SOUND, conv, layer_types=["Conv*"])
    assert [one.name for one in chosen.tensors] == ["conv/kernel"]
    assert chosen.models[0].left_out == 1
    assert "WGT901" in codes(analyze(SOUND, layer_types=["LSTM"]))


def test_nan_makes_every_number_missing_but_the_count() -> None:
    """The model fails its health, and a rule says where."""
    values = SOUND.values.copy()
    values[0, :3] = [np.nan, np.inf, -np.inf]
    result = analyze(replace(SOUND, values=values))
    assert result.find("non_finite", "a").value == 3
    assert result.find("health_score", "a").value == 0
    assert result.tensors[0].health.binding == "finite"
    assert result.find("sparsity", "a").status == "failed"
    assert codes(result) == {"WGT001"}


def test_a_bias_may_be_zero() -> None:
    """Zeros are what a bias begins with: no objection and no finding."""
    bias = weight(np.zeros(200), "dense/bias", kind="bias", inputs=(), outputs=(), initializer="Zeros", initial_rms=0.0)
    result = analyze(SPREAD, bias, include_biases=True)
    assert result.tensors[1].health.score == 1
    assert codes(result) == codes(analyze(SPREAD))


def test_each_pathology_has_its_rule() -> None:
    """Dead columns, pruning, zeros, scale, one direction, an outlier, an untouched initialiser, twins."""
    dead = SPREAD.values.copy()
    dead[:, :12] = 0
    assert "WGT101" in codes(analyze(replace(SPREAD, values=dead)))
    pruned = np.where(np.random.default_rng(1).random((64, 32)) < 0.9, 0, SPREAD.values)
    assert "WGT102" in codes(analyze(replace(SPREAD, values=pruned)))
    assert "WGT103" in codes(analyze(replace(SPREAD, values=np.zeros((64, 32), np.float32))))
    assert "WGT201" in codes(analyze(replace(SPREAD, values=SPREAD.values * 1000)))
    assert "WGT202" in codes(analyze(replace(SPREAD, values=np.ones((64, 32), np.float32))))
    peaked = SPREAD.values.copy()
    peaked[0, 0] = 1e4
    assert "WGT203" in codes(analyze(replace(SPREAD, values=peaked)))
    assert "WGT301" in codes(analyze(SOUND))
    assert "WGT301" not in codes(analyze(SPREAD))
    assert "WGT302" in codes(analyze(SPREAD, replace(SPREAD, name="twin/kernel")))


def test_an_untrained_copy_is_told_from_the_trained_model() -> None:
    """The copy looks as its initialiser left it; a common direction on top of it is enough to be trained."""
    fresh = tuple(weight(np.random.default_rng(i).normal(size=(40, 30)), f"layer_{i}/kernel") for i in range(6))
    step = 0.3 * np.outer(np.ones(40), np.ones(30))
    trained = tuple(replace(one, values=(one.values + step).astype(np.float32)) for one in fresh)
    assert "WGT301" in codes(analyze(*fresh))
    assert "WGT301" not in codes(analyze(*trained))


@pytest.mark.parametrize(("count", "allowed"), [(6, 0), (60, 2), (150, 3)])
def test_many_untrained_matrices_are_found_too(count: int, allowed: int) -> None:
    """Chance makes one in a hundred look trained: as many are allowed, one more is not."""
    fresh, trained = analyze(SOUND).tensors[0], analyze(SPREAD).tensors[0]
    for others, fires in ((allowed, True), (allowed + 1, False)):
        result = analyze(SOUND).model_copy(update={"tensors": tuple([fresh] * (count - others) + [trained] * others)})
        (hits,) = ([*rule.find(result)] for rule in SECTION.rules if rule.code == "WGT301")
        assert bool(hits) is fires
        assert not hits or hits[0].message.startswith(f"{count - others} of {count} matrices")


def test_a_matrix_without_its_spectrum_does_not_count_as_trained() -> None:
    """It is too large for one: the others decide."""
    result = analyze(SOUND)
    assert result.tensors[0].matrix is not None
    large = result.tensors[0].model_copy(
        update={"matrix": result.tensors[0].matrix.model_copy(update={"spikes": None})}
    )
    assert "WGT301" in codes(result.model_copy(update={"tensors": (result.tensors[0], large)}))
    assert "WGT301" not in codes(result.model_copy(update={"tensors": (large,)}))


def test_effects_are_multiples_of_the_threshold() -> None:
    """Half of the columns are dead: five times the share that is worth a warning."""
    dead = SPREAD.values.copy()
    dead[:, :16] = 0
    (rule,) = (one for one in SECTION.rules if one.code == "WGT101")
    (found,) = rule.apply(analyze(replace(SPREAD, values=dead)))
    assert found.effect == pytest.approx(5)


def test_heads_groups_and_filters() -> None:
    """Attention kernels have a norm for each head, grouped ones a block for each group, depthwise ones no rank."""
    query = weight(GENERATOR.normal(size=(8, 2, 4)), "q/kernel", kind="einsum", inputs=(0,), outputs=(1, 2), heads=1)
    grouped = weight(GENERATOR.normal(size=(3, 3, 4, 8)), "g/kernel", kind="convolution", groups=2)
    filters = weight(
        GENERATOR.normal(size=(3, 3, 6, 1)), "d/kernel", kind="depthwise_convolution", inputs=(), outputs=(2, 3)
    )
    one, two, three = analyze(query, grouped, filters).tensors
    assert one.matrix is not None
    assert one.matrix.head_norms == pytest.approx(
        tuple(float(np.linalg.norm(query.values[:, head].astype(float), 2)) for head in range(2))
    )
    assert two.matrix is not None
    assert (two.matrix.rows, two.matrix.columns, two.matrix.blocks) == (36, 4, 2)
    assert two.operator_bounds is not None
    assert two.operator_bounds[0] >= two.matrix.spectral_norm - 1e-9
    assert three.matrix is None
    assert three.channel_norms is not None


@pytest.mark.parametrize(("n_models", "n_tensors"), [(1, 1), (3, 3), (2, 150), (12, 4)])
def test_figures_of_few_and_many(n_models: int, n_tensors: int) -> None:
    """Every figure is drawn from the stored result; health only where a tensor fails; what is left out is said."""
    sound = tuple(replace(SOUND, values=SOUND.values[:10, :9], name=f"block_{i}/kernel") for i in range(n_tensors))
    tensors = tuple(replace(one, values=np.where(np.arange(9) < 5, 0, one.values)) for one in sound)
    names = ["norms", "spectra", "distributions"][n_tensors == 1 :]
    assert [one.name for one in draw_all(SECTION, analyze(*sound))] == names
    result = WeightsAnalyzer(WeightsOptions()).analyze(
        inside(*(model(f"m{index}", weights=tensors) for index in range(n_models)))
    )
    figures = draw_all(SECTION, result)
    assert [one.name for one in figures] == ["health", *names]
    every = n_models * n_tensors
    assert figures[0].title.startswith(
        f"{every} of {every} weight tensors of " if every > 1 else "The weight tensor fails"
    )
    if n_tensors > 12 and n_models <= 4:
        assert "left out" in figures[0].caption
    assert len(result.model_dump_json()) < 800_000 * n_models


def test_a_model_of_nan_still_has_a_health_figure() -> None:
    """Nothing else can be drawn of it."""
    figures = draw_all(SECTION, analyze(replace(SOUND, values=np.full((8, 8), np.nan, np.float32))))
    assert [one.name for one in figures] == ["health"]


def test_dead_units_are_not_hidden_by_many_inputs() -> None:
    """Half of 32 units are dead: that is half, though the matrix has 784 rows as well."""
    values = np.random.default_rng(0).normal(size=(784, 32))
    values[:, :16] = 0
    result = analyze(weight(values))
    assert result.tensors[0].health.binding == "live_units"
    assert result.tensors[0].health.score == 0
    assert "WGT101" in codes(result)


def test_a_normalisation_that_never_saw_data() -> None:
    """Statistics that are just what their initialiser gives are worth a note."""
    ones = weight(np.ones(8), "n/moving_variance", kind="normalization", inputs=(), outputs=(), initializer="Ones")
    assert codes(analyze(SPREAD, ones, include_biases=True)) == {"WGT303"}
    assert codes(analyze(SPREAD, replace(ones, values=np.arange(1, 9, dtype=float)), include_biases=True)) == set()


def test_statistics_of_a_normalisation_have_no_scale() -> None:
    """A moving variance follows the data: a thousand times that of its initialiser is no fault."""
    variance = weight(
        np.full(8, 1000.0), "n/moving_variance", kind="normalization", inputs=(), outputs=(), initializer="Ones"
    )
    result = analyze(SPREAD, variance, include_biases=True)
    assert result.tensors[1].health.score == 1
    assert result.tensors[1].relative_scale is None
    assert "WGT201" not in codes(result)


def test_a_few_numbers_are_not_sparse() -> None:
    """One small weight of four is no sign of anything."""
    assert "WGT102" not in codes(analyze(SPREAD, weight([[1.0, 2.0], [1e-5, 3.0]], "tiny/kernel")))


def test_the_farthest_scale_is_a_factor() -> None:
    """A tenth and ten times are equally far; without a known initialiser there is a reason."""
    for factor in (0.05, 20.0):
        result = analyze(SOUND, replace(SOUND, name="far/kernel", values=SOUND.values * np.float32(factor)))
        assert result.find("max_relative_scale", "a").value == pytest.approx(20, rel=0.05)
        assert any("far/kernel is" in hit.message for rule in SECTION.rules for hit in rule.find(result))
    assert analyze(replace(SOUND, initial_rms=None)).find("max_relative_scale", "a").status == "not_applicable"


def test_a_class_that_matches_nothing_is_said() -> None:
    """Only where no model has it: a pattern for one architecture is not misspelt for another."""
    assert "WGT902" in codes(analyze(SPREAD, layer_types=["Dense", "Cnv2D"]))
    conv = replace(SPREAD, layer_type="Conv2D")
    both = inside(model("a", weights=(SPREAD,)), model("b", weights=(conv,)))
    result = WeightsAnalyzer(WeightsOptions(layer_types=("Dense", "Conv2D"))).analyze(both)
    assert "WGT902" not in codes(result)


def test_what_has_no_number_has_a_reason() -> None:
    """A model without weights, one of which none is chosen, a tensor that is empty."""
    assert "has no weights" in (analyze().find("health_score", "a").reason or "")
    assert "options" in (analyze(SOUND, layer_types=["LSTM"]).find("health_score", "a").reason or "")
    empty = weight(np.zeros((0, 4)), "empty/kernel")
    assert [one.name for one in analyze(SOUND, empty).tensors] == ["dense/kernel"]
    zeros = analyze(weight(np.zeros((16, 16)))).find("tensor_near_zero_fraction", "a", "tensor:dense/kernel")
    assert zeros.reason == "all weights are zero"
    parts = analyze(replace(SOUND, initial_rms=None)).tensors[0].health.components
    assert all((part.score is None) == (part.reason is not None) for part in parts)


def test_only_what_fails_is_shown() -> None:
    """Of six models the two with dead units, of which the worse is named; the sheets show all where none fails."""
    dead = SOUND.values.copy()
    dead[:, :8] = 0
    models = [model(f"m{index}", weights=(SOUND,)) for index in range(6)]
    result = WeightsAnalyzer(WeightsOptions()).analyze(inside(*models))
    (sheet,) = SECTION.visualizer(theme("publication", [one.name for one in models])).further(result)
    assert sheet.title == "All 6 weight tensors pass"
    models[3] = model("m3", weights=(SOUND, replace(SOUND, name="second/kernel", values=dead)))
    result = WeightsAnalyzer(WeightsOptions()).analyze(inside(*models))
    figure = draw_all(SECTION, result)[0]
    assert figure.title == "1 of 2 weight tensors of m3 fails the screening"
    assert "Not shown: 5 models whose tensors all pass." in figure.caption
    assert [panel.title for panel in figure.panels] == ["m3"]


@pytest.mark.parametrize(("share", "passes"), [(0.09, True), (0.11, False)])
def test_a_tensor_passes_up_to_the_thresholds_of_the_rules(share: float, *, passes: bool) -> None:
    """A tenth of dead columns is where both the score and the rule draw the line."""
    values = np.random.default_rng(3).normal(size=(100, 100))
    values[:, : round(100 * share)] = 0
    result = analyze(weight(values))
    assert (result.find("failing_tensors", "a").value == 0) is passes
    assert ("WGT101" not in codes(result)) is passes


def test_statements_say_whether_all_pass() -> None:
    """Of the candidate; in a comparison of all models. Every number has an address of the result."""
    dead = SOUND.values.copy()
    dead[:, :8] = 0
    made = inside(
        model("a", weights=tuple(replace(SOUND, name=f"{name}/kernel") for name in "xyz")),
        model("b", weights=(replace(SOUND, values=dead), replace(SOUND, name="second/kernel"))),
    )
    result = WeightsAnalyzer(WeightsOptions()).analyze(made)

    def said(candidate: str | None) -> str:
        (one,) = SECTION.statements(result, View(decision=Decision(candidate=candidate)))
        for part in one.parts:
            assert isinstance(part, str) or result.find(part.metric, part.model, part.subject).value is not None
        assert len(one.text.split()) < 25
        return one.text

    assert said("a") == "All 3 weight tensors pass the screening."
    assert (
        said("b")
        == "1 of 2 weight tensors fails the health screening for dead rows or columns (score 0.50, limit 0.8): kernel of layer dense."
    )
    assert said(None).startswith("1 of 5 weight tensors fails the health screening for dead rows or columns ")
    assert said(None).endswith(": kernel of layer dense of b.")
    (alone,) = SECTION.statements(analyze(SOUND), View())
    assert alone.text == "The only weight tensor passes the screening."
    assert SECTION.statements(analyze(), View()) == ()


def test_a_digest_of_every_tensor_is_kept() -> None:
    """Of biases too, which the section does not analyze; one changed bit changes it."""
    bias = weight(np.ones(8), "dense/bias", kind="bias", inputs=(), outputs=())
    found = analyze(SOUND, bias).models[0].digests
    assert [(one.name, one.shape, one.dtype) for one in found] == [
        ("dense/kernel", (64, 32), "float32"),
        ("dense/bias", (8,), "float32"),
    ]
    assert found[1].sha256 == hashlib.sha256(np.ones(8, np.float32).tobytes()).hexdigest()
    changed = replace(SOUND, values=np.nextafter(SOUND.values, np.float32(9)))
    assert analyze(changed).models[0].digests[0].sha256 != found[0].sha256


def test_of_many_models_the_least_healthy_are_listed() -> None:
    """Not the first ones; table and heatmaps say how many there are."""
    dead = SOUND.values.copy()
    dead[:, :8] = 0
    made = inside(
        *(model(f"m{place}", weights=(replace(SOUND, values=dead) if place > 4 else SOUND,)) for place in range(27))
    )
    result = WeightsAnalyzer(WeightsOptions()).analyze(made)
    worst = next(table for table in SECTION.tables(result, View()) if table.name == "worst")
    assert len(worst.rows) == 20
    assert {row[0] for row in worst.rows} == {f"m{place}" for place in range(5, 25)}
    assert "The 20 with the lowest health scores of 27 models" in worst.note
    caption = draw_all(SECTION, result)[0].caption
    assert "The 20 with the lowest health scores of 22 models" in caption
    assert "Not shown: 5 models" in caption


def test_labels_of_tensors_stay_apart() -> None:
    """Long names that differ in the middle are not cut to the same."""
    names = [f"backbone/stage_{stage}/block_with_a_long_name_{stage}_conv/kernel" for stage in (1, 12)]
    assert len(set(visualizer._labels(names))) == 2


def test_cells_without_a_score_are_crossed_out_and_said() -> None:
    """Only where there are any: gray is also a color of the scale."""
    dead = SOUND.values.copy()
    dead[:, :8] = 0
    whole = draw_all(SECTION, analyze(replace(SOUND, values=dead)))[0]
    assert "Crossed out" not in whole.caption
    broken = draw_all(SECTION, analyze(replace(SOUND, values=np.full((8, 8), np.nan, np.float32))))[0]
    assert "Crossed out: not applicable." in broken.caption
