"""Runs the code of sections, and validates what it returns: whatever it raises is its own failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from reportgen.errors import ReportgenError, SectionError, cause, ends_program

if TYPE_CHECKING:
    from pathlib import Path

GivenT = TypeVar("GivenT")
Note = Callable[[str], None]


class ForeignError(ReportgenError):
    """The code of a section failed; the message is its exception as one sentence, with the line."""


class _Running:
    """Whose code is running, and who wants to know."""

    part = ""
    others = False
    note: Note = staticmethod(lambda _part: None)

    @classmethod
    def start(cls, part: str) -> None:
        cls.part = part
        cls.note(part)


def watch(note: Note) -> None:
    """Call a function with the name of a part whenever its code starts to run, and with an empty text when none runs."""
    _Running.note = staticmethod(note)


def admit() -> None:
    """Note that code which is not the program's is about to be imported."""
    _Running.others = True


def has_admitted() -> bool:
    """Return whether any was: it may have left something that is only written when the interpreter ends."""
    return _Running.others


@contextmanager
def foreign(part: str, folder: Path, *, passes: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Run code that is not the program's.

    Parameters
    ----------
    part
        Whose code it is, as ``section 'calibration'``.
    folder
        The folder of the code, for the line in the message.
    passes
        Exceptions that are an answer of the code, not a failure.

    Raises
    ------
    ForeignError
        Whatever else the code raised, ``SystemExit`` and the like included.
    """
    before = _Running.part
    _Running.start(part)
    try:
        yield
    except BaseException as error:
        if ends_program(error) or isinstance(error, passes):
            raise
        raise ForeignError(cause(error, folder)) from error
    finally:
        _Running.start(before)


@contextmanager
def section_code(name: str, folder: Path, *, passes: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Run code of a section as :func:`foreign` does; a SectionError names the section that failed."""
    try:
        with foreign(f"section {name}", folder, passes=passes):
            yield
    except ForeignError as error:
        raise SectionError(f"section {name}: {error}") from error


def require_instances(found: Any, kind: type[GivenT], who: str) -> tuple[GivenT, ...]:
    """Return what a section's function yields; SectionError if the types are wrong."""
    if not isinstance(found, Iterable):
        raise SectionError(f"{who} returns {type(found).__name__} instead of several {kind.__name__} objects")
    items = tuple(found)
    wrong = sorted({type(one).__name__ for one in items if not isinstance(one, kind)})
    if wrong:
        raise SectionError(f"{who} returns {', '.join(wrong)} instead of {kind.__name__}")
    return items
