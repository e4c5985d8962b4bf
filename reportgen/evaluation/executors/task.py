"""A share of the models as bytes: the task that goes to a worker of a cluster, what is done there, and the answer.

A task is JSON: the spec with the models of the share, its folder as a path that all machines share, the request, the SHA-256 digests
of the inputs, and the software of the program. An answer is an uncompressed zip archive of JSON messages and of the records of the
finished models (JSON and ``.npz``). Neither is a pickle.
"""

from __future__ import annotations

import json
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from reportgen.contract.needs import Request
from reportgen.errors import InputError, ReportgenError
from reportgen.evaluation.executors.interface import THREADS
from reportgen.evaluation.parts import RowsPart
from reportgen.evaluation.process import EvaluationProcess, WorkerError, input_error, message_of
from reportgen.evaluation.software import difference, software
from reportgen.inputs.digest import is_hollow, of_path
from reportgen.inputs.folders import FolderError
from reportgen.plan.files import named_files
from reportgen.spec.model import ReportSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MESSAGES = "messages.json"
_SUFFIXES = (".json", ".npz")
_EVERY = 1.0
"""Seconds between two looks at whether the answer is still wanted."""
_OF_THE_PROGRAM = "decision"
"""The table of the spec whose files no worker reads."""


class ClusterError(ReportgenError):
    """A cluster cannot be used, or one of its workers; names it."""


@dataclass(frozen=True)
class Answer:
    """What a worker answered: the models that it finished, with the place of their records, and the failures by model."""

    finished: Mapping[str, Path]
    failures: Mapping[str, InputError]
    error: ReportgenError | None
    """Why it did not finish the others."""


# ------------------------------------------------------------------------------------------------ in the program


def task_of(
    spec: ReportSpec,
    folder: Path,
    request: Request,
    digests: dict[Path, str | None],
    part: RowsPart | None = None,
) -> bytes:
    """Return the task of a share.

    Parameters
    ----------
    spec, folder, request, part
        As those of :class:`EvaluationProcess`.
    digests
        Of files that earlier tasks name; those of this one are added.
    """
    files = []
    for location, file in named_files(spec):
        path = folder / file
        if location[0] != _OF_THE_PROGRAM:
            if path not in digests:
                digests[path] = _digest(path)
            files.append([list(location), file, digests[path]])
    task = {
        "spec": spec.model_dump(mode="json"),
        "folder": str(folder.resolve()),
        "request": request.model_dump(mode="json"),
        "part": None if part is None else [part.index, part.of],
        "files": files,
        "software": software(),
    }
    return json.dumps(task).encode()


def _digest(path: Path) -> str | None:
    """Return the digest of an input; None for one that the evaluation will refuse."""
    try:
        return None if is_hollow(path) else of_path(path)
    except (OSError, FolderError):
        return None


def unpacked(answer: bytes, home: Path) -> Answer:
    """Write the records of an answer into a folder, and return what it says."""
    with zipfile.ZipFile(BytesIO(answer)) as archive:
        messages = json.loads(archive.read(_MESSAGES))
        places = {name: home / f"model-{index}" for index, name in enumerate(messages["finished"])}
        for place in places.values():
            for suffix in _SUFFIXES:
                place.with_suffix(suffix).write_bytes(archive.read(place.name + suffix))
    failures = {name: input_error(one) for name, one in messages["failures"].items()}
    return Answer(places, failures, None if messages["error"] is None else _error(*messages["error"]))


def _error(kind: str, content: Any) -> ReportgenError:
    if kind == "input":
        return input_error(content)
    return WorkerError(content) if kind == "crash" else ClusterError(content)


# ------------------------------------------------------------------------------------------------ on the worker


def work(task: bytes, where: str, tell: Callable[[str], None], wanted: Callable[[], bool]) -> bytes:
    """Evaluate a share of the models in a process of its own, and return the answer.

    Parameters
    ----------
    task
        Made by :func:`task_of`.
    where
        What messages call this worker.
    tell
        Called with every step.
    wanted
        Whether anybody waits for the answer; otherwise the process is ended.
    """
    job = json.loads(task)
    try:
        require_software(job["software"], where)
        folder = Path(job["folder"])
        for location, file, wanted_digest in job["files"]:
            _require_same(tuple(location), folder, file, wanted_digest, where)
        spec, request = ReportSpec.model_validate(job["spec"]), Request.model_validate(job["request"])
        part = None if job["part"] is None else RowsPart(*job["part"])
        with EvaluationProcess(spec, folder, request, threads=THREADS, part=part) as process, _ended(process, wanted):
            try:
                failures = process.failures(lambda what, _done, _total: tell(what))
            except ReportgenError as error:
                return _packed(process.finished, {}, error, where)
            return _packed(process.finished, failures, None, where)
    except ReportgenError as error:
        return _packed({}, {}, error, where)


def require_software(theirs: dict[str, str], where: str) -> None:
    """Refuse to work for a program with other software, whose numbers would not be those of this worker.

    Raises
    ------
    ClusterError
        Names the first difference.
    """
    found = difference(theirs)
    if found is not None:
        raise ClusterError(f"the worker {where} is refused, because it has other software ({found})")


def _require_same(location: tuple[str | int, ...], folder: Path, file: str, wanted: str | None, where: str) -> None:
    """Refuse an input that is not the program's."""
    if wanted is None:
        return
    path = folder / file
    try:
        found = of_path(path)
    except FileNotFoundError:
        message = f"the worker {where} has no {path}: a cluster reads inputs by a path that all machines share"
        raise InputError(location, file, message) from None
    except (OSError, FolderError) as error:
        raise InputError(location, file, f"the worker {where} cannot read {path} ({error})") from None
    if found != wanted:
        message = f"{path} on the worker {where} is another file (SHA-256 {found[:12]}… instead of {wanted[:12]}…)"
        raise InputError(location, file, message)


@contextmanager
def _ended(process: EvaluationProcess, wanted: Callable[[], bool]) -> Iterator[None]:
    """End a process when nobody waits for the answer any more."""
    done = Event()

    def watch() -> None:
        while not done.wait(_EVERY):
            if not wanted():
                process.kill()
                return

    watching = Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _packed(
    finished: Mapping[str, Path], failures: Mapping[str, InputError], error: ReportgenError | None, where: str
) -> bytes:
    messages = {
        "finished": list(finished),
        "failures": {name: message_of(one) for name, one in failures.items()},
        "error": None if error is None else _told(error, where),
    }
    answer = BytesIO()
    with zipfile.ZipFile(answer, "w") as archive:
        archive.writestr(_MESSAGES, json.dumps(messages))
        for index, place in enumerate(finished.values()):
            for suffix in _SUFFIXES:
                archive.write(place.with_suffix(suffix), f"model-{index}{suffix}")
    return answer.getvalue()


def _told(error: ReportgenError, where: str) -> tuple[str, Any]:
    """Return the kind of an error and what it says."""
    if isinstance(error, InputError):
        return "input", message_of(error)
    if isinstance(error, ClusterError):
        return "cluster", str(error)
    return "crash" if isinstance(error, WorkerError) else "cluster", f"{error} (on the worker {where})"
