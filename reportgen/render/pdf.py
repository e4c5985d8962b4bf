"""HTML to PDF with WeasyPrint, in a separate process that can only load the content of the page."""

from __future__ import annotations

import json
import math
import re
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Self
from xml.sax.saxutils import escape

from reportgen.contract.formats import FILES
from reportgen.errors import RenderError, temporary_files
from reportgen.render.pdf_process import ACCESSIBLE, ARCHIVE
from reportgen.resources import ending, environment, private_folder, share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from reportgen.document.content import Content, Typesetter
    from reportgen.spec.tables.output import LimitsSpec

INSTALL = (
    "on Debian and Ubuntu `apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0`, "
    "on Fedora `dnf install pango`, on Alpine `apk add pango`, on macOS `brew install pango`"
)
"""How to install the libraries that WeasyPrint loads."""
ARCHIVE_MARK = b'pdfaid:part="3"'
"""What only a PDF for archives says of itself."""
TIME_LIMIT = 120
"""Seconds of wall time, and of processor time."""
MEMORY_LIMIT = 4 * 2**30
"""Bytes of address space. A report of 26 pages with 15 figures takes a tenth of it."""
_SYSTEM_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts")
_OWN_FONTS = ("IBMPlex", "DejaVu")
_LAST_LINES = 25
_SHEET = "*{stroke-linejoin: round; stroke-linecap: butt}"
"""The style sheet of a drawing of matplotlib."""
_STYLE = re.compile(r'(<(?:path|text|use) [^<>]*?)style="([^"]*)"')
"""The style of a line, a mark or words."""
_DECLARATION = re.compile(r"([a-z-]+): *([^;]*)(?:;(?= ))?")


class NativeLibraryMissing(RenderError):  # noqa: N818 the name says what is wrong
    """WeasyPrint cannot load Pango or a related library; the message names what to install."""


@dataclass(frozen=True)
class Attachment:
    """A file to attach to the PDF."""

    name: str
    data: bytes
    description: str
    relationship: str = "Unspecified"
    """What it is to the document, as PDF/A-3 has it: ``Source``, ``Data``, …"""


def accessible(content: Content) -> Callable[[], bytes]:
    """Begin ``report.pdf``: the document, with the results and the spec attached; return what finishes it."""
    return _begun(content, ACCESSIBLE)


def archive(content: Content) -> Callable[[], bytes]:
    """Begin ``report.archive.pdf``: the same for an archive (PDF/A-3a), tagged, with all that it needs in it."""
    return _begun(content, ARCHIVE)


def _begun(content: Content, variant: str) -> Callable[[], bytes]:
    """Begin with the engine that was started before; a further PDF is begun when it is asked for."""
    started = content.typesetter
    if started is not None and not started.used:
        _begin(started, content, variant)
        return started.finish

    def later() -> bytes:
        with PdfProcess.within(content.results.output.limits) as process:
            _begin(process, content, variant)
            return process.finish()

    return later


def _begin(process: Typesetter, content: Content, variant: str) -> None:
    from reportgen.render import html

    document, results = content.document, content.results
    process.begin(
        html.render(document, "pdf", content.templates),
        {drawing.id: plain(drawing.drawn.svg) for drawing in document.drawings},
        attachments=[
            Attachment(FILES["json"], results.to_json().encode(), "Every number of the report", "Data"),
            Attachment(results.spec.file, results.spec.text.encode(), "The spec that was run", "Source"),
        ],
        created=datetime.fromisoformat(results.created),
        identifier=document.digest,
        variant=variant,
    )


def plain(svg: str) -> str:
    """Return a drawing with attributes in place of a style sheet and of styles, each of which WeasyPrint parses as CSS.

    >>> plain(f'<svg ><style type="text/css">{_SHEET}</style><path style="fill: none; stroke: red"/></svg>')
    '<svg stroke-linejoin="round" stroke-linecap="butt" ><path fill="none" stroke="red"/></svg>'
    """
    root, sheet, drawn = svg.partition(f'<style type="text/css">{_SHEET}</style>')
    if not sheet:
        return svg
    root = root.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    return root + _STYLE.sub(lambda found: found[1] + _DECLARATION.sub(r'\1="\2"', found[2]), drawn)


def render(
    html: str,
    figures: Mapping[str, str],
    *,
    attachments: Sequence[Attachment] = (),
    created: datetime,
    identifier: str,
    variant: str = ACCESSIBLE,
    time_limit: float = TIME_LIMIT,
    memory_limit: int = MEMORY_LIMIT,
) -> bytes:
    """Render a page as a tagged PDF; the same input produces the same bytes.

    Parameters
    ----------
    html
        The page. It can only use ``data:`` URLs and ``reportgen:/figure/ID.svg``.
    figures
        SVG by ID.
    attachments
        Files to attach.
    created
        The date of the document and of its attachments; naive means UTC.
    identifier
        The file identifier of the PDF.
    variant
        ``pdf/ua-1`` or ``pdf/a-3a``.
    time_limit
        Seconds.
    memory_limit
        Bytes of address space.

    Raises
    ------
    NativeLibraryMissing
        Pango or a related library is not installed.
    RenderError
        The page requests external content, a figure could not be drawn, a limit was reached, or WeasyPrint failed.
    """
    with PdfProcess(time_limit=time_limit, memory_limit=memory_limit) as process:
        process.begin(html, figures, attachments=attachments, created=created, identifier=identifier, variant=variant)
        return process.finish()


class PdfProcess:
    """The process that WeasyPrint runs in; start it early to overlap its imports with other work.

    Parameters
    ----------
    time_limit
        Seconds.
    memory_limit
        Bytes of address space.
    """

    def __init__(self, *, time_limit: float = TIME_LIMIT, memory_limit: int = MEMORY_LIMIT) -> None:
        self._time_limit = time_limit
        self.used = False
        with temporary_files(), ExitStack() as opened:
            self._home = opened.enter_context(private_folder())
            fonts = self._home / "fonts.conf"
            fonts.write_text(_fonts_conf(self._home / "font-cache"), "utf-8")
            self._noise = opened.enter_context((self._home / "noise").open("w+b"))
            self._open = opened.pop_all()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "reportgen.render.pdf_process",
                self._home,
                str(math.ceil(time_limit)),
                str(memory_limit),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            stderr=self._noise,
            env=_environment(fonts),
            cwd=self._home,
        )

    @classmethod
    def within(cls, limits: LimitsSpec) -> Self:
        """Start it with the limits of a spec."""
        return cls(time_limit=limits.pdf_seconds, memory_limit=int(limits.pdf_memory * 2**30))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.__exit__(kind, error, traceback)
        self._open.close()

    def require_loaded(self) -> None:
        """Wait until WeasyPrint is loaded, or cannot be.

        Raises
        ------
        NativeLibraryMissing
            Pango or a related library is not installed.
        RenderError
            WeasyPrint is missing or damaged, or takes too long.
        """
        late = Timer(self._time_limit, self._process.kill)
        late.daemon = True  # a signal while it starts must not make the program wait for it
        try:
            late.start()
            loaded = self._process.stdout is not None and self._process.stdout.read(1)
        finally:
            late.cancel()
        if not loaded:
            self._process.wait()
            self._require_success()

    def begin(
        self,
        html: str,
        figures: Mapping[str, str],
        *,
        attachments: Sequence[Attachment] = (),
        created: datetime,
        identifier: str,
        variant: str = ACCESSIBLE,
    ) -> None:
        """Begin to render one page, once; see :func:`render`."""
        self.used = True
        with temporary_files():
            self._hand_over(html, figures, attachments, created, identifier, variant)
        self._go()

    def finish(self) -> bytes:
        """Wait for the PDF; see :func:`render`."""
        try:
            self._process.wait(self._time_limit)
        except subprocess.TimeoutExpired:
            raise RenderError(self._took_too_long()) from None
        self._require_success()
        return (self._home / "report.pdf").read_bytes()

    def _require_success(self) -> None:
        """Raise the error that the outcome is about, if it is one."""
        outcome = self._outcome()
        if "unloadable" in outcome:
            raise RenderError(
                f"{outcome['unloadable']}; to install it, type `pip install --force-reinstall weasyprint`"
            )
        if "missing" in outcome:
            raise NativeLibraryMissing(
                f"WeasyPrint cannot load a native library ({outcome['missing']}); to install it, run {INSTALL}"
            )
        if "denied" in outcome:
            urls = ", ".join(outcome["denied"])
            raise RenderError(f"the page requests {urls}, but it can only use figures of the report and data URLs")
        if "failed" in outcome:
            raise RenderError(f"the PDF could not be rendered: {outcome['failed']}{self._last_words()}")

    def _go(self) -> None:
        """Start the rendering; the pipe stays open, because the process ends with its parent."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # it has already written why
                self._process.stdin.write(b"\n")

    def _hand_over(
        self,
        html: str,
        figures: Mapping[str, str],
        attachments: Sequence[Attachment],
        created: datetime,
        identifier: str,
        variant: str,
    ) -> None:
        (self._home / "page.html").write_text(html, "utf-8")
        for index, attachment in enumerate(attachments):
            (self._home / f"attachment-{index}").write_bytes(attachment.data)
        utc = created.replace(tzinfo=UTC) if created.tzinfo is None else created.astimezone(UTC)
        job = {
            "figures": dict(figures),
            "attachments": [
                {"name": one.name, "description": one.description, "relationship": one.relationship}
                for one in attachments
            ],
            "created": utc.replace(microsecond=0).isoformat(),
            "identifier": identifier,
            "variant": variant,
        }
        (self._home / "job.json").write_text(json.dumps(job), "utf-8")

    def _outcome(self) -> dict[str, Any]:
        """Return the outcome that the process wrote, or one for a process that was killed."""
        try:
            outcome: dict[str, Any] = json.loads((self._home / "outcome.json").read_text("utf-8"))
        except FileNotFoundError:
            code = self._process.returncode
            if code == -getattr(signal, "SIGXCPU", 0):
                raise RenderError(self._took_too_long()) from None
            return {"failed": f"the process {ending(code)}"}
        return outcome

    def _took_too_long(self) -> str:
        return f"the PDF was not finished within {self._time_limit:g} seconds{self._last_words()}"

    def _last_words(self) -> str:
        self._noise.seek(0)
        lines = self._noise.read().decode("utf-8", "replace").strip().splitlines()[-_LAST_LINES:]
        return "\nWeasyPrint said:\n" + "\n".join(lines) if lines else ""


def _environment(fonts: Path) -> dict[str, str]:
    return {
        **environment(fonts.parent),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "FONTCONFIG_FILE": str(fonts),
    }


def _fonts_conf(cache: Path) -> str:
    """Return a fontconfig file: our fonts, matplotlib's as fallback, then the system's for other scripts.

    The system's copies of our fonts are excluded, so that the PDF is the same everywhere; its caches of all other
    fonts are used, because scanning thousands of fonts is slow.
    """
    matplotlib = find_spec("matplotlib")
    folders = [share("templates") / "fonts"]
    if matplotlib is not None and matplotlib.origin is not None:
        folders.append(Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf")
    rejected = [f"{folder}/*{name}*" for folder in _SYSTEM_FONTS for name in _OWN_FONTS]
    generic = {"sans-serif": "IBM Plex Sans", "serif": "IBM Plex Sans", "monospace": "IBM Plex Mono"}
    fallback = {"sans-serif": "DejaVu Sans", "serif": "DejaVu Sans", "monospace": "DejaVu Sans Mono"}
    return "\n".join(
        (
            '<?xml version="1.0"?>',
            '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">',
            "<fontconfig>",
            *(f"<dir>{escape(str(folder))}</dir>" for folder in folders),
            *(f"<dir>{folder}</dir>" for folder in _SYSTEM_FONTS),
            '<dir prefix="xdg">fonts</dir>',
            f"<cachedir>{escape(str(cache))}</cachedir>",
            "<cachedir>/var/cache/fontconfig</cachedir>",
            '<cachedir prefix="xdg">fontconfig</cachedir>',
            "<selectfont><rejectfont>",
            *(f"<glob>{pattern}</glob>" for pattern in rejected),
            "</rejectfont></selectfont>",
            *(
                f"<alias binding='strong'><family>{name}</family><prefer><family>{family}</family>"
                f"<family>{fallback[name]}</family></prefer></alias>"
                for name, family in generic.items()
            ),
            '<match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>',
            "</fontconfig>",
        )
    )
