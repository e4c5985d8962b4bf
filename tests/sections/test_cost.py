"""The cost section: numbers of the structure, measured times and their place, rules, the statement of page one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from factory import analyzed, inside, model, produced
from handmade import full_results
from pydantic import ValidationError

from reportgen.contract.decision import COMPARISON, Baseline, Decision
from reportgen.contract.focus import View
from reportgen.contract.needs import Need, Timing
from reportgen.contract.records.architecture import Architecture
from reportgen.contract.records.cost import BatchTimes, Cost, LayerCost, Machine, Times
from reportgen.sections.cost import SECTION
from reportgen.sections.cost.analyzer import CostAnalyzer
from reportgen.sections.cost.schema import CostOptions, CostResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.contract.records.evaluation import ModelEvaluation

PAIR = Decision(candidate="a", baseline=Baseline(model="b"))
LAYERS = (LayerCost("stem", "Conv2D", 1, 900), LayerCost("head", "Dense", 2, 100))
UNCOUNTED = "not on the list of operations: gate (Gate)"
MACHINE = Machine("Processor", 2, "Linux x86_64", "CPU")


def costing(name: str = "a", multiply_adds: int | None = 1000, parameters: int = 50, **parts: Any) -> ModelEvaluation:
    """Make a model of known cost."""
    design = Architecture("Functional", (), parameters, 40, 200, "float32", (), (), "mse", None, None)
    cost = Cost(LAYERS, multiply_adds, 4000, 800, UNCOUNTED if multiply_adds is None else None)
    return model(name, architecture=design, cost=cost, **parts)


def timed(*seconds: float, size: int = 32, name: str = "a") -> ModelEvaluation:
    """Make a model with measured times."""
    return costing(name, times=Times(MACHINE, 5, (BatchTimes(size, seconds),)))


def analyze(*models: ModelEvaluation, decision: Decision = COMPARISON, **options: Any) -> CostResult:
    """Analyze models."""
    result = analyzed(SECTION, replace(inside(*models), decision=decision), **options)
    assert isinstance(result, CostResult)
    return result


def fired(result: CostResult) -> dict[tuple[str, str], float | None]:
    """Return the effects of the findings by code and model."""
    return {(one.code, one.model): one.effect for rule in SECTION.rules for one in rule.apply(result)}


def test_what_is_declared_is_produced() -> None:
    """Exact numbers of the structure; a cost is better if it is lower."""
    result = analyze(costing())
    assert produced(result) == {one.name for one in SECTION.metrics}
    values = [result.find(one.name, "a").value for one in SECTION.metrics]
    assert values == [50, 40, 1000, 4000, 800, 1000]
    assert all(one.exact for one in SECTION.metrics)


def test_what_is_missing_has_a_reason() -> None:
    """An operation that is not counted, a model in memory, one that could not be loaded."""
    broken = model("c", reason="it is damaged")
    result = analyze(costing(multiply_adds=None), costing("b", size_bytes=None), broken)
    assert result.find("multiply_adds", "a").reason == UNCOUNTED
    assert result.find("activation_bytes", "a").value == 4000
    assert result.find("size_bytes", "b").reason == "the model is not in a file"
    assert result.find("multiply_adds", "c").reason == "the model was not evaluated: it is damaged"
    assert [one.model for one in result.models] == ["a", "b"]
    assert len(SECTION.tables(result, View())[0].rows) == 3


def test_times_are_asked_for_by_the_options_alone() -> None:
    """Without ``measure`` nothing is measured, and what was measured for others is left out."""
    assert CostAnalyzer.needs == {Need.COST}
    assert CostAnalyzer(CostOptions()).timing() is None
    asked = CostAnalyzer(CostOptions(measure=True, batch_sizes=(2,), repetitions=9)).timing()
    assert asked == Timing(batch_sizes=(2,), warm_up=5, repetitions=9)
    assert analyze(timed(0.01)).measured is None
    with pytest.raises(ValidationError, match="each batch size must appear once"):
        CostOptions(batch_sizes=(1, 1))


def test_measured_times_have_median_quartiles_and_throughput() -> None:
    """The middle half of the repetitions; the table names the machine and the versions."""
    result = analyze(timed(0.04, 0.01, 0.02, 0.03, 0.05), measure=True)
    assert result.measured is not None
    (batch,) = result.measured.models[0].batches
    assert (batch.median, batch.low, batch.high, batch.examples_per_second) == pytest.approx(
        (0.03, 0.02, 0.04, 32 / 0.03)
    )
    table = SECTION.tables(result, View())[1]
    thin = formatting.THIN
    assert table.rows == (("a", 32, f"30.0{thin}ms", f"20.0{thin}ms to 40.0{thin}ms", "1,067"),)
    assert "on Processor, 2 cores, Linux x86_64, device CPU; python 3.11.0" in table.note


def test_a_model_that_was_not_measured_has_a_row_with_the_reason() -> None:
    """And no number."""
    result = analyze(costing(times=Times(MACHINE, 5, (), "x has a variable size (* × 3)")), measure=True)
    assert SECTION.tables(result, View())[1].rows == (
        ("a", None, "not measured: x has a variable size (* × 3)", None, None),
    )


def test_measured_times_are_outside_the_digest(tmp_path: Path) -> None:
    """Two runs that differ in them alone have the same digest, and different files."""
    made = full_results(tmp_path, ("a", "b"))
    place = next(place for place, one in enumerate(made.sections) if one.kind == "cost")

    def timed_as(second: float) -> Any:
        measured = analyze(timed(second), measure=True).measured
        record = made.sections[place]
        changed = record.model_copy(update={"result": made["cost"].model_copy(update={"measured": measured})})
        return made.model_copy(update={"sections": (*made.sections[:place], changed, *made.sections[place + 1 :])})

    one, other = timed_as(0.01), timed_as(0.02)
    assert one.to_json() != other.to_json()
    assert one.digest == other.digest != made.model_copy(update={"created": "2026-01-02T03:04:06+00:00"}).digest


def test_layers_are_listed_by_their_multiply_adds() -> None:
    """Models with the same layers share a table; the rest is counted."""
    tables = {one.name: one for one in SECTION.tables(analyze(costing(), costing("b"), max_layers=1), View())}
    table = tables["layers-a"]
    assert table.title == "Multiply-adds by layer of a, b"
    assert [row[:4] for row in table.rows] == [("stem", "Conv2D", 1, 900)]
    assert table.note == "Only the 1 layers with the most; 1 more, with 100 multiply-adds, are in results.json."


@pytest.mark.parametrize(("own", "effect"), [(2000, None), (2001, 2001 / 1000 / 2)])
def test_more_than_twice_the_baseline_is_found(own: int, effect: float | None) -> None:
    """In a release, of the candidate; not in a comparison, and not without both numbers."""
    models = costing(multiply_adds=own), costing("b")
    assert fired(analyze(*models, decision=PAIR)).get(("CST101", "a")) == effect
    assert fired(analyze(*models)) == {}
    assert fired(analyze(costing(multiply_adds=None), costing("b"), decision=PAIR)) == {("CST201", "a"): None}


@pytest.mark.parametrize(("high", "effect"), [(1.25, None), (1.3, 0.3 / 0.25)])
def test_unsteady_times_are_found(high: float, effect: float | None) -> None:
    """Where the middle half is more than a quarter of the median."""
    found = fired(analyze(timed(1.0, 1.0, 1.0, high, high), measure=True))
    assert found.get(("CST301", "a")) == (None if effect is None else pytest.approx(effect))


def test_the_statement_has_the_numbers_of_candidate_and_baseline() -> None:
    """As far as both have them; without a baseline there is none."""

    def said(*models: ModelEvaluation, decision: Decision = PAIR) -> list[str]:
        made = analyze(*models, decision=decision)
        return [one.text for one in SECTION.statements(made, View(decision=decision))]

    large = costing(multiply_adds=3_857_973_248, parameters=25_636_712)
    assert said(large, costing("b")) == [
        "Costs 3.86 billion multiply-adds per example (b 1,000) and 25.6 million parameters (b 50)."
    ]
    assert said(costing(multiply_adds=None), costing("b")) == ["Costs 50 parameters (b 50)."]
    assert said(large, decision=Decision(candidate="a")) == []
