"""What is found of each model by itself: kept as JSON, whatever the other models are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from factory import leaking, on_training
from handmade import full_evaluation

from reportgen.contract.decision import Decision
from reportgen.contract.params import Params
from reportgen.contract.records.examples import Examples
from reportgen.contract.section import PerModelAnalyzer
from reportgen.plan.registry import Registry

TASKS = ("classes", "labels", "images", "sequences", "values", "distributions")
KINDS = [name for name in Registry().names if issubclass(Registry().find(name).analyzer, PerModelAnalyzer)]


def test_a_model_alone_tells_nothing_of_the_others() -> None:
    """Nor of its role and its parameters, so that nothing that is kept of it can depend on them."""
    made = full_evaluation(("a", "b"), ("0", "1"), ("hidden",), 20)
    made = replace(made, decision=Decision(candidate="b"), params=Params({"b": {"lr": 0.1}}), examples=Examples(0, ()))
    alone = made.alone(made.models[1])
    assert alone.models == made.models[1:]
    assert (alone.decision, alone.params, alone.examples) == (Decision(), Params(), None)
    assert (alone.data, alone.splits) == (made.data, made.splits)


def test_what_takes_long_is_found_model_by_model() -> None:
    """The sections that measure rows, layers or weights."""
    assert set(KINDS) >= {"performance", "calibration", "slices", "information_flow", "weights"}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_result_rests_on_what_an_earlier_run_found(kind: str, task: str) -> None:
    """Of one model that was alone then: the bytes are those of a run that finds everything itself."""
    made = on_training(full_evaluation(("a", "b", "c"), ("0", "1", "2"), ("hidden",), 120, task=task))
    made = leaking(made, np.arange(120) < 9)
    section = Registry().find(kind)
    analyzer: Any = section.analyzer(section.options())
    assert isinstance(analyzer, PerModelAnalyzer)
    first, *others = made.models
    earlier = analyzer.of_model(replace(made, models=(first,)).alone(first))
    kept = analyzer.part.model_validate_json(earlier.model_dump_json())
    assert kept == earlier
    found = analyzer.joined(made, [kept, *(analyzer.of_model(made.alone(model)) for model in others)])
    assert found.model_dump_json() == analyzer.analyze(made).model_dump_json()
    assert {one.model for one in found.measurements} in (set(), {"a", "b", "c"})
