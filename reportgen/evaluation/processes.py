"""Several workers that share the models of a spec, with the interface of one, wherever they run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Lock
from typing import TYPE_CHECKING, Literal, Self

from reportgen.evaluation.executors.interface import THREADS
from reportgen.evaluation.process import EvaluationProcess, WorkerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from reportgen.contract.needs import Request
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.errors import InputError
    from reportgen.evaluation.collect import ProgressCallback
    from reportgen.evaluation.executors.interface import Executor, Share
    from reportgen.spec.model import ReportSpec

_ROUNDS = 2
"""How often a model is tried whose worker ended without a result."""


class EvaluationProcesses:
    """Workers that evaluate a share of the models each, with one thread; then one puts the results together.

    Parameters
    ----------
    spec, folder, request, known
        As those of :class:`EvaluationProcess`.
    executor
        What runs the shares. It is not entered if there are none.
    """

    def __init__(
        self, spec: ReportSpec, folder: Path, request: Request, known: Mapping[str, Path], executor: Executor
    ) -> None:
        self._spec, self._folder, self._request, self._known = spec, folder, request, dict(known)
        self._executor = executor
        self._failures: dict[str, InputError] = {}
        unknown = [name for name in spec.models if name not in known]
        with ExitStack() as opened:
            if unknown:
                opened.enter_context(executor)
            self._workers = self._shared(unknown)
            self._open = opened.pop_all()
        self._last: EvaluationProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    @property
    def finished(self) -> dict[str, Path]:
        """The models that were evaluated so far, with the place of their records until this is closed."""
        return {name: place for worker in self._workers for name, place in worker.finished.items()}

    def result(self, report: ProgressCallback) -> Evaluation:
        """Wait for the evaluation; see :meth:`EvaluationProcess.result`. What a worker leaves when it crashes is tried once more."""
        for left in reversed(range(_ROUNDS)):
            try:
                self._run(_Joined(report, len(self._spec.models) - len(self._known)))
                break
            except WorkerError:
                if not left:
                    raise
            done = self._known | self.finished
            self._workers += self._shared([name for name in self._spec.models if name not in done])
        if self._failures and len(self._failures) == len(self._spec.models):
            raise next(self._failures[name] for name in self._spec.models)
        self._last = self._open.enter_context(
            EvaluationProcess(self._spec, self._folder, self._request, self._known | self.finished, threads=THREADS)
        )
        return self._last.result(report)

    def file_of(self, what: Literal["data", "examples", "model"], model: str = "") -> Path:
        """Return the place of the records of the data, of the examples, or of a model, after :meth:`result`."""
        if self._last is None:
            message = "there is no result yet"
            raise RuntimeError(message)
        return self._last.file_of(what, model)

    def _shared(self, names: list[str]) -> list[Share]:
        """Start workers for some models, each with every n-th of them."""
        if not names:
            return []
        n = self._executor.shares(len(names))
        unshown = {name: split.model_copy(update={"examples": 0}) for name, split in self._request.splits.items()}
        alone = self._request.model_copy(update={"examples": 0, "splits": unshown})
        return [
            self._executor.start(
                self._spec.model_copy(update={"models": {name: self._spec.models[name] for name in names[index::n]}}),
                self._folder,
                alone,
            )
            for index in range(n)
        ]

    def _run(self, joined: _Joined) -> None:
        """Wait for the workers that have not ended; an error that is not a model's is raised when all have."""
        waiting = [worker for worker in self._workers if not worker.ended]
        with ThreadPoolExecutor(max(len(waiting), 1)) as pool:
            running = [pool.submit(joined.follow, worker) for worker in waiting]
        for one in sorted(running, key=lambda one: one.exception() is not None):
            self._failures |= one.result()


class _Joined:
    """The progress of several workers as one: how many models are done, and which are running."""

    def __init__(self, report: ProgressCallback, total: int) -> None:
        self._report, self._total, self._lock = report, total, Lock()
        self._running: dict[int, str] = {}
        self._seen: set[str] = set()

    def follow(self, worker: Share) -> dict[str, InputError]:
        """Wait for a worker, and tell its steps; see :meth:`Share.failures`."""

        def tell(what: str, _done: int, _total: int) -> None:
            if what.startswith(_LOADING):
                with self._lock:
                    name = what.removeprefix(_LOADING)
                    self._running[id(worker)] = name
                    self._seen.add(name)
                    self._tell()

        try:
            return worker.failures(tell)
        finally:
            with self._lock:
                self._seen.update(worker.finished)
                self._running.pop(id(worker), None)
                self._tell()

    def _tell(self) -> None:
        if self._running:
            done = len(self._seen) - len(self._running)
            self._report(f"evaluating {', '.join(self._running.values())}", done, self._total)


_LOADING = "loading "
