"""Whole builds with TensorFlow, and every way in which an input can be wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdf
import pytest
import warm
from browser import CHROMIUM, MISSING, Browser
from sklearn import metrics as sk

from reportgen.analysis.results_file import load
from reportgen.cli.outcome import decisions
from reportgen.inputs.digest import sha256
from reportgen.plan.registry import Registry

pytestmark = pytest.mark.keras
TOP = Path(__file__).parents[1]
WITH_PAGE = "json,html,markdown"
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "KERAS_BACKEND": "tensorflow"}


def run(*arguments: object, cwd: Path = TOP, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    return warm.python("-m", "reportgen", *arguments, cwd=cwd, env={**ENVIRONMENT, **environment})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the example once, by a new interpreter."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "reportgen", "build", "specs/release.toml", "-o", folder]
    found = subprocess.run(command, cwd=TOP, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return folder


def test_the_example_is_whole_and_small(built: Path) -> None:
    """Four files and nothing else; the page below 1 MB, the PDF below 0.6 MB and of 16 pages at most."""
    assert sorted(path.name for path in built.iterdir()) == [
        "model_card.md",
        "report.html",
        "report.pdf",
        "results.json",
    ]
    assert (built / "report.html").stat().st_size < 1_000_000
    assert (built / "report.pdf").stat().st_size < 600_000
    assert len(pypdf.PdfReader(built / "report.pdf").pages) <= 16


@pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
def test_the_example_is_short_on_a_phone(built: Path, tmp_path: Path) -> None:
    """About 20 screens with the appendix folded."""
    with Browser(tmp_path) as browser:
        browser.show(built / "report.html", 380)
        assert browser.value("document.documentElement.scrollHeight") < 15_000


def test_the_example_says_how_its_checks_stand(built: Path) -> None:
    """The interval of cnn's accuracy includes its limit of 95 %; the rows were used for nothing before."""
    found = json.loads((built / "results.json").read_text("utf-8"))
    (cnn,) = (one for one in found["checks"] if one["address"] == "performance.accuracy" and one["model"] == "cnn")
    assert (cnn["state"], cnn["standing"]) == ("PASS", "within the interval")
    assert found["data"]["used_for"] == []
    shown = decisions(load(built / "results.json", Registry()), verbose=True)
    assert any("accuracy of cnn: 95.7" in line and line.endswith(", within margin of error") for line in shown)


def test_the_example_shows_its_errors(built: Path) -> None:
    """Every model's most confident error is there, with its picture, and the rows are those of the file."""
    found = json.loads((built / "results.json").read_text("utf-8"))
    (errors,) = (one["result"] for one in found["sections"] if one["kind"] == "errors")
    (head,) = errors["heads"]
    rows = [*head["suspects"], *head["errors"]]
    labels = np.load(TOP / "specs/digits/test.npz")["y"]
    assert all(int(one["label"]) == labels[one["row"]] for one in rows)
    assert all(len(one["pictures"]) == 1 for one in rows)
    assert errors["scales"] == [{"input": "x", "black": 0.0, "white": 16.0}]
    (performance,) = (one["result"] for one in found["sections"] if one["kind"] == "performance")
    for model in performance["heads"]:
        assert model["errors"][0]["row"] in [one["row"] for one in rows]
    roles = {"mlp", "cnn_dropout"}
    shown = [
        row for row in rows if any(one["model"] in roles and one["predicted"] != row["label"] for one in row["answers"])
    ]
    assert len(shown) > len(rows) / 2
    assert (built / "report.html").read_text("utf-8").count("data:image/png") >= len(shown)


def test_the_numbers_are_those_of_keras(built: Path) -> None:
    """Accuracy and NLL of the three heads (softmax inside, logits, Softmax layer) equal numpy on keras' predictions."""
    program = (
        "import json, sys, keras, numpy as np\n"
        "d = np.load('specs/digits/test.npz'); out = {}\n"
        "for name in ('mlp', 'cnn', 'cnn_dropout'):\n"
        "    z = keras.saving.load_model(f'specs/digits/{name}.keras', compile=False).predict(d['x'], verbose=0).astype(float)\n"
        "    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) if name == 'cnn' else z\n"
        "    out[name] = [float((p.argmax(1) == d['y']).mean()), float(-np.log(p[np.arange(len(p)), d['y']]).mean())]\n"
        "print(json.dumps(out))"
    )
    expected = json.loads(warm.python("-c", program, env=ENVIRONMENT).stdout.splitlines()[-1])
    rows = json.loads(run("metrics", built / "results.json", "--format", "json").stdout)
    found = {
        (row["model"], row["metric"]): row["value"]
        for row in rows
        if row["section"] == "performance" and row["subject"] is None
    }
    for model, (accuracy, nll) in expected.items():
        assert found[model, "accuracy"] == pytest.approx(accuracy, abs=1e-12)
        assert found[model, "nll"] == pytest.approx(nll, rel=1e-4)


def test_logits_are_taken_before_the_softmax(built: Path) -> None:
    """Each head records by which rule it was read."""
    models = json.loads((built / "results.json").read_text("utf-8"))["models"]
    rules = [model["heads"][0]["outputs_rule"] for model in models]
    assert "logits taken before the final softmax" in rules[0]
    assert "from_logits=True" in rules[1]
    assert "logits taken before the final softmax" in rules[2]


def test_same_input_same_bytes(built: Path, tmp_path: Path) -> None:
    """A second build, whose process came about in another way, gives the same bytes; the results, rendered, give those of the other files."""
    again, rendered = tmp_path / "again", tmp_path / "rendered"
    assert run("build", "specs/release.toml", "-o", again, "--format", WITH_PAGE, "-q").returncode == 0
    assert run("render", built / "results.json", "-o", rendered, "-q").returncode == 0
    for name in ("report.html", "report.pdf", "results.json", "model_card.md"):
        first = (built / name).read_bytes()
        assert name == "report.pdf" or first == (again / name).read_bytes(), name
        if name != "results.json":
            assert first == (rendered / name).read_bytes(), name
    assert not (rendered / "results.json").exists()


def test_a_report_is_built_again_from_inputs_of_other_names(built: Path, tmp_path: Path) -> None:
    """From the PDF alone, in an empty folder, at another time: every number, and the digest."""
    for number, path in enumerate(sorted((TOP / "specs/digits").iterdir())):
        (tmp_path / f"{number % 3}").mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / f"{number % 3}" / f"file {number}")
    shutil.copy(built / "report.pdf", tmp_path / "mailed.pdf")
    found = run("rebuild", "mailed.pdf", "--inputs", ".", "-q", cwd=tmp_path, SOURCE_DATE_EPOCH="1800000000")
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2", "mailed.pdf"]


def test_the_pdf_carries_its_numbers(built: Path) -> None:
    """results.json and the spec are attached; the document is tagged and has a language and bookmarks."""
    import pypdf

    pdf = pypdf.PdfReader(built / "report.pdf")
    assert set(pdf.attachments) == {"results.json", "release.toml"}
    assert pdf.attachments["results.json"][0] == (built / "results.json").read_bytes()
    catalog: Any = pdf.trailer["/Root"]
    assert catalog["/Lang"] == "en"
    assert catalog["/MarkInfo"]["/Marked"]
    assert pdf.outline


def test_the_pdf_is_accessible(built: Path) -> None:
    """Every rule of PDF/UA-1 that a machine can check holds."""
    import page

    report = page.validate_pdf(built / "report.pdf", profile=page.ValidationProfile.PDF_UA_1)
    assert [failure.message for failure in report.failures] == []
    assert report.is_compliant


def test_results_hold_no_path_of_the_machine(built: Path) -> None:
    """Neither the checkout nor the output folder is in any file."""
    for name in ("report.html", "results.json", "model_card.md"):
        text = (built / name).read_text("utf-8")
        assert str(TOP) not in text
        assert str(built) not in text


def test_batch_size_and_company_do_not_matter(tmp_path: Path) -> None:
    """A model alone and in other batches has the same numbers within 1e-5."""
    values = []
    for index, extra in enumerate(([], ["--set", "data.batch_size=37"])):
        folder = tmp_path / str(index)
        assert run("build", "specs/quick.toml", "-o", folder, "--format", "json", "-q", *extra).returncode == 0
        rows = json.loads(run("metrics", folder / "results.json", "--format", "json").stdout)
        values.append([row["value"] for row in rows])
    missing = [[value is None for value in found] for found in values]
    assert missing[0] == missing[1]
    first, second = ([value for value in found if value is not None] for found in values)
    assert np.allclose(first, second, rtol=1e-5, atol=1e-9)


# ------------------------------------------------------------------------------------------------ wrong inputs


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of every kind that needs care, and data for them."""
    folder = tmp_path_factory.mktemp("zoo")
    warm.python(TOP / "tests" / "zoo.py", folder, env=ENVIRONMENT).check_returncode()
    return folder


def build(
    zoo: Path,
    tmp_path: Path,
    model: str,
    data: str = "good",
    more: str = "",
    sections: str = "performance",
    formats: str = "json",
) -> Any:
    """Build a small spec and return what the program said, and the rows."""
    kinds = "".join(f'[[sections]]\nkind = "{kind}"\n' for kind in sections.split())
    text = (
        f'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "{model}"\n{more}\n'
        f'[data]\npath = "{data}.npz"\n{kinds}'
    )
    name = f"{tmp_path.name}.toml"
    (zoo / name).write_text(text, "utf-8")
    found = run("build", name, "-o", tmp_path / "out", "--format", formats, "-q", cwd=zoo)
    if found.returncode not in (0, 1):
        return found, None
    rows = json.loads(run("metrics", tmp_path / "out" / "results.json", "--format", "json").stdout)
    return found, {(row["metric"], row["subject"]): row for row in rows}


def code_of(folder: Path) -> list[tuple[str, str, str]]:
    """Return what the results say was run, without the program itself."""
    written = json.loads((folder / "results.json").read_text("utf-8"))["code"]
    return [(one["what"], one["file"], one["sha256"]) for one in written[1:]]


@pytest.mark.parametrize(
    ("model", "data", "more", "message"),
    [
        ("corrupt.keras", "good", "", "models.m.path: corrupt.keras: is not a readable Keras archive"),
        ("damaged.keras", "good", "", "models.m.path: damaged.keras:"),
        ("lambda.keras", "good", "", "contains a Lambda layer"),
        ("custom.keras", "good", "", "needs Doubling, which is not part of Keras"),
        ("softmax.keras", "nan", "", "data.x: nan.npz: has NaN or infinite values in 2 rows (the first is row 3)"),
        ("softmax.keras", "empty", "", "data.x: empty.npz: contains no rows"),
        ("softmax.keras", "uneven", "", "have different numbers of rows: x has 20, y has 19"),
        ("softmax.keras", "outside", "", "data.y: outside.npz: has 1 labels outside the model's 3 classes"),
        ("softmax.keras", "wide", "", "expects input shape (4,), but x of the data has shape (5,)"),
        ("linear.keras", "good", 'outputs = "probabilities"', "should be probabilities (declared in the spec)"),
        ("softmax.keras", "good", 'outputs = "logits"', "but the last activation is softmax"),
        ("two_inputs.keras", "good", "", "expects 2 inputs"),
        (
            "failing.keras",
            "good",
            'custom_objects = ["./layers.py:Failing"]',
            "models.m.path: failing.keras: cannot be evaluated (RuntimeError: no such device)",
        ),
    ],
)
def test_a_wrong_input_is_one_sentence(
    zoo: Path, tmp_path: Path, model: str, data: str, more: str, message: str
) -> None:
    """It names the spec's key and the file; exit 3, no traceback, no report."""
    found, _ = build(zoo, tmp_path, model, data, more)
    assert found.returncode == 3
    assert message in found.stderr
    assert "Traceback" not in found.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("softmax.keras", ""),
        ("softmax_layer.keras", ""),
        ("activation.keras", ""),
        ("nested.keras", ""),
        ("ops.keras", ""),
        ("linear.keras", 'outputs = "logits"'),
        ("subclassed.keras", 'outputs = "probabilities"\ncustom_objects = ["./layers.py:Subclassed"]'),
        ("custom.keras", 'custom_objects = ["./layers.py:Doubling"]'),
    ],
)
def test_the_same_head_in_every_form(zoo: Path, tmp_path: Path, model: str, more: str) -> None:
    """However a softmax is built, the NLL is the one that the zoo wrote down; custom code runs where it is named."""
    found, rows = build(zoo, tmp_path, model, "good", more)
    assert found.returncode == 0, found.stderr
    expected = json.loads((zoo / "expected.json").read_text("utf-8"))
    assert rows["nll", None]["value"] == pytest.approx(expected["doubled" if "custom" in model else "nll"], rel=1e-5)
    own = [("custom objects", "./layers.py", sha256(zoo / "layers.py"))]
    assert code_of(tmp_path / "out") == (own if "layers.py" in more else [])


def test_custom_code_out_of_a_module(zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its dotted name, where Python finds it."""
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", os.pathsep.join((str(TOP), str(zoo))))
    found, rows = build(zoo, tmp_path, "custom.keras", "good", 'custom_objects = ["layers:Doubling"]')
    assert found.returncode == 0, found.stderr
    assert code_of(tmp_path / "out") == [("custom objects", "layers", sha256(zoo / "layers.py"))]
    assert rows["nll", None]["value"] == pytest.approx(
        json.loads((zoo / "expected.json").read_text())["doubled"], rel=1e-5
    )


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    """Exit code 130, no file; a shell that runs in the background ignores the signal, and children inherit that."""
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import reportgen.__main__"
    command = [sys.executable, "-c", heeding, "build", "specs/release.toml", "-o", str(tmp_path / "out")]
    with subprocess.Popen(command, cwd=TOP, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        running.stderr.readline()
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        assert running.wait(timeout=60) == 130
    assert "interrupted" in said
    assert not (tmp_path / "out").exists()


def test_a_saturated_softmax_keeps_its_nll(zoo: Path, tmp_path: Path) -> None:
    """Where float32 probabilities are exactly 0, the NLL comes from the logits."""
    _, rows = build(zoo, tmp_path, "saturated.keras")
    assert rows["nll", None]["value"] > 100


def test_a_sigmoid_is_binary(zoo: Path, tmp_path: Path) -> None:
    """One sigmoid: two classes, strings as labels."""
    found, rows = build(zoo, tmp_path, "sigmoid.keras", "strings")
    assert found.returncode == 0, found.stderr
    assert ("recall", "class:yes") in rows


def test_a_head_whose_task_nothing_tells(zoo: Path, tmp_path: Path) -> None:
    """It is not applicable with a reason, never a crash and never a number."""
    found, rows = build(
        zoo, tmp_path, "ambiguous.keras", "good", sections="summary performance calibration", formats=WITH_PAGE
    )
    assert found.returncode == 0, found.stderr
    assert {row["status"] for row in rows.values()} == {"not_applicable"}


def test_a_regression_head_has_its_errors(zoo: Path, tmp_path: Path) -> None:
    """Performance measures them; calibration says that it does not measure such heads."""
    found, rows = build(
        zoo, tmp_path, "regression.keras", "floats", sections="summary performance calibration", formats=WITH_PAGE
    )
    assert found.returncode == 0, found.stderr
    measured = {name for name, _ in rows if rows[name, None]["status"] == "ok"}
    assert measured >= {"bias", "mae", "rmse", "median_absolute_error", "r_squared", "mae_skill"}
    assert rows["rmse", None]["value"] >= rows["mae", None]["value"] > abs(rows["bias", None]["value"])
    assert "does not support regression outputs" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_next_release(tmp_path: Path) -> None:
    """Its checks pass; errors fixed and new are those of both files of answers; ``diff`` and ``verify`` agree with it."""
    found = run("build", "specs/next.toml", "-o", tmp_path, "--format", "json", "-q")
    assert found.returncode == 0, found.stderr
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    changes = next(one["result"]["changes"] for one in results["sections"] if one["id"] == "changes")
    then, now = (pd.read_parquet(folder / "predictions.parquet") for folder in (TOP / "specs/releases/1.1.0", tmp_path))
    assert (then["row"] == now["row"]).all()
    right = [table["classifier/digit/prediction"] == table["classifier/digit/label"] for table in (then, now)]
    (flips,) = changes["flips"]
    assert flips["errors_before"] == (~right[0]).sum()
    assert flips["fixed"]["value"] == pytest.approx((right[1] & ~right[0]).mean())
    assert flips["new"]["value"] == pytest.approx((right[0] & ~right[1]).mean())
    accuracy = next(one for one in changes["deltas"] if one["address"] == "performance.accuracy")
    assert (accuracy["how"], accuracy["difference"]["value"]) == (
        "paired",
        pytest.approx(right[1].mean() - right[0].mean()),
    )
    same = json.loads(run("diff", "specs/releases/1.1.0/results.json", tmp_path / "results.json", "--json").stdout)
    assert [one for one in same["changes"]["deltas"] if one["address"] == "performance.accuracy"] == [accuracy]
    assert same["checks"] == results["flipped"]
    verified = run("verify", tmp_path / "results.json", "--inputs", "specs")
    assert verified.returncode == 0, verified.stdout
    lines = [line.split(maxsplit=1) for line in verified.stdout.splitlines()]
    assert ["unchanged", "earlier release        releases/1.1.0/results.json"] in lines


def test_a_multilabel_head_is_measured_whole(zoo: Path, tmp_path: Path) -> None:
    """In all sections, from the logits before its sigmoids; labels that contradict it are one sentence."""
    sections = "summary overview performance errors calibration weights information_flow cost"
    found, rows = build(zoo, tmp_path, "multilabel.keras", "multilabel", sections=sections, formats=WITH_PAGE)
    assert found.returncode == 0, found.stderr
    expected = json.loads((zoo / "expected.json").read_text("utf-8"))["multilabel"]
    assert rows["nll", None]["value"] == pytest.approx(expected["nll"], rel=1e-5)
    assert rows["exact_match", None]["value"] == pytest.approx(expected["exact_match"])
    assert rows["hamming_loss", None]["value"] == pytest.approx(expected["hamming_loss"])
    assert rows["largest_class_ece", None]["status"] == "ok"
    assert rows["wrong_rows", None]["value"] == round(20 * (1 - expected["exact_match"]))
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    (head,) = results["models"][0]["heads"]
    assert "last activation sigmoid, 3 outputs" in json.dumps(head)
    assert "Most wrong labels" in (tmp_path / "out" / "report.html").read_text("utf-8")
    found, _ = build(zoo, tmp_path, "multilabel.keras", "good")
    assert found.returncode == 3
    assert "must be 0 or 1 for each of the 3 classes, of shape (20, 3), because the head is multilabel" in found.stderr
    assert len(found.stderr.strip().splitlines()) < 6


def test_an_activation_that_is_not_the_tasks_own_is_part_of_the_outputs(zoo: Path, tmp_path: Path) -> None:
    """A regression behind a sigmoid predicts what the model returns, not the logits; so do classes behind several sigmoids."""
    found, rows = build(zoo, tmp_path, "sigmoid.keras", "shares")
    assert found.returncode == 0, found.stderr
    expected = json.loads((zoo / "expected.json").read_text("utf-8"))["share_mae"]
    assert rows["mae", None]["value"] == pytest.approx(expected, rel=1e-5)
    found, _ = build(zoo, tmp_path, "multilabel.keras", more='task = "multiclass"')
    assert "should be probabilities" in found.stderr


def test_the_example_of_regression(tmp_path: Path) -> None:
    """Its checks pass; the numbers are those of scikit-learn on its rows; the largest errors come with their columns."""
    found = run("build", "specs/regression.toml", "-o", tmp_path, "--format", "json", "-q")
    assert found.returncode == 0, found.stderr
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    performance, errors = (
        next(one["result"] for one in results["sections"] if one["id"] == name) for name in ("performance", "errors")
    )
    table = np.genfromtxt(TOP / "specs/diabetes/test.csv", delimiter=",", names=True)
    for one in performance["values"]:
        assert one["labels"] == table["progression"].tolist()
        numbers = {
            row["name"]: row["metric"]["value"] for row in performance["measurements"] if row["model"] == one["model"]
        }
        assert numbers["mae"] == pytest.approx(sk.mean_absolute_error(one["labels"], one["predictions"]))
        assert numbers["r_squared"] == pytest.approx(sk.r2_score(one["labels"], one["predictions"]))
    (shown,) = errors["values"]
    mlp = next(one for one in performance["values"] if one["model"] == "mlp")
    off = np.abs(np.subtract(mlp["predictions"], mlp["labels"]))
    assert int(off.argmax()) in [row["row"] for row in shown["rows"]]
    for row in shown["rows"]:
        assert {value["name"] for value in row["values"]} <= set(table.dtype.names or ())
        assert row["values"]
    slices = next(one["result"] for one in results["sections"] if one["id"] == "slices")
    members = {
        "age < 40": table["age"] < 40,
        "40 <= age < 60": (table["age"] >= 40) & (table["age"] < 60),
        "age >= 60": table["age"] >= 60,
        "sex = 1": table["sex"] == 1,
        "sex = 2": table["sex"] == 2,
        "obese": table["bmi"] >= 30,
    }
    assert {one["name"]: one["n"] for one in slices["definitions"]} == {
        name: int(rows.sum()) for name, rows in members.items()
    }
    found = {(row["name"], row["model"], row["subject"]): row["metric"]["value"] for row in slices["measurements"]}
    for name, rows in members.items():
        for one in performance["values"]:
            labels, predictions = (np.asarray(one[key])[rows] for key in ("labels", "predictions"))
            at = one["model"], f"slice:{name}"
            assert found["mae", *at] == pytest.approx(sk.mean_absolute_error(labels, predictions))
            assert found["r_squared", *at] == pytest.approx(sk.r2_score(labels, predictions))


def test_a_head_of_several_values(zoo: Path, tmp_path: Path) -> None:
    """Each value has its numbers and its rows in the gallery, numbered or named by the spec."""
    sections = "summary overview performance errors"
    found, rows = build(zoo, tmp_path, "values.keras", "three", sections=sections, formats=WITH_PAGE)
    assert found.returncode == 0, found.stderr
    biases = [rows["bias", f"head:{place}"]["value"] for place in range(3)]
    assert biases == pytest.approx([-1, 0, 2], abs=1e-5)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Largest errors of m, output 2" in page
    assert "rows per class" not in page
    name = zoo / f"{tmp_path.name}.toml"
    name.write_text(name.read_text("utf-8").replace('three.npz"', 'three.npz"\nvalue_names = ["x", "y", "z"]'), "utf-8")
    assert run("build", name.name, "-o", tmp_path / "named", "--format", "json", "-q", cwd=zoo).returncode == 0
    again = json.loads(run("metrics", tmp_path / "named" / "results.json", "--format", "json").stdout)
    assert {row["subject"] for row in again if row["metric"] == "mae"} == {"head:x", "head:y", "head:z"}


def test_a_model_with_nan_weights(zoo: Path, tmp_path: Path) -> None:
    """Its numbers failed, with the reason; the report is written."""
    found, rows = build(zoo, tmp_path, "nan.keras", sections="summary performance calibration", formats=WITH_PAGE)
    assert found.returncode == 3
    assert "NaN or infinite" in found.stderr
    assert (tmp_path / "out" / "report.html").exists()
    assert rows is None


def test_a_model_that_cannot_be_watched_is_evaluated_all_the_same(zoo: Path, tmp_path: Path) -> None:
    """Its predictions are measured; the numbers of its layers are missing, with the reason."""
    more = 'custom_objects = ["./layers.py:Shy"]'
    found, rows = build(
        zoo, tmp_path, "shy.keras", more=more, sections="performance information_flow cost", formats=WITH_PAGE
    )
    assert found.returncode == 0, found.stderr
    assert rows["accuracy", None]["n"] == 20
    assert "not while I am watched" in rows["multiply_adds", None]["reason"]
    assert rows["dead_fraction", None]["value"] is None
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    flow = results["sections"][1]
    assert "not while I am watched" in flow["result"]["models"][0]["reason"]
    assert [finding["code"] for finding in flow["findings"]] == ["INF901"]


def test_every_section_on_odd_models(zoo: Path, tmp_path: Path) -> None:
    """NaN weights, a nested model and a subclassed one in one report: exit code 3, and every number has a value or a reason."""
    models = "".join(f'[models.{name}]\npath = "{name}.keras"\n' for name in ("nan", "nested", "subclassed"))
    kinds = ("summary", "overview", "performance", "calibration", "weights", "information_flow", "cost")
    sections = "".join(f'[[sections]]\nkind = "{kind}"\n' for kind in kinds) + "measure = true\nrepetitions = 4\n"
    (zoo / "odd.toml").write_text(
        f'schema_version = 1\n[report]\ntitle = "T"\n{models}custom_objects = ["./layers.py:Subclassed"]\n'
        f'outputs = "logits"\n[data]\npath = "good.npz"\n{sections}',
        "utf-8",
    )
    found = run("build", "odd.toml", "-o", tmp_path / "odd", "-q", cwd=zoo)
    assert found.returncode == 3, found.stderr
    assert "Traceback" not in found.stderr
    results = json.loads((tmp_path / "odd" / "results.json").read_text("utf-8"))
    assert [section["status"] for section in results["sections"]] == ["ok"] * len(kinds)
    weights = {one["model"]: one for one in results["sections"][4]["result"]["models"]}
    assert weights["nan"]["worst"][0]["binding"] == "finite"
    flow = results["sections"][5]["result"]["layers"]
    assert {one["model"] for one in flow} == {"nan", "nested", "subclassed"}
    assert [one["not_finite"] for one in flow if one["model"] == "nan"] == [20]
    cost = results["sections"][6]["result"]
    counted = [one["metric"]["value"] for one in cost["measurements"] if one["name"] == "multiply_adds"]
    assert counted == [4 * 3] * 3
    measured = {one["model"]: one["batches"] for one in cost["measured"]["models"]}
    assert [(one["batch_size"], one["median"] > 0) for one in measured["subclassed"]] == [(1, True), (32, True)]
    assert measured.keys() == {"nan", "nested", "subclassed"}


def test_one_array_of_labels_for_several_heads_is_refused(zoo: Path, tmp_path: Path) -> None:
    """It names the heads, and how an array is named for each."""
    found, _ = build(zoo, tmp_path, "two_heads.keras")
    assert found.returncode == 3
    assert "data.y: good.npz: is one array, but the model m has 2 outputs (kind, size)" in found.stderr
    assert 'y = { "kind" = "...", "size" = "..." }' in found.stderr


def test_a_model_that_fails_costs_itself_alone(zoo: Path, tmp_path: Path) -> None:
    """Whatever its code raises: the report is written, its architecture and weights are kept, its checks are errors, exit 3."""
    models = "".join(
        f'[models.{name}]\npath = "{name}.keras"\n{custom}\n'
        for name, custom in (
            ("failing", 'custom_objects = ["./layers.py:Failing"]'),
            ("leaving", 'custom_objects = ["./layers.py:Leaving"]'),
            ("corrupt", ""),
            ("softmax", ""),
        )
    )
    kinds = ("summary", "overview", "performance", "weights", "information_flow", "similarity")
    sections = "".join(f'[[sections]]\nkind = "{kind}"\n' for kind in kinds)
    (zoo / "failures.toml").write_text(
        f'schema_version = 1\n[report]\ntitle = "T"\n{models}[data]\npath = "good.npz"\n{sections}'
        '[[checks]]\nmetric = "performance.accuracy"\nat_least = 0.0\n',
        "utf-8",
    )
    found = run("build", "failures.toml", "-o", tmp_path / "out", "--format", "json,html", "-q", cwd=zoo)
    assert found.returncode == 3
    told = found.stderr.splitlines()
    assert told[:2] == [
        "reportgen: model failing: cannot be evaluated (RuntimeError: no such device)",
        "reportgen: model leaving: cannot be evaluated (SystemExit: 0)",
    ]
    assert told[2].startswith("reportgen: model corrupt: is not a readable Keras archive")
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert [model["heads"] == [] for model in results["models"]] == [True, True, True, False]
    assert all(len(model["sha256"]) == 64 for model in results["models"])
    assert [one["state"] for one in results["checks"]] == ["ERROR", "ERROR", "ERROR", "PASS"]
    assert [section["status"] for section in results["sections"]] == ["ok"] * len(kinds)
    weights = {one["model"] for one in results["sections"][3]["result"]["models"] if one["n_tensors"]}
    assert weights == {"failing", "leaving", "softmax"}


def test_a_softmax_layer_with_two_outputs(zoo: Path, tmp_path: Path) -> None:
    """Both outputs are taken apart before it."""
    (zoo / "shared.toml").write_text(
        'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "shared_head.keras"\n[data]\n'
        'path = "good.npz"\ny = { shared = "y", "shared(2)" = "y" }\n[[sections]]\nkind = "performance"\n',
        "utf-8",
    )
    found = run("build", "shared.toml", "-o", tmp_path / "out", "--format", "json", "-q", cwd=zoo)
    assert found.returncode == 0, found.stderr
    expected = json.loads((zoo / "expected.json").read_text("utf-8"))
    rows = json.loads(run("metrics", tmp_path / "out" / "results.json", "--format", "json").stdout)
    nll = {row["subject"]: row["value"] for row in rows if row["metric"] == "nll"}
    assert nll["head:shared"] == pytest.approx(expected["nll"], rel=1e-5)
    assert nll["head:shared(2)"] == pytest.approx(expected["doubled"], rel=1e-5)


def test_a_section_cannot_end_the_program(zoo: Path, tmp_path: Path) -> None:
    """One that calls ``sys.exit(0)`` failed: it is named, exit 3; where it is imported, it is a mistake of the spec, exit 2."""
    text = (TOP / "docs" / "examples" / "my_section.py").read_text("utf-8")
    analyze = text[text.index("    def analyze(") :].splitlines()[0]
    (zoo / "leaving_run.py").write_text(text.replace(analyze, f"{analyze}\n        raise SystemExit(0)"), "utf-8")
    (zoo / "leaving_import.py").write_text("raise SystemExit(0)\n", "utf-8")
    for name, code, words in (
        ("leaving_run", 3, "section my_section: SystemExit: 0 (leaving_run.py, line "),
        ("leaving_import", 3, "'./leaving_import.py:SECTION' cannot be imported: SystemExit: 0"),
    ):
        (zoo / "leaving.toml").write_text(
            f'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "softmax.keras"\n[data]\npath = "good.npz"\n'
            f'[[sections]]\nkind = "./{name}.py:SECTION"\n',
            "utf-8",
        )
        found = run("build", "leaving.toml", "-o", tmp_path / "out", "-q", cwd=zoo)
        assert found.returncode == code
        assert words in found.stderr
        assert not (tmp_path / "out").exists()


def test_the_working_folder_runs_nothing(zoo: Path, tmp_path: Path) -> None:
    """Files there that are named like modules are left alone by every process, and so is Keras' configuration elsewhere."""
    for name in ("json", "keras", "numpy", "tensorflow", "matplotlib", "weasyprint"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'a').write({name!r})\n", "utf-8")
    (tmp_path / "reportgen").mkdir()
    (tmp_path / "reportgen" / "__init__.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'a')\n", "utf-8")
    (tmp_path / "keras.json").write_text('{"floatx": "float16", "backend": "none"}', "utf-8")
    (tmp_path / "spec.toml").write_text(
        f'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "{zoo.as_posix()}/softmax.keras"\n[data]\n'
        f'path = "{zoo.as_posix()}/good.npz"\n[[sections]]\nkind = "performance"\n',
        "utf-8",
    )
    surroundings = {"KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "none", "KERAS_MAX_EPOCHS": "none"}
    found = subprocess.run(
        [sys.executable, "-P", "-m", "reportgen", "build", "spec.toml", "-o", "out", "-q"],
        cwd=tmp_path,
        env=ENVIRONMENT | surroundings | {"PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "out" / "report.pdf").exists()
    assert not (tmp_path / "marker").exists()


def test_several_heads_are_told_apart(zoo: Path, tmp_path: Path) -> None:
    """Each head has its subject; labels are named by head."""
    name = "heads.toml"
    (zoo / name).write_text(
        'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "two_heads.keras"\n[data]\npath = "heads.npz"\n'
        'y = { kind = "kind", size = "size" }\n[[sections]]\nkind = "performance"\n',
        "utf-8",
    )
    found = run("build", name, "-o", tmp_path / "out", "--format", "json", "-q", cwd=zoo)
    assert found.returncode == 0, found.stderr
    rows = json.loads(run("metrics", tmp_path / "out" / "results.json", "--format", "json").stdout)
    status = {(row["metric"], row["subject"]): row["status"] for row in rows if row["metric"] in {"accuracy", "mae"}}
    assert status == {("accuracy", "head:kind"): "ok", ("mae", "head:size"): "ok"}


def test_tables_and_npy(zoo: Path, tmp_path: Path) -> None:
    """csv, parquet, npy, TFRecord, ``tf.data`` and a function give the same numbers as npz; results say how rows were found and what ran."""
    values, readings = [], []
    columns = 'x = ["a", "b", "c", "d"]\ny = "label"'
    for data in (
        'path = "good.npz"',
        f'path = "good.csv"\n{columns}',
        f'path = "good.parquet"\n{columns}',
        'x = "x.npy"\ny = "y.npy"',
        'path = "good.tfrecord"\nx = "a"\ny = "kind"\nfeatures = { a = { shape = [4] }, kind = { dtype = "int64" } }',
        'path = "saved"',
        'function = "./data.py:halves"\npreprocess = "./data.py:double"',
    ):
        (zoo / "table.toml").write_text(
            f'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "softmax.keras"\n[data]\n{data}\n[[sections]]\nkind = "performance"\n',
            "utf-8",
        )
        found = run("build", "table.toml", "-o", tmp_path / "out", "--format", "json", "-q", cwd=zoo)
        assert found.returncode == 0, found.stderr
        rows = json.loads(run("metrics", tmp_path / "out" / "results.json", "--format", "json").stdout)
        values.append([row["value"] for row in rows if row["value"] is not None])
        readings.append(json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))["data"]["reading"])
    assert values[1:4] == [pytest.approx(values[0], rel=1e-6)] * 3
    assert values[4:] == [values[0]] * 3
    assert readings[4:] == [
        None,
        "elements are batches: the first dimension of every part has no fixed size",
        "arrays x, y",
    ]
    assert code_of(tmp_path / "out") == [("data", "./data.py", sha256(zoo / "data.py"))]
    verified = run("verify", tmp_path / "out" / "results.json", "--inputs", zoo).stdout
    assert "made by code, which is not run" in verified


def test_a_failed_check_writes_the_report(tmp_path: Path) -> None:
    """Exit 1, report there, and the failure is said."""
    spec = tmp_path / "specs" / "quick.toml"
    shutil.copytree(TOP / "specs", tmp_path / "specs")
    spec.write_text(
        spec.read_text("utf-8") + 'checks = [{ metric = "performance.accuracy", at_least = 0.999 }]\n', "utf-8"
    )
    found = run("build", spec, "-o", tmp_path / "out", "--format", "html")
    assert found.returncode == 1
    assert "FAIL" in found.stdout
    assert (tmp_path / "out" / "report.html").exists()


def test_a_failed_build_leaves_the_last_report(zoo: Path, tmp_path: Path) -> None:
    """Nothing of a good report is touched by a build that fails."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").write_text("last", "utf-8")
    (zoo / "bad.toml").write_text(
        'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "corrupt.keras"\n[data]\npath = "good.npz"\n[[sections]]\nkind = "performance"\n',
        "utf-8",
    )
    assert run("build", "bad.toml", "-o", tmp_path / "out", cwd=zoo).returncode == 3
    assert [path.read_text("utf-8") for path in (tmp_path / "out").iterdir()] == ["last"]


def test_the_wheel_builds_a_report(tmp_path: Path) -> None:
    """The wheel, installed beside the packages of this environment, finds its templates and specs."""
    import site

    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=TOP,
        check=True,
        capture_output=True,
    )
    wheel = next(tmp_path.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    home = next((tmp_path / "venv" / "lib").iterdir()) / "site-packages"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    (home / "parent.pth").write_text("\n".join(site.getsitepackages()) + "\n", "utf-8")
    where = subprocess.run(
        [python, "-I", "-c", "import reportgen; print(reportgen.__file__)"], check=True, capture_output=True, text=True
    )
    assert where.stdout.startswith(str(home))
    spec = home / "reportgen" / "_share" / "specs" / "quick.toml"
    found = subprocess.run(
        [python, "-I", "-m", "reportgen", "build", spec, "-o", tmp_path / "out", "-q"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "out" / "report.pdf").exists()
