"""Ends the worker when it takes more time or memory than the spec allows, and says which limit it was."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from reportgen.errors import InputError

if TYPE_CHECKING:
    import subprocess

    from reportgen.spec.tables.output import LimitsSpec

_EVERY = 0.1
"""Seconds between two looks."""
_OWN = ("RssAnon:", "VmSwap:")
"""Memory that is the process's own. Files in memory and reserved addresses, of which TensorFlow has many, are not counted."""


class Watchdog:
    """Watches a process from a thread; without limits there is none.

    Parameters
    ----------
    process
        Killed when it is above a limit.
    limits
        Those of the spec.
    """

    def __init__(self, process: subprocess.Popen[str], limits: LimitsSpec) -> None:
        self._process = process
        self._limits = limits
        self._start = time.monotonic()
        self._done = Event()
        self._above: tuple[str, str] | None = None
        if limits.evaluation_seconds is not None or limits.evaluation_memory is not None:
            Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """Watch no longer."""
        self._done.set()

    def require_within(self, what: str) -> None:
        """Raise an InputError that names the limit if the process was killed for one; ``what`` it was doing."""
        if self._above is not None:
            key, most = self._above
            raise InputError(("limits", key), "", f"the evaluation took more than {most}, while {what}")

    def _watch(self) -> None:
        limits = self._limits
        while not self._done.wait(_EVERY):
            if limits.evaluation_seconds is not None and time.monotonic() - self._start > limits.evaluation_seconds:
                self._above = ("evaluation_seconds", f"{limits.evaluation_seconds:g} s")
            if limits.evaluation_memory is not None and memory_of(self._process.pid) > limits.evaluation_memory * 2**30:
                self._above = ("evaluation_memory", f"{limits.evaluation_memory:g} GiB of memory")
            if self._above is not None:
                self._process.kill()
                return


def memory_of(process: int) -> int:
    """Return the bytes of memory that a process has for itself, in memory or swapped out; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_OWN))
