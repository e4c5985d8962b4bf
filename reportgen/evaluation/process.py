"""Runs the evaluation in a worker process: TensorFlow's memory and noise stay out of the program.

Run as ``python -m reportgen.evaluation.process JOB`` this module is the worker. Between the two: one JSON line per
progress step on the worker's standard output, and the evaluation in a private temporary folder, one file for each model, so that
the worker holds one model's numbers at a time and the program only those that it looks at.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from reportgen.contract.records.evaluation import Evaluation
from reportgen.errors import InputError, ReportgenError
from reportgen.evaluation import array_store

if TYPE_CHECKING:
    from types import TracebackType

    from reportgen.contract.needs import Request
    from reportgen.evaluation.collect import Tell
    from reportgen.spec.model import ReportSpec


class WorkerError(ReportgenError):
    """The worker process died; holds the end of what it wrote to its standard error."""


class EvaluationProcess:
    """A worker that evaluates a spec; started at once, so that the caller can do other work meanwhile.

    Parameters
    ----------
    spec, folder
        The spec and the folder that its paths are relative to.
    request
        What the sections need.
    """

    def __init__(self, spec: ReportSpec, folder: Path, request: Request) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="reportgen-")
        self._home = Path(self._temporary.name)
        self._n_models = len(spec.models)
        job = {
            "spec": spec.model_dump(mode="json"),
            "folder": str(folder.resolve()),
            "request": request.model_dump(mode="json"),
        }
        (self._home / "job.json").write_text(json.dumps(job), "utf-8")
        self._noise = (self._home / "stderr").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reportgen.evaluation.process", str(self._home)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            env=_quiet_environment(),
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._noise.close()
        self._temporary.cleanup()

    def result(self, report: Tell) -> Evaluation:
        """Wait for the evaluation, passing on the progress.

        Raises
        ------
        InputError
            As the worker raised it.
        WorkerError
            The worker ended without a result.
        """
        for line in self._process.stdout or ():
            step = json.loads(line)
            if "error" in step:
                raise InputError(tuple(step["error"]["location"]), step["error"]["file"], step["error"]["message"])
            report(step["what"], step["done"], step["total"])
        code = self._process.wait()
        if code != 0:
            raise WorkerError(f"the evaluation process ended with code {code}; it said:\n{self._last_words()}")
        data, versions = array_store.read(self._home / "data")
        models = tuple(array_store.read(_model_file(self._home, index)) for index in range(self._n_models))
        return Evaluation(models, data, versions)

    def _last_words(self) -> str:
        self._noise.seek(0)
        return "\n".join(self._noise.read().decode("utf-8", "replace").splitlines()[-25:])


def _quiet_environment() -> dict[str, str]:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "KERAS_BACKEND": "tensorflow"}
    return {**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def main(home: Path) -> None:
    """Be the worker: evaluate the job in a folder, leave the evaluation beside it."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(message: dict[str, object]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    from reportgen.contract.needs import Request
    from reportgen.evaluation.collect import collect
    from reportgen.inputs.given import Files
    from reportgen.spec.model import ReportSpec

    job = json.loads((home / "job.json").read_text("utf-8"))
    spec = ReportSpec.model_validate(job["spec"])
    try:
        found = collect(
            spec,
            Files(Path(job["folder"])),
            Request.model_validate(job["request"]),
            lambda what, done, total: send({"what": what, "done": done, "total": total}),
        )
        array_store.write((found.data, found.versions), home / "data")
        for index, name in enumerate(found.models):
            array_store.write(found.evaluate(name, True), _model_file(home, index))  # noqa: FBT003
    except InputError as error:
        send({"error": {"location": list(error.location), "file": error.file, "message": error.message}})


def _model_file(home: Path, index: int) -> Path:
    return home / f"model-{index}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
