"""Standard streams that are closed, full, of another encoding, or that nobody reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen.cli import streams
from reportgen.pipeline.progress import _Log
from reportgen.pipeline.run import Run

RESULTS = Path(__file__).parents[1] / "results" / "0.1.0.json"
EVIL = "a[/b]\x1b[31m\u202e"


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in which ``reportgen`` is this one."""
    program = f'reportgen() {{ "{sys.executable}" -P -m reportgen "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | environment,
    )


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_reader_that_goes_away(form: str) -> None:
    """The exit code is that of SIGPIPE, never 1, which is a failed check; nothing is said."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-P", "-m", "reportgen", "metrics", str(RESULTS), "--format", form]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, check=False, stdout=writer, stderr=subprocess.PIPE, text=True, env=environment)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(
    ("command", "code", "err"),
    [
        (f"reportgen metrics '{RESULTS}' 2>&-", 0, ""),
        (f"reportgen metrics '{RESULTS}' <&- >&- 2>&-", 0, ""),
        (f"reportgen metrics '{RESULTS}' >&-", 0, ""),
        ("reportgen metrics nowhere 2>&-", 2, ""),
        ("reportgen nonsense 2>&-", 2, ""),
        ("reportgen --help >&-", 0, ""),
        (
            f"reportgen metrics '{RESULTS}' > /dev/full",
            3,
            "standard output cannot be written (No space left on device)",
        ),
        ("reportgen metrics nowhere 2> /dev/full", 2, ""),
    ],
)
@pytest.mark.hostile
def test_streams_that_are_closed_or_full(command: str, code: int, err: str) -> None:
    """The exit code is that of the command."""
    done = shell(command)
    assert done.returncode == code
    assert err in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
@pytest.mark.hostile
def test_encodings(encoding: str, tmp_path: Path) -> None:
    """A table is shown as far as it can be; formats that programs read are UTF-8."""
    raw = json.loads(RESULTS.read_text("utf-8"))
    raw["sections"][1]["result"]["measurements"][0]["model"] = "µ≥é"
    (tmp_path / "r.json").write_text(json.dumps(raw), "utf-8")
    for form in ("table", "csv", "json"):
        done = shell(
            f"reportgen metrics '{tmp_path}/r.json' --format {form} > '{tmp_path}/out'", PYTHONIOENCODING=encoding
        )
        assert (done.returncode, done.stderr) == (0, "")
        if form != "table":
            assert "µ≥é" in (tmp_path / "out").read_text("utf-8")
    assert shell("reportgen rule CAL101", PYTHONIOENCODING=encoding).returncode == 0


def test_control_characters_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A name of a model is text on every stream."""
    streams.say(f"{EVIL}\nb")
    streams.say_error(EVIL)
    _Log()(f"loading {EVIL}", 0, 1)
    out, err = capsys.readouterr()
    shown = "a[/b]\\x1b[31m\\u202e"
    assert (out, err) == (f"{shown}\nb\n", f"{shown}\nloading {shown} ...\n")


def test_markup_is_not_read_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar shows the name as it is; rich would fail on a closing tag."""
    from io import StringIO

    from reportgen.pipeline import progress

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress.progress(quiet=False) as tell:
        tell(f"loading {EVIL}", 0, 2)
        tell(f"loading {EVIL}", 1, 2)
    assert "a[/b]\\x1b" in terminal.getvalue()


def test_no_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without a console has none."""
    from reportgen.pipeline import progress

    monkeypatch.setattr("sys.stderr", None)
    with progress.progress(quiet=False) as tell:
        tell("loading", 0, 1)


@pytest.mark.parametrize("epoch", ["", "abc"])
@pytest.mark.parametrize("command", ["check a.toml", "build a.toml", "render r.json", "diff r.json r.json", "init a"])
def test_no_command_takes_a_time_that_is_none(epoch: str, command: str, tmp_path: Path) -> None:
    """Whatever it would do: libraries read the variable too."""
    found = shell(f"cd {tmp_path} && reportgen {command}", SOURCE_DATE_EPOCH=epoch)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == f"SOURCE_DATE_EPOCH: must be seconds since 1970 (found {epoch!r})\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("epoch", ["", "abc", "1e30", "9" * 30, "-" + "9" * 30, "1.5", "0x10"])
def test_source_date_epoch(epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no time is refused before anything is computed."""
    from types import SimpleNamespace

    from reportgen.pipeline import flow
    from reportgen.spec.errors import SpecError

    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    planned = SimpleNamespace(spec=None, folder=None, request=None)
    with pytest.raises(SpecError, match="SOURCE_DATE_EPOCH: must be seconds since 1970"):
        flow.compute(planned, Run())  # type: ignore[arg-type]
