"""The one interface of everything that runs a share of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from reportgen.contract.needs import Request
    from reportgen.errors import InputError
    from reportgen.evaluation.parts import RowsPart
    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.spec.model import ReportSpec

THREADS = 1
"""Threads of each of several workers: the same numbers, however many there are."""


class Share(Protocol):
    """Some of the models, or some of the rows of a model, which a worker evaluates."""

    @property
    def ended(self) -> bool:
        """Whether all that it will tell is known."""

    @property
    def finished(self) -> Mapping[str, Path]:
        """The models that were evaluated so far, with the place of their records, or pieces, until the executor is closed."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long what it told took, by what it was; empty where nothing is known of that."""

    def failures(self, report: ProgressCallback) -> dict[str, InputError]:
        """Wait for the worker; return the failures by model.

        Raises
        ------
        WorkerError
            The worker ended without a result: the models that are not finished can be tried once more.
        ReportgenError
            It would happen again.
        """


class Executor(Protocol):
    """Runs shares of the models; entering it finds the workers, leaving it ends all that still runs."""

    def __enter__(self) -> Self:
        """Find the workers."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End what still runs, and remove what it left."""

    @property
    def slots(self) -> int:
        """How many workers can be at work at a time."""

    def shares(self, models: int) -> int:
        """Return into how many shares so many models are divided."""

    def start(self, spec: ReportSpec, folder: Path, request: Request, part: RowsPart | None = None) -> Share:
        """Start the evaluation of the models of a spec, or of a part of the rows, by a worker of :data:`THREADS` threads."""
