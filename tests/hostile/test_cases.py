"""Hostile and clumsy input: the right exit code, one clear sentence, nothing half written, nothing left behind."""

from __future__ import annotations

import importlib
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reportgen.cli import commands
from reportgen.errors import interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostile.case import Case

FAMILIES = sorted(path.stem for path in (Path(__file__).parent / "cases").glob("*.py"))


def _cases() -> list[object]:
    found = []
    for family in FAMILIES:
        cases: list[Case] = importlib.import_module(f"hostile.cases.{family}").CASES
        assert len({case.name for case in cases}) == len(cases), family
        marks = {True: (pytest.mark.hostile,), False: ()}
        found += [pytest.param(case, id=f"{family}: {case.name}", marks=marks[case.slow]) for case in cases]
    return found


@pytest.fixture
def as_child() -> Iterator[None]:
    """Have the handler of signals that the command runs with."""
    before = signal.signal(signal.SIGINT, interrupt)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("as_child")
@pytest.mark.parametrize("case", _cases())
def test_case(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """The exit code and the sentence of the table; no traceback, no file but those allowed, an empty temporary folder."""
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    arguments = case.arguments(here)
    before = {path.name for path in here.iterdir()}
    monkeypatch.setattr("sys.argv", ["reportgen", *arguments])
    code = commands.run()
    out, err = capfd.readouterr()
    said = err if case.code > 1 else out + err
    assert (code, case.says in said) == (case.code, True), said
    assert "Traceback" not in err
    assert {path.name for path in here.iterdir()} - before <= case.writes
    assert not list(temporary.iterdir())
