"""Runs shares of the models in processes of this machine."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from reportgen.evaluation.executors.interface import THREADS
from reportgen.evaluation.process import EvaluationProcess

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from reportgen.contract.needs import Request
    from reportgen.evaluation.parts import RowsPart
    from reportgen.spec.model import ReportSpec


class LocalProcesses:
    """An executor whose workers are processes of this machine.

    Parameters
    ----------
    jobs
        Largest number of workers at a time.
    """

    def __init__(self, jobs: int) -> None:
        self.slots, self._open = jobs, ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    def shares(self, models: int) -> int:
        """Return one share for each worker: what it has finished is on the disk, and is not lost with it."""
        return min(self.slots, models)

    def start(
        self, spec: ReportSpec, folder: Path, request: Request, part: RowsPart | None = None
    ) -> EvaluationProcess:
        """Start a process."""
        return self._open.enter_context(EvaluationProcess(spec, folder, request, threads=THREADS, part=part))
