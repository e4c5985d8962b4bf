"""Runs the evaluation in a worker process: TensorFlow's memory and noise stay out of the program.

Run as ``python -m reportgen.evaluation.process JOB`` this module is the worker. Between the two: one JSON line per
progress step on the worker's standard output, and the evaluation pickled into a private temporary folder.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from reportgen.errors import InputError, ReportgenError

if TYPE_CHECKING:
    from types import TracebackType

    from reportgen.evaluation.collect import Report
    from reportgen.evaluation.records import Evaluation
    from reportgen.section import Request
    from reportgen.spec import ReportSpec


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

    def result(self, report: Report) -> Evaluation:
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
        evaluation: Evaluation = pickle.loads((self._home / "evaluation.pickle").read_bytes())
        return evaluation

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

    from reportgen.evaluation.collect import collect
    from reportgen.section import Request
    from reportgen.spec import ReportSpec

    job = json.loads((home / "job.json").read_text("utf-8"))
    spec = ReportSpec.model_validate(job["spec"])
    try:
        evaluation = collect(
            spec,
            Path(job["folder"]),
            Request.model_validate(job["request"]),
            lambda what, done, total: send({"what": what, "done": done, "total": total}),
        )
    except InputError as error:
        send({"error": {"location": list(error.location), "file": error.file, "message": error.message}})
        return
    with (home / "evaluation.pickle").open("wb") as file:
        pickle.dump(evaluation, file, protocol=5)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
