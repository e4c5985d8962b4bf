"""SHA-256 of the files that a report rests on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sha256(path: Path) -> str:
    """Return the hex SHA-256 digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_and_size(path: Path) -> tuple[str, int] | tuple[None, None]:
    """Return the digest and the size in bytes of a file; None for both where it cannot be read."""
    try:
        return sha256(path), path.stat().st_size
    except OSError:
        return None, None
