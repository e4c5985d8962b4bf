"""An earlier release as the baseline: the same numbers as if its model were in the report, as far as its files tell."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pyarrow import parquet
from releases.made import BASELINE, classified, only, positions, release, run, several, spec, values

from reportgen.analysis.releases import report
from reportgen.contract.changes import Delta
from reportgen.contract.formats import ANSWERS
from reportgen.contract.numbers import Metric
from reportgen.contract.records.evaluation import ModelEvaluation
from reportgen.contract.subjects import Subject
from reportgen.metrics import recovered
from reportgen.pipeline import present
from reportgen.text import formatting

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.contract.changes import Changes

GROUPS = np.arange(300) // 3
WEIGHTS = np.where(np.arange(300) % 2, 0.5, 1.5)
DESIGNS = {"plain": {}, "grouped": {"by": "patient", "groups": GROUPS}, "weighted": {"weights": WEIGHTS}}


def changes_of(results: Results) -> Changes:
    """Return what has changed."""
    found = results["changes"].changes
    assert found is not None
    return found


def delta(changes: Changes, address: str, subject: str | None = None) -> Delta:
    """Return a difference."""
    (found,) = (one for one in changes.deltas if (one.address, one.subject) == (address, subject))
    return found


def against_a_file(folder: Path, made: Any, lines: str = "", **details: Any) -> Results:
    """Analyze model b against the release of model a."""
    release(folder, made, **details)
    return run(folder, spec(["b"], f"{BASELINE}{lines}"), only(made, "b"))


@pytest.mark.parametrize("design", DESIGNS)
def test_paired_differences_are_those_of_two_models_in_one_report(tmp_path: Path, design: str) -> None:
    """Accuracy, NLL, Brier score and recall of each class, with groups and weights too, and McNemar's test."""
    made = classified(**DESIGNS[design])
    both = run(tmp_path, spec(["a", "b"], '[decision]\ncandidate = "b"\nbaseline = "a"\n'), made)["performance"]
    changes = changes_of(against_a_file(tmp_path, made))
    assert (changes.paired, changes.same_rows) == (True, True)
    for name, other in (
        ("accuracy", "accuracy_difference"),
        ("nll", "nll_difference"),
        ("brier_score", "brier_difference"),
    ):
        one, wanted = delta(changes, f"performance.{name}"), both.find(other, "b", "vs a")
        assert one.how == "paired"
        found = [one.difference.value, one.difference.ci_low, one.difference.ci_high]
        assert found == pytest.approx([wanted.value, wanted.ci_low, wanted.ci_high], rel=1e-5, abs=1e-7)
        assert one.difference.ci_method == wanted.ci_method
    for name in ("ant", "bee", "cat"):
        part = Subject.of("class", name)
        one, wanted = delta(changes, "performance.recall", part), both.find("recall_difference", "b", part)
        assert [one.difference.value, one.difference.ci_low] == pytest.approx([wanted.value, wanted.ci_low])
    accuracy, wanted = delta(changes, "performance.accuracy"), both.find("mcnemar_p", "b", "vs a")
    assert accuracy.p_value == pytest.approx(wanted.value)
    assert accuracy.test == wanted.estimator


def test_errors_fixed_and_new_are_counted(tmp_path: Path) -> None:
    """From the answers of both, row by row."""
    made = classified()
    a, b = (model.heads[0].outputs for model in made.models)
    results = against_a_file(tmp_path, made)
    (flips,) = changes_of(results).flips
    assert flips.fixed is not None
    assert flips.new is not None
    assert flips.fixed.value == pytest.approx(float((b.correct & ~a.correct).mean()))
    assert flips.new.value == pytest.approx(float((a.correct & ~b.correct).mean()))
    assert flips.churn.value == pytest.approx(float((a.predictions != b.predictions).mean()))
    assert flips.errors_before == (~a.correct).sum()
    fixed, errors = int((b.correct & ~a.correct).sum()), int((~a.correct).sum())
    said = " ".join(one.text for record in results.sections for one in record.statements)
    assert f"Fixes {fixed} of the {errors} errors of 1 (2026-01-02)" in said
    assert "unlikely to be luck (McNemar p < 0.001)" in said


def test_predicted_values_are_paired(tmp_path: Path) -> None:
    """MAE and bias; they have no flips."""
    made = values()
    both = run(tmp_path, spec(["a", "b"], '[decision]\ncandidate = "b"\nbaseline = "a"\n', ["performance"]), made)
    release(tmp_path, made, sections=["performance"])
    changes = changes_of(run(tmp_path, spec(["b"], BASELINE, ["performance"]), only(made, "b")))
    one, wanted = delta(changes, "performance.mae"), both["performance"].find("mae_difference", "b", "vs a")
    assert (one.how, delta(changes, "performance.bias").how, changes.flips) == ("paired", "paired", ())
    for name in ("rmse", "r_squared"):
        assert delta(changes, f"performance.{name}").how == "paired"
    assert [one.difference.value, one.difference.ci_low] == pytest.approx([wanted.value, wanted.ci_low])


@pytest.mark.parametrize("design", DESIGNS)
def test_metrics_that_are_no_means_are_paired_by_the_correlation_of_their_rows(tmp_path: Path, design: str) -> None:
    """F1, precision and averages of classes: narrower than without the rows, with groups and weights too."""
    made = classified(**DESIGNS[design])
    paired = changes_of(against_a_file(tmp_path, made))
    unpaired = changes_of(against_a_file(tmp_path, made, answers=False))
    ant = Subject.of("class", "ant")
    skills = ((f"{name}_skill", None) for name in ("accuracy", "nll", "brier"))
    for name, subject in (*skills, ("balanced_accuracy", None), ("macro_f1", None), ("f1", ant), ("precision", ant)):
        one, other = (delta(changes, f"performance.{name}", subject) for changes in (paired, unpaired))
        assert (one.how, other.how, one.p_value) == ("paired", "unpaired", None), name
        assert one.difference.value == other.difference.value
        widths = [found.difference.ci_high - found.difference.ci_low for found in (one, other)]
        assert widths[0] < 0.95 * widths[1], name
        assert one.difference.ci_method == "paired, from both intervals and the correlation of their rows (Zou 2007)"


ONLY = ["performance"]
PAIR = '[decision]\ncandidate = "b"\nbaseline = "a"\n'
OF_POSITIONS = ("pixel_accuracy", "mean_iou", "mean_dice", "mean_boundary_iou", "image_mean_iou", "nll", "brier_score")
OF_TOKENS = ("token_accuracy", "macro_f1", "sequence_mean_accuracy", "nll", "perplexity")
LABEL_SKILLS = ("hamming_skill", "nll_skill", "brier_skill")
OF_LABELS = (
    *LABEL_SKILLS,
    "micro_f1",
    "macro_f1",
    "samples_f1",
    "hamming_loss",
    "nll",
    "brier_score",
    "cardinality_bias",
)


@pytest.mark.parametrize(
    ("made", "names", "of_class"),
    [
        (positions(), OF_POSITIONS, ("iou", "dice", "boundary_iou", "precision", "recall")),
        (positions(tokens=True), OF_TOKENS, ("f1", "precision", "recall")),
        (several(), OF_LABELS, ("f1", "precision", "recall")),
        (several(by="patient", groups=GROUPS), OF_LABELS, ("f1",)),
        (several(weights=WEIGHTS), OF_LABELS, ("f1",)),
    ],
    ids=["pixels", "tokens", "labels", "grouped labels", "weighted labels"],
)
def test_labels_pixels_and_tokens_are_paired(tmp_path: Path, made: Any, names: Any, of_class: Any) -> None:
    """By the counts of each row: narrower than without them, and for the whole output as in one report of both models."""
    both = run(tmp_path, spec(["a", "b"], PAIR, ONLY), made)["performance"]
    found = []
    for answers in (True, False):
        release(tmp_path, made, answers=answers, sections=ONLY)
        found.append(changes_of(run(tmp_path, spec(["b"], BASELINE, ONLY), only(made, "b"))))
    paired, unpaired = found
    assert (paired.paired, unpaired.paired) == (True, False)
    for name, subject in (
        *((name, None) for name in names),
        *((name, Subject.of("class", "bee")) for name in of_class),
    ):
        one, other = (delta(changes, f"performance.{name}", subject) for changes in found)
        assert (one.how, other.how) == ("paired", "unpaired"), name
        assert one.difference.value == other.difference.value
        widths = [found.difference.ci_high - found.difference.ci_low for found in (one, other)]
        assert widths[0] < 0.97 * widths[1], name
        wanted = next(
            (
                row.metric
                for row in both.measurements
                if (row.name, row.model, row.subject) == (f"{name}_difference", "b", "vs a")
            ),
            None,
        )
        if wanted is not None and subject is None:
            ends = [one.difference.value, one.difference.ci_low, one.difference.ci_high]
            assert ends == pytest.approx([wanted.value, wanted.ci_low, wanted.ci_high], rel=1e-3, abs=1e-6), name


@pytest.mark.parametrize("design", DESIGNS)
def test_rows_with_all_labels_right_are_counted(tmp_path: Path, design: str) -> None:
    """As in one report of both models, with the same interval and test; the answers are the sets of labels."""
    made = several(**DESIGNS[design])
    both = run(tmp_path, spec(["a", "b"], PAIR, ONLY), made)["performance"]
    release(tmp_path, made, sections=ONLY)
    changes = changes_of(run(tmp_path, spec(["b"], BASELINE, ONLY), only(made, "b")))
    one, wanted = delta(changes, "performance.exact_match"), both.find("exact_match_difference", "b", "vs a")
    ends = [one.difference.value, one.difference.ci_low, one.difference.ci_high]
    assert ends == pytest.approx([wanted.value, wanted.ci_low, wanted.ci_high])
    assert one.p_value is not None
    if design == "plain":
        a, b = (model.heads[0].outputs for model in made.models)
        before, now = (~one.wrong[:].any(axis=1) for one in (a, b))
        (flips,) = changes.flips
        assert flips.fixed is not None
        assert flips.fixed.value == pytest.approx((now & ~before).mean())
        assert flips.errors_before == (~before).sum()
        assert flips.churn.value == pytest.approx((a.predicted[:] != b.predicted[:]).any(axis=1).mean())


def test_whole_sequences_are_paired_without_those_that_do_not_count(tmp_path: Path) -> None:
    """Clustered by sequence as in one report; pixels and tokens have no flips."""
    made = positions(tokens=True)
    both = run(tmp_path, spec(["a", "b"], PAIR, ONLY), made)["performance"]
    release(tmp_path, made, sections=ONLY)
    changes = changes_of(run(tmp_path, spec(["b"], BASELINE, ONLY), only(made, "b")))
    one, wanted = delta(changes, "performance.exact_match"), both.find("exact_match_difference", "b", "vs a")
    assert [one.difference.value, one.difference.ci_low] == pytest.approx([wanted.value, wanted.ci_low])
    assert (one.difference.n, changes.flips) == (118, ())
    assert one.difference.ci_method == wanted.ci_method


def test_counts_of_other_labels_are_not_paired(tmp_path: Path) -> None:
    """Then the rows are not the same, whatever the digest of the file says."""
    made, other = several(), several()
    release(tmp_path, made, sections=ONLY)
    head = other.models[1].heads[0]
    wrong = replace(head.outputs, labels=~head.outputs.labels)  # type: ignore[type-var]
    other = replace(other, models=(other.models[0], replace(other.models[1], heads=(replace(head, outputs=wrong),))))
    changes = changes_of(run(tmp_path, spec(["b"], BASELINE, ONLY), only(other, "b")))
    assert (changes.same_rows, changes.paired) == (False, False)
    assert "with other labels" in changes.rows


@pytest.mark.parametrize("lost", ["hits/2", "actual", "counted", "nll"])
def test_incomplete_counts_are_not_paired(tmp_path: Path, lost: str) -> None:
    """A file with some of the columns is sound, but says nothing of both models."""
    path = release(tmp_path, several(), sections=ONLY)
    answers = path.with_name(ANSWERS)
    table = parquet.read_table(answers)
    kept = [name for name in table.schema.names if not name.startswith(f"a/out/{lost}")]
    parquet.write_table(table.select(kept), answers)
    digest = hashlib.sha256(answers.read_bytes()).hexdigest()
    results = json.loads(path.read_text("utf-8"))
    results["predictions"]["sha256"] = digest
    path.write_text(json.dumps(results), "utf-8")
    changes = changes_of(run(tmp_path, spec(["b"], BASELINE, ONLY), only(several(), "b")))
    assert not changes.paired
    assert {one.how for one in changes.deltas} <= {"unpaired", "no interval", "not compared"}


def test_without_answers_differences_are_unpaired_and_said_to_be(tmp_path: Path) -> None:
    """From the two intervals, and the sentence says why."""
    results = against_a_file(tmp_path, classified(), answers=False)
    changes = changes_of(results)
    one = delta(changes, "performance.accuracy")
    assert (changes.paired, changes.same_rows, one.how, changes.flips) == (False, True, "unpaired", ())
    assert one.now is not None
    assert one.before is not None
    ends = [(metric.value, metric.ci_low, metric.ci_high) for metric in (one.now, one.before)]
    assert (one.difference.ci_low, one.difference.ci_high) == recovered.difference(*ends)  # type: ignore[arg-type]
    said = " ".join(one.text for record in results.sections for one in record.statements)
    assert "unpaired: the answers on every row of 1 (2026-01-02) were not stored" in said
    (table,) = (
        one
        for one in results.sections[-1].manifest.tables(results["changes"], results.view_of("changes"))
        if one.name == "headlines"
    )
    assert "these intervals are too wide where the models mostly agree" in table.note


def test_ranges_of_chance_make_no_interval(tmp_path: Path) -> None:
    """The range of the ECE of calibrated models is no interval of an estimate."""
    one = delta(changes_of(against_a_file(tmp_path, classified())), "calibration.ece_null")
    assert (one.how, one.difference.ci_low) == ("no interval", None)


OTHER: dict[str, dict[str, Any]] = {
    "other data": {"files": (("test.npz", "f" * 64),)},
    "other split": {"split": "validation"},
    "other sample": {"n_total": 400, "seed": 1},
}


@pytest.mark.parametrize("which", OTHER)
def test_other_rows_are_flagged_and_never_judged(tmp_path: Path, which: str) -> None:
    """No difference is called better or worse, a rule says so, and a check of a change cannot be decided."""
    made = classified()
    release(tmp_path, classified(**{"n_total": 400} if which == "other sample" else {}))
    checks = '[[checks]]\nmetric = "performance.accuracy"\nnot_worse_by = 0.5\n'
    results = run(tmp_path, spec(["b"], f"{BASELINE}{checks}"), only(classified(**OTHER[which]), "b"))
    changes = changes_of(results)
    assert (changes.same_rows, changes.paired) == (False, False)
    assert {changes.judged(one) for one in changes.deltas if one.how != "not compared"} == {"not judged: other rows"}
    assert [finding.code for finding in results.sections[-1].findings] == ["CHG201"]
    (check,) = results.checks
    assert (check.state, check.reason) == ("ERROR", "1 (2026-01-02) was measured on other rows")
    said = " ".join(one.text for record in results.sections for one in record.statements)
    assert "not judged, the evaluation set is another" in said
    assert made.data is not None


def test_other_labels_of_the_same_file_are_other_rows(tmp_path: Path) -> None:
    """The digest of the data is the same, but the answers show that another column was the label."""
    release(tmp_path, classified(seed=1))
    changes = changes_of(run(tmp_path, spec(["b"], BASELINE), only(classified(), "b")))
    assert (changes.same_rows, changes.rows) == (False, "the same rows of the same files, but with other labels")


def test_a_metric_is_paired_only_where_the_rows_give_its_value(tmp_path: Path) -> None:
    """A number of the same name that is something else is not the mean of the stored rows."""
    path = release(tmp_path, classified())
    raw = json.loads(path.read_text("utf-8"))
    for one in raw["sections"][0]["result"]["measurements"]:
        if one["name"] == "nll":
            one["metric"]["value"] += 0.001
    path.write_text(json.dumps(raw), "utf-8")
    changes = changes_of(run(tmp_path, spec(["b"], BASELINE), only(classified(), "b")))
    assert delta(changes, "performance.nll").how == "unpaired"
    assert delta(changes, "performance.accuracy").how == "paired"


CHECKS = """
[[checks]]
metric = "performance.accuracy"
not_worse_by = 0.01
[[checks]]
metric = "performance.recall"
change = "absolute"
at_least = -0.2
[[checks]]
metric = "performance.nll"
change = "relative"
at_most = 0
[[checks]]
metric = "performance.accuracy"
at_least = 0.75
"""


def test_checks_of_a_change_are_against_the_release(tmp_path: Path) -> None:
    """By the paired interval, absolute, and relative; a check that came out differently is listed."""
    then = '[[checks]]\nmetric = "performance.accuracy"\nat_least = 0.75\n'
    made = classified()
    release(tmp_path, made, lines=then)
    results = run(tmp_path, spec(["b"], f"{BASELINE}{CHECKS}"), only(made, "b"))
    changes = changes_of(results)
    accuracy, *recalls, nll, absolute = results.checks
    assert accuracy.metric == delta(changes, "performance.accuracy").difference
    assert {check.metric.ci_method for check in recalls if check.metric} == {"Newcombe, paired"}
    one = delta(changes, "performance.nll")
    assert one.before is not None
    assert one.before.value is not None
    assert one.difference.value is not None
    assert nll.metric is not None
    assert nll.metric.value == pytest.approx(one.difference.value / one.before.value)
    assert accuracy.state == "PASS"
    flipped = [(one.title, one.before, one.now) for one in results.flipped]
    assert absolute.state == "PASS"
    assert ("Accuracy", "FAIL", "PASS") in flipped
    assert ("Accuracy change", None, "PASS") in flipped


def test_the_release_is_named_with_its_file_and_date(tmp_path: Path) -> None:
    """In the decision, and in the provenance."""
    results = against_a_file(tmp_path, classified())
    baseline = results.decision.baseline
    assert baseline is not None
    assert baseline.release is not None
    assert (baseline.model, baseline.release.name, baseline.release.file) == (
        "a",
        "1 (2026-01-02)",
        "old-a/results.json",
    )
    assert results.decision.pair is None


def test_diff_and_the_baseline_are_one_comparison(tmp_path: Path) -> None:
    """Of two files it finds what the report found that was made with the earlier one as its baseline."""
    made = classified()
    old = release(tmp_path, made)
    results = run(tmp_path, spec(["b"], f"{BASELINE}[output]\npredictions = true\n"), only(made, "b"))
    new = tmp_path / "results.json"
    new.write_text(results.to_json(), "utf-8")
    assert results.answers is not None
    new.with_name("predictions.parquet").write_bytes(results.answers)
    found = report.difference(old, new).changes
    own = changes_of(results)
    assert (found.deltas, found.flips, found.rows, found.inputs) == (own.deltas, own.flips, own.rows, own.inputs)


def test_an_identical_release_has_no_differences(tmp_path: Path) -> None:
    """Nothing is better, worse or new."""
    made = classified()
    release(tmp_path, made)
    changes = changes_of(run(tmp_path, spec(["a"], BASELINE), only(made, "a")))
    assert {one.difference.value for one in changes.deltas if one.difference.value is not None} == {0}
    assert not any(one.settled for one in changes.deltas)
    (flips,) = changes.flips
    assert flips.churn.value == 0
    assert {one.what for one in changes.inputs} == {"spec"}
    assert formatting.with_interval(delta(changes, "performance.accuracy").difference).startswith("0 points")


def test_a_p_value_decides_before_an_interval() -> None:
    """They nearly agree; where both are there, the sentence and the table say what the test says."""
    difference = Metric(value=0.02, unit="signed fraction", ci_low=0.001, ci_high=0.04, ci_method="Newcombe, paired")
    made = Delta(
        address="performance.accuracy", subject=None, before=None, now=None, difference=difference, how="paired"
    )
    assert made.settled
    assert not made.model_copy(update={"p_value": 0.06}).settled


def test_a_candidate_that_failed_is_compared_with_nothing(tmp_path: Path) -> None:
    """The report is there, every difference says why there is none, and a check of a change cannot be decided."""
    made = classified()
    release(tmp_path, made)
    failed = ModelEvaluation("b", "b.keras", None, None, (), None, reason="cannot be evaluated")
    check = '[[checks]]\nmetric = "performance.accuracy"\nnot_worse_by = 0.5\n'
    results = run(tmp_path, spec(["b"], f"{BASELINE}{check}"), replace(made, models=(failed,)))
    changes = changes_of(results)
    assert {one.how for one in changes.deltas} == {"not compared"}
    assert (changes.paired, changes.flips) == (False, ())
    assert [(one.state, one.reason) for one in results.checks] == [("ERROR", "cannot be evaluated")]
    page = present.present(results, ("html",), draw=False).files["report.html"].decode()
    assert "is not compared" in page
