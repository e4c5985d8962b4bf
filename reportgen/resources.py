"""What ships with the code: its version, and where templates, fonts and example specs are."""

from __future__ import annotations

from pathlib import Path

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent


def share(name: str) -> Path:
    """Return the folder ``templates`` or ``specs``: inside the package in a wheel, at the top of a checkout."""
    packed = _PACKAGE / "_share" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name
