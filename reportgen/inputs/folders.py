"""Folders as inputs: the regular files below them, none of which leads out."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class FolderError(ValueError):
    """A folder holds what is not read; the message names it, relative to the folder."""


def files_below(folder: Path) -> tuple[str, ...]:
    """Return the relative paths of all files below a folder, sorted; names that start with a dot are left out.

    Raises
    ------
    FolderError
        A name is not UTF-8, a link leads out of the folder or to another folder, or a file is not a regular one.
    OSError
        A folder cannot be read.
    """
    root = folder.resolve()
    found = []
    for place, folders, names in os.walk(root, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = [name for name in names if not name.startswith(".")]
        for name in (*folders, *files):
            _require_text(name)
        for name in folders:
            if (Path(place) / name).is_symlink():
                raise FolderError(f"{_relative(place, name, root)} is a link to a folder, which is not followed")
        for name in files:
            _require_regular(Path(place) / name, root)
            found.append(_relative(place, name, root))
    return tuple(sorted(found))


def _require_text(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode("utf-8", "replace")
        raise FolderError(f"the name {shown!r} is not UTF-8") from None


def _raise(error: OSError) -> None:
    raise error


def _relative(place: str, name: str, root: Path) -> str:
    return (Path(place) / name).relative_to(root).as_posix()


def _require_regular(path: Path, root: Path) -> None:
    name = path.relative_to(root).as_posix()
    if not path.resolve().is_relative_to(root):
        raise FolderError(f"{name} is a link that leaves the folder, which is not followed")
    if not stat.S_ISREG(path.stat().st_mode):
        raise FolderError(f"{name} is not a regular file")
