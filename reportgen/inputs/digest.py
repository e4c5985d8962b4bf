"""SHA-256 digests of the input files and of the code that runs."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.inputs.folders import FolderError, files_below
from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_CODE = (".py", ".j2", ".css")
_BLOCK = 512
"""Bytes of a block, whatever the file system has (POSIX)."""
_HOLLOW = 100
_PACKAGE = Path(__file__).resolve().parents[1]


def sha256(path: Path) -> str:
    """Return the hex SHA-256 digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_hollow(path: Path) -> bool:
    """Tell whether a file is a hundred times as large as what the disk holds of it: next to nothing was ever written to it."""
    found = path.stat()
    return getattr(found, "st_blocks", found.st_size) * _BLOCK * _HOLLOW < found.st_size


def digest_and_size(path: Path) -> tuple[str, int] | tuple[None, None]:
    """Return the digest and the size in bytes of a file or folder; None for both if it cannot be read."""
    try:
        return of_path(path), size_of(path)
    except (OSError, FolderError):
        return None, None


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    return sum((path / name).stat().st_size for name in files_below(path)) if path.is_dir() else path.stat().st_size


def of_files(files: Iterable[tuple[str, Path]]) -> str:
    """Return one digest over several files: that of the lines ``<sha256>  <name>``, sorted by name.

    It equals the ``sha256sum`` of the output of ``sha256sum`` for these files in this order.
    """
    lines = [f"{sha256(path)}  {name}\n" for name, path in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def of_folder(folder: Path) -> str:
    """Return one digest over all files below a folder, by their relative paths."""
    return of_files((name, folder / name) for name in files_below(folder))


def of_path(path: Path) -> str:
    """Return the digest of a file's bytes, or over all files of a folder."""
    return of_folder(path) if path.is_dir() else sha256(path)


def of_module(name: str) -> tuple[str, str] | None:
    """Return the outermost package of an imported module, and the digest of the code in it.

    Namespace packages are skipped, because several distributions share them. None if there is no file, as for a module that
    is built into Python.
    """
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        outer = ".".join(parts[:length])
        module = sys.modules.get(outer)
        file = Path(getattr(module, "__file__", None) or "")
        if file.is_file():
            inside = file.parent if hasattr(module, "__path__") else None
            return outer, of_files(_code(inside)) if inside else sha256(file)
    return None


@cache
def of_program() -> str:
    """Return the digest of reportgen's own code, templates, styles and catalogs; computed once in a process."""
    own = [(f"reportgen/{name}", path) for name, path in _code(_PACKAGE) if not name.startswith("_share/")]
    return of_files(
        [*own, *((f"templates/{name}", path) for name, path in _code(share("templates"), (*_CODE, ".toml")))]
    )


def _code(folder: Path, suffixes: Collection[str] = _CODE) -> Iterator[tuple[str, Path]]:
    """Yield the files of code and templates below a folder, by their relative paths."""
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names if name.endswith(tuple(suffixes))):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path
