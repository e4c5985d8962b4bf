"""The Python interface: the guide's blocks, the effect of every option, reports as values, notebooks."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import warm
from handmade import results as handmade
from matplotlib.figure import Figure as Canvas

import reportgen
from reportgen.contract.focus import Focus
from reportgen.document.compose import compose
from reportgen.interface.report import Report
from reportgen.interface.sheets import SHEETS
from reportgen.pipeline import drawings, present
from reportgen.text import formatting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TESTS = Path(__file__).parent
FIGURES = {f"{name}.png" for name in SHEETS}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what ``interface_run.py`` left, which ran in a process of its own."""
    folder = tmp_path_factory.mktemp("interface")
    ran = warm.python(TESTS / "interface_run.py", folder / "found.pickle", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    content: dict[str, Any] = pickle.loads((folder / "found.pickle").read_bytes())  # noqa: S301 our own
    return content


# ------------------------------------------------------------------------------------------------ the guide


@pytest.mark.keras
def test_every_block_of_the_guide_runs(found: dict[str, Any]) -> None:
    """As written, with the package's name changed: six blocks, four of which analyze."""
    assert len(found["guide"]) == 6
    assert [left["statuses"] is not None for left in found["guide"].values()] == [True, True, True, True, False, False]


@pytest.mark.keras
def test_quick_start_writes_numbers_and_figures(found: dict[str, Any]) -> None:
    """Without histories there is no sheet of training and no Pareto analysis, and the reason is kept."""
    left = found["guide"][0]
    assert set(left["files"]) == FIGURES - {"training_dynamics.png", "pareto_analysis.png"} | {"analysis_results.json"}
    status, reason = left["statuses"]["training_dynamics"]
    assert (status, "needs a training history" in reason) == ("skipped", True)


@pytest.mark.keras
def test_a_sweep_has_a_pareto_analysis(found: dict[str, Any]) -> None:
    """A matplotlib figure and a file."""
    left = found["guide"][3]
    assert left["figure"] == "Figure"
    assert {"pareto_analysis.png", "training_dynamics.png"} <= set(left["files"])


@pytest.mark.keras
def test_the_guide_s_defaults() -> None:
    """Names and values of its section 5."""
    config = reportgen.AnalysisConfig()
    assert (config.n_samples, config.calibration_bins, config.smoothing_window) == (1000, 15, 5)
    assert (config.max_layers_heatmap, config.max_layers_info_flow, config.pareto_analysis_threshold) == (12, 8, 2)
    assert (config.plot_style, config.save_format, config.dpi, config.save_plots) == ("publication", "png", 300, True)


# ------------------------------------------------------------------------------------------------ options


@pytest.mark.parametrize(
    ("option", "kinds"),
    [
        ("analyze_weights", {"weights"}),
        ("analyze_calibration", {"calibration"}),
        ("analyze_information_flow", {"information_flow"}),
        ("analyze_training_dynamics", {"training_dynamics", "pareto"}),
        ("compute_weight_pca", {"similarity"}),
    ],
)
def test_toggles(option: str, kinds: set[str]) -> None:
    """Each takes its sections away and no other."""
    every = {one["kind"] for one in reportgen.AnalysisConfig().sections()}
    assert {one["kind"] for one in reportgen.AnalysisConfig(**{option: False}).sections()} == every - kinds


def test_an_unknown_option_is_an_error() -> None:
    """A typing mistake is told."""
    with pytest.raises(
        reportgen.ArgumentError, match=r"AnalysisConfig\.analyse_weights: extra inputs are not permitted"
    ):
        reportgen.AnalysisConfig(analyse_weights=False)  # type: ignore[call-arg]


@pytest.mark.keras
def test_rows_are_sampled(found: dict[str, Any]) -> None:
    """At most n_samples are evaluated."""
    assert found["options"]["plain"].data.n == 60
    assert found["options"]["samples"].data.n == 40


@pytest.mark.keras
def test_layer_types_and_biases(found: dict[str, Any]) -> None:
    """Only those layers, with their biases."""
    plain, dense = (
        {one.name.rpartition("/")[2] for one in found["options"][key]["weights"].of("a")} for key in ("plain", "dense")
    )
    types = {one.layer_type for one in found["options"]["dense"]["weights"].of("a")}
    assert types == {"Dense"}
    assert ("bias" in dense, "bias" in plain) == (True, False)


def drawn(results: Any, section: str, figure: str) -> tuple[Axes, str]:
    """Return a figure's first panel, drawn, and its caption."""
    record = next(one for one in results.sections if one.id == section)
    theme = drawings.theme_of(results)
    figures = [*drawings.figures_of(record, results, theme), *drawings.further_figures_of(record, results, theme)]
    made = next(one for one in figures if one.name == figure)
    axes: Axes = Canvas().subplots()
    made.panels[0].draw(axes)
    return axes, made.caption


@pytest.mark.keras
@pytest.mark.parametrize(
    ("section", "figure", "words"),
    [
        ("weights", "health", "Only the 1 tensors of each model with the lowest scores"),
        ("information_flow", "activation-health", "Only the 1 least healthy layers of each model"),
    ],
)
def test_heatmaps_are_limited(found: dict[str, Any], section: str, figure: str, words: str) -> None:
    """A row less for each layer less, and the caption says what is left out."""
    every, _ = drawn(found["options"]["plain"], section, figure)
    limited, caption = drawn(found["options"]["layers"], section, figure)
    assert (len(every.get_yticklabels()) > 1, len(limited.get_yticklabels())) == (True, 1)
    assert words in caption


@pytest.mark.keras
def test_training_curves_are_smoothed(found: dict[str, Any]) -> None:
    """A line through the mean of three epochs beside the raw points of a run of six windows; without, a line through the raw values."""
    raw = found["options"]["histories"]["training_dynamics"].curve("a", "val_loss").values
    for key, least in (("histories", 1e-3), ("rough", 0.0)):
        axes, caption = drawn(found["options"][key], "training_dynamics", "loss")
        line = next(one for one in axes.get_lines() if one.get_label() == "validation")
        assert np.abs(np.asarray(line.get_ydata()) - raw).max() >= least
        assert (key == "histories") == ("moving average over 3 epochs" in caption)
        assert (key == "rough") == np.array_equal(line.get_ydata(), raw)


@pytest.mark.keras
def test_bins(found: dict[str, Any]) -> None:
    """The estimator says how many there were."""
    assert "5 equal-width bins" in found["options"]["bins"]["calibration"].find("ece", "a").estimator


@pytest.mark.keras
def test_histories_and_the_threshold(found: dict[str, Any]) -> None:
    """Two models have a front, unless three are asked for."""
    assert found["options"]["histories"]["training_dynamics"].options.smoothing_window == 3
    assert found["options"]["histories"]["pareto"].models
    assert "needs 3 models" in found["options"]["threshold"]["pareto"].reason


@pytest.mark.keras
def test_without_data_what_needs_them_is_skipped(found: dict[str, Any]) -> None:
    """The others run; the log says what was skipped, unless it is told not to."""
    statuses = {one.id: one.status for one in found["options"]["no data"].sections}
    assert statuses["weights"] == "ok"
    assert {statuses[key] for key in ("performance", "calibration", "information_flow", "similarity")} == {"skipped"}
    assert any("training_dynamics skipped: it needs a training history" in word for word in found["options"]["words"])
    assert found["options"]["quiet"] == []


@pytest.mark.keras
def test_a_model_that_cannot_take_the_data_is_left_out(found: dict[str, Any]) -> None:
    """With a logged reason; its weights are analyzed, and so is the other model."""
    mixed = found["options"]["mixed"]
    assert {one.model for one in mixed["weights"].models} == {"a", "other"}
    assert {one.model for one in mixed["performance"].named("accuracy")} == {"a"}
    (warning,) = (word for word in found["options"]["mixed words"] if "excluded" in word)
    assert warning.startswith("WARNING other excluded from the analyses that need data")
    assert "expects input shape (5,)" in warning


@pytest.mark.keras
def test_what_a_model_that_is_left_out_lacks_has_the_reason(found: dict[str, Any]) -> None:
    """A dash in the table of page one, and beside how the outputs were read."""
    mixed = found["options"]["mixed"]
    assert {one.name: one.reason is None for one in mixed.models} == {"a": True, "other": False}
    (row,) = (row for row in mixed["summary"].rows if row.model == "other")
    cells = {column.title: cell.metric for column, cell in zip(mixed["summary"].columns, row.cells, strict=True)}
    assert cells["Parameters"].value == 12
    assert "the model was not evaluated: expects input shape (5,)" in cells["Accuracy"].reason
    document = compose(mixed, {}, {}, {}, {})
    (outputs,) = (table for table in document.provenance if table.name == "outputs")
    assert "other was not evaluated: expects input shape (5,)" in outputs.note


@pytest.mark.keras
def test_figures_are_written_when_asked_for(found: dict[str, Any]) -> None:
    """Without save_plots there are the numbers alone."""
    assert found["options"]["without figures"] == ["analysis_results.json"]


@pytest.mark.keras
def test_file_formats(found: dict[str, Any]) -> None:
    """SVG and PDF beside the numbers."""
    for form, files in found["options"]["forms"].items():
        assert "analysis_results.json" in files
        assert f"summary_dashboard.{form}" in files


@pytest.mark.keras
def test_resolution_and_style(found: dict[str, Any]) -> None:
    """Twice the dots are twice the width; the style stands in the results."""
    assert found["options"]["widths"][1] == pytest.approx(2 * found["options"]["widths"][0], abs=2)
    assert found["options"]["style"] == "presentation"


@pytest.mark.keras
def test_histories_and_models_of_every_kind(found: dict[str, Any]) -> None:
    """A History, its dict, a path; a model, a path."""
    epochs = {run.model: run.n_epochs for run in found["kinds"]["training_dynamics"].runs}
    assert epochs == {"fitted": 3, "plain": 10, "stored": 10}
    files = {one.name: one.file for one in found["kinds"].models}
    assert files == {"fitted": "(in memory)", "plain": "(in memory)", "stored": "stored.keras"}


@pytest.mark.keras
def test_several_inputs_as_a_list_and_by_name(found: dict[str, Any]) -> None:
    """Both give the same numbers, head by head; a list fits models whatever their inputs are called."""
    listed, named = (one["performance"] for one in found["several"])
    for head in ("head:kind", "head:size"):
        expected = named.find("accuracy", "two", head)
        assert listed.find("accuracy", "two", head) == expected
        assert listed.find("accuracy", "renamed", head) == expected


@pytest.mark.keras
def test_outputs_have_the_names_that_fit_takes(found: dict[str, Any]) -> None:
    """The keys of a dict, in the order of its tensors; equal names are numbered."""
    assert found["outputs"] == {"twice": ["shared", "shared(2)"], "keyed": ["a", "z"], "plain": ["shared"]}


@pytest.mark.keras
def test_training_data_of_a_caller(found: dict[str, Any]) -> None:
    """Rows that are in it are counted; with its labels there is the generalization gap."""
    labeled, bare = found["trained"]
    for results in (labeled, bare):
        assert results["overview"].find("leaked_rows", "a").value == 10 / 40
        assert results["performance"].find("unseen_accuracy", "a").n == 30
    assert labeled["performance"].find("train_accuracy", "a").n == 70
    assert labeled["performance"].find("accuracy_gap", "a").value is not None
    assert not [one for one in bare["performance"].measurements if one.name == "accuracy_gap"]


@pytest.mark.keras
def test_slices_and_legacy_files_of_a_caller(found: dict[str, Any]) -> None:
    """A slice for each value, one of a condition, and a search in all columns; the legacy file answers as the model that it was saved from."""
    results = found["slices"]
    made = results["slices"]
    assert [(one.name, one.n) for one in made.definitions] == [
        ("region = north", 40),
        ("region = south", 80),
        ("old", 60),
    ]
    assert made.searches[0].columns == ("region", "age")
    for name in ("region = north", "region = south", "old"):
        one, other = (made.find("accuracy", model, f"slice:{name}") for model in ("a", "old"))
        assert one.value is not None
        assert one.value == other.value
    assert "slices" not in {section.id for section in found["options"]["plain"].sections}


def test_slices_are_those_of_a_spec() -> None:
    """With its rules: a slice is by columns, a condition or a search."""
    with pytest.raises(reportgen.ArgumentError, match="has more than one of where, by and discover"):
        reportgen.AnalysisConfig(slices=[{"by": "region", "where": "age > 1"}])  # type: ignore[list-item]
    assert [one["kind"] for one in reportgen.AnalysisConfig(slices=[{"by": "a"}]).sections()][3] == "slices"  # type: ignore[list-item]


def test_wrong_calls_say_what_is_wrong() -> None:
    """Models that are no dict, or have no names; histories of models that are not there; a Pareto analysis of nothing."""
    analyzer: Any = reportgen.ModelAnalyzer
    for models, found in (([1], "list"), ("a.keras", "str"), (None, "NoneType")):
        with pytest.raises(TypeError, match=rf"models must be a dict keyed by model name \(found {found}\)"):
            analyzer(models)
    for models, words in (({}, "at least one model"), ({1: "a"}, "found 1"), ({" ": "a"}, "found ' '")):
        with pytest.raises(ValueError, match=words):
            analyzer(models)
    with pytest.raises(TypeError, match=r"training_history must be a dict .* \(found list\)"):
        analyzer({"a": "a.keras"}, training_history=[])
    with pytest.raises(ValueError, match="names unknown models: b"):
        analyzer({"a": "a.keras"}, training_history={"b": {}})
    with pytest.raises(TypeError, match=r"config must be an AnalysisConfig \(found dict\)"):
        analyzer({"a": "a.keras"}, {})
    with pytest.raises(reportgen.ReportgenError, match="no results yet: call analyze before"):
        reportgen.ModelAnalyzer({"a": "a.keras"}).create_pareto_analysis()


@pytest.mark.keras
@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("x alone", "ArgumentError: data must be a DataInput, a tuple (x, y), or None (found ndarray)"),
        ("three", "ArgumentError: data must be a DataInput, a tuple (x, y), or None (found a tuple of 3)"),
        ("lengths", "the arrays have different numbers of rows: x_data has 20, y_data has 5"),
        (
            "labels in a list",
            "y_data: is a list of 2 arrays: pass the labels of several outputs as a dict by output name",
        ),
        ("other labels", "the data has no labels for this output (there are labels for wrong, size)"),
        ("no row", "contains no rows"),
        ("not finite", "x_data"),
        ("no file", "no model could be analyzed: models.a.path: nowhere.keras: no such file"),
        ("no model", "no model could be analyzed: models.a"),
        ("a legacy file", "legacy.h5: is a legacy HDF5 file, which needs allow_legacy = true"),
        ("slices of no column", "ArgumentError: slices[0].where: the data has no column 'age' (its columns: region)"),
        ("slices without columns", "ArgumentError: slices[0].by: the data has no column 'region' (its columns: none)"),
        ("short column", "columns.region: must have one value for each of the 20 rows (found 5)"),
        ("columns in a list", "ArgumentError: columns must be a dict keyed by column name (found list)"),
        ("columns of the training data", "ArgumentError: train has columns: slices of the training data are not"),
        ("training data alone", "ArgumentError: train must be a DataInput (found tuple)"),
        ("training data of training data", "ArgumentError: train must be the training data itself"),
        ("weights without labels", "ArgumentError: train has groups or weights but no y_data"),
        ("training data not finite", "train.x_data: has NaN or infinite values"),
        ("training data of another shape", "the rows of x have the shape (4) in the training data, (32, 32, 3) in the"),
        ("no history", "must be a History, its dict, or a path (found int)"),
    ],
)
def test_wrong_data_and_models_say_what_is_wrong(found: dict[str, Any], call: str, words: str) -> None:
    """One sentence, that names the argument and what was found."""
    assert words in found["wrong"][call]


# ------------------------------------------------------------------------------------------------ values


@pytest.mark.keras
def test_the_callback_reports_every_second_epoch_and_the_last(found: dict[str, Any]) -> None:
    """Weights and training, without data."""
    left = found["callback"]
    assert left["reports"] == 3
    assert set(left["kinds"]) == {"summary", "overview", "weights", "training_dynamics"}
    assert left["results"]["training_dynamics"].runs[0].n_epochs == 5


@pytest.mark.keras
def test_training_goes_on_without_a_report(found: dict[str, Any]) -> None:
    """Whatever a report raises is a warning that names it; nothing is written."""
    assert found["callback"]["words"] == [
        "WARNING no report of epoch 1: KeyError: 'lost'",
        "WARNING no report of epoch 2: SystemExit: 0",
        "WARNING no report of epoch 3: RuntimeError: no device",
    ]


@pytest.mark.keras
def test_the_callback_needs_no_file_of_its_spec(found: dict[str, Any]) -> None:
    """Its models and data may be what the training is about to make."""
    assert found["callback"]["planned"] == ["Early", "weights"]


def test_results_as_a_frame() -> None:
    """One row for each number; what is missing has a reason."""
    results = handmade()
    frame = results.to_frame()
    assert len(frame) == len(results.rows())
    missing = frame[frame["value"].isna()]
    assert (missing["status"] != "ok").all()
    assert missing["reason"].notna().all()


def test_a_report_is_saved_and_shows_itself(tmp_path: Path) -> None:
    """Where it is told to; a notebook gets the page in a frame that runs nothing."""
    report = Report(handmade())
    assert report.save_html(tmp_path / "deep" / "page.html").read_text("utf-8").startswith("<!doctype html>")
    assert report.save_markdown(tmp_path / "card.md").exists()
    again = reportgen.load_results(report.save_json(tmp_path / "numbers.json"))
    assert again.rows() == report.results.rows()
    assert report._repr_html_().startswith("<iframe srcdoc=")
    assert "sandbox" in report._repr_html_()[-80:]


def test_wrong_reports_say_what_is_wrong(tmp_path: Path) -> None:
    """A path in place of results, a folder in place of a file, a format or section that there is not."""
    results: Any = "results.json"
    with pytest.raises(TypeError, match=r"must be Results \(found str\); to read a file, use load_results"):
        Report(results)
    with pytest.raises(reportgen.InputError, match=r"output: .*was not written by reportgen and would be replaced"):
        Report(handmade()).save_json(tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(KeyError, match="unknown section 'nothing'; available: summary"):
        handmade()["nothing"]
    with pytest.raises(ValueError, match=r"formats must be among .*json.* \(found 'docx'\)"):
        present.known(["html", "docx"])
    assert present.known("html") == ("html",)
    assert present.known(["json", "html"]) == ("html", "json")


def test_a_section_without_a_result_says_why() -> None:
    """Asked for by its name."""
    results = handmade()
    skipped = {"result": None, "status": "skipped", "reason": "needs data", "findings": ()}
    sections = (results.sections[0].model_copy(update=skipped), *results.sections[1:])
    with pytest.raises(KeyError, match=f"{sections[0].id} was skipped: needs data"):
        results.model_copy(update={"sections": sections})[sections[0].id]


@pytest.mark.keras
@pytest.mark.usefixtures("warm_processes")
def test_a_spec_is_built_with_its_templates(tmp_path: Path) -> None:
    """As the command line does it: written where ``output`` says so, and what is saved later looks the same."""
    (tmp_path / "own" / "sections").mkdir(parents=True)
    text = '{% extends "reportgen/sections/weights.html.j2" %}{% block reading %}<p>Our own words.</p>{% endblock %}'
    (tmp_path / "own" / "sections" / "weights.html.j2").write_text(text, "utf-8")
    model = TESTS.parent / "specs" / "digits" / "cnn.keras"
    lines = [
        "schema_version = 1",
        "[report]",
        'title = "Release"',
        "[models.cnn]",
        f"path = {str(model)!r}",
        "[[sections]]",
        'kind = "weights"',
        "[output]",
        'templates = "own"',
        'formats = ["html"]',
    ]
    (tmp_path / "spec.toml").write_text("\n".join(lines), "utf-8")
    report = reportgen.build(tmp_path / "spec.toml", output=tmp_path / "out", overrides=["report.title=Renamed"])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.html"]
    assert report.results.report.title == "Renamed"
    written = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Our own words." in written
    assert report.save_html(tmp_path / "later.html").read_text("utf-8") == written


def test_results_show_themselves() -> None:
    """As a table of numbers written as in the report, with their intervals; a dash has its reason."""
    results = handmade()
    page = results._repr_html_()
    for row in results.rows():
        one = row.measurement
        if one.subject is None:
            shown = formatting.metric(one.metric)
            assert f"{row.section}.{one.name}" in page
            assert escape(f"{shown.text} {shown.interval}".rstrip(), quote=False) in page
            assert one.metric.reason is None or escape(one.metric.reason, quote=False) in page


def test_results_of_many_models_show_those_in_focus() -> None:
    """And say how many there are."""
    results = handmade()
    first = results.models[0].name
    focus = Focus(models=(first,), order=tuple(model.name for model in results.models), by=None)
    page = results.model_copy(update={"focus": focus})._repr_html_()
    assert f"1 of {len(results.models)} models" in page
    assert [f"<th>{model.name}</th>" in page for model in results.models].count(True) == 1


def test_importing_the_package_loads_nothing() -> None:
    """Public names are there, their libraries are not."""
    program = (
        "import sys, reportgen; assert 'ModelAnalyzer' in dir(reportgen); "
        "print([name for name in ('pydantic', 'numpy', 'keras', 'tensorflow', 'matplotlib', 'pandas') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    """Each can be imported and has a docstring; another is told as any module tells it."""
    for name in reportgen.__all__:
        assert getattr(reportgen, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = reportgen.nothing


def test_type_checkers_see_every_public_name() -> None:
    """The names that are imported on demand are those that are declared for type checkers."""
    tree = ast.parse(Path(reportgen.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    declared = {alias.name: one.module for one in block.body if isinstance(one, ast.ImportFrom) for alias in one.names}
    assert declared == reportgen._HOME


@pytest.mark.keras
def test_a_notebook_shows_results_and_reports(tmp_path: Path) -> None:
    """Executed by a kernel: models are analyzed, and the last value of a cell shows itself."""
    import nbformat
    from nbclient import NotebookClient

    digits = TESTS.parent / "specs" / "digits"
    first = f"""
import numpy as np, reportgen
data = np.load({str(digits / "test.npz")!r})
config = reportgen.AnalysisConfig(save_plots=False, analyze_information_flow=False)
results = reportgen.ModelAnalyzer({{"cnn": {str(digits / "cnn.keras")!r}}}, config).analyze((data["x"], data["y"]))
results
"""
    cells = [first, "reportgen.Report(results)", "results.to_frame().query('metric == \"accuracy\"')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    pages = [output["data"]["text/html"] for cell in notebook.cells for output in cell["outputs"] if "data" in output]
    shown = [page for page in pages if page]
    assert len(shown) == 3
    assert "<table" in shown[0]
    assert shown[1].startswith("<iframe srcdoc=")
    assert "0.95" in shown[2]
    told = "".join(one["text"] for one in notebook.cells[0]["outputs"] if one["output_type"] == "stream")
    assert "evaluating cnn" not in told, "progress is an element that is gone in the end"
    assert (tmp_path / "analysis_results" / "analysis_results.json").exists()
