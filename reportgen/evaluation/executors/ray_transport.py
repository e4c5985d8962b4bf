"""Carries tasks through the client server of a ray cluster. The only file that imports ray."""

from __future__ import annotations

import logging
import os
import warnings
from concurrent.futures import Future, ThreadPoolExecutor, wait as wait_for
from contextlib import ExitStack, suppress
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from reportgen.errors import ArgumentError, summary
from reportgen.evaluation.executors.task import ClusterError, require_software, work
from reportgen.evaluation.executors.transport import Presence, not_installed, require_listening
from reportgen.evaluation.process import WorkerError
from reportgen.evaluation.software import software

if TYPE_CHECKING:
    from types import TracebackType

    from reportgen.evaluation.executors.transport import Told, Waiting

_OPTION = "--address"
_CONNECTING = 60.0
"""Seconds for a cluster to take the program in: it starts a process for it."""
_EVERY = 1.0
"""Seconds without a word of a task until the cluster is looked at."""
_ASKED = 60.0
"""Seconds for a node to say what software it has: it starts a process for it."""
_VARIABLES = {
    "RAY_CLIENT_INITIAL_CONNECTION_TIMEOUT_S": "3",  # of each of three attempts
    "RAY_CLIENT_MAX_CONNECTION_TIMEOUT_S": "3",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # a call after the end would start a cluster
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # `uv run reportgen` would upload the working directory
    "GRPC_ENABLE_FORK_SUPPORT": "0",  # figures are drawn by forks, which do not use it
}
"""What ray and gRPC read when they are imported."""


class _Worker:
    """Works on a task, on the worker: an actor of one CPU, whose process ray ends with the program."""

    def __init__(self, task: bytes) -> None:
        self._told: SimpleQueue[str | None] = SimpleQueue()
        self._answer = ThreadPoolExecutor(1).submit(work, task, _here(), self._told.put, lambda: True)
        self._answer.add_done_callback(lambda _: self._told.put(None))

    def where(self) -> str:
        """Return the address of the node."""
        return _here()

    def next(self) -> str | bytes:
        """Wait for the next step, or for the answer."""
        step = self._told.get()
        return self._answer.result() if step is None else step


def _refusal(theirs: dict[str, str]) -> str | None:
    """Return, on a worker, why it is refused."""
    try:
        require_software(theirs, _here())
    except ClusterError as error:
        return str(error)
    return None


def _here() -> str:
    from ray.util import get_node_ip_address

    return get_node_ip_address()


def _reason(error: BaseException) -> str:
    """Return what ray says of a connection that failed; it ends with the cause if a server sent its traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1] if isinstance(error, ConnectionAbortedError) else " ".join(lines)


class RayTransport:
    """A client of a cluster.

    Parameters
    ----------
    address
        Of the client server of the head node, ``ray://host:port``.

    Raises
    ------
    ArgumentError
        The package is not installed.
    """

    def __init__(self, address: str) -> None:
        for name, value in _VARIABLES.items():
            os.environ.setdefault(name, value)
        try:
            import grpc
            import ray
        except ImportError as error:
            raise ArgumentError("--executor ray needs the package ray: pip install 'reportgen[ray]'") from error
        logging.getLogger("ray").setLevel(logging.CRITICAL)  # what it says, the errors say too
        logging.getLogger("ray.util.client.logsclient").disabled = True  # it sets its level itself
        warnings.filterwarnings("ignore", module=r"ray\.")
        self._ray: Any = ray
        self._unusable = (OSError, ValueError, TypeError, RuntimeError, grpc.RpcError)
        self._address, self._open = address, ExitStack()
        self._presence = Presence(address)

    def __enter__(self) -> Self:
        require_listening(self._address, _OPTION, ("ray",))
        self._connect()
        with ExitStack() as opened:
            opened.callback(self._ray.shutdown)
            self._require_sound_workers()
            self._worker = self._ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Worker)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    def _connect(self) -> None:
        """Connect in a thread: a client waits forever for a cluster that has lost its head (ray 2.60)."""
        connected: Future[None] = Future()

        def connect() -> None:
            try:
                self._ray.init(self._address, log_to_driver=False, logging_level=logging.CRITICAL)
            except self._unusable as error:
                connected.set_exception(error)
            else:
                connected.set_result(None)

        Thread(target=connect, daemon=True).start()
        if not wait_for([connected], _CONNECTING).done:
            raise ClusterError(f"{_OPTION}: {self._address} did not take the program in within {_CONNECTING:g} s")
        error = connected.exception()
        if type(error) is ConnectionError:
            raise ClusterError(f"{_OPTION}: {self._address} does not answer as the client server of a ray cluster")
        if error is not None:
            raise ClusterError(f"{_OPTION}: {self._address} does not take the program in ({_reason(error)})")

    @property
    def slots(self) -> int:
        """How many CPUs the nodes have: a task is a process of one thread."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    def submit(self, task: bytes) -> Waiting:
        """Hand over a task; see :class:`Transport`."""
        worker = self._worker.remote(task)

        def wait(tell: Told) -> bytes:
            answer = self._followed(worker, tell)
            with suppress(*self._unusable):
                self._ray.kill(worker)  # the CPU is the next one's
            return answer

        return wait

    def _followed(self, worker: Any, tell: Told) -> bytes:
        """Tell the steps of a task, and return its answer."""
        who, last = f"a worker of {self._address}", "starting"
        who = f"the worker {self._said(worker.where, who, last)}"
        while isinstance(step := self._said(worker.next, who, last), str):
            last = step
            tell(step)
        return step

    def _said(self, method: Any, who: str, last: str) -> Any:
        """Wait for what a worker says."""
        try:
            coming = method.remote().future()
            while not wait_for([coming], _EVERY).done:
                self._presence.require(self._seen)
            return coming.result()
        except self._ray.exceptions.RayTaskError as error:
            raise WorkerError(f"{who} failed, while {last}: {summary(error.cause)}") from error
        except self._ray.exceptions.RayError as error:
            raise WorkerError(f"{who} was lost, while {last}") from error
        except self._unusable as error:
            raise ClusterError(f"the cluster {self._address} was lost") from error

    def _seen(self) -> int:
        """Return how many CPUs there are; when the connection is lost, the answers say so."""
        try:
            return self.slots
        except self._unusable:
            return 1

    def _require_sound_workers(self) -> None:
        """Refuse nodes with other software before anything is computed; those that join later are refused by their tasks."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        ask = self._ray.remote(num_cpus=0, max_retries=0)(_refusal)
        nodes = [node for node in self._ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
        if not nodes:
            raise ClusterError(f"{_OPTION}: {self._address} has no workers")
        there = [NodeAffinitySchedulingStrategy(node["NodeID"], soft=False) for node in nodes]
        answers = [ask.options(scheduling_strategy=one).remote(software()) for one in there]
        for where, answer in zip([node["NodeManagerAddress"] for node in nodes], answers, strict=True):
            try:
                refusal = self._ray.get(answer, timeout=_ASKED)
            except self._ray.exceptions.GetTimeoutError as late:
                raise ClusterError(f"the worker {where} did not answer within {_ASKED:g} s") from late
            except (self._ray.exceptions.RayError, ImportError) as error:
                raise ClusterError(not_installed(f"the head or the worker {where}", error)) from error
            if refusal is not None:
                raise ClusterError(refusal)
