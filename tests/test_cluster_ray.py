"""``--executor ray``: the workers of a cluster give the bytes of ``--jobs``, and what goes wrong is one sentence."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from clusters import TOP, computed, project

from reportgen.cli.commands import cli
from reportgen.errors import ArgumentError, ReportgenError
from reportgen.evaluation.executors import ray_transport, transport
from reportgen.evaluation.executors.task import ClusterError
from reportgen.evaluation.process import WorkerError
from reportgen.pipeline.run import Cluster, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.evaluation.collect import ProgressCallback

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="ray has no wheel for every Python")


def free_address() -> str:
    """Return the address of a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"ray://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder with two models, and one that cannot be loaded."""
    return project(tmp_path_factory.mktemp("cluster"))


class LocalCluster:
    """The cluster of ``ray_cluster.py``."""

    def __init__(self, home: str) -> None:
        self.address = free_address()
        (Path(home) / "ray").mkdir(exist_ok=True)
        quiet = {
            "RAY_TMPDIR": home,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # addresses are those of the loopback interface
            "RAY_health_check_period_ms": "500",
            "RAY_health_check_failure_threshold": "2",
            "GRPC_ENABLE_FORK_SUPPORT": "0",  # the client server crashes when it forks (ray 2.60, grpcio 1.85)
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(TOP / "tests" / "ray_cluster.py"), home, self.address.rpartition(":")[2]],
            cwd=home,
            env={**os.environ, "PYTHONPATH": str(TOP), **quiet},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.has_started = self._line() == "ready"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def kill_node(self) -> None:
        """Kill one of the nodes, with all that runs on it."""
        assert self._process.stdin is not None
        self._process.stdin.write("kill\n")
        self._process.stdin.flush()
        assert self._line() == "killed"

    def close(self) -> None:
        """Leave no process."""
        with self._process:
            pass


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Provide a cluster of two nodes of one CPU; the paths of its sockets must be short."""
    home = tempfile.mkdtemp(prefix="r", dir="/tmp")
    made = LocalCluster(home)
    try:
        if not made.has_started:  # ray gives a node 30 seconds, which are few on a busy machine
            made.close()
            made = LocalCluster(home)
        assert made.has_started
        yield made
    finally:
        made.close()
        shutil.rmtree(home)


def on(cluster: LocalCluster, report: ProgressCallback = lambda *_: None) -> Run:
    """Return a run whose models are evaluated on a cluster."""
    return Run(report, cluster=Cluster("ray", cluster.address))


@needs_ray
@pytest.mark.ray
def test_a_worker_with_other_software_is_refused_at_once(
    folder: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is computed."""
    theirs = {**ray_transport.software(), "the code of reportgen": "0123456789abcdef"}
    monkeypatch.setattr(ray_transport, "software", lambda: theirs)
    sentence = r"the worker 127\.0\.0\.1 is refused, because it has other software \(the code of reportgen: "
    with pytest.raises(ClusterError, match=sentence + r"[0-9a-f]{12} instead of 0123456789ab\)"):
        computed(folder, on(cluster))


@needs_ray
@pytest.mark.ray
@pytest.mark.keras
def test_a_cluster_gives_the_bytes_of_one_worker(
    folder: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when a node is killed on the way; when none is left it is said."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    monkeypatch.setattr(transport, "_LOOK", 0.5)
    monkeypatch.setattr(transport, "_WITHOUT_WORKERS", 1.0)
    steps: list[str] = []

    def killing(when: str) -> ProgressCallback:
        killed = Event()

        def tell(what: str, _done: int, total: int) -> None:
            steps.append(what)
            if when in what and total == 3 and not killed.is_set():
                killed.set()
                cluster.kill_node()

        return tell

    expected = computed(folder, Run(jobs=1)).to_json()
    assert computed(folder, on(cluster, killing(", "))).to_json() == expected
    assert {"evaluating mlp, cnn", "evaluating cnn, mlp"} & set(steps)
    with pytest.raises(WorkerError, match=f"^{cluster.address} has lost all its workers$"):
        computed(folder, on(cluster, killing("evaluating ")))
    with pytest.raises(ClusterError, match="has no workers"):
        computed(folder, on(cluster))


@needs_ray
def test_what_is_lost_is_named() -> None:
    """A worker can be tried once more, a cluster cannot."""
    made = ray_transport.RayTransport("ray://h:1")
    from ray.exceptions import ActorDiedError, RayTaskError

    def said(error: Exception) -> ReportgenError:
        coming: Future[str] = Future()
        coming.set_exception(error)
        method = SimpleNamespace(remote=lambda: SimpleNamespace(future=lambda: coming))
        with pytest.raises(ReportgenError) as caught:
            made._said(method, "the worker w1", "loading cnn")
        return caught.value

    failed = RayTaskError("next", "", OSError("disk full"), "worker", 1, "w1").as_instanceof_cause()
    found = [said(error) for error in (ActorDiedError(), failed, ConnectionError("Failed to reconnect"))]
    assert [(type(one), str(one)) for one in found] == [
        (WorkerError, "the worker w1 was lost, while loading cnn"),
        (WorkerError, "the worker w1 failed, while loading cnn: disk full"),
        (ClusterError, "the cluster ray://h:1 was lost"),
    ]


# ------------------------------------------------------------------------------------------------ addresses and options


@needs_ray
@pytest.mark.parametrize("address", ["", "host", "127.0.0.1:10001", "tcp://127.0.0.1:10001", "ray://h", "auto"])
def test_an_address_that_is_none(address: str) -> None:
    """Its form is said."""
    with pytest.raises(ArgumentError, match="--address: must be ray://HOST:PORT"):
        ray_transport.RayTransport(address).__enter__()


@needs_ray
def test_nobody_listens() -> None:
    """At a port that was free a moment ago."""
    address = free_address()
    with pytest.raises(ClusterError, match=f"--address: {address} cannot be reached"):
        ray_transport.RayTransport(address).__enter__()


@needs_ray
def test_who_listens_is_no_cluster(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that says nothing: one sentence, and nothing of what ray says."""
    made = ray_transport.RayTransport(address := free_address())
    monkeypatch.setattr("ray.util.client.worker.INITIAL_TIMEOUT_SEC", 0.2)
    monkeypatch.setattr("ray.util.client.worker.MAX_TIMEOUT_SEC", 0.2)
    sentence = f"^--address: {address} does not answer as the client server of a ray cluster$"
    with (
        socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))),
        pytest.raises(ClusterError, match=sentence),
    ):
        made.__enter__()
    assert capfd.readouterr() == ("", "")


@needs_ray
def test_a_cluster_that_does_not_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client server waits for a head that was lost."""
    made = ray_transport.RayTransport(address := free_address())
    done = Event()
    monkeypatch.setattr("ray.init", lambda *_, **__: done.wait())
    monkeypatch.setattr(ray_transport, "_CONNECTING", 0.1)
    sentence = f"^--address: {address} did not take the program in within 0.1 s$"
    with (
        socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))),
        pytest.raises(ClusterError, match=sentence),
    ):
        made.__enter__()
    done.set()


@needs_ray
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 1.0"), "started with: Ray: 1.0"),
        (ConnectionAbortedError("Failure:\nTraceback:\nRuntimeError: no process\n"), "(RuntimeError: no process"),
    ],
)
def test_a_cluster_that_does_not_take_the_program_in(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence has the cause."""
    made = ray_transport.RayTransport(address := free_address())

    def refusing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("ray.init", refusing)
    with (
        socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))),
        pytest.raises(ClusterError) as caught,
    ):
        made.__enter__()
    assert str(caught.value).startswith(f"--address: {address} does not take the program in (")
    assert str(caught.value).endswith(f"{reason})")


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to type is said."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ArgumentError) as caught:
        ray_transport.RayTransport("ray://127.0.0.1:1")
    assert str(caught.value) == "--executor ray needs the package ray: pip install 'reportgen[ray]'"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--executor", "ray"], "--executor ray and --address belong together: give both or none"),
        (["--address", "ray://h:1"], "--executor ray and --address belong together: give both or none"),
        (
            ["--executor", "ray", "--address", "ray://h:1", "--scheduler", "tcp://h:1"],
            "--executor dask and --scheduler",
        ),
        (["--executor", "ray", "--address", "ray://h:1", "--jobs", "2"], "choose one"),
    ],
)
def test_options_that_do_not_fit(folder: Path, options: list[str], sentence: str) -> None:
    """Exit code 2, before anything is read."""
    found = CliRunner().invoke(cli, ["build", str(folder / "spec.toml"), *options])
    assert found.exit_code == 2
    assert sentence in found.output
