"""Code that a spec names, and the libraries that load models: imports it, runs it, and says in one sentence what it raised."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from reportgen.errors import InputError, ReportgenError, ends_program, lacks_memory, summary
from reportgen.inputs.digest import of_module, sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from reportgen.spec.problems import Location

_LIBRARIES = ("keras", "tensorflow")
_NOT_NEEDED = ("matplotlib", "sklearn")
"""What Keras loads where it is installed, for its galleries and its wrappers: a quarter of the time that loading Keras takes."""


class LibraryError(ReportgenError):
    """Keras or TensorFlow cannot be loaded; the message says what to type."""


def versions() -> dict[str, str]:
    """Return the versions of Keras and TensorFlow, without loading them.

    Raises
    ------
    LibraryError
        One of them is not installed.
    """
    found = {}
    for package in _LIBRARIES:
        try:
            found[package] = version(package)
        except PackageNotFoundError as error:
            raise LibraryError(f"{package} is not installed; to install it, type `pip install {package}`") from error
    return found


def load_less() -> None:
    """Have the next :func:`load_libraries` in this process, which must be the program's own, load Keras without what it does not need."""
    for package in _NOT_NEEDED:
        sys.modules.setdefault(package, None)  # type: ignore[arg-type] # to Python, it cannot be imported


def load_libraries() -> None:
    """Load Keras and TensorFlow; LibraryError if one of them is missing or damaged."""
    for package in reversed(_LIBRARIES):
        try:
            importlib.import_module(package)
        except Exception as error:
            if lacks_memory(error):
                raise LibraryError(f"there is not enough memory to load {package}") from error
            reason = f"{package} cannot be loaded ({type(error).__name__}: {summary(error)})"
            raise LibraryError(f"{reason}; to install it, type `pip install --force-reinstall {package}`") from error
    for package in _NOT_NEEDED:
        if sys.modules.get(package, package) is None:
            del sys.modules[package]


@contextmanager
def model_code(location: Location, file: str, what: str) -> Iterator[None]:
    """Run code of a model or of data, custom objects, Keras or TensorFlow.

    Raises
    ------
    InputError
        Whatever they raised, ``SystemExit`` and the like included: ``what``, and the line that says why.
    """
    try:
        yield
    except ReportgenError:
        raise
    except BaseException as error:
        if ends_program(error):
            raise
        said = summary(error)
        advice = _CHANNELS_LAST if _CHANNELS_FIRST in said else ""
        raise InputError(location, file, f"{what} ({type(error).__name__}: {said}){advice}") from error


_CHANNELS_FIRST = "only supports the NHWC tensor format"
"""What TensorFlow says of a convolution whose channels come first, on a CPU."""
_CHANNELS_LAST = (
    ": channels come first in this model, which TensorFlow computes on a GPU only; save it with channels_last"
)


def imported(item: str, folder: Path) -> Any:
    """Return the object ``module:Name`` or ``./file.py:Name``; a module may be in the folder of the spec."""
    module, _, name = item.rpartition(":")
    with _importable(folder):
        return getattr(_module_of(module, folder), name)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let modules be found in a folder, after everything that is installed; nothing is written into it."""
    own, before = str(folder.resolve()), sys.dont_write_bytecode
    sys.path.append(own)
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path.remove(own)
        sys.dont_write_bytecode = before


def digests_of(names: Iterable[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the files and packages that objects were imported from, with their digests."""
    for module in dict.fromkeys(item.rpartition(":")[0] for item in names):
        found = (module, sha256(folder / module)) if module.endswith(".py") else of_module(module)
        if found is not None:
            yield found


def _module_of(name: str, folder: Path) -> Any:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = (folder / name).resolve()
    spec = importlib.util.spec_from_file_location(f"reportgen_custom_{path.stem}", path)
    if spec is None or spec.loader is None:
        message = "no such file"
        raise ImportError(message)
    if spec.name in sys.modules and getattr(sys.modules[spec.name], "__file__", None) == str(path):
        return sys.modules[spec.name]
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
