"""The WeasyPrint process: ``python -m reportgen.render.pdf_process HOME SECONDS BYTES``.

``HOME`` is a private folder. The process imports WeasyPrint, writes a byte to its standard output, waits for one on its standard input, reads ``job.json``, ``page.html`` and the attachments, and writes ``outcome.json`` and, if successful, ``report.pdf``.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from reportgen.resources import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCESSIBLE, ARCHIVE = "pdf/ua-1", "pdf/a-3a"
"""The kinds of PDF: for readers with assistive technology, and for archives."""
FIGURES = "reportgen:/figure/"
"""URL prefix of the figures."""
_LANGUAGE = ' lang="'
_YOUNG = 100_000
"""Number of new objects after which garbage is looked for: nearly all that is made lasts as long as the process."""


def main(home: Path, seconds: int, memory: int) -> None:
    """Render the job in a folder; errors are written to the outcome."""
    word = end_with_parent(home)
    _limit("RLIMIT_CPU", seconds)
    loaded = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    outcome: dict[str, Any]
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        outcome = {"missing": str(error).splitlines()[0]}
    except Exception as error:  # noqa: BLE001 a package that is missing or damaged
        outcome = {"unloadable": f"WeasyPrint cannot be loaded ({type(error).__name__}: {error})"}
    else:
        _limit("RLIMIT_AS", memory)  # not before: a library that cannot be mapped would look like a missing one
        with suppress(BrokenPipeError):  # the program is gone, and so is this process soon
            os.write(loaded, b"\n")
        word.wait()
        gc.freeze()
        gc.set_threshold(_YOUNG)
        try:
            outcome = _render(home)
        except MemoryError:
            outcome = {"failed": f"it needs more than {memory // 2**20} MiB of memory"}
        except Exception as error:  # noqa: BLE001 this process reports whatever WeasyPrint raises
            outcome = {"failed": f"{type(error).__name__}: {error}"}
    (home / "outcome.json").write_text(json.dumps(outcome), "utf-8")


def _limit(name: str, most: int) -> None:
    """Limit CPU time or address space, if the system supports it."""
    try:
        import resource
    except ImportError:
        return
    kind = getattr(resource, name)
    _, hard = resource.getrlimit(kind)
    with suppress(ValueError, OSError):  # above the hard limit, or not enforced (macOS): the stricter one stays
        resource.setrlimit(kind, (most, hard))


def _render(home: Path) -> dict[str, Any]:
    from weasyprint import HTML, Attachment as File
    from weasyprint.logger import LOGGER

    job = json.loads((home / "job.json").read_text("utf-8"))
    created = datetime.fromisoformat(job["created"])
    os.environ["SOURCE_DATE_EPOCH"] = str(int(created.timestamp()))  # the font subsetter's clock
    failures = _Failures()
    LOGGER.addHandler(failures)
    fetch = _sealed(job["figures"])
    files = [
        File(
            string=(home / f"attachment-{index}").read_bytes(),
            name=one["name"],
            description=one["description"],
            relationship=one["relationship"],
            created=created,
            modified=created,
        )
        for index, one in enumerate(job["attachments"])
    ]
    options = {"pdf_variant": job["variant"], "custom_metadata": True, "attachments": files}
    page = (home / "page.html").read_text("utf-8")
    if page.count(_LANGUAGE) > 1:
        _tag_languages()
    document = HTML(string=page, url_fetcher=fetch).render(**options)
    document.metadata.created = document.metadata.modified = created.isoformat()
    pdf = document.write_pdf(
        finisher=partial(_finish, job["variant"]), pdf_identifier=job["identifier"].encode(), **options
    )
    if fetch.denied:
        return {"denied": fetch.denied}
    if failures.messages:
        return {"failed": "; ".join(failures.messages)}
    (home / "report.pdf").write_bytes(pdf)
    return {}


def _finish(variant: str, _document: Any, pdf: Any) -> None:
    """Write the objects of a PDF, once: pydyf makes and compresses them to identify the file, and again to write it.

    For an archive, metadata is not compressed, and no image is smoothed (ISO 19005-3, 6.6.2.1 and 6.2.8.1). The line break behind the data of a stream is
    two characters (6.1.7.1): where compressed data ends with a carriage return, a single line feed behind it would be the second half of one, and the length
    of the stream wrong.
    """
    import pydyf

    class Written(pydyf.Object):  # type: ignore[misc]
        data, compressible = b"", False

        def __init__(self, one: Any) -> None:
            super().__init__()
            self.number, self.generation, self.compressible = one.number, one.generation, one.compressible
            self.data = one.data
            if isinstance(one, pydyf.Stream):
                self.data = self.data.removesuffix(b"\nendstream") + b"\r\nendstream"

    for place, one in enumerate(pdf.objects):
        if variant == ARCHIVE and isinstance(one, pydyf.Stream):
            one.compress = one.compress and one.extra.get("Type") != "/Metadata"
            if "Interpolate" in one.extra:
                one.extra["Interpolate"] = "false"
        if one.free == "n":
            pdf.objects[place] = Written(one)


def _tag_languages() -> None:
    """Let the tags of the PDF have the language of parts, WCAG 3.1.2: WeasyPrint 70 writes that of the whole document alone."""
    from weasyprint.pdf import tags

    build = tags._build_box_tree  # noqa: SLF001 there is no public place for it

    def with_languages(box: Any, *context: Any) -> Iterator[Any]:
        language = None if box.element is None else box.element.get("lang")
        for tag in build(box, *context):
            if language is not None:
                tag["Lang"] = tags.pydyf.String(language)
            yield tag

    tags._build_box_tree = with_languages  # noqa: SLF001


class _Failures(logging.Handler):
    """Collects the messages about content that WeasyPrint omitted."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        message = record.getMessage()
        if message.startswith("Failed to ") and message not in self.messages:
            self.messages.append(message)


def _sealed(figures: dict[str, str]) -> Any:
    """Return a fetcher that serves data URLs and the report's figures, and records all other requests."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Sealed(URLFetcher):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(allowed_protocols=("data",), allow_redirects=False)
            self.denied: list[str] = []

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            name = unquote(url).removeprefix(FIGURES).removesuffix(".svg")
            if unquote(url) == f"{FIGURES}{name}.svg" and name in figures:
                return URLFetcherResponse(url, figures[name].encode(), {"Content-Type": "image/svg+xml"})
            if url not in self.denied:
                self.denied.append(url)
            raise ValueError(f"{url} is not part of the report")

    return Sealed()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # taking the document apart, which the system does at once, takes long
