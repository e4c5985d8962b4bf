"""The WeasyPrint process: ``python -m reportgen.render.pdf_process HOME SECONDS BYTES``.

``HOME`` is a private folder. The process imports WeasyPrint, writes a byte to its standard output, waits for one on its standard input, reads ``job.json``, ``page.html`` and the attachments, and writes ``outcome.json`` and, if successful, ``report.pdf``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reportgen.resources import end_with_parent

FIGURES = "reportgen:/figure/"
"""URL prefix of the figures."""


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
            created=created,
            modified=created,
        )
        for index, one in enumerate(job["attachments"])
    ]
    options = {"pdf_variant": "pdf/ua-1", "custom_metadata": True, "attachments": files}
    page = (home / "page.html").read_text("utf-8")
    document = HTML(string=page, url_fetcher=fetch).render(**options)
    document.metadata.created = document.metadata.modified = created.isoformat()
    pdf = document.write_pdf(pdf_identifier=job["identifier"].encode(), **options)
    if fetch.denied:
        return {"denied": fetch.denied}
    if failures.messages:
        return {"failed": "; ".join(failures.messages)}
    (home / "report.pdf").write_bytes(pdf)
    return {}


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
