"""Groups and weights of rows in a whole analysis: no interval or test that ignores them, whatever the section."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, evaluation, head, noisy, outputs
from handmade import OPTIONS, SLICES, full_evaluation, made_plan

from reportgen.analysis import analyze as analysis
from reportgen.contract.records.heads import Decision, HeadEvaluation
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.document.front import front_page
from reportgen.document.provenance import provenance
from reportgen.pipeline.present import present
from reportgen.plan.registry import Registry
from reportgen.sections.calibration import SECTION as CALIBRATION
from reportgen.sections.calibration.schema import REFUSING
from reportgen.sections.performance import SECTION as PERFORMANCE

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.contract.findings import Finding
    from reportgen.contract.numbers import Metric
    from reportgen.contract.records.evaluation import Evaluation

N = 200
NAMES = ("a", "b", "c")
OF_HISTORIES = {"training_dynamics", "weights"}
"""Sections whose numbers do not rest on the evaluated rows."""
P_VALUES = ("mcnemar_p", "mcnemar_p_holm", "ece_p", "calibration_gap_p", "calibration_p", "class_bias_p")


def designed(made: Evaluation, **design: Any) -> Evaluation:
    """Give the rows of an evaluation groups and weights."""
    assert made.data is not None
    return replace(made, data=replace(made.data, **design))


def analyze(folder: Path, **design: Any) -> Results:
    """Analyze models that have all that a section can ask for with every section."""
    for name in NAMES:
        (folder / f"{name}.keras").touch()
    lines = ["schema_version = 1", "[report]", 'title = "Groups"', "[data]", 'path = "test.npz"']
    for name in NAMES:
        lines += [f"[models.{name}]", f'path = "{name}.keras"', 'series = "run"']
    lines += SLICES
    for name in Registry().names:
        lines += ["[[sections]]", f'kind = "{name}"', *OPTIONS.get(name, ()), "optional = true"]
    planned = made_plan(folder, "\n".join(lines))
    made = designed(full_evaluation(NAMES, ("0", "1", "2", "3"), ("hidden",), 200), **design)
    return analysis.analyze(planned, made, "2026-01-02T03:04:05+00:00", keep_going=False)


def metrics(results: Results) -> dict[str, list[Metric]]:
    """Return the metrics of the evaluated rows by address."""
    found: dict[str, list[Metric]] = {}
    for record in results.sections:
        if record.result is not None and record.id not in OF_HISTORIES:
            for one in record.result.measurements:
                found.setdefault(f"{record.id}.{one.name}", []).append(one.metric)
    return found


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """With 40 groups."""
    return analyze(tmp_path_factory.mktemp("grouped"), by="patient", groups=np.arange(N) // 5)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """With 5 groups, too few for anything."""
    return analyze(tmp_path_factory.mktemp("few"), by="patient", groups=np.arange(N) // 40)


@pytest.fixture(scope="module")
def weighted(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """With weights."""
    weights = np.random.default_rng(3).exponential(size=N) + 0.2
    return analyze(tmp_path_factory.mktemp("weighted"), weights=weights / weights.mean())


def test_every_interval_is_clustered_or_withheld(grouped: Results) -> None:
    """Each says by what, or why there is none; tests are by Student's t."""
    shown = 0
    for address, every in metrics(grouped).items():
        for metric in every:
            if metric.ci_method is not None:
                shown += 1
                assert "clustered by patient, " in metric.ci_method, address
            elif metric.caveat is not None and metric.caveat.startswith("no interval"):
                assert "patient" in metric.caveat or "needed" in metric.caveat, (address, metric.caveat)
    assert shown > 100
    found = metrics(grouped)
    assert found["performance.mcnemar_p"][0].estimator == (
        "Student's t of the paired difference, clustered by patient, 40 groups"
    )
    for address in ("calibration.debiased_calibration_error", "similarity.cka"):
        assert all(one.ci_low is None for one in found[address])
    whole = next(one.result for one in grouped.sections if one.id == "similarity")
    assert all(value is None for one in whole.alignments for row in one.low for value in row)


def test_few_groups_have_no_interval_no_test_and_no_verdict(few: Results) -> None:
    """Rules that rest on them are silent, no model has a star, and every figure and format is still made."""
    found = metrics(few)
    assert all(one.ci_low is None for every in found.values() for one in every)
    tests = [one for name in P_VALUES for every in (found.get(f"performance.{name}"), found.get(f"calibration.{name}"))
             if every for one in every]  # fmt: skip
    assert len(tests) > 20
    assert {one.reason for one in tests} == {"it rests on fewer than 10 groups (patient)"}
    codes = {finding.code for _, finding in few.findings()}
    assert not codes & {"CAL101", "CAL102", "CAL103", "CAL201", "CAL202", "CAL301", "CAL401", "CKP201", "INF501"}
    assert not codes & {"PRF102", "PRF202", "PRF301", "PRF401", "SIM101"}
    summary = next(one.result for one in few.sections if one.id == "summary")
    assert not any(cell.best or cell.tied for row in summary.rows for cell in row.cells)
    performance = next(one.result for one in few.sections if one.id == "performance")
    assert all(not tier.tied and len(tier.untested) == 2 for tier in performance.tiers)
    said = [item.statement.text for topic in front_page(few, None, {}).points for item in topic]
    assert any("differences not tested: " in text for text in said)
    assert not any("unlikely to be luck" in text for text in said)
    assert all(present(few, ("html",)).files.values())


def test_page_one_says_how_rows_are_grouped(grouped: Results, weighted: Results) -> None:
    """On page one, in Provenance and in the table of the data."""
    front = front_page(grouped, None, {})
    assert "rows in 40 groups (patient)" in front.basis
    assert "Intervals and tests are clustered by patient, 40 groups." in front.basis
    assert ("groups", "40 (patient)") in provenance(grouped)[-1].rows
    page = present(grouped, ("html",), draw=False).files["report.html"].decode()
    assert "200 rows in 40 groups (patient)" in page
    assert "40 by patient, 5 to 5 rows, median 5" in page
    assert "The p-value is by Student's t of the paired difference" in page.replace("&#39;", "'")
    assert weighted.data is not None
    assert weighted.data.effective_n is not None
    assert f"effective n = {weighted.data.effective_n:,.0f}" in front_page(weighted, None, {}).basis
    assert weighted.data.effective_n < N
    assert (weighted.data.groups, weighted.data.grouped_by) == (None, None)


def test_weights_enter_or_are_said_not_to(weighted: Results) -> None:
    """Every interval is weighted; what is summed over the rows in the pass is not applicable."""
    found = metrics(weighted)
    for address, every in found.items():
        for metric in every:
            assert metric.ci_method is None or metric.ci_method.endswith(", weighted"), address
    assert {one.status for one in found["information_flow.mean_specialization"]} == {"not_applicable"}
    assert "similarity.cka" not in found or all(one.value is None for one in found["similarity.cka"])
    assert all("weighted" in (one.reason or "") for one in found["information_flow.mean_specialization"])
    assert all(present(weighted, ("html",)).files.values())


def test_equal_weights_change_nothing() -> None:
    """Neither values nor, but for their method, anything else; groups leave the values as they are."""
    made = evaluation(*(head(outputs(*noisy(300, 3, seed=seed))) for seed in (0, 1)))
    for section in (PERFORMANCE, CALIBRATION):
        plain = analyzed(section, made)
        equal = analyzed(section, designed(made, weights=np.ones(300)))
        clustered = analyzed(section, designed(made, by="patient", groups=np.arange(300) // 5))
        for one, other, third in zip(plain.measurements, equal.measurements, clustered.measurements, strict=True):
            exempt = (
                "debiased_calibration_error",
                "mcnemar",
                "_p",
                "_null",
                "after_temperature",
                "temperature_nll_gain",
                *(spec.name for spec in REFUSING),
            )
            if not any(word in one.name for word in exempt):
                assert other.metric.value == pytest.approx(one.metric.value), one.name
                assert third.metric.value == pytest.approx(one.metric.value), one.name
                assert (other.metric.n, third.metric.n) == (one.metric.n, one.metric.n)


@pytest.mark.parametrize("classes", [2, 3])
def test_above_the_kept_logits_groups_and_weights_have_no_curve_of_rows(classes: int) -> None:
    """Histograms do not tell the rows: no clustered interval, no weighted value, no test of a class."""
    made = evaluation(head(outputs(*noisy(400, classes), keep_limit=10)))
    grouped = analyzed(PERFORMANCE, designed(made, by="patient", groups=np.arange(400) // 5))
    weights = np.linspace(0.5, 1.5, 400)
    weighted = analyzed(PERFORMANCE, designed(made, weights=weights / weights.mean()))
    for name in ("roc_auc", "average_precision"):
        first, second = grouped.find(name, "a"), weighted.find(name, "a")
        assert (first.value is None, first.ci_low, second.value) == (False, None, None)
        assert second.status == "not_applicable"
    calibration = analyzed(CALIBRATION, designed(made, by="patient", groups=np.arange(400) // 5))
    whole = calibration.find("calibration_p", "a")
    assert whole.value is not None
    of_class = calibration.find("class_bias_p", "a", "class:1")
    assert (of_class.value is None) == (classes > 2)


def test_never_predicted_counts_groups() -> None:
    """Thirty examples in four groups may all be missed together."""
    logits, labels = noisy(400, 3)
    logits[:, 2] = -20
    labels[:30], labels[30:] = 2, labels[30:] % 2
    made = evaluation(head(outputs(logits, labels)))

    def found(groups: Any) -> list[Finding]:
        result = analyzed(PERFORMANCE, designed(made, by="patient", groups=groups))
        return [one for rule in PERFORMANCE.rules if rule.code == "PRF201" for one in rule.apply(result)]

    assert not found(np.concatenate([np.arange(30) // 8, np.arange(370) // 5 + 4]))
    (one,) = found(np.concatenate([np.arange(30) // 3, np.arange(370) // 5 + 10]))
    assert one.message.startswith("None of its 30 examples in 10 groups is found")
    assert one.effect == pytest.approx(10 * np.log(2) / np.log(3 / 0.05))


def test_regression_in_groups() -> None:
    """Bias, MAE and RMSE are clustered; their values are those of weighted errors."""
    generator = np.random.default_rng(1)
    labels = generator.normal(size=300)
    predictions = labels + generator.normal(size=60)[np.arange(300) // 5]
    rule = Decision("regression", "made by hand")
    outputs_ = RegressionOutputs(predictions, labels)
    one = HeadEvaluation("out", rule, rule, rule, (), 300, outputs_)
    plain, weights = evaluation(one), np.linspace(0.5, 1.5, 300)
    clustered = analyzed(PERFORMANCE, designed(plain, by="patient", groups=np.arange(300) // 5))
    weighted = analyzed(PERFORMANCE, designed(plain, weights=weights))
    for name in ("bias", "mae", "rmse"):
        first, second = analyzed(PERFORMANCE, plain).find(name, "a"), clustered.find(name, "a")
        assert (second.ci_high - second.ci_low) > 1.9 * (first.ci_high - first.ci_low)
    error = predictions - labels
    assert weighted.find("rmse", "a").value == pytest.approx(np.sqrt(np.average(error**2, weights=weights)))
    assert weighted.find("bias", "a").value == pytest.approx(np.average(error, weights=weights))


def test_a_rate_of_weighted_examples_has_no_counts() -> None:
    """Half of the weight is not half of the examples."""
    logits, labels = noisy(400, 3)
    logits[:, 2] -= 4
    made = evaluation(head(outputs(logits, labels)))
    weights = np.random.default_rng(0).exponential(size=400) + 0.2

    def found(one: Evaluation) -> list[str]:
        result = analyzed(PERFORMANCE, one)
        return [hit.message for rule in PERFORMANCE.rules if rule.code == "PRF202" for hit in rule.apply(result)]

    assert all(" of 1" in message for message in found(made))
    assert all(" of 1" not in message for message in found(designed(made, weights=weights / weights.mean())))
    assert len(found(made)) == 1
