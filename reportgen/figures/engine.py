"""Imports matplotlib with its defaults, whatever the surroundings configure."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import chdir
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def start() -> None:
    """Import what draws.

    On import, matplotlib reads the first ``matplotlibrc`` that it finds, the working folder's before all others, and a broken
    one stops it. In the folder of its own data it finds its defaults.
    """
    found = find_spec("matplotlib")
    if "matplotlib" in sys.modules or found is None or found.origin is None:
        return
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)  # a folder for its cache that it cannot use is replaced
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        with chdir(Path(found.origin).parent / "mpl-data"):
            import matplotlib.backends.backend_svg
            import matplotlib.figure  # noqa: F401
    finally:
        log.setLevel(level)
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
