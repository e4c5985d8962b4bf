"""What carries the bytes of tasks and answers: the interface of whatever connects to a cluster."""

from __future__ import annotations

import socket
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit

from reportgen.errors import ArgumentError, summary
from reportgen.evaluation.executors.task import ClusterError
from reportgen.evaluation.process import WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    Told = Callable[[str], None]
    Waiting = Callable[[Told], bytes]

_SECONDS = 5.0
"""To find out whether anybody listens at an address."""
_LOOK, _WITHOUT_WORKERS = 5.0, 30.0
"""Seconds between two looks at whether there are workers, and that lost ones have to come back."""


class Transport(Protocol):
    """Carries tasks to the workers of a cluster, and their answers back."""

    def __enter__(self) -> Self:
        """Connect."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect; tasks that still run are ended."""

    @property
    def slots(self) -> int:
        """How many tasks run at a time."""

    def submit(self, task: bytes) -> Waiting:
        """Hand over a task, once; return what waits for its answer, and is called with what to call with every step.

        It raises WorkerError if the worker was lost, and ClusterError if the cluster was.
        """


class Presence:
    """Whether a cluster has workers, which all that wait for answers look at.

    Parameters
    ----------
    address
        Of the cluster, for the message.
    """

    def __init__(self, address: str) -> None:
        self._address, self._lock, self._looked, self._seen = address, Lock(), 0.0, 0.0

    def require(self, slots: Callable[[], int]) -> None:
        """Wait no longer for workers that do not come back.

        Raises
        ------
        WorkerError
            There have been none for a while.
        """
        with self._lock:
            now = monotonic()
            if now - self._looked < _LOOK:
                return
            if self._looked == 0 or slots():
                self._seen = now
            self._looked = now
            if now - self._seen > _WITHOUT_WORKERS:
                raise WorkerError(f"{self._address} has lost all its workers")


def not_installed(who: str, error: BaseException) -> str:
    """Return why a machine cannot load what it is sent."""
    return f"{who} cannot run this version of reportgen ({summary(error)})"


def require_listening(address: str, option: str, schemes: tuple[str, ...]) -> None:
    """Try an address, because libraries try for minutes and say much.

    Raises
    ------
    ArgumentError
        It is not ``scheme://host:port``.
    ClusterError
        Nobody listens there.
    """
    try:
        parts = urlsplit(address)
        place = (parts.hostname or "", parts.port or 0)
    except ValueError:
        parts, place = urlsplit(""), ("", 0)
    if parts.scheme not in schemes or not all(place):
        forms = " or ".join(f"{scheme}://HOST:PORT" for scheme in schemes)
        raise ArgumentError(f"{option}: must be {forms} (found {address!r})")
    try:
        socket.create_connection(place, _SECONDS).close()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ClusterError(f"{option}: {address} cannot be reached ({reason})") from error
