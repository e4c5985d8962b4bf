"""Renders the page again whenever the spec, a template or the logo is saved, and shows it on this machine."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from reportgen.contract.formats import FILES
from reportgen.errors import ArgumentError, ReportgenError
from reportgen.pipeline import flow
from reportgen.pipeline.report_file import MEGABYTES
from reportgen.plan.registry import is_file
from reportgen.spec.errors import SpecError
from reportgen.spec.files import FileError, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.pipeline.flow import Outcome
    from reportgen.pipeline.run import Run
    from reportgen.plan.plan import Plan

    Read = Callable[[], Plan]
    State = tuple[tuple[str, int, int], ...]

HOST = "127.0.0.1"
SECONDS = 2
"""A browser asks for the page again after so many seconds."""
_PAUSE = 0.2


class _Page(ThreadingHTTPServer):
    """Serves one page, on this machine alone."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.content = b""

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: _Page

    def do_GET(self) -> None:
        """Answer with the page, or that it did not change; its bytes are those of the file."""
        hosts = {f"{name}:{self.server.server_address[1]}" for name in (HOST, "localhost")}
        if self.headers.get("Host") not in hosts or self.path != "/":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content = self.server.content
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        known = self.headers.get("If-None-Match") == tag
        self.send_response(HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK)
        self.send_header("Refresh", str(SECONDS))
        self.send_header("ETag", tag)
        self.send_header("Cache-Control", "no-cache")
        if not known:
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not known:
            with suppress(OSError):  # the reader went away
                self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal shows what is rendered."""


def watch(
    spec: Path,
    read: Read,
    output: Path,
    run: Run,
    tell: Callable[[str], None],
    *,
    before: State | None = None,
    port: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Render the page after every change, without an evaluation, until the program is interrupted.

    Parameters
    ----------
    spec
        The spec; its folder has the other files that are watched: templates, sections and the logo.
    read
        Reads the spec and makes the plan.
    output
        The folder with the page, which exists.
    run
        The context; its store has the evaluation.
    tell
        Shows a line: the address, what was rendered, or why it could not be.
    before
        The :func:`state` of the files when the page was built: what was saved since is rendered at once. None for as they are now.
    port
        Of the server; 0 takes a free one.
    stop
        Asked five times a second.

    Raises
    ------
    ArgumentError
        The port is not free.
    """
    planned = read()
    known = state(spec, planned) if before is None else before
    with _served(port) as page:
        _load(page, output)
        tell(f"watching {spec}; the report is at {page.url} (Ctrl-C ends)")
        while not stop():
            seen = state(spec, planned)
            if seen != known:
                planned = _again(read, output, run, tell) or planned
                _load(page, output)
                known = seen
            time.sleep(_PAUSE)


def _load(page: _Page, output: Path) -> None:
    with suppress(FileError):
        page.content = read_bytes(output / FILES["html"], MEGABYTES)


@contextmanager
def _served(port: int) -> Iterator[_Page]:
    try:
        served = _Page(port)
    except OSError as error:
        raise ArgumentError(f"--port: {port} cannot be used ({error.strerror})") from error
    with served as page:
        Thread(target=page.serve_forever, daemon=True).start()
        try:
            yield page
        finally:
            page.shutdown()


def _again(read: Read, output: Path, run: Run, tell: Callable[[str], None]) -> Plan | None:
    """Render the page; None if the spec cannot be read or needs an evaluation."""
    start = time.perf_counter()
    try:
        planned = read()
        outcome = flow.build(planned, output, ("html",), replace(run, evaluates=False))
    except SpecError as error:
        tell(str(error))
        return None
    except ReportgenError as error:
        tell(f"reportgen: {error}")
        return None
    tell(_said(outcome, time.perf_counter() - start))
    return planned


def _said(outcome: Outcome, seconds: float) -> str:
    what = "; ".join(outcome.failures) or str(next(iter(outcome.files), "nothing"))
    return f"rendered in {seconds:.1f} s: {what}"


def _watched(spec: Path, planned: Plan) -> Iterator[Path]:
    """Yield the spec, the logo, the templates and the files with sections."""
    yield spec
    if planned.spec.output.theme.logo is not None:
        yield planned.folder / planned.spec.output.theme.logo
    templates = flow.templates_of(planned)
    if templates is not None:
        yield from sorted(Path(place, name) for place, _, names in os.walk(templates) for name in names)
    for item in planned.sections:
        if is_file(item.spec.kind):
            yield planned.folder / item.spec.kind.rpartition(":")[0]


def state(spec: Path, planned: Plan) -> State:
    """Return what changes when one of the watched files is saved."""
    found = []
    for path in _watched(spec, planned):
        with suppress(OSError):
            known = path.stat()
            found.append((str(path), known.st_mtime_ns, known.st_size))
    return tuple(found)
