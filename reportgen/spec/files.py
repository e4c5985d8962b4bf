"""Opens files that a user names: regular files only, and only up to a size."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 2**20
MISSING = "no such file"
"""Why a path is unusable that nothing is at."""


class FileError(Exception):
    """A file cannot be read; the message says why, without its name."""


def unusable(path: Path) -> str | None:
    """Return why a path is not that of a regular file; None if it is.

    A pipe or a device could be read forever.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except ValueError:  # NUL, or a character that the file system cannot encode
        return "is not a valid file name"
    if stat.S_ISDIR(mode):
        return "is a folder, not a file"
    return None if stat.S_ISREG(mode) else "is not a regular file"


def is_folder(path: Path) -> bool:
    """Return whether a path is that of a folder; a name that no file can have is none."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def read_bytes(path: Path, megabytes: float, key: str = "") -> bytes:
    """Return the content of a regular file of a limited size; ``key`` is that of the limit in the spec, if it is there.

    Raises
    ------
    FileError
        It is missing, not a regular file, larger, or cannot be read.
    """
    reason = unusable(path)
    if reason is not None:
        raise FileError(reason)
    most = int(megabytes * MEGABYTE)
    too_large = FileError(f"is larger than {megabytes:g} MB{f' ({key})' if key else ''}")
    try:
        if path.stat().st_size > most:
            raise too_large
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})") from error
    if len(content) > most:  # as in /proc, where files have no size
        raise too_large
    return content
