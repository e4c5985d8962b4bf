"""Every exception that reportgen raises on purpose.

::

    ReportgenError              exit code
    ├── SpecError               2   the spec or the call is wrong; lists every mistake (reportgen.spec.errors)
    ├── ResultsError            2   a results file cannot be read
    ├── InputError              3   a model, data set or history cannot be used
    ├── SectionError            3   a section's analyzer, rule or visualizer failed
    └── RenderError             3   a renderer failed

A traceback is for bugs: the command line shows only the message of these.
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path

_COLOURS = re.compile("\x1b\\[[0-9;]*m")
_FRAMES = ("Exception encountered when calling", "in user code:")


def summary(error: BaseException) -> str:
    r"""Return the first line of a foreign exception that says something; Keras frames its own in two others.

    >>> summary(ValueError("Exception encountered when calling Dense.call().\n\n\x1b[1mwrong shape\x1b[0m\n\nArguments"))
    'wrong shape'
    """
    lines = [line.strip() for line in _COLOURS.sub("", str(error)).splitlines()]
    return next((line for line in lines if line and not line.startswith(_FRAMES)), type(error).__name__)


def cause(error: BaseException, folder: Path) -> str:
    """Return what went wrong in a section's own code, as one sentence with its line in a file below a folder."""
    from pydantic import ValidationError

    if isinstance(error, ReportgenError):
        return str(error)
    said = summary(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in (error.title, *first["loc"][:1]))
        said = f"{where}: {first['msg'].removeprefix('Value error, ')}"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_below(Path(frame.filename), folder)]
    line = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {said}{line}"


def _is_below(file: Path, folder: Path) -> bool:
    return file.is_relative_to(folder) and "site-packages" not in file.relative_to(folder).parts


class ReportgenError(Exception):
    """Base of all of them; ``exit_code`` is what the command line returns."""

    exit_code = 3


class ResultsError(ReportgenError):
    """A results file cannot be read."""

    exit_code = 2


class InputError(ReportgenError):
    """A model, data set or history that the spec names cannot be used.

    Parameters
    ----------
    location
        Where the spec names it, e.g. ``("models", "cnn", "path")``.
    file
        The file as the spec writes it.
    message
        One sentence.
    """

    def __init__(self, location: tuple[str | int, ...], file: str, message: str) -> None:
        super().__init__(location, file, message)
        self.location = location
        self.file = file
        self.message = message

    def __str__(self) -> str:
        """Name the spec's key, the file, and what is wrong."""
        key = ".".join(str(part) for part in self.location)
        return f"{key}: {self.file}: {self.message}" if self.file else f"{key}: {self.message}"


class SectionError(ReportgenError):
    """A section's analyzer, rule or visualizer failed; names the section."""


class RenderError(ReportgenError):
    """A renderer failed; the other outputs are written all the same."""
