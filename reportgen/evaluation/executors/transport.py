"""What carries the bytes of tasks and answers: the interface of whatever connects to a cluster."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit

from reportgen.errors import ArgumentError
from reportgen.evaluation.executors.task import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    Told = Callable[[str], None]
    Waiting = Callable[[Told], bytes]

_SECONDS = 5.0
"""To find out whether anybody listens at an address."""


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
