"""What ships with the code: its version, and where templates, fonts, example specs and modules are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent


def share(name: str) -> Path:
    """Return the folder ``templates`` or ``specs``: inside the package in a wheel, at the top of a checkout."""
    packed = _PACKAGE / "_share" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def module_path() -> str:
    """Return the ``PYTHONPATH`` of the program's own processes: the folders in which this one finds modules.

    Without the working folder, where any file may be named like a module, unless ``PYTHONPATH`` itself names it by its
    absolute path or the program is there.
    """
    here = os.path.realpath(Path.cwd())
    named = {os.path.realpath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if _absolute(path)}
    kept = [path for path in sys.path if _absolute(path) and (os.path.realpath(path) != here or here in named)]
    own = str(_PACKAGE.parent)
    return os.pathsep.join(kept if own in map(os.path.realpath, kept) else (own, *kept))


def _absolute(path: str) -> bool:
    return Path(path).is_absolute()
