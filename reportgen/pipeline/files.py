"""The files of a report on the disk: put in place all at once, nothing of others replaced, nothing outside their folder.

Every file that the program writes carries its mark. What has none, or is an input of the run, is never replaced.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
import zlib
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from reportgen.contract.formats import ANSWERS, ANSWERS_MARK, BOM_MARK, FILES, MAIL_MARK, PAGE_MARK
from reportgen.errors import ArgumentError, InputError
from reportgen.resources import missing_folders, remove_empty
from reportgen.spec.files import MISSING, FileError, read_bytes, unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_STAGING = ".reportgen-"
"""Beginning of the name of the folder in which files are prepared; the number of the process follows."""
_OF_PROCESS = re.compile(re.escape(_STAGING) + "([0-9]{1,9})-")
_STALE = 3600.0
"""Age in seconds from which on the folder of a process that is gone is removed: on a shared disk it may run elsewhere."""
_MARKS = {
    ".eml": (MAIL_MARK.encode(),),
    ".html": (PAGE_MARK.encode(),),
    ".json": (b'\n "reportgen": "', f'"name": "{BOM_MARK}"'.encode()),
    ".md": (PAGE_MARK.encode(),),
    ".parquet": (ANSWERS_MARK.encode(),),
    ".pdf": (b"/Creator (reportgen",),
    ".png": (b"Software\x00reportgen",),
    ".xml": (PAGE_MARK.encode(),),
    ".svg": (b"<dc:title>reportgen</dc:title>",),
}
"""Marks by suffix; a file has one of them."""
_PART = 2**20
_MOST_PARTS = 256
_OVERLAP = 64
"""Bytes of a part of a stream of a PDF in which the mark is looked for, the number of parts, and what a part repeats of the one before."""
_MOST_MEGABYTES = 2048
"""No file of the program is larger: a results file could not be read again."""
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


@dataclass(frozen=True)
class Written:
    """The files that were written, and a sentence for each of those that were not."""

    files: tuple[Path, ...]
    failures: tuple[str, ...]


def safe_name(text: str) -> str:
    """Return a text as a part of a file's name: at most 80 ASCII letters, digits, dashes, dots and underscores, no leading dot.

    >>> safe_name("dots-/../../ä x"), safe_name("..")
    ('dots-..-..-x', '_')
    """
    return re.sub("[^A-Za-z0-9._]+", "-", text).strip(".-")[:80] or "_"


def named(names: Iterable[str]) -> Iterator[str]:
    """Yield a safe name for each of some names, no two alike on any file system.

    >>> list(named(["a/b", "A b", "c"]))
    ['a-b', 'A-b-2', 'c']
    """
    taken: set[str] = set()
    for name in names:
        made, count = safe_name(name), 1
        while made.lower() in taken:
            count += 1
            made = f"{safe_name(name)}-{count}"
        taken.add(made.lower())
        yield made


def require_writable(output: Path, names: Iterable[str], inputs: Iterable[Path] = ()) -> None:
    """Raise an error where files of these names cannot be written, before anything is computed; leave nothing behind.

    Raises
    ------
    InputError
        The folder cannot be written, or a file is an input or not the program's own.
    """
    with _told(output):
        missing = missing_folders(output)
        try:
            output.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(tempfile.mkdtemp(prefix=_STAGING, dir=output))
            _refuse_foreign(output, names, inputs)
        finally:
            remove_empty(missing)


def require_appendable(target: Path, inputs: Iterable[Path], output: Path, names: Iterable[str]) -> None:
    """Raise an error where a text must not, or cannot, be added to a file, before anything is computed; pipes are left alone.

    Raises
    ------
    ArgumentError
        It cannot be written, is an input of the run, or one of the files that are put into the output folder.
    """
    own = [output / name for name in names]
    reason = unusable(target)
    there = [path for path in (*inputs, *own) if path.exists()] if reason is None else []
    if target.absolute() in {path.absolute() for path in own} or any(target.samefile(path) for path in there):
        raise ArgumentError(f"--summary: {target}: is an input or a file of the report: choose another")
    if reason is not None and os.path.exists(target):  # noqa: PTH110 a name that is too long is none
        return
    try:
        appending(target).close()
        if reason == MISSING:
            target.unlink()
    except (OSError, ValueError) as error:
        raise ArgumentError(f"--summary: {target}: cannot be written ({_reason(error)})") from error


def appending(target: Path) -> BinaryIO:
    """Open a file to add to its end; OSError if it is a pipe that nobody reads, which would wait for a reader forever."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    file = os.open(target, flags, 0o666)
    os.set_blocking(file, True)
    return os.fdopen(file, "ab")


def write(
    files: Mapping[str, bytes | memoryview], output: Path, outdated: Iterable[str] = (), inputs: Iterable[Path] = ()
) -> Written:
    """Write files into a folder, and remove outdated ones of the program.

    They are prepared beside, the results first, and then put in place: all of them or none. One for which there is no room,
    as on a full disk, is left out alone; without room for the results, or for any, nothing is written.

    Parameters
    ----------
    files
        Their contents by their names, which may begin with the name of a folder.
    output
        Created if it does not exist.
    outdated
        Names of files that are of an earlier run if this one does not write them.
    inputs
        Files that are never replaced.

    Raises
    ------
    InputError
        Nothing can be written, or a file of that name is an input or not the program's own.
    """
    with _told(output), ExitStack() as undo:
        undo.callback(remove_empty, missing_folders(output))
        output.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(output, files, inputs)
        _sweep(output)
        staging = Path(tempfile.mkdtemp(prefix=f"{_STAGING}{os.getpid()}-", dir=output))
        try:
            prepared, missing = _prepare(files, staging / "new")
            _swap(prepared, [name for name in {*outdated} - {*prepared} if _is_own(output / name)], output, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        undo.pop_all()
    order = [*FILES.values(), ANSWERS, *files]
    failures = (f"{name} was not written: {_reason(error)}" for name, error in missing.items())
    return Written(tuple(output / name for name in sorted(prepared, key=order.index)), tuple(failures))


def _prepare(files: Mapping[str, bytes | memoryview], folder: Path) -> tuple[list[str], dict[str, OSError]]:
    """Write files into a folder of their own; return the names of those that are there, and why others are not."""
    prepared: list[str] = []
    missing: dict[str, OSError] = {}
    for name in sorted(files, key=lambda name: name != FILES["json"]):
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            if name == FILES["json"]:
                raise
            missing[name] = error
        else:
            prepared.append(name)
    if missing and not prepared:
        raise next(iter(missing.values()))
    return prepared, missing


def _swap(files: Iterable[str], outdated: Iterable[str], output: Path, staging: Path) -> None:
    """Put the new files in the place of the old ones; on an error put everything back."""
    undo: list[tuple[Path, Path]] = []
    done = False

    def move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        undo.append((target, source))

    try:
        for name in (*files, *outdated):
            if (output / name).exists():
                move(output / name, staging / "old" / name)
        for name in files:
            move(staging / "new" / name, output / name)
        done = True
    finally:
        for target, source in () if done else reversed(undo):
            with suppress(OSError):
                target.replace(source)


def _refuse_foreign(output: Path, names: Iterable[str], inputs: Iterable[Path]) -> None:
    """Raise an error where a file of one of these names must not be replaced, or would be outside the folder."""
    there = [path for path in inputs if path.exists()]
    for name in names:
        path = output / name
        parts = PurePosixPath(name).parts
        if len(parts) > 1 and (".." in parts or PurePosixPath(name).is_absolute() or path.parent.is_symlink()):
            raise InputError(("output",), str(path), "is outside the output folder")
        if not path.exists() and not path.is_symlink():
            continue
        if any(path.samefile(one) for one in there if path.exists()):
            raise InputError(("output",), str(path), "is an input and would be replaced: choose another output folder")
        if not _is_own(path):
            message = "was not written by reportgen and would be replaced: rename it, or choose another output folder"
            raise InputError(("output",), str(path), message)


def _is_own(path: Path) -> bool:
    """Tell whether a file carries the program's mark."""
    marks = _MARKS.get(path.suffix, ())
    if not marks:
        return False
    try:
        content = read_bytes(path, _MOST_MEGABYTES)
    except FileError:
        return False
    places: Iterable[bytes] = (content,)
    match path.suffix:
        case ".pdf":
            places = (content, *_unpacked(content))
        case ".eml":
            places = (content.partition(b"\r\n\r\n")[0],)  # the headers: a mail may quote another one
    return any(mark in place for place in places for mark in marks)


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Yield the compressed streams of a PDF in parts: that of a long report's objects has several megabytes, with the mark at its end."""
    for found in _STREAM.finditer(content):
        stream, packed, before = zlib.decompressobj(), found[1], b""
        with suppress(zlib.error):
            for _ in range(_MOST_PARTS):
                part = stream.decompress(packed, _PART)
                yield before + part
                before, packed = part[-_OVERLAP:], stream.unconsumed_tail
                if not packed:
                    break


def _sweep(output: Path) -> None:
    """Remove what a killed run left behind."""
    for path in output.glob(f"{_STAGING}*"):
        process = _OF_PROCESS.match(path.name)
        if process is None:
            continue
        with suppress(OSError):
            if not _is_running(int(process[1])) and time.time() - path.stat().st_mtime > _STALE:
                shutil.rmtree(path)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _told(output: Path) -> Iterator[None]:
    """Turn what the file system says into one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        file = str(getattr(error, "filename2", None) or getattr(error, "filename", None) or output)
        raise InputError(("output",), file, f"cannot be written ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
