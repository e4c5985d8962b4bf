"""The store: what a run computed, kept under the user's cache folder by the digest of all that it was made from.

An entry is a folder with its files and a list of their digests. It is written beside its place and renamed, so that it is
whole or not there; what does not agree with its list is removed and made again. Entries are npz, JSON and SVG files, never pickle.
Nothing here raises an error because the store cannot be read or written: then everything is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from reportgen.errors import ArgumentError, ReportgenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = "REPORTGEN_CACHE"
"""Variable of the environment that names another folder."""
LIMIT = "REPORTGEN_CACHE_SIZE"
"""Variable with the largest size of the store in bytes."""
OFF = "REPORTGEN_NO_CACHE"
"""Variable that, if it is not empty, turns the store off."""
_DEFAULT_LIMIT = 5 * 10**9
_MOST_DIGITS = 18
_LIST = "entry.json"
_LARGEST_LIST = 2**16
_NEW, _OLD = ".reportgen-new-", ".reportgen-old-"
"""Beginning of the names of folders that are being written or removed."""
_KEY = re.compile(r"[0-9a-f]{64}")
_STALE = 3600.0
"""Age in seconds from which on such a folder belongs to a process that was killed."""
_FORBIDDEN = stat.S_IWGRP | stat.S_IWOTH

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Entry:
    """An entry: what it is, its size in bytes, and when it was last used, in seconds since 1970."""

    kind: str
    path: Path
    size: int
    used: float


class Store:
    """Entries by kind and key.

    Parameters
    ----------
    folder
        Created when something is first kept in it. One that belongs to another user, or that others can write to, is not used.
    limit
        Bytes; :meth:`trim` removes the least recently used entries beyond it.
    """

    def __init__(self, folder: Path, limit: int = _DEFAULT_LIMIT) -> None:
        self.folder, self.limit = folder, limit
        self.trouble: str | None = None
        """Why something could not be kept or found; None if there was no trouble."""
        self.found: Counter[str] = Counter()
        """Number of entries by kind that were there."""
        self.missed: Counter[str] = Counter()
        """Number of those that were not."""
        self.seconds: dict[str, float] = {}
        """How long this process read, wrote and trimmed it."""
        self._made: set[Path] = set()

    @classmethod
    def of_user(cls) -> Store | None:
        """Return the store of this user: in ``REPORTGEN_CACHE``, otherwise where the system keeps caches; None if it is turned off.

        Raises
        ------
        ArgumentError
            ``REPORTGEN_CACHE_SIZE`` is no number.
        """
        if os.environ.get(OFF):
            return None
        named = os.environ.get(FOLDER)
        if named:
            folder = Path(named).absolute()
        else:
            from platformdirs import user_cache_path

            folder = user_cache_path("reportgen", appauthor=False)
        limit = os.environ.get(LIMIT) or str(_DEFAULT_LIMIT)
        if not (limit.isascii() and limit.isdigit() and len(limit) <= _MOST_DIGITS):
            raise ArgumentError(f"{LIMIT}: must be a whole number of bytes (found {limit[:_MOST_DIGITS]!r})")
        return cls(folder, int(limit))

    def fetch(self, kind: str, key: str, read: Callable[[Path], _Value]) -> _Value | None:
        """Return what ``read`` makes of the folder of an entry, and count it; None if there is none that is whole.

        An entry that differs from its list, or that ``read`` cannot read, is removed.
        """
        value = self.look(kind, key, read)
        (self.missed if value is None else self.found)[kind] += 1
        return value

    def look(self, kind: str, key: str, read: Callable[[Path], _Value]) -> _Value | None:
        """Return the same as :meth:`fetch` without counting: of what this run made itself."""
        path = self.place(kind, key)
        if not self._usable() or not path.is_dir():
            return None
        try:
            with self._timed("read"):
                _require_whole(path)
                value = read(path)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, ReportgenError) as error:
            self.trouble = f"{path}: made again, because it is damaged ({type(error).__name__})"
            self._remove(path)
            return None
        with suppress(OSError):
            os.utime(path)
        return value

    def keep(self, kind: str, key: str, write: Callable[[Path], None]) -> None:
        """Add an entry whose files ``write`` puts into an empty folder; one that is there stays."""
        path = self.place(kind, key)
        if not self._usable(create=True) or path.exists():
            return
        made = None
        try:
            with self._timed("written"):
                made = Path(tempfile.mkdtemp(prefix=_NEW, dir=self.folder))
                write(made)
                listed = {file.name: _identity(file) for file in sorted(made.iterdir())}
                (made / _LIST).write_text(json.dumps(listed), "utf-8")
                path.parent.mkdir(exist_ok=True)
                made.rename(path)
            self._made.add(path)
        except OSError as error:
            if not path.is_dir():  # otherwise another process was faster
                self.trouble = f"{path}: cannot be kept ({error.strerror})"
        finally:
            if made is not None:
                shutil.rmtree(made, ignore_errors=True)

    def forget(self, kind: str, key: str) -> None:
        """Remove an entry."""
        self._remove(self.place(kind, key))

    def entries(self) -> list[Entry]:
        """Return all entries, the least recently used first."""
        return sorted(self._entries(), key=lambda entry: (entry.used, entry.path.name))

    def trim(self) -> None:
        """Remove the least recently used entries beyond the limit, and what killed processes left."""
        with self._timed("trimmed"):
            self._trim()

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[what] = self.seconds.get(what, 0.0) + perf_counter() - start

    def _trim(self) -> None:
        self._sweep(_STALE)
        entries = self.entries()
        size = sum(entry.size for entry in entries)
        for entry in entries:
            if size <= self.limit:
                return
            if entry.path in self._made:
                self.trouble = (
                    f"{self.folder}: has no room for all that this run made ({LIMIT} is {self.limit:,} bytes)"
                )
            self._remove(entry.path)
            size -= entry.size

    def clean(self, older_than: float = 0.0) -> list[Entry]:
        """Remove the entries that were not used for a time, in seconds, and return them."""
        self._sweep(older_than)
        last = time.time() - older_than
        unused = [entry for entry in self.entries() if entry.used <= last]
        for entry in unused:
            self._remove(entry.path)
        return [entry for entry in unused if not entry.path.exists()]

    def place(self, kind: str, key: str) -> Path:
        """Return the folder of an entry, whether there is one or not."""
        return self.folder / kind / key

    # -------------------------------------------------------------------------------------------- the folder

    def _usable(self, *, create: bool = False) -> bool:
        """Tell whether the folder is this user's own."""
        try:
            if create:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self.folder.stat()
        except OSError as error:
            if create:
                self.trouble = f"{self.folder}: cannot be written ({error.strerror})"
            return False
        own = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & _FORBIDDEN)
        if not own:
            self.trouble = f"{self.folder}: is not used, because other users can write to it"
        return own

    def _entries(self) -> Iterator[Entry]:
        if not self._usable():
            return
        kinds = [path for path in _inside(self.folder) if not path.name.startswith((_NEW, _OLD))]
        for path in (path for kind in kinds for path in _inside(kind)):
            with suppress(OSError):
                if not (_KEY.fullmatch(path.name) and (path / _LIST).is_file()):
                    continue  # of the user, who may name any folder
                size = sum(file.lstat().st_size for file in path.iterdir())
                yield Entry(path.parent.name, path, size, path.stat().st_mtime)

    def _remove(self, path: Path) -> None:
        """Remove an entry: first its name, so that nobody finds a part of it."""
        with suppress(OSError):
            gone = Path(tempfile.mkdtemp(prefix=_OLD, dir=self.folder))
            with suppress(OSError):
                path.rename(gone / path.name)
            shutil.rmtree(gone, ignore_errors=True)

    def _sweep(self, age: float) -> None:
        if not self._usable():
            return
        for path in _inside(self.folder):
            with suppress(OSError):
                if path.name.startswith((_NEW, _OLD)) and time.time() - path.stat().st_mtime >= age:
                    shutil.rmtree(path, ignore_errors=True)


def key(content: Any) -> str:
    """Return the key of an entry: the SHA-256 of what it is made from, as canonical JSON.

    >>> key({"b": 1, "a": [2]}) == key({"a": (2,), "b": 1})
    True
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _inside(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing if another process removed it."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _require_whole(path: Path) -> None:
    """Raise a ValueError unless a folder holds exactly the files of its list, unchanged."""
    listed = path / _LIST
    if not stat.S_ISREG(listed.lstat().st_mode) or listed.stat().st_size > _LARGEST_LIST:
        raise ValueError(_LIST)
    expected = json.loads(listed.read_text("utf-8"))
    found = {file.name: file for file in path.iterdir() if file.name != _LIST}
    if found.keys() != expected.keys():
        raise ValueError(_LIST)
    for name, file in found.items():
        size, digest = expected[name]
        if not stat.S_ISREG(file.lstat().st_mode) or file.stat().st_size != size or _identity(file) != [size, digest]:
            raise ValueError(name)


def _identity(file: Path) -> list[Any]:
    with file.open("rb") as content:
        return [file.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest()]
