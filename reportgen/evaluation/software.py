"""The program and the libraries that numbers rest on, as one machine has them."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from reportgen.inputs import digest
from reportgen.resources import __version__

_LIBRARIES = (
    "keras",
    "tensorflow",
    "numpy",
    "scipy",
    "scikit-learn",
    "h5py",
    "pyarrow",
    "pandas",
    "pillow",
    "matplotlib",
    "pydantic",
)


@cache
def software() -> dict[str, str]:
    """Return the versions of reportgen, Python and the libraries, by name, and the digest of the program's code; empty for what is not installed."""
    found = {
        "reportgen": __version__,
        "the code of reportgen": digest.of_program(),
        "Python": platform.python_version(),
    }
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def difference(theirs: dict[str, str]) -> str | None:
    """Return in which way this machine's software differs from another's, as part of a sentence; None if it does not."""
    for name, wanted in theirs.items():
        found = software().get(name, "")
        if found != wanted:
            return f"{name}: {_shown(found)} instead of {_shown(wanted)}"
    return None


def _shown(text: str) -> str:
    """Return a version, or the beginning of a digest."""
    return text[:12] or "none"
