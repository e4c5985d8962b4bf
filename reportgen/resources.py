"""Package resources: the version, the location of templates, fonts and example specs, and what child processes need."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from threading import Event

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent
_TEMPORARY = "reportgen-"
_LOCK = "lock"
_SIGKILL = 9
_FOREIGN = ("KERAS_", "MPL", "MATPLOTLIB", "XLA_", "TF_XLA_", "TF_USE_LEGACY_KERAS", "PYTHONWARNINGS", "PYTHONINSPECT")
"""Variables, by how they begin, that would change a child's numbers or stop it."""


def share(name: str) -> Path:
    """Return the folder ``templates`` or ``specs``: in a wheel inside the package, in a checkout at the top level."""
    packed = _PACKAGE / "_share" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def missing_folders(folder: Path) -> list[Path]:
    """Return which of a folder and those above it do not exist, the innermost first."""
    return [one for one in (folder, *folder.parents) if not one.exists()]


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders that are there and empty."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


# ------------------------------------------------------------------------------------------------ child processes


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a child process: modules are found where this process finds them, temporary files are in its home."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
    return {**inherited, "PYTHONPATH": module_path(), "TMPDIR": str(home)}


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


def when_closed(pipe: int, then: Callable[[], None]) -> Event:
    """Call a function, in a thread, when the other end of a pipe closes: the process that held it has ended, however it ended.

    The event that is returned is set when a byte comes.
    """
    from threading import Event, Thread

    word = Event()

    def wait() -> None:
        while os.read(pipe, 1):
            word.set()
        then()

    Thread(target=wait, daemon=True).start()
    return word


def end_with_parent(home: Path) -> Event:
    """Make this process end with its parent, which holds the other end of the standard input, and remove its home then.

    The event that is returned is set when the parent sends a byte. An interruption from the terminal is the parent's to handle.
    """
    import signal

    def end() -> None:
        """Replace this process, so that nothing is written while the folder is removed."""
        program = "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)"
        os.execv(sys.executable, [sys.executable, "-IS", "-c", program, str(home)])  # noqa: S606

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return when_closed(0, end)


def ending(code: int) -> str:
    """Return how a process ended, by its exit code as ``subprocess`` has it: below zero it is the signal that killed it."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was killed (signal {-code})" + (", perhaps out of memory" if code == -_SIGKILL else "")


@contextmanager
def private_folder() -> Iterator[Path]:
    """Provide a temporary folder; first remove those that killed runs left.

    A folder is in use as long as a process has the lock in it.
    """
    from tempfile import TemporaryDirectory, gettempdir

    for stale in Path(gettempdir()).glob(f"{_TEMPORARY}*/{_LOCK}"):
        _remove_unused(stale)
    with TemporaryDirectory(prefix=_TEMPORARY, ignore_cleanup_errors=True) as name:
        lock = os.open(Path(name, _LOCK), os.O_CREAT | os.O_RDWR)
        try:
            _locked(lock)
            yield Path(name)
        finally:
            os.close(lock)


def _remove_unused(lock: Path) -> None:
    import shutil

    with suppress(OSError, AttributeError):  # a system without owners has no locks of this kind either
        folder = lock.parent
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        found = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
        try:
            if _locked(found):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(found)


def _locked(file: int) -> bool:
    """Lock a file, if no other process has locked it; without locks on this system, nothing is known to be unused."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True
