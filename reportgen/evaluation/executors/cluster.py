"""Runs shares of the models on an existing cluster, whatever carries the bytes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from reportgen.errors import temporary_files
from reportgen.evaluation.executors.task import task_of, unpacked
from reportgen.resources import private_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from reportgen.contract.needs import Request
    from reportgen.errors import InputError
    from reportgen.evaluation.executors.transport import Transport, Waiting
    from reportgen.evaluation.parts import RowsPart
    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.spec.model import ReportSpec

_MOST_MODELS = 8
"""Models of a share: what is lost with a worker, and what an answer holds in memory."""


class ClusterExecutor:
    """An executor whose workers are those of a cluster.

    Parameters
    ----------
    transport
        What carries the bytes.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport, self._open = transport, ExitStack()
        self._digests: dict[Path, str | None] = {}
        self._started = 0

    def __enter__(self) -> Self:
        with temporary_files(), ExitStack() as opened:
            self._home = opened.enter_context(private_folder())
            opened.enter_context(self._transport)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    @property
    def slots(self) -> int:
        """How many workers can be at work at a time."""
        return self._transport.slots

    def shares(self, models: int) -> int:
        """Return at least one share for each slot, and so many that none is too large."""
        return max(min(self.slots, models), -(-models // _MOST_MODELS))

    def start(self, spec: ReportSpec, folder: Path, request: Request, part: RowsPart | None = None) -> ClusterShare:
        """Hand over a share."""
        home = self._home / f"share-{self._started}"
        self._started += 1
        with temporary_files():
            home.mkdir()
        return ClusterShare(self._transport.submit(task_of(spec, folder, request, self._digests, part)), home)


class ClusterShare:
    """Models that a worker of a cluster evaluates."""

    def __init__(self, waiting: Waiting, home: Path) -> None:
        self._waiting, self._home = waiting, home
        self.ended = False
        self.finished: Mapping[str, Path] = {}
        self.seconds: Mapping[str, float] = {}

    def failures(self, report: ProgressCallback) -> dict[str, InputError]:
        """Wait for the answer; return the failures by model."""
        self.ended = True
        answer = self._waiting(lambda what: report(what, 0, 1))
        with temporary_files():
            found = unpacked(answer, self._home)
        self.finished = found.finished
        if found.error is not None:
            raise found.error
        return dict(found.failures)
