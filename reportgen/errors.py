"""The exceptions that reportgen raises.

::

    ReportgenError              exit code
    ├── SpecError               2   the spec or the arguments are invalid; lists every error (reportgen.spec.errors)
    ├── ArgumentError           2   an argument is invalid
    ├── ResultsError            2   a results file cannot be read
    ├── InputError              3   a model, data set or history cannot be used
    ├── SectionError            3   a section's analyzer, rule or visualizer failed
    ├── RenderError             3   a renderer failed
    └── SendError               3   a mail was not sent, or not to everybody

The command line prints only their message; a traceback is for bugs.
"""

from __future__ import annotations

import errno
import re
import signal
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

_NOISE = re.compile(r"\x1b\[[0-9;]*m|\{\{\w+ [^}]*\}\} | \[Op:\w+\]( name:)?")
"""Colors, and the nodes of TensorFlow's graph."""
_LONGEST = 300
_INNERMOST = "Exception encountered: "
_FRAMES = (
    "Exception encountered when calling",
    "in user code:",
    "Arguments received by",
    "A total of ",
    "Graph execution error:",
    "Detected at node",
    'File "',
    "•",
)


def summary(error: BaseException) -> str:
    r"""Return the first informative line of a third-party exception; Keras and TensorFlow wrap their messages in extra lines.

    >>> summary(ValueError("Exception encountered when calling Dense.call().\n\n\x1b[1mwrong shape\x1b[0m\n\nArguments"))
    'wrong shape'
    """
    text = _NOISE.sub("", _text(error)).rpartition(_INNERMOST)[2]
    lines = [line.strip() for line in text.splitlines()]
    said = next((line for line in lines if line and not line.startswith(_FRAMES)), type(error).__name__)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _text(error: BaseException) -> str:
    """Return the message of an exception; none if its class cannot make one."""
    try:
        repeated = isinstance(error, KeyError) and error.args and str(error.args[0]).startswith(_FRAMES)
        return str(error.args[0] if repeated else error)  # otherwise the key is quoted, lines and all
    except BaseException as failure:
        if ends_program(failure):
            raise
        return ""


def cause(error: BaseException, folder: Path) -> str:
    """Return an error in a section's code as one sentence, with the line if it is in a file below the folder."""
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
    """Base class; ``exit_code`` is the exit code of the command line."""

    exit_code = 3


class ArgumentError(ReportgenError, TypeError, ValueError):
    """An argument has the wrong type or value."""

    exit_code = 2


class ResultsError(ReportgenError):
    """A results file could not be read."""

    exit_code = 2


class InputError(ReportgenError):
    """A model, data set or history that the spec names cannot be used.

    Parameters
    ----------
    location
        Its key in the spec, e.g. ``("models", "cnn", "path")``.
    file
        The file name as in the spec.
    message
        One sentence.
    others
        What is wrong beside it.
    """

    def __init__(
        self, location: tuple[str | int, ...], file: str, message: str, others: tuple[InputError, ...] = ()
    ) -> None:
        super().__init__(location, file, message, others)
        self.location = location
        self.file = file
        self.message = message
        self.others = others

    @classmethod
    def of(cls, errors: Iterable[InputError]) -> Self:
        """Return one error for several, at least one, in order; what several say is said once."""
        first, *others = {str(one): one for error in errors for one in error.every}.values()
        return cls(first.location, first.file, first.message, tuple(others))

    @property
    def every(self) -> tuple[InputError, ...]:
        """It, without the others, and the others."""
        return (InputError(self.location, self.file, self.message), *self.others)

    def __str__(self) -> str:
        """Return the key in the spec, the file and the message, and a line for each of the others."""
        key = ".".join(str(part) for part in self.location)
        own = f"{key}: {self.file}: {self.message}" if self.file else f"{key}: {self.message}"
        return "\n".join([own, *map(str, self.others)])


class Mistakes:
    """What is wrong with inputs that are looked at one after the other, so that all of it is told at once."""

    def __init__(self) -> None:
        self._found: list[InputError] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note an :class:`InputError` in place of raising it."""
        try:
            yield
        except InputError as error:
            self._found.append(error)

    def require_none(self) -> None:
        """Raise what was noted, if anything was, as one error."""
        if self._found:
            raise InputError.of(self._found)


class SectionError(ReportgenError):
    """A section's analyzer, rule or visualizer failed; names the section."""


class RenderError(ReportgenError):
    """A renderer failed; the other outputs are still written."""


class SendError(ReportgenError):
    """A mail was not sent, or not to everybody; names the server."""


class Interrupted(BaseException):
    """A signal ends the program.

    Parameters
    ----------
    number
        The signal; the exit code is 128 more.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number

    def __str__(self) -> str:
        """Return what the program says last."""
        number = self.exit_code - 128
        return "interrupted" if number == signal.SIGINT else f"interrupted by {signal.Signals(number).name}"


def interrupt(number: int, _frame: FrameType | None = None) -> NoReturn:
    """Handle a signal: end the program once, because a further one must not disturb the cleaning up."""
    for one in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(one, signal.SIG_IGN)
    raise Interrupted(number)


def lacks_memory(error: BaseException) -> bool:
    """Return whether an exception means that memory is missing, as loaders of libraries say it too."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return isinstance(error, ImportError) and "failed to map segment" in _text(error)


def ends_program(error: BaseException) -> bool:
    """Return whether an exception ends the program, instead of being the failure of the code that raised it.

    Where signals raise :class:`Interrupted`, or are ignored as in the worker, a ``KeyboardInterrupt`` was raised by the code; in
    a program that uses the Python interface, the user raises it.
    """
    ours = signal.getsignal(signal.SIGINT) in (interrupt, signal.SIG_IGN)
    return isinstance(error, Interrupted) or (isinstance(error, KeyboardInterrupt) and not ours)


@contextmanager
def temporary_files() -> Iterator[None]:
    """Turn what the file system says of temporary files into one sentence.

    Raises
    ------
    ReportgenError
        There is no temporary folder, it is full, or it cannot be written.
    """
    try:
        yield
    except OSError as error:
        message = f"temporary files cannot be written ({error.strerror}); the variable TMPDIR names their folder"
        raise ReportgenError(message) from error
