"""``--executor dask``: the workers of a cluster give the bytes of ``--jobs``, and what goes wrong is one sentence."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
import warm
from click.testing import CliRunner
from clusters import TOP, computed, project

from reportgen.cli.commands import cli
from reportgen.errors import ArgumentError, InputError
from reportgen.evaluation.executors import cluster as clusters, dask_transport, transport
from reportgen.evaluation.executors.task import ClusterError, task_of, unpacked, work
from reportgen.evaluation.parts import RowsPart
from reportgen.evaluation.process import WorkerError
from reportgen.pipeline import flow
from reportgen.pipeline.run import Cluster, Run
from reportgen.pipeline.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reportgen.evaluation.collect import ProgressCallback

pytestmark = pytest.mark.usefixtures("warm_processes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder with two models, and one that cannot be loaded."""
    return project(tmp_path_factory.mktemp("cluster"))


class LocalCluster:
    """A scheduler on 127.0.0.1, and workers of one thread each that tests start and kill."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address, self._folder = f"tcp://127.0.0.1:{port}", folder
        self.processes = [self._started("scheduler", "--host", "127.0.0.1", "--port", str(port))]

    def _started(self, *command: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(TOP), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
        return warm.Popen(
            [sys.executable, "-P", "-m", "dask", *command, "--no-dashboard"],
            cwd=self._folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def with_workers(self, number: int) -> list[subprocess.Popen[bytes]]:
        """Start workers; return them when the scheduler knows as many as there should be."""
        import distributed

        options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self._folder), "--host", "127.0.0.1")
        made = [self._started("worker", self.address, *options) for _ in range(number)]
        self.processes += made
        with distributed.Client(self.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(sum(one.poll() is None for one in self.processes[1:]), timeout=60)
        return made

    def close(self) -> None:
        """Leave no process."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[LocalCluster]:
    """Provide a scheduler without workers."""
    made = LocalCluster(tmp_path)
    yield made
    made.close()


def on(cluster: LocalCluster, report: ProgressCallback, store: Store | None = None) -> Run:
    """Return a run whose models are evaluated on a cluster."""
    return Run(report, cluster=Cluster("dask", cluster.address), store=store)


@pytest.mark.keras
def test_a_cluster_gives_the_bytes_of_one_worker(
    folder: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with parts of the rows of one model, and when a worker is killed on the way; with none left it is said, and the next run goes on with what was finished."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    monkeypatch.setattr(transport, "_LOOK", 0.5)
    monkeypatch.setattr(transport, "_WITHOUT_WORKERS", 1.0)
    steps: list[tuple[str, int, int]] = []

    def killing(process: subprocess.Popen[bytes], when: Callable[[str, int], bool]) -> ProgressCallback:
        def tell(what: str, done: int, total: int) -> None:
            steps.append((what, done, total))
            if when(what, done) and total == 3:
                process.kill()
                process.wait()

        return tell

    first, second = cluster.with_workers(2)
    alone = computed(folder, Run(jobs=1), "one.toml").to_json()
    with monkeypatch.context() as patch:
        parts: list[object] = []
        patch.setattr(clusters, "task_of", lambda *given: parts.append(given[-1]) or task_of(*given))
        assert computed(folder, on(cluster, lambda *_: None), "one.toml").to_json() == alone
    assert parts == [RowsPart(0, 2), RowsPart(1, 2)]
    expected = computed(folder, Run(jobs=1)).to_json()
    assert computed(folder, on(cluster, lambda *_: None)).to_json() == expected
    assert computed(folder, on(cluster, killing(first, lambda what, _: ", " in what))).to_json() == expected
    assert first.returncode == -9
    told = [step for step in steps if step[2] == 3]
    assert {done for _, done, _ in told} <= {0, 1, 2, 3}

    monkeypatch.setattr(clusters, "_MOST_MODELS", 1)
    with pytest.raises(WorkerError, match="has lost all its workers"):
        computed(folder, on(cluster, killing(second, lambda _, done: done > 0), Store(folder / "cache")))
    again = Store(folder / "cache")
    cluster.with_workers(1)
    assert computed(folder, on(cluster, lambda *_: None, again)).to_json() == expected
    assert again.found["model"] == 1


def test_a_worker_with_other_software_is_refused_at_once(
    folder: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is computed."""
    theirs = {**dask_transport.software(), "the code of reportgen": "0123456789abcdef"}
    cluster.with_workers(1)
    monkeypatch.setattr(dask_transport, "software", lambda: theirs)
    sentence = r"the worker tcp://127\.0\.0\.1:\d+ is refused, because it has other software \(the code of reportgen: "
    with pytest.raises(ClusterError, match=sentence + r"[0-9a-f]{12} instead of 0123456789ab\)"):
        computed(folder, on(cluster, lambda *_: None))


def test_a_cluster_without_workers(folder: Path, cluster: LocalCluster) -> None:
    """Nobody waits for one."""
    import distributed

    with distributed.Client(cluster.address, timeout=60, set_as_default=False):
        pass  # it listens now
    with pytest.raises(ClusterError, match="has no workers"):
        computed(folder, on(cluster, lambda *_: None))


# ------------------------------------------------------------------------------------------------ what a worker refuses


def answered(task: bytes, home: Path) -> Exception | None:
    """Return why a worker does not do a task."""
    home.mkdir()
    found = unpacked(work(task, "w1", lambda _: None, lambda: True), home)
    assert not found.finished
    assert not found.failures
    return found.error


def test_a_worker_refuses_other_software_and_other_inputs(folder: Path, tmp_path: Path) -> None:
    """One that joined later too: the task says what it must have, and no model is loaded without it."""
    planned = flow.read_plan(folder / "spec.toml")
    task = task_of(planned.spec, folder, planned.request, {})
    content = json.loads(task)
    assert {file for _, file, _ in content["files"]} >= {"digits/mlp.keras", "digits/test.npz"}

    content["software"]["tensorflow"] = "1.15.0"
    error = answered(json.dumps(content).encode(), tmp_path / "software")
    assert isinstance(error, ClusterError)
    assert str(error).startswith("the worker w1 is refused, because it has other software (tensorflow: ")
    assert str(error).endswith(" instead of 1.15.0)")

    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "digits" / "cnn.keras").write_bytes(b"another model")
    moved = json.dumps({**json.loads(task), "folder": str(other)}).encode()
    error = answered(moved, tmp_path / "digest")
    assert isinstance(error, InputError)
    assert (error.location, error.file) == (("models", "cnn", "path"), "digits/cnn.keras")
    assert f"{other}/digits/cnn.keras on the worker w1 is another file (SHA-256 " in error.message

    (other / "digits" / "cnn.keras").unlink()
    error = answered(moved, tmp_path / "missing")
    assert isinstance(error, InputError)
    assert error.message == (
        f"the worker w1 has no {other}/digits/cnn.keras: a cluster reads inputs by a path that all machines share"
    )


def test_a_share_is_small_and_every_slot_has_one() -> None:
    """As many shares as slots, and at most eight models in one."""

    class Slots:
        slots = 4

    executor = clusters.ClusterExecutor(Slots())  # type: ignore[arg-type]
    assert [executor.shares(models) for models in (1, 3, 4, 30, 32, 33, 1000)] == [1, 3, 4, 4, 4, 5, 125]


def test_a_second_start_means_a_lost_worker() -> None:
    """Dask starts the task of a lost worker again by itself; reportgen counts that as lost, so that its own second try is the last."""
    told: list[str] = []
    steps: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
    for step in (("started", "tcp://a:1"), ("loading cnn", "tcp://a:1"), ("started", "tcp://b:1")):
        steps.put(step)

    class Running:
        def done(self) -> bool:
            return False

    with pytest.raises(WorkerError, match=r"^the worker tcp://a:1 was lost, while loading cnn$"):
        dask_transport.DaskTransport("tcp://h:1")._follow(Running(), steps, told.append)
    assert told == ["loading cnn"]


def test_an_unknown_software_is_a_difference() -> None:
    """Of a program that is newer than the worker, for example."""
    with pytest.raises(ClusterError, match=r"\(jax: none instead of 0\.5\)"):
        dask_transport.require_software({"jax": "0.5"}, "w1")


# ------------------------------------------------------------------------------------------------ addresses and options


@pytest.mark.parametrize(
    "address", ["", "host", "127.0.0.1:8786", "http://127.0.0.1:8786", "tcp://127.0.0.1:99999", "tcp://h"]
)
def test_an_address_that_is_none(address: str) -> None:
    """Its form is said."""
    with pytest.raises(ArgumentError, match="--scheduler: must be tcp://HOST:PORT or tls://HOST:PORT"):
        dask_transport.DaskTransport(address).__enter__()


def test_nobody_listens() -> None:
    """At a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ClusterError, match=f"--scheduler: {address} cannot be reached"):
        dask_transport.DaskTransport(address).__enter__()


def test_who_listens_is_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing."""
    monkeypatch.setattr(dask_transport, "_CONNECTING", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ClusterError, match="does not answer as a dask scheduler"):
            dask_transport.DaskTransport(address).__enter__()


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to type is said."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ArgumentError) as caught:
        dask_transport.DaskTransport("tcp://127.0.0.1:1")
    assert str(caught.value) == "--executor dask needs the package distributed: pip install 'reportgen[dask]'"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--executor", "dask"], "--executor dask and --scheduler belong together: give both or none"),
        (["--scheduler", "tcp://h:1"], "--executor dask and --scheduler belong together: give both or none"),
        (["--executor", "dask", "--scheduler", "tcp://h:1", "--jobs", "2"], "choose one"),
        (["--executor", "slurm"], "'slurm' is not"),
    ],
)
def test_options_that_do_not_fit(folder: Path, options: list[str], sentence: str) -> None:
    """Exit code 2, before anything is read."""
    found = CliRunner().invoke(cli, ["build", str(folder / "spec.toml"), *options])
    assert found.exit_code == 2
    assert sentence in found.output
