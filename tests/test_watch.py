"""``build --watch``: a saved spec is on the page within two seconds, and nothing but the page is served."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
import warm
from browser import CHROMIUM, MISSING, Browser

from reportgen.pipeline import flow, stored
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store
from reportgen.pipeline.watch import SECONDS, state, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.pipeline.watch import State

pytestmark = pytest.mark.usefixtures("warm_processes")
SPECS = Path(__file__).parents[1] / "specs"
SPEC = """
schema_version = 1
report = { title = "Watched" }
models.mlp = { path = "digits/mlp.keras" }
data = { path = "digits/test.npz" }
sections = [{ kind = "summary" }, { kind = "performance" }]
output.templates = "own"
"""


class Watched:
    """A watch in a thread."""

    def __init__(self, folder: Path, run: Run, before: State | None = None) -> None:
        self.spec, self.output, self.lines, self._stop = folder / "spec.toml", folder / "out", [], Event()
        self.lines: list[str]
        self._thread = Thread(target=self._watch, args=(run, before), daemon=True)
        self._thread.start()
        self.until(lambda: any("http" in line for line in self.lines))
        self.port = int(self.lines[0].rpartition("127.0.0.1:")[2].partition("/")[0])
        self.until(lambda: b"Watched" in self.get()[1])

    def _watch(self, run: Run, before: State | None) -> None:
        read = lambda: flow.read_plan(self.spec)  # noqa: E731
        watch(self.spec, read, self.output, run, self.lines.append, before=before, stop=self._stop.is_set)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, self.lines
            time.sleep(0.05)

    def get(self, path: str = "/", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers of the page."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        found = answer.status, answer.read(), dict(answer.getheaders())
        connection.close()
        return found

    def close(self) -> None:
        """End the watch."""
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """Build a report into a store once."""
    folder = tmp_path_factory.mktemp("watched")
    shutil.copytree(SPECS / "digits", folder / "digits")
    (folder / "own").mkdir()
    (folder / "spec.toml").write_text(SPEC, "utf-8")
    run = Run(store=Store(folder / "cache"))
    assert flow.build(flow.read_plan(folder / "spec.toml"), folder / "out", ("html",), run).exit_code == 0
    return folder, run


@pytest.fixture
def watched(built: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """Watch it; any evaluation fails."""
    folder, run = built
    (folder / "spec.toml").write_text(SPEC, "utf-8")

    def refuse(*_: Any) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(stored, "EvaluationProcess", refuse)
    flow.build(flow.read_plan(folder / "spec.toml"), folder / "out", ("html",), run)
    found = Watched(folder, run)
    yield found
    found.close()


def test_what_was_saved_while_the_report_was_built_is_rendered(built: tuple[Path, Run], watched: Watched) -> None:
    """The models may have taken hours."""
    folder, run = built
    before = state(watched.spec, flow.read_plan(watched.spec))
    watched.close()
    watched.spec.write_text(SPEC.replace("Watched", "Watched, saved meanwhile"), "utf-8")
    again = Watched(folder, run, before)
    again.until(lambda: b"saved meanwhile" in again.get()[1])
    again.close()


def test_a_saved_spec_is_rendered(watched: Watched) -> None:
    """The served bytes are those of the file; a browser asks again by itself."""
    status, body, headers = watched.get()
    assert (status, headers["Refresh"]) == (200, str(SECONDS))
    assert body == (watched.output / "report.html").read_bytes()
    assert watched.get(**{"If-None-Match": headers["ETag"]})[0] == 304
    watched.spec.write_text(SPEC.replace('"Watched"', '"Saved again"'), "utf-8")
    watched.until(lambda: b"Saved again" in watched.get(**{"If-None-Match": headers["ETag"]})[1])
    assert watched.get()[1] == (watched.output / "report.html").read_bytes()


@pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
def test_a_browser_shows_it_by_itself(watched: Watched, tmp_path: Path) -> None:
    """Nobody reloads the page."""
    with Browser(tmp_path) as browser:
        browser.show(f"http://127.0.0.1:{watched.port}/", 1_000)
        assert "Watched" in browser.value("document.title")
        watched.spec.write_text(SPEC.replace('"Watched"', '"Saved again"'), "utf-8")
        watched.until(lambda: "Saved again" in str(browser.value("document.title")))


def test_a_saved_template_is_rendered(watched: Watched) -> None:
    """Templates are watched too."""
    own = watched.spec.parent / "own" / "sections"
    own.mkdir(exist_ok=True)
    (own / "performance.html.j2").write_text("<p>From my own template.</p>", "utf-8")
    watched.until(lambda: b"From my own template" in watched.get()[1])
    shutil.rmtree(own)
    watched.until(lambda: b"From my own template" not in watched.get()[1])


def test_what_cannot_be_rendered_is_said(watched: Watched) -> None:
    """A mistake, or a change that needs an evaluation, is one message; the page stays, and the next change is rendered."""
    before = watched.get()[1]
    watched.spec.write_text(SPEC.replace("title", "titel"), "utf-8")
    watched.until(lambda: "titel" in watched.lines[-1])
    watched.spec.write_text(SPEC.replace('"digits/test.npz"', '"digits/test.npz", max_samples = 100'), "utf-8")
    watched.until(lambda: "`reportgen build` evaluates them again" in watched.lines[-1])
    assert watched.get()[1] == before
    watched.spec.write_text(SPEC.replace('"Watched"', '"Mended"'), "utf-8")
    watched.until(lambda: b"Mended" in watched.get()[1])


def test_nothing_else_is_served(watched: Watched) -> None:
    """No other path, and no page of another site that resolves to this machine."""
    assert watched.get("/../spec.toml")[0] == 404
    assert watched.get("/report.html")[0] == 404
    assert watched.get(Host="evil.example")[0] == 404
    assert watched.get(Host=f"localhost:{watched.port}")[0] == 200


def command(folder: Path, *, start: Any = subprocess.Popen, **environment: str) -> subprocess.Popen[str]:
    """Start ``build --watch``."""
    env = {**os.environ, "REPORTGEN_NO_CACHE": "", "REPORTGEN_CACHE": str(folder / "cache"), **environment}
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\nfrom reportgen.cli.launch import main; main()"
    line = [sys.executable, "-c", program, "build", "spec.toml", "-o", "out", "--format", "html", "--watch"]
    made: subprocess.Popen[str] = start(
        line, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    return made


def test_the_command_ends_with_an_interruption(built: tuple[Path, Run]) -> None:
    """With 130, after it said where the page is."""
    folder, _ = built
    (folder / "spec.toml").write_text(SPEC, "utf-8")
    with command(folder) as process:
        line = next(line for line in process.stderr or () if "http://127.0.0.1:" in line)
        assert "Ctrl-C ends" in line
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


def test_what_it_needs_is_said(built: tuple[Path, Run]) -> None:
    """The cache."""
    with command(built[0], start=warm.Popen, REPORTGEN_NO_CACHE="1", REPORTGEN_CACHE="") as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "--watch needs the cache" in said
