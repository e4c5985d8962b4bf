"""`reportgen rebuild`: reproduced, what differs, what is not followed and not run. Builds with TensorFlow are in test_build.py."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from handmade import SPEC
from reports import INPUTS, digest, replaced, rewritten, write

from reportgen.cli import commands
from reportgen.errors import InputError, ResultsError
from reportgen.inputs import search
from reportgen.inputs.digest import of_folder
from reportgen.pipeline import flow
from reportgen.pipeline.rebuild import rebuild
from reportgen.pipeline.run import Run
from reportgen.plan.json_schema import Described
from reportgen.spec.errors import SpecError
from reportgen.spec.model import ReportSpec

if TYPE_CHECKING:
    from reportgen.analysis.results import Results
    from reportgen.plan.plan import Plan


class Builder:
    """Stands in for the evaluation: it looks at what lies beside the spec, and returns results that are given."""

    def __init__(self, returned: str) -> None:
        self.returned = returned
        self.seen: dict[str, str] = {}
        self.created: str | None = None
        self.left_out: tuple[str, ...] = ()

    def __call__(self, planned: Plan, _run: Run, created: str | None = None) -> Results:
        """Note every input that the plan reads."""
        from reportgen.analysis.results_file import read
        from reportgen.plan.registry import Registry

        paths = [path for path in flow.inputs_of(planned) if path.suffix != ".toml"]
        self.seen = {os.path.relpath(path, planned.folder): path.read_text("utf-8") for path in paths}
        self.created, self.left_out = created, tuple(item.address for item in planned.left_out)
        return read(self.returned.encode(), Path("again.json"), Registry(planned.folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write the report, its spec and its inputs into a folder."""
    return write(tmp_path)


@pytest.fixture
def builder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    """Replace what evaluates and analyzes; the inputs lie somewhere else under other names."""
    (folder / "elsewhere" / "deep").mkdir(parents=True)
    for number, name in enumerate(INPUTS):
        (folder / name).rename(folder / "elsewhere" / "deep" / f"file {number}")
    found = Builder((folder / "results.json").read_text("utf-8"))
    monkeypatch.setattr(flow, "compute", found)
    return found


def edited(folder: Path, **changes: Any) -> Path:
    """Write the results with other fields at the root, and return the file."""
    raw = json.loads((folder / "results.json").read_text("utf-8"))
    (folder / "results.json").write_text(json.dumps({**raw, **changes}), "utf-8")
    return folder / "results.json"


def with_spec(folder: Path, text: str, **changes: Any) -> Path:
    """Write the results with another spec."""
    spec = {"file": "handmade.toml", "text": text, "sha256": digest(text), "overrides": []}
    return edited(folder, spec={**spec, **changes})


@pytest.mark.parametrize("name", ["report.pdf", "report.html", "results.json"])
def test_a_report_is_reproduced_from_inputs_of_any_name(
    folder: Path,
    builder: Builder,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """They lie where the spec names them, and the time is that of the report."""
    monkeypatch.setattr("sys.argv", ["reportgen", "rebuild", str(folder / name), "--inputs", str(folder)])
    assert commands.run() == 0
    out = capfd.readouterr().out
    assert out.startswith("reproduced: all ")
    assert builder.created == "2026-01-02T03:04:05+00:00"
    assert builder.seen == {name: name for name in INPUTS}


def test_what_differs_is_named(
    folder: Path,
    builder: Builder,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Numbers with all digits, then sections, then the record of the run; exit code 1."""
    raw = json.loads(builder.returned)
    section = next(one for one in raw["sections"] if one["id"] == "performance")
    metric = next(one for one in section["result"]["measurements"] if (one["name"], one["model"]) == ("accuracy", "a"))[
        "metric"
    ]
    before = metric["value"]
    metric["value"] = after = before + 2**-50
    section["title"] = "Other"
    raw["versions"]["python"] = "9"
    builder.returned = json.dumps(raw)
    found = rebuild(folder / "report.pdf", folder, Run(), allow_code=False)
    assert [(one.kind, one.where) for one in found.differences] == [
        ("number", "performance.accuracy of a"),
        ("section", "sections.performance.title"),
        ("record", "versions.python"),
    ]
    assert repr(before) in found.differences[0].before
    assert repr(after) in found.differences[0].after
    monkeypatch.setattr("sys.argv", ["reportgen", "rebuild", str(folder / "report.pdf"), "--inputs", str(folder)])
    assert commands.run() == 1
    assert f"what differs: 1 of {found.count} numbers, 1 in the rest of the sections, 1 in" in capfd.readouterr().out


def test_missing_numbers_and_sections_differ_too(folder: Path, builder: Builder) -> None:
    """A section that failed has no numbers any more."""
    raw = json.loads(builder.returned)
    (section,) = (one for one in raw["sections"] if one["id"] == "calibration")
    section |= {"result": None, "status": "failed", "reason": "no"}
    builder.returned = json.dumps(raw)
    found = rebuild(folder / "report.pdf", folder, Run(), allow_code=False).differences
    numbers = [one for one in found if one.kind == "number"]
    assert numbers
    assert {one.after for one in numbers} == {"not in the results"}
    assert "sections.calibration.status" in [one.where for one in found]


def test_sections_that_were_left_out_stay_so(folder: Path, builder: Builder) -> None:
    """As with ``--only`` and ``--skip``."""
    raw = json.loads(builder.returned)
    raw["sections"] = [one for one in raw["sections"] if one["id"] != "calibration"]
    edited(folder, sections=raw["sections"], left_out=["calibration"], checks=[])
    builder.returned = (folder / "results.json").read_text("utf-8")
    assert rebuild(folder / "results.json", folder, Run(), allow_code=False).differences == ()
    assert builder.left_out == ("calibration",)


def test_overrides_are_part_of_the_spec(folder: Path, builder: Builder) -> None:
    """A model that ``--set`` named lies where it did, here above the spec."""
    raw = json.loads(builder.returned)
    models = [{**one, "file": "../../b"} if one["name"] == "b" else one for one in raw["models"]]
    overrides = ["models.b.path=../../b"]
    path = with_spec(folder, SPEC, overrides=overrides)
    edited(folder, models=models)
    builder.returned = path.read_text("utf-8")
    assert rebuild(path, folder, Run(), allow_code=False).differences == ()
    assert builder.seen["../../b"] == "b.keras"


def test_an_input_that_is_not_there_is_named(folder: Path, builder: Builder) -> None:
    """All of them, with the beginning of the digest; a file with the same name is not it."""
    (folder / "elsewhere" / "deep" / "file 0").unlink()
    (folder / "elsewhere" / "deep" / "file 3").unlink()
    (folder / "a.keras").write_text("another", "utf-8")
    says = rf"model a \(a\.keras, {digest('a.keras')[:12]}\), data \(test\) \(test\.npz"
    with pytest.raises(InputError, match=says):
        rebuild(folder / "report.pdf", folder, Run(), allow_code=False)
    assert builder.seen == {}


CODE = {
    "section": ('[[sections]]\nkind = "./own.py:SECTION"\n', []),
    "custom objects": ("", ["models.a.custom_objects=['./own.py:Layer']"]),
    "function": ("", ["data.function=package.module:rows"]),
    "function of a model": ("", ["models.a={function='package.module:model'}"]),
    "function of the training data": ("", ["data.train.function=package.module:rows"]),
    "function of a split": ("", ["data.validation.function=package.module:rows"]),
    "preprocess": ("", ["data.preprocess=./own.py:rows"]),
    "SavedModel": ("", ["models.a={path='saved', allow_legacy=true}"]),
    "templates": ('[output]\ntemplates = "own"\n', []),
}


@pytest.mark.parametrize("name", CODE)
def test_code_is_not_run_unless_allowed(folder: Path, builder: Builder, name: str) -> None:
    """Neither from the text nor from overrides; the place is shown."""
    text, overrides = CODE[name]
    (folder / "own.py").write_text("raise SystemExit('it ran')", "utf-8")
    path = with_spec(folder, SPEC + text, overrides=overrides)
    with pytest.raises(SpecError, match="is code, which only runs with --allow-code") as error:
        rebuild(path, folder, Run(), allow_code=False)
    assert error.value.exit_code == 2
    assert builder.seen == {}


def test_every_key_that_names_code_is_known() -> None:
    """The schema says of a key that what it names is run; whoever adds one adds it to `plan/code.py` too."""
    tables = ReportSpec.model_json_schema(schema_generator=Described)["$defs"]
    run = {
        (table, key)
        for table, found in tables.items()
        for key, one in found.get("properties", {}).items()
        if "imported and run" in one.get("description", "")
    }
    assert run == {
        ("SectionSpec", "kind"),
        ("ModelSpec", "custom_objects"),
        ("ModelSpec", "function"),
        ("DataSpec", "function"),
        ("DataSpec", "preprocess"),
        ("SplitSpec", "function"),
        ("TrainSpec", "function"),
    }


def test_only_code_of_the_report_is_laid_out(folder: Path, builder: Builder) -> None:
    """A file of the name that the spec says, but another digest, is not what the report ran."""
    path = with_spec(folder, SPEC, overrides=["models.a.custom_objects=['./own.py:Layer']"])
    record = {"what": "custom objects", "file": "./own.py", "sha256": digest("Layer = 1\n")}
    edited(folder, code=[record])
    (folder / "own.py").write_text("Layer = 2\n", "utf-8")
    with pytest.raises(InputError, match=r"custom objects \(\./own\.py, "):
        rebuild(path, folder, Run(), allow_code=True)
    (folder / "kept.txt").write_text("Layer = 1\n", "utf-8")
    builder.returned = path.read_text("utf-8")
    assert rebuild(path, folder, Run(), allow_code=True).differences == ()
    assert builder.seen["own.py"] == "Layer = 1\n"


def models(folder: Path, **changes: str) -> Path:
    """Write the results with another first model."""
    raw = json.loads((folder / "results.json").read_text("utf-8"))
    return edited(folder, models=[{**raw["models"][0], **changes}, *raw["models"][1:]])


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("/etc/passwd", "names an input that cannot be laid out"),
        ("a\0b", "must not contain the character NUL"),
        ("..", "names an input that cannot be laid out"),
        ("", "names an input that cannot be laid out"),
        ("../" * 40 + "x", "names an input 40 folders above its spec"),
        ("b.keras/x", r"names an input inside of another|cannot be laid out"),
        ("handmade.toml", "cannot be laid out"),
        ("x" * 5000, "cannot be laid out"),
    ],
)
def test_hostile_names_of_inputs_get_one_sentence(folder: Path, builder: Builder, file: str, says: str) -> None:
    """Whatever a results file names, nothing is opened or written there."""
    path = models(folder, file=file)
    before = sorted(folder.rglob("*"))
    with pytest.raises(ResultsError, match=says) as error:
        rebuild(path, folder, Run(), allow_code=False)
    assert len(str(error.value).splitlines()) == 1
    assert sorted(folder.rglob("*")) == before
    assert builder.seen == {}


def test_nothing_is_laid_out_in_a_folder_of_the_user(folder: Path, builder: Builder) -> None:
    """An input below another that is a folder would be a file in it."""
    raw = json.loads(builder.returned)
    data = {**raw["data"], "files": [{"file": "set/", "sha256": of_folder(folder / "elsewhere")}]}
    path = edited(folder, data=data, models=[*raw["models"][1:], {**raw["models"][0], "file": "set/new.keras"}])
    before = sorted(folder.rglob("*"))
    with pytest.raises(ResultsError, match=r"cannot be laid out|inside of another"):
        rebuild(path, folder, Run(), allow_code=False)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("file", ["../x.toml", "", "..", "a/b.toml", "x.txt"])
def test_hostile_names_of_specs_get_one_sentence(folder: Path, builder: Builder, file: str) -> None:
    """A spec is a file in its folder."""
    path = with_spec(folder, SPEC, file=file)
    with pytest.raises(
        (ResultsError, SpecError), match=r"names no file as its spec|must be a \.toml|Is a directory"
    ) as error:
        rebuild(path, folder, Run(), allow_code=False)
    assert len(str(error.value).splitlines()) == 1
    assert builder.seen == {}


def test_a_report_that_disagrees_with_itself_is_not_built(folder: Path, builder: Builder) -> None:
    """Nobody knows which of its parts is meant."""
    path = rewritten(folder, replaced("handmade.toml", b"x = 1"))
    with pytest.raises(ResultsError, match=r"does not agree with itself \(spec in the report: changed\)"):
        rebuild(path, folder, Run(), allow_code=False)
    edited(folder, reportgen="0.0.9")
    assert rebuild(folder / "report.pdf", folder, Run(), allow_code=False).differences == ()
    assert rebuild(folder / "report.html", folder, Run(), allow_code=False).differences == ()
    page = (folder / "report.html").read_text("utf-8").replace("results.json.gz", "")
    (folder / "report.html").write_text(page, "utf-8")
    with pytest.raises(ResultsError, match=r"does not agree with itself \(results of the page: changed\)"):
        rebuild(folder / "report.html", folder, Run(), allow_code=False)
    assert builder.created


def test_files_are_found_by_what_is_in_them(tmp_path: Path) -> None:
    """Links are followed inside the folder only; hidden files, pipes and unreadable names are passed over."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for path in (inside / "set", outside, inside / ".hidden"):
        path.mkdir(parents=True)
    (outside / "secret").write_text("secret", "utf-8")
    (inside / ".hidden" / "x").write_text("hidden", "utf-8")
    (inside / "set" / "one").write_text("1", "utf-8")
    (inside / "to-secret").symlink_to(outside / "secret")
    (inside / "to-one").symlink_to(inside / "set" / "one")
    (inside / "loop").symlink_to(inside / "loop")
    (inside / "to-outside").symlink_to(outside)
    os.mkfifo(inside / "pipe")
    one, whole = hashlib.sha256(b"1").hexdigest(), of_folder(inside / "set")
    wanted = [
        ("x", digest("secret")),
        ("x", digest("hidden")),
        ("x", one),
        ("data/", whole),
        ("y/", of_folder(outside)),
    ]
    found = search.find(wanted, inside)
    assert set(found) == {one, whole}
    assert found[one].read_text("utf-8") == "1"
    assert found[whole] == (inside / "set").resolve()
