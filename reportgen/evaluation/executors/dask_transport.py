"""Carries tasks through the scheduler of a dask cluster. The only file that imports dask."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import CancelledError
from contextlib import ExitStack
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from reportgen.errors import ArgumentError, summary
from reportgen.evaluation.executors.task import ClusterError, require_software, work
from reportgen.evaluation.executors.transport import Presence, not_installed, require_listening
from reportgen.evaluation.process import WorkerError
from reportgen.evaluation.software import software

if TYPE_CHECKING:
    from types import TracebackType

    from reportgen.evaluation.executors.transport import Told, Waiting

_OPTION = "--scheduler"
_CONNECTING = 5
"""Seconds for a server that listens to show that it is a scheduler."""
_EVERY = 1.0
"""Seconds without a word of a task until the cluster is looked at."""
_TRANSFER = 600.0
"""Seconds for the bytes of an answer."""
_STARTED = "started"
_UNWANTED = ("cancelled", "released")
"""States of a task whose answer nobody waits for."""


def _task(task: bytes, topic: str) -> bytes:
    """Work on a task, on the worker."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def tell(what: str) -> None:
        worker.log_event(topic, [what, worker.address])

    def wanted() -> bool:
        found = worker.state.tasks.get(key)
        return found is not None and found.state not in _UNWANTED

    tell(_STARTED)
    return work(task, worker.address, tell, wanted)


def _refusal(theirs: dict[str, str], dask_worker: Any) -> str | None:
    """Return, on a worker, why it is refused; dask fills in the worker for a parameter of this name."""
    try:
        require_software(theirs, dask_worker.address)
    except ClusterError as error:
        return str(error)
    return None


class DaskTransport:
    """A client of a scheduler.

    Parameters
    ----------
    address
        Of the scheduler, ``tcp://host:port`` or ``tls://host:port``.

    Raises
    ------
    ArgumentError
        The package is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            message = "--executor dask needs the package distributed: pip install 'reportgen[dask]'"
            raise ArgumentError(message) from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it says, the errors say too
        self._dask: Any = distributed
        self._address, self._open = address, ExitStack()
        self._numbers, self._presence = count(), Presence(address)

    def __enter__(self) -> Self:
        require_listening(self._address, _OPTION, ("tcp", "tls"))
        try:
            asyncio.run(self._greeted())
            client = self._dask.Client(self._address, timeout=_CONNECTING, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise ClusterError(f"{_OPTION}: {self._address} does not answer as a dask scheduler") from error
        with ExitStack() as opened:
            self._client = opened.enter_context(client)
            self._require_sound_workers()
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    async def _greeted(self) -> None:
        """Exchange greetings with a scheduler: a client waits forever for a server that is none (distributed 2026.8)."""
        secured = self._dask.Security().get_connection_args("client")
        connecting = self._dask.comm.connect(self._address, timeout=_CONNECTING, **secured)
        (await asyncio.wait_for(connecting, _CONNECTING)).abort()

    @property
    def slots(self) -> int:
        """How many threads the workers have: a task is a process of one thread."""
        return sum(self._client.nthreads().values())

    def submit(self, task: bytes) -> Waiting:
        """Hand over a task; see :class:`Transport`."""
        topic = f"reportgen-{self._client.id}-{next(self._numbers)}"
        steps: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
        self._client.subscribe_topic(topic, lambda event: steps.put(tuple(event[1])))
        future = self._client.submit(_task, task, topic, pure=False)
        future.add_done_callback(lambda _: steps.put(None))

        def wait(tell: Told) -> bytes:
            try:
                self._follow(future, steps, tell)
                return self._answer(future)
            finally:
                future.release()

        return wait

    def _follow(self, future: Any, steps: SimpleQueue[tuple[str, str] | None], tell: Told) -> None:
        """Tell the steps of a task until it is done. That dask starts it again means that its worker was lost."""
        place, last = "", "starting"
        while not future.done():
            try:
                step = steps.get(timeout=_EVERY)
            except Empty:
                self._presence.require(lambda: self.slots)
                continue
            if step is None:
                return
            what, where = step
            if what != _STARTED:
                last = what
                tell(what)
            elif place:
                raise WorkerError(f"the worker {place} was lost, while {last}")
            else:
                place = where

    def _answer(self, future: Any) -> bytes:
        try:
            error = future.exception(timeout=_TRANSFER)
            if error is None:
                answer: bytes = future.result(timeout=_TRANSFER)
                return answer
        except CancelledError as cancelled:
            raise ClusterError(f"the scheduler {self._address} was lost") from cancelled
        except TimeoutError as late:
            raise WorkerError(f"the answer of a worker did not arrive within {_TRANSFER:g} s") from late
        if isinstance(error, self._dask.KilledWorker):
            raise WorkerError(f"the worker {error.last_worker.address} was lost")
        if isinstance(error, ImportError | RuntimeError):
            raise ClusterError(not_installed(f"the scheduler or a worker of {self._address}", error))
        raise WorkerError(f"a worker of {self._address} failed: {summary(error)}")

    def _require_sound_workers(self) -> None:
        """Refuse workers with other software before anything is computed; those that join later are refused by their tasks."""
        refusals = self._client.run(_refusal, software(), on_error="return")
        if not refusals:
            raise ClusterError(f"{_OPTION}: {self._address} has no workers")
        for where, refusal in refusals.items():
            if isinstance(refusal, BaseException):
                raise ClusterError(not_installed(f"the worker {where}", refusal))
            if refusal is not None:
                raise ClusterError(refusal)
