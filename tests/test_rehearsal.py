"""Custom templates are tried with a sample of the report: it is complete, and whatever is right for a real one is never refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from handmade import OPTIONS, SLICES, full_evaluation
from jinja2 import Environment, nodes
from releases.made import classified, release

from reportgen.analysis.analyze import analyze
from reportgen.analysis.sample import sample
from reportgen.errors import InputError
from reportgen.pipeline import present, rehearsal
from reportgen.pipeline.ahead import Drawers
from reportgen.pipeline.run import Run
from reportgen.plan.make import make
from reportgen.plan.registry import Registry
from reportgen.render import html
from reportgen.resources import share
from reportgen.spec import source

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.plan.plan import Plan

NOW = "2026-01-02T03:04:05+00:00"
FORMATS = ("html", "pdf", "markdown", "summary")
MANY = tuple("abcdefgh")
FEW = ("a", "b")


def planned(folder: Path, names: tuple[str, ...], *, roles: bool) -> Plan:
    """Plan every section that is installed, with checks, notes and a card; without roles there are no earlier releases."""
    lines = ["schema_version = 1", "[report]", 'title = "T"', 'authors = ["A"]', 'description = "D"']
    lines += ["[card]", 'intended_use = "I"', 'require = ["owner"]', "[data]", 'path = "test.npz"']
    lines += ["[decision]", f'candidate = "{names[0]}"', f'baseline = "{names[1]}"'] if roles else []
    for name in names:
        (folder / f"{name}.keras").touch()
        lines += [f"[models.{name}]", f'path = "{name}.keras"', 'history = "h.json"', 'series = "run"', 'note = "N"']
        lines += [f'params = {{ letter = "{name}" }}']
    (folder / "h.json").touch()
    if roles:
        release(folder, classified())
        lines += ["[trend]", 'results = "old-a/results.json"']
    lines += SLICES
    for name in Registry().names:
        lines += ["[[sections]]", f'kind = "{name}"', 'text = "T"', *OPTIONS.get(name, ())]
        lines += ["optional = true"] if name == "changes" else []
    lines += ["[[checks]]", 'metric = "performance.accuracy"', "at_least = 0.4"]
    lines += ["[[checks]]", 'metric = "calibration.ece"', "between = [0.1, 0.2]", 'severity = "warn"']
    (folder / "test.npz").touch()
    return make(source.parse("\n".join(lines), "specs/s.toml", "toml"), folder)


@pytest.mark.parametrize(("names", "roles"), [(FEW, True), (FEW, False), (MANY, False), (MANY, True)])
def test_the_program_s_own_templates_can_be_filled_in(names: tuple[str, ...], roles: bool, tmp_path: Path) -> None:
    """With every section, of few models and many; every chapter has a figure, a table, a gallery, findings and a statement."""
    (tmp_path / "mine").mkdir()
    plan = planned(tmp_path, names, roles=roles)
    for name in FORMATS:
        results = sample(plan, NOW)
        content = rehearsal.Content(results, lambda found=results: rehearsal._document(found), (tmp_path / "mine",))
        filled = rehearsal._FILLED[name](content)
        assert len(filled) > 500  # type: ignore[arg-type]
        document = content.document
        assert {one.id for one in document.chapters} == {*Registry().names} - {"summary"}
        for chapter in (one for one in document.chapters if roles or one.id != "changes"):
            assert chapter.statements
            assert chapter.galleries
            assert chapter.tables
            assert chapter.body.findings
            assert any(part.drawings for part in (chapter.body, chapter.appendix))
    rehearsal.rehearse(plan, tmp_path / "mine", FORMATS, NOW)


def test_what_the_plan_knows_is_real(tmp_path: Path) -> None:
    """Names, files, options, checks, roles, card and notes are those of the results of a run."""
    plan = planned(tmp_path, FEW, roles=True)
    made = sample(plan, NOW).model_dump()
    real = analyze(plan, full_evaluation(FEW, ("0", "1"), ("hidden",), 50), NOW, keep_going=False).model_dump()
    for key in ("report", "spec", "output", "decision", "card", "code", "left_out"):
        assert made[key] == real[key]
    for key in ("id", "kind", "title", "text", "options"):
        assert [one[key] for one in made["sections"]] == [one[key] for one in real["sections"]]
    for key in ("address", "title", "unit", "low", "high", "severity"):
        assert {one[key] for one in made["checks"]} == {one[key] for one in real["checks"]}
    for key in ("name", "file", "role", "note", "recipe"):
        assert [one[key] for one in made["models"]] == [one[key] for one in real["models"]] or key == "file"


def _expressions() -> list[str]:
    """Return every expression of the program's own templates that is written, and ways to make of it what may fail."""
    made = Environment(autoescape=True)
    found = set()
    for path in sorted(share("templates").rglob("*.j2")):
        for node in made.parse(path.read_text("utf-8")).find_all(nodes.Getattr):
            names = []
            inner: nodes.Node = node
            while isinstance(inner, nodes.Getattr):
                names.append(inner.attr)
                inner = inner.node
            if isinstance(inner, nodes.Name) and inner.name in {"results", "document", "chapter"}:
                found.add(".".join([inner.name, *reversed(names)]))
    return sorted(found)


WRAPS = (
    "{{{{ {0} }}}}",
    "{{{{ {0} + 1 }}}}",
    "{{{{ {0} ~ 'a' }}}}",
    "{{{{ {0}[0] }}}}",
    "{{{{ {0}[3].title }}}}",
    "{{{{ 1 / ({0} | length - 1) }}}}",
    "{{% for one in {0} %}}{{{{ one.title }}}}{{{{ one.name }}}}{{% endfor %}}",
    "{{{{ ({0} | first).title + 'a' }}}}",
    "{{{{ {0}() }}}}",
)


@pytest.mark.parametrize(
    ("names", "step"),
    [(FEW, 13), *(pytest.param(names, 1, marks=pytest.mark.hostile) for names in (FEW, MANY))],
    ids=["some", "few", "many"],
)
def test_what_is_right_for_a_real_document_is_never_refused(names: tuple[str, ...], step: int, tmp_path: Path) -> None:
    """Many small templates, of which some can be filled in with a real document: of those none is refused before."""
    plan = planned(tmp_path, names, roles=False)
    results = analyze(plan, full_evaluation(names, ("0", "1", "2"), ("hidden",), 60), NOW, keep_going=False)
    real = present._document(results, present.Rendered(), Run(), Drawers(1), phone=False)
    folder = tmp_path / "mine"
    (folder / "sections").mkdir(parents=True)
    target = folder / "sections" / "performance.html.j2"
    expressions = _expressions()
    assert len(expressions) > 20
    refused = filled = 0
    for text in [wrap.format(one) for one in expressions for wrap in WRAPS][::step]:
        target.write_text(text, "utf-8")
        try:
            rehearsal.rehearse(plan, folder, ("html",), NOW)
        except InputError:
            refused += 1
            with pytest.raises(rehearsal.TemplateFailedError):
                html.render(real, "html", (folder,))
        else:
            filled += 1
    assert refused > 20 // step
    assert filled > 100 // step
