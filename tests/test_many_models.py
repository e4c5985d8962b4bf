"""Many models: some are in focus, checks and findings are joined, page one stays one page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from factory import evaluation, head, noisy, outputs

from reportgen.analysis import analyze as analysis
from reportgen.analysis.results_file import load
from reportgen.contract.figures import Drawn
from reportgen.contract.focus import View
from reportgen.document.choice import recommended
from reportgen.document.compose import EACH, MOST_RULES, compose
from reportgen.document.detail import MOST_FILES, MOST_ROWS, printed
from reportgen.document.grid import MOST_MODELS
from reportgen.document.links import links
from reportgen.document.tree import Drawing
from reportgen.figures import style
from reportgen.pipeline import present
from reportgen.plan.make import make
from reportgen.plan.registry import Registry
from reportgen.render import html
from reportgen.sections.sweep import choice
from reportgen.spec import source
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.document.tree import Document

SPEC = """\
schema_version = 1
[report]
title = "Many"
[models.all]
path = "*.keras"
[data]
path = "test.npz"
[[sections]]
kind = "summary"
[[sections]]
kind = "performance"
[[sections]]
kind = "calibration"
[[checks]]
metric = "performance.accuracy"
at_least = 0.9
"""
PERFORMANCE = SPEC.replace('[[sections]]\nkind = "calibration"\n', "")
COUNT = 50


def many(folder: Path, extra: str = "", count: int = COUNT, names: tuple[str, ...] = (), text: str = SPEC) -> Results:
    """Analyze models of which the last are the best."""
    (folder / "test.npz").touch()
    names = names or tuple(f"m{index:02}" for index in range(count))
    for name in names:
        (folder / f"{name}.keras").touch()
    logits, labels = noisy(400, 3)
    noise = np.random.default_rng(1).normal(size=logits.shape)
    heads = [head(outputs(np.eye(3)[labels] * index / 8 + noise, labels)) for index in range(len(names))]
    planned = make(source.parse(text + extra, "many.toml", "toml"), folder)
    made = evaluation(*heads, names=names)
    return analysis.analyze(planned, made, "2026-01-02T03:04:05+00:00", keep_going=False)


@pytest.fixture(scope="module")
def fifty(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Analyze fifty models of a spec that says no more."""
    return many(tmp_path_factory.mktemp("fifty"))


def test_the_best_by_the_first_headline_are_in_focus(fifty: Results) -> None:
    """Six of them, the best first."""
    focus = fifty.focus
    assert focus is not None
    assert focus.by == "accuracy"
    assert len(focus.models) == 6
    accuracy = {one.model: one.metric.value or 0 for one in fifty.sections[1].result.named("accuracy")}  # type: ignore[union-attr]
    assert min(accuracy[name] for name in focus.models) >= sorted(accuracy.values())[-6]


def test_page_one_of_a_sweep_is_its_answer(tmp_path: Path) -> None:
    """Its statements come first and its figure stands in place of the ranking, which is on the next page."""
    text = SPEC.replace('path = "*.keras"', 'path = "m{size}.keras"') + '[[sections]]\nkind = "sweep"\n'
    results = many(tmp_path, count=16, text=text)
    assert results.models[2].params == {"size": 2}
    tables = {one.id: present.tables_of(one, results.view_of(one.id)) for one in results.sections}
    drawing = Drawing("sweep/effects", "Effects", "Effects.", "Effects.", Drawn("<svg/>", 1, 1), (), place="front")
    document = compose(results, {"sweep": (drawing,)}, tables, {}, {})
    front = document.front
    assert [topic[0].statement.topic for topic in front.points[:2]] == ["parameters", "difference"]
    assert front.points[0][0].statement.text.startswith("size matters: ")
    assert front.ranking is None
    assert document.key_numbers is not None
    assert front.picture is not None
    assert front.picture.id == drawing.id
    assert len(front.findings) <= 1
    assert "those of parameter effects retraining too" in front.basis
    assert document.chapters[0].id == "sweep"


def test_models_named_in_the_spec_stay_those_in_focus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a sweep recommends another one."""
    monkeypatch.setattr(choice, "weights", lambda _run: 100)
    text = SPEC.replace('path = "*.keras"', 'path = "m{size}.keras"') + '[[sections]]\nkind = "sweep"\n'
    results = many(tmp_path, '[output]\nfocus = ["m03", "m01"]\n', count=16, text=text)
    assert results.focus is not None
    assert results.focus.models == ("m03", "m01")
    assert recommended(results) not in {None, "m03", "m01"}


def test_few_models_have_no_focus(tmp_path: Path) -> None:
    """Six models are all shown."""
    assert many(tmp_path, count=6).focus is None


def test_named_models_are_in_focus(tmp_path: Path) -> None:
    """As the spec names them; a name that no model has is told at its place."""
    results = many(tmp_path, '[output]\nfocus = ["m03", "m01"]\n', count=16)
    result = results.sections[1].result
    assert result is not None
    assert {one.model for one in View(results.focus).shown(result.named("accuracy"))} == {"m01", "m03"}
    with pytest.raises(SpecError, match=r"output\.focus"):
        many(tmp_path, '[output]\nfocus = ["nobody"]\n')


def composed(results: Results) -> Document:
    """Arrange results as a document without figures."""
    tables = {one.id: present.tables_of(one, results.view_of(one.id)) for one in results.sections}
    return compose(results, {}, tables, {}, {})


def test_the_grid_counts_the_models_without_a_column(fifty: Results) -> None:
    """Four models have a column, how the others came out is counted; every number is still in the results."""
    grid = composed(fifty).front.grid
    assert grid is not None
    assert (len(grid.models), grid.n_others) == (MOST_MODELS, COUNT - MOST_MODELS)
    (row,) = grid.rows
    states = [check.state for check in fifty.checks]
    shown = [cell.outcome.state for cell in row.cells if cell is not None]
    counted = {word: int(number) for number, word in (part.split() for part in row.rest.split(", "))}
    for state in ("FAIL", "PASS"):
        assert shown.count(state) + counted.get(state, 0) == states.count(state)


def test_the_body_has_one_finding_of_a_rule(fifty: Results) -> None:
    """About a leading model, of three rules at most; three of each are printed in the appendix, the rest is counted; none is lost."""
    document = composed(fifty)
    assert fifty.focus is not None
    for chapter in document.chapters:
        record = next(one for one in fifty.sections if one.id == chapter.id)
        codes = [finding.code for finding in chapter.body.findings]
        assert len(codes) == len(set(codes)) <= MOST_RULES
        assert {one.model for one in chapter.body.findings} <= {*fifty.focus.models}
        further = chapter.appendix
        assert chapter.n_further == len(further.findings) + len(further.named) == len(record.findings) - len(codes)
        shown = [finding.code for finding in further.findings]
        assert max(shown.count(code) for code in shown) <= EACH
        assert all(one.code in further.more_findings for one in further.named)
        assert all(len(table.rows) <= MOST_ROWS for table in chapter.body.tables)


def test_the_performance_table_shows_the_best(fifty: Results) -> None:
    """Five rows, the most accurate first; ten on the next page."""
    document = composed(fifty)
    front = document.front
    assert front.ranking is not None
    values = [row[1].value for row in front.ranking.rows]  # type: ignore[union-attr]
    assert len(values) == 5
    assert document.key_numbers is not None
    assert len(document.key_numbers.rows) == 10
    assert values == sorted(values, reverse=True)
    assert "Best Accuracy first; 40 more rows are in results.json." in front.ranking.note


def test_every_figure_of_fifty_models_is_drawn(fifty: Results) -> None:
    """And page one names no fifty models."""
    page = present.present(fifty, ("html",)).files["report.html"].decode()
    assert "50 models" in page
    assert page.count("<figure") >= 8


@pytest.mark.parametrize("focus", [0, 3, 6, 10])
def test_no_two_of_fifty_models_look_alike(focus: int) -> None:
    """Each has its own (colour, marker) and its own (colour, line style); those in focus their own colour among them."""
    names = [f"m{index}" for index in range(50)]
    chosen = names[20 : 20 + focus]
    looks = style.theme("publication", names, chosen).looks
    assert len({(look.color, look.marker) for look in looks.values()}) == 50
    assert len({(look.color, look.linestyle) for look in looks.values()}) == 50
    assert len({looks[name].color for name in chosen[:6]}) == min(focus, 6)


def test_tables_with_a_row_for_each_model_have_thirty(fifty: Results) -> None:
    """The best by the metric in focus, in the order of the spec; the note says how many there are."""
    for kind in ("performance", "calibration"):
        result = next(one.result for one in fifty.sections if one.id == kind)
        assert result is not None
        for table in Registry().find(kind).tables(result, View(fifty.focus))[:3]:
            assert [row[0] for row in table.rows] == [f"m{index}" for index in range(20, 50)]
            assert "The 30 with the best accuracy of 50 models" in table.note


def test_a_focus_that_names_models_keeps_the_order_of_the_others(tmp_path: Path) -> None:
    """Those that are named come first where rows are few."""
    results = many(tmp_path, '[output]\nfocus = ["m49"]\n', text=PERFORMANCE)
    result, view = results.sections[1].result, View(results.focus)
    assert result is not None
    listed = {one.model for one in view.listed(result.named("accuracy"))}
    assert listed == {"m49", *(f"m{index:02}" for index in range(29))}
    assert view.rest(result.named("accuracy"), view.listed(result.named("accuracy"))).startswith(" 30 of 50 models")


def test_without_a_focus_every_model_has_a_row(tmp_path: Path) -> None:
    """A spec that asks for all of them gets them."""
    results = many(tmp_path, "[output]\nfocus = 50\n", text=PERFORMANCE)
    result, view = results.sections[1].result, View(results.focus)
    assert result is not None
    assert len(view.listed(result.named("accuracy"))) == COUNT
    assert view.rest(result.named("accuracy"), result.named("accuracy")) == ""


def test_provenance_of_many_models_is_short(fifty: Results) -> None:
    """Outputs that were read alike share a row; of the files those of thirty models are printed."""
    files, heads, _ = composed(fifty).provenance
    assert [row[0] for row in heads.rows] == ["m00, m01, m02, m03, m04, m05, m06, m07 and 42 more"]
    assert sum(str(row[0]).startswith("model ") for row in files.rows) == 30
    assert files.note == "30 of 50 models; the others are in results.json."


def test_long_names_differ_on_page_one(tmp_path: Path) -> None:
    """They are cut to what fits and tells them apart; the results keep them whole."""
    names = [f"a-run-of-the-sweep-of-the-last-week-{seed}-on-all-of-the-data" for seed in range(3)]
    results = many(tmp_path, names=tuple(names))
    front = composed(results).front
    assert front.ranking is not None
    assert {row[0] for row in front.ranking.rows} == {f"…of-the-last-week-{seed}…" for seed in range(3)}
    assert [model.name for model in results.models] == names


def test_page_one_of_a_sweep_is_about_the_model_to_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its confidence in place of that of all models, and the numbers of the choice lead to the key numbers."""
    monkeypatch.setattr(choice, "weights", lambda _run: 100)
    text = SPEC.replace('path = "*.keras"', 'path = "m{size}.keras"') + '[[sections]]\nkind = "sweep"\n'
    found = many(tmp_path, count=16, text=text)
    calibration = next(one for one in found.sections if one.id == "calibration")
    (of_all,) = calibration.statements
    assert "of 16 models have a measurable confidence error" in of_all.text
    document = composed(found)
    (choice_of,), weakness, about, *_ = document.front.points
    taken = choice_of.statement.model
    assert choice_of.statement.text.startswith(f"Take {taken}, the best: ")
    assert document.front.step.startswith(f"measure {taken} on fresh data, because a choice among 16 ")
    assert [one.text for one in calibration.recommended]
    (said,) = [item.statement for topic in document.front.points for item in topic if item.chapter == "calibration"]
    assert said.text == f"Suggested model: {calibration.recommended[0].text}"
    assert said is about[0].statement
    assert weakness[0].statement.text.startswith("Suggested model: Weakest class: ")
    numbers = [part for part in choice_of.statement.parts if not isinstance(part, str)]
    targets = {part.metric: links(document, None).target(choice_of.chapter, part) for part in numbers}
    assert targets["accuracy"] is not None
    assert html.render(document, "html").count(f'id="{targets["accuracy"]}"') == 1
    (tmp_path / "results.json").write_text(found.to_json(), "utf-8")
    stored = composed(load(tmp_path / "results.json", Registry()))
    for target in ("html", "pdf"):
        assert html.render(stored, target) == html.render(document, target)  # type: ignore[arg-type]


def test_the_margins_of_many_models_are_those_of_the_leading_ones(fifty: Results) -> None:
    """What would change the verdict on a model that nobody takes is no question."""
    table = composed(fifty).margins
    assert table is not None
    assert fifty.focus is not None
    assert {row[1] for row in table.rows} == {*fifty.focus.models}


def test_paper_names_the_findings_of_the_appendix(fifty: Results) -> None:
    """None is lost; what is only in the page is said once."""
    whole = composed(fifty)
    paper = printed(whole)
    for chapter, other in zip(paper.chapters, whole.chapters, strict=True):
        assert chapter.body.findings == other.body.findings
        assert len(chapter.appendix.named) == chapter.n_further == other.n_further
        assert chapter.appendix.more_findings.startswith("More findings, in results.json: ")
    assert {str(row[0]) for row in paper.provenance[0].rows if str(row[0]).startswith("model ")} == {
        f"model {name}"
        for name in fifty.focus.order[:MOST_FILES]  # type: ignore[union-attr]
    }
    assert re.fullmatch(r"Only in report\.html, figures and long tables: Performance \(\d+\).*\.", paper.left_out)
    assert not whole.left_out
