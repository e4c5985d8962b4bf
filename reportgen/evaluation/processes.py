"""Several workers that share the models of a spec, with the interface of one, wherever they run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Lock
from typing import TYPE_CHECKING, Literal, Self

from reportgen.evaluation.executors.interface import THREADS
from reportgen.evaluation.parts import BLOCKS, RowsPart
from reportgen.evaluation.process import EVALUATING, LOADING, EvaluationProcess, WorkerError, of_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from reportgen.contract.needs import Request
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.errors import InputError
    from reportgen.evaluation.executors.interface import Executor, Share
    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.spec.model import ReportSpec

_ROUNDS = 2
"""How often a model is tried whose worker ended without a result."""


class EvaluationProcesses:
    """Workers that evaluate a share of the models each, with one thread; then one puts the results together.

    With fewer models than workers, each worker evaluates a part of the rows of a model.

    Parameters
    ----------
    spec, folder, request, known
        As those of :class:`EvaluationProcess`.
    executor
        What runs the shares. It is not entered if there are none.
    kept
        Returns the place of the piece that an earlier run left of a part of a model; None if it left none.
    """

    def __init__(
        self,
        spec: ReportSpec,
        folder: Path,
        request: Request,
        known: Mapping[str, Path],
        executor: Executor,
        kept: Callable[[str, RowsPart], Path | None] = lambda _name, _part: None,
    ) -> None:
        self._spec, self._folder, self._request, self._known = spec, folder, request, dict(known)
        self._executor = executor
        self._failures: dict[str, InputError] = {}
        self._shares: list[tuple[Share, RowsPart | None]] = []
        unknown = [name for name in spec.models if name not in known]
        with ExitStack() as opened:
            if unknown:
                opened.enter_context(executor)
            passes = spec.data is not None and request.passes
            self._parts = _parts(executor.slots, len(unknown)) if unknown and passes else []
            units = [(name, part) for name in unknown for part in self._parts]
            self._kept = {unit: place for unit in units if (place := kept(*unit)) is not None}
            self._start()
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
        return {name: place for share, part in self._shares if part is None for name, place in share.finished.items()}

    @property
    def pieces(self) -> dict[tuple[str, RowsPart], Path]:
        """The parts of models that were evaluated so far, with the place of their pieces until this is closed."""
        done = {
            (name, part): place
            for share, part in self._shares
            if part is not None
            for name, place in share.finished.items()
        }
        return self._kept | done

    @property
    def seconds(self) -> dict[str, float]:
        """How long what the workers told took, added up over them; of workers of a cluster nothing is known here."""
        found: dict[str, float] = {}
        for worker in (*(share for share, _ in self._shares), *([] if self._last is None else [self._last])):
            for what, time in worker.seconds.items():
                found[what] = found.get(what, 0.0) + time
        return found

    def result(self, report: ProgressCallback) -> Evaluation:
        """Wait for the evaluation; see :meth:`EvaluationProcess.result`. What a worker leaves when it crashes is tried once more."""
        for left in reversed(range(_ROUNDS)):
            try:
                self._run(report)
                break
            except WorkerError:
                if not left:
                    raise
            self._start()
        if self._failures and len(self._failures) == len(self._spec.models):
            raise of_all({name: self._failures[name] for name in self._spec.models})
        pieces = self.pieces
        self._last = self._open.enter_context(
            EvaluationProcess(
                self._spec,
                self._folder,
                self._request,
                self._known | self.finished,
                threads=THREADS,
                pieces={
                    name: [pieces[name, part] for part in self._parts]
                    for name in self._spec.models
                    if self._parts and (name, self._parts[0]) in pieces
                },
            )
        )
        return self._last.result(report)

    def file_of(self, what: Literal["data", "examples", "model"], model: str = "") -> Path:
        """Return the place of the records of the data, of the examples, or of a model, after :meth:`result`."""
        if self._last is None:
            message = "there is no result yet"
            raise RuntimeError(message)
        return self._last.file_of(what, model)

    def _start(self) -> None:
        """Start workers for what is missing: each with every n-th of the models, or with a part of one."""
        done, pieces = self._known | self.finished, self.pieces
        names = [name for name in self._spec.models if name not in done]
        if not self._parts:
            n = self._executor.shares(len(names)) if names else 0
            self._shares += [(self._share(names[index::n], None), None) for index in range(n)]
            return
        missing = [(name, part) for name in names for part in self._parts if (name, part) not in pieces]
        self._shares += [(self._share([name], part), part) for name, part in missing]

    def _share(self, names: list[str], part: RowsPart | None) -> Share:
        spec = self._spec.model_copy(update={"models": {name: self._spec.models[name] for name in names}})
        return self._executor.start(spec, self._folder, self._request.model_copy(update={"describe": False}), part)

    def _run(self, report: ProgressCallback) -> None:
        """Wait for the workers that have not ended; an error that is not a model's is raised when all have."""
        joined = _JoinedParts(report) if self._parts else _Joined(report, len(self._spec.models) - len(self._known))
        waiting = [share for share, _ in self._shares if not share.ended]
        with ThreadPoolExecutor(max(len(waiting), 1)) as pool:
            running = [pool.submit(joined.follow, worker) for worker in waiting]
        for one in sorted(running, key=lambda one: one.exception() is not None):
            self._failures |= one.result()


def _parts(slots: int, models: int) -> list[RowsPart]:
    """Return the parts of each of some models for so many workers; none if there is no more than one worker for a model."""
    n = min(slots // models, BLOCKS)
    return [RowsPart(index, n) for index in range(n)] if n > 1 else []


class _Before:
    """The steps before the first model, which all workers take: those of the one that tells some first."""

    def __init__(self, report: ProgressCallback) -> None:
        self._report = report
        self._first: int | None = None

    def tell(self, worker: Share, what: str, done: int, total: int) -> None:
        """Tell a step of a worker."""
        if self._first is None:
            self._first = id(worker)
        if self._first == id(worker):
            self._report(what, done, total)


class _Joined:
    """The progress of several workers as one: how many models are done, and which are running."""

    def __init__(self, report: ProgressCallback, total: int) -> None:
        self._report, self._total, self._lock, self._before = report, total, Lock(), _Before(report)
        self._running: dict[int, str] = {}
        self._seen: set[str] = set()

    def follow(self, worker: Share) -> dict[str, InputError]:
        """Wait for a worker, and tell its steps; see :meth:`Share.failures`."""

        def tell(what: str, done: int, total: int) -> None:
            with self._lock:
                if what.startswith(LOADING):
                    name = what.removeprefix(LOADING)
                    self._running[id(worker)] = name
                    self._seen.add(name)
                    self._tell()
                elif not self._seen:
                    self._before.tell(worker, what, done, total)

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


class _JoinedParts:
    """The progress of workers with a part of the rows each as one: how many rows are done of those that have been begun."""

    def __init__(self, report: ProgressCallback) -> None:
        self._report, self._lock, self._before = report, Lock(), _Before(report)
        self._rows: dict[str, dict[int, tuple[int, int]]] = {}

    def follow(self, worker: Share) -> dict[str, InputError]:
        """Wait for a worker, and tell its steps; see :meth:`Share.failures`."""

        def tell(what: str, done: int, total: int) -> None:
            with self._lock:
                if what.startswith(EVALUATING):
                    rows = self._rows.setdefault(what, {})
                    rows[id(worker)] = done, total
                    self._report(what, *map(sum, zip(*rows.values(), strict=True)))
                elif not self._rows:
                    self._before.tell(worker, what, done, total)

        return worker.failures(tell)


class OneByOne:
    """The progress of models that one worker evaluates one after the other as one: the rows of all of them.

    Parameters
    ----------
    report
        What is called with it.
    models
        How many there are to evaluate.
    """

    def __init__(self, report: ProgressCallback, models: int) -> None:
        self._report, self._models = report, models
        self._begun = self._rows = self._done = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tell a step of the worker."""
        if self._models == 1 or not what.startswith((LOADING, EVALUATING)):
            self._report(what, done, total)
            return
        if what.startswith(LOADING):
            self._begun += 1
        else:
            self._rows = self._rows or total
            if total == self._rows:  # otherwise of another split
                self._done = max(self._done, (self._begun - 1) * total + done)
        said = f"{what} ({self._begun} of {self._models})"
        self._report(said, self._done, max(self._models * self._rows, 1))
