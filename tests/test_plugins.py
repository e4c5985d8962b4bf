"""Sections of one's own: a file, an installed package, a folder of templates; and what can be wrong with them."""

from __future__ import annotations

import copy
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import warm
from handmade import SPEC, made_evaluation, made_plan

from reportgen.analysis import analyze as analysis
from reportgen.errors import SectionError
from reportgen.interface.report import Report, load_results
from reportgen.pipeline import present
from reportgen.pipeline.run import Run
from reportgen.plan import registry
from reportgen.spec.errors import SpecError
from reportgen.spec.tables.output import FiguresSpec

TESTS = Path(__file__).parent
EXAMPLE = TESTS.parent / "docs" / "examples" / "my_section.py"
FILE = SPEC + '[[sections]]\nkind = "./my_section.py:SECTION"\nthreshold = 0.9\n'
ALONE = SPEC.partition("[[sections]]")[0] + FILE.removeprefix(SPEC)
NOW = "2026-01-02T03:04:05+00:00"


def section_of(folder: Path, text: str, spec: str = FILE) -> Any:
    """Plan a spec whose section stands in a file with some text."""
    (folder / "my_section.py").write_text(text, "utf-8")
    return made_plan(folder, spec)


def example(**changes: str) -> str:
    """Return the example of the documents with some words replaced."""
    text = EXAMPLE.read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


# ------------------------------------------------------------------------------------------------ a file


def test_a_section_out_of_a_file(tmp_path: Path) -> None:
    """Measured, judged, drawn; its addresses have its own name, and checks find them."""
    check = '[[checks]]\nmetric = "my_section.my_score"\nat_most = 1\n'
    planned = section_of(tmp_path, example(), FILE + check)
    results = analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)
    record = next(one for one in results.sections if one.kind.endswith(":SECTION"))
    assert record.id == "my_section"
    assert {one.state for one in results.checks if one.address == "my_section.my_score"} >= {"PASS"}
    page = present.present(results, ("html",)).files["report.html"].decode()
    assert "How often a model is certain" in page


def test_a_section_out_of_a_file_is_rendered_again(tmp_path: Path) -> None:
    """In another process, where the folder of the file is named; a results file alone runs nothing."""
    results = analysis.analyze(section_of(tmp_path, example()), made_evaluation(), NOW, keep_going=False)
    (tmp_path / "results.json").write_text(results.to_json(), "utf-8")
    command = ("-m", "reportgen", "render", tmp_path / "results.json", "--format", "html", "-q")
    lost = warm.python(*command, cwd=tmp_path)
    assert lost.returncode == 2
    assert "only imported with --sections-from" in lost.stderr
    elsewhere = warm.python(*command, "--sections-from", TESTS)
    assert "'./my_section.py': no such file" in elsewhere.stderr
    found = warm.python(*command, "--sections-from", tmp_path, cwd=TESTS)
    assert found.returncode == 1, "a check of the handmade results fails"
    assert "How often a model is certain" in (tmp_path / "report.html").read_text("utf-8")


def test_two_reports_with_files_of_one_name(tmp_path: Path) -> None:
    """Each is drawn by its own, made or loaded; nothing of the first is left in the second."""
    found = {}
    for word in ("early", "late"):
        folder = tmp_path / word
        folder.mkdir()
        text = example(**{"How often a model is certain": f"The {word} one"})
        found[word] = analysis.analyze(section_of(folder, text, ALONE), made_evaluation(), NOW, keep_going=False)
        (folder / "results.json").write_text(found[word].to_json(), "utf-8")
    loaded = {word: load_results(tmp_path / word / "results.json", sections_from=tmp_path / word) for word in found}
    for results in (found, loaded):
        pages = {word: Report(one)._rendered("html").decode() for word, one in results.items()}
        assert all(f"The {word} one" in page for word, page in pages.items())
        assert "The late one" not in pages["early"]


def test_a_file_runs_once_in_a_run(tmp_path: Path) -> None:
    """So a section recognizes its own classes; another run runs it again."""
    mark = f"import pathlib\nwith pathlib.Path({str(tmp_path / 'runs')!r}).open('a') as file:\n    file.write('x')\n"
    check = "        if not isinstance(result, MyResult):\n            raise TypeError\n"
    text = example(**{"from __future__ import annotations\n": f"from __future__ import annotations\n{mark}"})
    line = '        found = result.named("my_score")\n'
    text = text.replace(line, f"{check}{line}")
    assert check in text
    twice = FILE + FILE.removeprefix(SPEC).replace("threshold", 'id = "second"\nthreshold')
    results = analysis.analyze(section_of(tmp_path, text, twice), made_evaluation(), NOW, keep_going=False)
    present.present(results, ("html",))
    assert (tmp_path / "runs").read_text("utf-8") == "x"
    section_of(tmp_path, text)
    assert (tmp_path / "runs").read_text("utf-8") == "xx"


def test_results_know_the_section_that_made_them(tmp_path: Path) -> None:
    """Also after they were written and read, copied or pickled; the file does not hold it."""
    planned = made_plan(tmp_path)
    results = analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)
    (tmp_path / "results.json").write_text(results.to_json(), "utf-8")
    assert "manifest" not in results.to_json()
    again = pickle.loads(pickle.dumps(results))  # noqa: S301 made here
    for one in (results, load_results(tmp_path / "results.json"), results.model_copy(), again):
        assert [record.manifest for record in one.sections] == [item.section for item in planned.sections]


def test_a_pickle_does_not_find_a_section_file_again(tmp_path: Path) -> None:
    """It is named: a pickle holds no folder to import it from; a copy in memory knows it."""
    results = analysis.analyze(section_of(tmp_path, example()), made_evaluation(), NOW, keep_going=False)
    assert copy.deepcopy(results).sections[-1].manifest.name == "my_section"
    with pytest.raises(registry.PluginError, match=r"'\./my_section\.py:SECTION' is a file, which is only imported"):
        _ = pickle.loads(pickle.dumps(results)).sections[-1].manifest  # noqa: S301 made here


def test_its_options_are_validated(tmp_path: Path) -> None:
    """As those of any section, at their line."""
    with pytest.raises(SpecError, match=r"threshold.*must be less than 1"):
        section_of(tmp_path, example(), FILE.replace("0.9", "1.5"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nothing_of_that_name\n", "cannot be imported: ModuleNotFoundError: No module named"),
        ("SECTION = 3\n", "is not a Section (found int)"),
        ("OTHER = 3\n", "cannot be imported: './my_section.py' has no SECTION"),
        ("def broken(:\n", "cannot be imported: SyntaxError"),
    ],
)
def test_a_file_that_gives_no_section(tmp_path: Path, text: str, message: str) -> None:
    """One sentence that names it, at its line in the spec."""
    with pytest.raises(SpecError) as told:
        section_of(tmp_path, text)
    (line,) = (line for line in str(told.value).splitlines() if "sections[3].kind" in line)
    assert "'./my_section.py:SECTION'" in line
    assert message in line


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    """By an installed section."""
    with pytest.raises(SpecError, match="has the name 'weights', which an installed section already uses"):
        section_of(tmp_path, example(**{'name="my_section"': 'name="weights"'}))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name="my_section"', 'name="My Section"', "the name 'My Section' must consist of letters, digits, _ and -"),
        (
            "metrics=(MY_SCORE,)",
            "metrics=MY_SCORE",
            "metrics must be a tuple of MetricSpec (found an object of MetricSpec)",
        ),
        ("metrics=(MY_SCORE,)", "metrics=(MY_SCORE, MY_SCORE)", "the metric 'my_score' is declared twice"),
        ('name="my_score"', 'name="my score"', "the metric's name 'my score' must consist of"),
        (
            'source="convention",\n)',
            'source="convention",\n    difference="other",\n)',
            "the difference 'other' of the metric 'my_score' is not declared",
        ),
        (
            "metrics=(MY_SCORE,)",
            'metrics=(MY_SCORE,), headlines=("score",)',
            "the headline 'score' is not a declared metric",
        ),
        ('FigureSpec("my-custom-plot"', 'FigureSpec("my plot"', "the figure's name 'my plot' must consist of"),
        (
            '"note", "Too',
            '"bad", "Too',
            "the severity of the rule MYS101 must be one of note, warning, problem (found 'bad')",
        ),
        ('"convention", too_certain', '"convention", None', "the rule MYS101 has no function"),
        ('"MYS101"', '"MYS 101"', "the code of the rule 'MYS 101' must consist of letters, digits, _ and -"),
        (
            "analyzer=MyCustomAnalyzer",
            "analyzer=MyCustomAnalyzer(MyOptions())",
            "(found an object of MyCustomAnalyzer)",
        ),
        ("class MyResult(SectionResult)", "class MyResult(Strict)", "result must be a subclass of SectionResult"),
        ("visualizer=MyCustomVisualizer", "visualizer=MyResult", "visualizer must be a subclass of BaseVisualizer"),
        ("frozenset({Need.PREDICTIONS})", '{"predictions"}', "MyCustomAnalyzer.needs must be a frozenset of Need"),
        (
            "    threshold: float = F",
            '    title: str = ""\n    threshold: float = F',
            "the option 'title' conflicts with a key",
        ),
        ("    metrics=(MY", "    tables=3,\n    metrics=(MY", "tables must be a function (found an object of int)"),
        ("    metrics=(MY_SCORE,)", "    metrics=()", "the metric 'my_score' of the task 'binary' is not declared"),
        ('"binary": (MY', '"bynary": (MY', "the task 'bynary' is unknown"),
        ("    metrics=(MY", "    tables=lambda result: (),\n    metrics=(MY", "tables must take two arguments"),
    ],
)
def test_a_manifest_is_held_against_the_contract(tmp_path: Path, old: str, new: str, message: str) -> None:
    """When it is imported: nothing has run yet."""
    with pytest.raises(SpecError) as told:
        section_of(tmp_path, example(**{old: new}))
    (line,) = (line for line in str(told.value).splitlines() if "sections[3].kind" in line)
    assert "the section './my_section.py:SECTION' cannot be used: " in line
    assert message in line


def test_every_mistake_of_a_manifest_is_told_at_once(tmp_path: Path) -> None:
    """Joined in one sentence."""
    with pytest.raises(SpecError, match=r"found 'bad'") as told:
        section_of(tmp_path, example(**{'"note", "Too': '"bad", "Too', 'name="my_score"': 'name="a b"'}))
    assert "the metric's name 'a b'" in str(told.value)


def test_a_file_without_what_it_holds(tmp_path: Path) -> None:
    """The answer says how it is written."""
    with pytest.raises(SpecError, match=r"must name an object in the file, for example './my_section\.py:SECTION'"):
        section_of(tmp_path, example(), FILE.replace(":SECTION", ""))


def test_two_packages_of_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are named."""
    one, other = (registry.EntryPoint("twice", f"{owner}:SECTION", registry.GROUP) for owner in ("ants", "bees"))
    registry._installed.cache_clear()
    monkeypatch.setattr(registry, "_registered", lambda: {"twice": [one, other]})
    with pytest.raises(
        registry.PluginError, match="'twice' is declared by several packages: ants:SECTION, bees:SECTION"
    ):
        registry.Registry().find("twice")


def test_what_was_not_declared(tmp_path: Path) -> None:
    """A metric, or a result of another class, is refused with the section's name."""
    planned = section_of(
        tmp_path,
        example(**{"metrics=(MY_SCORE,)": "metrics=()", '(MY_SCORE,), "binary": (MY_SCORE,)': '(), "binary": ()'}),
    )
    with pytest.raises(SectionError, match=r"section my_section: .*it returned undeclared metrics: my_score"):
        analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)
    wrong = {"return MyResult(measurements=tuple(custom_metrics), threshold=threshold)": "return {}"}
    planned = section_of(tmp_path, example(**wrong))
    with pytest.raises(SectionError, match=r"section my_section: .*returned dict, but declares MyResult"):
        analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "score, n = float(certain.mean())",
            'score, n = float("nan")',
            r"Metric\.value: .*finite number \(my_section\.py, line",
        ),
        (
            "MY_SCORE.measure(name, score",
            'MY_SCORE.measure("zzz", score',
            "it returned metrics for unknown models: zzz",
        ),
        ("custom_metrics += [", "custom_metrics += 2 * [", "it returned my_score of .* 2 times"),
        ("yield Hit(one.model, message, one.subject)", "yield message", "the rule MYS101 returns str instead of Hit"),
        ("yield Figure(", "return Figure(", "its visualizer returns Figure instead of several Figure objects"),
        ("yield Figure(", "yield dict(", "its visualizer returns dict instead of Figure"),
        ('name="my-custom-plot"', 'name="other"', "its visualizer draws an undeclared figure: other"),
        (
            "metrics=(MY",
            "tables=lambda result, view: 3,\n    metrics=(MY",
            "its tables function returns int instead of several",
        ),
        (
            "metrics=(MY",
            "tables=lambda result, view: 1 / 0,\n    metrics=(MY",
            r"ZeroDivisionError.* \(my_section\.py, line",
        ),
    ],
)
def test_what_breaks_the_contract(tmp_path: Path, old: str, new: str, message: str) -> None:
    """One sentence that names the section, and the line where there is one."""
    text = example(**{old: new, "share > _MOST": "share > -1"})
    assert re.search(rf"section my_section: .*{message}", failure_of(section_of(tmp_path, text, ALONE)))


def failure_of(planned: Any) -> str:
    """Return why a section cannot be analyzed, or its page not rendered."""
    try:
        made = analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)
    except SectionError as error:
        return str(error)
    (failure,) = present.present(made, ("html",)).failures
    return failure


def test_the_name_of_a_figure_is_no_path(tmp_path: Path) -> None:
    """The program makes the names of files and of parts of the page, whatever a section calls its figures."""
    text = example(**{'name="my-custom-plot"': 'name="my-custom-plot-/../../ä <x>"'})
    planned = section_of(tmp_path, text, ALONE)
    made = analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)
    report = present.present(made, ("html",))
    present.add_figure_files(report, made, FiguresSpec(format="svg"))
    assert [name for name in report.files if "custom" in name] == ["figures/my_section-my-custom-plot-..-..-x.svg"]
    assert b'id="figure-my_section-my-custom-plot-..-..-x"' in report.files["report.html"]


@pytest.mark.parametrize(
    "where", ["custom_metrics: list[Measurement] = []", 'found = result.named("my_score")\n        shares']
)
def test_a_section_that_raises_is_a_box(tmp_path: Path, where: str) -> None:
    """While it analyzes or draws: named where the build stops, a box where it goes on."""
    text = example(**{where: f'raise RuntimeError("on purpose")\n        {where}'})
    planned = section_of(tmp_path, text)
    kept = analysis.analyze(planned, made_evaluation(), NOW, keep_going=True)
    report = present.present(kept, ("html",), Run(keep_going=True))
    assert "RuntimeError: on purpose" in report.files["report.html"].decode()
    assert re.search("section my_section: .*on purpose", failure_of(planned))


# ------------------------------------------------------------------------------------------------ a package


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Build the package of ``tests/plugin``, install it into a folder of its own; return the environment that sees it."""
    folder = tmp_path_factory.mktemp("plugin")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, TESTS / "plugin"]
    subprocess.run(wheel, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", folder / "site", built], check=True)
    return os.environ | {"PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(folder / "site")))}


def test_an_installed_section_is_one_as_any_other(installed: dict[str, str]) -> None:
    """It is listed, with options, metrics and rules."""
    command = [sys.executable, "-m", "reportgen", "sections"]
    listed = subprocess.run(command, env=installed, capture_output=True, text=True, check=True).stdout
    assert "letters" in listed
    told = subprocess.run([*command, "letters"], env=installed, capture_output=True, text=True, check=True).stdout
    for word in ("most", "Letters in the name of the model.", "LET101"):
        assert word in told


@pytest.mark.keras
def test_an_installed_section_in_a_report(installed: dict[str, str], tmp_path: Path) -> None:
    """Built from a real model by the command line, with the package's own template."""
    model = TESTS.parent / "specs" / "digits" / "mlp.keras"
    spec = (
        f'schema_version = 1\n[report]\ntitle = "T"\n[models.mlp]\npath = "{model}"\n[[sections]]\nkind = "letters"\n'
    )
    (tmp_path / "spec.toml").write_text(spec, "utf-8")
    command = ("-m", "reportgen", "build", "spec.toml", "-o", "out", "--format", "html,json", "-q")
    warm.python(*command, env=installed, cwd=tmp_path).check_returncode()
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "This page was written by the plugin." in page
    assert "Its name has 3 letters." in page
    written = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert [(one["what"], one["file"]) for one in written["code"]] == [
        ("program", "reportgen"),
        ("section", "reportgen_letters"),
    ]
    assert written["sections"][0]["result"]["measurements"][0]["metric"]["value"] == 3


# ------------------------------------------------------------------------------------------------ templates


def test_a_template_extends_the_one_that_it_replaces(tmp_path: Path) -> None:
    """By the name reportgen/NAME; what it does not change stays."""
    planned = made_plan(tmp_path)
    results = analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)
    folder = tmp_path / "templates" / "sections"
    folder.mkdir(parents=True)
    text = (
        '{% extends "reportgen/sections/calibration.html.j2" %}{% block reading %}<p>Our own words.</p>{% endblock %}'
    )
    (folder / "calibration.html.j2").write_text(text, "utf-8")
    page = present.present(results, ("html",), templates=tmp_path / "templates").files["report.html"].decode()
    assert "Our own words." in page
    assert "figure-calibration-reliability" in page
