"""The checkpoints section: movement of weights, changes of numbers, rules, figures."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from factory import draw_all, evaluation, head, noisy, outputs, produced, weight
from hypothesis import given, strategies as st

from reportgen.contract.focus import View
from reportgen.metrics.comparison import accuracy_difference, discordance
from reportgen.metrics.movement import movement
from reportgen.sections.checkpoints import SECTION
from reportgen.sections.checkpoints.analyzer import CheckpointsAnalyzer
from reportgen.sections.checkpoints.findings import worse
from reportgen.sections.checkpoints.schema import ACCURACY_GAIN, CheckpointsOptions, CheckpointsResult, Series

N = 300
LOGITS, LABELS = noisy(N, 4)
START = np.random.default_rng(0).normal(size=(8, 6)).astype(np.float32)


def run(*steps: list[Any], sharpness: tuple[float, ...] | None = None, **options: Any) -> CheckpointsResult:
    """Analyze a run; each step has the weights of a checkpoint."""
    sharp = sharpness or (1.0,) * len(steps)
    made = evaluation(
        *(head(outputs(LOGITS * factor, LABELS)) for factor in sharp), names=tuple(f"c{i}" for i in range(len(steps)))
    )
    models = tuple(
        replace(one, series="run", weights=tuple(step)) for one, step in zip(made.models, steps, strict=True)
    )
    return CheckpointsAnalyzer(CheckpointsOptions(**options)).analyze(replace(made, models=models))


def codes(result: CheckpointsResult) -> set[str]:
    """Return the rules that fire."""
    return {rule.code for rule in SECTION.rules for _ in rule.find(result)}


def test_what_is_declared_is_produced() -> None:
    """Every metric of a run has a value."""
    result = run([weight(START)], [weight(START * 1.1)])
    assert produced(result) == {one.name for one in SECTION.metrics}


@given(st.floats(-0.9, 3), st.sampled_from([1e-8, 1.0, 1e8]))
def test_growth_alone_turns_nothing(growth: float, scale: float) -> None:
    """The change is the growth whatever the scale; the cosine stays 1."""
    found = movement([START * scale], [START.astype(np.float64) * scale * (1 + growth)])
    assert found.change == pytest.approx(abs(growth), abs=1e-6)
    assert found.cosine == pytest.approx(1)


def test_several_tensors_are_one_vector() -> None:
    """By the norm of all of them."""
    found = movement([np.array([3.0]), np.array([4.0])], [np.array([0.0]), np.array([4.0])])
    assert found.change == pytest.approx(3 / 5)
    assert found.cosine == pytest.approx(4 / 5)


def test_from_nothing_there_is_no_relative_change() -> None:
    """A bias that was 0; one that stays 0 did not move."""
    assert movement([np.zeros(2)], [np.ones(2)]).change is None
    assert movement([np.zeros(2)], [np.zeros(2)]).change == 0


def test_weights_that_are_not_finite_say_so() -> None:
    """No number is made of them."""
    result = run([weight(START)], [weight(START * np.nan)])
    found = result.find("layer_change", "c1", "layer:dense")
    assert (found.status, found.reason) == ("failed", "some weights are NaN or infinite")


def test_steps_and_the_way_since_the_first() -> None:
    """Two steps of 10 % in one direction are 21 %."""
    result = run([weight(START)], [weight(START * 1.1)], [weight(START * 1.21)])
    assert result.find("weight_change", "c2").value == pytest.approx(0.1, abs=1e-6)
    assert result.find("weight_change_since_first", "c2").value == pytest.approx(0.21, abs=1e-6)
    (layer,) = result.series[0].layers
    assert layer.since_first == pytest.approx((0.1, 0.21), abs=1e-6)


def test_moving_statistics_are_left_out() -> None:
    """They follow the data."""
    moving = weight(np.ones(6), "norm/moving_mean", kind="normalization", trainable=False, outputs=())
    result = run([weight(START), moving], [weight(START), replace(moving, values=moving.values * 9)])
    assert [one.name for one in result.series[0].layers] == ["dense"]


def test_changes_of_the_numbers_are_paired() -> None:
    """Sharper logits keep every decision and change the NLL."""
    result = run([weight(START)], [weight(START * 2)], sharpness=(1.0, 3.0))
    gain = result.find("accuracy_gain", "c1")
    assert (gain.value, gain.ci_low is not None) == (0, True)
    wanted = result.find("nll", "c1").value - result.find("nll", "c0").value
    assert result.find("nll_change", "c1").value == pytest.approx(wanted)


def test_other_weights_are_not_compared() -> None:
    """The numbers are followed all the same."""
    result = run([weight(START)], [weight(START[:, :3])])
    assert result.series[0].reason == "c1 has weights of other shapes than c0"
    assert result.find("weight_change", "c1").status == "not_applicable"
    assert result.find("accuracy", "c1").value is not None
    assert "c1 has weights of other shapes than c0" in SECTION.tables(result, View())[1].note


def test_rules() -> None:
    """Layers that did not move, equal checkpoints, a worse one."""
    still, frozen = weight(START, "still/kernel"), weight(START, "frozen/kernel", trainable=False)
    assert {"CKP101", "CKP102"} <= codes(run([weight(START), still, frozen], [weight(START * 2), still, frozen]))
    assert "CKP103" in codes(run([weight(START)], [weight(START)]))
    worse = run([weight(START)], [weight(START * 2)], sharpness=(1.0, -1.0))
    assert "CKP201" in codes(worse)
    assert "CKP201" not in codes(run([weight(START)], [weight(START * 2)]))


@pytest.mark.parametrize(("checkpoints", "layers"), [(2, 1), (3, 4), (20, 60)])
def test_figures_of_few_and_many(checkpoints: int, layers: int) -> None:
    """They say which layers they leave out; the metrics of a few checkpoints are a table in the body."""
    result = run(
        *([weight(START * (1 + i * (k + 1)), f"layer_{k}/kernel") for k in range(layers)] for i in range(checkpoints))
    )
    figures = {figure.name: figure for figure in draw_all(SECTION, result)}
    assert set(figures) == ({"numbers", "moved"} if checkpoints > 3 else {"moved"})
    assert SECTION.tables(result, View())[0].place == ("appendix" if checkpoints > 6 else "body")
    assert ("40 are left out" in figures["moved"].caption) == (layers == 60)


def gains(*values: float, half: float = 0.02) -> CheckpointsResult:
    """Return a run by the accuracy changes of its steps, each with an interval of a half width."""
    names = tuple(f"c{i}" for i in range(len(values) + 1))
    rows = tuple(
        ACCURACY_GAIN.measure(name, value, n=600, ci_low=value - half, ci_high=value + half, ci_method="made")
        for name, value in zip(names[1:], values, strict=True)
    )
    series = Series(name="run", models=names, layers=(), reason=None, heads=(None,))
    return CheckpointsResult(measurements=rows, split="test", n=600, series=(series,), options=CheckpointsOptions())


def test_a_worse_checkpoint_is_tested_with_all_steps() -> None:
    """A fall that one step shows at 5 % is no finding among 29, a larger one is; a rise never is."""
    assert "CKP201" in codes(gains(-0.021))
    assert "CKP201" not in codes(gains(-0.021, *(0.0,) * 28))
    (hit,) = worse(gains(0.05, -0.05, *(0.0,) * 27))
    assert (hit.model, hit.effect, hit.n) == ("c2", pytest.approx(2.5), 600)
    assert "from c1, the previous checkpoint, tested over all 29 steps: prefer c1." in hit.message


def test_equal_checkpoints_are_not_worse() -> None:
    """In 95 % of runs or more; by the single intervals half of the runs of 30 have one that is."""
    generator = np.random.default_rng(13)
    found = plain = 0
    for _ in range(100):
        right = generator.random((30, 400)) < 0.9
        steps = [accuracy_difference(discordance(after, before)) for before, after in pairwise(right)]
        rows = gains(*(one.value for one in steps)).measurements
        tested = tuple(
            row.model_copy(update={"metric": row.metric.model_copy(update={"ci_low": one.low, "ci_high": one.high})})
            for row, one in zip(rows, steps, strict=True)
        )
        found += "CKP201" in codes(gains(*(0.0,) * 29).model_copy(update={"measurements": tested}))
        plain += any((one.high or 0) < 0 for one in steps)
    assert found <= 12
    assert plain > 25
