"""Every kind of model that the documentation lists: a build of many models in one worker, against scikit-learn on their predictions."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import warm
from kinds import DATA, KINDS, NO_LAYERS, Kind, entry

if TYPE_CHECKING:
    import subprocess

TOP = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "KERAS_BACKEND": "tensorflow"}
ENVIRONMENT |= {"TF_ENABLE_ONEDNN_OPTS": "0"}  # as in the worker
SECTIONS = ("overview", "performance", "calibration", "weights", "information_flow", "cost", "training_dynamics")
QUICK = tuple(kind for kind in KINDS if kind.quick and kind.data != "positions")
FAILING = "first"
"""The kind that this machine cannot run."""
READ = {
    "Separate softmax": r".*; logits taken before the final softmax",
    "Softmax followed by what changes nothing": r".*; logits taken before the final softmax",
    "Mean of several softmaxes": r"(?!.*logits)",
}
"""What is said of the outputs, by the row of the documentation that says whether numbers are from logits or probabilities."""


def test_the_documentation_lists_every_kind() -> None:
    """Every row of the table is backed by a kind, and every kind is in a row; no name is used twice."""
    text = (TOP / "docs" / "models.md").read_text("utf-8")
    table = text.partition("| kind of model |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| (.+?) \|", table, re.MULTILINE) == list(dict.fromkeys(kind.row for kind in KINDS))
    assert len({kind.name for kind in KINDS}) == len(KINDS)


class Built(NamedTuple):
    """A report: the exit code, what was said, the models, the metrics by (section, name, subject), the expected numbers, the performance."""

    code: int
    said: str
    models: dict[str, Any]
    rows: dict[str, dict[tuple[str, str, str | None], dict[str, Any]]]
    expected: dict[str, dict[str, float]]
    folder: Path
    written: dict[str, Any]


def program(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    return warm.python("-P", "-m", "reportgen", *arguments, cwd=cwd, env=ENVIRONMENT)


def made(folder: Path, kinds: tuple[Kind, ...]) -> Path:
    """Write models and data."""
    warm.python(TOP / "tests" / "kinds.py", folder, *(kind.name for kind in kinds), env=ENVIRONMENT).check_returncode()
    return folder


def build(folder: Path, kinds: tuple[Kind, ...]) -> Built:
    """Build one report of kinds that share a data set."""
    (data,) = {kind.data for kind in kinds}
    models = "".join(map(entry, kinds))
    sections = "".join(f'[[sections]]\nkind = "{kind}"\n' for kind in SECTIONS)
    text = f'schema_version = 1\n[report]\ntitle = "Kinds"\n{models}[data]\npath = "{data}.npz"\n{DATA.get(data, "")}\n'
    (folder / f"{data}.toml").write_text(text + sections, "utf-8")
    found = program("build", f"{data}.toml", "-o", f"out-{data}", "--format", "json,html", "-q", cwd=folder)
    results = folder / f"out-{data}" / "results.json"
    assert results.exists(), found.stderr
    rows: dict[str, dict[tuple[str, str, str | None], dict[str, Any]]] = {kind.name: {} for kind in kinds}
    for row in json.loads(program("metrics", results, "--format", "json", cwd=folder).stdout):
        rows[row["model"]][row["section"], row["metric"], row["subject"]] = row
    written = json.loads(results.read_text("utf-8"))
    return Built(
        found.returncode,
        found.stderr,
        {model["name"]: model for model in written["models"]},
        rows,
        json.loads((folder / "expected.json").read_text("utf-8")),
        folder,
        next(one["result"] for one in written["sections"] if one["kind"] == "performance"),
    )


def judge(kind: Kind, built: Built) -> None:
    """Compare a kind with its expected numbers, and look for what of it must be measured whatever its outputs are."""
    rows, model = built.rows[kind.name], built.models[kind.name]
    numbers = {name for name in rows if rows[name]["value"] is not None}
    if kind.name == FAILING:
        assert kind.unmeasured in model["reason"]
        return
    assert model["reason"] is None
    head = "head:kind" if kind.data == "heads" else None
    if kind.data == "positions":
        judge_positions(kind, built)
    elif kind.unmeasured:
        assert re.search(kind.unmeasured, rows["performance", "accuracy", None]["reason"])
    elif kind.measured != "classes":
        for address, number in built.expected[kind.name].items():
            metric, _, subject = address.partition(" ")
            section, _, name = metric.partition(".")
            assert rows[section, name, subject or None]["value"] == pytest.approx(number, rel=1e-5, abs=1e-9)
    else:
        expected = built.expected[kind.name]
        assert rows["performance", "accuracy", head]["value"] == pytest.approx(
            expected["accuracy"], abs=expected["tied"] + 1e-12
        )
        assert rows["performance", "nll", head]["value"] == pytest.approx(expected["nll"], rel=kind.tolerance)
        if "rmse" in expected:
            assert rows["performance", "rmse", "head:size"]["value"] == pytest.approx(expected["rmse"], rel=1e-5)
    if kind.row in READ and not kind.unmeasured:
        assert re.match(READ[kind.row], model["heads"][0]["outputs_rule"])
    if kind.measured == "classes" and not kind.unmeasured and kind.data != "positions":
        assert ("calibration", "ece", head) in numbers
    assert ("training_dynamics", "peak_epoch", None) in numbers
    assert (("overview", "size_bytes", None) in numbers) == (kind.saved != "")
    layered = kind.saved != "/"
    inside = {
        ("weights", "total_l2_norm", None),
        ("information_flow", "layers_probed", None),
        ("cost", "multiply_adds", None),
    }
    assert (inside & numbers == inside) == layered
    if not layered:
        assert {rows[name]["reason"] for name in inside} == {f"{NO_LAYERS}, of which only the predictions are measured"}
    assert ("overview", "parameters", None) in numbers


def judge_positions(kind: Kind, built: Built) -> None:
    """Compare both heads of a kind with a class for every pixel and one for every token."""
    rows, expected = built.rows[kind.name], built.expected[kind.name]
    for head, name in (("area", "mean_iou"), ("tags", "token_accuracy")):
        found = rows["performance", name, f"head:{head}"]["value"]
        assert found == pytest.approx(expected[head], abs=2 * expected[f"{head}_tied"] + 1e-12)
        nll = rows["performance", "nll", f"head:{head}"]["value"]
        assert nll == pytest.approx(expected[f"{head}_nll"], rel=kind.tolerance)
    decided = {head["name"]: head for head in built.models[kind.name]["heads"]}
    assert {name: head["task"] for name, head in decided.items()} == {
        "area": "segmentation",
        "tags": "sequence_labeling",
    }
    masked = "the layers pass on a mask" in decided["tags"]["positions_rule"]
    assert masked == (kind.name == "positions_masked")
    (shown,) = (one for one in built.written["dense"] if (one["model"], one["subject"]) == (kind.name, "head:tags"))
    assert shown["positions"] == expected["tags_positions"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the quick kinds."""
    return build(made(tmp_path_factory.mktemp("kinds"), QUICK), QUICK)


@pytest.mark.keras
def test_the_usual_kinds(quick: Built) -> None:
    """They have the numbers that scikit-learn finds from their predictions; weights, layers and cost are there."""
    assert quick.code == 0, quick.said
    for kind in QUICK:
        judge(kind, quick)


@pytest.mark.keras
def test_what_a_reader_is_told(quick: Built) -> None:
    """What was not a .keras file, and what that means, is in the results and on the page; code of a function is listed."""
    assert {name: model["form"] for name, model in quick.models.items() if model["form"] != "keras"} == {
        "function": "function",
        "hdf5": "hdf5",
        "saved_model": "saved_model",
    }
    page = (quick.folder / "out-rows" / "report.html").read_text("utf-8")
    assert "saved_model: read from a SavedModel (allow_legacy = true): only its predictions are measured" in page
    assert "hdf5: read from a legacy HDF5 file (allow_legacy = true)." in page
    assert "OVW303" in page
    written = json.loads((quick.folder / "out-rows" / "results.json").read_text("utf-8"))
    assert [one["file"] for one in written["code"] if one["what"] == "model function"] == ["./layers.py"]
    assert quick.models["function"]["file"] == "./layers.py:make"
    assert quick.models["saved_model"]["file"] == "saved_model/"


@pytest.mark.keras
def test_checking_and_verifying_run_nothing(quick: Built) -> None:
    """``check`` says what it cannot know, and ``verify`` compares folders and files but not what code makes."""
    checked = program("check", "rows.toml", cwd=quick.folder)
    assert checked.returncode == 0
    assert "what ./layers.py:make returns" in checked.stdout + checked.stderr
    verified = program("verify", "out-rows/results.json", "--inputs", ".", cwd=quick.folder)
    said = verified.stdout + verified.stderr
    assert "made by code, which is not run" in said
    assert re.search(r"unchanged.*saved_model/|saved_model/.*unchanged", said)


@pytest.mark.keras
def test_classes_of_positions(tmp_path: Path) -> None:
    """Segmentation and sequence labeling, against scikit-learn on the positions that count; all kinds of it are in the matrix."""
    kinds = tuple(kind for kind in KINDS if kind.quick and kind.data == "positions")
    built = build(made(tmp_path, kinds), kinds)
    assert built.code == 0, built.said
    for kind in kinds:
        judge(kind, built)


@pytest.mark.keras
def test_a_mask_is_for_positions(quick: Built) -> None:
    """An ignored label for a model with one class per row is an error that names its outputs."""
    data = 'path = "rows.npz"\nignore_label = 1\n'
    text = f'schema_version = 1\n[report]\ntitle = "Kinds"\n{entry(QUICK[0])}[data]\n{data}[[sections]]\nkind = "performance"\n'
    (quick.folder / "wrong.toml").write_text(text, "utf-8")
    found = program("build", "wrong.toml", "-q", cwd=quick.folder)
    assert found.returncode == 3
    says = "data.ignore_label: is for segmentation and sequence labeling, but the model sequential has no such output"
    assert says in found.stderr
    assert "is multiclass)" in found.stderr


@pytest.mark.matrix
@pytest.mark.keras
def test_every_kind(tmp_path: Path) -> None:
    """One report for each data set; the kind that the machine cannot run fails alone."""
    made(tmp_path, KINDS)
    for data in dict.fromkeys(kind.data for kind in KINDS):
        kinds = tuple(kind for kind in KINDS if kind.data == data)
        built = build(tmp_path, kinds)
        assert built.code == (3 if data == FAILING else 0), built.said
        for kind in kinds:
            judge(kind, built)
