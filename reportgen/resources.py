"""Package resources: the version, and the location of templates, fonts, example specs and modules."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent


def share(name: str) -> Path:
    """Return the folder ``templates`` or ``specs``: in a wheel inside the package, in a checkout at the top level."""
    packed = _PACKAGE / "_share" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def module_path() -> str:
    """Return the ``PYTHONPATH`` for child processes: the folders from which this one imports modules.

    It excludes the working directory, where any file could have the name of a module, unless ``PYTHONPATH`` contains its
    absolute path or the program is located there.
    """
    here = os.path.realpath(Path.cwd())
    named = {os.path.realpath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if _absolute(path)}
    kept = [path for path in sys.path if _absolute(path) and (os.path.realpath(path) != here or here in named)]
    own = str(_PACKAGE.parent)
    return os.pathsep.join(kept if own in map(os.path.realpath, kept) else (own, *kept))


def _absolute(path: str) -> bool:
    return Path(path).is_absolute()
