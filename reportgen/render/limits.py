"""Limits of time and memory for code of others that runs in this process: templates."""

from __future__ import annotations

import resource
import signal
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGES = Path("/proc/self/statm")


@contextmanager
def limited(seconds: float, memory: float) -> Iterator[None]:
    """Raise TimeoutError or MemoryError where the body takes more seconds, or more GiB beyond what the program has.

    The time is limited in the main thread alone, the memory where the system tells how much the program has.
    """
    in_time = threading.current_thread() is threading.main_thread()
    before = resource.getrlimit(resource.RLIMIT_AS)
    bounded = _PAGES.exists()

    def late(*_: object) -> None:
        message = f"it takes more than {seconds:g} s"
        raise TimeoutError(message)

    if bounded:
        taken = int(_PAGES.read_text("ascii").split()[0]) * resource.getpagesize() + int(memory * 2**30)
        hard = before[1]
        resource.setrlimit(resource.RLIMIT_AS, (taken if hard == resource.RLIM_INFINITY else min(taken, hard), hard))
    if in_time:
        handler = signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        if in_time:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
        if bounded:
            resource.setrlimit(resource.RLIMIT_AS, before)
