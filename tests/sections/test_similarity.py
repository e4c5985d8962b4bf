"""The similarity section: pairs of models, layers, weights, rules, figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import draw_all, evaluation, head, layer, noisy, outputs, probed, produced, weight

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
from reportgen.sections.similarity import SECTION, visualizer
from reportgen.sections.similarity.analyzer import SimilarityAnalyzer
from reportgen.sections.similarity.schema import SimilarityOptions, SimilarityResult

if TYPE_CHECKING:
    from reportgen.contract.numbers import Metric
    from reportgen.contract.records.evaluation import Evaluation

N = 200
LOGITS, LABELS = noisy(N, 4)
GENERATOR = np.random.default_rng(0)
HIDDEN = GENERATOR.normal(size=(N, 8))


def models(count: int = 3, **options: Any) -> SimilarityResult:
    """Analyze models that are the first one with more and more noise."""
    heads = [head(outputs(LOGITS + GENERATOR.normal(size=LOGITS.shape) * index, LABELS)) for index in range(count)]
    made = evaluation(*heads, names=tuple(f"m{index}" for index in range(count)))
    inside = [
        replace(
            one,
            activations=probed(
                layer(HIDDEN, "first", None),
                layer(HIDDEN @ GENERATOR.normal(size=(8, 6)) + index * GENERATOR.normal(size=(N, 6)), "hidden", None),
                layer(LOGITS, "out", None),
            ),
            weights=(
                weight(GENERATOR.normal(size=(8, 6)) * (1 + index) + index),
                weight(np.ones(6), "dense/bias", outputs=()),
            ),
        )
        for index, one in enumerate(made.models)
    ]
    made = replace(made, models=tuple(inside))
    return SimilarityAnalyzer(SimilarityOptions(**options)).analyze(made)


def codes(result: SimilarityResult) -> set[str]:
    """Return the rules that fire."""
    return {rule.code for rule in SECTION.rules for _ in rule.find(result)}


def test_what_is_declared_is_produced() -> None:
    """Every metric has a value or a reason."""
    assert produced(models()) == {one.name for one in SECTION.metrics}


def test_pairs_stand_in_both_directions() -> None:
    """What one loses the other wins; what has no direction is the same both ways."""
    result = models(2)
    one, other = (lambda name: result.find(name, "m0", "vs m1")), (lambda name: result.find(name, "m1", "vs m0"))
    assert one("negative_flips").value == other("positive_flips").value
    for name in ("churn", "error_consistency", "js_divergence", "cka"):
        assert one(name).value == other(name).value
    changed = (LOGITS.argmax(axis=1) != LABELS).sum()
    assert one("negative_flips").value <= changed / N


def test_the_last_hidden_layer_is_the_one_before_the_end() -> None:
    """Named in the result and with every number."""
    result = models(2)
    assert result.representation is not None
    assert result.representation.layers == ("hidden", "hidden")
    assert result.find("cka", "m0", "vs m1").estimator == "hidden against hidden"


def test_layers_of_the_reference_are_compared_with_all() -> None:
    """Itself first; the first layers are the same in all models."""
    result = models(3, reference="m1")
    assert [one.model for one in result.alignments] == ["m1", "m0", "m2"]
    assert [one.cka[0][0] for one in result.alignments] == pytest.approx([1, 1, 1])
    assert len(result.alignments[0].cka) == 3


def test_layers_are_thinned_evenly() -> None:
    """The first and the last stay; what is left out is counted."""
    result = models(2, max_layers=2)
    assert result.alignments[1].layers == ("first", "out")
    assert result.alignments[1].left_out == 2


def test_a_model_without_layers_says_so() -> None:
    """The others are compared all the same."""
    made = evaluation(*(head(outputs(LOGITS, LABELS)) for _ in range(3)))
    layers = probed(layer(HIDDEN, "hidden", None), layer(LOGITS, "out", None))
    a, b, c = made.models
    refused = replace(probed(), reason="the model cannot be run with its layers traced")
    made = replace(
        made, models=(replace(a, activations=layers), replace(b, activations=layers), replace(c, activations=refused))
    )
    result = SimilarityAnalyzer(SimilarityOptions()).analyze(made)
    assert result.find("cka", "a", "vs b").value == pytest.approx(1)
    for one, other in (("a", "c"), ("c", "a")):
        found = result.find("cka", one, f"vs {other}")
        assert found.status == "not_applicable"
        assert "cannot be run" in (found.reason or "")
    assert result.not_aligned == (("c", "the model cannot be run with its layers traced"),)
    assert "cannot be run" in SECTION.tables(result, View())[0].note


def test_the_map_of_weights_needs_three_models_of_one_architecture() -> None:
    """Otherwise it does not apply, and says why."""
    result = models(2)
    assert result.weight_map is None
    found = result.find("weight_pc1", "m0")
    assert (found.status, found.reason) == (
        "not_applicable",
        "this needs three models of the same architecture (found 2)",
    )
    assert models(3).weight_map is not None


def test_models_far_apart_in_their_weights_are_far_apart_on_the_map() -> None:
    """Mean and spread grow from model to model, and so does the first component or its opposite."""
    result = models(6)
    assert result.weight_map is not None
    first = [point[0] for point in result.weight_map.points]
    assert abs(np.corrcoef(first, np.arange(6))[0, 1]) > 0.5
    assert result.weight_map.n_tensors == 1


def test_rules() -> None:
    """Equal decisions; rows lost by a model that is no worse."""
    same = evaluation(*(head(outputs(LOGITS, LABELS)) for _ in range(2)))
    assert "SIM102" in codes(SimilarityAnalyzer(SimilarityOptions()).analyze(same))
    right = np.eye(4)[LABELS] * 5
    lost, won = right.copy(), right.copy()
    lost[:20], won[20:40] = np.roll(right[:20], 1, axis=1), np.roll(right[20:40], 1, axis=1)
    swapped = evaluation(head(outputs(won, LABELS)), head(outputs(lost, LABELS)))
    result = SimilarityAnalyzer(SimilarityOptions()).analyze(swapped)
    assert result.find("negative_flips", "b", "vs a").value == pytest.approx(0.1)
    (found,) = next(rule for rule in SECTION.rules if rule.code == "SIM101").apply(result)
    assert (found.effect, found.n) == (pytest.approx(10), 200)


def test_few_rows_that_decide_are_told() -> None:
    """Two layers that share nothing but two far rows."""
    made = evaluation(*(head(outputs(LOGITS, LABELS)) for _ in range(2)))
    far = [GENERATOR.normal(size=(N, 4)) for _ in range(2)]
    for values in far:
        values[[3, 9]] = 100
    inside = [
        replace(one, activations=probed(layer(values, "hidden", None), layer(LOGITS, "out", None)))
        for one, values in zip(made.models, far, strict=True)
    ]
    result = SimilarityAnalyzer(SimilarityOptions()).analyze(replace(made, models=tuple(inside)))
    found: Metric = result.find("cka", "b", "vs a")
    assert "driven by few rows" in (found.caveat or "")
    assert "no interval: so few rows decide it" in (found.caveat or "")
    assert found.ci_low is None
    trimmed = result.find("cka_trimmed", "b", "vs a").value
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "SIM201").apply(result)
    assert hit.effect == pytest.approx(abs(found.value - trimmed) / 0.1)  # type: ignore[operator]


@pytest.mark.parametrize("count", [2, 3, 12, 50])
def test_figures_of_few_and_many(count: int) -> None:
    """They are drawn for any number of models, and say what they leave out; few models are compared by the table alone."""
    result = models(count)
    figures = {figure.name: figure for figure in draw_all(SECTION, result)}
    assert ("weights" in figures) == (count > 2)
    assert ({"flips", "models"} <= set(figures)) == (count >= 6)
    if count > 13:
        assert f"{count - 13} more models are in results.json" in figures["flips"].caption
    for table in SECTION.tables(result, View()):
        assert len(table.rows) <= 12


def test_the_reference_is_the_declared_baseline() -> None:
    """Unless the options name another model; without a decision it is the first."""
    made = evaluation(*(head(outputs(LOGITS, LABELS)) for _ in range(3)))
    declared = replace(made, decision=Decision(candidate="c", baseline=Baseline(model="b")))

    def reference(of: Evaluation, **options: str) -> str:
        return SimilarityAnalyzer(SimilarityOptions(**options)).analyze(of).reference

    assert (reference(made), reference(declared), reference(declared, reference="c")) == ("a", "b", "c")


@pytest.mark.parametrize(
    ("fixed", "shared", "new", "words"),
    [
        (12, 7, 2, "Fixes 12 of b's 19 errors, makes 2 new ones."),
        (0, 3, 1, "Fixes none of b's 3 errors, makes 1 new one."),
        (1, 0, 0, "Fixes b's only error, makes no new ones."),
        (0, 1, 4, "Does not fix b's only error, makes 4 new ones."),
        (0, 0, 2, "b has no errors; the candidate makes 2 new ones."),
    ],
)
def test_the_statement_counts_errors(fixed: int, shared: int, new: int, words: str) -> None:
    """Of the candidate a against the baseline b; every number is in the table of the chapter."""
    right = (np.eye(4)[LABELS] * 5).astype(np.float32)
    wrong = np.roll(right, 1, axis=1)
    rows = np.arange(N)[:, None]
    candidate = np.where(rows < fixed, right, np.where(rows < fixed + shared + new, wrong, right))
    baseline = np.where(rows < fixed + shared, wrong, right)
    made = evaluation(*(head(outputs(values, LABELS)) for values in (candidate, baseline)))
    made = replace(made, decision=Decision(candidate="a", baseline=Baseline(model="b")))
    result = SimilarityAnalyzer(SimilarityOptions()).analyze(made)
    (one,) = SECTION.statements(result, View(decision=made.decision))
    assert (one.text, one.topic, one.n) == (words, "errors", N)
    table = SECTION.tables(result, View(decision=made.decision))[0]
    shown = [cell for row in table.rows for cell in row]
    found = [part for part in one.parts if not isinstance(part, str)]
    assert all(result.find(part.metric, part.model, part.subject) in shown for part in found)
    assert result.find("shared_errors", "a", "vs b").value == pytest.approx(shared / N)


def test_a_comparison_or_a_baseline_without_labels_has_no_statement() -> None:
    """There is no pair, or there are no errors."""
    assert SECTION.statements(models(), View()) == ()
    assert SECTION.statements(models(), View(decision=Decision(candidate="m0"))) == ()


def test_one_order_in_all_matrices() -> None:
    """Similar models are adjacent in the order of the first, and all are there."""
    result = models(8)
    order = visualizer._order(result)
    assert order == [result.heads[0].models[place] for place in result.heads[0].order]
