"""Finds files below a folder by what is in them: their SHA-256 digest, never their path."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from reportgen.inputs.digest import of_folder, sha256
from reportgen.inputs.folders import FolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def find(wanted: Iterable[tuple[str, str]], folder: Path) -> dict[str, Path]:
    """Return the files and folders that have a digest.

    Parameters
    ----------
    wanted
        (name, SHA-256 digest); the name of a folder ends with a slash. Files of the same name are looked at first, because
        reading the others takes longer; the name decides nothing else.
    folder
        Nothing outside of it is opened: links are followed where they stay in it. Names that start with a dot are left out.

    Returns
    -------
    dict
        Absolute paths by digest; a digest that nothing has is missing.
    """
    files, folders = _below(folder.resolve())
    asked = [*wanted]
    kinds = (
        ([one for one in asked if not one[0].endswith("/")], files, sha256),
        ([one for one in asked if one[0].endswith("/")], folders, of_folder),
    )
    return {digest: path for one in kinds for digest, path in _with_digests(*one)}


def _with_digests(
    wanted: list[tuple[str, str]], places: list[Path], digest_of: Callable[[Path], str]
) -> Iterator[tuple[str, Path]]:
    """Yield the places that have a wanted digest, each digest once; none is read after the last was found."""
    names = {PurePosixPath(name).name for name, _ in wanted}
    open_ = {digest for _, digest in wanted}
    for path in sorted(places, key=lambda path: (path.name not in names, path)):
        if not open_:
            return
        try:
            found = digest_of(path)
        except (OSError, FolderError):  # what cannot be read is not what is looked for
            continue
        if found in open_:
            open_.remove(found)
            yield found, path


def _below(root: Path) -> tuple[list[Path], list[Path]]:
    """Return the regular files, and the folders, below a folder, which is one of them."""
    files, folders = [], []
    for place, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        folders.append(Path(place))
        files += [path for name in names if not name.startswith(".") and _is_inside(path := Path(place, name), root)]
    return files, folders


def _is_inside(path: Path, root: Path) -> bool:
    """Tell whether a path is that of a regular file below a folder, links followed; a pipe could be read forever."""
    try:
        return path.resolve().is_relative_to(root) and stat.S_ISREG(path.stat().st_mode)
    except (OSError, RuntimeError):
        return False
