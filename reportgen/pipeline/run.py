"""The context of a run: what it tells, what it may go on after, and what it remembers."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.pipeline.store import Store

Workers = Literal["one", "several", "cluster"]


def now() -> str:
    """Return the time of a report in UTC: ``SOURCE_DATE_EPOCH`` if it is set.

    Raises
    ------
    SpecError
        It is no time.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0).isoformat()
    try:
        return datetime.fromtimestamp(int(epoch), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        from reportgen.spec.problems import Problem

        message = f"must be seconds since 1970 (found {epoch!r})"
        raise SpecError([Problem((), message)], f"SOURCE_DATE_EPOCH: {message}") from None


def silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody of the progress."""


def unsaid(_sentence: str) -> None:
    """Warn nobody."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that is already running, and where it is reached."""

    kind: Literal["dask", "ray"]
    address: str


@dataclass(frozen=True)
class Run:
    """The context of a run.

    Attributes
    ----------
    progress
        Called with (current step, number done, total number).
    keep_going
        If a section or figure fails, the report shows the error in its place.
    store
        Has what was computed before, and keeps what is computed; None for none.
    jobs
        Number of workers that share the models, one thread each; 0 for one worker with all threads.
    cluster
        Whose workers share the models instead, one thread each; None for this machine's.
    drawers
        Number of processes that draw figures.
    evaluates
        Whether models may be evaluated; otherwise what the store does not have is an error.
    warn
        Called before anything is computed with a sentence about a file that cannot be written.
    seconds
        How long every step took.
    parts
        How long the parts of steps took that were timed for themselves, by step and part: of processes that work side by side they add up to more than the step.
    """

    progress: ProgressCallback = silent
    keep_going: bool = False
    store: Store | None = None
    jobs: int = 0
    cluster: Cluster | None = None
    drawers: int = 1
    evaluates: bool = True
    warn: Callable[[str], None] = unsaid
    seconds: dict[str, float] = field(default_factory=dict)
    parts: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def workers(self) -> Workers:
        """The kind of the workers: evaluations by one kind can differ in the last digits from those by another."""
        return "cluster" if self.cluster is not None else "several" if self.jobs else "one"

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step; what steps within it take is theirs alone."""
        start, before = perf_counter(), sum(self.seconds.values())
        try:
            yield
        finally:
            inside = sum(self.seconds.values()) - before
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start - inside

    @contextmanager
    def part(self, step: str, name: str) -> Iterator[None]:
        """Measure a part of a step, which is in the time of the step too."""
        start = perf_counter()
        try:
            yield
        finally:
            self.parts[step, name] = self.parts.get((step, name), 0.0) + perf_counter() - start
