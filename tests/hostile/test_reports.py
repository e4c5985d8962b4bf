"""Reports of strangers: what ``rebuild`` and ``verify`` open, run and endure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from handmade import SPEC
from reports import digest, write

from reportgen.cli import commands
from reportgen.pipeline import flow, report_file
from reportgen.pipeline.rebuild import rebuild
from reportgen.pipeline.run import Run
from reportgen.pipeline.verify import verify
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ELSEWHERE: dict[str, Callable[[str, Path], str]] = {
    "data": lambda spec, outside: spec.replace("test.npz", f"{outside}/test.npz"),
    "training data": lambda spec, outside: spec.replace(
        "[[sections]]", f'[data.train]\npath = "{outside}/test.npz"\n[[sections]]', 1
    ),
    "model": lambda spec, outside: spec.replace("a.keras", f"{outside}/a.keras"),
    "models by a pattern": lambda spec, outside: spec.replace('models = ["a"]', "").replace(
        "a.keras", f"{outside}/*.keras"
    ),
    "history": lambda spec, outside: spec.replace('"a.keras"', f'"a.keras"\nhistory = "{outside}/test.npz"'),
    "earlier release": lambda spec, outside: (
        f'{spec}[decision]\ncandidate = "a"\nbaseline = {{ results = "{outside}/results.json" }}\n'
    ),
    "trend": lambda spec, outside: f'{spec}[decision]\ncandidate = "a"\n[trend]\nresults = "{outside}/*.json"\n',
}
CODE_ELSEWHERE: dict[str, Callable[[str, Path], str]] = {
    "section": lambda spec, outside: f'{spec}[[sections]]\nkind = "{outside}/own.py:SECTION"\n',
    "custom object": lambda spec, outside: spec.replace(
        '"a.keras"', f'"a.keras"\ncustom_objects = ["{outside}/own.py:Layer"]'
    ),
    "function": lambda spec, outside: spec.replace('path = "test.npz"', f'function = "{outside}/own.py:rows"'),
    "templates": lambda spec, outside: f'{spec}[output]\ntemplates = "{outside}"\n',
}


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of which a report knows the path; nothing is evaluated."""

    def compute(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(flow, "compute", compute)
    folder = tmp_path / "outside"
    folder.mkdir()
    (write(folder) / "own.py").write_text("raise SystemExit(0)", "utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "allow_code"), [*((name, False) for name in ELSEWHERE), *((name, True) for name in CODE_ELSEWHERE)]
)
def test_no_file_is_opened_by_its_path(outside: Path, tmp_path: Path, name: str, *, allow_code: bool) -> None:
    """A spec in a report may name any; only those with the digests of the report are opened, and run."""
    report = tmp_path / "report"
    report.mkdir()
    raw = json.loads((write(report) / "results.json").read_text("utf-8"))
    text = (ELSEWHERE | CODE_ELSEWHERE)[name](SPEC, outside)
    raw["spec"].update(text=text, sha256=digest(text))
    (report / "results.json").write_text(json.dumps(raw), "utf-8")
    with pytest.raises(SpecError, match="is none of the files that the report was made from") as error:
        rebuild(report / "results.json", report, Run(), allow_code=allow_code)
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("code", "says"),
    [("<![x[", "unknown status keyword"), ("<a " * 100_000, "it takes more than 1 s")],
    ids=["marked section", "tags that do not end"],
)
def test_a_page_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], code: str, says: str
) -> None:
    """Python's own parser fails with an assertion, or takes time that grows with the square of the page."""
    monkeypatch.setattr(report_file, "_SECONDS", 1)
    path = write(tmp_path) / "report.html"
    text = path.read_text("utf-8")
    end = text.index("</section>", text.index('<section class="front"'))
    path.write_text(f"{text[:end]}{code}{text[end:]}", "utf-8")
    monkeypatch.setattr("sys.argv", ["reportgen", "verify", str(path)])
    assert commands.run() == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"reportgen: {path}: cannot be read as a page (")
    assert says in line


@pytest.mark.parametrize("name", ["a.keras", "a/b", "a/"])
def test_links_out_of_the_folder_are_not_followed(tmp_path: Path, name: str) -> None:
    """Whoever names the files of a report could have made the link too."""
    inputs, outside = tmp_path / "inputs", tmp_path / "outside"
    inputs.mkdir()
    outside.mkdir()
    (outside / "b").write_text("b", "utf-8")
    raw = json.loads((write(inputs) / "results.json").read_text("utf-8"))
    raw["models"][0]["file"] = name
    (inputs / "results.json").write_text(json.dumps(raw), "utf-8")
    (inputs / "a.keras").unlink()
    link = inputs / name.partition("/")[0]
    link.symlink_to(outside if "/" in name else outside / "b")
    rows = {row.file: row for row in verify(inputs / "results.json", inputs)}
    assert (rows[name].state, rows[name].reason) == ("missing", "is a link out of the folder of the inputs")
